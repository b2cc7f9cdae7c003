# SPDX-License-Identifier: GPL-2.0
"""A VM of libvirt moves to another host while it draws and computes, by the commands of
docs/user-guide.md; and stays where it was when that fails."""
import base64
import contextlib

import libvirt
import pytest

import nova
from conftest import Vgpu, Vm, for_all, vgpus_on
from host import wait_until
# The hosts are made by these.
from hosts import here, there  # noqa: F401 pylint: disable=unused-import
from hosts import LONG, migrate, on_its_way

# As clouds have it: the daemon at the one end calls that at the other.
BY_CLOUDS = (libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_PEER2PEER |
             libvirt.VIR_MIGRATE_UNDEFINE_SOURCE | libvirt.VIR_MIGRATE_PERSIST_DEST)


@pytest.fixture(scope='module')
def vm(here, there):
    it = Vm(here, vgpus_on(here), for_all())
    it.start_work()
    yield it
    it.end()


@pytest.fixture(scope='module')
def vgpus(there):
    """Those to which it moves at last."""
    return vgpus_on(there)


def stays(vm, there):
    """Running, and nothing of it is on the other host."""
    vm.goes_on()
    wait_until('the other host to be clean', lambda: there.states() == '')


class Gone:
    """A vGPU that there is not."""
    uuid = '7e55e7a0-0000-4000-8000-0000000000ff'


def test_the_vgpu_is_not_there(vm, vgpus, there):
    said = vm.host.fails(migrate(vm, [vgpus[0], Gone]))
    assert Gone.uuid in said
    stays(vm, there)


def test_there_is_no_room_for_it(vm, vgpus, there):
    """So says who makes it, and the VM has not noticed."""
    more = []
    with pytest.raises(AssertionError, match='No space left on device'):
        while True:
            more.append(Vgpu(there, 'RV100-16D'))
    for vgpu in more:
        vgpu.remove()
    stays(vm, there)


def test_it_is_of_another_type(vm, vgpus, there):
    vm.host.run(LONG)
    small = Vgpu(there, 'SOFT-4C')
    vm.host.fails(migrate(vm, [vgpus[0], small]))
    stays(vm, there)
    assert 'migration: refused: stream: ' in there.run('dmesg')
    small.remove()


def test_the_cable_is_pulled(vm, vgpus, there):
    """The operator calls it off."""
    card = vm.host.run('echo /sys/class/net/*/device').split('/')[4]
    with on_its_way(vm, vgpus) as virsh:
        vm.host.run(f'ip link set {card} down')
        vm.goes_on()
        vm.host.run('virsh domjobabort vm1')
        vm.host.run(f'ip link set {card} up')
    assert virsh.exception()
    stays(vm, there)
    assert [vgpu.attr('state') for vgpu in vgpus] == ['ok', 'ok']


def test_it_moves(vm, vgpus, here, there):
    """It computes on; and its screen shows there what it drew while it was copied."""
    before = vm.vgpus
    with on_its_way(vm, vgpus) as virsh:
        vm.end_drawing('here')
        here.run(LONG)
    virsh.result()
    vm.is_at(vgpus, there)
    assert here.states() == ''
    for vgpu in before:
        vgpu.remove()
    vm.shows('there')
    vm.end_computing()


def test_it_works_there(vm):
    vm.start_work()
    vm.end_work('there-again')


def has_moved(vm, vgpus, host):
    """And what it does there is right."""
    before = vm.vgpus
    vm.is_at(vgpus, host)
    for vgpu in before:
        vgpu.remove()
    vm.goes_on()


def test_it_comes_back_as_nova_has_it(vm, here, there):
    """By XML that names the target's vGPUs; and it may stand for as long as Nova's
    documents have it for a vGPU."""
    vm.start_work()
    vgpus = vgpus_on(here)
    with contextlib.closing(libvirt.open('qemu:///system')) as target, \
            contextlib.closing(libvirt.open('qemu+tcp://there/system')) as source:
        assert nova.can_migrate(source) and nova.can_migrate(target)
        old, new = [{vgpu.uuid for vgpu in of_host} for of_host in (vm.vgpus, vgpus)]
        wait_until('libvirt', lambda: new <= set(nova.vgpus(target)))
        domain = source.lookupByName('vm1')
        xml = nova.with_targets(
            domain.XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE),
            nova.targets_of(nova.kinds_of(source, old), nova.kinds_of(target, new)))
        domain.migrateSetMaxDowntime(nova.downtimes(500000, 3)[0])
        domain.migrateToURI3('qemu+tcp://here/system', {
            'destination_xml': xml, 'persistent_xml': xml}, BY_CLOUDS)
    has_moved(vm, vgpus, here)
    vm.end_work('back-again')


HOOKS = '/etc/libvirt/hooks'
# It has the new vGPUs' UUIDs in place of the old ones.
HOOK = """#!/bin/sh
[ "$2 $3" = 'migrate begin' ] || exit 0
exec sed '{}'
"""


def test_it_goes_as_kubevirt_has_it(vm, there):
    """The source gives its XML as it is, and a hook of the target's libvirt puts the
    target's vGPUs into it."""
    vm.start_work()
    vgpus = vgpus_on(there)
    hook = HOOK.format('; '.join(f's/{old.uuid}/{new.uuid}/'
                                 for old, new in zip(vm.vgpus, vgpus)))
    text = base64.b64encode(hook.encode()).decode()
    # Hooks are looked for when the daemon starts.
    there.run(f'mkdir -p {HOOKS}; echo {text} | base64 -d > {HOOKS}/qemu; '
              f'chmod +x {HOOKS}/qemu; systemctl stop libvirtd.service')
    with contextlib.closing(libvirt.open('qemu:///system')) as source:
        domain = source.lookupByName('vm1')
        # The most that QEMU takes.
        domain.migrateSetMaxDowntime(2000000)
        domain.migrateToURI3('qemu+tcp://there/system', {}, BY_CLOUDS)
    has_moved(vm, vgpus, there)
    vm.end_work('there-by-hook')


def test_nothing_was_denied(here, there):
    for host in here, there:
        assert 'apparmor="DENIED"' not in host.run('dmesg')

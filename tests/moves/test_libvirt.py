# SPDX-License-Identifier: GPL-2.0
"""VMs of libvirt are saved and restored in each of its ways, by the commands of
docs/user-guide.md; what they draw and compute goes on."""
import os

import pytest

from conftest import Host, Vm, by_alias, renamed, told, vgpus_on, xml
from host import wait_until


@pytest.fixture(scope='module')
def host():
    return Host()


@pytest.fixture(scope='module')
def vm(host):
    it = Vm(host, vgpus_on(host), by_alias())
    it.start_work()
    yield it
    it.end()


@pytest.mark.skipif(os.environ['KERNEL'] == '6.1', reason='its VFIO can be asked')
def test_not_unless_it_is_told(host):
    """In the words that the guide has."""
    vgpus = vgpus_on(host)
    with open('/tmp/vm1.xml', 'w', encoding='utf-8') as file:
        file.write(xml(vgpus, ''))
    host.run('virsh create --paused /tmp/vm1.xml')
    said = host.fails(told('virsh save'))
    host.run('virsh destroy vm1')
    for vgpu in vgpus:
        vgpu.remove()
    assert "VFIO device doesn't support device and IOMMU dirty tracking" in said


def test_save_and_restore(host, vm):
    host.run(told('virsh save'))
    assert vm.state() == 'shut off'
    host.run(told('virsh restore'))
    vm.is_at(vm.vgpus)
    vm.goes_on()


def test_a_snapshot_with_memory(host, vm):
    """What was under way then is so again, even when it was ended meanwhile."""
    host.run(told('virsh snapshot-create-as'))
    vm.goes_on()
    vm.end_work('after-snapshot')
    host.run(told('virsh snapshot-revert'))
    vm.is_at(vm.vgpus)
    vm.goes_on()
    vm.end_work('after-revert')
    host.run(told('virsh snapshot-delete'))


def test_managedsave(host, vm):
    """Of a VM that does nothing: its picture is there as soon as it runs."""
    host.run(told('virsh managedsave'))
    assert vm.state() == 'shut off'
    host.run(told('virsh start'))
    vm.is_at(vm.vgpus)
    vm.shows('after-start')
    vm.run('soft irq')


def test_libvirt_guests(host, vm):
    """As when the host is shut down and boots."""
    vm.start_work()
    # The host VM's init has masked it.
    host.run('cp /usr/lib/systemd/system/libvirt-guests.service /etc/systemd/system/ && '
             'systemctl daemon-reload && systemctl start libvirt-guests')
    for line in told('echo ON_SHUTDOWN'), told('echo ON_BOOT'):
        host.run(line)
    host.run('systemctl stop libvirt-guests')
    assert vm.state() == 'shut off'
    host.run('systemctl start libvirt-guests')
    vm.is_at(vm.vgpus)
    vm.goes_on()


def test_restored_on_other_vgpus(host, vm):
    """By XML, from the file that has it."""
    before, vgpus = vm.vgpus, vgpus_on(host)
    host.run(told('virsh save'))
    host.run(told('virsh save-image-dumpxml'))
    host.run(renamed(before, vgpus))
    host.run(told('virsh restore vm1.saved --xml'))
    vm.is_at(vgpus)
    for vgpu in before:
        vgpu.remove()
    vm.goes_on()
    vm.end_work('on-other-vgpus')


def test_nothing_was_denied(host):
    assert 'apparmor="DENIED"' not in host.run('dmesg')

# SPDX-License-Identifier: GPL-2.0
"""As Nova's compute agent and its Tempest plugin whitebox use libvirt and sysfs."""
import configparser
import pathlib
import uuid

import pytest

import nova
from conftest import DIRS, blocks, gpus_of_libvirt, node_of, when_parent_is_known
from host import MDEVS, Vgpu, call, wait_until


class Config:
    """The example of docs/ci.md: which type on which GPU."""

    def __init__(self):
        [text] = blocks('ini nova')
        agent = text.split('[[post-config|$NOVA_CPU_CONF]]')[1].split('[[')[0]
        self.agent = configparser.ConfigParser()
        self.agent.read_string(agent)
        tempest = text.split('[[test-config|$TEMPEST_CONFIG]]')[1]
        self.tempest = configparser.ConfigParser()
        self.tempest.read_string(tempest)

    def types(self):
        return self.agent['devices']['enabled_mdev_types'].split(',')

    def gpu_of(self, kind):
        [address] = self.agent['mdev_' + kind]['device_addresses'].split(',')
        return address

    def vendor(self):
        return self.tempest['whitebox-hardware']['vgpu_vendor_id']


@pytest.fixture
def config(gpus, connection):
    """When libvirt has heard that the vGPUs of earlier tests are gone, and has both
    GPUs: one that it is just looking at anew is missing from its list."""
    both = {node_of(gpu.path.name) for gpu in gpus}
    wait_until('libvirt', lambda: not nova.vgpus(connection)
               and gpus_of_libvirt(connection) == both)
    return Config()


def make(connection, address, kind):
    """A transient device, then its definition, then to be there at each boot."""
    number = str(uuid.uuid4())
    xml = nova.MDEV.format(parent=node_of(address), kind=kind,
                           identity=f'<uuid>{number}</uuid>')
    for create in connection.nodeDeviceCreateXML, connection.nodeDeviceDefineXML:
        device = when_parent_is_known(create, xml)
    device.setAutostart(1)
    return device, Vgpu(number)


def unmake(device):
    device.destroy()
    device.undefine(0)


def test_each_configured_type_is_of_a_gpu_of_its_own(config, connection):
    kinds = config.types()
    places = [config.gpu_of(kind) for kind in kinds]
    assert len(set(places)) == len(kinds) == 2
    known = nova.available(connection)
    assert set(known) == {node_of(place) for place in places}
    for kind, place in zip(kinds, places):
        assert known[node_of(place)][kind] > 1
    mapping = config.tempest['whitebox-hardware']['vgpu_type_mapping']
    assert [pair.split(':')[1] for pair in mapping.split(',')] == kinds


def test_inventory_is_what_exists_and_what_fits(config, connection):
    """Of one GPU whatever happens to the other; less by those of another type."""
    first, second = config.types()
    gpu, other = (node_of(config.gpu_of(kind)) for kind in (first, second))
    _, total = nova.inventory(connection, gpu, first)
    _, total_of_other = nova.inventory(connection, other, second)
    devices = [make(connection, config.gpu_of(first), first)[0] for _ in range(3)]
    wait_until('libvirt', lambda: nova.inventory(connection, gpu, first) ==
               (3, total))
    assert nova.inventory(connection, other, second) == (0, total_of_other)
    devices.append(make(connection, config.gpu_of(first), second)[0])
    wait_until('libvirt', lambda: nova.inventory(connection, gpu, first)[0] == 3)
    assert nova.inventory(connection, gpu, first)[1] < total
    for device in devices:
        unmake(device)
    wait_until('libvirt', lambda: nova.inventory(connection, gpu, first) ==
               (0, total))


def test_a_vgpu_comes_back_with_its_gpu(config, connection):
    """For it is defined, and starts by itself."""
    kind = config.types()[0]
    device, vgpu = make(connection, config.gpu_of(kind), kind)
    assert device.isPersistent() and device.autostart()
    (DIRS / 'ci0/enable').write_text('0')
    wait_until('the GPU to go', lambda: node_of(config.gpu_of(kind))
               not in gpus_of_libvirt(connection))
    assert not vgpu.path.exists()
    (DIRS / 'ci0/enable').write_text('1')
    wait_until('the vGPU', vgpu.path.exists)
    wait_until('libvirt to see it', lambda: vgpu.uuid in nova.vgpus(connection))
    device = connection.nodeDeviceLookupByName(device.name())
    assert device.isActive()
    unmake(device)


def test_guest_of_128_mib_has_one_device_of_the_vendor(config, connection, start):
    memory = int(config.tempest['whitebox']['flavor_ram_size'])
    kind = config.types()[0]
    device, vgpu = make(connection, config.gpu_of(kind), kind)
    # The very command of whitebox; the address is a pattern there.
    guest = start(vgpu, f'grep -nr 0x{config.vendor()} /sys/bus/pci/devices/*/vendor'
                  " | grep -E '[0-9a-e]{4}:[0-9a-e]{2}:[0-9a-e]{2}.[0-9a-e]{1}'"
                  ' | wc -l', memory=memory, video='virtio')
    assert guest.said() == '1'
    found = call('bash', '-c', f"ls -al {MDEVS}/{vgpu.uuid}/ |"
                 " awk -F'/' '/mdev_type/ {print $3}'")
    assert found.strip() == kind
    guest.end()
    unmake(device)


def test_whitebox_would_count_qemus_vga_too(config, connection, start):
    kind = config.types()[0]
    device, vgpu = make(connection, config.gpu_of(kind), kind)
    guest = start(vgpu, f'grep -l 0x{config.vendor()} /sys/bus/pci/devices/*/vendor'
                  ' | wc -l', video='vga')
    assert guest.said() == '2'
    guest.end()
    unmake(device)


def claim(connection, gpu, kind, claimed):
    """A vGPU of this type for a VM that comes: one that nobody has, or a new one. And
    the device, if it was made."""
    free = {number for number, what in nova.vgpus(connection).items()
            if what == (node_of(gpu), kind)} - nova.assigned(connection) - claimed
    if free:
        return free.pop(), None
    assert nova.available(connection)[node_of(gpu)][kind] > 0
    device, vgpu = make(connection, gpu, kind)
    wait_until('libvirt', lambda: vgpu.uuid in nova.vgpus(connection))
    return vgpu.uuid, device


def test_versions_are_enough_to_migrate(connection):
    assert nova.can_migrate(connection)


def test_targets_for_a_server_that_migrates(config, connection, start):
    """It comes from another host, with vGPUs of both types. One of those that are here
    a VM has."""
    first, second = config.types()
    device, used = make(connection, config.gpu_of(first), first)
    other, idle = make(connection, config.gpu_of(first), first)
    guest = start(used, 'true')
    wait_until('libvirt', lambda: len(nova.vgpus(connection)) == 2)
    source = {str(uuid.uuid4()): kind for kind in (first, second, first)}
    claimed, devices = set(), [device, other]
    for kind in source.values():
        number, made = claim(connection, config.gpu_of(kind), kind, claimed)
        claimed.add(number)
        devices += [made] if made else []
    assert idle.uuid in claimed and used.uuid not in claimed and len(devices) == 4
    targets = nova.targets_of(source, nova.kinds_of(connection, claimed))
    assert set(targets) == set(source) and set(targets.values()) == claimed
    hostdevs = ''.join(f"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
                       f"<address uuid='{number}'/></source></hostdev>"
                       for number in source)
    xml = nova.with_targets(f'<domain><devices>{hostdevs}</devices></domain>', targets)
    assert [(number in xml, targets[number] in xml) for number in source] == \
        3 * [(False, True)]
    with pytest.raises(SystemExit, match='no target for'):
        nova.targets_of({**source, 'one': second},
                        nova.kinds_of(connection, claimed))
    guest.end()
    for device in devices:
        unmake(device)


def test_devstack_lines_are_a_configuration(config):
    """Each type has a group, and each group a type."""
    groups = {name for name in config.agent.sections() if name != 'devices'}
    assert groups == {'mdev_' + kind for kind in config.types()}
    for kind in config.types():
        types = pathlib.Path('/sys/class/mdev_bus', config.gpu_of(kind),
                             'mdev_supported_types')
        assert (types / kind).is_dir()

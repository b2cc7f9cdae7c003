# SPDX-License-Identifier: GPL-2.0
"""As KubeVirt's virt-handler, and its functional tests, use sysfs; and VMs as its
virt-launcher has them."""
import glob
import os
import pathlib
import re
import uuid

import libvirt
import pytest

from conftest import addresses, blocks
from host import MDEVS, Vgpu, call, wait_until

BUS = pathlib.Path('/sys/class/mdev_bus')


def listed(key):
    """The values of a list, or of a key, in the example of docs/ci.md."""
    [text] = blocks('yaml kubevirt')
    if key == 'mediatedDeviceTypes':
        [text] = re.findall(rf'{key}:\n((?:\s+- \S+\n)+)', text)
        return re.findall(r'- (\S+)', text)
    return re.findall(rf'{key}: (\S+)', text)


def word(path):
    """A name, as KubeVirt has it."""
    return path.read_text().replace(' ', '_').strip()


class Handler:
    """What virt-handler does when its configuration changes."""

    def __init__(self, wanted):
        self.wanted = set(wanted)

    def of_a_wanted_type(self, number):
        kind = MDEVS / number / 'mdev_type'
        return word(kind / 'name') in self.wanted or \
            os.path.basename(os.readlink(kind)) in self.wanted

    def remove_others(self):
        for number in os.listdir(MDEVS):
            if not self.of_a_wanted_type(number):
                (MDEVS / number / 'remove').write_text('1')

    def parents_in_use(self):
        return {os.readlink(path).split('/')[-2] for path in MDEVS.glob('*')}

    def free_parents(self):
        """By wanted type."""
        found = {}
        for path in sorted(glob.glob(f'{BUS}/*/mdev_supported_types/*')):
            parent, kind = path.split('/')[-3], os.path.basename(path)
            name = word(pathlib.Path(path, 'name'))
            if {kind, name} & self.wanted and parent not in self.parents_in_use():
                found.setdefault(kind, []).append(parent)
        return found

    def fill(self, kind, parent):
        place = BUS / parent / 'mdev_supported_types' / kind
        for _ in range(int((place / 'available_instances').read_text())):
            (place / 'create').write_text(str(uuid.uuid4()))

    def configure(self):
        """A type for each parent, in turn."""
        self.remove_others()
        free = self.free_parents()
        used = set()
        while free:
            for kind in list(free):
                parent = next((p for p in free[kind] if p not in used), None)
                if not parent:
                    del free[kind]
                    continue
                self.fill(kind, parent)
                used.add(parent)


def made():
    """How many there are of each type on each parent."""
    found = {}
    for path in MDEVS.glob('*'):
        parent = os.readlink(path).split('/')[-2]
        key = parent, os.path.basename(os.readlink(path / 'mdev_type'))
        found[key] = found.get(key, 0) + 1
    return found


def test_a_type_for_each_parent_and_that_filled_up(gpus):
    kinds = listed('mediatedDeviceTypes')
    Handler(kinds).configure()
    count = made()
    assert sorted(count.values()) == [4, 16]
    assert {kind for _, kind in count} == set(kinds)
    assert {parent for parent, _ in count} == addresses()
    # Another configuration: what it does not name goes, and makes room.
    Handler(kinds[:1]).configure()
    assert made() == {(parent, kinds[0]): 16 for parent in addresses()}
    Handler([]).configure()
    assert not made()


def test_types_by_name_as_well_as_by_id(gpus):
    Handler(listed('mdevNameSelector')[:1]).configure()
    assert set(made().values()) == {16}


def test_each_device_that_the_plugin_offers_can_be_opened(gpus):
    """By name, parent, NUMA node, group and device node, which goes with it."""
    Handler(listed('mediatedDeviceTypes')).configure()
    groups = []
    for path in MDEVS.glob('*'):
        assert path.is_symlink()
        assert word(path / 'mdev_type/name') in listed('mdevNameSelector')
        parent = os.readlink(path).split('/')[-2]
        assert re.fullmatch(r'[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.[\da-f]', parent)
        int(pathlib.Path('/sys/bus/pci/devices', parent, 'numa_node').read_text())
        group = os.path.basename(os.readlink(path / 'iommu_group'))
        assert os.path.exists(f'/dev/vfio/{group}')
        groups.append(group)
    assert len(set(groups)) == len(groups) == 20
    assert os.path.exists('/dev/vfio/vfio')
    Handler([]).configure()
    wait_until('device nodes to go', lambda: not any(
        os.path.exists(f'/dev/vfio/{group}') for group in groups))


def test_unbound_and_bound_again_it_is_filled_again(gpus):
    """As the functional test of generic devices does it."""
    found = call('bash', '-c', f'ls -df1 {BUS}/0000* | head -1').strip()
    address = os.path.basename(found)
    driver = call('readlink', '-e', f'{BUS}/{address}/driver').strip()
    assert '/drivers/' in driver
    kind = os.path.basename(call(
        'bash', '-c', f'ls -df1 {BUS}/{address}/mdev_supported_types/* | head -1')
        .strip())
    assert word(BUS / address / 'mdev_supported_types' / kind / 'name')
    root = re.sub(r'[\da-f]{2}\.[\da-f]$', '00.0', address)
    Handler([kind]).configure()
    pathlib.Path(driver, 'unbind').write_text(root)
    assert not (BUS / address).exists()
    assert address not in {parent for parent, _ in made()}
    pathlib.Path(driver, 'bind').write_text(root)
    assert (BUS / address).exists()
    Handler([kind]).configure()
    [path, *_] = glob.glob(f'{BUS}/{address}/????????-????-????-????-????????????')
    assert os.path.basename(os.path.realpath(path + '/mdev_type')) == kind


def vgpu_of(kind):
    """One of those that virt-handler has made."""
    Handler([kind]).configure()
    return Vgpu(next(path.name for path in MDEVS.glob('*')))


DISPLAY = "display='on' ramfb='on'"


def test_guest_with_display_and_ramfb(gpus, start):
    guest = start(vgpu_of('vgpu_soft-LARGE'),
                  'grep -c 12341111 /proc/bus/pci/devices', options=DISPLAY)
    assert guest.said() == '1'


def test_guest_with_a_vgpu_that_only_computes(gpus, start):
    """By default it would not start."""
    vgpu = vgpu_of('vgpu_soft-SMALL')
    command = 'grep -c 12347e55 /proc/bus/pci/devices'
    with pytest.raises(libvirt.libvirtError, match='display'):
        start(vgpu, command, options=DISPLAY)
    assert start(vgpu, command).said() == '1'

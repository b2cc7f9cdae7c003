# SPDX-License-Identifier: GPL-2.0
"""Who may open what, by packaging/60-vgpu.rules: nodes.py DIR

udev itself says what it would do with the device nodes of a machine that is made
up: no stock kernel of Debian has VFIO's character devices. Runs where /sys is
empty and mounts belong to this process alone (scripts/in-tree). In this way udev
runs no program; it takes each as if it had ended well. TAP goes to
DIR/tests.tap.
"""
import os
import re
import sys

from common import Tap, equal, run, udevadm_test
from tree import write

where = sys.argv[1]
os.makedirs(where, exist_ok=True)
tap = Tap(where + '/tests.tap')
rules = os.path.dirname(os.path.abspath(__file__)) + '/../../packaging/60-vgpu.rules'
PCI = '/sys/devices/pci0000:00/0000:00:0'


def device(path, subsystem, driver=None, node=None):
    """A device of sysfs; returns its path."""
    uevent = f'MAJOR=511\nMINOR=0\nDEVNAME={node}' if node else ''
    write(path + '/uevent', uevent)
    os.makedirs('/sys/' + subsystem, exist_ok=True)
    os.symlink('/sys/' + subsystem, path + '/subsystem')
    if driver:
        home = f'/sys/{subsystem}/drivers/{driver}'
        os.makedirs(home, exist_ok=True)
        os.symlink(home, path + '/driver')
    return path


def cdev(parent, n):
    return device(f'{parent}/vfio-dev/vfio{n}', 'class/vfio-dev',
                  node=f'vfio/devices/vfio{n}')


def may_open(path):
    """Group and mode that udev gives a node; None where it leaves them."""
    said = udevadm_test(path, SYSTEMD_DEVICE_VERIFY_SYSFS='0')
    assert 'DEVNAME=' in said, said
    if not re.search(r'/60-vgpu\.rules:\d+ (GROUP|MODE) ', said):
        return None
    group = re.search(r'Device node group:\n +(\w+)', said)
    mode = re.search(r'Device node permission:\n +(\d+)', said)
    return group[1], mode[1]


def vgpus():
    """A group and a character device are two doors to the same."""
    gpu = device(PCI + '1.0', 'bus/pci', 'vgpu_rv100')
    write(gpu + '/vgpu/vram_total', 67108864)
    vgpu = device(gpu + '/7e55e7a0-0000-4000-8000-000000000001', 'bus/mdev',
                  'vgpu_mdev')
    group = device('/sys/devices/virtual/vfio/5', 'class/vfio', node='vfio/5')
    for node in (group, cdev(vgpu, 0)):
        equal((node, may_open(node)), (node, ('kvm', '0660')))


def way_to_them():
    """Who has a character device needs /dev/iommu."""
    iommu = device('/sys/devices/virtual/misc/iommu', 'class/misc',
                   node='iommu')
    equal(may_open(iommu), ('kvm', '0660'))


def others():
    """What is given to a VM by other drivers keeps its owner."""
    card = device(PCI + '2.0', 'bus/pci', 'vfio-pci')
    parent = device(PCI + '3.0', 'bus/pci', 'i915')
    mdev = device(parent + '/7e55e7a0-0000-4000-8000-000000000002', 'bus/mdev',
                  'intel_vgpu_mdev')
    container = device('/sys/devices/virtual/misc/vfio', 'class/misc',
                       node='vfio/vfio')
    for node in (cdev(card, 1), cdev(mdev, 2), container):
        equal((node, may_open(node)), (node, None))


assert not os.listdir('/sys'), 'there is a real machine'
for place in ('/sys', '/run'):
    run('mount', '-t', 'tmpfs', 'tmpfs', place)
os.makedirs('/run/udev/rules.d')
os.symlink(rules, '/run/udev/rules.d/60-vgpu.rules')
tap.test('udev understands the rules', run, 'udevadm', 'verify', rules)
tap.test('udev: vGPUs are for the group kvm', vgpus)
tap.test('udev: so is the way to them', way_to_them)
tap.test("udev: others' devices are not", others)
tap.finish()

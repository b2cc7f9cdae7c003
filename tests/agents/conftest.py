# SPDX-License-Identifier: GPL-2.0
"""The GPUs of docs/ci.md, libvirt, and VMs of it, as fixtures."""
import glob
import pathlib
import re
from xml.sax.saxutils import escape

import libvirt
import pytest

from host import MDEVS, OUT, Gpu, Tap, call, wait_until
# Tests take it from here.
from nova import node_of, when_parent_is_known  # noqa: F401 pylint: disable=unused-import

REPO = pathlib.Path(__file__).parent.parent.parent
DIRS = pathlib.Path('/sys/kernel/config/vgpu-soft')
PCI = pathlib.Path('/sys/bus/pci/devices')

DOMAIN = '''<domain type='kvm'>
  <name>{name}</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>/var/lib/libvirt/images/vmlinuz</kernel>
    <initrd>/var/lib/libvirt/images/initrd</initrd>
    <cmdline>console=ttyS0 panic=-1 loglevel=5 tessera.run="{command}" mitigations=off no_timer_check tsc=reliable audit=0</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='host-passthrough'/>
  <devices>
    {hostdev}
    <video><model type='{video}'/></video>
    <graphics type='vnc' autoport='yes' listen='127.0.0.1'/>
    <serial type='file'><source path='{log}'/></serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>'''


def pytest_configure(config):
    config.pluginmanager.register(Tap())


def blocks(kind):
    """The examples of a kind in docs/ci.md."""
    text = (REPO / 'docs/ci.md').read_text()
    found = re.findall(rf'^```{kind}\n(.*?)^```', text, re.M | re.S)
    assert found, kind
    return found


def remove_vgpus():
    for place in MDEVS.glob('*'):
        (place / 'remove').write_text('1')


def remove_gpus():
    remove_vgpus()
    for place in DIRS.glob('*'):
        (place / 'enable').write_text('0')
        for kind in place.glob('types/*'):
            kind.rmdir()
        place.rmdir()


@pytest.fixture(scope='module')
def gpus():
    """Both, made as the page says."""
    for script in blocks('sh run'):
        call('bash', '-ec', script)
    yield [Gpu(PCI / address) for address in ('0000:c0:00.0', '0000:c1:00.0')]
    remove_gpus()


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    remove_vgpus()


@pytest.fixture
def connection():
    # Errors come as exceptions; libvirt need not print them as well.
    libvirt.registerErrorHandler(lambda *_: None, None)
    it = libvirt.open('qemu:///system')
    yield it
    it.close()


class Domain:
    """A VM with a vGPU, in which a command runs when it has booted."""

    def __init__(self, connection, vgpu, command, memory=256, video='none',
                 options=''):
        self.log = pathlib.Path(f'/var/log/libvirt/qemu/{vgpu.uuid}.log')
        self.log.unlink(missing_ok=True)
        hostdev = (f"<hostdev mode='subsystem' type='mdev' managed='no' "
                   f"model='vfio-pci' {options}><source>"
                   f"<address uuid='{vgpu.uuid}'/></source></hostdev>")
        self.domain = connection.createXML(DOMAIN.format(
            name='vm1', memory=memory, command=escape(command), video=video,
            hostdev=hostdev, log=self.log), 0)

    def said(self):
        """By the command, when it has ended: the last line."""
        wait_until('the guest', lambda: 'TESSERA-GUEST-EXIT' in self.text())
        said, _, _ = self.text().partition('TESSERA-GUEST-EXIT')
        return said.splitlines()[-1]

    def text(self):
        if not self.log.exists():
            return ''
        return self.log.read_text(errors='replace').replace('\r', '')

    def end(self):
        if not self.domain:
            return
        self.domain.destroy()
        self.domain = None
        if self.log.exists():
            (OUT / f'{self.log.stem}.console').write_text(self.text())


@pytest.fixture
def start(connection):
    """Starts VMs, which end with the test."""
    started = []

    def begin(*args, **options):
        started.append(Domain(connection, *args, **options))
        return started[-1]
    yield begin
    for domain in started:
        domain.end()


def bind_anew(gpu):
    """As if its driver were loaded again: without vGPUs, all knobs off."""
    for verb in 'unbind', 'bind':
        pathlib.Path('/sys/bus/pci/drivers/vgpu_soft', verb).write_text(
            gpu.path.name)


def gpus_of_libvirt(connection):
    return set(connection.listDevices('mdev_types', 0))


def addresses():
    return {pathlib.Path(path).name for path in glob.glob('/sys/class/mdev_bus/*')}

# SPDX-License-Identifier: GPL-2.0
"""Guests and the soft GPU in the host VM, as fixtures."""
import glob
import json
import pathlib

import pytest

from console import Console
# Tests take some of these from here.
from host import BUILD, OUT, Gpu, Tap, call, wait_until  # noqa: F401


class Guest(Console):
    """A guest by scripts/guest, with a vGPU or, None, without; its shell hears on the
    console. One that is incoming does not boot, but waits for another to move there."""

    def __init__(self, name, vgpu, *options, qemu=(), incoming=False):
        self.name = name
        self.vgpu = vgpu
        self.log = pathlib.Path('/run/guests', name, 'serial.log')
        mdev = ('--mdev', vgpu.uuid) if vgpu else ()
        defer = ('-incoming', 'defer') if incoming else ()
        call('guest', 'start', name, *mdev, *options, '--', *qemu, *defer)
        if not incoming and '--no-kernel' not in options:
            call('guest', 'wait', name, 'TESSERA-GUEST-READY')

    @property
    def pid(self):
        return int(pathlib.Path('/run/guests', self.name, 'pid').read_text())

    def kvm(self, what):
        """One of KVM's statistics of it."""
        [place] = glob.glob(f'/sys/kernel/debug/kvm/{self.pid}-*/')
        return int(pathlib.Path(place, what).read_text())

    def qmp(self, command, **arguments):
        said = call('guest', 'qmp', self.name, command,
                    *(f"{name.replace('_', '-')}={json.dumps(value)}"
                      for name, value in arguments.items()))
        return json.loads(said) if said else {}

    def status(self):
        """Of the last move from here."""
        return self.qmp('query-migrate').get('status')

    def runs(self):
        return self.qmp('query-status')['running']

    def said(self):
        return self.log.read_text(errors='replace').replace('\r', '')

    def send(self, line):
        call('guest', 'send', self.name, line)

    def stop(self):
        call('guest', 'stop', self.name)
        (OUT / f'{self.name}.console').write_text(self.said())


def boot(name, vgpu, append='', qemu=()):
    """A guest with the programs in /opencl."""
    share = ('-fsdev',
             f'local,id=opencl,path={BUILD}/opencl,security_model=none,readonly=on',
             '-device', 'virtio-9p-pci,fsdev=opencl,mount_tag=opencl')
    guest = Guest(name, vgpu, '--append', f'tessera.9p {append}',
                  qemu=(*share, *qemu))
    guest.run('mkdir /opencl; mount -t 9p -o '
              'ro,trans=virtio,version=9p2000.L opencl /opencl')
    return guest


def almaif(command):
    """The guest's command for an OpenCL program on its vGPU."""
    return f'/opencl/almaif {command}'


def pytest_configure(config):
    config.pluginmanager.register(Tap())


@pytest.fixture(scope='module')
def soft_gpu():
    """The module's soft GPU, and nothing left of it afterwards."""
    call('modules', 'load')
    call('modules', 'soft', 'vram_mb=192')
    yield Gpu(wait_until('a soft GPU', lambda: glob.glob(
        '/sys/bus/pci/drivers/vgpu_soft/0000:*'))[0])
    call('modules', 'unload')


@pytest.fixture
def start(soft_gpu):
    """Starts guests, which end with the test: with a vGPU, or of QEMU's own devices."""
    started = []

    def begin(name, kind, *options, resolution=None, qemu=()):
        vgpu = soft_gpu.create(kind) if kind else None
        if resolution:
            vgpu.set('resolution', resolution)
        started.append(Guest(name, vgpu, *options, qemu=qemu))
        return started[-1]
    yield begin
    for guest in started:
        guest.stop()
        if guest.vgpu:
            guest.vgpu.remove()

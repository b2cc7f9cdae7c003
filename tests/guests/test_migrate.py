# SPDX-License-Identifier: GPL-2.0
"""Guests that move while they draw and compute: to a file and back, over TCP, and not
to where they do not fit. By stock QEMU, from one vGPU to another."""
import glob
import json
import pathlib

import pytest

from conftest import Guest
from host import BUILD, OUT, Gpu, call, wait_until

# No kernel of Debian has iommufd: docs/user-guide.md, "Move a VM".
MOVABLE = ('-set', 'device.vgpu.enable-migration=on')
FILE = pathlib.Path('/run/moved')
PORT = 4444


class Traveller(Guest):
    """A guest that begins something endless and is somewhere else then."""

    # Of each kind: how it boots, what it does, of which vGPUs.
    type = other = work = None
    append, options, qemu = '', (), ()

    def __init__(self, gpu, name, incoming=None):
        self.gpu = gpu
        self.mark = None
        if incoming is None:
            super().__init__(name, gpu.create(self.type), *self.arguments(),
                             qemu=(*MOVABLE, *self.qemu))
            self.prepare()
            return
        # It does not boot: what it has said is in another's log.
        self.name, self.vgpu = name, incoming
        self.log = pathlib.Path('/run/guests', name, 'serial.log')
        call('guest', 'start', name, '--mdev', self.vgpu.uuid,
             *self.arguments(), '--', *MOVABLE, *self.qemu,
             '-incoming', 'defer')

    def arguments(self):
        return ('--append', self.append, *self.options)

    def prepare(self):
        """What is done once, after booting."""

    def qmp(self, command, **arguments):
        said = call('guest', 'qmp', self.name, command,
                    *(f"{name.replace('_', '-')}={json.dumps(value)}"
                      for name, value in arguments.items()))
        return json.loads(said) if said else {}

    def status(self):
        return self.qmp('query-migrate').get('status')

    def runs(self):
        return self.qmp('query-status')['running']

    def leave(self, uri):
        # All of the vGPU's memory is moved while the guest stands, and slowly here.
        self.qmp('migrate-set-parameters', downtime_limit=600000,
                 max_bandwidth=1 << 40)
        self.qmp('migrate', uri=uri)

    def start_work(self):
        self.mark = self.begin(self.work)
        self.goes_on()

    def goes_on(self):
        ops = self.vgpu.count('ops')
        wait_until('work', lambda: self.vgpu.count('ops') > ops + 50)

    def end_work(self):
        """Here, whoever has begun it."""
        call('guest', 'send', self.name, '')
        wait_until('the end of the work',
                   lambda: f'END-{self.mark} ' in self.said())
        assert f'END-{self.mark} 0.' in self.said(), self.said()

    def gone(self):
        self.stop()
        self.vgpu.remove()


class Drawing(Traveller):
    """On the card, by the stock driver radeonfb and the 2D engine."""
    type, other = 'RV100-16D', 'RV100-8D'
    append = 'radeonfb.mode_option=800x600-32@60'
    options = ('--res', '800x600')
    work = "scene -w -l moved -n 'from afar' sunrise"

    def check(self, name):
        shot, want = OUT / f'{name}.png', OUT / f'{name}-expected.png'
        call('guest', 'shot', self.name, shot)
        call(BUILD / 'e2e/render', 'sunrise', 800, 600, 'moved', 'from afar', want)
        call(BUILD / 'e2e/compare', shot, want)
        assert self.vgpu.count('dropped') == 0


class Computing(Traveller):
    """On the soft GPU, by rings; the program looks at each byte."""
    type, other = 'SOFT-16C', 'SOFT-4C'
    qemu = ('-set', 'device.vgpu.display=off')
    work = 'soft work'

    def check(self, name):
        assert self.vgpu.count('dropped') == 0
        self.run('soft irq')


KINDS = {'rv100': Drawing, 'soft': Computing}


@pytest.fixture(scope='module')
def gpus():
    """One of each kind."""
    call('modules', 'load')
    call('modules', 'soft', 'vram_mb=64')
    yield {kind: Gpu(wait_until(kind, lambda kind=kind: glob.glob(
        f'/sys/bus/pci/drivers/vgpu_{kind}/0000:*'))[0]) for kind in KINDS}
    call('modules', 'unload')


@pytest.fixture(scope='module', params=KINDS)
def here(request, gpus):
    """The guest, wherever it is: a list of one."""
    kind = request.param
    where = [KINDS[kind](gpus[kind], f'{kind}-0')]
    where[0].start_work()
    yield where
    where[0].gone()
    FILE.unlink(missing_ok=True)


def arrival(guest, type_name=None):
    """QEMU that waits for it, with another vGPU."""
    number = int(guest.name.split('-')[1]) + 1
    name = f"{guest.name.split('-')[0]}-{number}"
    there = type(guest)(guest.gpu, name,
                        guest.gpu.create(type_name or guest.type))
    there.mark = guest.mark
    return there


def arrived(here, there):
    """The guest is there, at work, and its source goes."""
    wait_until('the guest to run there', there.runs)
    there.goes_on()
    here[0].gone()
    here[0] = there


def test_to_a_file_and_back(here):
    guest = here[0]
    guest.leave(f'file:{FILE}')
    wait_until('the guest to be saved', lambda: guest.status() == 'completed')
    there = arrival(guest)
    there.qmp('migrate-incoming', uri=f'file:{FILE}')
    arrived(here, there)


def connect(guest, there):
    """Let it leave by TCP; by a path back its source hears how it has fared."""
    for side in (there, guest):
        side.qmp('migrate-set-capabilities', capabilities=[
            {'capability': 'return-path', 'state': True}])
    there.qmp('migrate-incoming', uri=f'tcp:127.0.0.1:{PORT}')
    guest.leave(f'tcp:127.0.0.1:{PORT}')


def test_over_tcp(here):
    guest, there = here[0], arrival(here[0])
    connect(guest, there)
    wait_until('the guest to be moved', lambda: guest.status() == 'completed')
    arrived(here, there)


def test_not_to_another_type(here):
    """It goes on where it was."""
    guest = here[0]
    there = arrival(guest, guest.other)
    connect(guest, there)
    wait_until('it to be refused', lambda: guest.status() == 'failed')
    wait_until('the guest to go on', guest.runs)
    guest.goes_on()
    there.gone()
    assert 'migration: refused: stream: type: ' in call('dmesg')


def test_what_it_did_is_right(here):
    here[0].end_work()
    here[0].check(here[0].name)
    # Once more, from its beginning, where it has arrived.
    here[0].start_work()
    here[0].end_work()
    here[0].check(f'{here[0].name}-again')

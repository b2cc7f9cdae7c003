# SPDX-License-Identifier: GPL-2.0
"""Guests that move by QEMU alone, from one vGPU to another, while they draw and compute;
and the wire that they go by. By the host VM's QEMU, or that of the tree $GUEST_QEMU (see
scripts/hostvm --mount)."""
import contextlib
import glob
import os
import socket
import threading

import pytest

from conftest import Guest
from host import BUILD, OUT, Gpu, call, wait_until

# No kernel of Debian has iommufd: docs/user-guide.md, "Move a VM".
MOVABLE = ('-set', 'device.vgpu.enable-migration=on')
PORT = 4444
# For how many ms it may stand, and how many bytes a second would be moved then if it is
# not to be measured. In the one case all of the vGPU's memory may be, slowly here; in the
# other nothing at all, so that a guest at work is copied for ever.
LONG, NEVER = (600000, 0), (1, 1000)


class Traveller(Guest):
    """A guest that begins something endless and is somewhere else then."""

    # Of each kind: how it boots, what it does, of which vGPUs. And a type of so many MiB
    # in whose places several of its own fit.
    type = other = larger = work = None
    append, options, qemu = '', (), ()

    def __init__(self, gpu, name, incoming=None, vgpu=None):
        """incoming: the vGPU of one that comes from elsewhere; else it boots."""
        self.gpu = gpu
        self.mark = None
        boots = incoming is None
        super().__init__(name, (vgpu or gpu.create(self.type)) if boots else incoming,
                         *self.arguments(), qemu=(*MOVABLE, *self.qemu),
                         incoming=not boots)
        if boots:
            self.prepare()

    def arguments(self):
        tree = os.environ.get('GUEST_QEMU')
        by = ('--qemu', tree) if tree else ()
        return ('--append', self.append, *by, *self.options)

    def prepare(self):
        """What is done once, after booting."""

    def ended(self):
        """Its QEMU has."""
        return self.name not in call('guest', 'list').split()

    def can(self, **capabilities):
        self.qmp('migrate-set-capabilities', capabilities=[
            {'capability': name.replace('_', '-'), 'state': state}
            for name, state in capabilities.items()])

    def may_stand(self, limit, bandwidth):
        self.qmp('migrate-set-parameters', downtime_limit=limit,
                 avail_switchover_bandwidth=bandwidth)

    def leave(self, uri, stands=LONG):
        self.qmp('migrate-set-parameters', max_bandwidth=1 << 40)
        self.may_stand(*stands)
        self.qmp('migrate', uri=uri)

    def is_copied(self):
        """What can be copied while it runs is on its way, of its vGPU as well."""
        if os.environ['KERNEL'] == '6.1':
            return self.is_copied_again()
        return self.qmp('query-migrate').get('vfio', {}).get('transferred', 0) > 0

    def is_copied_again(self):
        """All of that was, and now it is what was written since."""
        return self.qmp('query-migrate').get('ram', {}).get('dirty-sync-count', 0) > 2

    def start_work(self):
        self.mark = self.begin(self.work)
        self.goes_on()

    def goes_on(self):
        ops = self.vgpu.count('ops')
        wait_until('work', lambda: self.vgpu.count('ops') > ops + 50)

    def stays(self, *ends):
        """What was tried has come to one of these, and it runs where it was."""
        try:
            wait_until(f'the move to be {" or ".join(ends)}',
                       lambda: self.status() in ends)
        except AssertionError as error:
            raise AssertionError(f'{error}: {self.qmp("query-migrate")}') from error
        wait_until('the guest to go on', self.runs)
        self.goes_on()

    def end_work(self):
        """Here, whoever has begun it."""
        self.send('')
        wait_until('the end of the work',
                   lambda: f'END-{self.mark} ' in self.said())
        assert f'END-{self.mark} 0.' in self.said(), self.said()

    def gone(self):
        self.stop()
        self.vgpu.remove()


class Drawing(Traveller):
    """On the card, by the stock driver radeonfb and the 2D engine."""
    type, other = 'RV100-16D', 'RV100-8D'
    larger = 'RV100-32D', 32
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
    larger = 'SOFT-64C', 64
    qemu = ('-set', 'device.vgpu.display=off')
    work = 'soft work'

    def prepare(self):
        self.run('soft zero')

    def check(self, name):
        assert self.vgpu.count('dropped') == 0
        self.run('soft irq')


KINDS = {'rv100': Drawing, 'soft': Computing}


@pytest.fixture(scope='module')
def gpus():
    """One of each kind."""
    call('modules', 'load')
    call('modules', 'soft', 'vram_mb=128')
    yield {kind: Gpu(wait_until(kind, lambda kind=kind: glob.glob(
        f'/sys/bus/pci/drivers/vgpu_{kind}/0000:*'))[0]) for kind in KINDS}
    call('modules', 'unload')


@pytest.fixture(scope='module', params=KINDS)
def here(request, gpus):
    """A guest at work, wherever it is: a list of one."""
    kind = request.param
    where = [KINDS[kind](gpus[kind], f'{kind}-0')]
    where[0].start_work()
    yield where
    where[0].gone()


def arrival(guest, type_name=None, vgpu=None):
    """QEMU that waits for it, with another vGPU."""
    kind, number = guest.name.split('-')
    there = type(guest)(guest.gpu, f'{kind}-{int(number) + 1}',
                        vgpu or guest.gpu.create(type_name or guest.type))
    there.mark = guest.mark
    return there


def arrived(here, there):
    """The guest is there, at work, and its source goes; here is a list of one."""
    wait_until('the guest to run there', there.runs)
    there.goes_on()
    here[0].gone()
    here[0] = there


def connect(guest, there, port=PORT, acked=False, **how):
    """Let it leave by TCP; by a path back its source hears how it has fared, and, acked,
    that all that is copied before it stands was there once."""
    for side in (there, guest):
        side.can(return_path=True, switchover_ack=acked)
    there.qmp('migrate-incoming', uri=f'tcp:127.0.0.1:{PORT}')
    guest.leave(f'tcp:127.0.0.1:{port}', **how)


def move(here):
    """By TCP. It has written to what was copied by then."""
    guest, there = here[0], arrival(here[0])
    connect(guest, there, stands=NEVER)
    wait_until('it to be copied again', guest.is_copied_again)
    guest.may_stand(*LONG)
    wait_until('the guest to be moved', lambda: guest.status() == 'completed')
    arrived(here, there)


class Wire:
    """What leads to PORT from a port of its own, and may break."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.ends = []
        self.flows = threading.Event()
        self.flows.set()
        threading.Thread(target=self.open, daemon=True).start()

    def open(self):
        near, _ = self.listener.accept()
        far = socket.create_connection(('127.0.0.1', PORT))
        self.ends = [near, far]
        for ends in (near, far), (far, near):
            threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self.flows.wait()
                sink.sendall(data)
        self.cut()

    def hold(self):
        """Nothing comes through, and nobody is told."""
        self.flows.clear()

    def cut(self):
        self.listener.close()
        self.flows.set()
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

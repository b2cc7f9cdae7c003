#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""vms - for how long a VM stands that moves with its vGPU, to one that has none, in the
host VM (by scripts/bench)

Usage: vms.py ROUNDS

By QEMU, over TCP to another on the same host, and with what QEMU does by itself. Idle,
and while the vGPU has work all the time. Each VM moves ROUNDS times.
"""
import contextlib
import os
import sys

from conftest import Guest
from host import wait_until
from measure import Figures, gpu_of_sizes, vgpus
from traveller import MOVABLE, PORT

# MiB of the vGPU; none.
CASES = ((None, 'idle'), (16, 'idle'), (256, 'idle'), (16, 'busy'), (256, 'busy'))
SIZES = (16, 256)
URI = f'tcp:127.0.0.1:{PORT}'

figures = Figures('migrate')


class Mover(Guest):
    """Boots, or comes from elsewhere."""

    def __init__(self, name, vgpu, incoming=False):
        qemu = (*MOVABLE, '-set', 'device.vgpu.display=off') if vgpu else ()
        super().__init__(name, vgpu, qemu=qemu, incoming=incoming)

    def move(self, name, vgpu):
        """To another QEMU. Who it is there, and for how many ms it has stood."""
        there = Mover(name, vgpu, incoming=True)
        there.qmp('migrate-incoming', uri=URI)
        self.qmp('migrate-set-parameters', max_bandwidth=1 << 40)
        self.qmp('migrate', uri=URI)
        wait_until('the guest to be moved', lambda: self.status() == 'completed')
        stood = self.qmp('query-migrate')['downtime']
        wait_until('the guest to run there', there.runs)
        self.stop()
        return there, stood


def downtimes(gpu, size, load, rounds):
    """Back and forth. ms."""
    with vgpus(gpu, f'M{size}', 2) if size else \
            contextlib.nullcontext((None, None)) as (vgpu, other):
        guest, seen = Mover('guest0', vgpu), []
        try:
            if load == 'busy':
                guest.run('soft zero')
                guest.begin('soft work')
            for number in range(rounds):
                vgpu, other = other, vgpu
                guest, stood = guest.move(f'guest{number + 1}', vgpu)
                seen.append(stood)
        finally:
            guest.stop()
    return seen


def main(args):
    if len(args) != 1:
        sys.exit(__doc__)
    figures.facts(f'host cpus_migrate_vms {os.cpu_count()}')
    seen = {}
    with gpu_of_sizes(SIZES) as gpu:
        for size, load in CASES:
            name = f'with {size} MiB, {load}' if size else 'without a vGPU'
            figures.step(f'a VM {name}')
            seen[name] = downtimes(gpu, size, load, int(args[0]))
            figures.median(f'a VM stands, {name}', seen[name], 'ms')
    (_, plain), *others = seen.items()
    for name, rounds in others:
        figures.figure(f'a VM stands, {name}, to one without', min(rounds) / min(plain),
                       rounds=[ms / min(plain) for ms in rounds])
    figures.step('done')


main(sys.argv[1:])

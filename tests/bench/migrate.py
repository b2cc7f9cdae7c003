#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""migrate - what it costs to move a soft GPU's vGPU, in the host VM (by scripts/bench)

Usage: migrate.py SECONDS ROUNDS

A client of VFIO (moves.c) takes the place of the guest, and of QEMU. For how long it stands
still, with little and much memory, idle and busy, copied before or not; and what a guest
that draws loses by being copied, in SECONDS. All of it ROUNDS times.
"""
import contextlib
import os
import pathlib
import re
import sys

from host import BUILD, Gpu, call
from measure import Figures, vgpus

CONFIG = pathlib.Path('/sys/kernel/config')
DIRECTORY = CONFIG / 'vgpu-soft/bench'
# MiB, the least first; of each there are two at a time.
SIZES = (16, 256)
MIB = 1 << 20

figures = Figures('migrate')


@contextlib.contextmanager
def gpu_of_sizes():
    """A soft GPU with a type for each."""
    call('modules', 'load')
    call('modules', 'soft', 'gpus=0')
    if not DIRECTORY.parent.exists():
        call('mount', '-t', 'configfs', 'configfs', CONFIG)
    DIRECTORY.mkdir()
    types = [DIRECTORY / f'types/M{size}' for size in SIZES]
    try:
        (DIRECTORY / 'vram_mb').write_text(str(2 * sum(SIZES)))
        for size, place in zip(SIZES, types):
            place.mkdir()
            (place / 'vram_mb').write_text(str(size))
        (DIRECTORY / 'enable').write_text('1')
        address = (DIRECTORY / 'address').read_text().strip()
        yield Gpu(f'/sys/bus/pci/devices/{address}')
    finally:
        (DIRECTORY / 'enable').write_text('0')
        for place in types:
            if place.exists():
                place.rmdir()
        DIRECTORY.rmdir()
        call('modules', 'unload')


def moves(*arguments):
    """Numbers of what it says."""
    said = call(BUILD / 'bench/moves', *arguments, env={**os.environ, 'GPU': 'soft'})
    return [int(number) for number in re.findall(r'\d+', said)]


def times_as_long(name, ours, others, **target):
    """Of times, a round each."""
    figures.quotient(name, [1 / ns for ns in others], [1 / ns for ns in ours], **target)


WAYS = ('standing', 'running')
LOADS = ('idle', 'busy')
SAID = {'standing': 'copied when it stands', 'running': 'copied before, too'}


def downtimes(gpu, rounds):
    ns = {(way, load, size): [] for way in WAYS for load in LOADS for size in SIZES}
    still = {case: [] for case in ns}
    for _ in range(rounds):
        for way, load, size in ns:
            with vgpus(gpu, f'M{size}', 2) as pair:
                took, rest, _ = moves('downtime', way, load, *(it.uuid for it in pair))
            ns[way, load, size].append(took)
            still[way, load, size].append(rest / MIB)
    small, large = SIZES
    for load in LOADS:
        for size in SIZES:
            times_as_long(f'downtime, {size} MiB, {load}: {SAID["running"]}, to '
                          f'{SAID["standing"]}',
                          ns['running', load, size], ns['standing', load, size], most=1)
        for way, target in ('running', {'most': 1.25}), ('standing', {}):
            times_as_long(f'downtime, {load}, {SAID[way]}: {large} MiB to {small}',
                          ns[way, load, large], ns[way, load, small], **target)
    for case, rows in ns.items():
        way, load, size = case
        name = f'{size} MiB, {load}, {SAID[way]}'
        figures.median(f'downtime, {name}', [row / 1e6 for row in rows], 'ms')
        figures.median(f'read while it stands, {name}', still[case], 'MiB')


def slow_down(gpu, seconds, rounds):
    """A frame is drawn all the time, and goes over the network all the time."""
    for by, what in (('computed', 'CPU computes'), ('cpu', 'CPU fills'),
                     ('engine', 'engine fills')):
        speeds = {'plain': [], 'copied': []}
        read = []
        for _ in range(rounds):
            for how, seen in speeds.items():
                with vgpus(gpu, f'M{SIZES[0]}') as [vgpu]:
                    drawn, ns, sent = moves('frames', how, by, int(seconds), vgpu.uuid)
                seen.append(drawn * 1e9 / ns)
            read.append(sent * 1e9 / ns / MIB)
        figures.quotient(f'frames that the {what} while it is copied, to not',
                         speeds['copied'], speeds['plain'], least=0.9)
        figures.median(f'read meanwhile of frames that the {what}', read, 'MiB/s')


def main(args):
    if len(args) != 2:
        sys.exit(__doc__)
    seconds, rounds = float(args[0]), int(args[1])
    figures.facts(f'host kernel {os.uname().release}',
                  f'host cpus_migrate {os.cpu_count()}')
    with gpu_of_sizes() as gpu:
        figures.step('downtimes')
        downtimes(gpu, rounds)
        figures.step('what a guest loses')
        slow_down(gpu, seconds, rounds)
    figures.step('done')


main(sys.argv[1:])

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""migrate - what it costs to move a soft GPU's vGPU, in the host VM (by scripts/bench)

Usage: migrate.py SECONDS ROUNDS

A client of VFIO (moves.c) takes the place of the guest, and of QEMU. For how long it stands
still, with little and much memory, idle and busy, copied before or not; what a guest
that draws loses by being copied, in SECONDS; and how fast vGPUs are moved together, so
that a larger type fits. All of it ROUNDS times.
"""
import contextlib
import os
import re
import subprocess
import sys
import time

from host import BUILD, call, wait_until
from measure import Figures, gpu_of_sizes, vgpus

# MiB, the least first; of each there are two at a time.
SIZES = (16, 256)
MIB = 1 << 20
PROGRAM, ENVIRONMENT = BUILD / 'bench/moves', {**os.environ, 'GPU': 'soft'}

figures = Figures('migrate')


def moves(*arguments):
    """Numbers of what it says."""
    said = call(PROGRAM, *arguments, env=ENVIRONMENT)
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


def memcpy_speed():
    """Bytes a second, from one piece of memory to another."""
    one, other = bytearray(SIZES[1] * MIB), bytearray(SIZES[1] * MIB)
    begin = time.perf_counter()
    other[:] = one
    return len(one) / (time.perf_counter() - begin)


@contextlib.contextmanager
def in_pieces(gpu):
    """A vGPU in every second of the places of the smaller type, by their place."""
    small, large = SIZES
    with vgpus(gpu, f'M{small}', 2 * sum(SIZES) // small) as made:
        at = {int(vgpu.attr('vram_offset')): vgpu for vgpu in made}
        for place, vgpu in at.items():
            if not place // (small * MIB) % 2:
                vgpu.remove()
        assert not gpu.available(f'M{large}')
        yield [at[place] for place in sorted(at) if at[place].path.exists()]


@contextlib.contextmanager
def drawing(vgpu, seconds):
    """By the CPU; and it is one that is moved."""
    was_at = vgpu.attr('vram_offset')
    command = [PROGRAM, 'frames', 'plain', 'computed', str(seconds), vgpu.uuid]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL):
        wait_until('its driver', lambda: vgpu.count('traps'))
        time.sleep(1)
        yield
    assert vgpu.attr('vram_offset') != was_at


def moved_together(gpu):
    """Bytes a second."""
    bytes_before = int(gpu.attr('moved_bytes'))
    begin = time.perf_counter()
    gpu.set('compact', 1)
    took = time.perf_counter() - begin
    assert gpu.available(f'M{SIZES[1]}') == 1
    return (int(gpu.attr('moved_bytes')) - bytes_before) / took


def relocation(gpu, seconds, rounds):
    """The longest pause there ever was: first of idle ones, then with one that draws."""
    slice_us = int(gpu.attr('slice_us'))
    for load in LOADS:
        speeds, copies = [], []
        for _ in range(rounds):
            copies.append(memcpy_speed())
            with in_pieces(gpu) as kept:
                with drawing(kept[0], int(seconds) + 2) if load == 'busy' else \
                        contextlib.nullcontext():
                    speeds.append(moved_together(gpu))
        pause_us = int(gpu.attr('move_pause_max_ns')) / 1000
        figures.quotient(f'moved together, {load}, to memcpy', speeds, copies)
        figures.median(f'moved together, {load}', [row / MIB for row in speeds], 'MiB/s')
        figures.figure(f'longest pause, {load}', pause_us / 1000, 'ms')
        figures.figure(f'longest pause, {load}, a MiB moved', pause_us / slice_us / SIZES[0],
                       'slices', most=2)


def main(args):
    if len(args) != 2:
        sys.exit(__doc__)
    seconds, rounds = float(args[0]), int(args[1])
    figures.facts(f'host kernel {os.uname().release}',
                  f'host cpus_migrate {os.cpu_count()}')
    with gpu_of_sizes(SIZES) as gpu:
        figures.step('downtimes')
        downtimes(gpu, rounds)
        figures.step('what a guest loses')
        slow_down(gpu, seconds, rounds)
        figures.step('moving together')
        relocation(gpu, seconds, rounds)
    figures.step('done')


main(sys.argv[1:])

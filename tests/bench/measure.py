# SPDX-License-Identifier: GPL-2.0
"""What the benchmarks of soft GPUs have in common: figures, each a line of $OUT/facts as
docs/benchmarks.md has it, and the GPU.

What is compared is measured in turn, some rounds long. Whatever else the machine does
makes things slower, never faster: quotients are those of the fastest rounds, and other
figures medians.
"""
import contextlib
import glob
import json
import pathlib
import statistics

from host import OUT, Gpu, call, wait_until


CONFIG = pathlib.Path('/sys/kernel/config')
DIRECTORY = CONFIG / 'vgpu-soft/bench'


class Figures:
    """Those of a part of the benchmark."""

    def __init__(self, part):
        self.part = part

    def facts(self, *lines):
        with open(OUT / 'facts', 'a', encoding='utf-8') as file:
            for line in lines:
                print(line, file=file)

    def step(self, text):
        with open('/proc/uptime', encoding='ascii') as up:
            print(f'{float(up.read().split()[0]):7.1f} s  {self.part}, {text}',
                  flush=True)

    def figure(self, name, value, unit='ratio', rounds=(), **target):
        """target: least or most, or both"""
        row = {'name': name, 'value': round(value, 4), 'unit': unit, **target}
        if rounds:
            row['rounds'] = [round(each_one, 4) for each_one in rounds]
        self.facts(f'{self.part} {json.dumps(row)}')

    def median(self, name, rounds, unit='ratio', **target):
        self.figure(name, statistics.median(rounds), unit, rounds=rounds, **target)

    def quotient(self, name, ours, others, **target):
        """Of speeds, a round each."""
        self.figure(name, max(ours) / max(others),
                    rounds=[a / b for a, b in zip(ours, others)], **target)


@contextlib.contextmanager
def soft_gpu(**parameters):
    call('modules', 'load')
    call('modules', 'soft', *(f'{name}={value}' for name, value in parameters.items()))
    try:
        yield Gpu(wait_until('a soft GPU', lambda: glob.glob(
            '/sys/bus/pci/drivers/vgpu_soft/0000:*'))[0])
    finally:
        call('modules', 'unload')


@contextlib.contextmanager
def gpu_of_sizes(sizes):
    """A soft GPU with a type of each, M and its MiB, and room for two of each."""
    call('modules', 'load')
    call('modules', 'soft', 'gpus=0')
    if not DIRECTORY.parent.exists():
        call('mount', '-t', 'configfs', 'configfs', CONFIG)
    DIRECTORY.mkdir()
    types = [DIRECTORY / f'types/M{size}' for size in sizes]
    try:
        (DIRECTORY / 'vram_mb').write_text(str(2 * sum(sizes)))
        for size, place in zip(sizes, types):
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


@contextlib.contextmanager
def vgpus(gpu, kind, count=1):
    made = []
    try:
        for _ in range(count):
            made.append(gpu.create(kind))
        yield made
    finally:
        for vgpu in made:
            vgpu.remove()

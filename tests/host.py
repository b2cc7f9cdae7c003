# SPDX-License-Identifier: GPL-2.0
"""What the tests by pytest in the host VM have in common: waiting, GPUs and vGPUs,
results as TAP."""
import glob
import os
import pathlib
import subprocess
import time
import uuid

import pytest

OUT = pathlib.Path(os.environ['OUT'])
BUILD = pathlib.Path(os.environ.get('BUILD', '/build'))
MDEVS = pathlib.Path('/sys/bus/mdev/devices')
PATIENCE = int(os.environ.get('PATIENCE', '600'))
# See scripts/patience.sh.
IN_VAIN = pathlib.Path('/tmp/waited-in-vain')


def patience():
    """Seconds for which one thing is waited for."""
    return PATIENCE / 10 if IN_VAIN.exists() else PATIENCE


def wait_until(what, condition):
    """Until condition() is true; gives its value."""
    end = time.monotonic() + patience()
    while not (value := condition()):
        if time.monotonic() > end:
            IN_VAIN.touch()
            pytest.fail(f'waited in vain: {what}')
        time.sleep(0.3)
    return value


def call(*command, **options):
    """Output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **options)
    assert not done.returncode, f'{command[0]}: {done.stdout}'
    return done.stdout


class Gpu:
    """A GPU of the host: its files in sysfs."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def attr(self, name):
        return (self.path / 'vgpu' / name).read_text().strip()

    def set(self, name, value):
        (self.path / 'vgpu' / name).write_text(str(value))

    def create(self, type_name):
        """A new vGPU of a type, by the name without the driver's part of it."""
        number = str(uuid.uuid4())
        [place] = glob.glob(f'{self.path}/mdev_supported_types/*-{type_name}')
        pathlib.Path(place, 'create').write_text(number)
        return Vgpu(number)


class Vgpu:
    """An instance."""

    def __init__(self, number):
        self.uuid = number
        self.path = MDEVS / number

    def attr(self, name):
        return (self.path / 'vgpu' / name).read_text().strip()

    def set(self, name, value):
        (self.path / 'vgpu' / name).write_text(str(value))

    def count(self, name):
        """A counter; of one that is by engine, the sum."""
        files = [self.path / 'vgpu' / name]
        if not files[0].exists():
            files = (self.path / 'vgpu/engines').glob(f'*/{name}')
        return sum(int(file.read_text()) for file in files)

    def remove(self):
        if self.path.exists():
            (self.path / 'remove').write_text('1')


class Tap:
    """The one writer of results: $OUT/tests.tap."""

    def __init__(self):
        self.path = OUT / 'tests.tap'
        self.path.write_text('')
        self.number = 0

    def line(self, text):
        print(text, flush=True)
        with self.path.open('a') as tap:
            print(text, file=tap)

    def pytest_runtest_logreport(self, report):
        if report.when != 'call' and not report.failed:
            return
        self.number += 1
        verdict = 'ok' if report.passed else 'not ok'
        what = report.nodeid.split('::')[-1].replace('test_', '').replace('_', ' ')
        if report.when != 'call':
            what += f' ({report.when})'
        self.line(f'{verdict} {self.number} - {what}')
        if report.failed:
            for text in str(report.longrepr).splitlines():
                self.line(f'# {text}')

    def pytest_sessionfinish(self):
        self.line(f'1..{self.number}')

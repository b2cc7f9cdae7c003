# SPDX-License-Identifier: GPL-2.0
"""What the tests by pytest in the host VM have in common: commands, GPUs and vGPUs, and
where results go."""
import glob
import os
import pathlib
import subprocess
import uuid

import tap
# Tests take it from here, with the rest.
from patience import wait_until  # noqa: F401

OUT = pathlib.Path(os.environ['OUT'])
BUILD = pathlib.Path(os.environ.get('BUILD', '/build'))
MDEVS = pathlib.Path('/sys/bus/mdev/devices')


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

    def type_dir(self, type_name):
        """By the name without the driver's part of it."""
        [place] = glob.glob(f'{self.path}/mdev_supported_types/*-{type_name}')
        return pathlib.Path(place)

    def create(self, type_name):
        """A new vGPU of a type."""
        number = str(uuid.uuid4())
        (self.type_dir(type_name) / 'create').write_text(number)
        return Vgpu(number)

    def available(self, type_name):
        """How many more fit."""
        return int((self.type_dir(type_name) / 'available_instances').read_text())


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


class Tap(tap.Tap):
    """The one writer of results: $OUT/tests.tap."""

    def __init__(self):
        (OUT / 'tests.tap').unlink(missing_ok=True)
        super().__init__(OUT / 'tests.tap')

    def pytest_runtest_logreport(self, report):
        if report.when != 'call' and not report.failed:
            return
        what = report.nodeid.split('::')[-1].replace('test_', '').replace('_', ' ')
        if report.when != 'call':
            what += f' ({report.when})'
        self.result(what, None if report.passed else str(report.longrepr))

    def pytest_sessionfinish(self):
        self.plan()

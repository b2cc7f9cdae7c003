# SPDX-License-Identifier: GPL-2.0
"""Kernels of vgpu-executor, on a file: what they have made, held against numpy."""
import os
import subprocess
import sys

import numpy as np

from common import BIN, PATIENCE

where = sys.argv[1]
os.makedirs(where, exist_ok=True)
EXECUTOR = BIN + '/vgpu-executor'
DEVICE = os.environ.get('DEVICE')       # for its option --device
FILE = where + '/partition'
rng = np.random.default_rng(12)


class Partition:
    """Memory with gaps between what lies in it, all of it random at first."""

    def __init__(self):
        self.parts = []
        self.size = 4096

    def put(self, array):
        """Puts an array there; returns its offset."""
        offset = self.size
        self.parts.append((offset, array))
        self.size += (array.nbytes + 127) // 64 * 64
        return offset

    def put_last(self, array):
        """The same, to the last byte of the memory."""
        self.size = (self.size + array.nbytes + 4095) // 4096 * 4096
        self.parts.append((self.size - array.nbytes, array))
        return self.size - array.nbytes

    def contents(self):
        data = np.random.default_rng(1).integers(0, 256, self.size, np.uint8)
        for offset, array in self.parts:
            data[offset:offset + array.nbytes] = \
                np.frombuffer(array.tobytes(), np.uint8)
        return data


def execute(data, kernel, grid, args, *options, status=0):
    """Runs a kernel; returns what the memory is then, and what it said."""
    data.tofile(FILE)
    done = subprocess.run(
        [EXECUTOR, '--run', kernel, '--grid', ','.join(map(str, grid)), *options,
         *(['--device', DEVICE] if DEVICE else []), FILE, *(repr(float(a)) if isinstance(a, float) else str(a) for a in args)],
        capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    err = done.stderr.decode()
    assert done.returncode == status, \
        f'{kernel} {grid} {args}: status {done.returncode}\n{err[-4000:]}'
    return np.fromfile(FILE, np.uint8), err if status else done.stdout.decode()


def near(got, wanted, tolerance):
    if tolerance:
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(got, wanted)


class Case:
    """A kernel, what it is given, and what it has to make of that."""

    def __init__(self, kernel, grid, args, outputs, tolerance=0, options=()):
        """args: arrays are put into memory. outputs: number of argument: array."""
        self.kernel, self.grid, self.args = kernel, grid, args
        self.outputs, self.tolerance, self.options = outputs, tolerance, options

    def execute(self, data, args, *options, status=0):
        return execute(data, self.kernel, self.grid, args, *self.options, *options,
                       status=status)

    def pointers(self):
        return [i for i, a in enumerate(self.args) if isinstance(a, np.ndarray)]

    def place(self, last=None):
        memory, args = Partition(), list(self.args)
        for i in self.pointers():
            if i != last:
                args[i] = memory.put(self.args[i])
        if last is not None:
            args[last] = memory.put_last(self.args[last])
        return memory.contents(), args

    def check(self, before, after, args):
        rest = after.copy()
        for i, wanted in self.outputs.items():
            part = slice(args[i], args[i] + wanted.nbytes)
            got = np.frombuffer(after[part].tobytes(), wanted.dtype)
            near(got, wanted.ravel(), self.tolerance)
            rest[part] = before[part]
        np.testing.assert_array_equal(rest, before)

    def right(self):
        before, args = self.place()
        after, _ = self.execute(before, args)
        self.check(before, after, args)
        for last in self.pointers():
            before, args = self.place(last)
            after, _ = self.execute(before, args)
            self.check(before, after, args)

    def yields(self, least):
        """Stopped wherever it can be, it makes the same bytes."""
        before, args = self.place()
        whole, _ = self.execute(before, args)
        self.check(before, whole, args)
        parts, said = self.execute(before, args, '--yield')
        np.testing.assert_array_equal(parts, whole)
        # Where memory is copied, as much is done at once as that is worth.
        assert int(said.split()[0]) >= (1 if DEVICE else least), said

    def refused(self, args, number, why):
        before, _ = self.place()
        after, said = self.execute(before, args, status=3)
        np.testing.assert_array_equal(after, before)
        assert why in said and (number is None or f'argument {number}:' in said), said

    def bounds(self):
        """Each pointer where it must not be, in turn."""
        before, args = self.place()
        for i in self.pointers():
            size = self.args[i].itemsize
            for bad in (0, len(before) - self.args[i].nbytes + size,
                        len(before), 2**64 - size, 2**63):
                self.refused(args[:i] + [bad] + args[i + 1:], i, 'partition')
            if size > 1:
                self.refused(args[:i] + [args[i] + 1] + args[i + 1:], i,
                             'not aligned')
        for n in range(len(args)):
            self.refused(args[:n], n, 'too few')

    def overlaps(self, in_place):
        """Outputs that meet something else."""
        _, args = self.place()
        for i in self.outputs:
            for j in self.pointers():
                if i == j:
                    continue
                size = self.args[i].itemsize
                bad = args[j] + (self.args[j].nbytes - 1) // size * size
                self.refused(args[:i] + [bad] + args[i + 1:], None, 'overlaps')
                if not in_place:
                    self.refused(args[:i] + [args[j]] + args[i + 1:], None,
                                 'overlaps')


def random(shape, kind):
    if np.issubdtype(kind, np.floating):
        return rng.standard_normal(shape).astype(kind)
    info = np.iinfo(kind)
    return rng.integers(info.min, info.max, shape, kind, endpoint=True)

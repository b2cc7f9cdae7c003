# SPDX-License-Identifier: GPL-2.0
"""The kernels of vgpu-executor against numpy: kernels.py DIR

Each kernel works on a file that stands for a partition. What it should have made is
computed here, by other means: no BLAS, and no code of the executor's. The rest of
the file must stay as it was. TAP goes to DIR/tests.tap.
"""
import os
import subprocess

import numpy as np

from common import PATIENCE, Tap, equal
from native import EXECUTOR, FILE, Case, execute, random, rng, where

tap = Tap(where + '/tests.tap')
PIECE = 1 << 17     # elementwise.c


ELEMENTWISE = {
    'pocl.copy.i8': (np.int8, lambda a: a),
    'pocl.abs.f32': (np.float32, np.abs),
    'pocl.add.i8': (np.int8, lambda a, b: a + b),
    'pocl.add.i32': (np.int32, lambda a, b: a + b),
    'pocl.mul.i32': (np.int32, lambda a, b: a * b),
}


def elementwise(name, grid, kind, fn):
    nr = int(np.prod(grid, dtype=np.int64))
    inputs = [random(nr, kind) for _ in range(2 if '.add' in name or '.mul' in name
                                              else 1)]
    out = fn(*inputs).astype(kind)
    return Case(name, grid, inputs + [np.zeros(nr, kind)], {len(inputs): out})


def in_place(name, kind, fn):
    """The output is the first input."""
    case = elementwise(name, (PIECE + 3,), kind, fn)
    before, args = case.place()
    args[-1] = args[0]
    after, _ = execute(before, name, case.grid, args)
    case.check(before, after, args)


def test_elementwise():
    for name, (kind, fn) in ELEMENTWISE.items():
        for grid in (1,), (63,), (PIECE - 1,), (PIECE * 2,), (7, 5, 3):
            tap.test(f'{name}: {grid} is right',
                     elementwise(name, grid, kind, fn).right)
        case = elementwise(name, (PIECE * 2 + 5,), kind, fn)
        tap.test(f'{name}: the same when it yields', case.yields, 3)
        case = elementwise(name, (9, 3), kind, fn)
        tap.test(f'{name}: bounds', case.bounds)
        tap.test(f'{name}: overlap', case.overlaps, True)
        tap.test(f'{name}: in place', in_place, name, kind, fn)


def countred(grid):
    pixels = random(int(np.prod(grid)), np.uint32)
    count = np.array([np.count_nonzero((pixels & 255) > 100)], np.uint32)
    return Case('pocl.countred', grid, [pixels, np.zeros(1, np.uint32)], {1: count})


def test_countred():
    for grid in (1,), (640, 48), (PIECE * 2 + 1,):
        tap.test(f'countred: {grid} is right', countred(grid).right)
    tap.test('countred: the same when it yields', countred((PIECE * 3,)).yields, 3)
    tap.test('countred: bounds', countred((100,)).bounds)
    tap.test('countred: overlap', countred((100,)).overlaps, False)


def product(a, b):
    """By numpy's own loops, in twice the precision."""
    return np.einsum('ik,kj->ij', a.astype(np.float64), b.astype(np.float64))


def sgemm_local(m, n, k):
    a, b = random((m, k), np.float32), random((k, n), np.float32)
    return Case('pocl.sgemm.local.f32', (n, m),
                [a, b, np.full((m, n), np.nan, np.float32), m, n, k],
                {2: product(a, b).astype(np.float32)}, 1e-3)


def sgemm_tensor(m, n, k, alpha=None, beta=None):
    """Column by column."""
    a, b = random((m, k), np.float16), random((k, n), np.float16)
    c = random((m, n), np.float32)
    wanted = product(a, b)
    args = [a.T.copy(), b.T.copy(), c.T.copy(), m, n, k]
    name = 'pocl.sgemm.tensor.f16f16f32'
    if alpha is not None:
        wanted = alpha * wanted + beta * c
        args += [alpha, beta]
        name = 'pocl.sgemm.scale.tensor.f16f16f32'
    return Case(name, (m, n), args, {2: wanted.T.astype(np.float32)}, 1e-3)


def test_gemm():
    sizes = (1, 1, 1), (16, 32, 48), (300, 17, 5), (3, 270, 1100)
    for size in sizes:
        tap.test(f'sgemm local {size} is right', sgemm_local(*size).right)
        tap.test(f'sgemm tensor {size} is right', sgemm_tensor(*size).right)
        tap.test(f'sgemm tensor scaled {size} is right',
                 sgemm_tensor(*size, 0.5, -2.0).right)
    tap.test('sgemm tensor: every half is right', halves)
    for make, scale in ((sgemm_local, ()), (sgemm_tensor, ()),
                        (sgemm_tensor, (0.5, 0.25))):
        case = make(257, 257, 1025, *scale)
        tap.test(f'{case.kernel}: the same when it yields', case.yields, 8)
        case = make(5, 6, 7, *scale)
        tap.test(f'{case.kernel}: bounds', case.bounds)
        tap.test(f'{case.kernel}: overlap', case.overlaps, False)
        tap.test(f'{case.kernel}: sizes', gemm_sizes, case)


def halves():
    """Every number that there is, times 1."""
    a = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    one = np.ones(1, np.float16)
    wanted = a.astype(np.float32)
    Case('pocl.sgemm.tensor.f16f16f32', (1 << 16, 1),
         [a, one, np.zeros(1 << 16, np.float32), 1 << 16, 1, 1], {2: wanted}).right()


def gemm_sizes(case):
    """Products that have more bits than a number, and sizes that no BLAS takes."""
    _, args = case.place()
    for n in 3, 4, 5:
        for bad in 2**30, 2**31, 2**32 - 1:
            case.refused(args[:n] + [bad] + args[n + 1:], None, 'refused')
    before, _ = case.place()
    after, _ = execute(before, case.kernel, (1,), args[:3] + [0] + args[4:])
    np.testing.assert_array_equal(after, before)


def convolve(x, w, stride, dilation, pad, groups):
    n, c, h, width = x.shape
    k, fc, fh, fw = w.shape
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (pad[0],) * 2,
                                           (pad[1],) * 2))
    oh = (h + 2 * pad[0] - (fh - 1) * dilation[0] - 1) // stride[0] + 1
    ow = (width + 2 * pad[1] - (fw - 1) * dilation[1] - 1) // stride[1] + 1
    out = np.zeros((n, k, oh, ow))
    per = k // groups
    for i in range(k):
        first = i // per * fc
        for y in range(fh):
            for z in range(fw):
                seen = padded[:, first:first + fc,
                              y * dilation[0]:y * dilation[0] + (oh - 1) * stride[0] + 1:stride[0],
                              z * dilation[1]:z * dilation[1] + (ow - 1) * stride[1] + 1:stride[1]]
                out[:, i] += np.einsum('nchw,c->nhw', seen, w[i, :, y, z])
    return out


def conv2d(x, w, stride=(1, 1), dilation=(1, 1), pad=(0, 0), groups=1, alpha=1.0,
           beta=0.0, grid=None):
    x, w = random(x, np.float32), random(w, np.float32)
    wanted = alpha * convolve(x, w, stride, dilation, pad, groups)
    out = random(wanted.shape, np.float32)
    if beta:
        wanted += beta * out
    else:
        out[:] = np.nan
    return Case('pocl.dnn.conv2d.nchw.f32', grid or wanted.shape[:0:-1],
                [x, w, out, *x.shape, *w.shape, *stride, *dilation, *pad, groups,
                 alpha, beta], {2: wanted.astype(np.float32)}, 1e-3)


def test_conv():
    cases = {
        'one weight': ((1, 1, 1, 1), (1, 1, 1, 1)),
        'a picture': ((1, 3, 20, 31), (4, 3, 3, 5)),
        'stride and padding': ((2, 3, 20, 31), (4, 3, 3, 5), (2, 3), (1, 1), (2, 4)),
        'dilation': ((2, 3, 20, 31), (4, 3, 3, 3), (1, 2), (3, 2), (1, 0)),
        'groups': ((2, 6, 9, 9), (4, 3, 3, 3), (1, 1), (1, 1), (1, 1), 2),
        'depthwise': ((1, 8, 9, 9), (8, 1, 3, 3), (1, 1), (1, 1), (1, 1), 8),
        'alpha and beta': ((1, 3, 9, 9), (4, 3, 3, 3), (1, 1), (1, 1), (0, 0), 1,
                           -0.5, 2.0),
        'long sums': ((1, 70, 10, 10), (300, 70, 3, 3)),
        'a dense layer': ((9, 64, 1, 1), (32, 64, 1, 1)),
    }
    for name, case in cases.items():
        tap.test(f'conv2d: {name} is right', conv2d(*case).right)
    case = conv2d((2, 120, 20, 20), (260, 60, 3, 3), groups=2, beta=1.0, alpha=1.0)
    tap.test('conv2d: the same when it yields', case.yields, 8)
    case.grid = (3,)
    tap.test('conv2d: the same when it can yield only twice', case.yields, 3)
    case = conv2d((1, 2, 5, 5), (2, 2, 3, 3))
    tap.test('conv2d: bounds', case.bounds)
    tap.test('conv2d: overlap', case.overlaps, False)
    tap.test('conv2d: shapes', conv_shapes, case)


def conv_shapes(case):
    """What is no shape, or one without end; each number in turn."""
    _, args = case.place()
    for n in range(3, 18):
        pad = n in (15, 16)
        for bad in (-1, -2**31, 2**31 - 1) + (() if pad else (0,)):
            if bad == 2**31 - 1 and n in (11, 12):
                continue        # a stride may be as long as it likes
            case.refused(args[:n] + [bad] + args[n + 1:], None, 'refused')
    for n, bad in ((8, 1), (17, 2), (9, 6), (10, 6), (13, 3), (14, 3)):
        case.refused(args[:n] + [bad] + args[n + 1:], None, 'no sense')
    case = conv2d((1, 4, 5, 5), (4, 2, 3, 3), groups=2)
    _, args = case.place()
    case.refused(args[:7] + [3] + args[8:], 7, 'no sense')


def source(nr, scale):
    return (np.arange(nr, dtype=np.float32) + np.float32(0.5)) * np.float32(scale) \
        - np.float32(0.5)


def scale_nn(side, out, planes, scale):
    image = random(side * side * planes, np.uint8)
    at = source(out, scale)
    at = (np.floor(at) + (at - np.floor(at) >= 0.5)).astype(int)
    wanted = image.reshape(side, side, planes)[at][:, at]
    return Case('org.khronos.openvx.scale_image.nn.u8', (out, out, planes),
                [image, np.zeros(out * out * planes, np.uint8), scale, scale, side,
                 side], {1: wanted})


def scale_bl(w, h, ow, oh, planes):
    image = random((planes, h, w), np.uint8)
    x, y = source(ow, w / ow), source(oh, h / oh)
    s, t = x - np.floor(x), (y - np.floor(y))[:, None]
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    left, right = np.clip(x0, 0, w - 1), np.clip(x0 + 1, 0, w - 1)
    top, low = (np.clip(v, 0, h - 1)[:, None] for v in (y0, y0 + 1))
    one, i = np.float32(1), image.astype(np.float32)
    wanted = (one - s) * (one - t) * i[:, top, left] + \
        s * (one - t) * i[:, low, left] + (one - s) * t * i[:, top, right] + \
        s * t * i[:, low, right]
    return Case('org.khronos.openvx.scale_image.bl.u8', (ow, oh, planes),
                [image, np.zeros(wanted.size, np.uint8), w / ow, h / oh, w, h],
                {1: wanted.astype(np.uint8)})


def test_scale():
    for args in ((8, 8, 1, 1.0), (32, 16, 3, 2.0), (10, 35, 4, 10 / 35)):
        tap.test(f'nearest pixel, {args}', scale_nn(*args).right)
    for args in ((8, 8, 8, 8, 1), (64, 48, 20, 31, 3), (20, 31, 640, 123, 2)):
        tap.test(f'bilinear, {args}', scale_bl(*args).right)
    for case in scale_nn(300, 400, 2, 0.75), scale_bl(300, 200, 400, 333, 2):
        name = case.kernel.split('.')[-2]
        tap.test(f'scale {name}: the same when it yields', case.yields, 4)
        tap.test(f'scale {name}: overlap', case.overlaps, False)
    for case in scale_nn(8, 8, 3, 1.0), scale_bl(9, 8, 3, 5, 2):
        name = case.kernel.split('.')[-2]
        tap.test(f'scale {name}: bounds', case.bounds)
        tap.test(f'scale {name}: values', scale_values, case)


def scale_values(case):
    _, args = case.place()
    for n, values in ((2, (-1.0, float('nan'), float('inf'), 1e30)),
                      (3, (-0.5, float('nan'), float('inf'), 3e38)),
                      (4, (0, -1, -2**31)), (5, (0, -7, -2**31))):
        for bad in values:
            case.refused(args[:n] + [bad] + args[n + 1:], n, 'no sense')
    if '.bl.' in case.kernel:
        for n in 4, 5:
            case.refused(args[:n] + [2**31 - 1] + args[n + 1:], 0, 'partition')


def convert(grid, norm, offset):
    image = random(int(np.prod(grid)), np.uint8)
    with np.errstate(divide='ignore', invalid='ignore'):
        wanted = (image.astype(np.float32) - np.float32(offset)) / np.float32(norm)
    return Case('org.khronos.openvx.tensor_convert_depth.wrap.u8.f32', grid,
                [image, np.zeros(image.size, np.float32), norm, offset], {1: wanted})


def test_convert():
    for args in (((640, 3), 255.0, 0.0), ((7, 9, 2), 3.0, 127.5), ((70000,), 0.0, 5.0)):
        tap.test(f'convert depth, {args}', convert(*args).right)
    tap.test('convert depth: the same when it yields',
             convert((200000,), 7.0, 1.0).yields, 4)
    tap.test('convert depth: bounds', convert((33,), 1.0, 0.0).bounds)
    tap.test('convert depth: overlap', convert((33,), 1.0, 0.0).overlaps, False)


def minmaxloc(w, h, least=0, most=255, image=None):
    image = rng.integers(least, most + 1, (h, w), np.uint8) if image is None else image
    low, high = np.argmin(image), np.argmax(image)
    return Case('org.khronos.openvx.minmaxloc.r1.u8', (w, h),
                [image, *(np.zeros(n, kind) for n, kind in
                          ((1, np.uint8), (1, np.uint8), (2, np.uint32), (2, np.uint32)))],
                {1: np.array([image.min()]), 2: np.array([image.max()]),
                 3: np.array([low % w, low // w], np.uint32),
                 4: np.array([high % w, high // w], np.uint32)})


def test_minmaxloc():
    late = np.full((600, 400), 9, np.uint8)
    late[590, 17], late[589, 3] = 8, 10
    for name, case in {'a picture': minmaxloc(640, 480, 3, 250),
                       'one pixel': minmaxloc(1, 1),
                       'all the same': minmaxloc(64, 3, 7, 7),
                       'all white': minmaxloc(300, 300, 255, 255),
                       'all black': minmaxloc(300, 300, 0, 0),
                       'at the end': minmaxloc(400, 600, image=late)}.items():
        tap.test(f'minmaxloc: {name}', case.right)
    tap.test('minmaxloc: the same when it yields',
             minmaxloc(400, 600, image=late).yields, 4)
    tap.test('minmaxloc: bounds', minmaxloc(20, 10).bounds)
    tap.test('minmaxloc: overlap', minmaxloc(20, 10).overlaps, False)


def usage():
    listed = subprocess.run([EXECUTOR, '--list'], capture_output=True,
                            timeout=PATIENCE).stdout.decode().splitlines()
    equal([int(line.split()[0]) for line in listed],
          [0, 1, 2, 4, 9, 12, 6, 7, 8, 20, 21, 22, 23, 24])
    empty = np.zeros(4096, np.uint8)
    for kernel, args in (('5', ()), ('nonsense', ()), ('9', (1, 2, 3)),
                         ('9', ('x', 2)), ('6', (1, 2, 3, 'x'))):
        execute(empty, kernel, (1,), args, status=2)
    for grid in (), ('',), ('-1',), (1, 2, 3, 4), (2**32,):
        execute(empty, '9', grid, (64, 128), status=2)
    _, said = execute(empty, '9', (2**32 - 1,) * 3, (64, 128), status=3)
    assert 'refused' in said, said


def supervisor():
    """What it does not even begin with."""
    for args, status, why in (
            (('--user=root',), 1, 'cannot be root'),
            (('--user=no-such-user',), 1, 'no such user'),
            (('--user=nobody',), 1, 'no soft GPU'),
            (('--user=nobody', '--gpu=0000:00:1f.7'), 1, 'No such file'),
            (('--gpu=../x',), 2, 'not a PCI address'),
            *((('--cpus=' + bad,), 2, 'not a list') for bad in
              ('', '-', '3-', '3-2', '1,,2', '1,', '5000', '0:', '32:1', 'x:1')),
            (('file',), 2, 'unexpected')):
        done = subprocess.run([EXECUTOR, *args], capture_output=True,
                              timeout=PATIENCE, stdin=subprocess.DEVNULL)
        equal(done.returncode, status)
        assert why in done.stderr.decode(), (args, done.stderr)


tap.test('what can be asked for', usage)
tap.test('what an executor refuses', supervisor)
test_elementwise()
test_countred()
test_gemm()
test_conv()
test_scale()
test_convert()
test_minmaxloc()
os.unlink(FILE)
tap.finish()

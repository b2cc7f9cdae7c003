# SPDX-License-Identifier: GPL-2.0
"""What guest/opencl/mandelbrot has to draw, computed anew with numpy, and how much of a
screen is so.

It draws one view after the other, each nearer than the one before. What it has drawn
gets onto the screen by pages of memory, each at its own time: so some lines may be of the
next view, or of the one before.
"""
import struct
import zlib

import numpy as np

WIDTH, HEIGHT = 256, 192
MOST = 256              # steps
ONE = 4096              # numbers are whole, in parts of it
CENTRE = -3 * ONE // 4, ONE // 10
PIXELS = 56, 28, 14, 7, 3, 1        # how large one is, of each view


def counts(pixel):
    """Steps until a point has left the circle of radius 2, of each."""
    x = CENTRE[0] + pixel * (np.arange(WIDTH) - WIDTH // 2)[np.newaxis, :]
    y = CENTRE[1] + pixel * (np.arange(HEIGHT) - HEIGHT // 2)[:, np.newaxis]
    real, imaginary = np.zeros((2, HEIGHT, WIDTH), np.int64)
    steps = np.full((HEIGHT, WIDTH), MOST)
    for step in range(MOST):
        squares = real * real // ONE, imaginary * imaginary // ONE
        gone = (sum(squares) > 4 * ONE) & (steps == MOST)
        steps[gone] = step
        # What has left must not grow for ever.
        stays = steps == MOST
        imaginary = stays * (2 * real * imaginary // ONE + y)
        real = stays * (squares[0] - squares[1] + x)
    return steps


def colours(steps):
    """Black inside; else 0xRRGGBB."""
    return (steps * 0x030500 % 0xff0000 + steps) * (steps < MOST)


def predict(kind, left, up, corner):
    """By PNG's filters, of which each line has one."""
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    guess = left + up - corner
    return min(left, up, corner, key=lambda it: abs(guess - it))


def read_png(path):
    """Width, height, and lines of red, green and blue."""
    with open(path, 'rb') as file:
        data = file.read()
    width, height, *rest = struct.unpack('>2I5B', data[16:29])
    assert rest == [8, 2, 0, 0, 0], f'{path}: {rest}'
    at, packed = 8, b''
    while at < len(data):
        size, kind = struct.unpack('>I4s', data[at:at + 8])
        if kind == b'IDAT':
            packed += data[at + 8:at + 8 + size]
        at += 12 + size
    data = zlib.decompress(packed)
    lines, stride = [bytes(3 * width)], 3 * width + 1
    for kind, *line in (data[at:at + stride] for at in range(0, len(data), stride)):
        above = bytes(3) + lines[-1]
        line = bytearray(3) + bytes(line)
        for i in range(3, len(line)):
            line[i] = (line[i] + predict(kind, line[i - 3], above[i],
                                         above[i - 3])) & 255
        lines.append(bytes(line[3:]))
    return width, height, lines[1:]


def part_right(path):
    """Of the picture on a screen, from 0 to 1."""
    width, height, lines = read_png(path)
    scale = min(width // WIDTH, height // HEIGHT)
    rgb = np.array([list(line) for line in lines]).reshape(height, width, 3)
    seen = (rgb @ [0x10000, 0x100, 1])[:HEIGHT * scale, :WIDTH * scale]
    # Of two views that follow each other, each line as the one that it is most like.
    right = np.array([(seen == colours(counts(pixel)).repeat(scale, 0).repeat(scale, 1)).sum(1)
                      for pixel in PIXELS])
    return np.maximum(right, np.roll(right, -1, 0)).sum(1).max() / seen.size

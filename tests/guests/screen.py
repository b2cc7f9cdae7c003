# SPDX-License-Identifier: GPL-2.0
"""What a guest's screen shows, and what guest/opencl/digits shows on it."""
import pathlib
import re
import struct

import pictures
from host import BUILD, OUT, call

FONT = pathlib.Path(__file__).parents[2] / 'guest/font.c'
SIDE = 8                # of an image, in fields of the screen
GLYPH_W, GLYPH_H = 5, 7
BATCH = 64              # images; of each the first is shown
GREEN = 0x40ff40


def shows(guest, file):
    """Is it just this picture."""
    shot = OUT / f'{guest.name}.png'
    call('guest', 'shot', guest.name, shot)
    return pictures.equal(shot, file)


class Picture:
    """All of the screen of a guest's vGPU."""

    def __init__(self, guest):
        path = pathlib.Path('/run/guests', guest.name, 'screen.ppm')
        guest.qmp('screendump', filename=str(path), device='vgpu')
        data = path.read_bytes()
        head = re.match(rb'P6\s(\d+)\s(\d+)\s255\s', data)
        self.width, self.height = map(int, head.groups())
        self.pixels = data[head.end():]

    def pixel(self, x, y):
        at = (y * self.width + x) * 3
        return int.from_bytes(self.pixels[at:at + 3], 'big')

    def digit(self):
        """The 64 pixels of the image, and the 7 rows of the answer's glyph."""
        field = self.height // 2 // SIDE
        image = [self.pixel(field + i % SIDE * field + field // 2,
                            field + i // SIDE * field + field // 2)
                 for i in range(SIDE * SIDE)]
        left = field * (SIDE + 3) + field // 2
        lit = [[self.pixel(left + x * field, field + y * field + field // 2) == GREEN
                for x in range(GLYPH_W)] for y in range(GLYPH_H)]
        rows = [sum(bit << GLYPH_W - 1 - x for x, bit in enumerate(row)) for row in lit]
        return tuple(image), tuple(rows)


def glyphs():
    """The rows of each digit's glyph."""
    return {int(digit): tuple(int(row, 0) for row in rows.split(','))
            for digit, rows in re.findall(r"\{ '(\d)', \{ (.*?) \} \}", FONT.read_text())}


def digits_to_see():
    """What Picture.digit() says of the first image of each batch of digits.bin."""
    font = glyphs()
    data = (BUILD / 'opencl/digits.bin').read_bytes()
    # As train.py has it: the network comes first.
    images, = struct.unpack_from('<I', data, 8)
    at = 12 + 4 * (33 * 65 + 10 * 33)
    answers = data[-images:]
    seen = []
    for first in range(0, images, BATCH):
        image = struct.unpack_from('<64f', data, at + first * 65 * 4)
        seen.append((tuple(int(grey * 255) * 0x010101 for grey in image),
                     font[answers[first]]))
    return seen

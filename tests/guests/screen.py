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
GREEN, WHITE = 0x40ff40, 0xffffff


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
        return tuple(image), self.glyph(field * (SIDE + 3), field, field, GREEN)

    def glyph(self, left, top, dot, colour):
        """The rows of one, from this corner on, whose dots are so large."""
        middle = dot // 2
        return tuple(sum((self.pixel(left + x * dot + middle, top + y * dot + middle)
                          == colour) << GLYPH_W - 1 - x for x in range(GLYPH_W))
                     for y in range(GLYPH_H))

    def line(self):
        """What is written below the image; what is no glyph is a question mark."""
        field = self.height // 2 // SIDE
        dot = field // 8 + 1
        char_of = {rows: char for char, rows in glyphs().items()}
        lefts = range(field, self.width - GLYPH_W * dot, (GLYPH_W + 1) * dot)
        return ''.join(char_of.get(self.glyph(left, field * (SIDE + 3), dot, WHITE), '?')
                       for left in lefts).rstrip()


def glyphs():
    """The rows of each character's glyph."""
    found = re.findall(r"\{ '(.)', \{ (.*?) \} \}", FONT.read_text())
    return {char: tuple((*(int(row, 0) for row in rows.split(',')), *[0] * GLYPH_H))[:GLYPH_H]
            for char, rows in found}


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
                     font[str(answers[first])]))
    return seen

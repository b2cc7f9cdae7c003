# SPDX-License-Identifier: GPL-2.0
"""A picture in which every place is another: how a guest draws it, as a file, and whether
two files are the same one."""
import struct
import subprocess
import zlib

from host import BUILD

NUMBERS = 20000     # their lines, again and again: no multiple of a pixel, or of a line


def draw(width, height):
    """A guest's command. The framebuffer has 32 bits a pixel, and no gaps."""
    return (f'no-console; seq {NUMBERS} > /tmp/p; while cat /tmp/p; do :; done | '
            f'head -c {4 * width * height} > /dev/fb0')


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + \
        struct.pack('>I', zlib.crc32(kind + data))


def write(path, width, height):
    """What draw() has drawn, as PNG."""
    size = 4 * width * height
    lines = ''.join(f'{n}\n' for n in range(1, NUMBERS + 1)).encode()
    data = (lines * (size // len(lines) + 1))[:size]
    pixels = bytearray(3 * width * height)
    # In memory blue comes first, and what is behind red is not shown.
    for colour in range(3):
        pixels[colour::3] = data[2 - colour::4]
    rows = b''.join(b'\0' + pixels[at:at + 3 * width]
                    for at in range(0, len(pixels), 3 * width))
    path.write_bytes(b'\x89PNG\r\n\x1a\n' +
                     chunk(b'IHDR', struct.pack('>2I5B', width, height, 8, 2, 0, 0, 0)) +
                     chunk(b'IDAT', zlib.compress(rows, 1)) + chunk(b'IEND', b''))
    return path


def equal(one, other):
    """Pixel by pixel; other may be a colour, too."""
    return not subprocess.run([BUILD / 'e2e/compare', one, other],
                              stdin=subprocess.DEVNULL, check=False).returncode

# SPDX-License-Identifier: GPL-2.0
"""A picture in which every place is another: how a guest draws it, as a file, and whether
two files are the same one."""
import struct
import subprocess
import zlib

from host import BUILD

NUMBERS = 20000     # their lines, again and again: no multiple of a pixel, or of a line


def draw(width, height):
    """A guest's command. The framebuffer has 32 bits a pixel, and no gaps. All in one
    write: DRM's emulation of /dev/fb0 does not show what a write to a part of one line
    has changed that ends with it, unless more is to be shown just then."""
    size = 4 * width * height
    return (f'no-console; seq {NUMBERS} > /tmp/p; while cat /tmp/p; do :; done | '
            f'head -c {size} | dd of=/dev/fb0 bs={size} iflag=fullblock')


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + \
        struct.pack('>I', zlib.crc32(kind + data))


def in_memory(width, height):
    """What draw() puts there."""
    size = 4 * width * height
    lines = ''.join(f'{n}\n' for n in range(1, NUMBERS + 1)).encode()
    return (lines * (size // len(lines) + 1))[:size]


def write_xwd(path, width, height):
    """The same picture as write(), as a dump of an X window: 24 bits, by 32."""
    name = b'picture\0'
    masks = 0xff0000, 0xff00, 0xff
    head = (100 + len(name), 7, 2, 24, width, height, 0, 0, 32, 0, 32, 32, 4 * width,
            4, *masks, 8, 256, 256, width, height, 0, 0, 0)
    shades = b''.join(struct.pack('>I3H2B', 0x10101 * shade, *3 * [0x101 * shade], 7, 0)
                      for shade in range(256))
    path.write_bytes(struct.pack('>25I', *head) + name + shades +
                     in_memory(width, height))
    return path


def write(path, width, height):
    """What draw() has drawn, as PNG."""
    data = in_memory(width, height)
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

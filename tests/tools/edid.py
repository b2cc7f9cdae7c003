# SPDX-License-Identifier: GPL-2.0
"""The monitors that a vGPU may have, as edid-decode judges them: edid.py DIR

Builds the EDID of sizes all over what each type takes, with the driver's own
edid.c, and has edid-decode check it: no failure and no warning. TAP goes to
DIR/tests.tap.
"""
import ctypes
import os
import re
import subprocess
import sys

from common import PATIENCE, Tap, equal, run

where = sys.argv[1]
os.makedirs(where, exist_ok=True)
tap = Tap(where + '/tests.tap')
driver = ctypes.CDLL('/build/tests-tools/edid.so')
driver.vgpu_edid_fits.restype = ctypes.c_bool
SERIAL = ctypes.c_uint64(0x1a2b3c4d5e6f)

SMALL = [(320, 200), (320, 240), (400, 300), (512, 384), (640, 400), (640, 480)]
STEPS = 24


def types():
    """{name: largest mode} of the card's."""
    rows = [row.split() for row in run('/build/tests-tools/modes').splitlines()]
    return {name: (int(x), int(y)) for name, x, y in rows}


def build(size, largest):
    block = ctypes.create_string_buffer(128)
    driver.vgpu_edid_build(block, *size, *largest, SERIAL)
    return block.raw


def judge(block):
    """What edid-decode has to say against it; nothing when all is well."""
    done = subprocess.run(['edid-decode', '--check'], input=block, timeout=PATIENCE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode(errors='replace')
    verdict = re.search(r'^(Warnings:|Failures:).*', text, re.M | re.S)
    if verdict:
        return verdict[0]
    return '' if 'EDID conformity: PASS' in text else text


def steps(low, high, multiple):
    """Both ends and some between, multiples of a number."""
    every = [low + (high - low) * i // STEPS for i in range(STEPS + 1)]
    return sorted({n // multiple * multiple for n in every} | {low, high})


def conforms(size, largest):
    assert driver.vgpu_edid_fits(*size), f'{size} is refused'
    found = judge(build(size, largest))
    assert not found, f'{size} of {largest}: {found}'


def all_conform(largest):
    for size in SMALL:
        conforms(size, largest)
    for x in steps(320, largest[0], 8):
        for y in steps(200, largest[1], 1):
            conforms((x, y), largest)


def bad_ones_are_found():
    """Or nothing here means anything."""
    good = build((1024, 768), (1024, 768))
    equal(judge(good), '')
    for at, value in ((25, 0), (54, 0), (127, good[127] ^ 1)):
        block = bytearray(good)
        block[at] = value
        assert judge(bytes(block)), f'byte {at}'


def limits():
    """The widest and highest that a block can express, and no more."""
    for size in ((4095, 200), (320, 4095), (4088, 2400)):
        conforms(size, (4095, 4095))
    for size in ((319, 200), (320, 199), (4096, 200), (320, 4096),
                 (4095, 4095), (0, 0), (2**32 - 1, 2**32 - 1)):
        assert not driver.vgpu_edid_fits(*size), size


tap.test('edid: edid-decode finds what is wrong', bad_ones_are_found)
for type_name, mode in types().items():
    tap.test(f'edid: {type_name}: a monitor of every size conforms',
             all_conform, mode)
tap.test('edid: larger and smaller ones are refused where they must be', limits)
tap.finish()

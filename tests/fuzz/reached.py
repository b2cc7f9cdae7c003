#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Which lines of the modules a fuzzer of a vGPU has reached.

Usage: reached.py MODULES PLACES [FILE...]
  MODULES  where the modules lie that ran, built for the debug kernel
  PLACES   what tests/fuzz/vfio/cover.c has left
  FILE     of these sources, the lines that were not reached

A line counts that has a place of which KCOV tells: one or more for each branch."""
import collections
import os
import pathlib
import re
import subprocess
import sys


def run(*command, text=None):
    return subprocess.run([str(word) for word in command], input=text, text=True,
                          check=True, stdout=subprocess.PIPE).stdout


def read_places(path):
    """Address by (module, section), and the set of addresses that were reached."""
    sections, reached = {}, set()
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) == 3:
            sections[words[0], words[1]] = int(words[2], 16)
        else:
            reached.add(int(words[0], 16))
    return sections, reached


def places_of(module, section):
    """Offsets at which KCOV's calls return."""
    table = run('objdump', '-r', '-j', section, module)
    return [int(offset, 16) + 4 for offset in
            re.findall(r'^([0-9a-f]+) R_X86_64_PLT32 +__sanitizer_cov_trace_pc', table, re.M)]


def lines_of(module, section, offsets):
    """(file, line) of each offset."""
    text = run('addr2line', '-e', module, '-j', section,
               text=''.join(f'{offset - 1:#x}\n' for offset in offsets))
    for answer in text.splitlines():
        file, _, line = answer.partition(' ')[0].rpartition(':')
        file = os.path.normpath(re.sub(r'^.*/src/', '', file))
        yield file, int(line) if line.isdigit() else 0


def measure(modules, places):
    """Lines by file, each with whether it was reached."""
    sections, reached = read_places(places)
    files = collections.defaultdict(dict)
    for (name, section), base in sorted(sections.items()):
        module = modules / f'{name.replace("_", "-")}.ko'
        offsets = places_of(module, section)
        for offset, (file, line) in zip(offsets, lines_of(module, section, offsets)):
            if file.startswith(('drivers/', 'include/')):
                there = base + offset in reached
                files[file][line] = files[file].get(line, False) or there
    return files


def ranges(numbers):
    """Numbers that follow each other, as first-last."""
    spans = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ', '.join(f'{a}' if a == b else f'{a}-{b}' for a, b in spans)


def main():
    files = measure(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    total = reached = 0
    for file, lines in sorted(files.items()):
        there = sum(lines.values())
        total, reached = total + len(lines), reached + there
        print(f'{there:5} of {len(lines):5}  {file}')
        if file in sys.argv[3:]:
            print('      not:', ranges(line for line, seen in lines.items() if not seen))
    print(f'{reached:5} of {total:5}  lines of the modules')
    if not total:
        sys.exit('no module tells what was reached')


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: GPL-2.0
"""Bugs that are planted to see whether a fuzzer finds them: planted.py FILE list
| FILE plant NUMBER TOP | FILE undo NUMBER TOP

A file of them has blocks of five lines, with an empty one between two: what it is, who
has to find it, the file, what stands there once, and what is put in its place. Spaces at
the ends of lines do not count, and \\n stands for the end of one. "list" says number, who
and what, with tabs between; "plant" changes the copy of the sources at TOP, "undo" puts
the file there back.
"""
import os
import re
import shutil
import sys

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def mutants(listed):
    with open(listed, encoding='ascii') as file:
        for block in file.read().split('\n\n'):
            lines = [line for line in block.splitlines()
                     if line and not line.startswith('#')]
            if lines:
                what, target, path, old, new = lines
                yield what, target, path, old.strip(), new.strip()


def plant(top, path, old, new):
    """It has to be there once."""
    with open(f'{top}/{path}', encoding='utf-8') as file:
        text = file.read()
    pattern = r'\s*\n\s*'.join(re.escape(line) for line in old.split('\\n'))
    text, times = re.subn(pattern, lambda _: new.replace('\\n', '\n'), text)
    assert times == 1, f'{path}: {times} times, not once: {old}'
    with open(f'{top}/{path}', 'w', encoding='utf-8') as file:
        file.write(text)


def main():
    listed, command, *rest = sys.argv[1:]
    bugs = list(mutants(listed))
    if command == 'list':
        for number, (what, target, *_) in enumerate(bugs):
            print(number, target, what, sep='\t')
        return
    _, _, path, old, new = bugs[int(rest[0])]
    if command == 'plant':
        plant(rest[1], path, old, new)
    else:
        shutil.copyfile(f'{REPO}/{path}', f'{rest[1]}/{path}')


if __name__ == '__main__':
    main()

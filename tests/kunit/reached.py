# SPDX-License-Identifier: GPL-2.0
"""Which lines of the drivers the KUnit suites have reached: reached.py OBJECTS LEFT

OBJECTS is where they were built and have left what gcov reads. Prints how many lines of
each file were reached, and of each directory, and writes those that were not to LEFT,
with the code."""
import collections
import json
import pathlib
import re
import subprocess
import sys


def measure(objects):
    """Lines by file, each with whether it was reached."""
    files = collections.defaultdict(dict)
    data = sorted(objects.glob('tessera/drivers/**/*.gcda'))
    done = subprocess.run(['gcov', '--json-format', '--stdout', *map(str, data)],
                          check=True, stdout=subprocess.PIPE, text=True)
    for answer in done.stdout.splitlines():
        for file in json.loads(answer)['files']:
            name = re.search(r'(?:^|/)((?:drivers|include)/(?:vgpu|rv100|soft)/.*)$',
                             file['file'].replace('tests/kunit/../../', ''))
            # The kernel has an include/ and a drivers/ as well.
            if not name or not pathlib.Path(name[1]).exists():
                continue
            lines = files[name[1]]
            for line in file['lines']:
                number = line['line_number']
                lines[number] = lines.get(number, False) or line['count'] > 0
    return files


def write_left(path, files):
    with open(path, 'w', encoding='utf-8') as out:
        for name, lines in sorted(files.items()):
            code = pathlib.Path(name).read_text(encoding='utf-8').splitlines()
            for number in sorted(lines):
                if not lines[number]:
                    print(f'{name}:{number}:{code[number - 1]}', file=out)


def main():
    files = measure(pathlib.Path(sys.argv[1]))
    write_left(sys.argv[2], files)
    sums = collections.Counter()
    for name, lines in sorted(files.items()):
        there = sum(lines.values())
        print(f'{there:5} of {len(lines):5}  {name}')
        for place in (pathlib.Path(name).parent, 'all'):
            sums[place, True] += there
            sums[place, False] += len(lines)
    for place in dict.fromkeys(place for place, _ in sums):
        print(f'{sums[place, True]:5} of {sums[place, False]:5}  {place}')
    return 0 if sums['all', True] else 1


sys.exit(main())

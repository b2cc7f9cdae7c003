# SPDX-License-Identifier: GPL-2.0
"""Runs fuzzers that were built: run.py [--time SECONDS | --mutants | --keep] [TARGET...]

Without options: inputs of the corpus, and some thousands more that follow from a fixed
seed; with --time for so long, from other seeds. New inputs that reach new code go to
BUILD/corpus, what a fuzzer has ended with to BUILD/crashes. --mutants: in copies of the
sources, each with one bug of the file "mutants", which has to be found. --keep: the
least of all inputs that reach what all of them reach, as BUILD/kept.

The corpus has a file for each fuzzer, a line of hexadecimal digits for each input.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import time

import planted

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('BUILD', '/build/fuzz')
# What is tried beyond the corpus when there is no time to be spent, and of those of
# which each takes long.
RUNS = 20000
SLOW_RUNS = {'load': 4000}
# Seconds in which a planted bug has to be found, and programs that look at once.
MUTANT_SECONDS = 90
AT_ONCE = min(2, os.cpu_count())
# An input that takes so long hangs: scripts/patience.sh.
PATIENCE = os.environ.get('PATIENCE', '600')
# Bytes of an input: what needs more is slow, and a SPIR-V module.
LONGEST = 384
LONGEST_MODULE = 2048
COPIED = ('drivers', 'include', 'tests/kunit', 'tests/sim', 'tests/fuzz',
          'tools/executor')


def targets():
    return subprocess.run(['make', '-s', '-C', HERE, 'targets'], check=True,
                          capture_output=True, text=True).stdout.split()


def unpack(target, to):
    shutil.rmtree(to, ignore_errors=True)
    os.makedirs(to)
    path = f'{HERE}/corpus/{target}'
    if not os.path.exists(path):
        return
    with open(path, encoding='ascii') as file:
        for number, line in enumerate(file):
            with open(f'{to}/{number:04}', 'wb') as out:
                out.write(bytes.fromhex(line))


def pack(inputs, path):
    lines = set()
    for name in glob.glob(f'{inputs}/*'):
        with open(name, 'rb') as file:
            lines.add(file.read().hex())
    with open(path, 'w', encoding='ascii') as file:
        for line in sorted(lines, key=lambda line: (len(line), line)):
            file.write(line + '\n')
    return len(lines)


def longest(target):
    return f'-max_len={LONGEST_MODULE if target == "module" else LONGEST}'


def run(program, dirs, options):
    """Its exit status, output, how much it has executed and reached."""
    done = subprocess.run(
        [program, '-print_final_stats=1', '-timeout=' + PATIENCE,
         longest(os.path.basename(program)), *options, *dirs],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode(errors='replace')
    executed = re.findall(r'^stat::number_of_executed_units: (\d+)', text, re.M)
    reached = re.findall(r'\bcov: (\d+)', text)
    return (done.returncode, text, int(executed[-1]) if executed else 0,
            int(reached[-1]) if reached else 0)


class Result:
    """What became of a fuzzer's run, as a line of TAP."""

    def __init__(self, target, status, text, executed, reached):
        self.good = not status
        self.executed = executed
        self.reached = reached
        word = 'ok' if self.good else 'not ok'
        self.lines = [f'{word} - {target}: {executed} executions,'
                      f' {reached} edges reached']
        if not self.good:
            interesting = [line for line in text.splitlines()
                           if not line.startswith(('#', 'stat::', 'INFO:'))]
            self.lines += ['# ' + line for line in interesting[:40]]


def fuzz(target, seconds):
    start = f'{BUILD}/start/{target}'
    found = f'{BUILD}/corpus/{target}'
    unpack(target, start)
    if seconds:
        os.makedirs(found, exist_ok=True)
        options = [f'-max_total_time={seconds}']
        dirs = [found, start]
    else:
        options = [f'-runs={SLOW_RUNS.get(target, RUNS)}', '-seed=1']
        dirs = [start]
    options.append(f'-artifact_prefix={BUILD}/crashes/{target}-')
    return Result(target, *run(f'{BUILD}/{target}', dirs, options))


def look_for(mutant):
    """Is a planted bug found? It has to be there once, and to compile."""
    number, (what, target, path, old, new) = mutant
    top = f'{BUILD}/mutants/{number}'
    shutil.rmtree(top, ignore_errors=True)
    for name in COPIED:
        shutil.copytree(f'{TOP}/{name}', f'{top}/{name}')
    planted.plant(top, path, old, new)
    subprocess.run(['make', '-s', '-C', f'{top}/tests/fuzz', f'O={top}/out',
                    'WERROR=', f'{top}/out/{target}'], check=True)
    unpack(target, f'{top}/start')
    started = time.monotonic()
    status, text, executed, _ = run(
        f'{top}/out/{target}', [f'{top}/start'],
        [f'-max_total_time={MUTANT_SECONDS}', '-seed=1', f'-artifact_prefix={top}/'])
    seconds = int(time.monotonic() - started)
    shutil.rmtree(top)
    # By a check or a sanitizer, not because something is wrong with the run.
    found = status and re.search('not so:|ERROR: (Addr|libF)|runtime error:', text)
    word = 'ok' if found else 'not ok'
    result = f'{word} - {target} finds: {what} ({executed} executions, {seconds} s)'
    print(result, flush=True)
    return bool(found)


def keep(target):
    kept = f'{BUILD}/kept/{target}'
    unpack(target, f'{BUILD}/start/{target}')
    shutil.rmtree(kept + '.d', ignore_errors=True)
    os.makedirs(kept + '.d')
    dirs = [kept + '.d', f'{BUILD}/start/{target}', f'{BUILD}/corpus/{target}']
    subprocess.run([f'{BUILD}/{target}', '-set_cover_merge=1', longest(target),
                    *filter(os.path.isdir, dirs)],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True)
    print(f'{target}: {pack(kept + ".d", kept)} inputs,'
          f' {os.path.getsize(kept) // 2} bytes', flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--time', type=int, default=0)
    parser.add_argument('--mutants', action='store_true')
    parser.add_argument('--keep', action='store_true')
    parser.add_argument('targets', nargs='*', default=[])
    args = parser.parse_args()
    known = targets()
    for target in args.targets:
        if target not in known:
            sys.exit(f'{target}: no such fuzzer; there are: {" ".join(known)}')
    chosen = args.targets or known
    for name in 'crashes', 'kept', 'mutants':
        os.makedirs(f'{BUILD}/{name}', exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        if args.keep:
            list(pool.map(keep, chosen))
            return 0
        if args.mutants:
            bugs = [m for m in enumerate(planted.mutants(f'{HERE}/mutants'))
                    if m[1][1] in chosen]
            found = list(pool.map(look_for, bugs))
            print(f'{sum(found)} of {len(found)} planted bugs found')
            return 0 if all(found) else 1
        each = max(1, args.time * min(AT_ONCE, len(chosen)) // len(chosen)) if args.time else 0
        results = []
        for result in pool.map(lambda target: fuzz(target, each), chosen):
            print(*result.lines, sep='\n', flush=True)
            results.append(result)
    bad = sum(not result.good for result in results)
    print(f'# {len(results)} fuzzers, {sum(r.executed for r in results)} executions,'
          f' {sum(r.reached for r in results)} edges reached, {bad} ended by a bug')
    return 1 if bad else 0


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)

# SPDX-License-Identifier: GPL-2.0
"""vgpu-top on terminals, with machines that are made up: screens.py DIR

TAP goes to DIR/tests.tap.
"""
import os
import sys

from common import Tap, equal
from terminal import Terminal
from tree import GPU, Tree, uuid

where = sys.argv[1]
os.makedirs(where, exist_ok=True)
tap = Tap(where + '/tests.tap')
root = where + '/tree'
os.environ['VGPU_ROOT'] = root
Terminal.bite = 1


def make(count, gpus=1):
    tree = Tree(root)
    names = [f'0000:0{i}:05.0' for i in range(gpus)]
    for name in names:
        tree.add_gpu(name)
    for i in range(count):
        tree.add_vgpu(i, names[i % gpus], faults=i, weight=1000 - i)
    tree.add_process(9, 'qemu', '-name', 'guest=web1', fds=['/dev/vfio/1'])
    return tree


def shown(lines):
    """Numbers of the vGPUs on the screen, by their faults."""
    head = next(line for line in lines if line.startswith('VGPU'))
    at = head.index('FAULTS') + len('FAULTS')
    return [int(line[:at].split()[-1]) for line in lines
            if line.startswith('7e55e7a0')]


def wide():
    """All columns where there is room."""
    make(3)
    t = Terminal(160, 24, '-d', '0.5', '-s', 'vgpu')
    t.wait(lambda lines: shown_or_none(lines) == [0, 1, 2])
    lines = t.wait_for('web1')
    for title in ('VGPU', 'GPU', 'TYPE', 'VRAM', 'SHARE%', 'WEIGHT', 'CAP%',
                  'GPU%', 'WAIT%', 'TRAPS/S', 'FAULTS', 'STATE', 'VM'):
        assert any(title in line.split() for line in lines), title
    assert any(line.startswith(uuid(1)) and line.endswith('web1')
               for line in lines), lines
    assert lines[1].startswith(GPU + '  busy '), lines[1]
    assert not any('ENGINE' in line for line in lines), lines
    equal(t.end(), 0)


def usual():
    """80 columns: the important ones, and nothing cut in the middle."""
    make(3)
    t = Terminal(80, 24, '-s', 'vgpu')
    lines = t.wait_for('web1')
    for title in ('VGPU', 'GPU%', 'WAIT%', 'TRAPS/S', 'FAULTS', 'STATE', 'VM'):
        assert any(title in line.split() for line in lines), title
    assert any(line.startswith('7e55e7a0 ') for line in lines)
    assert all(len(line) <= 80 for line in lines)
    equal(t.end('\x1b'), 0)


def engines():
    """Where a GPU has several: a line each, and a row for each that one is on."""
    tree = make(0)
    tree.add_engine('copy0')
    tree.add_engine('compute0', slice=1)
    tree.add_vgpu(3, faults=3, on=['copy0', 'compute0'])
    t = Terminal(80, 24, '-s', 'engine')
    t.wait(lambda lines: shown_or_none(lines) == [3, 3])
    lines = t.wait_for('ENGINE')
    assert any('STATE' in line.split() for line in lines), lines
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].startswith(GPU + '  engines 3 '), lines[1]
    equal([line.split()[0] for line in lines[2:5]], ['2d', 'compute0', 'copy0'])
    assert lines[3].startswith('  compute0  busy '), lines[3]
    rows = [line.split()[:2] for line in lines if line.startswith('7e55')]
    equal(rows, [['7e55e7a0', 'compute0'], ['7e55e7a0', 'copy0']])
    t.send('R')
    t.wait(lambda lines: [line.split()[1] for line in lines
                          if line.startswith('7e55')] == ['copy0', 'compute0'])
    equal(t.end(), 0)


def keys():
    make(5)
    t = Terminal(160, 24, '-d', '60', '-s', 'vgpu')
    t.wait(lambda lines: shown_or_none(lines) == [0, 1, 2, 3, 4])
    t.send('f')
    t.wait(lambda lines: shown_or_none(lines) == [4, 3, 2, 1, 0])
    t.wait_for('by FAULTS')
    t.send('R')
    t.wait(lambda lines: shown_or_none(lines) == [0, 1, 2, 3, 4])
    t.send('e')
    t.wait(lambda lines: shown_or_none(lines) == [4, 3, 2, 1, 0])
    t.wait_for('by WEIGHT, reversed')
    t.send('>')
    t.wait_for('by CAP%')
    t.send('<' * 30)
    t.wait_for('by VGPU')
    t.send('>' * 30)
    t.wait_for('by VM')
    t.send('h')
    t.wait_for('Sort by:')
    t.send('?')
    t.wait_for('web1')
    t.send('-')
    t.wait_for('every 30 s')
    t.send('+++')
    t.wait_for('every 60 s')
    t.send('zZ;\t\x00\xff')
    t.send('f')
    t.wait_for('by FAULTS')
    equal(t.end(), 0)


def shown_or_none(lines):
    try:
        return shown(lines)
    except (StopIteration, ValueError, IndexError):
        return None     # not all of the screen has come yet


def scrolling():
    make(100)
    t = Terminal(160, 13, '-d', '60', '-s', 'vgpu')
    t.wait(lambda lines: shown_or_none(lines) == list(range(10)))
    t.send('\x1bOB')       # down, as xterm's keypad says it
    t.wait(lambda lines: shown_or_none(lines) == list(range(1, 11)))
    t.send('\x1bOF')       # end
    t.wait(lambda lines: shown_or_none(lines) == list(range(90, 100)))
    t.send('\x1b[6~')      # page down
    t.send('\x1bOA')
    t.wait(lambda lines: shown_or_none(lines) == list(range(89, 99)))
    t.send('\x1bOH')
    t.wait(lambda lines: shown_or_none(lines) == list(range(10)))
    equal(t.end(), 0)


def sizes():
    """Whatever the size: it neither falls over nor writes beyond it."""
    make(30, gpus=3)
    for columns, lines in [(1, 1), (2, 1), (1, 50), (3, 2), (8, 3), (10, 4),
                           (20, 5), (39, 12), (500, 3), (400, 100)]:
        t = Terminal(columns, lines, '-d', '60')
        t.wait(lambda shown: any(shown))
        t.send('h')
        t.read(0.2)
        t.send('hf')
        t.read(0.2)
        equal((columns, lines, t.end()), (columns, lines, 0))


def resizing():
    make(30, gpus=2)
    t = Terminal(160, 30, '-d', '60')
    t.wait_for('WEIGHT')
    for columns, lines in [(60, 10), (1, 1), (200, 60), (5, 2), (90, 24)]:
        t.resize(columns, lines)
        t.wait(lambda shown: any(shown))
    t.wait(lambda lines: any('TRAPS/S' in x for x in lines) and
           len([x for x in lines if x.startswith('7e55')]) == 20)
    equal(t.end(), 0)


def changes():
    """vGPUs that come, fault and go."""
    tree = make(1)
    t = Terminal(160, 24, '-d', '0.3', '-s', 'vgpu')
    t.wait(lambda lines: shown_or_none(lines) == [0])
    tree.add_vgpu(7, faults=7, state='faulted')
    t.wait(lambda lines: shown_or_none(lines) == [0, 7])
    t.wait_for('faulted')
    tree.add_vgpu(8, faults=8, state='no executor')
    t.wait_for('no executor')
    for state in 'faulted', 'no executor':
        row = next(y for y, line in enumerate(t.lines()) if state in line)
        equal((state, t.screen.buffer[row][0].fg), (state, 'red'))
    os.rename(tree.gpu_dir() + '/' + uuid(8), root + '/gone-first')
    os.rename(tree.gpu_dir() + '/' + uuid(7), root + '/gone')
    t.wait(lambda lines: shown_or_none(lines) == [0])
    os.rename(tree.gpu_dir(), root + '/gone-too')
    t.wait_for('No GPU offers vGPUs')
    equal(t.end(), 0)


def terminals():
    """Old ones without colour; one that nobody knows; one that goes away."""
    make(2)
    for term in ('vt100', 'linux', 'screen', 'dumb'):
        t = Terminal(120, 24, '-d', '0.3', '-n', '2', term=term)
        equal((term, t.end(None)), (term, 0))
    t = Terminal(80, 24, term='nobody-knows-it')
    equal(t.end(None), 1)
    assert b"terminal 'nobody-knows-it' is not known" in t.raw, t.raw
    t = Terminal(80, 24, '-d', '60')
    t.wait_for('vgpu-top')
    os.close(t.fd)
    _, status = os.waitpid(t.pid, 0)
    # By the hangup, as any program.
    equal(os.WIFSIGNALED(status) and os.WTERMSIG(status), 1)


tap.test('a wide terminal', wide)
tap.test('80 columns', usual)
tap.test('several engines', engines)
tap.test('keys', keys)
tap.test('scrolling', scrolling)
tap.test('sizes from 1x1 to 500x100', sizes)
tap.test('a terminal whose size changes', resizing)
tap.test('vGPUs that come, fault and go', changes)
tap.test('other terminals', terminals)
tap.finish()

# SPDX-License-Identifier: GPL-2.0
"""What the tools say of vGPUs that move, or are moved, on machines that are made up:
moved.py DIR

TAP goes to DIR/tests.tap.
"""
import os
import shutil
import sys

from common import (EXPORTER, Tap, equal, find, parse_prometheus, run,
                    samples_of, top_json, value_of, vgpus_of)
from tree import Tree, uuid

MIB = 1 << 20
where = sys.argv[1]
os.makedirs(where, exist_ok=True)
tap = Tap(where + '/tests.tap')
root = where + '/tree'
os.environ['VGPU_ROOT'] = root


def exported(*options):
    return samples_of(run(EXPORTER, *options, '-f', '-'), parse_prometheus)


def tree_of(*vgpus):
    """One each, with these files of migration/."""
    tree = Tree(root)
    tree.add_gpu()
    for n, files in enumerate(vgpus, 1):
        tree.add_vgpu(n, **{name if name == 'vram_size' else f'migration/{name}':
                            value for name, value in files.items()})


def figures():
    """Of each direction, in base units."""
    tree_of(dict(state_size=5 * MIB, dirty_bytes=65536, dirty_rate=1234567,
                 saves=3, saves_failed=2, loads=1, loads_failed=4,
                 bytes_sent=1000, bytes_received=2000, rounds=17,
                 last_stop_bytes=70000, last_stop_ns=12345678,
                 last_start_ns=1000000000))
    series = exported()
    for name, value in {
            'state_bytes': 5 * MIB, 'dirty_bytes': 65536,
            'dirty_rate_bytes_per_second': 1234567,
            'migration_rounds_total': 17,
            'migration_downtime_bytes': 70000}.items():
        equal((name, value_of(series, 'vgpu_instance_' + name)), (name, value))
    for name, out, into in (('migrations_total', 3, 1),
                            ('migration_failures_total', 2, 4),
                            ('migration_bytes_total', 1000, 2000),
                            ('migration_downtime_seconds', 0.012345678, 1)):
        for direction, value in ('out', out), ('in', into):
            equal((name, direction,
                   value_of(series, 'vgpu_instance_' + name, vgpu=uuid(1),
                            direction=direction)), (name, direction, value))
    vgpu = vgpus_of(top_json(delay=0.1)[0])[uuid(1)]
    equal((vgpu['state_bytes'], vgpu['dirty_bytes'],
           vgpu['dirty_bytes_per_second']), (5 * MIB, 65536, 1234567))


def rate_is_unknown():
    """Of one that was never copied while it ran."""
    tree_of(dict(dirty_rate='unknown'), dict(dirty_rate=0))
    series = exported()
    name = 'vgpu_instance_dirty_rate_bytes_per_second'
    equal(find(series, name, vgpu=uuid(1)), [])
    equal(find(series, name, vgpu=uuid(2)), [0])
    found = vgpus_of(top_json(delay=0.1)[0])
    equal([found[uuid(n)]['dirty_bytes_per_second'] for n in (1, 2)], [None, 0])


def estimates():
    """What was written in one round, and never more than all."""
    vram, rest, second = 64 * MIB, 65536, 16 * MIB
    tree_of(*(dict(vram_size=vram, state_size=vram + rest, dirty_rate=rate)
              for rate in ('unknown', 0, second // 16, second, 100 * second)))
    equal(find(exported(), 'vgpu_instance_downtime_estimate_seconds'), [])
    series = exported('-b', str(second))
    always = rest / second
    whole = vram / second + always
    for n, want in enumerate((whole, always, whole / 16 + always, whole, whole), 1):
        seen = value_of(series, 'vgpu_instance_downtime_estimate_seconds',
                        vgpu=uuid(n))
        assert abs(seen - want) < 2e-6, (n, seen, want)
    for bytes_per_second in ('0', '', '-1', 'fast', '1.5'):
        run(EXPORTER, '-f', '-', '-b', bytes_per_second, status=2)


def moved_together():
    """On their GPU, so that a larger one fits."""
    tree = Tree(root)
    tree.add_gpu(moves=5, moved_bytes=40 * MIB, move_pause_max_ns=2500000,
                 **{'compactable/RV100-8D': 7})
    series = exported()
    for name, value in {
            'moves_total': 5, 'moved_bytes_total': 40 * MIB,
            'move_pause_max_seconds': 0.0025}.items():
        equal((name, value_of(series, 'vgpu_gpu_' + name)), (name, value))
    for kind, now, then in ('RV100-4D', 15, 16), ('RV100-8D', 7, 7):
        equal([value_of(series, f'vgpu_gpu_{what}_instances', type=kind)
               for what in ('available', 'compactable')], [now, then])
    (gpu,) = top_json(delay=0.1)[0]['gpus']
    equal((gpu['moves'], gpu['moved_bytes'], gpu['move_pause_max_seconds']),
          (5, 40 * MIB, 0.0025))


def cannot_be_moved_together():
    """As of a driver that is older."""
    tree = Tree(root)
    tree.add_gpu()
    directory = f'{tree.gpu_dir()}/vgpu/'
    shutil.rmtree(directory + 'compactable')
    os.unlink(directory + 'moves')
    series = exported()
    equal(find(series, 'vgpu_gpu_compactable_instances'), [])
    equal(find(series, 'vgpu_gpu_moves_total'), [])
    equal(len(find(series, 'vgpu_gpu_available_instances')), 2)
    equal(top_json(delay=0.1)[0]['gpus'][0]['moves'], None)


tap.test('figures of moves', figures)
tap.test('how fast a vGPU writes may not be known', rate_is_unknown)
tap.test('an estimate of the downtime', estimates)
tap.test('figures of vGPUs that were moved together', moved_together)
tap.test('where they are not known', cannot_be_moved_together)
tap.finish()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""soft - what a soft GPU's vGPUs cost, in the host VM (by scripts/bench)

Usage: soft.py guest|compute|crowd|slices SECONDS ROUNDS

guest: doorbells and memory, by a guest. compute: a guest computes, and so does the
executor without one; the guest has a CPU of its own. crowd: clients of VFIO in place of
guests, as many as are wanted. slices: a neighbour in another slice, where there are CPUs
for both and for all else. Adds a line for each figure to $OUT/facts:
"soft" and JSON, as measure.py has it. What is compared is measured in turn, ROUNDS times,
for SECONDS each.
"""
import contextlib
import glob
import os
import pathlib
import re
import struct
import subprocess
import sys
import time

from conftest import almaif, boot
from executor import Executor
from host import BUILD, call, wait_until
from measure import Figures, soft_gpu, vgpus

# It has Vulkan and a fast BLAS.
TREE = '/trees/trixie-tools'
MEMORY = pathlib.Path('/tmp/bench-memory')
START = 4096            # NULL is no place
# Default and longest slice. A worker is stopped at the end of each.
SLICES_US = (2000, 30000)
# While one computes, each has its own.
GUEST_CPU, EXECUTOR_CPU = '0', '1'
SIDE = 256              # of the matrices, as rate.c fills them
NUMBER = 0.1
MANY = 6                # products or pictures, a measurement
NULLS = (200, 1200)
WAKES = 100
COPIES = 50
CREATES = 50
GROWTH = (16, 64, 256)  # vGPUs
PAIRS = 3               # of what a neighbour changes, a round: single ones scatter
# With more CPUs than slices what is of slice 0 is not on its worker's, nor all else on
# the other one's.
HERE, ELSEWHERE = ({2}, {3}) if os.cpu_count() > 3 else ({0}, {1})
# As rate.c has it: pixels, steps at most, left, top, size of a pixel.
MANDELBROT = ('256', '256', '-3840', '-1344', '14')

figures = Figures('soft')
facts, step, figure = figures.facts, figures.step, figures.figure
median, quotient = figures.median, figures.quotient


def jain(values):
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 0


@contextlib.contextmanager
def executing(*options):
    it = Executor('chroot', TREE, options=options)
    it.start()
    try:
        yield it
    finally:
        it.stop()


# ---- A guest, and the executor without one

class Native:
    """Dispatches of the executor, of which the first of a run takes longer."""

    def __init__(self, more, *arguments, values):
        """more: how many after the first"""
        self.more = more
        self.arguments = arguments
        self.values = values
        self.first, self.all = [], []

    def total(self, count):
        said = call('taskset', '-c', EXECUTOR_CPU,
                    'chroot', TREE, BUILD / 'tools/vgpu-executor', *self.arguments,
                    f'--repeat={count}', MEMORY, *self.values)
        return count * int(re.search(r'(\d+) ns', said).group(1))

    def run(self):
        self.first.append(self.total(1))
        self.all.append(self.total(1 + self.more))

    def rate(self):
        """Of the fastest rounds: a second."""
        return self.more * 1e9 / (min(self.all) - min(self.first))


def native_gemm():
    size = 4 * SIDE * SIDE
    return Native(MANY, '--run=pocl.sgemm.local.f32', f'--grid={SIDE},{SIDE}',
                  values=(*range(START, START + 3 * size, size), SIDE, SIDE, SIDE))


def native_program():
    return Native(MANY, f'--run={BUILD}/opencl/mandelbrot.spv', '--grid=256,192',
                  '--group=8,8', values=(START, *MANDELBROT))


def counters(guest):
    return {**{what: guest.kvm(what) for what in ('exits', 'mmio_exits')},
            **{what: guest.vgpu.count(what) for what in (
                'ops', 'gpu_time_ns', 'traps_read', 'traps_write')}}


def dispatches(guest, what, count):
    """So many of rate.c's: nanoseconds of each, and what is counted meanwhile."""
    before = counters(guest)
    said = guest.run(almaif(f'./rate {what} {count}'))
    done, took = map(int, re.search(r'rate: (\d+) dispatches (\d+) ns', said).groups())
    after = counters(guest)
    return took / done, {name: after[name] - before[name] for name in after}


def each(guest, what, few, many):
    """Of a dispatch, without what a program's start takes."""
    _, before = dispatches(guest, what, few)
    took, after = dispatches(guest, what, many)
    return {'ns': took, **{name: (after[name] - before[name]) / (many - few)
                           for name in after}}


def compare_with_native(guest, gpu, name, native, what, rounds):
    """A worker keeps programs that it has compiled: one run before."""
    dispatches(guest, what, 1)
    seen = {us: [] for us in SLICES_US}
    for _ in range(rounds):
        native.run()
        for us, of_slice in seen.items():
            gpu.set('slice_us', us)
            of_slice.append(each(guest, what, 1, 1 + MANY))
    alone = native.rate()
    figure(f'{name}, native', alone, '1/s')
    for us, of_slice in seen.items():
        target = {'least': 0.97} if us == SLICES_US[-1] else {}
        for way, time_of in (('the clock', 'ns'), ('GPU time', 'gpu_time_ns')):
            quotient(f'{name}, guest to native, {us // 1000} ms, by {way}',
                     [1e9 / it[time_of] for it in of_slice], [alone] * rounds,
                     **target)


def null_dispatches(guest, rounds):
    """A guest that is kept from its CPU for 20 ms finds the engine asleep: the least."""
    seen = [each(guest, 'null', *NULLS) for _ in range(rounds)]
    speeds = [1e9 / it['ns'] for it in seen]
    figure('null dispatches', max(speeds), '1/s', rounds=speeds)
    for name, counts, target in (
            ('traps of the vGPU', ('traps_read', 'traps_write'), {'most': 0.01}),
            ('MMIO exits', ('mmio_exits',), {'most': 0.01}),
            ('all exits', ('exits',), {})):
        each_round = [sum(it[count] for count in counts) for it in seen]
        figure(f'{name}, a null dispatch', min(each_round), 'times', each_round, **target)


def softbench(guest, what, count):
    said = guest.run(f'softbench {what} {count}')
    return {name: int(ns) for name, ns in re.findall(r'(\w+)=(\d+)', said)}


def doorbell_and_memory(guest, rounds):
    traps = guest.vgpu.count('traps_write')
    seen = [softbench(guest, 'wake', WAKES) for _ in range(rounds)]
    median('wake-up to trapped write', [it['wake'] / it['write'] for it in seen])
    # Each write was a trap, and each submission that found the engine asleep.
    traps = guest.vgpu.count('traps_write') - traps
    figure('submissions that found the engine asleep',
           traps / (rounds * WAKES) - 1, 'part')
    seen = [softbench(guest, 'copy', COPIES) for _ in range(rounds)]
    for name, way in ('into', 'in'), ('out of', 'out'):
        quotient(f'CPU copies {name} VRAM, to memcpy', [1 / it[way] for it in seen],
                 [1 / it['own'] for it in seen], least=0.95)


@contextlib.contextmanager
def guest_with_gpu(*options):
    with soft_gpu(vram_mb=64) as gpu, executing(*options), \
            vgpus(gpu, 'SOFT-16C') as [vgpu]:
        # A compiler under emulation takes its time.
        gpu.set('watchdog_ms', 30000)
        step('a guest boots')
        guest = boot('guest1', vgpu, qemu=('-set', 'device.vgpu.display=off'))
        try:
            yield gpu, guest
        finally:
            guest.stop()


def guest_part(_, rounds):
    with guest_with_gpu() as (_, guest):
        step('null dispatches')
        null_dispatches(guest, rounds)
        step('doorbell and memory')
        doorbell_and_memory(guest, rounds)


def compute_part(_, rounds):
    MEMORY.write_bytes(struct.pack('<f', NUMBER) * (1 << 20))
    with guest_with_gpu(f'--cpus={EXECUTOR_CPU}') as (gpu, guest):
        call('taskset', '-a', '-p', '-c', GUEST_CPU, guest.pid)
        step('gemm')
        compare_with_native(guest, gpu, 'gemm', native_gemm(), f'gemm {SIDE}', rounds)
        step('a program of the guest')
        compare_with_native(guest, gpu, 'program', native_program(),
                            'program mandelbrot.poclbin', rounds)


# ---- Many clients

@contextlib.contextmanager
def crowd(kind, members, *by):
    """They are open, and busy if they are to be. by: a command that starts another"""
    process = subprocess.Popen(
        [*by, BUILD / 'bench/crowd', kind, *(vgpu.uuid for vgpu in members)],
        env={**os.environ, 'GPU': 'soft'}, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline()
        assert said == 'ready\n', f'crowd: {said}{process.stdout.read()}'
        yield
    finally:
        process.stdin.close()
        process.wait()


class Window:
    """What vGPUs have done on an engine in a time."""

    def __init__(self, gpu, engine, members):
        self.gpu = gpu.path / 'vgpu/engines' / engine
        self.places = [vgpu.path / 'vgpu/engines' / engine for vgpu in members]
        self.rows = None
        self.of_gpu = None
        self.ns = 0

    def look(self):
        def read(place, names):
            return {name: int((place / name).read_text()) for name in names}
        return (time.monotonic_ns(),
                [read(place, ('ops', 'gpu_time_ns', 'wait_time_ns', 'slices'))
                 for place in self.places],
                read(self.gpu, ('busy_time_ns', 'switch_time_ns', 'idle_time_ns')))

    def take(self, seconds):
        def more(new, old):
            return {name: new[name] - old[name] for name in new}
        begun, rows, of_gpu = self.look()
        time.sleep(seconds)
        ended, new_rows, new_of_gpu = self.look()
        self.ns = ended - begun
        self.rows = [more(*pair) for pair in zip(new_rows, rows)]
        self.of_gpu = more(new_of_gpu, of_gpu)
        return self

    def total(self, name):
        return sum(row[name] for row in self.rows)

    def rate(self):
        return self.total('ops') * 1e9 / self.ns

    def speed(self):
        """By the time that they had."""
        return self.total('ops') * 1e9 / self.total('gpu_time_ns')

    def share(self):
        return self.total('gpu_time_ns') / self.ns


def of_crowd(gpu, kind, engine, members, seconds, *by):
    with crowd(kind, members, *by):
        return Window(gpu, engine, members).take(seconds)


def together(gpu, kind, engine, members, sizes, seconds, rounds):
    """So many of them at once, to one. Of many each has a turn now and then only."""
    seen = {size: [] for size in (1, *sizes)}
    for _ in range(rounds):
        for size, windows in seen.items():
            windows.append(of_crowd(gpu, kind, engine, members[:size],
                                    seconds * (1 + size // 64)))
    for size in sizes:
        name, many = f'{kind}, {size} busy', seen[size]
        for way, speed in (('the clock', Window.rate), ('GPU time', Window.speed)):
            quotient(f'{name} to one, by {way}', list(map(speed, many)),
                     list(map(speed, seen[1])), least=0.97)
        median(f'{name}, Jain\'s index of GPU time',
               [jain([row['gpu_time_ns'] for row in it.rows]) for it in many], 'index',
               **({'least': 0.999} if size < 64 else {}))
        median(f'{name}, mean wait', [it.total('wait_time_ns') / 1e6 / it.total('slices')
                                      for it in many], 'ms')
    for size, windows in seen.items():
        median(f'{kind}, {size} busy, switching', [
            100 * a.of_gpu['switch_time_ns'] / a.ns for a in windows], 'percent')


def all_else_on(cpus, but):
    """What can be told where to run, but for threads of such a name."""
    for path in map(pathlib.Path, glob.glob('/proc/[0-9]*')):
        with contextlib.suppress(OSError):
            if but not in (path / 'comm').read_text(encoding='utf-8'):
                os.sched_setaffinity(int(path.name), cpus)
            else:
                os.sched_setaffinity(int(path.name), HERE)


@contextlib.contextmanager
def programs_on(cpus, count):
    """Which compute as much, and are nobody's vGPU."""
    running = [subprocess.Popen(['sha256sum', '/dev/zero'], stdout=subprocess.DEVNULL)
               for _ in range(count)]
    try:
        for process in running:
            os.sched_setaffinity(process.pid, cpus)
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def isolation(gpu, seconds, rounds):
    """Two busy in slice 1, or programs on its CPU, beside one in slice 0, to that one
    alone. A slice has its CPU, for workers. With two CPUs its client and its engine's
    thread are there, too, and all that is of no slice is on the noisy one's; with four
    these have one more each."""
    (gpu.path / 'soft/slices').write_text('2')
    all_else_on(ELSEWHERE, 'compute0')
    here = 'taskset', '-c', str(*HERE)
    changes = {'a neighbour in another slice': [], 'programs in its place': []}
    with executing('--cpus=0:0', '--cpus=1:1'), \
            vgpus(gpu, 'SOFT-16C-S0') as quiet, vgpus(gpu, 'SOFT-16C-S1', 2) as noisy:
        def look():
            return of_crowd(gpu, 'gemm', 'compute0', quiet, seconds, *here)

        for _ in range(PAIRS * rounds):
            for seen, beside in zip(changes.values(), (
                    crowd('gemm', noisy), programs_on({1}, len(noisy)))):
                alone = look()
                with beside:
                    now = look()
                seen.append((100 * (now.share() - alone.share()),
                             100 * (now.speed() / alone.speed() - 1)))
    (gpu.path / 'soft/slices').write_text('1')
    for (name, seen), target in zip(changes.items(), ({'least': -1, 'most': 1}, {})):
        name += f', {os.cpu_count()} CPUs'
        median(f'{name}: GPU time', [share for share, _ in seen], 'points', **target)
        median(f'{name}: work by GPU time', [speed for _, speed in seen], 'percent',
               **target)


def switches():
    """Of all threads of the engines and of the executor."""
    count = 0
    for path in glob.glob('/proc/[0-9]*/task/*/status'):
        with contextlib.suppress(OSError):
            text = pathlib.Path(path).read_text(encoding='utf-8')
            if text.startswith('Name:\tvgpu-'):
                count += sum(map(int, re.findall(r'ctxt_switches:\s+(\d+)', text)))
    return count


def private_kib(pid):
    text = pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text(encoding='utf-8')
    return int(re.search(r'^Private_Dirty:\s+(\d+) kB', text, re.M).group(1))


def wakeups(seconds):
    before = switches()
    time.sleep(seconds)
    return (switches() - before) / seconds


def at_rest(seconds):
    """Wake-ups a second, when they have not become fewer for some time: what was started
    has come to rest then, and doorbells are armed."""
    least, since = wakeups(seconds), 0
    while least and since < 4:
        now = wakeups(seconds)
        least, since = (now, 0) if now < least else (least, since + 1)
    return least


def idle(executor, members, seconds, rounds):
    """None that is open, and one with nothing to do."""
    seen = {0: [], 1: []}
    for _ in range(rounds):
        for size, rates in seen.items():
            with crowd('idle', members[:size]) if size else contextlib.nullcontext():
                for vgpu in members[:size]:
                    wait_until('a worker', lambda it=vgpu: executor.worker(it))
                rates.append(at_rest(seconds))
                if size:
                    kib = private_kib(executor.worker(members[0]))
    for size, rates in seen.items():
        median(f'wake-ups of the host, {size} idle', rates, '1/s',
               most=0.5)
    figure('memory of a worker, beside what is shared', kib, 'KiB')


def answer(vgpu):
    """Of one vGPU, in nanoseconds."""
    said = call('env', 'GPU=soft', BUILD / 'bench/answer', NULLS[-1], WAKES, vgpu.uuid)
    return {name: int(ns) for name, ns in re.findall(r'(\w+)_ns=(\d+)', said)}


def answers(of, seen):
    median(f'{of}: null dispatches of one', [1e9 / it['null'] for it in seen], '1/s')
    median(f'{of}: wake-up of one', [it['wake'] / 1e6 for it in seen], 'ms')


def growth(executor, members, seconds, rounds):
    """One that is asked, alone and then among ever more that are open with nothing to
    do. All are at rest together, too."""
    always_alone = []
    for size in GROWTH:
        of = f'of {size}'
        alone = [answer(members[0]) for _ in range(rounds)]
        free = available_kib()
        with crowd('idle', members[1:size]):
            wait_until('workers', lambda n=size: len(executor.workers()) >= n - 1)
            rates = [at_rest(seconds) for _ in range(rounds)]
            workers = executor.workers()
            kib = sum(map(private_kib, (executor.process.pid, *workers)))
            taken = free - available_kib()
            seen = [answer(members[0]) for _ in range(rounds)]
        answers(of, seen)
        for what, name in ('null', 'null dispatches'), ('wake', 'wake-up'):
            quotient(f'{of}: {name}, speed to alone', [1e9 / it[what] for it in seen],
                     [1e9 / it[what] for it in alone])
        median(f'{of}: wake-ups of the host', rates, '1/s', most=0.5)
        figure(f'{of}: memory that the executor has written, each', kib / len(workers),
               'KiB')
        figure(f'{of}: memory of the machine, each', taken / (size - 1), 'KiB')
        always_alone += alone
    answers('alone', always_alone)


def create_and_remove(gpu):
    begun = time.monotonic()
    for _ in range(CREATES):
        gpu.create('SOFT-4C').remove()
    return CREATES / (time.monotonic() - begun)


def available_kib():
    text = pathlib.Path('/proc/meminfo').read_text(encoding='ascii')
    return int(re.search(r'MemAvailable:\s+(\d+)', text).group(1))


def instances(gpu, rounds):
    """How fast they come and go, among few and many; what they take."""
    alone, beside, kib = [], [], []
    for _ in range(rounds):
        alone.append(create_and_remove(gpu))
        free = available_kib()
        with vgpus(gpu, 'SOFT-4C', 255):
            kib.append((free - available_kib()) / 255)
            beside.append(create_and_remove(gpu))
    median('create and remove', alone, '1/s')
    quotient('create and remove, beside 255, to alone', beside, alone)
    median('memory of an instance beside its VRAM', kib, 'KiB')


def crowd_part(seconds, rounds):
    with soft_gpu(vram_mb=1024) as gpu:
        step('instances')
        instances(gpu, rounds)
        with vgpus(gpu, 'SOFT-4C', 256) as members:
            step('up to 256 busy')
            together(gpu, 'fill', 'copy0', members, (16, 256), seconds, rounds)
            with executing() as executor:
                step('2, 4 and 8 that compute')
                together(gpu, 'gemm', 'compute0', members, (2, 4, 8), seconds, rounds)
                step('idle ones')
                idle(executor, members, seconds, rounds)
            with executing('--no-programs') as executor:
                step('ever more idle ones')
                growth(executor, members, seconds, rounds)
        step('slices')
        isolation(gpu, seconds, rounds)


def slices_part(seconds, rounds):
    with soft_gpu(vram_mb=128) as gpu:
        isolation(gpu, seconds, rounds)


def main(args):
    parts = {'guest': guest_part, 'compute': compute_part, 'crowd': crowd_part,
             'slices': slices_part}
    if len(args) != 3 or args[0] not in parts:
        sys.exit(__doc__)
    facts(f'host kernel {os.uname().release}',
          f'host cpus_soft_{args[0]} {os.cpu_count()}',
          f'host soft_seconds {args[1]}', f'host soft_rounds {args[2]}')
    parts[args[0]](float(args[1]), int(args[2]))
    step('done')


main(sys.argv[1:])

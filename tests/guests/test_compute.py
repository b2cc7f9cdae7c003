# SPDX-License-Identifier: GPL-2.0
"""Guests that compute on a soft GPU, by PoCL and the standard OpenCL interface."""
import re

import pytest

from conftest import almaif, boot
from executor import Executor
from host import wait_until
from screen import Picture, digits_to_see


@pytest.fixture(scope='module')
def executor(soft_gpu):
    """It runs; a test that ends it starts it anew."""
    it = Executor()
    it.start()
    yield it
    it.stop()


@pytest.fixture(scope='module')
def guests(soft_gpu, executor):
    """Two."""
    all_of_them = [boot(name, soft_gpu.create('SOFT-16C'),
                        qemu=('-set', 'device.vgpu.display=off'))
                   for name in ('guest1', 'guest2')]
    yield all_of_them
    for guest in all_of_them:
        guest.stop()
        guest.vgpu.remove()


@pytest.fixture(scope='module')
def with_screen(soft_gpu, executor):
    """One whose vGPU has a display as well, by the stock driver bochs."""
    guest = boot('screen', soft_gpu.create('SOFT-16Q'), 'tessera.bochs')
    guest.run('no-console; test -e /dev/fb0')
    yield guest
    guest.stop()
    guest.vgpu.remove()


def digits(rounds=1):
    return almaif(f'./digits digits.bin -r {rounds}')


def rounds_of(said):
    """Images, right ones, and those as on the CPU, of each round."""
    return [tuple(map(int, found)) for found in re.findall(
        r'digits: (\d+) images, (\d+) right, (\d+) as the CPU', said)]


@pytest.mark.parametrize('kernel', ['add.i32', 'mul.i32', 'abs.f32', 'countred'])
def test_pocls_own_example(guests, kernel):
    said = guests[0].run(almaif(f'./accel_example pocl.{kernel}'))
    assert 'OK; TEST PASSED' in said


def test_digits_are_recognised(guests):
    [(images, right, equal)] = rounds_of(guests[0].run(digits()))
    assert images == 450 and equal == images
    assert right > images * 9 // 10


def counted(guest, dispatches):
    """MMIO exits by KVM, and traps by the vGPU, the page faults of its doorbell among
    them, of a program that has so many dispatches."""
    def now():
        return (guest.vgpu.count('ops'), guest.kvm('mmio_exits'),
                guest.vgpu.count('traps'))

    before = now()
    guest.run(almaif(f'./rate null {dispatches}'))
    ops, *exits = (after - was for was, after in zip(before, now()))
    assert ops == dispatches + 1
    # Its start has some.
    assert min(exits) > 0
    return exits


def test_a_dispatch_is_no_exit(guests):
    """Under load: what a thousand more cost, beside what the program's start does. One
    for which the guest comes late finds the engine asleep, and rings, which is a page
    fault: of these there are few, or there is one good time."""
    for _ in range(5):
        few, many = (counted(guests[0], n) for n in (100, 1100))
        more = [m - f for m, f in zip(many, few)]
        print(f'1000 dispatches: {more[0]} MMIO exits, {more[1]} traps')
        assert more[0] <= 20
        if more[1] <= 200:
            return
    pytest.fail('dispatches under load are page faults')


def test_two_at_once(guests):
    marks = [guest.begin(digits(10)) for guest in guests]
    for guest, mark in zip(guests, marks):
        for images, _, equal in rounds_of(guest.finish(mark)):
            assert equal == images


def test_work_waits_for_an_executor(guests, executor):
    executor.stop()
    vgpu = guests[0].vgpu
    wait_until('to be told', lambda: vgpu.attr('state') == 'no executor')
    ops = vgpu.count('ops')
    mark = guests[0].begin(digits())
    executor.start()
    guests[0].finish(mark)
    assert vgpu.count('ops') > ops
    assert vgpu.attr('state') == 'ok'


def test_a_worker_that_is_killed_is_a_fault_of_one(guests, executor):
    """The other one's computation is right to its end."""
    victim, other = guests
    marks = [guest.begin(digits(0)) for guest in guests]
    for guest in guests:
        ops = guest.vgpu.count('ops')
        wait_until('work', lambda: guest.vgpu.count('ops') > ops + 100)
    while victim.vgpu.attr('state') != 'faulted':
        killed = executor.kill_at_work(victim.vgpu)
        # The driver lets a worker go on that it has stopped, too: one that has
        # ended its work by then is replaced.
        wait_until('the fault, or another worker', lambda killed=killed:
                   victim.vgpu.attr('state') == 'faulted' or
                   executor.worker(victim.vgpu) not in (killed, None))
    assert other.vgpu.attr('state') == 'ok'
    ops = other.vgpu.count('ops')
    wait_until('more work', lambda: other.vgpu.count('ops') > ops + 1000)
    said, status = other.begun(marks[1])
    assert status is None
    assert all(images == equal for images, _, equal in rounds_of(said))


def test_digits_on_the_vgpus_own_screen(with_screen):
    """One driver shows what another one has just computed on the same function."""
    to_see = digits_to_see()
    seen = set()

    def two_digits():
        digit = Picture(with_screen).digit()
        if digit in to_see:
            seen.add(digit)
        return len(seen) > 1

    with_screen.run('{ ' + digits(0) + ' > /tmp/said & }')
    wait_until('two digits on the screen', two_digits)
    said = with_screen.run('kill -9 $!; cat /tmp/said')
    assert all(images == equal for images, _, equal in rounds_of(said))
    [(images, _, equal)] = rounds_of(with_screen.run(digits()))
    assert images == 450 and equal == images
    wait_until('the last digit on the screen',
               lambda: Picture(with_screen).digit() == to_see[-1])
    rate_is_right(with_screen)


def rate_is_right(guest):
    """What is shown of five rounds: they have taken as long as their GPU time at least,
    and not longer than from before the program was started until it had ended, of which
    a guest tells hundredths. Nothing of another program is under way."""
    uptime = 'read -r up _ < /proc/uptime; echo up $up'
    gpu_ns = guest.vgpu.count('gpu_time_ns')
    said = guest.run(f'{uptime}; {digits(5)} && {uptime}')
    images = sum(seen for seen, _, _ in rounds_of(said))
    gpu_s = (guest.vgpu.count('gpu_time_ns') - gpu_ns) / 1e9
    begun, ended = map(float, re.findall(r'up ([\d.]+)', said))
    least, most = images / (ended - begun + 0.02), images / gpu_s

    def is_right():
        line = Picture(guest).line()
        shown = re.fullmatch(r'(\d+) IMAGES/S', line)
        return shown and least - 1 < int(shown[1]) < most + 1 and line
    line = wait_until(f'{least:.1f} to {most:.1f} a second', is_right)
    print(f'{line}, which is within {least:.1f} and {most:.1f}')

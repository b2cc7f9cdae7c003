# SPDX-License-Identifier: GPL-2.0
"""Guests that bring programs of their own: SPIR-V, carried out by Vulkan."""
import re

import pytest

from conftest import wait_until
from executor import Executor
# The same two guests, under the executor that is made here.
from test_compute import guests  # noqa: F401 pylint: disable=unused-import


@pytest.fixture(scope='module')
def executor(soft_gpu):
    """In a tree that has Vulkan and its driver for CPUs."""
    # A compiler under emulation takes its time.
    soft_gpu.set('watchdog_ms', 30000)
    it = Executor('chroot', '/trees/trixie-tools')
    it.start()
    yield it
    it.stop()


def mandelbrot(program='mandelbrot', rounds=1, steps=256):
    return f'/opencl/almaif ./mandelbrot -r {rounds} -m {steps} {program}.poclbin'


def rounds_of(said):
    """Pixels, and those as on the CPU, of each round."""
    return [tuple(map(int, found)) for found in re.findall(
        r'mandelbrot: (\d+) pixels, (\d+) as the CPU', said)]


def test_a_program_of_the_guest_computes(guests):
    rounds = rounds_of(guests[0].run(mandelbrot(rounds=3)))
    assert len(rounds) == 3
    assert all(pixels == equal == 256 * 192 for pixels, equal in rounds)


def test_the_second_kernel_of_a_program(guests):
    """Before it there is one that does nothing."""
    [(pixels, equal)] = rounds_of(guests[0].run(mandelbrot('second')))
    assert pixels == equal == 256 * 192


def test_two_at_once(guests):
    marks = [guest.begin(mandelbrot(rounds=5)) for guest in guests]
    for guest, mark in zip(guests, marks):
        assert len(rounds_of(guest.finish(mark))) == 5


def test_what_is_no_program_is_dropped(guests):
    """Its guest waits for it, and others do not."""
    victim, other = guests
    dropped = victim.vgpu.count('dropped')
    victim.run(f"sh -c '{mandelbrot('broken')} & echo $! > /tmp/pid'")
    wait_until('it to be refused', lambda: victim.vgpu.count('dropped') > dropped)
    assert victim.vgpu.attr('state') == 'ok'
    assert len(rounds_of(other.run(mandelbrot()))) == 1
    victim.run('kill -9 $(cat /tmp/pid)')
    assert len(rounds_of(victim.run(mandelbrot()))) == 1


def test_a_device_that_was_chosen(executor, guests):
    """It has no memory of theirs but copies, and two take turns on it."""
    dropped = {guest: guest.vgpu.count('dropped') for guest in guests}
    executor.stop()
    executor.options = '--device=llvmpipe',
    executor.start()
    marks = [guest.begin(mandelbrot(rounds=3)) for guest in guests]
    for guest, mark in zip(guests, marks):
        rounds = rounds_of(guest.finish(mark))
        assert len(rounds) == 3
        assert all(pixels == equal == 256 * 192 for pixels, equal in rounds)
        assert executor.worker(guest.vgpu)
        assert guest.vgpu.count('dropped') == dropped[guest]
    executor.stop()
    executor.options = ()
    executor.start()


def test_an_endless_loop_is_a_fault_of_one(soft_gpu, guests):
    """The other one's pictures are right meanwhile."""
    other, victim = guests
    # Compiled, one of which ends at once: so what takes too long then is no compiler.
    victim.run(mandelbrot('endless', steps=0), status=1)
    other.run(mandelbrot())
    soft_gpu.set('watchdog_ms', 2000)
    mark = other.begin(mandelbrot(rounds=0))
    victim.begin(mandelbrot('endless'))
    wait_until('the fault', lambda: victim.vgpu.attr('state') == 'faulted')
    rounds = len(rounds_of(other.begun(mark)[0]))
    wait_until('more pictures', lambda: len(rounds_of(other.begun(mark)[0])) > rounds + 2)
    said, status = other.begun(mark)
    assert status is None
    assert all(pixels == equal for pixels, equal in rounds_of(said))
    assert other.vgpu.attr('state') == 'ok'

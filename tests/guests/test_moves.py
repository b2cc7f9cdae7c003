# SPDX-License-Identifier: GPL-2.0
"""Guests that move while something fails: each goes on where it was, and the vGPU that it
was to have is as good as new. Then, again and again, to where nothing fails. By stock
QEMU."""
import os

import pytest

from guide import blocks
from host import call, wait_until
# The guest is made by these.
from traveller import gpus, here  # noqa: F401 pylint: disable=unused-import
from traveller import NEVER, Wire, arrival, arrived, connect, move


@pytest.fixture
def wire():
    it = Wire()
    yield it
    it.cut()


def on_its_way(guest, **how):
    """It is copied, and would be for ever."""
    there = arrival(guest)
    connect(guest, there, stands=NEVER, **how)
    wait_until('it to be copied', guest.is_copied)
    return there


def had_no_luck(there):
    """What was to take it over ends by itself. Its vGPU stays, for the next one."""
    wait_until('the end of the other QEMU', there.ended)
    assert there.vgpu.attr('state') == 'ok'
    return there.vgpu


def comes_after_all(here, vgpu):
    """To the very vGPU to which it did not come before."""
    there = arrival(here[0], vgpu=vgpu)
    connect(here[0], there)
    arrived(here, there)


def test_the_wire_breaks(here, wire):
    guest = here[0]
    there = on_its_way(guest, port=wire.port)
    wire.cut()
    guest.stays('failed')
    comes_after_all(here, had_no_luck(there))


def test_nothing_comes_through_any_more(here, wire):
    """Nobody is told: so the operator calls it off."""
    guest = here[0]
    there = on_its_way(guest, port=wire.port)
    wire.hold()
    guest.goes_on()
    guest.qmp('migrate_cancel')
    # QEMU cuts the wire, and may see that before it sees that it was told to.
    guest.stays('cancelled', 'failed')
    wire.cut()
    comes_after_all(here, had_no_luck(there))


def test_the_wire_breaks_while_it_stands(here, wire):
    """All but the last is there by then."""
    guest = here[0]
    there = arrival(guest)
    guest.can(pause_before_switchover=True)
    connect(guest, there, port=wire.port)
    wait_until('it to stand', lambda: guest.status() == 'pre-switchover')
    assert not guest.runs()
    wire.cut()
    guest.qmp('migrate-continue', state='pre-switchover')
    guest.stays('failed')
    guest.can(pause_before_switchover=False)
    comes_after_all(here, had_no_luck(there))


def test_the_other_qemu_is_killed(here):
    guest = here[0]
    there = on_its_way(guest)
    os.kill(there.pid, 9)
    guest.stays('failed')
    comes_after_all(here, had_no_luck(there))


def fill_up(guest):
    """With vGPUs as it has one, until no more fits."""
    made = []
    with pytest.raises(OSError, match='No space left'):
        while True:
            made.append(guest.gpu.create(guest.type))
    assert f'type {guest.type} needs' in guest.gpu.attr('last_refusal')
    return made


def test_there_is_no_room(here):
    """Then there is no vGPU to go to, and nothing was tried."""
    made = fill_up(here[0])
    here[0].goes_on()
    for vgpu in made:
        vgpu.remove()


def follow(gpu, block):
    """One of the guide's, for this GPU."""
    return call('bash', '-ec', f'card={gpu.path.name}\n{block}')


def test_its_memory_is_moved(here):
    """It is in the way of a larger type, alone, and there is room for it elsewhere. By
    the commands of the guide, and with what it says of them."""
    what_would_fit, move_together = blocks('When a type does not fit any more',
                                           'sh compact')
    larger, size = here[0].larger
    place = {vgpu: int(vgpu.attr('vram_offset')) // (size << 20)
             for vgpu in fill_up(here[0])}
    first = [vgpu for vgpu in place if not place[vgpu]]
    elsewhere = [vgpu for vgpu in place if place[vgpu]]
    comes_after_all(here, first.pop())
    for vgpu in first + elsewhere[:1]:
        vgpu.remove()
    guest = here[0]
    gpu, was_at = guest.gpu, guest.vgpu.attr('vram_offset')
    assert gpu.available(larger) == 0
    assert f'/{larger}:1\n' in follow(gpu, what_would_fit)
    moves, moved = int(gpu.attr('moves')), int(gpu.attr('moved_bytes'))
    follow(gpu, move_together)
    gpu.create(larger).remove()
    assert guest.vgpu.attr('vram_offset') != was_at
    assert int(gpu.attr('moves')) == moves + 1
    assert int(gpu.attr('moved_bytes')) == moved + int(guest.vgpu.attr('vram_size'))
    assert int(gpu.attr('move_pause_max_ns')) > 0
    guest.goes_on()
    for vgpu in elsewhere[1:]:
        vgpu.remove()
    # All that it drew and computed, before and after, is right.
    guest.end_work()
    guest.check(f'{guest.name}-moved')
    guest.start_work()


@pytest.fixture(scope='module')
def neighbour(here):
    """Of the same GPU, with the same work; it stays where it is."""
    guest = here[0]
    it = type(guest)(guest.gpu, f'{guest.name}-neighbour')
    it.start_work()
    yield it
    it.gone()


@pytest.mark.parametrize('time', range(10))
def test_ten_times_in_a_row(here, neighbour, time):  # pylint: disable=unused-argument
    move(here)
    neighbour.goes_on()


def test_what_it_did_is_right(here, neighbour):
    for guest in here[0], neighbour:
        guest.end_work()
        guest.check(guest.name)


def test_its_own_qemu_is_killed(here):
    """The guest is lost, and nothing of it is left where it was, nor where it was to go."""
    guest = here[0]
    guest.start_work()
    there = on_its_way(guest)
    os.kill(guest.pid, 9)
    wait_until('its end', guest.ended)
    for vgpu in guest.vgpu, had_no_luck(there):
        here[0].stop()
        # On the soft GPU it looks for zeros before it works.
        here[0] = type(guest)(guest.gpu, f'{guest.name}-again', vgpu=vgpu)
        here[0].start_work()
        here[0].end_work()
        here[0].check(here[0].name)
    guest.vgpu.remove()

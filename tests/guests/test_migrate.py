# SPDX-License-Identifier: GPL-2.0
"""Guests that move while they draw and compute: to a file and back, over TCP, and not
to where they do not fit. By stock QEMU, from one vGPU to another."""
import pathlib

from host import call, wait_until
# The guest is made by these.
from traveller import gpus, here  # noqa: F401 pylint: disable=unused-import
from traveller import arrival, arrived, connect, move

FILE = pathlib.Path('/run/moved')


def test_to_a_file_and_back(here):
    guest = here[0]
    guest.leave(f'file:{FILE}')
    wait_until('the guest to be saved', lambda: guest.status() == 'completed')
    there = arrival(guest)
    there.qmp('migrate-incoming', uri=f'file:{FILE}')
    arrived(here, there)
    FILE.unlink()


def test_over_tcp(here):
    move(here)


def test_not_to_another_type(here):
    """It goes on where it was."""
    guest = here[0]
    there = arrival(guest, guest.other)
    connect(guest, there)
    guest.stays('failed')
    there.gone()
    assert 'migration: refused: stream: type: ' in call('dmesg')


def test_what_it_did_is_right(here):
    here[0].end_work()
    here[0].check(here[0].name)
    # Once more, from its beginning, where it has arrived.
    here[0].start_work()
    here[0].end_work()
    here[0].check(f'{here[0].name}-again')

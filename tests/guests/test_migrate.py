# SPDX-License-Identifier: GPL-2.0
"""Guests that move while they draw and compute: to a file and back, over TCP, and not
to where they do not fit. By stock QEMU, from one vGPU to another."""
import os
import pathlib

import pytest

from host import call, wait_until
# The guest is made by these.
from traveller import gpus, here  # noqa: F401 pylint: disable=unused-import
from traveller import arrival, arrived, connect, move

FILE = pathlib.Path('/run/moved')


def copied_first(vgpu):
    """Bytes, before it stood."""
    sent, stood = (int(vgpu.attr(f'migration/{count}'))
                   for count in ('bytes_sent', 'last_stop_bytes'))
    return sent - stood


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


@pytest.mark.skipif(os.environ['KERNEL'] == '6.1', reason='it stands to be copied')
def test_not_before_all_of_it_is_there(here):
    """It might stand from the beginning, for as long as it takes, but has to wait for the
    other QEMU's word that the first round has come."""
    guest, there = here[0], arrival(here[0])
    connect(guest, there, acked=True)
    wait_until('the guest to be moved', lambda: guest.status() == 'completed')
    assert copied_first(guest.vgpu) > 1 << 20
    arrived(here, there)


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

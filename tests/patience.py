# SPDX-License-Identifier: GPL-2.0
"""How long tests in Python wait: scripts/patience.sh says why."""
import os
import pathlib
import time

PATIENCE = int(os.environ.get('PATIENCE', '600'))
IN_VAIN = pathlib.Path('/tmp/waited-in-vain')


def patience():
    """Seconds for which one thing is waited for."""
    return PATIENCE / 10 if IN_VAIN.exists() else PATIENCE


def wait_until(what, condition):
    """Until condition() is true; gives its value."""
    end = time.monotonic() + patience()
    while not (value := condition()):
        if time.monotonic() > end:
            IN_VAIN.touch()
            raise AssertionError(f'waited in vain: {what}')
        time.sleep(0.3)
    return value

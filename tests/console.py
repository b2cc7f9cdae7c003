# SPDX-License-Identifier: GPL-2.0
"""The shell of a guest, on its console."""
import time

from host import wait_until


class Console:
    """Who has one says what it has said(), and can send() it a line."""

    def said(self):
        raise NotImplementedError

    def send(self, line):
        raise NotImplementedError

    def begin(self, command):
        """Have a command run. What finish() wants to know where it ends."""
        mark = f'{time.monotonic_ns()}'
        # The quotes keep the mark out of what the console repeats.
        self.send(f"echo BEGIN''-{mark}; {command}; echo END''-{mark} $?.")
        return mark

    def begun(self, mark):
        """What a command has said so far, and its status or None."""
        _, _, said = self.said().partition(f'BEGIN-{mark}\n')
        said, _, end = said.partition(f'END-{mark} ')
        return said, int(end.split('.')[0]) if '.' in end else None

    def finish(self, mark, status=0):
        """What a command has said, which must end with this status."""
        wait_until('a command of the guest',
                   lambda: self.begun(mark)[1] is not None)
        said, ended = self.begun(mark)
        assert ended == status, said
        return said

    def run(self, command, status=0):
        return self.finish(self.begin(command), status)

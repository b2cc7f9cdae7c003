# SPDX-License-Identifier: GPL-2.0
"""vgpu-top on a terminal, whose screen can be read."""
import fcntl
import os
import pty
import select
import struct
import termios
import time

import pyte

from common import PATIENCE, TOP


class Terminal:
    """The program with these arguments on a terminal of this size."""

    # As much as is read before the screen is looked at. A test should hold
    # for 1, too, for the kernel cuts what a program writes where it likes.
    bite = 65536

    def __init__(self, columns, lines, *args, term='xterm', program=TOP):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.status = None
        self.raw = b''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The size must be there before the program asks for it.
            self.set_size(0, columns, lines)
            env = dict(os.environ, TERM=term, LC_ALL='C.UTF-8')
            os.execve(program, [program, *args], env)

    @staticmethod
    def set_size(fd, columns, lines):
        fcntl.ioctl(fd, termios.TIOCSWINSZ,
                    struct.pack('HHHH', lines, columns, 0, 0))

    def resize(self, columns, lines):
        self.screen.resize(lines, columns)
        self.set_size(self.fd, columns, lines)

    def send(self, keys):
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def read(self, seconds):
        """Takes what comes in; false when the program has ended."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, self.bite)
        except OSError:
            return False
        self.raw += data
        self.stream.feed(data)
        return bool(data)

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def wait(self, what):
        """Until the screen is as it should be."""
        end = time.monotonic() + PATIENCE
        while not what(self.lines()):
            alive = self.read(0.1)
            assert alive and time.monotonic() < end, \
                'screen:\n' + '\n'.join(self.lines())
        return self.lines()

    def wait_for(self, text):
        return self.wait(lambda lines: any(text in line for line in lines))

    def end(self, keys='q'):
        """Lets it quit; its exit status."""
        if keys:
            self.send(keys)
        end = time.monotonic() + PATIENCE
        while self.read(0.1):
            if time.monotonic() > end:
                os.kill(self.pid, 9)
                raise AssertionError('does not end:\n' + '\n'.join(self.lines()))
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)

# SPDX-License-Identifier: GPL-2.0
"""Results of tests in Python, as TAP."""
import sys


class Tap:
    """Lines of TAP, on the console and at the end of a file."""

    def __init__(self, path):
        self.file = open(path, 'a', encoding='utf-8')
        self.number = self.failed = 0

    def say(self, line):
        for file in self.file, sys.stdout:
            print(line, file=file, flush=True)

    def result(self, name, trouble=None):
        """Of a test, and, when it has failed, what the trouble was."""
        self.number += 1
        self.failed += trouble is not None
        self.say(f'{"ok" if trouble is None else "not ok"} {self.number} - {name}')
        for line in (trouble or '').splitlines():
            self.say(f'# {line}')

    def plan(self):
        self.say(f'1..{self.number}')

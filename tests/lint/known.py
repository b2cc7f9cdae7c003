# SPDX-License-Identifier: GPL-2.0
"""What scripts/analyse has found nothing in before, and need not look at again."""
import concurrent.futures
import hashlib
import os


def contents(*paths):
    """A hash of these files, by name and content."""
    total = hashlib.sha256()
    for path in sorted(set(paths)):
        total.update(path.encode() + b'\0')
        with open(path, 'rb') as file:
            total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


class Known:
    """A file with a line for each thing that was clean, whoever has found that."""

    def __init__(self, tool, path):
        self.tool = tool
        self.path = path
        try:
            with open(path, encoding='utf-8') as file:
                self.clean = set(file.read().split())
        except FileNotFoundError:
            self.clean = set()

    def has(self, key):
        return f'{self.tool}-{key}' in self.clean

    def add(self, key):
        with open(self.path, 'a', encoding='utf-8') as file:
            print(f'{self.tool}-{key}', file=file)

    def tell(self, files, new, said):
        """Print what was found; an exit status."""
        for line in sorted(said):
            print(line)
        print(f'{self.tool}: {files} files, {files - new} of them known to be clean, '
              f'{len(said)} findings')
        return 1 if said or not files else 0


def at_once(function, arguments):
    """What map() does, on as many CPUs as the testbed counts on."""
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count())) as pool:
        yield from pool.map(lambda argument: function(*argument), arguments)

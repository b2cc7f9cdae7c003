# SPDX-License-Identifier: GPL-2.0
"""The executor of a soft GPU, in the host VM."""
import os
import pathlib
import signal
import subprocess

from conftest import BUILD, OUT, wait_until


class Executor:
    """A supervisor, and its workers."""

    def __init__(self):
        self.log = open(OUT / 'executor.log', 'a', encoding='utf-8')
        self.process = None

    def start(self):
        self.process = subprocess.Popen([BUILD / 'tools/vgpu-executor', '--user=nobody'],
                                        stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def workers(self):
        """By their process numbers."""
        parent = self.process.pid
        path = pathlib.Path(f'/proc/{parent}/task/{parent}/children')
        return [int(pid) for pid in path.read_text().split()]

    def kill_worker(self, which):
        os.kill(which, signal.SIGKILL)
        wait_until('the end of a worker',
                   lambda: which not in self.workers())

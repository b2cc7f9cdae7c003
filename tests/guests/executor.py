# SPDX-License-Identifier: GPL-2.0
"""The executor of a soft GPU, in the host VM."""
import os
import pathlib
import signal
import subprocess

from host import BUILD, OUT, wait_until


def caught_at_work(pid):
    """Stop a process outside of system calls: one that waits for work is in one."""
    syscall = pathlib.Path(f'/proc/{pid}/syscall')
    os.kill(pid, signal.SIGSTOP)
    while (where := syscall.read_text().split()[0]) == 'running':
        pass
    if where == '-1':
        return True
    os.kill(pid, signal.SIGCONT)
    return False


class Executor:
    """A supervisor, and its workers."""

    def __init__(self, *prefix, options=()):
        """prefix: what starts it, and where."""
        self.prefix = prefix
        self.options = options
        self.log = open(OUT / 'executor.log', 'a', encoding='utf-8')
        self.process = None

    def start(self):
        self.process = subprocess.Popen([*self.prefix, BUILD / 'tools/vgpu-executor',
                                         '--user=nobody', *self.options],
                                        stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def workers(self):
        """The processes that compute: their numbers."""
        parent = self.process.pid
        path = pathlib.Path(f'/proc/{parent}/task/{parent}/children')
        return list(map(int, path.read_text().split()))

    def worker(self, vgpu):
        """The one that computes for a vGPU: its number, or None."""
        for pid in self.workers():
            try:
                if vgpu.uuid in pathlib.Path(f'/proc/{pid}/cmdline').read_text():
                    return pid
            except OSError:
                # It has ended since.
                continue
        return None

    def kill_at_work(self, vgpu):
        """Kill a vGPU's worker while it has a dispatch in its hands.

        Not one that is only just starting, which is busy, too."""
        worker = wait_until('a worker', lambda: self.worker(vgpu))
        ops = vgpu.count('ops')
        wait_until('it to have computed', lambda: vgpu.count('ops') > ops)
        wait_until('it to compute', lambda: caught_at_work(worker))
        os.kill(worker, signal.SIGKILL)
        return worker

# SPDX-License-Identifier: GPL-2.0
"""vGPUs, and processes that use them, in the host VM."""
import glob
import os
import subprocess
import uuid as uuids

MDEVS = '/sys/bus/mdev/devices'

gpu_dir = os.path.realpath(
    os.path.dirname(glob.glob('/sys/class/mdev_bus/*/vgpu')[0]))


def read(path):
    with open(path) as f:
        return f.read().strip()


def write(path, text):
    with open(path, 'w') as f:
        f.write(text)


def create(kind, uuid=None, gpu=None):
    uuid = uuid or str(uuids.uuid4())
    (types,) = glob.glob(f'{gpu or gpu_dir}/mdev_supported_types/*-{kind}')
    write(types + '/create', uuid)
    return uuid


def remove(uuid):
    write(f'{MDEVS}/{uuid}/remove', '1')


def attr(uuid, name):
    return read(f'{MDEVS}/{uuid}/vgpu/{name}')


class Process:
    """A program, as long as it is needed."""

    def __init__(self, *command, stdout=subprocess.DEVNULL):
        self.command = command
        self.stdout = stdout

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=self.stdout)
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

# SPDX-License-Identifier: GPL-2.0
"""A guest computes on the vGPU of another one, by PoCL's server there."""
import re

import pytest

from conftest import almaif, boot
from executor import Executor
from host import wait_until

SERVER, CLIENT = '10.0.0.1', '10.0.0.2'
PORT = 10998


@pytest.fixture
def executor(soft_gpu):
    it = Executor()
    it.start()
    yield it
    it.stop()


def network(where):
    """A cable between two guests, of which the first listens."""
    return ('-netdev', f'socket,id=net,{where}=127.0.0.1:5999',
            '-device', 'virtio-net-pci,netdev=net')


@pytest.fixture
def guests(soft_gpu, executor):
    """One with a vGPU, which serves it, and one without."""
    server = boot('server', soft_gpu.create('SOFT-16C'), qemu=(
        '-set', 'device.vgpu.display=off', *network('listen')))
    client = boot('client', None, qemu=network('connect'))
    for guest, address in (server, SERVER), (client, CLIENT):
        guest.run('ip link set lo up; ip link set eth0 up; '
                  f'ip addr add {address}/24 dev eth0')
    yield server, client
    for guest in server, client:
        guest.stop()
    server.vgpu.remove()


def listens(guest):
    return f':{PORT:04X} ' in guest.run('cat /proc/net/tcp')


def test_a_guest_without_a_gpu_computes_on_anothers(guests):
    """Nobody asks it who it is."""
    server, client = guests
    server.run('{ ' + almaif(f'./pocld -a {SERVER} -p {PORT}') + ' > /tmp/said 2>&1 & }')
    wait_until('the server', lambda: listens(server))
    ops = server.vgpu.count('ops')
    said = client.run(f'/opencl/remote {SERVER}:{PORT} ./digits digits.bin -r 2')
    rounds = re.findall(r'digits: (\d+) images, \d+ right, (\d+) as the CPU', said)
    assert rounds == [('450', '450')] * 2
    assert server.vgpu.count('ops') - ops == 2 * 8 * 4
    assert server.vgpu.attr('state') == 'ok'

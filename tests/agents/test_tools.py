# SPDX-License-Identifier: GPL-2.0
"""libvirt and mdevctl: GPUs that come and go; and what they see of knobs."""
import json
import subprocess
import uuid

import libvirt
import pytest

import nova
from conftest import DIRS, addresses, bind_anew, gpus_of_libvirt, node_of, when_parent_is_known
from host import MDEVS, call, wait_until

KIND = 'vgpu_soft-SMALL'


def turn(gpu, knob, value):
    (gpu.path / 'soft' / knob).write_text(str(value))


@pytest.fixture
def gpu(gpus):
    """The first one, its knobs off afterwards."""
    yield gpus[0]
    bind_anew(gpus[0])


def both():
    return {node_of(address) for address in addresses()}


def test_gpus_before_the_daemon(gpus):
    """And without a word to it."""
    call('systemctl', 'stop', 'libvirtd.socket', 'libvirtd-ro.socket',
         'libvirtd-admin.socket', 'libvirtd')
    (DIRS / 'ci0/enable').write_text('0')
    (DIRS / 'ci0/enable').write_text('1')
    call('systemctl', 'start', 'libvirtd')
    connection = libvirt.open('qemu:///system')
    assert both() <= gpus_of_libvirt(connection) and len(both()) == 2
    connection.close()


def test_a_gpu_that_comes_while_the_daemon_runs(gpus, connection):
    gone = node_of('0000:c0:00.0')
    assert gone in gpus_of_libvirt(connection)
    (DIRS / 'ci0/enable').write_text('0')
    wait_until('it to go', lambda: gone not in gpus_of_libvirt(connection))
    (DIRS / 'ci0/enable').write_text('1')
    wait_until('it to come', lambda: gone in gpus_of_libvirt(connection))
    assert nova.available(connection)[gone][KIND] == 16


def test_mdevctl_says_what_sysfs_says(gpus):
    for gpu in gpus:
        [said] = json.loads(call('mdevctl', 'types', '--parent', gpu.path.name,
                                 '--dumpjson'))
        said = {name: facts for entry in said[gpu.path.name]
                for name, facts in entry.items()}
        real = {}
        for place in (gpu.path / 'mdev_supported_types').iterdir():
            real[place.name] = {name: (place / name).read_text().strip() for name in (
                'name', 'description', 'device_api', 'available_instances')}
            real[place.name]['available_instances'] = int(
                real[place.name]['available_instances'])
        assert said == real and len(real) == 2


def test_mdevctl_brings_what_is_defined_with_auto(gpus):
    number = str(uuid.uuid4())
    call('mdevctl', 'define', '--auto', '--uuid', number, '--parent',
         gpus[0].path.name, '--type', KIND)
    (DIRS / 'ci0/enable').write_text('0')
    (DIRS / 'ci0/enable').write_text('1')
    wait_until('the vGPU', (MDEVS / number).exists)
    call('mdevctl', 'stop', '--uuid', number)
    call('mdevctl', 'undefine', '--uuid', number)


def start(gpu):
    """By mdevctl: its status and what it says."""
    done = subprocess.run(['mdevctl', 'start', '--parent', gpu.path.name,
                           '--type', KIND], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def try_libvirt(connection, gpu):
    return when_parent_is_known(connection.nodeDeviceCreateXML, nova.MDEV.format(
        parent=node_of(gpu.path.name), kind=KIND,
        identity=f'<uuid>{uuid.uuid4()}</uuid>'))


def test_a_create_that_fails(gpu, connection):
    turn(gpu, 'create_error', 28)
    status, said = start(gpu)
    assert status and said
    with pytest.raises(libvirt.libvirtError):
        try_libvirt(connection, gpu)
    assert not list(MDEVS.glob('*'))
    turn(gpu, 'create_error', 0)
    assert start(gpu)[0] == 0
    try_libvirt(connection, gpu)
    assert len(list(MDEVS.glob('*'))) == 2


def test_a_create_that_is_given_up(gpu):
    """Whoever ends the writer has no vGPU, and none that comes later."""
    turn(gpu, 'create_delay_ms', 600000)
    number = uuid.uuid4()
    done = subprocess.run(
        ['timeout', '--signal=INT', '2', 'bash', '-c',
         f'echo {number} > {gpu.path}/mdev_supported_types/{KIND}/create'],
        check=False)
    assert done.returncode
    assert not list(MDEVS.glob('*'))
    turn(gpu, 'create_delay_ms', 0)
    assert start(gpu)[0] == 0


def test_capacity_that_lies(gpu, connection):
    turn(gpu, 'available_offset', 5)
    room = nova.available(connection)[node_of(gpu.path.name)][KIND]
    assert room == 16 + 5
    for _ in range(16):
        gpu.create('SMALL')
    assert nova.available(connection)[node_of(gpu.path.name)][KIND] == 5
    assert start(gpu)[0]
    turn(gpu, 'available_offset', -100)
    next(MDEVS.glob('*')).joinpath('remove').write_text('1')
    assert nova.available(connection)[node_of(gpu.path.name)][KIND] == 0
    gpu.create('SMALL')


def test_a_gpu_that_is_lost_and_comes_back(gpu, connection):
    vgpu = gpu.create('SMALL')
    turn(gpu, 'lost', 1)
    assert vgpu.attr('state') == 'lost'
    assert start(gpu)[0]
    with pytest.raises(libvirt.libvirtError):
        try_libvirt(connection, gpu)
    bind_anew(gpu)
    assert start(gpu)[0] == 0

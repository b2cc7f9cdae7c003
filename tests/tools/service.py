# SPDX-License-Identifier: GPL-2.0
"""vgpu-executor as udev and systemd start it, in the host VM: service.py

The tools are installed as the package has them. TAP goes to $OUT/tests.tap; see
run.sh.
"""
import glob
import os

from common import PATIENCE, Tap, equal, install_tools, run, until
from live_lib import Process, create, read, remove

OUT = os.environ['OUT']
UNITS = '/usr/lib/systemd/system/'
BUSY = os.environ['BUILD'] + '/tests-tools/busy'

tap = Tap(OUT + '/tests.tap')
unit = ''


def show(what):
    return run('systemctl', 'show', '-P', what, unit).strip()


def installed():
    install_tools()
    run('sh', '-c', 'systemd-sysusers vgpu-executor.conf 2>&1')
    assert run('id', '-u', 'vgpu-executor').strip() != '0'
    run('systemd-analyze', 'verify', '--man=no',
        UNITS + 'vgpu-executor@.service')
    run('systemctl', 'daemon-reload')
    run('udevadm', 'control', f'--timeout={PATIENCE}', '--reload')


def executors():
    """Of each soft GPU, as vgpu-exporter and vgpu-top tell it."""
    said = run('/build/tools/vgpu-exporter', '-f', '-')
    top = run('/build/tools/vgpu-top', '-b', '-n', '1')
    return ([line.split()[-1] for line in said.splitlines()
             if line.startswith('vgpu_gpu_executors{')],
            [top.count(text) for text in ('  workers 0', '  no executor')])


def started():
    """By the driver's coming, one for each of two GPUs."""
    run('modules', 'soft', 'gpus=2', 'vram_mb=64', env=os.environ)
    devices = until(lambda: len(found := glob.glob('/dev/vgpu-soft-*')) == 2 and
                    sorted(found))
    for device in devices:
        global unit
        unit = f"vgpu-executor@{device.split('soft-')[1]}.service"
        until(lambda: show('ActiveState') == 'active')
        with open(f"/proc/{show('MainPID')}/cmdline") as f:
            equal(f.read().split('\0')[1], '--gpu=' + device.split('soft-')[1])
        said = run('sh', '-c', f'(echo x > {device}) 2>&1 || true')
        assert 'busy' in said, said
    equal(executors(), (['1', '1'], [2, 0]))


def gpu():
    """That of the unit."""
    return '/sys/bus/pci/devices/' + unit[len('vgpu-executor@'):-len('.service')]


def children(pid):
    """Of a supervisor: workers."""
    return read(f'/proc/{pid}/task/{pid}/children').split()


def short_of_memory():
    """The kernel's OOM killer takes a worker; all else goes on."""
    vgpus = [create('SOFT-16C', gpu=gpu()) for _ in range(2)]
    supervisor = show('MainPID')
    a, b = [Process('env', 'GPU=soft', BUSY, vgpu, 'compute')
            for vgpu in vgpus]
    with a, b:
        workers = until(lambda: len(found := children(supervisor)) == 2 and found)
        run('sh', '-c', 'echo f > /proc/sysrq-trigger')
        until(lambda: 'killed by the OOM killer' in run(
            'journalctl', '-b', '-o', 'cat', '-u', unit))
        equal((show('ActiveState'), show('Result'), show('MainPID')),
              ('active', 'success', supervisor))
        equal(len(set(children(supervisor)) & set(workers)), 1)
    for vgpu in vgpus:
        remove(vgpu)


def tell_driver(file):
    """Of the unit's GPU: bind or unbind."""
    run('sh', '-c', f'echo {os.path.basename(gpu())} > '
        f'/sys/bus/pci/drivers/vgpu_soft/{file}')


def goes():
    """With its GPU, and not as a failure; it comes again with it."""
    for file, state in (('unbind', 'inactive'), ('bind', 'active')):
        tell_driver(file)
        until(lambda: show('ActiveState') == state)
        equal((show('Result'), show('NRestarts')), ('success', '0'))


def late():
    """Its GPU goes and comes before it has seen that it is gone: it serves the new one,
    as it did the old one."""
    supervisor = show('MainPID')
    for _ in range(2):
        run('kill', '-STOP', supervisor)
        tell_driver('unbind')
        tell_driver('bind')
        run('udevadm', 'settle', f'--timeout={PATIENCE}')
        equal(read(gpu() + '/soft/executor'), '0')
        run('kill', '-CONT', supervisor)
        until(lambda: read(gpu() + '/soft/executor') == '1')
        vgpu = create('SOFT-16C', gpu=gpu())
        with Process('env', 'GPU=soft', BUSY, vgpu, 'compute'):
            (worker,) = until(lambda: children(supervisor))
            # Its first steps it does with the supervisor's mask.
            until(lambda: '\nSigBlk:\t0000000000000000\n' in
                  read(f'/proc/{worker}/status'))
        remove(vgpu)
        until(lambda: children(supervisor) == [])
    equal((show('ActiveState'), show('MainPID')), ('active', supervisor))


def with_programs(*command, **env):
    """Whether a worker carries out programs of guests, of an executor that somebody
    starts by hand."""
    run('systemctl', 'stop', unit)
    address, vgpu = os.path.basename(gpu()), create('SOFT-16C', gpu=gpu())
    with Process(*command, *[f'{k}={v}' for k, v in env.items()],
                 'vgpu-executor', '--gpu=' + address, '--user=nobody',
                 *(['--device=llvmpipe'] if env else [])) as executor, \
            Process('env', 'GPU=soft', BUSY, vgpu, 'compute'):
        def kind():
            for worker in children(executor.pid):
                try:
                    words = read(f'/proc/{worker}/cmdline').split('\0')
                except OSError:
                    continue
                if len(words) > 5 and words[1] == '--worker':
                    return words[5]
            return None
        found = until(kind)
    remove(vgpu)
    return found == 'programs'


def drivers():
    """Those of Vulkan that workers can use are used, and no others."""
    (driver,) = glob.glob('/usr/share/vulkan/icd.d/lvp_icd*.json')
    for mode, can in ((0o600, False), (0o644, True)):
        copy = '/etc/lavapipe.json'
        run('install', '-m', oct(mode)[2:], driver, copy)
        equal(with_programs('env', VK_DRIVER_FILES=copy), can)
    # As of another architecture: it is there, and first.
    other = os.path.dirname(driver) + '/lvp_icd.aaa.json'
    with open(other, 'w') as f:
        f.write(read(driver).replace('libvulkan_lvp', 'libof_another'))
    assert read(other) != read(driver)
    equal(with_programs('env'), True)
    os.remove(other)
    equal(with_programs('env', '--ignore-signal=CHLD'), True)


def stopped():
    """And then the module can be unloaded."""
    run('systemctl', 'stop', 'vgpu-executor@*')
    equal((show('ActiveState'), show('Result')), ('inactive', 'success'))
    equal(executors(), (['0', '0'], [0, 2]))
    run('rmmod', 'vgpu_soft')


tap.test('vgpu-executor is installed', installed)
tap.test('it is started for each soft GPU', started)
tap.test('a worker is killed for want of memory', short_of_memory)
tap.test('it goes and comes with its GPU', goes)
tap.test('it is late when its GPU is there again', late)
tap.test('drivers of Vulkan', drivers)
tap.test('it is stopped', stopped)
tap.finish()

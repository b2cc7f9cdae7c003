# SPDX-License-Identifier: GPL-2.0
"""The tools on machines that are made up, as no real one may be: made_up.py DIR

Whatever is in the files, the tools must not fall over (they are built with
sanitizers for this), and what they write must parse. TAP goes to DIR/tests.tap.
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request

from common import (EXPORTER, PATIENCE, TOP, Tap, engines_of, equal, find,
                    parse_prometheus, run, samples_of, the_engine, top_json,
                    until, value_of, vgpus_of)
from tree import (ENGINE_NUMBERS, GPU, GPU_NUMBERS, GUARDS, VGPU_NUMBERS,
                  WORK_NUMBERS, Tree, uuid, write)

where = sys.argv[1]
os.makedirs(where, exist_ok=True)
tap = Tap(where + '/tests.tap')
root = where + '/tree'
os.environ['VGPU_ROOT'] = root
VM_UUID = 'aaaaaaaa-0000-4000-8000-00000000000a'


def textfile():
    out = run(EXPORTER, '-f', '-')
    return samples_of(out, parse_prometheus)


class Server:
    """vgpu-exporter, as long as it is needed."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [EXPORTER, '-l', f'127.0.0.1:{self.port}'], stderr=subprocess.PIPE)
        until(self.answers)
        return self

    def answers(self):
        try:
            return self.get('/')
        except OSError:
            return None

    def get(self, path='/metrics'):
        url = f'http://127.0.0.1:{self.port}{path}'
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def __exit__(self, *_):
        self.process.terminate()
        _, err = self.process.communicate(timeout=PATIENCE)
        equal((self.process.returncode, err), (0, b''))


def all_modes():
    """Every way to read the tree; returns what parses in each."""
    plain = run(TOP, '-b', '-n', '1', '-d', '0.1')
    (reading,) = top_json(delay=0.1)
    with Server() as server:
        series = samples_of(server.get())
    text = textfile()
    equal({k for k in text}, {k for k in series})
    return plain, reading, series


def every_figure():
    """Each file's number comes out in its unit, under its name."""
    tree = Tree(root)
    tree.add_gpu(slice_us=2000, window_ms=100, watchdog_ms=1000,
                 trap_charge=50)
    tree.add_engine('2d', busy_time_ns=1234567890123)
    tree.add_vgpu(1, gpu_time_ns=9000000001, cap=25, min=5, limit='12.05',
                  state='faulted', guard_irqs='overflow')
    tree.add_process(77, 'qemu-system-x86_64', '-name',
                     'guest=web1,debug-threads=on', '-uuid', VM_UUID,
                     fds=['/dev/null', '/dev/vfio/vfio', '/dev/vfio/1'])
    plain, reading, series = all_modes()
    labels = dict(vgpu=uuid(1), gpu=GPU, domain='web1', uuid=VM_UUID)
    values = {
        'vgpu_gpu_slice_seconds': 0.002, 'vgpu_gpu_window_seconds': 0.1,
        'vgpu_gpu_watchdog_seconds': 1, 'vgpu_gpu_trap_charge_ratio': 0.5,
        'vgpu_gpu_vram_bytes': 1000,
    }
    for name, value in values.items():
        equal((name, value_of(series, name, gpu=GPU)), (name, value))
    values = {
        'vgpu_gpu_busy_seconds_total': 1234.567890123,
        'vgpu_gpu_resets_total': 2003,
    }
    for name, value in values.items():
        equal((name, value_of(series, name, gpu=GPU, engine='2d')),
              (name, value))
    equal(value_of(series, 'vgpu_gpu_engine_info', engine='2d', **{
        'class': '2d', 'slice': '0'}), 1)
    values = {
        'vgpu_instance_cap_ratio': 0.25, 'vgpu_instance_min_ratio': 0.05,
        'vgpu_instance_vram_bytes': 100, 'vgpu_instance_faults_total': 111,
    }
    for name, value in values.items():
        equal((name, value_of(series, name, **labels)), (name, value))
    values = {
        'vgpu_instance_gpu_seconds_total': 9.000000001,
        'vgpu_instance_limit_ratio': 0.1205,
        'vgpu_instance_fifo_overflows_total': 210,
    }
    for name, value in values.items():
        equal((name, value_of(series, name, engine='2d', **labels)),
              (name, value))
    equal(value_of(series, 'vgpu_instance_info', type='RV100-8D', **labels), 1)
    equal(value_of(series, 'vgpu_instance_state',
                   vgpu_instance_state='faulted', **labels), 1)
    equal(sum(find(series, 'vgpu_instance_state', **labels)), 1)
    equal(value_of(series, 'vgpu_instance_guard', guard='irqs',
                   vgpu_instance_guard='overflow', **labels), 1)
    equal(value_of(series, 'vgpu_gpu_guard_limit', guard='faults'), 1012)
    equal(value_of(series, 'vgpu_gpu_policy', vgpu_gpu_policy='best_effort'), 1)
    equal(value_of(series, 'vgpu_gpu_available_instances', type='RV100-4D'), 15)
    vgpu = vgpus_of(reading)[uuid(1)]
    equal((vgpu['vm'], vgpu['vm_uuid'], vgpu['pid']), ('web1', VM_UUID, 77))
    equal((vgpu['state'], vgpu['cap_percent']), ('faulted', 25))
    equal(the_engine(vgpu)['share_percent'], 12.05)
    assert ' web1\n' in plain and ' faulted ' in plain, plain
    # What nobody has to choose from is not shown.
    assert 'ENGINE' not in plain and '2d' not in plain, plain


def every_state():
    """Its own word in all that is shown, and one of them at a time."""
    tree = Tree(root)
    tree.add_gpu()
    states = ['ok', 'no executor', 'faulted', 'lost']
    for n, state in enumerate(states):
        tree.add_vgpu(n, state=state)
    plain, reading, series = all_modes()
    for n, state in enumerate(states):
        equal(vgpus_of(reading)[uuid(n)]['state'], state)
        [line] = [line for line in plain.splitlines()
                  if line.startswith(uuid(n))]
        assert f' {state} ' in line, line
        for other in states:
            equal((state, other, value_of(
                series, 'vgpu_instance_state', vgpu=uuid(n),
                vgpu_instance_state=other)), (state, other, state == other))
    equal(len(find(series, 'vgpu_instance_state')), len(states) ** 2)


def several_engines():
    """Each with figures of its own, of the GPU and of who is on it."""
    tree = Tree(root)
    tree.add_gpu(engines=['copy0', 'compute0'])
    tree.add_engine('compute0', slice=1, busy_time_ns=7000000000)
    tree.add_vgpu(1, on=['copy0', 'compute0'], weight=300)
    tree.add_work(1, 'compute0', gpu_time_ns=5000000000, limit='50.00')
    tree.add_vgpu(2, on=['compute0'], weight=100, limit='100.00')
    tree.add_vgpu(3, on=[])
    plain, reading, series = all_modes()
    (gpu,) = reading['gpus']
    engines = engines_of(gpu)
    equal(list(engines), ['compute0', 'copy0'])
    equal((engines['compute0']['class'], engines['compute0']['slice'],
           engines['compute0']['busy_seconds']), ('compute', '1', 7))
    found = {n: engines_of(vgpus_of(reading)[uuid(n)]) for n in (1, 2, 3)}
    equal({n: list(e) for n, e in found.items()},
          {1: ['compute0', 'copy0'], 2: ['compute0'], 3: []})
    # Whoever else is on an engine shares that, and no other.
    equal((found[1]['copy0']['share_percent'],
           found[1]['compute0']['share_percent'],
           found[2]['compute0']['share_percent']), (33.25, 50, 25))
    equal(value_of(series, 'vgpu_gpu_busy_seconds_total', engine='compute0'), 7)
    equal(value_of(series, 'vgpu_instance_gpu_seconds_total', vgpu=uuid(1),
                   engine='compute0'), 5)
    equal(len(find(series, 'vgpu_instance_gpu_seconds_total')), 3)
    equal(len(find(series, 'vgpu_instance_weight')), 3)
    lines = plain.splitlines()
    (line,) = [x for x in lines if x.startswith('  compute0 ')]
    assert line.endswith('vgpus 2  slice 1'), line
    assert any(x.startswith(GPU + '  engines 2 ') and '  resets 4006 ' in x
               for x in lines), lines
    rows = [x.split() for x in lines if x.startswith('7e55')]
    equal(sorted((int(r[0][-1]), r[2]) for r in rows),
          [(1, 'compute0'), (1, 'copy0'), (2, 'compute0'), (3, '-')])


def engines_without_end():
    """More of them than any GPU has, and names that are too long."""
    tree = Tree(root)
    names = [f'compute{i}' for i in range(40)] + ['x' * 100, 'x' * 200, 'ä' * 50]
    tree.add_gpu(engines=names)
    tree.add_vgpu(1, on=names)
    _, reading, series = all_modes()
    (gpu,) = reading['gpus']
    assert 14 <= len(gpu['engines']) <= 16, gpu
    assert 14 <= len(vgpus_of(reading)[uuid(1)]['engines']) <= 16


def each_file_is_used():
    """Without a file, its figure is left out, and nothing else."""
    tree = Tree(root)
    tree.add_gpu()
    tree.add_vgpu(1)
    whole = textfile()
    paths = [f'{tree.gpu_dir()}/vgpu/{name}'
             for name in GPU_NUMBERS + ['policy', 'compactable/RV100-4D']]
    paths += [f'{tree.gpu_dir()}/vgpu/engines/2d/{name}'
              for name in ENGINE_NUMBERS]
    paths += [f'{tree.vgpu_dir(1)}/{name}'
              for name in VGPU_NUMBERS + GUARDS + ['state']]
    paths += [f'{tree.vgpu_dir(1)}/engines/2d/{name}'
              for name in WORK_NUMBERS + ['limit']]
    for path in paths:
        if path.endswith('/traps'):     # a sum, which PromQL can make
            continue
        os.rename(path, path + '.away')
        part = textfile()
        os.rename(path + '.away', path)
        assert part.keys() < whole.keys(), f'{path} is not used'
        gone = {name for name, _ in whole.keys() - part.keys()}
        assert len(gone) == 1, f'{path}: {gone}'


def names_of_vms():
    """As QEMU takes them, and whatever bytes are in them."""
    names = [
        ('-name', 'guest=web,debug-threads=on', 'web'),
        ('-name', 'plain', 'plain'),
        ('-name', 'plain,process=x', 'plain'),
        ('--name', 'debug-threads=on,guest=later', 'later'),
        ('-name', 'guest=a,,b,,,process=c', 'a,b,'),
        ('-name', 'a,,b', 'a,b'),
        ('-name', 'guest=ümläut 🖥', 'ümläut 🖥'),
        ('-name', 'guest="quo\\ted"', '"quo\\ted"'),
        ('-name', b'guest=esc\x1b[2Jape\x07\tand\xff\xfe\xc2\x9b',
         'esc?[2Jape??and????'),
        ('-name', b'guest=two\nlines', 'two'),
        ('-name', 'debug-threads=on', None),
        ('-name', 'guest=', None),
        ('-name', 'guest=not,guest=this', 'this'),
        ('-m', '64', None),
    ]
    tree = Tree(root)
    tree.add_gpu()
    for n, (option, value, _) in enumerate(names, 1):
        tree.add_vgpu(n)
        tree.add_process(1000 + n, 'qemu', '-nodefaults', option, value,
                         fds=[f'/dev/vfio/{n}'])
    plain, reading, series = all_modes()
    assert '\x1b' not in plain
    for n, (_, value, want) in enumerate(names, 1):
        equal((value, vgpus_of(reading)[uuid(n)]['vm']), (value, want))
        equal(value_of(series, 'vgpu_instance_weight', vgpu=uuid(n),
                       domain=want or ''), 101)


def one_process_each(*commands):
    """A vGPU for each of these, in a machine of their own."""
    tree = Tree(root)
    tree.add_gpu()
    for n, args in enumerate(commands, 1):
        tree.add_vgpu(n)
        tree.add_process(1000 + n, 'kvm', *args, fds=[f'/dev/vfio/{n}'])


def uuids_of_vms():
    """By each of the ways in which QEMU (10.0) takes one; None where it does
    not, and where others' values only look like one."""
    other = 'bbbbbbbb-0000-4000-8000-00000000000b'
    none = '00000000-0000-0000-0000-000000000000'
    commands = [
        (('-uuid', VM_UUID), VM_UUID),
        (('--uuid', VM_UUID), VM_UUID),
        (('-uuid', VM_UUID.upper()), VM_UUID),
        (('-smbios', f'type=1,uuid={VM_UUID}'), VM_UUID),
        (('--smbios', f'type=1,uuid={VM_UUID},sku=x'), VM_UUID),
        (('-smbios', f'uuid={VM_UUID},serial=a,,b,type=1'), VM_UUID),
        (('-smbios', f'type=0x1,uuid={VM_UUID.upper()}'), VM_UUID),
        (('-smbios', f'type=0,type=01,uuid={other},uuid={VM_UUID}'), VM_UUID),
        (('-smbios', 'type=0,vendor=x', '-smbios', f'type=1,uuid={VM_UUID}',
          '-smbios', 'type=2,serial=y', '-smbios', 'type=1,family=z'), VM_UUID),
        (('-uuid', other, '-smbios', f'type=1,uuid={VM_UUID}'), VM_UUID),
        (('-smbios', f'type=1,uuid={other}', '-uuid', VM_UUID), VM_UUID),
        (('-smbios', f'type=1,serial=x,,uuid={other}'), None),
        (('-smbios', f'type=11,value=type=1,value=uuid={other}'), None),
        (('-smbios', f'type=3,uuid={other}'), None),
        (('-smbios', f'type=1,uuid={other}0'), None),
        (('-smbios', f'type=1,uuid={other[:-1]}'), None),
        (('-smbios', f'uuid={other}'), None),
        (('-smbios', f'type=,uuid={other}'), None),
        (('-smbios', 'type=1,uuid'), None),
        (('-smbios',), None),
        (('-smbios', ''), None),
        (('-uuid', none), None),
        (('-smbios', f'type=1,uuid={none}'), None),
    ]
    one_process_each(*(args for args, _ in commands))
    _, reading, series = all_modes()
    for n, (args, want) in enumerate(commands, 1):
        equal((args, vgpus_of(reading)[uuid(n)]['vm_uuid']), (args, want))
        equal(value_of(series, 'vgpu_instance_weight', vgpu=uuid(n),
                       uuid=want or ''), 101)


def proxmox():
    """Two VMs of one name, as Proxmox starts them, are two; a third one is a
    copy that was restored with its UUID."""
    vms = [('101', VM_UUID), ('102', 'bbbbbbbb-0000-4000-8000-00000000000b'),
           ('103', VM_UUID)]
    one_process_each(*(
        ('-id', vmid, '-name', 'web,debug-threads=on', '-no-shutdown',
         '-chardev', 'socket,id=qmp,path=/var/run/qemu-server/1.qmp,server=on',
         '-mon', 'chardev=qmp,mode=control', '-smbios', f'type=1,uuid={vm}')
        for vmid, vm in vms), ('-id', 'x', '-name', 'web'), ('-id',))
    plain, reading, series = all_modes()
    found = vgpus_of(reading)
    for n, (vmid, vm) in enumerate(vms, 1):
        v = found[uuid(n)]
        equal((v['vm'], v['vm_id'], v['vm_uuid']), ('web', vmid, vm))
        equal(value_of(series, 'vgpu_instance_info', type='RV100-8D',
                       domain='web', vmid=vmid, uuid=vm, vgpu=uuid(n),
                       gpu=GPU), 1)
        assert f' web ({vmid})\n' in plain, plain
    equal([found[uuid(n)]['vm_id'] for n in (4, 5)], [None, None])
    assert ' web\n' in plain and ' [qemu-system-x86 1005]\n' in plain, plain


def long_names():
    """A name too long is cut, between two characters."""
    tree = Tree(root)
    tree.add_gpu()
    tree.add_vgpu(1)
    tree.add_process(5, 'qemu', '-name', 'guest=' + 'ä' * 10000,
                     '-uuid', VM_UUID, fds=['/dev/vfio/1'])
    _, reading, _ = all_modes()
    vm = vgpus_of(reading)[uuid(1)]['vm']
    assert set(vm) <= {'ä', '?'} and 100 < len(vm) <= 255, vm


def who_has_it_open():
    """Only the process that has this group, or this device, open."""
    tree = Tree(root)
    tree.add_gpu()
    for n in range(1, 6):
        tree.add_vgpu(n, group=n + 10)
    os.makedirs(f'{tree.vgpu_dir(3)[:-4]}vfio-dev/vfio7')
    tree.add_process(10, 'other', '-name', 'wrong',
                     fds=['/dev/vfio/1', '/dev/vfio/110', '/dev/vfio/11x',
                          '/tmp/dev/vfio/11', '/dev/vfio/',
                          '/dev/vfio/99999999999999999999',
                          '/dev/vfio/devices/vfio70', 'socket:[11]'])
    tree.add_process(11, 'qemu', '-name', 'one', fds=['/dev/vfio/11'])
    tree.add_process(12, 'qemu', '-name', 'two', comm='client',
                     fds=['/dev/vfio/12', '/dev/vfio/devices/vfio7'])
    tree.add_process(14, comm='noargs', fds=['/dev/vfio/14'])
    write(f'{root}/proc/self/cmdline', b'')
    _, reading, _ = all_modes()
    found = [vgpus_of(reading)[uuid(n)] for n in range(1, 6)]
    equal([v['vm'] for v in found], ['one', 'two', 'two', None, None])
    equal([v['pid'] for v in found], [11, 12, 12, 14, None])
    equal(found[3]['program'], 'noargs')


def no_machine():
    """No driver: nothing to show is no error."""
    Tree(root)
    plain, reading, series = all_modes()
    equal((reading['gpus'], series), ([], {}))
    assert 'No GPU offers vGPUs' in plain
    os.environ['VGPU_ROOT'] = where + '/there/is/nothing'
    plain, reading, series = all_modes()
    os.environ['VGPU_ROOT'] = root
    equal((reading['gpus'], series), ([], {}))


def coming_and_going():
    """Without the link that comes last and goes first, files may be missing."""
    tree = Tree(root)
    tree.add_gpu()
    for n in (1, 2):
        tree.add_vgpu(n)
    os.unlink(f'{tree.gpu_dir()}/{uuid(2)}/mdev_type')
    _, reading, series = all_modes()
    equal(list(vgpus_of(reading)), [uuid(1)])
    equal(len(find(series, 'vgpu_instance_info')), 1)


def other_drivers():
    """Mediated devices of other drivers are none of our business."""
    tree = Tree(root)
    tree.add_gpu()
    tree.add_vgpu(1)
    other = f'{root}/sys/devices/0000:00:02.0/{uuid(9)}'
    os.makedirs(other)
    os.symlink('../../devices/0000:00:02.0',
               f'{root}/sys/class/mdev_bus/0000:00:02.0')
    os.makedirs(f'{tree.gpu_dir()}/{uuid(8)}')
    os.makedirs(f'{tree.gpu_dir()}/{uuid(7)}x/vgpu')
    os.makedirs(f'{tree.gpu_dir()}/power')
    _, reading, series = all_modes()
    equal([g['gpu'] for g in reading['gpus']], [GPU])
    equal(list(vgpus_of(reading)), [uuid(1)])
    equal(len(find(series, 'vgpu_instance_info')), 1)


def garbage(rng):
    """Something that a file might hold."""
    return rng.choice([
        b'', b'\n', b'-1\n', b'1 2\n', b'0x10\n', b'nan\n', b'1e9\n', b'5',
        b'18446744073709551615\n', b'18446744073709551616\n', b'9' * 5000,
        b'00000000000000000000000000007\n', b'1.5\n', b'.\n', b'1.\n',
        b'"}\n# EOF\nx 1\n', b'a\\', b'\xf0\x9f', b'\x80\x80\n', b'[[[]]]\n',
        b'[' + b'x' * 300, b'overflow\n', b'faulted\n', b'\0\0\0', b'7\0junk\n',
        bytes(rng.randrange(256) for _ in range(rng.randrange(5000))),
    ])


def spoil(rng, tree, gpus, n):
    for _ in range(rng.randrange(60)):
        gpu = rng.choice(gpus)
        name = rng.choice(GPU_NUMBERS + ['policy', 'compactable/RV100-4D'])
        path = f'{tree.gpu_dir(gpu)}/vgpu/{name}'
        what = rng.random()
        if what < 0.1:
            name = rng.choice(ENGINE_NUMBERS + ['class', 'slice'])
            path = f'{tree.gpu_dir(gpu)}/vgpu/engines/2d/{name}'
        elif what < 0.7 and n:
            i = rng.randrange(1, n + 1)
            name = rng.choice(VGPU_NUMBERS + GUARDS + ['type', 'state'] +
                              [f'engines/2d/{x}' for x in WORK_NUMBERS])
            path = f'{tree.vgpu_dir(i, gpus[i % len(gpus)])}/{name}'
        if not os.path.isfile(path):
            continue
        os.unlink(path)
        what = rng.random()
        if what < 0.1:
            os.mkdir(path)
        elif what < 0.15:
            os.symlink(path, path)
        elif what < 0.2:
            os.mkfifo(path)
        elif what < 0.9:
            write(path, garbage(rng))


def hostile(seed):
    """Files missing, garbage, links to themselves, pipes that nobody fills."""
    rng = random.Random(seed)
    tree = Tree(root)
    gpus = [f'0000:0{i}:05.0' for i in range(rng.randrange(1, 4))]
    for gpu in gpus:
        tree.add_gpu(gpu)
    n = rng.randrange(40)
    for i in range(1, n + 1):
        tree.add_vgpu(i, gpus[i % len(gpus)],
                      group=rng.choice([i, 0, -1, 'x', '9' * 30]))
        if rng.random() < 0.5:
            tree.add_process(rng.choice([i, 10 ** 12 + i]), 'qemu',
                             rng.choice(['-name', '-uuid', '-smbios', '-id']),
                             garbage(rng),
                             fds=[f'/dev/vfio/{i}'])
    spoil(rng, tree, gpus, n)
    _, reading, series = all_modes()
    equal(len(find(series, 'vgpu_instance_info')), len(vgpus_of(reading)))


def many():
    """Thousands of vGPUs."""
    tree = Tree(root)
    tree.add_gpu()
    for i in range(2000):
        tree.add_vgpu(i)
    _, reading, series = all_modes()
    equal(len(vgpus_of(reading)), 2000)
    equal(len(find(series, 'vgpu_instance_gpu_seconds_total')), 2000)
    share = the_engine(vgpus_of(reading)[uuid(5)])['share_percent']
    equal(abs(share - 0.05) < 0.001, True)


def sorting():
    tree = Tree(root)
    tree.add_gpu()
    for n, (faults, vram) in enumerate([(3, 4096), (1, 1024), (2, 2048)]):
        tree.add_vgpu(n, faults=faults, vram_size=vram)
    os.unlink(tree.vgpu_dir(1) + '/vram_size')

    def order(*args):
        out = run(TOP, '-b', '-n', '1', '-d', '0.1', *args)
        return [int(line[24:36], 16) for line in out.splitlines()
                if line.startswith('7e55')]
    equal(order('-s', 'faults'), [0, 2, 1])
    equal(order('-s', 'FAULTS', '-r'), [1, 2, 0])
    equal(order('-s', 'vram'), [0, 2, 1])
    equal(order('-s', 'vgpu', '-r'), [2, 1, 0])
    equal(order('-s', 'engine'), [0, 1, 2])


def shares():
    """By weight under best effort, else by limit."""
    def of(policy, *vgpus):
        tree = Tree(root)
        tree.add_gpu(policy=policy)
        for n, attrs in enumerate(vgpus):
            tree.add_vgpu(n, **attrs)
        found = vgpus_of(top_json(delay=0.1)[0])
        return [the_engine(v)['share_percent'] for v in found.values()]
    heavy = dict(weight=300, limit='100.00')
    light = dict(weight=100, limit='100.00')
    best = '[best_effort] equal_share fixed_share'
    equal(of(best, heavy, light), [75, 25])
    equal(of(best, heavy, dict(light, min=40)), [75, 40])
    equal(of(best, dict(heavy, limit='20.50'), light), [20.5, 25])
    equal(of('best_effort [equal_share] fixed_share', heavy,
             dict(light, limit='50.00')), [100, 50])


def arguments():
    for args in (['-d', '0'], ['-d', 'x'], ['-d', 'nan'], ['-n', '0'],
                 ['-n', '-1'], ['-s', 'nothing'], ['-b', '-j'], ['x'],
                 ['--nonsense']):
        run(TOP, *args, status=2)
    run(TOP, status=1)      # not on a terminal
    for args in (['-i', '5'], ['-f', 'x', '-l', 'y:1'], ['x'], ['-l', 'abc'],
                 ['-l', 'localhost:'], ['-f', 'x', '-i', '0'],
                 ['-l', 'localhost:65536'], ['-l', ':http'], ['-l', ':0']):
        run(EXPORTER, *args, status=2)
    run(EXPORTER, '-l', '192.0.2.1:9811', status=1)     # not ours
    run(EXPORTER, '-f', where + '/no/such/dir/x.prom', status=1)
    for tool in (TOP, EXPORTER):
        assert run(tool, '--help').startswith('Usage:')


def nothing_is_left():
    """Who writes a file again and again takes it away at the end: else its
    figures would go on for ever."""
    Tree(root).add_gpu()
    path = where + '/textfile/vgpu.prom'
    shutil.rmtree(os.path.dirname(path), ignore_errors=True)
    os.makedirs(os.path.dirname(path))
    for sig in (signal.SIGTERM, signal.SIGINT):
        writer = subprocess.Popen([EXPORTER, '-f', path, '-i', '86400'],
                                  stderr=subprocess.PIPE)
        until(lambda: os.path.exists(path))
        writer.send_signal(sig)
        _, err = writer.communicate(timeout=PATIENCE)
        equal((sig, writer.returncode, err), (sig, 0, b''))
        equal((sig, os.listdir(os.path.dirname(path))), (sig, []))
    # Somebody else may have been faster.
    writer = subprocess.Popen([EXPORTER, '-f', path, '-i', '86400'],
                              stderr=subprocess.PIPE)
    until(lambda: os.path.exists(path))
    os.unlink(path)
    writer.terminate()
    equal((writer.communicate(timeout=PATIENCE)[1], writer.returncode), (b'', 0))
    # Written once, it stays: by cron, for instance.
    run(EXPORTER, '-f', path)
    equal(os.listdir(os.path.dirname(path)), ['vgpu.prom'])


def full_disk():
    """Nothing may be lost in silence."""
    Tree(root).add_gpu()
    with open('/dev/full', 'w') as full:
        done = subprocess.run([TOP, '-b', '-n', '1', '-d', '0.1'], stdout=full,
                              stderr=subprocess.PIPE, timeout=PATIENCE)
    equal(done.returncode, 1)
    assert b'No space left' in done.stderr, done.stderr


tap.test('every figure has its unit and its name', every_figure)
tap.test('every state has its word', every_state)
tap.test('each file is one figure', each_file_is_used)
tap.test('a GPU with several engines', several_engines)
tap.test('engines without end', engines_without_end)
tap.test('names of VMs', names_of_vms)
tap.test('UUIDs of VMs', uuids_of_vms)
tap.test("Proxmox's VMs of one name", proxmox)
tap.test('long names of VMs', long_names)
tap.test('the process that has a vGPU open', who_has_it_open)
tap.test('a machine without a GPU', no_machine)
tap.test('vGPUs that come or go', coming_and_going)
tap.test('mediated devices of other drivers', other_drivers)
tap.test('sorting', sorting)
tap.test('shares', shares)
tap.test('2000 vGPUs', many)
for seed in range(20):
    tap.test(f'hostile files, seed {seed}', hostile, seed)
tap.test('arguments', arguments)
tap.test('a file that nobody writes any more', nothing_is_left)
tap.test('a full disk', full_disk)
tap.finish()

# SPDX-License-Identifier: GPL-2.0
"""The tools with the real driver, in the host VM: live.py

Makes vGPUs, has them work, and compares what the tools say with sysfs and with
what was done. TAP goes to $OUT/tests.tap; see run.sh.
"""
import glob
import grp
import http.client
import os
import shutil
import subprocess
import threading
import time
import uuid as uuids

from common import (EXPORTER, PATIENCE, TOP, Tap, engines_of, equal, find,
                    parse_prometheus, run, samples_of, the_engine, top_json,
                    until, value_of, vgpus_of)
from live_lib import (MDEVS, Process, attr, create, gpu_dir, read, remove,
                      write)
from terminal import Terminal

OUT = os.environ['OUT']
BUSY = os.environ['BUILD'] + '/tests-tools/busy'
PORT = 9811

tap = Tap(OUT + '/tests.tap')
GPU = os.path.basename(gpu_dir)
# How many metrics there are with a vGPU that was never copied.
NAMES = 53


def qemu(uuid, *args):
    """A VM without a system: its firmware looks at the vGPU."""
    return Process('qemu-system-x86_64', *args, '-accel', 'kvm', '-cpu', 'host',
                   '-m', '64', '-nodefaults', '-vga', 'none', '-display',
                   'none', '-device',
                   f'vfio-pci,sysfsdev={MDEVS}/{uuid},display=off')


def ask(path='/metrics', method='GET', **headers):
    connection = http.client.HTTPConnection('127.0.0.1', PORT, timeout=PATIENCE)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def scrape():
    answer, body = ask()
    equal(answer.status, 200)
    return samples_of(body)


def one(uuid):
    """What vgpu-top says of a vGPU, and of it on the one engine that there is."""
    vgpu = vgpus_of(top_json()[0])[uuid]
    return vgpu | the_engine(vgpu)


# ---- Who may open a vGPU

def is_for_kvm(node):
    found = os.stat(node)
    return (found.st_mode & 0o777, grp.getgrgid(found.st_gid).gr_name) == \
        (0o660, 'kvm')


def nodes():
    """Of its group; and of its character device, where the kernel has these: else
    udev says nothing of them, and nodes.py and tests/e2e/iommufd.sh do."""
    a = create('RV100-4D')
    group = os.path.basename(os.readlink(f'{MDEVS}/{a}/iommu_group'))
    until(lambda: is_for_kvm(f'/dev/vfio/{group}'))
    (device,) = glob.glob(f'{MDEVS}/{a}/vfio-dev/*')
    if os.path.exists(device + '/dev'):
        node = '/dev/vfio/devices/' + os.path.basename(device)
        until(lambda: is_for_kvm(node))
    remove(a)


# ---- vgpu-top

def no_vgpus():
    (reading,) = top_json()
    (gpu,) = reading['gpus']
    equal((gpu['gpu'], gpu['driver'], gpu['policy']),
          (GPU, 'vgpu_rv100', 'best_effort'))
    equal(gpu['vram_bytes'], int(read(gpu_dir + '/vgpu/vram_total')))
    equal(gpu['vram_free_bytes'], int(read(gpu_dir + '/vgpu/vram_free')))
    equal(gpu['vgpus'], [])
    equal(the_engine(gpu)['class'], '2d')
    assert the_engine(gpu)['idle_percent'] > 50, gpu


def settings():
    """Weight, cap and share are those that were set."""
    a, b = create('RV100-8D'), create('RV100-16D')
    write(f'{MDEVS}/{a}/vgpu/weight', '300')
    write(f'{MDEVS}/{b}/vgpu/weight', '100')
    write(f'{MDEVS}/{b}/vgpu/cap', '20')
    found = {uuid: vgpu | the_engine(vgpu)
             for uuid, vgpu in vgpus_of(top_json()[0]).items()}
    equal(set(found), {a, b})
    equal((found[a]['type'], found[b]['type']), ('RV100-8D', 'RV100-16D'))
    equal((found[a]['vram_bytes'], found[b]['vram_bytes']), (8 << 20, 16 << 20))
    equal((found[a]['weight'], found[b]['cap_percent']), (300, 20))
    equal((found[a]['share_percent'], found[b]['share_percent']), (75, 20))
    equal((found[a]['state'], found[a]['vm'], found[a]['pid']),
          ('ok', None, None))
    write(gpu_dir + '/vgpu/policy', 'fixed_share')
    shares = one(a)
    write(gpu_dir + '/vgpu/policy', 'best_effort')
    equal(shares['share_percent'], float(shares['limit_percent']))
    remove(a)
    remove(b)


def figures_move():
    """Of the vGPU that works, and not of the one that does not."""
    a, b = create('RV100-8D'), create('RV100-8D')
    with Process(BUSY, a) as busy:
        before = until(lambda: (v := one(a))['gpu_percent'] and v)
        after = until(lambda: (v := one(a))['gpu_seconds'] >
                      before['gpu_seconds'] and v)
        idle = one(b)
        equal((after['program'], after['pid']), ('busy', busy.pid))
        assert after['traps_per_second'] > 0 and after['traps'] > before['traps']
        assert after['gpu_seconds'] <= int(attr(a, 'engines/2d/gpu_time_ns')) / 1e9
        equal((idle['gpu_percent'], idle['wait_percent'],
               idle['traps_per_second'], idle['traps']), (0, 0, 0, 0))
        (gpu,) = top_json()[0]['gpus']
        engine = the_engine(gpu)
        assert engine['busy_percent'] > 0, gpu
        parts = [engine[k + '_percent'] for k in ('busy', 'switch', 'idle')]
        assert 99.9 < sum(parts) < 100.1, parts
        plain = run(TOP, '-b', '-n', '1', '-d', '0.5', '-s', 'gpu%')
        rows = [line.split() for line in plain.splitlines()
                if line[:36] in (a, b)]
        equal([row[0] for row in rows], [a, b])
        assert plain.rstrip().splitlines()[-2].endswith(f'[busy {busy.pid}]')
        # Two that want all of it wait for each other.
        with Process(BUSY, b):
            until(lambda: one(b)['gpu_percent'])
            waits = until(lambda: (v := one(b))['wait_percent'] and v)
        assert waits['wait_percent'] <= 100
    until(lambda: one(a)['pid'] is None)
    remove(a)
    remove(b)


def names():
    """Of VMs that QEMU was started for, as libvirt does it and as others do."""
    a, b = create('RV100-16D'), create('RV100-16D')
    vm, other = str(uuids.uuid4()), str(uuids.uuid4())
    with qemu(a, '-name', 'guest=web,,one,debug-threads=on', '-uuid', vm) as x, \
            qemu(b, '-name', 'plain', '-smbios',
                 f'type=1,uuid={other}') as y:
        until(lambda: one(a)['pid'] and one(b)['pid'])
        until(lambda: int(attr(a, 'traps_config')))
        found = vgpus_of(top_json()[0])
        equal((found[a]['vm'], found[a]['vm_uuid'], found[a]['pid']),
              ('web,one', vm, x.pid))
        equal((found[b]['vm'], found[b]['vm_uuid'], found[b]['pid']),
              ('plain', other, y.pid))
        series = scrape()
        labels = dict(vgpu=a, domain='web,one', uuid=vm, gpu=GPU)
        equal(value_of(series, 'vgpu_instance_info', type='RV100-16D',
                       **labels), 1)
        assert value_of(series, 'vgpu_instance_traps_total', access='config',
                        **labels) > 0
        screen = Terminal(160, 24, '-s', 'vm')
        screen.wait_for('web,one')
        screen.send('g')
        screen.wait_for('by GPU%')
        with open(OUT + '/screen.txt', 'w') as f:
            print('\n'.join(screen.lines()), file=f)
        equal(screen.end(), 0)
    until(lambda: one(a)['vm'] is None)
    remove(a)
    remove(b)


# What has the name of a vGPU's file and cannot use it; it says where it has it.
NAMES_IT = """
import os, sys, time
print(os.open(sys.argv[1], int(sys.argv[2])), flush=True)
time.sleep(1 << 20)
"""


def who_names_it_only():
    """Whoever was there before and has only the name is not who uses it."""
    a = create('RV100-8D')
    node = '/dev/vfio/' + os.path.basename(
        os.readlink(f'{MDEVS}/{a}/iommu_group'))
    until(lambda: os.path.exists(node))
    victim = str(uuids.uuid4())
    vm = '-name', 'guest=victim', '-uuid', victim
    who = ('setpriv', '--reuid=65534', '--clear-groups', 'python3', '-c',
           NAMES_IT, node, str(os.O_PATH), *vm)
    # In a file system of its own, as a container has one.
    where = ('unshare', '--mount', 'sh', '-c',
             'mount -t tmpfs none /dev/vfio && : > "$1" && shift && exec "$@"',
             'sh', node, 'python3', '-c', NAMES_IT, node, str(os.O_RDWR), *vm)
    with Process(*who, stdout=subprocess.PIPE) as one_of_them, \
            Process(*where, stdout=subprocess.PIPE) as other:
        for process in (one_of_them, other):
            fd = int(process.process.stdout.readline())
            equal(os.readlink(f'/proc/{process.pid}/fd/{fd}'), node)
        equal(one(a)['pid'], None)
        with Process(BUSY, a) as busy:
            found = until(lambda: (v := one(a))['pid'] and v)
            assert max(one_of_them.pid, other.pid) < busy.pid
            equal((found['pid'], found['vm'], found['vm_uuid']),
                  (busy.pid, None, None))
            equal(find(scrape(), 'vgpu_instance_info', uuid=victim), [])
    remove(a)


def two_engines():
    """Of a soft GPU, busy with different tenants at once."""
    subprocess.run(['modules', 'soft', 'vram_mb=64', 'slices=2'],
                   check=True)
    (soft,) = glob.glob('/sys/bus/pci/drivers/vgpu_soft/0000:*')
    a, b = (create(f'SOFT-16C-S{n}', gpu=soft) for n in (0, 1))
    name = os.path.basename(soft)

    def both_at_once():
        (reading,) = top_json(delay=1)
        (gpu,) = [g for g in reading['gpus'] if g['gpu'] == name]
        engines = engines_of(gpu)
        equal(list(engines), ['compute0', 'compute1', 'copy0', 'copy1'])
        busy = [engines[f'compute{n}']['busy_percent'] for n in (0, 1)]
        # Of one after the other it would be 100 at most.
        return sum(busy) > 101 and (engines, vgpus_of(reading))

    busy = 'env', 'GPU=soft', BUSY
    with Process(*busy, a, 'wait'), Process(*busy, b, 'wait'):
        engines, vgpus = until(both_at_once)
        for n, uuid in enumerate((a, b)):
            on = engines_of(vgpus[uuid])
            equal(list(on), [f'compute{n}', f'copy{n}'])
            equal(on[f'copy{n}']['gpu_percent'], 0)
            assert on[f'compute{n}']['gpu_percent'] > 0, on
            equal(on[f'compute{n}']['share_percent'], 100)
            equal(engines[f'copy{n}']['busy_percent'], 0)
        plain = run(TOP, '-b', '-n', '1', '-d', '1', '-s', 'vgpu')
        with open(OUT + '/engines.txt', 'w') as f:
            f.write(plain)
        rows = [line.split() for line in plain.splitlines()]
        equal(sorted((r[0], r[2]) for r in rows if r and r[0] in (a, b)),
              sorted((u, f'{e}{n}') for n, u in enumerate((a, b))
                     for e in ('compute', 'copy')))
        equal([r[0] for r in rows if len(r) > 1 and r[1] == 'busy' and
               r[0] != GPU], ['compute0', 'compute1', 'copy0', 'copy1'])
        series = scrape()
        for n, uuid in enumerate((a, b)):
            assert value_of(series, 'vgpu_instance_gpu_seconds_total',
                            vgpu=uuid, engine=f'compute{n}', gpu=name) > 0
    remove(a)
    remove(b)
    subprocess.run(['rmmod', 'vgpu_soft'], check=True)


def live_screen():
    a = create('RV100-8D')
    t = Terminal(79, 20, '-d', '0.3')
    t.wait_for(a[:8])
    remove(a)
    t.wait(lambda lines: not any(a[:8] in line for line in lines))
    equal(t.end(), 0)


# ---- vgpu-exporter

def http_rules():
    answer, body = ask('/')
    equal((answer.status, answer.getheader('Content-Type')),
          (200, 'text/html; charset=utf-8'))
    assert 'href="/metrics"' in body
    answer, body = ask()
    assert answer.getheader('Content-Type').startswith(
        'application/openmetrics-text; version=1.0.0')
    assert body.endswith('# EOF\n')
    answer, body = ask(method='HEAD')
    equal((answer.status, body), (200, ''))
    for method in ('POST', 'PUT', 'DELETE', 'OPTIONS'):
        answer, _ = ask(method=method)
        equal((answer.status, answer.getheader('Allow')), (405, 'GET, HEAD'))
    for path in ('/metrics/', '/../etc/passwd', '/x', '//'):
        equal(ask(path)[0].status, 404)
    equal(ask('/metrics?x=y')[0].status, 200)


def text_format():
    """What promtool checks, for those who do not know OpenMetrics."""
    a = create('RV100-8D')
    answer, body = ask(Accept='text/plain;version=0.0.4;q=0.5,*/*;q=0.1')
    assert answer.getheader('Content-Type').startswith(
        'text/plain; version=0.0.4'), answer.getheader('Content-Type')
    done = subprocess.run(['promtool', 'check', 'metrics'], input=body,
                          capture_output=True, text=True, timeout=PATIENCE)
    equal((done.returncode, done.stdout, done.stderr), (0, '', ''))
    equal(samples_of(body, parse_prometheus).keys(), scrape().keys())
    remove(a)


def figures_are_sysfs():
    a = create('RV100-8D')
    series = scrape()
    for name, file, unit in [
            ('vgpu_gpu_vram_bytes', 'vram_total', 1),
            ('vgpu_gpu_vram_free_bytes', 'vram_free', 1),
            ('vgpu_gpu_slice_seconds', 'slice_us', 1e-6),
            ('vgpu_gpu_watchdog_seconds', 'watchdog_ms', 1e-3)]:
        want = int(read(f'{gpu_dir}/vgpu/{file}')) * unit
        assert abs(value_of(series, name, gpu=GPU) - want) < 1e-9, name
    for types in glob.glob(gpu_dir + '/mdev_supported_types/*'):
        equal(value_of(series, 'vgpu_gpu_available_instances',
                       type=read(types + '/name')),
              int(read(types + '/available_instances')))
        equal(value_of(series, 'vgpu_gpu_compactable_instances',
                       type=read(types + '/name')),
              int(read(f"{gpu_dir}/vgpu/compactable/{read(types + '/name')}")))
    # None of them is left out: the driver has a file for each.
    for name in {n for n, _ in series}:
        assert find(series, name, gpu=GPU)
    # But for how fast it writes, which is known when it was copied.
    equal(len({n for n, _ in series}), NAMES)
    remove(a)


COUNTERS = '_total'


def identity(key):
    """A series whatever VM uses the vGPU."""
    name, labels = key
    return name, tuple(x for x in labels if x[0] not in ('domain', 'uuid'))


class Churn:
    """Clients of vGPUs that stay, and vGPUs that come and go."""

    def __init__(self):
        self.stop = False
        self.made = self.seen = 0
        self.since = time.monotonic()
        self.errors = []
        self.stay = [create('RV100-4D') for _ in range(2)]
        self.threads = [threading.Thread(target=self.guard, args=(fn,))
                        for fn in (self.instances, self.instances,
                                   self.clients)]

    def guard(self, fn):
        try:
            while not self.stop:
                fn()
        except Exception as e:
            self.errors.append(repr(e))

    def goes_on(self):
        """Whether it has made a vGPU lately."""
        if self.made > self.seen:
            self.seen, self.since = self.made, time.monotonic()
        return not self.errors and time.monotonic() < self.since + PATIENCE

    def instances(self):
        uuid = create('RV100-4D')
        self.made += 1
        remove(uuid)

    def clients(self):
        with Process(BUSY, self.stay[0]):
            time.sleep(0.5)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop = True
        for thread in self.threads:
            thread.join()
        for uuid in self.stay:
            remove(uuid)


def open_files():
    """Of the exporter, which must not be more and more."""
    return len(os.listdir(f'/proc/{server.pid}/fd'))


def whole(series):
    """Whoever has one metric has all."""
    who = {}
    for name, labels in series:
        if name.startswith('vgpu_instance_'):
            who.setdefault(name, set()).add(dict(labels)['vgpu'])
    for name, uuids in who.items():
        equal((name, uuids), (name, who['vgpu_instance_info']))


def scrapes_while_they_come_and_go():
    """Never an error, a part, a series twice, or a counter that goes back."""
    last, sizes, n = {}, set(), 0
    files = open_files()
    with Churn() as churn:
        while n < 24 or churn.made < 40 or len(sizes) < 2:
            assert churn.goes_on(), churn.errors
            series = scrape()
            n += 1
            sizes.add(len(find(series, 'vgpu_instance_info')))
            whole(series)
            now = {identity(k): v for k, v in series.items()
                   if k[0].endswith(COUNTERS)}
            equal(len(now), len([k for k in series if k[0].endswith(COUNTERS)]))
            for key, value in now.items():
                assert value >= last.get(key, 0), \
                    f'{key}: {last[key]}, then {value}'
            last.update(now)
        until(lambda: int(attr(churn.stay[0], 'engines/2d/gpu_time_ns')))
        for reading in top_json(count=5, delay=0.2):
            assert set(churn.stay) <= set(vgpus_of(reading))
    equal(churn.errors, [])
    until(lambda: open_files() <= files)
    tap.say(f'# {n} scrapes, {churn.made} vGPUs made and removed, '
            f'{min(sizes)} to {max(sizes)} at a time')


def textfile():
    """Whole at any time, and what node_exporter takes."""
    where = '/tmp/textfile'
    path = where + '/vgpu.prom'
    os.makedirs(where)
    a = create('RV100-8D')
    run(EXPORTER, '--textfile', path)
    equal((os.listdir(where), os.stat(path).st_mode & 0o777),
          (['vgpu.prom'], 0o644))
    writer = subprocess.Popen([EXPORTER, '-f', path, '-i', '1'])
    inodes = set()

    def another():
        inodes.add(os.stat(path).st_ino)
        assert a in read(path)
        series = samples_of(read(path) + '\n', parse_prometheus)
        equal(len({n for n, _ in series}), NAMES)
        return len(inodes) >= 3
    until(another)
    done = subprocess.run(['promtool', 'check', 'metrics'],
                          input=read(path) + '\n', capture_output=True,
                          text=True, timeout=PATIENCE)
    equal((done.returncode, done.stdout, done.stderr), (0, '', ''))
    with Process('prometheus-node-exporter', '--collector.disable-defaults',
                 '--collector.textfile', '--web.listen-address=127.0.0.1:9100',
                 '--log.level=error',
                 '--collector.textfile.directory=' + where):
        def from_node_exporter():
            connection = http.client.HTTPConnection('127.0.0.1', 9100)
            try:
                connection.request('GET', '/metrics')
                return connection.getresponse().read().decode()
            except OSError:
                return None
        written = os.stat(path).st_mtime
        series = samples_of(until(from_node_exporter), parse_prometheus)
        equal(value_of(series, 'node_textfile_scrape_error'), 0)
        equal(value_of(series, 'vgpu_instance_vram_bytes', vgpu=a), 8 << 20)
        # What an alert of rules.yml goes by.
        mtime = value_of(series, 'node_textfile_mtime_seconds', file=path)
        assert written - 1 < mtime < os.stat(path).st_mtime + 1, mtime
        writer.terminate()
        equal(writer.wait(timeout=PATIENCE), 0)
        equal(os.listdir(where), [])
        series = samples_of(from_node_exporter(), parse_prometheus)
        equal(find(series, 'vgpu_instance_vram_bytes'), [])
    remove(a)


def test(name, fn, *args):
    """What a test leaves when it fails does not harm the next one."""
    tap.test(name, fn, *args)
    for uuid in os.listdir(MDEVS):
        remove(uuid)


shutil.copy(os.path.dirname(os.path.abspath(__file__)) +
            '/../../packaging/60-vgpu.rules', '/etc/udev/rules.d')
run('udevadm', 'control', f'--timeout={PATIENCE}', '--reload')
test('udev: the nodes of a vGPU are for the group kvm', nodes)
test('vgpu-top: a GPU without vGPUs', no_vgpus)
test('vgpu-top: settings', settings)
test('vgpu-top: figures move when a vGPU works', figures_move)
server = subprocess.Popen([EXPORTER])
until(lambda: subprocess.run(['ss', '-Hltn', f'sport = :{PORT}'],
                             capture_output=True).stdout)
test('names of VMs, in all three', names)
test('who only has the name of a vGPU does not use it', who_names_it_only)
test('vgpu-top: live on a terminal', live_screen)
test('vgpu-exporter: HTTP', http_rules)
test('vgpu-exporter: text format, by promtool', text_format)
test('vgpu-exporter: figures are those of sysfs', figures_are_sysfs)
test('scrapes while vGPUs come and go', scrapes_while_they_come_and_go)
test('textfile, and node_exporter', textfile)
test('two engines, busy with different tenants at once', two_engines)
server.terminate()
test('vgpu-exporter: ends when told', equal, server.wait(timeout=PATIENCE), 0)
tap.finish()

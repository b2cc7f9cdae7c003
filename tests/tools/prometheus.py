# SPDX-License-Identifier: GPL-2.0
"""A guest that draws, in Prometheus' books, in the host VM: prometheus.py

The tools are installed, the exporter runs as systemd's service, and Prometheus
has the rules and the dashboard's queries of docs/monitoring. TAP goes to
$OUT/tests.tap; see run.sh.
"""
import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from common import PATIENCE, Tap, equal, install_tools, run, samples_of, until
from live_lib import Process, create, remove

OUT = os.environ['OUT']
REPO = os.path.dirname(os.path.abspath(__file__)) + '/../..'
DOCS = REPO + '/docs/monitoring'
WHERE = '/tmp/prometheus'
CONFIG = {
    # A scrape that takes as long as the interval has failed.
    'global': {'scrape_interval': '5s', 'scrape_timeout': '5s',
               'evaluation_interval': '5s'},
    'rule_files': [WHERE + '/rules.yml'],
    'scrape_configs': [{
        'job_name': 'vgpu',
        'static_configs': [{'targets': ['127.0.0.1:9811']}],
    }],
}

tap = Tap(OUT + '/tests.tap')


def get(url):
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return answer.read().decode()


def api(path, **args):
    """Of Prometheus' HTTP API; None as long as it is not there."""
    url = f'http://127.0.0.1:9090/api/v1/{path}?' + urllib.parse.urlencode(args)
    try:
        answer = json.loads(get(url))
    except urllib.error.HTTPError as e:
        if e.code == 503:       # it has only begun
            return None
        raise AssertionError(f'{path} {args}: {e.read().decode()}') from e
    except OSError:
        return None
    equal(answer['status'], 'success')
    return answer['data']


def query(text):
    """[(labels, value)]"""
    data = api('query', query=text)
    return [(s['metric'], float(s['value'][1])) for s in data['result']]


def service():
    """As the package has it: enabled by hand, with two capabilities."""
    install_tools()
    unit = '/usr/lib/systemd/system/vgpu-exporter.service'
    run('systemd-analyze', 'verify', '--man=no', unit)
    run('systemctl', 'daemon-reload')
    run('systemctl', 'start', 'vgpu-exporter')
    assert samples_of(get('http://127.0.0.1:9811/metrics'))
    pid = run('systemctl', 'show', '-P', 'MainPID', 'vgpu-exporter').strip()
    with open(f'/proc/{pid}/status') as f:
        status = dict(line.split(':', 1) for line in f)
    assert '0' not in status['Uid'].split(), status['Uid']
    # CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE.
    equal(int(status['CapEff'], 16), 1 << 2 | 1 << 19)


def guest_starts():
    run('guest', 'start', 'web', '--mdev', vgpu, '--run',
        "echo fill_256x256 0 600 0 | bench2d", env=os.environ)


def scraped():
    (target,) = until(lambda: (d := api('targets')) and
                      [t for t in d['activeTargets']
                       if t['lastScrape'] > '2000' and t['health'] == 'up'])
    equal(target['lastError'], '')
    # Only OpenMetrics has these types, and units.
    known = {m['metric']: m for m in api('targets/metadata')
             if m['metric'].startswith('vgpu_')}
    equal(known['vgpu_instance']['type'], 'info')
    equal(known['vgpu_instance_state']['type'], 'stateset')
    equal((known['vgpu_instance_gpu_seconds']['type'],
           known['vgpu_instance_gpu_seconds']['unit']), ('counter', 'seconds'))


def rules_of(kind):
    return [r for g in api('rules')['groups'] for r in g['rules']
            if r['type'] == kind]


def bill():
    """GPU seconds of the guest that draws."""
    records = {r['name']: r['query'] for r in rules_of('recording')}
    equal(len(records), 5)
    seconds = until(lambda: [
        (labels, v) for labels, v in
        query(records['domain:vgpu_gpu_seconds:increase1h']) if v > 0])
    equal([labels['domain'] for labels, _ in seconds], ['web'])
    (had,) = query(f'vgpu_instance_gpu_seconds_total{{vgpu="{vgpu}"}}')
    equal((had[0]['domain'], had[0]['job']), ('web', 'vgpu'))
    for name, text in records.items():
        # One has a sample a minute, and this is the first.
        assert query(text) or name.endswith('_hours:sum1h'), name
    (use,) = query(records['engine:vgpu_gpu_busy:ratio_rate5m'])
    assert 0 < use[1] <= 1, use
    for rule in rules_of('alerting'):
        assert not any(a['state'] == 'firing' for a in rule['alerts']), rule
        query(rule['query'])


def dashboard():
    with open(DOCS + '/grafana-dashboard.json') as f:
        panels = json.load(f)['panels']
    empty = []
    for panel in panels:
        for target in panel['targets']:
            text = target['expr'].replace('$__rate_interval', '1m')
            for name in ('gpu', 'host', 'domain'):
                text = text.replace('$' + name, '.*')
            if not query(text):
                empty.append(panel['title'])
    # A rule that is evaluated once a minute.
    assert set(empty) <= {'GPU seconds in the last hour'}, empty


def log_is_quiet():
    log = run('journalctl', '-q', '-o', 'cat', '-u', 'vgpu-exporter',
              '_COMM=vgpu-exporter')
    equal(log, '')


os.makedirs(WHERE)
with open(WHERE + '/prometheus.yml', 'w') as f:
    json.dump(CONFIG, f)
with open(DOCS + '/rules.yml') as f, open(WHERE + '/rules.yml', 'w') as g:
    g.write(f.read())
vgpu = create('RV100-16D')
tap.test('the service of vgpu-exporter', service)
tap.test('a guest starts', guest_starts)
with Process('prometheus', f'--config.file={WHERE}/prometheus.yml',
             f'--storage.tsdb.path={WHERE}/data', '--log.level=error',
             '--web.listen-address=127.0.0.1:9090'):
    tap.test('Prometheus reads OpenMetrics', scraped)
    tap.test('GPU seconds on the bill of a VM that draws', bill)
    tap.test("the dashboard's queries", dashboard)
tap.test('the exporter has nothing to complain of', log_is_quiet)
subprocess.run(['guest', 'stop', 'web'], check=False)
remove(vgpu)
tap.finish()

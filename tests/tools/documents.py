# SPDX-License-Identifier: GPL-2.0
"""What comes with the tools: documents.py DIR

Man pages, completion, the metrics table, rules and dashboard. TAP goes to
DIR/tests.tap.
"""
import json
import os
import re
import subprocess
import sys

from common import EXPORTER, TOP, Tap, equal, parse_prometheus, run
from tree import Tree

where = sys.argv[1]
os.makedirs(where, exist_ok=True)
tap = Tap(where + '/tests.tap')
repo = os.path.dirname(os.path.abspath(__file__)) + '/../..'
rules = repo + '/docs/monitoring/rules.yml'
dashboard = repo + '/docs/monitoring/grafana-dashboard.json'


def metrics():
    """Names of all metrics, from the exporter itself."""
    tree = Tree(where + '/tree')
    tree.add_gpu()
    tree.add_vgpu(1)
    out = run(EXPORTER, '-b', '1', '-f', '-', env={'VGPU_ROOT': where + '/tree'})
    return {s.name for f in parse_prometheus(out) for s in f.samples}


def man_page(tool, section=1):
    page = f'{repo}/tools/{tool}.{section}'
    equal(run('mandoc', '-T', 'lint', '-W', 'warning', page), '')
    text = re.sub(r'.\x08', '', run('mandoc', '-T', 'utf8', page))
    options = re.findall(r'--[a-z]+', run(f'{os.path.dirname(TOP)}/{tool}', '--help'))
    assert len(options) >= 4
    for option in options:
        assert option in text, f'{option} is not in {page}'


def complete(tool, *words):
    script = f'''
        . /usr/share/bash-completion/bash_completion
        . {repo}/tools/{tool}.completion
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        COMP_LINE="$*" COMP_POINT=${{#COMP_LINE}}
        compopt() {{ :; }}
        $(complete -p "$1" | sed 's/.*-F \\([^ ]*\\).*/\\1/') "$1" "${{!#}}"
        printf '%s\\n' "${{COMPREPLY[@]}}"'''
    env = dict(os.environ, PATH=os.path.dirname(TOP) + ':' + os.environ['PATH'])
    return run('bash', '-c', script, 'bash', tool, *words, env=env).split()


def completion():
    equal(complete('vgpu-top', '--it'), ['--iterations='])
    equal(complete('vgpu-top', '-s', 'wa'), ['wait%'])
    equal(complete('vgpu-top', '-d', ''), [])
    equal(complete('vgpu-exporter', '--te'), ['--textfile='])
    equal(complete('vgpu-executor', '--yi'), ['--yield'])
    equal(complete('vgpu-executor', '-r', 'pocl.abs'), ['pocl.abs.f32'])
    assert 'tests' in complete('vgpu-exporter', '-f', repo + '/tes')[0]


def metrics_table():
    """docs/monitoring.md has each metric, and no other."""
    with open(repo + '/docs/monitoring.md') as f:
        table = set(re.findall(r'^\| `(vgpu_[a-z_]+)`', f.read(), re.M))
    equal(table, metrics())


def names_in(text):
    return set(re.findall(r'(?<![:a-z_])vgpu_(?:gpu|instance)_[a-z_]+(?=[{\[])',
                          text))


def rules_hold():
    run('promtool', 'check', 'rules', rules)
    out = subprocess.run(['promtool', 'test', 'rules', 'rules_test.yml'],
                         cwd=repo + '/tests/tools', capture_output=True)
    assert out.returncode == 0, out.stdout.decode() + out.stderr.decode()
    with open(rules) as f:
        used = names_in(f.read())
    assert len(used) > 8 and used <= metrics(), used - metrics()


def board():
    with open(dashboard) as f:
        return json.load(f)


def dashboard_is_content():
    """Each query is PromQL, of metrics that there are."""
    grafana = board()
    queries = [t['expr'] for p in grafana['panels'] for t in p['targets']]
    assert len(queries) > 10
    assert len({p['id'] for p in grafana['panels']}) == len(grafana['panels'])
    used = names_in(' '.join(queries))
    assert len(used) > 8 and used <= metrics(), used - metrics()
    variables = {v['name'] for v in grafana['templating']['list']}
    asked = set(re.findall(r'\$\{?([a-z]+)', json.dumps(grafana['panels'])))
    assert asked <= variables, asked - variables
    known = where + '/queries.yml'
    with open(known, 'w') as f:
        group = {'name': 'dashboard', 'rules': [
            {'record': f'query{i}', 'expr': q.replace('$__rate_interval', '1m')}
            for i, q in enumerate(queries)]}
        json.dump({'groups': [group]}, f)
    run('promtool', 'check', 'rules', known)


# Eight VMs, five of them "web": two of Proxmox, where the second is a copy of the
# first, UUID and all; one of libvirt; two without a UUID, on hosts whose vGPUs
# have the same. One without a name; two of KubeVirt in different namespaces. The
# first has a second vGPU, elsewhere.
VMS = [
    dict(instance='h1', vgpu='v1', domain='web', uuid='u1', vmid='101'),
    dict(instance='h2', vgpu='v7', domain='web', uuid='u1', vmid='101'),
    dict(instance='h1', vgpu='v2', domain='web', uuid='u1', vmid='102'),
    dict(instance='h1', vgpu='v3', domain='web', uuid='u3', vmid=''),
    dict(instance='h1', vgpu='v4', domain='web', uuid='', vmid=''),
    dict(instance='h2', vgpu='v4', domain='web', uuid='', vmid=''),
    dict(instance='h1', vgpu='v6', domain='', uuid='u6', vmid=''),
    dict(instance='h3', vgpu='v8', domain='a_web', uuid='u8', vmid=''),
    dict(instance='h3', vgpu='v9', domain='b_web', uuid='u8', vmid=''),
]
# How many series they are in each panel that tells VMs, or vGPUs, apart.
IN_PANELS = {
    'GPU time by VM': 8, 'Trapped accesses': 8, 'Video memory': 8,
    'GPU seconds in the last hour': 8, 'Waiting for the GPU': 9,
    'Migrations': 9, 'Memory written': 9,
    "Engines' time by vGPU": 18,
}


def vms_are_told_apart():
    """The dashboard takes no two VMs for one, and no VM for two."""
    series = [{'series': f'{name}{{gpu="g",{extra}' + ','.join(
                   f'{k}="{v}"' for k, v in vm.items()) + '}',
               'values': '0+60x60'}
              for vm in VMS for name, extra in (
                  ('vgpu_instance_info', ''),
                  ('vgpu_instance_gpu_seconds_total', 'engine="a",'),
                  ('vgpu_instance_gpu_seconds_total', 'engine="b",'),
                  ('vgpu_instance_wait_seconds_total', 'engine="a",'),
                  ('vgpu_instance_vram_bytes', ''),
                  ('vgpu_instance_dirty_rate_bytes_per_second', ''),
                  ('vgpu_instance_migration_bytes_total', 'direction="in",'),
                  ('vgpu_instance_traps_total', 'access="read",'))]
    queries = {p['title']: re.sub(r'\$(gpu|host|domain)', '.*',
                                  p['targets'][0]['expr'])
               .replace('$__rate_interval', '5m') for p in board()['panels']}
    wanted = [(f'count({queries[title]})', n) for title, n in IN_PANELS.items()]
    wanted.append((queries['VMs'], 8))
    tests = [{'expr': expr, 'eval_time': '60m', 'exp_samples': [{'value': n}]}
             for expr, n in wanted]
    path = os.path.abspath(where) + '/vms_test.yml'
    with open(path, 'w') as f:
        json.dump({'rule_files': [os.path.abspath(rules)],
                   'evaluation_interval': '1m',
                   'tests': [{'interval': '1m', 'input_series': series,
                              'promql_expr_test': tests}]}, f)
    out = subprocess.run(['promtool', 'test', 'rules', path],
                         capture_output=True)
    assert out.returncode == 0, out.stdout.decode() + out.stderr.decode()


tap.test('man page of vgpu-top', man_page, 'vgpu-top')
tap.test('man page of vgpu-exporter', man_page, 'vgpu-exporter')
tap.test('man page of vgpu-executor', man_page, 'vgpu-executor', 8)
tap.test('completion', completion)
tap.test('metrics in docs/monitoring.md', metrics_table)
tap.test('rules of docs/monitoring', rules_hold)
tap.test('dashboard of docs/monitoring', dashboard_is_content)
tap.test('VMs of one name in the dashboard', vms_are_told_apart)
tap.finish()

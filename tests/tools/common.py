# SPDX-License-Identifier: GPL-2.0
"""What the tests of tools/ have in common: TAP, running the tools, parsing."""
import json
import os
import subprocess
import sys
import traceback

from prometheus_client.openmetrics.parser import \
    text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import \
    text_string_to_metric_families as parse_prometheus

import tap
from patience import PATIENCE, wait_until

BIN = os.environ.get('BIN', '/build/tools')
TOP = BIN + '/vgpu-top'
EXPORTER = BIN + '/vgpu-exporter'


def until(what):
    """What it returns when that is something, at last."""
    return wait_until('what is asked for here', what)


class Tap(tap.Tap):
    """Tests in a row."""

    def test(self, name, fn, *args):
        trouble = None
        try:
            fn(*args)
        except Exception:
            trouble = traceback.format_exc()
        self.result(name, trouble)

    def finish(self):
        self.plan()
        sys.exit(1 if self.failed else 0)


def run(*command, status=0, **kwargs):
    """Runs a command that must end with a status, and not complain then."""
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, **kwargs)
    out = done.stdout.decode()
    err = done.stderr.decode(errors='replace')
    assert done.returncode == status, \
        f'{command}: status {done.returncode}\n{out[-2000:]}\n{err[-4000:]}'
    if status == 0:
        assert not err, f'{command}: {err}'
    return out if status == 0 else err


def install_tools():
    """As the package has them; what is there may be running."""
    run('cp', '-a', '--remove-destination',
        os.environ['BUILD'] + '/tools-install/.', '/')


def udevadm_test(device, **env):
    """What udev would do with a device that is new, and by which rules."""
    done = subprocess.run(['udevadm', 'test', '--action=add', device],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=PATIENCE, env=dict(os.environ, **env))
    assert 'DEVPATH=' in done.stdout, done.stdout
    return done.stdout


def no_constant(text):
    raise ValueError('not JSON: ' + text)


def top_json(count=1, delay=0.3, **kwargs):
    """All readings of vgpu-top -j."""
    out = run(TOP, '-j', '-n', str(count), '-d', str(delay), **kwargs)
    readings = [json.loads(line, parse_constant=no_constant)
                for line in out.splitlines()]
    assert len(readings) == count, out
    return readings


def vgpus_of(reading):
    return {v['vgpu']: v for g in reading['gpus'] for v in g['vgpus']}


def engines_of(whose):
    """Of a GPU or a vGPU, by name."""
    return {e['engine']: e for e in whose['engines']}


def the_engine(whose):
    """Of a GPU that has no other, or a vGPU on such a one."""
    (engine,) = whose['engines']
    return engine


def samples_of(text, parse=parse_openmetrics):
    """{(name, labels): value}; a series that is there twice is an error."""
    series = {}
    for family in parse(text):
        assert family.documentation, f'{family.name}: no HELP'
        assert family.type != 'unknown', f'{family.name}: no TYPE'
        for s in family.samples:
            key = (s.name, tuple(sorted(s.labels.items())))
            assert key not in series, f'twice: {key}'
            series[key] = s.value
    return series


def find(series, name, **labels):
    """The values of a metric whose labels are at least these."""
    return [value for (n, ls), value in series.items()
            if n == name and labels.items() <= dict(ls).items()]


def value_of(series, name, **labels):
    found = find(series, name, **labels)
    assert len(found) == 1, f'{name} {labels}: {found}'
    return found[0]


def equal(a, b):
    assert a == b, f'{a!r} is not {b!r}'

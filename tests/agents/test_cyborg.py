# SPDX-License-Identifier: GPL-2.0
"""As the agent of Cyborg uses sysfs, after it has found a GPU."""
import configparser
import pathlib
import re
import uuid

import pytest

from conftest import blocks
from host import MDEVS, call

# How it reads a line of lspci.
LINE = re.compile(r'(?P<device>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]) '
                  r'(?P<controller>.*) [\[].*]: (?P<model>.*) .*'
                  r'[\[](?P<vendor>[0-9a-f]{4}):(?P<product>[0-9a-f]{4})].*', re.I)


def config():
    """(type, GPU) of the example of docs/ci.md."""
    [text] = blocks('ini cyborg')
    parser = configparser.ConfigParser()
    parser.read_string(text)
    for kind in parser['gpu_devices']['enabled_vgpu_types'].split(','):
        yield kind, parser[f'vgpu_{kind}']['device_addresses']


def accelerators(gpu, kind):
    place = pathlib.Path('/sys/bus/pci/devices', gpu, 'mdev_supported_types', kind)
    return int((place / 'available_instances').read_text()) + \
        len(list((place / 'devices').iterdir()))


@pytest.mark.parametrize('kind, gpu', config())
def test_handles_become_vgpus_and_go(gpus, kind, gpu):
    number = accelerators(gpu, kind)
    assert number > 1
    place = pathlib.Path('/sys/class/mdev_bus', gpu, 'mdev_supported_types', kind)
    handles = [str(uuid.uuid4()) for _ in range(number)]
    for handle in handles:
        (place / 'create').write_text(handle)
        assert accelerators(gpu, kind) == number
    assert {path.name for path in MDEVS.glob('*')} == set(handles)
    with pytest.raises(OSError):
        (place / 'create').write_text(str(uuid.uuid4()))
    for handle in handles:
        (place / 'devices' / handle / 'remove').write_text('1')
        assert accelerators(gpu, kind) == number
    assert not list(MDEVS.glob('*'))


def test_what_its_lspci_says(gpus):
    """That of docs/ci.md: neither vendor nor class are those that it looks for."""
    lines = call('lspci', '-nnn', '-D').splitlines()
    for _, gpu in config():
        [line] = [line for line in lines if line.startswith(gpu)]
        found = LINE.match(line)
        assert found['vendor'] == '1234'
        assert found['controller'] == 'Processing accelerators'

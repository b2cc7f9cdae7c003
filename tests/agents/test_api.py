# SPDX-License-Identifier: GPL-2.0
"""tests/ops/nova.py, libvirt's API as a cloud's agent uses it, on a soft GPU that has
several types with names of its operator's."""
import pytest

from conftest import DIRS, REPO, remove_gpus
from host import call

OWN = {'SMALL': ('C', 4), 'LARGE': ('C', 16), 'DESK': ('B', 8), 'BOTH': ('Q', 16)}


@pytest.fixture(scope='module')
def own_types():
    """One GPU with four."""
    call('modprobe', 'vgpu-soft', 'gpus=0')
    gpu = DIRS / 'one'
    gpu.mkdir()
    for name, (kind, vram) in OWN.items():
        place = gpu / 'types' / name
        place.mkdir()
        (place / 'kind').write_text(kind)
        (place / 'vram_mb').write_text(str(vram))
    (gpu / 'vram_mb').write_text('64')
    (gpu / 'enable').write_text('1')
    yield gpu
    remove_gpus()


@pytest.mark.parametrize('arguments', [
    'capabilities', 'cycle vgpu_soft-SMALL', 'transient vgpu_soft-DESK',
    'external vgpu_soft-BOTH', 'fill vgpu_soft-LARGE'])
def test_api_with_several_types_on_a_parent(own_types, arguments):
    call(REPO / 'tests/ops/nova.py', *arguments.split())

# SPDX-License-Identifier: GPL-2.0
"""A VM of libvirt moves between two hosts of different kernels, again and again, while it
draws and computes; on each of them somebody else's vGPU is busy beside its own."""
import time

import pytest

from conftest import Vgpu, Vm, for_all, vgpus_on
from host import wait_until
# The hosts are made by these.
from hosts import here, there  # noqa: F401 pylint: disable=unused-import
from hosts import LONG, on_its_way

MOVES = 10
# Percent of an engine. More would leave the hosts, of one emulated CPU each, no time.
SHARE = 10


class Neighbour:
    """Of the VM's vGPUs on a host: it always has work for an engine of one of them."""

    def __init__(self, host):
        self.vgpu = Vgpu(host, 'SOFT-4C')
        host.run(f'echo {SHARE} > {self.vgpu.path}/vgpu/cap')
        host.run('systemd-run --unit=neighbour -E GPU=soft -p Nice=19 bash -c '
                 f'"sleep infinity | /build/bench/crowd fill {self.vgpu.uuid}"')
        wait_until('a neighbour at work', lambda: self.vgpu.count('ops'))
        self.last = self.times()

    def times(self):
        """Of the engine that it had, and all."""
        return self.vgpu.count('gpu_time_ns'), time.monotonic_ns()

    def share(self):
        """Percent that it had since it was last asked for."""
        before, self.last = self.last, self.times()
        had, passed = (now - then for now, then in zip(self.last, before))
        return 100 * had / passed

    def end(self):
        self.vgpu.host.run('systemctl stop neighbour')
        self.vgpu.remove()


@pytest.fixture(scope='module')
def homes(here, there):
    """Where it is, and where it is not."""
    return [vgpus_on(here), vgpus_on(there)]


@pytest.fixture(scope='module')
def vm(here, homes):
    it = Vm(here, homes[0], for_all())
    it.start_work()
    yield it
    it.end()


@pytest.fixture(scope='module')
def neighbours(vm, here, there):  # pylint: disable=unused-argument
    both = [Neighbour(host) for host in (here, there)]
    yield both
    for neighbour in both:
        neighbour.end()


def test_the_kernels_are_different(here, there):
    assert here.run('uname -r') != there.run('uname -r')


@pytest.mark.parametrize('number', range(1, MOVES + 1))
def test_ten_times_in_a_row(vm, homes, neighbours, number):
    """Neighbours keep their share meanwhile. At last its screen shows there what it drew
    while it was copied."""
    for neighbour in neighbours:
        neighbour.share()
    vgpus = homes[number % 2]
    with on_its_way(vm, vgpus) as virsh:
        if number == MOVES:
            vm.end_drawing('before-the-last')
        vm.host.run(LONG)
    virsh.result()
    vm.is_at(vgpus, vgpus[0].host)
    if number < MOVES:
        vm.goes_on()
    shares = [neighbour.share() for neighbour in neighbours]
    assert min(shares) > SHARE / 2, shares


def test_what_it_did_is_right(vm, homes, neighbours):
    vm.shows('after-the-last')
    vm.end_computing()
    for vgpu in sum(homes, [neighbour.vgpu for neighbour in neighbours]):
        assert vgpu.count('dropped') == 0


def test_each_was_saved_and_loaded_as_often(homes):
    often = str(MOVES // 2)
    counts = 'saves', 'loads', 'saves_failed', 'loads_failed'
    for vgpu in sum(homes, []):
        assert [vgpu.attr(f'migration/{count}') for count in counts] == [
            often, often, '0', '0']


def test_nothing_was_denied(here, there):
    for host in here, there:
        assert 'apparmor="DENIED"' not in host.run('dmesg')

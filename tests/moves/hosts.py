# SPDX-License-Identifier: GPL-2.0
"""Two hosts at the ends of a cable, and a VM's way from one to the other, by the commands
of docs/user-guide.md."""
import concurrent.futures
import contextlib
import re
import time

import pytest

from conftest import Host, Other, renamed, told
from host import wait_until

# On the cable nobody asks who somebody is.
BY_TCP = 'qemu+ssh://', 'qemu+tcp://'
# How long it may stand. In the one case all of its vGPUs' memory may be moved then,
# slowly here; in the other nothing, so that it is copied for ever.
LONG = told('virsh migrate-setmaxdowntime').replace('2000', '600000')
NEVER = told('virsh migrate-setmaxdowntime').replace('2000', '1')
SLOWLY = '--available-switchover-bandwidth 1'


@pytest.fixture(scope='module')
def here():
    return Host()


@pytest.fixture(scope='module')
def there():
    """When it has booted."""
    it = Other()

    def answers():
        try:
            return it.run('true') == ''
        except OSError:
            return False
    wait_until('the other host', answers)
    return it


def migrate(vm, vgpus, more=''):
    """The command of the guide."""
    vm.host.run(told('virsh dumpxml'))
    vm.host.run(renamed(vm.vgpus, vgpus))
    command = told('virsh migrate --live').replace(*BY_TCP)
    return f'host2={vgpus[0].host.name}; {command} {more}'


def is_copied_again(host):
    """All of it was, and now it is what was written since. Asked rarely: it is virsh
    that takes the emulated CPU's time."""
    time.sleep(3)
    said = host.run('virsh domjobinfo vm1')
    rounds = re.search(r'Iteration: +(\d+)', said)
    return rounds and int(rounds[1]) > 2


@contextlib.contextmanager
def on_its_way(vm, vgpus):
    """It is copied, and would be for ever. What virsh comes to; it has ended at the
    end, too."""
    host = vm.host
    host.run(NEVER)
    command = migrate(vm, vgpus, SLOWLY)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        virsh = pool.submit(host.run, command)
        try:
            wait_until('it to be copied',
                       lambda: virsh.done() or is_copied_again(host))
            assert not virsh.done(), virsh.exception()
            yield virsh
            wait_until('the end of virsh', virsh.done)
        finally:
            if not virsh.done():
                host.run('virsh domjobabort vm1; true')

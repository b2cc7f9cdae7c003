# SPDX-License-Identifier: GPL-2.0
"""A VM of libvirt with a vGPU of each GPU, which draws and computes, on one host or the
other; and the commands of docs/user-guide.md, "Move a VM"."""
import pathlib
import re
import shlex
import socket
import uuid

import guide
from console import Console
from host import Tap, call, wait_until

REPO = pathlib.Path(__file__).parent.parent.parent
CONFIG = REPO / 'qemu-configs/libvirt/domain.xml'
DIR = '/tmp'            # for what the guide leaves in the current one
LOG = '/var/log/libvirt/qemu/vm1-serial.log'
MODE = 800, 600
SCENE = "sunrise {} {} moved 'from afar'"

# Both at once, each until it is told something; the shell is free meanwhile.
WORK = ('rm -f /tmp/a /tmp/b; mkfifo /tmp/a /tmp/b; '
        "scene -w -l moved -n 'from afar' sunrise < /tmp/a & drawing=$!; "
        'soft work < /tmp/b & computing=$!; exec 3> /tmp/a 4> /tmp/b')
END_DRAWING = 'echo >&3; wait $drawing'
END_COMPUTING = 'echo >&4; wait $computing'


def pytest_configure(config):
    config.pluginmanager.register(Tap())


def blocks(kind):
    """Those of the guide's chapter that are marked so."""
    return guide.blocks('Move a VM', kind)


def told(words):
    """The guide's first command that begins with these words."""
    lines = [line for block in blocks('sh move')
             for line in block.replace('\\\n', '').splitlines()]
    return next(line for line in lines if line.startswith(words))


def renamed(vgpus, new):
    """The guide's command by which vm1-there.xml has other vGPUs, for each of them."""
    return '; '.join(f'vgpu1={old.uuid} there1={there.uuid}; {told("sed -i")}'
                     for old, there in zip(vgpus, new))


class Host:
    """This one."""
    name = 'here'

    def run(self, command):
        """Output of a line of shell that must succeed."""
        return call('bash', '-c', command, cwd=DIR)

    def fails(self, command):
        """Of one that must not."""
        return self.run(f'! {{ {command}; }}')

    def states(self):
        """Of its VMs."""
        return self.run("virsh list --all --name | grep . | while read -r vm; do "
                        'echo "$vm: $(virsh domstate "$vm" | head -n 1)"; done')


class Other(Host):
    """The one at the other end of the cable."""
    name = 'there'
    address = '10.0.0.2', 4000

    def run(self, command):
        with socket.create_connection(self.address) as line:
            line.sendall(f'{command}\n'.encode())
            said = b''.join(iter(lambda: line.recv(1 << 16), b'')).decode()
        said, _, status = said.rpartition('status ')
        assert status == '0\n', f'{command}: {said}'
        return said


class Vgpu:
    """Of a type, on a host."""

    def __init__(self, host, kind):
        self.host = host
        self.uuid = str(uuid.uuid4())
        self.path = f'/sys/bus/mdev/devices/{self.uuid}'
        host.run(f'echo {self.uuid} > '
                 f'/sys/class/mdev_bus/*/mdev_supported_types/*-{kind}/create')
        host.run(f'cd {self.path}/vgpu; [ ! -e resolution ] || '
                 f'echo {MODE[0]}x{MODE[1]} > resolution')

    def attr(self, name):
        return self.host.run(f'cat {self.path}/vgpu/{name}').strip()

    def count(self, name):
        return sum(map(int, self.host.run(
            f'cd {self.path}/vgpu; cat $(ls {name} engines/*/{name} 2>/dev/null); '
            'true').split()))

    def remove(self):
        self.host.run(f'echo 1 > {self.path}/remove')


def vgpus_on(host):
    """What the VM wants: one with a screen, and one that computes."""
    return [Vgpu(host, 'RV100-16D'), Vgpu(host, 'SOFT-16C')]


def xml(vgpus, told_so):
    """domain.xml with these, and the guide's words for QEMU."""
    text = CONFIG.read_text().replace('guest1', 'vm1').replace(
        'console=ttyS0',
        f'console=ttyS0 radeonfb.mode_option={MODE[0]}x{MODE[1]}-32@60')
    hostdevs = ''.join(
        "<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' "
        f"display='{display}'><source><address uuid='{vgpu.uuid}'/></source></hostdev>"
        for vgpu, display in zip(vgpus, ('on', 'off')))
    text = re.sub('<hostdev.*</hostdev>', hostdevs, text, flags=re.S)
    return text.replace('</domain>', f'{told_so}</domain>')


def by_alias():
    """For each vGPU of the VM what the guide has for one."""
    [override] = [block for block in blocks('xml move') if 'qemu:override' in block]
    device = re.search(' *<qemu:device.*</qemu:device>\n', override, re.S)[0]
    return override.replace(device, device + device.replace('hostdev0', 'hostdev1'))


def for_all():
    [line] = [block for block in blocks('xml move') if 'qemu:commandline' in block]
    return line


class Vm(Console):
    """vm1, wherever it is."""

    def __init__(self, host, vgpus, told_so):
        self.host, self.vgpus = host, vgpus
        pathlib.Path('/tmp/vm1.xml').write_text(xml(vgpus, told_so))
        host.run('virsh define --validate /tmp/vm1.xml && virsh start vm1')
        self.hold_console()
        wait_until('the guest', lambda: 'TESSERA-GUEST-READY' in self.said())

    def hold_console(self):
        """What is written to it is lost while nobody has it open. It is another one
        when another QEMU has taken over."""
        self.host.run('cat $(virsh ttyconsole vm1 | xargs) > /dev/null 2>&1 &')

    def said(self):
        return self.host.run(f"tr -cd '\\n -~' < {LOG}")

    def send(self, line):
        self.host.run(f"printf '%s\\n' {shlex.quote(line)} > "
                      '$(virsh ttyconsole vm1 | xargs)')

    def state(self):
        return self.host.run('virsh domstate vm1').strip()

    def start_work(self):
        self.run(WORK)
        self.goes_on()

    def goes_on(self):
        """With what it was doing, on each of its vGPUs."""
        assert self.state() == 'running'
        for vgpu in self.vgpus:
            ops = vgpu.count('ops')
            wait_until('work', lambda: vgpu.count('ops') > ops + 50)

    def end_work(self, name):
        self.end_drawing(name)
        self.end_computing()

    def end_drawing(self, name):
        self.run(END_DRAWING)
        self.shows(name)

    def end_computing(self):
        self.run(END_COMPUTING)
        assert [vgpu.count('dropped') for vgpu in self.vgpus] == [0, 0]

    def shows(self, name):
        """The picture that it should have drawn, by libvirt's screenshot."""
        scene = SCENE.format(*MODE)
        self.host.run(f'virsh screenshot vm1 /out/{name}.png && '
                      f'/build/e2e/render {scene} /tmp/want.png && '
                      f'/build/e2e/compare /out/{name}.png /tmp/want.png')

    def is_at(self, vgpus, host=None):
        """From now on."""
        self.host, self.vgpus = host or self.host, vgpus
        wait_until('the VM to run', lambda: self.state() == 'running')
        self.hold_console()

    def end(self):
        self.host.run('virsh destroy vm1; virsh undefine vm1 --managed-save; '
                      f'cp {LOG} /out/vm1.console; true')
        for vgpu in self.vgpus:
            vgpu.remove()

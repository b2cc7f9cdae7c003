# SPDX-License-Identifier: GPL-2.0
"""Debian's desktops on a soft GPU's vGPU, by the stock driver bochs: an X server and a
Wayland compositor, without OpenGL. What a stock client shows there is what the host
sees, pixel by pixel, in the size that the vGPU's monitor prefers."""
import pathlib
import re

import pytest

import pictures
from host import OUT, wait_until
from screen import shows

TREE = pathlib.Path('/trees/trixie-desktop')
FILES = pathlib.Path('/tmp/desktops')   # the guest has them in /mnt
SIZE = 800, 600                         # not what a monitor has, if not told
LARGER = 1024, 768                      # another monitor's
# OpenGL in software would take minutes to be loaded here, and is not wanted.
XORG = """Section "ServerFlags"
	Option "AutoAddDevices" "off"
EndSection
Section "Device"
	Identifier "vgpu"
	Driver "modesetting"
	Option "AccelMethod" "none"
EndSection
Section "Module"
	Disable "glx"
EndSection
"""
WESTON = """[core]
idle-time=0
[shell]
panel-position=none
locking=false
startup-animation=none
background-type=tile
background-image=/mnt/picture.png
"""


def share(tag, path):
    """QEMU's arguments for files that the guest gets by 9p."""
    return ('-fsdev', f'local,id={tag},path={path},security_model=none,readonly=on,'
            'multidevs=remap', '-device', f'virtio-9p-pci,fsdev={tag},mount_tag={tag}')


@pytest.fixture
def desktop(start):
    """Starts a guest with Debian's tree, and pictures. What is said there is kept."""
    guests = []
    FILES.mkdir(exist_ok=True)
    (FILES / 'xorg.conf').write_text(XORG)
    (FILES / 'weston.ini').write_text(WESTON)
    for name, size in ('picture', SIZE), ('larger', LARGER):
        pictures.write(FILES / f'{name}.png', *size)
        pictures.write_xwd(FILES / f'{name}.xwd', *size)

    def begin(name, kind, *options):
        guest = start(name, kind, '--mem', '768', '--append',
                      'tessera.bochs tessera.9p', *options, resolution=text(SIZE),
                      qemu=(*share('root', TREE), *share('test', FILES)))
        guests.append(guest)
        guest.run('in-debian true')
        return guest
    yield begin
    for guest in guests:
        (OUT / f'{guest.name}.log').write_text(
            guest.run('cat /tmp/out /tmp/client /new/tmp/*.log; true'))


def text(size):
    return '{}x{}'.format(*size)


def begin(guest, command, ready):
    """Have a command run in the tree, until the guest says that this file is there."""
    guest.run(f'{{ in-debian {command} > /tmp/out 2>&1 & }}; '
              f'while kill -0 $! && ! [ -e /new/{ready} ]; do sleep 0.3; done; '
              f'[ -e /new/{ready} ] || {{ cat /tmp/out; false; }}')


def is_seen(guest, picture='picture'):
    wait_until('the picture', lambda: shows(guest, FILES / f'{picture}.png'))
    assert guest.vgpu.count('unknown_regs') == 0


def begin_xorg(guest):
    begin(guest, 'Xorg :0 vt2 -config /mnt/xorg.conf -logfile /tmp/Xorg.log -noreset '
          '-nocursor -s 0 -dpms', 'tmp/.X11-unix/X0')


def show_window(guest, picture='picture'):
    """All over the screen, by a client that goes on until it is killed."""
    guest.run(f'{{ in-debian xwud -in /mnt/{picture}.xwd > /tmp/client 2>&1 & }}')
    is_seen(guest, picture)


def test_xorg(desktop):
    """By its driver modesetting, with the window of a client all over the screen."""
    guest = desktop('xorg', 'SOFT-16B')
    begin_xorg(guest)
    show_window(guest)


def test_xorg_follows(desktop):
    """Another monitor, which a user sees by xrandr, and whose mode he sets. Linux 6.12
    looks at the monitor when it binds the driver, and not again; 7.2 whenever it is
    asked."""
    guest = desktop('follows', 'SOFT-16B', '--kernel', '7.2')
    begin_xorg(guest)
    show_window(guest)
    guest.run('kill $!')
    guest.vgpu.set('resolution', text(LARGER))
    seen = guest.run('in-debian xrandr')
    assert re.search(r'^ +{} .*[+]'.format(text(LARGER)), seen, re.M), seen
    guest.run('in-debian xrandr --output Virtual-1 --auto')
    show_window(guest, 'larger')


def test_weston(desktop):
    """By its DRM backend, with a picture as background."""
    guest = desktop('weston', 'SOFT-16Q')
    begin(guest, 'weston --backend=drm --renderer=pixman --continue-without-input '
          '--config=/mnt/weston.ini --log=/tmp/weston.log', 'run/wayland-1')
    is_seen(guest)

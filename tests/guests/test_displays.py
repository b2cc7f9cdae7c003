# SPDX-License-Identifier: GPL-2.0
"""What is seen of a soft GPU's vGPU before Linux has a driver for it, and afterwards:
with SeaBIOS, OVMF and QEMU's ramfb, on screenshots and by VNC."""
import pathlib
import shutil

import pictures
from host import OUT, call, wait_until
from screen import Picture, shows

TREE = pathlib.Path('/trees/trixie-desktop')
VNC = '127.0.0.1:7'
MODE = 1024, 768        # SeaBIOS's by ramfb; and what a monitor prefers, if not told
NOTHING = 640, 480      # in which QEMU says that nothing was drawn yet
RAMFB = ('-set', 'device.vgpu.driver=vfio-pci-nohotplug',
         '-set', 'device.vgpu.ramfb=on')
# Those that guest-init leaves out.
BOCHS = ('while read -r m; do case $m in drm*|ttm*|bochs.ko) insmod /lib/modules/$m;; '
         'esac; done < /lib/modules/order')


def bios(name):
    """SeaBIOS says here what it says on the screen, if there is one."""
    return ('-chardev', f'file,id=bios,path=/run/guests/{name}/bios',
            '-device', 'isa-debugcon,iobase=0x402,chardev=bios')


def has_nothing_to_boot(guest):
    return 'No bootable device' in pathlib.Path(
        '/run/guests', guest.name, 'bios').read_text(errors='replace')


def ovmf(name):
    """Not by KVM: docs/compatibility.md says why. In files of its own, for QEMU locks
    what it opens, and writes variables."""
    drives = ()
    for unit, (what, more) in enumerate((('CODE', ',readonly=on'), ('VARS', ''))):
        file = pathlib.Path(f'/tmp/{name}.{what}')
        shutil.copy(TREE / f'usr/share/OVMF/OVMF_{what}_4M.fd', file)
        drives += ('-drive', f'if=pflash,unit={unit},format=raw,file={file}{more}')
    return drives


def by_vnc(guest):
    """What a stock client gets."""
    file = OUT / f'{guest.name}-vnc.png'
    call('chroot', TREE, 'gvnccapture', '-q', VNC, file)
    return file


def draws(guest, width, height):
    """It draws, and just that is seen, by VNC as well."""
    guest.run(pictures.draw(width, height))
    expected = pictures.write(OUT / f'{guest.name}-expected.png', width, height)
    wait_until('the picture', lambda: shows(guest, expected))
    wait_until('the picture by VNC', lambda: pictures.equal(by_vnc(guest), expected))


def same_as(guest, stock, size):
    """A picture that is the same on QEMU's own device. Cursors may blink, each at its
    own time."""
    def meet():
        one, other = Picture(guest), Picture(stock)
        plain = one.pixels[:3] * (one.width * one.height)
        return (one.width, one.height) == size and plain != one.pixels == other.pixels
    wait_until('the same picture', meet)


def test_seabios_has_nothing_to_show_its_text_with(start):
    """QEMU shows what it shows of a vGPU on which nothing was ever drawn."""
    never_run = start('asleep', 'SOFT-16B', '--no-kernel', qemu=('-S',))
    guest = start('seabios', 'SOFT-16B', '--no-kernel', qemu=bios('seabios'))
    wait_until('SeaBIOS', lambda: has_nothing_to_boot(guest))
    same_as(guest, never_run, NOTHING)


def test_seabios_by_ramfb_as_on_qemus_own(start):
    stock = start('stock', None, '--no-kernel',
                  qemu=(*bios('stock'), '-device', 'ramfb,id=vgpu'))
    guest = start('ramfb', 'SOFT-16B', '--no-kernel', qemu=(*bios('ramfb'), *RAMFB))
    for each in stock, guest:
        wait_until('SeaBIOS', lambda it=each: has_nothing_to_boot(it))
    same_as(guest, stock, MODE)


def test_a_drivers_picture_in_place_of_ramfbs(start):
    """And after a reset the firmware's again, in its own mode."""
    guest = start('driver', 'SOFT-16B', resolution='800x600',
                  qemu=(*RAMFB, '-vnc', f'{VNC},display=vgpu'))
    before = Picture(guest)
    assert (before.width, before.height) == MODE
    guest.run(BOCHS)
    draws(guest, 800, 600)
    guest.qmp('set-action', reboot='reset')
    guest.qmp('system_reset')
    wait_until('firmware\'s mode', lambda: Picture(guest).width == MODE[0])


def test_ovmf_as_on_qemus_own(start):
    """Its driver takes the display for a Bochs display, which it knows."""
    width, height = MODE
    stock = start('stock', None, '--accel', 'tcg', '--no-kernel', qemu=(
        *ovmf('stock'), '-device', f'bochs-display,id=vgpu,xres={width},yres={height}'))
    guest = start('ovmf', 'SOFT-16B', '--accel', 'tcg', '--no-kernel',
                  qemu=ovmf('ovmf'))
    same_as(guest, stock, MODE)
    assert guest.vgpu.count('unknown_regs') == 0


def test_linux_by_ovmfs_screen(start):
    """It has no driver for the vGPU, and draws where the firmware says that a screen is."""
    guest = start('efi', 'SOFT-16B', '--accel', 'tcg',
                  qemu=(*ovmf('efi'), '-vnc', f'{VNC},display=vgpu'))
    guest.run('cat /proc/fb | grep -q EFI')
    draws(guest, *MODE)

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - mdevctl and libvirt, as an operator uses them
#:
#: Usage: tests/ops/run.sh persist|domains|plug|incus_vm|reboots N
#:            (by scripts/hostvm run --system; see scripts/check)
#:   persist  vGPUs are defined with the one tool and the other, the host VM is
#:            rebooted (--disk is needed), and what must be there again is, with a
#:            VM of virsh autostart
#:   domains  VMs of libvirt with these vGPUs
#:   reboots  two VMs of virsh autostart over N reboots (--disk), with a card that
#:            comes late, and with things that cannot be had
#:   plug     VMs of libvirt that get one later, or give memory back, on a host that
#:            has no IOMMU
#:   incus_vm a VM of Incus (--tree trixie-incus)
#:
#: Writes $OUT/tests.tap, and each screen it has taken last as $OUT/*.png.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/install.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/abi.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/mdevctl.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/nodedev.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/domain.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/autostart.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/apparmor.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/plug.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/user.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/incus.sh"

configs=$here/../../qemu-configs/libvirt
# guest1's vGPU is libvirt's (vgpu.xml), guest2's is mdevctl's.
set_guests 2

give_up() {
	echo "Bail out! $*" | tee -a "$tap"
	journalctl -b --no-pager -n 40
	exit 1
}

# As make install does it, and as the guide gives the card to the driver.
install_driver() {
	install_files || return
	driverctl set-override "$(lspci -Dd 1002:5159 | cut -d' ' -f1)" vgpu_rv100
}

# Incus is a matter of its own: its host has neither driverctl nor our tools.
how_installed() { if [ "$1" = incus_vm ]; then echo modules_load; else echo install_driver; fi; }
modules_load() { modules load; }

reboot_host() {
	systemctl reboot
	sleep infinity
}

attribute() { cat "$mdevs/$1/vgpu/$2"; }

# attributes_are UUID NAME=VALUE...
attributes_are() {
	local uuid=$1 pair

	shift
	for pair; do
		equal "${pair%=*}=$(attribute "$uuid" "${pair%=*}")" "$pair" || return
	done
}

nothing_is_left() {
	check "all VRAM is free again" equal "$(cat "$gpu/vgpu/vram_free")" "$free"
	check "the modules unload" modules unload
	finish
}

if [ "$BOOT" = 1 ]; then
	check "the driver is there and has the card" "$(how_installed "$1")" ||
		give_up "no driver"
fi
gpu=$(wait_until find_gpu > /dev/null; find_gpu) || give_up "no GPU offers vGPU types"
address=${gpu##*/}
parent=pci_${address//[:.]/_}
case $1-$BOOT in
persist-1)
	abi
	unprivileged
	mdevctl_before_reboot
	nodedev_before_reboot
	autostart_before_reboot guest1
	reboot_host
	;;
persist-2)
	mdevctl_after_reboot
	nodedev_after_reboot
	autostart_after_reboot guest1
	check "no unit has failed" equal "$(systemctl --failed --no-legend)" ''
	finish
	;;
reboots-1)
	unmask_guests
	make_vgpus
	for name in guest1 guest2; do
		check "the vGPU of $name is to be there at boot" \
			virsh nodedev-autostart "$(node "${uuid_of[$name]}")"
	done
	autostart_before_reboot guest1 guest2
	reboot_host
	;;
reboots-*)
	one_reboot "$2"
	;;
domains-1|plug-1)
	apparmor_on
	free=$(cat "$gpu/vgpu/vram_free")
	"$1"
	apparmor_end
	nothing_is_left
	;;
incus_vm-1)
	free=$(cat "$gpu/vgpu/vram_free")
	incus_vm
	nothing_is_left
	;;
esac

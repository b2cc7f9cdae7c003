#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: claim.sh - the card is taken when asked, and from nobody, in the host VM
#:
#: Usage: tests/packages/claim.sh    (by scripts/hostvm run; see scripts/check)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"

find_card() {
	local dir

	for dir in /sys/bus/pci/devices/*; do
		[ "$(cat "$dir/vendor" "$dir/device")" = $'0x1002\n0x5159' ] &&
			echo "$dir" && return
	done
	return 1
}

driver_of() { [ -e "$1/driver" ] && basename "$(readlink "$1/driver")"; }
driven_by() { equal "$(driver_of "$card" || echo none)" "$1"; }
override() { echo "$1" > "$card/driver_override"; }
probe() { echo "${card##*/}" > /sys/bus/pci/drivers_probe; }
picture_by_radeonfb() { grep 'ATI Radeon 5159' /proc/fb || { cat /proc/fb; return 1; }; }

# The text console is on the framebuffer.
console_is_there() {
	local console

	for console in /sys/class/vtconsole/*/; do
		! grep -q 'frame buffer' "$console/name" ||
			{ equal "$(cat "$console/bind")" 1; return; }
	done
	return 1
}

unbind() { echo "${card##*/}" > "$card/driver/unbind"; }

no_alias() { equal "$(modinfo -F alias "$MODULES/vgpu-rv100.ko")" ''; }

one_vgpu() {
	local uuid=7e55e7a0-0000-4000-8000-00000000000f

	echo $uuid > "$card/mdev_supported_types/vgpu_rv100-RV100-16D/create" &&
		equal "$(cat /sys/bus/mdev/devices/$uuid/vgpu/state)" ok &&
		echo 1 > /sys/bus/mdev/devices/$uuid/remove
}

# Any device but the card will do: one that has no driver to lose.
not_for_others() {
	local other

	for other in /sys/bus/pci/devices/*; do
		[ ! -e "$other/driver" ] && [ "$other" != "$card" ] && break
	done
	echo vgpu_rv100 > "$other/driver_override"
	echo "${other##*/}" > /sys/bus/pci/drivers_probe
	echo > "$other/driver_override"
	no test -e "$other/driver" &&
		dmesg | grep "${other##*/}: not an RV100"
}

card=$(find_card) || give_up "no card here"
check "radeonfb has the card" modprobe radeonfb
check "radeonfb has a picture" picture_by_radeonfb
check "the module is loaded for no card by itself" no_alias
check "the modules load" modules load
check "the card stays with radeonfb" driven_by radeonfb
check "radeonfb still has a picture" picture_by_radeonfb
override vgpu_rv100
probe
check "an override alone takes nothing from radeonfb" driven_by radeonfb
override ''
check "the text console is on it" console_is_there
check "radeonfb gives the card up" unbind
modprobe -r radeonfb
probe
check "a free card is not taken unasked" driven_by none
override vgpu_rv100
probe
check "override and probe: the card is taken" driven_by vgpu_rv100
check "a vGPU can be made" one_vgpu
modprobe radeonfb
probe
check "radeonfb cannot take it then" driven_by vgpu_rv100
unbind
override ''
probe
check "the card is given back to radeonfb" driven_by radeonfb
check "radeonfb has a picture again" picture_by_radeonfb
check "an override on another device is refused" not_for_others
check "the modules unload" modules unload
finish

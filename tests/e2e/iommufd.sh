#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: iommufd.sh - a guest whose vGPU QEMU opens by its character device
#:
#: Usage: tests/e2e/iommufd.sh    (by scripts/hostvm run --kernel debug; see
#:                                 scripts/check, tier debug)
#:
#: The VFIO program "iommufd" has all that does not take a guest. Here is also who
#: may open the device, which takes udev.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/lib.sh"

cdev_of() { basename "$mdevs/$1/vfio-dev/"vfio*; }
group_of() { basename "$(readlink "$mdevs/$1/iommu_group")"; }

boot_by_iommufd() {
	boot_in_mode "$1" -- -object iommufd,id=iommufd0 \
		-set device.vgpu.iommufd=iommufd0
}

# What guest $1's QEMU has open of VFIO.
opened_by() {
	find "/proc/$(cat "/run/guests/$1/pid")/fd" -lname '/dev/vfio/*' \
		-printf '%l\n' | sort -u | tr '\n' ' '
}

# The process and the name that vgpu-top knows of guest $1's vGPU.
owner_of() {
	"$BUILD/tools/vgpu-top" -j -n 1 | grep -o "\"vgpu\":\"${uuid_of[$1]}\"[^}]*" |
		sed -E 's/.*"vm":([^,]*),.*"pid":([^,]*),.*/\1 \2/'
}

is_owner() { equal "$(owner_of "$1")" "\"$1\" $(cat "/run/guests/$1/pid")"; }

draws() {
	run_in "$1" "$(scene_command "$1" 0)"
	check "$1 draws$2" await "$1"
	check "$1: the screen is right$2" screen_is_scene "$1" "$1-iommufd"
}

# ---- Who may open it

access_of() { stat -c '%G %a' "$1"; }

# As a program that runs as a user of the group kvm.
opens_as_kvm() {
	setpriv --reuid nobody --regid kvm --clear-groups \
		dd if="$1" of=/dev/null count=0 status=none
}

# A device of this machine that no driver has, given whole: /run/passed says which.
pass_through() {
	local dev

	for dev in /sys/bus/pci/devices/*; do
		[ ! -e "$dev/driver" ] || continue
		echo vfio-pci > "$dev/driver_override"
		echo "${dev##*/}" > /sys/bus/pci/drivers_probe
		[ ! -e "$dev/vfio-dev" ] || { echo "$dev" > /run/passed; return; }
	done
	return 1
}

start_udev() {
	mkdir -p /run/udev/rules.d
	cp "$here/../../packaging/60-vgpu.rules" /run/udev/rules.d/
	/usr/lib/systemd/systemd-udevd --daemon &&
		udevadm trigger --action=add /sys/class/misc/iommu &&
		udevadm settle --timeout="$PATIENCE"
}

who_may_open() {
	local uuid=${uuid_of[guest1]} node passed

	check "udev starts" start_udev || give_up "no udev"
	check "a vGPU" create_vgpu "$gpu" RV100-4D "$uuid" || give_up "no vGPU"
	check "a device is given whole" pass_through || give_up "no other device"
	read -r passed < /run/passed
	udevadm settle --timeout="$PATIENCE"
	node=/dev/vfio/devices/$(cdev_of "$uuid")
	check "the group is the group kvm's" equal \
		"$(access_of "/dev/vfio/$(group_of "$uuid")")" 'kvm 660'
	check "the character device is the group kvm's" equal \
		"$(access_of "$node")" 'kvm 660'
	check "and so is /dev/iommu" equal "$(access_of /dev/iommu)" 'kvm 660'
	check "its members can open the one" opens_as_kvm "$node"
	check "its members can open the other" opens_as_kvm /dev/iommu
	node=/dev/vfio/devices/$(basename "$passed"/vfio-dev/vfio*)
	check "a device given whole is root's" equal "$(access_of "$node")" 'root 600'
	check "nobody else can open it" no opens_as_kvm "$node"
	echo "${passed##*/}" > "$passed/driver/unbind"
	echo > "$passed/driver_override"
	check "the vGPU goes" remove_vgpu "$uuid"
	udevadm control --exit
}

# ---- Guests

start_guests() {
	local node

	for name in guest1 guest2; do
		check "a vGPU for $name" create_vgpu "$gpu" "${type_of[$name]}" \
			"${uuid_of[$name]}" || give_up "no vGPU"
	done
	check "guest1 starts, by iommufd" boot_by_iommufd guest1 || give_up "no guest"
	check "guest2 starts, by its group" boot_in_mode guest2 || give_up "no guest"
	node=/dev/vfio/devices/$(cdev_of "${uuid_of[guest1]}")
	check "guest1's QEMU has the character device" equal \
		"$(opened_by guest1)" "$node "
	check "guest2's QEMU has the group" equal "$(opened_by guest2)" \
		"/dev/vfio/$(group_of "${uuid_of[guest2]}") /dev/vfio/vfio "
	for name in guest1 guest2; do
		check "vgpu-top knows who has $name's vGPU" is_owner "$name"
		check "$name boots" guest wait "$name" TESSERA-GUEST-READY ||
			give_up "$name did not boot"
		guest qmp "$name" set-action reboot=reset
		draws "$name" ''
	done
}

reset_while_drawing() {
	run_in guest1 "$(scene_command guest1 600)"
	check "guest1 draws" wait_busy guest1
	check "guest1 is reset while it draws" guest qmp guest1 system_reset
	check "guest1 boots again" wait_until has_booted guest1 2
	draws guest1 ' after the reset'
}

# QEMU is nobody's child here: gone when its process is.
kill_qemu() {
	local pid

	pid=$(cat "/run/guests/$1/pid")
	kill -KILL "$pid" || return
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
	done
}

kill_while_drawing() {
	run_in guest1 "$(scene_command guest1 600)"
	check "guest1 draws" wait_busy guest1
	check "guest1's QEMU is killed" kill_qemu guest1
	check "guest1's vGPU is well" equal "$(read_counter guest1 state)" ok
	check "vgpu-top knows that nobody has it" equal "$(owner_of guest1)" 'null null'
	check "guest2: the screen is right" screen_is_scene guest2 guest2-iommufd
	check "guest1 starts anew" boot_by_iommufd guest1
	check "guest1 boots anew" guest wait guest1 TESSERA-GUEST-READY ||
		give_up "guest1 did not boot"
	draws guest1 ' after the kill'
}

take_down() {
	local name

	# The kernel waits for QEMU, which asks the guest in vain.
	remove_vgpu "${uuid_of[guest1]}" &
	check "guest1 draws on, though its vGPU is to go" still_draws guest1
	for name in guest1 guest2; do
		check "$name stops" guest stop "$name"
	done
	check "guest1's vGPU goes" wait "$!"
	check "no vGPU is left of guest1" no test -e "$mdevs/${uuid_of[guest1]}"
	check "guest2's vGPU goes" remove_vgpu "${uuid_of[guest2]}"
	check "the modules unload" modules unload
}

still_draws() {
	local node

	node=/dev/vfio/devices/$(cdev_of "${uuid_of[$1]}")
	wait_until no test -e "$node" || return
	run_in "$1" "$(scene_command "$1" 0)" && await "$1" &&
		screen_is_scene "$1" "$1-iommufd"
}

trap clean_up EXIT
set_guests 2
check "the modules load" modules load || give_up "no modules"
gpu=$(find_gpu) || give_up "no GPU offers vGPU types"
check "this kernel has iommufd" test -c /dev/iommu || give_up "no iommufd"
who_may_open
start_guests
reset_while_drawing
kill_while_drawing
take_down
finish

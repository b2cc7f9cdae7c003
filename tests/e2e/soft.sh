#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: soft.sh - guests with vGPUs of a soft GPU, in the host VM
#:
#: Usage: tests/e2e/soft.sh [screen]    (by scripts/hostvm run; see scripts/check)
#:   screen  the guest with a screen alone
#:
#: See lib-soft.sh.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/lib-soft.sh"

trap clean_up EXIT

# One slice each.
set_guest guest1 7e55e7a0-0000-4000-8000-000000000011 SOFT-16C-S0 '' ''
set_guest guest2 7e55e7a0-0000-4000-8000-000000000012 SOFT-16C-S1 '' ''

start_gpu() {
	start_soft vram_mb=64 slices=2
	for name in guest1 guest2; do
		check "a vGPU for $name" create_vgpu "$soft_gpu" "${type_of[$name]}" \
			"${uuid_of[$name]}" || give_up "no vGPU"
	done
}

boots() {
	check "$1 boots$2" guest wait "$1" TESSERA-GUEST-READY || give_up "no $1"
	guest qmp "$1" set-action reboot=reset
}

# ---- One guest

by_large_pages() {
	check "guest1 starts" boot_soft guest1 || give_up "no guest1"
	boots guest1 ''
	check "nothing is mapped by 2 MiB before" equal "$(mapped 2m)" 0
	vram_by_large_pages guest1
}

by_small_pages() {
	check "guest1 starts, with small pages" \
		boot_soft guest1 "$BUILD/e2e/small-pages" || give_up "no guest1"
	boots guest1 ', with small pages'
	check "nothing is mapped by 2 MiB" equal "$(mapped 2m)" 0
	vram_by_small_pages guest1
}

all_of_it() {
	submissions_around_sleep guest1 10000
	check "each interrupt reaches guest1" soft guest1 irq
	check "VRAM goes and comes with memory decode" soft guest1 decode
	check "VRAM is where the guest moves it" soft guest1 move
	check "the doorbells are where they were" soft guest1 'doorbell 1000'
	check "guest1's vGPU is well" state_is guest1 ok
}

one_guest() {
	if [ "$KERNEL" = 6.1 ]; then
		# Whose kernel maps no memory of a device otherwise.
		by_small_pages
	else
		by_large_pages
	fi
	all_of_it
	check "guest1 stops" guest stop guest1
	if [ "$KERNEL" != 6.1 ]; then
		by_small_pages
		check "guest1 stops again" guest stop guest1
	fi
}

# ---- Two guests

at_work() { more_than "$(read_counter "$1" ops)" "$2"; }

# Until it has done more than it has.
goes_on() { wait_until at_work "$1" $(($(read_counter "$1" ops) + 10)); }

start_work() {
	run_in "$1" 'soft work'
	check "$1 works" goes_on "$1"
}

# The bytes were right in each round.
end_work() {
	guest send "$1" ''
	check "$1 has worked without a mistake" await "$1"
}

two_slices() {
	for name in guest1 guest2; do
		check "$name starts beside" boot_soft "$name" || give_up "no $name"
	done
	for name in guest1 guest2; do
		boots "$name" ' beside'
	done
	for name in guest1 guest2; do
		start_work "$name"
	done
	for name in guest1 guest2; do
		check "$name works while the other does" goes_on "$name"
	done
	end_work guest1
}

# guest2 is at work all the time.
hang_beside() {
	run_in guest1 'soft hang'
	check "guest1's vGPU is faulted" wait_until state_is guest1 faulted
	check "one fault was counted" equal "$(read_counter guest1 faults)" 1
	check "guest2 goes on" goes_on guest2
	check "guest1 is reset" guest qmp guest1 system_reset
	check "guest1 goes on" guest qmp guest1 cont
	check "guest1 boots again" wait_until has_booted guest1 2
	check "guest1's vGPU is well" state_is guest1 ok
	check "guest1's VRAM is as it should be" soft guest1 vram
	check "guest2 has gone on all the time" goes_on guest2
	check "guest2 has no fault" equal "$(read_counter guest2 faults)" 0
}

reboots_at_work() {
	start_work guest1
	check "guest1 is reset while it works" guest qmp guest1 system_reset
	check "guest1 boots after the reset" wait_until has_booted guest1 3
	check "guest1's VRAM is as it should be" soft guest1 vram
	guest send guest1 'reboot -f'
	check "guest1 boots after its own reboot" wait_until has_booted guest1 4
	check "guest1 submits" soft guest1 'doorbell 500'
	check "guest2 has gone on all the time" goes_on guest2
}

kill_at_work() {
	local pid

	start_work guest1
	pid=$(cat /run/guests/guest1/pid)
	check "guest1's QEMU is killed" kill -KILL "$pid"
	# QEMU is nobody's child here: gone when its process is.
	check "its process ends" wait_until no kill -0 "$pid"
	check "guest2 goes on" goes_on guest2
	check "the vGPU that QEMU held is well" state_is guest1 ok
	end_work guest2
	check "guest2 stops" guest stop guest2
}

# A port of guest1 with room for its vGPU.
plug() {
	guest qmp guest1 device_add driver=vfio-pci id=vgpu bus=plug \
		"sysfsdev=/sys/bus/mdev/devices/${uuid_of[guest1]}"
}

is_plugged() { run_in guest1 'grep -q 0x7e55 /sys/bus/pci/devices/*/device' && await guest1; }
group_of() { basename "$(readlink "$mdevs/$1/iommu_group")"; }
is_open() {
	find "/proc/$(cat /run/guests/guest1/pid)/fd" \
		-lname "/dev/vfio/$(group_of "${uuid_of[guest1]}")" | grep -q .
}

hot_plug() {
	check "guest1 starts without a vGPU" guest start guest1 -- \
		-device pcie-root-port,id=plug,slot=1,pref64-reserve=64M ||
		give_up "no guest1"
	boots guest1 ' without a vGPU'
	check "a vGPU is plugged in" plug
	check "guest1 gets to see it" wait_until is_plugged
	check "guest1 finds no byte of another's" soft guest1 zero
	check "guest1 writes and reads all of its VRAM" soft guest1 vram
	check "it is to be unplugged" guest qmp guest1 device_del id=vgpu
	check "it is let go" wait_until no is_open
	check "it is plugged in again" plug
	check "guest1 gets to see it again" wait_until is_plugged
	check "guest1 finds no byte of what it had there" soft guest1 zero
	check "each interrupt reaches guest1, too" soft guest1 irq
	run_in guest1 'soft work'
	check "guest1 works" goes_on guest1
	check "it is removed while guest1 works" remove_vgpu "${uuid_of[guest1]}"
	check "no vGPU is left of it" no test -e "$mdevs/${uuid_of[guest1]}"
	check "guest1 is alive" guest qmp guest1 query-status
	check "guest1 stops" guest stop guest1
}

take_down() {
	for name in guest1 guest2; do
		[ ! -e "$mdevs/${uuid_of[$name]}" ] ||
			check "$name's vGPU goes" remove_vgpu "${uuid_of[$name]}"
	done
	check "the modules unload" modules unload
}

start_gpu
only=${1:-}
[ "$only" = screen ] || one_guest
screen
if [ -z "$only" ]; then
	two_slices
	hang_beside
	reboots_at_work
	kill_at_work
	hot_plug
fi
take_down
finish

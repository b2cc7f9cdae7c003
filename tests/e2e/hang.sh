#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: hang.sh - a guest under which the engine hangs, in the host VM
#:
#: Usage: tests/e2e/hang.sh    (by scripts/hostvm run --kernel debug; see
#:                              scripts/check, tier debug)
#:
#: What QEMU makes of it, how the guest comes back, and that its neighbour does not
#: notice. The VFIO program "hang" has all that does not take a guest.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/lib.sh"

# Of the instance that the engine has last worked for.
last_instance() { sed -n 's/.* context of \([0-9]*\).*/\1/p' "$debug/runlist"; }

# The next run of instance $1 finds the engine stuck.
hang_next() {
	echo "$1" > "$debug/fail_idle_instance"
	echo 1 > "$debug/fail_idle/interval"
	echo 0 > "$debug/fail_idle/verbose"
	echo 1 > "$debug/fail_idle/times"
	echo 100 > "$debug/fail_idle/probability"
}

state_is() { equal "$(read_counter "$1" state)" "$2"; }

status_is() {
	local status

	status=$(guest qmp "$1" query-status)
	[[ $status = *"\"$2\""* ]] || { echo "$1: $status"; return 1; }
}

start_guests() {
	check "the modules load" modules load || give_up "no modules"
	gpu=$(find_gpu) || give_up "no GPU offers vGPU types"
	debug=/sys/kernel/debug/vgpu/${gpu##*/}
	check "this kernel injects hangs" test -d "$debug/fail_idle" ||
		give_up "no fault injection"
	for name in guest1 guest2; do
		check "a vGPU for $name" create_vgpu "$gpu" "${type_of[$name]}" \
			"${uuid_of[$name]}" || give_up "no vGPU"
		check "$name starts" boot_in_mode "$name" || give_up "no guest"
	done
	for name in guest1 guest2; do
		check "$name boots" guest wait "$name" TESSERA-GUEST-READY ||
			give_up "$name did not boot"
		guest qmp "$name" set-action reboot=reset
	done
}

hang_while_drawing() {
	local id

	run_in guest1 "$(scene_command guest1 0) -w"
	check "guest1 draws" wait_busy guest1
	id=$(last_instance)
	run_in guest2 "$(scene_command guest2 0) -w"
	check "guest2 draws, too" wait_busy guest2
	hang_next "$id"
	check "guest1's vGPU is faulted" wait_until state_is guest1 faulted
	check "QEMU has stopped guest1" status_is guest1 internal-error
	check "guest1 still has its screen" guest shot guest1 "$OUT/guest1-faulted.png"
	end_scene guest2
	check "guest2 draws to its end" await guest2
	check "guest2: the screen is right" screen_is_scene guest2 guest2-hang
	check "guest2 has no fault" equal "$(read_counter guest2 faults)" 0
	check "guest2's vGPU is well" equal "$(read_counter guest2 state)" ok
	check "one fault was counted" equal "$(read_counter guest1 faults)" 1
	check "the GPU was reset once" equal "$(cat "$gpu/vgpu/engines/2d/resets")" 1
}

come_back() {
	check "guest1 is reset" guest qmp guest1 system_reset
	check "guest1 goes on" guest qmp guest1 cont
	check "guest1 boots again" wait_until has_booted guest1 2
	check "guest1's vGPU is well" equal "$(read_counter guest1 state)" ok
	run_in guest1 "$(scene_command guest1 0)"
	check "guest1 draws again" await guest1
	check "guest1: the screen is right" screen_is_scene guest1 guest1-hang
}

take_down() {
	for name in guest1 guest2; do
		check "$name stops" guest stop "$name"
		check "$name's vGPU goes" remove_vgpu "${uuid_of[$name]}"
	done
	check "the modules unload" modules unload
}

trap clean_up EXIT
set_guests 2
start_guests
hang_while_drawing
come_back
take_down
finish

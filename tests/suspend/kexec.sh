#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: kexec.sh - another kernel takes over while vGPUs are at work, in the host VM
#:
#: Usage: tests/suspend/kexec.sh    (by scripts/hostvm run --kexec; see scripts/check,
#:                                   tier suspend)
#:
#: All begins anew in that kernel, this script too, which then looks how the GPUs are.
#: Writes $OUT/tests.tap.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# Of the kernel that was there before; hostvm clears them for another run.
before=$OUT/.hostvm/before free=$OUT/.hostvm/free
declare -A uuid_of=([card]=7e55e7a0-0000-4000-8000-00000000000e
	[soft]=7e55e7a0-0000-4000-8000-00000000000f)

boot_id() { cat /proc/sys/kernel/random/boot_id; }
vram_free() { cat "$gpu/vgpu/vram_free" "$soft_gpu/vgpu/vram_free"; }
is_busy() { more_than "$(read_counter "$1" ops)" 200; }

# What the other one computes is computed by a process.
set_to_work() {
	local name

	check "a vGPU" create_vgpu "$gpu" RV100-16D "${uuid_of[card]}" || give_up "no vGPU"
	"$BUILD/tests-tools/busy" "${uuid_of[card]}" &
	busy=$!
	check "a vGPU without a card" create_vgpu "$soft_gpu" SOFT-16C "${uuid_of[soft]}" ||
		give_up "no vGPU"
	"$BUILD/tools/vgpu-executor" --user=nobody &
	busy+=" $!"
	GPU=soft "$BUILD/tests-tools/busy" "${uuid_of[soft]}" compute &
	busy+=" $!"
	for name in card soft; do
		check "$name: it is at work" wait_until is_busy "$name" || give_up "no work"
	done
}

check "the modules load" modules load || give_up "no modules"
gpu=$(find_gpu) || give_up "no GPU"
check "a soft GPU" modules soft vram_mb=64
soft_gpu=$(readlink -e /sys/bus/pci/drivers/vgpu_soft/0000:*) || give_up "no soft GPU"
if [ ! -e "$before" ]; then
	vram_free > "$free"
	set_to_work
	boot_id > "$before"
	sync
	"$BUILD/suspend/kexec" "$OUT"/.hostvm/{vmlinuz,initrd}
	give_up "no other kernel"
fi
check "another kernel has taken over" no equal "$(boot_id)" "$(cat "$before")"
check "all of the GPUs' memory is there" equal "$(vram_free)" "$(cat "$free")"
set_to_work
# shellcheck disable=SC2086	# numbers
kill $busy
wait
for name in card soft; do
	check "$name: nothing was dropped" equal "$(read_counter "$name" dropped)" 0
	check "$name: it goes" remove_vgpu "${uuid_of[$name]}"
done
check "the modules unload" modules unload
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: kexec.sh - another kernel takes over while vGPUs are at work, in the host VM
#:
#: Usage: tests/suspend/kexec.sh    (by scripts/hostvm run --kexec; see scripts/check,
#:                                   tier suspend)
#:
#: All begins anew in that kernel, this script too, which then looks how the card is.
#: Writes $OUT/tests.tap.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# Of the kernel that was there before; hostvm clears them for another run.
before=$OUT/.hostvm/before free=$OUT/.hostvm/free
declare -A uuid_of=([it]=7e55e7a0-0000-4000-8000-00000000000e)
uuid=${uuid_of[it]}

boot_id() { cat /proc/sys/kernel/random/boot_id; }
is_busy() { more_than "$(read_counter it ops)" 1000; }

set_to_work() {
	check "a vGPU" create_vgpu "$gpu" RV100-16D "$uuid" || give_up "no vGPU"
	"$BUILD/tests-tools/busy" "$uuid" &
	busy=$!
	check "it is at work" wait_until is_busy || give_up "no work"
}

check "the modules load" modules load || give_up "no modules"
gpu=$(find_gpu) || give_up "no GPU"
if [ ! -e "$before" ]; then
	cp "$gpu/vgpu/vram_free" "$free"
	set_to_work
	boot_id > "$before"
	sync
	"$BUILD/suspend/kexec" "$OUT"/.hostvm/{vmlinuz,initrd}
	give_up "no other kernel"
fi
check "another kernel has taken over" no equal "$(boot_id)" "$(cat "$before")"
check "all of the card's memory is there" equal "$(cat "$gpu/vgpu/vram_free")" "$(cat "$free")"
set_to_work
kill "$busy"
wait "$busy"
check "nothing was dropped" equal "$(read_counter it dropped)" 0
check "it goes" remove_vgpu "$uuid"
check "the modules unload" modules unload
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: both.sh - a guest with the card's vGPU and one with a soft GPU's, on one host
#:
#: Usage: tests/e2e/both.sh    (by scripts/hostvm run; see scripts/check)
#:
#: What depends on the host's kernel: how it maps their memory, and that they work. All
#: else is in run.sh and soft.sh.
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

set_guest guest1 7e55e7a0-0000-4000-8000-000000000001 RV100-16D 800x600 sunrise
set_guest guest2 7e55e7a0-0000-4000-8000-000000000012 SOFT-16C '' ''

both_boot() {
	local small=()

	# That kernel maps no memory of a device by large pages; QEMU may map its own.
	[ "$KERNEL" != 6.1 ] || small=("$BUILD/e2e/small-pages")
	check "guest1 starts" boot_in_mode guest1 || give_up "no guest1"
	check "guest2 starts" boot_soft guest2 "${small[@]}" || give_up "no guest2"
	for name in guest1 guest2; do
		check "$name boots" guest wait "$name" TESSERA-GUEST-READY ||
			give_up "no $name"
	done
}

# guest1 draws all the time.
memory_and_doorbells() {
	run_in guest1 "$(scene_command guest1 0) -w"
	check "guest1 draws" wait_busy guest1
	if [ "$KERNEL" = 6.1 ]; then
		vram_by_small_pages guest2
	else
		vram_by_large_pages guest2
	fi
	submissions_around_sleep guest2 1000
	check "each interrupt reaches guest2" soft guest2 irq
	check "VRAM goes and comes with memory decode" soft guest2 decode
	check "VRAM is where the guest moves it" soft guest2 move
	end_scene guest1
	check "guest1 draws to its end" await guest1
	check "guest1: the screen is the expected picture" screen_is_scene guest1 guest1-scene
}

start_soft vram_mb=64
card=$(readlink -e /sys/bus/pci/drivers/vgpu_rv100/0000:*) || give_up "no card is bound"
check "a vGPU of the card" create_vgpu "$card" RV100-16D "${uuid_of[guest1]}" ||
	give_up "no vGPU of the card"
check "a vGPU of the soft GPU" create_vgpu "$soft_gpu" SOFT-16C "${uuid_of[guest2]}" ||
	give_up "no vGPU of the soft GPU"
both_boot
memory_and_doorbells
for name in guest1 guest2; do
	check "$name's vGPU is well" state_is "$name" ok
	check "$name: nothing was dropped" equal "$(read_counter "$name" dropped)" 0
	check "$name stops" guest stop "$name"
	check "$name's vGPU goes" remove_vgpu "${uuid_of[$name]}"
done
check "the modules unload" modules unload
finish

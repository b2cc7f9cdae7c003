# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Guests with vGPUs of a soft GPU. Sourced, after demo-lib.sh, tap.sh and lib.sh.
#
# No stock driver knows the engines: the program "soft" of guest/ does what one would,
# and judges what it sees. The display is known to the stock driver bochs.

# The display is off: it has none.
boot_soft() { "${@:2}" guest start "$1" --mdev "${uuid_of[$1]}" -- -set device.vgpu.display=off; }

soft() { run_in "$1" "soft $2" && await "$1"; }
state_is() { equal "$(read_counter "$1" state)" "$2"; }
has_said() { grep -aq "$2" "/run/guests/$1/serial.log"; }

find_soft() { readlink -e /sys/bus/pci/drivers/vgpu_soft/0000:*; }

# The modules, with parameters of the soft GPU's; its directory is $soft_gpu.
start_soft() {
	# All that is mapped by 2 MiB is then VRAM.
	echo never > /sys/kernel/mm/transparent_hugepage/enabled
	check "the modules load" modules load || give_up "no modules"
	check "the soft GPU's, too" modules soft "$@" || give_up "no soft GPU"
	soft_gpu=$(find_soft) || give_up "no soft GPU is bound"
}

# The pages of a size, 4k or 2m, by which KVM maps the memory of all guests.
mapped() { cat /sys/kernel/debug/kvm/pages_"$1"; }

all_of_vram() {
	local bytes

	bytes=$(read_counter "$1" vram_size)
	check "$1 finds no byte of another's" soft "$1" zero
	check "$1 writes and reads all VRAM, $2" soft "$1" vram
	check "all of it" has_said "$1" "^soft: vram bytes=$bytes"
}

vram_by_large_pages() {
	local before

	before=$(mapped 2m)
	all_of_vram "$1" "by large pages"
	check "all of it is mapped by 2 MiB" equal $(($(mapped 2m) - before)) \
		$(($(read_counter "$1" vram_size) >> 21))
}

vram_by_small_pages() {
	local before large

	before=$(mapped 4k)
	large=$(mapped 2m)
	all_of_vram "$1" "by small pages"
	check "all of it is mapped by 4 KiB" more_than \
		$(($(mapped 4k) - before + 1)) \
		$(($(read_counter "$1" vram_size) >> 12))
	check "and nothing by 2 MiB" equal "$(mapped 2m)" "$large"
}

submissions_around_sleep() {
	local ops traps

	ops=$(read_counter "$1" ops)
	traps=$(read_counter "$1" traps_write)
	check "$1's submissions around sleep are all carried out" soft "$1" "doorbell $2"
	check "none twice" equal $(($(read_counter "$1" ops) - ops)) "$2"
	traps=$(($(read_counter "$1" traps_write) - traps))
	echo "# $traps of $2 were traps"
	check "the engines slept at times" more_than "$traps" $(($2 / 100))
	check "and at times a submission was no trap" more_than "$2" "$traps"
}

# ---- A guest with a screen

# All of the screen in one colour, of which the bytes are given in octal: blue, green,
# red, and one that is not shown. Without the text console, which would write there.
paint() {
	run_in screen "no-console; printf '$1' > /tmp/p; while [ \$(wc -c < /tmp/p) -lt 4194304 ]; do \
		cat /tmp/p /tmp/p > /tmp/q; mv /tmp/q /tmp/p; done; cat /tmp/p > /dev/fb0 2>/dev/null; true" &&
		await screen
}

# So many pixels, all of a colour.
shows() {
	guest shot screen "$OUT/screen.png" &&
		"$BUILD/e2e/compare" "$OUT/screen.png" "$1" | tee -a "$OUT/screen.txt" |
		grep -qx "$2 pixels equal"
}

bind_bochs() {
	run_in screen "cd /sys/bus/pci/drivers/bochs-drm && set -- 0000* && echo \$1 > unbind && \
		echo \$1 > bind" && await screen
}

screen() {
	set_guest screen 7e55e7a0-0000-4000-8000-000000000013 SOFT-16B 1024x768 ''
	check "a vGPU with a display" create_vgpu "$soft_gpu" SOFT-16B "${uuid_of[screen]}" ||
		give_up "no vGPU"
	check "a guest starts with it" boot screen --append tessera.bochs ||
		give_up "no guest with a screen"
	check "it boots" guest wait screen TESSERA-GUEST-READY || give_up "no guest with a screen"
	check "bochs draws on it" paint '\063\042\021\000'
	check "the host shows just that" shows 112233 $((1024 * 768))
	echo 800x600 > "$mdevs/${uuid_of[screen]}/vgpu/resolution"
	check "bochs looks at another monitor" bind_bochs
	check "bochs draws on that" paint '\314\273\252\000'
	check "the host shows it in the mode of that" shows aabbcc $((800 * 600))
	check "bochs has found all registers that it wants" equal \
		"$(read_counter screen unknown_regs)" 0
	check "the guest stops" guest stop screen
	cp /run/guests/screen/serial.log "$OUT/screen.console"
	check "its vGPU goes" remove_vgpu "${uuid_of[screen]}"
}

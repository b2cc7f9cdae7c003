#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - guests with the stock driver, in the host VM
#:
#: Usage: tests/e2e/run.sh    (by scripts/hostvm run; see scripts/check)
#:
#: Writes $OUT/tests.tap, and every screen it has taken as $OUT/*.png.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/lib.sh"

rm -f "$OUT"/*.png

trap clean_up EXIT

log_has() { grep -aqE "$2" "/run/guests/$1/serial.log" || { echo "not in the log of $1: $2"; return 1; }; }

draw() { run_in "$1" "$(scene_command "$1" "$2")" && await "$1"; }

# The last value of NAME=VALUE in a guest's log.
said() { grep -ao "$2=[0-9]*" "/run/guests/$1/serial.log" | tail -n 1 | cut -d= -f2; }

in_same_sample() {
	awk 'NR > 1 && $2 > a && $3 > b { n++ } { a = $2; b = $3 }
		END { print n + 0, "of", NR, "samples"; exit !(n > 0) }' "$1"
}

# ---- Types and instances

types_and_instances() {
	check "the modules load" modules load || give_up "no modules"
	gpu=$(find_gpu) || give_up "no GPU offers vGPU types"
	free=$(cat "$gpu/vgpu/vram_free")
	for type in RV100-4D RV100-8D RV100-16D RV100-32D; do
		check "type $type is offered" type_dir "$gpu" "$type"
	done
	check "mdevctl lists the types" \
		eval "mdevctl types | grep -q RV100-8D"
	for name in guest1 guest2; do
		check "a vGPU of type ${type_of[$name]} by sysfs" create_vgpu \
			"$gpu" "${type_of[$name]}" "${uuid_of[$name]}" ||
			give_up "no vGPU"
	done
}

mdevctl_cycle() {
	local uuid=7e55e7a0-0000-4000-8000-00000000000c type

	type=$(basename "$(type_dir "$gpu" RV100-4D)")
	mdevctl define --uuid "$uuid" --parent "${gpu##*/}" --type "$type" &&
		mdevctl start --uuid "$uuid" &&
		equal "$(cat "$mdevs/$uuid/vgpu/type")" RV100-4D &&
		mdevctl list | grep -q "$uuid" &&
		mdevctl stop --uuid "$uuid" &&
		no test -e "$mdevs/$uuid" &&
		mdevctl undefine --uuid "$uuid"
}

# ---- What the stock driver finds

first_boot() {
	for name in guest1 guest2; do
		boot_in_mode "$name" || give_up "$name did not start"
	done
	for name in guest1 guest2; do
		check "$name boots" guest wait "$name" TESSERA-GUEST-READY ||
			give_up "$name did not boot"
		# shellcheck disable=SC2016	# the guest expands
		run_in "$name" 'dmesg | grep -i radeon; cat /proc/fb; cd /sys/class/graphics/fb0; echo MODE $(cat virtual_size bits_per_pixel stride); cd /'
		await "$name"
	done
}

driver_is_content() {
	local name=$1 w=${mode_of[$1]%x*} h=${mode_of[$1]#*x}

	check "$name: radeonfb names the chip" log_has "$name" \
		'radeonfb \(.*\): ATI Radeon 5159'
	check "$name: radeonfb found clocks in the ROM" log_has "$name" \
		'radeonfb: Retrieved PLL infos from BIOS'
	check "$name: radeonfb read the EDID" log_has "$name" 'radeonfb: EDID probed'
	check "$name: /proc/fb" log_has "$name" '^0 ATI Radeon 5159'
	check "$name: the mode of /dev/fb0 is ${mode_of[$name]}-32" log_has "$name" \
		"^MODE $w,$h 32 $((w * 4))"
}

# The engine has done all that a guest has asked it for.
rests() {
	local list

	list=$(cat "/sys/kernel/debug/vgpu/${gpu##*/}/runlist")
	[[ $list = *': idle'*' 0 waiting'* ]] || { echo "$list"; return 1; }
}

# Console text by scrolling, and the same lines on a clear screen.
console_scrolls() {
	local name=$1 clear="printf '\\033[?25l\\033[H\\033[2J\\033[3J'"

	run_in "$name" "$clear > /dev/tty1" && await "$name" && wait_until rests &&
		guest shot "$name" "$OUT/$name-clear.png" || return
	run_in "$name" "for i in \$(seq 1 100); do echo line \$i of the console; done > /dev/tty1" &&
		await "$name" && wait_until rests &&
		guest shot "$name" "$OUT/$name-text.png" || return
	# The cursor stays on a line of its own.
	run_in "$name" "rows=\$(stty size < /dev/tty1 | cut -d' ' -f1); $clear > /dev/tty1; for i in \$(seq \$((102 - rows)) 100); do echo line \$i of the console; done > /dev/tty1" &&
		await "$name" && wait_until rests &&
		guest shot "$name" "$OUT/$name-again.png" || return
	no "$BUILD/e2e/compare" "$OUT/$name-clear.png" "$OUT/$name-text.png" &&
		"$BUILD/e2e/compare" "$OUT/$name-text.png" "$OUT/$name-again.png"
}

# ---- Both draw

draw_together() {
	local name before="$OUT/before" after="$OUT/after"

	snapshot guest1 guest2 > "$before"
	start_sampling "$OUT/samples" guest1 guest2
	for name in guest1 guest2; do
		run_in "$name" "$(scene_command "$name" 0) -w"
	done
	check "both draw" wait_busy guest1 guest2
	check "both had GPU time in the same sample" \
		wait_until in_same_sample "$OUT/samples"
	for name in guest1 guest2; do
		end_scene "$name"
		check "$name has drawn while the other did" await "$name"
	done
	stop_sampling
	snapshot guest1 guest2 > "$after"
	for name in guest1 guest2; do
		check "$name: the screen is the expected picture" \
			screen_is_scene "$name" "$name-scene"
		check "$name: the driver found the type's VRAM" log_has "$name" \
			"^scene: .* vram $(read_counter "$name" vram_size)[^0-9]*\$"
		check "$name: exactly the operations that it asked for were done" \
			equal "$(increase "$name" ops)" \
			$(($(said "$name" fills) + $(said "$name" copies)))
		for counter in gpu_time_ns slices switches traps bytes; do
			check "$name: $counter counts" \
				more_than "$(increase "$name" "$counter")" 0
		done
		for counter in dropped fifo_overflows faults; do
			check "$name: $counter is 0" \
				equal "$(increase "$name" "$counter")" 0
		done
	done
}

increase() {
	awk -v name="$1" -v counter="$2" '$1 == name && $2 == counter {
		if (seen++) print $3 - first; else first = $3 }' "$OUT/before" "$OUT/after"
}

# ---- The driver blanks its screen

# Of the size that it had, and all of it.
screen_is_dark() {
	local said

	guest shot guest1 "$OUT/guest1-blank.png" &&
		"$BUILD/e2e/compare" "$OUT/guest1-blank.png" black || return
	said=$("$BUILD/e2e/compare" "$OUT/guest1-blank.png" "$OUT/guest1-scene.png")
	[[ $said = *"pixels differ"* ]] || { echo "$said"; return 1; }
}

fb_blank() { run_in guest1 "echo $1 > /sys/class/graphics/fb0/blank" && await guest1 30; }

blank_and_back() {
	check "guest1 blanks its screen" fb_blank 4
	check "guest1: the screen is dark" screen_is_dark
	check "guest1 draws while it is blank" draw guest1 0
	check "guest1: nothing of it is seen" screen_is_dark
	check "guest2: the screen is as it was" screen_is_scene guest2 guest2-beside
	check "guest1 ends the blank" fb_blank 0
	check "guest1: what was drawn is seen" screen_is_scene guest1 guest1-unblank
}

# ---- Boot again, in two ways

boot_again() {
	for name in guest1 guest2; do
		guest qmp "$name" set-action reboot=reset
	done
	guest send guest1 'reboot -f'
	run_in guest2 "$(scene_command guest2 0) -w"
	check "guest2 draws" wait_busy guest2
	check "guest2 is reset while it draws" guest qmp guest2 system_reset
	check "guest1 boots after its own reboot" wait_until has_booted guest1 2
	check "guest2 boots after the reset" wait_until has_booted guest2 2
	for name in guest1 guest2; do
		run_in "$name" "$(scene_command "$name" 0)"
	done
	for name in guest1 guest2; do
		check "$name draws again" await "$name"
		check "$name: the screen is right again" \
			screen_is_scene "$name" "$name-reset"
	done
}

# ---- QEMU dies

kill_while_drawing() {
	local pid

	run_in guest1 "$(scene_command guest1 0) -w"
	run_in guest2 "$(scene_command guest2 0) -w"
	check "both draw" wait_busy guest1 guest2
	pid=$(cat /run/guests/guest1/pid)
	check "guest1's QEMU is killed" kill -KILL "$pid"
	end_scene guest2
	check "guest2 draws to its end" await guest2
	check "guest2: the screen is right" screen_is_scene guest2 guest2-kill
	# QEMU is nobody's child here: gone when its process is.
	check "its process ends" wait_until no kill -0 "$pid"
	check "the vGPU that QEMU held is idle and well" \
		equal "$(read_counter guest1 state)" ok
}

# The same vGPU with another monitor, the driver without a mode of its own.
another_monitor() {
	mode_of[guest1]=800x600
	check "guest1 starts on the vGPU that was left" boot guest1
	check "guest1 boots" guest wait guest1 TESSERA-GUEST-READY ||
		give_up "guest1 did not boot"
	# shellcheck disable=SC2016	# the guest expands
	run_in guest1 'echo EDIDMODE $(cat /sys/class/graphics/fb0/virtual_size)'
	await guest1
	check "the monitor's resolution is the mode that radeonfb takes" \
		log_has guest1 '^EDIDMODE 800,600'
	check "guest1 draws in that mode" draw guest1 0
	check "guest1: the screen is right" screen_is_scene guest1 guest1-monitor
}

# ---- A hostile guest

hostile_guest() {
	local was

	was=$(read_counter guest1 dropped)
	run_in guest1 'flood -s 4 -r 7'
	check "guest1 finds no way out of its VRAM" await guest1
	check "each operation out of bounds was dropped and counted" more_than \
		$(($(read_counter guest1 dropped) - was)) $(($(said guest1 ops) - 1))
	check "there were some" more_than "$(said guest1 ops)" 50
	check "guest2: the screen has not changed" screen_is_scene guest2 guest2-flood
	run_in guest1 'flood -s 2 -r 8'
	check "guest2 draws while guest1 floods" draw guest2 2
	check "guest1 still finds no way out" await guest1
	check "guest2: the screen is right" screen_is_scene guest2 guest2-flood
	check "guest2: dropped is still 0" equal "$(read_counter guest2 dropped)" 0
	check "guest1 can still draw" draw guest1 0
	check "guest1: the screen is right" screen_is_scene guest1 guest1-flood
}

# ---- The end

take_down() {
	check "guest1 stops" guest stop guest1
	check "guest1's vGPU goes while guest2 runs" remove_vgpu "${uuid_of[guest1]}"
	check "no vGPU is left of guest1" no test -e "$mdevs/${uuid_of[guest1]}"
	check "guest2 still draws" draw guest2 0
	check "guest2: the screen is right" screen_is_scene guest2 guest2-alone
	check "guest2 stops" guest stop guest2
	check "guest2's vGPU goes" remove_vgpu "${uuid_of[guest2]}"
	check "all VRAM is free again" equal "$(cat "$gpu/vgpu/vram_free")" "$free"
	check "the modules unload" modules unload
	check "no module is left" no grep -q '^vgpu' /proc/modules
}

set_guests 2
types_and_instances
check "mdevctl defines, starts, lists, stops, undefines" mdevctl_cycle
first_boot
for name in guest1 guest2; do
	driver_is_content "$name"
	check "$name: console text is right after scrolling" console_scrolls "$name"
done
draw_together
blank_and_back
boot_again
kill_while_drawing
another_monitor
hostile_guest
take_down
finish

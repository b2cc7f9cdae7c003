#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - the host sleeps under vGPUs and a guest, in the host VM
#:
#: Usage: tests/suspend/run.sh vfio|guest|soft    (by scripts/hostvm run; see
#:                                                 scripts/check, tier suspend)
#:   vfio   the VFIO program "suspend", which has all that takes no guest, on the card
#:          and on a soft GPU, where an executor computes
#:   guest  a guest that draws on the card
#:   soft   a guest that computes on a soft GPU, and shows there what it has computed
#:
#: Each to idle and to RAM. Writes $OUT/tests.tap.
#:
#: The host VM's files come by virtio-9p, whose driver does not survive a sleep.
#: So the second half runs in a root of its own, in memory, with all that it
#: needs; at the end it takes /out back with a driver bound anew.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
awake=/tmp/awake	# the root in memory

die() { echo "suspend: $*" >&2; exit 1; }

# Files, each where it is, with what the dynamic linker loads for it.
take() {
	local file

	for file; do
		cp --parents -L "$file" "$awake"
		ldd "$file" 2>/dev/null | grep -o '/[^ ]*' |
			xargs -r cp --parents -L -u -t "$awake"
	done
}

make_root() {
	local name programs=(bash busybox cat chroot cp cut dirname basename env
		expr find grep head ls mkdir mktemp mount umount readlink realpath rm rmdir
		sed seq sleep sort sync tail tee timeout tr uname dmesg awk xargs
		insmod rmmod modinfo lspci qemu-system-x86_64 python3)

	# The executor's workers want a root that is a mount.
	mkdir "$awake"
	mount -t tmpfs awake "$awake"
	mkdir -p "$awake"/{dev,sys,proc,run,tmp,out,mnt,repo,build,bin}
	for name in "${programs[@]}"; do
		take "$(type -P "$name")"
	done
	ln -s bash "$awake/usr/bin/sh"
	[ ! -L /bin ] || { rmdir "$awake/bin"; ln -s usr/bin "$awake/bin"; }
	cp --parents -r /usr/lib/python3.* /usr/share/seabios "$awake"
	take /usr/share/qemu/{kvmvapic,linuxboot_dma}.bin /etc/passwd
	cp -r /repo/{scripts,tests,qemu-configs} "$awake/repo"
	cp -r --parents "/build/modules/$KERNEL"/*.ko /build/test-modules/"$KERNEL"/*.ko \
		/build/e2e /build/guest-image /build/opencl/{almaif,digits{,.bin}} "$awake"
	for name in vfio/suspend tools/vgpu-executor e2e/render e2e/compare; do
		take "/build/$name"
	done
	for name in dev sys proc run; do
		mount --rbind "/$name" "$awake/$name"
	done
}

# Of the 9p device with this tag: its name on the virtio bus.
virtio_device() {
	local file

	for file in /sys/bus/virtio/drivers/9pnet_virtio/virtio*/mount_tag; do
		[ "$(tr -d '\0' < "$file")" != "$1" ] || basename "${file%/*}"
	done
}

if [ -z "${OUT_DEVICE:-}" ]; then
	OUT_DEVICE=$(virtio_device out)
	export OUT_DEVICE LC_ALL=C
	modules load || die "no modules"
	# Where no stock module can be loaded any more, the soft GPU's are there.
	modules soft gpus=0 || die "no soft GPU"
	rmmod vgpu_soft
	make_root || die "no root"
	cd "$awake" || exit 1
	umount /out || die "/out is in use"
	exec chroot "$awake" /bin/bash /repo/tests/suspend/run.sh "$1"
fi

# ---- From here on in memory.

# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/../e2e/lib-soft.sh"

limit=900	# seconds for a program; only a hang reaches it

# The lines of the program on a GPU (rv100, soft), as tests of ours.
run_program() {
	local line what="$1, $2" log=$OUT/suspend-$1-$2.log plan=0 seen=0

	GPU=$1 timeout --kill-after=10 "$limit" "$BUILD/vfio/suspend" "$2" > "$log" 2>&1
	while IFS= read -r line; do
		case $line in
		1..*) plan=${line#1..} ;;
		'ok '*) check "$what: ${line#* - }" true; seen=$((seen + 1)) ;;
		'not ok '*) check "$what: ${line#* - }" false; seen=$((seen + 1)) ;;
		'#'*) echo "$line" | tee -a "$tap" ;;
		esac
	done < "$log"
	check "$what: all tests ran" equal "$seen" "$plan"
}

host_sleeps() {
	local alarm=/sys/class/rtc/rtc0/wakealarm seconds

	if [ "$1" = freeze ]; then
		echo platform > /sys/power/pm_test
		echo freeze > /sys/power/state
		return
	fi
	echo none > /sys/power/pm_test
	# An alarm that comes before the machine sleeps keeps it awake.
	for seconds in 4 16 64 256; do
		echo 0 > "$alarm"
		echo "+$seconds" > "$alarm"
		echo mem > /sys/power/state && return
	done
	return 1
}

# The first process runs a little in each sleep, and its pages cannot be read in
# any more after the first.
page_in_init() {
	sed -n 's,.* /,/proc/1/root/,p' /proc/1/maps | sort -u | xargs cat > /dev/null
}

forgot() { cat /sys/module/forget/parameters/times; }

guest_sleeps_through() {
	local state=$1 before

	run_in guest1 "$(scene_command guest1 600) & true"
	check "$state: the guest draws" wait_busy guest1
	before=$(forgot)
	check "$state: the host sleeps and wakes up" host_sleeps "$state"
	check "$state: the card has forgotten" more_than "$(forgot)" "$before"
	check "$state: the guest goes on drawing" wait_busy guest1
	run_in guest1 "kill \$!; $(scene_command guest1 2)"
	check "$state: it draws a scene to its end" await guest1 "$limit"
	check "$state: the screen is right" screen_is_scene guest1 "$state"
	check "$state: the host sleeps under a picture" host_sleeps "$state"
	check "$state: the picture is still right" screen_is_scene guest1 "$state-still"
	check "$state: nothing was dropped" equal "$(read_counter guest1 dropped)" 0
	check "$state: its vGPU is well" equal "$(read_counter guest1 state)" ok
}

with_guest() {
	check "a vGPU for the guest" create_vgpu "$gpu" RV100-16D "${uuid_of[guest1]}"
	check "the guest starts" boot_in_mode guest1
	check "it boots" guest wait guest1 TESSERA-GUEST-READY "$limit" || return
	guest_sleeps_through freeze
	guest_sleeps_through mem
	check "the guest stops" guest stop guest1
	check "its vGPU goes" remove_vgpu "${uuid_of[guest1]}"
}

# Digits are recognised, so many times or, 0, without an end, and shown on the vGPU's
# screen.
compute() { run_in screen "/opencl/almaif ./digits digits.bin -r $1"; }

# One of which the host slept in the midst is among them.
one_more_time() {
	run_in screen "n=\$(wc -l < /tmp/said); while [ \$(wc -l < /tmp/said) = \$n ]; do sleep 1; done" &&
		await screen
}

# Each digit as the CPU does it.
was_right() {
	run_in screen '! grep -v " 450 as the CPU" /tmp/said' && await screen
}

same_picture() { "$BUILD/e2e/compare" "$OUT/$1.png" "$OUT/$2.png"; }

# The screen's memory, and what the host shows of it.
picture_is_kept() {
	local state=$1 painted=(112233 $((800 * 600)))

	check "$state: the guest paints its screen" paint '\063\042\021\000'
	check "$state: it shows" shows "${painted[@]}"
	check "$state: the host sleeps under it" host_sleeps "$state"
	check "$state: it is as before" shows "${painted[@]}"
	compute 1
	check "$state: the guest computes what it shows" await screen
	check "$state: it is another picture" no shows "${painted[@]}"
	guest shot screen "$OUT/$state-before.png"
	check "$state: the host sleeps under that" host_sleeps "$state"
	guest shot screen "$OUT/$state-after.png"
	check "$state: that is as before" same_picture "$state-before" "$state-after"
}

computing_goes_on() {
	local state=$1

	compute '0 > /tmp/said & true'
	check "$state: the guest computes" wait_busy screen
	check "$state: the host sleeps meanwhile" host_sleeps "$state"
	check "$state: the guest goes on computing" one_more_time
	check "$state: it is ended" eval "run_in screen 'kill -9 \$!' && await screen"
	check "$state: all of it was right" was_right
}

soft_guest_sleeps_through() {
	local state=$1

	picture_is_kept "$state"
	computing_goes_on "$state"
	check "$state: nothing was dropped" equal "$(read_counter screen dropped)" 0
	check "$state: there was no fault" equal "$(read_counter screen faults)" 0
	check "$state: its vGPU is well" state_is screen ok
}

with_soft_guest() {
	set_guest screen 7e55e7a0-0000-4000-8000-000000000013 SOFT-16Q 800x600 ''
	check "a soft GPU" modules soft vram_mb=64
	soft_gpu=$(find_soft) || give_up "no soft GPU"
	check "a vGPU with a display" create_vgpu "$soft_gpu" SOFT-16Q "${uuid_of[screen]}" ||
		give_up "no vGPU"
	"$BUILD/tools/vgpu-executor" --user=nobody > "$OUT/executor.log" 2>&1 &
	executor=$!
	check "the guest starts" boot screen --append 'tessera.bochs tessera.9p' -- \
		-fsdev "local,id=opencl,path=$BUILD/opencl,security_model=none,readonly=on" \
		-device virtio-9p-pci,fsdev=opencl,mount_tag=opencl
	check "it boots" guest wait screen TESSERA-GUEST-READY "$limit" || return
	run_in screen 'mkdir /opencl; mount -t 9p -o ro,trans=virtio,version=9p2000.L opencl /opencl'
	check "it has programs" await screen
	soft_guest_sleeps_through freeze
	soft_guest_sleeps_through mem
	check "the guest stops" guest stop screen
	cp /run/guests/screen/serial.log "$OUT/screen.console"
	check "its vGPU goes" remove_vgpu "${uuid_of[screen]}"
	kill "$executor"
	wait "$executor"
	check "the executor ends" equal $? 0
}

# What the kernel complains of, but for what it was asked to.
clean_log() {
	local known='no sleep: not enough memory'

	# QEMU's; and the kernel's word for what was refused.
	known+='|ACPI Error: Could not disable RealTimeClock|PM: .*error -12'
	# And for a GPU that is just taken away.
	known+='|Freezing remaining freezable tasks failed'
	known+='|kvm: kvm \[.*Unhandled WRMSR'
	! dmesg --level emerg,alert,crit,err | grep -vE "$known"
}

leave() {
	local status=0

	finish || status=1
	dmesg > "$OUT/dmesg.txt"
	echo "$OUT_DEVICE" > /sys/bus/virtio/drivers/9pnet_virtio/unbind
	echo "$OUT_DEVICE" > /sys/bus/virtio/drivers/9pnet_virtio/bind
	mount -t 9p -o rw,cache=none,trans=virtio,version=9p2000.L out /mnt
	cp -r "$OUT"/. /mnt
	echo "$status" > /mnt/.hostvm/status
	sync
	# The emulated machine cannot be turned off any more once it has slept.
	busybox reboot -f
}

trap 'clean_up; leave' EXIT
set_guests 1
gpu=$(find_gpu) || give_up "no GPU offers vGPU types"
check "the card can forget" insmod "/build/test-modules/$KERNEL/forget.ko"
case $1 in
vfio)
	run_program rv100 short
	check "short: the log says why" eval "dmesg | grep -q 'no sleep: not enough'"
	page_in_init
	check "a soft GPU is there, too" modules soft vram_mb=100
	for state in freeze mem; do
		run_program rv100 "$state"
		run_program soft "$state"
	done ;;
guest) with_guest ;;
soft) with_soft_guest ;;
esac
check "the kernel has nothing to complain of" clean_log

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - QEMU versions, machines, firmware, guests: in the host VM
#:
#: Usage: tests/matrix/run.sh [full | only FUNCTION ARGS...]
#:        (by scripts/hostvm run; see scripts/check)
#:
#: Each pair of values of QEMU, machine, firmware, guest kernel and command line
#: occurs in the rows of "full"; without it, each value occurs. Writes
#: $OUT/tests.tap, and every screen it has taken as $OUT/*.png.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/lib.sh"

rm -f "$OUT"/*.png "$OUT"/*.console

# QEMU, machine, firmware, guest kernel, command line
quick_rows=(
	"11  q35 ovmf    6.12 libvirt"
	"7.2 pc  seabios 6.1  sysfsdev"
	"10  q35 seabios 7.2  sysfsdev"
)
more_rows=(
	"7.2 q35 ovmf    7.2  libvirt"
	"7.2 q35 seabios 6.12 sysfsdev"
	"11  q35 seabios 6.1  libvirt"
	"10  pc  ovmf    6.1  sysfsdev"
	"11  pc  seabios 7.2  sysfsdev"
	"10  pc  seabios 6.12 libvirt"
)

declare -A product=([q35]='Q35' [pc]='i440FX')

id=7e55e7a0-0000-4000-8000-0000000000

clean_up() {
	local dir name

	for dir in /run/guests/*/; do
		name=$(basename "$dir")
		cp "$dir/serial.log" "$OUT/$name.console" 2>/dev/null
	done
}
trap clean_up EXIT

# Every pair of values of two columns is in some row.
all_pairs() {
	printf '%s\n' "$@" | awk '
		{
			for (i = 1; i <= NF; i++) {
				value[i, $i] = 1
				for (j = 1; j < i; j++)
					seen[i, $i, j, $j] = 1
			}
		}
		END {
			for (a in value)
				for (b in value) {
					split(a, x, SUBSEP)
					split(b, y, SUBSEP)
					if (x[1] > y[1] && !((x[1], x[2], y[1], y[2]) in seen)) {
						print "no row with", x[2], "and", y[2]
						bad = 1
					}
				}
			exit bad
		}'
}

# NAME's vGPU has a UUID that ends in NUMBER, as its VNC display does: 0 to 8 are
# rows, which may go on beside the others.
new_vgpu() {
	set_guest "$1" "$id$(printf %02d "$2")" "$3" "$4" "$5"
	label_of[$1]="GUEST $2"
	create_vgpu "$gpu" "$3" "${uuid_of[$1]}" || give_up "no vGPU for $1"
	echo "$4" > "$mdevs/${uuid_of[$1]}/vgpu/resolution"
}

end_of() {
	local name

	check "$1: stops" guest stop "$1"
	for name; do
		check "$name: its vGPU goes" remove_vgpu "${uuid_of[$name]}"
	done
}

# ---- A row

row_fields() { read -r qemu machine firmware kernel form <<< "$2"; }

start_row() {
	local name=$1 number=$2 qemu machine firmware kernel form
	local arguments after

	row_fields "$1" "$3"
	new_vgpu "$name" "$number" RV100-16D 800x600 sunrise
	machine "$name" "$qemu" "$machine" "$firmware" &&
		add_vgpu "${uuid_of[$name]}" "$form" "$machine" 0
	add_vnc "$number" 0
	check "$name ($3): QEMU starts" guest start "$name" "${arguments[@]}" \
		--kernel "$kernel" -- "${after[@]}" || give_up "$name did not start"
}

is_what_it_says() {
	local name=$1 qemu=$2 machine=$3 firmware=$4 kernel=$5

	guest qmp "$name" query-version | grep -q "\"major\": ${qemu%%.*}[,}]" ||
		{ guest qmp "$name" query-version; return 1; }
	log_has "$name" "MACHINE .*${product[$machine]}" &&
		log_has "$name" "KERNEL ${kernel//./\\.}\\." &&
		log_has "$name" "FIRMWARE $firmware"
}

# Draws on the framebuffer of the vGPU that is the guest's Nth.
draw_on() {
	local name=$1 head=$2

	run_in "$3" "fb=\$(sed -n 's/ ATI Radeon.*//p' /proc/fb | sed -n $((head + 1))p); $(scene_command "$name" 0) -f /dev/fb\$fb"
	await "$3"
}

finish_row() {
	local name=$1 number=$2 qemu machine firmware kernel form counter

	row_fields "$1" "$3"
	check "$name: boots" guest wait "$name" TESSERA-GUEST-READY || return
	# shellcheck disable=SC2016	# the guest expands
	run_in "$name" 'f=seabios; [ ! -d /sys/firmware/efi ] || f=ovmf; echo FIRMWARE $f; echo KERNEL $(uname -r); echo MACHINE $(cat /sys/class/dmi/id/product_name); dmesg | grep -i radeonfb; cat /proc/fb'
	await "$name"
	check "$name: it is what it says" is_what_it_says "$name" "$qemu" \
		"$machine" "$firmware" "$kernel"
	check "$name: radeonfb drives the vGPU" log_has "$name" '^[0-9] ATI Radeon 5159'
	check "$name: it draws" draw_on "$name" 0 "$name"
	check "$name: the expected picture is drawn" \
		expected_picture "$name" "$OUT/$name-expected.png"
	check "$name: a VNC client sees the picture" vnc_shows "$number" \
		"$OUT/$name.png" "$OUT/$name-expected.png"
	for counter in dropped faults unknown_regs; do
		check "$name: $counter is 0" equal "$(read_counter "$name" "$counter")" 0
	done
	end_of "$name"
}

# OVMF is slow: its row goes on beside what comes after it.
slow='' slow_row=''

finish_slow() {
	[ -z "$slow" ] || finish_row "row$slow" "$slow" "$slow_row"
	slow=''
}

run_rows() {
	local i rows=("$@")

	for i in "${!rows[@]}"; do
		[[ ${rows[i]} != *ovmf* ]] || finish_slow
		start_row "row$i" "$i" "${rows[i]}"
		if [[ ${rows[i]} = *ovmf* ]]; then
			slow=$i slow_row=${rows[i]}
		else
			finish_row "row$i" "$i" "${rows[i]}"
		fi
	done
}

# ---- More than one vGPU in a guest

two_heads() {
	local arguments after name

	new_vgpu heads 10 RV100-16D 800x600 harbour
	new_vgpu heads2 11 RV100-16D 1024x768 sunrise
	machine heads 10 q35 seabios
	add_vgpu "${uuid_of[heads]}" libvirt q35 0
	add_vgpu "${uuid_of[heads2]}" libvirt q35 1
	add_vnc 10 0
	add_vnc 11 1
	check "two vGPUs in a guest: QEMU starts" guest start heads \
		"${arguments[@]}" -- "${after[@]}" || return
	check "heads: boots" guest wait heads TESSERA-GUEST-READY || return
	check "heads: the first draws" draw_on heads 0 heads
	check "heads: the second draws" draw_on heads2 1 heads
	for name in heads heads2; do
		check "$name: the expected picture is drawn" \
			expected_picture "$name" "$OUT/$name-expected.png"
	done
	check "heads: VNC shows the first" vnc_shows 10 "$OUT/heads.png" \
		"$OUT/heads-expected.png"
	check "heads: VNC shows the second" vnc_shows 11 "$OUT/heads2.png" \
		"$OUT/heads2-expected.png"
	end_of heads heads2
}

# ---- What the firmware shows

# The same machine with QEMU's own ramfb and no vGPU says what is to be seen.
start_firmware() {
	local name=$1 qemu=$2 firmware=$3 arguments after

	shift 3
	machine "$name" "$qemu" q35 "$firmware"
	if [ "$name" = ramfb ]; then
		add_vgpu "${uuid_of[$name]}" libvirt q35 0 '"ramfb":true,'
		add_vnc 12 0
	else
		after+=(-device "ramfb,id=hostdev0")
	fi
	guest start "$name" "${arguments[@]}" "$@" -- "${after[@]}"
}

# Both show the same, and it is a picture. Text cursors blink, each at its own
# time: looked at until they meet, three times.
same_firmware_picture() {
	local said='' name hits=0 end=$((SECONDS + $(patience)))

	while [ "$SECONDS" -lt "$end" ]; do
		for name in ramfb stock; do
			guest shot "$name" "$OUT/$1-$name.png" hostdev0 || return
		done
		if said=$("$BUILD/e2e/compare" "$OUT/$1-ramfb.png" "$OUT/$1-stock.png") &&
			said=$("$BUILD/matrix/pixels" "$OUT/$1-ramfb.png" --colours) &&
			[ "${said%% *}" -gt 1 ]; then
			hits=$((hits + 1))
			[ "$hits" -lt 3 ] || return 0
		fi
		sleep 0.3
	done
	echo "$said"
	return 1
}

firmware_is_seen() {
	local name firmware=$2

	new_vgpu ramfb 12 RV100-16D 800x600 harbour
	for name in ramfb stock; do
		check "$name (QEMU $1, $firmware): starts" \
			start_firmware "$name" "$1" "$firmware" --no-kernel || return
	done
	check "ramfb: shows what $firmware shows on QEMU's own" \
		same_firmware_picture "$firmware"
	check "stock: stops" guest stop stock
	end_of ramfb
}

# The picture changes to the driver's when there is one, and away at a reset.
driver_after_firmware() {
	new_vgpu ramfb 12 RV100-16D 800x600 harbour
	check "ramfb (QEMU $1): starts" start_firmware ramfb "$1" seabios \
		--append tessera.nodriver || return
	check "ramfb: boots" guest wait ramfb TESSERA-GUEST-READY || return
	check "ramfb: before a driver is loaded, a screen of firmware's size" \
		wait_until firmware_screen
	run_in ramfb 'insmod /lib/modules/radeonfb.ko'
	check "ramfb: the driver loads" await ramfb
	check "ramfb: it draws" draw_on ramfb 0 ramfb
	check "ramfb: the expected picture is drawn" \
		expected_picture ramfb "$OUT/ramfb-expected.png"
	check "ramfb: VNC shows the driver's picture then" vnc_shows 12 \
		"$OUT/ramfb.png" "$OUT/ramfb-expected.png"
	guest qmp ramfb set-action reboot=reset
	check "ramfb: is reset" guest qmp ramfb system_reset
	check "ramfb: the driver's picture goes" wait_until firmware_screen
	end_of ramfb
}

# SeaBIOS makes its own 1024x768; the driver has another size.
firmware_screen() {
	local said

	said=$(guest shot ramfb "$OUT/ramfb-firmware.png" hostdev0 &&
		"$BUILD/matrix/pixels" "$OUT/ramfb-firmware.png" --colours)
	[[ $said = *1024x768* ]] || { echo "$said"; return 1; }
}

# ---- A guest without Linux

bare_guest() {
	local name=bare$1 qemu=$1 machine=$2 form=$3 arguments after

	new_vgpu "$name" 13 RV100-4D 800x600 ''
	machine "$name" "$qemu" "$machine" seabios
	add_vgpu "${uuid_of[$name]}" "$form" "$machine" 0
	add_vnc 13 0
	check "$name (QEMU $qemu, $machine): starts" guest start "$name" \
		"${arguments[@]}" --no-kernel -- "${after[@]}" \
		-kernel "$BUILD/matrix/bare.elf" || return
	check "$name: its own driver comes to its end" \
		guest wait "$name" "BARE done"
	check "$name: registers, by memory and by ports, say 4 MiB" \
		log_has "$name" '^BARE vram 4194304 by ports 4194304'
	check "$name: BARs have their sizes" \
		log_has "$name" '^BARE sizes 4194304 256 16384 rom [0-9]+'
	check "$name: vertical blanks came as interrupts" \
		log_has "$name" '^BARE blanks 5 '
	check "$name: the expected picture is drawn" \
		"$BUILD/matrix/bare-expected" "$OUT/bare-expected.png"
	check "$name: VNC shows it" vnc_shows 13 "$OUT/$name.png" \
		"$OUT/bare-expected.png"
	check "$name: each operation was done" equal "$(read_counter "$name" ops)" \
		"$(grep -ao 'operations [0-9]*' "/run/guests/$name/serial.log" | cut -d' ' -f2)"
	for counter in dropped unknown_regs; do
		check "$name: $counter is 0" equal "$(read_counter "$name" "$counter")" 0
	done
	end_of "$name"
}

# ---- An X server

# What desktop.sh asks for: background; a title, two xterms, xeyes, xlogo.
desktop_colours() {
	guest shot desktop "$OUT/desktop.png" hostdev0 &&
		"$BUILD/matrix/pixels" "$OUT/desktop.png" \
			5,5=2f5d73 1018,762=2f5d73 \
			300,71=183848 60,300=10202c 728,200=f4e8c8 \
			776,400=f0d890 724,640=ffffff
}

desktop() {
	local arguments after share=security_model=none,readonly=on,multidevs=remap

	new_vgpu desktop 14 RV100-16D 1024x768 ''
	machine desktop 10 q35 seabios
	add_vgpu "${uuid_of[desktop]}" libvirt q35 0
	add_vnc 14 0
	after+=(-fsdev "local,id=root,path=/trees/$desktop,$share"
		-device "virtio-9p-pci,fsdev=root,mount_tag=root,addr=8"
		-fsdev "local,id=test,path=$here,$share"
		-device "virtio-9p-pci,fsdev=test,mount_tag=test,addr=9")
	check "desktop: starts" guest start desktop "${arguments[@]}" --mem 512 \
		--append 'tessera.9p radeonfb.mode_option=1024x768-32@60' -- \
		"${after[@]}" || return
	check "desktop: boots" guest wait desktop TESSERA-GUEST-READY || return
	run_in desktop 'mkdir /test; mount -t 9p -o ro,trans=virtio,version=9p2000.L test /test; sh /test/desktop.sh'
	check "desktop: Xorg and its clients start" await desktop
	check "desktop: background and windows have their colours" \
		wait_until desktop_colours
	check "desktop: the screen comes to rest" steady_shot desktop \
		"$OUT/desktop.png" hostdev0
	check "desktop: VNC shows the same" vnc_shows 14 "$OUT/desktop-vnc.png" \
		"$OUT/desktop.png"
	end_of desktop
}

# ---- The stock KMS driver

# The guest's kernel is the one that the host VM's tree has.
kms_files() {
	local release module share=/tmp/kms

	release=$(basename "$(echo /usr/lib/modules/6.12*)")
	mkdir -p "$share" && cp "$BUILD/matrix/kms" "$share" || return
	for module in $(modprobe -S "$release" --show-depends radeon | awk '{ print $2 }'); do
		xz -dc "$module" > "$share/$(basename "${module%.xz}")" || return
		basename "${module%.xz}"
	done > "$share/order"
	[ -s "$share/radeon.ko" ]
}

# Some of the modules are there already.
kms_starts() {
	# shellcheck disable=SC2016	# the guest expands
	run_in kms 'mkdir /kms; mount -t 9p -o ro,trans=virtio,version=9p2000.L kms /kms; for m in $(cat /kms/order); do insmod /kms/$m 2>/dev/null; done; mkfifo /tmp/to /tmp/from; /kms/kms < /tmp/to > /tmp/from & exec 8<>/tmp/from 9>/tmp/to; read -r said <&8; echo "KMS $said"; [ "$said" = 800x600 ]'
	await kms
}

kms_does() { run_in kms "echo $1 >&9; read -r said <&8; [ \"\$said\" = ok ] || { echo \$said; false; }" && await kms; }

# NAME of the picture, and the place of the pointer, if there is one: for a
# screenshot and for a VNC client.
kms_shows() {
	local picture=$OUT/kms-$1.png

	"$BUILD/matrix/kms-expected" 800 600 "$OUT/kms-expected.png" "${@:2}" &&
		guest shot kms "$picture" hostdev0 &&
		"$BUILD/e2e/compare" "$picture" "$OUT/kms-expected.png" &&
		vnc_shows 16 "$picture" "$OUT/kms-expected.png"
}

kms_is_dark() {
	guest shot kms "$OUT/kms-dark.png" hostdev0 &&
		"$BUILD/e2e/compare" "$OUT/kms-dark.png" black &&
		vnc_shows 16 "$OUT/kms-dark-vnc.png" "$OUT/kms-dark.png"
}

kms_guest() {
	local arguments after share=security_model=none,readonly=on

	check "kms: the host VM has the driver" kms_files || return
	new_vgpu kms 16 RV100-16D 800x600 ''
	machine kms 10 q35 seabios
	add_vgpu "${uuid_of[kms]}" libvirt q35 0
	add_vnc 16 0
	after+=(-fsdev "local,id=kms,path=/tmp/kms,$share"
		-device "virtio-9p-pci,fsdev=kms,mount_tag=kms,addr=8")
	check "kms: starts" guest start kms "${arguments[@]}" --mem 512 \
		--append 'tessera.9p tessera.nodriver' -- "${after[@]}" || return
	check "kms: boots" guest wait kms TESSERA-GUEST-READY || return
	check "kms: radeon sets the monitor's mode" kms_starts || return
	check "kms: the picture is right" kms_shows plain
	check "kms: a pointer is there" kms_does "move 300 200"
	check "kms: it is seen" kms_shows pointer 300 200
	check "kms: it moves over the left and upper edge" kms_does "move -9 -20"
	check "kms: it is seen there" kms_shows edge -9 -20
	check "kms: the screen is switched off" kms_does off
	check "kms: it is dark" kms_is_dark
	check "kms: it is switched on" kms_does on
	check "kms: the picture is back, and the pointer" kms_shows on -9 -20
	check "kms: the pointer is taken away" kms_does hide
	check "kms: it is not seen" kms_shows hide
	end_of kms
}

# ---- What QEMU cannot

# Told so in docs/compatibility.md; were it otherwise, that would be news.
no_resolution_option() {
	local arguments after

	machine xres "$1" q35 seabios
	! guest start xres "${arguments[@]}" -- "${after[@]}" -device \
		"vfio-pci,sysfsdev=$mdevs/${uuid_of[xres]},display=on,xres=800,yres=600" &&
		grep -q 'need edid support' /run/guests/xres/qemu.log
}

resolution_options() {
	local qemu

	new_vgpu xres 15 RV100-4D 800x600 ''
	for qemu in "$@"; do
		check "QEMU $qemu refuses xres= and yres=" no_resolution_option "$qemu"
	done
	check "xres: its vGPU goes" remove_vgpu "${uuid_of[xres]}"
}

modules load || give_up "the modules do not load"
gpu=$(find_gpu) || give_up "no GPU offers vGPU types"
check "every pair of values has a row" all_pairs "${quick_rows[@]}" "${more_rows[@]}"
full=''
case ${1:-} in
full) full=1 ;;
only) "${@:2}"; finish; exit ;;
esac
run_rows "${quick_rows[@]}" ${full:+"${more_rows[@]}"}
bare_guest 7.2 pc sysfsdev
firmware_is_seen 11 seabios
two_heads
desktop
kms_guest
resolution_options 11 ${full:+7.2 10}
if [ -n "$full" ]; then
	bare_guest 11 q35 libvirt
	firmware_is_seen 10 ovmf
	driver_after_firmware 7.2
fi
finish_slow
check "the modules unload" modules unload
finish

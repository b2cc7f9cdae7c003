# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# VMs of libvirt, each with a vGPU as its only screen. Sourced by run.sh.

# What scripts/demo-lib.sh does with a guest, done with virsh.
guest() {
	case $1 in
	send) printf '%s\n' "$3" > "$(virsh ttyconsole "$2" | xargs)" ;;
	shot) virsh screenshot "$2" "$3" ;;
	*) command guest "$@" ;;
	esac
}

console_log() { echo "/var/log/libvirt/qemu/$1-serial.log"; }

# Where the command guest looks for the console and the process of a guest.
adopt() {
	mkdir -p "/run/guests/$1"
	ln -sf "$(console_log "$1")" "/run/guests/$1/serial.log"
	ln -sf "/run/libvirt/qemu/$1.pid" "/run/guests/$1/pid"
}

# The domains differ by name and vGPU.
domain_xml() {
	sed "s/guest1/$1/; s/${uuid_of[guest1]}/${uuid_of[$1]}/" "$configs/domain.xml"
}

ready_count() { grep -ac TESSERA-GUEST-READY "$(console_log "$1")"; }

# The next boot after the COUNTth has come to its end.
boots_after() {
	wait_until eval "[ \$(ready_count $1) -gt $2 ]" && return
	tail -n 20 "$(console_log "$1")"
	return 1
}

# QEMU has a pseudo terminal for the console. Somebody must keep it open, or
# what is written to it is lost.
hold_console() { cat "$(virsh ttyconsole "$1" | xargs)" > /dev/null 2>&1 & }

start_domain() {
	local count

	count=$(ready_count "$1" 2>/dev/null || true)
	virsh start "$1" || return
	adopt "$1"
	hold_console "$1"
	boots_after "$1" "${count:-0}"
}

# is_picture NAME FILE: the picture that its scene should give.
is_picture() {
	local expected=/tmp/$1-expected.png

	[ -e "$expected" ] || expected_picture "$1" "$expected" || return
	"$BUILD/e2e/compare" "$2" "$expected"
}

by_screenshot() { guest shot "$1" "$OUT/$1-virsh.png" && is_picture "$1" "$OUT/$1-virsh.png"; }

by_vnc() {
	gvnccapture "$(virsh vncdisplay "$1" | xargs)" "$OUT/$1-vnc.png" &&
		is_picture "$1" "$OUT/$1-vnc.png"
}

draw() { run_in "$1" "$(scene_command "$1" "$2")" && await "$1"; }

draws_right() { draw "$1" "$2" && by_screenshot "$1"; }

# Until a scene that was just started has had GPU time.
busy() {
	local was

	was=$(read_counter "$1" ops)
	wait_until eval "[ \$(read_counter $1 ops) -gt $((was + 500)) ]"
}

make_vgpus() {
	check "libvirt's vGPU" eval "define_node &&
		virsh nodedev-start $(node "${uuid_of[guest1]}")" || give_up "no vGPU"
	check "mdevctl's vGPU" eval "define RV100-32D ${uuid_of[guest2]} '' \
		resolution=${mode_of[guest2]} && mdevctl start -u ${uuid_of[guest2]}" ||
		give_up "no vGPU"
	check "virsh lists both" eval "wait_until lists $(node "${uuid_of[guest1]}") &&
		wait_until lists $(node "${uuid_of[guest2]}")"
}

boot_domains() {
	local name

	cp "$BUILD"/guest-image/{vmlinuz,initrd} /var/lib/libvirt/images/
	for name in guest1 guest2; do
		domain_xml "$name" > "/tmp/$name.xml"
		check "virsh define $name" virsh define --validate "/tmp/$name.xml"
		check "$name starts and boots" start_domain "$name" || give_up "no $name"
	done
}

pictures() {
	local name

	for name in guest1 guest2; do
		run_in "$name" "$(scene_command "$name" 2)"
	done
	for name in guest1 guest2; do
		check "$name draws" await "$name"
		check "$name: virsh screenshot has the picture" by_screenshot "$name"
		check "$name: a VNC client has it, too" by_vnc "$name"
	done
}

in_use() {
	local node

	node=$(node "${uuid_of[guest1]}")
	check "virsh does not destroy a vGPU that a VM uses" \
		no virsh nodedev-destroy "$node"
	check "nor gives it to a second VM" no eval \
		"sed 's/guest2/guest3/; s/${uuid_of[guest2]}/${uuid_of[guest1]}/' \
			/tmp/guest2.xml > /tmp/guest3.xml && virsh create /tmp/guest3.xml"
	check "the VM has not noticed" draws_right guest1 0
}

boot_again() {
	local count

	run_in guest1 "$(scene_command guest1 0) -w"
	check "guest1 draws" busy guest1
	count=$(ready_count guest1)
	check "virsh reset, while it draws" virsh reset guest1
	check "guest1 boots again" boots_after guest1 "$count"
	check "guest1 draws again" draws_right guest1 0
	count=$(ready_count guest1)
	check "virsh reboot, by the power button" virsh reboot guest1 --mode acpi
	check "guest1 shuts down and boots again" boots_after guest1 "$count"
	check "guest1 draws again" draws_right guest1 0
}

destroy() {
	run_in guest1 "$(scene_command guest1 0) -w"
	run_in guest2 "$(scene_command guest2 0) -w"
	check "both draw" eval "busy guest1 && busy guest2"
	check "virsh destroy, while it draws" virsh destroy guest1
	guest send guest2 ''
	check "guest2 draws to its end" await guest2
	check "guest2: the picture is right" by_screenshot guest2
	check "the vGPU is well" equal "$(read_counter guest1 state)" ok
	check "guest1 starts on the same vGPU" start_domain guest1
	check "guest1 draws" draws_right guest1 0
	check "guest1: a VNC client sees it" by_vnc guest1
}

# The vGPU as its XML has it, with another value of display.
hostdev_xml() {
	sed -n "/<hostdev/,/<\/hostdev/s/display='on'/display='$2'/; /<hostdev/,/<\/hostdev/p" \
		"/tmp/$1.xml"
}

has_no_hostdev() { no eval "virsh dumpxml $1 | grep -q '<hostdev'"; }

# By its group, or by its character device.
holds_vfio() { find "/proc/$(cat "/run/guests/$1/pid")/fd" -lname '/dev/vfio/[0-9d]*' | grep -q .; }

in_guest() { run_in "$1" "$2" && await "$1"; }

# Drawn without a screen: the engine did what the guest says that it asked for.
draws_unseen() {
	local ops

	ops=$(read_counter "$1" ops)
	draw "$1" 0 || return
	equal $(($(read_counter "$1" ops) - ops)) \
		$(($(said "$1" fills) + $(said "$1" copies))) &&
		equal "$(read_counter "$1" dropped)" 0
}

# The last value of NAME=VALUE on a guest's console.
said() { grep -ao "$2=[0-9]*" "$(console_log "$1")" | tail -n 1 | cut -d= -f2; }

hotplug_with_display() {
	local xml=/tmp/hostdev.xml

	check "it is detached again" eval \
		"virsh detach-device guest1 $xml --live && wait_until has_no_hostdev guest1"
	hostdev_xml guest1 on > "$xml"
	check "a vGPU with a display is attached" virsh attach-device guest1 "$xml" --live
	check "radeonfb has found it" in_guest guest1 "$find_fb"
	check "guest1 draws on it" draw guest1 0
	check "virsh screenshot has the picture" by_screenshot guest1
}

# shellcheck disable=SC2016	# the guest expands
find_fb='until grep -q ATI /proc/fb; do sleep 0.5; done'

# QEMU 10.0 does not let go of a device with a display before it ends: display off.
hotplug() {
	local xml=/tmp/hostdev.xml

	virsh destroy guest1
	virsh undefine guest1
	sed "s/display='on'/display='off'/" /tmp/guest1.xml > /tmp/guest1-off.xml
	check "guest1 without a display" virsh define --validate /tmp/guest1-off.xml
	check "guest1 starts and boots" start_domain guest1
	check "guest1 draws, unseen" draws_unseen guest1
	hostdev_xml guest1 off > "$xml"
	check "virsh detach-device" virsh detach-device guest1 "$xml" --live
	check "libvirt has taken it from the VM" wait_until has_no_hostdev guest1
	check "QEMU has let go of it" no holds_vfio guest1
	check "the guest's driver has, too" in_guest guest1 '! grep -q . /proc/fb'
	check "the guest has no such PCI function" in_guest guest1 \
		'! grep -q 0x1002 /sys/bus/pci/devices/*/vendor'
	check "virsh attach-device" virsh attach-device guest1 "$xml" --live
	check "QEMU has it again" holds_vfio guest1
	check "radeonfb has found it" in_guest guest1 "$find_fb"
	check "guest1 draws again" draws_unseen guest1
	check "guest2 has not noticed" by_screenshot guest2
	hotplug_with_display
}

shut_down() {
	local name node

	for name in guest1 guest2; do
		check "virsh shutdown $name" virsh shutdown "$name" --mode acpi
		check "$name is off" wait_until \
			eval "virsh domstate $name | grep -q 'shut off'"
		node=$(node "${uuid_of[$name]}")
		check "the vGPU of $name is kept" test -e "$mdevs/${uuid_of[$name]}"
		check "nodedev-destroy of $name's" virsh nodedev-destroy "$node"
		check "nodedev-undefine of $name's" virsh nodedev-undefine "$node"
		check "the vGPU of $name is gone" no test -e "$mdevs/${uuid_of[$name]}"
		virsh undefine "$name"
	done
}

domains() {
	make_vgpus
	boot_domains
	confinement
	pictures
	in_use
	boot_again
	destroy
	hotplug
	shut_down
}

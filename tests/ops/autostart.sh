# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# virsh autostart of VMs with vGPUs, over reboots of the host. Sourced by run.sh.

# What was said on the console of NAME before the reboot; kept on the disk.
boots_file() { echo "/var/lib/vgpu-test-$1"; }

note_boots() { ready_count "$1" > "$(boots_file "$1")"; }

autostart_before_reboot() {
	local name

	cp "$BUILD"/guest-image/{vmlinuz,initrd} /var/lib/libvirt/images/
	for name; do
		domain_xml "$name" > "/tmp/$name.xml"
		check "virsh define $name" virsh define --validate "/tmp/$name.xml"
		check "virsh autostart $name" virsh autostart "$name"
		echo 0 > "$(boots_file "$name")"
	done
	check "vgpu-exporter is enabled" systemctl enable -q vgpu-exporter
}

is_running() { equal "$(virsh domstate "$1" | head -n 1)" running; }

# Firmware does not write to the engine, the guest's driver does.
drives() {
	adopt "$1"
	more_than "$(read_counter "$1" traps_engine)" 0 &&
		equal "$(read_counter "$1" state)" ok
}

metrics() {
	exec 5<>/dev/tcp/localhost/9811 || return
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&5
	grep -a "$1" <&5
}

bills() {
	metrics "^vgpu_instance_info{.*vgpu=\"${uuid_of[$1]}\",domain=\"$1\",uuid=\"$(virsh domuuid "$1")\""
}

autostart_after_reboot() {
	local name

	for name; do
		check "boot $BOOT: $name runs" wait_until is_running "$name" ||
			autostart_log | sed 's/^/# /'
		check "boot $BOOT: $name boots" boots_after "$name" \
			"$(cat "$(boots_file "$name")")" 300
		check "boot $BOOT: $name drives its vGPU" drives "$name"
		check "boot $BOOT: vgpu-exporter names $name" wait_until bills "$name"
		note_boots "$name"
	done
}

autostart_log() {
	systemctl --no-pager status vgpu-ready libvirtd 'driverctl@*'
	journalctl -b --no-pager -u vgpu-ready -u libvirtd -u 'driverctl@*'
	journalctl -b --no-pager -t mdevctl
}

# Lets the next boots be slow, and sure to be: driverctl does not hold the boot up,
# and gives the card away only when vgpu-ready waits for it, and udev runs mdevctl
# only when vgpu-ready has seen the card; or each when libvirtd has started its VMs
# without waiting. The limit is no part of this.
slow_boots() {
	local unit=driverctl@.service slow=/usr/local/sbin/slow-card

	cat > "$slow" <<-'END'
		#!/bin/sh
		text="$1 ${2#pci/}"
		until journalctl -b -u vgpu-ready -o cat | grep -q "$text"; do
			[ ! -e /run/libvirt/qemu/autostarted ] || exec virsh list
			sleep 0.5
		done
	END
	chmod 755 "$slow"
	sed "/^Before=/d; s,^ExecStart=,ExecStartPre=$slow 'waiting for GPU' %I\\n&," \
		"/usr/lib/systemd/system/$unit" > "/etc/systemd/system/$unit"
	echo 'ACTION=="change", ENV{MDEV_STATE}=="registered",' \
		"PROGRAM=\"$slow GPU '%k is there'\"" > /etc/udev/rules.d/10-slow.rules
	mkdir -p /etc/systemd/system/vgpu-ready.service.d
	cat > /etc/systemd/system/vgpu-ready.service.d/limit.conf <<-END
		[Service]
		Environment=LIMIT=600
		TimeoutStartSec=infinity
	END
}

# libvirt-guests as Debian has it on; scripts/hostvm-system does without it.
unmask_guests() { cp /usr/lib/systemd/system/libvirt-guests.service /etc/systemd/system/; }

# At each reboot but the first, as libvirt-guests said on the host's console. The
# VM's own logs do not tell: virtlogd, which writes them, may end before it.
was_shut_down() {
	equal "$(grep -ac "Shutdown of guest $1 complete" "$OUT/console.log")" \
		$((BOOT - 2))
}

# One of those boots; the latter half are slow, and in the last there is something
# that cannot be had.
one_reboot() {
	local name reboots=$1

	autostart_after_reboot guest1 guest2
	for name in guest1 guest2; do
		check "boot $BOOT: $name was shut down before" was_shut_down "$name"
	done
	if [ "$BOOT" -gt "$reboots" ]; then
		wishes_are_told
		finish
		return
	fi
	check "boot $BOOT: no unit has failed" equal "$(systemctl --failed --no-legend)" ''
	[ "$BOOT" != $((reboots / 2 + 1)) ] || slow_boots
	[ "$BOOT" != "$reboots" ] || impossible_wishes
	reboot_host
}

# What cannot be had: no such card; a device that the driver does not take; a vGPU
# whose attributes are refused.
absent=0000:7f:00.0
impossible_wishes() {
	other=$(no_card)
	echo vgpu_rv100 > "/etc/driverctl.d/pci-$absent"
	echo vgpu_rv100 > "/etc/driverctl.d/pci-$other"
	check "a vGPU that cannot be made is defined" \
		define RV100-4D "$(id 12)" --auto cap=20 min=30
}

# A PCI device that has no driver to lose.
no_card() {
	local dir

	for dir in /sys/bus/pci/devices/*; do
		[ -e "$dir/driver" ] || [ "$dir" = "$gpu" ] ||
			{ echo "${dir##*/}"; return; }
	done
}

ready_says() { journalctl -b -u vgpu-ready -o cat --no-pager | grep -F "$1"; }

wishes_are_told() {
	other=$(no_card)
	check "vgpu-ready has failed, for all to see" systemctl is-failed -q vgpu-ready
	check "it tells of the card that is not there" \
		ready_says "missing: GPU $absent: there is no such PCI device"
	check "it tells of the device that the driver does not take" \
		ready_says "missing: GPU $other: vgpu_rv100 has not taken it"
	check "it tells of the vGPU, and why" ready_says "missing: vGPU $(id 12): "
	check "it tells that it has waited for the card" ready_says "waiting for GPU $address"
	check "and that this has come" ready_says "GPU $address is there"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154	# variables of the guide
# What a reader of docs/user-guide.md expects to see after a block. Sourced by
# guide.sh; a block is known by a command in it.

mdevs=/sys/bus/mdev/devices

ready_count() { if [ -e "$1" ]; then grep -ac TESSERA-GUEST-READY "$1"; else echo 0; fi; }

serial_log() { echo "/var/log/libvirt/qemu/$1-serial.log"; }

# Which VMs a block starts: their console logs.
starts() {
	if grep -qF "virsh start vm\$n" "$1"; then
		serial_log vm1
		serial_log vm2
	else
		grep -o '^virsh start vm[12]' "$1" | while read -r _ _ vm; do
			serial_log "$vm"
		done
	fi
	! grep -q '^qemu-system' "$1" || echo /root/vm2-qemu.log
}

# How often the VMs that a block starts have booted before, or those that the
# reboot before it has started (note_reboot).
declare -A counts
before() {
	local log

	counts=()
	if [ -e "$state/rebooted" ]; then
		counts[$(serial_log vm1)]=$(cat "$state/rebooted")
		rm "$state/rebooted"
	fi
	for log in $(starts "$1"); do
		counts[$log]=$(ready_count "$log")
	done
}

# libvirt starts vm1 then, by itself.
note_reboot() { ready_count "$(serial_log vm1)" > "$state/rebooted"; }

# The guest's init says so when it has loaded radeonfb.
boots() {
	[ "$(ready_count "$1")" -gt "${counts[$1]}" ] || { tail -n 30 "$1"; return 1; }
}

driver_is() {
	local driver=none

	[ ! -e "/sys/bus/pci/devices/$1/driver" ] ||
		driver=$(basename "$(readlink "/sys/bus/pci/devices/$1/driver")")
	equal "$driver" "$2"
}

# One of the group kvm can open it, others cannot.
group_is_kvm() {
	local group

	group=$(basename "$(readlink "$mdevs/$1/iommu_group")")
	udevadm settle --timeout="$PATIENCE"
	equal "$(stat -c '%G %a' "/dev/vfio/$group")" 'kvm 660'
}

# Firmware does not write to the engine, the driver does.
driven() {
	[ "$(cat "$mdevs/$1/vgpu/engines/2d/traps_engine")" -gt 0 ] ||
		{ grep -r . "$mdevs/$1/vgpu"; return 1; }
}

is_picture() { equal "$(head -c 4 "/root/$1" | tail -c 3)" PNG && [ "$(stat -c %s "/root/$1")" -gt 1000 ]; }

# The exporter has a metric, or will have.
metrics() { wait_until has_metric "$1"; }

has_metric() {
	exec 5<>/dev/tcp/localhost/9811 || return
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&5
	grep -a "$1" <&5
}

# bills VM VGPU: the exporter tells which VM it is that uses the vGPU.
bills() {
	metrics "^vgpu_instance_info{.*vgpu=\"$2\",domain=\"$1\",uuid=\"$(virsh domuuid "$1")\""
}

# The vGPUs of the definitions, and the policy of the udev rule.
settings_are_kept() {
	check "the vGPUs are there, with their settings" equal \
		"$(cat "$mdevs/$vgpu1/vgpu/min" "$mdevs/$vgpu2/vgpu/cap" | xargs)" "25 60"
	check "so is the policy" grep '\[equal_share\]' \
		"/sys/bus/pci/devices/$card/vgpu/policy"
}

# Everything with our name, but what the reader has made, and logs.
nothing_left() {
	local found

	found=$(find / -xdev \( -path /root -o -path /var/log -o -path /var/cache \
		-o -path /tmp -o -path /var/lib/guide -o -path /proc -o -path /sys \
		-o -path /srv -o -path /usr/share/mime \) -prune -o -iname '*vgpu*' -print
		find /lib/modules -name '*vgpu*'
		find /etc/driverctl.d /etc/mdevctl.d -type f 2>/dev/null
		grep '^vgpu' /proc/modules)
	equal "$found" ''
}

newest_kernel() { find /lib/modules -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1; }

promises_log() {
	journalctl -b --no-pager -p warning | tail -n 40
	tail -n 20 /var/lib/dkms/vgpu/*/build/make.log 2>/dev/null
}

after() {
	local log

	for log in "${!counts[@]}"; do
		check "the VM of ${log##*/} boots, with its driver" wait_until boots "$log"
	done
	case $(cat "$1") in
	*'dkms status'*'apt install'*|*'apt install'*vgpu-dkms*)
		check "DKMS has built the modules" modinfo vgpu_rv100
		check "no module is loaded yet" no grep '^vgpu' /proc/modules
		;;
	*'lspci -ks'*'vram_free'*)
		check "the card is the driver's" driver_is "$card" vgpu_rv100 ;;
	*'mdevctl define'*)
		check "the vGPUs have the size of their monitors" equal \
			"$(cat "$mdevs/$vgpu1/vgpu/resolution" \
				"$mdevs/$vgpu2/vgpu/resolution" | xargs)" \
			"1024x768 1024x768"
		check "the group kvm may open a vGPU" group_is_kvm "$vgpu1" ;;
	*'virsh screenshot'*)
		check "there is a picture of vm1" is_picture vm1.png
		check "there is a picture of vm2" is_picture vm2.png
		check "vm1 drives its vGPU" driven "$vgpu1"
		check "vm2 drives its vGPU" driven "$vgpu2" ;;
	*qemu-system*)
		check "the VM of QEMU alone drives its vGPU" driven "$vgpu2" ;;
	*'vgpu-top -b'*)
		check "vgpu-top names both VMs" eval \
			"vgpu-top -b -n 1 | tee /dev/stderr | grep -c 'vm[12]$' | grep -qx 2" ;;
	*vgpu-exporter*)
		check "the exporter answers" metrics "^vgpu_gpu_info.*$card"
		check "it names vm1" bills vm1 "$vgpu1"
		check "it names vm2" bills vm2 "$vgpu2" ;;
	*'driverctl list-overrides'*)
		check "the card is the driver's after a reboot" driver_is "$card" vgpu_rv100
		settings_are_kept
		check "the exporter is up again" metrics "^vgpu_gpu_info.*$card"
		check "it names vm1 again" bills vm1 "$vgpu1" ;;
	*'-t trixie-backports'*)
		check "DKMS has built the modules for $(newest_kernel)" \
			modinfo -k "$(newest_kernel)" vgpu_rv100 ;;
	*'uname -r'*)
		check "the new kernel runs" equal "$(uname -r)" "$(newest_kernel)"
		check "vm1 drives its vGPU" driven "$vgpu1" ;;
	*'modprobe -r'*)
		check "the card is the driver's again" driver_is "$card" vgpu_rv100
		settings_are_kept
		check "the new vGPU is what vm1 drives" driven "$vgpu1"
		check "the exporter names it still" bills vm1 "$vgpu1" ;;
	*'apt purge'*)
		check "nothing is left" nothing_left
		check "the card has no driver" driver_is "$card" none
		check "no unit has failed" equal "$(systemctl --failed --no-legend)" '' ;;
	esac
}

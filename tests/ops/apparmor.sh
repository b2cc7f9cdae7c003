# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# AppArmor, as Debian has it on: each VM of libvirt is confined by a profile of its
# own, and what a vGPU needs is allowed. Sourced by run.sh.

profiles=/sys/kernel/security/apparmor/profiles

enforced() { grep -qx "$1 (enforce)" "$profiles" || { cat "$profiles"; return 1; }; }

apparmor_on() {
	check "AppArmor is on" grep -qx Y /sys/module/apparmor/parameters/enabled
	check "libvirtd is confined" enforced libvirtd
	check "so is what writes the VMs' profiles" enforced virt-aa-helper
	# None of the kernel's messages is to be lost.
	sysctl -qw kernel.printk_ratelimit=0
}

is_confined() {
	local label

	label=libvirt-$(virsh domuuid "$1" | xargs)
	enforced "$label" && equal "$label (enforce)" \
		"$(cat "/proc/$(cat "/run/guests/$1/pid")/attr/apparmor/current")"
}

model_of() { virsh dominfo "$1" | sed -n 's/^Security model: *//p'; }

top_names() { vgpu-top -b -n 1 | grep "$1\$"; }

confinement() {
	local name

	check "vgpu-exporter starts" systemctl start vgpu-exporter
	for name in guest1 guest2; do
		check "$name is confined" is_confined "$name"
		check "virsh says so, too" equal "$(model_of "$name")" apparmor
		check "vgpu-top names it all the same" top_names "$name"
		check "so does vgpu-exporter" wait_until bills "$name"
	done
}

denied() { dmesg | grep 'apparmor="DENIED"'; }

apparmor_end() { check "AppArmor has denied nothing" no denied; }

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# QEMU, started by a user who is not root. Sourced by run.sh.

# qemu_as GROUP UUID: QEMU has the vGPU when this returns.
qemu_as() {
	setpriv --reuid=nobody --regid="$1" --clear-groups \
		qemu-system-x86_64 -S -accel tcg -m 64 -nodefaults -vga none -display none \
		-device "vfio-pci,sysfsdev=$mdevs/$2,display=on" \
		-daemonize -pidfile "/tmp/$1/pid"
}

unprivileged() {
	local uuid group

	uuid=$(id 12)
	for group in kvm nogroup; do
		install -d -o nobody "/tmp/$group"
	done
	check "a vGPU for users" create_vgpu "$gpu" RV100-8D "$uuid"
	udevadm settle --timeout="$PATIENCE"
	check "one who is not in the group kvm cannot have it" no qemu_as nogroup "$uuid"
	check "one who is can start a VM with it" qemu_as kvm "$uuid" &&
		kill "$(cat /tmp/kvm/pid)"
	check "the VM ends" wait_until no test -e /tmp/kvm/pid
	check "the vGPU goes" remove_vgpu "$uuid"
}

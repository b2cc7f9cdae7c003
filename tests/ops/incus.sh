# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# A VM of Incus, which makes the vGPU itself. Sourced by run.sh.

set_up_incus() {
	modprobe -a vhost_vsock && incus admin init --preseed <<-'END'
		storage_pools:
		- name: default
		  driver: dir
		profiles:
		- name: default
		  devices:
		    root: {path: /, pool: default, type: disk, size: 64MiB}
	END
}

incus_names_types() {
	incus info --resources | grep -F -- "$(type_id RV100-16D) (RV100-16D) (3 available)"
}

# What docs/orchestrators.md says; our kernel and initramfs in place of a disk's; and
# a monitor of our own, to see the screen by.
make_incus_vm() {
	local arguments='console=ttyS0 panic=-1 loglevel=5 mitigations=off no_timer_check tsc=reliable audit=0'

	incus init guest1 --empty --vm -c limits.cpu=1 -c limits.memory=256MiB &&
		incus config device add guest1 gpu0 gpu gputype=mdev \
			"mdev=$(type_id RV100-16D)" "pci=$address" &&
		incus config set guest1 raw.qemu.conf='[device "dev-incus_gpu0"]
display = "on"
x-balloon-allowed = "on"' &&
		incus config set guest1 raw.qemu="-kernel $BUILD/guest-image/vmlinuz \
			-initrd $BUILD/guest-image/initrd \
			-append \"$arguments tessera.run=\\\"$(scene_command guest1 0)\\\"\" \
			-qmp unix:/run/guests/qmp,server=on,wait=off"
}

# Its vGPU has a UUID of Incus' making.
its_vgpu() {
	local found=("$mdevs"/*)

	equal "${#found[@]}" 1 && test -e "${found[0]}/vgpu" && echo "${found[0]##*/}"
}

# After the end of what it was to run.
incus_has_drawn() {
	wait_until eval "incus console guest1 --show-log | grep -q TESSERA-GUEST-EXIT"
	incus console guest1 --show-log | grep 'TESSERA-GUEST-EXIT 0' && return
	incus console guest1 --show-log | tail -n 20
	return 1
}

# QEMU runs as nobody, and may not write to $OUT.
incus_screen() {
	qmp /run/guests/qmp screendump filename=/tmp/incus.png format=png \
		device=dev-incus_gpu0 && cp /tmp/incus.png "$OUT" &&
		is_picture guest1 "$OUT/incus.png"
}

# The rule that docs/orchestrators.md has for KubeVirt.
size_by_udev() {
	echo 'ACTION=="bind", SUBSYSTEM=="mdev", DRIVER=="vgpu_mdev", ATTR{vgpu/resolution}="'"${mode_of[guest1]}"'"' \
		> /etc/udev/rules.d/99-test.rules && udevadm control --timeout="$PATIENCE" --reload
}

run_incus_vm() {
	check "$1" incus start guest1 || give_up "no VM of Incus"
	check "Incus has made a vGPU" its_vgpu || give_up "no vGPU"
	uuid_of[guest1]=$(its_vgpu)
	check "it is of the type that was asked for" equal "$(read_counter guest1 type)" RV100-16D
	check "the guest boots and draws" incus_has_drawn
	check "the screen is the expected picture" incus_screen
	check "the VM is stopped" incus stop --force guest1
	check "Incus has removed the vGPU" equal "$(ls "$mdevs")" ''
}

incus_vm() {
	set_guest guest1 '' RV100-16D 800x600 sunrise
	size_by_udev
	check "incus admin init" set_up_incus || give_up "no Incus"
	check "Incus names the GPU's types" incus_names_types
	check "a VM with gputype=mdev" make_incus_vm || give_up "no VM"
	run_incus_vm "incus start"
	run_incus_vm "it starts again"
	check "incus delete" incus delete guest1
}

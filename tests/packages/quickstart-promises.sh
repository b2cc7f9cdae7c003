# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154	# variables of the guide and of guide.sh
# What a reader of docs/quickstart.md expects to see after a block. Sourced by
# guide.sh, after guide-promises.sh.

vgpu=5d1d7a3e-8b0c-4a39-9e5f-0c5d3b1f0004
soft=0000:fe:00.0
# Its screen is a Bochs display, and has the console's text.
guest_arguments="console=tty0 $guest_arguments tessera.bochs"

# In the mode that the monitor prefers, which firmware does not know.
is_screen() {
	is_picture vm1.png && equal \
		"$(od -An -tu4 --endian=big -j16 -N8 /root/vm1.png | xargs)" \
		"$(tr x ' ' < "$mdevs/$vgpu/vgpu/resolution")"
}

vm1_is_named() { vgpu-top -b -n 1 | tee /dev/stderr | grep -q ' vm1$'; }

executor_runs() { systemctl is-active "vgpu-executor@$soft"; }

after() {
	local log

	for log in "${!counts[@]}"; do
		check "the VM of ${log##*/} boots" wait_until boots "$log"
	done
	case $(cat "$1") in
	*'modprobe vgpu-soft'*)
		check "the GPU is where the page says" test -d "/sys/class/mdev_bus/$soft"
		check "who computes for it runs" wait_until executor_runs ;;
	*'virsh screenshot'*)
		check "the picture is the screen" is_screen
		check "vgpu-top names the VM" vm1_is_named ;;
	*'mdevctl list'*)
		check "the GPU has the memory that it was to have" equal \
			"$(cat "/sys/class/mdev_bus/$soft/vgpu/vram_total")" $((512 << 20))
		check "the vGPU is there" test -e "$mdevs/$vgpu"
		check "and is the VM's" wait_until vm1_is_named ;;
	*'modprobe -r vgpu-soft'*)
		check "the GPU is gone" no test -e "/sys/bus/pci/devices/$soft"
		check "so is its vGPU" no test -e "$mdevs/$vgpu"
		check "no unit has failed" equal "$(systemctl --failed --no-legend)" '' ;;
	esac
}

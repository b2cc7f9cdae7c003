#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - mdevctl and libvirt, as an operator uses them
#:
#: Usage: tests/ops/run.sh persist|domains    (by scripts/hostvm run --system; see
#:                                             scripts/check)
#:   persist  vGPUs are defined with the one tool and the other, the host VM is
#:            rebooted (--disk is needed), and what must be there again is
#:   domains  VMs of libvirt with these vGPUs
#:
#: Writes $OUT/tests.tap, and each screen it has taken last as $OUT/*.png.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$here/../../scripts/demo-lib.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/abi.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/mdevctl.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/nodedev.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/domain.sh"

configs=$here/../../qemu-configs/libvirt
# guest1's vGPU is libvirt's (vgpu.xml), guest2's is mdevctl's.
set_guests 2

give_up() {
	echo "Bail out! $*" | tee -a "$tap"
	journalctl -b --no-pager -n 40
	exit 1
}

# What an installed package does by modules-load.d: modules at each boot.
install_modules() {
	cat > /etc/systemd/system/vgpu-modules.service <<-END
		[Unit]
		Before=libvirtd.service
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		Environment=MODULES=$MODULES
		ExecStart=/repo/scripts/modules load
		[Install]
		WantedBy=multi-user.target
	END
	cp "$here/../../packaging/mdevctl/"*.rules /etc/udev/rules.d/
	udevadm control --reload
	systemctl enable -q --now vgpu-modules
}

attribute() { cat "$mdevs/$1/vgpu/$2"; }

# attributes_are UUID NAME=VALUE...
attributes_are() {
	local uuid=$1 pair

	shift
	for pair; do
		equal "${pair%=*}=$(attribute "$uuid" "${pair%=*}")" "$pair" || return
	done
}

if [ "$BOOT" = 1 ]; then
	check "the modules load" install_modules || give_up "no modules"
fi
gpu=$(find_gpu) || give_up "no GPU offers vGPU types"
address=${gpu##*/}
parent=pci_${address//[:.]/_}
case $1-$BOOT in
persist-1)
	abi
	mdevctl_before_reboot
	nodedev_before_reboot
	systemctl reboot
	sleep infinity
	;;
persist-2)
	mdevctl_after_reboot
	nodedev_after_reboot
	finish
	;;
domains-1)
	free=$(cat "$gpu/vgpu/vram_free")
	make_vgpus
	domains
	check "all VRAM is free again" equal "$(cat "$gpu/vgpu/vram_free")" "$free"
	check "the modules unload" modules unload
	finish
	;;
esac

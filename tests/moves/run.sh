#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - VMs of libvirt that are saved, restored and moved, by pytest
#:
#: Usage: tests/moves/run.sh PYTEST-ARGUMENT...
#:        tests/moves/run.sh --other
#:            (by scripts/hostvm run --system; see scripts/check, tier moves)
#:   --other  be the host at end b of the cable: do what the tests at end a say, each
#:            connection a line of shell, until a file over is put into $OUT
set -uo pipefail
cd "$(dirname "$0")" || exit
# shellcheck source-path=SCRIPTDIR/../ops
. ../ops/install.sh
# shellcheck source-path=SCRIPTDIR/../../scripts
. ../../scripts/patience.sh
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$PWD/..:$PWD/../ops
net=10.0.0

give_up() {
	echo "Bail out! $*" | tee "$OUT/tests.tap"
	exit 1
}

both_there() { [ "$(find /sys/class/mdev_bus -mindepth 1 | wc -l)" = 2 ]; }

install_gpus() {
	install_files || return
	systemd-sysusers
	modprobe -a kvm_amd virtio_net
	driverctl set-override "$(lspci -Dd 1002:5159 | cut -d' ' -f1)" vgpu_rv100
	modprobe vgpu-soft vram_mb=64
	cp "$BUILD"/guest-image/{vmlinuz,initrd} /var/lib/libvirt/images/
	wait_until both_there
}

# On the cable: of another name than the other one, or libvirt takes them for the same.
join() {
	local card

	card=$(echo /sys/class/net/*/device | cut -d/ -f5)
	[ "$card" != '*' ] || return 0
	hostname "$1"
	printf '%s\n' "$net.1 here" "$net.2 there" >> /etc/hosts
	ip addr add "$net.$2/24" dev "$card" && ip link set "$card" up || return
	# libvirt by TCP, without asking who it is: nobody else is on the cable.
	echo 'auth_tcp = "none"' >> /etc/libvirt/libvirtd.conf
	systemctl stop libvirtd.service && systemctl start libvirtd-tcp.socket
}

if [ "$1" = --other ]; then
	install_gpus || give_up "no GPUs"
	join there 2 || give_up "no cable"
	# shellcheck disable=SC2016	# the inner shell expands
	systemd-socket-activate --accept --inetd -l "$net.2:4000" bash -c '
		IFS= read -r line
		echo "+ $line" >&2
		cd /tmp || exit
		eval "$line" < /dev/null 2>&1
		echo "status $?"' &
	until [ -e "$OUT/over" ]; do
		sleep 1
	done
	exit
fi
install_gpus || give_up "no GPUs"
join here 1 || give_up "no cable"
exec python3 -m pytest -q -p no:cacheprovider --tb=short "$@"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: chroot.sh - install, upgrade and purge the packages in a Debian of their own
#:
#: Usage: tests/packages/chroot.sh    (by scripts/in-tree --scratch; see run.sh)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
OUT=${OUT:-/build/check/packages/chroot}
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
# No initramfs: nothing boots from it.
export DEBIAN_FRONTEND=noninteractive INITRD=No

apt() { apt-get -q -y -o Dpkg::Use-Pty=0 "$@"; }

# What packages leave for good: their state, caches, logs.
files() {
	find / -xdev \( -path /tmp -o -path /var/lib/dpkg -o -path /var/cache \
		-o -path /var/lib/apt -o -path /var/log \) -prune -o -print | sort
}

# built RELEASE: the modules are where modprobe finds them, and for that kernel.
built() {
	local module

	for module in vgpu vgpu_rv100 vgpu_soft; do
		modinfo -k "$1" -F filename "$module" | grep /updates/dkms/ &&
			modinfo -k "$1" -F vermagic "$module" | grep "^$1 " ||
			return
	done
}

newest_kernel() { find /lib/modules -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1; }

# next_version OLD NEW: the package as it is, but for its version.
next_version() {
	local dir=/tmp/next

	dpkg-deb -R /build/deb/vgpu-dkms_*_all.deb "$dir" &&
		mv "$dir/usr/src/vgpu-$1" "$dir/usr/src/vgpu-$2" &&
		grep -rlF "$1" "$dir/DEBIAN" "$dir/usr/src/vgpu-$2/dkms.conf" |
			xargs sed -i "s/${1//./\\.}/$2/g" &&
		dpkg-deb -b "$dir" /tmp/vgpu-dkms.deb
}

# DKMS has that version, for that kernel, and no other.
only_version() {
	equal "$(dkms status)" "vgpu/$1, $2, x86_64: installed" &&
		equal "$(echo /usr/src/vgpu-*)" "/usr/src/vgpu-$1"
}

purge() {
	apt purge vgpu-dkms && files > "$OUT/after" &&
		diff "$OUT/before" "$OUT/after"
}

# By way of this Debian's mdevctl. There is no GPU in a tree.
ready_tells() {
	local gpu=0000:7f:00.0 uuid=7e55e7a0-0000-4000-8000-000000000013

	mkdir -p "/etc/mdevctl.d/$gpu"
	echo '{ "mdev_type": "vgpu_rv100-RV100-4D", "start": "auto" }' \
		> "/etc/mdevctl.d/$gpu/$uuid"
	no /usr/libexec/vgpu-ready > /tmp/ready
	rm -r "/etc/mdevctl.d/$gpu"
	cat /tmp/ready
	grep -x "missing: GPU $gpu: there is no such PCI device" /tmp/ready &&
		grep -x "missing: vGPU $uuid: no GPU $gpu" /tmp/ready
}

packages=(/build/deb/vgpu-dkms_*_all.deb)
# The programs are built for this release of Debian.
[ "$(cut -d. -f1 /etc/debian_version)" != 13 ] ||
	packages+=(/build/deb/vgpu-tools_*_amd64.deb)
first=$(newest_kernel)
on="on $(. /etc/os-release && echo "$PRETTY_NAME")"
check "the repository is there $on" apt update
check "what DKMS needs can be had $on" apt install dkms linux-headers-amd64 driverctl mdevctl
files > "$OUT/before"
check "the packages install $on" apt install "${packages[@]}"
check "modules for $first" built "$first"
check "vgpu-ready tells of what is defined and not here $on" ready_tells
if [ -e /srv/debian/trixie-backports ]; then
	check "a kernel upgrade $on" apt install -t trixie-backports \
		linux-image-amd64 linux-headers-amd64
	newest=$(newest_kernel)
	check "that is another kernel" no equal "$newest" "$first"
	check "modules for $newest" built "$newest"
	check "modules for $first are still there" built "$first"
else
	version=$(dpkg-query -Wf '${Version}' vgpu-dkms)
	check "there is a newer version" next_version "$version" "$version.1"
	check "it installs $on" apt install /tmp/vgpu-dkms.deb
	check "modules for $first, again" built "$first"
	check "those of the new version, and none of the old" only_version "$version.1" "$first"
	check "nothing is left after a purge $on" purge
fi
finish

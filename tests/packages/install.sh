#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: install.sh - make install and make uninstall, in a Debian with a compiler
#:
#: Usage: tests/packages/install.sh    (by scripts/in-tree --scratch; see run.sh)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
OUT=${OUT:-/build/check/packages/install}
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"

root=/tmp/root
kernels=(/usr/lib/modules/*)
release=${kernels[-1]##*/}
args=("KDIR=/usr/lib/modules/$release/build" "DESTDIR=$root" PREFIX=/usr)

# Everything but what depmod makes of a directory of modules.
files() { find "$root" ! -type d ! -name 'modules.*' -printf '%P\n' | sort; }

modinfo_finds() {
	modinfo -b "$root" -k "$release" -F vermagic "$1" | grep "^$release "
}

mkdir -p /tmp/src "$root/lib/modules/$release"
tar -C /repo --exclude=./build --exclude=./.git -cf - . | tar -C /tmp/src -xf -
cd /tmp/src || exit
check "make install" make install "${args[@]}"
files > "$OUT/files"
for file in lib/modules/"$release"/updates/drivers/{vgpu/vgpu,rv100/vgpu-rv100,soft/vgpu-soft}.ko \
		usr/lib/udev/rules.d/60-vgpu.rules usr/lib/modules-load.d/vgpu.conf \
		usr/libexec/vgpu-ready \
		usr/lib/systemd/system/{,multi-user.target.wants/}vgpu-ready.service; do
	check "$file is installed" grep "^$file" "$OUT/files"
done
for module in vgpu vgpu_rv100 vgpu_soft; do
	check "modprobe finds $module" modinfo_finds "$module"
done
for tool in vgpu-top vgpu-exporter vgpu-executor; do
	check "$tool is installed" grep "^usr/bin/$tool$" "$OUT/files"
done
for file in systemd/system/vgpu-executor@.service udev/rules.d/61-vgpu-executor.rules \
		sysusers.d/vgpu-executor.conf; do
	check "$file is installed" grep "^usr/lib/$file" "$OUT/files"
done
check "make uninstall" make uninstall "${args[@]}"
check "nothing is left of it" equal "$(files)" ''
finish

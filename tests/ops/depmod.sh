#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#: depmod.sh - what make install leaves of the modules, made outside the host VM,
#: where depmod takes seconds and not minutes
#:
#: Usage: tests/ops/depmod.sh KERNEL MODULES ROOT    (by scripts/in-tree)
#:   KERNEL   directory of a kernel's modules, /cache/.../lib/modules/RELEASE
#:   MODULES  directory of ours
#:   ROOT     gets usr/lib/modules/RELEASE/updates, and depmod's files beside it
set -eu
kernel=$1 modules=$2 root=$3
release=${kernel##*/}
base=$(mktemp -d)
trap 'rm -rf "$base"' EXIT
all=$base/lib/modules/$release
mkdir -p "$base/lib/modules" "$root/usr/lib/modules/$release"
cp -rs "$kernel" "$base/lib/modules"
mkdir -p "$all/updates"
cp "$modules"/*.ko "$all/updates"
depmod -b "$base" "$release"
# What is a link still is the kernel's own.
find "$all" -maxdepth 1 -name 'modules.*' -type f \
	-exec cp -t "$root/usr/lib/modules/$release" {} +
cp -r "$all/updates" "$root/usr/lib/modules/$release"

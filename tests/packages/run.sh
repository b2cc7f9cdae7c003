#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - the Debian packages and make install, without a VM
#:
#: Usage: tests/packages/run.sh    (as root; see scripts/check)
#:
#: Builds the packages, and installs them in trees of Debian 12 and 13 on which
#: nothing of ours was before; DKMS builds for the kernels 6.1, 6.12 and newer.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$(dirname "$0")/../../scripts/lib.sh"
cd "$repo" || exit
OUT=$build/check/packages
mkdir -p "$OUT"/{chroot,install}
# shellcheck source-path=SCRIPTDIR/..
. tests/tap.sh

has() {
	local contents file

	contents=$(dpkg-deb -c "$1" | awk '{ print $6 }')
	shift
	for file; do
		grep -qx ".$file" <<< "$contents" || { echo "no $file"; return 1; }
	done
}

lintian() {
	scripts/in-tree --suite bookworm-packaging lintian --fail-on error \
		--allow-root "/build/deb/${1##*/}"
}

same_version() {
	equal "$(. ./dkms.conf && echo "$PACKAGE_VERSION")" \
		"$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)"
}

# Takes over the lines of a script that ran in a tree.
in_tree() {
	local suite=$1 script=$2 out=$build/check/packages/$2 line

	rm -f "$out/tests.tap"
	scripts/in-tree --suite "$suite" --scratch \
		"/repo/tests/packages/$script.sh" > "$out/log" 2>&1
	while read -r line; do
		case $line in
		'ok '*) check "${line#* - }" true ;;
		'not ok '*) check "${line#* - }" false ;;
		'#'*) echo "$line" ;;
		esac
	done < "$out/tests.tap"
	check "$script in $suite ends" grep '^1\.\.' "$out/tests.tap"
}

check "DKMS and Debian see the same version" same_version
if check "make deb" make -s deb; then
	dkms=$(echo build/deb/vgpu-dkms_*.deb)
	tools=$(echo build/deb/vgpu-tools_*.deb)
	source=/usr/src/vgpu-$(. ./dkms.conf && echo "$PACKAGE_VERSION")
	check "vgpu-dkms has what a host needs" has "$dkms" \
		"$source/dkms.conf" "$source/Kbuild" \
		"$source/drivers/vgpu/bus/vfio.c" "$source/include/vgpu/vgpu.h" \
		/usr/lib/udev/rules.d/{60-vgpu,61-vgpu-mdevctl}.rules \
		/usr/lib/modules-load.d/vgpu.conf /usr/libexec/vgpu-ready \
		/usr/lib/systemd/system/{,multi-user.target.wants/}vgpu-ready.service
	check "vgpu-tools has the programs" has "$tools" \
		/usr/bin/vgpu-top /usr/bin/vgpu-exporter /usr/bin/vgpu-executor \
		/usr/share/man/man{1/vgpu-top.1,8/vgpu-executor.8}.gz \
		/usr/share/bash-completion/completions/vgpu-top \
		/lib/systemd/system/{vgpu-exporter,vgpu-executor@}.service \
		/usr/lib/udev/rules.d/61-vgpu-executor.rules \
		/usr/lib/sysusers.d/vgpu-executor.conf
	check "lintian has no errors" lintian build/deb/tessera_*.changes
	in_tree bookworm-clean chroot
	in_tree trixie-clean chroot
fi
in_tree bookworm-packaging install
finish

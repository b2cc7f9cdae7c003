# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Common part of the testbed commands: names, places, messages.
# Sourced, never run.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$repo/build
cache=${TESSERA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tessera}
default_kernel=6.12
# The user space of the host VM is Debian 13 whatever its kernel is.
host_suite=trixie

# shellcheck source-path=SCRIPTDIR
. "$repo/scripts/patience.sh"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# The comment block at the head of a command is its help text.
show_help() { sed -n '/^#:/s/^#: \{0,1\}//p' "$0"; }

need_root() {
	[ "$(id -u)" = 0 ] || die "must be run as root (it mounts and chroots)"
}

# Debian suite whose stock kernel has the given version, or from whose source
# it is built.
kernel_suite() {
	case $1 in
	6.1) echo bookworm ;;
	6.12|debug|races) echo trixie ;;
	7.2) echo trixie-backports ;;
	*) die "unknown kernel '$1'; known: 6.1 6.12 7.2 debug races" ;;
	esac
}

# Packages of a tree, which is named by its suite, or SUITE-NAME when the suite
# has several. Any change here makes a new tree.
suite_packages() {
	case $1 in
	trixie)
		echo linux-image-amd64 linux-headers-amd64 linux-source-6.12 \
			gcc make libc6-dev sparse pkgconf python3-minimal \
			bc flex bison libelf-dev libssl-dev cpio xz-utils perl \
			libpixman-1-dev libpng-dev \
			qemu-system-x86 seabios kmod pciutils mdevctl \
			busybox-static iproute2 procps shellcheck strace python3-pytest \
			libblas3 libseccomp2
		;;
	# A server as Debian sets it up (hostvm --system): systemd, udev, AppArmor,
	# libvirt. Its kernel comes from another tree. And one with all that is newer.
	trixie-system|trixie-backports-system)
		echo systemd-sysv udev dbus kmod iproute2 procps pciutils \
			apparmor driverctl \
			busybox-static xxd mdevctl libvirt-daemon-system \
			libvirt-clients python3-libvirt python3-pytest \
			qemu-system-x86 seabios gvncviewer libpixman-1-0 \
			libpng16-16t64 libmicrohttpd12t64 libncursesw6 \
			libblas3 libseccomp2
		;;
	# A server with Incus, whose VMs want UEFI or SeaBIOS, SPICE and a disk.
	trixie-incus)
		echo systemd-sysv udev dbus kmod iproute2 procps pciutils \
			busybox-static python3-minimal incus qemu-system-x86 \
			qemu-system-modules-spice qemu-utils seabios ovmf \
			libpixman-1-0 libpng16-16t64
		;;
	# Where the programs of tools/ are built, and tested (hostvm --system) with
	# what reads their output: Prometheus, its node exporter, a parser; and where
	# edid-decode judges the driver's EDIDs, as nothing smaller has a Python.
	trixie-tools)
		echo g++ make libc6-dev pkgconf libncurses-dev libmicrohttpd-dev \
			python3 python3-prometheus-client python3-pyte prometheus \
			promtool prometheus-node-exporter mandoc bash-completion \
			edid-decode libseccomp-dev libblas-dev \
			libopenblas0-serial python3-numpy \
			libvulkan-dev spirv-headers spirv-tools glslang-tools \
			mesa-vulkan-drivers \
			systemd-sysv udev dbus kmod iproute2 procps \
			busybox-static libpixman-1-0 qemu-system-x86 seabios
		;;
	# Where code is fuzzed (scripts/fuzz) and looked at by what else than the
	# kernel's own compiler knows C (scripts/analyse).
	trixie-clang)
		echo clang libclang-rt-19-dev llvm-19 make libc6-dev python3-minimal \
			libblas-dev spirv-headers spirv-tools glslang-tools g++ \
			linux-headers-amd64 coccinelle libpython3-dev
		;;
	# By its name: the suite's newest kernel is soon another one.
	trixie-backports)
		echo linux-image-7.2.12+deb13-amd64 \
			linux-headers-7.2.12+deb13-amd64 \
			gcc make libc6-dev sparse kmod cpio xz-utils perl
		;;
	# QEMU as other Debians have it (the trixie tree has Debian 13's).
	bookworm-qemu|trixie-backports-qemu)
		echo qemu-system-x86 seabios ovmf
		;;
	# An X server, a Wayland compositor and clients, the root file system of a guest;
	# a VNC client.
	trixie-desktop)
		echo xserver-xorg-core xserver-xorg-video-fbdev x11-apps weston \
			x11-xserver-utils twm xterm xfonts-base gvncviewer ovmf
		;;
	# Where what computes in guests is made: PoCL (scripts/pocl), programs that use
	# it, a network that is trained.
	trixie-compute)
		echo g++ make cmake ninja-build patch xz-utils pkgconf python3-minimal \
			pocl-source python3-sklearn opencl-headers opencl-clhpp-headers \
			ocl-icd-opencl-dev glslang-tools
		;;
	# Where make deb builds: the oldest Debian that the packages are for.
	bookworm-packaging)
		echo build-essential debhelper dh-dkms lintian \
			linux-headers-amd64 kmod xz-utils \
			libncurses-dev libmicrohttpd-dev libblas-dev \
			libseccomp-dev pkgconf \
			libvulkan-dev spirv-headers spirv-tools
		;;
	# Servers on which nothing of ours was ever installed; see suite_offline.
	trixie-clean)
		echo linux-image-amd64 systemd-sysv udev dbus kmod iproute2 procps \
			pciutils busybox-static apparmor libvirt-daemon-system \
			libvirt-clients qemu-system-x86 seabios
		;;
	bookworm-clean) echo linux-image-amd64 ;;
	*)
		echo linux-image-amd64 linux-headers-amd64 \
			gcc make libc6-dev sparse kmod cpio xz-utils perl
		;;
	esac
}

# Packages that lie in a tree as a repository, with all that they need, so that
# they can be installed there without network; NAME/SUITE from another suite.
suite_offline() {
	case $1 in
	trixie-clean)
		echo linux-headers-amd64 dkms driverctl mdevctl \
			libmicrohttpd12t64 libncursesw6 libblas3 libseccomp2 \
			linux-image-amd64/trixie-backports \
			linux-headers-amd64/trixie-backports
		;;
	bookworm-clean) echo linux-headers-amd64 dkms driverctl mdevctl ;;
	esac
}

# Where a suite's tree lies; its name holds a hash of what it is made of.
tree_dir() {
	local key

	key=$(echo "v1 $1 $(suite_packages "$1")$(suite_offline "$1")" | sha256sum | cut -c1-12)
	echo "$cache/tree-$1-$key"
}

# Path of a complete tree, built now when it is missing.
require_tree() {
	local dir

	dir=$(tree_dir "$1")
	if [ ! -e "$dir/.tessera-stamp" ]; then
		"$repo/scripts/setup" --suite "$1" >&2 || die "setup failed"
	fi
	echo "$dir"
}

# What a kernel's console has of its end; not of one that was interrupted because it hung.
# shellcheck disable=SC2034	# for others
dying='Kernel panic|BUG:|Oops'
last_words() { sed '/NMI received/,$d' "$1"; }

# Where a kernel is, with its modules: boot/ and usr/lib/modules/ of a tree, or
# of the directory that is given.
require_kernel() {
	case $1 in
	debug) "$repo/scripts/debug-kernel" --path || die "no debug kernel" ;;
	races) "$repo/scripts/debug-kernel" --races --path || die "no debug kernel" ;;
	*/*) echo "$1" ;;
	*) require_tree "$(kernel_suite "$1")" ;;
	esac
}

# Full release (6.12.107+deb13-amd64) of the one kernel of a tree.
tree_release() {
	local images=("$1"/boot/vmlinuz-*)

	[ -e "${images[0]}" ] || die "no kernel in $1"
	echo "${images[-1]#"$1"/boot/vmlinuz-}"
}

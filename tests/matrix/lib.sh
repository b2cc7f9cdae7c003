# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Guests by QEMU's own command line, of every kind that the matrix has. Sourced.

desktop=trixie-desktop
# QEMU version to the tree that has it; the host VM itself has 10.
declare -A qemu_tree=([7.2]=bookworm-qemu [10]='' [11]=trixie-backports-qemu)

# Sets `arguments` to those of a machine with a firmware, for guest start.
machine() {
	local name=$1 qemu=$2 machine=$3 firmware=$4 tree

	arguments=()
	[ -z "${qemu_tree[$qemu]}" ] || arguments+=(--qemu "${qemu_tree[$qemu]}")
	after=(-machine "$machine")
	[ "$firmware" = ovmf ] || return 0
	# Not KVM: OVMF writes CR8 at the end of each interrupt, and QEMU's emulation
	# of SVM (7.2 to 11.1), which carries the host VM, aborts when another one is
	# pending then (cpu_interrupt: bql_locked).
	arguments+=(--accel tcg)
	# In files of its own: QEMU locks what it opens, and writes variables.
	tree=/trees/${qemu_tree[$qemu]:-$desktop}/usr/share/OVMF
	cp "$tree/OVMF_CODE_4M.fd" "/tmp/$name.code" &&
		cp "$tree/OVMF_VARS_4M.fd" "/tmp/$name.vars" || return
	after+=(-drive "if=pflash,unit=0,format=raw,readonly=on,file=/tmp/$name.code"
		-drive "if=pflash,unit=1,format=raw,file=/tmp/$name.vars")
}

# Adds a vGPU to `after`: head 0 or 1, in the words of a person or of libvirt.
add_vgpu() {
	local uuid=$1 form=$2 machine=$3 head=$4 more=${5:-} path bus addr

	path=/sys/bus/mdev/devices/$uuid
	if [ "$form" = sysfsdev ]; then
		after+=(-device "vfio-pci,id=hostdev$head,sysfsdev=$path,display=on")
		return
	fi
	if [ "$machine" = q35 ]; then
		bus=pci.$((head + 1)) addr=0x0
		after+=(-device '{"driver":"pcie-root-port","port":'$((16 + head))',"chassis":'$((head + 1))',"id":"'"$bus"'","bus":"pcie.0","addr":"'$((2 + head))'.0"}')
	else
		bus=pci.0 addr=$((3 + head)).0
	fi
	after+=(-device '{"driver":"vfio-pci'"${more:+-nohotplug}"'","id":"hostdev'"$head"'","sysfsdev":"'"$path"'","display":"on",'"$more"'"bus":"'"$bus"'","addr":"'"$addr"'"}')
}

# A VNC display on port 5900 + N for a head.
add_vnc() { after+=(-vnc "127.0.0.1:$1,display=hostdev$2"); }

# What a stock VNC client sees at display N.
vnc_shot() {
	chroot "/trees/$desktop" gvnccapture -q "127.0.0.1:$1" "$2"
}

vnc_has() { vnc_shot "$1" "$2" 2>&1 && "$BUILD/e2e/compare" "$2" "$3"; }

# The client must see just what is expected; the picture may take a moment.
vnc_shows() { wait_until vnc_has "$@"; }

# Until the picture of a head has stopped changing.
steady_shot() {
	local name=$1 file=$2 id=$3 same=0 end=$((SECONDS + $(patience)))

	while [ "$SECONDS" -lt "$end" ]; do
		sleep 1
		guest shot "$name" "$file.new.png" "$id" || return
		if [ -e "$file" ] && cmp -s "$file" "$file.new.png"; then
			same=$((same + 1))
		else
			same=0
		fi
		mv "$file.new.png" "$file"
		[ "$same" -lt 3 ] || return 0
	done
	echo "the picture of $name does not come to rest"
	return 1
}

log_has() { grep -aqE "$2" "/run/guests/$1/serial.log" || { echo "not in the log of $1: $2"; return 1; }; }

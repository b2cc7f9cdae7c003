#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: guide.sh - follow a page of docs/ to the letter, as root on a clean Debian
#:
#: Usage: tests/packages/guide.sh user-guide|quickstart
#:            (by scripts/hostvm run --system --disk; see scripts/check, tiers
#:            system and quickstart)
#:
#: Runs the blocks that are marked "sh run", in their order, and looks after each
#: for what the page promises (guide-promises.sh, and of another page than the
#: guide what is in the file of its name). A block marked "reboot" is the end of
#: this run; the next one goes on after it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
guest_arguments='console=ttyS0 panic=-1 mitigations=off no_timer_check tsc=reliable audit=0'
# shellcheck source-path=SCRIPTDIR
. "$here/guide-promises.sh"
# shellcheck source=/dev/null
[ "$1" = user-guide ] || . "$here/$1-promises.sh"

guide=/repo/docs/$1.md
# Kept on the disk: the blocks, which one is next, and the variables of the shell.
state=/var/lib/guide
# Nothing here boots by an initramfs, and nobody is there to be asked.
export INITRD=No DEBIAN_FRONTEND=noninteractive HOME=/root

# N.sh and N.name (the heading that a block is under) for each block.
split() {
	awk -v dir="$state" '
		/^##/ { sub(/^#+ /, ""); heading = $0 }
		/^```/ && inside { close(file); inside = 0; next }
		/^```sh run/ {
			inside = 1
			file = dir "/" ++n ".sh"
			print heading > (dir "/" n ".name")
			if (/ reboot/) print n > (dir "/" n ".reboot")
			next
		}
		inside { print > file }' "$guide"
}

# The server as the guide finds it: the packages in the home directory, two VMs.
prepare() {
	local n

	mkdir -p "$state"
	split
	echo 1 > "$state/next"
	cp /build/deb/vgpu-{dkms,tools}_*.deb "$HOME"
	cp "$BUILD"/guest-image/{vmlinuz,initrd} /var/lib/libvirt/images/
	for n in 1 2; do
		domain "vm$n" > "/tmp/vm$n.xml"
		check "vm$n is defined, without a graphics card" \
			virsh define --validate "/tmp/vm$n.xml"
	done
	# What the guide leaves to its reader.
	echo "vm=(-m 256 -nic none -serial file:/root/vm2-qemu.log" \
		"-kernel /var/lib/libvirt/images/vmlinuz" \
		"-initrd /var/lib/libvirt/images/initrd" \
		"-append '$guest_arguments')" > "$state/variables"
}

domain() {
	cat <<-END
		<domain type='kvm'>
		  <name>$1</name>
		  <memory unit='MiB'>256</memory>
		  <vcpu>1</vcpu>
		  <os>
		    <type arch='x86_64' machine='q35'>hvm</type>
		    <kernel>/var/lib/libvirt/images/vmlinuz</kernel>
		    <initrd>/var/lib/libvirt/images/initrd</initrd>
		    <cmdline>$guest_arguments</cmdline>
		  </os>
		  <features><acpi/></features>
		  <cpu mode='host-passthrough'/>
		  <devices>
		    <video><model type='none'/></video>
		    <graphics type='vnc' autoport='yes' listen='127.0.0.1'/>
		    <serial type='file'><source path='/var/log/libvirt/qemu/$1-serial.log' append='on'/></serial>
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
}

# In a shell that stops at the first error; its variables live on. What is seen
# is left in guide.log.
run_block() {
	# shellcheck disable=SC2016	# the inner shell expands
	cd "$HOME" && bash -c '
		set -eE
		. "$1/variables"
		set -x
		. "$1/$2.sh"
		{ set +x; } 2>/dev/null
		declare -p $(compgen -v | grep "^[a-z]") > "$1/variables"
	' guide "$state" "$1" 2>&1 | tee -a "$OUT/guide.log"
}

[ -e "$state/next" ] || prepare
read -r next < "$state/next"
for ((n = next; ; n++)); do
	[ -e "$state/$n.sh" ] || break
	name="$(cat "$state/$n.name"): $(grep -m1 . "$state/$n.sh")"
	echo $((n + 1)) > "$state/next"
	if [ -e "$state/$n.reboot" ]; then
		echo "# $name"
		note_reboot
		break
	fi
	before "$state/$n.sh"
	started=$SECONDS
	check "$name" run_block "$n" || { promises_log; break; }
	# Not all of them: the guide has an n of its own.
	eval "$(grep -E '^declare -- (card|vgpu[0-9])=' "$state/variables")"
	after "$state/$n.sh"
	echo "# ... $((SECONDS - started)) s"
done
finish

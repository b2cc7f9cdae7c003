# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# What a VM of libvirt needs beforehand: room for a vGPU that it gets later, and leave
# to give memory back. On a host that has no IOMMU. Sourced by run.sh.

no_iommu() { equal "$(ls -A /sys/class/iommu)" ''; }

# guest3 boots without a vGPU; guest1's is in its XML.
plug_vgpus() {
	set_guest guest3 "$(id 03)" RV100-32D 800x600 harbour
	check "a vGPU of libvirt's" eval "define_node &&
		virsh nodedev-start $(node "${uuid_of[guest1]}")" || give_up "no vGPU"
	check "one of mdevctl's, as large as they come" eval \
		"define RV100-32D ${uuid_of[guest3]} '' resolution=${mode_of[guest3]} &&
		mdevctl start -u ${uuid_of[guest3]}" || give_up "no vGPU"
}

# A VM as many are, with a balloon.
balloon_xml() { domain_xml "$1" | sed "s/<memballoon.*/<memballoon model='virtio'\/>/"; }

# plug_xml NAME BUS DISPLAY: hotplug.xml with another vGPU, port and display.
plug_xml() {
	sed "s/${uuid_of[guest1]}/${uuid_of[$1]}/; s/bus='1'/bus='$2'/
		s/display='on'/display='$3'/" "$configs/hotplug.xml"
}

# Of a domain's XML.
of_domain() { virsh dumpxml "$1" | xmllint --xpath "string($2)" -; }

no_slot() {
	local said

	said=$(virsh attach-device "$1" "$2" --live 2>&1)
	[[ $said = *'No more available PCI slots'* ]] && return
	echo "$said"
	return 1
}

without_vgpu='/<hostdev/,/<\/hostdev>/d'

without_port() {
	domain_xml guest3 | sed "$without_vgpu" > /tmp/guest3.xml
	plug_xml guest3 1 on | sed '/<address type/d' > /tmp/plug.xml
	check "virsh define guest3, without a vGPU" \
		virsh define --validate /tmp/guest3.xml || give_up "no guest3"
	check "guest3 starts" virsh start --paused guest3
	check "libvirt has no port left for a vGPU" no_slot guest3 /tmp/plug.xml
	virsh destroy guest3
	virsh undefine guest3
}

# An empty port by port.xml, and one as libvirt makes them otherwise, when all else has
# its place.
add_ports() {
	balloon_xml guest3 | sed "$without_vgpu" > /tmp/guest3.xml
	virsh define --validate /tmp/guest3.xml || return
	virsh dumpxml --inactive guest3 | sed \
		-e "/<devices>/r $configs/port.xml" \
		-e "/<devices>/a <controller type='pci' model='pcie-root-port'/>" \
		> /tmp/guest3.xml
	virsh define --validate /tmp/guest3.xml
}

# Told so in docs/orchestrators.md; were it otherwise, that would be news.
port_too_small() {
	virsh attach-device guest3 /tmp/plug.xml --live && in_guest guest3 "$no_room_found"
}

no_room_found='until dmesg | grep "BAR 0 .*can.t assign; no space"; do sleep 0.5; done'

with_port() {
	local port plain

	check "guest3 gets a port with room" add_ports
	port=$(of_domain guest3 "//controller[target/@memReserve]/@index")
	plain=$(of_domain guest3 "(//controller[@model='pcie-root-port'][not(target/@memReserve)])[last()]/@index")
	check "guest3 starts and boots" start_domain guest3 || give_up "no guest3"
	check "guest3 has no such PCI function" in_guest guest3 \
		'! grep -q 0x1002 /sys/bus/pci/devices/*/vendor'
	plug_xml guest3 "$port" on > /tmp/plug.xml
	check "virsh attach-device" virsh attach-device guest3 /tmp/plug.xml --live
	check "radeonfb has found it" in_guest guest3 "$find_fb"
	check "guest3 draws on it" draw guest3 0
	check "virsh screenshot has the picture" by_screenshot guest3
	check "a VNC client has it, too, after Ctrl+Alt+1" eval \
		"$here/vnc-head.py \$(virsh vncdisplay guest3) 1 && by_vnc guest3"
	check "the guest's balloon takes half of its memory" inflate guest3
	check "without x-balloon-allowed the host has none of it" no returned guest3
	plug_xml guest1 "$plain" off > /tmp/plug.xml
	check "a port without memReserve has no room for a vGPU" port_too_small
	check "virsh destroy" virsh destroy guest3
	check "the vGPU is well" equal "$(read_counter guest3 state)" ok
	virsh undefine guest3
}

# ---- Memory that the guest gives back

# shellcheck disable=SC2016	# the guest expands
load_balloon='while read -r m; do case $m in virtio*) insmod /lib/modules/$m;; esac; done < /lib/modules/order'

# KiB; see virsh dommemstat.
memory() { virsh dommemstat "$1" | awk -v name="$2" '$1 == name { print $2 }'; }

# A guest that has used most of its memory gives half of it up.
inflate() {
	local before

	in_guest "$1" "$load_balloon" || return
	in_guest "$1" 'dd if=/dev/zero of=/tmp/all bs=1M count=100 && rm /tmp/all' || return
	before=$(memory "$1" rss)
	virsh setmem "$1" 128M --live &&
		wait_until eval "[ \$(memory $1 actual) = 131072 ]" || return
	echo "$before $(memory "$1" rss)" > "/tmp/$1-resident"
}

# So much has QEMU less: most of the 128 MiB.
returned() {
	local before after

	read -r before after < "/tmp/$1-resident"
	echo "resident: $before KiB, then $after KiB"
	[ $((before - after)) -gt $((64 * 1024)) ]
}

balloon() {
	balloon_xml guest1 | sed "/<\/devices>/r $configs/balloon.xml" > /tmp/guest1.xml
	check "virsh define guest1, with x-balloon-allowed" \
		virsh define --validate /tmp/guest1.xml
	check "guest1 starts and boots" start_domain guest1 || give_up "no guest1"
	check "guest1 draws" draws_right guest1 0
	check "its balloon takes half of its memory" inflate guest1
	check "the host has it back" returned guest1
	check "guest1 draws again" draws_right guest1 0
	check "virsh destroy" virsh destroy guest1
	virsh undefine guest1
}

plug() {
	check "this host has no IOMMU" no_iommu
	cp "$BUILD"/guest-image/{vmlinuz,initrd} /var/lib/libvirt/images/
	plug_vgpus
	without_port
	with_port
	balloon
	for name in guest1 guest3; do
		check "nodedev-destroy of $name's" virsh nodedev-destroy "$(node "${uuid_of[$name]}")"
	done
}

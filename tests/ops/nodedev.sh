# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# vGPUs by libvirt: virsh nodedev-*, and the API as a cloud's agent uses it.
# Sourced by run.sh.

# libvirt's name of a vGPU.
node() {
	local name=mdev_$1_$address

	echo "${name//[-:.]/_}"
}

xml_says() { equal "$(xmllint --xpath "string($1)" -)" "$2"; }

libvirt_says_available() {
	virsh nodedev-dumpxml "$parent" |
		xml_says "//type[@id='$(type_id "$1")']/availableInstances" "$2"
}

# It has no such GPU while it looks at it anew, as it does when a vGPU has come or gone.
libvirt_available() { wait_until libvirt_says_available "$@"; }

define_node() {
	wait_until virsh nodedev-dumpxml "$parent"
	virsh nodedev-define "$configs/vgpu.xml"
}

finds_gpu() { equal "$(virsh nodedev-list --cap mdev_types | xargs)" "$parent"; }

# In the words of virsh nodedev-info.
info_is() { equal "$(virsh nodedev-info "$1" | sed -n "s/^$2: *//p")" "$3"; }

lists() { virsh nodedev-list --cap mdev "${@:2}" | grep -qx "$1"; }

of_mdevctl() { wait_until lists "$(node "${uuid_of[guest2]}")" --all; }

nodedev_before_reboot() {
	local uuid=${uuid_of[guest1]} node

	node=$(node "$uuid")
	check "virsh finds the GPU by its mdev types" wait_until finds_gpu
	check "virsh says how many are available" libvirt_available RV100-16D 3
	check "virsh lists the vGPU that mdevctl has defined" of_mdevctl
	check "nodedev-define takes vgpu.xml" define_node
	check "the vGPU is listed as inactive" lists "$node" --inactive
	check "and not as active" no lists "$node"
	check "nodedev-start" virsh nodedev-start "$node"
	check "it has the attributes of vgpu.xml" attributes_are "$uuid" \
		type=RV100-16D resolution=1024x768 weight=200 min=10
	check "virsh lists it" wait_until lists "$node"
	check "virsh knows its type" \
		eval "virsh nodedev-dumpxml $node | xml_says //type/@id $(type_id RV100-16D)"
	check "virsh knows its GPU" \
		eval "virsh nodedev-dumpxml $node | xml_says /device/parent $parent"
	check "one less is available" libvirt_available RV100-16D 2
	check "nodedev-autostart" virsh nodedev-autostart "$node"
	check "nodedev-info says so" info_is "$node" Autostart yes
	check "mdevctl sees libvirt's definition" defined "$uuid" 'e["start"] == "auto"'
	check "nodedev-destroy" virsh nodedev-destroy "$node"
	check "nothing of it is left" no test -e "$mdevs/$uuid"
	check "as many as before are available" libvirt_available RV100-16D 3
	cloud_agent
	check "docs/orchestrators.md names what there is" \
		"$here/examples.py" "$here/../../docs/orchestrators.md" "$gpu"
}

# Each a way in which OpenStack Nova's libvirt driver uses the API.
cloud_agent() {
	local nova=$here/nova.py

	check "API: the capabilities name every type" "$nova" capabilities
	check "API: a vGPU is defined, created, counted, deleted" \
		"$nova" cycle "$(type_id RV100-8D)"
	check "API: a transient vGPU is created from XML and deleted" \
		"$nova" transient "$(type_id RV100-16D)"
	check "API: a vGPU made in sysfs is seen to come and go" \
		"$nova" external "$(type_id RV100-16D)"
	check "API: also one with a UUID as Proxmox makes them" "$nova" external \
		"$(type_id RV100-16D)" 00000000-0000-0000-0000-000000000100
	check "API: exactly as many can be created as are available" \
		"$nova" fill "$(type_id RV100-16D)"
}

nodedev_after_reboot() {
	local uuid=${uuid_of[guest1]}

	check "after a reboot the vGPU of nodedev-autostart is there" \
		wait_until test -e "$mdevs/$uuid/vgpu"
	check "with the attributes of vgpu.xml" wait_until attributes_are "$uuid" \
		type=RV100-16D resolution=1024x768 weight=200 min=10
	check "virsh lists it as active" wait_until lists "$(node "$uuid")"
	check "virsh lists the one of mdevctl, too" \
		wait_until lists "$(node "${uuid_of[guest2]}")"
}

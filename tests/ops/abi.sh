# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# docs/abi/sysfs-vgpu has every file of vgpu/, and no other. Sourced by run.sh.

# Name and mode of each file that the document has in this directory.
documented() {
	awk -v dir="$1" '
		/^What:/ {
			if (described)
				count = described = 0
			if (index($2, dir) == 1)
				name[count++] = substr($2, length(dir) + 1)
		}
		/^Description:/ { described = 1 }
		described && match($0, /\([RW][OW]\)/) {
			for (i = 0; i < count; i++)
				print name[i], substr($0, RSTART + 1, 2)
			count = 0
		}' "$here/../../docs/abi/sysfs-vgpu"
}

# An engine's directory has the engine's name, and a type's file the type's.
present() {
	find "$1" -type f -printf '%P %m\n' |
		sed 's,^engines/[^/]*,engines/<engine>,; s,^compactable/[^ ]*,compactable/<type>,
			s/ 444$/ RO/; s/ 644$/ RW/; s/ 200$/ WO/'
}

# Lines with < are in the document only, those with > in sysfs only.
complete() { diff <(documented "$1" | sort) <(present "$2" | sort -u); }

abi() {
	local uuid

	uuid=$(id 0b)
	check "the document has the files of a GPU, with their modes" \
		complete '/sys/bus/pci/devices/<gpu>/vgpu/' "$gpu/vgpu/"
	check "a vGPU to look at" create_vgpu "$gpu" RV100-4D "$uuid"
	check "it has the files of a vGPU, too" \
		complete '/sys/bus/mdev/devices/<uuid>/vgpu/' "$mdevs/$uuid/vgpu/"
	check "the vGPU is removed" remove_vgpu "$uuid"
}

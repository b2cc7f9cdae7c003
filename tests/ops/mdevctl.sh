# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# mdevctl: define, start, stop, attributes, start at boot. Sourced by run.sh.

id() { echo "7e55e7a0-0000-4000-8000-0000000000$1"; }

type_id() { basename "$(type_dir "$gpu" "$1")"; }

available() { cat "$(type_dir "$gpu" "$1")/available_instances"; }

# define TYPE UUID OPTIONS [NAME=VALUE...], the latter attributes in vgpu/.
define() {
	local type=$1 uuid=$2 options=$3 pair

	shift 3
	# shellcheck disable=SC2086	# several options
	mdevctl define --uuid "$uuid" --parent "$address" \
		--type "$(type_id "$type")" $options || return
	for pair; do
		mdevctl modify --uuid "$uuid" --addattr "vgpu/${pair%=*}" \
			--value "${pair#*=}" || return
	done
}

# What mdevctl says of the types is what sysfs says, no more and no less.
types_agree() {
	mdevctl types --parent "$address" --dumpjson | python3 -c '
import json, os, sys
base = sys.argv[1] + "/mdev_supported_types"
said = {name: facts for types in json.load(sys.stdin)
        for listed in types.values() for entry in listed
        for name, facts in entry.items()}
def fact(kind, name):
    with open(os.path.join(base, kind, name)) as file:
        return file.read().strip()
real = {kind: {"name": fact(kind, "name"),
               "description": fact(kind, "description"),
               "device_api": fact(kind, "device_api"),
               "available_instances": int(fact(kind, "available_instances"))}
        for kind in os.listdir(base)}
print(said, real, sep="\n")
sys.exit(said != real or len(real) < 4)' "$gpu"
}

# defined UUID EXPRESSION: of its entry e in the list of defined vGPUs.
defined() {
	mdevctl list --defined --dumpjson --uuid "$1" | python3 -c '
import json, sys
e = json.load(sys.stdin)
print(e)
sys.exit(not eval(f"({sys.argv[1]})"))' "$2"
}

life_cycle() {
	local uuid=$1 before

	before=$(available RV100-8D)
	check "mdevctl types says what sysfs says" types_agree
	check "mdevctl defines a vGPU with attributes" define RV100-8D "$uuid" "" \
		weight=300 cap=50 min=20 resolution=800x600
	check "it keeps the attributes in the order they were given" \
		defined "$uuid" '[list(a.items())[0] for a in e["attrs"]] ==
			[("vgpu/weight", "300"), ("vgpu/cap", "50"),
			 ("vgpu/min", "20"), ("vgpu/resolution", "800x600")]'
	check "mdevctl starts it" mdevctl start --uuid "$uuid"
	check "its attributes are as defined" attributes_are "$uuid" type=RV100-8D \
		weight=300 cap=50 min=20 resolution=800x600
	check "mdevctl lists it as running" \
		eval "mdevctl list | grep -q '^$uuid $address .*RV100-8D'"
	check "one less is available" equal "$(available RV100-8D)" $((before - 1))
	check "mdevctl types says so, too" types_agree
	check "mdevctl stops it" mdevctl stop --uuid "$uuid"
	check "nothing of it is left" no test -e "$mdevs/$uuid"
	check "as many as before are available" \
		equal "$(available RV100-8D)" "$before"
}

# From the list that mdevctl dumps, on a host that has lost its definitions.
restore() {
	local uuid=$1

	mdevctl list --defined --dumpjson --uuid "$uuid" > /tmp/dump &&
		mdevctl undefine --uuid "$uuid" &&
		no mdevctl start --uuid "$uuid" &&
		mdevctl define --uuid "$uuid" --parent "$address" \
			--jsonfile /tmp/dump &&
		mdevctl list --defined --dumpjson --uuid "$uuid" | cmp - /tmp/dump
}

no_room() {
	local said

	said=$(mdevctl start --parent "$address" --type "$(type_id "$1")" 2>&1)
	[[ $said = *"No available instances"* ]] && return
	echo "$said"
	return 1
}

# What cannot be had: mdevctl fails, and takes back what it has begun.
refusals() {
	local uuid free

	uuid=$(id 0e)
	free=$(cat "$gpu/vgpu/vram_free")
	check "a vGPU whose min is above its cap is defined" define RV100-4D "$uuid" "" \
		cap=50 min=80
	check "it does not start" no mdevctl start --uuid "$uuid"
	check "and is not left behind" no test -e "$mdevs/$uuid"
	check "nor its VRAM" equal "$(cat "$gpu/vgpu/vram_free")" "$free"
	mdevctl undefine --uuid "$uuid"
	check "a vGPU without a definition starts" mdevctl start --uuid "$uuid" \
		--parent "$address" --type "$(type_id RV100-32D)"
	check "a second one for which there is no VRAM does not" no_room RV100-32D
	check "the first one stops" mdevctl stop --uuid "$uuid"
}

# Two definitions that promise more of the engine than there is.
promises() {
	local first second uuid

	first=$(id 10)
	second=$(id 11)
	for uuid in "$first" "$second"; do
		check "a vGPU with min=60 is defined" define RV100-4D "$uuid" "" min=60
	done
	check "the first of the two starts" mdevctl start --uuid "$first"
	check "the second does not" no mdevctl start --uuid "$second"
	check "and is not left behind, either" no test -e "$mdevs/$second"
	check "the GPU says that 40 % are left" equal "$(cat "$gpu/vgpu/last_refusal")" \
		"min: 60 percent asked for, 40 percent of the GPU are not promised yet"
	check "when the first has stopped, the second starts" \
		eval "mdevctl stop -u $first && mdevctl start -u $second"
	check "it stops" mdevctl stop --uuid "$second"
	for uuid in "$first" "$second"; do
		mdevctl undefine --uuid "$uuid"
	done
}

# The two rules of docs/orchestrators.md, the second for one vGPU.
udev_rules() {
	cat > /etc/udev/rules.d/99-test.rules <<-END
		ACTION=="change", ENV{MDEV_STATE}=="registered", DRIVER=="vgpu_rv100", ATTR{vgpu/policy}="fixed_share"
		ACTION=="bind", SUBSYSTEM=="mdev", DRIVER=="vgpu_mdev", KERNEL=="$1", ATTR{vgpu/resolution}="1280x1024"
	END
	udevadm control --timeout="$PATIENCE" --reload
}

udev_sets_attributes() {
	local uuid

	uuid=$(id 0f)
	udev_rules "$uuid"
	check "a vGPU that no tool keeps" create_vgpu "$gpu" RV100-8D "$uuid"
	check "a udev rule gives it its attributes" wait_until \
		attributes_are "$uuid" resolution=1280x1024
	check "it is removed" remove_vgpu "$uuid"
}

mdevctl_before_reboot() {
	life_cycle "$(id 0c)"
	check "a dumped definition restores the vGPU" restore "$(id 0c)"
	refusals
	promises
	udev_sets_attributes
	check "modify --auto" mdevctl modify --uuid "$(id 0c)" --auto
	check "the definition says auto" defined "$(id 0c)" 'e["start"] == "auto"'
	check "define --auto" define RV100-32D "${uuid_of[guest2]}" --auto \
		min=30 resolution="${mode_of[guest2]}" weight=300
	check "a vGPU that is not to start by itself" define RV100-4D "$(id 0d)" ""
}

mdevctl_after_reboot() {
	check "after a reboot the vGPU of modify --auto is there" \
		wait_until test -e "$mdevs/$(id 0c)/vgpu"
	check "with its attributes" wait_until attributes_are "$(id 0c)" \
		type=RV100-8D weight=300 cap=50 min=20 resolution=800x600
	check "that of define --auto is there" \
		wait_until test -e "$mdevs/${uuid_of[guest2]}/vgpu"
	check "with its attributes, too" wait_until attributes_are \
		"${uuid_of[guest2]}" type=RV100-32D weight=300 cap=100 min=30 \
		resolution="${mode_of[guest2]}"
	check "a udev rule has given the GPU its policy" wait_until \
		grep -q '\[fixed_share\]' "$gpu/vgpu/policy"
	check "the one that is not auto is not" no test -e "$mdevs/$(id 0d)"
	check "mdevctl starts it when told to" mdevctl start --uuid "$(id 0d)"
	for uuid in "$(id 0d)" "$(id 0c)"; do
		check "mdevctl stops and undefines ${uuid##*0}" \
			eval "mdevctl stop -u $uuid && mdevctl undefine -u $uuid"
	done
}

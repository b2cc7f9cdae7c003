# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# vGPUs and guests in the host VM, as scripts/demo-host and tests/e2e/run.sh use
# them. Sourced, never run.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/patience.sh"

mdevs=/sys/bus/mdev/devices
counters=(gpu_time_ns wait_time_ns slices switches traps ops bytes dropped
	unknown_regs fifo_overflows faults)

die() { echo "${0##*/}: $*" >&2; exit 1; }

# Directory of the physical GPU that offers vGPUs.
find_gpu() {
	local dir

	for dir in /sys/bus/pci/devices/*/mdev_supported_types; do
		[ -d "$dir" ] || continue
		echo "${dir%/*}"
		return
	done
	return 1
}

# One line a type: sysfs name, name, description, how many more fit.
show_types() {
	local dir name description available

	for dir in "$1"/mdev_supported_types/*/; do
		read -r name < "$dir/name"
		read -r description < "$dir/description"
		read -r available < "$dir/available_instances"
		printf '%s\t%s\t%s\t%s\n' "$(basename "$dir")" "$name" \
			"$description" "$available"
	done | sort -V
}

type_dir() {
	local dir

	for dir in "$1/mdev_supported_types/"*-"$2"; do
		[ -d "$dir" ] || return 1
		echo "$dir"
	done
}

create_vgpu() {
	local gpu=$1 type=$2 uuid=$3 dir

	dir=$(type_dir "$gpu" "$type") || { echo "no type $type" >&2; return 1; }
	{ echo "$uuid" > "$dir/create"; } 2>/dev/null && return
	echo "no vGPU of type $type: $(cat "$gpu/vgpu/last_refusal")" >&2
	return 1
}

remove_vgpu() { echo 1 > "$mdevs/$1/remove"; }

# Guest NAME has the scene and vGPU that set_guest gave it.
declare -A uuid_of=() type_of=() mode_of=() scene_of=() label_of=()

set_guest() {
	local name=$1

	uuid_of[$name]=$2
	type_of[$name]=$3
	mode_of[$name]=$4
	scene_of[$name]=$5
	label_of[$name]="GUEST ${name#guest}  $3"
}

# The first N of the guests that both scripts boot: different types, modes and
# scenes. The stock radeonfb wants 16 MiB or more.
set_guests() {
	local id=7e55e7a0-0000-4000-8000-00000000000

	guests=(guest1 guest2 guest3 guest4)
	guests=("${guests[@]:0:$1}")
	set_guest guest1 ${id}1 RV100-16D 1024x768 sunrise
	set_guest guest2 ${id}2 RV100-32D 1280x1024 harbour
	set_guest guest3 ${id}3 RV100-16D 800x600 harbour
	set_guest guest4 ${id}4 RV100-16D 800x600 sunrise
}

note_of() {
	local vram=${type_of[$1]#*-}

	echo "${mode_of[$1]/x/X}-32, ${vram%D} MIB VRAM"
}

boot() {
	local name=$1

	shift
	guest start "$name" --mdev "${uuid_of[$name]}" --res "${mode_of[$name]}" "$@"
}

boot_in_mode() {
	boot "$1" --append "radeonfb.mode_option=${mode_of[$1]}-32@60" "${@:2}"
}

# A file of a guest's vGPU; of a number that is by engine, the sum.
read_counter() {
	local vgpu=$mdevs/${uuid_of[$1]}/vgpu file value sum=0

	if [ -e "$vgpu/$2" ]; then
		cat "$vgpu/$2"
		return
	fi
	for file in "$vgpu"/engines/*/"$2"; do
		read -r value < "$file" || return
		sum=$((sum + value))
	done
	echo "$sum"
}

# Lines "GUEST COUNTER VALUE" for all guests given.
snapshot() {
	local name counter

	for name; do
		for counter in "${counters[@]}"; do
			echo "$name $counter $(read_counter "$name" "$counter")"
		done
	done
}

# A line "TIME GPU-TIME..." every quarter of a second, one column a guest.
sample() {
	local name line

	while :; do
		line=$EPOCHREALTIME
		for name; do
			line+=" $(read_counter "$name" gpu_time_ns)"
		done
		echo "$line"
		sleep 0.25
	done
}

start_sampling() {
	local file=$1

	shift
	sample "$@" > "$file" &
	sampler=$!
}

stop_sampling() {
	[ -n "${sampler:-}" ] || return 0
	kill "$sampler" 2>/dev/null
	wait "$sampler" 2>/dev/null || true
	sampler=
}

# Has the guest's shell run a command, of which await() hears the end. Each has
# a mark of its own: a console keeps what was said before. The quotes keep the
# mark out of the command itself, which the console repeats.
run_in() {
	local time=$EPOCHREALTIME

	echo "MARK-$time" > "/run/guests/$1/mark"
	guest send "$1" "$2; echo TESSERA-STATUS \$? MARK''-$time."
}

# Until the guest's last command has ended; false when that failed.
await() {
	local mark

	read -r mark < "/run/guests/$1/mark"
	guest wait "$1" "$mark." || return
	grep -qF "TESSERA-STATUS 0 $mark." "/run/guests/$1/serial.log" && return
	echo "$1: the command failed; it said:"
	tail -n 3 "/run/guests/$1/serial.log"
	return 1
}

scene_command() {
	local name=$1 seconds=$2

	echo "scene -s $seconds -l '${label_of[$name]}' -n '$(note_of "$name")' ${scene_of[$name]}"
}

# The reference picture of a guest's scene, and how its screen differs from it.
expected_picture() {
	local mode=${mode_of[$1]}

	"$BUILD/e2e/render" "${scene_of[$1]}" "${mode%x*}" "${mode#*x}" \
		"${label_of[$1]}" "$(note_of "$1")" "$2"
}

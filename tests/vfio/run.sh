#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The vfio tier, inside the host VM: loads the modules, runs the programs of
# build/vfio, unloads, and looks for what is left. Each test becomes a line of
# $OUT/tests.tap that begins with the GPU.
#
# Usage: tests/vfio/run.sh [--all | --gpu GPU] [PROGRAM...]
#   --all            all programs on both GPUs, and all of what some try in part
#   --gpu GPU        rv100, the card (default), or soft, which is made for each program
#   soft/PROGRAM     that one on that GPU
#   by-cdev/PROGRAM  that one, with vGPUs opened by VFIO's character devices
# Without programs: all on the card, the most telling on the soft GPU; with --gpu all
# on that one.
set -uo pipefail

# Those that know no card.
any=(types info config irq reset migrate stream frozen freeze precopy moved compact isolation scrub sched policy shares account
	protect harm lifetime race trace fuzz)
# Those that are about one.
rv100=(decode regs engine2d state isolation2d display cursor monitor)
soft=(soft bochs gpus knobs almaif unruly supervisors hang executor executors workers slices campaign)
# Of the first what differs most with another kind of GPU, and is quick.
telling=(info config irq reset migrate stream frozen precopy moved lifetime almaif hang scrub fuzz)
# Never by itself: nomem and nomem_host, for kernels with failslab; pulled, which takes
# cards in slots with it (all three: scripts/check faults); and soak, for scripts/soak.
# Those of which parts depend on how a vGPU is opened, closed, mapped or reset.
by_cdev=(info irq reset scrub lifetime race)
default_gpu=rv100 all=
# Of some of these again what is most telling.
[ $# -gt 0 ] || export BRIEF=1
case ${1:-} in
--gpu)
	default_gpu=$2
	shift 2 ;;
--all)
	all=1
	export THOROUGH=1
	any+=(campaign)
	telling=("${any[@]}" almaif unruly supervisors hang executor executors workers slices)
	shift ;;
esac
if [ "$default_gpu" = soft ]; then
	programs=("${any[@]}" "${soft[@]}")
else
	programs=("${any[@]}" "${rv100[@]}" soft/{soft,bochs,gpus,knobs} "${telling[@]/#/soft/}")
	by_cdev+=(regs display)
fi
[ $# -eq 0 ] || programs=("$@")

bin=${BUILD:-/build}/vfio
out=${OUT:-/tmp}
tap=$out/tests.tap
# shellcheck source-path=SCRIPTDIR/../../scripts
. "$(dirname "$0")/../../scripts/patience.sh"

# By the core, and by the kernel's driver core after it.
no_room='vGPU refused: |probe with driver vgpu_mdev failed with error -28'
no_room+='|vgpu_mdev: probe of [0-9a-f-]+ failed with error -28'	# Linux 6.1

# What a program asks the kernel to complain of.
declare -A asked=(
	[types]="$no_room"
	[moved]='bandwidth: not a number'
	[compact]="$no_room|compact: "
	[sched]='slice_us: '
	[policy]='policy: not one of|percent of the GPU are not promised yet'
	[harm]='engine [0-9]+ did not come idle under vGPU'
	[lifetime]="$no_room|no sleep: the GPU is just being removed"
	[campaign]="$no_room"
	[monitor]='resolution: ([0-9]+x[0-9]+ is not within|not WIDTHxHEIGHT)|: [0-9]+ callbacks suppressed'
	[hang]='engine [0-9]+ did not come idle under vGPU'
	[nomem]='failed with error -12|error: -12 |ACPI|vmalloc error: |Call Trace:|\+0x[0-9a-f]+/0x'
	[pulled]='engine [0-9]+ (did not come idle under vGPU|is lost)|the GPU is lost: it does not answer'
	[lost]='engine [0-9]+ (did not come idle under vGPU|is lost)'
)
# Of it the kernel may complain of what it is asked for, and of nothing else.
asked[fuzz]="$no_room|(policy|slice_us|window_ms|averaging|trap_charge|weight|cap|min|resolution|bandwidth): "
asked[fuzz]+='|: [0-9]+ callbacks suppressed'
# There a guest can ask for a hang, and workers fail.
asked[soft/fuzz]="${asked[fuzz]}|engine [0-9]+ (did not come idle|failed) under vGPU"
asked[gpus]='vgpu-soft: |no .* MiB of memory for VRAM'
asked[gpus]+='|vgpu_soft.*(probe with driver vgpu_soft|probe of .*) failed with error -12'
asked[gpus]+='|to be removed, but its user does not listen'
asked[knobs]="vgpu-soft: |$no_room|engine [0-9]+ did not come idle under vGPU|the GPU is lost"
asked[knobs]+='|(slices|lost|hang|create_(delay_ms|error)|remove_delay_ms|available_offset|speed_percent): '
asked[knobs]+='|(probe with driver vgpu_mdev|vgpu_mdev: probe of .*) failed with error -(5|12)'
asked[almaif]='engine [0-9]+ (did not come idle|failed) under vGPU'
asked[unruly]=${asked[almaif]}
asked[supervisors]=${asked[almaif]}
asked[executors]=${asked[almaif]}
asked[soft]='vgpu-soft: parameter: |no .* MiB of memory for VRAM'
asked[soft]+='|vgpu_soft.*(probe with driver vgpu_soft|probe of .*) failed with error -12'
asked[soft]+="|$no_room"
asked[executor]='engine [0-9]+ failed under vGPU|the worker says: refused'
asked[lost]+='|probe with driver vgpu_mdev failed with error -5'
asked[lost]+='|vgpu_mdev: probe of [0-9a-f-]+ failed with error -5'	# Linux 6.1
asked[policy]+='|(slice_us|window_ms|averaging|trap_charge|watchdog_ms|guard_[a-z]+_limit'
asked[policy]+='|weight|cap|min): |: [0-9]+ callbacks suppressed'

asked[nomem]+='|can not set name properly|Failed to add to iommu group|routing for PCI INT'
# A card that is taken: the PCI core calls a region busy for which it has no memory.
asked[nomem]+='|BAR [0-9]: can.t reserve|VRAM or registers are in use'
asked[nomem]+='|probe with driver vgpu_rv100 failed with error -16'
asked[nomem]+='|ioremap memtype_reserve failed -12|\(BAR [02]\) cannot be mapped'
# A GPU that is made, or only half, while memory fails.
asked[nomem]+='|no .* MiB of memory for VRAM|no device for executors: error -12'
asked[nomem]+='|(device_add_groups\(\)|driver_sysfs_add) failed|compatibility class link'
asked[nomem]+='|debugfs: out of free dentries|add host bridge window'
asked[nomem_host]="${asked[nomem]}|bus_add_driver: |workqueue: Failed to "
# Of these memory fails, too, where the kernel can have it fail.
if [ -e /sys/kernel/debug/failslab ]; then
	asked[campaign]+="|${asked[nomem]}"
	# By the engine's thread, whose name is the GPU's.
	asked[hang]+="|${asked[nomem]}|Comm: vgpu-"
fi

number=0
failed=0

say() { echo "vfio: $*"; }

# One more line of TAP: ok|'not ok', name.
result() {
	number=$((number + 1))
	[ "$1" = ok ] || failed=$((failed + 1))
	echo "$1 $number - $2" | tee -a "$tap"
}

# result() by the exit status of a command.
check() {
	local name=$1

	shift
	if "$@"; then result ok "$name"; else result 'not ok' "$name"; fi
}

mark() { echo "<6>vfio tests: $1 begins" > /dev/kmsg; }

# Complaints since the last mark, but for those that match $1.
clean_log() {
	local bad=':(emerg|alert|crit|err) *:' since found

	bad+='|:warn *:.*(vgpu|vfio|mdev|1002:5159|vGPU)'
	bad+='|WARNING:|\bBUG:|Oops|Call Trace:|UBSAN:|KASAN:|INFO: task'
	bad+='|possible .* detected|detected stall|lockup'
	since=$(dmesg --decode | tac | sed '/vfio tests: .* begins/q')
	if ! grep -q 'vfio tests: .* begins' <<< "$since"; then
		echo "# the kernel log was lost" | tee -a "$tap"
		return 1
	fi
	found=$(grep -E "$bad" <<< "$since" | grep -vE "${1:-^$}" | tac)
	[ -z "$found" ] && return
	awk '{ print "# " $0 }' <<< "$found" | tee -a "$tap"
	return 1
}

# A check that sees nothing would pass for ever.
log_is_watched() {
	mark watch
	clean_log '' > /dev/null || return 1
	echo "<3>vfio tests: a complaint, on purpose" > /dev/kmsg
	! clean_log '' > /dev/null
}

# Of [soft/][by-cdev/]PROGRAM: program, kind (of GPU) and by.
split_name() {
	local word

	program=${1##*/} kind=$default_gpu by=group
	for word in ${1//\// }; do
		case $word in
		by-cdev) by=cdev ;;
		rv100|soft) kind=$word ;;
		esac
	done
}

# Take over a program's lines, with numbers of our own.
merge() {
	local line plan=0 done=0 status=$2 label=$3

	while IFS= read -r line; do
		case $line in
		1..*) plan=${line#1..} ;;
		'ok '*) result ok "$label: ${line#* - }"; done=$((done + 1)) ;;
		'not ok '*) result 'not ok' "$label: ${line#* - }"; done=$((done + 1)) ;;
		'#'*) echo "$line" | tee -a "$tap" ;;
		esac
	done < "$1"
	[ "$plan" -gt 0 ] && [ "$done" -eq "$plan" ] && return
	result 'not ok' "$label: ended with $status after $done of $plan tests"
}

# In which call of the kernel a program and its children are.
tell_where() {
	local pid

	for pid in $(pidof "$bin/$1"); do
		echo "# $1 ($pid) in:"
		sed 's/^/#   /' "/proc/$pid/stack"
	done | tee -a "$tap"
}

# As drivers/soft.c has it. Some programs make it by themselves.
own_gpus="soft gpus knobs slices soak"
make_soft() { [[ " $own_gpus " = *" $program "* ]] || modules soft vram_mb=100; }
unmake_soft() { [ ! -e /sys/module/vgpu_soft ] || timeout "$PATIENCE" rmmod vgpu_soft; }

run_program() {
	local name=$1 started=$SECONDS status=0 before=$failed pid
	local program kind by label log=$out/${1//\//-}.log

	split_name "$name"
	label=$kind
	[ "$by" = group ] || label="$kind by $by"
	say "$name on $kind"
	mark "$name"
	[ "$kind" != soft ] || check "$label: $program: a soft GPU is made" make_soft
	GPU=$kind VDEV_BY=$by "$bin/$program" > "$log" 2>&1 &
	pid=$!
	watch_over "$pid" "$PATIENCE" stat -c %s "$log" || status=$?
	if [ -n "$hangs" ]; then
		result 'not ok' "$label: $program: nothing new for $PATIENCE s, ended"
		tell_where "$program"
		end_child "$pid" 10 || status=$?
	fi
	merge "$log" "$status" "$label"
	[ "$kind" != soft ] || check "$label: $program: it goes" unmake_soft
	check "$label: $program: kernel log" clean_log "${asked[$kind/$program]:-${asked[$program]:-}}"
	if [ "$status" != 0 ] && [ "$failed" = "$before" ]; then
		result 'not ok' "$label: $program: exit status $status"
	fi
	say "$name: $((failed - before)) failed, $((SECONDS - started)) s"
}

no_vgpus() { ! compgen -G '/sys/bus/mdev/devices/*'; }

# The kernel waits for whoever has one open: not for ever, here.
remove_all() {
	local dev

	for dev in /sys/bus/mdev/devices/*; do
		[ ! -e "$dev/remove" ] || echo 1 > "$dev/remove" &
	done
	wait_until no_vgpus
}

nothing_left() {
	local left=()

	shopt -s nullglob
	left+=(/sys/bus/mdev/devices/*)
	left+=(/sys/bus/pci/devices/*/vgpu)
	left+=(/sys/bus/pci/devices/*/mdev_supported_types)
	left+=(/sys/bus/mdev/drivers/vgpu*)
	left+=(/sys/bus/pci/drivers/vgpu*)
	left+=(/sys/module/vgpu*)
	left+=(/dev/vfio/[0-9]* /dev/vfio/devices/*)
	shopt -u nullglob
	[ ${#left[@]} -eq 0 ] || echo "# left: ${left[*]}" | tee -a "$tap"
	[ ${#left[@]} -eq 0 ]
}

add_what_this_kernel_can() {
	if compgen -G '/sys/kernel/debug/vgpu/*/fail_idle' > /dev/null; then
		say "this kernel can inject hangs: hang and lost run as well"
		programs+=(lost ${all:+soft/lost})
		[ "$default_gpu" = soft ] || programs+=(hang)
		by_cdev+=(lost)
	else
		say "this kernel cannot inject hangs: what needs that is not among the programs"
	fi
	if grep -q ' vfio-dev$' /proc/devices; then
		say "this kernel has VFIO character devices: iommufd runs as well, others by them"
		programs+=(iommufd ${all:+soft/iommufd} "${by_cdev[@]/#/by-cdev/}")
	else
		say "this kernel has no VFIO character devices: iommufd is not among the programs"
	fi
}

# What nobody points to any more, where the kernel looks for such (kmemleak=on). What was
# allocated a moment ago may be in a register only: so twice.
kmemleak=/sys/kernel/debug/kmemleak
looks_for_leaks() { echo scan 2>/dev/null > "$kmemleak"; }

no_leaks() {
	sleep 6
	echo scan > "$kmemleak"
	cp "$kmemleak" "$out/kmemleak.txt"
	! sed 's/^/# /' "$out/kmemleak.txt" | grep . | tee -a "$tap"
}

echo 'TAP version 13' > "$tap"
say "loading the modules"
check "the kernel log is watched" log_is_watched
# Who goes on after one leaves locks held, and hangs.
check "an oops ends the machine" grep -qx 1 /proc/sys/kernel/panic_on_oops
mark load
check "modules load" modules load
[ $# -gt 0 ] || add_what_this_kernel_can
for name in "${programs[@]}"; do
	run_program "$name"
done

mark unload
check "every vGPU is removed" remove_all
if looks_for_leaks; then
	check "no memory is lost" no_leaks
fi
check "modules unload" timeout "$PATIENCE" modules unload
check "nothing is left in sysfs" nothing_left
check "load and unload: kernel log" clean_log ''
echo "1..$number" >> "$tap"
say "$number tests, $failed failed, $SECONDS s"
[ "$failed" = 0 ]

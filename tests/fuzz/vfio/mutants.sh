#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In the host VM: modules with a bug each, whose numbers are given, as long as the kernel
# is none the worse for it; scripts/fuzz has built them and goes on with the rest.
# Programs of VFIO calls are let loose on each, until there is a complaint or FUZZ_SECONDS
# are over; on "none", which are those without a bug, as make check does it. Leaves
# $OUT/began, the number of the last one, and $OUT/NUMBER with what was said, and in
# "status" how run.sh has ended and after how many seconds.
#
# Usage: tests/fuzz/vfio/mutants.sh GPU NUMBER...
set -uo pipefail

gpu=$1
shift
export FUZZ_STOP=1

# It has complained, or something of the modules is still there.
is_spoilt() {
	local tainted

	read -r tainted < /proc/sys/kernel/tainted
	[ $((tainted & (1 << 9 | 1 << 7 | 1 << 5))) != 0 ] || [ -e /sys/module/vgpu ]
}

for number; do
	echo "$number" > "$OUT/began"
	mkdir -p "$OUT/$number"
	began=$SECONDS status=0
	seconds=$FUZZ_SECONDS
	[ "$number" != none ] || seconds=0
	FUZZ_SECONDS=$seconds MODULES=/build/fuzz/planted/$number \
		/repo/tests/vfio/run.sh --gpu "$gpu" fuzz > "$OUT/run.log" || status=$?
	mv "$OUT/run.log" "$OUT/tests.tap" "$OUT"/*fuzz.log "$OUT/$number/"
	echo "$status $((SECONDS - began))" > "$OUT/$number/status"
	echo "bug $number: run.sh ended with $status after $((SECONDS - began)) s"
	! is_spoilt || break
done

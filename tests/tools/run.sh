#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - the programs of tools/ with the real driver, in the host VM
#:
#: Usage: tests/tools/run.sh [SCRIPT...]    (default: live service)
#:
#: By scripts/hostvm run --system --tree trixie-tools; see scripts/check.
#:
#: vgpu-executor's workers and the walls around them are looked at first
#: (tests/executor).
#:
#: Writes $OUT/tests.tap, one plan for each of the scripts that it runs, and what
#: vgpu-top showed as $OUT/screen.txt and $OUT/engines.txt.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here/..

rm -f "$OUT/tests.tap" "$OUT/screen.txt" "$OUT/engines.txt"
modprobe -a kvm_amd vfio vfio_iommu_type1 mdev
if ! modules load; then
	echo "Bail out! no modules" | tee "$OUT/tests.tap"
	exit 1
fi
status=0
for program in sandbox worker; do
	"/build/tests-executor/$program" /build/tests-executor/square.spv |
		tee -a "$OUT/tests.tap" || status=$?
done
# As on a device that an operator has chosen.
/build/tests-executor/worker /build/tests-executor/square.spv llvmpipe |
	tee -a "$OUT/tests.tap" || status=$?
[ $# -gt 0 ] || set -- live service
for script; do
	python3 "$here/$script.py" || status=$?
done
exit "$status"

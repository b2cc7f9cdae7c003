#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - the VFIO and end-to-end tests in a short form, in the host VM
#:
#: Usage: tests/kernels/run.sh    (by scripts/hostvm run --kernel V; see
#:                                 scripts/check, tier kernels)
#:
#: What depends on the host's kernel: each kind of VFIO call once, and two guests.
set -uo pipefail
programs=(info config regs irq reset lifetime sched)
out=$OUT status=0

: > "$out/tests.tap"
OUT=$out/vfio
mkdir -p "$OUT" "$out/e2e"
/repo/tests/vfio/run.sh "${programs[@]}" || status=$?
cat "$OUT/tests.tap" >> "$out/tests.tap"
OUT=$out/e2e
/repo/tests/e2e/run.sh short || status=$?
cat "$OUT/tests.tap" >> "$out/tests.tap"
exit "$status"

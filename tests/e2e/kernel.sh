#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: kernel.sh - what depends on the host's kernel: in short, all that VFIO asks; guests
#:
#: Usage: tests/e2e/kernel.sh    (by scripts/hostvm run; see scripts/check)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
vfio=$OUT/vfio

mkdir -p "$vfio"
OUT=$vfio "$here/../vfio/run.sh" info config regs irq reset lifetime sched \
	soft/{info,irq,reset}
before=$?
# It begins its own list of tests.
"$here/both.sh"
after=$?
cat "$vfio/tests.tap" >> "$OUT/tests.tap"
[ $((before + after)) = 0 ]

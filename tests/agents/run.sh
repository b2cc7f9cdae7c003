#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - what clouds' agents do with vGPUs, on soft GPUs, by pytest
#:
#: Usage: tests/agents/run.sh [PYTEST-ARGUMENT...]
#:            (by scripts/hostvm run --system; see scripts/check)
#:
#: GPUs and configurations are those of docs/ci.md.
set -uo pipefail
cd "$(dirname "$0")" || exit
# shellcheck source-path=SCRIPTDIR/../ops
. ../ops/install.sh
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$PWD/..:$PWD/../ops
if ! install_files; then
	echo "Bail out! no modules" | tee "$OUT/tests.tap"
	exit 1
fi
# At boot, the unit of make install would do it.
systemd-sysusers
# The host VM's init keeps systemd from mounting it.
modprobe -a kvm_amd configfs
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
cp "$BUILD"/guest-image/{vmlinuz,initrd} /var/lib/libvirt/images/
exec python3 -m pytest -q -p no:cacheprovider --tb=short "$@"

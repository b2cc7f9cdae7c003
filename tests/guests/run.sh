#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: run.sh - tests of guests by pytest, in the host VM
#:
#: Usage: tests/guests/run.sh [PYTEST-ARGUMENT...]    (by scripts/hostvm run)
set -uo pipefail
cd "$(dirname "$0")" || exit
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$PWD/..
modprobe -a kvm_amd vfio vfio_iommu_type1 mdev
exec python3 -m pytest -q -p no:cacheprovider --tb=short "$@"

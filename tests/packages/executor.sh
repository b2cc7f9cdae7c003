#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: executor.sh - packages that come and go beside a soft GPU, in the host VM
#:
#: Usage: tests/packages/executor.sh
#:            (by scripts/hostvm run --system --tree trixie-clean; see scripts/check)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR/..
. "$here/../tap.sh"
export DEBIAN_FRONTEND=noninteractive INITRD=No

apt() { apt-get -q -y -o Dpkg::Use-Pty=0 "$@"; }

# The modules are not where modprobe looks for them: -r alone is for those here.
mkdir -p /tmp/bin
cat > /tmp/bin/modprobe <<-'END'
	#!/bin/bash
	[ "$1" = -r ] || exec /usr/sbin/modprobe "$@"
	shift
	status=0
	for module; do
	        [ ! -e "/sys/module/$module" ] || rmmod "$module" || status=1
	done
	exit "$status"
END
chmod +x /tmp/bin/modprobe

load_all() { modules load && modules soft vram_mb=16; }

# The GPU's, by systemd.
runs() { systemctl --quiet is-active 'vgpu-executor@*'; }
loaded() { grep -o '^vgpu[a-z0-9_]*' /proc/modules | sort | xargs; }
remove_modules() { PATH=/tmp/bin:$PATH sh /repo/debian/vgpu-dkms.prerm remove; }

executes() { grep -qx 1 /sys/bus/pci/drivers/vgpu_soft/0000:*/soft/executor; }

modprobe -a vfio vfio_iommu_type1 mdev
check "there is a soft GPU" load_all
check "the repository is there" apt update
check "the tools install" apt install --no-install-recommends /build/deb/vgpu-tools_*_amd64.deb
check "what computes for the GPU that was there runs" wait_until runs
systemctl stop 'vgpu-executor@*'
vgpu-executor --user=nobody &
hand=$!
check "somebody has started it by hand" wait_until executes
check "the modules' package goes" eval "remove_modules 2>&1 | tee /dev/stderr | grep 'the modules stay'"
check "and all modules stay" equal "$(loaded)" "vgpu vgpu_rv100 vgpu_soft"
kill "$hand"
wait "$hand"
systemctl start "vgpu-executor@$(basename /sys/bus/pci/drivers/vgpu_soft/0000:*)"
check "it runs again" wait_until runs
check "the modules' package goes, with nobody else" remove_modules
check "so do its modules" equal "$(loaded)" ''
check "there is a soft GPU again" load_all
check "what computes for it runs" wait_until runs
check "the tools go" apt remove vgpu-tools
check "nobody computes any more" no pgrep -x vgpu-executor
check "the module is not held" rmmod vgpu_soft
finish

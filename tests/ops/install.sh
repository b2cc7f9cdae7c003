# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What make install brings, in a host VM that runs Debian itself. Sourced.

install_files() {
	local updates

	updates=/lib/modules/$(uname -r)/updates
	cp -a /build/ops-install/. / && mkdir -p "$updates" &&
		cp "${MODULES:?}"/*.ko "$updates" && depmod || return
	udevadm control --reload
	systemctl daemon-reload
}

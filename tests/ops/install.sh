# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What make install brings, in a host VM that runs Debian itself. Sourced.

install_files() {
	cp -a /build/ops-install/. / || return
	udevadm control --timeout="$PATIENCE" --reload
	systemctl daemon-reload
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# TAP for the scripts of this directory: sourced, never run. $tap is the file
# that the lines are added to.

tests=0 failures=0
: > "${tap:?}"

# Runs a command as a test; what it prints is shown when it fails.
check() {
	local name=$1 out verdict=ok

	shift
	if ! out=$("$@" 2>&1); then
		verdict='not ok'
		failures=$((failures + 1))
	fi
	tests=$((tests + 1))
	{
		echo "$verdict $tests - $name"
		[ "$verdict" = ok ] || printf '%s\n' "$out" | sed 's/^/# /'
	} | tee -a "$tap"
	[ "$verdict" = ok ]
}

give_up() {
	echo "Bail out! $*" | tee -a "$tap"
	exit 1
}

# The plan, and the script's exit status.
finish() {
	echo "1..$tests" >> "$tap"
	[ "$failures" = 0 ]
}

equal() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
no() { ! "$@" || { echo "should have failed: $*"; return 1; }; }

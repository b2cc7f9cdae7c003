# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of a script in the host VM: TAP lines in $OUT/tests.tap. Sourced.

# shellcheck source-path=SCRIPTDIR/../scripts
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/patience.sh"

tap=$OUT/tests.tap
# A script that goes on after a reboot of the host VM (hostvm --system) adds to
# what there is.
[ "${BOOT:-1}" -gt 1 ] || : > "$tap"
tests=$(grep -cE '^(not )?ok' "$tap")
failures=$(grep -c '^not ok' "$tap")

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

# There is no point in going on. A script with logs to show has its own.
give_up() {
	echo "Bail out! $*" | tee -a "$tap"
	exit 1
}

# The last line of a script: its status is that of all tests.
finish() {
	echo "1..$tests" >> "$tap"
	[ "$failures" = 0 ]
}

equal() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
more_than() { [ "$1" -gt "$2" ] || { echo "$1 is not more than $2"; return 1; }; }
no() { ! "$@" || { echo "should have failed: $*"; return 1; }; }

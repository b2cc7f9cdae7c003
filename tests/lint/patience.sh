#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#: patience.sh - scripts/patience.sh ends what hangs, and nothing else
#:
#: Usage: OUT=DIR tests/lint/patience.sh    (by scripts/check, tier lint)
set -uo pipefail
# shellcheck source-path=SCRIPTDIR/..
. "$(dirname "$0")/../tap.sh"

in_vain=$OUT/in-vain
said=$OUT/said
rm -f "$in_vain"

# watched SECONDS COMMAND...: sets `pid` and `status`.
watched() {
	local limit=$1

	: > "$said"
	"${@:2}" >> "$said" &
	pid=$! status=0
	watch_over "$pid" "$limit" stat -c %s "$said" || status=$?
}

talks() {
	local i

	for ((i = 0; i < 13; i++)); do
		echo "$i"
		sleep 1
	done
	return 7
}

is_mute() {
	trap '' TERM
	echo begins
	while :; do
		sleep 1
	done
}

goes_on() {
	watched 10 talks
	equal "$hangs" '' && equal "$status" 7
}

is_ended() {
	watched 3 is_mute
	equal "$hangs" 1 && equal "$(cat "$said")" begins && kill -0 "$pid" || return
	end_child "$pid" 1
	equal "$?" 137 && no kill -0 "$pid"
}

comes_late() {
	rm -f "$OUT/late"
	{ sleep 2; touch "$OUT/late"; } &
	wait_until test -e "$OUT/late" && no test -e "$in_vain"
}

never_comes() {
	PATIENCE=2
	no wait_until test -e "$OUT/never" && test -e "$in_vain" &&
		equal "$(patience)" 0
}

check "who says something is let go on, and its status is known" goes_on
check "who says nothing is found out, and ended if it does not want to end" is_ended
check "what comes late is waited for" comes_late
check "what never comes is given up, and patience is less then" never_comes
finish

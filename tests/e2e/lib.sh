# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Tests of two guests that draw scenes. Sourced, after demo-lib.sh and tap.sh.

give_up() {
	echo "Bail out! $*" | tee -a "$tap"
	for name in guest1 guest2; do
		tail -n 30 "/run/guests/$name/serial.log" 2>/dev/null
	done
	exit 1
}

clean_up() {
	stop_sampling
	for name in guest1 guest2; do
		[ ! -e "/run/guests/$name/serial.log" ] ||
			cp "/run/guests/$name/serial.log" "$OUT/$name.console"
	done
}

screen_is_scene() {
	guest shot "$1" "$OUT/$2.png" &&
		expected_picture "$1" "$OUT/$2-expected.png" &&
		"$BUILD/e2e/compare" "$OUT/$2.png" "$OUT/$2-expected.png" &&
		rm "$OUT/$2-expected.png"
}

# The Nth boot of a guest that runs already.
booted_times() {
	local end=$((SECONDS + $3)) log=/run/guests/$1/serial.log

	until [ "$(grep -ac TESSERA-GUEST-READY "$log")" -ge "$2" ]; do
		[ "$SECONDS" -lt "$end" ] || { tail -n 20 "$log"; return 1; }
		sleep 0.3
	done
}

# Until a scene that was just started has had GPU time.
wait_busy() {
	local name was i

	for name; do
		was=$(read_counter "$name" ops)
		for i in {1..600}; do
			[ "$(read_counter "$name" ops)" -le $((was + 500)) ] || break
			sleep 0.1
		done
		[ "$i" -lt 600 ] || { echo "$name does not draw"; return 1; }
	done
}

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

# A guest that runs already has booted so many times.
has_booted() {
	local log=/run/guests/$1/serial.log

	[ "$(grep -ac TESSERA-GUEST-READY "$log")" -ge "$2" ] ||
		{ tail -n 20 "$log"; return 1; }
}

has_done() { more_than "$(read_counter "$1" ops)" "$2"; }

# Until a scene that was just started, and does not end soon, has had GPU time.
wait_busy() {
	local name

	for name; do
		wait_until has_done "$name" $(($(read_counter "$name" ops) + 500)) ||
			return
	done
}

# The guest's scene of which scene_command -w said that it is to wait for this.
end_scene() { guest send "$1" ''; }

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# How long anything is waited for, on the machine and in the host VM. Sourced.
#
# Nothing is judged by how fast it is: what must come is waited for until it
# comes, and a limit is there to end what hangs. So it has to hold where all takes
# sixteen times as long as on the machine that the tests were written on (eight
# times slower, and something else runs), on which one thing that is waited for,
# the boot of a guest for instance, takes 30 seconds at most.
#
# PATIENCE is for one such thing, in seconds. Who watches over others that wait
# has more, so that it is the one who knows most that tells what hangs:
#   PATIENCE / 5    an event of the driver, in a C program of the tests (tap.h)
#   PATIENCE        a guest, a program, libvirt; lines of TAP of a C program
#   PATIENCE * 3/2  scripts/hostvm, for a sign of life of the host VM
#   PATIENCE * 2    scripts/check, for anything new from a tier
export PATIENCE=${PATIENCE:-600}

# Whatever hangs or goes on for ever is ended after this, in seconds.
forever=$((6 * 3600))

# When something was waited for in vain the run has failed already: what else does
# not come then is not worth as much. A file, for that is so in each process.
in_vain=/tmp/waited-in-vain
patience() { [ -e "$in_vain" ] && echo $((PATIENCE / 10)) || echo "$PATIENCE"; }

# Until a command succeeds; when it never does, what it then says.
wait_until() {
	local end=$((SECONDS + $(patience)))

	until "$@" > /dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			: > "$in_vain"
			echo "waited in vain: $*"
			"$@"
			return 1
		fi
		sleep 0.3
	done
}

# watch_over PID SECONDS SIGN...: until the child ends, whose status is returned.
# When the command SIGN has said the same for so long, the child hangs: `hangs` is
# set, and it is left to the caller. `silence` is the longest time without a sign.
watch_over() {
	local pid=$1 limit=$2 sign='' now since=$SECONDS ended nap status

	shift 2
	hangs='' silence=0
	while :; do
		sleep $((limit / 100 + 1)) &
		nap=$!
		status=0
		wait -n -p ended "$pid" "$nap" || status=$?
		if [ "$ended" != "$nap" ]; then
			kill "$nap"
			wait "$nap" || true
			return "$status"
		fi
		now=$("$@") || true
		[ "$now" = "$sign" ] || since=$SECONDS sign=$now
		[ $((SECONDS - since)) -le "$silence" ] || silence=$((SECONDS - since))
		if [ "$silence" -ge "$limit" ]; then
			hangs=1
			return 1
		fi
	done 2>/dev/null
}

# end_child PID SECONDS [LEADER]: tells it, or the one that started it, to end, and
# sees to it.
end_child() {
	local status=0 killer

	{
		kill "${3:-$1}"
		{ sleep "$2"; kill -KILL "$1"; } > /dev/null &
		killer=$!
		wait "$1" || status=$?
		kill "$killer"
		wait "$killer" || true
	} 2>/dev/null
	return "$status"
}

#!/bin/sh
# contrib/demo.sh [BUILD] -- runs the demo of conf/demo in the foreground, until Ctrl-C.
#
# The daemon keeps its state in build/demo and its programme time with it: the next run goes on
# where this one stopped. Once all is planned the personal links are printed. Ends with the
# daemon's exit status, and leaves nothing running.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
conf=conf/demo/tandemd.conf
socket=build/demo/control # as $conf has it
mkdir -p build/demo

ask() {
	"$build/tandemctl" -c "$conf" "$@" 2>/dev/null
}

pause() {
	sleep 0.2 2>/dev/null || sleep 1
}

# Waits until the daemon has nothing left to do, then says where to look. Asked to end, it ends
# after the command it is in, so that nothing of it stays behind.
show_links() {
	trap 'exit 0' TERM
	until ask wait >/dev/null; do
		kill -0 "$daemon" 2>/dev/null || exit 0
		pause
	done
	now=$(ask clock) && links=$(ask link list) || exit 0
	echo
	echo "The demo runs. Its sessions lie in the college year 2026-2027; programme time is" \
	     "$now, kept from one run to the next."
	echo "Links, one a line: ID, kind, owner, label, URL (open one, or subscribe to a feed):"
	printf '%s\n' "$links"
	echo "More: $build/tandemctl -c $conf help"
	echo "Stop: Ctrl-C. Start all over: stop, then rm -r build/demo."
}

# Ctrl-C reaches the daemon as well, and a second signal would cut its stop short. Once it stops,
# its socket is gone; before its first seconds are over there may not be one yet.
# shellcheck disable=SC2317 # called by trap
stop_daemon() {
	trap '' HUP INT TERM
	stopped=yes
	pause
	pid=${daemon:-${!:-}}
	[ -n "$pid" ] || exit 130 # nothing was started yet
	if [ -S "$socket" ] || [ $(($(date +%s) - begun)) -lt 2 ]; then
		kill -TERM "$pid" 2>/dev/null || :
	fi
}

# Somebody else's links are not ours to show: while another demo runs, let the daemon say so.
other=no
if ask clock >/dev/null; then other=yes; fi

stopped=no daemon='' waiter=''
begun=$(date +%s)
trap stop_daemon HUP INT TERM
"$build/tandemd" -c "$conf" --clock 2026-08-31T07:30+ &
daemon=$!
if [ "$other" = no ]; then
	show_links &
	waiter=$!
fi

status=0
wait "$daemon" || status=$?
if [ "$stopped" = yes ]; then # the signal ended that wait, not the daemon
	status=0
	wait "$daemon" || status=$?
fi
trap '' HUP INT TERM
if [ -n "$waiter" ]; then
	kill -TERM "$waiter" 2>/dev/null || :
	wait "$waiter" || :
fi
exit "$status"

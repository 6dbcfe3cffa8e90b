#!/bin/sh
# Runs every benchmark, one after the other on the same machine, beside its peers where it has any;
# each says what it needs and is skipped, visibly, where that is not to be had. Last 10,000 timetables
# through the daemon: 2.5 GB of files, some minutes (BENCH_SOURCES=0: without).
cd "$(dirname "$0")/../.." || exit 1
build=${TANDEM_BUILD:-build}
export TANDEM_BUILD="$build"
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM

bench_import_peers() {
	mkdir "$folder/ics" && "$build/tests/bench_import" write "$folder/ics" &&
		/usr/bin/python3 tests/bench/import_peers.py "$folder/ics" "$build"
}

bench_sources() {
	[ "${BENCH_SOURCES:-10000}" -gt 0 ] || return 0
	/usr/bin/python3 tests/bench/sources.py --sources "${BENCH_SOURCES:-10000}"
}

bad=0
for program in "$build"/tests/bench_*; do
	[ -x "$program" ] && [ -f "$program" ] || continue
	"$program" || { echo "$(basename "$program"): failed"; bad=1; }
done
bench_import_peers || bad=1
/usr/bin/python3 tests/bench/feeds.py || bad=1
/usr/bin/python3 tests/bench/idle.py || bad=1
/usr/bin/python3 tests/bench/links.py || bad=1
/usr/bin/python3 tests/bench/feed_health.py || bad=1
/usr/bin/python3 tests/bench/replan_latency.py || bad=1
/usr/bin/python3 tests/bench/reload.py || bad=1
bench_sources || bad=1
exit "$bad"

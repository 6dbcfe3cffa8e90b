#!/bin/sh
# Runs every benchmark; then the real daemon's feed beside nginx (one worker, the same bytes from
# disk), the same wrk for both, one after the other on the same machine. Prints requests a second and ratios.
# Last 10,000 timetables through the daemon: 2.5 GB of files, some minutes (BENCH_SOURCES=0: without).
cd "$(dirname "$0")/../.." || exit 1
build=${TANDEM_BUILD:-build}
seconds=${BENCH_SECONDS:-4}
folder=$(mktemp -d) || exit 1
server='' proxy=''
finish() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
	[ -z "$proxy" ] || { kill "$proxy" 2>/dev/null; wait "$proxy" 2>/dev/null; }
	rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM

# A port that is free now.
free_port() {
	/usr/bin/python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'
}

fetch() {
	/usr/bin/python3 -c 'import sys, urllib.request as u
sys.stdout.buffer.write(u.urlopen(sys.argv[1]).read())' "$1"
}

etag_of() {
	/usr/bin/python3 -c 'import sys, urllib.request as u
print(u.urlopen(sys.argv[1]).headers["ETag"])' "$1" 2> /dev/null
}

# wrk URL [HEADER]: requests a second, whole; nothing when an answer was no success
rate() {
	if [ -n "${2:-}" ]; then set -- "$1" -H "$2"; fi
	wrk -t1 -c32 -d"${seconds}s" "$@" > "$folder/wrk" 2>&1 || return 1
	grep -q 'Non-2xx or 3xx' "$folder/wrk" && return 1
	awk '/^Requests\/sec:/ { printf "%d\n", $2 }' "$folder/wrk"
}

compare() { # NAME OURS THEIRS
	awk -v name="$1" -v a="$2" -v b="$3" 'BEGIN {
		if (a + 0 <= 0 || b + 0 <= 0) { print name ": failed"; exit 1 }
		printf "%-28s tandemd %7d/s   nginx %7d/s   ratio %.2f\n", name, a, b, a / b }'
}

# The real daemon on the demo, its state in a folder of its own.
start_daemon() {
	ours_port=$(free_port)
	sed -e "s|^listen = .*|listen = 127.0.0.1:$ours_port|" \
	    -e "s|^path = .*|path = $folder/tandemd.db|" -e "s|^key = .*|key = $folder/tandemd.key|" \
	    -e "s|^socket = .*|socket = $folder/control|" \
	    -e "s|^file = .*|file = $PWD/conf/demo/roster.ini|" \
	    conf/demo/tandemd.conf > "$folder/tandemd.conf"
	"$build/tandemd" -c "$folder/tandemd.conf" --clock 2026-08-31T07:30 2> "$folder/log" &
	server=$!
	tries=0
	until "$build/tandemctl" -s "$folder/control" wait 2> /dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || { cat "$folder/log"; return 1; }
		sleep 0.1
	done
}

bench_http() {
	command -v wrk >/dev/null && command -v nginx >/dev/null || {
		echo "http: skipped, wrk or nginx is not here"; return 0; }
	start_daemon || { echo "http: the daemon did not start"; return 1; }
	feed=$("$build/tandemctl" -s "$folder/control" link list |
		awk -F'\t' '$2 == "feed" && $3 == "marloes" { print $5 }')

	mkdir "$folder/www"
	fetch "$feed" > "$folder/www/page" || return 1
	chmod -R a+rX "$folder"
	other=$(free_port)
	cat > "$folder/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $folder/nginx.pid; error_log $folder/error.log;
events { worker_connections 256; }
http {
	access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; etag on;
	keepalive_requests 100000000; open_file_cache max=16;
	default_type "text/calendar; charset=utf-8";
	client_body_temp_path $folder/b; proxy_temp_path $folder/p; fastcgi_temp_path $folder/f;
	uwsgi_temp_path $folder/u; scgi_temp_path $folder/s;
	server { listen 127.0.0.1:$other; root $folder/www; }
}
CONF
	nginx -p "$folder" -c "$folder/nginx.conf" 2> "$folder/nginx.err" &
	proxy=$!
	etag='' tries=0
	while [ -z "$etag" ] && [ "$tries" -lt 50 ]; do
		tries=$((tries + 1)); sleep 0.1
		etag=$(etag_of "http://127.0.0.1:$other/page")
	done
	[ -n "$etag" ] || { echo "http: nginx did not start"; cat "$folder/nginx.err"; return 1; }

	size=$(wc -c < "$folder/www/page")
	ours=$(rate "$feed")
	theirs=$(rate "http://127.0.0.1:$other/page")
	compare "feed 200, $size bytes" "$ours" "$theirs" || return 1
	ours=$(rate "$feed" "If-None-Match: $(etag_of "$feed")")
	theirs=$(rate "http://127.0.0.1:$other/page" "If-None-Match: $etag")
	compare "feed 304" "$ours" "$theirs"
}

bench_import_peers() {
	mkdir "$folder/ics" && "$build/tests/bench_import" write "$folder/ics" &&
		/usr/bin/python3 tests/bench/import_peers.py "$folder/ics" "$build"
}

bench_sources() {
	[ "${BENCH_SOURCES:-10000}" -gt 0 ] || return 0
	TANDEM_BUILD=$build /usr/bin/python3 tests/bench/sources.py --sources "${BENCH_SOURCES:-10000}"
}

bad=0
for program in "$build"/tests/bench_*; do
	[ -x "$program" ] && [ -f "$program" ] || continue
	"$program" || { echo "$(basename "$program"): failed"; bad=1; }
done
bench_import_peers || bad=1
bench_http || bad=1
bench_sources || bad=1
exit "$bad"

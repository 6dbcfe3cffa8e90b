#!/bin/sh
# Runs every benchmark; the HTTP server beside nginx (one worker, the same bytes from disk), the
# same wrk for both, one after the other on the same machine. Prints requests a second and ratios.
cd "$(dirname "$0")/../.." || exit 1
build=${TANDEM_BUILD:-build}
seconds=${BENCH_SECONDS:-4}
folder=$(mktemp -d) || exit 1
server='' proxy=''
finish() {
	exec 9>&- # its input ends, and so does the server
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

bench_http() {
	command -v wrk >/dev/null && command -v nginx >/dev/null || {
		echo "http: skipped, wrk or nginx is not here"; return 0; }
	mkfifo "$folder/in" "$folder/out"
	"$build/tests/bench_http" < "$folder/in" > "$folder/out" 9>&- &
	server=$!
	exec 9> "$folder/in"
	read -r port < "$folder/out" || { echo "http: the server did not start"; return 1; }

	mkdir "$folder/www"
	head -c 20480 /dev/zero | tr '\0' x > "$folder/www/page"
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
	nginx -p "$folder" -c "$folder/nginx.conf" 2> "$folder/nginx.err" 9>&- &
	proxy=$!
	etag='' tries=0
	while [ -z "$etag" ] && [ "$tries" -lt 50 ]; do
		tries=$((tries + 1)); sleep 0.1
		etag=$(curl -sI "http://127.0.0.1:$other/page" |
			sed -n 's/^ETag: \(.*\)\r$/\1/Ip')
	done
	[ -n "$etag" ] || { echo "http: nginx did not start"; cat "$folder/nginx.err"; return 1; }

	ours=$(rate "http://127.0.0.1:$port/page")
	theirs=$(rate "http://127.0.0.1:$other/page")
	compare "http 200, 20 kB" "$ours" "$theirs" || return 1
	ours=$(rate "http://127.0.0.1:$port/page" 'If-None-Match: "abc"')
	theirs=$(rate "http://127.0.0.1:$other/page" "If-None-Match: $etag")
	compare "http 304" "$ours" "$theirs"
}

bad=0
for program in "$build"/tests/bench_*; do
	[ -x "$program" ] && [ -f "$program" ] || continue
	name=$(basename "$program")
	if [ "$name" = bench_http ]; then
		bench_http || bad=1
	else
		"$program" || { echo "$name: failed"; bad=1; }
	fi
done
exit "$bad"

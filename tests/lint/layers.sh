#!/bin/sh
# Who may include whom (the picture in daemon/main.c), and which file alone may know which
# outside library. One line a finding: file:line: sentence.
cd "$(dirname "$0")/../.."

# folder: the folders it may include
allowed() {
	case "$1" in
	base) echo "base" ;;
	cal) echo "base cal" ;;
	plan) echo "base cal plan" ;;
	setup) echo "base cal plan setup" ;;
	store) echo "base cal plan store" ;;
	report) echo "base cal plan report" ;;
	io) echo "base cal plan io" ;;
	work) echo "base cal plan setup store report io work" ;;
	serve) echo "base cal plan setup store report io work serve" ;;
	esac
}

# header pattern|files that alone may include it
libraries='
libical/|daemon/cal/ics_parse.c
sqlite3.h|daemon/store/ include/store/
curl/|daemon/io/fetch.c daemon/io/mail.c
llhttp.h|daemon/io/http
ini.h|daemon/setup/ini.c
uv.h|daemon/io/ include/io/ daemon/work/ include/work/ daemon/main.c
pcre2.h|daemon/cal/busy.c
sodium.h|daemon/base/hash.c daemon/store/tokens.c
seccomp.h|daemon/io/cage
'
bad=0
for f in $(find daemon include -name '*.[ch]' | sort); do
	folder=$(echo "$f" | sed -n 's,^[a-z]*/\([a-z]*\)/.*,\1,p')
	if [ -n "$folder" ]; then
		ok=" $(allowed "$folder") "
		for hit in $(grep -n '^#include "' "$f" | sed 's/^\([0-9]*\):#include "\([^"]*\)".*/\1:\2/'); do
			dir=${hit#*:}; dir=${dir%%/*}
			case "$ok" in
			*" $dir "*) ;;
			*) [ -d "include/$dir" ] || [ "$dir" = llhttp.h ] || continue
			   [ "$dir" = llhttp.h ] && continue
			   echo "$f:${hit%%:*}: $folder/ may not include $dir/"; bad=1 ;;
			esac
		done
	fi
	echo "$libraries" | while IFS='|' read -r header files; do
		[ -n "$header" ] || continue
		hit=$(grep -nE "^#include [<\"]$header" "$f" | head -n 1)
		[ -n "$hit" ] || continue
		fine=
		for one in $files; do case "$f" in "$one"*) fine=1 ;; esac; done
		[ -n "$fine" ] || echo "$f:${hit%%:*}: $header is known only to $files"
	done
done > "${TMPDIR:-/tmp}/layers.$$"
cat "${TMPDIR:-/tmp}/layers.$$"
[ -s "${TMPDIR:-/tmp}/layers.$$" ] && bad=1
rm -f "${TMPDIR:-/tmp}/layers.$$"
exit "$bad"

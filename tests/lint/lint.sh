#!/bin/sh
# make lint: layers and libraries, file sizes, format, hygiene. Prints every finding.
cd "$(dirname "$0")/../.."
bad=0
sh tests/lint/layers.sh || bad=1

# Sources of at most 800 lines; generated tables are data.
for f in $(find daemon include tests contrib -name '*.[ch]' -o -name '*.py' -o -name '*.sh'); do
	n=$(wc -l < "$f")
	if [ "$n" -gt 800 ] && ! head -n 3 "$f" | grep -qi 'generated'; then
		echo "$f: $n lines; split it (at most 800)"; bad=1
	fi
done

# Every module has a header of the same name or is a program; every header has its promise.
for f in include/*/*.h; do
	head -n 1 "$f" | grep -q "^/\* ${f#include/} -- " || {
		echo "$f:1: a header begins with /* ${f#include/} -- what it is"; bad=1; }
	guard=$(echo "${f#include/}" | tr 'a-z/.' 'A-Z__')
	grep -q "^#ifndef $guard\$" "$f" || { echo "$f: the include guard is not $guard"; bad=1; }
done

# Nothing is promised that nobody needs. What a macro makes is left out.
uncalled=$(find include daemon tests -name '*.[ch]' -o -name '*.inc' | sort |
	xargs awk -f tests/lint/uncalled.awk | sort)
[ -z "$uncalled" ] || { echo "$uncalled"; bad=1; }

sh contrib/format.sh --check || bad=1
[ "$bad" = 0 ] && echo "lint: ok"
exit "$bad"

#!/bin/sh
# contrib/format.sh [--check] -- one format for all C files, by clang-format 14 (other versions
# differ in details, so they are not used to judge).
cd "$(dirname "$0")/.."
tool=clang-format-14
command -v "$tool" >/dev/null || tool=clang-format
if ! "$tool" --version 2>/dev/null | grep -q 'version 14\.'; then
	echo "format: clang-format 14 is not here, skipped"; exit 0
fi
files=$(find daemon tests contrib include -name '*.[ch]' ! -name 'winzones.c')
if [ "${1:-}" = --check ]; then
	"$tool" --dry-run --Werror $files 2>&1 | grep -E 'error:' | head -n 20
	"$tool" --dry-run --Werror $files >/dev/null 2>&1 || {
		echo "format: run sh contrib/format.sh"; exit 1; }
	exit 0
fi
"$tool" -i $files

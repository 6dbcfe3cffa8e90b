#!/bin/sh
# Runs every unit test program given, shows the output of those that fail, counts.
passed=0 failed=0
for program in "$@"; do
	if out=$("$program" 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED $program"
		echo "$out" | tail -n 60
	fi
done
echo "unit: $passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

#!/bin/sh
# tests/fuzz/run.sh DIR SECONDS NAME... -- runs the fuzzers in DIR, each that long, over a copy of
# its corpus that grows in DIR. What breaks a promise stays there as crash-... and ends this.
dir=$1 seconds=$2
shift 2
for name in "$@"; do
	grown=$dir/corpus/$name
	corpus=$(sed -n 's/^const char fuzz_corpus.*"\(.*\)";/\1/p' "tests/fuzz/fuzz_$name.c")
	mkdir -p "$grown"
	echo "fuzz: $name, $seconds s"
	if ! "$dir/tests/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
		-max_len=8192 -print_final_stats=1 -artifact_prefix="$dir/$name-" \
		$(case $corpus in *corpus/ics*) echo -dict=tests/fuzz/ics.dict ;; esac) \
		"$grown" $corpus >"$dir/$name.log" 2>&1; then
		tail -n 40 "$dir/$name.log"
		echo "fuzz: $name found something; see $dir/$name-*"
		exit 1
	fi
	grep -E 'number_of_executed_units|new_units_added' "$dir/$name.log"
done

#!/usr/bin/env bash
# Each fuzz target by libFuzzer for a while, begun from its seeds.  What it finds
# lies in build/fuzz/found; a finding becomes a seed.
# usage: fuzz.sh [BUILD [SECONDS [NOUN...]]]     (30 seconds each; BUILD is not looked at)
set -u
cd "$(dirname "$0")/../.."
seconds=${2:-30}
shift $(($# < 2 ? $# : 2))
cmake --preset fuzz >/dev/null && cmake --build --preset fuzz -j "$(nproc)" >/dev/null || { echo "not ok the fuzz targets do not build"; exit 1; }
nouns=$*
[ -n "$nouns" ] || nouns=$(for f in tests/fuzz/*_fuzz.c; do basename "$f" _fuzz.c; done)
bad=0
for noun in $nouns; do
	mkdir -p "build/fuzz/corpus/$noun" "build/fuzz/found"
	if "build/fuzz/bin/fuzz_$noun" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 -artifact_prefix="build/fuzz/found/$noun-" \
		"build/fuzz/corpus/$noun" "tests/fuzz/$noun.in" >"build/fuzz/$noun.log" 2>&1; then
		echo "ok $noun: $(grep -o 'Done [0-9]* runs' "build/fuzz/$noun.log"), $(grep -o 'cov: [0-9]*' "build/fuzz/$noun.log" | tail -1)"
	else
		bad=$((bad + 1))
		echo "not ok $noun: $(grep -m1 -E 'ERROR|SUMMARY|broken|runtime error' "build/fuzz/$noun.log")"
	fi
done
[ "$bad" -eq 0 ]

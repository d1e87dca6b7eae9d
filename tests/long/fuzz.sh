#!/usr/bin/env bash
# Each fuzz target by libFuzzer for a while, begun from its seeds, as many at once as
# there are cores.  What it finds lies in build/fuzz/found; a finding becomes a seed.
# usage: fuzz.sh [BUILD [SECONDS [NOUN...]]]
# Without SECONDS: ten minutes each for what any stranger sends to the verifier, half
# a minute for the rest.  BUILD is not looked at.
set -u
cd "$(dirname "$0")/../.."
given=${2:-}
shift $(($# < 2 ? $# : 2))
cmake --preset fuzz >/dev/null && cmake --build --preset fuzz -j "$(nproc)" >/dev/null || { echo "not ok the fuzz targets do not build"; exit 1; }
nouns=$*
[ -n "$nouns" ] || nouns=$(for f in tests/fuzz/*_fuzz.c; do basename "$f" _fuzz.c; done)
strangers=' permit dsig asic cades tst zipped certificate crl ocsp '

one() {
	local noun=$1 seconds=$given
	[ -n "$seconds" ] || case $strangers in *" $noun "*) seconds=600 ;; *) seconds=30 ;; esac
	mkdir -p "build/fuzz/corpus/$noun" "build/fuzz/found"
	if "build/fuzz/bin/fuzz_$noun" -max_total_time="$seconds" -max_len=65536 -timeout=1 -rss_limit_mb=1024 -artifact_prefix="build/fuzz/found/$noun-" \
		"build/fuzz/corpus/$noun" "tests/fuzz/$noun.in" >"build/fuzz/$noun.log" 2>&1; then
		echo "ok $noun: $(grep -o 'Done [0-9]* runs in [0-9]* second' "build/fuzz/$noun.log"), $(grep -o 'cov: [0-9]*' "build/fuzz/$noun.log" | tail -1)"
	else
		echo "not ok $noun: $(grep -m1 -E 'ERROR|SUMMARY|broken|runtime error' "build/fuzz/$noun.log")"
	fi
}

rm -f build/fuzz/told
for noun in $nouns; do
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
	one "$noun" | tee -a build/fuzz/told &
done
wait
! grep -q '^not ok' build/fuzz/told

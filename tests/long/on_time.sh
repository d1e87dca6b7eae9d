#!/usr/bin/env bash
# The on-time report over a city of 1,000,000 dossiers: in ten seconds, from the
# tiles alone, and the same as a program makes that shares no code with ours.
# usage: on_time.sh BUILD
set -u
cd "$(dirname "$0")/../.."
build=$1
limit=10
[ "$build" = build/sanitize ] && limit=100
dir=$("$build/bin/register_on_time_test" 1000000) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
start=$(date +%s%N)
/usr/bin/env time -f '%M' -o "$dir/kilobytes" "$build/bin/antin" report on-time --tiles "$dir" --out "$dir/again" || bad=1
taken=$((($(date +%s%N) - start) / 1000000))
echo "$taken ms, $(tail -1 "$dir/kilobytes") kB at most, $(sed -n 's/^size,//p' "$dir/again/on-time.csv") entries"
grep '^agency' "$dir/again/on-time.csv" | awk -F, '{ d += $7; on += $8; late += $9; missing += $16 } END { print d " dossiers, " on " on time, " late " late, " missing " missing" }'
[ "$taken" -le $((limit * 1000)) ] || { echo "not in $limit seconds"; bad=1; }
if command -v node >/dev/null; then
	RECORDED=no node --max-old-space-size=6000 --stack-size=4000 tests/register/recompute.mjs "$dir" "$dir/log.vkey" - - "$dir/again/on-time.csv" || bad=1
fi
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# What the main job left behind, looked at by others: the published log by Node's
# crypto, the proofs that people took home, and every public octet for what must
# not be told.
# usage: zz_unaltered.sh BUILD     (on the state that whole_way.sh left)
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
world_init "$1/demo" "$1"
[ -e "$state/antin.conf" ] || { ./quickstart --once --built "$1" >/dev/null || exit 1; }
bad=0
try() { "$@" || bad=$((bad + 1)); }

"$antin" log fsck --database "$database" --public "$state/public" || bad=$((bad + 1))
proofs=$(ls "$state"/evidence/*.tlog-proof "$state"/permits/*.tlog-proof 2>/dev/null)
# shellcheck disable=SC2086
try node tests/register/log.mjs folder "$state/public" $proofs
try python3 tests/flow/privacy.py "$state/public" "$(register_file)" tests/data/permits.json

# A checkpoint that somebody kept, and what was published after it.
rm -rf "$state/spoilt" "$state/earlier"
cp -a "$state/public" "$state/earlier"
cp "$state/public/checkpoint" "$state/kept"
uid_base=$(sed -n 's/^uid_base = //p' "$state/antin.conf" | head -1)
world_again
trap world_down EXIT
"$antin" permit submit tests/data/permits.json --id gpxd-01 --key "unaltered-$$" --api "$api" --api-key-file "$state/desk/program.key" >/dev/null || bad=$((bad + 1))
for _ in $(seq 600); do cmp -s "$state/kept" "$state/public/checkpoint" || break; sleep 0.1; done
world_down
try "$antin" log verify "$state/kept" --key "$state/trust/log.vkey" --public "$state/public"
refused() {	# WORD COMMAND...
	local word=$1
	shift
	if "$@" >"$state/log/refused" 2>&1 || ! grep -q "$word" "$state/log/refused"; then say "not ok not refused with \"$word\": $(cat "$state/log/refused")"; bad=$((bad + 1)); else say "ok refused: $(cat "$state/log/refused")"; fi
}
refused "the log was cut" "$antin" log verify "$state/public/checkpoint" --key "$state/trust/log.vkey" --public "$state/earlier"

# One octet elsewhere, and everybody sees it.
cp -a "$state/public" "$state/spoilt"
find "$state/spoilt/tile/entries" -type f -size +1 -exec sh -c 'printf "\\377" | dd of="$1" bs=1 seek=200 conv=notrunc status=none' _ {} \;
if node tests/register/log.mjs folder "$state/spoilt" >/dev/null 2>&1; then say "not ok Node takes a spoilt bundle"; bad=$((bad + 1)); else say "ok Node refuses a spoilt bundle"; fi
refused "antin:" "$antin" log verify "$state/kept" --key "$state/trust/log.vkey" --public "$state/spoilt"
rm -rf "$state/spoilt" "$state/earlier"
[ "$bad" -eq 0 ]

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

"$antin" log fsck --database "$state/register/register.db" --public "$state/public" || bad=$((bad + 1))
proofs=$(ls "$state"/evidence/*.tlog-proof "$state"/permits/*.tlog-proof 2>/dev/null)
# shellcheck disable=SC2086
try node tests/register/log.mjs folder "$state/public" $proofs
try python3 tests/flow/privacy.py "$state/public" "$state/register/register.db" tests/data/permits.json

# One octet elsewhere, and Node sees it.
rm -rf "$state/spoilt"
cp -r "$state/public" "$state/spoilt"
bundle=$(find "$state/spoilt/tile/entries" -type f -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2)
printf '\377' | dd of="$bundle" bs=1 seek=200 conv=notrunc status=none
if node tests/register/log.mjs folder "$state/spoilt" >/dev/null 2>&1; then say "not ok Node takes a spoilt bundle"; bad=$((bad + 1)); else say "ok Node refuses a spoilt bundle"; fi
rm -rf "$state/spoilt"
[ "$bad" -eq 0 ]

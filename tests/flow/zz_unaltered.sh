#!/usr/bin/env bash
# What the main job left behind, looked at by others: the published log by Node's
# crypto, the proofs that people took home, and every public octet for what must
# not be told.
# usage: zz_unaltered.sh BUILD     (on the state that whole_way.sh left)
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_goes_on "$1"

sound
proofs=$(ls "$state"/evidence/*.tlog-proof "$state"/permits/*.tlog-proof 2>/dev/null)
# shellcheck disable=SC2086
holds "Node: the log, and the proofs" node tests/register/log.mjs folder "$state/public" $proofs
holds "nothing public tells what it must not" python3 tests/flow/privacy.py "$state/public" "$(register_file)" tests/data/permits.json

# A checkpoint that somebody kept, and what was published after it.
rm -rf "$state/spoilt" "$state/earlier"
cp -a "$state/public" "$state/earlier"
cp "$state/public/checkpoint" "$state/kept"
world_again
"$antin" permit submit tests/data/permits.json --id gpxd-01 --key "unaltered-$$" --api "$api" --api-key-file "$state/desk/program.key" >/dev/null || not_good "one submission more"
for _ in $(seq 600); do cmp -s "$state/kept" "$state/public/checkpoint" || break; sleep 0.1; done
world_down
holds "the log goes on from a checkpoint that somebody kept" "$antin" log verify "$state/kept" --key "$state/trust/log.vkey" --public "$state/public"
refuses "what was published before is less" "the log was cut" "$antin" log verify "$state/public/checkpoint" --key "$state/trust/log.vkey" --public "$state/earlier"

# One octet elsewhere, and everybody sees it.
cp -a "$state/public" "$state/spoilt"
find "$state/spoilt/tile/entries" -type f -size +1 -exec sh -c 'printf "\\377" | dd of="$1" bs=1 seek=200 conv=notrunc status=none' _ {} \;
refuses "a spoilt bundle, to Node" "Error: tile 0/0" node tests/register/log.mjs folder "$state/spoilt"
refuses "a spoilt bundle" "bundle 0: " "$antin" log verify "$state/kept" --key "$state/trust/log.vkey" --public "$state/spoilt"
rm -rf "$state/spoilt" "$state/earlier"
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# An officer's token that needs four minutes for one signature: what was signed is handed
# in before the ticket expires, the rest is prepared and shown anew.  Takes five minutes.
# usage: slow_token.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin slow "$1"
trap 'world_down; kill ${waker:-} 2>/dev/null' EXIT

world_begin
world_up
world_staff
for i in 1 2 3 4 5 6 7 8 9; do "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "slow-$i" --api "$api" --api-key-file "$state/desk/program.key" 2>/dev/null; done >"$state/log/handles"
is "drafts" "$(sort -u "$state/log/handles" | wc -l)" 9

page=$state/desk/tokens/mock.page
python3 -c 'import struct, sys; open(sys.argv[1], "wb").write(struct.pack("4i", 1, 0, 0, 3))' "$page"	# MOCK_SIGN_HANGS, three spared
(sleep 245; python3 -c 'import struct, sys; f = open(sys.argv[1], "r+b"); f.write(struct.pack("i", 0))' "$page") &
waker=$!
sign --module "$build/tests/hsm_module_mock.so" --handles "$state/log/handles" >"$state/log/answer" 2>"$state/log/said"
is "all are signed in the end" "$? $(grep -c ' signed$' "$state/log/answer")" "0 9"
is "each by one signature" "$(od -An -tu4 -j8 -N4 "$page" | tr -d ' ')" 9
is "under two tickets" "$(grep -c '^  1/' "$state/log/said") $(grep -c '^  1/9 ' "$state/log/said") $(grep -c '^  1/5 ' "$state/log/said")" "2 1 1"
sound
[ "$bad" -eq 0 ]

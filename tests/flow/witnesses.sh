#!/usr/bin/env bash
# Witnesses: three of antin-witness of which two must cosign, and one made in
# Node that cosigns too; one that answers with everything but a cosignature.  One
# is killed, two are killed.  Then the register is lost with its disk: going on
# with the backup alone is refused, done by force it is seen and named; with what
# a mirror has the log goes on and is cosigned on.
# usage: witnesses.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin witnesses "$1"
db() { register_sql "$1"; }
now_ms() { date +%s%3N; }

declare -A pid port
witness_up() {	# N
	"${antin}-witness" --config "$state/witness-$1/antin.conf" >>"$state/log/witness-$1" 2>&1 &
	pid[$1]=$!
	for _ in $(seq 1200); do (exec 3<>"/dev/tcp/127.0.0.1/${port[$1]}") 2>/dev/null && return 0; sleep 0.05; done
	die "witness $1 did not start"
}
node_up() { PORT=${port[node]} node tests/register/witness.mjs nut.example/w "$(log_vkey)" "$state/node.key" >"$state/node.out" 2>>"$state/log/node" & pid[node]=$!; }
witness_kill() { kill -KILL "${pid[$1]}" 2>/dev/null; wait "${pid[$1]}" 2>/dev/null; }
stop_all() { world_down; for w in "${!pid[@]}"; do witness_kill "$w"; done; }
trap stop_all EXIT

world_witnesses() {
	local w
	mkdir -p "$state/log"
	: >"$state/node.out"
	{
		echo "log $(log_vkey)"
		for w in 1 2 3; do
			mkdir -p "$state/witness-$w"
			port[$w]=$(another_port)
			echo "witness w$w $("${antin}-witness" keygen --key "$state/witness-$w/key.pem" --name "w$w.example/w") http://127.0.0.1:${port[$w]}"
			printf '[antin-witness]\nlisten = 127.0.0.1:%s\nname = w%s.example/w\nkey = %s\nlogs = %s\nstate = %s\n' "${port[$w]}" "$w" \
				"$state/witness-$w/key.pem" "$state/witness.policy" "$state/witness-$w" >"$state/witness-$w/antin.conf"
		done
		port[node]=$(another_port)
		node_up
		for _ in $(seq 1200); do [ "$(wc -l <"$state/node.out")" -ge 2 ] && break; sleep 0.05; done
		echo "witness node $(head -n 1 "$state/node.out") http://127.0.0.1:${port[node]}/"
		port[liar]=$(another_port)
		liar=$("${antin}-witness" keygen --key "$state/liar.pem" --name liar.example/w)
		echo "witness liar $liar http://127.0.0.1:${port[liar]}"
		node tests/register/liar.mjs liar.example/w "$(echo "$liar" | cut -d+ -f2)" "${port[liar]}" >"$state/liar.out" 2>>"$state/log/node" &
		pid[liar]=$!
		echo "group authorities 2 w1 w2 w3"
		echo "quorum authorities"
	} >"$state/witness.policy"
	for w in 1 2 3; do witness_up "$w"; done
}

size_of() { sed -n 2p "$state/public/$1" 2>/dev/null || echo 0; }
# cosigned SIZE MS: the witnessed checkpoint reaches the size in time
cosigned() {
	local until=$(($(now_ms) + $2))
	while [ "$(size_of checkpoint.witnessed)" -lt "$1" ] 2>/dev/null || [ ! -e "$state/public/checkpoint.witnessed" ]; do
		[ "$(now_ms)" -lt "$until" ] || return 1
		sleep 0.05
	done
}
head_size() { db 'SELECT size FROM log_head'; }
lines_of() { grep -c "^— $2 " "$state/public/$1"; }
submit_one() { "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" --api "$api" --api-key-file "$state/desk/program.key" 2>/dev/null; }
proof_of() { "$antin" permit proof "$1" --api "$api" --api-key-file "$state/desk/program.key" --out "$2"; }

world_begin
world_up
world_staff
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 245

first=$(submit_one first) && sign "$first" >/dev/null 2>&1 && seal "$first" | grep -q '"done":true' || die "a permit"
holds "all are asked, the checkpoint of $(head_size) is cosigned in 3 seconds" cosigned "$(head_size)" 3000
sleep 1
for w in w1.example/w w2.example/w w3.example/w nut.example/w; do expect "cosigned by $w" "$(lines_of checkpoint.witnessed "$w")" 1; done
expect "checkpoint has the same lines while the log rests" "$(cat "$state/public/checkpoint")" "$(cat "$state/public/checkpoint.witnessed")"
proof_of "$first" "$state/first.tlog-proof" || die "a proof"
holds "antin log verify --policy" "$antin" log verify "$state/first.tlog-proof" --policy "$state/witness.policy"
say "   $(tail -n 1 "$state/log/last")"
holds "the Node verifier" node tests/register/verify.mjs "$state/witness.policy" "$state/public/checkpoint.witnessed" "$state/first.tlog-proof"
say "   $(tail -n 1 "$state/log/last")"
sed '4y/ABCDEFGHIJKLMNOPQRSTUVWXYZ/BCDEFGHIJKLMNOPQRSTUVWXYZA/' "$state/first.tlog-proof" >"$state/spoilt.tlog-proof"
refuses "the Node verifier, one place changed" "refused: the proof does not lead to the root" node tests/register/verify.mjs "$state/witness.policy" "$state/public/checkpoint.witnessed" "$state/spoilt.tlog-proof"
sed '/w[12].example/d' "$state/first.tlog-proof" >"$state/alone.tlog-proof"
refuses "a proof with one cosignature of the group" "lacks its quorum" "$antin" log verify "$state/alone.tlog-proof" --policy "$state/witness.policy"
refuses "the same, the Node verifier" "refused: no quorum" node tests/register/verify.mjs "$state/witness.policy" "$state/public/checkpoint.witnessed" "$state/alone.tlog-proof"
holds "antin doctor" "$antin" doctor --public "$state/public" --policy "$state/witness.policy"
# What doctor alarms for: a copy with one thing wrong, and a day that has gone by.
alarms() { "$antin" doctor --public "$state/copy" --policy "$state/witness.policy" "$@" | sed -n 's/^BÁO ĐỘNG .*\[\([a-z ]*\): .*/\1/p' | paste -sd, ; }
while IFS='|' read -r row spoil; do
	rm -rf "$state/copy" && cp -r "$state/public" "$state/copy"
	(cd "$state/copy" && eval "$spoil")
	expect "doctor alarms for $row alone: $spoil" "$(alarms)" "$row"
done <<-'EOF2'
	checkpoint|sed -i 2s/.*/1/ checkpoint
	witnessed|rm checkpoint.witnessed
	witnessed|sed -i '/w[12].example/d' checkpoint.witnessed
	split view|rm witnesses.json
	split view|echo '{}' >witnesses.json
EOF2
rm -rf "$state/copy" && cp -r "$state/public" "$state/copy"
expect "doctor, a day and two hours later" "$(alarms --at "$(date -u -d '+26 hours' +%FT%TZ)")" "checkpoint,witnessed,split view,crl,status list"
expect "doctor, of a day before" "$(alarms --at "$(date -u -d '-26 hours' +%FT%TZ)")" "checkpoint,witnessed,split view,crl,status list"

# The witness's own door.
origin_hash=$(printf %s "$origin" | sha256sum | cut -d' ' -f1)
door() { curl -sS -o "$state/door" -w '%{http_code}' "http://127.0.0.1:${port[1]}$1" "${@:2}" 2>/dev/null; }
expect "a monitor is shown the view" "$(door "/$origin_hash/checkpoint")$(grep -c '^— w1.example/w ' "$state/door")" 2001
expect "of a log that it has, of no other" "$(door "/$(printf x | sha256sum | cut -d' ' -f1)/checkpoint")" 404
expect "add-checkpoint is for POST" "$(door /add-checkpoint)" 405
expect "nothing else is there" "$(door /)$(door /add-checkpoint/)$(door "/$origin_hash")$(door / -d x)" 404404404404
expect "what is no request" "$(door /add-checkpoint -d 'old 0')$(door /add-checkpoint -d '')" 400400
head -c 100000 /dev/zero | tr '\0' 'a' >"$state/large"
expect "what is too large" "$(door /add-checkpoint --data-binary @"$state/large")" 413
witness_says() { printf 'old 0\n\n' | cat - "$1" >"$state/ask"; door /add-checkpoint --data-binary @"$state/ask"; }
expect "a replay from the beginning is told the size" "$(witness_says "$state/public/checkpoint") $(cat "$state/door")" "409 $(size_of checkpoint.witnessed)"
sed "1s/.*/other.example\/log/" "$state/public/checkpoint" >"$state/other"
expect "another log" "$(witness_says "$state/other")" 404
sed "2s/.*/1/" "$state/public/checkpoint" >"$state/other"
expect "a size that nobody signed" "$(witness_says "$state/other")" 403

witness_kill 3
submit_one second >/dev/null || die "a submission"
holds "one witness is killed: cosigned all the same" cosigned "$(head_size)" 3000
sleep 0.5
expect "by the two that are left" "$(lines_of checkpoint.witnessed w1.example/w)$(lines_of checkpoint.witnessed w2.example/w)$(lines_of checkpoint.witnessed w3.example/w)" 110

witness_kill 2
witnessed=$(size_of checkpoint.witnessed)
began=$(now_ms)
second=$(submit_one third) && sign "$second" >/dev/null 2>&1 && seal "$second" | grep -q '"done":true' || die "a permit without a quorum"
good "two are killed: submitted, signed and sealed in $(($(now_ms) - began)) ms"
sleep 2
expect "the witnessed checkpoint stays where it was" "$(size_of checkpoint.witnessed)" "$witnessed"
expect "the log's own goes on" "$(size_of checkpoint)" "$(head_size)"
proof_of "$second" "$state/second.tlog-proof" || die "a proof"
holds "the proof under the log's own key" "$antin" log verify "$state/second.tlog-proof" --key "$(log_vkey)"
refuses "the proof without its quorum" "lacks its quorum" "$antin" log verify "$state/second.tlog-proof" --policy "$state/witness.policy"
proof_of "$first" "$state/first-again.tlog-proof" || die "a proof"
holds "the older permit's proof is still the cosigned one" "$antin" log verify "$state/first-again.tlog-proof" --policy "$state/witness.policy"

log_of() { curl -sS -H 'Content-Type: application/xml' --data-binary @"$1" "$api/v1/verify" | jq -c .register.log; }
"$antin" permit get "$second" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/second.xml" || die "the permit"
expect "the answer says: public proof pending" "$(log_of "$state/second.xml" | jq -r 'has("pending_since") and (has("witnessed") | not)')" true
witness_up 2
holds "one comes back: cosigned again" cosigned "$(head_size)" 8000
proof_of "$second" "$state/second.tlog-proof" || die "a proof"
holds "and the proof has its quorum" "$antin" log verify "$state/second.tlog-proof" --policy "$state/witness.policy"
expect "and the answer says so" "$(log_of "$state/second.xml" | jq -r 'has("witnessed")')" true
witness_up 3

# By now the liar has been asked often enough to have said all of it.
for i in $(seq 20); do [ "$(sort -u "$state/liar.out" | wc -l)" -ge 12 ] && break; submit_one "for-the-liar-$i" >/dev/null; sleep 1; done
expect "the liar has told every lie, and was not followed" "$(sort -u "$state/liar.out" | wc -l)" 12
expect "nothing of it is published" "$(grep -rlE 'liar.example|followed' "$state/public" --include='checkpoint*' | wc -l)" 0
grep -q "the witness liar does not cosign" "$state/log/antin.log" && good "$(grep -m 1 -o "the witness liar does not cosign.*" "$state/log/antin.log")" || not_good "the liar is named"

# The disaster: a backup, more permits that are cosigned, then database and disk
# are lost but for a mirror of what was public.
expect "no split view so far" "$(db 'SELECT count(*) FROM log_split')" 0
holds "a backup while it works" "$antin" backup --database "$database" --to "$state/backup"
cp -a "$state/logkey" "$state/logkey.then"
for i in 1 2 3; do submit_one "ours-$i" >/dev/null || die "a submission"; done
holds "the log goes on and is cosigned" cosigned "$(head_size)" 8000
ours=$(head_size)
sleep 0.5
world_down
cp -a "$state/public" "$state/mirror"
mv "$state/public" "$state/public.lost"
mv "$state/logkey" "$state/logkey.now"
register_lost
open_public() { rm -rf "$state/public"; mkdir -m 755 "$state/public"; if [ "$uid_base" -ne 0 ]; then chown "$((uid_base + 5)):$((uid_base + 5))" "$state/public"; fi; }
# shellcheck disable=SC2046
restore() { "$antin" restore --from "$state/backup" $(register_at) "$@"; }
not_started() { "$antin" up --config "$state/antin.conf" >"$state/log/refused" 2>&1 && return 1; tail -n 3 "$state/log/refused"; grep -q "$1" "$state/log/refused"; }

# Somebody goes on with the backup alone.
refuses "the backup alone is less than a cosigned checkpoint" "witnesses cosigned $ours: the rest is in the public tiles (--tiles)" restore --witnessed "$state/mirror/checkpoint.witnessed"
holds "without that it is put back" restore
open_public
cp -a "$state/logkey.now" "$state/logkey"
holds "the key's memory is there: not started" not_started "$ours signed: refusing to fork the log"
rm -rf "$state/logkey" && cp -a "$state/logkey.then" "$state/logkey"
cp "$state/mirror/checkpoint.witnessed" "$state/public/"
holds "the cosigned checkpoint alone is there: not started" not_started "$ours cosigned: refusing to fork the log"
open_public
holds "nothing is there: the witnesses are asked, and it is not started" not_started "has cosigned $ours entries of this log, which has [0-9]*: refusing to fork the log"
expect "a witness by its name" "$(grep -c 'SPLIT VIEW: the witness w[123] has cosigned' "$state/log/refused" | sed 's/[123]/some/')" some

# And by force, while no witness can be asked: both go on under one key.
if [ -n "${ANTIN_SERVER:-}" ]; then register_sql 'DELETE FROM log_split'; else sqlite3 "$database" 'DELETE FROM log_split'; fi
for w in 1 2 3 node; do witness_kill "$w"; done
world_up
good "no witness can be asked: started"
for w in 1 2 3; do witness_up "$w"; done
node_up
for i in 1 2 3 4 5 6 7 8; do submit_one "theirs-$i" >/dev/null || die "a submission"; done
sleep 2
[ "$(head_size)" -gt "$ours" ] && good "a second log of $(head_size) entries under the same key" || not_good "a second log"
expect "nothing that only it has is cosigned" "$([ "$(size_of checkpoint.witnessed)" -lt "$ours" ] && echo older)" older
[ "$(db 'SELECT count(*) FROM log_split')" -ge 2 ] && good "the split view is recorded" || not_good "the split view is recorded"
for w in w1 w2 w3 node; do
	grep -q "SPLIT VIEW: the witness $w " "$state/log/antin.log" && good "and logged: $(grep -m 1 "SPLIT VIEW: the witness $w " "$state/log/antin.log" | sed 's/.*SPLIT/SPLIT/')" || not_good "and logged, $w"
done
expect "each view once" "$(grep -c 'SPLIT VIEW' "$state/log/antin.log")" "$(db 'SELECT count(*) FROM log_split')"
for _ in $(seq 300); do grep -q '"split":\[{' "$state/public/witnesses.json" && break; sleep 0.2; done
refuses "antin doctor names it" "[split view: " "$antin" doctor --public "$state/public" --policy "$state/witness.policy"
grep '^BÁO ĐỘNG.*\[split view:' "$state/log/last" | grep -q 'the witness w1\|the witness w2\|the witness w3\|the witness node' && good "$(grep '^BÁO ĐỘNG' "$state/log/last")" || not_good "by the witness's name"
curl -sS "$api/witnesses.json" | grep -q '"split":\[{' && good "and /witnesses.json" || not_good "and /witnesses.json"

# And now as it should be.
world_down
register_lost
open_public
rm -rf "$state/logkey" && cp -a "$state/logkey.now" "$state/logkey"
holds "the backup, and the rest from the mirror" restore --tiles "$state/mirror" --witnessed "$state/mirror/checkpoint.witnessed"
world_up
expect "nobody objects" "$(db 'SELECT count(*) FROM log_split')" 0
submit_one "goes-on" >/dev/null || die "a submission"
holds "the log goes on, and the witnesses cosign on" cosigned "$((ours + 2))" 8000
holds "it is the log of before" "$antin" log verify "$state/mirror/checkpoint.witnessed" --public "$state/public" --key "$(log_vkey)"
holds "the proof of before holds" "$antin" log verify "$state/first.tlog-proof" --policy "$state/witness.policy"
proof_of "$first" "$state/first-restored.tlog-proof" || die "a proof"
holds "as does the one of today" "$antin" log verify "$state/first-restored.tlog-proof" --policy "$state/witness.policy"
world_down
sound
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# The register is lost and put back: a whole authority issues, seals, is backed
# up while it works, seals, withdraws and revokes more, loses its database, gets
# the backup and what was published after it, and goes on.  No number is given
# twice, the CRL lacks nothing, old proofs hold, the log has one history; kill -9
# at every step of backup and restore leaves nothing or the whole.
# usage: restore.sh BUILD     (with fault points: preset "check"; a file,
# unless ANTIN_SERVER names an empty server: tests/long/flows_on_postgres.sh)
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin restore "$1"
trap 'world_down; kill ${watch:-} ${worker:-} 2>/dev/null' EXIT
db() { register_sql "$1"; }
on_server() { [ -n "${ANTIN_SERVER:-}" ]; }
year=$(TZ=Asia/Ho_Chi_Minh date +%Y)

world_begin
world_up
service_certificate || die "the service signer's certificate"
for person in CB-000001 CB-000002; do certificate_of "$person" >/dev/null; done
for token in early late; do make_token desk "$state/desk" "$token"; done
register_program
enrol_person officer CB-000011 "Người Ký (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_person clerk CB-000012 "Văn Thư (thử nghiệm)" "Văn thư" H99 official
enrol_person early CB-000021 "Người Ký Sớm (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_seals
appoint CB-000011 officer H99 "PHÓ CHỦ TỊCH" "KT."
appoint CB-000012 clerk H99 "Văn thư" ""
open_book H99.31.07 GPXD "$year" 245
open_book H99.14 GPKD "$year" 1

# Every checkpoint that is ever published.
mkdir -p "$state/checkpoints"
watch_checkpoints() { while :; do cp "$state/public/checkpoint" "$state/checkpoints/now" 2>/dev/null && mv "$state/checkpoints/now" "$state/checkpoints/$(sed -n 2p "$state/checkpoints/now")"; sleep 0.05; done; }
watch_checkpoints &
watch=$!

submit_one() { "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" --api "$api" --api-key-file "$state/desk/program.key"; }
fetch() { "$antin" permit get "$2" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/permits/$1.xml" || die "getting $1"; }
proof_of() {	# NAME HANDLE: once the log is published
	for _ in $(seq 50); do
		"$antin" permit proof "$2" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/permits/$1.tlog-proof" 2>/dev/null && return
		sleep 0.1
	done
	die "the proof of $1"
}
issue() {	# NAME: handle into $state/permits/NAME.handle
	local handle
	handle=$(submit_one "$1") || die "submitting $1"
	echo "$handle" >"$state/permits/$1.handle"
	sign "$handle" >"$state/log/sign" 2>&1 || die "signing $1"
	seal "$handle" >"$state/log/seal" || die "sealing $1"
	fetch "$1" "$handle"
	proof_of "$1" "$handle"
}
handle() { cat "$state/permits/$1.handle"; }
number_in() { sed 's/.*<number>\([^<]*\)<.*/\1/' "$state/permits/$1.xml" | head -1; }
# An order that waits in a drawer: made now, sent later.
in_drawer() {	# NAME VERB ID...
	local name=$1
	shift
	order_by clerk CB-000012 "$@" --reason "Để trong ngăn kéo" --out "$state/$name.cms" >/dev/null || die "the order $name"
}
send() { curl -sS --data-binary "@$state/$1.cms" -H 'Content-Type: application/cms' "$api/v1/orders/signer"; }

issue first
issue second
waits=$(submit_one waits) || die "submitting"
sign "$waits" >/dev/null 2>&1 || die "signing"
meanwhile=$(submit_one meanwhile) || die "submitting"
sign "$meanwhile" >/dev/null 2>&1 || die "signing"

# The backup, while people work.
( i=0; while submit_one "busy-$i" >/dev/null 2>&1; do i=$((i + 1)); done ) &
worker=$!
if "$antin" backup --database "$database" --to "$state/backup" >"$state/log/backup" 2>&1; then good "a backup while it works: $(cat "$state/log/backup")"; else die "the backup: $(cat "$state/log/backup")"; fi
kill "$worker" 2>/dev/null
wait "$worker" 2>/dev/null
holds "the backup is whole" "$antin" backup verify "$state/backup"
refuses "a second backup over it" "exists already" "$antin" backup --database "$database" --to "$state/backup"
if grep -rqaF -f <(cat "$state"/pins/*.pin "$state"/desk/*.pin "$state/desk/program.key") "$state/backup"; then not_good "a PIN or a program's key is in the backup"; else good "no PIN and no program's key is in the backup"; fi
expect "the backup says what it does not hold" "$(jq -r '.kept_elsewhere | length > 3' "$state/backup/manifest.json")" true

# What is lost.
in_drawer used permit.seal "$meanwhile"
in_drawer unused permit.seal "$waits"
send used | grep -q '"done":true' || die "sealing by the order from the drawer"
echo "$meanwhile" >"$state/permits/meanwhile.handle"
fetch meanwhile "$meanwhile"
proof_of meanwhile "$meanwhile"
issue third
issue fourth
enrol_person late CB-000022 "Người Ký Muộn (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
late=$(cat "$state/desk/certificates/CB-000022.serial")
order_by clerk CB-000012 permit.withdraw "$(handle first)" --reason "Thu hồi" --with '{"decision":"12/QĐ-TN"}' >/dev/null || die "withdrawing"
order_by clerk CB-000012 permit.withdraw "$(handle third)" --reason "Thu hồi" --with '{"decision":"13/QĐ-TN"}' >/dev/null || die "withdrawing"
order_by approver CB-000001 cert.revoke "$(cat "$state/desk/certificates/CB-000021.serial")" --reason "Thu hồi" >/dev/null || die "revoking"
sleep 2
place_of() { sed -n 's/.*<status list="[^"]*" index="\([0-9]*\)".*/\1/p' "$state/permits/$1.xml"; }
crl_serials() { openssl crl -inform DER -in "$state/public/crl/0.crl" -noout -text | awk '/Serial Number:/ { print tolower($3) }' | sort; }
crl_number() { openssl crl -inform DER -in "$state/public/crl/0.crl" -noout -crlnumber | sed 's/.*=\(0x\)\?//'; }
crl_serials >"$state/crl-before"
number_before=$(crl_number)
entries_before=$(sed -n 2p "$state/public/checkpoint")

# The machine dies; its database is gone.
kill -KILL "$up_pid" $(pgrep -P "$up_pid") 2>/dev/null
disown "$up_pid"
sleep 0.3
wait "$up_pid" 2>/dev/null
up_pid=
if on_server; then holds "what will be lost, moved out of the server into a file" "$antin" move --from "$database" --to "$state/was.db"; fi
register_lost
if on_server; then mv "$state/was.db" "$state/lost/register.db"; fi
size() { jq -r .log.size "$state/backup/manifest.json"; }
say "   $(size) entries in the backup, $entries_before published"

start_refused() {	# the one process, as antin up would start it
	"$antin" up --config "$state/antin.conf" >"$state/log/refused" 2>&1 && return 1
	grep -q "$1" "$state/log/refused"
}
holds "antin-register does not start with nothing where something was published" start_refused "refusing to fork the log"
empty() { rm -f "$state"/register/register.db*; on_server && register_empty; true; }
# shellcheck disable=SC2046
restore_at() { "$1" restore --from "$state/backup" $(register_at) "${@:2}"; }
empty
restore_at "$antin" >"$state/log/opinion" 2>&1 || die "the backup alone: $(cat "$state/log/opinion")"
if on_server; then helps="into an empty database: antin restore --from BACKUP --database $database"; else helps="antin restore --from BACKUP --state $state/register --tiles $state/public"; fi
holds "nor with the backup alone, and names what helps" start_refused "$helps"
mv "$state/public/checkpoint" "$state/kept"
holds "nor when the checkpoint was put out of its sight: the key remembers" start_refused "signed: refusing to fork the log"
mv "$state/kept" "$state/public/checkpoint"
restore() { restore_at "$antin" --tiles "$state/public"; }
if on_server; then over="is not written over"; else over="into an empty state only"; fi
refuses "a restore over a register" "$over" restore
empty
is_there() { if on_server; then [ "$(db 'SELECT size FROM log_head' 2>/dev/null || echo 0)" -gt 0 ]; else [ -e "$state/register/register.db" ]; fi; }

# Kill -9 at every place that the sources name.
points() { grep -ho "FAULT_POINT(\"$1\.[^\"]*\")" register/*.c | cut -d'"' -f2 | sort; }
# A server gets rows, a state a file with its name.
restore_points() { if on_server; then points restore | grep -v rename; points copy; points move; else points restore; fi; }
killed=0
for point in $(points backup); do
	rm -rf "$state/again" "$state/again.partial"
	( ANTIN_FAULT=$point:1 "$antin" backup --state "$state/lost" --to "$state/again" ; exit $? ) >/dev/null 2>&1
	[ $? -eq 137 ] || not_good "the backup was not killed at $point"
	if [ -e "$state/again" ]; then "$antin" backup verify "$state/again" >/dev/null 2>&1 || not_good "killed at $point: half a backup bears its name"; fi
	[ -e "$state/again" ] || "$antin" backup --state "$state/lost" --to "$state/again" >"$state/log/opinion" 2>&1 || not_good "after $point: $(cat "$state/log/opinion")"
	killed=$((killed + 1))
done
for point in $(restore_points); do
	empty
	( ANTIN_FAULT=$point:1 restore_at "$antin" --tiles "$state/public" ; exit $? ) >/dev/null 2>&1
	[ $? -eq 137 ] || not_good "the restore was not killed at $point"
	if is_there; then
		"$antin" log fsck --database "$database" --public "$state/public" >/dev/null 2>&1 || not_good "killed at $point: half a register bears its name"
	else
		restore >"$state/log/opinion" 2>&1 || not_good "after $point: $(cat "$state/log/opinion")"
	fi
	killed=$((killed + 1))
done
expect "places of backup and restore where it was killed: $killed" "$((killed >= 9))" 1

# A move: the target is empty or whole.
rm -f "$state"/moved.db*
( ANTIN_FAULT=copy.before-commit:1 "$antin" move --from "$state/lost/register.db" --to "$state/moved.db"; exit $? ) >/dev/null 2>&1
expect "a move is killed before its commit" $? 137
holds "and done again" "$antin" move --from "$state/lost/register.db" --to "$state/moved.db"
rm -f "$state"/moved.db*
( ANTIN_FAULT=move.copied:1 "$antin" move --from "$state/lost/register.db" --to "$state/moved.db"; exit $? ) >/dev/null 2>&1
expect "a move is killed after its commit" $? 137
holds "the target is whole" "$antin" log fsck --database "$state/moved.db" --public "$state/public"
refuses "and not written over" "is not written over" "$antin" move --from "$state/lost/register.db" --to "$state/moved.db"

# The power goes: what was not yet synced is taken away.
gcc -shared -fPIC -O1 -w -o "$state/powercut.so" tests/crash/powercut.c -ldl || die "the shim"
cut_at() {	# POINT COMMAND...: killed there (nowhere: when it is done)
	: >"$state.undo"
	( POWERCUT_DIR=$state POWERCUT_LOG=$state.undo LD_PRELOAD=$state/powercut.so ANTIN_FAULT=$1:1 "$antin" "${@:2}"; exit $? ) >/dev/null 2>&1
	POWERCUT_DIR=$state python3 tests/crash/powercut_apply.py "$state.undo" >"$state/log/undone" || die "taking away"
}
for point in $(points restore) nowhere; do
	rm -f "$state"/register/register.db*
	cut_at "$point" restore --from "$state/backup" --state "$state/register" --tiles "$state/public"
	if [ -e "$state/register/register.db" ]; then
		holds "power cut at $point: a whole register" "$antin" log fsck --database "$state/register/register.db" --public "$state/public"
	elif [ "$point" = nowhere ]; then not_good "a restore that was done is undone by a power cut"; else good "power cut at $point: nothing"; fi
done
for point in $(points backup) nowhere; do
	rm -rf "$state/again" "$state/again.partial"
	cut_at "$point" backup --state "$state/lost" --to "$state/again"
	if [ -e "$state/again" ]; then
		holds "power cut at $point: a whole backup" "$antin" backup verify "$state/again"
	elif [ "$point" = nowhere ]; then not_good "a backup that was done is undone by a power cut"; else good "power cut at $point: nothing"; fi
done


# And now for good.
empty
if restore >"$state/log/restored" 2>&1; then good "$(head -1 "$state/log/restored")"; else die "the restore: $(cat "$state/log/restored")"; fi
sound
expect "one entry more than was published" "$(db 'SELECT size FROM log_head')" "$((entries_before + 1))"
world_again
for _ in $(seq 600); do [ "$(sed -n 2p "$state/public/checkpoint")" -gt "$entries_before" ] && break; sleep 0.1; done
refuses "a restore over a running register" "a register runs on" restore
sleep 2

# Nobody sees anything go back.
crl_serials >"$state/crl-after"
expect "every certificate of the CRL is still on it" "$(comm -23 "$state/crl-before" "$state/crl-after" | wc -l)" 0
expect "the CRL's number grew" "$(python3 -c "print(int('$(crl_number)', 16) > int('$number_before', 16))")" True
collect_evidence
status_of() { verify "$state/permits/$1.xml" --in-force --json | jq -r '"\(.verdict) \(.in_force.answer)"'; }
expect "a permit of the backup" "$(status_of second)" "TOTAL-PASSED yes"
expect "one of the backup, withdrawn afterwards" "$(status_of first)" "TOTAL-PASSED withdrawn"
expect "a permit whose record is lost, by its own signatures" "$(status_of fourth)" "TOTAL-PASSED yes"
expect "one that is lost and was withdrawn" "$(status_of third)" "TOTAL-PASSED withdrawn"
expect "one that the backup has as waiting for its seal" "$(status_of meanwhile)" "TOTAL-PASSED yes"
for name in first second third fourth meanwhile; do
	holds "the proof of $name still holds" "$antin" log verify "$state/permits/$name.tlog-proof" --key "$state/public/log.vkey"
done
cp "$state/permits/fourth.tlog-proof" "$state/evidence/"
expect "the lost permit with its public proof" "$(status_of fourth)" "TOTAL-PASSED yes"

# Orders from before are nobody's any more.
answer=$(send used)
expect "an order that was carried out is not carried out again" "$(echo "$answer" | jq -r .class)" conflict
answer=$(send unused)
expect "nor is one that nobody knows of" "$(echo "$answer" | jq -r .class)" conflict
case $answer in *"was restored"*) good "and it says why" ;; *) not_good "and it says why: $answer" ;; esac

# Going on: no number twice, no place twice.
seal "$waits" >"$state/log/seal" 2>&1 || not_good "sealing what waited: $(cat "$state/log/seal")"
echo "$waits" >"$state/permits/waits.handle"
fetch waits "$waits"
issue fifth
expect "every number once" "$(for p in first second third fourth meanwhile waits fifth; do number_in "$p"; done | sort | uniq -d | wc -l)" 0
expect "the public book goes on without a gap" "$(number_in fifth | cut -d/ -f1)" 251
expect "every place once" "$(for p in first second third fourth meanwhile waits fifth; do place_of "$p"; done | sort | uniq -d | wc -l)" 0
refuses "what was sealed meanwhile is not sealed again" "was being sealed, or was, when the register was lost" seal "$meanwhile"
expect "the book of which nobody saw a number is closed" "$(db "SELECT count(*) FROM book WHERE closed IS NOT NULL AND agency = 'H99.14'")" 1
open_book H99.14 GPKD "$year" 40
expect "until an order opens it" "$(db "SELECT count(*) FROM book WHERE closed IS NULL AND next = 40 AND agency = 'H99.14'")" 1

# What is lost can be revoked and withdrawn, by its public entry.
hash=$(curl -sS -d '{"what":"lost"}' -H 'Content-Type: application/json' "$api/v1/list/ca" | jq -r ".items[] | select(.id == \"$late\") | .hash")
refuses "a lost certificate, under another hash" "not of what the register holds" order_by approver CB-000001 cert.revoke "$late:$(printf %064d 0)" --reason "Thu hồi"
holds "a lost certificate is revoked" order_by approver CB-000001 cert.revoke "$late:$hash" --reason "Thu hồi"
entry=$(register_hex e.entry "FROM permit_lost l JOIN log_entry e ON e.idx = l.entry WHERE l.handle = $(octets "$(handle fourth)")" | xxd -r -p | sha256sum | cut -d' ' -f1)
refuses "a lost permit, under another hash" "its hash is that of its entry" order_by clerk CB-000012 permit.withdraw "$(handle fourth):$(printf %064d 0)" --reason "Thu hồi" --with '{"decision":"14/QĐ-TN"}'
holds "a lost permit is withdrawn" order_by clerk CB-000012 permit.withdraw "$(handle fourth):$entry" --reason "Thu hồi" --with '{"decision":"14/QĐ-TN"}'
sleep 3
expect "it is on the CRL" "$(crl_serials | grep -c "$late")" 1
collect_evidence
expect "and on the status list" "$(status_of fourth)" "TOTAL-PASSED withdrawn"

# One history: every checkpoint that anybody saw is a part of what is public now.
kill "$watch" 2>/dev/null
wait "$watch" 2>/dev/null
watch=
python3 - "$state" <<'PY' || not_good "the checkpoints of before and after"
import base64, glob, hashlib, os, sys
state = sys.argv[1]
size = int(open(state + '/public/checkpoint').read().split('\n')[1])
leaves = []
for n in range((size + 255) // 256):
    width = min(256, size - 256 * n)
    octets = open(f'{state}/public/tile/entries/{n:03}' + ('' if width == 256 else f'.p/{width}'), 'rb').read()
    at = 0
    while at < len(octets):
        length = int.from_bytes(octets[at:at + 2], 'big')
        leaves.append(hashlib.sha256(b'\0' + octets[at + 2:at + 2 + length]).digest())
        at += 2 + length
def mth(d):
    if len(d) == 1:
        return d[0]
    k = 1 << (len(d) - 1).bit_length() - 1
    return hashlib.sha256(b'\1' + mth(d[:k]) + mth(d[k:])).digest()
seen = bad = 0
for path in glob.glob(state + '/checkpoints/[0-9]*'):
    _, n, root, *_ = open(path).read().split('\n')
    seen += 1
    bad += mth(leaves[:int(n)]) != base64.b64decode(root)
print(('ok' if seen > 5 and not bad else 'not ok') + f' {seen} checkpoints were seen before and after, {bad} are of another history')
sys.exit(seen <= 5 or bad > 0)
PY
world_down
sound

# Public folder and database: each from the other.
mv "$state/public" "$state/published"
mkdir -m 755 "$state/public"
world_again
for _ in $(seq 600); do [ -e "$state/public/checkpoint" ] && break; sleep 0.1; done
world_down
expect "the public folder is written again from the database" "$(cd "$state/published" && find tile -type f ! -path '*.p/*' | while read -r f; do cmp -s "$f" "$state/public/$f" || echo "$f"; done | wc -l)" 0
sound
[ "$bad" -eq 0 ]

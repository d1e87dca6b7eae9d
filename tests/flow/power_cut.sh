#!/usr/bin/env bash
# A power cut in the middle of submitting, sealing and issuing certificates:
# whatever was not yet synced is taken away (tests/crash/powercut.c), then the
# authority starts again.  Nothing that was acknowledged may be missing or
# otherwise than it was, no number is lost or used twice, and the register must
# be what its log says.
# usage: power_cut.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin power "$1"
gcc -shared -fPIC -O1 -w -o "$state/powercut.so" tests/crash/powercut.c -ldl || die "the shim"
db() { sqlite3 "file:$looked_at?mode=ro" "$1"; }
rounds=3 each=24 first=245

world_begin
world_up
trap 'world_down; kill ${workers:-} 2>/dev/null' EXIT
world_staff
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" "$first"
make_token desk "$state/desk" spare
submit_one() { "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" --api "$api" --api-key-file "$state/desk/program.key" 2>/dev/null; }
for i in $(seq $((rounds * each))); do submit_one "ready-$i" || die "a permit to seal"; done >"$state/ready-to-seal"
# shellcheck disable=SC2046
sign $(cat "$state/ready-to-seal") >/dev/null 2>&1 || die "signing what will be sealed"
world_down

# Three kinds of work; each writes what it was told is done.
work_submit() { for i in $(seq 400); do submit_one "power-$1-$i" >>"$state/told-submit" || exit; done; }
work_seal() {	# one by one, then the rest by one order
	local handle file=$state/got-$1
	for handle in $(tail -n +$(((($1 - 1) * each) + 1)) "$state/ready-to-seal" | head -n 8); do
		seal "$handle" 2>/dev/null | grep -q '"done":true' || exit
		echo "$handle" >>"$state/told-seal"
		"$antin" permit get "$handle" --api "$api" --api-key-file "$state/desk/program.key" --out "$file" 2>/dev/null || exit
		echo "$handle $(sha256sum "$file" | cut -d' ' -f1) $(sed 's/.*<number>\([^<]*\)<.*/\1/' "$file" | head -1)" >>"$state/told-sealed"
	done
	# shellcheck disable=SC2046
	seal $(tail -n +$(((($1 - 1) * each) + 9)) "$state/ready-to-seal" | head -n $((each - 8))) 2>/dev/null | tr '{' '\n' | grep '"done":true' | grep -o '[0-9a-f]\{32\}' >>"$state/told-seal"
}
work_certify() {
	local id
	for i in $(seq 20); do
		id=$(desk enrol --token spare --pin-file "$state/desk/spare.pin" --label "k$1-$i" --api "$api" --profile official --agency H99 --person "CB-4$1$i" --name "Người Thử" --title "Chuyên viên" 2>/dev/null) || exit
		order_by approver CB-000001 cert.approve "$id" --reason "Thử nghiệm" 2>/dev/null >"$state/approved-$1" || exit
		sed 's/.*"pem":"\([^"]*\)".*/\1/; s/\\n/\n/g' "$state/approved-$1" | openssl x509 -outform DER 2>/dev/null | sha256sum | cut -d' ' -f1 >>"$state/told-certificate"
	done
}

check_told() {	# ROUND
	local missing=0 handle sum number
	looked_at=$(register_file) || die "looking at the register"
	while read -r handle; do [ "$(db "SELECT count(*) FROM permit WHERE handle = x'$handle'")" = 1 ] || missing=$((missing + 1)); done <"$state/told-submit"
	expect "round $1: $(wc -l <"$state/told-submit") submissions were acknowledged, none is missing" "$missing" 0
	missing=0
	while read -r handle; do [ "$(db "SELECT state FROM permit WHERE handle = x'$handle'")" = issued ] || missing=$((missing + 1)); done <"$state/told-seal"
	expect "round $1: $(wc -l <"$state/told-seal") seals were acknowledged, none is missing" "$missing" 0
	missing=0
	while read -r handle sum number; do
		[ "$(db "SELECT lower(hex(sha256)) || ' ' || number FROM permit WHERE handle = x'$handle'")" = "$sum $number" ] || missing=$((missing + 1))
		[ "$(db "SELECT hex(sealed) FROM permit WHERE handle = x'$handle'" | xxd -r -p | sha256sum | cut -d' ' -f1)" = "$sum" ] || missing=$((missing + 1))
	done <"$state/told-sealed"
	expect "round $1: $(wc -l <"$state/told-sealed") sealed permits were handed out, number and octets are the same" "$missing" 0
	db "SELECT hex(der) FROM certificate WHERE state = 'active'" | while read -r der; do echo "$der" | xxd -r -p | sha256sum | cut -d' ' -f1; done >"$state/active"
	missing=$(grep -cvxFf "$state/active" "$state/told-certificate")
	expect "round $1: $(wc -l <"$state/told-certificate") certificates were acknowledged, none is missing" "$missing" 0
	expect "round $1: nothing is left reserved" "$(db "SELECT (SELECT count(*) FROM certificate WHERE state = 'reserved') + (SELECT count(*) FROM permit WHERE state = 'sealing')")" 0
	expect "round $1: numbers from the first to the last, each once" "$(db "SELECT group_concat(n) FROM (SELECT CAST(number AS INTEGER) AS n FROM permit WHERE state = 'issued' ORDER BY n)")" \
		"$(db "SELECT next - 1 FROM book" | xargs seq -s , "$first")"
}

# round NAME: work, cut, start again, look.
round() {
	local undone ms
	rm -f "$state.undo"
	export POWERCUT_DIR=$state POWERCUT_LOG=$state.undo LD_PRELOAD=$state/powercut.so
	world_up
	unset LD_PRELOAD POWERCUT_DIR POWERCUT_LOG
	( work_submit "$1" ) &
	workers=$!
	( work_seal "$1" ) &
	workers="$workers $!"
	( work_certify "$1" ) &
	workers="$workers $!"
	ms=$((400 + RANDOM % 900))	# eight seals one by one take about as long
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	# Everything at once, as when the power goes.
	pids=$(pgrep -P "$up_pid")
	kill -KILL "$up_pid" $pids 2>/dev/null
	wait "$up_pid" 2>/dev/null
	# shellcheck disable=SC2086
	wait $workers 2>/dev/null
	workers= up_pid=
	sleep 0.3
	undone=$(POWERCUT_DIR=$state python3 tests/crash/powercut_apply.py "$state.undo") || die "taking away"
	say "   round $1: $undone unsynced changes taken away"
	world_up
	check_told "$1"
	world_down
	sound
}
touch "$state/told-submit" "$state/told-seal" "$state/told-sealed" "$state/told-certificate"
for r in $(seq $rounds); do round "$r"; done
for kind in submit seal sealed certificate; do [ -s "$state/told-$kind" ] || not_good "nothing was acknowledged by work of the kind $kind"; done
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# A power cut in the middle of work: whatever was not yet synced is taken away
# (tests/crash/powercut.c), then the authority starts again.  Nothing that was
# acknowledged may be missing, and the register must be what its log says.
# usage: power_cut.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
world_init "$1/power" "$1"
rm -rf "$state" && mkdir -p "$state"
gcc -shared -fPIC -O1 -w -o "$state/powercut.so" tests/crash/powercut.c -ldl || die "the shim"
bad=0
good() { say "ok $1"; }
not_good() { bad=$((bad + 1)); say "not ok $1"; }

world_begin
world_up
trap 'world_down; [ -z "${submitter:-}" ] || kill "$submitter" 2>/dev/null' EXIT
certificate_of CB-000001 >/dev/null
certificate_of CB-000002 >/dev/null
register_program
world_down

# round NAME: work, cut, start again, look.
round() {
	local undone missing=0 handle
	rm -f "$state/undo" "$state/acknowledged"
	touch "$state/undo" "$state/acknowledged"
	chmod 666 "$state/undo"
	export POWERCUT_DIR=$state POWERCUT_LOG=$state.undo LD_PRELOAD=$state/powercut.so
	rm -f "$POWERCUT_LOG"
	world_up
	unset LD_PRELOAD
	( for i in $(seq 400); do "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "power-$1-$i" --api "$api" --api-key-file "$state/desk/program.key" 2>/dev/null >>"$state/acknowledged" || exit; done ) &
	submitter=$!
	sleep 1.$((RANDOM % 900 + 100))
	# Everything at once, as when the power goes.
	pids=$(pgrep -P "$up_pid")
	kill -KILL "$up_pid" $pids 2>/dev/null

	wait "$up_pid" 2>/dev/null
	wait "$submitter" 2>/dev/null
	submitter=
	up_pid=
	sleep 0.3
	undone=$(python3 tests/crash/powercut_apply.py "$POWERCUT_LOG") || die "taking away"
	unset POWERCUT_DIR POWERCUT_LOG
	world_up
	while read -r handle; do
		sqlite3 "file:$state/register/register.db?mode=ro" "SELECT 1 FROM permit WHERE handle = x'$handle'" | grep -q 1 || missing=$((missing + 1))
	done <"$state/acknowledged"
	world_down
	say "   round $1: $(wc -l <"$state/acknowledged") acknowledged, $undone unsynced changes taken away, $missing missing"
	[ "$(wc -l <"$state/acknowledged")" -gt 0 ] && [ "$missing" -eq 0 ] && good "round $1: nothing acknowledged is lost" || not_good "round $1: nothing acknowledged is lost"
	if "$antin" log fsck --database "$state/register/register.db" --public "$state/public" >"$state/log/fsck" 2>&1; then good "round $1: $(cat "$state/log/fsck")"; else not_good "round $1: $(cat "$state/log/fsck")"; fi
}
for r in 1 2 3; do round "$r"; done
[ "$bad" -eq 0 ]

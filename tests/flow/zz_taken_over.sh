#!/usr/bin/env bash
# antin-api taken over: a hostile program with its user, sockets and place gets
# no seal, number, withdrawal or order, and no officer's signature on lines that
# the officer's program did not show.
# usage: zz_taken_over.sh BUILD     (after whole_way.sh, on the state it left)
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_goes_on "$1"
world_again

# Another officer is needed: the demonstration's own was revoked.
second_officer
handle=$("$antin" permit submit tests/data/permits.json --id gpxd-01 --key "taken-over-$$-1" --api "$api" --api-key-file "$state/desk/program.key" 2>/dev/null) || die "a draft"
other=$("$antin" permit submit tests/data/permits.json --id gphn-01 --key "taken-over-$$-2" --api "$api" --api-key-file "$state/desk/program.key" 2>/dev/null) || die "another draft"
states() { for s in draft signed sealing issued withdrawn; do "$antin" permit list --state "$s" --api "$api" --api-key-file "$state/desk/program.key" | awk -v s="$s" '{print s, $1, $4}'; done | sort; }
before=$(states)

# Every order that was ever given, to give again.
mkdir -p "$state/orders"
sqlite3 "file:$(register_file)?mode=ro" "SELECT lower(hex(id)), hex(cms) FROM order_accepted" | while IFS='|' read -r id cms; do echo "$cms" | xxd -r -p >"$state/orders/$id.cms"; done
chmod -R a+rX "$state/orders"
chmod a+x "$state/run"
if [ "$uid_base" -ne 0 ]; then as_api() { setpriv --reuid "$uid_base" --regid "$uid_base" --clear-groups "$@"; }; else as_api() { "$@"; }; fi
as_api /usr/bin/python3 tests/flow/hostile.py sockets "$state/run" "$state/orders" || not_good "what a hostile program gets"

sign_through() {	# URL HANDLE...
	local url=$1
	shift
	desk permit sign "$@" --token second --pin-file "$state/desk/second.pin" --certificate "$state/desk/certificates/CB-000021.crt" \
		--service-certificate "$state/ceremony/service.crt" --api "$url" --api-key-file "$state/desk/program.key" --yes
}
for how in digest ticket fewer twice last one none; do
	port=$(free_port)
	python3 tests/flow/hostile.py front "$api" "$port" "$how" >/dev/null 2>&1 &
	front_pid=$!
	sleep 0.7
	if sign_through "http://127.0.0.1:$port" "$handle" "$other" >"$state/log/hostile" 2>&1; then not_good "the front end's lie \"$how\" got a signature"; else good "the lie \"$how\" gets no signature: $(tail -1 "$state/log/hostile")"; fi
	kill "$front_pid"
	wait "$front_pid" 2>/dev/null
done
[ "$(states)" = "$before" ] && good "no draft was signed, nothing numbered, sealed or withdrawn" || not_good "something changed"

# The honest twin passes; then a clerk's order upon other bytes than the service has.
sign_through "$api" "$handle" >/dev/null 2>&1 && good "without lies the officer signs" || not_good "without lies the officer signs"
port=$(free_port)
python3 tests/flow/hostile.py front "$api" "$port" bytes >/dev/null 2>&1 &
front_pid=$!
sleep 0.7
if api=http://127.0.0.1:$port seal "$handle" >"$state/log/hostile" 2>&1; then not_good "an order upon other bytes sealed a permit"; else good "an order upon other bytes seals nothing: $(tail -1 "$state/log/hostile")"; fi
kill "$front_pid"
wait "$front_pid" 2>/dev/null
seal "$handle" >/dev/null && good "the honest order seals it" || not_good "the honest order seals it"
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# What lies in the register, looked at again: whom a lost key concerns
# (antin impact).  The permits are the demonstration's, signed
# by tokens; times between them are waited for, not set.
# usage: stored.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
world_init "$1/stored" "$1"
rm -rf "$state" && mkdir -p "$state"
trap world_down EXIT
bad=0
expect() { if [ "$2" = "$3" ]; then say "ok $1"; else bad=$((bad + 1)); say "not ok $1 ($2, not $3)"; fi; }

world_begin
world_up
for token in other; do make_token desk "$state/desk" "$token"; done
world_staff
enrol_person other CB-000021 "Người Ký Hai (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
appoint CB-000021 officer H99 "PHÓ CHỦ TỊCH" "KT."
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 1

# signed NAME TOKEN PERSON: the handle is in $state/permits/NAME
signed() {
	"$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" --api "$api" --api-key-file "$state/desk/program.key" >"$state/permits/$1" 2>"$state/log/submit" || die "submitting $1"
	desk permit sign "$(cat "$state/permits/$1")" --token "$2" --pin-file "$state/desk/$2.pin" --certificate "$state/desk/certificates/$3.crt" \
		--service-certificate "$state/ceremony/service.crt" --api "$api" --api-key-file "$state/desk/program.key" --yes >"$state/log/sign" 2>&1 || die "signing $1"
}
issued() {
	signed "$@"
	seal "$(cat "$state/permits/$1")" >"$state/log/seal" || die "sealing $1"
}
handle() { cat "$state/permits/$1"; }
serial_of() { cat "$state/desk/certificates/$1.serial"; }
seal_serial() { register_hex serial "FROM certificate WHERE profile = 'seal' AND agency = 'H99.31.07'" | tr A-F a-f; }

issued before officer CB-000011
issued gone officer CB-000011
issued others other CB-000021
order_by clerk CB-000012 permit.withdraw "$(handle gone)" --reason "Thu hồi" --with '{"decision":"12/QĐ-TN"}' >/dev/null || die "withdrawing"
sleep 2
lost=$(date -u +%Y-%m-%dT%H:%M:%SZ)
sleep 1
issued after officer CB-000011
signed unsealed officer CB-000011

#
# antin impact
#
# shellcheck disable=SC2046
impact() { "$antin" impact $(register_at) "$@"; }
# answers OPTIONS...: NAME=ANSWER of each permit that is named, in the order of the names
answers() {
	local name
	impact --json "$@" >"$state/impact.json" 2>"$state/log/impact" || { cat "$state/log/impact" "$state/impact.json"; return; }
	for name in before gone others after unsealed; do
		jq -r --arg h "$(handle "$name")" --arg n "$name" '.permits[] | select(.handle == $h) | "\($n)=\(.signature):\(.answer)"' "$state/impact.json"
	done | tr '\n' ' '
}
expect "what the officer signed, by when it was stamped" "$(answers --certificate "$(serial_of CB-000011)" --since "$lost")" \
	"before=officer-1:stands gone=officer-1:over after=officer-1:sign-again unsealed=officer-1:sign-again "
expect "counts" "$(jq -r '"\(.stands) \(.sign_again) \(.over)"' "$state/impact.json")" "1 2 1"
expect "the key is not blocked" "$(jq -r '"\(.blocked) \(.certificates | length) \(.certificates[0].state)"' "$state/impact.json")" "null 1 active"
expect "why" "$(jq -r '[.permits[] | select(.answer == "sign-again") | .why] | unique | join("|")' "$state/impact.json")" "its time stamp is not older"
expect "lost before anything was signed" "$(answers --certificate "$(serial_of CB-000011)" --since 2020-01-01T00:00:00Z)" \
	"before=officer-1:sign-again gone=officer-1:over after=officer-1:sign-again unsealed=officer-1:sign-again "
expect "lost an hour from now" "$(answers --certificate "$(serial_of CB-000011)" --since "$(date -u -d '1 hour' +%Y-%m-%dT%H:%M:%SZ)")" \
	"before=officer-1:stands gone=officer-1:over after=officer-1:stands unsealed=officer-1:stands "
expect "the seal's key" "$(answers --certificate "$(seal_serial)" --since "$lost")" "before=seal:stands gone=seal:over others=seal:stands after=seal:sign-again "
expect "another officer's" "$(answers --certificate "$(serial_of CB-000021)" --since "$lost")" "others=officer-1:stands "
answers --certificate "$(serial_of CB-000001)" --since "$lost" >/dev/null
expect "an approver signs no permit; orders since" "$(jq -r '"\(.permits | length) \(.orders | length)"' "$state/impact.json")" "0 0"
answers --certificate "$(serial_of CB-000001)" --since 2020-01-01T00:00:00Z >/dev/null
expect "and all orders ever" "$(jq -r '.orders | length' "$state/impact.json")" "$(register_sql "SELECT count(*) FROM order_accepted WHERE signer = $(octets "$(serial_of CB-000001)")")"
expect "text: a line each" "$(impact --certificate "$(serial_of CB-000011)" --since "$lost" | grep -c '^\(stands\|sign-again\|over\)  *[0-9a-f]\{32\}  ')" 4

refused() {	# NAME EXIT SENTENCE OPTIONS...
	local name=$1 want=$2 sentence=$3
	shift 3
	impact "$@" >"$state/log/refused" 2>&1
	expect "$name" "$? $(grep -c -- "$sentence" "$state/log/refused")" "$want 1"
}
refused "no serial number" 64 '--certificate' --since "$lost"
refused "not hex" 1 '--certificate' --certificate zz --since "$lost"
refused "nobody's serial number" 1 'has no certificate' --certificate 4000000000000000000000000000000000000001 --since "$lost"
refused "not revoked, and no time" 1 '--since is needed' --certificate "$(serial_of CB-000011)"
refused "a time that is none" 64 'since' --certificate "$(serial_of CB-000011)" --since yesterday
refused "a stamping certificate" 1 'signs no permit' --certificate "$(register_hex serial "FROM certificate WHERE profile = 'tsa'" | tr A-F a-f)" --since "$lost"
"$antin" impact --state "$state/none" --certificate "$(serial_of CB-000011)" --since "$lost" >"$state/log/refused" 2>&1
expect "no register there" "$?" 75

# The key is blocked, by the word that impact gives: every certificate of it is
# revoked, and the time need not be said again.
key=$(jq -r .key <(impact --json --certificate "$(serial_of CB-000011)" --since "$lost"))
order_by security CB-000002 key.block "$key" --reason "Lộ khóa" --with "{\"invalidity\":\"$lost\"}" >/dev/null || die "blocking the key"
sleep 3
expect "the key is blocked, the certificate revoked, the answers the same" "$(answers --certificate "$(serial_of CB-000011)")" \
	"before=officer-1:stands gone=officer-1:over after=officer-1:sign-again unsealed=officer-1:sign-again "
expect "as it says" "$(jq -r '"\(.since) \(.blocked != null) \(.certificates[0].state)"' "$state/impact.json")" "$lost true revoked"
before=$(register_sql 'SELECT size FROM log_head')
impact --certificate "$(serial_of CB-000011)" >/dev/null
expect "nothing was recorded by it" "$(register_sql 'SELECT size FROM log_head')" "$before"

world_down
if "$antin" log fsck --database "$database" --public "$state/public" >"$state/log/fsck" 2>&1; then say "ok $(cat "$state/log/fsck")"; else bad=$((bad + 1)); say "not ok $(cat "$state/log/fsck")"; fi
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# What lies in the register, looked at again: whom a lost key concerns
# (antin impact); whether all of it is still what it was (antin
# recheck); which certificates end soon (antin notices).  The permits are the demonstration's, signed
# by tokens; times between them are waited for, not set.
# usage: stored.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin stored "$1"

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
	sign_by "$2" "$3" "$(cat "$state/permits/$1")" >"$state/log/sign" 2>&1 || die "signing $1"
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
impact() { "$antin" impact --database "$database" "$@"; }
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
order_by security CB-000002 key.block "$key" --reason "Lộ khóa" --with "{\"invalidity\":\"$lost\"}" --json >"$state/waits" || die "blocking the key"
order_by approver CB-000001 order.consent "$(jq -r .waits.id "$state/waits")" --reason "Đồng ý" >/dev/null || die "consenting"
sleep 3
expect "the key is blocked, the certificate revoked, the answers the same" "$(answers --certificate "$(serial_of CB-000011)")" \
	"before=officer-1:stands gone=officer-1:over after=officer-1:reaffirm unsealed=officer-1:sign-again "
expect "as it says" "$(jq -r '"\(.since) \(.blocked != null) \(.certificates[0].state)"' "$state/impact.json")" "$lost true revoked"
before=$(register_sql 'SELECT size FROM log_head')
impact --certificate "$(serial_of CB-000011)" >/dev/null
expect "nothing was recorded by it" "$(register_sql 'SELECT size FROM log_head')" "$before"

#
# antin recheck: the revocation of an officer spoils nothing that was good then
#
sleep 2
recheck() { "$antin" recheck --database "$database" --memory "$state/recheck.json" "$@"; }
found() { recheck --json "$@" >"$state/found.json" 2>"$state/log/recheck"; echo "$? $(jq -c '[.certificates, .permits, .orders, .bad]' "$state/found.json")"; }
all="[$(register_sql 'SELECT count(*) FROM certificate WHERE der IS NOT NULL'),5,$(register_sql 'SELECT count(*) FROM order_accepted'),0]"
expect "everything is as it was" "$(found)" "0 $all"
jq . "$state/recheck.json" >/dev/null || die "the memory"
expect "the memory: ended, nothing under way" "$(jq -c '[.last.ended != null, .now]' "$state/recheck.json")" '[true,null]'
printf '[antin-doctor]\npublic = %s\nunsynchronised_clock = yes\nrecheck = %s\n' "$state/public" "$state/recheck.json" >"$state/doctor.conf"
seen() { "$antin" doctor --config "$state/doctor.conf" --json "$@" | jq -r '.[] | select(.check == "recheck") | "\(.health) \(.says)"' | cut -c1-"${cut:-60}" | sed "s/ *$//"; }
cut=15 expect "the doctor is content" "$(cut=15 seen)" "well 5 permits,"
expect "not for long" "$(cut=26 seen --at "$(date -u -d '27 hours' +%Y-%m-%dT%H:%M:%SZ)")" "ALARM the last re-check is"
# A run that was stopped: it goes on behind where it came to, and counts on.
stopped() { jq -c ".now = (.last | .ended = null | $1)" "$state/recheck.json" >"$state/recheck.new" && mv "$state/recheck.new" "$state/recheck.json"; }
first=$(for name in before gone others after unsealed; do handle "$name"; done | sort | head -n 1)
stopped '.orders = 0 | .step = "permits" | .after = "'"$first"'" | .permits = 1'
expect "a stopped run goes on" "$(found)" "0 $all"
stopped '.step = "lists" | .permits = 77'
expect "and does nothing twice" "$(found | cut -d, -f2)" 77
stopped '.step = "certificates" | .bad = 3'
cut=11 expect "what it found already alarms" "$(cut=11 seen)" "ALARM 3 bad"
expect "anew" "$(found --anew)" "0 $all"
echo '{"antin":"recheck/1","last":null}' >"$state/recheck.json"
expect "a memory that is none is not overwritten" "$(found | cut -c1) $(wc -l <"$state/recheck.json")" "1 1"
echo '{"antin":"recheck/1","last":null,"now":null}' >"$state/recheck.json"
expect "none ended: an alarm" "$(seen)" "ALARM none has ended yet"
rm "$state/recheck.json"
cut=5 expect "none at all: an alarm" "$(cut=5 seen)" ALARM

#
# antin notices: from the same rows always the same feed, and nobody's name in it
#
notices() { "$antin" notices --database "$database" --site "$api" "$@"; }
ends=$(register_sql "SELECT not_after FROM certificate WHERE serial = $(octets "$(serial_of CB-000021)")")
at() { date -u -d "@$((ends - $1 * 86400 + ${2:-0}))" +%Y-%m-%dT%H:%M:%SZ; }
entries() { notices --at "$1" "${@:2}" >"$state/feed" || { echo failed; return; }; grep -c "<id>urn:antin:expiry:$(serial_of CB-000021):" "$state/feed"; }
expect "a year before: nothing" "$(entries "$(at 365)")" 0
expect "a second before the first threshold" "$(entries "$(at 60 -1)")" 0
expect "the first threshold" "$(entries "$(at 60)")" 1
expect "sixty days and thirty" "$(entries "$(at 29)")" 2
expect "thresholds of one's own" "$(entries "$(at 29)" --days 90 --days 40 --days 29 --days 28)" 3
expect "ended yesterday: all of them" "$(entries "$(at -1)")" 4
expect "ended long ago: gone" "$(entries "$(at -31)")" 0
entries "$(at 3)" >/dev/null
cp "$state/feed" "$state/feed.before"
expect "it is XML, with as many ids as entries" "$(xmllint --noout "$state/feed" && grep -c '^<entry>' "$state/feed")" "$(grep -o '<id>urn[^<]*' "$state/feed" | sort -u | wc -l)"
entries "$(at 3 3000)" >/dev/null
expect "an hour later the same octets" "$(cmp "$state/feed" "$state/feed.before" && echo same)" same
expect "nobody's name, no staff number" "$(grep -c 'Người\|CB-0' "$state/feed")" 0
expect "a revoked one is not told of" "$(grep -c "$(serial_of CB-000011)" "$state/feed")" 0
notices --at "$(at 3)" --out "$state/public/ca/expiring.atom" || not_good "the feed is written"
expect "served" "$(curl -sS -o "$state/served" -w '%{content_type}' "$api/ca/expiring.atom") $(cmp "$state/served" "$state/feed" && echo same)" "application/atom+xml same"
for wrong in "--days 0" "--days 731" "--days x" "--site ftp://a" "--site http://a?b&c" "--at now"; do
	# shellcheck disable=SC2086
	"$antin" notices --state "$state/register" --site http://a $wrong >"$state/log/refused" 2>&1
	expect "$wrong" "$?" 64
done

# Copies with one thing spoilt each, in the register's own tables.
copy=$state/spoilt.db whole=$(register_file) || die "a copy"
spoilt() {	# NAME WHAT SENTENCE SQL
	sqlite3 "$whole" ".backup $copy" && sqlite3 "$copy" "$4" || die "spoiling $1"
	rm -f "$state/spoilt.json"
	"$antin" recheck --database "$copy" --memory "$state/spoilt.json" --json >"$state/found.json" 2>"$state/log/recheck"
	expect "$1" "$? $(jq -r '"\(.bad) \(.named[0].what)"' "$state/found.json") $(jq -r '.named[0].why' "$state/found.json" | grep -c -- "$3")" "1 1 $2 1"
	rm -f "$copy"
}
one="handle = x'$(handle before)'"
spoilt "a permit's octets" permit 'not the octets that were recorded' "UPDATE permit SET sealed = CAST(replace(CAST(sealed AS TEXT), 'Nguyễn Hoàng', 'Nguyễn Hoàn') AS BLOB) WHERE $one"
spoilt "a permit whose hash is altered with it" permit . "UPDATE permit SET sealed = (SELECT sealed FROM permit WHERE handle = x'$(handle others)') WHERE $one"
spoilt "an officer's signature that waits for its seal" permit . "UPDATE permit SET content = CAST(replace(CAST(content AS TEXT), 'Nguyễn Hoàng', 'Nguyễn Hoàn') AS BLOB) WHERE handle = x'$(handle unsealed)'"
spoilt "a permit that somebody else signed" permit 'an officer had no right' "UPDATE permit SET officer_person = 'CB-000012' WHERE $one"
spoilt "a permit signed before anybody was appointed" permit 'an officer had no right' "UPDATE permit SET signed_entry = 0 WHERE $one"
cert="serial = x'$(serial_of CB-000021)'"
spoilt "a certificate of another" certificate 'another serial number' "UPDATE certificate SET (tbs, der) = (SELECT tbs, der FROM certificate WHERE serial = x'$(serial_of CB-000011)') WHERE $cert"
spoilt "a certificate that signs something else" certificate 'what was reserved' "UPDATE certificate SET tbs = CAST(x'3000' || tbs AS BLOB) WHERE $cert"
spoilt "a certificate's signature" certificate 'no authority' "UPDATE certificate SET der = CAST(substr(der, 1, length(der) - 1) || x'00' AS BLOB) WHERE $cert"
spoilt "a certificate of other times" certificate 'other times' "UPDATE certificate SET not_after = not_after + 1 WHERE $cert"
spoilt "a certificate of another key" certificate 'another key' "UPDATE certificate SET key_id = zeroblob(32) WHERE $cert"
spoilt "a certificate cut off" certificate . "UPDATE certificate SET der = substr(der, 1, 100) WHERE $cert"
order="id = (SELECT min(id) FROM order_accepted)"
spoilt "an order's signature" order . "UPDATE order_accepted SET cms = CAST(substr(cms, 1, length(cms) - 1) || x'00' AS BLOB) WHERE $order"
spoilt "another order" order 'another order' "UPDATE order_accepted SET cms = (SELECT cms FROM order_accepted o WHERE o.signer = order_accepted.signer AND o.id <> order_accepted.id LIMIT 1) WHERE $order"
spoilt "an order of another verb" order 'another order' "UPDATE order_accepted SET verb = 'cert.reject' WHERE $order"
spoilt "an order of nobody" order 'signer' "UPDATE order_accepted SET signer = zeroblob(20) WHERE $order"
spoilt "a CRL" list 'crl, row' "UPDATE crl SET der = CAST(substr(der, 1, length(der) - 1) || x'00' AS BLOB) WHERE number = (SELECT min(number) FROM crl)"
spoilt "a pack of OCSP responses" list . "UPDATE publication SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB) WHERE path = 'ocsp/0.pack'"

world_down
sound
[ "$bad" -eq 0 ]

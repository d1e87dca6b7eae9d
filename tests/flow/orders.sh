#!/usr/bin/env bash
# Orders that are kept: one that takes two people, from the first signature to its
# effect; then every kept order listed, shown, checked by `openssl cms -verify`
# alone and by `antin order verify`, and what is said of a register that somebody
# altered.
# usage: orders.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin orders "$1"

world_begin
world_up
service_certificate || die "the service signer's certificate"
for person in CB-000001 CB-000002; do certificate_of "$person" >/dev/null; done
register_program
enrol_person clerk CB-000012 "Văn Thư (thử nghiệm)" "Văn thư" H99 official
appoint CB-000012 clerk H99 "Văn thư" ""
open_book H99.31.07 GPXD 2026 1

# Two people.
key=$(printf 'a key that leaked' | sha256sum | cut -d' ' -f1)
other=$(printf 'another key' | sha256sum | cut -d' ' -f1)
waits() { order_by security CB-000002 key.block "$1" --reason "Khóa đã lộ" --with '{}' --minutes 60 | jq -r .waits.id; }
first=$(waits "$key")
taken_back=$(waits "$other")
refuses "one person twice" "one person's two signatures are one" order_by security CB-000002 order.consent "$first"
holds "who signed takes it back" order_by security CB-000002 order.withdraw "$taken_back" --reason "Nhầm"
refuses "consent to what was taken back" "no order" order_by approver CB-000001 order.consent "$taken_back"
holds "another person consents" order_by approver CB-000001 order.consent "$first" --reason "Đồng ý"
still=$(waits "$(printf 'a third key' | sha256sum | cut -d' ' -f1)")

# Suspended, so that an order can be older than it.
revoked=$(cat "$state/desk/certificates/CB-000012.serial")
holds "the clerk's certificate is suspended" order_by approver CB-000001 cert.suspend "$revoked" --reason "Tạm ngừng"
for _ in $(seq 100); do
	[ "$(register_sql 'SELECT size FROM log_published')" = "$(register_sql 'SELECT size FROM log_head')" ] && break
	sleep 0.2
done

kept() { "$antin" order "$@" --database "$file"; }
file=$database
all=$(kept list --json)
is "orders listed" "$(echo "$all" | jq length)" "$(register_sql 'SELECT count(*) FROM order_accepted')"
is "of one verb" "$(kept list --verb key.block | wc -l)" 3
is "of one person" "$(kept list --who CB-000012 --json | jq -r '.[].verb' | sort -u)" permit.open-book
is "about one key" "$(kept list --target "$key" --json | jq -r '.[].id')" "$first"
is "that wait" "$(kept list --state waits --json | jq -r '.[].id')" "$still"
is "that were withdrawn" "$(kept list --state withdrawn --json | jq -r '.[].id')" "$taken_back"
is "that have expired" "$(kept list --state expired --json | jq length)" 0
is "since tomorrow" "$(kept list --since "$(date -u -d tomorrow +%Y-%m-%dT%H:%M:%SZ)" --json | jq length)" 0
is "since yesterday" "$(kept list --since "$(date -u -d yesterday +%Y-%m-%dT%H:%M:%SZ)" --json | jq length)" "$(echo "$all" | jq length)"
refuses "a state that is none" "done, waits, expired or withdrawn" kept list --state lost
refuses "no database" "--database" "$antin" order list
refuses "an id that is none" "32 hex digits" kept show sixteen
refuses "an order that is not kept" "keeps no order" kept show 00000000000000000000000000000000

# Every one, by openssl alone: the octets are those that were signed.
openssl x509 -in "$state/ceremony/root.crt" -out "$state/chain.pem" 2>/dev/null || openssl x509 -inform DER -in "$state/ceremony/root.crt" -out "$state/chain.pem"
openssl x509 -in "$state/ceremony/issuing.crt" 2>/dev/null >>"$state/chain.pem" || openssl x509 -inform DER -in "$state/ceremony/issuing.crt" >>"$state/chain.pem"
proven() { kept verify "$1" --issuer "$state/ceremony/issuing.crt" --key "$state/public/log.vkey" "${@:2}"; }
shown=0 verified=0 proved=0
for id in $(echo "$all" | jq -r '.[].id'); do
	kept show "$id" --json --out "$state/order.cms" >"$state/order.json" || continue
	openssl cms -verify -binary -inform DER -in "$state/order.cms" -CAfile "$state/chain.pem" -purpose any -out "$state/order.text" 2>"$state/log/openssl" || continue
	verified=$((verified + 1))
	[ "$(jq -S .order "$state/order.json")" = "$(jq -S . "$state/order.text")" ] && [ "$(jq -r .id "$state/order.text")" = "$id" ] && shown=$((shown + 1))
	proven "$id" >"$state/log/proven" 2>&1 && proved=$((proved + 1)) || cat "$state/log/proven"
done
is "orders that openssl verifies" "$verified" "$(echo "$all" | jq length)"
is "whose text is the one shown" "$shown" "$verified"
is "proven: signature, certificate, right, log" "$proved" "$verified"
sed -i 's/"reason"/"reasom"/' "$state/order.cms"
refuses "openssl: an order altered" "verify error" openssl cms -verify -binary -inform DER -in "$state/order.cms" -CAfile "$state/chain.pem" -purpose any -out "$state/order.text"

# Of another's word.
clerks=$(kept list --who CB-000012 --json | jq -r '.[0].id')
is "what is proven" "$(proven "$clerks" --json | jq -r '.certificate + ", " + .right + ", " + .state')" "active, clerk in H99, done"
refuses "another issuer" "not of the issuer" kept verify "$clerks" --issuer "$state/ceremony/root.crt" --key "$state/public/log.vkey"
refuses "another log's key" "log: " kept verify "$clerks" --issuer "$state/ceremony/issuing.crt" --key 'xacthuc.hoagiang.example/register+da89c5e4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4'
refuses "nobody's key" "--key" kept verify "$clerks" --issuer "$state/ceremony/issuing.crt"

# Of a register that somebody altered: a copy, and one statement.
copied=$(register_file)
entry=$(kept list --who CB-000012 --json | jq -r '.[0].entry')
while IFS='|' read -r what words sql; do
	what=$(echo $what) words=$(echo $words)
	file=$state/altered.db
	rm -f "$file"*
	sqlite3 "$copied" ".backup '$file'"
	sqlite3 "$file" "$sql" || die "altering: $sql"
	refuses "$what" "$words" proven "$clerks"
done <<TABLE
another order's octets           | another order        | UPDATE order_accepted SET cms = (SELECT cms FROM order_accepted WHERE verb = 'order.withdraw'), signer = (SELECT signer FROM order_accepted WHERE verb = 'order.withdraw') WHERE entry = $entry
another signer                   | not by this certificate | UPDATE order_accepted SET signer = (SELECT signer FROM order_accepted WHERE verb = 'order.withdraw') WHERE entry = $entry
another verb                     | another order        | UPDATE order_accepted SET verb = 'permit.withdraw' WHERE entry = $entry
another entry                    | did not hold         | UPDATE order_accepted SET entry = (SELECT entry FROM order_accepted WHERE verb = 'order.withdraw') WHERE entry = $entry
taken in another year            | expired              | UPDATE order_accepted SET time = time + 31536000 WHERE entry = $entry
a certificate that came later    | not issued yet       | UPDATE certificate SET issued_entry = 99999 WHERE lower(hex(serial)) = '$revoked'
revoked before                   | revoked before       | UPDATE certificate SET state = 'revoked', ended_entry = $entry - 1 WHERE lower(hex(serial)) = '$revoked'
suspended before                 | suspended            | UPDATE certificate_hold SET entry = $entry - 1 WHERE lower(hex(serial)) = '$revoked'
no certificate                   | not kept here        | UPDATE certificate SET der = NULL WHERE lower(hex(serial)) = '$revoked'
appointed afterwards             | did not hold         | UPDATE appointment SET entry = $entry + 1 WHERE person = 'CB-000012'
appointed for another place      | did not hold         | UPDATE appointment SET agency = 'H99.14' WHERE person = 'CB-000012'
appointed as something else      | did not hold         | UPDATE appointment SET role = 'officer' WHERE person = 'CB-000012'
from tomorrow on                 | did not hold         | UPDATE appointment SET from_day = from_day + 40000 WHERE person = 'CB-000012'
ended the day before             | did not hold         | UPDATE appointment SET ended_day = 1 WHERE person = 'CB-000012'
a record that was changed        | log:                 | UPDATE log_entry SET record = zeroblob(length(record)) WHERE idx = $entry
a record that was erased         | not kept here        | UPDATE log_entry SET record = NULL, salt = NULL WHERE idx = $entry
an entry that was changed        | log:                 | UPDATE log_entry SET salt = zeroblob(16) WHERE idx = $entry
a tile that was changed          | log:                 | UPDATE log_tile SET hashes = zeroblob(length(hashes)) WHERE level = 0
not published yet                | not published yet    | UPDATE log_published SET size = $entry
a checkpoint of another size     | log:                 | UPDATE log_published SET note = replace(note, char(10) || size || char(10), char(10) || (size - 1) || char(10))
TABLE

world_down
say "$bad bad"
[ "$bad" -eq 0 ]

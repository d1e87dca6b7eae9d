#!/usr/bin/env bash
# The root's CRL ends and is renewed (ca/root_crl.h): doctor warns sixty days before;
# after 366 days nothing can be sealed, and what waits says why; the yearly ceremony and
# the order of two people put a new one in public, and what waited goes through by itself,
# without a restart.  Then a ceremony revokes an issuing certificate, and no later one
# can forget it.  openssl judges all of it with -crl_check_all.
# usage: root_crl.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
. tests/authority.sh
flow_begin root_crl "$1"
clock_begin

# permit NAME: submitted and signed; $handle
permit() {
	handle=$("$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit") || die "submitting $1: $(cat "$state/log/submit")"
	sign "$handle" >"$state/log/sign" 2>&1 || die "signing $1: $(tail -1 "$state/log/sign")"
}
stands() { [ "$(register_sql "SELECT count(*) FROM permit WHERE handle = $(octets "$handle") AND issued_entry IS NOT NULL")" = 1 ]; }
passes() {	# NAME: the permit of $handle, from files
	curl -sS -H "Authorization: Bearer $(cat "$state/desk/program.key")" -o "$state/permits/$1.xml" "$api/v1/permits/$handle"
	collect_evidence
	is "$1" "$(verify "$state/permits/$1.xml" --json 2>/dev/null | jq -r .verdict)" TOTAL-PASSED
}
judged() {	# what openssl says of the officer's certificate and the path above
	openssl x509 -in "$(issuing_of 1)" >"$state/issuing.pem"
	{ openssl crl -inform DER -in "$(crl_of 1)"; openssl crl -inform DER -in "$state/public/crl/root.crl"; } >"$state/lists.pem"
	openssl x509 -in "$state/desk/certificates/CB-000011.crt" >"$state/officer.pem"
	openssl verify -attime "$(now)" -crl_check_all -CAfile "$state/trust/root.crt" -untrusted "$state/issuing.pem" -CRLfile "$state/lists.pem" "$state/officer.pem" 2>&1
}
order_first() { waits=$(root_crl_order) && [ -n "$waits" ] && [ "$waits" != null ]; }
consents() { order_by "$1" "$2" order.consent "$waits" --reason "Đồng ý" >/dev/null; }
recorded() { register_sql "SELECT count(*) FROM policy_adopted WHERE what = 'root-crl'"; }
public_is() { cmp -s "$state/public/crl/root.crl" "$1"; }
doctor_says() { "$antin" doctor --config "$state/antin.conf" --json 2>/dev/null | jq -r '.[] | select(.check == "crl") | .health'; }

world_begin
world_up
world_staff
third_approver
for n in 0 1 2; do open_book H99.31.07 GPXD $(($(date +%Y) + n)) 1; done
permit first
seal "$handle" >/dev/null || die "the first seal"
passes "day 0"

#
# Day 360: doctor has been warning; a permit is signed, and not sealed.
#
go_to 280
is "day 280: doctor's line of CRLs" "$(doctor_says)" well
go_to 360
is "day 360: doctor's line of CRLs" "$(doctor_says)" ALARM
responder_lasts() { [ "$(register_sql "SELECT count(*) FROM certificate WHERE profile = 'ocsp' AND state = 'active' AND not_after > $(now) + 100 * $day")" -gt 0 ]; }
within responder_lasts || not_good "day 360: the OCSP responder's certificate is not renewed"
permit waits

#
# Day 400: the root's CRL has ended.
#
go_to 400
is "day 400: openssl" "$(judged | grep -q "CRL has expired" && echo expired)" expired
seal "$handle" >"$state/answer"
is "day 400: the seal waits" "$(jq -r '.results[0] | "\(.done) \(.class)"' "$state/answer")" "false later"
is "and the log says why" "$(grep "antin-signer.*permit $handle:" "$state/log/antin.log" | grep -c "it is not known whether its certificate was revoked")" 1
sleep 5
stands && not_good "it was sealed without the root's CRL"

# What is no next CRL.
root_crl=$state/ceremony/root.crl
refuses "the last CRL again" "the last one's is" order_first
openssl ecparam -name prime256v1 -genkey -noout -out "$state/other.key"
openssl req -x509 -new -key "$state/other.key" -subj "/CN=x" -days 10 -out "$state/other.crt" 2>/dev/null
: >"$state/index"
printf '[ca]\ndefault_ca = d\n[d]\ndatabase = %s\ncrlnumber = %s\ndefault_md = sha256\ndefault_crl_days = 30\ncrl_extensions = x\n[x]\nauthorityKeyIdentifier = keyid\n' "$state/index" "$state/number" >"$state/other.cnf"
echo 7FFFFFFFFF >"$state/number"
openssl ca -config "$state/other.cnf" -gencrl -keyfile "$state/other.key" -cert "$state/other.crt" -out "$state/other.pem" 2>/dev/null
openssl crl -in "$state/other.pem" -outform DER -out "$state/other.crl"
root_crl=$state/other.crl
refuses "somebody else's CRL" "another issuer" order_first
root_crl=$state/public/crl/0.crl
refuses "the issuing key's CRL" "another issuer" order_first
root_crl=

world_root_crl
expect "the ceremony's number is greater" "$(($(openssl crl -inform DER -in "$root_crl" -noout -crlnumber | cut -d= -f2) > $(openssl crl -inform DER -in "$state/ceremony/root.crl" -noout -crlnumber | cut -d= -f2)))" 1
holds "openssl: the root signed it" openssl crl -inform DER -in "$root_crl" -noout -verify -CAfile "$state/trust/root.crt"
expect "its hash in the transcript" "$(grep -c "$(sha256sum <"$root_crl" | cut -d' ' -f1)" "${root_crl%/*}/transcript.txt")" 1
expect "the last one's, too" "$(grep -c "$(sha256sum <"$state/ceremony/root.crl" | cut -d' ' -f1)" "${root_crl%/*}/transcript.txt")" 1
order_first || die "the order: $(cat "$state/log/order")"
refuses "the same person once more" "one person's two signatures" consents approver CB-000001
refuses "the security officer" "no role" consents security CB-000002
is "recorded before the second person's consent" "$(recorded)" 0
holds "the second person consents" consents third CB-000003
is "recorded" "$(recorded)" 1
expect "its entry in the log names it as the root's" "$(register_hex entry "FROM log_entry WHERE idx = (SELECT entry FROM policy_adopted WHERE what = 'root-crl')" | grep -ci 64726F6F74)" 1
refuses "the consent again" "no order $waits waits" consents third CB-000003
within public_is "$root_crl" || not_good "it is not public"
is "day 400: openssl" "$(judged)" "$state/officer.pem: OK"
if within stands; then good "what waited is sealed, without a restart"; else not_good "what waited is not sealed"; fi
passes "day 400, what waited"
is "day 400: doctor's line of CRLs" "$(doctor_says)" well
refuses "the same CRL by another order" "the last one's is" order_first

#
# Day 700: by the CRL that the order published; antin-signer's file is of day 0.
#
go_to 700
is "day 700: openssl" "$(judged)" "$state/officer.pem: OK"
permit later
seal "$handle" >"$state/answer"
if within stands; then good "day 700: a permit is sealed"; else not_good "day 700: $(cat "$state/answer")"; fi
passes "day 700"
sound
if [ -z "${ANTIN_SERVER:-}" ]; then
	sqlite3 "$database" "VACUUM INTO '$state/altered.db'"
	sqlite3 "$state/altered.db" "UPDATE publication SET body = x'$(xxd -p -c0 "$state/ceremony/root.crl" | tr -d '\n')' WHERE path = 'crl/root.crl'"
	refuses "the last CRL put back into the database" "publication, row crl/root.crl" "$antin" log fsck --database "$state/altered.db"
	sqlite3 "$state/altered.db" "UPDATE policy_adopted SET body = (SELECT body FROM publication WHERE path = 'crl/root.crl') WHERE what = 'root-crl'"
	refuses "and into its record" "policy_adopted" "$antin" log fsck --database "$state/altered.db"
fi

#
# The issuing key is known to others: the root tells it, and no later ceremony forgets it.
#
before=$root_crl
world_root_crl "{\"certificate\": \"$state/ceremony/issuing.crt\", \"reason\": \"cACompromise\", \"date\": \"$(date -u -d "@$(now)" +%FT%TZ)\"}"
revoked=$root_crl
expect "the transcript says which" "$(grep -ci "revoked: serial $(openssl x509 -in "$state/ceremony/issuing.crt" -noout -serial | cut -d= -f2)" "${root_crl%/*}/transcript.txt")" 1
"$antin" backup --database "$database" --to "$state/backup" >"$state/log/backup" 2>&1 || die "the backup"
order_first && consents third CB-000003 || not_good "the order: $(cat "$state/log/order")"
within public_is "$root_crl" || not_good "it is not public"
is "openssl: the issuing certificate" "$(judged | grep -c "certificate revoked")" 1
collect_evidence
is "what only that key's stamps prove" "$(verify "$state/permits/day 700.xml" --json 2>/dev/null | jq -r '.verdict + " " + .sub')" "INDETERMINATE REVOKED_CA_NO_POE"

# A restore loses its record, and takes nothing back of what is public.
sleep 1
world_down
register_lost
# shellcheck disable=SC2046
holds "restored from before that order" "$antin" restore --from "$state/backup" $(register_at) --tiles "$state/public"
if [ "$uid_base" -ne 0 ]; then chown -R "$((uid_base + 5)):$((uid_base + 5))" "$state/register"; fi
world_again
within fresh || not_good "restored: the issuing key's CRL is not of this time"
is "recorded after the restore" "$(recorded)" 1
expect "what is public still tells it" "$(public_is "$revoked" && echo same)" same
root_crl=$before
world_root_crl
order_first || not_good "the order: $(cat "$state/log/order")"
refuses "a later one that forgets it" "order that one first" consents third CB-000003
root_crl=$revoked
order_first && consents third CB-000003 || not_good "the same again: $(cat "$state/log/order")"
is "recorded once more" "$(recorded)" 2
sleep 1
root_crl=$before
world_root_crl
refuses "a CRL that was made of the one before" "is missing in the new one" order_first
root_crl=$revoked
world_root_crl
expect "the next one has its entry" "$(openssl crl -inform DER -in "$root_crl" -noout -text | grep -ci "Serial Number: $(openssl x509 -in "$state/ceremony/issuing.crt" -noout -serial | cut -d= -f2)")" 1
order_first && consents third CB-000003 || not_good "the order: $(cat "$state/log/order")"
is "recorded" "$(recorded)" 3
within public_is "$root_crl" || not_good "it is not public"
world_down
sound
[ "$bad" -eq 0 ]

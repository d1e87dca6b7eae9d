#!/usr/bin/env bash
# A whole authority goes on with a new key (ca/roll_over.h) while it works: the
# order is tried with the new token away, with no room on the disk, and with the
# clock set back and forward; then it is given.  Every other order, cert.renew
# among them, is given before and after, in the same troubles and with the old
# key's token away.  CRL and OCSP of both generations say what was acknowledged, no
# number is given twice (tests/authority.sh), and openssl and GnuTLS find one path
# from each certificate to the root, though both issuing certificates have one name.
# usage: roll_over.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
. tests/authority.sh
disk_alone "$@"
umount "$1/roll_over/small" 2>/dev/null
flow_begin roll_over "$1"
world_clean() { world_down; kill ${watch:-} 2>/dev/null; umount "$state/small" 2>/dev/null; }
trap world_clean EXIT
clock_begin
quarter=900 hour=3600 year=31536000

# Officials' certificates last a year here, so that some can be renewed and none ends.
cp -r policy "$state/policy"
policy_folder=$state/policy
sed -i 's/years="3"/years="1"/; s/renew-days="90"/renew-days="182"/' "$state/policy/profiles/official.xml"

# All of it was 200 days ago, and the certificates that will be renewed.
clock $((-200 * day))
world_begin
world_second_ceremony
disk_begin && small=yes || small=no
world_up
authority_begin
third_approver
pool_of 12
clock 0
work
expect "one key: kinds of work that are done" "$done" $((kinds - 2))
authority_is "one key"

#
# The order.
#
bundle=$(sha256sum <"$state/ceremony/roll-over.cms" | cut -d' ' -f1)
first() { waits=$(order_by approver CB-000001 authority.roll-over "$bundle" --reason "Khóa mới" --with "{\"bundle\":\"$(base64 -w0 "$state/ceremony/roll-over.cms")\"}" --minutes 120 2>"$state/log/refused" | jq -r .waits.id) && [ -n "$waits" ]; }
consents() { order_by "$1" "$2" order.consent "$waits" --reason "Đồng ý" >"$state/answer" 2>"$state/log/refused"; }
recorded() { register_sql "SELECT count(*) FROM policy_adopted WHERE what = 'roll-over'"; }
refused() {	# NAME WORDS COMMAND...
	local name=$1 words=$2
	shift 2
	if "$@"; then not_good "$name: it was done"
	elif grep -q -- "$words" "$state/log/refused"; then good "$name: refused: $(tail -1 "$state/log/refused" | cut -c1-160)"
	else not_good "$name: $(tail -1 "$state/log/refused"), not $words"; fi
	expect "$name: what is recorded" "$(recorded)" 0
}
token_away issuing-2
refused "the new token is away" "token of generation 2" first
token_back
clock $((-year))
refused "a year back" "not valid yet\|not yet" first
clock "$quarter"
within first || not_good "a quarter forward, the first of two: $(cat "$state/log/refused")"
clock 0
refused "right after that" "made in the future" consents third CB-000003
within first || not_good "the first of two: $(cat "$state/log/refused")"
refused "the same person once more" "one person's two signatures" consents approver CB-000001
refused "the security officer" "no role" consents security CB-000002
again() { world_down; world_again; }	# what a log of the database's had spare is gone
if [ "$small" = yes ]; then
	again
	disk_leaves 0
	refused "no room on the disk" "disk is full" consents third CB-000003
	disk_roomy
fi
token_away issuing-2
refused "the new token is away again" "token of generation 2" consents third CB-000003
token_back
work
expect "still one key: kinds of work that are done" "$done" "$kinds"
authority_is "still one key"
clock $((-quarter))
refused "a quarter back" "made in the future" consents third CB-000003
within first || not_good "a quarter back, the first of two: $(cat "$state/log/refused")"
within consents third CB-000003 && good "a quarter back: the authority goes on with a new key" || not_good "the second consents: $(cat "$state/log/refused")"
expect "what is recorded" "$(recorded)" 1
generations=2
within test -s "$state/public/crl/1.crl" -a -s "$state/public/ca/issuing-2.crt" || not_good "nothing is published of the second generation"

#
# Two keys, in every trouble.
#
stop() {	# NAME KINDS [lies]
	work
	expect "$1: kinds of work that are done" "$done" "$2"
	settle
	authority_is "$1" "${3:-}"
}
stop "two keys, a quarter back" "$kinds"
clock 0
stop "two keys, right again" "$kinds"
token_away issuing
work
say "   the old token is away: $done kinds of work are done; $(tail -1 "$state/log/refused")"
expect "the old token is away: kinds of work that are done" "$done" "$kinds"
token_back
settle
authority_is "the old token is back"
token_away issuing-2
work
expect "the new token is away: kinds of work that are done" "$done" 2	# resumed, revoked
token_back
settle
authority_is "the new token is back"
if [ "$small" = yes ]; then
	disk_rooms again 0 64 600
	stop "room again" $((kinds - 2)) lies
fi
again
stop "begun again" "$kinds"
clock "$hour"
stop "an hour forward" "$kinds"
clock $((100 * day))
stop "a hundred days forward" "$kinds" lies
#
# By others, at that time: one path each, told by key identifiers alone.
#
meanwhile() { LD_PRELOAD=$state/clock.so CLOCK_FILE=$state/off "$@"; }
for n in 1 2; do openssl x509 -in "$(issuing_of "$n")"; done >"$state/both.pem"
openssl x509 -in "$state/ceremony/root.crt" >"$state/root.pem"
for f in "$state"/public/crl/{0,1,root}.crl; do openssl crl -inform DER -in "$f"; done >"$state/lists.pem"
paths=0 refusals=0 listings=0 answers=0
for s in "${!truth[@]}"; do
	one=$state/seen/$s.pem n=${by[$s]} was=$bad
	openssl x509 -in "$one" -noout -ext crlDistributionPoints | grep -q "/crl/$((n - 1)).crl" || not_good "$s of generation $n has another's CRL"
	case ${truth[$s]} in good) want=": OK" ;; *) want="certificate revoked" ;; esac
	meanwhile openssl verify -crl_check_all -CAfile "$state/root.pem" -untrusted "$state/both.pem" -CRLfile "$state/lists.pem" "$one" >"$state/log/path" 2>&1
	grep -q "$want" "$state/log/path" && paths=$((paths + 1)) || not_good "openssl, $s (${truth[$s]}, generation $n): $(grep "lookup:" "$state/log/path" | head -1)"
	meanwhile openssl verify -partial_chain -trusted "$(issuing_of $((3 - n)))" "$one" >"$state/log/path" 2>&1 && not_good "$s of generation $n passes under the other key" || refusals=$((refusals + 1))
	openssl x509 -in "$(issuing_of "$n")" >"$state/mine.pem"
	cat "$one" "$state/mine.pem" >"$state/path.pem"
	# Of one name GnuTLS keeps one CRL, the newest: it is given that of the key.
	{ openssl crl -inform DER -in "$(crl_of "$n")"; openssl crl -inform DER -in "$state/public/crl/root.crl"; } >"$state/mine.crls"
	case ${truth[$s]} in good) want="Chain verification output: Verified" ;; *) want="revoked" ;; esac
	meanwhile certtool --verify --load-ca-certificate "$state/root.pem" --load-crl "$state/mine.crls" --infile "$state/path.pem" >"$state/log/path" 2>&1
	grep -q "$want" "$state/log/path" && listings=$((listings + 1)) || not_good "certtool, $s (${truth[$s]}, generation $n): $(grep -i output "$state/log/path" | tail -1)"
	case ${truth[$s]} in good) want=good ;; *) want=revoked ;; esac
	meanwhile ocsptool --ask="$api/ocsp" --load-cert="$one" --load-issuer="$state/mine.pem" --load-trust="$state/mine.pem" >"$state/log/answer" 2>&1
	grep -q "Certificate Status: $want" "$state/log/answer" && grep -q "Success" "$state/log/answer" && answers=$((answers + 1)) || not_good "ocsptool, $s (${truth[$s]}, generation $n): $(tail -2 "$state/log/answer")"
done
good "of ${#truth[@]} certificates: openssl finds $paths paths and refuses $refusals under the other key; certtool judges $listings by CRL, ocsptool $answers by OCSP"
expect "certificates of the first key" "$(for s in "${!by[@]}"; do echo "${by[$s]}"; done | grep -c 1)" "$(register_sql "SELECT count(*) FROM certificate WHERE generation = 1 AND person LIKE 'CB-005%' AND issued_entry IS NOT NULL")"
expect "serial numbers that are given twice" "$(register_sql "SELECT count(*) - count(DISTINCT serial) FROM certificate")" 0
clock 0
stop "right after that" $((kinds - 1)) lies	# the log goes on from there: an order of two people has expired before it waits
authority_judge
world_down
sound
[ "$bad" -eq 0 ]

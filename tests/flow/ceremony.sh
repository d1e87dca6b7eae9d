#!/usr/bin/env bash
# The key ceremony with custodians: the root's token made, its PIN split, opened by
# three of five and by nobody fewer; what the auditor signs, checked with sha256sum
# and openssl alone; the rehearsal of the same file.
# usage: ceremony.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin ceremony "$1"

# Tokens and requests as in every world, but no root.
host=127.0.0.1:1
choose_ids
world_tokens
for token in approver security; do
	desk enrol --token "$token" --pin-file "$state/desk/$token.pin" --csr-out "$state/ceremony/$token.csr" || die "request of $token"
done
office enrol --token tsa --pin-file "$state/pins/tsa.pin" --csr-out "$state/ceremony/tsa.csr" || die "request of tsa"
plan() {	# NEEDED OF OUT [ROOT]
	cat <<-EOF
	{"tier": "demonstration", "agency": "H99",
	 "root_name": "Gốc chứng thực THỬ NGHIỆM Hòa Giang", "issuing_name": "Cơ quan chứng thực THỬ NGHIỆM Hòa Giang",
	 "site": "http://$host", "origin": "$origin", "log_state": "$state/logkey", "out": "$3",
	 "root": {"token": "${4:-vault}", "custodians": {"needed": $1, "of": $2, "shares": "$state/shares"}},
	 "issuing": {"token": "issuing", "pin_file": "$state/pins/issuing.pin"},
	 "log": {"token": "log", "pin_file": "$state/pins/log.pin"},
	 "administrators": [
	  {"person": "CB-000001", "name": "Người Duyệt (thử nghiệm)", "title": "Quản trị chứng thư", "agency": "H99", "roles": ["approver"], "csr": "$state/ceremony/approver.csr"},
	  {"person": "CB-000002", "name": "Cán Bộ An Toàn (thử nghiệm)", "title": "Cán bộ an toàn", "agency": "H99", "roles": ["security-officer"], "csr": "$state/ceremony/security.csr"}],
	 "services": [{"profile": "tsa", "name": "Dấu thời gian THỬ NGHIỆM", "agency": "H99", "csr": "$state/ceremony/tsa.csr"}]}
	EOF
}
out=$state/held
plan 3 5 "$out" >"$state/plan.json"
ceremony() { office ceremony "$@" --policy-folder policy >"$state/log/ceremony" 2>&1 </dev/null; }
share() { echo "$state/shares/share-$1.txt"; }
refused() {	# NAME SENTENCE OPTIONS...
	local name=$1 sentence=$2
	shift 2
	ceremony "$@"
	expect "$name" "$? $(grep -c -- "$sentence" "$state/log/ceremony")" "1 1"
	[ ! -e "$out" ] || not_good "$name: something was made"
}

#
# A rehearsal first: of the very file, before any of it exists.
#
find "$state" -path "$state/log" -prune -o -type f -print0 | sort -z | xargs -0 sha256sum >"$state/log/before"
ceremony rehearse "$state/plan.json" --in "$state/rehearsal"
expect "the rehearsal is held" "$? $(ls "$state/rehearsal/out" | tr '\n' ' ')" "0 ceremony.cms issuing.crt root.crl root.crt transcript.txt "
find "$state" \( -path "$state/log" -o -path "$state/rehearsal" \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum >"$state/log/after"
expect "and touched nothing outside its folder" "$(cmp "$state/log/before" "$state/log/after" && echo same)" same
expect "its names say so" "$(openssl x509 -in "$state/rehearsal/out/root.crt" -noout -subject -nameopt utf8,sep_multiline | grep -c 'CN=.*(DIỄN TẬP)$')" 1
expect "so does its transcript" "$(grep -c 'A REHEARSAL, of no effect' "$state/rehearsal/out/transcript.txt")" 1
refused "a folder that exists" 'cannot make the folder' rehearse "$state/plan.json" --in "$state/rehearsal"
refused "the real tokens are not rehearsed with" 'neither --module nor --share' rehearse "$state/plan.json" --in "$state/more" --module /usr/lib/softhsm/libsofthsm2.so
jq '.services[0].csr = "'"$state"'/none.csr"' "$state/plan.json" >"$state/early.json"
ceremony rehearse "$state/early.json" --in "$state/early"
expect "before a request is there" "$?" 0

#
# The shares.
#
echo "no share" >"$state/none.txt"
refused "before there are shares" 'not of its one form' "$state/plan.json" --share "$state/none.txt"
ceremony shares "$state/plan.json"
expect "the token is made, with shares for five" "$? $(ls "$state/shares" | wc -l)" "0 5"
expect "nobody else reads them" "$(stat -c %a "$state"/shares/*.txt | sort -u)" 600
pins=$(cat "$state"/shares/*.txt | cut -d' ' -f7)
expect "nothing of them is told" "$(grep -c "$(echo "$pins" | head -n 1)" "$state/log/ceremony")" 0
refused "shares are written over nothing" 'cannot make .*share-1.txt' shares "$state/plan.json"

refused "nobody is there" 'no terminal' "$state/plan.json"
refused "two of three" '2 shares were given: more custodians' "$state/plan.json" --share "$(share 1)" --share "$(share 2)"
refused "four" 'more than 3 shares' "$state/plan.json" --share "$(share 1)" --share "$(share 2)" --share "$(share 3)" --share "$(share 4)"
refused "one of them twice" 'share 2 was given twice' "$state/plan.json" --share "$(share 1)" --share "$(share 2)" --share "$(share 2)"
sed 's/ \([0-9a-f]\)\([0-9a-f]*\) \([0-9a-f]*\)$/ 0\2 \3/; t' "$(share 3)" >"$state/mistyped.txt"
cmp -s "$(share 3)" "$state/mistyped.txt" && sed 's/ \([0-9a-f]\)\([0-9a-f]*\) \([0-9a-f]*\)$/ 1\2 \3/' "$(share 3)" >"$state/mistyped.txt"
refused "a mistyped one" 'share 3 has a typing error' "$state/plan.json" --share "$(share 1)" --share "$(share 2)" --share "$state/mistyped.txt"
refused "of the rehearsal" 'another splitting' "$state/plan.json" --share "$(share 1)" --share "$(share 2)" --share "$state/rehearsal/shares/share-3.txt"
refused "a file that is none" 'not of its one form' "$state/plan.json" --share "$state/none.txt" --share "$(share 2)" --share "$(share 3)"
refused "a file that is too long" 'plan.json' "$state/plan.json" --share "$state/plan.json"
for row in "1 5 2 or more are needed" "4 3 2 or more are needed" "3 17 at most 16" "2 5 the file says otherwise"; do
	read -r needed of sentence <<<"$row"
	plan "$needed" "$of" "$out" >"$state/wrong.json"
	refused "$needed of $of" "$sentence" "$state/wrong.json" --share "$(share 1)" --share "$(share 2)" $([ "$needed" -lt 3 ] || echo --share "$(share 3)")
done
jq '.root.pin_file = "x"' "$state/plan.json" >"$state/wrong.json"
refused "custodians and a PIN" 'not both' "$state/wrong.json" --share "$(share 1)"
jq '.root.custodians.more = 1' "$state/plan.json" >"$state/wrong.json"
refused "a word too many" 'custodians' "$state/wrong.json" --share "$(share 1)"

#
# Held, by custodians 5, 1 and 3.
#
ceremony "$state/plan.json" --share "$(share 5)" --share "$(share 1)" --share "$(share 3)"
expect "three of five hold it" "$?" 0
transcript=$out/transcript.txt
cat "$transcript" >"$state/log/transcript" || die "no transcript"
expect "who was present" "$(grep -c '3 of 5 custodians, set [0-9a-f]\{8\}, present: 5 1 3' "$transcript")" 1
has() { grep -A1 "^ *$1" "$transcript" | grep -c "SHA-256 $2"; }
sum() { sha256sum | cut -d' ' -f1; }
expect "the file that was reviewed" "$(grep -c "plan.json *SHA-256 $(sum <"$state/plan.json")" "$transcript")" 1
expect "the program" "$(has antin-office "$(sum <"$antin-office")")" 1
for name in root.crt issuing.crt; do expect "$name" "$(has "$name" "$(openssl x509 -in "$out/$name" -outform DER | sum)")" 1; done
for name in root.crl ceremony.cms; do expect "$name" "$(has "$name" "$(sum <"$out/$name")")" 1; done
for token in approver security tsa; do
	expect "the request of $token" "$(grep -c "$(openssl req -in "$state/ceremony/$token.csr" -outform DER 2>/dev/null | sum || true)" "$transcript")" 1
done
expect "the root's key" "$(grep -c "root key *SPKI SHA-256 $(openssl x509 -in "$out/root.crt" -noout -pubkey | openssl pkey -pubin -outform DER | sum)" "$transcript")" 1
expect "lines for three custodians, operator and auditor" "$(grep -c '____  ngày / date' "$transcript")" 5
expect "nothing of a share or PIN" "$(for p in $pins; do grep -c "$p" "$transcript" "$state/log/ceremony"; done | grep -vc ':0$')" 0
# A second opinion of the shares: another program joins them, and the token opens.
opens() { python3 tests/flow/shares.py "$@" 2>/dev/null | office token list --token vault --pin-fd 0 2>/dev/null | grep -c object=root; }
expect "2, 4 and 5 by another program" "$(opens "$(share 2)" "$(share 4)" "$(share 5)")" 1
expect "2 and 4 are too few for it" "$(opens "$(share 2)" "$(share 4)")" 0
expect "openssl agrees that the root signed" "$(openssl verify -CAfile "$out/root.crt" "$out/issuing.crt" 2>&1 | tail -n 1 | sed 's/.*: //')" OK
expect "and opens the bundle" "$(openssl cms -verify -noverify -inform DER -in "$out/ceremony.cms" 2>/dev/null | jq -r .antin)" ceremony/1

#
# A year later: the root's next CRL, by custodians 2, 4 and 5.
#
first=$out out=$state/next
year() { printf '{"root_certificate": "%s", "root_crl": "%s", "revoke": [%s], "out": "%s", "root": {"token": "vault", "custodians": {"needed": 3, "of": 5, "shares": "%s"}}}' "${1:-$first/root.crt}" "${2:-$first/root.crl}" "${3:-}" "$out" "$state/shares"; }
three=(--share "$(share 2)" --share "$(share 4)" --share "$(share 5)")
year >"$state/year.json"
refused "two of three" '2 shares were given: more custodians' "$state/year.json" --share "$(share 1)" --share "$(share 2)"
refused "it is rehearsed behind a rehearsal" 'a later ceremony is rehearsed behind that' rehearse "$state/year.json" --in "$state/more"
out=$state/rehearsal/next
year "$state/rehearsal/out/root.crt" "$state/rehearsal/out/root.crl" >"$state/rehearsal/year.json"
shared=$(printf -- "--share $state/rehearsal/shares/share-%s.txt " 1 2 3)
# shellcheck disable=SC2086
expect "it is rehearsed with the rehearsal's tokens and shares" "$(SOFTHSM2_CONF=$state/rehearsal/softhsm.conf "$antin" ceremony "$state/rehearsal/year.json" $shared >"$state/log/ceremony" 2>&1 </dev/null; echo $?) $(ls "$out" | tr '\n' ' ')" "0 root.crl transcript.txt "
out=$state/next
year "$state/rehearsal/out/root.crt" >"$state/wrong.json"
refused "another root's certificate" 'another key than the root' "$state/wrong.json" "${three[@]}"
year '' "$state/rehearsal/out/root.crl" >"$state/wrong.json"
refused "another root's CRL" 'last CRL: the CRL is of another issuer' "$state/wrong.json" "${three[@]}"
year '' "$first/root.crt" >"$state/wrong.json"
refused "a certificate for a CRL" 'root.crt' "$state/wrong.json" "${three[@]}"
jq '.more = 1' "$state/year.json" >"$state/wrong.json"
refused "a word too many, in the year's file" 'more' "$state/wrong.json" "${three[@]}"
jq 'del(.revoke)' "$state/year.json" >"$state/wrong.json"
refused "nothing said of revocations" 'tier' "$state/wrong.json" "${three[@]}"
issuing_on() { printf '{"certificate": "%s", "reason": "%s", "date": "%s"}' "$first/issuing.crt" "$1" "$2"; }
for row in "certificateHold $(date -u +%FT%TZ) is no reason" "superseded yesterday certificate 1 to be revoked" "superseded 2099-01-01T00:00:00Z in the future"; do
	read -r reason date sentence <<<"$row"
	year '' '' "$(issuing_on "$reason" "$date")" >"$state/wrong.json"
	refused "revoked: $reason, $date" "$sentence" "$state/wrong.json" "${three[@]}"
done
sleep 1
year '' '' "$(issuing_on superseded "$(date -u +%FT%TZ)")" >"$state/year.json"
ceremony "$state/year.json" "${three[@]}"
expect "three of five hold it" "$? $(ls "$out" | tr '\n' ' ')" "0 root.crl transcript.txt "
transcript=$out/transcript.txt
expect "who was present" "$(grep -c '3 of 5 custodians, set [0-9a-f]\{8\}, present: 2 4 5' "$transcript")" 1
expect "the file that was reviewed" "$(grep -c "year.json *SHA-256 $(sum <"$state/year.json")" "$transcript")" 1
expect "the last CRL" "$(grep -c "last CRL *SHA-256 $(sum <"$first/root.crl")" "$transcript")" 1
expect "what was revoked" "$(grep -ci "revoked: serial $(openssl x509 -in "$first/issuing.crt" -noout -serial | cut -d= -f2), .* 4 (RFC 5280)" "$transcript")" 1
expect "the new CRL" "$(has root.crl "$(sum <"$out/root.crl")")" 1
expect "lines for three custodians, operator and auditor" "$(grep -c '____  ngày / date' "$transcript")" 5
expect "nothing of a share or PIN" "$(for p in $pins; do grep -c "$p" "$transcript" "$state/log/ceremony"; done | grep -vc ':0$')" 0
expect "openssl: by the root" "$(openssl crl -inform DER -in "$out/root.crl" -noout -verify -CAfile "$first/root.crt" 2>&1 | head -n 1)" "verify OK"
openssl crl -inform DER -in "$out/root.crl" -out "$state/next.pem"
expect "and the issuing certificate is revoked" "$(openssl verify -crl_check -CAfile "$first/root.crt" -CRLfile "$state/next.pem" "$first/issuing.crt" 2>&1 | grep -c 'certificate revoked')" 1
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# What a day made public, as a signed file: days that are over, none twice, none left out; its
# signature by node's crypto and openssl; what is masked is in no octet of it, and of what is
# withdrawn no field.  Last the authority goes on with a new key, and the service with a
# certificate by it.
# usage: open_data.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
. tests/authority.sh
flow_begin open_data "$1"
clock_begin

# get PATH -> the status; body and head in log/
get() { curl -sS -D "$state/log/head" -o "$state/log/answer" -w '%{http_code}' "${@:2}" "$api/v1/open-data/$1"; }
# fetch DAY NAME: file and signature
fetch() {
	is "the file of $2" "$(get "$1")" 200
	cp "$state/log/answer" "$state/$2.jsonl"
	is "its signature" "$(get "$1/signature")" 200
	cp "$state/log/answer" "$state/$2.jws"
}
# By whom: the file is whole and of this authority's service
signed() {
	node tests/flow/jws.mjs "$state/$1.jsonl" "$state/$1.jws" >"$state/$1.pem" 2>"$state/log/jws" || { cat "$state/log/jws"; return 1; }
	faketime -f +3d openssl verify -CAfile "$state/trust/root.crt" -untrusted "$state/$1.pem" "$state/$1.pem" 2>&1 | grep -q ': OK$'
}
first() { head -n 1 "$state/$1.jsonl" | jq -c "$2"; }
items() { tail -n +2 "$state/$1.jsonl" | jq -c "$2"; }
whole() { [ "$(first "$1" .items)" = "$(items "$1" .entry | wc -l)" ] && [ "$(items "$1" .entry)" = "$(items "$1" .entry | sort -nu)" ]; }

world_begin
world_second_ceremony
world_up
world_staff
for year in $({ in_days 0; in_days 3; } | cut -c1-4 | sort -u); do open_book H99.31.07 GPXD "$year" 1; done
issue() {	# ID KEY
	handle=$("$antin" permit submit tests/data/permits.json --id "$1" --key "$2" --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit") || die "submitting: $(cat "$state/log/submit")"
	sign "$handle" >"$state/log/sign" 2>&1 && seal "$handle" >"$state/log/seal" 2>&1 || die "issuing $1: $(tail -1 "$state/log/sign" "$state/log/seal")"
}
issue gpxd-01 one
issue gpxd-01 two
withdrawn=$handle

while IFS='|' read -r why status path options; do
	# shellcheck disable=SC2086
	is "$why" "$(get "$path" $options)" "$status"
done <<ROWS
a day that is not over|404|$(in_days 0)|
its signature|404|$(in_days 0)/signature|
a day to come|404|$(in_days 5)|
the end of the calendar|400|9999-99-99|
no day|400|today|
no day, of octets|400|%ff|
a day with a time|400|$(in_days 0)T00:00:00Z|
behind what is no entry|400|$(in_days -1)?after=x|
behind an entry below none|400|$(in_days -1)?after=-1|
another method|405|$(in_days -1)|-X POST
below a day|404|$(in_days -1)/signature/more|
a day before the log began|200|1999-12-31|
ROWS
is "nothing was made public then" "$(sed 1d "$state/log/answer" | wc -l)" 0

# The next day.
world_down
clock 86400
world_again
fetch "$(in_days 0)" first
holds "signed by the authority's service" signed first
holds "as many lines as it says, each entry once, in the log's order" whole first
is "what was issued" "$(items first '[.what, .agency, .kind.id, .version, .state]' | tr '\n' ' ')" "$(printf '["issued","H99.31.07","construction",1,"issued"] %.0s' 1 2)"
is "with the fields that are public" "$(items first '.lines | length > 3' | tr '\n' ' ')" "true true "
is "head" "$(first first '[.antin, .day, .after, .next, .items]')" "[\"open-data/1\",\"$(in_days 0)\",0,null,2]"
is "search engines" "$(get "$(in_days 0)") $(grep -ci '^X-Robots-Tag: noindex' "$state/log/head")" "200 1"
etag=$(sed -n 's/^ETag: *\("[^"]*"\).*/\1/Ip' "$state/log/head")
is "unchanged" "$(get "$(in_days 0)" -H "If-None-Match: $etag")" 304
is "behind its last entry" "$(get "$(in_days 0)?after=$(items first .entry | tail -1)"), $(sed 1d "$state/log/answer" | wc -l)" "200, 0"
is "behind its first" "$(get "$(in_days 0)?after=$(items first .entry | head -1)"), $(sed 1d "$state/log/answer" | wc -l)" "200, 1"

# What the kind masks or hides is nowhere in it (ids, telephones, dossier codes).
secrets=$(jq -r '.permits[] | select(.id == "gpxd-01") | .. | strings' tests/data/permits.json | grep -oE '[0-9]{9,12}|H99[-.0-9]*-[0-9]{6}-[0-9]+' | sort -u)
is "there is something to hide" "$([ "$(wc -w <<<"$secrets")" -gt 1 ] && echo yes)" yes
for secret in $secrets; do
	if grep -qF "$secret" "$state/first.jsonl"; then not_good "a number of the draft is told: $secret"; else good "not told: ${secret:0:3}..."; fi
done

# An octet more, less or other; another day's signature; a header that says something else.
spoil() { cp "$state/first.jsonl" "$state/bad.jsonl" && cp "$state/first.jws" "$state/bad.jws" && "$@"; }
refuses_spoilt() { local what=$1; shift; spoil "$@"; if signed bad >"$state/log/last" 2>&1; then not_good "$what: it passes"; else good "$what: $(head -n 1 "$state/log/last")"; fi; }
holds "unspoilt, by the same hands" spoil signed bad
refuses_spoilt "a line less" sed -i '$d' "$state/bad.jsonl"
refuses_spoilt "an octet more" sh -c "printf '\n' >>'$state/bad.jsonl'"
refuses_spoilt "another number" sed -i '2s/"version":1/"version":2/' "$state/bad.jsonl"
refuses_spoilt "another agency" sed -i '2s/H99.31.07/H99.31.08/' "$state/bad.jsonl"
refuses_spoilt "another header" sh -c "printf '%s' \"\$(printf '{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"],\"x5c\":[]}' | base64 -w0)\" >'$state/bad.jws'"
refuses_spoilt "a signature cut off" sh -c "truncate -s -2 '$state/bad.jws'"

# By the words of api/README.md.
example api/README.md open-data >"$state/open_data.sh"
mkdir "$state/warehouse"
ahead=1
taken() { (cd "$state/warehouse" && rm -f new.* ./*.jsonl && faketime -f "+${ahead}d" sh "$state/open_data.sh" "$@"); }
holds "api/README.md takes it" taken "$api" "$state/trust/root.crt" "$(in_days 0)"
is "and leaves it" "$(cmp "$state/warehouse/$(in_days 0).jsonl" "$state/first.jsonl" && echo same)" same
refuses "under another root" "error" taken "$api" "$state/desk/certificates/CB-000001.crt" "$(in_days 0)"
is "and leaves nothing" "$(ls "$state/warehouse/$(in_days 0).jsonl" 2>/dev/null)" ""

# An official signs a file of his own making: his certificate is the authority's, but no service's.
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$state/liar.key" -subj /CN=x -outform DER -out "$state/liar.csr" 2>/dev/null
id=$(printf '{"profile":"official","agency":"H99.14","name":"Người Dối (thử nghiệm)","person":"CB-009001","title":"Chuyên viên","csr":"%s"}' "$(base64 -w0 "$state/liar.csr")" |
	curl -sS -H 'Content-Type: application/json' --data-binary @- "$api/v1/requests" | jq -r .id)
order_by approver CB-000001 cert.approve "$id" --reason "Thử nghiệm" | jq -r '.certificates[0].pem' >"$state/liar.crt" || die "the liar's certificate"
mkdir -p "$state/liar/v1/open-data/$(in_days 0)" "$state/liar/crl"
lie=$state/liar/v1/open-data/$(in_days 0)
sed '2s/"version":1/"version":2/' "$state/first.jsonl" >"$lie/index.jsonl"
header=$(jq -cn --arg one "$(openssl x509 -in "$state/liar.crt" -outform DER | base64 -w0)" --arg two "$(openssl x509 -in "$state/ceremony/issuing.crt" -outform DER | base64 -w0)" \
	'{alg: "ES256", b64: false, crit: ["b64"], x5c: [$one, $two]}' | tr -d '\n' | basenc --base64url -w0 | tr -d =)
{ printf '%s.' "$header"; cat "$lie/index.jsonl"; } | openssl dgst -sha256 -sign "$state/liar.key" >"$state/liar.der"
printf '%s..%s' "$header" "$(openssl asn1parse -inform DER -in "$state/liar.der" | sed -n 's/.*INTEGER *://p' | sed 's/^/0000000000000000000000000000000000000000000000000000000000000000/; s/.*\(.\{64\}\)$/\1/' |
	tr -d '\n' | basenc -d --base16 | basenc --base64url -w0 | tr -d =)" >"$lie/signature"
cp "$lie/index.jsonl" "$state/bad.jsonl" && cp "$lie/signature" "$state/bad.jws"
holds "an official's lie: its signature holds" signed bad
cp "$state/public/crl/root.crl" "$state/liar/crl/"
by_liar() {	# the example of api/README.md, which asks the liar for file and signature; COMMAND... changes it
	sed "s|^curl.*-o new.jsonl .*|cp '$lie/index.jsonl' new.jsonl|; s|^curl.*-o new.jws .*|cp '$lie/signature' new.jws|" "$state/open_data.sh" >"$state/liar.sh"
	"$@" "$state/liar.sh"
	(cd "$state/warehouse" && rm -f new.* ./*.jsonl && faketime -f +1d sh "$state/liar.sh" "$api" "$state/trust/root.crt" "$(in_days 0)")
}
holds "without a look at the certificate's use it would be taken" by_liar sed -i '/keyUsage/d'
if by_liar true >"$state/log/last" 2>&1; then not_good "an official's file is taken for the service's"; else good "an official's file is not the service's"; fi
is "and nothing is left of it" "$(ls "$state/warehouse/$(in_days 0).jsonl" 2>/dev/null)" ""

# The second day: a withdrawal, and an issue; the third: nothing, and what the first tells now.
order_by clerk CB-000012 permit.withdraw "$withdrawn" --reason "Thu hồi" --with '{"decision":"7/QĐ-TH"}' >"$state/log/withdraw" 2>&1 || not_good "withdrawing: $(cat "$state/log/withdraw" "$state/log/order")"
issue gpxd-01 three
world_down
clock $((2 * 86400))
world_again
fetch "$(in_days 1)" second
holds "the second is signed, too" signed second
holds "and whole" whole second
is "what happened on it" "$(items second .what | sort | tr '\n' ' ')" '"issued" "withdrawn" '
is "the decision" "$(items second 'select(.what == "withdrawn") | .decision')" '"7/QĐ-TH"'
is "the first day's signature does not fit it" "$(cp "$state/first.jws" "$state/bad.jws"; cp "$state/second.jsonl" "$state/bad.jsonl"; signed bad >/dev/null 2>&1; echo $?)" 1
fetch "$(in_days 0)" again
holds "the first day's, as it is now" signed again
is "of what was withdrawn no field any more" "$(items again '[.state, (.lines == null)]' | tr '\n' ' ')" '["issued",false] ["withdrawn",true] '
is "the days follow one another" "$(cat "$state/again.jsonl" "$state/second.jsonl" | jq -s '[.[] | .entry | numbers] == ([.[] | .entry | numbers] | sort)')" true

# A new key of the authority, under the same name: x5c has the issuer by which the service's certificate is.
by_key() { openssl x509 -in "$state/$1.pem" 2>/dev/null | faketime -f +3d openssl verify -partial_chain -trusted "$state/public/ca/$2.crt" 2>&1 | grep -q ': OK$'; }
issuer_told() { awk '/BEGIN/ { n++ } n == 2' "$state/$1.pem" | openssl x509 -noout -fingerprint -sha256; }
third_approver
waits=$(order_by approver CB-000001 authority.roll-over "$(sha256sum <"$state/ceremony/roll-over.cms" | cut -d' ' -f1)" --reason "Khóa mới" \
	--with "{\"bundle\":\"$(base64 -w0 "$state/ceremony/roll-over.cms")\"}" --minutes 120 | jq -r .waits.id) && order_by third CB-000003 order.consent "$waits" --reason "Đồng ý" >/dev/null || die "a new key"
within test -s "$state/public/crl/1.crl" || not_good "nothing is published of the second generation"
fetch "$(in_days 0)" between
holds "the authority has a new key, and the service's certificate is by the old one" signed between
is "whose issuer is told" "$(issuer_told between)" "$(openssl x509 -in "$state/public/ca/issuing.crt" -noout -fingerprint -sha256)"
id=$(office enrol --token service --pin-file "$state/pins/service.pin" --label service-2 --api "$api" --profile service-signer --agency H99 --name "Dịch vụ ký 2 THỬ NGHIỆM") || die "the service's key"
world_handed_over
order_by approver CB-000001 cert.approve "$id" --reason "Khóa dịch vụ mới" >/dev/null || die "the service's certificate: $(cat "$state/log/order")"
world_down
world_again
fetch "$(in_days 0)" rolled
holds "by the new key: signed" signed rolled
is "two certificates" "$(grep -c BEGIN "$state/rolled.pem")" 2
is "the new issuer is told" "$(issuer_told rolled)" "$(openssl x509 -in "$state/public/ca/issuing-2.crt" -noout -fingerprint -sha256)"
is "of the same name as the old one" "$(openssl x509 -in "$state/public/ca/issuing-2.crt" -noout -subject)" "$(openssl x509 -in "$state/public/ca/issuing.crt" -noout -subject)"
holds "it leads to the new key" by_key rolled issuing-2
refuses_silently() { if "${@:2}" >"$state/log/last" 2>&1; then not_good "$1: it passes"; else good "$1"; fi; }
refuses_silently "and not to the old one" by_key rolled issuing
holds "what came before leads to the old key" by_key between issuing
refuses_silently "and not to the new one" by_key between issuing-2
ahead=2
holds "api/README.md takes it, by the new key's CRL" taken "$api" "$state/trust/root.crt" "$(in_days 0)"
is "which is of the second generation" "$(openssl crl -in "$state/warehouse/new.crl" -noout -fingerprint)" "$(openssl crl -in "$state/public/crl/1.crl" -noout -fingerprint)"
is "and leaves it" "$(cmp "$state/warehouse/$(in_days 0).jsonl" "$state/rolled.jsonl" && echo same)" same
cp "$state/rolled.jsonl" "$state/bad.jsonl" && cp "$state/rolled.jws" "$state/bad.jws"
sed -i '2s/"version":1/"version":2/' "$state/bad.jsonl"
refuses_silently "by the new key, another number" signed bad

sound
[ "$bad" -eq 0 ]

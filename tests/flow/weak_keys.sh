#!/usr/bin/env bash
# Requests with weak keys and weak proofs (weak_requests.py): each is refused with
# the code of its own rule and Vietnamese words, by `antin csr` and by the API
# alike, and its twin, the same but for the weakness, is taken by both.  Then what
# only the authority knows: a blocked key, another person's, one that another
# person asks for, the same request again.  usage: weak_keys.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin weak-keys "$1"
made=$state/made
mkdir "$made"

python3 tests/flow/weak_requests.py "$made" || die "making the requests"
world_begin
world_up
certificate_of CB-000001 >/dev/null
certificate_of CB-000002 >/dev/null
register_program

asked=0
# What is said of a request: code, and the words.
at_desk() {	# CSR
	"$antin" csr "$made/$1" --json >"$made/said"
	told=$?
	jq -r '"\(.code // "accepted")|\(.vi // "")"' "$made/said"
	return $told
}
ask() {	# CSR PERSON -> status; the answer in $made/answer
	printf '{"profile":"official","agency":"H99.14","name":"Người xin (thử nghiệm)","person":"%s","title":"Chuyên viên","csr":"%s"}' "$2" "$(base64 -w0 "$made/$1")" |
		curl -sS -o "$made/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @- "$api/v1/requests"
}
by_api() {	# CSR [PERSON]: everybody is somebody else
	asked=$((asked + 1))
	status=$(ask "$1" "${2:-CB-1$(printf %05d "$asked")}")
	jq -r '"\(.code // "accepted")|\(.say.vi // "")"' "$made/answer"
}

refusals=0
while read -r name code; do
	refusals=$((refusals + 1))
	desk=$(at_desk "$name.csr")
	expect "$name: antin csr" "$?:${desk%%|*}" "1:$code"
	by_api "$name.csr" >"$made/told"
	api_says=$(cat "$made/told")
	expect "$name: the API" "${api_says%%|*} $(jq -r .class "$made/answer")" "$code $(case $status in 400) echo input ;; 403) echo policy ;; *) echo "status $status" ;; esac)"
	[ -n "${desk#*|}" ] && [ "${desk#*|}" = "${api_says#*|}" ] || not_good "$name: in the same Vietnamese words (${desk#*|}; ${api_says#*|})"
	desk=$(at_desk "$name.twin.csr")
	expect "$name, but for the weakness: antin csr" "$?:$desk" "0:accepted|"
done <"$made/rows"
[ "$refusals" -ge 25 ] || not_good "only $refusals rows"

# A twin may come back in several rows; nobody else has its key by then.
while read -r name code; do
	key=$(openssl req -inform DER -in "$made/$name.twin.csr" -noout -pubkey | sha256sum | cut -c1-5)
	by_api "$name.twin.csr" "CB-2$(printf %07d "$((16#$key))")" >"$made/told"
	expect "$name, but for the weakness: the API" "$(cat "$made/told"):$status" "accepted|:200"
done <"$made/rows"

#
# What the authority knows.  Twins: the person's own key, another key.
#
refused() {	# WHAT CODE STATUS CSR PERSON
	by_api "$4" "$5" >"$made/told"
	expect "$1" "$(sed 's/|.*//' "$made/told") $status" "$2 $3"
	grep -q '|.' "$made/told" || not_good "$1: in Vietnamese"
}
taken() {	# WHAT CSR PERSON
	by_api "$2" "$3" >"$made/told"
	expect "$1" "$(cat "$made/told") $status" "accepted| 200"
}
hash_of() { sha256sum "$made/$1.spki" | cut -d' ' -f1; }
approve() { order_by approver CB-000001 cert.approve "$(jq -r .id "$made/answer")" --reason "Thử nghiệm" >/dev/null || die "approving"; }

taken "a key that will be blocked" blocked.csr CB-000101
order_by security CB-000002 key.block "$(hash_of blocked)" --reason "Khóa bị lộ" --with '{}' --minutes 60 >"$made/waits" || die "the order key.block"
order_by approver CB-000001 order.consent "$(jq -r .waits.id "$made/waits")" --reason "Khóa bị lộ" >/dev/null || die "the consent to key.block"
refused "a blocked key, by the one who had it" key-blocked 403 blocked.csr CB-000101
refused "a blocked key, by another" key-blocked 403 blocked.csr CB-000102
taken "another key, by the one whose key was blocked" blocked.other.csr CB-000101

taken "a key that nobody has" asked-by-another.csr CB-000103
refused "asked for by another meanwhile" key-asked-by-another 403 asked-by-another.csr CB-000104
taken "another key, by that other" asked-by-another.other.csr CB-000104

taken "a key that nobody has, again" of-another.csr CB-000105
approve
refused "that key, by another" key-of-another 403 of-another.csr CB-000106
taken "another key, by that other" of-another.other.csr CB-000106
serial=$(curl -sS -d '{"what":"certificates","person":"CB-000105","state":"active"}' -H 'Content-Type: application/json' -H "Authorization: Bearer $(cat "$state/desk/program.key")" "$api/v1/list/ca" | jq -r '.items[0].id')
order_by approver CB-000001 cert.revoke "$serial" --reason "Thôi việc" >/dev/null || die "revoking"
refused "that key, by another, when its certificate is revoked" key-of-another 403 of-another.csr CB-000106

# The same request again is the same request, not another one.
taken "a request" again.csr CB-000107
first=$(jq -r .id "$made/answer")
taken "the same again" again.csr CB-000107
expect "is one request" "$(jq -r .id "$made/answer")" "$first"
expect "of which there is one" "$(register_sql "SELECT count(*) FROM request WHERE person = 'CB-000107'")" 1
approve
taken "and again when it is approved" again.csr CB-000107
expect "is still that one" "$(jq -r '.id + " " + .state' "$made/answer")" "$first approved"
taken "a key of one's own for another" again.other.csr CB-000107
[ "$(jq -r .id "$made/answer")" != "$first" ] && good "is another request" || not_good "is another request"

world_down
sound
say "$refusals rows of weaknesses, $bad bad"
[ "$bad" -eq 0 ]

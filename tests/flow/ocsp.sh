#!/usr/bin/env bash
# A running authority's OCSP, asked over HTTP, at the address in the certificate, by
# openssl (POST), by ocsptool (POST) and by curl (GET): good, held, resumed, revoked, another issuer.  And its
# batches, made again from the log by a program that knows only FORMATS.md.
# usage: ocsp.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin ocsp "$1"

world_begin
world_up
for person in CB-000001 CB-000002; do certificate_of "$person" >/dev/null; done
register_program
for token in stays leaves; do make_token desk "$state/desk" "$token"; done
enrol_person stays CB-000021 "Người Ở Lại (thử nghiệm)" "Chuyên viên" H99 official
enrol_person leaves CB-000022 "Người Thôi Việc (thử nghiệm)" "Chuyên viên" H99 official
for name in root issuing; do
	cp "$state/ceremony/$name.crt" "$state/$name.in"
	openssl x509 -in "$state/$name.in" -out "$state/$name.pem" 2>/dev/null || openssl x509 -inform DER -in "$state/$name.in" -out "$state/$name.pem" || die "the $name certificate"
done
for person in CB-000021 CB-000022; do
	openssl x509 -inform DER -in "$state/desk/certificates/$person.crt" -out "$state/$person.pem" 2>/dev/null || cp "$state/desk/certificates/$person.crt" "$state/$person.pem"
done

by_openssl() {	# PERSON [ISSUER] [options]
	openssl ocsp -issuer "$state/${2:-issuing}.pem" -cert "$state/$1.pem" "${@:3}" -url "$(openssl x509 -in "$state/$1.pem" -noout -ocsp_uri)" -CAfile "$state/root.pem" -verify_other "$state/issuing.pem" >"$state/log/openssl" 2>&1
	cat "$state/log/openssl"
}
by_ocsptool() {	# PERSON
	ocsptool --ask --load-issuer "$state/issuing.pem" --load-cert "$state/$1.pem" --load-trust "$state/issuing.pem" >"$state/log/ocsptool" 2>&1
	cat "$state/log/ocsptool"
}
by_get() {	# PERSON
	local request
	openssl ocsp -issuer "$state/issuing.pem" -cert "$state/$1.pem" -no_nonce -reqout "$state/request.der" >/dev/null 2>&1
	request=$(base64 -w0 "$state/request.der" | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g')
	curl -sS -o "$state/response.der" "$(openssl x509 -in "$state/$1.pem" -noout -ocsp_uri)/$request"
	openssl ocsp -respin "$state/response.der" -issuer "$state/issuing.pem" -cert "$state/$1.pem" -CAfile "$state/root.pem" -verify_other "$state/issuing.pem" 2>&1
}

# says NAME PERSON STATE [REASON]: all three, once the change is published
says() {
	local word="\.pem: $3" way answer
	for _ in $(seq 600); do by_openssl "$2" | grep -q "$word" && { [ $# -lt 4 ] || grep -q "Reason: $4" "$state/log/openssl"; } && break; sleep 0.1; done
	for way in by_openssl by_get; do
		answer=$($way "$2")
		if grep -q "Response verify OK" <<<"$answer" && grep -q "$word" <<<"$answer" && { [ $# -lt 4 ] || grep -q "Reason: $4" <<<"$answer"; }; then
			good "$1: $way"; else not_good "$1: $way: $answer"; fi
	done
	answer=$(by_ocsptool "$2")
	if grep -q "Certificate Status: $3" <<<"$answer" && grep -q 'Verifying OCSP Response: Success' <<<"$answer"; then good "$1: by_ocsptool"; else not_good "$1: by_ocsptool: $answer"; fi
}
order_on() { order_by "$1" "$2" "$3" "$(cat "$state/desk/certificates/CB-000022.serial")" --reason "Thử trạng thái" "${@:4}" >/dev/null || die "$3"; }

says "issued" CB-000021 good
says "issued, the other" CB-000022 good
order_on security CB-000002 cert.suspend
says "held" CB-000022 revoked certificateHold
says "held, another's is as before" CB-000021 good
order_on approver CB-000001 cert.resume
says "resumed" CB-000022 good
order_on security CB-000002 cert.revoke --with '{"code":"keyCompromise"}'
says "revoked" CB-000022 revoked keyCompromise
says "revoked, another's is as before" CB-000021 good
answer=$(by_openssl CB-000021 root)
if grep -q 'unauthorized' <<<"$answer"; then good "another issuer: unauthorized"; else not_good "another issuer: $answer"; fi
answer=$(by_openssl CB-000021 issuing -cert "$state/CB-000022.pem")
if grep -q 'unauthorized' <<<"$answer"; then good "two certificates in one request: unauthorized"; else not_good "two certificates: $answer"; fi
curl -sS -o "$state/response.der" -H 'Content-Type: application/ocsp-request' --data-binary 'no request' "$api/ocsp"
answer=$(openssl ocsp -respin "$state/response.der" 2>&1)
if grep -q 'malformedrequest' <<<"$answer"; then good "no request in DER: malformedRequest"; else not_good "no request in DER: $answer"; fi

order_by security CB-000002 cert.suspend "$(cat "$state/desk/certificates/CB-000021.serial")" --reason "Thử trạng thái" >/dev/null || die "the other's suspension"
says "held, when one is revoked" CB-000021 revoked certificateHold
world_down
if command -v node >/dev/null; then
	openssl x509 -in "$state/issuing.pem" -outform DER -out "$state/issuing.der"
	again() { node tests/register/recompute.mjs "$state/public" "$state/public/log.vkey" "$state/$1.der" - "$state/$2" >"$state/log/node" 2>&1; }
	openssl x509 -in "$state/root.pem" -outform DER -out "$state/root.der"
	cp -r "$state/public/ocsp" "$state/packs"
	if again issuing packs; then good "node: the batches follow from the log"; else not_good "node: $(grep -v '^ok' "$state/log/node")"; fi
	if again root packs; then not_good "node: they are another issuer's, too"; else good "node: another issuer's they are not"; fi
	# One reason for another, in a body; the signature is whose it was.
	python3 - "$state/packs/delta.pack" <<-'PY'
	import sys
	octets = bytearray(open(sys.argv[1], 'rb').read())
	octets[octets.index(bytes.fromhex('a0030a0101')) + 4] = 4
	open(sys.argv[1], 'wb').write(octets)
	PY
	if again issuing packs; then not_good "node: a reason may be altered"; else good "node: a reason that was altered is seen"; fi
	cp "$state/public/ocsp/delta.pack" "$state/packs/" && rm "$state/packs/3.pack"
	if again issuing packs; then not_good "node: a pack may be missing"; else good "node: a pack that is missing is missed"; fi
fi
[ "$bad" -eq 0 ]

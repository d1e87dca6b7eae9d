#!/usr/bin/env bash
# What is not the city's own is judged by the daemon, too, and many documents in one request:
# foreign signatures by openssl under an authority of this city and under none; reports, by
# their schema, signed, and on paper; hostile lines and hostile zips, each of which spoils itself alone.
# usage: verify.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin verify "$1"

world_begin
world_up
world_staff
open_book H99.17 GPHN 0 912
handle=$("$antin" permit submit tests/data/permits.json --id gphn-01 --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit") || die "submitting: $(cat "$state/log/submit")"
sign "$handle" >"$state/log/sign" 2>&1 && seal "$handle" >"$state/log/seal" 2>&1 || die "issuing: $(tail -1 "$state/log/sign" "$state/log/seal")"
short=$(register_sql "SELECT short_code FROM permit WHERE handle = $(octets "$handle")")
curl -sS -o "$state/permit.xml" "$api/v1/permits/$short" || die "the permit"

# An official's key in a file, so that openssl signs; and a stranger's under a root of nobody's.
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$state/own.key" -subj /CN=x -outform DER -out "$state/own.csr" 2>/dev/null
id=$(printf '{"profile":"official","agency":"H99.14","name":"Người Ký (thử nghiệm)","person":"CB-009001","title":"Chuyên viên","csr":"%s"}' "$(base64 -w0 "$state/own.csr")" |
	curl -sS -H 'Content-Type: application/json' --data-binary @- "$api/v1/requests" | jq -r .id)
order_by approver CB-000001 cert.approve "$id" --reason "Thử nghiệm" | jq -r '.certificates[0].pem' >"$state/own.crt" || die "the official's certificate"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$state/stranger.key" -out "$state/stranger.crt" -days 30 -subj "/CN=Stranger (fictitious)" \
	-addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature 2>/dev/null
printf 'Don de nghi (fictitious)\n' >"$state/content"
for who in own stranger; do
	openssl cms -sign -binary -cades -nodetach -md sha256 -in "$state/content" -signer "$state/$who.crt" -inkey "$state/$who.key" -certfile "$state/ceremony/issuing.crt" -outform DER -out "$state/$who.p7m" || die "openssl does not sign"
done
LC_ALL=C sed 's/Don de nghi/Dan de nghi/' "$state/own.p7m" >"$state/altered.p7m"

#
# One by one.
#
# judged FILE -> status; the report in log/answer
judged() { curl -sS -o "$state/log/answer" -w '%{http_code}' --data-binary "@$1" -H 'Content-Type: application/octet-stream' "${@:2}" "$api/v1/verify"; }
about() { jq -c "[.verdict, .sub, .format, .tier, .answer.id, .in_force.answer, (.register == null)]" "$state/log/answer"; }
is "under an authority of this city" "$(judged "$state/own.p7m")$(about)" '200["TOTAL-PASSED","","CAdES","demonstration","other-tier","unknown",true]'
is "its answer names what certifies" "$(jq -r '.answer.line.vi' "$state/log/answer" | grep -c 'THỬ NGHIỆM.*theo chứng thực thử nghiệm')" 1
is "and has the signer" "$(jq -r '.signatures[0].signer.name' "$state/log/answer")" "Người Ký (thử nghiệm)"
is "by nobody known here" "$(judged "$state/stranger.p7m")$(about)" '200["INDETERMINATE","NO_CERTIFICATE_CHAIN_FOUND","CAdES",null,"issuer-unknown","unknown",true]'
is "altered" "$(judged "$state/altered.p7m")$(about)" '200["TOTAL-FAILED","HASH_FAILURE","CAdES",null,"altered","unknown",true]'
head -c 200 "$state/own.p7m" >"$state/short.p7m"
is "cut off" "$(judged "$state/short.p7m")$(jq -c '[.verdict, .sub, .answer.id]' "$state/log/answer")" '200["TOTAL-FAILED","FORMAT_FAILURE","altered"]'
is "the permit, as ever" "$(judged "$state/permit.xml")$(jq -c '[.verdict, .format, .answer.id, .register.known]' "$state/log/answer")" '200["TOTAL-PASSED",null,"in-force",true]'

#
# Reports: as the schema says, signed by the service, with what was relied on, and on paper.
#
for what in permit.xml own.p7m stranger.p7m altered.p7m short.p7m content; do
	curl -sS -o "$state/log/$what.json" --data-binary "@$state/$what" "$api/v1/verify?evidence=1&day=2026-12-24"
done
curl -sS -o "$state/report.schema.json" "$api/report.schema.json"
holds "python-jsonschema: reports are as the schema says" python3 tests/flow/report_schema.py "$state/report.schema.json" "$state"/log/*.{xml,p7m}.json "$state/log/content.json"
is "which policy" "$(jq -r .policy.sha256 "$state/log/own.p7m.json")" "$("$antin" policy check "$policy_folder" | sed 's/.*hash //')"
used() { jq -r "$1" "$state/log/own.p7m.json" | base64 -d; }
used '.signatures[0].used.path[0]' >"$state/used.crt"
used '.signatures[0].used.status[0].crl.octets' >"$state/used.crl"
is "openssl: the certificate that was used" "$(openssl x509 -in "$state/used.crt" -noout -fingerprint)" "$(openssl x509 -in "$state/own.crt" -noout -fingerprint)"
is "openssl: the CRL, by its hash" "$(sha256sum <"$state/used.crl" | cut -d' ' -f1)" "$(jq -r '.signatures[0].used.status[0].crl.sha256' "$state/log/own.p7m.json")"
holds "openssl: the CRL is the authority's" bash -c 'openssl crl -in "$1" -noout -CAfile "$2" 2>&1 | grep -q "verify OK"' _ "$state/used.crl" "$state/ceremony/issuing.crt"
is "not unless asked for" "$(judged "$state/own.p7m")$(jq '.signatures[0] | has("used")' "$state/log/answer")" 200false

signed_report() { node tests/flow/report_jws.mjs "$1" "$state/payload.json" >"$state/by.pem" 2>"$state/log/jws" || { cat "$state/log/jws"; return 1; }; openssl verify -CAfile "$state/trust/root.crt" -untrusted "$state/by.pem" "$state/by.pem" 2>&1 | grep -q ': OK$'; }
is "signed" "$(curl -sS -o "$state/report.jws" -w '%{http_code} %{content_type}' --data-binary "@$state/own.p7m" "$api/v1/verify?signed=1&evidence=1")" "200 application/jose"
holds "node and openssl: by the service's key, under this root" signed_report "$state/report.jws"
holds "its payload is such a report" python3 tests/flow/report_schema.py "$state/report.schema.json" "$state/payload.json"
is "about these octets, by this policy" "$(jq -r '[.sha256, .verdict, .policy.sha256] | @tsv' "$state/payload.json")" "$(sha256sum <"$state/own.p7m" | cut -d' ' -f1)	TOTAL-PASSED	$(jq -r .policy.sha256 "$state/log/own.p7m.json")"
is "a failure is signed, too" "$(curl -sS -o "$state/failed.jws" -w '%{http_code}' --data-binary "@$state/altered.p7m" "$api/v1/verify?signed=1")$(signed_report "$state/failed.jws" && jq -r .verdict "$state/payload.json")" 200TOTAL-FAILED
python3 - "$state" <<'PY'
import base64, sys
h, p, s = open(sys.argv[1] + '/failed.jws').read().split('.')
text = base64.urlsafe_b64decode(p + '==').replace(b'TOTAL-FAILED', b'TOTAL-PASSED')
open(sys.argv[1] + '/spoilt.jws', 'w').write('.'.join((h, base64.urlsafe_b64encode(text).decode().rstrip('='), s)))
PY
if signed_report "$state/spoilt.jws" >/dev/null 2>&1; then not_good "a report made better passes"; else good "a report made better does not hold"; fi
is "nothing to be signed" "$(curl -sS -o /dev/null -w '%{http_code}' -X POST "$api/v1/verify?signed=1")" 400

page() { curl -sS -D "$state/log/head" -o "$state/log/$2.html" -w '%{http_code} %{content_type}' --data-binary "@$1" "$api/v1/verify/page"; }
is "a page to print" "$(page "$state/own.p7m" own)" "200 text/html; charset=utf-8"
is "with a strict policy for its content" "$(tr -d '\r' <"$state/log/head" | grep -ci "^content-security-policy: default-src 'self'")" 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$state/evil.key" -out "$state/evil.crt" -days 30 -subj '/CN=<script>alert(1)<\/script>"&' \
	-addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature 2>/dev/null
openssl cms -sign -binary -cades -nodetach -md sha256 -in "$state/content" -signer "$state/evil.crt" -inkey "$state/evil.key" -outform DER -out "$state/evil.p7m"
is "a signer whose name is a script" "$(page "$state/evil.p7m" evil)" "200 text/html; charset=utf-8"
is "is a name" "$(grep -c '<script' "$state/log/evil.html") $(grep -c '&lt;script&gt;' "$state/log/evil.html")" "0 2"
holds "well-formed" bash -c 'for f in "$@"; do xmllint --html --noout "$f" 2>&1 | grep -v "Tag \(main\|section\|header\|footer\) invalid" | grep -q "error" && exit 1; done; true' _ "$state/log/own.html" "$state/log/evil.html"
for words in 'Phiếu kết quả kiểm tra chữ ký số' 'Người Ký (thử nghiệm)' 'Tổ chức cấp chứng thư' 'Cơ quan, tổ chức quản lý' 'Nội dung toàn vẹn' 'Chứng thư còn hiệu lực khi ký' "$(sha256sum <"$state/own.p7m" | cut -d' ' -f1)"; do
	if grep -qF "$words" "$state/log/own.html"; then good "it says: ${words:0:40}"; else not_good "it does not say: $words"; fi
done

#
# Many at once.
#
batch() { curl -sS -T "$1" -X POST -o "$state/log/answer" -w '%{http_code}' -H "Content-Type: ${2:-application/jsonl}" "${@:3}" "$api/v1/verify/batch"; }
python3 tests/flow/verify_batch.py make "$state" "$short" || die "lines and zips"
is "lines, hostile ones among them" "$(batch "$state/lines.jsonl")" 200
holds "each is answered as it deserves, in its order" python3 tests/flow/verify_batch.py check "$state/lines.want" "$state/log/answer"
is "brief: of a permit what identifies it, no holder" "$(jq -c 'select(.name == "permit") | [.number, .kind, .answer.id, has("permit"), has("signatures")]' "$state/log/answer")" '["000912/HGI-GPHN","practitioner","in-force",false,false]'
is "whole reports" "$(curl -sS -T "$state/lines.jsonl" -X POST -o "$state/log/answer" -w '%{http_code}' -H 'Content-Type: application/x-ndjson' "$api/v1/verify/batch?full=1")" 200
is "have the permit" "$(jq -c 'select(.name == "permit") | .permit.number' "$state/log/answer")" '"000912/HGI-GPHN"'
is "files in a zip, hostile ones among them" "$(batch "$state/files.zip" application/zip)" 200
holds "each is answered by its name" python3 tests/flow/verify_batch.py check "$state/files.want" "$state/log/answer"
is "in parts, as the body comes" "$(python3 tests/flow/verify_batch.py slowly "$host" "$state/lines.jsonl" "$state/log/answer")" 200
holds "the same" python3 tests/flow/verify_batch.py check "$state/lines.want" "$state/log/answer"
is "a thousand documents" "$(batch "$state/thousand.jsonl")" 200
is "all of them judged" "$(jq -c '[.status, .verdict]' "$state/log/answer" | sort | uniq -c | tr -s ' ')" ' 1000 [200,"TOTAL-PASSED"]'
while IFS='|' read -r name status file type; do
	is "$name" "$(batch "$state/$file" "$type")" "$status"
done <<ROWS
nothing|400|empty|application/jsonl
blank lines alone|400|blank|application/jsonl
a zip of nothing|400|empty.zip|application/zip
no zip|400|lines.jsonl|application/zip
a zip cut off|400|cut.zip|application/zip
a zip too large|413|large.zip|application/zip
another type|415|lines.jsonl|text/plain
ROWS
is "and the next is served" "$(judged "$state/permit.xml")$(jq -r .verdict "$state/log/answer")" 200TOTAL-PASSED

sound
[ "$bad" -eq 0 ]

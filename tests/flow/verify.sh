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

# Another authority of our own making, and the list that names it, signed by this root.
(
	mkdir -p "$state/government" && cd "$state/government" || exit 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout ca.key -out ca.crt -days 30 -subj "/CN=Government root (fictitious)" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout signer.key -out signer.csr -subj "/CN=An official elsewhere (fictitious)"
	printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >leaf.ext
	openssl x509 -req -in signer.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile leaf.ext -out signer.crt
	printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n' >ca.conf
	: >index && echo 01 >number
	openssl ca -config ca.conf -gencrl -keyfile ca.key -cert ca.crt -crldays 7 -out "$state/trust/government.crl"
) >"$state/log/government" 2>&1 || die "another authority: $(cat "$state/log/government")"
tiers() {	# VERSION UNTIL: list-VERSION.cms
	printf '{"version":%s,"until":"%s","tiers":[{"id":"government","vi":"chứng thực của Chính phủ (hư cấu)","en":"Government certification (fictitious)","fr":"la certification de l’État (fictive)","anchors":["%s"]}]}' \
		"$1" "$2" "$state/government/ca.crt" >"$state/list.json"
	office tiers sign "$state/list.json" --certificate "$state/ceremony/root.crt" --token root --pin-file "$state/pins/root.pin" --out "$state/list-$1.cms" --yes
}
until=$(date -u -d '+30 days' +%Y-%m-%dT%H:%M:%SZ)
mkdir -p "$state/tiers"
for version in 1 2 3; do tiers "$version" "$until" >/dev/null || die "the list of tiers"; done
cp "$state/list-2.cms" "$state/tiers/list.cms"
sed -i "/^\[antin-verifier\]/a tiers = $state/tiers/list.cms\ntiers_seen = $state/tiers/seen" "$state/antin.conf"
world_handed_over
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
is "altered" "$(judged "$state/altered.p7m")$(about)" '200["TOTAL-FAILED","HASH_FAILURE","CAdES",null,"foreign-failed","unknown",true]'
head -c 200 "$state/own.p7m" >"$state/short.p7m"
is "cut off" "$(judged "$state/short.p7m")$(jq -c '[.verdict, .sub, .answer.id]' "$state/log/answer")" '200["TOTAL-FAILED","FORMAT_FAILURE","foreign-failed"]'
is "the permit, as ever" "$(judged "$state/permit.xml")$(jq -c '[.verdict, .format, .answer.id, .register.known]' "$state/log/answer")" '200["TOTAL-PASSED",null,"in-force",true]'

#
# Under each tier.
#
openssl cms -sign -binary -cades -nodetach -md sha256 -in "$state/content" -signer "$state/government/signer.crt" -inkey "$state/government/signer.key" -outform DER -out "$state/government.p7m" || die "openssl does not sign"
under() { jq -c '[.verdict, .tier, .answer.id, [(.tiers // [])[] | .tier + ":" + (if .sub == "" then .verdict else .sub end)], .tier_list.version]' "$state/log/answer"; }
passes='["TOTAL-PASSED","government","other-tier",["own:NO_CERTIFICATE_CHAIN_FOUND","government:TOTAL-PASSED"],2]'
unknown='["INDETERMINATE",null,"issuer-unknown",[],null]'
is "another authority's: passed under its tier, unknown under ours" "$(judged "$state/government.p7m")$(under)" "200$passes"
is "its answer names the tier" "$(jq -r .answer.say.vi "$state/log/answer" | grep -c '^Chữ ký đúng theo chứng thực của Chính phủ (hư cấu)\.')" 1
is "ours: the reverse" "$(judged "$state/own.p7m")$(jq -c '[.tiers[] | .sub]' "$state/log/answer")" '200["","NO_CERTIFICATE_CHAIN_FOUND"]'
is "a permit has no tiers" "$(judged "$state/permit.xml")$(jq -c '[.verdict, has("tiers")]' "$state/log/answer")" '200["TOTAL-PASSED",false]'
is "which list was seen" "$(cat "$state/tiers/seen")" "2 $(sha256sum <"$state/list-2.cms" | cut -d' ' -f1)"
holds "openssl alone: the list is the root's" openssl cms -verify -binary -inform DER -in "$state/list-2.cms" -CAfile "$state/ceremony/root.crt" -purpose any -out "$state/list.seen"
is "and says so" "$(jq -c '[.antin, .version, .tiers[0].id]' "$state/list.seen")" '["tiers/1",2,"government"]'
list_check() { "$antin" tiers check "$1" --trust "$state/trust" "${@:2}" >"$state/log/list" 2>&1; echo "$?"; }
is "the command line takes it" "$(list_check "$state/list-2.cms" --seen "$state/tiers/cli")" 0
is "and a newer one" "$(list_check "$state/list-3.cms" --seen "$state/tiers/cli")" 0
is "and no older one then" "$(list_check "$state/list-2.cms" --seen "$state/tiers/cli")$(grep -c 'version 2, and 3 was seen' "$state/log/list")" 11
is "nor one that is over" "$(list_check "$state/list-3.cms" --at 2036-01-01T00:00:00Z)$(grep -c 'is over' "$state/log/list")" 11
openssl cms -sign -binary -nodetach -cades -md sha256 -in "$state/list.seen" -signer "$state/own.crt" -inkey "$state/own.key" -outform DER -out "$state/lied.cms"
is "nor an official's" "$(list_check "$state/lied.cms")$(grep -c 'not signed by an anchor' "$state/log/list")" 11
is "nor the bare text" "$(list_check "$state/list.seen")" 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$state/liar.key" -out "$state/liar.crt" -days 30 -subj $'/CN=Elsewhere (fictitious)\nversion 9' 2>/dev/null
sed "s|$state/government/ca.crt|$state/liar.crt|" "$state/list.json" >"$state/liar.json"
"$antin" tiers sign "$state/liar.json" --certificate "$state/ceremony/root.crt" --out "$state/liar.cms" --policy-folder "$policy_folder" </dev/null >"$state/log/shown" 2>&1
is "an anchor's name writes no line of what is shown before it is signed" "$(grep -c '^version' "$state/log/shown")$(grep -c 'Elsewhere (fictitious)?version 9$' "$state/log/shown")$(grep -c 'not signed' "$state/log/shown")" 111
verify_under() { "$antin" verify "$state/government.p7m" --trust "$state/trust" --policy-folder "$policy_folder" "$@" >"$state/log/verified" 2>&1; echo "$?"; }
is "antin verify, under the tier" "$(verify_under --tiers "$state/list-3.cms")" 0
is "and without" "$(verify_under)" 2
# follows LIST WHAT: how the daemon judges after it was started with that list
follows() {
	world_down
	cp "$1" "$state/tiers/list.cms"
	world_again
	judged "$state/government.p7m" >/dev/null
	is "$2" "$(under)" "$3"
}
follows "$state/list-1.cms" "started with an older list: without it" "$unknown"
is "the log says why" "$(grep -c 'version 1, and 2 was seen; foreign documents are judged without it' "$state/log/antin.log")" 1
follows "$state/lied.cms" "with an official's" "$unknown"
follows "$state/list-3.cms" "with a newer one" "${passes/,2]/,3]}"
is "and what was seen is that" "$(cut -d' ' -f1 "$state/tiers/seen")" 3

#
# Reports: as the schema says, signed by the service, with what was relied on, and on paper.
#
for what in permit.xml own.p7m government.p7m stranger.p7m altered.p7m short.p7m content; do
	curl -sS -o "$state/log/$what.json" --data-binary "@$state/$what" "$api/v1/verify?evidence=1&day=2026-12-24"
done
curl -sS -o "$state/report.schema.json" "$api/report.schema.json"
holds "python-jsonschema: reports are as the schema says" python3 tests/flow/report_schema.py "$state/report.schema.json" "$state"/log/*.{xml,p7m}.json "$state/log/content.json"
# Of every kind of document: strangers' containers, XML signatures and time stamps (the seeds of the fuzz targets).
mkdir "$state/log/seeds"
for what in tests/fuzz/{asic,cades,dsig,tst,permit}.in/*; do
	curl -sS -o "$state/log/seeds/$(basename "$(dirname "$what")")-$(basename "$what").json" --data-binary "@$what" "$api/v1/verify?evidence=1"
done
holds "of every kind of document, too" python3 tests/flow/report_schema.py "$state/report.schema.json" "$state"/log/seeds/*.json
holds "among them containers, each signature with its file" jq -se 'any(.[]; .files[0].signed_in[0] != null and .signatures[0].file != null)' "$state"/log/seeds/*.json
is "which policy" "$(jq -r .policy.sha256 "$state/log/own.p7m.json")" "$("$antin" policy check "$policy_folder" | sed 's/.*hash //')"
used() { jq -r "$1" "$state/log/own.p7m.json" | base64 -d; }
used '.signatures[0].used.path[0]' >"$state/used.crt"
used '.signatures[0].used.status[0].crl.octets' >"$state/used.crl"
is "openssl: the certificate that was used" "$(openssl x509 -in "$state/used.crt" -noout -fingerprint)" "$(openssl x509 -in "$state/own.crt" -noout -fingerprint)"
is "openssl: the CRL, by its hash" "$(sha256sum <"$state/used.crl" | cut -d' ' -f1)" "$(jq -r '.signatures[0].used.status[0].crl.sha256' "$state/log/own.p7m.json")"
holds "openssl: the CRL is the authority's" bash -c 'openssl crl -in "$1" -noout -CAfile "$2" 2>&1 | grep -q "verify OK"' _ "$state/used.crl" "$state/ceremony/issuing.crt"
is "not unless asked for" "$(judged "$state/own.p7m")$(jq '.signatures[0] | has("used")' "$state/log/answer")" 200false

# Its first day is its own, 15 June 2026, before which nobody is told that it holds.
while read -r day want; do
	is "in force on $day, by its code: $want" "$(curl -sS "$api/v1/codes/$short?day=$day" | jq -r '.in_force.answer')" "$want"
	is "the file, too" "$(curl -sS --data-binary "@$state/permit.xml" "$api/v1/verify?day=$day" | jq -r '.in_force.answer + " " + .signature')" "$want passed"
done <<DAYS
2026-06-14 unknown
2026-06-15 yes
2031-06-14 yes
2031-06-15 expired
DAYS
is "why not" "$(curl -sS "$api/v1/codes/$short?day=2026-06-14" | jq -r '[.answer.id, (.remarks[] | select(.en | test("before its first day")) | .en)] | @tsv')" "status-unknown	This permit does not take effect before its first day."

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
# Whoever sits in antin-api's place dates no judgement.
ask_signer() { python3 tests/flow/report_ask.py signer/proto.h "$state/run/antin-signer.api.sock" "$1" "$state/own.p7m"; }
is "the door of antin-api" "$(ask_signer '{"way":"file","day":"2026-12-24"}')" "antin-report"
is "a report of another time is not signed" "$(ask_signer '{"way":"file","at":"2026-01-01T00:00:00+07:00"}')" "refused input"
is "nor one of options that nobody knows" "$(ask_signer '{"way":"file","more":1}') $(ask_signer '[]') $(ask_signer 'x')" "refused input refused input refused input"
is "nothing to be signed" "$(curl -sS -o /dev/null -w '%{http_code}' -X POST "$api/v1/verify?signed=1")" 400

page() { curl -sS -D "$state/log/head" -o "$state/log/$2.html" -w '%{http_code} %{content_type}' --data-binary "@$1" "$api/v1/verify/page"; }
is "a page to print" "$(page "$state/own.p7m" own)" "200 text/html; charset=utf-8"
is "with a strict policy for its content" "$(tr -d '\r' <"$state/log/head" | grep -ci "^content-security-policy: default-src 'self'")" 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$state/evil.key" -out "$state/evil.crt" -days 30 -subj '/CN=<script>alert(1)<\/script>"&' \
	-addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature 2>/dev/null
openssl cms -sign -binary -cades -nodetach -md sha256 -in "$state/content" -signer "$state/evil.crt" -inkey "$state/evil.key" -outform DER -out "$state/evil.p7m"
is "a container" "$(page tests/fuzz/asic.in/asice-xades container)" "200 text/html; charset=utf-8"
is "its files, and where each is signed" "$(grep -c 'ban-ve.txt (SHA-256 e23873bca10ef0c47243d10aee131d73a462e0638c499d1eb93962c47ca00711): META-INF/signatures001.xml' "$state/log/container.html")" 1
is "a signer whose name is a script" "$(page "$state/evil.p7m" evil)" "200 text/html; charset=utf-8"
is "is a name" "$(grep -c '<script' "$state/log/evil.html") $(grep -c '&lt;script&gt;' "$state/log/evil.html")" "0 2"
holds "well-formed" bash -c 'for f in "$@"; do xmllint --html --noout "$f" 2>&1 | grep -v "Tag \(main\|section\|header\|footer\) invalid" | grep -q "error" && exit 1; done; true' _ "$state/log/own.html" "$state/log/evil.html"
for words in 'Phiếu kết quả kiểm tra chữ ký số' 'Người Ký (thử nghiệm)' 'Tổ chức cấp chứng thư' 'Cơ quan, tổ chức quản lý' 'Nội dung toàn vẹn' 'Chứng thư còn hiệu lực khi ký' "$(sha256sum <"$state/own.p7m" | cut -d' ' -f1)"; do
	if grep -qF "$words" "$state/log/own.html"; then good "it says: ${words:0:40}"; else not_good "it does not say: $words"; fi
done

# A form that is cut off behind its last word is refused, and not answered without its file.
part() { printf -- '--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' "$1" "$2"; }
form() { curl -sS -o "$state/log/answer" -w '%{http_code} %{content_type}' -H 'Content-Type: multipart/form-data; boundary=B' --data-binary @"$1" "$api/answer"; }
{ part lang vi && part as '' && part day '' && part code "$short" && part file abc; } >"$state/form.cut"
{ cat "$state/form.cut" && printf -- '--B--'; } >"$state/form"
is "a whole form: the file, not the code" "$(form "$state/form") $(grep -c 'data-id="no-signature"' "$state/log/answer")" "200 text/html; charset=utf-8 1"
is "the same cut off" "$(form "$state/form.cut") $(grep -c 'data-id="refused"' "$state/log/answer")" "400 text/html; charset=utf-8 1"

# Only what is said of a permit is said for the day that was asked about.
for_day() { curl -sS -d "lang=en&day=2026-12-01&code=$1" "$api/answer" | grep -c 'class="for-day"'; }
is "a day that was asked about, of a permit, and of a code that is none" "$(for_day "$short") $(for_day AAAA-BBBB)" "1 0"

#
# Many at once.
#
batch() { curl -sS -T "$1" -X POST -o "$state/log/answer" -w '%{http_code}' -H "Content-Type: ${2:-application/jsonl}" "${@:3}" "$api/v1/verify/batch"; }
python3 tests/flow/verify_batch.py make "$state" "$short" || die "lines and zips"
is "lines, hostile ones among them" "$(batch "$state/lines.jsonl")" 200
holds "each is answered as it deserves, in its order" python3 tests/flow/verify_batch.py check "$state/lines.want" "$state/log/answer"
is "brief: of a permit what identifies it, no holder" "$(jq -c 'select(.name == "permit") | [.number, .kind, .answer.id, has("permit"), has("signatures")]' "$state/log/answer")" '["000912/HGI-GPHN","practitioner","in-force",false,false]'
for day in 2026-12-01 2020-01-01; do
	is "a code on a day, as alone: $day" "$(jq -cS "select(.name == \"code on $day\") | .in_force | del(.as_of)" "$state/log/answer")" "$(curl -sS "$api/v1/codes/$short?day=$day" | jq -cS '.in_force | del(.as_of)')"
done
is "whole reports" "$(curl -sS -T "$state/lines.jsonl" -X POST -o "$state/log/answer" -w '%{http_code}' -H 'Content-Type: application/x-ndjson' "$api/v1/verify/batch?full=1")" 200
is "have the permit" "$(jq -c 'select(.name == "permit") | .permit.number' "$state/log/answer")" '"000912/HGI-GPHN"'
is "files in a zip, hostile ones among them" "$(batch "$state/files.zip" application/zip)" 200
holds "each is answered by its name" python3 tests/flow/verify_batch.py check "$state/files.want" "$state/log/answer"
is "in parts, as the body comes" "$(python3 tests/flow/verify_batch.py slowly "$host" "$state/lines.jsonl" "$state/log/answer")" 200
holds "the same" python3 tests/flow/verify_batch.py check "$state/lines.want" "$state/log/answer"
is "a thousand documents" "$(batch "$state/thousand.jsonl")" 200
is "all of them judged" "$(jq -c '[.status, .verdict]' "$state/log/answer" | sort | uniq -c | tr -s ' ')" ' 1000 [200,"TOTAL-PASSED"]'
example api/README.md verify >"$state/example.sh"
mkdir "$state/folder"
cp "$state/permit.xml" "$state/altered.p7m" "$state/folder/"
is "by the words of api/README.md" "$(sh "$state/example.sh" "$api" "$state/folder" | sort | tr '\t\n' ' ')" "altered.p7m TOTAL-FAILED foreign-failed permit.xml TOTAL-PASSED in-force "
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

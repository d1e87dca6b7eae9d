#!/usr/bin/env bash
# The main job from one end to the other, and what other programs say of what
# came out of it.  usage: whole_way.sh BUILD
set -u
cd "$(dirname "$0")/../.."
build=$1
. tests/world.sh
./quickstart --once --built "$build" || exit 1
world_init "$build/demo" "$build"

say "Second opinions:"
openssl x509 -in "$state/trust/root.crt" -out "$state/root.pem"
openssl x509 -in "$state/ceremony/issuing.crt" -out "$state/issuing.pem"
openssl crl -inform DER -in "$state/public/crl/0.crl" -out "$state/issuing-crl.pem"
cat "$state/root.pem" "$state/issuing.pem" >"$state/chain.pem"

# Every XML signature of every permit, by xmlsec1.
ids='--id-attr:Id http://www.w3.org/2000/09/xmldsig#:Signature --id-attr:Id urn:antin:permit:1:content --id-attr:Id urn:antin:permit:1:issuance --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties'
for permit in "$state"/permits/*-0*.xml; do
	for signature in officer-1 seal; do
		# shellcheck disable=SC2086
		holds "xmlsec1: $signature of $(basename "$permit")" xmlsec1 --verify $ids --trusted-pem "$state/root.pem" --untrusted-pem "$state/issuing.pem" \
			--node-xpath "//*[local-name()='Signature'][@Id='$signature']" "$permit"
	done
done
# shellcheck disable=SC2086
refuses "xmlsec1 refuses the altered permit" "SignedInfo References (ok/all): 0/1" xmlsec1 --verify $ids --trusted-pem "$state/root.pem" --untrusted-pem "$state/issuing.pem" \
	--node-xpath "//*[local-name()='Signature'][@Id='seal']" "$state/altered.xml"

# Certificates and CRLs, by OpenSSL and GnuTLS.
openssl x509 -inform DER -in "$state/desk/certificates/CB-000012.crt" -out "$state/clerk.pem"
openssl x509 -inform DER -in "$state/desk/certificates/CB-000011.crt" -out "$state/officer.pem"
holds "openssl: the clerk's certificate" openssl verify -crl_check -CAfile "$state/root.pem" -untrusted "$state/issuing.pem" -CRLfile "$state/issuing-crl.pem" "$state/clerk.pem"
refuses "openssl: the officer's certificate is revoked" "certificate revoked" openssl verify -crl_check -CAfile "$state/root.pem" -untrusted "$state/issuing.pem" -CRLfile "$state/issuing-crl.pem" "$state/officer.pem"
holds "certtool: the clerk's certificate and its chain" bash -c 'cat "$1" "$2" "$3" | certtool --verify-chain' _ "$state/clerk.pem" "$state/issuing.pem" "$state/root.pem"
holds "certtool: the CRL" certtool --verify-crl --load-ca-certificate "$state/issuing.pem" --infile "$state/issuing-crl.pem"

# An order as it is kept, by OpenSSL, at the time it was given.
register_hex cms "FROM order_accepted WHERE verb = 'permit.seal' LIMIT 1" | xxd -r -p >"$state/order.cms"
holds "openssl cms: the clerk's order" openssl cms -verify -inform DER -in "$state/order.cms" -CAfile "$state/chain.pem" -purpose any -out "$state/order.json"
holds "the order is what it says" grep -q '"verb":"permit.seal"' "$state/order.json"

# A time stamp from the permit, by OpenSSL.
python3 - "$state/permits/gpxd-01.xml" "$state" <<'PY'
import base64, re, sys
text = open(sys.argv[1]).read()
token = re.search(r'EncapsulatedTimeStamp[^>]*>([^<]+)<', text).group(1)
open(sys.argv[2] + '/token.der', 'wb').write(base64.b64decode(token))
PY
holds "openssl ts: the time stamp's token" openssl ts -reply -token_in -in "$state/token.der" -text
digest=$(openssl ts -reply -token_in -in "$state/token.der" -text 2>/dev/null | awk '/Message data:/ { f = 1; next } /Serial number/ { f = 0 } f { print substr($0, index($0, " - ") + 3, 47) }' | tr -d ' \n-')
holds "openssl ts -verify: signature and path" openssl ts -verify -token_in -in "$state/token.der" -digest "$digest" -CAfile "$state/chain.pem"

# The page, in a browser, against the same authority.
if [ -d tests/page ] && command -v node >/dev/null; then
	page_tools
	world_again
	code=$("$antin" permit list --state issued --api "$api" --api-key-file "$state/desk/program.key" | head -1 | awk '{print $5}')
	holds "what agencies make public, in a browser" node tests/page/gazette_test.mjs "$api" H99.31.07
	holds "and what they hold back" python3 tests/flow/made_public.py "$api" tests/data/permits.json policy/kinds
	holds "the page" node tests/page/page_test.mjs "$api" "$state/permits/gpxd-02.xml" "$state/altered.xml" "$code"
	grep -E '^(ok|not ok)' "$state/log/last" | sed 's/^/      /'
	world_down
fi

# The examples of FORMATS.md that ask a running service; and its reports.
sed -i 's/^report_every = .*/report_every = 2/' "$state/antin.conf"
rm -rf "$state/copy" && mkdir "$state/copy"
world_again
code=$("$antin" permit list --state issued --api "$api" --api-key-file "$state/desk/program.key" | head -1 | awk '{print $5}')
curl -sS -o "$state/sheet.html" "$api/v1/permits/$code/sheet"
holds "the examples of FORMATS.md" python3 tests/policy/formats.py policy/FORMATS.md "$host" "$(cat "$state/desk/certificates/CB-000011.serial")" "$state/chain.pem" "$state/sheet.html"
for _ in $(seq 600); do [ -e "$state/public/report/index.html" ] && break; sleep 0.1; done
holds "the site lists the reports" bash -c 'curl -sSf "$1/report/" | grep -q "permits.html" && curl -sSfI "$1/report/permits.csv" | grep -qi "text/csv"' _ "$api"
if [ -d tests/page/node_modules ]; then holds "the reports in a browser" node tests/page/report_test.mjs "$api"; fi
"$antin" report publications --tiles "$state/public" --policy policy --json >"$state/deadlines.json"
holds "construction permits and the decisions about them, by their kind's rule" jq -e '.deadlines | length > 0 and all(.kind == "construction" and .within == 5 and .in_time > 0 and .late == 0)' "$state/deadlines.json"
refuses "deadlines go to no folder" "writes none" "$antin" report publications --tiles "$state/public" --policy policy --out "$state/deadlines"
refuses "another report has no deadline" "publications" "$antin" report permits --tiles "$state/public" --policy policy
refuses "and no other file there" "404" curl -sSf "$api/report/../checkpoint2"
world_down

# Everything made again from the tiles alone, in another folder: by antin, and by
# a program that knows only FORMATS.md.
cp -r "$state/public/checkpoint" "$state/public/log.vkey" "$state/public/tile" "$state/copy/"
for spec in on-time permits certificates orders numbers publications; do
	size=$(sed -n 's/^size,//p' "$state/public/report/$spec.csv")
	"$antin" report "$spec" --size "$size" --tiles "$state/copy" --key "$state/trust/log.vkey" --out "$state/again" >"$state/log/again" 2>&1
	for form in csv json html; do holds "antin report $spec: the same $form" cmp "$state/public/report/$spec.$form" "$state/again/$spec.$form"; done
done
holds "antin report crl" "$antin" report crl --tiles "$state/copy" --issuer "$state/ceremony/issuing.crt" --out "$state/again"
holds "its octets are the signed ones" python3 -c 'import sys; a, b = (open(f, "rb").read() for f in sys.argv[1:]); sys.exit(a not in b)' "$state/again/crl.tbs" "$state/public/crl/0.crl"
holds "antin report status" "$antin" report status --tiles "$state/copy" --issuer "$state/ceremony/service.crt" --uri "$(sed -n 's/^status_uri = //p' "$state/antin.conf")" --out "$state/again"
refuses "another issuer's CRL it is not" "says was signed" "$antin" report crl --tiles "$state/copy" --issuer "$state/trust/root.crt"
refuses "another log's key" "the note is not signed by" "$antin" report permits --tiles "$state/copy" --key xacthuc.hoagiang.example/register+da89c5e4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4
openssl x509 -in "$state/ceremony/issuing.crt" -outform DER -out "$state/issuing.der"
if command -v node >/dev/null; then
	holds "node: the CRL, OCSP and three reports" node tests/register/recompute.mjs "$state/copy" "$state/trust/log.vkey" "$state/issuing.der" "$state/public/crl/0.crl" "$state/public/report/permits.csv" "$state/public/report/on-time.csv" "$state/public/report/publications.csv" "$state/public/ocsp"
	sed 's/,1,0,1$/,1,0,0/; s/,2,0,1$/,2,0,0/' "$state/public/report/permits.csv" >"$state/copy/permits.csv"
	refuses "node: a report with a withdrawal less" "not ok the report permits" node tests/register/recompute.mjs "$state/copy" "$state/trust/log.vkey" "$state/issuing.der" "$state/public/crl/0.crl" "$state/copy/permits.csv"
fi
find "$state/copy/tile/entries" -type f -size +1k -exec sh -c 'printf "\377" | dd of="$1" bs=1 seek=700 conv=notrunc 2>/dev/null' _ {} \;
for spec in permits crl; do refuses "antin report $spec: one octet of an entry changed" "are not the beginning of the log" "$antin" report "$spec" --tiles "$state/copy" --issuer "$state/ceremony/issuing.crt"; done
sound
[ "$bad" -eq 0 ]

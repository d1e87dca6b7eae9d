#!/usr/bin/env bash
# Containers (ASiC-S, ASiC-E) of the sample permits by other programs alone, judged by antin verify,
# and mutated ones refused (asic.py); time stamps by openssl as documents.
# usage: asic.sh BUILD
set -u
cd "$(dirname "$0")/../.."
antin=$(realpath "$1")/bin/antin
home=$PWD
dir=$(mktemp -d) || exit 70
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 70
bad=0

# want NAME CODE WORD COMMAND...: its exit code, and a word of its answer.
want() {
	name=$1 code=$2 word=$3
	shift 3
	said=$("$@" 2>&1)
	got=$?
	if [ "$got" = "$code" ] && printf '%s' "$said" | grep -q -- "$word"; then echo "  $name"; else
		echo "asic: $name: exit $got where $code is wanted: $said"
		bad=1
	fi
}

leaf() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1 (fictitious)"
	printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n%s\n' "$2" >leaf.ext
	openssl x509 -req -in "$1.csr" -CA trust/ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile leaf.ext -out "$1.crt"
}

{
	mkdir trust evidence
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out trust/ca.crt -days 30 -subj "/CN=CA (fictitious)" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
	leaf signer ""
	leaf tsa extendedKeyUsage=critical,timeStamping
	printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n' >ca.conf
	: >index && echo 01 >number
	openssl ca -config ca.conf -gencrl -keyfile ca.key -cert trust/ca.crt -crldays 7 -out evidence/ca.crl
	printf '[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_digest=sha256\ndefault_policy=2.25.1\ndigests=sha256\ness_cert_id_alg=sha256\n' >ts.conf
	printf 'Don de nghi (fictitious)\n' >content && printf 'Something else\n' >other
	openssl ts -query -data content -sha256 -cert -out q.tsq
	openssl ts -reply -config ts.conf -queryfile q.tsq -signer tsa.crt -inkey tsa.key -out r.tsr
	openssl ts -reply -in r.tsr -token_out -out r.tst
	{ cat r.tst && printf x; } >longer.tst
} >made 2>&1 || { cat made; exit 1; }

openssl ts -verify -data content -in r.tsr -CAfile trust/ca.crt >/dev/null 2>&1 || { echo "asic: openssl does not take its own time stamp"; bad=1; }
verify="$antin verify --trust trust --evidence evidence"
want "a time stamp" 0 "TOTAL-PASSED" $verify --content content r.tst
want "its proof in the report" 0 '"proof": *"time-stamp"' $verify --json --content content r.tst
want "the content's digest in the report" 0 "$(openssl dgst -sha256 -r content | cut -d' ' -f1)" $verify --json --content content r.tst
want "a whole response" 0 "RFC 3161" $verify --content content r.tsr
want "of what?" 2 SIGNED_DATA_NOT_FOUND $verify r.tst
want "of something else" 1 HASH_FAILURE $verify --content other r.tst
want "an octet more" 1 FORMAT_FAILURE $verify --content content longer.tst
want "without revocation data" 2 TRY_LATER "$antin" verify --trust trust --content content r.tst
want "without an anchor" 2 NO_CERTIFICATE_CHAIN_FOUND "$antin" verify --evidence evidence --content content r.tst

case $(nm "$antin" 2>/dev/null) in *__asan_*) memory=no ;; *) memory=yes ;; esac
MEMORY=$memory python3 "$home/tests/flow/asic.py" "$antin" "$home/tests/data/permits.json" trust evidence signer || bad=1
exit $bad

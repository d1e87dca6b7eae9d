#!/usr/bin/env bash
# Containers (ASiC-S, ASiC-E) of the sample permits by other programs alone, judged by antin verify,
# and mutated ones refused (asic.py); time stamps by openssl as documents.
# usage: asic.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/foreign.sh
foreign_begin asic "$1"

{
	authority
	leaf signer ""
	leaf tsa extendedKeyUsage=critical,timeStamping
	status
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

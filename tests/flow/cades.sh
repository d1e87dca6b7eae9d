#!/usr/bin/env bash
# Foreign documents on the command line: CMS / CAdES by openssl, judged by antin verify;
# exit codes by the contract (0 passed, 1 failed or unsigned, 2 indeterminate).
# usage: cades.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/foreign.sh
foreign_begin cades "$1"

{
	authority
	leaf signer ""
	leaf short "" rsa:1024
	leaf rsa "" rsa:2048
	status
	printf 'Don de nghi (fictitious)\n' >content && printf 'Something else\n' >other
	sign="openssl cms -sign -binary -in content -md sha256 -signer signer.crt -inkey signer.key"
	$sign -cades -nodetach -outform DER -out attached.p7m
	$sign -cades -outform PEM -out detached.pem
	$sign -nodetach -outform DER -out plain.p7m
	openssl cms -sign -binary -cades -nodetach -in content -md sha256 -signer short.crt -inkey short.key -outform DER -out short.p7m
	openssl cms -sign -binary -cades -nodetach -in content -md sha1 -signer signer.crt -inkey signer.key -outform DER -out sha1.p7m
	openssl cms -sign -binary -cades -nodetach -in content -md sha512 -signer signer.crt -inkey signer.key -outform DER -out sha512.p7m
	openssl cms -sign -binary -cades -nodetach -in content -md sha3-256 -signer rsa.crt -inkey rsa.key -outform DER -out sha3.p7m
	{ cat attached.p7m && printf x; } >longer.p7m
	openssl crl2pkcs7 -nocrl -certfile signer.crt -outform DER -out certificates.p7b
} >made 2>&1 || { cat made; exit 1; }

openssl cms -verify -binary -cades -inform DER -in attached.p7m -CAfile trust/ca.crt -purpose any -out /dev/null 2>/dev/null || { echo "cades: openssl does not take it"; bad=1; }
verify="$antin verify --trust trust --evidence evidence"
want "attached" 0 TOTAL-PASSED $verify attached.p7m
want "as JSON" 0 '"format": *"CAdES"' $verify --json attached.p7m
want "in force is not known" 2 "in_force: unknown" $verify attached.p7m --in-force
want "detached" 0 TOTAL-PASSED $verify --content content detached.pem
want "detached, nothing given" 2 SIGNED_DATA_NOT_FOUND $verify detached.pem
want "detached, another content" 1 HASH_FAILURE $verify --content other detached.pem
want "a content that is not there" 1 "cannot open missing" $verify --content missing detached.pem
want "without revocation data" 2 TRY_LATER "$antin" verify --trust trust attached.p7m
want "plain CMS" 2 NO_SIGNING_CERTIFICATE_FOUND $verify plain.p7m
want "an octet more" 1 FORMAT_FAILURE $verify longer.p7m
want "SHA-512" 0 TOTAL-PASSED $verify sha512.p7m
want "SHA-3" 0 TOTAL-PASSED $verify sha3.p7m
want "SHA-1, made today" 2 CRYPTO_CONSTRAINTS_FAILURE_NO_POE $verify sha1.p7m
want "RSA of 1024 bits, made today" 2 CRYPTO_CONSTRAINTS_FAILURE_NO_POE $verify short.p7m
want "certificates alone" 1 "no digital signature" $verify certificates.p7b
exit $bad

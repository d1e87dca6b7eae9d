#!/usr/bin/env bash
# Foreign documents on the command line: the samples signed by xadesjs (XAdES, enveloped and
# detached) and by xmlsec1 (plain XML-DSig, enveloping), ECDSA and RSA, judged by antin
# verify; then each of them altered in every way listed below, none of which may pass.
# Where xadesjs cannot be installed the flow is skipped.
# usage: foreign_xml.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/foreign.sh
(
	flock 9
	cd tests/opinion && { cmp -s package-lock.json node_modules/.lock || { npm ci --silent --no-audit --no-fund && cp package-lock.json node_modules/.lock; }; }
) 9>"${TMPDIR:-/tmp}/antin-opinion.lock" >/dev/null 2>&1
foreign_begin foreign_xml "$1"

fault() { echo "foreign_xml: $*"; bad=1; }
# gives CODE WORD FILE OPTION...: what antin verify answers.
gives() {
	code=$1 word=$2 file=$3
	shift 3
	said=$("$antin" verify --trust trust --evidence evidence "$@" "$file" 2>&1)
	got=$?
	{ [ "$got" = "$code" ] && printf '%s' "$said" | grep -q -- "$word"; } || fault "$file: exit $got where $code is wanted: $said"
}

{
	authority
	leaf ec ""
	leaf rsa "" rsa:2048
	status
} >made 2>&1 || { cat made; exit 1; }

node "$home/tests/flow/foreign_xml.mjs" . "$home/tests/data/permits.json"
by_node=$?
[ "$by_node" -eq 0 ] || [ "$by_node" -eq 77 ] || exit 1
for template in *.template; do
	[ -e "$template" ] || break
	key=${template##*-}
	key=${key%.template}
	xmlsec1 --sign --id-attr:Id Object --privkey-pem "$key.key,$key.crt" --output "${template%-"$key".template}-enveloping.xml" "$template" >>made 2>&1 || { cat made; exit 1; }
done
[ "$by_node" -eq 77 ] && { echo "foreign_xml: skipped"; exit 77; }

for json in *.json; do
	id=${json%.json}
	gives 0 TOTAL-PASSED "$id-enveloped.xml"
	gives 0 '"scope": *"full"' "$id-enveloped.xml" --json
	gives 0 '"format": *"XAdES"' "$id-enveloped.xml" --json
	gives 0 TOTAL-PASSED "$id-detached.xml" --content "$json"
	gives 2 SIGNED_DATA_NOT_FOUND "$id-detached.xml"
	gives 0 '"format": *"XML-DSig"' "$id-enveloping.xml" --json
	echo "  $id"
done
[ "$(ls ./*-enveloped.xml | wc -l)" -eq 12 ] || fault "not all twelve samples"

# alter NAME EXPRESSION FILE: a copy with the first match of a sed expression changed; says how when nothing was.
alter() {
	perl -0pe "$2" "$3" >altered.xml
	cmp -s altered.xml "$3" && fault "$3: $1 changes nothing"
	said=$("$antin" verify --trust trust --evidence evidence --content "${3%-*}.json" altered.xml 2>&1)
	case $? in 1 | 2) ;; *) fault "$3: $1 passes: $said" ;; esac
}
flip='sub f { my $t = shift; my $k = int(length($t) / 3); my $c = substr($t, $k, 1); substr($t, $k, 1) = $c eq "A" ? "B" : "A"; $t }'
for file in *-enveloped.xml *-detached.xml *-enveloping.xml; do
	alter "the digest" "$flip"' s/(<(?:\w+:)?DigestValue>)([^<]+)/$1.f($2)/e' "$file"
	alter "the value" "$flip"' s/(<(?:\w+:)?SignatureValue[^>]*>)([^<]+)/$1.f($2)/e' "$file"
	alter "the certificate" "$flip"' s/(<(?:\w+:)?X509Certificate>)([^<]+)/$1.f($2)/e' "$file"
	alter "the method" 's/#(rsa|ecdsa)-sha(\d+)/"#$1-sha" . ($2 == 256 ? 512 : 256)/e' "$file"
	alter "an element more" 's/(<\/(?:\w+:)?(?:giay|Signature)>\s*)$/<more xmlns="urn:evil">1<\/more>$1/' "$file"
	case $file in
	*-detached.xml) alter "the name" 's/\.json/.jsom/' "$file" ;;
	*) alter "a letter" 's/(<so_ky_hieu>)(.)/$1 . ($2 eq "1" ? "2" : "1")/e' "$file" ;;
	esac
	case $file in
	*-enveloping.xml) ;;
	*) alter "the time of signing" 's/(SigningTime>20)(\d)/$1 . (9 - $2)/e' "$file"
		alter "the properties' reference" 's/01903#SignedProperties/01903#Other/' "$file" ;;
	esac
done
for json in *.json; do
	id=${json%.json}
	mkdir -p "other/$id" && sed 's/so_ky_hieu":"./so_ky_hieu":"9/; s/id":"./id":"x/' "$json" >"other/$id/$json"
	gives 1 HASH_FAILURE "$id-detached.xml" --content "other/$id/$json"
done
exit $bad

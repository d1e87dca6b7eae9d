# For flows of foreign documents: an authority by openssl alone, in a folder of its own that
# goes with the flow; nothing of Antin but `antin verify`.
#
#	. tests/foreign.sh; foreign_begin NAME BUILD
# sets antin, home (this tree), dir and bad, and stands in dir.
# shellcheck shell=bash disable=SC2034

foreign_begin() {
	flow=$1
	antin=$(realpath "$2")/bin/antin
	home=$PWD
	dir=$(mktemp -d) || exit 70
	trap 'rm -rf "$dir"' EXIT
	cd "$dir" || exit 70
	bad=0
}

# want NAME CODE WORD COMMAND...: its exit code, and a word of its answer.
want() {
	local name=$1 code=$2 word=$3 said got
	shift 3
	said=$("$@" 2>&1)
	got=$?
	if [ "$got" = "$code" ] && printf '%s' "$said" | grep -q -- "$word"; then echo "  $name"; else
		echo "$flow: $name: exit $got where $code is wanted: $said"
		bad=1
	fi
}

# authority: trust/ca.crt with ca.key.  Afterwards people (leaf), then what was revoked of them (status).
authority() {
	mkdir trust evidence
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out trust/ca.crt -days 30 -subj "/CN=CA (fictitious)" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

# leaf NAME EXTENSION [KEY OPTION...]: NAME.crt, NAME.key; P-256 unless another kind of key is named.
leaf() {
	local name=$1 more=$2
	shift 2
	[ $# -gt 0 ] || set -- ec -pkeyopt ec_paramgen_curve:P-256
	openssl req -newkey "$@" -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name (fictitious)"
	printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n%s\n' "$more" >leaf.ext
	openssl x509 -req -in "$name.csr" -CA trust/ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile leaf.ext -out "$name.crt"
}

# status: evidence/ca.crl, with nobody on it.
status() {
	printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n' >ca.conf
	: >index && echo 01 >number
	openssl ca -config ca.conf -gencrl -keyfile ca.key -cert trust/ca.crt -crldays 7 -out evidence/ca.crl
}

#!/usr/bin/env bash
# Others' opinion of what the authorities of the flows made: every certificate
# and CRL in their registers, and what lies in their public folders, OCSP packs
# among it, and in people's.  Of a register on PostgreSQL, whose server is gone
# with its flow, the folders alone.
# usage: of_flows.sh BUILD     (when the flows are done)
set -u
build=$(cd "$1" && pwd) || exit 1
left=$build/left-by-flows
rm -rf "$left" && mkdir -p "$left"

# rows DATABASE TABLE EXTENSION: each row's der in a file
rows() {
	sqlite3 "file:$1?mode=ro" "SELECT hex(der) FROM $2 WHERE der IS NOT NULL" | {
		n=0
		while read -r hex; do
			n=$((n + 1))
			xxd -r -p <<<"$hex" >"$to/$2-$n.$3"
		done
	}
}

for ceremony in "$build"/*/ceremony/ceremony.cms; do
	state=$(dirname "$(dirname "$ceremony")")
	to=$left/$(basename "$state")
	mkdir -p "$to"
	cp "$state"/ceremony/*.crt "$state"/ceremony/*.crl "$to/"
	for folder in public/ca public/crl public/ocsp public/ocsp1 desk/certificates; do
		[ -d "$state/$folder" ] && mkdir -p "$to/$folder" && cp -r "$state/$folder/." "$to/$folder/"
	done
	if [ -e "$state/register/register.db" ]; then
		rows "$state/register/register.db" certificate crt
		rows "$state/register/register.db" crl crl
	fi
done
exec "$(dirname "$0")/ask.sh" "$left"

#!/usr/bin/env bash
# Others' opinion of what the authorities of the flows made: every certificate
# and CRL in their registers, what lies in their public folders, OCSP packs among
# it, and in people's, and the permits that were handed out last, with every later
# copy.  Of a register on PostgreSQL, whose server is gone with its flow, the
# folders alone.
# usage: of_flows.sh BUILD     (when the flows are done)
set -u
build=$(cd "$1" && pwd) || exit 1
left=$build/left-by-flows
rm -rf "$left" && mkdir -p "$left"

# rows DATABASE COLUMN "TABLE WHERE..." EXTENSION: that of each row in a file
rows() {
	sqlite3 "file:$1?mode=ro" "SELECT hex($2) FROM $3" | {
		n=0
		while read -r hex; do
			n=$((n + 1))
			xxd -r -p <<<"$hex" >"$to/${3%% *}-$n.$4"
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
		rows "$state/register/register.db" der "certificate WHERE der IS NOT NULL" crt
		rows "$state/register/register.db" der "crl WHERE der IS NOT NULL" crl
		rows "$state/register/register.db" sealed "permit WHERE sealed IS NOT NULL ORDER BY issued_entry DESC LIMIT 20" xml
		rows "$state/register/register.db" sealed permit_renewal xml
	fi
done
exec "$(dirname "$0")/ask.sh" "$left"

#!/bin/sh
# House rules over the tree: who may include whom, where foreign headers live,
# calls that are not made.  Prints each breach; exits 1 if there is one.
# usage: tests/house.sh [TREE]
set -u
cd "${1:-$(dirname "$0")/..}" || exit 70
breaches=0
breach() { echo "house: $*"; breaches=$((breaches + 1)); }

# Level of a file by its path; the most specific row wins.
level() {
	case $1 in
	base/*) echo 0 ;;
	policy/* | register/*) echo 1 ;;
	hsm/* | verifier/*) echo 2 ;;
	ca/* | signer/*) echo 3 ;;
	api/cli/* | api/agent/*) echo 5 ;;
	api/*) echo 4 ;;
	tests/*) echo 6 ;;
	*) echo 9 ;;
	esac
}

# Open to every level above: pure, linking nothing.
pure='register/merkle.h register/note.h register/log_policy.h register/witness_request.h register/log_key.h register/entry.h register/tile.h register/tile_cache.h register/tlog_proof.h
	register/prefix.h register/public_item.h register/list_entry.h register/report.h register/report_page.h'

# may_include FROM TO: is the include allowed?
may_include() {
	from=$1 to=$2
	[ "${from%%/*}" = "${to%%/*}" ] && [ "$(level "$from")" = "$(level "$to")" ] && return 0
	case $from in tests/*) return 0 ;; esac
	[ "$(level "$to")" -lt "$(level "$from")" ] || return 1
	case $from:$to in
	*:register/client.h)
		case $from in ca/* | signer/* | verifier/broker.* | verifier/gazette.* | verifier/known.* | verifier/main.c | api/cli/*) return 0 ;; esac
		return 1 ;;
	api/cli/*) return 0 ;;
	*:register/*)
		for p in $pure; do [ "$to" = "$p" ] && return 0; done
		return 1 ;;
	api/*:base/* | api/*:policy/* | api/*:*/proto.h | api/*:signer/tsa_proto.h) return 0 ;;
	api/*) return 1 ;;
	esac
	return 0
}

for file in $(git ls-files '*.c' '*.h'); do
	for to in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
		case $to in */*) ;; *) breach "$file includes \"$to\": spell it from the root"; continue ;; esac
		may_include "$file" "$to" || breach "$file may not include $to"
	done
done

# Homes of foreign headers: header, then the files that may include it.  A
# witness is another authority's program and keeps its memory apart; the courier
# and the command line ask different peers over HTTP; a measurement has
# libmicrohttpd alone as its limit.
homes() {
	cat <<-'EOF'
	libp11.h hsm/token.c hsm/module.c
	microhttpd.h base/http.c api/cli/bench_ocsp.c
	gnutls/gnutls.h base/tls.c
	gnutls/x509.h base/tls.c
	sqlite3.h register/store_sqlite.c register/witness_store.c
	qrencode.h api/qr.c
	libgfshare.h hsm/shares.c
	zip.h api/cli/archive.c verifier/container.c verifier/zipped.c
	curl/curl.h api/cli/http.c register/courier.c signer/outside_http.c
	libpq-fe.h register/store_postgres.c
	seccomp.h base/jail.c
	linux/landlock.h base/jail.c
	EOF
}
homes | while read -r header allowed; do
	for file in $(git grep -l "^#include <$header>" -- '*.c' '*.h' ':!tests'); do
		case " $allowed " in *" $file "*) ;; *) echo "$file includes <$header>, whose home is: ${allowed:-nowhere yet}" ;; esac
	done
done >/tmp/house.$$
while read -r line; do breach "$line"; done </tmp/house.$$
rm -f /tmp/house.$$

# A test asks tests/register/database.h for its database, and is run on both: it
# opens none by its own name, and none with a database's own library.
for file in $(git ls-files 'tests/*_test.c'); do
	grep -qE '\b(store_open|runner_new)\(' "$file" && ! grep -qE 'database_new|world_|office_' "$file" &&
		breach "$file opens a database that it did not ask tests/register/database.h for"
	grep -qE '<(sqlite3|libpq-fe)\.h>' "$file" && case $file in
	tests/signer/unaltered_test.c) ;;	# alters a file whose rows then take a server's place
	*) breach "$file knows one of the databases: tests/register/database.h does" ;;
	esac
	grep -q '[a-z/]register\.db"' "$file" && case $file in
	tests/signer/unaltered_test.c) ;;
	tests/register/restore_test.c) ;;	# a backup is a file, whatever it is of
	tests/register/store_postgres_test.c) ;;	# names alone
	tests/signer/erase_test.c) ;;	# the octets of a file
	*) breach "$file names a file as its database: a test runs on both" ;;
	esac
done

# Banned calls, with the files that are excepted and why.
banned() {
	cat <<-'EOF'
	\bsprintf( no bound
	\bstrcat( no bound
	\bgets( no bound
	\bstrtok( hidden state
	\bgmtime( shared buffer
	\blocaltime( shared buffer and the machine's zone
	\batoi( no errors; base/fault.c: tests only
	\balloca( a size that may be a peer's
	\bsystem( a shell
	\bpopen( a shell
	\brand( not random
	\btmpnam( a race
	pthread_cond_timedwait( waits by a clock that can be set back; pthread_cond_clockwait and clock_mono_in
	XML_PARSE_HUGE hostile sizes
	EOF
}
banned | while read -r call why; do
	git grep -nE -e "$(printf %s "$call" | sed 's/(/\\(/')" -- '*.c' '*.h' ':!tests' ':!base/fault.c' |
		sed "s|\$| -- banned: $why|"
done >/tmp/house.$$
while read -r line; do breach "$line"; done </tmp/house.$$
rm -f /tmp/house.$$

# Nothing outside is named: no include of another folder's internal.h, no
# function longer than a page and a half.
for file in $(git ls-files '*.c' ':!tests'); do
	awk -v f="$file" '
		/^[a-zA-Z_].*\)$|^[a-z_]+\(.*$/ { name = $0 }
		/^\{/ { start = NR }
		/^\}/ { if (start && NR - start > 80) printf "%s:%d: a function of %d lines: %s\n", f, start, NR - start, name; start = 0 }
	' "$file"
done >/tmp/house.$$
while read -r line; do breach "$line"; done </tmp/house.$$
rm -f /tmp/house.$$

[ "$breaches" -eq 0 ] && echo "house: in order" || exit 1

#!/usr/bin/env bash
# The flows, the drills of a lost register among them, with every register on a
# PostgreSQL server.  Left out: those that make a server of their own, and those
# that start no authority or sweep one with kills (tests/long/two_machines.sh).
# usage: flows_on_postgres.sh BUILD [FLOW...]     (beside it lies the build with
# fault points)
set -u
cd "$(dirname "$0")/../.."
build=$1
shift
server=$(mktemp /tmp/antin-server-XXXXXX)
trap 'tests/postgres.sh stop "$server"; rm -f "$server"' EXIT
tests/postgres.sh start "$server" || exit
socket=$(cat "$server")

# Those that go on with one another's authority share its database.
database_of() { if grep -q '"$build/demo"\|flow_goes_on' "tests/flow/$1.sh"; then echo demo; else echo "$1"; fi; }
sql() { psql -AtXq -h "$socket" -U antin -c "$1" postgres; }

if [ $# -eq 0 ]; then
	for flow in tests/flow/*.sh; do
		flow=$(basename "$flow" .sh)
		case $flow in postgres* | formats | kill_sweep) ;; *) set -- "$@" "$flow" ;; esac
	done
fi
rm -rf "$build/demo"	# of another database
failed=0
for flow in "$@"; do
	name=$(database_of "$flow")
	[ "$(sql "SELECT count(*) FROM pg_database WHERE datname = '$name'")" = 1 ] || sql "CREATE DATABASE $name" || exit 1
	echo "== $flow, on a server"
	ANTIN_SERVER="postgresql://antin@/$name?host=$socket" "tests/flow/$flow.sh" "$build" || { echo "NOT: $flow"; failed=1; }
	# A register beside the server would be one that was not asked for.
	find "$build" -maxdepth 3 -name register.db -path '*/register/*' -newer "$server" | grep . && failed=1
done
exit "$failed"

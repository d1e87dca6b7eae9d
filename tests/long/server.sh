#!/usr/bin/env bash
# The drills of a lost register, and of one lost under its witnesses, with the
# register on a PostgreSQL server.
# usage: server.sh BUILD     (beside it lies the build with fault points)
set -u
cd "$(dirname "$0")/../.."
server=$(mktemp /tmp/antin-server-XXXXXX)
trap 'tests/postgres.sh stop "$server"; rm -f "$server"' EXIT
tests/postgres.sh start "$server" || exit
socket=$(cat "$server")
failed=0
for flow in restore witnesses; do
	psql -AtXq -h "$socket" -U antin -c "CREATE DATABASE $flow" postgres || exit 1
	echo "== $flow, on a server"
	ANTIN_SERVER="postgresql://antin@/$flow?host=$socket" "tests/flow/$flow.sh" "$1" || failed=1
done
exit "$failed"

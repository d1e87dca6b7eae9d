#!/usr/bin/env bash
# The whole way with the register on PostgreSQL, over a socket and with a
# password: the same permits, the same log, nothing of the password anywhere.
# usage: postgres.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
build=$1
server=$(mktemp /tmp/antin-server-XXXXXX)
trap 'tests/postgres.sh stop "$server"; rm -f "$server"' EXIT
tests/postgres.sh start "$server" || exit
socket=$(cat "$server")
sql() { psql -AtXq -h "$socket" -U antin -c "$1" "${2:-postgres}"; }

# A user that must give a password, in a file that antin-register alone can read
# (the sixth of base/msg.h's callers).
password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
sql "SET password_encryption = 'scram-sha-256'; CREATE ROLE register LOGIN PASSWORD '$password'"
sql "CREATE DATABASE antin OWNER register"
{ echo 'local antin register scram-sha-256'; cat "$socket/data/pg_hba.conf"; } >"$socket/hba" && cat "$socket/hba" >"$socket/data/pg_hba.conf"
sql "SELECT pg_reload_conf()" >/dev/null
echo "*:*:antin:register:$password" >"$socket/pgpass"
chmod 600 "$socket/pgpass"
if [ "$(id -u)" -eq 0 ]; then chown 61005 "$socket/pgpass"; fi
export ANTIN_SERVER="postgresql://register@/antin?host=$socket&passfile=$socket/pgpass"
if psql -w -h "$socket" -U register -c 'SELECT 1' antin >/dev/null 2>&1; then not_good "the server let somebody in without the password"; fi

./quickstart --once --built "$build" || exit 1
world_init "$build/demo" "$build"

[ -e "$state/register/register.db" ] && not_good "there is a file, too" || good "no file: the register is on the server"
[ "$(sql "SELECT count(*) FROM permit WHERE state = 'issued'" antin)" -ge 10 ] && good "the permits are there" || not_good "the permits are not there"

# The server goes away under a working authority, and comes back.
world_again
# The demonstration has one approver, and nothing else that is ill.
alarms=$("$antin" doctor --config "$state/antin.conf" --json | jq -r '[.[] | select(.health == "ALARM") | .check] | join(",")')
[ "$alarms" = approvers ] && good "antin doctor reads the server" || not_good "antin doctor: $alarms"
before=$(sql 'SELECT size FROM log_head' antin)
sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'register'" >/dev/null
open_book H99.05 GPKT 0 7 && good "every connection ended: the next order was carried out" || not_good "an order after the connections had ended"
[ "$(sql 'SELECT size FROM log_head' antin)" -gt "$before" ] || not_good "the log did not grow"
grep -q 'the database is back' "$state/log/antin.log" && good "the log says so" || not_good "nobody said that the database was away"
world_down
sound

# Somebody with the server's rights changes one row.
sql "UPDATE permit SET holder = holder || '.' WHERE handle = (SELECT handle FROM permit ORDER BY handle LIMIT 1)" antin
"$antin" log fsck --database "$database" >"$state/log/fsck" 2>&1 && not_good "fsck did not see a changed row" || good "$(cat "$state/log/fsck")"
sql "UPDATE permit SET holder = left(holder, -1) WHERE handle = (SELECT handle FROM permit ORDER BY handle LIMIT 1)" antin

grep -rl "$password" "$state" >"$state/log/opinion" && not_good "the password stands in $(cat "$state/log/opinion")" || good "the password stands nowhere"

# Refused starts: a password in the name, a server that may lose what it has.
starts_not() {	# WHAT DATABASE SENTENCE
	sed "s|^database = .*|database = $2|" "$state/antin.conf" >"$state/refused.conf"
	refuses "$1" "$3" "$build/bin/antin-register" --config "$state/refused.conf"
}
starts_not "a password in the name" "postgresql://register:x@/antin?host=$socket" 'belongs into a password file'
starts_not "a host by its name" "postgresql://register@db.example/antin" 'give its address as hostaddr'
starts_not "the server is another" "postgresql://register@/nothing?host=$socket\\&passfile=$socket/pgpass" 'cannot reach the database'
sed -i 's/^fsync = on/fsync = off/' "$socket/data/postgresql.conf"
sql "SELECT pg_reload_conf()" >/dev/null
sleep 0.3
starts_not "a server that does not sync" "$(echo "$ANTIN_SERVER" | sed 's/&/\\\&/g')" 'fsync off'
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# Answers from a replica: a second antin-register that only reads, with its own
# antin-verifier and antin-api, on a database that follows the first by streaming.
# It answers as of a time that it names, orders nothing, and beyond its age
# answers nothing at all.
# usage: postgres_replica.sh BUILD
set -u
cd "$(dirname "$0")/../.."
build=$1
bin=/usr/lib/postgresql/15/bin
primary=$(mktemp /tmp/antin-server-XXXXXX)
copy= replica_up=
cleanup() {
	[ -n "$replica_up" ] && kill -TERM "$replica_up" 2>/dev/null && wait "$replica_up" 2>/dev/null
	world_down
	if [ -n "$copy" ]; then as_server "$bin/pg_ctl" -D "$copy/data" -m immediate -w stop >/dev/null 2>&1; rm -rf "$copy"; fi
	tests/postgres.sh stop "$primary"
	rm -f "$primary"
}
as_server() {
	if [ "$(id -u)" -ne 0 ]; then "$@"; return; fi
	setpriv --reuid "$(id -u postgres)" --regid "$(id -u postgres)" --clear-groups "$@"
}
tests/postgres.sh start "$primary" || exit
socket=$(cat "$primary")
. tests/world.sh
sql() { psql -AtXq -h "$socket" -U antin -c "$1" "${2:-antin}"; }
sql "CREATE DATABASE antin" postgres
export ANTIN_SERVER="postgresql://antin@/antin?host=$socket"
flow_begin replica "$build"
trap cleanup EXIT

world_begin
world_up
world_staff
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 1

# The copy: a base backup that follows.
copy=$(mktemp -d /tmp/antin-pg-XXXXXX)
chmod 755 "$copy"
if [ "$(id -u)" -eq 0 ]; then chown "$(id -u postgres)" "$copy"; fi
as_server "$bin/pg_basebackup" -D "$copy/data" -R -X stream -c fast -h "$socket" -U antin || die "the base backup"
as_server sed -i "s|^unix_socket_directories = .*|unix_socket_directories = '$copy'|" "$copy/data/postgresql.conf"
as_server "$bin/pg_ctl" -D "$copy/data" -l "$copy/log" -w -t 60 start >/dev/null || die "the replica"

mkdir -p "$state/replica/run" "$state/replica/public" "$state/replica/register"
replica_host=127.0.0.1:$(free_port)
{
	cat <<-EOF
	[up]
	processes = antin-register antin-verifier antin-api
	run = $state/replica/run
	uid_base = $uid_base
	folders = register=$state/replica/register register=$state/replica/public

	[antin-register]
	run = $state/replica/run
	uid_base = $uid_base
	state = $state/replica/register
	public = $state/replica/public
	origin = $origin
	database = postgresql://antin@/antin?host=$copy
	replica = yes
	age = 12
	vkey = $state/public/log.vkey

	[antin-verifier]
	run = $state/replica/run
	uid_base = $uid_base
	policy = $source_dir/policy
	trust = $state/trust
	public = $state/replica/public
	host = $replica_host

	[antin-api]
	run = $state/replica/run
	uid_base = $uid_base
	public = $state/replica/public
	listen = $replica_host
	host = $replica_host
	site = http://$replica_host
	EOF
} >"$state/replica.conf"
"$antin" up --config "$state/replica.conf" --ready-file "$state/replica/ready" >>"$state/log/replica.log" 2>&1 &
replica_up=$!
for _ in $(seq 300); do
	[ -e "$state/replica/ready" ] && break
	kill -0 "$replica_up" 2>/dev/null || { cat "$state/log/replica.log"; die "the replica's daemons did not start"; }
	sleep 0.1
done
there=http://$replica_host

handle=$(submit tests/data/permits.json gpxd-01 2>"$state/log/submit") || die "submitting"
sign "$handle" >"$state/log/sign" 2>&1 || die "signing"
seal "$handle" >"$state/log/seal" || die "sealing"
code=$(sql "SELECT short_code FROM permit WHERE state = 'issued'")
[ -n "$code" ] || die "no permit was issued"

ask() { curl -sS "$1/v1/codes/$code"; }
# eventually WHAT COMMAND...: within 15 seconds
eventually() {
	local what=$1
	shift
	for _ in $(seq 300); do "$@" && { good "$what"; return; }; sleep 0.2; done
	not_good "$what"
}
genuine_there() { ask "$there" >"$state/log/there.json"; jq -e '.verdict == "TOTAL-PASSED" and .in_force.answer == "yes"' "$state/log/there.json" >/dev/null; }
same_checkpoint() { cmp -s "$state/public/checkpoint" "$state/replica/public/checkpoint"; }
eventually "the permit is found on the replica, genuine and in force" genuine_there
eventually "the replica shows the checkpoint of the log" same_checkpoint
jq -e '.replica.size > 0 and (.replica.as_of | test("^20.*07:00$")) and .in_force.as_of == .replica.as_of' "$state/log/there.json" >/dev/null &&
	good "it says as of when, and of what size of the log: $(jq -c .replica "$state/log/there.json")" || not_good "as of when: $(jq -c '[.replica, .in_force]' "$state/log/there.json")"
ask "$api" | jq -e 'has("replica") | not' >/dev/null && good "the register itself answers of this moment" || not_good "the register itself says that it is a replica"
# Partial tiles of sizes that it never saw are not there; those it has are the same.
tiles=0
for file in $(cd "$state/replica/public" && find tile -type f); do
	tiles=$((tiles + 1))
	cmp -s "$state/public/$file" "$state/replica/public/$file" || not_good "$file differs"
done
[ "$tiles" -ge 2 ] && good "$tiles tiles, the same octets" || not_good "no tiles"

# It can do nothing but read.
status=$(curl -sS -o "$state/log/answer" -w '%{http_code}' -H "Authorization: Bearer $(cat "$state/desk/program.key")" -H "Idempotency-Key: r-$$" -d "{}" "$there/v1/permits")
[ "$status" -ge 500 ] && good "nothing can be handed in there: $status" || not_good "a submission there: $status"
psql -AtXq -h "$copy" -U antin -c "UPDATE permit SET holder = 'x'" antin >/dev/null 2>&1 && not_good "the replica can be written" || good "the replica's database refuses to be written"

# The stream stops: what is withdrawn now is not known there, and it says until when it knows.
as_server "$bin/pg_ctl" -D "$copy/data" -m immediate -w stop >/dev/null
as_server sed -i "s|^primary_conninfo|# primary_conninfo|" "$copy/data/postgresql.auto.conf"
as_server "$bin/pg_ctl" -D "$copy/data" -l "$copy/log" -w -t 60 start >/dev/null || die "the replica, cut off"
stopped=$(date +%s)
order_by clerk CB-000012 permit.withdraw "$handle" --reason "Thu hồi" --with "{\"decision\":\"9/QĐ-TN\"}" >/dev/null || die "withdrawing"
ask "$api" | jq -e '.in_force.answer == "withdrawn"' >/dev/null && good "withdrawn, says the register" || not_good "the register does not say withdrawn"
names_a_time() { ask "$there" >"$state/log/there.json"; jq -e 'has("replica")' "$state/log/there.json" >/dev/null; }
eventually "the replica, cut off, still answers" names_a_time
as_of=$(date -d "$(jq -r '.replica.as_of // "1970-01-01"' "$state/log/there.json")" +%s)
if [ "$as_of" -gt 0 ] && [ "$as_of" -le "$stopped" ]; then good "the replica, cut off, names a time before the withdrawal"; else not_good "as of: $(head -c 300 "$state/log/there.json")"; fi
silent() { ask "$there" >"$state/log/there.json"; jq -e '.case == "busy" and (has("verdict") | not)' "$state/log/there.json" >/dev/null; }
eventually "beyond its age it answers nothing" silent
grep -q 'this replica shows the register as of' "$state/log/replica.log" && good "its log says why" || not_good "its log does not say why"

# It comes back.
as_server "$bin/pg_ctl" -D "$copy/data" -m immediate -w stop >/dev/null
as_server sed -i "s|^# primary_conninfo|primary_conninfo|" "$copy/data/postgresql.auto.conf"
as_server "$bin/pg_ctl" -D "$copy/data" -l "$copy/log" -w -t 60 start >/dev/null || die "the replica, again"
withdrawn_there() { ask "$there" >"$state/log/there.json"; jq -e '.in_force.answer == "withdrawn"' "$state/log/there.json" >/dev/null; }
eventually "connected again, it says withdrawn" withdrawn_there
[ "$bad" -eq 0 ]

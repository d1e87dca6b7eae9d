#!/usr/bin/env bash
# Two machines' worth of daemons over one PostgreSQL whose standby follows
# synchronously: load on both; kill -9 of a register, then of the primary, whose
# standby is promoted.  What was acknowledged is there, no number is given
# twice, and the log has one history in both machines' folders.
# The machines are two sets of processes on this one; they share the tokens, as
# two hosts share a network HSM.
# usage: two_machines.sh BUILD
set -u
cd "$(dirname "$0")/../.."
build=$1
. tests/world.sh
server=$(mktemp /tmp/antin-server-XXXXXX)
pg=/usr/lib/postgresql/15/bin
bad=0 second_pid='' up2_pid='' loops=''
good() { say "ok $1"; }
not_good() { bad=$((bad + 1)); say "not ok $1"; }
expect() { if [ "$2" = "$3" ]; then good "$1"; else not_good "$1 ($2, not $3)"; fi; }
as_server() {
	if [ "$(id -u)" -ne 0 ]; then "$@"; else setpriv --reuid "$(id -u postgres)" --regid "$(id -g postgres)" --clear-groups "$@"; fi
}
finish() {
	# shellcheck disable=SC2086
	[ -n "$loops" ] && kill $loops 2>/dev/null
	[ -n "$up2_pid" ] && kill -TERM "$up2_pid" 2>/dev/null && wait "$up2_pid" 2>/dev/null
	world_down
	[ -d "$second/data" ] && as_server "$pg/pg_ctl" -D "$second/data" -m immediate -w stop >/dev/null 2>&1
	tests/postgres.sh stop "$server"
}

# The primary, its standby, and the role of the registers.
tests/postgres.sh start "$server" || exit
first=$(cat "$server")
second=$first/second
trap finish EXIT
sql() { psql -AtXq -h "$1" -U antin -c "$2" "${3:-antin}"; }
sql "$first" "CREATE ROLE register LOGIN IN ROLE pg_read_all_stats" postgres
sql "$first" "CREATE DATABASE antin OWNER register" postgres
mkdir "$second" && chmod 755 "$second"
if [ "$(id -u)" -eq 0 ]; then chown "$(id -u postgres):$(id -g postgres)" "$second"; fi
cd / && as_server "$pg/pg_basebackup" -c fast -h "$first" -U antin -D "$second/data" -R -d "host=$first user=antin application_name=second" >/dev/null || die "the standby's copy"
cd "$OLDPWD" || exit 1
sed -i "s|^unix_socket_directories = .*|unix_socket_directories = '$second'|" "$second/data/postgresql.conf"
as_server "$pg/pg_ctl" -D "$second/data" -l "$second/log" -w -t 60 start >/dev/null || die "the standby"
sql "$first" "ALTER SYSTEM SET synchronous_standby_names = 'second'"
sql "$first" "SELECT pg_reload_conf()" >/dev/null
for _ in $(seq 50); do [ "$(sql "$first" "SELECT sync_state FROM pg_stat_replication")" = sync ] && break; sleep 0.1; done
export ANTIN_SERVER="postgresql://register@/antin?host=$first,$second"

# Machine one: a whole authority.
world_init "$build/machines" "$build"
rm -rf "$state" && mkdir -p "$state"
world_init "$build/machines" "$build"
world_begin
sed -i "s|^database = .*|&\nstandby = nobody|" "$state/antin.conf"
"$build/bin/antin-register" --config "$state/antin.conf" >"$state/log/refused" 2>&1 && not_good "it started without its standby"
grep -q 'the standby nobody does not follow' "$state/log/refused" && good "without its standby: $(sed 's/.*refused: //' "$state/log/refused" | tail -1)" || not_good "$(cat "$state/log/refused")"
sed -i "s|^standby = .*|standby = second|" "$state/antin.conf"
world_up
certificate_of CB-000001 >/dev/null
certificate_of CB-000002 >/dev/null
service_certificate || die "the service signer's certificate"
register_program
enrol_person officer CB-000011 "Người Ký (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_person clerk CB-000012 "Văn Thư (thử nghiệm)" "Văn thư" H99 official
enrol_seals
appoint CB-000011 officer H99 "PHÓ CHỦ TỊCH" "KT."
appoint CB-000012 clerk H99 "Văn thư" ""
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 245

# Machine two: the same but for the tokens; its own sockets, folders, port.
host2=127.0.0.1:$(free_port)
api1=$api api2=http://$host2
mkdir -p "$state/run2" "$state/register2" "$state/public2" && chmod 711 "$state/run2"
for socket in "$state"/run/antin-hsm-*.sock; do ln -s "$socket" "$state/run2/"; done
sed -e "s|= $state/run\$|= $state/run2|; s|$state/register|$state/register2|; s|$state/public|$state/public2|g; s|^listen = .*|listen = $host2|" \
	-e 's/^processes = .*/processes = antin-register antin-verifier antin-ca antin-tsa antin-signer antin-api/' "$state/antin.conf" >"$state/antin2.conf"
"$antin" up --config "$state/antin2.conf" --ready-file "$state/ready2" >>"$state/log/antin2.log" 2>&1 &
up2_pid=$!
for _ in $(seq 300); do [ -e "$state/ready2" ] && break; kill -0 "$up2_pid" 2>/dev/null || break; sleep 0.1; done
[ -e "$state/ready2" ] || { tail -5 "$state/log/antin2.log"; die "machine two did not start"; }
good "two machines are running"

# Permits to seal, signed on either machine.
ready=24
submit_at() { "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$2" --api "$1" --api-key-file "$state/desk/program.key" 2>/dev/null; }
for i in $(seq $ready); do submit_at "$([ $((i % 2)) -eq 0 ] && echo "$api1" || echo "$api2")" "ready-$i" || die "a permit to seal"; done >"$state/ready-to-seal"
# shellcheck disable=SC2046
(api=$api2; sign $(head -$((ready / 2)) "$state/ready-to-seal") >/dev/null 2>&1) || die "signing on machine two"
# shellcheck disable=SC2046
sign $(tail -n +$((ready / 2 + 1)) "$state/ready-to-seal") >/dev/null 2>&1 || die "signing on machine one"

# A program that submits until it is told to stop, again with the same key until
# it is answered; what it was told is in its file.
submit_for_ever() {	# API NAME
	local i=0 handle tries
	while [ ! -e "$state/stop" ]; do
		i=$((i + 1)) tries=0
		until handle=$(submit_at "$1" "$2-$i"); do
			tries=$((tries + 1))
			echo "$2-$i" >>"$state/again-$2"
			[ "$tries" -lt 120 ] || { echo "$2-$i" >>"$state/gave-up"; return; }
			sleep 0.5
		done
		echo "$2-$i $handle" >>"$state/told-$2"
	done
}
for n in 1 2; do
	for each in a b; do
		eval "submit_for_ever \"\$api$n\" $n$each &"
		loops="$loops $!"
	done
done
seal_at() { (api=$1; shift; seal "$@") >>"$state/log/seals" 2>&1; }
seal_some() {	# FROM TO: the even ones on the one machine, the odd ones on the other, at once
	# shellcheck disable=SC2046
	seal_at "$api1" $(sed -n "$1,$2p" "$state/ready-to-seal" | sed -n 'n;p') & local one=$!
	# shellcheck disable=SC2046
	seal_at "$api2" $(sed -n "$1,$2p" "$state/ready-to-seal" | sed -n 'p;n') & wait $! "$one"
}
told() { cat "$state"/told-* 2>/dev/null | wc -l; }
grows() {	# WHAT: something is acknowledged on each machine from now on
	local before1 before2
	before1=$(cat "$state"/told-1* 2>/dev/null | wc -l) before2=$(cat "$state"/told-2* 2>/dev/null | wc -l)
	for _ in $(seq 400); do
		[ "$(cat "$state"/told-1* 2>/dev/null | wc -l)" -gt $((before1 + 4)) ] && [ "$(cat "$state"/told-2* 2>/dev/null | wc -l)" -gt $((before2 + 4)) ] && { good "$1"; return; }
		sleep 0.1
	done
	not_good "$1"
}
register_of() { pgrep -f "antin-register --config $state/$1 " | head -1; }

grows "both machines take submissions"
seal_some 1 8
kill -9 "$(register_of antin.conf)"
grows "a register was killed: both machines go on"
seal_some 9 16
kill -9 "$(register_of antin2.conf)"
seal_some 17 20
grows "the other register was killed: both machines go on"

# The primary, with everything that it runs.
pm=$(head -1 "$first/data/postmaster.pid")
# shellcheck disable=SC2046
kill -9 "$pm" $(ps -o pid= --ppid "$pm")
was=$(told)
sleep 1
as_server "$pg/pg_ctl" -D "$second/data" -w promote >/dev/null || die "promoting the standby"
grows "the primary was killed and the standby promoted: both machines go on"
seal_some 21 $ready
touch "$state/stop"
# shellcheck disable=SC2086
wait $loops
loops=
# An order whose answer was lost is given again for what it left.
for _ in $(seq 20); do
	left=$(sql "$second" "SELECT encode(handle, 'hex') FROM permit WHERE state = 'signed'")
	[ -z "$left" ] && [ "$(sql "$second" "SELECT count(*) FROM permit WHERE state = 'sealing'")" = 0 ] && break
	# shellcheck disable=SC2086
	[ -n "$left" ] && seal_at "$api1" $left
	sleep 1
done

# Both folders reach the end of the log.
size=$(sql "$second" "SELECT size FROM log_head")
for _ in $(seq 100); do
	size=$(sql "$second" "SELECT size FROM log_head")
	[ "$(sed -n 2p "$state/public/checkpoint")" = "$size" ] && [ "$(sed -n 2p "$state/public2/checkpoint")" = "$size" ] && break
	sleep 0.1
done
kill -TERM "$up2_pid"; wait "$up2_pid" 2>/dev/null; up2_pid=
world_down
say "   $(told) submissions acknowledged, $was before the primary went; $(cat "$state"/again-* 2>/dev/null | wc -l) asked again"

[ -e "$state/gave-up" ] && not_good "never answered: $(cat "$state/gave-up")"
missing=0
while read -r key handle; do
	[ "$(sql "$second" "SELECT count(*) FROM submission WHERE key = '$key' AND handle = '\\x$handle'")" = 1 ] || { missing=$((missing + 1)); say "   lost: $key $handle"; }
done < <(cat "$state"/told-*)
expect "every submission that was acknowledged is there, with the handle that was told" "$missing" 0
expect "no key made two drafts" "$(sql "$second" "SELECT count(*) FROM submission")" "$(sql "$second" "SELECT count(*) FROM permit")"
expect "every permit that was to be sealed is issued" "$(sql "$second" "SELECT count(*) FROM permit WHERE state = 'issued'")" "$ready"
expect "their numbers are $ready, one after the other" "$(sql "$second" "SELECT string_agg(n::text, ' ' ORDER BY n) FROM (SELECT split_part(number, '/', 1)::int AS n FROM permit WHERE number IS NOT NULL) x")" "$(seq -s ' ' 245 $((245 + ready - 1)))"
expect "CRL numbers rise with the log" "$(sql "$second" "SELECT count(*) FROM (SELECT number <= lag(number) OVER (ORDER BY entry) AS falls FROM crl) x WHERE falls")" 0
expect "as do those of status lists" "$(sql "$second" "SELECT count(*) FROM (SELECT number <= lag(number) OVER (ORDER BY entry) AS falls FROM status_list) x WHERE falls")" 0
for folder in public public2; do
	if "$antin" log fsck --database "postgresql://register@/antin?host=$second" --public "$state/$folder" >"$state/log/fsck" 2>&1; then good "$folder: $(cat "$state/log/fsck")"; else not_good "$folder: $(cat "$state/log/fsck")"; fi
done
expect "both folders show one checkpoint" "$(cmp "$state/public/checkpoint" "$state/public2/checkpoint" && echo same)" same
[ "$bad" -eq 0 ]

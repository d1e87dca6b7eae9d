#!/usr/bin/env bash
# Two machines and two servers, each in a network of its own: under load the
# cable of the one or the other is cut and mended; the primary is cut off for
# good and its standby promoted.  The servers speak TLS; one that shows another
# authority's certificate is refused.
# usage: cut_cables.sh BUILD
set -u
cd "$(dirname "$0")/../.."
if [ "$(id -u)" -ne 0 ] || ! ip netns add antin-try 2>/dev/null; then
	echo "network namespaces are for root"
	exit 77
fi
ip netns del antin-try
. tests/world.sh
. tests/machines.sh
net_up
machines_servers
machines_up "$1" cables

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -out "$state/other.crt" -days 30 -subj "/CN=servers" 2>/dev/null
mkdir "$state/run3"
sed "s|sslrootcert=.*|sslrootcert=$state/other.crt|; s|$state/run2|$state/run3|" "$state/antin2.conf" >"$state/other.conf"
timeout 60 "$build/bin/antin-register" --config "$state/other.conf" >"$state/log/refused" 2>&1
expect "a server that another authority vouches for is refused" "$(grep -c 'certificate verify failed' "$state/log/refused")" 1
tail -1 "$state/log/refused" | sed 's/^/   /'

load_begin 20
grows "both machines take submissions and requests" 1 2
seal_some 1 4
unplug m
grows "machine two is cut off: machine one goes on" 1
plug m
grows "its cable is back: both go on" 1 2

# The machine whose register publishes is cut off: the other one takes over.
leader() { sql "$first" "SELECT client_addr FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND classid = 1"; }
for _ in $(seq 10); do [ "$(leader)" = 10.77.0.4 ] && break; kill -9 "$(daemon_of antin.conf antin-register)"; sleep 3; done
expect "machine two publishes" "$(leader)" 10.77.0.4
unplug m
sleep 2
size=$(sed -n 2p "$state/public/checkpoint")
for _ in $(seq 300); do [ "$(sed -n 2p "$state/public/checkpoint")" -gt "$size" ] && break; sleep 0.1; done
expect "it is cut off: machine one publishes" "$(($(sed -n 2p "$state/public/checkpoint") > size))" 1
plug m
grows "its cable is back: both go on" 1 2
seal_some 5 8
unplug s
rests "the standby is cut off: nothing is acknowledged that is not on two disks" 8
plug s
grows "its cable is back: both go on" 1 2
seal_some 9 12
unplug p
rests "the primary is cut off: nothing is acknowledged" 40
plug p
grows "its cable is back: both go on" 1 2
seal_some 13 16
unplug p
sleep 3
server_at s "$pg/pg_ctl" -D "$second/data" -w promote >/dev/null || die "promoting the standby"
head_of=$second
# It is turned off before its cable is back, as whoever promotes must.
as_server "$pg/pg_ctl" -D "$primary/data" -m immediate -w stop >/dev/null
grows "the primary is cut off for good and the standby promoted: both go on" 1 2
plug p
seal_some 17 "$ready"
load_end
machines_judge
[ "$bad" -eq 0 ]

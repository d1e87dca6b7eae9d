#!/usr/bin/env bash
# Two machines under load while the primary's disk fills up to the last octet, is
# freed again, and once more; the server is started again where it stopped.
# usage: full_disks.sh BUILD
set -u
cd "$(dirname "$0")/../.."
if [ "$(id -u)" -ne 0 ]; then
	echo "a disk of its own is for root"
	exit 77
fi
. tests/world.sh
. tests/machines.sh
disk=400
machines_servers
machines_up "$1" disks
fill() { dd if=/dev/zero of="$primary/filler" bs=1M 2>/dev/null; dd if=/dev/zero of="$primary/filler2" bs=512 2>/dev/null; true; }
free() {
	rm -f "$primary/filler" "$primary/filler2"
	server_at p "$pg/pg_ctl" -D "$primary/data" status >/dev/null || server_at p "$pg/pg_ctl" -D "$primary/data" -l "$first/log" -w -t 60 start >/dev/null || die "starting the primary again"
}

load_begin 8
grows "both machines take submissions and requests" 1 2
for round in 1 2; do
	fill
	was=$(told)
	for _ in $(seq 60); do n=$(told); sleep 3; [ "$(told)" = "$n" ] && break; done
	good "round $round: the disk is full after $(($(told) - was)) more acknowledgements; $(grep -c 'No space left' "$first/log") times the server said so"
	[ "$round" = 2 ] || seal_some 1 4
	sleep 5
	free
	grows "there is room again: both machines go on" 1 2
done
seal_some 5 "$ready"
load_end
machines_judge
expect "the server had been at its end" "$([ "$(grep -c 'No space left' "$first/log")" -gt 0 ] && echo yes)" yes
[ "$bad" -eq 0 ]

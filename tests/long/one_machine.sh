#!/usr/bin/env bash
# One machine over a file, under load: kill -9 of each daemon; and its disk, with
# everything that it has, fills up to the last octet and is freed again.
# usage: one_machine.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
. tests/machines.sh
machines=1
small=no
# A disk of its own is for root.
on_files() {
	[ "$(id -u)" -eq 0 ] || return 0
	mount -t tmpfs -o size=200m,mode=755 antin-disk "$state" || die "a small disk"
	small=yes
}
machines_up "$1" machine

load_begin 20
grows "it takes submissions and requests" 1
sealed=0
for kind in antin-register antin-ca antin-signer antin-verifier antin-tsa antin-api antin-hsm-issuing antin-hsm-log antin-hsm-seal; do
	kill -9 "$(daemon_of antin.conf "$kind")"
	case $kind in antin-register | antin-signer | antin-hsm-seal) seal_some $((sealed + 1)) $((sealed + 4)); sealed=$((sealed + 4)) ;; esac
	grows "$kind was killed, it goes on" 1
done
if [ $small = yes ]; then
	for round in 1 2; do
		dd if=/dev/zero of="$state/filler" bs=1M 2>/dev/null
		dd if=/dev/zero of="$state/filler2" bs=512 2>/dev/null
		sleep 8
		[ "$round" = 1 ] || kill -9 "$(daemon_of antin.conf antin-register)"
		sleep 2
		rm -f "$state/filler" "$state/filler2"
		grows "the disk was full and has room again, round $round: it goes on" 1
	done
fi
seal_some $((sealed + 1)) "$ready"
load_end
machines_judge
[ "$bad" -eq 0 ]

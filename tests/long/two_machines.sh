#!/usr/bin/env bash
# Two machines under load: kill -9 of each daemon on either, then of the primary,
# whose standby is promoted.
# usage: two_machines.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
. tests/machines.sh
machines_servers
machines_up "$1" machines

# Without its standby a register does not start.
mkdir "$state/run3"
sed "s|^standby = .*|standby = nobody|; s|$state/run2|$state/run3|" "$state/antin2.conf" >"$state/nobody.conf"
"$build/bin/antin-register" --config "$state/nobody.conf" >"$state/log/refused" 2>&1 && not_good "it started without its standby"
grep -q 'the standby nobody does not follow' "$state/log/refused" && good "without its standby: $(sed 's/.*refused: //' "$state/log/refused" | tail -1)" || not_good "$(cat "$state/log/refused")"

load_begin 24
grows "both machines take submissions and requests" 1 2
seal_some 1 8
sealed=8
for config in antin.conf antin2.conf; do
	for kind in antin-register antin-ca antin-signer antin-verifier antin-tsa antin-api antin-hsm-issuing antin-hsm-log; do
		victim=$(daemon_of $config "$kind")
		[ -n "$victim" ] || continue	# machine two has no tokens
		kill -9 "$victim"
		case $kind in antin-register) seal_some $((sealed + 1)) $((sealed + 4)); sealed=$((sealed + 4)) ;; esac
		grows "$config: $kind was killed, both machines go on" 1 2
	done
done

# The primary, with everything that it runs.
pm=$(head -1 "$first/data/postmaster.pid")
# shellcheck disable=SC2046
kill -9 "$pm" $(ps -o pid= --ppid "$pm")
sleep 1
as_server "$pg/pg_ctl" -D "$second/data" -w promote >/dev/null || die "promoting the standby"
head_of=$second
grows "the primary was killed and the standby promoted: both machines go on" 1 2
seal_some $((sealed + 1)) "$ready"
load_end
machines_judge
[ "$bad" -eq 0 ]

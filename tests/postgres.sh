#!/usr/bin/env bash
# A private PostgreSQL for tests: no TCP, durable, everything in one folder.
# usage: tests/postgres.sh start FILE   a new server; FILE gets its folder, which is its socket's too
#        tests/postgres.sh stop FILE    stops it and removes the folder
# Exits 77 where PostgreSQL 15 is not installed.  The superuser is antin.
set -u
what=$1 file=$2
# The server outlives this script; what its caller holds open, it must not.
for fd in /proc/$$/fd/*; do
	fd=${fd##*/}
	if [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ]; then eval "exec $fd>&-"; fi
done
bin=/usr/lib/postgresql/15/bin
[ -x "$bin/initdb" ] || exit 77

# PostgreSQL refuses to run as root.
as_server() {
	if [ "$(id -u)" -ne 0 ]; then "$@"; return; fi
	local id
	id=$(id -u postgres 2>/dev/null || echo 65534)
	setpriv --reuid "$id" --regid "$id" --clear-groups "$@"
}

stop() {
	[ -e "$file" ] || return 0
	local dir
	dir=$(cat "$file")
	case $dir in /tmp/antin-pg-*) ;; *) return 0 ;; esac
	[ -d "$dir/data" ] && as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
	rm -rf "$dir" "$file"
}

start() {
	local dir
	dir=$(mktemp -d /tmp/antin-pg-XXXXXX) || exit 1
	chmod 755 "$dir"
	if [ "$(id -u)" -eq 0 ]; then chown "$(id -u postgres 2>/dev/null || echo 65534)" "$dir"; fi
	echo "$dir" >"$file"
	cd "$dir" || exit 1
	as_server "$bin/initdb" -D "$dir/data" -U antin -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
	cat >>"$dir/data/postgresql.conf" <<-END
	listen_addresses = ''
	unix_socket_directories = '$dir'
	fsync = on
	shared_buffers = 64MB
	max_connections = 80
	autovacuum_naptime = 10s
	END
	as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 start >/dev/null 2>&1 || { cat "$dir/log" >&2; exit 1; }
}

case $what in
start) stop; start ;;
stop) stop ;;
*) echo "usage: tests/postgres.sh start|stop FILE" >&2; exit 64 ;;
esac

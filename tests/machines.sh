# tests/machines.sh -- two machines' worth of daemons over one PostgreSQL whose
# standby follows synchronously, or one machine over a file; load on them, and what
# must be true afterwards.  Sourced by tests/long, behind tests/world.sh.
#
#   machines_servers            the primary and its standby; $url names both
#   machines_up BUILD FOLDER    machine one (a whole authority); on servers machine two
#   load_begin / load_end       programs that submit, people who ask for certificates
#   machines_judge              nothing acknowledged is lost, nothing is given twice,
#                               one history
#
# The machines are two sets of processes on this one; they share the tokens, as
# two hosts share a network HSM.  With net_up first, the servers and machine two
# have network namespaces of their own, on a bridge: `unplug` and `plug` a cable.

notes=$(mktemp -d /tmp/antin-notes-XXXXXX)	# what was told, on another disk than the machines have
server=$notes/server
pg=/usr/lib/postgresql/15/bin
up2_pid='' loops='' net='' first='' second=''

# at PLACE COMMAND...: in the network namespace of p, s or m (machine two)
at() {
	local place=$1
	shift
	if [ -n "$net" ]; then ip netns exec "$net-$place" "$@"; else "$@"; fi
}
as_server() {
	if [ "$(id -u)" -ne 0 ]; then "$@"; else setpriv --reuid "$(id -u postgres)" --regid "$(id -g postgres)" --clear-groups "$@"; fi
}
server_at() { if [ "$(id -u)" -ne 0 ]; then at "$@"; else at "$1" setpriv --reuid "$(id -u postgres)" --regid "$(id -g postgres)" --clear-groups "${@:2}"; fi; }
# Of a server by its socket's folder, or of a file.
sql() { if [ -d "$1" ]; then psql -AtXq -h "$1" -U antin -c "$2" "${3:-antin}"; else sqlite3 "file:$1?mode=ro" "$2"; fi; }
octets() { if [ -d "$head_of" ]; then echo "'\\x$1'"; else echo "x'$1'"; fi; }
mine() { if [ "$(id -u)" -eq 0 ]; then chown "$(id -u postgres):$(id -g postgres)" "$@"; fi; }

machines_finish() {
	# shellcheck disable=SC2086
	[ -n "$loops" ] && kill $loops 2>/dev/null
	[ -n "$net" ] && for place in p s m; do plug "$place"; done
	[ -n "$up2_pid" ] && kill -TERM "$up2_pid" 2>/dev/null && wait "$up2_pid" 2>/dev/null
	world_down
	[ -d "$second/data" ] && as_server "$pg/pg_ctl" -D "$second/data" -m immediate -w stop >/dev/null 2>&1
	[ -d "$first/disk/data" ] && as_server "$pg/pg_ctl" -D "$first/disk/data" -m immediate -w stop >/dev/null 2>&1
	mountpoint -q "$first/disk" && umount "$first/disk"
	[ "$machines" = 1 ] || tests/postgres.sh stop "$server"
	[ -n "${state:-}" ] && mountpoint -q "$state" && umount "$state"
	rm -rf "$notes"
	[ -n "$net" ] && for place in p s m; do ip netns del "$net-$place"; done && ip link del "$net"
}
trap machines_finish EXIT

# A bridge that is 10.77.0.1 here; 2 the primary, 3 the standby, 4 machine two.
net_up() {
	local n=2
	net=an$$
	ip link add "$net" type bridge && ip addr add 10.77.0.1/24 dev "$net" && ip link set "$net" up || die "a bridge"
	for place in p s m; do
		ip netns add "$net-$place" && ip link add "$net$place" type veth peer name eth0 netns "$net-$place" && ip link set "$net$place" master "$net" up &&
			ip -n "$net-$place" addr add "10.77.0.$n/24" dev eth0 && ip -n "$net-$place" link set eth0 up && ip -n "$net-$place" link set lo up || die "a network"
		n=$((n + 1))
	done
}
unplug() { ip link set "$net$1" down; }
plug() { ip link set "$net$1" up; }

# The server's key and certificate, of an authority made for it alone.
server_certificate() {	# FOLDER ADDRESS
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/data/server.key" -out "$1/data/server.crt" -days 30 -subj "/CN=$2" \
		-addext "subjectAltName=IP:$2" -CA "$first/ca.crt" -CAkey "$first/ca.key" 2>/dev/null
	chmod 600 "$1/data/server.key"
	mine "$1/data/server.key" "$1/data/server.crt"
}

on_network() {	# FOLDER ADDRESS: the server there listens on its network, in TLS
	server_certificate "$1" "$2"
	sed -i "/^listen_addresses/d; /^ssl/d" "$1/data/postgresql.conf"
	printf "listen_addresses = '%s'\nssl = on\nwal_sender_timeout = 5s\nwal_receiver_timeout = 5s\n" "$2" >>"$1/data/postgresql.conf"
	printf 'local all all trust\nlocal replication all trust\nhostssl all all 10.77.0.0/24 trust\nhostssl replication all 10.77.0.0/24 trust\n' >"$1/data/pg_hba.conf"
	mine "$1/data/pg_hba.conf" "$1/data/postgresql.conf"
}

# The primary (on a small disk of its own where disk=MEGABYTES), its standby, and
# the role of the registers.
machines_servers() {
	local follow
	tests/postgres.sh start "$server" || exit
	first=$(cat "$server")
	second=$first/second
	primary=$first
	sql "$first" "CREATE ROLE register LOGIN IN ROLE pg_read_all_stats" postgres
	sql "$first" "CREATE DATABASE antin OWNER register" postgres
	url="postgresql://register@/antin?host=$first,$second"
	follow="host=$first"
	if [ -n "$net" ] || [ -n "${disk:-}" ]; then
		as_server "$pg/pg_ctl" -D "$first/data" -m fast -w stop >/dev/null || die "stopping the primary"
		primary=$first/disk
		mkdir "$primary"
		[ -z "${disk:-}" ] || mount -t tmpfs -o "size=${disk}m,mode=755" antin-disk "$primary" || die "a small disk"
		mv "$first/data" "$primary/" && mine "$primary"
	fi
	if [ -n "$net" ]; then
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$first/ca.key" -out "$first/ca.crt" -days 30 -subj "/CN=servers" 2>/dev/null
		chmod 644 "$first/ca.crt"
		on_network "$primary" 10.77.0.2
		url="postgresql://register@/antin?host=10.77.0.2,10.77.0.3&sslmode=verify-full&sslrootcert=$first/ca.crt"
		follow="host=10.77.0.2 sslmode=verify-full sslrootcert=$first/ca.crt sslcert=/dev/null/none"
	fi
	if [ "$primary" != "$first" ]; then server_at p "$pg/pg_ctl" -D "$primary/data" -l "$first/log" -w -t 60 start >/dev/null || die "the primary"; fi
	mkdir "$second" && chmod 755 "$second"
	mine "$second"
	(cd / && as_server "$pg/pg_basebackup" -c fast -h "$first" -U antin -D "$second/data" -R -d "host=$first user=antin" >/dev/null) || die "the standby's copy"
	sed -i "s|^unix_socket_directories = .*|unix_socket_directories = '$second'|" "$second/data/postgresql.conf"
	printf "primary_conninfo = '%s user=antin application_name=second'\n" "$follow" >>"$second/data/postgresql.auto.conf"
	[ -z "$net" ] || on_network "$second" 10.77.0.3
	server_at s "$pg/pg_ctl" -D "$second/data" -l "$second/log" -w -t 60 start >/dev/null || die "the standby"
	sql "$first" "ALTER SYSTEM SET synchronous_standby_names = 'second'"
	sql "$first" "SELECT pg_reload_conf()" >/dev/null
	for _ in $(seq 600); do [ "$(sql "$first" "SELECT sync_state FROM pg_stat_replication")" = sync ] && break; sleep 0.1; done
	[ "$(sql "$first" "SELECT sync_state FROM pg_stat_replication")" = sync ] || { tail -5 "$second/log"; die "the standby does not follow"; }
	head_of=$first			# the folder of the server that leads, for the tests' own questions
	export ANTIN_SERVER=$url
}

# Machine one: a whole authority.  Machine two: the same but for the tokens; its
# own sockets, folders, port.
machines=2
on_files() { :; }		# what a test does to the folder of state, before there is anything in it
machines_up() {	# BUILD FOLDER
	local place=()
	world_init "$1/$2" "$1"
	rm -rf "$state" && mkdir -p "$state"
	world_init "$1/$2" "$1"
	on_files
	world_begin
	[ "$machines" = 1 ] || sed -i "s|^database = .*|&\nstandby = second|" "$state/antin.conf"
	world_up
	world_staff
	open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 245
	api1=$api
	[ "$machines" = 1 ] && { head_of=$state/register/register.db; good "a machine is running"; return; }
	host2=127.0.0.1:$(free_port)
	api2=http://$host2
	mkdir -p "$state/run2" "$state/register2" "$state/public2" && chmod 711 "$state/run2"
	for socket in "$state"/run/antin-hsm-*.sock; do ln -s "$socket" "$state/run2/"; done
	sed -e "s|= $state/run\$|= $state/run2|; s|$state/register|$state/register2|; s|$state/public|$state/public2|g; s|^listen = .*|listen = $host2|" \
		-e 's/^processes = .*/processes = antin-register antin-verifier antin-ca antin-tsa antin-signer antin-api/' "$state/antin.conf" >"$state/antin2.conf"
	# Itself in the background: a function's shell would be told to end in its place.
	[ -z "$net" ] || place=(ip netns exec "$net-m")
	"${place[@]}" "$antin" up --config "$state/antin2.conf" --ready-file "$state/ready2" >>"$state/log/antin2.log" 2>&1 &
	up2_pid=$!
	for _ in $(seq 300); do [ -e "$state/ready2" ] && break; kill -0 "$up2_pid" 2>/dev/null || break; sleep 0.1; done
	[ -e "$state/ready2" ] || { tail -5 "$state/log/antin2.log"; die "machine two did not start"; }
	good "two machines are running"
}

# on N COMMAND...: as somebody who sits at machine N
on() {
	local n=$1
	shift
	if [ "$n" = 2 ]; then (api=$api2 here=m; "$@"); else (api=$api1 here=; "$@"); fi
}
here=''
program() { if [ -n "$here" ]; then at "$here" "$@"; else "$@"; fi; }
desk() { SOFTHSM2_CONF=$state/desk/softhsm.conf program "$antin" "$@"; }
submit_one() { program "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" --api "$api" --api-key-file "$state/desk/program.key" 2>"$notes/submit-${1%%-*}"; }

# A program that submits until it is told to stop, again with the same key until
# it is answered; what it was told is in its file, and what it was refused with.
submit_for_ever() {	# NAME
	local i=0 handle tries
	while [ ! -e "$state/stop" ]; do
		i=$((i + 1)) tries=0
		until handle=$(submit_one "$1-$i"); do
			tries=$((tries + 1))
			tail -1 "$notes/submit-$1" >>"$notes/again-$1"
			[ "$tries" -lt 240 ] || { echo "$1-$i" >>"$notes/gave-up"; return; }
			sleep 0.5
		done
		echo "$1-$i $handle" >>"$notes/told-$1"
	done
}

# Somebody asks for a certificate and an administrator approves, each again until
# it is answered: the serial number that people were told.
enrol_for_ever() {	# NAME
	local i=0 id serial tries csr
	while [ ! -e "$state/stop" ]; do
		i=$((i + 1)) tries=0 id=''
		csr=$(openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=x -outform DER 2>/dev/null | base64 -w0)
		while :; do
			[ -n "$id" ] || id=$(program curl -sS -m 60 -H 'Content-Type: application/json' -d "{\"profile\":\"official\",\"agency\":\"H99\",\"person\":\"CB-$1$i\",\"name\":\"Người Mới (thử nghiệm)\",\"title\":\"Chuyên viên\",\"csr\":\"$csr\"}" "$api/v1/requests" 2>>"$notes/enrol" |
				grep -o '"id":"[0-9a-f]*"' | cut -d'"' -f4)
			[ -z "$id" ] || order_by approver CB-000001 cert.approve "$id" --reason "Cấp mới" >/dev/null 2>&1
			serial=$(program curl -sS -m 60 -H 'Content-Type: application/json' -d "{\"what\":\"certificates\",\"person\":\"CB-$1$i\",\"state\":\"active\"}" "$api/v1/list/ca" 2>>"$notes/enrol" | grep -o '"id":"[0-9a-f]*"' | cut -d'"' -f4)
			[ -n "$serial" ] && break
			tries=$((tries + 1))
			[ "$tries" -lt 240 ] || { echo "certificate $1-$i" >>"$notes/gave-up"; return; }
			sleep 0.5
		done
		echo "$id $serial" >>"$notes/issued-$1"
		sleep 0.2
	done
}

# Permits to seal, signed on either machine; then load on both.
load_begin() {	# HOW-MANY-TO-SEAL
	ready=$1
	rm -f "$state/stop"
	for i in $(seq "$ready"); do on $((1 + i % machines)) submit_one "ready-$i" || die "a permit to seal"; done >"$state/ready-to-seal"
	# shellcheck disable=SC2046
	on "$machines" sign $(head -$((ready / 2)) "$state/ready-to-seal") >"$state/log/signing" 2>&1 || die "signing on machine two"
	# shellcheck disable=SC2046
	on 1 sign $(tail -n +$((ready / 2 + 1)) "$state/ready-to-seal") >"$state/log/signing" 2>&1 || die "signing on machine one"
	for n in $(seq "$machines"); do
		for each in a b; do
			on $n submit_for_ever "$n$each" &
			loops="$loops $!"
		done
		on $n enrol_for_ever "9000$n" &
		loops="$loops $!"
	done
}

# FROM TO: the even ones on the one machine, the odd ones on the other, at once
seal_some() {
	# shellcheck disable=SC2046
	on 1 seal $(sed -n "$1,$2p" "$state/ready-to-seal" | sed -n 'n;p') >>"$state/log/seals" 2>&1 &
	local one=$!
	# shellcheck disable=SC2046
	on "$machines" seal $(sed -n "$1,$2p" "$state/ready-to-seal" | sed -n 'p;n') >>"$state/log/seals" 2>&1
	wait "$one"
}
told() { cat "$notes"/told-* 2>/dev/null | wc -l; }
told_on() { cat "$notes/told-$1"* 2>/dev/null | wc -l; }
issued_on() { cat "$notes/issued-9000$1" 2>/dev/null | wc -l; }

# grows WHAT MACHINE...: drafts and certificates are acknowledged there from now on
grows() {
	local what=$1 n was=() left
	shift
	for n in "$@"; do was[n]=$(told_on "$n") issued[n]=$(issued_on "$n"); done
	for _ in $(seq 900); do
		left=0
		for n in "$@"; do [ "$(told_on "$n")" -gt $((was[n] + 4)) ] && [ "$(issued_on "$n")" -gt "$((issued[n]))" ] || left=1; done
		[ "$left" = 0 ] && { good "$what"; return; }
		sleep 0.1
	done
	not_good "$what"
}
declare -a issued
# rests WHAT SECONDS: nothing is acknowledged meanwhile
rests() {
	local was
	sleep 2
	was=$(told)
	sleep "$2"
	expect "$1" "$(told)" "$was"
}
daemon_of() { pgrep -f "/${2%%-hsm-*}[^ ]* --config $state/$1 --section $2( |$)" | head -1; }	# CONFIG PROGRAM

load_end() {
	touch "$state/stop"
	# shellcheck disable=SC2086
	wait $loops
	loops=''
	# An order whose answer was lost is given again for what it left.
	for _ in $(seq 20); do
		left=$(for each in $(cat "$state/ready-to-seal"); do [ "$(count "permit WHERE handle = $(octets "$each") AND state = 'signed'")" = 0 ] || echo "$each"; done)
		[ -z "$left" ] && [ "$(sql "$head_of" "SELECT count(*) FROM permit WHERE state = 'sealing'")" = 0 ] && break
		# shellcheck disable=SC2086
		[ -n "$left" ] && on 1 seal $left >>"$state/log/seals" 2>&1
		sleep 1
	done
	# Both folders reach the end of the log.
	for _ in $(seq 200); do
		size=$(sql "$head_of" "SELECT size FROM log_head")
		[ "$(sed -n 2p "$state/public/checkpoint")" = "$size" ] && { [ "$machines" = 1 ] || [ "$(sed -n 2p "$state/public2/checkpoint")" = "$size" ]; } && break
		sleep 0.1
	done
	[ -z "$up2_pid" ] || { kill -TERM "$up2_pid"; wait "$up2_pid" 2>/dev/null; up2_pid=''; }
	world_down
}

count() { sql "$head_of" "SELECT count(*) FROM $1"; }
machines_judge() {
	local missing=0 key handle id serial folder
	say "   $(told) submissions and $(cat "$notes"/issued-* | wc -l) certificates acknowledged; $(cat "$notes"/again-* 2>/dev/null | wc -l) submissions asked again, for:"
	cat "$notes"/again-* 2>/dev/null | sed 's/[0-9][0-9]*/N/g' | sort | uniq -c | sort -rn | head -8 | sed 's/^/   /'
	expect "each refusal is a sentence" "$(cat "$notes"/again-* 2>/dev/null | grep -cv '[a-z]\{4,\}.* [a-z]\{2,\}')" 0
	[ -e "$notes/gave-up" ] && not_good "never answered: $(cat "$notes/gave-up")"
	while read -r key handle; do
		[ "$(count "submission WHERE key = '$key' AND handle = $(octets "$handle")")" = 1 ] || { missing=$((missing + 1)); say "   lost: $key $handle"; }
	done < <(cat "$notes"/told-*)
	expect "every submission that was acknowledged is there, with the handle that was told" "$missing" 0
	missing=0
	while read -r id serial; do
		[ "$(count "certificate WHERE request = $(octets "$id") AND serial = $(octets "$serial") AND state = 'active'")" = 1 ] || { missing=$((missing + 1)); say "   lost: $serial of $id"; }
	done < <(cat "$notes"/issued-*)
	expect "every certificate that was shown is there" "$missing" 0
	expect "no request has two certificates in force" "$(count "(SELECT request FROM certificate WHERE state = 'active' GROUP BY request HAVING count(*) > 1) x")" 0
	expect "no key made two drafts" "$(count submission)" "$(count permit)"
	expect "every permit that was to be sealed is issued" "$(count "permit WHERE state = 'issued'")" "$ready"
	expect "their numbers are $ready, one after the other" "$(sql "$head_of" "SELECT number FROM permit WHERE number IS NOT NULL" | cut -d/ -f1 | sort -n | paste -sd' ')" "$(seq -s ' ' 245 $((245 + ready - 1)))"
	expect "CRL numbers rise with the log" "$(count "(SELECT number <= lag(number) OVER (ORDER BY entry) AS falls FROM crl) x WHERE falls")" 0
	expect "as do those of status lists" "$(count "(SELECT number <= lag(number) OVER (ORDER BY entry) AS falls FROM status_list) x WHERE falls")" 0
	database=$head_of
	[ "$machines" = 1 ] || database="postgresql://register@/antin?host=$head_of"
	for folder in public $([ "$machines" = 1 ] || echo public2); do
		if "$antin" log fsck --database "$database" --public "$state/$folder" >"$state/log/fsck" 2>&1; then good "$folder: $(cat "$state/log/fsck")"; else not_good "$folder: $(cat "$state/log/fsck")"; fi
	done
	[ "$machines" = 1 ] || expect "both folders show one checkpoint" "$(cmp "$state/public/checkpoint" "$state/public2/checkpoint" && echo same)" same
}

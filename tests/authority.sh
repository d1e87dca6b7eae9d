# tests/authority.sh -- an authority at work, and the truth about it.  Sourced by
# flows that do something to the authority meanwhile, behind tests/world.sh.
#
#   authority_begin      the world's authority is up: a watch on its CRLs
#   work                 each change of state that an order makes; $done counts those
#                        that were acknowledged, of $kinds (two fewer at first)
#   pool_of N            so many certificates for work to renew, a kind more
#   settle               what was ordered and not acknowledged was done or was not
#   authority_is NAME    CRL and OCSP say of every certificate what is true
#   authority_judge      of all the CRLs that anybody could see: numbers grow,
#                        thisUpdate never goes back, nothing is lost
#
# What is true is what was acknowledged: ${truth[SERIAL]} is good, held or revoked;
# ${by[SERIAL]} is the generation of the authority whose key signed it, of $generations.
#
# What may befall it, one after the other:
#
#   token_away NAME / token_back
#   disk_alone ARGUMENT... (first of all), disk_begin, disk_leaves KB / disk_roomy, disk_rooms
#   clock_begin, clock SECONDS: by which Antin's programs are off
#   go_to DAY: stopped, and going on so many days from now ($today; now: the seconds then)

kinds=9 generations=1 day=86400 today=0
within() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; return 1; }

declare -A truth maybe by
pool=()
serials=0 was_held='' was_good='' watch=''

# Of generation N: its issuing certificate, its CRL.
issuing_of() { if [ "$1" -eq 1 ]; then echo "$state/ceremony/issuing.crt"; else echo "$state/ceremony/issuing-$1.crt"; fi; }
crl_of() { echo "$state/public/crl/$(($1 - 1)).crl"; }
key_id() { openssl x509 -in "$1" -noout -ext "$2" 2>/dev/null | sed -n '2s/[ :]//gp'; }
signed_by() {	# PEM: the generations whose key its authority key identifier names
	local n
	for n in $(seq "$generations"); do [ "$(key_id "$1" authorityKeyIdentifier)" != "$(key_id "$(issuing_of "$n")" subjectKeyIdentifier)" ] || echo "$n"; done
}

authority_begin() {
	mkdir -p "$state/seen"
	certificate_of CB-000001 >/dev/null
	certificate_of CB-000002 >/dev/null
	register_program
	watch_crls &
	watch=$!
}

# Every CRL that is ever published, in the order of being seen: NUMBER.SHARD.crl
watch_crls() {
	local n=0 f sum
	local -A was
	while :; do
		for f in "$state"/public/crl/[0-9]*.crl; do
			cp "$f" "$state/seen/now" 2>/dev/null && sum=$(sha256sum <"$state/seen/now") && [ "$sum" != "${was[$f]:-}" ] && {
				was[$f]=$sum n=$((n + 1))
				mv "$state/seen/now" "$state/seen/$(printf %05d "$n").${f##*/}"
			}
		done
		sleep 0.05
	done
}

is_new() {	# PEM: in $serial, good
	serial=$(openssl x509 -in "$1" -noout -serial | sed 's/.*=//' | tr 'A-F' 'a-f')
	[ -n "$serial" ] || return 1
	[ -z "${truth[$serial]:-}" ] || not_good "the serial number $serial is given twice"
	mv "$1" "$state/seen/$serial.pem"
	truth[$serial]=good
	by[$serial]=$(signed_by "$state/seen/$serial.pem")
	[ "${by[$serial]}" = "$generations" ] || not_good "the certificate $serial is of the generation ${by[$serial]:-(none)}, not $generations"
}
pem_of() { sed 's/.*"pem":"\([^"]*\)".*/\1/; s/\\n/\n/g' "$1" >"$state/new.pem"; }

certificate() {	# the next one: a person of his own with a key of his own
	local id
	serials=$((serials + 1))
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout /dev/null -subj /CN=x -outform DER -out "$state/csr" 2>/dev/null || die "a request"
	id=$(printf '{"profile":"official","agency":"H99.14","name":"Người Thử (thử nghiệm)","person":"CB-005%03d","title":"Chuyên viên","csr":"%s"}' "$serials" "$(base64 -w0 "$state/csr")" |
		curl -sS -H 'Content-Type: application/json' --data-binary @- "$api/v1/requests" | jq -re .id 2>/dev/null) || return 1
	order_by approver CB-000001 cert.approve "$id" --reason "Thử nghiệm" >"$state/answer" 2>"$state/log/refused" || return 1
	pem_of "$state/answer"
	is_new "$state/new.pem"
}

about() {	# VERB SERIAL STATE
	if order_by approver CB-000001 "$1" "$2" --reason "Thử nghiệm" >/dev/null 2>"$state/log/refused"; then truth[$2]=$3; else maybe[$2]=$3; return 1; fi
}

modify() {	# the title: one is revoked and another takes its place
	local old=$serial
	if order_by approver CB-000001 cert.modify "$old" --reason "Thử nghiệm" --with '{"changes":[{"title":"Phó phòng"}]}' >"$state/answer" 2>"$state/log/refused"; then truth[$old]=revoked; else maybe[$old]=revoked; return 1; fi
	pem_of "$state/answer"
	is_new "$state/new.pem"
}

renew() {	# the next of the pool, on its key: it lives on, and another beside it
	order_by approver CB-000001 cert.renew "${pool[0]}" --reason "Thử nghiệm" >"$state/answer" 2>"$state/log/refused" || return 1
	pool=("${pool[@]:1}")
	pem_of "$state/answer"
	is_new "$state/new.pem"
}
pool_of() {
	while [ "${#pool[@]}" -lt "$1" ]; do certificate || die "a certificate to be renewed: $(cat "$state/log/refused")"; pool+=("$serial"); done
	kinds=$((kinds + 1))
}

block() {	# the key, by two people
	local key waits
	key=$(openssl x509 -in "$state/seen/$serial.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
	waits=$(order_by security CB-000002 key.block "$key" --reason "Thử nghiệm" --with '{}' --minutes 60 2>"$state/log/refused" | jq -r .waits.id) && [ -n "$waits" ] || return 1
	if order_by approver CB-000001 order.consent "$waits" --reason "Thử nghiệm" >/dev/null 2>"$state/log/refused"; then truth[$serial]=revoked; else maybe[$serial]=revoked; return 1; fi
}

work() {
	local held=$was_held stays=$was_good
	done=0
	certificate && was_good=$serial && done=$((done + 1))
	certificate && about cert.suspend "$serial" held && was_held=$serial && done=$((done + 1))
	certificate && about cert.suspend "$serial" held && about cert.resume "$serial" good && done=$((done + 1))
	certificate && about cert.revoke "$serial" revoked && done=$((done + 1))
	certificate && about cert.suspend "$serial" held && about cert.revoke "$serial" revoked && done=$((done + 1))
	certificate && modify && done=$((done + 1))
	certificate && block && done=$((done + 1))
	[ "${#pool[@]}" -gt 0 ] && renew && done=$((done + 1))
	[ -n "$held" ] && about cert.resume "$held" good && done=$((done + 1))
	[ -n "$stays" ] && about cert.revoke "$stays" revoked && done=$((done + 1))
}

settle() {
	local s now
	for s in "${!maybe[@]}"; do
		now=$(register_sql "SELECT state FROM certificate WHERE $(serial_is "$s")")
		case $now in active) now=good ;; esac
		case $now in "${truth[$s]}" | "${maybe[$s]}") truth[$s]=$now ;; *) not_good "$s was ${truth[$s]}, was to be ${maybe[$s]}, is $now" ;; esac
	done
	maybe=()
	if [ -n "$was_held" ] && [ "${truth[$was_held]}" != held ]; then was_held=''; fi
	if [ -n "$was_good" ] && [ "${truth[$was_good]}" != good ]; then was_good=''; fi
}
serial_is() { if [ -n "${ANTIN_SERVER:-}" ]; then echo "serial = '\\x$1'"; else echo "serial = x'$1'"; fi; }

# Of those certificates: a CRL has voided serial numbers, too.
on_crl() {	# GENERATION
	openssl crl -inform DER -in "$(crl_of "$1")" -noout -text |
		awk '/Serial Number:/ { s = tolower($3); a[s] = "revoked" } /Certificate Hold/ { a[s] = "held" } END { for (s in a) print s, a[s] }' | grep -F -f <(printf '%s\n' "${!truth[@]}") | sort
}
wanted() {	# GENERATION
	local s
	for s in "${!truth[@]}"; do [ "${by[$s]}" != "$1" ] || [ "${truth[$s]}" = good ] || echo "$s ${truth[$s]}"; done | sort
}
differ() { local n; for n in $(seq "$generations"); do diff <(on_crl "$n") <(wanted "$n"); done; }
listed() { [ -z "$(differ)" ]; }
ocsp_of() {	# SERIAL: good, held, revoked, or what there is instead
	openssl ocsp -issuer "$(issuing_of "${by[$1]}")" -cert "$state/seen/$1.pem" -url "$api/ocsp" -no_nonce -noverify -resp_text 2>&1 |
		awk '/Cert Status: good/ { a = "good" } /Cert Status: revoked/ { a = "revoked" } /Cert Status: unknown/ { a = "unknown" } /certificateHold/ { a = "held" } /Responder Error/ { a = $3 } END { print a == "" ? "none" : a }'
}
lies() { local s; for s in "${!truth[@]}"; do [ "${truth[$s]}" = good ] || [ "$(ocsp_of "$s")" != good ] || echo "$s"; done; }
no_lies() { [ -z "$(lies)" ]; }
exact() { local s; for s in "${!truth[@]}"; do [ "$(ocsp_of "$s")" = "${truth[$s]}" ] || { echo "$s is ${truth[$s]}, OCSP says $(ocsp_of "$s")"; return 1; }; done; }

# authority_is NAME [lies]: OCSP may know less then, but calls none good that is not
authority_is() {
	if within listed; then good "$1: each generation's CRL lists what was acknowledged ($(for n in $(seq "$generations"); do wanted "$n"; done | wc -l) of ${#truth[@]})"; else not_good "$1: the CRL: $(differ | head -3)"; fi
	if [ "${2:-}" = lies ]; then
		if within no_lies; then good "$1: OCSP calls none good that is not"; else not_good "$1: OCSP calls good $(lies | head -2)"; fi
	elif within exact; then good "$1: OCSP says of all what is true"; else not_good "$1: OCSP: $(exact)"; fi
}

authority_judge() {
	local f s n
	kill "$watch" 2>/dev/null
	wait "$watch" 2>/dev/null
	watch=
	for n in $(seq "$generations"); do
		for f in "$(issuing_of "$n")" "$state/ceremony/root.crt"; do openssl x509 -in "$f"; done >"$state/chain-$n.pem"
		for f in "$state"/seen/*."$((n - 1))".crl; do
			openssl crl -inform DER -in "$f" -noout -CAfile "$state/chain-$n.pem" -verify >"$state/log/crl" 2>&1 && grep -q "verify OK" "$state/log/crl" || not_good "$f: $(cat "$state/log/crl")"
			openssl crl -inform DER -in "$f" -noout -text
			echo END
		done >"$state/all-$n"
		for s in "${!truth[@]}"; do [ "${by[$s]}" != "$n" ] || openssl x509 -in "$state/seen/$s.pem" -noout -startdate -enddate; done >"$state/lives-$n"
		openssl x509 -in "$(issuing_of "$n")" -noout -startdate -enddate >"$state/issuer-lives-$n"
	done
	python3 - "$state" "$generations" <<-'PY' || not_good "all the CRLs that anybody could see"
	import datetime, re, sys
	at = lambda text: datetime.datetime.strptime(text.strip(), '%b %d %H:%M:%S %Y GMT')
	state, generations = sys.argv[1], int(sys.argv[2])
	lines = lambda name, n: [at(x.split('=')[1]) for x in open(f'{state}/{name}-{n}')]
	given, worse = set(), False
	def tell(good, text):
	    global worse
	    worse |= not good
	    print(('ok ' if good else 'not ok ') + text)
	for n in range(1, generations + 1):
	    seen = bad = 0
	    number, this, before = -1, None, {}
	    for text in open(f'{state}/all-{n}').read().split('END\n')[:-1]:
	        k = int(*(lambda m: (m[2], 16) if m[1] else (m[2], 10))(re.search(r'CRL Number: *\n? *(0x)?([0-9A-Fa-f]+)', text)))
	        t = at(re.search(r'Last Update: (.*)', text)[1])
	        entries = {one.split()[0]: 'Certificate Hold' in one for one in text.split('Serial Number: ')[1:]}
	        lost = [s for s, held in before.items() if not held and entries.get(s) is not False]
	        bad += (seen > 0 and (k <= number or t < this)) or bool(lost) or k in given
	        given.add(k)
	        number, this, before, seen = k, t, entries, seen + 1
	    tell(seen > 5 and not bad, f'{seen} CRLs of generation {n} were seen: numbers grow and are given once, thisUpdate never goes back, no revocation is lost')
	    lives, (first, last) = lines('lives', n), lines('issuer-lives', n)
	    tell(lives and not any(x < first or x > last for x in lives), f'{len(lives) // 2} certificates live within the life of their issuer')
	sys.exit(worse)
	PY
}

#
# What may befall it.
#

token_away() {
	token=$(dirname "$(grep -la "$1  " "$state"/tokens/*/token.object | head -1)")
	[ -d "$token" ] || die "the folder of the token $1"
	mv "$token" "$state/pulled"
}
token_back() { mv "$state/pulled" "$token"; }

# A full disk needs a small one: an ordinary user mounts it in a namespace.
disk_alone() {
	if [ "$(id -u)" -ne 0 ] && [ -z "${AUTHORITY_INSIDE:-}" ] && unshare --user --map-root-user --mount true 2>/dev/null; then
		AUTHORITY_INSIDE=yes exec unshare --user --map-root-user --mount "tests/flow/${0##*/}" "$@"
	fi
}

disk_begin() {	# while the daemons are down: register and public folder on a disk of their own
	if [ -n "${ANTIN_SERVER:-}" ]; then say "left out: the full disk, which a server has for itself"; return 1; fi
	mkdir -p "$state/small"
	mount -t tmpfs -o size=48m,mode=755 none "$state/small" 2>/dev/null || { say "SKIPPED: the full disk (neither root nor a user namespace may mount a small one here)"; return 1; }
	mv "$state/register" "$state/public" "$state/small/"
	ln -s small/register "$state/register"
	ln -s small/public "$state/public"
}
disk_leaves() {
	dd if=/dev/zero of="$state/small/filler" bs=4k 2>/dev/null
	truncate -s "-${1}K" "$state/small/filler"
}
disk_roomy() { rm "$state/small/filler"; }
disk_rooms() {	# COMMAND KB...: with each of these rooms left, behind the command, all work
	local before=$1 room
	shift
	for room; do
		$before
		was_good='' was_held=''
		disk_leaves "$room"
		work
		say "   room for $room KB: $done kinds of work are done; $(tail -1 "$state/log/refused")"
		[ "$room" -gt 0 ] || expect "no room: kinds of work that are done" "$done" 0
		disk_roomy
		settle
		authority_is "room again after $room KB" lies
	done
	was_good='' was_held=''
}

# Antin's programs, and people's, go by this clock; everything else by the machine's.
clock_begin() {
	gcc -shared -fPIC -O1 -Wall -o "$state/clock.so" tests/crash/clock.c -ldl || die "the shim"
	printf '#!/bin/sh\nLD_PRELOAD=%s CLOCK_FILE=%s exec %s "$@"\n' "$state/clock.so" "$state/off" "$antin" >"$state/antin"
	chmod 755 "$state/antin"
	antin=$state/antin
	head -c 8 /dev/zero >"$state/off"
	chmod 644 "$state/off"
}
clock() { python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("q", int(sys.argv[2])))' "$state/off" "$1"; }

now() { echo $(($(date +%s) + today * day)); }
# every generation's CRL is of this time
fresh() {
	local n until
	for n in $(seq "$generations"); do
		until=$(openssl crl -inform DER -in "$(crl_of "$n")" -noout -nextupdate 2>/dev/null | cut -d= -f2) || return 1
		[ "$(date -d "$until" +%s)" -gt $(($(now) + 2 * day)) ] || return 1
	done
}
go_to() {	# DAY
	today=$1
	world_down
	clock $((today * day))
	world_again
	within fresh || not_good "day $today: the CRLs are not of this time"
}

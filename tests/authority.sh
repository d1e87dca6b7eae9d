# tests/authority.sh -- an authority at work, and the truth about it.  Sourced by
# flows that do something to the authority meanwhile, behind tests/world.sh.
#
#   authority_begin      the world's authority is up: a watch on its CRLs
#   work                 each change of state that an order makes; $done counts those
#                        that were acknowledged, of $kinds (two fewer at first)
#   settle               what was ordered and not acknowledged was done or was not
#   authority_is NAME    CRL and OCSP say of every certificate what is true
#   authority_judge      of all the CRLs that anybody could see: numbers grow,
#                        thisUpdate never goes back, nothing is lost
#
# What is true is what was acknowledged: ${truth[SERIAL]} is good, held or revoked.

bad=0 kinds=9
good() { say "ok $1"; }
not_good() { bad=$((bad + 1)); say "not ok $1"; }
expect() { if [ "$2" = "$3" ]; then good "$1"; else not_good "$1 ($2, not $3)"; fi; }
within() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; return 1; }

declare -A truth maybe
serials=0 was_held='' was_good='' watch=''

authority_begin() {
	mkdir -p "$state/seen"
	certificate_of CB-000001 >/dev/null
	certificate_of CB-000002 >/dev/null
	register_program
	watch_crls &
	watch=$!
}

# Every CRL that is ever published, in the order of being seen.
watch_crls() {
	local n=0 sum='' was=''
	while :; do
		cp "$state/public/crl/0.crl" "$state/seen/now" 2>/dev/null && sum=$(sha256sum <"$state/seen/now") && [ "$sum" != "$was" ] && {
			was=$sum n=$((n + 1))
			mv "$state/seen/now" "$state/seen/$(printf %05d "$n").crl"
		}
		sleep 0.05
	done
}

is_new() {	# PEM: in $serial, good
	serial=$(openssl x509 -in "$1" -noout -serial | sed 's/.*=//' | tr 'A-F' 'a-f')
	[ -n "$serial" ] || return 1
	[ -z "${truth[$serial]:-}" ] || not_good "the serial number $serial is given twice"
	mv "$1" "$state/seen/$serial.pem"
	truth[$serial]=good
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
on_crl() {
	openssl crl -inform DER -in "$state/public/crl/0.crl" -noout -text |
		awk '/Serial Number:/ { s = tolower($3); a[s] = "revoked" } /Certificate Hold/ { a[s] = "held" } END { for (s in a) print s, a[s] }' | grep -F -f <(printf '%s\n' "${!truth[@]}") | sort
}
wanted() { local s; for s in "${!truth[@]}"; do [ "${truth[$s]}" = good ] || echo "$s ${truth[$s]}"; done | sort; }
listed() { [ "$(on_crl)" = "$(wanted)" ]; }
ocsp_of() {	# SERIAL: good, held, revoked, or what there is instead
	openssl ocsp -issuer "$state/ceremony/issuing.crt" -cert "$state/seen/$1.pem" -url "$api/ocsp" -no_nonce -noverify -resp_text 2>&1 |
		awk '/Cert Status: good/ { a = "good" } /Cert Status: revoked/ { a = "revoked" } /Cert Status: unknown/ { a = "unknown" } /certificateHold/ { a = "held" } /Responder Error/ { a = $3 } END { print a == "" ? "none" : a }'
}
lies() { local s; for s in "${!truth[@]}"; do [ "${truth[$s]}" = good ] || [ "$(ocsp_of "$s")" != good ] || echo "$s"; done; }
no_lies() { [ -z "$(lies)" ]; }
exact() { local s; for s in "${!truth[@]}"; do [ "$(ocsp_of "$s")" = "${truth[$s]}" ] || { echo "$s is ${truth[$s]}, OCSP says $(ocsp_of "$s")"; return 1; }; done; }

# authority_is NAME [lies]: OCSP may know less then, but calls none good that is not
authority_is() {
	if within listed; then good "$1: the CRL lists what was acknowledged ($(wanted | wc -l) of ${#truth[@]})"; else not_good "$1: the CRL: $(diff <(on_crl) <(wanted) | head -3)"; fi
	if [ "${2:-}" = lies ]; then
		if within no_lies; then good "$1: OCSP calls none good that is not"; else not_good "$1: OCSP calls good $(lies | head -2)"; fi
	elif within exact; then good "$1: OCSP says of all what is true"; else not_good "$1: OCSP: $(exact)"; fi
}

authority_judge() {
	local f s
	kill "$watch" 2>/dev/null
	wait "$watch" 2>/dev/null
	watch=
	for f in issuing root; do openssl x509 -in "$state/ceremony/$f.crt"; done >"$state/chain.pem"
	for f in "$state"/seen/*.crl; do
		openssl crl -inform DER -in "$f" -noout -CAfile "$state/chain.pem" -verify >"$state/log/crl" 2>&1 && grep -q "verify OK" "$state/log/crl" || not_good "$f: $(cat "$state/log/crl")"
		openssl crl -inform DER -in "$f" -noout -text
		echo END
	done >"$state/all"
	for s in "${!truth[@]}"; do openssl x509 -in "$state/seen/$s.pem" -noout -startdate -enddate; done >"$state/lives"
	openssl x509 -in "$state/ceremony/issuing.crt" -noout -startdate -enddate >"$state/issuer-lives"
	python3 - "$state/all" "$state/lives" "$state/issuer-lives" <<-'PY' || bad=$((bad + 1))
	import datetime, re, sys
	at = lambda text: datetime.datetime.strptime(text.strip(), '%b %d %H:%M:%S %Y GMT')
	seen = bad = 0
	number, this, before = -1, None, {}
	for text in open(sys.argv[1]).read().split('END\n')[:-1]:
	    n = int(*(lambda m: (m[2], 16) if m[1] else (m[2], 10))(re.search(r'CRL Number: *\n? *(0x)?([0-9A-Fa-f]+)', text)))
	    t = at(re.search(r'Last Update: (.*)', text)[1])
	    entries = {one.split()[0]: 'Certificate Hold' in one for one in text.split('Serial Number: ')[1:]}
	    lost = [s for s, held in before.items() if not held and entries.get(s) is not False]
	    bad += (seen > 0 and (n <= number or t < this)) or bool(lost)
	    number, this, before, seen = n, t, entries, seen + 1
	print(('ok' if seen > 5 and not bad else 'not ok') + f' {seen} CRLs were seen: numbers grow, thisUpdate never goes back, no revocation is lost')
	lives = [at(x.split('=')[1]) for x in open(sys.argv[2])]
	first, last = [at(x.split('=')[1]) for x in open(sys.argv[3])]
	out = sum(x < first or x > last for x in lives)
	print(('ok' if lives and not out else 'not ok') + f' {len(lives) // 2} certificates live within the life of their issuer')
	sys.exit(bad > 0 or seen <= 5 or out > 0 or not lives)
	PY
}

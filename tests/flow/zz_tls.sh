#!/usr/bin/env bash
# antin-api with TLS: the site's certificate from the authority's own profile
# `server`, programs known by certificates of the profile `program`; openssl,
# gnutls-cli and curl as clients, and whoever is to be refused.
# usage: zz_tls.sh BUILD     (on the state that whole_way.sh left)
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_goes_on "$1"
world_again
tls_pid= hang_pids=
trap 'kill $tls_pid $hang_pids 2>/dev/null; world_down' EXIT

tls=$state/tls
rm -rf "$tls" && mkdir -p "$tls" && chmod 700 "$tls"
cat "$state/ceremony/issuing.crt" >"$tls/issuing.any"
openssl x509 -in "$state/trust/root.crt" -out "$tls/root.pem"
openssl x509 -in "$tls/issuing.any" -out "$tls/issuing.pem"
cat "$tls/root.pem" "$tls/issuing.pem" >"$tls/client-ca.pem"

# issue FILE PROFILE NAME [PERSON TITLE]: a key in a file, the usual request and order
issue() {
	local id serial request
	(umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$tls/$1.key") || die "key $1"
	openssl req -new -key "$tls/$1.key" -subj /CN=x -outform DER -out "$tls/$1.csr" 2>/dev/null || die "request $1"
	request="{\"profile\":\"$2\",\"agency\":\"H99\",\"name\":\"$3\",\"csr\":\"$(base64 -w0 "$tls/$1.csr")\"${4:+,\"person\":\"$4\",\"title\":\"$5\"}}"
	id=$(curl -sS -d "$request" "$api/v1/requests" | grep -o '"id":"[0-9a-f]*"' | cut -d'"' -f4)
	[ -n "$id" ] || die "asking for $1"
	order_by approver CB-000001 cert.approve "$id" --reason "Cấp cho chương trình" >"$tls/approved" || die "approving $1"
	serial=$(grep -o '"serial": *"[0-9a-f]*"' "$tls/approved" | cut -d'"' -f4)
	echo "$serial" >"$tls/$1.serial"
	curl -sS -o "$tls/$1.der" "$api/v1/certificates/$serial" && openssl x509 -inform DER -in "$tls/$1.der" -out "$tls/$1.crt" || die "certificate $1"
	cat "$tls/$1.crt" "$tls/issuing.pem" >"$tls/$1.chain"
}
# as_registered NAME RIGHTS EXPIRES: the program of certificate NAME
as_registered() {
	local id
	id=$(openssl x509 -in "$tls/$1.crt" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
	order_by security CB-000002 program.register "$id" --reason "Một cửa" --with \
		"{\"name\":\"Chương trình $1 (thử nghiệm)\",\"agencies\":[\"H99\"],\"kinds\":[\"*\"],\"rights\":[$2],\"responsible\":\"CB-000002\",\"expires\":\"$3\"}" >/dev/null || die "registering $1"
}

issue server server localhost
issue address server 127.0.0.1
openssl x509 -in "$tls/server.crt" -noout -ext subjectAltName | grep -q 'DNS:localhost' && good "a server's certificate names its host" || not_good "the server's name"
openssl x509 -in "$tls/address.crt" -noout -ext subjectAltName | grep -q 'IP Address:127.0.0.1' && good "or its address" || not_good "the server's address"
for name in program stranger revoked ended; do issue "$name" program "Chương trình $name"; done
issue official official "Cán Bộ Thử (thử nghiệm)" CB-000031 "Chuyên viên"
as_registered program '"submit","read"' 2036-01-01T00:00:00Z
as_registered revoked '"submit","read"' 2036-01-01T00:00:00Z
as_registered official '"submit","read"' 2036-01-01T00:00:00Z
end=$(($(date +%s) + 6))
as_registered ended '"submit","read"' "$(date -u -d "@$end" +%Y-%m-%dT%H:%M:%SZ)"
order_by approver CB-000001 cert.revoke "$(cat "$tls/revoked.serial")" --reason "Thử thu hồi" >/dev/null || die "revoking"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=self (thu nghiem)' -days 2 -keyout "$tls/self.key" -out "$tls/self.chain" 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=other CA (thu nghiem)' -days 2 -keyout "$tls/other-ca.key" -out "$tls/other-ca.crt" 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=other (thu nghiem)' -keyout "$tls/other.key" -out "$tls/other.csr" 2>/dev/null
openssl x509 -req -in "$tls/other.csr" -CA "$tls/other-ca.crt" -CAkey "$tls/other-ca.key" -CAcreateserial -days 2 -out "$tls/other.leaf" 2>/dev/null
cat "$tls/other.leaf" "$tls/other-ca.crt" >"$tls/other.chain"

# The same face a second time, with TLS, on a port of its own.
tls_conf() {	# CERTIFICATE KEY CLIENT_CA
	tls_port=$(free_port)
	printf '[antin-api]\nrun = %s\nuid_base = %s\npublic = %s\nlisten = 127.0.0.1:%s\nhost = %s\nper_address = 24\n' "$state/run" "$uid_base" "$state/public" "$tls_port" "$host" >"$tls/api.conf"
	[ -z "$1" ] || echo "tls_certificate = $1" >>"$tls/api.conf"
	[ -z "$2" ] || echo "tls_key = $2" >>"$tls/api.conf"
	[ -z "$3" ] || echo "client_ca = $3" >>"$tls/api.conf"
}
refuses_to_start() {	# WHAT WORDS
	if timeout 10 "$(dirname "$antin")/antin-api" --config "$tls/api.conf" >"$tls/answer" 2>&1; then not_good "$1: it started"
	elif grep -q "$2" "$tls/answer"; then good "$1: it does not start"; else not_good "$1: $(tail -1 "$tls/answer")"; fi
}
tls_conf "$tls/server.chain" "$tls/program.key" "$tls/client-ca.pem"
refuses_to_start "another certificate's key" "tls_certificate and tls_key"
cp "$tls/server.key" "$tls/open.key" && chmod 644 "$tls/open.key"
tls_conf "$tls/server.chain" "$tls/open.key" "$tls/client-ca.pem"
refuses_to_start "a key that others can read" "can be read by others"
tls_conf "$tls/server.chain" "$tls/server.key" ""
refuses_to_start "no client_ca" "together or not at all"
tls_conf "$tls/server.chain" "$tls/server.key" "$tls/server.key"
refuses_to_start "a client_ca without a certificate" "client_ca"
tls_conf "$tls/server.chain" "$tls/server.key" "$tls/client-ca.pem"
"$(dirname "$antin")/antin-api" --config "$tls/api.conf" >"$tls/api.log" 2>&1 &
tls_pid=$!
for _ in $(seq 600); do grep -qs 'listening' "$tls/api.log" && break; sleep 0.1; done
site=https://localhost:$tls_port

ask() {	# CERTIFICATE|none PATH [curl options]: the status
	local who=$1 path=$2 args=()
	shift 2
	[ "$who" = none ] || args=(--cert "$tls/$who.chain" --key "$tls/$who.key")
	: >"$tls/answer"
	curl -sS --resolve "localhost:$tls_port:127.0.0.1" --cacert "$tls/root.pem" "${args[@]}" -o "$tls/answer" -w '%{http_code}' "$@" "$site$path" 2>"$tls/curl"
}
key="Authorization: Bearer $(cat "$state/desk/program.key")"
list=(-d '{"state":"issued"}')
is "curl, without a certificate, the public part" "$(ask none /checkpoint)" 200
is "without a certificate, the list" "$(ask none /v1/list/permits "${list[@]}")" 401
is "without a certificate, with a key" "$(ask none /v1/list/permits -H "$key" "${list[@]}")" 200
is "a program's certificate, the list" "$(ask program /v1/list/permits "${list[@]}")" 200
is "a program's certificate, the requests" "$(ask program /v1/list/ca -d '{"what":"requests"}')" 200
is "a program's certificate, a permit" "$(ask program "/v1/permits/$(cat "$state/permits/gpxd-01.handle")")" 200
while [ "$(date +%s)" -le "$end" ]; do sleep 0.2; done
is "a program that is not registered" "$(ask stranger /v1/list/permits "${list[@]}")" 403
is "the certificate counts, not the key" "$(ask stranger /v1/list/permits -H "$key" "${list[@]}")" 403
is "a revoked certificate" "$(ask revoked /v1/list/permits "${list[@]}")" 403
grep -q 'not active' "$tls/answer" && good "and it is said why" || not_good "why: $(cat "$tls/answer")"
is "a revoked certificate, the requests" "$(ask revoked /v1/list/ca -d '{"what":"requests"}')" 403
is "a program whose rights have ended" "$(ask ended /v1/list/permits "${list[@]}")" 403
is "an official's certificate" "$(ask official /v1/list/permits "${list[@]}")" 403
is "an official's certificate, the requests" "$(ask official /v1/list/ca -d '{"what":"requests"}')" 403
# What leads elsewhere does not even get the public part, whether the client
# sends it (it is refused) or sees that nobody here wants it (it stays unknown).
for who in self other; do
	openssl s_client -quiet -connect "127.0.0.1:$tls_port" -servername localhost -CAfile "$tls/root.pem" -cert "$tls/$who.chain" -key "$tls/$who.key" \
		< <(printf 'GET /checkpoint HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'; sleep 1) >"$tls/answer" 2>/dev/null
	is "a certificate of another authority ($who)" "$(head -1 "$tls/answer" | cut -d' ' -f2)" 403
	grep -q "certificate is not accepted" "$tls/answer" && good "and it is said why" || not_good "why: $(tail -1 "$tls/answer")"
done

# antin itself as a client: submits over TLS, by its certificate.
cli() { "$antin" "$@" --api "$site" --ca "$tls/root.pem"; }
if handle=$(cli permit submit tests/data/permits.json --id gpxd-01 --key "tls-$$" --client-certificate "$tls/program.chain" --client-key "$tls/program.key" 2>"$tls/answer"); then good "a program submits by its certificate"; else not_good "submitting: $(cat "$tls/answer")"; fi
cli permit list --state draft --client-certificate "$tls/program.chain" --client-key "$tls/program.key" 2>"$tls/answer" | grep -q "^$handle" && good "and sees its draft" || not_good "its draft: $(cat "$tls/answer")"
cli permit submit tests/data/permits.json --id gpxd-01 --key "tls-$$-2" --client-certificate "$tls/revoked.chain" --client-key "$tls/revoked.key" >/dev/null 2>"$tls/answer" && not_good "a revoked one submits" || good "a revoked one does not: $(tail -1 "$tls/answer")"
"$antin" permit list --state draft --api "$site" --api-key-file "$state/desk/program.key" >/dev/null 2>"$tls/answer" && not_good "antin believes an unknown authority" || good "antin does not speak to a site of an unknown authority"

# The server, as openssl and gnutls see it.
# The client said hello, and it was the server that wanted none of it.
hung_up() { grep -q 'has read 0 bytes and written [1-9]' "$tls/answer" && grep -q 'no peer certificate available' "$tls/answer"; }
for version in 1.2 1.3; do
	openssl s_client -connect "127.0.0.1:$tls_port" -servername localhost -verify_hostname localhost -CAfile "$tls/root.pem" -verify_return_error "-tls${version/./_}" </dev/null >"$tls/answer" 2>&1 &&
		grep -q 'Verify return code: 0' "$tls/answer" && good "openssl: TLS $version" || not_good "openssl: TLS $version: $(tail -3 "$tls/answer")"
done
openssl s_client -connect "127.0.0.1:$tls_port" -tls1_1 -cipher 'ALL:@SECLEVEL=0' </dev/null >"$tls/answer" 2>&1
hung_up && good "openssl: TLS 1.1 is hung up on" || not_good "openssl: TLS 1.1: $(tail -3 "$tls/answer")"
openssl s_client -connect "127.0.0.1:$tls_port" -tls1_2 -cipher 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA' </dev/null >"$tls/answer" 2>&1
hung_up && good "openssl: CBC is hung up on" || not_good "openssl: CBC: $(tail -3 "$tls/answer")"
gnutls-cli --x509cafile "$tls/root.pem" --verify-hostname localhost --sni-hostname localhost -p "$tls_port" 127.0.0.1 </dev/null >"$tls/answer" 2>&1 && grep -q 'Handshake was completed' "$tls/answer" && good "gnutls-cli: the chain and the name" || not_good "gnutls-cli: $(tail -3 "$tls/answer")"
gnutls-cli --x509cafile "$tls/root.pem" --verify-hostname localhost --priority 'NORMAL:-VERS-ALL:+VERS-TLS1.1' -p "$tls_port" 127.0.0.1 </dev/null >"$tls/answer" 2>&1
grep -q 'non-properly terminated\|fatal alert' "$tls/answer" && good "gnutls-cli: TLS 1.1 is hung up on" || not_good "gnutls-cli: TLS 1.1: $(tail -3 "$tls/answer")"
curl -sS --max-time 10 -o "$tls/answer" "http://127.0.0.1:$tls_port/checkpoint" 2>"$tls/curl" && not_good "plain HTTP on the TLS port" || good "plain HTTP on the TLS port gets nothing"

# Who never completes the handshake holds up nobody, and is sent away.
began=$(date +%s)
for n in $(seq 20); do (exec 3<>"/dev/tcp/127.0.0.1/$tls_port"; [ $((n % 2)) -eq 0 ] || printf '\026\003\001' >&3; timeout 60 cat <&3 >/dev/null; echo "$n" >>"$tls/gone") & hang_pids="$hang_pids $!"; done
# And one that says something all the time, within one long record.
(exec 3<>"/dev/tcp/127.0.0.1/$tls_port"; printf '\026\003\001\077\377\001' >&3; for _ in $(seq 60); do printf '\001' >&3 || break; sleep 1; done) 2>/dev/null & hang_pids="$hang_pids $!"
sleep 1
is "twenty unfinished handshakes hold up nobody" "$(ask none /checkpoint --max-time 5)" 200
for pid in $hang_pids; do wait "$pid"; done
hang_pids=
took=$(($(date +%s) - began))
if [ "$took" -lt 45 ]; then good "they are sent away after $took seconds"; else not_good "they stayed $took seconds"; fi
for _ in $(seq 30); do (exec 3<>"/dev/tcp/127.0.0.1/$tls_port"; sleep 3) & hang_pids="$hang_pids $!"; done
sleep 1
ask none /checkpoint --max-time 5 >/dev/null && not_good "more connections than one address may have" || good "one address has no more connections than it may"
for pid in $hang_pids; do wait "$pid"; done
hang_pids=
sleep 1
is "and is heard again afterwards" "$(ask none /checkpoint --max-time 5)" 200
kill -0 "$tls_pid" && good "the process is alive" || not_good "the process died: $(tail -2 "$tls/api.log")"
[ "$bad" -eq 0 ]

# tests/world.sh -- the steps that make and run a small authority, as shell
# functions; sourced by ./quickstart and by the flows in tests/flow.
#
#   world_init STATE BUILD   where everything lives; where the executables are
#   world_begin              tokens, ceremony, configuration
#   world_up / world_down    the daemons
#   enrol_* order ...        what people do
#   flow_* good holds ...    what flows begin with, and what they found
#
# Every function prints nothing but what its caller may want to read; each step
# that is told to a person goes through `say`.

say() { printf '%s\n' "$*"; }
die() { printf 'failed: %s\n' "$*" >&2; exit 1; }

world_init() {
	state=$1 build=$2
	source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
	policy_folder=${policy_folder:-$source_dir/policy}	# a test may give another
	antin=$(cd "$build" && pwd)/bin/antin
	mkdir -p "$state"
	state=$(cd "$state" && pwd)
	agencies='H99.31.07 H99.14 H99.31.12 H99.08 H99.27 H99.05 H99.17 H99.15.02'
	origin=xacthuc.hoagiang.example/register
	# A file, unless an empty server's name is given (tests/flow/postgres.sh, tests/long/flows_on_postgres.sh).
	database=${ANTIN_SERVER:-$state/register/register.db}
}

# register_hex COLUMN FROM...: octets out of the register's database, in hex
register_hex() {
	if [ -n "${ANTIN_SERVER:-}" ]; then psql -AtX -c "SELECT encode($1, 'hex') $2" "$database"; else sqlite3 "file:$database?mode=ro" "SELECT hex($1) $2"; fi
}

# register_sql SQL: one value out of the register's database
register_sql() {
	if [ -n "${ANTIN_SERVER:-}" ]; then psql -AtXq -c "$1" "$database"; else sqlite3 "file:$database?mode=ro" "$1"; fi
}

# octets HEX: as the database's SQL writes them
octets() { if [ -n "${ANTIN_SERVER:-}" ]; then printf "'\\\\x%s'" "$1"; else printf "x'%s'" "$1"; fi; }

# register_file: a file with the register's rows: its own, or a copy of what a
# server has now
register_file() {
	if [ -z "${ANTIN_SERVER:-}" ]; then echo "$database"; return; fi
	rm -rf "$state/copied"
	"$antin" backup --database "$database" --to "$state/copied" >"$state/log/copied" 2>&1 || { cat "$state/log/copied" >&2; return 1; }
	echo "$state/copied/register.db"
}

# register_lost: database and state are gone; there are empty ones.  What they
# were lies in $state/lost, of a server nothing.
register_lost() {
	rm -rf "$state/lost"
	mv "$state/register" "$state/lost"
	mkdir -m 755 "$state/register"
	if [ "$uid_base" -ne 0 ]; then chown "$((uid_base + 5)):$((uid_base + 5))" "$state/register"; fi
	if [ -n "${ANTIN_SERVER:-}" ]; then register_empty; fi
}

# register_empty: the server has nothing
register_empty() { psql -AtXq -c 'SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public' "$database" || die "emptying the server"; }

# register_at: options of the command line that name the state or the server
register_at() { printf '%s %s' --state "$state/register"; if [ -n "${ANTIN_SERVER:-}" ]; then printf ' %s %s' --database "$database"; fi; }

new_pin() { od -An -N8 -tu8 /dev/urandom | tr -d ' ' | cut -c1-10; }
office() { SOFTHSM2_CONF=$state/softhsm.conf "$antin" "$@"; }	# the authority's tokens
desk() { SOFTHSM2_CONF=$state/desk/softhsm.conf "$antin" "$@"; }	# people's own tokens

softhsm_conf() {	# FILE TOKENS
	printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n' "$2" >"$1"
}

make_token() {	# office|desk PINS TOKEN
	local where=$1 pins=$2 token=$3
	new_pin >"$pins/$token.pin"
	new_pin >"$pins/$token.so"
	"$where" token init --token "$token" --so-pin-file "$pins/$token.so" --pin-file "$pins/$token.pin" >/dev/null || die "token $token"
}

# One id for all, unless we are root and the state can be reached by others:
# then every process gets an id of its own.
choose_ids() {
	uid_base=0
	[ "$(id -u)" -eq 0 ] || return 0
	if setpriv --reuid 61000 --regid 61000 --clear-groups test -x "$state" -a -r "$policy_folder/roles.xml" 2>/dev/null; then uid_base=61000; fi
}

world_tokens() {
	mkdir -p "$state"/{pins,tokens,desk/tokens,desk/certificates,log,permits,trust,evidence,public,register,logkey,ceremony,run}
	chmod 700 "$state/pins" "$state/desk" "$state/tokens" "$state/logkey"
	softhsm_conf "$state/softhsm.conf" "$state/tokens"
	softhsm_conf "$state/desk/softhsm.conf" "$state/desk/tokens"
	for token in root issuing seal service tsa log; do make_token office "$state/pins" "$token"; done
	for token in approver security officer clerk; do make_token desk "$state/desk" "$token"; done
}

world_ceremony() {
	local token
	for token in approver security; do
		desk enrol --token "$token" --pin-file "$state/desk/$token.pin" --csr-out "$state/ceremony/$token.csr" || die "request of $token"
	done
	for token in tsa service; do
		office enrol --token "$token" --pin-file "$state/pins/$token.pin" --csr-out "$state/ceremony/$token.csr" || die "request of $token"
	done
	office enrol --token issuing --pin-file "$state/pins/issuing.pin" --label ocsp --csr-out "$state/ceremony/ocsp.csr" || die "the OCSP responder's key"
	for agency in $agencies; do
		office enrol --token seal --pin-file "$state/pins/seal.pin" --label "$agency" --csr-out "$state/ceremony/seal-$agency.csr" || die "seal key of $agency"
	done
	cat >"$state/ceremony/ceremony.json" <<-EOF
	{"tier": "demonstration", "agency": "H99",
	 "root_name": "Gốc chứng thực THỬ NGHIỆM Hòa Giang", "issuing_name": "Cơ quan chứng thực THỬ NGHIỆM Hòa Giang",
	 "site": "http://$host", "origin": "$origin", "log_state": "$state/logkey", "out": "$state/ceremony",
	 "root": {"token": "root", "pin_file": "$state/pins/root.pin"},
	 "issuing": {"token": "issuing", "pin_file": "$state/pins/issuing.pin"},
	 "log": {"token": "log", "pin_file": "$state/pins/log.pin"},
	 "administrators": [
	  {"person": "CB-000001", "name": "Người Duyệt (thử nghiệm)", "title": "Quản trị chứng thư", "agency": "H99", "roles": ["approver"], "csr": "$state/ceremony/approver.csr"},
	  {"person": "CB-000002", "name": "Cán Bộ An Toàn (thử nghiệm)", "title": "Cán bộ an toàn", "agency": "H99", "roles": ["security-officer"], "csr": "$state/ceremony/security.csr"}],
	 "services": [
	  {"profile": "tsa", "name": "Dấu thời gian THỬ NGHIỆM", "agency": "H99", "csr": "$state/ceremony/tsa.csr"},
	  {"profile": "ocsp", "name": "Trả lời trạng thái THỬ NGHIỆM", "agency": "H99", "csr": "$state/ceremony/ocsp.csr"},
	  {"profile": "service-signer", "name": "Dịch vụ ký THỬ NGHIỆM", "agency": "H99", "csr": "$state/ceremony/service.csr"}]}
	EOF
	office ceremony "$state/ceremony/ceremony.json" --policy-folder "$policy_folder" >/dev/null || die "the ceremony"
	cp "$state/ceremony/root.crt" "$state/trust/"
}

# Who cosigns the log: nobody, unless witnesses=own (one of the authority's own,
# beside it: that shows how it works and proves nothing) or a flow has another
# world_witnesses, which writes $state/witness.policy.
log_vkey() { openssl cms -verify -noverify -inform DER -in "$state/ceremony/ceremony.cms" 2>/dev/null | grep -o "\"$origin+[^\"]*\"" | tr -d '"'; }

world_witnesses() {
	[ "${witnesses:-}" = own ] || return 0
	local port vkey
	port=$(another_port)
	mkdir -p "$state/witness"
	vkey=$("${antin}-witness" keygen --key "$state/witness/key.pem" --name nhanchung.hoagiang.example/thu-nghiem) || die "the witness's key"
	printf 'log %s\nwitness thu-nghiem %s http://127.0.0.1:%s\nquorum thu-nghiem\n' "$(log_vkey)" "$vkey" "$port" >"$state/witness.policy"
	cat >"$state/witness.conf" <<-EOF
	[antin-witness]
	listen = 127.0.0.1:$port
	name = nhanchung.hoagiang.example/thu-nghiem
	key = $state/witness/key.pem
	logs = $state/witness.policy
	state = $state/witness
	uid = $((uid_base == 0 ? 0 : uid_base + 9))

	EOF
}

hsm_section() {	# NAME CALLER
	printf '[antin-hsm-%s]\nrun = %s\nuid_base = %s\ntoken = %s\nmodule_config = %s\nwrites = %s\nsign.%s = *\n\n' \
		"$1" "$state/run" "$uid_base" "$1" "$state/softhsm.conf" "$state/tokens" "$2"
}

world_conf() {
	local cosigned='' more='' owned=''
	common=$(printf 'run = %s\nuid_base = %s' "$state/run" "$uid_base")
	if [ -e "$state/witness.policy" ]; then
		more=antin-courier cosigned="witness_policy = $state/witness.policy"
	fi
	if [ -e "$state/witness.conf" ]; then
		more="antin-witness $more" owned="witness=$state/witness"
	fi
	{
		cat <<-EOF
		[up]
		processes = antin-hsm-log $more antin-register antin-hsm-issuing antin-hsm-seal antin-hsm-service antin-hsm-tsa antin-verifier antin-ca antin-tsa antin-signer antin-api
		$common
		pins = $state/pins
		folders = register=$state/register register=$state/public hsm=$state/tokens hsm=$state/logkey $owned

		[antin-hsm-log]
		$common
		token = log
		kind = log
		module_config = $state/softhsm.conf
		writes = $state/tokens
		state = $state/logkey
		origin = $origin

		[antin-register]
		$common
		state = $state/register
		public = $state/public
		origin = $origin
		database = $database
		report_every = ${report_every:-86400}
		$cosigned

		[antin-verifier]
		$common
		policy = $policy_folder
		trust = $state/trust
		public = $state/public
		host = $host

		[antin-ca]
		$common
		policy = $policy_folder
		root = $state/ceremony/root.crt
		ceremony = $state/ceremony/ceremony.cms

		[antin-tsa]
		$common
		trust_unsynchronised_clock = yes

		[antin-signer]
		$common
		policy = $policy_folder
		origin = $origin
		status_uri = http://$host/status/1.cwt
		root = $state/ceremony/root.crt
		root_crl = $state/ceremony/root.crl
		issuing = $state/ceremony/issuing.crt

		[antin-api]
		$common
		public = $state/public
		listen = $host
		host = $host
		site = http://$host

		[antin-doctor]
		public = $state/public
		database = $database
		site = http://$host
		policy = $policy_folder
		witness_policy = ${cosigned:+$state/witness.policy}
		tokens = antin-hsm-log antin-hsm-issuing antin-hsm-seal antin-hsm-service antin-hsm-tsa
		unsynchronised_clock = yes

		EOF
		if [ -n "$more" ]; then printf '[antin-courier]\n%s\npolicy = %s\n\n' "$common" "$state/witness.policy"; fi
		if [ -n "$owned" ]; then cat "$state/witness.conf"; fi
		hsm_section issuing ca
		hsm_section seal signer
		hsm_section service signer
		hsm_section tsa tsa
	} >"$state/antin.conf"
}

# The second ceremony: another token, a bundle (authority.roll-over); the daemons have
# nothing of it yet.
world_second_ceremony() {
	make_token office "$state/pins" issuing-2
	office enrol --token issuing-2 --pin-file "$state/pins/issuing-2.pin" --label ocsp --csr-out "$state/ceremony/ocsp-2.csr" || die "the second OCSP responder's key"
	cat >"$state/ceremony/roll-over.json" <<-JSON
	{"tier": "demonstration", "agency": "H99", "generation": 2, "root_certificate": "$state/ceremony/root.crt",
	 "issuing_name": "Cơ quan chứng thực THỬ NGHIỆM Hòa Giang", "site": "http://$host", "out": "$state/ceremony", "root_crl": "$state/ceremony/root.crl",
	 "root": {"token": "root", "pin_file": "$state/pins/root.pin"}, "issuing": {"token": "issuing-2", "pin_file": "$state/pins/issuing-2.pin"},
	 "services": [{"profile": "ocsp", "name": "Trả lời trạng thái 2 THỬ NGHIỆM", "agency": "H99", "csr": "$state/ceremony/ocsp-2.csr"}]}
	JSON
	office ceremony "$state/ceremony/roll-over.json" --policy-folder "$policy_folder" >/dev/null || die "the second ceremony"
	hsm_section issuing-2 ca >>"$state/antin.conf"
	sed -i 's/^processes = .*antin-hsm-issuing/& antin-hsm-issuing-2/' "$state/antin.conf"
	world_handed_over
}

# The yearly ceremony: the root's next CRL is $root_crl (authority.root-crl), with what
# is to be revoked, as the ceremony's file has it.  world_root_crl [REVOKED]
world_root_crl() {
	local last=${root_crl:-$state/ceremony/root.crl} out
	out=$(mktemp -d "$state/ceremony/root-crl-XXXX")
	cat >"$out/plan.json" <<-JSON
	{"root_certificate": "$state/ceremony/root.crt", "root_crl": "$last", "revoke": [${1:-}], "out": "$out",
	 "root": {"token": "root", "pin_file": "$state/pins/root.pin"}}
	JSON
	office ceremony "$out/plan.json" >/dev/null || die "the ceremony of the root's CRL"
	root_crl=$out/root.crl
	world_handed_over
}

# The order that publishes $root_crl, for a second to consent to: its id
root_crl_order() {
	local hash
	hash=$(sha256sum <"$root_crl" | cut -d' ' -f1)
	order_by approver CB-000001 authority.root-crl "$hash" --reason "Danh sách thu hồi của gốc" --with "{\"crl\":\"$(base64 -w0 "$root_crl")\"}" --minutes 120 | jq -r .waits.id
}

free_port() {
	local port
	for _ in $(seq 50); do
		port=$((18080 + RANDOM % 2000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
	done
	die "no free port from 18080 to 20079"
}

# A free port that nobody else was told of.
another_port() {
	local port
	for _ in $(seq 50); do
		port=$(free_port)
		grep -qx "$port" "$state/ports" 2>/dev/null && continue
		echo "$port" | tee -a "$state/ports"
		return
	done
	die "no further free port"
}

world_begin() {
	host=127.0.0.1:$(another_port)
	api=http://$host
	echo "$host" >"$state/host"
	choose_ids
	world_tokens
	world_ceremony
	world_witnesses
	world_conf
	world_handed_over
}

# Tokens and the log key's memory belong to antin-hsm from now on (the eighth of
# base/msg.h's callers).
world_handed_over() { if [ "$uid_base" -ne 0 ]; then chown -R "$((uid_base + 7)):$((uid_base + 7))" "$state/tokens" "$state/logkey"; fi; }

world_up() {
	rm -f "$state/ready"
	"$antin" up --config "$state/antin.conf" --ready-file "$state/ready" >>"$state/log/antin.log" 2>&1 &
	up_pid=$!
	for _ in $(seq 600); do
		[ -e "$state/ready" ] && return 0
		kill -0 "$up_pid" 2>/dev/null || { tail -n 15 "$state/log/antin.log" >&2; die "the daemons did not start"; }
		sleep 0.1
	done
	die "the daemons were not ready in a minute"
}

# world_again: the daemons of a state that was made before
world_again() {
	host=$(cat "$state/host")
	# The port may be taken meanwhile; what permits say of the host stays.
	if (exec 3<>"/dev/tcp/${host%:*}/${host#*:}") 2>/dev/null; then
		host=127.0.0.1:$(free_port)
	fi
	sed -i "/^\[antin-api\]/,/^\[/s/^listen = .*/listen = $host/" "$state/antin.conf"	# not the witness's
	api=http://$host
	world_up
}

world_down() {
	[ -n "${up_pid:-}" ] || return 0
	kill -TERM "$up_pid" 2>/dev/null
	wait "$up_pid" 2>/dev/null
	up_pid=
}

# certificate_of PERSON -> file with the person's active certificate
certificate_of() {
	local serial
	serial=$(curl -sS -d "{\"what\":\"certificates\",\"person\":\"$1\",\"state\":\"active\"}" -H 'Content-Type: application/json' "$api/v1/list/ca" | grep -o '"id":"[0-9a-f]*"' | tail -1 | cut -d'"' -f4)
	[ -n "$serial" ] || die "there is no certificate of $1"
	curl -sS -o "$state/desk/certificates/$1.crt" "$api/v1/certificates/$serial" || die "the certificate of $1"
	echo "$serial" >"$state/desk/certificates/$1.serial"
	echo "$state/desk/certificates/$1.crt"
}

# People's programs ask as the program of the desk, once it is registered: that
# order looks nothing up.
# order_by TOKEN PERSON VERB ID... [--with ...]
order_by() {
	local token=$1 person=$2 asks=()
	[ -e "$state/desk/program.key" ] && asks=(--api-key-file "$state/desk/program.key")
	shift 2
	desk order "$@" --token "$token" --pin-file "$state/desk/$token.pin" --certificate "$state/desk/certificates/$person.crt" --api "$api" "${asks[@]}" --yes 2>"$state/log/order" ||
		{ cat "$state/log/order" >&2; return 1; }
}

# enrol_person TOKEN PERSON NAME TITLE AGENCY PROFILE
enrol_person() {
	local id
	id=$(desk enrol --token "$1" --pin-file "$state/desk/$1.pin" --api "$api" --profile "$6" --agency "$5" --person "$2" --name "$3" --title "$4") || die "enrolling $2"
	order_by approver CB-000001 cert.approve "$id" --reason "Cấp lần đầu" >/dev/null || die "approving $2"
	certificate_of "$2" >/dev/null
}

# Another officer, when the demonstration's own is revoked.
second_officer() {
	[ ! -e "$state/desk/second.pin" ] || return 0
	mkdir -p "$state/desk/tokens"
	make_token desk "$state/desk" second
	enrol_person second CB-000021 "Người Ký Hai (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
	appoint CB-000021 officer H99 "PHÓ CHỦ TỊCH" "KT."
}

agency_name() { sed -n "s/.*id=\"$1\" name=\"\([^\"]*\)\".*/\1/p" "$policy_folder/agencies.xml"; }

enrol_seals() {
	local ids='' agency id
	for agency in $agencies; do
		id=$(office enrol --token seal --pin-file "$state/pins/seal.pin" --label "$agency" --api "$api" --profile seal --agency "$agency" --name "$(agency_name "$agency")") || die "enrolling the seal of $agency"
		ids="$ids $id"
	done
	# shellcheck disable=SC2086
	order_by approver CB-000001 cert.approve $ids --reason "Con dấu cơ quan" >/dev/null || die "approving the seals"
}

appoint() {	# PERSON ROLE AGENCY TITLE MODE
	order_by approver CB-000001 person.appoint "$1" --reason "Quyết định phân công" --with \
		"{\"person\":\"$1\",\"role\":\"$2\",\"agency\":\"$3\",\"title\":\"$4\",\"mode\":\"$5\",\"kinds\":[\"*\"],\"from\":\"2026-01-01\",\"decision\":\"01/QĐ-TN\"}" >/dev/null || die "appointing $1"
}

# Who consents to what an approver orders, when two people must.
third_approver() {
	make_token desk "$state/desk" third
	enrol_person third CB-000003 "Người Duyệt Ba (thử nghiệm)" "Quản trị chứng thư" H99 administrator
	appoint CB-000003 approver H99 "Quản trị chứng thư" ""
}

# register_program [NAME [RIGHTS [AGENCY [KIND [EXPIRES]]]]]: NAME.key is the key
register_program() {
	local name=${1:-program} rights=${2:-'"submit","read"'} id
	if [ -e "$state/desk/$name.key" ]; then cp "$state/desk/$name.key" "$state/desk/$name.new"; else od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$state/desk/$name.new"; fi
	id=$(sha256sum "$state/desk/$name.new" | cut -d' ' -f1)
	order_by security CB-000002 program.register "$id" --reason "Một cửa" --with \
		"{\"name\":\"Một cửa điện tử (thử nghiệm)\",\"agencies\":[\"${3:-H99}\"],\"kinds\":[\"${4:-*}\"],\"rights\":[$rights],\"responsible\":\"CB-000002\",\"expires\":\"${5:-2036-01-01T00:00:00Z}\"}" >/dev/null || die "registering the program $name"
	mv "$state/desk/$name.new" "$state/desk/$name.key"
}

# What most flows begin with: the administrators' certificates, the program, an
# officer and a clerk of the city, the seals.
world_staff() {
	certificate_of CB-000001 >/dev/null
	certificate_of CB-000002 >/dev/null
	service_certificate || die "the service signer's certificate"
	register_program
	enrol_person officer CB-000011 "Người Ký (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
	enrol_person clerk CB-000012 "Văn Thư (thử nghiệm)" "Văn thư" H99 official
	enrol_seals
	appoint CB-000011 officer H99 "PHÓ CHỦ TỊCH" "KT."
	appoint CB-000012 clerk H99 "Văn thư" ""
}

# in_days N [FORMAT]: a day in Vietnam, counted from today
in_days() { TZ=Asia/Ho_Chi_Minh date -d "$1 days" "+${2:-%F}"; }

open_book() {	# AGENCY BOOK YEAR NEXT
	order_by clerk CB-000012 permit.open-book "$1" --reason "Mở sổ" --with "{\"book\":\"$2\",\"year\":$3,\"next\":$4}" >/dev/null || die "opening the book $2 of $1"
}

submit() {	# FILE ID -> handle
	"$antin" permit submit "$1" --id "$2" --api "$api" --api-key-file "$state/desk/program.key"
}

sign_by() {	# TOKEN PERSON HANDLE...
	local token=$1 person=$2
	shift 2
	desk permit sign "$@" --token "$token" --pin-file "$state/desk/$token.pin" --certificate "$state/desk/certificates/$person.crt" \
		--service-certificate "$state/ceremony/service.crt" --api "$api" --api-key-file "$state/desk/program.key" --yes
}

sign() {	# HANDLE...
	sign_by officer CB-000011 "$@"
}

seal() {	# HANDLE...
	order_by clerk CB-000012 permit.seal "$@" --reason "Cho số và đóng dấu"
}

# example FILE NAME: the block of a page that follows its mark
example() { awk -v mark="<!-- example: $2 -->" '$0 == mark { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$1"; }

# What anybody may copy, for judging with nothing running.
collect_evidence() {
	cp -r "$state/public/crl/." "$state/evidence/" 2>/dev/null
	cp "$state/public/status/"*.cwt "$state/evidence/" 2>/dev/null
	cp "$state/ceremony/issuing.crt" "$state/ceremony/service.crt" "$state/evidence/"
	cp "$state/public/log.vkey" "$state/trust/"
}

verify() {	# FILE [options]
	local file=$1
	shift
	"$antin" verify "$file" --trust "$state/trust" --evidence "$state/evidence" --policy-folder "$policy_folder" "$@"
}

service_certificate() {
	local serial
	serial=$(curl -sS -d '{"what":"certificates","state":"active"}' -H 'Content-Type: application/json' "$api/v1/list/ca" | tr '{' '\n' | grep '"profile":"service-signer"' | grep -o '"id":"[0-9a-f]*"' | cut -d'"' -f4)
	curl -sS -o "$state/ceremony/service.der" "$api/v1/certificates/$serial" && openssl x509 -inform DER -in "$state/ceremony/service.der" -out "$state/ceremony/service.crt"
}

#
# Flows: where their authority is, and what they found.
#

# flow_begin NAME BUILD: an empty folder for an authority, which ends with the flow
flow_begin() {
	world_init "$2/$1" "$2"
	rm -rf "$state" && mkdir -p "$state/log"
	trap world_down EXIT
}

# flow_goes_on BUILD: the demonstration's authority, as whole_way.sh left it
flow_goes_on() {
	world_init "$1/demo" "$1"
	[ -e "$state/antin.conf" ] || ./quickstart --once --built "$1" >/dev/null || exit 1
	uid_base=$(sed -n 's/^uid_base = //p' "$state/antin.conf" | head -1)
	trap world_down EXIT
}

# court_tools: in $tools what a court has: coreutils, sh, openssl and xmlsec1, and nothing of ours
court_tools() {
	local tool
	tools=$state/tools
	mkdir "$tools"
	for tool in $(dpkg -L coreutils | grep -E '^(/usr)?/bin/') $(command -v sh openssl xmlsec1); do ln -sf "$tool" "$tools/"; done
}

# page_tools: what the tests of pages drive Chromium with
page_tools() {
	(
		flock 9
		cd tests/page && { cmp -s package-lock.json node_modules/.lock || { npm ci --silent --no-audit --no-fund >/dev/null 2>&1 && cp package-lock.json node_modules/.lock; }; }
	) 9>"${TMPDIR:-/tmp}/antin-page.lock" || not_good "npm ci"
}

bad=0	# of what was looked at; a flow ends with [ "$bad" -eq 0 ]
good() { say "ok $1"; }
not_good() { bad=$((bad + 1)); say "not ok $1"; }
# WHAT GOT WANTED; `is` tells what it got
expect() { if [ "$2" = "$3" ]; then good "$1"; else not_good "$1 ($2, not $3)"; fi; }
is() { if [ "$2" = "$3" ]; then good "$1: $2"; else not_good "$1: $2, not $3"; fi; }
# holds WHAT COMMAND...; what it said is in log/last
holds() { local what=$1; shift; if "$@" >"$state/log/last" 2>&1; then good "$what"; else not_good "$what: $(tail -n 3 "$state/log/last")"; fi; }
# refuses WHAT WORDS COMMAND...: it fails and says these words
refuses() {
	local what=$1 words=$2
	shift 2
	if "$@" >"$state/log/last" 2>&1; then not_good "$what: it was done"
	elif grep -qF -- "$words" "$state/log/last"; then good "$what: $words"
	else not_good "$what: $(tail -n 3 "$state/log/last")"; fi
}
# sound: the register is what its log says, and what is published is of it
sound() { if "$antin" log fsck --database "$database" --public "$state/public" >"$state/log/last" 2>&1; then good "$(cat "$state/log/last")"; else not_good "$(cat "$state/log/last")"; fi; }

#!/usr/bin/env bash
# What comes in broken, late, twice, from the wrong hand, or while a token or the
# disk is missing: each gets one sentence (what, where, which rule), its class,
# its HTTP status or exit code; its honest twin passes; nothing acknowledged is
# lost.  usage: bad_input.sh BUILD
set -u
# A full disk needs a small one: an ordinary user mounts it in a namespace.
if [ "$(id -u)" -ne 0 ] && [ -z "${BAD_INPUT_INSIDE:-}" ] && unshare --user --map-root-user --mount true 2>/dev/null; then
	BAD_INPUT_INSIDE=yes exec unshare --user --map-root-user --mount "$0" "$@"
fi
cd "$(dirname "$0")/../.."
. tests/world.sh
umount "$1/bad-input/small" 2>/dev/null
flow_begin bad-input "$1"
world_clean() { world_down; umount "$state/small" 2>/dev/null; }
trap world_clean EXIT

world_begin
world_up
service_certificate || die "the service signer's certificate"
certificate_of CB-000001 >/dev/null
certificate_of CB-000002 >/dev/null
make_token desk "$state/desk" local
register_program
enrol_person officer CB-000011 "Người Ký (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_person clerk CB-000012 "Văn Thư (thử nghiệm)" "Văn thư" H99 official
enrol_person local CB-000013 "Văn Thư Sở (thử nghiệm)" "Văn thư" H99.14 official
enrol_seals
appoint CB-000011 officer H99 "PHÓ CHỦ TỊCH" "KT."
appoint CB-000012 clerk H99 "Văn thư" ""
appoint CB-000013 clerk H99.14 "Văn thư" ""
year=$(TZ=Asia/Ho_Chi_Minh date +%Y)
open_book H99.31.07 GPXD "$year" 1

#
# What is sent.
#
made=$state/made
mkdir -p "$made"
python3 - "$made" tests/data/permits.json <<'PY'
import copy, json, sys
out, samples = sys.argv[1:]
ns = '<permit xmlns="urn:antin:permit:1">'
xml = {
    'dtd': '<!DOCTYPE permit [<!ENTITY a "b">]>' + ns + '&a;</permit>',
    'cut': ns + '<content></permit>',
    'long': ns + 'x' * (10 << 20) + '</permit>',
    'many': ns + '<a/>' * 100000 + '</permit>',
    'deep': ns + '<a>' * 10000 + '</a>' * 10000 + '</permit>',
}
for name, text in xml.items():
    open('%s/%s.xml' % (out, name), 'w').write(text)
sample = [p for p in json.load(open(samples))['permits'] if p['id'] == 'gpxd-01'][0]
def put(name, **change):
    one = copy.deepcopy(sample)
    one.update(change)
    json.dump(one, open('%s/%s.json' % (out, name), 'w'), ensure_ascii=False)
title = sample['ten_thu_tuc']
put('honest')
put('kind', loai='GIAY_PHEP_BAY')
put('agency', co_quan_cap=dict(sample['co_quan_cap'], ma='H00.99'))
put('zero-width', ten_thu_tuc=title[:3] + '\u200b' + title[3:])
put('bidi', ten_thu_tuc=title[:3] + '\u202e' + title[3:])
put('control', ten_thu_tuc=title[:3] + '\u0007' + title[3:])
put('look-alike', ten_thu_tuc='\u00d0' + title)
put('other', ten_thu_tuc=title + ' (hai)')
open(out + '/cut.json', 'w').write(json.dumps(sample)[:400])
PY

# A clerk whose key is a file, so that an order may say anything.
openssl ecparam -name prime256v1 -genkey -noout -out "$made/clerk.key" 2>/dev/null
openssl req -new -key "$made/clerk.key" -subj /CN=x -outform DER -out "$made/clerk.csr" 2>/dev/null
# The last octet of a request is of its signature.
python3 - "$made" <<'PY'
import sys
d = bytearray(open(sys.argv[1] + '/clerk.csr', 'rb').read())
d[-1] ^= 1
open(sys.argv[1] + '/tampered.csr', 'wb').write(d)
PY
ask_certificate() {	# CSR -> the request's JSON in $made
	printf '{"profile":"official","agency":"H99","name":"Văn Thư Ba (thử nghiệm)","person":"CB-000014","title":"Văn thư","csr":"%s"}' "$(base64 -w0 "$made/$1.csr")" >"$made/$1.request"
}
ask_certificate clerk
ask_certificate tampered

# order FILE VERB SUBJECT-JSON [KEY=VALUE...]: signed with the file's key.
order() {
	local file=$1
	shift
	curl -sS -d '{"what":"head"}' -H 'Content-Type: application/json' "$api/v1/list/ca" >"$made/head"
	python3 - "$made/head" "$@" >"$made/$file.order" <<'PY'
import datetime, json, os, sys
head = json.load(open(sys.argv[1]))
said = dict(a.split('=', 1) for a in sys.argv[4:])
now = datetime.datetime.now(datetime.timezone.utc)
at = lambda secs: (now + datetime.timedelta(seconds=int(secs))).strftime('%Y-%m-%dT%H:%M:%SZ')
o = {'antin': 'order/1', 'id': os.urandom(16).hex(), 'verb': sys.argv[2], 'subject': json.loads(sys.argv[3]), 'reason': 'thử',
     'effective': at(0), 'made': at(said.get('made', 0)), 'expires': at(said.get('expires', 300)),
     'after': {'size': int(said.get('size', head['size'])), 'root': said.get('root', head['root'])}}
if 'with' in said:
    o['with'] = json.loads(said['with'])
json.dump(o, sys.stdout, ensure_ascii=False)
PY
	openssl cms -sign -binary -nodetach -cades -outform DER -md sha256 -signer "$made/clerk.pem" -inkey "$made/clerk.key" -in "$made/$file.order" -out "$made/$file.cms" || die "signing $file"
}
with_hash() { printf '[{"id":"%s","hash":"%s"}]' "$1" "$(printf %s "$2" | sha256sum | cut -d' ' -f1)"; }
permit_subject() {	# HANDLE: the subject as it is now
	curl -sS -H "Authorization: Bearer $(cat "$state/desk/program.key")" -o "$made/now" "$api/v1/permits/$1"
	printf '[{"id":"%s","hash":"%s"}]' "$1" "$(sha256sum "$made/now" | cut -d' ' -f1)"
}

#
# How it is sent.  Each sets $code and leaves the answer in $answer.
#
answer=$made/answer
post() {	# PATH FILE [curl options]
	local path=$1 file=$2
	shift 2
	code=$(curl -sS -o "$answer" -w '%{http_code}' --data-binary "@$file" "$@" "$api$path")
}
json() { post "$1" "$made/$2" -H 'Content-Type: application/json'; }
handed_in() { post /v1/permits "$made/$1.json" -H 'Content-Type: application/json' -H "Authorization: Bearer $(cat "$state/desk/program.key")" -H "Idempotency-Key: ${2:-$1}"; }
ordered() { post /v1/orders/signer "$made/$1.cms" -H 'Content-Type: application/cms'; }
sent() { post /v1/verify "$made/$1.xml" -H 'Content-Type: application/xml'; }
run() { "$@" >"$answer" 2>"$answer.err"; code=$?; }
judged() { run verify "$made/$1.xml" --json; }
by() {	# TOKEN PERSON VERB ID... : an order with a desk token
	local token=$1 person=$2
	shift 2
	# shellcheck disable=SC2086
	run desk order "$@" --token "$token" ${more_options:-} --pin-file "${pin_file:-$state/desk/$token.pin}" --certificate "$state/desk/certificates/$person.crt" --api "$api" --api-key-file "$state/desk/program.key" --yes --json --reason "thử"
}
# The same token behind a module that counts logins and tells what tries are left
# (tests/hsm/module_mock.c): COUNTED is what came to the token.
watched() {	# COMMAND-OF-THE-MODULE by ...
	local said=$1
	shift
	python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("iii", int(sys.argv[1]), 0, 0) + bytes(4084))' "$said" >"$state/desk/tokens/mock.page"
	more_options="--module $module" "$@"
	counted=$(od -An -i -j4 -N4 "$state/desk/tokens/mock.page" | tr -d ' ')
}
module=$PWD/$1/tests/hsm_module_mock.so
case $1 in /*) module=$1/tests/hsm_module_mock.so ;; esac
tell() { sed -n "/^enum mock_command {/,/};/p" tests/hsm/module_mock.h | tr -d '\n\t ' | sed 's/.*{//; s/,*};//' | tr ',' '\n' | grep -nx "MOCK_$1" | awk -F: '{ print $1 - 1 }'; }
wrong_pin() { pin_file=$made/wrong.pin; by "$@"; pin_file=; }
seal_by() { local token=$1 person=$2; shift 2; by "$token" "$person" permit.seal "$@"; }

# What the answer says: class and sentence; a verdict's are its indication and reason.
told() {
	jq -rs '.[-1] | if .verdict then "\(.verdict)/\(.sub)", (.reasons[0].en // "")
		elif .results then ([.results[] | select(.done | not)][0] // {class: "done", text: ""} | .class, .text)
		elif .class then .class, (.detail // .text) else "done", "" end' "$answer" 2>/dev/null
}

# One sentence: one line, long enough to say something, nothing of the machine.
sentence_fault() {
	local text=$1
	[ "$(printf '%s' "$text" | wc -l)" -eq 0 ] || { echo "more than one line"; return; }
	[ "${#text}" -ge 15 ] || { echo "says too little"; return; }
	case $text in
	*.sock* | *"$state"* | */run/* | *errno* | *.c:[0-9]* | *"broken promise"* | *SELECT* | *INSERT*) echo "speaks of the machine" ;;
	"No such file or directory" | "Permission denied" | "No space left on device" | "Connection refused" | "Input/output error") echo "is the system's word alone" ;;
	esac
}

rows=0
# The table: name | HTTP status or exit code | class | words of the sentence | command
table() {
	local name want class words command said text fault
	while IFS='|' read -r name want class words command; do
		case $name in '' | \#*) continue ;; esac
		name=$(echo $name) want=$(echo $want) class=$(echo $class) words=$(echo $words)
		rows=$((rows + 1))
		code=none
		eval "$command" </dev/null
		{ read -r said; text=$(cat); } < <(told)
		fault=
		[ "$class" = done ] || fault=$(sentence_fault "$text")
		if [ "$code" != "$want" ]; then fault="answered $code, not $want"
		elif [ "$said" != "$class" ]; then fault="class $said, not $class"
		elif [ -n "$words" ] && [[ $text != *"$words"* ]]; then fault="does not say \"$words\""; fi
		if [ -z "$fault" ]; then good "$name: ${text:-done}"; else not_good "$name: $fault: $said: $text"; fi
	done
}

echo 000000 >"$made/wrong.pin"
table <<'TABLE'
# Documents
a DTD, by file                 |   1 | TOTAL-FAILED/FORMAT_FAILURE | line 1: a DOCTYPE is not accepted       | judged dtd
a DTD, by HTTP                 | 200 | TOTAL-FAILED/FORMAT_FAILURE | line 1: a DOCTYPE is not accepted       | sent dtd
XML that ends too early        |   1 | TOTAL-FAILED/FORMAT_FAILURE | not well-formed XML                     | judged cut
the same by HTTP               | 200 | TOTAL-FAILED/FORMAT_FAILURE | not well-formed XML                     | sent cut
10 MB of XML, by file          |   1 | TOTAL-FAILED/FORMAT_FAILURE | longer than 8388608 bytes               | judged long
10 MB of XML, by HTTP          | 413 | limit                       | the body may have 8388608 octets here   | sent long
100,000 elements, by file      |   1 | TOTAL-FAILED/FORMAT_FAILURE | too many elements (limit 20000)         | judged many
100,000 elements, by HTTP      | 200 | TOTAL-FAILED/FORMAT_FAILURE | too many elements (limit 20000)         | sent many
deep nesting, by file          |   1 | TOTAL-FAILED/FORMAT_FAILURE | nested too deeply (limit 24)            | judged deep
deep nesting, by HTTP          | 200 | TOTAL-FAILED/FORMAT_FAILURE | nested too deeply (limit 24)            | sent deep
no document                    | 400 | input                       | the document is empty                   | post /v1/verify /dev/null
# Submissions
a kind that does not exist     | 400 | input                       | GIAY_PHEP_BAY                           | handed_in kind
an agency that does not exist  | 400 | input                       | H00.99                                  | handed_in agency
a zero-width character         | 400 | input                       | ten_thu_tuc: tên thủ tục: có ký tự U+200B | handed_in zero-width
a bidi control                 | 400 | input                       | ten_thu_tuc: tên thủ tục: có ký tự U+202E | handed_in bidi
a control character            | 400 | input                       | ten_thu_tuc: tên thủ tục: có ký tự U+0007 | handed_in control
the look-alike U+00D0          | 400 | input                       | ten_thu_tuc: tên thủ tục: có ký tự U+00D0 | handed_in look-alike
half a JSON                    | 400 | input                       | JSON, line 1 column                     | handed_in cut
no API key                     | 401 | policy                      | API key                                 | json /v1/permits honest.json
a key that nobody registered   | 403 | policy                      | program.register                        | post /v1/permits "$made/honest.json" -H 'Authorization: Bearer abc' -H 'Idempotency-Key: x'
no idempotency key             | 400 | input                       | Idempotency-Key                         | post /v1/permits "$made/honest.json" -H "Authorization: Bearer $(cat "$state/desk/program.key")"
the honest submission          | 201 | done                        |                                         | handed_in honest; handle=$(jq -r .handle "$answer")
the same once more             | 200 | done                        |                                         | handed_in honest; [ "$(jq -r .handle "$answer")" = "$handle" ] || code=another-handle
other bytes, the same key      | 409 | conflict                    | this idempotency key was used           | handed_in other honest
other bytes, another key       | 201 | done                        |                                         | handed_in other; [ "$(jq -r .handle "$answer")" != "$handle" ] || code=the-same-handle
# Requests for certificates
a request whose signature is bad | 400 | input                     | signature                               | json /v1/requests tampered.request
its honest twin                | 200 | done                        |                                         | json /v1/requests clerk.request; request=$(jq -r .id "$answer")
the approver approves it       |   0 | done                        |                                         | by approver CB-000001 cert.approve "$request"
# Tokens at the desk
a wrong PIN                    |   1 | policy                      | wrong PIN for the token "clerk": one try was spent; few may be left | wrong_pin clerk CB-000012 permit.open-book H99.14 --with "{\"book\":\"GPXD\",\"year\":$year,\"next\":7}"
one try came to the token      |   1 | policy                      | one try was spent                       | watched "$(tell NOTHING)" wrong_pin clerk CB-000012 permit.open-book H99.17 --with '{"book":"X","year":0,"next":1}'; [ "$counted" -eq 1 ] || code="$counted-tries"
and only one is left           |   1 | policy                      | one try was spent; only one is left     | watched "$(tell PIN_LAST)" wrong_pin clerk CB-000012 permit.open-book H99.17 --with '{"book":"X","year":0,"next":1}'; [ "$counted" -eq 1 ] || code="$counted-tries"
a PIN that is locked           |   1 | policy                      | its PIN is locked                       | watched "$(tell PIN_LOCKED)" by clerk CB-000012 permit.open-book H99.17 --with '{"book":"X","year":0,"next":1}'; [ "$counted" -eq 0 ] || code="$counted-tries"
the right PIN after it         |   0 | done                        |                                         | by clerk CB-000012 permit.open-book H99.14 --with "{\"book\":\"GPXD\",\"year\":$year,\"next\":7}"
a token that is not there      |   1 | absent                      | there is no token labelled "nobody"     | run desk order permit.open-book H99.14 --with '{"book":"X","year":1,"next":1}' --token nobody --pin-file "$state/desk/clerk.pin" --certificate "$state/desk/certificates/CB-000012.crt" --api "$api" --yes --json
another person's token         |   1 | absent                      | is not on the token "officer"           | run desk order permit.open-book H99.14 --with '{"book":"X","year":1,"next":1}' --token officer --pin-file "$state/desk/officer.pin" --certificate "$state/desk/certificates/CB-000012.crt" --api "$api" --yes --json
TABLE

certificate_of CB-000014 >/dev/null
openssl x509 -inform DER -in "$state/desk/certificates/CB-000014.crt" -out "$made/clerk.pem"
appoint CB-000014 clerk H99 "Văn thư" ""

#
# Orders.  A permit waits for its seal.
#
hand_in_and_sign() { handed_in honest "$1"; handle=$(jq -r .handle "$answer"); sign "$handle" >"$state/log/sign" 2>&1 || { cat "$state/log/sign" >&2; die "signing $1"; }; }
state_of() { register_sql "SELECT state FROM permit WHERE handle = $(octets "$1")"; }
reserved() { register_sql "SELECT count(*) FROM permit WHERE number IS NOT NULL"; }

hand_in_and_sign orders-1
subject=$(permit_subject "$handle")
book='{"book":"TN","next":5,"year":0}'
order expired permit.seal "$subject" made=-900 expires=-300
order future permit.seal "$subject" made=3600 expires=3900
order long-lived permit.seal "$subject" expires=90000
order looked-too-early permit.seal "$subject" size=0 root=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
order another-log permit.seal "$subject" root=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
order ahead permit.seal "$subject" size=99999999
order other-bytes permit.seal "[{\"id\":\"$handle\",\"hash\":\"$(printf 0%.0s {1..64})\"}]"
order yesterday permit.seal "$subject" 'with={"day":"2026-01-01"}'
order no-such-verb permit.sell "$subject"
order twice permit.open-book "$(with_hash H99.05 "$book")" "with=$book"
# Signed by somebody whom nobody knows.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=stranger -keyout "$made/stranger.key" -out "$made/stranger.pem" 2>/dev/null
openssl cms -sign -binary -nodetach -cades -outform DER -md sha256 -signer "$made/stranger.pem" -inkey "$made/stranger.key" -in "$made/other-bytes.order" -out "$made/stranger.cms"
# The signed text changed after signing: the verb's first letter.
python3 - "$made" <<'PY'
import sys
d = open(sys.argv[1] + '/twice.cms', 'rb').read()
open(sys.argv[1] + '/altered.cms', 'wb').write(d.replace(b'"next": 5', b'"next": 6').replace(b'"next":5', b'"next":6'))
PY
before=$(reserved)
of=$(cat "$state/desk/certificates/CB-000013.serial")
leaked=$(printf 'a key that leaked' | sha256sum | cut -d' ' -f1)
table <<'TABLE'
an order that has expired      | 409 | conflict | the order has expired                          | ordered expired
an order from the future       | 403 | policy   | made in the future                             | ordered future
an order valid for a day       | 403 | policy   | 10 minutes at most                             | ordered long-lived
an entry newer than looked     | 409 | conflict | changed since you looked                       | ordered looked-too-early
looked at another log          | 409 | conflict | another log                                    | ordered another-log
looked at entries to come      | 409 | conflict | the order looks at a log of 99999999 entries   | ordered ahead
an order upon other bytes      | 409 | conflict | another version of this permit                 | ordered other-bytes
a seal of another day          | 403 | policy   | dated on the day it is sealed                  | ordered yesterday
a verb that does not exist     | 403 | policy   | there is no order permit.sell                  | ordered no-such-verb
an order of a stranger         | 403 | policy   | no certificate with this serial number         | ordered stranger
an order changed after signing | 400 | input    | order                                          | ordered altered
no order but some octets       | 400 | input    | order                                          | post /v1/orders/signer "$made/honest.json"
the officer orders the seal    |   1 | policy   | no appointment (clerk) for agency H99.31.07    | seal_by officer CB-000011 "$handle"
an approver orders the seal    |   1 | policy   | no appointment (clerk) for agency H99.31.07    | seal_by approver CB-000001 "$handle"
the clerk of another agency    |   1 | policy   | no appointment (clerk) for agency H99.31.07    | seal_by local CB-000013 "$handle"
the clerk approves a certificate | 1 | policy   | approver                                       | by clerk CB-000012 cert.revoke "$(cat "$state/desk/certificates/CB-000013.serial")"
a change by the clerk          |   1 | policy   | no role that may order cert.modify             | by clerk CB-000012 cert.modify "$of" --with '{"changes":[{"title":"X"}]}'
a change that changes nothing  |   1 | conflict | says this already                              | by approver CB-000001 cert.modify "$of" --with '{"changes":[{"title":"Văn thư"}]}'
a change that says nothing     |   1 | input    | says in "with" what it is about                | by approver CB-000001 cert.modify "$of"
two changes for one person     |   1 | input    | has 2 rows for 1 subjects                      | by approver CB-000001 cert.modify "$of" --with '{"changes":[{"title":"X"},{"title":"Y"}]}'
a change of the serial number  |   1 | input    | person                                         | by approver CB-000001 cert.modify "$of" --with '{"changes":[{"person":"CB-000099"}]}'
to an agency that is none      |   1 | absent   | no agency H99.77                               | by approver CB-000001 cert.modify "$of" --with '{"changes":[{"agency":"H99.77"}]}'
a change for oneself           |   1 | policy   | nobody orders cert.modify for themselves       | by approver CB-000001 cert.modify "$(cat "$state/desk/certificates/CB-000001.serial")" --with '{"changes":[{"title":"X"}]}'
a renewal three years early    |   1 | policy   | in its last 90 days                            | by approver CB-000001 cert.renew "$of"
to publish, by the clerk       |   1 | policy   | no role that may order authority.publish       | by clerk CB-000012 authority.publish H99 --with '{"what":["crl"]}'
to publish for a department    |   1 | input    | the authority's own agency, H99                | by approver CB-000001 authority.publish H99.14 --with '{"what":["crl"]}'
to publish what is not known   |   1 | absent   | delta is not known                             | by approver CB-000001 authority.publish H99 --with '{"what":["delta"]}'
to publish nothing             |   1 | input    | "what" is empty                                | by approver CB-000001 authority.publish H99 --with '{"what":[]}'
to publish                     |   0 | done     |                                                | by approver CB-000001 authority.publish H99 --with '{"what":["crl","ocsp"]}'; jq -e '.crl > 0' "$answer" >/dev/null || code=no-number
a key, by one person           |   0 | done     |                                                | by security CB-000002 key.block "$leaked" --with '{}' --minutes 60; waits=$(jq -r .waits.id "$answer")
the same person consents       |   1 | policy   | one person's two signatures are one            | by security CB-000002 order.consent "$waits"
the clerk consents             |   1 | policy   | no role that may order key.block               | by clerk CB-000012 order.consent "$waits"
an approver withdraws it       |   1 | policy   | withdrawn by who signed it                     | by approver CB-000001 order.withdraw "$waits"
consent to nothing             |   1 | absent   | no order                                       | by approver CB-000001 order.consent 00112233445566778899aabbccddeeff
consent to no id               |   1 | input    | expected 32 hex digits                         | by approver CB-000001 order.consent "$leaked"
a key waits for a week         |   1 | policy   | 1440 minutes at most                           | by security CB-000002 key.block "$leaked" --with '{}' --minutes 10080
an order for ever              |   1 | input    | number of minutes                              | by security CB-000002 key.block "$leaked" --with '{}' --minutes 999999999
another person consents        |   0 | done     |                                                | by approver CB-000001 order.consent "$waits"
consent once more              |   1 | absent   | no order                                       | by approver CB-000001 order.consent "$waits"
an order, the first time       | 200 | done     |                                                | ordered twice
the same order once more       | 409 | conflict | an order acts once                             | ordered twice
TABLE

# Every address that takes something, with what could mean "seal it", and no order.
ways=0
for route in $(awk '/^  \//{ sub(":", "", $1); path = $1 } /^    post:/{ print path }' api/openapi.yaml); do
	for body in "{\"handles\":[\"$handle\"]}" "{\"handle\":\"$handle\",\"state\":\"sealing\"}" "{\"verb\":\"permit.seal\",\"subject\":$subject}" "$handle"; do
		printf %s "$body" >"$made/try"
		for more in '' "Authorization: Bearer $(cat "$state/desk/program.key")"; do
			post "$route" "$made/try" -H 'Content-Type: application/json' -H "Idempotency-Key: try-$ways" -H "$more"
			ways=$((ways + 1))
		done
	done
done
holds "no seal without the clerk's order ($ways ways)" test "$ways" -ge 80 -a "$(state_of "$handle")" = signed -a "$(reserved)" = "$before"
order honest permit.seal "$subject"
table <<'TABLE'
the clerk's order seals it     | 200 | done     |                                                | ordered honest
the same order once more       | 409 | conflict | an order acts once                             | ordered honest
sealing it again               |   1 | conflict | does not wait for its seal (issued)            | seal_by clerk CB-000012 "$handle"
TABLE

#
# The seals' token is pulled out while the service runs, and comes back.
#
hand_in_and_sign token-1
token_folder=$(grep -la 'seal  ' "$state"/tokens/*/token.object | head -1)
token_folder=$(dirname "$token_folder")
[ -d "$token_folder" ] || die "the folder of the seals' token"
mv "$token_folder" "$state/pulled"
seal_by clerk CB-000012 "$handle"
{ read -r class; text=$(cat); } < <(told)
case $code:$class in 75:token | 75:later) good "the token is pulled out: $text" ;; *) not_good "the token is pulled out: $code $class $text" ;; esac
fault=$(sentence_fault "$text")
[ -z "$fault" ] && [[ $text == *"the seal follows by itself"* ]] && good "the sentence says what happens next" || not_good "the sentence says what happens next: $fault: $text"
hand_in_and_sign token-2
second=$handle
holds "submitting and signing go on meanwhile" test "$(state_of "$second")" = signed
seal_by clerk CB-000012 "$second"
{ read -r class; text=$(cat); } < <(told)
holds "a second order waits, too: $text" test "$class" = token -a "$code" -eq 75 -a "$(state_of "$second")" = sealing
up_children() { pgrep -P "$up_pid" | sort | tr '\n' ' '; }
children=$(up_children)
mv "$state/pulled" "$token_folder"
sealed() { [ "$(register_sql "SELECT count(*) FROM permit WHERE state = 'sealing'")" -eq 0 ]; }
for _ in $(seq 300); do sealed && break; sleep 0.1; done
holds "the token is back: both seals are made" test "$(state_of "$handle"):$(state_of "$second")" = issued:issued
holds "no process was started again by hand or by the supervisor" test "$(up_children)" = "$children"
"$antin" permit get "$second" --api "$api" --api-key-file "$state/desk/program.key" --out "$made/late.xml" || not_good "getting the late permit"
sleep 2
collect_evidence
holds "the late permit is genuine and in force" verify "$made/late.xml" --in-force
sed 's/kind="construction"/kind="flying"/' "$made/late.xml" >"$made/unknown-kind.xml"
table <<'TABLE'
a sealed file of an unknown kind, by file |   1 | TOTAL-FAILED/FORMAT_FAILURE | flying | judged unknown-kind
the same by HTTP               | 200 | TOTAL-FAILED/FORMAT_FAILURE | flying | sent unknown-kind
TABLE
numbers=$(register_sql "SELECT number FROM permit WHERE state = 'issued' AND agency = 'H99.31.07' ORDER BY idx" | xargs)
holds "no number is missing and none stands twice ($numbers)" test "$numbers" = "1/GPXD 2/GPXD 3/GPXD"
world_down

#
# The disk is full.
#
mkdir -p "$state/small"
if [ -n "${ANTIN_SERVER:-}" ]; then
	say "left out: the full disk, which a server has for itself"
elif mount -t tmpfs -o size=16m,mode=755 none "$state/small" 2>/dev/null; then
	mv "$state/register" "$state/public" "$state/small/"
	ln -s small/register "$state/register"
	ln -s small/public "$state/public"
	world_again
	handed_in honest room-1
	holds "on the small disk a submission is taken" test "$code" -eq 201
	jq -r .handle "$answer" >"$made/acknowledged"
	# Full but for what some submissions need, so that it fails in the middle of work.
	dd if=/dev/zero of="$state/small/filler" bs=4k 2>/dev/null
	truncate -s -400K "$state/small/filler"
	refused=0 faults=
	for i in $(seq 400); do
		handed_in honest "full-$i"
		if [ "$code" -eq 201 ]; then jq -r .handle "$answer" >>"$made/acknowledged"; continue; fi
		refused=$((refused + 1))
		{ read -r class; text=$(cat); } < <(told)
		[ "$code:$class" = 503:store ] && [ -z "$(sentence_fault "$text")" ] || faults="$faults $code:$class:$text"
		[ "$refused" -lt 20 ] || break
	done
	holds "it took some ($(wc -l <"$made/acknowledged")) before it was full" test "$(wc -l <"$made/acknowledged")" -gt 1
	last=$i
	[ "$refused" -eq 20 ] && [ -z "$faults" ] && good "a full disk refuses: $text" || not_good "a full disk refuses ($refused):$faults"
	# An order is smaller: a few may find room where no submission does.
	for i in $(seq 60); do
		by clerk CB-000012 permit.open-book H99.17 --with "{\"book\":\"GPHN\",\"year\":$i,\"next\":1}"
		[ "$code" -eq 0 ] || break
	done
	{ read -r class; text=$(cat); } < <(told)
	holds "an order, too: $text" test "$code:$class" = 75:store
	holds "what is there can be read" "$antin" permit get "$second" --api "$api" --api-key-file "$state/desk/program.key" --out "$made/full.xml"
	sleep 2
	children=$(up_children)
	rm "$state/small/filler"
	for _ in $(seq 600); do handed_in honest room-2; [ "$code" -eq 201 ] && break; sleep 0.1; done
	holds "with room again submissions are taken" test "$code" -eq 201
	jq -r .handle "$answer" >>"$made/acknowledged"
	handed_in honest "full-$last"
	holds "a refused one can be handed in again" test "$code" -eq 201
	missing=0
	while read -r handle; do [ "$(state_of "$handle")" = draft ] || missing=$((missing + 1)); done <"$made/acknowledged"
	holds "nothing acknowledged is lost ($(wc -l <"$made/acknowledged") submissions)" test "$missing" -eq 0
	sleep 3
	holds "the processes are the same" test "$(up_children)" = "$children" -a -z "$(grep -h 'antin-register was ended\|antin-register ended' "$state/log/antin.log")"
	world_down
else
	say "SKIPPED: the full disk (neither root nor a user namespace may mount a small one here)"
fi

sound
say "$rows rows and the token's and the disk's; $bad bad"
[ "$bad" -eq 0 ]

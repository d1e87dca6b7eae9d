#!/usr/bin/env bash
# The citizen's pages in a browser, with every answer that there is (policy/answers.xml,
# api/answer.c), each made by what makes it in an authority: permits in every state, by file,
# code, hash and number; whoever had no right, or whose key others had; files of others and
# of nobody; codes that are none; who tries too often; a register that does not answer.
# usage: citizen.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin citizen "$1"
page_tools

world_begin
# Whoever asks is whom the proxy in front names, so that tests are many people.
sed -i '/^\[antin-api\]/a proxy = 127.0.0.1' "$state/antin.conf"
world_up
world_staff
open_book H99.31.07 GPXD "$(in_days 0 %Y)" 245
open_book H99.17 GPHN 0 912

# draft NAME ID [JQ-FILTER [AMENDS]]: NAME.handle, of a permit that is altered by the filter
draft() {
	jq --arg id "$2" "{permits: [.permits[] | select(.id == \$id) | ${3:-.}]}" tests/data/permits.json >"$state/permits/$1.json"
	"$antin" permit submit "$state/permits/$1.json" --id "$2" --key "$1" ${4:+--amends "$4"} --api "$api" --api-key-file "$state/desk/program.key" >"$state/permits/$1.handle" 2>"$state/log/submit" ||
		die "submitting $1: $(cat "$state/log/submit")"
}
handle_of() { cat "$state/permits/$1.handle"; }
handles() { for name in "$@"; do handle_of "$name"; done; }
# sealed NAME...: what was signed is sealed: NAME.xml
sealed() {
	# shellcheck disable=SC2046
	seal $(handles "$@") >"$state/log/seal" || die "sealing $*"
	for name in "$@"; do "$antin" permit get "$(handle_of "$name")" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/permits/$name.xml" || die "getting $name"; done
}
act() { order_by clerk CB-000012 "permit.$2" "$(handle_of "$1")" --reason "Thử nghiệm" --with "$3" --effective "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$state/log/act" || not_good "$2 of $1"; }
of() { register_sql "SELECT $2 FROM permit WHERE handle = $(octets "$(handle_of "$1")")"; }	# NAME COLUMN
officer() {	# TOKEN PERSON
	make_token desk "$state/desk" "$1"
	enrol_person "$1" "$2" "Người Ký $1 (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
	appoint "$2" officer H99 "PHÓ CHỦ TỊCH" "KT."
}

# Licences, which are looked up by number, too; and a permit with much on it.
licences='well gone month open wrong right alone noted old'
for name in $licences; do draft "$name" gphn-01; done
draft over gphn-01 ".hieu_luc_tu = \"$(TZ=Asia/Ho_Chi_Minh date -d '5 years ago' +%F)\" | .hieu_luc_den = \"$(in_days -1)\""
licences="$licences over"
draft house gpxd-01
# shellcheck disable=SC2046,SC2086
sign $(handles $licences house) >"$state/log/sign" 2>&1 || die "signing"
officer lost CB-000031
officer lacks CB-000032
for name in lost lacks; do draft "$name" gpxd-01; done
sign_by lost CB-000031 "$(handle_of lost)" >"$state/log/sign" 2>&1 && sign_by lacks CB-000032 "$(handle_of lacks)" >"$state/log/sign" 2>&1 || die "signing by others"
# shellcheck disable=SC2086
sealed $licences house lost lacks
draft new gphn-01 '.ho_ten = "Đặng Huỳnh Mai Phụng"' "$(handle_of old)"
sign "$(handle_of new)" >"$state/log/sign" 2>&1 || die "signing the newer version"
sealed new

act gone withdraw '{"decision":"512/QĐ-SYT"}'
act month suspend "{\"decision\":\"1/QĐ\",\"until\":\"$(in_days 30)\"}"
act open suspend '{"decision":"3/QĐ"}'
act wrong void "{\"decision\":\"11/QĐ\",\"replacement\":\"$(handle_of right)\"}"
act alone void '{"decision":"13/QĐ"}'
act noted annotate '{"decision":"8/QĐ-TA","note":"<b>Tòa án</b> đang thụ lý <script>tranh chấp</script>"}'
# Others had this officer's key for an hour when he signed.
order_by approver CB-000001 cert.revoke "$(cat "$state/desk/certificates/CB-000031.serial")" --reason "Mất thẻ" --with "{\"code\":\"keyCompromise\",\"invalidity\":\"$(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%SZ)\"}" >/dev/null || die "revoking"

# A dossier of which a program says when it is due; of the others the register has the permit alone.
dossier=H99.31.07-$(in_days 0 %y%m%d)-0077
register_program counter '"report"'
curl -sS -o "$state/log/events" -H "Authorization: Bearer $(cat "$state/desk/counter.key")" -H 'Idempotency-Key: 1' "$api/v1/dossiers/events" \
	-d "[{\"dossier\":\"$dossier\",\"step\":\"received\",\"day\":\"$(in_days 0)\",\"due\":\"$(in_days 7)\",\"kind\":\"construction\"}]"

altered() {	# FROM TO SED-SCRIPT
	LC_ALL=C sed "$3" "$state/permits/$1" >"$state/permits/$2"
	cmp -s "$state/permits/$1" "$state/permits/$2" && die "nothing was altered"
}
altered house.xml altered.xml '0,/An Phú/s//An Phu/'
printf '\377\330\377\340 a photograph' >"$state/permits/photograph.jpg"
head -c 8388609 /dev/zero >"$state/permits/large"

# signed_by NAME CONSTRAINTS: NAME.cms, by a certificate that nobody here knows.
cms() { openssl cms -sign -cades -binary -nodetach -in tests/data/permits.json -signer "$state/log/$1.pem" -inkey "$state/log/$1.key" "${@:2}" -outform DER -out "$state/permits/$1.cms" || die "$1's signature"; }
signed_by() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$state/log/$1.key" -out "$state/log/$1.pem" -subj "/CN=$1 (fictitious)" -addext "basicConstraints=critical,CA:$2" 2>/dev/null && cms "$1"
}
signed_by stranger FALSE
signed_by authority TRUE
altered stranger.cms altered.cms '0,/loai/s//loaj/'
# An official's, on what is no permit.
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$state/log/official.key" -subj /CN=x -outform DER -out "$state/log/official.csr" 2>/dev/null
id=$(printf '{"profile":"official","agency":"H99.14","name":"Người Ký (thử nghiệm)","person":"CB-009001","title":"Chuyên viên","csr":"%s"}' "$(base64 -w0 "$state/log/official.csr")" |
	curl -sS -H 'Content-Type: application/json' --data-binary @- "$api/v1/requests" | jq -r .id)
order_by approver CB-000001 cert.approve "$id" --reason "Thử nghiệm" | jq -r '.certificates[0].pem' >"$state/log/official.pem" || die "the official's certificate"
cms official -certfile "$state/ceremony/issuing.crt"

# The register has it that this officer's appointment was over before he signed.
appointed_until() {
	local sql="UPDATE appointment SET to_day = $1 WHERE person = 'CB-000032'"
	if [ -n "${ANTIN_SERVER:-}" ]; then psql -AtXqc "$sql" "$database"; else sqlite3 -cmd '.timeout 5000' "$database" "$sql"; fi || die "the appointment"
}
appointed_until "$(($(date +%s) / 86400 - 30))"

# case ID WAY VALUE [DAY [HAS [MORE]]]: which answer is to come of what
case_of() { jq -cn --arg id "$1" --arg way "$2" --arg value "$3" --arg day "${4:-}" --arg has "${5:-}" --argjson more "${6:-{\}}" '{id: $id, ($way): $value, day: $day, has: $has} + $more'; }
file() { case_of "$1" file "$state/permits/$2" "${@:3}"; }
code() { case_of "$1" code "$2" "${@:3}"; }
hash_of() { case_of "$1" hashOf "$state/permits/$2" "${@:3}"; }
number() { jq -cn --arg id "$1" --arg number "$(of "$2" number)" --arg holder "${3:-Đặng Huỳnh Mai Phương}" --arg before "${4:-}" --argjson more "${5:-{\}}" '{id: $id, $number, $holder, $before} + $more'; }
elsewhere='{"asker": "192.0.2.77"}'
miss="for n in 1 2 3 4 5; do curl -sS -o /dev/null -H 'X-Forwarded-For: 192.0.2.77'"
unknown=0000000005724	# a code that is one, of no permit
register_away="kill -STOP $up_pid && kill -KILL $(pgrep -P "$up_pid" -x antin-register)"
{
	file in-force house.xml
	code in-force-by-code "$(of house short_code)" "" 245/GPXD
	hash_of in-force-by-hash house.xml "" SHA-256
	number in-force-by-number well
	file withdrawn gone.xml "" 512/QĐ-SYT
	code withdrawn "$(of gone voice_code)"
	hash_of not-in-force-by-hash gone.xml "" SHA-256
	number withdrawn-by-number gone
	file suspended month.xml
	code suspended "$(of month short_code)" "$(in_days 30)" "$(in_days 30 %d/%m/%Y)"
	code in-force-by-code "$(of month short_code)" "$(in_days 31)" "$(in_days 31 %d/%m/%Y)"
	number suspended-by-number month
	file suspended-open open.xml
	number suspended-open-by-number open
	file void wrong.xml
	number void-by-number wrong
	file void-alone alone.xml
	number void-alone-by-number alone
	file in-force-with-notes noted.xml "" '<script>tranh chấp</script>'
	hash_of in-force-with-notes-by-hash noted.xml
	number in-force-with-notes-by-number noted
	file superseded old.xml
	number superseded-by-number old
	file expired over.xml
	number expired-by-number over
	file signed-after-block lost.xml
	file no-authority lacks.xml
	file altered altered.xml
	file no-signature photograph.jpg
	file issuer-unknown stranger.cms
	file foreign-unknown authority.cms
	file foreign-failed altered.cms
	file other-tier official.cms
	hash_of hash-unknown altered.xml
	case_of hash-mistyped hash "e3b0c442"
	code dossier-code "$dossier" "" "$(in_days 7 %d/%m/%Y)"
	code dossier-code-undated "$(of house dossier)"
	code code-mistyped AAAA-BBBB
	code code-mistyped "$(printf '1234567890%.0s' 1 2 3 4 5 6 7)"	# digits of a square code
	code code-not-found "$unknown"
	number number-not-found well 'Người Không Có'
	code refused "$(printf 'Ấ%.0s' $(seq 1000))"
	case_of nothing-asked code "" "" "" '{"plain": true}'
	file too-large large "" "" '{"plain": true}'
	case_of too-many-tries code "$unknown" "" "" "$(jq -cn --arg before "$miss $api/v1/codes/$unknown; done" "$elsewhere + {\$before}")"
	number too-many-numbers well '' "$miss -d '{\"kind\":\"practitioner\",\"number\":\"1\",\"holder\":\"x\"}' $api/v1/lookup; done" "$elsewhere"
	code status-unknown "$(of house short_code)" "$(in_days -1)" "$(in_days -1 %d/%m/%Y)"
	case_of status-unknown-undated file "$state/permits/house.xml" "" "" "$(jq -cn --arg before "$register_away" '{$before}')"
	code busy "$(of house short_code)"
} | jq -s . >"$state/cases.json"
mkdir -p "$state/shots"
node tests/page/citizen_test.mjs "$api" "$state/cases.json" "$state/shots" >"$state/log/page" 2>&1 && good "the pages" || not_good "the pages"
grep -v '^ok' "$state/log/page"
kill -CONT "$up_pid"
appointed_until NULL
within_seconds() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; return 1; }
holds "the register is there again" within_seconds curl -sSf "$api/v1/codes/$(of house short_code)"

# To print: what inspectors are shown, of a good file and of one by somebody else.
printed() { curl -s -F "file=@$state/permits/$1" -F as=print "$api/answer"; }
expect "a file's result to print" "$(printed house.xml | grep -o 'Chữ ký đúng – the signature is right' | sort -u | wc -l)" 1
expect "of a file by somebody else" "$(printed stranger.cms | grep -c 'Chữ ký đúng')" 0

# By its hash: no word of what it is about.
hash=$(sha256sum <"$state/permits/noted.xml" | cut -d' ' -f1)
curl -sS -o "$state/log/answer" "$api/v1/files/${hash^^}"
is "a file by its hash" "$(jq -r '"\(.answer.id) \(.typed) \(.verdict) \(.in_force.answer) \(.sha256 == "'"$hash"'")"' "$state/log/answer")" "in-force-with-notes-by-hash sha256 TOTAL-PASSED noted true"
for word in Mai\ Ph 'Tòa án' "$(of noted number)" "$(of noted short_code)" "$(of noted voice_code)" "$(handle_of noted)"; do
	if grep -qF -- "$word" "$state/log/answer"; then not_good "by its hash it tells $word"; else good "by its hash it holds back $word"; fi
done
for name in gone month open wrong alone; do
	tells=$(curl -sS "$api/v1/files/$(sha256sum <"$state/permits/$name.xml" | cut -d' ' -f1)")
	is "of $name no number or decision" "$(jq -r .answer.id <<<"$tells") $(grep -c "$(of "$name" number)\|QĐ" <<<"$tells")" "not-in-force-by-hash 0"
done
is "the code's box takes it" "$(curl -sS "$api/v1/codes/$hash" | jq -cS 'del(.in_force.as_of, .answer)')" "$(jq -cS 'del(.in_force.as_of, .answer)' "$state/log/answer")"
example api/README.md hash >"$state/known.sh"
is "as api/README.md asks" "$(sh "$state/known.sh" "$api" "$state/permits/house.xml" | cut -d: -f1)" in-force-by-hash
is "of one that was altered" "$(sh "$state/known.sh" "$api" "$state/permits/altered.xml" | cut -d: -f1)" hash-unknown
hashes() { for n in "$@"; do curl -sS -o "$state/log/answer" -w '%{http_code} ' -H 'X-Forwarded-For: 192.0.2.78' "$api/v1/files/$(printf %s "$n" | sha256sum | cut -d' ' -f1)"; done; jq -r .answer.id "$state/log/answer"; }
is "hashes that nobody knows are counted" "$(hashes 1 2 3 4 5)" "200 200 200 200 200 hash-unknown"
is "as codes are, with whom and after how many" "$(hashes 6)" "429 too-many-tries"
sound
world_down
[ "$bad" -eq 0 ]

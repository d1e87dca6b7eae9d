#!/usr/bin/env bash
# The citizen's page in a browser, with every answer that this authority can be made to
# give: permits in every state, a file altered, one without signature, codes that are none.
# usage: citizen.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin citizen "$1"
page_tools

world_begin
world_up
world_staff
open_book H99.31.07 GPXD "$(in_days 0 %Y)" 245

# issue NAME [HANDLE]: NAME.xml, .handle; a newer version of that permit
issue() {
	local handle
	handle=$("$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" ${2:+--amends "$2"} --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit") || die "submitting $1"
	sign "$handle" >"$state/log/sign" 2>&1 || die "signing $1"
	seal "$handle" >"$state/log/seal" || die "sealing $1"
	"$antin" permit get "$handle" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/permits/$1.xml" || die "getting $1"
	echo "$handle" >"$state/permits/$1.handle"
}
handle_of() { cat "$state/permits/$1.handle"; }
act() { order_by clerk CB-000012 "permit.$2" "$(handle_of "$1")" --reason "Thử nghiệm" --with "$3" --effective "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$state/log/act" || not_good "$2 of $1"; }
code_of() { register_sql "SELECT short_code FROM permit WHERE handle = $(octets "$(handle_of "$1")")"; }

for name in good gone month open wrong right alone noted old; do issue "$name"; done
issue new "$(handle_of old)"
act gone withdraw '{"decision":"512/QĐ-SXD"}'
act month suspend "{\"decision\":\"1/QĐ\",\"until\":\"$(in_days 30)\"}"
act open suspend '{"decision":"3/QĐ"}'
act wrong void "{\"decision\":\"11/QĐ\",\"replacement\":\"$(handle_of right)\"}"
act alone void '{"decision":"13/QĐ"}'
act noted annotate '{"decision":"8/QĐ-TA","note":"<b>Tòa án</b> đang thụ lý <script>tranh chấp</script>"}'
sed '0,/An Phú/s//An Phu/' "$state/permits/good.xml" >"$state/permits/altered.xml"
cmp -s "$state/permits/good.xml" "$state/permits/altered.xml" && die "nothing was altered"
printf '\377\330\377\340 a photograph' >"$state/permits/photograph.jpg"

# signed_by NAME CONSTRAINTS: NAME.cms, by a certificate that nobody here knows.
signed_by() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$state/log/$1.key" -out "$state/log/$1.pem" -subj "/CN=$1 (fictitious)" -addext "basicConstraints=critical,CA:$2" 2>/dev/null &&
		openssl cms -sign -cades -binary -nodetach -in tests/data/permits.json -signer "$state/log/$1.pem" -inkey "$state/log/$1.key" -outform DER -out "$state/permits/$1.cms" || die "$1's signature"
}
signed_by stranger FALSE
signed_by authority TRUE
LC_ALL=C sed '0,/loai/s//loaj/' "$state/permits/stranger.cms" >"$state/permits/altered.cms"
cmp -s "$state/permits/stranger.cms" "$state/permits/altered.cms" && die "nothing was altered"

file() { jq -cn --arg id "$1" --arg file "$state/permits/$2" --arg day "${3:-}" --arg has "${4:-}" '{id: $id, file: $file, day: $day, has: $has}'; }
code() { jq -cn --arg id "$1" --arg code "$2" --arg day "${3:-}" --arg has "${4:-}" '{id: $id, code: $code, day: $day, has: $has}'; }
{
	file in-force good.xml
	code in-force-by-code "$(code_of good)" "" 245/GPXD
	file withdrawn gone.xml "" 512/QĐ-SXD
	code withdrawn "$(code_of gone)"
	file suspended month.xml
	code suspended "$(code_of month)" "$(in_days 30)" "$(in_days 30 %d/%m/%Y)"
	code in-force-by-code "$(code_of month)" "$(in_days 31)" "$(in_days 31 %d/%m/%Y)"
	code status-unknown "$(code_of good)" "$(in_days -1)" "$(in_days -1 %d/%m/%Y)"
	file suspended-open open.xml
	file void wrong.xml
	file void-alone alone.xml
	file in-force-with-notes noted.xml "" '<script>tranh chấp</script>'
	file superseded old.xml
	file altered altered.xml
	file no-signature photograph.jpg
	file issuer-unknown stranger.cms
	file foreign-unknown authority.cms
	file foreign-failed altered.cms
	code code-mistyped AAAA-BBBB
} | jq -s . >"$state/cases.json"
mkdir -p "$state/shots"
node tests/page/citizen_test.mjs "$api" "$state/cases.json" "$state/shots" >"$state/log/page" 2>&1 && good "the page" || not_good "the page"
grep -v '^ok' "$state/log/page"

# To print: what inspectors are shown, of a good file and of one by somebody else.
printed() { curl -s -F "file=@$state/permits/$1" -F as=print "$api/answer"; }
expect "a file's result to print" "$(printed good.xml | grep -o 'Chữ ký đúng – the signature is right' | sort -u | wc -l)" 1
expect "of a file by somebody else" "$(printed stranger.cms | grep -c 'Chữ ký đúng')" 0
sound
world_down
[ "$bad" -eq 0 ]

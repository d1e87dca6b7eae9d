#!/usr/bin/env bash
# A permit looked up by its number and its holder's name over the real daemons: whom and
# what it refuses, how often one may be wrong, and that names stand in no log; the page in
# a browser without script.
# usage: lookup.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin lookup "$1"

world_begin
world_up
world_staff
open_book H99.17 GPHN 0 912
handle=$("$antin" permit submit tests/data/permits.json --id gphn-01 --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit") || { cat "$state/log/submit"; die "submitting"; }
sign "$handle" >"$state/log/sign" 2>&1 || { cat "$state/log/sign"; die "signing"; }
seal "$handle" >"$state/log/seal" || die "sealing"
code() { register_sql "SELECT $1 FROM permit WHERE handle = $(octets "$handle")"; }
short=$(code short_code) voice=$(code voice_code)
[ -n "$short" ] && [ -n "$voice" ] || die "the sealed permit has no codes"
name='Đặng Huỳnh Mai Phương' number=000912/HGI-GPHN

# post BODY [curl options]: the status; the body in log/answer
post() { curl -sS -D "$state/log/head" -o "$state/log/answer" -w '%{http_code}' --data-binary "$1" "${@:2}" "$api/v1/lookup"; }
said() { jq -r .answer.id "$state/log/answer"; }
# page STATUS WORDS KIND NUMBER NAME: what the form without script answers
page() {
	is "the page: $2" "$(curl -sS -o "$state/log/page" -w '%{http_code} %{content_type}' --data-urlencode "kind=$3" --data-urlencode "number=$4" --data-urlencode "holder=$5" "$api/tra-cuu")" "$1 text/html; charset=utf-8"
	if grep -qF "$2" "$state/log/page"; then good "it says so"; else not_good "it does not say: $2"; fi
}
both() { jq -cn --arg n "$2" --arg h "$3" --arg k "$1" '{kind: $k, number: $n, holder: $h}'; }

is "a kind that is not looked up so" "$(post "$(both construction 245/GPXD-UBND "$name")")" 404
is "no such kind" "$(post "$(both luck "$number" "$name")")" 404
is "no JSON" "$(post 'kind=practitioner')" 400
is "no body" "$(post '')" 400
is "no name" "$(post "$(both practitioner "$number" '')")" 400
is "a name of blanks" "$(post "$(both practitioner "$number" '   ')")" 400
is "a name of signs" "$(post "$(both practitioner "$number" '%*_')")" 400
is "no number" "$(post "$(both practitioner '' "$name")")" 400
is "a number alone" "$(post "{\"kind\":\"practitioner\",\"number\":\"$number\"}")" 400
is "a field that nobody asked for" "$(post "{\"kind\":\"practitioner\",\"number\":\"$number\",\"holder\":\"a\",\"born\":1988}")" 400
is "a number that is none" "$(post "{\"kind\":\"practitioner\",\"number\":912,\"holder\":\"a\"}")" 400
is "a body too long" "$(post "$(head -c 9000 /dev/zero | tr '\0' ' ')")" 413
is "in an address" "$(curl -sS -o /dev/null -w '%{http_code}' "$api/v1/lookup?kind=practitioner&number=000912/HGI-GPHN&holder=x")" 405
is "a page that was no form" "$(curl -sS -o /dev/null -w '%{http_code}' -H 'Content-Type: text/plain' --data-binary x "$api/tra-cuu")" 415

is "number and name" "$(post "$(both practitioner "$number" "$name")")$(said)" 200in-force-by-number
is "nothing of it is kept by anybody" "$(tr -d '\r' <"$state/log/head" | sed -n 's/^[Cc]ache-[Cc]ontrol: //p')" no-store
is "without diacritics" "$(post "$(both practitioner " $number " 'dang huynh mai phuong')")$(said)" 200in-force-by-number
is "written otherwise" "$(post "$(both practitioner '000912 / hgi-gphn' "$name")")$(said)" 200in-force-by-number
for word in 099188003307 307 1988 29/02 "$handle" "$short" "$voice" 'Giấy thật'; do
	if { cat "$state/log/answer"; tr -d " -" <"$state/log/answer"; } | grep -F -- "$word" >/dev/null; then not_good "it tells $word"; else good "it holds back $word"; fi
done
page 400 'Số giấy còn thiếu' practitioner ' ' "$name"
page 400 'Họ tên còn thiếu' practitioner "$number" '%*_'
page 404 'Loại giấy này không tra được theo số' construction 245/GPXD-UBND "$name"
page 200 'CÒN HIỆU LỰC' practitioner "$number" "$name"
if [ -d tests/page ] && command -v node >/dev/null; then
	page_tools
	mkdir -p "$state/shots"
	if node tests/page/lookup_test.mjs "$api" "$number" "$name" "$state/shots"; then good "the page"; else not_good "the page"; fi
fi

# The page was wrong twice; from then on.
post "$(both practitioner "$number" 'Người Khác')" >/dev/null
cp "$state/log/answer" "$state/log/wrong-name"
post "$(both practitioner 000913/HGI-GPHN "$name")" >/dev/null
if cmp -s "$state/log/answer" "$state/log/wrong-name"; then good "the same, octet for octet, whichever was wrong"; else not_good "it tells which was wrong"; fi
for _ in 1 2 3 4; do status=$(post "$(both practitioner 000914/HGI-GPHN "$name")"); done
is "wrong five times" "$status$(said)" 429too-many-numbers
is "and then with both right, too" "$(post "$(both practitioner "$number" "$name")")" 429
is "when to come again" "$(tr -d '\r' <"$state/log/head" | grep -ci '^retry-after: [1-9]')" 1
page 429 'tạm ngừng tra theo số' practitioner "$number" "$name"
is "codes are looked up as before" "$(curl -sS -o "$state/log/answer" -w '%{http_code}' "$api/v1/codes/$short")$(said)" 200in-force-by-code

# Last, so that whatever was asked could have been written; as it is, and as a form writes it.
[ -s "$state/log/antin.log" ] || die "there is no log"
for word in "$name" 'Mai Ph' 'mai phuong' 'Người Khác' 'Người Không' "$(printf %s "$name" | jq -sRr @uri)" 'Mai+Ph' 'mai+phuong' 'Mai%20Ph' 'Ng%C6%B0%E1%BB%9Di'; do
	if grep -qiF -- "$word" "$state/log/antin.log"; then not_good "the log has $word"; else good "the log has no $word"; fi
done
sound
[ "$bad" -eq 0 ]

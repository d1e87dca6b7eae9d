#!/usr/bin/env bash
# Issued permits as edXML messages, over the real daemons: whole for xmllint, the permit
# comes out again for Python and passes; what is refused.
# usage: edxml.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin edxml "$1"

world_begin
world_up
world_staff
register_program elsewhere '"read"' H99.14
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 245
as() { local program=$1; shift; "$antin" permit "$@" --api "$api" --api-key-file "$state/desk/$program.key"; }
submitted() { as program submit tests/data/permits.json --id gpxd-01 --key "$1" 2>"$state/log/submit" || die "submitting"; }
handle=$(submitted one)
signed=$(submitted signed)
draft=$(submitted draft)
sign "$handle" "$signed" >"$state/log/sign" 2>&1 || die "signing"
seal "$handle" >"$state/log/seal" || die "sealing"
code=$(as program list --state issued | awk '{ print $5 }' | tr -d ' -')
as program get "$handle" --out "$state/permit.xml" || die "the permit"

name='Sở "Xây dựng" & <Đô thị>'
is "a message" "$(as program edxml "$handle" --to H99.14 --to-name "$name" --out "$state/message.edxml"; echo $?)" 0
is "is whole" "$(xmllint --noout --nonet "$state/message.edxml" 2>&1; echo $?)" 0
is "for Python" "$(python3 tests/flow/edxml.py "$state/message.edxml" "$state/permit.xml" H99.14 "$name" Code/CodeNumber=245 Code/CodeNotation=GPXD \
	SignerInfo/Position='PHÓ CHỦ TỊCH' SignerInfo/FullName='Người Ký (thử nghiệm)' DocumentType/TypeName='Giấy phép xây dựng')" "ok the attachment is the permit, octet for octet"
xmllint --xpath 'string(//*[local-name() = "ContentTransferEncoded"])' "$state/message.edxml" | base64 -d >"$state/taken.xml"
is "what comes out passes" "$(curl -sS --data-binary "@$state/taken.xml" "$api/v1/verify" | jq -r .verdict)" TOTAL-PASSED
is "it says what it is" "$(xmllint --xpath 'string(//*[local-name() = "Content"])' "$state/message.edxml" | grep -c 'THỬ NGHIỆM')" 1
is "by its code, without a key" "$(curl -sS -o "$state/by-code.edxml" -w '%{http_code} %{content_type}' "$api/v1/permits/$code/edxml?to=000.00.14.H99") $(python3 tests/flow/edxml.py "$state/by-code.edxml" "$state/permit.xml" 000.00.14.H99 000.00.14.H99)" \
	"200 application/xml ok the attachment is the permit, octet for octet"
sed 's/PHBlcm1pd/PHBlcm1pe/' "$state/message.edxml" >"$state/altered.edxml"
is "another attachment is seen" "$(python3 tests/flow/edxml.py "$state/altered.edxml" "$state/permit.xml" H99.14 "$name" | head -1)" "not ok the attachment is not the file"

asked() { curl -sS -o "$state/answer" -w '%{http_code}' -H "Authorization: Bearer $(cat "$state/desk/${program:-program}.key")" "$api/v1/permits/$1"; }
is "without a key" "$(curl -sS -o "$state/answer" -w '%{http_code}' "$api/v1/permits/$handle/edxml?to=H99.14")" 401
is "a program of others" "$(program=elsewhere asked "$handle/edxml?to=H99.14")" 404
is "without its seal" "$(asked "$signed/edxml?to=H99.14") $(jq -r .detail "$state/answer")" "409 this permit is not issued yet"
is "a draft" "$(asked "$draft/edxml?to=H99.14")" 409
is "no such code" "$(asked "0000000000000/edxml?to=H99.14")" 404
for to in '' '?to=' '?to=H99%2F14' '?to=H99&to_name=' '?to=H99&to_name=a%0ab' '?to=H99&to_name=%E2%80%AEa' '?to=%C4%90' "?to=$(printf '%041d' 0)" "?to=H99&to_name=$(printf '%0201d' 0)"; do
	is "to whom: $to" "$(asked "$handle/edxml$to") $(jq -r .code "$state/answer")" "400 edxml-to"
done
is "the command line, to nobody" "$(as program edxml "$handle" >"$state/log/nobody" 2>&1; echo $?)" 1
order_by clerk CB-000012 permit.withdraw "$handle" --reason "Thử nghiệm" --with '{"decision":"21/QĐ"}' >"$state/log/withdraw" || die "withdrawing"
as program edxml "$handle" --to H99.14 --out "$state/later.edxml" || die "a later message"
told() { xmllint --xpath 'string(//*[local-name() = "Content"])' "$1" | grep -ci 'đã thu hồi'; }	# withdrawn, as the verifier says
is "what became of it since" "$(told "$state/message.edxml") $(told "$state/later.edxml") $(python3 tests/flow/edxml.py "$state/later.edxml" "$state/permit.xml" H99.14 H99.14 | cut -c1-2)" "0 1 ok"
sound
[ "$bad" -eq 0 ]

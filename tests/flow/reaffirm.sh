#!/usr/bin/env bash
# An officer's token is lost and nobody says so for an hour: what he signed meanwhile fails, once
# it is said.  His agency reaffirms one such permit by an order of its clerk: a copy with its seal
# once more, which passes; looked at by `antin verify` with nothing but files, by openssl and
# xmlsec1, and altered, part by part, refused.
# usage: reaffirm.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin reaffirm "$1"

world_begin
world_up
service_certificate || die "the service signer's certificate"
for person in CB-000001 CB-000002; do certificate_of "$person" >/dev/null; done
for token in lost stays; do make_token desk "$state/desk" "$token"; done
register_program
enrol_person clerk CB-000012 "Văn Thư (thử nghiệm)" "Văn thư" H99 official
enrol_person lost CB-000022 "Người Ký Một (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_person stays CB-000023 "Người Ký Hai (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_seals
appoint CB-000012 clerk H99 "Văn thư" ""
for person in CB-000022 CB-000023; do appoint "$person" officer H99 "PHÓ CHỦ TỊCH" "KT."; done
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 1
key=$(cat "$state/desk/program.key")
today=$(TZ=Asia/Ho_Chi_Minh date +%Y-%m-%d)

handle() { cat "$state/permits/$1.handle"; }
# issue NAME TOKEN PERSON: $state/permits/NAME.xml and its handle
issue() {
	"$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit" >"$state/permits/$1.handle" || die "submitting $1"
	sign_by "$2" "$3" "$(handle "$1")" >"$state/log/sign" 2>&1 || die "signing $1"
	seal "$(handle "$1")" >"$state/log/seal" || die "sealing $1"
	"$antin" permit get "$(handle "$1")" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/permits/$1.xml" || die "getting $1"
}
newest() { curl -sSf -H "Authorization: Bearer $key" -o "$state/permits/$2.xml" "$api/v1/permits/$(handle "$1")/archived" || die "the newest copy of $1"; }
published() { sleep 3; collect_evidence; }
# says NAME EXIT VERDICT/SUB IN-FORCE FILE [options]
says() {
	local name=$1 want=$2 verdict=$3 force=$4 file=$5 code
	shift 5
	verify "$state/permits/$file.xml" --json "$@" >"$state/log/report.json" 2>"$state/log/report.err"
	code=$?
	is "$name" "exit $code, $(jq -r '"\(.verdict)/\(.sub) \(.in_force.answer)"' "$state/log/report.json")" "exit $want, $verdict $force"
}
told() { jq -r "$1" "$state/log/report.json"; }
reaffirm() {	# HANDLE [WITH]
	local with=${2:-"{\"decision\":\"512/QĐ-UBND\",\"decided\":\"$today\"}"}
	order_by clerk CB-000012 permit.reaffirm "$1" --reason "Thẻ của người ký bị mất (thử nghiệm)" --with "$with"
}

issue first lost CB-000022
issue second lost CB-000022
issue third stays CB-000023
published
for permit in first second third; do says "$permit, nothing revoked" 0 TOTAL-PASSED/ yes "$permit" --in-force; done
refuses "nobody has lost anything" "no officer's signature on this permit was made while others had the key" reaffirm "$(handle first)"

sleep 1
serial=$(cat "$state/desk/certificates/CB-000022.serial")
order_by approver CB-000001 cert.revoke "$serial" --reason "Mất thẻ" --with "{\"code\":\"keyCompromise\",\"invalidity\":\"$(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%SZ)\"}" >/dev/null || die "revoking"
published
says "signed after the token was lost" 1 TOTAL-FAILED/REVOKED unknown first
says "the other one, too" 1 TOTAL-FAILED/REVOKED unknown second
says "another officer's is as before" 0 TOTAL-PASSED/ yes third --in-force
impact() { "$antin" impact --database "$database" --policy-folder "$policy_folder" --certificate "$serial" --json | jq -c '[.stands, .reaffirm, .sign_again, .over]'; }
is "what is to be reaffirmed" "$(impact)" "[0,2,0,0]"

refuses "no day of the decision" "names its decision and the day of it" reaffirm "$(handle first)" '{"decision":"512/QĐ-UBND"}'
refuses "a permit that needs none" "no officer's signature on this permit was made while others had the key" reaffirm "$(handle third)"
refuses "upon other octets" "another version" reaffirm "$(handle first):$(printf %064d 0)"
refuses "an approver of certificates" "no appointment (clerk)" order_by approver CB-000001 permit.reaffirm "$(handle first)" --reason x --with "{\"decision\":\"1/QĐ\",\"decided\":\"$today\"}"
holds "reaffirmed" reaffirm "$(handle first)"
refuses "again" "this permit is reaffirmed already" reaffirm "$(handle first)"
newest first reaffirmed
"$antin" permit get "$(handle first)" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/permits/still.xml"
holds "the permit as issued stays as it is" cmp "$state/permits/first.xml" "$state/permits/still.xml"
published

says "reaffirmed" 0 TOTAL-PASSED/ noted reaffirmed
is "the signature's own answer stays" "$(told '.signatures | map("\(.id) \(.verdict) \(.sub) \(.proof)") | join("; ")')" \
	"officer-1 TOTAL-FAILED REVOKED time-stamp; seal TOTAL-PASSED  time-stamp; reaffirm TOTAL-PASSED  time-stamp"
day=${today:8:2}/${today:5:2}/${today:0:4}
is "said to people" "$(told '.remarks[0].vi')" "Cơ quan cấp giấy đã xác nhận lại theo Quyết định 512/QĐ-UBND ngày $day."
is "and in English" "$(told '.remarks[0].en')" "Reaffirmed by the agency: decision 512/QĐ-UBND of $today."
says "as issued it fails as before" 1 TOTAL-FAILED/REVOKED unknown first
says "and so does the other one" 1 TOTAL-FAILED/REVOKED unknown second
by_page() { curl -sS --data-binary "@$state/permits/$1.xml" -H 'Content-Type: application/octet-stream' "$api/v1/verify" | jq -r '"\(.verdict)/\(.sub) \(.in_force.answer) \(.register.known)"'; }
is "by the page" "$(by_page reaffirmed)" "TOTAL-PASSED/ noted true"
is "as issued, by the page" "$(by_page first)" "TOTAL-FAILED/REVOKED unknown true"
by_hash() { curl -sS "$api/v1/files/$(sha256sum <"$state/permits/$1.xml" | cut -d' ' -f1)" | jq -r '"\(.answer.id) \(.verdict)/\(.sub)"'; }
is "by the hash of the copy" "$(by_hash reaffirmed)" "in-force-with-notes-by-hash TOTAL-PASSED/"
is "by the hash of the permit as issued" "$(by_hash first)" "signed-after-block TOTAL-FAILED/REVOKED"
is "by which decision, in the page's details" "$(curl -sS -F "file=@$state/permits/reaffirmed.xml" "$api/answer" | grep -c "theo quyết định</dt><dd>512/QĐ-UBND, $day</dd>")" 1
is "what is to be reaffirmed now" "$(impact)" "[1,1,0,0]"

# By others: each signature, the stamps with all that their paths need.
for id in officer-1 seal reaffirm; do
	holds "xmlsec1: $id" xmlsec1 --verify --id-attr:Id http://www.w3.org/2000/09/xmldsig#:Signature --id-attr:Id urn:antin:permit:1:content --id-attr:Id urn:antin:permit:1:issuance \
		--id-attr:Id urn:antin:permit:1:reaffirmation --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties --trusted-pem "$state/ceremony/root.crt" --untrusted-pem "$state/ceremony/issuing.crt" \
		--node-xpath "//*[local-name()='Signature'][@Id='$id']" "$state/permits/reaffirmed.xml"
done
holds "openssl: the three time stamps" python3 tests/signer/stamps_look.py "$state/permits/reaffirmed.xml" "$state/ceremony/root.crt" "$state/ceremony/root.crt" 'ours ours ours'

# altered NAME VERDICT/SUB SED-SCRIPT
altered() {
	sed "$3" "$state/permits/reaffirmed.xml" >"$state/permits/altered.xml"
	cmp -s "$state/permits/reaffirmed.xml" "$state/permits/altered.xml" && not_good "$1: nothing was altered"
	says "$1" 1 "$2" unknown altered
}
altered "another name in the content" TOTAL-FAILED/HASH_FAILURE 's/Nguyễn Hoàng/Nguyễn Hoàn/'
altered "another place of the issue" TOTAL-FAILED/REVOKED 's/<place>Thành/<place>Thanh/'
altered "another decision" TOTAL-FAILED/REVOKED 's#512/QĐ-UBND#513/QĐ-UBND#'
altered "another reason" TOTAL-FAILED/REVOKED 's/bị mất (thử nghiệm)</bị mất</'
altered "the seal without its time stamp" TOTAL-FAILED/REVOKED 's#\(Id="seal">.*\)<xades:SignatureTimeStamp>.*</xades:SignatureTimeStamp>\(.*<reaffirmation \)#\1\2#'
altered "no signature behind the reaffirmation" TOTAL-FAILED/FORMAT_FAILURE 's#\(</reaffirmation>\).*#\1</permit>#'
altered "no reaffirmation before the signature" TOTAL-FAILED/FORMAT_FAILURE 's#<reaffirmation .*</reaffirmation>##'
altered "the reaffirmation twice" TOTAL-FAILED/FORMAT_FAILURE 's#\(<reaffirmation .*</reaffirmation>\)#\1\1#'

# What is said elsewhere: the feed, the status list, the story, the night's recheck.
events() { curl -sS -H "Authorization: Bearer $key" "$api/v1/events?after=0" | jq -r --arg h "$(handle "$1")" '[.items[] | select(.handle == $h) | .what] | join(" ")'; }
is "the feed" "$(events first)" "submitted signed numbered issued reaffirmed"
is "and of the other" "$(events second)" "submitted signed numbered issued"
holds "the status list follows from the log" python3 tests/flow/status_list.py "$api"
"$antin" permit story "$(handle first)" --database "$database" --policy-folder "$policy_folder" --json >"$state/story.json" || not_good "the story"
is "the story" "$(jq -r '[.steps[] | .what] | .[-3:] | join(" ")' "$state/story.json")" "order permit.reserve_reaffirm permit.reaffirm"
is "what it says of the seal" "$(jq -r '.steps[-1] | "\(.signature) \(.verdict) \(.decision)"' "$state/story.json")" "reaffirm TOTAL-PASSED 512/QĐ-UBND"
# Its bundle, by coreutils, openssl and xmlsec1 alone, with nothing of ours.
bundle() { "$antin" permit bundle "$(handle "$1")" --database "$database" --policy-folder "$policy_folder" --out "$state/$1.zip"; }
refuses "a bundle of one that nobody stands by" "the permit does not pass" bundle second
for permit in first third; do holds "the bundle of the $permit" bundle "$permit"; done
court_tools
for permit in first third; do mkdir "$state/$permit" && python3 -m zipfile -e "$state/$permit.zip" "$state/$permit"; done
court=$state/first
checks() { (cd "$1" && env -i PATH="$tools" sh CHECK.txt); }
holds "all of it holds" checks "$court"
[ "$bad" -eq 0 ] || grep -A3 SAI "$state/log/last"
cp "$state/log/last" "$state/log/steps"
is "whose signature does not stand by itself, told once" "$(grep -c 'CHÚ Ý: ' "$state/log/steps") $(grep -c 'chữ ký officer-1 của .*theo Quyết định 512/QĐ-UBND ngày .*NOTE: signature officer-1 of .* stands by the agency.s reaffirmation alone' "$state/log/steps")" "1 1"
is "permit and copy" "$(cmp "$court/permit.xml" "$state/permits/first.xml" && cmp "$court/reaffirmed.xml" "$state/permits/reaffirmed.xml" && echo same)" same
holds "another's is as before" checks "$state/third"
is "and has nothing of it" "$(find "$state/third" -name '*reaffirm*' -o -name '*lost*' | wc -l) $(grep -c 'CHÚ Ý: ' "$state/log/last")" "0 0"
is "when, by openssl" "$(openssl crl -in "$court/crls/officer-1-lost.pem" -noout -text | grep -A8 -i "Serial Number: $(openssl x509 -in "$court/certificates/officer-1.pem" -noout -serial | cut -d= -f2)" | grep -c 'Key Compromise\|Invalidity Date')" 2
order=$(basename "$(grep -l '"verb":"permit.reaffirm"' "$court"/orders/*.json)" .json)
reserved=$(jq -r '.steps[] | select(.what == "permit.reserve_reaffirm") | .entry' "$state/story.json")

# noticed NAME WORDS COMMAND...: in a copy of the folder, altered by it, with its sums made anew, a step with those words is wrong
noticed() {
	local name=$1 words=$2
	shift 2
	rm -rf "$state/altered"
	cp -r "$court" "$state/altered"
	(cd "$state/altered" && "$@" && diff -r "$court" . >/dev/null) && not_good "$name: nothing was altered"
	(cd "$state/altered" && find . -type f ! -name SHA256SUMS -printf '%P\n' | xargs sha256sum >SHA256SUMS)
	if checks "$state/altered" >"$state/log/check" 2>&1; then not_good "$name: it holds"
	elif grep -B1 '^   SAI' "$state/log/check" | grep -q -- "$words"; then good "$name: $(grep -c '^   SAI' "$state/log/check") steps"
	else not_good "$name: $(grep -B1 '^   SAI' "$state/log/check" | head -4)"; fi
}
noticed "another decision in the copy" "Chữ ký reaffirm đúng" sed -i 's#<decision>512/#<decision>513/#' reaffirmed.xml
noticed "another reason in the copy" "Chữ ký reaffirm đúng" sed -i 's/bị mất (thử nghiệm)</bị mất</' reaffirmed.xml
noticed "another name in the copy" "cho đến phần xác nhận lại, là permit.xml" sed -i 's/Nguyễn Hoàng/Nguyễn Hoàn/' reaffirmed.xml
noticed "another name in the permit" "cho đến phần xác nhận lại, là permit.xml" sed -i 's/Nguyễn Hoàng/Nguyễn Hoàn/' permit.xml
noticed "something behind the seal in the copy" "cho đến phần xác nhận lại, là permit.xml" sed -i 's#<reaffirmation #<note></note>&#' reaffirmed.xml
archived='<xadesv141:ArchiveTimeStamp xmlns:xadesv141="http://uri.etsi.org/01903/v1.4.1#"></xadesv141:ArchiveTimeStamp><xadesv141:TimeStampValidationData></xadesv141:TimeStampValidationData>'
noticed "an archive time stamp in the copy's seal, put there since" "chính phần ấy của reaffirmed.xml" sed -i "s|\\(.*\\)\\(</xades:UnsignedSignatureProperties>.*<reaffirmation \\)|\\1$archived\\2|" reaffirmed.xml
is "though that is how a permit may grow" "$(grep -A1 'là permit.xml (' "$state/log/check" | tail -1)" "   đúng"
noticed "the reaffirmation twice" "Chữ ký reaffirm đúng" sed -i 's#\(<reaffirmation .*</reaffirmation>\)#\1\1#' reaffirmed.xml
noticed "something behind its signature" "là việc đóng dấu chính tệp" sed -i 's#</permit>$#<note></note></permit>#' reaffirmed.xml
noticed "no reaffirmation in the copy" "Phần xác nhận lại nêu" cp permit.xml reaffirmed.xml
noticed "no copy" "Chữ ký reaffirm đúng" rm reaffirmed.xml
noticed "no order" "Lệnh ở dòng $order do chính chứng thư ấy ký" rm "orders/$order.cms"
noticed "another decision in the order's text" "Lệnh ở dòng $order nêu đúng quyết định" sed -i 's#512/#513/#' "orders/$order.json"
noticed "no text of the order" "Lệnh ở dòng $order nêu đúng quyết định" rm "orders/$order.json"
noticed "the order for another's" "Bản ghi của dòng $order là lệnh ấy" cp "$state/third/orders/$(basename "$(find "$state/third/orders" -name '*.cms')")" "orders/$order.cms"
noticed "a CRL from before the loss" "bị thu hồi vì lộ khóa" cp crls/officer-1.pem crls/officer-1-lost.pem
noticed "a seal for the officer whose key was lost" "bị thu hồi vì lộ khóa" cp certificates/seal.pem certificates/officer-1.pem
noticed "the first seal's time stamp for the other's" "chính là của chữ ký reaffirm" sh -c 'cp stamps/seal.tst stamps/reaffirm.tst'
noticed "a reaffirmation from before the revocation" "sau lúc thu hồi ấy" sh -c 'cp stamps/officer-1.tst stamps/reaffirm.tst'
noticed "no reservation in the log" "Dòng $reserved " rm "log/$reserved.entry"
noticed "another record of the reservation" "Dòng $reserved cam kết" sed -i 's#512/#513/#' "log/$reserved.record"
middle() { python3 -c 'import sys; f = open(sys.argv[1], "r+b"); b = bytearray(f.read()); b[len(b) // 2] ^= 1; f.seek(0); f.write(b)' "$1"; }
for file in reaffirmed.xml certificates/reaffirm.pem certificates/reaffirm-issuer.pem certificates/reaffirm-stamp.pem crls/reaffirm.pem crls/officer-1-lost.pem \
	stamps/reaffirm.tst stamps/reaffirm.octets "orders/$order.cms" "orders/$order.json" "log/$reserved.entry" "log/$reserved.record" "log/$reserved.path"; do
	noticed "an octet of $file" "" middle "$file"
done
"$antin" recheck --database "$database" --policy-folder "$policy_folder" --memory "$state/recheck.json" --json >"$state/found.json" 2>"$state/log/recheck"
is "the night's recheck" "$? $(jq -c .bad "$state/found.json")" "0 0"

# It goes on as any issued permit does; and what is withdrawn is not reaffirmed.
act() { order_by clerk CB-000012 "permit.$1" "$(handle "$2")" --reason "Thử" --with '{"decision":"12/QĐ-TN"}' >/dev/null || die "$1"; }
act withdraw second
refuses "a permit that is withdrawn" "void, replaced or withdrawn is not reaffirmed" reaffirm "$(handle second)"
act withdraw first
published
says "reaffirmed, and withdrawn: the signatures pass" 0 TOTAL-PASSED/ withdrawn reaffirmed
says "and it is not in force" 1 TOTAL-PASSED/ withdrawn reaffirmed --in-force

world_down
sound
[ "$bad" -eq 0 ]

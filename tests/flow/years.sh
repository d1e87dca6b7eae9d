#!/usr/bin/env bash
# Three years of a city in fast time: officers come and go, the time stamps get another
# certificate each year, an agency ends, the authority goes on with a new key, an officer's
# token is lost, SHA-256 is retired, the root's CRL is made anew each year.  At each date every
# permit so far is judged from files alone, as it was issued and as it was renewed
# (signer/renew.h), and by the city's page; at the end a bundle of each by openssl and xmlsec1.
# usage: years.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
. tests/authority.sh
flow_begin years "$1"
clock_begin

# People's certificates and those of the time stamps last a year here, the others five.
cp -r policy "$state/policy"
policy_folder=$state/policy
sed -i 's/years="[0-9]*"/years="5"/' "$state/policy/profiles/"{administrator,service-signer,ocsp,seal}.xml
sed -i 's/years="[0-9]*"/years="1"/' "$state/policy/profiles/"{official,tsa}.xml
sed -i 's/renew-days="[0-9]*"/renew-days="90"/' "$state/policy/profiles/official.xml"

on() { in_days $((today + ${1:-0})) "${2:-%F}"; }	# a day of the story, from today

as_program() { "$antin" permit "$@" --api "$api" --api-key-file "$state/desk/program.key"; }
order_of_approver() { order_by approver CB-000001 "$@" --reason "Thử nghiệm" >/dev/null 2>"$state/log/refused"; }

# The next token of someone, with a certificate; the one before lives out its time.
officer=0
next_officer() {	# PERSON: $token is of this officer from now on
	officer=$((officer + 1)) token=officer$officer who=$1
	make_token desk "$state/desk" "$token"
	enrol_person "$token" "$who" "Người Ký $who (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
	[ "$officer" -ne 1 ] || first_serial=$(cat "$state/desk/certificates/$who.serial")
}
next_clerk() {
	rm -rf "$state/desk/clerk.pin"
	make_token desk "$state/desk" "clerk$today"
	cp "$state/desk/clerk$today.pin" "$state/desk/clerk.pin"
	enrol_person "clerk$today" CB-000012 "Văn Thư (thử nghiệm)" "Văn thư" H99 official
}
clerk() { order_by "clerk$1" CB-000012 "${@:2}" --reason "Cho số và đóng dấu"; }

# The time stamps go on with another key; antin-signer sees it when it begins.
next_stamper() {
	local id
	id=$(office enrol --token tsa --pin-file "$state/pins/tsa.pin" --label "tsa-$today" --api "$api" --profile tsa --agency H99 --name "Dấu thời gian $today THỬ NGHIỆM") || die "the key of the time stamps"
	world_handed_over
	order_of_approver cert.approve "$id" || die "the certificate of the time stamps: $(cat "$state/log/refused")"
	again
}
again() { world_down; world_again; }

# Nothing is proven by what ends within 180 days, or by an algorithm that does.
renewed() { [ "$(register_sql "SELECT count(*) FROM permit WHERE issued_entry IS NOT NULL AND (proven_until < $(($(now) + 180 * day)) OR ' ' || proven_by || ' ' LIKE '% ${retired:-none} %')")" = 0 ]; }

declare -A handle
names=''
issue() {	# NAME [FILE ID]
	local name=$1
	handle[$name]=$(as_program submit "${2:-tests/data/permits.json}" --id "${3:-gpxd-01}" --key "$name" 2>"$state/log/submit") || die "submitting $name: $(cat "$state/log/submit")"
	sign_by "$token" "$who" "${handle[$name]}" >"$state/log/sign" 2>&1 || die "signing $name: $(tail -1 "$state/log/sign")"
	clerk "$clerk" permit.seal "${handle[$name]}" >"$state/log/seal" || die "sealing $name"
	as_program get "${handle[$name]}" --out "$state/permits/$name.xml" || die "getting $name"
	names="$names $name"
}

# judge FILE -> verdict, sub-indication, "archived" where an archive time stamp holds
judge() { verify "$1" --json 2>/dev/null | jq -r '[.verdict, .sub, (if .signatures[-1].archived then "archived" else empty end)] | map(select(. != "")) | join(" ")'; }
# What the city's page says of the same octets.
by_page() { curl -sS -H "Content-Type: application/xml" --data-binary "@$1" "$api/v1/verify" | jq -r '[.verdict, .sub] | map(select(. != "")) | join(" ")'; }

lasting="TOTAL-PASSED archived" expired="INDETERMINATE OUT_OF_BOUNDS_NO_POE" passes=TOTAL-PASSED

# table: lines "NAME as issued | its newest copy"; the page passes both unless it says another
table() {
	local name issued copy page
	rm -rf "$state/evidence"
	mkdir "$state/evidence"
	collect_evidence
	cp "$state"/public/ca/*.crt "$state/evidence/"
	while IFS='|' read -r name issued copy page; do
		name=${name// /} issued=$(echo $issued) copy=$(echo $copy) page=$(echo $page)
		[ -n "$name" ] || continue
		curl -sS -H "Authorization: Bearer $(cat "$state/desk/program.key")" -o "$state/permits/$name-archived.xml" "$api/v1/permits/${handle[$name]}/archived"
		is "day $today, $name as issued" "$(judge "$state/permits/$name.xml")" "$issued"
		is "day $today, $name, its newest copy" "$(judge "$state/permits/$name-archived.xml")" "$copy"
		is "day $today, $name by the page" "$(by_page "$state/permits/$name.xml"), $(by_page "$state/permits/$name-archived.xml")" "${page:-$passes, $passes}"
	done
}

# The root's CRL of the year, by two people.
year_of_root() {
	local waits
	world_root_crl
	waits=$(root_crl_order) && order_by third CB-000003 order.consent "$waits" --reason "Đồng ý" >/dev/null || die "the root's CRL"
}

#
# The beginning.
#
world_begin
world_second_ceremony
world_up
certificate_of CB-000001 >/dev/null
certificate_of CB-000002 >/dev/null
service_certificate || die "the service signer's certificate"
register_program
third_approver
enrol_seals
clerk=0
next_clerk
appoint CB-000012 clerk H99 "Văn thư" ""
next_officer CB-000011
appoint CB-000011 officer H99 "PHÓ CHỦ TỊCH" "KT."
# Books of every year of the story, whatever day it begins on.
for year in $(seq "$(on 0 %Y)" "$(on 1200 %Y)"); do
	for agency in H99.31.07 H99.31.12; do clerk 0 permit.open-book "$agency" --with "{\"book\":\"GPXD\",\"year\":$year,\"next\":1}" >/dev/null || die "the book of $agency of $year"; done
done
jq '{permits: [.permits[0] | .id = "vhb" | .co_quan_cap.ma = "H99.31.12" | .co_quan_cap.ten = "Ủy ban nhân dân xã Vĩnh Hòa Bắc" | .ma_ho_so |= sub("H99.31.07"; "H99.31.12")]}' tests/data/permits.json >"$state/vhb.json"
issue first
issue commune "$state/vhb.json" vhb
table <<-ROWS
	first   | $passes | $passes
	commune | $passes | $passes
ROWS

#
# Day 200: who signed does not any more, another does; the time stamps' certificate, of which
# 165 days are left, has a successor.
#
go_to 200
order_of_approver person.end "$(curl -sS -H 'Content-Type: application/json' -d '{"what":"appointments","person":"CB-000011"}' "$api/v1/list/ca" | jq -r '.items[0] | .id + ":" + .hash')" || not_good "the appointment ends: $(cat "$state/log/refused")"
handle[late]=$(as_program submit tests/data/permits.json --id gpxd-01 --key late 2>/dev/null)
refuses "an officer whose appointment has ended" "no appointment" sign_by "$token" "$who" "${handle[late]}"
next_officer CB-000021
appoint CB-000021 officer H99 "PHÓ CHỦ TỊCH" "KT."
year_of_root
issue second
is "renewed before there is a successor" "$(register_sql "SELECT count(*) FROM permit_renewal")" 0
next_stamper
within renewed || not_good "day 200: not all are renewed"
table <<-ROWS
	first   | $passes | $lasting
	commune | $passes | $lasting
	second  | $passes | $lasting
ROWS

#
# Day 400: the first certificates have expired, of people and of time stamps; the authority
# goes on with a new key.
#
go_to 400
bundle=$(sha256sum <"$state/ceremony/roll-over.cms" | cut -d' ' -f1)
waits=$(order_by approver CB-000001 authority.roll-over "$bundle" --reason "Khóa mới" --with "{\"bundle\":\"$(base64 -w0 "$state/ceremony/roll-over.cms")\"}" --minutes 120 | jq -r .waits.id) &&
	order_by third CB-000003 order.consent "$waits" --reason "Đồng ý" >/dev/null || die "a new key"
generations=2
within test -s "$state/public/crl/1.crl" || not_good "nothing is published of the second generation"
clerk=400
next_clerk
next_officer CB-000021
next_stamper
issue third
within renewed || not_good "day 400: not all are renewed"
table <<-ROWS
	first   | $expired | $lasting
	commune | $expired | $lasting
	second  | $passes  | $lasting
	third   | $passes  | $passes
ROWS

#
# Day 600: an agency is merged into another.
#
go_to 540
year_of_root
go_to 600
sed -i "/id=\"H99.31.12\"/s|/>| to=\"$(on -1)\" successor=\"H99.31.07\"/>|" "$state/policy/agencies.xml"
next_stamper
refuses "a permit of an agency that has ended" "cơ quan này đã kết thúc hoạt động" as_program submit "$state/vhb.json" --id vhb --key after
within renewed || not_good "day 600: not all are renewed"
table <<-ROWS
	first   | $expired | $lasting
	commune | $expired | $lasting
	second  | $expired | $lasting
	third   | $passes  | $lasting
ROWS

#
# Day 790: the officer's token is lost, which is known on day 800.  What was signed between
# is the finder's, for all that anybody knows.
#
go_to 790
clerk=790
next_clerk
next_officer CB-000021
issue before
lost=$(cat "$state/desk/certificates/CB-000021.serial")
go_to 800
issue between
order_of_approver cert.revoke "$lost" --with "{\"code\":\"keyCompromise\",\"invalidity\":\"$(on -5)T00:00:00+07:00\"}" || not_good "revoking: $(cat "$state/log/refused")"
next_stamper
within renewed || not_good "day 800: not all are renewed"
within sh -c "openssl crl -inform DER -in '$(crl_of 2)' -noout -text | grep -qi '$lost'" || not_good "the CRL does not have the lost token's certificate"
gone="TOTAL-FAILED REVOKED" unproven="INDETERMINATE REVOKED_NO_POE"
table <<-ROWS
	first   | $expired | $lasting
	second  | $expired | $lasting
	third   | $expired | $lasting
	before  | $passes  | $lasting
	between | $gone    | $gone archived | $gone, $gone
ROWS

#
# Day 900: policy ends SHA-256 in a hundred days; day 1010: it is over, and with it all that
# nothing newer holds.
#
go_to 900
year_of_root
retired=sha256
sed -i "/id=\"sha256\"/s/-until=\"[^\"]*\"/-until=\"$(on 100)\"/g" "$state/policy/algorithms.xml"
again
within renewed || not_good "day 900: not all that rely on SHA-256 are renewed"
go_to 1010
next_stamper
within renewed || not_good "day 1010: not all are renewed"
table <<-ROWS
	first   | $expired | $lasting | $expired, $passes
	commune | $expired | $lasting | $expired, $passes
	second  | $expired | $lasting | $expired, $passes
	third   | $expired | $lasting | $expired, $passes
	before  | $unproven | $lasting | $unproven, $passes
	between | $gone    | $gone archived | $gone, $gone
ROWS

#
# Day 1100: three years.
#
go_to 1100
table <<-ROWS
	first   | $expired | $lasting | $expired, $passes
	commune | $expired | $lasting | $expired, $passes
	second  | $expired | $lasting | $expired, $passes
	third   | $expired | $lasting | $expired, $passes
	before  | $unproven | $lasting | $unproven, $passes
ROWS

# The first officer's key was taken today: of what it signed each has a copy that shows since
# when it was there.
impact() { "$antin" impact --database "$database" --policy-folder "$policy_folder" --certificate "$first_serial" --since "$(on 0)T00:00:00+07:00" --json | jq -c '[.stands, .sign_again]'; }
is "the first officer's key taken on the last day: stands, to be signed again" "$(impact)" '[2,0]'

#
# What a court is given after all that (bundle.sh), with nothing of ours within reach: in 2037
# every certificate has expired.
#
world_down
court_tools
for name in first commune second third before; do
	mkdir "$state/court-$name"
	"$antin" permit bundle "${handle[$name]}" --database "$database" --policy-folder "$policy_folder" --out "$state/$name.zip" 2>"$state/log/bundle" &&
		python3 -m zipfile -e "$state/$name.zip" "$state/court-$name" || { not_good "the bundle of $name: $(cat "$state/log/bundle")"; continue; }
	(cd "$state/court-$name" && faketime '2037-06-01 12:00:00' env PATH="$tools" sh -c 'date +%Y && sh CHECK.txt') >"$state/log/check" 2>&1
	held=$?
	is "$name, for a court in 2037" "$held $(head -n 1 "$state/log/check")" "0 2037"
	[ "$held" -eq 0 ] || grep -A3 SAI "$state/log/check"
done
sound

# A copy that has suffered is found by who looks at all that is stored.
if [ -n "${ANTIN_SERVER:-}" ]; then
	say "left out: a copy that has suffered, of a server"
else
	cp "$database" "$state/suffered.db"
	is "copies that suffer" "$(sqlite3 "$state/suffered.db" "UPDATE permit_renewal SET sealed = cast(replace(sealed, '</', '< ') AS BLOB) WHERE rowid = (SELECT rowid FROM permit_renewal ORDER BY n DESC, handle LIMIT 1); SELECT changes()")" 1
	"$antin" recheck --database "$state/suffered.db" --policy-folder "$policy_folder" --memory "$state/recheck.memory" --json >"$state/log/recheck" 2>&1 && not_good "a copy that has suffered is not seen"
	is "and what is said of it" "$(jq -c '[.bad, .named[].what]' "$state/log/recheck" 2>/dev/null)" '[1,"copy"]'
fi
[ "$bad" -eq 0 ]

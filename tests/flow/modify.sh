#!/usr/bin/env bash
# Three hundred people change title in one order, from a spreadsheet's table: first
# looked at, then signed once; rows that cannot be are named with their number and
# their rule, the others are done.  Checked with openssl alone.
# usage: modify.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin modify "$1"
many=300

world_begin
world_up
for person in CB-000001 CB-000002; do certificate_of "$person" >/dev/null; done
register_program

# Keys of openssl's stand for three hundred tokens.
mkdir "$state/people"
ids=
for i in $(seq "$many"); do
	person=CB-4$(printf %05d "$i") key=$state/people/$i
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout "$key.key" -outform DER -out "$key.csr" 2>/dev/null || die "a request"
	jq -n --arg person "$person" --arg csr "$(base64 -w0 "$key.csr")" \
		'{profile: "official", agency: "H99.14", name: "Người Đổi Chức Danh (thử nghiệm)", title: "Chuyên viên", person: $person, csr: $csr}' >"$key.json"
	id=$(curl -sSf -H 'Content-Type: application/json' --data-binary "@$key.json" "$api/v1/requests" | jq -r .id) || die "asking for $person"
	ids="$ids $id"
done
# shellcheck disable=SC2086
order_by approver CB-000001 cert.approve $ids --reason "Cấp lần đầu" >"$state/log/approved" || die "approving"
jq -r '.certificates[].serial' "$state/log/approved" >"$state/log/serials"
is "$many certificates" "$(wc -l <"$state/log/serials")" "$many"

# The table, as a spreadsheet of ours writes it: semicolons, quotes, a mark before it.
table=$state/people.csv
{
	printf '\xef\xbb\xbfperson;title;agency\r\n'
	for i in $(seq "$many"); do printf 'CB-4%05d;"Chuyên viên chính; bậc 2";\r\n' "$i"; done
	printf 'CB-499999;Trưởng phòng;\r\n'			# row 302: nobody
	printf 'CB-400001;Phó phòng;\r\n'			# row 303: a second time
	printf 'CB-000001;Giám đốc;\r\n'			# row 304: the signer
	printf 'CB-000002;Phó phòng;H99.77\r\n'			# row 305: no such agency
} >"$table"
modify() { desk certificate modify --csv "$1" --certificate "$state/desk/certificates/CB-000001.crt" --api "$api" --api-key-file "$state/desk/program.key" "${@:2}"; }
log_size() { sed -n 2p "$state/public/checkpoint"; }

sleep 2
before=$(log_size)
modify "$table" --dry-run >"$state/log/dry" 2>"$state/log/dry.err"
is "a dry run with refusals ends with 1" $? 1
is "a dry run orders nothing" "$(log_size)" "$before"
is "each of $many says what would change" "$(grep -c 'title: "Chuyên viên" -> "Chuyên viên chính; bậc 2"' "$state/log/dry")" "$many"
says() { holds "row $1 is refused: $2" grep -q "^row $1  .*refused ($3): .*$2" "$state/log/dry"; }
says 302 'no active certificate' absent
says 303 'stands in an earlier row' input
says 304 'nobody orders cert.modify for themselves' policy
says 305 'no agency H99.77' absent
modify "$table" --dry-run --json >"$state/log/dry.json" 2>/dev/null
holds "the same for programs" test "$(jq .ready "$state/log/dry.json")" -eq "$many" -a "$(jq -r '.rows[303].row, .rows[303].class' "$state/log/dry.json" | paste -sd' ')" = "305 absent"

modify "$table" --token approver --pin-file "$state/desk/approver.pin" --reason "Quyết định 12/QĐ-SXD" --yes >"$state/log/done" 2>"$state/log/done.err"
is "an order with rows left out ends with 1" $? 1
is "one order did $many" "$(grep -c '^row [0-9]*  done, now: [0-9a-f]\{40\}$' "$state/log/done")" "$many"
is "it is one order in the register" "$(register_sql "SELECT count(*) FROM order_accepted WHERE verb = 'cert.modify'")" 1
modify "$table" --dry-run >"$state/log/again" 2>/dev/null
is "the same table again: all is so already" "$(grep -c 'is so already' "$state/log/again")" "$many"

# What openssl says of the first and the last, old and new.
sleep 2
crl_of() { openssl crl -inform DER -in "$state/public/crl/$1.crl"; }
{ crl_of 0; crl_of root; } >"$state/people/crls.pem"
for f in root issuing; do openssl x509 -inform DER -in "$state/ceremony/$f.crt" -out "$state/people/$f.pem" 2>/dev/null || openssl x509 -in "$state/ceremony/$f.crt" -out "$state/people/$f.pem"; done
judge() { openssl verify -x509_strict -crl_check_all -CAfile "$state/people/root.pem" -untrusted "$state/people/issuing.pem" -CRLfile "$state/people/crls.pem" "$1" 2>&1; }
for i in 1 "$many"; do
	old=$(sed -n "${i}p" "$state/log/serials") new=$(sed -n "s/^row $((i + 1))  done, now: //p" "$state/log/done")
	for c in old new; do curl -sSf "$api/v1/certificates/${!c}" | openssl x509 -inform DER -out "$state/people/$c.pem"; done
	holds "the new certificate of row $((i + 1)) is good" judge "$state/people/new.pem"
	holds "the old one is revoked" grep -q 'certificate revoked' <(judge "$state/people/old.pem")
	holds "its key is the same" cmp -s <(openssl x509 -in "$state/people/old.pem" -noout -pubkey) <(openssl x509 -in "$state/people/new.pem" -noout -pubkey)
	holds "it says the title" grep -q 'title = "*Chuyên viên chính; bậc 2' <(openssl x509 -in "$state/people/new.pem" -noout -subject -nameopt oneline,utf8,-esc_msb)
done

# Looked for without diacritics, over more than a page; who may not read finds nobody.
register_program elsewhere '"read"' H99.27
register_program submits '"submit"'
find_as() { local who=$1; shift; desk certificate list "$@" --api "$api" --api-key-file "$state/desk/$who.key"; }
is "all are found, old and new" "$(find_as program --name 'nguoi doi chuc' | wc -l)" $((2 * many))
is "those that are active" "$(find_as program --name 'NGƯỜI ĐỔI' --state active --agency H99 | grep -c "  active   official        H99.14     20[0-9-]*  CB-4[0-9]*   Người Đổi Chức Danh (thử nghiệm)$")" "$many"
is "for programs" "$(find_as program --name danh --state revoked --json | jq '[.items[].name] | unique | length, (.[0] | length)' | paste -sd' ')" "1 32"
is "one by its serial number, as openssl shows it" "$(find_as program --serial "$(openssl x509 -in "$state/people/new.pem" -noout -serial | cut -d= -f2 | sed 's/../&:/g; s/:$//')" | cut -d' ' -f1)" "$new"
is "by its key, old and new" "$(find_as program --token "$(openssl x509 -in "$state/people/new.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)" | wc -l)" 2
is "by a staff number" "$(find_as program --person CB-400001 --state active | wc -l)" 1
holds "none that ended before this year" test -z "$(find_as program --name nguoi --expires-before "$(date +%Y)-01-01")"
is "all end some day" "$(find_as program --name 'nguoi doi' --state active --expires-before 2099-01-01 | wc -l)" "$many"
holds "a word's middle finds nobody" test -z "$(find_as program --name guoi)"
holds "another agency's program finds nobody" test -z "$(find_as elsewhere --name nguoi)"
finds_no() { local what=$1 want=$2 words=$3; shift 3; "$@" >"$state/log/found" 2>&1; holds "$what" test $? -eq "$want" -a -n "$(grep -e "$words" "$state/log/found")"; }
finds_no "a program without the right" 1 'no right to read' find_as submits --name nguoi
finds_no "nobody" 1 'program' desk certificate list --name nguoi --api "$api"
finds_no "a name without a letter" 1 'no letter' find_as program --name '%'
finds_no "two namings" 1 'not both' find_as program --serial "$new" --person CB-400001
finds_no "an agency that is none" 1 'no agency' find_as program --agency H98
finds_no "a day that is none" 1 'expires_before' find_as program --expires-before 2027-02-30
finds_no "an option that is none" 64 'nmae' find_as program --nmae nguoi

# Tables that are none.
no_table() {	# NAME TABLE EXIT WORDS
	printf '%b' "$2" >"$state/people/broken.csv"
	modify "$state/people/broken.csv" --dry-run >"$state/log/broken" 2>&1
	code=$?
	holds "$1" test "$code" -eq "$3" -a -n "$(grep -e "$4" "$state/log/broken")"
}
no_table "no rows" 'person,title\n' 1 'has no rows'
no_table "a column that is none" 'person,salary\nCB-400001,7\n' 1 'column "salary"'
no_table "a column twice" 'person,title,title\nCB-400001,a,b\n' 1 'stands twice'
no_table "neither person nor serial" 'name,title\nA,B\n' 1 'person or serial'
no_table "a row of nobody" 'person,title\n"",Phó phòng\n' 1 'neither a person'
no_table "a quote that is open" 'person,title\nCB-400001,"Phó\n' 1 'not closed'
no_table "no UTF-8" 'person,title\nCB-400001,\xff\n' 1 'title'
no_table "a serial that is none" 'serial,title\n../../x,Phó phòng\n' 1 'no serial number'
no_table "the serial of nothing" "serial,title\n4$(printf %039d 0),Phó phòng\n" 1 'there is no'
no_table "a title of 65" "person,title\nCB-400001,$(printf %065d 0)\n" 1 '64 characters'

sound
[ "$bad" -eq 0 ]

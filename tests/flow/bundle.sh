#!/usr/bin/env bash
# A permit for a court: its story, and its bundle checked by coreutils, openssl and
# xmlsec1 alone, with nothing running and none of our programs within reach, also when
# every certificate has expired.  Then each file is altered by one octet: its sum is wrong;
# and of each kind of file one (`every`: all of them) with its sum made anew, as whoever
# alters it would.
# usage: bundle.sh BUILD [every]
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin bundle "$1"
witnesses=own

world_begin
world_up
world_staff
open_book H99.31.07 GPXD "$(in_days 0 %Y)" 7

submitted() { local key=$1; shift; "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$key" "$@" --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit" || die "submitting $key"; }
act_by() { local token=$1 person=$2; shift 2; order_by "$token" "$person" "permit.$1" "$handle" --reason "Thử nghiệm: <b>&\"'" --with "$2" >/dev/null || die "$1"; }
act() { act_by clerk CB-000012 "$@"; }
# A name that no page may take for its own words, and a long one.
name="Công Tằng Tôn Nữ <script>alert('1')</script> & Phương Thảo"
make_token desk "$state/desk" other
enrol_person other CB-000013 "$name" "Văn thư" H99 official
appoint CB-000013 clerk H99 "Văn thư" ""
permit() { "$antin" permit "$@" --database "$database" --policy-folder "$policy_folder"; }

handle=$(submitted whole)
draft=$(submitted draft)
signed=$(submitted signed)
older=$(submitted older)
sign "$handle" "$signed" "$older" >"$state/log/sign" 2>&1 || die "signing"
seal "$handle" "$older" >"$state/log/seal" || die "sealing"
newer=$(submitted newer --amends "$older")
sign "$newer" >"$state/log/sign" 2>&1 || die "signing what amends"
seal "$newer" >"$state/log/seal" || die "sealing what amends"
act_by other CB-000013 suspend '{"decision":"21/QĐ"}'
act resume '{"decision":"22/QĐ"}'
act withdraw '{"decision":"23/QĐ"}'
# Whoever signed and whoever ordered is revoked since: it was good then (in an earlier second).
sleep 2
order_by approver CB-000001 cert.revoke "$(cat "$state/desk/certificates/CB-000011.serial")" "$(cat "$state/desk/certificates/CB-000012.serial")" --reason "Nghỉ việc" --with '{"code":"cessationOfOperation"}' >/dev/null || die "revoking"

#
# The bundle: when the log is published, and the witness has cosigned it.
#
bundle() { permit bundle "$@" --witness-policy "$state/witness.policy"; }
for _ in $(seq 100); do bundle "$handle" --out "$state/permit.zip" 2>"$state/log/bundle" && break; sleep 0.1; done
code=$("$antin" permit list --state withdrawn --api "$api" --api-key-file "$state/desk/program.key" | awk '{ print $5 }')
world_down
bundle "$handle" --out "$state/permit.zip" || die "the bundle"
bundle "$code" --out "$state/again.zip" || die "the bundle, by its code"
for which in older newer; do permit bundle "${!which}" --out "$state/$which.zip" || die "the bundle of the $which version"; done
expect "the same register gives the same octets" "$(cmp "$state/permit.zip" "$state/again.zip" && echo same)" same
expect "its owner alone reads it" "$(stat -c %a "$state/permit.zip")" 600

#
# The story.
#
permit story "$handle" --json >"$state/story.json" || die "the story"
steps() { jq -r '[.steps[] | .verb // .act // .what] | join(" ")'; }
expect "its steps" "$(steps <"$state/story.json")" \
	"permit.submit permit.officer_signed permit.seal permit.reserve_allotted permit.issue permit.suspend suspended permit.resume resumed permit.withdraw withdrawn"
expect "who signed, as what, by which decision" "$(jq -r '.steps[1] | "\(.person) \(.mode) \(.title) \(.appointment) \(.verdict)"' "$state/story.json")" "CB-000011 KT. PHÓ CHỦ TỊCH 01/QĐ-TN TOTAL-PASSED"
expect "who ordered" "$(jq -r '[.steps[] | select(.what == "order") | .person] | unique | join(" ")' "$state/story.json")" "CB-000012 CB-000013"
expect "by what name" "$(jq -r '.steps[5].name' "$state/story.json")" "$name"
expect "by which decisions" "$(jq -r '[.steps[].decision // empty] | join(" ")' "$state/story.json")" "21/QĐ 22/QĐ 23/QĐ"
expect "what it is" "$(jq -r '.status.word + " " + .permit.number' "$state/story.json")" "withdrawn 7/GPXD"
expect "the day before it was nothing of that" "$(permit story "$handle" --json --day "$(in_days -1)" | jq -r .status.word)" yes
expect "every step stands on the sheet" "$(permit story "$code" | grep -cE '^ *[0-9]+\. [0-9/]{10} [0-9:]{8}  dòng [0-9]+$')" 11
expect "a draft's" "$(permit story "$draft" --json | jq -r '"\(.status.word) \(.steps | length)"')" "draft 1"
permit story "$newer" --json >"$state/newer.json" || die "the story of what amends"
expect "a newer version's" "$(steps <"$state/newer.json")" "permit.submit permit.officer_signed permit.seal permit.reserve_amended permit.issue"
expect "which, and of what" "$(jq -r '.steps[0] | "\(.version) \(.amends)"' "$state/newer.json")" "2 $older"
expect "it keeps the number" "$(jq -r '"\(.permit.number) \(.steps[3].number) \(.steps[3].vi | startswith("Giữ nguyên số 8/GPXD"))"' "$state/newer.json")" "8/GPXD 8/GPXD true"
permit story "$older" --json >"$state/older.json" || die "the story of what was amended"
expect "the older version's, whose replacement has no order of its own" "$(steps <"$state/older.json")" "permit.submit permit.officer_signed permit.seal permit.reserve_allotted permit.issue superseded"
expect "by what it is replaced" "$(jq -r '"\(.steps[-1].other) \(.status.word)"' "$state/older.json")" "$newer superseded"
expect "in words, too" "$(jq -r '.steps[-1].vi' "$state/older.json" | grep -c "có bản mới thay, từ ngày .*, thay bằng giấy phép mã $newer")" 1
expect "of all these no step is left without its words" "$(cat "$state"/*.json | grep -c 'Ghi nhận: permit\|Bản ghi permit')" 0
expect "a signed one's" "$(permit story "$signed" --json | jq -r '"\(.status.word) \(.steps | length)"')" "signed 2"

permit story "$handle" --html "$state/story.html" >"$state/log/last" || die "the story's sheet"
expect "the sheet is for its owner, and nothing else is said" "$(stat -c %a "$state/story.html") $(cat "$state/log/last")" "600 "
holds "the story's sheet" python3 tests/flow/story_page.py "$state/story.html" "$state/story.json"
for which in draft signed newer older; do
	permit story "${!which}" --json >"$state/$which.json"
	permit story "${!which}" --html "$state/$which.html"
	holds "and of the $which one" python3 tests/flow/story_page.py "$state/$which.html" "$state/$which.json"
done
jq '.steps[1].person = "CB-000099"' "$state/story.json" >"$state/log/other.json"
refuses "a fact that is not on it is missed" "2: person" python3 tests/flow/story_page.py "$state/story.html" "$state/log/other.json"
refuses "a sheet and JSON together" "--html" permit story "$handle" --html "$state/no.zip" --json

refuses "a bundle of a draft" "was not issued" permit bundle "$draft" --out "$state/no.zip"
refuses "a bundle of one without its seal" "was not issued" permit bundle "$signed" --out "$state/no.zip"
refuses "a permit that nobody knows" "keeps no permit" permit story 006b09acacc3d3a913b0b3d4354e1400
refuses "a word that is no code" "named by its handle" permit story hello
refuses "a bundle to nowhere" "--out" permit bundle "$handle"
refuses "a day that is none" "--day" permit story "$handle" --day 2026-02-30
expect "nothing was written" "$(ls "$state"/no.zip 2>/dev/null)" ""

#
# In an empty folder, with nothing of ours.
#
court=$state/court
mkdir "$court"
court_tools
python3 -m zipfile -e "$state/permit.zip" "$court"
holds "the sheet in the bundle, with what lies beside it" python3 tests/flow/story_page.py "$court/story.html" "$state/story.json" "$court/SHA256SUMS"
if [ -d tests/page ] && command -v node >/dev/null; then
	page_tools
	mkdir "$state/shots"
	holds "the sheet, in a browser" node tests/page/story_test.mjs "$court/story.html" "$name" "$state/shots"
fi
court_holds() { (cd "$court" && "$@" env -i PATH="$tools" sh CHECK.txt) >"$state/log/check" 2>&1; }
court_holds env
expect "all of it holds" "$?" 0
[ "$bad" -eq 0 ] || grep -A3 SAI "$state/log/check"
say "   $(tail -n 1 "$state/log/check")"
if command -v faketime >/dev/null; then
	(cd "$court" && faketime '2037-06-01 12:00:00' env PATH="$tools" sh -c 'date +%Y && sh CHECK.txt') >"$state/log/check" 2>&1
	held=$?
	expect "and when every certificate has expired" "$held $(head -n 1 "$state/log/check")" "0 2037"
fi

for which in older newer; do
	mkdir "$state/$which"
	python3 -m zipfile -e "$state/$which.zip" "$state/$which"
	(cd "$state/$which" && env -i PATH="$tools" sh CHECK.txt) >"$state/log/check" 2>&1
	expect "the $which version's" "$?" 0
done

# Under a policy that is another by now the rest holds.
cp -r "$policy_folder" "$state/policy"
echo '<!-- changed since -->' >>"$state/policy/kinds/tree-cutting.xml"
mkdir "$state/later"
"$antin" permit bundle "$handle" --database "$database" --policy-folder "$state/policy" --out "$state/later.zip" || die "the bundle under another policy"
python3 -m zipfile -e "$state/later.zip" "$state/later"
(cd "$state/later" && env -i PATH="$tools" sh CHECK.txt) >"$state/log/check" 2>&1
expect "under a policy that is another by now" "$? $(ls "$state/later/policy" 2>/dev/null)" "0 "

# The witness: by its key in the bundle, else by the key that the reader has.
vkey=$(sed -n 's/^witness [^ ]* \([^ ]*\) .*/\1/p' "$state/witness.policy")
court_says() { (cd "$1" && shift && env -i PATH="$tools" sh CHECK.txt "$@"); }
refuses "a bundle that nobody has cosigned as is asked" "is not cosigned as" permit bundle "$handle" --out "$state/no.zip" --witness-policy <(sed "s|^witness thu-nghiem .*|witness thu-nghiem $("${antin}-witness" keygen --key "$state/nobody.pem" --name nobody.example/w) http://127.0.0.1:1|" "$state/witness.policy")
holds "a witness has cosigned" court_says "$court"
expect "that is a step, with its time and key" "$(grep -c "Nhân chứng ${vkey%%+*} đồng ký điểm chốt ấy lúc $(python3 tests/flow/cosigned_at.py "$court/log/checkpoint" "$vkey") (giờ quốc tế).*$vkey" "$state/log/last")" 1
holds "without a key in the bundle it is left to the reader" court_says "$state/later"
expect "who is told so" "$(grep -c "cosigned by: ${vkey%%+*}$" "$state/log/last") $(grep -c 'đồng ký điểm chốt' "$state/log/last")" "1 0"
holds "by the reader's key" court_says "$state/later" "$vkey"
expect "that is a step, too" "$(grep -c "đồng ký điểm chốt, theo khóa được đưa vào: $vkey" "$state/log/last")" 1
other=$("${antin}-witness" keygen --key "$state/other.pem" --name "${vkey%%+*}")
refuses "another key of that name" "SAI: 1 bước" court_says "$state/later" "$other"
refuses "a key whose id is not its own" "SAI: 1 bước" court_says "$state/later" "${vkey%%+*}+00000000+${vkey##*+}"
refuses "the log's key for a witness's" "SAI: 1 bước" court_says "$state/later" "$(cat "$court/log/log.vkey")"
refuses "no key" "SAI: 1 bước" court_says "$state/later" hello
# altered_line OCTET: that octet of the cosignature (time from 4, signature from 12), sums anew
altered_line() {
	cp -r "$court" "$state/altered"
	python3 - "$state/altered/log/checkpoint" "${vkey%%+*}" "$1" <<'PY'
import base64, sys
file, name, at = sys.argv[1], sys.argv[2], int(sys.argv[3])
lines = open(file, encoding='utf-8').read().split('\n')
n = next(i for i, line in enumerate(lines) if line.startswith(f'— {name} '))
octets = bytearray(base64.b64decode(lines[n].split(' ')[2]))
octets[at] ^= 1
lines[n] = f'— {name} ' + base64.b64encode(octets).decode()
open(file, 'w', encoding='utf-8').write('\n'.join(lines))
PY
	(cd "$state/altered" && cut -c67- "$court/SHA256SUMS" | xargs sha256sum >SHA256SUMS)
}
for at in 0 4 11 12 75; do
	altered_line "$at"
	refuses "octet $at of the cosignature altered" "SAI: 1 bước" court_says "$state/altered"
	rm -r "$state/altered"
done

# altered FILE: the octet in its middle
altered() {
	local at=$(($(stat -c %s "$1") / 2))
	python3 -c 'import sys; f = open(sys.argv[1], "r+b"); n = int(sys.argv[2]); f.seek(n); c = f.read(1)[0]; f.seek(n); f.write(bytes([c ^ 1]))' "$1" "$at"
}
files=0 whole=0 unseen='' seen=''
for file in $(cd "$court" && find . -type f | sort); do
	files=$((files + 1))
	kind=$(printf %s "$file" | tr -d 0-9)
	cp "$court/$file" "$state/kept"
	cp "$court/SHA256SUMS" "$state/sums"
	altered "$court/$file"
	(cd "$court" && sha256sum -c --strict --quiet SHA256SUMS) >/dev/null 2>&1 && unseen="$unseen $file(sum)"
	case " $seen " in
	*" $kind "*) [ "${2:-}" = every ] || { cp "$state/kept" "$court/$file"; continue; } ;;
	esac
	whole=$((whole + 1)) seen="$seen $kind"
	case $file in
	./SHA256SUMS | ./CHECK.txt | ./story.txt | ./story.html) ;;	# by their sums alone
	*) (cd "$court" && cut -c67- "$state/sums" | xargs sha256sum >SHA256SUMS) ;;
	esac
	court_holds env && unseen="$unseen $file"
	cp "$state/sums" "$court/SHA256SUMS"
	cp "$state/kept" "$court/$file"
done
expect "each of $files files, altered by one octet, is noticed, $whole of them by the whole check" "$unseen" ""
court_holds env
expect "and as they were they hold" "$?" 0
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# A kind that two officers sign, one after the other, by the people's own programs: who
# may sign when, what the page, the sheet and the event feed say of it, and what a
# verifier with files alone makes of it.
# usage: officers.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin officers "$1"

cp -r policy "$state/policy"
cp tests/data/well.xml "$state/policy/kinds/"
policy_folder=$state/policy
world_begin
world_up
world_staff
make_token desk "$state/desk" head
enrol_person head CB-000013 "Người Ký Trước (thử nghiệm)" "CHÁNH VĂN PHÒNG" H99 official
appoint CB-000013 officer H99 "CHÁNH VĂN PHÒNG" "TL."
open_book H99.31.07 GPG "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 7

as_program() { "$antin" permit "$@" --api "$api" --api-key-file "$state/desk/program.key"; }
listed() { as_program list --state "$1" --json | jq -r ".items[] | select(.handle == \"$handle\") | .officers"; }
last() { register_sql "SELECT max(idx) FROM log_entry"; }

handle=$(as_program submit tests/data/well.json --key well 2>"$state/log/submit") || die "submitting"
began=$(last)
refuses "the second officer first" "this is the turn of officer 1, and this person signs in that of another" sign "$handle"
sign_by head CB-000013 "$handle" >"$state/log/sign" 2>&1 || not_good "the first officer: $(tail -1 "$state/log/sign")"
is "a draft still, with one signature" "$(listed draft)" 1
refuses "the first officer again" "one person signs a permit once" sign_by head CB-000013 "$handle"
refuses "sealed too early" "does not wait for its seal (draft)" seal "$handle"
sign "$handle" >"$state/log/sign" 2>&1 || not_good "the second officer: $(tail -1 "$state/log/sign")"
is "signed by both" "$(listed signed)" 2
refuses "signed once more" "not a draft any more (signed)" sign "$handle"
seal "$handle" >"$state/log/seal" 2>&1 || die "sealing"
as_program get "$handle" --out "$state/well.xml" || die "getting it"
is "both are told to programs" "$(curl -sS -H "Authorization: Bearer $(cat "$state/desk/program.key")" "$api/v1/events?after=$began" |
	jq -r "[.items[] | select(.handle == \"$handle\") | .what] | join(\" \")")" "signed signed numbered issued"

sleep 2
collect_evidence
verify "$state/well.xml" --in-force --json >"$state/log/report.json" 2>&1
is "genuine and in force, from files alone" "$? $(jq -r '.verdict + " " + ([.signatures[].id] | join(" "))' "$state/log/report.json")" "0 TOTAL-PASSED officer-1 officer-2 seal"
# The first officer's signature taken away, the second's put in its place.
sed 's|<ds:Signature xmlns:ds="[^"]*" Id="officer-1">.*</ds:Signature>\(<ds:Signature xmlns:ds="[^"]*" Id="officer-2">\)|\1|' "$state/well.xml" >"$state/one.xml"
cmp -s "$state/well.xml" "$state/one.xml" && not_good "nothing was taken away"
if verify "$state/one.xml" >/dev/null 2>&1; then not_good "one officer taken away: passed"; else good "one officer taken away: refused"; fi
# By the rules of one officer it has one too many; a kind's days say which rules are which.
mv "$state/policy/kinds/well.xml" "$state/well-kind.xml"
sed '/modes="TL. TUQ."/d' "$state/well-kind.xml" >"$state/policy/kinds/well.xml"
verify "$state/well.xml" --json >"$state/log/report.json" 2>&1
is "where one officer signs" "$? $(jq -r '.sub' "$state/log/report.json")" "1 SIG_CONSTRAINTS_FAILURE"
mv "$state/well-kind.xml" "$state/policy/kinds/well.xml"
is "the sheet has both" "$(curl -sS "$api/v1/permits/$(jq -r '.permit.shortcode' "$state/log/report.json" | tr -d ' -')/sheet" | grep -o 'class="officer"' | wc -l)" 2
sound
say "$bad bad"
[ "$bad" -eq 0 ]

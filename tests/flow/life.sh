#!/usr/bin/env bash
# A permit's life after its issue, by the people's own programs: what each act makes
# of it on each day, asked of the service and of files alone; what is refused; and
# the status list made again by somebody else.
# usage: life.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin life "$1"
shown() { in_days "$1" %d/%m/%Y; }

world_begin
world_up
world_staff
open_book H99.31.07 GPXD "$(in_days 0 %Y)" 245

# submits NAME [HANDLE]: a draft; a newer version of that permit
submits() { "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" ${2:+--amends "$2"} --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit"; }
# issue NAME [HANDLE]: its handle in $state/permits/NAME.handle, the file beside it
issue() {
	local handle
	handle=$(submits "$@") || die "submitting $1"
	sign "$handle" >"$state/log/sign" 2>&1 || die "signing $1"
	seal "$handle" >"$state/log/seal" || die "sealing $1"
	"$antin" permit get "$handle" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/permits/$1.xml" || die "getting $1"
	echo "$handle" >"$state/permits/$1.handle"
}
handle_of() { cat "$state/permits/$1.handle"; }
# act NAME VERB WITH [DAYS]: ordered today, for a day to come
act() { order_by clerk CB-000012 "permit.$2" "$(handle_of "$1")" --reason "Thử nghiệm" --with "$3" --effective "$(date -u -d "${4:-0} days" +%Y-%m-%dT%H:%M:%SZ)"; }
acts() { act "$@" >/dev/null || not_good "$2 of $1"; }
# answers NAME DAYS: what the service says of the file, of that day
ask() { curl -fsS --data-binary @"$state/permits/$1.xml" -H 'Content-Type: application/octet-stream' "$api/v1/verify?day=$(in_days "$2")"; }
answers() { local got; got=$(ask "$1" "$2" | jq -r '"\(.verdict) \(.in_force.answer) \(.answer.id)"'); is "$1 in $2 days" "$got" "TOTAL-PASSED $3 $4"; }

for name in wrong right month open gone noted; do issue "$name"; done
answers month 0 yes in-force

# By date, without anybody acting.
acts month suspend "{\"decision\":\"1/QĐ\",\"until\":\"$(in_days 30)\"}" 10
answers month 9 yes in-force
answers month 10 suspended suspended
answers month 30 suspended suspended
answers month 31 yes in-force
is "the sentence names both days" "$(ask month 20 | jq -r .answer.say.vi | grep -c "từ ngày $(shown 10) đến hết ngày $(shown 30)")" 1
refuses "resumed before it is suspended" "only a permit that is suspended on that day" act month resume '{"decision":"2/QĐ"}'
acts month resume '{"decision":"2/QĐ"}' 20
answers month 19 suspended suspended
answers month 20 yes in-force

# Until somebody says so.
acts open suspend '{"decision":"3/QĐ"}'
answers open 3000 suspended suspended-open
acts open withdraw '{"decision":"4/QĐ"}' 5
answers open 4 suspended suspended-open
answers open 5 withdrawn withdrawn
acts open restore '{"decision":"5/QĐ"}' 8
answers open 7 withdrawn withdrawn
answers open 8 suspended suspended-open

# Withdrawn, and the withdrawal annulled.
acts gone withdraw '{"decision":"6/QĐ"}'
answers gone 0 withdrawn withdrawn
refuses "withdrawn twice" "and once" act gone withdraw '{"decision":"6/QĐ"}'
refuses "resumed" "only a permit that is suspended" act gone resume '{"decision":"6/QĐ"}'
acts gone restore '{"decision":"7/QĐ"}'
answers gone 0 yes in-force
is "its history shows both" "$(ask gone 0 | jq -r '[.register.history[] | "\(.what) \(.decision)"] | join(", ")')" "withdrawn 6/QĐ, restored 7/QĐ"

# Notes.
acts noted annotate '{"decision":"8/QĐ-TA","note":"Tòa án đang thụ lý tranh chấp"}'
acts noted annotate '{"decision":"9/QĐ-TA","note":"Kê biên"}'
answers noted 0 noted in-force-with-notes
first=$(ask noted 0 | jq '.register.history[0].index')
refuses "a note lifted that is none" "no such note stands" act noted annotate '{"decision":"10/QĐ-TA","lifts":1}'
acts noted annotate "{\"decision\":\"10/QĐ-TA\",\"lifts\":$first}"
is "the note that stays is the later one" "$(ask noted 0 | jq -r '.register | "\(.decision) \(.from)"')" "9/QĐ-TA $(in_days 0)"

# Issued in error.
acts wrong void "{\"decision\":\"11/QĐ\",\"replacement\":\"$(handle_of right)\"}"
answers wrong 0 void void
is "the sentence names what replaces it" "$(ask wrong 0 | jq -r .answer.say.vi | grep -c 'thay bằng số 246/GPXD')" 1
refuses "suspended when it is void" "only a permit in force" act wrong suspend '{"decision":"12/QĐ"}'
acts right void '{"decision":"13/QĐ"}'
answers right 0 void void-alone
is "its number stays in the book" "$(register_sql "SELECT count(*) FROM number_used WHERE number LIKE '245/%' OR number LIKE '246/%'")" 2

# A newer version takes the place of the one before, number and notes with it.
issue old
acts old annotate '{"decision":"14/QĐ-TA","note":"Tạm giữ sổ gốc"}'
issue new "$(handle_of old)"
answers old 0 superseded superseded
answers new 0 noted in-force-with-notes
is "the sentence says since when" "$(ask old 0 | jq -r .answer.say.vi | grep -c "đã có bản mới thay từ ngày $(shown 0)")" 1
is "the older one names the newer" "$(ask old 0 | jq -r '.register.history[] | select(.what == "superseded") | "\(.replacement) \(.version)"')" "$(ask new 0 | jq -r .permit.number) 2"
is "the newer one names the older" "$(ask new 0 | jq -r '.permit | "\(.number) \(.version) \(.amends.handle) \(.amends.day)"')" "$(ask old 0 | jq -r .permit.number) 2 $(handle_of old) $(in_days 0)"
is "the note came with it" "$(ask new 0 | jq -r '.register.history[] | "\(.what) \(.decision) \(.note)"')" "noted 14/QĐ-TA Tạm giữ sổ gốc"
refuses "noted when it is replaced" "the newest version does" act old annotate '{"decision":"15/QĐ","note":"x"}'
for row in "old only a permit in force" "wrong only a permit in force" "open only a permit in force"; do
	if submits "again-${row%% *}" "$(handle_of "${row%% *}")" >"$state/log/out"; then not_good "a newer version of ${row%% *} was taken"
	elif grep -qF "${row#* }" "$state/log/submit"; then good "no newer version of ${row%% *}: ${row#* }"
	else not_good "a newer version of ${row%% *}: $(tail -1 "$state/log/submit")"; fi
done

# What the ward makes public of all this: decisions in the order of the log, and fields
# of what stands alone.
public_of() { curl -fsS "$api/v1/publications?agency=H99.31.07" | jq -r "[.items[] | select(.number == \"$(ask "$1" 0 | jq -r .permit.number)\") | $2] | join(\", \")"; }
is "made public: suspended, withdrawn, restored" "$(public_of open '"\(.what) \(.decision // "-")"')" "restored 5/QĐ, withdrawn 4/QĐ, suspended 3/QĐ, issued -"
is "what is suspended shows its fields" "$(public_of open 'select(.what == "issued") | "\(.state) \(.lines | type)"')" "suspended array"
is "what is void does not" "$(public_of wrong 'select(.what == "issued") | "\(.state) \(.lines | type)"')" "void null"
is "a replaced version neither, the newer one does" "$(public_of new 'select(.what == "issued") | "\(.version) \(.state) \(.lines | type)"')" "2 issued array, 1 superseded null"
curl -fsS --fail-early "$api/v1/publications?agency=H99.31.07" "$api/cong-khai/H99.31.07" "$api/cong-khai/H99.31.07/atom" >"$state/log/public" || not_good "reading what is made public"
is "no note is made public" "$(grep -c 'QĐ-TA\|Tạm giữ\|Kê biên' "$state/log/public")" 0

# Given back before it was numbered.
handle=$(submits back)
echo "$handle" >"$state/permits/back.handle"
hash=$("$antin" permit list --state draft --json --api "$api" --api-key-file "$state/desk/program.key" | jq -r ".items[] | select(.handle == \"$handle\") | .hash")
order_by clerk CB-000012 permit.return "$handle:$hash" --reason "Thiếu bản vẽ" >/dev/null || not_good "returning a draft"
is "it is listed as returned" "$("$antin" permit list --state returned --json --api "$api" --api-key-file "$state/desk/program.key" | jq -r ".items[].handle")" "$handle"
if sign "$handle" >"$state/log/sign" 2>&1; then not_good "a returned draft was signed"; else good "a returned draft cannot be signed"; fi

# Files alone, by the list of today; and the list by somebody else.
places_settle() { for _ in $(seq 100); do [ "$(register_sql 'SELECT max(entry) FROM status_list')" -gt "$(register_sql 'SELECT max(entry) FROM permit_change')" ] && return; sleep 0.1; done; }
places_settle
for _ in $(seq 100); do python3 tests/flow/status_list.py "$api" >"$state/log/status_list" 2>&1 && break; sleep 0.2; done
grep -q '^ok' "$state/log/status_list" && good "$(cut -c4- "$state/log/status_list")" || not_good "$(cat "$state/log/status_list")"
collect_evidence
for row in "month yes 0" "open suspended 1" "gone yes 0" "noted noted 1" "wrong withdrawn 1" "old superseded 1" "new noted 1"; do
	set -- $row
	verify "$state/permits/$1.xml" --in-force --json >"$state/log/report.json" 2>&1
	code=$?
	is "$1, from files alone" "$(jq -r .in_force.answer "$state/log/report.json") $code" "$2 $3"
done

# What people see.
code=$(ask noted 0 | jq -r .permit.shortcode)
is "the page without scripts has the note" "$(curl -fsS -d "code=$code" "$api/answer" | grep -c 'Kê biên')" 1
is "the sheet has the note" "$(curl -fsS "$api/v1/permits/$(echo "$code" | tr -d ' -')/sheet" | grep -c 'Kê biên')" 1
code=$(ask new 0 | jq -r .permit.shortcode)
is "the page without scripts says which version" "$(curl -fsS -d "code=$code" "$api/answer" | grep -c 'Thay bản cấp ngày')" 1
is "the sheet says which version" "$(curl -fsS "$api/v1/permits/$(echo "$code" | tr -d ' -')/sheet" | grep -c "Bản thứ 2, thay bản cấp ngày $(shown 0)")" 1
code=$(ask old 0 | jq -r .permit.shortcode)
is "the page of the older one names the newer" "$(curl -fsS -d "code=$code" "$api/answer" | grep -c 'thay bằng số .*, bản thứ 2')" 1

# What may be destroyed: by today's policy none of these, ever; where construction were kept
# for three years, what has ended, from the day after they are full.
cp -r "$policy_folder" "$state/three"
sed -i 's|<keep/>|<keep years="3"/>|' "$state/three/kinds/construction.xml"
in_three() { TZ=Asia/Ho_Chi_Minh date -d "$(in_days 0) 3 years ${1:-0} days" +%Y-%m-%d; }
kept() { "$antin" permit kept --database "$database" --policy-folder "$@" --json; }
counted() { jq -r '[.counts[] | "\(.kind) \(.agency) \(.over) \(.kept) \(.stands) \(."for-ever")"] | join(", ")'; }
is "kept for ever" "$(kept "$policy_folder" --day 2099-01-01 | counted)" "construction H99.31.07 0 0 0 8"
is "kept for three years, on their last day" "$(kept "$state/three" --day "$(in_three)" --over | counted)" "construction H99.31.07 0 3 5 0"
kept "$state/three" --day "$(in_three 1)" --over >"$state/log/kept" || not_good "antin permit kept"
is "and the day after" "$(counted <"$state/log/kept")" "construction H99.31.07 3 0 5 0"
is "which they are" "$(jq -r '.over[].handle' "$state/log/kept" | sort)" "$(for name in wrong right old; do handle_of "$name"; done | sort)"
is "why, and since when" "$(jq -r '[.over[] | "\(.by) \(.ended) \(.until) \(.years)"] | unique | join(", ")' "$state/log/kept")" "superseded $(in_days 0) $(in_three) 3, void $(in_days 0) $(in_three) 3"
is "in columns, too" "$("$antin" permit kept --database "$database" --policy-folder "$state/three" --day "$(in_three 1)" --over | cut -f1 | grep -cE '^[0-9a-f]{32}$')" 3
is "of another kind or agency none" "$(kept "$state/three" --day "$(in_three 1)" --over --kind clinic | jq -c '[.over, .counts]')$(kept "$state/three" --day "$(in_three 1)" --agency H99.14 | jq -c .counts)" "[[],[]][]"
refuses "no such kind" "policy has no kind luck" kept "$policy_folder" --kind luck
refuses "no such agency" "policy has no agency" kept "$policy_folder" --agency H00
refuses "no such day" "--day" kept "$policy_folder" --day 2026-02-30
for name in right gone; do refuses "$name erased" "construction is kept for ever" order_by security CB-000002 permit.erase "$(handle_of "$name")" --reason "Hết hạn lưu" --with '{"decision":"16/QĐ"}'; done

sound
world_down
[ "$bad" -eq 0 ] || exit 1
say "A permit's life is what was ordered, on every day."

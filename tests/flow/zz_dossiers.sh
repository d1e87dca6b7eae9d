#!/usr/bin/env bash
# Dossiers from the one-stop shop's programs to the citizen's page, over the real
# daemons: batches, replays, corrections, rights; what anybody reads; and that no
# published octet holds more than it may.
# usage: zz_dossiers.sh BUILD     (on the state that whole_way.sh left)
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_goes_on "$1"
world_again
has() { if grep -qF -- "$2" "$state/log/answer"; then good "$1"; else not_good "$1: $(head -c 400 "$state/log/answer")"; fi; }
work=$state/log/dossiers
rm -rf "$work" && mkdir -p "$work"

for name in counter ward silent; do rm -f "$state/desk/$name.key"; done
register_program counter '"report","read"'
register_program ward '"report"' H99.31.07
register_program silent '"submit","read"'
run=$(date +%s | tail -c 5)	# a state may be used twice: other running numbers

# 200 events: 120 dossiers received, 40 paused, 20 done, 20 that cannot be.
python3 - "$work" "$run" <<'PY' || die "events"
import csv, json, sys
work, run = sys.argv[1:]
code = lambda i: 'H99.31.07-251026-%s%04d' % (run, i)
events = [{'dossier': code(i), 'step': 'received', 'day': '2025-10-26', 'due': '2025-11-%02d' % (2 + i % 9), 'kind': 'construction'} for i in range(120)]
events += [{'dossier': code(i), 'step': 'paused', 'day': '2025-10-28', 'reason': 'Ông Trần Văn Bí Mật chờ bổ sung'} for i in range(40)]
events += [{'dossier': code(i), 'step': 'done', 'day': '2025-10-30'} for i in range(60, 80)]
bad = [{'dossier': code(i), 'step': 'done', 'day': '2025-10-29'} for i in range(0, 5)]			# while paused
bad += [{'dossier': code(i), 'step': 'received', 'day': '2025-10-26', 'due': '2025-11-30'} for i in range(5, 10)]	# received before
bad += [{'dossier': 'H99.31.07-251026-99%02d' % i, 'step': 'paused', 'day': '2025-10-27'} for i in range(5)]	# never received
bad += [{'dossier': code(200), 'step': 'received', 'day': '2025-10-25', 'due': '2025-11-30'},
        {'dossier': code(201), 'step': 'received', 'day': '2025-10-26'}, {'dossier': code(60), 'step': 'paused', 'day': '2025-10-31'},
        {'dossier': code(61), 'step': 'resumed', 'day': '2025-10-31'}, {'dossier': 'H30.01-251026-0001', 'step': 'received', 'day': '2025-10-26', 'due': '2025-11-30'}]
with open(work + '/events.jsonl', 'w') as f:
    for e in events + bad:
        f.write(json.dumps(e, ensure_ascii=False) + '\n')
json.dump(events[:3], open(work + '/three.json', 'w'))
columns = ['dossier', 'step', 'day', 'due', 'kind', 'reason', 'corrects']
with open(work + '/events.csv', 'w', newline='', encoding='utf-8-sig') as f:
    w = csv.DictWriter(f, columns)
    w.writeheader()
    for i in range(300, 310):
        w.writerow({'dossier': code(i), 'step': 'received', 'day': '2025-10-26', 'due': '2025-11-05', 'kind': 'construction'})
        w.writerow({'dossier': code(i), 'step': 'paused', 'day': '2025-10-27', 'reason': 'Chờ "bản vẽ", tờ 2;\ntờ 3' if i == 300 else 'Chờ bản vẽ, tờ 2'})
PY
code() { printf 'H99.31.07-251026-%s%04d' "$run" "$1"; }

asks() { "$antin" dossier "$@" --api "$api"; }
report() { asks report "$@" --api-key-file "$state/desk/counter.key" >"$state/log/answer" 2>&1; }

# The command line.
"$antin" dossier report "$work/events.jsonl" --dry-run >"$state/log/answer" 2>&1; is "a dry run sees the form alone" $? 0
has "and sends nothing" "200 events have the form, 0 have not; nothing was sent"
began=$(date +%s%N)
report "$work/events.jsonl"; is "some of 200 are refused" $? 1
say "   200 events in $((($(date +%s%N) - began) / 1000000)) ms"
has "180 are recorded" "180 recorded (0 of them before), 20 refused"
has "each refusal has its line" "line 181  $(code 0)  step-order: Từ bước hiện tại, hồ sơ không chuyển được sang bước này. ("
has "never received" "not-received: Chưa có hồ sơ nào"
has "the day of the code" "day-of-code:"
has "no due day" "due-where:"
has "another city" "agency-unknown:"
report "$work/events.jsonl"; has "the same file again records nothing" "180 recorded (180 of them before), 20 refused"
report - <"$work/three.json"; has "an array from standard input, known already" "3 recorded (3 of them before), 0 refused"
report "$work/events.csv"; is "a table has a bad cell" $? 1
has "a line end in a reason is refused" "line 3  $(code 300)  reason-text:"
has "all other rows are recorded" "19 recorded (0 of them before), 1 refused"
report "$work/events.csv" --json; is "as JSON" $? 1
python3 -c 'import json,sys; j=json.load(open(sys.argv[1])); r=[x for x in j["results"] if not x["done"]]; assert j["done"] == 19 and len(r) == 1 and r[0]["line"] == 3 and r[0]["code"] == "reason-text" and r[0]["vi"] and r[0]["en"]' "$state/log/answer"; is "with lines and words" $? 0
while IFS='|' read -r what text; do
	printf "$text" >"$work/bad.csv"
	"$antin" dossier report "$work/bad.csv" --dry-run >"$state/log/answer" 2>&1; is "$what is refused" $? 1
done <<'ROWS'
an empty file|
a table of names alone|dossier,step,day\n
an open quote|dossier,step,day\n"H99,received,2026\n
a quote in the middle|dossier,step,day\nH9"9,received,2026\n
something behind a quote|dossier,step,day\n"H99"x,received,2026\n
too many cells|dossier,step\nH99,received,2025-10-26\n
an unknown column|dossier,step,day,holder\nH99.31.07-251026-0001,received,2025-10-26,Nguyễn\n
a lone word|hello\nworld\n
a NUL|dossier,step,day\nH99\\0,received,2026\n
ROWS
"$antin" dossier report >/dev/null 2>&1; is "without a file" $? 64
"$antin" dossier >/dev/null 2>&1; is "without a word" $? 64
"$antin" dossier --help | grep -q -- --dry-run; is "help" $? 0
asks report "$work/three.json" --api-key-file "$state/desk/silent.key" >"$state/log/answer" 2>&1; is "a program without the right" $? 1
has "is told so" "no right to report"

# HTTP: who, and one event each.
post() {	# WHO EVENT -> status; the body in log/answer
	local args=()
	[ "$1" = nobody ] || args+=(-H "Authorization: Bearer $(cat "$state/desk/$1.key")")
	curl -sS -o "$state/log/answer" -w '%{http_code}' "${args[@]}" -H "Idempotency-Key: ${3:-$RANDOM-$RANDOM}" --data-binary "$2" "$api/v1/dossiers/events"
}
is "nobody reports" "$(post nobody '[]')" 401
is "nor does a program without the right" "$(post silent '[]')" 403
is "an empty batch" "$(post counter '[]')" 400
is "no Idempotency-Key" "$(curl -sS -o "$state/log/answer" -w '%{http_code}' -H "Authorization: Bearer $(cat "$state/desk/counter.key")" -d '[]' "$api/v1/dossiers/events")" 400
is "a body too large" "$(head -c 1100000 /dev/zero | tr '\0' ' ' | curl -sS -o "$state/log/answer" -w '%{http_code}' -H "Authorization: Bearer $(cat "$state/desk/counter.key")" --data-binary @- "$api/v1/dossiers/events")" 413
is "another's agency" "$(post ward '[{"dossier":"H99.14-251026-0001","step":"received","day":"2025-10-26","due":"2025-11-01"}]')" 200
has "is refused by itself" '"code":"scope"'
is "two programs, one dossier" "$(post ward "[{\"dossier\":\"$(code 0)\",\"step\":\"resumed\",\"day\":\"2025-10-29\",\"due\":\"2025-11-06\"}]")" 200
has "the second carries on" '"done":true'
post counter "[{\"dossier\":\"$(code 1)\",\"step\":\"resumed\",\"day\":\"2025-10-29\"}]" one >/dev/null
entry=$(grep -o '"entry":[0-9]*' "$state/log/answer" | cut -d: -f2)
is "a correction" "$(post counter "[{\"dossier\":\"$(code 1)\",\"step\":\"resumed\",\"day\":\"2025-10-30\",\"due\":\"2025-11-20\",\"corrects\":$entry}]")" 200
has "is a new entry" '"done":true'
grep -q "\"entry\":$entry[,}]" "$state/log/answer" && not_good "the correction edits" || good "and edits nothing"
is "what is corrected already" "$(post counter "[{\"dossier\":\"$(code 1)\",\"step\":\"resumed\",\"day\":\"2025-10-31\",\"corrects\":$entry}]")" 200
has "cannot be corrected again" '"code":"corrects-other"'

# What anybody reads.
get() { curl -sS -D "$work/head" -o "$state/log/answer" -w '%{http_code}' "${@:2}" "$api/v1/dossiers/$1"; }
is "a dossier" "$(get "$(code 1)")" 200
has "its step" '"step":"resumed"'
has "the corrected day" '"since":"2025-10-30"'
has "the new due day" '"due":"2025-11-20"'
has "in Vietnamese" 'đang giải quyết tiếp'
grep -q 'Nguyễn\|Trần\|"holder"\|"shortcode"\|"handle"\|Bí Mật' "$state/log/answer" && not_good "it names somebody" || good "it names nobody"
etag=$(sed -n 's/^ETag: *\("[^"]*"\).*/\1/Ip' "$work/head" | tr -d '\r')
sleep 1.1
is "unchanged" "$(get "$(code 1)" -H "If-None-Match: $etag")" 304
post counter "[{\"dossier\":\"$(code 1)\",\"step\":\"done\",\"day\":\"2025-11-02\"}]" >/dev/null
is "changed" "$(get "$(code 1)" -H "If-None-Match: $etag")" 200
is "the old order of a code, whose permit was issued" "$(get 000.00.14.H99-261001-0007)" 200
has "a permit of it" '"state":"issued"'
grep -q '"shortcode"' "$state/log/answer" && not_good "anybody reads a permit's code" || good "without the permit's code"
is "a program that reads" "$(get 000.00.14.H99-261001-0007 -H "Authorization: Bearer $(cat "$state/desk/counter.key")")" 200
has "has the permit's code" '"shortcode":"'
is "a program that does not read" "$(get 000.00.14.H99-261001-0007 -H "Authorization: Bearer $(cat "$state/desk/ward.key")")" 403
short=$("$antin" permit list --state issued --api "$api" --api-key-file "$state/desk/program.key" | head -1 | awk '{print $5}')
is "a permit's code" "$(get "$short")" 400
has "is named" "a permit's short code, not a dossier's"
is "a code of no day" "$(get H99.31.07-261326-0042)" 400
asks show "$(code 1)" >"$state/log/answer" 2>&1; has "antin dossier show" "Bước:      đã có kết quả"
asks show "$(code 1)" --json >"$state/log/answer" 2>&1; has "as JSON" '"step":"done"'
asks show "$short" >"$state/log/answer" 2>&1; is "show of a permit's code" $? 1

# The page, before somebody guesses.
page_tools
node tests/page/dossier_test.mjs "$api" "$(code 0)" 000.00.14.H99-261001-0007 "$work/page.png" || not_good "the page"

is "a code that is not there" "$(get H99.31.07-251026-999999)" 404
has "with the answer for people" 'Không tìm thấy mã này'
for _ in 1 2 3 4 5; do last=$(get H99.31.07-251026-999999); done
is "guessing is braked" "$last" 429
has "with the answer for people" 'Nơi này đã gõ sai mã nhiều lần'

# The register, past the program that wrote it.
sound
python3 tests/flow/dossier_entries.py "$api" "$(register_file)" || not_good "the entries"
# What becomes of it in the on-time report, by two programs.
"$antin" report on-time --tiles "$state/public" --out "$work/report" >"$state/log/answer" 2>&1; is "antin report on-time" $? 0
RECORDED=no node tests/register/recompute.mjs "$state/public" "$state/public/log.vkey" - - "$work/report/on-time.csv" || not_good "the report, by Node"
grep '^agency,H99.31.07,' "$work/report/on-time.csv" >"$state/log/answer"; has "the ward is in it" ',H99.31.07,'
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# 10,000 submissions in one request over the real daemons: each line answered by itself,
# in bounded memory; sent again, cut off in the middle and with antin-signer killed on
# the way, nothing is recorded twice and nothing that was answered is lost.
# usage: batch.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin batch "$1"
below() { if [ "$2" -lt "$3" ]; then good "$1: $2, below $3"; else not_good "$1: $2, not below $3"; fi; }

world_begin
world_up
certificate_of CB-000001 >/dev/null
certificate_of CB-000002 >/dev/null
register_program
register_program ward '"submit"' H99.31.07 construction
register_program reader '"read"'
work=$state/log/batch
mkdir -p "$work"

# Lines that differ in their dossiers; five that cannot be, each in another way.
python3 - "$work" <<'PY' || die "lines"
import json, sys
work = sys.argv[1]
sample = next(p for p in json.load(open('tests/data/permits.json'))['permits'] if p['id'] == 'gpxd-01')
def line(i, **other):
    return json.dumps(dict(sample, ma_ho_so='H99.31.07-261026-%06d' % i, **other), ensure_ascii=False)
lines = [line(i) for i in range(10000)]
for n, wrong in ((10, line(10, loai='GIAY_PHEP_BAY')), (2000, '{"loai":'), (4000, line(1).replace('cong_trinh', 'con_trinh')), (6000, '{}'), (8000, '[]')):
    lines[n - 1] = wrong
open(work + '/many.jsonl', 'w').write('\n'.join(lines) + '\n')
open(work + '/few.jsonl', 'w').write('\n'.join(line(20000 + i) for i in range(600)) + '\n\n{}\n')
open(work + '/more.jsonl', 'w').write('\n'.join(line(30000 + i) for i in range(3000)) + '\n')
PY

pid_of() { for pid in $(pgrep -P "$up_pid"); do if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "$1 "; then echo "$pid"; return; fi; done; }
hwm() { awk '/^VmHWM:/ { print $2 }' "/proc/$(pid_of "$1")/status"; }
# batch FILE KEY [WHO] -> status; the answers in log/answer
batch() { curl -sS -T "$1" -X POST -o "$state/log/answer" -w '%{http_code}' -H "Authorization: Bearer $(cat "$state/desk/${3:-program}.key")" -H "Idempotency-Key: $2" -H 'Content-Type: application/jsonl' "$api/v1/permits/batch" 2>"$state/log/curl"; }
count() { grep -c -- "$1" "$state/log/answer"; }
drafts() { register_sql "SELECT count(*) FROM permit"; }

is "a few first" "$(batch "$work/few.jsonl" warm)" 200
is "all of them, and one that cannot be" "$(count '"status":201') $(count '"status":400')" "600 1"
is "counted by lines of the file" "$(tail -1 "$state/log/answer" | jq .line)" 602
api_before=$(hwm antin-api) signer_before=$(hwm antin-signer)
began=$(date +%s%N)
is "ten thousand" "$(batch "$work/many.jsonl" one)" 200
say "   in $((($(date +%s%N) - began) / 1000000)) ms"
is "a line each, in their order" "$(jq -s 'map(.line) == [range(1; 10001)]' "$state/log/answer")" true
is "five refused, by themselves" "$(jq -c 'select(.status != 201) | .line' "$state/log/answer" | tr '\n' ' ')" "10 2000 4000 6000 8000 "
is "in the clerk's words" "$(jq -r 'select(.line == 10) | .problems[0].code + " " + .say.vi' "$state/log/answer" | cut -c1-9)" "kind loai"
is "with handles, all different" "$(jq -r 'select(.handle) | .handle' "$state/log/answer" | sort -u | wc -l)" 9995
is "recorded" "$(drafts)" $((600 + 9995))
jq -r 'select(.handle) | "\(.line) \(.handle)"' "$state/log/answer" >"$work/handles"
below "antin-api grew by kilobytes" $(($(hwm antin-api) - api_before)) 32768
below "antin-signer grew by kilobytes" $(($(hwm antin-signer) - signer_before)) 32768

is "the same again" "$(batch "$work/many.jsonl" one)" 200
is "finds what is there" "$(count '"status":200') $(count '"status":201')" "9995 0"
jq -r 'select(.handle) | "\(.line) \(.handle)"' "$state/log/answer" | cmp -s - "$work/handles" && good "with the same handles" || not_good "other handles"
sort -R "$work/many.jsonl" | head -2000 >"$work/shuffled.jsonl"
is "in another order" "$(batch "$work/shuffled.jsonl" one)" 200
is "records nothing either" "$(count '"status":201')" 0
is "nothing twice" "$(drafts)" $((600 + 9995))

# A client that goes, and a signer that dies, on the way.
reached() { for _ in $(seq 600); do [ "$(drafts)" -ge "$1" ] && return; sleep 0.05; done; die "there were never $1 permits"; }
still() { local was=-1 now; for _ in $(seq 100); do now=$(drafts); [ "$now" -eq "$was" ] && return; was=$now; sleep 0.3; done; die "it never stood still"; }
curl -sS --limit-rate 1M -o /dev/null -T "$work/more.jsonl" -X POST -H "Authorization: Bearer $(cat "$state/desk/program.key")" -H 'Idempotency-Key: two' "$api/v1/permits/batch" 2>/dev/null &
client=$!
reached $((600 + 9995 + 200))
kill "$client"
wait "$client" 2>/dev/null
still
gone=$(($(drafts) - 600 - 9995))
if [ "$gone" -ge 200 ] && [ "$gone" -lt 3000 ]; then good "a client went after $gone lines"; else not_good "a client went after $gone lines"; fi
(reached $((600 + 9995 + gone + 200)); kill -KILL "$(pid_of antin-signer)") &
killer=$!
is "again, while antin-signer is killed" "$(batch "$work/more.jsonl" two)" 200
wait "$killer"
is "every line is answered" "$(wc -l <"$state/log/answer")" 3000
later=$(count '"status":503')
if [ "$later" -gt 0 ] && [ "$later" -lt $((3000 - gone)) ]; then good "of these $later not now"; else not_good "of these $later not now"; fi
say "   $(count '"status":201') recorded, $(count '"status":200') before, $later not now"
jq -r 'select(.handle) | "\(.line) \(.handle)"' "$state/log/answer" | sort >"$work/told"
for _ in $(seq 100); do
	[ "$(batch "$work/more.jsonl" two)" = 200 ] && [ "$(count '"status":503')" -eq 0 ] && break
	sleep 0.3
done
is "in the end all are there" "$(count '"handle"')" 3000
jq -r 'select(.handle) | "\(.line) \(.handle)"' "$state/log/answer" | sort >"$work/final"
is "what was told before still holds" "$(comm -23 "$work/told" "$work/final" | wc -l)" 0
is "once" "$(drafts)" $((600 + 9995 + 3000))

# For whom.
is "not for a program that reads" "$(batch "$work/few.jsonl" x reader)" 403
is "a program of one ward" "$(batch "$work/few.jsonl" x ward)" 200
is "has keys of its own" "$(count '"status":201')" 600
is "the command line" "$("$antin" permit submit "$work/few.jsonl" --key warm --api "$api" --api-key-file "$state/desk/program.key" >"$state/log/answer" 2>"$work/said"; echo $?)" 1
is "tells the handles" "$(wc -l <"$state/log/answer")" 600
is "and the sum" "$(tail -1 "$work/said")" "600 recorded (600 of them before), 1 refused, 0 not now"
is "and the line refused" "$(grep -c '^line 602  submission: ' "$work/said")" 1
"$antin" permit submit "$work/few.jsonl" --key warm --json --api "$api" --api-key-file "$state/desk/program.key" >"$state/log/answer" 2>&1
is "as JSON" "$(jq -c '[.done, .again, .refused, .later, (.results | length), .results[600].line]' "$state/log/answer")" "[600,600,1,0,601,602]"

# Answers that no answer has room for: 3,000 lines with a hundred problems each, 300 whose
# words are long besides, and one that is right.
python3 - "$work" <<'PY' || die "wrong lines"
import json, sys
sample = next(p for p in json.load(open('tests/data/permits.json'))['permits'] if p['id'] == 'gpxd-01')
wrong = lambda i, name: json.dumps(dict({name % n: 1 for n in range(100)}, loai=sample['loai'], ma_ho_so='H99.31.07-261026-%06d' % i))
lines = [wrong(40000 + i, 'sai_%02d') for i in range(3000)] + [wrong(50000 + i, 'sai_%02d_' + 'x' * 300) for i in range(300)]
lines.append(json.dumps(dict(sample, ma_ho_so='H99.31.07-261026-060000'), ensure_ascii=False))
open(sys.argv[1] + '/wrong.jsonl', 'w').write('\n'.join(lines) + '\n')
PY
expected() { jq -s -c '[length, map(.line) == [range(1; 3302)], ([.[:3300][] | select(.status == 400 and (.problems | length) == 100)] | length), .[3300].status]' "$1"; }
is "in one request most are told to ask again" "$(batch "$work/wrong.jsonl" wrong) $([ "$(count '"code":"ask-again"')" -gt 300 ] && echo most)" "200 most"
"$antin" permit submit "$work/wrong.jsonl" --key wrong --json --api "$api" --api-key-file "$state/desk/program.key" >"$state/log/answer" 2>&1
is "the command line" "$? $(jq -c '[.done, .refused, .later]' "$state/log/answer")" "1 [1,3300,0]"
jq -c '.results[]' "$state/log/answer" >"$work/wrong.answers"
is "has an answer to each" "$(expected "$work/wrong.answers")" "[3301,true,3300,201]"
mkdir -p "$work/box/in"
cp "$work/wrong.jsonl" "$work/box/in/"
is "the watched folder" "$("$antin" watch "$work/box" --once --quiet 0 --api "$api" --api-key-file "$state/desk/program.key" >"$state/log/watch" 2>&1; echo $?)" 0
is "too" "$(expected "$work/box/out/wrong.jsonl")" "[3301,true,3300,201]"
say "   in an answer of $(stat -c %s "$work/box/out/wrong.jsonl") octets"
is "its answer is at rest" "$(ls -A "$work/box/taken" "$work/box/in" | grep -c json) $(ls "$work/box/done" | wc -l) $(stat -c %a "$work/box/out/wrong.jsonl")" "0 1 640"

# The example of api/README.md.
example api/README.md batch >"$work/example.sh"
(cd "$work" && sh example.sh "$api" "$state/desk/program.key" few.jsonl >example.out 2>example.err)
is "the example in shell" "$(wc -l <"$work/example.out") $(grep -c '^602 ' "$work/example.err")" "600 1"
is "counts the file's lines" "$(cut -d' ' -f1 "$work/example.out" | paste -sd, | cmp - <(seq -s, 600) && echo all)" all
is "for one without the right it fails" "$( (cd "$work" && sh example.sh "$api" "$state/desk/reader.key" few.jsonl) >/dev/null 2>&1; echo $?)" 1

# An officer signs 500 of them under one ticket and one PIN, a clerk seals them.
enrol_person officer CB-000011 "Người Ký (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_person clerk CB-000012 "Văn Thư (thử nghiệm)" "Văn thư" H99 official
service_certificate || die "the service signer's certificate"
enrol_seals
appoint CB-000011 officer H99 "PHÓ CHỦ TỊCH" "KT."
appoint CB-000012 clerk H99 "Văn thư" ""
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 1
head -700 "$work/handles" | cut -d' ' -f2 >"$work/seven-hundred"
head -500 "$work/seven-hundred" >"$work/five-hundred"
began=$(date +%s%N)
sign --handles "$work/five-hundred" >"$state/log/answer" 2>"$work/said"
is "five hundred under one ticket" "$? $(count ' signed$')" "0 500"
say "   in $((($(date +%s%N) - began) / 1000000)) ms"
is "each line was shown" "$(grep -c '^  [0-9]*/500  construction | H99.31.07 | H99.31.07-261026-' "$work/said")" 500
is "and how far the token was" "$(grep 'signed by the token' "$work/said" | tail -1)" "  signed by the token: 500 of 500"
sign --handles "$work/seven-hundred" >"$state/log/answer" 2>"$work/said"
is "seven hundred, most of them signed already" "$? $(count ' signed$') $(count 'refused: .*not a draft any more (signed)')" "1 200 500"
is "told together" "$(grep -c '^200 signed, 500 refused$' "$work/said")" 1
sign "$(sed -n 701p "$work/handles" | cut -d' ' -f2)" "$(head -1 "$work/five-hundred")" "$(sed -n 702p "$work/handles" | cut -d' ' -f2)" >"$state/log/answer" 2>"$work/said"
is "one of three cannot be signed" "$? $(count ' signed$') $(count 'refused: ')" "1 2 1"
sign "$(head -1 "$work/five-hundred")" >"$state/log/answer" 2>"$work/said"
is "one that cannot" "$? $(grep -c 'not a draft any more' "$work/said")" "1 1"
sign --handles "$work/nowhere" >"$state/log/answer" 2>"$work/said"
is "a file that is not there" $? 1

# A token that fails on the way: what it signed before is handed in, the rest stays as it was.
sed -n '1001,1300p' "$work/handles" | cut -d' ' -f2 >"$work/three-hundred"
python3 -c 'import struct; open("'"$state/desk/tokens/mock.page"'", "wb").write(struct.pack("4i", 2, 0, 0, 120))'	# MOCK_SIGN_FAILS, 120 spared
sign --module "$build/tests/hsm_module_mock.so" --handles "$work/three-hundred" >"$state/log/answer" 2>"$work/said"
is "a token that fails" "$? $(grep -c 'after 120 signatures' "$work/said")" "75 1"
is "what it signed before is signed" "$(count ' signed$')" 120
is "and nothing else" "$(register_sql "SELECT count(*) FROM permit WHERE state = 'signed'")" $((702 + 120))
sign --handles "$work/three-hundred" >"$state/log/answer" 2>"$work/said"
is "the rest, with a token that works" "$(count ' signed$')" 180

# shellcheck disable=SC2046
seal $(head -200 "$work/five-hundred") >"$state/log/answer" 2>"$work/said"
is "two hundred are sealed by one order" "$? $(register_sql "SELECT count(*) FROM permit WHERE state = 'issued'")" "0 200"

sound
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# The watched folder over the real daemons: what is taken and what is left alone, in which
# forms, what is refused; the service away; and killed again and again, nothing is lost and
# nothing submitted twice.
# usage: watch.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin watch "$1"
trap 'world_down; kill -KILL ${watcher:-} 2>/dev/null' EXIT

world_begin
world_up
certificate_of CB-000002 >/dev/null
register_program
register_program reader '"read"'
box=$state/box
mkdir -p "$box/in" "$box/out" "$state/made"
watch() { "$antin" watch "$box" --api "$api" --api-key-file "$state/desk/${who:-program}.key" "$@" >"$state/log/watch" 2>&1; }
drafts() { register_sql "SELECT count(*) FROM permit"; }
status() { jq -c .status "$box/out/$1" | tr '\n' ' ' | sed 's/ $//'; }

# Submissions that differ in their dossiers.
python3 - "$state/made" <<'PY' || die "submissions"
import json, sys
made = sys.argv[1]
sample = next(p for p in json.load(open('tests/data/permits.json'))['permits'] if p['id'] == 'gpxd-01')
text = lambda i, **o: json.dumps(dict(sample, ma_ho_so='H99.31.07-261026-%06d' % i, **o), ensure_ascii=False, indent=1 if i % 2 else None)
put = lambda name, octets: open(made + '/' + name, 'wb').write(octets)
for i, (name, encoding, mark) in enumerate([('plain', 'utf-8', b''), ('marked', 'utf-8', b'\xef\xbb\xbf'), ('little', 'utf-16-le', b'\xff\xfe'), ('big', 'utf-16-be', b'\xfe\xff')]):
    put(name + '.json', mark + text(i).encode(encoding))
line = lambda i, **o: json.dumps(dict(sample, ma_ho_so='H99.31.07-261026-%06d' % i, **o), ensure_ascii=False)
put('lines.jsonl', '\r\n'.join([line(10), line(11, loai='GIAY_PHEP_BAY'), line(12)]).encode('utf-16'))
put('kind.json', text(20, loai='GIAY_PHEP_BAY').encode())
put('tcvn3.json', b'{"loai":"Gi\xcay ph\xd0p"}')
put('half.json', b'\xff\xfe{\0"\0\x42\xd8"\0}\0')
put('odd.json', b'\xff\xfe{\0}')
put('cut.json', text(21).encode()[:-5])
put('two.json', (line(22) + '\n' + line(23)).encode())
put('twice.json', b'{"a":1,"a":2}')
put('empty.json', b'')
put('blank.jsonl', b' \r\n\n')
put('large.json', b' ' * (17 << 20))
for i in range(3):
    put('beside%d.json' % i, text(900 + i).encode())
put('many.jsonl', '\n'.join(['{}'] * 10001).encode())
for i in range(150):
    put('k%03d.json' % i, text(1000 + i).encode('utf-16' if i % 3 == 0 else 'utf-8'))
PY
lay() { for name in "$@"; do cp "$state/made/$name" "$box/in/.$name" && mv "$box/in/.$name" "$box/in/$name"; done; }
rm -f "$box"/in/*

# Forms.
lay plain.json marked.json little.json big.json lines.jsonl
is "a pass" "$(watch --once --quiet 0; echo $?)" 0
is "all are recorded, but the line that cannot be" "$(drafts)" 6
is "UTF-8" "$(status plain.json)" 201
is "a mark comes back" "$(head -c 3 "$box/out/marked.json" | xxd -p)" efbbbf
is "UTF-16, little-endian" "$(iconv -f utf-16 -t utf-8 "$box/out/little.json" | jq -c '[.status, .holder]')" '[201,"'"$(jq -r .holder "$box/out/plain.json")"'"]'
is "with its mark" "$(head -c 2 "$box/out/little.json" | xxd -p)" fffe
is "UTF-16, big-endian" "$(iconv -f utf-16 -t utf-8 "$box/out/big.json" | jq -c .status) $(head -c 2 "$box/out/big.json" | xxd -p)" "201 feff"
is "lines" "$(iconv -f utf-16 -t utf-8 "$box/out/lines.jsonl" | jq -c '[.line, .status]' | tr '\n' ' ')" "[1,201] [2,400] [3,201] "
is "questions are put away" "$(ls "$box/done" | wc -l) $(ls "$box/in" "$box/taken" | grep -c json)" "5 0"

# The same again: nothing is recorded; an answer that was not taken is not written over.
first=$(jq -r .handle "$box/out/plain.json")
lay plain.json
watch --once --quiet 0
is "an answer that was not taken" "$(ls "$box/in")" plain.json
rm "$box/out/plain.json"
watch --once --quiet 0
is "the same file again" "$(jq -r '"\(.status) \(.handle)"' "$box/out/plain.json") $(drafts)" "200 $first 6"
rm "$box"/out/*

# What is refused: each with an answer, none stops the next.
refused='kind.json tcvn3.json half.json odd.json cut.json two.json twice.json empty.json blank.jsonl large.json many.jsonl'
# shellcheck disable=SC2086
lay $refused
is "a pass over what is wrong" "$(watch --once --quiet 0; echo $?)" 0
is "nothing is recorded" "$(drafts) $(ls "$box/in" "$box/taken" | grep -c json)" "6 0"
for name in kind tcvn3 cut two twice empty; do is "$name" "$(status $name.json)" 400; done
is "blank" "$(status blank.jsonl)" 400
is "large" "$(status large.json)" 413
is "of too many lines" "$(jq -r '"\(.status) \(.code)"' "$box/out/many.jsonl")" "413 too-many-lines"
for name in half odd; do is "$name, in the form of the question" "$(iconv -f utf-16 -t utf-8 "$box/out/$name.json" | jq -c .status)" 400; done
is "another code page is named" "$(grep -c 'no other code page (TCVN3, VNI, 1258)' "$box/out/tcvn3.json")" 1
is "in the clerk's words" "$(jq -r '.problems[0].code' "$box/out/kind.json")" kind
rm "$box"/out/*

# What is left alone, beside what is answered.
beside() { is "$1: beside it, all is well" "$2 $(status "beside$3.json")" "0 201" && rm -f "$box/out/beside$3.json"; }
cp "$state/made/k000.json" "$box/in/.hidden.json"
cp "$state/made/k000.json" "$box/in/k000.json.part"
mkdir "$box/in/folder.json"
ln -s "$state/desk/program.key" "$box/in/link.json"
mkfifo "$box/in/pipe.json"
lay beside0.json
watch --once --quiet 0
beside "hidden, of another name, no plain file" $? 0
is "these are left alone" "$(ls -A "$box/in" | wc -l) $(ls "$box/out" | wc -l)" "5 0"
rm -r "$box"/in/.hidden.json "$box"/in/*
head -c 300 "$state/made/k000.json" >"$box/in/k000.json"
exec 9>>"$box/in/k000.json"
lay beside1.json
watch --once --quiet 0
beside "while somebody has it open" $? 1
is "it is left alone" "$(ls "$box/in") $(ls "$box/out" | wc -l)" "k000.json 0"
tail -c +301 "$state/made/k000.json" >&9
exec 9>&-
lay beside2.json
touch -d '-2 hours' "$box/in/beside2.json"
watch --once --quiet 3600
beside "while it is young" $? 2
is "it is left alone, too" "$(ls "$box/in") $(ls "$box/out" | wc -l)" "k000.json 0"
watch --once --quiet 0
is "then it is taken, whole" "$(iconv -f utf-16 -t utf-8 "$box/out/k000.json" | jq -c .status) $(drafts)" "201 10"
rm "$box"/out/*

# No right, no service: the question waits.
lay k001.json
is "a program without the right" "$(who=reader watch --once --quiet 0; echo $?)" 1
is "waits" "$(ls "$box/taken" "$box/out" | grep json)" k001.json
world_down
is "no service" "$(watch --once --quiet 0; echo $?)" 75
is "waits, too" "$(ls "$box/taken" "$box/out" | grep json)" k001.json
world_up
is "is answered when it is there" "$(watch --once --quiet 0; echo $?) $(status k001.json) $(drafts)" "0 201 11"
cp "$box"/done/*-k001.json "$box/taken/k001.json"
watch --once --quiet 0
is "what was cut off between answer and putting away" "$(status k001.json) $(drafts)" "200 11"
rm "$box"/out/*

# What became no plain file after it was taken is not looked into.
ln -s "$state/desk/program.key" "$box/taken/link.json"
mkfifo "$box/taken/pipe.json"
watch --once --quiet 0
is "a link, a pipe" "$(status link.json) $(status pipe.json)" "400 400"
is "nothing of what it leads to" "$(grep -c "$(head -c 12 "$state/desk/program.key")" "$box/out/link.json" "$state/log/watch" | cut -d: -f2 | tr '\n' ' ')" "0 0 "
is "for people, too" "$(jq -r .say.vi "$box/out/link.json" | grep -c 'không dùng TCVN3')" 1
rm "$box"/out/* "$box"/done/*-link.json "$box"/done/*-pipe.json

# Killed again and again, while files come.
( for i in $(seq -f %03g 2 149); do lay "k$i.json"; sleep 0.02; done ) &
laying=$!
kills=0
while kill -0 "$laying" 2>/dev/null || [ "$kills" -lt 25 ]; do
	"$antin" watch "$box" --api "$api" --api-key-file "$state/desk/program.key" --quiet 0 >>"$state/log/killed" 2>&1 &
	watcher=$!
	sleep "0.$((RANDOM % 30 + 5))"
	kill -KILL "$watcher"
	wait "$watcher" 2>/dev/null
	kills=$((kills + 1))
done
wait "$laying"
watch --once --quiet 0
is "files after $kills kills" "$(ls "$box/out" | grep -c '^k')" 148
is "each one a permit, once" "$(drafts)" $((11 + 148))
for name in "$box"/out/k*; do case $(head -c 2 "$name" | xxd -p) in fffe) iconv -f utf-16 -t utf-8 "$name" ;; *) cat "$name" ;; esac; done >"$state/log/answers"
is "with handles, all different" "$(jq -r .handle "$state/log/answers" | sort -u | wc -l)" 148
is "nothing is left" "$(ls -A "$box/in" "$box/taken" | grep -c json)" 0
is "no piece of an answer" "$(ls -A "$box/out" | grep -cv '^k...\.json$')" 0
sound
exec 8<"$box"
flock 8
is "watched already" "$(watch --once; echo $?) $(grep -c "$box cannot be locked: is it watched already?" "$state/log/watch")" "1 1"
exec 8<&-
is "and then no more" "$(watch --once; echo $?)" 0
"$antin" watch >/dev/null 2>&1; is "without a folder" $? 64
"$antin" watch "$box" --api "$api" --quiet never >/dev/null 2>&1; is "a time that is none" $? 64
[ "$bad" -eq 0 ]

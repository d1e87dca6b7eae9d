#!/usr/bin/env bash
# The watched folder over the real daemons: what is taken and what is left alone, in which
# forms and code pages, what is refused; the service away; and killed again and again, nothing is lost and
# nothing submitted twice.
# usage: watch.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin watch "$1"
trap 'world_down; kill -KILL ${watcher:-} 2>/dev/null' EXIT

world_begin
world_up
world_staff
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
# The code pages as iconv knows them (of TCVN3 the small letters alone), and VNI as a western page shows it.
import subprocess, unicodedata
letters = 'àảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵđ'
seen = 'aø aû aõ aù aï aê aè aú aü aé aë aâ aà aå aã aá aä eø eû eõ eù eï eâ eà eå eã eá eä ì æ ó í ò oø oû oõ où oï oâ oà oå oã oá oä ô ôø ôû ôõ ôù ôï uø uû uõ uù uï ö öø öû öõ öù öï yø yû yõ yù î ñ'.split()
iconv = lambda to, c: subprocess.run(['iconv', '-f', 'UTF-8', '-t', to], input=c.encode(), capture_output=True, check=True).stdout
pages = {'tcvn3': {c: iconv('TCVN5712-1', c) for c in letters + 'ĂÂÊÔƠƯĐ'}, 'cp1258': {c: iconv('CP1258', c) for c in letters + letters.upper()},
    'vni': {d: w.encode('latin-1') for c, v in zip(letters, seen) for d, w in ((c, v), (c.upper(), v.upper()))}}
def paged(page, text):
    return b''.join(c.encode() if c < '\x80' else pages[page].get(c) or (b'\\u%04x' % ord(c)) for c in text)
text = lambda i, **o: json.dumps(dict(sample, ma_ho_so='H99.31.07-261026-%06d' % i, **o), ensure_ascii=False, indent=1 if i % 2 else None)
put = lambda name, octets: open(made + '/' + name, 'wb').write(octets)
for i, (name, encoding, mark) in enumerate([('plain', 'utf-8', b''), ('marked', 'utf-8', b'\xef\xbb\xbf'), ('little', 'utf-16-le', b'\xff\xfe'), ('big', 'utf-16-be', b'\xfe\xff')]):
    put(name + '.json', mark + text(i).encode(encoding))
line = lambda i, **o: json.dumps(dict(sample, ma_ho_so='H99.31.07-261026-%06d' % i, **o), ensure_ascii=False)
put('lines.jsonl', '\r\n'.join([line(10), line(11, loai='GIAY_PHEP_BAY'), line(12)]).encode('utf-16'))
put('kind.json', text(20, loai='GIAY_PHEP_BAY').encode())
put('page.json', b'{"loai":"Gi\xcay ph\xd0p"}')
put('half.json', b'\xff\xfe{\0"\0\x42\xd8"\0}\0')
put('odd.json', b'\xff\xfe{\0}')
put('cut.json', text(21).encode()[:-5])
put('two.json', (line(22) + '\n' + line(23)).encode())
put('twice.json', b'{"a":1,"a":2}')
put('empty.json', b'')
put('blank.jsonl', b' \r\n\n')
for i, page in enumerate(pages):
    put(page + '.json', paged(page, text(30 + i)))
put('again.json', text(29).encode())
put('caps.json', paged('vni', text(33, dia_danh='HÒA GIANG – Ặ')))
put('mixed.jsonl', b'\r\n'.join([paged('tcvn3', line(34, converted='VNI')), paged('tcvn3', line(35, loai='GIẤY_PHÉP_BAY')), b'{"loai"', paged('tcvn3', line(36))]))
put('kind-utf-8.jsonl', b'\n'.join([b'', line(35, loai='GIẤY_PHÉP_BAY').encode()]))
put('octet.json', b'{\n "loai": "Gi\xcay ph\xd0p \xff"}')
put('capital.json', b'{"loai":"\x80"}')
put('stray.json', b'{"loai":"t\xe2"}')
put('tone.json', b'{"loai":"t\xec"}')
put('utf8.json', text(37).encode())
put('utf16.json', text(37).encode('utf-16'))
put('broken.json', paged('vni', text(38))[:-5])
put('unknown.json', text(39, converted='VISCII').encode())
put('large.json', b' ' * (17 << 20))
for i in range(3):
    put('beside%d.json' % i, text(900 + i).encode())
put('many.jsonl', '\n'.join(['{}'] * 10001).encode())
for i in range(150):
    put('k%03d.json' % i, paged('tcvn3', text(1000 + i)) if i % 5 == 2 else text(1000 + i).encode('utf-16' if i % 3 == 0 else 'utf-8'))
PY
lay() { for name in "$@"; do cp "$state/made/$name" "$box/in/.$name" && mv "$box/in/.$name" "$box/in/$name"; done; }
lay_in() { local page=$1; shift; for name in "$@"; do cp "$state/made/$name" "$box/$page/in/.$name" && mv "$box/$page/in/.$name" "$box/$page/in/$name"; done; }
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
is "an answer that was not taken" "$(watch --once --quiet 0; echo $?) $(ls "$box/in")" "0 plain.json"
rm "$box/out/plain.json"
watch --once --quiet 0
is "the same file again" "$(jq -r '"\(.status) \(.handle)"' "$box/out/plain.json") $(drafts)" "200 $first 6"
rm "$box"/out/*

# What is refused: each with an answer, none stops the next.
refused='kind.json page.json half.json odd.json cut.json two.json twice.json empty.json blank.jsonl large.json many.jsonl'
# shellcheck disable=SC2086
lay $refused
is "a pass over what is wrong" "$(watch --once --quiet 0; echo $?)" 0
is "nothing is recorded" "$(drafts) $(ls "$box/in" "$box/taken" | grep -c json)" "6 0"
for name in kind page cut two twice empty; do is "$name" "$(status $name.json)" 400; done
is "blank" "$(status blank.jsonl)" 400
is "large" "$(status large.json)" 413
is "of too many lines" "$(jq -r '"\(.status) \(.code)"' "$box/out/many.jsonl")" "413 too-many-lines"
for name in half odd; do is "$name, in the form of the question" "$(iconv -f utf-16 -t utf-8 "$box/out/$name.json" | jq -c .status)" 400; done
is "other code pages' folders are named" "$(grep -c 'folders of their own (tcvn3, vni, cp1258)' "$box/out/page.json")" 1
is "in the clerk's words" "$(jq -r '.problems[0].code' "$box/out/kind.json")" kind
rm "$box"/out/*

# What is left alone, beside what is answered.
beside() { is "$1: beside it, all is well" "$2 $(status "beside$3.json")" "0 201" && rm -f "$box/out/beside$3.json"; }
cp "$state/made/k000.json" "$box/in/.hidden.json"
cp "$state/made/k000.json" "$box/in/k000.json.part"
mkdir "$box/in/folder.json"
ln -s "$state/desk/program.key" "$box/in/link.json"
mkfifo "$box/in/pipe.json"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$box/in/socket.json"
lay beside0.json
watch --once --quiet 0
beside "hidden, of another name, no plain file" $? 0
is "these are left alone" "$(ls -A "$box/in" | wc -l) $(ls "$box/out" | wc -l)" "6 0"
rm -r "$box"/in/.hidden.json "$box"/in/*
# Another user's, which this one may not read.
as_user() { setpriv --reuid 61000 --regid 61000 --clear-groups "$@"; }
if [ "$(id -u)" -eq 0 ] && as_user test -x "$state"; then
	mkdir "$state/theirs" && cp "$state/desk/program.key" "$state/theirs/key" && chown -R 61000:61000 "$state/theirs"
	as_user "$antin" watch "$state/theirs" --api "$api" --api-key-file "$state/theirs/key" --once >/dev/null 2>&1
	install -m 600 "$state/made/k000.json" "$state/theirs/in/k000.json"
	is "what cannot be read is told" "$(as_user "$antin" watch "$state/theirs" --api "$api" --api-key-file "$state/theirs/key" --once --quiet 0 2>"$state/log/theirs"; echo $?) $(grep -c 'k000.json cannot be opened' "$state/log/theirs")" "75 1"
fi
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
is "for people, too" "$(jq -r .say.vi "$box/out/link.json" | grep -c 'có thư mục riêng')" 1
rm "$box"/out/* "$box"/done/*-link.json "$box"/done/*-pipe.json

# Killed again and again, while files come.
( for i in $(seq -f %03g 2 149); do if [ $((10#$i % 5)) -eq 2 ]; then lay_in tcvn3 "k$i.json"; else lay "k$i.json"; fi; sleep 0.02; done ) &
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
is "files after $kills kills" "$(ls "$box/out" | grep -c '^k') $(ls "$box/tcvn3/out" | grep -c '^k')" "118 30"
is "each one a permit, once" "$(drafts)" $((11 + 148))
for name in "$box"/out/k* "$box"/tcvn3/out/k*; do case $(head -c 2 "$name" | xxd -p) in fffe) iconv -f utf-16 -t utf-8 "$name" ;; *) cat "$name" ;; esac; done >"$state/log/answers"
is "with handles, all different" "$(jq -r .handle "$state/log/answers" | sort -u | wc -l)" 148
is "nothing is left" "$(ls -A "$box"/in "$box"/taken "$box"/tcvn3/in "$box"/tcvn3/taken | grep -c json)" 0
is "no piece of an answer" "$(ls -A "$box/out" "$box/tcvn3/out" | grep json | grep -cv '^k...\.json$')" 0

# Code pages: by the folder's name alone, and the same content comes out.
rm "$box"/out/* "$box"/tcvn3/out/*
before=$(drafts)
lay again.json
for page in tcvn3 cp1258 vni; do lay_in $page $page.json; done
is "code pages" "$(watch --once --quiet 0; echo $?)" 0
handle_in() { jq -r .handle "$box/$1/out/$2"; }	# handles are ASCII
is "each is recorded" "$(($(drafts) - before)) $(for page in tcvn3 cp1258 vni; do jq -r .status "$box/$page/out/$page.json"; done | tr '\n' ' ')" "4 201 201 201 "
is "1258 comes back" "$(iconv -f CP1258 -t UTF-8 "$box/cp1258/out/cp1258.json" | jq -r .holder)" "$(jq -r .holder "$box/out/again.json")"
is "TCVN3 comes back" "$(iconv -f TCVN5712-1 -t UTF-8 "$box/tcvn3/out/tcvn3.json" | jq -r .holder)" "$(jq -r .holder "$box/out/again.json")"
is "VNI comes back" "$(grep -c "$(printf 'Nguye\xe3n Hoa\xf8ng Ph\xf6\xf4\xf9c Ba\xfbo Quy\xf8nh Tra\xe2m Anh')" "$box/vni/out/vni.json")" 1
is "said to the program" "$(iconv -f CP1258 -t UTF-8 "$box/cp1258/out/cp1258.json" | jq -r .converted) $(jq -r .converted "$box/out/again.json")" "windows-1258 null"
plain=$(handle_in . again.json) tcvn3=$(handle_in tcvn3 tcvn3.json) cp1258=$(handle_in cp1258 cp1258.json) vni=$(handle_in vni vni.json)
sign "$plain" "$tcvn3" "$cp1258" "$vni" >"$state/log/signed" 2>"$state/log/ticket" || die "signing"
is "the officer is told" "$(sed -n 's/.* | chuyển từ bảng mã .* from //p' "$state/log/ticket" | sort | tr '\n' ' ')$(grep -c ' | ' "$state/log/ticket")" "TCVN3 VNI windows-1258 4"
content() { "$antin" permit get "$1" --api "$api" --api-key-file "$state/desk/program.key" | grep -o '<holders>.*</fields>' | sha256sum; }
content "$plain" >"$state/log/content" && grep -q . "$state/log/content" || die "a content"
is "the same content" "$(for handle in "$tcvn3" "$cp1258" "$vni"; do content "$handle"; done | sort -u)" "$(cat "$state/log/content")"
is "the list says it" "$("$antin" permit list --state signed --json --api "$api" --api-key-file "$state/desk/program.key" | jq -r '[.items[] | .converted // "-"] | sort | join(" ")')" "- TCVN3 VNI windows-1258"
is "and the story" "$("$antin" permit story "$tcvn3" --database "$database" --policy-folder "$policy_folder" | grep -c 'chuyển từ bảng mã TCVN3')" 1
lay_in tcvn3 mixed.jsonl
lay kind-utf-8.jsonl
is "lines" "$(watch --once --quiet 0; jq -c '[.line, .status]' "$box/tcvn3/out/mixed.jsonl" | tr '\n' ' ')" "[1,201] [2,400] [3,400] [4,201] "
is "who converted says from what" "$(iconv -f TCVN5712-1 -t UTF-8 "$box/tcvn3/out/mixed.jsonl" | jq -r '.converted // empty' | tr '\n' ' ')" "TCVN3 TCVN3 "
is "what the page cannot say is escaped" "$(grep -c '\\u1ea4Y_PH' "$box/tcvn3/out/mixed.jsonl") $(sed -n 2p "$box/tcvn3/out/mixed.jsonl" | iconv -f TCVN5712-1 -t UTF-8 | jq -cS .)" "1 $(jq -cS . "$box/out/kind-utf-8.jsonl")"
lay_in vni caps.json
is "what it cannot say is submitted as an escape" "$(watch --once --quiet 0; jq .status "$box/vni/out/caps.json")" 201

# What the page has not; UTF-8 and UTF-16 in its folder; and no page that is none.
before=$(drafts)
lay_in tcvn3 octet.json capital.json utf8.json utf16.json
lay_in cp1258 tone.json utf8.json utf16.json
lay_in vni stray.json broken.json
lay unknown.json tcvn3.json
is "a pass over what is wrong in code pages" "$(watch --once --quiet 0; echo $?) $(($(drafts) - before))" "0 0"
codes() { for name in "$@"; do jq -r '"\(.status):\(.code // "-")"' "$box/$name"; done | tr '\n' ' '; }
is "octets" "$(codes tcvn3/out/octet.json tcvn3/out/capital.json tcvn3/out/utf16.json cp1258/out/tone.json cp1258/out/utf16.json vni/out/stray.json)" \
	"$(printf '400:octet-unknown %.0s' 1 2 3 4 5 6)"
is "where" "$(jq -r .detail "$box/tcvn3/out/octet.json")" "line 2, column 21: TCVN3 has no octet 0xFF, or not there"
is "UTF-8 is none of them" "$(codes tcvn3/out/utf8.json cp1258/out/utf8.json)" "400:is-utf-8 400:is-utf-8 "
is "others" "$(codes vni/out/broken.json out/tcvn3.json) $(jq -r '.problems[0].code' "$box/out/unknown.json")" "400:- 400:-  converted"
is "in the clerk's words, in the page" "$(iconv -f TCVN5712-1 -t UTF-8 "$box/tcvn3/out/octet.json" | jq -r .say.vi)" "Dòng 2, cột 21: byte 0xFF không có trong bảng mã TCVN3, hoặc không đứng được ở chỗ đó."
sound
exec 8<"$box"
flock 8
is "watched already" "$(watch --once; echo $?) $(grep -c "$box cannot be locked: is it watched already?" "$state/log/watch")" "1 1"
exec 8<&-
is "and then no more" "$(watch --once; echo $?)" 0
"$antin" watch >/dev/null 2>&1; is "without a folder" $? 64
"$antin" watch "$box" --api "$api" --quiet never >/dev/null 2>&1; is "a time that is none" $? 64
[ "$bad" -eq 0 ]

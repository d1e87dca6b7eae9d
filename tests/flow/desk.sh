#!/usr/bin/env bash
# What a person's program believes: of a service that leaves out, cuts or adds (liar.py) it
# takes nothing for signed or recorded that it was not told of; of an officer who is slow no
# signature comes too late, and nobody is asked twice; handles are read or refused by line.
# usage: desk.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
. tests/authority.sh
flow_begin desk "$1"
trap 'world_down; kill ${liar:-} ${signing:-} 2>/dev/null' EXIT

real=$antin
clock_begin
world_begin
world_up
world_staff

said=$state/log/said answer=$state/log/answer
mapfile -t draft < <(for i in $(seq 30); do "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "desk-$i" --api "$api" --api-key-file "$state/desk/program.key" 2>/dev/null; done)
is "drafts" "$(printf '%s\n' "${draft[@]}" | sort -u | wc -l)" 30
taken=0
some() { handles=("${draft[@]:taken:$1}") && taken=$((taken + $1)); }	# the next of them
state_of() { register_sql "SELECT state FROM permit WHERE handle = $(octets "$1")"; }
states() { for handle in "${handles[@]}"; do state_of "$handle"; done | sort | uniq -c | awk '{ printf "%s%s %s", n++ ? ", " : "", $1, $2 }'; }
signed() { grep -c ' signed$' "$answer"; }
asked() { grep -o '(yes/no)' "$said" | wc -l; }
tells() { grep -c -- "$1" "$said"; }

page=$state/desk/tokens/mock.page
made() { od -An -tu4 -j8 -N4 "$page" | tr -d ' '; }	# signatures of the token so far
head -c 16 /dev/zero >"$page"
as_officer() {	# HANDLE... [OPTION...]: asks before signing
	desk permit sign "$@" --module "$build/tests/hsm_module_mock.so" --token officer --pin-file "$state/desk/officer.pin" --certificate "$state/desk/certificates/CB-000011.crt" \
		--service-certificate "$state/ceremony/service.crt" --api "${at:-$api}" --api-key-file "$state/desk/program.key" >"$answer" 2>"$said"
}

#
# Which permits.
#
some 2
printf '%s\n%s  construction  H99.31.07\n\n \t%s\r\n' "${handles[0]}" "${handles[0]^^}" "${handles[1]}" >"$state/log/handles"
is "a file of handles, two of them once more" "$(as_officer "${handles[1]}" --handles "$state/log/handles" --yes; echo $?) $(signed) $(tells '/2  ')" "0 2 2"
signs_not() {	# WHAT SENTENCE ARGUMENT...
	local what=$1 sentence=$2
	shift 2
	is "$what" "$(as_officer "$@" --yes; echo $?) $(tells "$sentence")" "1 1"
}
printf '%s\n\n17 %s\n' "${handles[0]}" "${handles[1]}" >"$state/log/handles"
signs_not "a line with another word first" 'log/handles: line 3: expected 32 hex digits, got 2' --handles "$state/log/handles"
printf '%s\n%s' "${handles[0]}" "${handles[1]/?/g}" >"$state/log/handles"
signs_not "a letter that is no digit" 'line 2: not a hex digit at position 1' --handles "$state/log/handles"
printf '%s\0\n' "${handles[0]}" >"$state/log/handles"
signs_not "a NUL behind it" 'line 1: expected 32 hex digits, got 33' --handles "$state/log/handles"
seq -f '%032.0f' 10001 >"$state/log/handles"
signs_not "too many" 'line 10001: more than 10000 permits' --handles "$state/log/handles"
signs_not "a word that is none" 'antin: hello: expected 32 hex digits, got 5' hello
: >"$state/log/handles"
signs_not "an empty file" 'antin permit sign HANDLE' --handles "$state/log/handles"

#
# An officer who is slow: four minutes and more go by before the answer.
#
mkfifo "$state/answers"
begin() { as_officer "$@" <"$state/answers" & signing=$!; exec 7>"$state/answers"; within test_asked || die "nothing was asked"; }
test_asked() { [ "$(asked)" -ge 1 ]; }
end() { echo "$1" >&7; wait "$signing"; code=$?; exec 7>&-; signing=; }

some 3
before=$(made)
begin "${handles[@]}"
clock 250
end yes
is "a slow officer's are signed in the end" "$code $(signed) $(states)" "0 3 3 signed"
is "who was told, shown both tickets, and asked once" "$(tells 'too old by now, nothing was signed') $(tells '^  1/3  ') $(asked)" "1 2 1"
is "each by one signature, none under the first ticket" $(($(made) - before)) 3

some 3
begin "${handles[@]}"
sign "${handles[1]}" >"$state/log/other" 2>&1 || die "signing beside it"
clock 500
end yes
is "one was signed elsewhere meanwhile" "$code $(signed) $(grep -c 'refused: .*not a draft any more' "$answer") $(states)" "1 2 1 3 signed"
is "what is left of it is not asked about" "$(tells '^  1/2  ') $(asked)" "1 1"

some 2
before=$(made)
begin "${handles[@]}"
end no
is "who says no signs nothing" "$code $(made) $(states)" "1 $before 2 draft"

# This machine alone is too fast: no ticket is ever young.
cp "$state/off" "$state/mine"
python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("q", 750))' "$state/mine"
printf '#!/bin/sh\nLD_PRELOAD=%s CLOCK_FILE=%s exec %s "$@"\n' "$state/clock.so" "$state/mine" "$real" >"$state/fast"
chmod 755 "$state/fast"
is "a clock that is wrong" "$(antin=$state/fast; as_officer "${handles[@]}" --yes; echo $?) $(tells "is this machine's clock right?") $(made) $(states)" "75 1 $before 2 draft"

#
# A service that does not say all.
#
python3 tests/flow/liar.py "$api" "$state/lie" >"$state/log/liar" 2>"$state/log/liar.err" &
liar=$!
tell_lie() { echo "$1" >"$state/lie"; }
tell_lie nothing-yet
within test -s "$state/log/liar" || die "the liar"
at=http://127.0.0.1:$(cat "$state/log/liar")
is "passed on as it is" "$(as_officer "${handles[@]}" --yes; echo $?) $(signed) $(states)" "0 2 2 signed"

some 2
before=$(made)
while IFS='|' read -r word sentence; do
	tell_lie "$word"
	is "prepared: $word" "$(as_officer "${handles[@]}" --yes; echo $?) $(tells "$sentence") $(made) $(states)" "1 1 $before 2 draft"
done <<-'TABLE'
	left-out|of 1 permits the service says nothing
	twice|not asked for, or twice
	stranger|not asked for, or twice
	order|the ticket does not name there
TABLE
while IFS='|' read -r word code told sentence; do
	some 2
	tell_lie "$word"
	is "finished: $word" "$(as_officer "${handles[@]}" --yes; echo $?) $(signed) $(tells "$sentence")" "$code $told 1"
done <<-'TABLE'
	unsaid|75|1|of 2 signatures that were handed in the service says nothing of 1; what became of them is not known
	nothing|75|0|of 2 signatures that were handed in the service says nothing of 2; what became of them is not known
	gone|75|0|2 signatures were handed in, what became of them is not known
	refused|1|0|2 signatures were handed in, nothing was recorded: not now, not you
TABLE

python3 - "$state/log" <<'PY' || die "lines"
import json, sys
sample = next(p for p in json.load(open('tests/data/permits.json'))['permits'] if p['id'] == 'gpxd-01')
open(sys.argv[1] + '/lines.jsonl', 'w').write('\n \t\r\n'.join(json.dumps(dict(sample, ma_ho_so='H99.31.07-261026-%06d' % i), ensure_ascii=False) for i in range(3)))
PY
box=$state/box
mkdir -p "$box/in"
submit_lines() { "$antin" permit submit "$state/log/lines.jsonl" "$@" --api "$at" --api-key-file "$state/desk/program.key" >"$answer" 2>"$said"; }
watch() { "$antin" watch "$box" --once --quiet 0 --api "$at" --api-key-file "$state/desk/program.key" >"$state/log/watch" 2>"$said"; }
cp "$state/log/lines.jsonl" "$box/in/"
while IFS='|' read -r word sentence; do
	tell_lie "$word"
	is "lines: $word" "$(submit_lines; echo $?) $(tells "$sentence")" "75 1"
	is "a folder: $word" "$(watch; echo $?) $(tells "$sentence") $(ls -A "$box/taken" "$box/out" | grep json)" "75 1 lines.jsonl"
done <<-'TABLE'
	empty|of 3 lines the service answered 0
	cut|of 3 lines the service answered 2
	half|of 3 lines the service answered 2
	more|the service answered more than was asked
	other|the service answered another line than 1
	page|the service's answer to line 1
TABLE
tell_lie nothing
is "when it says all again" "$(submit_lines; echo $?) $(tells '3 recorded (3 of them before), 0 refused, 0 not now') $(cut -d' ' -f1 "$answer" | tr '\n' ' ')" "0 1 1 3 5 "
is "the folder, too" "$(watch; echo $?) $(jq -c '[.line, .status]' "$box/out/lines.jsonl" | tr '\n' ' ')" "0 [1,200] [3,200] [5,200] "
example api/README.md batch >"$state/log/example.sh"
as_written() { (cd "$state/log" && sh example.sh "$at" "$state/desk/program.key" lines.jsonl) >"$answer" 2>"$said"; }
is "the example of api/README.md" "$(as_written; echo $?) $(cut -d' ' -f1 "$answer" | tr '\n' ' ')" "0 1 3 5 "
for word in empty cut half; do
	tell_lie "$word"
	is "the example: $word" "$(as_written; echo $?) $(wc -l <"$answer")" "1 0"
done
is "what is said of one permit is not said of lines" "$(submit_lines --amends "${draft[0]}"; echo $?) $(tells 'antin: --amends is for one submission')" "64 1"

#
# The officer's right ends while they think.
#
at=$api
some 2
begin "${handles[@]}"
order_by approver CB-000001 cert.revoke "$(cat "$state/desk/certificates/CB-000011.serial")" --reason "Nghỉ việc" --with '{"code":"cessationOfOperation"}' >/dev/null || die "revoking"
end yes
is "revoked meanwhile: nothing was recorded, and is known not to be" "$code $(tells '2 signatures were handed in, nothing was recorded: ') $(states)" "1 1 2 draft"
"$antin" log fsck --database "$database" --public "$state/public" >"$state/log/fsck" 2>&1
is "fsck" $? 0
sound
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# The event feed over the real daemons: what happened to permits and dossiers, each
# once and in order; for whom; who waits, who streams; a program narrowed while it
# waits; a cursor across a restart, a kill -9 and a restore.
# usage: events.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin events "$1"
trap 'world_down; kill ${streams:-} 2>/dev/null' EXIT

world_begin
world_up
world_staff
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 245
register_program city '"read"'
register_program ward '"read"' H99.31.07
register_program health '"read"' H99.17
register_program trade '"read"' H99 enterprise
register_program writer '"submit"'
register_program desk '"read","report"' H99.31.07

# ask WHO QUERY [curl options]: the status; the body in log/answer
ask() {
	local args=()
	[ "$1" = nobody ] || args+=(-H "Authorization: Bearer $(cat "$state/desk/$1.key" 2>/dev/null || echo unknown)")
	curl -sS -D "$state/log/head" -o "$state/log/answer" -w '%{http_code}' "${args[@]}" "${@:3}" "$api/v1/events$2"
}
what() { jq -r "[.items[] | .what] | join(\" \")" "$state/log/answer"; }
next() { jq -r .next "$state/log/answer"; }
submit_one() { "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit"; }

# Whom and what it refuses.
while IFS='|' read -r why status who query options; do
	# shellcheck disable=SC2086
	is "$why" "$(ask "$who" "$query" $options)" "$status"
done <<'ROWS'
nobody|401|nobody||
a key that is not known|403|stranger||
no right to read|403|writer||
a cursor that is no number|400|city|?after=x|
a negative cursor|400|city|?after=-1|
an empty cursor|400|city|?after=|
a cursor beyond numbers|400|city|?after=99999999999999999999|
a cursor beyond the log|409|city|?after=1000000|
to wait beyond a minute|400|city|?wait=61|
to wait for less than nothing|400|city|?wait=-1|
to wait for a word|400|city|?wait=long|
another method|405|city||-XPOST
a stream for nobody|401|nobody||-HAccept:text/event-stream
a stream without the right|403|writer||-HAccept:text/event-stream
a stream from no number|400|city||-HAccept:text/event-stream -HLast-Event-ID:x
a stream from beyond the log|409|city||-HAccept:text/event-stream -HLast-Event-ID:1000000
ROWS
ask city '?after=1000000' >/dev/null
is "by its code" "$(jq -r .code "$state/log/answer")" cursor-ahead
is "waiting is refused at once as well" "$(ask writer '?wait=60')" 403

# A life, in order.
is "before anything happened" "$(ask city '')" 200
is "nothing did" "$(what)" ""
is "no restore" "$(jq -r .restored "$state/log/answer")" null
before=$(next)
handle=$(submit_one first) || die "submitting"
sign "$handle" >"$state/log/sign" 2>&1 || die "signing"
seal "$handle" >"$state/log/seal" || die "sealing"
act() { order_by clerk CB-000012 "permit.$1" "$handle" --reason "Thử nghiệm" --with "$2" >/dev/null || not_good "$1"; }
until=$(TZ=Asia/Ho_Chi_Minh date -d '30 days' +%Y-%m-%d)
act suspend "{\"decision\":\"1/QĐ\",\"until\":\"$until\"}"
act resume '{"decision":"2/QĐ"}'
act withdraw '{"decision":"3/QĐ"}'
act restore '{"decision":"4/QĐ"}'
act annotate '{"decision":"5/QĐ","note":"Kê biên"}'
is "a permit's life" "$(ask ward "?after=$before")" 200
is "each step once, in order" "$(what)" "submitted signed numbered issued suspended resumed withdrawn restored noted"
is "entries grow" "$(jq -r '[.items[].entry] | . == (unique)' "$state/log/answer")" true
is "keyed by the dossier" "$(jq -r '[.items[].dossier] | unique | join(" ")' "$state/log/answer")" H99.31.07-261026-0042
is "its handle" "$(jq -r '[.items[].handle] | unique | join(" ")' "$state/log/answer")" "$handle"
is "a number from when there is one" "$(jq -r '[.items[] | .number != null] | map(tostring) | join(" ")' "$state/log/answer")" "false false true true true true true true true"
is "the suspension's last day" "$(jq -r '.items[4].until' "$state/log/answer")" "$until"
is "nobody's name" "$(grep -c 'Nguyễn\|Trần\|Kê biên\|holder' "$state/log/answer")" 0
last=$(next)
is "another ward's program" "$(ask health "?after=$before")" 200
is "sees nothing of it" "$(what)" ""
is "and goes on from the same place" "$(next)" "$last"
ask trade "?after=$before" >/dev/null
is "nor does one of another kind" "$(what)" ""
ask city "?after=$before" >/dev/null
etag=$(sed -n 's/^ETag: *\("[^"]*"\).*/\1/Ip' "$state/log/head")
is "unchanged" "$(ask city "?after=$before" -H "If-None-Match: $etag")" 304
ask city "?after=$(jq -r '.items[2].entry' "$state/log/answer")" >/dev/null

# Dossiers.
curl -sS -o /dev/null -H "Authorization: Bearer $(cat "$state/desk/desk.key")" -H 'Idempotency-Key: d' "$api/v1/dossiers/events" \
	-d '[{"dossier":"H99.31.07-251026-9001","step":"received","day":"2025-10-26","due":"2025-11-05","kind":"construction"},{"dossier":"H99.31.07-251026-9001","step":"paused","day":"2025-10-28","reason":"Ông Bí Mật"},{"dossier":"H99.31.07-251026-9002","step":"received","day":"2025-10-26","due":"2025-11-05"}]'
ask ward "?after=$last" >/dev/null
is "dossiers, too" "$(jq -r '[.items[].what] | sort | join(" ")' "$state/log/answer")" "paused received received"
is "each dossier's steps in order" "$(jq -r '[.items[] | select(.dossier == "H99.31.07-251026-9001") | .what] | join(" ")' "$state/log/answer")" "received paused"
is "with the due day" "$(jq -r '.items[0].until' "$state/log/answer")" 2025-11-05
is "without the reason" "$(grep -c 'Bí Mật' "$state/log/answer")" 0
ask trade "?after=$last" >/dev/null
is "one of no kind is for programs of every kind" "$(what)" ""
last=$(next)

# The examples of api/README.md.
mkdir -p "$state/example"
example api/README.md shell >"$state/example/events.sh"
example api/README.md python >"$state/example/events.py"
want=$(ask city "" >/dev/null; jq -r '.items[] | "\(.entry) \(.what) \(.dossier // "-") \(.number // "-")"' "$state/log/answer")
is "the example in shell hears all" "$( (cd "$state/example" && sh events.sh "$api" "$state/desk/city.key") | sha256sum)" "$(printf '%s\n' "$want" | sha256sum)"
submit_one example >/dev/null
is "and goes on from its place" "$( (cd "$state/example" && sh events.sh "$api" "$state/desk/city.key") | cut -d' ' -f2-)" "submitted H99.31.07-261026-0042 -"
is "for one without the right it fails" "$( (cd "$state/example" && sh events.sh "$api" "$state/desk/writer.key") >/dev/null 2>&1; echo $?)" 1
timeout 3 python3 "$state/example/events.py" "$api" "$state/desk/city.key" >"$state/log/example" 2>&1
is "the example in Python hears all" "$(head -n -1 "$state/log/example" | sha256sum)" "$(printf '%s\n' "$want" | sha256sum)"

ask city "" >/dev/null
last=$(next)

# Who waits.
from=$(date +%s%N)
ask city "?after=$last&wait=1" >/dev/null
took=$((($(date +%s%N) - from) / 1000000))
if [ "$took" -ge 990 ] && [ "$took" -lt 4000 ] && [ "$(what)" = "" ]; then good "waited in vain for a second ($took ms)"; else not_good "waited $took ms: $(what)"; fi
slowest=$(python3 tests/flow/events_wait.py "$api" "$state/desk/city.key" "$last" 50 \
	"$antin" permit submit tests/data/permits.json --id gpxd-01 --key waited --api "$api" --api-key-file "$state/desk/program.key") && good "50 wait, and all hear ($slowest ms after the answer to who submitted)" || not_good "50 who wait"
if [ "${slowest:-9999}" -le 2000 ]; then good "soon"; else not_good "after $slowest ms"; fi
ask city "?after=$last" >/dev/null
last=$(next)

# Narrowed while it waits.
{ ask ward "?after=$last&wait=30"; echo; } >"$state/log/narrowed" 2>&1 &
waiter=$!
sleep 1
from=$(date +%s)
register_program ward '"submit"' H99.31.07
wait "$waiter"
is "who loses the right while waiting is told so" "$(tail -1 "$state/log/narrowed")" 403
if [ $(($(date +%s) - from)) -lt 15 ]; then good "at once"; else not_good "late"; fi
register_program ward '"read"' H99.17
submit_one moved >/dev/null
ask ward "?after=$last" >/dev/null
is "who was moved to another agency sees nothing of the old one" "$(what)" ""

# A stream, its end, and four at most.
key=$(cat "$state/desk/city.key")
stream() { curl -sSN --max-time "$1" -H "Authorization: Bearer $key" -H 'Accept: text/event-stream' -H "Last-Event-ID: $2" "$api/v1/events"; }
stream 4 "$last" >"$state/log/stream" 2>/dev/null &
sleep 1
submit_one streamed >/dev/null
wait $!
is "a stream has what was and what comes" "$(grep -c '^event: submitted' "$state/log/stream")" 2
is "its ids are entries" "$(grep '^id: ' "$state/log/stream" | cut -d' ' -f2 | tr '\n' ' ')" "$(sed -n 's/^data: //p' "$state/log/stream" | jq -r 'select(.entry) | .entry' | tr '\n' ' ')"
first=$(sed -n 's/^id: //p' "$state/log/stream" | head -1)
stream 2 "$first" >"$state/log/stream2" 2>/dev/null
is "who comes again goes on" "$(grep -c '^event: submitted' "$state/log/stream2")" 1
streams=
for _ in 1 2 3 4; do stream 20 "$last" >"$state/log/stream4" 2>/dev/null & streams="$streams $!"; done
sleep 1
is "a fifth stream" "$(ask city '' -H 'Accept: text/event-stream')" 503
is "by its code" "$(jq -r .code "$state/log/answer")" streams
is "another program's first" "$(ask health '' -H 'Accept: text/event-stream' --max-time 1 2>/dev/null)" 200
sleep 16
is "a silent stream shows that it is alive" "$(grep -c '^: alive' "$state/log/stream4")" 1
# shellcheck disable=SC2086
kill $streams 2>/dev/null
streams=

# A signer that dies while somebody waits; a new start.
ask city "?after=$last" >/dev/null
last=$(next)
{ ask city "?after=$last&wait=40"; echo; } >"$state/log/killed" 2>&1 &
waiter=$!
sleep 1
for pid in $(pgrep -P "$up_pid"); do
	if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'antin-signer '; then kill -KILL "$pid"; fi
done
for _ in $(seq 100); do submit_one killed >/dev/null 2>&1 && break; sleep 0.2; done
wait "$waiter"
case "$(tail -1 "$state/log/killed")" in 200 | 503) good "who waits when the signer dies is answered";; *) not_good "$(cat "$state/log/killed")";; esac
ask city "?after=$last" >/dev/null
is "and the event is there" "$(what)" submitted
world_down
"$antin" backup --database "$database" --to "$state/backup" >"$state/log/backup" 2>&1 || die "the backup"
world_again
ask city "?after=$last" >/dev/null
is "a cursor holds across a new start" "$(what)" submitted
last=$(next)

# A restore: what was published since comes back, without its records.
submit_one lost >/dev/null || die "submitting"
sleep 2
ask city "?after=$last" >/dev/null
is "something that will be lost" "$(what)" submitted
last=$(next)
world_down
register_lost
# shellcheck disable=SC2046
"$antin" restore --from "$state/backup" $(register_at) --tiles "$state/public" >"$state/log/restore" 2>&1 || die "the restore: $(cat "$state/log/restore")"
world_again
ask city "?after=$last" >/dev/null
is "the feed says that the register was restored" "$(what)" register-restored
is "to everybody" "$(ask health "?after=$last" >/dev/null; what)" register-restored
is "every answer names it" "$(jq -r '.restored == .items[0].entry' "$state/log/answer")" true
sound
world_down
[ "$bad" -eq 0 ] || exit 1
say "What happened is heard by those whom it concerns, once and in order."

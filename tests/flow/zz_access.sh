#!/usr/bin/env bash
# Who may read what: routes by programs, over the real daemons; and every handle
# of the public log, which opens nothing.
# usage: zz_access.sh BUILD     (on the state that whole_way.sh left)
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_goes_on "$1"
world_again

second_officer
both='"submit","read"'
register_program submits '"submit"'
register_program elsewhere "$both" H99.27
register_program other-kind "$both" H99 practitioner
register_program ward "$both" H99.31.07 construction
end=$(($(date +%s) + 6))
register_program expired "$both" H99 '*' "$(date -u -d "@$end" +%Y-%m-%dT%H:%M:%SZ)"
printf 'nobody-knows-this-key' >"$state/desk/unknown.key"
issued=$(cat "$state/permits/gpxd-01.handle")
draft=$("$antin" permit submit tests/data/permits.json --id gpxd-01 --key "access-$$" --api "$api" --api-key-file "$state/desk/program.key" 2>/dev/null) || die "a draft"
absent=00112233445566778899aabbccddeeff
python3 - "$state" "$draft" "$absent" <<'PY' || die "bodies"
import base64, json, sys
state, draft, absent = sys.argv[1:]
certificate = base64.b64encode(open(state + '/desk/certificates/CB-000021.crt', 'rb').read()).decode()
permits = json.load(open('tests/data/permits.json'))['permits']
bodies = {'prepare': {'handles': [draft], 'certificate': certificate}, 'prepare-absent': {'handles': [absent], 'certificate': certificate},
          'submit': next(p for p in permits if p['id'] == 'gpxd-01')}
for name, body in bodies.items():
    json.dump(body, open(f'{state}/log/{name}.json', 'w'))
PY
while [ "$(date +%s)" -le "$end" ]; do sleep 0.2; done

ask() {	# WHO ROUTE -> status, of a batch that was taken its line's behind it; the body in log/answer
	local who=$1 route=$2 args=() handle=${3:-$issued} status
	[ "$who" = nobody ] || args+=(-H "Authorization: Bearer $(cat "$state/desk/$who.key")")
	case $route in
	list) args+=(-d '{"state":"issued"}' "$api/v1/list/permits") ;;
	permit) args+=("$api/v1/permits/$handle") ;;
	proof | sheet) args+=("$api/v1/permits/$handle/$route") ;;
	prepare*) args+=(-d "@$state/log/$route.json" "$api/v1/permits/prepare") ;;
	submit) args+=(-H "Idempotency-Key: access-$$-$who" -d "@$state/log/submit.json" "$api/v1/permits") ;;
	batch) args+=(-H "Idempotency-Key: access-$$" --data-binary "@$state/log/submit.json" "$api/v1/permits/batch") ;;
	requests | orders) args+=(-d "{\"what\":\"$route\"}" "$api/v1/list/ca") ;;
	esac
	status=$(curl -sS -D "$state/log/head" -o "$state/log/answer" -w '%{http_code}' "${args[@]}") || return
	[ "$route $status" != "batch 200" ] || status=200/$(jq -r .status "$state/log/answer")
	echo "$status"
}
routes='list permit proof sheet prepare submit batch requests orders'
while read -r who row; do
	for route in $routes; do
		want=${row%% *}
		row=${row#* }
		got=$(ask "$who" "$route")
		if [ "$got" = "$want" ]; then good "$who, $route: $got"; else not_good "$who, $route: $got, not $want: $(head -c 300 "$state/log/answer")"; fi
		if [ "$want" = 401 ] && ! grep -qi '^www-authenticate: bearer' "$state/log/head"; then not_good "$who, $route: 401 without WWW-Authenticate"; fi
		if [ "${got#*/}" = 403 ] && ! grep -q '"class":"policy"' "$state/log/answer"; then not_good "$who, $route: 403 of another class"; fi
	done
done <<'ROWS'
nobody 401 401 401 401 401 401 401 401 401
unknown 403 403 403 403 403 403 403 403 403
submits 403 403 403 403 403 201 200/201 403 403
elsewhere 200 404 404 404 404 403 200/403 200 403
other-kind 200 404 404 404 404 403 200/403 200 200
expired 403 403 403 403 403 403 403 403 403
ward 200 200 200 200 200 201 200/201 200 403
program 200 200 200 200 200 201 200/201 200 200
ROWS

# A permit of somebody else's is answered like one that is not there.
for who in elsewhere other-kind; do
	for route in permit proof sheet; do
		ask "$who" "$route" "$issued" >/dev/null && cp "$state/log/answer" "$state/log/there"
		ask "$who" "$route" "$absent" >/dev/null
		cmp -s "$state/log/there" "$state/log/answer" && good "$who, $route: as if it were not there" || not_good "$who, $route: $(cat "$state/log/there" "$state/log/answer")"
	done
	ask "$who" prepare >/dev/null && cp "$state/log/answer" "$state/log/there"
	ask "$who" prepare-absent >/dev/null
	cmp -s "$state/log/there" "$state/log/answer" && good "$who, prepare: as if it were not there" || not_good "$who, prepare: $(cat "$state/log/there" "$state/log/answer")"
	ask "$who" list >/dev/null
	grep -q "$issued" "$state/log/answer" && not_good "$who lists it" || good "$who does not list it"
done
ask ward list >/dev/null
grep -q "$issued" "$state/log/answer" && good "its own program lists it" || not_good "its own program does not list it"
grep -o '"agency":"[^"]*"' "$state/log/answer" | sort -u | grep -qv '"H99.31.07' && not_good "the ward's list has other agencies' permits" || good "and no other agency's"

# Every handle of the public log's entry bundles.
python3 tests/flow/handles.py "$api" "$state/desk/program.key" || not_good "a handle of the log opens something"

# A dossier's code tells step and day.
curl -sS "$api/v1/codes/H99.31.07-261026-0042" >"$state/log/answer"
grep -q '"id":"dossier-code' "$state/log/answer" && ! grep -q 'Nguyễn\|"permit"\|"holder"\|"register"' "$state/log/answer" && good "a dossier's code names nobody" || not_good "a dossier's code: $(cat "$state/log/answer")"

# A register at work is consistent at every moment, published part and all.
( for i in $(seq 60); do "$antin" permit submit tests/data/permits.json --id gpxd-01 --key "busy-$$-$i" --api "$api" --api-key-file "$state/desk/program.key" || exit; done ) >/dev/null 2>&1 &
busy=$!
looked=0
while kill -0 "$busy" 2>/dev/null && [ "$looked" -lt 40 ]; do
	"$antin" log fsck --database "$database" --public "$state/public" >"$state/log/fsck" 2>&1 || { not_good "fsck of a register at work: $(cat "$state/log/fsck")"; break; }
	looked=$((looked + 1))
done
kill "$busy" 2>/dev/null
wait "$busy" 2>/dev/null
if [ "$looked" -ge 3 ]; then good "a register at work is consistent, looked at $looked times"; else not_good "fsck looked $looked times only"; fi
[ "$bad" -eq 0 ]

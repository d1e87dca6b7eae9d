#!/usr/bin/env bash
# Which permits touch a parcel, and where permits lie, over the real daemons: whom it
# refuses; by the words of api/README.md; the places as PROJ and a reader of RFC 7946
# see them.
# usage: parcels.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin parcels "$1"

world_begin
world_up
world_staff
open_book H99.14 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 118
register_program city '"read"'
register_program ward '"read"' H99.31.07
register_program writer '"submit"'

# ask WHO PATH [curl options]: the status; the body in log/answer
ask() {
	local args=()
	[ "$1" = nobody ] || args+=(-H "Authorization: Bearer $(cat "$state/desk/$1.key" 2>/dev/null || echo unknown)")
	curl -sS -D "$state/log/head" -o "$state/log/answer" -w '%{http_code}' "${args[@]}" "${@:3}" "$api/v1/parcels$2"
}

while IFS='|' read -r why status who path options; do
	# shellcheck disable=SC2086
	is "$why" "$(ask "$who" "$path" $options)" "$status"
done <<'ROWS'
nobody|401|nobody|/26734/27/318|
a key that is not known|403|stranger|/26734/27/318|
no right to read|403|writer|/26734/27/318|
no parcel|404|city||
an empty one|404|city|/|
a commune alone|400|city|/26734|
a sheet alone|400|city|/26734/27|
more than a parcel|400|city|/26734/27/318/1|
letters|400|city|/26734/27/abc|
a pattern|400|city|/26734/27/%25|
no octets of UTF-8|400|city|/26734/27/%ff|
a cursor that is no number|400|city|/26734/27/318?after=x|
another method|405|city|/26734/27/318|-XPOST
places for nobody|401|nobody|.geojson|
places without the right|403|writer|.geojson|
places behind no number|400|city|.geojson?after=-1|
places beyond the log|409|city|.geojson?after=1000000|
a parcel that nothing touches|200|city|/26734/27/318|
ROWS
is "nothing touches it" "$(jq '.items | length' "$state/log/answer")" 0

jq '.permits[] | select(.id == "gpxd-02") | .cong_trinh.thua_dat = ["26734/027/00318"] | {permits: [.]}' tests/data/permits.json >"$state/placed.json"
handle=$("$antin" permit submit "$state/placed.json" --id gpxd-02 --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit") || { cat "$state/log/submit"; die "submitting"; }
sign "$handle" >"$state/log/sign" 2>&1 || { cat "$state/log/sign"; die "signing"; }
is "before it is issued" "$(ask city /26734/27/318)$(jq '.items | length' "$state/log/answer")" 2000
seal "$handle" >"$state/log/seal" || die "sealing"
is "once it is issued" "$(ask city /26734/27/318)" 200
is "it is told" "$(jq -r '[.items[] | .handle, .state] | join(" ")' "$state/log/answer")" "$handle issued"
is "another agency's program" "$(ask ward /26734/27/318)$(jq '.items | length' "$state/log/answer")" 2000
tag=$(tr -d '\r' <"$state/log/head" | sed -n 's/^[Ee][Tt]ag: //p')
is "as before" "$(ask ward /26734/27/318 -H "If-None-Match: $tag")" 304
order_by clerk CB-000012 permit.withdraw "$handle" --reason "Thử nghiệm" --with '{"decision":"3/QĐ"}' >/dev/null || not_good "withdrawing"
is "withdrawn" "$(ask city /26734/27/318)$(jq -r '.items[0].state' "$state/log/answer")" 200withdrawn

is "places" "$(ask city .geojson)" 200
is "its type" "$(tr -d '\r' <"$state/log/head" | sed -n 's/^[Cc]ontent-[Tt]ype: //p')" application/geo+json
cp "$state/log/answer" "$state/places.geojson"
if python3 tests/flow/geojson.py "$state/places.geojson" tests/data/permits.json gpxd-02 >"$state/log/geojson" 2>&1; then good "$(cat "$state/log/geojson")"; else not_good "$(cat "$state/log/geojson")"; fi

# The example, twice: what has changed, and nothing again.
example api/README.md parcels >"$state/places.sh"
run() { (cd "$state" && sh ./places.sh "$api" desk/city.key); }
is "the example" "$(run)" "$handle withdrawn"
is "and again" "$(run)" ""
sound
[ "$bad" -eq 0 ]

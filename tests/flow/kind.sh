#!/usr/bin/env bash
# policy/README.md, "To add a kind", word by word in a copy of the policy: a kind that
# no program was built for is submitted, refused with words, signed, sealed, verified.
# usage: kind.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin kind "$1"


cp -r policy "$state/policy"
policy_folder=$state/policy
example policy/README.md kind >"$policy_folder/kinds/well.xml"
example policy/README.md kind-submission >"$state/well.json"
before=$("$antin" policy check policy | sed 's/ kinds.*//')
after=$(cd "$state" && PATH="$source_dir/$(dirname "$antin"):$(dirname "$antin"):$PATH" sh -c "$(example policy/README.md kind-check)" | sed 's/ kinds.*//')
holds "the check counts one kind more: $before, $after" test "${after##* }" -eq $((${before##* } + 1))

world_begin
world_up
world_staff
open_book H99.31.07 GPKTN "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 52
hand_in() { "$antin" permit submit "$1" --api "$api" --api-key-file "$state/desk/program.key"; }

jq '.fields.do_sau_m = 300.55 | .fields.chu_gieng.so_dinh_danh = "0991850" | del(.fields.dia_diem)' "$state/well.json" >"$state/wrong.json"
hand_in "$state/wrong.json" >"$state/log/wrong" 2>&1 && not_good "three faults: taken"
for words in "chu_gieng.so_dinh_danh: Chủ giếng › Số định danh cá nhân" "dia_diem: Địa điểm: còn thiếu" "do_sau_m: Độ sâu (m): không được lớn hơn"; do
	holds "it says: $words" grep -qF "$words" "$state/log/wrong"
done

handle=$(hand_in "$state/well.json" 2>"$state/log/submit") || { cat "$state/log/submit"; die "submitting"; }
sign "$handle" >"$state/log/sign" 2>&1 || { cat "$state/log/sign"; die "signing"; }
seal "$handle" >"$state/log/seal" 2>&1 || { cat "$state/log/seal"; die "sealing"; }
"$antin" permit get "$handle" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/well.xml" || die "getting it"
holds "it has its book's number" grep -q "<number>52/GPKTN</number>" "$state/well.xml"
sleep 2
collect_evidence
holds "it is genuine and in force" verify "$state/well.xml" --in-force
sed 's|<do_sau_m>48.5|<do_sau_m>84.5|' "$state/well.xml" >"$state/altered.xml"
if verify "$state/altered.xml" >/dev/null 2>&1; then not_good "deeper than it was signed: passed"; else good "deeper than it was signed: refused"; fi
sound
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# Revocation and withdrawal over the demonstration's own register: permits that
# officers' tokens signed, judged by `antin verify` with nothing but files, before
# and after.  (Permits without time stamps, which the register never issues:
# tests/verifier/revoked_files_test.c.)
# usage: revocation.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin revocation "$1"

world_begin
world_up
service_certificate || die "the service signer's certificate"
for person in CB-000001 CB-000002; do certificate_of "$person" >/dev/null; done
for token in later lost stays; do make_token desk "$state/desk" "$token"; done
register_program
enrol_person clerk CB-000012 "Văn Thư (thử nghiệm)" "Văn thư" H99 official
enrol_person later CB-000021 "Người Ký Một (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_person lost CB-000022 "Người Ký Hai (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_person stays CB-000023 "Người Ký Ba (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
enrol_seals
appoint CB-000012 clerk H99 "Văn thư" ""
for person in CB-000021 CB-000022 CB-000023; do appoint "$person" officer H99 "PHÓ CHỦ TỊCH" "KT."; done
open_book H99.31.07 GPXD "$(TZ=Asia/Ho_Chi_Minh date +%Y)" 1

# issue NAME TOKEN PERSON: $state/permits/NAME.xml, its handle and its proof
issue() {
	local handle
	handle=$("$antin" permit submit tests/data/permits.json --id gpxd-01 --key "$1" --api "$api" --api-key-file "$state/desk/program.key" 2>"$state/log/submit") || die "submitting $1"
	sign_by "$2" "$3" "$handle" >"$state/log/sign" 2>&1 || die "signing $1"
	seal "$handle" >"$state/log/seal" || die "sealing $1"
	"$antin" permit get "$handle" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/permits/$1.xml" || die "getting $1"
	echo "$handle" >"$state/permits/$1.handle"
}
proof_of() {	# NAME: once the log is published
	for _ in $(seq 300); do
		"$antin" permit proof "$(cat "$state/permits/$1.handle")" --api "$api" --api-key-file "$state/desk/program.key" --out "$state/permits/$1.tlog-proof" 2>/dev/null && return
		sleep 0.2
	done
	die "the proof of $1"
}
revoke() {	# CERTIFICATE'S SERIAL [WITH]
	if [ $# -gt 1 ]; then set -- "$1" --with "$2"; fi
	order_by approver CB-000001 cert.revoke "$@" --reason "Thu hồi" >/dev/null || die "revoking"
}
serial_of() { cat "$state/desk/certificates/$1.serial"; }

# says NAME EXIT VERDICT/SUB IN-FORCE PROOF PERMIT [options]: PROOF is the officer's
says() {
	local name=$1 want=$2 verdict=$3 force=$4 proof=$5 permit=$6 code got
	shift 6
	verify "$state/permits/$permit.xml" --json "$@" >"$state/log/report.json" 2>"$state/log/report.err"
	code=$?
	got=$(jq -r '"\(.verdict)/\(.sub) \(.in_force.answer) \(.signatures[0].proof)"' "$state/log/report.json")
	is "$name" "exit $code, $got" "exit $want, $verdict $force $proof"
}
# The lists that orders changed are published within a second or two.
published() { sleep 3; collect_evidence; }

issue first later CB-000021
issue second lost CB-000022
issue third stays CB-000023
proof_of first
proof_of second
published
for permit in first second third; do says "$permit, nothing revoked" 0 TOTAL-PASSED/ yes time-stamp "$permit" --in-force; done

revoke "$(serial_of CB-000021)"
published
says "the officer's certificate is revoked afterwards: the stamp is older" 0 TOTAL-PASSED/ yes time-stamp first
says "and it is in force" 0 TOTAL-PASSED/ yes time-stamp first --in-force

# "The token was lost an hour ago": what it signed since then fails.
revoke "$(serial_of CB-000022)" "{\"code\":\"keyCompromise\",\"invalidity\":\"$(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%SZ)\"}"
published
says "signed after the key was lost" 1 TOTAL-FAILED/REVOKED unknown time-stamp second
says "nor is it in force" 1 TOTAL-FAILED/REVOKED unknown time-stamp second --in-force
cp "$state/permits/second.tlog-proof" "$state/evidence/"
says "the log's proof does not save it" 1 TOTAL-FAILED/REVOKED unknown time-stamp second
rm "$state/evidence/second.tlog-proof"
says "another officer's permit is as before" 0 TOTAL-PASSED/ yes time-stamp third --in-force
refuses "a revoked officer prepares no signature" 'is not active (revoked)' sign_by lost CB-000022 "$(cat "$state/permits/third.handle")"

order_by clerk CB-000012 permit.withdraw "$(cat "$state/permits/third.handle")" --reason "Thu hồi" --with '{"decision":"12/QĐ-TN"}' >/dev/null || die "withdrawing"
published
says "withdrawn: the signature passes" 0 TOTAL-PASSED/ withdrawn time-stamp third
says "withdrawn: it is not in force" 1 TOTAL-PASSED/ withdrawn time-stamp third --in-force
says "another permit is still in force" 0 TOTAL-PASSED/ yes time-stamp first --in-force

# The stamping key itself was stolen long ago: no stamp proves anything.  Then it
# is the register's log, or nothing, that shows the signature to be older than
# its certificate's revocation.
tsa=$(curl -sS -d '{"what":"certificates","state":"active"}' -H 'Content-Type: application/json' "$api/v1/list/ca" | jq -r '.items[] | select(.profile == "tsa") | .id')
revoke "$tsa" "{\"code\":\"keyCompromise\",\"invalidity\":\"$(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%SZ)\"}"
published
says "no stamp counts, no proof" 2 INDETERMINATE/REVOKED_NO_POE unknown none first
cp "$state/permits/first.tlog-proof" "$state/evidence/"
says "no stamp counts, the log's proof does" 0 TOTAL-PASSED/ yes log first
says "and it is in force" 0 TOTAL-PASSED/ yes log first --in-force
mv "$state/trust/log.vkey" "$state/log.vkey"
says "the same proof, the log's key not trusted" 2 INDETERMINATE/REVOKED_NO_POE unknown none first
mv "$state/log.vkey" "$state/trust/log.vkey"
cp "$state/permits/second.tlog-proof" "$state/evidence/first.tlog-proof"
says "the log's proof of another permit" 2 INDETERMINATE/REVOKED_NO_POE unknown none first
cp "$state/permits/first.tlog-proof" "$state/evidence/first.tlog-proof"
sed -i 's/Nguyễn Hoàng/Nguyễn Hoàn/' "$state/permits/first.xml"
says "one letter changed: no proof helps" 1 TOTAL-FAILED/HASH_FAILURE unknown none first

world_down
sound
[ "$bad" -eq 0 ]

#!/usr/bin/env bash
# While the authority works its token is pulled out, then its disk fills up, then
# its database is yesterday's: every order is tried meanwhile.  What was refused
# was not done; what was acknowledged is told by CRL and OCSP as soon as it can be;
# no serial number and no CRL number is given twice, and what was revoked after
# the backup is never good again (tests/authority.sh).  usage: authority.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
. tests/authority.sh
disk_alone "$@"
umount "$1/authority/small" 2>/dev/null
flow_begin authority "$1"
world_clean() { world_down; kill ${watch:-} 2>/dev/null; umount "$state/small" 2>/dev/null; }
trap world_clean EXIT

world_begin
world_up
authority_begin
work
expect "all is well: kinds of work that are done" "$done" $((kinds - 2))
authority_is "all is well"

#
# The token is pulled out: nothing is signed, and what only takes away is recorded.
#
token_away issuing
work
expect "the token is away: kinds of work that are done" "$done" 2	# resumed, revoked
token_back
settle
authority_is "the token is back"
work
expect "the token is back: kinds of work that are done" "$done" $((kinds - 2))
authority_is "work with it"
expect "nothing is left reserved" "$(register_sql "SELECT count(*) FROM certificate WHERE state = 'reserved'")" 0

#
# Yesterday's database: backed up, then all is done once more and the machine dies.
#
"$antin" backup --database "$database" --to "$state/backup" >"$state/log/backup" 2>&1 || die "the backup: $(cat "$state/log/backup")"
work
expect "after the backup: kinds of work that are done" "$done" "$kinds"
authority_is "after the backup"
world_down
register_lost
# shellcheck disable=SC2046
"$antin" restore --from "$state/backup" $(register_at) --tiles "$state/public" >"$state/log/restore" 2>&1 || die "the restore: $(cat "$state/log/restore")"
world_again
authority_is "restored" lies
# The register knows those of yesterday evening by their entries alone.
hash=$(curl -sS -d '{"what":"lost"}' -H 'Content-Type: application/json' "$api/v1/list/ca" | jq -r ".items[] | select(.id == \"$was_good\") | .hash")
order_by approver CB-000001 cert.revoke "$was_good:$hash" --reason "Thử nghiệm" >/dev/null 2>"$state/log/refused" && truth[$was_good]=revoked || not_good "a lost certificate is revoked: $(cat "$state/log/refused")"
was_good='' was_held=''
work
expect "restored: kinds of work that are done" "$done" $((kinds - 2))
authority_is "work after it" lies
world_down

#
# The disk is full, of CRLs and of OCSP packs as of records.
#
if disk_begin; then
	world_again
	disk_rooms : 0 16 64 200 600 1000
	work
	expect "room again: kinds of work that are done" "$done" $((kinds - 2))
	authority_is "work on the roomy disk" lies
	world_down
fi
authority_judge
sound
[ "$bad" -eq 0 ]

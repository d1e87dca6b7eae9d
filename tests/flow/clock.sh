#!/usr/bin/env bash
# The clock is set while an authority runs: back an hour and a year, forward an
# hour and a year, and right again each time (tests/crash/clock.c).  At every
# stop people give every order, or are refused; then CRL and OCSP must say of
# every certificate what was acknowledged (tests/authority.sh).  After a year's
# leap the responder's certificate has expired: OCSP then knows less, and lies no
# more than before.  usage: clock.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
. tests/authority.sh
flow_begin clock "$1"
trap 'world_down; kill ${watch:-} 2>/dev/null' EXIT

clock_begin
hour=3600 year=31536000

# The ceremony was a month ago, and the administrators had their certificates.
clock $((-30 * 24 * hour))
world_begin
world_up
clock 0
authority_begin

stop() {	# NAME OFF KINDS [lies]: so many kinds of work are done there
	clock "$2"
	work
	expect "$1: kinds of work that are done" "$done" "$3"
	settle
	authority_is "$1" "${4:-}"
}
stop "the right time" 0 $((kinds - 2))
stop "an hour back" $((-hour)) "$kinds"
stop "right again" 0 "$kinds"
stop "a year back" $((-year)) 0 lies
stop "right after that" 0 "$kinds"
stop "an hour forward" "$hour" "$kinds"
stop "right after that, too" 0 "$kinds"
stop "a year forward" "$year" "$kinds" lies
# The log goes on from there: an order of two people has expired before it waits.
stop "right after a year" 0 $((kinds - 1)) lies
authority_judge
world_down
sound
[ "$bad" -eq 0 ]

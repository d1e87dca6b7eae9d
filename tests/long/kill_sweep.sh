#!/usr/bin/env bash
# kill -9 at every place of issuance and sealing (tests/crash/sweep.py), and at
# every rename as often as it is made.
# usage: kill_sweep.sh BUILD     (with fault points: preset "check")
cd "$(dirname "$0")/../.." && exec python3 tests/crash/sweep.py "$1" --full

#!/usr/bin/env bash
# kill -9 of the daemons at the verbs of the register and the calls of the tokens,
# in a whole running authority: the short choice of tests/crash/sweep.py.
# usage: kill_sweep.sh BUILD     (with fault points: preset "check")
cd "$(dirname "$0")/../.." && exec python3 tests/crash/sweep.py "$1"

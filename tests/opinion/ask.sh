#!/usr/bin/env bash
# Asks others (opinion.mjs) about what authorities left, each in a folder of
# FOLDER; then shows them some of it altered, which they must refuse.  pkijs comes
# by npm, as package-lock.json pins it; where npm reaches no registry it is not
# asked, and a run that is otherwise good ends with 77.
# usage: ask.sh FOLDER
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$1" ] || { echo "nothing was left in $1"; exit 77; }
(
	flock 9
	[ -d "$here/node_modules/pkijs" ] || (cd "$here" && npm ci --silent --no-audit --no-fund) || echo "npm ci: no pkijs"
) 9>"${TMPDIR:-/tmp}/antin-opinion.lock"
node "$here/opinion.mjs" "$1"/*
all=$?
[ "$all" -eq 0 ] || [ "$all" -eq 77 ] || exit 1
node "$here/opinion.mjs" --refused "$1"/*
some=$?
[ "$some" -eq "$all" ] || exit 1
exit "$all"

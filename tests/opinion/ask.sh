#!/usr/bin/env bash
# Asks others about what authorities left, each in a folder of FOLDER: about its
# certificates, CRLs and OCSP responses (opinion.mjs) and its permits (permits.mjs; and by
# schemas, schema.py); then shows them some of it altered, which they must refuse.  Those of them in
# JavaScript come by npm, as package-lock.json pins them; where npm reaches no
# registry they are not asked, and a run that is otherwise good ends with 77.
# usage: ask.sh FOLDER
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$1" ] || { echo "nothing was left in $1"; exit 77; }
(
	flock 9
	cmp -s "$here/package-lock.json" "$here/node_modules/.lock" && exit
	cd "$here" && npm ci --silent --no-audit --no-fund && cp package-lock.json node_modules/.lock || echo "npm ci: not installed"
) 9>"${TMPDIR:-/tmp}/antin-opinion.lock"
result=0
by() { if [ "$1" = schema ]; then "$here/schema.py" "${@:2}"; else node "$here/$1.mjs" "${@:2}"; fi; }
for ask in opinion permits schema; do
	by "$ask" "$1"/*
	all=$?
	[ "$all" -eq 0 ] || [ "$all" -eq 77 ] || exit 1
	by "$ask" --refused "$1"/*
	some=$?
	[ "$some" -eq "$all" ] || exit 1
	[ "$all" -eq 0 ] || result=77
done
exit "$result"

#!/usr/bin/env bash
# Every source as clang reads it, with the options of a build that is there; its
# warnings are errors, and nothing is made.  usage: clang.sh BUILD
set -euo pipefail
jq -r '.[].command' "$1/compile_commands.json" |
	sed -E 's/^([^ ]*ccache )?[^ ]+ /clang -fsyntax-only /; s/ -o [^ ]+ / /; s/ -c / /' |
	(cd "$1" && xargs -r -d '\n' -n 1 -P "$(nproc)" sh -c)

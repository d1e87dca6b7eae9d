#!/usr/bin/env bash
# The examples of policy/FORMATS.md by Python's standard library and openssl;
# those that need a running service are tried in whole_way.sh.
# usage: formats.sh BUILD
set -u
cd "$(dirname "$0")/../.."
python3 tests/policy/formats.py policy/FORMATS.md

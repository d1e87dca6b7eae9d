#!/usr/bin/env python3
"""Takes every handle from the public log's entry bundles and asks for its permit.

handles.py API KEYFILE    without a key: nothing; with it: those that are issued
"""
import sys

import tiles
from tiles import get


def handles():
    return {e[5].hex() for b in tiles.bundles(api) for e in tiles.entries(b) if e[1] in (3, 4, 5, 7, 14) and e[5]}


api, key = sys.argv[1], open(sys.argv[2]).read().strip()
found = sorted(handles())
opened = [(h, tail) for h in found for tail in ("", "/proof", "/sheet", "/edxml?to=H99") if get(api, "/v1/permits/" + h + tail)[0] != 401]
issued = sum(get(api, "/v1/permits/" + h, key)[0] == 200 for h in found)
good = not opened and issued >= 12
print("%s %d handles stand in the public log; without a key they open %d things, with one %d permits" % ("ok" if good else "not ok", len(found), len(opened), issued))
sys.exit(0 if good else 1)

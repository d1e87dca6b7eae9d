#!/usr/bin/env python3
"""The published status list, made again from the public log by the words of FORMATS.md.

status_list.py API    no code of ours: HTTP, tiles, CBOR and zlib
"""
import sys
import zlib

import tiles

VIETNAM = 7 * 3600
RESUMED, WITHDRAWN, SUSPENDED, REPLACED, VOID, RESTORED, NOTED, LIFTED, REAFFIRMED = 0, 1, 2, 3, 4, 5, 12, 13, 14


def flat(x):
    return [v for i in x for v in (i if isinstance(i, list) else [i])]


def status(acts, day):
    """acts: (act, first day, last day or None), in the order of the log."""
    if any(act == VOID for act, _, _ in acts):
        return 1
    replaced, withdrawn, suspended, notes, reaffirmed = False, [], None, 0, False
    for act, first, last in acts:
        if first > day:
            continue
        if act == REPLACED:
            replaced = True
        elif act == WITHDRAWN:
            withdrawn.append(first)
        elif act == SUSPENDED:
            suspended = (first, last)
        elif act == RESUMED and suspended and suspended[0] <= first:
            suspended = None
        elif act == RESTORED:
            replaced, withdrawn = False, [w for w in withdrawn if w > first]
        elif act == NOTED:
            notes += 1
        elif act == LIFTED:
            notes -= 1
        elif act == REAFFIRMED:
            reaffirmed = True
    if replaced:
        return 3
    if withdrawn:
        return 1
    if suspended and (suspended[1] is None or day <= suspended[1]):
        return 2
    return 12 if notes > 0 or reaffirmed else 0


api = sys.argv[1]
cwt = tiles.item(tiles.get(api, "/status/1.cwt")[1], 0)[0]
payload = tiles.item(cwt[2], 0)[0]
packed, size, day = zlib.decompress(payload[65533][b"lst"]), payload[-65539][0], (payload[6] + VIETNAM) // 86400
said = [n for b in packed for n in (b & 15, b >> 4)]

acts, index = {}, 0
for bundle in tiles.bundles(api):
    for e in tiles.entries(bundle):
        if index < size and e[1] == 5:
            acts[e[9][1]] = []
        if index < size and e[1] in (6, 7):
            public = flat(e[9])
            acts[public[1]].append((public[2], public[3], public[4] if len(public) > 4 else None))
        index += 1

places = max(acts) + 1 if acts else 0
made = [status(acts[p], day) if p in acts else 15 for p in range(places)]
good = index >= size and made == said[:places] and all(v in (0, 15) for v in said[places:])
print("%s the status list of %d places, %d with a history, follows from the first %d entries" % ("ok" if good else "not ok", places, sum(bool(a) for a in acts.values()), size))
if not good:
    print("said", said, "made", made)
sys.exit(0 if good else 1)

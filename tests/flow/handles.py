#!/usr/bin/env python3
"""Takes every handle from the public log's entry bundles and asks for its permit.

handles.py API KEYFILE    without a key: nothing; with it: those that are issued
"""
import struct
import sys
import urllib.error
import urllib.request


def get(path, key=None):
    r = urllib.request.Request(api + path, headers={"Authorization": "Bearer " + key} if key else {})
    try:
        with urllib.request.urlopen(r) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as e:
        return e.code, e.read()


def item(b, at):
    """One item of deterministic CBOR, and where the next begins."""
    major, low = b[at] >> 5, b[at] & 31
    at += 1
    n = low
    if 24 <= low <= 27:
        size = 1 << (low - 24)
        n = int.from_bytes(b[at:at + size], "big")
        at += size
    if major in (0, 1):
        return (n if major == 0 else -1 - n), at
    if major in (2, 3):
        return bytes(b[at:at + n]), at + n
    if major == 4:
        values = []
        for _ in range(n):
            v, at = item(b, at)
            values.append(v)
        return values, at
    return None, at


def handles():
    found = set()
    size = int(get("/checkpoint")[1].split(b"\n")[1])
    for n in range((size + 255) // 256):
        width = min(256, size - n * 256)
        status, bundle = get("/tile/entries/%03d%s" % (n, "" if width == 256 else ".p/%d" % width))
        assert status == 200, (n, width, status)
        at = 0
        while at < len(bundle):
            length = struct.unpack(">H", bundle[at:at + 2])[0]
            entry, _ = item(bundle, at + 2)
            at += 2 + length
            if entry[1] in (3, 4, 5, 7, 14) and entry[5]:
                found.add(entry[5].hex())
    return found


api, key = sys.argv[1], open(sys.argv[2]).read().strip()
found = sorted(handles())
opened = [(h, tail) for h in found for tail in ("", "/proof", "/sheet") if get("/v1/permits/" + h + tail)[0] != 401]
issued = sum(get("/v1/permits/" + h, key)[0] == 200 for h in found)
good = not opened and issued >= 12
print("%s %d handles stand in the public log; without a key they open %d things, with one %d permits" % ("ok" if good else "not ok", len(found), len(opened), issued))
sys.exit(0 if good else 1)

"""The public log as anybody reads it: no code of ours, only HTTP, tiles and CBOR."""
import struct
import urllib.error
import urllib.request


def get(base, path, key=None):
    r = urllib.request.Request(base + path, headers={"Authorization": "Bearer " + key} if key else {})
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
    if major == 5:
        pairs = {}
        for _ in range(n):
            key, at = item(b, at)
            pairs[key], at = item(b, at)
        return pairs, at
    if major == 6:
        return item(b, at)
    return None, at


def bundles(base):
    """Every entry bundle below the checkpoint."""
    size = int(get(base, "/checkpoint")[1].split(b"\n")[1])
    for n in range((size + 255) // 256):
        width = min(256, size - n * 256)
        status, bundle = get(base, "/tile/entries/%03d%s" % (n, "" if width == 256 else ".p/%d" % width))
        assert status == 200, (n, width, status)
        yield bundle


def entries(bundle):
    at = 0
    while at < len(bundle):
        length = struct.unpack(">H", bundle[at:at + 2])[0]
        yield item(bundle, at + 2)[0]
        at += 2 + length

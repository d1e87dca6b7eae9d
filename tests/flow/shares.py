"""Joins shares of a PIN without libgfshare, as policy/FORMATS.md says: Lagrange's
polynomial at 0 over GF(2^8), modulus 0x11d.  Writes the PIN to standard output.
usage: shares.py SHARE-FILE..."""
import hashlib
import sys

exp, log, x = [0] * 512, [0] * 256, 1
for i in range(255):
    exp[i] = exp[i + 255] = x
    log[x] = i
    x = x << 1 ^ (0x11d if x & 0x80 else 0)


def times(a, b):
    return exp[log[a] + log[b]] if a and b else 0


def over(a, b):
    return exp[log[a] - log[b] + 255] if a else 0


shares = []
for name in sys.argv[1:]:
    line = open(name).read().rstrip('\n')
    word, token, needed, of, number, group, share, check = line.split(' ')
    assert word == 'antin-share/1' and hashlib.sha256(line[:-9].encode()).hexdigest()[:8] == check
    shares.append((int(number), bytes.fromhex(share)))
secret = bytearray(32)
for at, share in shares:
    weight = 1
    for other, _ in shares:
        if other != at:
            weight = times(weight, over(other, at ^ other))
    for k in range(32):
        secret[k] ^= times(weight, share[k])
if hashlib.sha256(secret[:24]).digest()[:8] != secret[24:]:
    sys.exit('these shares do not give the PIN')
sys.stdout.write(secret[:24].decode())

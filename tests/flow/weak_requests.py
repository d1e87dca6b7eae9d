#!/usr/bin/env python3
"""Certificate requests with weak keys and weak proofs, and beside each its twin: the
same but for the weakness.  Made here number by number (RFC 2986, 8017, SEC 1),
with nothing of Antin's and no library that would refuse to.

usage: weak_requests.py FOLDER     writes NAME.csr, NAME.twin.csr and the table
    rows: NAME CODE, CODE being what the refusal must be called
"""
import hashlib, math, os, secrets, sys

out = sys.argv[1]


# DER, as much of it as a request needs.
def tlv(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else (lambda b: bytes([0x80 | len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, 'big'))
    return bytes([tag]) + size + body
def seq(*parts): return tlv(0x30, b''.join(parts))
def integer(n): return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, 'big'))
def bits(body): return tlv(3, b'\0' + body)
def oid(text):
    first, second, *rest = map(int, text.split('.'))
    body = bytes([40 * first + second])
    for v in rest:
        groups = [v & 127]
        while v := v >> 7:
            groups.append(v & 127 | 128)
        body += bytes(reversed(groups))
    return tlv(6, body)
NULL = b'\5\0'


def request(spki, algorithm, sign, subject='Người thử (fictitious)', version=0):
    tbs = seq(integer(version), seq(tlv(0x31, seq(oid('2.5.4.3'), tlv(12, subject.encode())))), spki, tlv(0xa0, b''))
    return seq(tbs, algorithm, bits(sign(tbs)))


# RSA.
DIGESTS = {  # name: OID of the signature, OID of the digest
    'md5': ('1.2.840.113549.1.1.4', '1.2.840.113549.2.5'), 'sha1': ('1.2.840.113549.1.1.5', '1.3.14.3.2.26'),
    'sha224': ('1.2.840.113549.1.1.14', '2.16.840.1.101.3.4.2.4'), 'sha256': ('1.2.840.113549.1.1.11', '2.16.840.1.101.3.4.2.1')}

def is_prime(n):
    if any(n % p == 0 for p in SMALL):
        return n in SMALL
    return all(strong(n, a) for a in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37))
def strong(n, a):  # Miller-Rabin
    s = (n - 1 & 1 - n).bit_length() - 1
    x = pow(a, (n - 1) >> s, n)
    return x in (1, n - 1) or any((x := x * x % n) == n - 1 for _ in range(s - 1))
SMALL = [p for p in range(2, 8000) if all(p % d for d in range(2, math.isqrt(p) + 1))]

def prime(nbits, fits=lambda p: True):
    while True:
        p = secrets.randbits(nbits) | 3 << nbits - 2 | 1
        if fits(p) and is_prime(p):
            return p
def prime_after(n):
    n |= 1
    while not is_prime(n):
        n += 2
    return n

def padded(tbs, size, digest):  # EMSA-PKCS1-v1_5
    info = seq(seq(oid(DIGESTS[digest][1]), NULL), tlv(4, hashlib.new(digest, tbs).digest()))
    return int.from_bytes(b'\0\1' + b'\xff' * (size - 3 - len(info)) + b'\0' + info, 'big')

def rsa(primes, e=65537, digest='sha256', **more):
    n = math.prod(primes)
    size = (n.bit_length() + 7) // 8
    spki = seq(seq(oid('1.2.840.113549.1.1.1'), NULL), bits(seq(integer(n), integer(e))))
    def sign(tbs):
        m = padded(tbs, size, digest)
        if e % 2:
            return pow(m, pow(e, -1, math.lcm(*(p - 1 for p in primes))), n).to_bytes(size, 'big')
        # An even exponent: a root is there where m is a square, of primes that are 3 modulo 4.
        roots = []
        for p in primes:
            if pow(m, (p - 1) // 2, p) != 1:
                raise NoRoot
            roots.append(pow(pow(m, (p + 1) // 4, p), pow(e // 2, -1, (p - 1) // 2), p))
        p, q = primes
        return ((roots[0] - roots[1]) * pow(q, -1, p) % p * q + roots[1]).to_bytes(size, 'big')
    return request(spki, seq(oid(DIGESTS[digest][0]), NULL), sign, **more)

def mgf1(seed, n, digest):
    return b''.join(hashlib.new(digest, seed + i.to_bytes(4, 'big')).digest() for i in range(n // hashlib.new(digest).digest_size + 1))[:n]

def pss(primes, mask='sha256', salt=32, said=None):
    """RSASSA-PSS with SHA-256; said: another length of the salt than it has."""
    n = math.prod(primes)
    size = (n.bit_length() + 7) // 8
    by = lambda digest: seq(oid(DIGESTS[digest][1]), NULL)
    algorithm = seq(oid('1.2.840.113549.1.1.10'), seq(tlv(0xa0, by('sha256')), tlv(0xa1, seq(oid('1.2.840.113549.1.1.8'), by(mask))), tlv(0xa2, integer(said or salt))))
    def sign(tbs):  # EMSA-PSS, RFC 8017 9.1.1, of a modulus that fills its octets
        grain = secrets.token_bytes(salt)
        h = hashlib.sha256(bytes(8) + hashlib.sha256(tbs).digest() + grain).digest()
        db = bytes(size - len(h) - salt - 2) + b'\1' + grain
        masked = bytes(a ^ b for a, b in zip(db, mgf1(h, len(db), mask)))
        m = int.from_bytes(bytes([masked[0] & 0x7f]) + masked[1:] + h + b'\xbc', 'big')
        return pow(m, pow(65537, -1, math.lcm(*(p - 1 for p in primes))), n).to_bytes(size, 'big')
    spki = seq(seq(oid('1.2.840.113549.1.1.1'), NULL), bits(seq(integer(n), integer(65537))))
    return request(spki, algorithm, sign)

class NoRoot(Exception):
    pass

def rsa_even():
    odd = lambda p: p % 4 == 3 and math.gcd(65538 // 2, (p - 1) // 2) == 1
    primes = [prime(1024, odd), prime(1024, odd)]
    for i in range(1000):
        try:
            return rsa(primes, 65538, subject='Người thử %d (fictitious)' % i)
        except NoRoot:
            continue
    raise SystemExit('no even exponent')

def roca():
    """Primes k*M + (65537^a mod M): CVE-2017-15361, M for keys of 1984 to 3968 bits."""
    m = math.prod(SMALL[:126])
    while True:
        p = secrets.randbelow(2 ** (1024 - m.bit_length())) * m + pow(65537, secrets.randbits(64), m)
        if p >> 1022 == 3 and is_prime(p):
            return p


# Curves: p, a, b, order, generator, OID, digest and OID of the signature.
CURVES = {
    'P-256': (0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff, -3, 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
              0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
              (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296, 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5), '1.2.840.10045.3.1.7'),
    'P-224': (2 ** 224 - 2 ** 96 + 1, -3, 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4,
              0xffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d,
              (0xb70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21, 0xbd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34), '1.3.132.0.33'),
    'secp256k1': (2 ** 256 - 2 ** 32 - 977, 0, 7, 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141,
                  (0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798, 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8), '1.3.132.0.10'),
}
ECDSA = {'sha1': '1.2.840.10045.4.1', 'sha256': '1.2.840.10045.4.3.2'}

def add(c, P, Q):
    p, a = c[0], c[1]
    if P is None or Q is None:
        return P or Q
    if P[0] == Q[0] and (P[1] + Q[1]) % p == 0:
        return None
    s = ((3 * P[0] * P[0] + a) * pow(2 * P[1], -1, p) if P == Q else (Q[1] - P[1]) * pow(Q[0] - P[0], -1, p)) % p
    x = (s * s - P[0] - Q[0]) % p
    return x, (s * (P[0] - x) - P[1]) % p
def times(c, k, P):
    R = None
    for bit in bin(k)[2:]:
        R = add(c, R, R)
        if bit == '1':
            R = add(c, R, P)
    return R

class Ec:
    def __init__(self, curve='P-256', d=None):
        self.c = CURVES[curve]
        self.size = (self.c[0].bit_length() + 7) // 8
        self.d = d or secrets.randbelow(self.c[3] - 1) + 1
        self.at = times(self.c, self.d, self.c[4])
    def point(self, form=4):
        x, y = (v.to_bytes(self.size, 'big') for v in self.at)
        return bytes([form | y[-1] & 1]) + x if form == 2 else bytes([form | (y[-1] & 1 if form == 6 else 0)]) + x + y
    def spki(self, point=None, curve=None):
        return seq(seq(oid('1.2.840.10045.2.1'), curve or oid(self.c[5])), bits(self.point() if point is None else point))
    def sign(self, tbs, digest='sha256'):
        n = self.c[3]
        z = int.from_bytes(hashlib.new(digest, tbs).digest(), 'big') >> max(0, hashlib.new(digest).digest_size * 8 - n.bit_length())
        while True:
            k = secrets.randbelow(n - 1) + 1
            r = times(self.c, k, self.c[4])[0] % n
            s = pow(k, -1, n) * (z + r * self.d) % n
            if r and s:
                return seq(integer(r), integer(s))
    def request(self, point=None, curve=None, digest='sha256', spki=None, **more):
        return request(spki or self.spki(point, curve), seq(oid(ECDSA[digest])), lambda tbs: self.sign(tbs, digest), **more)

def spelt_out(key):
    p, a, b, n, g, _ = key.c
    of = lambda v: tlv(4, (v % p).to_bytes(key.size, 'big'))
    return seq(integer(1), seq(oid('1.2.840.10045.1.1'), integer(p)), seq(of(a), of(b)), tlv(4, b'\4' + g[0].to_bytes(key.size, 'big') + g[1].to_bytes(key.size, 'big')), integer(n), integer(1))

def bent(der, at):
    at %= len(der)
    return der[:at] + bytes([der[at] ^ 1]) + der[at + 1:]


# The table.
rows = []
def row(name, code, weak, twin):
    for ending, octets in (('csr', weak), ('twin.csr', twin)):
        with open(os.path.join(out, '%s.%s' % (name, ending)), 'wb') as f:
            f.write(octets)
    rows.append('%s %s' % (name, code))

three = lambda p: p % 3 == 2  # so that 3 may be an exponent
p, q = prime(1024, three), prime(1024, three)
close = prime(1024)
row('rsa-1024', 'rsa-length', rsa([prime(512), prime(512)]), rsa([p, q]))
row('rsa-2047', 'rsa-length', rsa([prime(1023), prime(1024)]), rsa([p, q]))
row('exponent-1', 'rsa-exponent', rsa([p, q], 1), rsa([p, q]))
row('exponent-3', 'rsa-exponent', rsa([p, q], 3), rsa([p, q]))
row('exponent-even', 'rsa-exponent-even', rsa_even(), rsa([p, q]))
row('exponent-65-bits', 'rsa-exponent', rsa([p, q], prime(65)), rsa([p, q], prime(64)))
row('small-factor', 'rsa-small-factor', rsa([7919, prime(1012), prime(1024)]), rsa([8009, prime(1012), prime(1024)]))
row('close-primes', 'rsa-close-primes', rsa([close, prime_after(close + 2 ** 16)]), rsa([close, prime(1024)]))
row('roca', 'rsa-roca', rsa([roca(), roca()]), rsa([prime(1024), prime(1024)]))
row('rsa-md5', 'csr-digest-weak', rsa([p, q], digest='md5'), rsa([p, q]))
row('rsa-sha1', 'csr-digest-weak', rsa([p, q], digest='sha1'), rsa([p, q]))
row('rsa-sha224', 'csr-digest-weak', rsa([p, q], digest='sha224'), rsa([p, q]))
row('pss-two-digests', 'csr-algorithm-unknown', pss([p, q], mask='sha1'), pss([p, q]))
row('pss-other-salt', 'no-possession', pss([p, q], said=20), pss([p, q], salt=20))
row('rsa-signature-altered', 'no-possession', bent(rsa([p, q]), -1), rsa([p, q]))

key = Ec()
good = key.request()
point = key.point()
row('ec-sha1', 'csr-digest-weak', key.request(digest='sha1'), good)
row('p-224', 'ec-curve', Ec('P-224').request(), Ec().request())
row('secp256k1', 'ec-curve', Ec('secp256k1').request(), Ec('P-256').request())
row('curve-spelt-out', 'ec-curve-spelt-out', key.request(curve=spelt_out(key)), key.request(curve=oid(key.c[5])))
row('compressed', 'ec-point-form', key.request(key.point(2)), key.request(key.point(4)))
row('hybrid', 'ec-point-form', key.request(key.point(6)), key.request(key.point(4)))
row('beside-the-curve', 'key-unreadable', key.request(bent(point, -1)), key.request(point))
row('infinity', 'ec-point', key.request(b'\0'), key.request(point))
row('all-zero', 'key-unreadable', key.request(b'\4' + bytes(64)), key.request(point))
row('another-key', 'no-possession', key.request(spki=Ec().spki()), key.request(spki=key.spki()))
row('signature-altered', 'no-possession', bent(good, -1), good)
at = good.index('thử'.encode())
row('subject-altered', 'no-possession', good[:at] + 'thự'.encode() + good[at + len('thử'.encode()):], good)
row('version-2', 'csr-malformed', key.request(version=1), key.request(version=0))
row('cut-short', 'csr-malformed', good[:-1], good)
row('one-more', 'csr-malformed', good + b'\0', good)
with open(os.path.join(out, 'rows'), 'w') as f:
    f.write('\n'.join(rows) + '\n')

# Keys for what the authority knows: blocked, another's, asked for by another; as
# files, too, so that an order can name their hash.
for name in ('blocked', 'of-another', 'asked-by-another', 'again'):
    known = Ec()
    for ending, octets in (('csr', known.request()), ('other.csr', Ec().request()), ('spki', known.spki())):
        with open(os.path.join(out, '%s.%s' % (name, ending)), 'wb') as f:
            f.write(octets)

"""Certificates, CRLs and OCSP responses, each as wrong as a row of a table wants it.

DER is written here octet by octet, because most of what a row asks for no maker
of certificates would make; only the signatures are a library's.  README.md says
what the words of a row mean.  Keys on curves follow from their names.
"""
import base64, datetime, functools, hashlib, ipaddress
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

NOW = "2026-11-22T08:42:00"

# DER.

def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    size = bytes([n]) if n < 128 else (lambda b: bytes([128 + len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + size + body

def seq(*parts): return tlv(0x30, *parts)
def octets(b): return tlv(4, b)
def bits(b, unused=0): return tlv(3, bytes([unused]), b)
def integer(n): return tlv(2, n.to_bytes(n.bit_length() // 8 + 1 if n >= 0 else (n + 1).bit_length() // 8 + 1, "big", signed=True))
def enumerated(n): return tlv(10, bytes([n]))
def true(): return b"\x01\x01\xff"
def context(n, *parts, made=True): return tlv((0xa0 if made else 0x80) | n, *parts)

def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = b""
    for a in [40 * arcs[0] + arcs[1]] + arcs[2:]:
        part = [a & 127]
        while a := a >> 7:
            part.insert(0, 128 | a & 127)
        out += bytes(part)
    return tlv(6, out)

def named_bits(table, words):
    at = sorted(table.index(w) for w in words)
    if not at:
        return b"\x00"
    n = at[-1] + 1
    value = sum(1 << (8 * ((n + 7) // 8) - 1 - i) for i in at)
    return bytes([-n % 8]) + value.to_bytes((n + 7) // 8, "big")

def moment(text):
    return datetime.datetime.fromisoformat(text if "T" in text else text + "T00:00:00").replace(tzinfo=datetime.timezone.utc)

def seconds(text): return int(moment(text).timestamp())
def gentime(text): return tlv(0x18, moment(text).strftime("%Y%m%d%H%M%SZ").encode())

def time(text):
    """2026-11-22[T08:42:00] as 4.1.2.5 wants it; utc:... and gen:... as they stand."""
    if text[:4] in ("utc:", "gen:"):
        return tlv(0x17 if text[:3] == "utc" else 0x18, text[4:].encode())
    return tlv(0x17, moment(text).strftime("%y%m%d%H%M%SZ").encode()) if text < "2050" else gentime(text)

# Names.

ATTRIBUTES = {"C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3", "L": "2.5.4.7",
    "DC": "0.9.2342.19200300.100.1.25", "EMAIL": "1.2.840.113549.1.9.1"}
STRINGS = {"u": (12, "utf-8"), "p": (19, "ascii"), "i": (22, "ascii"), "t": (20, "latin-1"), "b": (30, "utf-16-be")}

def name(text, separator=","):
    """C=VN,CN=Somebody; CN:p=Somebody as a PrintableString."""
    rdns = []
    for part in text.split(separator) if text else []:
        word, value = part.split("=", 1)
        word, _, kind = word.partition(":")
        tag, code = STRINGS[kind or {"C": "p", "DC": "i", "EMAIL": "i"}.get(word, "u")]
        rdns.append(tlv(0x31, seq(oid(ATTRIBUTES[word]), tlv(tag, value.encode(code)))))
    return seq(*rdns)

def general(text):
    kind, value = text.split(":", 1)
    if kind == "DIR":
        return context(4, name(value, ";"))
    if kind == "RID":
        return tlv(0x88, oid(value)[2:])
    if kind == "OTHER":     # a user principal name
        return context(0, oid("1.3.6.1.4.1.311.20.2.3"), context(0, tlv(12, value.encode())))
    if kind == "IP":
        address = ipaddress.ip_network(value, strict=False) if "/" in value else ipaddress.ip_address(value)
        return tlv(0x87, address.network_address.packed + address.netmask.packed if "/" in value else address.packed)
    return tlv({"EMAIL": 0x81, "DNS": 0x82, "URI": 0x86}[kind], value.encode())

# Keys and signatures.

SIGNATURES = {("ec", "sha256"): "1.2.840.10045.4.3.2", ("ec", "sha1"): "1.2.840.10045.4.1", ("ec", "sha384"): "1.2.840.10045.4.3.3",
    ("rsa", "sha256"): "1.2.840.113549.1.1.11", ("rsa", "sha1"): "1.2.840.113549.1.1.5", ("rsa", "md5"): "1.2.840.113549.1.1.4"}
HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "md5": hashes.MD5}

@functools.lru_cache(None)
def key(text):
    """sub: a P-256 key of that name; p192:sub, rsa1024:sub: of another kind."""
    kind = text.partition(":")[0] if ":" in text else "p256"
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    curve = {"p256": ec.SECP256R1, "p192": ec.SECP192R1}[kind]()
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(text.encode()).digest()[:curve.key_size // 8 - 1], "big"), curve)

@functools.lru_cache(None)
def spki(text):
    return key(text).public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

@functools.lru_cache(None)
def key_id(text):
    bit_string = spki(text)
    point = key(text).public_key()
    form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint) if isinstance(point, ec.EllipticCurvePublicKey) else \
        (serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return hashlib.sha1(point.public_bytes(*form)).digest()

def algorithm(key_text, md):
    kind = "rsa" if "rsa" in key_text else "ec"
    return seq(oid(SIGNATURES[kind, md]), b"\x05\x00" if kind == "rsa" else b"")

def signed(tbs, key_text, w):
    """sig=flip, sig=empty, outer=sha384: what stands around what is signed."""
    md = HASHES[w.get("md", "sha256")]()
    k = key(key_text)
    made = k.sign(tbs, padding.PKCS1v15(), md) if "rsa" in key_text else k.sign(tbs, ec.ECDSA(md))
    if w.get("sig") == "flip":
        made = made[:-1] + bytes([made[-1] ^ 1])
    if w.get("sig") == "empty":
        made = b""
    return algorithm(key_text, w.get("outer", w.get("md", "sha256"))), bits(made)

# Extensions.

USAGES = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"]
REASONS = ["unused", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation", "certificateHold", "privilegeWithdrawn", "aACompromise"]
REASON_CODES = ["unspecified"] + REASONS[1:7] + ["", "removeFromCRL", "privilegeWithdrawn", "aACompromise"]
PURPOSES = {"serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2", "codeSigning": "1.3.6.1.5.5.7.3.3", "emailProtection": "1.3.6.1.5.5.7.3.4",
    "timeStamping": "1.3.6.1.5.5.7.3.8", "OCSPSigning": "1.3.6.1.5.5.7.3.9", "any": "2.5.29.37.0"}
EXTENSIONS = {"bc": "2.5.29.19", "ku": "2.5.29.15", "eku": "2.5.29.37", "ski": "2.5.29.14", "aki": "2.5.29.35", "san": "2.5.29.17", "nc": "2.5.29.30",
    "pol": "2.5.29.32", "map": "2.5.29.33", "pc": "2.5.29.36", "iap": "2.5.29.54", "crldp": "2.5.29.31", "freshest": "2.5.29.46",
    "nocheck": "1.3.6.1.5.5.7.48.1.5", "number": "2.5.29.20", "delta": "2.5.29.27", "idp": "2.5.29.28", "reason": "2.5.29.21", "invalidity": "2.5.29.24",
    "certissuer": "2.5.29.29"}

def ext(what, critical, value): return seq(oid(EXTENSIONS.get(what, what)), true() if critical else b"", octets(value))

def policy_oid(word): return oid("2.5.29.32.0" if word == "any" else word)

def constraints(text):
    parts = {"permit": b"", "exclude": b""}
    for item in text.split("|"):
        which, form = item.split("-", 1)
        parts[which] += seq(general(form))
    return seq(context(0, parts["permit"]) if parts["permit"] else b"", context(1, parts["exclude"]) if parts["exclude"] else b"")

def policy_constraints(text):
    at = dict(p.split(":") for p in text.split(","))
    return seq(*(tlv(0x80 | i, integer(int(at[w]))[2:]) for i, w in enumerate(("explicit", "inhibit")) if w in at))

def points(text):
    """URI:a|URI:b: two points; +: what a point has besides a name: issuer=sub2, reasons=a/b."""
    out = b""
    for point in text.split("|"):
        body = b""
        for part in point.split("+"):
            if part.startswith("issuer="):
                body += context(2, general("DIR:" + part[7:]))
            elif part.startswith("reasons="):
                body += context(1, named_bits(REASONS, part[8:].split("/")), made=False)
            elif part.startswith("relative="):
                body += context(0, context(1, name(part[9:])[2:][2:]))
            else:
                body += context(0, context(0, general(part)))
        out += seq(body)
    return seq(out)

def idp(text):
    """URI:a+user+indirect+reasons=a/b"""
    flags = {"user": 1, "ca": 2, "indirect": 4, "attribute": 5}
    got = {}
    for part in text.split("+") if text else []:
        if part in flags:
            got[flags[part]] = context(flags[part], b"\xff", made=False)
        elif part.startswith("reasons="):
            got[3] = context(3, named_bits(REASONS, part[8:].split("/")), made=False)
        else:
            got[0] = context(0, context(0, general(part)))
    return seq(*(got[i] for i in sorted(got)))

def list_of(w, word, default=""): return [x for x in w.get(word, default).split(",") if x not in ("", "none")]

def cert_extensions(w, is_ca, key_text, issuer_key):
    """In order: (word, critical by default, value)."""
    out = []
    def add(word, critical, value):
        out.append((word, critical, value))
    if w.get("bc") != "none":
        says = w.get("bc", "ca" if is_ca else "ee")
        add("bc", True, seq(true() if says == "ca" else b"", integer(int(w["pathlen"])) if "pathlen" in w else b""))
    if w.get("ku") != "none":
        add("ku", True, tlv(3, named_bits(USAGES, list_of(w, "ku", "keyCertSign,cRLSign" if is_ca else "digitalSignature"))))
    if "eku" in w:
        add("eku", False, seq(*(oid(PURPOSES.get(p, p)) for p in list_of(w, "eku"))))
    if w.get("ski") != "none":
        add("ski", False, octets(b"another key" if w.get("ski") == "wrong" else key_id(w.get("ski", key_text))))
    if w.get("aki") != "none":
        add("aki", False, seq(tlv(0x80, b"another key" if w.get("aki") == "wrong" else key_id(w.get("aki", issuer_key)))))
    for word, critical, make in (("san", False, lambda t: seq(*map(general, t.split("|")))), ("nc", True, constraints),
            ("pol", False, lambda t: seq(*(seq(policy_oid(p)) for p in t.split(",")))),
            ("map", True, lambda t: seq(*(seq(*map(policy_oid, m.split(">"))) for m in t.split(",")))),
            ("pc", True, policy_constraints), ("iap", True, lambda t: integer(int(t))), ("crldp", False, points), ("freshest", False, points)):
        if word in w:
            add(word, critical, make(w[word]) if w[word] != "" else seq())
    if "nocheck" in w:
        add("nocheck", False, b"\x05\x00")
    if "ext" in w:
        which, value = w["ext"].split(":")
        add(which.rstrip("!"), which.endswith("!"), bytes.fromhex(value))
    hard, soft, twice = list_of(w, "hard"), list_of(w, "soft"), list_of(w, "dup")
    return b"".join(ext(word, word in hard or (critical and word not in soft), value) * (2 if word in twice else 1) for word, critical, value in out)

def is_ca(party, w): return "ca" in w or not (party.startswith("leaf") or "ee" in w)

class World:
    """The parties of one row: name -> words."""
    def __init__(self, parties): self.parties = parties

    def words(self, party): return self.parties[party]
    def by(self, party): return self.words(party).get("by", party if party.startswith("root") else "sub" if party.startswith("leaf") else "root")
    def key(self, party): return self.words(party).get("key", party)

    def subject(self, party):
        text = self.words(party).get("subject", "C=VN,CN=" + party)
        return self.subject(text[1:]) if text.startswith("@") else name(text)

    def cert(self, party):
        w, by, key_text = self.words(party), self.by(party), self.key(party)
        issuer_key = w.get("signer", self.key(by))
        root = party.startswith("root") and by == party
        version = int(w.get("version", 3))
        extensions = cert_extensions(w, is_ca(party, w), key_text, self.key(by)) if version == 3 or "extensions" in w else b""
        tbs = seq(context(0, integer(version - 1)) if version > 1 else b"",
            integer(int(w["serial"], 0) if "serial" in w else int.from_bytes(hashlib.sha256((party + key_text).encode()).digest()[:8], "big") | 1 << 62),
            algorithm(issuer_key, w.get("md", "sha256")), name(w["issuer"]) if "issuer" in w else self.subject(by),
            seq(time(w.get("from", "2016-01-01" if root else "2025-11-22")), time(w.get("to", "2046-01-01" if root else "2027-11-22"))),
            self.subject(party), spki(key_text), context(3, seq(extensions)) if extensions else b"")
        return seq(tbs, *signed(tbs, issuer_key, w)) + (b"\x05\x00" if w.get("tail") else b"")

    def serial(self, party):
        w = self.words(party)
        return integer(int(w["serial"], 0) if "serial" in w else int.from_bytes(hashlib.sha256((party + self.key(party)).encode()).digest()[:8], "big") | 1 << 62)

    def entry(self, text):
        """leaf:keyCompromise:issuer=sub:critical:date=2026-01-01"""
        party, *more = text.split(":")
        date, extensions = "2026-10-01", b""
        for word in more:
            if word in REASON_CODES:
                extensions += ext("reason", False, enumerated(REASON_CODES.index(word)))
            elif word.startswith("reason="):
                extensions += ext("reason", False, enumerated(int(word[7:])))
            elif word.startswith("issuer="):
                extensions += ext("certissuer", True, seq(context(4, self.subject(word[7:]))))
            elif word.startswith("date="):
                date = word[5:]
            elif word in ("critical", "unknown"):
                extensions += ext("2.25.99", word == "critical", b"\x05\x00")
        return seq(integer(int(party)) if party.isdigit() else self.serial(party), time(date), seq(extensions) if extensions else b"")

    def crl(self, w):
        by = w.get("by", "sub")
        signer = w.get("signer", self.key(by))
        entries = b"".join(self.entry(x) for x in list_of(w, "revoked"))
        extensions = b""
        if w.get("aki") != "none":
            extensions += ext("aki", False, seq(tlv(0x80, key_id(w.get("aki", self.key(by))))))
        if w.get("number") != "none":
            extensions += ext("number", False, integer(int(w.get("number", "7"))))
        if "delta" in w:
            extensions += ext("delta", True, integer(int(w["delta"])))
        if "idp" in w:
            extensions += ext("idp", w.get("soft") != "idp", idp(w["idp"]))
        if "freshest" in w:
            extensions += ext("freshest", False, points(w["freshest"]))
        if "ext" in w:
            which, value = w["ext"].split(":")
            extensions += ext(which.rstrip("!"), which.endswith("!"), bytes.fromhex(value))
        v1 = w.get("version") == "1"
        tbs = seq(b"" if v1 else integer(1), algorithm(signer, w.get("md", "sha256")), name(w["issuer"]) if "issuer" in w else self.subject(by),
            time(w.get("from", "2026-11-22T00:00:00")), b"" if w.get("to") == "none" else time(w.get("to", "2026-11-23T00:00:00")),
            seq(entries) if entries else b"", b"" if v1 else context(0, seq(extensions)))
        return seq(tbs, *signed(tbs, signer, w))

    def single(self, w):
        """one PARTY status=revoked reason=... hash=sha256 issuer=sub"""
        party, md = w["party"], w.get("hash", "sha1")
        issuer = w.get("issuer", self.by(party))
        digest = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2"}[md]
        raw = lambda b: octets(hashlib.new(md, b).digest())
        name_hash = raw(b"another name" if w.get("wrong") == "name" else self.subject(issuer))
        key_hash = raw(b"another key" if w.get("wrong") == "key" else spki(self.key(issuer))[-65:])     # the point of P-256
        cert_id = seq(seq(oid(digest), b"\x05\x00"), name_hash, key_hash, integer(int(w["serial"])) if "serial" in w else self.serial(party))
        status = w.get("status", "good")
        said = context(0, made=False) if status == "good" else context(2, made=False) if status == "unknown" else \
            context(1, gentime(w.get("date", "2026-10-01")), context(0, enumerated(REASON_CODES.index(w["reason"]))) if "reason" in w else b"")
        until = b"" if w.get("to") == "none" else context(0, gentime(w.get("to", "2026-11-23")))
        more = b""
        if "ext" in w:
            which, value = w["ext"].split(":")
            more = context(1, seq(ext(which.rstrip("!"), which.endswith("!"), bytes.fromhex(value))))
        return seq(cert_id, said, gentime(w.get("from", "2026-11-22")), until, more)

    def ocsp(self, w, singles):
        status = ["successful", "malformedRequest", "internalError", "tryLater", "", "sigRequired", "unauthorized"].index(w.get("status", "successful"))
        if status != 0 and "body" not in w:
            return seq(enumerated(status))
        by = w.get("by", "sub")
        signer = w.get("signer", self.key(by))
        named = w.get("id", "name")
        responder = context(1, self.subject(w.get("named", by))) if named == "name" else context(2, octets(key_id(self.key(w.get("named", by)))))
        more = b""
        if "ext" in w:
            which, value = w["ext"].split(":")
            more = context(1, seq(ext(which.rstrip("!"), which.endswith("!"), bytes.fromhex(value))))
        tbs = seq(responder, gentime(w.get("produced", "2026-11-22")), seq(*map(self.single, singles)), more)
        certs = [self.cert(p) for p in list_of(w, "certs", "" if by == "sub" else by)]
        basic = seq(tbs, *signed(tbs, signer, w), context(0, seq(*certs)) if certs else b"")
        return seq(enumerated(status), context(0, seq(oid(w.get("type", "1.3.6.1.5.5.7.48.1.1")), octets(basic)))) + (b"\x05\x00" if "tail" in w else b"")

def pem(what, der):
    text = base64.b64encode(der).decode()
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n" % (what, "\n".join(text[i:i + 64] for i in range(0, len(text), 64)), what)

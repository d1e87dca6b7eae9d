#!/usr/bin/env python3
"""Containers (ASiC-S, ASiC-E) of the sample permits, signed by openssl and xmlsec1, put
together by zip and Python's zipfile, and judged by antin verify; then mutated, one way
each, and refused.  Prints one line a kind; exits 1 if anything is judged otherwise.
usage: asic.py ANTIN SAMPLES TRUST EVIDENCE SIGNER (files in the working folder)"""
import base64, hashlib, io, json, os, resource, subprocess, sys, zipfile

antin, samples, trust, evidence, signer = sys.argv[1:]
MIME = {"s": b"application/vnd.etsi.asic-s+zip", "e": b"application/vnd.etsi.asic-e+zip"}
MEMORY_KB = 64 << 10
bad, counts, largest = 0, {}, 0


def run(*command, data=None):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout


def judge(octets, name):
    with open(name, "wb") as f:
        f.write(octets)
    done = subprocess.run([antin, "verify", "--json", "--trust", trust, "--evidence", evidence, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode, {"verdict": "no answer", "sub": done.stderr.decode(), "reasons": []}


def want(what, octets, verdict, sub, code):
    global bad
    got, report = judge(octets, "container.zip")
    counts[verdict] = counts.get(verdict, 0) + 1
    if (report["verdict"], report["sub"], got) != (verdict, sub, code):
        bad += 1
        print(f"asic: {what}: {report['verdict']} {report['sub']}, exit {got}: {report['reasons'][:1]}")
    return report


def cms(content):
    return run("openssl", "cms", "-sign", "-binary", "-cades", "-md", "sha256", "-signer", signer + ".crt", "-inkey", signer + ".key", "-outform", "DER", data=content)


def manifest(files, signature):
    refs = "".join(f'<a:DataObjectReference URI="{name}"><d:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
                   f"<d:DigestValue>{base64.b64encode(hashlib.sha256(octets).digest()).decode()}</d:DigestValue></a:DataObjectReference>" for name, octets in files.items())
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<a:ASiCManifest xmlns:a="http://uri.etsi.org/02918/v1.2.1#" xmlns:d="http://www.w3.org/2000/09/xmldsig#">'
            f'<a:SigReference URI="{signature}" MimeType="application/x-pkcs7-signature"/>{refs}</a:ASiCManifest>').encode()


def xades(files):
    """XAdES in its frame, computed by xmlsec1 over files of the working folder."""
    der = run("openssl", "x509", "-in", signer + ".crt", "-outform", "DER")
    digest = '<d:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><d:DigestValue>%s</d:DigestValue>'
    refs = "".join(f'<d:Reference URI="{name}">{digest % ""}</d:Reference>' for name in files)
    template = (
        '<a:XAdESSignatures xmlns:a="http://uri.etsi.org/02918/v1.2.1#"><d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#" Id="S0"><d:SignedInfo>'
        '<d:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><d:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/>'
        f'{refs}<d:Reference URI="#P0" Type="http://uri.etsi.org/01903#SignedProperties"><d:Transforms><d:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></d:Transforms>{digest % ""}'
        "</d:Reference></d:SignedInfo><d:SignatureValue/><d:KeyInfo><d:X509Data><d:X509Certificate/></d:X509Data></d:KeyInfo><d:Object>"
        '<x:QualifyingProperties xmlns:x="http://uri.etsi.org/01903/v1.3.2#" Target="#S0"><x:SignedProperties Id="P0"><x:SignedSignatureProperties>'
        f"<x:SigningTime>{SIGNED}</x:SigningTime><x:SigningCertificateV2><x:Cert><x:CertDigest>{digest % base64.b64encode(hashlib.sha256(der).digest()).decode()}</x:CertDigest></x:Cert>"
        "</x:SigningCertificateV2></x:SignedSignatureProperties></x:SignedProperties></x:QualifyingProperties></d:Object></d:Signature></a:XAdESSignatures>")
    for name, octets in files.items():
        with open(name, "wb") as f:
            f.write(octets)
    with open("template.xml", "w") as f:
        f.write(template)
    run("xmlsec1", "--sign", "--privkey-pem", f"{signer}.key,{signer}.crt", "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "--output", "signed.xml", "template.xml")
    with open("signed.xml", "rb") as f:
        return f.read()


def zipped(entries, deflate=True, comment=b""):
    """entries: (name, octets), the first stored."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for i, (name, octets) in enumerate(entries):
            z.writestr(zipfile.ZipInfo(name, (2026, 11, 22, 0, 0, 0)), octets, zipfile.ZIP_DEFLATED if deflate and i > 0 else zipfile.ZIP_STORED)
        z.comment = comment
    return out.getvalue()


def by_zip(entries):
    """The same by Info-ZIP: mimetype first, stored, without further fields."""
    os.makedirs("z/META-INF", exist_ok=True)
    for name, octets in entries:
        with open("z/" + name, "wb") as f:
            f.write(octets)
    if os.path.exists("by.zip"):
        os.unlink("by.zip")
    subprocess.run("cd z && zip -q -X -0 ../by.zip mimetype && zip -q -D ../by.zip " + " ".join("'%s'" % n for n, _ in entries[1:]), shell=True, check=True)
    with open("by.zip", "rb") as f:
        octets = f.read()
    subprocess.run(["rm", "-r", "z"], check=True)
    return octets


def replaced(entries, name, octets):
    return [(n, octets if n == name else o) for n, o in entries]


def kinds(permit):
    one = {"giay-phep.json": json.dumps(permit, ensure_ascii=False).encode()}
    two = dict(one, **{"ban-ve.txt": b"Ban ve (fictitious) of " + permit["id"].encode()})
    m = manifest(two, "META-INF/signature001.p7s")
    yield "ASiC-S CAdES", [("mimetype", MIME["s"]), *one.items(), ("META-INF/signature.p7s", cms(one["giay-phep.json"]))]
    yield "ASiC-E CAdES", [("mimetype", MIME["e"]), *two.items(), ("META-INF/ASiCManifest001.xml", m), ("META-INF/signature001.p7s", cms(m))]
    yield "ASiC-S XAdES", [("mimetype", MIME["s"]), *one.items(), ("META-INF/signatures.xml", xades(one))]
    yield "ASiC-E XAdES", [("mimetype", MIME["e"]), *two.items(), ("META-INF/manifest.xml", b"<m/>"), ("META-INF/signatures001.xml", xades(two))]


def mutations(kind, entries, k):
    """Name, container, verdict, sub: three of them for each container, by turns."""
    name, octets = entries[1]
    whole = zipped(entries)
    altered = bytearray(octets)
    altered[(37 * k) % len(altered)] ^= 1
    extended = kind.startswith("ASiC-E")
    ways = [
        ("a digit of the permit", zipped(replaced(entries, name, bytes(altered))), "TOTAL-FAILED", "HASH_FAILURE"),
        ("a file that nobody signed", zipped(entries + [("them.txt", b"x")]), "TOTAL-FAILED", "FORMAT_FAILURE"),
        ("a comment", zipped(entries, comment=b"x"), "TOTAL-FAILED", "FORMAT_FAILURE"),
        ("mimetype deflated", zipped([("giay", b"")] + entries), "TOTAL-FAILED", "FORMAT_FAILURE"),
        ("cut short", whole[: len(whole) * (k % 7 + 1) // 8], "TOTAL-FAILED", "FORMAT_FAILURE"),
        ("octets behind it", whole + b"PK", "TOTAL-FAILED", "FORMAT_FAILURE"),
        ("another mimetype", zipped(replaced(entries, "mimetype", MIME["s"] if extended else b"application/zip")), "TOTAL-FAILED", "FORMAT_FAILURE"),
        ("the permit's name leaves the folder", zipped([(n.replace(name, "../" + name), o) for n, o in entries]), "TOTAL-FAILED", "FORMAT_FAILURE"),
        ("the permit twice", zipped(entries + [(name.upper(), b"x")]), "TOTAL-FAILED", "FORMAT_FAILURE"),
    ]
    picked = [ways[(k + 3 * i) % len(ways)] for i in range(3)]
    if kind.endswith("XAdES"):
        inside = entries[-1][1].replace(b"</a:XAdESSignatures>", b"<a:x>text that nobody signed</a:x></a:XAdESSignatures>")
        picked.append(("text beside the signature", zipped(entries[:-1] + [(entries[-1][0], inside)]), "INDETERMINATE", "SIG_CONSTRAINTS_FAILURE"))
    return picked


def hostile():
    """Attack 14: refused, and in little memory."""
    global bad
    bomb = zipped([("mimetype", MIME["s"]), ("don.txt", bytes(200 << 20)), ("META-INF/signature.p7s", b"x")])
    many = zipped([("mimetype", MIME["s"])] + [(f"{i}.txt", b"x") for i in range(60000)] + [("META-INF/signature.p7s", b"x")])
    large = zipped([("mimetype", MIME["s"]), ("don.txt", os.urandom(1 << 20) * 7), ("META-INF/signature.p7s", b"x")], deflate=False)
    nested = zipped([("mimetype", MIME["s"]), ("don.zip", bomb), ("META-INF/signature.p7s", b"x")])
    for what, octets, sub in (("a bomb", bomb, "FORMAT_FAILURE"), ("60,000 entries", many, "FORMAT_FAILURE"), ("7 MB and no signature", large, "FORMAT_FAILURE"), ("a bomb within", nested, "FORMAT_FAILURE")):
        want("attack 14: " + what, octets, "TOTAL-FAILED", sub, 1)


with open(samples, encoding="utf-8") as f:
    permits = json.load(f)["permits"]
SIGNED = run("date", "-u", "-d", "-1 minute", "+%Y-%m-%dT%H:%M:%SZ").decode().strip()
assert len(permits) == 12
k = 0
for permit in permits:
    for kind, entries in kinds(permit):
        octets = by_zip(entries) if k % 3 == 0 else zipped(entries, deflate=k % 2 == 0)
        with zipfile.ZipFile(io.BytesIO(octets)) as z:
            assert z.testzip() is None
        report = want(f"{kind} of {permit['id']}", octets, "TOTAL-PASSED", "", 0)
        names = [f["name"] for f in report.get("files", [])]
        if report.get("format") != kind[:6] or report.get("scope") != "full" or sorted(names) != sorted(n for n, _ in entries[1:] if not n.startswith("META-INF")):
            bad += 1
            print(f"asic: {kind} of {permit['id']}: {report.get('format')}, {report.get('scope')}, files {names}")
        for what, octets, verdict, sub in mutations(kind, entries, k):
            want(f"{kind} of {permit['id']}: {what}", octets, verdict, sub, 1)
        k += 1
hostile()
print("  " + ", ".join(f"{n} {v}" for v, n in sorted(counts.items())))
if os.environ.get("MEMORY") == "yes" and resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > MEMORY_KB:
    bad += 1
    print(f"asic: a process took {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss} KB, where {MEMORY_KB} are enough")
sys.exit(1 if bad or sum(counts.values()) - counts["TOTAL-PASSED"] <= counts["TOTAL-PASSED"] else 0)

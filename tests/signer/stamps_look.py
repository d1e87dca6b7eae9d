#!/usr/bin/env python3
"""The stamps of a sealed permit by openssl, with nothing but what is in the file and two anchors.

usage: stamps_look.py PERMIT OUR-ROOT THEIR-ROOT WORDS     WORDS: whose stamp each signature has, in their order (ours theirs ...)

Of every stamp: it is of its SignatureValue (openssl ts -verify), and every certificate on its way to the anchor is
good by the CRLs in the same signature (openssl verify -crl_check_all).
"""
import base64
import os
import re
import subprocess
import sys
import tempfile
import textwrap

permit, ours, theirs, words = sys.argv[1:]
with open(permit, encoding="utf-8") as f:
    text = f.read()
signatures = re.findall(r"<ds:Signature[ >].*?</ds:Signature>", text, re.S)
assert len(signatures) == len(words.split()), len(signatures)


def pem(what, octets):
    return f"-----BEGIN {what}-----\n" + "\n".join(textwrap.wrap(octets, 64)) + f"\n-----END {what}-----\n"


def holds(folder, *command):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, (command, done.stdout.decode())
    return done.stdout.decode()


for signature, whose in zip(signatures, words.split()):
    with tempfile.TemporaryDirectory() as folder:
        value = re.search(r"<ds:SignatureValue[^>]*>([^<]+)</ds:SignatureValue>", signature).group(1)
        token = re.search(r"<xades:EncapsulatedTimeStamp[^>]*>([^<]+)<", signature).group(1)
        certificates = re.findall(r"<xades:EncapsulatedX509Certificate[^>]*>([^<]+)<", signature)
        crls = re.findall(r"<xades:EncapsulatedCRLValue[^>]*>([^<]+)<", signature)
        for name, octets in (
            ("value", f'<ds:SignatureValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{value}</ds:SignatureValue>'.encode()),
            ("token", base64.b64decode(token)),
            ("certificates.pem", "".join(pem("CERTIFICATE", c) for c in certificates).encode()),
            ("crls.pem", "".join(pem("X509 CRL", c) for c in crls).encode()),
        ):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(octets)
        root = {"ours": ours, "theirs": theirs}[whose]
        holds(folder, "openssl", "ts", "-verify", "-token_in", "-in", "token", "-data", "value", "-CAfile", root, "-untrusted", "certificates.pem")
        holds(folder, "openssl", "pkcs7", "-inform", "DER", "-in", "token", "-print_certs", "-out", "stamper.pem")
        told = holds(folder, "openssl", "verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", root, "-untrusted", "certificates.pem", "-crl_check_all", "-CRLfile", "crls.pem",
                     "-purpose", "timestampsign", "stamper.pem")
        assert told == "stamper.pem: OK\n", told

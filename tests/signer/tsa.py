#!/usr/bin/env python3
"""Another authority's time stamps: `openssl ts -reply` behind HTTP, as slow, dead or lying as a test wants it.

usage: tsa.py make FOLDER     root, issuing and stamping certificates, CRLs, FOLDER/timestamps.xml
       tsa.py serve FOLDER    writes FOLDER/port; answers as FOLDER/mode says when it is asked

Heard: a line in FOLDER/heard for each request: what, imprint, nonce (hex).
"""
import base64
import http.server
import os
import re
import subprocess
import sys
import threading
import time

POLICY, OTHER_POLICY = "1.3.6.1.4.1.99999.7.1", "1.3.6.1.4.1.99999.7.2"
SHA256 = bytes.fromhex("300d06096086480165030402010500")	# with its octets behind it
ONE = threading.Lock()	# openssl counts its serial numbers in a file
CONFIG = f"""
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
serial = serial
crlnumber = crlnumber
default_md = sha256
policy = any
default_crl_days = 30
unique_subject = no
[any]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[issuing]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[stamps]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[stamping]
serial = tsa.serial
default_policy = {POLICY}
other_policies = {OTHER_POLICY}
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
signer_digest = sha256
"""


def run(folder, *command, data=None):
    return subprocess.run(command, cwd=folder, input=data, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def request(folder, name, algorithm):
    key = ["-newkey", "rsa:2048"] if algorithm == "rsa" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    run(folder, "openssl", "req", "-new", *key, "-nodes", "-keyout", f"{name}.key", "-subj", f"/CN={name} (fictitious)", "-out", f"{name}.csr")


def issue(folder, name, by, kind, algorithm="ec", *more):
    request(folder, name, algorithm)
    signer = ["-selfsign", "-keyfile", f"{name}.key"] if by is None else ["-cert", f"{by}.crt", "-keyfile", f"{by}.key"]
    days = more or ("-days", "3000")
    run(folder, "openssl", "ca", "-config", "ca.cnf", "-batch", "-notext", *signer, "-in", f"{name}.csr", "-extensions", kind, *days, "-out", f"{name}.crt")


def crl(folder, by, *more):
    run(folder, "openssl", "ca", "-config", "ca.cnf", "-gencrl", "-cert", f"{by}.crt", "-keyfile", f"{by}.key", *more, "-out", f"{by}.pem")
    run(folder, "openssl", "crl", "-in", f"{by}.pem", "-outform", "DER", "-out", f"{by}.crl")


def der_text(folder, name):
    return base64.encodebytes(run(folder, "openssl", "x509", "-in", f"{name}.crt", "-outform", "DER")).decode()


def make(folder):
    for name, text in (("ca.cnf", CONFIG), ("index.txt", ""), ("serial", "1000\n"), ("crlnumber", "01\n"), ("tsa.serial", "01\n"), ("mode", "good"), ("heard", "")):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    issue(folder, "root", None, "root", "rsa")
    issue(folder, "issuing", "root", "issuing", "rsa")
    issue(folder, "stamps", "issuing", "stamps", "rsa")
    issue(folder, "revoked", "issuing", "stamps")
    issue(folder, "over", "issuing", "stamps", "ec", "-startdate", "20240101000000Z", "-enddate", "20250101000000Z")
    issue(folder, "strange-root", None, "root")
    issue(folder, "stranger", "strange-root", "stamps")
    run(folder, "openssl", "ca", "-config", "ca.cnf", "-revoke", "revoked.crt", "-crl_reason", "keyCompromise", "-cert", "issuing.crt", "-keyfile", "issuing.key")
    for by in ("root", "issuing", "strange-root"):
        crl(folder, by)
    run(folder, "faketime", "2020-01-01 00:00:00", "openssl", "ca", "-config", "ca.cnf", "-gencrl", "-cert", "issuing.crt", "-keyfile", "issuing.key", "-out", "late.pem")
    run(folder, "openssl", "crl", "-in", "late.pem", "-outform", "DER", "-out", "late.crl")
    with open(os.path.join(folder, "timestamps.xml"), "w", encoding="utf-8") as f:
        f.write(f"""<?xml version="1.0" encoding="UTF-8"?>
<timestamps xmlns="urn:antin:policy:1">
  <authority id="thu" vi="Dấu thời gian ngoài (hư cấu)" en="An outside authority (fictitious)" policies="{POLICY}" from="2026-01-01">
    <anchor>{der_text(folder, "root")}</anchor>
    <certificate>{der_text(folder, "issuing")}</certificate>
  </authority>
</timestamps>
""")


def reply(folder, query, signer="stamps", before=(), more=()):
    name = f"query.{threading.get_ident()}.{time.monotonic_ns()}"
    with open(os.path.join(folder, name), "wb") as f:
        f.write(query)
    with ONE:
        return run(folder, *before, "openssl", "ts", "-reply", "-config", "ca.cnf", "-section", "stamping", "-queryfile", name, "-signer", f"{signer}.crt", "-inkey", f"{signer}.key", *more)


def imprint_of(query):
    found = re.search(re.escape(SHA256) + b"\x04\x20(.{32})", query, re.S)
    return found.group(1).hex() if found else "?"


def nonce_of(query):
    text = run(".", "openssl", "ts", "-query", "-in", "/dev/stdin", "-text", data=query).decode()
    return re.search(r"Nonce: (\S+)", text).group(1)


def other_query(folder, imprint, *more):
    return run(folder, "openssl", "ts", "-query", "-digest", imprint, "-sha256", *more)


# What is answered, by the word in FOLDER/mode.
def answers(folder, query):
    imprint = imprint_of(query)
    wrong = "00" * 32 if imprint != "00" * 32 else "11" * 32
    return {
        "good": lambda: reply(folder, query),
        "wrong imprint": lambda: reply(folder, other_query(folder, wrong, "-cert")),
        "wrong nonce": lambda: reply(folder, other_query(folder, imprint, "-cert")),
        "no nonce": lambda: reply(folder, other_query(folder, imprint, "-cert", "-no_nonce")),
        "without certificate": lambda: reply(folder, other_query(folder, imprint)),
        "another policy": lambda: reply(folder, query, more=("-tspolicy", OTHER_POLICY)),
        "a stranger": lambda: reply(folder, query, "stranger"),
        "an expired certificate": lambda: reply(folder, query, "over"),
        "revoked": lambda: reply(folder, query, "revoked", more=("-chain", "issuing.crt")),
        "yesterday": lambda: reply(folder, query, before=("faketime", "-1 day")),
        "tomorrow": lambda: reply(folder, query, before=("faketime", "+1 day")),
        "refused": lambda: reply(folder, other_query(folder, imprint, "-tspolicy", "1.2.3.4")),
        "garbage": lambda: b"\x30\x82\xff\xff garbage",
        "empty": lambda: b"",
        "behind it": lambda: reply(folder, query) + b"\x00",
        "cut": lambda: reply(folder, query)[:-7],
    }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    @property
    def folder(self):
        return self.server.folder

    def mode(self):
        with open(os.path.join(self.folder, "mode"), encoding="utf-8") as f:
            return f.read()

    def hear(self, *words):
        with self.server.lock, open(os.path.join(self.folder, "heard"), "a", encoding="utf-8") as f:
            f.write(" ".join(words) + "\n")

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass	# the other one has gone

    def send(self, status, kind, body, more=()):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *more):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        name = self.path.lstrip("/")
        self.hear("GET", name)
        if not re.fullmatch(r"[a-z-]+\.(crl|pem)", name) or not os.path.exists(os.path.join(self.folder, name)):
            return self.send(404, "text/plain", b"")
        with open(os.path.join(self.folder, name), "rb") as f:
            return self.send(200, "application/pkix-crl", f.read())

    # An answer without an end: until the other one has enough.
    def endless(self, pause):
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(b"\x30" * 1000 if pause == 0 else b"\x30")
            self.wfile.flush()
            time.sleep(pause)

    def do_POST(self):
        query = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        mode = self.mode()
        self.hear("POST", imprint_of(query), nonce_of(query), self.headers.get("Content-Type", "-"), self.headers.get("Authorization", "-").replace(" ", "_"))
        if mode == "hang up":
            self.close_connection = True
            return None
        if mode == "endless":
            return self.endless(0)
        if mode == "a drop at a time":
            return self.endless(0.2)
        if mode == "HTTP 500":
            return self.send(500, "application/timestamp-reply", reply(self.folder, query))
        if mode == "a redirection":
            return self.send(302, "application/timestamp-reply", b"", (("Location", f"http://127.0.0.1:{self.server.server_port}/there"),))
        if mode == "as text":
            return self.send(200, "text/html", reply(self.folder, query))
        # Until the test lets go of it.
        while self.mode() == "hold":
            time.sleep(0.05)
        told = answers(self.folder, query).get(self.mode() if mode == "hold" else mode)
        self.close_connection = told is None
        return None if told is None else self.send(200, "application/timestamp-reply", told())


def serve(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.folder, server.lock = folder, threading.Lock()
    with open(os.path.join(folder, "port.new"), "w", encoding="utf-8") as f:
        f.write(str(server.server_port))
    os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
    server.serve_forever()


if __name__ == "__main__":
    {"make": make, "serve": serve}[sys.argv[1]](os.path.abspath(sys.argv[2]))

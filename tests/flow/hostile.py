#!/usr/bin/env python3
"""A hostile program in antin-api's place (see taken_over.sh).

hostile.py sockets RUN ORDERS   same user, same sockets: what can it reach?
hostile.py front REAL PORT HOW  a front end that lies to the officer's program
"""
import base64
import glob
import http.server
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.request


def frame(kind, *fields):
    body = b"".join(struct.pack(">I", len(f)) + f for f in fields)
    return struct.pack(">IHBB", 4 + len(body), kind, len(fields), 0) + body


def ask(path, octets):
    """The answer's type and fields, or None when the other end hung up."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(path)
    s.sendall(octets)
    head = b""
    while len(head) < 8:
        piece = s.recv(8 - len(head))
        if not piece:
            return None
        head += piece
    length, kind, count, _ = struct.unpack(">IHBB", head)
    body = b""
    while len(body) < length - 4:
        body += s.recv(length - 4 - len(body))
    fields, at = [], 0
    for _ in range(count):
        n = struct.unpack(">I", body[at:at + 4])[0]
        fields.append(body[at + 4:at + 4 + n])
        at += 4 + n
    return kind, fields


REFUSED = 0xFFFF
SIGNER, CA, VERIFIER = 0x601, 0x401, 0x401


def sockets(run, orders):
    bad = 0

    def check(what, good):
        nonlocal bad
        bad += not good
        print(("ok " if good else "not ok ") + what)

    mine = {os.path.basename(p) for p in glob.glob(run + "/*.api.sock")}
    check("no door of the register, none of a token", not any("register" in m or "hsm" in m for m in mine))
    if os.getuid() != 0:
        others = [p for p in glob.glob(run + "/*.sock") if not p.endswith(".api.sock")]
        reached = []
        for path in others:
            try:
                socket.socket(socket.AF_UNIX).connect(path)
                reached.append(path)
            except OSError:
                pass
        check("no door of another process opens (%d tried)" % len(others), not reached and len(others) > 5)
    signer, ca = run + "/antin-signer.api.sock", run + "/antin-ca.api.sock"
    for kind in list(range(0x000, 0x010)) + list(range(0x100, 0x104)) + list(range(0x200, 0x204)) + list(range(0x300, 0x304)):
        if ask(signer, frame(kind, b"x")) is not None:
            check("a message of another daemon (%#x) is not answered" % kind, False)
    check("messages of other daemons are not answered", True)
    accepted = 0
    tried = 0
    for path in sorted(glob.glob(orders + "/*.cms")):
        octets = open(path, "rb").read()
        for where, base in ((signer, 0x600), (ca, 0x500), (ca, 0x400)):
            for kind in range(base + 1, base + 8):
                answer = ask(where, frame(kind, octets))
                tried += 1
                if answer is not None and answer[0] != REFUSED:
                    accepted += 1
    check("orders that were given before act no second time (%d tries)" % tried, accepted == 0 and tried > 0)
    junk = [b"", b"\x30\x00", os.urandom(2000), b"\x30\x84\x7f\xff\xff\xff" + os.urandom(100)]
    check("what is no order orders nothing", all((ask(signer, frame(k, j)) or (REFUSED,))[0] == REFUSED for j in junk for k in range(0x605, 0x607)))
    return bad


def own_ticket(real):
    """The same ticket, signed by a key of our own."""
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=hostile",
                        "-keyout", d + "/k", "-out", d + "/c"], check=True, capture_output=True)
        open(d + "/t", "wb").write(base64.b64decode(real))
        subprocess.run(["openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in", d + "/t", "-out", d + "/json"], check=True, capture_output=True)
        subprocess.run(["openssl", "cms", "-sign", "-binary", "-nodetach", "-cades", "-outform", "DER", "-signer", d + "/c", "-inkey", d + "/k", "-in", d + "/json", "-out", d + "/o"],
                       check=True, capture_output=True)
        return base64.b64encode(open(d + "/o", "rb").read()).decode()


def lie(how, answer):
    j = json.loads(answer)
    if how == "digest":
        j["documents"][0]["digest"] = "00" * 32
    elif how == "ticket":
        j["ticket"] = own_ticket(j["ticket"])
    elif how == "fewer":
        j["documents"] = []
    elif how == "twice":
        j["documents"].append(j["documents"][0])
    elif how == "last":  # nothing is signed before the last one was looked at
        j["documents"][-1]["digest"] = "00" * 32
    elif how == "one":  # two names for one document
        j["documents"][-1]["digest"] = j["documents"][0]["digest"]
    elif how == "none":
        j["documents"] = []
        j["refused"] = [{"handle": "0" * 32, "done": True}]
    return json.dumps(j).encode()


def front(real, port, how):
    class Front(http.server.BaseHTTPRequestHandler):
        def pass_on(self, body=None):
            r = urllib.request.Request(real + self.path, data=body, method=self.command, headers={k: v for k, v in self.headers.items() if k.lower() in ("content-type", "accept", "authorization")})
            try:
                with urllib.request.urlopen(r) as answer:
                    status, octets = answer.status, answer.read()
            except urllib.error.HTTPError as e:
                status, octets = e.code, e.read()
            if self.path == "/v1/permits/prepare" and status == 200:
                octets = lie(how, octets)
            if how == "bytes" and self.command == "GET" and self.path.startswith("/v1/permits/"):
                octets = octets.replace(b"UBND", b"UBNX")
            self.send_response(status)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def do_GET(self):
            self.pass_on()

        def do_POST(self):
            self.pass_on(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def log_message(self, *_):
            pass

    http.server.HTTPServer(("127.0.0.1", port), Front).serve_forever()


if sys.argv[1] == "sockets":
    sys.exit(1 if sockets(sys.argv[2], sys.argv[3]) else 0)
front(sys.argv[2], int(sys.argv[3]), sys.argv[4])

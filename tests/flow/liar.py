#!/usr/bin/env python3
"""Between a program and the service: passes everything on but what the word in LIE
asks for, and keeps silent about it.

liar.py API LIE    prints the port it listens on (loopback)
"""
import http.server
import json
import sys
import urllib.error
import urllib.request

api, lie = sys.argv[1:3]


def batch(word, status, body):
    lines = body.splitlines(keepends=True)
    told = {"empty": b"", "cut": b"".join(lines[:-1]), "half": body[:-20], "more": body + lines[-1],
            "other": b"".join(lines[1:] + lines[:1]), "page": b"<html></html>\n"}
    return status, told.get(word, body)


def prepare(word, status, body):
    j = json.loads(body)
    if word == "left-out":
        j["documents"].pop()
    elif word == "twice":
        j["documents"].append(j["documents"][0])
    elif word == "stranger":
        j["refused"].append({"handle": "0" * 32, "done": False, "class": "absent", "text": "x"})
    elif word == "order":
        j["documents"].reverse()
    return status, json.dumps(j).encode()


def finish(word, status, body):
    j = json.loads(body)
    if word == "unsaid":
        j["results"].pop()
    elif word == "nothing":
        j = {}
    elif word == "gone":
        return 502, b"<html>502</html>"
    elif word == "refused":
        return 403, json.dumps({"class": "policy", "detail": "not now, not you", "status": 403}).encode()
    return status, json.dumps(j).encode()


class Liar(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        question = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {k: v for k, v in self.headers.items() if k in ("Authorization", "Idempotency-Key", "Content-Type")}
        try:
            with urllib.request.urlopen(urllib.request.Request(api + self.path, question, headers)) as answer:
                status, kind, body = answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as e:
            status, kind, body = e.code, e.headers["Content-Type"], e.read()
        if status == 200:
            change = {"/v1/permits/batch": batch, "/v1/permits/prepare": prepare, "/v1/permits/finish": finish}.get(self.path)
            status, body = change(open(lie).read().strip(), status, body) if change else (status, body)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
print(server.server_port, flush=True)
server.serve_forever()

#!/usr/bin/env python3
"""report_ask.py PROTO SOCKET OPTIONS FILE: asks antin-signer for a signed report, as antin-api does (base/msg.h):
the type of the JWS, or the class of its refusal."""
import base64, fcntl, json, os, re, socket, struct, sys

proto, path, options, document = sys.argv[1:]
kind = 0x601 + re.findall(r'\bX\((\w+),', open(proto).read()).index('SIGNER_REPORT')
fd = os.memfd_create('document', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
os.write(fd, open(document, 'rb').read())
fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
text = options.encode()
body = struct.pack('>HBBI', kind, 1, 1, len(text)) + text
s = socket.socket(socket.AF_UNIX)
s.connect(path)
socket.send_fds(s, [struct.pack('>I', len(body)) + body], [fd])
reply = s.makefile('rb')
length, answered, fields, _ = struct.unpack('>IHBB', reply.read(8))
rest = reply.read(length - 4)
first = rest[4:4 + struct.unpack_from('>I', rest)[0]].decode()
if answered == 0xffff:
    print('refused', first)
else:
    header = first.split('.')[0]
    print(json.loads(base64.urlsafe_b64decode(header + '=' * (-len(header) % 4)))['typ'])

#!/usr/bin/env python3
"""Batches of documents to be judged, hostile ones among them.

make STATE CODE      lines and zips out of the documents of STATE, and what each deserves
check WANT ANSWERS   a row each, in their order
slowly HOST FILE OUT the body in small chunks -> the status
"""
import base64, http.client, io, json, os, struct, sys, zipfile, zlib


def lines(state, code):
    document = lambda name: base64.b64encode(open(f'{state}/{name}', 'rb').read()).decode()
    permit = document('permit.xml')
    rows = [
        ({'document': permit, 'name': 'permit'}, 200, 'TOTAL-PASSED'),
        ('', None, None),
        ({'document': document('own.p7m'), 'name': 'đơn'}, 200, 'TOTAL-PASSED'),
        ('not JSON', 400, None),
        ('[]', 400, None),
        ('{}', 400, None),
        ('{"document":', 400, None),
        ({'code': code, 'document': permit}, 400, None),
        ({'document': permit, 'more': 1}, 400, None),
        ({'document': 5}, 400, None),
        ({'document': ''}, 400, None),
        ({'document': permit[:-3] + '!!!'}, 400, None),
        ({'document': permit, 'day': 'tomorrow'}, 400, None),
        ({'document': permit, 'day': '2026-02-31'}, 400, None),
        ({'code': code, 'day': '2026-02-31'}, 400, None),
        ({'code': code, 'day': '2026-12-01', 'name': 'code on 2026-12-01'}, 200, 'TOTAL-PASSED'),
        ({'code': code, 'day': '2020-01-01', 'name': 'code on 2020-01-01'}, 200, 'TOTAL-PASSED'),
        ({'document': permit, 'name': 'x' * 1001}, 413, None),
        ('{"document":"%s"}' % ('A' * (3 << 20)), 413, None),
        (b'{"document":"\xff"}', 400, None),
        (b'{"code":"a\x00b"}', 400, None),
        ('[' * 100000, 400, None),
        ({'document': document('altered.p7m')}, 200, 'TOTAL-FAILED'),
        ({'document': document('stranger.p7m')}, 200, 'INDETERMINATE'),
        ({'document': base64.b64encode(b'<a>' * 500000).decode()}, 200, 'TOTAL-FAILED'),
        ({'document': base64.b64encode(b'nothing').decode()}, 200, 'INDETERMINATE'),
        ({'code': code, 'name': 'by code'}, 200, 'TOTAL-PASSED'),
        ({'code': 'no code at all'}, 200, None),
        ({'document': permit, 'name': 'last', 'day': '2027-01-01'}, 200, 'TOTAL-PASSED'),
    ]
    octets = lambda line: line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)).encode()
    with open(f'{state}/lines.jsonl', 'wb') as out:
        out.write(b'\r\n'.join(octets(line) for line, _, _ in rows))
    want(f'{state}/lines.want', [(n + 1, status, verdict) for n, (_, status, verdict) in enumerate(rows) if status])
    with open(f'{state}/thousand.jsonl', 'w') as out:
        out.write((json.dumps({'document': document('own.p7m')}) + '\n') * 1000)
    open(f'{state}/empty', 'w').close()
    open(f'{state}/blank', 'w').write('\n \r\n\n')


def want(path, rows):
    json.dump(rows, open(path, 'w'))


def lying(size):
    """A file that says it has one octet, and inflates to many."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflate.compress(b'A' * size) + deflate.flush()


def hand_made(files):
    """A zip as it says: [(name, method, octets, size told)]."""
    out, directory = b'', b''
    for name, method, octets, told in files:
        head = struct.pack('<HHHHHIIIHH', 20, 0x800, method, 0, 0x5a21, zlib.crc32(b'A'), len(octets), told, len(name), 0)
        directory += b'PK\x01\x02' + struct.pack('<H', 20) + head + struct.pack('<HHHII', 0, 0, 0, 0, len(out)) + name
        out += b'PK\x03\x04' + head + name + octets
    return out + directory + b'PK\x05\x06' + struct.pack('<HHHHIIH', 0, 0, len(files), len(files), len(directory), len(out), 0)


def zips(state):
    permit, own = (open(f'{state}/{name}', 'rb').read() for name in ('permit.xml', 'own.p7m'))
    stored = lambda octets: (0, octets, len(octets))
    files = [
        (b'giay.xml', *stored(permit), 200, 'TOTAL-PASSED'),
        ('đơn.p7m'.encode(), *stored(own), 200, 'TOTAL-PASSED'),
        (b'../../etc/passwd', *stored(own), 200, 'TOTAL-PASSED'),
        (b'/absolute', *stored(b'nothing'), 200, 'INDETERMINATE'),
        (b'folder/', 0, b'', 0, 400, None),
        (b'empty', 0, b'', 0, 400, None),
        (b'bomb', 8, lying(200 << 20), 200 << 20, 413, None),
        (b'liar', 8, lying(50 << 20), 1, 400, None),
        (b'method', 98, b'abc', 3, 400, None),
        (b'giay.xml', *stored(permit.replace(b'0', b'1', 1)), 200, 'TOTAL-FAILED'),
        (b'last', *stored(own), 200, 'TOTAL-PASSED'),
    ]
    fixed = []
    for name, method, octets, told, status, verdict in files:
        fixed.append((name, method, octets, told))
    made = bytearray(hand_made(fixed))
    # The checksums of what is stored are its own.
    for name, method, octets, told in fixed:
        if method == 0:
            at = made.find(b'PK\x03\x04')
            while at >= 0:
                length, n = struct.unpack_from('<I', made, at + 18)[0], struct.unpack_from('<H', made, at + 26)[0]
                if made[at + 30:at + 30 + n] == name and made[at + 30 + n:at + 30 + n + length] == octets:
                    struct.pack_into('<I', made, at + 14, zlib.crc32(octets))
                at = made.find(b'PK\x03\x04', at + 4)
    at, k = made.find(b'PK\x01\x02'), 0
    while k < len(fixed):
        if fixed[k][1] == 0:
            struct.pack_into('<I', made, at + 16, zlib.crc32(fixed[k][2]))
        at = made.find(b'PK\x01\x02', at + 4)
        k += 1
    open(f'{state}/files.zip', 'wb').write(made)
    want(f'{state}/files.want', [(n + 1, status, verdict) for n, (*_, status, verdict) in enumerate(files)])
    open(f'{state}/cut.zip', 'wb').write(made[:-30])
    open(f'{state}/empty.zip', 'wb').write(b'PK\x05\x06' + bytes(18))
    open(f'{state}/large.zip', 'wb').write(hand_made([(b'%d' % i, 0, os.urandom(1 << 20), 1 << 20) for i in range(17)]))


def check(path, answers):
    got = [json.loads(line) for line in open(answers)]
    said = [[a['line'], a['status'], a.get('verdict')] for a in got]
    expected = json.load(open(path))
    for e, s, a in zip(expected, said, got):
        if e[0] != s[0] or e[1] != s[1] or (e[2] and e[2] != s[2]):
            sys.exit(f'wanted {e}, said {s}: {json.dumps(a, ensure_ascii=False)[:300]}')
    if len(expected) != len(said):
        sys.exit(f'{len(expected)} wanted, {len(said)} said')


def slowly(host, path, out):
    body = open(path, 'rb').read()
    c = http.client.HTTPConnection(host)
    c.request('POST', '/v1/verify/batch', body=(body[i:i + 70001] for i in range(0, len(body), 70001)), headers={'Content-Type': 'application/jsonl'}, encode_chunked=True)
    answer = c.getresponse()
    open(out, 'wb').write(answer.read())
    print(answer.status)


if sys.argv[1] == 'make':
    lines(*sys.argv[2:])
    zips(sys.argv[2])
else:
    {'check': check, 'slowly': slowly}[sys.argv[1]](*sys.argv[2:])

#!/usr/bin/env python3
"""The examples of policy/FORMATS.md, read with Python's standard library and
openssl alone: no line of ours decides here.

formats.py PAGE                                what can be checked from the page
formats.py PAGE HOST SERIAL CHAIN SHEET        and its commands, at a running service
"""
import base64, hashlib, hmac, json, os, re, subprocess, sys, tempfile, zlib

page = open(sys.argv[1], encoding='utf-8').read()
examples = dict(re.findall(r'<!-- example: ([a-z-]+) -->\n```\n(.*?)```\n', page, re.S))
used = set()


def example(name):
    used.add(name)
    return examples[name]


def rows(name):
    """Lines of "word  value"; a line that begins with spaces belongs to the word before it."""
    found, last = {}, None
    for line in example(name).splitlines():
        word, _, value = line.partition(' ')
        if word:
            last = word
            found[word] = value.strip()
        else:
            found[last + ' decoded'] = line.strip()
    return found


def check(what, good):
    print(('   ' if good else '   NOT: ') + what)
    if not good:
        check.bad += 1


check.bad = 0


def sha(octets):
    return hashlib.sha256(octets).digest()


def decode(octets, at=0):
    """One CBOR item of those that we write: value and the place behind it."""
    major, small = octets[at] >> 5, octets[at] & 31
    at += 1
    if octets[at - 1] == 0xf6:
        return None, at
    n = small
    if small >= 24:
        width = 1 << (small - 24)
        n = int.from_bytes(octets[at:at + width], 'big')
        at += width
    if major == 0:
        return n, at
    if major == 1:
        return -1 - n, at
    if major in (2, 3):
        body = octets[at:at + n]
        return (body if major == 2 else body.decode()), at + n
    if major == 6:
        value, at = decode(octets, at)
        return ('tag', n, value), at
    values = []
    for _ in range(n * (1 if major == 4 else 2)):
        value, at = decode(octets, at)
        values.append(value)
    return (values if major == 4 else list(zip(values[::2], values[1::2]))), at


def whole(octets):
    value, end = decode(octets)
    assert end == len(octets), 'octets behind'
    return value


def diagnostic(x):
    if x is None:
        return 'null'
    if isinstance(x, int):
        return str(x)
    if isinstance(x, bytes):
        return "h'%s'" % x.hex()
    if isinstance(x, str):
        return json.dumps(x, ensure_ascii=False)
    if x and all(isinstance(i, tuple) for i in x):
        return '{' + ', '.join(diagnostic(k) + ': ' + diagnostic(v) for k, v in x) + '}'
    return '[' + ', '.join(diagnostic(i) for i in x) + ']'


def openssl(*words, stdin=b''):
    return subprocess.run(('openssl',) + words, input=stdin, capture_output=True)


def codes():
    signs = '0123456789BCFGHJKMNPRSTVXZ'
    damm = ['0317598642', '7092154863', '4206871359', '1750983426', '6123045978', '3674209581', '5869720134', '8945362017', '9438617205', '2581436790']
    c = rows('codes')
    plain, p, run = c['short'].replace('-', ''), 26, []
    for sign in plain[:12]:
        s = (p + signs.index(sign)) % 26 or 26
        p = 2 * s % 27
        run.append(str(p))
    check('codes: the values of p', ' '.join(run) == c['p'])
    check('codes: the check sign', signs[(1 - p) % 26] == plain[12])
    state, run = 0, []
    for digit in c['voice'][:12]:
        state = int(damm[state][int(digit)])
        run.append(str(state))
    check("codes: the states of Damm's table", ' '.join(run) == c['states'])
    check('codes: the check digit', str(state) == c['voice'][12])
    typed = re.sub('[ .-]', '', c['typed']).upper().replace('O', '0').replace('I', '1')
    check('codes: typed with forgiveness', typed == plain)
    lines = example('sheet').splitlines()
    check('sheet: the codes', lines[0].endswith(': ' + c['short']) and lines[1].split(': ')[1].replace(' ', '') == c['voice'])
    check('sheet: the QR text', lines[2] == 'https://%s/#%s' % (rows('entry')['origin'].split('/')[0], c['voice']))


def order():
    text = example('order').rstrip('\n')
    check('order: canonical JSON', json.dumps(json.loads(text), sort_keys=True, separators=(',', ':'), ensure_ascii=False) == text)
    told = json.loads(text)
    origin, size, root = example('checkpoint').splitlines()[:3]
    check('order: after the checkpoint below', told['after'] == {'root': root, 'size': int(size)})
    check('order: about the permit below', told['subject'] == [{'hash': sha(b'the officer-signed file').hex(), 'id': handle_of_entry()}])


def handle_of_entry():
    return whole(bytes.fromhex(rows('entry')['entry']))[5].hex()


def entry():
    e = rows('entry')
    record, octets, salt = (bytes.fromhex(e[k]) for k in ('record', 'entry', 'salt'))
    fields = whole(octets)
    check('entry: the record, decoded', diagnostic(whole(record)) == e['record decoded'])
    check('entry: its fields, decoded', diagnostic(fields) == e['entry decoded'])
    commit = hmac.new(salt, b'\1' + sha(record), hashlib.sha256).digest()
    check('entry: commit', commit.hex() == e['commit'] and commit == fields[6])
    check('entry: kid', sha(e['origin'].encode())[:8].hex() == e['kid'] and fields[7].hex() == e['kid'])
    check('entry: leaf', sha(b'\0' + octets).hex() == e['leaf'] and len(octets) <= 512)


def dossier():
    d = rows('dossier')
    record, octets, salt = (bytes.fromhex(d[k]) for k in ('record', 'entry', 'salt'))
    told, fields = whole(record), whole(octets)
    check('dossier: record and entry, decoded', diagnostic(told) == d['record decoded'] and diagnostic(fields) == d['entry decoded'])
    check('dossier: commit', hmac.new(salt, b'\1' + sha(record), hashlib.sha256).digest() == fields[6])
    told = dict(told)
    check('dossier: the public part is of the record', fields[9] == [told['step'], told['day'], told['due'], told['running']] and fields[5] == told['handle'] and fields[3] == told['agency'])
    check('dossier: the code as it came is not in the entry', told['code'].encode() not in octets and told['code'].endswith('-' + told['running']))


def note(text):
    """The checkpoint inside, once openssl has checked its signature by the example's key."""
    name, _, key = example('vkey').strip().split('+', 2)
    identity, key = example('vkey').strip().split('+')[1], base64.b64decode(example('vkey').strip().split('+', 2)[2])
    check('note: the identity of the key', sha(name.encode() + b'\n' + key)[:4].hex() == identity and key[:1] == b'\1')
    body, _, line = text.rpartition('\n\n')
    body += '\n'
    dash, signer, signature = line.strip().split(' ')
    signature = base64.b64decode(signature)
    check('note: who signed', dash == '—' and signer == name and signature[:4].hex() == identity)
    with tempfile.TemporaryDirectory() as d:
        for file, octets in (('key', bytes.fromhex('302a300506032b6570032100') + key[1:]), ('text', body.encode()), ('signature', signature[4:])):
            open(os.path.join(d, file), 'wb').write(octets)
        verdict = openssl('pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', d + '/key', '-rawin', '-in', d + '/text', '-sigfile', d + '/signature')
    check('note: the signature, by openssl', verdict.returncode == 0)
    origin, size, root = body.splitlines()
    return origin, int(size), base64.b64decode(root)


def cosigned():
    """The witness's line under the checkpoint, by openssl."""
    name, identity, key = example('witness').strip().split('+', 2)
    key = base64.b64decode(key)
    check('cosigned: the identity of the key', sha(name.encode() + b'\n' + key)[:4].hex() == identity and key[:1] == b'\4')
    before, line = example('cosigned')[:len(example('checkpoint'))], example('cosigned')[len(example('checkpoint')):]
    check('cosigned: the checkpoint', before == example('checkpoint'))
    dash, signer, octets = line.strip().split(' ')
    octets = base64.b64decode(octets)
    time = int.from_bytes(octets[4:12], 'big')
    check('cosigned: who, and when', dash == '—' and signer == name and octets[:4].hex() == identity and time == 1795336930)
    message = 'cosignature/v1\ntime %d\n%s\n' % (time, before.rpartition('\n\n')[0])
    with tempfile.TemporaryDirectory() as d:
        for file, content in (('key', bytes.fromhex('302a300506032b6570032100') + key[1:]), ('text', message.encode()), ('signature', octets[12:])):
            open(os.path.join(d, file), 'wb').write(content)
        verdict = openssl('pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', d + '/key', '-rawin', '-in', d + '/text', '-sigfile', d + '/signature')
    check('cosigned: the signature, by openssl', verdict.returncode == 0)


def proof():
    e = rows('entry')
    checkpoint = note(example('checkpoint'))
    check('checkpoint: its origin', checkpoint[0] == e['origin'])
    head, _, rest = example('proof').partition('\n\n')
    lines = head.splitlines()
    check('proof: the same checkpoint', rest == example('checkpoint'))
    extra = whole(base64.b64decode(lines[1].split(' ')[1]))
    check('proof: entry, record and salt', [x.hex() for x in extra] == [e['entry'], e['record'], e['salt']])
    sibling = base64.b64decode(lines[3])
    check('proof: the root', lines[2] == 'index 1' and checkpoint[1] == 2 and sha(b'\1' + sibling + sha(b'\0' + extra[0])) == checkpoint[2])
    check('proof: the sibling in the text', "sibling's hash is %s," % lines[3] in page)


def der_integer(octets):
    body = octets.lstrip(b'\0') or b'\0'
    body = (b'\0' if body[0] & 128 else b'') + body
    return b'\2' + bytes([len(body)]) + body


def head(major, n):
    return bytes([major << 5 | n]) if n < 24 else bytes([major << 5 | 24, n]) if n < 256 else bytes([major << 5 | 25]) + n.to_bytes(2, 'big')


def status_list():
    s, pem = rows('status-list'), example('status-certificate')
    _, number, (protected, unprotected, payload, signature) = whole(bytes.fromhex(s['cwt']))
    der = openssl('x509', '-outform', 'DER', stdin=pem.encode()).stdout
    check('status list: tag and shape', number == 18 and unprotected == [] and len(signature) == 64)
    check('status list: protected header', diagnostic(whole(protected)) == s['protected'])
    check('status list: kid', dict(whole(protected))[4] == sha(der)[:8])
    check('status list: payload', diagnostic(whole(payload)) == s['payload'])
    packed = zlib.decompress(dict(dict(whole(payload))[65533])['lst'])
    check('status list: inflated', packed.hex() == s['inflated'])
    check('status list: values', ' '.join('%d %d' % (b & 15, b >> 4) for b in packed) == s['values'])
    tbs = b'\x84\x6aSignature1' + head(2, len(protected)) + protected + b'\x40' + head(2, len(payload)) + payload
    rs = der_integer(signature[:32]) + der_integer(signature[32:])
    with tempfile.TemporaryDirectory() as d:
        for file, octets in (('tbs', tbs), ('sig', b'\x30' + bytes([len(rs)]) + rs), ('key', openssl('x509', '-noout', '-pubkey', stdin=pem.encode()).stdout)):
            open(os.path.join(d, file), 'wb').write(octets)
        check('status list: the signature, by openssl', openssl('dgst', '-sha256', '-verify', d + '/key', '-signature', d + '/sig', d + '/tbs').returncode == 0)


def run(name, folder, **words):
    """A block of commands as it stands on the page, with what stands for itself put in."""
    text = example(name)
    for word, value in words.items():
        text = text.replace(word, value)
    done = subprocess.run(['bash', '-euo', 'pipefail', '-c', text], cwd=folder, capture_output=True, text=True)
    check('commands: ' + name, done.returncode == 0)
    if done.returncode != 0:
        print('      ' + done.stderr.strip().replace('\n', '\n      '))
    return done.stdout


def commands():
    with tempfile.TemporaryDirectory() as d:
        open(d + '/order.json', 'w', encoding='utf-8').write(example('order').rstrip('\n'))
        run('order-commands', d)


def live(host, serial, chain, sheet):
    with tempfile.TemporaryDirectory() as d:
        open(d + '/chain.pem', 'w').write(open(chain).read())
        subject = run('subject-commands', d, HOST=host, SERIAL=serial)
        check('subject: as on the page', subject == example('subject'))
        run('time-stamp-commands', d, HOST=host)
        text = re.sub('<[^>]*>', '', open(sheet, encoding='utf-8').read())
        for label in example('sheet').splitlines()[:2]:
            check('sheet: "%s"' % label.split(':')[0], re.search(label.split(':')[0] + ': [0-9A-Z]{4}[ -]', text) is not None)


codes()
order()
entry()
cosigned()
dossier()
proof()
status_list()
commands()
if len(sys.argv) > 2:
    live(*sys.argv[2:6])
    check('every example was looked at', used == set(examples))
sys.exit(check.bad > 0)

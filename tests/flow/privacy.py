#!/usr/bin/env python3
"""No octet that anybody may copy tells of a person (policy/FORMATS.md 4).

privacy.py PUBLIC DATABASE SAMPLES

Every file below PUBLIC is taken apart as far as it can be (entry bundles, CBOR,
DER, zlib, base64, hexadecimal, JSON, text in any of UTF-8 and UTF-16) and looked
through for what the samples and the register hold back:

  - names of people and firms, addresses, whole dossier codes: in both normal
    forms, in any case, without diacritics, as an unsalted hash;
  - personal and business numbers: as text, as an integer, as packed digits;
  - officers' certificates and keys, by their hashes;
  - salts, and the hashes of records, with which a commitment could be guessed.

Then each of these is planted in a copy, in each form, and must be found.
"""
import base64, hashlib, json, os, re, sqlite3, struct, subprocess, sys, unicodedata, zlib

NAMES = {'ho_ten', 'ten_ho', 'ten_vn', 'ten_vpdd', 'ten_nuoc_ngoai', 'ten_viet_tat'}
FIRMS = {'chu_dau_tu', 'nguoi_su_dung', 'nha_dau_tu', 'thuong_nhan'}       # of whom `ten` is a name
PLACES = {'dia_chi', 'dia_diem', 'tru_so', 'noi_hanh_nghe'}
NUMBERS = {'so_dinh_danh', 'so_ho_chieu', 'ma_so', 'ma_so_ho_kinh_doanh', 'ma_so_doanh_nghiep', 'ma_so_du_an', 'so_dang_ky'}
HASHES = ('sha256', 'sha1', 'md5', 'sha512')
HASH_SHOWN = 8                        # as many octets of a hash tell it (and a cut hash)


def plain(text):
    """Letters alone: no case, no diacritics, one space for many."""
    text = unicodedata.normalize('NFKD', text.casefold().replace('đ', 'd').replace('ð', 'd'))
    return re.sub(r'\s+', ' ', ''.join(c for c in text if not unicodedata.combining(c)))


#
# What is held back.
#

class Secrets:
    def __init__(self):
        self.texts, self.integers, self.octets = {}, {}, {}     # needle -> what it is

    def hashed(self, what, octets):
        for name in HASHES:
            self.octets[hashlib.new(name, octets).digest()[:HASH_SHOWN]] = f'{name} of {what}'

    def text(self, what, text):
        self.texts[plain(text)] = what
        for form in ('NFC', 'NFD'):
            octets = unicodedata.normalize(form, text).encode()
            self.octets[octets] = f'{what} ({form})'
            self.hashed(what, octets)

    def number(self, what, text):
        self.text(what, text)
        if text.isdigit():
            self.integers[int(text)] = what
            self.octets[int(text).to_bytes((int(text).bit_length() + 7) // 8, 'big')] = f'{what}, as an integer'
            for padded in ('0' + text, text + '0') if len(text) % 2 else (text,):
                self.octets[bytes.fromhex(padded)] = f'{what}, packed'


def from_samples(secrets, samples):
    def walk(value, key, parent):
        if isinstance(value, dict):
            for k, v in value.items():
                walk(v, k, key)
        elif isinstance(value, list):
            for v in value:
                walk(v, key, parent)
        elif isinstance(value, str):
            if parent == 'nguoi_ky':
                return                # an official, named in public
            if key in NAMES or (key == 'ten' and parent in FIRMS):
                secrets.text(f'the name {value}', value)
            elif key in PLACES:
                secrets.text(f'the address {value}', value)
            elif key in NUMBERS:
                secrets.number(f'the number {value}', value)
            elif key == 'ma_ho_so':
                secrets.text(f'the dossier {value}', value)

    permits = json.load(open(samples, encoding='utf-8'))['permits']
    for permit in permits:
        walk(permit, None, None)
    return {p['ma_ho_so'] for p in permits}


def spki_of(der):
    pem = subprocess.run(['openssl', 'x509', '-inform', 'DER', '-noout', '-pubkey'], input=der, capture_output=True, check=True).stdout
    return base64.b64decode(b''.join(pem.split(b'\n')[1:-2]))


def from_register(secrets, database):
    db = sqlite3.connect(f'file:{database}?mode=ro', uri=True)
    for serial, der in db.execute("SELECT serial, der FROM certificate WHERE profile = 'official' AND der IS NOT NULL"):
        what = f'the certificate {serial.hex()} of an officer'
        secrets.hashed(what, der)
        spki = spki_of(der)
        secrets.hashed(f'the key of {what}', spki)
        secrets.hashed(f'the key of {what}', spki[-65:])
    for idx, record, salt in db.execute('SELECT idx, record, salt FROM log_entry WHERE record IS NOT NULL'):
        secrets.octets[salt] = f'the salt of entry {idx}'
        secrets.octets[hashlib.sha256(record).digest()] = f'the hash of the record of entry {idx}'
    return {dossier for dossier, in db.execute('SELECT dossier FROM permit')}


#
# What is published, taken apart.
#

class Broken(Exception):
    pass


def cbor(b, at, out, depth=0):
    """One item of deterministic CBOR; its parts go to out; where the next begins."""
    if at >= len(b) or depth > 16:
        raise Broken
    major, low = b[at] >> 5, b[at] & 31
    at += 1
    n = low
    if 24 <= low <= 27:
        size = 1 << (low - 24)
        if at + size > len(b):
            raise Broken
        n = int.from_bytes(b[at:at + size], 'big')
        at += size
    elif low > 27:
        raise Broken
    if major in (0, 1):
        out.append(n if major == 0 else -1 - n)
    elif major in (2, 3):
        if at + n > len(b):
            raise Broken
        out.append(b[at:at + n])
        at += n
    elif major in (4, 5):
        if n > len(b):
            raise Broken
        for _ in range(n * (major - 3)):
            at = cbor(b, at, out, depth + 1)
    elif major == 6:
        at = cbor(b, at, out, depth + 1)
    return at


def whole_cbor(b):
    out = []
    if cbor(b, 0, out) != len(b):
        raise Broken
    return out


def der(b):
    """The values of one or more whole DER objects."""
    out, at = [], 0
    while at < len(b):
        if at + 2 > len(b):
            raise Broken
        tag, n, at = b[at], b[at + 1], at + 2
        if n == 0x80 or n > 0x84 or tag & 31 == 31:
            raise Broken
        if n > 0x80:
            size = n & 0x7f
            n, at = int.from_bytes(b[at:at + size], 'big'), at + size
        if at + n > len(b):
            raise Broken
        value, at = b[at:at + n], at + n
        if tag == 0x02:
            out.append(int.from_bytes(value, 'big', signed=True))
        elif tag == 0x03:
            value = value[1:]
        out.append(value)
    return out


def bundle(b):
    out, at = [], 0
    while at < len(b):
        if at + 2 > len(b):
            raise Broken
        n = struct.unpack('>H', b[at:at + 2])[0]
        if at + 2 + n > len(b):
            raise Broken
        out.append(b[at + 2:at + 2 + n])
        at += 2 + n
    return out


def inflated(b):
    d = zlib.decompressobj(47)
    return [d.decompress(b, 64 << 20)]


def words(b):
    """base64 and hexadecimal among text."""
    out = []
    for word in re.findall(rb'[A-Za-z0-9+/_-]{12,}={0,2}', b):
        word = word.replace(b'-', b'+').replace(b'_', b'/').rstrip(b'=')
        out.append(base64.b64decode(word[:len(word) - (len(word) % 4 == 1)] + b'=' * (-len(word) % 4)))
    out += [bytes.fromhex(h.decode()[:len(h) // 2 * 2]) for h in re.findall(rb'[0-9A-Fa-f]{16,}', b)]
    return out


def numbers_in(b):
    return [int(n) for n in re.findall(rb'\d{8,20}', b)]


def is_text(b):
    return all(c >= 32 or c in (9, 10, 13) for c in b[:4096])


def parts(b, depth=0):
    """b and all that can be made of it."""
    yield b
    if depth > 8 or len(b) < 2:
        return
    ways = [whole_cbor, der, bundle, inflated] + ([words, numbers_in] if is_text(b) else [])
    for way in ways:
        try:
            made = way(b)
        except (Broken, zlib.error, ValueError, IndexError):
            continue
        for part in made:
            if isinstance(part, int):
                yield part
            elif part != b:
                yield from parts(part, depth + 1)


def found_in(octets, secrets):
    found = set()
    for part in parts(octets):
        if isinstance(part, int):
            if part in secrets.integers:
                found.add(secrets.integers[part])
            continue
        found |= {what for needle, what in secrets.octets.items() if needle in part}
        for code in ('utf-8', 'utf-16-be', 'utf-16-le'):
            text = plain(part.decode(code, 'ignore'))
            found |= {what for needle, what in secrets.texts.items() if needle in text}
    return found


#
# Planting.
#

def head(major, n):
    return bytes([major << 5 | n]) if n < 24 else bytes([major << 5 | 24, n]) if n < 256 else bytes([major << 5 | 25]) + n.to_bytes(2, 'big')


def text_item(s, form):
    s = unicodedata.normalize(form, s).encode()
    return head(3, len(s)) + s


def entry_with(entry, field, item):
    """A real entry with another item in the place of one of its ten."""
    at, pieces = 1, []
    for _ in range(10):
        end = cbor(entry, at, [])
        pieces.append(entry[at:end])
        at = end
    pieces[field] = item
    return b'\x8a' + b''.join(pieces)


def one_entry(entry):
    return struct.pack('>H', len(entry)) + entry


def octets_item(b):
    return head(2, len(b)) + b


def sequence(tag, value):
    value = bytes([tag, len(value)]) + value
    return bytes([0x30, len(value)]) + value


def plants(entry, officer):
    name, number, dossier = 'Trần Lê Đức Khôi', '099083001966', 'H99.31.07-261026-0042'
    integer = b'\x1b' + int(number).to_bytes(8, 'big')
    digest = hashlib.sha256(officer).digest()
    bmp = 'TRAN LE DUC KHOI'.encode('utf-16-be')
    return [
        ('a name as category', one_entry(entry_with(entry, 4, text_item(name, 'NFC'))), 'the name ' + name),
        ('a name in the other normal form', one_entry(entry_with(entry, 4, text_item(name, 'NFD'))), 'the name ' + name),
        ('a name among public items', one_entry(entry_with(entry, 9, b'\x82\x01' + text_item(name.upper(), 'NFC'))), 'the name ' + name),
        ('a personal number as an integer', one_entry(entry_with(entry, 9, b'\x81' + integer)), 'the number ' + number),
        ('a personal number as text', one_entry(entry_with(entry, 9, b'\x81' + text_item(number, 'NFC'))), 'the number ' + number),
        ('a personal number as packed digits', one_entry(entry_with(entry, 9, octets_item(bytes.fromhex(number)))), 'the number ' + number),
        ('a hash of a name', one_entry(entry_with(entry, 5, octets_item(hashlib.sha256(name.encode()).digest()[:16]))), 'the name ' + name),
        ('a hash of a personal number as commitment', one_entry(entry_with(entry, 6, octets_item(hashlib.sha256(number.encode()).digest()))), 'the number ' + number),
        ('an officer\'s certificate as kid', one_entry(entry_with(entry, 7, octets_item(digest[:8]))), 'of an officer'),
        ('a dossier code as category', one_entry(entry_with(entry, 4, text_item(dossier, 'NFC'))), 'the dossier ' + dossier),
        ('a name in a certificate, BMPString', sequence(0x1e, bmp), 'the name ' + name),
        ('a name in an OCTET STRING of a certificate', sequence(4, sequence(0x0c, name.encode())), 'the name ' + name),
        ('a number in a compressed list', b'\xa1\x01' + octets_item(zlib.compress(b'\0' * 50 + number.encode())), 'the number ' + number),
        ('a name in a line of base64', b'extra ' + base64.b64encode(b'xx' + name.encode()) + b'\n', 'the name ' + name),
        ('a name in hexadecimal', b'{"id":"' + name.encode().hex().encode() + b'"}', 'the name ' + name),
        ('a number in a table', b'agency,number\r\nH99,' + number.encode() + b'\r\n', 'the number ' + number),
        ('an address in JSON', json.dumps({'at': 'Ấp 4, xã Vĩnh Hòa Bắc (trước là xã Vĩnh Hòa, huyện Châu Hưng)'}, ensure_ascii=False).encode(), 'the address'),
    ]


def planted_all_found(secrets, entry, officer):
    missed = []
    for what, octets, want in plants(entry, officer):
        if not any(want in f for f in found_in(octets, secrets)):
            missed.append(what)
    return missed


def main():
    public, database, samples = sys.argv[1:4]
    secrets, bad, files, entry, kinds = Secrets(), 0, 0, None, set()
    dossiers = from_samples(secrets, samples)
    held = from_register(secrets, database)
    if not dossiers <= held:
        print(f'not ok {len(dossiers - held)} of the samples were never submitted')
        bad += 1
    for folder, _, names in sorted(os.walk(public)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            octets = open(path, 'rb').read()
            files += 1
            for what in sorted(found_in(octets, secrets)):
                print(f'not ok {os.path.relpath(path, public)} tells {what}')
                bad += 1
            if '/tile/entries/' in path:
                for e in bundle(octets):
                    kinds.add(whole_cbor(e)[1])
                    entry = e
    if entry is None or not {3, 4, 5, 9, 14} <= kinds:
        print('not ok the log lacks kinds of entries:', sorted(kinds))
        sys.exit(1)
    print(f'{"ok" if not bad else "not ok"} {files} files tell nothing of {len(secrets.texts)} texts, {len(secrets.integers)} numbers, {len(secrets.octets)} strings of octets')
    officer = sqlite3.connect(f'file:{database}?mode=ro', uri=True).execute("SELECT der FROM certificate WHERE profile = 'official' AND der IS NOT NULL").fetchone()[0]
    missed = planted_all_found(secrets, entry, officer)
    for what in missed:
        print('not ok it does not find', what)
    if not missed:
        print(f'ok {len(plants(entry, officer))} planted ones are found')
    sys.exit(1 if bad or missed else 0)


main()

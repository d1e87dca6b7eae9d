#!/usr/bin/python3
"""Every signature on permits against schemas: the W3C's own of XML-DSig (Debian's libpskc0 has it),
and beside it what permits use of XAdES (schema/xades.xsd, by hand after ETSI EN 319 132-1, whose
own file no package has).

schema.py FOLDER...            permits are *.xml, anywhere below
schema.py --refused FOLDER...  one signature, spoilt in each way of a table, is refused

Exit 77: lxml or that schema is not here, or no permit was left.
"""
import copy
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
W3C = '/usr/share/xml/pskc/xmldsig-core-schema.xsd'
try:
    from lxml import etree
except ImportError:
    etree = None
if etree is None or not os.path.exists(W3C):
    print('skipped: lxml or the schema of XML-DSig is not here')
    sys.exit(77)

NS = {'ds': 'http://www.w3.org/2000/09/xmldsig#', 'x': 'http://uri.etsi.org/01903/v1.3.2#', 'x4': 'http://uri.etsi.org/01903/v1.4.1#'}
schema = etree.XMLSchema(etree.parse(os.path.join(HERE, 'schema', 'all.xsd')))
parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def signatures(folders):
    for folder in folders:
        for where, _, names in os.walk(folder):
            for name in sorted(names):
                if name.endswith('.xml'):
                    for one in etree.parse(os.path.join(where, name), parser).iterfind('.//ds:Signature', NS):
                        # Out of its permit: an Id is one in its document.
                        yield os.path.join(where, name), etree.fromstring(etree.tostring(one, with_tail=False), parser)


def find(s, path):
    return s.find('.//' + path, NS)


def last_first(path):
    def spoil(s):
        box = find(s, path)
        box.insert(0, box[-1])
    return spoil


def twice(path):
    return lambda s: find(s, path).getparent().append(copy.deepcopy(find(s, path)))


def without(path):
    return lambda s: find(s, path).getparent().remove(find(s, path))


def text(path, value):
    return lambda s: setattr(find(s, path), 'text', value)


def attribute(path, name, value=None):
    return lambda s: find(s, path).attrib.pop(name) if value is None else find(s, path).set(name, value)


def stranger(path, tag):
    return lambda s: etree.SubElement(find(s, path), tag)


def renamed(path, tag):
    return lambda s: setattr(find(s, path), 'tag', tag)


SPOILT = {
    'signed properties in another order': last_first('x:SignedSignatureProperties'),
    'two times of signing': twice('x:SigningTime'),
    'no time of signing': without('x:SigningTime'),
    'a time that is none': text('x:SigningTime', '2026-11-28'),
    'no certificate': without('x:SigningCertificateV2'),
    'the certificate of the older form': renamed('x:SigningCertificateV2', '{%s}SigningCertificate' % NS['x']),
    'a certificate without its digest': without('x:CertDigest'),
    'a digest without its method': without('x:CertDigest/ds:DigestMethod'),
    'a digest that is cut off': text('x:CertDigest/ds:DigestValue', 'AAAAA'),
    'a policy without its hash': without('x:SigPolicyHash'),
    'a policy of another form': attribute('x:Identifier', 'Qualifier', 'OID'),
    'data without a reference': attribute('x:DataObjectFormat', 'ObjectReference'),
    'no target': attribute('x:QualifyingProperties', 'Target'),
    'properties that ETSI does not know': stranger('x:SignedSignatureProperties', '{%s}Note' % NS['x']),
    'no octets in a time stamp': without('x:SignatureTimeStamp/x:EncapsulatedTimeStamp'),
    'a time stamp that is cut off': text('x:EncapsulatedTimeStamp', 'AAAAA'),
    'something unsigned that ETSI does not know': stranger('x:UnsignedSignatureProperties', '{%s}Note' % NS['x4']),
    'CRLs beside their box': renamed('x:CRLValues', '{%s}EncapsulatedCRLValue' % NS['x']),
    'no value of the signature': without('ds:SignatureValue'),
    'the value before what is signed': lambda s: s.insert(0, find(s, 'ds:SignatureValue')),
    'a reference without its digest': without('ds:Reference/ds:DigestValue'),
}


def refused(folders):
    # The richest: a seal with everything.
    best = max((s for _, s in signatures(folders)), key=lambda s: sum(find(s, p) is not None for p in ('x:CRLValues', 'x:SignatureTimeStamp', 'x:Identifier')), default=None)
    if best is None:
        print('skipped: no permit was left')
        return 77
    taken = []
    for what, spoil in SPOILT.items():
        one = copy.deepcopy(best)
        spoil(one)
        if schema.validate(etree.fromstring(etree.tostring(one), parser)):
            taken.append(what)
    print(f'{len(SPOILT) - len(taken)} of {len(SPOILT)} spoilt signatures are refused by the schemas' + (f'; taken: {", ".join(taken)}' if taken else ''))
    return 1 if taken or not schema.validate(best) else 0


def all_good(folders):
    n = bad = 0
    for name, one in signatures(folders):
        n += 1
        if not schema.validate(one):
            bad += 1
            print(f'{name}: {schema.error_log[0]}')
    print(f'{n} signatures on permits, {bad} against the schemas' if n else 'skipped: no permit was left')
    return 1 if bad else 0 if n else 77


args = sys.argv[1:]
sys.exit(refused(args[1:]) if args[:1] == ['--refused'] else all_good(args))

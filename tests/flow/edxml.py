#!/usr/bin/env python3
"""An edXML message read as a document system reads it: the attachment comes out.

edxml.py MESSAGE PERMIT-FILE TO NAME VALUE=...    each value as it must stand
"""
import base64, hashlib, sys
import xml.etree.ElementTree as tree

NS = '{http://www.mic.gov.vn/TBT/QCVN_102_2016}'
message, permit, to, name = sys.argv[1:5]
root = tree.parse(message).getroot()
bad = []


def text(path):
    found = root.findall('/'.join(NS + part for part in path.split('/')))
    if len(found) != 1:
        bad.append('%s stands %d times' % (path, len(found)))
        return None
    return found[0].text or ''


def must(path, value):
    if text(path) != value:
        bad.append('%s is %r, not %r' % (path, text(path), value))


header = 'edXMLEnvelope/edXMLHeader/MessageHeader/'
octets = open(permit, 'rb').read()
got = base64.b64decode(text('AttachmentEncoded/Attachment/ContentTransferEncoded'), validate=True)
if got != octets:
    bad.append('the attachment is not the file')
for place in ('AttachmentEncoded/Attachment/', 'edXMLEnvelope/edXMLBody/edXMLManifest/Reference/'):
    must(place + 'Description', 'SHA-256: ' + hashlib.sha256(octets).hexdigest())
    must(place + 'ContentType', 'application/xml')
content = tree.fromstring(octets)
P = '{urn:antin:permit:1}'
said = {n: content.findtext('.//%s%s' % (P, n)) for n in ('code', 'number', 'place', 'date')}
must('AttachmentEncoded/Attachment/ContentId', 'cid:' + said['code'])
must('edXMLEnvelope/edXMLBody/edXMLManifest/Reference/ContentId', 'cid:' + said['code'])
must(header + 'To/OrganId', to)
must(header + 'To/OrganName', name)
must(header + 'From/OrganId', content.find('.//%sagency' % P).get('id'))
must(header + 'From/OrganName', content.find('.//%sagency/%sname' % (P, P)).text)
must(header + 'PromulgationInfo/Place', said['place'])
must(header + 'PromulgationInfo/PromulgationDate', said['date'].replace('-', '/'))
must(header + 'Code/CodeNumber', said['number'].split('/')[0])
if text(header + 'DocumentId').split(',')[2] != said['number']:
    bad.append('the number in DocumentId')
for one in sys.argv[5:]:
    path, value = one.split('=', 1)
    must(header + path, value)
print('\n'.join('not ok ' + b for b in bad) or 'ok the attachment is the permit, octet for octet')
sys.exit(1 if bad else 0)

// What others say of the signatures on permits: xadesjs and xmldsigjs (XML-DSig, XAdES, exclusive C14N), pkijs (tokens
// and CRLs) and OpenSSL's programs (paths, revocation, tokens).  None of it is this project's code.
//
// Of each signature its references, by position as well as by Id; its value; SigningCertificateV2; what every time stamp
// covers, computed again (ETSI EN 319 132-1 5.3 and 5.5.2.2), against the token's imprint; every token; and the evidence
// beside it, which must do without any other file but the root.  Its level comes of that: B-T, B-LT, B-LTA.
//
// usage: node permits.mjs FOLDER...            an authority's each, as of opinion.mjs; permits are *.xml, anywhere below
//        node permits.mjs --refused FOLDER...  one of them, altered: each time exactly what it must fail, fails
// Exit 77: xadesjs is not installed (npm ci), or no permit was left.
import { execFile } from 'node:child_process';
import { X509Certificate, createHash, webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

const refused = process.argv[2] === '--refused', folders = process.argv.slice(refused ? 3 : 2);
const others = await Promise.all(['xadesjs', 'xmldsigjs', '@xmldom/xmldom', 'xpath', 'asn1js', 'pkijs'].map(p => import(p))).catch(e => {
	if (e.code !== 'ERR_MODULE_NOT_FOUND') throw e;
	console.log('skipped: xadesjs is not installed');
	process.exit(77);
});
const [{ SignedXml, Parse, setNodeDependencies, xml }, { Application, XmlDsigExcC14NTransform }, { DOMParser, XMLSerializer }, { default: xpath }, asn1js, pkijs] = others;
setNodeDependencies({ DOMParser, XMLSerializer, xpath });
Application.setEngine('node', webcrypto);

const scratch = mkdtempSync(join(tmpdir(), 'permits-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const DS = 'http://www.w3.org/2000/09/xmldsig#', XADES = 'http://uri.etsi.org/01903/v1.3.2#', XADES141 = 'http://uri.etsi.org/01903/v1.4.1#', PERMIT = 'urn:antin:permit:1';
const EXC_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#', PROPERTIES = 'http://uri.etsi.org/01903#SignedProperties', POLICY = 'urn:oid:2.25.273849503821049182736450918273645.10';
const hashes = { '2.16.840.1.101.3.4.2.1': 'sha256', '2.16.840.1.101.3.4.2.2': 'sha384', '2.16.840.1.101.3.4.2.3': 'sha512' };

const kids = n => [...n.childNodes].filter(c => c.nodeType === 1);
const mixed = n => kids(n).length > 0 && (kids(n).length < n.childNodes.length || kids(n).some(mixed));
const is = (n, space, name) => n?.namespaceURI === space && n.localName === name;
const below = (n, space, name) => [...n.getElementsByTagNameNS(space, name)];
const octets = n => Buffer.from(n.textContent, 'base64');
const canonical = n => { const c = new XmlDsigExcC14NTransform(); c.LoadInnerXml(n); return c.GetOutput(); };
const digest = (name, parts) => parts.reduce((h, p) => h.update(p), createHash(name)).digest('hex');
const hex = view => Buffer.from(view).toString('hex');
const whole = der => { const x = asn1js.fromBER(new Uint8Array(der).buffer); if (x.offset !== der.length) throw new Error('not one DER value'); return x.result; };

let files = 0;
const put = content => { const name = join(scratch, String(files++)); writeFileSync(name, content); return name; };
const pem = (label, der) => `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trim()}\n-----END ${label}-----\n`;
const openssl = (...args) => new Promise(done => execFile('openssl', args, (e, out, err) => done(`${out}${err}`)));

// xadesjs knows ArchiveTimeStamp only in the namespace that EN 319 132-1 no longer has it in.
xml.ArchiveTimeStamp.namespaceURI = XADES141;

// xmldsigjs looks for an Id in no other signature; the seal's references to officers' are given to it as elements.
class Signature extends SignedXml {
	DigestReference(source, reference, hmac) {
		const officer = kids(source).find(n => is(n, DS, 'Signature') && `#${n.getAttribute('Id')}` === reference.Uri);
		return officer ? super.DigestReference(officer, { Transforms: reference.Transforms, DigestMethod: reference.DigestMethod }, hmac) : super.DigestReference(source, reference, hmac);
	}
}

// The certificates and CRLs of these elements, as openssl takes them; `since`: when the last of the CRLs came out.
// anchors: what they must lead to; between: certificates that policy has for a time stamp of others.
function evidence(elements, anchors, between = '') {
	const of = (space, name) => elements.flatMap(e => below(e, space, name)).map(octets);
	const crls = of(XADES, 'EncapsulatedCRLValue'), certs = [...of(DS, 'X509Certificate'), ...of(XADES, 'EncapsulatedX509Certificate')];
	return {
		crls: crls.length, since: Math.max(0, ...crls.map(c => new pkijs.CertificateRevocationList({ schema: whole(c) }).thisUpdate.value / 1000)),
		args: ['-x509_strict', '-crl_check_all', '-CAfile', put(anchors + crls.map(c => pem('X509 CRL', c)).join('')), '-untrusted', put(certs.map(c => pem('CERTIFICATE', c)).join('') + between || anchors)],
	};
}

// A time stamp's element, and what it must cover.
async function stamp(element, covered, values, name, told) {
	const [method, token, ...more] = kids(element), der = octets(token);
	const data = new pkijs.SignedData({ schema: new pkijs.ContentInfo({ schema: whole(der) }).content });
	const info = new pkijs.TSTInfo({ schema: whole(Buffer.from(data.encapContentInfo.eContent.getValue())) });
	const hash = hashes[info.messageImprint.hashAlgorithm.algorithmId], want = digest(hash, covered), time = info.genTime / 1000;
	told(is(method, DS, 'CanonicalizationMethod') && method.getAttribute('Algorithm') === EXC_C14N && is(token, XADES, 'EncapsulatedTimeStamp') && more.length === 0, `${name} form`);
	told(hex(info.messageImprint.hashedMessage.valueBlock.valueHexView) === want, `${name} imprint`);
	const said = await openssl('ts', '-verify', '-digest', want, `-${hash}`, '-token_in', '-in', put(der), '-attime', String(Math.ceil(Math.max(time, values.since))), ...values.args);
	told(/^Verification: OK$/m.test(said), `${name} token`, said.trim().split('\n').find(l => l.includes('error'))?.replace(/^[^ ]*:error:/, ''));
	return time;
}

// One signature; targets: what it must name before its own properties, in order.  Gives its level.
async function signature(element, id, targets, trust, told) {
	const [info, value, keyInfo, object, ...more] = kids(element), qualifying = kids(object)[0], [properties, unsigned] = kids(qualifying);
	told([info, value, keyInfo, object].map(n => n.localName).join() === 'SignedInfo,SignatureValue,KeyInfo,Object' && more.length === 0 && !mixed(element) && element.getAttribute('Id') === id &&
		qualifying.getAttribute('Target') === `#${id}` && is(properties, XADES, 'SignedProperties') && properties.getAttribute('Id') === `${id}-props`, `${id} form`);

	const signed = new Signature(element.ownerDocument);
	signed.LoadXml(element);
	const { SignedInfo } = signed.XmlSignature, references = [...SignedInfo.References.GetIterator()], named = [...targets, properties];
	told(SignedInfo.CanonicalizationMethod.Algorithm === EXC_C14N && references.length === named.length && references.every((r, i) => r.Uri === `#${named[i].getAttribute('Id')}` &&
		r.Transforms.Count === 1 && r.Transforms.Item(0).Algorithm === EXC_C14N) && references.at(-1).Type === PROPERTIES, `${id} names`);
	const shown = references.map((r, i) => canonical(named[i]));
	for (const [i, r] of references.entries()) {
		const found = await signed.DigestReference(element.ownerDocument.documentElement.cloneNode(true), r).catch(() => []), wanted = hex(r.DigestValue);
		told(hex(found) === wanted && digest(`sha${r.DigestMethod.Algorithm.slice(-3)}`, [shown[i]]) === wanted, `${id} ${r.Uri}`);
	}

	const { SigningTime, SigningCertificateV2, SignaturePolicyIdentifier } = signed.SignedProperties.SignedSignatureProperties;
	const own = SigningCertificateV2.Item(0).CertDigest, certificate = signed.XmlSignature.KeyInfo.Item(0).Certificates[0], der = Buffer.from(certificate.GetRaw());
	told(SigningCertificateV2.Count === 1 && digest(`sha${own.DigestMethod.Algorithm.slice(-3)}`, [der]) === hex(own.DigestValue), `${id} certificate`);
	told(SignaturePolicyIdentifier.SignaturePolicyId.SigPolicyId.Identifier.Value === POLICY, `${id} policy`);
	told(below(properties, XADES, 'ClaimedRole').length > 0 === id.startsWith('officer-'), `${id} role`);
	const key = await certificate.exportKey(signed.Algorithm);
	told(await signed.ValidateSignatureValue([key]).catch(() => false), `${id} value`);

	const list = unsigned ? kids(kids(unsigned)[0]) : [], at = list.findIndex(n => is(n, XADES141, 'ArchiveTimeStamp')), first = at < 0 ? list : list.slice(0, at);
	const kept = [keyInfo, ...first.filter(n => !is(n, XADES, 'SignatureTimeStamp'))], values = evidence(kept, trust.root), good = { t: [], a: [] };
	let last = 0, proven = SigningTime.Value / 1000, archives = 0;
	for (const [i, n] of list.entries()) {
		const archive = is(n, XADES141, 'ArchiveTimeStamp'), before = told.count();
		if (!archive && !is(n, XADES, 'SignatureTimeStamp')) continue;
		const name = archive ? `${id} archive ${++archives}` : `${id} stamp`;
		const covered = archive ? [...shown, ...[info, value, keyInfo, ...list.slice(0, i), ...more.filter(o => is(o, DS, 'Object'))].map(canonical)] : [canonical(value)];
		told(!archive || is(list[i + 1], XADES141, 'TimeStampValidationData'), `${name} data`);
		const time = await stamp(n, covered, evidence(archive ? list.slice(i + 1, i + 2) : kept, trust.root + trust.anchors, trust.between), name, told);
		told(time >= last, `${name} order`);
		last = time;
		good[archive ? 'a' : 't'].push(told.count() === before);
		if (!archive) proven = time;
	}
	told(good.t.length > 0, `${id} unstamped`);
	const path = await openssl('verify', '-attime', String(Math.ceil(Math.max(proven, values.since))), ...values.args, put(pem('CERTIFICATE', der)));
	told(/: OK$/m.test(path), `${id} evidence`, path.trim().split('\n').find(l => l.includes('error')));
	const stamped = good.t.length > 0 && good.t.every(Boolean), lasting = stamped && values.crls > 0 && /: OK$/m.test(path);
	return !stamped ? 'B-B' : !lasting ? 'B-T' : good.a.length === 0 ? 'B-LT' : good.a.every(Boolean) ? 'B-LTA' : 'B-LT';
}

// A permit: content, officers' signatures, issuance, the seal, perhaps a reaffirmation and its signature; every Id once.
async function judge(text, trust) {
	const failed = [], why = [], levels = {};
	const told = (good, what, detail) => { if (!good) { failed.push(what); why.push(detail ? `${what} (${detail})` : what); } };
	told.count = () => failed.length;
	try {
		const document = Parse(text), permit = document.documentElement, all = [...permit.childNodes], ids = text.match(/ id="[^"]*"/gi).filter(a => a.startsWith(' Id='));
		const again = is(all.at(-2), PERMIT, 'reaffirmation') ? all.splice(-2) : [], content = all[0], officers = all.slice(1, -2), [issuance, seal] = all.slice(-2);
		told(document.childNodes.length === 1 && is(permit, PERMIT, 'permit') && [...permit.attributes].every(a => a.nodeName === 'xmlns') && is(content, PERMIT, 'content') && officers.length > 0 &&
			officers.every(o => is(o, DS, 'Signature')) && is(issuance, PERMIT, 'issuance') && is(seal, DS, 'Signature') && (again.length === 0 || is(again[1], DS, 'Signature')) && new Set(ids).size === ids.length, 'permit');
		if (failed.length > 0) return { failed, why, levels };
		for (const [i, o] of officers.entries()) levels[`officer-${i + 1}`] = await signature(o, `officer-${i + 1}`, [content, ...officers.slice(0, i)], trust, told);
		levels.seal = await signature(seal, 'seal', [content, ...officers, issuance], trust, told);
		if (again.length > 0) levels.reaffirm = await signature(again[1], 'reaffirm', [content, ...officers, issuance, seal, again[0]], trust, told);
	} catch (e) {
		told(false, 'read', e.message);
	}
	return { failed, why, levels };
}

// The permits in an authority's folder, with its root and, for time stamps alone, those of others that its policy
// names (timestamps.xml).
function authority(folder) {
	const names = readdirSync(folder, { recursive: true }).map(String).sort();
	const root = names.filter(n => n.endsWith('.crt')).map(n => new X509Certificate(readFileSync(join(folder, n)))).find(c => c.ca && c.checkIssued(c));
	const xmls = names.filter(n => n.endsWith('.xml')).map(n => ({ name: join(folder, n), text: readFileSync(join(folder, n), 'utf8') })), permits = xmls.filter(x => x.text.startsWith('<permit '));
	const of = tag => xmls.filter(x => !permits.includes(x)).flatMap(x => below(Parse(x.text), 'urn:antin:policy:1', tag)).map(n => pem('CERTIFICATE', octets(n))).join('');
	const trust = { root: root.toString(), anchors: of('anchor'), between: of('certificate') };
	return permits.map(p => ({ ...p, trust }));
}

// Alterations of a permit's text.
const same = t => t;
const within = (id, edit) => t => { const from = t.indexOf(`Id="${id}"><ds:SignedInfo>`), to = t.indexOf('</ds:Signature>', from); return t.slice(0, from) + edit(t.slice(from, to)) + t.slice(to); };
const element = name => new RegExp(`<${name}[ >].*?</${name}>`, 'g');
const nth = (text, name, n) => text.match(element(name)).at(n);
const without = name => t => t.replace(nth(t, name, 0), '');
// An octet of the n-th element of this name; -1: the last one.
const octet = (name, n, at) => t => {
	const old = nth(t, name, n), [, open, text, close] = /^(<[^>]*>)(.*)(<.*)$/s.exec(old), der = Buffer.from(text, 'base64');
	der[at < 0 ? der.length + at : at] ^= 1;
	return t.replace(old, open + der.toString('base64') + close);
};
const exchanged = (name, n, m) => t => { const a = nth(t, name, n), b = nth(t, name, m); return t.replace(a, '\0').replace(b, a).replace('\0', b); };
const ARCHIVE = /<xadesv141:ArchiveTimeStamp .*?<\/xadesv141:TimeStampValidationData>/g, STAMP = 'xades:SignatureTimeStamp', TOKEN = 'xades:EncapsulatedTimeStamp', CRL = 'xades:EncapsulatedCRLValue', REVOCATION = 'xades:RevocationValues';
const behind = (n, edit) => t => { const at = [...t.matchAll(ARCHIVE)].at(n).index; return t.slice(0, at) + edit(t.slice(at)); };
const seal = edit => within('seal', edit), officer = edit => within('officer-1', edit);

// What each must fail, and nothing else, of a permit with one officer that is not reaffirmed and has up to two archive time stamps; `archives`:
// how many it needs.
const of = name => [`${name} imprint`, `${name} token`], older = of('seal archive 1'), newer = of('seal archive 2'), both = [...older, ...newer], trusted = ['evidence', 'stamp token'];
const ways = [
	{ name: 'as it is', edit: same, fails: [] },
	{ name: 'with its code altered', edit: t => t.replace(/<code>./, '<code>?'), fails: ['officer-1 #content', 'seal #content', ...both] },
	{ name: 'with the place of its issuance altered', edit: t => t.replace(/(<issuance .*?<place>)./, '$1?'), fails: ['seal #issuance', ...both] },
	{ name: 'with an attribute on its root', edit: t => t.replace('<permit ', '<permit note="x" '), fails: ['permit'] },
	{ name: 'with other content before its own', edit: t => t.replace(element('content'), c => c.replace(/<code>./, '<code>?') + c), fails: ['permit'] },
	{ name: "with the officer's role altered", edit: officer(s => s.replace(/<xades:ClaimedRole>./, '<xades:ClaimedRole>?')), fails: ['officer-1 #officer-1-props', 'seal #officer-1', ...both] },
	{ name: "with the officer's CRLs in another order", edit: officer(exchanged(CRL, 0, 1)), fails: ['seal #officer-1', ...both] },
	{ name: "with the officer's value altered", edit: officer(octet('ds:SignatureValue', 0, 5)), fails: ['officer-1 value', ...of('officer-1 stamp'), 'seal #officer-1', ...both] },
	{ name: "with the officer's certificate altered", edit: officer(octet('ds:X509Certificate', 0, -1)), fails: ['officer-1 certificate', 'officer-1 evidence', 'seal #officer-1', ...both] },
	{ name: "with the seal's time stamp for the officer's", edit: t => officer(s => s.replace(element(STAMP), nth(t, STAMP, -1)))(t), fails: [...of('officer-1 stamp'), 'seal #officer-1', ...both] },
	{ name: "with the officer's time stamp for the seal's", edit: t => seal(s => s.replace(element(STAMP), nth(t, STAMP, 0)))(t), fails: [...of('seal stamp'), ...both] },
	{ name: "with the seal's time altered", edit: seal(s => s.replace(/<xades:SigningTime>20/, '<xades:SigningTime>19')), fails: ['seal #seal-props', ...both] },
	{ name: 'with a reference of the seal less', edit: seal(s => s.replace(/<ds:Reference [^>]*URI="#issuance".*?<\/ds:Reference>/, '')), fails: ['seal names', 'seal #seal-props', 'seal value', ...both] },
	{ name: 'with an object more in the seal', edit: seal(s => `${s}<ds:Object></ds:Object>`), fails: ['seal form', ...both] },
	{ name: "with a space behind the seal's value", edit: seal(s => s.replace('</ds:SignatureValue>', '$& ')), fails: ['seal form'] },
	{ name: "with the signature on the seal's time stamp altered", edit: seal(octet(TOKEN, 0, -1)), fails: ['seal stamp token', ...both] },
	{ name: "without the seal's time stamp", edit: seal(without(STAMP)), fails: ['seal unstamped', ...both] },
	{ name: 'with the CRLs in the seal altered', edit: seal(s => s.replace(nth(s, REVOCATION, 0), r => r.match(element(CRL)).reduce((x, _, i) => octet(CRL, i, -1)(x), r))), fails: ['seal stamp token', 'seal evidence', ...both] },
	{ name: 'without CRLs in the seal', edit: seal(without(REVOCATION)), fails: ['seal stamp token', 'seal evidence', ...both] },
	{ name: "with the seal's CRLs in another order", edit: seal(exchanged(CRL, 0, 1)), archives: 1, fails: both },
	{ name: 'with its archive time stamps exchanged', edit: t => { const [a, b] = t.match(ARCHIVE); return t.replace(a + b, b + a); }, archives: 2, fails: [...both, 'seal archive 2 order'] },
	{ name: 'without the older archive time stamp', edit: t => t.replace(t.match(ARCHIVE)[0], ''), archives: 2, fails: older },
	{ name: "with the older's CRLs in another order", edit: behind(0, exchanged(CRL, 0, 1)), archives: 2, fails: newer },
	{ name: 'with the signature on the newer archive time stamp altered', edit: behind(1, octet(TOKEN, 0, -1)), archives: 2, fails: ['seal archive 2 token'] },
	{ name: "without the newer's CRLs", edit: behind(1, without(REVOCATION)), archives: 2, fails: ['seal archive 2 token'] },
	{ name: "without the newer's validation data", edit: behind(1, without('xadesv141:TimeStampValidationData')), archives: 2, fails: ['seal archive 2 data', 'seal archive 2 token'] },
	{ name: 'with another canonicalisation of the newer', edit: behind(1, t => t.replace('xml-exc-c14n#"', 'xml-exc-c14n#WithComments"')), archives: 2, fails: ['seal archive 2 form'] },
	{ name: "as another authority's", edit: same, stranger: true, fails: ['officer-1', 'seal'].flatMap(id => trusted.map(x => `${id} ${x}`)).concat('seal archive 1 token', 'seal archive 2 token') },
];

// The same of one that is reaffirmed, and has no archive time stamp.
const reaffirm = edit => within('reaffirm', edit), covers = ['#content', '#officer-1', '#issuance', '#seal', '#reaffirmation'];
const reaffirmed = [
	{ name: 'as it is', edit: same, fails: [] },
	{ name: 'with its code altered', edit: t => t.replace(/<code>./, '<code>?'), fails: ['officer-1 #content', 'seal #content', 'reaffirm #content'] },
	{ name: 'with the place of its issuance altered', edit: t => t.replace(/(<issuance .*?<place>)./, '$1?'), fails: ['seal #issuance', 'reaffirm #issuance'] },
	{ name: "with the officer's CRLs in another order", edit: officer(exchanged(CRL, 0, 1)), fails: ['seal #officer-1', 'reaffirm #officer-1'] },
	{ name: "with the seal's CRLs in another order", edit: seal(exchanged(CRL, 0, 1)), fails: ['reaffirm #seal'] },
	{ name: "without the seal's time stamp", edit: seal(without(STAMP)), fails: ['seal unstamped', 'reaffirm #seal'] },
	{ name: 'with another decision', edit: t => t.replace(/<decision>./, '<decision>?'), fails: ['reaffirm #reaffirmation'] },
	{ name: 'with another reason', edit: t => t.replace(/(<decided>.*?<reason>)./, '$1?'), fails: ['reaffirm #reaffirmation'] },
	{ name: 'without its reaffirmation', edit: t => t.replace(element('reaffirmation'), ''), fails: ['permit'] },
	{ name: 'with its reaffirmation twice', edit: t => t.replace(element('reaffirmation'), '$&$&'), fails: ['permit'] },
	{ name: 'with the time of the reaffirmation altered', edit: reaffirm(s => s.replace(/<xades:SigningTime>20/, '<xades:SigningTime>19')), fails: ['reaffirm #reaffirm-props'] },
	{ name: 'with its value altered', edit: reaffirm(octet('ds:SignatureValue', 0, 5)), fails: ['reaffirm value', ...of('reaffirm stamp')] },
	...covers.map(c => ({ name: `with its reference to ${c} gone`, edit: reaffirm(s => s.replace(new RegExp(`<ds:Reference [^>]*URI="${c}".*?</ds:Reference>`), '')), names: true })),
	{ name: "with the seal's time stamp for its own", edit: t => reaffirm(s => s.replace(element(STAMP), nth(t, STAMP, 1)))(t), fails: of('reaffirm stamp') },
	{ name: 'without its time stamp', edit: reaffirm(without(STAMP)), fails: ['reaffirm unstamped'] },
	{ name: 'without its CRLs', edit: reaffirm(without(REVOCATION)), fails: ['reaffirm stamp token', 'reaffirm evidence'] },
];

async function spoilReaffirmed(all) {
	const p = all.find(x => x.text.includes('<reaffirmation ') && !x.text.includes(' Id="officer-2">') && !x.text.includes('<xadesv141:ArchiveTimeStamp '));
	if (!p) return;
	for (const w of reaffirmed) {
		const text = w.edit(p.text), { failed } = await judge(text, p.trust);
		tell((text === p.text) === (w.edit === same) && (w.names ? failed.includes('reaffirm names') && failed.includes('reaffirm value') && failed.every(f => f.startsWith('reaffirm '))
			: failed.sort().join() === w.fails.sort().join()), `a reaffirmed permit ${w.name}: ${failed.join(', ') || 'good'}`);
	}
	console.log('a reaffirmed permit was altered');
}

async function spoil(all) {
	const count = (p, pattern) => p.text.match(pattern)?.length ?? 0, fit = all.filter(p => count(p, / Id="officer-\d+">/g) === 1 && count(p, ARCHIVE) <= 2 && !p.text.includes('<reaffirmation '));
	const [p] = fit.sort((a, b) => count(b, ARCHIVE) - count(a, ARCHIVE));
	if (!p) return tell(all.length === 0, 'no permit with one officer was left to alter');
	const archives = count(p, ARCHIVE), made = await openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', put(''), '-subj', '/CN=stranger');
	const stranger = made.slice(made.indexOf('-----BEGIN CERTIFICATE'));
	for (const w of ways.filter(x => (x.archives ?? 0) <= archives)) {
		const text = w.edit(p.text), { failed } = await judge(text, w.stranger ? { ...p.trust, root: stranger } : p.trust), want = w.fails.filter(f => !(/ archive (\d+)/.exec(f)?.[1] > archives));
		tell((text === p.text) === (w.edit === same) && failed.sort().join() === want.sort().join(), `a permit ${w.name}: ${failed.join(', ') || 'good'}`);
	}
	console.log(`a permit with ${archives} archive time stamps was altered`);
}

let bad = 0;
const tell = (good, what) => { if (!good) bad++; console.log(`${good ? 'ok' : 'not ok'} ${what}`); };
const all = folders.flatMap(authority), queue = [...all], levels = {};
const work = async () => {
	for (let p; (p = queue.shift());) {
		const said = await judge(p.text, p.trust), each = Object.entries(said.levels);
		each.forEach(([, level]) => { levels[level] = (levels[level] ?? 0) + 1; });
		tell(said.failed.length === 0, `${p.name}: ${[...each.map(l => l.join(' ')), ...said.why].join(', ')}`);
	}
};
if (refused && all.length > 0) {
	await spoil(all);
	await spoilReaffirmed(all);
}
else await Promise.all(Array.from({ length: 2 * cpus().length }, work));
console.log(`${all.length} permits by xadesjs, pkijs, openssl: ${Object.entries(levels).map(([l, n]) => `${n} signatures ${l}, `).join('')}${bad} not as they should be`);
process.exitCode = bad > 0 ? 1 : all.length > 0 ? 0 : 77;

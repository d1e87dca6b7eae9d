// What three others say of the certificates, CRLs and OCSP responses that authorities left: OpenSSL's programs,
// GnuTLS's (certtool, ocsptool) and pkijs.  Each reads every one and checks its signature, its chain to the root and
// its times; then all three must have read the same.
// usage: node opinion.mjs FOLDER...            one authority each: *.crt, *.crl, *.pack, *.ocsp, anywhere below, DER or PEM
//        node opinion.mjs --refused FOLDER...  altered, and as another issuer's: each of the three refuses each
// Exit 77: all is well, and pkijs was not asked, as it is not installed (npm ci).
import { spawn } from 'node:child_process';
import { X509Certificate, createHash, webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { extname, join } from 'node:path';

const refused = process.argv[2] === '--refused', folders = process.argv.slice(refused ? 3 : 2);
const scratch = mkdtempSync(join(tmpdir(), 'opinion-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
let bad = 0, files = 0;
const tell = (good, what) => { if (!good) bad++; if (!good || refused) console.log(`${good ? 'ok' : 'not ok'} ${what}`); };
const must = (good, what) => { if (!good) throw new Error(what); };
const time = text => { const t = Date.parse(text); must(!Number.isNaN(t), `no time: ${text}`); return t / 1000; };
const each = (text, pattern) => [...text.matchAll(pattern)].map(m => m.slice(1));
const serial = hex => hex.toLowerCase().replace(/^(00)+(?=..)/, '');

// A program's lines, whatever it ended with.  Some thousands are run, by shells:
// they fork in a tenth of the time that this process would take.
const shells = cpus().map(() => {
	const shell = spawn('sh', { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, LC_ALL: 'C' } }), waiting = [];
	shell.stdout.on('data', ended => { for (let i = 0; i < ended.length; i++) waiting.shift()(); });
	return { load: 0, waiting, stdin: shell.stdin };
});
async function run(program, ...args) {
	const shell = shells.reduce((a, b) => b.load < a.load ? b : a), out = join(scratch, `${files++}.out`);
	shell.load++;
	await new Promise(done => { shell.waiting.push(done); shell.stdin.write(`${program} ${args.map(a => `'${a}'`).join(' ')} </dev/null >${out} 2>&1; printf .\n`); });
	shell.load--;
	const text = readFileSync(out, 'utf8');
	rmSync(out);
	return text;
}
const says = async (words, program, ...args) => {
	const text = await run(program, ...args);
	must(words.test(text), text.trim().split('\n').slice(-3).join(' | '));
	return text;
};

// An artefact as files, for programs.
function put(der, label) {
	const name = join(scratch, String(files++));
	writeFileSync(`${name}.der`, der);
	writeFileSync(`${name}.pem`, `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trim()}\n-----END ${label}-----\n`);
	return { der, file: `${name}.der`, pem: `${name}.pem` };
}

// GnuTLS judges by today; a certificate whose life is not now may fail for that alone.
const trusted = async (life, ...args) => {
	const now = Date.now() / 1000, left = now < life[0] ? 'The certificate chain uses not yet valid certificate' : now > life[1] ? 'The certificate chain uses expired certificate' : '';
	const text = await says(/verification output/, 'certtool', ...args), said = text.slice(text.indexOf('verification output'));
	must(left ? /Not verified\./.test(said) && said.includes(left) && !/signature|issuer/.test(said) : /: Verified\./.test(said), said.trim());
};

async function together(group) {
	const [{ root, issuer, x }] = group, all = join(scratch, `${files++}.pem`);
	writeFileSync(all, group.map(a => readFileSync(a.pem)).join(''));
	const read = await says(new RegExp(`Total found: ${group.length}\n`), 'openssl', 'storeutl', '-noout', '-text', '-certs', all);
	const good = await run('openssl', 'verify', '-x509_strict', '-check_ss_sig', '-attime', String(time(x.validFrom)), '-CAfile', root.pem, '-untrusted', issuer.pem, ...group.map(a => a.pem));
	return [read.split(/^\d+: Certificate$/m).slice(1), good];
}

const voices = {
	openssl: {
		async certificate(a) {
			// Its start costs more than its work: those of one issuer and second are read together.
			const [read, good] = await (a.group.opinion ??= together(a.group));
			const x = read[a.group.indexOf(a)], [from, to] = each(x, /Not (?:Before|After) ?: (.*)/g).map(m => time(m[0]));
			must(good.includes(`${a.pem}: OK\n`), good.split('\n').find(l => l.includes(a.pem)) ?? good);
			return [serial(/Serial Number:\s*([0-9a-f:]+)/.exec(x)[1].replaceAll(':', '')), from, to].join();
		},
		async crl(a) {
			const x = await says(/verify OK/, 'openssl', 'crl', '-inform', 'DER', '-in', a.file, '-CAfile', a.issuer.pem, '-text', '-noout');
			return [time(/Last Update: (.*)/.exec(x)[1]), time(/Next Update: (.*)/.exec(x)[1]), BigInt(/CRL Number: *\n *(\w+)/.exec(x)[1]),
				...each(x, /Serial Number: (\w+)\n *Revocation Date: (.*)/g).flatMap(([s, t]) => [serial(s), time(t)])].join();
		},
		async response(a) {
			const x = await says(/Response verify OK/, 'openssl', 'ocsp', '-respin', a.file, '-issuer', a.issuer.pem, '-serial', `0x${a.serial}`, '-CAfile', a.root.pem, '-verify_other', a.issuer.pem,
				'-attime', String(a.at), '-resp_text');
			return [time(/Produced At: (.*)/.exec(x)[1]), ...each(x, /Serial Number: (\w+)\n *Cert Status: (\w+)(?:\n *Revocation Time: (.*))?/g).flatMap(([s, w, t]) => [serial(s), w, t ? time(t) : ''])].join();
		},
	},
	gnutls: {
		async certificate(a) {
			const x = await says(/Serial Number/, 'certtool', '--inder', '-i', '--infile', a.file);
			const [from, to] = each(x, /Not (?:Before|After): (.*)/g).map(m => time(m[0]));
			must(!/^error:/m.test(x), /^error:.*/m.exec(x)?.[0]);
			await trusted([from, to], '--verify', '--load-ca-certificate', a.issuer.pem, '--infile', a.pem);
			return [serial(/Serial Number \(hex\): (\w+)/.exec(x)[1]), from, to].join();
		},
		async crl(a) {
			const x = await says(/Issued: /, 'certtool', '--inder', '--crl-info', '--infile', a.file);
			const life = [time(/Issued: (.*)/.exec(x)[1]), time(/Next at: (.*)/.exec(x)[1])];
			const v = await says(/verification output/i, 'certtool', '--verify-crl', '--load-ca-certificate', a.issuer.pem, '--infile', a.pem), now = Date.now() / 1000;
			must(/: Verified\./.test(v) || (/Not verified\./.test(v) && (now < life[0] ? /future date/ : now > life[1] ? /are old|superseded/ : /$^/).test(v)), v.trim().split('\n').at(-1));
			return [...life, BigInt('0x' + /CRL Number[^:]*: (\w+)/.exec(x)[1]), ...each(x, /Serial Number \(hex\): (\w+)\n\s*Revoked at: (.*)/g).flatMap(([s, t]) => [serial(s), time(t)])].join();
		},
		async response(a) {
			let x = await run('ocsptool', '-e', '-S', a.file, '--load-trust', a.issuer.pem);
			// A responder whose life is not now: that it is the issuer's, then its signature.
			const life = a.responder ? [a.responder.x.validFrom, a.responder.x.validTo].map(t => Date.parse(t) / 1000) : [0, Infinity];
			if (/Signer cert not yet activated|Signer cert expired/.test(x) && (life[0] > Date.now() / 1000 || life[1] < Date.now() / 1000)) {
				await trusted(life, '--verify', '--load-ca-certificate', a.issuer.pem, '--infile', a.responder.pem);
				x = await run('ocsptool', '-e', '-S', a.file, '--load-signer', a.responder.pem);
			}
			must(/Verifying OCSP Response: Success/.test(x), x.trim().split('\n').at(-1));
			return [time(/Produced At: (.*)/.exec(x)[1]), ...each(x, /Serial Number: (\w+)\n\s*Certificate Status: (\w+)(?:\n\s*Revocation time: (.*))?/g).flatMap(([s, w, t]) => [serial(s), w, t ? time(t) : ''])].join();
		},
	},
};

async function pkijsVoice() {
	const { default: asn1js, ...more } = await import('asn1js'), pkijs = await import('pkijs'), { fromBER } = asn1js ?? more;
	pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto }));
	const hex = integer => serial(Buffer.from(integer.valueBlock.valueHexView).toString('hex')), secs = date => date.getTime() / 1000;
	const whole = der => { const x = fromBER(new Uint8Array(der).buffer); must(x.offset === der.length, 'octets behind it'); return x.result; };
	const certificate = der => new pkijs.Certificate({ schema: whole(der) });
	const readable = extensions => (extensions ?? []).forEach(x => must(x.parsedValue && !x.parsedValue.parsingError, `extension ${x.extnID}`));
	const chain = async (certs, root, at) => {
		const said = await new pkijs.CertificateChainValidationEngine({ trustedCerts: [root], certs, checkDate: new Date(at * 1000) }).verify();
		must(said.result, said.resultMessage);
	};
	return {
		async certificate(a) {
			const x = certificate(a.der), [issuer, root] = [a.issuer, a.root].map(y => certificate(y.der)), from = secs(x.notBefore.value);
			readable(x.extensions);
			must(await x.verify(issuer), 'the signature');
			await chain([x, issuer], root, from);
			return [hex(x.serialNumber), from, secs(x.notAfter.value)].join();
		},
		async crl(a) {
			const x = new pkijs.CertificateRevocationList({ schema: whole(a.der) }), number = x.crlExtensions.extensions.find(y => y.extnID === '2.5.29.20').parsedValue;
			readable(x.crlExtensions.extensions);
			must(await x.verify({ issuerCertificate: certificate(a.issuer.der) }), 'the signature');
			return [secs(x.thisUpdate.value), secs(x.nextUpdate.value), BigInt('0x' + hex(number)),
				...(x.revokedCertificates ?? []).flatMap(r => { readable(r.crlEntryExtensions?.extensions); return [hex(r.userCertificate), secs(r.revocationDate.value)]; })].join();
		},
		async response(a) {
			const outer = new pkijs.OCSPResponse({ schema: whole(a.der) }), x = new pkijs.BasicOCSPResponse({ schema: whole(Buffer.from(outer.responseBytes.response.valueBlock.valueHexView)) });
			const [issuer, root] = [a.issuer, a.root].map(y => certificate(y.der)), by = x.certs[0], uses = by.extensions.find(y => y.extnID === '2.5.29.37').parsedValue.keyPurposes;
			must(x.certs.length === 1 && uses.join() === '1.3.6.1.5.5.7.3.9' && by.extensions.some(y => y.extnID === '1.3.6.1.5.5.7.48.1.5'), 'no OCSP responder');
			must(await by.verify(issuer), "the responder's certificate");
			await chain([by, issuer], root, a.at);
			// pkijs's own verify() takes the chain as of today.
			const crypto = pkijs.getCrypto(true), id = await crypto.digest('sha-1', by.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView);
			must(Buffer.from(id).equals(Buffer.from(x.tbsResponseData.responderID.valueBlock.valueHexView)), 'another responder');
			must(await crypto.verifyWithPublicKey(x.tbsResponseData.tbsView, x.signature, by.subjectPublicKeyInfo, x.signatureAlgorithm), 'the signature');
			return [secs(x.tbsResponseData.producedAt), ...x.tbsResponseData.responses.flatMap(r => {
				const { tagNumber, isConstructed } = r.certStatus.idBlock;
				return [hex(r.certID.serialNumber), ['good', 'revoked', 'unknown'][tagNumber], isConstructed ? secs(r.certStatus.valueBlock.value[0].toDate()) : ''];
			})].join();
		},
	};
}

// The single responses of a pack (policy/FORMATS.md 5).
function* responses(b) {
	const [head, width, keys, tail] = [8, 12, 16, 20].map(at => b.readUInt32BE(at)), serials = 24 + head, offsets = serials + width * keys, bodies = offsets + 4 * (keys + 1);
	const at = i => bodies + b.readUInt32BE(offsets + 4 * i);
	for (let i = 0; i < keys; i++) yield Buffer.concat([b.subarray(at(i), at(i + 1)), b.subarray(b.length - tail)]);
}

// Everything in an authority's folder, each once, with the certificate of who
// issued it: the key identifier tells its generation.
function authority(folder) {
	const kinds = { crt: new Map(), crl: new Map(), ocsp: new Map() }, raw = b => b.toString('latin1', 0, 5) === '-----' ? Buffer.from(b.toString().replace(/-----.*-----|\s/g, ''), 'base64') : b;
	for (const name of readdirSync(folder, { recursive: true }).map(String).sort()) {
		const kind = extname(name).slice(1), path = join(folder, name);
		const all = kind === 'pack' ? [...responses(readFileSync(path))] : kind in kinds ? [raw(readFileSync(path))] : [];
		all.forEach((der, i) => { kinds[kind === 'pack' ? 'ocsp' : kind].set(createHash('sha256').update(der).digest('hex'), { der, name: kind === 'pack' ? `${path} #${i}` : path }); });
	}
	const certs = [...kinds.crt.values()].map(c => ({ ...c, ...put(c.der, 'CERTIFICATE'), x: new X509Certificate(c.der) }));
	const above = certs.filter(c => c.x.ca), root = above.find(c => c.x.checkIssued(c.x)), after = (der, tag, n) => { const at = der.lastIndexOf(tag); return at < 0 ? undefined : der.subarray(at + tag.length, at + tag.length + n); };
	must(root, `${folder} has no root`);
	above.forEach(c => { c.keyId = after(c.der, Buffer.from('0603551d0e04160414', 'hex'), 20); });
	const byKey = id => above.find(c => id && c.keyId.equals(id)), authorityKey = der => byKey(after(der, Buffer.from('0603551d2304183016' + '8014', 'hex'), 20));
	const all = certs.map(c => ({ kind: 'certificate', ...c, issuer: authorityKey(c.der), root })), groups = new Map();
	for (const c of all) {
		const key = `${c.issuer?.name} ${c.x.validFrom}`;
		c.group = groups.get(key) ?? groups.set(key, []).get(key);
		c.group.push(c);
	}
	for (const c of kinds.crl.values()) all.push({ kind: 'crl', ...c, ...put(c.der, 'X509 CRL'), issuer: authorityKey(c.der), root });
	for (const c of kinds.ocsp.values()) {
		// The first CertID: SHA-1 of the name, of the key, the serial number.
		const at = c.der.indexOf(Buffer.from('06052b0e03021a05000414', 'hex')), issuer = byKey(c.der.subarray(at + 33, at + 53)), serial = c.der.subarray(at + 55, at + 55 + c.der[at + 54]).toString('hex');
		const produced = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z/.exec(c.der.toString('latin1')).slice(1);
		all.push({ kind: 'response', ...c, ...put(c.der, 'OCSP RESPONSE'), issuer, root, serial, responder: certs.find(r => c.der.includes(r.der)), at: Date.UTC(produced[0], produced[1] - 1, ...produced.slice(2)) / 1000 });
	}
	return all;
}

async function judge(a) {
	const said = {};
	if (!a.issuer) return tell(false, `${a.name}: nobody's key has its key identifier`);
	for (const voice of Object.keys(voices)) {
		try { said[voice] = await voices[voice][a.kind](a); } catch (e) { tell(false, `${a.name}: ${voice}: ${e.message}`); }
	}
	const all = Object.entries(said);
	if (all.some(([, s]) => s !== all[0][1])) tell(false, `${a.name}: ${all.map(([v, s]) => `${v} reads ${s}`).join('; ')}`);
}

// Two UTCTimes in a row: of a certificate or CRL whose life is not now GnuTLS says only that.
function alive(der) {
	const at = der.indexOf(Buffer.from('170d', 'hex')), now = Date.now();
	const [from, to] = [at + 2, at + 17].map(i => der.subarray(i, i + 12).toString('latin1').match(/\d\d/g).map(Number)).map(([y, m, ...rest]) => Date.UTC(2000 + y, m - 1, ...rest));
	return from <= now && now < to;
}

// Of each kind one: a signature's last octet, one octet of what is signed, and
// the same taken as another's than its issuer's.
async function spoil(all) {
	const label = { certificate: 'CERTIFICATE', crl: 'X509 CRL', response: 'OCSP RESPONSE' };
	for (const kind of ['certificate', 'crl', 'response']) {
		const a = all.find(x => x.kind === kind && x.issuer !== x.root && (kind === 'response' ? x.at * 1000 <= Date.now() && x.responder && alive(x.responder.der) : alive(x.der)));
		if (!a) { tell(false, `no ${kind} to alter`); continue; }
		const date = a.der.indexOf(Buffer.from(kind === 'response' ? '180f' : '170d', 'hex'));
		const alone = x => { x.group = [x]; return x; }, altered = at => { const der = Buffer.from(a.der); der[at] ^= 1; return alone({ ...a, ...put(der, label[kind]) }); };
		// The last octets of a response are those of the signature on its responder's certificate.
		const ways = { 'as it is': a, 'with its last octet altered': altered(a.der.length - 1), 'with a second of its time altered': altered(date + (kind === 'response' ? 15 : 13)), "taken as the root's": alone({ ...a, issuer: a.root }) };
		for (const [how, x] of Object.entries(ways))
			for (const voice of Object.keys(voices)) {
				let read = true;
				try { await voices[voice][kind](x); } catch (e) { read = false; }
				tell(read === (x === a), `${voice} ${x === a ? 'reads' : 'refuses'} a ${kind} ${how}`);
			}
	}
}

try { voices.pkijs = await pkijsVoice(); } catch (e) { if (e.code !== 'ERR_MODULE_NOT_FOUND') throw e; }
const all = folders.flatMap(authority), count = kind => all.filter(a => a.kind === kind).length;
if (refused) await spoil(all);
else {
	const queue = [...all];
	await Promise.all(Array.from({ length: 2 * shells.length }, async () => { for (let a; (a = queue.pop());) await judge(a); }));
}
console.log(`${count('certificate')} certificates, ${count('crl')} CRLs, ${count('response')} OCSP responses by ${Object.keys(voices).join(', ')}: ${bad} disagreements`);
if (all.length === 0) { console.log('nothing was left'); bad++; }
if (!voices.pkijs) console.log('skipped: pkijs is not installed');
shells.forEach(s => s.stdin.end());
process.exitCode = bad > 0 ? 1 : voices.pkijs ? 0 : 77;

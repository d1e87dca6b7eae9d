// Recomputes a CRL, batches of OCSP responses and reports from a log's tiles alone, with nothing of Antin's
// but what policy/FORMATS.md says, and compares octet for octet.
// usage: node recompute.mjs TILES VKEY_FILE ISSUER.crt CRL.crl REPORT.csv|PACKS...    (ISSUER.crt and CRL.crl may be -: no CRL; PACKS: a folder of OCSP)
import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { readFileSync, readdirSync, statSync, existsSync } from 'node:fs';

const [tiles, vkeyFile, issuerFile, crlFile, ...reports] = process.argv.slice(2);
const sha = (...parts) => { const h = createHash('sha256'); parts.forEach(p => h.update(p)); return h.digest(); };
let bad = 0;
const check = (what, good) => { if (!good) bad++; console.log(`${good ? 'ok' : 'not ok'} ${what}`); };

// The checkpoint, by the log's Ed25519 key.
const vkey = readFileSync(vkeyFile, 'utf8').trim().split('+');
const key = Buffer.from(vkey.slice(2).join('+'), 'base64');
const note = readFileSync(`${tiles}/checkpoint`, 'utf8');
const cut = note.lastIndexOf('\n\n');
const text = note.slice(0, cut + 1);
const signature = Buffer.from(note.slice(cut + 2).split('\n').find(l => l.startsWith(`— ${vkey[0]} `)).split(' ')[2], 'base64');
const publicKey = createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(1)]), format: 'der', type: 'spki' });
const [origin, sizeText, rootText] = text.split('\n');
check('the checkpoint is signed by the log', verify(null, Buffer.from(text), publicKey, signature.subarray(4)) && origin === vkey[0]);

// CBOR, as far as entries use it.
function cbor(b) {
	let at = 0;
	const item = () => {
		const first = b[at++], major = first >> 5, small = first & 31;
		let n = small;
		if (small >= 24) { const len = 1 << (small - 24); n = Number(BigInt('0x' + b.subarray(at, at + len).toString('hex'))); at += len; }
		if (major === 0) return n;
		if (major === 1) return -1 - n;
		if (major === 2) { at += n; return b.subarray(at - n, at); }
		if (major === 3) { at += n; return b.subarray(at - n, at).toString('utf8'); }
		if (major === 4) return Array.from({ length: n }, item);
		if (first === 0xf6) return null;
		throw new Error(`CBOR item ${first}`);
	};
	return item();
}

// Every entry, and the root of the first n.
const name = n => String(n).padStart(Math.ceil(String(n).length / 3) * 3, '0').match(/.../g).map((g, i, all) => i < all.length - 1 ? `x${g}` : g).join('/');
const size = Number(sizeText), octets = [];
for (let n = 0; n * 256 < size; n++) {
	const path = `${tiles}/tile/entries/${name(n)}`, width = Math.min(256, size - n * 256);
	const bundle = readFileSync(existsSync(path) ? path : `${path}.p/${width}`);
	for (let at = 0, i = 0; i < width; i++) { const len = bundle.readUInt16BE(at); octets.push(bundle.subarray(at + 2, at + 2 + len)); at += 2 + len; }
}
const leaves = octets.map(o => sha(Buffer.from([0]), o));
function root(from, to) {
	if (to - from === 1) return leaves[from];
	let k = 1;
	while (k * 2 < to - from) k *= 2;
	return sha(Buffer.from([1]), root(from, from + k), root(from + k, to));
}
check(`the root of ${size} entries is the checkpoint's`, root(0, size).toString('base64') === rootText);
const entries = octets.map((o, index) => {
	const [, type, time, org, category, handle, , , , pub] = cbor(o);
	return { index, type, time, org: org ?? '', category: category ?? '', handle: handle?.toString('hex'), pub: pub === null ? null : pub.flat() };
});

// DER.
const der = (tag, ...parts) => {
	const body = Buffer.concat(parts.map(p => Buffer.isBuffer(p) ? p : Buffer.from(p)));
	const hex = body.length.toString(16), len = Buffer.from(hex.length % 2 ? '0' + hex : hex, 'hex');
	return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 128 | len.length]), body.length < 128 ? Buffer.alloc(0) : len, body]);
};
const children = b => {		// of one constructed element
	const head = at => b[at + 1] < 128 ? [2, b[at + 1]] : [2 + (b[at + 1] & 127), parseInt(b.subarray(at + 2, at + 2 + (b[at + 1] & 127)).toString('hex'), 16)];
	const all = [];
	for (let at = head(0)[0]; at < b.length;) { const [h, n] = head(at); all.push(b.subarray(at, at + h + n)); at += h + n; }
	return all;
};
const oid = hex => der(0x06, Buffer.from(hex, 'hex'));
const generalized = t => new Date(t * 1000).toISOString().replace(/[-:T]|\.000/g, '');
const time = t => generalized(t) < '2050' ? der(0x17, generalized(t).slice(2)) : der(0x18, generalized(t));
const integer = n => { const hex = n.toString(16), b = Buffer.from(hex.length % 2 ? '0' + hex : hex, 'hex'); return der(0x02, b[0] & 128 ? Buffer.concat([Buffer.from([0]), b]) : b); };

// The CRL: which entry says these octets were signed, and what follows from the
// entries that it names.
function crl() {
	const tbs = children(readFileSync(crlFile))[0];
	const said = entries.find(x => x.type === 8 && /^crl\d?$/.test(x.pub[0]) && x.pub.at(-1).equals(sha(tbs)));
	check('an entry says that this CRL was signed', said !== undefined);
	if (!said) return;
	const [kind, number, thisUpdate, nextUpdate, n, rootSaid] = said.pub;
	check(`the CRL's root is that of ${n} entries`, n <= said.index && root(0, n).equals(rootSaid));
	const before = entries.slice(0, n), last = before.filter(x => x.type === 8 && x.pub[0] === kind && x.org === said.org).at(-1), shard = Number(kind.slice(3));
	const newest = new Map(before.filter(x => x.type === 2 && x.pub.at(-1) === shard).map(x => [x.pub[0].toString('hex'), x]));	// the last of a serial number counts; 8 is a resume
	const rows = [...newest.values()].filter(x => x.pub[2] !== 8 && (!last || x.pub[1] >= last.pub[2])).sort((a, b) => Buffer.compare(a.pub[0], b.pub[0]));
	const cert = children(children(readFileSync(issuerFile))[0]), ski = cert.at(-1).indexOf(Buffer.from('0603551d0e04160414', 'hex'));
	const extension = (id, value) => der(0x30, oid(id), der(0x04, value));
	const listed = rows.map(x => {
		const [serial, , reason, date] = x.pub, more = [];
		if (reason !== 0) more.push(extension('551d15', Buffer.from([0x0a, 1, reason])));
		if (x.pub.length === 6) more.push(extension('551d18', der(0x18, generalized(x.pub[4]))));
		return der(0x30, der(0x02, serial), time(date), more.length ? der(0x30, ...more) : '');
	});
	const again = der(0x30, integer(1), der(0x30, oid('2a8648ce3d040302')), cert[5], time(thisUpdate), time(nextUpdate), rows.length ? der(0x30, ...listed) : '',
		der(0xa0, der(0x30, extension('551d23', der(0x30, der(0x80, cert.at(-1).subarray(ski + 9, ski + 29)))), extension('551d14', integer(number)))));
	check(`the CRL ${number}, ${rows.length} serial numbers, follows from the log`, again.equals(tbs));
}

// The OCSP responses: what each pack holds, and what follows from the entries
// that its batch names.
function pack(file) {
	const b = readFileSync(file), [head, width, keys, tail] = [8, 12, 16, 20].map(at => b.readUInt32BE(at)), serials = 24 + head, offsets = serials + width * keys, bodies = offsets + 4 * (keys + 1);
	const at = i => bodies + b.readUInt32BE(offsets + 4 * i), behind = b.subarray(b.length - tail);
	check(`${file}: a pack, to its last octet`, b.toString('latin1', 0, 8) === 'ANTINPK1' && width === 20 && at(keys) + tail === b.length);
	return { head: cbor(b.subarray(24, serials)), responses: Array.from({ length: keys }, (_, i) => [b.subarray(serials + 20 * i, serials + 20 * i + 20), Buffer.concat([b.subarray(at(i), at(i + 1)), behind])]) };
}
const content = b => b.subarray(b[1] < 128 ? 2 : 2 + (b[1] & 127));
const keyOf = cert => content(children(children(children(cert)[0])[6])[1]).subarray(1);
const sha1 = b => createHash('sha1').update(b).digest();

function responseData(row, said, issuer, responder) {
	const [, , thisUpdate, nextUpdate] = said.pub, subject = children(children(issuer)[0])[5], [serial, , reason, date] = row.pub, octets = b => der(0x04, b);
	const when = t => der(0x18, generalized(t)), ended = row.type === 2 && reason !== 8;
	const status = ended ? der(0xa1, when(date), reason !== 0 ? der(0xa0, Buffer.from([0x0a, 1, reason])) : '') : Buffer.from([0x80, 0]);
	const single = (hash, id) => der(0x30, der(0x30, der(0x30, oid(id), Buffer.from([5, 0])), octets(hash(subject)), octets(hash(keyOf(issuer))), der(0x02, serial)), status, when(thisUpdate), der(0xa0, when(nextUpdate)));
	return der(0x30, der(0xa2, octets(sha1(keyOf(responder)))), when(thisUpdate), der(0x30, single(sha1, '2b0e03021a'), single(sha, '608648016503040201')));
}

function batch(what, packs) {
	const issuer = readFileSync(issuerFile), [kind, number] = packs[0].head, responses = packs.flatMap(p => p.responses);
	const said = entries.find(x => x.type === 8 && x.pub[0] === kind && x.pub[1] === number);
	check(`${what}: an entry names the batch ${number}, in every pack`, said !== undefined && packs.every(p => p.head[0] === kind && p.head[1] === number));
	if (!said) return;
	const [, , thisUpdate, , n, rootSaid, hash] = said.pub, before = entries.slice(0, n), newest = new Map();
	check(`${what}: its root is that of ${n} entries`, n <= said.index && root(0, n).equals(rootSaid));
	const [whole, delta] = kind.split('-'), shard = Number(whole.slice(4));
	const since = delta ? before.filter(x => x.type === 8 && x.pub[0] === whole && x.org === said.org).at(-1)?.pub[4] ?? 0 : 0;
	for (const x of before.filter(x => x.type === 1 ? x.pub[2] - 1 === shard : x.type === 2 && x.pub.at(-1) === shard)) newest.set(x.pub[0].toString('hex'), x);
	const rows = [...newest.values()].filter(x => x.pub[1] >= thisUpdate && x.index >= since).sort((a, b) => Buffer.compare(a.pub[0], b.pub[0]));
	check(`${what}: ${rows.length} serial numbers, as in the log`, rows.length === responses.length && rows.every((x, i) => x.pub[0].equals(responses[i][0])));
	const made = responses.map(([, response], i) => {
		const [data, , signature, certs] = children(children(children(children(children(response)[1])[0])[1])[0]), responder = children(children(certs)[0])[0], by = new X509Certificate(responder);
		const signed = verify('sha256', data, { key: by.publicKey, dsaEncoding: 'der' }, content(signature).subarray(1)) && by.verify(new X509Certificate(issuer).publicKey) && by.keyUsage?.includes('1.3.6.1.5.5.7.3.9');
		return { data, good: signed && rows[i] && responseData(rows[i], said, issuer, responder).equals(data) };
	});
	check(`${what}: every response follows from the log and is the responder's`, made.every(m => m.good));
	check(`${what}: and the entry says the hash of all`, sha(...made.map(m => m.data)).equals(hash));
}

function packs(folder) {
	const whole = readdirSync(folder).filter(f => /^[0-9a-f]\.pack$/.test(f)).sort().map(f => pack(`${folder}/${f}`));
	check('the whole batch has sixteen packs', whole.length === 16);
	batch('the whole batch', whole);
	if (existsSync(`${folder}/delta.pack`)) batch('the delta', [pack(`${folder}/delta.pack`)]);
}

// Reports.
const dayOf = t => Math.floor((t + 7 * 3600) / 86400), dayText = d => new Date(d * 86400000).toISOString().slice(0, 10), monthOf = t => dayText(dayOf(t)).slice(0, 7);
const cell = c => /[",\r\n]/.test(c) ? `"${String(c).replaceAll('"', '""')}"` : String(c);
const tally = (map, k, fresh) => { const id = JSON.stringify(k); if (!map.has(id)) map.set(id, fresh()); return map.get(id); };
const made = {
	permits(all) {
		const counts = new Map();
		for (const x of all.filter(e => e.type >= 5 && e.type <= 7)) {
			const c = tally(counts, [x.org, x.category, monthOf(x.time)], () => [0, 0, 0]);
			if (x.type === 5) c[0]++; else if (x.pub[2] === 3) c[1]++; else if (x.pub[2] === 1) c[2]++;
		}
		return ['row,agency,kind,month,issued,superseded,withdrawn', [...counts].map(([k, c]) => ['permits', ...JSON.parse(k), ...c])];
	},
	publications(all) {
		const counts = new Map(), acts = { 0: 'resumed', 1: 'withdrawn', 2: 'suspended', 4: 'void', 5: 'restored' };
		for (const x of all.filter(e => e.type >= 5 && e.type <= 7)) {
			const what = x.type === 5 ? 'issued' : acts[x.pub[2]], from = x.pub[x.type === 5 ? 2 : 3];
			let days = 0;
			for (let d = from + 1; d <= dayOf(x.time); d++) if (![0, 6].includes(new Date(d * 86400000).getUTCDay())) days++;
			if (what) tally(counts, [x.org, x.category, what, days], () => [0])[0]++;
		}
		return ['row,agency,kind,what,days,recorded', [...counts].map(([k, c]) => ['recorded', ...JSON.parse(k), ...c])];
	},
	'on-time'(all, today) {
		const dossiers = new Map(), counts = new Map(), late = new Map(), series = new Map(), rows = [];
		for (const x of all.filter(e => e.type === 19)) {
			const [step, day, ...rest] = x.pub, running = rest.at(-1), due = rest.length === 2 ? rest[0] : undefined, entered = dayOf(x.time);
			const d = tally(dossiers, x.handle, () => ({ org: x.org, kind: x.category })), took = Math.max(day, entered - 1), fix = before => before === undefined ? took : Math.min(took, Math.max(day, before));
			const setDue = since => { if (due === undefined || d.end !== undefined || (d.due !== undefined && due > d.due && since > d.due)) return; d.moved ||= due > d.due; d.due = due; };
			if (step === 'received') { if (d.day === undefined) { d.day = day; d.running = running; d.cameLate = entered > day + 1; } setDue(entered - 1); }
			else if (step === 'paused') d.paused = fix(d.paused);
			else if (step === 'resumed') { setDue(d.paused ?? entered - 1); d.paused = undefined; }
			else d.end = fix(d.end);
		}
		for (const d of dossiers.values()) {
			const until = d.end ?? d.paused ?? today, state = d.due === undefined ? 6 : until > d.due ? 2 : d.end !== undefined ? 1 : d.paused !== undefined ? 5 : 4;
			for (const k of [['agency', d.org, ''], ['kind', d.org, d.kind]]) {	// dossiers on_time late overdue open paused no_due due_moved reported_late missing
				const c = tally(counts, k, () => Array(10).fill(0));
				c[0]++; c[state]++; c[3] += state === 2 && d.end === undefined; c[7] += !!d.moved; c[8] += !!d.cameLate;
			}
			if (d.cameLate) tally(late, [d.org, d.kind, dayText(d.day)], () => [0])[0]++;
			const n = d.running?.length ?? 0;
			if (d.day !== undefined && n > 0 && n < 10) tally(series, [d.org, d.day, n, n >= 6 ? d.running.slice(0, 2) : ''], () => []).push(Number(d.running));
		}
		for (const [k, numbers] of series) {
			const [org, day, n, owner] = JSON.parse(k), text = v => String(v).padStart(n, '0');
			let next = Number(owner.padEnd(owner ? n : 0, '0')) + 1;
			for (const v of numbers.sort((a, b) => a - b)) {
				if (v > next) { rows.push(['missing', org, '', dayText(day), text(next), text(v - 1), ...Array(9).fill(''), v - next, '']); tally(counts, ['agency', org, ''])[9] += v - next; }
				next = Math.max(next, v + 1);
			}
		}
		for (const [k, c] of counts) {
			const [row, org, kind] = JSON.parse(k), of = c[1] + c[2] + c[9], rate = row === 'agency' && of > 0 ? (Math.floor(c[1] * 10000 / of) / 100).toFixed(2) : '';
			rows.push([row, org, kind, '', '', '', ...c.slice(0, 9), row === 'agency' ? c[9] : '', rate]);
		}
		for (const [k, c] of late) rows.push(['reported-late', ...JSON.parse(k), '', '', ...Array(8).fill(''), c[0], '', '']);
		return ['row,agency,kind,day,from,to,dossiers,on_time,late,overdue,open,paused,no_due,due_moved,reported_late,missing,rate', rows];
	},
};

function report(file) {
	const csv = readFileSync(file), head = Object.fromEntries(csv.toString().split('\n').slice(0, 5).map(l => l.split(','))), n = Number(head.size);
	const said = entries.find(x => x.type === 11 && x.pub[0] === head.spec && x.pub[1] === n && x.pub[2].equals(sha(csv)));
	const all = entries.slice(0, n), [columns, rows] = made[head.spec](all, dayOf(all.at(-1).time));
	const lines = rows.map(r => Buffer.from(r.map(cell).join(',') + '\n')).sort(Buffer.compare);
	const again = Buffer.concat([Buffer.from(`spec,${head.spec}\norigin,${cell(origin)}\nsize,${n}\nroot,${root(0, n).toString('base64')}\nas-of,${dayText(dayOf(all.at(-1).time))}\n${columns}\n`), ...lines]);
	check(`the report ${head.spec} of ${n} entries, ${rows.length} rows, follows from the log`, again.equals(csv));
	if (process.env.RECORDED !== 'no') check(`and an entry says its hash`, said !== undefined);
}

if (crlFile !== '-') crl();
reports.forEach(file => (statSync(file).isDirectory() ? packs : report)(file));
process.exit(bad > 0 ? 1 : 0);

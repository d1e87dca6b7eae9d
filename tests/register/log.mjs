// The public log by Node's own crypto: signed notes, checkpoints, tiles, bundles,
// inclusion and consistency (RFC 6962; c2sp.org signed-note, tlog-tiles, tlog-proof).
// No line of ours decides here.
//   node log.mjs folder PUBLIC [PROOF...]   a published log, and proofs out of it
//   node log.mjs page FORMATS.md            the page's checkpoint and proof
//   node log.mjs tessera DIR | merkle DIR   published vectors; absent: exit 77
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';

const sha = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
const leaf = d => sha(Buffer.of(0), d), node = (l, r) => sha(Buffer.of(1), l, r);
const must = (what, good) => { if (!good) throw new Error(what); };
const split = n => 2 ** Math.floor(Math.log2(n - 1));        // the largest power of two below n
const mth = h => h.length === 0 ? sha('') : h.length === 1 ? h[0] : node(mth(h.slice(0, split(h.length))), mth(h.slice(split(h.length))));

// "name+id+base64(01 key)" -> who signs
function vkey(text) {
  const [, name, id, key] = /^(.+)\+([0-9a-f]{8})\+(.+)$/.exec(text.trim()), raw = Buffer.from(key, 'base64');
  must('the key id', raw[0] === 1 && raw.length === 33 && sha(name, '\n', raw).subarray(0, 4).toString('hex') === id);
  return { name, id, key: createPublicKey({ format: 'der', type: 'spki', key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]) }) };
}
// A note by that key; the checkpoint in it.
function checkpoint(note, by) {
  const at = note.lastIndexOf('\n\n'), text = note.slice(0, at + 1);
  const lines = note.slice(at + 2).split('\n').filter(l => l).map(l => /^— (\S+) (\S+)$/.exec(l)).map(([, name, sig]) => ({ name, sig: Buffer.from(sig, 'base64') }));
  const ours = lines.filter(l => l.name === by.name && l.sig.subarray(0, 4).toString('hex') === by.id);
  must('the signature', ours.length > 0 && ours.every(l => verify(null, Buffer.from(text), by.key, l.sig.subarray(4))));
  const [origin, size, root] = text.split('\n');
  must('the origin', origin === by.name && /^(0|[1-9]\d*)$/.test(size));
  return { size: Number(size), root: Buffer.from(root, 'base64') };
}
// RFC 9162 2.1.3.2 and 2.1.4.2, from the leaf up; true only for exactly this root.
function included(hash, index, size, path, root) {
  let [f, s, r] = [index, size - 1, hash];
  if (index >= size || hash.length !== 32) return false;
  for (const p of path) {
    if (s === 0) return false;
    if (f % 2 || f === s) { r = node(p, r); while (f % 2 === 0 && f > 0) { f = Math.floor(f / 2); s = Math.floor(s / 2); } } else r = node(r, p);
    f = Math.floor(f / 2); s = Math.floor(s / 2);
  }
  return s === 0 && r.equals(root);
}
function grown(m, n, rootM, rootN, proof) {
  if (m === 0 || m > n || (m === n) !== (proof.length === 0)) return false;
  if (m === n) return rootM.equals(rootN);
  const path = Number.isInteger(Math.log2(m)) ? [rootM, ...proof] : proof;
  let [f, s] = [m - 1, n - 1];
  while (f % 2) { f = Math.floor(f / 2); s = Math.floor(s / 2); }
  let [a, b] = [path[0], path[0]];
  for (const p of path.slice(1)) {
    if (s === 0) return false;
    if (f % 2 || f === s) { a = node(p, a); b = node(p, b); while (f % 2 === 0 && f > 0) { f = Math.floor(f / 2); s = Math.floor(s / 2); } } else b = node(b, p);
    f = Math.floor(f / 2); s = Math.floor(s / 2);
  }
  return s === 0 && a.equals(rootM) && b.equals(rootN);
}
const inclusion = (i, h) => h.length < 2 ? [] : i < split(h.length) ? [...inclusion(i, h.slice(0, split(h.length))), mth(h.slice(split(h.length)))]
  : [...inclusion(i - split(h.length), h.slice(split(h.length))), mth(h.slice(0, split(h.length)))];
const consistency = (m, h, whole = true) => m === h.length ? (whole ? [] : [mth(h)]) : m <= split(h.length)
  ? [...consistency(m, h.slice(0, split(h.length)), whole), mth(h.slice(split(h.length)))] : [...consistency(m - split(h.length), h.slice(split(h.length)), false), mth(h.slice(0, split(h.length)))];

const name = (level, n, width) => `tile/${level}/` + (n >= 1000 ? 'x' + String(Math.floor(n / 1000)).padStart(3, '0') + '/' : '') + String(n % 1000).padStart(3, '0') + (width < 256 ? `.p/${width}` : '');
function entries(bundle) {
  const out = [];
  for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at)) out.push(bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)));
  return out;
}
// Every entry, hash and level of a log of that size; its leaves' hashes.
function tiles(dir, size) {
  const hashes = [];
  for (let n = 0; n * 256 < size; n++) hashes.push(...entries(readFileSync(`${dir}/${name('entries', n, Math.min(256, size - n * 256))}`)).map(leaf));
  must('as many entries as the size says', hashes.length === size);
  for (let level = 0, row = hashes; row.length > 0; level++) {
    for (let n = 0; n * 256 < row.length; n++)
      must(`tile ${level}/${n}`, readFileSync(`${dir}/${name(level, n, Math.min(256, row.length - n * 256))}`).equals(Buffer.concat(row.slice(n * 256, n * 256 + 256))));
    row = Array.from({ length: Math.floor(row.length / 256) }, (_, n) => mth(row.slice(n * 256, n * 256 + 256)));
  }
  return hashes;
}
// Our proofs bring [entry, record, salt] in CBOR; the entry is the first byte string.
function proof(text, by) {
  const cut = text.indexOf('\n\n'), [magic, extra, index, ...path] = text.slice(0, cut).split('\n'), c = checkpoint(text.slice(cut + 2), by);
  const b = Buffer.from(extra.slice(6), 'base64'), at = b[1] < 0x58 ? 2 : b[1] === 0x58 ? 3 : 4, len = b[1] < 0x58 ? b[1] - 0x40 : b[1] === 0x58 ? b[2] : b.readUInt16BE(2);
  must('the proof', magic === 'c2sp.org/tlog-proof@v1' && b[0] === 0x83);
  return { c, index: Number(index.slice(6)), hash: leaf(b.subarray(at, at + len)), path: path.map(p => Buffer.from(p, 'base64')) };
}
const good = p => included(p.hash, p.index, p.c.size, p.path, p.c.root);
const flipped = b => { const x = Buffer.from(b); x[0] ^= 1; return x; };

function all(hashes, root) {      // every proof there is, and that one bit more is none
  const n = hashes.length, last = mth(hashes);
  must('the root', last.equals(root));
  for (let i = 0; i < n; i += n > 100 ? 17 : 1) {
    must(`inclusion of ${i}`, included(hashes[i], i, n, inclusion(i, hashes), root) && !included(flipped(hashes[i]), i, n, inclusion(i, hashes), root));
    const old = mth(hashes.slice(0, i + 1)), p = consistency(i + 1, hashes);
    must(`consistency of ${i + 1}`, grown(i + 1, n, old, root, p) && !grown(i + 1, n, flipped(old), root, p));
  }
}
const says = {
  folder([dir, ...proofs]) {
    const by = vkey(readFileSync(`${dir}/log.vkey`, 'utf8')), c = checkpoint(readFileSync(`${dir}/checkpoint`, 'utf8'), by), hashes = tiles(dir, c.size);
    all(hashes, c.root);
    for (const file of proofs) {
      const p = proof(readFileSync(file, 'utf8'), by);
      must(`${file}`, good(p) && p.hash.equals(hashes[p.index]) && mth(hashes.slice(0, p.c.size)).equals(p.c.root) && !good({ ...p, index: p.index + 1 }));
    }
    return `${c.size} entries, ${proofs.length} proofs`;
  },
  page([file]) {
    const example = n => new RegExp(`<!-- example: ${n} -->\n\`\`\`\n([^]*?)\`\`\`\n`).exec(readFileSync(file, 'utf8'))[1], by = vkey(example('vkey'));
    must('the page\'s proof', checkpoint(example('checkpoint'), by).size === 2 && good(proof(example('proof'), by)));
    return 'a checkpoint and a proof';
  },
  tessera([dir]) {
    const by = vkey('example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx');
    for (let n = 0; n <= 15; n++) all(tiles(dir, n), checkpoint(readFileSync(`${dir}/checkpoint.${n}`, 'utf8'), by).root);
    return '16 checkpoints';
  },
  merkle([dir]) {
    let n = 0;
    const hash = h => h == null ? Buffer.alloc(0) : Buffer.from(h, 'base64');
    for (const file of readdirSync(dir, { recursive: true }).filter(f => f.endsWith('.json'))) {
      const v = JSON.parse(readFileSync(`${dir}/${file}`)), path = (v.proof ?? []).map(hash);
      const was = 'leafIdx' in v ? included(hash(v.leafHash), v.leafIdx, v.treeSize, path, hash(v.root)) : grown(v.size1, v.size2, hash(v.root1), hash(v.root2), path);
      must(`${file}: ${v.desc}`, was === !v.wantErr);
      n++;
    }
    return `${n} proofs, good and bad`;
  },
};
const [what, ...rest] = process.argv.slice(2);
if ((what === 'tessera' || what === 'merkle') && !existsSync(rest[0])) { console.log(`the vectors are not at ${rest[0]}`); process.exit(77); }
console.log(`ok ${what}: ${says[what](rest)}`);

// A tlog-policy, a cosigned checkpoint, proofs of inclusion, by node:crypto alone.
// usage: node verify.mjs POLICY CHECKPOINT [PROOF...]   one line each; exit 1 at the first that fails
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'

const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const spki = raw => createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]), format: 'der', type: 'spki' })
const must = (good, text) => { if (!good) { console.log('refused: ' + text); process.exit(1) } }
function vkey (text) {
	const [, name, id, base64] = text.match(/^([^+ ]+)\+([0-9a-f]{8})\+(\S+)$/), typed = Buffer.from(base64, 'base64')
	must(sha(Buffer.from(name + '\n'), typed).subarray(0, 4).toString('hex') === id, 'the id of ' + name)
	return { name, id, kind: typed[0], key: spki(typed.subarray(1)) }
}
const policy = { logs: [], named: {}, quorum: null }
for (const [word, ...rest] of readFileSync(process.argv[2], 'utf8').split('\n').map(line => line.trim().split(/[ \t]+/))) {
	if (word === 'log') policy.logs.push(vkey(rest[0]))
	if (word === 'witness') policy.named[rest[0]] = { witness: vkey(rest[1]) }
	if (word === 'group') policy.named[rest[0]] = { need: { all: rest.length - 2, any: 1 }[rest[1]] ?? Number(rest[1]), of: rest.slice(2) }
	if (word === 'quorum') policy.quorum = rest[0]
}
// What a key says under a note: undefined, or a time (0 of a log).
function says (k, text, lines) {
	for (const [name, octets] of lines) {
		if (name !== k.name || octets.subarray(0, 4).toString('hex') !== k.id) continue
		const time = k.kind === 4 ? octets.readBigUInt64BE(4) : 0n
		const message = k.kind === 4 ? `cosignature/v1\ntime ${time}\n${text}` : text
		must(verify(null, Buffer.from(message), k.key, octets.subarray(k.kind === 4 ? 12 : 4)), 'the signature by ' + name)
		return time
	}
}
function checkNote (note) {
	const at = note.lastIndexOf('\n\n'), text = note.slice(0, at + 1)
	const lines = note.slice(at + 2, -1).split('\n').map(line => line.split(' ')).map(([, name, base64]) => [name, Buffer.from(base64, 'base64')])
	const [origin, size, root] = text.split('\n')
	must(policy.logs.some(k => k.name === origin && says(k, text, lines) !== undefined), 'no log of the policy signed')
	const met = name => name === 'none' || (policy.named[name].of
		? policy.named[name].of.filter(met).length >= policy.named[name].need
		: says(policy.named[name].witness, text, lines) !== undefined)
	must(met(policy.quorum), 'no quorum at size ' + size)
	return { size: Number(size), root: Buffer.from(root, 'base64'), by: Object.entries(policy.named).filter(([, x]) => x.witness && says(x.witness, text, lines) !== undefined).map(([name]) => name) }
}
const { size, by } = checkNote(readFileSync(process.argv[3], 'utf8'))
console.log(`checkpoint of ${size} cosigned by ${by.join(' ')}`)
for (const file of process.argv.slice(4)) {
	const [head, ...rest] = readFileSync(file, 'utf8').split('\n\n')
	const [magic, extra, index, ...hashes] = head.split('\n'), c = checkNote(rest.join('\n\n'))
	must(magic === 'c2sp.org/tlog-proof@v1' && extra.startsWith('extra ') && index.startsWith('index '), 'no proof: ' + file)
	const cbor = Buffer.from(extra.slice(6), 'base64'), n = cbor[1] === 0x58 ? cbor[2] : cbor.readUInt16BE(2) // [entry, record, salt]
	let hash = sha(Buffer.from([0]), cbor.subarray(cbor[1] === 0x58 ? 3 : 4).subarray(0, n))
	let fn = Number(index.slice(6)), sn = c.size - 1 // RFC 9162 2.1.3.2
	must(fn <= sn, 'outside the tree')
	for (const p of hashes.map(line => Buffer.from(line, 'base64'))) {
		must(sn > 0, 'the proof is too long')
		hash = (fn & 1) || fn === sn ? sha(Buffer.from([1]), p, hash) : sha(Buffer.from([1]), hash, p)
		if (!(fn & 1)) while (fn === sn && fn > 0 && !(fn & 1)) { fn >>= 1; sn >>= 1 }
		fn >>= 1; sn >>= 1
	}
	must(sn === 0 && hash.equals(c.root), 'the proof does not lead to the root')
	console.log(`entry ${index.slice(6)} is under ${c.size}, cosigned by ${c.by.join(' ')}`)
}

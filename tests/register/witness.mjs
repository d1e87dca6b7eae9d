// A witness of c2sp.org/tlog-witness, over node:crypto and node:http alone, made
// from the standard's text: a second opinion on what Antin sends.
// usage: node witness.mjs NAME LOG_VKEY KEY_FILE   prints its vkey, then its port
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [name, logVkey, keyFile] = process.argv.slice(2)
const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const spki = raw => createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]), format: 'der', type: 'spki' })
const keyId = (who, typed) => sha(Buffer.from(who + '\n'), typed).subarray(0, 4)

if (!existsSync(keyFile))
	writeFileSync(keyFile, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
const key = createPrivateKey(readFileSync(keyFile))
const typed = Buffer.concat([Buffer.from([4]), createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)])
const [origin, , logKey] = logVkey.match(/^([^+]+)\+([0-9a-f]{8})\+(.+)$/).slice(1)
const logTyped = Buffer.from(logKey, 'base64')

let view = { size: 0n, root: sha(Buffer.alloc(0)), note: '' }
if (existsSync(keyFile + '.view')) {	// what it cosigned before it was ended
	const note = readFileSync(keyFile + '.view', 'utf8'), [, size, root] = note.split('\n')
	view = { size: BigInt(size), root: Buffer.from(root, 'base64'), note }
}

class Refused extends Error { constructor (status, text) { super(text); this.status = status } }
const ask = (good, status, text) => { if (!good) throw new Refused(status, text) }

function readNote (note) {
	const at = note.lastIndexOf('\n\n')
	ask(at > 0 && note.endsWith('\n'), 400, 'no note')
	const text = note.slice(0, at + 1)
	const lines = note.slice(at + 2, -1).split('\n').map(line => line.match(/^\u2014 (\S+) ([A-Za-z0-9+/]+=*)$/))
	ask(lines.every(line => line), 400, 'a signature line')
	const [who, size, root, ...extensions] = text.slice(0, -1).split('\n')
	ask(/^(0|[1-9][0-9]*)$/.test(size) && root && Buffer.from(root, 'base64').length === 32, 400, 'no checkpoint')
	ask(extensions.every(line => line), 400, 'an empty extension line')
	return { text, who, size: BigInt(size), root: Buffer.from(root, 'base64'), lines: lines.map(line => [line[1], Buffer.from(line[2], 'base64')]) }
}

function checkSigned (note) {
	const own = note.lines.filter(([who, octets]) => who === origin && octets.subarray(0, 4).equals(keyId(origin, logTyped)))
	ask(own.length > 0, 403, 'not signed by the log')
	for (const [, octets] of own) ask(verify(null, Buffer.from(note.text), spki(logTyped.subarray(1)), octets.subarray(4)), 403, 'a wrong signature')
}

// RFC 9162 2.1.4.2
function consistent (from, to, fromRoot, toRoot, proof) {
	if (from === 0n) return proof.length === 0
	if (from === to) return proof.length === 0 && fromRoot.equals(toRoot)
	const path = (from & (from - 1n)) === 0n ? [fromRoot, ...proof] : [...proof]
	if (path.length === 0) return false
	let fn = from - 1n, sn = to - 1n
	while (fn & 1n) { fn >>= 1n; sn >>= 1n }
	let fr = path[0], sr = path[0]
	for (const c of path.slice(1)) {
		if (sn === 0n) return false
		if ((fn & 1n) || fn === sn) {
			fr = sha(Buffer.from([1]), c, fr)
			sr = sha(Buffer.from([1]), c, sr)
			while (!(fn & 1n) && fn !== 0n) { fn >>= 1n; sn >>= 1n }
		} else {
			sr = sha(Buffer.from([1]), sr, c)
		}
		fn >>= 1n
		sn >>= 1n
	}
	return sn === 0n && fr.equals(fromRoot) && sr.equals(toRoot)
}

function cosign (text) {
	const time = BigInt(Math.floor(Date.now() / 1000)), octets = Buffer.alloc(8)
	octets.writeBigUInt64BE(time)
	const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), key)
	return `\u2014 ${name} ${Buffer.concat([keyId(name, typed), octets, signature]).toString('base64')}\n`
}

function addCheckpoint (body) {
	const gap = body.indexOf('\n\n')
	ask(gap > 0, 400, 'no empty line')
	const [first, ...hashes] = body.slice(0, gap).split('\n')
	const old = first.match(/^old (0|[1-9][0-9]*)$/)
	ask(old && hashes.length <= 63, 400, 'no request')
	const proof = hashes.map(line => Buffer.from(line, 'base64'))
	ask(proof.every(hash => hash.length === 32), 400, 'no hash')
	const note = readNote(body.slice(gap + 2))
	ask(note.who === origin, 404, 'another log')
	checkSigned(note)
	ask(BigInt(old[1]) <= note.size, 400, 'old beyond new')
	ask(BigInt(old[1]) === view.size, 409, String(view.size))
	ask(consistent(view.size, note.size, view.root, note.root, proof), 422, 'inconsistent')
	const line = cosign(note.text)
	view = { size: note.size, root: note.root, note: body.slice(gap + 2) + line }
	writeFileSync(keyFile + '.view', view.note)
	return line
}

const server = createServer((request, response) => {
	const parts = []
	request.on('data', part => parts.push(part))
	request.on('end', () => {
		try {
			ask(request.url === '/add-checkpoint' && request.method === 'POST', 404, 'nothing here')
			response.end(addCheckpoint(Buffer.concat(parts).toString()))
		} catch (e) {
			response.writeHead(e.status ?? 500, { 'Content-Type': e.status === 409 ? 'text/x.tlog.size' : 'text/plain' })
			response.end(e.message + '\n')
		}
	})
})
console.log(`${name}+${keyId(name, typed).toString('hex')}+${typed.toString('base64')}`)
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(server.address().port))

// node jws.mjs FILE JWS: the certificates of x5c on standard output, when the detached JWS
// (RFC 7797) over FILE holds by the first of them.  Node's own crypto, nothing of ours.
import { createVerify, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

const [file, jws] = process.argv.slice(2)
const [protect, payload, signature, more] = readFileSync(jws, 'utf8').split('.')
const header = JSON.parse(Buffer.from(protect, 'base64url'))
const fail = why => { console.error(why); process.exit(1) }

if (payload !== '' || more !== undefined) fail('not detached')
if (header.alg !== 'ES256' || header.b64 !== false || `${header.crit}` !== 'b64') fail(`header ${JSON.stringify(header)}`)
const chain = header.x5c.map(one => new X509Certificate(Buffer.from(one, 'base64')))
const verify = createVerify('sha256')
verify.update(`${protect}.`)
verify.update(readFileSync(file))
if (!verify.verify({ key: chain[0].publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))) fail('the signature does not hold')
console.log(chain.map(one => one.toString()).join(''))

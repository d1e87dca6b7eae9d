// node report_jws.mjs JWS PAYLOAD: a signed report's payload into a file and the certificates of x5c
// on standard output, when the compact JWS holds by the first of them.  Node's own crypto, nothing of ours.
import { createVerify, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const [jws, out] = process.argv.slice(2)
const [protect, payload, signature, more] = readFileSync(jws, 'utf8').split('.')
const fail = why => { console.error(why); process.exit(1) }
if (!signature || more !== undefined) fail('not compact')
const header = JSON.parse(Buffer.from(protect, 'base64url'))
if (header.alg !== 'ES256' || header.typ !== 'antin-report' || header.crit !== undefined) fail(`header ${JSON.stringify(header)}`)
const chain = header.x5c.map(one => new X509Certificate(Buffer.from(one, 'base64')))
const verify = createVerify('sha256')
verify.update(`${protect}.${payload}`)
if (!verify.verify({ key: chain[0].publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))) fail('the signature does not hold')
writeFileSync(out, Buffer.from(payload, 'base64url'))
console.log(chain.map(one => one.toString()).join(''))

// What calls itself a witness and answers add-checkpoint with everything but a
// cosignature that is good; nothing of it may reach a checkpoint.
// usage: node liar.mjs NAME KEY_ID PORT
import { createServer } from 'node:http'

const [name, id, port] = process.argv.slice(2)
const line = octets => `\u2014 ${name} ${Buffer.concat([Buffer.from(id, 'hex'), octets]).toString('base64')}\n`
const forged = line(Buffer.alloc(72, 7)) // its own name and key, a signature that is none
let turn = 0

const lies = [
	r => r.end(forged),
	r => r.end('no line at all'),
	r => r.end(''),
	r => r.end(line(Buffer.alloc(64, 7)).replace(name, 'w1.example/w')), // in another's name
	r => r.end('\n\n' + forged), // text after the signatures
	r => r.end('\u2014 x '.padEnd(100000, 'A') + '\n'), // more than is carried
	r => { r.writeHead(302, { Location: `http://127.0.0.1:${port}/other` }); r.end() },
	r => { r.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }); r.end('five\n') },
	r => { r.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }); r.end('0\n') },
	r => { r.writeHead(200, { 'Content-Length': '5000' }); r.write('\u2014'); setTimeout(() => r.destroy(), 400) },
	r => { r.writeHead(500); r.end(forged) },
	r => r.destroy(),
]

createServer((request, response) => {
	if (request.url === '/other') console.log('followed')
	request.resume()
	request.on('end', () => { console.log(`lie ${turn % lies.length}`); lies[turn++ % lies.length](response) })
}).listen(Number(port), '127.0.0.1')

// node foreign_xml.mjs FOLDER PERMITS: each sample signed by xadesjs (XAdES), enveloped by
// FOLDER/ec.key or rsa.key in turn, detached over SAMPLE.json by the other one; and, not signed,
// enveloping, a template for xmlsec1.  None of it is this project's code.  Exit 77: xadesjs is
// not installed.
import { createRequire } from 'node:module'
import { webcrypto, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [folder, permits] = process.argv.slice(2)
const found = createRequire(new URL('../opinion/package.json', import.meta.url))
const load = async name => {
	try { return await import(pathToFileURL(found.resolve(name))) } catch (e) {
		if (e.code !== 'MODULE_NOT_FOUND') throw e
		console.log('skipped: xadesjs is not installed')
		process.exit(77)
	}
}
const [xades, dsig, dom, path] = [await load('xadesjs'), await load('xmldsigjs'), await load('@xmldom/xmldom'), await load('xpath')]
xades.setNodeDependencies({ DOMParser: dom.DOMParser, XMLSerializer: dom.XMLSerializer, DOMImplementation: dom.DOMImplementation, xpath: path.default })
dsig.setNodeDependencies?.({ DOMParser: dom.DOMParser, XMLSerializer: dom.XMLSerializer, DOMImplementation: dom.DOMImplementation, xpath: path.default })
dsig.Application.setEngine('node', webcrypto)

const kinds = {
	ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
	rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
}
const signers = {}
for (const [name, algorithm] of Object.entries(kinds)) {
	const pem = readFileSync(`${folder}/${name}.key`, 'utf8').replace(/-----[^-]+-----|\s/g, '')
	const key = await webcrypto.subtle.importKey('pkcs8', Buffer.from(pem, 'base64'), algorithm, true, ['sign'])
	signers[name] = { algorithm, key, cert: new X509Certificate(readFileSync(`${folder}/${name}.crt`)).raw.toString('base64') }
}

const escaped = text => String(text).replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c])
const element = (name, value) => `<${name}>${typeof value !== 'object' || value === null ? escaped(value)
	: Object.entries(value).map(([k, v]) => element(Array.isArray(value) ? 'muc' : k, v)).join('\n')}</${name}>`

// transforms [] and a content: detached.
async function sign(by, data, reference, content) {
	const signed = new xades.SignedXml()
	if (content) signed.contentHandler = async r => r.Uri === reference.uri ? content : null
	await signed.Sign(by.algorithm, by.key, data, { x509: [by.cert], signingCertificateV2: by.cert, references: [{ hash: 'SHA-256', ...reference }] })
	return signed.XmlSignature.GetXml()
}

const samples = JSON.parse(readFileSync(permits, 'utf8')).permits
for (const [i, sample] of samples.entries()) {
	const [first, second] = i % 2 ? [signers.rsa, signers.ec] : [signers.ec, signers.rsa]
	const xml = element('giay', sample).replace('<giay>', '<giay xmlns="urn:fictitious:giay">')
	const json = Buffer.from(JSON.stringify(sample))
	const doc = xades.Parse(xml), out = new dom.XMLSerializer()

	doc.documentElement.appendChild(doc.importNode(await sign(first, doc, { uri: '', transforms: ['enveloped', 'exc-c14n'] }), true))
	writeFileSync(`${folder}/${sample.id}-enveloped.xml`, out.serializeToString(doc))
	writeFileSync(`${folder}/${sample.id}.json`, json)
	writeFileSync(`${folder}/${sample.id}-detached.xml`, out.serializeToString(await sign(second, json, { uri: `${sample.id}.json`, transforms: [] }, json)))
	writeFileSync(`${folder}/${sample.id}-${i % 2 ? 'rsa' : 'ec'}.template`, `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>
 <CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>
 <SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#${i % 2 ? 'rsa-sha384' : 'ecdsa-sha384'}"/>
 <Reference URI="#giay"><Transforms><Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/></Transforms>
 <DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/><DigestValue/></Reference></SignedInfo>
 <SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo><Object Id="giay">${xml}</Object></Signature>\n`)
}

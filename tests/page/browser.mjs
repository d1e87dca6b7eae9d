// What the tests in Chromium have in common: the browser, what was found, and what
// stands on paper.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';

export const launch = () => chromium.launch({ executablePath: '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });

let passed = 0, failed = 0;
export const check = (what, good) => { good ? passed++ : failed++; console.log(`${good ? 'ok' : 'not ok'} ${what}`); };
export function end() {
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed > 0 ? 1 : 0);
}

// However it is broken into lines.
export const letters = text => text.normalize('NFC').replace(/\s+/g, '');
// Whether each of these texts stands on the paper, as poppler reads it, who takes a hyphen
// at a line's end for one that is not of the word.
export async function prints(page, texts) {
	const plain = text => letters(text).replaceAll('-', '');
	const paper = plain(execFileSync('pdftotext', ['-', '-'], { input: await page.pdf({ format: 'A4' }), encoding: 'utf8' }));
	const missing = texts.filter(text => !paper.includes(plain(text)));
	for (const text of missing) console.log(`   not on paper: ${text}`);
	return texts.length > 0 && missing.length === 0;
}

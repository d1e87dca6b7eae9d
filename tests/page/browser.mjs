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
// Whether each of these texts stands on the paper, as poppler reads it.
export async function prints(page, texts) {
	const paper = letters(execFileSync('pdftotext', ['-', '-'], { input: await page.pdf({ format: 'A4' }), encoding: 'utf8' }));
	return texts.length > 0 && texts.every(text => paper.includes(letters(text)));
}

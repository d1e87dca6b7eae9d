// The citizen's page, whole, in Chromium: every answer that it was given the means for, in
// every language, at 320 and 1920 pixels, with and without JavaScript; by keyboard; over a
// slow network; axe-core over all of it; the script in the words of old browsers.
// usage: node citizen_test.mjs BASE_URL CASES.json SHOTS_FOLDER
// CASES: [{"id", "code" or "file", ?"day", ?"has": a text that the page must show}]
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'acorn';
import { check, end, launch } from './browser.mjs';

const [base, list, shots] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(list, 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] };
const title = { vi: 'Kiểm tra giấy phép', en: 'Check a permit', fr: 'Vérifier un permis' };
const browser = await launch();

async function open(context, at) {
	const page = await context.newPage();
	page.trouble = [];
	page.on('pageerror', e => page.trouble.push(e.message));
	page.on('console', m => { if (m.type() === 'error' && !/status of (4\d\d|5\d\d)/.test(m.text())) page.trouble.push(m.text()); });
	page.on('request', r => { if (!r.url().startsWith(base)) page.trouble.push(r.url()); });
	await page.goto(base + at);
	return page;
}
const narrow = page => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
async function axed(page) {
	await page.evaluate(axe);		// by the debugger, past the page's content policy
	const found = await page.evaluate(r => window.axe.run(document, r), rules);
	return found.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => `${v.id}: ${v.nodes[0].html.slice(0, 90)}`);
}
const said = page => page.evaluate(() => { const a = document.getElementById('answer'); return a && a.getAttribute('data-id'); });
async function ask(page, c) {
	if (c.day) await page.fill('#day', c.day);
	if (c.file) await page.setInputFiles('#file', c.file);
	else { await page.fill('#code', c.code); await page.press('#code', 'Enter'); }
	await page.waitForSelector('#answer', { timeout: 15000 }).catch(() => {});
}

// Old phones: ES5 and nothing newer, and small.
const script = await (await fetch(base + '/page.js')).text(), sizes = [];
for (const name of ['/', '/page.js', '/style.css']) sizes.push((await (await fetch(base + name)).arrayBuffer()).byteLength);
check('the script is ES5', (() => { try { return parse(script, { ecmaVersion: 5 }).type === 'Program'; } catch (e) { console.log(e.message); return false; } })());
check('a parser that refuses what is newer', (() => { try { parse('var f = () => 1;', { ecmaVersion: 5 }); return false; } catch { return true; } })());
check(`page, script and style have ${sizes.join(' + ')} octets, 32 KB at most`, sizes.reduce((a, b) => a + b) <= 32768);
const csp = (await fetch(base + '/')).headers.get('content-security-policy');
check('a content policy without exceptions', csp.includes("default-src 'self'") && !csp.includes('unsafe'));

// Every answer, by language and width.
for (const lang of ['vi', 'en', 'fr'])
	for (const width of [320, 1920]) {
		const context = await browser.newContext({ viewport: { width, height: 900 } });
		const page = await open(context, `/?lang=${lang}`);
		const what = `${lang} at ${width}`;
		check(`${what}: language and title`, await page.evaluate(() => document.documentElement.lang) === lang && await page.title() === title[lang]);
		check(`${what}: only that language is seen`, await page.evaluate(l => [...document.querySelectorAll('body .vi, body .en, body .fr')].every(e => e.classList.contains(l) || e.getClientRects().length === 0), lang));
		let bad = await axed(page);
		check(`${what}: axe on the empty page ${bad.join('; ')}`, bad.length === 0);
		await page.screenshot({ path: `${shots}/empty-${lang}-${width}.png`, fullPage: true });
		for (const c of cases) {
			await page.goto(`${base}/?lang=${lang}`);
			await ask(page, c);
			check(`${what}: ${c.id}`, await said(page) === c.id);
			check(`${what}: ${c.id}: focus on it, nothing over the edge`, await page.evaluate(() => document.activeElement.id) === 'answer' && await narrow(page));
			if (c.has) check(`${what}: ${c.id}: ${c.has}`, (await page.locator('main').innerText()).includes(c.has));
			await page.evaluate(() => { const d = document.getElementById('details'); if (d) d.open = true; });
			bad = await axed(page);
			check(`${what}: ${c.id}: axe ${bad.join('; ')}`, bad.length === 0);
			await page.screenshot({ path: `${shots}/${c.id}-${lang}-${width}.png`, fullPage: true });
		}
		check(`${what}: no console error, no other place asked ${page.trouble.join('; ')}`, page.trouble.length === 0);
		await context.close();
	}

// The same without JavaScript: the words are the same.
for (const lang of ['vi', 'en', 'fr']) {
	const context = await browser.newContext({ viewport: { width: 320, height: 900 }, javaScriptEnabled: false });
	const page = await open(context, `/?lang=${lang}`);
	for (const c of cases) {
		await page.goto(`${base}/?lang=${lang}`);
		if (c.day) await page.fill('#day', c.day);
		if (c.file) await page.setInputFiles('#file', c.file);
		else await page.fill('#code', c.code);
		await Promise.all([page.waitForURL('**/answer'), page.click('#go')]);
		const box = page.locator('#answer');
		check(`no script, ${lang}: ${c.id}`, await box.getAttribute('data-id') === c.id && await page.locator('html').getAttribute('lang') === lang && await page.locator('html').evaluate(h => h.scrollWidth <= 320));
		check(`no script, ${lang}: ${c.id}: nothing of it in the address`, page.url() === `${base}/answer`);
	}
	await context.close();
}

// By keyboard alone.
{
	const code = cases.find(c => c.code && !c.day).code;
	const page = await open(await browser.newContext({ viewport: { width: 320, height: 800 } }), '/');
	const reach = async id => { for (let i = 0; i < 30 && await page.evaluate(() => document.activeElement.id) !== id; i++) await page.keyboard.press('Tab'); return await page.evaluate(() => document.activeElement.id) === id; };
	check('keyboard: the languages are reached', await reach('to-fr'));
	await page.keyboard.press('Enter');
	check('keyboard: French, in the address too', await page.evaluate(() => document.documentElement.lang) === 'fr' && page.url().includes('lang=fr'));
	check('keyboard: the box is reached', await reach('code'));
	await page.keyboard.type(code);
	for (const id of ['file', 'day', 'go']) check(`keyboard: ${id} is reached`, await reach(id));
	await page.keyboard.press('Enter');
	await page.waitForSelector('#answer');
	check('keyboard: the answer has the focus, and what is behind it is reached', await page.evaluate(() => document.activeElement.id) === 'answer' && await reach('code'));
	await page.context().close();
}

// Over a slow network: the progress is seen, and then the answer.
{
	const page = await open(await browser.newContext({ viewport: { width: 400, height: 800 } }), '/');
	const wire = await page.context().newCDPSession(page);
	await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 200, downloadThroughput: 60000, uploadThroughput: 60000 });
	await page.evaluate(() => { window.seen = []; new MutationObserver(() => { const p = document.getElementById('sending'); if (!p.hidden) window.seen.push(document.getElementById('bar').value); }).observe(document.getElementById('sending'), { subtree: true, childList: true, attributes: true }); });
	await page.setInputFiles('#file', { name: 'scan.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(400000, 'ảnh chụp ') });
	await page.waitForSelector('#sending:not([hidden])', { timeout: 10000 }).catch(() => {});
	await page.screenshot({ path: `${shots}/sending.png` });
	await page.waitForSelector('#answer', { timeout: 60000 }).catch(() => {});
	const seen = await page.evaluate(() => window.seen);
	check(`slow: progress grows (${[...new Set(seen)].join(', ')}), then the answer`, new Set(seen).size >= 2 && seen.every((n, i) => i === 0 || n >= seen[i - 1]) && await said(page) === 'no-signature');
	check('slow: the progress goes away', await page.locator('#sending').isHidden());
	await page.context().close();
}

// Dropped and pasted; too large; the report as a file.
{
	const file = cases.find(c => c.file && c.id === 'in-force').file;
	const page = await open(await browser.newContext({ viewport: { width: 800, height: 800 }, acceptDownloads: true }), '/');
	const give = how => page.evaluate(([how, text]) => {
		const data = new DataTransfer();
		data.items.add(new File([text], 'permit.xml'));
		document.dispatchEvent(how === 'drop' ? new DragEvent('drop', { dataTransfer: data, cancelable: true }) : new ClipboardEvent('paste', { clipboardData: data, cancelable: true }));
	}, [how, readFileSync(file, 'utf8')]);
	for (const how of ['drop', 'paste']) {
		await page.goto(base + '/');
		await give(how);
		await page.waitForSelector('#answer', { timeout: 15000 }).catch(() => {});
		check(`a file by ${how}`, await said(page) === 'in-force');
	}
	await page.setInputFiles('#file', { name: 'big', mimeType: 'image/jpeg', buffer: Buffer.alloc(8 * 1024 * 1024 + 1) });
	check('a file of more than 8 MB is not sent', await page.locator('#too-large').isVisible() && await said(page) === null);
	await page.goto(base + '/');
	await page.fill('#code', cases.find(c => c.code && !c.day).code);
	await page.click('#ways summary');
	const [download] = await Promise.all([page.waitForEvent('download'), page.click('#as-json')]);
	const report = JSON.parse(readFileSync(await download.path(), 'utf8'));
	check('the report as a file is the verifier\'s', report.answer.id === 'in-force-by-code' && download.suggestedFilename() === 'report.json' && statSync(await download.path()).size > 500);
	check(`no console error ${page.trouble.join('; ')}`, page.trouble.length === 0);
	await page.context().close();
}

await browser.close();
end();

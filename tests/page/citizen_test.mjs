// The citizen's pages, whole, in Chromium: every answer that there is, in every language at
// 320 pixels and once at 1920, with and without JavaScript; by keyboard; over a slow network;
// axe-core over all of it; the script in the words of old browsers.
// usage: node citizen_test.mjs BASE_URL CASES.json SHOTS_FOLDER
// CASES: [{"id": the answer that is to come, "code", "file", "hash", "hashOf": a file, or
// "number" with "holder", ?"day", ?"has": a text that the page must show, ?"plain": it comes
// without JavaScript alone, ?"before": a command, ?"asker": an address; else a new one}]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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
const langs = ['vi', 'en', 'fr'];

// Old phones: ES5 and nothing newer, and small.
const script = await (await fetch(base + '/page.js')).text(), sizes = [];
for (const name of ['/', '/page.js', '/style.css']) sizes.push((await (await fetch(base + name)).arrayBuffer()).byteLength);
check('the script is ES5', (() => { try { return parse(script, { ecmaVersion: 5 }).type === 'Program'; } catch (e) { console.log(e.message); return false; } })());
check('a parser that refuses what is newer', (() => { try { parse('var f = () => 1;', { ecmaVersion: 5 }); return false; } catch { return true; } })());
check(`page, script and style have ${sizes.join(' + ')} octets, 32 KB at most`, sizes.reduce((a, b) => a + b) <= 32768);
const csp = (await fetch(base + '/')).headers.get('content-security-policy');
check('a content policy without exceptions', csp.includes("default-src 'self'") && !csp.includes('unsafe'));

// The empty pages.
for (const lang of langs)
	for (const at of ['/', '/tra-cuu'])
		for (const width of [320, 1920]) {
			const what = `${at}, ${lang} at ${width}`, page = await open(await browser.newContext({ viewport: { width, height: 900 } }), `${at}?lang=${lang}`);
			const bad = await axed(page);
			check(`${what}: language`, await page.evaluate(() => document.documentElement.lang) === lang && (at !== '/' || await page.title() === title[lang]));
			check(`${what}: only that language is seen`, await page.evaluate(l => [...document.querySelectorAll('body .vi, body .en, body .fr')].every(e => e.classList.contains(l) || e.getClientRects().length === 0), lang));
			check(`${what}: nothing over the edge, axe ${bad.join('; ')}`, await narrow(page) && bad.length === 0);
			check(`${what}: no console error, no other place asked ${page.trouble.join('; ')}`, page.trouble.length === 0);
			await page.screenshot({ path: `${shots}/empty${at.replace('/', '-')}-${lang}-${width}.png`, fullPage: true });
			await page.context().close();
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

// Every answer.  One page with JavaScript and one without see all of them.
const scripted = await open(await browser.newContext({ viewport: { width: 320, height: 900 } }), '/');
const plain = await open(await browser.newContext({ viewport: { width: 320, height: 900 }, javaScriptEnabled: false }), '/');
let posted = '';
scripted.on('request', r => { if (r.method() === 'POST') posted = r.postData() || ''; });
const hashed = c => c.hash || createHash('sha256').update(readFileSync(c.hashOf)).digest('hex');

async function ask(page, c, lang, script) {
	await page.goto(`${base}/${c.number ? 'tra-cuu' : ''}?lang=${lang}`);
	if (c.number) { await page.fill('#number', c.number); await page.fill('#holder', c.holder); }
	if (c.day) await page.fill('#day', c.day);
	if (c.file) await page.setInputFiles('#file', c.file);
	if (c.code) await page.fill('#code', c.code);
	if (c.hash || c.hashOf) await page.click('#ways summary');
	if (script && c.hashOf) await page.setInputFiles('#hash-file', c.hashOf);
	else if (c.hash || c.hashOf) await page.fill('#hash', hashed(c));
	if (!script || c.number) await Promise.all([page.waitForURL(c.number ? '**/tra-cuu' : '**/answer'), page.click(c.hash || c.hashOf ? '#by-hash' : '#go')]);
	else if (c.code) await page.press('#code', 'Enter');
	else if (c.hash) await page.click('#by-hash');
	await page.waitForSelector('#answer', { timeout: 15000 }).catch(() => {});
}
async function look(page, c, lang, what, script) {
	const at = await page.evaluate(() => { const a = document.getElementById('answer'); return { id: a && a.getAttribute('data-id'), lang: document.documentElement.lang, focus: document.activeElement.id }; });
	check(`${what}: it is ${at.id}`, at.id === c.id && at.lang === lang);
	check(`${what}: nothing over the edge, the focus on it`, await narrow(page) && (!script || c.number || at.focus === 'answer'));
	if (script && c.hashOf) check(`${what}: the hash went, the file stayed (${posted.length} octets)`, posted.includes(hashed(c)) && posted.length < 1000);
	if (c.has) check(`${what}: ${c.has}`, (await page.locator('main').innerText()).includes(c.has));
	check(`${what}: no value is missing in it`, !(await page.locator('#answer').innerText()).includes('…'));
	check(`${what}: in that language`, await page.locator('#answer [lang], #details [lang], #since [lang=en]').count() === 0);
	if (!script) return;		// nothing runs there, axe neither
	await page.evaluate(() => { const d = document.getElementById('details'); if (d) d.open = true; });
	const bad = await axed(page);
	check(`${what}: axe ${bad.join('; ')}`, bad.length === 0);
}
const shot = (page, name) => page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });

const seen = new Set();
for (const [n, c] of cases.entries()) {
	const name = `${String(n).padStart(2, '0')}-${c.id}`, asked = c.number || c.plain;		// the page of numbers has no script
	if (c.before) execFileSync('sh', ['-c', c.before]);
	for (const page of [scripted, plain]) await page.setExtraHTTPHeaders({ 'X-Forwarded-For': c.asker || `198.51.100.${n + 1}` });
	for (const [k, lang] of langs.entries()) {
		const page = c.plain ? plain : scripted, what = `${name} ${lang}`;
		if (k === 0 || asked) await ask(page, c, lang, !c.plain);
		else {		// what is answered is asked again in the other language
			const old = await page.$('#answer');
			await page.click(`#to-${lang}`);
			await page.waitForFunction(o => !o.isConnected && document.getElementById('answer'), old, { timeout: 15000 }).catch(() => {});
		}
		await look(page, c, lang, what, !c.plain);
		await shot(page, `${name}-${lang}-320`);
		if (k !== n % 3) continue;
		await page.setViewportSize({ width: 1920, height: 1080 });
		check(`${what} at 1920: nothing over the edge`, await narrow(page));
		await shot(page, `${name}-${lang}-1920`);
		await page.setViewportSize({ width: 320, height: 900 });
		if (asked) continue;
		await ask(plain, c, lang, false);
		check(`${what}, no script: the same`, await said(plain) === c.id && await plain.locator('html').getAttribute('lang') === lang && await narrow(plain));
		check(`${what}, no script: nothing of it in the address`, plain.url() === `${base}/answer`);
	}
	seen.add(c.id);
}
for (const page of [scripted, plain]) {
	check(`no console error, no other place asked ${page.trouble.join('; ')}`, page.trouble.length === 0);
	await page.context().close();
}

// None is forgotten.  Nothing makes a seal of a square code yet, so that none is false.
const all = [...readFileSync('policy/answers.xml', 'utf8').matchAll(/<answer id="([^"]+)"/g), ...readFileSync('api/answer.c', 'utf8').matchAll(/struct own_answer \w+ = \{ "([^"]+)"/g)].map(m => m[1]);
const nothing = ['seal-false'];
check(`answers are found in both tables: ${all.length}`, all.includes('in-force') && all.includes('refused'));
for (const id of new Set(all)) check(`${id} was ${nothing.includes(id) ? 'not ' : ''}seen`, seen.has(id) !== nothing.includes(id));

await browser.close();
end();

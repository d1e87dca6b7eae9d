// A permit looked up by number and name, in Chromium: without script, at 320 and at 1280
// pixels, by keyboard.  Is wrong twice.
// usage: node lookup_test.mjs BASE_URL NUMBER NAME [SCREENSHOTS_FOLDER]
import { chromium } from 'playwright-core';

const [base, number, name, shots] = process.argv.slice(2);
let passed = 0, failed = 0;
const check = (what, good) => { good ? passed++ : failed++; console.log(`${good ? 'ok' : 'not ok'} ${what}`); };

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const context = await browser.newContext({ viewport: { width: 320, height: 800 }, javaScriptEnabled: false });
const page = await context.newPage();
const elsewhere = [], refused = [], addresses = [];
page.on('request', r => { addresses.push(decodeURIComponent(r.url())); if (!r.url().startsWith(base)) elsewhere.push(r.url()); });
page.on('response', r => { if (r.status() >= 400 && !r.url().endsWith('/favicon.ico')) refused.push(r.url()); });

const looks = async (what, width) => {
	check(`${what} at ${width} pixels: nothing runs over the edge`, await page.locator('html').evaluate((h, w) => h.scrollWidth <= w, width));
	check(`${what} at ${width} pixels: no script, not to be indexed`, await page.locator('script').count() === 0 && await page.locator('meta[name=robots][content*=noindex]').count() === 1);
	check(`${what} at ${width} pixels: in Vietnamese, the other languages one step away`, await page.locator('html').getAttribute('lang') === 'vi' && await page.locator('.languages a').count() === 3);
	check(`${what} at ${width} pixels: it says that it is a demonstration`, /THỬ NGHIỆM/.test(await page.locator('#demonstration').innerText()));
	check(`${what} at ${width} pixels: fields, links and buttons are large enough`, await page.locator('main a, main button, main input:not([type=hidden]), main select').evaluateAll(all => all.every(a => a.getBoundingClientRect().height >= 24 && (a.tagName === 'A' || a.getBoundingClientRect().height >= 40))));
	if (shots) await page.screenshot({ path: `${shots}/${what}-${width}.png`, fullPage: true });
};
const ask = async (of, whose) => {
	await page.goto(`${base}/tra-cuu`);
	await page.locator('#number').fill(of);
	await page.locator('#holder').fill(whose);
	await page.keyboard.press('Enter');
	await page.locator('#answer').waitFor();
};

for (const width of [320, 1280]) {
	await page.setViewportSize({ width, height: 800 });
	await page.goto(`${base}/tra-cuu`);
	check('every field has its label', await page.locator('main input:not([type=hidden]), main select').evaluateAll(all => all.every(f => document.querySelector(`label[for=${f.id}]`) !== null)));
	await looks('form', width);
	await ask(number, name);
	check('the answer says its word before its colour', /CÒN HIỆU LỰC/.test(await page.locator('#answer').innerText()));
	check('and what is public of the permit', (await page.locator('section.box').innerText()).includes(number));
	check('not what is masked', !/•|Số định danh|Ngày sinh/.test(await page.locator('main').innerText()));
	await looks('found', width);
	await ask(number, 'Người Không Có');
	check('the name alone wrong: not found, and it accuses nobody', /KHÔNG TÌM THẤY/.test(await page.locator('#answer').innerText()) && await page.locator('section.box').count() === 0);
	await looks('not-found', width);
}
await page.goto(`${base}/`);
check('the first page leads here', await page.locator('a[href="/tra-cuu"]').count() === 1);
check('no name in any address', addresses.every(a => !a.includes(name) && !a.includes('Không')));
check('no other place is asked, nothing is refused', elsewhere.length === 0 && refused.length === 0);
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

// The reports as people read them, in Chromium: at 320 pixels, without script,
// printed.
// usage: node report_test.mjs BASE_URL
import { check, end, launch, prints } from './browser.mjs';

const base = process.argv[2];

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 320, height: 700 }, javaScriptEnabled: false });
const page = await context.newPage();
const elsewhere = [], refused = [];
page.on('request', r => { if (!r.url().startsWith(base)) elsewhere.push(r.url()); });
page.on('response', r => { if (r.status() >= 400 && !r.url().endsWith('/favicon.ico')) refused.push(r.url()); });
page.on('console', m => { if (m.type() === 'error' && !m.location().url.endsWith('/favicon.ico')) refused.push(m.text()); });

await page.goto(`${base}/report/`);
const links = await page.locator('main h2 a').evaluateAll(all => all.map(a => a.getAttribute('href')));
check('six reports are listed', links.length === 6 && links[0] === 'on-time.html');
for (const name of ['index.html', ...links]) {
	await page.goto(`${base}/report/${name}`);
	check(`${name}: nothing runs over the edge at 320 pixels`, await page.locator('html').evaluate(h => h.scrollWidth <= 320));
	check(`${name}: no script`, await page.locator('script').count() === 0);
	check(`${name}: Vietnamese first, English beside`, await page.locator('html').getAttribute('lang') === 'vi' && await page.locator('h1 .en[lang=en]').count() === 1);
	check(`${name}: it has its looks`, await page.locator('body').evaluate(b => getComputedStyle(b).maxWidth !== 'none'));
	check(`${name}: headings and hashes stand on paper`, await prints(page, await page.locator('h1, h2, pre, .hash').allInnerTexts()));
	if (name === 'index.html') continue;
	check(`${name}: it tells how to check it`, /antin report \S+ --size \d+ --tiles/.test(await page.locator('.check pre').first().innerText()) &&
		/^[0-9a-f]{64}$/.test((await page.locator('.check pre').nth(1).innerText()).replace(/\s/g, '')));
	for (const form of ['csv', 'json']) check(`${name}: the ${form} is there`, (await context.request.get(`${base}/report/${name.replace('html', form)}`)).ok());
}
await page.goto(`${base}/report/permits.html`);
check('bars are drawn', await page.locator('.bars svg rect').count() > 0);
check('no other place is asked, nothing is refused', elsewhere.length === 0 && refused.length === 0);
await browser.close();
end();

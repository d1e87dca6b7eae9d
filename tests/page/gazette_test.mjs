// What agencies make public, in Chromium: without script, at 320 and at 1280 pixels,
// printed, by keyboard.
// usage: node gazette_test.mjs BASE_URL AGENCY [SCREENSHOTS_FOLDER]
import { check, end, launch, prints } from './browser.mjs';

const [base, agency, shots] = process.argv.slice(2);

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 320, height: 800 }, javaScriptEnabled: false });
const page = await context.newPage();
const elsewhere = [], refused = [];
page.on('request', r => { if (!r.url().startsWith(base)) elsewhere.push(r.url()); });
page.on('response', r => { if (r.status() >= 400 && !r.url().endsWith('/favicon.ico')) refused.push(r.url()); });

for (const width of [320, 1280])
	for (const [name, path] of [['agencies', '/cong-khai'], ['agency', `/cong-khai/${agency}`]]) {
		await page.setViewportSize({ width, height: 800 });
		await page.goto(base + path);
		const what = `${path} at ${width} pixels`;
		check(`${what}: nothing runs over the edge`, await page.locator('html').evaluate((h, w) => h.scrollWidth <= w, width));
		check(`${what}: no script, not to be indexed`, await page.locator('script').count() === 0 && await page.locator('meta[name=robots][content*=noindex]').count() === 1);
		check(`${what}: Vietnamese first, English beside`, await page.locator('html').getAttribute('lang') === 'vi' && await page.locator('main [lang=en], .what [lang=en]').count() > 0);
		check(`${what}: it says that it is a demonstration`, /THỬ NGHIỆM/.test(await page.locator('#demonstration').innerText()));
		check(`${what}: links and buttons are large enough`, await page.locator('main a, #links a, main button').evaluateAll(all => all.every(a => a.getBoundingClientRect().height >= 40)));
		if (shots) await page.screenshot({ path: `${shots}/${name}-${width}.png`, fullPage: true });
	}

await page.setViewportSize({ width: 320, height: 800 });
await page.goto(`${base}/cong-khai`);
await page.locator(`a[href="/cong-khai/${agency}"]`).focus();
await page.keyboard.press('Enter');
await page.waitForURL(`**/cong-khai/${agency}`);
const headings = await page.locator('section.box h2').allInnerTexts();
check('each item says kind, number and what: ' + headings[0], headings.length > 0 && headings.every(h => /^.+ số .+: .+$/.test(h)));
check('and its days as people write them', /\d\d\/\d\d\/\d{4}/.test(await page.locator('section.box').first().innerText()));
await page.locator('#year').fill('1999');
await page.keyboard.press('Enter');
await page.waitForURL('**year=1999');
check('a year of nothing has nothing', await page.locator('section.box').count() === 0 && /Chưa có gì/.test(await page.locator('main').innerText()));
await page.locator('#year').fill('');
await page.locator('#go').press('Enter');
await page.waitForURL('**year=');
check('no year is every year', await page.locator('section.box').count() === headings.length);
check('every item stands on paper', await prints(page, headings));
await page.emulateMedia({ media: 'print' });
check('printed without the form', !await page.locator('form').isVisible());
check('no other place is asked, nothing is refused', elsewhere.length === 0 && refused.length === 0);
await browser.close();
end();

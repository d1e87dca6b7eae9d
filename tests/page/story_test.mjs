// A permit's story as a sheet, in Chromium, from the file alone: on a telephone, on a
// desk, printed.
// usage: node story_test.mjs SHEET.html NAME SHOTS   (NAME stands on it as it is written here)
import { check, end, launch, prints } from './browser.mjs';

const [file, name, shots] = process.argv.slice(2);

const browser = await launch();
for (const width of [320, 1280]) {
	const page = await (await browser.newContext({ viewport: { width, height: 900 } })).newPage();
	const asked = [], said = [];
	page.on('request', r => { if (r.url() !== `file://${file}`) asked.push(r.url()); });
	page.on('dialog', d => { said.push(d.message()); d.dismiss(); });
	page.on('console', m => said.push(m.text()));
	page.on('pageerror', e => said.push(String(e)));
	await page.goto(`file://${file}`);
	check(`${width} pixels: nothing runs over the edge`, await page.locator('html').evaluate(h => h.scrollWidth <= window.innerWidth));
	check(`${width} pixels: nothing is cut off or lies on another`, await page.locator('p, dt, dd, td, h1, h2, h3').evaluateAll(all =>
		all.every(e => e.scrollWidth <= e.clientWidth + 1 && e.getBoundingClientRect().height > 0)));
	check(`${width} pixels: a sentence is large enough to read`, await page.locator('.say').evaluateAll(all => all.every(e => parseFloat(getComputedStyle(e).fontSize) >= 17)));
	check(`${width} pixels: Vietnamese first, English beside`, await page.locator('html').getAttribute('lang') === 'vi' && await page.locator('h1 .en[lang=en]').count() === 1);
	check(`${width} pixels: no script, no link, nothing asked, nothing said`, await page.locator('script, a, img, link').count() === 0 && asked.length === 0 && said.length === 0);
	check(`${width} pixels: the name is text`, (await page.locator('main').innerText()).includes(name));
	await page.screenshot({ path: `${shots}/story-${width}.png`, fullPage: true });
	if (width === 1280) {
		check('printed: every sentence, fact and hash', await prints(page, await page.locator('h1, h2, h3, .say, dd, td').allInnerTexts()));
		await page.pdf({ format: 'A4', path: `${shots}/story.pdf`, preferCSSPageSize: true });
	}
}
await browser.close();
end();

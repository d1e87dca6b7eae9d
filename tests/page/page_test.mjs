// The citizen's page as people use it, in Chromium.
// usage: node page_test.mjs BASE_URL PERMIT ALTERED CODE
import { check, end, launch } from './browser.mjs';
import jsQR from 'jsqr';

const [base, permit, altered, code] = process.argv.slice(2);

const browser = await launch();

async function open(width) {
	const page = await browser.newPage({ viewport: { width, height: 800 } });
	page.trouble = [];
	page.elsewhere = [];
	page.on('pageerror', e => page.trouble.push(e.message));
	page.on('request', r => { if (!r.url().startsWith(base) && !r.url().startsWith('data:')) page.elsewhere.push(r.url()); });
	await page.goto(base + '/');
	return page;
}

const answer = page => page.locator('[aria-live], [role=status], [role=alert], #answer').first();
const text = async page => (await page.locator('body').innerText());

async function says(page, words) {
	try { await page.waitForFunction(w => document.body.innerText.includes(w), words, { timeout: 8000 }); return true; } catch { return false; }
}

// A code, by keyboard alone.
{
	const page = await open(320);
	let at = '';
	for (let i = 0; i < 15 && at !== 'INPUT'; i++) { await page.keyboard.press('Tab'); at = await page.evaluate(() => document.activeElement.type === 'file' ? '' : document.activeElement.tagName); }
	check('the box is reached by keyboard', at === 'INPUT');
	await page.keyboard.type(code);
	await page.keyboard.press('Enter');
	check('a code is answered', await says(page, 'Mã đúng: thành phố có cấp giấy này'));
	check('every answer says under which authority', (await text(page)).toUpperCase().includes('BẢN THỬ NGHIỆM'));
	check('nothing runs over the edge at 320 pixels', await page.evaluate(() => document.documentElement.scrollWidth <= 320));
	check('the answer has the focus or is read aloud', await page.evaluate(() => document.querySelector('[aria-live]') !== null || document.activeElement !== document.body));
	check('no script fails', page.trouble.length === 0);
	check('no other place is asked', page.elsewhere.length === 0);
	await page.close();
}

// Files.
{
	const page = await open(800);
	await page.setInputFiles('input[type=file]', permit);
	check('a genuine file is in force', await says(page, 'Giấy thật, đang còn hiệu lực'));
	await page.setInputFiles('input[type=file]', altered);
	check('an altered file is refused', await says(page, 'tệp này đã bị thay đổi sau khi ký'));
	check('the refusal is never green', !(await text(page)).includes('Giấy thật, đang còn hiệu lực'));
	await page.setInputFiles('input[type=file]', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3]) });
	check('a photograph has no signature', await says(page, 'không có chữ ký số'));
	check('no script fails with files', page.trouble.length === 0);
	await page.close();
}

// Words.
{
	const page = await open(800);
	await page.locator('#to-en').click();
	const box = page.locator('#code');
	await box.fill('AAAA-BBBB');
	await box.press('Enter');
	check('a mistyped code is not looked up, in English', await says(page, 'does not count as a wrong try'));
	await box.fill(code.toLowerCase().replace(/(....)/g, '$1 '));
	await box.press('Enter');
	check('lower case and spaces are forgiven', await says(page, 'The code is right'));
	await page.close();
}

// Without a network.
{
	const page = await open(400);
	await page.context().setOffline(true);
	const box = page.locator('#code');
	await box.fill(code);
	await box.press('Enter');
	await page.waitForTimeout(1500);
	const now = await text(page);
	check('without a network it says so and decides nothing', !now.includes('Mã đúng') && !now.includes('Giấy thật') && page.trouble.length === 0);
	await page.context().setOffline(false);
	await page.close();
}

// What can be computed of being readable: names of controls, contrast, size of targets, one heading, languages.
const look = () => {
	const found = [];
	const number = c => (c.match(/[\d.]+/g) || []).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const c = number(getComputedStyle(e).backgroundColor);
			if (c.length === 3 || c[3] > 0)
				return c;
		}
		return [255, 255, 255];
	};
	const seen = e => e.checkVisibility() && getComputedStyle(e).visibility !== 'hidden';
	let texts = 0;
	for (const e of document.querySelectorAll('body *')) {
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim() !== '');
		if (!own || !seen(e) || e.tagName === 'NOSCRIPT' || e.tagName === 'OPTION')
			continue;
		const style = getComputedStyle(e), a = light(number(style.color)), b = light(behind(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
		texts++;
		if (ratio < (large ? 3 : 4.5))
			found.push(`contrast ${ratio.toFixed(2)}: ${e.textContent.slice(0, 30)}`);
	}
	if (texts === 0)
		found.push('no text');
	for (const e of document.querySelectorAll('input, button, select, textarea')) {
		const named = e.labels && e.labels.length > 0 || e.getAttribute('aria-label') || e.tagName === 'BUTTON' && e.innerText.trim();
		if (!named && seen(e))
			found.push(`no name: ${e.id}`);
		if (seen(e) && e.getBoundingClientRect().height < 44)
			found.push(`small target: ${e.id}`);
	}
	if (document.querySelectorAll('h1').length !== 1)
		found.push('not one h1');
	if (!document.documentElement.lang)
		found.push('no language');
	const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
	if (new Set(ids).size !== ids.length)
		found.push('an id twice');
	for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
		for (const id of (e.getAttribute('aria-describedby') || e.getAttribute('aria-labelledby')).split(' '))
			if (!document.getElementById(id))
				found.push(`points at nothing: ${id}`);
	if (document.documentElement.scrollWidth > innerWidth)
		found.push(`wider than the window by ${document.documentElement.scrollWidth - innerWidth}`);
	return found;
};
const readable = async (what, page) => {
	const found = await page.evaluate(look);
	check(what + (found.length ? ': ' + found.join('; ') : ''), found.length === 0);
};

// At each width, before and after an answer, in both languages.
for (const width of [320, 768, 1280]) {
	const page = await open(width);
	await readable(`readable at ${width}`, page);
	await page.fill('#code', code);
	await page.keyboard.press('Enter');
	await says(page, 'Mã đúng');
	await readable(`readable at ${width}, answered`, page);
	await page.locator('#to-en').click();
	await readable(`readable at ${width}, in English`, page);
	check(`English is said to be English at ${width}`, await page.evaluate(() => document.documentElement.lang) === 'en');
	await page.close();
}

// Replies that are no answers: nothing is ever green.
{
	const page = await open(320);
	let next;
	await page.route('**/answer', route => route.fulfill(next));
	for (const [name, status, type, body] of [['no page', 200, 'text/html', ''], ['a page without an answer', 200, 'text/html', '<p>x</p>'], ['an empty answer', 200, 'text/html', '<div id="result"></div>'],
		['JSON', 200, 'application/json', '{"answer":{}}'], ['a failure', 500, 'text/html', 'x'], ['a refusal of the proxy', 502, 'text/plain', 'x']]) {
		next = { status, contentType: type, body };
		await page.fill('#code', '1');
		await page.press('#code', 'Enter');
		await page.waitForSelector('#busy:not([hidden])', { timeout: 8000 }).catch(() => {});
		check(`${name}: it says that the service is busy, and counts down`, await page.locator('#busy').isVisible() && await page.locator('#count').isVisible() && await page.locator('.green').count() === 0);
	}
	next = { status: 413, contentType: 'application/problem+json', body: '{}' };
	await page.fill('#code', '1');
	await page.press('#code', 'Enter');
	await page.waitForSelector('#too-large:not([hidden])', { timeout: 8000 }).catch(() => {});
	check('too large is said', await page.locator('#too-large').isVisible() && !await page.locator('#busy').isVisible());
	check('no script fails on replies that are none', page.trouble.length === 0);
	await page.close();
}

// The square code's address, and what is no code.
{
	const voice = await (async () => {
		const page = await open(800);
		await page.goto(`${base}/v1/permits/${code}/sheet`);
		const digits = (await text(page)).match(/Mã gọi điện: ([\d ]+)/)[1].replace(/ /g, '').slice(0, 13);
		await page.close();
		return digits;
	})();
	const page = await open(400);
	await page.goto(base + '/#' + voice);
	await page.reload();
	check('the address of the square code is answered', await says(page, 'Mã đúng: thành phố có cấp giấy này'));
	const asked = [];
	page.on('request', r => asked.push(r.url()));
	await page.goto(base + '/#<script>');
	await page.waitForTimeout(300);
	check('another tail of the address asks nothing', !asked.some(u => u.includes('/v1/') || u.endsWith('/answer')));
	await page.fill('#code', '   ');
	await page.press('#code', 'Enter');
	check('an empty box is told, and keeps the focus', await says(page, 'Chưa có mã') && await page.evaluate(() => document.activeElement.id) === 'code');
	check('no script fails with addresses', page.trouble.length === 0);
	await page.close();

	// The sheet: one A4 page; its square code read by a decoder that is not ours.
	const sheet = await open(1000);
	await sheet.goto(`${base}/v1/permits/${code}/sheet`);
	const shot = await sheet.locator('svg.qr').screenshot();
	const pixels = await sheet.evaluate(async png => {
		const image = new Image();
		image.src = 'data:image/png;base64,' + png;
		await image.decode().catch(() => 0);
		return image.naturalWidth;
	}, shot.toString('base64'));
	const reader = await browser.newPage();		// without the sheet's content policy
	const picture = await reader.evaluate(async png => {
		const image = new Image(), canvas = document.createElement('canvas');
		image.src = 'data:image/png;base64,' + png;
		await image.decode();
		canvas.width = image.width + 40;
		canvas.height = image.height + 40;
		const c = canvas.getContext('2d');
		c.fillStyle = '#fff';
		c.fillRect(0, 0, canvas.width, canvas.height);
		c.drawImage(image, 20, 20);
		return { data: [...c.getImageData(0, 0, canvas.width, canvas.height).data], width: canvas.width, height: canvas.height };
	}, shot.toString('base64'));
	const read = (jsQR.default || jsQR)(Uint8ClampedArray.from(picture.data), picture.width, picture.height);
	check('the square code is read by another decoder', read !== null && /^https:\/\/[^/#]+\/#\d{13}$/.test(read.data));
	check('it says the digits on the paper', read !== null && read.data.endsWith('#' + voice));
	check('the page takes no picture from elsewhere', pixels === 0);
	const pdf = await sheet.pdf({ preferCSSPageSize: true });
	check('the sheet is one page', (pdf.toString('latin1').match(/\/Type\s*\/Page\b/g) || []).length === 1);
	const words = await text(sheet);
	check('the sheet has the state, the motto, the number and the warning', ['CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', 'Độc lập - Tự do - Hạnh phúc', 'Số: ', 'THỬ NGHIỆM', 'Đã ký số'].every(w => words.includes(w)));
	check('the bar code is a picture in the page', await sheet.locator('svg.code128').count() === 1);
	await readable('the sheet is readable', sheet);
	await sheet.close();
	await reader.close();
}

// Without JavaScript.
{
	const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 800 } });
	const page = await context.newPage();
	await page.goto(base + '/');
	await page.fill('#code', code);
	await page.press('#code', 'Enter');
	await page.waitForLoadState();
	const words = await text(page);
	check('without JavaScript a code is answered', words.includes('Mã đúng: thành phố có cấp giấy này'));
	check('without JavaScript the tier is said', words.toUpperCase().includes('BẢN THỬ NGHIỆM'));
	check('the code is not in the address', !page.url().includes(code));
	await context.close();
}

await browser.close();
end();

// The citizen's page as people use it, in Chromium.
// usage: node page_test.mjs BASE_URL PERMIT ALTERED CODE
import { chromium } from 'playwright-core';

const [base, permit, altered, code] = process.argv.slice(2);
let passed = 0, failed = 0;
const check = (what, good) => { good ? passed++ : failed++; console.log(`${good ? 'ok' : 'not ok'} ${what}`); };

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });

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
	await page.getByRole('button', { name: 'English' }).click();
	const box = page.locator('input:not([type=file])').first();
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
	const box = page.locator('input:not([type=file])').first();
	await box.fill(code);
	await box.press('Enter');
	await page.waitForTimeout(1500);
	const now = await text(page);
	check('without a network it says so and decides nothing', !now.includes('Mã đúng') && !now.includes('Giấy thật') && page.trouble.length === 0);
	await page.context().setOffline(false);
	await page.close();
}

await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

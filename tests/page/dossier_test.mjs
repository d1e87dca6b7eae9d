// A dossier's code on the citizen's page, in Chromium, at 320 pixels, by keyboard alone.
// usage: node dossier_test.mjs BASE_URL REPORTED CODE_OF_A_PERMITS_DOSSIER [SCREENSHOT.png]
import { check, end, launch } from './browser.mjs';

const [base, reported, issued, shot] = process.argv.slice(2);

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 320, height: 800 } });
const trouble = [];
page.on('pageerror', e => trouble.push(e.message));
await page.goto(base + '/');

const focused = () => page.evaluate(() => document.activeElement.id);
async function ask(code) {
	for (let i = 0; i < 20 && await focused() !== 'code'; i++)
		await page.keyboard.press('Tab');
	await page.keyboard.press('Control+A');
	await page.keyboard.type(code);
	await page.keyboard.press('Enter');
	await page.waitForFunction(c => document.getElementById('steps') && document.getElementById('steps').innerText.includes(c), code, { timeout: 8000 }).catch(() => {});
}
const rows = () => page.evaluate(() => [...document.querySelectorAll('#steps > div')].map(d => d.innerText.replace(/\n/g, ': ')));
const wide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

await ask(reported);
let seen = await rows();
check('the answer says what was typed', (await page.locator('#answer').innerText()).includes('Đây là mã hồ sơ'));
check('step, day and due day stand below each other: ' + seen.join(' | '),
	['Mã hồ sơ', 'Cơ quan', 'Bước hiện tại', 'Từ ngày', 'Hẹn trả kết quả', 'Tính đến'].every(t => seen.some(r => r.startsWith(t + ': '))));
check('days are written as people write them', seen.some(r => /^Hẹn trả kết quả: \d\d\/\d\d\/\d{4}$/.test(r)));
check('no permit is there', await page.evaluate(() => document.getElementById('permit') === null && document.querySelectorAll('#links a').length === 0));
check('nothing runs over the edge', !await wide());
if (shot)
	await page.screenshot({ path: shot, fullPage: true });

await ask(issued);
seen = await rows();
check('a permit made from a dossier has kind and state: ' + seen.join(' | '), seen.some(r => /^Giấy phép từ hồ sơ này: Giấy phép xây dựng: đã cấp/i.test(r)));
check('and no code, number or name', !/[0-9BCFGHJKMNPRSTVXZ]{4}-[0-9BCFGHJKMNPRSTVXZ]{4}-|GPXD|Cấp cho/.test(await page.locator('main').innerText()));
check('nothing runs over the edge with a permit', !await wide());

// In English, by keyboard.
for (let i = 0; i < 20 && await focused() !== 'to-en'; i++)
	await page.keyboard.press('Tab');
await page.keyboard.press('Enter');
await page.waitForFunction(() => document.getElementById('steps') && document.getElementById('steps').innerText.includes('Permit made from it'), null, { timeout: 8000 }).catch(() => {});
seen = await rows();
check('in English: ' + seen.join(' | '), seen.some(r => r.startsWith('Step: ')) && seen.some(r => r.startsWith('Permit made from it: ')));
check('nothing runs over the edge in English', !await wide());

// Something else afterwards: the dossier goes.
await page.evaluate(() => document.getElementById('code').focus());
await page.keyboard.press('Control+A');
await page.keyboard.type('AAAA-BBBB');
await page.keyboard.press('Enter');
await page.waitForFunction(() => document.getElementById('answer') && document.getElementById('answer').innerText.includes('mistyped'), null, { timeout: 8000 }).catch(() => {});
check('the next answer puts the dossier away', await page.evaluate(() => document.getElementById('dossier') === null));
check('no script fails' + (trouble.length ? ': ' + trouble.join('; ') : ''), trouble.length === 0);

// Without JavaScript.
const plain = await (await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 800 } })).newPage();
await plain.goto(base + '/');
await plain.fill('#code', reported);
await plain.press('#code', 'Enter');
await plain.waitForLoadState();
const words = await plain.locator('main').innerText();
check('the same without JavaScript', words.includes(reported) && words.includes('Hẹn trả kết quả') && words.includes('Bước hiện tại'));

await browser.close();
end();

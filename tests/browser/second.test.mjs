// SPDX-License-Identifier: GPL-3.0-or-later
// The second factor from end to end: set up on the account page, asked for at the door, recovered from, ended; required; in both themes,
// on a desk and in a hand, in French, by keyboard.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { findings, name, newPage, password, scrollsSideways, setUp, startBrowser, startVigie } from './kit.mjs';

let v, b, page, secret, codes;
before(async () => {
  v = await startVigie('site: { title: { en: Harbour, fr: Port } }\n');
  b = await startBrowser();
  page = await newPage(await b.context());
  await setUp(page, v);
});
after(async () => {
  await b?.stop();
  await v?.stop();
});

// What a telephone would show (RFC 6238).
function codeNow(step = 0) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((o) => parseInt(o, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + step));
  const mac = createHmac('sha1', key).update(count).digest();
  const n = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(n % 1000000).padStart(6, '0');
}

async function everyLook(page, what) {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }])
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      assert.equal(await scrollsSideways(page), 0, `${what} scrolls sideways`);
      assert.deepEqual(await findings(page), [], `${what}, ${viewport.width}, ${colorScheme}`);
      if (process.env.VIGIE_SHOTS) await page.screenshot({ path: `${process.env.VIGIE_SHOTS}/${what}-${viewport.width}-${colorScheme}.png` });
    }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('the account page is behind one’s own name', async () => {
  await page.goto(`${v.url}/console`);
  await page.click(`.con-foot >> text=${name}`);
  assert.match(page.url(), /\/console\/account$/);
  await everyLook(page, 'account');
});

test('a secret is shown as a picture and as text; a wrong code is told in words', async () => {
  await page.click('text=Set up a second factor');
  assert.equal(await page.locator('svg.qr').count(), 1);
  secret = (await page.textContent('.secret')).replace(/\s/g, '');
  assert.match(secret, /^[A-Z2-7]{32}$/);
  await everyLook(page, 'enrol');
  await page.fill('input[name=code]', '000000');
  await page.keyboard.press('Enter');
  assert.match(await page.textContent('#wrong'), /not the code/);
  assert.equal((await page.textContent('.secret')).replace(/\s/g, ''), secret, 'the secret stays the same');
});

test('the right code ends in ten recovery codes', async () => {
  await page.fill('input[name=code]', codeNow(-1));
  await page.keyboard.press('Enter');
  await page.waitForSelector('.codes');
  codes = await page.locator('.codes code').allTextContents();
  assert.equal(codes.length, 10);
  await everyLook(page, 'recovery');
  await page.click('text=I have them');
  assert.match(page.url(), /\/console$/);
});

test('the door asks for the code, by keyboard alone', async () => {
  const other = await newPage(await b.context());
  await other.goto(`${v.url}/console/hosts`);
  await other.waitForSelector('input[name=user]:focus');
  await other.keyboard.type(name);
  await other.keyboard.press('Tab');
  await other.keyboard.type(password);
  await other.keyboard.press('Enter');
  await other.waitForURL('**/login/code*');
  await everyLook(other, 'code');
  await other.reload();
  await other.waitForSelector('input[name=code]:focus');
  await other.keyboard.type('123');
  await other.keyboard.press('Enter');
  assert.match(await other.textContent('[role=alert]'), /not right/);
  await other.waitForSelector('input[name=code]:focus');
  await other.keyboard.type(codeNow());
  await other.keyboard.press('Enter');
  await other.waitForURL('**/console/hosts');
  assert.deepEqual(other.wrongs, []);
});

test('in French', async () => {
  const french = await newPage(await b.context({ locale: 'fr-FR' }));
  await french.goto(`${v.url}/login`);
  await french.fill('input[name=user]', name);
  await french.fill('input[name=password]', password);
  await french.click('button.main');
  assert.match(await french.textContent('main'), /Le mot de passe est bon/);
  await french.fill('input[name=code]', codes[0]);
  await french.click('button.main');
  await french.goto(`${v.url}/console/account`);
  assert.match(await french.textContent('main'), /9 codes de secours/);
  await french.fill('input[name=code]', codes[1]);
  await french.click('text=Mettre fin au second facteur');
  assert.match(await french.textContent('main'), /peut être demandé/);
  assert.deepEqual(french.wrongs, []);
});

test('where it is required, the way leads there and on', async () => {
  const strict = await startVigie('login: { second_factor: required, oidc: { issuer: "https://id.example.org", client_id: vigie, title: Co-op, roles: { staff: operator } } }\n');
  try {
    const p = await newPage(await b.context());
    await p.goto(`${strict.url}/login?next=/console/hosts`);
    assert.equal(await p.getAttribute('.or a', 'href'), '/login/oidc?next=%2Fconsole%2Fhosts');
    await everyLook(p, 'login');
    await p.goto(strict.setupLink);
    await p.fill('input[name=user]', name);
    await p.fill('input[name=password]', password);
    await p.fill('input[name=again]', password);
    await p.click('button.main');
    await p.waitForURL('**/console/account');
    await everyLook(p, 'required');
    await p.click('text=Set up a second factor');
    secret = (await p.textContent('.secret')).replace(/\s/g, '');
    await p.fill('input[name=code]', codeNow());
    await p.click('button.main');
    await p.click('text=I have them');
    assert.equal(await p.locator('h1').count(), 1);
    assert.match(p.url(), /\/console$/);
    assert.deepEqual(p.wrongs, []);
  } finally {
    await strict.stop();
  }
});

test('nothing went wrong in the pages', () => assert.deepEqual(page.wrongs, []));

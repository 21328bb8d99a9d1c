// SPDX-License-Identifier: GPL-3.0-or-later
// “Watch something”: guesses and trials while one types, names of one's own, what is wrong told where it stands; by keyboard
// alone, on a telephone, in the dark, in French, and without script in two presses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findings, freePort, logIn, newPage, scrollsSideways, setUp, startBrowser, startSite, startVigie, until } from './kit.mjs';

let v, b, site, page, closed;
before(async () => {
  site = await startSite();
  closed = await freePort();
  v = await startVigie('hosts: { home: { address: 127.0.0.1, alive: no, checks: [{ passive: { name: job } }] } }\n');
  b = await startBrowser();
  page = await newPage(await b.context());
  await setUp(page, v);
});
after(async () => {
  await b?.stop();
  await v?.stop();
  await site?.stop();
});

const row = (p, word) => p.locator(`#guesses li[data-word="${word}"]`);
const main = (p) => p.locator('#add button.main');
const open = async (p, words) => {
  await p.goto(`${v.url}/console/add`);
  if (words) await p.locator('#targets').pressSequentially(words);
};
const stands = async (id) => (await v.cli('status', '--json')).includes(`"check": "${id}"`);

test('what would be watched appears while one types, each with the result of a trial', async () => {
  await open(page, `${site.url} 127.0.0.1:${closed}`);
  await row(page, site.url).locator('.st.s-ok').waitFor();
  assert.match(await row(page, site.url).textContent(), /http: http:\/\/127\.0\.0\.1/);
  assert.ok((await row(page, site.url).locator('.fall li').count()) >= 2, 'where the time went');
  const other = row(page, `127.0.0.1:${closed}`);
  await other.locator('.badge.s-critical').waitFor();
  assert.match(await other.locator('.result').textContent(), /refused/i);
  assert.equal(await main(page).textContent(), 'Watch it');
  await until(async () => /2 checks tried, 1 is well/.test(await page.textContent('#add-said')), 'the sum to be said');
  assert.equal(await stands('http'), false, 'nothing was added');
});

test('rows that stay keep their ticks, names and results; those that go, go', async () => {
  await row(page, site.url).evaluate((e) => (e.mine = true));
  await row(page, `127.0.0.1:${closed}`).locator('.on input').uncheck();
  await row(page, site.url).locator('input[data-field=names]').fill('front');
  await page.locator('#targets').press('End');
  await page.locator('#targets').pressSequentially(' 127.0.0.1');
  await row(page, '127.0.0.1').locator('.st.s-ok').waitFor();
  assert.equal(await row(page, site.url).evaluate((e) => e.mine), true);
  assert.equal(await row(page, site.url).locator('input[data-field=names]').inputValue(), 'front');
  assert.equal(await row(page, `127.0.0.1:${closed}`).locator('.on input').isChecked(), false);
  await page.fill('#targets', `127.0.0.1 ${site.url}`);
  await row(page, `127.0.0.1:${closed}`).waitFor({ state: 'detached' });
  assert.deepEqual(await page.locator('#guesses input[type=hidden]').evaluateAll((l) => l.map((i) => i.name)), ['target.0', 'target.1']);
});

test('a word that means nothing is told at the field once the typing rests, and forgiven when it is mended', async () => {
  await page.fill('#targets', `${site.url} 12345`);
  await page.locator('#wrong p').waitFor();
  assert.match(await page.textContent('#wrong'), /“12345” is nothing/);
  assert.equal(await page.getAttribute('#targets', 'aria-invalid'), 'true');
  assert.equal(await page.locator('#guesses li[data-word]').count(), 1);
  await page.fill('#targets', site.url);
  await page.locator('#wrong').waitFor({ state: 'hidden' });
  assert.equal(await page.getAttribute('#targets', 'aria-invalid'), null);
});

test('a name that cannot be used is told in its row', async () => {
  const name = row(page, site.url).locator('input[data-field=names]');
  await name.fill('a/b');
  await name.blur();
  await row(page, site.url).locator('.err:not([hidden])').waitFor();
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  assert.equal(await name.getAttribute('aria-describedby'), await row(page, site.url).locator('.err').getAttribute('id'));
  await main(page).click(); // the server says the same, and keeps what was typed
  await page.waitForURL('**/console/add');
  await row(page, site.url).locator('.err:not([hidden])').waitFor();
  assert.equal(await name.inputValue(), 'a/b');
  await name.fill('front');
  await name.blur();
  await row(page, site.url).locator('.st.s-ok').waitFor();
  assert.equal(await name.getAttribute('aria-invalid'), null);
});

test('a mail domain is its records and the block lists; either may be left out', async () => {
  await open(page, '@example.invalid');
  await row(page, 'mail_domain:example.invalid').waitFor();
  await row(page, 'blocklist:example.invalid').locator('.on input').uncheck();
  assert.match(await row(page, 'blocklist:example.invalid').textContent(), /mail: example\.invalid/);
});

test('by keyboard alone: type, leave one out, name a host, add', async () => {
  await page.goto(`${v.url}/console/add`);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'targets');
  await page.keyboard.type(`127.0.0.1:${closed} ${site.url}`);
  await row(page, site.url).locator('.st.s-ok').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'on.0');
  await page.keyboard.press('Space');
  for (let i = 0; i < 10 && (await page.evaluate(() => document.activeElement.name)) !== 'host.1'; i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('quay');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/console/host/quay');
  assert.match(await page.textContent('main'), /http/);
  const all = JSON.parse(await v.cli('status', '--json')).checks.map((c) => `${c.host}/${c.check}`);
  assert.ok(all.includes('quay/http') && !all.some((id) => id.endsWith(`tcp-${closed}`)), String(all));
});

test('Enter before anything was seen shows first, and adds with the next', async () => {
  await page.goto(`${v.url}/console/add`);
  await page.keyboard.type(`${site.url}second`);
  await page.keyboard.press('Enter');
  await until(() => page.evaluate(() => document.activeElement?.textContent === 'Watch it'), 'the focus on the button that adds');
  assert.equal(await stands('http-second'), false);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/console/host/127.0.0.1');
  assert.equal(await stands('http-second'), true);
});

test('a host that is watched already is told, and cannot be ticked', async () => {
  await open(page, 'home');
  await row(page, 'home').getByText('watched already').waitFor();
  assert.equal(await row(page, 'home').locator('.on input').isDisabled(), true);
});

test('on a telephone, in the dark, in French: nothing scrolls sideways, nothing serious is found', async () => {
  for (const look of [{ viewport: { width: 390, height: 844 } }, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }, { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }, { viewport: { width: 320, height: 700 }, locale: 'fr-FR' }]) {
    const p = await newPage(await b.context(look));
    await logIn(p, v);
    await open(p, `${site.url} 127.0.0.1:${closed} nonsense:x zone:example.invalid`);
    await row(p, site.url).locator('.st.s-ok').waitFor();
    await row(p, `127.0.0.1:${closed}`).locator('.badge.s-critical').waitFor();
    await p.locator('#wrong p').waitFor();
    assert.ok((await scrollsSideways(p)) <= 0, JSON.stringify(look));
    assert.deepEqual(await findings(p), [], JSON.stringify(look));
    if (look.locale) {
      assert.equal(await main(p).textContent(), 'Surveiller');
      assert.match(await p.textContent('#wrong'), /«/);
      assert.match(await p.textContent('#hint'), /espaces/);
    }
    assert.deepEqual(p.wrongs, []);
    await p.context().close();
  }
});

test('without script it takes two presses, with the trial on the page between', async () => {
  const plain = await newPage(await b.context({ javaScriptEnabled: false }));
  await logIn(plain, v);
  await plain.goto(`${v.url}/console/add`);
  await plain.fill('#targets', `${site.url}plain 127.0.0.1:${closed}`);
  await main(plain).click();
  assert.equal(await row(plain, `${site.url}plain`).locator('.st.s-ok').count(), 1);
  assert.equal(await row(plain, `127.0.0.1:${closed}`).locator('.badge.s-critical').count(), 1);
  await row(plain, `127.0.0.1:${closed}`).locator('.on input').uncheck();
  await main(plain).click();
  await plain.waitForURL('**/console/host/127.0.0.1');
  assert.equal(await stands('http-plain'), true);
  assert.equal(await stands(`tcp-${closed}`), false);
  await plain.context().close();
});

test('who may only look can neither see the page nor try anything', async () => {
  await v.cli('user', 'add', 'eve', '--role', 'viewer', '--password', 'correct horse battery');
  const eve = await newPage(await b.context());
  await eve.goto(`${v.url}/login`);
  await eve.fill('input[name=user]', 'eve');
  await eve.fill('input[name=password]', 'correct horse battery');
  await eve.click('button.main');
  await eve.waitForURL('**/console');
  assert.equal((await eve.goto(`${v.url}/console/add`)).status(), 403);
  const hits = site.hits;
  for (const path of ['/console/add/try', '/console/add/look', '/api/v1/trial', '/api/v1/guess']) {
    const r = await eve.request.post(`${v.url}${path}`, { form: { target: site.url, targets: site.url } });
    assert.equal(r.status(), 403, path);
  }
  assert.equal(site.hits, hits);
  await eve.context().close();
});

test('nothing went wrong in the pages', () => assert.deepEqual(page.wrongs, []));

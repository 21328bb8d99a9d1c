// SPDX-License-Identifier: GPL-3.0-or-later
// What could be watched: proposals with what shows them, ticks and keys, one press for many, decisions that stay; on a telephone, in the
// dark, in French, without script; and who may only look.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findings, logIn, newPage, scrollsSideways, setUp, startBrowser, startSite, startVigie } from './kit.mjs';

let v, b, page, site, name;
const row = (p, check) => p.locator('tr[data-item]', { hasText: check }).first();
const states = async () => Object.fromEntries(JSON.parse(await v.cli('discover', 'list', '--json')).findings.map((f) => [f.check, f.state]));

before(async () => {
  site = await startSite();
  v = await startVigie();
  b = await startBrowser();
  page = await newPage(await b.context());
  await setUp(page, v);
  await v.cli('discover');
  name = `http-${site.port}`;
});
after(async () => {
  await b?.stop();
  await v?.stop();
  await site?.stop();
});

test('the page of hosts says how much waits, and leads there', async () => {
  await page.goto(`${v.url}/console/hosts`);
  await page.getByRole('link', { name: /more could be watched/ }).click();
  await page.waitForURL('**/console/found');
  assert.equal(await page.locator('h1').textContent().then((t) => t.startsWith('What could be watched')), true);
  const text = await row(page, name).textContent();
  assert.match(text, new RegExp(`listens at 127\\.0\\.0\\.1:${site.port}; its greeting says http`));
  assert.match(text, /http: \{ name/);
  assert.deepEqual(page.wrongs, []);
});

test('keys move and tick; the bar counts; one press leaves what is ticked', async () => {
  await page.goto(`${v.url}/console/found`);
  const before = await page.locator('table').first().boundingBox();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  assert.equal(await page.textContent('[data-picked]'), '2');
  const after = await page.locator('table').first().boundingBox();
  assert.deepEqual(after, before, 'nothing moves when the bar comes');
  await page.keyboard.press('a'); /* there is nothing to acknowledge here */
  assert.equal(await page.locator('dialog[open]').count(), 0);
  const ticked = await page.locator('input[name=id]:checked').evaluateAll((all) => all.map((i) => i.value.split('/').pop()));
  await page.getByRole('button', { name: 'Leave these' }).click();
  await page.waitForURL('**/console/found');
  const now = await states();
  for (const key of ticked) assert.equal(now[key] ?? 'ignored', 'ignored', key);
  assert.equal(Object.values(now).filter((s) => s === 'ignored').length, 2);
});

test('a row alone is watched, and its check is well', async () => {
  await row(page, name).getByRole('button', { name: 'Watch' }).click();
  await page.getByText('1 thing is watched now.').waitFor();
  assert.equal((await states())[name], 'watched');
  assert.match(await v.cli('conf', 'show'), new RegExp(name));
});

test('what was left can be proposed again', async () => {
  await page.goto(`${v.url}/console/found`);
  await page.locator('summary', { hasText: 'Left alone' }).click();
  await page.getByRole('button', { name: 'Propose again' }).first().click();
  await page.waitForURL('**/console/found');
  assert.equal(Object.values(await states()).filter((s) => s === 'ignored').length, 1);
});

test('a network is asked only after a yes; what is no network is told, and stays typed', async () => {
  await page.goto(`${v.url}/console/found`);
  await page.locator('summary', { hasText: 'Look at a network' }).click();
  await page.fill('input[name=net]', 'nonsense');
  await page.getByRole('button', { name: 'Look', exact: true }).click();
  assert.equal(await page.locator('input[name=yes]').evaluate((i) => i.validity.valueMissing), true);
  await page.check('input[name=yes]');
  await page.getByRole('button', { name: 'Look', exact: true }).click();
  await page.locator('.note.s-critical').waitFor();
  assert.equal(await page.inputValue('input[name=net]'), 'nonsense');
});

test('on a telephone, in the dark, in French: nothing scrolls sideways, nothing serious is found', async () => {
  for (const look of [{}, { viewport: { width: 390, height: 844 } }, { viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'fr-FR' }, { viewport: { width: 320, height: 700 } }]) {
    const p = await newPage(await b.context(look));
    await logIn(p, v);
    await p.goto(`${v.url}/console/found`);
    await p.locator('summary').last().click();
    assert.ok((await scrollsSideways(p)) <= 0, JSON.stringify(look));
    assert.deepEqual(await findings(p), [], JSON.stringify(look));
    if (look.locale) assert.match(await p.textContent('h1'), /Ce qui pourrait être surveillé/);
    assert.deepEqual(p.wrongs, []);
    await p.context().close();
  }
});

test('without script: looking again, and all with one press', async () => {
  const plain = await newPage(await b.context({ javaScriptEnabled: false }));
  await logIn(plain, v);
  await plain.goto(`${v.url}/console/found`);
  await plain.getByRole('button', { name: 'Look again' }).click();
  await plain.waitForURL('**/console/found');
  assert.ok((await plain.locator('tr[data-item]').count()) > 0);
  await plain.getByRole('button', { name: 'Watch all' }).click();
  await plain.getByText(/things? (is|are) watched now/).waitFor();
  assert.equal(Object.values(await states()).filter((s) => s === 'undecided').length, 0);
  await plain.getByText('Everything that was found here is decided.').waitFor();
  await plain.context().close();
});

test('who may only look sees neither the page nor the list', async () => {
  await v.cli('user', 'add', 'eve', '--role', 'viewer', '--password', 'correct horse battery');
  const eve = await newPage(await b.context());
  await eve.goto(`${v.url}/login`);
  await eve.fill('input[name=user]', 'eve');
  await eve.fill('input[name=password]', 'correct horse battery');
  await eve.click('button.main');
  await eve.waitForURL('**/console');
  assert.equal((await eve.goto(`${v.url}/console/found`)).status(), 403);
  assert.equal((await eve.request.get(`${v.url}/api/v1/discovered`)).status(), 403);
  for (const path of ['/api/v1/discover', '/api/v1/discovered/accept', '/api/v1/discovered/ignore', '/api/v1/discovered/forget', '/console/found'])
    assert.equal((await eve.request.post(`${v.url}${path}`, { form: { all: 'yes', do: 'accept-all' } })).status(), 403, path);
  await eve.context().close();
});

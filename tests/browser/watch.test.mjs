// SPDX-License-Identifier: GPL-3.0-or-later
// The console at work: something is added, fails and recovers before the reader's eyes, is taken, released, planned for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newPage, setUp, startBrowser, startSite, startVigie, until } from './kit.mjs';

const yaml = `
site: { title: Test }
defaults: { every: 1s, retry: 1s, attempts: 2, timeout: 2s }
hosts:
  parrot:
    alive: { passive: }
    groups: [birds]
    checks:
      - { passive: { name: beak, attempts: 1 } }
      - { passive: { name: wings, attempts: 1 } }
      - { passive: { name: tail, attempts: 1 } }
`;
let v, b, page, site;
const row = (id) => page.locator(`tr[data-item="${id}"]`);
const tell = (target, state, text) => v.cli('result', target, state, '-m', text);

before(async () => {
  site = await startSite();
  v = await startVigie(yaml);
  b = await startBrowser();
  page = await newPage(await b.context());
  await setUp(page, v);
  for (const id of ['parrot', 'parrot/beak', 'parrot/wings', 'parrot/tail']) await tell(id, id === 'parrot' ? 'up' : 'ok', 'as it should be');
});
after(async () => {
  await b?.stop();
  await v?.stop();
  await site?.stop();
});

let added; // "127.0.0.1/http"

test('a site is added in the browser: what it would be is shown first', async () => {
  await page.goto(`${v.url}/console/add`);
  await page.fill('input[name=targets]', site.url);
  await page.click('button.main');
  await page.locator('.guess', { hasText: 'http' }).waitFor();
  await page.locator('button.main', { hasText: 'Watch it' }).click();
  await page.waitForURL('**/console/host/**');
  added = await until(() => page.getAttribute('tr[data-item*="/"]', 'data-item'), 'the new check');
  await page.locator(`tr[data-item="${added}"].s-ok`).waitFor();
});

test('what cannot be watched is told, and what was typed stays', async () => {
  await page.goto(`${v.url}/console/add`);
  await page.fill('input[name=targets]', 'ftp://example.org/');
  await page.click('button.main');
  await page.locator('#wrong p').waitFor();
  assert.match(await page.textContent('#wrong'), /ftp:/);
  assert.equal(await page.inputValue('input[name=targets]'), 'ftp://example.org/');
});

test('it fails and recovers before the reader\'s eyes, without a reload', async () => {
  await page.goto(`${v.url}/console`);
  await page.evaluate(() => (window.notReloaded = true));
  assert.match(await page.textContent('main'), /Nothing needs a hand/);
  site.status = 503;
  await row(added).and(page.locator('.s-critical')).waitFor({ timeout: 20000 });
  assert.match(await row(added).textContent(), /503/);
  await until(async () => /^1 problem to look at/.test(await page.title()), 'the title to count');
  site.status = 200;
  await row(added).and(page.locator('.s-ok')).waitFor({ timeout: 20000 });
  assert.equal(await page.evaluate(() => window.notReloaded), true);
});

test('a problem that is not on the page yet is announced in a line, and comes when asked for', async () => {
  await tell('parrot/beak', 'critical', 'crooked');
  await page.goto(`${v.url}/console`);
  await row('parrot/beak').waitFor();
  await tell('parrot/wings', 'warning', 'one is short');
  await page.locator('#news:not([hidden])').waitFor();
  assert.match(await page.textContent('#news'), /1 new problem/);
  await page.click('#news a');
  await row('parrot/wings').waitFor();
  assert.equal(await page.locator('#news').isHidden(), true);
});

test('a problem is taken from its row, with a comment; undo gives it back', async () => {
  await row('parrot/beak').locator('button[value=ack]').click();
  await page.locator('#ask-ack[open]').waitFor();
  await page.keyboard.type('fetching a vet');
  await page.keyboard.press('Enter');
  await row('parrot/beak').and(page.locator('.done')).waitFor();
  assert.match(await row('parrot/beak').textContent(), /fetching a vet/);
  assert.match(await page.textContent('#toasts'), /Acknowledged/);
  await page.click('#toasts button');
  await row('parrot/beak').and(page.locator(':not(.done)')).waitFor();
});

test('an empty comment is not sent, and Escape leaves everything as it was', async () => {
  await row('parrot/beak').locator('button[value=ack]').click();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#ask-ack[open]').count(), 1);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#ask-ack[open]').count(), 0);
  await until(() => row('parrot/beak').locator('button[value=ack]').evaluate((e) => e === document.activeElement), 'the focus to be back');
});

test('several rows at once: the bar appears with the first tick', async () => {
  await page.goto(`${v.url}/console`);
  await page.evaluate(() => (window.notReloaded = true));
  assert.equal(await page.locator('#bulk').isVisible(), false);
  await row('parrot/beak').locator('input[type=checkbox]').check();
  assert.equal(await page.locator('#bulk').isVisible(), true);
  await row('parrot/wings').locator('input[type=checkbox]').check();
  assert.equal(await page.textContent('[data-picked]'), '2');
  await page.click('#bulk button[value=ack]');
  await page.keyboard.type('both are known');
  await page.keyboard.press('Enter');
  await row('parrot/beak').and(page.locator('.done')).waitFor();
  await row('parrot/wings').and(page.locator('.done')).waitFor();
  await page.locator('#bulk').waitFor({ state: 'hidden' });
  assert.equal(await page.evaluate(() => window.notReloaded), true);
});

test('ticks survive a live update', async () => {
  await row('parrot/beak').locator('input[type=checkbox]').check();
  await tell('parrot/beak', 'critical', 'more crooked than before');
  await row('parrot/beak').getByText('more crooked').waitFor();
  assert.equal(await row('parrot/beak').locator('input[type=checkbox]').isChecked(), true);
  await row('parrot/beak').locator('input[type=checkbox]').uncheck();
});

test('the keyboard: j and k move, a takes, r checks again; Enter opens; fields are left alone', async () => {
  await tell('parrot/tail', 'critical', 'lost a feather');
  await page.goto(`${v.url}/console`);
  await page.keyboard.press('j');
  assert.equal(await page.evaluate(() => document.activeElement?.dataset.item), 'parrot/tail');
  await page.keyboard.press('a');
  await page.locator('#ask-ack[open]').waitFor();
  await page.keyboard.type('a jar of glue');
  await page.keyboard.press('Enter');
  await row('parrot/tail').and(page.locator('.done')).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('jar');
  assert.equal(await page.inputValue('#q'), 'jar');
  assert.equal(await page.locator('dialog[open]').count(), 0);
});

test('the keys are listed, and can be switched off', async () => {
  await page.goto(`${v.url}/console`);
  await page.keyboard.press('?');
  await page.locator('#keys[open]').waitFor();
  await page.uncheck('#keys input[data-keys]');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  assert.equal(await page.evaluate(() => document.activeElement?.dataset?.item ?? null), null);
  await page.click('[data-show-keys]');
  await page.check('#keys input[data-keys]');
  await page.keyboard.press('Escape');
});

test('search finds a word of the output; without a hit it says so', async () => {
  await page.fill('#q', 'feather');
  await page.press('#q', 'Enter');
  await page.waitForURL('**/console/checks?q=feather');
  assert.deepEqual(await page.locator('tr[data-item]').evaluateAll((rows) => rows.map((r) => r.dataset.item)), ['parrot/tail']);
  await page.fill('#q', 'no such word anywhere');
  await page.press('#q', 'Enter');
  await page.getByText('Nothing fits.').waitFor();
});

test('work is planned from a host\'s page and shown there and in the list; undo ends it', async () => {
  await page.goto(`${v.url}/console/host/parrot`);
  await page.click('.hd button[value=plan-host]');
  await page.locator('#ask-plan[open]').waitFor();
  await page.fill('#ask-plan input[name=comment]', 'a bath');
  await page.fill('#ask-plan input[name=for]', 'much too long');
  await page.click('#ask-plan button.main');
  await page.locator('#ask-plan .err:not([hidden])').waitFor();
  await page.fill('#ask-plan input[name=for]', '30m');
  await page.click('#ask-plan button.main');
  await page.locator('#toasts .toast').first().waitFor();
  const other = await newPage(page.context());
  await other.goto(`${v.url}/console/planned`);
  assert.match(await other.textContent('main'), /a bath/);
  await page.click('#toasts button');
  await until(async () => {
    await other.goto(`${v.url}/console/planned`);
    return !/a bath/.test(await other.textContent('main'));
  }, 'the work to be ended');
  await other.close();
});

test('a host\'s page follows: its checks, its head and what happened', async () => {
  await page.goto(`${v.url}/console/host/parrot`);
  await page.evaluate(() => (window.notReloaded = true));
  assert.match(await page.textContent('.hd'), /2 critical/);
  await tell('parrot/tail', 'ok', 'the feather is back');
  await row('parrot/tail').getByText('the feather is back').waitFor();
  await page.locator('.hd', { hasText: '1 critical' }).waitFor();
  await page.locator('#live-day', { hasText: 'the feather is back' }).waitFor();
  assert.equal(await page.evaluate(() => window.notReloaded), true);
});

test('everything works without script too: taking a problem is a page of its own', async () => {
  await tell('parrot/tail', 'critical', 'another feather');
  const plain = await newPage(await b.context({ javaScriptEnabled: false, storageState: await page.context().storageState() }));
  await plain.goto(`${v.url}/console`);
  await plain.locator('tr[data-item="parrot/tail"] button[value=ack]').click();
  await plain.fill('input[name=comment]', 'by hand');
  await plain.click('main button.main');
  await plain.waitForURL('**/console');
  assert.match(await plain.textContent('main'), /by hand/);
  await plain.locator('tr[data-item="parrot/beak"] input[type=checkbox]').check();
  await plain.locator('tr[data-item="parrot/tail"] input[type=checkbox]').check();
  await plain.click('#bulk button[value=recheck]'); // their results come from elsewhere: that is said, not done
  assert.match(await plain.textContent('h1'), /cannot be checked now: its results come by themselves/);
  await plain.goBack();
  await plain.locator('tr[data-item="parrot/beak"] input[type=checkbox]').check();
  await plain.locator('tr[data-item="parrot/tail"] input[type=checkbox]').check();
  await plain.click('#bulk button[value=plan]');
  assert.equal(await plain.locator('.picked li').count(), 2);
  await plain.fill('input[name=comment]', 'a new perch');
  await plain.click('main button.main');
  await plain.waitForURL('**/console');
  assert.match(await plain.textContent('main'), /a new perch/);
});

test('a cut connection is told with its time, and mends by itself', async () => {
  await page.goto(`${v.url}/console`);
  await page.waitForFunction(() => document.querySelector('#tally a'));
  await page.context().setOffline(true);
  await page.evaluate(() => window.dispatchEvent(new Event('offline')));
  await page.locator('#lost:not([hidden])').waitFor({ timeout: 20000 });
  assert.match(await page.textContent('#lost'), /No connection since \d\d:\d\d/);
  await page.context().setOffline(false);
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await page.locator('#lost').waitFor({ state: 'hidden', timeout: 20000 });
});

test('nothing went wrong in the pages', () => assert.deepEqual(page.wrongs.filter((w) => !/ERR_INTERNET_DISCONNECTED/.test(w)), []));

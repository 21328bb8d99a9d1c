// SPDX-License-Identifier: GPL-3.0-or-later
// The door: the set-up link works once, log-in and log-out, what a wrong password is told, who may see what.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findings, logIn, name, newPage, setUp, startBrowser, startVigie } from './kit.mjs';

let v, b, page;
before(async () => {
  v = await startVigie();
  b = await startBrowser();
  page = await newPage(await b.context());
});
after(async () => {
  await b?.stop();
  await v?.stop();
});

test('the console asks for a log-in, and says how to get the first one', async () => {
  await page.goto(`${v.url}/console/hosts`);
  assert.match(page.url(), /\/login\?next=/);
  assert.match(await page.textContent('main'), /vigie user setup-link/);
});

test('the set-up link says when the two passwords differ, and keeps the name', async () => {
  await page.goto(v.setupLink);
  await page.fill('input[name=user]', name);
  await page.fill('input[name=password]', 'one long password');
  await page.fill('input[name=again]', 'another password');
  await page.click('button.main');
  assert.match(await page.textContent('[role=alert]'), /differ/);
  assert.equal(await page.inputValue('input[name=user]'), name);
});

test('the set-up link makes an account and leads to the console', async () => {
  await setUp(page, v);
  assert.equal(await page.locator('h1').count(), 1);
  assert.match(await page.textContent('.con-foot'), new RegExp(name));
});

test('a second use of the link is told that it is used up', async () => {
  const r = await page.goto(v.setupLink);
  assert.equal(r.status(), 410);
  assert.match(await page.textContent('h1'), /used up/);
});

test('logging out ends the session; a wrong password is told in words', async () => {
  await page.goto(`${v.url}/console`);
  await page.click('text=Log out');
  await page.waitForURL('**/login*');
  await page.goto(`${v.url}/console`);
  assert.match(page.url(), /\/login/);
  await page.fill('input[name=user]', name);
  await page.fill('input[name=password]', 'not the password');
  await page.click('button.main');
  assert.ok((await page.textContent('[role=alert]')).trim().length > 10);
  assert.equal(await page.getAttribute('input[name=password]', 'aria-invalid'), 'true');
  assert.equal(await page.inputValue('input[name=user]'), name);
});

test('the right password leads to the page that was asked for', async () => {
  await logIn(page, v, '/console/hosts');
  assert.match(await page.textContent('h1'), /Hosts/);
});

test('the door is usable for everyone and in French', async () => {
  const guest = await newPage(await b.context({ locale: 'fr-FR' }));
  await guest.goto(`${v.url}/login`);
  assert.equal(await guest.getAttribute('html', 'lang'), 'fr');
  assert.match(await guest.textContent('button.main'), /Se connecter/);
  assert.deepEqual(await findings(guest), []);
  assert.deepEqual(guest.wrongs, []);
});

test('nothing went wrong in the pages', () => assert.deepEqual(page.wrongs, []));

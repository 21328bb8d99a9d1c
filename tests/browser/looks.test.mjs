// SPDX-License-Identifier: GPL-3.0-or-later
// Every page in both themes, on a desk and in a hand: no sideways scroll, no serious finding of axe, no refusal by the
// content security policy; French; the public page without script.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findings, newPage, scrollsSideways, setUp, startBrowser, startVigie, until } from './kit.mjs';

const yaml = `
site: { title: { en: Harbour, fr: Port } }
groups: { boats: { title: { en: Boats, fr: Bateaux } } }
hosts:
  quay:
    alive: { passive: }
    groups: [stone, wood]
    title: The long one
    notes: Ask the harbour master.
    checks:
      - { passive: { name: crane, attempts: 1 } }
      - { passive: { name: lamp, attempts: 1 } }
      - { passive: { name: rope, attempts: 1 } }
      - { passive: { name: gate, attempts: 1 } }
  ship1: { alive: { passive: }, parents: [quay], groups: [wood], checks: [{ passive: { name: hull } }] }
services:
  port: { title: { en: Port, fr: Port }, of: [quay/crane, { name: ships, of: [ship1/hull] }] }
components:
  ferry: { name: { en: Ferry, fr: Bac }, publish: auto, after: 0s, text: { en: It crosses the river. }, group: boats, depends: [quay/crane] }
  buoys: { name: { en: Buoys, fr: Bouées }, publish: auto, after: 0s, group: boats, depends: [quay/lamp] }
`;
const pages = ['/console', '/console/hosts', '/console/host/quay', '/console/checks', '/console/map', '/console/map?from=quay&levels=2', '/console/check/quay/crane', '/console/check/services/port', '/console/events', '/console/planned', '/console/incidents', '/console/incidents/act?action=open', '/console/setup', '/console/add', '/console/found', '/console/copies', '/console/nowhere', '/'];
const desk = { width: 1280, height: 800 }, hand = { width: 390, height: 844 };
let v, b, page;
const tell = (target, state, text, perf) => v.cli('result', target, state, '-m', text, ...(perf ? ['--perfdata', perf] : []));

before(async () => {
  v = await startVigie(yaml);
  b = await startBrowser();
  page = await newPage(await b.context());
  await setUp(page, v);
  await tell('quay', 'up', 'it stands');
  await tell('ship1', 'up', 'it swims');
  await tell('quay/lamp', 'ok', 'it shines', 'light=80%;50:;20:');
  await tell('quay/crane', 'critical', 'the hook is stuck and does not come down <b>at all</b>', 'load=3t;5;8');
  await tell('quay/rope', 'warning', 'a_very_long_word_that_has_no_place_to_break_'.repeat(4));
  await tell('quay/gate', 'unknown', 'fog');
  await v.cli('ack', 'quay/rope', '-m', 'a new one is on its way');
  await v.cli('downtime', 'ship1', '-m', 'new paint', '--for', '2h');
});
after(async () => {
  await b?.stop();
  await v?.stop();
});

for (const [size, viewport] of Object.entries({ desk, hand }))
  for (const colorScheme of ['light', 'dark'])
    test(`every page, ${size}, ${colorScheme}`, async () => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      for (const path of pages) {
        await page.goto(v.url + path);
        assert.equal(await scrollsSideways(page), 0, `${path} scrolls sideways`);
        assert.equal(await page.locator('h1').count(), 1, `${path} has one h1`);
        assert.deepEqual(await findings(page), [], path);
      }
    });

test('dialogs and the bulk bar have no findings either', async () => {
  await page.setViewportSize(desk);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${v.url}/console`);
  await page.locator('tr[data-item="quay/crane"] input[type=checkbox]').check();
  await page.locator('tr[data-item="quay/crane"] button[value=ack]').click();
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.locator('#keys[open]').waitFor();
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press('Escape');
});

test('output is text, never markup', async () => {
  assert.match(await page.textContent('tr[data-item="quay/crane"]'), /<b>at all<\/b>/);
});

test('dark follows the system, and can be chosen', async () => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await paper();
  assert.notEqual(light, dark);
  await page.click('button[value=light]');
  assert.equal(await paper(), light);
  await page.click('button[value=system]');
  assert.equal(await paper(), dark);
  await page.emulateMedia({ colorScheme: 'light' });
});

test('the console in French, and it stays so', async () => {
  await page.goto(`${v.url}/console`);
  await page.click('.con-foot a[hreflang=fr]');
  assert.equal(await page.getAttribute('html', 'lang'), 'fr');
  await page.goto(`${v.url}/console/hosts`);
  assert.match(await page.textContent('h1'), /Machines/);
  assert.match(await page.locator('#tally').textContent(), /critique/);
  await page.goto(`${v.url}/console?lang=en`);
});

test('the public page: no script, no cookie, no host; what a person would say, in both languages', async () => {
  const context = await b.context({ javaScriptEnabled: false, viewport: { width: 360, height: 640 } });
  const plain = await newPage(context);
  const r = await plain.goto(`${v.url}/`);
  const html = await r.text();
  assert.ok(html.length <= 60 * 1024);
  assert.doesNotMatch(html, /<script|quay|crane|hook|ship1/);
  assert.equal((await plain.textContent('h1')).replace(/\s+/g, ' '), 'Ferry is down.Everything else works.');
  assert.match(await plain.title(), /^Harbour: Ferry is down\.$/);
  assert.match(await plain.textContent('.comp.bad'), /Ferry.*Down.*It crosses the river/s);
  assert.equal(await plain.textContent('.group h3'), 'Boats');
  assert.equal(await scrollsSideways(plain), 0);
  const sign = await plain.locator('.facts').boundingBox();
  assert.ok(sign.y + sign.height <= 640, 'the sign fits a small screen');
  await plain.click('a[hreflang=fr]');
  assert.equal(await plain.getAttribute('html', 'lang'), 'fr');
  assert.match(await plain.textContent('h1'), /Bac\u00a0: en panne\..*Tout le reste fonctionne\./s);
  assert.equal(await plain.getAttribute('.comp.bad .about', 'lang'), 'en'); /* this text is in English only */
  assert.deepEqual(await context.cookies(), []);
  await tell('quay/crane', 'ok', 'the hook moves');
  await until(async () => {
    await plain.goto(`${v.url}/?lang=en`);
    return /Everything works/.test(await plain.textContent('h1'));
  }, 'the page to say that all works');
  await plain.setViewportSize(desk);
  assert.deepEqual(plain.wrongs, []);
});

test('nothing went wrong in the pages', () => assert.deepEqual(page.wrongs, []));

// SPDX-License-Identifier: GPL-3.0-or-later
// The public pages as anybody sees them: on a telephone without script, on a desk, at night, by keyboard; no serious finding of axe, no
// sideways scroll, no cookie, nothing from elsewhere; what staff say is there at once.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { findings, newPage, scrollsSideways, startBrowser, startVigie, until } from './kit.mjs';

const yaml = `
site: { title: { en: Harbour, fr: Port }, zone: America/Toronto }
groups: { boats: { title: { en: Boats, fr: Bateaux } }, small: { title: { en: Small boats, fr: Petits bateaux } } }
hosts: { quay: { alive: no, checks: [{ passive: { name: crane, attempts: 1 } }, { passive: { name: lamp, attempts: 1 } }] } }
components:
  ferry: { name: { en: Ferry, fr: Bac }, text: { en: It crosses the river. }, link: "https://example.org/", group: boats, publish: auto, after: 0s, depends: [quay/crane] }
  dinghy: { name: { en: Dinghies, fr: Canots }, group: boats/small, depends: [quay/lamp] }
  pilot: { name: { en: Pilot, fr: Pilote } }
`;
const long = 'A_title_without_any_place_to_break_it_'.repeat(7);
const phone = { width: 360, height: 640 }, desk = { width: 1280, height: 800 };
let v, b, keys = {}, pages;
const said = async (...words) => JSON.parse(await v.cli(...words, '--json')).bulletin;

before(async () => {
  v = await startVigie(yaml);
  b = await startBrowser();
  await v.cli('result', 'quay/crane', 'ok', '-m', 'x');
  await v.cli('result', 'quay/lamp', 'ok', '-m', 'x');
  const over = await said('incident', 'open', 'pilot', '--impact', 'partial', '--title-en', 'The pilot is ill', '--title-fr', 'La pilote est malade', '-m', 'We look for another.');
  await said('incident', 'resolve', String(over.id), '-m', 'She is back.');
  const open = await said('incident', 'open', 'dinghy:major', '-t', long, '-m', '# Cause\nA **rope** broke.\n\n- one\n- two\n\n`code`', '--next-by', '+30m');
  await said('incident', 'update', String(open.id), '--phase', 'identified', '--en', 'We found the rope.', '--fr', 'La corde est trouvée.', 'ferry:degraded');
  const work = await said('maintenance', 'plan', 'ferry', '--start', '+2d', '--for', '2h', '-t', 'New paint', '-m', 'Away once.');
  keys = { over: over.key, open: open.key, work: work.key };
  pages = ['/', `/incident/${keys.open}`, `/incident/${keys.over}`, `/maintenance/${keys.work}`, '/history', '/component/ferry', '/component/dinghy', '/snippet/503.html', '/widget'];
});
after(async () => {
  await b?.stop();
  await v?.stop();
});

for (const [name, viewport] of Object.entries({ phone, desk }))
  for (const colorScheme of ['light', 'dark'])
    test(`every public page, ${name}, ${colorScheme}`, async () => {
      const page = await newPage(await b.context({ viewport, colorScheme }));
      const foreign = [];
      page.on('request', (r) => r.url().startsWith(v.url) || r.url().startsWith('data:') || foreign.push(r.url()));
      for (const path of pages)
        for (const lang of ['en', 'fr']) {
          await page.goto(`${v.url}${path}?lang=${lang}`);
          assert.equal(await page.getAttribute('html', 'lang'), lang, path);
          assert.equal(await scrollsSideways(page), 0, `${path} scrolls sideways, ${lang}`);
          assert.ok((await page.locator('h1').count()) <= 1, `${path} has at most one h1`);
          // An error page has to try again by itself; nothing else here does.
          assert.deepEqual((await findings(page)).filter((f) => !(path.startsWith('/snippet') && f.startsWith('meta-refresh'))), [], path);
        }
      assert.deepEqual(foreign, []);
      assert.deepEqual(page.wrongs, []);
      await page.context().close();
    });

test('a small telephone without script: whether it works, since when, what is done, all on the first screen', async () => {
  const context = await b.context({ javaScriptEnabled: false, viewport: phone });
  const page = await newPage(context);
  const r = await page.goto(`${v.url}/?lang=en`);
  const html = await r.text();
  assert.ok(html.length <= 60 * 1024, `${html.length} bytes`);
  assert.doesNotMatch(html, /<script|quay|crane|lamp/);
  assert.match(await page.textContent('h1'), /Dinghies are down\./);
  const facts = await page.locator('.facts').boundingBox();
  assert.ok(facts.y + facts.height <= 640, `the facts end at ${facts.y + facts.height}`);
  assert.match(await page.textContent('.facts'), /Since.*for.*What we are doing.*We found the rope\..*Next word from us.*before/s);
  await page.click('.comp.bad .more a >> nth=0');
  assert.match(await page.textContent('h1'), /A_title_without/);
  assert.equal(await page.locator('ol.line > li').count(), 2);
  await page.click('a[hreflang=fr]');
  assert.match(await page.textContent('.line'), /La corde est trouvée\./);
  assert.match(await page.textContent('.line'), /en anglais seulement/); // the first word of it was not said in French
  await page.click('.brand');
  assert.equal(await page.getAttribute('html', 'lang'), 'fr'); // and it stays French, without a cookie
  assert.deepEqual(await context.cookies(), []);
  await context.close();
});

test('groups stand in groups', async () => {
  const page = await newPage(await b.context());
  await page.goto(`${v.url}/?lang=en`);
  assert.equal(await page.textContent('.group > h3'), 'Boats');
  assert.equal(await page.textContent('.group .group > h4'), 'Small boats');
  assert.equal(await page.textContent('.group .group .name'), 'Dinghies');
  await page.context().close();
});

test('by keyboard: a skip link first, every link with a ring', async () => {
  const page = await newPage(await b.context());
  await page.goto(`${v.url}/?lang=en`);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab');
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(ring, '3px', await page.evaluate(() => document.activeElement.outerHTML.slice(0, 100)));
  }
  await page.context().close();
});

test('an update has an address of its own', async () => {
  const page = await newPage(await b.context());
  await page.goto(`${v.url}/incident/${keys.open}/2`);
  assert.match(page.url(), new RegExp(`/incident/${keys.open}#update-2$`));
  assert.match(await page.textContent('#update-2'), /We found the rope\./);
  await page.context().close();
});

test('thumbs hit what they aim at', async () => {
  const page = await newPage(await b.context({ viewport: phone, hasTouch: true }));
  for (const path of ['/', `/incident/${keys.open}`]) {
    await page.goto(`${v.url}${path}?lang=en`);
    const small = await page.evaluate(() => [...document.querySelectorAll('.mast a, .links a')].filter((a) => a.offsetParent && a.getBoundingClientRect().height < 34).map((a) => a.textContent));
    assert.deepEqual(small, [], path);
  }
  await page.context().close();
});

test('what staff say is on the page at once', async () => {
  const page = await newPage(await b.context());
  await said('incident', 'resolve', keys.open, '-m', 'All is mended.');
  await page.goto(`${v.url}/?lang=en`);
  await until(async () => {
    await page.goto(`${v.url}/?lang=en`);
    return /Everything works/.test(await page.textContent('h1'));
  }, 'the page to say that all works');
  await page.goto(`${v.url}/incident/${keys.open}?lang=en`);
  assert.match(await page.textContent('#updates'), /All is mended\./);
  await page.context().close();
});

test('the widget stands in the page of another', async () => {
  const page = await newPage(await b.context());
  const other = createServer((rq, rs) => rs.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!doctype html><html lang="fr"><title>x</title><body><script src="${v.url}/widget.js"></script></body></html>`));
  await new Promise((done) => other.listen(0, '127.0.0.1', done));
  await page.goto(`http://127.0.0.1:${other.address().port}/`);
  const frame = page.frameLocator('iframe');
  assert.match(await frame.locator('p').textContent(), /Tout fonctionne/);
  await page.context().close();
  other.closeAllConnections();
  other.close();
});

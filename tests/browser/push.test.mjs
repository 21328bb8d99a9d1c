// SPDX-License-Identifier: GPL-3.0-or-later
// Being told by the browser: the button's whole way in both languages, with a push service that Node.js stands for; what the worker shows
// when something is pushed, and that it opens pages of the house only; what is seen without script, support or permission.
// And a copy of the pages that is old says so, from a file.
import assert from 'node:assert/strict';
import { createECDH, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findings, newPage, scrollsSideways, startBrowser, startVigie, until } from './kit.mjs';

const yaml = `
site: { title: { en: Harbour, fr: Port }, url: "https://status.example.org" }
announce: { outsiders: anywhere }
hosts: { quay: { alive: no } }
components: { ferry: { name: { en: Ferry, fr: Bac } }, buoys: { name: { en: Buoys, fr: Bouées } } }
`;
let v, b, service, came = [], status = 201;

before(async () => {
  v = await startVigie(yaml);
  b = await startBrowser();
  service = createServer((rq, rs) => {
    if (rq.url.startsWith('/push/')) came.push({ url: rq.url, topic: rq.headers.topic });
    rq.resume().on('end', () => rs.writeHead(rq.url.startsWith('/push/') ? status : 404).end());
  });
  await new Promise((done) => service.listen(0, '127.0.0.1', done));
});
after(async () => {
  await b?.stop();
  service?.closeAllConnections();
  service?.close();
  await v?.stop();
});

// No browser reaches its maker's service from here: the subscription is ours; all else is the browser's own.
function subscription(name) {
  const keys = createECDH('prime256v1');
  keys.generateKeys();
  return { endpoint: `http://127.0.0.1:${service.address().port}/push/${name}`, expirationTime: null, keys: { p256dh: keys.getPublicKey().toString('base64url'), auth: randomBytes(16).toString('base64url') } };
}

async function visitor(name, { lang = 'en', allowed = true, more = {} } = {}) {
  const context = await b.context(more);
  if (allowed) await context.grantPermissions(['notifications'], { origin: v.url });
  const page = await newPage(context);
  await page.addInitScript((sub) => {
    const made = () => ({ endpoint: sub.endpoint, toJSON: () => sub, unsubscribe: async () => (localStorage.removeItem('sub'), true) });
    window.PushManager.prototype.subscribe = async function (o) {
      const key = new Uint8Array(o.applicationServerKey);
      if (!o.userVisibleOnly || key.length !== 65 || key[0] !== 4) throw new Error('no key');
      localStorage.setItem('sub', '1');
      return made();
    };
    window.PushManager.prototype.getSubscription = async () => (localStorage.getItem('sub') ? made() : null);
  }, subscription(name));
  await page.goto(`${v.url}/subscribe?lang=${lang}`);
  return page;
}
const state = (page) => page.getAttribute('#push', 'data-state');
const said = (page) => page.textContent('#push [role=status]');
const count = async () => JSON.parse(await v.cli('subscriber', 'browsers', '--json')).browsers;

test('the whole way of the button', async () => {
  const page = await visitor('anna');
  await until(async () => (await state(page)) === 'off', 'the button to be there');
  assert.equal(await page.isVisible('#push'), true);
  await page.uncheck('input[value=updates]');
  await page.check('input[name=component][value=ferry]');
  await page.click('text=Tell me in this browser');
  await until(async () => (await state(page)) === 'on', 'the browser to be told', 15000, () => page.wrongs.join());
  assert.equal(await said(page), 'This browser is told.');
  await until(() => came.length === 1 && came[0].topic === 'welcome', 'the greeting');
  assert.equal(await count(), 1);
  // What was ticked holds.
  await v.cli('incident', 'open', 'buoys:major', '-t', 'They drift', '-m', 'x');
  const id = JSON.parse(await v.cli('incident', 'open', 'ferry:major', '-t', 'No ferry', '-m', 'x', '--json')).bulletin.id;
  await until(() => came.length === 2, 'news of the ferry');
  await v.cli('incident', 'update', String(id), '-m', 'still');
  await page.reload();
  await until(async () => (await state(page)) === 'on', 'it to be on after a reload');
  await page.click('text=Take what is ticked now');
  await until(async () => (await said(page)) === 'Your choice is kept.', 'the choice to be kept');
  assert.equal(came.length, 2);
  await v.cli('incident', 'update', String(id), '-m', 'still more');
  await until(() => came.length === 3, 'an update, too');
  assert.deepEqual(await findings(page), []);
  await page.click('text=Tell me no more in this browser');
  await until(async () => (await state(page)) === 'off', 'the end');
  assert.equal(await said(page), 'This browser is told no more.');
  assert.equal(await count(), 0);
  assert.deepEqual(page.wrongs, []);
  await page.context().close();
});

test('what goes wrong is said, in French', async () => {
  const page = await visitor('bruno', { lang: 'fr', more: { viewport: { width: 360, height: 640 }, colorScheme: 'dark' } });
  await until(async () => (await state(page)) === 'off', 'the button');
  for (const box of await page.locator('input[name=kind]').all()) await box.uncheck();
  await page.click('text=Me prévenir dans ce navigateur');
  await until(async () => /Choisissez/.test(await said(page)), 'the server to refuse', 15000, () => page.wrongs.join());
  assert.equal(await state(page), 'off');
  assert.equal(await page.evaluate(() => localStorage.getItem('sub')), null);
  assert.equal(await scrollsSideways(page), 0);
  assert.deepEqual(await findings(page), []);
  // By the keyboard alone.
  await page.check('input[value=incidents]');
  await page.focus('#push button');
  await page.keyboard.press('Enter');
  await until(async () => (await state(page)) === 'on', 'the browser to be told');
  assert.equal(await said(page), 'Ce navigateur est prévenu.');
  await page.context().close();
});

test('without permission, support or script', async () => {
  const denied = await visitor('carla', { allowed: false });
  await until(async () => (await state(denied)) !== null, 'the script');
  if ((await state(denied)) === 'off') await denied.click('#push button');
  await until(async () => (await state(denied)) === 'denied', 'the refusal');
  assert.match(await said(denied), /allow notifications/);
  assert.equal(await denied.isVisible('#push button'), false);
  const old = await newPage(await b.context());
  await old.addInitScript(() => delete window.PushManager);
  await old.goto(`${v.url}/subscribe`);
  await until(async () => (await state(old)) === 'unsupported', 'the script to see it');
  assert.equal(await old.isVisible('#push'), false);
  const plain = await newPage(await b.context({ javaScriptEnabled: false }));
  await plain.goto(`${v.url}/subscribe`);
  assert.equal(await plain.isVisible('#push'), false);
  assert.equal(await plain.isVisible('input[name=email]'), true);
  for (const p of [denied, old, plain]) await p.context().close();
});

test('the worker shows what is pushed', async () => {
  const page = await visitor('dora');
  const cdp = await page.context().newCDPSession(page);
  let registration;
  cdp.on('ServiceWorker.workerRegistrationUpdated', (e) => (registration = e.registrations.find((r) => r.scopeURL === `${v.url}/`)?.registrationId ?? registration));
  await cdp.send('ServiceWorker.enable');
  await until(async () => (await state(page)) === 'off', 'the button');
  await page.click('#push button');
  await until(async () => (await state(page)) === 'on' && registration, 'the worker');
  await page.evaluate(() => navigator.serviceWorker.ready);
  const push = (data) => cdp.send('ServiceWorker.deliverPushMessage', { origin: v.url, registrationId: registration, data });
  const shown = () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => ({ title: n.title, body: n.body, tag: n.tag, lang: n.lang, data: n.data })));
  await push(JSON.stringify({ title: 'Over: No ferry', body: 'It swims again.', url: `${v.url}/incident/abc?lang=en`, tag: 'abc', lang: 'en' }));
  await until(async () => (await shown()).length === 1, 'the note');
  assert.deepEqual(await shown(), [{ title: 'Over: No ferry', body: 'It swims again.', tag: 'abc', lang: 'en', data: `${v.url}/incident/abc?lang=en` }]);
  await push(JSON.stringify({ title: 'News', body: 'x', url: 'https://elsewhere.example.net/', tag: 'abc' }));
  await until(async () => (await shown())[0]?.title === 'News', 'the next one of that incident takes its place');
  assert.deepEqual((await shown()).map((n) => n.data), [`${v.url}/`]);
  await push('no JSON <b>');
  await until(async () => (await shown()).length === 2, 'a note for what cannot be read');
  assert.equal((await shown()).find((n) => n.tag === 'news').title, '127.0.0.1');
  // It keeps nothing, and stands between nobody and the server.
  assert.deepEqual(await page.evaluate(() => caches.keys()), []);
  assert.doesNotMatch(await (await fetch(`${v.url}/sw.js`)).text(), /"fetch"/);
  await page.context().close();
});

test('a copy that is old says so', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'vigie-copy-'));
  await v.cli('export', 'site', join(dir, 'x'), '--every', '10m');
  const page = await newPage(await b.context());
  await page.goto(`file://${join(dir, 'x/index.fr.html')}`);
  assert.match(await page.textContent('#copy'), /Une copie, faite le/);
  assert.equal(await page.getAttribute('#copy', 'class'), 'quiet');
  const file = join(dir, 'x/index.html');
  const past = (ms) => new Date(Date.now() - ms).toISOString().slice(0, 19) + 'Z';
  let n = 0;
  await writeFile(file, (await readFile(file, 'utf8')).replace(/(<p class="quiet" id="copy".*?<\/p>)/s, (p) => p.replace(/datetime="[^"]*"/g, () => `datetime="${past(n++ ? 180 * 60e3 : 190 * 60e3)}"`)));
  await page.goto(`file://${file}`);
  await until(async () => /it was made 3 hours ago/.test(await page.textContent('#copy')), 'its age', 5000);
  assert.match(await page.getAttribute('#copy', 'class'), /late/);
  assert.equal(await scrollsSideways(page), 0);
  assert.deepEqual(page.wrongs, []);
  assert.deepEqual(await findings(page), []);
  const plain = await newPage(await b.context({ javaScriptEnabled: false }));
  await plain.goto(`file://${file}`);
  assert.match(await plain.textContent('#copy'), /A copy, made .* The next one should be here by .* If that is past, this page is old/);
  await page.context().close();
  await plain.context().close();
  await rm(dir, { recursive: true });
});

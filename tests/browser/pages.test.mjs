// SPDX-License-Identifier: GPL-3.0-or-later
// Every public page of a house with thirty services (made_up.mjs), in both languages: without a finding of axe by WCAG 2.2 AA, in a hand and
// on a desk, light and dark; at 200 % and at 320 px; by keyboard alone; with script off; printed; with motion reduced; light enough; and
// what other people's pages show of us (ST-1, ST-2, ST-7, ST-16).
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { after, before, test } from 'node:test';
import { findings, newPage, scrollsSideways, startBrowser, startVigie, until } from './kit.mjs';
import { fill, yaml } from './made_up.mjs';

const phone = { width: 360, height: 640 }, desk = { width: 1280, height: 800 };
let v, b, keys, mailbox, pages = {};

// A mail server that takes everything and keeps it.
async function startMailbox() {
  const box = { mails: [] };
  const server = createSocket((s) => {
    let text = '', body = null;
    s.write('220 box\r\n');
    s.on('error', () => {});
    s.on('data', (d) => {
      text += d;
      for (let at; (at = text.indexOf('\r\n')) >= 0; ) {
        const line = text.slice(0, at);
        text = text.slice(at + 2);
        if (body) {
          if (line === '.') {
            box.mails.push(body.join('\n').replaceAll('=\n', ''));
            body = null;
            s.write('250 ok\r\n');
          } else body.push(line);
        } else if (/^data/i.test(line)) {
          body = [];
          s.write('354 go on\r\n');
        } else if (/^quit/i.test(line)) s.end('221 bye\r\n');
        else s.write('250 ok\r\n');
      }
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  box.port = server.address().port;
  box.stop = () => server.close();
  return box;
}

const linkIn = (mail, what) => mail.replaceAll('=3D', '=').match(new RegExp(`https://status\\.example\\.org(/${what}/[^\\s>"?]+)`))?.[1];

async function post(path, fields) {
  return fetch(v.url + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
}

before(async () => {
  mailbox = await startMailbox();
  v = await startVigie(yaml.replace('  zone:', `  mail: { smtp: "smtp://127.0.0.1:${mailbox.port}", from: status@example.org }\n  zone:`));
  b = await startBrowser();
  keys = await fill(v);
  await post('/subscribe?lang=en', { email: 'reader@example.org', lang: 'en', kind: 'incidents' });
  const mail = await until(() => mailbox.mails.find((m) => /^To:.*reader@/m.test(m)), 'the mail with the link');
  const confirm = linkIn(mail, 'subscribe/confirm');
  await post('/subscribe?lang=en', { email: 'other@example.org', lang: 'en', kind: 'incidents' });
  const second = linkIn(await until(() => mailbox.mails.find((m) => /^To:.*other@/m.test(m)), 'the second mail'), 'subscribe/confirm');
  const mine = (await (await post(`${second}?lang=en`, {})).text()).match(/action="(\/subscription\/[^"?/]+)/)[1];
  pages = {
    now: '/', incident: `/incident/${keys.slow}`, 'incident in English only': `/incident/${keys.english}`, 'incident that is over': `/incident/${keys.over}`, maintenance: `/maintenance/${keys.work}`,
    history: '/history', month: `/history/${new Date(Date.now() - 33 * 86400e3).toISOString().slice(0, 7)}`, component: '/component/imap', subscribe: '/subscribe', confirm, subscription: mine, end: `${mine}/end`, none: '/there/is/no-such-page',
  };
});
after(async () => {
  await b?.stop();
  await v?.stop();
  mailbox?.stop();
});

async function each(page, fn) {
  for (const [name, path] of Object.entries(pages))
    for (const lang of ['en', 'fr']) {
      const r = await page.goto(`${v.url}${path}?lang=${lang}`);
      assert.equal(r.status(), name === 'none' ? 404 : 200, name);
      await fn(`${name}, ${lang}`, lang, r);
    }
}

// 360 px in the light and a desk in the dark, then the other way round: each page has both of each.
for (const [viewport, colorScheme] of [[phone, 'light'], [desk, 'dark'], [phone, 'dark'], [desk, 'light']])
  test(`nothing to find fault with at ${viewport.width} px, ${colorScheme}`, { timeout: 90000 }, async () => {
    const page = await newPage(await b.context({ viewport, colorScheme, reducedMotion: 'reduce' }));
    await each(page, async (name, lang) => {
      assert.equal(await page.getAttribute('html', 'lang'), lang, name);
      assert.equal(await scrollsSideways(page), 0, `${name} scrolls sideways`);
      assert.equal(await page.locator('h1').count(), 1, `${name} has one h1`);
      const odd = await page.evaluate(() => ({
        scripts: [...document.scripts].filter((s) => !/^\/subscri/.test(location.pathname) || !s.src.startsWith(`${location.origin}/static/`)).length, // push notices are offered by one
        moving: document.getAnimations().length,
        levels: [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((h) => +h.tagName[1]).filter((n, i, all) => i && n > all[i - 1] + 1).length,
        over: [...document.querySelectorAll('.comp .st')].filter((st) => st.nextElementSibling?.matches('.days') && st.lastChild && (() => { const r = document.createRange(); r.selectNodeContents(st); const a = r.getBoundingClientRect(), c = st.nextElementSibling.getBoundingClientRect(); return a.right > c.left && a.bottom > c.top + 1 && a.top < c.bottom; })()).length,
      }));
      assert.deepEqual(odd, { scripts: 0, moving: 0, levels: 0, over: 0 }, name);
      assert.deepEqual(await findings(page, ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']), [], name);
    });
    assert.deepEqual(page.wrongs, []);
    await page.context().close();
  });

test('200 % and large letters: no sideways scroll, nothing is cut', { timeout: 90000 }, async () => {
  for (const more of [{ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }, { viewport: { width: 320, height: 560 } }]) {
    const page = await newPage(await b.context(more));
    await each(page, async (name) => assert.equal(await scrollsSideways(page), 0, `${name} at ${more.viewport.width} px`));
    await page.context().close();
  }
  const page = await newPage(await b.context({ viewport: desk }));
  await each(page, async (name) => {
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    assert.equal(await scrollsSideways(page), 0, `${name} with letters of twice the size`);
  });
  await page.context().close();
});

test('by keyboard: the skip link, then everything in the order of the page, each with a ring that can be seen', { timeout: 90000 }, async () => {
  const page = await newPage(await b.context({ viewport: desk }));
  await each(page, async (name, lang) => {
    if (lang === 'fr') return;
    const all = await page.evaluate(() => [...document.querySelectorAll('a[href],button,input,select,textarea,summary,[tabindex]')].filter((e) => e.checkVisibility() && e.tabIndex >= 0 && !e.disabled).map((e, i) => ((e.dataset.seat = i), i)).length);
    const walked = [];
    for (let i = 0; i < Math.min(all, 45); i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
        return { seat: +e.dataset.seat, ring: parseFloat(s.outlineWidth), style: s.outlineStyle, seen: r.bottom > 0 && r.top < innerHeight && r.width > 0, what: e.outerHTML.slice(0, 90) };
      });
      assert.ok(at.ring >= 2 && at.style !== 'none', `${name}: no ring on ${at.what}`);
      assert.ok(at.seen, `${name}: out of sight: ${at.what}`);
      walked.push(at.seat);
    }
    assert.deepEqual(walked, walked.map((_, i) => i), `${name}: the order of the page`);
    await page.goto(page.url());
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip', name);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.querySelector('main').contains(document.activeElement) || !document.querySelector('main a, main button, main input')), `${name}: the skip link leads into the page`);
  });
  await page.context().close();
});

test('script off: the same, and what is asked for can be sent', { timeout: 90000 }, async () => {
  const page = await newPage(await b.context({ javaScriptEnabled: false, viewport: phone }));
  await each(page, async (name) => {
    const h1 = await page.locator('h1').boundingBox();
    assert.ok(h1 && h1.y + h1.height < phone.height, `${name}: the first sentence is on the first screen`);
  });
  await page.goto(`${v.url}/subscribe?lang=fr`);
  await page.fill('input[type=email]', 'third@example.org');
  await page.click('button.main');
  assert.match(await page.textContent('h1'), /./);
  assert.ok(await until(() => mailbox.mails.find((m) => /^To:.*third@/m.test(m)), 'a mail'), 'a mail was sent');
  assert.deepEqual(await page.context().cookies(), []);
  await page.context().close();
});

// Printers leave grounds out: ink has to be dark, whatever the theme of the screen.
test('printed: dark on white, without what can only be pressed', { timeout: 90000 }, async () => {
  const page = await newPage(await b.context({ viewport: desk, colorScheme: 'dark' }));
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await each(page, async (name) => {
    const light = await page.evaluate(() => {
      const luminance = (c) => {
        const [r, g, b] = c.match(/[\d.]+/g).map((x) => (x / 255 <= 0.03928 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      return [...document.querySelectorAll('h1, h2, main p, main dd, main .name, main .st')].filter((e) => e.checkVisibility()).filter((e) => 1.05 / (luminance(getComputedStyle(e).color) + 0.05) < 4.5).map((e) => `${e.tagName} ${e.className} ${getComputedStyle(e).color} ${e.textContent.slice(0, 30)}`);
    });
    assert.deepEqual(light.slice(0, 3), [], `${name}: too light for paper`);
    assert.equal(await page.locator('.mast nav').first().isVisible(), false, name);
  });
  await page.context().close();
});

test('what was written in one language is shown in the other, with a mark', { timeout: 90000 }, async () => {
  const page = await newPage(await b.context());
  await page.goto(`${v.url}${pages['incident in English only']}?lang=fr`);
  assert.equal(await page.locator('.line [lang=en]').first().isVisible(), true);
  assert.match(await page.textContent('main'), /en anglais seulement/);
  await page.context().close();
});

test('sixty services and three incidents: everything the page needs in 60 KB, from us alone', { timeout: 90000 }, async () => {
  const big = await startVigie(`site: { title: { en: Harbour } }\nhosts: { a: { alive: no, checks: [${[...Array(60).keys()].map((i) => `{ passive: { name: c${i} } }`)}] } }\ncomponents:\n${[...Array(60).keys()].map((i) => `  c${i}: { name: { en: "Service number ${i}", fr: "Service numéro ${i}" }, text: { en: What it is good for. }, group: g${i % 7}, depends: [a/c${i}] }`).join('\n')}\n`);
  try {
    for (let i = 0; i < 60; i++) await big.cli('result', `a/c${i}`, 'ok', '-m', 'x');
    for (let i = 0; i < 3; i++) await big.cli('incident', 'open', `c${i}:major`, '-m', 'We look for the cause. '.repeat(10), '--at', '-3h');
    const page = await newPage(await b.context()), seen = [];
    page.on('response', (r) => seen.push(r));
    await until(async () => {
      await page.goto(`${big.url}/?lang=en`);
      return (await page.locator('.comp').count()) === 60 && (await page.locator('.open').count()) === 3;
    }, 'all of it to be on the page');
    seen.length = 0;
    await page.context().clearCookies();
    const fresh = await newPage(await b.context());
    fresh.on('response', (r) => seen.push(r));
    await fresh.goto(`${big.url}/?lang=en`, { waitUntil: 'networkidle' });
    const sizes = await Promise.all(seen.map(async (r) => { const s = await r.request().sizes(); return [r.url(), s.responseBodySize + s.responseHeadersSize]; }));
    const sum = sizes.reduce((n, [, size]) => n + size, 0);
    assert.ok(sizes.length >= 2 && sum > 3000, JSON.stringify(sizes)); // the page and its style at least
    assert.ok(sum <= 60 * 1024, `${sum} bytes: ${JSON.stringify(sizes)}`);
    assert.deepEqual(seen.filter((r) => !r.url().startsWith(big.url)).map((r) => r.url()), []);
    await page.context().close();
    await fresh.context().close();
  } finally {
    await big.stop();
  }
});

// ---- in other people's pages: what docs/public.md says under "Embed", word for word; the browser finds the address of the site at our port
test('another site: the script, the frame and the fragment', { timeout: 90000 }, async () => {
  const address = 'https://status.example.org', context = await b.context(), page = await newPage(context);
  await context.route(`${address}/**`, async (route) => route.fulfill({ response: await route.fetch({ url: route.request().url().replace(address, v.url) }) }));
  const docs = await import('node:fs/promises').then((fs) => fs.readFile(new URL('../../docs/public.md', import.meta.url), 'utf8'));
  const examples = [...docs.slice(docs.indexOf('### Embed')).matchAll(/```html\n([\s\S]*?)```/g)].slice(0, 3).map((m) => m[1]);
  assert.equal(examples.length, 3);
  const other = createServer((rq, rs) => rs.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="fr"><meta charset="utf-8"><title>x</title><body>${examples.join('\n')}</body></html>`));
  await new Promise((done) => other.listen(0, '127.0.0.1', done));
  await page.goto(`http://127.0.0.1:${other.address().port}/`);
  for (const n of [0, 1]) assert.match(await page.frameLocator(`iframe >> nth=${n}`).locator('p').textContent(), /Boîtes aux lettres\s: en partie en panne/);
  await page.locator('#status .vigie-status').waitFor();
  assert.match(await page.textContent('#status'), /Boîtes aux lettres.*Le courriel est lent/s);
  assert.equal(await page.getAttribute('#status .vigie-status', 'lang'), 'fr');
  assert.equal(await page.locator('#status script').count(), 0);
  assert.deepEqual(page.wrongs, []);
  await page.context().close();
  other.closeAllConnections();
  other.close();
});

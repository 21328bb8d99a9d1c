// SPDX-License-Identifier: GPL-3.0-or-later
// shots.mjs: the pictures of README and docs, taken of a house that is made up (tests/browser/made_up.mjs), by day and by night, in both
// languages.  They go to docs/shots/ as WebP; one that is larger than 150 KB is an error.  ./dev shots
import { execFile } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newPage, root, setUp, startBrowser, startVigie } from '../tests/browser/kit.mjs';
import { fill, yaml } from '../tests/browser/made_up.mjs';

const out = join(root, 'docs/shots'), most = 150 * 1024;
const desk = { width: 1280, height: 800 }, phone = { width: 390, height: 780 };
const trouble = [
  ['imap', 'critical', 'no answer to LOGIN within 10 s'], ['incoming', 'warning', '412 mails wait (limit 300)'], ['builds', 'warning', '1 of 3 runners is away'],
  ['backups', 'warning', '87 % used (limit 85 %); full in about 9 days at this pace'], ['certificates', 'warning', 'www.example.org ends in 12 days (limit 14)'],
];

async function shoot(page, name) {
  const png = join(tmpdir(), `vigie-shot-${process.pid}.png`), webp = join(out, `${name}.webp`);
  await page.screenshot({ path: png });
  await promisify(execFile)('cwebp', ['-quiet', '-near_lossless', '60', '-m', '6', png, '-o', webp]);
  await rm(png);
  const { size } = await stat(webp);
  if (size > most) throw new Error(`${name}: ${size} bytes, ${most} at most`);
  console.log(`${name}.webp ${Math.round(size / 1024)} KB`);
}

const v = await startVigie(yaml), b = await startBrowser();
try {
  await mkdir(out, { recursive: true });
  const keys = await fill(v);
  for (const colorScheme of ['light', 'dark']) {
    const page = await newPage(await b.context({ viewport: desk, colorScheme })), hand = await newPage(await b.context({ viewport: phone, colorScheme }));
    for (const lang of ['en', 'fr']) {
      await page.goto(`${v.url}/?lang=${lang}`);
      await shoot(page, `public-${lang}-${colorScheme}`);
      await page.goto(`${v.url}/incident/${keys.slow}?lang=${lang}`);
      await shoot(page, `incident-${lang}-${colorScheme}`);
      await hand.goto(`${v.url}/?lang=${lang}`);
      await shoot(hand, `phone-${lang}-${colorScheme}`);
    }
    await page.goto(`${v.url}/maintenance/${keys.work}?lang=en`);
    await shoot(page, `maintenance-en-${colorScheme}`);
    await page.goto(`${v.url}/component/sites?lang=fr`);
    await shoot(page, `component-fr-${colorScheme}`);
    await page.context().close();
    await hand.context().close();
  }
  for (const [check, state, said] of trouble) await v.cli('result', `house/${check}`, state, '-m', said);
  const context = await b.context({ viewport: desk }), console_ = await newPage(context);
  await setUp(console_, v);
  for (const colorScheme of ['light', 'dark'])
    for (const lang of ['en', 'fr']) {
      await console_.emulateMedia({ colorScheme });
      await console_.goto(`${v.url}/console?lang=${lang}`);
      await shoot(console_, `console-${lang}-${colorScheme}`);
    }
} finally {
  await b.stop();
  await v.stop();
}

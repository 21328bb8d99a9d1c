// SPDX-License-Identifier: GPL-3.0-or-later
// _widget.mjs ADDRESS PACKAGE: what Statuspage's own web component shows of ADDRESS in a page of another origin, in both of its shapes.
// Prints JSON: [{ shape, css, colour, text, link }], and what the browser complained of.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { newPage, startBrowser } from '../browser/kit.mjs';

const [address, home] = process.argv.slice(2);
const script = await readFile(`${home}/node_modules/@statuspage/status-widget/dist/index.js`);
const html = `<!doctype html><html lang="en"><title>of others</title><body><statuspage-widget src="${address}"></statuspage-widget>
<statuspage-widget src="${address}" appearance="badge" title="Harbour"></statuspage-widget><script src="/widget.js"></script></body></html>`;
const other = createServer((rq, rs) => {
  if (rq.url === '/widget.js') rs.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script);
  else rs.writeHead(200, { 'Content-Type': 'text/html' }).end(html);
});
await new Promise((done) => other.listen(0, '127.0.0.1', done));
const b = await startBrowser();
try {
  const page = await newPage(await b.context());
  await page.goto(`http://127.0.0.1:${other.address().port}/`);
  await page.waitForFunction(() => [...document.querySelectorAll('statuspage-widget')].every((w) => w.shadowRoot?.querySelector('.status-indicator')), null, { timeout: 20000 });
  const shown = await page.evaluate(() => [...document.querySelectorAll('statuspage-widget')].map((w) => {
    const sign = w.shadowRoot.querySelector('.status-indicator');
    return { shape: w.getAttribute('appearance') ?? 'basic', css: sign.className.replace('status-indicator', '').trim(), colour: getComputedStyle(sign).backgroundColor, text: w.shadowRoot.querySelector('.status-container').innerText.replace(/\s+/g, ' ').trim(), link: w.shadowRoot.querySelector('a')?.href };
  }));
  console.log(JSON.stringify({ shown, wrongs: page.wrongs }));
} finally {
  await b.stop();
  other.closeAllConnections();
  other.close();
}

// SPDX-License-Identifier: GPL-3.0-or-later
// What the browser tests share: a daemon with a data directory of its own, a browser with a fresh profile, a server to
// be watched. Everything speaks over loopback only and is ended by whoever started it.
import { spawn, execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');
const require = createRequire(join(root, 'ui/package.json'));
const { chromium } = require('playwright-core');
const axePath = require.resolve('axe-core/axe.min.js');
export const binary = process.env.VIGIE ?? join(root, 'build/src/daemon/vigie');

export function freePort() {
  return new Promise((done, fail) => {
    const s = createSocket();
    s.once('error', fail);
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });
}

// ---- a site to watch: answers with `status`, or nothing while `closed`
export async function startSite() {
  const site = { status: 200, body: 'It works.', hits: 0 };
  const server = createServer((rq, rs) => {
    site.hits++;
    rs.writeHead(site.status, { 'Content-Type': 'text/plain' }).end(site.body);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  site.port = server.address().port;
  site.url = `http://127.0.0.1:${site.port}/`;
  site.stop = () => new Promise((done) => {
    server.closeAllConnections();
    server.close(done);
  });
  return site;
}

// ---- the daemon
export async function startVigie(yaml) {
  const data = await mkdtemp(join(tmpdir(), 'vigie-browser-'));
  const port = await freePort();
  const config = join(data, 'vigie.yaml');
  if (yaml) await writeFile(config, yaml);
  const v = { data, port, url: `http://127.0.0.1:${port}`, out: '', config };
  let child, ended;
  const start = () => {
    child = spawn(binary, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`, ...(yaml ? ['--config', config] : [])], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (b) => (v.out += b));
    child.stderr.on('data', (b) => (v.out += b));
    ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
    return until(async () => {
      if (child.exitCode !== null) throw new Error(`vigie ended: ${v.out}`);
      return /\/setup\/[0-9a-f]+/.test(v.out) && (await fetch(`${v.url}/healthz`).then((r) => r.ok, () => false));
    }, 'the daemon to listen', 20000, () => v.out);
  };
  const end = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10000);
    const how = await ended;
    clearTimeout(timer);
    return how;
  };
  v.stop = async () => {
    const how = await end();
    await rm(data, { recursive: true, force: true });
    return how;
  };
  v.restart = async (between) => { // what is done to the data while nobody has them
    await end();
    await between();
    v.out = '';
    await start();
    v.setupLink = v.out.match(/http:\/\/\S+\/setup\/[0-9a-f]+/)[0];
  };
  v.pause = () => child.kill('SIGSTOP');
  v.resume = () => child.kill('SIGCONT');
  await start();
  v.setupLink = v.out.match(/http:\/\/\S+\/setup\/[0-9a-f]+/)[0];
  // The command line, over the local socket.
  v.cli = async (...args) => (await promisify(execFile)(binary, [...args, '--data', data])).stdout;
  return v;
}

export async function until(fn, what, ms = 15000, more = () => '') {
  const end = Date.now() + ms;
  for (;;) {
    const value = await fn();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}. ${more()}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

// ---- the browser; its profile is fresh and goes with it
export async function startBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  return {
    context: (more = {}) => browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', timezoneId: 'UTC', ...more }),
    stop: () => browser.close(),
  };
}

// A page that notes what goes wrong in it: script errors and refusals by the content security policy.
export async function newPage(context) {
  const page = await context.newPage();
  page.wrongs = [];
  page.on('pageerror', (e) => page.wrongs.push(String(e)));
  page.on('console', (m) => {
    if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) page.wrongs.push(m.text());
  });
  return page;
}

export const name = 'ada', password = 'correct horse battery';

export async function setUp(page, v) {
  await page.goto(v.setupLink);
  await page.fill('input[name=user]', name);
  await page.fill('input[name=password]', password);
  await page.fill('input[name=again]', password);
  await page.click('button.main');
  await page.waitForURL('**/console');
}

export async function logIn(page, v, path = '/console') {
  await page.goto(`${v.url}/login?next=${encodeURIComponent(path)}`);
  await page.fill('input[name=user]', name);
  await page.fill('input[name=password]', password);
  await page.click('button.main');
  await page.waitForURL(`**${path}`);
}

// axe's serious and critical findings, in words; of these standards only, and then all of them, when some are named.
export async function findings(page, standards) {
  // By the debugger, which the content security policy does not bind.
  await page.evaluate(await readFile(axePath, 'utf8'));
  const found = await page.evaluate((values) => window.axe.run(document, { resultTypes: ['violations'], ...(values && { runOnly: { type: 'tag', values } }) }), standards);
  return found.violations
    .filter((f) => standards || f.impact === 'serious' || f.impact === 'critical')
    .map((f) => `${f.id} (${f.impact}): ${f.help}: ${f.nodes.map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).slice(0, 3).join('; ')}`);
}

export async function scrollsSideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

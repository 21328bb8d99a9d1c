// SPDX-License-Identifier: GPL-3.0-or-later
// Live updates: one event stream while the page is visible. It says which things changed; the rows shown here are
// fetched anew and change in place. Order changes only when the reader asks for it.
import { countTicks } from './act';
import { Row, all, main, one, parse, rowOf, say } from './dom';
import { hereAndNow, tickAges } from './time';

interface Changed {
  tally: string;
  problems: number;
  all: boolean;
  ids: string[];
}

const LOST_AFTER_MS = 10000, SILENCE_MS = 40000, SYNC_EVERY_MS = 3000, IDS_A_TIME = 100, URL_MOST = 6000;
const onProblems = location.pathname === '/console';

// ---- title and lamp

const plainTitle = document.title.replace(/^\(\d+\) /, '');
const lampOf: Record<string, string> = { critical: '%23ff8d83', warning: '%23ffb81c', unknown: '%23e59ad3', ok: '%235cc9b0' };
let lamp = '';

function light(colour: string): void {
  const icon = one<HTMLLinkElement>('link[rel=icon]');
  if (!icon || colour === lamp) return;
  lamp = colour;
  const c = lampOf[colour] ?? '';
  icon.href = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='6' fill='%230f1e29'/%3E%3Cg transform='translate(3 4)'%3E%3Cpath d='M9.2 10.5h5.6L16.6 25H7.4ZM6.6 8.3h10.8v1.6H6.6Z' fill='%23fff'/%3E%3Ccircle cx='12' cy='4.6' r='2.5' fill='${c}'/%3E%3Cpath d='M16.3 4 25 .6v8l-8.7-3.4Z' fill='${c}'/%3E%3C/g%3E%3C/svg%3E`;
}

function showCount(n: number): void {
  if (onProblems) {
    const open = all('tr[data-open]').length, count = one('[data-count]');
    if (count) count.textContent = String(open);
    document.title = (open + news.size ? say('problems', open + news.size) : say('nothing')) + ' | vigie';
  }
  if (n < 0) return;
  light(n ? (['critical', 'warning', 'unknown'].find((s) => one(`#tally a:not(.nil) .s-${s}`)) ?? 'ok') : 'ok');
  if (!onProblems) document.title = n ? `(${n}) ${plainTitle}` : plainTitle;
}

// ---- rows in place

// What a reader would call a change: not every millisecond of a figure.
function looks(row: Row): string {
  const text = (selector: string): string => one(selector, row)?.textContent?.replace(/\d+/g, '#') ?? '';
  return [row.className.replace(/\bchanged\b/, '').trim(), text('.c-state'), text('.c-out'), text('.c-told')].join('|');
}

// Where the focus was inside a part, so that it can be given back to what stands there afterwards.
function focusOf(part: HTMLElement): string | null {
  const at = document.activeElement as HTMLElement | null;
  if (!at || !part.contains(at)) return null;
  if (at === part) return 'self';
  if (at instanceof HTMLButtonElement) return `button[value="${at.value}"]`;
  if (at instanceof HTMLInputElement) return 'input[type=checkbox]';
  return at instanceof HTMLAnchorElement ? `a[href="${CSS.escape(at.getAttribute('href') ?? '')}"]` : '[tabindex]';
}

function replaceRow(old: Row, fresh: Row): boolean {
  const differs = looks(old) !== looks(fresh), focus = focusOf(old);
  const was = one<HTMLInputElement>('input[form=bulk]', old), box = one<HTMLInputElement>('input[form=bulk]', fresh);
  if (was && box) box.checked = was.checked;
  if (old.tabIndex === 0 || old.hasAttribute('tabindex')) fresh.tabIndex = -1;
  if (differs) {
    fresh.classList.add('changed');
    window.setTimeout(() => fresh.classList.remove('changed'), 3000);
  }
  old.replaceWith(fresh);
  if (focus) {
    const target = focus === 'self' ? fresh : one(focus, fresh) ?? one('button', fresh) ?? fresh;
    if (target === fresh) fresh.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
  return differs;
}

async function fetchRows(view: string, ids: string[]): Promise<Document | null> {
  const query = ids.map((id) => `&id=${encodeURIComponent(id)}`).join('');
  try {
    const r = await fetch(`/console/rows?view=${view}${query}`, { redirect: 'manual' });
    return r.ok ? parse(await r.text()) : null;
  } catch {
    return null;
  }
}

function* portions(ids: string[]): Generator<string[]> {
  let part: string[] = [], length = 0;
  for (const id of ids) {
    const n = encodeURIComponent(id).length + 4;
    if (part.length && (part.length >= IDS_A_TIME || length + n > URL_MOST)) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(id);
    length += n;
  }
  if (part.length) yield part;
}

async function refreshTable(table: HTMLTableElement, ids: string[]): Promise<boolean> {
  const mine = new Set(all<Row>('tr[data-item]', table).map((r) => r.dataset.item ?? ''));
  let differs = false;
  for (const part of portions(ids.filter((id) => mine.has(id)))) {
    const doc = await fetchRows(table.dataset['view'] ?? 'list', part);
    for (const fresh of doc ? all<Row>('tr[data-item]', doc) : []) {
      const old = rowOf(fresh.dataset.item ?? '', table)[0];
      if (old) differs = replaceRow(old, document.adoptNode(fresh)) || differs;
    }
  }
  return differs;
}

async function refreshSeats(ids: string[]): Promise<void> {
  const seats = all<HTMLAnchorElement>('a[data-seat]');
  if (!seats.length) return;
  const hosts = new Set(ids.map((id) => id.split('/')[0] ?? ''));
  const here = Array.from(new Set(seats.map((s) => s.dataset['seat'] ?? ''))).filter((h) => hosts.has(h));
  for (const part of portions(here)) {
    const doc = await fetchRows('seat', part);
    for (const fresh of doc ? all<HTMLAnchorElement>('a[data-seat]', doc) : [])
      for (const old of seats.filter((s) => s.dataset['seat'] === fresh.dataset['seat'])) {
        if (old.className === fresh.className) continue;
        old.className = fresh.className;
        old.replaceChildren(...Array.from(fresh.cloneNode(true).childNodes));
      }
  }
}

// ---- what is not on the page yet

const news = new Set<string>();

async function lookForNews(ids: string[]): Promise<void> {
  if (!onProblems) return;
  const unseen = ids.filter((id) => !rowOf(id).length);
  for (const part of portions(unseen)) {
    const doc = await fetchRows('list', part);
    for (const row of doc ? all<Row>('tr[data-item]', doc) : []) {
      const id = row.dataset.item ?? '';
      if (row.dataset['open'] !== undefined) news.add(id);
      else news.delete(id);
    }
  }
  if (one('[data-empty]')) {
    // "All is well" must not stand beside news: an empty list has no places to lose.
    if (news.size) await sync(true);
    return;
  }
  const line = document.getElementById('news');
  if (!line) return;
  line.hidden = news.size === 0;
  const link = one('a', line);
  if (link && news.size) link.textContent = say('news', news.size);
}

// ---- the whole page anew, keeping the reader's place

let syncing = false, again = false, lastSync = 0;

const isBusy = (): boolean => one('dialog[open]') !== null || one('input[form=bulk]:checked') !== null || (main.contains(document.activeElement) && document.activeElement !== main);

async function load(): Promise<Document | null> {
  try {
    const r = await fetch(location.href, { redirect: 'manual', headers: { 'Cache-Control': 'no-cache' } });
    return r.ok ? parse(await r.text()) : null;
  } catch {
    return null;
  }
}

function takeTally(html: string): void {
  const tally = document.getElementById('tally');
  if (!tally || tally.dataset['was'] === html) return;
  tally.dataset['was'] = html;
  const focused = all('a', tally).findIndex((a) => a === document.activeElement);
  const fresh = parse(html).body;
  tally.replaceChildren(...Array.from(fresh.childNodes));
  if (focused >= 0) all('a', tally)[focused]?.focus({ preventScroll: true });
}

function swapMain(doc: Document): void {
  const fresh = doc.getElementById('main');
  if (!fresh) return;
  main.replaceChildren(...Array.from(fresh.childNodes));
  news.clear();
  document.dispatchEvent(new CustomEvent('swapped'));
}

function merge(doc: Document): void {
  const tally = doc.getElementById('tally');
  if (tally) takeTally(tally.innerHTML);
  for (const fresh of all('[data-live][id]', doc)) {
    const old = document.getElementById(fresh.id);
    if (!old || old.innerHTML === fresh.innerHTML) continue;
    const focus = focusOf(old);
    old.replaceChildren(...Array.from(fresh.childNodes));
    if (focus) one(focus, old)?.focus({ preventScroll: true });
  }
  for (const fresh of all<Row>('table.rows tr[data-item]', doc)) {
    const id = fresh.dataset.item ?? '', old = rowOf(id)[0];
    if (old) replaceRow(old, document.adoptNode(fresh));
    else if (fresh.dataset['open'] !== undefined) news.add(id);
  }
}

// force: the reader asked, or there is nothing to lose.
export async function sync(force: boolean): Promise<void> {
  if (syncing) {
    again = true;
    return;
  }
  syncing = true;
  try {
    await syncNow(force);
  } finally {
    syncing = false;
  }
  if (again) {
    again = false;
    syncSoon();
  }
}

async function syncNow(force: boolean): Promise<void> {
  lastSync = Date.now();
  const doc = await load();
  if (doc) {
    const rows = (d: Document): string => all<Row>('table.rows tr[data-item]', d).map((r) => r.dataset.item).sort().join(' ');
    const wasEmpty = one('[data-empty]') && one('table.rows', doc);
    if (force || wasEmpty || (rows(doc) !== rows(document) && !isBusy() && !onProblems)) swapMain(doc);
    else merge(doc);
    await lookForNews(Array.from(news));
    showCount(problems);
  }
}

let soon = 0;
function syncSoon(): void {
  window.clearTimeout(soon);
  soon = window.setTimeout(() => void sync(false), Math.max(200, lastSync + SYNC_EVERY_MS - Date.now()));
}

// ---- events

export async function refreshRows(ids: string[], mine = false): Promise<void> {
  let differs = mine;
  for (const table of all<HTMLTableElement>('table.rows')) differs = (await refreshTable(table, ids)) || differs;
  tickAges();
  countTicks();
  const about = main.dataset['about'];
  if (about === '*' && ids.length) syncSoon(); // the map: anything may be on it
  if (about !== undefined && (differs || ids.includes(about)) && ids.some((id) => id === about || id.startsWith(`${about}/`) || about.startsWith(`${id}/`))) syncSoon();
}

const waiting = new Set<string>();
let working = false;

async function work(): Promise<void> {
  if (working) return;
  working = true;
  try {
    while (waiting.size) {
      const ids = Array.from(waiting);
      waiting.clear();
      await refreshRows(ids);
      await refreshSeats(ids);
      await lookForNews(ids);
      if (onProblems && one('[data-empty]') && Date.now() - lastSync > 10000) syncSoon();
      showCount(problems);
    }
  } finally {
    working = false;
  }
}

let problems = -1; // not known yet

function onChanged(m: Changed): void {
  takeTally(m.tally);
  problems = m.problems;
  showCount(problems);
  if (m.all) syncSoon();
  for (const id of m.ids) waiting.add(id);
  void work();
}

// ---- the connection

let source: EventSource | null = null, retry = 0, retryTimer = 0, pulseTimer = 0, lostTimer = 0, everOpen = false;

function lost(): void {
  if (lostTimer) return;
  const since = hereAndNow();
  lostTimer = window.setTimeout(() => {
    const line = document.getElementById('lost');
    if (!line) return;
    const text = one('span', line);
    if (text) text.textContent = say('lost', since);
    line.hidden = false;
    document.body.classList.add('cut-off');
  }, LOST_AFTER_MS);
}

function found(): void {
  window.clearTimeout(lostTimer);
  lostTimer = 0;
  retry = 0;
  const line = document.getElementById('lost');
  if (line) line.hidden = true;
  document.body.classList.remove('cut-off');
}

// The session may have ended: the stream is then answered by the log-in page.
async function isLoggedOut(): Promise<boolean> {
  try {
    const r = await fetch('/console/rows?view=list', { redirect: 'manual' });
    return r.type === 'opaqueredirect' || r.status === 401 || r.status === 403;
  } catch {
    return false;
  }
}

function connect(): void {
  window.clearTimeout(retryTimer);
  source?.close();
  source = new EventSource('/console/live');
  source.addEventListener('hello', () => {
    found();
    if (everOpen) void sync(false);
    everOpen = true;
  });
  source.addEventListener('changed', (e) => {
    watch();
    onChanged(JSON.parse((e as MessageEvent<string>).data) as Changed);
  });
  source.addEventListener('pulse', watch);
  source.onerror = () => void broken();
  watch();
}

// A connection that dies without a word: the server says something every 15 s.
function watch(): void {
  window.clearTimeout(pulseTimer);
  pulseTimer = window.setTimeout(() => void broken(), SILENCE_MS);
}

async function broken(): Promise<void> {
  disconnect();
  lost();
  if (await isLoggedOut()) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    return;
  }
  if (document.hidden || source) return;
  const wait = Math.min(30000, 1000 * 2 ** retry++) * (0.8 + 0.4 * Math.random());
  window.clearTimeout(retryTimer);
  retryTimer = window.setTimeout(connect, wait);
}

function disconnect(): void {
  window.clearTimeout(retryTimer);
  window.clearTimeout(pulseTimer);
  source?.close();
  source = null;
}

export function startLive(): void {
  if (!document.getElementById('tally')) return;
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  window.addEventListener('pagehide', disconnect);
  window.addEventListener('offline', () => void broken());
  window.addEventListener('online', connect);
  window.addEventListener('pageshow', (e) => {
    if (e.persisted) connect();
  });
  document.addEventListener('click', (e) => {
    if (!(e.target as HTMLElement).closest('#news a')) return;
    e.preventDefault();
    void sync(true).then(() => main.scrollIntoView({ block: 'start' }));
  });
  if (!document.hidden) connect();
}

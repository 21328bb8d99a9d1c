// SPDX-License-Identifier: GPL-3.0-or-later
// Ages and clocks that go on by themselves. They are written as time_duration() and time_clock() write them.
import { all, lang, main } from './dom';

const NBSP = '\u00a0';
const two = (n: number): string => String(n).padStart(2, '0');

// This machine's clock may be wrong; the page says what time it is.
const ahead = Number(main.dataset['now'] ?? Date.now()) - Date.now();
export const now = (): number => Date.now() + ahead;

export function duration(ms: number): string {
  const s = Math.floor(Math.max(0, ms) / 1000);
  const minutes = Math.floor(s / 60) % 60, hours = Math.floor(s / 3600) % 24, days = Math.floor(s / 86400);
  const day = lang === 'fr' ? 'j' : 'd';
  if (days >= 10 || (days && !hours)) return days + NBSP + day;
  if (days) return days + NBSP + day + NBSP + hours + NBSP + 'h';
  if (hours && minutes) return hours + NBSP + 'h' + NBSP + two(minutes);
  if (hours) return hours + NBSP + 'h';
  if (minutes >= 10 || (minutes && s % 60 === 0)) return minutes + NBSP + 'min';
  if (minutes) return minutes + NBSP + 'min' + NBSP + (s % 60) + NBSP + 's';
  return s + NBSP + 's';
}

function clock(at: Date, seconds: boolean): string {
  const h = at.getUTCHours(), m = at.getUTCMinutes();
  if (seconds) return `${two(h)}:${two(m)}:${two(at.getUTCSeconds())}`;
  return lang === 'fr' ? h + NBSP + 'h' + NBSP + two(m) : `${two(h)}:${two(m)}`;
}

// The clock on the wall of the reader, for "no connection since".
export function hereAndNow(): string {
  const d = new Date(now());
  const zone = document.querySelector<HTMLElement>('[data-zone]');
  const offset = Number(zone?.dataset['zone'] ?? 0) * 1000;
  return clock(new Date(d.getTime() + offset), false) + NBSP + (zone ? '' : 'UTC');
}

function tickClocks(): void {
  for (const el of all('[data-clock]')) {
    const text = clock(new Date(now()), true);
    if (el.textContent !== text) el.textContent = text;
  }
  for (const el of all('[data-zone]')) {
    const text = clock(new Date(now() + Number(el.dataset['zone']) * 1000), false);
    if (el.textContent !== text) el.textContent = text;
  }
}

export function tickAges(): void {
  for (const el of all<HTMLTimeElement>('time[data-age]')) {
    const text = duration(now() - Date.parse(el.dateTime));
    if (el.textContent !== text) el.textContent = text;
  }
}

export function startClocks(): void {
  tickClocks();
  window.setInterval(tickClocks, 1000);
  window.setInterval(tickAges, 10000);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The keyboard: single keys act only while the focus is in no field, and can be switched off.
import { start, ticked } from './act';
import { Row, all, one } from './dom';

const KEPT = 'vigie.keys';
const isOn = (): boolean => localStorage.getItem(KEPT) !== 'off';

const rows = (): Row[] => all<Row>('table.rows tr[data-item]');
const current = (): Row | null => (document.activeElement as HTMLElement | null)?.closest<Row>('tr[data-item]') ?? null;

function move(step: number): void {
  const list = rows(), at = current();
  if (!list.length) return;
  const i = at ? list.indexOf(at) + step : step > 0 ? 0 : list.length - 1;
  const next = list[Math.min(list.length - 1, Math.max(0, i))];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
}

// On what is ticked, else on the row that has the focus.
function onRows(action: string): void {
  const ids = ticked(), at = current();
  if (ids.length && one(`#bulk button[value="${action}"]`)) start(action, Array.from(new Set(ids)), at);
  else if (at && one(`button[value="${action}"]`, at)) start(action, [at.dataset.item ?? ''], at);
}

function tick(): void {
  const box = current() && one<HTMLInputElement>('input[form=bulk]', current() as Row);
  if (!box) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event('change', { bubbles: true }));
}

function open(): void {
  const links = current() ? all<HTMLAnchorElement>('.what a', current() as Row) : [];
  links[links.length - 1]?.click();
}

export function showKeys(): void {
  const dialog = document.getElementById('keys') as HTMLDialogElement | null;
  const box = dialog && one<HTMLInputElement>('input[data-keys]', dialog);
  if (!dialog || !box) return;
  box.checked = isOn();
  dialog.showModal();
}

const table: Record<string, () => void> = {
  '/': () => document.getElementById('q')?.focus(),
  j: () => move(1),
  k: () => move(-1),
  a: () => onRows('ack'),
  r: () => onRows('recheck'),
  p: () => onRows('plan'),
  x: tick,
  '?': showKeys,
};

// A page's own keys: what carries data-key is pressed by it, the first of that key.
function keyed(key: string): (() => void) | null {
  const found = key.length === 1 && /\w/.test(key) ? one<HTMLElement>(`[data-key="${key}"]`) : null;
  return found && (() => found.click());
}

function onKey(e: KeyboardEvent): void {
  const target = e.target as HTMLElement;
  if (e.key === 'Escape' && target.id === 'q') target.blur();
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || one('dialog[open]')) return;
  if (target.matches('input:not([type=checkbox]), textarea, select, [contenteditable]') || !isOn()) return;
  if (e.key === 'Enter' && target.matches('tr[data-item]')) {
    open();
    return;
  }
  const fn = keyed(e.key) ?? table[e.key];
  if (!fn) return;
  e.preventDefault();
  fn();
}

export function startKeys(): void {
  document.addEventListener('keydown', onKey);
  document.addEventListener('click', (e) => {
    if ((e.target as HTMLElement).closest('[data-show-keys]')) showKeys();
  });
  document.addEventListener('change', (e) => {
    const box = e.target as HTMLInputElement;
    if (box.dataset['keys'] !== undefined) localStorage.setItem(KEPT, box.checked ? 'on' : 'off');
  });
  for (const button of all('[data-show-keys]')) button.hidden = false;
}

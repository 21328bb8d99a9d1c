// SPDX-License-Identifier: GPL-3.0-or-later
// What people do: the same forms as without script, but nothing is left and nothing jumps. What needs words asks for
// them in a dialog; what can be taken back offers that for a while.
import { Row, all, main, one, rowOf, say, toast } from './dom';
import { refreshRows } from './live';

interface Answer {
  said?: string;
  error?: string;
  undo?: number[];
}

async function post(url: string, fields: [string, string][]): Promise<Answer> {
  const body = new URLSearchParams(fields);
  body.set('csrf', main.dataset['csrf'] ?? '');
  try {
    const r = await fetch(url, { method: 'POST', body, headers: { Accept: 'application/json' }, redirect: 'manual' });
    if (!(r.headers.get('Content-Type') ?? '').startsWith('application/json')) return { error: say('over') };
    const { error, ...answer } = (await r.json()) as Omit<Answer, 'error'> & { error?: string | { message?: string } };
    if (r.ok && !error) return answer;
    return { error: (typeof error === 'object' ? error.message : error) ?? say('failed') };
  } catch {
    return { error: say('offline') };
  }
}

const withIds = (ids: string[]): [string, string][] => ids.map((id) => ['id', id]);

export async function act(action: string, ids: string[], more: [string, string][] = []): Promise<Answer> {
  const answer = await post('/console/act', [['action', action], ['sure', '1'], ...withIds(ids), ...more]);
  if (!answer.error) void refreshRows(ids, true);
  return answer;
}

function undoOf(action: string, ids: string[], answer: Answer): (() => void) | undefined {
  const undo = answer.undo ?? [];
  if (action === 'ack') return () => void now('unack', ids);
  if (action === 'unack') return undefined;
  if (action === 'plan' && undo.length) {
    return async () => {
      let wrong: string | undefined;
      for (const id of undo) wrong = (await post('/console/planned/end', [['id', String(id)]])).error ?? wrong;
      toast(wrong ?? say('undone'));
      void refreshRows(ids, true);
    };
  }
  return undefined;
}

function told(action: string, ids: string[], answer: Answer): void {
  const what = ids.length === 1 ? ids[0] : say('things', ids.length);
  toast(answer.error ?? `${answer.said ?? ''} ${what ?? ''}`, answer.error ? undefined : undoOf(action, ids, answer));
}

async function now(action: string, ids: string[]): Promise<void> {
  told(action, ids, await act(action, ids));
}

// ---- dialogs

function ask(action: string, ids: string[], back: HTMLElement | null): boolean {
  const dialog = document.getElementById(`ask-${action}`) as HTMLDialogElement | null;
  const form = dialog && one<HTMLFormElement>('form', dialog);
  if (!dialog || !form) return false;
  const wrong = one('.err', dialog), what = one('[data-what]', dialog);
  form.reset();
  if (wrong) wrong.hidden = true;
  if (what) what.textContent = ids.length === 1 ? (ids[0] ?? '') : say('things', ids.length);
  form.onsubmit = async (e) => {
    e.preventDefault();
    const fields = Array.from(new FormData(form)).filter(([k, v]) => typeof v === 'string' && v !== '' && !['csrf', 'action', 'sure', 'next'].includes(k)) as [string, string][];
    const answer = await act(action, ids, fields);
    if (answer.error && wrong) {
      wrong.textContent = answer.error;
      wrong.hidden = false;
      one<HTMLInputElement>('input:not([type=hidden])', form)?.focus();
      return;
    }
    dialog.close();
    untick();
    told(action, ids, answer);
  };
  dialog.onclose = () => {
    // The button may have been replaced meanwhile: then the one in its place.
    const row = rowOf(ids[0] ?? '')[0];
    const target = back?.isConnected ? back : row && (one(`button[value=${action}]`, row) ?? one('button', row));
    target?.focus({ preventScroll: true });
  };
  dialog.showModal();
  return true;
}

// true: taken care of.
export function start(action: string, ids: string[], from: HTMLElement | null): boolean {
  if (!ids.length) return false;
  if (action === 'ack' || action === 'plan') return ask(action, ids, from);
  void now(action, ids).then(() => untick());
  return true;
}

// ---- ticks

export const ticked = (): string[] => all<HTMLInputElement>('input[name=id][form=bulk]:checked').map((b) => b.value);

function untick(): void {
  for (const b of all<HTMLInputElement>('input[form=bulk]:checked, input[data-all]')) b.checked = false;
  countTicks();
}

export function countTicks(): void {
  const bar = document.getElementById('bulk');
  const n = new Set(ticked()).size;
  if (!bar) return;
  bar.classList.toggle('on', n > 0);
  const count = one('[data-picked]', bar);
  if (count) count.textContent = String(n);
}

function addTickAll(): void {
  for (const head of all('table.rows th.c-pick')) {
    const table = head.closest('table');
    if (!table || !one('input[form=bulk]', table)) continue;
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.dataset['all'] = '';
    box.setAttribute('aria-label', say('all'));
    box.addEventListener('change', () => {
      for (const b of all<HTMLInputElement>('input[form=bulk]', table)) b.checked = box.checked;
      countTicks();
    });
    head.replaceChildren(box);
  }
}

// ---- forms

// Not form.id: that is a field of the form that is called “id”.
const isBulk = (form: HTMLFormElement): boolean => form.getAttribute('id') === 'bulk';

function idsOf(form: HTMLFormElement, action: string): [string, string[]] {
  if (isBulk(form)) return [action, Array.from(new Set(ticked()))];
  const host = one<HTMLInputElement>('input[name=host]', form);
  if (host && action.endsWith('-host')) {
    const rows = all<Row>('table.rows tr[data-item]'), bare = action.slice(0, -5);
    const open = rows.filter((r) => bare !== 'ack' || (r.dataset['bad'] !== undefined && !r.classList.contains('done')));
    return [bare, bare === 'plan' ? [host.value] : open.map((r) => r.dataset.item ?? '')];
  }
  return [action, all<HTMLInputElement>('input[name=id]', form).map((i) => i.value)];
}

function onSubmit(e: SubmitEvent): void {
  const form = e.target as HTMLFormElement, button = e.submitter as HTMLButtonElement | null;
  if (form.getAttribute('action') !== '/console/act' || !button || button.name !== 'action' || form.closest('dialog')) return;
  const [action, ids] = idsOf(form, button.value);
  if (isBulk(form) && !ids.length) {
    e.preventDefault();
    return;
  }
  if (start(action, ids, button)) e.preventDefault();
}

export function startActs(): void {
  document.addEventListener('submit', onSubmit);
  document.addEventListener('change', (e) => {
    if ((e.target as HTMLElement).matches('input[form=bulk]')) countTicks();
  });
  document.addEventListener('click', (e) => {
    const target = e.target as HTMLElement;
    if (target.closest('[data-close]')) target.closest('dialog')?.close();
    else if (target.matches('dialog')) (target as HTMLDialogElement).close();
  });
  document.addEventListener('swapped', () => {
    addTickAll();
    countTicks();
  });
  addTickAll();
  countTicks();
}

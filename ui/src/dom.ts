// SPDX-License-Identifier: GPL-3.0-or-later
// Small helpers. All words come from the page, in its language: <template id="words" data-…>.

export const main = document.getElementById('main') as HTMLElement;
export const lang = document.documentElement.lang === 'fr' ? 'fr' : 'en';

export function all<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T[] {
  return Array.from(root.querySelectorAll<T>(selector));
}

export function one<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T | null {
  return root.querySelector<T>(selector);
}

// The same rules as base/msg.h: {1}, and {1|problem|problems}; French counts 0 as one.
export function say(word: string, ...args: (string | number)[]): string {
  const text = document.getElementById('words')?.dataset[word] ?? word;
  return text.replace(/\{(\d)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, n: string, singular?: string, plural?: string) => {
    const arg = args[Number(n) - 1] ?? '';
    if (singular === undefined || plural === undefined) return String(arg);
    return Number(arg) === 1 || (lang === 'fr' && Number(arg) === 0) ? singular : plural;
  });
}

export function parse(html: string): Document {
  return new DOMParser().parseFromString(html, 'text/html');
}

export interface Row extends HTMLTableRowElement {
  dataset: DOMStringMap & { item?: string };
}

export const rowOf = (id: string, root: ParentNode = document): Row[] => all<Row>('tr[data-item]', root).filter((r) => r.dataset.item === id);

// ---- toasts: only to confirm and to offer "Undo"; they stay until the pointer leaves

const TOAST_MS = 9000;

export function toast(text: string, undo?: () => void): void {
  const box = document.getElementById('toasts');
  if (!box) return;
  const el = document.createElement('p');
  el.className = 'toast';
  el.append(document.createTextNode(text));
  if (undo) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'link';
    button.textContent = say('undo');
    button.addEventListener('click', () => {
      el.remove();
      undo();
    });
    el.append(' ', button);
  }
  const leave = (): void => {
    if (el.matches(':hover, :focus-within')) window.setTimeout(leave, 1000);
    else el.remove();
  };
  while (box.childElementCount > 2) box.firstElementChild?.remove();
  box.append(el);
  window.setTimeout(leave, TOAST_MS);
}

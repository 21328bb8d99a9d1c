// SPDX-License-Identifier: GPL-3.0-or-later
// “Watch something”: while one types, what would be watched appears below, and each of it is tried once. The rows and
// the results are the server's; what was ticked, renamed or tried already stays as it is. Without script the same form
// does it in two presses.
import { all, main, one, parse, say } from './dom';

const TYPING_MS = 500, SURE_MS = 700, AT_ONCE = 4, AGAIN_MS = 1500, TRIES = 6;

interface Tried {
  ok: boolean;
  again: boolean; // too many at once
  html: Document;
}

async function part(path: string, fields: [string, string][]): Promise<Tried | null> {
  const body = new URLSearchParams(fields);
  body.set('csrf', main.dataset['csrf'] ?? '');
  try {
    const r = await fetch(path, { method: 'POST', body, redirect: 'manual' });
    if (!(r.headers.get('Content-Type') ?? '').startsWith('text/html')) return null;
    return { ok: r.ok, again: r.status === 429, html: parse(await r.text()) };
  } catch {
    return null;
  }
}

const pause = (ms: number): Promise<void> => new Promise((done) => window.setTimeout(done, ms));

class Dialogue {
  private readonly field: HTMLInputElement;
  private readonly box: HTMLElement;
  private readonly list: HTMLElement;
  private readonly wrong: HTMLElement;
  private readonly said: HTMLElement | null;
  private readonly button: HTMLButtonElement | null;
  private timer = 0;
  private looks = 0; // the newest question; older answers are let go
  private shown: string; // the words that the rows belong to
  private busy = 0;
  private waiting: HTMLElement[] = [];

  constructor(form: HTMLFormElement) {
    this.field = one<HTMLInputElement>('#targets', form) as HTMLInputElement;
    this.box = one('#guesses', form) as HTMLElement;
    this.list = one('ul', this.box) as HTMLElement;
    this.wrong = one('#wrong', form) as HTMLElement;
    this.said = one('#add-said', form);
    this.button = one<HTMLButtonElement>('button[data-look]', form);
    this.shown = this.rows().length || !this.wrong.hidden ? this.words() : '';
    this.field.addEventListener('input', () => this.typed());
    this.list.addEventListener('change', (e) => this.renamed(e.target as HTMLInputElement));
    form.addEventListener('submit', (e) => this.submit(e));
    if (!this.rows().length && this.wrong.hidden && this.words()) this.typed(); // what the browser kept
    this.tryRows();
  }

  private words(): string {
    return this.field.value.trim().split(/[\s,]+/).join(' ');
  }

  private rows(): HTMLElement[] {
    return all('li[data-word]', this.list);
  }

  private typed(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), TYPING_MS);
    this.press();
  }

  // What is typed now, as rows. Nobody is called wrong, and nothing is tried, before the typing has rested.
  private async look(pressed = false): Promise<void> {
    const words = this.words(), mine = ++this.looks;
    window.clearTimeout(this.timer);
    const answer = await part('/console/add/look', [['targets', words]]);
    if (mine !== this.looks || words !== this.words()) return;
    if (!answer?.ok) {
      this.tell(say(answer ? 'over' : 'offline'));
      return;
    }
    this.take(answer.html);
    this.shown = words;
    this.press();
    const judge = (): void => {
      this.blame(answer.html);
      this.tryRows();
    };
    if (pressed) judge();
    else this.timer = window.setTimeout(judge, SURE_MS);
  }

  private take(html: Document): void {
    const kept = new Map(this.rows().map((r) => [r.dataset['word'] ?? '', r]));
    const next = all('#guesses li[data-word]', html).map((r) => kept.get(r.dataset['word'] ?? '') ?? (document.importNode(r, true) as HTMLElement));
    const focus = document.activeElement as HTMLElement | null;
    for (const row of this.rows()) if (!next.includes(row)) row.remove();
    next.forEach((row, i) => {
      if (this.list.children[i] !== row) this.list.insertBefore(row, this.list.children[i] ?? null);
      this.number(row, i);
    });
    if (focus && focus !== document.activeElement && focus.isConnected) focus.focus();
    this.box.hidden = next.length === 0;
    if (!one('#wrong p', html)) this.clear();
  }

  // Fields are numbered: host.0, host.1 …
  private number(row: HTMLElement, i: number): void {
    for (const input of all<HTMLInputElement>('input[name]', row)) input.name = input.name.replace(/\.\d+$/, `.${i}`);
    const wrong = one('.err[id]', row);
    if (!wrong) return;
    wrong.id = `wrong.${i}`;
    for (const input of all('input[aria-describedby]', row)) input.setAttribute('aria-describedby', wrong.id);
  }

  private clear(): void {
    this.wrong.hidden = true;
    this.wrong.replaceChildren();
    this.field.removeAttribute('aria-invalid');
  }

  private tell(text: string): void {
    const p = document.createElement('p');
    p.textContent = text;
    this.wrong.replaceChildren(p);
    this.wrong.hidden = false;
  }

  private blame(html: Document): void {
    const texts = all('#wrong p', html);
    if (!texts.length) return;
    this.wrong.replaceChildren(...texts.map((t) => document.importNode(t, true)));
    this.wrong.hidden = false;
    this.field.setAttribute('aria-invalid', 'true');
  }

  // One button: as long as the rows are those of the words, it adds them.
  private press(): void {
    const b = this.button, ready = this.rows().length > 0 && this.shown === this.words();
    if (!b) return;
    b.textContent = (ready ? b.dataset['add'] : b.dataset['look']) ?? '';
    b.name = ready ? 'sure' : '';
    b.value = ready ? '1' : '';
  }

  private submit(e: SubmitEvent): void {
    if (this.shown === this.words() && this.rows().length) return;
    e.preventDefault();
    void this.look(true).then(() => {
      if (this.rows().length) this.button?.focus();
    });
  }

  // ---- trials

  private tryRows(): void {
    for (const row of this.rows()) if (row.dataset['known'] === undefined && !row.dataset['tried'] && !one('.trial > *', row)) this.queue(row);
  }

  private renamed(input: HTMLInputElement): void {
    const row = input.closest<HTMLElement>('li[data-word]');
    if (row && input.dataset['field']) this.queue(row);
  }

  private queue(row: HTMLElement): void {
    const box = one('.trial', row);
    row.dataset['tried'] = 'waits';
    if (box && !box.childElementCount) {
      const p = document.createElement('p');
      p.className = 'quiet';
      p.textContent = say('trying');
      box.append(p);
    }
    box?.classList.add('waits');
    if (!this.waiting.includes(row)) this.waiting.push(row);
    this.next();
  }

  private next(): void {
    while (this.busy < AT_ONCE && this.waiting.length) {
      const row = this.waiting.shift() as HTMLElement;
      if (!row.isConnected) continue;
      this.busy++;
      void this.run(row).finally(() => {
        this.busy--;
        this.next();
        if (!this.busy) this.sum();
      });
    }
  }

  private async run(row: HTMLElement): Promise<void> {
    const value = (field: string): string => one<HTMLInputElement>(`input[data-field=${field}]`, row)?.value ?? '';
    // Names as the guess gave them are left to it.
    const fields: [string, string][] = [['target', row.dataset['word'] ?? ''], ['host', value('hosts')], ['name', value('names')]];
    let answer: Tried | null = null;
    for (let i = 0; i < TRIES; i++) {
      answer = await part('/console/add/try', fields);
      if (!answer?.again || !row.isConnected) break;
      await pause(AGAIN_MS);
    }
    const box = one('.trial', row);
    box?.classList.remove('waits');
    row.dataset['tried'] = 'yes';
    if (!answer) {
      if (box) box.textContent = say('untried', say('offline'));
      return;
    }
    const wrong = answer.ok ? null : one('.err[data-field]', answer.html);
    this.mark(row, wrong);
    box?.replaceChildren(...(wrong?.dataset['field'] ? [] : Array.from(answer.html.body.children).map((n) => document.importNode(n, true))));
  }

  // What is wrong with a name stands below it.
  private mark(row: HTMLElement, wrong: HTMLElement | null): void {
    const note = one('.err[id]', row), field = wrong?.dataset['field'];
    for (const input of all('input[data-field]', row)) {
      const bad = input.dataset['field'] === field;
      input.toggleAttribute('aria-invalid', bad);
      if (bad) input.setAttribute('aria-invalid', 'true');
      if (bad && note) input.setAttribute('aria-describedby', note.id);
      else input.removeAttribute('aria-describedby');
    }
    if (!note) return;
    note.hidden = !field;
    note.textContent = field ? (wrong?.textContent ?? '') : '';
  }

  private sum(): void {
    const done = this.rows().filter((r) => one('.trial .result', r));
    const well = done.filter((r) => one('.trial .st.s-ok', r)).length;
    if (this.said && done.length) this.said.textContent = say('tried', done.length, well);
  }
}

export function startAdd(): void {
  const form = document.getElementById('add') as HTMLFormElement | null;
  if (form) new Dialogue(form);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// On pages of a copy of the site: how old it is, by the reader's clock. The page says the same without this, as moments.

const note = document.getElementById('copy');
const [made, next] = Array.from(note?.querySelectorAll('time') ?? [], (t) => Date.parse(t.dateTime));
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: 'always' });

function ago(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return words.format(-minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? words.format(-hours, 'hour') : words.format(-Math.floor(hours / 24), 'day');
}

function look(): void {
  if (!note || made === undefined || next === undefined || !note.dataset.late) return;
  const late = Date.now() > next;
  const said = note.querySelector('b') ?? document.createElement('b');
  said.textContent = late ? note.dataset.late.replace('{1}', ago(Date.now() - made)) : '';
  note.classList.toggle('late', late);
  if (late && !said.isConnected) {
    note.prepend(said, ' ');
    note.setAttribute('role', 'status');
  }
}

look();
window.setInterval(look, 60_000);

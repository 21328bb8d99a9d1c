// SPDX-License-Identifier: GPL-3.0-or-later
// The button by which a visitor's browser is told (Web Push). All words come from the page.

type State = 'off' | 'on' | 'denied' | 'unsupported';

const box = document.getElementById('push');
const lang = document.documentElement.lang;
const [button, again] = Array.from(box?.querySelectorAll('button') ?? []);
const said = box?.querySelector<HTMLElement>('[role=status]');
const word = (name: string): string => box?.dataset[name] ?? '';

function show(state: State, text = ''): void {
  if (!box || !button || !again || !said) return;
  box.dataset.state = state;
  box.hidden = state === 'unsupported';
  button.textContent = word(state === 'on' ? 'off' : 'on');
  button.classList.toggle('main', state !== 'on');
  button.hidden = state === 'denied';
  again.hidden = state !== 'on';
  said.textContent = text || (state === 'on' ? word('is') : state === 'denied' ? word('denied') : '');
}

const supported = (): boolean => window.isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

// The server's key as bytes.
function key(): Uint8Array<ArrayBuffer> {
  const text = word('key').replace(/-/g, '+').replace(/_/g, '/');
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

const ticked = (name: string): string[] => Array.from(document.querySelectorAll<HTMLInputElement>(`form input[name=${name}]:checked`), (i) => i.value);

// What went wrong in the server's words, or "".
async function send(way: string, what: object): Promise<string> {
  const r = await fetch(`/push/${way}?lang=${lang}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(what) });
  if (r.ok) return '';
  const reply = (await r.json().catch(() => ({}))) as { error?: { message?: string } };
  return reply.error?.message ?? word('failed');
}

const choice = (s: PushSubscription): object => ({
  ...s.toJSON(),
  components: ticked('component'),
  groups: ticked('group'),
  kinds: ticked('kind'),
  lang: document.querySelector<HTMLSelectElement>('form select[name=lang]')?.value ?? lang,
});

async function present(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration('/');
  return (await worker?.pushManager.getSubscription()) ?? null;
}

async function subscribe(): Promise<PushSubscription> {
  await navigator.serviceWorker.register('/sw.js');
  const worker = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: key() };
  return worker.pushManager.subscribe(options).catch(async (e: unknown) => {
    // One for another key of ours (a server set up anew) stands in the way.
    const former = await worker.pushManager.getSubscription();
    if (!former) throw e;
    await former.unsubscribe();
    return worker.pushManager.subscribe(options);
  });
}

async function on(): Promise<void> {
  const may = await Notification.requestPermission();
  if (may === 'denied') return show('denied');
  if (may !== 'granted') return show('off');
  const s = await subscribe();
  const wrong = await send('subscribe', choice(s));
  if (!wrong) return show('on');
  await s.unsubscribe();
  show('off', wrong);
}

async function off(): Promise<void> {
  const s = await present();
  if (s) {
    await send('unsubscribe', s.toJSON()); // what is unknown there is gone already
    await s.unsubscribe();
  }
  show('off', word('ended'));
}

async function keep(): Promise<void> {
  const s = await present();
  if (!s) return show('off');
  const wrong = await send('subscribe', choice(s));
  show('on', wrong || word('kept'));
}

function press(what: () => Promise<void>): void {
  if (!button || !again || !said || !box) return;
  const before = box.dataset.state as State;
  button.disabled = again.disabled = true;
  said.textContent = word('wait');
  what()
    .catch(() => show(before, word('failed')))
    .finally(() => {
      button.disabled = again.disabled = false;
    });
}

async function start(): Promise<void> {
  if (!supported()) return show('unsupported');
  button?.addEventListener('click', () => press(box?.dataset.state === 'on' ? off : on));
  again?.addEventListener('click', () => press(keep));
  const s = await present();
  show(s ? 'on' : Notification.permission === 'denied' ? 'denied' : 'off');
}

void start();

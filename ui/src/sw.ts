// SPDX-License-Identifier: GPL-3.0-or-later
// The service worker: shows what is pushed, and opens it. It keeps no pages and answers no requests.

interface Waits extends Event {
  waitUntil(p: Promise<unknown>): void;
}
interface Pushed extends Waits {
  data: { json(): unknown } | null;
}
interface Pressed extends Waits {
  notification: Notification;
}
interface Exchanged extends Waits {
  oldSubscription: PushSubscription | null;
  newSubscription: PushSubscription | null;
}
interface Page {
  url: string;
  focus(): Promise<Page>;
}
interface Worker {
  registration: ServiceWorkerRegistration;
  clients: { claim(): Promise<void>; matchAll(o: object): Promise<Page[]>; openWindow(url: string): Promise<Page | null> };
  skipWaiting(): Promise<void>;
  addEventListener(name: string, fn: (e: never) => void): void;
}
interface News {
  title?: string;
  body?: string;
  url?: string;
  tag?: string;
  lang?: string;
}

const worker = self as unknown as Worker;

// A browser that was pushed to has to show something, whatever came.
function read(data: Pushed['data']): News {
  try {
    return (data?.json() as News | null) ?? {};
  } catch {
    return {};
  }
}

// Only pages of this house are opened.
function address(url: string | undefined): string {
  const home = new URL('/', self.location.origin);
  try {
    const to = new URL(url ?? '/', home);
    return to.origin === home.origin ? to.href : home.href;
  } catch {
    return home.href;
  }
}

worker.addEventListener('install', (e: Waits) => e.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (e: Waits) => e.waitUntil(worker.clients.claim()));

worker.addEventListener('push', (e: Pushed) => {
  const news = read(e.data);
  const options = { body: news.body ?? '', tag: news.tag ?? 'news', renotify: true, lang: news.lang ?? '', icon: '/static/vigie.svg', data: address(news.url) };
  e.waitUntil(worker.registration.showNotification(news.title ?? self.location.hostname, options));
});

worker.addEventListener('notificationclick', (e: Pressed) => {
  e.notification.close();
  const url = address(e.notification.data as string);
  e.waitUntil(
    worker.clients.matchAll({ type: 'window', includeUncontrolled: true }).then((pages) => {
      const there = pages.find((p) => p.url === url);
      return there ? there.focus() : worker.clients.openWindow(url);
    }),
  );
});

// The browser has another address now: what was chosen goes with it.
async function exchange(e: Exchanged): Promise<void> {
  const was = e.oldSubscription;
  const options = was?.options;
  const s = e.newSubscription ?? (options ? await worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: options.applicationServerKey }) : null);
  if (!s) return;
  await fetch('/push/subscribe', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ...s.toJSON(), ...(was ? { was: was.toJSON() } : {}) }) });
}
worker.addEventListener('pushsubscriptionchange', (e: Exchanged) => e.waitUntil(exchange(e)));

export {};

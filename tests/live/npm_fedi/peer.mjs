// SPDX-License-Identifier: GPL-3.0-or-later
// peer.mjs BASE PORT OLD_PORT [KEY CERT]: two servers of the fediverse that know nothing of vigie, told what to do by lines of JSON.
// BASE is that of the first: Fedify, with one account ("reader"), which signs and reads RFC 9421.  The second one (http, OLD_PORT) is an old server: it
// answers 401 to anything but draft-cavage, which @peertube/http-signature verifies and signs.  What happens is written as lines of JSON.
import { createFederation, generateCryptoKeyPair, InProcessMessageQueue, MemoryKvStore, parseNodeInfo } from "@fedify/fedify";
import { Accept, Create, Delete, Endpoints, Follow, isActor, Note, Person, Reject, Tombstone, Undo, Update } from "@fedify/vocab";
import httpSignature from "@peertube/http-signature";
import { createHash, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import readline from "node:readline";

const [base, port, oldPort, key, cert] = process.argv.slice(2);
const say = (o) => process.stdout.write(JSON.stringify(o) + "\n");
process.on("unhandledRejection", (e) => say({ error: String(e?.stack ?? e) }));

// ---- Fedify ----

const fed = createFederation({ kv: new MemoryKvStore(), queue: new InProcessMessageQueue(), allowPrivateAddress: true });
const pairs = {};
fed.setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
  if (identifier !== "reader") return null;
  const keys = await ctx.getActorKeyPairs(identifier);
  return new Person({
    id: ctx.getActorUri(identifier), preferredUsername: identifier, name: "A reader", inbox: ctx.getInboxUri(identifier),
    endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }), publicKey: keys[0].cryptographicKey, assertionMethods: keys.map((k) => k.multikey),
  });
}).setKeyPairsDispatcher(async (_ctx, identifier) => {
  pairs[identifier] ??= await generateCryptoKeyPair("RSASSA-PKCS1-v1_5");
  return [pairs[identifier]];
});

const told = async (type, activity) => {
  const object = await activity.getObject({ suppressError: true });
  const o = { got: type, id: activity.id?.href, actor: activity.actorId?.href, object: activity.objectId?.href };
  if (object instanceof Note) {
    Object.assign(o, { note: object.id?.href, content: String(object.content ?? ""), contents: object.contents.map(String), url: object.url?.href ?? null, inReplyTo: object.replyTargetId?.href ?? null,
      published: String(object.published), updated: object.updated ? String(object.updated) : null, tags: [] });
    for await (const tag of object.getTags()) o.tags.push(String(tag.name));
  } else if (object instanceof Tombstone) o.tombstone = object.id?.href;
  say(o);
};
const inbox = fed.setInboxListeners("/users/{identifier}/inbox", "/inbox");
for (const [name, type] of Object.entries({ Accept, Reject, Create, Update, Delete })) inbox.on(type, (_ctx, a) => told(name, a));

const handle = async (req, res) => {
  const chunks = [];
  for await (const c of req) chunks.push(c);
  const body = chunks.length ? Buffer.concat(chunks) : undefined;
  const headers = new Headers();
  for (const [k, v] of Object.entries(req.headers)) headers.set(k, String(v));
  const answer = await fed.fetch(new Request(new URL(req.url, base), { method: req.method, headers, body, duplex: "half" }), { contextData: undefined });
  if (req.method === "POST") say({ post: req.url, status: answer.status, kind: req.headers["signature-input"] ? "rfc9421" : "cavage" });
  else say({ get: req.url, status: answer.status, signed: !!req.headers["signature"] });
  res.writeHead(answer.status, Object.fromEntries(answer.headers));
  res.end(Buffer.from(await answer.arrayBuffer()));
};
const front = key ? https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, handle) : http.createServer(handle);
front.listen(+port, "127.0.0.1", () => say({ ready: "fedify" }));

// ---- the old server ----

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
const old = `http://localhost:${oldPort}`;
let gone = false;
let theirs; // public key of whoever writes to it

const verify = (req, body) => {
  try {
    const parsed = httpSignature.parseRequest(req, { headers: ["(request-target)", "host", "date", "digest"], clockSkew: 300 });
    const digest = "SHA-256=" + createHash("sha256").update(body).digest("base64");
    return { verified: httpSignature.verifySignature(parsed, theirs), digest: digest === req.headers.digest, keyId: parsed.keyId, algorithm: parsed.algorithm };
  } catch (e) {
    return { verified: false, why: String(e.message) };
  }
};
http.createServer(async (req, res) => {
  const chunks = [];
  for await (const c of req) chunks.push(c);
  const body = Buffer.concat(chunks);
  if (req.method === "GET") {
    say({ oldGet: req.url, signed: !!req.headers.signature });
    res.writeHead(gone ? 410 : 200, { "Content-Type": "application/activity+json" });
    return res.end(gone ? "" : JSON.stringify({ "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"], id: `${old}/users/old`, type: "Person", preferredUsername: "old",
      inbox: `${old}/users/old/inbox`, endpoints: { sharedInbox: `${old}/inbox` }, publicKey: { id: `${old}/users/old#main-key`, owner: `${old}/users/old`, publicKeyPem: publicKey } }));
  }
  if (req.headers["signature-input"]) {
    say({ oldPost: req.url, refused: "rfc9421" });
    res.writeHead(401);
    return res.end();
  }
  const v = verify(req, body);
  const activity = JSON.parse(body);
  say({ oldPost: req.url, ...v, type: activity.type, id: activity.id, note: activity.object?.id });
  res.writeHead(v.verified && v.digest ? 202 : 401);
  res.end();
}).listen(+oldPort, "127.0.0.1", () => say({ ready: "old" }));

// Signed by draft-cavage; `wrong` breaks something of it.
const oldSend = (to, activity, wrong) => new Promise((resolve) => {
  const url = new URL(to), body = JSON.stringify(activity), date = new Date(Date.now() - (wrong === "late" ? 13 * 3600e3 : 0)).toUTCString();
  const headers = { Date: date, "Content-Type": "application/activity+json", Digest: "SHA-256=" + createHash("sha256").update(wrong === "digest" ? "other" : body).digest("base64") };
  const req = http.request({ host: "127.0.0.1", port: url.port, path: url.pathname, method: "POST", headers: { ...headers, Host: url.host } }, (res) => {
    res.resume();
    resolve(res.statusCode);
  });
  const forger = wrong === "key" ? generateKeyPairSync("rsa", { modulusLength: 2048, privateKeyEncoding: { type: "pkcs8", format: "pem" }, publicKeyEncoding: { type: "spki", format: "pem" } }).privateKey : privateKey;
  if (wrong !== "unsigned") httpSignature.sign(req, { key: forger, keyId: `${old}/users/old#main-key`, headers: ["(request-target)", "host", "date", "digest"], authorizationHeaderName: "Signature" });
  req.end(body);
});

// ---- what it is told ----

const ctx = () => fed.createContext(new URL(base), undefined);
const follows = {};
const deeds = {
  lookup: async ({ url }) => {
    const a = await ctx().lookupObject(url, { documentLoader: await ctx().getDocumentLoader({ identifier: "reader" }) });
    return { actor: isActor(a), type: a?.constructor.name, id: a?.id?.href, name: String(a?.name), username: String(a?.preferredUsername), content: a instanceof Note ? String(a.content) : undefined, replies: a instanceof Note ? a.replyTargetId?.href ?? null : undefined };
  },
  webfinger: async ({ resource }) => ({ subject: (await ctx().lookupWebFinger(resource))?.subject ?? null }),
  nodeinfo: async ({ url }) => { // its own way there goes to public addresses alone; strictly read
    const rd = await (await fetch(`${url}/.well-known/nodeinfo`)).json(), n = parseNodeInfo(await (await fetch(rd.links.find((l) => l.rel.endsWith("/2.1")).href)).json(), {});
    return { software: n?.software?.name, protocols: n?.protocols };
  },
  outbox: async ({ url }) => {
    const a = await ctx().lookupObject(url), box = await a.getOutbox(), ids = [];
    for await (const item of ctx().traverseCollection(box)) ids.push(item.objectId?.href ?? (await item.getObject())?.id?.href);
    return { total: box.totalItems, ids };
  },
  follow: async ({ url, n }) => {
    const a = await ctx().lookupObject(url);
    follows[n] = new Follow({ id: new URL(`${base}/follow/${n}`), actor: ctx().getActorUri("reader"), object: a.id });
    await ctx().sendActivity({ identifier: "reader" }, a, follows[n], { immediate: true });
    return { sent: follows[n].id.href };
  },
  again: async ({ url, n }) => { await ctx().sendActivity({ identifier: "reader" }, await ctx().lookupObject(url), follows[n], { immediate: true }); return { sent: follows[n].id.href }; },
  undo: async ({ url, n }) => {
    await ctx().sendActivity({ identifier: "reader" }, await ctx().lookupObject(url), new Undo({ id: new URL(`${base}/undo/${n}`), actor: ctx().getActorUri("reader"), object: follows[n] }), { immediate: true });
    return { sent: n };
  },
  old: async ({ to, activity, wrong, pem }) => { theirs = pem ?? theirs; return { status: await oldSend(to, activity, wrong) }; },
  gone: async () => { gone = true; return {}; },
};
fed.startQueue(undefined);
readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const o = JSON.parse(line);
  try {
    say({ did: o.do, n: o.serial, ...(await deeds[o.do](o)) });
  } catch (e) {
    say({ did: o.do, n: o.serial, failed: String(e?.stack ?? e) });
  }
}).on("close", () => process.exit(0));

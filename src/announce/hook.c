/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook.c: the shapes there are, and what all of them share: ids, signatures, headers, names of levels. */
#include "announce/hook.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

extern const struct hook_shape hook_vigie, hook_statuspage, hook_slack, hook_mattermost, hook_matrix, hook_ntfy, hook_discord, hook_telegram, hook_text;
const struct hook_shape *const hook_shapes[] = {&hook_vigie, &hook_statuspage, &hook_slack, &hook_mattermost, &hook_matrix, &hook_ntfy, &hook_discord, &hook_telegram, &hook_text, NULL};

static const char *const levels[LEVELS] = {MSG("Works"), MSG("We cannot see it"), MSG("Planned work"), MSG("Slow"), MSG("Partly down"), MSG("Down")};

/* ---- how it is ---- */

struct hook_change hook_change_of(const struct publication *p, const char *component)
{
    const struct update *u = bulletin_update(p->b, p->update);
    int64_t at_ms = u && (NOTICE_BIT(p->notice) & notice_told) && p->notice != NOTICE_REMINDER && p->notice != NOTICE_OVERRUN ? u->at_ms : 0;
    struct hook_change c = {.level = bulletin_level(p->b, component, at_ms ? at_ms : p->at_ms)};
    c.before = at_ms ? bulletin_level(p->b, component, at_ms - 1) : c.level; /* what is no post changes nothing */
    return c;
}

const char *hook_event(const struct publication *p, struct arena *a)
{
    return arena_printf(a, "%s.%s", bulletin_kind_words[p->b->kind], notice_words[p->notice]);
}

const char *hook_title(const struct hook_story *s, const char *component)
{
    const struct conf_component *one = s->conf ? map_find(&s->conf->component_by_name, component) : NULL;
    const char *other, *title = one ? sight_text(&one->title, s->lang, &other) : NULL;
    return title ? title : component;
}

enum level hook_level(const struct hook_story *s)
{
    const struct bulletin *b = s->p->b;
    if (b->retracted || !bulletin_is_open(b))
        return LEVEL_OPERATIONAL;
    if (b->kind == BULLETIN_WORK)
        return LEVEL_PLANNED;
    enum level worst = LEVEL_OPERATIONAL;
    for (int i = 0; i < b->n_components; i++) {
        enum level l = hook_change_of(s->p, b->components[i]).level;
        worst = l > worst ? l : worst;
    }
    return worst > LEVEL_OPERATIONAL ? worst : LEVEL_DEGRADED; /* while it is looked into it is never green */
}

int hook_colour(enum level l)
{
    static const int colours[LEVELS] = {0x0a7561, 0x93297a, 0x4a45c2, 0xffb81c, 0xe06c00, 0xb3201a};
    return colours[l];
}

const char *hook_concerned(const struct hook_story *s)
{
    const struct bulletin *b = s->p->b;
    struct buf names = BUF_MAX(4000);
    for (int i = 0; i < b->n_components && i < HOOK_CONCERNED_MOST; i++) {
        buf_printf(&names, "%s%s", i ? ", " : "", hook_title(s, b->components[i]));
        if (b->kind == BULLETIN_INCIDENT)
            buf_printf(&names, " (%s)", msg_tr(s->lang, levels[hook_change_of(s->p, b->components[i]).level]));
    }
    const char *text = arena_dup(s->a, buf_text(&names));
    buf_done(&names);
    return text;
}

const char *hook_short(struct arena *a, const char *text, size_t most)
{
    size_t n = strlen(text), at = 0, word = 0, count = 0, cut = 0;
    uint32_t c;
    while (at < n && count <= most) {
        if (count == most - 1)
            cut = word > at / 2 ? word : at; /* room for the mark */
        size_t len = utf8_decode(text + at, n - at, &c);
        if (c == ' ' || c == '\n')
            word = at;
        at += len ? len : 1;
        count++;
    }
    return count <= most ? arena_dup(a, text) : arena_printf(a, "%.*s…", (int)cut, text);
}

/* ---- the request ---- */

void hook_id(const char *unique, char out[HOOK_ID_BYTES])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int n = sizeof hash;
    EVP_Digest(unique, strlen(unique), hash, &n, EVP_sha256(), NULL);
    hash_hex(hash, (HOOK_ID_BYTES - 1) / 2, out);
}

void hook_sign(const char *secret, int64_t at_s, const char *body, size_t n, char out[65])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int len = sizeof mac;
    struct buf b = BUF_MAX(HOOK_MAX_BODY + 64);
    if (at_s >= 0)
        buf_printf(&b, "%lld.", (long long)at_s);
    buf_add(&b, body, n);
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)buf_text(&b), b.len, mac, &len);
    hash_hex(mac, 32, out);
    buf_done(&b);
}

void hook_header(struct hook_made *m, const char *name, const char *value)
{
    if (m->n_headers < HOOK_MAX_HEADERS)
        m->headers[m->n_headers++] = (struct httpc_header){name, value};
}

void hook_put_json(struct hook_made *m, const struct hook_story *s, const struct doc *d)
{
    m->type = "application/json; charset=utf-8";
    json_write(&m->body, d, s->lang, 0);
}

static void sign(const struct hook_story *s, struct hook_made *m)
{
    char plain[65], timed[65];
    int64_t at_s = s->now_ms / 1000;
    if (!s->hook->secret || !s->hook->secret[0])
        return;
    hook_sign(s->hook->secret, -1, buf_text(&m->body), m->body.len, plain);
    hook_sign(s->hook->secret, at_s, buf_text(&m->body), m->body.len, timed);
    hook_header(m, "X-Vigie-Signature", arena_printf(s->a, "t=%lld,v1=%s", (long long)at_s, timed));
    hook_header(m, "X-Hub-Signature-256", arena_printf(s->a, "sha256=%s", plain));
}

int hook_make(const struct hook_story *s, struct hook_made *m, struct err *e)
{
    const struct conf_webhook *w = s->hook;
    *m = (struct hook_made){.method = "POST", .url = w->url, .type = "text/plain; charset=utf-8", .body = BUF_MAX(HOOK_MAX_BODY)};
    hook_shapes[w->format]->make(s, m);
    if (m->body.full)
        return err_set(e, ERR_INVALID, MSG("what is to be told does not fit into {1} bytes"), "i", (int64_t)HOOK_MAX_BODY);
    hook_header(m, "Content-Type", m->type);
    hook_header(m, "User-Agent", "vigie/" VIGIE_VERSION);
    hook_header(m, "X-Vigie-Event", hook_event(s->p, s->a));
    hook_header(m, "X-Vigie-Delivery", s->id);
    hook_header(m, "Idempotency-Key", s->id);
    if (s->test)
        hook_header(m, "X-Vigie-Test", "yes");
    if (w->token && w->format != CONF_HOOK_TELEGRAM)
        hook_header(m, "Authorization", arena_printf(s->a, "Bearer %s", w->token));
    sign(s, m);
    for (int i = 0; i < w->headers.n; i++)
        hook_header(m, w->headers.keys[i], w->headers.values[i]);
    return 0;
}

void hook_made_done(struct hook_made *m)
{
    buf_done(&m->body);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_hooks.c: the sections `webhooks`, `sms` and `feeds`: which programs of others are told of what is published, which telephones, and how
 * feed readers hear of news at once. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

#include <string.h>

static const char *const formats[] = {CONF_HOOK_FORMATS, NULL};
static const char *const vias[] = {"gammu", "smstools", "url", NULL};
static const char *const kind_words[] = {CONF_TELL_KINDS, NULL};

#define TELL_ROWS(owner)                                                                                                                     \
    {.key = "about",                                                                                                                        \
     .type = CONF_TEXTS,                                                                                                                    \
     .offset = offsetof(owner, about),                                                                                                       \
     .help = MSG("Of which components, and groups as “group:NAME”. Without it: of everything."),                                          \
     .example = "[website, \"group:hosting\"]"},                                                                                            \
    {.key = "kinds",                                                                                                                        \
     .type = CONF_TEXTS,                                                                                                                    \
     .offset = offsetof(owner, kinds),                                                                                                       \
     .help = MSG("What of it: incidents (they begin), updates, resolved, maintenance, corrections (of words, withdrawals, reports). Without it: all but corrections."), \
     .example = "[incidents, resolved]"},                                                                                                   \
    {.key = "lang",                                                                                                                         \
     .type = CONF_TEXT,                                                                                                                     \
     .offset = offsetof(owner, lang),                                                                                                        \
     .help = MSG("Language of the texts: en or fr. Without it: that of the site."),                                                         \
     .example = "fr"}

#define AT(member) offsetof(struct conf_webhook, member)
const struct conf_row conf_rows_webhook[] = {
    {.key = "url",
     .type = CONF_SECRET,
     .offset = AT(url),
     .help = MSG("Where it goes. It is never shown, because many chats take whoever knows it for a friend. telegram has one of its own."),
     .example = "{ file: /etc/vigie/chat.url }"},
    {.key = "format",
     .type = CONF_WORD,
     .offset = AT(format),
     .words = formats,
     .by_default = "vigie",
     .help = MSG("What is sent: vigie (everything, as JSON), statuspage (as Atlassian Statuspage does), that of a chat, or text (the “body” given here)."),
     .example = "slack"},
    {.key = "secret",
     .type = CONF_SECRET,
     .offset = AT(secret),
     .help = MSG("Signs the body (HMAC-SHA256), so that the receiver knows that it is from here."),
     .example = "{ file: /etc/vigie/hook.secret }"},
    {.key = "token",
     .type = CONF_SECRET,
     .offset = AT(token),
     .help = MSG("Sent as “Authorization: Bearer …”; for matrix and telegram: the token of the account that speaks."),
     .example = "{ file: /etc/vigie/hook.token }"},
    {.key = "room",
     .type = CONF_TEXT,
     .offset = AT(room),
     .help = MSG("matrix: the room; telegram: the chat; slack and mattermost: a channel other than the usual one."),
     .example = "\"!ops:example.org\""},
    TELL_ROWS(struct conf_webhook),
    {.key = "headers",
     .type = CONF_PAIRS,
     .offset = AT(headers),
     .help = MSG("More headers."),
     .example = "{ X-Api-Key: abc }"},
    {.key = "body",
     .type = CONF_TEXT,
     .offset = AT(body),
     .help = MSG("For “text”: what is sent, with ${line}, ${title}, ${text}, ${link} and others, written as “type” needs it. Without it: ${line}."),
     .example = "'{ \"status\": \"${line}\" }'"},
    {.key = "type",
     .type = CONF_TEXT,
     .offset = AT(type),
     .help = MSG("For “text”: the Content-Type; in JSON and in forms the names are escaped. Without it: application/json when there is a “body”, else text/plain."),
     .example = "application/x-www-form-urlencoded"},
    {.key = "length",
     .type = CONF_INT,
     .offset = AT(length),
     .by_default = "280",
     .min = 60,
     .max = 4000,
     .help = MSG("At most so many characters of ${line}; the link is never cut."),
     .example = "500"},
    {.key = "ca_file",
     .type = CONF_TEXT,
     .offset = AT(ca_file),
     .help = MSG("Certificates (PEM) that its server is judged by, in place of the system's."),
     .example = "/etc/vigie/chat-ca.pem"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_sms_to, member)
static const struct conf_row rows_sms_to[] = {
    {.key = "number",
     .type = CONF_TEXT,
     .offset = AT(number),
     .flags = CONF_REQUIRED,
     .help = MSG("The telephone, with its country: +33612345678."),
     .example = "\"+33612345678\""},
    TELL_ROWS(struct conf_sms_to),
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_sms, member)
const struct conf_row conf_rows_sms[] = {
    {.key = "via",
     .type = CONF_WORD,
     .offset = AT(via),
     .words = vias,
     .by_default = "gammu",
     .help = MSG("Who sends it: gammu (gammu-smsd with its FILES backend), smstools (smsd of SMS Server Tools 3), or the server at “url”."),
     .example = "smstools"},
    {.key = "spool",
     .type = CONF_TEXT,
     .offset = AT(spool),
     .help = MSG("The directory that the program takes messages from. Without it: where Debian has it, /var/spool/gammu/outbox or /var/spool/sms/outgoing."),
     .example = "/var/spool/sms/outgoing"},
    {.key = "url",
     .type = CONF_SECRET,
     .offset = AT(url),
     .help = MSG("For “via: url”: the server that sends messages."),
     .example = "https://sms.example.org/send"},
    {.key = "token",
     .type = CONF_SECRET,
     .offset = AT(token),
     .help = MSG("For “via: url”: sent as “Authorization: Bearer …”."),
     .example = "{ file: /etc/vigie/sms.token }"},
    {.key = "body",
     .type = CONF_TEXT,
     .offset = AT(body),
     .help = MSG("For “via: url”: what is sent, with ${number}, ${line} and others."),
     .example = "'{ \"to\": \"${number}\", \"text\": \"${line}\" }'"},
    {.key = "type",
     .type = CONF_TEXT,
     .offset = AT(type),
     .by_default = "application/json",
     .help = MSG("For “via: url”: the Content-Type."),
     .example = "application/x-www-form-urlencoded"},
    {.key = "parts",
     .type = CONF_INT,
     .offset = AT(parts),
     .by_default = "1",
     .min = 1,
     .max = 4,
     .help = MSG("One text may take so many messages (of 160 characters, or 70 when a letter is none of GSM 03.38)."),
     .example = "2"},
    {.key = "to",
     .type = CONF_ITEMS,
     .offset = AT(to),
     .rows = rows_sms_to,
     .item_bytes = sizeof(struct conf_sms_to),
     .help = MSG("The telephones."),
     .example = "[{ number: \"+33612345678\", kinds: [incidents, resolved], lang: fr }]"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_feeds, member)
const struct conf_row conf_rows_feeds[] = {
    {.key = "websub",
     .type = CONF_BOOL,
     .offset = AT(websub),
     .by_default = "yes",
     .help = MSG("Whether programs may subscribe to feeds (WebSub): they are sent each change at once, instead of asking again and again."),
     .example = "no"},
    {.key = "hub",
     .type = CONF_URL,
     .offset = AT(hub),
     .help = MSG("Somebody else's hub, told of each change; feeds name it instead of this house."),
     .example = "https://hub.example.org/"},
    {.key = "subscriptions",
     .type = CONF_INT,
     .offset = AT(most),
     .by_default = "1000",
     .min = 1,
     .max = 20000,
     .help = MSG("At most so many subscriptions, a twentieth of them at one host."),
     .example = "5000"},
    {0},
};
#undef AT

/* ---- judging ---- */

unsigned conf_tell_kinds(const struct conf_texts *kinds)
{
    unsigned bits = 0;

    for (int i = 0; i < kinds->n; i++)
        for (int k = 0; kind_words[k]; k++)
            bits |= str_eq(kinds->at[i], kind_words[k]) ? 1U << k : 0;
    return kinds->n ? bits : CONF_TELL_USUAL;
}

static void judge_kinds(struct conf_ctx *c, const struct node *at, const struct conf_texts *kinds, const char *lang)
{
    for (int i = 0; i < kinds->n; i++) {
        struct conf_texts one = {.at = kinds->at + i, .n = 1};

        if (!conf_tell_kinds(&one))
            conf_error_at(c, at, MSG("“{1}” is no kind of news: there are incidents, updates, resolved, maintenance and corrections"), "s", kinds->at[i]);
    }
    if (lang && !str_eq(lang, "en") && !str_eq(lang, "fr"))
        conf_error_at(c, at, MSG("“{1}” is no language of the pages: en or fr"), "s", lang);
}

/* As strict as whoever asks it: what is refused there would be told with its text. */
static bool is_web(const char *url)
{
    const char *host = str_starts(url, "https://") ? url + 8 : str_starts(url, "http://") ? url + 7 : NULL;

    if (!host || !host[0] || strlen(url) > 2000 || memchr(host, '@', strcspn(host, "/?#")))
        return false;
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("\\\"<>", *c))
            return false;
    return true;
}

/* The text itself may be a secret: it is not told. */
static void judge_url(struct conf_ctx *c, const struct node *map, const char *url, bool needed)
{
    const struct node *at = node_get(map, "url");

    if (url ? !is_web(url) : needed)
        conf_error_at(c, at ? at : map->key, MSG("“url” wants an address that begins with https:// or http://"), "");
}

static bool is_header(const char *name, const char *value)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    return name[0] && strspn(name, token) == strlen(name) && value[strcspn(value, "\r\n")] == 0;
}

static void judge_hook(struct conf_ctx *c, const struct node *map, const struct conf_webhook *w)
{
    bool matrix = w->format == CONF_HOOK_MATRIX, telegram = w->format == CONF_HOOK_TELEGRAM;

    judge_url(c, map, w->url, !telegram);
    judge_kinds(c, map->key, &w->kinds, w->lang);
    if ((matrix || telegram) && (!w->token || !w->room))
        conf_error_at(c, map->key, MSG("“{1}” needs “token” and “room”"), "s", formats[w->format]);
    if (telegram && w->token && strspn(w->token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-") != strlen(w->token))
        conf_error_at(c, node_get(map, "token"), MSG("that is no token of a Telegram bot"), "");
    if (w->format == CONF_HOOK_NTFY && w->url && is_web(w->url) && (!strchr(strstr(w->url, "://") + 3, '/') || str_ends(w->url, "/")))
        conf_error_at(c, node_get(map, "url"), MSG("the address of ntfy ends with the topic: https://ntfy.example.org/status"), "");
    if (w->body && w->format != CONF_HOOK_TEXT)
        conf_error_at(c, node_get(map, "body"), MSG("“{1}” goes with “format: text”"), "s", "body");
    if (w->type && (w->format != CONF_HOOK_TEXT || !is_header("Content-Type", w->type)))
        conf_error_at(c, node_get(map, "type"), MSG("“{1}” goes with “format: text”"), "s", "type");
    for (int i = 0; i < w->headers.n; i++)
        if (!is_header(w->headers.keys[i], w->headers.values[i]))
            conf_error_at(c, node_get(map, "headers"), MSG("“{1}” cannot be a header"), "s", w->headers.keys[i]);
}

static void judge_recipient(struct conf_ctx *c, const struct node *at, const struct conf_sms_to *to)
{
    size_t n = to->number ? strspn(to->number + (to->number[0] == '+'), "0123456789") : 0;

    if (to->number && (n < 3 || n > 15 || to->number[n + (to->number[0] == '+')]))
        conf_error_at(c, at, MSG("“{1}” is no telephone number; write +33612345678"), "s", to->number);
    judge_kinds(c, at, &to->kinds, to->lang);
}

static void judge_sms(struct conf_ctx *c, const struct node *map, const struct conf_sms *s)
{
    const struct node *to = node_get(map, "to");

    judge_url(c, map, s->url, s->via == CONF_SMS_URL);
    if (s->via == CONF_SMS_URL && !s->body)
        conf_error_at(c, map->key, MSG("“via: url” needs a “body”, with ${number} and ${line} in it"), "");
    if (s->spool && s->spool[0] != '/')
        conf_error_at(c, node_get(map, "spool"), MSG("“{1}” is no directory to write to: write its whole path, such as /srv/status"), "s", s->spool);
    if (!is_header("Content-Type", s->type))
        conf_error_at(c, node_get(map, "type"), MSG("“{1}” cannot be a header"), "s", "type");
    for (int i = 0; i < s->to.n; i++)
        judge_recipient(c, to, (const struct conf_sms_to *)s->to.at + i);
}

/* ---- reading ---- */

void conf_webhooks_read(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_webhook *w = map_find(&c->conf->webhook_by_name, kid->key->text);

        w = conf_entry_read(c, kid, conf_rows_webhook, w ? &w->where : NULL, sizeof *w);
        if (!w)
            continue;
        judge_hook(c, kid, w);
        w->name = intern_text(&c->intern, kid->key->text);
        w->where = conf_where_of(c, kid->key);
        w->print = conf_rows_hash(conf_rows_webhook, w, 11);
        map_set(&c->conf->webhook_by_name, w->name, w);
    }
}

void conf_sms_read(struct conf_ctx *c, const struct node *map)
{
    struct row_set set = {.rows = conf_rows_sms, .base = &c->conf->sms};

    conf_rows_read(c, &set, 1, map, "sms");
    judge_sms(c, map, &c->conf->sms);
    c->conf->sms.where = conf_where_of(c, map->key);
}

void conf_feeds_read(struct conf_ctx *c, const struct node *map)
{
    struct row_set set = {.rows = conf_rows_feeds, .base = &c->conf->feeds};

    conf_rows_read(c, &set, 1, map, "feeds");
}

void conf_hooks_default(struct conf_ctx *c)
{
    conf_rows_default(c, conf_rows_sms, &c->conf->sms);
    conf_rows_default(c, conf_rows_feeds, &c->conf->feeds);
}

/* ---- once all are known ---- */

static bool is_about(const struct conf_ctx *c, const char *word)
{
    const char *group = str_starts(word, "group:") ? word + 6 : NULL;
    size_t n = group ? strlen(group) : 0;

    if (!group)
        return map_find(&c->conf->component_by_name, word) != NULL;
    for (size_t i = 0; i < c->components.n; i++) {
        const char *of = c->components.at[i]->group;

        if (of && strncmp(of, group, n) == 0 && (of[n] == 0 || of[n] == '/'))
            return true;
    }
    return false;
}

static void judge_about(struct conf_ctx *c, const struct conf_texts *about, struct conf_where where)
{
    for (int i = 0; i < about->n; i++)
        if (!is_about(c, about->at[i]))
            conf_error_where(c, where, MSG("there is no component “{1}”"), "s", about->at[i]);
}

void conf_hooks_link(struct conf_ctx *c)
{
    struct conf_sms *s = &c->conf->sms;
    const char *name;
    void *at;

    for (size_t i = 0; map_each(&c->conf->webhook_by_name, &i, &name, &at);) {
        struct conf_webhook *w = at;

        judge_about(c, &w->about, w->where);
    }
    for (int i = 0; i < s->to.n; i++)
        judge_about(c, &((const struct conf_sms_to *)s->to.at + i)->about, s->where);
}

void conf_hooks_finish(struct conf_ctx *c)
{
    c->conf->sms.print = conf_rows_hash(conf_rows_sms, &c->conf->sms, 12);
    c->conf->feeds.print = conf_rows_hash(conf_rows_feeds, &c->conf->feeds, 13);
}

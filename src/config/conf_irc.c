/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_irc.c: the section `irc`: networks of the Internet Relay Chat by name, their channels, and who may bid there. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

#include <string.h>

static const char *const says[] = {"notice", "message", NULL};
static const char *const mechanisms[] = {"plain", "external", NULL};
static const char *const roles[] = {"viewer", "operator", "admin", NULL};
static const char *const kinds[] = {"incidents", "updates", "resolved", "maintenance", NULL}; /* as subscribers choose them */

#define AT(member) offsetof(struct conf_irc_channel, member)
static const struct conf_row rows_channel[] = {
    {.key = "name", .type = CONF_TEXT, .offset = AT(name), .flags = CONF_REQUIRED, .help = MSG("The channel, with its sign; in quotes, because # begins a comment."), .example = "\"#ops\""},
    {.key = "key", .type = CONF_SECRET, .offset = AT(key), .help = MSG("What the channel asks of who joins (mode +k)."), .example = "{ file: /etc/vigie/ops.key }"},
    {.key = "topic", .type = CONF_BOOL, .offset = AT(topic), .by_default = "no",
     .help = MSG("Keeps a part of the topic: it shows the status, and who may do it changes the status by changing that part."), .example = "yes"},
    {.key = "prefix", .type = CONF_TEXT, .offset = AT(prefix), .by_default = "Status:", .help = MSG("How that part of the topic begins."), .example = "\"Statut :\""},
    {.key = "separator", .type = CONF_TEXT, .offset = AT(separator), .by_default = " | ", .help = MSG("What stands between the parts of the topic; the others are left alone."), .example = "\" || \""},
    {.key = "tell", .type = CONF_TEXTS, .offset = AT(tell), .by_default = "[incidents, updates, resolved, maintenance]",
     .help = MSG("What is said there when it is published: incidents, updates, resolved, maintenance; no: nothing."), .example = "[incidents, resolved]"},
    {.key = "about", .type = CONF_TEXTS, .offset = AT(about), .help = MSG("Only what touches these components or groups (group:NAME), in the topic and in what is said. Without it: everything."), .example = "[website, \"group:hosting\"]"},
    {.key = "lang", .type = CONF_TEXT, .offset = AT(lang), .help = MSG("Language of what is said there. Without it: that of the network."), .example = "fr"},
    {.key = "say", .type = CONF_WORD, .offset = AT(say), .words = says, .by_default = "notice", .help = MSG("How it is said: as a notice, which no other program answers, or as a message."), .example = "message"},
    {.key = "operators", .type = CONF_BOOL, .offset = AT(operators), .by_default = "no",
     .help = MSG("Operators of the channel (+o) may do what the role operator may, whoever they are. For servers without accounts."), .example = "yes"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_irc, member)
static const struct conf_row rows_sasl[] = {
    {.key = "mechanism", .type = CONF_WORD, .offset = AT(sasl.mechanism), .words = mechanisms, .by_default = "plain", .help = MSG("plain: by password; external: by the certificate of the client."), .example = "external"},
    {.key = "user", .type = CONF_TEXT, .offset = AT(sasl.user), .help = MSG("The account. Without it: the nickname."), .example = "vigie"},
    {.key = "password", .type = CONF_SECRET, .offset = AT(sasl.password), .help = MSG("Its password."), .example = "{ file: /etc/vigie/irc }"},
    {0},
};
const struct conf_row conf_rows_irc[] = {
    {.key = "server", .type = CONF_TEXT, .offset = AT(server), .flags = CONF_REQUIRED, .help = MSG("The server: a name or an address, and a port. Usual ports: 6697, without TLS 6667."), .example = "\"irc.example.org:6697\""},
    {.key = "tls", .type = CONF_BOOL, .offset = AT(tls), .by_default = "yes", .help = MSG("Speaks TLS from the first byte."), .example = "no"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes", .help = MSG("Judges the certificate of the server."), .example = "no"},
    {.key = "ca_file", .type = CONF_TEXT, .offset = AT(ca_file), .help = MSG("Certificates (PEM) that it is judged by. Without it: those of the system."), .example = "/etc/vigie/irc-ca.pem"},
    {.key = "certificate", .type = CONF_TEXT, .offset = AT(certificate), .help = MSG("Our own certificate (PEM), for SASL EXTERNAL."), .example = "/etc/vigie/irc.pem"},
    {.key = "certificate_key", .type = CONF_TEXT, .offset = AT(certificate_key), .help = MSG("Its key (PEM). Without it: in the same file."), .example = "/etc/vigie/irc.key"},
    {.key = "nick", .type = CONF_TEXT, .offset = AT(nick), .by_default = "vigie", .help = MSG("Our nickname; when it is taken, one with a sign more, and this one again as soon as it is free."), .example = "status"},
    {.key = "user", .type = CONF_TEXT, .offset = AT(user), .by_default = "vigie", .help = MSG("The user name that others see before the @."), .example = "status"},
    {.key = "realname", .type = CONF_TEXT, .offset = AT(realname), .by_default = "vigie", .help = MSG("What WHOIS shows of us."), .example = "status of example.org"},
    {.key = "password", .type = CONF_SECRET, .offset = AT(password), .help = MSG("What the server asks of everybody (PASS). Accounts have “sasl”."), .example = "{ file: /etc/vigie/irc-server }"},
    {.key = "sasl", .type = CONF_GROUP, .rows = rows_sasl, .help = MSG("Our account. Where the server has no SASL, NickServ is told the password."), .example = "{ user: vigie, password: { file: /etc/vigie/irc } }"},
    {.key = "nickserv", .type = CONF_TEXT, .offset = AT(nickserv), .by_default = "NickServ", .help = MSG("The service that identifies us where there is no SASL. no: none."), .example = "no"},
    {.key = "chanserv", .type = CONF_TEXT, .offset = AT(chanserv), .by_default = "ChanServ", .help = MSG("The service that sets topics for us where only operators may. no: none."), .example = "no"},
    {.key = "lang", .type = CONF_TEXT, .offset = AT(lang), .help = MSG("Language of answers. Without it: that of the site."), .example = "fr"},
    {.key = "accounts", .type = CONF_PAIRS, .offset = AT(accounts), .help = MSG("Who may bid: accounts of the network's services and their role: viewer, operator, admin."), .example = "{ anna: operator }"},
    {.key = "masks", .type = CONF_PAIRS, .offset = AT(masks), .help = MSG("The same by nick!user@host, with * and ?. Weaker: whoever comes from there may."), .example = "{ \"*!*@staff.example.org\": operator }"},
    {.key = "channels", .type = CONF_ITEMS, .offset = AT(channels), .flags = CONF_REQUIRED, .rows = rows_channel, .item_bytes = sizeof(struct conf_irc_channel), .help = MSG("Where we are, and what we do there."),
     .example = "[{ name: \"#ops\", topic: yes }, { name: \"#accueil\", lang: fr, tell: [incidents, resolved] }]"},
    {0},
};
#undef AT

const struct conf_irc_channel *conf_irc_channel_at(const struct conf_irc *n, int i)
{
    return i >= 0 && i < n->channels.n ? (const struct conf_irc_channel *)n->channels.at + i : NULL;
}

/* ---- judging ---- */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (str_eq(*words, text))
            return true;
    return false;
}

/* A word of the protocol: no blank, no control character, no colon in front. */
static bool is_word(const char *text)
{
    if (!text[0] || text[0] == ':' || strlen(text) > 200)
        return false;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= ' ' || *p == 0x7f || *p == ',')
            return false;
    return true;
}

static void judge_lang(struct conf_ctx *c, const struct node *at, const char *lang)
{
    if (lang && !is_one_of(lang, msg_langs))
        conf_error_at(c, at, MSG("“{1}” is no language that vigie speaks: en or fr"), "s", lang);
}

static void judge_roles(struct conf_ctx *c, const struct node *map, const char *key, const struct conf_pairs *pairs)
{
    const struct node *at = node_get(map, key);
    for (int i = 0; i < pairs->n; i++) {
        if (!is_one_of(pairs->values[i], roles))
            conf_error_at(c, node_get(at, pairs->keys[i]), MSG("“{1}” is no role: viewer, operator or admin"), "s", pairs->values[i]);
        if (str_eq(key, "masks") && (!strchr(pairs->keys[i], '!') || !strchr(pairs->keys[i], '@')))
            conf_error_at(c, node_get(at, pairs->keys[i])->key, MSG("“{1}” is no mask: write nick!user@host, such as *!*@staff.example.org"), "s", pairs->keys[i]);
    }
}

/* "irc.example.org:6697", "[2001:db8::1]:6697", or without a port. */
static void judge_server(struct conf_ctx *c, const struct node *map, struct conf_irc *n)
{
    char host[300];
    int64_t port = n->tls ? 6697 : 6667;
    int family;
    if (!n->server)
        return;
    const char *colon = strrchr(n->server, ':'), *from = n->server;
    size_t bytes = strlen(from);
    if (!conf_is_host(n->server) && !conf_is_ip(n->server, &family)) {
        if (!conf_is_listen(n->server)) {
            conf_error_at(c, node_get(map, "server"), MSG("“{1}” is no server; write irc.example.org or irc.example.org:6697"), "s", n->server);
            return;
        }
        str_i64(colon + 1, &port);
        bytes = (size_t)(colon - from);
        if (from[0] == '[') {
            from++;
            bytes -= 2;
        }
    }
    str_copyn(host, sizeof host, from, bytes);
    n->host = intern_text(&c->intern, host);
    n->port = (int)port;
}

static void judge_words(struct conf_ctx *c, const struct node *map, const struct conf_irc *n)
{
    const struct {
        const char *key, *text;
    } words[] = {{"nick", n->nick}, {"user", n->user}, {"nickserv", n->nickserv}, {"chanserv", n->chanserv}};
    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].text && !is_word(words[i].text))
            conf_error_at(c, node_get(map, words[i].key), MSG("“{1}” cannot be said on IRC: one word is expected, without blanks, commas and a colon in front"), "s", words[i].text);
    if (n->realname && strpbrk(n->realname, "\r\n"))
        conf_error_at(c, node_get(map, "realname"), MSG("“{1}” has more than one line"), "s", "realname");
    if (n->sasl.mechanism && !n->certificate)
        conf_error_at(c, node_get(map, "sasl"), MSG("SASL EXTERNAL needs “certificate”"), "");
    if (n->sasl.mechanism && !n->tls)
        conf_error_at(c, node_get(map, "sasl"), MSG("SASL EXTERNAL needs “tls: yes”"), "");
    if (n->sasl.user && !n->sasl.mechanism && !n->sasl.password)
        conf_error_at(c, node_get(map, "sasl"), MSG("the account has no password"), "");
}

static void judge_channel(struct conf_ctx *c, const struct node *at, const struct conf_irc *n, int i)
{
    const struct conf_irc_channel *k = conf_irc_channel_at(n, i);
    if (!k->name)
        return;
    if (!is_word(k->name) || !strchr("#&+!", k->name[0]) || !k->name[1] || strlen(k->name) > 64)
        conf_error_at(c, node_get(at, "name"), MSG("“{1}” is no channel; write \"#ops\", in quotes"), "s", k->name);
    if (k->key && !is_word(k->key))
        conf_error_at(c, node_get(at, "key"), MSG("a channel’s key is one word without commas"), "");
    for (int j = 0; j < i; j++)
        if (str_ieq(conf_irc_channel_at(n, j)->name, k->name))
            conf_error_at(c, node_get(at, "name"), MSG("“{1}” stands twice in “channels”"), "s", k->name);
    for (int j = 0; j < k->tell.n; j++)
        if (!is_one_of(k->tell.at[j], kinds) && !(k->tell.n == 1 && str_eq(k->tell.at[j], "no")))
            conf_error_at(c, node_get(at, "tell"), MSG("“{1}” is nothing that could be told: incidents, updates, resolved, maintenance, or no"), "s", k->tell.at[j]);
    if (k->separator && !k->separator[strspn(k->separator, " ")])
        conf_error_at(c, node_get(at, "separator"), MSG("a separator needs a sign that is no blank, such as \" | \""), "");
    if (k->prefix && (!k->prefix[strspn(k->prefix, " ")] || strlen(k->prefix) > 40 || strpbrk(k->prefix, "\r\n")))
        conf_error_at(c, node_get(at, "prefix"), MSG("the part of the topic needs a beginning of at most 40 characters, such as \"Status:\""), "");
    judge_lang(c, node_get(at, "lang"), k->lang);
}

/* On this machine nobody listens. */
static void warn_clear(struct conf_ctx *c, const struct node *map, const struct conf_irc *n)
{
    bool here = n->host && (str_eq(n->host, "localhost") || str_starts(n->host, "127.") || str_eq(n->host, "::1"));
    if (!n->tls && !here && (n->password || n->sasl.password))
        conf_warn(c, conf_where_of(c, map->key), MSG("{1}: without TLS the password goes over the network for everybody to read"), "s", map->key->text);
}

static void judge(struct conf_ctx *c, const struct node *map, struct conf_irc *n)
{
    const struct node *list = node_get(map, "channels");
    int i = 0;
    judge_server(c, map, n);
    judge_words(c, map, n);
    warn_clear(c, map, n);
    judge_roles(c, map, "accounts", &n->accounts);
    judge_roles(c, map, "masks", &n->masks);
    judge_lang(c, node_get(map, "lang"), n->lang);
    if (list && list->kind == NODE_LIST && n->channels.n)
        NODE_EACH(list, kid)
            judge_channel(c, kid, n, i++);
}

void conf_irc_read(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_irc *n = map_find(&c->conf->irc_by_name, kid->key->text);

        n = conf_entry_read(c, kid, conf_rows_irc, n ? &n->where : NULL, sizeof *n);
        if (!n)
            continue;
        judge(c, kid, n);
        n->name = intern_text(&c->intern, kid->key->text);
        n->where = conf_where_of(c, kid->key);
        n->print = conf_rows_hash(conf_rows_irc, n, 11);
        map_set(&c->conf->irc_by_name, n->name, n);
    }
}

/* ---- once all components are known ---- */

static bool has_group(const struct conf_ctx *c, const char *group)
{
    size_t n = strlen(group);
    for (size_t i = 0; i < c->components.n; i++) {
        const char *in = c->components.at[i]->group;
        if (in && strncmp(in, group, n) == 0 && (!in[n] || in[n] == '/'))
            return true;
    }
    return false;
}

void conf_irc_link(struct conf_ctx *c)
{
    const char *name;
    void *at;

    for (size_t i = 0; map_each(&c->conf->irc_by_name, &i, &name, &at);) {
        const struct conf_irc *n = at;
        for (int k = 0; k < n->channels.n; k++) {
            const struct conf_texts *about = &conf_irc_channel_at(n, k)->about;
            for (int j = 0; j < about->n; j++) {
                bool group = str_starts(about->at[j], "group:");
                if (group ? !has_group(c, about->at[j] + 6) : !map_find(&c->conf->component_by_name, about->at[j]))
                    conf_error_where(c, n->where, MSG("there is no component “{1}”"), "s", about->at[j]);
            }
        }
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_incoming.c: the sections `mail_in` and `upstreams`: whose mails publish, how each is proven, and what the notices of those we
 * depend on are about. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

#include <string.h>

enum { SECRET_MIN = 8, SECRET_MAX = 40 };
static const char *const refusals[] = {"drop", "bounce", NULL};
static const char *const roles[] = {"operator", "admin", NULL};
static const char *const publishes[] = {"draft", "tentative", NULL};

#define AT(member) offsetof(struct conf_sender, member)
static const struct conf_row rows_sender[] = {
    {.key = "from",
     .type = CONF_TEXT,
     .offset = AT(from),
     .flags = CONF_REQUIRED,
     .help = MSG("The address that he writes from; * stands for anything."),
     .example = "ops@example.org"},
    {.key = "user",
     .type = CONF_TEXT,
     .offset = AT(user),
     .help = MSG("The user of the console that he is: he may what that user may. Without it: “role”."),
     .example = "ops"},
    {.key = "role",
     .type = CONF_WORD,
     .offset = AT(role),
     .words = roles,
     .by_default = "operator",
     .help = MSG("What he may, when he is no user of the console."),
     .example = "operator"},
    {.key = "secret",
     .type = CONF_SECRET,
     .offset = AT(secret),
     .help = MSG("Proof: a word that he writes to, behind a plus: status+WORD@example.org. Letters and digits; capitals do not matter."),
     .example = "{ file: /etc/vigie/secrets/mail-in }"},
    {.key = "dkim",
     .type = CONF_BOOL,
     .offset = AT(dkim),
     .by_default = "no",
     .help = MSG("Proof: “server” says that the mail was signed by the domain of its sender (DKIM, or DMARC)."),
     .example = "yes"},
    {.key = "pgp",
     .type = CONF_TEXT,
     .offset = AT(pgp),
     .help = MSG("Proof: a signature by one of the OpenPGP keys in this file, judged by gpgv."),
     .example = "/etc/vigie/ops.gpg"},
    {.key = "smime",
     .type = CONF_TEXT,
     .offset = AT(smime),
     .help = MSG("Proof: an S/MIME signature by his certificate, which one of the authorities in this file (PEM) has signed; judged by openssl."),
     .example = "/etc/vigie/mail-ca.pem"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_mail_in, member)
const struct conf_row conf_rows_mail_in[] = {
    {.key = "address",
     .type = CONF_TEXT,
     .offset = AT(address),
     .help = MSG("Where such mails go. Calendar entries that go out by mail name it, so that a reader can decline; the mail server must hand over what goes to this name with a plus and more, too."),
     .example = "status@example.org"},
    {.key = "invite",
     .type = CONF_BOOL,
     .offset = AT(invite),
     .by_default = "no",
     .help = MSG("Calendar entries that go out by mail ask for an answer (METHOD:REQUEST): mail programs show buttons to accept or decline then, and some enter them by themselves. Who declines is noted on the work."),
     .example = "yes"},
    {.key = "unknown",
     .type = CONF_WORD,
     .offset = AT(unknown),
     .words = refusals,
     .by_default = "drop",
     .help = MSG("What becomes of mails that nobody on the list has sent: dropped silently, or sent back by the mail server."),
     .example = "bounce"},
    {.key = "server",
     .type = CONF_TEXT,
     .offset = AT(server),
     .help = MSG("The name that our own mail server signs its verdicts with (Authentication-Results). It must remove those that come from outside under this name."),
     .example = "mx.example.org"},
    {.key = "senders",
     .type = CONF_ITEMS,
     .offset = AT(senders),
     .rows = rows_sender,
     .item_bytes = sizeof(struct conf_sender),
     .help = MSG("Who may publish by mail, and how each proves that it is he."),
     .example = "[{ from: ops@example.org, secret: { file: /etc/vigie/secrets/mail-in } }]"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_upstream, member)
const struct conf_row conf_rows_upstream[] = {
    {.key = "from",
     .type = CONF_TEXTS,
     .offset = AT(from),
     .help = MSG("Addresses that its notices come from; * stands for anything."),
     .example = "[noc@fibre.example.net]"},
    {.key = "provider",
     .type = CONF_TEXT,
     .offset = AT(provider),
     .help = MSG("What its notices call themselves (X-MAINTNOTE-PROVIDER); * stands for anything."),
     .example = "fibre.example.net"},
    {.key = "account",
     .type = CONF_TEXT,
     .offset = AT(account),
     .help = MSG("Only notices of this account of ours (X-MAINTNOTE-ACCOUNT)."),
     .example = "\"137*\""},
    {.key = "objects",
     .type = CONF_PAIRS,
     .offset = AT(objects),
     .help = MSG("What of ours hangs from what of theirs: the name of a line or service (X-MAINTNOTE-OBJECT-ID; * stands for anything), and components with commas between them. In a mail without a calendar the name is looked for in its text."),
     .example = "{ \"circuit-17*\": \"website, mail\" }"},
    {.key = "components",
     .type = CONF_TEXTS,
     .offset = AT(components),
     .help = MSG("Components that are touched when no object says it better."),
     .example = "[website]"},
    {.key = "publish",
     .type = CONF_WORD,
     .offset = AT(publish),
     .words = publishes,
     .by_default = "draft",
     .help = MSG("What becomes of a notice: a draft for staff, or tentative work that everybody sees at once (with “dkim” only)."),
     .example = "tentative"},
    {.key = "dkim",
     .type = CONF_BOOL,
     .offset = AT(dkim),
     .by_default = "no",
     .help = MSG("Only mails that our own mail server found signed by the domain of their sender (mail_in: server)."),
     .example = "yes"},
    {.key = "lang",
     .type = CONF_TEXT,
     .offset = AT(lang),
     .by_default = "en",
     .help = MSG("The language of its notices."),
     .example = "fr"},
    {0},
};
#undef AT

/* ---- mail_in */

static bool is_secret(const char *text)
{
    size_t n = strlen(text);

    return n >= SECRET_MIN && n <= SECRET_MAX && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

static bool is_from(const char *text)
{
    const char *at = strchr(text, '@');

    return at && at != text && at[1] && !strchr(at + 1, '@') && !strpbrk(text, " \t<>,");
}

static void judge_file(struct conf_ctx *c, const struct node *n, const char *key, const char *path)
{
    if (path && path[0] != '/')
        conf_error_at(c, node_get(n, key), MSG("“{1}” is not the whole path of a file; it begins with /"), "s", path);
}

static void judge_sender(struct conf_ctx *c, const struct node *n, const struct conf_sender *s, bool server)
{
    if (s->from && !is_from(s->from))
        conf_error_at(c, node_get(n, "from"), MSG("“{1}” is no address of a sender; write ops@example.org, or *@example.org"), "s", s->from);
    if (s->from && !s->secret && !s->dkim && !s->pgp && !s->smime)
        conf_error_at(c, n, MSG("{1} has no proof; anybody can write such an address. Give “secret”, “dkim”, “pgp” or “smime”"), "s", s->from);
    if (s->secret && !is_secret(s->secret))
        conf_error_at(c, node_get(n, "secret"), MSG("a word for an address has {1} to {2} letters, digits, - and _"), "ii", (int64_t)SECRET_MIN, (int64_t)SECRET_MAX);
    if (s->dkim && !server)
        conf_error_at(c, node_get(n, "dkim"), MSG("“dkim” needs “server”: the name of the mail server whose verdict counts"), "");
    if (s->pgp && s->smime)
        conf_error_at(c, node_get(n, "smime"), MSG("give “pgp” or “smime”, not both"), "");
    judge_file(c, n, "pgp", s->pgp);
    judge_file(c, n, "smime", s->smime);
}

void conf_mail_in_read(struct conf_ctx *c, const struct node *map)
{
    struct conf_mail_in *m = &c->conf->mail_in;
    struct row_set set = {.rows = conf_rows_mail_in, .base = m};
    const struct node *list = node_get(map, "senders"), *n = list ? node_kids(list) : NULL;

    if (m->given)
        conf_error_at(c, map->key, MSG("{1} is given already, in {2}"), "ss", "mail_in", conf_where_text(c, m->where, c->scratch));
    conf_rows_read(c, &set, 1, map, "mail_in");
    m->given = true;
    m->where = conf_where_of(c, map->key);
    if (m->address && (!conf_is_mail(m->address) || strpbrk(m->address, "<> +")))
        conf_error_at(c, node_get(map, "address"), MSG("“{1}” is no mail address; expected is one such as ops@example.org"), "s", m->address);
    if (m->invite && !m->address)
        conf_error_at(c, node_get(map, "invite"), MSG("“invite” needs “address”: where the answers go"), "");
    const struct conf_sender *senders = m->senders.at;

    for (int i = 0; i < m->senders.n && n; i++, n = n->next)
        judge_sender(c, n, &senders[i], m->server && m->server[0]);
}

/* ---- upstreams */

static void judge_upstream(struct conf_ctx *c, const struct node *n, const struct conf_upstream *u)
{
    if (!u->from.n && !u->provider)
        conf_error_at(c, n->key, MSG("how are notices of {1} known? Give “from” or “provider”"), "s", n->key->text);
    for (int i = 0; i < u->from.n; i++)
        if (!is_from(u->from.at[i]))
            conf_error_at(c, node_get(n, "from"), MSG("“{1}” is no address of a sender; write ops@example.org, or *@example.org"), "s", u->from.at[i]);
    if (u->publish && !u->dkim)
        conf_error_at(c, node_get(n, "publish"), MSG("whoever can write a mail could publish then; give “dkim: yes” as well"), "");
    if (u->lang && !str_eq(u->lang, "en") && !str_eq(u->lang, "fr"))
        conf_error_at(c, node_get(n, "lang"), MSG("“{1}” is not one of {2}"), "ss", u->lang, "en, fr");
}

void conf_upstreams_read(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_upstream *u = map_find(&c->conf->upstream_by_name, kid->key->text);

        u = conf_entry_read(c, kid, conf_rows_upstream, u ? &u->where : NULL, sizeof *u);
        if (!u)
            continue;
        judge_upstream(c, kid, u);
        u->name = intern_text(&c->intern, kid->key->text);
        u->where = conf_where_of(c, kid->key);
        u->print = conf_rows_hash(conf_rows_upstream, u, 11);
        map_set(&c->conf->upstream_by_name, u->name, u);
    }
}

/* ---- once all is read */

static void judge_component(struct conf_ctx *c, const struct conf_upstream *u, struct str word)
{
    const char *name = arena_dupn(c->scratch, word.p, word.n);

    if (word.n && !map_find(&c->conf->component_by_name, name))
        conf_error_where(c, u->where, MSG("there is no component “{1}”"), "s", name);
}

void conf_incoming_link(struct conf_ctx *c)
{
    size_t i = 0;
    const char *name;
    void *value;

    while (map_each(&c->conf->upstream_by_name, &i, &name, &value)) {
        const struct conf_upstream *u = value;

        for (int k = 0; k < u->components.n; k++)
            judge_component(c, u, str_of(u->components.at[k]));
        for (int k = 0; k < u->objects.n; k++) {
            struct str rest = str_of(u->objects.values[k]), word;

            while (str_next(&rest, ",", &word))
                judge_component(c, u, str_trim(word));
        }
        if (u->dkim && !c->conf->mail_in.server)
            conf_error_where(c, u->where, MSG("“dkim” needs “server”: the name of the mail server whose verdict counts"), "");
    }
    c->conf->mail_in.print = conf_rows_hash(conf_rows_mail_in, &c->conf->mail_in, 12);
}

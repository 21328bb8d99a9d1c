/* SPDX-License-Identifier: GPL-3.0-or-later */
/* schema.c: the engine over rows: defaults, reading a mapping, what is missing, what is unknown,
 * fingerprints. One mapping may fill several structs: a check's general keys stand beside those of
 * its kind. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"

/* Keys of parts that are planned but not there, by the rows of their place; NULL: kinds of checks.
 */
static const struct {
    const struct conf_row *rows;
    const char *keys[32];
} later[] = {
    {conf_rows_top,
     {"alerts",      "escalations",   "metrics",  "logs",         "flows",     "nodes",
      "timeperiods", "dependencies",  "incidents", "subscribers",
      "maintenance", "publishers",    "channels", "inputs",       "listeners", "users",
      "routes",      "silences",      "rules",    "retention",    "cluster",   "discovery",
      "import",      "looking_glass", NULL}},
    {conf_rows_contact,
     {"irc", "sms", "xmpp", "jabber", "matrix", "webhook", "webpush", "pager", "telegram", "signal",
      "ntfy", "mastodon", "phone", "voice", "command", "period", "min_severity", "rate", NULL}},
    {conf_rows_host,
     {"templates", "template", "apply", "period", "node", "dependencies", "snmp",
      "agent", "metrics", "logs", "discover", "escalations", NULL}},
    {conf_rows_check,
     {"period", "on_change", "on_fail", "restart", "node", "escalations", "templates",
      "use", "renotify", "event_handler", "severity", NULL}},
    {conf_rows_defaults, {"period", "renotify", "escalations", "node", "severity", NULL}},
    {conf_rows_site,
     {"ldap", "oidc", "tls", "acme", "sms", "store", "cluster", "mirror", "activitypub",
      "webpush", "theme", "logo", "retention", NULL}},
    {conf_rows_component, {"sla", "maintenance", "page", "hidden", "runbook", NULL}},
    {NULL, {"smtp",      "imap",   "imaps",  "pop3", "ftp",  "ssh",     "redis",
            "mysql",     "pgsql",  "snmp",   "ntp",  "ldap", "sip",     "grpc",
            "websocket", "domain", "modbus", "mqtt", "nrpe", "ipmi",    "memcached",
            "rabbitmq",  "docker", "smart",  "raid", "log",  "process", NULL}},
};

bool conf_is_later(const struct conf_row *rows, const char *key)
{
    for (size_t i = 0; i < COUNT(later); i++)
        for (size_t k = 0; rows == later[i].rows && later[i].keys[k]; k++)
            if (str_eq(key, later[i].keys[k]))
                return true;
    return false;
}

const struct conf_row *conf_rows_find(const struct conf_row *rows, const char *key)
{
    for (; rows && rows->key; rows++)
        if (rows->key[0] == key[0] && strcmp(rows->key, key) == 0)
            return rows;
    return NULL;
}

const struct conf_row *conf_rows_positional(const struct conf_row *rows)
{
    for (; rows && rows->key; rows++)
        if (rows->flags & CONF_POSITIONAL)
            return rows;
    return NULL;
}

/* by_default is written as in YAML: only [..] and {..} need composing, since "> 80 %" would not
 * pass there. */
static const struct node *default_node(struct conf_ctx *c, const struct conf_row *row)
{
    bool ok;

    if (row->by_default[0] == '[' || row->by_default[0] == '{')
        return compose_text(c, c->scratch, row->by_default, strlen(row->by_default), NULL, &ok);
    return node_text(c->scratch, row->by_default);
}

void conf_rows_default(struct conf_ctx *c, const struct conf_row *rows, void *base)
{
    for (; rows && rows->key; rows++) {
        if (rows->type == CONF_GROUP && !(rows->flags & CONF_ELSEWHERE))
            conf_rows_default(c, rows->rows, base);
        if (rows->by_default && rows->type != CONF_GROUP && !(rows->flags & CONF_ELSEWHERE)) {
            const struct node *n = default_node(c, rows);

            /* A default that its own row refuses is a mistake in the program. */
            ASSERT(n && conf_type_read(c, rows, base, n) == 0);
        }
    }
}

static const struct conf_row *find_in_sets(const struct row_set *sets, int n_sets, const char *key,
                                           void **ret_base)
{
    for (int i = 0; i < n_sets; i++) {
        const struct conf_row *row = conf_rows_find(sets[i].rows, key);

        if (row) {
            *ret_base = sets[i].base;
            return row;
        }
    }
    return NULL;
}

/* The keys of all sets, NULL at the end. */
static int all_keys(const struct row_set *sets, int n_sets, const char *keys[CONF_MAX_ROWS + 1])
{
    int n = 0;

    for (int i = 0; i < n_sets; i++)
        for (const struct conf_row *r = sets[i].rows; r && r->key && n < CONF_MAX_ROWS; r++)
            if (!(r->flags & CONF_HIDDEN))
                keys[n++] = r->key;
    keys[n] = NULL;
    return n;
}

/* What belongs to a check stands directly in a host: people forget the level between. */
static bool misplaced(struct conf_ctx *c, const struct node *key)
{
    bool is_kind = map_find(&c->kinds, key->text) != NULL;

    if (is_kind)
        conf_error_at(c, key,
                      MSG("“{1}” is a kind of check: write it as “- {1}: …” below “checks:”"), "s",
                      key->text);
    else if (conf_rows_find(conf_rows_check, key->text))
        conf_error_at(c, key, MSG("“{1}” belongs to a check, or to “defaults” for all of them"),
                      "s", key->text);
    else
        return false;
    return true;
}

void conf_unknown_key(struct conf_ctx *c, const struct node *key, const struct row_set *sets,
                      int n_sets, const char *what)
{
    const char *keys[CONF_MAX_ROWS + 1], *near;
    struct buf list = BUF_MAX(600);
    int n = all_keys(sets, n_sets, keys);

    for (int i = 0; i < n_sets; i++) {
        if (conf_is_later(sets[i].rows, key->text)) {
            conf_error_at(c, key, MSG("“{1}” in {2} is not in this version; remove it"), "ss",
                          key->text, what);
            return;
        }
    }
    if (n_sets == 1 && sets[0].rows == conf_rows_host && misplaced(c, key))
        return;
    near = str_nearest(key->text, keys);
    for (int i = 0; i < n; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", keys[i]);
    if (near)
        conf_error_at(c, key, MSG("unknown key “{1}” in {2}; did you mean “{3}”?"), "sss",
                      key->text, what, near);
    else if (n == 0)
        conf_error_at(c, key, MSG("unknown key “{1}” in {2}; no key is expected here"), "ss",
                      key->text, what);
    else
        conf_error_at(c, key, MSG("unknown key “{1}” in {2}; known here: {3}"), "sss",
                      key->text, what, buf_text(&list));
    buf_done(&list);
}

void conf_rows_read(struct conf_ctx *c, const struct row_set *sets, int n_sets,
                    const struct node *map, const char *what)
{
    NODE_EACH(map, kid)
    {
        void *base = NULL;
        const struct conf_row *row = find_in_sets(sets, n_sets, kid->key->text, &base);

        if (row)
            (void)conf_type_read(c, row, base, kid);
        else
            conf_unknown_key(c, kid->key, sets, n_sets, what);
    }
}

void conf_rows_required(struct conf_ctx *c, const struct conf_row *rows, const struct node *map,
                        const struct node *at, const char *what)
{
    struct buf expected = BUF_MAX(1000);

    for (; rows && rows->key; rows++) {
        if (!(rows->flags & CONF_REQUIRED) || node_get(map, rows->key))
            continue;
        buf_clear(&expected);
        conf_type_expected(&expected, rows);
        conf_error_at(c, at, MSG("{1} needs “{2}”: {3}"), "ssm", what, rows->key,
                      buf_text(&expected));
    }
    buf_done(&expected);
}

uint64_t conf_rows_hash(const struct conf_row *rows, const void *base, uint64_t seed)
{
    for (; rows && rows->key; rows++)
        if (!(rows->flags & (CONF_NO_HASH | CONF_ALIAS | CONF_ELSEWHERE)))
            seed = conf_type_hash(rows, base, seed);
    return seed;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_gather.c: hosts, checks, contacts and what could not be carried over, as the importers tell them. */
#include "config/import/import_priv.h"
#include "base/utf8.h"

void import_note(struct import *im, unsigned line, const char *msgid, const char *types, ...)
{
    struct buf b = BUF_MAX(4096);
    va_list ap;
    bool known = false; /* one setting may stand above many targets */
    if (im->notes.n >= IMPORT_MAX_NOTES) {
        im->more_notes++;
        return;
    }
    va_start(ap, types);
    msg_vpack(&b, msgid, types, ap);
    va_end(ap);
    for (size_t i = im->notes.n; !known && i > 0 && i + 64 > im->notes.n; i--)
        known = im->notes.at[i - 1].line == line && str_eq(im->notes.at[i - 1].text, buf_text(&b));
    if (!known)
        VEC_PUSH(&im->notes, ((struct import_note){line, arena_dup(im->arena, buf_text(&b))}));
    buf_done(&b);
}

/* One more thing; false past the ceiling, which is told once. */
static bool room(struct import *im, unsigned line)
{
    if (++im->things == IMPORT_MAX_THINGS)
        import_note(im, line, MSG("what follows is left out: {1} hosts and checks are the most that is imported"), "i", (int64_t)IMPORT_MAX_THINGS);
    return im->things < IMPORT_MAX_THINGS;
}

const char *import_name(struct import *im, const char *text)
{
    char name[CONF_MAX_NAME + 1];
    struct buf b = BUF_MAX(4 * CONF_MAX_NAME);
    utf8_clean(&b, text, strlen(text), UTF8_ONE_LINE, 4 * CONF_MAX_NAME);
    str_copy(name, sizeof name, buf_text(&b));
    buf_done(&b);
    for (char *p = name; *p; p++)
        if (*p == '/')
            *p = '-';
    struct str s = str_trim(str_of(name));
    return s.n ? arena_dupn(im->arena, s.p, s.n) : "unnamed";
}

struct import_host *import_find_host(struct import *im, const char *name)
{
    return map_find(&im->host_by_name, import_name(im, name));
}

struct import_host *import_host(struct import *im, unsigned line, const char *name, const char *address)
{
    if (address && !import_is_address(address)) {
        import_note(im, line, MSG("“{1}” is no address; the host has none"), "s", address);
        address = NULL;
    }
    const char *clean = import_name(im, name);
    struct import_host *h = map_find(&im->host_by_name, clean);
    if (h && address && h->address && !str_ieq(address, h->address)) {
        clean = import_name(im, arena_printf(im->arena, "%s %s", clean, address));
        h = map_find(&im->host_by_name, clean);
    }
    if (h) {
        h->address = h->address ? h->address : arena_dup(im->arena, address);
        return h;
    }
    h = ARENA_NEW(im->arena, struct import_host);
    h->item = (struct import_item){.line = line, .what = clean};
    h->name = clean;
    h->address = arena_dup(im->arena, address);
    h->remote = true;
    if (room(im, line)) {
        VEC_PUSH(&im->hosts, h);
        map_set(&im->host_by_name, h->name, h);
    } else {
        VEC_PUSH(&im->hosts, h);
        h->item.dropped = true;
    }
    return h;
}

struct import_host *import_local(struct import *im, unsigned line)
{
    struct import_host *h = import_host(im, line, "localhost", NULL);
    h->remote = false;
    return h;
}

static struct import_key *key_of(struct import *im, struct import_host *h, unsigned line, const char *key, enum doc_kind kind)
{
    for (size_t i = 0; i < h->keys.n; i++)
        if (str_eq(h->keys.at[i]->key, key))
            return h->keys.at[i];
    struct import_key *k = ARENA_NEW(im->arena, struct import_key);
    k->item = (struct import_item){.line = line, .what = key};
    k->key = key;
    k->value = doc_new(im->arena, kind);
    VEC_PUSH(&h->keys, k);
    return k;
}

/* Bytes that are no UTF-8 would not be YAML; control characters are no text. */
static const char *clean(struct import *im, const char *text)
{
    struct buf b = BUF_MAX(64 * 1024);
    utf8_clean(&b, text, strlen(text), UTF8_ONE_LINE, 64 * 1024);
    const char *ret = arena_dup(im->arena, buf_text(&b));
    buf_done(&b);
    return ret;
}

void import_key(struct import *im, struct import_host *h, unsigned line, const char *key, const char *text)
{
    if (text && *text)
        key_of(im, h, line, key, DOC_TEXT)->value->text = clean(im, text);
}

void import_add(struct import *im, struct import_host *h, unsigned line, const char *key, const char *text)
{
    struct doc *list = key_of(im, h, line, key, DOC_LIST)->value;
    const char *name = import_name(im, text);
    DOC_EACH(list, d)
    if (str_eq(d->text, name))
        return;
    if (list->kids.n < 1000)
        doc_push_text(list, name);
}

void import_label(struct import *im, struct import_host *h, unsigned line, const char *key, const char *text)
{
    struct doc *o = key_of(im, h, line, "labels", DOC_OBJECT)->value;
    if (o->kids.n < 100)
        doc_put_text(o, import_name(im, key), clean(im, text));
}

const char *import_contact(struct import *im, unsigned line, const char *name, const char *mail)
{
    name = import_name(im, name);
    if (map_find(&im->contact_by_name, name))
        return name;
    if (!conf_is_mail(mail)) {
        import_note(im, line, MSG("“{1}” is no mail address; contacts have one"), "s", mail);
        return NULL;
    }
    if (!room(im, line))
        return NULL;
    struct import_contact *c = ARENA_NEW(im->arena, struct import_contact);
    c->item = (struct import_item){.line = line, .what = name};
    c->name = name;
    c->mail = arena_dup(im->arena, mail);
    VEC_PUSH(&im->contacts, c);
    map_set(&im->contact_by_name, c->name, c);
    return name;
}

/* ---- checks */

static const struct conf_kind *kind_of(const struct import *im, const char *name)
{
    for (int i = 0; im->env->kinds[i]; i++)
        if (str_eq(im->env->kinds[i]->name, name))
            return im->env->kinds[i];
    return NULL;
}

bool import_has(const struct import *im, const char *kind)
{
    return kind_of(im, kind) != NULL;
}

static struct import_check *new_check(struct import *im, unsigned line, const struct conf_kind *kind, const char *word)
{
    struct import_check *c = ARENA_NEW(im->arena, struct import_check);
    c->item = (struct import_item){.line = line, .what = word};
    c->kind = kind;
    c->opts = doc_object(im->arena);
    c->im = im;
    return c;
}

struct import_check *import_check(struct import *im, struct import_host *h, unsigned line, const char *kind, const char *value)
{
    const struct conf_kind *k = kind_of(im, kind);
    struct import_check *c = new_check(im, line, k, arena_dup(im->arena, kind));
    if (!k)
        import_note(im, line, MSG("there is no kind of check “{1}” here; it is left out"), "s", kind);
    c->item.dropped = !k || !room(im, line);
    if (c->item.dropped)
        return c;
    VEC_PUSH(&h->checks, c);
    const struct conf_row *row = value ? conf_rows_positional(k->rows) : NULL;
    if (row)
        import_set(c, line, row->key, value);
    return c;
}

static struct doc *group_of(struct doc *o, const char *key)
{
    struct doc *group = doc_get(o, key);
    return group ? group : doc_put_object(o, key);
}

struct import_check *import_ping(struct import *im, struct import_host *h, unsigned line)
{
    if (h->pinged)
        return import_check(im, h, line, "icmp", NULL);
    struct import_check *c = new_check(im, line, kind_of(im, "icmp"), "icmp");
    h->pinged = true;
    c->item.dropped = c->kind == NULL;
    struct doc *alive = key_of(im, h, line, "alive", DOC_OBJECT)->value;
    if (c->kind)
        doc_put(alive, "icmp", c->opts);
    return c;
}

struct import_check *import_plugin(struct import *im, struct import_host *h, unsigned line, const char *name, const char *command)
{
    struct import_check *c = import_check(im, h, line, "plugin", command);
    import_set(c, line, "name", import_name(im, name));
    return c;
}

struct import_check *import_port(struct import *im, struct import_host *h, unsigned line, const char *protocol, int64_t port)
{
    char text[400];
    bool tls = false;
    if (protocol && (str_eq(protocol, "imaps") || str_eq(protocol, "pop3s") || str_eq(protocol, "smtps") || str_eq(protocol, "ftps"))) {
        protocol = arena_dupn(im->arena, protocol, strlen(protocol) - 1);
        tls = true;
    }
    if (!protocol || !import_has(im, protocol) || !h->address) {
        struct import_check *c = import_check(im, h, line, "tcp", arena_printf(im->arena, "%lld", (long long)port));
        if (tls)
            import_set(c, line, "tls", "yes");
        return c;
    }
    str_print(text, sizeof text, strchr(h->address, ':') ? "[%s]:%lld" : "%s:%lld", h->address, (long long)port);
    struct import_check *c = import_check(im, h, line, protocol, NULL);
    if (import_knows(c, "target"))
        import_set(c, line, "target", text);
    if (tls)
        import_set(c, line, "tls", "yes");
    return c;
}

/* ---- options */

static const struct conf_row *row_of(const struct import_check *c, const char *key)
{
    char first[64];
    size_t n = strcspn(key, ".");
    str_copyn(first, sizeof first, key, n);
    const struct conf_row *row = c->kind ? conf_rows_find(c->kind->rows, first) : NULL;
    if (!row)
        row = conf_rows_find(conf_rows_check, first);
    return row && key[n] == '.' ? conf_rows_find(row->rows, key + n + 1) : row;
}

bool import_knows(const struct import_check *c, const char *key)
{
    return row_of(c, key) != NULL;
}

/* The object that key belongs in, and its last part; NULL when there is no such option (told) or the check is gone. */
static struct doc *place(struct import_check *c, unsigned line, const char *key, const char **ret_last)
{
    if (!c->kind)
        return NULL;
    if (!row_of(c, key)) {
        import_note(c->im, line, MSG("{1} has no option “{2}” here; it is left out"), "ss", c->kind->name, key);
        return NULL;
    }
    const char *dot = strchr(key, '.');
    *ret_last = dot ? dot + 1 : key;
    return dot ? group_of(c->opts, arena_dupn(c->im->arena, key, (size_t)(dot - key))) : c->opts;
}

void import_set(struct import_check *c, unsigned line, const char *key, const char *text)
{
    const char *last;
    struct doc *o = text ? place(c, line, key, &last) : NULL;
    if (!o)
        return;
    if (row_of(c, key)->type == CONF_SECRET)
        import_note(c->im, line, MSG("a secret ({1}) stands in the text now; {{ file: PATH } would keep it apart"), "s", key);
    doc_put_text(o, last, text);
}

void import_set_token(struct import_check *c, unsigned line, const char *text)
{
    if (text && strlen(text) < 12)
        import_note(c->im, line, MSG("the token is left out: it has less than 12 characters; a token of the API is needed"), "");
    else
        import_set(c, line, "token", text);
}

void import_set_more(struct import_check *c, unsigned line, const char *key, const char *text)
{
    const char *last;
    struct doc *o = place(c, line, key, &last);
    if (!o)
        return;
    struct doc *list = doc_get(o, last);
    if (!list)
        list = doc_put_list(o, last);
    if (list->kind == DOC_LIST && list->kids.n < 200)
        doc_push_text(list, text);
}

void import_set_pair(struct import_check *c, unsigned line, const char *key, const char *name, const char *text)
{
    const char *last;
    struct doc *o = place(c, line, key, &last);
    struct doc *pairs = o ? group_of(o, last) : NULL;
    if (pairs && pairs->kids.n < 100)
        doc_put_text(pairs, name, text);
}

void import_set_ms(struct import_check *c, unsigned line, const char *key, int64_t ms)
{
    const struct conf_row *row = row_of(c, key);
    struct buf b = BUF_MAX(64);
    if (row && row->type == CONF_DURATION && row->max > 0)
        ms = ms < row->min ? row->min : ms > row->max ? row->max : ms;
    conf_duration_text(&b, ms);
    import_set(c, line, key, buf_text(&b));
    buf_done(&b);
}

bool import_is_set(const struct import_check *c, const char *key)
{
    return doc_get(c->opts, key) != NULL;
}

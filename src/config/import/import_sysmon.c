/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_sysmon.c: sysmon.conf: objects with their type, dependencies and contact.  Objects of one address and name are one
 * check each; as sysmon's dependencies are those of the way, they become parents. */
#include "config/import/import_priv.h"

enum { MAX_DEPS = 32 };
struct object {
    const char *name, *ip, *type, *desc, *contact, *url, *username;
    int64_t port;
    const char *deps[MAX_DEPS];
    int n_deps;
    unsigned line;
};

struct scan {
    struct import *im;
    const char *p, *end;
    unsigned line;
    unsigned at; /* line of the token that was read */
};

static void skip(struct scan *s)
{
    for (bool comment = false; s->p < s->end; s->p++) {
        char c = *s->p;
        if (c == '\n') {
            s->line++;
            comment = false;
        } else if (c == '#' || (c == '/' && s->p + 1 < s->end && s->p[1] == '/')) {
            comment = true;
        } else if (!comment && c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

/* A word, a quoted text, or one of { } ; = as itself; NULL at the end. */
static const char *token(struct scan *s, bool *ret_quoted)
{
    *ret_quoted = false;
    skip(s);
    s->at = s->line;
    if (s->p >= s->end)
        return NULL;
    const char *from = s->p;
    if (*from == '"') {
        *ret_quoted = true;
        for (s->p = ++from; s->p < s->end && *s->p != '"'; s->p++)
            s->line += *s->p == '\n';
        const char *text = arena_dupn(s->im->arena, from, (size_t)(s->p - from));
        s->p += s->p < s->end;
        return text;
    }
    if (strchr("{};=", *from)) {
        s->p++;
        return arena_dupn(s->im->arena, from, 1);
    }
    while (s->p < s->end && *s->p != '\n' && *s->p && !strchr(" \t\r{};=\"", *s->p))
        s->p++;
    s->p += s->p == from; /* a NUL byte is a word of its own */
    return arena_dupn(s->im->arena, from, (size_t)(s->p - from));
}

static bool sign(const char *t, bool quoted, char c)
{
    return t && !quoted && t[0] == c && !t[1];
}

/* The words of a statement up to ';'. Returns how many; -1 at the end of the block or file. */
static int statement(struct scan *s, const char **words, int max)
{
    int n = 0;
    bool quoted;
    for (;;) {
        const char *t = token(s, &quoted);
        if (!t || sign(t, quoted, '}'))
            return n ? n : -1;
        if (sign(t, quoted, ';'))
            return n;
        if (!sign(t, quoted, '=') && n < max)
            words[n++] = t;
    }
}

static void put_check(struct import *im, struct import_host *h, const struct object *o)
{
    static const struct {
        const char *type, *kind;
        int port;
    } types[] = {{"smtp", "smtp", 25}, {"pop3", "pop3", 110}, {"pop", "pop3", 110}, {"imap", "imap", 143}, {"nntp", "nntp", 119}, {"ssh", "ssh", 22}, {"ftp", "ftp", 21}, {"ircd", "irc", 6667}};
    const char *type = o->type ? o->type : "ping";
    if (str_istarts(type, "ping")) {
        import_ping(im, h, o->line);
        return;
    }
    if (str_ieq(type, "www") || str_ieq(type, "http") || str_ieq(type, "https")) {
        bool whole = o->url && strstr(o->url, "://");
        const char *url = whole ? o->url : arena_printf(im->arena, "%s://%s%s", str_ieq(type, "https") ? "https" : "http", h->address ? h->address : h->name, o->url && o->url[0] == '/' ? o->url : "/");
        import_check(im, h, o->line, "http", url);
        return;
    }
    for (size_t i = 0; i < COUNT(types); i++)
        if (str_ieq(types[i].type, type)) {
            import_port(im, h, o->line, types[i].kind, o->port ? o->port : types[i].port);
            return;
        }
    if (str_ieq(type, "tcp") && o->port)
        import_check(im, h, o->line, "tcp", arena_printf(im->arena, "%lld", (long long)o->port));
    else
        import_note(im, o->line, MSG("“{1}” is of the type “{2}”, which has no counterpart"), "ss", o->name, type);
}

static void put_object(struct import *im, const struct object *o)
{
    if (!o->ip) {
        import_note(im, o->line, MSG("“{1}” has no address (ip)"), "s", o->name);
        return;
    }
    struct import_host *h = import_host(im, o->line, o->name, o->ip);
    import_key(im, h, o->line, "title", o->desc);
    for (int i = 0; i < o->n_deps; i++)
        import_add(im, h, o->line, "parents", o->deps[i]);
    const char *contact = o->contact ? import_contact(im, o->line, o->contact, o->contact) : NULL;
    if (contact)
        import_add(im, h, o->line, "contacts", contact);
    put_check(im, h, o);
}

static void object_word(struct scan *s, struct object *o, const char *key, const char *value)
{
    const struct {
        const char *key;
        const char **to;
    } texts[] = {{"ip", &o->ip}, {"type", &o->type}, {"desc", &o->desc}, {"contact", &o->contact}, {"url", &o->url}, {"username", &o->username}};
    for (size_t i = 0; i < COUNT(texts); i++)
        if (str_ieq(texts[i].key, key)) {
            *texts[i].to = value;
            return;
        }
    if (str_ieq(key, "dep") && o->n_deps < MAX_DEPS)
        o->deps[o->n_deps++] = value;
    else if (!str_ieq(key, "port") || str_i64(value, &o->port) < 0 || o->port < 1 || o->port > 65535)
        import_note(s->im, s->at, MSG("“{1}” of “{2}” is left out"), "ss", key, o->name);
}

static void object(struct scan *s, const char *name, unsigned line)
{
    struct object o = {.name = name, .line = line};
    const char *words[8];
    int n;
    while ((n = statement(s, words, 8)) >= 0)
        if (n >= 2)
            object_word(s, &o, words[0], words[1]);
        else if (n == 1)
            import_note(s->im, s->at, MSG("“{1}” of “{2}” is left out"), "ss", words[0], name);
    o.port = o.port < 0 || o.port > 65535 ? 0 : o.port;
    put_object(s->im, &o);
}

static void read_sysmon(struct import *im)
{
    struct scan s = {.im = im, .p = im->file->text, .end = im->file->text + im->file->bytes, .line = 1};
    const char *t;
    bool quoted;
    while ((t = token(&s, &quoted))) {
        unsigned line = s.at;
        if (str_ieq(t, "object")) {
            const char *name = token(&s, &quoted);
            const char *open = name ? token(&s, &quoted) : NULL;
            if (sign(open, quoted, '{'))
                object(&s, name, line);
            else
                import_note(im, line, MSG("an object has a name and a part in braces"), "");
            continue;
        }
        const char *words[8];
        int n = sign(t, quoted, ';') || sign(t, quoted, '}') ? 0 : statement(&s, words, 8);
        if (str_ieq(t, "include") && n > 0)
            import_note(im, line, MSG("“{1}” is not followed; import it by itself"), "s", words[0]);
        else if (n > 0 && !str_ieq(t, "root"))
            import_note(im, line, MSG("the setting “{1}” is left out"), "s", str_ieq(t, "set") || str_ieq(t, "config") ? words[0] : t);
    }
}

const struct importer import_sysmon = {"sysmon", MSG("sysmon.conf: objects and what they depend on"), read_sysmon};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_monit.c: monitrc: its statements and services; the tests of a service are import_monit_test.c's. */
#include "config/import/monit.h"

static const char *const service_words[] = {"if", "start", "stop", "restart", "depends", "depend", "every", "group", "alert", "noalert", "mode", "onreboot", "not", "check", "set", "include", NULL};
static const char *const top_words[] = {"check", "set", "include", NULL}, *const after_service[] = {"check", "set", NULL};

/* ---- tokens: words, quoted texts, and the signs { } ( ) , each by itself */

static bool is_sign(char c)
{
    return c && strchr("{}(),", c) != NULL;
}

static const char *skip(const char *p, const char *end, unsigned *line)
{
    for (bool comment = false; p < end; p++) {
        if (*p == '\n') {
            ++*line;
            comment = false;
        } else if (*p == '#') {
            comment = true;
        } else if (!comment && *p != ' ' && *p != '\t' && *p != '\r' && *p != ';') {
            break;
        }
    }
    return p;
}

static const char *one_token(struct import *im, const char *p, const char *end, unsigned *line, struct monit_token *ret)
{
    const char *from = p;
    *ret = (struct monit_token){.line = *line};
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    if ((*p == '"' || *p == '\'') && memchr(p + 1, *p, (size_t)((stop ? stop : end) - p - 1))) { /* a text does not go on in the next line */
        char quote = *p++;
        struct buf b = BUF_MAX(4096);
        for (; p < end && *p != quote; p++) {
            if (*p == '\\' && p + 1 < end && p[1] == quote)
                p++;
            *line += *p == '\n';
            buf_char(&b, *p);
        }
        ret->quoted = true;
        ret->text = arena_dup(im->arena, buf_text(&b));
        buf_done(&b);
        return p < end ? p + 1 : p;
    }
    if (is_sign(*p))
        p++;
    else
        while (p < end && *p != '\n' && *p != ' ' && *p != '\t' && *p != '\r' && (p == from || *p != '"') && !is_sign(*p))
            p++;
    size_t n = (size_t)(p - from);
    ret->text = arena_dupn(im->arena, from, n < 4096 ? n : 4096);
    return p;
}

static void tokenize(struct monit *m)
{
    const char *p = m->im->file->text, *end = p + m->im->file->bytes;
    unsigned line = 1;
    while ((p = skip(p, end, &line)) < end && m->tokens.n < MONIT_MAX_TOKENS) {
        struct monit_token t;
        p = one_token(m->im, p, end, &line, &t);
        VEC_PUSH(&m->tokens, t);
    }
    VEC_PUSH(&m->tokens, ((struct monit_token){.text = "", .line = line, .quoted = true}));
}

bool monit_is(const struct monit_token *t, const char *word)
{
    return !t->quoted && str_ieq(t->text, word);
}

bool monit_in(const struct monit_token *t, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (monit_is(t, words[i]))
            return true;
    return false;
}

static bool at_end(const struct monit *m, size_t i)
{
    return i + 1 >= m->tokens.n;
}

/* The end of the statement that begins at i: before the next word of `starts` outside braces. */
static size_t end_of(const struct monit *m, size_t i, const char *const *starts)
{
    int depth = 0;
    for (i++; !at_end(m, i); i++) {
        const struct monit_token *t = &m->tokens.at[i];
        depth += monit_is(t, "{") - (monit_is(t, "}") && depth > 0);
        bool action = monit_is(&m->tokens.at[i - 1], "then") || monit_is(&m->tokens.at[i - 1], "repeat") || monit_is(&m->tokens.at[i - 1], "else");
        bool first = t->line != m->tokens.at[i - 1].line && monit_in(t, after_service); /* whatever brace is still open */
        if (first || (depth == 0 && !action && monit_in(t, starts)))
            break;
    }
    return i;
}

/* ---- settings */

static void put_setting(struct monit *m, const struct monit_token *t, size_t n)
{
    static const char *const silent[] = {"log", "logfile", "pidfile", "idfile", "statefile", "eventqueue", "expectbuffer", "limits", "onreboot", "fips", "ssl", "tls", "terminal", NULL};
    int64_t v;
    if (n < 2)
        return;
    if (monit_is(&t[1], "daemon") && n > 2 && str_i64(t[2].text, &v) == 0 && v > 0 && v < 86400 * 31)
        m->cycle_s = v;
    else if (monit_is(&t[1], "alert") && n > 2)
        import_contact(m->im, t[2].line, t[2].text, t[2].text);
    else if (!monit_in(&t[1], silent))
        import_note(m->im, t->line, MSG("the setting “{1}” is left out"), "s", t[1].text);
}

/* ---- services */

/* The text behind one of the words: `with pidfile "/run/x.pid"`. */
static const char *behind(const struct monit_token *t, size_t n, const char *word)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (monit_is(&t[i], word))
            return t[i + 1].text;
    return NULL;
}

static const char *base_name(struct import *im, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t n = strlen(name);
    return str_ends(name, ".pid") ? arena_dupn(im->arena, name, n - 4) : name;
}

static struct import_check *main_check(struct monit_service *s, const char *kind, const char *value)
{
    struct import_check *c = import_check(s->m->im, s->host, s->line, kind, value);
    import_set(c, s->line, "name", import_name(s->m->im, s->name));
    s->main = c;
    return c;
}

static void begin_process(struct monit_service *s, const struct monit_token *t, size_t n)
{
    struct import *im = s->m->im;
    const char *pidfile = behind(t, n, "pidfile"), *matching = behind(t, n, "matching");
    if (matching && !strpbrk(matching, "^$[]()|\\+{}")) {
        struct import_check *c = main_check(s, "process", "*");
        import_set(c, s->line, "command", arena_printf(im->arena, "*%s*", matching));
        return;
    }
    const char *program = pidfile ? base_name(im, pidfile) : s->name;
    main_check(s, "process", program);
    import_note(im, s->line, MSG("“{1}” is looked for by the name of its program, “{2}”; see whether that is right"), "ss", s->name, program);
}

static void begin_host(struct monit_service *s, const struct monit_token *t, size_t n)
{
    const char *address = behind(t, n, "address");
    s->host = import_host(s->m->im, s->line, s->name, address ? address : s->name);
}

static void begin_program(struct monit_service *s, const struct monit_token *t, size_t n)
{
    const char *path = behind(t, n, "path");
    if (!path)
        return;
    s->main = import_plugin(s->m->im, s->host, s->line, s->name, path);
    if (behind(t, n, "timeout")) {
        int64_t seconds;
        if (str_i64(behind(t, n, "timeout"), &seconds) == 0 && seconds > 0 && seconds < 3600)
            import_set_ms(s->main, s->line, "timeout", seconds * 1000);
    }
}

static void begin_network(struct monit_service *s, const struct monit_token *t, size_t n)
{
    const char *name = behind(t, n, "interface");
    if (name)
        main_check(s, "interface", name);
    else
        import_note(s->m->im, s->line, MSG("“{1}” is left out: only an interface can be watched, not an address"), "s", s->name);
}

static void begin_path(struct monit_service *s, const struct monit_token *t, size_t n)
{
    s->path = behind(t, n, "path");
    if (s->path && s->kind == MONIT_FILE && !map_find(&s->m->paths, s->name))
        map_set(&s->m->paths, s->name, (void *)(uintptr_t)s->path);
    if (s->path && s->kind == MONIT_FILE)
        monit_begin_file(s);
}

static const struct {
    const char *word;
    enum monit_kind kind;
    void (*begin)(struct monit_service *s, const struct monit_token *t, size_t n);
} kinds[] = {{"process", MONIT_PROCESS, begin_process}, {"file", MONIT_FILE, begin_path}, {"fifo", MONIT_FILE, begin_path}, {"directory", MONIT_FILE, begin_path}, {"filesystem", MONIT_FILESYSTEM, begin_path},
             {"device", MONIT_FILESYSTEM, begin_path}, {"host", MONIT_HOST, begin_host}, {"system", MONIT_SYSTEM, NULL}, {"program", MONIT_PROGRAM, begin_program}, {"network", MONIT_NETWORK, begin_network}};

static bool begin_service(struct monit_service *s, const struct monit_token *t, size_t n)
{
    if (n < 3)
        return false;
    s->name = t[2].text;
    s->line = t[0].line;
    s->host = monit_is(&t[1], "host") ? NULL : import_local(s->m->im, s->line);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (monit_is(&t[1], kinds[i].word)) {
            s->kind = kinds[i].kind;
            s->word = kinds[i].word;
            if (kinds[i].begin)
                kinds[i].begin(s, t, n);
            return true;
        }
    import_note(s->m->im, s->line, MSG("“{1}” is of the type “{2}”, which has no counterpart"), "ss", s->name, t[1].text);
    return false;
}

static void put_every(struct monit_service *s, const struct monit_token *t, size_t n)
{
    int64_t cycles;
    if (n > 1 && !t[1].quoted && str_i64(t[1].text, &cycles) == 0 && cycles > 0 && cycles < 100000)
        s->every_ms = cycles * s->m->cycle_s * 1000;
    else
        import_note(s->m->im, t->line, MSG("“{1}” is checked at set times there; here it is checked all the time"), "s", s->name);
}

static void put_depends(struct monit_service *s, const struct monit_token *t, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (!monit_is(&t[i], "on") && !monit_is(&t[i], ",") && s->n_depends < MONIT_MAX_DEPENDS)
            s->depends[s->n_depends++] = t[i].text;
}

static void put_statement(struct monit_service *s, const struct monit_token *t, size_t n)
{
    struct import *im = s->m->im;
    if (monit_is(t, "include") && n > 1) {
        import_note(im, t->line, MSG("“{1}” is not followed; import it by itself"), "s", t[1].text);
    } else if (monit_is(t, "if")) {
        monit_test(s, t + 1, n - 1);
    } else if (monit_is(t, "every")) {
        put_every(s, t, n);
    } else if (monit_is(t, "depends") || monit_is(t, "depend")) {
        put_depends(s, t, n);
    } else if (monit_is(t, "alert") && n > 1) {
        const char *contact = import_contact(im, t->line, t[1].text, t[1].text);
        if (contact && s->n_contacts < MONIT_MAX_DEPENDS)
            s->contacts[s->n_contacts++] = contact;
    } else if (monit_is(t, "group") && n > 1 && s->kind == MONIT_HOST) {
        import_add(im, s->host, t->line, "groups", t[1].text);
    } else if (monit_is(t, "start") || monit_is(t, "stop") || monit_is(t, "restart")) {
        if (!s->told_action++)
            import_note(im, t->line, MSG("the action “{1}” of “{2}” is not done; contacts are told instead"), "ss", t->text, s->name);
    } else if (!monit_is(t, "group") && !monit_is(t, "mode") && !monit_is(t, "onreboot") && !monit_is(t, "check")) {
        import_note(im, t->line, MSG("“{1}” of “{2}” is left out"), "ss", t->text, s->name);
    }
}

/* Needed when everything is known: does such a check exist? */
static void remember_depends(struct monit_service *s, struct import_check *c)
{
    for (int i = 0; i < s->n_depends; i++)
        VEC_PUSH(&s->m->depends, ((struct monit_depend){c, s->depends[i], s->line}));
}

static void finish_check(struct monit_service *s, struct import_check *c)
{
    if (!c->kind)
        return;
    if (!import_is_set(c, "every"))
        import_set_ms(c, s->line, "every", s->every_ms ? s->every_ms : s->m->cycle_s * 1000);
    for (int i = 0; i < s->n_contacts; i++)
        import_set_more(c, s->line, "contacts", s->contacts[i]);
    remember_depends(s, c);
}

/* One service with all its statements; returns where it ends. */
static size_t put_service(struct monit *m, size_t at)
{
    struct monit_service s = {.m = m};
    size_t end = end_of(m, at, service_words);
    bool ours = begin_service(&s, &m->tokens.at[at], end - at);
    size_t from = s.host ? s.host->checks.n - (s.main && s.main->kind && !s.main->item.dropped) : 0;
    bool pinged = s.host && s.host->pinged;
    while (!at_end(m, end) && !monit_in(&m->tokens.at[end], after_service)) {
        size_t next = end_of(m, end, service_words);
        if (ours && s.host)
            put_statement(&s, &m->tokens.at[end], next - end);
        end = next;
    }
    if (s.host)
        for (size_t i = from; i < s.host->checks.n; i++)
            finish_check(&s, s.host->checks.at[i]);
    if (s.host && s.ping && !pinged)
        finish_check(&s, s.ping);
    return end;
}

static const struct import_host *has_check(const struct import *im, const char *name)
{
    for (size_t i = 0; i < im->hosts.n; i++)
        for (size_t k = 0; k < im->hosts.at[i]->checks.n; k++)
            if (str_eq(doc_text(im->hosts.at[i]->checks.at[k]->opts, "name", ""), import_name((struct import *)(uintptr_t)im, name)))
                return im->hosts.at[i];
    return NULL;
}

static void put_all_depends(struct monit *m)
{
    for (size_t i = 0; i < m->depends.n; i++) {
        const struct monit_depend *d = &m->depends.at[i];
        const char *binary = str_ends(d->on, "_bin") ? map_find(&m->paths, d->on) : NULL;
        if (binary && d->check->kind && str_eq(d->check->kind->name, "process") && !import_is_set(d->check, "command"))
            import_set(d->check, d->line, "program", base_name(m->im, binary)); /* Debian names the program so */
        const struct import_host *h = has_check(m->im, d->on);
        if (h)
            import_set_more(d->check, d->line, "depends", arena_printf(m->im->arena, "%s/%s", h->name, import_name(m->im, d->on)));
        else
            import_note(m->im, d->line, MSG("it depends on “{1}”, which is not here"), "s", d->on);
    }
}

static void read_monit(struct import *im)
{
    struct monit m = {.im = im, .cycle_s = 30};
    tokenize(&m);
    for (size_t i = 0; !at_end(&m, i);) {
        const struct monit_token *t = &m.tokens.at[i];
        if (monit_is(t, "check")) {
            i = put_service(&m, i);
            continue;
        }
        size_t end = end_of(&m, i, top_words);
        if (monit_is(t, "set"))
            put_setting(&m, t, end - i);
        else if (monit_is(t, "include") && end > i + 1)
            import_note(im, t->line, MSG("“{1}” is not followed; import it by itself"), "s", t[1].text);
        else
            import_note(im, t->line, MSG("“{1}” is not understood"), "s", t->text);
        i = end;
    }
    put_all_depends(&m);
    VEC_DONE(&m.tokens);
    VEC_DONE(&m.depends);
    map_done(&m.paths);
}

const struct importer import_monit = {"monit", MSG("monit: monitrc or a file of conf.d"), read_monit};

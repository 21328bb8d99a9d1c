/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_monit_test.c: the tests of a monit service (`if … then …`) as checks and thresholds of ours. */
#include "config/import/monit.h"

struct test {
    const struct monit_token *t; /* from behind "if" to "then" */
    size_t n;
    const char *action;
    int64_t attempts;
    unsigned line;
};

static const struct monit_token *find(const struct test *x, const char *word)
{
    for (size_t i = 0; i < x->n; i++)
        if (monit_is(&x->t[i], word))
            return &x->t[i];
    return NULL;
}

static const struct monit_token *find_any(const struct test *x, const char *const *words)
{
    for (size_t i = 0; i < x->n; i++)
        if (monit_in(&x->t[i], words))
            return &x->t[i];
    return NULL;
}

/* The token behind one of the words; NULL when it is the last. */
static const char *behind(const struct test *x, const char *word)
{
    const struct monit_token *t = find(x, word);
    return t && t + 1 < x->t + x->n ? t[1].text : NULL;
}

static const char *words_of(struct import *im, const struct test *x)
{
    struct buf b = BUF_MAX(300);
    for (size_t i = 0; i < x->n; i++)
        buf_printf(&b, "%s%s", i ? " " : "", x->t[i].text);
    const char *text = arena_dup(im->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static void left_out(struct monit_service *s, const struct test *x)
{
    import_note(s->m->im, x->line, MSG("the test “{1}” of “{2}” is left out"), "ss", words_of(s->m->im, x), s->name);
}

static void put_attempts(struct import_check *c, const struct test *x)
{
    if (c && x->attempts > 0 && !import_is_set(c, "attempts"))
        import_set(c, x->line, "attempts", arena_printf(c->im->arena, "%lld", (long long)(x->attempts > 100 ? 100 : x->attempts)));
}

/* ---- comparisons: "> 60%", "greater than 200 MB" */

struct limit {
    bool above;
    const char *figure; /* "60%", "200 MB", "5" */
};

static bool is_number(const char *text)
{
    return text[0] >= '0' && text[0] <= '9';
}

static bool read_limit(struct import *im, const struct test *x, struct limit *ret)
{
    static const char *const above[] = {">", ">=", "gt", "greater", "more", NULL}, *const below[] = {"<", "<=", "lt", "less", NULL};
    static const char *const units[] = {"%", "B", "KB", "MB", "GB", "kB", NULL};
    for (size_t i = 0; i < x->n; i++) {
        bool up = monit_in(&x->t[i], above);
        if (!up && !monit_in(&x->t[i], below))
            continue;
        size_t k = i + 1;
        if (k < x->n && monit_is(&x->t[k], "than"))
            k++;
        if (k >= x->n || !is_number(x->t[k].text) || strspn(x->t[k].text, "0123456789.%kKMGB") != strlen(x->t[k].text))
            return false;
        ret->above = up;
        bool unit = k + 1 < x->n && monit_in(&x->t[k + 1], units);
        ret->figure = unit ? arena_printf(im->arena, "%s%s%s", x->t[k].text, monit_is(&x->t[k + 1], "%") ? "" : " ", x->t[k + 1].text) : x->t[k].text;
        return true;
    }
    return false;
}

static void put_limit(struct import_check *c, const struct test *x, const char *key, const struct limit *l)
{
    import_set(c, x->line, key, arena_printf(c->im->arena, "%s %s", l->above ? ">" : "<", l->figure));
    put_attempts(c, x);
}

/* A resource of one kind of service: which check, which key. check NULL: the main one. */
struct resource {
    enum monit_kind kind;
    const char *words[3], *check, *key;
    char must_end; /* the figure must end in it; 'n': must not be a share */
};
static const struct resource resources[] = {
    {MONIT_PROCESS, {"cpu", NULL}, NULL, "cpu.crit", '%'},
    {MONIT_PROCESS, {"totalcpu", NULL}, NULL, "cpu.crit", '%'},
    {MONIT_PROCESS, {"total", "cpu", NULL}, NULL, "cpu.crit", '%'},
    {MONIT_PROCESS, {"totalmem", NULL}, NULL, "memory.crit", 'n'},
    {MONIT_PROCESS, {"memory", NULL}, NULL, "memory.crit", 'n'},
    {MONIT_PROCESS, {"mem", NULL}, NULL, "memory.crit", 'n'},
    {MONIT_PROCESS, {"threads", NULL}, NULL, "threads.crit", 'n'},
    {MONIT_PROCESS, {"filedescriptors", NULL}, NULL, "files.crit", 'n'},
    {MONIT_SYSTEM, {"cpu", "wait", NULL}, "cpu", "iowait.crit", '%'},
    {MONIT_SYSTEM, {"cpu", "steal", NULL}, "cpu", "steal.crit", '%'},
    {MONIT_SYSTEM, {"cpu", NULL}, "cpu", "crit", '%'},
    {MONIT_SYSTEM, {"memory", NULL}, "memory", "crit", '%'},
    {MONIT_SYSTEM, {"mem", NULL}, "memory", "crit", '%'},
    {MONIT_SYSTEM, {"swap", NULL}, "swap", "crit", '%'},
    {MONIT_SYSTEM, {"filedescriptors", NULL}, "files", "crit", 0},
    {MONIT_FILESYSTEM, {"space", NULL}, "disks", "crit", 0},
    {MONIT_FILESYSTEM, {"inodes", NULL}, "inodes", "crit", 0},
    {MONIT_FILESYSTEM, {"inode", NULL}, "inodes", "crit", 0},
    {MONIT_NETWORK, {"saturation", NULL}, NULL, "load.crit", '%'},
};

static bool all_words(const struct test *x, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (!find(x, words[i]))
            return false;
    return true;
}

static bool is_taken(const struct import_check *c, const char *key)
{
    const char *dot = strchr(key, '.');
    if (!dot)
        return doc_get(c->opts, key) != NULL;
    const struct doc *group = doc_get(c->opts, arena_dupn(c->im->arena, key, (size_t)(dot - key)));
    return group && doc_get(group, dot + 1) != NULL;
}

/* Of the service's checks of that kind one whose threshold is still free, or a new one. */
static struct import_check *check_of(struct monit_service *s, const struct test *x, const char *kind, const char *key)
{
    struct import *im = s->m->im;
    const char *name = import_name(im, strchr(s->name, '$') ? kind : arena_printf(im->arena, "%s %s", s->name, kind));
    for (size_t i = 0; i < s->host->checks.n; i++) { /* the same kind of the same service: another threshold of it */
        struct import_check *c = s->host->checks.at[i];
        if (c->kind && str_eq(c->kind->name, kind) && str_eq(doc_text(c->opts, "name", ""), name) && !is_taken(c, key))
            return c;
    }
    struct import_check *c = import_check(im, s->host, x->line, kind, NULL);
    import_set(c, x->line, "name", name);
    if (s->kind == MONIT_FILESYSTEM)
        import_set_more(c, x->line, "include", s->path);
    return c;
}

static bool put_resource(struct monit_service *s, const struct test *x)
{
    struct limit l;
    if (!read_limit(s->m->im, x, &l))
        return false;
    char last = l.figure[strlen(l.figure) - 1];
    for (size_t i = 0; i < COUNT(resources); i++) {
        const struct resource *r = &resources[i];
        if (r->kind != s->kind || !all_words(x, r->words) || (r->must_end == '%' && last != '%') || (r->must_end == 'n' && last == '%'))
            continue;
        if (s->kind == MONIT_FILESYSTEM && (!s->path || str_starts(s->path, "/dev/")))
            return false; /* a device; we know mount points */
        struct import_check *c = r->check ? check_of(s, x, r->check, r->key) : s->main;
        if (!c || is_taken(c, r->key))
            return false;
        if (s->kind == MONIT_FILESYSTEM && find(x, "free") && !l.above)
            l.figure = arena_printf(s->m->im->arena, "%s free", l.figure);
        put_limit(c, x, r->key, &l);
        return true;
    }
    return false;
}

/* loadavg: ours is per processor. */
static bool put_load(struct monit_service *s, const struct test *x)
{
    struct limit l;
    if (s->kind != MONIT_SYSTEM || !(find(x, "loadavg") || find(x, "load")) || !read_limit(s->m->im, x, &l))
        return false;
    struct import_check *c = check_of(s, x, "load", "crit");
    put_limit(c, x, "crit", &l);
    import_set(c, x->line, "over", find(x, "1min") ? "1" : find(x, "5min") ? "5" : "15");
    if (!find(x, "core"))
        import_note(s->m->im, x->line, MSG("the load is per processor here: divide the limit of “{1}” by their number"), "s", s->name);
    return true;
}

/* ---- connections: failed [host H] port P [protocol X] … */

static const char *kind_of(const char *protocol)
{
    static const char *const rows[][2] = {{"http", "http"}, {"https", "https"}, {"smtp", "smtp"}, {"smtps", "smtps"}, {"imap", "imap"}, {"imaps", "imaps"}, {"pop", "pop3"}, {"pops", "pop3s"}, {"ftp", "ftp"},
                                          {"ssh", "ssh"}, {"mysql", "mysql"}, {"mysqls", "mysql"}, {"pgsql", "postgres"}, {"redis", "redis"}, {"memcache", "memcached"}, {"ldap2", "ldap"}, {"ldap3", "ldap"},
                                          {"sip", "sip"}, {"mqtt", "mqtt"}, {"sieve", "managesieve"}, {"lmtp", "lmtp"}, {"clamav", "clamd"}, {"spamassassin", "spamd"}, {"rsync", "rsync"}, {"nntp", "nntp"}, {"fail2ban", "tcp"}};
    for (size_t i = 0; protocol && i < COUNT(rows); i++)
        if (str_ieq(rows[i][0], protocol))
            return rows[i][1];
    return NULL;
}

static struct import_check *put_page(struct monit_service *s, const struct test *x, const char *host, int64_t port, bool tls)
{
    struct import *im = s->m->im;
    const char *request = behind(x, "request"), *status = NULL, *content = behind(x, "content");
    const struct monit_token *st = find(x, "status"), *end = x->t + x->n;
    const char *where = strchr(host, ':') ? arena_printf(im->arena, "[%s]", host) : host;
    struct import_check *c = import_check(im, s->host, x->line, "http", arena_printf(im->arena, "%s://%s:%lld%s", tls ? "https" : "http", where, (long long)port, request && request[0] == '/' ? request : "/"));
    if (st && st + 1 < end)
        status = is_number(st[1].text) ? st[1].text : (monit_is(&st[1], "=") || monit_is(&st[1], "==")) && st + 2 < end ? st[2].text : NULL;
    if (status && conf_is_status(status))
        import_set_more(c, x->line, "expect.status", status);
    if (content && (str_eq(content, "=") || str_eq(content, "==")))
        content = find(x, "content") + 2 < end ? find(x, "content")[2].text : NULL;
    if (content)
        import_set(c, x->line, "expect.regex", content);
    if (find(x, "hostheader"))
        import_set_pair(c, x->line, "headers", "Host", behind(x, "hostheader") ? behind(x, "hostheader") : "");
    return c;
}

static void put_certificate(struct import_check *c, const struct test *x)
{
    const char *valid = behind(x, "valid");
    const struct monit_token *v = find(x, "valid");
    if (valid && str_eq(valid, ">") && v + 2 < x->t + x->n)
        valid = v[2].text;
    int64_t days;
    if (valid && str_i64(valid, &days) == 0 && days > 0 && days < 10000)
        import_set(c, x->line, "certificate.crit", arena_printf(c->im->arena, "< %lldd", (long long)days));
}

static bool put_connection(struct monit_service *s, const struct test *x)
{
    static const char *const secure[] = {"tcpssl", "ssl", "tls", "https", NULL};
    struct import *im = s->m->im;
    const char *port_text = behind(x, "port"), *host = behind(x, "host"), *protocol = behind(x, find(x, "protocol") ? "protocol" : "proto"), *seconds = behind(x, "timeout");
    int64_t port, ms;
    if (!find(x, "failed") || !port_text || str_i64(port_text, &port) < 0 || port < 1 || port > 65535)
        return false;
    bool tls = find_any(x, secure) != NULL;
    const char *kind = kind_of(protocol), *at = host ? host : s->host->address ? s->host->address : s->host->remote ? NULL : "127.0.0.1";
    if (!at)
        return false;
    const char *target = arena_printf(im->arena, strchr(at, ':') ? "[%s]:%lld" : "%s:%lld", at, (long long)port);
    struct import_check *c;
    bool udp = behind(x, "type") && str_ieq(behind(x, "type"), "udp");
    if (kind && str_starts(kind, "http"))
        c = put_page(s, x, at, port, tls || str_eq(kind, "https"));
    else if (udp)
        return false;
    else if (kind && str_ends(kind, "s") && import_has(im, arena_dupn(im->arena, kind, strlen(kind) - 1)) && !import_has(im, kind)) {
        c = import_check(im, s->host, x->line, arena_dupn(im->arena, kind, strlen(kind) - 1), target);
        import_set(c, x->line, "tls", "yes");
    } else {
        c = import_check(im, s->host, x->line, kind && import_has(im, kind) && !str_eq(kind, "ldap") ? kind : "tcp", target);
        if (tls && import_knows(c, "tls"))
            import_set(c, x->line, "tls", "yes");
    }
    if (!kind && protocol && !str_ieq(protocol, "default"))
        import_note(im, x->line, MSG("the protocol “{1}” is not spoken; only the port is watched"), "s", protocol);
    import_set(c, x->line, "name", import_name(im, arena_printf(im->arena, "%s %lld", s->name, (long long)port)));
    if (find(x, "certificate"))
        put_certificate(c, x);
    if (seconds && str_i64(seconds, &ms) == 0 && ms > 0 && ms < 3600)
        import_set_ms(c, x->line, "timeout", ms * 1000);
    put_attempts(c, x);
    return true;
}

static bool put_ping(struct monit_service *s, const struct test *x)
{
    static const char *const words[] = {"ping", "ping4", "ping6", "icmp", NULL};
    int64_t count;
    if (!find(x, "failed") || !find_any(x, words) || s->kind != MONIT_HOST)
        return false;
    struct import_check *c = import_ping(s->m->im, s->host, x->line);
    if (behind(x, "count") && str_i64(behind(x, "count"), &count) == 0)
        import_set(c, x->line, "count", arena_printf(s->m->im->arena, "%lld", (long long)(count < 1 ? 1 : count > 20 ? 20 : count)));
    put_attempts(c, x);
    s->ping = s->ping ? s->ping : c;
    return true;
}

/* ---- files */

void monit_begin_file(struct monit_service *s)
{
    static const char *const kinds[] = {"file", "path", NULL};
    struct import *im = s->m->im;
    for (int i = 0; kinds[i]; i++)
        if (import_has(im, kinds[i])) {
            s->main = import_check(im, s->host, s->line, kinds[i], s->path);
            import_set(s->main, s->line, "name", import_name(im, s->name));
            return;
        }
    import_note(im, s->line, MSG("a file “{1}” cannot be watched by this build"), "s", s->path);
}

static bool put_file(struct monit_service *s, const struct test *x)
{
    static const char *const ages[][2] = {{"second", "s"}, {"minute", "m"}, {"hour", "h"}, {"day", "d"}};
    struct limit l;
    if (s->kind != MONIT_FILE || !s->main || !s->main->kind)
        return false;
    if (find(x, "size") && import_knows(s->main, "size.crit") && read_limit(s->m->im, x, &l)) {
        put_limit(s->main, x, "size.crit", &l);
        return true;
    }
    const char *mode = behind(x, find(x, "permission") ? "permission" : "perm"), *owner = behind(x, find(x, "uid") ? "uid" : "gid");
    if (mode && find(x, "failed") && strspn(mode, "01234567") == strlen(mode) && strlen(mode) <= 4 && import_knows(s->main, "mode")) {
        import_set(s->main, x->line, "mode", strlen(mode) == 3 ? arena_printf(s->m->im->arena, "0%s", mode) : mode);
        return true;
    }
    if (owner && find(x, "failed") && import_knows(s->main, "owner")) {
        const char *old = doc_text(s->main->opts, "owner", "");
        import_set(s->main, x->line, "owner", find(x, "uid") ? arena_printf(s->m->im->arena, "%s%s", owner, old[0] == ':' ? old : "") : arena_printf(s->m->im->arena, "%s:%s", strchr(old, ':') ? "" : old, owner));
        return true;
    }
    static const char *const stamps[] = {"timestamp", "mtime", NULL};
    if (find_any(x, stamps) && import_knows(s->main, "age.crit") && read_limit(s->m->im, x, &l))
        for (size_t i = 0; i < COUNT(ages); i++)
            if (find(x, ages[i][0]) || find(x, arena_printf(s->m->im->arena, "%ss", ages[i][0]))) {
                l.figure = arena_printf(s->m->im->arena, "%s%s", l.figure, ages[i][1]);
                put_limit(s->main, x, "age.crit", &l);
                return true;
            }
    return false;
}

/* What our check does by itself. */
static bool by_itself(const struct monit_service *s, const struct test *x)
{
    if (find(x, "exist") || find(x, "exists"))
        return s->main != NULL && find(x, "not");
    if (s->kind == MONIT_PROGRAM && find(x, "status"))
        return true;
    return s->kind == MONIT_NETWORK && find(x, "link") && find(x, "failed");
}

/* "for 3 cycles", "3 times within 5 cycles": so many bad results. */
static int64_t attempts_of(const struct test *x)
{
    static const char *const counted[] = {"cycles", "cycle", "times", "time", NULL};
    int64_t n;
    for (size_t i = 0; i + 1 < x->n; i++)
        if (monit_in(&x->t[i + 1], counted) && str_i64(x->t[i].text, &n) == 0 && n > 0)
            return n;
    return 0;
}

void monit_test(struct monit_service *s, const struct monit_token *t, size_t n)
{
    struct test x = {.t = t, .line = n ? t->line : s->line};
    while (x.n < n && !monit_is(&t[x.n], "then"))
        x.n++;
    x.action = x.n + 1 < n ? t[x.n + 1].text : "alert";
    x.attempts = attempts_of(&x);
    if (find(&x, "restarts") || find(&x, "restart")) /* when to give up restarting */
        return;
    if (!by_itself(s, &x) && !put_resource(s, &x) && !put_load(s, &x) && !put_connection(s, &x) && !put_ping(s, &x) && !put_file(s, &x))
        left_out(s, &x);
    if (!str_ieq(x.action, "alert") && !s->told_action++)
        import_note(s->m->im, x.line, MSG("the action “{1}” of “{2}” is not done; contacts are told instead"), "ss", x.action, s->name);
}

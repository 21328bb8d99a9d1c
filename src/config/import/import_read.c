/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_read.c: lines, words and trees of foreign files, with their places. */
#include "config/import/import_priv.h"

void import_fail(struct import *im, unsigned line, const char *msgid, const char *types, ...)
{
    if (im->failed)
        return;
    im->failed = true;
    struct buf text = BUF_MAX(500);
    va_list ap;
    va_start(ap, types);
    msg_vpack(&text, msgid, types, ap);
    va_end(ap);
    char place[300];
    if (line)
        str_print(place, sizeof place, "%.200s:%u", im->file->name, line);
    else
        str_copy(place, sizeof place, im->file->name);
    err_set(im->e, ERR_INVALID, "{1}: {2}", "sm", place, buf_text(&text));
    buf_done(&text);
}

struct import_lines import_lines(const struct import *im, bool joins)
{
    struct str all = {im->file->text, im->file->bytes};
    if (all.n >= 3 && memcmp(all.p, "\xef\xbb\xbf", 3) == 0)
        all = (struct str){all.p + 3, all.n - 3};
    return (struct import_lines){.rest = all, .next = 1, .joins = joins};
}

static bool one_line(struct import_lines *l, struct str *ret)
{
    if (l->rest.n == 0)
        return false;
    const char *nl = memchr(l->rest.p, '\n', l->rest.n);
    size_t n = nl ? (size_t)(nl - l->rest.p) : l->rest.n, used = nl ? n + 1 : n;
    *ret = (struct str){l->rest.p, n && l->rest.p[n - 1] == '\r' ? n - 1 : n};
    l->rest = (struct str){l->rest.p + used, l->rest.n - used};
    l->next++;
    return true;
}

static bool goes_on(struct str s)
{
    return s.n && s.p[s.n - 1] == '\\';
}

bool import_line(struct import *im, struct import_lines *l, struct str *ret_line)
{
    struct str s, more;
    l->line = l->next;
    if (!one_line(l, &s))
        return false;
    if (!l->joins || !goes_on(s)) {
        *ret_line = s;
        return true;
    }
    struct buf b = BUF_MAX(64 * 1024);
    buf_add(&b, s.p, s.n - 1);
    while (one_line(l, &more)) {
        buf_add(&b, more.p, more.n - goes_on(more));
        if (!goes_on(more))
            break;
    }
    *ret_line = (struct str){arena_dupn(im->arena, buf_text(&b), b.len), b.len};
    buf_done(&b);
    return true;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One word into b; p stands on its first character. Returns what follows it. */
static const char *word(struct buf *b, const char *p, const char *end)
{
    char quote = 0;
    for (; p < end && (quote || !blank(*p)); p++) {
        if (quote == '"' && *p == '\\' && p + 1 < end)
            buf_char(b, *++p);
        else if (quote ? *p == quote : *p == '"' || *p == '\'')
            quote = quote ? 0 : *p;
        else
            buf_char(b, *p);
    }
    return p;
}

int import_words(struct import *im, struct str line, char comment, const char **words)
{
    const char *p = line.p, *end = line.p + line.n;
    int n = 0;
    while (n < IMPORT_MAX_WORDS) {
        while (p < end && blank(*p))
            p++;
        if (p >= end || (comment && *p == comment))
            break;
        struct buf b = BUF_MAX(8192);
        p = word(&b, p, end);
        words[n++] = arena_dup(im->arena, buf_text(&b));
        buf_done(&b);
    }
    return n;
}

const struct node *import_tree(struct import *im, const struct conf_file *file)
{
    struct conf_errors es = {0};
    struct conf_ctx *c = NEW(struct conf_ctx);
    bool ok = false;
    conf_ctx_init(c, im->env, im->arena, &es);
    c->file = c->files = file;
    const struct node *tree = compose_text(c, im->arena, file->text, file->bytes, NULL, &ok);
    if (!ok || conf_error_count(c) > 0) {
        if (es.n)
            import_fail(im, es.at[0].line, "{1}", "m", es.at[0].text);
        else
            import_fail(im, 0, MSG("this is neither YAML nor JSON"), "");
        tree = NULL;
    } else if (!tree) {
        import_fail(im, 0, MSG("the file is empty"), "");
    }
    conf_ctx_done(c);
    mem_free(c);
    conf_errors_done(&es);
    return tree;
}

const char *import_text(const struct node *map, const char *key)
{
    const struct node *n = map && map->kind == NODE_MAP ? node_get(map, key) : NULL;
    return n && n->kind == NODE_TEXT && !node_is_null(n) ? n->text : NULL;
}

unsigned import_at(const struct node *n)
{
    return n ? n->line : 0;
}

/* ---- addresses */

bool import_is_address(const char *text)
{
    int family;
    return text && (conf_is_ip(text, &family) || conf_is_host(text));
}

/* What stands between "//" and the path, without user and password. */
static struct str authority(const char *url)
{
    const char *p = strstr(url, "://");
    p = p ? p + 3 : url;
    size_t n = strcspn(p, "/?#");
    for (size_t i = n; i > 0; i--)
        if (p[i - 1] == '@')
            return (struct str){p + i, n - i};
    return (struct str){p, n};
}

const char *import_url_host(struct import *im, const char *url)
{
    struct str s = authority(url);
    if (s.n && s.p[0] == '[') {
        const char *end = memchr(s.p, ']', s.n);
        return end ? arena_dupn(im->arena, s.p + 1, (size_t)(end - s.p) - 1) : NULL;
    }
    const char *colon = memchr(s.p, ':', s.n), *bare = arena_dupn(im->arena, s.p, s.n);
    int family;
    if (conf_is_ip(bare, &family))
        return bare;
    size_t n = colon ? (size_t)(colon - s.p) : s.n;
    return n ? arena_dupn(im->arena, s.p, n) : NULL;
}

int64_t import_url_port(const char *url)
{
    struct str s = authority(url);
    size_t i = s.n;
    while (i > 0 && s.p[i - 1] >= '0' && s.p[i - 1] <= '9')
        i--;
    if (i == 0 || i == s.n || s.p[i - 1] != ':' || s.n - i > 5)
        return 0;
    int64_t port = 0;
    for (; i < s.n; i++)
        port = port * 10 + (s.p[i] - '0');
    return port >= 1 && port <= 65535 ? port : 0;
}

const char *import_protocol(int64_t port)
{
    static const struct {
        int port;
        const char *kind;
    } usual[] = {{21, "ftp"}, {22, "ssh"}, {25, "smtp"}, {53, "dns"}, {80, "http"}, {110, "pop3"}, {119, "nntp"}, {143, "imap"}, {389, "ldap"}, {443, "https"},
                 {465, "smtps"}, {587, "submission"}, {636, "ldaps"}, {873, "rsync"}, {993, "imaps"}, {995, "pop3s"}, {3306, "mysql"}, {5432, "postgres"}, {6379, "redis"}, {11211, "memcached"}};
    for (size_t i = 0; i < COUNT(usual); i++)
        if (usual[i].port == port)
            return usual[i].kind;
    return NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* syntax.c: is this text an address, a URL, a name?  Pure judgements on one text; whether the thing
 * exists is found out when it is used. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include <arpa/inet.h>

enum { MAX_URL_BYTES = 2048, MAX_HOST_BYTES = 253 };

static bool digits(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < '0' || p[i] > '9')
            return false;
    return n > 0;
}

static bool alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool conf_is_ip(const char *text, int *ret_family)
{
    unsigned char raw[16];
    char bare[64];
    const char *scope = strchr(text, '%');
    size_t n = scope ? (size_t)(scope - text) : strlen(text);

    if (n >= sizeof(bare))
        return false;
    str_copyn(bare, sizeof(bare), text, n);
    if (!scope && inet_pton(AF_INET, bare, raw) == 1) {
        *ret_family = 4;
        return true;
    }
    if (inet_pton(AF_INET6, bare, raw) != 1)
        return false;
    for (const char *p = scope ? scope + 1 : ""; *p; p++)
        if (!alnum(*p) && !strchr("._-", *p))
            return false;
    *ret_family = 6;
    return !scope || scope[1];
}

/* One label of a DNS name; underscores exist in practice. */
static bool label_ok(struct str s)
{
    if (s.n == 0 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
            return false;
    return true;
}

bool conf_is_host(const char *text)
{
    const char *p = text, *dot;
    size_t n = strlen(text);

    if (n > 0 && text[n - 1] == '.')
        n--;
    if (n == 0 || n > MAX_HOST_BYTES)
        return false;
    for (;; p = dot + 1) {
        size_t left = n - (size_t)(p - text);

        dot = memchr(p, '.', left);
        if (!label_ok((struct str){p, dot ? (size_t)(dot - p) : left}))
            return false;
        if (dot == NULL) /* a last label of digits would be a mistyped IPv4 address */
            return !digits(p, left) || p == text ? !digits(text, n) : false;
    }
}

static bool port_ok(const char *p, size_t n)
{
    int port = 0;

    if (!digits(p, n) || n > 5)
        return false;
    for (size_t i = 0; i < n; i++)
        port = port * 10 + (p[i] - '0');
    return port > 0 && port <= 65535;
}

/* "host", "host:80", "[::1]:80"; the port may be obligatory. */
static bool authority_ok(const char *p, size_t n, bool must_port)
{
    char host[MAX_HOST_BYTES + 3];
    const char *port = NULL;
    int family;

    if (n == 0 || n > MAX_HOST_BYTES + 8)
        return false;
    if (p[0] == '[') {
        const char *end = memchr(p, ']', n);

        if (end == NULL || (size_t)(end - p) >= sizeof(host))
            return false;
        str_copyn(host, sizeof(host), p + 1, (size_t)(end - p) - 1);
        if (!conf_is_ip(host, &family) || family != 6)
            return false;
        if ((size_t)(end + 1 - p) == n)
            return !must_port;
        return end[1] == ':' && port_ok(end + 2, n - (size_t)(end + 2 - p));
    }
    port = memchr(p, ':', n);
    if (port ? !port_ok(port + 1, n - (size_t)(port + 1 - p)) : must_port)
        return false;
    n = port ? (size_t)(port - p) : n;
    if (n >= sizeof(host))
        return false;
    str_copyn(host, sizeof(host), p, n);
    return conf_is_ip(host, &family) || conf_is_host(host);
}

bool conf_is_url(const char *text)
{
    size_t skip = str_istarts(text, "https://")  ? 8
                  : str_istarts(text, "http://") ? 7
                                                 : 0,
           n = strlen(text);
    const char *p = text + skip;

    if (skip == 0 || n > MAX_URL_BYTES)
        return false;
    for (const char *q = text; *q; q++)
        if ((unsigned char)*q <= ' ' || *q == 0x7f)
            return false;
    return authority_ok(p, strcspn(p, "/?#"), false);
}

bool conf_is_listen(const char *text)
{
    return authority_ok(text, strlen(text), true);
}

bool conf_is_network(const char *text)
{
    char address[64];
    const char *slash = strchr(text, '/');
    int family;
    int64_t bits;

    str_copyn(address, sizeof(address), text, slash ? (size_t)(slash - text) : strlen(text));
    if (!conf_is_ip(address, &family))
        return false;
    return slash == NULL ||
           (digits(slash + 1, strlen(slash + 1)) && str_i64(slash + 1, &bits) == 0 && bits >= 0 &&
            bits <= (family == 4 ? 32 : 128));
}

static bool mailbox_ok(struct str s)
{
    const char *at = memchr(s.p, '@', s.n);

    if (at == NULL || at == s.p || at + 1 == s.p + s.n || s.n > 254)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("<>(),;:\"\\", s.p[i]) ||
            (s.p + i > at && s.p[i] == '@'))
            return false;
    return true;
}

bool conf_is_mail(const char *text)
{
    size_t n = strlen(text);
    const char *open = strchr(text, '<');

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    if (open == NULL)
        return mailbox_ok((struct str){text, n});
    if (n < 3 || text[n - 1] != '>' || open == text)
        return false;
    return mailbox_ok((struct str){open + 1, (size_t)(text + n - 1 - (open + 1))});
}

bool conf_is_zone(const char *text)
{
    if (!alnum(text[0]) || strstr(text, "..") || strlen(text) > 64)
        return false;
    for (const char *p = text; *p; p++)
        if (!alnum(*p) && !strchr("_+-/", *p))
            return false;
    return true;
}

static bool status_digit(char c, bool wild)
{
    return (c >= '0' && c <= '9') || (wild && (c == 'x' || c == 'X'));
}

/* "200", "2xx", "300-399". */
bool conf_is_status(const char *text)
{
    size_t n = strlen(text);

    if ((n != 3 && n != 7) || text[0] < '1' || text[0] > '5')
        return false;
    if (!status_digit(text[1], n == 3) || !status_digit(text[2], n == 3))
        return false;
    if (n == 3)
        return true;
    return text[3] == '-' && text[4] >= '1' && text[4] <= '5' && digits(text + 5, 2) &&
           memcmp(text, text + 4, 3) <= 0;
}

int conf_name_ok(const char *name, struct err *e)
{
    struct buf why = BUF_MAX(599);
    int code = conf_name_check(name, &why);

    if (code < 0 && e) {
        *e = (struct err){.code = code};
        str_copy(e->text, sizeof e->text, buf_text(&why));
    }
    buf_done(&why);
    return code;
}

int conf_name_check(const char *name, struct buf *why)
{
    size_t n = strlen(name);
    struct buf clean = BUF_MAX(4 * CONF_MAX_NAME);
    int e = ERR_INVALID;

    if (n <= CONF_MAX_NAME)
        utf8_clean(&clean, name, n, UTF8_ONE_LINE, 4 * CONF_MAX_NAME);
    if (n == 0)
        msg_pack(why, MSG("a name may not be empty"), "");
    else if (n > CONF_MAX_NAME)
        msg_pack(why, MSG("a name has at most {1} bytes; this one has {2}"), "ii",
                 (int64_t)CONF_MAX_NAME, (int64_t)n);
    else if (!str_eq(buf_text(&clean), name))
        msg_pack(why, MSG("the name {1} holds a control character"), "s", buf_text(&clean));
    else if (strchr(name, '/'))
        msg_pack(why, MSG("a name may not hold “/”, which separates host and check; read was {1}"),
                 "s", name);
    else if (name[0] == ' ' || name[n - 1] == ' ')
        msg_pack(why, MSG("the name “{1}” begins or ends with a blank"), "s", name);
    else
        e = 0;
    buf_done(&clean);
    return e;
}

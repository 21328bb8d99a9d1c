/* SPDX-License-Identifier: GPL-3.0-or-later */
/* addr.c: text to address and back, comparison, prefixes.  Pure: it asks neither resolver nor
 * kernel, except for the number of an interface in a scoped address ("fe80::1%eth0"). */
#include "io/addr.h"

#include "base/err.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static struct sockaddr_in *as_v4(struct addr *a)
{
    return (struct sockaddr_in *)(void *)a->space;
}

static struct sockaddr_in6 *as_v6(struct addr *a)
{
    return (struct sockaddr_in6 *)(void *)a->space;
}

static const struct sockaddr_in *v4(const struct addr *a)
{
    return (const struct sockaddr_in *)(const void *)a->space;
}

static const struct sockaddr_in6 *v6(const struct addr *a)
{
    return (const struct sockaddr_in6 *)(const void *)a->space;
}

static int scope_parse(const char *text, uint32_t *ret_id)
{
    int64_t n;
    if (str_i64(text, &n) == 0 && n > 0 && n <= INT32_MAX) {
        *ret_id = (uint32_t)n;
        return 0;
    }
    *ret_id = if_nametoindex(text);
    return *ret_id != 0 ? 0 : ERR_INVALID;
}

static int parse_v6(const char *host, int port, struct addr *ret)
{
    struct addr a = {.len = sizeof(struct sockaddr_in6)};
    struct sockaddr_in6 *sa = as_v6(&a);
    char bare[INET6_ADDRSTRLEN + 1];
    const char *percent = strchr(host, '%');
    size_t n = percent != NULL ? (size_t)(percent - host) : strlen(host);
    if (!str_copyn(bare, sizeof bare, host, n) || inet_pton(AF_INET6, bare, &sa->sin6_addr) != 1)
        return ERR_INVALID;
    if (percent != NULL && scope_parse(percent + 1, &sa->sin6_scope_id) != 0)
        return ERR_INVALID;
    sa->sin6_family = AF_INET6;
    sa->sin6_port = htons((uint16_t)port);
    *ret = a;
    return 0;
}

int addr_parse(const char *host, int port, struct addr *ret)
{
    if (host == NULL || port < 0 || port > 65535)
        return ERR_INVALID;
    struct addr a = {.len = sizeof(struct sockaddr_in)};
    if (inet_pton(AF_INET, host, &as_v4(&a)->sin_addr) != 1)
        return parse_v6(host, port, ret);
    as_v4(&a)->sin_family = AF_INET;
    as_v4(&a)->sin_port = htons((uint16_t)port);
    *ret = a;
    return 0;
}

int addr_unix(const char *path, struct addr *ret)
{
    _Static_assert(sizeof(struct sockaddr_un) <= sizeof ret->space, "room for a path");
    struct addr a = {.len = sizeof(struct sockaddr_un)};
    struct sockaddr_un *sa = (struct sockaddr_un *)(void *)a.space;
    if (path == NULL || path[0] == '\0')
        return ERR_INVALID;
    if (!str_copy(sa->sun_path, sizeof sa->sun_path, path))
        return ERR_LIMIT;
    sa->sun_family = AF_UNIX;
    *ret = a;
    return 0;
}

static int port_parse(const char *text, int *ret_port)
{
    int64_t n;
    if (text[0] < '0' || text[0] > '9' || str_i64(text, &n) != 0 || n > 65535)
        return ERR_INVALID;
    *ret_port = (int)n;
    return 0;
}

int addr_split(const char *text, char *host, size_t host_bytes, int *ret_port)
{
    const char *from = text;
    const char *colon = strrchr(text, ':');
    size_t n = 0;
    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        if (end == NULL || end[1] != ':')
            return ERR_INVALID;
        from = text + 1;
        n = (size_t)(end - from);
        colon = end + 1;
    } else if (colon != NULL) {
        n = (size_t)(colon - text);
        if (memchr(text, ':', n) != NULL) /* "::1" without brackets: where would the port begin? */
            return ERR_INVALID;
    }
    int port;
    if (port_parse(colon != NULL ? colon + 1 : text, &port) != 0 || n >= host_bytes)
        return ERR_INVALID;
    str_copyn(host, host_bytes, from, n);
    *ret_port = port;
    return 0;
}

static void host_v6(const struct sockaddr_in6 *sa, char out[ADDR_TEXT_BYTES])
{
    char text[INET6_ADDRSTRLEN], name[IF_NAMESIZE];
    inet_ntop(AF_INET6, &sa->sin6_addr, text, sizeof text);
    if (sa->sin6_scope_id == 0)
        str_copy(out, ADDR_TEXT_BYTES, text);
    else if (if_indextoname(sa->sin6_scope_id, name) != NULL)
        str_print(out, ADDR_TEXT_BYTES, "%s%%%s", text, name);
    else
        str_print(out, ADDR_TEXT_BYTES, "%s%%%u", text, (unsigned)sa->sin6_scope_id);
}

void addr_host(const struct addr *a, char out[ADDR_TEXT_BYTES])
{
    out[0] = '\0';
    if (a->sa.sa_family == AF_INET)
        inet_ntop(AF_INET, &v4(a)->sin_addr, out, ADDR_TEXT_BYTES);
    else if (a->sa.sa_family == AF_INET6)
        host_v6(v6(a), out);
    else if (a->sa.sa_family == AF_UNIX)
        str_copy(out, ADDR_TEXT_BYTES,
                 ((const struct sockaddr_un *)(const void *)a->space)->sun_path);
}

void addr_format(const struct addr *a, char out[ADDR_TEXT_BYTES])
{
    char host[ADDR_TEXT_BYTES];
    addr_host(a, host);
    if (a->sa.sa_family == AF_INET)
        str_print(out, ADDR_TEXT_BYTES, "%s:%d", host, addr_port(a));
    else if (a->sa.sa_family == AF_INET6)
        str_print(out, ADDR_TEXT_BYTES, "[%s]:%d", host, addr_port(a));
    else
        str_copy(out, ADDR_TEXT_BYTES, host);
}

int addr_port(const struct addr *a)
{
    if (a->sa.sa_family == AF_INET)
        return ntohs(v4(a)->sin_port);
    if (a->sa.sa_family == AF_INET6)
        return ntohs(v6(a)->sin6_port);
    return 0;
}

void addr_set_port(struct addr *a, int port)
{
    if (a->sa.sa_family == AF_INET)
        as_v4(a)->sin_port = htons((uint16_t)port);
    else if (a->sa.sa_family == AF_INET6)
        as_v6(a)->sin6_port = htons((uint16_t)port);
}

bool addr_is_v6(const struct addr *a)
{
    return a->sa.sa_family == AF_INET6;
}

/* The bytes of the host part: 4 or 16; an IPv4 address in IPv6 clothes counts as what it is. */
static size_t host_bytes_of(const struct addr *a, const unsigned char **ret_p)
{
    if (a->sa.sa_family == AF_INET) {
        *ret_p = (const unsigned char *)&v4(a)->sin_addr;
        return 4;
    }
    if (a->sa.sa_family != AF_INET6)
        return 0;
    const unsigned char *p = v6(a)->sin6_addr.s6_addr;
    bool mapped = IN6_IS_ADDR_V4MAPPED(&v6(a)->sin6_addr);
    *ret_p = mapped ? p + 12 : p;
    return mapped ? 4 : 16;
}

bool addr_is_loopback(const struct addr *a)
{
    const unsigned char *p;
    size_t n = host_bytes_of(a, &p);
    if (n == 4)
        return p[0] == 127;
    return n == 16 ? IN6_IS_ADDR_LOOPBACK(&v6(a)->sin6_addr) : a->sa.sa_family == AF_UNIX;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    if (a->sa.sa_family == AF_UNIX)
        return b->sa.sa_family == AF_UNIX && a->len == b->len &&
               memcmp(a->space, b->space, a->len) == 0;
    const unsigned char *p, *q;
    size_t n = host_bytes_of(a, &p);
    if (n == 0 || n != host_bytes_of(b, &q) || memcmp(p, q, n) != 0)
        return false;
    bool both_v6 = addr_is_v6(a) && addr_is_v6(b);
    return !both_v6 || v6(a)->sin6_scope_id == v6(b)->sin6_scope_id;
}

static bool bits_equal(const unsigned char *p, const unsigned char *q, int bits)
{
    int whole = bits / 8, rest = bits % 8;
    if (memcmp(p, q, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((p[whole] ^ q[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

bool addr_in(const struct addr *a, const char *prefix)
{
    char host[INET6_ADDRSTRLEN + 1];
    const char *slash = strchr(prefix, '/');
    size_t n = slash != NULL ? (size_t)(slash - prefix) : strlen(prefix);
    struct addr net;
    if (!str_copyn(host, sizeof host, prefix, n) || addr_parse(host, 0, &net) != 0)
        return false;
    const unsigned char *p, *q;
    size_t size = host_bytes_of(a, &p);
    if (size == 0 || size != host_bytes_of(&net, &q))
        return false;
    int bits = (int)size * 8;
    if (slash != NULL && (port_parse(slash + 1, &bits) != 0 || bits > (int)size * 8))
        return false;
    return bits_equal(p, q, bits);
}

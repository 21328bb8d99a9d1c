/* SPDX-License-Identifier: GPL-3.0-or-later */
/* services.c: a small table instead of /etc/services: the same everywhere, and it knows what speaks TLS. */
#include "checks/services.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/addr.h"

#include <string.h>

static const struct service services[] = {
    {"ftp", 21, false, "tcp"},          {"ssh", 22, false, "tcp"},
    {"telnet", 23, false, "tcp"},       {"smtp", 25, false, "tcp"},
    {"dns", 53, false, "tcp"},          {"domain", 53, false, "tcp"},
    {"http", 80, false, "http"},        {"www", 80, false, "http"},
    {"pop3", 110, false, "tcp"},        {"nntp", 119, false, "tcp"},
    {"imap", 143, false, "tcp"},        {"imap2", 143, false, "tcp"},
    {"ldap", 389, false, "tcp"},        {"https", 443, true, "https"},
    {"submissions", 465, true, "tls"},  {"smtps", 465, true, "tls"},
    {"ssmtp", 465, true, "tls"},        {"submission", 587, false, "tcp"},
    {"ldaps", 636, true, "tls"},        {"rsync", 873, false, "tcp"},
    {"ftps", 990, true, "tls"},         {"imaps", 993, true, "tls"},
    {"pop3s", 995, true, "tls"},        {"mysql", 3306, false, "tcp"},
    {"postgres", 5432, false, "tcp"},   {"postgresql", 5432, false, "tcp"},
    {"xmpp", 5222, false, "tcp"},       {"redis", 6379, false, "tcp"},
    {"irc", 6667, false, "tcp"},        {"ircs", 6697, true, "tls"},
    {"sieve", 4190, false, "tcp"},      {"mqtt", 1883, false, "tcp"},
    {"mqtts", 8883, true, "tls"},       {"nrpe", 5666, false, "tcp"},
    {"munin", 4949, false, "tcp"},      {"git", 9418, false, "tcp"},
    {"svn", 3690, false, "tcp"},        {"amqp", 5672, false, "tcp"},
    {"amqps", 5671, true, "tls"},       {"dot", 853, true, "tls"},
};

const struct service *service_find(const char *name)
{
    for (size_t i = 0; i < COUNT(services); i++)
        if (str_ieq(services[i].name, name))
            return &services[i];
    return NULL;
}

const struct service *service_at(int port)
{
    for (size_t i = 0; i < COUNT(services); i++)
        if (services[i].port == port)
            return &services[i];
    return NULL;
}

static int port_of(const char *text, int *ret_port)
{
    const struct service *s = service_find(text);
    int64_t n;

    if (s) {
        *ret_port = s->port;
        return 0;
    }
    if (str_i64(text, &n) != 0 || n < 1 || n > 65535)
        return ERR_INVALID;
    *ret_port = (int)n;
    return 0;
}

static int split_bracketed(const char *text, char *host, size_t host_bytes, int *ret_port)
{
    const char *end = strchr(text, ']');
    struct addr a;

    if (end == NULL || !str_copyn(host, host_bytes, text + 1, (size_t)(end - text - 1)))
        return ERR_INVALID;
    if (addr_parse(host, 0, &a) != 0)
        return ERR_INVALID;
    *ret_port = 0;
    if (end[1] == '\0')
        return 0;
    return end[1] == ':' ? port_of(end + 2, ret_port) : ERR_INVALID;
}

int service_split(const char *text, char *host, size_t host_bytes, int *ret_port)
{
    const char *colon = strrchr(text, ':');
    struct addr a;

    host[0] = '\0';
    if (text[0] == '[')
        return split_bracketed(text, host, host_bytes, ret_port);
    if (colon == NULL && port_of(text, ret_port) == 0)
        return 0;
    if (colon == NULL || addr_parse(text, 0, &a) == 0) { /* a host alone; an IPv6 address has colons of its own */
        *ret_port = 0;
        return text[0] && str_copy(host, host_bytes, text) ? 0 : ERR_INVALID;
    }
    if (!str_copyn(host, host_bytes, text, (size_t)(colon - text)) || strchr(host, ':'))
        return ERR_INVALID;
    return port_of(colon + 1, ret_port);
}

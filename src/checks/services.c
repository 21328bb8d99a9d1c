/* SPDX-License-Identifier: GPL-3.0-or-later */
/* services.c: a small table instead of /etc/services: the same everywhere, and it knows what speaks TLS. */
#include "checks/services.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/addr.h"

#include <string.h>

static const struct service services[] = {
    {"ftp", 21, false, "ftp"},                  {"ssh", 22, false, "ssh"},
    {"telnet", 23, false, "tcp"},               {"lmtp", 24, false, "lmtp"},
    {"smtp", 25, false, "smtp"},                {"dns", 53, false, "tcp"},
    {"domain", 53, false, "tcp"},               {"finger", 79, false, "finger"},
    {"http", 80, false, "http"},                {"www", 80, false, "http"},
    {"pop3", 110, false, "pop3"},               {"nntp", 119, false, "nntp"},
    {"imap", 143, false, "imap"},               {"imap2", 143, false, "imap"},
    {"ldap", 389, false, "tcp"},                {"https", 443, true, "https"},
    {"submissions", 465, true, "submission"},   {"smtps", 465, true, "submission"},
    {"ssmtp", 465, true, "submission"},         {"nntps", 563, true, "nntp"},
    {"submission", 587, false, "submission"},   {"ldaps", 636, true, "tls"},
    {"spamd", 783, false, "spamd"},             {"dot", 853, true, "tls"},
    {"rsync", 873, false, "rsync"},             {"ftps", 990, true, "ftp"},
    {"imaps", 993, true, "imap"},               {"pop3s", 995, true, "pop3"},
    {"mqtt", 1883, false, "mqtt"},              {"zookeeper", 2181, false, "zookeeper"},
    {"mysql", 3306, false, "mysql"},            {"clamd", 3310, false, "clamd"},
    {"svn", 3690, false, "tcp"},                {"sieve", 4190, false, "managesieve"},
    {"gearman", 4730, false, "gearman"},        {"munin", 4949, false, "tcp"},
    {"sip", 5060, false, "sip"},                {"sips", 5061, true, "sip"},
    {"xmpp", 5222, false, "xmpp"},              {"xmpps", 5223, true, "xmpp"},
    {"postgres", 5432, false, "postgres"},      {"postgresql", 5432, false, "postgres"},
    {"nrpe", 5666, false, "tcp"},               {"amqps", 5671, true, "amqp"},
    {"amqp", 5672, false, "amqp"},              {"vnc", 5900, false, "vnc"},
    {"redis", 6379, false, "redis"},            {"irc", 6667, false, "irc"},
    {"ircs", 6697, true, "irc"},                {"mqtts", 8883, true, "mqtt"},
    {"git", 9418, false, "git"},                {"memcached", 11211, false, "memcached"},
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

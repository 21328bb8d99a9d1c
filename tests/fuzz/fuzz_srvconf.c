/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_srvconf.c: any text as the configuration of a server, in each way of writing; and as every file of a tree that includes itself. */
#include "base/panic.h"
#include "checks/discover/sites.h"
#include "wire/srvconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pull(const uint8_t *data, size_t size, enum srvconf_what (*next)(struct srvconf *c), bool comments)
{
    struct srvconf c = srvconf_of((const char *)data, size);
    size_t turns = 0;
    c.c_comments = comments;
    while (next(&c) != SRVCONF_END) {
        ASSERT(++turns <= size + 1 && c.line >= 1 && c.line <= size + 1);
        for (int i = 0; i < c.n; i++)
            ASSERT(c.word[i].p >= c.text.p && c.word[i].p + c.word[i].n <= c.text.p + size);
    }
}

struct input {
    const uint8_t *data;
    size_t size;
    int reads;
};

static int read_it(void *arg, const char *path, struct buf *out)
{
    struct input *in = arg;
    if (++in->reads > 20)
        return -1;
    buf_add(out, in->data, in->size);
    return 0;
}

static void list_it(void *arg, const char *dir, int (*fn)(void *arg, const char *name), void *fn_arg)
{
    (void)(fn(fn_arg, "a") == 0 && fn(fn_arg, "b.conf") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"ssl_cert", "smtpd_tls_cert_file", NULL};
    struct input in = {data, size, 0};
    const struct sites_from from = {read_it, list_it, &in};
    struct sites s = {.arena = arena_new(0), .from = &from};
    pull(data, size, srvconf_braces, false);
    pull(data, size, srvconf_braces, true);
    pull(data, size, srvconf_sections, false);
    pull(data, size, srvconf_pairs, false);
    sites_nginx(&s, "/etc/nginx/nginx.conf");
    in.reads = 0;
    sites_apache(&s, "/etc/apache2/apache2.conf");
    in.reads = 0;
    sites_bind(&s, "/etc/bind/named.conf");
    in.reads = 0;
    sites_nsd(&s, "/etc/nsd/nsd.conf", "nsd");
    in.reads = 0;
    sites_pairs_cert(&s, "/etc/postfix/main.cf", keys);
    ASSERT(s.sites.n <= SITES_MAX && s.certs.n <= SITES_MAX_CERTS && s.zones.n <= SITES_MAX_ZONES && s.depth == 0);
    sites_done(&s);
    arena_free(s.arena);
    return 0;
}

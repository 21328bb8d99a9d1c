/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hoplog.c: the known way to a peer; see the header for its rules. */
#include "checks/hoplog.h"

#include <netinet/in.h>
#include <string.h>

static void key_of(const struct addr *a, unsigned char key[HOPLOG_ADDR_BYTES])
{
    memset(key, 0, HOPLOG_ADDR_BYTES);
    if (a->sa.sa_family == AF_INET6) {
        key[0] = 6;
        memcpy(key + 1, a->space + offsetof(struct sockaddr_in6, sin6_addr), 16);
    } else {
        key[0] = 4;
        memcpy(key + 1, a->space + offsetof(struct sockaddr_in, sin_addr), 4);
    }
}

static void addr_of(const unsigned char key[HOPLOG_ADDR_BYTES], struct addr *ret)
{
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
    struct sockaddr_in sin = {.sin_family = AF_INET};
    bool v6 = key[0] == 6;

    memcpy(v6 ? (void *)&sin6.sin6_addr : (void *)&sin.sin_addr, key + 1, v6 ? 16 : 4);
    *ret = (struct addr){.len = v6 ? sizeof(sin6) : sizeof(sin)};
    memcpy(ret->space, v6 ? (void *)&sin6 : (void *)&sin, ret->len);
}

static struct hoplog_way *way_find(struct hoplog_way *ways, const unsigned char *key)
{
    for (int i = 0; i < HOPLOG_WAYS; i++)
        if (memcmp(ways[i].addr, key, HOPLOG_ADDR_BYTES) == 0)
            return &ways[i];
    return NULL;
}

static int known_count(const struct hoplog_way *ways)
{
    int n = 0;

    for (int i = 0; i < HOPLOG_WAYS; i++)
        n += ways[i].known;
    return n;
}

/* A free place, else that of a candidate; NULL: all are known. */
static struct hoplog_way *way_place(struct hoplog_way *ways)
{
    static const unsigned char none[HOPLOG_ADDR_BYTES];
    struct hoplog_way *place = way_find(ways, none);

    for (int i = 0; i < HOPLOG_WAYS && place == NULL; i++)
        if (!ways[i].known && !ways[i].now)
            place = &ways[i];
    for (int i = 0; i < HOPLOG_WAYS && place == NULL; i++)
        if (!ways[i].known)
            place = &ways[i];
    return place;
}

static void learn(struct hoplog_way *ways, const unsigned char *key)
{
    struct hoplog_way *w = way_find(ways, key);

    if (w == NULL)
        w = way_place(ways);
    if (w == NULL)
        return;
    *w = (struct hoplog_way){.known = true};
    memcpy(w->addr, key, HOPLOG_ADDR_BYTES);
}

static void learn_all(struct hoplog *log, const struct hop_seen *seen, int n)
{
    unsigned char key[HOPLOG_ADDR_BYTES];

    for (int i = 0; i < n; i++)
        if (seen[i].heard) {
            key_of(&seen[i].from, key);
            learn(log->hop[i], key);
        }
}

/* An address that is not known at its hop: is it a change, after what came before? */
static bool strange(struct hoplog_way *ways, const unsigned char *key)
{
    struct hoplog_way *w = way_find(ways, key);

    if (w == NULL) {
        w = way_place(ways);
        if (w == NULL)
            return false; /* a hop with this many alternatives has one more */
        *w = (struct hoplog_way){0};
        memcpy(w->addr, key, HOPLOG_ADDR_BYTES);
    }
    if (!w->now)
        w->episodes++;
    w->now = true;
    w->known = w->episodes >= HOPLOG_EPISODES;
    return !w->known;
}

static bool hop_strange(struct hoplog *log, int i, const struct hop_seen *seen)
{
    unsigned char key[HOPLOG_ADDR_BYTES];
    const struct hoplog_way *w;

    key_of(&seen->from, key);
    w = way_find(log->hop[i], key);
    if (w && w->known)
        return false;
    /* It was silent so far. That the way ends here is another matter: it has become shorter. */
    if (known_count(log->hop[i]) == 0 && !seen->target)
        return false;
    return strange(log->hop[i], key);
}

static void change_fill(const struct hoplog *log, int i, const struct hop_seen *seen, struct hoplog_change *ret)
{
    ret->changed = true;
    ret->hop = i;
    ret->is = seen->from;
    for (int k = HOPLOG_WAYS - 1; k >= 0; k--)
        if (log->hop[i][k].known) {
            ret->was_known = true;
            addr_of(log->hop[i][k].addr, &ret->was);
        }
}

/* The known way is taken again: what was strange is kept as a candidate. */
static void calm(struct hoplog *log)
{
    log->changed_ms = 0;
    for (int i = 0; i < HOPLOG_HOPS; i++)
        for (int k = 0; k < HOPLOG_WAYS; k++)
            log->hop[i][k].now = false;
}

static void start_anew(struct hoplog *log, const unsigned char *target, int walks)
{
    *log = (struct hoplog){.walks = walks};
    memcpy(log->target, target, HOPLOG_ADDR_BYTES);
}

void hoplog_judge(struct hoplog *log, const struct hop_seen *seen, int n, const struct addr *target, int64_t now_ms,
                  int64_t accept_ms, struct hoplog_change *ret)
{
    unsigned char key[HOPLOG_ADDR_BYTES];

    *ret = (struct hoplog_change){0};
    n = n > HOPLOG_HOPS ? HOPLOG_HOPS : n;
    key_of(target, key);
    if (memcmp(log->target, key, HOPLOG_ADDR_BYTES) != 0) /* the name leads elsewhere now */
        start_anew(log, key, 0);
    for (int i = 0; i < n && log->walks >= HOPLOG_LEARN; i++)
        if (seen[i].heard && hop_strange(log, i, &seen[i]) && !ret->changed)
            change_fill(log, i, &seen[i], ret);
    if (!ret->changed) {
        calm(log);
        learn_all(log, seen, n);
        log->walks += log->walks < HOPLOG_LEARN;
        return;
    }
    if (log->changed_ms == 0)
        log->changed_ms = now_ms > 0 ? now_ms : 1;
    if (now_ms - log->changed_ms < accept_ms)
        return;
    start_anew(log, key, HOPLOG_LEARN);
    learn_all(log, seen, n);
    ret->changed = false;
    ret->accepted = true;
}

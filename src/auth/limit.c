/* SPDX-License-Identifier: GPL-3.0-or-later */
/* limit.c: who guesses waits, longer each time.  A few tries are free, then the pause doubles; it is capped
 * lower for an account than for an address, because otherwise anybody could lock somebody else out (codes are
 * asked of those only who have the password).  An
 * hour after the last try all is forgotten.  Memory is bounded: at the ceiling the oldest go.  Pure. */
#include "auth/auth_int.h"
#include "base/str.h"
#include "io/addr.h"
#include <netinet/in.h>

enum { FREE_TRIES = 5, FORGET_MS = 3600000 };
static const struct {
    char mark;
    int64_t most_ms;
} kinds[] = {[LIMIT_ACCOUNT] = {'n', 60000}, [LIMIT_ADDRESS] = {'a', 900000}, [LIMIT_CODE] = {'c', 900000}};

struct limit_entry {
    char key[84];
    int tries;
    int64_t until_ms, last_ms;
};

/* One network of IPv6 is one guesser: the last 64 bits are anybody's to choose. */
static void address_key(const char *text, char *out, size_t n)
{
    struct addr a;
    if (addr_parse(text, 0, &a) == 0 && addr_is_v6(&a)) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a.sa;
        memset(in6->sin6_addr.s6_addr + 8, 0, 8);
        in6->sin6_scope_id = 0;
        char host[ADDR_TEXT_BYTES];
        addr_host(&a, host);
        str_copy(out, n, host);
        return;
    }
    str_copy(out, n, text);
}

static void key_make(enum limit_kind kind, const char *key, char *out, size_t n)
{
    char text[72];
    if (kind == LIMIT_ADDRESS)
        address_key(key ? key : "", text, sizeof(text));
    else
        str_copy(text, sizeof(text), key ? key : "");
    str_print(out, n, "%c:%s", kinds[kind].mark, text);
}

static void entry_drop(struct limit *l, const char *key)
{
    mem_free(map_remove(&l->map, key));
}

/* Makes room: what is forgotten goes, else the one that was idle for longest. */
static void room_make(struct limit *l, int64_t now_ms)
{
    size_t i = 0, kept = 0;
    const char *key;
    void *value;
    struct limit_entry *oldest = NULL;
    while (map_each(&l->map, &i, &key, &value)) {
        struct limit_entry *en = value;
        if (now_ms - en->last_ms > FORGET_MS) {
            entry_drop(l, key);
            continue;
        }
        kept++;
        if (!oldest || en->last_ms < oldest->last_ms)
            oldest = en;
    }
    if (kept >= LIMIT_MAX_ENTRIES && oldest)
        entry_drop(l, oldest->key);
}

static struct limit_entry *entry_get(struct limit *l, const char *key, int64_t now_ms)
{
    struct limit_entry *en = map_find(&l->map, key);
    bool is_old = en && (now_ms - en->last_ms > FORGET_MS || now_ms < en->last_ms - FORGET_MS); /* or the clock went back */
    if (en && !is_old)
        return en;
    if (en)
        entry_drop(l, key);
    if (l->map.n >= LIMIT_MAX_ENTRIES)
        room_make(l, now_ms);
    en = NEW(struct limit_entry);
    str_copy(en->key, sizeof(en->key), key);
    map_set(&l->map, en->key, en);
    return en;
}

static int64_t pause_ms(enum limit_kind kind, int tries)
{
    int over = tries - FREE_TRIES;
    if (over < 0)
        return 0;
    int64_t ms = INT64_C(1000) << (over > 20 ? 20 : over);
    return ms < kinds[kind].most_ms ? ms : kinds[kind].most_ms;
}

int64_t limit_try(struct limit *l, enum limit_kind kind, const char *key, int64_t now_ms)
{
    char text[84];
    key_make(kind, key, text, sizeof(text));
    struct limit_entry *en = entry_get(l, text, now_ms);
    int64_t wait_ms = en->until_ms - now_ms;
    if (wait_ms > kinds[kind].most_ms) /* the clock went back */
        wait_ms = kinds[kind].most_ms;
    if (wait_ms > 0)
        return wait_ms;
    en->tries++;
    en->last_ms = now_ms;
    en->until_ms = now_ms + pause_ms(kind, en->tries);
    return 0;
}

void limit_forgive(struct limit *l, enum limit_kind kind, const char *key)
{
    char text[84];
    key_make(kind, key, text, sizeof(text));
    entry_drop(l, text);
}

void limit_done(struct limit *l)
{
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(&l->map, &i, &key, &value))
        entry_drop(l, key);
    map_done(&l->map);
}

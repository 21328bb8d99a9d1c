/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_bonding.c: bonded network interfaces: a cable that is out is invisible until the second one goes too. */
#include "checks/machine/fact.h"

#define DIR "/proc/net/bonding"
enum { MAX_BONDS = 32, NAME_BYTES = 32 };

struct bonding_opts {
    struct conf_texts include;
};
struct bond {
    char name[NAME_BYTES], active[NAME_BYTES], down[NAME_BYTES], alone[NAME_BYTES];
    int slaves, up;
    bool lacp, no_partner, link_down;
    int64_t failures;
};
static const struct conf_row rows[] = {
    {.key = "include", .type = CONF_TEXTS, .offset = offsetof(struct bonding_opts, include), .flags = CONF_POSITIONAL,
     .help = MSG("bonds to watch (* and ? allowed); by default all"), .example = "bond0"},
    {0},
};

/* "Key: value" of one line. */
static bool split(struct str line, struct str *ret_key, struct str *ret_value)
{
    const char *colon = memchr(line.p, ':', line.n);

    if (colon == NULL)
        return false;
    *ret_key = str_trim((struct str){line.p, (size_t)(colon - line.p)});
    *ret_value = str_trim((struct str){colon + 1, line.n - (size_t)(colon + 1 - line.p)});
    return true;
}

static void take_line(struct bond *b, char *slave, int64_t *aggregator, struct str key, struct str value)
{
    if (str_is(key, "Bonding Mode"))
        b->lacp = value.n >= 12 && memcmp(value.p, "IEEE 802.3ad", 12) == 0;
    else if (str_is(key, "Currently Active Slave"))
        str_copyn(b->active, NAME_BYTES, value.p, value.n);
    else if (str_is(key, "Slave Interface")) {
        str_copyn(slave, NAME_BYTES, value.p, value.n);
        b->slaves++;
    } else if (str_is(key, "MII Status")) {
        if (slave[0] == '\0')
            b->link_down = !str_is(value, "up");
        else if (str_is(value, "up"))
            b->up++;
        else
            str_copy(b->down, NAME_BYTES, slave);
    } else if (str_is(key, "Link Failure Count"))
        b->failures += local_number(value);
    else if (str_is(key, "Partner Mac Address") && slave[0] == '\0')
        b->no_partner = str_is(value, "00:00:00:00:00:00");
    else if (str_is(key, "Aggregator ID") && slave[0] == '\0')
        *aggregator = local_number(value);
    else if (str_is(key, "Aggregator ID") && *aggregator >= 0 && local_number(value) != *aggregator)
        str_copy(b->alone, NAME_BYTES, slave);
}

static void parse(struct bond *b, const struct buf *text)
{
    struct str rest = {buf_text(text), text->len}, line, key, value;
    char slave[NAME_BYTES] = "";
    int64_t aggregator = -1;

    while (str_next(&rest, "\n", &line))
        if (split(line, &key, &value))
            take_line(b, slave, &aggregator, key, value);
}

struct tally {
    struct attempt *own;
    int n;
};

static void judge(struct attempt *own, const struct bond *b)
{
    if (b->slaves == 0)
        attempt_worse(own, STATE_UNKNOWN, MSG("{1} has no interfaces in it, or is not as it should be"), "s", b->name);
    else if (b->up == 0 || b->link_down)
        attempt_worse(own, STATE_CRITICAL, MSG("{1} is down: none of its {2} {2|interface|interfaces} has a link"), "si", b->name, (int64_t)b->slaves);
    else if (b->up < b->slaves)
        attempt_worse(own, STATE_WARNING, MSG("{1}: {2} is down, {3} of {4} interfaces left"), "ssii", b->name, b->down, (int64_t)b->up, (int64_t)b->slaves);
    else if (b->slaves == 1)
        attempt_worse(own, STATE_WARNING, MSG("{1} has only one interface"), "s", b->name);
    if (b->lacp && b->no_partner)
        attempt_worse(own, STATE_WARNING, MSG("{1}: the switch does not speak LACP"), "s", b->name);
    else if (b->lacp && b->alone[0])
        attempt_worse(own, STATE_WARNING, MSG("{1}: {2} has a link but is not part of the aggregate (see the switch)"), "ss", b->name, b->alone);
    local_line(own, "%s: %d of %d up%s%s, %lld link failures", b->name, b->up, b->slaves, b->active[0] ? ", active " : "", b->active, (long long)b->failures);
    attempt_perf(own, arena_printf(own->arena, "%s_up", b->name), b->up, "", NULL, NULL, 0, b->slaves);
}

static int on_bond(void *arg, const char *name)
{
    struct tally *t = arg;
    const struct bonding_opts *o = t->own->opts;
    struct buf text = BUF_MAX(LOCAL_MAX_FILE), path = BUF_MAX(512);
    struct bond b = {0};

    if (o->include.n && !local_listed(&o->include, name))
        return 0;
    str_copy(b.name, sizeof(b.name), attempt_quote(t->own, name, strlen(name), NAME_BYTES - 1));
    buf_printf(&path, DIR "/%s", name);
    if (fact_text(buf_text(&path), &text))
        parse(&b, &text);
    t->n++;
    judge(t->own, &b);
    buf_done(&text);
    buf_done(&path);
    return 0;
}

static void look(struct attempt *own)
{
    const struct bonding_opts *o = own->opts;
    struct tally t = {.own = own};

    (void)machine_list(DIR, MAX_BONDS, on_bond, &t, NULL);
    if (t.n == 0 && o->include.n)
        attempt_say(own, STATE_CRITICAL, MSG("there is no bond {1}"), "s", o->include.at[0]);
    else if (t.n == 0)
        attempt_say(own, STATE_OK, MSG("no bonded interfaces here"), "");
    else
        attempt_worse(own, STATE_OK, MSG("{1} {1|bond|bonds}, all interfaces up"), "i", (int64_t)t.n);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_bonding = {
    .kind = {.name = "bonding",
             .help = MSG("watches bonded network interfaces"),
             .area = "machine",
             .example = "bonding: bond0",
             .rows = rows,
             .opts_bytes = sizeof(struct bonding_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};

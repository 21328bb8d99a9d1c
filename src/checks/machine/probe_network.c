/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_network.c: interfaces of this machine: up or not, traffic, errors and drops a second since the last look. */
#include "checks/machine/local.h"

#include <math.h>
#include <string.h>

enum { MAX_IFACES = 64, NAME_BYTES = 16, FIELDS = 16 };
enum { RX_BYTES = 0, RX_ERRS = 2, RX_DROP = 3, TX_BYTES = 8, TX_ERRS = 10, TX_DROP = 11 };

struct network_opts {
    struct conf_texts include, exclude, up;
    struct conf_level errors_warn, errors_crit, drops_warn, drops_crit, traffic_warn, traffic_crit;
};
struct iface {
    char name[NAME_BYTES];
    int64_t count[FIELDS];
};
struct network_memory {
    int64_t at_us;
    int n;
    struct iface at[MAX_IFACES];
};

static const char *const not_real[] = {"lo", "veth*", "docker*", "br-*", "virbr*", "cni*", "cali*", "flannel*",
    "vnet*", "tap*", "dummy*", "ifb*", "sit*", "tunl*", "ip6tnl*", "gre*", "erspan*", "ip_vti*", "ip6_vti*"};

#define AT(member) offsetof(struct network_opts, member)
static const struct conf_row errors_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(errors_warn), .unit = "/s", .by_default = "1",
     .help = MSG("per second, a warning"), .example = "1"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(errors_crit), .unit = "/s", .help = MSG("per second, critical"), .example = "\"> 100/s\""},
    {0},
};
static const struct conf_row drops_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(drops_warn), .unit = "/s", .help = MSG("per second, a warning"), .example = "100"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(drops_crit), .unit = "/s", .help = MSG("per second, critical"), .example = "\"> 1000/s\""},
    {0},
};
static const struct conf_row traffic_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(traffic_warn), .unit = "bit/s", .help = MSG("rate that is a warning"), .example = "\"> 800 Mbit/s\""},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(traffic_crit), .unit = "bit/s", .help = MSG("rate that is critical"), .example = "95%"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "include", .type = CONF_TEXTS, .offset = AT(include), .flags = CONF_POSITIONAL,
     .help = MSG("interfaces to watch (* and ? allowed); by default all but loopback and virtual ones"), .example = "eth*"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("interfaces to leave out"), .example = "wlan*"},
    {.key = "up", .type = CONF_TEXTS, .offset = AT(up), .help = MSG("interfaces that must be up"), .example = "[eth0]"},
    {.key = "errors", .type = CONF_GROUP, .rows = errors_rows, .help = MSG("thresholds for errors"),
     .example = "{ warn: 1 }"},
    {.key = "drops", .type = CONF_GROUP, .rows = drops_rows, .help = MSG("thresholds for dropped packets"),
     .example = "{ warn: 100 }"},
    {.key = "traffic", .type = CONF_GROUP, .rows = traffic_rows, .help = MSG("thresholds for traffic in one direction; a share is one of the speed of the link"),
     .example = "{ warn: \"> 800 Mbit/s\" }"},
    {0},
};

static bool wanted(const struct network_opts *o, const char *name)
{
    if (local_listed(&o->exclude, name))
        return false;
    if (o->include.n)
        return local_listed(&o->include, name);
    for (size_t i = 0; i < COUNT(not_real); i++)
        if (str_glob(not_real[i], name))
            return false;
    return true;
}

static bool parse_line(struct str line, struct iface *ret)
{
    struct str word = str_trim(line);
    const char *colon = memchr(word.p, ':', word.n);
    int n = 0;

    if (colon == NULL || !str_copyn(ret->name, sizeof(ret->name), word.p, (size_t)(colon - word.p)))
        return false;
    line = (struct str){colon + 1, word.n - (size_t)(colon + 1 - word.p)};
    for (; n < FIELDS && local_word(&line, &word) && local_is_number(word); n++)
        ret->count[n] = local_number(word);
    return n == FIELDS;
}

static int read_ifaces(struct attempt *own, struct network_memory *ret)
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct str rest, line;
    bool any = false; /* there is always one, loopback */

    if (!local_read(own, "/proc/net/dev", &text))
        return ERR_IO;
    ret->at_us = clock_mono_us();
    rest = (struct str){buf_text(&text), text.len};
    while (ret->n < MAX_IFACES && str_next(&rest, "\n", &line)) {
        if (!parse_line(line, &ret->at[ret->n]))
            continue;
        any = true;
        ret->n += wanted(own->opts, ret->at[ret->n].name);
    }
    buf_done(&text);
    if (!any)
        local_strange(own, "/proc/net/dev");
    return any ? 0 : ERR_PROTOCOL;
}

static const struct iface *find(const struct network_memory *m, const char *name)
{
    for (int i = 0; m && i < m->n; i++)
        if (strcmp(m->at[i].name, name) == 0)
            return &m->at[i];
    return NULL;
}

/* "up", "down", "unknown" (a tunnel), "" when it cannot be read. */
static void operstate(const char *name, char *out, size_t n)
{
    struct buf text = BUF_MAX(64), path = BUF_MAX(128);
    struct str word = {0};

    buf_printf(&path, "/sys/class/net/%s/operstate", name);
    if (machine_read(buf_text(&path), &text, NULL) == 0)
        word = str_trim((struct str){buf_text(&text), text.len});
    str_copyn(out, n, word.p ? word.p : "", word.n);
    buf_done(&text);
    buf_done(&path);
}

static double rate(const struct iface *now, const struct iface *last, int field, double seconds)
{
    int64_t gone = now->count[field] - last->count[field];

    return gone > 0 ? (double)gone / seconds : 0; /* a counter that went back was reset */
}

/* Of the speed of the link, in percent; NAN: it is not known. */
static double share_of(const char *name, double bits)
{
    struct buf text = BUF_MAX(64), path = BUF_MAX(128);
    int64_t speed = -1; /* in Mbit/s */

    buf_printf(&path, "/sys/class/net/%s/speed", name);
    if (machine_read(buf_text(&path), &text, NULL) == 0) {
        buf_cut(&text, strcspn(buf_text(&text), "\n"));
        if (str_i64(buf_text(&text), &speed) != 0)
            speed = -1;
    }
    buf_done(&text);
    buf_done(&path);
    return speed > 0 ? bits / ((double)speed * 1e4) : NAN;
}

static void judge_traffic(struct attempt *own, const struct iface *now, double rx, double tx)
{
    const struct network_opts *o = own->opts;
    double most = fmax(rx, tx);
    const char *limit;
    enum state s = level_judge(&o->traffic_warn, &o->traffic_crit, most, o->traffic_warn.set || o->traffic_crit.set ? share_of(now->name, most) : NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(own, s, rx >= tx ? MSG("{1} receives {2} (limit {3})") : MSG("{1} sends {2} (limit {3})"), "sss", now->name, attempt_bits(own, most), limit);
}

static void judge_rates(struct attempt *own, const struct iface *now, const struct iface *last, double seconds)
{
    const struct network_opts *o = own->opts;
    double rx = 8 * rate(now, last, RX_BYTES, seconds), tx = 8 * rate(now, last, TX_BYTES, seconds);
    double errors = rate(now, last, RX_ERRS, seconds) + rate(now, last, TX_ERRS, seconds);
    double drops = rate(now, last, RX_DROP, seconds) + rate(now, last, TX_DROP, seconds);
    const char *limit;
    enum state s = level_judge(&o->errors_warn, &o->errors_crit, errors, NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(own, s, MSG("{1}: {2} errors a second (limit {3})"), "sfs", now->name, errors, limit);
    s = level_judge(&o->drops_warn, &o->drops_crit, drops, NAN, &limit);
    if (s != STATE_OK)
        attempt_worse(own, s, MSG("{1}: {2} packets dropped a second (limit {3})"), "sfs", now->name, drops, limit);
    judge_traffic(own, now, rx, tx);
    attempt_perf(own, arena_printf(own->arena, "%s_rx", now->name), round(rx), "b", NULL, NULL, 0, NAN);
    attempt_perf(own, arena_printf(own->arena, "%s_tx", now->name), round(tx), "b", NULL, NULL, 0, NAN);
    attempt_perf(own, arena_printf(own->arena, "%s_errors", now->name), errors, "", &o->errors_warn, &o->errors_crit, 0, NAN);
    attempt_perf(own, arena_printf(own->arena, "%s_drops", now->name), drops, "", &o->drops_warn, &o->drops_crit, 0, NAN);
    local_line(own, "%s: %.1f kbit/s in, %.1f kbit/s out", now->name, rx / 1000, tx / 1000);
}

static void judge_up(struct attempt *own)
{
    const struct network_opts *o = own->opts;
    char state[32];

    for (int i = 0; i < o->up.n; i++) {
        operstate(o->up.at[i], state, sizeof(state));
        if (state[0] == '\0')
            attempt_worse(own, STATE_CRITICAL, MSG("there is no interface {1}"), "s", o->up.at[i]);
        else if (!str_eq(state, "up") && !str_eq(state, "unknown"))
            attempt_worse(own, STATE_CRITICAL, MSG("{1} is {2}"), "ss", o->up.at[i], state);
    }
}

static void say_ok(struct attempt *own, const struct network_memory *now)
{
    struct buf names = BUF_MAX(200);
    char state[32];
    int up = 0;

    for (int i = 0; i < now->n; i++) {
        operstate(now->at[i].name, state, sizeof(state));
        if (!str_eq(state, "up") && !str_eq(state, "unknown"))
            continue;
        buf_str(&names, up++ ? ", " : "");
        buf_str(&names, now->at[i].name);
    }
    if (up)
        attempt_say(own, STATE_OK, MSG("up: {1}"), "s", buf_text(&names));
    else
        attempt_say(own, STATE_OK, MSG("no interface is up"), "");
    buf_done(&names);
}

static void look(struct attempt *own)
{
    struct network_memory *now = ARENA_NEW(own->arena, struct network_memory), *last = own->memory;
    double seconds;

    if (read_ifaces(own, now) != 0)
        return;
    say_ok(own, now);
    judge_up(own);
    seconds = last && last->at_us ? (double)(now->at_us - last->at_us) / 1e6 : 0;
    for (int i = 0; i < now->n && seconds > 0; i++) {
        const struct iface *before = find(last, now->at[i].name);

        if (before)
            judge_rates(own, &now->at[i], before, seconds);
    }
    if (last)
        *last = *now;
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_network = {
    .kind = {.name = "network",
             .help = MSG("watches this machine's network interfaces: up, traffic, errors"),
             .area = "machine",
             .example = "network",
             .rows = rows,
             .opts_bytes = sizeof(struct network_opts)},
    .start = start,
    .stop = local_stop,
    .memory_bytes = sizeof(struct network_memory),
    .local = true,
};

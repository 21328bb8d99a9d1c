/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_interface.c: one network interface in depth: link, speed, duplex, errors, how often the link went. All of them
 * at once are watched by the probe network. */
#include "checks/machine/fact.h"

#define BASE "/sys/class/net/"
enum { NAME_BYTES = 64, FIGURES = 7 };
enum { RX_ERRORS, TX_ERRORS, RX_DROPPED, TX_DROPPED, RX_BYTES, TX_BYTES, CARRIER };

struct interface_opts {
    const char *name;
    struct limits speed, errors, drops, flaps, load, traffic;
    int duplex;
};
struct interface_memory {
    int64_t at_us, figure[FIGURES];
};
static const char *const files[FIGURES] = {
    "statistics/rx_errors", "statistics/tx_errors", "statistics/rx_dropped", "statistics/tx_dropped", "statistics/rx_bytes",
    "statistics/tx_bytes", "carrier_changes"};
static const char *const duplexes[] = {"full", "half", "any", NULL};

#define AT(member) offsetof(struct interface_opts, member)
static const struct conf_row speed_rows[] = {LIMIT_ROWS(AT(speed), NULL, NULL, NULL, "< 1000", "< 100"), {0}};
static const struct conf_row errors_rows[] = {LIMIT_ROWS(AT(errors), "/s", "1", NULL, "\"> 6/min\"", "\"> 10/s\""), {0}};
static const struct conf_row drops_rows[] = {LIMIT_ROWS(AT(drops), "/s", NULL, NULL, "\"> 100/s\"", "\"> 1000/s\""), {0}};
static const struct conf_row flaps_rows[] = {LIMIT_ROWS(AT(flaps), NULL, "1", NULL, "0", "10"), {0}};
static const struct conf_row load_rows[] = {LIMIT_ROWS(AT(load), "%", NULL, NULL, "80%", "95%"), {0}};
static const struct conf_row traffic_rows[] = {LIMIT_ROWS(AT(traffic), "bit/s", NULL, NULL, "\"> 800 Mbit/s\"", "\"> 120 MB/s\""), {0}};
static const struct conf_row rows[] = {
    {.key = "interface", .type = CONF_TEXT, .offset = AT(name), .flags = CONF_POSITIONAL | CONF_REQUIRED, .help = MSG("the interface"), .example = "eth0"},
    {.key = "speed", .type = CONF_GROUP, .rows = speed_rows, .help = MSG("thresholds for the speed of the link in Mbit/s"), .example = "{ warn: \"< 1000\" }"},
    {.key = "duplex", .type = CONF_WORD, .offset = AT(duplex), .words = duplexes, .by_default = "full",
     .help = MSG("duplex that it must have; another is a warning"), .example = "any"},
    {.key = "errors", .type = CONF_GROUP, .rows = errors_rows, .help = MSG("thresholds for errors, per second"), .example = "{ warn: 0.1 }"},
    {.key = "drops", .type = CONF_GROUP, .rows = drops_rows, .help = MSG("thresholds for dropped packets, per second"), .example = "{ warn: 100 }"},
    {.key = "flaps", .type = CONF_GROUP, .rows = flaps_rows, .help = MSG("thresholds for changes of the link since the last look"), .example = "{ warn: 0 }"},
    {.key = "load", .type = CONF_GROUP, .rows = load_rows, .help = MSG("thresholds for traffic as a share of the speed"), .example = "{ warn: 80% }"},
    {.key = "traffic", .type = CONF_GROUP, .rows = traffic_rows, .help = MSG("thresholds for traffic in one direction; a share is one of the speed of the link"),
     .example = "{ warn: \"> 800 Mbit/s\" }"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    const struct interface_opts *o = arg;

    if (o->name[0] && !strchr(o->name, '/') && o->name[0] != '.' && strlen(o->name) < NAME_BYTES)
        return 0;
    return err_field(e, ERR_INVALID, "interface", MSG("“{1}” is no name of an interface; write one such as eth0"), "s", o->name);
}

static bool word_of(const struct interface_opts *o, const char *file, char *out, size_t n)
{
    char path[200];

    str_print(path, sizeof(path), BASE "%s/%s", o->name, file);
    return fact_word(path, out, n);
}

static int64_t number_of(const struct interface_opts *o, const char *file)
{
    char word[32];
    int64_t v;

    return word_of(o, file, word, sizeof(word)) && str_i64(word, &v) == 0 ? v : -1;
}

static void judge_traffic(struct attempt *own, double bits, double share, bool in)
{
    const struct interface_opts *o = own->opts;
    const char *limit;
    enum state s = level_judge(&o->traffic.warn, &o->traffic.crit, bits, share, &limit);

    if (s != STATE_OK)
        attempt_worse(own, s, in ? MSG("{1} receives {2} (limit {3})") : MSG("{1} sends {2} (limit {3})"), "sss", o->name, attempt_bits(own, bits), limit);
}

static void judge_rates(struct attempt *own, int64_t speed)
{
    const struct interface_opts *o = own->opts;
    struct interface_memory *last = own->memory, now = {.at_us = clock_mono_us()};
    double seconds, per_s[FIGURES], bits, share;

    for (int i = 0; i < FIGURES; i++)
        now.figure[i] = number_of(o, files[i]);
    seconds = last && last->at_us ? (double)(now.at_us - last->at_us) / 1e6 : 0;
    for (int i = 0; i < FIGURES && seconds > 0; i++)
        per_s[i] = last->figure[i] >= 0 ? fact_rate(now.figure[i], last->figure[i], seconds) : 0;
    if (seconds > 0) {
        bits = 8 * fmax(per_s[RX_BYTES], per_s[TX_BYTES]);
        share = speed > 0 ? bits / ((double)speed * 1e4) : NAN;
        fact_judge(own, &o->flaps, per_s[CARRIER] * seconds, NAN, MSG("the link went or came {1} {1|time|times} since the last look (limit {2})"), 'i');
        fact_judge(own, &o->errors, per_s[RX_ERRORS] + per_s[TX_ERRORS], NAN, MSG("{1} errors a second (limit {2})"), 'f');
        fact_judge(own, &o->drops, per_s[RX_DROPPED] + per_s[TX_DROPPED], NAN, MSG("{1} packets dropped a second (limit {2})"), 'f');
        fact_judge(own, &o->load, isnan(share) ? 0 : share, share, MSG("{1} % of the link is used (limit {2})"), 'f');
        judge_traffic(own, bits, share, per_s[RX_BYTES] >= per_s[TX_BYTES]);
        fact_perf(own, "in", round(8 * per_s[RX_BYTES]), "b", NULL, NAN);
        fact_perf(own, "out", round(8 * per_s[TX_BYTES]), "b", NULL, NAN);
        fact_perf(own, "errors", per_s[RX_ERRORS] + per_s[TX_ERRORS], "", &o->errors, NAN);
        fact_perf(own, "drops", per_s[RX_DROPPED] + per_s[TX_DROPPED], "", &o->drops, NAN);
    }
    if (last)
        *last = now;
}

static void look(struct attempt *own)
{
    const struct interface_opts *o = own->opts;
    char state[32], duplex[32];
    int64_t speed;

    if (!word_of(o, "operstate", state, sizeof(state))) {
        attempt_say(own, STATE_CRITICAL, MSG("there is no interface {1}"), "s", o->name);
        return;
    }
    speed = number_of(o, "speed"); /* -1: down, or virtual; the read itself may fail */
    if (!word_of(o, "duplex", duplex, sizeof(duplex)))
        duplex[0] = '\0';
    if (speed > 0)
        attempt_say(own, STATE_OK, MSG("{1} is up, {2} Mbit/s"), "si", o->name, speed);
    else
        attempt_say(own, STATE_OK, MSG("{1} is up"), "s", o->name);
    if (!str_eq(state, "up") && !str_eq(state, "unknown")) /* "unknown": a driver that does not tell */
        attempt_say(own, STATE_CRITICAL, number_of(o, "carrier") == 0 ? MSG("{1} has no link ({2}): see the cable and the switch") : MSG("{1} is {2}"), "ss", o->name,
                    attempt_quote(own, state, strlen(state), 30));
    if (speed > 0)
        fact_judge(own, &o->speed, (double)speed, NAN, MSG("the link runs at {1} Mbit/s (limit {2})"), 'i');
    if (!str_eq(duplexes[o->duplex], "any") && (str_eq(duplex, "full") || str_eq(duplex, "half")) && !str_eq(duplex, duplexes[o->duplex]))
        attempt_worse(own, STATE_WARNING, MSG("{1} runs in {2} duplex"), "ss", o->name, duplex);
    judge_rates(own, speed);
    if (speed > 0)
        fact_perf(own, "speed", (double)speed, "", &o->speed, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_interface = {
    .kind = {.name = "interface",
             .help = MSG("watches one network interface: link, speed, duplex, errors"),
             .area = "machine",
             .example = "interface: eth0",
             .rows = rows,
             .opts_bytes = sizeof(struct interface_opts),
             .finish = finish},
    .start = start,
    .stop = local_stop,
    .memory_bytes = sizeof(struct interface_memory),
    .local = true,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_sockets.c: TCP connections by state, orphans, what listeners and UDP sockets had to drop since the last look.
 * States are counted up to a ceiling of text; the sums come from the kernel's own. */
#include "checks/machine/fact.h"

enum { MAX_TABLE = 16 << 20, STATES = 12, MAX_DROPS = 4 };
enum { ESTABLISHED = 1, SYN_RECV = 3, TIME_WAIT = 6, CLOSE_WAIT = 8, LISTEN = 10 };

struct sockets_opts {
    struct limits tcp, orphans, close_wait, overflows, udp_drops;
};
struct sockets_memory {
    int64_t at_us, overflows, udp_drops;
};
struct sockets {
    int64_t state[STATES], in_use, orphans, time_wait, overflows, udp_drops;
};
static const char *const state_names[STATES] = {
    [ESTABLISHED] = "established", [2] = "syn_sent", [SYN_RECV] = "syn_recv", [4] = "fin_wait1", [5] = "fin_wait2",
    [TIME_WAIT] = "time_wait", [7] = "close", [CLOSE_WAIT] = "close_wait", [9] = "last_ack", [LISTEN] = "listen", [11] = "closing"};

#define AT(member) offsetof(struct sockets_opts, member)
static const struct conf_row tcp_rows[] = {LIMIT_ROWS(AT(tcp), NULL, NULL, NULL, "20000", "50000"), {0}};
static const struct conf_row orphans_rows[] = {LIMIT_ROWS(AT(orphans), NULL, "80%", "95%", "1000", "5000"), {0}};
static const struct conf_row close_wait_rows[] = {LIMIT_ROWS(AT(close_wait), NULL, NULL, NULL, "200", "1000"), {0}};
static const struct conf_row overflows_rows[] = {LIMIT_ROWS(AT(overflows), NULL, "0", NULL, "0", "10"), {0}};
static const struct conf_row udp_rows[] = {LIMIT_ROWS(AT(udp_drops), NULL, "10", NULL, "1", "100"), {0}};
static const struct conf_row rows[] = {
    {.key = "tcp", .type = CONF_GROUP, .rows = tcp_rows, .help = MSG("thresholds for TCP sockets in use"), .example = "{ warn: 20000 }"},
    {.key = "orphans", .type = CONF_GROUP, .rows = orphans_rows,
     .help = MSG("thresholds for connections that no process holds any more; a share is one of the kernel’s ceiling"), .example = "{ warn: 1000 }"},
    {.key = "close_wait", .type = CONF_GROUP, .rows = close_wait_rows,
     .help = MSG("thresholds for connections that the other side closed and a program here did not"), .example = "{ warn: 200 }"},
    {.key = "overflows", .type = CONF_GROUP, .rows = overflows_rows,
     .help = MSG("thresholds for connections that listeners were too slow for, per second"), .example = "{ crit: 10 }"},
    {.key = "udp_drops", .type = CONF_GROUP, .rows = udp_rows,
     .help = MSG("thresholds for datagrams dropped, per second"), .example = "{ warn: 1 }"},
    {0},
};

/* "   0: 0100007F:1F90 00000000:0000 0A …": the fourth word is the state, in hex. */
static void count_states(struct sockets *s, const char *path)
{
    struct buf text = BUF_MAX(MAX_TABLE);
    struct str rest, line, word;

    (void)machine_read(path, &text, NULL); /* what fits is counted; no IPv6 is no fault */
    rest = (struct str){buf_text(&text), text.len};
    (void)str_next(&rest, "\n", &line);
    while (str_next(&rest, "\n", &line)) {
        int n = 0, state = 0;

        while (n < 4 && local_word(&line, &word))
            n++;
        if (n < 4 || word.n != 2)
            continue;
        for (size_t i = 0; i < 2; i++)
            state = state * 16 + (word.p[i] <= '9' ? word.p[i] - '0' : (word.p[i] | 32) - 'a' + 10);
        if (state > 0 && state < STATES)
            s->state[state]++;
    }
    buf_done(&text);
}

/* "TCP: inuse 5 orphan 0 tw 2 alloc 8 mem 1". */
static void read_sockstat(struct sockets *s)
{
    static const struct {
        const char *path, *head;
    } places[] = {{"/proc/net/sockstat", "TCP:"}, {"/proc/net/sockstat6", "TCP6:"}};

    for (size_t i = 0; i < COUNT(places); i++) {
        struct buf text = BUF_MAX(LOCAL_MAX_FILE);
        struct str rest, line, name, value;

        if (!fact_text(places[i].path, &text))
            continue;
        rest = (struct str){buf_text(&text), text.len};
        while (str_next(&rest, "\n", &line)) {
            if (!local_word(&line, &name) || !str_is(name, places[i].head))
                continue;
            while (local_word(&line, &name) && local_word(&line, &value)) {
                s->in_use += str_is(name, "inuse") ? local_number(value) : 0;
                s->orphans += str_is(name, "orphan") ? local_number(value) : 0;
                s->time_wait += str_is(name, "tw") ? local_number(value) : 0;
            }
        }
        buf_done(&text);
    }
}

static bool read_counters(struct sockets *s)
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    bool found;

    found = fact_text("/proc/net/netstat", &text) && fact_column(&text, "TcpExt", "ListenOverflows", &s->overflows);
    buf_done(&text);
    found = fact_text("/proc/net/snmp", &text) && fact_column(&text, "Udp", "RcvbufErrors", &s->udp_drops) && found;
    buf_done(&text);
    return found;
}

static void judge_rates(struct attempt *own, const struct sockets *s)
{
    const struct sockets_opts *o = own->opts;
    struct sockets_memory *last = own->memory;
    int64_t now_us = clock_mono_us();
    double seconds = last && last->at_us ? (double)(now_us - last->at_us) / 1e6 : 0, overflows, drops;

    if (seconds > 0) {
        overflows = fact_rate(s->overflows, last->overflows, seconds);
        drops = fact_rate(s->udp_drops, last->udp_drops, seconds);
        fact_judge(own, &o->overflows, overflows, NAN, MSG("{1} connections a second were too many for their listener (limit {2})"), 'f');
        fact_judge(own, &o->udp_drops, drops, NAN, MSG("{1} datagrams a second were dropped (limit {2}): their reader is too slow"), 'f');
        fact_perf(own, "listen_overflows", overflows, "", &o->overflows, NAN);
        fact_perf(own, "udp_drops", drops, "", &o->udp_drops, NAN);
    }
    if (last)
        *last = (struct sockets_memory){now_us, s->overflows, s->udp_drops};
}

static void look(struct attempt *own)
{
    const struct sockets_opts *o = own->opts;
    struct sockets s = {0};
    int64_t max_orphans = 0;
    double share;

    read_sockstat(&s);
    if (!read_counters(&s)) {
        attempt_say(own, STATE_UNKNOWN, MSG("{1} is not as it should be"), "s", "/proc/net/netstat");
        return;
    }
    count_states(&s, "/proc/net/tcp");
    count_states(&s, "/proc/net/tcp6");
    share = fact_int("/proc/sys/net/ipv4/tcp_max_orphans", &max_orphans) && max_orphans > 0 ? 100 * (double)s.orphans / (double)max_orphans : NAN;
    attempt_say(own, STATE_OK, MSG("{1} TCP {1|socket|sockets} in use, {2} established, {3} waiting to be forgotten"), "iii", s.in_use,
                s.state[ESTABLISHED], s.time_wait);
    fact_judge(own, &o->tcp, (double)s.in_use, NAN, MSG("{1} TCP {1|socket|sockets} in use (limit {2})"), 'i');
    fact_judge(own, &o->orphans, (double)s.orphans, share, MSG("{1} {1|connection|connections} without a process (limit {2})"), 'i');
    fact_judge(own, &o->close_wait, (double)s.state[CLOSE_WAIT], NAN, MSG("{1} {1|connection|connections} that a program here forgot to close (limit {2})"), 'i');
    judge_rates(own, &s);
    fact_perf(own, "tcp", (double)s.in_use, "", &o->tcp, NAN);
    fact_perf(own, "orphans", (double)s.orphans, "", &o->orphans, max_orphans > 0 ? (double)max_orphans : NAN);
    for (int i = 1; i < STATES; i++)
        fact_perf(own, state_names[i], (double)s.state[i], "", i == CLOSE_WAIT ? &o->close_wait : NULL, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_sockets = {
    .kind = {.name = "sockets",
             .help = MSG("watches TCP connections by state, and what was dropped"),
             .area = "machine",
             .example = "sockets: { close_wait: { warn: 200 } }",
             .rows = rows,
             .opts_bytes = sizeof(struct sockets_opts)},
    .start = start,
    .stop = local_stop,
    .memory_bytes = sizeof(struct sockets_memory),
    .local = true,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_uptime.c: how long the machine has run, and whether it was shut down in order before that. A reboot that
 * somebody asked for is no news; one that nobody did (power, panic, reset) is a warning for a while. */
#include "checks/machine/fact.h"
#include "wire/utmp.h"

#define WTMP "/var/log/wtmp"
enum { MAX_WTMP = 64 << 20, DAY_S = 86400 };
enum how { HOW_UNKNOWN, HOW_ORDERLY, HOW_SUDDEN };

struct uptime_opts {
    struct limits up;
    int64_t tell_ms;
};
static const struct conf_row rows[] = {
    LIMIT_ROWS(offsetof(struct uptime_opts, up), "s", NULL, NULL, "< 10m", "400d"),
    {.key = "unexpected", .type = CONF_DURATION, .offset = offsetof(struct uptime_opts, tell_ms), .by_default = "1h",
     .help = MSG("how long a start that nobody asked for is a warning; 0: never"), .example = "1d"},
    {0},
};

/* The record before the last start tells: a shutdown leaves one. Only what is near this start counts, for other starts
 * (of a container that shares the file) are none of ours. */
static enum how how_started(int64_t boot_s)
{
    struct buf text = BUF_MAX(MAX_WTMP);
    struct utmp_record r;
    int64_t shutdown_s = -1, previous_s = -1;
    bool any = false;

    (void)fact_text(WTMP, &text);
    for (size_t at = 0; utmp_decode(buf_text(&text), text.len, at, &r) == 0; at += UTMP_BYTES) {
        if (r.type == UTMP_SHUTDOWN && r.at_s <= boot_s)
            shutdown_s = r.at_s;
        else if (r.type == UTMP_BOOT && r.at_s < boot_s - 120)
            previous_s = r.at_s;
        any = any || (r.type == UTMP_BOOT && r.at_s >= boot_s - 120);
    }
    buf_done(&text);
    if (!any || previous_s < 0)
        return HOW_UNKNOWN; /* this start is not written there, or is the first one */
    return shutdown_s >= previous_s ? HOW_ORDERLY : HOW_SUDDEN;
}

static void look(struct attempt *own)
{
    const struct uptime_opts *o = own->opts;
    char word[64];
    double up;
    enum how how;

    if (fact_word("/proc/uptime", word, sizeof(word)))
        word[strcspn(word, " ")] = '\0';
    else
        word[0] = '\0';
    if (str_f64(word, &up) != 0 || up < 0) {
        attempt_say(own, STATE_UNKNOWN, MSG("{1} cannot be read, or holds no number"), "s", "/proc/uptime");
        return;
    }
    how = how_started(own->at_ms / 1000 - (int64_t)up);
    if (how == HOW_SUDDEN)
        attempt_say(own, up * 1000 < (double)o->tell_ms ? STATE_WARNING : STATE_OK, MSG("up for {1}; it went down before without being shut down"), "d", (int64_t)(up * 1000));
    else
        attempt_say(own, STATE_OK, MSG("up for {1}"), "d", (int64_t)(up * 1000));
    fact_judge(own, &o->up, up, NAN, MSG("up for {1} (limit {2})"), 'd');
    fact_perf(own, "uptime", floor(up), "s", &o->up, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_uptime = {
    .kind = {.name = "uptime",
             .help = MSG("watches how long this machine has run, and whether it went down by itself"),
             .area = "machine",
             .example = "uptime:",
             .klass = CONF_CONTEXT,
             .rows = rows,
             .opts_bytes = sizeof(struct uptime_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};

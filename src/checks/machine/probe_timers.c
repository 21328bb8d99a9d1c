/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_timers.c: timers of systemd whose job failed, or that did not run when they were due. Timers that count from
 * the start of something have no due time and are judged by their job alone. */
#include "checks/machine/fact.h"
#include "checks/tool.h"

#include "base/timetext.h"

enum { MAX_NAMED = 3, QUOTE_BYTES = 80, NAME_BYTES = 120 };

struct timers_opts {
    struct conf_texts exclude;
    int64_t late_ms;
};
struct block { /* one unit */
    struct str id, active, result, by, next;
};
struct tally {
    struct attempt *a;
    int64_t timers, failed, late;
    struct buf names_failed, names_late;
};

static const struct conf_row rows[] = {
    {.key = "exclude", .type = CONF_TEXTS, .offset = offsetof(struct timers_opts, exclude), .flags = CONF_POSITIONAL,
     .help = MSG("timers that do not count (* and ? allowed)"), .example = "[fwupd-refresh*]"},
    {.key = "late", .type = CONF_DURATION, .offset = offsetof(struct timers_opts, late_ms), .by_default = "1h",
     .help = MSG("how much later than due is still in time"), .example = "10m"},
    {0},
};

/* Two or four digits at p. */
static int64_t digits(const char *p, int n)
{
    int64_t v = 0;

    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

/* "Tue 2026-11-24 06:11:13 UTC" → wall ms; -1: "n/a", nothing, or something else. */
static int64_t moment_of(struct str s)
{
    static const int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    const char *p = s.p + 4;
    int64_t y, mo, d, h, mi, sec, days;

    if (s.n < 23 || p[4] != '-' || p[7] != '-' || p[13] != ':' || p[16] != ':')
        return -1;
    y = digits(p, 4);
    mo = digits(p + 5, 2);
    d = digits(p + 8, 2);
    h = digits(p + 11, 2);
    mi = digits(p + 14, 2);
    sec = digits(p + 17, 2);
    if (y < 1970 || mo < 1 || mo > 12 || d < 1 || h < 0 || mi < 0 || sec < 0)
        return -1;
    days = (y - 1970) * 365 + (y - 1969) / 4 - (y - 1901) / 100 + (y - 1601) / 400 + days_before[mo - 1] + d - 1;
    days += mo > 2 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0);
    return (((days * 24 + h) * 60 + mi) * 60 + sec) * 1000;
}

static const char *name_of(struct tally *t, struct str id) { return attempt_quote(t->a, id.p, id.n, NAME_BYTES); }

static void add_name(struct buf *names, int64_t n, const char *name)
{
    if (n > MAX_NAMED)
        return;
    buf_str(names, n > 1 ? ", " : "");
    buf_str(names, name);
}

static bool ends(struct str s, const char *end) { return s.n > strlen(end) && memcmp(s.p + s.n - strlen(end), end, strlen(end)) == 0; }

static void take_block(struct tally *t, const struct block *b)
{
    const struct timers_opts *o = t->a->opts;
    bool timer = ends(b->id, ".timer"), job = !timer && b->by.n && memmem(b->by.p, b->by.n, ".timer", 6);
    const char *name = timer || job ? name_of(t, b->id) : "";
    int64_t next;

    if (name[0] == '\0' || local_listed(&o->exclude, name))
        return;
    if (str_is(b->active, "failed")) {
        add_name(&t->names_failed, ++t->failed, name);
        local_line(t->a, "%s: failed (%s)", name, attempt_quote(t->a, b->result.p, b->result.n, QUOTE_BYTES));
    }
    if (!timer || !str_is(b->active, "active"))
        return;
    t->timers++;
    next = moment_of(b->next);
    if (next < 0 || t->a->at_ms - next <= o->late_ms)
        return;
    add_name(&t->names_late, ++t->late, name);
    local_line(t->a, "%s: was due %lld min ago", name, (long long)((t->a->at_ms - next) / 60000));
}

static void parse(struct tally *t, const char *p, size_t n)
{
    struct str rest = {p, n};
    struct block b = {0};

    while (rest.n) { /* by hand: an empty line ends a block */
        const char *end = memchr(rest.p, '\n', rest.n);
        struct str line = {rest.p, end ? (size_t)(end - rest.p) : rest.n};
        const char *equals = memchr(line.p, '=', line.n);
        struct str key = {line.p, equals ? (size_t)(equals - line.p) : 0};
        struct str value = {equals ? equals + 1 : line.p, equals ? line.n - key.n - 1 : 0};

        if (line.n == 0) {
            take_block(t, &b);
            b = (struct block){0};
        }
        *(str_is(key, "Id") ? &b.id : str_is(key, "ActiveState") ? &b.active : str_is(key, "Result") ? &b.result : str_is(key, "TriggeredBy") ? &b.by
                : str_is(key, "NextElapseUSecRealtime") ? &b.next : &key) = value;
        rest = (struct str){rest.p + line.n + (end != NULL), rest.n - line.n - (end != NULL)};
    }
    take_block(t, &b);
}

static void judge(struct attempt *a, const struct spawn_reply *r)
{
    struct tally t = {.a = a, .names_failed = BUF_MAX(400), .names_late = BUF_MAX(400)};

    parse(&t, r->out, r->out_bytes);
    attempt_say(a, STATE_OK, MSG("{1} {1|timer|timers}, all ran when due"), "i", t.timers);
    if (t.failed)
        attempt_worse(a, STATE_WARNING, t.failed > MAX_NAMED ? MSG("failed: {1}, and {2} more") : MSG("failed: {1}"), "si", buf_text(&t.names_failed), t.failed - MAX_NAMED);
    else if (t.late)
        attempt_worse(a, STATE_WARNING, MSG("did not run when due: {1}"), "s", buf_text(&t.names_late));
    attempt_perf(a, "timers", (double)t.timers, "", NULL, NULL, 0, NAN);
    attempt_perf(a, "failed", (double)t.failed, "", NULL, NULL, 0, NAN);
    attempt_perf(a, "late", (double)t.late, "", NULL, NULL, 0, NAN);
    buf_done(&t.names_failed);
    buf_done(&t.names_late);
}

static void on_shown(struct attempt *a, const struct spawn_reply *r)
{
    if (strstr(r->errout, "not been booted") || strstr(r->errout, "onnect to bus"))
        attempt_say(a, STATE_OK, MSG("no systemd here"), "");
    else if (r->exit_status != 0)
        tool_failed(a, r);
    else
        judge(a, r);
    attempt_done(a);
}

static void start(struct attempt *a)
{
    static const char *const argv[] = {"systemctl", "show", "--no-pager", "--timestamp=utc",
        "--property=Id,ActiveState,Result,TriggeredBy,NextElapseUSecRealtime", "*.timer", "*.service", NULL};

    tool_run(a, &(struct tool_ask){.argv = argv, .package = "systemd", .max_output = 1 << 20}, on_shown);
}

const struct probe probe_timers = {
    .kind = {.name = "timers",
             .help = MSG("watches for systemd timers that failed or did not run"),
             .area = "machine",
             .example = "timers:",
             .rows = rows,
             .opts_bytes = sizeof(struct timers_opts),
             .every_ms = 300000},
    .start = start,
    .stop = tool_stop,
    .late = tool_late,
    .local = true,
};

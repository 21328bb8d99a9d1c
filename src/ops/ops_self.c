/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_self.c: vigie watched: health, figures, Prometheus text, the API's description. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/watchdog.h"
#include "io/machine.h"
#include "ops/ops_priv.h"
#include "wire/promtext.h"

struct figures {
    struct scheduler_stats sched;
    struct store_health store;
    struct dispatcher_stats mail;
    struct httpd_stats http;
    struct loop_stats main_loop, probe_loop;
    struct model_counts counts;
    int64_t uptime_ms;
};

static void take(struct op_call *c, struct figures *f)
{
    struct house *h = c->house;
    *f = (struct figures){.uptime_ms = clock_mono_ms() - h->started_mono_ms};
    if (h->scheduler)
        scheduler_get_stats(h->scheduler, &f->sched);
    if (h->store)
        store_get_health(h->store, &f->store);
    if (h->dispatcher)
        dispatcher_get_stats(h->dispatcher, &f->mail);
    if (h->httpd)
        httpd_get_stats(h->httpd, &f->http);
    if (h->loop_stats)
        h->loop_stats(h->daemon, &f->main_loop, &f->probe_loop);
    model_count(h->model, &f->counts);
}

static int irc_failing(const struct house *h)
{
    int failing = 0;
    if (h->irc)
        irc_status(h->irc, NULL, &failing);
    return failing;
}

static void run_health(struct op_call *c)
{
    struct figures f;
    take(c, &f);
    struct doc *o = doc_object(c->arena);
    doc_put_bool(o, "ok", !f.store.failing);
    doc_put_text(o, "version", VIGIE_VERSION);
    doc_put_int(o, "uptime_ms", f.uptime_ms);
    doc_put_time(o, "started", c->house->started_wall_ms);
    doc_put_time(o, "now", c->now.wall_ms);
    struct doc *s = doc_put_object(o, "scheduler");
    doc_put_int(s, "in_flight", f.sched.in_flight);
    doc_put_int(s, "waiting", f.sched.waiting);
    doc_put_int(s, "delay_p99_us", f.sched.delay_p99_us);
    doc_put_int(s, "results", (int64_t)f.sched.results);
    struct doc *st = doc_put_object(o, "store");
    doc_put_bool(st, "failing", f.store.failing);
    if (f.store.failing) {
        doc_put_msg(st, "why", f.store.why.text);
        doc_put_time(st, "since", f.store.failing_since_ms);
    }
    doc_put_int(st, "waiting", f.store.waiting);
    op_put_conf_wrong(o, c->house);
    struct doc *m = doc_put_object(o, "outbox");
    doc_put_int(m, "waiting", f.mail.waiting);
    doc_put_int(m, "failing", f.mail.failing);
    if (c->house->mirrors) {
        struct mirrors_count n;
        mirrors_list(c->house->mirrors, NULL, &n);
        doc_put_int(o, "mirrors_failing", n.failing);
        doc_put_int(o, "mirrors_unwell", n.unwell);
    }
    if (c->house->irc)
        doc_put_int(o, "irc_failing", irc_failing(c->house));
    op_put_summary(doc_put_object(o, "summary"), c->house);
    op_reply(c, o);
}

/* For load balancers: a word, and 503 when nothing can be kept. */
static void run_healthz(struct op_call *c)
{
    struct figures f;
    take(c, &f);
    if (f.store.failing)
        op_error(c, ERR_IO, &f.store.why);
    else
        op_raw(c, "text/plain; charset=utf-8", "ok\n", 3);
}

static void gauge(struct buf *b, const char *name, const char *type, const char *help, double v)
{
    static const char *const none[] = {NULL};
    prom_family(b, name, type, help);
    prom_sample(b, name, none, v);
}

/* ---- of each check, in slices ---- */

struct families { /* which family, and where in the model */
    size_t f, i, j;
};

static double family_value(size_t family, const struct item *it)
{
    static const int numbers[STATE_COUNT] = {[STATE_PENDING] = -1, [STATE_WARNING] = 1, [STATE_CRITICAL] = 2, [STATE_UNKNOWN] = 3,
                                             [STATE_DOWN] = 2,     [STATE_UNREACHABLE] = 4};
    return family == 0 ? numbers[it->st.state] : family == 1 ? it->timings.total_us / 1e6 : (double)it->last_check_ms / 1e3;
}

static bool checks_step(struct op_call *c)
{
    static const struct {
        const char *name, *help;
    } rows[] = {{"vigie_check_state", "0 ok or up, 1 warning, 2 critical or down, 3 unknown, 4 unreachable, -1 pending"},
                {"vigie_check_duration_seconds", "Length of the last attempt"},
                {"vigie_check_last_timestamp_seconds", "When the last result came"}};
    struct families *at = c->user;
    if (at->f >= COUNT(rows)) {
        op_raw_text(c, "text/plain; version=0.0.4; charset=utf-8");
        return false;
    }
    if (at->i == 0 && at->j == 0)
        prom_family(c->text, rows[at->f].name, "gauge", rows[at->f].help);
    struct item *it = model_next(c->house->model, &at->i, &at->j);
    if (!it) {
        *at = (struct families){.f = at->f + 1};
        return true;
    }
    const char *name = item_check_name(it), *labels[] = {"host", it->host->name, "check", name ? name : "", NULL};
    prom_sample(c->text, rows[at->f].name, labels, family_value(at->f, it));
    return true;
}

static void put_delays(struct buf *b, const struct scheduler_stats *s)
{
    char le[32];
    const char *labels[] = {"le", le, NULL}, *none[] = {NULL};
    uint64_t sum = 0;
    prom_family(b, "vigie_schedule_delay_seconds", "histogram", "How late attempts began");
    for (size_t i = 0; i < COUNT(s->delay_histogram); i++) {
        sum += s->delay_histogram[i];
        if (i + 1 == COUNT(s->delay_histogram))
            str_copy(le, sizeof le, "+Inf");
        else
            str_print(le, sizeof le, "%g", (double)(1u << i) / 1e3);
        prom_sample(b, "vigie_schedule_delay_seconds_bucket", labels, (double)sum);
    }
    prom_sample(b, "vigie_schedule_delay_seconds_sum", none, (double)s->delay_sum_us / 1e6);
    prom_sample(b, "vigie_schedule_delay_seconds_count", none, (double)sum);
}

/* Kinds that never held the loop are left out; "other" is always there, so that the family is. */
static void put_slow_turns(struct buf *b, const struct watchdog *w)
{
    struct watchdog_row row;
    const char *labels[] = {"kind", NULL, NULL};
    prom_family(b, "vigie_probe_slow_turns_total", "counter", "Stretches of over 5 ms on the probe loop, by kind of check");
    for (int i = 0; watchdog_row(w, i, &row); i++) {
        labels[1] = row.kind;
        if (row.turns || str_eq(row.kind, "other"))
            prom_sample(b, "vigie_probe_slow_turns_total", labels, (double)row.turns);
    }
}

static int64_t resident_bytes(void)
{
    struct buf b = BUF_MAX(4096);
    int64_t pages = 0;
    if (machine_read("/proc/self/statm", &b, NULL) == 0) {
        struct str rest = str_of(buf_text(&b)), word;
        char text[24];
        if (str_next(&rest, " ", &word) && str_next(&rest, " ", &word) && str_copyn(text, sizeof text, word.p, word.n))
            str_i64(text, &pages);
    }
    buf_done(&b);
    return pages * 4096;
}

static void run_metrics(struct op_call *c)
{
    struct figures f;
    take(c, &f);
    struct mirrors_count mirrors = {0};
    if (c->house->mirrors)
        mirrors_list(c->house->mirrors, NULL, &mirrors);
    *c->text = BUF_MAX(OPS_MAX_HEAD);
    const struct {
        const char *name, *type, *help;
        double v;
    } rows[] = {
        {"vigie_uptime_seconds", "gauge", "Since the start", (double)f.uptime_ms / 1e3},
        {"vigie_resident_bytes", "gauge", "Resident memory", (double)resident_bytes()},
        {"vigie_hosts", "gauge", "Hosts configured", f.counts.hosts},
        {"vigie_checks", "gauge", "Checks configured", f.counts.checks},
        {"vigie_problems_unhandled", "gauge", "Problems that nobody has acknowledged or planned", f.counts.unhandled},
        {"vigie_attempts_total", "counter", "Attempts begun", (double)f.sched.attempts},
        {"vigie_results_total", "counter", "Results of attempts", (double)f.sched.results},
        {"vigie_timeouts_total", "counter", "Attempts that ended by their time-out", (double)f.sched.timeouts},
        {"vigie_attempts_in_flight", "gauge", "Attempts under way", f.sched.in_flight},
        {"vigie_attempts_waiting", "gauge", "Attempts due that wait for a place", f.sched.waiting},
        {"vigie_loop_turns_total", "counter", "Turns of the main loop", (double)f.main_loop.turns},
        {"vigie_loop_held_over_5ms_total", "counter", "Turns of the main loop that took over 5 ms", (double)f.main_loop.held_over_5ms},
        {"vigie_probe_loop_held_over_5ms_total", "counter", "Turns of the probe loop that took over 5 ms", (double)f.probe_loop.held_over_5ms},
        {"vigie_configuration_failing", "gauge", "1 while the files are wrong and the last good configuration is in use", c->house->conf_wrong.since_ms > 0},
        {"vigie_store_failing", "gauge", "1 when the last commit failed", f.store.failing},
        {"vigie_store_commits_total", "counter", "Commits", (double)f.store.commits},
        {"vigie_store_waiting", "gauge", "Batches not yet committed", f.store.waiting},
        {"vigie_store_commit_p99_seconds", "gauge", "Length of a commit, 99th percentile", (double)f.store.commit_p99_us / 1e6},
        {"vigie_mails_sent_total", "counter", "Messages delivered", (double)f.mail.sent},
        {"vigie_mails_failed_total", "counter", "Deliveries that failed, to be tried again", (double)f.mail.failed},
        {"vigie_outbox_waiting", "gauge", "Messages waiting", (double)f.mail.waiting},
        {"vigie_http_requests_total", "counter", "Requests answered", (double)f.http.requests},
        {"vigie_http_published_total", "counter", "Requests answered with published pages", (double)f.http.published_hits},
        {"vigie_mirrors_failing", "gauge", "Mirrors of the public site whose last try failed", mirrors.failing},
        {"vigie_mirrors_unwell", "gauge", "Mirrors of the public site that are stale, wrong or out of reach where they are read", mirrors.unwell},
        {"vigie_irc_failing", "gauge", "IRC networks without a connection, or with channels that we are not in", irc_failing(c->house)},
        {"vigie_http_streams", "gauge", "Open event streams", f.http.streams},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        gauge(c->text, rows[i].name, rows[i].type, rows[i].help, rows[i].v);
    put_delays(c->text, &f.sched);
    put_slow_turns(c->text, c->house->watchdog);
    c->user = ARENA_NEW(c->arena, struct families);
    op_slices(c, checks_step);
}

static void run_openapi(struct op_call *c)
{
    struct doc *o = doc_object(c->arena);
    op_openapi(o, c->lang);
    op_reply(c, o);
}

static void run_stats(struct op_call *c)
{
    struct figures f;
    take(c, &f);
    struct doc *o = doc_object(c->arena);
    doc_put_int(o, "resident_bytes", resident_bytes());
    doc_put_int(o, "attempts", (int64_t)f.sched.attempts);
    doc_put_int(o, "delay_p50_us", f.sched.delay_p50_us);
    doc_put_int(o, "delay_p99_us", f.sched.delay_p99_us);
    doc_put_int(o, "delay_max_us", f.sched.delay_max_us);
    doc_put_int(o, "loop_turns", (int64_t)f.main_loop.turns);
    doc_put_int(o, "loop_held_over_5ms", (int64_t)f.main_loop.held_over_5ms);
    doc_put_int(o, "loop_longest_us", f.main_loop.longest_us);
    doc_put_int(o, "probe_loop_held_over_5ms", (int64_t)f.probe_loop.held_over_5ms);
    doc_put_int(o, "probe_loop_longest_us", f.probe_loop.longest_us);
    struct watchdog_row row;
    struct doc *slow = doc_put_object(o, "probe_slow_turns");
    for (int i = 0; watchdog_row(c->house->watchdog, i, &row); i++)
        if (row.turns)
            doc_put_int(slow, row.kind, (int64_t)row.turns);
    doc_put_int(o, "store_commit_p99_us", f.store.commit_p99_us);
    op_reply(c, o);
}

static const struct op_param none[] = {{0}};
const struct op op_health = {"health", "GET", "/api/v1/health", "health", ROLE_VIEWER, 0, MSG("is vigie itself well"), NULL, "health", none, run_health};
const struct op op_healthz = {"healthz", "GET", "/healthz", NULL, ROLE_NONE, OP_PUBLIC | OP_ANY_TYPE, MSG("a word for load balancers"), NULL, NULL, none, run_healthz};
const struct op op_metrics = {"metrics", "GET", "/metrics", NULL, ROLE_VIEWER, OP_ANY_TYPE, MSG("figures of vigie and its checks as Prometheus text"), NULL, NULL, none, run_metrics};
const struct op op_openapi_row = {"openapi", "GET", "/api/v1/openapi.json", "debug openapi", ROLE_NONE, OP_PUBLIC, MSG("describe this API (OpenAPI 3.1)"), NULL, "debug openapi", none, run_openapi};
const struct op op_stats = {"stats", "GET", "/api/v1/stats", "debug stats", ROLE_VIEWER, 0, MSG("figures of the running daemon"), NULL, "debug stats", none, run_stats};

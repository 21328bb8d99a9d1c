/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_puppet_run.c: the summary that Puppet's agent leaves of its last run: failed resources, a catalog that did not
 * come, no run at all, switched off (MON-5). It starts nothing. */
#include "checks/machine/fact.h"
#include "io/machine_file.h"

struct puppet_opts {
    const char *file;
    struct limits age, failed;
};
struct summary { /* -1: not there */
    int64_t last_run_s, failed, failed_to_restart, total, failures, changed;
    bool is_one; /* it looks like a summary at all */
};
static const char *const summaries[] = {
    "/var/cache/puppet/public/last_run_summary.yaml", "/opt/puppetlabs/puppet/public/last_run_summary.yaml",
    "/var/lib/puppet/state/last_run_summary.yaml", "/opt/puppetlabs/puppet/cache/state/last_run_summary.yaml", NULL};
static const char *const locks[] = {
    "/var/cache/puppet/state/agent_disabled.lock", "/opt/puppetlabs/puppet/cache/state/agent_disabled.lock",
    "/var/lib/puppet/state/agent_disabled.lock", NULL};

#define AT(member) offsetof(struct puppet_opts, member)
static const struct conf_row failed_rows[] = {LIMIT_ROWS(AT(failed), NULL, NULL, "0", "0", "10"), {0}};
static const struct conf_row rows[] = {
    {.key = "file", .type = CONF_TEXT, .offset = AT(file), .flags = CONF_POSITIONAL,
     .help = MSG("the summary; by default where packages put it"), .example = "/var/cache/puppet/public/last_run_summary.yaml"},
    LIMIT_ROWS(AT(age), "s", "2h", "1d", "90m", "6h"),
    {.key = "failed", .type = CONF_GROUP, .rows = failed_rows, .help = MSG("thresholds for resources that failed"), .example = "{ warn: 0 }"},
    {0},
};

/* Two levels of "key: value", as Puppet writes them; anything else is passed over. */
static void parse(struct summary *s, const struct buf *text)
{
    const struct {
        const char *section, *key;
        int64_t *to;
    } places[] = {{"time", "last_run", &s->last_run_s}, {"resources", "failed", &s->failed}, {"resources", "failed_to_restart", &s->failed_to_restart},
                  {"resources", "total", &s->total}, {"resources", "changed", &s->changed}, {"events", "failure", &s->failures}};
    struct str rest = {buf_text(text), text->len}, line, section = {0};

    *s = (struct summary){-1, -1, -1, -1, -1, -1, false};
    while (str_next(&rest, "\n", &line)) {
        const char *colon = memchr(line.p, ':', line.n);
        struct str key, value;

        if (colon == NULL)
            continue;
        key = str_trim((struct str){line.p, (size_t)(colon - line.p)});
        value = str_trim((struct str){colon + 1, line.n - (size_t)(colon + 1 - line.p)});
        while (key.n && (*key.p == '"' || *key.p == ':')) { /* keys of old versions */
            key.p++;
            key.n--;
        }
        if (line.n && *line.p != ' ') {
            section = key;
            s->is_one = s->is_one || str_is(key, "version") || str_is(key, "time");
            continue;
        }
        for (size_t i = 0; i < COUNT(places); i++)
            if (str_is(section, places[i].section) && str_is(key, places[i].key) && value.n && *value.p >= '0' && *value.p <= '9')
                *places[i].to = local_number(value);
    }
}

static void judge(struct attempt *own, const struct summary *s)
{
    const struct puppet_opts *o = own->opts;
    double age_s = fmax(0, (double)own->at_ms / 1000 - (double)s->last_run_s), failed = fmax(0, (double)s->failed) + fmax(0, (double)s->failed_to_restart);

    if (s->total < 0 || s->failed < 0) /* then there is no section "resources" */
        attempt_say(own, STATE_CRITICAL, MSG("the last run, {1} ago, had no catalog: see its log or the server’s"), "d", (int64_t)(age_s * 1000));
    else
        attempt_say(own, STATE_OK, MSG("ran {1} ago, {2} resources, {3} changed"), "dii", (int64_t)(age_s * 1000), s->total, s->changed > 0 ? s->changed : 0);
    fact_judge(own, &o->failed, failed, NAN, MSG("{1} {1|resource|resources} failed in the last run (limit {2})"), 'i');
    if (s->total >= 0 && s->failures > 0)
        attempt_worse(own, STATE_WARNING, MSG("{1} {1|event|events} failed in the last run"), "i", s->failures);
    fact_judge(own, &o->age, age_s, NAN, MSG("Puppet has not run for {1} (limit {2})"), 'd');
    fact_perf(own, "age", floor(age_s), "s", &o->age, NAN);
    if (s->total >= 0) {
        fact_perf(own, "failed", failed, "", &o->failed, NAN);
        fact_perf(own, "resources", (double)s->total, "", NULL, NAN);
        fact_perf(own, "changed", fmax(0, (double)s->changed), "", NULL, NAN);
    }
}

static int read_summary(const struct puppet_opts *o, struct buf *text, struct err *e, const char **ret_path)
{
    int code = ERR_NOT_FOUND;

    *ret_path = o->file;
    if (o->file)
        return machine_read(o->file, text, e);
    for (int i = 0; summaries[i] && code == ERR_NOT_FOUND; i++)
        code = machine_read(*ret_path = summaries[i], text, e);
    return code;
}

static void judge_disabled(struct attempt *own)
{
    struct buf text = BUF_MAX(4096);
    bool off = false;

    for (int i = 0; locks[i] && !off; i++)
        off = fact_text(locks[i], &text);
    if (off) /* {"disabled_message":"…"} */
        attempt_worse(own, STATE_WARNING, MSG("the agent is switched off: {1}"), "s", attempt_quote(own, buf_text(&text), text.len, 200));
    buf_done(&text);
}

static void look(struct attempt *own)
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct err e = {0};
    struct summary s;
    const char *path;
    int code = read_summary(own->opts, &text, &e, &path);

    if (code == ERR_NOT_FOUND)
        attempt_say(own, STATE_UNKNOWN, MSG("Puppet has never run here: {1} does not exist"), "s", path);
    else if (code != 0) {
        attempt_fail(own, code, &e);
        own->state = STATE_UNKNOWN;
    } else {
        parse(&s, &text);
        if (!s.is_one || s.last_run_s < 0)
            attempt_say(own, STATE_UNKNOWN, MSG("{1} is no summary of a run: it lacks time: last_run:"), "s", path);
        else
            judge(own, &s);
    }
    judge_disabled(own);
    buf_done(&text);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_puppet_run = {
    .kind = {.name = "puppet_run",
             .help = MSG("watches that Puppet’s agent runs, and without failures"),
             .area = "machine",
             .example = "puppet_run:",
             .rows = rows,
             .opts_bytes = sizeof(struct puppet_opts),
             .every_ms = 300000},
    .start = start,
    .stop = local_stop,
    .local = true,
};

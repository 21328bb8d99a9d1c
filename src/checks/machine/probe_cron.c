/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_cron.c: did a job run lately? By the stamp that the job touches at its end (`job && touch STAMP`), by anacron's
 * stamps, or by what Debian's daily jobs leave behind. cron itself keeps no record of success. A job that can reach
 * the network tells its heartbeat instead (see heartbeat). */
#include "checks/machine/files.h"

#include <math.h>
#include <string.h>

enum { DAY_MS = 86400000, HOUR_MS = 3600000 };

struct cron_opts {
    const char *job, *dir;
    int64_t within_ms; /* 0: by the job */
};

#define AT(member) offsetof(struct cron_opts, member)
static const struct conf_row rows[] = {
    {.key = "job", .type = CONF_TEXT, .offset = AT(job), .flags = CONF_POSITIONAL, .by_default = "daily",
     .help = MSG("daily, weekly or monthly (/etc/cron.daily …), the path of a stamp, or the name of one in dir"), .example = "/var/lib/mydb/vacuumed"},
    {.key = "dir", .type = CONF_TEXT, .offset = AT(dir), .by_default = "/var/lib/vigie/cron", .help = MSG("where stamps named without a path are"), .example = "/var/tmp/stamps"},
    {.key = "within", .type = CONF_DURATION, .offset = AT(within_ms), .min = 0, .max = INT64_C(3660) * 86400000,
     .help = MSG("how long ago the last success may be; 26 hours, 8 or 32 days by default"), .example = "2h"},
    {0},
};

/* What runs in each, and proves it by a file of its own. */
static const struct period {
    const char *name, *anacron, *witness;
    int64_t within_ms;
} periods[] = {
    {"daily", "/var/spool/anacron/cron.daily", "/var/lib/logrotate/status", 26 * (int64_t)HOUR_MS},
    {"weekly", "/var/spool/anacron/cron.weekly", "/var/cache/man/index.db", 8 * (int64_t)DAY_MS},
    {"monthly", "/var/spool/anacron/cron.monthly", NULL, 32 * (int64_t)DAY_MS},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    const struct cron_opts *o = arg;

    if (o->job[0] == '\0' || (o->job[0] != '/' && strchr(o->job, '/')))
        return err_field(e, ERR_INVALID, "job", MSG("“{1}” is neither a name nor a path that begins with /"), "s", o->job);
    return files_check_path("dir", o->dir, e);
}

static void judge(struct attempt *own, const char *stamp, int64_t age_ms, int64_t within_ms)
{
    if (age_ms > within_ms)
        attempt_say(own, STATE_CRITICAL, MSG("{1}: the last success was {2} ago (at most {3}), by {4}"), "sdds", ((const struct cron_opts *)own->opts)->job, age_ms,
                    within_ms, stamp);
    else
        attempt_say(own, STATE_OK, MSG("{1}: succeeded {2} ago, by {3}"), "sds", ((const struct cron_opts *)own->opts)->job, age_ms, stamp);
    attempt_perf(own, "age", (double)(age_ms / 1000), "s", NULL, &(struct conf_level){.set = true, .high = (double)within_ms / 1000}, 0, NAN);
}

/* anacron writes the day of the last run, YYYYMMDD. The file's own time is exact to the second, so that counts; the
 * content only shows that it was anacron. */
static bool judge_anacron(struct attempt *own, const struct period *p, int64_t within_ms)
{
    struct machine_file f;
    struct buf text = BUF_MAX(64);
    bool whole;

    if (machine_stat(p->anacron, true, &f, NULL) != 0)
        return false;
    whole = machine_read(p->anacron, &text, NULL) == 0 && strspn(buf_text(&text), "0123456789") == 8;
    buf_done(&text);
    if (whole)
        judge(own, p->anacron, files_age_ms(own, &f), within_ms);
    else
        attempt_say(own, STATE_CRITICAL, MSG("{1} has no date: the jobs never ran to their end"), "s", p->anacron);
    return true;
}

static void judge_stamp(struct attempt *own, const char *stamp, int64_t within_ms)
{
    struct machine_file f;
    struct err e = {0};
    int code = machine_stat(stamp, true, &f, &e);

    if (code == 0)
        judge(own, stamp, files_age_ms(own, &f), within_ms);
    else if (code == ERR_NOT_FOUND)
        attempt_say(own, STATE_CRITICAL, MSG("{1} never succeeded: there is no stamp {2}"), "ss", ((const struct cron_opts *)own->opts)->job, stamp);
    else
        files_failed(own, STATE_UNKNOWN, code, &e);
}

static void judge_period(struct attempt *own, const struct period *p, int64_t within_ms)
{
    struct machine_file f;

    if (judge_anacron(own, p, within_ms))
        return;
    if (p->witness && machine_stat(p->witness, true, &f, NULL) == 0)
        judge(own, p->witness, files_age_ms(own, &f), within_ms);
    else
        attempt_say(own, STATE_UNKNOWN, MSG("nothing here tells when cron.{1} ran (no anacron): give the job a stamp"), "s", p->name);
}

static void look(struct attempt *own)
{
    const struct cron_opts *o = own->opts;

    for (size_t i = 0; i < COUNT(periods); i++)
        if (str_eq(o->job, periods[i].name)) {
            judge_period(own, &periods[i], o->within_ms ? o->within_ms : periods[i].within_ms);
            return;
        }
    judge_stamp(own, o->job[0] == '/' ? o->job : arena_printf(own->arena, "%s/%s", o->dir, o->job), o->within_ms ? o->within_ms : periods[0].within_ms);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_cron = {
    .kind = {.name = "cron",
             .area = "machine",
             .example = "cron: { job: /var/lib/mydb/vacuumed, within: 2h }",
             .help = MSG("watches that a periodic job succeeded lately"),
             .rows = rows,
             .opts_bytes = sizeof(struct cron_opts),
             .finish = finish},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .local = true,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_backup.c: is there a fresh backup of a usual size? By the newest file that fits a pattern, or by what restic or
 * borg list. It does not try to restore. */
#include "base/json.h"
#include "base/timetext.h"
#include "checks/machine/files.h"
#include "checks/tool.h"
#include "io/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD_MS = 3600000, KEPT = 16, MAX_PATH = 4096, SETTLE_MS = 10 * 60000, BACKUP_MAX_OUTPUT = 1 << 20 };

struct backup_opts {
    const char *path, *restic, *borg, *password, *host;
    int64_t within_ms, min_bytes;
    struct conf_level shrink;
    bool recursive, sudo;
};
struct newest { /* the newest KEPT ones, newest first */
    struct attempt *own;
    struct {
        int64_t mtime_ms, size;
        const char *path;
    } at[KEPT];
    int n;
    int64_t all;
};

#define AT(member) offsetof(struct backup_opts, member)
static const struct conf_row rows[] = {
    {.key = "path", .type = CONF_TEXT, .offset = AT(path), .flags = CONF_POSITIONAL,
     .help = MSG("directory, or path whose last name has * and ?: the newest file counts"), .example = "\"/var/backups/db-*.gz\""},
    {.key = "within", .type = CONF_DURATION, .offset = AT(within_ms), .min = 60000, .max = INT64_C(3660) * 86400000, .by_default = "26h",
     .help = MSG("how old the newest backup may be"), .example = "8d"},
    {.key = "shrink", .type = CONF_LEVEL, .offset = AT(shrink), .unit = "%", .by_default = "50%",
     .help = MSG("a warning when the newest is smaller than this share of the former ones"), .example = "80%"},
    {.key = "min_size", .type = CONF_BYTES, .offset = AT(min_bytes), .min = 0, .max = INT64_MAX, .by_default = "1", .help = MSG("smaller ones are no backup: critical"), .example = "10 MB"},
    {.key = "recursive", .type = CONF_BOOL, .offset = AT(recursive), .by_default = "no", .help = MSG("directories below, too"), .example = "yes"},
    {.key = "restic", .type = CONF_TEXT, .offset = AT(restic), .help = MSG("repository of restic, instead of a path"), .example = "/srv/restic"},
    {.key = "borg", .type = CONF_TEXT, .offset = AT(borg), .help = MSG("repository of borg, instead of a path"), .example = "/srv/borg"},
    {.key = "password", .type = CONF_SECRET, .offset = AT(password), .help = MSG("password of the repository"), .example = "{ file: /etc/vigie/restic }"},
    {.key = "host", .type = CONF_TEXT, .offset = AT(host), .help = MSG("with restic: only backups of this host"), .example = "web1"},
    {.key = "sudo", .type = CONF_BOOL, .offset = AT(sudo), .by_default = "no", .help = MSG("run it by sudo: the page has the line for sudoers"), .example = "yes"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    const struct backup_opts *o = arg;

    if (!!o->path + !!o->restic + !!o->borg != 1)
        return err_field(e, ERR_INVALID, "path", MSG("one of path, restic and borg is needed"), "");
    if (o->restic && o->restic[0] == '-')
        return err_field(e, ERR_INVALID, "restic", MSG("“{1}” is no repository"), "s", o->restic);
    if (o->borg && o->borg[0] == '-')
        return err_field(e, ERR_INVALID, "borg", MSG("“{1}” is no repository"), "s", o->borg);
    return o->path ? files_check_path("path", o->path, e) : 0;
}

/* ---- files ---- */

static void add(void *arg, const char *path, const struct machine_file *f)
{
    struct newest *s = arg;
    int i = s->n < KEPT ? s->n : KEPT - 1;

    s->all++;
    if (s->n == KEPT && f->mtime_ms <= s->at[KEPT - 1].mtime_ms)
        return;
    for (; i > 0 && s->at[i - 1].mtime_ms < f->mtime_ms; i--)
        s->at[i] = s->at[i - 1];
    s->at[i].mtime_ms = f->mtime_ms;
    s->at[i].size = f->size_bytes;
    s->at[i].path = attempt_quote(s->own, path, strlen(path), MAX_PATH);
    s->n += s->n < KEPT;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Of the former ones; 0 when there are fewer than two. */
static int64_t usual_size(const struct newest *s)
{
    int64_t sizes[KEPT];
    int n = s->n - 1;

    for (int i = 0; i < n; i++)
        sizes[i] = s->at[i + 1].size;
    if (n < 2)
        return 0;
    qsort(sizes, (size_t)n, sizeof(sizes[0]), by_size);
    return sizes[n / 2];
}

/* One that was written within the last minutes may still be growing. */
static void judge_size(struct attempt *own, const struct backup_opts *o, const struct newest *s, int64_t age_ms)
{
    int64_t usual = usual_size(s), size = s->at[0].size;
    double least = o->shrink.set && isfinite(o->shrink.high) ? o->shrink.high : 0;

    if (age_ms < SETTLE_MS)
        return;
    if (size < o->min_bytes)
        attempt_worse(own, STATE_CRITICAL, MSG("{1} has only {2} (at least {3} are right)"), "sbb", s->at[0].path, size, o->min_bytes);
    else if (usual > 0 && (double)size < least / 100 * (double)usual)
        attempt_worse(own, STATE_WARNING, MSG("{1} has only {2}, the former ones {3}"), "sbb", s->at[0].path, size, usual);
}

static void judge_age(struct attempt *own, const char *what, int64_t written_ms)
{
    int64_t age_ms = own->at_ms > written_ms ? own->at_ms - written_ms : 0;
    const struct backup_opts *o = own->opts;

    if (age_ms > o->within_ms)
        attempt_worse(own, STATE_CRITICAL, MSG("the newest backup ({1}) is {2} old (at most {3})"), "sdd", what, age_ms, o->within_ms);
    if (written_ms > own->at_ms + AHEAD_MS) /* it would hide that none comes any more */
        attempt_worse(own, STATE_WARNING, MSG("the newest backup ({1}) is dated {2} ahead: a clock was wrong"), "sd", what, written_ms - own->at_ms);
    attempt_perf(own, "age", (double)(age_ms / 1000), "s", NULL, &(struct conf_level){.set = true, .high = (double)o->within_ms / 1000}, 0, NAN);
}

static void look(struct attempt *own)
{
    const struct backup_opts *o = own->opts;
    struct newest s = {.own = own};
    struct files_walk w = {.pattern = o->path, .depth = o->recursive ? 16 : 1, .fn = add, .arg = &s};
    struct err e = {0};
    int code = files_each(&w, &e);
    int64_t age_ms;

    if (code != 0 && code != ERR_LIMIT) {
        files_failed(own, STATE_CRITICAL, code, &e);
        return;
    }
    if (s.n == 0) {
        attempt_say(own, STATE_CRITICAL, MSG("there is no backup at {1}"), "s", o->path);
        return;
    }
    age_ms = own->at_ms > s.at[0].mtime_ms ? own->at_ms - s.at[0].mtime_ms : 0;
    attempt_say(own, STATE_OK, MSG("{1}: {2}, {3} old"), "sbd", s.at[0].path, s.at[0].size, age_ms);
    judge_age(own, s.at[0].path, s.at[0].mtime_ms);
    judge_size(own, o, &s, age_ms);
    attempt_perf(own, "size", (double)s.at[0].size, "B", NULL, NULL, 0, NAN);
    attempt_perf(own, "backups", (double)s.all, "", NULL, NULL, 0, NAN);
    for (int i = 0; i < s.n; i++)
        local_line(own, "%s: %lld B", s.at[i].path, (long long)s.at[i].size);
}

/* ---- restic and borg ---- */

/* "2026-03-02T08:00:00.123456789+01:00"; borg writes no zone (it is run with TZ=UTC). -1: unreadable. */
static int64_t moment(struct attempt *a, const char *text)
{
    const char *fraction = strchr(text, '.'), *zone = strpbrk(text + strcspn(text, "T"), "Z+-");
    int64_t ms;
    char whole[TIME_RFC3339_BYTES + 8];

    if (strlen(text) < 19 || strlen(text) > 60)
        return -1;
    str_print(whole, sizeof(whole), "%.*s%s", fraction ? (int)(fraction - text) : 19, text, zone ? zone : "Z");
    return time_parse_rfc3339(whole, &ms) == 0 ? ms : -1;
}

static void judge_list(struct attempt *a, const struct doc *list, const char *key)
{
    int64_t newest = -1, n = 0;
    const char *name = "";

    DOC_EACH(list, row) {
        int64_t at = moment(a, doc_text(row, key, ""));

        n++;
        if (at > newest) {
            newest = at;
            name = doc_text(row, "short_id", doc_text(row, "name", "?"));
        }
    }
    if (newest < 0) {
        attempt_say(a, STATE_CRITICAL, MSG("there is no backup in the repository"), "");
        return;
    }
    name = attempt_quote(a, name, strlen(name), 80);
    attempt_say(a, STATE_OK, MSG("the newest backup ({1}) is {2} old"), "sd", name, a->at_ms > newest ? a->at_ms - newest : 0);
    judge_age(a, name, newest);
}

static void on_list(struct attempt *a, const struct spawn_reply *r)
{
    const struct backup_opts *o = a->opts;
    struct doc *d = NULL;

    if (r->exit_status != 0)
        tool_failed(a, r);
    else if (json_parse(a->arena, r->out, r->out_bytes, BACKUP_MAX_OUTPUT, &d, NULL) != 0)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} did not answer in the form that is known here: {2}"), "ss", o->restic ? "restic" : "borg",
                    attempt_quote(a, r->out, r->out_bytes, 100));
    else if (o->restic)
        judge_list(a, d, "time");
    else
        judge_list(a, doc_get(d, "archives"), "start");
    attempt_done(a);
}

static void run_tool(struct attempt *a, const struct backup_opts *o)
{
    const char *restic[] = {"restic", "-r", o->restic, "--no-lock", "--no-cache", "snapshots", "--json", "--latest", "1", o->host ? "--host" : NULL, o->host, NULL};
    const char *borg[] = {"borg", "--bypass-lock", "list", "--json", "--last", "1", o->borg, NULL};
    const char *env[] = {"TZ=UTC", "BORG_RELOCATED_REPO_ACCESS_IS_OK=no", "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes", 
                         arena_printf(a->arena, "HOME=%s", file_env("HOME") ? file_env("HOME") : "/var/lib/vigie"),
                         o->password ? arena_printf(a->arena, "%s=%s", o->restic ? "RESTIC_PASSWORD" : "BORG_PASSPHRASE", o->password) : NULL, NULL};

    tool_run(a, &(struct tool_ask){.argv = o->restic ? restic : borg, .env = env, .package = o->restic ? "restic" : "borgbackup", .sudo = o->sudo,
                                   .max_output = BACKUP_MAX_OUTPUT}, on_list);
}

static void start(struct attempt *a)
{
    const struct backup_opts *o = a->opts;

    if (o->path)
        local_start(a, look);
    else
        run_tool(a, o);
}

static void stop(struct attempt *a)
{
    if (((const struct backup_opts *)a->opts)->path)
        local_stop(a);
    else
        tool_stop(a);
}

static void late(struct attempt *a)
{
    if (((const struct backup_opts *)a->opts)->path)
        local_fs_late(a);
    else
        tool_late(a);
}

const struct probe probe_backup = {
    .kind = {.name = "backup",
             .area = "machine",
             .example = "backup: { path: \"/var/backups/db-*.gz\", within: 26h }",
             .help = MSG("watches that a fresh backup of a usual size is there"),
             .rows = rows,
             .opts_bytes = sizeof(struct backup_opts),
             .finish = finish,
             .every_ms = 900000,
             .timeout_ms = 120000},
    .start = start,
    .stop = stop,
    .late = late,
    .local = true,
};

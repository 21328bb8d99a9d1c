/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_directory.c: how many files a directory has, how old, how large in all: queues that grow, spools that are
 * stuck. It looks at FILES_MAX entries at most. */
#include "checks/machine/files.h"

#include <math.h>

struct directory_opts {
    const char *path, *pattern;
    struct conf_level count_warn, count_crit, oldest_warn, oldest_crit, newest_warn, newest_crit, size_warn, size_crit;
    bool recursive;
};
struct sum {
    struct attempt *own;
    int64_t n, size, oldest_ms, newest_ms;
};

#define AT(member) offsetof(struct directory_opts, member)
#define PAIR(name, a, b, u, w, c, we, ce)                                                                                   \
    static const struct conf_row name[] = {                                                                               \
        {.key = "warn", .type = CONF_LEVEL, .offset = AT(a), .unit = u, .help = w, .example = we},                           \
        {.key = "crit", .type = CONF_LEVEL, .offset = AT(b), .unit = u, .help = c, .example = ce},                           \
        {0},                                                                                                               \
    }
PAIR(count_rows, count_warn, count_crit, NULL, MSG("number of files that is a warning"), MSG("number of files that is critical"), "100", "\"1:1000\"");
PAIR(oldest_rows, oldest_warn, oldest_crit, "ms", MSG("age of the oldest file that is a warning"), MSG("age of the oldest file that is critical"), "1h", "1d");
PAIR(newest_rows, newest_warn, newest_crit, "ms", MSG("age of the newest file that is a warning"), MSG("age of the newest file that is critical"), "1h", "1d");
PAIR(size_rows, size_warn, size_crit, "bytes", MSG("size of all files that is a warning"), MSG("size of all files that is critical"), "1GB", "10GB");
static const struct conf_row rows[] = {
    {.key = "path", .type = CONF_TEXT, .offset = AT(path), .flags = CONF_REQUIRED | CONF_POSITIONAL, .help = MSG("the directory"), .example = "/var/spool/queue"},
    {.key = "pattern", .type = CONF_TEXT, .offset = AT(pattern), .help = MSG("names that count (* and ? allowed); all by default"), .example = "\"*.tmp\""},
    {.key = "recursive", .type = CONF_BOOL, .offset = AT(recursive), .by_default = "no", .help = MSG("directories below, too"), .example = "yes"},
    {.key = "count", .type = CONF_GROUP, .rows = count_rows, .help = MSG("thresholds for the number of files"), .example = "{ warn: 100, crit: 1000 }"},
    {.key = "oldest", .type = CONF_GROUP, .rows = oldest_rows, .help = MSG("thresholds for the age of the oldest file"), .example = "{ warn: 1h, crit: 1d }"},
    {.key = "newest", .type = CONF_GROUP, .rows = newest_rows, .help = MSG("thresholds for the age of the newest file"), .example = "{ warn: 1h, crit: 1d }"},
    {.key = "size", .type = CONF_GROUP, .rows = size_rows, .help = MSG("thresholds for the size of all files"), .example = "{ warn: 1GB, crit: 10GB }"},
    {0},
};

static void add(void *arg, const char *path, const struct machine_file *f)
{
    struct sum *s = arg;
    int64_t age_ms = files_age_ms(s->own, f);

    if (s->n == 0 || age_ms > s->oldest_ms)
        s->oldest_ms = age_ms;
    if (s->n == 0 || age_ms < s->newest_ms)
        s->newest_ms = age_ms;
    s->n++;
    s->size = f->size_bytes > INT64_MAX / 2 - s->size ? INT64_MAX / 2 : s->size + f->size_bytes;
}

static void judge(struct attempt *own, const struct directory_opts *o, const struct sum *s)
{
    const char *limit;
    enum state st = level_judge(&o->count_warn, &o->count_crit, (double)s->n, NAN, &limit);

    if (st != STATE_OK)
        attempt_worse(own, st, MSG("{1} has {2} {2|file|files} (limit {3})"), "sis", o->path, s->n, limit);
    st = level_judge(&o->size_warn, &o->size_crit, (double)s->size, NAN, &limit);
    if (st != STATE_OK)
        attempt_worse(own, st, MSG("{1} has {2} (limit {3})"), "sbs", o->path, s->size, limit);
    if (s->n == 0)
        return;
    st = level_judge(&o->oldest_warn, &o->oldest_crit, (double)s->oldest_ms, NAN, &limit);
    if (st != STATE_OK)
        attempt_worse(own, st, MSG("the oldest file in {1} is {2} old (limit {3})"), "sds", o->path, s->oldest_ms, limit);
    st = level_judge(&o->newest_warn, &o->newest_crit, (double)s->newest_ms, NAN, &limit);
    if (st != STATE_OK)
        attempt_worse(own, st, MSG("the newest file in {1} is {2} old (limit {3})"), "sds", o->path, s->newest_ms, limit);
}

static void put_figures(struct attempt *own, const struct directory_opts *o, const struct sum *s)
{
    attempt_perf(own, "files", (double)s->n, "", &o->count_warn, &o->count_crit, 0, NAN);
    attempt_perf(own, "size", (double)s->size, "B", &o->size_warn, &o->size_crit, 0, NAN);
    if (s->n) {
        attempt_perf_time(own, "oldest", s->oldest_ms * 1000, &o->oldest_warn, &o->oldest_crit);
        attempt_perf_time(own, "newest", s->newest_ms * 1000, &o->newest_warn, &o->newest_crit);
    }
}

static void look(struct attempt *own)
{
    const struct directory_opts *o = own->opts;
    struct sum s = {.own = own};
    struct files_walk w = {.pattern = o->path, .name = o->pattern, .depth = o->recursive ? 32 : 1, .fn = add, .arg = &s};
    struct machine_file f;
    struct err e = {0};
    int code = machine_stat(o->path, true, &f, &e);

    if (code == 0 && f.kind != MACHINE_DIRECTORY) {
        attempt_say(own, STATE_UNKNOWN, MSG("{1} is no directory"), "s", o->path);
        return;
    }
    if (code == 0)
        code = files_each(&w, &e);
    if (code != 0 && code != ERR_LIMIT) {
        files_failed(own, STATE_CRITICAL, code, &e);
        return;
    }
    if (s.n == 0)
        attempt_say(own, STATE_OK, MSG("{1} has no such file"), "s", o->path);
    else
        attempt_say(own, STATE_OK, MSG("{1} {1|file|files}, {2}, the oldest {3} old"), "ibd", s.n, s.size, s.oldest_ms);
    judge(own, o, &s);
    if (code == ERR_LIMIT)
        attempt_worse(own, STATE_UNKNOWN, MSG("{1} has more than {2} entries"), "si", o->path, (int64_t)FILES_MAX);
    else if (w.closed)
        attempt_worse(own, STATE_UNKNOWN, MSG("{1} {1|directory|directories} below {2} cannot be read"), "is", (int64_t)w.closed, o->path);
    put_figures(own, o, &s);
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    const struct directory_opts *o = arg;

    return files_check_path("path", o->path, e);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_directory = {
    .kind = {.name = "directory",
             .area = "machine",
             .example = "directory: { path: /var/spool/queue, count: { warn: 100 }, oldest: { crit: 1h } }",
             .help = MSG("counts the files of a directory: number, age, size"),
             .rows = rows,
             .opts_bytes = sizeof(struct directory_opts),
             .finish = finish,
             .timeout_ms = 60000},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .local = true,
};

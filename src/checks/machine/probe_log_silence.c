/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_log_silence.c: logs that stopped growing: a logger that died says nothing. It does not read them. */
#include "base/hash.h"
#include "checks/machine/files.h"

#include <math.h>

struct silence_opts {
    const char *path;
    struct conf_level warn, crit;
    bool recursive;
};
struct silence_memory {
    int64_t size, since_ms; /* of all files together, and when it last changed */
    uint64_t key;           /* of the path: another one begins anew */
};
struct sum {
    struct attempt *own;
    int64_t n, size, newest_ms;
};

#define AT(member) offsetof(struct silence_opts, member)
static const struct conf_row rows[] = {
    {.key = "path", .type = CONF_TEXT, .offset = AT(path), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("a log file, a directory, or a path whose last name has * and ?"), .example = "/var/log/syslog"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms", .help = MSG("silence that is a warning"), .example = "30m"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms", .by_default = "1h", .help = MSG("silence that is critical"), .example = "2h"},
    {.key = "recursive", .type = CONF_BOOL, .offset = AT(recursive), .by_default = "no", .help = MSG("directories below, too"), .example = "yes"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    const struct silence_opts *o = arg;

    return files_check_path("path", o->path, e);
}

static void add(void *arg, const char *path, const struct machine_file *f)
{
    struct sum *s = arg;

    if (s->n++ == 0 || f->mtime_ms > s->newest_ms)
        s->newest_ms = f->mtime_ms;
    s->size = f->size_bytes > INT64_MAX / 2 - s->size ? INT64_MAX / 2 : s->size + f->size_bytes;
}

/* When it last changed: by the sizes since this check looks, before that by the time of the files. A rotation is a
 * change, too. A mere touch is none. */
static int64_t last_change(struct silence_memory *m, const char *path, const struct sum *s)
{
    uint64_t key = hash_text(path, 0) | 1;

    if (m == NULL)
        return s->newest_ms;
    if (m->key != key || m->size != s->size)
        *m = (struct silence_memory){.key = key, .size = s->size, .since_ms = s->newest_ms};
    return m->since_ms;
}

static void look(struct attempt *own)
{
    const struct silence_opts *o = own->opts;
    struct sum s = {.own = own};
    struct files_walk w = {.pattern = o->path, .depth = o->recursive ? 16 : 1, .fn = add, .arg = &s};
    struct err e = {0};
    int code = files_each(&w, &e);
    const char *limit;
    int64_t quiet_ms;
    enum state st;

    if (code != 0 && code != ERR_LIMIT) {
        files_failed(own, STATE_CRITICAL, code, &e);
        return;
    }
    if (s.n == 0) {
        attempt_say(own, STATE_CRITICAL, MSG("there is no log at {1}"), "s", o->path);
        return;
    }
    quiet_ms = own->at_ms - last_change(own->memory, o->path, &s);
    quiet_ms = quiet_ms > 0 ? quiet_ms : 0;
    st = level_judge(&o->warn, &o->crit, (double)quiet_ms, NAN, &limit);
    if (st == STATE_OK)
        attempt_say(own, st, MSG("{1} grew {2} ago"), "sd", o->path, quiet_ms);
    else
        attempt_say(own, st, MSG("{1} has been silent for {2} (limit {3})"), "sds", o->path, quiet_ms, limit);
    attempt_perf_time(own, "silence", quiet_ms * 1000, &o->warn, &o->crit);
    attempt_perf(own, "size", (double)s.size, "B", NULL, NULL, 0, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_log_silence = {
    .kind = {.name = "log_silence",
             .area = "machine",
             .example = "log_silence: { path: /var/log/syslog, crit: 2h }",
             .help = MSG("watches that a log still grows"),
             .rows = rows,
             .opts_bytes = sizeof(struct silence_opts),
             .finish = finish},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .local = true,
    .memory_bytes = sizeof(struct silence_memory),
};

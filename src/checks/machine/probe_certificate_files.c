/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_certificate_files.c: days left of certificates in files, whoever serves them. It verifies no chain. */
#include "checks/machine/files.h"
#include "checks/machine/several.h"

#include <math.h>
#include <string.h>

enum { MAX_BYTES = 1 << 20, MAX_PATH = 4096, MAX_FILES = 2000, DEPTH = 6, SHOWN = 60 };

struct certs_opts {
    struct conf_texts paths, exclude;
    struct conf_level warn, crit;
};
struct looking {
    struct attempt *own;
    struct several v;
    bool named; /* the file itself was named: it must have a certificate */
    int files, certs, unreadable;
    double least_days;
    const char *least;
};

#define AT(member) offsetof(struct certs_opts, member)
static const struct conf_row rows[] = {
    {.key = "paths", .type = CONF_TEXTS, .offset = AT(paths), .flags = CONF_POSITIONAL, .by_default = "[/etc/letsencrypt/live]",
     .help = MSG("files, patterns and directories (there: names that end in pem, crt, cer, cert or der)"), .example = "[/etc/ssl/own, \"/etc/nginx/*.crt\"]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("paths to leave out (* and ? allowed)"), .example = "[\"*/old/*\"]"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "d", .by_default = "< 14d", .help = MSG("days left that are a warning"), .example = "< 21d"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "d", .by_default = "< 3d", .help = MSG("days left that are critical"), .example = "< 7d"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct certs_opts *o = arg;
    int code = 0;

    level_make_floor(&o->warn);
    level_make_floor(&o->crit);
    for (int i = 0; i < o->paths.n && code == 0; i++)
        code = files_check_path("paths", o->paths.at[i], e);
    return code;
}

static bool looks_like_one(const char *path)
{
    static const char *const ends[] = {".pem", ".crt", ".cer", ".cert", ".der"};

    for (size_t i = 0; i < COUNT(ends); i++)
        if (str_ends(path, ends[i]))
            return strstr(path, "privkey") == NULL;
    return false;
}

static void judge_cert(struct looking *k, const char *path, const struct tls_cert *c)
{
    const struct certs_opts *o = k->own->opts;
    int64_t left_ms = c->not_after_ms - k->own->at_ms;
    double days = (double)left_ms / 86400000.0;
    const char *limit;
    enum state s = level_judge(&o->warn, &o->crit, days, NAN, &limit);

    k->certs++;
    if (k->certs == 1 || days < k->least_days) {
        k->least_days = days;
        k->least = path;
    }
    if (k->certs <= SHOWN)
        local_line(k->own, "%s: %s, %.1f d", path, c->subject, days);
    if (left_ms <= 0)
        several_bad(&k->v, STATE_CRITICAL, MSG("{1}: the certificate of {2} ended {3} ago"), "ssd", path, c->subject, -left_ms);
    else if (s != STATE_OK)
        several_bad(&k->v, s, MSG("{1}: the certificate of {2} ends in {3} (limit {4})"), "ssds", path, c->subject, left_ms, limit);
}

static void look_at(void *arg, const char *path, const struct machine_file *f)
{
    struct looking *k = arg;
    const struct certs_opts *o = k->own->opts;
    struct buf text = BUF_MAX(MAX_BYTES);
    struct tls_info *info;
    const char *shown;
    struct err e = {0};

    if ((!k->named && !looks_like_one(path)) || local_listed(&o->exclude, path) || k->files >= MAX_FILES)
        return;
    k->files++;
    shown = attempt_quote(k->own, path, strlen(path), MAX_PATH);
    info = ARENA_NEW(k->own->arena, struct tls_info);
    if (machine_read_from(path, 0, &text, &e) != 0 || text.full) {
        k->unreadable++;
        if (k->named)
            several_bad(&k->v, STATE_UNKNOWN, MSG("{1} cannot be read"), "s", shown);
    } else if (machine_certs(buf_text(&text), text.len, k->own->arena, info, NULL) != 0) {
        if (k->named)
            several_bad(&k->v, STATE_UNKNOWN, MSG("there is no certificate in {1}"), "s", shown);
    }
    for (int i = 0; i < info->n_chain; i++)
        judge_cert(k, shown, &info->chain[i]);
    buf_done(&text);
}

static bool is_file(const char *path)
{
    struct machine_file f;

    return strpbrk(path, "*?") || (machine_stat(path, true, &f, NULL) == 0 && f.kind == MACHINE_REGULAR);
}

static void look(struct attempt *own)
{
    const struct certs_opts *o = own->opts;
    struct looking k = {.own = own, .v = {own, 0}};
    struct err e = {0};

    for (int i = 0; i < o->paths.n; i++) {
        struct files_walk w = {.pattern = o->paths.at[i], .depth = is_file(o->paths.at[i]) ? 1 : DEPTH, .fn = look_at, .arg = &k};
        int code;

        k.named = is_file(o->paths.at[i]);
        code = files_each(&w, &e);
        k.unreadable += w.closed;
        if (code != 0 && code != ERR_LIMIT)
            several_bad(&k.v, code == ERR_NOT_FOUND ? STATE_CRITICAL : STATE_UNKNOWN, MSG("{1}"), "m", e.text);
    }
    if (k.v.bad == 0 && k.certs == 0 && k.unreadable)
        attempt_say(own, STATE_UNKNOWN, MSG("no certificate can be read: {1} files or directories are closed to vigie"), "i", (int64_t)k.unreadable);
    else if (k.v.bad == 0 && k.certs == 0)
        attempt_say(own, STATE_UNKNOWN, MSG("there is no certificate here"), "");
    else if (k.v.bad == 0)
        attempt_say(own, STATE_OK, MSG("{1} {1|certificate|certificates}, the first ends in {2} ({3})"), "ids", (int64_t)k.certs,
                    (int64_t)(k.least_days * 86400000.0), k.least);
    several_end(&k.v);
    if (k.certs) {
        attempt_perf(own, "days", k.least_days, "", &o->warn, &o->crit, NAN, NAN);
        attempt_perf(own, "certificates", k.certs, "", NULL, NULL, 0, NAN);
    }
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_certificate_files = {
    .kind = {.name = "certificate_files",
             .area = "tls",
             .example = "certificate_files: [/etc/letsencrypt/live]",
             .help = MSG("watches the days left of certificates in files"),
             .rows = rows,
             .opts_bytes = sizeof(struct certs_opts),
             .finish = finish,
             .every_ms = 3600000,
             .timeout_ms = 60000},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .local = true,
};

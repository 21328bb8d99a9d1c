/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_mounts.c: is everything mounted that /etc/fstab promises, and what is named here? It only compares tables and
 * touches no file system, so that a dead server cannot hold it. */
#include "checks/machine/local.h"
#include "checks/machine/several.h"

#include <math.h>
#include <string.h>

enum { MAX_MOUNTS = 4096 };

struct mounts_opts {
    struct conf_texts mounts, exclude;
    bool fstab;
};
struct table {
    const char **at;
    int n;
};

#define AT(member) offsetof(struct mounts_opts, member)
static const struct conf_row rows[] = {
    {.key = "mounts", .type = CONF_TEXTS, .offset = AT(mounts), .flags = CONF_POSITIONAL,
     .help = MSG("mount points that must be there, besides those of /etc/fstab"), .example = "[/srv/data]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("mount points of /etc/fstab that may be missing (* and ? allowed)"), .example = "[/mnt/usb]"},
    {.key = "fstab", .type = CONF_BOOL, .offset = AT(fstab), .by_default = "yes", .help = MSG("expect what /etc/fstab mounts at boot"), .example = "no"},
    {0},
};

static bool is_mounted(const struct table *t, const char *mount)
{
    for (int i = 0; i < t->n; i++)
        if (str_eq(t->at[i], mount))
            return true;
    return false;
}

static void read_mounted(struct attempt *own, struct buf *text, struct table *t)
{
    struct str rest = {buf_text(text), text->len}, line, source, mount;

    t->at = ARENA_ARRAY(own->arena, const char *, MAX_MOUNTS);
    while (t->n < MAX_MOUNTS && str_next(&rest, "\n", &line))
        if (local_word(&line, &source) && local_word(&line, &mount))
            t->at[t->n++] = local_unescape(own->arena, mount);
}

/* "/srv/" is "/srv". */
static const char *without_slash(struct attempt *own, const char *path)
{
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        n--;
    return arena_dupn(own->arena, path, n);
}

static int judge_line(struct attempt *own, struct several *v, const struct table *t, struct str line)
{
    const struct mounts_opts *o = own->opts;
    struct str source, mount, type, options;
    const char *path;

    if (!local_word(&line, &source) || source.p[0] == '#' || !local_word(&line, &mount) || mount.p[0] != '/' || !local_word(&line, &type))
        return 0;
    if (!local_word(&line, &options))
        options = STR("defaults");
    path = without_slash(own, local_unescape(own->arena, mount));
    if (local_has_option(options, "noauto") || str_is(type, "swap") || str_is(type, "ignore") || local_listed(&o->exclude, path))
        return 0;
    if (!is_mounted(t, path))
        several_bad(v, local_has_option(options, "nofail") ? STATE_WARNING : STATE_CRITICAL, MSG("{1} is not mounted (source {2})"), "ss", path,
                    attempt_quote(own, source.p, source.n, 120));
    return 1;
}

static int judge_fstab(struct attempt *own, struct several *v, const struct table *t)
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct str rest, line;
    int n = 0, code = machine_read("/etc/fstab", &text, NULL);

    if (code != 0 && code != ERR_NOT_FOUND)
        several_bad(v, STATE_UNKNOWN, MSG("{1} cannot be read"), "s", "/etc/fstab");
    rest = (struct str){buf_text(&text), text.len};
    while (code == 0 && str_next(&rest, "\n", &line))
        n += judge_line(own, v, t, line);
    buf_done(&text);
    return n;
}

static void look(struct attempt *own)
{
    const struct mounts_opts *o = own->opts;
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct several v = {own, 0};
    struct table t = {0};
    int n = 0;

    if (!local_read(own, "/proc/self/mounts", &text))
        return;
    read_mounted(own, &text, &t);
    buf_done(&text);
    own->state = STATE_PENDING;
    for (int i = 0; i < o->mounts.n; i++, n++)
        if (!is_mounted(&t, without_slash(own, o->mounts.at[i])))
            several_bad(&v, STATE_CRITICAL, MSG("{1} is not mounted"), "s", o->mounts.at[i]);
    if (o->fstab)
        n += judge_fstab(own, &v, &t);
    if (v.bad == 0)
        attempt_say(own, STATE_OK, MSG("all {1} {1|mount|mounts} there"), "i", (int64_t)n);
    several_end(&v);
    attempt_perf(own, "missing", v.bad, "", NULL, NULL, 0, n);
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    const struct mounts_opts *o = arg;

    for (int i = 0; i < o->mounts.n; i++)
        if (o->mounts.at[i][0] != '/')
            return err_field(e, ERR_INVALID, "mounts", MSG("“{1}” is no path that begins with /"), "s", o->mounts.at[i]);
    return 0;
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_mounts = {
    .kind = {.name = "mounts",
             .alias = "mount",
             .area = "machine",
             .example = "mounts: [/srv]",
             .help = MSG("watches that what should be mounted is mounted"),
             .rows = rows,
             .opts_bytes = sizeof(struct mounts_opts),
             .finish = finish},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .local = true,
};

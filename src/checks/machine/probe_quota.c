/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_quota.c: who is over a quota or near one, by repquota in its CSV form. It needs root. */
#include "checks/machine/local.h"
#include "checks/machine/several.h"
#include "checks/tool.h"

#include <math.h>
#include <string.h>

enum { MAX_ROWS = 20000, MAX_COLUMNS = 16, NAMED = 20, QUOTA_MAX_OUTPUT = 2 << 20 };

struct quota_opts {
    struct conf_texts mounts, exclude;
    struct conf_level warn, crit;
    bool groups, sudo;
};

#define AT(member) offsetof(struct quota_opts, member)
static const struct conf_row rows[] = {
    {.key = "mounts", .type = CONF_TEXTS, .offset = AT(mounts), .flags = CONF_POSITIONAL,
     .help = MSG("file systems to look at; by default all with quotas"), .example = "[/home]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("users and groups to leave out (* and ? allowed)"), .example = "[root, www-data]"},
    {.key = "groups", .type = CONF_BOOL, .offset = AT(groups), .by_default = "no", .help = MSG("quotas of groups, too"), .example = "yes"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "%", .by_default = "95%", .help = MSG("share of the limit used that is a warning"), .example = "90%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "%", .help = MSG("share of the limit used that is critical; by default none: it is the user’s affair"), .example = "100%"},
    {.key = "sudo", .type = CONF_BOOL, .offset = AT(sudo), .by_default = "no", .help = MSG("run it by sudo: the page has the line for sudoers"), .example = "yes"},
    {0},
};

/* User,BlockStatus,FileStatus,BlockUsed,BlockSoftLimit,BlockHardLimit,BlockGrace,FileUsed,FileSoftLimit,FileHardLimit,FileGrace
 * ("Space…" instead of "Block…" in some versions): the places are fixed. */
enum { NAME, BLOCKS_STATUS, FILES_STATUS, BLOCKS_USED, BLOCKS_SOFT, BLOCKS_HARD, BLOCKS_GRACE, FILES_USED, FILES_SOFT, FILES_HARD, COLUMNS_NEEDED };

struct found {
    int users, limited, over;
    double worst;
};

static int columns(struct str line, struct str out[MAX_COLUMNS])
{
    int n = 0;
    size_t at = 0;

    for (size_t i = 0; i <= line.n && n < MAX_COLUMNS; i++)
        if (i == line.n || line.p[i] == ',') {
            out[n++] = str_trim((struct str){line.p + at, i - at});
            at = i + 1;
        }
    return n;
}

/* Of the limit that counts: the soft one, or the hard one when there is no soft one. NAN: no limit. */
static double share(const struct str *c, int used, int soft, int hard)
{
    int64_t limit = local_number(c[soft]) > 0 ? local_number(c[soft]) : local_number(c[hard]);

    return limit > 0 ? 100.0 * (double)local_number(c[used]) / (double)limit : NAN;
}

static bool is_number(struct str s) { return s.n && s.p[0] >= '0' && s.p[0] <= '9'; }

static void judge_row(struct several *v, struct found *f, const struct str *c)
{
    const struct quota_opts *o = v->a->opts;
    const char *name = attempt_quote(v->a, c[NAME].p, c[NAME].n, 60), *limit;
    double space = share(c, BLOCKS_USED, BLOCKS_SOFT, BLOCKS_HARD), files = share(c, FILES_USED, FILES_SOFT, FILES_HARD);
    double most = isnan(files) || space > files ? space : files;
    enum state s;

    if (local_listed(&o->exclude, name))
        return;
    f->users++;
    if (isnan(most))
        return;
    f->limited++;
    if (most > f->worst)
        f->worst = most;
    s = level_judge(&o->warn, &o->crit, most, most, &limit);
    if (s == STATE_OK)
        return;
    if (f->over++ < NAMED)
        local_line(v->a, "%s: %.0f %%", name, most);
    several_bad(v, s, MSG("{1} uses {2} % of the quota (limit {3})"), "sfs", name, round(most), limit);
}

static void on_report(struct attempt *a, const struct spawn_reply *r)
{
    struct several v = {a, 0};
    struct found f = {0};
    struct str rest = {r->out, r->out_bytes}, line, c[MAX_COLUMNS];

    for (int i = 0; i < MAX_ROWS && str_next(&rest, "\n", &line); i++)
        if (columns(line, c) >= COLUMNS_NEEDED && c[NAME].n && is_number(c[BLOCKS_USED]) && is_number(c[FILES_USED]))
            judge_row(&v, &f, c);
    if (r->exit_status != 0 && f.users == 0) {
        tool_failed(a, r);
    } else if (f.users == 0) {
        attempt_say(a, STATE_UNKNOWN, MSG("no file system here has quotas (repquota)"), "");
    } else {
        if (v.bad == 0)
            attempt_say(a, STATE_OK, MSG("{1} with a quota, the fullest at {2} %"), "if", (int64_t)f.limited, round(f.worst));
        several_end(&v);
        attempt_perf(a, "over", f.over, "", NULL, NULL, 0, f.limited);
        attempt_perf(a, "fullest", round(f.worst), "%", &((const struct quota_opts *)a->opts)->warn, &((const struct quota_opts *)a->opts)->crit, 0, NAN);
    }
    attempt_done(a);
}

static void start(struct attempt *a)
{
    const struct quota_opts *o = a->opts;
    const char *argv[TOOL_MAX_WORDS + 1] = {"repquota", "-u", "-p", "-O", "csv"};
    int n = 5;

    if (o->groups)
        argv[n++] = "-g";
    if (o->mounts.n == 0)
        argv[n++] = "-a";
    for (int i = 0; i < o->mounts.n && n < TOOL_MAX_WORDS; i++)
        argv[n++] = o->mounts.at[i];
    tool_run(a, &(struct tool_ask){.argv = argv, .package = "quota", .sudo = o->sudo, .max_output = QUOTA_MAX_OUTPUT}, on_report);
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    const struct quota_opts *o = arg;

    for (int i = 0; i < o->mounts.n; i++)
        if (o->mounts.at[i][0] != '/') /* never an option of repquota's */
            return err_field(e, ERR_INVALID, "mounts", MSG("“{1}” is no path that begins with /"), "s", o->mounts.at[i]);
    return 0;
}

const struct probe probe_quota = {
    .kind = {.name = "quota",
             .area = "machine",
             .example = "quota: { mounts: [/home], warn: 90% }",
             .help = MSG("tells who is over a disk quota, or near it"),
             .rows = rows,
             .opts_bytes = sizeof(struct quota_opts),
             .finish = finish,
             .klass = CONF_DIGEST,
             .every_ms = 3600000,
             .timeout_ms = 60000},
    .start = start,
    .stop = tool_stop,
    .late = tool_late,
    .local = true,
};

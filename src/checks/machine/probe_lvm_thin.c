/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_lvm_thin.c: how full thin pools (data and metadata) and snapshots of LVM are, and what LVM thinks of their
 * health. A thin pool that fills up hurts every volume in it. */
#include "base/json.h"
#include "checks/machine/local.h"
#include "checks/machine/several.h"
#include "checks/tool.h"
#include "checks/trend.h"

#include <math.h>
#include <string.h>

enum { MAX_VOLUMES = 256, TRENDS = 4 };

struct lvm_opts {
    struct conf_texts include, exclude;
    struct conf_level warn, crit, meta_warn, meta_crit;
    int64_t full_within_ms;
    bool sudo;
};
struct lvm_memory {
    struct trend of[TRENDS];
};

#define AT(member) offsetof(struct lvm_opts, member)
static const struct conf_row meta_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(meta_warn), .unit = "%", .by_default = "75%", .help = MSG("share used that is a warning"), .example = "70%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(meta_crit), .unit = "%", .by_default = "90%", .help = MSG("share used that is critical"), .example = "85%"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "volumes", .type = CONF_TEXTS, .offset = AT(include), .flags = CONF_POSITIONAL,
     .help = MSG("pools and snapshots to watch, as vg/lv (* and ? allowed); all by default"), .example = "[vg0/thin]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("pools and snapshots to leave out (* and ? allowed)"), .example = "[vg0/test*]"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "%", .by_default = "80%", .help = MSG("share used that is a warning"), .example = "70%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "%", .by_default = "92%", .help = MSG("share used that is critical"), .example = "90%"},
    {.key = "metadata", .type = CONF_GROUP, .rows = meta_rows, .help = MSG("thresholds for the metadata: a pool without room for it stops"), .example = "{ warn: 70%, crit: 85% }"},
    {.key = "full_within", .type = CONF_DURATION, .offset = AT(full_within_ms), .min = 0, .max = INT64_C(365) * 86400000, .by_default = "4d",
     .help = MSG("a warning when the trend of the last days fills it within this time; 0: never"), .example = "7d"},
    {.key = "sudo", .type = CONF_BOOL, .offset = AT(sudo), .by_default = "no", .help = MSG("run it by sudo: the page has the line for sudoers"), .example = "yes"},
    {0},
};

struct volume {
    const char *name, *attr, *health;
    double data, meta; /* percent; NAN */
};

/* lvs writes numbers as text: "12.34", "" when there is none. */
static double percent(const struct doc *row, const char *key)
{
    double v;

    return str_f64(doc_text(row, key, ""), &v) == 0 && v >= 0 && v <= 100 ? v : NAN;
}

static bool read_volume(struct attempt *a, const struct doc *row, struct volume *ret)
{
    const struct lvm_opts *o = a->opts;
    const char *vg = doc_text(row, "vg_name", ""), *lv = doc_text(row, "lv_name", ""), *attr = doc_text(row, "lv_attr", "");
    const char *name = arena_printf(a->arena, "%s/%s", attempt_quote(a, vg, strlen(vg), 100), attempt_quote(a, lv, strlen(lv), 100));

    *ret = (struct volume){.name = name, .attr = attr, .health = doc_text(row, "lv_health_status", ""),
                           .data = percent(row, "data_percent"), .meta = percent(row, "metadata_percent")};
    if (attr[0] != 't' && attr[0] != 's' && attr[0] != 'S') /* thin pool, snapshot, invalid snapshot */
        return false;
    if (o->include.n && !local_listed(&o->include, name))
        return false;
    return !local_listed(&o->exclude, name);
}

static void judge_share(struct several *v, const struct volume *m, double value, const struct conf_level *warn, const struct conf_level *crit, const char *msgid)
{
    const char *limit;
    enum state s = isnan(value) ? STATE_OK : level_judge(warn, crit, value, value, &limit);

    if (s != STATE_OK)
        several_bad(v, s, msgid, "sfs", m->name, value, limit);
}

static void foresee(struct several *v, const struct lvm_opts *o, const struct volume *m)
{
    struct lvm_memory *memory = v->a->memory;
    struct trend_ahead ahead;
    struct trend *t;

    if (memory == NULL || o->full_within_ms == 0 || isnan(m->data))
        return;
    t = trend_of(memory->of, TRENDS, m->name);
    trend_add(t, v->a->at_ms, m->data, o->full_within_ms);
    if (trend_ahead(t, m->data, 100, o->full_within_ms, &ahead) && ahead.left_ms < o->full_within_ms)
        several_bad(v, STATE_WARNING, MSG("{1} ({2} % used) will be full in {3} at the pace of the last days"), "sfd", m->name, m->data, ahead.left_ms);
}

static void judge(struct several *v, const struct lvm_opts *o, const struct volume *m)
{
    struct attempt *a = v->a;

    if (m->attr[0] == 'S') /* an invalid snapshot */
        several_bad(v, STATE_CRITICAL, MSG("the snapshot {1} overflowed and is of no use any more"), "s", m->name);
    else if (m->health[0])
        several_bad(v, STATE_CRITICAL, MSG("{1} is not well: {2}"), "ss", m->name, attempt_quote(a, m->health, strlen(m->health), 80));
    judge_share(v, m, m->data, &o->warn, &o->crit, MSG("{1}: {2} % used (limit {3})"));
    judge_share(v, m, m->meta, &o->meta_warn, &o->meta_crit, MSG("{1}: {2} % of the metadata used (limit {3})"));
    foresee(v, o, m);
    if (!isnan(m->data))
        attempt_perf(a, m->name, m->data, "%", &o->warn, &o->crit, 0, 100);
    if (!isnan(m->meta))
        attempt_perf(a, arena_printf(a->arena, "%s_metadata", m->name), m->meta, "%", &o->meta_warn, &o->meta_crit, 0, 100);
    local_line(a, "%s %s: %.1f %%, %.1f %%", m->name, attempt_quote(a, m->attr, strlen(m->attr), 12), isnan(m->data) ? 0 : m->data, isnan(m->meta) ? 0 : m->meta);
}

static void judge_all(struct attempt *a, const struct doc *report)
{
    const struct lvm_opts *o = a->opts;
    struct several v = {a, 0};
    struct volume m, fullest = {.data = -1};
    int n = 0;

    DOC_EACH(report, part)
        DOC_EACH(doc_get(part, "lv"), row)
            if (n < MAX_VOLUMES && read_volume(a, row, &m)) {
                n++;
                if (m.data > fullest.data)
                    fullest = m;
                judge(&v, o, &m);
            }
    if (v.bad == 0 && n == 0)
        attempt_say(a, STATE_UNKNOWN, MSG("there are no thin pools and no snapshots here (lvs)"), "");
    else if (v.bad == 0 && fullest.data >= 0)
        attempt_say(a, STATE_OK, MSG("fullest: {1} {2} % used"), "sf", fullest.name, fullest.data);
    else if (v.bad == 0)
        attempt_say(a, STATE_OK, MSG("all well, none of them active"), "");
    several_end(&v);
}

static void on_list(struct attempt *a, const struct spawn_reply *r)
{
    struct doc *d = NULL;

    if (r->exit_status != 0)
        tool_failed(a, r);
    else if (json_parse(a->arena, r->out, r->out_bytes, TOOL_MAX_OUTPUT, &d, NULL) != 0 || doc_get(d, "report") == NULL)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} did not answer in the form that is known here: {2}"), "ss", "lvs",
                    attempt_quote(a, r->out, r->out_bytes, 100));
    else
        judge_all(a, doc_get(d, "report"));
    attempt_done(a);
}

static void start(struct attempt *a)
{
    static const char *const argv[] = {"lvs", "--reportformat", "json", "-o", "vg_name,lv_name,lv_attr,data_percent,metadata_percent,lv_health_status", NULL};
    const struct lvm_opts *o = a->opts;

    tool_run(a, &(struct tool_ask){.argv = argv, .package = "lvm2", .sudo = o->sudo}, on_list);
}

const struct probe probe_lvm_thin = {
    .kind = {.name = "lvm_thin",
             .area = "machine",
             .example = "lvm_thin: { warn: 75% }",
             .help = MSG("watches thin pools and snapshots of LVM filling up"),
             .rows = rows,
             .opts_bytes = sizeof(struct lvm_opts),
             .timeout_ms = 60000},
    .start = start,
    .stop = tool_stop,
    .late = tool_late,
    .local = true,
    .memory_bytes = sizeof(struct lvm_memory),
};

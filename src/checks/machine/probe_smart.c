/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_smart.c: what disks say of themselves, by smartctl -j: health, sectors, wear, temperature. One disk after the
 * other; a disk that sleeps is let sleep. It starts no self-tests. */
#include "base/json.h"
#include "checks/machine/local.h"
#include "checks/machine/several.h"
#include "checks/tool.h"

#include <math.h>
#include <string.h>

enum { MAX_DISKS = 64, EXIT_FAILING = 8, EXIT_PREFAIL = 16, EXIT_SELFTEST = 128 };

struct smart_opts {
    struct conf_texts disks, exclude;
    struct conf_level sectors_warn, sectors_crit, pending_warn, pending_crit, wear_warn, wear_crit, heat_warn, heat_crit;
    bool sudo;
};
struct disk {
    const char *path, *type; /* type: for -d; NULL */
};
struct smart_job {
    struct tool tool; /* first */
    struct disk disks[MAX_DISKS];
    int n, i, looked, asleep, mute;
    struct several v;
};

#define AT(member) offsetof(struct smart_opts, member)
static const struct conf_row sectors_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(sectors_warn), .by_default = "10", .help = MSG("so many that it is a warning"), .example = "0"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(sectors_crit), .by_default = "500", .help = MSG("so many that it is critical"), .example = "100"},
    {0},
};
static const struct conf_row pending_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(pending_warn), .by_default = "0", .help = MSG("so many that it is a warning"), .example = "1"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(pending_crit), .by_default = "50", .help = MSG("so many that it is critical"), .example = "10"},
    {0},
};
static const struct conf_row wear_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(wear_warn), .unit = "%", .by_default = "90%", .help = MSG("share of its life used that is a warning"), .example = "80%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(wear_crit), .unit = "%", .by_default = "100%", .help = MSG("share of its life used that is critical"), .example = "95%"},
    {0},
};
static const struct conf_row heat_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(heat_warn), .by_default = "60", .help = MSG("degrees Celsius that are a warning"), .example = "50"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(heat_crit), .by_default = "70", .help = MSG("degrees Celsius that are critical"), .example = "60"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "disks", .type = CONF_TEXTS, .offset = AT(disks), .flags = CONF_POSITIONAL,
     .help = MSG("disks to look at, as /dev/sda or \"/dev/sda -d sat\"; by default what smartctl --scan finds"), .example = "[/dev/sda, \"/dev/bus/0 -d megaraid,3\"]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("disks to leave out (* and ? allowed)"), .example = "[/dev/sdc]"},
    {.key = "reallocated", .type = CONF_GROUP, .rows = sectors_rows, .help = MSG("thresholds for reallocated sectors (grown defects, media errors)"), .example = "{ warn: 0, crit: 100 }"},
    {.key = "pending", .type = CONF_GROUP, .rows = pending_rows, .help = MSG("thresholds for sectors that cannot be read now"), .example = "{ warn: 1, crit: 10 }"},
    {.key = "wear", .type = CONF_GROUP, .rows = wear_rows, .help = MSG("thresholds for the life used of flash"), .example = "{ warn: 80%, crit: 95% }"},
    {.key = "temperature", .type = CONF_GROUP, .rows = heat_rows, .help = MSG("thresholds for the temperature"), .example = "{ warn: 50, crit: 60 }"},
    {.key = "sudo", .type = CONF_BOOL, .offset = AT(sudo), .by_default = "no", .help = MSG("run it by sudo: the page has the line for sudoers"), .example = "yes"},
    {0},
};

/* ---- one disk ---- */

struct facts {
    int64_t reallocated, pending, hours;
    double wear, heat;
    bool failing, warned; /* health; a critical warning of NVMe */
};

/* Attributes that makers agree upon, by number. Normalised values of wear go down from 100. */
static void read_attribute(struct facts *f, const struct doc *row)
{
    int64_t id = doc_int(row, "id", 0), raw = doc_int(doc_get(row, "raw"), "value", 0), value = doc_int(row, "value", 0);

    if (raw < 0)
        raw = 0;
    if (id == 5)
        f->reallocated = raw;
    else if ((id == 197 || id == 198) && raw > f->pending)
        f->pending = raw;
    else if ((id == 177 || id == 202 || id == 231 || id == 233) && value > 0 && value <= 100 && isnan(f->wear))
        f->wear = 100 - (double)value;
}

static void read_nvme(struct facts *f, const struct doc *log)
{
    f->warned = doc_int(log, "critical_warning", 0) != 0;
    f->wear = doc_real(log, "percentage_used", NAN);
    f->reallocated = doc_int(log, "media_errors", 0);
    if (doc_int(log, "available_spare", 100) < doc_int(log, "available_spare_threshold", 0))
        f->warned = true;
}

static struct facts read_facts(const struct doc *d)
{
    struct facts f = {.reallocated = -1, .pending = -1, .hours = doc_int(doc_get(d, "power_on_time"), "hours", -1), .wear = NAN};

    f.heat = doc_real(doc_get(d, "temperature"), "current", NAN);
    f.failing = !doc_bool(doc_get(d, "smart_status"), "passed", true);
    f.reallocated = doc_int(d, "scsi_grown_defect_list", -1);
    DOC_EACH(doc_get(doc_get(d, "ata_smart_attributes"), "table"), row)
        read_attribute(&f, row);
    if (doc_get(d, "nvme_smart_health_information_log"))
        read_nvme(&f, doc_get(d, "nvme_smart_health_information_log"));
    return f;
}

static void judge_level(struct several *v, const char *path, double value, const struct conf_level *warn, const struct conf_level *crit, const char *msgid)
{
    const char *limit;
    enum state s = isnan(value) || value < 0 ? STATE_OK : level_judge(warn, crit, value, value, &limit);

    if (s != STATE_OK)
        several_bad(v, s, msgid, "sfs", path, value, limit);
}

static void judge(struct attempt *a, const char *path, const struct facts *f, int exit_status)
{
    const struct smart_opts *o = a->opts;
    struct several *v = &((struct smart_job *)a->job)->v;

    if (f->failing || (exit_status & EXIT_FAILING))
        several_bad(v, STATE_CRITICAL, MSG("{1} says that it is failing: replace it"), "s", path);
    else if (f->warned)
        several_bad(v, STATE_CRITICAL, MSG("{1} warns of itself (critical warning, or its spare is used up)"), "s", path);
    else if (exit_status & EXIT_PREFAIL)
        several_bad(v, STATE_WARNING, MSG("{1}: an attribute is below its maker’s threshold"), "s", path);
    judge_level(v, path, (double)f->pending, &o->pending_warn, &o->pending_crit, MSG("{1}: {2} sectors cannot be read (limit {3})"));
    judge_level(v, path, (double)f->reallocated, &o->sectors_warn, &o->sectors_crit, MSG("{1}: {2} reallocated sectors (limit {3})"));
    judge_level(v, path, f->wear, &o->wear_warn, &o->wear_crit, MSG("{1}: {2} % of its life used (limit {3})"));
    judge_level(v, path, f->heat, &o->heat_warn, &o->heat_crit, MSG("{1}: {2} °C (limit {3})"));
    if (exit_status & EXIT_SELFTEST)
        several_bad(v, STATE_WARNING, MSG("{1}: its self-tests found errors"), "s", path);
}

static void put_perf(struct attempt *a, const char *path, const char *what, double value, const char *unit, const struct conf_level *warn, const struct conf_level *crit)
{
    const char *slash = strrchr(path, '/');

    if (!isnan(value) && value >= 0)
        attempt_perf(a, arena_printf(a->arena, "%s_%s", slash ? slash + 1 : path, what), value, unit, warn, crit, NAN, NAN);
}

static void put_figures(struct attempt *a, const char *path, const struct doc *d, const struct facts *f)
{
    const struct smart_opts *o = a->opts;
    const char *model = doc_text(d, "model_name", doc_text(d, "scsi_model_name", "")), *serial = doc_text(d, "serial_number", "");

    local_line(a, "%s: %s %s%s%.0f °C, %lld h", path, attempt_quote(a, model, strlen(model), 60), attempt_quote(a, serial, strlen(serial), 40),
               serial[0] ? ", " : "", isnan(f->heat) ? 0 : f->heat, (long long)f->hours);
    put_perf(a, path, "temperature", f->heat, "", &o->heat_warn, &o->heat_crit);
    put_perf(a, path, "reallocated", (double)f->reallocated, "", &o->sectors_warn, &o->sectors_crit);
    put_perf(a, path, "pending", (double)f->pending, "", &o->pending_warn, &o->pending_crit);
    put_perf(a, path, "wear", f->wear, "%", &o->wear_warn, &o->wear_crit);
}

/* What smartctl has to say against it; NULL. */
static const char *complaint(const struct doc *d)
{
    DOC_EACH(doc_get(doc_get(d, "smartctl"), "messages"), m)
        if (str_eq(doc_text(m, "severity", ""), "error"))
            return doc_text(m, "string", NULL);
    return NULL;
}

static bool is_asleep(const struct doc *d)
{
    DOC_EACH(doc_get(doc_get(d, "smartctl"), "messages"), m)
        if (strstr(doc_text(m, "string", ""), "mode, exit("))
            return true;
    return false;
}

/* ---- one after the other ---- */

static void next(struct attempt *a);

static void finish(struct attempt *a)
{
    struct smart_job *j = a->job;

    if (j->v.bad == 0 && j->looked == 0 && j->asleep == 0)
        attempt_say(a, STATE_UNKNOWN, MSG("no disk here tells SMART values (a virtual machine?)"), "");
    else if (j->v.bad == 0 && j->asleep)
        attempt_say(a, STATE_OK, MSG("{1} {1|disk|disks} healthy, {2} asleep"), "ii", (int64_t)j->looked, (int64_t)j->asleep);
    else if (j->v.bad == 0)
        attempt_say(a, STATE_OK, MSG("{1} {1|disk|disks} healthy"), "i", (int64_t)j->looked);
    several_end(&j->v);
    attempt_done(a);
}

static bool no_permission(const char *said)
{
    return said && (strstr(said, "Permission denied") || strstr(said, "Operation not permitted"));
}

static struct doc *parsed(struct attempt *a, const struct spawn_reply *r)
{
    struct doc *d = NULL;

    return json_parse(a->arena, r->out, r->out_bytes, TOOL_MAX_OUTPUT, &d, NULL) == 0 && d->kind == DOC_OBJECT ? d : NULL;
}

static void on_disk(struct attempt *a, const struct spawn_reply *r)
{
    struct smart_job *j = a->job;
    const struct smart_opts *o = a->opts;
    const char *path = j->disks[j->i].path, *said;
    const struct doc *d = parsed(a, r);

    if (d == NULL || no_permission(complaint(d))) {
        tool_failed(a, r);
        attempt_done(a);
        return;
    }
    said = complaint(d);
    if (is_asleep(d)) {
        j->asleep++;
        local_line(a, "%s: standby", path);
    } else if (doc_get(d, "smart_status") == NULL && doc_get(d, "ata_smart_attributes") == NULL && doc_get(d, "nvme_smart_health_information_log") == NULL) {
        local_line(a, "%s: %s", path, said ? attempt_quote(a, said, strlen(said), 120) : "no SMART");
        if (o->disks.n)
            several_bad(&j->v, STATE_UNKNOWN, MSG("{1} tells no SMART values: {2}"), "ss", path, said ? attempt_quote(a, said, strlen(said), 120) : "?");
    } else {
        struct facts f = read_facts(d);

        j->looked++;
        put_figures(a, path, d, &f);
        judge(a, path, &f, r->exit_status > 0 ? r->exit_status : 0);
    }
    j->i++;
    next(a);
}

static void next(struct attempt *a)
{
    struct smart_job *j = a->job;
    const struct smart_opts *o = a->opts;
    const struct disk *d = &j->disks[j->i];
    /* Sleeping disks are not woken: -n standby. */
    const char *argv[] = {"smartctl", "-j", "-n", "standby", "-H", "-A", "-i", d->path, d->type ? "-d" : NULL, d->type, NULL};

    if (j->i >= j->n)
        finish(a);
    else
        tool_run(a, &(struct tool_ask){.argv = argv, .package = "smartmontools", .sudo = o->sudo}, on_disk);
}

static void add_disk(struct attempt *a, const char *path, const char *type)
{
    struct smart_job *j = a->job;
    const struct smart_opts *o = a->opts;

    if (j->n < MAX_DISKS && path && path[0] == '/' && !local_listed(&o->exclude, path))
        j->disks[j->n++] = (struct disk){attempt_quote(a, path, strlen(path), 200), type ? attempt_quote(a, type, strlen(type), 60) : NULL};
}

static void on_scan(struct attempt *a, const struct spawn_reply *r)
{
    const struct doc *d = parsed(a, r);

    if (d == NULL) {
        tool_failed(a, r);
        attempt_done(a);
        return;
    }
    DOC_EACH(doc_get(d, "devices"), row)
        add_disk(a, doc_text(row, "name", NULL), doc_text(row, "type", NULL));
    next(a);
}

/* "/dev/sda -d sat" */
static void add_named(struct attempt *a, const char *text)
{
    const char *flag = strstr(text, " -d ");

    add_disk(a, arena_dupn(a->arena, text, flag ? (size_t)(flag - text) : strlen(text)), flag ? flag + 4 : NULL);
}

static void start(struct attempt *a)
{
    static const char *const scan[] = {"smartctl", "--scan", "-j", NULL};
    const struct smart_opts *o = a->opts;
    struct smart_job *j = ARENA_NEW(a->arena, struct smart_job);

    a->job = j;
    j->v.a = a;
    for (int i = 0; i < o->disks.n; i++)
        add_named(a, o->disks.at[i]);
    if (o->disks.n)
        next(a);
    else
        tool_run(a, &(struct tool_ask){.argv = scan, .package = "smartmontools", .sudo = o->sudo}, on_scan);
}

static int finish_opts(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    const struct smart_opts *o = arg;

    for (int i = 0; i < o->disks.n; i++)
        if (o->disks.at[i][0] != '/')
            return err_field(e, ERR_INVALID, "disks", MSG("“{1}” is no path such as /dev/sda"), "s", o->disks.at[i]);
    return 0;
}

const struct probe probe_smart = {
    .kind = {.name = "smart",
             .area = "machine",
             .example = "smart: { temperature: { warn: 50 } }",
             .help = MSG("asks this machine’s disks for their health (SMART)"),
             .rows = rows,
             .opts_bytes = sizeof(struct smart_opts),
             .finish = finish_opts,
             .every_ms = 1800000,
             .timeout_ms = 120000},
    .start = start,
    .stop = tool_stop,
    .late = tool_late,
    .local = true,
};

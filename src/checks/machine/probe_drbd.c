/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_drbd.c: replicated disks. DRBD 8 tells all in /proc/drbd; DRBD 9 only through drbdsetup (tool: yes). A peer
 * that is away for one reading is not told, and a verification is no problem (LES-9). */
#include "base/json.h"
#include "checks/machine/local.h"
#include "checks/machine/several.h"
#include "checks/tool.h"

#include <math.h>
#include <string.h>

enum { MAX_VOLUMES = 128 };

struct drbd_opts {
    struct conf_texts exclude;
    bool tool, sudo;
};
struct volume {
    const char *name, *link, *role, *disk, *peer_disk, *work; /* work: the replication state */
    double done;                                                /* percent of a synchronisation; NAN */
    int64_t behind_kib;                                         /* out of sync */
};

static const struct conf_row rows[] = {
    {.key = "exclude", .type = CONF_TEXTS, .offset = offsetof(struct drbd_opts, exclude), .flags = CONF_POSITIONAL,
     .help = MSG("resources to leave out (* and ? allowed); with /proc/drbd the numbers of minors"), .example = "[scratch]"},
    {.key = "tool", .type = CONF_BOOL, .offset = offsetof(struct drbd_opts, tool), .by_default = "no",
     .help = MSG("ask drbdsetup, as DRBD 9 requires, instead of reading /proc/drbd"), .example = "yes"},
    {.key = "sudo", .type = CONF_BOOL, .offset = offsetof(struct drbd_opts, sudo), .by_default = "no",
     .help = MSG("run it by sudo: the page has the line for sudoers"), .example = "yes"},
    {0},
};

/* ---- judging ---- */

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (str_eq(word, *list))
            return true;
    return false;
}

static void judge_link(struct several *v, struct doubts *d, const struct volume *m)
{
    static const char *const syncing[] = {"SyncSource", "SyncTarget", "PausedSyncS", "PausedSyncT", "StartingSyncS", "StartingSyncT", "WFBitMapS",
        "WFBitMapT", "WFSyncUUID", "Ahead", "Behind", NULL};
    static const char *const fine[] = {"Connected", "Established", "VerifyS", "VerifyT", "Off", NULL};

    if (str_eq(m->link, "StandAlone"))
        several_bad(v, STATE_CRITICAL, MSG("{1} stands alone: it no longer tries to reach its peer (split brain?)"), "s", m->name);
    else if (is_one_of(m->work, syncing) && isnan(m->done))
        several_bad(v, STATE_WARNING, MSG("{1} is being synchronised ({2})"), "ss", m->name, m->work);
    else if (is_one_of(m->work, syncing))
        several_bad(v, STATE_WARNING, MSG("{1} is being synchronised ({2}), {3} % done"), "ssf", m->name, m->work, m->done);
    else if (!is_one_of(m->link, fine) && doubt_again(d, m->name, "link"))
        several_bad(v, STATE_CRITICAL, MSG("{1} has no connection to its peer ({2})"), "ss", m->name, m->link);
}

static void judge(struct several *v, struct doubts *d, const struct volume *m)
{
    bool syncs = str_starts(m->work, "Sync") || str_starts(m->work, "PausedSync") || str_starts(m->work, "WF") || str_starts(m->work, "Starting");

    judge_link(v, d, m);
    if (!str_eq(m->disk, "UpToDate") && !(syncs && (str_eq(m->disk, "Inconsistent") || str_eq(m->disk, "Outdated"))))
        several_bad(v, STATE_CRITICAL, MSG("the disk of {1} is {2}"), "ss", m->name, m->disk);
    else if (!syncs && !str_eq(m->peer_disk, "UpToDate") && !str_eq(m->peer_disk, "DUnknown") && m->peer_disk[0])
        several_bad(v, STATE_CRITICAL, MSG("the peer’s disk of {1} is {2}"), "ss", m->name, m->peer_disk);
    else if (!syncs && m->behind_kib > 0 && (str_eq(m->work, "Connected") || str_eq(m->work, "Established")))
        several_bad(v, STATE_WARNING, MSG("{1}: a verification found {2} that differ"), "sb", m->name, m->behind_kib * 1024);
    if (!isnan(m->done))
        attempt_perf(v->a, arena_printf(v->a->arena, "%s_sync", m->name), m->done, "%", NULL, NULL, 0, 100);
    local_line(v->a, "%s %s %s %s/%s %s", m->name, m->link, m->role, m->disk, m->peer_disk, m->work);
}

static void judge_all(struct attempt *own, const struct volume *all, int n)
{
    const struct drbd_opts *o = own->opts;
    struct several v = {own, 0};
    int seen = 0;

    doubts_begin(own->memory);
    for (int i = 0; i < n; i++) {
        if (local_listed(&o->exclude, all[i].name))
            continue;
        if (seen++ == 0)
            attempt_say(own, STATE_OK, MSG("all replicated and up to date"), "");
        judge(&v, own->memory, &all[i]);
    }
    several_end(&v);
    if (seen == 0)
        attempt_say(own, STATE_UNKNOWN, MSG("DRBD is here, but no resource is configured"), "");
    else
        attempt_perf(own, "resources", seen, "", NULL, NULL, 0, NAN);
}

/* ---- /proc/drbd ---- */

static const char *half(struct attempt *own, struct str pair, bool second)
{
    const char *slash = memchr(pair.p, '/', pair.n);
    size_t n = slash ? (size_t)(slash - pair.p) : pair.n;

    if (!second)
        return attempt_quote(own, pair.p, n, 30);
    return slash ? attempt_quote(own, slash + 1, pair.n - n - 1, 30) : "";
}

/* " 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----" */
static bool read_head(struct attempt *own, struct str line, struct volume *ret)
{
    struct str word;

    if (!local_word(&line, &word) || word.n < 2 || word.p[word.n - 1] != ':' || word.p[0] < '0' || word.p[0] > '9')
        return false;
    *ret = (struct volume){.name = attempt_quote(own, word.p, word.n - 1, 20), .link = "?", .role = "", .disk = "", .peer_disk = "", .work = "", .done = NAN};
    while (local_word(&line, &word)) {
        struct str value = {word.p + 3, word.n > 3 ? word.n - 3 : 0};

        if (word.n > 3 && memcmp(word.p, "cs:", 3) == 0)
            ret->link = ret->work = attempt_quote(own, value.p, value.n, 30);
        if (word.n > 3 && memcmp(word.p, "ro:", 3) == 0)
            ret->role = attempt_quote(own, value.p, value.n, 40);
        if (word.n > 3 && memcmp(word.p, "ds:", 3) == 0) {
            ret->disk = half(own, value, false);
            ret->peer_disk = half(own, value, true);
        }
    }
    return !str_eq(ret->link, "Unconfigured");
}

/* While it synchronises, the link is as good as connected. */
static void read_more(struct attempt *own, struct volume *m, struct str line)
{
    const char *at = memmem(line.p, line.n, "oos:", 4), *sync = memmem(line.p, line.n, "sync'ed:", 8);
    struct str word;

    if (at)
        m->behind_kib = local_number((struct str){at + 4, line.n - (size_t)(at + 4 - line.p)});
    if (sync == NULL)
        return;
    struct str rest = {sync + 8, line.n - (size_t)(sync + 8 - line.p)};
    if (local_word(&rest, &word) && word.n > 1 && word.n < 10)
        (void)str_f64(arena_dupn(own->arena, word.p, word.n - 1), &m->done);
}

static void look(struct attempt *own)
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct volume *all = ARENA_ARRAY(own->arena, struct volume, MAX_VOLUMES);
    struct str rest, line;
    bool nine, kept = false;
    int n = 0, code = machine_read("/proc/drbd", &text, NULL);

    if (code == ERR_NOT_FOUND) {
        buf_done(&text);
        attempt_say(own, STATE_UNKNOWN, MSG("DRBD is not loaded (/proc/drbd)"), "");
        return;
    }
    buf_clear(&text);
    if (!local_read(own, "/proc/drbd", &text))
        return;
    nine = strstr(buf_text(&text), "version: 9") != NULL;
    rest = (struct str){buf_text(&text), text.len};
    while (str_next(&rest, "\n", &line)) {
        struct volume m;

        if (read_head(own, line, &m)) {
            kept = n < MAX_VOLUMES;
            if (kept)
                all[n++] = m;
        } else if (kept && line.p && line.n && (line.p[0] == ' ' || line.p[0] == '\t')) {
            read_more(own, &all[n - 1], line);
        }
    }
    buf_done(&text);
    if (nine && n == 0)
        attempt_say(own, STATE_UNKNOWN, MSG("DRBD 9 tells its state by drbdsetup only: set tool: yes"), "");
    else
        judge_all(own, all, n);
}

/* ---- drbdsetup status --json ---- */

static int read_peer(struct attempt *a, const struct doc *res, const struct doc *link, struct volume *out, int n)
{
    const char *name = doc_text(res, "name", "?"), *peer = doc_text(link, "name", "");

    DOC_EACH(doc_get(link, "peer_devices"), p) {
        struct volume *m = &out[n];

        if (n >= MAX_VOLUMES)
            return n;
        *m = (struct volume){.link = doc_text(link, "connection-state", "?"), .role = doc_text(res, "role", ""), .disk = "?",
                             .peer_disk = doc_text(p, "peer-disk-state", ""), .work = doc_text(p, "replication-state", ""),
                             .done = doc_real(p, "percent-in-sync", NAN), .behind_kib = doc_int(p, "out-of-sync", 0)};
        m->name = attempt_quote(a, name, strlen(name), 80);
        if (peer[0])
            m->name = arena_printf(a->arena, "%s/%s", m->name, attempt_quote(a, peer, strlen(peer), 80));
        DOC_EACH(doc_get(res, "devices"), dev)
            if (doc_int(dev, "volume", 0) == doc_int(p, "volume", 0))
                m->disk = doc_bool(dev, "client", false) ? "UpToDate" : doc_text(dev, "disk-state", "?");
        if (!str_starts(m->work, "Sync") && !str_starts(m->work, "Verify"))
            m->done = NAN;
        n++;
    }
    return n;
}

static void clean(struct attempt *a, struct volume *m)
{
    const char **texts[] = {&m->link, &m->role, &m->disk, &m->peer_disk, &m->work};

    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = attempt_quote(a, *texts[i], strlen(*texts[i]), 30);
}

static void on_status(struct attempt *a, const struct spawn_reply *r)
{
    struct volume *all = ARENA_ARRAY(a->arena, struct volume, MAX_VOLUMES);
    struct doc *d = NULL;
    int n = 0;

    if (r->exit_status != 0) {
        tool_failed(a, r);
    } else if (json_parse(a->arena, r->out, r->out_bytes, TOOL_MAX_OUTPUT, &d, NULL) != 0 || d->kind != DOC_LIST) {
        attempt_say(a, STATE_UNKNOWN, MSG("{1} did not answer in the form that is known here: {2}"), "ss", "drbdsetup", attempt_quote(a, r->out, r->out_bytes, 100));
    } else {
        DOC_EACH(d, res)
            DOC_EACH(doc_get(res, "connections"), link)
                n = read_peer(a, res, link, all, n);
        for (int i = 0; i < n; i++)
            clean(a, &all[i]);
        judge_all(a, all, n);
    }
    attempt_done(a);
}

static void start(struct attempt *a)
{
    static const char *const argv[] = {"drbdsetup", "status", "--json", NULL};
    const struct drbd_opts *o = a->opts;

    if (o->tool)
        tool_run(a, &(struct tool_ask){.argv = argv, .package = "drbd-utils", .sudo = o->sudo}, on_status);
    else
        local_start(a, look);
}

static void stop(struct attempt *a)
{
    const struct drbd_opts *o = a->opts;

    if (o->tool)
        tool_stop(a);
    else
        local_stop(a);
}

static void late(struct attempt *a)
{
    const struct drbd_opts *o = a->opts;

    if (o->tool)
        tool_late(a);
}

const struct probe probe_drbd = {
    .kind = {.name = "drbd",
             .area = "machine",
             .example = "drbd:",
             .help = MSG("watches replicated disks (DRBD)"),
             .rows = rows,
             .opts_bytes = sizeof(struct drbd_opts)},
    .start = start,
    .stop = stop,
    .late = late,
    .local = true,
    .memory_bytes = sizeof(struct doubts),
};

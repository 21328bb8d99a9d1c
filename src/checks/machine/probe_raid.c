/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_raid.c: Linux software RAID, as /proc/mdstat tells. A scheduled check, a resync or a reshape of a complete
 * array is no problem; a member that is missing is. What may pass by itself must be seen twice. */
#include "checks/machine/local.h"
#include "checks/machine/several.h"

#include <math.h>
#include <string.h>

enum { MAX_ARRAYS = 64 };

struct raid_opts {
    struct conf_texts arrays, exclude;
};
struct array {
    const char *name, *level, *faulty, *work; /* level "" while inactive; work: "resync", "check" … or NULL */
    const char *finish;                       /* "127.5min" */
    bool inactive, container, pending, spare, known /* members are counted */;
    int64_t wanted, active;
    double done; /* percent of the work; NAN */
};

static const struct conf_row rows[] = {
    {.key = "arrays", .type = CONF_TEXTS, .offset = offsetof(struct raid_opts, arrays), .flags = CONF_POSITIONAL,
     .help = MSG("arrays that must be there; others are watched all the same"), .example = "[md0, md1]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = offsetof(struct raid_opts, exclude),
     .help = MSG("arrays to leave out (* and ? allowed)"), .example = "[md127]"},
    {0},
};

/* "sda2[0]", "sdb1[1](F)", "sdc1[2](S)" */
static void read_member(struct attempt *own, struct array *m, struct str word)
{
    const char *bracket = memchr(word.p, '[', word.n);
    struct str flags;

    if (bracket == NULL)
        return;
    flags = (struct str){bracket, word.n - (size_t)(bracket - word.p)};
    if (memmem(flags.p, flags.n, "(F)", 3))
        m->faulty = attempt_quote(own, word.p, (size_t)(bracket - word.p), 40);
    if (memmem(flags.p, flags.n, "(S)", 3))
        m->spare = true;
}

/* "md0 : active (auto-read-only) raid1 sda1[0] sdb1[1]" */
static bool read_head(struct attempt *own, struct str line, struct array *ret)
{
    struct str name, word;

    if (line.n == 0 || line.p[0] == ' ' || line.p[0] == '\t' || !local_word(&line, &name) || !local_word(&line, &word) || !str_is(word, ":"))
        return false;
    if (str_is(name, "Personalities") || str_is(name, "unused"))
        return false;
    *ret = (struct array){.name = attempt_quote(own, name.p, name.n, 40), .level = "", .done = NAN};
    while (local_word(&line, &word)) {
        if (str_is(word, "inactive"))
            ret->inactive = true;
        else if (memchr(word.p, '[', word.n))
            read_member(own, ret, word);
        else if (word.p[0] != '(' && !str_is(word, "active"))
            ret->level = attempt_quote(own, word.p, word.n, 20);
    }
    return true;
}

/* "976630464 blocks super 1.2 [2/1] [U_]" */
static void read_blocks(struct array *m, struct str line)
{
    struct str word;

    if (memmem(line.p, line.n, "super external:", 15))
        m->container = true;
    while (local_word(&line, &word)) {
        const char *slash = memchr(word.p, '/', word.n);

        if (word.p[0] == '[' && word.p[word.n - 1] == ']' && slash && slash[1] >= '0' && slash[1] <= '9' && !m->known) {
            m->known = true;
            m->wanted = local_number((struct str){word.p + 1, (size_t)(slash - word.p) - 1});
            m->active = local_number((struct str){slash + 1, word.n - (size_t)(slash + 1 - word.p)});
        }
    }
}

/* "[==>....]  resync = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec", "resync=DELAYED" */
static void read_work(struct attempt *own, struct array *m, struct str line)
{
    static const char *const works[] = {"resync", "recovery", "check", "reshape", "repair"};
    struct str word;

    while (local_word(&line, &word)) {
        for (size_t i = 0; i < COUNT(works); i++) {
            size_t n = strlen(works[i]);

            if (word.n >= n && memcmp(word.p, works[i], n) == 0 && (word.n == n || word.p[n] == '=')) {
                m->work = works[i];
                m->pending = word.n > n + 1;
            }
        }
        if (m->work && word.n > 1 && word.n < 12 && word.p[word.n - 1] == '%')
            (void)str_f64(arena_dupn(own->arena, word.p, word.n - 1), &m->done);
        if (m->work && word.n > 7 && memcmp(word.p, "finish=", 7) == 0)
            m->finish = attempt_quote(own, word.p + 7, word.n - 7, 20);
    }
}

static int read_mdstat(struct attempt *own, const struct raid_opts *o, const struct buf *text, struct array *out)
{
    struct str rest = {buf_text(text), text->len}, line;
    struct array *m = NULL, dust;
    int n = 0;

    while (str_next(&rest, "\n", &line)) {
        struct array head;

        if (read_head(own, line, &head)) {
            bool kept = n < MAX_ARRAYS && !local_listed(&o->exclude, head.name);

            m = kept ? &out[n++] : &dust;
            *m = head;
        } else if (m && memmem(line.p, line.n, " blocks", 7)) {
            read_blocks(m, line);
        } else if (m && line.n && (line.p[0] == ' ' || line.p[0] == '\t')) {
            read_work(own, m, line);
        }
    }
    return n;
}

/* ---- judging ---- */

static void judge_degraded(struct several *v, struct doubts *d, const struct array *m)
{
    int64_t missing = m->wanted - m->active;

    if (m->work && str_eq(m->work, "recovery") && !m->pending)
        several_bad(v, STATE_WARNING, MSG("{1}: rebuilding, {2} % done ({3} left), {4} of {5} members missing"), "sfsii", m->name, m->done,
                    m->finish ? m->finish : "?", missing, m->wanted);
    else if ((m->spare || m->work) && !doubt_again(d, m->name, "degraded"))
        several_bad(v, STATE_WARNING, MSG("{1}: {2} of {3} members missing, a rebuild is about to begin"), "sii", m->name, missing, m->wanted);
    else
        several_bad(v, STATE_CRITICAL, MSG("{1} is degraded: {2} of {3} members missing"), "sii", m->name, missing, m->wanted);
}

static void judge(struct several *v, struct doubts *d, const struct array *m)
{
    if (m->inactive && m->container)
        return;
    if (m->inactive)
        several_bad(v, doubt_again(d, m->name, "inactive") ? STATE_CRITICAL : STATE_WARNING, MSG("{1} is not active"), "s", m->name);
    else if (m->known && m->active < m->wanted)
        judge_degraded(v, d, m);
    else if (m->faulty)
        several_bad(v, STATE_WARNING, MSG("{1}: the faulty member {2} is still in it"), "ss", m->name, m->faulty);
}

static void put_figures(struct attempt *own, const struct array *m)
{
    char label[64];

    if (m->known)
        attempt_perf(own, m->name, (double)m->active, "", NULL, NULL, 0, (double)m->wanted);
    if (m->work && !isnan(m->done)) {
        str_print(label, sizeof(label), "%s_%s", m->name, m->work);
        attempt_perf(own, label, m->done, "%", NULL, NULL, 0, 100);
    }
    local_line(own, "%s %s [%lld/%lld]%s%s%s%s", m->name, m->inactive ? "inactive" : m->level, (long long)m->active, (long long)m->wanted,
               m->work ? " " : "", m->work ? m->work : "", m->faulty ? ", (F) " : "", m->faulty ? m->faulty : "");
}

static void say_fine(struct attempt *own, const struct array *all, int n)
{
    for (int i = 0; i < n; i++)
        if (all[i].work && !all[i].pending && !isnan(all[i].done)) {
            attempt_say(own, STATE_OK, MSG("{1} complete; {2}: {3}, {4} % done ({5} left)"), "issfs", (int64_t)n, all[i].name, all[i].work,
                        all[i].done, all[i].finish ? all[i].finish : "?");
            return;
        }
    attempt_say(own, STATE_OK, MSG("{1} {1|array|arrays} complete"), "i", (int64_t)n);
}

static void judge_missing(struct several *v, const struct raid_opts *o, const struct array *all, int n)
{
    for (int i = 0; i < o->arrays.n; i++) {
        bool there = false;

        for (int k = 0; k < n; k++)
            there = there || str_glob(o->arrays.at[i], all[k].name);
        if (!there)
            several_bad(v, STATE_CRITICAL, MSG("{1} is not there"), "s", o->arrays.at[i]);
    }
}

static void look(struct attempt *own)
{
    const struct raid_opts *o = own->opts;
    struct several v = {own, 0};
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct array *all = ARENA_ARRAY(own->arena, struct array, MAX_ARRAYS);
    int n, code = machine_read("/proc/mdstat", &text, NULL);

    if (code != 0 && code != ERR_NOT_FOUND) {
        buf_clear(&text);
        (void)local_read(own, "/proc/mdstat", &text);
        return;
    }
    n = read_mdstat(own, o, &text, all);
    buf_done(&text);
    if (n == 0 && o->arrays.n == 0) {
        attempt_say(own, STATE_UNKNOWN, MSG("this machine has no arrays (/proc/mdstat)"), "");
        return;
    }
    doubts_begin(own->memory);
    say_fine(own, all, n);
    for (int i = 0; i < n; i++) {
        put_figures(own, &all[i]);
        judge(&v, own->memory, &all[i]);
    }
    judge_missing(&v, o, all, n);
    several_end(&v);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_raid = {
    .kind = {.name = "raid",
             .alias = "mdadm",
             .area = "machine",
             .example = "raid:",
             .help = MSG("watches Linux software RAID (mdadm)"),
             .rows = rows,
             .opts_bytes = sizeof(struct raid_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
    .memory_bytes = sizeof(struct doubts),
};

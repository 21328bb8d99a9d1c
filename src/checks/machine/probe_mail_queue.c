/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_mail_queue.c: mail that waits here: how many, how many deferred or held, how old the oldest is, how fast the
 * queue grows (LES-23). Postfix and Exim: their directories are counted where they may be read, else their own program
 * is asked. The queue of a server elsewhere is not seen. */
#include "checks/machine/fact.h"
#include "checks/tool.h"
#include "io/machine_file.h"

#include <string.h>

enum { MAX_FILES = 500000, MAX_LISTING = 16 << 20, HEAD_BYTES = 256 };
enum { ACTIVE, DEFERRED, HOLD, INCOMING, QUEUES };
enum { AUTO, POSTFIX, EXIM };

struct queue_opts {
    int system;
    const char *directory;
    bool program;
    struct limits all, deferred, hold, age, growth;
};
struct queue {
    int64_t count[QUEUES], oldest_ms; /* wall; 0: none */
    bool partial;
};
struct queue_memory {
    int64_t at_us, all;
    int system; /* that look() found, for the program */
};
struct tally {
    struct queue *q;
    struct attempt *own;
    int queue, system;
};
static const char *const systems[] = {"auto", "postfix", "exim", NULL};
static const char *const labels[QUEUES] = {"active", "deferred", "hold", "incoming"};
static const struct place {
    const char *dir;
    int queue;
} postfix_dirs[] = {{"incoming", INCOMING}, {"maildrop", INCOMING}, {"active", ACTIVE}, {"deferred", DEFERRED}, {"hold", HOLD}};

#define AT(member) offsetof(struct queue_opts, member)
static const struct conf_row deferred_rows[] = {LIMIT_ROWS(AT(deferred), NULL, NULL, NULL, "100", "1000"), {0}};
static const struct conf_row hold_rows[] = {LIMIT_ROWS(AT(hold), NULL, NULL, NULL, "0", "100"), {0}};
static const struct conf_row age_rows[] = {LIMIT_ROWS(AT(age), "s", NULL, NULL, "4h", "2d"), {0}};
static const struct conf_row growth_rows[] = {LIMIT_ROWS(AT(growth), NULL, "50", NULL, "20", "200"), {0}};
static const struct conf_row rows[] = {
    {.key = "system", .type = CONF_WORD, .offset = AT(system), .flags = CONF_POSITIONAL, .words = systems, .by_default = "auto",
     .help = MSG("whose queue"), .example = "postfix"},
    {.key = "directory", .type = CONF_TEXT, .offset = AT(directory), .help = MSG("its directory, when it is not the usual one"), .example = "/var/spool/postfix-out"},
    {.key = "program", .type = CONF_BOOL, .offset = AT(program), .by_default = "no",
     .help = MSG("ask postqueue or exim4 even where the directories may be counted"), .example = "yes"},
    LIMIT_ROWS(AT(all), NULL, "200", "2000", "100", "1000"),
    {.key = "deferred", .type = CONF_GROUP, .rows = deferred_rows, .help = MSG("thresholds for mail that could not be delivered yet"), .example = "{ warn: 100 }"},
    {.key = "hold", .type = CONF_GROUP, .rows = hold_rows, .help = MSG("thresholds for mail that somebody holds back"), .example = "{ warn: 0 }"},
    {.key = "age", .type = CONF_GROUP, .rows = age_rows, .help = MSG("thresholds for the age of the oldest"), .example = "{ warn: 4h }"},
    {.key = "growth", .type = CONF_GROUP, .rows = growth_rows, .help = MSG("thresholds for growth, in messages a minute"), .example = "{ warn: 20 }"},
    {0},
};

static void note_age(struct tally *t, int64_t at_ms)
{
    /* Postfix sets the time of a deferred file to its next try: what lies ahead says nothing. */
    if (at_ms > 0 && at_ms <= t->own->at_ms && (t->q->oldest_ms == 0 || at_ms < t->q->oldest_ms))
        t->q->oldest_ms = at_ms;
}

static int on_file(void *arg, const char *path, const struct machine_file *f)
{
    struct tally *t = arg;

    if (f->kind != MACHINE_REGULAR)
        return 0;
    if (t->system == EXIM && str_ends(path, "-D"))
        note_age(t, f->mtime_ms);
    if (t->system == EXIM && !str_ends(path, "-H"))
        return 0;
    t->q->count[t->queue]++;
    if (t->system == POSTFIX && t->queue != DEFERRED)
        note_age(t, f->mtime_ms);
    return 0;
}

static int count_dir(struct attempt *own, struct queue *q, int system, const char *dir, int queue, struct err *e)
{
    struct tally t = {.q = q, .own = own, .queue = queue, .system = system};
    struct machine_walk w = {.max_entries = MAX_FILES, .max_depth = 8, .stay = true};
    int closed = 0, code = machine_walk(dir, &w, on_file, &t, &closed, e);

    if (code == ERR_LIMIT) {
        q->partial = true;
        return 0;
    }
    return code == 0 && closed ? ERR_DENIED : code;
}

static int count_postfix(struct attempt *own, struct queue *q, const char *base, struct err *e)
{
    char dir[512];
    int code = 0;

    for (size_t i = 0; i < COUNT(postfix_dirs) && code == 0; i++) {
        str_print(dir, sizeof(dir), "%s/%s", base, postfix_dirs[i].dir);
        code = count_dir(own, q, POSTFIX, dir, postfix_dirs[i].queue, e);
        if (code == ERR_NOT_FOUND && postfix_dirs[i].queue != DEFERRED)
            code = 0;
    }
    return code;
}

static int count_exim(struct attempt *own, struct queue *q, const char *base, struct err *e)
{
    char dir[512];

    str_print(dir, sizeof(dir), "%s/input", base);
    return count_dir(own, q, EXIM, dir, ACTIVE, e);
}

static void judge(struct attempt *a, const struct queue *q)
{
    const struct queue_opts *o = a->opts;
    struct queue_memory *last = a->memory;
    int64_t all = q->count[ACTIVE] + q->count[DEFERRED] + q->count[HOLD] + q->count[INCOMING], now_us = clock_mono_us();
    double minutes = last && last->at_us ? (double)(now_us - last->at_us) / 6e7 : 0, growth = 0;
    double age_s = q->oldest_ms ? fmax(0, (double)(a->at_ms - q->oldest_ms) / 1000) : 0;

    attempt_say(a, STATE_OK, q->partial ? MSG("more than {1} messages wait, {2} of them deferred") : MSG("{1} {1|message waits|messages wait}, {2} of them deferred"), "ii", all, q->count[DEFERRED]);
    fact_judge(a, &o->all, (double)all, NAN, MSG("{1} {1|message waits|messages wait} (limit {2})"), 'i');
    fact_judge(a, &o->deferred, (double)q->count[DEFERRED], NAN, MSG("{1} {1|message is|messages are} deferred (limit {2})"), 'i');
    fact_judge(a, &o->hold, (double)q->count[HOLD], NAN, MSG("{1} {1|message is|messages are} held back (limit {2})"), 'i');
    fact_judge(a, &o->age, age_s, NAN, MSG("the oldest message has waited for {1} (limit {2})"), 'd');
    if (minutes > 0) {
        growth = (double)(all - last->all) / minutes;
        fact_judge(a, &o->growth, fmax(growth, 0), NAN, MSG("the queue grows by {1} messages a minute (limit {2})"), 'f');
    }
    fact_perf(a, "messages", (double)all, "", &o->all, NAN);
    for (int i = 0; i < QUEUES; i++)
        fact_perf(a, labels[i], (double)q->count[i], "", i == DEFERRED ? &o->deferred : i == HOLD ? &o->hold : NULL, NAN);
    fact_perf(a, "age", floor(age_s), "s", &o->age, NAN);
    if (minutes > 0)
        attempt_perf(a, "growth", growth, "", &o->growth.warn, &o->growth.crit, NAN, NAN);
    if (last)
        *last = (struct queue_memory){now_us, all, last->system};
}

/* On a worker: finds whose queue, and counts it where that is allowed; says nothing when the program must be asked. */
static void look(struct attempt *own)
{
    const struct queue_opts *o = own->opts;
    struct queue_memory *m = own->memory;
    struct machine_file f;
    struct queue q = {0};
    struct err e = {0};
    const char *dir = o->directory;
    int code, system = o->system;

    if (system == AUTO && dir)
        system = machine_stat(arena_printf(own->arena, "%s/input", dir), true, &f, NULL) == 0 ? EXIM : POSTFIX;
    if (system == AUTO && machine_stat("/var/spool/postfix", true, &f, NULL) == 0)
        system = POSTFIX;
    if (system == AUTO && machine_stat("/var/spool/exim4", true, &f, NULL) == 0)
        system = EXIM;
    if (system == AUTO) {
        attempt_say(own, STATE_UNKNOWN, MSG("neither Postfix nor Exim has a queue here (/var/spool/postfix, /var/spool/exim4)"), "");
        return;
    }
    if (dir == NULL)
        dir = system == POSTFIX ? "/var/spool/postfix" : "/var/spool/exim4";
    if (o->program && m) {
        m->system = system;
        return;
    }
    code = system == POSTFIX ? count_postfix(own, &q, dir, &e) : count_exim(own, &q, dir, &e);
    if (m)
        m->system = system;
    if (code == ERR_DENIED && !o->directory && m)
        return;
    if (code == 0) {
        judge(own, &q);
        return;
    }
    attempt_fail(own, code, &e);
    own->state = STATE_UNKNOWN;
}

/* The value behind a key, as it stands there. Only the head of a line is looked at: behind it come addresses, which
 * strangers choose. */
static struct str value_of(struct str line, const char *key)
{
    struct str head = {line.p, line.n < HEAD_BYTES ? line.n : HEAD_BYTES}, value;
    const char *at = head.n ? memmem(head.p, head.n, key, strlen(key)) : NULL;

    if (at == NULL)
        return (struct str){NULL, 0};
    for (at += strlen(key); at < head.p + head.n && strchr(": \"", *at); at++) {
    }
    head = (struct str){at, head.n - (size_t)(at - head.p)};
    return str_next(&head, "\", }", &value) ? value : (struct str){NULL, 0};
}

/* One JSON object a line: {"queue_name": "deferred", "queue_id": "4A1", "arrival_time": 1700000000, …}. There may be
 * a hundred thousand, so that they are not parsed in earnest. */
static void take_line(struct tally *t, struct str line)
{
    struct str name = value_of(line, "\"queue_name\""), at = value_of(line, "\"arrival_time\"");
    int64_t at_s = local_number(at);

    if (name.n == 0)
        return;
    t->queue = str_is(name, "deferred") ? DEFERRED : str_is(name, "hold") ? HOLD : str_is(name, "incoming") || str_is(name, "maildrop") ? INCOMING : ACTIVE;
    t->q->count[t->queue]++;
    note_age(t, at_s < INT64_MAX / 1000 ? at_s * 1000 : 0);
}

static void on_postqueue(struct attempt *a, const struct spawn_reply *r)
{
    struct queue q = {.partial = r->out_bytes >= MAX_LISTING};
    struct tally t = {.q = &q, .own = a, .system = POSTFIX};
    struct str rest = {r->out, r->out_bytes}, line;

    if (r->exit_status != 0) {
        tool_failed(a, r);
    } else {
        while (str_next(&rest, "\n", &line))
            take_line(&t, line);
        judge(a, &q);
    }
    attempt_done(a);
}

static void on_exim(struct attempt *a, const struct spawn_reply *r)
{
    struct queue q = {0};
    struct str word = str_trim((struct str){r->out, r->out_bytes});

    if (r->exit_status != 0)
        tool_failed(a, r);
    else if (word.n == 0 || *word.p < '0' || *word.p > '9')
        attempt_say(a, STATE_UNKNOWN, MSG("exim4 -bpc did not say a number: {1}"), "s", attempt_quote(a, r->out, r->out_bytes, 100));
    else {
        q.count[ACTIVE] = local_number(word);
        judge(a, &q);
    }
    attempt_done(a);
}

static void ask_program(struct attempt *a)
{
    static const char *const postqueue[] = {"postqueue", "-j", NULL}, *const exim[] = {"exim4", "-bpc", NULL};
    const struct queue_memory *m = a->memory;

    if (m->system == EXIM)
        tool_run(a, &(struct tool_ask){.argv = exim, .package = "exim4-daemon-light"}, on_exim);
    else
        tool_run(a, &(struct tool_ask){.argv = postqueue, .package = "postfix", .max_output = MAX_LISTING}, on_postqueue);
}

static void start(struct attempt *a) { local_then(a, look, ask_program); }

static void late(struct attempt *a)
{
    if (a->job)
        tool_late(a);
    else
        local_fs_late(a);
}

static void stop(struct attempt *a)
{
    local_stop(a);
    tool_stop(a);
}

const struct probe probe_mail_queue = {
    .kind = {.name = "mail_queue",
             .help = MSG("watches the mail that waits in Postfix’s or Exim’s queue here"),
             .area = "mail",
             .example = "mail_queue: postfix",
             .rows = rows,
             .opts_bytes = sizeof(struct queue_opts)},
    .start = start,
    .stop = stop,
    .late = late,
    .memory_bytes = sizeof(struct queue_memory),
    .local = true,
};

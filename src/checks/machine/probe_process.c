/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_process.c: the processes of one program (or user, or control group): that there are any, how many, and what
 * they use together. All processes of the machine are counted by the probe processes. */
#include "checks/machine/fact.h"

enum { MAX_PROCESSES = 200000, MAX_KNOWN = 128, MAX_FDS = 1 << 20, MAX_CMDLINE = 8192, TICKS_A_SECOND = 100, COMM_BYTES = 15 };

struct process_opts {
    const char *program, *command, *user, *cgroup;
    struct limits count, age, memory, cpu, threads, files;
};
struct known {
    int64_t pid, started, ticks;
};
struct process_memory {
    int64_t at_us;
    int n;
    struct known at[MAX_KNOWN];
};
struct tally {
    struct attempt *own;
    const struct process_opts *o;
    int64_t uid; /* -1: any */
    int64_t count, oldest, threads, files, memory_bytes;
    bool files_denied;
    double cpu_ticks;
    const struct process_memory *last;
    struct process_memory now;
};
struct one {
    const char *pid;
    int64_t started, ticks;
    char comm[64];
};

#define AT(member) offsetof(struct process_opts, member)
static const struct conf_row age_rows[] = {LIMIT_ROWS(AT(age), "s", NULL, NULL, "< 5m", "30d"), {0}};
static const struct conf_row memory_rows[] = {LIMIT_ROWS(AT(memory), "B", NULL, NULL, "2 GB", "4 GB"), {0}};
static const struct conf_row cpu_rows[] = {LIMIT_ROWS(AT(cpu), "%", NULL, NULL, "80%", "150%"), {0}};
static const struct conf_row threads_rows[] = {LIMIT_ROWS(AT(threads), NULL, NULL, NULL, "500", "1000"), {0}};
static const struct conf_row files_rows[] = {LIMIT_ROWS(AT(files), NULL, NULL, NULL, "800", "1000"), {0}};
static const struct conf_row rows[] = {
    {.key = "program", .type = CONF_TEXT, .offset = AT(program), .flags = CONF_POSITIONAL,
     .help = MSG("the program’s name (* and ? allowed)"), .example = "nginx"},
    {.key = "command", .type = CONF_TEXT, .offset = AT(command), .help = MSG("its whole command line (* and ? allowed)"), .example = "\"*python3*/srv/app.py*\""},
    {.key = "user", .type = CONF_TEXT, .offset = AT(user), .help = MSG("whose processes, by name or number"), .example = "www-data"},
    {.key = "cgroup", .type = CONF_TEXT, .offset = AT(cgroup), .help = MSG("control group that they are in (* and ? allowed)"), .example = "\"*/nginx.service\""},
    LIMIT_ROWS(AT(count), NULL, NULL, NULL, "\"1:20\"", "\"1:\""),
    {.key = "age", .type = CONF_GROUP, .rows = age_rows, .help = MSG("thresholds for the age of the oldest one"), .example = "{ warn: \"< 5m\" }"},
    {.key = "memory", .type = CONF_GROUP, .rows = memory_rows, .help = MSG("thresholds for their memory together"), .example = "{ warn: 2 GB }"},
    {.key = "cpu", .type = CONF_GROUP, .rows = cpu_rows, .help = MSG("thresholds for their processor time; 100% is one processor"), .example = "{ warn: 80% }"},
    {.key = "threads", .type = CONF_GROUP, .rows = threads_rows, .help = MSG("thresholds for their threads together"), .example = "{ warn: 500 }"},
    {.key = "files", .type = CONF_GROUP, .rows = files_rows, .help = MSG("thresholds for open files of the one that has most"), .example = "{ warn: 800 }"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct process_opts *o = arg;

    if (!o->program && !o->command && !o->user && !o->cgroup)
        return err_field(e, ERR_INVALID, "program", MSG("say which processes: program, command, user or cgroup"), "");
    if (!o->count.warn.set && !o->count.crit.set)
        o->count.crit = (struct conf_level){.low = 1, .high = INFINITY, .set = true, .text = "1:"};
    return 0;
}

static const char *name_for(const void *opts, struct arena *a)
{
    const struct process_opts *o = opts;

    return o->program && !strpbrk(o->program, "*?/") ? o->program : NULL;
}

/* "1234 (name with ) in it) S ppid …": the name ends at the last parenthesis; then the fields from the third on. */
static bool parse_stat(const char *stat, struct one *p)
{
    const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
    struct str rest, word;

    if (open == NULL || close == NULL || close < open || close[1] != ' ')
        return false;
    str_copyn(p->comm, sizeof(p->comm), open + 1, (size_t)(close - open - 1));
    rest = str_of(close + 2);
    for (int field = 3; field <= 22; field++) {
        if (!local_word(&rest, &word))
            return false;
        if (field == 3 && *word.p == 'Z')
            return false; /* ended, only not collected */
        if (field == 14 || field == 15)
            p->ticks += local_number(word);
        if (field == 22)
            p->started = local_number(word);
    }
    return true;
}

static bool read_of(const struct one *p, const char *file, struct buf *out)
{
    char path[64];

    str_print(path, sizeof(path), "/proc/%s/%s", p->pid, file);
    if (machine_read(path, out, NULL) == 0 || out->full)
        return true;
    buf_done(out);
    return false;
}

static bool command_fits(const struct one *p, const char *glob)
{
    struct buf text = BUF_MAX(MAX_CMDLINE);
    bool fits;

    if (!read_of(p, "cmdline", &text))
        return false;
    while (text.len && text.data[text.len - 1] == '\0')
        buf_cut(&text, text.len - 1);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0')
            text.data[i] = ' ';
    fits = str_glob(glob, buf_text(&text));
    buf_done(&text);
    return fits;
}

/* The short name is cut at 15 characters: for a longer one the path that was started is looked at, too. */
static bool program_fits(const struct one *p, const char *glob)
{
    struct buf text = BUF_MAX(MAX_CMDLINE);
    const char *name, *slash;
    bool fits = false;

    if (str_glob(glob, p->comm))
        return true;
    if (strlen(p->comm) < COMM_BYTES)
        return false;
    if (read_of(p, "cmdline", &text)) {
        name = buf_text(&text); /* up to its NUL */
        slash = strrchr(name, '/');
        fits = str_glob(glob, slash ? slash + 1 : name);
    }
    buf_done(&text);
    return fits;
}

static bool cgroup_fits(const struct one *p, const char *glob)
{
    struct buf text = BUF_MAX(MAX_CMDLINE);
    struct str rest, line;
    bool fits = false;

    (void)read_of(p, "cgroup", &text);
    rest = (struct str){buf_text(&text), text.len};
    while (!fits && str_next(&rest, "\n", &line)) { /* "0::/system.slice/nginx.service" */
        const char *slash = memchr(line.p, '/', line.n);
        char path[512];

        if (slash && str_copyn(path, sizeof(path), slash, line.n - (size_t)(slash - line.p)))
            fits = str_glob(glob, path);
    }
    buf_done(&text);
    return fits;
}

static int on_fd(void *arg, const char *name)
{
    ++*(int64_t *)arg;
    return 0;
}

static void count_files(struct tally *t, const struct one *p)
{
    char path[64];
    int64_t n = 0;

    str_print(path, sizeof(path), "/proc/%s/fd", p->pid);
    if (machine_list(path, MAX_FDS, on_fd, &n, NULL) == ERR_DENIED)
        t->files_denied = true;
    if (n > t->files)
        t->files = n;
}

static void take_cpu(struct tally *t, const struct one *p)
{
    struct known k = {.started = p->started, .ticks = p->ticks};

    if (str_i64(p->pid, &k.pid) != 0)
        return;
    if (t->now.n < MAX_KNOWN)
        t->now.at[t->now.n++] = k;
    for (int i = 0; t->last && i < t->last->n; i++)
        if (t->last->at[i].pid == k.pid && t->last->at[i].started == k.started && k.ticks > t->last->at[i].ticks)
            t->cpu_ticks += (double)(k.ticks - t->last->at[i].ticks);
}

static void take(struct tally *t, const struct one *p, const struct buf *status)
{
    int64_t v;

    t->count++;
    if (fact_row(status, "Threads", &v))
        t->threads += v;
    if (fact_row(status, "VmRSS", &v))
        t->memory_bytes += v * 1024;
    if (t->count == 1 || p->started < t->oldest)
        t->oldest = p->started;
    count_files(t, p);
    take_cpu(t, p);
}

static int on_entry(void *arg, const char *entry)
{
    struct tally *t = arg;
    struct one p = {.pid = entry};
    struct buf stat = BUF_MAX(4096), status = BUF_MAX(16384);
    int64_t uid;
    bool fits;

    if (entry[strspn(entry, "0123456789")])
        return 0;
    fits = read_of(&p, "stat", &stat) && parse_stat(buf_text(&stat), &p) && (!t->o->program || program_fits(&p, t->o->program)) &&
           (!t->o->command || command_fits(&p, t->o->command)) && (!t->o->cgroup || cgroup_fits(&p, t->o->cgroup)) && read_of(&p, "status", &status);
    if (fits && (t->uid < 0 || (fact_row(&status, "Uid", &uid) && uid == t->uid)))
        take(t, &p, &status);
    buf_done(&stat);
    buf_done(&status);
    return 0;
}

/* "name:x:33:…" */
static int64_t uid_of(const char *user)
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct str rest, line, name, word;
    int64_t uid = -1;

    if (str_i64(user, &uid) == 0)
        return uid;
    (void)fact_text("/etc/passwd", &text);
    rest = (struct str){buf_text(&text), text.len};
    while (uid < 0 && str_next(&rest, "\n", &line))
        if (str_next(&line, ":", &name) && str_is(name, user) && str_next(&line, ":", &word) && str_next(&line, ":", &word))
            uid = local_number(word);
    buf_done(&text);
    return uid;
}

static const char *wanted(const struct process_opts *o)
{
    return o->program ? o->program : o->command ? o->command : o->cgroup ? o->cgroup : o->user;
}

static void judge_count(struct tally *t)
{
    const char *limit;
    enum state s = level_judge(&t->o->count.warn, &t->o->count.crit, (double)t->count, NAN, &limit);

    if (s != STATE_OK && t->count == 0)
        attempt_worse(t->own, s, MSG("{1} does not run"), "s", wanted(t->o));
    else if (s != STATE_OK)
        attempt_worse(t->own, s, MSG("{1} × {2} (limit {3})"), "iss", t->count, wanted(t->o), limit);
    fact_perf(t->own, "processes", (double)t->count, "", &t->o->count, NAN);
}

static void judge_use(struct tally *t, double age)
{
    const struct process_opts *o = t->o;
    struct attempt *own = t->own;

    fact_judge(own, &o->age, age, NAN, MSG("the oldest one has run for {1} (limit {2})"), 'd');
    fact_judge(own, &o->memory, (double)t->memory_bytes, NAN, MSG("they use {1} of memory (limit {2})"), 'b');
    fact_judge(own, &o->threads, (double)t->threads, NAN, MSG("{1} {1|thread|threads} (limit {2})"), 'i');
    fact_perf(own, "age", age, "s", &o->age, NAN);
    fact_perf(own, "memory", (double)t->memory_bytes, "B", &o->memory, NAN);
    fact_perf(own, "threads", (double)t->threads, "", &o->threads, NAN);
    if (!t->files_denied) {
        fact_judge(own, &o->files, (double)t->files, NAN, MSG("one of them has {1} open {1|file|files} (limit {2})"), 'i');
        fact_perf(own, "files", (double)t->files, "", &o->files, NAN);
    } else if (o->files.warn.set || o->files.crit.set) {
        attempt_worse(own, STATE_UNKNOWN, MSG("open files of another user’s processes may not be counted; run vigie with CAP_SYS_PTRACE"), "");
    }
}

static void judge_cpu(struct tally *t)
{
    double seconds = t->last && t->last->at_us ? (double)(t->now.at_us - t->last->at_us) / 1e6 : 0, share;

    if (seconds <= 0)
        return;
    share = 100 * t->cpu_ticks / TICKS_A_SECOND / seconds;
    fact_judge(t->own, &t->o->cpu, share, share, MSG("they use {1} % of a processor (limit {2})"), 'f');
    fact_perf(t->own, "cpu", share, "%", &t->o->cpu, NAN);
}

static double age_of(int64_t started_ticks)
{
    char word[64];
    double uptime;

    if (!fact_word("/proc/uptime", word, sizeof(word)))
        return 0;
    word[strcspn(word, " ")] = '\0';
    return str_f64(word, &uptime) == 0 ? fmax(0, uptime - (double)started_ticks / TICKS_A_SECOND) : 0;
}

static void look(struct attempt *own)
{
    struct tally *t = ARENA_NEW(own->arena, struct tally);
    struct err e = {0};
    int code;

    *t = (struct tally){.own = own, .o = own->opts, .last = own->memory, .uid = -1, .now.at_us = clock_mono_us()};
    if (t->o->user && (t->uid = uid_of(t->o->user)) < 0) {
        attempt_say(own, STATE_UNKNOWN, MSG("there is no user {1} in /etc/passwd"), "s", t->o->user);
        return;
    }
    code = machine_list("/proc", MAX_PROCESSES, on_entry, t, &e);
    if (code != 0 && code != ERR_LIMIT) {
        attempt_fail(own, code, &e);
        own->state = STATE_UNKNOWN;
        return;
    }
    attempt_say(own, STATE_OK, MSG("{2} runs: {1} {1|process|processes}, {3} of memory"), "isb", t->count, wanted(t->o), t->memory_bytes);
    judge_count(t);
    if (t->count) {
        judge_use(t, age_of(t->oldest));
        judge_cpu(t);
    }
    if (own->memory)
        memcpy(own->memory, &t->now, sizeof(t->now));
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_process = {
    .kind = {.name = "process",
             .help = MSG("watches that a program runs, and what its processes use"),
             .area = "machine",
             .example = "process: nginx",
             .rows = rows,
             .opts_bytes = sizeof(struct process_opts),
             .finish = finish,
             .name_for = name_for},
    .start = start,
    .stop = local_stop,
    .memory_bytes = sizeof(struct process_memory),
    .local = true,
};

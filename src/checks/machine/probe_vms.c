/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_vms.c: virtual machines of this host: by libvirt (virsh, read-only) where it is installed, else the processes of
 * QEMU, which tell no more than that they run. */
#include "checks/machine/fact.h"
#include "checks/tool.h"
#include "io/machine_file.h"

enum { MAX_PROCESSES = 200000, NAME_BYTES = 120, MAX_NAMED = 3 };

struct vms_opts {
    struct conf_texts must_run, exclude;
    struct limits running;
};
struct tally {
    struct attempt *a;
    int64_t running, all, bad;
    bool crashed;
    struct buf names;
    bool seen[64]; /* of must_run */
};

#define AT(member) offsetof(struct vms_opts, member)
static const struct conf_row running_rows[] = {LIMIT_ROWS(AT(running), NULL, NULL, NULL, "\"3:\"", "\"1:\""), {0}};
static const struct conf_row rows[] = {
    {.key = "must_run", .type = CONF_TEXTS, .offset = AT(must_run), .flags = CONF_POSITIONAL, .help = MSG("machines that must run"), .example = "[web, db]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("machines that do not count (* and ? allowed)"), .example = "[test-*]"},
    {.key = "running", .type = CONF_GROUP, .rows = running_rows, .help = MSG("thresholds for the number that run"), .example = "{ crit: \"1:\" }"},
    {0},
};

/* " 1    web        running" or " -    old vm     shut off": the state is what stands after the last two blanks. */
static bool split(struct str line, struct str *ret_name, struct str *ret_state)
{
    struct str s = str_trim(line), id;
    size_t at = s.n;

    while (at > 1 && !(s.p[at - 1] == ' ' && s.p[at - 2] == ' '))
        at--;
    if (at <= 1)
        return false;
    *ret_state = (struct str){s.p + at, s.n - at};
    s.n = at;
    if (!local_word(&s, &id) || (!str_is(id, "-") && (*id.p < '0' || *id.p > '9')))
        return false;
    *ret_name = str_trim(s);
    return ret_name->n > 0;
}

static void take_vm(struct tally *t, const char *name, struct str state)
{
    const struct vms_opts *o = t->a->opts;
    bool runs = str_is(state, "running") || str_is(state, "idle");
    bool bad = str_is(state, "paused") || str_is(state, "crashed") || str_is(state, "no state");

    if (local_listed(&o->exclude, name))
        return;
    t->all++;
    t->running += runs;
    t->crashed = t->crashed || str_is(state, "crashed");
    for (int i = 0; i < o->must_run.n && i < (int)COUNT(t->seen); i++)
        if (str_glob(o->must_run.at[i], name))
            t->seen[i] = t->seen[i] || runs;
    local_line(t->a, "%s: %s", name, attempt_quote(t->a, state.p, state.n, 40));
    if (bad && t->bad++ < MAX_NAMED)
        buf_printf(&t->names, "%s%s (%s)", t->bad > 1 ? ", " : "", name, attempt_quote(t->a, state.p, state.n, 40));
}

static void judge(struct tally *t)
{
    const struct vms_opts *o = t->a->opts;

    attempt_say(t->a, STATE_OK, MSG("{1} of {2} virtual {2|machine|machines} running"), "ii", t->running, t->all);
    for (int i = 0; i < o->must_run.n && i < (int)COUNT(t->seen); i++)
        if (!t->seen[i])
            attempt_worse(t->a, STATE_CRITICAL, MSG("{1} does not run"), "s", o->must_run.at[i]);
    if (t->bad)
        attempt_worse(t->a, t->crashed ? STATE_CRITICAL : STATE_WARNING, MSG("not well: {1}"), "s", buf_text(&t->names));
    fact_judge(t->a, &o->running, (double)t->running, NAN, MSG("{1} virtual {1|machine|machines} running (limit {2})"), 'i');
    fact_perf(t->a, "running", (double)t->running, "", &o->running, NAN);
    fact_perf(t->a, "machines", (double)t->all, "", NULL, NAN);
}

static void on_list(struct attempt *a, const struct spawn_reply *r)
{
    struct tally t = {.a = a, .names = BUF_MAX(600)};
    struct str rest = {r->out, r->out_bytes}, line, name, state;

    if (r->exit_status != 0) {
        tool_failed(a, r);
    } else if (memmem(r->out, r->out_bytes, "----", 4) == NULL) {
        attempt_say(a, STATE_UNKNOWN, MSG("virsh did not print its list: {1}"), "s", attempt_quote(a, r->out, r->out_bytes, 100));
    } else {
        while (str_next(&rest, "\n", &line))
            if (split(line, &name, &state))
                take_vm(&t, attempt_quote(a, name.p, name.n, NAME_BYTES), state);
        judge(&t);
    }
    buf_done(&t.names);
    attempt_done(a);
}

static int on_process(void *arg, const char *pid)
{
    char path[64], comm[64];

    if (pid[strspn(pid, "0123456789")])
        return 0;
    str_print(path, sizeof(path), "/proc/%s/comm", pid);
    *(int64_t *)arg += fact_word(path, comm, sizeof(comm)) && (str_starts(comm, "qemu-system") || str_eq(comm, "kvm"));
    return 0;
}

static void look(struct attempt *own)
{
    const struct vms_opts *o = own->opts;
    struct machine_file f;
    int64_t n = 0;

    if (machine_stat("/usr/bin/virsh", true, &f, NULL) == 0)
        return; /* it knows better */
    (void)machine_list("/proc", MAX_PROCESSES, on_process, &n, NULL);
    if (o->must_run.n) {
        attempt_say(own, STATE_UNKNOWN, MSG("names of virtual machines are known only by virsh: apt install libvirt-clients"), "");
        return;
    }
    attempt_say(own, STATE_OK, MSG("{1} {1|process|processes} of QEMU"), "i", n);
    fact_judge(own, &o->running, (double)n, NAN, MSG("{1} virtual {1|machine|machines} running (limit {2})"), 'i');
    fact_perf(own, "running", (double)n, "", &o->running, NAN);
}

static void ask_virsh(struct attempt *a)
{
    static const char *const argv[] = {"virsh", "-r", "-c", "qemu:///system", "list", "--all", NULL};

    tool_run(a, &(struct tool_ask){.argv = argv, .package = "libvirt-clients"}, on_list);
}

static void start(struct attempt *a) { local_then(a, look, ask_virsh); }

static void late(struct attempt *a)
{
    if (a->job)
        tool_late(a);
}

static void stop(struct attempt *a)
{
    local_stop(a);
    tool_stop(a);
}

const struct probe probe_vms = {
    .kind = {.name = "vms",
             .help = MSG("watches this host’s virtual machines (libvirt, QEMU)"),
             .area = "machine",
             .example = "vms: [web, db]",
             .rows = rows,
             .opts_bytes = sizeof(struct vms_opts)},
    .start = start,
    .stop = stop,
    .late = late,
    .local = true,
};

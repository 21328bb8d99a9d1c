/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_kernel.c: what the kernel holds against itself or had to do in need: taint flags, processes killed for lack of
 * memory, hung tasks, machine checks, memory that ECC had to repair. Events are counted since the last look. */
#include "checks/machine/fact.h"

enum { OOM, HUNG, MCE, CORRECTED, UNCORRECTED, COUNTERS };

struct kernel_opts {
    struct conf_texts ignore;
};
struct kernel_memory {
    bool seen;
    int64_t count[COUNTERS];
};
static const struct taint {
    char letter;
    bool bad; /* the others only say what was loaded */
    const char *text;
} taints[] = { /* by bit */
    {'P', false, MSG("a proprietary module")}, {'F', false, MSG("a module loaded by force")}, {'S', false, MSG("a processor out of its specification")},
    {'R', false, MSG("a module unloaded by force")}, {'M', true, MSG("a machine check")}, {'B', true, MSG("a broken page table")},
    {'U', false, MSG("somebody asked for it")}, {'D', true, MSG("the kernel died once (oops)")}, {'A', false, MSG("ACPI tables replaced")},
    {'W', true, MSG("a kernel warning")}, {'C', false, MSG("a staging driver")}, {'I', false, MSG("a firmware bug worked around")},
    {'O', false, MSG("a module from outside the kernel")}, {'E', false, MSG("an unsigned module")}, {'L', true, MSG("a soft lock-up")},
    {'K', false, MSG("a live patch")}, {'X', false, MSG("the distribution’s own mark")}, {'T', false, MSG("structures in random order")},
    {'N', false, MSG("a test")}, {'J', false, MSG("a driver made calls to firmware")},
};
static const struct happening {
    enum state state;
    const char *label, *msgid;
} events[COUNTERS] = {
    {STATE_CRITICAL, "oom_kills", MSG("{1} {1|process was|processes were} killed for lack of memory since the last look")},
    {STATE_CRITICAL, "hung_tasks", MSG("{1} {1|task|tasks} hung in the kernel since the last look")},
    {STATE_CRITICAL, "machine_checks", MSG("{1} machine {1|check|checks} since the last look: the hardware complains")},
    {STATE_WARNING, "memory_corrected", MSG("{1} memory {1|error|errors} corrected since the last look: a module may be dying")},
    {STATE_CRITICAL, "memory_uncorrected", MSG("{1} memory {1|error|errors} that could not be corrected since the last look")},
};

static const struct conf_row rows[] = {
    {.key = "ignore", .type = CONF_TEXTS, .offset = offsetof(struct kernel_opts, ignore), .flags = CONF_POSITIONAL,
     .help = MSG("letters of taint flags that may be set, such as W"), .example = "[W]"},
    {0},
};

/* The row "MCE:" of /proc/interrupts has one figure a processor. */
static int64_t machine_checks(void)
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct str rest, line, word;
    int64_t sum = 0;

    if (!fact_text("/proc/interrupts", &text))
        return 0;
    rest = (struct str){buf_text(&text), text.len};
    while (str_next(&rest, "\n", &line))
        if (local_word(&line, &word) && str_is(word, "MCE:"))
            while (local_word(&line, &word) && *word.p >= '0' && *word.p <= '9')
                sum += local_number(word);
    buf_done(&text);
    return sum;
}

static int on_controller(void *arg, const char *name)
{
    int64_t *count = arg, n;
    char path[200];

    str_print(path, sizeof(path), "/sys/devices/system/edac/mc/%.60s/ce_count", name);
    count[CORRECTED] += fact_int(path, &n) ? n : 0;
    str_print(path, sizeof(path), "/sys/devices/system/edac/mc/%.60s/ue_count", name);
    count[UNCORRECTED] += fact_int(path, &n) ? n : 0;
    return 0;
}

static void read_counters(int64_t count[COUNTERS])
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);

    if (fact_text("/proc/vmstat", &text))
        (void)fact_row(&text, "oom_kill", &count[OOM]);
    buf_done(&text);
    (void)fact_int("/proc/sys/kernel/hung_task_detect_count", &count[HUNG]); /* since 6.13 */
    count[MCE] = machine_checks();
    (void)machine_list("/sys/devices/system/edac/mc", 64, on_controller, count, NULL);
}

static bool ignored(const struct kernel_opts *o, char letter)
{
    for (int i = 0; i < o->ignore.n; i++)
        if (strchr(o->ignore.at[i], letter))
            return true;
    return false;
}

static void judge_taint(struct attempt *own, int64_t taint)
{
    const char *text = NULL;
    char letters[COUNT(taints) + 1] = "";
    int n = 0;

    for (size_t i = 0; i < COUNT(taints); i++) {
        if (!(taint >> i & 1))
            continue;
        letters[n++] = taints[i].letter;
        local_line(own, "%c: %s", taints[i].letter, taints[i].text);
        if (taints[i].bad && !text && !ignored(own->opts, taints[i].letter))
            text = taints[i].text;
    }
    if (text) {
        struct buf why = BUF_MAX(200);

        msg_pack(&why, text, "");
        attempt_worse(own, STATE_WARNING, MSG("the kernel is tainted ({1}): {2}"), "sm", letters, buf_text(&why));
        buf_done(&why);
    } else if (n) {
        attempt_say(own, STATE_OK, MSG("all is well; taint {1} only says what is loaded"), "s", letters);
    }
}

static void look(struct attempt *own)
{
    struct kernel_memory *last = own->memory, now = {.seen = true};
    int64_t taint;

    if (!fact_int("/proc/sys/kernel/tainted", &taint) || taint < 0) {
        attempt_say(own, STATE_UNKNOWN, MSG("{1} cannot be read, or holds no number"), "s", "/proc/sys/kernel/tainted");
        return;
    }
    read_counters(now.count);
    attempt_say(own, STATE_OK, MSG("nothing to complain of"), "");
    judge_taint(own, taint);
    for (int i = 0; i < COUNTERS; i++) {
        int64_t news = last && last->seen && now.count[i] > last->count[i] ? now.count[i] - last->count[i] : 0;

        if (news)
            attempt_worse(own, events[i].state, events[i].msgid, "i", news);
        fact_perf(own, events[i].label, (double)now.count[i], "c", NULL, NAN);
    }
    if (last)
        *last = now;
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_kernel = {
    .kind = {.name = "kernel",
             .help = MSG("watches for kernel faults: oopses, processes killed for lack of memory, hung tasks, hardware errors"),
             .area = "machine",
             .example = "kernel:",
             .attempts = 1, /* an event is told once */
             .rows = rows,
             .opts_bytes = sizeof(struct kernel_opts)},
    .start = start,
    .stop = local_stop,
    .memory_bytes = sizeof(struct kernel_memory),
    .local = true,
};

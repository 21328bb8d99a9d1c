/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_reboot.c: what waits for a restart: the machine (a file that packages leave, a newer kernel in /boot), and
 * services that still use libraries which an upgrade has replaced. A matter of the weekly digest: LES-8. */
#include "checks/machine/fact.h"

enum { MAX_PROCESSES = 200000, MAX_MAPS = 8 << 20, MAX_SERVICES = 64, MAX_NAMED = 4, NAME_BYTES = 80 };

struct reboot_opts {
    bool libraries;
    struct conf_texts exclude;
};
struct stale {
    struct attempt *own;
    int n;
    char name[MAX_SERVICES][NAME_BYTES];
    int64_t looked_at, closed;
};
struct kernels {
    char running[NAME_BYTES], newest[NAME_BYTES];
    bool found; /* the running one is there */
};

static const struct conf_row rows[] = {
    {.key = "libraries", .type = CONF_BOOL, .offset = offsetof(struct reboot_opts, libraries), .by_default = "yes",
     .help = MSG("also tell of services that use replaced libraries"), .example = "no"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = offsetof(struct reboot_opts, exclude),
     .help = MSG("services that do not count (* and ? allowed)"), .example = "[user@*, getty@*]"},
    {0},
};

/* "6.1.0-18-amd64" and "6.1.0-20-amd64" are of one flavour, "-cloud-amd64" is another: what follows the last digit
 * that a dash ends. */
static const char *flavour(const char *release)
{
    const char *p = release + strlen(release);

    while (p > release && !(*p == '-' && p[-1] >= '0' && p[-1] <= '9'))
        p--;
    return p > release ? p : "";
}

static int on_boot(void *arg, const char *name)
{
    struct kernels *k = arg;
    const char *release = str_starts(name, "vmlinuz-") ? name + strlen("vmlinuz-") : "";

    if (release[0] == '\0' || strlen(release) >= NAME_BYTES || str_ends(release, ".old") || !str_eq(flavour(release), flavour(k->running)))
        return 0;
    k->found = k->found || str_eq(release, k->running);
    if (k->newest[0] == '\0' || str_natural(release, k->newest) > 0)
        str_copy(k->newest, NAME_BYTES, release);
    return 0;
}

static void judge_kernel(struct attempt *own)
{
    struct kernels k = {0};

    if (!fact_word("/proc/sys/kernel/osrelease", k.running, sizeof(k.running)))
        return;
    (void)machine_list("/boot", 1000, on_boot, &k, NULL); /* a container has none */
    if (k.newest[0] && str_natural(k.newest, k.running) > 0)
        attempt_worse(own, STATE_WARNING, MSG("the kernel {1} is installed, {2} runs: restart the machine"), "ss",
                      attempt_quote(own, k.newest, strlen(k.newest), NAME_BYTES), attempt_quote(own, k.running, strlen(k.running), NAME_BYTES));
    if (k.newest[0] && !k.found)
        local_line(own, "the running kernel %s is not in /boot any more", attempt_quote(own, k.running, strlen(k.running), NAME_BYTES));
}

/* /run/reboot-required and the packages that asked for it. */
static void judge_asked(struct attempt *own)
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE), pkgs = BUF_MAX(LOCAL_MAX_FILE), names = BUF_MAX(200);
    struct str rest, line;

    if (fact_text("/run/reboot-required", &text)) {
        (void)fact_text("/run/reboot-required.pkgs", &pkgs);
        rest = (struct str){buf_text(&pkgs), pkgs.len};
        for (int n = 0; n < MAX_NAMED && str_next(&rest, "\n", &line); n++)
            buf_printf(&names, "%s%s", n ? ", " : "", attempt_quote(own, line.p, line.n, NAME_BYTES));
        if (names.len)
            attempt_worse(own, STATE_WARNING, MSG("a restart of the machine is asked for by {1}"), "s", buf_text(&names));
        else
            attempt_worse(own, STATE_WARNING, MSG("a restart of the machine is asked for"), "");
    }
    buf_done(&text);
    buf_done(&pkgs);
    buf_done(&names);
}

/* A line of maps that is code, from a library, which is not there any more. */
static bool line_is_stale(struct str line)
{
    static const char *const gone = " (deleted)";

    return line.n > strlen(gone) && memcmp(line.p + line.n - strlen(gone), gone, strlen(gone)) == 0 && memmem(line.p, line.n, "r-xp", 4) &&
           memmem(line.p, line.n, ".so", 3) && memmem(line.p, line.n, "/lib", 4);
}

/* "0::/system.slice/nginx.service" → "nginx.service"; else the program's name. */
static void service_of(const char *pid, char *out, size_t n)
{
    char path[64], word[512];
    const char *slash;

    str_print(path, sizeof(path), "/proc/%s/cgroup", pid);
    if (fact_word(path, word, sizeof(word)) && (slash = strrchr(word, '/')) != NULL && (str_ends(slash, ".service") || str_ends(slash, ".scope"))) {
        str_copy(out, n, slash + 1);
        return;
    }
    str_print(path, sizeof(path), "/proc/%s/comm", pid);
    if (!fact_word(path, out, n))
        str_copy(out, n, pid);
}

static void add_service(struct stale *s, const char *pid)
{
    const struct reboot_opts *o = s->own->opts;
    char name[NAME_BYTES];

    service_of(pid, name, sizeof(name));
    if (local_listed(&o->exclude, name))
        return;
    for (int i = 0; i < s->n; i++)
        if (str_eq(s->name[i], name))
            return;
    if (s->n < MAX_SERVICES)
        str_copy(s->name[s->n++], NAME_BYTES, attempt_quote(s->own, name, strlen(name), NAME_BYTES - 1));
}

static int on_process(void *arg, const char *pid)
{
    struct stale *s = arg;
    struct buf text = BUF_MAX(MAX_MAPS);
    struct str rest, line;
    char path[64];
    int code;

    if (pid[strspn(pid, "0123456789")])
        return 0;
    str_print(path, sizeof(path), "/proc/%s/maps", pid);
    code = machine_read(path, &text, NULL);
    s->looked_at += code == 0 || code == ERR_LIMIT;
    s->closed += code == ERR_DENIED;
    rest = (struct str){buf_text(&text), text.len};
    while (str_next(&rest, "\n", &line))
        if (line_is_stale(line)) {
            add_service(s, pid);
            break;
        }
    buf_done(&text);
    return 0;
}

static void judge_libraries(struct attempt *own)
{
    struct stale *s = ARENA_NEW(own->arena, struct stale);
    struct buf names = BUF_MAX(400);

    s->own = own;
    (void)machine_list("/proc", MAX_PROCESSES, on_process, s, NULL);
    for (int i = 0; i < s->n; i++) {
        local_line(own, "%s uses replaced libraries", s->name[i]);
        if (i < MAX_NAMED)
            buf_printf(&names, "%s%s", i ? ", " : "", s->name[i]);
    }
    if (s->n > MAX_NAMED)
        attempt_worse(own, STATE_WARNING, MSG("replaced libraries are in use, restart {1} and {2} more"), "si", buf_text(&names), (int64_t)s->n - MAX_NAMED);
    else if (s->n)
        attempt_worse(own, STATE_WARNING, MSG("replaced libraries are in use, restart {1}"), "s", buf_text(&names));
    if (s->closed)
        local_line(own, "%lld processes of other users could not be looked at (CAP_SYS_PTRACE)", (long long)s->closed);
    attempt_perf(own, "services", s->n, "", NULL, NULL, 0, NAN);
    buf_done(&names);
}

static void look(struct attempt *own)
{
    const struct reboot_opts *o = own->opts;

    attempt_say(own, STATE_OK, MSG("nothing waits for a restart"), "");
    judge_asked(own);
    judge_kernel(own);
    if (o->libraries)
        judge_libraries(own);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_reboot = {
    .kind = {.name = "reboot",
             .help = MSG("watches for a restart that waits: of the machine, or of services with replaced libraries"),
             .area = "machine",
             .example = "reboot:",
             .klass = CONF_DIGEST,
             .rows = rows,
             .opts_bytes = sizeof(struct reboot_opts),
             .every_ms = 3600 * 1000,
             .retry_ms = 3600 * 1000,
             .attempts = 1},
    .start = start,
    .stop = local_stop,
    .local = true,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_upgrades.c: upgrades that wait on a Debian-like machine, those of security apart, from a simulated run of
 * apt-get (no lock, no network, no root). A matter of the weekly digest, not of the night: LES-8. */
#include "checks/machine/fact.h"
#include "checks/tool.h"

enum { MAX_OUTPUT = 2 << 20, MAX_NAMED = 5, QUOTE_BYTES = 80, HOUR_MS = 3600 * 1000 };

struct upgrades_opts {
    struct conf_texts exclude;
    struct limits all, security;
};
struct tally {
    struct attempt *a;
    int64_t all, security, kept;
    struct buf names; /* of the first of security, or of all */
    bool in_kept;
};

#define AT(member) offsetof(struct upgrades_opts, member)
static const struct conf_row security_rows[] = {LIMIT_ROWS(AT(security), NULL, "0", NULL, "0", "10"), {0}};
static const struct conf_row rows[] = {
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .flags = CONF_POSITIONAL,
     .help = MSG("packages that do not count (* and ? allowed)"), .example = "[linux-*]"},
    LIMIT_ROWS(AT(all), NULL, "0", NULL, "50", "200"),
    {.key = "security", .type = CONF_GROUP, .rows = security_rows, .help = MSG("thresholds for upgrades of security"), .example = "{ crit: 0 }"},
    {0},
};

/* "Inst openssl [3.0.11-1] (3.0.15-1 Debian-Security:12/stable-security [amd64])". Without [old] it is a new package
 * that an upgrade brings along. */
static void take_inst(struct tally *t, struct str line)
{
    const struct upgrades_opts *o = t->a->opts;
    struct str word, old, fresh;
    const char *name;
    bool security;

    if (!local_word(&line, &word) || !local_word(&line, &old) || *old.p != '[' || !local_word(&line, &fresh) || *fresh.p != '(')
        return;
    name = attempt_quote(t->a, word.p, word.n, QUOTE_BYTES);
    if (local_listed(&o->exclude, name))
        return;
    security = memmem(line.p, line.n, "ecurity", 7) != NULL; /* Debian-Security:12/…, Ubuntu:22.04/jammy-security */
    if (security && t->security == 0)
        buf_clear(&t->names);
    if (security ? t->security < MAX_NAMED : t->security == 0 && t->all < MAX_NAMED)
        buf_printf(&t->names, "%s%s", t->names.len ? ", " : "", name);
    t->all++;
    t->security += security;
    local_line(t->a, "%s %s → %s%s", name, attempt_quote(t->a, old.p + 1, old.n > 2 ? old.n - 2 : 0, QUOTE_BYTES),
               attempt_quote(t->a, fresh.p + 1, fresh.n - 1, QUOTE_BYTES), security ? ", security" : "");
}

static void take_line(struct tally *t, struct str line)
{
    struct str word;

    if (t->in_kept && line.n && *line.p == ' ') {
        while (local_word(&line, &word))
            t->kept++;
        return;
    }
    t->in_kept = memmem(line.p, line.n, "have been kept back", 19) != NULL;
    if (local_word(&line, &word) && str_is(word, "Inst"))
        take_inst(t, line);
}

static void judge(struct attempt *a, const struct spawn_reply *r)
{
    const struct upgrades_opts *o = a->opts;
    struct tally t = {.a = a, .names = BUF_MAX(600)};
    struct str rest = {r->out, r->out_bytes}, line;
    const char *limit;
    enum state s;

    while (str_next(&rest, "\n", &line))
        take_line(&t, line);
    if (t.kept)
        attempt_say(a, STATE_OK, MSG("no upgrade waits; {1} kept back"), "i", t.kept);
    else
        attempt_say(a, STATE_OK, MSG("no upgrade waits"), "");
    if (t.all)
        attempt_say(a, STATE_OK, MSG("{1} {1|upgrade waits|upgrades wait}: {2}"), "is", t.all, buf_text(&t.names));
    s = level_judge(&o->security.warn, &o->security.crit, (double)t.security, NAN, &limit);
    attempt_worse(a, s, MSG("{1} {1|upgrade waits|upgrades wait}, {2} of security: {3}"), "iis", t.all, t.security, buf_text(&t.names));
    s = level_judge(&o->all.warn, &o->all.crit, (double)t.all, NAN, &limit);
    attempt_worse(a, s, MSG("{1} {1|upgrade waits|upgrades wait}: {2}"), "is", t.all, buf_text(&t.names));
    fact_perf(a, "upgrades", (double)t.all, "", &o->all, NAN);
    fact_perf(a, "security", (double)t.security, "", &o->security, NAN);
    fact_perf(a, "kept", (double)t.kept, "", NULL, NAN);
    buf_done(&t.names);
}

static void on_said(struct attempt *a, const struct spawn_reply *r)
{
    if (r->exit_status != 0)
        tool_failed(a, r);
    else
        judge(a, r);
    attempt_done(a);
}

static void start(struct attempt *a)
{
    static const char *const argv[] = {"apt-get", "-s", "-q", "-o", "Debug::NoLocking=1", "-o", "APT::Get::Show-User-Simulation-Note=false",
        "--with-new-pkgs", "upgrade", NULL};

    tool_run(a, &(struct tool_ask){.argv = argv, .package = "apt", .max_output = MAX_OUTPUT}, on_said);
}

const struct probe probe_upgrades = {
    .kind = {.name = "upgrades",
             .help = MSG("watches for upgrades that wait (apt), those of security apart"),
             .area = "machine",
             .example = "upgrades:",
             .klass = CONF_DIGEST,
             .rows = rows,
             .opts_bytes = sizeof(struct upgrades_opts),
             .every_ms = HOUR_MS,
             .retry_ms = HOUR_MS,
             .timeout_ms = 60000,
             .attempts = 1},
    .start = start,
    .stop = tool_stop,
    .late = tool_late,
    .local = true,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scn_expect.c: what a scenario expects: rows of a table.  Each compares now, and says what it wanted and got. */
#include "base/mem.h"
#include "base/str.h"
#include "scn.h"
#include <string.h>

struct ask {
    struct scn *s;
    struct arena *arena;
    const char *const *at; /* words after the kind of expectation */
    int n;
    bool no; /* "expect no …", "expect not …" */
    const char *problem;
};

static const char *word(const struct ask *k, int i) { return i < k->n ? k->at[i] : NULL; }

static struct doc *row(struct ask *k)
{
    struct doc *d = scn_row(k->s, k->arena, k->at[0]);
    if (!d)
        scn_fail(k->s, "wanted %s, got no such host or check", k->at[0]);
    return d;
}

/* expect state web1/http critical soft 2 */
static void ask_state(struct ask *k)
{
    struct doc *d = row(k);
    if (!d)
        return;
    const char *state = doc_text(d, "state", "?");
    const char *hard = doc_bool(d, "hard", false) ? "hard" : "soft";
    char attempt[16], wanted[128];
    str_print(attempt, sizeof attempt, "%d", (int)doc_int(d, "attempt", -1));
    bool same = str_eq(state, k->at[1]) && (!word(k, 2) || str_eq(hard, k->at[2])) && (!word(k, 3) || str_eq(attempt, k->at[3]));
    if (same != k->no)
        return;
    str_print(wanted, sizeof wanted, "%s%s %s %s", k->no ? "not " : "", k->at[1], word(k, 2) ? k->at[2] : "", word(k, 3) ? k->at[3] : "");
    scn_fail(k->s, "%s: wanted %s, got %s %s %s: %s", k->at[0], wanted, state, hard, attempt, doc_text(d, "output", ""));
}

static void ask_output(struct ask *k)
{
    struct doc *d = row(k);
    const char *text = doc_text(d, "output", "");
    if (d && str_glob(k->at[1], text) == k->no)
        scn_fail(k->s, "%s: wanted %soutput %s, got %s", k->at[0], k->no ? "no " : "", k->at[1], text);
}

static void ask_flag(struct ask *k, const char *key)
{
    struct doc *d = row(k);
    if (d && doc_bool(d, key, false) == k->no)
        scn_fail(k->s, "%s: wanted %s %s", k->at[0], k->no ? "not" : "", key);
}

static void ask_acked(struct ask *k) { ask_flag(k, "acknowledged"); }
static void ask_downtime(struct ask *k) { ask_flag(k, "in_downtime"); }
static void ask_flapping(struct ask *k) { ask_flag(k, "flapping"); }
static void ask_enabled(struct ask *k) { ask_flag(k, "enabled"); }
static void ask_told(struct ask *k) { ask_flag(k, "told"); }

static const char *scalar(struct ask *k, const struct doc *d)
{
    switch (d ? d->kind : DOC_NULL) {
    case DOC_BOOL:
        return d->b ? "true" : "false";
    case DOC_INT:
        return arena_printf(k->arena, "%lld", (long long)d->i);
    case DOC_REAL:
        return arena_printf(k->arena, "%g", d->f);
    case DOC_TEXT:
        return d->text;
    default:
        return "null";
    }
}

/* expect field web1 cut router1 */
static void ask_field(struct ask *k)
{
    struct doc *d = row(k);
    const char *got = scalar(k, doc_get(d, k->at[1]));
    if (d && str_glob(k->at[2], got) == k->no)
        scn_fail(k->s, "%s: wanted %s%s %s, got %s", k->at[0], k->no ? "not " : "", k->at[1], k->at[2], got);
}

/* expect count critical 3: the summary's figure */
static void ask_count(struct ask *k)
{
    struct doc *d = doc_get(scn_get_json(k->s, k->arena, "/api/v1/checks"), "summary");
    const char *got = scalar(k, doc_get(d, k->at[0]));
    if (str_eq(got, k->at[1]) == k->no)
        scn_fail(k->s, "wanted %s%s %s, got %s", k->no ? "not " : "", k->at[1], k->at[0], got);
}

static void ask_missing(struct ask *k)
{
    struct doc *d = scn_row(k->s, k->arena, k->at[0]);
    if ((d == NULL) == k->no)
        scn_fail(k->s, "wanted %s %s", k->at[0], k->no ? "to be there" : "to be gone");
}

/* ---- mail ---- */

static const char *after(const struct ask *k, const char *key)
{
    for (int i = 0; i + 1 < k->n; i++) {
        if (str_eq(k->at[i], key))
            return k->at[i + 1];
    }
    return NULL;
}

static bool mail_fits(const struct ask *k, const struct sim_mail *m)
{
    const char *to = after(k, "to"), *subject = after(k, "subject"), *text = after(k, "text");
    return (!to || strstr(m->to, to)) && (!subject || str_glob(subject, m->subject)) && (!text || str_glob(text, m->message));
}

static void tell_mails(struct scn *s)
{
    for (int i = 0; i < sim_mails(); i++) {
        const struct sim_mail *m = sim_mail_at(i);
        buf_printf(&s->report, "#     mail at %lld s to %s: %s\n", (long long)(m->at_ms / 1000), m->to, m->subject);
    }
}

/* "2", "1..2", "+3": is it a figure, and is got within? */
static bool figure(const char *word, int64_t got, bool *ret_fits)
{
    char low[24];
    int64_t least, most;
    const char *dots = strstr(word, "..");
    str_copyn(low, sizeof low, word, dots ? (size_t)(dots - word) : strlen(word));
    if (str_i64(low[0] == '+' ? low + 1 : low, &least) != 0)
        return false;
    most = low[0] == '+' ? INT64_MAX : least;
    if (dots && str_i64(dots + 2, &most) != 0)
        return false;
    *ret_fits = got >= least && got <= most;
    return true;
}

static void compare(struct ask *k, const char *what, int64_t got, const char *text)
{
    bool fits = false;
    if (!figure(text, got, &fits))
        k->problem = "a figure is expected: 2, 1..2 or +3";
    else if (fits == k->no)
        scn_fail(k->s, "wanted %s%s %s, got %lld", k->no ? "not " : "", text, what, (long long)got);
}

/* expect mail 1 to ops@example.org subject "*web1*"; without a figure: at least one; expect no mail … */
static void ask_mail(struct ask *k)
{
    int before = k->s->failures;
    int64_t got = 0;
    bool fits, counted = k->n > 0 && figure(k->at[0], 0, &fits);
    for (int i = 0; i < sim_mails(); i++)
        got += mail_fits(k, sim_mail_at(i));
    compare(k, "mails like that", got, counted ? k->at[0] : "+1");
    if (k->s->failures > before)
        tell_mails(k->s);
}

static void ask_mails(struct ask *k)
{
    int before = k->s->failures;
    compare(k, "mails", sim_mails(), k->at[0]);
    if (k->s->failures > before)
        tell_mails(k->s);
}

/* ---- pages, programs, ports ---- */

static void ask_page(struct ask *k, const char *peer)
{
    int64_t status = 0;
    if (str_i64(k->at[1], &status) != 0) {
        k->problem = "a status is expected";
        return;
    }
    struct sim_reply *r = scn_ask(k->s, "GET", k->at[0], NULL, peer);
    if (r->status != status)
        scn_fail(k->s, "GET %s: wanted %d, got %d: %.300s", k->at[0], (int)status, r->status, buf_text(&r->body));
    else if (word(k, 2) && str_glob(k->at[2], buf_text(&r->body)) == k->no)
        scn_fail(k->s, "GET %s: wanted %s%s, got: %.600s", k->at[0], k->no ? "not " : "", k->at[2], buf_text(&r->body));
    sim_reply_free(r);
}

static void ask_http(struct ask *k) { ask_page(k, "192.0.2.250"); }
static void ask_local(struct ask *k) { ask_page(k, NULL); }

static void ask_runs(struct ask *k) { compare(k, "runs", sim_program_runs(k->at[0]), k->at[1]); }

static void ask_hits(struct ask *k)
{
    int64_t port = 0;
    if (str_i64(k->at[1], &port) != 0 || !sim_host_known(k->at[0]))
        k->problem = "a host of the world and a port are expected";
    else
        compare(k, "hits", sim_port_hits(k->at[0], (int)port), k->at[2]);
}

static void ask_line(struct ask *k)
{
    const char *got = sim_program_last(k->at[0]);
    if (str_glob(k->at[1], got) == k->no)
        scn_fail(k->s, "wanted %scommand line %s, got %s", k->no ? "no " : "", k->at[1], got);
}

static void ask_log(struct ask *k)
{
    bool found = false;
    for (int i = 0; i < SCN_LOG_LINES && !found; i++)
        found = k->s->log[i] && str_glob(k->at[0], k->s->log[i]);
    if (found == k->no)
        scn_fail(k->s, "wanted %slog line %s", k->no ? "no " : "a ", k->at[0]);
}

/* expect running / expect not running */
static void ask_running(struct ask *k)
{
    if ((k->s->daemon != NULL) == k->no)
        scn_fail(k->s, "wanted the daemon %s", k->no ? "not to run" : "to run");
}

static const struct kind {
    const char *name;
    int least;
    void (*fn)(struct ask *k);
} kinds[] = {
    {"state", 2, ask_state},     {"output", 2, ask_output},   {"acked", 1, ask_acked},   {"downtime", 1, ask_downtime},
    {"flapping", 1, ask_flapping}, {"enabled", 1, ask_enabled}, {"told", 1, ask_told},   {"field", 3, ask_field},
    {"count", 2, ask_count},     {"missing", 1, ask_missing}, {"mail", 0, ask_mail},     {"mails", 1, ask_mails},
    {"http", 2, ask_http},       {"local", 2, ask_local},     {"runs", 2, ask_runs},     {"hits", 3, ask_hits},
    {"line", 2, ask_line},       {"log", 1, ask_log},         {"running", 0, ask_running},
};

bool scn_expect(struct scn *s, const struct scn_line *l, int from, const char **ret_problem)
{
    bool no = from < l->n && (str_eq(l->word[from], "no") || str_eq(l->word[from], "not"));
    from += no;
    *ret_problem = "there is no such expectation";
    for (size_t i = 0; from < l->n && i < COUNT(kinds); i++) {
        if (!str_eq(kinds[i].name, l->word[from]))
            continue;
        struct ask k = {s, arena_new(0), l->word + from + 1, l->n - from - 1, no, NULL};
        if (k.n < kinds[i].least)
            k.problem = "words are missing";
        else
            kinds[i].fn(&k);
        arena_free(k.arena);
        *ret_problem = k.problem;
        return k.problem == NULL;
    }
    return false;
}

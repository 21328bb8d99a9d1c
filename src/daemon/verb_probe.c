/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb_probe.c: `vigie probe KIND TARGET`: one attempt, here and now, with its timings; with --plugin it answers as a
 * Nagios plugin does, so that Nagios and its kin can run vigie's checks. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "checks/probe.h"
#include "cli/cli.h"
#include "daemon/files.h"
#include "daemon/verbs.h"
#include "io/file.h"
#include <string.h>

struct probing {
    struct loop *loop;
    const char *lang;
    bool plugin, json, verbose;
    int status;
};

static const char *const exit_words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

static int exit_status(enum state s)
{
    static const int numbers[STATE_COUNT] = {[STATE_PENDING] = 3, [STATE_WARNING] = 1, [STATE_CRITICAL] = 2, [STATE_UNKNOWN] = 3, [STATE_DOWN] = 2, [STATE_UNREACHABLE] = 3};
    return numbers[s];
}

static void print_plugin(struct buf *b, struct attempt *a, const char *lang)
{
    char name[40];
    str_copy(name, sizeof name, a->probe->kind.name);
    for (char *p = name; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 32);
    buf_printf(b, "%s %s - ", name, exit_words[exit_status(a->state)]);
    msg_render(b, buf_text(&a->text), lang);
    if (a->perf.len)
        buf_printf(b, " | %s", buf_text(&a->perf));
    buf_char(b, '\n');
    if (a->more.len) {
        buf_str(b, buf_text(&a->more));
        if (buf_text(&a->more)[a->more.len - 1] != '\n')
            buf_char(b, '\n');
    }
}

static void print_json(struct buf *b, struct attempt *a, const char *lang)
{
    struct arena *ar = arena_new(0);
    struct doc *o = doc_object(ar);
    doc_put_text(o, "kind", a->probe->kind.name);
    doc_put_text(o, "state", state_word(a->state));
    doc_put_msg(o, "output", buf_text(&a->text));
    doc_put_text(o, "details", a->more.len ? buf_text(&a->more) : NULL);
    doc_put_text(o, "perfdata", a->perf.len ? buf_text(&a->perf) : NULL);
    struct doc *t = doc_put_object(o, "timings_us");
    doc_put_int(t, "lookup", a->timings.lookup_us);
    doc_put_int(t, "connect", a->timings.connect_us);
    doc_put_int(t, "tls", a->timings.tls_us);
    doc_put_int(t, "first_byte", a->timings.first_byte_us);
    doc_put_int(t, "total", a->timings.total_us);
    json_write(b, o, lang, 2);
    buf_char(b, '\n');
    arena_free(ar);
}

static void print_people(struct buf *b, struct attempt *a, const struct probing *p)
{
    static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m", "\033[35m"};
    int s = exit_status(a->state);
    bool colour = file_is_terminal(1);
    if (p->verbose && a->trace)
        buf_str(b, buf_text(a->trace));
    buf_printf(b, "%s%s%s  ", colour ? colours[s] : "", exit_words[s], colour ? "\033[0m" : "");
    msg_render(b, buf_text(&a->text), p->lang);
    buf_char(b, '\n');
    if (a->more.len)
        buf_printf(b, "%s\n", buf_text(&a->more));
    cli_waterfall(b, &a->timings, 2, colour, p->lang);
    if (a->perf.len)
        buf_printf(b, "  | %s\n", buf_text(&a->perf));
}

static void probe_ended(struct attempt *a, void *arg)
{
    struct probing *p = arg;
    struct buf b = BUF_MAX(1 << 20);
    if (p->plugin)
        print_plugin(&b, a, p->lang);
    else if (p->json)
        print_json(&b, a, p->lang);
    else
        print_people(&b, a, p);
    file_print(1, buf_text(&b), b.len);
    buf_done(&b);
    p->status = p->plugin ? exit_status(a->state) : state_is_good(a->state) ? 0 : 1;
    loop_stop(p->loop);
}

static int run(const struct probe *probe, const void *opts, int64_t timeout_ms, struct probing *p)
{
    struct work_pool *workers = work_pool_new("machine", 1, 10);
    p->loop = loop_new("probe");
    struct spawner *spawner = probe->start == NULL ? NULL : spawner_new(p->loop, NULL, 1);
    struct probe_env *env = probe_env_new(p->loop, workers, spawner);
    struct buf trace = BUF_MAX(256 * 1024);
    struct attempt *a = attempt_new(probe, opts, NULL, "probe", NULL, NULL, 0, timeout_ms);
    a->trace = p->verbose ? &trace : NULL;
    attempt_start(a, env, probe_ended, p);
    loop_run(p->loop);
    attempt_free(a);
    probe_env_free(env);
    spawner_free(spawner);
    work_pool_free(workers);
    loop_free(p->loop);
    buf_done(&trace);
    return p->status;
}

/* key=value; a target may hold a "=", too, but not behind a mere word (https://example.org/?a=b, check_x --warn=5). */
static bool is_setting(const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_.");
    return n > 0 && word[n] == '=';
}

static struct doc *settings_of(struct arena *a, int n, char **words, const char *lang)
{
    struct doc *o = doc_object(a);
    for (int i = 0; i < n; i++) {
        const char *eq = strchr(words[i], '=');
        if (!eq) {
            verb_say(2, lang, MSG("vigie probe: “{1}” is not key=value"), "s", words[i]);
            return NULL;
        }
        doc_put_text(o, arena_dupn(a, words[i], (size_t)(eq - words[i])), eq + 1);
    }
    return o;
}

static void unknown_kind(const char *word, const char *lang)
{
    const char *names[64];
    int n = 0;
    for (; probes[n] && n < 63; n++)
        names[n] = probes[n]->kind.name;
    names[n] = NULL;
    const char *near = str_nearest(word, names);
    if (near)
        verb_say(2, lang, MSG("vigie probe: there is no kind of check “{1}”; did you mean {2}?"), "ss", word, near);
    else
        verb_say(2, lang, MSG("vigie probe: there is no kind of check “{1}”; “vigie check list” shows them"), "s", word);
}

int verb_probe(int argc, char **argv, const char *lang)
{
    const char *plugin = NULL, *json = NULL, *verbose = NULL, *timeout = NULL;
    const struct verb_option rows[] = {{"plugin", 0, true, &plugin, NULL, 0}, {"json", 0, true, &json, NULL, 0}, {"verbose", 'v', true, &verbose, NULL, 0},
                                       {"timeout", 't', false, &timeout, NULL, 0}, {0}};
    int bad = 2, words;
    for (int i = 0; i < argc; i++)
        if (str_eq(argv[i], "--plugin")) /* Nagios reads 2 as CRITICAL */
            bad = 3;
    words = verb_options(argc, argv, rows, lang, "probe");
    if (words < 0)
        return bad;
    if (words == 0) {
        verb_say(2, lang, MSG("vigie probe: say what: vigie probe tcp 127.0.0.1:22"), "");
        return bad;
    }
    const struct probe *probe = probe_find(argv[0]);
    if (!probe) {
        unknown_kind(argv[0], lang);
        return bad;
    }
    if (!probe->start) {
        verb_say(2, lang, MSG("vigie probe: {1} waits for results from elsewhere; there is nothing to run"), "s", argv[0]);
        return bad;
    }
    int64_t timeout_ms = probe->kind.timeout_ms ? probe->kind.timeout_ms : 10000;
    if (timeout && (str_duration(timeout, 1000, &timeout_ms) < 0 || timeout_ms < 1)) {
        verb_say(2, lang, MSG("vigie probe: “{1}” is not a duration; try 5s"), "s", timeout);
        return bad;
    }
    bool has_target = words > 1 && !is_setting(argv[1]);
    struct arena *a = arena_new(0);
    struct err e = {0};
    void *opts;
    struct conf_env env = {.kinds = probe_kinds, .read_secret = files_secret};
    struct doc *settings = settings_of(a, words - 1 - has_target, argv + 1 + has_target, lang);
    int status = bad;
    if (settings) {
        if (conf_opts(&env, &probe->kind, a, has_target ? argv[1] : NULL, settings, &opts, &e) < 0) {
            verb_error(lang, &e);
        } else {
            struct probing p = {.lang = lang, .plugin = plugin != NULL, .json = json != NULL, .verbose = verbose != NULL};
            status = run(probe, opts, timeout_ms, &p);
        }
    }
    arena_free(a);
    return status;
}

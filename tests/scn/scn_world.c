/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scn_world.c: the verbs that script the world: rows of a table, each a few lines over io/sim/sim.h. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/loop.h"
#include "scn.h"
#include <string.h>

/* What a verb gets: its words after the verb. */
struct words {
    struct scn *s;
    const char *const *at;
    int n;
    const char *block;
    const char *problem;
};

static const char *word(const struct words *w, int i) { return i < w->n ? w->at[i] : NULL; }

static bool is(const struct words *w, int i, const char *text) { return i < w->n && str_eq(w->at[i], text); }

static void wrong(struct words *w, const char *problem)
{
    if (!w->problem)
        w->problem = problem;
}

/* The value after a key word, NULL when the key is not there. */
static const char *after(const struct words *w, int from, const char *key)
{
    for (int i = from; i + 1 < w->n; i++) {
        if (str_eq(w->at[i], key))
            return w->at[i + 1];
    }
    return NULL;
}

static bool has(const struct words *w, int from, const char *key)
{
    for (int i = from; i < w->n; i++) {
        if (str_eq(w->at[i], key))
            return true;
    }
    return false;
}

static int64_t number(struct words *w, const char *text)
{
    int64_t v = 0;
    if (!text || str_i64(text, &v) != 0)
        wrong(w, "a number is expected");
    return v;
}

static double percent(struct words *w, const char *text)
{
    double v = 0;
    char copy[32] = "";
    if (text)
        str_copyn(copy, sizeof copy, text, strcspn(text, "%"));
    if (str_f64(copy, &v) != 0)
        wrong(w, "a percentage is expected");
    return v;
}

static int64_t duration(struct words *w, const char *text)
{
    int64_t ms = 0;
    if (!text || !scn_duration(text, &ms))
        wrong(w, "a duration is expected");
    return ms;
}

static int one_of(struct words *w, const char *text, const char *const *list, const char *problem)
{
    for (int i = 0; text && list[i]; i++) {
        if (str_eq(list[i], text))
            return i;
    }
    wrong(w, problem);
    return 0;
}

static const char *text_or_block(const struct words *w, int i) { return w->block ? w->block : word(w, i); }

/* ---- network ---- */

static const char *const modes[] = {"up", "silent", "refused", "unreachable", "reset", NULL};

static void net_words(struct words *w, int from)
{
    const char *name = w->at[0], *mode = word(w, from);
    if (after(w, from, "slow"))
        sim_host_slow(name, duration(w, after(w, from, "slow")));
    if (after(w, from, "loss"))
        sim_host_loss(name, (int)percent(w, after(w, from, "loss")));
    if (after(w, from, "via"))
        sim_host_via(name, str_eq(after(w, from, "via"), "-") ? NULL : after(w, from, "via"));
    if (has(w, from, "mute"))
        sim_host_mute(name, !has(w, from, "off"));
    if (has(w, from, "loops"))
        sim_host_loops(name, !has(w, from, "off"));
    for (int i = 0; mode && modes[i]; i++) {
        if (str_eq(modes[i], mode))
            sim_host_mode(name, (enum sim_mode)i);
    }
}

static bool known(struct words *w)
{
    if (!sim_host_known(w->at[0]))
        wrong(w, "there is no such host in the world");
    return !w->problem;
}

static void do_host(struct words *w)
{
    if (after(w, 2, "via") && !sim_host_known(after(w, 2, "via"))) {
        wrong(w, "there is no such router in the world");
        return;
    }
    sim_host(w->at[0], w->at[1]);
    net_words(w, 2);
}

static void do_net(struct words *w)
{
    if (known(w))
        net_words(w, 1);
}

static void port_http(struct words *w, int port)
{
    const char *path = word(w, 3) && (w->at[3][0] == '/' || w->at[3][0] == '*') ? w->at[3] : NULL;
    int i = path ? 4 : 3;
    struct sim_answer a = {.status = (int)number(w, word(w, i)), .body = text_or_block(w, i + 1)};
    a.headers = after(w, i, "header");
    a.login = after(w, i, "login");
    a.delay_ms = after(w, i, "delay") ? duration(w, after(w, i, "delay")) : 0;
    a.padding = after(w, i, "padding") ? (size_t)number(w, after(w, i, "padding")) : 0;
    if (!w->problem)
        sim_http_answer(w->at[0], port, path ? path : "*", &a);
}

static void port_tls(struct words *w, int port)
{
    static const char *const chains[] = {"good", "self-signed", "unknown", "garbage", NULL};
    struct sim_cert c = {.names = word(w, 3), .days_left = number(w, word(w, 4))};
    c.chain = word(w, 5) && !is(w, 5, "starttls") && !is(w, 5, "old") ? (enum sim_chain)one_of(w, w->at[5], chains, "good, self-signed, unknown or garbage is expected") : SIM_CHAIN_GOOD;
    c.starttls = has(w, 5, "starttls");
    c.old = has(w, 5, "old");
    sim_port_tls(w->at[0], port, &c);
}

static void do_port(struct words *w)
{
    const char *host = w->at[0], *what = w->at[2];
    bool udp = str_starts(w->at[1], "udp:");
    int port = (int)number(w, w->at[1] + (udp ? 4 : 0)) | (udp ? SIM_UDP : 0);
    if (w->problem || !known(w))
        return;
    if (str_eq(what, "http"))
        port_http(w, port);
    else if (str_eq(what, "tls"))
        port_tls(w, port);
    else if (str_eq(what, "plain"))
        sim_port_tls(host, port, NULL);
    else if (str_eq(what, "open"))
        sim_port_open(host, port);
    else if (str_eq(what, "banner"))
        sim_port_banner(host, port, text_or_block(w, 3));
    else if (str_eq(what, "rule") && w->n >= 4)
        sim_port_rule(host, port, w->at[3], word(w, 4));
    else if (str_eq(what, "drip"))
        sim_port_drip(host, port, duration(w, word(w, 3)));
    else if (str_eq(what, "endless"))
        sim_port_endless(host, port, !is(w, 3, "off"));
    else if (str_eq(what, "close"))
        sim_port_close(host, port, !is(w, 3, "off"));
    else if (str_eq(what, "deaf"))
        sim_port_deaf(host, port, !is(w, 3, "off"));
    else
        sim_port_mode(host, port, (enum sim_mode)one_of(w, what, modes, "http, tls, plain, open, banner, rule, drip, endless, close, deaf or a mode is expected"));
}

static void do_dns(struct words *w)
{
    static const char *const dns_modes[] = {"ok", "servfail", "nxdomain", "refused", "dead", NULL};
    const char *name = str_eq(w->at[0], "*") ? NULL : w->at[0];
    if (is(w, 1, "delay"))
        sim_dns_delay(duration(w, word(w, 2)));
    else if (is(w, 1, "mode"))
        sim_dns_mode(name, (enum sim_dns_mode)one_of(w, word(w, 2), dns_modes, "ok, servfail, nxdomain, refused or dead is expected"));
    else if (!name || w->n < 3)
        wrong(w, "dns NAME TYPE VALUE is expected");
    else
        sim_dns(name, w->at[1], str_eq(w->at[2], "-") ? NULL : w->at[2]);
}

/* ---- programs, machine ---- */

static void do_program(struct words *w)
{
    struct sim_program p = {.out = w->block ? w->block : after(w, 1, "output"), .errout = after(w, 1, "error")};
    p.exit_status = after(w, 1, "exit") ? (int)number(w, after(w, 1, "exit")) : 0;
    p.term_signal = after(w, 1, "signal") ? (int)number(w, after(w, 1, "signal")) : 0;
    p.takes_ms = after(w, 1, "takes") ? duration(w, after(w, 1, "takes")) : 0;
    p.fails = has(w, 1, "denied") ? ERR_DENIED : 0;
    sim_program(w->at[0], has(w, 1, "missing") ? NULL : &p);
}

static void do_spawner(struct words *w) { sim_spawner_die(); }

static void do_disk(struct words *w)
{
    const char *mount = w->at[0];
    if (after(w, 1, "used"))
        sim_disk(mount, 0, percent(w, after(w, 1, "used")));
    if (after(w, 1, "inodes"))
        sim_disk_inodes(mount, percent(w, after(w, 1, "inodes")));
    if (has(w, 1, "hang"))
        sim_disk_hang(mount, !has(w, 1, "off"));
    if (has(w, 1, "gone"))
        sim_disk_gone(mount);
    if (has(w, 1, "read-only"))
        sim_disk_read_only(mount, !has(w, 1, "off"));
    if (has(w, 1, "back"))
        sim_workers_hang(false);
}

static void do_proc(struct words *w) { sim_proc(w->at[0], text_or_block(w, 1)); }

static void do_offset(struct words *w) { sim_time_offset(duration(w, w->at[0]) * 1000, !has(w, 1, "lost")); }

static void do_mail(struct words *w)
{
    static const char *const mail_modes[] = {"ok", "down", "silent", "reject", "later", "doubt", NULL};
    sim_mail_mode((enum sim_mail_mode)one_of(w, w->at[0], mail_modes, "ok, down, silent, reject, later or doubt is expected"));
}

static void do_forget(struct words *w) { sim_mail_forget(); }

static void do_storage(struct words *w)
{
    static const char *const faults[] = {"ok", "full", "error", "read-only", NULL};
    sim_disk_fault((enum sim_fault)one_of(w, w->at[0], faults, "ok, full, error or read-only is expected"));
}

static void do_clock(struct words *w) { sim_clock_step(duration(w, w->at[0])); }

static void do_suspend(struct words *w) { sim_suspend(duration(w, w->at[0])); }

/* ---- files ---- */

static void place(struct words *w, char *out, size_t n)
{
    str_print(out, n, w->at[0][0] == '/' ? "%s%s" : "%s/%s", w->at[0][0] == '/' ? w->s->dir : w->s->data, w->at[0]);
}

static void do_file(struct words *w)
{
    char path[512];
    place(w, path, sizeof path);
    const char *text = text_or_block(w, 1);
    sim_file(path, text ? text : "");
}

static void do_remove(struct words *w)
{
    char path[512];
    place(w, path, sizeof path);
    sim_file(path, NULL);
}

static void do_config(struct words *w)
{
    char path[512];
    str_print(path, sizeof path, "%s/vigie.yaml", w->s->data);
    if (!w->block)
        wrong(w, "config <<END is expected");
    else
        sim_file(path, w->block);
}

/* ---- the daemon ---- */

static void do_start(struct words *w) { scn_start(w->s, after(w, 0, "fails")); }

static void do_stop(struct words *w) { scn_stop(w->s); }

static void do_kill(struct words *w)
{
    if (after(w, 0, "steps")) {
        for (int64_t i = number(w, after(w, 0, "steps")); i > 0 && sim_step(); i--) {
        }
    }
    scn_kill(w->s, !has(w, 0, "kept"));
    if (!has(w, 0, "dead"))
        scn_start(w->s, NULL);
}

static void do_reload(struct words *w)
{
    if (!w->s->daemon) {
        wrong(w, "the daemon does not run");
        return;
    }
    daemon_reload(w->s->daemon);
    sim_run_for(10);
}

static const struct verb {
    const char *name;
    int least;
    void (*fn)(struct words *w);
} verbs[] = {
    {"host", 2, do_host},       {"net", 2, do_net},         {"port", 3, do_port},       {"dns", 3, do_dns},
    {"program", 1, do_program}, {"spawner", 1, do_spawner}, {"disk", 2, do_disk},       {"proc", 1, do_proc},
    {"offset", 1, do_offset},   {"mail", 1, do_mail},       {"forget-mail", 0, do_forget}, {"storage", 1, do_storage},
    {"clock", 1, do_clock},     {"suspend", 1, do_suspend}, {"file", 1, do_file},       {"remove", 1, do_remove},
    {"config", 0, do_config},   {"start", 0, do_start},     {"stop", 0, do_stop},       {"kill", 0, do_kill},
    {"reload", 0, do_reload},
};

bool scn_world_verb(struct scn *s, const struct scn_line *l, int from, const char **ret_problem)
{
    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (!str_eq(verbs[i].name, l->word[from]))
            continue;
        struct words w = {s, l->word + from + 1, l->n - from - 1, l->block, NULL};
        if (w.n < verbs[i].least)
            wrong(&w, "words are missing");
        else
            verbs[i].fn(&w);
        *ret_problem = w.problem;
        return w.problem == NULL;
    }
    *ret_problem = "there is no such verb";
    return false;
}

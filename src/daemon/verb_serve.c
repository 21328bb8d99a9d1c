/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb_serve.c: `vigie serve`: the daemon in the foreground, until SIGTERM; SIGHUP reads the configuration again. */
#include "base/log.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "daemon/daemon.h"
#include "daemon/demo.h"
#include "daemon/stderr_log.h"
#include "daemon/verbs.h"
#include "io/file.h"
#include "io/scratch.h"
#include <signal.h>
#include <string.h>

static void say_panic(const char *file, int line, const char *what)
{
    struct buf b = BUF_MAX(1000);
    buf_printf(&b, "vigie " VIGIE_VERSION " stops: %s:%d: %s\n", file, line, what);
    file_offer(2, buf_text(&b), b.len);
    buf_done(&b);
}

static void on_stop(int signum, void *arg)
{
    struct daemon *d = arg;
    log_line(LOG_NOTE, "stopping (signal %d)", signum);
    file_notify_systemd("STOPPING=1");
    loop_stop(daemon_loop(d));
}

static void on_hup(int signum, void *arg)
{
    (void)signum;
    daemon_reload(arg);
}

struct hello {
    struct daemon *d;
    const char *lang;
    char secret[65];
};

static void hello_done(void *arg, int code)
{
    struct hello *h = arg;
    if (code == 0)
        verb_say(1, h->lang, MSG("Set up your log-in (this link works once, within an hour):\n  {1}/setup/{2}"), "ss", daemon_address(h->d), h->secret);
}

static void say_hello(struct hello *h)
{
    struct house *house = daemon_house(h->d);
    verb_say(1, h->lang, MSG("vigie {1} watches {2} {2|check|checks} on {3} {3|host|hosts}; the console is at\n  {4}/console"), "siis", VIGIE_VERSION,
             (int64_t)model_conf(house->model)->n_checks, (int64_t)model_conf(house->model)->n_hosts, daemon_address(h->d));
    if (!auth_has_users(house->auth))
        auth_setup_new(house->auth, clock_wall_ms(), h->secret, hello_done, h);
}

static void say_demo(struct daemon *d, const struct daemon_opts *o, const char *lang)
{
    verb_say(1, lang, MSG("A demonstration with made-up data, for this machine only. What users see, and the console:\n  {1}/\n  {1}/console\n"
                          "On another terminal: vigie status --data {2}. Ctrl-C ends it, and nothing is left."),
             "ss", daemon_address(d), o->data_dir);
}

static int serve(const struct daemon_opts *o, bool is_demo, const char *lang)
{
    struct daemon *d;
    struct demo *demo = NULL;
    struct err e = {0};
    struct buf errors = BUF_MAX(1 << 20);
    int r = daemon_new(o, lang, &d, &errors, &e);
    if (r < 0) {
        file_print(2, buf_text(&errors), errors.len);
        buf_done(&errors);
        verb_error(lang, &e);
        return 1;
    }
    buf_done(&errors);
    if (is_demo)
        demo = demo_new(d);
    r = daemon_start(d, &e);
    if (r < 0) {
        verb_error(lang, &e);
        demo_free(demo);
        daemon_free(d);
        return 1;
    }
    struct hello h = {d, lang, ""};
    loop_on_signal(daemon_loop(d), SIGTERM, on_stop, d);
    loop_on_signal(daemon_loop(d), SIGINT, on_stop, d);
    loop_on_signal(daemon_loop(d), SIGHUP, on_hup, d);
    if (demo) {
        demo_begin(demo);
        say_demo(d, o, lang);
    } else {
        say_hello(&h);
    }
    file_notify_systemd("READY=1");
    loop_run(daemon_loop(d));
    demo_free(demo);
    daemon_free(d);
    return 0;
}

/* In a directory that goes with it, on the loopback. */
static int serve_demo(struct daemon_opts *o, const char *lang)
{
    static const char *const here = "127.0.0.1:8444";
    char data[1000];
    struct err e = {0};
    for (int i = 0; i < o->n_listen; i++)
        if (!demo_listen_ok(o->listen[i])) {
            err_set(&e, ERR_INVALID, MSG("a demonstration is for this machine only: --listen takes an address of the loopback, such as 127.0.0.1:8445"), "");
            verb_error(lang, &e);
            return 2;
        }
    if (o->n_listen == 0) {
        o->listen = &here;
        o->n_listen = 1;
    }
    if (scratch_make("demo", data, sizeof data, &e) < 0) {
        verb_error(lang, &e);
        return 1;
    }
    o->data_dir = data;
    int status = demo_configure(data, &e) == 0 ? serve(o, true, lang) : 1;
    if (e.code)
        verb_error(lang, &e);
    scratch_remove(data);
    return status;
}

int verb_serve(int argc, char **argv, const char *lang)
{
    const char *listen[16] = {NULL}, *level = NULL, *demo = NULL;
    struct daemon_opts o = {0};
    const struct verb_option rows[] = {{"config", 'c', false, &o.config_file, NULL, 0},
                                       {"data", 0, false, &o.data_dir, NULL, 0},
                                       {"listen", 'l', false, NULL, listen, 15},
                                       {"log", 0, false, &level, NULL, 0},
                                       {"demo", 0, true, &demo, NULL, 0},
                                       {0}};
    if (verb_words(verb_options(argc, argv, rows, lang, "serve"), argv, 0, lang, "serve") < 0)
        return 2;
    o.listen = listen;
    while (listen[o.n_listen])
        o.n_listen++;
    o.config_required = o.config_file != NULL;
    if (demo && (o.config_file || o.data_dir)) {
        verb_say(2, lang, MSG("vigie: --demo brings its own data: --config and --data do not go with it"), "");
        return 2;
    }
    struct stderr_log log = {.fd = 2, .journal = file_env("JOURNAL_STREAM") != NULL};
    log_set(stderr_log_line, &log, str_eq(level, "debug") ? LOG_DEBUG : LOG_NOTE);
    panic_set_hook(say_panic);
    file_raise_limits();
    int status = demo ? serve_demo(&o, lang) : serve(&o, false, lang);
    log_set(NULL, NULL, LOG_NOTE);
    return status;
}

int verb_demo(int argc, char **argv, const char *lang)
{
    char *words[40] = {NULL};
    int n = argc < 38 ? argc : 38;
    memcpy(words, argv, sizeof(*words) * (size_t)n);
    words[n++] = "--demo";
    return verb_serve(n, words, lang);
}

int verb_spawner(int argc, char **argv, const char *lang)
{
    const char *fd = NULL;
    int64_t n = 3;
    const struct verb_option rows[] = {{"fd", 0, false, &fd, NULL, 0}, {0}};
    if (verb_options(argc, argv, rows, lang, "spawner") != 0 || (fd && str_i64(fd, &n) < 0) || n < 0 || n > 1000000)
        return 2;
    return spawner_main((int)n);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* daemon.c: wiring the rooms together, in the order in which they need one another. */
#include "daemon/daemon.h"
#include "base/log.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "daemon/daemon_priv.h"
#include "daemon/discovery.h"
#include "daemon/inbox.h"
#include "io/machine.h"
#include "web/markdown.h"
#include <string.h>

enum { TICK_MOST_MS = 10000, DAY_MS = 86400 * 1000, PLUGINS_AT_ONCE = 64 };

/* ---- what the rooms ask of the daemon ---- */

static const struct conf *conf_of(void *arg)
{
    struct daemon *d = arg;
    return model_conf(d->house.model);
}

static const struct zone *zone_of(void *arg)
{
    struct daemon *d = arg;
    return d->house.zone;
}

/* A loop counts from its start, but its longest turn is that since the last look. */
static void stats_add(struct loop_stats *sum, const struct loop_stats *s)
{
    sum->turns = s->turns;
    sum->held_over_5ms = s->held_over_5ms;
    if (s->longest_us > sum->longest_us)
        sum->longest_us = s->longest_us;
}

static void stats_home(void *arg)
{
    struct daemon *d = arg;
    stats_add(&d->probe_stats, &d->trip);
    d->trip_out = false;
}

static void stats_take(void *arg)
{
    struct daemon *d = arg;
    loop_take_stats(d->probe_loop, &d->trip);
    loop_post(d->loop, stats_home, d);
}

/* The longest turn ever is kept here; the figures of the probe loop are as old as the last call. */
static void loop_stats_of(void *daemon, struct loop_stats *ret_main, struct loop_stats *ret_probe)
{
    struct daemon *d = daemon;
    struct loop_stats s;
    loop_take_stats(d->loop, &s);
    stats_add(&d->main_stats, &s);
    *ret_main = d->main_stats;
    *ret_probe = d->probe_stats;
    if (!d->trip_out) {
        d->trip_out = true;
        loop_post(d->probe_loop, stats_take, d);
    }
}

/* ---- the model's timers ---- */

static void tick(void *arg)
{
    struct daemon *d = arg;
    struct moment now = house_now();
    int64_t next = model_tick(d->house.model, now);
    int64_t wait = next == INT64_MAX ? TICK_MOST_MS : next - now.mono_ms;
    timer_set(&d->tick, wait < 1 ? 1 : wait > TICK_MOST_MS ? TICK_MOST_MS : wait);
}

/* Anything but a plain result may have set a nearer deadline. */
static void on_event(void *arg, const struct event *e)
{
    struct daemon *d = arg;
    if (e->kind != EVENT_RESULT && d->started)
        timer_set(&d->tick, 0);
}

static void daily(void *arg)
{
    struct daemon *d = arg;
    const struct conf *c = model_conf(d->house.model);
    recorder_prune(d->house.recorder, clock_wall_ms(), c->site.history_days);
    timer_set(&d->daily, DAY_MS);
}

/* ---- making ---- */

static void make_loops(struct daemon *d, const struct daemon_opts *o)
{
    d->loop = loop_new("main");
    d->probe_loop = loop_new("probe");
    d->workers = work_pool_new("worker", 2, 1000);
    d->machine_workers = work_pool_new("machine", 2, 1000);
    d->spawner = spawner_new(d->probe_loop, o->spawner_path, PLUGINS_AT_ONCE);
    d->main_spawner = spawner_new(d->loop, o->spawner_path, 4);
    d->httpc = httpc_new(d->loop);
    d->probe_env = probe_env_new(d->probe_loop, d->machine_workers, d->spawner);
}

static void make_house(struct daemon *d)
{
    struct house *h = &d->house;
    h->loop = d->loop;
    h->workers = d->workers;
    h->spawner = d->main_spawner;
    h->model = model_new();
    h->data_dir = d->data;
    h->config_file = d->place.main;
    h->machine_name = d->machine;
    h->node = d->node;
    h->address = d->address;
    h->started_wall_ms = clock_wall_ms();
    h->started_mono_ms = clock_mono_ms();
    h->conf_env = (struct conf_env){.kinds = probe_kinds, .read_secret = files_secret, .zone_known = files_zone_known, .zone_load = files_zone_load, .local_host = true, .machine_name = d->machine};
    h->conf_read = reload_read;
    h->conf_edit = reload_edit;
    h->conf_edit_files = reload_edit_files;
    h->book = book_new();
    h->discover = discovery_run;
    h->discover_state = discovery_state;
    h->discover_stop = discovery_halt;
    h->trial = trial_run;
    h->loop_stats = loop_stats_of;
    h->watchdog = d->probe_env->watchdog;
    h->daemon = d;
}

static int open_store(struct daemon *d, const struct daemon_opts *o, struct err *e)
{
    static const struct store_migration *const migrations[] = {recorder_migrations, outbox_migrations, webpush_migrations, auth_migrations, announce_migrations, found_migrations, mailing_migrations, irc_migrations, publication_migrations, websub_migrations, mirror_migrations, federation_migrations, NULL};
    char path[1100];
    int pid = 0;
    int r = file_mkdirs(d->data, 0750, e);
    if (r < 0)
        return r;
    str_print(path, sizeof path, "%s/vigie.lock", d->data);
    r = file_lock(path, &pid, e);
    if (r == ERR_CONFLICT)
        return err_set(e, r, MSG("vigie runs already with the data in {1} (process {2})"), "si", d->data, (int64_t)pid);
    if (r < 0)
        return r;
    str_print(path, sizeof path, "%s/vigie.db", d->data);
    r = store_open(path, o->vfs, d->loop, migrations, &d->house.store, e);
    if (r == 0)
        r = outbox_recover(d->house.store, e);
    return r;
}

static void calendar_of(void *arg, const struct bulletin *b, const char *lang, struct buf *out)
{
    struct daemon *d = arg;
    subscribe_calendar(&d->house, b, lang, out);
}

static int make_federation(struct daemon *d, struct err *e)
{
    struct house *h = &d->house;
    struct federation_env fe = {.loop = d->loop, .store = h->store, .model = h->model, .announce = h->announce, .publications = h->publications, .telling = h->telling, .channels = &d->channel_env,
                                .dispatcher = h->dispatcher, .workers = d->workers, .node = d->node, .version = VIGIE_VERSION};
    h->federation = federation_new(&fe, e);
    return h->federation ? 0 : e->code ? e->code : ERR_IO;
}

/* What is told to the public, and the ways it goes. */
static int make_ways(struct daemon *d, struct err *e)
{
    struct house *h = &d->house;
    struct publications_env pe = {.loop = d->loop, .store = h->store, .announce = h->announce, .dispatcher = h->dispatcher, .node = d->node};
    d->telling = (struct telling_env){.model = h->model, .machine_name = d->machine, .address = d->address, .zone = zone_of, .arg = d,
                                      .markdown_html = markdown_html, .markdown_plain = markdown_plain, .calendar = calendar_of};
    h->telling = &d->telling;
    h->publications = publications_new(&pe);
    struct mailing_env me = {.loop = d->loop, .store = h->store, .publications = h->publications, .telling = &d->telling, .dispatcher = h->dispatcher, .node = d->node};
    h->mailing = mailing_new(&me, e);
    d->channel_env.compose = mailing_compose;
    d->channel_env.composer = h->mailing;
    int r = h->mailing ? make_federation(d, e) : e->code ? e->code : ERR_IO;
    return r < 0 ? r : browsers_new(d, e);
}

/* In the opposite order; the rooms below them go later. */
static void stop_ways(struct daemon *d)
{
    struct house *h = &d->house;
    h->federation = federation_free(h->federation);
    h->publications = publications_free(h->publications);
    others_end(d);
    browsers_free(d);
    d->channel_env.compose = NULL;
    h->mailing = mailing_free(h->mailing);
}

/* What listens to the model, in this order: what keeps, what tells, what checks, what shows. */
static int make_rooms(struct daemon *d, struct err *e)
{
    struct house *h = &d->house;
    h->recorder = recorder_new(d->loop, h->store, h->model, d->node);
    h->auth = auth_new(d->loop, h->store, d->workers, e);
    if (!h->auth)
        return ERR_IO;
    login_outside(d, conf_of);
    d->egress = egress_new(d->loop, d->httpc, conf_of, d);
    d->channel_env = (struct channel_env){.loop = d->loop, .httpc = d->httpc, .spawner = d->main_spawner, .conf = conf_of, .arg = d, .machine_name = d->machine, .egress = d->egress};
    h->dispatcher = dispatcher_new(&d->channel_env, h->store);
    struct notify_env ne = {d->loop, h->store, h->model, h->dispatcher, d->node, d->machine, zone_of, d};
    h->notify = notify_new(&ne);
    struct announce_env ae = {d->loop, h->store, h->model, h->dispatcher, d->node, d->machine, zone_of, d};
    h->announce = announce_new(&ae, e);
    if (!h->announce)
        return e->code ? e->code : ERR_IO;
    h->board = announce_board(h->announce);
    int r = make_ways(d, e);
    if (r == 0)
        r = others_begin(d, e);
    if (r < 0)
        return r;
    chat_make(d);
    r = copies_new(d, e);
    if (r < 0)
        return r;
    h->scheduler = scheduler_new(d->loop, h->model, d->probe_env);
    model_listen(h->model, on_event, d);
    d->discovery = discovery_new(d);
    return 0;
}

int daemon_new(const struct daemon_opts *o, const char *lang, struct daemon **ret_daemon, struct buf *ret_errors, struct err *e)
{
    struct daemon *d = NEW(struct daemon);
    files_find(o->config_file, o->data_dir, d->data, &d->place);
    d->place.required = o->config_required;
    machine_name(d->machine, sizeof d->machine);
    str_copy(d->node, sizeof d->node, d->machine);
    for (int i = 0; i < o->n_listen && i < (int)COUNT(d->listen); i++)
        d->listen[d->n_listen++] = o->listen[i];
    make_loops(d, o);
    make_house(d);
    d->reload = reload_new(d);
    timer_init(&d->tick, d->loop, tick, d);
    timer_init(&d->daily, d->loop, daily, d);
    int r = open_store(d, o, e);
    if (r == 0)
        r = reload_first(d, lang, ret_errors, e);
    if (r == 0)
        r = recorder_restore(d->house.store, d->house.model, house_now(), e);
    if (r == 0)
        r = found_restore(d->house.store, d->house.book, e);
    if (r == 0)
        r = make_rooms(d, e);
    if (r < 0) {
        daemon_free(d);
        return r;
    }
    *ret_daemon = d;
    return 0;
}

static int listen_tcp(struct daemon *d, const char *where, bool public_only, struct err *e)
{
    int index, port;
    char host[200];
    int r = httpd_listen(d->house.httpd, where, &index, &port, e);
    if (r < 0)
        return r;
    web_listener(d->web, index, public_only);
    if (!d->address[0] && !public_only) {
        int asked;
        if (addr_split(where, host, sizeof host, &asked) < 0 || !host[0] || str_eq(host, "0.0.0.0") || str_eq(host, "::"))
            str_copy(host, sizeof host, "127.0.0.1");
        str_print(d->address, sizeof d->address, strchr(host, ':') ? "http://[%s]:%d" : "http://%s:%d", host, port);
    }
    return 0;
}

static int listen_all(struct daemon *d, struct err *e)
{
    const struct conf_site *s = &model_conf(d->house.model)->site;
    char path[1200];
    int r = 0, index;
    for (int i = 0; r == 0 && i < d->n_listen; i++)
        r = listen_tcp(d, d->listen[i], false, e);
    for (int i = 0; r == 0 && !d->n_listen && i < s->listen.n; i++)
        r = listen_tcp(d, s->listen.at[i], false, e);
    if (r == 0 && !d->n_listen && s->listen.n == 0)
        r = listen_tcp(d, "127.0.0.1:8444", false, e);
    for (int i = 0; r == 0 && i < s->listen_public.n; i++)
        r = listen_tcp(d, s->listen_public.at[i], true, e);
    if (r < 0)
        return r;
    str_print(path, sizeof path, "unix:%s/vigie.sock", d->data);
    r = httpd_listen(d->house.httpd, path, &index, NULL, e);
    if (r == 0)
        web_listener(d->web, index, false);
    return r;
}

static void files_changed(void *arg)
{
    reload_read(arg, true, reload_log, NULL);
}

static void watch_files(struct daemon *d)
{
    d->watch = file_watch_new(d->loop, files_changed, d);
    file_watch_add(d->watch, d->place.own);
    if (d->place.beside[0])
        file_watch_add(d->watch, d->place.beside);
    file_watch_add(d->watch, d->place.found);
    if (d->place.beside_found[0])
        file_watch_add(d->watch, d->place.beside_found);
}

/* The server exists before the pages do. */
static void handle(void *arg, struct httpd_request *rq)
{
    struct daemon *d = arg;
    web_handle(d->web, rq);
}

int daemon_start(struct daemon *d, struct err *e)
{
    d->house.httpd = httpd_new(d->loop, 2, handle, d);
    d->web = web_new(&d->house);
    int r = listen_all(d, e);
    if (r < 0)
        return r;
    watch_files(d);
    d->started = true;
    discovery_begin(d->discovery);
    d->inbox = inbox_new(d);
    timer_set(&d->tick, 0);
    timer_set(&d->daily, 60 * 1000);
    loop_thread(d->probe_loop);
    return 0;
}

static void stop_turning(void *arg)
{
    loop_stop(arg);
}

/* What other threads posted last is still taken, so that nothing of theirs is left behind. */
static void last_turn(struct daemon *d)
{
    loop_post(d->loop, stop_turning, d->loop);
    loop_run(d->loop);
}

struct daemon *daemon_free(struct daemon *d)
{
    if (!d)
        return NULL;
    d->started = false;
    timer_clear(&d->tick);
    timer_clear(&d->daily);
    file_watch_free(d->watch);
    reload_stop(d->reload);
    discovery_stop(d->discovery);
    inbox_stop(d->inbox);
    web_stop(d->web);
    copies_stop(d);
    op_hush(&d->house); /* their requests go with the server */
    federation_hush(d->house.federation);
    httpd_free(d->house.httpd);
    loop_stop(d->probe_loop);
    trials_stop(d);
    model_deafen(d->house.model); /* from here on those who listen go */
    scheduler_free(d->house.scheduler);
    probe_env_free(d->probe_env);
    spawner_free(d->spawner);
    work_pool_free(d->machine_workers);
    work_pool_free(d->workers);
    notify_free(d->house.notify);
    d->house.irc = irc_free(d->house.irc);
    d->house.announce = announce_free(d->house.announce);
    copies_free(d);
    stop_ways(d);
    dispatcher_free(d->house.dispatcher);
    recorder_free(d->house.recorder);
    auth_free(d->house.auth);
    d->egress = egress_free(d->egress);
    httpc_free(d->httpc);
    spawner_free(d->main_spawner);
    store_close(d->house.store);
    last_turn(d);
    op_forget(&d->house);
    reload_free(d->reload);
    d->discovery = discovery_free(d->discovery);
    d->inbox = inbox_free(d->inbox);
    d->house.book = book_free(d->house.book);
    model_free(d->house.model);
    web_free(d->web);
    zone_free(d->house.zone);
    loop_free(d->probe_loop);
    loop_free(d->loop);
    return mem_free(d);
}

struct loop *daemon_loop(struct daemon *d)
{
    return d->loop;
}

struct house *daemon_house(struct daemon *d)
{
    return &d->house;
}

const char *daemon_address(const struct daemon *d)
{
    return d->address;
}

void daemon_reload(struct daemon *d)
{
    reload_read(d, true, reload_log, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reload.c: reading the configuration again and applying it.
 *
 * One reading at a time: a worker reads the files, parses, compares; the main loop then applies the new generation
 * in slices.  Requests that come meanwhile wait in order.  A change of added.yaml is tried on the text first, and
 * written only when the whole configuration with it is valid. */
#include "base/log.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "daemon/inbox.h"
#include "daemon/daemon_priv.h"
#include "daemon/good.h"
#include <stdatomic.h>
#include <string.h>

enum { WARNINGS_LOGGED = 20 };

enum reload_work { WORK_NONE, WORK_GIVEN, WORK_RUNS, WORK_RAN };
struct wish { /* somebody wants the files read */
    bool apply;
    int (*edit)(void *arg, const char *text, size_t n, struct buf *out, struct err *e); /* added.yaml */
    int (*edit_file)(void *arg, int i, const char *text, size_t n, struct buf *out, struct err *e); /* or that of names[i] */
    const char *const *names;
    int n_names;
    house_conf_done *fn;
    void *arg;
};
struct reload {
    struct daemon *d;
    VEC(struct wish) wishes;
    bool busy, stopped;
    atomic_int work; /* enum reload_work: where the worker is */
    /* of the reading under way */
    struct wish now;
    struct conf *from, *next;
    struct conf_errors errors;
    struct conf_diff diff;
    struct zone *zone;
    struct err err, good_err;
    int code, good_code;
    struct reconf *reconf;
    struct timer slice;
};

static void reload_next(struct reload *r);

/* ---- in the worker ---- */

static bool edits(const struct wish *w) { return w->edit || w->edit_file; }
static int edited_files(const struct wish *w) { return w->edit ? 1 : w->edit_file ? w->n_names : 0; }

/* The new text of the i-th file that the wish edits. */
static int edited(struct reload *r, int i, struct files_new *f)
{
    f->text = f->was = BUF_MAX(CONF_MAX_FILE_BYTES);
    if (r->now.edit)
        str_copy(f->path, sizeof f->path, r->d->place.added);
    else
        str_print(f->path, sizeof f->path, "%s/%s", r->d->place.own, r->now.names[i]);
    f->there = file_exists(f->path);
    int code = f->there ? file_read(f->path, &f->was, &r->err) : 0;
    if (code < 0)
        return code;
    return r->now.edit ? r->now.edit(r->now.arg, buf_text(&f->was), f->was.len, &f->text, &r->err)
                       : r->now.edit_file(r->now.arg, i, buf_text(&f->was), f->was.len, &f->text, &r->err);
}

/* As far as the disk lets us. */
static void put_back(const struct files_new *news, int n)
{
    for (int i = 0; i < n; i++) {
        if (news[i].there)
            (void)file_write(news[i].path, buf_text(&news[i].was), news[i].was.len, 0644, NULL);
        else
            (void)file_remove(news[i].path, NULL);
    }
}

static int write_edited(struct reload *r, const struct files_new *news, int n)
{
    int code = n ? file_mkdirs(r->d->place.own, 0755, &r->err) : 0, i = 0;
    if (code == 0 && r->now.edit_file)
        code = file_mkdirs(r->d->place.found, 0755, &r->err);
    for (; code == 0 && i < n; i++)
        code = file_write(news[i].path, buf_text(&news[i].text), news[i].text.len, 0644, &r->err);
    if (code < 0 && i > 1)
        put_back(news, i - 1);
    return code;
}

static int load(struct reload *r, const struct files_new *news, int n, struct files_set *set)
{
    int code = files_read(&r->d->place, news, n, set, &r->err);
    return code < 0 ? code : conf_load(&r->d->house.conf_env, set->at, set->n, &r->next, &r->errors);
}

static void worker_run(void *arg)
{
    struct reload *r = arg;
    struct files_set set = {0};
    int n = edited_files(&r->now);
    struct files_new *news = mem_array((size_t)n + 1, sizeof *news);
    atomic_store(&r->work, WORK_RUNS);
    r->code = 0;
    for (int i = 0; r->code == 0 && i < n; i++)
        r->code = edited(r, i, &news[i]);
    if (r->code == 0)
        r->code = load(r, news, n, &set);
    if (r->code == 0) {
        conf_diff(r->from, r->next, &r->diff);
        r->zone = files_zone(r->next->site.zone);
        r->code = write_edited(r, news, n);
    }
    /* Nothing can refuse it any more. */
    r->good_code = r->code == 0 && r->now.apply ? good_write(r->d->data, &r->d->place, &set, &r->good_err) : 0;
    files_done(&set);
    for (int i = 0; i < n; i++) {
        buf_done(&news[i].text);
        buf_done(&news[i].was);
    }
    mem_free(news);
    atomic_store(&r->work, WORK_RAN);
}

/* ---- back on the main loop ---- */

/* Shown until the files can be used again: in the console, by `vigie status`, in the figures. */
static void note_wrong(struct daemon *d, int code, const struct conf_errors *es, const struct err *e)
{
    struct house_conf_wrong *w = &d->house.conf_wrong;
    int64_t since = w->since_ms ? w->since_ms : clock_wall_ms();
    *w = (struct house_conf_wrong){0};
    if (code == 0)
        return;
    w->since_ms = since;
    w->errors = es && es->n ? es->n + es->more : 1;
    if (es && es->n) {
        str_copy(w->file, sizeof w->file, es->at[0].file);
        w->line = es->at[0].line;
    }
    str_copy(w->text, sizeof w->text, es && es->n ? es->at[0].text : e->text);
}

static void log_not_kept(int code, const struct err *e)
{
    struct buf b = BUF_MAX(1000);
    if (code == 0)
        return;
    msg_render(&b, e->text, "en");
    log_line(LOG_WARN, "the configuration could not be kept as the last good one: %s", buf_text(&b));
    buf_done(&b);
}

static void reload_answer(struct reload *r, bool applied)
{
    struct house_conf_result result = {.errors = &r->errors, .diff = &r->diff, .applied = applied, .code = r->code, .err = r->err};
    struct wish w = r->now;
    w.fn(w.arg, &result);
    conf_errors_done(&r->errors);
    conf_diff_done(&r->diff);
    r->next = conf_unref(r->next);
    r->from = conf_unref(r->from);
    r->zone = zone_free(r->zone);
    r->busy = false;
    reload_next(r);
}

/* What is allowed and hardly meant. */
static void log_warnings(const struct conf *c)
{
    for (int i = 0; i < c->n_warnings && i < WARNINGS_LOGGED; i++) {
        const struct conf_error *w = &c->warnings[i];
        struct buf b = BUF_MAX(1000);
        msg_render(&b, w->text, "en");
        log_line(LOG_WARN, "%s:%u:%u: %s", w->file, w->line, w->column, buf_text(&b));
        buf_done(&b);
    }
    if (c->n_warnings > WARNINGS_LOGGED)
        log_line(LOG_WARN, "the configuration has %d more warnings; \"vigie conf check\" shows them", c->n_warnings - WARNINGS_LOGGED);
}

static void slice(void *arg)
{
    struct reload *r = arg;
    if (reconf_step(r->reconf, RECONF_SLICE, house_now())) {
        timer_set(&r->slice, 0);
        return;
    }
    r->reconf = NULL;
    zone_free(r->d->house.zone);
    r->d->house.zone = r->zone;
    r->zone = NULL;
    web_reconf(r->d->web);
    inbox_reconf(r->d->inbox);
    mirrors_reconf(r->d->house.mirrors);
    federation_reconf(r->d->house.federation);
    irc_reconf(r->d->house.irc);
    if (!r->now.edit) /* who adds something did not ask for them */
        log_warnings(r->next);
    reload_answer(r, true);
}

static void worker_done(void *arg)
{
    struct reload *r = arg;
    atomic_store(&r->work, WORK_NONE);
    if (r->stopped)
        return;
    log_not_kept(r->good_code, &r->good_err);
    /* An edit that is refused was never written; a look at the difference may find the files right again. */
    if (r->code == 0 ? r->now.apply : !edits(&r->now) && r->code != ERR_BUSY)
        note_wrong(r->d, r->code, &r->errors, &r->err);
    /* One in which nothing differs is taken in, too: it knows where each thing stands now (file and line). */
    if (r->code < 0 || !r->now.apply) {
        reload_answer(r, r->code == 0 && r->now.apply);
        return;
    }
    r->reconf = reconf_begin(r->d->house.model, r->next);
    slice(r);
}

static void reload_next(struct reload *r)
{
    if (r->busy || r->stopped || r->wishes.n == 0)
        return;
    r->now = r->wishes.at[0];
    VEC_REMOVE(&r->wishes, 0);
    r->busy = true;
    r->code = 0;
    r->err = (struct err){0};
    memset(&r->errors, 0, sizeof r->errors);
    memset(&r->diff, 0, sizeof r->diff);
    const struct conf *present = model_conf(r->d->house.model);
    r->from = present ? conf_ref((struct conf *)present) : NULL;
    atomic_store(&r->work, WORK_GIVEN);
    int code = work_submit(r->d->workers, r->d->loop, worker_run, worker_done, r);
    if (code < 0) { /* else r->code is the worker's already */
        r->code = code;
        worker_done(r);
    }
}

/* A file that changed, a signal: whoever asks for nothing but that is served by one that waits already. */
static bool is_served(const struct reload *r, const struct wish *w)
{
    const struct wish *last = r->wishes.n ? &r->wishes.at[r->wishes.n - 1] : NULL;
    return last && w->fn == reload_log && last->apply && !edits(last);
}

static void reload_wish(struct reload *r, struct wish w)
{
    if (is_served(r, &w))
        return;
    if (r->wishes.n >= DAEMON_MAX_READS) {
        struct house_conf_result result = {.code = ERR_BUSY};
        err_set(&result.err, ERR_BUSY, MSG("too many changes of the configuration wait already"), "");
        w.fn(w.arg, &result);
        return;
    }
    VEC_PUSH(&r->wishes, w);
    reload_next(r);
}

void reload_read(void *daemon, bool apply, house_conf_done *fn, void *arg)
{
    struct daemon *d = daemon;
    reload_wish(d->reload, (struct wish){.apply = apply, .fn = fn, .arg = arg});
}

void reload_edit(void *daemon, int (*edit)(void *arg, const char *text, size_t n, struct buf *out, struct err *e), house_conf_done *fn, void *arg)
{
    struct daemon *d = daemon;
    reload_wish(d->reload, (struct wish){.apply = true, .edit = edit, .fn = fn, .arg = arg});
}

void reload_edit_files(void *daemon, const char *const *names, int n,
                       int (*edit)(void *arg, int i, const char *text, size_t n, struct buf *out, struct err *e), house_conf_done *fn, void *arg)
{
    struct daemon *d = daemon;
    reload_wish(d->reload, (struct wish){.apply = true, .edit_file = edit, .names = names, .n_names = n, .fn = fn, .arg = arg});
}

static void log_err(const char *what, const struct err *e)
{
    struct buf b = BUF_MAX(1000);
    msg_render(&b, e->text, "en");
    log_line(LOG_ERROR, "%s: %s", what, buf_text(&b));
    buf_done(&b);
}

static void log_errors(const struct conf_errors *es, const struct err *e)
{
    for (int i = 0; i < es->n && i < 20; i++) {
        struct buf b = BUF_MAX(1000);
        msg_render(&b, es->at[i].text, "en");
        log_line(LOG_ERROR, "%s:%u:%u: %s", es->at[i].file, es->at[i].line, es->at[i].column, buf_text(&b));
        buf_done(&b);
    }
    if (es->n == 0)
        log_err("the configuration could not be read", e);
}

static void log_changes(const struct conf_diff *diff)
{
    static const char *const words[] = {"added", "removed", "changed", "renamed"};
    for (int i = 0; i < diff->n && i < 20; i++)
        log_line(LOG_NOTE, "%s %s: %s%s%s", diff->at[i].what, diff->at[i].name, words[diff->at[i].kind], diff->at[i].detail ? ", " : "",
                 diff->at[i].detail ? diff->at[i].detail : "");
    if (diff->n)
        log_line(LOG_NOTE, "configuration applied: %d change%s", diff->n, diff->n == 1 ? "" : "s");
}

void reload_log(void *arg, const struct house_conf_result *r)
{
    (void)arg;
    if (r->errors && r->errors->n) {
        log_errors(r->errors, &r->err);
        log_line(LOG_ERROR, "the configuration has errors (%d); nothing was changed", r->errors->n + r->errors->more);
    } else if (r->code < 0) {
        log_err("the configuration could not be read", &r->err);
    } else {
        log_changes(r->diff);
    }
}

/* The files as they are. */
static int first_of_files(struct daemon *d, const char *lang, struct conf_errors *es, struct conf **ret_conf, struct buf *ret_errors, struct err *e)
{
    struct files_set set;
    int code = files_read(&d->place, NULL, 0, &set, e);
    if (code < 0)
        return code;
    code = conf_load(&d->house.conf_env, set.at, set.n, ret_conf, es);
    for (int i = 0; i < es->n; i++)
        conf_error_print(ret_errors, &es->at[i], lang);
    if (code < 0)
        err_set(e, code, MSG("the configuration has {1} {1|error|errors}"), "i", (int64_t)(es->n + es->more));
    struct err why = {0};
    if (code == 0)
        log_not_kept(good_write(d->data, &d->place, &set, &why), &why);
    files_done(&set);
    return code;
}

/* What ran before they became wrong: a machine that starts again at night keeps watching. */
static int first_of_good(struct daemon *d, struct conf **ret_conf)
{
    struct files_set set;
    struct conf_errors es = {0};
    int code = good_read(d->data, &d->place, &set, NULL);
    if (code < 0)
        return code;
    code = conf_load(&d->house.conf_env, set.at, set.n, ret_conf, &es);
    files_done(&set);
    conf_errors_done(&es);
    return code;
}

int reload_first(struct daemon *d, const char *lang, struct buf *ret_errors, struct err *e)
{
    struct conf_errors errors = {0};
    struct conf *conf = NULL;
    int code = first_of_files(d, lang, &errors, &conf, ret_errors, e);
    if (code < 0 && first_of_good(d, &conf) == 0) {
        note_wrong(d, code, &errors, e);
        log_errors(&errors, e);
        log_line(LOG_ERROR, "the last good configuration is in use (%s/conf.good); mend the files, then reload", d->data);
        code = 0;
    }
    conf_errors_done(&errors);
    if (code < 0)
        return code;
    log_warnings(conf);
    d->house.zone = files_zone(conf->site.zone);
    struct reconf *rc = reconf_begin(d->house.model, conf);
    while (reconf_step(rc, 100000, house_now()))
        ;
    conf_unref(conf);
    return 0;
}

struct reload *reload_new(struct daemon *d)
{
    struct reload *r = NEW(struct reload);
    r->d = d;
    timer_init(&r->slice, d->loop, slice, r);
    return r;
}

/* What has been begun is ended while everybody still listens; nothing new begins. */
void reload_stop(struct reload *r)
{
    if (!r)
        return;
    r->stopped = true;
    timer_clear(&r->slice);
    while (r->reconf && reconf_step(r->reconf, 1 << 20, house_now()))
        ;
    r->reconf = NULL;
}

struct reload *reload_free(struct reload *r)
{
    if (!r || atomic_load(&r->work) == WORK_RUNS) /* a worker that hangs still writes into it */
        return NULL;
    reload_stop(r);
    conf_errors_done(&r->errors);
    conf_diff_done(&r->diff);
    r->next = conf_unref(r->next);
    r->from = conf_unref(r->from);
    zone_free(r->zone);
    VEC_DONE(&r->wishes);
    return mem_free(r);
}

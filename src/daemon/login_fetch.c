/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login_fetch.c: how auth reaches a provider of log-ins: through channels' egress, which auth itself may not know. */
#include "base/str.h"
#include "channels/egress.h"
#include "daemon/daemon_priv.h"

struct login_fetch {
    auth_fetched *fn;
    void *job;
    struct egress_job *under_way;
};

static void fetched(void *arg, const struct httpc_reply *r)
{
    struct login_fetch *f = arg;
    auth_fetched *fn = f->fn;
    void *job = f->job;
    mem_free(f);
    fn(job, r->code, r->status, r->body, r->body_bytes, &r->err);
}

static void *fetch(void *arg, const struct auth_fetch *ask, auth_fetched *fn, void *job)
{
    struct daemon *d = arg;
    struct login_fetch *f = NEW(struct login_fetch);
    struct buf bearer = BUF_MAX(70000);
    struct httpc_header headers[3] = {{"Accept", "application/json"}};
    int n = 1;
    if (ask->body)
        headers[n++] = (struct httpc_header){"Content-Type", "application/x-www-form-urlencoded"};
    if (ask->bearer) {
        buf_printf(&bearer, "Bearer %s", ask->bearer);
        headers[n++] = (struct httpc_header){"Authorization", buf_text(&bearer)};
    }
    struct egress_request rq = {.class = EGRESS_STAFF, .method = ask->method, .url = ask->url, .headers = headers, .n_headers = n, .body = ask->body,
                                .body_bytes = ask->body ? strlen(ask->body) : 0, .user = ask->user, .password = ask->password, .ca_file = ask->ca_file};
    *f = (struct login_fetch){.fn = fn, .job = job};
    f->under_way = egress_start(d->egress, &rq, fetched, f);
    buf_done(&bearer);
    return f;
}

static void cancel(void *arg, void *handle)
{
    struct login_fetch *f = handle;
    (void)arg;
    egress_cancel(f->under_way);
    mem_free(f);
}

void login_outside(struct daemon *d, const struct conf *(*conf)(void *arg))
{
    auth_set_outside(d->house.auth, &(struct auth_outside){.conf = conf, .fetch = fetch, .fetch_cancel = cancel, .arg = d});
}

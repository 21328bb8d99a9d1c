/* SPDX-License-Identifier: GPL-3.0-or-later */
/* second.c: the second step of a log-in.  Whoever gave the right password holds the secret of a door that is half open,
 * for five minutes and in memory only; a code opens it. */
#include "auth/auth_int.h"
#include "base/log.h"
#include "base/str.h"

enum { HALF_MS = 300000 };

static void half_free(struct half *h)
{
    secret_wipe(h, sizeof(*h));
    mem_free(h);
}

void halves_done(struct auth *a)
{
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(&a->halves, &i, &key, &value))
        half_free(value);
    map_done(&a->halves);
}

/* Those that are over go; at the ceiling the oldest, too. */
static void halves_trim(struct auth *a, int64_t now_ms)
{
    size_t i = 0, kept = 0;
    const char *key;
    void *value;
    struct half *oldest = NULL;
    while (map_each(&a->halves, &i, &key, &value)) {
        struct half *h = value;
        if (now_ms >= h->until_ms || h->until_ms > now_ms + HALF_MS) {
            map_remove(&a->halves, key);
            half_free(h);
            continue;
        }
        kept++;
        oldest = !oldest || h->until_ms < oldest->until_ms ? h : oldest;
    }
    if (kept >= AUTH_MAX_HALVES) {
        map_remove(&a->halves, oldest->hash);
        half_free(oldest);
    }
}

void half_make(struct auth_job *job)
{
    struct auth *a = job->auth;
    struct half *h = NEW(struct half);
    halves_trim(a, job->now_ms);
    auth_secret_new(job->secret);
    secret_hash(job->secret, h->hash);
    str_copy(h->name, sizeof(h->name), job->name);
    str_copy(h->subject, sizeof(h->subject), job->subject);
    str_copy(h->stored, sizeof(h->stored), job->hash);
    h->origin = job->origin;
    h->role = job->role;
    h->until_ms = job->now_ms + HALF_MS;
    map_set(&a->halves, h->hash, h);
    auth_job_end(job, AUTH_HALF);
}

static struct half *half_find(const struct auth *a, const char *secret, int64_t now_ms)
{
    char hash[AUTH_HASH_HEX];
    if (!secret || strlen(secret) != AUTH_HASH_HEX - 1)
        return NULL;
    secret_hash(secret, hash);
    struct half *h = map_find(&a->halves, hash);
    return h && now_ms < h->until_ms ? h : NULL;
}

bool auth_half_open(const struct auth *a, const char *half, int64_t now_ms) { return half_find(a, half, now_ms) != NULL; }

static int too_late(struct err *e) { return err_set(e, ERR_TIMEOUT, MSG("That took too long. Log in once more."), ""); }

static int judge(struct auth_job *job, struct half *h, const char *code, struct store_batch *b)
{
    struct auth *a = job->auth;
    struct user *u = h ? map_find(&a->users, h->name) : NULL;
    if (!u || u->origin != h->origin || !u->factor.on || (u->origin == ORIGIN_LOCAL && !str_eq(u->stored, h->stored)))
        return too_late(&job->err);
    int64_t wait_ms = limit_try(&a->limit, LIMIT_ADDRESS, job->address, job->now_ms);
    if (wait_ms > 0)
        return err_set(&job->err, ERR_BUSY, MSG("Too many attempts. Try again in {1}."), "d", wait_ms + 999 - (wait_ms + 999) % 1000);
    int r = factor_take(a, u, code, job->now_ms, b, &job->err);
    if (r == 0)
        limit_forgive(&a->limit, LIMIT_ADDRESS, job->address);
    else
        log_line(LOG_NOTE, "a code for %s from %s is refused", u->name, job->address);
    return r;
}

void auth_second(struct auth *a, const char *half, const char *code, const char *address, int64_t now_ms, auth_session_fn *fn, void *arg)
{
    struct auth_job *job = auth_job_new(a, now_ms);
    struct half *h = half_find(a, half, now_ms);
    struct store_batch *b = store_batch_new();
    job->on_session = fn;
    job->arg = arg;
    str_copy(job->address, sizeof(job->address), address ? address : "");
    int r = judge(job, h, code ? code : "", b);
    if (r < 0) {
        store_batch_free(b);
        auth_job_end(job, r);
        return;
    }
    str_copy(job->name, sizeof(job->name), h->name);
    str_copy(job->subject, sizeof(job->subject), h->subject);
    str_copy(job->hash, sizeof(job->hash), h->stored);
    job->origin = h->origin;
    job->role = h->role;
    map_remove(&a->halves, h->hash);
    half_free(h);
    login_finish(job, b);
}

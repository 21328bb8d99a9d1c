/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lease.c: a lease is held by one holder until its time is over; each new holding has a larger token, which
 * whatever is written under the lease carries, so that a holder who slept too long cannot do harm. */
#include "store/store_int.h"

struct lease_job {
    struct store *store;
    char *name, *holder;
    store_lease_fn *fn;
    void *arg;
};

static const struct store_stmt lease_take = {
    "lease_take",
    "INSERT INTO lease (name, holder, fencing, expires_ms, taken_ms) VALUES (?1, ?2, 1, ?3, ?4)"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_ms = excluded.expires_ms,"
    " fencing = lease.fencing + CASE WHEN lease.holder = excluded.holder AND lease.expires_ms > ?4 THEN 0 ELSE 1 END,"
    " taken_ms = CASE WHEN lease.holder = excluded.holder AND lease.expires_ms > ?4 THEN lease.taken_ms ELSE ?4 END"
    " WHERE lease.holder = excluded.holder OR lease.expires_ms <= ?4"};
static const struct store_stmt lease_token = {"lease_token",
                                              "SELECT fencing FROM lease WHERE name = ?1 AND holder = ?2"};

static void lease_end(struct lease_job *job, int code, int64_t token)
{
    job->fn(job->arg, code, token);
    mem_free(job->name);
    mem_free(job->holder);
    mem_free(job);
}

static void lease_read(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    if (code == 0 && rows->n_rows == 0)
        code = ERR_CONFLICT; /* somebody took it between the two */
    lease_end(arg, code, code ? 0 : store_cell_int(rows, 0, 0));
}

static void lease_written(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct lease_job *job = arg;
    if (code) {
        lease_end(job, code, 0);
        return;
    }
    struct store_value v[] = {STORE_T(job->name), STORE_T(job->holder)};
    store_read(job->store, &lease_token, v, COUNT(v), 1, lease_read, job);
}

void store_lease(struct store *s, const char *name, const char *holder, int64_t now_ms, int64_t ttl_ms,
                 store_lease_fn *fn, void *arg)
{
    struct lease_job *job = NEW(struct lease_job);
    *job = (struct lease_job){s, mem_dup(name), mem_dup(holder), fn, arg};
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(name), STORE_T(holder), STORE_I(now_ms + ttl_ms), STORE_I(now_ms)};
    store_batch_require(b, &lease_take, v, COUNT(v));
    store_write(s, b, lease_written, job);
}

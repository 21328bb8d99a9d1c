/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder_read.c: questions to the history, and the end of what is too old. */
#include "store/recorder_int.h"

enum { MAX_HISTORY = 10000, PRUNE_ROUNDS = 20 };

#define HISTORY_COLUMNS                                                                                       \
    "SELECT NULLIF(check_name, ''), at_ms, kind, from_state, to_state, hard, attempt, author, note"
#define NEWEST_FIRST " ORDER BY at_ms DESC, epoch DESC, seq DESC LIMIT "
static const struct store_stmt history_of_check = {
    "history_of_check", HISTORY_COLUMNS " FROM history WHERE host = ?1 AND check_name = ?2 AND at_ms >= ?3"
                        NEWEST_FIRST "?4"};
static const struct store_stmt history_of_host = {
    "history_of_host", HISTORY_COLUMNS " FROM history WHERE host = ?1 AND at_ms >= ?2" NEWEST_FIRST "?3"};
static const struct store_stmt history_of_all = {
    "history_of_all", HISTORY_COLUMNS ", host FROM history WHERE at_ms >= ?1" NEWEST_FIRST "?2"};
static const struct store_stmt track_of_check = {
    "track_of_check", "SELECT at_ms, kind, from_state, to_state, hard FROM history WHERE host = ?1 AND at_ms >= ?3"
                      " AND ((kind = 'state' AND check_name = ?2)"
                      " OR (kind IN ('downtime_start', 'downtime_end') AND check_name IN (?2, '')))" NEWEST_FIRST "?4"};

static const struct store_stmt history_prune = {
    "history_prune", "DELETE FROM history WHERE (node, epoch, seq) IN"
                     " (SELECT node, epoch, seq FROM history WHERE at_ms < ?1 ORDER BY at_ms LIMIT 5000)"};
static const struct store_stmt audit_prune = {
    "audit_prune", "DELETE FROM audit WHERE (node, epoch, seq) IN"
                   " (SELECT node, epoch, seq FROM audit WHERE at_ms < ?1 ORDER BY at_ms LIMIT 5000)"};
static const struct store_stmt item_prune = {
    "item_prune", "DELETE FROM item_state WHERE gone_ms > 0 AND gone_ms < ?1"};

static int bounded(int max) { return max < 0 ? 0 : max > MAX_HISTORY ? MAX_HISTORY : max; }

void recorder_history(struct recorder *r, const char *host, const char *check, int64_t since_ms, int max,
                      store_answer *fn, void *arg)
{
    struct store *s = recorder_hand_over(r);
    max = bounded(max);
    if (check) {
        struct store_value v[] = {STORE_T(host), STORE_T(check), STORE_I(since_ms), STORE_I(max)};
        store_read(s, &history_of_check, v, COUNT(v), max, fn, arg);
        return;
    }
    struct store_value v[] = {STORE_T(host), STORE_I(since_ms), STORE_I(max)};
    store_read(s, &history_of_host, v, COUNT(v), max, fn, arg);
}

void recorder_events(struct recorder *r, int64_t since_ms, int max, store_answer *fn, void *arg)
{
    struct store *s = recorder_hand_over(r);
    max = bounded(max);
    struct store_value v[] = {STORE_I(since_ms), STORE_I(max)};
    store_read(s, &history_of_all, v, COUNT(v), max, fn, arg);
}

void recorder_track(struct recorder *r, const char *host, const char *check, int64_t since_ms, int max,
                    store_answer *fn, void *arg)
{
    struct store *s = recorder_hand_over(r);
    max = bounded(max);
    struct store_value v[] = {STORE_T(host), STORE_T(check ? check : ""), STORE_I(since_ms), STORE_I(max)};
    store_read(s, &track_of_check, v, COUNT(v), max, fn, arg);
}

static void prune(struct store *s, const struct store_stmt *stmt, int64_t before_ms)
{
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_I(before_ms);
    store_batch_add(b, stmt, &v, 1);
    store_write(s, b, NULL, NULL);
}

/* In pieces, so that other writes find their place between; the rest waits for tomorrow. */
void recorder_prune(struct recorder *r, int64_t now_ms, int64_t days)
{
    struct store *s = recorder_hand_over(r);
    int64_t audit_days = days > RECORDER_KEEP_AUDIT_DAYS ? days : RECORDER_KEEP_AUDIT_DAYS;
    for (int i = 0; i < PRUNE_ROUNDS; i++)
        prune(s, &history_prune, now_ms - days * RECORDER_DAY_MS);
    prune(s, &audit_prune, now_ms - audit_days * RECORDER_DAY_MS);
    prune(s, &item_prune, now_ms - RECORDER_KEEP_GONE_DAYS * RECORDER_DAY_MS);
    outbox_prune(s, now_ms - RECORDER_KEEP_OUTBOX_DAYS * RECORDER_DAY_MS);
}

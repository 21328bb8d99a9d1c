/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder_rows.c: the recorder's tables, and how things of the model become rows of them. */
#include "base/hash.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/sink.h"
#include "store/recorder_int.h"

/* check_name is '' for a host's own row.  gone_ms: since when nothing of that name is configured; 0: it is. */
const struct store_migration recorder_migrations[] = {
    {"recorder", 1,
     "CREATE TABLE item_state (host TEXT NOT NULL, check_name TEXT NOT NULL, node TEXT NOT NULL,"
     " epoch BIGINT NOT NULL DEFAULT 0, seq BIGINT NOT NULL DEFAULT 0, fencing BIGINT NOT NULL DEFAULT 0,"
     " state TEXT NOT NULL, hard_state TEXT NOT NULL, previous TEXT NOT NULL, hard INTEGER NOT NULL,"
     " attempt INTEGER NOT NULL, flapping INTEGER NOT NULL, flap_n INTEGER NOT NULL, flap_ring BIGINT NOT NULL,"
     " since_ms BIGINT NOT NULL, hard_since_ms BIGINT NOT NULL, problem_ms BIGINT NOT NULL,"
     " output TEXT, more TEXT, perfdata TEXT, last_check_ms BIGINT NOT NULL, next_check_ms BIGINT NOT NULL,"
     " told INTEGER NOT NULL, override_enabled INTEGER NOT NULL, ack_author TEXT, ack_comment TEXT,"
     " ack_at_ms BIGINT NOT NULL, ack_expires_ms BIGINT NOT NULL, ack_sticky INTEGER NOT NULL,"
     " gone_ms BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (host, check_name));"
     "CREATE TABLE downtime (id BIGINT PRIMARY KEY, node TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL,"
     " fencing BIGINT NOT NULL DEFAULT 0, host TEXT NOT NULL, check_name TEXT, author TEXT, comment TEXT,"
     " at_ms BIGINT NOT NULL, start_ms BIGINT NOT NULL, end_ms BIGINT NOT NULL, duration_ms BIGINT NOT NULL,"
     " flexible INTEGER NOT NULL, active INTEGER NOT NULL, began_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL);"
     "CREATE TABLE history (node TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL,"
     " fencing BIGINT NOT NULL DEFAULT 0, host TEXT NOT NULL, check_name TEXT NOT NULL, at_ms BIGINT NOT NULL,"
     " kind TEXT NOT NULL, from_state TEXT, to_state TEXT, hard INTEGER NOT NULL, attempt INTEGER NOT NULL,"
     " author TEXT, note TEXT, PRIMARY KEY (node, epoch, seq));"
     "CREATE INDEX history_host ON history (host, check_name, at_ms);"
     "CREATE INDEX history_at ON history (at_ms);"
     "CREATE TABLE audit (node TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL,"
     " fencing BIGINT NOT NULL DEFAULT 0, at_ms BIGINT NOT NULL, who TEXT NOT NULL, via TEXT NOT NULL,"
     " action TEXT NOT NULL, target TEXT, detail TEXT, PRIMARY KEY (node, epoch, seq));"
     "CREATE INDEX audit_at ON audit (at_ms);"},
    {0},
};

static const struct store_stmt item_write = {
    "item_write",
    "INSERT INTO item_state (host, check_name, node, state, hard_state, previous, hard, attempt, flapping, flap_n,"
    " flap_ring, since_ms, hard_since_ms, problem_ms, output, more, perfdata, last_check_ms, next_check_ms, told,"
    " override_enabled, ack_author, ack_comment, ack_at_ms, ack_expires_ms, ack_sticky)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,"
    " ?23, ?24, ?25, ?26)"
    " ON CONFLICT (host, check_name) DO UPDATE SET node = excluded.node, state = excluded.state,"
    " hard_state = excluded.hard_state, previous = excluded.previous, hard = excluded.hard,"
    " attempt = excluded.attempt, flapping = excluded.flapping, flap_n = excluded.flap_n,"
    " flap_ring = excluded.flap_ring, since_ms = excluded.since_ms, hard_since_ms = excluded.hard_since_ms,"
    " problem_ms = excluded.problem_ms, output = excluded.output, more = excluded.more,"
    " perfdata = excluded.perfdata, last_check_ms = excluded.last_check_ms,"
    " next_check_ms = excluded.next_check_ms, told = excluded.told, override_enabled = excluded.override_enabled,"
    " ack_author = excluded.ack_author, ack_comment = excluded.ack_comment, ack_at_ms = excluded.ack_at_ms,"
    " ack_expires_ms = excluded.ack_expires_ms, ack_sticky = excluded.ack_sticky, gone_ms = 0"};
static const struct store_stmt item_gone = {
    "item_gone", "UPDATE item_state SET gone_ms = ?3 WHERE host = ?1 AND check_name = ?2 AND gone_ms = 0"};
static const struct store_stmt item_renamed = {
    "item_renamed", "UPDATE item_state SET gone_ms = ?2 WHERE gone_ms = 0 AND"
                    " CASE WHEN check_name = '' THEN host ELSE host || '/' || check_name END = ?1"};
static const struct store_stmt downtime_write = {
    "downtime_write",
    "INSERT INTO downtime (id, node, epoch, seq, host, check_name, author, comment, at_ms, start_ms, end_ms,"
    " duration_ms, flexible, active, began_ms, until_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    " ON CONFLICT (id) DO UPDATE SET node = excluded.node, epoch = excluded.epoch, seq = excluded.seq,"
    " host = excluded.host, check_name = excluded.check_name, author = excluded.author,"
    " comment = excluded.comment, at_ms = excluded.at_ms, start_ms = excluded.start_ms, end_ms = excluded.end_ms,"
    " duration_ms = excluded.duration_ms, flexible = excluded.flexible, active = excluded.active,"
    " began_ms = excluded.began_ms, until_ms = excluded.until_ms"};
static const struct store_stmt downtime_delete = {"downtime_delete", "DELETE FROM downtime WHERE id = ?1"};
static const struct store_stmt history_add = {
    "history_add",
    "INSERT INTO history (node, epoch, seq, host, check_name, at_ms, kind, from_state, to_state, hard, attempt,"
    " author, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
    " ON CONFLICT (node, epoch, seq) DO NOTHING"};
static const struct store_stmt audit_add = {
    "audit_add",
    "INSERT INTO audit (node, epoch, seq, at_ms, who, via, action, target, detail)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (node, epoch, seq) DO NOTHING"};
static const struct store_stmt node_write = {
    "node_write", "INSERT INTO node (name, epoch) VALUES (?1, ?2)"
                  " ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch WHERE node.epoch < excluded.epoch"};
const struct store_stmt recorder_epoch_of = {"node_epoch", "SELECT epoch FROM node WHERE name = ?1"};

struct entry *entry_new(const struct store_stmt *stmt, const struct store_value *values, int n)
{
    size_t head = sizeof(struct entry) + (size_t)n * sizeof(*values), bytes = head;
    for (int i = 0; i < n; i++)
        bytes += values[i].type == STORE_TEXT ? values[i].n + 1 : 0;
    struct entry *en = mem_zero(bytes);
    char *text = (char *)en + head;
    en->stmt = stmt;
    en->n = n;
    for (int i = 0; i < n; i++) {
        en->values[i] = values[i];
        if (values[i].type != STORE_TEXT)
            continue;
        memcpy(text, values[i].p, values[i].n);
        en->values[i].p = text;
        text += values[i].n + 1;
    }
    return en;
}

/* The sink has bounded these already; the store does not rely on it. */
static struct store_value capped(const char *text, size_t max)
{
    struct store_value v = STORE_T(text);
    if (v.type == STORE_TEXT && v.n > max)
        v.n = utf8_fit(text, v.n, max);
    return v;
}

static const char *check_key(const struct item *it)
{
    const char *name = item_check_name(it);
    return name ? name : "";
}

void recorder_write_item(struct store_batch *b, const struct item *it, const char *node)
{
    const struct standing *st = &it->st;
    const struct ack *ack = it->ack;
    const struct store_value v[] = {
        STORE_T(it->host->name),
        STORE_T(check_key(it)),
        STORE_T(node),
        STORE_T(state_word(st->state)),
        STORE_T(state_word(st->hard_state)),
        STORE_T(state_word(st->previous)),
        STORE_I(st->hard),
        STORE_I(st->attempt),
        STORE_I(st->flapping),
        STORE_I(st->flap_n),
        STORE_I((int64_t)st->flap_ring),
        STORE_I(st->since_ms),
        STORE_I(st->hard_since_ms),
        STORE_I(st->problem_ms),
        capped(it->text, SINK_MAX_TEXT),
        capped(it->more, SINK_MAX_MORE),
        capped(it->perfdata, SINK_MAX_PERFDATA),
        STORE_I(it->last_check_ms),
        STORE_I(it->next_check_ms),
        STORE_I(it->told),
        STORE_I(it->override_enabled),
        STORE_T(ack ? ack->author ? ack->author : "" : NULL),
        STORE_T(ack ? ack->comment : NULL),
        STORE_I(ack ? ack->at_ms : 0),
        STORE_I(ack ? ack->expires_ms : 0),
        STORE_I(ack ? ack->sticky : 0),
    };
    store_batch_add(b, &item_write, v, COUNT(v));
}

uint64_t item_core(const struct item *it)
{
    const struct standing *st = &it->st;
    const struct ack *ack = it->ack;
    const int64_t figures[] = {
        st->state, st->hard_state, st->previous, st->hard, st->attempt, st->flapping, st->since_ms,
        st->hard_since_ms, st->problem_ms, it->told, it->override_enabled, ack ? ack->at_ms : -1,
        ack ? ack->expires_ms : 0, ack ? ack->sticky : 0,
    };
    uint64_t h = hash_bytes(figures, sizeof(figures), 1);
    h = hash_text(it->host->name, h);
    h = hash_text(check_key(it), h);
    h = hash_text(ack ? ack->author : NULL, h);
    h = hash_text(ack ? ack->comment : NULL, h);
    return hash_text(state_is_bad(st->state) ? it->text : NULL, h);
}

static const struct {
    enum event_kind kind;
    const char *word;
} history_kinds[] = {
    {EVENT_STATE, "state"},
    {EVENT_ACK, "ack"},
    {EVENT_UNACK, "unack"},
    {EVENT_DOWNTIME_STARTED, "downtime_start"},
    {EVENT_DOWNTIME_ENDED, "downtime_end"},
    {EVENT_FLAPPING, "flapping"},
    {EVENT_ENABLED, "enabled"},
};

static const char *history_word(const struct event *e)
{
    for (size_t i = 0; i < COUNT(history_kinds); i++)
        if (history_kinds[i].kind == e->kind)
            return history_kinds[i].word;
    return NULL;
}

static const char *text_or(const char *text, const char *otherwise) { return text ? text : otherwise; }

struct entry *entry_history(const struct recorder_place *at, const struct event *e)
{
    const char *kind = history_word(e), *host = NULL, *check = NULL;
    const struct downtime *d = e->downtime;
    bool states = e->kind == EVENT_STATE;
    if (d) {
        host = d->host_name;
        check = d->check_name;
    } else if (e->item) {
        host = e->item->host->name;
        check = item_check_name(e->item);
    }
    if (!kind || !host)
        return NULL;
    const struct store_value v[] = {
        STORE_T(at->node),
        STORE_I(at->epoch),
        STORE_I(at->seq),
        STORE_T(host),
        STORE_T(text_or(check, "")),
        STORE_I(e->at_ms),
        STORE_T(kind),
        STORE_T(states ? state_word(e->from) : NULL),
        STORE_T(states ? state_word(e->to) : NULL),
        STORE_I(e->hard),
        STORE_I(e->attempt),
        STORE_T(e->author ? e->author : d ? d->author : NULL),
        capped(e->text ? e->text : d ? d->comment : NULL, SINK_MAX_TEXT * 2),
    };
    struct entry *en = entry_new(&history_add, v, COUNT(v));
    en->droppable = true;
    return en;
}

struct entry *entry_note(const struct recorder_place *at, int64_t at_ms, const char *const texts[5])
{
    const struct store_value v[] = {
        STORE_T(at->node),
        STORE_I(at->epoch),
        STORE_I(at->seq),
        STORE_T(texts[0]),
        STORE_T(text_or(texts[1], "")),
        STORE_I(at_ms),
        STORE_T(texts[2]),
        STORE_N,
        STORE_N,
        STORE_I(0),
        STORE_I(0),
        STORE_T(texts[3]),
        capped(texts[4], SINK_MAX_TEXT * 2),
    };
    struct entry *en = entry_new(&history_add, v, COUNT(v));
    en->droppable = true;
    return en;
}

static bool is_downtime(enum event_kind kind)
{
    return kind == EVENT_DOWNTIME_ADDED || kind == EVENT_DOWNTIME_STARTED || kind == EVENT_DOWNTIME_ENDED ||
           kind == EVENT_DOWNTIME_REMOVED;
}

struct entry *entry_downtime(const struct recorder_place *at, const struct event *e)
{
    const struct downtime *d = e->downtime;
    if (!d || !is_downtime(e->kind))
        return NULL;
    if (e->kind == EVENT_DOWNTIME_ENDED || e->kind == EVENT_DOWNTIME_REMOVED)
        return entry_new(&downtime_delete, &STORE_I(d->id), 1);
    const struct store_value v[] = {
        STORE_I(d->id),        STORE_T(at->node),      STORE_I(at->epoch),       STORE_I(at->seq),
        STORE_T(d->host_name), STORE_T(d->check_name), STORE_T(d->author),       STORE_T(d->comment),
        STORE_I(d->at_ms),     STORE_I(d->start_ms),   STORE_I(d->end_ms),       STORE_I(d->duration_ms),
        STORE_I(d->flexible),  STORE_I(d->active),     STORE_I(d->began_ms),     STORE_I(d->until_ms),
    };
    return entry_new(&downtime_write, v, COUNT(v));
}

struct entry *entry_gone(const struct item *it, int64_t now_ms)
{
    const struct store_value v[] = {STORE_T(it->host->name), STORE_T(check_key(it)), STORE_I(now_ms)};
    return entry_new(&item_gone, v, COUNT(v));
}

struct entry *entry_renamed(const char *former_id, int64_t now_ms)
{
    const struct store_value v[] = {STORE_T(former_id), STORE_I(now_ms)};
    return entry_new(&item_renamed, v, COUNT(v));
}

struct entry *entry_node(const char *node, int64_t epoch)
{
    const struct store_value v[] = {STORE_T(node), STORE_I(epoch)};
    return entry_new(&node_write, v, COUNT(v));
}

/* texts: who, via, action, target, detail. */
struct entry *entry_audit(const struct recorder_place *at, int64_t at_ms, const char *const texts[5])
{
    const struct store_value v[] = {
        STORE_T(at->node), STORE_I(at->epoch), STORE_I(at->seq), STORE_I(at_ms), STORE_T(text_or(texts[0], "")),
        STORE_T(text_or(texts[1], "")), STORE_T(text_or(texts[2], "")), capped(texts[3], 1024), capped(texts[4], 8192),
    };
    return entry_new(&audit_add, v, COUNT(v));
}

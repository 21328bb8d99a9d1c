/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_topic.c: a channel's topic and the page: our part follows the page; when somebody else changes it, it is found out who, and when.
 *
 * Our own changes are known by their text, not by who makes them: a service may make them for us.  What we have set lately and comes back from
 * a server or service is nobody's word, either: when nets join again, and where topics are kept, old ones are said anew. */
#include "announce/irc_int.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "wire/irc.h"
#include <string.h>

static const struct store_stmt topic_get = {"irc_topic_get", "SELECT part, at_ms FROM irc_topic WHERE network = ?1 AND channel = ?2"};
static const struct store_stmt topic_put = {
    "irc_topic_put", "INSERT INTO irc_topic (network, channel, part, at_ms) VALUES (?1, ?2, ?3, ?4)"
                     " ON CONFLICT (network, channel) DO UPDATE SET part = excluded.part, at_ms = excluded.at_ms"};

/* ---- what is remembered ---- */

int rooms_restore(struct net *n)
{
    int known = 0;
    for (int i = 0; i < n->n_rooms; i++) {
        struct room *r = &n->rooms[i];
        const struct conf_irc_channel *k = room_conf(r);
        struct store_value v[] = {STORE_T(n->name), STORE_T(k->name)};
        struct store_rows rows = {0};
        if (k->topic && store_read_now(n->irc->env.store, &topic_get, v, COUNT(v), 1, &rows, NULL) == 0 && rows.n_rows) {
            r->shown = mem_dup(store_cell_text(&rows, 0, 0));
            r->shown_ms = store_cell_int(&rows, 0, 1);
            known++;
        }
        store_rows_done(&rows);
    }
    return known;
}

static void remember(struct room *r, const char *part)
{
    const struct conf_irc_channel *k = room_conf(r);
    if (!k || str_eq(r->shown, part))
        return;
    mem_free(r->shown);
    r->shown = mem_dup(part);
    r->shown_ms = clock_wall_ms();
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(r->net->name), STORE_T(k->name), STORE_T(part), STORE_I(r->shown_ms)};
    store_batch_add(b, &topic_put, v, COUNT(v));
    store_write(r->net->irc->env.store, b, NULL, NULL);
}

static void remember_set(struct room *r, const char *part)
{
    mem_free(r->recent[RECENT - 1]);
    memmove(r->recent + 1, r->recent, sizeof r->recent - sizeof r->recent[0]);
    r->recent[0] = mem_dup(part);
}

static bool is_recent(const struct room *r, const char *part)
{
    for (int i = 0; i < RECENT; i++)
        if (str_eq(r->recent[i], part))
            return true;
    return false;
}

/* ---- what is there, and what should be ---- */

/* Of the parts that are not ours, wherever ours stands. */
static uint64_t others_print(const struct room *r, const char *topic)
{
    struct topic_style st;
    size_t at, n;
    room_style(r, &st);
    if (!topic_find(&st, topic, &at, &n))
        return hash_text(topic, 1);
    struct buf b = BUF_MAX(4096);
    struct str sep = str_trim(str_of(st.separator)), before = str_trim((struct str){topic, at}), after = str_trim(str_of(topic + at + n));
    bool between = before.n > 0 && after.n > 0;
    if (!between && before.n >= sep.n)
        before = str_trim((struct str){before.p, before.n - sep.n});
    if (after.n >= sep.n)
        after = str_trim((struct str){after.p + sep.n, after.n - sep.n});
    buf_add(&b, before.p, before.n);
    buf_str(&b, between ? " " : "");
    buf_add(&b, after.p, after.n);
    uint64_t print = hash_text(buf_text(&b), 1);
    buf_done(&b);
    return print;
}

/* Who changes another part of the topic sends ours along, as it was when he copied it: that is no word about the status. */
static bool is_stale(const struct room *r, const char *part, bool others)
{
    return str_eq(r->recent[0], part) || (others && is_recent(r, part));
}

static bool has_topic(const struct room *r)
{
    const struct conf_irc_channel *k = room_conf(r);
    return k && k->topic;
}

void room_style(const struct room *r, struct topic_style *ret)
{
    const struct conf_irc_channel *k = room_conf(r);
    *ret = (struct topic_style){k ? k->prefix : "Status:", k ? k->separator : " | "};
}

/* Our part as it stands now; false: there is none. */
static bool part_of(const struct room *r, struct irc_channel_state *ret, char out[TOPIC_MAX_BYTES])
{
    struct topic_style st;
    size_t at, n;
    room_style(r, &st);
    irc_session_channel(r->net->session, r->i, ret);
    out[0] = 0;
    if (!topic_find(&st, ret->topic, &at, &n))
        return false;
    str_copyn(out, TOPIC_MAX_BYTES, ret->topic + at, n);
    return true;
}

static const char *one_line(struct arena *a, const struct telling_env *t, const char *text)
{
    struct buf plain = BUF_MAX(64 << 10), line = BUF_MAX(8192);
    if (t->markdown_plain)
        t->markdown_plain(&plain, text);
    else
        buf_str(&plain, text);
    const char *p = buf_text(&plain);
    irc_shorten(&line, p, 2 * TOPIC_MAX_BYTES);
    const char *copy = arena_dup(a, buf_text(&line));
    buf_done(&plain);
    buf_done(&line);
    return copy;
}

/* The last thing that was said of it, else its title. */
static const char *words_of(const struct bulletin *b, const char *lang, struct arena *a, const struct telling_env *t)
{
    const char *text = NULL;
    for (int i = b->n_updates; !text && i-- > 0;)
        text = wording_for(&b->updates[i].text, lang, NULL);
    if (!text || !text[0])
        text = wording_for(&b->title, lang, NULL);
    return text ? one_line(a, t, text) : "";
}

bool room_wanted(struct room *r, const struct view *v, struct topic_status *ret, const struct bulletin **ret_main, struct buf *out)
{
    const struct telling_env *t = r->net->irc->env.telling;
    struct buf about = BUF_MAX(4000), link = BUF_MAX(600);
    struct irc_channel_state s;
    struct topic_style st;
    room_style(r, &st);
    room_about(r, &about);
    bool known = topic_see(&v->sight, buf_text(&about), ret, ret_main);
    if (known && *ret_main) {
        telling_link(t, *ret_main, NULL, &link);
        ret->text = words_of(*ret_main, room_lang(r), v->arena, t);
        ret->link = arena_dup(v->arena, buf_text(&link));
    }
    irc_session_channel(r->net->session, r->i, &s);
    size_t others = topic_others(&st, s.topic), room = (size_t)irc_session_topic_room(r->net->session, r->i);
    bool fits = known && others < room && topic_write(&st, ret, v->sight.zone, v->sight.now_ms, room - others, out);
    if (known && !fits)
        err_set(&r->error, ERR_LIMIT, MSG("{1}: the other parts of the topic leave no room for the status"), "s", s.name);
    buf_done(&about);
    buf_done(&link);
    return fits;
}

/* ---- the topic follows the page ---- */

static void stands(struct room *r, const char *part)
{
    r->error = (struct err){0};
    timer_clear(&r->due);
    remember(r, part);
}

/* Set, and looked at again: whoever may not set it is not told by every server. */
static void set_part(struct room *r, const char *topic, const char *part)
{
    struct topic_style st;
    struct buf whole = BUF_MAX(4096);
    room_style(r, &st);
    topic_replace(&st, topic, part, &whole);
    int code = irc_session_set_topic(r->net->session, r->i, buf_text(&whole));
    buf_done(&whole);
    if (code < 0) {
        err_set(&r->error, code, MSG("the topic cannot be set"), "");
        return;
    }
    if (str_eq(r->recent[0], part)) { /* the last one was not taken, or did not stay */
        const struct conf_irc_channel *k = room_conf(r);
        r->fights += r->fights < 30;
        if (!r->error.text[0])
            err_set(&r->error, ERR_DENIED, MSG("{1}: the topic does not become what we set it to"), "s", k->name);
    }
    remember_set(r, part);
    int64_t wait = SEEN_MS;
    for (int i = 0; i < r->fights && wait < HOLD_MOST_MS; i++)
        wait *= 2;
    timer_set(&r->due, wait);
}

void room_look(void *arg)
{
    struct room *r = arg;
    struct irc_channel_state s;
    struct topic_status want;
    const struct bulletin *main;
    struct view v;
    struct buf part = BUF_MAX(4096);
    char now[TOPIC_MAX_BYTES];
    if (!has_topic(r) || !r->settled || r->judging)
        return;
    part_of(r, &s, now);
    int64_t age = clock_wall_ms() - s.topic_ms;
    view_open(r->net->irc, &v);
    if (s.joined && room_wanted(r, &v, &want, &main, &part)) {
        if (str_eq(now, buf_text(&part)))
            stands(r, now);
        else if (age >= 0 && age < REST_MS)
            room_soon(r, REST_MS - age);
        else
            set_part(r, s.topic, buf_text(&part));
    }
    view_close(&v);
    buf_done(&part);
}

void room_soon(struct room *r, int64_t after_ms)
{
    timer_set(&r->due, after_ms);
}

void room_restore(struct room *r)
{
    int64_t now = clock_mono_ms(), wait = HOLD_MS;
    if (now - r->fight_ms > FIGHT_MS)
        r->fights = 0;
    r->fight_ms = now;
    for (int i = 0; i < r->fights && wait < HOLD_MOST_MS; i++)
        wait *= 2;
    r->fights += r->fights < 30;
    room_soon(r, wait < HOLD_MOST_MS ? wait : HOLD_MOST_MS);
}

void room_left(struct room *r)
{
    r->settled = false;
    timer_clear(&r->due);
}

void room_topic_refused(struct room *r, const char *why)
{
    struct irc_channel_state s;
    if (!has_topic(r))
        return;
    irc_session_channel(r->net->session, r->i, &s);
    err_set(&r->error, ERR_DENIED, MSG("{1}: “{2}”"), "ss", s.name, why);
    if (r->fights == 0)
        room_soon(r, HOLD_MS); /* the service may be able to */
}

/* ---- the page follows the topic ---- */

static void judged(struct person *p)
{
    struct room *r = &p->net->rooms[p->room];
    if (p->role && !str_eq(p->role, "viewer")) {
        change_begin(p); /* takes it */
        return;
    }
    r->judging = false;
    person_refuse(p);
    person_free(p);
    room_restore(r);
}

static void judge(struct room *r, const struct irc_speaker *by, const char *part)
{
    r->judging = true;
    timer_clear(&r->due);
    person_judge(person_new(r->net, r->i, by, part), judged);
}

/* "nick" or "nick!user@host", as 333 has it. Then WHOIS says the rest. */
static void judge_setter(struct room *r, const char *setter, const char *part)
{
    char nick[NAME_MOST];
    str_copyn(nick, sizeof nick, setter, strcspn(setter, "!"));
    struct irc_speaker by = {.nick = nick, .user = "", .host = ""};
    if (nick[0] && !strpbrk(nick, " .") && !irc_session_is_me(r->net->session, nick))
        judge(r, &by, part);
    else
        room_restore(r);
}

static bool stands_right(struct room *r, const char *part)
{
    struct topic_status want;
    const struct bulletin *main;
    struct view v;
    struct buf b = BUF_MAX(4096);
    view_open(r->net->irc, &v);
    bool right = room_wanted(r, &v, &want, &main, &b) && str_eq(buf_text(&b), part);
    view_close(&v);
    buf_done(&b);
    return right;
}

void room_topic(struct room *r, const struct irc_speaker *by)
{
    struct irc_channel_state s;
    char part[TOPIC_MAX_BYTES];
    if (!has_topic(r) || !r->settled || r->judging)
        return;
    bool there = part_of(r, &s, part);
    uint64_t was = r->others;
    r->others = others_print(r, s.topic);
    if (there && stands_right(r, part))
        stands(r, part);
    else if (irc_session_is_me(r->net->session, by->nick))
        room_soon(r, SETTLE_MS);
    else if (!there || is_stale(r, part, r->others != was))
        room_restore(r);
    else if (irc_session_is_service(r->net->session, by))
        irc_session_look(r->net->session, r->i); /* for whom was it done? */
    else
        judge(r, by, part);
}

void room_topic_known(struct room *r)
{
    struct irc_channel_state s;
    char part[TOPIC_MAX_BYTES];
    if (!has_topic(r) || !r->settled || r->judging)
        return;
    if (!part_of(r, &s, part) || is_recent(r, part) || str_eq(part, r->shown))
        room_restore(r);
    else
        judge_setter(r, s.topic_by, part);
}

/* Has the page said anything since that somebody else's word is older than? */
static bool page_is_newer(struct room *r, int64_t topic_ms)
{
    struct topic_status want;
    const struct bulletin *main;
    struct view v;
    struct buf b = BUF_MAX(4096);
    view_open(r->net->irc, &v);
    bool other = room_wanted(r, &v, &want, &main, &b) && !str_eq(buf_text(&b), r->shown);
    int64_t page_ms = r->net->irc->page_ms > v.sight.since_ms ? r->net->irc->page_ms : v.sight.since_ms;
    view_close(&v);
    buf_done(&b);
    return other && page_ms > topic_ms + 999; /* which has seconds */
}

/* What became of the topic while we were away. */
void room_joined(struct room *r)
{
    struct irc_channel_state s;
    char part[TOPIC_MAX_BYTES];
    r->settled = true;
    r->judging = false;
    r->fights = 0;
    if (!has_topic(r))
        return;
    bool there = part_of(r, &s, part);
    r->others = others_print(r, s.topic);
    if (!there || !r->shown || str_eq(part, r->shown) || is_recent(r, part) || page_is_newer(r, s.topic_ms) || stands_right(r, part))
        room_soon(r, SETTLE_MS);
    else
        judge_setter(r, s.topic_by, part);
}

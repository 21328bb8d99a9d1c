/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_person.c: who somebody on IRC is, what he may do, how often he is listened to; and what he bids, on its way to the daemon. */
#include "announce/irc_int.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

struct person *person_new(struct net *n, int room, const struct irc_speaker *by, const char *text)
{
    struct person *p = NEW(struct person);
    *p = (struct person){.net = n, .room = room, .known = by->account != NULL, .operator = by->operator, .lang = room >= 0 ? room_lang(&n->rooms[room]) : net_lang(n), .text = mem_dup(text)};
    str_copy(p->nick, sizeof p->nick, by->nick);
    str_copy(p->user, sizeof p->user, by->user);
    str_copy(p->host, sizeof p->host, by->host);
    str_copy(p->account, sizeof p->account, by->account ? by->account : "");
    return p;
}

struct person *person_free(struct person *p)
{
    mem_free(p->text);
    arena_free(p->arena);
    return mem_free(p);
}

static struct irc_speaker speaker_of(const struct person *p)
{
    return (struct irc_speaker){.nick = p->nick, .user = p->user, .host = p->host, .account = p->known ? p->account : NULL, .operator = p->operator};
}

/* ---- roles ---- */

static const char *of_pairs(const struct conf_pairs *pairs, bool (*fits)(const struct person *p, const char *key), const struct person *p)
{
    for (int i = 0; i < pairs->n; i++)
        if (fits(p, pairs->keys[i]))
            return pairs->values[i];
    return NULL;
}

static bool account_fits(const struct person *p, const char *key)
{
    return p->account[0] && irc_session_same(p->net->session, key, p->account);
}

static bool mask_fits(const struct person *p, const char *key)
{
    struct irc_speaker by = speaker_of(p);
    return irc_session_mask_fits(p->net->session, key, &by);
}

/* The strongest proof that there is: account, then where he comes from, then what the channel made of him. */
static void give_role(struct person *p)
{
    const struct conf_irc *o = net_conf(p->net);
    const struct conf_irc_channel *k = p->room >= 0 && o ? conf_irc_channel_at(o, p->room) : NULL;
    bool by_account = o && (p->role = of_pairs(&o->accounts, account_fits, p)) != NULL;
    if (!p->role && o)
        p->role = of_pairs(&o->masks, mask_fits, p);
    if (!p->role && k && k->operators && p->operator)
        p->role = "operator";
    if (by_account)
        str_print(p->name, sizeof p->name, "irc:%s", p->account);
    else
        str_print(p->name, sizeof p->name, "irc:%s!%s@%s", p->nick, p->user, p->host);
}

struct judging {
    struct person *p;
    void (*fn)(struct person *p);
};

static void identified(void *arg, bool found, const struct irc_speaker *who)
{
    struct judging *j = arg;
    struct person *p = j->p;
    void (*fn)(struct person *p2) = j->fn;
    mem_free(j);
    if (p->net->closing) {
        person_free(p);
        return;
    }
    if (found) {
        str_copy(p->account, sizeof p->account, who->account ? who->account : "");
        str_copy(p->user, sizeof p->user, who->user);
        str_copy(p->host, sizeof p->host, who->host);
        p->known = true;
        p->operator |= who->operator;
        give_role(p);
    }
    fn(p);
}

/* Is there anything that an account could change? */
static bool accounts_matter(const struct person *p)
{
    const struct conf_irc *o = net_conf(p->net);
    return o && (o->accounts.n || !p->user[0]);
}

void person_judge(struct person *p, void (*fn)(struct person *p))
{
    struct irc_speaker by = speaker_of(p);
    if (p->known || !accounts_matter(p)) {
        give_role(p);
        fn(p);
        return;
    }
    struct judging *j = NEW(struct judging);
    *j = (struct judging){p, fn};
    if (irc_session_identify(p->net->session, p->room, &by, identified, j) < 0) {
        mem_free(j);
        fn(p); /* nobody can say who he is */
    }
}

/* ---- patience ---- */

static struct limit *limit_of(struct net *n, const char *user, const char *host)
{
    uint64_t who = hash_text(host, hash_text(user, 7));
    struct limit *oldest = &n->limits[0];
    for (int i = 0; i < LIMITS; i++) {
        if (n->limits[i].who == who)
            return &n->limits[i];
        if (n->limits[i].full_ms < oldest->full_ms)
            oldest = &n->limits[i];
    }
    *oldest = (struct limit){.who = who, .full_ms = INT64_MIN / 2, .polite_ms = INT64_MIN / 2};
    return oldest;
}

/* A bucket of so many words that fills by one each each_ms: *full_ms is when it is full again. */
static bool take_word(int64_t *full_ms, int64_t each_ms, int burst)
{
    int64_t now = clock_mono_ms(), full = (*full_ms > now ? *full_ms : now) + each_ms;
    if (full - now > burst * each_ms)
        return false;
    *full_ms = full;
    return true;
}

bool person_may_speak(struct net *n, const struct irc_speaker *by)
{
    return take_word(&limit_of(n, by->user, by->host)->full_ms, CALM_MS, CALM_BURST);
}

bool net_may_answer(struct net *n)
{
    return take_word(&n->asked_ms, ASK_MS, ASK_BURST);
}

void person_refuse(struct person *p)
{
    int64_t now = clock_mono_ms();
    struct limit *l = limit_of(p->net, p->user, p->host);
    struct buf b = BUF_MAX(400);
    if (now - l->polite_ms < POLITE_MS || !net_may_answer(p->net))
        return;
    l->polite_ms = now;
    msg_pack(&b, MSG("Sorry, I take that from staff only."), "");
    person_note(p, buf_text(&b));
    buf_done(&b);
}

/* ---- answers ---- */

void person_note(const struct person *p, const char *packed)
{
    struct buf b = BUF_MAX(4000);
    msg_render_zone(&b, packed, p->lang, p->net->irc->env.zone ? p->net->irc->env.zone(p->net->irc->env.arg) : NULL);
    irc_session_say(p->net->session, p->nick, true, buf_text(&b));
    buf_done(&b);
}

void person_tell_packed(const struct person *p, const char *packed)
{
    const struct conf_irc_channel *k = p->room >= 0 ? room_conf(&p->net->rooms[p->room]) : NULL;
    struct buf b = BUF_MAX(4000);
    if (!k) {
        person_note(p, packed);
        return;
    }
    buf_printf(&b, "%s: ", p->nick);
    msg_render_zone(&b, packed, p->lang, p->net->irc->env.zone ? p->net->irc->env.zone(p->net->irc->env.arg) : NULL);
    irc_session_say(p->net->session, k->name, k->say == 0, buf_text(&b));
    buf_done(&b);
}

void person_tell(const struct person *p, const char *msgid, const char *types, ...)
{
    struct buf b = BUF_MAX(4000);
    va_list ap;
    va_start(ap, types);
    msg_vpack(&b, msgid, types, ap);
    va_end(ap);
    person_tell_packed(p, buf_text(&b));
    buf_done(&b);
}

/* ---- what he bids ---- */

struct bidding {
    struct bidding *next;
    struct irc *irc;
    struct person *p; /* NULL: its network has gone */
    person_bid_done *fn;
};

void irc_bid_ended(void *ticket, bool good, const struct doc *reply, const char *error)
{
    struct bidding *b = ticket, **at = &b->irc->biddings;
    struct person *p = b->p;
    person_bid_done *fn = b->fn;
    while (*at != b)
        at = &(*at)->next;
    *at = b->next;
    mem_free(b);
    if (p)
        fn(p, good, reply, error);
}

void person_bid(struct person *p, const char *op, const struct doc *params, person_bid_done *fn)
{
    struct irc *c = p->net->irc;
    struct bidding *b = NEW(struct bidding);
    *b = (struct bidding){c->biddings, c, p, fn};
    c->biddings = b;
    struct irc_bid bid = {.op = op, .params = params, .name = p->name, .role = p->role ? p->role : "viewer", .lang = p->lang, .network = p->net->name};
    c->env.bid(c->env.arg, &bid, b);
}

void biddings_orphan(struct irc *c, const struct net *n)
{
    for (struct bidding *b = c->biddings; b; b = b->next)
        if (b->p && b->p->net == n)
            b->p = person_free(b->p);
}

void biddings_drop(struct irc *c)
{
    while (c->biddings) {
        struct bidding *b = c->biddings;
        c->biddings = b->next;
        if (b->p)
            person_free(b->p);
        mem_free(b);
    }
}

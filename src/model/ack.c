/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ack.c: acknowledgements: kept with their item, ended by a state change, by recovery, by time or
 * by a person. */
#include "base/msg.h"
#include "model/links.h"

/* An acknowledgement with what is needed to end it in time. */
struct held_ack {
    struct ack ack;       /* first: item->ack points here */
    struct heap_node due; /* wall */
    struct item *item;
};

void ack_set(struct model *m, struct item *it, const struct ack_args *a)
{
    struct held_ack *h = NEW(struct held_ack);

    ack_clear(m, it);
    h->ack = (struct ack){mem_dup(a->author), mem_dup(a->comment ? a->comment : ""), a->at_ms,
                          a->expires_ms, a->sticky};
    h->item = it;
    it->ack = &h->ack;
    links_look_again(m, it);
    if (a->expires_ms > 0)
        heap_put(&m->acks, &h->due, a->expires_ms);
}

void ack_clear(struct model *m, struct item *it)
{
    struct held_ack *h = it->ack ? CONTAINER(it->ack, struct held_ack, ack) : NULL;

    if (!h)
        return;
    heap_remove(&m->acks, &h->due);
    mem_free(h->ack.author);
    mem_free(h->ack.comment);
    mem_free(h);
    it->ack = NULL;
    links_look_again(m, it);
}

void ack_end(struct model *m, struct item *it, const char *author, const char *text,
             struct moment now)
{
    struct event e;

    ack_clear(m, it);
    item_touch(m, it);
    e = item_event(EVENT_UNACK, it, now);
    e.author = author;
    e.text = text;
    model_raise(m, &e);
}

int64_t ack_tick(struct model *m, struct moment now)
{
    struct heap_node *node;

    while ((node = heap_top(&m->acks)) && node->key <= now.wall_ms &&
           now.mono_ms >= m->settled_ms) {
        struct item *it = CONTAINER(node, struct held_ack, due)->item;
        ack_end(m, it, NULL, MSG("the acknowledgement has expired"), now);
        item_unquiet(m, it, now);
    }
    return node ? node->key : INT64_MAX;
}

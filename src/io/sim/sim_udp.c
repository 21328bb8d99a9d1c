/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_udp.c: datagrams to many peers over the simulated network; services answer by their rules. */
#include "io/sim/sim_int.h"
#include "io/udp.h"

enum { UDP_MAGIC = 0x0d9a0001 };

struct letter {
    struct letter *next;
    struct sim_event ev;
    struct udp *to;
    struct addr from;
    int code;
    struct buf data;
};
struct udp {
    unsigned magic;
    struct sim_obj obj;
    struct loop *loop;
    const struct udp_events *events;
    void *arg;
    struct letter *letters;
};

struct udp *udp_new(struct loop *l, const struct udp_events *events, void *arg)
{
    struct udp *u = NEW(struct udp);
    *u = (struct udp){.magic = UDP_MAGIC, .loop = l, .events = events, .arg = arg};
    sim_obj_add(&u->obj, SIM_OBJ_DGRAM);
    return u;
}

static void letter_free(struct letter *m)
{
    sim_event_clear(&m->ev);
    buf_done(&m->data);
    mem_free(m);
}

struct udp *udp_free(struct udp *u)
{
    if (!u)
        return NULL;
    CHECK_OBJ(u, UDP_MAGIC);
    while (u->letters) {
        struct letter *m = u->letters;
        u->letters = m->next;
        letter_free(m);
    }
    sim_obj_remove(&u->obj);
    u->magic = 0;
    return mem_free(u);
}

static void arrive(void *arg)
{
    struct letter *m = arg;
    struct udp *u = m->to;
    CHECK_OBJ(u, UDP_MAGIC);
    struct letter **at = &u->letters;
    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    if (m->code)
        u->events->on_error(u->arg, &m->from, m->code, m->data.data, m->data.len);
    else
        u->events->on_data(u->arg, &m->from, m->data.data, m->data.len);
    letter_free(m);
}

int udp_send(struct udp *u, const struct addr *peer, const void *p, size_t n)
{
    CHECK_OBJ(u, UDP_MAGIC);
    struct sim_path path;
    struct err e;
    sim_path_find(peer, true, &path);
    if (path.mode == SIM_SILENT || (path.host && sim_chance(path.host->loss)))
        return 0;
    struct letter *m = NEW(struct letter);
    *m = (struct letter){.to = u, .from = *peer, .data = BUF_MAX(UDP_MAX_BYTES)};
    m->code = sim_path_error(&path, peer, &e);
    m->code = m->code == ERR_RESET ? ERR_REFUSED : m->code;
    sim_event_init(&m->ev, u->loop, arrive, m);
    if (m->code) {
        buf_add(&m->data, p, n);
    } else if (!sim_rule_answer(path.service, p, n, &m->data)) {
        letter_free(m);
        return 0;
    }
    m->next = u->letters;
    u->letters = m;
    sim_event_in(&m->ev, path.rtt_us);
    return 0;
}

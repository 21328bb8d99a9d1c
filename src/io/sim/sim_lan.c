/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_lan.c: the links of the simulated machine: interfaces, routes, who answers ARP, and frames that the script sends. */
#include "io/lan.h"
#include "io/sim/sim_int.h"
#include "base/hash.h"

#include <netinet/in.h>

enum { FRAMES_MAGIC = 0x0f4a0001, MAC = 6, HEAD = 14, ARP_BYTES = 28, TYPE_ARP = 0x0806, TYPE_LLDP = 0x88cc };
enum { AT_OP = HEAD + 7, AT_FROM_MAC = HEAD + 8, AT_FROM = HEAD + 14, AT_TO_MAC = HEAD + 18, AT_TO = HEAD + 24 };

struct sim_lan {
    struct lan table; /* but for the neighbours: who was met */
    bool denied, counting;
    VEC(int64_t) sent_us; /* each packet of the code under test */
};

struct frame {
    struct frame *next;
    struct sim_event ev;
    struct frames *to;
    struct buf data;
};
struct frames {
    unsigned magic;
    struct sim_obj obj;
    struct loop *loop;
    int index, kinds;
    void (*on_frame)(void *arg, const char *p, size_t n);
    void *arg;
    struct frame *waiting;
};

static struct sim_lan *lan(void)
{
    struct sim_world *w = sim_world();
    if (!w->lan)
        w->lan = NEW(struct sim_lan);
    return w->lan;
}

void sim_lan_done(struct sim_world *w)
{
    if (!w->lan)
        return;
    lan_done(&w->lan->table);
    VEC_DONE(&w->lan->sent_us);
    w->lan = mem_free(w->lan);
}

/* The link that all hosts are on: the first Ethernet. */
static int the_link(void)
{
    const struct lan *t = &lan()->table;
    for (size_t i = 0; i < t->links.n; i++)
        if (t->links.at[i].arp)
            return t->links.at[i].index;
    return 1;
}

/* ---- the script's side ---- */

static void must_mac(const char *text, unsigned char ret[MAC])
{
    for (int i = 0; i < MAC; i++) {
        char two[3] = {text[3 * i], text[3 * i + 1], '\0'};
        if (strlen(text) != 3 * MAC - 1 || hash_unhex(two, &ret[i], 1) != 0)
            PANIC(text);
    }
}

static void must_prefix(const char *text, struct addr *ret, int *ret_bits)
{
    char host[ADDR_TEXT_BYTES];
    const char *slash = strchr(text, '/');
    int64_t bits = 0;
    if (!slash || !str_copyn(host, sizeof(host), text, (size_t)(slash - text)) || addr_parse(host, 0, ret) != 0 || str_i64(slash + 1, &bits) != 0)
        PANIC(text);
    *ret_bits = (int)bits;
}

void sim_link(const char *name, const char *mac, const char *address)
{
    struct lan *t = &lan()->table;
    struct lan_link k = {.up = true};
    struct lan_address a = {.link = 0};
    int index = 0;
    for (size_t i = 0; i < t->links.n; i++)
        index = str_eq(t->links.at[i].name, name) ? t->links.at[i].index : index;
    if (!index) {
        k.index = index = (int)t->links.n + 1;
        str_copy(k.name, sizeof(k.name), name);
        k.has_mac = k.arp = mac != NULL;
        if (mac)
            must_mac(mac, k.mac);
        k.loopback = str_eq(name, "lo");
        VEC_PUSH(&t->links, k);
    }
    a.link = index;
    must_prefix(address, &a.addr, &a.bits);
    VEC_PUSH(&t->addresses, a);
}

void sim_route(const char *prefix, const char *via)
{
    struct lan_route r = {.link = the_link()};
    must_prefix(prefix, &r.to, &r.bits);
    if (via && addr_parse(via, 0, &r.via) != 0)
        PANIC(via);
    VEC_PUSH(&lan()->table.routes, r);
}

void sim_host_mac(const char *name, const char *mac)
{
    struct sim_host *h = sim_host_find(name);
    if (!h)
        PANIC(name);
    must_mac(mac, h->mac);
    h->has_mac = true;
}

void sim_frames_allow(bool allowed) { lan()->denied = !allowed; }

void sim_packets_count(void) { lan()->counting = true; }

int sim_packets_in(int64_t from_ms, int64_t to_ms)
{
    int n = 0;
    for (size_t i = 0; i < lan()->sent_us.n; i++)
        n += lan()->sent_us.at[i] >= from_ms * 1000 && lan()->sent_us.at[i] < to_ms * 1000;
    return n;
}

void sim_packet_sent(int packets)
{
    struct sim_world *w = sim_world();
    for (int i = 0; w->lan && w->lan->counting && i < packets; i++)
        VEC_PUSH(&w->lan->sent_us, w->now_us);
}

/* ---- what the machine says ---- */

static void neighbours(struct lan *l)
{
    struct sim_world *w = sim_world();
    for (size_t i = 0; i < w->hosts.n; i++) {
        const struct sim_host *h = w->hosts.at[i];
        for (size_t k = 0; h->has_mac && h->met && k < h->addrs.n; k++) {
            struct lan_neighbour n = {.link = the_link(), .fresh = true};
            memcpy(n.mac, h->mac, sizeof(n.mac));
            if (addr_parse(h->addrs.at[k], 0, &n.addr) == 0)
                VEC_PUSH(&l->neighbours, n);
        }
    }
}

int lan_read(struct lan *l, int what, struct err *e)
{
    const struct lan *t = &lan()->table;
    for (size_t i = 0; what & LAN_LINKS && i < t->links.n; i++)
        VEC_PUSH(&l->links, t->links.at[i]);
    for (size_t i = 0; what & LAN_ADDRESSES && i < t->addresses.n; i++)
        VEC_PUSH(&l->addresses, t->addresses.at[i]);
    for (size_t i = 0; what & LAN_ROUTES && i < t->routes.n; i++)
        VEC_PUSH(&l->routes, t->routes.at[i]);
    if (what & LAN_NEIGHBOURS)
        neighbours(l);
    return 0;
}

/* ---- frames ---- */

static void frame_free(struct frame *m)
{
    sim_event_clear(&m->ev);
    buf_done(&m->data);
    mem_free(m);
}

static void arrive(void *arg)
{
    struct frame *m = arg;
    struct frames *f = m->to;
    CHECK_OBJ(f, FRAMES_MAGIC);
    struct frame **at = &f->waiting;
    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    f->on_frame(f->arg, m->data.data, m->data.len);
    frame_free(m);
}

static void frame_in(struct frames *f, const void *p, size_t n, int64_t after_us)
{
    struct frame *m = NEW(struct frame);
    *m = (struct frame){.to = f, .next = f->waiting, .data = BUF_MAX(FRAMES_MAX_BYTES)};
    buf_add(&m->data, p, n);
    f->waiting = m;
    sim_event_init(&m->ev, f->loop, arrive, m);
    sim_event_in(&m->ev, after_us);
}

/* The kernel's filter. */
static bool wants(const struct frames *f, const char *p, size_t n)
{
    int type = n > HEAD ? (unsigned char)p[12] << 8 | (unsigned char)p[13] : 0;
    bool cdp = type <= 1500 && n > HEAD + 8 && memcmp(p + HEAD, "\xaa\xaa\x03\x00\x00\x0c\x20\x00", 8) == 0;
    return type == TYPE_ARP ? f->kinds & FRAMES_ARP : (type == TYPE_LLDP || cdp) && f->kinds & FRAMES_NEIGHBOURS;
}

void sim_frame(const char *link, const void *p, size_t n)
{
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_FRAMES); o; o = sim_obj_after(o)) {
        struct frames *f = CONTAINER(o, struct frames, obj);
        const struct lan_link *k = lan_link_at(&lan()->table, f->index);
        if (k && str_eq(k->name, link) && wants(f, p, n))
            frame_in(f, p, n, 1);
    }
}

struct frames *frames_open(struct loop *l, const struct lan_link *link, int kinds, void (*on_frame)(void *arg, const char *p, size_t n), void *arg, struct err *e)
{
    if (lan()->denied) {
        err_set(e, ERR_DENIED, "this machine lets vigie hear no frames (CAP_NET_RAW is missing)", "");
        return NULL;
    }
    struct frames *f = NEW(struct frames);
    *f = (struct frames){.magic = FRAMES_MAGIC, .loop = l, .index = link->index, .kinds = kinds, .on_frame = on_frame, .arg = arg};
    sim_obj_add(&f->obj, SIM_OBJ_FRAMES);
    return f;
}

/* Who has that address answers, unless it is silent. */
int frames_send(struct frames *f, const void *bytes, size_t n)
{
    CHECK_OBJ(f, FRAMES_MAGIC);
    const unsigned char *p = bytes;
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct addr a = {.len = sizeof(to)};
    struct sim_path path;
    unsigned char out[HEAD + ARP_BYTES];
    if (n < HEAD + ARP_BYTES || p[12] != TYPE_ARP >> 8 || p[13] != (TYPE_ARP & 255) || p[AT_OP] != 1)
        return 0;
    memcpy(&to.sin_addr, p + AT_TO, 4);
    memcpy(a.space, &to, sizeof(to));
    sim_path_find(&a, false, &path);
    if (!path.host || !path.host->has_mac || path.mode == SIM_SILENT || sim_chance(path.host->loss))
        return 0;
    memcpy(out, p, sizeof(out));
    memcpy(out, p + MAC, MAC);
    memcpy(out + MAC, path.host->mac, MAC);
    out[AT_OP] = 2;
    memcpy(out + AT_FROM_MAC, path.host->mac, MAC);
    memcpy(out + AT_FROM, p + AT_TO, 4);
    memcpy(out + AT_TO_MAC, p + AT_FROM_MAC, MAC);
    memcpy(out + AT_TO, p + AT_FROM, 4);
    frame_in(f, out, sizeof(out), path.rtt_us);
    return 0;
}

struct frames *frames_free(struct frames *f)
{
    if (!f)
        return NULL;
    CHECK_OBJ(f, FRAMES_MAGIC);
    while (f->waiting) {
        struct frame *m = f->waiting;
        f->waiting = m->next;
        frame_free(m);
    }
    sim_obj_remove(&f->obj);
    f->magic = 0;
    return mem_free(f);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The links of this machine: the loopback interface is there, and frames sent on it come back by kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/lan.h"
#include <string.h>

enum { PATIENCE_MS = 5000 };

struct run {
    struct loop *loop;
    struct frames *frames;
    struct timer end;
    int arp, lldp, cdp, other, wanted;
    bool free_inside;
};

static const struct lan_link *loopback(const struct lan *l)
{
    for (size_t i = 0; i < l->links.n; i++)
        if (l->links.at[i].loopback)
            return &l->links.at[i];
    return NULL;
}

static void loopback_is_there(void **state)
{
    struct lan l = {.links = {0}};
    struct addr a;
    bool found = false;
    assert_int_equal(lan_read(&l, LAN_LINKS | LAN_ADDRESSES | LAN_ROUTES | LAN_NEIGHBOURS, NULL), 0);
    const struct lan_link *lo = loopback(&l);
    assert_non_null(lo);
    assert_string_equal(lo->name, "lo");
    assert_false(lo->has_mac);
    assert_ptr_equal(lan_link_at(&l, lo->index), lo);
    assert_null(lan_link_at(&l, -1));
    assert_int_equal(addr_parse("127.0.0.1", 0, &a), 0);
    for (size_t i = 0; i < l.addresses.n; i++)
        found |= l.addresses.at[i].link == lo->index && addr_equal(&l.addresses.at[i].addr, &a) && l.addresses.at[i].bits == 8;
    assert_true(found);
    size_t links = l.links.n;
    assert_int_equal(lan_read(&l, LAN_LINKS, NULL), 0); /* adds */
    assert_true(l.links.n >= links + 1);
    lan_done(&l);
    assert_int_equal(l.links.n, 0);
}

static void route_add(struct lan *l, const char *to, int bits, const char *via)
{
    struct lan_route r = {.link = 1, .bits = bits};
    assert_int_equal(addr_parse(to, 0, &r.to), 0);
    if (via)
        assert_int_equal(addr_parse(via, 0, &r.via), 0);
    VEC_PUSH(&l->routes, r);
}

static void longest_prefix_wins(void **state)
{
    struct lan l = {.links = {0}};
    struct addr a;
    route_add(&l, "0.0.0.0", 0, "192.0.2.1");
    route_add(&l, "198.51.100.0", 24, "192.0.2.2");
    route_add(&l, "198.51.100.128", 25, "192.0.2.3");
    route_add(&l, "192.0.2.0", 24, NULL);
    route_add(&l, "2001:db8:0:8000::", 49, "fe80::1");
    const struct {
        const char *to;
        int route;
    } cases[] = {{"203.0.113.1", 0}, {"198.51.100.1", 1}, {"198.51.100.200", 2}, {"192.0.2.9", 3}, {"2001:db8::1", -1}, {"2001:db8:0:9000::1", 4},
                {"198.51.101.1", 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(addr_parse(cases[i].to, 0, &a), 0);
        assert_ptr_equal(lan_route_to(&l, &a), cases[i].route < 0 ? NULL : &l.routes.at[cases[i].route]);
    }
    lan_done(&l);
}

/* ---- frames ---- */

static void over(void *arg) { loop_stop(((struct run *)arg)->loop); }

static void on_frame(void *arg, const char *p, size_t n)
{
    struct run *t = arg;
    assert_true(n >= 14 && n <= FRAMES_MAX_BYTES);
    int type = (unsigned char)p[12] << 8 | (unsigned char)p[13];
    t->arp += type == 0x0806;
    t->lldp += type == 0x88cc;
    t->cdp += type < 1500;
    t->other += type != 0x0806 && type != 0x88cc && type >= 1500;
    if (t->free_inside)
        t->frames = frames_free(t->frames);
    if (t->arp + t->lldp + t->cdp >= t->wanted)
        loop_stop(t->loop);
}

static bool run_open(struct run *t, struct lan *l, int kinds)
{
    struct err e;
    assert_int_equal(lan_read(l, LAN_LINKS, NULL), 0);
    t->loop = loop_new("frames");
    timer_init(&t->end, t->loop, over, t);
    timer_set(&t->end, PATIENCE_MS);
    t->frames = frames_open(t->loop, loopback(l), kinds, on_frame, t, &e);
    if (!t->frames)
        assert_true(e.code == ERR_DENIED && e.text[0]);
    return t->frames != NULL;
}

static void run_close(struct run *t, struct lan *l)
{
    timer_clear(&t->end);
    frames_free(t->frames);
    loop_free(t->loop);
    lan_done(l);
}

static void frame_send(struct run *t, const char *to, int type, const char *body)
{
    char frame[60] = {0};
    memcpy(frame, to, 6);
    frame[12] = (char)(type >> 8);
    frame[13] = (char)type;
    memcpy(frame + 14, body, 8);
    assert_int_equal(frames_send(t->frames, frame, sizeof(frame)), 0);
}

static void frames_come_by_kind(void **state)
{
    struct run t = {.wanted = 3};
    struct lan l = {.links = {0}};
    if (run_open(&t, &l, FRAMES_ARP | FRAMES_NEIGHBOURS)) {
        frame_send(&t, "\xff\xff\xff\xff\xff\xff", 0x0806, "arp arp");
        frame_send(&t, "\x01\x80\xc2\x00\x00\x0e", 0x88cc, "lldp ld");
        frame_send(&t, "\x01\x80\xc2\x00\x00\x0e", 0x88b5, "another");      /* nobody asked for it */
        frame_send(&t, "\x01\x80\xc2\x00\x00\x00", 46, "\x42\x42\x03stp s"); /* 802.2, but no CDP */
        frame_send(&t, "\x01\x00\x0c\xcc\xcc\xcc", 46, "\xaa\xaa\x03\x00\x00\x0c\x20\x00");
        loop_run(t.loop);
        assert_int_equal(t.arp, 1);
        assert_int_equal(t.lldp, 1);
        assert_int_equal(t.cdp, 1);
        assert_int_equal(t.other, 0);
        assert_int_equal(frames_send(t.frames, "short", 5), ERR_IO);
    }
    run_close(&t, &l);
}

static void freed_from_its_callback(void **state)
{
    struct run t = {.wanted = 1, .free_inside = true};
    struct lan l = {.links = {0}};
    if (run_open(&t, &l, FRAMES_ARP)) {
        frame_send(&t, "\xff\xff\xff\xff\xff\xff", 0x0806, "one one");
        frame_send(&t, "\xff\xff\xff\xff\xff\xff", 0x0806, "two two");
        loop_run(t.loop);
        assert_int_equal(t.arp, 1);
        assert_null(t.frames);
    }
    run_close(&t, &l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_there), cmocka_unit_test(longest_prefix_wins), cmocka_unit_test(frames_come_by_kind), cmocka_unit_test(freed_from_its_callback),
    };
    return cmocka_run_group_tests_name("lan", tests, NULL, NULL);
}

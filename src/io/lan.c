/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lan.c: dumps of rtnetlink (rtnetlink(7)), one question after the other over one socket with a time-out. */
#include "io/lan.h"

#include "base/msg.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 65536, WAIT_S = 2, ATTRIBUTES = 32 };

/* The attributes of a message by number; those that are too long for it end the row. */
static void attributes(const void *from, size_t n, const struct rtattr *ret[ATTRIBUTES])
{
    const struct rtattr *a = from;
    memset(ret, 0, ATTRIBUTES * sizeof(*ret));
    while (n >= sizeof(*a) && a->rta_len >= sizeof(*a) && a->rta_len <= n) {
        size_t step = RTA_ALIGN(a->rta_len);
        if ((a->rta_type & NLA_TYPE_MASK) < ATTRIBUTES)
            ret[a->rta_type & NLA_TYPE_MASK] = a;
        if (step >= n)
            return;
        n -= step;
        a = (const struct rtattr *)(const void *)((const char *)a + step);
    }
}

static bool address_of(const struct rtattr *a, int family, struct addr *ret)
{
    size_t n = family == AF_INET ? 4 : 16;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    *ret = (struct addr){.len = 0};
    if ((family != AF_INET && family != AF_INET6) || (a && RTA_PAYLOAD(a) < n))
        return false;
    if (a)
        memcpy(family == AF_INET ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr, RTA_DATA(a), n);
    ret->len = family == AF_INET ? sizeof(v4) : sizeof(v6);
    memcpy(ret->space, family == AF_INET ? (void *)&v4 : (void *)&v6, ret->len);
    return true;
}

static int number_of(const struct rtattr *a)
{
    int n = 0;
    if (a && RTA_PAYLOAD(a) >= sizeof(n))
        memcpy(&n, RTA_DATA(a), sizeof(n));
    return n;
}

static void link_read(struct lan *l, const void *p, size_t n)
{
    const struct ifinfomsg *m = p;
    const struct rtattr *at[ATTRIBUTES];
    struct lan_link k = {.index = 0};
    if (n < sizeof(*m) || l->links.n >= LAN_MAX)
        return;
    attributes((const char *)p + NLMSG_ALIGN(sizeof(*m)), n - sizeof(*m), at);
    k.index = m->ifi_index;
    k.up = (m->ifi_flags & IFF_UP) != 0;
    k.loopback = (m->ifi_flags & IFF_LOOPBACK) != 0;
    if (at[IFLA_IFNAME]) {
        size_t bytes = RTA_PAYLOAD(at[IFLA_IFNAME]);
        memcpy(k.name, RTA_DATA(at[IFLA_IFNAME]), bytes < sizeof(k.name) ? bytes : sizeof(k.name) - 1);
    }
    if (m->ifi_type == ARPHRD_ETHER && at[IFLA_ADDRESS] && RTA_PAYLOAD(at[IFLA_ADDRESS]) == sizeof(k.mac)) {
        memcpy(k.mac, RTA_DATA(at[IFLA_ADDRESS]), sizeof(k.mac));
        k.has_mac = true;
        k.arp = (m->ifi_flags & IFF_NOARP) == 0;
    }
    VEC_PUSH(&l->links, k);
}

/* On a point-to-point link IFA_ADDRESS is the peer; ours is IFA_LOCAL then. */
static void address_read(struct lan *l, const void *p, size_t n)
{
    const struct ifaddrmsg *m = p;
    const struct rtattr *at[ATTRIBUTES];
    struct lan_address k = {.link = 0};
    if (n < sizeof(*m) || l->addresses.n >= LAN_MAX)
        return;
    attributes((const char *)p + NLMSG_ALIGN(sizeof(*m)), n - sizeof(*m), at);
    const struct rtattr *ours = at[IFA_LOCAL] ? at[IFA_LOCAL] : at[IFA_ADDRESS];
    k.link = (int)m->ifa_index;
    k.bits = m->ifa_prefixlen;
    if (ours && address_of(ours, m->ifa_family, &k.addr))
        VEC_PUSH(&l->addresses, k);
}

static void route_read(struct lan *l, const void *p, size_t n)
{
    const struct rtmsg *m = p;
    const struct rtattr *at[ATTRIBUTES];
    struct lan_route k = {.link = 0};
    if (n < sizeof(*m) || l->routes.n >= LAN_MAX || m->rtm_table != RT_TABLE_MAIN || m->rtm_type != RTN_UNICAST)
        return;
    attributes((const char *)p + NLMSG_ALIGN(sizeof(*m)), n - sizeof(*m), at);
    k.bits = m->rtm_dst_len;
    k.link = number_of(at[RTA_OIF]);
    if (!address_of(at[RTA_DST], m->rtm_family, &k.to))
        return;
    if (at[RTA_GATEWAY] && !address_of(at[RTA_GATEWAY], m->rtm_family, &k.via))
        return;
    VEC_PUSH(&l->routes, k);
}

static void neighbour_read(struct lan *l, const void *p, size_t n)
{
    const struct ndmsg *m = p;
    const struct rtattr *at[ATTRIBUTES];
    struct lan_neighbour k = {.link = 0};
    if (n < sizeof(*m) || l->neighbours.n >= LAN_MAX || !(m->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)))
        return;
    attributes((const char *)p + NLMSG_ALIGN(sizeof(*m)), n - sizeof(*m), at);
    if (!at[NDA_DST] || !at[NDA_LLADDR] || RTA_PAYLOAD(at[NDA_LLADDR]) != sizeof(k.mac) || !address_of(at[NDA_DST], m->ndm_family, &k.addr))
        return;
    k.link = m->ndm_ifindex;
    k.fresh = (m->ndm_state & NUD_REACHABLE) != 0;
    memcpy(k.mac, RTA_DATA(at[NDA_LLADDR]), sizeof(k.mac));
    VEC_PUSH(&l->neighbours, k);
}

static const struct dump {
    int what, type;
    size_t head;
    void (*read)(struct lan *l, const void *p, size_t n);
} dumps[] = {
    {LAN_LINKS, RTM_GETLINK, sizeof(struct ifinfomsg), link_read},
    {LAN_ADDRESSES, RTM_GETADDR, sizeof(struct ifaddrmsg), address_read},
    {LAN_ROUTES, RTM_GETROUTE, sizeof(struct rtmsg), route_read},
    {LAN_NEIGHBOURS, RTM_GETNEIGH, sizeof(struct ndmsg), neighbour_read},
};

static int ask(int fd, const struct dump *d, uint32_t seq)
{
    struct {
        struct nlmsghdr head;
        char family_and_zeros[32]; /* AF_UNSPEC: all */
    } question = {.head = {.nlmsg_type = (uint16_t)d->type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = seq}};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    question.head.nlmsg_len = (uint32_t)NLMSG_LENGTH(d->head);
    ssize_t n = sendto(fd, &question, question.head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
    return n < 0 ? errno : 0;
}

/* 1: the dump is at its end; 0: more comes; else a negative errno value. */
static int answers_read(struct lan *l, const struct dump *d, const char *p, size_t n, uint32_t seq)
{
    while (n >= sizeof(struct nlmsghdr)) {
        const struct nlmsghdr *m = (const struct nlmsghdr *)(const void *)p;
        if (m->nlmsg_len < sizeof(*m) || m->nlmsg_len > n)
            return -EPROTO;
        size_t step = NLMSG_ALIGN(m->nlmsg_len), body = m->nlmsg_len - NLMSG_HDRLEN;
        if (m->nlmsg_seq == seq && m->nlmsg_type == NLMSG_DONE)
            return 1;
        if (m->nlmsg_seq == seq && m->nlmsg_type == NLMSG_ERROR)
            return body >= sizeof(int) && *(const int *)(const void *)NLMSG_DATA(m) ? *(const int *)(const void *)NLMSG_DATA(m) : 1;
        if (m->nlmsg_seq == seq)
            d->read(l, NLMSG_DATA(m), body);
        if (step >= n)
            break;
        p += step;
        n -= step;
    }
    return 0;
}

static size_t count(const struct lan *l, int what)
{
    return what == LAN_LINKS ? l->links.n : what == LAN_ADDRESSES ? l->addresses.n : what == LAN_ROUTES ? l->routes.n : l->neighbours.n;
}

/* A socket for each dump: one that holds more than we keep is left in its midst by closing it. */
static int dump(struct lan *l, const struct dump *d)
{
    struct timeval wait = {.tv_sec = WAIT_S};
    uint32_t seq = (uint32_t)d->type;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return errno;
    char *space = mem_alloc(ANSWER_BYTES);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    int code = ask(fd, d, seq), state = 0;
    while (code == 0 && state == 0 && count(l, d->what) < LAN_MAX) {
        ssize_t n = recv(fd, space, ANSWER_BYTES, 0);
        if (n < 0 && errno == EINTR)
            continue;
        code = n < 0 ? errno : n == 0 ? EPROTO : 0;
        state = code == 0 ? answers_read(l, d, space, (size_t)n, seq) : 0;
    }
    close(fd);
    mem_free(space);
    return code ? code : state < 0 ? -state : 0;
}

int lan_read(struct lan *l, int what, struct err *e)
{
    struct lan before = *l;
    for (size_t i = 0; i < COUNT(dumps); i++) {
        if (!(what & dumps[i].what))
            continue;
        int errnum = dump(l, &dumps[i]);
        if (errnum) {
            l->links.n = before.links.n;
            l->addresses.n = before.addresses.n;
            l->routes.n = before.routes.n;
            l->neighbours.n = before.neighbours.n;
            return err_set(e, err_from_errno(errnum), MSG("the kernel does not tell its interfaces and routes ({1})"), "s", err_name(err_from_errno(errnum)));
        }
    }
    return 0;
}

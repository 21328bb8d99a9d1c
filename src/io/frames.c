/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frames.c: packet sockets (packet(7)), one a kind of frame, so that the kernel looks at no others for us; of the 802.2 frames
 * a filter lets CDP through. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "io/lan.h"
#include "io/loop_priv.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAMES_MAGIC = 0x0f4a3e50, SOCKETS = 3, READS_A_TURN = 64, TYPE_LLDP = 0x88cc };

struct one {
    struct frames *owner;
    struct watch watch;
    bool open;
};
struct frames {
    unsigned magic;
    struct one at[SOCKETS];
    int index;
    void (*on_frame)(void *arg, const char *p, size_t n);
    void *arg;
    bool inside, freed;
};

static const struct {
    int kinds, type;
} sockets[SOCKETS] = {{FRAMES_ARP, ETH_P_ARP}, {FRAMES_NEIGHBOURS, TYPE_LLDP}, {FRAMES_NEIGHBOURS, ETH_P_802_2}};

/* The groups of LLDP (nearest bridge, nearest bridge that is no two-port relay, nearest customer bridge) and of CDP. */
static const unsigned char groups[][ETH_ALEN] = {
    {0x01, 0x80, 0xc2, 0, 0, 0x0e}, {0x01, 0x80, 0xc2, 0, 0, 0x03}, {0x01, 0x80, 0xc2, 0, 0, 0x00}, {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc}};

static struct frames *release(struct frames *f)
{
    f->magic = 0;
    return mem_free(f);
}

static void read_some(void *arg, unsigned events)
{
    struct one *o = arg;
    struct frames *f = o->owner;
    char space[FRAMES_MAX_BYTES];
    CHECK_OBJ(f, FRAMES_MAGIC);
    f->inside = true;
    for (int i = 0; i < READS_A_TURN && !f->freed; i++) {
        struct sockaddr_ll from;
        socklen_t n_from = sizeof(from);
        ssize_t n = recvfrom(o->watch.fd, space, sizeof(space), MSG_DONTWAIT, (struct sockaddr *)&from, &n_from);
        if (n < 0)
            break; /* also ENETDOWN: the link went, and may come back */
        if (from.sll_pkttype != PACKET_OUTGOING)
            f->on_frame(f->arg, space, (size_t)n);
    }
    f->inside = false;
    if (f->freed)
        release(f);
}

/* Cisco's group, LLC and SNAP of CDP; and none of what came between socket() and here. */
static int cdp_only(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x01000ccc, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ETH_HLEN),    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xaaaa0300, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ETH_HLEN + 4), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x000c2000, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, FRAMES_MAX_BYTES),     BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {COUNT(code), code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void join(int fd, int index)
{
    for (size_t i = 0; i < COUNT(groups); i++) {
        struct packet_mreq m = {.mr_ifindex = index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN};
        memcpy(m.mr_address, groups[i], ETH_ALEN);
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m));
    }
}

/* The socket hears nothing before it is bound to its kind. */
static int one_open(struct frames *f, int i, struct loop *l)
{
    struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)sockets[i].type), .sll_ifindex = f->index};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int errnum = 0;
    if ((sockets[i].type == ETH_P_802_2 && cdp_only(fd) != 0) || bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0)
        errnum = errno;
    else if (watch_start(&f->at[i].watch, l, fd, EPOLLIN, read_some, &f->at[i]) != 0)
        errnum = EMFILE;
    if (errnum) {
        close(fd);
        return errnum;
    }
    if (sockets[i].kinds & FRAMES_NEIGHBOURS)
        join(fd, f->index);
    f->at[i].open = true;
    return 0;
}

struct frames *frames_open(struct loop *l, const struct lan_link *link, int kinds, void (*on_frame)(void *arg, const char *p, size_t n), void *arg, struct err *e)
{
    struct frames *f = NEW(struct frames);
    *f = (struct frames){.magic = FRAMES_MAGIC, .index = link->index, .on_frame = on_frame, .arg = arg};
    for (int i = 0; i < SOCKETS; i++) {
        f->at[i].owner = f;
        int errnum = kinds & sockets[i].kinds ? one_open(f, i, l) : 0;
        if (!errnum)
            continue;
        int code = errnum == EPERM || errnum == EACCES ? ERR_DENIED : err_from_errno(errnum);
        if (code == ERR_DENIED)
            err_set(e, code, MSG("this machine lets vigie hear no frames (CAP_NET_RAW is missing)"), "");
        else
            err_set(e, code, MSG("frames cannot be heard on {1} ({2})"), "ss", link->name, err_name(code));
        return frames_free(f);
    }
    return f;
}

int frames_send(struct frames *f, const void *p, size_t n)
{
    CHECK_OBJ(f, FRAMES_MAGIC);
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = f->index, .sll_halen = ETH_ALEN};
    if (n < ETH_HLEN || !f->at[0].open)
        return ERR_IO;
    memcpy(to.sll_addr, p, ETH_ALEN);
    memcpy(&to.sll_protocol, (const char *)p + 2 * ETH_ALEN, 2);
    ssize_t done = sendto(f->at[0].watch.fd, p, n, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
    if (done >= 0)
        return 0;
    return errno == EAGAIN || errno == ENOBUFS ? ERR_BUSY : ERR_IO;
}

struct frames *frames_free(struct frames *f)
{
    if (f == NULL)
        return NULL;
    CHECK_OBJ(f, FRAMES_MAGIC);
    for (int i = 0; i < SOCKETS; i++) {
        if (!f->at[i].open)
            continue;
        watch_drop(&f->at[i].watch);
        close(f->at[i].watch.fd);
        f->at[i].open = false;
    }
    f->freed = true;
    return f->inside ? NULL : release(f);
}

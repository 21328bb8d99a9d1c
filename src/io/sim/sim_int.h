/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_int.h: what the files of the twin share: the world, its two queues, and who is registered.
 *
 * The world has two parts.  What outlives a crash (clocks, hosts, programs, mail, files) hangs from
 * struct sim_world; what dies with the code under test (loops, timers, objects) from struct sim_life. */
#ifndef VIGIE_IO_SIM_SIM_INT_H
#define VIGIE_IO_SIM_SIM_INT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/heap.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/vec.h"
#include "io/addr.h"
#include "io/loop.h"
#include "io/sim/sim.h"
#include "io/tls.h"

/* One thing that happens at a moment, embedded in its owner (µs since the world began). */
struct sim_event {
    struct heap_node node;
    struct loop *loop;
    void (*fn)(void *arg);
    void *arg;
};

/* Every object of the code under test is in one list. */
enum sim_kind {
    SIM_OBJ_LOOP,
    SIM_OBJ_SOCK,
    SIM_OBJ_DGRAM,
    SIM_OBJ_DNS,
    SIM_OBJ_DNS_JOB,
    SIM_OBJ_HTTPC,
    SIM_OBJ_HTTPC_JOB,
    SIM_OBJ_ICMP,
    SIM_OBJ_ICMP_JOB,
    SIM_OBJ_HOPS,
    SIM_OBJ_SPAWNER,
    SIM_OBJ_SPAWN_JOB,
    SIM_OBJ_POOL,
    SIM_OBJ_WORK,
    SIM_OBJ_WATCH,
    SIM_OBJ_HTTPD,
    SIM_OBJ_EXCHANGE,
    SIM_OBJ_VFS_FILE,
    SIM_OBJ_FRAMES,
};
struct sim_obj {
    struct sim_obj *prev, *next;
    enum sim_kind kind;
};

struct sim_life {
    VEC(struct loop *) loops;
    struct heap timers; /* struct timer: key = ms << SIM_TIMER_BITS | order of setting */
    struct heap events; /* struct sim_event: key = µs << SIM_EVENT_BITS | order of setting */
    struct sim_obj head;
    struct map locks; /* file_lock(): path → path */
    struct sim_life *older; /* the graveyard */
};

struct sim_rule {
    char *glob, *answer;
};
struct sim_page {
    char *path, *headers, *body, *login;
    int status;
    int64_t delay_ms;
    size_t padding;
};
struct sim_service {
    int port;
    enum sim_mode mode;
    char *banner;
    VEC(struct sim_rule) rules;
    VEC(struct sim_page) pages;
    int64_t drip_ms;
    bool endless, close, deaf;
    bool tls, starttls, old;
    char *names;
    int64_t not_before_ms, not_after_ms;
    enum sim_chain chain;
    int hits;
    struct buf heard;
    void (*serve)(void *arg, const char *p, size_t n, struct buf *out);
    bool (*web)(void *arg, const struct httpc_request *rq, const char *target, struct sim_answer *ret); /* a server of the test's own */
    void *web_arg;
    void *serve_arg;
    void (*talk)(void *arg, int conn, const char *line, struct buf *out);
    void *talk_arg;
};
struct sim_host {
    char *name;
    enum sim_mode mode;
    int64_t rtt_us;
    int loss;
    struct sim_host *via;
    bool mute, loops; /* as a router */
    unsigned char mac[6];
    bool no_echo;
    bool has_mac, met; /* met: something was sent to it, so it stands in the table of neighbours */
    VEC(struct sim_service *) services;
    VEC(char *) addrs;
};
struct sim_record {
    char *name, *value;
    int type;
};
struct sim_name_mode {
    char *name;
    enum sim_dns_mode mode;
};
struct sim_prog {
    char *pattern;
    struct sim_program p; /* with texts of its own */
    int runs;
    char *last, *input;
};
struct sim_fs {
    char *mount;
    int64_t total_bytes, inodes;
    double used_percent, inodes_used_percent;
    bool hang, gone, read_only;
};
struct sim_text {
    char *key, *text;
};

struct sim_world {
    uint64_t rng;
    int64_t now_us; /* since the beginning */
    int64_t wall_off_ms, boot_off_ms;
    uint64_t turns, still; /* still: callbacks since time last moved */
    uint32_t seq;
    struct sim_life *life;
    struct loop *current; /* whose callback runs */

    VEC(struct sim_host *) hosts;
    struct map by_addr; /* address text → host */
    struct map by_name;
    bool icmp_denied;
    VEC(struct sim_record) records;
    VEC(struct sim_name_mode) name_modes;
    enum sim_dns_mode dns_mode;
    int64_t dns_delay_ms;
    VEC(struct sim_prog) programs;
    VEC(struct sim_text) procs, envs;
    VEC(struct sim_fs) filesystems;
    int64_t clock_offset_us;
    bool clock_unsync;
    VEC(struct sim_mail) mails;
    enum sim_mail_mode mail_mode;
    char *root;
    enum sim_fault fault;
    char *systemd;
    struct sim_vfs *vfs;
    struct sim_lan *lan; /* NULL: no links */
    bool job_hung; /* set by what the running job called: it must not end */
    bool workers_hang;
};

enum { SIM_TIMER_BITS = 27, SIM_EVENT_BITS = 18 };
#define SIM_MONO_START_MS 3600000          /* the machine has been up for an hour */
#define SIM_WALL_START_MS 1772438400000    /* 2026-03-02T08:00:00Z, a Monday */

struct sim_world *sim_world(void); /* panics when there is none */
bool sim_alive(void);              /* is there a world at all? */
uint64_t sim_random(void);
bool sim_chance(int percent);

void sim_obj_add(struct sim_obj *o, enum sim_kind kind);
void sim_obj_remove(struct sim_obj *o);
/* Walks the objects of a kind; the current one may go. */
struct sim_obj *sim_obj_first(enum sim_kind kind);
struct sim_obj *sim_obj_after(struct sim_obj *o);

void sim_event_init(struct sim_event *ev, struct loop *l, void (*fn)(void *arg), void *arg);
void sim_event_in(struct sim_event *ev, int64_t after_us);
void sim_event_at(struct sim_event *ev, int64_t at_us);
void sim_event_clear(struct sim_event *ev);
bool sim_run_one(int64_t limit_us); /* one callback due by then; false: none */
bool loop_is_stopped(const struct loop *l);

/* A way to a peer, as things stand. host NULL: nobody has that address. */
struct sim_path {
    struct sim_host *host;
    struct sim_service *service; /* NULL: nothing listens */
    enum sim_mode mode;          /* of host, way and port together */
    int64_t rtt_us;
};
void sim_path_find(const struct addr *peer, bool udp, struct sim_path *ret);
/* Said by the service to its connection (0: to all); text NULL: it hangs up. */
void sim_sock_say(struct sim_service *svc, int conn, const char *text);
struct sim_host *sim_host_find(const char *name); /* by name or address; NULL */
struct sim_service *sim_service_find(struct sim_host *h, int port);
void sim_net_done(struct sim_world *w);
void sim_lan_done(struct sim_world *w);
void sim_packet_sent(int packets); /* sim_path_find() calls it */
/* The error of a connection that fails that way: code, and e filled. 0 when the mode lets it through. */
int sim_path_error(const struct sim_path *p, const struct addr *peer, struct err *e);
/* An answer or banner as it is written: text; or "hex: 30 0c @2+7 …", bytes and pieces of the request (offset+length). */
void sim_answer_format(const char *text, const char *p, size_t n, struct buf *out);
/* What a service answers to a datagram, by its rules; false: nothing. */
bool sim_rule_answer(struct sim_service *svc, const char *p, size_t n, struct buf *out);

/* The certificate that a service shows, judged for a name (NULL: only the chain). NULL: the handshake fails. */
const struct tls_info *sim_tls_show(struct arena *a, const struct sim_service *s, const char *server_name);

/* The page that answers, or NULL. Text of a whole HTTP/1.1 answer. */
const struct sim_page *sim_page_find(const struct sim_service *s, const char *path);
void sim_page_format(const struct sim_page *p, bool authorised, struct buf *out);
bool sim_page_allows(const struct sim_page *p, const char *authorization);

/* A request on its way into an httpd of the same world, and who waits for its answer. */
struct sim_exchange_events {
    void (*on_answer)(void *arg, int status, const char *type, const char *headers, const char *body, size_t n);
    void (*on_stream)(void *arg);
    void (*on_chunk)(void *arg, const char *p, size_t n);
    void (*on_close)(void *arg); /* the stream, or the server, ended */
};
struct sim_exchange;
/* NULL: no httpd listens there. */
struct sim_exchange *sim_exchange_start(const struct sim_request *rq, const char *unix_path,
                                        const struct sim_exchange_events *events, void *arg);
void sim_exchange_drop(struct sim_exchange *x); /* the asker leaves; no callback afterwards */
bool sim_exchange_is(const struct sim_obj *o, const struct sim_exchange *x);
bool sim_httpd_listens(const char *unix_path, int port);

void sim_dns_find(const char *name, int type, enum sim_dns_mode *ret_mode,
                  void (*fn)(void *arg, const struct sim_record *r), void *arg);
void sim_dns_done(struct sim_world *w);
void sim_programs_done(struct sim_world *w);
void sim_machine_init(struct sim_world *w);
void sim_machine_done(struct sim_world *w);
bool sim_machine_text(const char *path, struct buf *out); /* false: no such file */
bool sim_machine_owns(const char *path);                  /* below /proc or /sys, or laid over */
void sim_mail_caught(const char *from, const char *to, const char *message, size_t n);
void sim_path_real(const char *path, struct buf *out); /* where a file really is */
int sim_fault_error(const char *path, struct err *e);  /* 0, or the disk's fault, for a write */
void sim_watch_touch(const char *path);
void sim_vfs_start(void);
void sim_vfs_stop(void);
void sim_vfs_crash(bool lose_unsynced);

static inline void sim_text_set(char **at, const char *text)
{
    char *copy = mem_dup(text);
    mem_free(*at);
    *at = copy;
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim.h: the remote control of the simulated world.
 *
 * src/io/sim implements every header of src/io in one process, on one thread, with one seeded order of
 * events and clocks of its own.  A program that links io_sim instead of io runs as it is; the test that
 * started it scripts the world with the calls below and lets time pass.
 *
 *     sim_init(42);
 *     sim_host("web1", "192.0.2.10");
 *     sim_http_answer("web1", 80, "*", &(struct sim_answer){.status = 200, .body = "hello"});
 *     … start the code under test …
 *     sim_run_for(60000);
 *     sim_host_mode("web1", SIM_SILENT);
 *     sim_run_for(300000);
 *     … look at its state …
 *     sim_done();
 *
 * Time moves only inside sim_run_*, sim_step, sim_http and loop_run.  At one instant the loops that have
 * something to do take turns in an order drawn from the seed; within a loop the order is that of posting.
 * Texts given to these calls are copied.  There is one world at a time. */
#ifndef VIGIE_IO_SIM_SIM_H
#define VIGIE_IO_SIM_SIM_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- life of the world ---- */
void sim_init(uint64_t seed); /* wall clock: Monday 2026-03-02 08:00:00 UTC; a healthy machine named "sim" */
void sim_done(void);          /* what the code under test did not free stays a leak of its own */
/* kill -9: every loop, timer, socket, request and job of the code under test vanishes without a callback.
 * Its memory is kept reachable (so that a leak checker stays quiet) and never used again.  Host names,
 * programs, files and mail caught so far stay.  lose_unsynced: what SQLite wrote but did not sync is undone,
 * as by a power cut; else the operating system has it.  Never from a callback. */
void sim_crash(bool lose_unsynced);
/* Suspicious ends: how many twin objects (sockets, jobs, loops, …) are alive; 0 after a clean stop. */
int sim_objects(void);

/* ---- time ---- */
int64_t sim_now_ms(void); /* since sim_init, monotonic */
bool sim_step(void);      /* one callback; false: nothing will ever happen by itself */
void sim_run_until(int64_t now_ms);
void sim_run_for(int64_t ms);
/* Until *flag, at most ms; returns *flag. */
bool sim_run_flag(const bool *flag, int64_t ms);
uint64_t sim_turns(void);             /* callbacks run so far */
void sim_clock_step(int64_t delta_ms); /* the wall clock jumps; nothing else does */
void sim_suspend(int64_t ms);         /* wall and boot clocks go on, the monotonic one stands still */
void sim_signal(int signum);          /* to every loop that listens for it */

/* ---- hosts ---- */
enum sim_mode {
    SIM_UP,
    SIM_SILENT,      /* packets vanish */
    SIM_REFUSED,     /* answers echo, refuses every connection */
    SIM_UNREACHABLE, /* a router says so */
    SIM_RESET,       /* accepts, then resets */
};
void sim_host(const char *name, const char *addr); /* again with another addr: one more address */
void sim_host_mode(const char *name, enum sim_mode mode);
void sim_host_slow(const char *name, int64_t rtt_ms); /* round trip; 0: the default, half a millisecond */
void sim_host_echo(const char *name, bool answers);      /* pings; a firewall may drop them */
void sim_host_loss(const char *name, int percent);    /* of echoes and datagrams */
void sim_host_via(const char *name, const char *router); /* silent as soon as the router is not up; NULL: direct */
/* As a router: passes packets on, but tells nobody where their way ends (hops.h). */
void sim_host_mute(const char *name, bool on);
void sim_host_loops(const char *name, bool on); /* … sends them back to where they came from: a routing loop */
bool sim_host_known(const char *name);
void sim_icmp_allow(bool allowed);

/* ---- links of this machine ---- */
void sim_link(const char *name, const char *mac, const char *address); /* "192.0.2.5/24"; again: one more address. mac NULL: no Ethernet */
void sim_route(const char *prefix, const char *via);                   /* via NULL: on-link */
void sim_host_mac(const char *name, const char *mac);                  /* it answers ARP, and stands in the table of neighbours once met */
void sim_frames_allow(bool allowed);                                   /* CAP_NET_RAW */
void sim_frame(const char *link, const void *p, size_t n);             /* whoever hears frames there gets it */
/* From now on packets are counted: each echo, datagram, ARP request, question to a name server, and each connection's first. */
void sim_packets_count(void);
int sim_packets_in(int64_t from_ms, int64_t to_ms); /* by sim_now_ms(), the end excluded */

/* ---- what listens on a port: TCP unless port is SIM_UDP + number ---- */
enum { SIM_UDP = 1 << 16 };
void sim_port_open(const char *host, int port); /* accepts, says nothing, answers nothing; forgets all below */
void sim_port_closed(const char *host, int port);
void sim_port_mode(const char *host, int port, enum sim_mode mode);
void sim_port_banner(const char *host, int port, const char *text); /* said on connect */
/* With a banner or an answer that begins with "hex:" the port speaks in bytes, not lines: what arrives at once is a request,
 * of which globs see what stands before its first NUL. */
/* A line (or datagram) that matches the glob gets this answer; "*" echoes nothing, answer NULL echoes it. */
void sim_port_rule(const char *host, int port, const char *glob, const char *answer);
/* Datagrams are answered by this function: what it adds to out, if anything. */
void sim_port_serve(const char *host, int port, void (*fn)(void *arg, const char *p, size_t n, struct buf *out), void *arg);
/* A TCP port that talks: fn gets each line that a connection (1, 2 …) says and adds its answers to out, perhaps none; whatever it is told
 * by sim_port_say() it says by itself. conn 0: to all. */
void sim_port_talk(const char *host, int port, void (*fn)(void *arg, int conn, const char *line, struct buf *out), void *arg);
void sim_port_say(const char *host, int port, int conn, const char *text);
void sim_port_hang_up(const char *host, int port, int conn);
void sim_port_drip(const char *host, int port, int64_t ms_per_byte);
void sim_port_endless(const char *host, int port, bool on); /* the banner or body again and again */
void sim_port_close(const char *host, int port, bool on);   /* ends the stream after the banner or an answer */
void sim_port_deaf(const char *host, int port, bool on);    /* never reads: the writer's queue fills */
int sim_port_hits(const char *host, int port);              /* connections, datagrams or requests so far */
const char *sim_port_heard(const char *host, int port);     /* the last request's text, "" when none */

enum sim_chain { SIM_CHAIN_GOOD, SIM_CHAIN_SELF_SIGNED, SIM_CHAIN_UNKNOWN, SIM_CHAIN_GARBAGE };
struct sim_cert {
    const char *names; /* separated by blanks; the first is the subject */
    int64_t days_left; /* from now; negative: expired */
    enum sim_chain chain;
    bool starttls; /* the port speaks plainly until the upgrade */
    bool old;      /* TLSv1.0 and TLSv1.1 are spoken, too */
};
void sim_port_tls(const char *host, int port, const struct sim_cert *cert); /* NULL: no TLS */

struct sim_answer {
    int status;          /* 0: 200; -1: not HTTP at all; -2: closes without an answer */
    const char *headers; /* "Name: value\n…"; NULL: none */
    const char *body;    /* NULL: empty */
    const char *login;   /* "user:password" that basic authentication must bring, else 401 */
    int64_t delay_ms;    /* before the first byte */
    size_t padding;      /* bytes of one more header, for huge ones */
};
/* path: glob on path and query. The latest fitting one answers. */
void sim_http_answer(const char *host, int port, const char *path, const struct sim_answer *answer);
/* A server of the test's own, in front of those: asked when a request of the HTTP client arrives, its target percent-encoded as it came.
 * false: the pages answer. Texts are borrowed until the next request. */
struct httpc_request;
void sim_http_serve(const char *host, int port, bool (*fn)(void *arg, const struct httpc_request *rq, const char *target, struct sim_answer *ret), void *arg);

/* ---- names ---- */
enum sim_dns_mode { SIM_DNS_OK, SIM_DNS_SERVFAIL, SIM_DNS_NXDOMAIN, SIM_DNS_REFUSED, SIM_DNS_DEAD };
void sim_dns(const char *name, const char *type, const char *value); /* adds; value NULL: removes the type's */
void sim_dns_mode(const char *name, enum sim_dns_mode mode);         /* NULL: the whole resolver */
void sim_dns_delay(int64_t ms);

/* ---- programs ---- */
struct sim_program {
    int exit_status, term_signal;
    const char *out, *errout;
    int64_t takes_ms, cpu_us;
    int fails; /* ERR_NOT_FOUND, ERR_DENIED: does not start */
};
/* pattern: a program's base name or path, or a glob on the command line (words joined by a blank). */
void sim_program(const char *pattern, const struct sim_program *p); /* NULL: forgets it */
int sim_program_runs(const char *pattern);
const char *sim_program_last(const char *pattern);  /* last command line, "" when none */
const char *sim_program_input(const char *pattern); /* last stdin, "" when none */
void sim_spawner_die(void);

/* ---- this machine ---- */
void sim_proc(const char *path, const char *text); /* any file below /proc, /sys, /etc; NULL: not there */
/* A file system of size bytes, used percent full. total_bytes 0: 100 GB, or as before. */
void sim_disk(const char *mount_point, int64_t total_bytes, double used_percent);
void sim_disk_inodes(const char *mount_point, double used_percent);
void sim_disk_hang(const char *mount_point, bool on); /* statvfs never returns: its worker is stuck */
void sim_disk_gone(const char *mount_point);
void sim_disk_read_only(const char *mount_point, bool on);
void sim_time_offset(int64_t offset_us, bool synchronised);
void sim_env(const char *name, const char *value);

/* ---- files: real ones below a directory ---- */
/* Absolute paths outside dir are looked up below it ("/etc/x" → dir/etc/x). */
void sim_root(const char *dir);
enum sim_fault { SIM_DISK_OK, SIM_DISK_FULL, SIM_DISK_ERROR, SIM_DISK_READ_ONLY };
void sim_disk_fault(enum sim_fault fault); /* for file_*() and for SQLite on "vigie-sim" (default while a world is) */
/* Changes made by someone else: watches see them, faults do not hinder them. text NULL removes. */
void sim_file(const char *path, const char *text);
const char *sim_systemd_state(void); /* last text of file_notify_systemd() */

/* ---- mail ---- */
enum sim_mail_mode {
    SIM_MAIL_OK,
    SIM_MAIL_DOWN,    /* refused */
    SIM_MAIL_SILENT,  /* until the time-out */
    SIM_MAIL_REJECT,  /* 550 for ever */
    SIM_MAIL_LATER,   /* 451 for now */
    SIM_MAIL_DOUBT,   /* takes it, breaks before the answer */
};
void sim_mail_mode(enum sim_mail_mode mode);
struct sim_mail {
    int64_t at_ms; /* sim_now_ms() */
    const char *from, *to, *subject, *message; /* to: joined by ", "; subject decoded when RFC 2047 was used */
};
int sim_mails(void);
const struct sim_mail *sim_mail_at(int i);
void sim_mail_forget(void);

/* ---- requests to the code under test ---- */
struct sim_request {
    const char *method;  /* NULL: GET */
    const char *path;    /* with query */
    const char *headers; /* "Name: value\n…"; NULL: none */
    const char *body;
    size_t body_bytes;  /* 0: strlen(body) */
    const char *peer;   /* address; NULL: over the Unix socket */
    int uid;            /* then: of whom */
    int port;           /* which listener; 0: the first that fits */
};
struct sim_tap; /* the far end of an event stream */
struct sim_reply {
    int status; /* 0: no answer came */
    char *type, *headers; /* headers: "Name: value\n…" */
    struct buf body;
    struct sim_tap *tap; /* set when the request became a stream; body collects what is sent */
};
/* Sends it, and lets time pass until the answer is there (60 s at most). */
struct sim_reply *sim_http(const struct sim_request *rq);
/* Header of an answer, copied out; false when absent. */
bool sim_reply_header(const struct sim_reply *r, const char *name, char *out, size_t n);
struct sim_reply *sim_reply_free(struct sim_reply *r); /* hangs up when it is an open stream */
bool sim_tap_open(const struct sim_reply *r);          /* false once the server has closed it */

/* ---- workers ---- */
void sim_workers_hang(bool on); /* jobs started meanwhile do not end before it is switched off */

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpd_priv.h: what the files of the real HTTP server share.
 *
 * Threads.  MHD's threads run the callbacks; the owner loop runs handlers.  An exchange (one
 * request, seen by MHD) belongs to MHD's thread until it is suspended, to the owner loop until it
 * is resumed, and to MHD's thread again until it is completed; h->lock only guards the queue
 * between them, the list of connections and the counters.  A stream is used by both at once, under
 * h->stream_lock. Order of locks: h->lock and h->stream_lock are never held together. */
#ifndef VIGIE_IO_HTTPD_PRIV_H
#define VIGIE_IO_HTTPD_PRIV_H

#include "base/buf.h"
#include "base/vec.h"
#include "io/httpd.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    HTTPD_MAX_LISTENERS = 16,
    HTTPD_MAX_STREAMS = 200,
    HTTPD_MAX_STREAM_BYTES = 256 << 10,
    HTTPD_IDLE_S = 30, /* without a byte */
};

struct listener {
    struct httpd *h;
    int index;
    struct MHD_Daemon *mhd;
    bool local;
    char *unix_path; /* removed at the end */
};

/* One connection, from accept to close. */
struct httpd_conn {
    struct httpd_conn *prev, *next;               /* all, under h->conn_lock */
    struct httpd_conn *bucket_prev, *bucket_next; /* same hash of the address */
    int fd;
    struct addr addr;
    unsigned bucket;
    atomic_uint requests; /* counted when complete and when answered */
    atomic_bool busy;     /* the owner loop has it */
    unsigned seen;        /* requests at the last change */
    int64_t since_ms;     /* of that change */
};

struct call;
struct httpd_stream;
/* MHD's view of a request. */
struct exchange {
    unsigned magic;
    struct listener *listener;
    struct MHD_Connection *c;
    struct httpd_conn *conn;
    char *url;  /* as sent, with the query; NULL: there was no query */
    bool begun; /* the headers were seen */
    int refuse; /* status to answer without asking the handler, or 0 */
    struct buf body;
    size_t dropped_bytes;
    struct call *call; /* while on its way to the owner loop */
    struct exchange *next;
    struct MHD_Response *response; /* set by the owner loop before it resumes */
    int status;
    struct httpd_stream *stream;
};

/* The owner's view of it; lives in its own arena.  After the time-out exchange is NULL, and the
 * call waits for the handler to come back. */
struct call {
    struct httpd_request rq; /* first: the handler knows only this */
    unsigned magic;
    struct httpd *h;
    struct exchange *exchange;
    struct timer timer;
    struct call *prev, *next;
};

struct blobs;
enum { HTTPD_BUCKETS = 256 };
struct httpd {
    unsigned magic;
    struct loop *loop;
    int threads;
    httpd_handler *handler;
    void *arg;
    struct listener *listeners[HTTPD_MAX_LISTENERS];
    int n_listeners;
    struct blobs *blobs;
    struct httpd_limits limits;
    struct timer sweep;
    struct call *calls; /* delivered, not yet answered; owner loop only */

    pthread_mutex_t lock;
    struct exchange *arrived, **arrived_last; /* suspended, not yet delivered */
    atomic_bool closing; /* no connection is accepted any more */
    bool pump_posted, stopping, freed;

    pthread_mutex_t conn_lock;
    struct httpd_conn *conns, *buckets[HTTPD_BUCKETS];

    pthread_mutex_t stream_lock;
    struct httpd_stream *streams;
    int n_streams;

    atomic_ullong requests, published_hits, rejected;
};

/* httpd.c */
void httpd_pump_post(struct httpd *h); /* from any thread, no lock held */
/* Hands the answer over; the exchange is MHD's again. */
void httpd_resume(struct exchange *x, int status, struct MHD_Response *response);
/* Takes the call off the list and frees it with its arena. */
void httpd_call_end(struct call *call);
struct MHD_Response *httpd_text(int status, const char *url); /* url: of the request, or NULL; below /api/ it is JSON */
void httpd_add_header(struct MHD_Response *r, const char *name, const char *value);

/* httpd_listen.c */
struct httpd_conn *httpd_conn_of(struct MHD_Connection *c);
void httpd_conn_sweep(struct httpd *h); /* ends what has stalled */
void httpd_conn_farewell(
    struct httpd *h); /* stops listening, ends the connections; waits a moment */
void httpd_listener_free(struct listener *ls); /* stops MHD, waits for its threads */

/* httpd.c, called by MHD */
void *httpd_on_url(void *cls, const char *url, struct MHD_Connection *c);
enum MHD_Result httpd_on_request(void *cls, struct MHD_Connection *c, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *data_bytes, void **con_cls);
void httpd_on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
                        enum MHD_RequestTerminationCode why);

/* httpd_blob.c */
struct blobs *httpd_blob_new(void);
struct blobs *httpd_blob_free(struct blobs *b);
void httpd_blob_put(struct blobs *b, int listener, const char *path, const char *lang,
                    const char *type, const void *bytes, size_t n,
                    const struct httpd_header *headers, int n_headers);
/* Answers from what is published: true when it did. From any thread. */
bool httpd_blob_serve(struct blobs *b, struct MHD_Connection *c, int listener, const char *raw_path,
                      const char *raw_query);

/* httpd_stream.c */
ssize_t httpd_stream_reader(void *cls, uint64_t pos, char *out, size_t max);
void httpd_stream_gone(struct exchange *x); /* MHD has completed it */
void httpd_stream_pump(struct httpd *h);    /* owner: tells who is gone */
void httpd_stream_sweep(struct httpd *h);
void httpd_stream_end_all(struct httpd *h);  /* before MHD stops */
void httpd_stream_free_all(struct httpd *h); /* after it */

#endif

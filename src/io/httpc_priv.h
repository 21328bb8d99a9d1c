/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpc_priv.h: what the files of the libcurl client share: the life of a job on the multi handle
 * (httpc_multi.c), its TLS (httpc_tls.c), and who fills it in (httpc.c for HTTP, mail.c for SMTP).
 */
#ifndef VIGIE_IO_HTTPC_PRIV_H
#define VIGIE_IO_HTTPC_PRIV_H

#include "base/arena.h"
#include "base/buf.h"
#include "io/httpc.h"
#include "io/sock_priv.h"
#include <curl/curl.h>

struct stores; /* trusted authorities, by file */

/* The TLS half of a job. */
struct httpc_tls {
    struct tls_opts opts; /* server_name: what is to be verified, never NULL */
    bool rename;          /* server_name is not the URL's host: SNI must be set by hand */
    struct stores *stores;
    struct stack_st_X509 *chain;
    const char *version, *cipher;
    struct tls_verdict verdict;
    int64_t begun_us; /* since the start of the try; 0: not connected */
    struct err err;   /* a file of ours could not be used */
};

struct httpc_job {
    unsigned magic;
    struct httpc *h;
    struct httpc_job *prev, *next;
    CURL *easy;
    struct arena *arena;
    struct timer timer; /* delivers what fails before it starts */
    bool added;         /* to the multi handle */
    bool cancelled;
    struct httpc_tls tls;
    struct err early; /* code != 0: never started */
    char message[CURL_ERROR_SIZE];
    int64_t started_us, tried_us; /* the job; this address */
    int64_t timeout_ms;
    /* Called once, when the transfer has ended or could not start; ends with httpc_job_end() or
     * adds anew. */
    void (*finish)(struct httpc_job *job, CURLcode rc);
    void *owner;              /* the filler's own part, in the arena */
    const struct addr *addrs; /* pinned; in the arena */
    int n_addrs, at_addr;
    struct addr peer;
};

struct httpc_job *httpc_job_new(struct httpc *h,
                                void (*finish)(struct httpc_job *job, CURLcode rc));
void httpc_job_add(struct httpc_job *job); /* starts; or later, when curl is being called already */
void httpc_job_readd(struct httpc_job *job); /* from finish: once more, with changed options */
void httpc_job_refuse(struct httpc_job *job, int code, const char *msgid, const char *text);
void httpc_job_end(struct httpc_job *job); /* gives everything back */
/* Keeps libcurl from looking the URL's host up; addrs and n_addrs say where it really goes. */
void httpc_job_placeholder(struct httpc_job *job);
int64_t httpc_job_us(const struct httpc_job *job, CURLINFO what); /* one of libcurl's timings */
int64_t httpc_job_connected_us(const struct httpc_job *job);
/* What went wrong, in words; who: host or address. Returns the ERR_ code. */
int httpc_job_error(const struct httpc_job *job, CURLcode rc, const char *who, struct err *e);

/* httpc_tls.c */
struct stores *httpc_tls_stores_new(void);
struct stores *httpc_tls_stores_free(struct stores *s);
/* Sets the job's options up; tls->opts is filled in before. */
void httpc_tls_setup(struct httpc_job *job);
void httpc_tls_done(struct httpc_job *job);
/* What the peer showed, in the job's arena; NULL: nothing. */
const struct tls_info *httpc_tls_info(struct httpc_job *job);

#endif

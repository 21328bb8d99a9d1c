/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_http.h: what sim_mail.c borrows from the HTTP client's twin: a cancellable job that waits. */
#ifndef VIGIE_IO_SIM_SIM_HTTP_H
#define VIGIE_IO_SIM_SIM_HTTP_H

#include "io/httpc.h"

/* fn runs after that time unless the job is cancelled.  *ret_arg: zeroed memory that dies with the job. */
struct httpc_job *sim_http_wait(struct httpc *h, int64_t after_us, void (*fn)(void *arg, struct httpc_job *job),
                                size_t arg_bytes, void **ret_arg);
struct arena *sim_http_arena(struct httpc_job *job);
/* "Name: value\n…" → the reply's list. */
void sim_http_headers(struct arena *a, const char *text, struct httpc_reply *r);

#endif

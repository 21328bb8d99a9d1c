/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server.h: where a server is, as the probes of this folder let people write it. */
#ifndef VIGIE_CHECKS_QUERY_SERVER_H
#define VIGIE_CHECKS_QUERY_SERVER_H

#include "checks/attempt.h"

/* "HOST", "HOST:PORT", "[V6]:PORT", ":PORT" or NULL; a slash at the end is let go. host NULL: the host's own address. */
int query_server(const char *text, int default_port, struct arena *arena, const char **ret_host, int *ret_port, struct err *e);

#endif

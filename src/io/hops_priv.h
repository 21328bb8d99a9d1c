/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hops_priv.h: what an entry of a socket's error queue tells of a step. Pure; apart from hops.c for its test. */
#ifndef VIGIE_IO_HOPS_PRIV_H
#define VIGIE_IO_HOPS_PRIV_H

#include "io/hops.h"

/* m: as recvmsg(MSG_ERRQUEUE) filled it. true: ret->kind and from are set. false: it says nothing of use (another type
 * of ICMP, an error of this machine's own, bytes that do not fit). ret_at_us: wall time of arrival, 0 when not told. */
bool hops_read(const struct msghdr *m, const struct addr *peer, struct hops_reply *ret, int64_t *ret_at_us);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iftable.h: the interfaces of a device, read from IF-MIB (RFC 2863: ifTable, ifXTable) and EtherLike-MIB (RFC 3635).
 *
 * All columns are walked at a time, each with a cursor of its own: tables have holes, and agents cut answers short where
 * they like. What belongs together is found by the index. Embedded in a probe's job: iftable_start() once the agent is
 * open; `done` is called with all rows, in the order of their indices; what goes wrong ends the attempt with its text. */
#ifndef VIGIE_CHECKS_SNMP_IFTABLE_H
#define VIGIE_CHECKS_SNMP_IFTABLE_H

#include "checks/snmp/ask.h"

enum { IFTABLE_ROWS = 256, IFTABLE_COLUMNS = 18 };
/* The counters: octets in 64 bits where the agent has them. */
enum { IF_IN, IF_OUT, IF_IN_ERRORS, IF_OUT_ERRORS, IF_IN_DISCARDS, IF_OUT_DISCARDS, IF_COUNTERS };
enum { IF_UP = 1, IF_DOWN = 2 };       /* ifAdminStatus, ifOperStatus; more of the latter in iftable_status() */
enum { IF_HALF = 2, IF_FULL = 3 };     /* dot3StatsDuplexStatus */
enum { IF_LOOPBACK = 24 };             /* ifType */
struct if_row {
    uint32_t index;
    const char *name, *descr, *alias;  /* in the arena of the attempt; "" when not told. name: ifName, else ifDescr */
    int64_t type, admin, oper, duplex; /* 0: not told */
    double speed;                      /* bit/s; 0: not told */
    uint64_t count[IF_COUNTERS];
    int bits[IF_COUNTERS];             /* 32 or 64; 0: not told */
    double discontinuity;              /* sysUpTime in s at which the counters were last set back; 0 */
};
struct iftable {
    struct snmp_ask ask;
    void (*done)(struct attempt *a);
    double up_time; /* s */
    bool more;      /* there are more than IFTABLE_ROWS */
    struct if_row *rows;
    int n;
    /* the walk */
    struct attempt *a;
    bool v1;
    int repetitions, rounds, n_asked, asked[IFTABLE_COLUMNS];
    bool over[IFTABLE_COLUMNS];
    struct str column[IFTABLE_COLUMNS], cursor[IFTABLE_COLUMNS], question[IFTABLE_COLUMNS];
};
void iftable_start(struct iftable *t, struct attempt *a, void (*done)(struct attempt *a)); /* t->ask is open */
const char *iftable_status(int64_t oper); /* "up", "down", "lowerLayerDown"; "?" */
struct iftable *iftable_of(struct attempt *a); /* by the probe: where it is in a->job */

#endif

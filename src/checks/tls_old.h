/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_old.h: offers old protocols to a TLS server, one a connection, and judges whether it refuses them.
 * The first member of the tls probe's job, as its callbacks know the attempt only; begins when the handshake was judged,
 * and ends the attempt. */
#ifndef VIGIE_CHECKS_TLS_OLD_H
#define VIGIE_CHECKS_TLS_OLD_H

#include "checks/dial.h"

struct script;
struct tls_old_opts {
    const struct conf_texts *refuse; /* words of tls_old_check() */
    const struct script *script;     /* before TLS; NULL: none */
    const char *server_name;         /* NULL */
    int port;
};
struct tls_old {
    struct attempt *a; /* NULL: not begun */
    struct tls_old_opts opts;
    struct dial dial;
    struct script_talk *talk;
    struct timer patience; /* silence is a refusal, too */
    struct buf heard, taken; /* taken: the protocols that were */
    char host[ADDR_TEXT_BYTES];
    int at; /* index into refuse */
    bool offered;
    enum state state; /* of the handshake before */
    const char *text;
};
int tls_old_check(const struct conf_texts *refuse, struct err *e); /* ERR_INVALID: a word that there is not */
void tls_old_start(struct tls_old *o, struct attempt *a, const struct addr *peer, const struct tls_old_opts *opts);
void tls_old_stop(struct tls_old *o);
void tls_old_late(struct tls_old *o); /* for late(): says again what was found before */

#endif

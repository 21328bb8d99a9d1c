/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_link.h: the way to an IRC server: look-up, connection (one address after the other), TLS, and its bytes as lines.
 *
 * Nothing is retried here.  on_end is the last call, and comes from a later turn; irc_link_free() may be called from any callback.
 * On the loop that it was made with. */
#ifndef VIGIE_CHANNELS_IRC_LINK_H
#define VIGIE_CHANNELS_IRC_LINK_H

#include "io/dns.h"
#include "io/sock.h"

enum { IRC_LINK_OPEN_MS = 40000 }; /* until the connection stands, TLS included */

struct irc_link;
struct irc_link_opts { /* all copied */
    const char *host;
    int port;
    bool secure;
    struct tls_opts tls; /* with a server_name when host is a name */
};
struct irc_link_events {
    void (*on_open)(void *arg);               /* lines may go */
    void (*on_line)(void *arg, char *line);   /* without its end; may be written to */
    void (*on_end)(void *arg, int code, const struct err *e); /* code 0: the server closed in order */
};
struct irc_link *irc_link_start(struct loop *l, struct dns *dns, const struct irc_link_opts *o, const struct irc_link_events *events, void *arg);
int irc_link_write(struct irc_link *k, const char *p, size_t n); /* ERR_RESET, ERR_LIMIT */
struct irc_link *irc_link_free(struct irc_link *k);              /* takes NULL, returns NULL */

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finding.h: one thing that discovery saw and that could be watched: a host, or a check of a host. A run of discovery (checks/discover)
 * tells findings; what became of them (undecided, watched, ignored, vanished) is kept by the book of findings. */
#ifndef VIGIE_MODEL_FINDING_H
#define VIGIE_MODEL_FINDING_H

enum { FINDING_MAX = 4000 }; /* in one book; more are counted, not kept */

/* Texts are the teller's and valid during the call only. Bytes from outside were cleaned (UTF-8, no control characters). */
struct finding {
    const char *key;      /* its identity from run to run, e.g. "web1/listen/tcp/443", "net/02:00:00:00:00:01" */
    const char *source;   /* the run that tells it: "host", or "net 192.0.2.0/24": what a later run of it misses has vanished */
    const char *host;     /* name in the configuration */
    const char *address;  /* of the host; NULL: it has a name that resolves, or is this machine */
    const char *parents;  /* names of hosts, joined by ", ", for `parents:`; NULL: none known */
    const char *check;    /* name of the check; NULL: the host itself */
    const char *yaml;     /* the item below `checks:`, "https: https://web1/"; NULL with check NULL */
    const char *what;     /* one line for people: "nginx answers HTTPS for example.org" */
    const char *evidence; /* how that is known: "port 443, process nginx, server_name in /etc/nginx/sites-enabled/example" */
};

#endif

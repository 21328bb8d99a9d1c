/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.h: what the files of rows share: option rows to pick from, and the probe around a row. Private to script/. */
#ifndef VIGIE_CHECKS_SCRIPT_ROWS_H
#define VIGIE_CHECKS_SCRIPT_ROWS_H

#include "checks/script/script.h"
#include "checks/services.h"

void script_start(struct attempt *a);
void script_stop(struct attempt *a);
void script_late(struct attempt *a);
int script_finish(const struct script *s, void *opts, struct arena *arena, const char *host_address, struct err *e);
extern const struct script *const script_with_starttls[]; /* NULL-terminated */
extern const struct conf_row script_days_rows[];
extern const char *const script_tls_words[];

extern const struct script script_smtp, script_submission, script_lmtp, script_imap, script_pop3, script_managesieve; /* rows_mail.c */
extern const struct script script_ftp, script_nntp, script_xmpp; /* rows_text.c, rows_chat.c */
extern const struct script script_postgres, script_mysql, script_ldap; /* rows_binary.c */

#define OPT(member) offsetof(struct script_opts, member)
#define ROW_TARGET(sample)                                                                                             \
    {.key = "target", .type = CONF_TEXT, .offset = OPT(target), .flags = CONF_POSITIONAL,                             \
     .help = MSG("HOST, HOST:PORT or a port; by default the host and the port of the protocol"), .example = sample}
#define ROWS_TIME                                                                                                      \
    {.key = "warn", .type = CONF_LEVEL, .offset = OPT(warn), .unit = "ms",                                             \
     .help = MSG("time of the whole dialogue that is a warning"), .example = "500ms"},                                 \
    {.key = "crit", .type = CONF_LEVEL, .offset = OPT(crit), .unit = "ms",                                             \
     .help = MSG("time of the whole dialogue that is critical"), .example = "2s"}
#define ROWS_CERTIFICATE                                                                                               \
    {.key = "verify", .type = CONF_BOOL, .offset = OPT(verify), .by_default = "yes",                                   \
     .help = MSG("with TLS: the certificate must be good"), .example = "no"},                                          \
    {.key = "server_name", .type = CONF_TEXT, .offset = OPT(server_name),                                              \
     .help = MSG("with TLS: the name to ask for and to verify; by default that of the target"),                        \
     .example = "mail.example.org"},                                                                                   \
    {.key = "certificate", .type = CONF_GROUP, .rows = script_days_rows,                                               \
     .help = MSG("thresholds for the days left of the certificate"), .example = "{ warn: < 21d, crit: < 7d }"}
/* TLS from the first byte, or by STARTTLS. */
#define ROWS_TLS                                                                                                       \
    {.key = "tls", .type = CONF_WORD, .offset = OPT(tls), .words = script_tls_words, .by_default = "auto",             \
     .help = MSG("TLS: none, by STARTTLS, or from the first byte; auto: as is usual at the port"),                     \
     .example = "starttls"},                                                                                           \
    ROWS_CERTIFICATE
/* Protocols without STARTTLS: the words are in the places that they have above. */
#define ROWS_TLS_PLAIN                                                                                                 \
    {.key = "tls", .type = CONF_WORD, .offset = OPT(tls), .words = script_tls_words, .by_default = "auto",             \
     .help = MSG("TLS from the first byte (yes) or none; auto: as is usual at the port"), .example = "yes"},           \
    ROWS_CERTIFICATE
#define ROWS_LOGIN                                                                                                     \
    {.key = "user", .type = CONF_TEXT, .offset = OPT(user), .help = MSG("logs in as this user"), .example = "vigie"},  \
    {.key = "password", .type = CONF_SECRET, .offset = OPT(password), .help = MSG("password of the user"),             \
     .example = "{ file: /etc/vigie/password }"}
#define ROW_REQUIRE(sample)                                                                                            \
    {.key = "require", .type = CONF_TEXTS, .offset = OPT(require),                                                     \
     .help = MSG("capabilities that must be offered"), .example = sample}
#define ROW_VERSION(sample)                                                                                            \
    {.key = "version", .type = CONF_TEXT, .offset = OPT(version),                                                      \
     .help = MSG("text that the version must contain, else a warning"), .example = sample}
#define ROW_NAME(word, text, sample)                                                                                   \
    {.key = word, .type = CONF_TEXT, .offset = OPT(name), .help = text, .example = sample}
#define ROWS_LEVEL(n, group_warn, group_crit, what_unit, text_warn, text_crit, sample_warn, sample_crit)               \
    {.key = group_warn, .type = CONF_LEVEL, .offset = OPT(level[n][0]), .unit = what_unit, .help = text_warn,          \
     .example = sample_warn},                                                                                          \
    {.key = group_crit, .type = CONF_LEVEL, .offset = OPT(level[n][1]), .unit = what_unit, .help = text_crit,          \
     .example = sample_crit}

/* The probe `id` of the row script_id with the options rows_id. */
#define SCRIPT_PROBE(id, area_word, example_text, help_text)                                                           \
    static int finish_##id(void *opts, struct arena *arena, const char *host_address, struct err *e)                   \
    {                                                                                                                  \
        return script_finish(&script_##id, opts, arena, host_address, e);                                              \
    }                                                                                                                  \
    const struct probe probe_##id = {                                                                                  \
        .kind = {.name = #id, .help = help_text, .area = area_word, .example = example_text, .rows = rows_##id,        \
                 .opts_bytes = sizeof(struct script_opts), .finish = finish_##id},                                     \
        .start = script_start, .stop = script_stop, .late = script_late,                                               \
    }

#endif

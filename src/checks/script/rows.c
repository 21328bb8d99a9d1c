/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.c: what several files of rows need once. */
#include "checks/script/rows.h"

const char *const script_tls_words[] = {"auto", "no", "starttls", "yes", NULL};

const struct conf_row script_days_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = OPT(days_warn), .unit = "d", .by_default = "< 14d",
     .help = MSG("days left that are a warning"), .example = "< 21d"},
    {.key = "crit", .type = CONF_LEVEL, .offset = OPT(days_crit), .unit = "d", .by_default = "< 3d",
     .help = MSG("days left that are critical"), .example = "< 7d"},
    {0},
};

const struct script *const script_with_starttls[] = {
    &script_smtp, &script_submission, &script_lmtp, &script_imap, &script_pop3, &script_managesieve,
    &script_ftp,  &script_nntp,       &script_xmpp, &script_postgres, &script_mysql, &script_ldap, NULL,
};

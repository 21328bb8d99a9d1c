/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.c: what several files of rows need once. */
#include "checks/script/rows.h"
#include "checks/tls_judge.h"

const char *const script_tls_words[] = {"auto", "no", "starttls", "yes", NULL};

const struct conf_row script_days_rows[] = {TLS_DAYS_ROWS(OPT(days_warn), OPT(days_crit))};

const struct script *const script_with_starttls[] = {
    &script_smtp, &script_submission, &script_lmtp, &script_imap, &script_pop3, &script_managesieve,
    &script_ftp,  &script_nntp,       &script_xmpp, &script_postgres, &script_mysql, &script_ldap, NULL,
};

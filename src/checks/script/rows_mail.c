/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows_mail.c: SMTP, submission, LMTP, IMAP, POP3, managesieve.
 * Source: RFC 5321, 3207, 4954 (SMTP), 2033 (LMTP), 9051, 3501 (IMAP), 1939, 2449, 2595 (POP3), 5804 (managesieve). */
#include "checks/script/rows.h"

/* ---- SMTP and its sisters ---- */

static const struct script_refusal smtp_greeting[] = {
    {"^421", STATE_CRITICAL, MSG("the server is busy or goes down: “{1}”")},
    {"^554", STATE_CRITICAL, MSG("the server turns us away: “{1}”")},
    {0},
};
static const struct script_refusal smtp_login[] = {
    {"^535", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {"^538", STATE_CRITICAL, MSG("the log-in needs TLS first: “{1}”")},
    {"^530", STATE_CRITICAL, MSG("the log-in needs TLS first: “{1}”")},
    {"^454", STATE_CRITICAL, MSG("the server cannot log anybody in at present: “{1}”")},
    {0},
};
#define SMTP_STEPS(hello)                                                                                              \
    {SCRIPT_REPLY, .want = "220", .refusals = smtp_greeting, .take = {{"greeting", TAKE_LINE}}},                       \
    {SCRIPT_SEND, .text = hello " {self}\r\n"},                                                                        \
    {SCRIPT_REPLY, .want = "250", .take = {{"capabilities", TAKE_LIST, .at = 4}}},                                     \
    {SCRIPT_NEED, .when = IF_STARTTLS, .text = "STARTTLS"},                                                            \
    {SCRIPT_SEND, .when = IF_STARTTLS, .text = "STARTTLS\r\n"},                                                        \
    {SCRIPT_REPLY, .when = IF_STARTTLS, .want = "220"},                                                                \
    {SCRIPT_SECURE, .when = IF_STARTTLS},                                                                              \
    {SCRIPT_SEND, .when = IF_UPGRADED, .text = hello " {self}\r\n"},                                                   \
    {SCRIPT_REPLY, .when = IF_UPGRADED, .want = "250", .take = {{"capabilities", TAKE_LIST, .at = 4}}},                \
    {SCRIPT_SEND, .when = IF_USER, .text = "AUTH PLAIN {plain}\r\n", .secret = true},                                  \
    {SCRIPT_REPLY, .when = IF_USER, .want = "235", .refusals = smtp_login},                                            \
    {0}
static const struct script_step smtp_steps[] = {SMTP_STEPS("EHLO")};
static const struct script_step lmtp_steps[] = {SMTP_STEPS("LHLO")};
static const struct script_piece greeting_says[] = {{"greeting", NULL}, {0}};

#define ROW_HELO                                                                                                       \
    {.key = "helo", .type = CONF_TEXT, .offset = OPT(self), .by_default = "localhost",                                 \
     .help = MSG("name with which vigie introduces itself"), .example = "monitor.example.org"}

const struct script script_smtp = {
    .word = "smtp", .port = 25, .tls_port = 465, .steps = smtp_steps, .says = greeting_says,
    .notable = "STARTTLS|AUTH", .quit = "QUIT\r\n",
};
static const struct conf_row rows_smtp[] = {
    ROW_TARGET("mail.example.org"), ROWS_TLS, ROWS_LOGIN, ROW_REQUIRE("[STARTTLS, AUTH PLAIN]"), ROW_HELO, ROWS_TIME, {0},
};
SCRIPT_PROBE(smtp, "mail", "smtp: mail.example.org", MSG("greets a mail server (SMTP): greeting, capabilities, STARTTLS, log-in"));

const struct script script_submission = {
    .word = "submission", .port = 587, .tls_port = 465, .starttls = true, .steps = smtp_steps, .says = greeting_says,
    .notable = "AUTH", .quit = "QUIT\r\n",
};
#define rows_submission rows_smtp
SCRIPT_PROBE(submission, "mail", "submission: mail.example.org",
             MSG("greets a mail server where users hand in their mail: STARTTLS, then capabilities, log-in"));

const struct script script_lmtp = {
    .word = "lmtp", .port = 24, .steps = lmtp_steps, .says = greeting_says, .notable = "STARTTLS|AUTH", .quit = "QUIT\r\n",
};
#define rows_lmtp rows_smtp
SCRIPT_PROBE(lmtp, "mail", "lmtp: mail.example.org:24", MSG("greets a server for local delivery of mail (LMTP)"));

/* ---- IMAP ---- */

static const struct script_refusal imap_greeting[] = {
    {"^* BYE", STATE_CRITICAL, MSG("the server turns us away: “{1}”")},
    {0},
};
static const struct script_refusal imap_login[] = {
    {"a3 NO [UNAVAILABLE]", STATE_CRITICAL, MSG("the server cannot log anybody in at present: “{1}”")},
    {"a3 NO", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {"a3 BAD", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {0},
};
#define IMAP_CAPABILITIES {{"capabilities", TAKE_LIST, "* CAPABILITY ", 13}}
static const struct script_step imap_steps[] = {
    {SCRIPT_LINE, .want = "* OK|* PREAUTH", .refusals = imap_greeting, .take = {{"greeting", TAKE_LINE, .at = 2}}},
    {SCRIPT_SEND, .text = "a1 CAPABILITY\r\n"},
    {SCRIPT_LINES, .until = "a1 ", .want = "a1 OK", .take = IMAP_CAPABILITIES},
    {SCRIPT_NEED, .when = IF_STARTTLS, .text = "STARTTLS"},
    {SCRIPT_SEND, .when = IF_STARTTLS, .text = "a2 STARTTLS\r\n"},
    {SCRIPT_LINES, .when = IF_STARTTLS, .until = "a2 ", .want = "a2 OK"},
    {SCRIPT_SECURE, .when = IF_STARTTLS},
    {SCRIPT_SEND, .when = IF_UPGRADED, .text = "a1 CAPABILITY\r\n"},
    {SCRIPT_LINES, .when = IF_UPGRADED, .until = "a1 ", .want = "a1 OK", .take = IMAP_CAPABILITIES},
    {SCRIPT_SEND, .when = IF_USER, .text = "a3 LOGIN {user.quoted} {password.quoted}\r\n", .secret = true},
    {SCRIPT_LINES, .when = IF_USER, .until = "a3 ", .want = "a3 OK", .refusals = imap_login},
    {0},
};
const struct script script_imap = {
    .word = "imap", .port = 143, .tls_port = 993, .steps = imap_steps, .says = greeting_says,
    .notable = "STARTTLS|LOGINDISABLED|AUTH", .words = true, .quit = "a9 LOGOUT\r\n",
};
static const struct conf_row rows_imap[] = {
    ROW_TARGET("mail.example.org"), ROWS_TLS, ROWS_LOGIN, ROW_REQUIRE("[STARTTLS, IDLE]"), ROWS_TIME, {0},
};
SCRIPT_PROBE(imap, "mail", "imap: mail.example.org", MSG("greets an IMAP server: greeting, capabilities, STARTTLS, log-in"));

/* ---- POP3: CAPA is younger than the protocol, so that a refusal of it is no fault ---- */

static const struct script_refusal pop3_login[] = {
    {"[SYS/", STATE_CRITICAL, MSG("the server cannot log anybody in at present: “{1}”")},
    {"[IN-USE]", STATE_WARNING, MSG("the mailbox is in use by somebody else: “{1}”")},
    {"^-ERR", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {0},
};
#define POP3_CAPABILITIES {{"capabilities", TAKE_LIST, .but_last = true}}
static const struct script_step pop3_steps[] = {
    {SCRIPT_LINE, .want = "+OK", .take = {{"greeting", TAKE_LINE}}},
    {SCRIPT_SEND, .text = "CAPA\r\n"},
    {SCRIPT_LINES, .until = ".\r\n|.\n|-ERR", .want = ".|-ERR", .take = POP3_CAPABILITIES},
    {SCRIPT_NEED, .when = IF_STARTTLS, .text = "STLS"},
    {SCRIPT_SEND, .when = IF_STARTTLS, .text = "STLS\r\n"},
    {SCRIPT_LINE, .when = IF_STARTTLS, .want = "+OK"},
    {SCRIPT_SECURE, .when = IF_STARTTLS},
    {SCRIPT_SEND, .when = IF_UPGRADED, .text = "CAPA\r\n"},
    {SCRIPT_LINES, .when = IF_UPGRADED, .until = ".\r\n|.\n|-ERR", .want = ".", .take = POP3_CAPABILITIES},
    {SCRIPT_SEND, .when = IF_USER, .text = "USER {user}\r\n"},
    {SCRIPT_LINE, .when = IF_USER, .want = "+OK", .refusals = pop3_login},
    {SCRIPT_SEND, .when = IF_USER, .text = "PASS {password}\r\n", .secret = true},
    {SCRIPT_LINE, .when = IF_USER, .want = "+OK", .refusals = pop3_login},
    {0},
};
const struct script script_pop3 = {
    .word = "pop3", .port = 110, .tls_port = 995, .steps = pop3_steps, .says = greeting_says, .notable = "STLS|SASL",
    .quit = "QUIT\r\n",
};
static const struct conf_row rows_pop3[] = {
    ROW_TARGET("mail.example.org"), ROWS_TLS, ROWS_LOGIN, ROW_REQUIRE("[STLS, UIDL]"), ROWS_TIME, {0},
};
SCRIPT_PROBE(pop3, "mail", "pop3: mail.example.org", MSG("greets a POP3 server: greeting, capabilities, STLS, log-in"));

/* ---- managesieve: the capabilities come by themselves, again after STARTTLS ---- */

static const struct script_refusal sieve_greeting[] = {
    {"BYE ", STATE_CRITICAL, MSG("the server turns us away: “{1}”")},
    {0},
};
static const struct script_refusal sieve_login[] = {
    {"NO", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {0},
};
#define SIEVE_TAKES                                                                                                    \
    {{"software", TAKE_GROUP, "^\"IMPLEMENTATION\" \"([^\"]*)\""}, {"capabilities", TAKE_GROUP, "^\"(STARTTLS)\""},    \
     {"sasl", TAKE_GROUP, "^\"SASL\" \"([^\"]*)\""}}
static const struct script_step sieve_steps[] = {
    {SCRIPT_LINES, .until = "OK|NO|BYE", .want = "OK", .refusals = sieve_greeting, .take = SIEVE_TAKES},
    {SCRIPT_NEED, .when = IF_STARTTLS, .text = "STARTTLS"},
    {SCRIPT_SEND, .when = IF_STARTTLS, .text = "STARTTLS\r\n"},
    {SCRIPT_LINE, .when = IF_STARTTLS, .want = "OK"},
    {SCRIPT_SECURE, .when = IF_STARTTLS},
    {SCRIPT_LINES, .when = IF_UPGRADED, .until = "OK|NO|BYE", .want = "OK", .take = SIEVE_TAKES},
    {SCRIPT_SEND, .when = IF_USER, .text = "AUTHENTICATE \"PLAIN\" \"{plain}\"\r\n", .secret = true},
    {SCRIPT_LINES, .when = IF_USER, .until = "OK|NO|BYE", .want = "OK", .refusals = sieve_login},
    {0},
};
static const struct script_piece sieve_says[] = {{"software", NULL}, {"sasl", MSG("SASL {1}")}, {0}};
const struct script script_managesieve = {
    .word = "managesieve", .port = 4190, .steps = sieve_steps, .says = sieve_says, .notable = "STARTTLS", .quit = "LOGOUT\r\n",
};
static const struct conf_row rows_managesieve[] = {
    ROW_TARGET("mail.example.org"), ROWS_TLS, ROWS_LOGIN, ROW_REQUIRE("[STARTTLS]"), ROWS_TIME, {0},
};
SCRIPT_PROBE(managesieve, "mail", "managesieve: mail.example.org", MSG("greets a server for mail filters (managesieve)"));

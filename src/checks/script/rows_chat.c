/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows_chat.c: servers through which people talk: IRC, XMPP, SIP.
 * Source: RFC 2812 (IRC), 6120 (XMPP), 3261 (SIP). */
#include "checks/script/rows.h"

/* ---- IRC ---- */

static const struct script_refusal irc_refusals[] = {
    {" 464 ", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {" 465 ", STATE_CRITICAL, MSG("the server turns us away: “{1}”")},
    {"^ERROR ", STATE_CRITICAL, MSG("the server turns us away: “{1}”")},
    {" 433 ", STATE_WARNING, MSG("the server answers, but the nickname is taken: “{1}”")},
    {" 432 ", STATE_WARNING, MSG("the server answers, but does not like the nickname: “{1}”")},
    {0},
};
static const struct script_step irc_steps[] = {
    {SCRIPT_SEND, .when = IF_PASSWORD, .text = "PASS {password}\r\n", .secret = true},
    {SCRIPT_SEND, .unless = IF_USER, .text = "NICK v{unique}\r\nUSER vigie 0 * :vigie\r\n"},
    {SCRIPT_SEND, .when = IF_USER, .text = "NICK {user}\r\nUSER {user} 0 * :vigie\r\n"},
    {SCRIPT_LINE, .want = " 001 ", .match = SCRIPT_CONTAINS, .pass = true, .ping = "PING ", .pong = "PONG {rest}\r\n",
     .refusals = irc_refusals, .take = {{"server", TAKE_GROUP, "^:([^ ]+) 001 "}, {"network", TAKE_GROUP, "Welcome to the ([^ ]+)"}}},
    {SCRIPT_LINE, .want = " 004 ", .match = SCRIPT_CONTAINS, .pass = true, .ping = "PING ", .pong = "PONG {rest}\r\n",
     .refusals = irc_refusals, .take = {{"version", TAKE_GROUP, " 004 [^ ]+ :?[^ ]+ ([^ ]+)"}}},
    {0},
};
static const struct script_piece irc_says[] = {{"server", NULL}, {"version", NULL}, {0}};
static const struct script script_irc = {
    .word = "irc", .port = 6667, .tls_port = 6697, .steps = irc_steps, .says = irc_says, .quit = "QUIT :vigie\r\n", .lone_password = true,
};
static const struct conf_row rows_irc[] = {
    ROW_TARGET("irc.example.org"), ROWS_TLS_PLAIN,
    {.key = "user", .type = CONF_TEXT, .offset = OPT(user), .help = MSG("nickname; by default v and a number"), .example = "probe"},
    {.key = "password", .type = CONF_SECRET, .offset = OPT(password), .help = MSG("password of the server"), .example = "{ file: /etc/vigie/irc }"},
    ROW_VERSION("ngircd"), ROWS_TIME, {0},
};
SCRIPT_PROBE(irc, "messages", "irc: irc.example.org", MSG("signs on at an IRC server and answers its PING"));

/* ---- XMPP ---- */

#define XMPP_STREAM                                                                                                    \
    "<?xml version='1.0'?><stream:stream to='{name}' xmlns='jabber:client' "                                           \
    "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
static const struct script_refusal xmpp_refusals[] = {
    {"<host-unknown", STATE_CRITICAL, MSG("the server does not know the domain; give “domain”: “{1}”")},
    {"<stream:error", STATE_CRITICAL, MSG("the server refuses: “{1}”"), .from = "<stream:error>"},
    {0},
};
#define XMPP_FEATURES                                                                                                  \
    SCRIPT_TEXT, .want = "</stream:features>|<stream:features/>", .refusals = xmpp_refusals,                           \
    .take = {{"domain", TAKE_GROUP, "from=['\"]([^'\"]*)['\"]"}, {"capabilities", TAKE_MANY, "<(?:mechanism>)?(starttls|[A-Z0-9-]+)(?= |<|/)"}}
static const struct script_step xmpp_steps[] = {
    {SCRIPT_SEND, .text = XMPP_STREAM},
    {XMPP_FEATURES},
    {SCRIPT_NEED, .when = IF_STARTTLS, .text = "STARTTLS"},
    {SCRIPT_SEND, .when = IF_STARTTLS, .text = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
    {SCRIPT_TEXT, .when = IF_STARTTLS, .want = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>|<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>",
     .refusals = xmpp_refusals},
    {SCRIPT_SECURE, .when = IF_STARTTLS},
    {SCRIPT_SEND, .when = IF_UPGRADED, .text = XMPP_STREAM},
    {XMPP_FEATURES, .when = IF_UPGRADED},
    {0},
};
static const struct script_piece xmpp_says[] = {{"domain", MSG("XMPP of {1}")}, {0}};
const struct script script_xmpp = {
    .word = "xmpp", .port = 5222, .tls_port = 5223, .steps = xmpp_steps, .says = xmpp_says,
    .notable = "starttls|PLAIN|SCRAM-SHA-1|SCRAM-SHA-256|EXTERNAL", .quit = "</stream:stream>",
};
static const struct conf_row rows_xmpp[] = {
    ROW_TARGET("xmpp.example.org"), ROW_NAME("domain", MSG("domain to ask for; by default that of the target"), "example.org"), ROWS_TLS,
    ROW_REQUIRE("[STARTTLS]"), ROWS_TIME, {0},
};
SCRIPT_PROBE(xmpp, "messages", "xmpp: xmpp.example.org", MSG("opens a stream at an XMPP server: features, STARTTLS"));

/* ---- SIP ---- */

#define SIP_OPTIONS(transport)                                                                                         \
    "OPTIONS sip:{host} SIP/2.0\r\nVia: SIP/2.0/" transport " {self};branch=z9hG4bKv{unique};rport\r\nMax-Forwards: 70\r\n" \
    "From: <sip:vigie@{self}>;tag=v{unique}\r\nTo: <sip:{host}>\r\nCall-ID: v{unique}@{self}\r\nCSeq: 1 OPTIONS\r\n"       \
    "Contact: <sip:vigie@{self}>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n"
static const struct script_refusal sip_refusals[] = {
    {"^SIP/2.0 503", STATE_CRITICAL, MSG("the server is busy or goes down: “{1}”")},
    {"^SIP/2.0 5", STATE_CRITICAL, MSG("the server has an error: “{1}”")},
    {"^SIP/2.0 6", STATE_CRITICAL, MSG("the server refuses: “{1}”")},
    {"^SIP/2.0 4", STATE_OK, MSG("the server answers")}, /* not allowed, or after a log-in only: it is there */
    {0},
};
static const struct script_step sip_steps[] = {
    {SCRIPT_SEND, .when = IF_UDP, .text = SIP_OPTIONS("UDP")},
    {SCRIPT_SEND, .unless = IF_UDP | IF_SECURE, .text = SIP_OPTIONS("TCP")},
    {SCRIPT_SEND, .when = IF_SECURE, .text = SIP_OPTIONS("TLS")},
    {SCRIPT_LINES, .until = "\r\n|\n", .want = "^SIP/2\\.0 1", .match = SCRIPT_REGEX, .optional = true}, /* provisional */
    {SCRIPT_LINES, .until = "\r\n|\n", .want = "^SIP/2\\.0 [23]", .match = SCRIPT_REGEX, .refusals = sip_refusals,
     .take = {{"answer", TAKE_LINE}, {"software", TAKE_GROUP, "^(?i:server|user-agent): *([^\\r\\n]*)"}}},
    {0},
};
static const struct script_piece sip_says[] = {{"answer", NULL}, {"software", NULL}, {0}};
static const struct script script_sip = {.word = "sip", .port = 5060, .tls_port = 5061, .steps = sip_steps, .says = sip_says};
static const struct conf_row rows_sip[] = {
    ROW_TARGET("sip.example.org"),
    {.key = "udp", .type = CONF_BOOL, .offset = OPT(udp), .by_default = "yes", .help = MSG("asks by UDP; no: by TCP. TLS is always by TCP"),
     .example = "no"},
    ROWS_TLS_PLAIN, ROWS_TIME, {0},
};
SCRIPT_PROBE(sip, "messages", "sip: sip.example.org", MSG("asks a SIP server for its options (OPTIONS), by UDP, TCP or TLS"));

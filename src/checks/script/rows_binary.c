/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows_binary.c: servers that speak in frames: MySQL, PostgreSQL, AMQP, MQTT, VNC, git; and LDAP's STARTTLS.
 * Source: MySQL's and PostgreSQL's documentation of their protocols; AMQP 0-9-1; MQTT 3.1.1; RFC 6143 (VNC); git's
 * protocol-pack; RFC 4511 (LDAP). */
#include "checks/script/rows.h"

/* ---- MySQL, MariaDB ----
 * Who hangs up after the greeting counts as a failed connection, and the host is blocked after a hundred of them.  A
 * log-in that is refused does not count; so vigie makes one. */

static const struct script_refusal mysql_greeting[] = {
    {"^\\xff\\x10\\x04", STATE_CRITICAL, MSG("there are too many connections: “{1}”"), .skip = 3},
    {"^\\xff\\x69\\x04", STATE_CRITICAL, MSG("the server has blocked this machine: “{1}”"), .skip = 3},
    {"^\\xff\\x6a\\x04", STATE_WARNING, MSG("the server answers, but does not let this machine in: “{1}”"), .skip = 3},
    {"^\\xff", STATE_CRITICAL, MSG("the server refuses: “{1}”"), .skip = 3},
    {0},
};
static const struct script_refusal mysql_answer[] = {
    {"^\\xff\\x10\\x04", STATE_CRITICAL, MSG("there are too many connections: “{1}”"), .skip = 3},
    {"^\\xff\\x69\\x04", STATE_CRITICAL, MSG("the server has blocked this machine: “{1}”"), .skip = 3},
    {"^\\xff", STATE_OK, MSG("the server answers")}, /* access denied: that is what it should do */
    {0},
};
/* Capabilities: long password, protocol 4.1, secure connection, plugin; SSL. No password. */
#define MYSQL_HELLO "\\x01\\x82\\x08\\0\\0\\0\\0\\x01\\x21\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
#define MYSQL_SSL "\\x01\\x8a\\x08\\0\\0\\0\\0\\x01\\x21\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
#define MYSQL_USER "vigie\\0\\0mysql_native_password\\0"
static const struct script_step mysql_steps[] = {
    {SCRIPT_FRAME, .framing = SCRIPT_MYSQL, .want = "\\x0a", .refusals = mysql_greeting,
     .take = {{"version", TAKE_GROUP, "^\\x0a(?:5\\.5\\.5-)?([^\\x00]+)"},
              {"capabilities", TAKE_IS, "(?s)^\\x0a[^\\x00]+\\x00.{14}[\\x08-\\x0f\\x18-\\x1f\\x28-\\x2f\\x38-\\x3f\\x48-\\x4f\\x58-\\x5f\\x68-\\x6f"
                                        "\\x78-\\x7f\\x88-\\x8f\\x98-\\x9f\\xa8-\\xaf\\xb8-\\xbf\\xc8-\\xcf\\xd8-\\xdf\\xe8-\\xef\\xf8-\\xff]", .as = "TLS"}}},
    {SCRIPT_NEED, .when = IF_STARTTLS, .text = "TLS"},
    {SCRIPT_SEND, .when = IF_STARTTLS, .text = "{mysql1:" MYSQL_SSL "}", .secret = true},
    {SCRIPT_SECURE, .when = IF_STARTTLS},
    {SCRIPT_SEND, .when = IF_UPGRADED, .text = "{mysql2:" MYSQL_SSL MYSQL_USER "}", .secret = true},
    {SCRIPT_SEND, .unless = IF_UPGRADED, .text = "{mysql1:" MYSQL_HELLO MYSQL_USER "}", .secret = true},
    {SCRIPT_FRAME, .framing = SCRIPT_MYSQL, .want = "\\0|\\xfe|\\x01|\\xff\\x15\\x04", .refusals = mysql_answer},
    {0},
};
static const struct script_piece mysql_says[] = {{"version", MSG("MySQL {1}")}, {0}};
const struct script script_mysql = {
    .word = "mysql", .port = 3306, .steps = mysql_steps, .says = mysql_says, .notable = "TLS",
};
static const struct conf_row rows_mysql[] = {ROW_TARGET("db.example.org"), ROWS_TLS, ROW_VERSION("MariaDB"), ROWS_TIME, {0}};
SCRIPT_PROBE(mysql, "databases", "mysql: db.example.org", MSG("greets a MySQL or MariaDB server: version, TLS, no room, blocked"));

/* ---- PostgreSQL ---- */

static const struct script_refusal postgres_tls[] = {
    {"^N", STATE_CRITICAL, MSG("TLS is not offered: “{1}”")},
    {0},
};
static const struct script_refusal postgres_refusals[] = {
    {"\\0C53300\\0", STATE_CRITICAL, MSG("there are too many connections: “{1}”"), .from = "\\0M"},
    {"\\0C57P03\\0", STATE_CRITICAL, MSG("the server starts, stops or recovers: “{1}”"), .from = "\\0M"},
    {"\\0C57P", STATE_CRITICAL, MSG("the server is busy or goes down: “{1}”"), .from = "\\0M"},
    {"\\0C28", STATE_OK, MSG("it answers “{1}”"), .from = "\\0M"}, /* no such user, no right: that is what it should do */
    {"\\0C3D", STATE_OK, MSG("it answers “{1}”"), .from = "\\0M"},
    {"^E", STATE_CRITICAL, MSG("the server refuses: “{1}”"), .from = "\\0M"},
    {0},
};
static const struct script_step postgres_steps[] = {
    {SCRIPT_SEND, .when = IF_STARTTLS, .text = "\\0\\0\\0\\x08\\x04\\xd2\\x16\\x2f"},
    {SCRIPT_BYTES, .when = IF_STARTTLS, .size = 1, .want = "S", .refusals = postgres_tls},
    {SCRIPT_SECURE, .when = IF_STARTTLS},
    {SCRIPT_SEND, .text = "{len32:\\0\\x03\\0\\0user\\0{user}\\0database\\0{name}\\0application_name\\0vigie\\0\\0}"},
    {SCRIPT_FRAME, .framing = SCRIPT_POSTGRES, .want = "R", .refusals = postgres_refusals,
     .take = {{"method", TAKE_GROUP, "(SCRAM-SHA-[0-9]+(?:-PLUS)?)"}, {"method", TAKE_IS, "(?s)^R.{4}\\x00\\x00\\x00\\x05", .as = "MD5"},
              {"method", TAKE_IS, "(?s)^R.{4}\\x00\\x00\\x00\\x03", .as = "password"}, {"method", TAKE_IS, "(?s)^R.{4}\\x00\\x00\\x00\\x00", .as = "trust"}}},
    {0},
};
static const struct script_piece postgres_says[] = {{"method", MSG("asks for a log-in ({1})")}, {0}};
const struct script script_postgres = {
    .word = "postgres", .port = 5432, .steps = postgres_steps, .says = postgres_says, .name = "postgres", .quit = "X\\0\\0\\0\\x04",
};
static const struct conf_row rows_postgres[] = {
    ROW_TARGET("db.example.org"), ROWS_TLS,
    {.key = "user", .type = CONF_TEXT, .offset = OPT(user), .help = MSG("user to ask for; no password is sent"), .by_default = "vigie", .example = "app"},
    ROW_NAME("database", MSG("database to ask for; by default postgres"), "app"), ROWS_TIME, {0},
};
SCRIPT_PROBE(postgres, "databases", "postgres: db.example.org",
             MSG("greets a PostgreSQL server up to its question for a log-in: TLS, no room, start-up, recovery"));

/* ---- AMQP 0-9-1 ---- */

static const struct script_refusal amqp_login[] = {
    {"^\\0\\x0a\\0\\x32", STATE_CRITICAL, MSG("the log-in was refused: “{1}”"), .skip = 7},
    {0},
};
static const struct script_step amqp_steps[] = {
    {SCRIPT_SEND, .text = "AMQP\\0\\0\\x09\\x01"},
    {SCRIPT_FRAME, .framing = SCRIPT_AMQP, .want = "\\0\\x0a\\0\\x0a",
     .take = {{"product", TAKE_LONG, "\x07productS"}, {"version", TAKE_LONG, "\x07versionS"}, {"cluster", TAKE_LONG, "\x0c" "cluster_nameS"}}},
    {SCRIPT_SEND, .when = IF_USER, .secret = true,
     .text = "\\x01\\0\\0{u32:\\0\\x0a\\0\\x0b{u32:}{u8:PLAIN}{u32:\\0{user}\\0{password}}{u8:en_US}}\\xce"},
    {SCRIPT_FRAME, .when = IF_USER, .framing = SCRIPT_AMQP, .want = "\\0\\x0a\\0\\x1e", .refusals = amqp_login},
    {0},
};
static const struct script_piece amqp_says[] = {{"product", NULL}, {"version", NULL}, {"cluster", NULL}, {0}};
static const struct script script_amqp = {.word = "amqp", .port = 5672, .tls_port = 5671, .steps = amqp_steps, .says = amqp_says};
static const struct conf_row rows_amqp[] = {
    ROW_TARGET("mq.example.org"), ROWS_TLS_PLAIN, ROWS_LOGIN, ROW_VERSION("\"3.\""), ROWS_TIME, {0},
};
SCRIPT_PROBE(amqp, "messages", "amqp: mq.example.org", MSG("greets an AMQP 0-9-1 server (RabbitMQ): product, version, log-in"));

/* ---- MQTT 3.1.1 ---- */

static const struct script_refusal mqtt_refusals[] = {
    {"^\\x20\\x02\\0\\x01", STATE_CRITICAL, MSG("the server does not speak MQTT 3.1.1")},
    {"^\\x20\\x02\\0\\x02", STATE_CRITICAL, MSG("the server does not accept the name of the client")},
    {"^\\x20\\x02\\0\\x03", STATE_CRITICAL, MSG("the server says that it is not available")},
    {"^\\x20\\x02\\0\\x04", STATE_CRITICAL, MSG("the server refuses user and password")},
    {"^\\x20\\x02\\0\\x05", STATE_CRITICAL, MSG("the server wants a log-in, or another one")},
    {0},
};
static const struct script_step mqtt_steps[] = {
    {SCRIPT_SEND, .unless = IF_USER, .text = "\\x10{var:{u16:MQTT}\\x04\\x02\\0\\x1e{u16:vigie{unique}}}"},
    {SCRIPT_SEND, .when = IF_USER, .secret = true, .text = "\\x10{var:{u16:MQTT}\\x04\\xc2\\0\\x1e{u16:vigie{unique}}{u16:{user}}{u16:{password}}}"},
    {SCRIPT_BYTES, .size = 4, .want = "\\x20\\x02\\0\\0", .refusals = mqtt_refusals, .take = {{"product", TAKE_IS, "(?s).", .as = "MQTT 3.1.1"}}},
    {0},
};
static const struct script script_mqtt = {
    .word = "mqtt", .port = 1883, .tls_port = 8883, .steps = mqtt_steps, .says = amqp_says, .quit = "\\xe0\\0",
};
static const struct conf_row rows_mqtt[] = {ROW_TARGET("mqtt.example.org"), ROWS_TLS_PLAIN, ROWS_LOGIN, ROWS_TIME, {0}};
SCRIPT_PROBE(mqtt, "messages", "mqtt: mqtt.example.org", MSG("connects to an MQTT broker, with a log-in if you like"));

/* ---- VNC ---- */

static const struct script_refusal vnc_refusals[] = {
    {"^\\0", STATE_CRITICAL, MSG("the server turns us away (no kind of log-in is offered)")},
    {0},
};
static const struct script_step vnc_steps[] = {
    {SCRIPT_LINE, .want = "RFB 0", .take = {{"version", TAKE_LINE, .at = 4}}},
    {SCRIPT_SEND, .text = "RFB 003.008\n"},
    {SCRIPT_FRAME, .framing = SCRIPT_VNC, .match = SCRIPT_REGEX, .want = "(?s)^[^\\x00].", .refusals = vnc_refusals,
     .take = {{"security", TAKE_IS, "(?s)^.", .as = "log-in"}, {"security", TAKE_IS, "(?s)^..*\\x02", .as = "password"},
              {"security", TAKE_IS, "(?s)^..*\\x13", .as = "TLS"}, {"security", TAKE_IS, "(?s)^..*\\x01", .as = "none"}}},
    {0},
};
static const struct script_piece vnc_says[] = {{"version", MSG("VNC (RFB {1})")}, {"security", MSG("log-in: {1}")}, {0}};
static const struct script script_vnc = {.word = "vnc", .port = 5900, .steps = vnc_steps, .says = vnc_says};
static const struct conf_row rows_vnc[] = {
    ROW_TARGET("desk.example.org"), ROW_VERSION("\"003.008\""), ROWS_TIME, {0},
};
SCRIPT_PROBE(vnc, "services", "vnc: desk.example.org", MSG("greets a VNC server: version and kinds of log-in"));

/* ---- git ---- */

static const struct script_refusal git_refusals[] = {
    {"^ERR ", STATE_CRITICAL, MSG("the server refuses: “{1}”"), .skip = 4},
    {0},
};
static const struct script_step git_steps[] = {
    {SCRIPT_SEND, .text = "{hex4:git-upload-pack {name}\\0host={host}\\0}"},
    {SCRIPT_FRAME, .framing = SCRIPT_PKT, .want = "^(?:[0-9a-f]{40,64} |version )", .match = SCRIPT_REGEX, .refusals = git_refusals,
     .take = {{"commit", TAKE_GROUP, "^([0-9a-f]{12})"}, {"software", TAKE_GROUP, "agent=([^ \\n]+)"}}},
    {0},
};
static const struct script_piece git_says[] = {{"commit", MSG("HEAD is {1}")}, {"software", NULL}, {0}};
static const struct script script_git = {.word = "git", .port = 9418, .steps = git_steps, .says = git_says, .quit = "0000", .name = "/"};
static const struct conf_row rows_git[] = {
    ROW_TARGET("git.example.org"), ROW_NAME("path", MSG("path of the repository"), "/project.git"), ROWS_TIME, {0},
};
SCRIPT_PROBE(git, "files", "git: { target: git.example.org, path: /project.git }", MSG("asks a git server for the branches of a repository"));

/* ---- LDAP: only what stands before TLS ---- */

static const struct script_step ldap_steps[] = {
    {SCRIPT_SEND, .text = "\\x30\\x1d\\x02\\x01\\x01\\x77\\x18\\x80\\x161.3.6.1.4.1.1466.20037"},
    {SCRIPT_FRAME, .framing = SCRIPT_BER, .want = "\\x0a\\x01\\0", .match = SCRIPT_CONTAINS},
    {SCRIPT_SECURE},
    {0},
};
const struct script script_ldap = {.word = "ldap", .port = 389, .tls_port = 636, .steps = ldap_steps};

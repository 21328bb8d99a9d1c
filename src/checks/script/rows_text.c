/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows_text.c: servers that speak in lines: FTP, NNTP, Redis, memcached, rsync, gearman, ZooKeeper, clamd, spamd, finger.
 * Source: RFC 959, 4217 (FTP), 3977, 4642, 4643 (NNTP), 1288 (finger); redis.io (RESP, INFO); memcached's protocol.txt;
 * rsync's csprotocol.txt; gearman's PROTOCOL; ZooKeeper's administrator's guide (four letter words); clamd(8); spamd's
 * PROTOCOL. */
#include "base/timetext.h"
#include "checks/script/rows.h"

/* ---- FTP ---- */

static const struct script_refusal ftp_greeting[] = {
    {"^421", STATE_CRITICAL, MSG("the server is busy or goes down: “{1}”")},
    {0},
};
static const struct script_refusal ftp_login[] = {
    {"^530", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {"^421", STATE_CRITICAL, MSG("the server is busy or goes down: “{1}”")},
    {0},
};
static const struct script_refusal ftp_tls[] = {
    {"^5", STATE_CRITICAL, MSG("TLS is not offered: “{1}”")},
    {0},
};
static const struct script_step ftp_steps[] = {
    {SCRIPT_REPLY, .want = "220", .refusals = ftp_greeting, .take = {{"greeting", TAKE_LINE}}},
    {SCRIPT_SEND, .when = IF_STARTTLS, .text = "AUTH TLS\r\n"},
    {SCRIPT_REPLY, .when = IF_STARTTLS, .want = "234", .refusals = ftp_tls},
    {SCRIPT_SECURE, .when = IF_STARTTLS},
    {SCRIPT_SEND, .text = "FEAT\r\n"}, /* may be unknown, or wait for a log-in */
    {SCRIPT_REPLY, .want = "211|500|502|530|550", .take = {{"capabilities", TAKE_LIST, " ", 1}}},
    {SCRIPT_SEND, .when = IF_USER, .text = "USER {user}\r\n"},
    {SCRIPT_REPLY, .when = IF_USER, .want = "331|230", .refusals = ftp_login},
    {SCRIPT_SEND, .when = IF_USER, .text = "PASS {password}\r\n", .secret = true},
    {SCRIPT_REPLY, .when = IF_USER, .want = "230", .refusals = ftp_login},
    {0},
};
static const struct script_piece greeting_says[] = {{"greeting", NULL}, {0}};
const struct script script_ftp = {
    .word = "ftp", .port = 21, .tls_port = 990, .steps = ftp_steps, .says = greeting_says, .notable = "AUTH TLS|AUTH", .quit = "QUIT\r\n",
};
static const struct conf_row rows_ftp[] = {
    ROW_TARGET("ftp.example.org"), ROWS_TLS, ROWS_LOGIN, ROW_REQUIRE("[MLST]"), ROWS_TIME, {0},
};
SCRIPT_PROBE(ftp, "files", "ftp: ftp.example.org", MSG("greets an FTP server: greeting, features, AUTH TLS, log-in"));

/* ---- NNTP ---- */

static const struct script_refusal nntp_greeting[] = {
    {"^400", STATE_CRITICAL, MSG("the server is busy or goes down: “{1}”")},
    {"^502", STATE_CRITICAL, MSG("the server turns us away: “{1}”")},
    {0},
};
static const struct script_refusal nntp_login[] = {
    {"^48", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {"^5", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {0},
};
#define NNTP_CAPABILITIES .until = ".\r\n|.\n|5", .want = ".|5", .take = {{"capabilities", TAKE_LIST, .but_last = true}}
static const struct script_step nntp_steps[] = {
    {SCRIPT_LINE, .want = "200|201", .refusals = nntp_greeting, .take = {{"greeting", TAKE_LINE}}},
    {SCRIPT_SEND, .text = "CAPABILITIES\r\n"},
    {SCRIPT_LINES, NNTP_CAPABILITIES},
    {SCRIPT_NEED, .when = IF_STARTTLS, .text = "STARTTLS"},
    {SCRIPT_SEND, .when = IF_STARTTLS, .text = "STARTTLS\r\n"},
    {SCRIPT_LINE, .when = IF_STARTTLS, .want = "382"},
    {SCRIPT_SECURE, .when = IF_STARTTLS},
    {SCRIPT_SEND, .when = IF_UPGRADED, .text = "CAPABILITIES\r\n"},
    {SCRIPT_LINES, .when = IF_UPGRADED, NNTP_CAPABILITIES},
    {SCRIPT_SEND, .when = IF_USER, .text = "AUTHINFO USER {user}\r\n"},
    {SCRIPT_LINE, .when = IF_USER, .want = "381|281", .refusals = nntp_login},
    {SCRIPT_SEND, .when = IF_USER, .text = "AUTHINFO PASS {password}\r\n", .secret = true},
    {SCRIPT_LINE, .when = IF_USER, .want = "281", .refusals = nntp_login},
    {0},
};
const struct script script_nntp = {
    .word = "nntp", .port = 119, .tls_port = 563, .steps = nntp_steps, .says = greeting_says, .notable = "STARTTLS", .quit = "QUIT\r\n",
};
static const struct conf_row rows_nntp[] = {
    ROW_TARGET("news.example.org"), ROWS_TLS, ROWS_LOGIN, ROW_REQUIRE("[READER]"), ROWS_TIME, {0},
};
SCRIPT_PROBE(nntp, "messages", "nntp: news.example.org", MSG("greets a news server (NNTP): greeting, capabilities, STARTTLS, log-in"));

/* ---- Redis and its kin ---- */

static const struct script_refusal redis_refusals[] = {
    {"^-NOAUTH", STATE_CRITICAL, MSG("a log-in is wanted: “{1}”")},
    {"^-WRONGPASS", STATE_CRITICAL, MSG("the log-in was refused: “{1}”")},
    {"^-LOADING", STATE_CRITICAL, MSG("the data are still being loaded: “{1}”")},
    {"^-MASTERDOWN", STATE_CRITICAL, MSG("the link to the primary is down: “{1}”")},
    {"^-DENIED", STATE_CRITICAL, MSG("the server turns us away: “{1}”")},
    {"^-ERR max number", STATE_CRITICAL, MSG("there are too many connections: “{1}”")},
    {"^-ERR", STATE_CRITICAL, MSG("the server refuses: “{1}”")},
    {0},
};
static const struct script_refusal redis_info[] = {
    {"^-NOPERM", STATE_OK, MSG("no right to INFO")},
    {"^-", STATE_CRITICAL, MSG("the server refuses: “{1}”")},
    {0},
};
static const struct script_step redis_steps[] = {
    {SCRIPT_SEND, .when = IF_PASSWORD | IF_USER, .text = "AUTH {user.quoted} {password.quoted}\r\n", .secret = true},
    {SCRIPT_LINE, .when = IF_PASSWORD | IF_USER, .want = "+OK", .refusals = redis_refusals},
    {SCRIPT_SEND, .when = IF_PASSWORD, .unless = IF_USER, .text = "AUTH {password.quoted}\r\n", .secret = true},
    {SCRIPT_LINE, .when = IF_PASSWORD, .unless = IF_USER, .want = "+OK", .refusals = redis_refusals},
    {SCRIPT_SEND, .text = "PING\r\n"},
    {SCRIPT_LINE, .want = "+PONG", .refusals = redis_refusals},
    {SCRIPT_SEND, .text = "INFO\r\n"},
    {SCRIPT_FRAME, .framing = SCRIPT_BULK, .want = "_version:", .match = SCRIPT_CONTAINS, .refusals = redis_info,
     .take = {{"version", TAKE_AFTER, "redis_version:"}, {"role", TAKE_AFTER, "\nrole:"}, {"link", TAKE_AFTER, "\nmaster_link_status:"},
              {"memory", TAKE_AFTER, "\nused_memory:"}, {"clients", TAKE_AFTER, "\nconnected_clients:"},
              {"save", TAKE_AFTER, "\nrdb_last_bgsave_status:"}, {"lag", TAKE_AFTER, "\nmaster_last_io_seconds_ago:"}}},
    {0},
};
static const struct script_piece redis_says[] = {
    {"version", MSG("Redis {1}")}, {"role", NULL}, {"memory", MSG("{1} used"), true}, {0},
};
static const struct script_must redis_musts[] = {
    {"link", "up", STATE_CRITICAL, MSG("the link to the primary is “{1}”")},
    {"save", "ok", STATE_WARNING, MSG("the last save to disk ended with “{1}”")},
    {0},
};
static const struct script_figure redis_figures[] = {
    {"memory", "memory", "B", 0}, {"clients", "clients", "", 1}, {0},
};
static const struct script script_redis = {
    .word = "redis", .port = 6379, .tls_port = 6380, .steps = redis_steps, .says = redis_says, .musts = redis_musts,
    .figures = redis_figures, .quit = "QUIT\r\n", .lone_password = true,
};
static const struct conf_row rows_redis[] = {
    ROW_TARGET("redis.example.org"), ROWS_TLS_PLAIN, ROWS_LOGIN, ROW_VERSION("\"7.\""),
    {.key = "role", .type = CONF_TEXT, .offset = OPT(role), .help = MSG("role that the server must have, else a warning"), .example = "master"},
    ROWS_LEVEL(0, "memory_warn", "memory_crit", "bytes", MSG("memory in use that is a warning"), MSG("memory in use that is critical"),
               "> 2 GiB", "> 4 GiB"),
    ROWS_LEVEL(1, "clients_warn", "clients_crit", NULL, MSG("number of clients that is a warning"), MSG("number of clients that is critical"),
               "\"> 5000\"", "\"> 9000\""),
    ROWS_TIME, {0},
};
SCRIPT_PROBE(redis, "databases", "redis: redis.example.org", MSG("asks a Redis server: PING, version, role, replication, memory"));

/* ---- memcached ---- */

static const struct script_step memcached_steps[] = {
    {SCRIPT_SEND, .text = "version\r\n"},
    {SCRIPT_LINE, .want = "VERSION ", .take = {{"version", TAKE_LINE, .at = 8}}},
    {SCRIPT_SEND, .text = "stats\r\n"},
    {SCRIPT_LINES, .until = "END|ERROR|CLIENT_ERROR|SERVER_ERROR", .want = "END",
     .take = {{"connections", TAKE_AFTER, "STAT curr_connections "}, {"memory", TAKE_AFTER, "STAT bytes "},
              {"limit", TAKE_AFTER, "STAT limit_maxbytes "}, {"evictions", TAKE_AFTER, "STAT evictions "}}},
    {0},
};
static const struct script_piece memcached_says[] = {{"version", MSG("memcached {1}")}, {"memory", MSG("{1} used"), true}, {0}};
static const struct script_figure memcached_figures[] = {
    {"connections", "connections", "", 0}, {"memory", "memory", "B", 1}, {"evictions", "evictions", "c", -1}, {0},
};
static const struct script script_memcached = {
    .word = "memcached", .port = 11211, .steps = memcached_steps, .says = memcached_says, .figures = memcached_figures, .quit = "quit\r\n",
};
static const struct conf_row rows_memcached[] = {
    ROW_TARGET("cache.example.org"), ROWS_TLS_PLAIN, ROW_VERSION("\"1.6\""),
    ROWS_LEVEL(0, "connections_warn", "connections_crit", NULL, MSG("number of connections that is a warning"),
               MSG("number of connections that is critical"), "\"> 800\"", "\"> 1000\""),
    ROWS_LEVEL(1, "memory_warn", "memory_crit", "bytes", MSG("memory in use that is a warning"), MSG("memory in use that is critical"),
               "> 50 MiB", "> 60 MiB"),
    ROWS_TIME, {0},
};
SCRIPT_PROBE(memcached, "databases", "memcached: cache.example.org", MSG("asks a memcached server for its version and figures"));

/* ---- rsync ---- */

static const struct script_refusal rsync_refusals[] = {
    {"^@ERROR: access denied", STATE_CRITICAL, MSG("the server turns us away: “{1}”")},
    {"^@ERROR: Unknown module", STATE_CRITICAL, MSG("there is no such module: “{1}”")},
    {"^@ERROR: max connections", STATE_CRITICAL, MSG("there are too many connections: “{1}”")},
    {"^@ERROR", STATE_CRITICAL, MSG("the server refuses: “{1}”")},
    {0},
};
static const struct script_step rsync_steps[] = {
    {SCRIPT_LINE, .want = "@RSYNCD: ", .refusals = rsync_refusals, .take = {{"version", TAKE_LINE, .at = 9}}},
    {SCRIPT_SEND, .text = "@RSYNCD: 30.0\n"},
    {SCRIPT_SEND, .unless = IF_NAME, .text = "#list\n"},
    {SCRIPT_LINES, .unless = IF_NAME, .until = "@RSYNCD: EXIT|@ERROR", .want = "@RSYNCD: EXIT", .refusals = rsync_refusals,
     .take = {{"capabilities", TAKE_LIST, .but_last = true}, {"modules", TAKE_MATCHES, "^[^ \\t\\n]+ *\\t"}}},
    {SCRIPT_SEND, .when = IF_NAME, .text = "{name}\n"},
    {SCRIPT_LINE, .when = IF_NAME, .want = "@RSYNCD: OK|@RSYNCD: AUTHREQD", .pass = true, .refusals = rsync_refusals},
    {0},
};
static const struct script_piece rsync_says[] = {{"version", MSG("rsync protocol {1}")}, {"modules", MSG("modules: {1}")}, {0}};
static const struct script script_rsync = {.word = "rsync", .port = 873, .steps = rsync_steps, .says = rsync_says};
static const struct conf_row rows_rsync[] = {
    ROW_TARGET("rsync.example.org"), ROW_NAME("module", MSG("module that must be there and open to us"), "pub"),
    {.key = "require", .type = CONF_TEXTS, .offset = OPT(require), .help = MSG("modules that must be listed"), .example = "[pub, debian]"},
    ROWS_TIME, {0},
};
SCRIPT_PROBE(rsync, "files", "rsync: rsync.example.org", MSG("greets an rsync server and asks for its modules"));

/* ---- gearman ---- */

static const struct script_step gearman_steps[] = {
    {SCRIPT_SEND, .text = "version\n"},
    {SCRIPT_LINE, .want = "OK ", .take = {{"version", TAKE_LINE, .at = 3}}},
    {SCRIPT_SEND, .text = "status\n"},
    {SCRIPT_LINES, .until = ".\n|.\r\n|ERR ", .want = ".", .take = {{"functions", TAKE_COUNT, .but_last = true}, {"capabilities", TAKE_LIST, .but_last = true}}},
    {0},
};
static const struct script_piece gearman_says[] = {{"version", MSG("gearman {1}")}, {"functions", MSG("functions: {1}")}, {0}};
static const struct script_figure gearman_figures[] = {{"functions", "functions", "", -1}, {0}};
static const struct script script_gearman = {
    .word = "gearman", .port = 4730, .steps = gearman_steps, .says = gearman_says, .figures = gearman_figures,
};
static const struct conf_row rows_gearman[] = {
    ROW_TARGET("jobs.example.org"), ROW_VERSION("\"1.1\""),
    {.key = "require", .type = CONF_TEXTS, .offset = OPT(require), .help = MSG("functions that must be registered"), .example = "[resize]"},
    ROWS_TIME, {0},
};
SCRIPT_PROBE(gearman, "messages", "gearman: jobs.example.org", MSG("asks a gearman job server for its version and functions"));

/* ---- ZooKeeper ---- */

static const struct script_refusal zookeeper_refusals[] = {
    {"not in the whitelist", STATE_WARNING,
     MSG("the server answers, but 4lw.commands.whitelist does not allow the question: “{1}”")},
    {"not currently serving requests", STATE_CRITICAL, MSG("the server has no quorum: “{1}”")},
    {0},
};
static const struct script_step zookeeper_steps[] = {
    {SCRIPT_SEND, .text = "{name}"},
    {SCRIPT_ALL, .want = "Zookeeper version: |imok", .match = SCRIPT_CONTAINS, .refusals = zookeeper_refusals,
     .take = {{"version", TAKE_GROUP, "^Zookeeper version: ([0-9.]+)"}, {"role", TAKE_AFTER, "Mode: "}, {"nodes", TAKE_AFTER, "Node count: "},
              {"connections", TAKE_AFTER, "Connections: "}, {"outstanding", TAKE_AFTER, "Outstanding: "}}},
    {0},
};
static const struct script_piece zookeeper_says[] = {{"version", MSG("ZooKeeper {1}")}, {"role", NULL}, {"nodes", MSG("nodes: {1}")}, {0}};
static const struct script_figure zookeeper_figures[] = {
    {"outstanding", "outstanding", "", 0}, {"connections", "connections", "", -1}, {"nodes", "nodes", "", -1}, {0},
};
static const struct script script_zookeeper = {
    .word = "zookeeper", .port = 2181, .steps = zookeeper_steps, .says = zookeeper_says, .figures = zookeeper_figures, .name = "srvr",
};
static const struct conf_row rows_zookeeper[] = {
    ROW_TARGET("zk1.example.org"), ROWS_TLS_PLAIN,
    {.key = "command", .type = CONF_TEXT, .offset = OPT(name), .help = MSG("question to ask: srvr (the default) or ruok"), .example = "ruok"},
    {.key = "role", .type = CONF_TEXT, .offset = OPT(role), .help = MSG("role that the server must have, else a warning"), .example = "leader"},
    ROW_VERSION("\"3.8\""),
    ROWS_LEVEL(0, "outstanding_warn", "outstanding_crit", NULL, MSG("number of waiting requests that is a warning"),
               MSG("number of waiting requests that is critical"), "\"> 10\"", "\"> 100\""),
    ROWS_TIME, {0},
};
SCRIPT_PROBE(zookeeper, "databases", "zookeeper: zk1.example.org", MSG("asks a ZooKeeper server: version, mode, waiting requests"));

/* ---- clamd ---- */

/* "Tue Aug 29 07:29:11 2023", in UTC → days. */
static int days_since(const char *text, int64_t now_ms, double *ret)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct str rest = str_of(text), word[5];
    char iso[TIME_RFC3339_BYTES];
    const char *month;
    int64_t when;

    for (int i = 0; i < 5; i++)
        do {
            if (!str_next(&rest, " ", &word[i]))
                return ERR_INVALID;
        } while (word[i].n == 0);
    month = word[1].n == 3 ? memmem(months, sizeof(months), word[1].p, 3) : NULL;
    if (month == NULL || word[2].n > 2 || word[3].n != 8 || word[4].n != 4)
        return ERR_INVALID;
    str_print(iso, sizeof(iso), "%.4s-%02d-%s%.*sT%.8sZ", word[4].p, (int)(month - months) / 3 + 1, word[2].n == 1 ? "0" : "",
              (int)word[2].n, word[2].p, word[3].p);
    if (time_parse_rfc3339(iso, &when) != 0)
        return ERR_INVALID;
    *ret = (double)(now_ms - when) / 86400000.0;
    return 0;
}

static const struct script_step clamd_steps[] = {
    {SCRIPT_SEND, .text = "zIDSESSION\\0zPING\\0"},
    {SCRIPT_ZERO, .want = "1: PONG"},
    {SCRIPT_SEND, .text = "zVERSION\\0"},
    {SCRIPT_ZERO, .want = "2: ClamAV",
     .take = {{"version", TAKE_GROUP, "ClamAV ([0-9.]+)"}, {"database", TAKE_GROUP, "/([0-9]+)/"}, {"date", TAKE_GROUP, "/[0-9]+/([^\\x00]+)"}}},
    {0},
};
static const struct script_piece clamd_says[] = {{"version", MSG("ClamAV {1}")}, {"database", MSG("signatures {1}")}, {"date", MSG("of {1}")}, {0}};
static const struct script_figure clamd_figures[] = {{"date", "age", "", 0, days_since}, {0}};
static const struct script script_clamd = {
    .word = "clamd", .port = 3310, .steps = clamd_steps, .says = clamd_says, .figures = clamd_figures, .quit = "zEND\\0",
};
static const struct conf_row rows_clamd[] = {
    ROW_TARGET("scan.example.org"), ROW_VERSION("\"1.0\""),
    {.key = "age_warn", .type = CONF_LEVEL, .offset = OPT(level[0][0]), .unit = "d", .by_default = "> 3d",
     .help = MSG("age of the signatures that is a warning"), .example = "> 2d"},
    {.key = "age_crit", .type = CONF_LEVEL, .offset = OPT(level[0][1]), .unit = "d", .by_default = "> 7d",
     .help = MSG("age of the signatures that is critical"), .example = "> 5d"},
    ROWS_TIME, {0},
};
SCRIPT_PROBE(clamd, "services", "clamd: scan.example.org", MSG("asks the virus scanner clamd: PING, version, age of its signatures"));

/* ---- spamd, finger ---- */

static const struct script_step spamd_steps[] = {
    {SCRIPT_SEND, .text = "PING SPAMC/1.2\r\n\r\n"},
    {SCRIPT_LINE, .want = "^SPAMD/[0-9.]+ 0 ", .match = SCRIPT_REGEX, .take = {{"answer", TAKE_LINE}}},
    {0},
};
static const struct script_piece spamd_says[] = {{"answer", NULL}, {0}};
static const struct script script_spamd = {.word = "spamd", .port = 783, .steps = spamd_steps, .says = spamd_says};
static const struct conf_row rows_spamd[] = {ROW_TARGET("mail.example.org"), ROWS_TLS_PLAIN, ROWS_TIME, {0}};
SCRIPT_PROBE(spamd, "mail", "spamd: mail.example.org", MSG("asks the spam filter spamd whether it answers (PING)"));

static const struct script_step finger_steps[] = {
    {SCRIPT_SEND, .text = "{user}\r\n"},
    {SCRIPT_ALL, .match = SCRIPT_ANY, .take = {{"answer", TAKE_LINE}, {"text", TAKE_ALL}}},
    {0},
};
static const struct script script_finger = {.word = "finger", .port = 79, .steps = finger_steps, .says = spamd_says};
static const struct conf_row rows_finger[] = {
    ROW_TARGET("host.example.org"),
    {.key = "user", .type = CONF_TEXT, .offset = OPT(user), .help = MSG("who is asked about; without it: who is logged in"), .example = "root"},
    {.key = "expect", .type = CONF_TEXT, .offset = OPT(expect), .help = MSG("text that must come back"), .example = "Login"},
    ROWS_TIME, {0},
};
SCRIPT_PROBE(finger, "services", "finger: host.example.org", MSG("asks a finger server"));

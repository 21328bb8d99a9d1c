/* SPDX-License-Identifier: GPL-3.0-or-later */
/* daemon_kit.h: the whole daemon in the simulated twin, on a directory of its own: asked through op_run() as any
 * principal, or over HTTP as a browser does.  Parameters are JSON with ' for ". */
#ifndef VIGIE_TESTS_DAEMON_KIT_H
#define VIGIE_TESTS_DAEMON_KIT_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/auth_int.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "daemon/daemon.h"
#include "io/file.h"
#include "io/sim/sim.h"
#include "model/sink.h"
#include "ops/op.h"

#define KIT_YAML                                                                                                          \
    "site: { title: { en: Harbour, fr: Port }, hosts: [status.example.org], trusted_proxies: [192.0.2.53] }\n"          \
    "defaults: { every: 1h }\n"                                                                                          \
    "contacts: { ops: { mail: ops@example.org } }\n"                                                                     \
    "hosts:\n"                                                                                                           \
    "  router1: { address: 192.0.2.1 }\n"                                                                                \
    "  web1:\n"                                                                                                          \
    "    address: 192.0.2.10\n"                                                                                          \
    "    parents: [router1]\n"                                                                                           \
    "    groups: [front]\n"                                                                                              \
    "    checks:\n"                                                                                                      \
    "      - tcp: 22\n"                                                                                                  \
    "      - passive: { name: job, attempts: 1 }\n"                                                                      \
    "      - heartbeat: { name: backup, token: a-secret-word }\n"                                                        \
    "  box: { alive: no, checks: [{ passive: { name: soft, attempts: 3 } }, { passive: { name: job, attempts: 1 } }] }\n"
#define KIT_PASSWORD "correct horse battery"
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)

struct kit {
    char dir[64], data[96];
    struct daemon *daemon;
    struct house *house;
    struct arena *arena; /* of everything that was answered */
    bool answered;
    int status; /* of the last operation */
    struct doc *reply;
    struct buf raw, text, errors;
    char raw_type[80];
    char session[100], csrf[100]; /* of the browser; "": logged out */
    const char *peer;
    int lines; /* logged */
    char said[400]; /* last warning or error that was logged */
};

static inline void kit_log(enum log_level level, const char *line, void *arg)
{
    struct kit *k = arg;
    k->lines++;
    if (level <= LOG_WARN)
        str_copy(k->said, sizeof k->said, line);
}

/* ---- files ---- */

static inline const char *kit_path(struct kit *k, const char *name)
{
    return arena_printf(k->arena, "%s/%s", k->data, name);
}

/* Written behind the daemon's back: nothing watches. */
static inline void kit_write(struct kit *k, const char *name, const char *text)
{
    FILE *f = fopen(kit_path(k, name), "we");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* What a file holds; NULL when it is not there. */
static inline const char *kit_read(struct kit *k, const char *name)
{
    struct buf b = BUF_MAX(1 << 20);
    const char *copy = file_read(kit_path(k, name), &b, NULL) == 0 ? arena_dup(k->arena, buf_text(&b)) : NULL;
    buf_done(&b);
    return copy;
}

static inline void kit_remove_tree(const char *dir)
{
    DIR *d = opendir(dir);
    char path[512];
    struct stat st;
    for (struct dirent *ent; d && (ent = readdir(d));) {
        if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, ".."))
            continue;
        str_print(path, sizeof path, "%s/%s", dir, ent->d_name);
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            kit_remove_tree(path);
        else
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

/* ---- life ---- */

static inline int kit_try_start(struct kit *k)
{
    struct err e = {0};
    struct daemon_opts o = {.data_dir = k->data, .vfs = "vigie-sim"};
    buf_clear(&k->errors);
    int code = daemon_new(&o, "en", &k->daemon, &k->errors, &e);
    if (code == 0)
        code = daemon_start(k->daemon, &e);
    if (code < 0)
        return code;
    k->house = daemon_house(k->daemon);
    k->house->auth->cost_log2 = 4; /* here time is dear */
    return 0;
}

static inline void kit_start(struct kit *k)
{
    if (kit_try_start(k) < 0)
        fail_msg("the daemon does not start: %s", buf_text(&k->errors));
}

static inline void kit_stop(struct kit *k)
{
    k->daemon = daemon_free(k->daemon);
    sim_run_for(1); /* answers on their way */
    assert_int_equal(sim_objects(), 0);
    sim_crash(false); /* the process ends: its locks go */
}

static inline struct kit *kit_new(const char *yaml)
{
    struct kit *k = NEW(struct kit);
    bool shm = access("/dev/shm", W_OK) == 0; /* memory: SQLite is most of what a test waits for */
    str_copy(k->dir, sizeof k->dir, shm ? "/dev/shm/vigie-kit-XXXXXX" : "/tmp/vigie-kit-XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    str_print(k->data, sizeof k->data, "%s/data", k->dir);
    assert_int_equal(mkdir(k->data, 0755), 0);
    k->arena = arena_new(1 << 16);
    k->raw = k->text = k->errors = BUF_MAX(16 << 20);
    sim_init(7);
    sim_root(k->dir);
    log_set(kit_log, k, LOG_INFO);
    sim_host("router1", "192.0.2.1");
    sim_host("web1", "192.0.2.10");
    sim_port_open("web1", 22);
    if (yaml)
        kit_write(k, "vigie.yaml", yaml);
    return k;
}

static inline struct kit *kit_up(const char *yaml)
{
    struct kit *k = kit_new(yaml);
    kit_start(k);
    sim_run_for(5000); /* the first round of checks */
    return k;
}

static inline void kit_free(struct kit *k)
{
    if (k->daemon)
        kit_stop(k);
    sim_done();
    log_set(NULL, NULL, LOG_ERROR);
    kit_remove_tree(k->dir);
    arena_free(k->arena);
    buf_done(&k->raw);
    buf_done(&k->text);
    buf_done(&k->errors);
    mem_free(k);
}

/* Every test of a group has a daemon of its own. */
static inline int kit_setup(void **state)
{
    *state = kit_up(KIT_YAML);
    return 0;
}

static inline int kit_teardown(void **state)
{
    kit_free(*state);
    return 0;
}
#define KIT_TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_setup, kit_teardown)

/* ---- operations ---- */

static inline struct doc *kit_json(struct kit *k, const char *text)
{
    char *copy = arena_dup(k->arena, text);
    struct doc *d = NULL;
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    if (json_parse(k->arena, copy, strlen(copy), 1 << 20, &d, NULL) < 0)
        fail_msg("no JSON: %s", copy);
    return d;
}

static inline void kit_done(void *arg, int status, const struct doc *reply, const struct op_call *c)
{
    struct kit *k = arg;
    assert_false(k->answered); /* exactly once */
    k->answered = true;
    k->status = status;
    k->reply = reply ? doc_copy(k->arena, reply) : NULL;
    if (c->raw && str_starts(c->raw_type, "application/json")) {
        struct doc *d = NULL;
        assert_int_equal(json_parse(k->arena, c->raw, c->raw_bytes, c->raw_bytes + 1, &d, NULL), 0);
        k->reply = d;
    }
    buf_clear(&k->raw);
    buf_add(&k->raw, c->raw, c->raw_bytes);
    str_copy(k->raw_type, sizeof k->raw_type, c->raw_type ? c->raw_type : "");
}

static inline struct principal kit_who(enum role role)
{
    return (struct principal){.name = role == ROLE_NONE ? NULL : role_word(role), .via = "api", .role = role};
}

/* Begins one; kit_wait() ends it. */
static inline void kit_begin(struct kit *k, const char *op, const char *params, const struct principal *who)
{
    assert_non_null(op_find(op));
    k->answered = false;
    op_run(k->house, op_find(op), params ? kit_json(k, params) : NULL, who, "en", "192.0.2.99", kit_done, k);
}

static inline int kit_wait(struct kit *k)
{
    if (!sim_run_flag(&k->answered, 120 * 1000))
        fail_msg("no answer");
    return k->status;
}

static inline int kit_op_as(struct kit *k, const char *op, const char *params, const struct principal *who)
{
    kit_begin(k, op, params, who);
    return kit_wait(k);
}

static inline int kit_op(struct kit *k, const char *op, const char *params)
{
    struct principal admin = {.name = "anna", .via = "cli", .role = ROLE_ADMIN};
    return kit_op_as(k, op, params, &admin);
}

/* The reply as text, in English. */
static inline const char *kit_text(struct kit *k)
{
    buf_clear(&k->text);
    if (k->reply)
        json_write(&k->text, k->reply, "en", 0);
    return buf_text(&k->text);
}

static inline const char *kit_error(struct kit *k, const char *key)
{
    struct buf b = BUF_MAX(2000);
    const char *packed = doc_text(doc_get(k->reply, "error"), key, NULL);
    if (packed)
        msg_render(&b, packed, "en");
    const char *text = packed ? arena_dup(k->arena, buf_text(&b)) : NULL;
    buf_done(&b);
    return text;
}

/* Refused so: HTTP status, code, and the very field (NULL: none). */
static inline void kit_refused(struct kit *k, int status, const char *code, const char *field)
{
    const char *got = doc_text(doc_get(k->reply, "error"), "field", NULL);
    if (k->status != status || !str_eq(doc_text(doc_get(k->reply, "error"), "code", ""), code) || !str_eq(got, field))
        fail_msg("wanted %d %s, field %s; got %d %s", status, code, field ? field : "-", k->status, kit_text(k));
    assert_true(kit_error(k, "message") && kit_error(k, "message")[0]);
}

static inline void kit_has(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("“%s” is not in: %.4000s", part, text ? text : "(nothing)");
}

static inline void kit_lacks(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    if (at)
        fail_msg("“%s” stands in: …%.300s", part, at > text + 100 ? at - 100 : text);
}

static inline size_t kit_count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

/* ---- things ---- */

static inline struct item *kit_item(struct kit *k, const char *id)
{
    char host[200];
    const char *slash = strchr(id, '/');
    str_copyn(host, sizeof host, id, slash ? (size_t)(slash - id) : strlen(id));
    return model_find(k->house->model, host, slash ? slash + 1 : NULL);
}

static inline void kit_result(struct kit *k, const char *id, enum state state, const char *text)
{
    struct item *it = kit_item(k, id);
    struct err e = {0};
    struct result r = {.state = state, .text = text, .at_ms = clock_wall_ms(), .passive = true, .answered = true};
    assert_non_null(it);
    assert_int_equal(sink_result(k->house->model, it->host->name, item_check_name(it), &r, house_now(), &e), 0);
    sim_run_for(2000);
}

/* ---- a browser ---- */

static inline struct sim_reply *kit_http(struct kit *k, const char *method, const char *path, const char *headers, const char *body)
{
    struct buf b = BUF_MAX(1 << 16);
    bool json = body && body[0] == '{';
    if (!headers || !strcasestr(headers, "Host:"))
        buf_str(&b, "Host: localhost\n");
    if (k->session[0])
        buf_printf(&b, "Cookie: vigie=%s\n", k->session);
    if (body && !(headers && strcasestr(headers, "Content-Type:")))
        buf_printf(&b, "Content-Type: %s\n", json ? "application/json" : "application/x-www-form-urlencoded");
    buf_str(&b, headers);
    struct sim_request rq = {.method = method, .path = path, .headers = buf_text(&b), .body = body, .peer = k->peer ? k->peer : "192.0.2.99"};
    struct sim_reply *r = sim_http(&rq);
    buf_done(&b);
    return r;
}

/* Answer's status; its text stays in k->text, its headers in k->raw. */
static inline int kit_ask(struct kit *k, const char *method, const char *path, const char *headers, const char *body)
{
    struct sim_reply *r = kit_http(k, method, path, headers, body);
    int status = r->status;
    buf_clear(&k->text);
    buf_add(&k->text, buf_text(&r->body), r->body.len);
    buf_clear(&k->raw);
    buf_str(&k->raw, r->headers);
    sim_reply_free(r);
    return status;
}

static inline int kit_get(struct kit *k, const char *path) { return kit_ask(k, "GET", path, NULL, NULL); }

static inline int kit_post(struct kit *k, const char *path, const char *body) { return kit_ask(k, "POST", path, NULL, body); }

/* A header of the last kit_ask(); "" when absent. */
static inline const char *kit_header(struct kit *k, const char *name)
{
    struct str rest = str_of(buf_text(&k->raw)), line;
    size_t n = strlen(name);
    while (str_next(&rest, "\n", &line))
        if (line.n > n && line.p[n] == ':' && strncasecmp(line.p, name, n) == 0) {
            struct str v = str_trim((struct str){line.p + n + 1, line.n - n - 1});
            return arena_dupn(k->arena, v.p, v.n);
        }
    return "";
}

/* The text between two marks of the last answer. */
static inline const char *kit_between(struct kit *k, const char *before, const char *after)
{
    const char *at = strstr(buf_text(&k->text), before);
    const char *end = at ? strstr(at + strlen(before), after) : NULL;
    return end ? arena_dupn(k->arena, at + strlen(before), (size_t)(end - at) - strlen(before)) : NULL;
}

/* Logs in as a person of that role, who is made when needed. ROLE_NONE: logs out. */
static inline void kit_login(struct kit *k, enum role role)
{
    k->session[0] = k->csrf[0] = 0;
    if (role == ROLE_NONE)
        return;
    struct doc *users = doc_list(k->arena);
    bool there = false;
    auth_users(k->house->auth, users);
    DOC_EACH(users, d)
        there |= str_eq(doc_text(d, "name", ""), role_word(role));
    if (!there)
        assert_int_equal(kit_op(k, "user-add", arena_printf(k->arena, "{'name':'%s','password':'" KIT_PASSWORD "','role':'%s'}", role_word(role), role_word(role))), 200);
    assert_int_equal(kit_post(k, "/login", arena_printf(k->arena, "user=%s&password=correct+horse+battery", role_word(role))), 303);
    const char *cookie = strstr(kit_header(k, "Set-Cookie"), "vigie=");
    assert_non_null(cookie);
    str_copyn(k->session, sizeof k->session, cookie + 6, strcspn(cookie + 6, ";"));
    assert_int_equal(kit_get(k, "/console"), 200);
    const char *csrf = kit_between(k, "name=\"csrf\" value=\"", "\"");
    assert_non_null(csrf);
    str_copy(k->csrf, sizeof k->csrf, csrf);
}

/* A form with its token in front. */
static inline int kit_form(struct kit *k, const char *path, const char *body)
{
    return kit_post(k, path, arena_printf(k->arena, "csrf=%s&%s", k->csrf, body));
}

#endif

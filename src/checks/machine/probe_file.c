/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_file.c: one file: there or not, age, size, content, digest, owner, mode. */
#include "checks/http_judge.h"
#include "checks/machine/files.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { MAX_CONTENT = 4 << 20 };
#define MAX_DIGESTED (INT64_C(4) << 30)

struct file_opts {
    const char *path, *contains, *lacks, *regex, *sha256, *owner, *mode;
    struct conf_level age_warn, age_crit, size_warn, size_crit;
    bool exists;
    int64_t mode_wanted; /* -1: any */
};

#define AT(member) offsetof(struct file_opts, member)
static const struct conf_row age_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(age_warn), .unit = "ms", .help = MSG("time since the last change that is a warning"), .example = "1h"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(age_crit), .unit = "ms", .help = MSG("time since the last change that is critical"), .example = "1d"},
    {0},
};
static const struct conf_row size_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(size_warn), .unit = "bytes", .help = MSG("size that is a warning"), .example = "100 MB"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(size_crit), .unit = "bytes", .help = MSG("size that is critical"), .example = "1kB:1GB"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "path", .type = CONF_TEXT, .offset = AT(path), .flags = CONF_REQUIRED | CONF_POSITIONAL, .help = MSG("the file (or directory)"), .example = "/etc/passwd"},
    {.key = "exists", .type = CONF_BOOL, .offset = AT(exists), .by_default = "yes", .help = MSG("no: it must not be there"), .example = "no"},
    {.key = "age", .type = CONF_GROUP, .rows = age_rows, .help = MSG("thresholds for the time since the last change"), .example = "{ warn: 1h, crit: 1d }"},
    {.key = "size", .type = CONF_GROUP, .rows = size_rows, .help = MSG("thresholds for the size; ranges may have a lower end"), .example = "{ crit: \"1kB:1GB\" }"},
    {.key = "contains", .type = CONF_TEXT, .offset = AT(contains), .help = MSG("text that must be in it"), .example = "ready"},
    {.key = "lacks", .type = CONF_TEXT, .offset = AT(lacks), .help = MSG("text that must not be in it"), .example = "ERROR"},
    {.key = "regex", .type = CONF_REGEX, .offset = AT(regex), .help = MSG("regular expression that must match"), .example = "\"^version: 2\\\\.\""},
    {.key = "sha256", .type = CONF_TEXT, .offset = AT(sha256), .help = MSG("its digest, in hex"),
     .example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {.key = "owner", .type = CONF_TEXT, .offset = AT(owner), .help = MSG("its owner, as user, user:group or :group"), .example = "\"root:shadow\""},
    {.key = "mode", .type = CONF_TEXT, .offset = AT(mode), .help = MSG("its permissions, in octal"), .example = "\"0640\""},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct file_opts *o = arg;
    int code = files_check_path("path", o->path, e);

    o->mode_wanted = -1;
    if (code == 0 && o->sha256 && (strlen(o->sha256) != 64 || strspn(o->sha256, "0123456789abcdefABCDEF") != 64))
        code = err_field(e, ERR_INVALID, "sha256", MSG("a SHA-256 digest has 64 hexadecimal digits"), "");
    if (code == 0 && o->mode) {
        if (o->mode[0] == '\0' || strlen(o->mode) > 5 || strspn(o->mode, "01234567") != strlen(o->mode))
            return err_field(e, ERR_INVALID, "mode", MSG("“{1}” are no permissions such as 0640"), "s", o->mode);
        o->mode_wanted = 0;
        for (const char *c = o->mode; *c; c++)
            o->mode_wanted = o->mode_wanted * 8 + (*c - '0');
    }
    return code;
}

static const char *name_for(const void *opts, struct arena *arena)
{
    const struct file_opts *o = opts;
    const char *slash = strrchr(o->path, '/');

    return slash && slash[1] ? arena_dup(arena, slash + 1) : NULL;
}

/* ---- judging ---- */

static void judge_owner(struct attempt *own, const struct file_opts *o, const struct machine_file *f)
{
    const char *colon = strchr(o->owner, ':');
    size_t n = colon ? (size_t)(colon - o->owner) : strlen(o->owner);
    char user[64], group[64];

    machine_owner(f->uid, f->gid, user, group);
    if ((n && (strlen(user) != n || memcmp(user, o->owner, n) != 0)) || (colon && colon[1] && !str_eq(group, colon + 1)))
        attempt_worse(own, STATE_CRITICAL, MSG("{1} belongs to {2}:{3}, not to {4}"), "ssss", o->path, user, group, o->owner);
}

static void judge_mode(struct attempt *own, const struct file_opts *o, const struct machine_file *f)
{
    char is[8];

    str_print(is, sizeof(is), "%04o", (unsigned)f->mode);
    if (o->mode_wanted != f->mode)
        attempt_worse(own, STATE_CRITICAL, MSG("{1} has the permissions {2}, not {3}"), "sss", o->path, is, o->mode);
}

static void judge_digest(struct attempt *own, const struct file_opts *o)
{
    char hex[65];
    struct err e = {0};
    int code = machine_digest(o->path, MAX_DIGESTED, hex, &e);

    if (code != 0)
        files_failed(own, STATE_CRITICAL, code, &e);
    else if (!str_ieq(hex, o->sha256))
        attempt_worse(own, STATE_CRITICAL, MSG("{1} was changed: its SHA-256 is {2}"), "ss", o->path, hex);
}

static void judge_text(struct attempt *own, const struct file_opts *o, const struct buf *text)
{
    if (o->contains && !memmem(buf_text(text), text->len, o->contains, strlen(o->contains)))
        attempt_worse(own, STATE_CRITICAL, MSG("{1} lacks “{2}”"), "ss", o->path, attempt_quote(own, o->contains, strlen(o->contains), 100));
    if (o->lacks && memmem(buf_text(text), text->len, o->lacks, strlen(o->lacks)))
        attempt_worse(own, STATE_CRITICAL, MSG("{1} contains “{2}”"), "ss", o->path, attempt_quote(own, o->lacks, strlen(o->lacks), 100));
    if (o->regex) {
        int found = http_search(o->regex, buf_text(text), text->len);

        if (found < 0)
            attempt_worse(own, STATE_UNKNOWN, MSG("the expression is too hard for this text"), "");
        else if (!found)
            attempt_worse(own, STATE_CRITICAL, MSG("nothing in {1} matches “{2}”"), "ss", o->path, attempt_quote(own, o->regex, strlen(o->regex), 100));
    }
}

/* Of a large file, the last MAX_CONTENT bytes are looked at. */
static void judge_content(struct attempt *own, const struct file_opts *o)
{
    struct buf text = BUF_MAX(MAX_CONTENT);
    struct err e = {0};
    int code = machine_read_from(o->path, -MAX_CONTENT, &text, &e);

    if (code != 0)
        files_failed(own, STATE_CRITICAL, code, &e);
    else
        judge_text(own, o, &text);
    buf_done(&text);
}

static void judge(struct attempt *own, const struct file_opts *o, const struct machine_file *f)
{
    int64_t age_ms = files_age_ms(own, f);
    const char *limit;
    enum state s;

    attempt_say(own, STATE_OK, MSG("{1}: {2}, changed {3} ago"), "sbd", o->path, f->size_bytes, age_ms);
    s = level_judge(&o->age_warn, &o->age_crit, (double)age_ms, NAN, &limit);
    if (s != STATE_OK)
        attempt_worse(own, s, MSG("{1} was changed {2} ago (limit {3})"), "sds", o->path, age_ms, limit);
    s = level_judge(&o->size_warn, &o->size_crit, (double)f->size_bytes, NAN, &limit);
    if (s != STATE_OK)
        attempt_worse(own, s, MSG("{1} has {2} (limit {3})"), "sbs", o->path, f->size_bytes, limit);
    if (o->owner)
        judge_owner(own, o, f);
    if (o->mode)
        judge_mode(own, o, f);
    if (o->contains || o->lacks || o->regex)
        judge_content(own, o);
    if (o->sha256)
        judge_digest(own, o);
    attempt_perf(own, "size", (double)f->size_bytes, "B", &o->size_warn, &o->size_crit, 0, NAN);
    attempt_perf_time(own, "age", age_ms * 1000, &o->age_warn, &o->age_crit);
}

static void look(struct attempt *own)
{
    const struct file_opts *o = own->opts;
    struct machine_file f;
    struct err e = {0};
    int code = machine_stat(o->path, true, &f, &e);

    if (code == 0 && o->exists)
        judge(own, o, &f);
    else if (code == 0)
        attempt_say(own, STATE_CRITICAL, MSG("{1} is there, and should not be"), "s", o->path);
    else if (code == ERR_NOT_FOUND && !o->exists)
        attempt_say(own, STATE_OK, MSG("{1} is not there, as it should be"), "s", o->path);
    else
        files_failed(own, STATE_CRITICAL, code, &e);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_file = {
    .kind = {.name = "file",
             .area = "machine",
             .example = "file: { path: /etc/passwd, mode: \"0644\", owner: root }",
             .help = MSG("watches one file: age, size, content, digest, owner, permissions"),
             .rows = rows,
             .opts_bytes = sizeof(struct file_opts),
             .finish = finish,
             .name_for = name_for,
             .timeout_ms = 60000},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .local = true,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_btrfs.c: error counters, missing devices and allocation of btrfs file systems, from /sys/fs/btrfs (no program,
 * no root). Free space as such is in disks. Counters never go down by themselves: for a day, a growth is worse than what is old. */
#include "base/hash.h"
#include "checks/machine/local.h"
#include "checks/machine/several.h"

#include <math.h>
#include <string.h>

enum { MAX_FS = 32, MAX_DEVICES = 32, PATH_BYTES = 300, SEEN = 64, NEW_MS = 86400000 };
#define ROOT "/sys/fs/btrfs"

struct btrfs_opts {
    struct conf_texts exclude;
    bool old_errors;
};
struct btrfs_memory { /* by a hash of the place: errors before they last grew, when that was, and now */
    struct {
        uint64_t key;
        int64_t before, grown_ms, errors;
    } at[SEEN];
    int n;
};
struct fs {
    const char *uuid, *label;
    int devices, missing;
    int64_t errors, grown;
};
struct listing {
    struct arena *arena;
    const char *at[MAX_DEVICES];
    int n;
};

static const struct conf_row rows[] = {
    {.key = "exclude", .type = CONF_TEXTS, .offset = offsetof(struct btrfs_opts, exclude), .flags = CONF_POSITIONAL,
     .help = MSG("file systems to leave out, by label or UUID (* and ? allowed)"), .example = "[scratch]"},
    {.key = "old_errors", .type = CONF_BOOL, .offset = offsetof(struct btrfs_opts, old_errors), .by_default = "yes",
     .help = MSG("warn of errors counted before, too (btrfs device stats -z sets them to 0)"), .example = "no"},
    {0},
};

static int add_name(void *arg, const char *name)
{
    struct listing *l = arg;

    if (l->n < MAX_DEVICES)
        l->at[l->n++] = arena_dup(l->arena, name);
    return 0;
}

static bool read_small(const char *path, char *out, size_t n)
{
    struct buf b = BUF_MAX(4096);
    bool there = machine_read(path, &b, NULL) == 0;
    struct str s = str_trim((struct str){buf_text(&b), b.len});

    str_copyn(out, n, s.p, s.n);
    buf_done(&b);
    return there;
}

/* "write_errs 0\nread_errs 3\n…" → the sum */
static int64_t errors_in(const char *text)
{
    struct str rest = str_of(text), line, word;
    int64_t sum = 0;

    while (str_next(&rest, "\n", &line))
        if (local_word(&line, &word) && local_word(&line, &word)) {
            int64_t v = local_number(word);

            sum = v > INT64_MAX / 2 - sum ? INT64_MAX / 2 : sum + v;
        }
    return sum;
}

/* By how much the counter grew within the last day. */
static int64_t remember(struct btrfs_memory *m, const char *place, int64_t errors, int64_t now_ms)
{
    uint64_t key = hash_text(place, 0);
    int i = 0;

    if (m == NULL)
        return 0;
    while (i < m->n && m->at[i].key != key)
        i++;
    if (i == SEEN)
        return 0;
    if (i == m->n) {
        m->at[m->n++].key = key;
        m->at[i].before = m->at[i].errors = errors;
        m->at[i].grown_ms = now_ms - NEW_MS;
    }
    if (errors < m->at[i].errors || now_ms - m->at[i].grown_ms >= NEW_MS)
        m->at[i].before = errors < m->at[i].errors ? errors : m->at[i].errors;
    if (errors > m->at[i].errors)
        m->at[i].grown_ms = now_ms;
    m->at[i].errors = errors;
    return errors - m->at[i].before;
}

static void read_device(struct attempt *own, struct fs *f, const char *id)
{
    char path[PATH_BYTES], text[512];
    int64_t errors;

    f->devices++;
    str_print(path, sizeof(path), ROOT "/%s/devinfo/%s/missing", f->uuid, id);
    if (read_small(path, text, sizeof(text)) && text[0] == '1')
        f->missing++;
    str_print(path, sizeof(path), ROOT "/%s/devinfo/%s/error_stats", f->uuid, id);
    if (!read_small(path, text, sizeof(text)) || !str_starts(text, "write_errs"))
        return; /* "invalid": nothing is counted yet */
    errors = errors_in(text);
    f->errors += errors;
    f->grown += remember(own->memory, path, errors, own->at_ms);
}

static void read_fs(struct attempt *own, const char *uuid, struct fs *f)
{
    struct listing devices = {.arena = own->arena};
    char path[PATH_BYTES], label[256];

    *f = (struct fs){.uuid = uuid};
    str_print(path, sizeof(path), ROOT "/%s/label", uuid);
    (void)read_small(path, label, sizeof(label));
    f->label = label[0] ? attempt_quote(own, label, strlen(label), 60) : uuid;
    str_print(path, sizeof(path), ROOT "/%s/devinfo", uuid);
    (void)machine_list(path, MAX_DEVICES, add_name, &devices, NULL);
    for (int i = 0; i < devices.n; i++)
        read_device(own, f, devices.at[i]);
}

static void judge(struct several *v, const struct btrfs_opts *o, const struct fs *f)
{
    if (f->missing)
        several_bad(v, STATE_CRITICAL, MSG("{1}: {2} of {3} devices missing"), "sii", f->label, (int64_t)f->missing, (int64_t)f->devices);
    if (f->grown)
        several_bad(v, STATE_CRITICAL, MSG("{1}: {2} new device errors ({3} in all)"), "sii", f->label, f->grown, f->errors);
    else if (f->errors && o->old_errors)
        several_bad(v, STATE_WARNING, MSG("{1}: {2} device errors have been counted"), "si", f->label, f->errors);
    attempt_perf(v->a, arena_printf(v->a->arena, "%s_errors", f->label), (double)f->errors, "c", NULL, NULL, 0, NAN);
    local_line(v->a, "%s (%s): %d devices, %lld errors", f->label, f->uuid, f->devices, (long long)f->errors);
}

static void look(struct attempt *own)
{
    const struct btrfs_opts *o = own->opts;
    struct listing all = {.arena = own->arena};
    struct several v = {own, 0};
    int n = 0, code = machine_list(ROOT, MAX_DEVICES, add_name, &all, NULL);

    attempt_say(own, STATE_OK, MSG("no errors on btrfs"), "");
    for (int i = 0; i < all.n && n < MAX_FS; i++) {
        struct fs f;

        if (strlen(all.at[i]) != 36) /* "features" */
            continue;
        read_fs(own, all.at[i], &f);
        if (local_listed(&o->exclude, f.label) || local_listed(&o->exclude, f.uuid))
            continue;
        n++;
        judge(&v, o, &f);
    }
    several_end(&v);
    if (code != 0 && code != ERR_NOT_FOUND && code != ERR_LIMIT)
        attempt_say(own, STATE_UNKNOWN, MSG("{1} cannot be read"), "s", ROOT);
    else if (n == 0)
        attempt_say(own, STATE_UNKNOWN, MSG("no btrfs is mounted here"), "");
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_btrfs = {
    .kind = {.name = "btrfs",
             .area = "machine",
             .example = "btrfs:",
             .help = MSG("watches btrfs for device errors and missing devices"),
             .rows = rows,
             .opts_bytes = sizeof(struct btrfs_opts)},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .local = true,
    .memory_bytes = sizeof(struct btrfs_memory),
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* op_params.c: parameters of an operation, from raw texts or JSON values to what the row says. */
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "ops/ops_priv.h"
#include <math.h>
#include <string.h>

struct reading { /* one parameter being read */
    const struct op_param *row;
    const struct doc *raw;
    struct arena *arena;
    struct doc *into;
    int64_t now_ms;
    const struct zone *zone;
    struct err *e;
};
typedef int reader(struct reading *r);

static const char *as_text(const struct doc *d, struct arena *a)
{
    switch (d->kind) {
    case DOC_TEXT:
        return d->text;
    case DOC_INT:
        return arena_printf(a, "%lld", (long long)d->i);
    case DOC_BOOL:
        return d->b ? "true" : "false";
    case DOC_REAL:
        return arena_printf(a, "%.15g", d->f);
    default:
        return NULL;
    }
}

static int wrong(struct reading *r, const char *msgid, const char *wanted)
{
    const char *got = as_text(r->raw, r->arena);
    return err_field(r->e, ERR_INVALID, r->row->name, msgid, "sss", r->row->name, got ? got : "…", wanted ? wanted : "");
}

static int read_text(struct reading *r)
{
    const char *t = as_text(r->raw, r->arena);
    if (!t)
        return wrong(r, MSG("{1}: a text is wanted"), NULL);
    if (strlen(t) > OPS_MAX_TEXT)
        return err_field(r->e, ERR_LIMIT, r->row->name, MSG("{1}: longer than {2} bytes"), "si", r->row->name, (int64_t)OPS_MAX_TEXT);
    if ((r->row->flags & OP_REQUIRED) && !t[0])
        return err_field(r->e, ERR_INVALID, r->row->name, MSG("{1} is empty"), "s", r->row->name);
    doc_put_text(r->into, r->row->name, t);
    return 0;
}

/* Its own ceilings are the model's, which names the field. */
static int read_prose(struct reading *r)
{
    const char *t = as_text(r->raw, r->arena);
    if (!t)
        return wrong(r, MSG("{1}: a text is wanted"), NULL);
    if (strlen(t) > OPS_MAX_PROSE)
        return err_field(r->e, ERR_LIMIT, r->row->name, MSG("{1}: longer than {2} bytes"), "si", r->row->name, (int64_t)OPS_MAX_PROSE);
    doc_put_text(r->into, r->row->name, t);
    return 0;
}

static int read_wording(struct reading *r)
{
    if (r->raw->kind != DOC_OBJECT)
        return read_prose(r);
    doc_put(r->into, r->row->name, doc_copy(r->arena, r->raw));
    return 0;
}

static int read_int(struct reading *r)
{
    int64_t v;
    const char *t = as_text(r->raw, r->arena);
    if (!t || str_i64(t, &v) < 0)
        return wrong(r, MSG("{1}: “{2}” is not a whole number"), NULL);
    doc_put_int(r->into, r->row->name, v);
    return 0;
}

static int read_bool(struct reading *r)
{
    static const char *const yes[] = {"true", "yes", "on", "1", ""}, *const no[] = {"false", "no", "off", "0"};
    const char *t = as_text(r->raw, r->arena);
    for (size_t i = 0; t && i < COUNT(yes); i++)
        if (str_ieq(t, yes[i])) {
            doc_put_bool(r->into, r->row->name, true);
            return 0;
        }
    for (size_t i = 0; t && i < COUNT(no); i++)
        if (str_ieq(t, no[i])) {
            doc_put_bool(r->into, r->row->name, false);
            return 0;
        }
    return wrong(r, MSG("{1}: “{2}” is neither yes nor no"), NULL);
}

static int read_time(struct reading *r)
{
    int64_t v;
    const char *t = as_text(r->raw, r->arena);
    if (t && !t[0])
        return 0;
    if (!t || time_parse(t, r->now_ms, r->zone, &v) < 0)
        return wrong(r, MSG("{1}: “{2}” is not a time; try 22:00, +2h, 2026-11-24 22:00 or 2026-11-24T22:00:00Z"), NULL);
    if ((r->row->flags & OP_PAST) && v > r->now_ms && strchr(t, ':') && strspn(t, "0123456789:") == strlen(t))
        time_parse(t, r->now_ms - 24 * 3600 * 1000, r->zone, &v);
    doc_put_int(r->into, r->row->name, v);
    return 0;
}

static int read_duration(struct reading *r)
{
    int64_t v;
    const char *t = as_text(r->raw, r->arena);
    if (t && !t[0])
        return 0;
    if (!t || str_duration(t, 1000, &v) < 0)
        return wrong(r, MSG("{1}: “{2}” is not a duration; try 90s, 30m, 2h or 1d"), NULL);
    doc_put_int(r->into, r->row->name, v);
    return 0;
}

static int read_word(struct reading *r)
{
    const char *t = as_text(r->raw, r->arena);
    struct buf all = BUF_MAX(300);
    for (int i = 0; r->row->words[i]; i++) {
        if (str_eq(t, r->row->words[i])) {
            doc_put_text(r->into, r->row->name, t);
            buf_done(&all);
            return 0;
        }
        buf_str(&all, i ? ", " : "");
        buf_str(&all, r->row->words[i]);
    }
    int code = wrong(r, MSG("{1}: “{2}” is not one of {3}"), buf_text(&all));
    buf_done(&all);
    return code;
}

static int read_list(struct reading *r)
{
    struct doc *list = doc_put_list(r->into, r->row->name);
    int n = 0;
    if (r->raw->kind != DOC_LIST) {
        const char *t = as_text(r->raw, r->arena);
        if (!t)
            return wrong(r, MSG("{1}: a list of texts is wanted"), NULL);
        doc_push_text(list, t);
        return 0;
    }
    DOC_EACH(r->raw, d) {
        const char *t = as_text(d, r->arena);
        if (!t)
            return wrong(r, MSG("{1}: a list of texts is wanted"), NULL);
        if (++n > OPS_MAX_TARGETS)
            return err_field(r->e, ERR_LIMIT, r->row->name, MSG("{1}: more than {2} of them"), "si", r->row->name, (int64_t)OPS_MAX_TARGETS);
        doc_push_text(list, t);
    }
    if ((r->row->flags & OP_REQUIRED) && n == 0)
        return err_field(r->e, ERR_INVALID, r->row->name, MSG("{1} is empty"), "s", r->row->name);
    return 0;
}

static int read_object(struct reading *r)
{
    if (r->raw->kind != DOC_OBJECT)
        return wrong(r, MSG("{1}: an object is wanted"), NULL);
    doc_put(r->into, r->row->name, doc_copy(r->arena, r->raw));
    return 0;
}

static int read_mail(struct reading *r)
{
    const char *t = as_text(r->raw, r->arena);
    if (!t || !t[0])
        return err_field(r->e, ERR_INVALID, r->row->name, MSG("{1} is empty"), "s", r->row->name);
    if (strlen(t) > OPS_MAX_MAIL)
        return err_field(r->e, ERR_LIMIT, r->row->name, MSG("{1}: longer than {2} bytes"), "si", r->row->name, (int64_t)OPS_MAX_MAIL);
    doc_put_text(r->into, r->row->name, t);
    return 0;
}

static reader *const readers[] = {
    [OP_TEXT] = read_text, [OP_INT] = read_int, [OP_BOOL] = read_bool, [OP_TIME] = read_time, [OP_DURATION] = read_duration,
    [OP_WORD] = read_word, [OP_TARGET] = read_text, [OP_TARGETS] = read_list, [OP_TEXTS] = read_list, [OP_SECRET] = read_text,
    [OP_OBJECT] = read_object, [OP_PROSE] = read_prose, [OP_WORDING] = read_wording, [OP_MAIL] = read_mail,
};

static const struct op_param *param_find(const struct op *op, const char *name)
{
    for (const struct op_param *p = op->params; p && p->name; p++)
        if (str_eq(p->name, name) && !(p->flags & OP_CLI_ONLY))
            return p;
    return NULL;
}

static int unknown(const struct op *op, const char *name, struct err *e)
{
    const char *list[33];
    int n = 0;
    for (const struct op_param *p = op->params; p && p->name && n < 32; p++)
        if (!(p->flags & OP_CLI_ONLY))
            list[n++] = p->name;
    list[n] = NULL;
    const char *near = str_nearest(name, list);
    if (near)
        return err_field(e, ERR_INVALID, name, MSG("{1} is not a parameter of {2}; did you mean {3}?"), "sss", name, op->name, near);
    return err_field(e, ERR_INVALID, name, MSG("{1} is not a parameter of {2}"), "ss", name, op->name);
}

int op_params_check(const struct op *op, const struct doc *raw, struct arena *a, int64_t now_ms, const struct zone *z,
                    struct doc **ret_params, struct err *e)
{
    struct doc *into = doc_object(a);
    if (raw && raw->kind != DOC_OBJECT)
        return err_set(e, ERR_INVALID, MSG("the body must be a JSON object"), "");
    DOC_EACH(raw, d) {
        const struct op_param *row = param_find(op, d->key);
        if (!row)
            return unknown(op, d->key, e);
        if (d->kind == DOC_NULL)
            continue;
        struct reading r = {row, d, a, into, now_ms, z, e};
        int code = readers[row->type](&r);
        if (code < 0)
            return code;
    }
    for (const struct op_param *p = op->params; p && p->name; p++)
        if ((p->flags & OP_REQUIRED) && !doc_get(into, p->name))
            return err_field(e, ERR_INVALID, p->name, MSG("{1} is missing"), "s", p->name);
    *ret_params = into;
    return 0;
}

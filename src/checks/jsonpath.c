/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jsonpath.c: walks a path through a JSON document and compares what is there. It reads no JSON itself (base/json.h),
 * and every path and condition that the configuration gives was judged by the _check functions before. */
#include "checks/jsonpath.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "checks/http_judge.h"
#include "wire/real.h"

#include <math.h>
#include <string.h>

struct step { /* a name, or a number when it is an index */
    struct str name;
    int64_t index;
    bool is_index;
};

/* ---- the path ---- */

/* ["name"], ['name'], [3], [-1]; *at stands behind "[". */
static int bracket(const char **at, struct step *ret)
{
    const char *p = *at;
    char quote = *p, number[24];

    if (quote == '"' || quote == '\'') {
        const char *end = strchr(p + 1, quote);

        if (end == NULL || end[1] != ']')
            return ERR_INVALID;
        *ret = (struct step){.name = {p + 1, (size_t)(end - p - 1)}};
        *at = end + 2;
        return 0;
    }
    const char *end = strchr(p, ']');

    if (end == NULL || !str_copyn(number, sizeof(number), p, (size_t)(end - p)))
        return ERR_INVALID;
    *ret = (struct step){.is_index = true};
    *at = end + 1;
    return str_i64(number, &ret->index);
}

/* The next step of the path: 1, 0 at its end, ERR_INVALID. first: a name needs no dot in front. */
static int next_step(const char **at, bool first, struct step *ret)
{
    const char *p = *at;

    if (*p == '\0')
        return 0;
    if (*p == '[') {
        *at = p + 1;
        return bracket(at, ret) == 0 ? 1 : ERR_INVALID;
    }
    if (*p == '.')
        p++;
    else if (!first)
        return ERR_INVALID;
    size_t n = strcspn(p, ".[");

    if (n == 0)
        return ERR_INVALID;
    *ret = (struct step){.name = {p, n}};
    *at = p + n;
    return 1;
}

/* Behind "$" when the path begins with it. */
static const char *begin(const char *path, bool *ret_first)
{
    bool root = path[0] == '$' && (path[1] == '\0' || path[1] == '.' || path[1] == '[');

    *ret_first = !root;
    return root ? path + 1 : path;
}

int jsonpath_check(const char *path)
{
    bool first;
    const char *at = begin(path, &first);
    struct step s;
    int r, n = 0;

    if (path[0] == '\0' || strlen(path) > JSONPATH_MAX_BYTES)
        return ERR_INVALID;
    while ((r = next_step(&at, first, &s)) == 1 && n++ < JSONPATH_MAX_STEPS)
        first = false;
    return r == 0 ? 0 : ERR_INVALID;
}

/* ---- walking ---- */

static const struct doc *by_name(const struct doc *d, struct str name)
{
    if (d->kind != DOC_OBJECT)
        return NULL;
    DOC_EACH(d, kid)
        if (str_is(name, kid->key))
            return kid;
    return NULL;
}

static const struct doc *by_index(const struct doc *d, int64_t index)
{
    if (d->kind != DOC_LIST)
        return NULL;
    if (index < 0)
        index += (int64_t)d->kids.n;
    if (index < 0 || index >= (int64_t)d->kids.n)
        return NULL;
    const struct doc *kid = d->kids.first;

    while (index-- > 0)
        kid = kid->next;
    return kid;
}

static const struct doc *length_of(struct arena *a, const struct doc *d)
{
    struct doc *n = doc_new(a, DOC_INT);

    if (d->kind == DOC_LIST || d->kind == DOC_OBJECT)
        n->i = (int64_t)d->kids.n;
    else if (d->kind == DOC_TEXT)
        n->i = (int64_t)strlen(d->text);
    else
        return NULL;
    return n;
}

static const struct doc *walk(struct arena *a, const struct doc *d, const struct step *s)
{
    const struct doc *kid;

    if (s->is_index)
        return by_index(d, s->index);
    kid = by_name(d, s->name);
    return kid == NULL && str_is(s->name, "length") ? length_of(a, d) : kid;
}

const struct doc *jsonpath_find(struct arena *a, const struct doc *root, const char *path)
{
    bool first;
    const char *at = begin(path, &first);
    const struct doc *d = path[0] ? root : NULL; /* as jsonpath_check() has it */
    struct step s;

    for (int n = 0; d != NULL && n < JSONPATH_MAX_STEPS; n++, first = false) {
        int r = next_step(&at, first, &s);

        if (r <= 0)
            return r == 0 ? d : NULL;
        d = walk(a, d, &s);
    }
    return *at == '\0' ? d : NULL;
}

/* ---- conditions ---- */

enum how { SAME, OTHER, LESS, LESS_SAME, MORE, MORE_SAME };
static const struct {
    const char *sign;
    enum how how;
} signs[] = {{"<=", LESS_SAME}, {">=", MORE_SAME}, {"!=", OTHER}, {"==", SAME}, {"<", LESS}, {">", MORE}, {"=", SAME}};

/* The comparison, and the text behind its sign. */
static enum how split(const char *text, struct str *ret_rest)
{
    for (size_t i = 0; i < COUNT(signs); i++)
        if (str_starts(text, signs[i].sign)) {
            *ret_rest = str_trim(str_of(text + strlen(signs[i].sign)));
            return signs[i].how;
        }
    *ret_rest = str_trim(str_of(text));
    return SAME;
}

static bool number_of(struct str s, double *ret)
{
    char text[64];

    return s.n > 0 && s.n < sizeof(text) && str_copyn(text, sizeof(text), s.p, s.n) && str_f64(text, ret) == 0;
}

/* The pattern between the slashes, or NULL. */
static bool pattern_of(const char *text, char *out, size_t n)
{
    size_t len = strlen(text);

    return len >= 2 && text[0] == '/' && text[len - 1] == '/' && str_copyn(out, n, text + 1, len - 2);
}

int json_condition_check(const char *text)
{
    char pattern[1024];
    struct str rest;
    double v;

    if (pattern_of(text, pattern, sizeof(pattern)))
        return http_search(pattern, "", 0) == ERR_INVALID ? ERR_INVALID : 0;
    return split(text, &rest) >= LESS && !number_of(rest, &v) ? ERR_INVALID : 0;
}

static bool is_number(const struct doc *d, double *ret)
{
    if (d->kind == DOC_TEXT)
        return number_of(str_of(d->text), ret);
    if (d->kind != DOC_INT && d->kind != DOC_REAL)
        return false;
    *ret = d->kind == DOC_INT ? (double)d->i : d->f;
    return true;
}

static bool compares(enum how how, double a, double b)
{
    switch (how) {
    case LESS: return a < b;
    case LESS_SAME: return a <= b;
    case MORE: return a > b;
    case MORE_SAME: return a >= b;
    default: return false;
    }
}

static bool same(const struct doc *d, struct str wanted)
{
    double a, b;

    if (d->kind == DOC_NULL)
        return str_is(wanted, "null");
    if (d->kind == DOC_BOOL)
        return str_is(wanted, d->b ? "true" : "false");
    if (d->kind == DOC_TEXT)
        return str_is(wanted, d->text);
    return is_number(d, &a) && number_of(wanted, &b) && fabs(a - b) <= 1e-9 * fabs(b);
}

static int search(const struct doc *d, const char *pattern)
{
    struct buf b = BUF_MAX(1 << 20);
    int found;

    json_show(&b, d);
    found = http_search(pattern, buf_text(&b), b.len);
    buf_done(&b);
    return found;
}

int json_condition_holds(const struct doc *d, const char *text)
{
    char pattern[1024];
    struct str rest;
    double a, b;

    if (d == NULL)
        return 0;
    if (str_eq(text, "*"))
        return 1;
    if (pattern_of(text, pattern, sizeof(pattern)))
        return search(d, pattern);
    enum how how = split(text, &rest);

    if (how == SAME || how == OTHER)
        return same(d, rest) == (how == SAME);
    return is_number(d, &a) && number_of(rest, &b) && compares(how, a, b);
}

void json_show(struct buf *out, const struct doc *d)
{
    switch ((int)d->kind) {
    case DOC_NULL: buf_str(out, "null"); break;
    case DOC_BOOL: buf_str(out, d->b ? "true" : "false"); break;
    case DOC_INT: buf_printf(out, "%lld", (long long)d->i); break;
    case DOC_REAL: real_text(out, d->f); break;
    case DOC_TEXT: buf_str(out, d->text); break;
    case DOC_LIST: buf_printf(out, "[%zu]", d->kids.n); break;
    default: buf_printf(out, "{%zu}", d->kids.n); break;
    }
}

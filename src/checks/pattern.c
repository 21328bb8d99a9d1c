/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pattern.c: see pattern.h. Work is counted by callouts, which PCRE2 makes before each item of the expression: between
 * two of them it does no more than go over the bytes that lie between. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "checks/pattern.h"
#include "base/err.h"
#include "base/mem.h"

#include <pcre2.h>

enum { MATCH_LIMIT = 200000, DEPTH_LIMIT = 2000, HEAP_LIMIT_KIB = 2048, WORK_BASE = 256 * 1024, WORK_A_BYTE = 12, WORK_A_CALL = 4 };

struct pattern {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
    size_t at, done, most; /* where the last callout was; work so far; how much there may be */
};

static int count_work(pcre2_callout_block *b, void *arg)
{
    struct pattern *p = arg;
    size_t at = b->current_position;

    p->done += (at > p->at ? at - p->at : p->at - at) + WORK_A_CALL;
    p->at = at;
    return p->done > p->most ? PCRE2_ERROR_MATCHLIMIT : 0;
}

struct pattern *pattern_new(const char *expression, enum pattern_kind kind)
{
    uint32_t flags = PCRE2_MULTILINE | PCRE2_AUTO_CALLOUT | (kind == PATTERN_UTF8 ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0);
    int error;
    PCRE2_SIZE where;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, flags, &error, &where, NULL);
    struct pattern *p;

    if (code == NULL)
        return NULL;
    p = NEW(struct pattern);
    p->code = code;
    p->data = pcre2_match_data_create(2, NULL);
    p->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(p->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(p->limits, HEAP_LIMIT_KIB);
    pcre2_set_callout(p->limits, count_work, p);
    return p;
}

struct pattern *pattern_free(struct pattern *p)
{
    if (p == NULL)
        return NULL;
    pcre2_match_context_free(p->limits);
    pcre2_match_data_free(p->data);
    pcre2_code_free(p->code);
    return mem_free(p);
}

int pattern_find(struct pattern *p, const char *text, size_t n, struct str *ret_fit, struct str *ret_group)
{
    const PCRE2_SIZE *v = pcre2_get_ovector_pointer(p->data);
    size_t most = WORK_BASE + n * WORK_A_BYTE;
    int found;

    p->most = most > p->most ? most : p->most; /* of the longest text: later ones are parts of it */
    p->at = 0;
    found = pcre2_match(p->code, (PCRE2_SPTR)text, n, 0, 0, p->data, p->limits);
    if (found == PCRE2_ERROR_NOMATCH)
        return 0;
    if (found < 0 || v[0] > v[1] || v[1] > n) /* \K can put the end in front of the beginning */
        return ERR_LIMIT;
    *ret_fit = (struct str){text + v[0], v[1] - v[0]};
    *ret_group = found == 1 || v[2] == PCRE2_UNSET || v[2] > v[3] ? (struct str){0} : (struct str){text + v[2], v[3] - v[2]};
    return 1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* types.c: one reader per type of option: a node in, a value at its place in the options struct
 * out.  Texts and lists are interned.  A reader returns 0, ERR_INVALID (the caller then says what
 * was read and what is expected), or ERR_CANCELLED when it has reported the error itself. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include <math.h>
#include <pcre2.h>

enum {
    MAX_TEXTS = 1000,
    MAX_ITEMS = 100,
    MAX_REGEX_BYTES = 4096,
    MAX_SECRET_BYTES = 64 * 1024,
    MAX_TEXT_BYTES = 64 * 1024
};

typedef int read_fn(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n);

/* The text of a node; NULL for nothing, a list or a mapping. */
static const char *text_of(const struct node *n)
{
    return n->kind == NODE_TEXT && !node_is_null(n) ? n->text : NULL;
}

static bool in_range(const struct conf_row *row, double v)
{
    if (row->min == 0 && row->max == 0)
        return true;
    return v >= (double)row->min && (row->max < row->min || v <= (double)row->max);
}

bool conf_text_words(const char *text, const char *const *words, int *ret_index)
{
    for (int i = 0; words[i]; i++) {
        if (str_eq(words[i], text)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static void join(struct buf *out, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        buf_printf(out, "%s%s", i ? ", " : "", words[i]);
}

/* Says which words there are; ERR_CANCELLED. */
static int not_a_word(struct conf_ctx *c, const struct conf_row *row, const char *text,
                      const struct node *n)
{
    struct buf words = BUF_MAX(600);
    const char *near = str_nearest(text, row->words);

    join(&words, row->words);
    if (near)
        conf_error_at(c, n, MSG("{1}: “{2}” was read; expected: one of {3}; did you mean “{4}”?"),
                      "ssss", row->key, text, buf_text(&words), near);
    else
        conf_error_at(c, n, MSG("{1}: “{2}” was read; expected: one of {3}"), "sss", row->key, text,
                      buf_text(&words));
    buf_done(&words);
    return ERR_CANCELLED;
}

static int read_text(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    const char *text = text_of(n);
    int i;

    if (text == NULL)
        return ERR_INVALID;
    if (row->words && !conf_text_words(text, row->words, &i))
        return not_a_word(c, row, text, n);
    if (strlen(text) > MAX_TEXT_BYTES) {
        conf_error_at(c, n, MSG("{1}: the text is longer than {2}"), "sb", row->key,
                      (int64_t)MAX_TEXT_BYTES);
        return ERR_CANCELLED;
    }
    *(const char **)at = intern_text(&c->intern, text);
    return 0;
}

/* A text that one of the judges of syntax.c likes. */
static int read_judged(struct conf_ctx *c, bool ok, void *at, const char *text)
{
    if (!ok)
        return ERR_INVALID;
    *(const char **)at = intern_text(&c->intern, text);
    return 0;
}

static int read_url(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    const char *text = text_of(n);

    return read_judged(c, text && conf_is_url(text), at, text);
}

static int read_address(struct conf_ctx *c, const struct conf_row *row, void *at,
                        const struct node *n)
{
    const char *text = text_of(n);
    int family;

    return read_judged(c, text && (conf_is_ip(text, &family) || conf_is_host(text)), at, text);
}

static int store_int(const struct conf_row *row, void *at, int64_t v)
{
    if (!in_range(row, (double)v))
        return ERR_INVALID;
    *(int64_t *)at = v;
    return 0;
}

static int read_int(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    const char *text = text_of(n);
    int64_t v;

    return text == NULL || str_i64(text, &v) != 0 ? ERR_INVALID : store_int(row, at, v);
}

static int read_port(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    const char *text = text_of(n);
    int64_t v;

    if (text == NULL || str_i64(text, &v) != 0 || v < 1 || v > 65535)
        return ERR_INVALID;
    *(int64_t *)at = v;
    return 0;
}

static int read_duration(struct conf_ctx *c, const struct conf_row *row, void *at,
                         const struct node *n)
{
    const char *text = text_of(n);
    int64_t v;

    return text == NULL || str_duration(text, 1000, &v) != 0 ? ERR_INVALID : store_int(row, at, v);
}

static int read_bytes(struct conf_ctx *c, const struct conf_row *row, void *at,
                      const struct node *n)
{
    const char *text = text_of(n);
    int64_t v;

    return text == NULL || str_bytes(text, &v) != 0 ? ERR_INVALID : store_int(row, at, v);
}

static int read_real(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    struct str s = str_trim(str_of(text_of(n)));
    char number[64];
    double v;

    if (s.n > 1 && s.p[s.n - 1] == '%' && str_eq(row->unit, "%"))
        s = str_trim((struct str){s.p, s.n - 1});
    if (s.n == 0 || s.n >= sizeof(number))
        return ERR_INVALID;
    str_copyn(number, sizeof(number), s.p, s.n);
    if (str_f64(number, &v) != 0 || !in_range(row, v))
        return ERR_INVALID;
    *(double *)at = v;
    return 0;
}

static int read_bool(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", NULL};
    const char *text = text_of(n);

    for (int i = 0; text && words[i]; i++) {
        if (str_ieq(text, words[i])) {
            *(bool *)at = i % 2;
            return 0;
        }
    }
    return ERR_INVALID;
}

static int read_word(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    const char *text = text_of(n);

    if (text == NULL)
        return ERR_INVALID;
    return conf_text_words(text, row->words, at) ? 0 : not_a_word(c, row, text, n);
}

static int regex_error(struct conf_ctx *c, const struct conf_row *row, const struct node *n,
                       int code, size_t offset)
{
    char why[200];

    if (pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why)) < 0)
        why[0] = '\0';
    conf_error_at(c, n, MSG("{1}: the regular expression “{2}” is wrong at character {3}: {4}"),
                  "ssis", row->key, n->text, (int64_t)offset + 1, why);
    return ERR_CANCELLED;
}

static int read_regex(struct conf_ctx *c, const struct conf_row *row, void *at,
                      const struct node *n)
{
    const char *text = text_of(n);
    pcre2_code *code;
    PCRE2_SIZE offset;
    int e;

    if (text == NULL || strlen(text) > MAX_REGEX_BYTES)
        return ERR_INVALID;
    text = intern_text(&c->intern, text);
    if (map_find(&c->regexes, text) == NULL) {
        code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                             PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &e, &offset, NULL);
        if (code == NULL)
            return regex_error(c, row, n, e, offset);
        pcre2_code_free(code);
        map_set(&c->regexes, text, c);
    }
    *(const char **)at = text;
    return 0;
}

/* The text in a file, without the line end; read once per load. ERR_CANCELLED after an error. */
static int secret_file(struct conf_ctx *c, const struct conf_row *row, const char **at,
                       const struct node *path)
{
    struct buf text = BUF_MAX(MAX_SECRET_BYTES);
    struct err e = {0};
    const char *known = map_find(&c->secrets, path->text);
    int r = 0;

    if (known == NULL && c->env->read_secret == NULL) {
        r = err_set(&e, ERR_UNSUPPORTED, MSG("files cannot be read here"), "");
    } else if (known == NULL) {
        r = c->env->read_secret(c->env->arg, path->text, &text, &e);
        while (text.len > 0 && strchr("\r\n", text.data[text.len - 1]))
            buf_cut(&text, text.len - 1);
        known = arena_dup(c->arena, buf_text(&text));
        if (r == 0)
            map_set(&c->secrets, arena_dup(c->scratch, path->text), (void *)(uintptr_t)known);
    }
    if (r == 0)
        *at = known;
    else
        conf_error_at(c, path, MSG("{1}: the secret in {2} cannot be read: {3}"), "ssm", row->key,
                      path->text, e.text);
    if (text.data)
        explicit_bzero(text.data, text.cap);
    buf_done(&text);
    return r == 0 ? 0 : ERR_CANCELLED;
}

static int read_secret(struct conf_ctx *c, const struct conf_row *row, void *at,
                       const struct node *n)
{
    const struct node *path = node_get(n, "file");

    if (n->kind == NODE_TEXT)
        return read_text(c, row, at, n);
    if (path == NULL || node_count(n) != 1 || text_of(path) == NULL)
        return ERR_INVALID;
    return secret_file(c, row, at, path);
}

struct conf_texts conf_texts_make(struct conf_ctx *c, const char *const *at, int n)
{
    const char *const *kept;
    const char **list = mem_array((size_t)n + 1, sizeof(*list));

    for (int i = 0; i < n; i++)
        list[i] = intern_text(&c->intern, at[i]);
    kept = intern_bytes(&c->intern, list, ((size_t)n + 1) * sizeof(*list));
    mem_free(list);
    return (struct conf_texts){.at = kept, .n = n};
}

struct conf_texts conf_texts_of(struct conf_ctx *c, const struct node *list)
{
    VEC(const char *) texts = {0};
    const struct node *first = list->kind == NODE_LIST ? list->first : list;
    struct conf_texts ret;

    for (const struct node *n = first; n; n = list->kind == NODE_LIST ? n->next : NULL)
        if (n->kind == NODE_TEXT && texts.n < MAX_TEXTS)
            VEC_PUSH(&texts, n->text);
    ret = conf_texts_make(c, texts.at, (int)texts.n);
    VEC_DONE(&texts);
    return ret;
}

static void report(struct conf_ctx *c, const struct conf_row *row, const struct node *n)
{
    struct buf expected = BUF_MAX(1000);

    conf_type_expected(&expected, row);
    conf_error_expected(c, n, row->key, buf_text(&expected));
    buf_done(&expected);
}

/* A list of texts, or one text; each must please `judge` (NULL: anything). */
static int read_list(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n,
                     bool (*judge)(const char *))
{
    VEC(const char *) texts = {0};
    const struct node *first = n->kind == NODE_TEXT ? n : node_kids(n);
    int r = n->kind == NODE_MAP || node_count(n) > MAX_TEXTS ? ERR_INVALID : 0;

    for (const struct node *kid = first; kid && r == 0;
         kid = n->kind == NODE_TEXT ? NULL : kid->next) {
        const char *text = text_of(kid);

        VEC_PUSH(&texts, text);
        if (text == NULL || (judge && !judge(text))) {
            report(c, judge ? row : &(const struct conf_row){.key = row->key, .type = CONF_TEXT},
                   kid);
            r = ERR_CANCELLED;
        }
    }
    if (r == 0)
        *(struct conf_texts *)at = conf_texts_make(c, texts.at, (int)texts.n);
    VEC_DONE(&texts);
    return r;
}

static int read_texts(struct conf_ctx *c, const struct conf_row *row, void *at,
                      const struct node *n)
{
    return read_list(c, row, at, n, NULL);
}

static int read_status(struct conf_ctx *c, const struct conf_row *row, void *at,
                       const struct node *n)
{
    return read_list(c, row, at, n, conf_is_status);
}

/* Is the key a language that vigie speaks? */
static bool lang_ok(struct conf_ctx *c, const struct conf_row *row, const struct node *key)
{
    struct buf langs = BUF_MAX(64);
    int i;

    if (!(row->flags & CONF_BY_LANG) || conf_text_words(key->text, msg_langs, &i))
        return true;
    join(&langs, msg_langs);
    conf_error_at(c, key, MSG("{1}: “{2}” is no language of vigie; there are {3}"), "sss", row->key,
                  key->text, buf_text(&langs));
    buf_done(&langs);
    return false;
}

static int read_pairs(struct conf_ctx *c, const struct conf_row *row, void *at,
                      const struct node *n)
{
    VEC(const char *) keys = {0}, values = {0};
    int r = n->kind == NODE_MAP && node_count(n) <= MAX_TEXTS ? 0 : ERR_INVALID;

    if ((row->flags & CONF_BY_LANG) && text_of(n)) {
        VEC_PUSH(&keys, "");
        VEC_PUSH(&values, n->text);
        r = 0;
    }
    NODE_EACH(n, kid)
    {
        if (r != 0)
            break;
        if (text_of(kid) == NULL)
            r = ERR_INVALID;
        else if (!lang_ok(c, row, kid->key))
            r = ERR_CANCELLED;
        VEC_PUSH(&keys, kid->key->text);
        VEC_PUSH(&values, kid->text);
    }
    if (r == 0) {
        struct conf_texts k = conf_texts_make(c, keys.at, (int)keys.n),
                          v = conf_texts_make(c, values.at, (int)values.n);

        *(struct conf_pairs *)at = (struct conf_pairs){.keys = k.at, .values = v.at, .n = k.n};
    }
    VEC_DONE(&keys);
    VEC_DONE(&values);
    return r;
}

/* One item of a list: a mapping whose keys the row knows. */
static int read_item(struct conf_ctx *c, const struct conf_row *row, struct conf_pairs *at, const struct node *n)
{
    const struct conf_row plain = {.key = row->key, .type = CONF_PAIRS};
    struct row_set set = {.rows = row->rows};
    int before = conf_error_count(c);

    NODE_EACH(n, kid)
    {
        const struct conf_row *known = row->rows;

        while (known->key && !str_eq(known->key, kid->key->text))
            known++;
        if (known->key == NULL)
            conf_unknown_key(c, kid->key, &set, 1, row->key);
    }
    if (conf_error_count(c) != before)
        return ERR_CANCELLED;
    return read_pairs(c, &plain, at, n);
}

static int read_items(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    VEC(struct conf_pairs) items = {0};
    int r = n->kind == NODE_LIST && node_count(n) <= MAX_ITEMS ? 0 : ERR_INVALID;

    for (const struct node *kid = r == 0 ? node_kids(n) : NULL; kid && r == 0; kid = kid->next) {
        struct conf_pairs one = {0};

        r = kid->kind == NODE_MAP ? read_item(c, row, &one, kid) : ERR_INVALID;
        VEC_PUSH(&items, one);
    }
    if (r == 0 && items.n == 0)
        *(struct conf_list *)at = (struct conf_list){0};
    else if (r == 0)
        *(struct conf_list *)at = (struct conf_list){
            .at = intern_bytes(&c->intern, items.at, items.n * sizeof(*items.at)), .n = (int)items.n};
    VEC_DONE(&items);
    return r;
}

static int read_level(struct conf_ctx *c, const struct conf_row *row, void *at,
                      const struct node *n)
{
    const char *text = text_of(n);

    if (text == NULL || conf_level_parse(text, row->unit, at) != 0)
        return ERR_INVALID;
    ((struct conf_level *)at)->text = intern_text(&c->intern, text);
    return 0;
}

static int read_group(struct conf_ctx *c, const struct conf_row *row, void *at,
                      const struct node *n)
{
    const struct conf_row *positional = conf_rows_positional(row->rows);
    /* Offsets of nested rows count from the same base as the group's own, which is at offset 0 of
     * it. */
    void *base = (char *)at - row->offset;
    struct row_set set = {.rows = row->rows, .base = base};

    if (n->kind == NODE_MAP) {
        conf_rows_read(c, &set, 1, n, row->key);
        conf_rows_required(c, row->rows, n, n, row->key);
        return 0;
    }
    if (positional == NULL || n->kind != NODE_TEXT)
        return ERR_INVALID;
    return conf_type_read(c, positional, base, n) == 0 ? 0 : ERR_CANCELLED;
}

static int read_node(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    *(const struct node **)at = n;
    return 0;
}

/* ---- the table */

static const struct {
    const char *name, *expected; /* MSG */
    read_fn *read;
} types[] = {
    [CONF_TEXT] = {MSG("text"), MSG("a text"), read_text},
    [CONF_INT] = {MSG("whole number"), MSG("a whole number"), read_int},
    [CONF_REAL] = {MSG("number"), MSG("a number"), read_real},
    [CONF_BOOL] = {MSG("yes or no"), MSG("yes or no"), read_bool},
    [CONF_DURATION] = {MSG("duration"), MSG("a duration such as 30s, 5m or 1h30m"), read_duration},
    [CONF_BYTES] = {MSG("size"), MSG("a size such as 500k, 10 MiB or 2 GB"), read_bytes},
    [CONF_WORD] = {MSG("word"), MSG("one of its words"), read_word},
    [CONF_REGEX] = {MSG("regular expression"), MSG("a regular expression"), read_regex},
    [CONF_SECRET] = {MSG("secret"), MSG("a text, or a mapping with the path of a “file”"),
                     read_secret},
    [CONF_URL] = {MSG("URL"), MSG("a URL such as https://example.org/, without user and password"),
                  read_url},
    [CONF_PORT] = {MSG("port"), MSG("a port from 1 to 65535"), read_port},
    [CONF_ADDRESS] = {MSG("address"), MSG("an IP address or a host name"), read_address},
    [CONF_TEXTS] = {MSG("list of texts"), MSG("a list of texts"), read_texts},
    [CONF_PAIRS] = {MSG("mapping of texts"), MSG("a mapping of texts"), read_pairs},
    [CONF_LIST] = {MSG("list of mappings"), MSG("a list of mappings with {1}"), read_items},
    [CONF_LEVEL] = {MSG("threshold"), MSG("a threshold such as {1}"), read_level},
    [CONF_STATUS] = {MSG("HTTP statuses"), MSG("HTTP statuses such as 200, 2xx or 300-399"),
                     read_status},
    [CONF_GROUP] = {MSG("mapping"), MSG("a mapping with {1}"), read_group},
    [CONF_ITEMS] = {MSG("list of mappings"), MSG("a list of mappings, from 1 to 64"), conf_items_read},
    [CONF_NODE] = {MSG("mapping"), MSG("a mapping"), read_node},
    [CONF_WAYS] = {MSG("hosts"), MSG("a list of hosts, or {{ any: […] }, or {{ all: […] }"), conf_ways_read},
    [CONF_DEPENDS] = {MSG("dependencies"), MSG("a list of HOST/CHECK or HOST, or of mappings with “on”"), conf_depends_read},
};

const char *conf_type_name(const struct conf_row *row)
{
    return types[row->type].name;
}

static void level_example(struct buf *out, const struct conf_row *row)
{
    static const struct {
        const char *unit, *example;
    } examples[] = {{"ms", "500ms, “> 2s”"},          {"s", "2s, “> 500ms”"},
                    {"bytes", "80%, “< 5 GiB free”"}, {"%", "80%, “> 90 %”"},
                    {"days", "14:, “< 14 days”"},     {"d", "14:, “< 14 d”"},
                    {"/s", "10, “> 100/s”, “> 5/min”"}, {"bit/s", "80%, “> 800 Mbit/s”"},
                    {"bytes/s", "“> 10 MB/s”"},      {CONF_MAYBE_RATE, "5, 10:20, “> 80”, “> 100/s”"}};
    const char *example = "5, 10:20, “> 80”";

    for (size_t i = 0; i < COUNT(examples); i++)
        if (str_eq(examples[i].unit, row->unit))
            example = examples[i].example;
    msg_pack(out, types[CONF_LEVEL].expected, "s", example);
}

static void limit_text(struct buf *out, const struct conf_row *row, int64_t v)
{
    if (row->type == CONF_DURATION)
        conf_duration_text(out, v);
    else if (row->type == CONF_BYTES)
        conf_bytes_text(out, v);
    else
        buf_printf(out, "%lld", (long long)v);
}

/* "a whole number from 1 to 10". */
static void range_expected(struct buf *out, const struct conf_row *row)
{
    struct buf kind = BUF_MAX(200), low = BUF_MAX(40), high = BUF_MAX(40);

    msg_pack(&kind, types[row->type].expected, "");
    limit_text(&low, row, row->min);
    limit_text(&high, row, row->max);
    if (row->max < row->min)
        msg_pack(out, MSG("{1}, at least {2}"), "ms", buf_text(&kind), buf_text(&low));
    else
        msg_pack(out, MSG("{1}, from {2} to {3}"), "mss", buf_text(&kind), buf_text(&low),
                 buf_text(&high));
    buf_done(&kind);
    buf_done(&low);
    buf_done(&high);
}

static void keys_expected(struct buf *out, const struct conf_row *row)
{
    struct buf keys = BUF_MAX(300);

    for (const struct conf_row *r = row->rows; r->key; r++)
        if (!(r->flags & CONF_HIDDEN))
            buf_printf(&keys, "%s%s", r == row->rows ? "" : ", ", r->key);
    msg_pack(out, types[row->type].expected, "s", buf_text(&keys));
    buf_done(&keys);
}

void conf_type_expected(struct buf *out, const struct conf_row *row)
{
    struct buf words = BUF_MAX(600);

    if ((row->type == CONF_WORD || row->type == CONF_TEXT) && row->words) {
        join(&words, row->words);
        msg_pack(out, MSG("one of {1}"), "s", buf_text(&words));
    } else if (row->type == CONF_LEVEL) {
        level_example(out, row);
    } else if (row->type == CONF_GROUP || row->type == CONF_LIST) {
        keys_expected(out, row);
    } else if (row->flags & CONF_BY_LANG) {
        msg_pack(out, MSG("a text, or a mapping with a text for each language (en, fr)"), "");
    } else if ((row->min || row->max) && (row->type == CONF_INT || row->type == CONF_REAL ||
                                          row->type == CONF_DURATION || row->type == CONF_BYTES)) {
        range_expected(out, row);
    } else {
        msg_pack(out, types[row->type].expected, "");
    }
    buf_done(&words);
}

int conf_type_read(struct conf_ctx *c, const struct conf_row *row, void *base, const struct node *n)
{
    int e;

    ASSERT(row->type > 0 && (size_t)row->type < COUNT(types) && types[row->type].read);
    if (row->flags & CONF_ELSEWHERE)
        return 0;
    e = types[row->type].read(c, row, (char *)base + row->offset, n);
    if (e == ERR_INVALID)
        report(c, row, n);
    return e;
}

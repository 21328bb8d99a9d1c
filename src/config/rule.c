/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rule.c: conditions, read by recursive descent.  Depth and length have ceilings, so that no text
 * can exhaust the stack.
 *
 *   any  := all { "or" all }            all := not { "and" not }        not := "not" not | test
 *   test := value [ OP value ]          OP  := == != < <= > >= ~ !~ in  "not in"
 *   value := "text" | 'text' | number | name | "[" value { "," value } "]" | "(" any ")"
 *
 * A word after a comparison is a text (role == web), unless it is plainly a name (vars.role). */
#include "config/rule.h"

#include "base/err.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

enum op {
    R_TEXT,
    R_NAME,
    R_LIST, /* items: a, chained by next */
    R_NOT,
    R_AND,
    R_OR,
    R_EQ,
    R_NE,
    R_LE,
    R_LT,
    R_GE,
    R_GT,
    R_LIKE,
    R_UNLIKE,
    R_IN,
    R_NOT_IN,
};
struct rule {
    enum op op;
    const char *text;
    const struct rule *a, *b, *next;
};
struct reader {
    const char *text, *p;
    struct arena *a;
    struct rule_mistake *mistake;
    bool failed;
    int depth;
};

static const struct rule *read_any(struct reader *s);

/* The first mistake is told. */
static void *fail(struct reader *s, const char *at, const char *msgid)
{
    if (!s->failed)
        *s->mistake = (struct rule_mistake){.at = (size_t)(at - s->text), .text = msgid};
    s->failed = true;
    return NULL;
}

static struct rule *new_rule(struct reader *s, enum op op, const struct rule *a,
                             const struct rule *b)
{
    struct rule *r = ARENA_NEW(s->a, struct rule);

    r->op = op;
    r->a = a;
    r->b = b;
    return r;
}

static void blanks(struct reader *s)
{
    while (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r')
        s->p++;
}

static bool name_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80 || (c && strchr("_.-", c));
}

static size_t word(const struct reader *s)
{
    size_t n = 0;

    while (name_char(s->p[n]))
        n++;
    return n;
}

static bool is_word(struct reader *s, const char *text)
{
    size_t n;

    blanks(s);
    n = word(s);
    return n == strlen(text) && memcmp(s->p, text, n) == 0;
}

static bool take_word(struct reader *s, const char *text)
{
    if (!is_word(s, text))
        return false;
    s->p += strlen(text);
    return true;
}

static bool take_sign(struct reader *s, const char *sign)
{
    blanks(s);
    if (!str_starts(s->p, sign))
        return false;
    s->p += strlen(sign);
    return true;
}

static const struct rule *read_quoted(struct reader *s)
{
    char quote = *s->p;
    const char *start = s->p + 1, *end = strchr(start, quote);
    struct rule *r;

    if (end == NULL)
        return fail(s, s->p, MSG("the text that begins here has no end"));
    r = new_rule(s, R_TEXT, NULL, NULL);
    r->text = arena_dupn(s->a, start, (size_t)(end - start));
    s->p = end + 1;
    return r;
}

static const struct rule *read_word(struct reader *s)
{
    static const char *const reserved[] = {"and", "or", "not", "in", "where", NULL};
    size_t n = word(s);
    double number;
    struct rule *r;

    if (*s->p == '\0')
        return fail(s, s->p, MSG("something is missing at the end"));
    if (n == 0)
        return fail(s, s->p, MSG("a name, a text in quotes or a number is expected here"));
    r = new_rule(s, R_NAME, NULL, NULL);
    r->text = arena_dupn(s->a, s->p, n);
    for (int i = 0; reserved[i]; i++)
        if (str_eq(r->text, reserved[i]))
            return fail(s, s->p, MSG("a name, a text in quotes or a number is expected here"));
    if (str_f64(r->text, &number) == 0)
        r->op = R_TEXT;
    s->p += n;
    return r;
}

static const struct rule *read_value(struct reader *s);

static const struct rule *read_list(struct reader *s)
{
    const char *start = s->p++;
    struct rule *list = new_rule(s, R_LIST, NULL, NULL);
    const struct rule **link = &list->a;

    if (take_sign(s, "]"))
        return list;
    do {
        const struct rule *value = read_value(s);
        struct rule *item;

        if (s->failed)
            return NULL;
        if (value->op != R_TEXT && value->op != R_NAME)
            return fail(s, start, MSG("a list holds names, texts and numbers only"));
        item = new_rule(s, value->op, NULL, NULL);
        item->text = value->text;
        item->op = R_TEXT; /* [test, old]: words of a list are texts */
        *link = item;
        link = &item->next;
    } while (take_sign(s, ","));
    if (!take_sign(s, "]"))
        return fail(s, start, MSG("the list that begins here has no end"));
    return list;
}

static const struct rule *read_value(struct reader *s)
{
    const struct rule *r;
    const char *start;

    blanks(s);
    start = s->p;
    if (++s->depth > RULE_MAX_DEPTH)
        return fail(s, start, MSG("too many brackets inside each other"));
    if (*start == '"' || *start == '\'') {
        r = read_quoted(s);
    } else if (*start == '[') {
        r = read_list(s);
    } else if (*start == '(') {
        s->p++;
        r = read_any(s);
        if (!s->failed && !take_sign(s, ")"))
            return fail(s, start, MSG("the bracket that opens here is not closed"));
    } else {
        r = read_word(s);
    }
    s->depth--;
    return r;
}

static enum op read_op(struct reader *s)
{
    static const struct {
        const char *sign;
        enum op op;
    } signs[] = {{"==", R_EQ}, {"!=", R_NE}, {"<=", R_LE}, {">=", R_GE},    {"<", R_LT},
                 {">", R_GT},  {"~", R_LIKE}, {"!~", R_UNLIKE}};

    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
        if (take_sign(s, signs[i].sign))
            return signs[i].op;
    if (take_word(s, "in"))
        return R_IN;
    if (is_word(s, "not")) {
        const char *before = s->p;

        s->p += 3;
        if (take_word(s, "in"))
            return R_NOT_IN;
        s->p = before;
    }
    return R_TEXT;
}

static const struct rule *as_text(struct reader *s, const struct rule *name)
{
    static const char *const plain[] = {"vars.", "labels.", "host."};
    struct rule *r;

    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
        if (str_starts(name->text, plain[i]))
            return name;
    r = new_rule(s, R_TEXT, NULL, NULL);
    r->text = name->text;
    return r;
}

static const struct rule *read_test(struct reader *s)
{
    const struct rule *a = read_value(s), *b;
    enum op op;

    if (s->failed)
        return NULL;
    op = read_op(s);
    if (op == R_TEXT) {
        if (*s->p == '=')
            return fail(s, s->p, MSG("equality is written with two signs: =="));
        return a;
    }
    b = read_value(s);
    if (!s->failed && b->op == R_NAME && op != R_IN && op != R_NOT_IN)
        b = as_text(s, b);
    return s->failed ? NULL : new_rule(s, op, a, b);
}

static const struct rule *read_not(struct reader *s)
{
    const struct rule *r;

    if (!take_word(s, "not"))
        return read_test(s);
    if (++s->depth > RULE_MAX_DEPTH)
        return fail(s, s->p, MSG("too many brackets inside each other"));
    r = read_not(s);
    s->depth--;
    return s->failed ? NULL : new_rule(s, R_NOT, r, NULL);
}

static const struct rule *read_all(struct reader *s)
{
    const struct rule *r = read_not(s);

    while (!s->failed && take_word(s, "and"))
        r = new_rule(s, R_AND, r, read_not(s));
    return r;
}

static const struct rule *read_any(struct reader *s)
{
    const struct rule *r = read_all(s);

    while (!s->failed && take_word(s, "or"))
        r = new_rule(s, R_OR, r, read_all(s));
    return r;
}

int rule_parse(const char *text, struct arena *a, const struct rule **ret_rule,
               struct rule_mistake *ret_mistake)
{
    struct reader s = {.text = text, .p = text, .a = a, .mistake = ret_mistake};
    const struct rule *r;

    if (strlen(text) > RULE_MAX_BYTES) {
        fail(&s, text, MSG("the condition is too long"));
        return ERR_INVALID;
    }
    r = read_any(&s);
    blanks(&s);
    if (!s.failed && *s.p)
        fail(&s, s.p, MSG("“and”, “or” or a comparison is expected here"));
    if (s.failed)
        return ERR_INVALID;
    *ret_rule = r;
    return 0;
}

/* ---- evaluation */

struct judge {
    rule_lookup *lookup;
    void *arg;
};

static bool holds(const struct judge *j, const struct rule *r);

static struct rule_value value_of(const struct judge *j, const struct rule *r)
{
    if (r->op == R_TEXT)
        return (struct rule_value){.kind = RULE_TEXT, .text = r->text};
    if (r->op == R_NAME)
        return j->lookup(j->arg, r->text);
    if (r->op == R_LIST)
        return (struct rule_value){0}; /* looked at by is_in() only */
    return (struct rule_value){.kind = RULE_TEXT, .text = holds(j, r) ? "yes" : "no"};
}

static bool truth(const struct rule_value *v)
{
    static const char *const no[] = {"", "no", "false", "off", "0"};

    if (v->kind != RULE_TEXT)
        return v->kind == RULE_LIST && v->n > 0;
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        if (str_ieq(v->text, no[i]))
            return false;
    return true;
}

/* <0, 0, >0. */
static int order(const char *a, const char *b)
{
    double x, y;

    if (str_f64(a, &x) == 0 && str_f64(b, &y) == 0)
        return x < y ? -1 : x > y;
    return strcmp(a, b);
}

static bool equal(const struct rule_value *a, const struct rule_value *b)
{
    return a->kind == RULE_TEXT && b->kind == RULE_TEXT && order(a->text, b->text) == 0;
}

static bool is_in(const struct judge *j, const struct rule_value *a, const struct rule *b)
{
    struct rule_value list;

    if (a->kind != RULE_TEXT)
        return false;
    if (b->op == R_LIST) {
        for (const struct rule *item = b->a; item; item = item->next)
            if (order(a->text, item->text) == 0)
                return true;
        return false;
    }
    list = value_of(j, b);
    for (int i = 0; list.kind == RULE_LIST && i < list.n; i++)
        if (order(a->text, list.list[i]) == 0)
            return true;
    return equal(a, &list);
}

/* One of a list is enough: groups ~ "web*". */
static bool like(const struct rule_value *a, const struct rule_value *b)
{
    if (b->kind != RULE_TEXT)
        return false;
    for (int i = 0; a->kind == RULE_LIST && i < a->n; i++)
        if (str_glob(b->text, a->list[i]))
            return true;
    return a->kind == RULE_TEXT && str_glob(b->text, a->text);
}

static bool compare(const struct judge *j, const struct rule *r)
{
    struct rule_value a = value_of(j, r->a), b = value_of(j, r->b);
    bool both = a.kind == RULE_TEXT && b.kind == RULE_TEXT;
    int way = both ? order(a.text, b.text) : 0;

    switch ((int)r->op) {
    case R_EQ:
        return equal(&a, &b);
    case R_NE:
        return !equal(&a, &b);
    case R_LT:
        return both && way < 0;
    case R_LE:
        return both && way <= 0;
    case R_GT:
        return both && way > 0;
    case R_GE:
        return both && way >= 0;
    case R_LIKE:
        return like(&a, &b);
    case R_UNLIKE:
        return !like(&a, &b);
    default:
        return is_in(j, &a, r->b) == (r->op == R_IN);
    }
}

/* As deep as a condition is nested; a chain of “and” is a loop. */
static bool holds(const struct judge *j, const struct rule *r)
{
    struct rule_value v;

    for (; r->op == R_AND || r->op == R_OR; r = r->a) {
        bool right = holds(j, r->b);

        if (right == (r->op == R_OR))
            return right;
    }
    if (r->op == R_NOT)
        return !holds(j, r->a);
    if (r->op >= R_EQ)
        return compare(j, r);
    v = value_of(j, r);
    return r->op == R_LIST ? r->a != NULL : truth(&v);
}

bool rule_holds(const struct rule *r, rule_lookup *lookup, void *arg)
{
    return holds(&(struct judge){lookup, arg}, r);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* web_steps.c: rows of the web probe, and the texts that go from one step to the next. It sends nothing. */
#include "checks/web_steps.h"
#include "base/json.h"
#include "checks/jsonpath.h"
#include "checks/url.h"

#include <ctype.h>
#include <string.h>

#define STEP(member) offsetof(struct web_step, member)
#define EXPECT(member) (STEP(expect) + offsetof(struct http_expect, member))
static const struct conf_row expect_rows[] = {
    HTTP_EXPECT_ROWS(EXPECT),
    {0},
};
static const struct conf_row step_rows[] = {
    {.key = "name", .type = CONF_TEXT, .offset = STEP(name), .help = MSG("name of the step, for its text and its figure"),
     .example = "login"},
    {.key = "get", .type = CONF_TEXT, .offset = STEP(get), .help = MSG("page to fetch: a path or an address"),
     .example = "/login"},
    {.key = "post", .type = CONF_TEXT, .offset = STEP(post), .help = MSG("page to send a form or a body to"),
     .example = "/login"},
    {.key = "form", .type = CONF_PAIRS, .offset = STEP(form),
     .help = MSG("fields of the form; ${user}, ${password} and what was captured are filled in"),
     .example = "{ login: \"${user}\", password: \"${password}\" }"},
    {.key = "body", .type = CONF_TEXT, .offset = STEP(body), .help = MSG("body to send instead of a form"),
     .example = "'{\"id\": 1}'"},
    {.key = "type", .type = CONF_TEXT, .offset = STEP(type), .help = MSG("media type of the body"),
     .example = "application/json"},
    {.key = "headers", .type = CONF_PAIRS, .offset = STEP(headers), .help = MSG("more headers to send"),
     .example = "{ X-Requested-With: XMLHttpRequest }"},
    {.key = "capture", .type = CONF_PAIRS, .offset = STEP(capture),
     .help = MSG("values to keep: a regular expression (its first group), header:NAME or json:$.place"),
     .example = "{ csrf: 'name=\"csrf\" value=\"([^\"]+)\"' }"},
    {.key = "follow", .type = CONF_BOOL, .offset = STEP(follow), .by_default = "yes",
     .help = MSG("follow redirects"), .example = "no"},
    {.key = "expect", .type = CONF_GROUP, .rows = expect_rows, .help = MSG("what the answer must be"),
     .example = "{ body: Welcome }"},
    {0},
};
#define AT(member) offsetof(struct web_opts, member)
const struct conf_row web_rows[] = {
    {.key = "url", .type = CONF_URL, .offset = AT(url), .flags = CONF_POSITIONAL | CONF_REQUIRED,
     .help = MSG("address that the steps’ paths are relative to"), .example = "https://example.org/"},
    {.key = "steps", .type = CONF_ITEMS, .offset = AT(steps), .rows = step_rows, .item_bytes = sizeof(struct web_step),
     .flags = CONF_REQUIRED, .help = MSG("requests, one after the other"),
     .example = "[{ get: /login }, { post: /login, form: { user: watch } }, { get: /home, expect: { body: Welcome } }]"},
    {.key = "user", .type = CONF_TEXT, .offset = AT(user), .help = MSG("what ${user} stands for"), .example = "watch"},
    {.key = "password", .type = CONF_SECRET, .offset = AT(password), .help = MSG("what ${password} stands for"),
     .example = "{ file: /etc/vigie/secrets/web }"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes",
     .help = MSG("the certificate must be trusted and fit the name"), .example = "no"},
    {.key = "server_name", .type = CONF_TEXT, .offset = AT(server_name),
     .help = MSG("name to ask for and to verify in TLS; by default that of the URL"), .example = "example.org"},
    {.key = "address", .type = CONF_ADDRESS, .offset = AT(address),
     .help = MSG("connect to this address instead of looking up the name"), .example = "192.0.2.10"},
    {.key = "cert", .type = CONF_TEXT, .offset = AT(cert),
     .help = MSG("client certificate to show (PEM), with its chain"), .example = "/etc/vigie/client.pem"},
    {.key = "key", .type = CONF_TEXT, .offset = AT(key),
     .help = MSG("key of the client certificate; by default in the same file"), .example = "/etc/vigie/client.key"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms",
     .help = MSG("whole time that is a warning"), .example = "3s"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms",
     .help = MSG("whole time that is critical"), .example = "10s"},
    {0},
};

/* ---- values ---- */

static const char *value_of(const struct web_values *v, struct str name)
{
    for (int i = v->n; i-- > 0;)
        if (str_is(name, v->names[i]))
            return v->texts[i];
    return NULL;
}

void web_value_set(struct web_values *v, const char *name, const char *text)
{
    int i = 0;

    while (i < v->n && !str_eq(v->names[i], name))
        i++;
    if (i == WEB_MAX_VALUES)
        return;
    v->names[i] = name;
    v->texts[i] = text;
    v->n += i == v->n;
}

static void put(struct buf *out, const char *p, size_t n, bool encode)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];

        if (!encode || (c < 0x80 && (isalnum(c) || strchr("-._~", c))))
            buf_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

int web_expand(struct buf *out, const char *text, const struct web_values *v, bool encode)
{
    const char *open, *close;

    while ((open = strstr(text, "${")) != NULL && (close = strchr(open, '}')) != NULL) {
        const char *value = value_of(v, (struct str){open + 2, (size_t)(close - open - 2)});

        if (value == NULL)
            return ERR_NOT_FOUND;
        put(out, text, (size_t)(open - text), encode);
        put(out, value, strlen(value), encode);
        text = close + 1;
    }
    put(out, text, strlen(text), encode);
    return 0;
}

int web_form(struct buf *out, const struct conf_pairs *form, const struct web_values *v)
{
    int code = 0;

    for (int i = 0; i < form->n && code == 0; i++) {
        if (i)
            buf_char(out, '&');
        put(out, form->keys[i], strlen(form->keys[i]), true);
        buf_char(out, '=');
        code = web_expand(out, form->values[i], v, true);
    }
    return code;
}

/* ---- captures ---- */

/* Entities that appear in the values of forms. */
static const char *decode(struct arena *a, struct str s)
{
    static const struct {
        const char *entity;
        char c;
    } entities[] = {{"&amp;", '&'},  {"&lt;", '<'},   {"&gt;", '>'},   {"&quot;", '"'}, {"&#39;", '\''}, {"&#x27;", '\''},
                    {"&#34;", '"'}, {"&#43;", '+'}, {"&#x2B;", '+'}, {"&#47;", '/'},  {"&#x2F;", '/'}, {"&#61;", '='}, {"&#x3D;", '='}};
    char *out = arena_dupn(a, s.p, s.n < WEB_MAX_VALUE_BYTES ? s.n : WEB_MAX_VALUE_BYTES), *to = out;

    for (const char *p = out; *p;) {
        size_t i = 0;

        while (i < COUNT(entities) && (*p != '&' || !str_istarts(p, entities[i].entity)))
            i++;
        *to++ = i < COUNT(entities) ? entities[i].c : *p;
        p += i < COUNT(entities) ? strlen(entities[i].entity) : 1;
    }
    *to = '\0';
    return out;
}

static const char *from_json(struct arena *a, const char *place, const struct httpc_reply *r)
{
    struct buf b = BUF_MAX(WEB_MAX_VALUE_BYTES);
    struct doc *root;
    const struct doc *d = NULL;
    const char *text = NULL;

    if (json_parse(a, r->body ? r->body : "", r->body_bytes, 256 * 1024, &root, NULL) == 0)
        d = jsonpath_find(a, root, place);
    if (d) {
        json_show(&b, d);
        text = arena_dup(a, buf_text(&b));
    }
    buf_done(&b);
    return text;
}

const char *web_capture(struct arena *a, const char *rule, const struct httpc_reply *r)
{
    struct str found;

    if (str_starts(rule, "header:")) {
        const char *value = httpc_find_header(r, rule + 7);

        return value ? arena_dupn(a, value, strnlen(value, WEB_MAX_VALUE_BYTES)) : NULL;
    }
    if (str_starts(rule, "json:"))
        return from_json(a, rule + 5, r);
    if (http_capture(rule, r->body ? r->body : "", r->body_bytes, &found) != 1)
        return NULL;
    return decode(a, found);
}

/* ---- does it make sense? ---- */

/* Every name in the text was captured before, or is user or password. */
static int check_names(const char *text, const struct web_values *known, struct err *e)
{
    struct buf b = BUF_MAX(WEB_MAX_SENT);
    int code = text ? web_expand(&b, text, known, false) : 0;

    buf_done(&b);
    if (code == 0)
        return 0;
    return err_field(e, ERR_INVALID, "steps", MSG("“{1}” uses a value that no step before captures"), "s", text);
}

static int check_captures(const struct web_step *s, struct web_values *known, struct err *e)
{
    for (int i = 0; i < s->capture.n; i++) {
        const char *rule = s->capture.values[i];
        bool bad = str_starts(rule, "json:") ? jsonpath_check(rule + 5) != 0
                                             : !str_starts(rule, "header:") && http_search(rule, "", 0) == ERR_INVALID;

        if (bad)
            return err_field(e, ERR_INVALID, "capture", MSG("“{1}” captures nothing; write a regular expression, header:NAME or json:$.place"),
                             "s", rule);
        if (known->n == WEB_MAX_VALUES)
            return err_field(e, ERR_LIMIT, "capture", MSG("at most {1} values are kept"), "i", (int64_t)WEB_MAX_VALUES);
        web_value_set(known, s->capture.keys[i], "");
    }
    return 0;
}

static int check_step(const struct web_step *s, struct web_values *known, struct err *e)
{
    int code;

    if (!s->get == !s->post)
        return err_field(e, ERR_INVALID, "steps", MSG("a step has either “get” or “post”"), "");
    if (s->get && (s->form.n || s->body))
        return err_field(e, ERR_INVALID, "steps", MSG("a form or a body needs “post”"), "");
    if (s->form.n && s->body)
        return err_field(e, ERR_INVALID, "steps", MSG("a step sends either a form or a body"), "");
    if ((code = http_headers_check(&s->headers, e)) || (code = http_expect_check(&s->expect, e)) ||
        (code = check_names(s->get ? s->get : s->post, known, e)) || (code = check_names(s->body, known, e)))
        return code;
    if (!http_is_line(s->type))
        return err_field(e, ERR_INVALID, "type", MSG("a media type is one line"), "");
    for (int i = 0; i < s->form.n; i++)
        if ((code = check_names(s->form.values[i], known, e)))
            return code;
    for (int i = 0; i < s->headers.n; i++)
        if ((code = check_names(s->headers.values[i], known, e)))
            return code;
    return check_captures(s, known, e);
}

int web_opts_finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct web_opts *o = arg;
    struct web_values known = {0};
    int code = 0;

    if (o->steps.n > WEB_MAX_STEPS)
        return err_field(e, ERR_LIMIT, "steps", MSG("at most {1} steps"), "i", (int64_t)WEB_MAX_STEPS);
    if (o->key && !o->cert)
        return err_field(e, ERR_INVALID, "key", MSG("a key without “cert” is of no use"), "");
    if (o->user)
        web_value_set(&known, "user", "");
    if (o->password)
        web_value_set(&known, "password", "");
    for (int i = 0; i < o->steps.n && code == 0; i++)
        code = check_step(web_step_at(o, i), &known, e);
    return code;
}

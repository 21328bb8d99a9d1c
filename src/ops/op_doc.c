/* SPDX-License-Identifier: GPL-3.0-or-later */
/* op_doc.c: the table of operations, and the OpenAPI 3.1 description made from it. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"

#define OP_POINTER(n) &op_##n,
const struct op *const ops[] = {OP_ROWS(OP_POINTER) NULL};

static const char *const type_names[] = {
    [OP_TEXT] = "string", [OP_INT] = "integer", [OP_BOOL] = "boolean", [OP_TIME] = "string", [OP_DURATION] = "string",
    [OP_WORD] = "string", [OP_TARGET] = "string", [OP_TARGETS] = "array", [OP_TEXTS] = "array", [OP_SECRET] = "string", [OP_OBJECT] = "object", [OP_PROSE] = "string", [OP_MAIL] = "string",
};

/* One text, or an object of texts by language. */
static void put_wording(struct doc *o)
{
    struct doc *any = doc_put_list(o, "oneOf"), *texts;
    doc_put_text(doc_push_object(any), "type", "string");
    texts = doc_push_object(any);
    doc_put_text(texts, "type", "object");
    doc_put_text(doc_put_object(texts, "additionalProperties"), "type", "string");
}

static void put_schema(struct doc *o, const struct op_param *p)
{
    if (p->type == OP_WORDING)
        put_wording(o);
    else
        doc_put_text(o, "type", type_names[p->type]);
    if (p->type == OP_TARGETS || p->type == OP_TEXTS)
        doc_put_text(doc_put_object(o, "items"), "type", "string");
    if (p->type == OP_TIME)
        doc_put_text(o, "format", "date-time");
    if (p->words) {
        struct doc *e = doc_put_list(o, "enum");
        for (int i = 0; p->words[i]; i++)
            doc_push_text(e, p->words[i]);
    }
    int64_t n;
    if (p->by_default && p->type == OP_BOOL)
        doc_put_bool(o, "default", str_eq(p->by_default, "yes"));
    else if (p->by_default && p->type == OP_INT && str_i64(p->by_default, &n) == 0)
        doc_put_int(o, "default", n);
    else if (p->by_default)
        doc_put_text(o, "default", p->by_default);
}

static void put_parameter(struct doc *list, const struct op_param *p, const char *lang)
{
    struct doc *o = doc_push_object(list);
    doc_put_text(o, "name", p->name);
    doc_put_text(o, "in", p->flags & OP_IN_PATH ? "path" : "query");
    doc_put_bool(o, "required", (p->flags & (OP_IN_PATH | OP_REQUIRED)) != 0);
    doc_put_text(o, "description", msg_tr(lang, p->help));
    put_schema(doc_put_object(o, "schema"), p);
}

static void put_body(struct doc *route, const struct op *op, const char *lang)
{
    struct doc *body = doc_put_object(route, "requestBody");
    struct doc *schema = doc_put_object(doc_put_object(doc_put_object(body, "content"), "application/json"), "schema");
    doc_put_text(schema, "type", "object");
    struct doc *props = doc_put_object(schema, "properties");
    struct doc *required = NULL;
    for (const struct op_param *p = op->params; p && p->name; p++) {
        if (p->flags & (OP_IN_PATH | OP_CLI_ONLY))
            continue;
        struct doc *o = doc_put_object(props, p->name);
        put_schema(o, p);
        doc_put_text(o, "description", msg_tr(lang, p->help));
        if (p->flags & OP_REQUIRED)
            doc_push_text(required ? required : (required = doc_put_list(schema, "required")), p->name);
    }
}

static void put_responses(struct doc *route, const struct op *op)
{
    struct doc *r = doc_put_object(route, "responses");
    doc_put_text(doc_put_object(r, "200"), "description", "done");
    struct doc *bad = doc_put_object(r, "default");
    doc_put_text(bad, "description", "refused or failed");
    struct doc *s = doc_put_object(doc_put_object(doc_put_object(bad, "content"), "application/json"), "schema");
    doc_put_text(s, "$ref", "#/components/schemas/Error");
    (void)op;
}

static void put_route(struct doc *paths, const struct op *op, const char *lang)
{
    struct doc *path = doc_get(paths, op->path);
    if (!path)
        path = doc_put_object(paths, op->path);
    char method[8];
    str_copy(method, sizeof method, op->method);
    for (char *p = method; *p; p++)
        *p = (char)(*p | 0x20);
    struct doc *route = doc_put_object(path, method);
    doc_put_text(route, "operationId", op->name);
    doc_put_text(route, "summary", msg_tr(lang, op->help));
    if (op->more)
        doc_put_text(route, "description", msg_tr(lang, op->more));
    doc_put_text(route, "x-role", role_word(op->role));
    if (op->flags & OP_PUBLIC)
        doc_put_list(route, "security");
    struct doc *params = NULL;
    bool body = str_eq(op->method, "POST") || str_eq(op->method, "PUT");
    for (const struct op_param *p = op->params; p && p->name; p++)
        if ((!body || (p->flags & OP_IN_PATH)) && !(p->flags & OP_CLI_ONLY))
            put_parameter(params ? params : (params = doc_put_list(route, "parameters")), p, lang);
    if (body)
        put_body(route, op, lang);
    put_responses(route, op);
}

void op_openapi(struct doc *out, const char *lang)
{
    doc_put_text(out, "openapi", "3.1.0");
    struct doc *info = doc_put_object(out, "info");
    doc_put_text(info, "title", "vigie");
    doc_put_text(info, "version", VIGIE_VERSION);
    doc_put_text(doc_put_object(info, "license"), "name", "GPL-3.0-or-later");
    struct doc *paths = doc_put_object(out, "paths");
    for (size_t i = 0; ops[i]; i++)
        if (ops[i]->path)
            put_route(paths, ops[i], lang);
    struct doc *components = doc_put_object(out, "components");
    struct doc *error = doc_put_object(doc_put_object(components, "schemas"), "Error");
    doc_put_text(error, "type", "object");
    struct doc *inner = doc_put_object(doc_put_object(error, "properties"), "error");
    doc_put_text(inner, "type", "object");
    struct doc *fields = doc_put_object(inner, "properties");
    doc_put_text(doc_put_object(fields, "code"), "type", "string");
    doc_put_text(doc_put_object(fields, "message"), "type", "string");
    struct doc *field = doc_put_list(doc_put_object(fields, "field"), "type");
    doc_push_text(field, "string");
    doc_push_text(field, "null");
    struct doc *scheme = doc_put_object(doc_put_object(components, "securitySchemes"), "token");
    doc_put_text(scheme, "type", "http");
    doc_put_text(scheme, "scheme", "bearer");
    doc_put_list(doc_push_object(doc_put_list(out, "security")), "token");
}

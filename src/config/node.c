/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node.c: looking into a YAML tree, and writing one again.  The writer knows only trees: what an
 * option means and whether it is secret is conf_print.c's business. */
#include "config/node.h"

#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

static bool null_word(const char *text)
{
    return text[0] == '\0' || str_eq(text, "~") || str_eq(text, "null") || str_eq(text, "Null") ||
           str_eq(text, "NULL");
}

bool node_is_null(const struct node *n)
{
    return n == NULL || (n->kind == NODE_TEXT && n->plain && null_word(n->text));
}

const struct node *node_get(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAP)
        return NULL;
    NODE_EACH(map, kid)
    {
        if (kid->key->text[0] == key[0] && strcmp(kid->key->text, key) == 0)
            return kid;
    }
    return NULL;
}

uint32_t node_end(const struct node *n)
{
    uint32_t end = n->kind == NODE_TEXT ? n->line + n->span : node_many(n)->end_line;

    return n->key && n->key->line > end ? n->key->line : end;
}

struct node *node_text(struct arena *a, const char *text)
{
    struct node *n = ARENA_NEW(a, struct node);

    n->kind = NODE_TEXT;
    n->text = arena_dup(a, text);
    return n;
}

/* Characters that may stand anywhere in an unquoted text, also inside [] and {}. */
static bool plain_char(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c < 0x80 && c && strchr("_./+-@%=;$^()~", (int)c)) || (c > 0xa0 && c < 0x2000);
}

static bool first_char(uint32_t c)
{
    return plain_char(c) && !(c < 0x80 && strchr("+-@%=~;$^()", (int)c));
}

/* A blank or colon inside: neither at an end, nor doubled, nor before a blank. */
static bool inner_ok(const char *text, size_t i, size_t n)
{
    if (text[i] == ' ')
        return i + 1 < n && text[i + 1] != ' ';
    return text[i] == ':' && i + 1 < n && text[i + 1] != ' ' && text[i + 1] != ':';
}

static bool plain_ok(const char *text)
{
    size_t n = strlen(text), len;
    uint32_t c;

    if (null_word(text) || n > 200)
        return false;
    for (size_t i = 0; i < n; i += len) {
        len = utf8_decode(text + i, n - i, &c);
        if (len == 0)
            return false;
        if (i == 0 ? !first_char(c) : !plain_char(c) && !inner_ok(text, i, n))
            return false;
    }
    return true;
}

/* What YAML cannot hold as it is, or what would break a line. */
static bool needs_escape(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
           c == 0xfffe || c == 0xffff;
}

void node_quote(struct buf *out, const char *text)
{
    size_t n = strlen(text), len;
    uint32_t c;

    if (plain_ok(text)) {
        buf_str(out, text);
        return;
    }
    buf_char(out, '"');
    for (size_t i = 0; i < n; i += len) {
        len = utf8_decode(text + i, n - i, &c);
        if (len == 0) {
            buf_str(out, "\xef\xbf\xbd");
            len = 1;
        } else if (c == '"' || c == '\\') {
            buf_char(out, '\\');
            buf_char(out, (char)c);
        } else if (c == '\n' || c == '\t') {
            buf_str(out, c == '\n' ? "\\n" : "\\t");
        } else if (needs_escape(c)) {
            buf_printf(out, "\\u%04x", (unsigned)c);
        } else {
            buf_add(out, text + i, len);
        }
    }
    buf_char(out, '"');
}

static void pad(struct buf *out, int indent)
{
    for (int i = 0; i < indent; i++)
        buf_char(out, ' ');
}

static void print_text(struct buf *out, const struct node *n)
{
    if (!node_is_null(n))
        node_quote(out, n->text);
    buf_char(out, '\n');
}

/* A child: texts and empty collections follow on the line, a list in a list does too. */
static void print_kid(struct buf *out, const struct node *n, int indent, bool in_list)
{
    bool empty = n->kind != NODE_TEXT && n->first == NULL;

    if (n->kind == NODE_TEXT || empty || in_list) {
        if (!node_is_null(n))
            buf_char(out, ' ');
        node_print(out, n, indent);
        return;
    }
    buf_char(out, '\n');
    pad(out, indent);
    node_print(out, n, indent);
}

void node_print(struct buf *out, const struct node *n, int indent)
{
    if (n->kind == NODE_TEXT) {
        print_text(out, n);
        return;
    }
    if (n->first == NULL) {
        buf_str(out, n->kind == NODE_LIST ? "[]\n" : "{}\n");
        return;
    }
    NODE_EACH(n, kid)
    {
        if (kid != n->first)
            pad(out, indent);
        if (n->kind == NODE_LIST) {
            buf_char(out, '-');
        } else {
            node_quote(out, kid->key->text);
            buf_char(out, ':');
        }
        print_kid(out, kid, indent + 2, n->kind == NODE_LIST);
    }
}

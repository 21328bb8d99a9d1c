/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text.c: what a step says: escapes, macros, and blocks that put their length in front. Pure.
 *
 * \r \n \t \0 \\ \xHH.  {host} {user} {password} {name} {self} {unique} {rest}; {user.quoted} and the like as a quoted string;
 * {plain}: the three parts of SASL PLAIN in base64.  {u16:…} is the block … with its length in front: u8, u16, u32 (big
 * endian), u16le, u24le, mysql1 and mysql2 (with the number of the packet), len32 (its four bytes counted, too), hex4 (four hexadecimal digits, counted, too), var
 * (seven bits a byte, MQTT).  "{{" is a brace. */
#include "base/hash.h"
#include "checks/script/script.h"

#include <string.h>

enum { DEPTH_MAX = 6, NAME_MAX_BYTES = 24, PLAIN_MAX = 600 };

static int expand(struct buf *out, const char **at, const struct script_scope *s, int depth);

/* ---- escapes ---- */

static int hex_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* After a backslash; an escape that there is not stays as it is. */
static const char *escape(struct buf *out, const char *p)
{
    static const char from[] = "rnt0\\\"", to[] = "\r\n\t\0\\\"";
    const char *found = *p ? strchr(from, *p) : NULL;

    if (found) {
        buf_char(out, to[found - from]);
        return p + 1;
    }
    if (*p == 'x' && hex_of(p[1]) >= 0 && hex_of(p[2]) >= 0) {
        buf_char(out, (char)(hex_of(p[1]) * 16 + hex_of(p[2])));
        return p + 3;
    }
    buf_char(out, '\\');
    return p;
}

/* ---- macros ---- */

static const char *value_of(const struct script_scope *s, const char *name, size_t n)
{
    const struct {
        const char *name, *value;
    } all[] = {{"host", s->host}, {"user", s->user}, {"password", s->password}, {"name", s->name}, {"self", s->self}, {"unique", s->unique}};

    for (size_t i = 0; i < COUNT(all); i++)
        if (strlen(all[i].name) == n && memcmp(all[i].name, name, n) == 0)
            return all[i].value ? all[i].value : "";
    return NULL;
}

static void put_quoted(struct buf *out, const char *text)
{
    buf_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_char(out, '\\');
        buf_char(out, *text);
    }
    buf_char(out, '"');
}

static int put_plain(struct buf *out, const struct script_scope *s)
{
    struct buf raw = BUF_MAX(PLAIN_MAX);
    char text[PLAIN_MAX * 4 / 3 + 8];

    buf_char(&raw, '\0');
    buf_str(&raw, s->user);
    buf_char(&raw, '\0');
    buf_str(&raw, s->password);
    int code = raw.full ? ERR_LIMIT : 0; /* half a password must not go out */
    hash_base64((const unsigned char *)raw.data, raw.len, text, sizeof(text), 0);
    if (code == 0)
        buf_str(out, text);
    explicit_bzero(raw.data, raw.cap);
    explicit_bzero(text, sizeof(text));
    buf_done(&raw);
    return code;
}

static int macro(struct buf *out, const char *name, size_t n, const struct script_scope *s)
{
    static const char quoted[] = ".quoted";
    size_t tail = sizeof(quoted) - 1;
    bool quote = n > tail && memcmp(name + n - tail, quoted, tail) == 0;
    const char *value = value_of(s, name, quote ? n - tail : n);

    if (value && quote)
        put_quoted(out, value);
    else if (value)
        buf_str(out, value);
    else if (n == 4 && memcmp(name, "rest", 4) == 0)
        buf_add(out, s->rest.p, s->rest.n);
    else if (n == 5 && memcmp(name, "plain", 5) == 0)
        return put_plain(out, s);
    else
        return ERR_INVALID;
    return 0;
}

/* ---- blocks ---- */

static const struct block {
    const char *name;
    int bytes;
    bool little, counts_itself, hex, seven;
    int tail; /* a byte after the length; 0: none */
} blocks[] = {
    {"u8", .bytes = 1},
    {"u16", .bytes = 2},
    {"u32", .bytes = 4},
    {"u16le", .bytes = 2, .little = true},
    {"u24le", .bytes = 3, .little = true},
    {"len32", .bytes = 4, .counts_itself = true},
    {"hex4", .bytes = 4, .counts_itself = true, .hex = true},
    {"var", .seven = true},
    {"mysql1", .bytes = 3, .little = true, .tail = 1},
    {"mysql2", .bytes = 3, .little = true, .tail = 2},
};

static const struct block *block_find(const char *name, size_t n)
{
    for (size_t i = 0; i < COUNT(blocks); i++)
        if (strlen(blocks[i].name) == n && memcmp(blocks[i].name, name, n) == 0)
            return &blocks[i];
    return NULL;
}

static void put_length(struct buf *out, const struct block *b, size_t n)
{
    n += b->counts_itself ? (size_t)b->bytes : 0;
    if (b->hex) {
        buf_printf(out, "%04x", (unsigned)n & 0xffff);
        return;
    }
    do {
        if (!b->seven)
            break;
        buf_char(out, (char)((n & 127) | (n > 127 ? 128 : 0)));
    } while (n >>= 7);
    for (int i = 0; i < b->bytes; i++)
        buf_char(out, (char)(n >> 8 * (b->little ? i : b->bytes - 1 - i)));
    if (b->tail)
        buf_char(out, (char)b->tail);
}

static int block(struct buf *out, const struct block *b, const char **at, const struct script_scope *s, int depth)
{
    struct buf body = BUF_MAX(SCRIPT_MAX_SAID);
    int code = expand(&body, at, s, depth + 1);

    if (code == 0 && **at != '}')
        code = ERR_INVALID;
    if (code == 0) {
        ++*at;
        put_length(out, b, body.len);
        buf_add(out, body.data, body.len);
    }
    if (body.data)
        explicit_bzero(body.data, body.cap);
    buf_done(&body);
    return code;
}

/* After a brace. */
static int braced(struct buf *out, const char **at, const struct script_scope *s, int depth)
{
    size_t n = strcspn(*at, ":}");
    const struct block *b;
    int code;

    if (**at == '{') {
        buf_char(out, '{');
        ++*at;
        return 0;
    }
    if (n == 0 || n > NAME_MAX_BYTES || (*at)[n] == '\0')
        return ERR_INVALID;
    if ((*at)[n] == '}') {
        code = macro(out, *at, n, s);
        *at += n + 1;
        return code;
    }
    b = block_find(*at, n);
    if (b == NULL || depth >= DEPTH_MAX)
        return ERR_INVALID;
    *at += n + 1;
    return block(out, b, at, s, depth);
}

static int expand(struct buf *out, const char **at, const struct script_scope *s, int depth)
{
    int code = 0;

    while (code == 0 && **at && !(**at == '}' && depth > 0)) {
        size_t plain = strcspn(*at, depth ? "\\{}" : "\\{");
        char c = (*at)[plain];

        buf_add(out, *at, plain);
        *at += plain + (c == '\\' || c == '{');
        if (c == '\\')
            *at = escape(out, *at);
        else if (c == '{')
            code = braced(out, at, s, depth);
    }
    return code == 0 && out->full ? ERR_LIMIT : code;
}

int script_expand(struct buf *out, const char *text, const struct script_scope *s)
{
    return expand(out, &text, s, 0);
}

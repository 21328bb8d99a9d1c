/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail_build.c: a message as mail servers want it (RFC 5322, 2045, 2047, 3834), and the payload of the outbox
 * from which it is built.  Nothing that could begin a second header gets into one: such a text is refused. */
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include "channels/channel.h"
#include <string.h>

enum { LINE = 76, WORD_BYTES = 42, MAX_ADDRESS = 254, MAX_PAYLOAD = 1 << 20, PLAIN_SUBJECT = 66 };

static bool is_clean(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* ---- addresses ---- */

static bool address_fits(const char *a, size_t n)
{
    static const char bad[] = " \t\r\n<>()[],;:\\\"";
    size_t ats = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)a[i];
        if (c <= 0x20 || c >= 0x7f || strchr(bad, c))
            return false;
        ats += c == '@';
    }
    /* "root" is an address of this machine; a dash in front would be an option of sendmail's. */
    return n > 0 && n <= MAX_ADDRESS && a[0] != '-' && a[0] != '@' && a[n - 1] != '@' && ats <= 1;
}

int mail_address(const char *text, char *out, size_t n, struct err *e)
{
    struct str a = str_trim(str_of(text));
    const char *open = a.n && a.p[a.n - 1] == '>' ? memchr(a.p, '<', a.n) : NULL;
    if (open)
        a = (struct str){open + 1, (size_t)(a.p + a.n - 1 - (open + 1))};
    if (!text || !is_clean(text) || !address_fits(a.p, a.n) || !str_copyn(out, n, a.p, a.n))
        return err_set(e, ERR_INVALID, MSG("“{1}” is not a mail address."), "s", text ? text : "");
    return 0;
}

/* ---- headers ---- */

/* Encoded words of whole characters, folded. */
static void encoded(struct buf *out, const char *text)
{
    size_t left = strlen(text);
    for (const char *p = text; left > 0;) {
        char word[80];
        size_t n = utf8_fit(p, left, WORD_BYTES);
        if (n == 0)
            n = left < WORD_BYTES ? left : WORD_BYTES;
        hash_base64((const unsigned char *)p, n, word, sizeof(word), 0);
        buf_printf(out, "%s=?UTF-8?B?%s?=", p == text ? "" : "\r\n ", word);
        p += n;
        left -= n;
    }
}

static void header(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s: %s\r\n", name, value);
}

static void header_text(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "%s: ", name);
    if (is_ascii(text) && strlen(text) <= PLAIN_SUBJECT && !strstr(text, "=?"))
        buf_str(out, text);
    else
        encoded(out, text);
    buf_str(out, "\r\n");
}

/* From may carry a name beside the address. */
static void header_from(struct buf *out, const char *from, const char *address)
{
    const char *open = strchr(from, '<');
    struct str name = open ? str_trim((struct str){from, (size_t)(open - from)}) : (struct str){"", 0};
    char text[200];
    if (name.n == 0 || !str_copyn(text, sizeof(text), name.p, name.n)) {
        header(out, "From", address);
        return;
    }
    buf_str(out, "From: ");
    encoded(out, text);
    buf_printf(out, "\r\n <%s>\r\n", address);
}

static void header_id(struct buf *out, const char *name, const char *id)
{
    if (id)
        buf_printf(out, "%s: <%s>\r\n", name, id);
}

/* ---- body ---- */

static bool body_is_plain(const char *body)
{
    size_t column = 0;
    for (; *body; body++) {
        unsigned char c = (unsigned char)*body;
        column = c == '\n' ? 0 : column + 1;
        if (c >= 0x7f || (c < 0x20 && c != '\n' && c != '\t') || column > LINE)
            return false;
    }
    return true;
}

static void body_plain(struct buf *out, const char *body)
{
    for (; *body; body++) {
        if (*body == '\n')
            buf_char(out, '\r');
        buf_char(out, *body);
    }
}

/* A dash that begins a line is encoded, so that no text can look like the end of a part. */
static void body_quoted(struct buf *out, const char *body)
{
    size_t column = 0;
    for (const char *p = body; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '\n') {
            buf_str(out, "\r\n");
            column = 0;
            continue;
        }
        bool at_end = p[1] == '\n' || p[1] == '\0';
        bool plain = (c >= 0x21 && c < 0x7f && c != '=' && !(c == '-' && column == 0)) || ((c == ' ' || c == '\t') && !at_end);
        size_t need = plain ? 1 : 3;
        if (column + need > LINE - 1) {
            buf_str(out, "=\r\n");
            column = 0;
        }
        if (plain)
            buf_char(out, (char)c);
        else
            buf_printf(out, "=%02X", c);
        column += need;
    }
}

/* ---- the whole ---- */

static int headers_judge(const struct mail_message *m, struct err *e)
{
    const char *const texts[] = {m->from, m->to, m->subject, m->message_id, m->in_reply_to, m->calendar_name};
    for (size_t i = 0; i < COUNT(texts); i++)
        if (texts[i] && !is_clean(texts[i]))
            return err_set(e, ERR_INVALID, MSG("A mail header must not contain a line break or control character."), "");
    for (const char *const *x = m->extra; x && *x; x++)
        if (!is_clean(*x) || !is_ascii(*x) || !strchr(*x, ':'))
            return err_set(e, ERR_INVALID, MSG("A mail header must not contain a line break or control character."), "");
    if ((m->message_id && !is_ascii(m->message_id)) || (m->in_reply_to && !is_ascii(m->in_reply_to)))
        return err_set(e, ERR_INVALID, MSG("A message identifier must be plain ASCII."), "");
    return 0;
}

static void headers_write(struct buf *out, const struct mail_message *m, const char *from, const char *to)
{
    buf_str(out, "Date: ");
    time_rfc5322(out, m->date_ms, NULL);
    buf_str(out, "\r\n");
    header_from(out, m->from, from);
    header(out, "To", to);
    header_text(out, "Subject", m->subject ? m->subject : "");
    header_id(out, "Message-ID", m->message_id);
    header_id(out, "In-Reply-To", m->in_reply_to);
    header_id(out, "References", m->in_reply_to);
    header(out, "Auto-Submitted", "auto-generated");
    for (const char *const *x = m->extra; x && *x; x++)
        buf_printf(out, "%s\r\n", *x);
    header(out, "MIME-Version", "1.0");
}

static void put_plain(struct buf *out, const char *body)
{
    bool plain = body_is_plain(body);
    header(out, "Content-Type", "text/plain; charset=UTF-8");
    header(out, "Content-Transfer-Encoding", plain ? "7bit" : "quoted-printable");
    buf_str(out, "\r\n");
    if (plain)
        body_plain(out, body);
    else
        body_quoted(out, body);
}

/* ---- several parts (RFC 2046) ---- */

static void part_open(struct buf *out, const char *boundary, const char *type, const char *more)
{
    buf_printf(out, "\r\n--%s\r\nContent-Type: %s\r\n%sContent-Transfer-Encoding: quoted-printable\r\n\r\n", boundary, type, more);
}

static void put_alternative(struct buf *out, const struct mail_message *m, const char *body, unsigned long long mark)
{
    char boundary[40];
    str_print(boundary, sizeof boundary, "vigie-a-%016llx", mark);
    buf_printf(out, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n", boundary);
    part_open(out, boundary, "text/plain; charset=UTF-8", "");
    body_quoted(out, body);
    part_open(out, boundary, "text/html; charset=UTF-8", "");
    body_quoted(out, m->html);
    buf_printf(out, "\r\n--%s--\r\n", boundary);
}

/* Lines of a calendar end with CRLF already. */
static void put_calendar(struct buf *out, const struct mail_message *m, const char *boundary)
{
    char more[200];
    struct buf lines = BUF_MAX(MAX_PAYLOAD);
    for (const char *p = m->calendar; *p; p++)
        if (*p != '\r')
            buf_char(&lines, *p);
    str_print(more, sizeof more, "Content-Disposition: attachment; filename=\"%.60s\"\r\n", m->calendar_name ? m->calendar_name : "event.ics");
    const char *type = strstr(buf_text(&lines), "\nMETHOD:REQUEST\n") ? "text/calendar; charset=UTF-8; component=VEVENT; method=REQUEST"
                     : strstr(buf_text(&lines), "\nMETHOD:CANCEL\n") ? "text/calendar; charset=UTF-8; component=VEVENT; method=CANCEL" : "text/calendar; charset=UTF-8; component=VEVENT";
    part_open(out, boundary, type, more);
    body_quoted(out, buf_text(&lines));
    buf_done(&lines);
}

static void put_parts(struct buf *out, const struct mail_message *m, const char *body)
{
    char boundary[40];
    unsigned long long mark = hash_text(m->message_id, 77);
    if (!m->calendar) {
        put_alternative(out, m, body, mark);
        return;
    }
    str_print(boundary, sizeof boundary, "vigie-m-%016llx", mark);
    buf_printf(out, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\n", boundary, boundary);
    if (m->html)
        put_alternative(out, m, body, mark);
    else
        put_plain(out, body);
    put_calendar(out, m, boundary);
    buf_printf(out, "\r\n--%s--\r\n", boundary);
}

int mail_build(struct buf *out, const struct mail_message *m, struct err *e)
{
    char from[MAX_ADDRESS + 1], to[MAX_ADDRESS + 1];
    const char *body = m->body ? m->body : "";
    int code = headers_judge(m, e);
    if (code == 0)
        code = mail_address(m->from, from, sizeof(from), e);
    if (code == 0)
        code = mail_address(m->to, to, sizeof(to), e);
    if (code)
        return code;
    headers_write(out, m, from, to);
    if (m->html || m->calendar)
        put_parts(out, m, body);
    else
        put_plain(out, body);
    if (out->len < 2 || memcmp(out->data + out->len - 2, "\r\n", 2) != 0)
        buf_str(out, "\r\n");
    return out->full ? err_set(e, ERR_LIMIT, MSG("The mail is too large."), "") : 0;
}

/* ---- the payload ---- */

void mail_payload_format(struct buf *out, const struct mail_payload *p)
{
    struct arena *a = arena_new(0);
    struct doc *d = doc_object(a);
    doc_put_text(d, "subject", p->subject);
    doc_put_text(d, "body", p->body);
    doc_put_text(d, "message_id", p->message_id);
    doc_put_text(d, "in_reply_to", p->in_reply_to);
    doc_put_text(d, "item", p->item);
    if (p->reply_to)
        doc_put_text(d, "reply_to", p->reply_to);
    doc_put_int(d, "date_ms", p->date_ms);
    json_write(out, d, "en", 0);
    arena_free(a);
}

int mail_payload_parse(struct arena *a, const char *text, struct mail_payload *ret, struct err *e)
{
    struct doc *d = NULL;
    int code = json_parse(a, text, strlen(text), MAX_PAYLOAD, &d, e);
    if (code)
        return code;
    *ret = (struct mail_payload){
        .subject = doc_text(d, "subject", ""),
        .body = doc_text(d, "body", ""),
        .message_id = doc_text(d, "message_id", NULL),
        .in_reply_to = doc_text(d, "in_reply_to", NULL),
        .item = doc_text(d, "item", NULL),
        .reply_to = doc_text(d, "reply_to", NULL),
        .date_ms = doc_int(d, "date_ms", 0),
    };
    return 0;
}

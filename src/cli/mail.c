/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail.c: mails that come in: `vigie incident --from-mail` (one, on the standard input, from a mail server) and `vigie upstream` (notices in
 * mailboxes, Maildirs and calendar files).  The daemon judges them; what it says goes to the mail server as an exit status of sysexits(3):
 * 0 taken, 65 it cannot be read, 75 not now, 77 not from him. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli_priv.h"
#include "io/file.h"
#include <string.h>

enum { EX_BAD = 65, EX_LATER = 75, MAX_MAIL = 1 << 20, MAX_BOX = 64 << 20, MAX_FILES = 10000 };

struct mailing_in {
    struct cli *c;
    const struct op *op;
    const char *as, *recipient, *sender;
    bool loud;      /* say what became of each */
    int worst, n;
};

static void say(struct mailing_in *in, const struct doc *reply)
{
    const char *outcome = doc_text(reply, "outcome", "?"), *why = doc_text(reply, "why", NULL);
    const struct doc *b = doc_first(doc_get(reply, "bulletins"));
    bool bad = doc_int(reply, "exit", 0) != 0;
    if (bad)
        print_line(in->c, 2, MSG("vigie: {1}"), "m", why ? why : outcome);
    else if (in->loud && b)
        print_line(in->c, 1, MSG("{1}: {2}"), "ss", outcome, doc_text(b, "url", ""));
    else if (in->loud)
        print_line(in->c, 1, MSG("{1}: {2}"), "sm", outcome, why ? why : "");
}

static int give(struct mailing_in *in, const char *p, size_t n)
{
    struct doc *params = doc_object(in->c->arena), *reply = NULL;
    char *text = arena_dupn(in->c->arena, p, n); /* a NUL ends nothing */
    for (size_t i = 0; i < n; i++)
        text[i] = p[i] ? p[i] : ' ';
    doc_put_text(params, "mail", text);
    doc_put_text(params, "as", in->as);
    if (in->recipient)
        doc_put_text(params, "recipient", in->recipient);
    if (in->sender)
        doc_put_text(params, "sender", in->sender);
    in->n++;
    int status = client_call(in->c, in->op, params, &reply);
    if (status == 200) {
        say(in, reply);
        return (int)doc_int(reply, "exit", 0);
    }
    if (status > 0)
        print_refusal(in->c, reply);
    return status == 400 || status == 413 ? EX_BAD : EX_LATER;
}

static void give_one(struct mailing_in *in, const char *p, size_t n)
{
    int exit = n > MAX_MAIL ? EX_BAD : give(in, p, n);
    if (n > MAX_MAIL)
        print_line(in->c, 2, MSG("vigie: a mail of more than {1} is not read"), "b", (int64_t)MAX_MAIL);
    in->worst = exit > in->worst ? exit : in->worst;
}

/* ---- several ---- */

/* ">From " is how a mailbox writes a line that begins so. */
static void give_quoted(struct mailing_in *in, const char *p, size_t n)
{
    struct buf b = BUF_MAX(MAX_BOX);
    for (size_t i = 0; i < n;) {
        const char *nl = memchr(p + i, '\n', n - i);
        size_t len = nl ? (size_t)(nl - p) + 1 - i : n - i, marks = 0;
        while (marks < len && p[i + marks] == '>')
            marks++;
        bool quoted = marks && len - marks > 5 && memcmp(p + i + marks, "From ", 5) == 0;
        buf_add(&b, p + i + quoted, len - quoted);
        i += len;
    }
    give_one(in, buf_text(&b), b.len);
    buf_done(&b);
}

static void give_box(struct mailing_in *in, const char *p, size_t n)
{
    size_t from = 0;
    for (size_t i = 0; i < n;) {
        const char *nl = memchr(p + i, '\n', n - i);
        size_t next = nl ? (size_t)(nl - p) + 1 : n;
        bool begins = i > from && n - i > 5 && memcmp(p + i, "From ", 5) == 0 && (i < 2 || p[i - 2] == '\n' || (i > 3 && memcmp(p + i - 4, "\r\n\r\n", 4) == 0));
        if (begins) {
            give_quoted(in, p + from, i - from);
            from = i;
        }
        i = next;
    }
    if (n > from)
        give_quoted(in, p + from, n - from);
}

static int give_file(void *arg, const char *path)
{
    struct mailing_in *in = arg;
    struct buf text = BUF_MAX(MAX_BOX);
    struct err e = {0};
    if (file_read(path, &text, &e)) {
        print_line(in->c, 2, MSG("vigie: {1}"), "m", e.text);
        in->worst = EX_BAD > in->worst ? EX_BAD : in->worst;
    } else if (text.len > 5 && memcmp(buf_text(&text), "From ", 5) == 0) {
        give_box(in, buf_text(&text), text.len);
    } else if (text.len) {
        give_one(in, buf_text(&text), text.len);
    }
    buf_done(&text);
    return 0;
}

struct listing {
    struct mailing_in *in;
    const char *dir;
};

static int give_listed(void *arg, const char *name)
{
    struct listing *l = arg;
    return give_file(l->in, arena_printf(l->in->c->arena, "%s/%s", l->dir, name));
}

static void give_place(struct mailing_in *in, const char *path)
{
    static const char *const subs[] = {"new", "cur"};
    const char *first = arena_printf(in->c->arena, "%s/new", path);
    struct err e = {0};
    if (str_eq(path, "-")) {
        give_file(in, "/dev/stdin");
        return;
    }
    if (!file_exists(first)) {
        give_file(in, path);
        return;
    }
    for (size_t i = 0; i < COUNT(subs); i++) {
        struct listing l = {in, arena_printf(in->c->arena, "%s/%s", path, subs[i])};
        if (file_list(l.dir, NULL, MAX_FILES, give_listed, &l, &e) < 0 && i == 0)
            print_line(in->c, 2, MSG("vigie: {1}"), "m", e.text);
    }
}

int mail_upstream(struct cli *c, const struct op *op, const struct doc *params)
{
    struct mailing_in in = {.c = c, .op = op, .as = "upstream", .loud = true};
    const struct doc *files = doc_get(params, "files");
    DOC_EACH(files, f)
        give_place(&in, f->text);
    if (!doc_first(files))
        give_place(&in, "-");
    return in.worst;
}

/* A mail server calls this: it gets its exit status whatever happens. */
int mail_from(struct cli *c, const struct doc *params, const char *as)
{
    static const char *const recipients[] = {"ORIGINAL_RECIPIENT", "RECIPIENT"};
    struct mailing_in in = {.c = c, .op = op_find("mail-in"), .as = as, .recipient = doc_text(params, "recipient", NULL), .sender = doc_text(params, "sender", NULL)};
    struct buf text = BUF_MAX(MAX_MAIL);
    struct err e = {0};
    for (size_t i = 0; i < COUNT(recipients) && !in.recipient; i++)
        in.recipient = file_env(recipients[i]);
    if (!in.sender)
        in.sender = file_env("SENDER");
    int r = file_read("/dev/stdin", &text, &e);
    if (r == ERR_LIMIT)
        print_line(c, 2, MSG("vigie: a mail of more than {1} is not read"), "b", (int64_t)MAX_MAIL);
    else if (r)
        print_line(c, 2, MSG("vigie: {1}"), "m", e.text);
    int exit = r == ERR_LIMIT ? EX_BAD : r ? EX_LATER : text.len == 0 ? EX_BAD : give(&in, buf_text(&text), text.len);
    buf_done(&text);
    return exit;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* people.c: `vigie subscriber import`: a list of clients, as a spreadsheet (CSV) or CiviCRM (CSV, or the JSON of its API) gives it, read here
 * and handed to the daemon in parts.  What cannot be read is said line by line; the rest is kept. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "cli/cli_priv.h"
#include "io/file.h"
#include "wire/csv.h"
#include "wire/dsn.h"
#include <string.h>

enum { PART = 200, MAX_FILE = 64 << 20, MAX_REFUSED_SHOWN = 50 };
enum column { COLUMN_NONE = -1, COLUMN_EMAIL, COLUMN_CLIENT, COLUMN_LANG, COLUMN_SERVICES, COLUMNS };

struct importing {
    struct cli *c;
    const struct op *op;
    const struct doc *params;
    struct doc *rows; /* of the part being filled */
    int64_t run, kept, refused;
    bool dry, failed;
};

/* Titles, small, with blanks for other marks: the first that fits counts. */
static const struct {
    const char *title;
    enum column column;
} titles[] = {
    {"email", COLUMN_EMAIL}, {"e mail", COLUMN_EMAIL}, {"mail", COLUMN_EMAIL}, {"email address", COLUMN_EMAIL}, {"courriel", COLUMN_EMAIL}, {"email primary email", COLUMN_EMAIL}, {"adresse courriel", COLUMN_EMAIL},
    {"client", COLUMN_CLIENT}, {"organization name", COLUMN_CLIENT}, {"organisation", COLUMN_CLIENT}, {"organization", COLUMN_CLIENT}, {"name", COLUMN_CLIENT}, {"nom", COLUMN_CLIENT}, {"display name", COLUMN_CLIENT},
    {"contact id display name", COLUMN_CLIENT}, {"current employer", COLUMN_CLIENT}, {"employer id display name", COLUMN_CLIENT},
    {"lang", COLUMN_LANG}, {"language", COLUMN_LANG}, {"langue", COLUMN_LANG}, {"preferred language", COLUMN_LANG},
    {"services", COLUMN_SERVICES}, {"service", COLUMN_SERVICES}, {"components", COLUMN_SERVICES}, {"about", COLUMN_SERVICES},
};

static enum column column_of(const char *title)
{
    char plain[80];
    size_t n = 0;
    for (; *title && n + 1 < sizeof plain; title++) {
        char ch = *title >= 'A' && *title <= 'Z' ? (char)(*title + 32) : strchr("_-.:", *title) ? ' ' : *title;
        if (ch != ' ' || (n && plain[n - 1] != ' '))
            plain[n++] = ch;
    }
    plain[n] = 0;
    for (size_t i = 0; i < COUNT(titles); i++)
        if (str_eq(titles[i].title, plain))
            return titles[i].column;
    return COLUMN_NONE;
}

/* ---- handing over ---- */

static void say_refused(struct importing *im, const struct doc *reply)
{
    DOC_EACH(doc_get(reply, "refused"), d)
        if (im->refused++ < MAX_REFUSED_SHOWN)
            print_line(im->c, 2, MSG("line {1}: {2}"), "is", doc_int(d, "line", 0), doc_text(d, "why", ""));
}

static void part_send(struct importing *im, bool rest)
{
    struct arena *a = im->c->arena;
    struct doc *params = doc_object(a), *reply = NULL;
    if (im->failed)
        return;
    doc_put(doc_put_object(params, "people"), "rows", im->rows);
    doc_put_text(params, "source", doc_text(im->params, "source", "list"));
    doc_put_int(params, "run", im->run);
    doc_put_bool(params, "rest", rest);
    doc_put_bool(params, "dry-run", im->dry);
    int status = client_call(im->c, im->op, params, &reply);
    if (status > 0 && status != 200)
        print_refusal(im->c, reply);
    im->failed = status != 200;
    if (im->failed)
        return;
    im->kept += doc_int(reply, "kept", 0);
    say_refused(im, reply);
    im->rows = doc_list(a);
}

static void row_add(struct importing *im, struct doc *row)
{
    doc_push(im->rows, row);
    if (im->rows->kids.n >= PART)
        part_send(im, false);
}

static void cell_put(struct doc *row, enum column column, const char *text)
{
    static const char *const keys[] = {"email", "client", "lang"};
    struct str rest = str_of(text), word;
    if (column != COLUMN_SERVICES) {
        struct str s = str_trim(str_of(text));
        if (s.n && !doc_get(row, keys[column]))
            doc_put_text(row, keys[column], arena_dupn(row->arena, s.p, s.n));
        return;
    }
    struct doc *list = doc_get(row, "services");
    list = list ? list : doc_put_list(row, "services");
    while (str_next(&rest, ",;|\n\x01", &word)) {
        word = str_trim(word);
        if (word.n)
            doc_push_text(list, arena_dupn(row->arena, word.p, word.n));
    }
}

/* ---- CSV ---- */

static bool columns_read(struct importing *im, const char *const *cells, int n, enum column *ret)
{
    bool email = false;
    for (int i = 0; i < n; i++) {
        ret[i] = column_of(cells[i]);
        email |= ret[i] == COLUMN_EMAIL;
    }
    if (!email)
        print_line(im->c, 2, MSG("vigie: no column of this list is called “email”; its first line must name the columns"), "");
    return email;
}

static void read_csv(struct importing *im, const char *text, size_t n)
{
    const char *cells[CSV_MAX_CELLS];
    enum column columns[CSV_MAX_CELLS];
    struct csv csv;
    struct err e = {0};
    int cells_n = 0, line = 0, width = 0, r;
    csv_begin(&csv, text, n);
    while (!im->failed && (r = csv_next(&csv, im->c->arena, cells, &cells_n, &line, &e)) == 1) {
        if (!width) {
            width = cells_n;
            im->failed = !columns_read(im, cells, cells_n, columns);
            continue;
        }
        struct doc *row = doc_object(im->c->arena);
        doc_put_int(row, "line", line);
        for (int i = 0; i < cells_n && i < width; i++)
            if (columns[i] != COLUMN_NONE)
                cell_put(row, columns[i], cells[i]);
        row_add(im, row);
    }
    if (!im->failed && r < 0) {
        print_line(im->c, 2, MSG("vigie: {1}"), "m", e.text);
        im->failed = true;
    }
}

/* ---- JSON: a list, or "values" that are one or an object of them ---- */

static void value_put(struct doc *row, enum column column, const struct doc *v)
{
    if (v->kind == DOC_TEXT)
        cell_put(row, column, v->text);
    else if (v->kind == DOC_LIST || v->kind == DOC_OBJECT)
        DOC_EACH(v, d)
            if (d->kind == DOC_TEXT)
                cell_put(row, column, d->text);
}

static void read_json(struct importing *im, const char *text, size_t n)
{
    struct doc *d = NULL;
    struct err e = {0};
    int64_t at = 0;
    if (json_parse(im->c->arena, text, n, MAX_FILE, &d, &e)) {
        print_line(im->c, 2, MSG("vigie: {1}"), "m", e.text);
        im->failed = true;
        return;
    }
    const struct doc *list = d->kind == DOC_OBJECT && doc_get(d, "values") ? doc_get(d, "values") : d;
    DOC_EACH(list, one) {
        struct doc *row = doc_object(im->c->arena);
        doc_put_int(row, "line", ++at);
        DOC_EACH(one, v) {
            enum column column = v->key ? column_of(v->key) : COLUMN_NONE;
            if (column != COLUMN_NONE)
                value_put(row, column, v);
        }
        if (im->failed)
            return;
        row_add(im, row);
    }
}

/* Options are still the words that they were typed as. */
static bool said_yes(const struct doc *params, const char *option)
{
    const char *word = doc_text(params, option, "no");
    return !str_ieq(word, "no") && !str_ieq(word, "false");
}

int people_import(struct cli *c, const struct op *op, const struct doc *params)
{
    struct importing im = {.c = c, .op = op, .params = params, .rows = doc_list(c->arena), .run = clock_wall_ms(), .dry = said_yes(params, "dry-run")};
    const char *file = doc_text(params, "file", "-");
    struct buf text = BUF_MAX(MAX_FILE);
    struct err e = {0};
    if (file_read(str_eq(file, "-") ? "/dev/stdin" : file, &text, &e)) {
        print_line(c, 2, MSG("vigie: {1}"), "m", e.text);
        buf_done(&text);
        return CLI_FAILED;
    }
    const char *first = buf_text(&text) + strspn(buf_text(&text), " \t\r\n");
    if (*first == '[' || *first == '{')
        read_json(&im, buf_text(&text), text.len);
    else
        read_csv(&im, buf_text(&text), text.len);
    part_send(&im, said_yes(params, "replace"));
    buf_done(&text);
    if (im.failed)
        return CLI_FAILED;
    print_line(c, 1, im.dry ? MSG("{1} could be read, {2} not; nothing was kept.") : MSG("{1} kept, {2} could not be read."), "ii", im.kept, im.refused);
    return im.refused ? CLI_FAILED : CLI_OK;
}

/* ---- a mail that came back ---- */

/* ".../subscription/12.x8…/end" → "12.x8…" */
static const char *link_in(struct arena *a, const char *address)
{
    const char *at = strstr(address, "/subscription/");
    at = at ? at + strlen("/subscription/") : NULL;
    return at ? arena_dupn(a, at, strcspn(at, "/?")) : NULL;
}

/* Delays and what is no report are no error: a mail server calls this for each mail to that address. */
int people_bounce(struct cli *c, const struct op *op)
{
    struct buf text = BUF_MAX(MAX_FILE);
    struct doc *params = doc_object(c->arena), *reply = NULL;
    struct dsn d;
    bool is = file_read("/dev/stdin", &text, NULL) == 0 && dsn_read(buf_text(&text), text.len, &d);
    const char *link = is ? link_in(c->arena, d.unsubscribe) : NULL;
    buf_done(&text);
    if (!is || !str_eq(d.action, "failed")) {
        print_line(c, 1, is ? MSG("It is only late; nothing is counted.") : MSG("This is no report of a mail that came back; nothing is counted."), "");
        return CLI_OK;
    }
    if (!link) {
        print_line(c, 2, MSG("vigie: this report does not hold the mail that came back, so anybody may have written it"), "");
        return CLI_FAILED;
    }
    doc_put_text(params, "link", link);
    doc_put_bool(params, "for-good", str_starts(d.status, "5.1."));
    int status = client_call(c, op, params, &reply);
    if (status > 0 && status != 200)
        print_refusal(c, reply);
    else if (status == 200)
        print_line(c, 1, MSG("Counted: {1} ({2})"), "ss", d.recipient, d.status);
    return status == 200 ? CLI_OK : CLI_FAILED;
}

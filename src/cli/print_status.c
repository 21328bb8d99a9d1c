/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print_status.c: `vigie status` for a terminal: one line a thing, problems first, a summary at the end. */
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include "cli/cli_priv.h"
#include "model/state.h"
#include <stdlib.h>

enum { STATUS_FEW = 40, NAME_LEAST = 12, NAME_MOST = 34, AGE_WIDTH = 9, STATE_WIDTH = 13 };

struct look {
    const char *word, *name, *colour;
};
static const struct look looks[] = {
    {"ok", MSG("OK"), "32"},           {"up", MSG("Up"), "32"},     {"warning", MSG("Warning"), "33"},
    {"critical", MSG("Critical"), "31"}, {"down", MSG("Down"), "31"}, {"unknown", MSG("Unknown"), "35"},
    {"unreachable", MSG("Unreachable"), "2"}, {"pending", MSG("Pending"), "2"},
};

void print_state(struct cli *c, struct buf *out, const char *state, bool taken, int width)
{
    const struct look *l = &looks[0];
    for (size_t i = 0; i < COUNT(looks); i++)
        if (str_eq(looks[i].word, state))
            l = &looks[i];
    bool loud = l->colour[0] == '3' && l->colour[1] != '2' && !taken;
    if (c->colour)
        buf_printf(out, "\033[%s%sm", loud ? "1;7;" : "", l->colour);
    table_cell(out, msg_tr(c->lang, l->name), width, false);
    if (c->colour)
        buf_str(out, "\033[0m");
}

void print_age(struct cli *c, struct buf *out, const char *rfc3339)
{
    int64_t at;
    struct buf b = BUF_MAX(60);
    if (rfc3339 && time_parse_rfc3339(rfc3339, &at) == 0)
        time_duration(&b, (clock_wall_ms() - at) / 1000 * 1000, c->lang); /* an age needs no milliseconds */
    table_cell(out, buf_text(&b), AGE_WIDTH, true);
    buf_done(&b);
}

/* ---- order: nobody has it, then somebody has it, then well; worst first; then by name ---- */

static int rank(const struct doc *row)
{
    int state = state_from_word(doc_text(row, "state", "pending"));
    bool taken = doc_bool(row, "acknowledged", false) || doc_bool(row, "in_downtime", false);
    bool bad = state > 0 && state_is_bad((enum state)state);
    return (bad ? taken ? 100 : 200 : 0) + state_rank(state < 0 ? STATE_PENDING : (enum state)state);
}

static int compare(const void *a, const void *b)
{
    const struct doc *x = *(struct doc *const *)a, *y = *(struct doc *const *)b;
    int d = rank(y) - rank(x);
    if (d == 0)
        d = str_natural(doc_text(x, "host", ""), doc_text(y, "host", ""));
    if (d == 0)
        d = str_natural(doc_text(x, "check", ""), doc_text(y, "check", ""));
    return d;
}

static const char *name_of(struct cli *c, const struct doc *row)
{
    const char *check = doc_text(row, "check", NULL), *host = doc_text(row, "host", "");
    return check ? arena_printf(c->arena, "%s/%s", host, check) : host;
}

static void put_output(struct cli *c, struct buf *out, const struct doc *row, int width)
{
    const char *text = doc_text(row, "output", "");
    struct buf b = BUF_MAX(8192);
    const struct doc *ack = doc_get(row, "ack");
    const char *cause = doc_text(doc_get(row, "cause"), "text", NULL);
    buf_str(&b, text);
    if (cause)
        buf_printf(&b, "%s(%s)", text[0] ? " " : "", cause);
    if (doc_bool(row, "resting", false))
        buf_printf(&b, "%s(%s)", b.len ? " " : "", msg_tr(c->lang, MSG("rests")));
    if (ack && ack->kind == DOC_OBJECT)
        buf_printf(&b, "  [%s: %s]", doc_text(ack, "author", ""), doc_text(ack, "comment", ""));
    if (width > 0 && utf8_width(buf_text(&b)) > width)
        table_cell(out, buf_text(&b), width, false);
    else
        buf_str(out, buf_text(&b));
    buf_done(&b);
}

void status_row(struct cli *c, struct buf *out, const struct doc *row, int name_width)
{
    bool taken = doc_bool(row, "acknowledged", false) || doc_bool(row, "in_downtime", false);
    const char *mark = doc_bool(row, "in_downtime", false) ? "p" : doc_bool(row, "acknowledged", false) ? "a" : doc_bool(row, "hard", true) ? " " : "~";
    print_state(c, out, doc_text(row, "state", "pending"), taken, STATE_WIDTH - 2);
    buf_printf(out, " %s ", mark);
    table_cell(out, name_of(c, row), name_width, false);
    buf_str(out, " ");
    print_age(c, out, doc_text(row, "since", NULL));
    buf_str(out, "  ");
    put_output(c, out, row, c->width ? c->width - STATE_WIDTH - 1 - name_width - AGE_WIDTH - 4 : 0);
    buf_char(out, '\n');
}

static void put_summary(struct cli *c, struct buf *out, const struct doc *s)
{
    msg_print(out, c->lang, MSG("{1} {1|host|hosts}: {2} up, {3} down, {4} unreachable. {5} {5|check|checks}: {6} ok, {7} warning, {8} critical, {9} unknown."), "iiiiiiiii",
              doc_int(s, "hosts", 0), doc_int(s, "up", 0), doc_int(s, "down", 0), doc_int(s, "unreachable", 0), doc_int(s, "checks", 0),
              doc_int(s, "ok", 0), doc_int(s, "warning", 0), doc_int(s, "critical", 0), doc_int(s, "unknown", 0));
    if (doc_int(s, "pending", 0)) {
        buf_char(out, ' ');
        msg_print(out, c->lang, MSG("{1} not checked yet."), "i", doc_int(s, "pending", 0));
    }
    buf_char(out, '\n');
    int64_t open = doc_int(s, "unhandled", 0);
    if (open)
        msg_print(out, c->lang, MSG("{1} {1|problem|problems} that nobody has."), "i", open);
    else
        msg_print(out, c->lang, MSG("Nobody needs to do anything."), "");
    buf_char(out, '\n');
}

/* What is wrong with vigie itself comes first. */
static void put_conf_wrong(struct cli *c, struct buf *out, const struct doc *w)
{
    const char *file = doc_text(w, "file", NULL);
    if (!w)
        return;
    msg_print(out, c->lang, MSG("The configuration has errors; the last good one is in use."), "");
    buf_char(out, ' ');
    if (file)
        buf_printf(out, "%s:%lld: ", file, (long long)doc_int(w, "line", 0));
    buf_printf(out, "%s\n\n", doc_text(w, "message", ""));
}

size_t status_rows(struct cli *c, const struct doc *reply, bool problems_only, struct doc ***ret_rows, int *ret_name_width)
{
    const struct doc *list = doc_get(reply, "checks");
    struct doc **rows = ARENA_ARRAY(c->arena, struct doc *, (list ? list->kids.n : 0) + 1);
    size_t n = 0;
    int name_width = NAME_LEAST;
    DOC_EACH(list, row) {
        if (problems_only && rank(row) < 100)
            continue;
        int w = utf8_width(name_of(c, row));
        name_width = w > name_width ? w : name_width;
        rows[n++] = row;
    }
    qsort(rows, n, sizeof *rows, compare);
    *ret_rows = rows;
    *ret_name_width = name_width > NAME_MOST && c->width ? NAME_MOST : name_width;
    return n;
}

void print_status(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const struct doc *list = doc_get(reply, "checks");
    size_t all = list ? list->kids.n : 0;
    struct doc **rows;
    int name_width;
    size_t n = status_rows(c, reply, all > STATUS_FEW && params->kids.n == 0, &rows, &name_width);
    put_conf_wrong(c, out, doc_get(reply, "configuration"));
    for (size_t k = 0; k < n; k++)
        status_row(c, out, rows[k], name_width);
    if (n)
        buf_char(out, '\n');
    put_summary(c, out, doc_get(reply, "summary"));
    if (n < all) {
        msg_print(out, c->lang, MSG("{1} that are well are not shown; “vigie status '*'” shows them."), "i", (int64_t)(all - n));
        buf_char(out, '\n');
    }
}

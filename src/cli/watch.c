/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch.c: `vigie watch`: the states on the terminal, problems first, anew every two seconds, with keys for what a person
 * does about them.  It asks the same operations as every other verb; nothing is known here that they do not say. */
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include "cli/cli_priv.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/term.h"
#include <string.h>

enum { REFRESH_MS = 2000, NOTE_MS = 6000, DETAIL_LINES = 4, TYPED_MAX = 400, ID_MAX = 240 };

struct action { /* a key that acts on the selected thing */
    char key;
    const char *op, *param; /* param: what the typed text is; NULL: nothing is asked */
    const char *ask, *done; /* MSG() */
    const char *help;       /* MSG(): beside the key */
};
static const struct action actions[] = {
    {'a', "ack", "comment", MSG("What is being done about it"), MSG("taken"), MSG("take")},
    {'A', "unack", NULL, NULL, MSG("released"), MSG("release")},
    {'d', "downtime", "comment", MSG("Planned for two hours from now; what is being done (begin with a time for another: 30m …)"), MSG("planned"), MSG("plan work")},
    {'r', "recheck", NULL, NULL, MSG("is checked again"), MSG("check again")},
};

struct watch {
    struct cli c;
    struct arena *shown; /* of the rows on the screen */
    struct doc *reply, **rows;
    size_t n, at, top;
    char selected[ID_MAX];
    bool all, lost, quit;
    int height, width, name_width;
    char filter[TYPED_MAX];
    /* a line being typed: for an action, or (NULL) for the filter */
    bool typing;
    const struct action *action;
    char typed[TYPED_MAX];
    /* a sentence that stays a while */
    struct buf note;
    int64_t note_until_ms, next_ms;
    struct buf why; /* of the selected one; empty: its output */
};

static const struct op *op_named(const char *name)
{
    for (size_t i = 0; ops[i]; i++)
        if (str_eq(ops[i]->name, name))
            return ops[i];
    return NULL;
}

static void note(struct watch *w, const char *text)
{
    buf_clear(&w->note);
    utf8_clean(&w->note, text, strcspn(text, "\n"), UTF8_ONE_LINE, 400);
    w->note_until_ms = clock_mono_ms() + NOTE_MS;
}

/* One exchange in an arena of its own; what went wrong becomes the note. */
static bool call(struct watch *w, const char *name, struct doc *params, struct arena *a, struct doc **ret_reply)
{
    struct buf said = BUF_MAX(4000);
    struct arena *before = w->c.arena;
    w->c.arena = a;
    w->c.said = &said;
    int status = client_call(&w->c, op_named(name), params, ret_reply);
    if (status > 0 && status != 200)
        print_refusal(&w->c, *ret_reply);
    w->c.said = NULL;
    w->c.arena = before;
    w->lost = status < 0;
    if (said.len)
        note(w, buf_text(&said));
    buf_done(&said);
    return status == 200;
}

/* ---- the list ---- */

static void row_id(const struct doc *row, char *out, size_t n)
{
    const char *check = doc_text(row, "check", NULL);
    str_print(out, n, "%s%s%s", doc_text(row, "host", ""), check ? "/" : "", check ? check : "");
}

static void select_row(struct watch *w, size_t i)
{
    char before[ID_MAX];
    str_copy(before, sizeof before, w->selected);
    w->at = w->n == 0 ? 0 : i >= w->n ? w->n - 1 : i;
    w->selected[0] = '\0';
    if (w->n)
        row_id(w->rows[w->at], w->selected, sizeof w->selected);
    if (!str_eq(before, w->selected))
        buf_clear(&w->why);
}

/* The selection stays with its thing, not with its line. */
static void follow(struct watch *w)
{
    char id[ID_MAX];
    for (size_t i = 0; i < w->n; i++) {
        row_id(w->rows[i], id, sizeof id);
        if (str_eq(id, w->selected)) {
            select_row(w, i);
            return;
        }
    }
    select_row(w, w->at);
}

static void refresh(struct watch *w)
{
    struct arena *a = arena_new(0);
    struct doc *params = doc_object(a), *reply;
    if (w->filter[0])
        doc_put_text(params, "q", w->filter);
    w->next_ms = clock_mono_ms() + REFRESH_MS;
    if (!call(w, "status", params, a, &reply)) {
        arena_free(a); /* what was seen last stays, marked */
        return;
    }
    arena_free(w->shown);
    w->shown = w->c.arena = a;
    w->reply = reply;
    w->n = status_rows(&w->c, reply, !w->all && !w->filter[0], &w->rows, &w->name_width);
    follow(w);
}

/* ---- drawing ---- */

static void newline(struct buf *b) { buf_str(b, "\033[0m\033[K\r\n"); }

static void put_counts(struct watch *w, struct buf *b)
{
    static const struct {
        const char *key, *name, *colour;
    } counts[] = {{"critical", MSG("critical"), "1;31"}, {"down", MSG("down"), "1;31"},   {"warning", MSG("warning"), "1;33"}, {"unknown", MSG("unknown"), "35"},
                  {"unreachable", MSG("unreachable"), "2"}, {"pending", MSG("pending"), "2"}, {"ok", MSG("ok"), "32"},          {"up", MSG("up"), "32"}};
    const struct doc *s = doc_get(w->reply, "summary");
    for (size_t i = 0; i < COUNT(counts); i++) {
        long long v = doc_int(s, counts[i].key, 0);
        if (v == 0)
            continue;
        buf_printf(b, "  \033[%sm%lld\033[0m %s", w->c.colour ? counts[i].colour : "0", v, msg_tr(w->c.lang, counts[i].name));
    }
}

static void put_head(struct watch *w, struct buf *b)
{
    char clock[TIME_RFC3339_BYTES];
    time_rfc3339(clock_wall_ms(), 0, clock);
    buf_printf(b, "\033[1mvigie\033[0m %.8s UTC", clock + strlen("2026-01-01T"));
    if (w->lost)
        buf_printf(b, "  \033[1;7m %s \033[0m", msg_tr(w->c.lang, MSG("no answer from the daemon: this is what was seen last")));
    else
        put_counts(w, b);
    if (w->filter[0])
        buf_printf(b, "  /%s", w->filter);
    newline(b);
    newline(b);
}

static int list_lines(const struct watch *w)
{
    int lines = w->height - 2 - 1 - DETAIL_LINES - 2;
    return lines < 1 ? 1 : lines;
}

static void put_list(struct watch *w, struct buf *b)
{
    size_t lines = (size_t)list_lines(w);
    if (w->at < w->top)
        w->top = w->at;
    if (w->at >= w->top + lines)
        w->top = w->at - lines + 1;
    for (size_t i = w->top; i < w->top + lines; i++) {
        if (i < w->n) {
            struct buf line = BUF_MAX(8192);
            w->c.width = w->width - 2;
            status_row(&w->c, &line, w->rows[i], w->name_width);
            buf_printf(b, "%s", i == w->at ? "\033[1m>\033[0m " : "  ");
            buf_add(b, buf_text(&line), line.len ? line.len - 1 : 0);
            buf_done(&line);
        } else if (i == 0) {
            buf_printf(b, "  %s", msg_tr(w->c.lang, w->filter[0] ? MSG("Nothing fits.") : MSG("All is well. “p” shows everything.")));
        }
        newline(b);
    }
}

/* At most n lines of a text, filled to the width. */
static void put_wrapped(struct watch *w, struct buf *b, const char *text, int n)
{
    size_t room = (size_t)(w->width > 4 ? w->width - 4 : 1);
    for (; n > 0; n--) {
        size_t line = strcspn(text, "\n"), take = utf8_fit(text, line, room);
        buf_str(b, "  ");
        buf_add(b, text, take);
        newline(b);
        text += take;
        if (*text == '\n')
            text++;
    }
}

static void put_detail(struct watch *w, struct buf *b)
{
    const struct doc *row = w->n ? w->rows[w->at] : NULL;
    struct buf text = BUF_MAX(8192);
    buf_str(b, "\033[2m");
    for (int i = 0; i < w->width; i++)
        buf_str(b, "─");
    newline(b);
    if (row && w->why.len)
        buf_add(&text, buf_text(&w->why), w->why.len);
    else if (row)
        buf_printf(&text, "%s: %s", w->selected, doc_text(row, "output", ""));
    put_wrapped(w, b, buf_text(&text), DETAIL_LINES);
    buf_done(&text);
}

static void put_help(struct watch *w, struct buf *b)
{
    for (size_t i = 0; i < COUNT(actions); i++)
        buf_printf(b, " \033[1m%c\033[0m %s ", actions[i].key, msg_tr(w->c.lang, actions[i].help));
    buf_printf(b, " \033[1mw\033[0m %s  \033[1m/\033[0m %s  \033[1mp\033[0m %s  \033[1mq\033[0m %s", msg_tr(w->c.lang, MSG("why")), msg_tr(w->c.lang, MSG("find")),
               msg_tr(w->c.lang, w->all ? MSG("problems only") : MSG("all")), msg_tr(w->c.lang, MSG("quit")));
}

static void put_foot(struct watch *w, struct buf *b)
{
    bool fresh = clock_mono_ms() < w->note_until_ms;
    if (w->typing) {
        buf_printf(b, "\033[1m%s:\033[0m ", w->action ? msg_tr(w->c.lang, w->action->ask) : msg_tr(w->c.lang, MSG("Find host, check or output")));
        newline(b);
        buf_printf(b, "> %s\033[7m \033[0m\033[K", w->typed);
        return;
    }
    buf_printf(b, " %s", fresh ? buf_text(&w->note) : "");
    newline(b);
    put_help(w, b);
    buf_str(b, "\033[0m\033[K");
}

static void draw(struct watch *w)
{
    struct buf b = BUF_MAX(1 << 20);
    term_size(&w->height, &w->width);
    buf_str(&b, "\033[H");
    put_head(w, &b);
    put_list(w, &b);
    put_detail(w, &b);
    put_foot(w, &b);
    buf_str(&b, "\033[J");
    file_print(1, buf_text(&b), b.len);
    buf_done(&b);
}

/* ---- acting ---- */

/* "30m new disk": a time at the beginning says for how long. */
static void downtime_length(struct doc *params, const char **text)
{
    size_t n = strcspn(*text, " ");
    char word[32];
    int64_t ms;
    if (n && n < sizeof word && (*text)[n] == ' ' && str_copyn(word, sizeof word, *text, n) && word[n - 1] >= 'a' && str_duration(word, 0, &ms) == 0) {
        doc_put_text(params, "for", word);
        *text += n + 1;
    }
}

static void act(struct watch *w, const struct action *a, const char *text)
{
    struct arena *arena = arena_new(0);
    struct doc *params = doc_object(arena), *reply;
    if (str_eq(a->op, "downtime"))
        downtime_length(params, &text);
    doc_push_text(doc_put_list(params, "targets"), w->selected);
    if (a->param)
        doc_put_text(params, a->param, text);
    if (str_eq(a->op, "recheck"))
        doc_put_text(params, "wait", "no");
    if (call(w, a->op, params, arena, &reply)) {
        struct buf b = BUF_MAX(1000);
        buf_printf(&b, "%s: %s", w->selected, msg_tr(w->c.lang, a->done));
        note(w, buf_text(&b));
        buf_done(&b);
    }
    arena_free(arena);
    refresh(w);
}

static void ask_why(struct watch *w)
{
    struct arena *a = arena_new(0);
    struct doc *params = doc_object(a), *reply;
    doc_put_text(params, "target", w->selected);
    buf_clear(&w->why);
    if (call(w, "why", params, a, &reply))
        DOC_EACH(doc_get(reply, "why"), d) {
            buf_printf(&w->why, "%s- ", w->why.len ? "\n" : "");
            msg_render(&w->why, d->text, w->c.lang);
        }
    arena_free(a);
}

/* ---- keys ---- */

static void type_key(struct watch *w, uint32_t key)
{
    size_t n = strlen(w->typed);
    char out[4];
    if (key == 27) {
        w->typing = false;
    } else if (key == 13 || key == 10) {
        w->typing = false;
        if (!w->action)
            str_copy(w->filter, sizeof w->filter, w->typed);
        if (!w->action)
            refresh(w);
        else if (w->typed[0])
            act(w, w->action, w->typed);
    } else if (key == 127 || key == 8) {
        while (n > 0 && ((unsigned char)w->typed[--n] & 0xc0) == 0x80)
            continue;
        w->typed[n] = '\0';
    } else if (key >= 32 && key < TERM_UP && n + 5 < sizeof w->typed) {
        size_t k = utf8_encode(key, out);
        memcpy(w->typed + n, out, k);
        w->typed[n + k] = '\0';
    }
}

static void begin_typing(struct watch *w, const struct action *a)
{
    w->typing = true;
    w->action = a;
    w->typed[0] = '\0';
}

static bool action_key(struct watch *w, uint32_t key)
{
    for (size_t i = 0; i < COUNT(actions); i++) {
        if ((uint32_t)actions[i].key != key)
            continue;
        if (w->n && actions[i].ask)
            begin_typing(w, &actions[i]);
        else if (w->n)
            act(w, &actions[i], "");
        return true;
    }
    return false;
}

static bool move_key(struct watch *w, uint32_t key)
{
    size_t page = (size_t)list_lines(w), at = w->at;
    switch (key) {
    case TERM_UP: case 'k': at = at ? at - 1 : 0; break;
    case TERM_DOWN: case 'j': at++; break;
    case TERM_PAGE_UP: at = at > page ? at - page : 0; break;
    case TERM_PAGE_DOWN: case ' ': at += page; break;
    case TERM_HOME: case 'g': at = 0; break;
    case TERM_END: case 'G': at = w->n; break;
    default: return false;
    }
    select_row(w, at);
    return true;
}

static void list_key(struct watch *w, uint32_t key)
{
    if (move_key(w, key) || action_key(w, key))
        return;
    switch (key) {
    case 'q': case 3: w->quit = true; break;
    case 'p': w->all = !w->all; refresh(w); break;
    case '/': begin_typing(w, NULL); break;
    case 'w': case 13: if (w->n) ask_why(w); break;
    case 27: w->filter[0] = '\0'; buf_clear(&w->why); refresh(w); break;
    case 12: refresh(w); break;
    default: break;
    }
}

static void turn(struct watch *w)
{
    int64_t left = w->next_ms - clock_mono_ms();
    draw(w);
    uint32_t key = term_key(left < 0 ? 0 : left > 1000 ? 1000 : (int)left); /* the clock on the screen goes on */
    if (key == TERM_GONE)
        w->quit = true;
    else if (key == TERM_NONE || key == TERM_RESIZED)
        (void)0;
    else if (w->typing)
        type_key(w, key);
    else
        list_key(w, key);
    if (!w->quit && clock_mono_ms() >= w->next_ms)
        refresh(w);
}

int cli_watch(int argc, char **argv, const char *lang)
{
    struct watch w = {.c = {.lang = lang, .arena = arena_new(0)}, .note = BUF_MAX(2000), .why = BUF_MAX(16384)};
    struct arena *first = w.c.arena;
    struct err e = {0};
    argc = args_global(&w.c, argc, argv);
    int status = argc < 0 ? CLI_USAGE : CLI_OK;
    if (argc > 0) {
        print_line(&w.c, 2, MSG("vigie watch takes no words, but got “{1}”; “/” looks for something"), "s", argv[0]);
        status = CLI_USAGE;
    } else if (argc == 0 && term_start(&e) < 0) {
        print_line(&w.c, 2, MSG("vigie: {1}; “vigie status” prints the same once"), "m", e.text);
        status = CLI_FAILED;
    } else if (argc == 0) {
        w.c.colour = !file_env("NO_COLOR");
        w.c.quiet = true;
        for (refresh(&w); !w.quit;)
            turn(&w);
        term_stop();
    }
    arena_free(w.shown);
    arena_free(first);
    buf_done(&w.note);
    buf_done(&w.why);
    return status;
}

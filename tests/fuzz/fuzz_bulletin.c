/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_bulletin.c: any tree as a bulletin, as imports and the store feed it: what is taken keeps the rules of bulletin.h, is written and
 * read back the same, and can stand on a board, be asked and be written on. */
#include "base/json.h"
#include "base/panic.h"
#include "base/str.h"
#include "model/board.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 1 << 16, ROOM = 4 << 20 };

static void keeps_rules(const struct bulletin *b)
{
    ASSERT(b->id > 0 && b->id <= BULLETIN_MAX_ID && strlen(b->key) == BULLETIN_KEY_BYTES && b->title.n > 0);
    ASSERT(phase_fits(b->kind, b->phase) && b->n_updates <= BULLETIN_MAX_UPDATES && b->n_impacts <= BULLETIN_MAX_IMPACTS);
    for (int i = 1; i < b->n_updates; i++)
        ASSERT(b->updates[i - 1].at_ms < b->updates[i].at_ms || (b->updates[i - 1].at_ms == b->updates[i].at_ms && b->updates[i - 1].id < b->updates[i].id));
    for (int i = 1; i < b->n_impacts; i++)
        ASSERT(b->impacts[i - 1].from_ms <= b->impacts[i].from_ms);
    for (int i = 0; i < b->n_impacts; i++)
        ASSERT(b->impacts[i].to_ms || bulletin_is_open(b));
}

static void write_out(const struct bulletin *b, struct buf *out)
{
    struct arena *a = arena_new(0);
    struct doc *o = doc_object(a);
    bulletin_write(b, o);
    json_write(out, o, "en", 0);
    arena_free(a);
}

static struct bulletin *read_in(const char *p, size_t n)
{
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    struct bulletin *b = NULL;
    struct err e = {0};
    if (json_parse(a, p, n, ROOM, &d, &e) == 0 && bulletin_read(d, &b, &e))
        b = NULL;
    arena_free(a);
    return b;
}

static void post(struct board *board, int64_t id, enum post_kind kind, int phase, int64_t now_ms)
{
    struct arena *a = arena_new(0);
    struct post p = POST_OF(kind);
    struct err e = {0};
    wording_set(&p.text, a, "en", "more", &e);
    p.phase = phase;
    board_post(board, id, &p, "000000000000", now_ms, NULL, &e);
    arena_free(a);
}

/* Takes the reference. */
static void stand_on_a_board(struct bulletin *b)
{
    struct board *board = board_new();
    struct err e = {0};
    int64_t id = b->id, now_ms = b->changed_ms ? b->changed_ms : INT64_C(1790000000000);
    bool work = b->kind == BULLETIN_WORK;
    ASSERT(board_import(board, b, now_ms, &e) == 0);
    ASSERT(board_find(board, id) == b && board_find_key(board, b->key) == b);
    for (int i = 0; i < b->n_components; i++)
        bulletin_level(b, b->components[i], now_ms);
    ASSERT(bulletin_peak(b) >= bulletin_worst(b, now_ms));
    post(board, id, POST_PUBLISH, POST_AS_IT_IS, now_ms);
    post(board, id, POST_UPDATE, work ? PHASE_IN_PROGRESS : PHASE_IDENTIFIED, now_ms);
    post(board, id, POST_UPDATE, work ? PHASE_COMPLETED : PHASE_RESOLVED, now_ms + 1000);
    post(board, id, POST_RETRACT, POST_AS_IT_IS, now_ms + 2000);
    post(board, 0, POST_OPEN, POST_AS_IT_IS, now_ms); /* numbers go on */
    board_free(board);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once = BUF_MAX(ROOM), again = BUF_MAX(ROOM);
    struct bulletin *b = size <= MOST ? read_in((const char *)data, size) : NULL, *same;
    if (b) {
        keeps_rules(b);
        write_out(b, &once);
        same = read_in(buf_text(&once), once.len);
        ASSERT(same);
        write_out(same, &again);
        ASSERT(strcmp(buf_text(&once), buf_text(&again)) == 0);
        bulletin_unref(same);
        stand_on_a_board(b);
    }
    buf_done(&once);
    buf_done(&again);
    return 0;
}

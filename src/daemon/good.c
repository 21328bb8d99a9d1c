/* SPDX-License-Identifier: GPL-3.0-or-later */
/* good.c: see good.h.  "vigie-good 1 MAIN", then for each file "BYTES NAME", its text and an end of line. */
#include "daemon/good.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/file.h"
#include <string.h>

#define HEAD "vigie-good 1 "
/* With its lines between: as much as a configuration may have. */
enum { GOOD_MAX_BYTES = 256 << 20 };

static void path_of(const char *data, char *out, size_t n)
{
    str_print(out, n, "%s/conf.good", data);
}

static void put_all(struct buf *b, const struct files_place *p, const struct files_set *s)
{
    buf_printf(b, HEAD "%s\n", p->main);
    for (int i = 0; i < s->n; i++) {
        buf_printf(b, "%zu %s\n", s->at[i].bytes, s->at[i].name);
        buf_add(b, s->at[i].text, s->at[i].bytes);
        buf_char(b, '\n');
    }
}

int good_write(const char *data, const struct files_place *p, const struct files_set *s, struct err *e)
{
    struct buf now = BUF_MAX(GOOD_MAX_BYTES), kept = BUF_MAX(GOOD_MAX_BYTES);
    char path[1100];
    int code = 0;
    path_of(data, path, sizeof path);
    put_all(&now, p, s);
    bool same = file_exists(path) && file_read(path, &kept, NULL) == 0 && kept.len == now.len && memcmp(kept.data, now.data, now.len) == 0;
    if (now.full)
        code = err_set(e, ERR_LIMIT, MSG("{1} would be larger than {2}"), "sb", path, (int64_t)GOOD_MAX_BYTES);
    else if (!same)
        code = file_write(path, buf_text(&now), now.len, 0600, e); /* the texts may hold secrets */
    buf_done(&now);
    buf_done(&kept);
    return code;
}

/* Takes "BYTES NAME\n", the text and the end of its line off *rest. */
static bool take_file(struct str *rest, const struct files_place *p, struct files_set *s)
{
    struct str line;
    char number[24];
    int64_t bytes;
    if (s->n >= CONF_MAX_FILES || !str_next(rest, "\n", &line))
        return false;
    const char *blank = memchr(line.p, ' ', line.n);
    if (!blank || !str_copyn(number, sizeof number, line.p, (size_t)(blank - line.p)) || str_i64(number, &bytes) != 0 ||
        bytes < 0 || bytes > CONF_MAX_FILE_BYTES || rest->n <= (size_t)bytes || rest->p[bytes] != '\n')
        return false;
    char *name = arena_dupn(s->arena, blank + 1, line.n - (size_t)(blank + 1 - line.p));
    s->at[s->n++] = (struct conf_file){.name = name, .text = mem_dupn(rest->p, (size_t)bytes), .bytes = (size_t)bytes, .own = files_is_own(p, name)};
    *rest = (struct str){rest->p + bytes + 1, rest->n - (size_t)bytes - 1};
    return true;
}

static int take_all(const char *path, const struct buf *b, const struct files_place *p, struct files_set *s, struct err *e)
{
    struct str rest = {buf_text(b), b->len}, line;
    size_t n = strlen(HEAD);
    if (!str_next(&rest, "\n", &line) || line.n < n || memcmp(line.p, HEAD, n) != 0)
        return err_set(e, ERR_INVALID, MSG("{1} is not as it was written"), "s", path);
    if (!str_is((struct str){line.p + n, line.n - n}, p->main))
        return err_set(e, ERR_NOT_FOUND, MSG("{1} belongs to another configuration"), "s", path);
    while (rest.n)
        if (!take_file(&rest, p, s))
            return err_set(e, ERR_INVALID, MSG("{1} is not as it was written"), "s", path);
    return 0;
}

int good_read(const char *data, const struct files_place *p, struct files_set *ret, struct err *e)
{
    struct buf b = BUF_MAX(GOOD_MAX_BYTES);
    struct files_set s = {.arena = arena_new(0)};
    char path[1100];
    path_of(data, path, sizeof path);
    s.at = mem_array(CONF_MAX_FILES, sizeof *s.at);
    int code = file_read(path, &b, e);
    if (code == 0)
        code = take_all(path, &b, p, &s, e);
    buf_done(&b);
    if (code < 0)
        files_done(&s);
    else
        *ret = s;
    return code;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stderr_log.c: see stderr_log.h. A pipe whose reader has stopped must not stop the watching. */
#include "daemon/stderr_log.h"

#include "base/buf.h"
#include "io/file.h"

enum { LINE_BYTES = 4000 }; /* below PIPE_BUF: a pipe takes such a line whole or not at all */

static bool put(const struct stderr_log *log, enum log_level level, const char *text)
{
    struct buf b = BUF_MAX(LINE_BYTES);
    bool done;

    if (log->journal)
        buf_printf(&b, "<%d>", (int)level);
    buf_str(&b, text);
    if (b.full)
        buf_cut(&b, LINE_BYTES - 1);
    b.full = false;
    buf_char(&b, '\n');
    done = file_offer(log->fd, buf_text(&b), b.len);
    buf_done(&b);
    return done;
}

void stderr_log_line(enum log_level level, const char *line, void *arg)
{
    struct stderr_log *log = arg;
    unsigned lost = __atomic_exchange_n(&log->lost, 0, __ATOMIC_RELAXED);
    struct buf b = BUF_MAX(100);
    bool told = true;

    if (lost) {
        buf_printf(&b, "%u lines of this log are lost: nobody took them", lost);
        told = put(log, LOG_WARN, buf_text(&b));
        buf_done(&b);
    }
    if (!told || !put(log, level, line))
        __atomic_add_fetch(&log->lost, 1 + (told ? 0 : lost), __ATOMIC_RELAXED);
}

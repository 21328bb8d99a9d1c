/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_term.c: the twin has no terminal. */
#include "base/msg.h"
#include "io/term.h"

int term_start(struct err *e) { return err_set(e, ERR_UNSUPPORTED, MSG("this needs a terminal"), ""); }

void term_stop(void) {}

void term_size(int *ret_rows, int *ret_columns)
{
    *ret_rows = 24;
    *ret_columns = 80;
}

uint32_t term_key(int timeout_ms) { return TERM_GONE; }

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* term.h: the terminal as a screen with keys, for programs in the foreground (`vigie watch`).
 *
 * One at a time, on one thread; calls block as they say.  The terminal is put back by term_stop(), at exit() and when
 * a signal ends the program; after Ctrl-Z and `fg` it is a screen again. */
#ifndef VIGIE_IO_TERM_H
#define VIGIE_IO_TERM_H

#include "base/err.h"
#include <stdint.h>

enum term_key {
    TERM_NONE = 0, /* nothing within the time */
    /* 1..0x10ffff: a character as typed; Ctrl-A is 1, Enter 13, Escape 27, Backspace 127 */
    TERM_UP = 0x110000, TERM_DOWN, TERM_LEFT, TERM_RIGHT, TERM_PAGE_UP, TERM_PAGE_DOWN, TERM_HOME, TERM_END,
    TERM_RESIZED, /* draw again */
    TERM_GONE,    /* the terminal was closed, or a signal asks to end */
};
int term_start(struct err *e); /* ERR_UNSUPPORTED: standard input or output is no terminal */
void term_stop(void);          /* also when not started */
void term_size(int *ret_rows, int *ret_columns);
uint32_t term_key(int timeout_ms);

#endif

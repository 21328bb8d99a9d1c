/* SPDX-License-Identifier: GPL-3.0-or-later */
/* panic.c: the end of a process that found itself in an impossible state.  The hook is told once,
 * even if it panics itself or two threads panic together; then the process aborts, so that a core
 * remains. */
#include "base/panic.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Allowed global: the panic hook.  It belongs to the process, as abort() does. */
static panic_hook *the_hook;

static void print_panic(const char *file, int line, const char *what)
{
    fprintf(stderr, "vigie: %s:%d: %s\n", file, line, what);
}

void panic_set_hook(panic_hook *hook)
{
    __atomic_store_n(&the_hook, hook, __ATOMIC_SEQ_CST);
}

_Noreturn void panic_at(const char *file, int line, const char *what)
{
    panic_hook *hook = __atomic_exchange_n(&the_hook, NULL, __ATOMIC_SEQ_CST);

    if (hook == NULL)
        hook = print_panic;
    hook(file, line, what);
    abort();
}

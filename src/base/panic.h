/* SPDX-License-Identifier: GPL-3.0-or-later */
/* panic.h: assertions stay on in production.  A failed one calls the hook (the daemon prints what it
 * was doing) and aborts. */
#ifndef VIGIE_BASE_PANIC_H
#define VIGIE_BASE_PANIC_H

typedef void panic_hook(const char *file, int line, const char *what);
void panic_set_hook(panic_hook *hook); /* called once, before the process aborts */
_Noreturn void panic_at(const char *file, int line, const char *what);

#define ASSERT(cond) ((cond) ? (void)0 : panic_at(__FILE__, __LINE__, #cond))
#define PANIC(what) panic_at(__FILE__, __LINE__, what)

/* Objects that cross callbacks carry a magic number: a stale pointer is caught where it is used. */
#define CHECK_OBJ(p, m) ASSERT((p) != NULL && (p)->magic == (m))

#endif

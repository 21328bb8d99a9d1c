/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_each.c: a file of any size, piece by piece. The twin reads real files, too. */
#include "base/mem.h"
#include "base/msg.h"
#include "io/file.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 * 1024 };

int file_each(const char *path, int (*fn)(void *arg, const char *p, size_t n, struct err *e), void *arg, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r = 0;
    ssize_t n = 0;
    if (fd < 0)
        return err_set(e, err_from_errno(errno), errno == ENOENT ? MSG("{1} does not exist") : MSG("{1} cannot be read"), "s", path);
    char *piece = mem_alloc(PIECE_BYTES);
    while (r == 0 && ((n = read(fd, piece, PIECE_BYTES)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0)
            r = fn(arg, piece, (size_t)n, e);
    if (r == 0 && n < 0)
        r = err_set(e, err_from_errno(errno), MSG("{1} cannot be read"), "s", path);
    mem_free(piece);
    close(fd);
    return r;
}

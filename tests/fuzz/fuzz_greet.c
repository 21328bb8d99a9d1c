/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_greet.c: any bytes as the greeting of a server, and as lines of the kernel's table of sockets. */
#include "base/panic.h"
#include "checks/discover/greet.h"
#include "checks/discover/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = {(const char *)data, size}, rest = all, line;
    struct greeted g;
    struct addr at;
    uint64_t inode;
    greet_read(all, false, &g);
    greet_read(all, true, &g);
    ASSERT(g.what != GREET_MORE && (g.what == GREET_CHECK) == (g.check != NULL));
    while (str_next(&rest, "\n", &line)) {
        if (host_socket_line(line, false, false, &at, &inode))
            ASSERT(addr_port(&at) > 0 && !addr_is_v6(&at));
        if (host_socket_line(line, true, true, &at, &inode))
            ASSERT(addr_port(&at) > 0 && addr_is_v6(&at));
    }
    return 0;
}

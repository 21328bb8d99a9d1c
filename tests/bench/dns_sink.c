/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_sink.c PORT: answers every question by UDP on loopback with the address 192.0.2.1, as fast as it can. It is the
 * peer of the bench, whose cost does not count. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 32, BYTES = 600, HEAD = 12 };

/* Makes the answer out of the question, in place; 0: it is none. */
static size_t answer(unsigned char *p, size_t n)
{
    static const unsigned char record[16] = {0xc0, HEAD, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1};
    size_t at = HEAD;

    while (at < n && p[at])
        at += p[at] + 1u;
    at += 5;
    if (at > n)
        return 0;
    p[2] |= 0x84;
    p[7] = 1;
    p[11] = 0;
    memcpy(p + at, record, sizeof(record));
    return at + sizeof(record);
}

int main(int argc, char **argv)
{
    static unsigned char bytes[BATCH][BYTES + 300];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from[BATCH];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;

    if (argc != 2)
        return 2;
    at.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        return 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct mmsghdr m[BATCH] = {0}, out[BATCH];
        struct iovec v[BATCH];
        int n, k = 0;

        for (int i = 0; i < BATCH; i++) {
            v[i] = (struct iovec){bytes[i], BYTES};
            m[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &v[i], .msg_iovlen = 1};
        }
        n = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < n; i++) {
            v[i].iov_len = answer(bytes[i], m[i].msg_len);
            if (v[i].iov_len)
                out[k++] = m[i];
        }
        if (k)
            sendmmsg(fd, out, (unsigned)k, 0);
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_sink.c PORT: an SNMP agent that answers gets on loopback as fast as it can: community "public", and user "bench"
 * with SHA and AES ("benchauth", "benchpriv"). It is the peer of the bench, whose cost does not count. */
#include "../unit/snmp_agent.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

enum { BATCH = 32, BYTES = 2048 };

int main(int argc, char **argv)
{
    static const struct agent_object objects[] = {{"1.3.6.1.2.1.1.3.0", SNMP_TIMETICKS, NULL, 4711}, {"1.3.6.1.2.1.1.5.0", BER_OCTETS, "bench", 0}};
    static struct agent g = {.community = "public", .user = "bench", .auth = USM_SHA, .priv = USM_AES, .auth_password = "benchauth", .priv_password = "benchpriv", .objects = objects, .n = 2};
    static char in[BATCH][BYTES], out[BATCH][BYTES];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from[BATCH];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;
    int64_t port = 0;

    if (argc != 2 || str_i64(argv[1], &port) < 0)
        return 2;
    at.sin_port = htons((uint16_t)port);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        return 1;
    agent_start(&g);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct mmsghdr m[BATCH] = {0};
        struct iovec v[BATCH], w[BATCH];
        int n, k = 0;

        for (int i = 0; i < BATCH; i++) {
            v[i] = (struct iovec){in[i], BYTES};
            m[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &v[i], .msg_iovlen = 1};
        }
        n = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < n; i++) {
            struct ber_out o = ber_out_of(out[i], BYTES);
            struct str answer = agent_answer(&g, in[i], m[i].msg_len, &o);

            if (answer.n == 0)
                continue;
            w[k] = (struct iovec){(void *)(uintptr_t)answer.p, answer.n};
            m[k].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &w[k], .msg_iovlen = 1};
            k++;
        }
        if (k)
            sendmmsg(fd, m, (unsigned)k, 0);
    }
}

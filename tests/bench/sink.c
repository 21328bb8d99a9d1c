/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sink.c PORT: accepts TCP connections, greets each with a line and closes when the peer does: a cheap target, so that
 * the client is what is measured. Prints "ready". */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 0))};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1, ep = epoll_create1(0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 4096) < 0)
        return 1;
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = s}, got[64];
    epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(ep, got, 64, -1);
        for (int i = 0; i < n; i++) {
            char buf[4096];
            if (got[i].data.fd != s) {
                if (read(got[i].data.fd, buf, sizeof buf) <= 0)
                    close(got[i].data.fd);
                continue;
            }
            int c = accept4(s, NULL, NULL, SOCK_NONBLOCK);
            if (c < 0)
                continue;
            ev = (struct epoll_event){.events = EPOLLIN | EPOLLRDHUP, .data.fd = c};
            epoll_ctl(ep, EPOLL_CTL_ADD, c, &ev);
        }
    }
}

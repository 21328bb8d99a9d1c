/* SPDX-License-Identifier: GPL-3.0-or-later */
/* talk_sink.c PORT PROTOCOL: greets and answers as smtp, imap, ssh or redis would, from fixed texts: a cheap target, so that
 * the client is what is measured. Prints "ready". */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct protocol {
    const char *name, *greeting;
    const char *rules[3][2]; /* what begins so is answered so */
} protocols[] = {
    {"smtp", "220 bench ESMTP sink\r\n", {{"EHLO", "250-bench\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"}, {"HELO", "250 bench\r\n"}, {"QUIT", "221 bye\r\n"}}},
    {"imap", "* OK bench ready\r\n", {{"a1 CAP", "* CAPABILITY IMAP4rev1 STARTTLS IDLE AUTH=PLAIN\r\na1 OK done\r\n"}, {"a1 LOGOUT", "* BYE\r\na1 OK bye\r\n"}}},
    {"ssh", "SSH-2.0-OpenSSH_9.2p1 bench\r\n", {{0}}},
    {"redis", "", {{"PING", "+PONG\r\n"}, {"INFO", "$108\r\n# Server\r\nredis_version:7.0.15\r\n# Memory\r\nused_memory:1048576\r\n# Replication\r\nrole:master\r\nslaves:0\r\nx:y12\r\n\r\n"}}},
};

static void answer(int fd, const struct protocol *p)
{
    char heard[4096];
    ssize_t n = read(fd, heard, sizeof heard);

    if (n <= 0) {
        close(fd);
        return;
    }
    for (int i = 0; i < 3 && p->rules[i][0]; i++)
        if (strncmp(heard, p->rules[i][0], strlen(p->rules[i][0])) == 0 && send(fd, p->rules[i][1], strlen(p->rules[i][1]), MSG_NOSIGNAL) < 0)
            close(fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((unsigned short)(argc > 2 ? atoi(argv[1]) : 0))};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1, ep = epoll_create1(0);
    const struct protocol *p = protocols;

    while (p < protocols + 4 && argc > 2 && strcmp(p->name, argv[2]) != 0)
        p++;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (p == protocols + 4 || bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 4096) < 0)
        return 1;
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = s}, got[64];
    epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(ep, got, 64, -1);

        for (int i = 0; i < n; i++) {
            int c = got[i].data.fd;

            if (c != s) {
                answer(c, p);
                continue;
            }
            c = accept4(s, NULL, NULL, SOCK_NONBLOCK);
            if (c < 0)
                continue;
            ev = (struct epoll_event){.events = EPOLLIN | EPOLLRDHUP, .data.fd = c};
            epoll_ctl(ep, EPOLL_CTL_ADD, c, &ev);
            if (p->greeting[0] && send(c, p->greeting, strlen(p->greeting), MSG_NOSIGNAL) < 0)
                close(c);
        }
    }
}

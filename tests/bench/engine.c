/* SPDX-License-Identifier: GPL-3.0-or-later */
/* engine.c KIND TARGET COUNT [CA | {JSON settings}]: the client side of checks alone: attempts on a probe loop, 50 in flight, without
 * scheduler, model or store.  TARGET "127." stands for as many loopback addresses as COUNT (icmp).
 * Prints: CPU µs a check, checks that were OK, checks a second. */
#include "base/json.h"
#include "base/str.h"
#include "checks/probe.h"
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { IN_FLIGHT = 50, PINGS_IN_FLIGHT = 1000 };

struct run {
    struct probe_env *env;
    struct loop *loop;
    const struct probe *probe;
    const void *opts;
    const char *ca, *address;
    int left, number, running, ok, most;
};

static int64_t cpu_us(void)
{
    struct rusage own, kids;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &kids);
    return (own.ru_utime.tv_sec + own.ru_stime.tv_sec + kids.ru_utime.tv_sec + kids.ru_stime.tv_sec) * INT64_C(1000000) + own.ru_utime.tv_usec +
           own.ru_stime.tv_usec + kids.ru_utime.tv_usec + kids.ru_stime.tv_usec;
}

static void go(void *arg);

static void ended(struct attempt *a, void *arg)
{
    struct run *r = arg;
    r->running--;
    r->ok += a->state == STATE_OK;
    attempt_free(a);
    go(r);
}

static void go(void *arg)
{
    struct run *r = arg;
    while (r->left > 0 && r->running < r->most) {
        char address[40];
        int i = r->number++;
        str_print(address, sizeof address, "127.%d.%d.%d", 1 + i / 65025, i / 255 % 255, 1 + i % 254);
        struct attempt *a = attempt_new(r->probe, r->opts, NULL, "bench", NULL, r->address ? r->address : address, 0, 5000);
        if (r->ca)
            a->ca_file = r->ca;
        r->left--;
        r->running++;
        attempt_start(a, r->env, ended, r);
    }
    if (r->running == 0)
        loop_stop(r->loop);
}

int main(int argc, char **argv)
{
    int64_t count = 0, fd;
    if (argc == 4 && str_eq(argv[1], "spawner") && str_i64(argv[3], &fd) == 0)
        return spawner_main((int)fd);
    if (argc < 4 || str_i64(argv[3], &count) < 0 || count < 1 || count > 1000000)
        return 2;
    bool many = str_eq(argv[2], "127.");
    struct run r = {.loop = loop_new("bench"), .probe = probe_find(argv[1]), .left = (int)count, .ca = argc > 4 && argv[4][0] != '{' ? argv[4] : NULL, .address = many ? NULL : "127.0.0.1"};
    r.most = many || str_eq(argv[1], "snmp") || str_eq(argv[1], "dns") ? PINGS_IN_FLIGHT : IN_FLIGHT;
    struct work_pool *workers = work_pool_new("bench", 1, 10);
    struct spawner *spawner = str_eq(argv[1], "plugin") ? spawner_new(r.loop, NULL, 4) : NULL;
    struct arena *a = arena_new(0);
    struct conf_env env = {.kinds = probe_kinds};
    struct err e = {0};
    struct doc *settings = doc_object(a);
    void *opts;
    r.env = probe_env_new(r.loop, workers, spawner);
    if (argc > 4 && argv[4][0] == '{' && json_parse(a, argv[4], strlen(argv[4]), 1000, &settings, &e) < 0)
        return 2;
    if (many)
        doc_put_text(settings, "count", "1");
    if (!r.probe || conf_opts(&env, &r.probe->kind, a, many ? NULL : argv[2], settings, &opts, &e) < 0) {
        fprintf(stderr, "%s\n", e.text);
        return 2;
    }
    r.opts = opts;
    int64_t began = clock_mono_us(), cpu = cpu_us();
    loop_post(r.loop, go, &r);
    loop_run(r.loop);
    cpu = cpu_us() - cpu;
    began = clock_mono_us() - began;
    spawner_free(spawner); /* its CPU counts once it has been waited for */
    printf("%.2f %d %.0f\n", (double)cpu / (double)count, r.ok, (double)count * 1e6 / (double)began);
    probe_env_free(r.env);
    work_pool_free(workers);
    loop_free(r.loop);
    arena_free(a);
    return 0;
}

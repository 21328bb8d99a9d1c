/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yamlpass.c: a bare libyaml event pass over a file: the floor that `vigie conf check` is measured against.
 * Prints the best of N passes in microseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yaml.h>

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static long pass(const unsigned char *text, size_t n)
{
    yaml_parser_t parser;
    yaml_event_t event;
    long events = 0;
    int type;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, text, n);
    do {
        if (!yaml_parser_parse(&parser, &event))
            exit(1);
        type = event.type;
        yaml_event_delete(&event);
        events++;
    } while (type != YAML_STREAM_END_EVENT);
    yaml_parser_delete(&parser);
    return events;
}

int main(int argc, char **argv)
{
    int n = argc > 2 ? atoi(argv[2]) : 7;
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (!f)
        return 2;
    unsigned char *text = malloc(64 << 20);
    size_t bytes = fread(text, 1, 64 << 20, f);
    double best = 1e18;
    long events = 0;
    for (int i = 0; i < n; i++) {
        double t = now_us();
        events = pass(text, bytes);
        t = now_us() - t;
        best = t < best ? t : best;
    }
    printf("%.0f %ld %zu\n", best, events, bytes);
    return 0;
}

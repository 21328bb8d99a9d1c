/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_files.c: how many files the whole machine holds open, beside the kernel's ceiling. One process' own are
 * watched by the probe process. */
#include "checks/machine/fact.h"

#define PLACE "/proc/sys/fs/file-nr"

struct files_opts {
    struct limits open;
};
static const struct conf_row rows[] = {
    LIMIT_ROWS(offsetof(struct files_opts, open), NULL, "80%", "95%", "100000", "90%"),
    {0},
};

/* "allocated <tab> free <tab> ceiling". */
static bool read_figures(int64_t figure[3])
{
    struct buf text = BUF_MAX(4096);
    struct str rest, word;
    int n = 0;

    if (!fact_text(PLACE, &text))
        return false;
    rest = (struct str){buf_text(&text), strcspn(buf_text(&text), "\n")};
    for (; n < 3 && local_word(&rest, &word) && *word.p >= '0' && *word.p <= '9'; n++)
        figure[n] = local_number(word);
    buf_done(&text);
    return n == 3 && figure[2] > 0;
}

static void look(struct attempt *own)
{
    const struct files_opts *o = own->opts;
    int64_t figure[3], used;
    double share;

    if (!read_figures(figure)) {
        attempt_say(own, STATE_UNKNOWN, MSG("{1} is not as it should be"), "s", PLACE);
        return;
    }
    used = figure[0] > figure[1] ? figure[0] - figure[1] : 0;
    share = 100 * (double)used / (double)figure[2];
    attempt_say(own, STATE_OK, MSG("{1} open {1|file|files}"), "i", used);
    fact_judge(own, &o->open, (double)used, share, MSG("{1} open {1|file|files} on the whole machine (limit {2})"), 'i');
    /* Kernels of today have a ceiling of 2^63: no share of that is worth a figure. */
    fact_perf(own, "files", (double)used, "", &o->open, figure[2] < INT64_C(1) << 50 ? (double)figure[2] : NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_files = {
    .kind = {.name = "files",
             .help = MSG("watches how many files this machine holds open"),
             .area = "machine",
             .example = "files: { warn: 70% }",
             .rows = rows,
             .opts_bytes = sizeof(struct files_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror_program.c: the programs that carry a copy away: rsync, or git in a few steps. */
#include "announce/mirror_int.h"
#include "base/mem.h"
#include "base/str.h"
#include <string.h>

#define SSH "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15"
const char *const mirror_env[] = {"GIT_TERMINAL_PROMPT=0", "GIT_SSH_COMMAND=" SSH, "LC_ALL=C.UTF-8", NULL};

/* "@" stands for the directory, "%" for the place, "<" for what is fetched, ">" for what is pushed. */
static const char *const rsync[] = {"rsync", "-rlt", "--delete-after", "--delay-updates", "--omit-dir-times", "--chmod=D755,F644", "--exclude=/.git", "--timeout=60", "-e", SSH, "--", "@", "%", NULL};
static const struct {
    const char *argv[18];
    bool may_fail;
    int on_failure;
} git[] = {
    {{"git", "-C", "@", "init", "-q", NULL}, false, 0},
    {{"git", "-C", "@", "fetch", "-q", "--depth=1", "--", "%", "<", NULL}, true, 3}, /* a new branch has nothing yet */
    {{"git", "-C", "@", "reset", "-q", "--soft", "FETCH_HEAD", NULL}, true, 3},
    {{"git", "-C", "@", "add", "-A", NULL}, false, 0},
    {{"git", "-C", "@", "-c", "user.name=vigie", "-c", "user.email=vigie@localhost", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "The public pages as they are now", NULL}, true, 5}, /* nothing new */
    {{"git", "-C", "@", "push", "-q", "--", "%", ">", NULL}, false, 0},
};

static const char *word(const struct mirror *m, const char *w, struct buf *scratch)
{
    if (w[1] || !strchr("@%<>", w[0]))
        return w;
    if (w[0] == '%')
        return m->place;
    if (w[0] == '@' && m->kind == MIRROR_GIT)
        return m->dir;
    size_t at = scratch->len;
    buf_printf(scratch, w[0] == '@' ? "%s/" : w[0] == '<' ? "refs/heads/%s" : "HEAD:refs/heads/%s", w[0] == '@' ? m->dir : m->branch);
    return buf_text(scratch) + at;
}

bool mirror_program(const struct mirror *m, int step, struct mirror_program *ret, struct buf *scratch)
{
    const char *const *argv = m->kind == MIRROR_RSYNC && step == 0 ? rsync : m->kind == MIRROR_GIT && step < (int)COUNT(git) ? git[step].argv : NULL;
    if (!argv)
        return false;
    *ret = (struct mirror_program){.may_fail = argv != rsync && git[step].may_fail, .on_failure = argv != rsync ? git[step].on_failure : 0};
    for (int i = 0; argv[i] && i < MIRROR_ARGV - 1; i++)
        ret->argv[i] = word(m, argv[i], scratch);
    return true;
}

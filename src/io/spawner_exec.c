/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawner_exec.c: one posix_spawn of the spawner's: pipes, process group, signals, environment.
 * Nothing is kept here. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/spawn_priv.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only our end must not block: programs expect theirs to. */
static int pipe_make(int ours, int *ret_ours, int *ret_theirs)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return errno;
    fcntl(fds[ours], F_SETFL, O_NONBLOCK);
    *ret_ours = fds[ours];
    *ret_theirs = fds[!ours];
    return 0;
}

static int stdin_make(bool input, int *ret_ours, int *ret_theirs)
{
    if (input)
        return pipe_make(1, ret_ours, ret_theirs);
    *ret_theirs = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return *ret_theirs < 0 ? errno : 0;
}

static int start(char **argv, char **env, const int fds[3], pid_t *ret_pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&files, fds[i], i);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    int errnum = posix_spawnp(ret_pid, argv[0], &files, &attr, argv, env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    return errnum;
}

int spawner_exec(char **argv, char **env, bool input, int ours[3], pid_t *ret_pid)
{
    int theirs[3] = {-1, -1, -1};
    int errnum = stdin_make(input, &ours[0], &theirs[0]);
    for (int i = 1; i < 3 && errnum == 0; i++)
        errnum = pipe_make(0, &ours[i], &theirs[i]);
    if (errnum == 0)
        errnum = start(argv, env, theirs, ret_pid);
    for (int i = 0; i < 3; i++)
        if (theirs[i] >= 0)
            close(theirs[i]);
    return errnum;
}

static bool env_has(char **env, const char *name)
{
    size_t n = strlen(name);
    for (; *env != NULL; env++)
        if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
            return true;
    return false;
}

void spawner_env_defaults(char **env, uint32_t n, struct spawn_defaults *d)
{
    str_copy(d->lc_all, sizeof d->lc_all, "LC_ALL=C");
    str_print(d->path, sizeof d->path, "PATH=%s", getenv("PATH"));
    if (!env_has(env, "PATH"))
        env[n++] = d->path;
    if (!env_has(env, "LC_ALL"))
        env[n++] = d->lc_all;
}

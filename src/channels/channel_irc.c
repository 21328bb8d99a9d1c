/* SPDX-License-Identifier: GPL-3.0-or-later */
/* channel_irc.c: what is published, said in channels of IRC.  The sessions are somebody else's: see struct channel_voice. */
#include "base/msg.h"
#include "channels/channel.h"

static void *irc_send(struct channel_env *env, const struct outbox_row *row, int64_t now_ms, channel_done *done, void *job)
{
    struct err e = {0};
    if (env->voice.say)
        return env->voice.say(env->voice.arg, row, now_ms, done, job);
    err_set(&e, ERR_UNREACHABLE, MSG("{1} is not reached"), "s", row->recipient);
    done(job, ERR_UNREACHABLE, false, false, &e);
    return NULL;
}

static void irc_cancel(void *handle)
{
    struct channel_saying *s = handle;
    s->hush(s);
}

/* Sessions have a pace of their own. */
const struct channel channel_irc = {.name = "irc", .at_once = 32, .per_minute = 600, .send = irc_send, .cancel = irc_cancel};

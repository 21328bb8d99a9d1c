/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quiet.c: why nobody would be told of an item now.  The order is that of the field (notes
 * "checks", 4.2): the first reason that applies is named. */
#include "base/msg.h"
#include "model/links.h"

/* What is wrong with telling of a check because of its host. */
static enum quiet quiet_of_host(const struct item *it)
{
    const struct host *h = it->host;

    if (it->is_host || !host_is_bad(h))
        return QUIET_NO;
    return h->self.st.state == STATE_UNREACHABLE ? QUIET_UNREACHABLE : QUIET_HOST_DOWN;
}

/* Because of others: what it depends on, or what it is made of. */
static enum quiet quiet_of_links(const struct item *it)
{
    return depend_cause(it, CONF_FOR_MAILS) ? QUIET_DEPENDENCY : aggregate_quiet(it);
}

enum quiet model_quiet(const struct item *it)
{
    enum quiet of_host = quiet_of_host(it);

    if (!it->enabled)
        return QUIET_DISABLED;
    if (it->conf && !it->conf->notify)
        return QUIET_NO_NOTIFY;
    if (!state_is_bad((enum state)it->st.state))
        return QUIET_OK;
    if (it->st.state == STATE_UNREACHABLE)
        return QUIET_UNREACHABLE;
    if (it->is_host && it->verifying)
        return QUIET_VERIFYING;
    if (!it->st.hard)
        return QUIET_SOFT;
    if (it->conf && it->conf->klass != CONF_ALARM)
        return it->conf->klass == CONF_DIGEST ? QUIET_DIGEST : QUIET_CONTEXT;
    if (it->ack)
        return QUIET_ACKNOWLEDGED;
    if (it->st.flapping)
        return QUIET_FLAPPING;
    if (of_host != QUIET_NO)
        return of_host;
    if (it->downtime_depth)
        return QUIET_DOWNTIME;
    if (it->links && quiet_of_links(it) != QUIET_NO)
        return quiet_of_links(it);
    if (it->off_duty)
        return QUIET_PERIOD;
    return it->held ? QUIET_VERIFYING : QUIET_NO;
}

const char *quiet_text(enum quiet q)
{
    static const char *const texts[] = {
        [QUIET_NO] = MSG("nothing speaks against it"),
        [QUIET_OK] = MSG("there is no problem"),
        [QUIET_SOFT] = MSG("not yet certain: it is tried again first"),
        [QUIET_ACKNOWLEDGED] = MSG("acknowledged"),
        [QUIET_DOWNTIME] = MSG("in a planned downtime"),
        [QUIET_FLAPPING] = MSG("it is flapping"),
        [QUIET_HOST_DOWN] = MSG("its host is down"),
        [QUIET_UNREACHABLE] = MSG("it is behind a host that is down"),
        [QUIET_DISABLED] = MSG("switched off"),
        [QUIET_NO_NOTIFY] = MSG("the configuration says notify: no"),
        [QUIET_VERIFYING] = MSG("its host, the way to it or what it depends on is being verified"),
        [QUIET_DEPENDENCY] = MSG("what it depends on is broken"),
        [QUIET_MEMBERS] = MSG("somebody was told of what it is made of"),
        [QUIET_PERIOD] = MSG("outside the time in which people are told of it"),
        [QUIET_DIGEST] = MSG("it goes into the weekly digest"),
        [QUIET_CONTEXT] = MSG("it is shown only, nobody is told"),
    };

    return (size_t)q < COUNT(texts) ? texts[q] : texts[QUIET_NO];
}

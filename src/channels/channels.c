/* SPDX-License-Identifier: GPL-3.0-or-later */
/* channels.c: the channels there are. */
#include "channels/channel.h"

extern const struct channel channel_mail, channel_subscriber;
const struct channel *const channels[] = {&channel_mail, &channel_subscriber, NULL};

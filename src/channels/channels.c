/* SPDX-License-Identifier: GPL-3.0-or-later */
/* channels.c: the channels there are. */
#include "channels/channel.h"

extern const struct channel channel_mail, channel_subscriber, channel_webhook, channel_websub, channel_webpush, channel_federation, channel_sms;
extern const struct channel channel_irc;
const struct channel *const channels[] = {&channel_mail, &channel_subscriber, &channel_webhook, &channel_websub, &channel_webpush, &channel_federation, &channel_sms, &channel_irc, NULL};

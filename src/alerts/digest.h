/* SPDX-License-Identifier: GPL-3.0-or-later */
/* digest.h: once a week each contact gets one mail with the problems of the class `digest`, grouped by check.
 *
 * The mail goes through the outbox under a key that names contact and day, so a restart neither repeats nor forgets
 * it; a daemon that was down at the hour sends it within the day.  Nothing to say: no mail. */
#ifndef VIGIE_ALERTS_DIGEST_H
#define VIGIE_ALERTS_DIGEST_H

#include "alerts/notify.h"

struct digest;
struct digest *digest_new(const struct notify_env *env);
struct digest *digest_free(struct digest *d);

#endif

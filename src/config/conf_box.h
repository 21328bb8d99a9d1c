/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_box.h: a generation with its count of references, which nobody outside needs to see. */
#ifndef VIGIE_CONFIG_CONF_BOX_H
#define VIGIE_CONFIG_CONF_BOX_H

#include "config/conf.h"
#include <stdatomic.h>

struct conf_box {
    atomic_int references;
    struct conf conf;
};

#endif

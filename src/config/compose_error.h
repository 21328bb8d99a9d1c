/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compose_error.h: reports the error at which a YAML parser stopped. */
#ifndef VIGIE_CONFIG_COMPOSE_ERROR_H
#define VIGIE_CONFIG_COMPOSE_ERROR_H

#include "config/conf_int.h"
#include <yaml.h>

/* text: all that the parser was given. */
void compose_error(struct conf_ctx *c, const yaml_parser_t *p, const char *text, size_t n);

#endif

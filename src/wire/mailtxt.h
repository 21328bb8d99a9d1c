/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailtxt.h: the TXT records of a mail domain: SPF (RFC 7208) as terms, DMARC and DKIM (RFC 7489, 6376) as tags.
 * Pure; slices point into the input. Macros of SPF are left as they are. */
#ifndef VIGIE_WIRE_MAILTXT_H
#define VIGIE_WIRE_MAILTXT_H

#include "base/str.h"

enum spf_kind { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS, SPF_REDIRECT, SPF_MODIFIER, SPF_BAD };
struct spf_term {
    enum spf_kind kind;
    char qualifier; /* + - ~ ? */
    struct str domain; /* of include, exists, redirect, a, mx, ptr: as written; may be empty */
};
bool spf_is(const char *text); /* begins with the version */
/* The next term of what is left (at first: the whole text); false: no more. */
bool spf_next(struct str *rest, struct spf_term *ret);
bool spf_asks(enum spf_kind kind); /* counts among the ten look-ups */
/* "v=DMARC1; p=none": the value of a tag, without blanks around it; false: it is not there. */
bool tag_find(const char *text, const char *key, struct str *ret);

#endif

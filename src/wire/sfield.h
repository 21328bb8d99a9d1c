/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sfield.h: structured fields of HTTP (RFC 9651, formerly 8941), as far as signatures and digests need them: dictionaries of items and of
 * inner lists, with parameters; integers, strings, tokens, byte sequences, booleans, dates.  Pure: pieces are borrowed from the text.
 *
 * A reader walks once from the left: sfield_member() for each member of a dictionary, and within it sfield_inner_next() for
 * each item of an inner list; parameters are read where they stand.  All return 1 for one more, 0 at the end, ERR_PROTOCOL. */
#ifndef VIGIE_WIRE_SFIELD_H
#define VIGIE_WIRE_SFIELD_H

#include "base/buf.h"
#include "base/str.h"

enum sfield_kind { SFIELD_TRUE /* a member or parameter without a value */, SFIELD_BOOL, SFIELD_INT, SFIELD_DECIMAL, SFIELD_STRING, SFIELD_TOKEN, SFIELD_BYTES, SFIELD_DATE, SFIELD_INNER };
struct sfield_value {
    enum sfield_kind kind;
    int64_t i;       /* INT, DATE (s), BOOL */
    struct str text; /* STRING: between the quotes, its escapes still in; BYTES: the base64; TOKEN, DECIMAL: as written */
};
struct sfield {
    const char *at, *end;
    bool begun;
};
struct sfield sfield_of(const char *text); /* NULL: an empty one */
/* The next member of a dictionary: its key and value; for SFIELD_INNER its items come next, by sfield_inner_next() until that says
 * 0; in any case its parameters after that, by sfield_param() until that says 0. */
int sfield_member(struct sfield *r, struct str *ret_key, struct sfield_value *ret);
int sfield_inner_next(struct sfield *r, struct sfield_value *ret); /* then its parameters, by sfield_param() */
int sfield_param(struct sfield *r, struct str *ret_key, struct sfield_value *ret);
/* A string without its escapes; false: it does not fit. */
bool sfield_text(const struct sfield_value *v, char *out, size_t n);
/* Writing: a value as RFC 9651 has it; texts of strings are given as they were read (sfield_quote() for others). */
void sfield_write(struct buf *out, const struct sfield_value *v);
void sfield_quote(struct buf *out, const char *text); /* printable ASCII alone; anything else becomes "?" */

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_sqlwire.c: any bytes as what a PostgreSQL or MySQL server sends. */
#include "base/panic.h"
#include "wire/sqlwire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct str part, const char *p, size_t n)
{
    ASSERT(part.n == 0 || (part.p >= p && part.p + part.n <= p + n));
}

static void body(struct str b)
{
    struct sqlwire_hello hello;
    unsigned char salt[SQLWIRE_SALT_BYTES];
    struct str value;
    bool null;
    int number;
    uint32_t n32;
    uint64_t n64;

    within(sqlwire_pg_field(b, 'M'), b.p, b.n);
    if (sqlwire_pg_value(b, &value, &null))
        within(value, b.p, b.n);
    sqlwire_pg_number(b, &n32);
    if (sqlwire_my_hello(b, &hello) == 0) {
        within(hello.version, b.p, b.n);
        within(hello.plugin, b.p, b.n);
    }
    within(sqlwire_my_error(b, &number), b.p, b.n);
    if (sqlwire_my_switch(b, &value, salt))
        within(value, b.p, b.n);
    if (sqlwire_my_value(b, &value, &null))
        within(value, b.p, b.n);
    sqlwire_my_count(b, &n64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *)data;
    int64_t pg = sqlwire_pg_frame(p, size), my = sqlwire_my_frame(p, size);

    ASSERT(pg <= SQLWIRE_MAX_BYTES && my <= SQLWIRE_MAX_BYTES + 4);
    body((struct str){p, size});
    if (pg >= 5 && (size_t)pg <= size)
        body((struct str){p + 5, (size_t)pg - 5});
    if (my >= 4 && (size_t)my <= size)
        body((struct str){p + 4, (size_t)my - 4});
    return 0;
}

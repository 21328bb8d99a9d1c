/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpd_blob.c: published bytes: (listener, path, language) → ready-made response objects, shared
 * by all HTTP threads.  Everything that costs (copy, hash, compression) is done before they see it.
 *
 * Readers take no lock.  With one, a reader that the kernel puts aside while it holds it makes the
 * owner loop wait, and behind that all other readers: in a rush, on a machine that is busy, each
 * publication would stop the page for as long as three threads need to get their turn.  So what
 * they read is never changed, only replaced (table, variants of a page), and what was replaced is
 * freed when nobody can have it any more: a reader writes the epoch it began in into a free seat;
 * what was replaced in epoch E goes when no seat has E or less. */
#include "io/httpd_priv.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/httpd_path.h"
#include <string.h>
#include <zlib.h>

enum { BLOB_GZIP_MIN = 256, BLOB_GZIP_CHEAP = 32 << 10, BLOB_MAX_PATH = 1024 };
enum { SEATS = 64 }; /* more than there are HTTP threads */
enum { PLAIN, GZIPPED, CODINGS };

struct coded {
    char etag[40];
    struct MHD_Response *whole, *unchanged; /* 200, 304; NULL: this coding does not exist */
};
struct variant {
    int listener;   /* -1: all */
    bool yields;    /* to the handler, when activities are wanted */
    char lang[12];  /* "": any */
    uint64_t print; /* of all that was published, to see that nothing changed */
    struct coded coded[CODINGS];
};
struct variants { /* of one page; never changed */
    size_t n;
    struct variant at[];
};
struct page {
    char *path;
    _Atomic(struct variants *) variants;
};
struct table { /* never changed */
    struct map pages; /* path → struct page */
};
struct replaced { /* what waits for its readers to leave; each part may be missing */
    struct replaced *next;
    uint64_t epoch;
    struct table *table;
    struct page *page;
    struct variants *variants;
    struct variant variant; /* its responses */
};
struct seat { /* of one reader; 0: free */
    _Atomic uint64_t epoch;
    char room[56]; /* the next one is on another cache line */
};
struct blobs {
    _Atomic(struct table *) table;
    _Atomic uint64_t epoch;
    struct replaced *replaced; /* owner's */
    struct seat seats[SEATS];
};

struct blobs *httpd_blob_new(void)
{
    struct blobs *b = NEW(struct blobs);
    atomic_init(&b->epoch, 1);
    atomic_init(&b->table, NEW(struct table));
    return b;
}

static void variant_done(struct variant *v)
{
    for (int i = 0; i < CODINGS; i++) {
        if (v->coded[i].whole != NULL)
            MHD_destroy_response(v->coded[i].whole);
        if (v->coded[i].unchanged != NULL)
            MHD_destroy_response(v->coded[i].unchanged);
    }
}

static void page_free(struct page *p)
{
    mem_free(p->path);
    mem_free(p);
}

static void table_free(struct table *t)
{
    map_done(&t->pages);
    mem_free(t);
}

/* ---- what was replaced ---- */

static void replaced_free(struct replaced *r)
{
    variant_done(&r->variant);
    mem_free(r->variants);
    if (r->page != NULL)
        page_free(r->page);
    if (r->table != NULL)
        table_free(r->table);
    mem_free(r);
}

/* The epoch of the reader that has been reading for longest. */
static uint64_t oldest_reader(struct blobs *b)
{
    uint64_t oldest = UINT64_MAX;
    for (int i = 0; i < SEATS; i++) {
        uint64_t epoch = atomic_load(&b->seats[i].epoch);
        if (epoch != 0 && epoch < oldest)
            oldest = epoch;
    }
    return oldest;
}

static void replaced_sweep(struct blobs *b)
{
    uint64_t oldest = oldest_reader(b);
    for (struct replaced **at = &b->replaced; *at != NULL;) {
        struct replaced *r = *at;
        if (r->epoch >= oldest) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        replaced_free(r);
    }
}

/* After the new was stored: whoever begins from now on finds only that. */
static void replaced_add(struct blobs *b, struct replaced what)
{
    struct replaced *r = NEW(struct replaced);
    *r = what;
    r->epoch = atomic_fetch_add(&b->epoch, 1);
    r->next = b->replaced;
    b->replaced = r;
    replaced_sweep(b);
}

/* A seat that is taken after the owner looked at it belongs to a reader that finds the new already. */
static struct seat *seat_take(struct blobs *b)
{
    size_t first = (size_t)hash_bytes(&(pthread_t){pthread_self()}, sizeof(pthread_t), 0);
    for (size_t i = first;; i++) {
        struct seat *seat = &b->seats[i % SEATS];
        uint64_t free = 0;
        if (atomic_compare_exchange_strong(&seat->epoch, &free, atomic_load(&b->epoch)))
            return seat;
    }
}

static void seat_leave(struct seat *seat)
{
    atomic_store_explicit(&seat->epoch, 0, memory_order_release);
}

struct blobs *httpd_blob_free(struct blobs *b)
{
    if (b == NULL)
        return NULL;
    struct table *t = atomic_load(&b->table);
    size_t i = 0;
    void *at;
    replaced_sweep(b);
    ASSERT(b->replaced == NULL); /* the HTTP threads are gone */
    while (map_each(&t->pages, &i, NULL, &at)) {
        struct page *p = at;
        struct variants *vs = atomic_load(&p->variants);
        for (size_t k = 0; k < vs->n; k++)
            variant_done(&vs->at[k]);
        mem_free(vs);
        page_free(p);
    }
    table_free(t);
    return mem_free(b);
}

/* ---- making responses ---- */

struct source { /* what httpd_blob_put() was given */
    const char *lang, *type;
    const void *bytes;
    size_t n;
    const struct httpd_header *headers;
    int n_headers;
};

static uint64_t source_print(const struct source *s)
{
    uint64_t print = hash_bytes(s->bytes, s->n, hash_text(s->type, 1));
    for (int i = 0; i < s->n_headers; i++)
        print = hash_text(s->headers[i].value, hash_text(s->headers[i].name, print));
    return print;
}

/* gzip with a fixed time stamp; false when it does not pay. */
static bool gzip(const void *bytes, size_t n, unsigned char **ret, size_t *ret_n)
{
    if (n < BLOB_GZIP_MIN || n > UINT32_MAX / 2)
        return false;
    z_stream z = {0};
    /* The best ratio for pages; large bundles must not hold the loop. */
    if (deflateInit2(&z, n <= BLOB_GZIP_CHEAP ? 6 : 4, Z_DEFLATED, 15 + 16, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t room = n - n / 10;
    unsigned char *out = mem_alloc(room);
    z.next_in = (unsigned char *)(uintptr_t)bytes;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    int rc = deflate(&z, Z_FINISH);
    *ret_n = room - z.avail_out;
    deflateEnd(&z);
    if (rc == Z_STREAM_END) {
        *ret = out;
        return true;
    }
    mem_free(out);
    return false;
}

static void response_dress(struct MHD_Response *r, const struct source *s, const char *etag,
                           bool has_gzip, bool unchanged)
{
    httpd_add_header(r, "ETag", etag);
    if (has_gzip || s->lang != NULL)
        httpd_add_header(r, "Vary",
                         !has_gzip         ? "Accept-Language"
                         : s->lang != NULL ? "Accept-Encoding, Accept-Language"
                                           : "Accept-Encoding");
    if (!unchanged && s->type != NULL)
        httpd_add_header(r, "Content-Type", s->type);
    if (!unchanged && s->lang != NULL)
        httpd_add_header(r, "Content-Language", s->lang);
    for (int i = 0; i < s->n_headers; i++)
        httpd_add_header(r, s->headers[i].name, s->headers[i].value);
}

static void coded_make(struct coded *c, const struct source *s, const void *bytes, size_t n,
                       bool gzipped, bool has_gzip)
{
    str_print(c->etag, sizeof c->etag, "\"%016llx%08x%s\"",
              (unsigned long long)hash_bytes(s->bytes, s->n, 7),
              (unsigned)hash_bytes(s->bytes, s->n, 11), gzipped ? "-gz" : "");
    c->whole = MHD_create_response_from_buffer(n, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    c->unchanged =
        MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    ASSERT(c->whole != NULL && c->unchanged != NULL);
    response_dress(c->whole, s, c->etag, has_gzip, false);
    response_dress(c->unchanged, s, c->etag, has_gzip, true);
    if (gzipped)
        httpd_add_header(c->whole, "Content-Encoding", "gzip");
}

static void variant_make(struct variant *v, const struct source *s)
{
    unsigned char *packed = NULL;
    size_t packed_n = 0;
    bool has_gzip = gzip(s->bytes, s->n, &packed, &packed_n);
    coded_make(&v->coded[PLAIN], s, s->bytes, s->n, false, has_gzip);
    if (has_gzip)
        coded_make(&v->coded[GZIPPED], s, packed, packed_n, true, true);
    mem_free(packed);
}

/* ---- publishing; owner loop only ---- */

static struct variant *variant_find(struct variants *vs, int listener, const char *lang)
{
    for (size_t i = 0; vs != NULL && i < vs->n; i++) {
        struct variant *v = &vs->at[i];
        if (v->listener == listener && str_eq(v->lang, lang))
            return v;
    }
    return NULL;
}

/* The same without `without`, and with `with` at its end; either may be NULL. */
static struct variants *variants_copy(const struct variants *vs, const struct variant *without, const struct variant *with)
{
    size_t most = (vs != NULL ? vs->n : 0) + 1;
    struct variants *copy = mem_zero(sizeof *copy + most * sizeof copy->at[0]);
    for (size_t i = 0; vs != NULL && i < vs->n; i++)
        if (&vs->at[i] != without)
            copy->at[copy->n++] = vs->at[i];
    if (with != NULL)
        copy->at[copy->n++] = *with;
    return copy;
}

/* A new table without `without`, and with `with`. */
static struct table *table_swap(struct blobs *b, const struct page *without, struct page *with)
{
    struct table *old = atomic_load(&b->table), *t = NEW(struct table);
    size_t i = 0;
    void *page;
    while (map_each(&old->pages, &i, NULL, &page))
        if (page != without)
            map_set(&t->pages, ((struct page *)page)->path, page);
    if (with != NULL)
        map_set(&t->pages, with->path, with);
    atomic_store(&b->table, t);
    return old;
}

static void withdraw(struct blobs *b, struct page *p, struct variants *vs, struct variant *v)
{
    struct replaced r = {.variants = vs, .variant = *v};
    if (vs->n > 1) {
        atomic_store(&p->variants, variants_copy(vs, v, NULL));
    } else {
        r.table = table_swap(b, p, NULL);
        r.page = p;
    }
    replaced_add(b, r);
}

static void put(struct blobs *b, struct page *p, const char *path, const struct variant *old, const struct variant *v)
{
    struct variants *vs = p != NULL ? atomic_load(&p->variants) : NULL;
    struct replaced r = {.variants = vs};
    if (old != NULL)
        r.variant = *old;
    if (p != NULL) {
        atomic_store(&p->variants, variants_copy(vs, old, v));
    } else {
        p = NEW(struct page);
        p->path = mem_dup(path);
        atomic_init(&p->variants, variants_copy(NULL, NULL, v));
        r.table = table_swap(b, NULL, p);
    }
    replaced_add(b, r);
}

void httpd_blob_put(struct blobs *b, int listener, const char *path, const char *lang,
                    const char *type, const void *bytes, size_t n,
                    const struct httpd_header *headers, int n_headers)
{
    ASSERT(strlen(path) < BLOB_MAX_PATH);
    struct variant v = {.listener = listener};
    str_copy(v.lang, sizeof v.lang, lang != NULL ? lang : "");
    struct page *p = map_find(&atomic_load(&b->table)->pages, path);
    struct variants *vs = p != NULL ? atomic_load(&p->variants) : NULL;
    struct variant *at = variant_find(vs, listener, v.lang);
    if (bytes == NULL) {
        if (at != NULL)
            withdraw(b, p, vs, at);
        return;
    }
    struct source s = {lang, type, bytes, n, headers, n_headers};
    v.print = source_print(&s);
    for (int i = 0; i < n_headers; i++)
        v.yields |= str_eq(headers[i].name, "Vary") && str_eq(headers[i].value, "Accept");
    if (at != NULL && at->print == v.print)
        return;
    variant_make(&v, &s);
    put(b, p, path, at, &v);
}

/* ---- serving; any thread ---- */

static const char *header_of(struct MHD_Connection *c, const char *name)
{
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* How well a variant fits: its own listener before all, then its language. 0: not at all. */
static int variant_score(const struct variant *v, int listener, const char *asked, const char *lang)
{
    if (v->listener != -1 && v->listener != listener)
        return 0;
    int score = v->listener == -1 ? 1 : 100;
    if (v->lang[0] == '\0')
        return score + 1;
    if (asked != NULL && str_eq(v->lang, asked))
        return score + 8;
    if (str_eq(v->lang, lang))
        return score + 4;
    return score + (str_eq(v->lang, "en") ? 2 : 0);
}

static const struct variant *variant_choose(struct MHD_Connection *c, const struct variants *vs,
                                            int listener, const char *asked)
{
    const struct variant *best = &vs->at[0];
    bool only = vs->n == 1;
    if (only && (best->listener == -1 || best->listener == listener))
        return best;
    const char *lang = msg_lang(header_of(c, "Accept-Language"));
    int most = 0;
    best = NULL;
    for (size_t i = 0; i < vs->n; i++) {
        int score = variant_score(&vs->at[i], listener, asked, lang);
        if (score > most) {
            most = score;
            best = &vs->at[i];
        }
    }
    return best;
}

/* The value of lang= in a raw query. */
static const char *lang_asked(const char *query, char *out, size_t out_bytes)
{
    struct str rest = str_of(query), pair;
    while (str_next(&rest, "&", &pair)) {
        if (pair.n > 5 && memcmp(pair.p, "lang=", 5) == 0) {
            str_copyn(out, out_bytes, pair.p + 5, pair.n - 5);
            return out;
        }
    }
    return NULL;
}

static bool variant_queue(struct MHD_Connection *c, const struct variant *v)
{
    const struct coded *k = &v->coded[PLAIN];
    if (v->coded[GZIPPED].whole != NULL &&
        httpd_path_accepts(header_of(c, "Accept-Encoding"), "gzip"))
        k = &v->coded[GZIPPED];
    if (httpd_path_etag_matches(header_of(c, "If-None-Match"), k->etag))
        return MHD_queue_response(c, MHD_HTTP_NOT_MODIFIED, k->unchanged) == MHD_YES;
    return MHD_queue_response(c, MHD_HTTP_OK, k->whole) == MHD_YES;
}

bool httpd_blob_serve(struct blobs *b, struct MHD_Connection *c, int listener, const char *raw_path,
                      const char *raw_query)
{
    char path[BLOB_MAX_PATH], lang[12];
    if (strchr(raw_path, '%') != NULL) {
        if (httpd_path_decode(raw_path, path, sizeof path) != 0)
            return false;
        raw_path = path;
    }
    const char *asked = raw_query != NULL ? lang_asked(raw_query, lang, sizeof lang) : NULL;
    bool served = false;
    struct seat *seat = seat_take(b);
    const struct page *p = map_find(&atomic_load(&b->table)->pages, raw_path);
    const struct variant *v =
        p != NULL ? variant_choose(c, atomic_load(&p->variants), listener, asked) : NULL;
    if (v != NULL && !(v->yields && httpd_path_activity(header_of(c, "Accept"))))
        served = variant_queue(c, v);
    seat_leave(seat);
    return served;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpd_blob.c: published bytes: (listener, path, language) → ready-made response objects, shared
 * by all HTTP threads.  Readers take a read lock for the look-up only; everything that costs (copy,
 * hash, compression) is done before the writer takes it. */
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
struct page {
    char *path;
    VEC(struct variant) variants;
};
struct blobs {
    pthread_rwlock_t lock;
    struct map pages; /* path → struct page */
};

struct blobs *httpd_blob_new(void)
{
    struct blobs *b = NEW(struct blobs);
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
    /* Readers come without end under load: the owner loop must not wait behind them. */
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&b->lock, &attr);
    pthread_rwlockattr_destroy(&attr);
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

static struct page *page_free(struct page *p)
{
    for (size_t i = 0; i < p->variants.n; i++)
        variant_done(&p->variants.at[i]);
    VEC_DONE(&p->variants);
    mem_free(p->path);
    return mem_free(p);
}

struct blobs *httpd_blob_free(struct blobs *b)
{
    if (b == NULL)
        return NULL;
    size_t i = 0;
    void *page;
    while (map_each(&b->pages, &i, NULL, &page))
        page_free(page);
    map_done(&b->pages);
    pthread_rwlock_destroy(&b->lock);
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

/* ---- publishing; owner loop only, so that reading our own table needs no lock ---- */

static struct variant *variant_find(struct page *p, int listener, const char *lang)
{
    for (size_t i = 0; p != NULL && i < p->variants.n; i++) {
        struct variant *v = &p->variants.at[i];
        if (v->listener == listener && str_eq(v->lang, lang))
            return v;
    }
    return NULL;
}

static void withdraw(struct blobs *b, struct page *p, struct variant *v)
{
    struct variant old = *v;
    pthread_rwlock_wrlock(&b->lock);
    VEC_REMOVE(&p->variants, (size_t)(v - p->variants.at));
    bool empty = p->variants.n == 0;
    if (empty)
        map_remove(&b->pages, p->path);
    pthread_rwlock_unlock(&b->lock);
    variant_done(&old);
    if (empty)
        page_free(p);
}

static void put_new(struct blobs *b, struct page *p, const char *path, const struct variant *v)
{
    struct page *fresh = NULL;
    if (p == NULL) {
        fresh = p = NEW(struct page);
        p->path = mem_dup(path);
    }
    pthread_rwlock_wrlock(&b->lock);
    VEC_PUSH(&p->variants, *v);
    if (fresh != NULL)
        map_set(&b->pages, fresh->path, fresh);
    pthread_rwlock_unlock(&b->lock);
}

static void put_again(struct blobs *b, struct variant *at, const struct variant *v)
{
    struct variant old = *at;
    pthread_rwlock_wrlock(&b->lock);
    *at = *v;
    pthread_rwlock_unlock(&b->lock);
    variant_done(&old);
}

void httpd_blob_put(struct blobs *b, int listener, const char *path, const char *lang,
                    const char *type, const void *bytes, size_t n,
                    const struct httpd_header *headers, int n_headers)
{
    ASSERT(strlen(path) < BLOB_MAX_PATH);
    struct variant v = {.listener = listener};
    str_copy(v.lang, sizeof v.lang, lang != NULL ? lang : "");
    struct page *p = map_find(&b->pages, path);
    struct variant *at = variant_find(p, listener, v.lang);
    if (bytes == NULL) {
        if (at != NULL)
            withdraw(b, p, at);
        return;
    }
    struct source s = {lang, type, bytes, n, headers, n_headers};
    v.print = source_print(&s);
    for (int i = 0; i < n_headers; i++)
        v.yields |= str_eq(headers[i].name, "Vary") && str_eq(headers[i].value, "Accept");
    if (at != NULL && at->print == v.print)
        return;
    variant_make(&v, &s);
    if (at != NULL)
        put_again(b, at, &v);
    else
        put_new(b, p, path, &v);
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

static const struct variant *variant_choose(struct MHD_Connection *c, const struct page *p,
                                            int listener, const char *asked)
{
    const struct variant *best = &p->variants.at[0];
    bool only = p->variants.n == 1;
    if (only && (best->listener == -1 || best->listener == listener))
        return best;
    const char *lang = msg_lang(header_of(c, "Accept-Language"));
    int most = 0;
    best = NULL;
    for (size_t i = 0; i < p->variants.n; i++) {
        int score = variant_score(&p->variants.at[i], listener, asked, lang);
        if (score > most) {
            most = score;
            best = &p->variants.at[i];
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
    pthread_rwlock_rdlock(&b->lock);
    const struct page *p = map_find(&b->pages, raw_path);
    const struct variant *v = p != NULL ? variant_choose(c, p, listener, asked) : NULL;
    if (v != NULL && !(v->yields && httpd_path_activity(header_of(c, "Accept"))))
        served = variant_queue(c, v);
    pthread_rwlock_unlock(&b->lock);
    return served;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Web Push: sealed for one browser (RFC 8291), signed for its service (RFC 8292), asked for and ended by whoever has the subscription. */
#include "announce/webpush.h"
#include "base/hash.h"
#include "daemon_kit.h"
#include "io/httpc.h"

/* ---- pure ---- */

static void unbase64(const char *text, unsigned char *out, size_t want)
{
    size_t n = 0;
    assert_int_equal(hash_unbase64(text, out, want, &n), 0);
    assert_int_equal(n, want);
}

/* Appendix A of RFC 8291. */
static const char ua_point[] = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", ua_auth[] = "BTBZMqHH6r4Tts7J_aSIgg";

static void the_example_of_the_rfc(void **state)
{
    (void)state;
    static const char text[] = "When I grow up, I want to be a watermelon";
    struct webpush_to to;
    struct p256_key once;
    unsigned char salt[WEBPUSH_SALT];
    char coded[400];
    struct buf out = BUF_MAX(WEBPUSH_RECORD);
    assert_int_equal(webpush_to_read(ua_point, ua_auth, &to), 0);
    unbase64("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8", once.point, P256_POINT);
    unbase64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", once.scalar, P256_SCALAR);
    unbase64("DGv6ra1nlYgDCS1FRnbzlw", salt, WEBPUSH_SALT);
    assert_int_equal(webpush_encrypt(&to, text, strlen(text), &once, salt, &out), 0);
    hash_base64((const unsigned char *)buf_text(&out), out.len, coded, sizeof coded, 1);
    assert_string_equal(coded, "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
    buf_done(&out);
}

static void only_points_of_the_curve(void **state)
{
    (void)state;
    struct webpush_to to;
    struct p256_key k;
    char text[VAPID_KEY_TEXT];
    assert_int_equal(p256_make(&k), 0);
    assert_true(p256_point_ok(k.point));
    k.point[64] ^= 1;
    assert_false(p256_point_ok(k.point));
    p256_point_text(k.point, text);
    assert_int_equal(webpush_to_read(text, ua_auth, &to), ERR_INVALID);
    k.point[64] ^= 1;
    k.point[0] = 2;
    assert_false(p256_point_ok(k.point));
    memset(k.point, 0, sizeof k.point);
    assert_false(p256_point_ok(k.point));
    assert_int_equal(webpush_to_read(ua_point, "AAAA", &to), ERR_INVALID);
    assert_int_equal(webpush_to_read("AAAA", ua_auth, &to), ERR_INVALID);
    assert_int_equal(webpush_to_read("", "", &to), ERR_INVALID);
    assert_int_equal(webpush_to_read(NULL, NULL, &to), ERR_INVALID);
    assert_int_equal(webpush_to_read("B*Vxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", ua_auth, &to), ERR_INVALID);
}

static void what_is_too_long_is_not_sent(void **state)
{
    (void)state;
    struct webpush_to to;
    struct buf out = BUF_MAX(WEBPUSH_RECORD);
    char *text = mem_alloc(WEBPUSH_MOST_TEXT + 1);
    memset(text, 'x', WEBPUSH_MOST_TEXT + 1);
    sim_init(1); /* random bytes */
    assert_int_equal(webpush_to_read(ua_point, ua_auth, &to), 0);
    assert_int_equal(webpush_encrypt(&to, text, WEBPUSH_MOST_TEXT + 1, NULL, NULL, &out), ERR_LIMIT);
    assert_int_equal(webpush_encrypt(&to, text, WEBPUSH_MOST_TEXT, NULL, NULL, &out), 0);
    assert_int_equal(out.len, WEBPUSH_HEAD + WEBPUSH_MOST_TEXT + WEBPUSH_TAIL);
    assert_true(out.len < WEBPUSH_RECORD);
    sim_done();
    mem_free(text);
    buf_done(&out);
}

/* ---- a push service ---- */

struct service {
    struct kit *k;
    int n, status;
    const char *headers, *urgency, *topic, *ttl, *target;
    char authorization[2000];
    size_t bytes;
};

static bool serve(void *arg, const struct httpc_request *rq, const char *target, struct sim_answer *ret)
{
    struct service *s = arg;
    static const char *const names[] = {"Urgency", "Topic", "TTL"};
    const char **to[] = {&s->urgency, &s->topic, &s->ttl};
    assert_string_equal(rq->method, "POST");
    s->n++;
    s->bytes = rq->body_bytes;
    s->target = arena_dup(s->k->arena, target);
    for (int i = 0; i < rq->n_headers; i++) {
        for (int j = 0; j < 3; j++)
            if (str_eq(rq->headers[i].name, names[j]))
                *to[j] = arena_dup(s->k->arena, rq->headers[i].value);
        if (str_eq(rq->headers[i].name, "Content-Encoding"))
            assert_string_equal(rq->headers[i].value, "aes128gcm");
        if (str_eq(rq->headers[i].name, "Authorization"))
            str_copy(s->authorization, sizeof s->authorization, rq->headers[i].value);
    }
    ret->status = s->status ? s->status : 201;
    ret->headers = s->headers;
    return true;
}

#define YAML \
    "site: { title: { en: Harbour, fr: Port }, url: \"https://status.example.org\", mail: { from: \"status@example.org\" } }\n" \
    "hosts: { xhost1: { alive: no } }\n" \
    "components: { website: { name: Website }, wiki: { name: Wiki } }\n"

static struct kit *up_with(struct service *s, const char *yaml)
{
    struct kit *k = kit_new(yaml);
    *s = (struct service){.k = k};
    sim_host("push.example.net", "9.9.9.9");
    sim_http_serve("push.example.net", 443, serve, s);
    sim_port_tls("push.example.net", 443, &(struct sim_cert){.names = "push.example.net", .days_left = 60});
    kit_start(k);
    sim_run_for(3000);
    return k;
}

static struct kit *up(struct service *s)
{
    return up_with(s, YAML);
}

#define ENDPOINT "https://push.example.net/wpush/v2/gAAAAABk"
static const char *sub_of(struct kit *k, const char *endpoint, const char *more)
{
    return arena_printf(k->arena, "{\"endpoint\":\"%s\",\"expirationTime\":null,\"keys\":{\"p256dh\":\"%s\",\"auth\":\"%s\"}%s}", endpoint, ua_point, ua_auth, more ? more : "");
}

static int subscribe(struct kit *k, const char *endpoint, const char *more)
{
    return kit_post(k, "/push/subscribe", sub_of(k, endpoint, more));
}

static int browsers(struct kit *k)
{
    assert_int_equal(kit_op(k, "browsers", NULL), 200);
    return (int)doc_int(k->reply, "browsers", -1);
}

static void joined(struct kit *k, struct service *s, const char *more)
{
    assert_int_equal(subscribe(k, ENDPOINT, more), 200);
    sim_run_for(3000);
    assert_int_equal(s->n, 1);
    s->n = 0;
}

static void open_one(struct kit *k, const char *component)
{
    assert_int_equal(kit_op(k, "incident-open", arena_printf(k->arena, "{'components':['%s'],'impact':'major','text':'We look.','title':'It is down'}", component)), 200);
    sim_run_for(3000);
}

static void update(struct kit *k)
{
    assert_int_equal(kit_op(k, "incident-update", "{'id':'1','text':'Still.'}"), 200);
    sim_run_for(3000);
}

/* ---- asking ---- */

static void a_browser_is_greeted_and_told(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    assert_int_equal(subscribe(k, ENDPOINT, NULL), 200);
    kit_has(buf_text(&k->text), "\"fresh\":true");
    sim_run_for(3000);
    assert_int_equal(s.n, 1);
    assert_string_equal(s.target, "/wpush/v2/gAAAAABk");
    assert_string_equal(s.topic, "welcome");
    kit_has(s.authorization, "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.");
    kit_has(s.authorization, arena_printf(k->arena, ", k=%s", k->house->webpush_key));
    unsigned char claims[500] = {0};
    size_t n = 0;
    const char *at = strchr(s.authorization, '.') + 1;
    assert_int_equal(hash_unbase64(arena_dupn(k->arena, at, strcspn(at, ".")), claims, sizeof claims - 1, &n), 0);
    kit_has((const char *)claims, "\"aud\":\"https://push.example.net\"");
    kit_has((const char *)claims, "\"sub\":\"mailto:status@example.org\"");
    assert_int_equal(browsers(k), 1);
    assert_int_equal(doc_int(k->reply, "proven", 0), 1);
    kit_lacks(kit_text(k), "push.example.net");
    open_one(k, "website");
    assert_int_equal(s.n, 2);
    assert_string_equal(s.urgency, "high");
    assert_string_equal(s.topic, board_at(k->house->board, 0)->key);
    assert_true(s.bytes > 200 && s.bytes < 1000);
    update(k);
    assert_int_equal(s.n, 3);
    assert_string_equal(s.urgency, "normal");
    /* The same subscription again changes what it wants, and greets nobody. */
    assert_int_equal(subscribe(k, ENDPOINT, ",\"kinds\":[\"resolved\"],\"components\":[\"wiki\"]"), 200);
    kit_has(buf_text(&k->text), "\"fresh\":false");
    sim_run_for(3000);
    update(k);
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'1','text':'Over.'}"), 200);
    sim_run_for(3000);
    assert_int_equal(s.n, 3);
    assert_int_equal(browsers(k), 1);
    kit_free(k);
}

static void only_what_concerns_it(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    joined(k, &s, ",\"kinds\":[\"incidents\",\"resolved\"],\"components\":[\"wiki\"],\"lang\":\"fr\"");
    open_one(k, "website");
    assert_int_equal(s.n, 0);
    open_one(k, "wiki");
    assert_int_equal(s.n, 1);
    assert_int_equal(kit_op(k, "incident-update", "{'id':'2','text':'Still.'}"), 200);
    sim_run_for(3000);
    assert_int_equal(s.n, 1);
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'2','text':'Over.'}"), 200);
    sim_run_for(3000);
    assert_int_equal(s.n, 2);
    kit_free(k);
}

static void what_is_no_subscription_is_refused(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    static const char *const wrong[] = {"http://push.example.net/x", "https://127.0.0.1/x", "https://10.0.0.1/x", "https://[::1]/x", "https://localhost/x", "ftp://push.example.net/", "", "x", "https://u:p@push.example.net/x", "https://push.example.net/a b"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int status = subscribe(k, wrong[i], NULL);
        if (status < 400 || status > 499)
            fail_msg("taken: %s (%d)", wrong[i], status);
    }
    assert_int_equal(subscribe(k, ENDPOINT, ",\"components\":[\"nothing\"]"), 400);
    assert_int_equal(subscribe(k, ENDPOINT, ",\"kinds\":[]"), 400);
    assert_int_equal(subscribe(k, ENDPOINT, ",\"kinds\":[\"all\"]"), 400);
    assert_int_equal(kit_post(k, "/push/subscribe", "{}"), 400);
    assert_int_equal(kit_post(k, "/push/subscribe", "{"), 400);
    assert_int_equal(kit_post(k, "/push/subscribe", "{\"endpoint\":{},\"keys\":[1]}"), 400);
    assert_int_equal(kit_ask(k, "POST", "/push/subscribe", "Content-Type: text/plain\n", sub_of(k, ENDPOINT, NULL)), 415);
    assert_int_equal(kit_ask(k, "POST", "/push/subscribe", "Content-Type: application/x-www-form-urlencoded\n", "endpoint=x"), 415);
    assert_int_equal(kit_get(k, "/push/subscribe"), 405);
    sim_run_for(3000);
    assert_int_equal(s.n, 0);
    assert_int_equal(browsers(k), 0);
    kit_free(k);
}

static void nobody_asks_without_end(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    int taken = 0, status = 200;
    for (int i = 0; i < 40; i++) {
        status = subscribe(k, arena_printf(k->arena, ENDPOINT "%d", i), NULL);
        taken += status == 200;
    }
    assert_int_equal(taken, WEBPUSH_CLIENT_HOUR);
    assert_true(status == 429 || status == 503);
    sim_run_for(HOUR_MS + 1000);
    assert_int_equal(subscribe(k, ENDPOINT "x", NULL), 200);
    kit_free(k);
}

static void it_ends(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    joined(k, &s, NULL);
    s.status = 503;
    open_one(k, "website"); /* one waits for another try */
    int tries = s.n;
    assert_true(tries >= 1);
    assert_int_equal(kit_post(k, "/push/unsubscribe", arena_printf(k->arena, "{\"endpoint\":\"" ENDPOINT "\",\"keys\":{\"auth\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}")), 404);
    assert_int_equal(browsers(k), 1);
    assert_int_equal(kit_post(k, "/push/unsubscribe", sub_of(k, ENDPOINT, NULL)), 200);
    assert_int_equal(browsers(k), 0);
    s.status = 0;
    sim_run_for(HOUR_MS);
    assert_int_equal(s.n, tries);
    assert_int_equal(kit_post(k, "/push/unsubscribe", sub_of(k, ENDPOINT, NULL)), 404);
    kit_free(k);
}

/* Somebody who has only learnt the endpoint cannot take it over. */
static void endpoints_are_not_taken_over(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    joined(k, &s, NULL);
    assert_int_equal(kit_post(k, "/push/subscribe", arena_printf(k->arena, "{\"endpoint\":\"" ENDPOINT "\",\"keys\":{\"p256dh\":\"%s\",\"auth\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}", ua_point)), 409);
    /* The browser's own exchange of addresses takes its choice along. */
    assert_int_equal(subscribe(k, ENDPOINT "/new", arena_printf(k->arena, ",\"kinds\":[\"updates\"],\"was\":{\"endpoint\":\"" ENDPOINT "\",\"keys\":{\"auth\":\"%s\"}}", ua_auth)), 200);
    assert_int_equal(browsers(k), 1);
    open_one(k, "website");
    assert_int_equal(s.n, 1);
    assert_string_equal(s.target, "/wpush/v2/gAAAAABk/new");
    /* Of one that is not there nothing can be taken along: it is one like any other. */
    assert_int_equal(subscribe(k, ENDPOINT "/other", ",\"was\":{\"endpoint\":\"https://push.example.net/none\",\"keys\":{\"auth\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}"), 200);
    assert_int_equal(browsers(k), 2);
    kit_free(k);
}

/* ---- what the service says ---- */

static void one_that_is_gone_is_forgotten(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    joined(k, &s, NULL);
    s.status = 410;
    open_one(k, "website");
    assert_int_equal(s.n, 1);
    assert_int_equal(browsers(k), 0);
    s.status = 404;
    assert_int_equal(subscribe(k, ENDPOINT, NULL), 200);
    sim_run_for(3000);
    assert_int_equal(browsers(k), 0);
    s.status = 403; /* the greeting is refused: it was made up */
    assert_int_equal(subscribe(k, ENDPOINT, NULL), 200);
    sim_run_for(3000);
    assert_int_equal(browsers(k), 0);
    kit_free(k);
}

static void one_that_refuses_again_and_again_is_forgotten(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    joined(k, &s, NULL);
    open_one(k, "website");
    s.status = 400;
    for (int i = 0; i < WEBPUSH_MAX_FAILS - 1; i++)
        update(k);
    assert_int_equal(browsers(k), 1);
    s.status = 0;
    update(k); /* it counts anew */
    s.status = 400;
    for (int i = 0; i < WEBPUSH_MAX_FAILS; i++) {
        assert_int_equal(browsers(k), 1);
        update(k);
    }
    assert_int_equal(browsers(k), 0);
    kit_free(k);
}

static void a_service_that_is_busy_is_waited_for(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    joined(k, &s, NULL);
    s.status = 429;
    s.headers = "Retry-After: 600\n";
    open_one(k, "website");
    assert_int_equal(s.n, 1);
    s.status = 0;
    sim_run_for(9 * MINUTE_MS);
    assert_int_equal(s.n, 1); /* our own back-off would have tried long ago */
    sim_run_for(20 * MINUTE_MS);
    assert_int_equal(s.n, 2);
    kit_free(k);
}

static void each_is_told_once_over_a_restart(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    joined(k, &s, NULL);
    s.status = 500;
    open_one(k, "website");
    const char *key = arena_dup(k->arena, k->house->webpush_key);
    kit_stop(k);
    s.status = 0;
    s.n = 0;
    kit_start(k);
    assert_string_equal(k->house->webpush_key, key);
    sim_run_for(HOUR_MS);
    assert_int_equal(s.n, 1);
    kit_free(k);
}

/* What nobody could be told for a day is not told any more. */
static void old_news_is_not_shown(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    joined(k, &s, NULL);
    s.status = 503;
    open_one(k, "website");
    sim_run_for(25 * HOUR_MS);
    int tries = s.n;
    s.status = 0;
    sim_run_for(5 * HOUR_MS);
    assert_int_equal(s.n, tries);
    assert_int_equal(browsers(k), 1);
    kit_free(k);
}

static void unproven_ones_go(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    s.status = 503;
    assert_int_equal(subscribe(k, ENDPOINT, NULL), 200);
    sim_run_for(HOUR_MS);
    assert_int_equal(browsers(k), 1);
    sim_run_for(5 * 24 * HOUR_MS);
    assert_int_equal(browsers(k), 0);
    kit_free(k);
}

/* ---- the page ---- */

static void the_page_offers_it(void **state)
{
    (void)state;
    struct service s;
    struct kit *k = up(&s);
    assert_int_equal(kit_get(k, "/subscribe"), 200);
    kit_has(buf_text(&k->text), arena_printf(k->arena, "<section id=\"push\" hidden data-key=\"%s\"", k->house->webpush_key));
    assert_int_equal(kit_get(k, "/subscribe?lang=fr"), 200);
    kit_has(buf_text(&k->text), "Me prévenir dans ce navigateur");
    assert_int_equal(kit_get(k, "/sw.js"), 200);
    kit_has(buf_text(&k->text), "notificationclick");
    assert_int_equal(kit_get(k, "/"), 200);
    kit_lacks(buf_text(&k->text), "<script");
    kit_write(k, "vigie.yaml", YAML "announce: { push: no }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_int_equal(kit_get(k, "/subscribe"), 200);
    kit_lacks(buf_text(&k->text), "id=\"push\"");
    assert_int_equal(subscribe(k, ENDPOINT, NULL) / 100, 4);
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_rfc),         cmocka_unit_test(only_points_of_the_curve),       cmocka_unit_test(what_is_too_long_is_not_sent),
        cmocka_unit_test(a_browser_is_greeted_and_told),  cmocka_unit_test(only_what_concerns_it),          cmocka_unit_test(what_is_no_subscription_is_refused),
        cmocka_unit_test(nobody_asks_without_end),        cmocka_unit_test(it_ends),                        cmocka_unit_test(endpoints_are_not_taken_over),
        cmocka_unit_test(one_that_is_gone_is_forgotten),  cmocka_unit_test(one_that_refuses_again_and_again_is_forgotten), cmocka_unit_test(a_service_that_is_busy_is_waited_for),
        cmocka_unit_test(each_is_told_once_over_a_restart), cmocka_unit_test(old_news_is_not_shown),        cmocka_unit_test(unproven_ones_go),
        cmocka_unit_test(the_page_offers_it),
    };
    return cmocka_run_group_tests_name("announce_webpush", tests, NULL, NULL);
}

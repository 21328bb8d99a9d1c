/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_old.c: is an old protocol still spoken? A hello that offers nothing else is sent by hand (wire/tlshello.h), because
 * this machine's own library may no longer know how; the handshake is not continued. */
#include "checks/tls_old.h"
#include "checks/script/script.h"
#include "checks/tls_judge.h"
#include "wire/tlshello.h"

#include <string.h>

enum { PATIENCE_MS = 3000, MAX_HEARD = 64 * 1024 };

static const char *const words[] = {"SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", NULL};
static const int numbers[] = {TLS_HELLO_SSL3, TLS_HELLO_TLS10, TLS_HELLO_TLS11, TLS_HELLO_TLS12};

static int number_of(const char *word)
{
    for (int i = 0; words[i]; i++)
        if (str_ieq(words[i], word))
            return numbers[i];
    return str_ieq(word, "TLSv1") ? TLS_HELLO_TLS10 : 0;
}

int tls_old_check(const struct conf_texts *refuse, struct err *e)
{
    for (int i = 0; i < refuse->n; i++)
        if (number_of(refuse->at[i]) == 0)
            return err_field(e, ERR_INVALID, "refuse", MSG("“{1}” is no old protocol; write SSLv3, TLSv1.0, TLSv1.1 or TLSv1.2"),
                             "s", refuse->at[i]);
    return 0;
}

/* ---- one offer ---- */

static const struct dial_events events;

static void next_offer(struct tls_old *o);

static void offer_over(struct tls_old *o)
{
    timer_clear(&o->patience);
    dial_stop(&o->dial);
    script_starttls_done(o->talk);
    o->talk = NULL;
    o->at++;
    next_offer(o);
}

static void offer(struct tls_old *o)
{
    struct buf b = BUF_MAX(4096);
    unsigned char random[32];
    struct addr literal;
    const char *name = o->opts.server_name;

    if (name && addr_parse(name, 0, &literal) == 0)
        name = NULL; /* names only */
    entropy_bytes(random, sizeof(random));
    tls_hello_write(&b, number_of(o->opts.refuse->at[o->at]), name, random);
    o->offered = true;
    buf_clear(&o->heard);
    sock_write(o->dial.sock, b.data, b.len);
    buf_done(&b);
}

/* The dialogue that comes first did not end well: that is said, and the attempt is over. */
static void go_on(struct tls_old *o, int how)
{
    if (how == SCRIPT_FAILED)
        attempt_done(o->a);
    else if (how == SCRIPT_READY)
        offer(o);
}

static void on_open(struct attempt *a)
{
    struct tls_old *o = a->job;

    if (o->opts.script == NULL) {
        offer(o);
        return;
    }
    o->talk = script_starttls_new(a, o->opts.script, &o->dial, o->opts.server_name);
    go_on(o, script_starttls_start(o->talk));
}

static void on_data(struct attempt *a, const char *p, size_t n)
{
    struct tls_old *o = a->job;

    if (!o->offered) {
        go_on(o, script_starttls_data(o->talk, p, n));
        return;
    }
    buf_add(&o->heard, p, n);
    int answer = tls_hello_answer(o->heard.data, o->heard.len, number_of(o->opts.refuse->at[o->at]));

    if (answer == TLS_HELLO_TAKEN) {
        buf_str(&o->taken, o->taken.len ? ", " : "");
        buf_str(&o->taken, o->opts.refuse->at[o->at]);
    }
    if (answer != TLS_HELLO_MORE)
        offer_over(o);
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    struct tls_old *o = a->job;

    if (o->offered) {
        offer_over(o); /* that is how many refuse */
        return;
    }
    script_starttls_end(o->talk, code, e);
    attempt_done(a);
}

static const struct dial_events events = {on_open, NULL, on_data, on_end};

/* ---- all of them ---- */

static void judge(struct tls_old *o)
{
    struct attempt *a = o->a;

    a->state = o->state;
    buf_clear(&a->text);
    buf_str(&a->text, o->text);
    if (o->taken.len)
        attempt_worse(a, STATE_CRITICAL, MSG("the server still speaks {1}"), "s", buf_text(&o->taken));
}

static void next_offer(struct tls_old *o)
{
    if (o->at >= o->opts.refuse->n) {
        judge(o);
        attempt_done(o->a);
        return;
    }
    o->offered = false;
    if (o->a->trace)
        TRACE(o->a, arena_printf(o->a->arena, "offering %s only", o->opts.refuse->at[o->at]));
    o->dial = (struct dial){0};
    timer_set(&o->patience, PATIENCE_MS);
    dial_start(&o->dial, o->a, o->host, o->opts.port, &events);
}

static void on_silence(void *arg)
{
    offer_over(arg);
}

void tls_old_start(struct tls_old *o, struct attempt *a, const struct addr *peer, const struct tls_old_opts *opts)
{
    o->a = a;
    o->opts = *opts;
    o->heard = BUF_MAX(MAX_HEARD);
    o->taken = BUF_MAX(200);
    o->state = a->state;
    o->text = arena_dup(a->arena, buf_text(&a->text));
    addr_host(peer, o->host);
    timer_init(&o->patience, a->env->loop, on_silence, o);
    next_offer(o);
}

void tls_old_stop(struct tls_old *o)
{
    if (o->a == NULL)
        return;
    timer_clear(&o->patience);
    dial_stop(&o->dial);
    script_starttls_done(o->talk);
    o->talk = NULL;
    buf_done(&o->heard);
    buf_done(&o->taken);
}

void tls_old_late(struct tls_old *o)
{
    judge(o);
    attempt_worse(o->a, STATE_WARNING, MSG("no answer to the offer of {1} within {2}"), "sd", o->opts.refuse->at[o->at],
                  o->a->timeout_ms);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams and datagrams against loopback peers, friendly and hostile, plain and with TLS.  The
 * peers are threads with blocking sockets; certificates are made here, at run time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/loop.h"
#include "io/sock.h"
#include "io/tls.h"
#include <dirent.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a peer: accepts one connection and plays its part ---- */

struct peer {
    struct addr addr;
    int listener;
    pthread_t thread;
    void (*play)(struct peer *p, int fd);
    SSL_CTX *ctx;
    char got[64];
};

static void *peer_main(void *arg)
{
    struct peer *p = arg;
    int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        p->play(p, fd);
    close(fd);
    return NULL;
}

static void peer_listen(struct peer *p, const struct addr *at)
{
    p->addr = *at;
    p->listener = socket(at->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->listener, &p->addr.sa, p->addr.len), 0);
    assert_int_equal(listen(p->listener, 8), 0);
    p->addr.len = sizeof p->addr.space;
    assert_int_equal(getsockname(p->listener, &p->addr.sa, &p->addr.len), 0);
}

static void peer_start(struct peer *p, void (*play)(struct peer *p, int fd))
{
    struct addr a;
    assert_int_equal(addr_parse("127.0.0.1", 0, &a), 0);
    peer_listen(p, &a);
    p->play = play;
    pthread_create(&p->thread, NULL, peer_main, p);
}

static void peer_stop(struct peer *p)
{
    shutdown(p->listener, SHUT_RDWR); /* wakes an accept() that nobody came to */
    pthread_join(p->thread, NULL);
    close(p->listener);
}

/* ---- our side: records what comes and acts by a script of flags ---- */

struct side {
    struct loop *loop;
    struct sock *sock;
    struct timer guard;
    int opens, secures, ends, code, tls_code;
    size_t bytes;
    struct buf data;
    struct err err;
    struct tls_opts tls;
    const char *send; /* on open, or once secure */
    bool use_tls, close_after, free_on_open, free_on_data, free_on_secure, starttls, check_data,
        data_bad;
    struct tls_info info;
    char subject[64], names[128], verify_text[600], sha256[65];
};

static void side_stop(struct side *s)
{
    loop_stop(s->loop);
}

static void side_free(struct side *s)
{
    s->sock = sock_free(s->sock);
    side_stop(s);
}

static void speak(struct side *s)
{
    if (s->send != NULL)
        assert_int_equal(sock_write(s->sock, s->send, strlen(s->send)), 0);
    if (s->close_after)
        sock_close_after_write(s->sock);
}

static void on_open(void *arg)
{
    struct side *s = arg;
    s->opens++;
    if (s->free_on_open)
        side_free(s);
    else if (s->use_tls && !s->starttls)
        assert_int_equal(sock_start_tls(s->sock, &s->tls), 0);
    else
        speak(s);
}

static void on_secure(void *arg)
{
    struct side *s = arg;
    s->secures++;
    if (s->free_on_secure)
        side_free(s);
    else if (!s->starttls)
        speak(s);
    else
        assert_int_equal(sock_write(s->sock, "secret", 6), 0);
}

static void on_data(void *arg, const char *p, size_t n)
{
    struct side *s = arg;
    assert_true(n > 0 && n <= 65536);
    for (size_t i = 0; s->check_data && i < n; i++)
        s->data_bad |= (unsigned char)p[i] != (unsigned char)((s->bytes + i) % 251);
    s->bytes += n;
    buf_add(&s->data, p, n);
    if (s->free_on_data) {
        side_free(s);
    } else if (s->starttls && s->secures == 0 && str_eq(buf_text(&s->data), "go\n")) {
        buf_clear(&s->data);
        assert_int_equal(sock_start_tls(s->sock, &s->tls), 0);
        assert_int_equal(sock_start_tls(s->sock, &s->tls), ERR_CONFLICT);
    }
}

static void keep_info(struct side *s, const struct tls_info *info)
{
    s->info = *info;
    str_copy(s->subject, sizeof s->subject, info->n_chain > 0 ? info->chain[0].subject : "");
    str_copy(s->sha256, sizeof s->sha256, info->n_chain > 0 ? info->chain[0].sha256 : "");
    struct buf b = BUF_MAX(100);
    for (int i = 0; info->n_chain > 0 && i < info->chain[0].n_names; i++)
        buf_printf(&b, "%s ", info->chain[0].names[i]);
    str_copy(s->names, sizeof s->names, buf_text(&b));
    buf_clear(&b);
    b.max = 500;
    if (info->verify_text != NULL)
        msg_render(&b, info->verify_text, "en");
    str_copy(s->verify_text, sizeof s->verify_text, buf_text(&b));
    buf_done(&b);
}

static void on_end(void *arg, int code, const struct err *e)
{
    struct side *s = arg;
    s->ends++;
    s->code = code;
    s->err = *e;
    assert_int_equal(sock_write(s->sock, "x", 1), ERR_RESET);
    if (sock_tls_info(s->sock) != NULL)
        keep_info(s, sock_tls_info(s->sock));
    side_free(s);
}

static void on_guard(void *arg)
{
    fail_msg("the exchange hangs");
}

static const struct sock_events events = {on_open, on_secure, on_data, on_end};

static void side_connect(struct side *s, const struct addr *to, const struct addr *source)
{
    s->loop = loop_new("side");
    s->data = BUF_MAX(4096);
    timer_init(&s->guard, s->loop, on_guard, s);
    timer_set(&s->guard, 20000);
    s->sock = sock_connect(s->loop, to, source, &events, s);
    assert_int_equal(s->opens + s->ends, 0);
}

static void side_run(struct side *s)
{
    loop_run(s->loop);
    timer_clear(&s->guard);
    sock_free(s->sock);
    loop_free(s->loop);
}

static void side_done(struct side *s)
{
    buf_done(&s->data);
}

static void exchange(struct side *s, struct peer *p, void (*play)(struct peer *p, int fd))
{
    peer_start(p, play);
    side_connect(s, &p->addr, NULL);
    side_run(s);
    peer_stop(p);
    side_done(s);
}

/* ---- plain ---- */

static void play_nothing(struct peer *p, int fd)
{
    char c;
    while (recv(fd, &c, 1, 0) > 0)
        ;
}

static void connect_and_free(void **state)
{
    struct peer p = {0};
    struct side s = {.free_on_open = true};
    exchange(&s, &p, play_nothing);
    assert_int_equal(s.opens, 1);
    assert_int_equal(s.ends, 0);
}

static void a_closed_port_refuses(void **state)
{
    struct peer p = {0};
    struct addr a;
    addr_parse("127.0.0.1", 0, &a);
    peer_listen(&p, &a);
    close(p.listener);
    struct side s = {0};
    side_connect(&s, &p.addr, NULL);
    side_run(&s);
    side_done(&s);
    assert_int_equal(s.opens, 0);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, ERR_REFUSED);
    assert_int_equal(s.err.code, ERR_REFUSED);
}

static void impossible_peers_end_later(void **state)
{
    struct addr a;
    struct side s = {0};
    assert_int_equal(addr_unix("/nonexistent/x.sock", &a), 0);
    side_connect(&s, &a, NULL);
    side_run(&s);
    assert_int_equal(s.code, ERR_NOT_FOUND);
    struct side t = {0};
    struct addr source;
    addr_parse("127.0.0.1", 9, &a);
    addr_parse("192.0.2.77", 0, &source); /* not ours */
    side_connect(&t, &a, &source);
    side_run(&t);
    assert_int_equal(t.ends, 1);
    assert_int_equal(t.code, ERR_IO);
}

static void freeing_before_the_failure_is_told(void **state)
{
    struct addr a;
    assert_int_equal(addr_unix("/nonexistent/x.sock", &a), 0);
    struct side s = {0};
    side_connect(&s, &a, NULL);
    s.sock = sock_free(s.sock);
    side_stop(&s);
    side_run(&s);
    assert_int_equal(s.ends, 0);
}

static void play_echo(struct peer *p, int fd)
{
    char b[4096];
    ssize_t n;
    while ((n = recv(fd, b, sizeof b, 0)) > 0)
        assert_int_equal(send(fd, b, (size_t)n, MSG_NOSIGNAL), n);
}

static void echo_and_half_close(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "hello", .close_after = true};
    peer_start(&p, play_echo);
    side_connect(&s, &p.addr, NULL);
    side_run(&s);
    assert_string_equal(buf_text(&s.data), "hello");
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, 0);
    side_done(&s);
    peer_stop(&p);
}

static void writing_before_open_and_too_much(void **state)
{
    struct peer p = {0};
    struct side s = {.close_after = true};
    peer_start(&p, play_echo);
    side_connect(&s, &p.addr, NULL);
    size_t most = 1 << 20;
    char *big = mem_zero(most + 1);
    memset(big, 'x', most);
    assert_int_equal(sock_write(s.sock, big, most + 1), ERR_LIMIT);
    assert_int_equal(sock_write(s.sock, "early", 5), 0);
    assert_int_equal(sock_write(s.sock, big, most), ERR_LIMIT);
    mem_free(big);
    side_run(&s);
    assert_string_equal(buf_text(&s.data), "early");
    side_done(&s);
    peer_stop(&p);
}

static void play_reset(struct peer *p, int fd)
{
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
}

static void a_reset_is_told(void **state)
{
    struct peer p = {0};
    struct side s = {0};
    exchange(&s, &p, play_reset);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, ERR_RESET);
}

static void play_endless(struct peer *p, int fd)
{
    static const char junk[65536];
    while (send(fd, junk, sizeof junk, MSG_NOSIGNAL) > 0)
        ;
}

static void endless_data_can_be_left(void **state)
{
    struct peer p = {0};
    struct side s = {.free_on_data = true};
    exchange(&s, &p, play_endless);
    assert_int_equal(s.ends, 0);
    assert_true(s.bytes > 0 && s.bytes <= 65536);
}

static void play_burst_and_reset(struct peer *p, int fd)
{
    char c = 'x';
    send(fd, &c, 1, MSG_NOSIGNAL);
    recv(fd, &c, 1, 0); /* until the other side paused */
    play_reset(p, fd);
}

static void resume(void *arg)
{
    struct side *s = arg;
    sock_pause(s->sock, false);
}

static void pausing_open(void *arg)
{
    struct side *s = arg;
    s->opens++;
    sock_pause(s->sock, true);
    assert_int_equal(sock_write(s->sock, "y", 1), 0);
}

/* A paused stream that breaks must neither be told early nor spin. */
static void pause_and_resume(void **state)
{
    struct peer p = {0};
    struct side s = {0};
    static const struct sock_events paused = {pausing_open, on_secure, on_data, on_end};
    peer_start(&p, play_burst_and_reset);
    s.loop = loop_new("side");
    s.data = BUF_MAX(64);
    struct timer t = {0};
    timer_init(&t, s.loop, resume, &s);
    timer_set(&t, 50);
    timer_init(&s.guard, s.loop, on_guard, &s);
    timer_set(&s.guard, 20000);
    s.sock = sock_connect(s.loop, &p.addr, NULL, &paused, &s);
    loop_run(s.loop);
    struct loop_stats st;
    loop_take_stats(s.loop, &st);
    assert_true(st.turns < 50);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, ERR_RESET);
    loop_free(s.loop);
    buf_done(&s.data);
    peer_stop(&p);
}

static void local_address(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "hi", .close_after = true};
    struct addr source, local;
    addr_parse("127.0.0.5", 0, &source);
    peer_start(&p, play_echo);
    side_connect(&s, &p.addr, &source);
    assert_int_equal(sock_local(s.sock, &local), 0);
    assert_true(addr_equal(&local, &source));
    side_run(&s);
    assert_int_equal(s.code, 0);
    side_done(&s);
    peer_stop(&p);
}

static void unix_and_v6(void **state)
{
    char dir[] = "/tmp/vigie-sock-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    str_print(path, sizeof path, "%s/s", dir);
    struct addr at[2];
    assert_int_equal(addr_unix(path, &at[0]), 0);
    assert_int_equal(addr_parse("::1", 0, &at[1]), 0);
    for (int i = 0; i < 2; i++) {
        struct peer p = {.play = play_echo};
        peer_listen(&p, &at[i]);
        if (i == 0)
            p.addr = at[0];
        pthread_create(&p.thread, NULL, peer_main, &p);
        struct side s = {.send = "abc", .close_after = true};
        side_connect(&s, &p.addr, NULL);
        side_run(&s);
        assert_string_equal(buf_text(&s.data), "abc");
        side_done(&s);
        peer_stop(&p);
    }
    unlink(path);
    rmdir(dir);
}

/* More connections to one loopback port than there are local ports: resets leave none behind. */
struct many {
    struct loop *loop;
    struct addr to;
    struct sock *sock;
    int left;
    struct timer next;
};

static void many_open(void *arg)
{
    struct many *m = arg;
    m->sock = sock_free(m->sock);
    timer_set(&m->next, 0);
}

static void many_end(void *arg, int code, const struct err *e)
{
    fail_msg("connection %d: %d", ((struct many *)arg)->left, code);
}

static const struct sock_events many_events = {.on_open = many_open, .on_end = many_end};

static void many_next(void *arg)
{
    struct many *m = arg;
    if (m->left-- == 0)
        loop_stop(m->loop);
    else
        m->sock = sock_connect(m->loop, &m->to, NULL, &many_events, m);
}

static void *accept_all(void *arg)
{
    struct peer *p = arg;
    int fd;
    while ((fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        close(fd);
    return NULL;
}

static void local_ports_do_not_run_out(void **state)
{
    struct peer p = {0};
    struct addr a;
    addr_parse("127.0.0.1", 0, &a);
    peer_listen(&p, &a);
    listen(p.listener, 4096);
    pthread_create(&p.thread, NULL, accept_all, &p);
    struct many m = {.loop = loop_new("many"), .to = p.addr, .left = 40000};
    timer_init(&m.next, m.loop, many_next, &m);
    timer_set(&m.next, 0);
    loop_run(m.loop);
    loop_free(m.loop);
    peer_stop(&p);
}

/* ---- certificates ---- */

static struct {
    char dir[40];
    char ca[64], own[64], own_key[64];
    X509 *ca_cert, *good, *expired, *future, *self;
    EVP_PKEY *ca_key, *key;
} pki;

static void add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(ext);
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
}

static X509 *make_cert(const char *cn, const char *san, long from_s, long to_s, X509 *issuer,
                       EVP_PKEY *issuer_key, EVP_PKEY *key)
{
    static const unsigned char org[] = "Example";
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x1234);
    X509_gmtime_adj(X509_getm_notBefore(x), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x), to_s);
    X509_set_pubkey(x, key);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, org, -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer != NULL ? issuer : x));
    add_ext(x, issuer != NULL ? issuer : x, NID_basic_constraints,
            san == NULL ? "critical,CA:TRUE" : "CA:FALSE");
    if (san != NULL)
        add_ext(x, issuer != NULL ? issuer : x, NID_subject_alt_name, san);
    assert_true(X509_sign(x, issuer_key, EVP_sha256()) > 0);
    return x;
}

static void write_pem(char out[64], const char *name, X509 *x, EVP_PKEY *key)
{
    str_print(out, 64, "%s/%s", pki.dir, name);
    FILE *f = fopen(out, "w");
    assert_non_null(f);
    if (x != NULL)
        PEM_write_X509(f, x);
    if (key != NULL)
        PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
}

static int pki_make(void **state)
{
    enum { DAY = 86400 };
    static const char names[] = "DNS:www.example.org,DNS:*.example.net,IP:127.0.0.1,IP:::1";
    str_copy(pki.dir, sizeof pki.dir, "/tmp/vigie-pki-XXXXXX");
    assert_non_null(mkdtemp(pki.dir));
    pki.ca_key = EVP_EC_gen("P-256");
    pki.key = EVP_EC_gen("P-256");
    pki.ca_cert = make_cert("Test Authority", NULL, -DAY, 365 * DAY, NULL, pki.ca_key, pki.ca_key);
    pki.good =
        make_cert("www.example.org", names, -DAY, 30 * DAY, pki.ca_cert, pki.ca_key, pki.key);
    pki.expired =
        make_cert("old", names, -30 * DAY, -3 * DAY - 60, pki.ca_cert, pki.ca_key, pki.key);
    pki.future = make_cert("new", names, 2 * DAY, 30 * DAY, pki.ca_cert, pki.ca_key, pki.key);
    pki.self = make_cert("self", names, -DAY, 30 * DAY, NULL, pki.key, pki.key);
    write_pem(pki.ca, "ca.pem", pki.ca_cert, NULL);
    write_pem(pki.own, "own.pem", pki.good, NULL);
    write_pem(pki.own_key, "own.key", NULL, pki.key);
    return 0;
}

static int pki_drop(void **state)
{
    unlink(pki.ca);
    unlink(pki.own);
    unlink(pki.own_key);
    rmdir(pki.dir);
    X509 *all[] = {pki.ca_cert, pki.good, pki.expired, pki.future, pki.self};
    for (size_t i = 0; i < COUNT(all); i++)
        X509_free(all[i]);
    EVP_PKEY_free(pki.ca_key);
    EVP_PKEY_free(pki.key);
    return 0;
}

static SSL_CTX *server_ctx(X509 *cert)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, pki.key), 1);
    return ctx;
}

/* ---- TLS ---- */

static void play_tls_echo(struct peer *p, int fd)
{
    SSL *ssl = SSL_new(p->ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        str_copy(p->got, sizeof p->got, name != NULL ? name : "-");
        char b[4096];
        int n;
        while ((n = SSL_read(ssl, b, sizeof b)) > 0)
            SSL_write(ssl, b, n);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void tls_exchange(struct side *s, struct peer *p, X509 *cert,
                         void (*play)(struct peer *p, int fd))
{
    p->ctx = server_ctx(cert);
    s->use_tls = true;
    peer_start(p, play);
    side_connect(s, &p->addr, NULL);
    side_run(s);
    peer_stop(p);
    SSL_CTX_free(p->ctx);
}

static void tls_good(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "over tls", .close_after = true};
    s.tls = (struct tls_opts){.server_name = "www.example.org", .verify = true, .ca_file = pki.ca};
    tls_exchange(&s, &p, pki.good, play_tls_echo);
    assert_int_equal(s.secures, 1);
    assert_int_equal(s.code, 0);
    assert_string_equal(buf_text(&s.data), "over tls");
    assert_string_equal(p.got, "www.example.org");
    assert_int_equal(s.info.verify_code, 0);
    assert_int_equal(s.info.n_chain, 1);
    assert_string_equal(s.info.version, "TLSv1.3");
    assert_string_equal(s.subject, "www.example.org");
    assert_string_equal(s.names, "www.example.org *.example.net 127.0.0.1 ::1 ");
    assert_int_equal(strlen(s.sha256), 64);
    int64_t left_ms = s.info.chain[0].not_after_ms - clock_wall_ms();
    assert_true(left_ms > 29 * INT64_C(86400000) && left_ms <= 30 * INT64_C(86400000));
    assert_false(s.info.chain[0].self_signed);
    side_done(&s);
}

static void tls_by_address(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "x", .close_after = true};
    s.tls = (struct tls_opts){.server_name = "127.0.0.1", .verify = true, .ca_file = pki.ca};
    tls_exchange(&s, &p, pki.good, play_tls_echo);
    assert_int_equal(s.code, 0);
    assert_string_equal(p.got, "-"); /* no SNI for addresses */
    side_done(&s);
}

static void tls_verdicts(void **state)
{
    const struct {
        X509 *cert;
        const char *name, *ca;
        int verify_code;
        const char *text;
    } rows[] = {
        {pki.good, "other.example.org", pki.ca, X509_V_ERR_HOSTNAME_MISMATCH,
         "the certificate is for www.example.org, *.example.net, 127.0.0.1, …, not for "
         "other.example.org"},
        {pki.good, "192.0.2.1", pki.ca, X509_V_ERR_IP_ADDRESS_MISMATCH, "not for 192.0.2.1"},
        {pki.expired, "www.example.org", pki.ca, X509_V_ERR_CERT_HAS_EXPIRED,
         "the certificate expired 3"},
        {pki.future, "www.example.org", pki.ca, X509_V_ERR_CERT_NOT_YET_VALID,
         "the certificate is valid only in "},
        {pki.self, "www.example.org", pki.ca, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
         "the certificate is signed by itself"},
        {pki.good, "www.example.org", NULL, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
         "the chain is incomplete, or its authority is not known here"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct peer p = {0};
        struct side s = {.send = "never"};
        s.tls =
            (struct tls_opts){.server_name = rows[i].name, .verify = true, .ca_file = rows[i].ca};
        tls_exchange(&s, &p, rows[i].cert, play_tls_echo);
        assert_int_equal(s.secures, 0);
        assert_int_equal(s.ends, 1);
        assert_int_equal(s.code, ERR_TLS);
        assert_int_equal(s.info.verify_code, rows[i].verify_code);
        assert_int_equal(s.info.n_chain, 1);
        struct buf b = BUF_MAX(1000);
        msg_render(&b, s.err.text, "en");
        assert_non_null(strstr(buf_text(&b), rows[i].text));
        assert_string_equal(buf_text(&b), s.verify_text);
        buf_done(&b);
        side_done(&s);
    }
}

static void tls_unjudged(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "x", .close_after = true};
    s.tls = (struct tls_opts){.server_name = "nobody", .verify = false};
    tls_exchange(&s, &p, pki.expired, play_tls_echo);
    assert_int_equal(s.code, 0);
    assert_int_equal(s.secures, 1);
    assert_string_equal(s.subject, "old");
    side_done(&s);
}

static void play_garbage(struct peer *p, int fd)
{
    char b[600];
    (void)recv(fd, b, sizeof b, 0);
    send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
    play_nothing(p, fd);
}

static void play_hang_up(struct peer *p, int fd)
{
    char b[2048];
    (void)recv(fd, b, sizeof b, 0);
}

static void play_endless_handshake(struct peer *p, int fd)
{
    static const char record[5] = {22, 3, 3, 0x40, 0};
    static char body[0x4000] = {2, 0, 0x3f, (char)0xfc};
    while (send(fd, record, sizeof record, MSG_NOSIGNAL) > 0 &&
           send(fd, body, sizeof body, MSG_NOSIGNAL) > 0)
        ;
}

static void tls_hostile_peers(void **state)
{
    void (*const plays[])(struct peer *, int) = {play_garbage, play_hang_up, play_endless_handshake,
                                                 play_endless};
    for (size_t i = 0; i < COUNT(plays); i++) {
        struct peer p = {0};
        struct side s = {0};
        s.tls =
            (struct tls_opts){.server_name = "www.example.org", .verify = true, .ca_file = pki.ca};
        tls_exchange(&s, &p, pki.good, plays[i]);
        assert_int_equal(s.ends, 1);
        assert_int_equal(s.code, ERR_TLS);
        assert_int_equal(s.secures, 0);
        side_done(&s);
    }
}

static void play_tls_reset(struct peer *p, int fd)
{
    SSL *ssl = SSL_new(p->ctx);
    SSL_set_fd(ssl, fd);
    char b[8];
    if (SSL_accept(ssl) == 1)
        SSL_read(ssl, b, sizeof b);
    SSL_free(ssl);
    play_reset(p, fd);
}

static void tls_reset_after_handshake(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "x"};
    s.tls = (struct tls_opts){.verify = false};
    tls_exchange(&s, &p, pki.good, play_tls_reset);
    assert_int_equal(s.secures, 1);
    assert_int_equal(s.code, ERR_RESET);
    side_done(&s);
}

static void tls_bad_files(void **state)
{
    const struct tls_opts rows[] = {
        {.verify = true, .ca_file = "/nonexistent/ca.pem"},
        {.verify = false, .cert_file = "/nonexistent/c.pem"},
        {.verify = false, .cert_file = pki.own, .key_file = pki.ca},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct peer p = {0};
        struct side s = {.tls = rows[i]};
        tls_exchange(&s, &p, pki.good, play_nothing);
        assert_int_equal(s.code, ERR_TLS);
        assert_true(s.err.field[0] != '\0');
        side_done(&s);
    }
}

static int want_client(int ok, X509_STORE_CTX *c)
{
    return 1;
}

static void play_client_cert(struct peer *p, int fd)
{
    SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, want_client);
    play_tls_echo(p, fd);
}

static void tls_client_certificate(void **state)
{
    for (int with = 0; with < 2; with++) {
        struct peer p = {0};
        /* What is sent to a server that refuses would turn its alert into a reset. */
        struct side s = {.send = with ? "mine" : NULL, .close_after = with};
        if (with)
            s.tls = (struct tls_opts){.cert_file = pki.own, .key_file = pki.own_key};
        tls_exchange(&s, &p, pki.good, play_client_cert);
        assert_int_equal(s.code, with ? 0 : ERR_TLS);
        assert_string_equal(buf_text(&s.data), with ? "mine" : "");
        side_done(&s);
    }
}

static void play_starttls(struct peer *p, int fd)
{
    char b[8] = "";
    send(fd, "go\n", 3, MSG_NOSIGNAL);
    SSL *ssl = SSL_new(p->ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        int n = SSL_read(ssl, b, 6);
        SSL_write(ssl, b, n);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void tls_in_place(void **state)
{
    struct peer p = {0};
    struct side s = {.starttls = true};
    s.tls = (struct tls_opts){.server_name = "www.example.org", .verify = true, .ca_file = pki.ca};
    tls_exchange(&s, &p, pki.good, play_starttls);
    assert_int_equal(s.secures, 1);
    assert_int_equal(s.code, 0);
    assert_string_equal(buf_text(&s.data), "secret");
    side_done(&s);
}

enum { LONG_BYTES = 3000000 };

static void play_long(struct peer *p, int fd)
{
    SSL *ssl = SSL_new(p->ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        unsigned char b[10000];
        for (size_t sent = 0; sent < LONG_BYTES; sent += sizeof b) {
            for (size_t i = 0; i < sizeof b; i++)
                b[i] = (unsigned char)((sent + i) % 251);
            SSL_write(ssl, b, sizeof b);
        }
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void tls_long_data(void **state)
{
    struct peer p = {0};
    struct side s = {.check_data = true};
    tls_exchange(&s, &p, pki.good, play_long);
    assert_int_equal(s.code, 0);
    assert_int_equal(s.bytes, LONG_BYTES);
    assert_false(s.data_bad);
    side_done(&s);
}

static void tls_free_in_callback(void **state)
{
    struct peer p = {0};
    struct side s = {.free_on_secure = true};
    tls_exchange(&s, &p, pki.good, play_tls_echo);
    assert_int_equal(s.secures, 1);
    assert_int_equal(s.ends, 0);
    struct peer q = {0};
    struct side t = {.free_on_data = true};
    tls_exchange(&t, &q, pki.good, play_long);
    assert_true(t.bytes > 0);
    side_done(&t);
}

/* ---- datagrams ---- */

struct talk {
    struct loop *loop;
    struct dgram *dgram;
    int calls, code;
    char got[16];
};

static void on_dgram(void *arg, int code, const char *p, size_t n)
{
    struct talk *t = arg;
    t->calls++;
    t->code = code;
    if (p != NULL)
        str_copyn(t->got, sizeof t->got, p, n);
    t->dgram = dgram_free(t->dgram);
    loop_stop(t->loop);
}

static void datagrams(void **state)
{
    struct addr a;
    addr_parse("127.0.0.1", 0, &a);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, &a.sa, a.len), 0);
    assert_int_equal(getsockname(fd, &a.sa, &a.len), 0);
    struct talk t = {.loop = loop_new("udp")};
    struct err e = {0};
    t.dgram = dgram_open(t.loop, &a, on_dgram, &t, &e);
    assert_non_null(t.dgram);
    assert_int_equal(dgram_send(t.dgram, "ping", 4), 0);
    struct addr from = {.len = sizeof from.space};
    char b[8];
    assert_int_equal(recvfrom(fd, b, sizeof b, 0, &from.sa, &from.len), 4);
    assert_int_equal(sendto(fd, "pong!", 5, 0, &from.sa, from.len), 5);
    loop_run(t.loop);
    assert_int_equal(t.code, 0);
    assert_string_equal(t.got, "pong!");
    close(fd); /* nobody there now */
    t.dgram = dgram_open(t.loop, &a, on_dgram, &t, &e);
    assert_int_equal(dgram_send(t.dgram, "ping", 4), 0);
    loop_run(t.loop);
    assert_int_equal(t.code, ERR_REFUSED);
    assert_int_equal(t.calls, 2);
    loop_free(t.loop);
}

static int count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static int fds_at_start;

static void no_descriptor_is_left(void **state)
{
    assert_int_equal(count_fds(), fds_at_start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_and_free),
        cmocka_unit_test(a_closed_port_refuses),
        cmocka_unit_test(impossible_peers_end_later),
        cmocka_unit_test(freeing_before_the_failure_is_told),
        cmocka_unit_test(echo_and_half_close),
        cmocka_unit_test(writing_before_open_and_too_much),
        cmocka_unit_test(a_reset_is_told),
        cmocka_unit_test(endless_data_can_be_left),
        cmocka_unit_test(pause_and_resume),
        cmocka_unit_test(local_address),
        cmocka_unit_test(unix_and_v6),
        cmocka_unit_test(local_ports_do_not_run_out),
        cmocka_unit_test(tls_good),
        cmocka_unit_test(tls_by_address),
        cmocka_unit_test(tls_verdicts),
        cmocka_unit_test(tls_unjudged),
        cmocka_unit_test(tls_hostile_peers),
        cmocka_unit_test(tls_reset_after_handshake),
        cmocka_unit_test(tls_bad_files),
        cmocka_unit_test(tls_client_certificate),
        cmocka_unit_test(tls_in_place),
        cmocka_unit_test(tls_long_data),
        cmocka_unit_test(tls_free_in_callback),
        cmocka_unit_test(datagrams),
        cmocka_unit_test(no_descriptor_is_left),
    };
    loop_free(loop_new("first")); /* libuv opens some descriptors for good */
    fds_at_start = count_fds();
    return cmocka_run_group_tests(tests, pki_make, pki_drop);
}

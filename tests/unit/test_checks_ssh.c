/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ssh probe against a server that makes a real key exchange, and against ones that do not. MON-12, issue section 1. */
#include "checks/ssh_key.h"
#include "checks_fixture.h"
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <poll.h>

/* ---- a server ---- */

static const struct kind {
    const char *option, *key, *signature, *curve;
    int hash; /* bits */
} kinds[] = {
    {"ed25519", "ssh-ed25519", "ssh-ed25519", NULL, 0},
    {"rsa", "ssh-rsa", "rsa-sha2-512", NULL, 512},
    {"ecdsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", "nistp256", 256},
};
struct holder {
    const struct kind *kind;
    EVP_PKEY *key;
    struct buf blob;
    char fingerprint[SSH_FINGERPRINT_BYTES];
    bool forge, no_kex, no_key, disconnect, stop_at_init, twice;
};

static void put_bn(struct buf *out, const BIGNUM *n)
{
    unsigned char bytes[600];

    ssh_put_mpint(out, bytes, (size_t)BN_bn2bin(n, bytes));
}

static void host_make(struct holder *h, const struct kind *k)
{
    unsigned char point[200];
    size_t n = sizeof(point);

    *h = (struct holder){.kind = k, .blob = BUF_MAX(5000)};
    h->key = k->hash == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : k->curve ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
    ssh_put_string(&h->blob, k->key, strlen(k->key));
    if (k->hash == 0) {
        EVP_PKEY_get_raw_public_key(h->key, point, &n);
        ssh_put_string(&h->blob, point, n);
    } else if (k->curve) {
        EVP_PKEY_get_octet_string_param(h->key, "pub", point, sizeof(point), &n);
        ssh_put_string(&h->blob, k->curve, strlen(k->curve));
        ssh_put_string(&h->blob, point, n);
    } else {
        BIGNUM *e = NULL, *m = NULL;

        EVP_PKEY_get_bn_param(h->key, "e", &e);
        EVP_PKEY_get_bn_param(h->key, "n", &m);
        put_bn(&h->blob, e);
        put_bn(&h->blob, m);
        BN_free(e);
        BN_free(m);
    }
    ssh_fingerprint((struct str){h->blob.data, h->blob.len}, h->fingerprint);
}

static void host_done(struct holder *h)
{
    EVP_PKEY_free(h->key);
    buf_done(&h->blob);
}

static void sign(const struct holder *h, const unsigned char *hash, struct buf *out)
{
    const EVP_MD *md = h->kind->hash == 0 ? NULL : h->kind->hash == 256 ? EVP_sha256() : EVP_sha512();
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    unsigned char sig[600];
    size_t n = sizeof(sig);
    struct buf body = BUF_MAX(1000);

    EVP_DigestSignInit(c, NULL, md, NULL, h->key);
    assert_int_equal(EVP_DigestSign(c, sig, &n, hash, 32), 1);
    EVP_MD_CTX_free(c);
    if (h->kind->curve) {
        const unsigned char *p = sig;
        ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)n);

        put_bn(&body, ECDSA_SIG_get0_r(s));
        put_bn(&body, ECDSA_SIG_get0_s(s));
        ECDSA_SIG_free(s);
    } else {
        buf_add(&body, sig, n);
    }
    ssh_put_string(out, h->kind->signature, strlen(h->kind->signature));
    ssh_put_string(out, body.data, body.len);
    buf_done(&body);
}

static void send_packet(int fd, const struct buf *payload)
{
    struct buf b = BUF_MAX(40000);

    ssh_packet_encode(&b, payload->data, payload->len);
    (void)!send(fd, b.data, b.len, MSG_NOSIGNAL);
    buf_done(&b);
}

/* The next packet, or false: the client went. */
static bool hear_packet(int fd, struct buf *heard, struct buf *ret_payload)
{
    char some[4096];
    struct str payload;
    size_t used;

    while (ssh_packet_decode(buf_text(heard), heard->len, &payload, &used) != 0) {
        ssize_t n = recv(fd, some, sizeof(some), 0);

        if (n <= 0)
            return false;
        buf_add(heard, some, (size_t)n);
    }
    buf_clear(ret_payload);
    buf_add(ret_payload, payload.p, payload.n);
    buf_drop(heard, used);
    return true;
}

#define SERVER "SSH-2.0-OpenSSH_9.2p1 Debian-2"

static void shared_secret(EVP_PKEY *own, const char *point, unsigned char *out)
{
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, (const unsigned char *)point, 32);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
    size_t n = 32;

    EVP_PKEY_derive_init(c);
    EVP_PKEY_derive_set_peer(c, peer);
    assert_int_equal(EVP_PKEY_derive(c, out, &n), 1);
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(peer);
}

static void answer(struct holder *h, int fd, const struct buf *theirs, const struct buf *ours, const char *client_point)
{
    EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    unsigned char point[32], secret[32], hash[32];
    size_t n = 32;
    struct buf x = BUF_MAX(20000), reply = BUF_MAX(20000), sig = BUF_MAX(2000);

    EVP_PKEY_get_raw_public_key(own, point, &n);
    shared_secret(own, client_point, secret);
    ssh_put_string(&x, "SSH-2.0-vigie", 13);
    ssh_put_string(&x, SERVER, strlen(SERVER));
    ssh_put_string(&x, theirs->data, theirs->len);
    ssh_put_string(&x, ours->data, ours->len);
    ssh_put_string(&x, h->blob.data, h->blob.len);
    ssh_put_string(&x, client_point, 32);
    ssh_put_string(&x, point, 32);
    ssh_put_mpint(&x, secret, 32);
    EVP_Digest(x.data, x.len, hash, NULL, EVP_sha256(), NULL);
    hash[0] ^= h->forge;
    sign(h, hash, &sig);
    buf_char(&reply, SSH_ECDH_REPLY);
    ssh_put_string(&reply, h->blob.data, h->blob.len);
    ssh_put_string(&reply, point, 32);
    ssh_put_string(&reply, sig.data, sig.len);
    send_packet(fd, &reply);
    EVP_PKEY_free(own);
    buf_done(&x);
    buf_done(&reply);
    buf_done(&sig);
}

static void exchange(struct holder *h, int fd, struct buf *heard, struct buf *theirs)
{
    static const unsigned char cookie[16] = {1, 2, 3};
    struct buf ours = BUF_MAX(5000), init = BUF_MAX(5000), gone = BUF_MAX(200);

    ssh_kexinit_encode(&ours, cookie, h->no_kex ? "diffie-hellman-group1-sha1" : "sntrup761x25519-sha512@openssh.com,curve25519-sha256",
                       h->no_key ? "ssh-dss" : h->kind->signature);
    send_packet(fd, &ours);
    if (h->twice)
        send_packet(fd, &ours);
    if (h->disconnect) {
        buf_add(&gone, "\1\0\0\0\2\0\0\0\x08" "go away!\0\0\0\0", 21);
        send_packet(fd, &gone);
    }
    if (!h->stop_at_init && hear_packet(fd, heard, theirs) && hear_packet(fd, heard, &init) && init.len == 37)
        answer(h, fd, theirs, &ours, init.data + 5);
    buf_done(&ours);
    buf_done(&init);
    buf_done(&gone);
}

static void server(struct srv *s, int fd)
{
    struct buf heard = BUF_MAX(50000), theirs = BUF_MAX(5000);
    char some[4096];
    ssize_t n;

    srv_say(fd, SERVER "\r\n");
    while (!memchr(buf_text(&heard), '\n', heard.len) && (n = recv(fd, some, sizeof(some), 0)) > 0)
        buf_add(&heard, some, (size_t)n);
    if (heard.len) {
        buf_drop(&heard, (size_t)((char *)memchr(heard.data, '\n', heard.len) - heard.data) + 1);
        exchange(s->arg, fd, &heard, &theirs);
    }
    srv_wait(fd);
    buf_done(&heard);
    buf_done(&theirs);
}

static enum state ask(struct fx *f, struct holder *h, const char *settings)
{
    struct srv s;
    char at[64];

    srv_start(&s, server, h);
    fx_run(f, "ssh", srv_at(&s, "", "", at, sizeof(at)), settings, 1000);
    srv_stop(&s);
    return f->state;
}

/* ---- the tests ---- */

static void greets(void **state)
{
    struct fx *f = *state;
    struct holder h;

    host_make(&h, &kinds[0]);
    assert_int_equal(ask(f, &h, NULL), STATE_OK);
    assert_has(f->text, "OpenSSH_9.2p1 Debian-2, ");
    assert_has(f->perf, "time=0.");
    assert_int_equal(ask(f, &h, "{\"version\":\"OpenSSH_9\"}"), STATE_OK);
    assert_int_equal(ask(f, &h, "{\"version\":\"dropbear\"}"), STATE_WARNING);
    assert_has(f->text, "wanted is “dropbear”");
    host_done(&h);
}

static void proves_its_key(void **state)
{
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct holder h;
        char settings[300];

        host_make(&h, &kinds[i]);
        assert_int_equal(ask(f, &h, "{\"handshake\":\"yes\"}"), STATE_OK);
        assert_has(f->text, h.fingerprint);
        assert_has(f->text, h.kind->key);
        snprintf(settings, sizeof(settings), "{\"key\":[\"SHA256:0000000000000000000000000000000000000000000\",\"%s\"],\"key_type\":\"%s\"}", h.fingerprint,
                 kinds[i].option);
        assert_int_equal(ask(f, &h, settings), STATE_OK);
        assert_int_equal(ask(f, &h, "{\"key\":\"SHA256:0000000000000000000000000000000000000000000\"}"), STATE_CRITICAL);
        assert_has(f->text, "the host key is another one");
        h.forge = true;
        assert_int_equal(ask(f, &h, settings), STATE_CRITICAL);
        assert_has(f->text, "did not prove");
        host_done(&h);
    }
}

static void other_servers(void **state)
{
    static const struct {
        struct holder host;
        enum state state;
        const char *settings, *text;
    } cases[] = {
        {{.no_kex = true}, STATE_UNKNOWN, "{\"handshake\":\"yes\"}", "none of our key exchanges"},
        {{.no_key = true}, STATE_CRITICAL, "{\"handshake\":\"yes\"}", "no host key of this kind"},
        {{.disconnect = true}, STATE_CRITICAL, "{\"handshake\":\"yes\"}", "turns us away: “go away!”"},
        {{.stop_at_init = true}, STATE_CRITICAL, "{\"handshake\":\"yes\"}", "no key exchange within"},
        {{.twice = true}, STATE_CRITICAL, "{\"handshake\":\"yes\"}", "was not expected here"},
    };
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct holder h, flags = cases[i].host;

        host_make(&h, &kinds[0]);
        h.no_kex = flags.no_kex;
        h.no_key = flags.no_key;
        h.disconnect = flags.disconnect;
        h.stop_at_init = flags.stop_at_init;
        h.twice = flags.twice;
        assert_int_equal(ask(f, &h, cases[i].settings), cases[i].state);
        assert_has(f->text, cases[i].text);
        host_done(&h);
    }
}

static void says(struct srv *s, int fd)
{
    const struct buf *b = s->arg;

    (void)!send(fd, b->data, b->len, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    srv_wait(fd);
}

static void endless(struct srv *s, int fd)
{
    char block[4096];

    memset(block, s->arg ? 'S' : 0xff, sizeof(block));
    if (!s->arg)
        srv_say(fd, SERVER "\r\n");
    while (!s->stop && send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
        ;
}

static void drip(struct srv *s, int fd)
{
    struct pollfd p = {.fd = fd, .events = 0};

    while (!s->stop && !(p.revents & (POLLHUP | POLLERR)) && send(fd, "S", 1, MSG_NOSIGNAL) > 0)
        poll(&p, 1, 20);
}

static void silent(struct srv *s, int fd) { srv_wait(fd); }

static void reset(struct srv *s, int fd)
{
    struct linger l = {1, 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

static void hostile(struct fx *f, void (*serve)(struct srv *, int), void *arg, const char *text)
{
    struct srv s;
    char at[64];

    srv_start(&s, serve, arg);
    srv_at(&s, "", "", at, sizeof(at));
    for (int i = 0; i < 2; i++) {
        fx_run(f, "ssh", at, i ? "{\"handshake\":\"yes\"}" : NULL, 300);
        for (const char *p = f->text; *p; p++)
            assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
        assert_true(strlen(f->text) < 600);
    }
    assert_int_equal(f->state, STATE_CRITICAL);
    assert_has(f->text, text);
    srv_stop(&s);
}

static void hostile_servers(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } said[] = {
        {"220 mail\r\n", 10, "said “220 mail”, wanted SSH-2.0-"},
        {"SSH-1.5-old\r\n", 13, "said “SSH-1.5-old”"},
        {"SSH-2.0-half", 12, "said “SSH-2.0-half”"},
        {SERVER "\r\n\xff\xff\xff\xff\xff", 37, "malformed"},
        {SERVER "\r\n\0\0\0\x0c\x0aX\0\0\0\0\0\0\0\0\0\0", 48, "was not expected here"},
        {SERVER "\r\n\0\0\0\x0c\x04\x14\0\0\0\0\0\0\0\0\0\0", 48, "“KEXINIT” is malformed"},
        {SERVER "\r\n", 32, "closed the connection during the key exchange"},
        {"\0\0\n", 3, "wanted SSH-2.0-"},
    };
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(said); i++) {
        struct buf b = BUF_MAX(200);

        buf_add(&b, said[i].bytes, said[i].n);
        hostile(f, says, &b, said[i].text);
        buf_done(&b);
    }
    hostile(f, endless, (void *)"S", "said “SSSS");
    hostile(f, endless, NULL, "malformed");
    hostile(f, drip, NULL, "nothing was said within");
    hostile(f, silent, NULL, "nothing was said within");
    hostile(f, reset, NULL, "");
    assert_int_equal(fx_run(f, "ssh", "127.0.0.1:1", NULL, 1000), STATE_CRITICAL);
    assert_has(f->text, "refused");
}

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "ssh", "h", "{\"key\":\"MD5:00\"}"), "is no fingerprint");
    assert_has(fx_refused(f, "ssh", "a:b:c", NULL), "no place to connect to");
    f->address = NULL;
    assert_has(fx_refused(f, "ssh", NULL, NULL), "no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(greets, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(proves_its_key, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(other_servers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(hostile_servers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

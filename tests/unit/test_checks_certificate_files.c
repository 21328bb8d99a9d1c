/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates in files: PEM, DER, several in one, none, broken, ended, behind links as certbot lays them out. */
#include "checks_fixture.h"

#include <ftw.h>
#include <sys/stat.h>

static char dir[200], path[400];

static const char *at(const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void put(const char *name, int days, bool der, bool append)
{
    EVP_PKEY *key;
    X509 *x = cert_make(&key, days);
    FILE *f = fopen(at(name), append ? "ae" : "we");

    assert_non_null(f);
    if (der)
        i2d_X509_fp(f, x);
    else
        PEM_write_X509(f, x);
    fclose(f);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void put_text(const char *name, const char *text)
{
    FILE *f = fopen(at(name), "we");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int unlink_one(const char *p, const struct stat *st, int kind, struct FTW *w) { return remove(p); }

static int setup(void **state)
{
    fx_path(dir, sizeof(dir), "certs");
    assert_int_equal(mkdir(dir, 0700), 0);
    return fx_setup(state);
}

static int teardown(void **state)
{
    nftw(dir, unlink_one, 10, FTW_DEPTH | FTW_PHYS);
    return fx_teardown(state);
}

static void formats(void **state)
{
    struct fx *f = *state;

    put("a.pem", 100, false, false);
    put("b.der", 90, true, false);
    put("c.crt", 80, false, false);
    put("c.crt", 70, false, true);
    put_text("privkey.pem", "-----BEGIN PRIVATE KEY-----\n");
    put_text("README", "not a certificate");
    assert_int_equal(fx_run(f, "certificate_files", dir, NULL, 10000), STATE_OK);
    assert_has(f->text, "4 certificates, the first ends in 70");
    assert_has(f->text, "c.crt");
    assert_has(f->perf, "days=70.");
    assert_int_equal(fx_run(f, "certificate_files", at("*.der"), NULL, 10000), STATE_OK);
    assert_has(f->text, "1 certificate,");
}

static void ends(void **state)
{
    struct fx *f = *state;

    put("a.pem", 10, false, false);
    assert_int_equal(fx_run(f, "certificate_files", dir, NULL, 10000), STATE_WARNING);
    assert_has(f->text, "the certificate of localhost ends in 10");
    put("b.pem", 2, false, false);
    assert_int_equal(fx_run(f, "certificate_files", dir, NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "and 1 more problem");
    put("c.pem", -5, false, false);
    assert_int_equal(fx_run(f, "certificate_files", at("c.pem"), NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "ended 4");
    assert_int_equal(fx_run(f, "certificate_files", dir, "{\"exclude\":[\"*/b.pem\",\"*/c.pem\"],\"warn\":\"5d\"}", 10000), STATE_OK);
}

static void as_certbot_does(void **state)
{
    struct fx *f = *state;

    mkdir(at("archive"), 0700);
    mkdir(at("live"), 0700);
    mkdir(at("live/site"), 0700);
    put("archive/cert1.pem", 50, false, false);
    assert_int_equal(symlink("../../archive/cert1.pem", at("live/site/cert.pem")), 0);
    assert_int_equal(symlink("../../archive/gone.pem", at("live/site/chain.pem")), 0);
    assert_int_equal(fx_run(f, "certificate_files", at("live"), NULL, 10000), STATE_OK);
    assert_has(f->text, "1 certificate, the first ends in 50");
}

static void none_and_garbage(void **state)
{
    struct fx *f = *state;
    char much[5000];

    assert_int_equal(fx_run(f, "certificate_files", dir, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "there is no certificate here");
    assert_int_equal(fx_run(f, "certificate_files", at("none.pem"), NULL, 10000), STATE_CRITICAL);
    assert_has(f->text, "does not exist");
    put_text("x.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_int_equal(fx_run(f, "certificate_files", at("x.pem"), NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "there is no certificate in");
    memset(much, 0x30, sizeof(much));
    much[sizeof(much) - 1] = '\0';
    put_text("y.der", much);
    assert_int_equal(fx_run(f, "certificate_files", dir, NULL, 10000), STATE_UNKNOWN);
    assert_has(fx_refused(f, "certificate_files", "x.pem", NULL), "no path");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(formats), T(ends), T(as_certbot_does), T(none_and_garbage)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

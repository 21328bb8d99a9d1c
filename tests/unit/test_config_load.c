/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_load.c: what a configuration means, and every way in which one is refused.  The texts
 * of errors are in tests/cases/conf: NAME.yaml and the NAME.err that it must give (MON-11, GEN-2);
 * VIGIE_UPDATE=1 writes them. */
#include "config_kinds.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- golden files */

/* tests/cases/conf, found from where this file was compiled. */
static void cases_path(char *out, size_t bytes, const char *name)
{
    str_print(out, bytes, "%s/cases/conf/%s", TESTS_DIR, name);
}

static char *slurp(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    char *text = mem_alloc(1 << 20);

    if (f == NULL)
        fail_msg("%s is not there", path);
    *ret_n = fread(text, 1, (1 << 20) - 1, f);
    text[*ret_n] = '\0';
    fclose(f);
    return text;
}

static void check_case(const char *name)
{
    char path[600], golden[600];
    size_t n, want_n;
    struct buf b = BUF_MAX(1 << 20);
    struct conf_file file = {.name = name};
    char *text, *want;

    cases_path(path, sizeof(path), name);
    str_print(golden, sizeof(golden), "%.*serr", (int)(strlen(path) - 4), path);
    text = slurp(path, &n);
    file.text = text;
    file.bytes = n;
    print_errors(&b, &some_env, &file, 1, strstr(name, ".fr.") ? "fr" : "en");
    if (getenv("VIGIE_UPDATE")) {
        FILE *f = fopen(golden, "wb");

        fwrite(buf_text(&b), 1, b.len, f);
        fclose(f);
    }
    want = slurp(golden, &want_n);
    if (!str_eq(buf_text(&b), want))
        fail_msg("%s gives\n%sinstead of\n%s", name, buf_text(&b), want);
    mem_free(text);
    mem_free(want);
    buf_done(&b);
}

static void errors_are_as_written_down(void **state)
{
    char path[600];
    DIR *dir;
    int n = 0;

    (void)state;
    cases_path(path, sizeof(path), "");
    dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
        if (!str_ends(d->d_name, ".yaml"))
            continue;
        check_case(d->d_name);
        n++;
    }
    closedir(dir);
    assert_true(n >= 5);
}

/* ---- meaning */

static void the_example_of_the_design(void **state)
{
    struct conf *c = load("hosts:\n"
                          "  router1: 192.0.2.1\n"
                          "  web1:\n"
                          "    address: 192.0.2.10\n"
                          "    parents: [router1]\n"
                          "    checks:\n"
                          "      - http: https://example.org/\n"
                          "      - http: { name: login, url: https://example.org/login, expect: { "
                          "status: 2xx, body: Welcome }, every: 30s, retry: 10s, attempts: 2 }\n"
                          "      - tcp: 22\n"
                          "      - plugin: /opt/check_disk -w 10% -c 5%\n"
                          "      - load\n"
                          "components:\n"
                          "  website: { name: { en: Website, fr: Site web }, depends: [web1/http, "
                          "web1], publish: auto }\n"
                          "contacts:\n"
                          "  ops: { mail: ops@example.org }\n");
    struct conf_host *h = conf_find_host(c, "web1");
    const struct conf_check *k;
    const struct kind_opts *o;

    (void)state;
    assert_int_equal(c->n_hosts, 2);
    assert_int_equal(c->n_checks, 5);
    assert_string_equal(h->ways->names[0], "router1");
    assert_null(h->contacts);
    assert_string_equal(h->alive->kind->name, "icmp"); /* a host with an address is pinged */
    assert_null(h->alive->name);
    assert_ptr_equal(h->alive->host, h);
    assert_ptr_equal(conf_find_check(h, NULL), h->alive);
    k = conf_find_check(h, "http");
    assert_true(k->every_ms == 60000 && k->retry_ms == 15000 && k->attempts == 3 &&
                k->timeout_ms == 10000);
    assert_true(k->flap_detection && k->notify && k->enabled && !k->is_volatile &&
                k->flap_low == 20 && k->flap_high == 30);
    assert_int_equal(k->where.line, 7);
    k = conf_find_check(h, "login");
    o = opts_of(k);
    assert_true(k->every_ms == 30000 && k->retry_ms == 10000 && k->attempts == 2);
    assert_string_equal(o->url, "https://example.org/login");
    assert_string_equal(o->status.at[0], "2xx");
    assert_string_equal(o->method, "GET");
    assert_int_equal(opts_of(conf_find_check(h, "tcp"))->port, 22);
    k = conf_find_check(h, "check_disk");
    assert_int_equal(k->timeout_ms, 30000);
    assert_int_equal(c->components[0]->publish, 1);
    assert_string_equal(conf_pairs_lang(&c->components[0]->title, "fr"), "Site web");
    assert_string_equal(conf_pairs_lang(&c->components[0]->title, "de"), "Website");
    assert_string_equal(c->contacts[0]->lang, "en");
    conf_unref(c);
}

static void defaults_of_everything(void **state)
{
    struct conf *c = load("");

    (void)state;
    assert_int_equal(c->n_hosts, 0);
    assert_string_equal(c->site.lang, "en");
    assert_string_equal(c->site.listen.at[0], "127.0.0.1:8444");
    assert_true(c->site.max_in_flight == 500 && c->site.history_days == 400 && !c->site.guest);
    assert_null(c->site.zone);
    conf_unref(c);
}

static void defaults_are_inherited_wherever_they_stand(void **state)
{
    struct conf *c = load("hosts: { a: { address: a.example.org, checks: [ { tcp: { port: 1, flap: "
                          "no } }, disks, { tcp: { name: fast, port: 2, every: 5s } } ] } }\n"
                          "defaults: { every: 2m, retry: 40s, attempts: 5, notify: no, flap: { "
                          "low: 1, high: 2.5 }, contacts: [ops] }\n"
                          "contacts: { ops: ops@example.org }\n"
                          "site: { lang: fr }\n");
    struct conf_host *h = c->hosts[0];
    struct conf_check *k = conf_find_check(h, "tcp");

    (void)state;
    assert_true(k->every_ms == 120000 && k->retry_ms == 40000 && k->attempts == 5 && !k->notify);
    assert_false(k->flap_detection);
    assert_true(k->flap_high == 2.5f);
    assert_string_equal(h->contacts[0], "ops");
    assert_string_equal(c->contacts[0]->lang, "fr");
    assert_int_equal(conf_find_check(h, "disks")->every_ms, 120000); /* what is written is nearer than the kind's 300 s */
    assert_true(conf_find_check(h, "disks")->flap_detection);
    assert_int_equal(conf_find_check(h, "fast")->retry_ms, 5000); /* never slower than `every` */
    assert_int_equal(h->alive->every_ms, 120000);
    conf_unref(c);
}

/* Of three: what the check says, what stands in “defaults”, what its kind brings along; then the general ones. */
static void the_nearest_value_counts(void **state)
{
    static const char hosts[] = "hosts: { a: { address: a.example.org, checks: [ { plugin: { command: x, name: own, timeout: 5s } }, "
                                "{ plugin: { command: x, name: kin } }, disks, { tcp: 1 } ] } }\n";
    char text[600];
    struct conf *c = load(hosts), *d;
    struct conf_host *h = c->hosts[0];

    (void)state;
    assert_int_equal(conf_find_check(h, "own")->timeout_ms, 5000);
    assert_int_equal(conf_find_check(h, "kin")->timeout_ms, 30000); /* the kind's */
    assert_int_equal(conf_find_check(h, "disks")->every_ms, 300000);
    assert_int_equal(conf_find_check(h, "tcp")->timeout_ms, 10000); /* the general one */
    str_print(text, sizeof(text), "%sdefaults: { timeout: 10s }\n", hosts); /* as much as the general one, but written */
    d = load(text);
    h = d->hosts[0];
    assert_int_equal(conf_find_check(h, "own")->timeout_ms, 5000);
    assert_int_equal(conf_find_check(h, "kin")->timeout_ms, 10000);
    assert_int_equal(conf_find_check(h, "disks")->every_ms, 300000); /* of that nothing was said */
    conf_unref(c);
    conf_unref(d);
}

static void ways_to_be_alive(void **state)
{
    struct conf *c =
        load("hosts:\n"
             "  a: { address: 192.0.2.1, alive: no }\n"
             "  b: { address: 192.0.2.1, alive: { tcp: 22 } }\n"
             "  c: { address: 192.0.2.1, alive: { icmp: { packets: 7, every: 10s } } }\n"
             "  d: { address: 192.0.2.1, alive: yes }\n"
             "  e:\n"
             "  f: { alive: icmp }\n");

    (void)state;
    assert_null(conf_find_host(c, "a")->alive);
    assert_string_equal(conf_find_host(c, "b")->alive->kind->name, "tcp");
    assert_int_equal(opts_of(conf_find_host(c, "c")->alive)->port, 7);
    assert_int_equal(conf_find_host(c, "c")->alive->every_ms, 10000);
    assert_non_null(conf_find_host(c, "d")->alive);
    assert_null(conf_find_host(c, "e")->alive);
    assert_null(conf_find_host(c, "e")->address);
    assert_non_null(conf_find_host(c, "f")->alive);
    conf_unref(c);
}

static void every_type_is_read(void **state)
{
    struct conf *c = load("hosts:\n"
                          "  h:\n"
                          "    family: v6\n"
                          "    labels: { rack: '4', site: paris }\n"
                          "    checks:\n"
                          "      - tcp: { port: '443', mode: never, size: 5 MiB, wait: 1500ms, "
                          "ratio: 12.5 %, texts: one, address: 2001:db8::1 }\n"
                          "      - http:\n"
                          "          url: http://[2001:db8::1]:8080/x?y#z\n"
                          "          headers: { Host: example.org, X-A: b }\n"
                          "          follow: Off\n"
                          "          expect: 3xx\n"
                          "          slow: 2s\n"
                          "          notes: Ring Ops\n"
                          "          volatile: true\n"
                          "          freshness: 1h30m\n");
    const struct kind_opts *o = opts_of(conf_find_check(c->hosts[0], "tcp"));
    const struct conf_check *k = conf_find_check(c->hosts[0], "http");

    (void)state;
    assert_int_equal(c->hosts[0]->family, 6);
    assert_string_equal(c->hosts[0]->labels.values[0], "4");
    assert_true(o->port == 443 && o->mode == 2 && o->size == 5 << 20 && o->wait == 1500 &&
                o->ratio == 12.5);
    assert_int_equal(o->texts.n, 1);
    assert_string_equal(o->address, "2001:db8::1");
    o = opts_of(k);
    assert_false(o->follow);
    assert_string_equal(o->status.at[0], "3xx"); /* the scalar form of a group */
    assert_string_equal(o->headers.keys[1], "X-A");
    assert_true(o->slow.set && o->slow.high == 2000);
    assert_true(k->is_volatile && k->freshness_ms == 5400000);
    assert_string_equal(k->notes, "Ring Ops");
    conf_unref(c);
}

static void secrets_come_from_files(void **state)
{
    int reads = 0;
    struct conf_env env = {.kinds = some_kinds, .read_secret = some_secret, .arg = &reads};
    struct conf *c = load_env(
        &env,
        "site: { mail: { password: { file: /secret } } }\n"
        "hosts: { h: { checks: [ { http: { url: 'http://x/', token: { file: /secret } } } ] } }\n");
    struct conf_file file = {.name = "v", .text = "site: { mail: { password: { file: /none } } }"};
    struct buf b = BUF_MAX(10000);

    (void)state;
    assert_string_equal(c->site.mail.password, "hush");
    assert_string_equal(opts_of(c->hosts[0]->checks[0])->token, "hush");
    assert_int_equal(reads, 1);
    conf_unref(c);
    file.bytes = strlen(file.text);
    print_errors(&b, &env, &file, 1, "en");
    assert_non_null(strstr(buf_text(&b), "the secret in /none cannot be read: no such file"));
    buf_done(&b);
    refuse(file.text, "files cannot be read here");
}

static void the_machine_itself(void **state)
{
    struct conf_env env = {.kinds = some_kinds, .local_host = true, .machine_name = "box"};
    struct conf *c = NULL;

    (void)state;
    assert_int_equal(conf_load(&env, NULL, 0, &c, NULL), 0);
    assert_int_equal(c->n_hosts, 1);
    assert_string_equal(c->hosts[0]->name, "box");
    assert_string_equal(c->hosts[0]->title, "This machine");
    assert_string_equal(c->hosts[0]->groups[0], "local");
    assert_null(c->hosts[0]->address);
    assert_null(c->hosts[0]->alive);
    assert_int_equal(c->hosts[0]->n_checks, 2); /* disks and load, of the kinds that there are */
    assert_int_equal(c->hosts[0]->checks[0]->where.line, 0);
    conf_unref(c);
    c = load_env(&env, "hosts: { web1: }");
    assert_int_equal(c->n_hosts, 1); /* not when a host is configured */
    assert_string_equal(c->hosts[0]->name, "web1");
    conf_unref(c);
    env.machine_name = "bad/name";
    c = load_env(&env, "site: { lang: fr }");
    assert_string_equal(c->hosts[0]->name, "localhost");
    conf_unref(c);
}

static void hosts_are_in_natural_order(void **state)
{
    struct conf *c = load("hosts: { web10: , web2: , router: , web1: }\ngroups: { b: Bees, a: { "
                          "title: { fr: Les a } } }");

    (void)state;
    assert_string_equal(c->hosts[0]->name, "router");
    assert_string_equal(c->hosts[2]->name, "web2");
    assert_string_equal(c->hosts[3]->name, "web10");
    assert_int_equal(c->n_groups, 2);
    assert_string_equal(conf_pairs_lang(&c->groups[0]->title, "en"), "Les a");
    assert_string_equal(conf_pairs_lang(&c->groups[1]->title, "fr"), "Bees");
    conf_unref(c);
}

/* ---- several files */

static int load_two(const char *one, const char *two, struct conf **ret, struct buf *errors)
{
    struct conf_file files[] = {{.name = "one.yaml", .text = one, .bytes = strlen(one)},
                                {.name = "two.yaml", .text = two, .bytes = strlen(two)}};
    struct conf_errors es;
    int r = conf_load(&some_env, files, 2, ret, &es);

    for (int i = 0; i < es.n; i++)
        conf_error_print(errors, &es.at[i], "en");
    conf_errors_done(&es);
    return r;
}

static void later_files_add(void **state)
{
    struct buf b = BUF_MAX(10000);
    struct conf *c = NULL;

    (void)state;
    assert_int_equal(load_two("hosts: { web1: { address: 192.0.2.1, checks: [ load ] } }",
                              "hosts: { web1: { checks: [ { tcp: 22 } ] }, web2: { parents: [web1] "
                              "} }\nsite: { zone: Europe/Paris }",
                              &c, &b),
                     0);
    assert_int_equal(conf_find_host(c, "web1")->n_checks, 2);
    assert_string_equal(c->files[conf_find_check(conf_find_host(c, "web1"), "tcp")->where.file],
                        "two.yaml");
    assert_int_equal(c->n_files, 2);
    c = conf_unref(c);
    assert_int_equal(load_two("site: { zone: UTC }\nhosts: { web1: { checks: [ { tcp: 22 } ] } }",
                              "site: { zone: UTC }\nhosts: { web1: { address: 192.0.2.1 }, web2: "
                              "}\ncontacts: { a: a@b, a: a@b }",
                              &c, &b),
                     ERR_INVALID);
    assert_null(c);
    assert_non_null(
        strstr(buf_text(&b), "two.yaml:1:9: site.zone is given already, in one.yaml:1"));
    assert_non_null(strstr(buf_text(&b), "the host web1 exists already, in one.yaml:2"));
    buf_clear(&b);
    assert_int_equal(load_two("hosts: { web1: { checks: [ { tcp: 22 } ] } }",
                              "hosts: { web1: { checks: [ { tcp: 23 } ] } }", &c, &b),
                     ERR_INVALID);
    assert_non_null(
        strstr(buf_text(&b), "two.yaml:1:30: web1 already has a check “tcp”, in one.yaml:1"));
    buf_done(&b);
}

/* By then the first file's tree is gone, and its memory is used again. */
static void later_files_know_the_host(void **state)
{
    struct buf b = BUF_MAX(10000);
    struct conf *c = NULL;
    const struct conf_check *k;

    (void)state;
    assert_int_equal(load_two("hosts:\n  web1: { address: 192.0.2.1, every: 7m, groups: [g],\n          vars: { word: first, map: { port: 2222 } }, labels: { l.x: 1 }, checks: [ load ] }\n"
                              "  web2: { address: 192.0.2.2, every: 9m, vars: { word: second }, checks: [ load ] }\n"
                              "groups: { g: { vars: { of_group: yes } } }\n",
                              "hosts:\n  web2: { checks: [ { tcp: 22 } ] }\n  web1:\n    checks:\n"
                              "      - tcp: { port: \"${map.port}\", name: \"${word}-${host.name}-${host.address}-${host.labels.l.x}-${of_group}\" }\n",
                              &c, &b),
                     0);
    k = conf_find_check(conf_find_host(c, "web1"), "first-web1-192.0.2.1-1-yes");
    assert_non_null(k);
    assert_int_equal(k->every_ms, 7 * 60000);
    assert_int_equal(conf_find_check(conf_find_host(c, "web2"), "tcp")->every_ms, 9 * 60000);
    conf_unref(c);
    buf_done(&b);
}

/* A file that is no YAML does not make names in others wrong. */
static void a_broken_file_hides_nothing(void **state)
{
    struct buf b = BUF_MAX(10000);
    struct conf *c = NULL;

    (void)state;
    assert_int_equal(
        load_two("hosts: { web1: ", "hosts: { web2: { parents: [web1], wat: 1 } }", &c, &b),
        ERR_INVALID);
    assert_non_null(strstr(buf_text(&b), "one.yaml:1:"));
    assert_non_null(strstr(buf_text(&b), "unknown key “wat”"));
    assert_null(strstr(buf_text(&b), "no host"));
    buf_done(&b);
}

/* ---- limits and odd input */

static void errors_are_counted_past_the_ceiling(void **state)
{
    struct buf text = BUF_MAX(100000), b = BUF_MAX(1 << 20);
    struct conf_file file = {.name = "v"};

    (void)state;
    buf_str(&text, "hosts:\n  h:\n");
    for (int i = 0; i < 150; i++)
        buf_printf(&text, "    wrong%d: 1\n", i);
    file.text = buf_text(&text);
    file.bytes = text.len;
    print_errors(&b, &some_env, &file, 1, "en");
    assert_true(str_ends(buf_text(&b), "and 50 more\n"));
    buf_done(&text);
    buf_done(&b);
}

static void names(void **state)
{
    char text[300], name[102];

    (void)state;
    memset(name, 'x', 101);
    name[101] = '\0';
    str_print(text, sizeof(text), "hosts: { %s: }", name);
    refuse(text, "at most 100 bytes; this one has 101");
    name[100] = '\0';
    str_print(text, sizeof(text), "hosts: { %s: }", name);
    conf_unref(load(text));
    refuse("hosts: { \"a/b\": }", "may not hold “/”");
    refuse("hosts: { \"\": }", "may not be empty");
    refuse("hosts: { \" a\": }", "begins or ends with a blank");
    refuse("hosts: { \"a\\u202eb\": }", "control character");
    refuse("hosts: { h: { checks: [ { tcp: { port: 1, name: \"a\\tb\" } } ] } }",
           "control character");
    refuse("hosts: { h: { groups: [ a/b ] } }", "may not hold “/”");
    refuse("contacts: { \"a/b\": a@b }", "may not hold “/”");
}

static void former_names(void **state)
{
    (void)state;
    refuse("hosts: { a: { was: b }, b: }", "there still is a host “b”");
    refuse("hosts: { a: { was: x }, b: { was: x } }", "two hosts cannot both have been “x”");
    refuse("hosts: { a: { checks: [ { tcp: { port: 1, was: load } }, load ] } }",
           "still has a check “load”");
}

static void loops_of_parents(void **state)
{
    struct buf text = BUF_MAX(4 << 20);
    struct conf *c;

    (void)state;
    refuse("hosts: { a: { parents: [b] }, b: { parents: [c] }, c: { parents: [a] } }",
           "a → b → c → a");
    refuse("hosts: { a: { parents: [a] } }", "a → a");
    buf_str(&text, "hosts:\n  h0:\n");
    for (int i = 1; i < 20000; i++)
        buf_printf(&text, "  h%d: { parents: [h%d, h%d] }\n", i, i - 1, i / 2);
    c = load(buf_text(&text));
    assert_int_equal(c->n_hosts, 20000);
    conf_unref(c);
    buf_done(&text);
}

static void equal_options_are_kept_once(void **state)
{
    struct conf *c = load("hosts: { a: { checks: [ { tcp: 22 }, load ] }, b: { checks: [ { tcp: { "
                          "port: 22, every: 1h } }, { tcp: { name: x, port: 23 } } ] } }");
    const struct conf_check *a = c->hosts[0]->checks[0], *b = c->hosts[1]->checks[0];

    (void)state;
    assert_ptr_equal(a->packed, b->packed);
    assert_true(a->print != b->print);
    assert_true(a->packed != c->hosts[1]->checks[1]->packed);
    conf_unref(c);
}

/* ---- options outside files */

static void options_from_words(void **state)
{
    struct arena *a = arena_new(0);
    struct doc *d = doc_object(a);
    struct err e;
    void *opts = NULL;

    (void)state;
    doc_put_text(d, "expect.status", "404");
    doc_put_bool(d, "follow", false);
    doc_put_text(doc_put_object(d, "headers"), "Host", "example.org");
    assert_int_equal(conf_opts(&some_env, &http_kind, a, "https://example.org/", d, &opts, &e), 0);
    assert_string_equal(((struct kind_opts *)opts)->url, "https://example.org/");
    assert_string_equal(((struct kind_opts *)opts)->status.at[0], "404");
    assert_string_equal(((struct kind_opts *)opts)->headers.values[0], "example.org");
    assert_false(((struct kind_opts *)opts)->follow);
    assert_int_equal(conf_opts(&some_env, &tcp_kind, a, "22", NULL, &opts, &e), 0);
    assert_int_equal(((struct kind_opts *)opts)->port, 22);
    assert_int_equal(conf_opts(&some_env, &tcp_kind, a, "x", NULL, &opts, &e), ERR_INVALID);
    assert_string_equal(e.field, "port");
    doc_put_text(d, "method", "get");
    assert_int_equal(conf_opts(&some_env, &http_kind, a, "https://example.org/", d, &opts, &e),
                     ERR_INVALID);
    assert_string_equal(e.field, "method");
    assert_int_equal(conf_opts(&some_env, &http_kind, a, NULL, NULL, &opts, &e), ERR_INVALID);
    assert_int_equal(conf_opts(&some_env, &load_kind, a, "x", NULL, &opts, &e), ERR_INVALID);
    arena_free(a);
}

/* ---- threads */

static void *load_often(void *arg)
{
    for (int i = 0; i < 50; i++) {
        struct conf *c = load("contacts: { ops: ops@example.org }\nhosts: { a: { address: "
                              "192.0.2.1, checks: [ { http: 'http://x/' }, disks ] } }");

        conf_unref(conf_ref(c));
        conf_unref(conf_ref(arg));
        conf_unref(c);
    }
    return NULL;
}

static void loads_at_the_same_time(void **state)
{
    struct conf *shared = load("hosts: { a: }");
    pthread_t threads[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_often, shared), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_null(conf_unref(shared));
    assert_null(conf_unref(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_as_written_down),
        cmocka_unit_test(the_example_of_the_design),
        cmocka_unit_test(defaults_of_everything),
        cmocka_unit_test(defaults_are_inherited_wherever_they_stand),
        cmocka_unit_test(the_nearest_value_counts),
        cmocka_unit_test(ways_to_be_alive),
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(secrets_come_from_files),
        cmocka_unit_test(the_machine_itself),
        cmocka_unit_test(hosts_are_in_natural_order),
        cmocka_unit_test(later_files_add),
        cmocka_unit_test(later_files_know_the_host),
        cmocka_unit_test(a_broken_file_hides_nothing),
        cmocka_unit_test(errors_are_counted_past_the_ceiling),
        cmocka_unit_test(names),
        cmocka_unit_test(former_names),
        cmocka_unit_test(loops_of_parents),
        cmocka_unit_test(equal_options_are_kept_once),
        cmocka_unit_test(options_from_words),
        cmocka_unit_test(loads_at_the_same_time),
    };

    return cmocka_run_group_tests_name("config_load", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_auth_directory.c: log-in by a directory that behaves, lies, is slow or away; names that mean something to a filter; who is
 * looked up again.  The directory is a little server on a thread of its own, the clocks are real.  ST-15. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "twin_kit.h"
#include "wire/ldap.h"

enum mood { GOOD, LOCKED, EXPIRED_NOW, RESET, TWICE, NOBODY, NO_SERVICE, BUSY, GARBAGE, OTHER_ID, CLOSES, STARTTLS_INJECTS, STARTTLS_NO, SILENT, HUGE_DN, DISCONNECTS };

struct peer {
    int fd, port;
    pthread_t thread;
    enum mood mood;
    bool stop;
    int conversations;
    char binds[8][200]; /* "DN PASSWORD" */
    int n_binds;
    char filters[8][300];
    int n_filters;
    const char *groups[4];
};

static void say(int fd, const void *p, size_t n) { (void)!send(fd, p, n, MSG_NOSIGNAL); }

static void result(int fd, int64_t id, unsigned op, int code, int policy)
{
    unsigned char space[300];
    struct ber_out o = ber_out_of(space, sizeof space);
    if (policy >= 0) {
        const unsigned char *all = o.at;
        unsigned char error = (unsigned char)policy;
        ber_put(&o, 0x81, &error, 1);
        ber_close(&o, BER_SEQUENCE, all);
        ber_close(&o, BER_OCTETS, all);
        ber_put(&o, BER_OCTETS, "1.3.6.1.4.1.42.2.27.8.5.1", 25);
        ber_close(&o, BER_SEQUENCE, all);
        ber_close(&o, 0xa0, all);
    }
    const unsigned char *body = o.at;
    ber_put(&o, BER_OCTETS, "because", 7);
    ber_put(&o, BER_OCTETS, "", 0);
    ber_put_int(&o, BER_ENUM, code);
    ber_close(&o, op, body);
    ber_put_int(&o, BER_INT, id);
    ber_close(&o, BER_SEQUENCE, o.end);
    struct str s = ber_written(&o);
    say(fd, s.p, s.n);
}

static void entry(int fd, int64_t id, const char *dn)
{
    unsigned char space[2000];
    struct ber_out o = ber_out_of(space, sizeof space);
    ber_close(&o, BER_SEQUENCE, o.end);
    ber_put(&o, BER_OCTETS, dn, strlen(dn));
    ber_close(&o, LDAP_ENTRY, o.end);
    ber_put_int(&o, BER_INT, id);
    ber_close(&o, BER_SEQUENCE, o.end);
    struct str s = ber_written(&o);
    say(fd, s.p, s.n);
}

static void bound(struct peer *p, int fd, int64_t id, struct str in)
{
    struct str all = in, body, dn, password;
    int64_t n;
    unsigned tag;
    ber_take(&all, BER_SEQUENCE, &in);
    ber_take_int(&in, BER_INT, &n);
    ber_next(&in, &tag, &body);
    ber_take_int(&body, BER_INT, &n);
    ber_take(&body, BER_OCTETS, &dn);
    ber_take(&body, 0x80, &password);
    str_print(p->binds[p->n_binds++ % 8], sizeof p->binds[0], "%.*s %.*s", (int)dn.n, dn.p, (int)password.n, password.p);
    bool service = dn.n == 10 && memcmp(dn.p, "cn=service", 10) == 0, right = str_is(password, service ? "ours" : "her own words");
    if (service)
        result(fd, id, LDAP_BIND_RESPONSE, p->mood == NO_SERVICE || !right ? 49 : 0, -1);
    else if (p->mood == LOCKED || p->mood == EXPIRED_NOW)
        result(fd, id, LDAP_BIND_RESPONSE, 49, p->mood == LOCKED ? 1 : 0);
    else if (p->mood == BUSY)
        result(fd, id, LDAP_BIND_RESPONSE, 51, -1);
    else
        result(fd, id, LDAP_BIND_RESPONSE, right ? 0 : 49, right && p->mood == RESET ? 2 : -1);
}

static void searched(struct peer *p, int fd, int64_t id, struct str in)
{
    struct str all = in, body, base, item;
    int64_t n;
    unsigned tag;
    static char huge[600];
    ber_take(&all, BER_SEQUENCE, &in);
    ber_take_int(&in, BER_INT, &n);
    ber_next(&in, &tag, &body);
    ber_take(&body, BER_OCTETS, &base);
    for (int i = 0; i < 5; i++)
        ber_next(&body, &tag, &item);
    ber_next(&body, &tag, &item); /* the filter: an equality */
    struct str name, value;
    ber_take(&item, BER_OCTETS, &name);
    ber_take(&item, BER_OCTETS, &value);
    str_print(p->filters[p->n_filters++ % 8], sizeof p->filters[0], "%02x %.*s=%.*s", tag, (int)name.n, name.p, (int)value.n, value.p);
    memset(huge, 'x', sizeof huge - 1);
    if (str_is(base, "ou=people"))
        for (int i = 0; i < (p->mood == NOBODY ? 0 : p->mood == TWICE ? 2 : 1); i++)
            entry(fd, id + (p->mood == OTHER_ID), p->mood == HUGE_DN ? huge : "cn=Anna\\, the (first)*,ou=people");
    for (size_t i = 0; str_is(base, "ou=groups") && i < COUNT(p->groups) && p->groups[i]; i++)
        entry(fd, id, p->groups[i]);
    result(fd, id, LDAP_DONE, 0, -1);
}

static void converse(struct peer *p, int fd)
{
    char in[4096];
    ssize_t n;
    while ((n = recv(fd, in, sizeof in, 0)) > 0) {
        struct ldap_message m;
        if (p->mood == CLOSES)
            return;
        if (p->mood == GARBAGE)
            say(fd, "HTTP/1.1 400 what?\r\n\r\n", 22);
        if (p->mood == SILENT || p->mood == GARBAGE || ldap_decode(in, (size_t)n, &m) != 0)
            continue;
        if (p->mood == DISCONNECTS)
            result(fd, 0, LDAP_EXTENDED_RESPONSE, 52, -1);
        else if (m.op == LDAP_BIND)
            bound(p, fd, m.id, (struct str){in, (size_t)n});
        else if (m.op == LDAP_SEARCH)
            searched(p, fd, m.id, (struct str){in, (size_t)n});
        else if (m.op == LDAP_EXTENDED)
            result(fd, m.id, LDAP_EXTENDED_RESPONSE, p->mood == STARTTLS_NO ? 2 : 0, -1);
        if (m.op == LDAP_EXTENDED && p->mood == STARTTLS_INJECTS)
            result(fd, 4, LDAP_BIND_RESPONSE, 0, -1);
    }
}

static void *serve(void *arg)
{
    struct peer *p = arg;
    for (;;) {
        int fd = accept(p->fd, NULL, NULL);
        if (fd < 0 || p->stop) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        p->conversations++;
        converse(p, fd);
        close(fd);
    }
}

static void peer_start(struct peer *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    p->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(p->fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p->fd, 8), 0);
    getsockname(p->fd, (struct sockaddr *)&at, &n);
    p->port = ntohs(at.sin_port);
    pthread_create(&p->thread, NULL, serve, p);
}

static void peer_stop(struct peer *p)
{
    p->stop = true;
    shutdown(p->fd, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->fd);
}

/* ---- the house ---- */

struct house {
    char dir[64], path[100], yaml[2000];
    struct peer peer;
    struct loop *loop;
    struct work_pool *workers;
    struct store *store;
    struct auth *auth;
    struct conf *conf;
    int code;
    char secret[80], text[700];
    bool over;
    struct timer late;
};

static const struct store_migration *const migrations[] = {auth_migrations, NULL};
static const struct conf *conf_of(void *arg) { return ((struct house *)arg)->conf; }

static void configure(struct house *h, const char *urls, const char *more)
{
    struct conf_env env = {.kinds = twin_kind_list};
    static struct conf_errors errors;
    str_print(h->yaml, sizeof h->yaml,
              "login:\n  ldap:\n    url: [%s]\n    starttls: no\n    bind_dn: cn=service\n    password: ours\n    base: ou=people\n    timeout: 200ms\n    recheck: 5s\n"
              "    groups: { base: ou=groups }\n    roles: { \"CN=admins, ou=Groups\": admin, \"cn=staff,ou=groups\": operator%s }\n",
              urls, more);
    struct conf_file file = {"test.yaml", h->yaml, strlen(h->yaml)};
    struct conf *c = NULL;
    if (conf_load(&env, &file, 1, &c, &errors) != 0) {
        struct buf text = BUF_MAX(4000);
        conf_error_print(&text, &errors.at[0], "en");
        print_error("%s\n", buf_text(&text));
        buf_done(&text);
    }
    assert_non_null(c);
    conf_errors_done(&errors);
    c->login.ldap.recheck_ms = 300; /* people wait longer */
    conf_unref(h->conf);
    h->conf = c;
}

static void too_late(void *arg)
{
    struct house *h = arg;
    loop_stop(h->loop);
}

static void run(struct house *h, int64_t ms)
{
    timer_set(&h->late, ms);
    loop_run(h->loop);
    timer_clear(&h->late);
}

static void on_session(void *arg, int code, const char *secret, const struct err *e)
{
    struct house *h = arg;
    struct buf text = BUF_MAX(600);
    if (e)
        msg_render(&text, e->text, "en");
    h->code = code;
    h->over = true;
    str_copy(h->secret, sizeof h->secret, secret ? secret : "");
    str_copy(h->text, sizeof h->text, buf_text(&text));
    buf_done(&text);
    loop_stop(h->loop);
}

static void on_done(void *arg, int code, const struct err *e) { on_session(arg, code, NULL, e); }

static int login(struct house *h, const char *name, const char *password)
{
    h->over = false;
    auth_login(h->auth, name, password, "198.51.100.1", clock_wall_ms(), on_session, h);
    run(h, 30000);
    assert_true(h->over);
    return h->code;
}

static enum role role_now(struct house *h)
{
    struct principal p;
    return auth_session(h->auth, h->secret, clock_wall_ms(), &p) == 0 ? p.role : ROLE_NONE;
}

static int setup(void **state)
{
    struct house *h = NEW(struct house);
    struct err e = {0};
    static int lines;
    log_set(twin_quiet_log, &lines, LOG_DEBUG);
    str_copy(h->dir, sizeof h->dir, "/tmp/vigie-directory-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    str_print(h->path, sizeof h->path, "%s/t.db", h->dir);
    h->loop = loop_new("main");
    timer_init(&h->late, h->loop, too_late, h);
    h->workers = work_pool_new("workers", 2, 100);
    assert_int_equal(store_open(h->path, NULL, h->loop, migrations, &h->store, &e), 0);
    h->auth = auth_new(h->loop, h->store, h->workers, &e);
    assert_non_null(h->auth);
    h->auth->cost_log2 = 4;
    h->peer.groups[0] = "cn=staff,ou=groups";
    peer_start(&h->peer);
    char url[60];
    str_print(url, sizeof url, "\"ldap://127.0.0.1:%d\"", h->peer.port);
    configure(h, url, "");
    auth_set_outside(h->auth, &(struct auth_outside){.conf = conf_of, .arg = h});
    auth_user_add(h->auth, "local", "correct horse battery", ROLE_ADMIN, clock_wall_ms(), on_done, h);
    run(h, 30000);
    assert_int_equal(h->code, 0);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct house *h = *state;
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char name[128];
    h->auth = auth_free(h->auth);
    peer_stop(&h->peer);
    work_pool_free(h->workers);
    store_close(h->store);
    run(h, 1);
    loop_free(h->loop);
    conf_unref(h->conf);
    for (size_t i = 0; i < COUNT(ends); i++) {
        str_print(name, sizeof name, "%s%s", h->path, ends[i]);
        unlink(name);
    }
    rmdir(h->dir);
    log_set(NULL, NULL, LOG_NOTE);
    mem_free(h);
    return 0;
}

/* ---- tests ---- */

static void the_directory_lets_in(void **state)
{
    struct house *h = *state;
    struct principal p;
    assert_int_equal(login(h, "Anna", "her own words"), 0);
    assert_int_equal(auth_session(h->auth, h->secret, clock_wall_ms(), &p), 0);
    assert_string_equal(p.name, "anna");
    assert_int_equal(p.role, ROLE_OPERATOR);
    assert_string_equal(h->peer.binds[0], "cn=service ours");
    assert_string_equal(h->peer.binds[1], "cn=Anna\\, the (first)*,ou=people her own words");
    assert_string_equal(h->peer.filters[0], "a3 uid=anna");
    assert_string_equal(h->peer.filters[1], "a3 member=cn=Anna\\, the (first)*,ou=people"); /* one value, whatever stands in it */
    struct arena *a = arena_new(0);
    struct doc *list = doc_list(a);
    auth_users(h->auth, list);
    assert_string_equal(doc_text(doc_first(list), "name", ""), "anna");
    assert_string_equal(doc_text(doc_first(list), "origin", ""), "ldap");
    arena_free(a);
}

static void the_highest_role_of_the_groups_counts_each_time(void **state)
{
    struct house *h = *state;
    h->peer.groups[1] = "cn=Admins,ou=groups";
    assert_int_equal(login(h, "anna", "her own words"), 0);
    assert_int_equal(role_now(h), ROLE_ADMIN);
    h->peer.groups[1] = NULL;
    assert_int_equal(login(h, "anna", "her own words"), 0);
    assert_int_equal(role_now(h), ROLE_OPERATOR);
    h->peer.groups[0] = "cn=guests,ou=groups";
    assert_int_equal(login(h, "anna", "her own words"), ERR_DENIED);
    assert_non_null(strstr(h->text, "no group"));
}

/* Wrong, locked, expired, to be changed, unknown, ambiguous: one text. */
static void whatever_is_wrong_reads_the_same(void **state)
{
    struct house *h = *state;
    static const enum mood moods[] = {LOCKED, EXPIRED_NOW, RESET, TWICE, NOBODY, HUGE_DN};
    assert_int_equal(login(h, "anna", "not her words"), ERR_AUTH);
    assert_string_equal(h->text, "Wrong name or password.");
    for (size_t i = 0; i < COUNT(moods); i++) {
        h->peer.mood = moods[i];
        limit_done(&h->auth->limit);
        assert_int_equal(login(h, "anna", "her own words"), ERR_AUTH);
        assert_string_equal(h->text, "Wrong name or password.");
    }
}

/* RFC 4513 5.1.2: a bind without a password is one as nobody, and succeeds. */
static void nothing_is_asked_without_a_password(void **state)
{
    struct house *h = *state;
    assert_int_equal(login(h, "anna", ""), ERR_AUTH);
    static const char *const names[] = {"*", "anna)(uid=*", "anna\\2a", "", "an na", "anna)(|(uid=*)", "a\xcc\x80"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(login(h, names[i], "her own words"), ERR_AUTH);
        assert_string_equal(h->text, "Wrong name or password.");
    }
    assert_int_equal(h->peer.conversations, 0);
}

static void a_local_user_comes_first(void **state)
{
    struct house *h = *state;
    assert_int_equal(login(h, "local", "correct horse battery"), 0);
    assert_int_equal(login(h, "local", "her own words"), ERR_AUTH);
    assert_int_equal(login(h, "LOCAL", "her own words"), ERR_AUTH); /* no second user beside it either */
    assert_int_equal(h->peer.conversations, 0);
}

static void one_that_cannot_be_asked_says_so(void **state)
{
    struct house *h = *state;
    static const enum mood moods[] = {NO_SERVICE, BUSY, GARBAGE, OTHER_ID, CLOSES, SILENT, DISCONNECTS};
    for (size_t i = 0; i < COUNT(moods); i++) {
        h->peer.mood = moods[i];
        assert_int_equal(login(h, "anna", "her own words"), ERR_IO);
        assert_non_null(strstr(h->text, "cannot be asked"));
    }
    h->peer.mood = GOOD;
    assert_int_equal(login(h, "anna", "her own words"), 0); /* and nobody was made to wait for it */
    assert_int_equal(login(h, "local", "correct horse battery"), 0);
}

static void the_next_server_is_asked(void **state)
{
    struct house *h = *state;
    struct peer bad = {.mood = GARBAGE};
    char urls[200];
    peer_start(&bad);
    str_print(urls, sizeof urls, "\"ldap://127.0.0.1:1\", \"ldap://127.0.0.1:%d\", \"ldap://127.0.0.1:%d\"", bad.port, h->peer.port);
    configure(h, urls, "");
    assert_int_equal(login(h, "anna", "her own words"), 0);
    assert_int_equal(bad.conversations, 1);
    assert_int_equal(login(h, "anna", "not her words"), ERR_AUTH); /* a refusal is an answer: nobody else is asked */
    peer_stop(&bad);
}

static void what_comes_before_tls_counts_for_nothing(void **state)
{
    struct house *h = *state;
    static const enum mood moods[] = {STARTTLS_INJECTS, STARTTLS_NO};
    char yaml[2000];
    str_print(yaml, sizeof yaml, "login:\n  ldap: { url: \"ldap://127.0.0.1:%d\", base: ou=people, timeout: 200ms, roles: { \"*\": admin } }\n", h->peer.port);
    struct conf_env env = {.kinds = twin_kind_list};
    static struct conf_errors errors;
    struct conf_file file = {"test.yaml", yaml, strlen(yaml)};
    struct conf *c = NULL;
    assert_int_equal(conf_load(&env, &file, 1, &c, &errors), 0);
    conf_errors_done(&errors);
    conf_unref(h->conf);
    h->conf = c;
    for (size_t i = 0; i < COUNT(moods); i++) {
        h->peer.mood = moods[i];
        assert_int_equal(login(h, "anna", "her own words"), ERR_IO);
    }
    assert_int_equal(h->peer.n_binds, 0); /* no password went out */
}

static void guessing_is_slowed_here_as_everywhere(void **state)
{
    struct house *h = *state;
    int asked = 0;
    for (int i = 0; i < 12 && login(h, "anna", "not her words") != ERR_BUSY; i++)
        asked = h->peer.conversations;
    assert_int_equal(h->code, ERR_BUSY);
    assert_int_equal(login(h, "anna", "her own words"), ERR_BUSY);
    assert_int_equal(h->peer.conversations, asked);
}

static void who_is_gone_is_out(void **state)
{
    struct house *h = *state;
    assert_int_equal(login(h, "anna", "her own words"), 0);
    h->peer.mood = SILENT; /* away: nothing changes */
    run(h, 1500);
    assert_int_equal(role_now(h), ROLE_OPERATOR);
    h->peer.mood = GOOD;
    h->peer.groups[0] = "cn=admins,ou=groups";
    run(h, 1000);
    assert_int_equal(role_now(h), ROLE_ADMIN); /* of the session that is there */
    h->peer.mood = NOBODY;
    run(h, 1000);
    struct principal p;
    assert_int_equal(auth_session(h->auth, h->secret, clock_wall_ms(), &p), ERR_AUTH);
}

static void passwords_and_roles_of_a_directory_are_not_ours(void **state)
{
    struct house *h = *state;
    h->peer.groups[0] = "cn=admins,ou=groups";
    assert_int_equal(login(h, "anna", "her own words"), 0);
    auth_user_set(h->auth, "anna", "correct horse battery", -1, clock_wall_ms(), on_done, h);
    run(h, 30000);
    assert_int_equal(h->code, ERR_CONFLICT);
    auth_user_remove(h->auth, "local", on_done, h); /* the last admin with a password of ours */
    run(h, 30000);
    assert_int_equal(h->code, ERR_CONFLICT);
    auth_user_remove(h->auth, "anna", on_done, h);
    run(h, 30000);
    assert_int_equal(h->code, 0);
}

static void names_of_entries_compare(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"cn=admins,ou=groups", "CN=Admins, OU=Groups", true},
        {"cn = admins , ou=groups", "cn=admins,ou=groups", true},
        {"cn=Doe\\, Jo", "cn=doe\\2c jo", true},
        {"cn=Doe\\, Jo", "cn=doe,jo", false},
        {"cn=a\\,ou=groups", "cn=a,ou=groups", false},
        {"cn=admins,ou=groups", "cn=admins", false},
        {"cn=ad mins", "cn=admins", false},
        {"cn=a\\ ", "cn=a", false},
        {"", "", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(dn_same(str_of(rows[i].a), str_of(rows[i].b)), rows[i].same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(the_directory_lets_in), T(the_highest_role_of_the_groups_counts_each_time), T(whatever_is_wrong_reads_the_same), T(nothing_is_asked_without_a_password),
        T(a_local_user_comes_first), T(one_that_cannot_be_asked_says_so), T(the_next_server_is_asked), T(what_comes_before_tls_counts_for_nothing),
        T(guessing_is_slowed_here_as_everywhere), T(who_is_gone_is_out), T(passwords_and_roles_of_a_directory_are_not_ours), cmocka_unit_test(names_of_entries_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

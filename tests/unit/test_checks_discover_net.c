/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discovery of a network in the simulated world: who is found and what is proposed, the rate, losses, hostile hosts, refusals, stops, and
 * parents by LLDP, by SNMP and by routes. */
#include "checks_twin.h"
#include "snmp_agent.h"

#include "base/map.h"
#include "checks/discover/net_priv.h"

enum { LIMIT_MS = 600000, RATE = 250 };

/* ---- a run and what it told ---- */

struct told {
    char *key, *source, *host, *address, *parents, *check, *yaml, *what, *evidence;
};
struct run {
    struct loop *loop;
    struct discover *d;
    VEC(struct told) told;
    bool ended;
    int code;
    char error[800];
    struct discover_progress last;
    int64_t began_ms, took_ms;
    int stop_after; /* findings; 0: never */
};

static void on_finding(void *arg, const struct finding *f)
{
    struct run *r = arg;

    assert_false(r->ended);
    VEC_PUSH(&r->told, ((struct told){mem_dup(f->key), mem_dup(f->source), mem_dup(f->host), mem_dup(f->address), mem_dup(f->parents), mem_dup(f->check),
                                      mem_dup(f->yaml), mem_dup(f->what), mem_dup(f->evidence)}));
    if (r->stop_after && (int)r->told.n >= r->stop_after)
        discover_stop(r->d);
}

static void on_progress(void *arg, const struct discover_progress *p)
{
    struct run *r = arg;

    assert_true(p->done >= 0 && p->doing && p->doing[0]);
    r->last = *p;
}

static void on_end(void *arg, const struct err *e)
{
    struct run *r = arg;
    struct buf text = BUF_MAX(sizeof(r->error) - 1);

    assert_false(r->ended);
    r->ended = true;
    r->code = e ? e->code : 0;
    r->took_ms = sim_now_ms() - r->began_ms;
    if (e)
        msg_render(&text, e->text, "en");
    str_copy(r->error, sizeof(r->error), buf_text(&text));
    buf_done(&text);
}

static const struct discover_events events = {on_finding, on_progress, on_end};

static void run_begin(struct run *r, const struct discover_net_ask *ask)
{
    struct err e;

    memset(r, 0, sizeof(*r));
    r->loop = loop_new("discover");
    r->began_ms = sim_now_ms();
    sim_packets_count();
    r->d = discover_net(r->loop, ask, &events, r, &e);
    assert_non_null(r->d);
}

static void run_all(struct run *r, const struct discover_net_ask *ask)
{
    run_begin(r, ask);
    sim_run_flag(&r->ended, LIMIT_MS);
    assert_true(r->ended);
}

static void run_done(struct run *r)
{
    for (size_t i = 0; i < r->told.n; i++) {
        char **at = (char **)&r->told.at[i];
        for (size_t k = 0; k < sizeof(struct told) / sizeof(char *); k++)
            mem_free(at[k]);
    }
    VEC_DONE(&r->told);
    loop_free(r->loop);
}

static const struct told *find(const struct run *r, const char *host, const char *check)
{
    for (size_t i = 0; i < r->told.n; i++)
        if (str_eq(r->told.at[i].host, host) && str_eq(r->told.at[i].check, check))
            return &r->told.at[i];
    return NULL;
}

static const struct told *must_find(const struct run *r, const char *host, const char *check)
{
    const struct told *t = find(r, host, check);

    if (!t) {
        for (size_t i = 0; i < r->told.n; i++)
            print_message("  %s / %s: %s\n", r->told.at[i].host, r->told.at[i].check ? r->told.at[i].check : "-", r->told.at[i].yaml ? r->told.at[i].yaml : "");
        fail_msg("%s/%s was not told", host, check ? check : "");
    }
    return t;
}

static int hosts(const struct run *r)
{
    int n = 0;

    for (size_t i = 0; i < r->told.n; i++)
        n += r->told.at[i].check == NULL;
    return n;
}

static void say(const char *packed, char out[1000])
{
    struct buf b = BUF_MAX(999);

    msg_render(&b, packed, "en");
    str_copy(out, 1000, buf_text(&b));
    buf_done(&b);
}

/* All of it as one file of our configuration: it loads, and each check is there under its name. */
static void assert_loads(const struct run *r)
{
    struct conf_env env = {.kinds = probe_kinds};
    struct conf_errors *errors = calloc(1, sizeof(*errors));
    struct buf yaml = BUF_MAX(1 << 20);
    struct conf *c = NULL;

    buf_str(&yaml, "hosts:\n");
    for (size_t i = 0; i < r->told.n; i++) {
        const struct told *t = &r->told.at[i];
        if (!t->check) {
            buf_printf(&yaml, "  \"%s\":\n    notes: found\n", t->host);
            if (t->address)
                buf_printf(&yaml, "    address: \"%s\"\n", t->address);
            if (t->parents)
                buf_printf(&yaml, "    parents: [%s]\n", t->parents);
            if (i + 1 < r->told.n && r->told.at[i + 1].check)
                buf_str(&yaml, "    checks:\n");
        } else {
            buf_printf(&yaml, "      - %s\n", t->yaml);
        }
    }
    struct conf_file file = {"found.yaml", buf_text(&yaml), yaml.len};
    if (conf_load(&env, &file, 1, &c, errors) != 0)
        fail_msg("%s\n%s", buf_text(&yaml), errors->n ? errors->at[0].text : "");
    for (size_t i = 0; i < r->told.n; i++) {
        assert_non_null(conf_find_host(c, r->told.at[i].host));
        if (r->told.at[i].check)
            assert_non_null(conf_find_check(conf_find_host(c, r->told.at[i].host), r->told.at[i].check));
    }
    conf_unref(c);
    conf_errors_done(errors);
    free(errors);
    buf_done(&yaml);
}

/* ---- a small network ---- */

static void here(void)
{
    sim_link("lo", NULL, "127.0.0.1/8");
    sim_link("eth0", "02:00:00:00:00:05", "192.0.2.5/24");
    sim_route("0.0.0.0/0", "192.0.2.1");
}

static void host_add(const char *name, const char *ip, const char *mac)
{
    sim_host(name, ip);
    sim_host_mac(name, mac);
}

static const struct discover_net_ask plain = {.prefix = "192.0.2.0/24"};

static void hosts_and_services(void **state)
{
    struct run r;
    char text[1000];

    here();
    host_add("web1", "192.0.2.10", "02:00:00:00:00:10");
    host_add("mail1", "192.0.2.20", "02:00:00:00:00:20");
    host_add("printer", "192.0.2.30", "02:00:00:00:00:30");
    sim_dns("10.2.0.192.in-addr.arpa", "PTR", "web1.example.org.");
    sim_dns("20.2.0.192.in-addr.arpa", "PTR", "mail1.example.org.");
    sim_port_banner("web1", 22, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    sim_http_answer("web1", 80, "*", &(struct sim_answer){.status = 200, .body = "hello"});
    sim_http_answer("web1", 8080, "*", &(struct sim_answer){.status = 403});
    sim_http_answer("web1", 443, "*", &(struct sim_answer){.status = 301});
    sim_port_tls("web1", 443, &(struct sim_cert){.names = "www.example.org web1.example.org", .days_left = 60});
    sim_http_answer("web1", 8443, "*", &(struct sim_answer){.status = 200});
    sim_port_tls("web1", 8443, &(struct sim_cert){.names = "web1.example.org", .days_left = 60, .chain = SIM_CHAIN_SELF_SIGNED});
    sim_port_banner("mail1", 25, "220 mail1.example.org ESMTP Postfix\r\n");
    sim_port_banner("mail1", 587, "220 mail1.example.org ESMTP Postfix\r\n");
    sim_port_banner("mail1", 143, "* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n");
    sim_port_banner("mail1", 110, "+OK Dovecot ready.\r\n");
    sim_port_open("printer", 9100);
    run_all(&r, &plain);
    assert_int_equal(r.code, 0);
    assert_int_equal(hosts(&r), 3);
    const struct told *t = must_find(&r, "web1.example.org", NULL);
    assert_string_equal(t->key, "net/02:00:00:00:00:10");
    assert_string_equal(t->source, "net 192.0.2.0/24");
    assert_string_equal(t->address, "192.0.2.10");
    assert_null(t->parents);
    say(t->evidence, text);
    assert_string_equal(text, "answers with the MAC address 02:00:00:00:00:10, and answers pings");
    say(must_find(&r, "web1.example.org", "ssh")->what, text);
    assert_string_equal(text, "ssh at port 22 of web1.example.org: “SSH-2.0-OpenSSH_9.2p1 Debian-2”");
    assert_string_equal(must_find(&r, "web1.example.org", "http")->yaml, "http: { url: \"http://192.0.2.10/\" }");
    assert_string_equal(must_find(&r, "web1.example.org", "http-8080")->yaml,
                        "http: { name: \"http-8080\", url: \"http://192.0.2.10:8080/\", expect: { status: 403 } }");
    assert_string_equal(must_find(&r, "web1.example.org", "https")->yaml, "http: { name: \"https\", url: \"https://web1.example.org/\", address: 192.0.2.10 }");
    assert_string_equal(must_find(&r, "web1.example.org", "https-8443")->yaml, "http: { name: \"https-8443\", url: \"https://192.0.2.10:8443/\", verify: no }");
    must_find(&r, "mail1.example.org", "smtp");
    must_find(&r, "mail1.example.org", "submission");
    must_find(&r, "mail1.example.org", "imap");
    must_find(&r, "mail1.example.org", "pop3");
    must_find(&r, "192.0.2.30", "printer");
    assert_loads(&r);
    run_done(&r);
}

static void databases_and_directories(void **state)
{
    struct run r;

    here();
    host_add("db1", "192.0.2.40", "02:00:00:00:00:40");
    sim_port_banner("db1", 3306, "\x4a\x01\x01");
    sim_port_open("db1", 389);
    sim_port_open("db1", 445);
    sim_port_open("db1", 3389);
    sim_port_open("db1", 53);
    sim_port_open("db1", SIM_UDP + 53);
    sim_dns("40.2.0.192.in-addr.arpa", "PTR", "db1.example.org.");
    run_all(&r, &plain);
    must_find(&r, "db1.example.org", "ldap");
    must_find(&r, "db1.example.org", "smb");
    must_find(&r, "db1.example.org", "rdp");
    assert_string_equal(must_find(&r, "db1.example.org", "dns")->yaml, "dns: { query: 40.2.0.192.in-addr.arpa, type: PTR, server: 192.0.2.40, rcode: NOERROR }");
    assert_loads(&r);
    run_done(&r);
}

/* In no window of a second more packets than the rate, and what a burst holds. */
static void the_rate_is_kept(void **state)
{
    struct run r;

    here();
    for (int i = 0; i < 50; i++) {
        char name[20], ip[20], mac[20];
        str_print(name, sizeof(name), "h%d", i);
        str_print(ip, sizeof(ip), "192.0.2.%d", 100 + i);
        str_print(mac, sizeof(mac), "02:00:00:00:01:%02x", i);
        host_add(name, ip, mac);
        sim_port_banner(name, 22, "SSH-2.0-x\r\n");
        sim_http_answer(name, 80, "*", &(struct sim_answer){.status = 200});
    }
    run_all(&r, &plain);
    assert_int_equal(hosts(&r), 50);
    int64_t end_ms = sim_now_ms();
    int all = sim_packets_in(0, end_ms + 1);
    for (int64_t at = 0; at < end_ms; at += 100) {
        int n = sim_packets_in(at, at + 1000);
        if (n > RATE + RATE / 20)
            fail_msg("%d packets in the second from %d ms on", n, (int)at);
    }
    assert_true(all > 254 + 204 + 50 * net_ports_count());
    assert_true(r.last.packets >= all); /* what follows a connection is counted, too */
    assert_true(r.last.packets <= 2 * 256 + 50 * NET_HOST_PACKETS);
    if (r.took_ms > 15000)
        fail_msg("a /24 with 50 hosts takes %d ms", (int)r.took_ms);
    assert_int_equal(r.last.done, r.last.all);
    run_done(&r);
}

static void a_lower_rate_is_kept_too(void **state)
{
    struct discover_net_ask ask = {.prefix = "192.0.2.0/26", .rate_pps = 20};
    struct run r;

    here();
    host_add("web1", "192.0.2.10", "02:00:00:00:00:10");
    run_all(&r, &ask);
    assert_int_equal(hosts(&r), 1);
    for (int64_t at = 0; at < sim_now_ms(); at += 100)
        assert_true(sim_packets_in(at, at + 1000) <= 22);
    run_done(&r);
}

static void losses_are_asked_again(void **state)
{
    struct run r;

    here();
    for (int i = 0; i < 30; i++) {
        char name[20], ip[20], mac[20];
        str_print(name, sizeof(name), "h%d", i);
        str_print(ip, sizeof(ip), "192.0.2.%d", 100 + i);
        str_print(mac, sizeof(mac), "02:00:00:00:01:%02x", i);
        host_add(name, ip, mac);
        sim_host_loss(name, 15);
    }
    run_all(&r, &plain);
    assert_true(hosts(&r) >= 28); /* 15 % twice in a row: one of 44 */
    run_done(&r);
}

static void hostile_hosts(void **state)
{
    struct run r;
    char text[1000];

    here();
    host_add("flood", "192.0.2.50", "02:00:00:00:00:50");
    sim_port_banner("flood", 22, "SSH-2.0-\x1b[31mred\a\r\n");
    sim_port_endless("flood", 22, true);
    sim_port_banner("flood", 25, "220 slow");
    sim_port_drip("flood", 25, 1000);
    sim_port_banner("flood", 21, "220 \xff\xfe{ftp}: [\"}\r\n");
    sim_port_mode("flood", 143, SIM_RESET);
    sim_http_answer("flood", 80, "*", &(struct sim_answer){.status = -1});
    sim_http_answer("flood", 8080, "*", &(struct sim_answer){.status = 200, .padding = 100000});
    sim_http_answer("flood", 631, "*", &(struct sim_answer){.status = -2});
    sim_port_tls("flood", 443, &(struct sim_cert){.names = "*.example.org", .days_left = -5, .chain = SIM_CHAIN_GARBAGE});
    sim_dns("50.2.0.192.in-addr.arpa", "PTR", "evil/name, {with} \"quotes\".example.org.");
    host_add("silent", "192.0.2.51", "02:00:00:00:00:51");
    for (int port = 1; port < 10000; port++)
        if (port == 22 || port == 80 || port == 443 || port == 3306)
            sim_port_deaf("silent", port, true);
    host_add("filtered", "192.0.2.52", "02:00:00:00:00:52");
    for (int port = 1; port < 10000; port += port < 1000 ? 1 : 3)
        if (port == 22 || port == 25 || port == 80)
            sim_port_mode("filtered", port, SIM_SILENT);
    run_all(&r, &plain);
    assert_int_equal(hosts(&r), 3);
    for (size_t i = 0; i < r.told.n; i++) {
        const struct told *t = &r.told.at[i];
        assert_null(strpbrk(t->host, "/, {}\"'"));
        say(t->what, text);
        for (const char *p = text; *p; p++)
            assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
        assert_true(utf8_valid(text, strlen(text)));
    }
    assert_loads(&r);
    run_done(&r);
}

static void duplicates_are_one_host(void **state)
{
    struct run r;
    char text[1000];

    here();
    host_add("web1", "192.0.2.10", "02:00:00:00:00:10");
    sim_host("web1", "192.0.2.11");
    sim_host("web1", "192.0.2.12");
    host_add("proxy", "192.0.2.100", "02:00:00:00:00:99"); /* answers ARP for twenty addresses */
    for (int i = 1; i < 20; i++) {
        char ip[20];
        str_print(ip, sizeof(ip), "192.0.2.%d", 100 + i);
        sim_host("proxy", ip);
    }
    run_all(&r, &plain);
    say(must_find(&r, "192.0.2.10", NULL)->evidence, text);
    assert_has(text, "also at 192.0.2.11, 192.0.2.12");
    assert_null(find(&r, "192.0.2.11", NULL));
    assert_string_equal(must_find(&r, "192.0.2.100", NULL)->key, "net/02:00:00:00:00:99");
    assert_string_equal(must_find(&r, "192.0.2.119", NULL)->key, "net/192.0.2.119"); /* it answered a ping of its own */
    assert_loads(&r);
    run_done(&r);
}

/* ---- what may not be asked ---- */

static void refused(const char *prefix, int code)
{
    struct discover_net_ask ask = {.prefix = prefix};
    struct loop *l = loop_new("discover");
    struct run r = {.loop = l};
    struct err e = {0};

    assert_null(discover_net(l, &ask, &events, &r, &e));
    assert_int_equal(e.code, code);
    assert_string_equal(e.field, "prefix");
    assert_true(e.text[0] != '\0');
    loop_free(l);
}

static void wrong_prefixes(void **state)
{
    here();
    refused(NULL, ERR_INVALID);
    refused("", ERR_INVALID);
    refused("192.0.2.0", ERR_INVALID);
    refused("192.0.2.0/33", ERR_INVALID);
    refused("192.0.2.0/-1", ERR_INVALID);
    refused("192.0.2.0/24x", ERR_INVALID);
    refused("example.org/24", ERR_INVALID);
    refused("10.0.0.0/19", ERR_LIMIT);
    refused("0.0.0.0/0", ERR_LIMIT);
    refused("2001:db8::/64", ERR_UNSUPPORTED);
}

static void others_networks(void **state)
{
    static const char *const prefixes[] = {"198.51.100.0/24", "192.0.2.0/23", "192.0.3.0/24", "127.0.0.0/24"};

    here();
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        struct discover_net_ask ask = {.prefix = prefixes[i]};
        struct run r;
        run_all(&r, &ask);
        assert_int_equal(r.code, ERR_DENIED);
        assert_has(r.error, "192.0.2.0/24 (eth0)");
        assert_int_equal(r.told.n, 0);
        assert_int_equal(sim_packets_in(0, sim_now_ms() + 1), 0);
        run_done(&r);
    }
}

static void never_ourselves_nor_all(void **state)
{
    struct discover_net_ask ask = {.prefix = "192.0.2.4/30"};
    struct run r;

    here();
    host_add("six", "192.0.2.6", "02:00:00:00:00:06");
    host_add("end", "192.0.2.4", "02:00:00:00:00:04");
    host_add("other end", "192.0.2.7", "02:00:00:00:00:07");
    run_all(&r, &ask); /* .4 and .7 are its ends, .5 is ours: .6 alone is asked */
    assert_int_equal(r.code, 0);
    assert_int_equal(hosts(&r), 1);
    must_find(&r, "192.0.2.6", NULL);
    run_done(&r);
}

/* Many desktops answer ARP, but no pings. */
static void who_answers_no_pings(void **state)
{
    struct run r;
    char text[1000];

    here();
    host_add("desk", "192.0.2.66", "02:00:00:00:00:66");
    sim_host_echo("desk", false);
    sim_port_open("desk", 445);
    sim_port_banner("desk", 22, "SSH-2.0-x\r\n");
    run_all(&r, &plain);
    const struct told *t = must_find(&r, "192.0.2.66", NULL);
    assert_null(t->address);
    say(t->evidence, text);
    assert_string_equal(text, "answers with the MAC address 02:00:00:00:00:66, but no pings: its services alone can be watched");
    assert_string_equal(must_find(&r, "192.0.2.66", "ssh")->yaml, "ssh: { target: \"192.0.2.66:22\" }");
    assert_loads(&r);
    run_done(&r);
}

/* ---- without privileges ---- */

static void without_frames(void **state)
{
    struct run r;
    char text[1000];

    here();
    sim_frames_allow(false);
    host_add("web1", "192.0.2.10", "02:00:00:00:00:10");
    host_add("shy", "192.0.2.11", "02:00:00:00:00:11");
    sim_port_banner("web1", 22, "SSH-2.0-x\r\n");
    run_all(&r, &plain);
    assert_int_equal(r.code, 0);
    assert_string_equal(must_find(&r, "192.0.2.10", NULL)->key, "net/02:00:00:00:00:10"); /* from the table of neighbours */
    must_find(&r, "192.0.2.10", "ssh");
    say(must_find(&r, "192.0.2.11", NULL)->evidence, text);
    assert_has(text, "answers pings");
    run_done(&r);
}

static void without_anything(void **state)
{
    struct run r;
    char text[1000];

    here();
    sim_frames_allow(false);
    sim_icmp_allow(false);
    host_add("web1", "192.0.2.10", "02:00:00:00:00:10");
    sim_port_banner("web1", 22, "SSH-2.0-x\r\n");
    sim_port_open("web1", 389);
    sim_port_open("web1", 445);
    run_all(&r, &plain);
    assert_int_equal(hosts(&r), 1);
    must_find(&r, "192.0.2.10", "ssh");
    say(must_find(&r, "192.0.2.10", NULL)->evidence, text);
    assert_string_equal(text, "answers with the MAC address 02:00:00:00:00:10; this machine lets vigie send no pings: its services alone can be watched");
    assert_null(must_find(&r, "192.0.2.10", NULL)->address); /* else it would be pinged, in vain */
    assert_string_equal(must_find(&r, "192.0.2.10", "ssh")->yaml, "ssh: { target: \"192.0.2.10:22\" }");
    assert_string_equal(must_find(&r, "192.0.2.10", "ldap")->yaml, "ldap: { server: \"192.0.2.10:389\" }");
    assert_string_equal(must_find(&r, "192.0.2.10", "smb")->yaml, "tcp: { name: \"smb\", port: \"192.0.2.10:445\" }");
    assert_loads(&r);
    run_done(&r);
}

static void a_dead_resolver_does_not_hold(void **state)
{
    struct run r;

    here();
    sim_dns_mode(NULL, SIM_DNS_DEAD);
    for (int i = 0; i < 70; i++) {
        char name[20], ip[20], mac[20];
        str_print(name, sizeof(name), "h%d", i);
        str_print(ip, sizeof(ip), "192.0.2.%d", 100 + i);
        str_print(mac, sizeof(mac), "02:00:00:00:01:%02x", i);
        host_add(name, ip, mac);
    }
    run_all(&r, &plain);
    assert_int_equal(hosts(&r), 70);
    assert_true(r.took_ms < 20000);
    run_done(&r);
}

/* ---- stops ---- */

static void stopped_at_any_time(void **state)
{
    here();
    for (int i = 0; i < 30; i++) {
        char name[20], ip[20], mac[20];
        str_print(name, sizeof(name), "h%d", i);
        str_print(ip, sizeof(ip), "192.0.2.%d", 10 + i);
        str_print(mac, sizeof(mac), "02:00:00:00:01:%02x", i);
        host_add(name, ip, mac);
        sim_port_banner(name, 22, "SSH-2.0-x\r\n");
        sim_http_answer(name, 443, "*", &(struct sim_answer){.status = 200});
        sim_port_tls(name, 443, &(struct sim_cert){.names = "www.example.org", .days_left = 60});
        sim_port_open(name, 53);
    }
    int before = sim_objects();
    static const char *const communities[] = {"public", NULL};
    struct discover_net_ask ask = {.prefix = "192.0.2.0/24", .communities = communities};
    for (int64_t after_ms = 0; after_ms < 9000; after_ms = after_ms * 3 / 2 + 1) {
        struct run r;
        run_begin(&r, &ask);
        sim_run_for(after_ms);
        if (!r.ended)
            discover_stop(r.d);
        size_t told = r.told.n;
        sim_run_for(5000);
        assert_int_equal(r.told.n, told);
        run_done(&r);
        assert_int_equal(sim_objects(), before);
    }
    struct run r;
    run_begin(&r, &ask);
    r.stop_after = 7; /* from a callback */
    sim_run_for(60000);
    assert_int_equal(r.told.n, 7);
    assert_false(r.ended);
    run_done(&r);
    assert_int_equal(sim_objects(), before);
}

/* ---- LLDP ---- */

/* A bridge "sw1" at 192.0.2.2, chassis 02:00:00:00:00:02, our port gi07. */
static const char lldp_sw1[] = "\x01\x80\xc2\x00\x00\x0e\x02\x00\x00\x00\x00\x72\x88\xcc"
                               "\x02\x07\x04\x02\x00\x00\x00\x00\x02\x04\x05\x05gi07\x06\x02\x00\x78\x0a\x03sw1\x0c\x07model 9"
                               "\x0e\x04\x00\x14\x00\x04\x10\x0c\x05\x01\xc0\x00\x02\x02\x02\x00\x00\x00\x01\x00\x00\x00";

static void our_switch_is_heard(void **state)
{
    struct discover_net_ask ask = {.prefix = "192.0.2.0/24", .listen_ms = 35000};
    struct run r;
    char text[1000];

    here();
    host_add("switch", "192.0.2.2", "02:00:00:00:00:02");
    host_add("web1", "192.0.2.10", "02:00:00:00:00:10");
    run_begin(&r, &ask);
    sim_run_for(30000);
    assert_false(r.ended); /* it listens */
    sim_frame("eth0", lldp_sw1, sizeof(lldp_sw1) - 1);
    sim_frame("eth0", "\x01\x80\xc2\x00\x00\x0e\x02\x00\x00\x00\x00\x72\x88\xcc\xff\xff", 16); /* and nonsense */
    sim_run_flag(&r.ended, 60000);
    const struct told *t = must_find(&r, "sw1", NULL);
    assert_string_equal(t->address, "192.0.2.2");
    assert_null(t->parents);
    say(t->what, text);
    assert_string_equal(text, "a switch at 192.0.2.2: model 9");
    say(t->evidence, text);
    assert_has(text, "heard by LLDP on eth0; this machine is at its port gi07");
    assert_string_equal(must_find(&r, "192.0.2.10", NULL)->parents, "sw1");
    assert_loads(&r);
    run_done(&r);
}

static const char cdp_sw2[] = "\x01\x00\x0c\xcc\xcc\xcc\x02\x00\x00\x00\x00\x73\x00\x3f\xaa\xaa\x03\x00\x00\x0c\x20\x00\x02\xb4\x00\x00"
                              "\x00\x01\x00\x07sw2\x00\x02\x00\x11\x00\x00\x00\x01\x01\x01\xcc\x00\x04\xc0\x00\x02\x02\x00\x03\x00\x08Gi07"
                              "\x00\x04\x00\x08\x00\x00\x00\x08\x00\x06\x00\x0bmodel 7";

static void cdp_does_as_well(void **state)
{
    struct discover_net_ask ask = {.prefix = "192.0.2.0/24"};
    struct run r;
    char text[1000];

    here();
    host_add("switch", "192.0.2.2", "02:00:00:00:00:02");
    host_add("web1", "192.0.2.10", "02:00:00:00:00:10");
    run_begin(&r, &ask);
    sim_run_for(500);
    sim_frame("eth0", cdp_sw2, sizeof(cdp_sw2) - 1);
    sim_run_flag(&r.ended, 60000);
    say(must_find(&r, "sw2", NULL)->evidence, text);
    assert_has(text, "heard by CDP on eth0; this machine is at its port Gi07");
    assert_string_equal(must_find(&r, "192.0.2.10", NULL)->parents, "sw2");
    run_done(&r);
}

/* Two bridges at the other end of the cable: which of them somebody is behind cannot be told. */
static void two_switches_are_none(void **state)
{
    struct discover_net_ask ask = {.prefix = "192.0.2.0/24"};
    struct run r;

    here();
    host_add("one", "192.0.2.2", "02:00:00:00:00:02");
    host_add("web1", "192.0.2.10", "02:00:00:00:00:10");
    host_add("other", "192.0.2.3", "02:00:00:00:00:73");
    run_begin(&r, &ask);
    sim_run_for(500);
    sim_frame("eth0", lldp_sw1, sizeof(lldp_sw1) - 1);
    char other[sizeof(cdp_sw2)];
    memcpy(other, cdp_sw2, sizeof(other));
    other[26 + 7 + 16] = 3; /* 192.0.2.3 */
    sim_frame("eth0", other, sizeof(other) - 1);
    sim_run_flag(&r.ended, 60000);
    must_find(&r, "sw1", NULL);
    assert_null(must_find(&r, "192.0.2.10", NULL)->parents);
    run_done(&r);
}

/* The kernel does not say where we are: the run ends all the same. */
static void ends_by_its_time_limit(void **state)
{
    struct run r;

    here();
    sim_workers_hang(true);
    run_begin(&r, &plain);
    sim_run_flag(&r.ended, LIMIT_MS);
    assert_true(r.ended);
    assert_int_equal(r.code, ERR_TIMEOUT);
    sim_workers_hang(false);
    run_done(&r);
}

/* ---- SNMP ---- */

static void serve(void *arg, const char *p, size_t n, struct buf *out)
{
    unsigned char space[8192];
    struct ber_out o = ber_out_of(space, sizeof(space));
    struct str answer = agent_answer(arg, p, n, &o);

    buf_add(out, answer.p, answer.n);
}

#define SYS(oid, text) {"1.3.6.1.2.1.1." oid, BER_OCTETS, text, 0}
#define LLDP "1.0.8802.1.1.2.1."
/* A router and bridge: itself 192.0.2.1 and 198.51.100.1; behind it 198.51.100.2, and at its port 3 the switch sw2. */
static const struct agent_object router_objects[] = {
    {LLDP "3.2.0", BER_OCTETS, "\x02\x11\x11\x11\x11\x01", 0},
    {LLDP "3.6.0", BER_OCTETS, "\x28", 0},
    {LLDP "4.1.1.4.5.3.1", BER_INT, NULL, 4},
    {LLDP "4.1.1.5.5.3.1", BER_OCTETS, "\x02\x11\x11\x11\x11\x02", 0},
    {LLDP "4.1.1.8.5.3.1", BER_OCTETS, "uplink", 0},
    {LLDP "4.1.1.9.5.3.1", BER_OCTETS, "sw2", 0},
    {LLDP "4.1.1.12.5.3.1", BER_OCTETS, "\x20", 0},
    {LLDP "4.2.1.3.5.3.1.1.4.192.0.2.3", BER_INT, NULL, 2},
    SYS("1.0", "Router 7"),
    SYS("5.0", "gw.example.org"),
    {"1.3.6.1.2.1.2.2.1.2.1", BER_OCTETS, "lo", 0},
    {"1.3.6.1.2.1.2.2.1.2.3", BER_OCTETS, "Gi0/3", 0},
    {"1.3.6.1.2.1.2.2.1.2.4", BER_OCTETS, "Gi0/4", 0},
    {"1.3.6.1.2.1.2.2.1.6.3", BER_OCTETS, "\x02\x11\x11\x11\x11\x01", 0},
    {"1.3.6.1.2.1.2.2.1.6.4", BER_OCTETS, "\x02\x11\x11\x11\x11\x04", 0},
    {"1.3.6.1.2.1.2.2.1.8.1", BER_INT, NULL, 1},
    {"1.3.6.1.2.1.2.2.1.8.3", BER_INT, NULL, 1},
    {"1.3.6.1.2.1.2.2.1.8.4", BER_INT, NULL, 2},
    {"1.3.6.1.2.1.4.1.0", BER_INT, NULL, 1},
    {"1.3.6.1.2.1.4.20.1.1.192.0.2.1", SNMP_IPADDRESS, "\xc0\x01\x02\x01", 0},
    {"1.3.6.1.2.1.4.20.1.1.198.51.100.1", SNMP_IPADDRESS, "\xc6\x33\x64\x01", 0},
    {"1.3.6.1.2.1.4.21.1.7.203.0.113.0", SNMP_IPADDRESS, "\xc6\x33\x64\x02", 0},
    {"1.3.6.1.2.1.4.22.1.2.3.192.0.2.10", BER_OCTETS, "\x02\x11\x11\x11\x11\x10", 0},
    {"1.3.6.1.2.1.4.22.1.2.4.198.51.100.2", BER_OCTETS, "\x02\x11\x11\x11\x11\x22", 0},
    {"1.3.6.1.2.1.31.1.1.1.1.3", BER_OCTETS, "ge3", 0},
    {"1.3.6.1.2.1.31.1.1.1.15.3", SNMP_GAUGE32, NULL, 1000},
    {"1.3.6.1.6.3.10.2.1.1.0", BER_OCTETS, "engine-of-gw", 0},
};
/* The switch at its port 3: and at its own port 9 hangs web1. */
static const struct agent_object switch_objects[] = {
    {LLDP "3.2.0", BER_OCTETS, "\x02\x11\x11\x11\x11\x02", 0},
    {LLDP "3.6.0", BER_OCTETS, "\x20", 0},
    {LLDP "4.1.1.4.5.9.1", BER_INT, NULL, 4},
    {LLDP "4.1.1.5.5.9.1", BER_OCTETS, "\x02\x11\x11\x11\x11\x10", 0},
    SYS("1.0", "Switch 2"),
    SYS("5.0", "sw2"),
};

static const char lldp_gw[] = "\x01\x80\xc2\x00\x00\x0e\x02\x11\x11\x11\x11\x01\x88\xcc"
                              "\x02\x07\x04\x02\x11\x11\x11\x11\x01\x04\x04\x05" "ge1\x06\x02\x00\x78\x0e\x04\x00\x14\x00\x14\x00\x00";

static void routers_and_switches(void **state)
{
    static const char *const communities[] = {"wrong", "secret", NULL};
    struct discover_net_ask ask = {.prefix = "192.0.2.0/24", .communities = communities, .listen_ms = 12000};
    struct agent gw = {.community = "secret", .objects = router_objects, .n = COUNT(router_objects)};
    struct agent sw = {.community = "secret", .objects = switch_objects, .n = COUNT(switch_objects), .lost = 1};
    struct run r;
    char text[1000];

    here();
    sim_route("198.51.100.0/24", "192.0.2.1");
    host_add("gw", "192.0.2.1", "02:11:11:11:11:01");
    host_add("sw2", "192.0.2.3", "02:11:11:11:11:02");
    host_add("web1", "192.0.2.10", "02:11:11:11:11:10");
    host_add("web2", "192.0.2.11", "02:11:11:11:11:11");
    sim_port_serve("gw", SIM_UDP + 161, serve, &gw);
    sim_port_serve("sw2", SIM_UDP + 161, serve, &sw);
    run_begin(&r, &ask);
    sim_run_for(1000);
    sim_frame("eth0", lldp_gw, sizeof(lldp_gw) - 1);
    sim_run_flag(&r.ended, 60000);
    assert_true(r.ended);
    assert_int_equal(hosts(&r), 5);
    const struct told *t = must_find(&r, "gw.example.org", NULL);
    assert_null(t->parents);
    say(t->what, text);
    assert_string_equal(text, "a router at 192.0.2.1: Router 7");
    assert_string_equal(must_find(&r, "sw2", NULL)->parents, "gw.example.org");
    assert_string_equal(must_find(&r, "192.0.2.10", NULL)->parents, "sw2");              /* its port 9 */
    assert_string_equal(must_find(&r, "192.0.2.11", NULL)->parents, "gw.example.org");   /* our own switch */
    t = must_find(&r, "198.51.100.2", NULL);                                              /* behind the router: told, never asked */
    assert_string_equal(t->parents, "gw.example.org");
    assert_string_equal(t->key, "net/02:11:11:11:11:22");
    say(t->evidence, text);
    assert_has(text, "a router knows it");
    assert_has(text, "our route goes there");
    assert_string_equal(must_find(&r, "gw.example.org", "snmp")->yaml, "snmp: { oid: sysUpTime.0, community: \"secret\" }");
    t = must_find(&r, "gw.example.org", "if-ge3");
    assert_string_equal(t->yaml, "snmp: { name: \"if-ge3\", oids: [in=ifHCInOctets.3, out=ifHCOutOctets.3], rate: yes, scale: 8, unit: b, community: \"secret\" }");
    say(t->what, text);
    assert_string_equal(text, "traffic of interface ge3 of gw.example.org, to sw2");
    assert_null(find(&r, "gw.example.org", "if-Gi0-4")); /* down */
    assert_null(find(&r, "gw.example.org", "if-lo"));
    assert_loads(&r);
    run_done(&r);
}

/* Two routers that know the same host, and each other in both directions: no ring; of the two the one that our route takes. */
static const struct agent_object pair_one[] = {
    {LLDP "3.2.0", BER_OCTETS, "\x02\x11\x11\x11\x11\x01", 0}, {LLDP "4.1.1.4.5.3.1", BER_INT, NULL, 4},
    {LLDP "4.1.1.5.5.3.1", BER_OCTETS, "\x02\x11\x11\x11\x11\x02", 0}, SYS("5.0", "one"), {"1.3.6.1.2.1.4.1.0", BER_INT, NULL, 1},
    {"1.3.6.1.2.1.4.22.1.2.4.198.51.100.2", BER_OCTETS, "\x02\x11\x11\x11\x11\x22", 0},
};
static const struct agent_object pair_two[] = {
    {LLDP "3.2.0", BER_OCTETS, "\x02\x11\x11\x11\x11\x02", 0}, {LLDP "4.1.1.4.5.3.1", BER_INT, NULL, 4},
    {LLDP "4.1.1.5.5.3.1", BER_OCTETS, "\x02\x11\x11\x11\x11\x01", 0}, SYS("5.0", "two"), {"1.3.6.1.2.1.4.1.0", BER_INT, NULL, 1},
    {"1.3.6.1.2.1.4.22.1.2.4.198.51.100.2", BER_OCTETS, "\x02\x11\x11\x11\x11\x22", 0},
    {"1.3.6.1.2.1.4.22.1.2.4.198.51.100.9", BER_OCTETS, "\x02\x11\x11\x11\x11\x29", 0},
};

static void two_ways(bool routed, const char *parents)
{
    static const char *const communities[] = {"public", NULL};
    struct discover_net_ask ask = {.prefix = "192.0.2.0/24", .communities = communities};
    struct agent one = {.community = "public", .objects = pair_one, .n = COUNT(pair_one)}, two = {.community = "public", .objects = pair_two, .n = COUNT(pair_two)};
    struct run r;

    sim_link("eth0", "02:00:00:00:00:05", "192.0.2.5/24");
    if (routed)
        sim_route("198.51.100.0/24", "192.0.2.1");
    host_add("one", "192.0.2.1", "02:11:11:11:11:01");
    host_add("two", "192.0.2.3", "02:11:11:11:11:02");
    sim_port_serve("one", SIM_UDP + 161, serve, &one);
    sim_port_serve("two", SIM_UDP + 161, serve, &two);
    run_begin(&r, &ask);
    sim_run_for(500);
    sim_frame("eth0", lldp_gw, sizeof(lldp_gw) - 1);
    sim_run_flag(&r.ended, 60000);
    assert_null(must_find(&r, "one", NULL)->parents);
    assert_string_equal(must_find(&r, "two", NULL)->parents, "one");
    assert_string_equal(must_find(&r, "198.51.100.2", NULL)->parents, parents);
    assert_string_equal(must_find(&r, "198.51.100.9", NULL)->parents, "two"); /* which alone knows it */
    assert_loads(&r);
    run_done(&r);
}

static void two_ways_one_route(void **state) { two_ways(true, "one"); }
static void two_ways_no_route(void **state) { two_ways(false, "one, two"); }

/* Two cards of one machine on the same network: one engine. */
static void one_engine_is_one_machine(void **state)
{
    static const char *const communities[] = {"secret", NULL};
    struct discover_net_ask ask = {.prefix = "192.0.2.0/24", .communities = communities};
    struct agent gw = {.community = "secret", .objects = router_objects, .n = COUNT(router_objects)}, same = gw;
    struct run r;

    here();
    host_add("a", "192.0.2.1", "02:11:11:11:11:01");
    host_add("b", "192.0.2.200", "02:11:11:11:11:44");
    sim_port_serve("a", SIM_UDP + 161, serve, &gw);
    sim_port_serve("b", SIM_UDP + 161, serve, &same);
    run_all(&r, &ask);
    must_find(&r, "gw.example.org", NULL);
    assert_null(find(&r, "192.0.2.200", NULL));
    assert_null(find(&r, "gw.example.org-192.0.2.200", NULL));
    run_done(&r);
}

static void agents_that_are_wrong(void **state)
{
    static const enum agent_fault faults[] = {AGENT_SILENT, AGENT_GARBAGE, AGENT_OTHER_OID, AGENT_LOOPS, AGENT_OTHER_ID, AGENT_TOO_BIG, AGENT_HALF, AGENT_WRONG_VERSION};
    static const char *const communities[] = {"secret", NULL};
    struct discover_net_ask ask = {.prefix = "192.0.2.0/24", .communities = communities};

    here();
    host_add("gw", "192.0.2.1", "02:11:11:11:11:01");
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct agent gw = {.community = "secret", .objects = router_objects, .n = COUNT(router_objects), .fault = faults[i]};
        struct run r;
        sim_port_serve("gw", SIM_UDP + 161, serve, &gw);
        run_all(&r, &ask);
        assert_int_equal(r.code, 0);
        assert_true(hosts(&r) >= 1);
        assert_true(gw.heard < NET_HOST_PACKETS);
        assert_loads(&r);
        run_done(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(hosts_and_services), TWIN_TEST(databases_and_directories), TWIN_TEST(the_rate_is_kept), TWIN_TEST(a_lower_rate_is_kept_too),
        TWIN_TEST(losses_are_asked_again), TWIN_TEST(hostile_hosts), TWIN_TEST(duplicates_are_one_host), TWIN_TEST(wrong_prefixes),
        TWIN_TEST(others_networks), TWIN_TEST(never_ourselves_nor_all), TWIN_TEST(who_answers_no_pings), TWIN_TEST(without_frames), TWIN_TEST(without_anything),
        TWIN_TEST(a_dead_resolver_does_not_hold), TWIN_TEST(stopped_at_any_time), TWIN_TEST(our_switch_is_heard), TWIN_TEST(cdp_does_as_well),
        TWIN_TEST(two_switches_are_none), TWIN_TEST(ends_by_its_time_limit), TWIN_TEST(two_ways_one_route), TWIN_TEST(two_ways_no_route), TWIN_TEST(routers_and_switches),
        TWIN_TEST(one_engine_is_one_machine), TWIN_TEST(agents_that_are_wrong),
    };

    return cmocka_run_group_tests_name("discover_net", tests, NULL, NULL);
}

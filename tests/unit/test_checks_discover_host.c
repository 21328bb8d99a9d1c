/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discovery on this machine: sockets and their processes, greetings, sites, zones, certificates, facts. Whatever is proposed loads. */
#include "checks_twin.h"
#include "checks/discover/greet.h"
#include "checks/discover/host.h"

#include "base/map.h"

enum { MAX_FOUND = 200 };
struct heard {
    struct discover *d;
    int n, ends, code, progress;
    struct found {
        char key[300], check[120], yaml[500], what[500], evidence[500];
    } at[MAX_FOUND];
};

static void on_finding(void *arg, const struct finding *f)
{
    struct heard *h = arg;
    struct found *at = &h->at[h->n++];

    assert_true(h->n < MAX_FOUND);
    assert_string_equal(f->source, "host");
    assert_string_equal(f->host, "sim");
    str_copy(at->key, sizeof at->key, f->key);
    str_copy(at->check, sizeof at->check, f->check);
    str_copy(at->yaml, sizeof at->yaml, f->yaml);
    fx_render(at->what, sizeof at->what, f->what);
    fx_render(at->evidence, sizeof at->evidence, f->evidence);
}
static void on_progress(void *arg, const struct discover_progress *p) { ((struct heard *)arg)->progress++; }
static void on_end(void *arg, const struct err *e)
{
    struct heard *h = arg;
    h->ends++;
    h->code = e ? e->code : 0;
    h->d = NULL;
}
static const struct discover_events events = {on_finding, on_progress, on_end};

static struct heard *look(struct fx *f)
{
    struct heard *h = calloc(1, sizeof *h);

    h->d = discover_host(f->loop, f->workers, "sim", &events, h, NULL);
    assert_non_null(h->d);
    assert_int_equal(h->n, 0);
    sim_run_for(30000);
    assert_int_equal(h->ends, 1);
    assert_int_equal(h->code, 0);
    assert_true(h->progress > 0);
    return h;
}

static const struct found *find(const struct heard *h, const char *key)
{
    for (int i = 0; i < h->n; i++)
        if (str_eq(h->at[i].key, key))
            return &h->at[i];
    return NULL;
}

static void proposes(const struct heard *h, const char *key, const char *check, const char *yaml)
{
    const struct found *f = find(h, key);

    if (!f)
        fail_msg("%s was not found", key);
    assert_string_equal(f->yaml, yaml);
    assert_string_equal(f->check, check);
    assert_true(f->what[0] && f->evidence[0]);
}

/* All findings together make one host that the configuration takes, with the checks by the names that were told. */
static void loads(const struct heard *h)
{
    struct buf text = BUF_MAX(1 << 20);
    struct conf_env env = {.kinds = probe_kinds};
    struct conf_errors es = {0};
    struct conf *c = NULL;

    buf_str(&text, "hosts:\n  sim:\n    checks:\n");
    for (int i = 0; i < h->n; i++)
        buf_printf(&text, "      - %s\n", h->at[i].yaml);
    struct conf_file file = {.name = "found.yaml", .text = buf_text(&text), .bytes = text.len};
    if (conf_load(&env, &file, 1, &c, &es) != 0) {
        struct buf b = BUF_MAX(10000);
        conf_error_print(&b, &es.at[0], "en");
        fail_msg("%s", buf_text(&b));
    }
    for (int i = 0; i < h->n; i++)
        if (!conf_find_check(conf_find_host(c, "sim"), h->at[i].check))
            fail_msg("%s is not the check %s", h->at[i].yaml, h->at[i].check);
    conf_errors_done(&es);
    conf_unref(c);
    buf_done(&text);
}

/* ---- the machine ---- */

static struct buf tcp, tcp6, udp;
static int inodes;

static void begin(void)
{
    static const char head[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    tcp = tcp6 = udp = BUF_MAX(1 << 20);
    buf_str(&tcp, head);
    buf_str(&tcp6, head);
    buf_str(&udp, head);
    inodes = 1000;
}

/* addr: "0100007F" (127.0.0.1) or "00000000"; program NULL: its process may not be seen. */
static void listens(struct buf *table, const char *addr, int port, const char *program, const char *unit)
{
    char path[80], text[200];
    int inode = ++inodes, pid = inode;

    buf_printf(table, "  0: %s:%04X %s:0000 %s 00000000:00000000 00:00000000 00000000     0        0 %d 1\n", addr, port,
               strlen(addr) > 8 ? "00000000000000000000000000000000" : "00000000", table == &udp ? "07" : "0A", inode);
    if (!program)
        return;
    str_print(path, sizeof path, "/proc/%d/comm", pid);
    str_print(text, sizeof text, "%s\n", program);
    sim_proc(path, text);
    str_print(path, sizeof path, "/proc/%d/cgroup", pid);
    str_print(text, sizeof text, "0::/system.slice/%s\n", unit ? unit : "session.scope");
    sim_proc(path, text);
    str_print(path, sizeof path, "/proc/%d/fd/7", pid);
    str_print(text, sizeof text, "socket:[%d]", inode);
    sim_proc(path, text);
}

static void ready(void)
{
    sim_proc("/proc/net/tcp", buf_text(&tcp));
    sim_proc("/proc/net/tcp6", buf_text(&tcp6));
    sim_proc("/proc/net/udp", buf_text(&udp));
    buf_done(&tcp);
    buf_done(&tcp6);
    buf_done(&udp);
}

#define EVERYWHERE "00000000"
#define LOOPBACK "0100007F"
#define EVERYWHERE6 "00000000000000000000000000000000"
#define LOOPBACK6 "00000000000000000000000001000000"

static void programs_tell(void **state)
{
    struct heard *h;

    begin();
    listens(&tcp, EVERYWHERE, 22, "sshd", "ssh.service");
    listens(&tcp6, EVERYWHERE6, 22, "sshd", "ssh.service");
    listens(&tcp, EVERYWHERE, 25, "master", "postfix@-.service");
    listens(&tcp, EVERYWHERE, 587, "master", NULL);
    listens(&tcp, EVERYWHERE, 993, "dovecot", NULL);
    listens(&tcp, EVERYWHERE, 143, "dovecot", NULL);
    listens(&tcp, LOOPBACK, 6379, "redis-server", NULL);
    listens(&tcp, LOOPBACK, 6380, "redis-server", NULL);
    listens(&tcp6, LOOPBACK6, 5432, "postgres", NULL);
    listens(&tcp, EVERYWHERE, 3306, "mariadbd", NULL);
    listens(&tcp, EVERYWHERE, 389, "slapd", NULL);
    listens(&udp, EVERYWHERE, 123, "ntpd", NULL);
    listens(&udp, EVERYWHERE, 161, "snmpd", NULL);
    listens(&udp, EVERYWHERE, 53, "unbound", NULL);
    listens(&tcp, EVERYWHERE, 53, "unbound", NULL);
    listens(&udp, EVERYWHERE, 40000, "chromium", NULL);
    listens(&tcp, LOOPBACK, 8444, "vigie", NULL);
    ready();
    h = look(*state);
    proposes(h, "sim/listen/tcp/22", "ssh", "ssh: \"127.0.0.1:22\"");
    proposes(h, "sim/listen/tcp/25", "smtp", "smtp: \"127.0.0.1:25\"");
    proposes(h, "sim/listen/tcp/587", "submission", "submission: { target: \"127.0.0.1:587\", verify: no }");
    proposes(h, "sim/listen/tcp/143", "imap", "imap: \"127.0.0.1:143\"");
    proposes(h, "sim/listen/tcp/993", "imaps", "imap: { name: \"imaps\", target: \"127.0.0.1:993\", verify: no }");
    proposes(h, "sim/listen/tcp/6379", "redis", "redis: \"127.0.0.1:6379\"");
    proposes(h, "sim/listen/tcp/6380", "redis-6380", "redis: { name: \"redis-6380\", target: \"127.0.0.1:6380\" }");
    proposes(h, "sim/listen/tcp/5432", "postgres", "postgres: \"[::1]:5432\"");
    proposes(h, "sim/listen/tcp/3306", "mysql", "mysql: \"127.0.0.1:3306\"");
    proposes(h, "sim/listen/tcp/389", "ldap", "ldap: \"127.0.0.1:389\"");
    proposes(h, "sim/listen/udp/123", "ntp", "ntp: \"127.0.0.1\"");
    proposes(h, "sim/process/snmpd", "snmpd", "process: \"snmpd\"");
    proposes(h, "sim/listen/udp/53", "dns", "dns: { query: \"localhost\", server: \"127.0.0.1\" }");
    assert_null(find(h, "sim/listen/tcp/53"));
    assert_null(find(h, "sim/listen/tcp/8444"));
    assert_null(find(h, "sim/listen/udp/40000"));
    assert_string_equal(find(h, "sim/listen/tcp/22")->evidence, "the process sshd listens at 127.0.0.1:22");
    loads(h);
    free(h);
}

/* Who may not look at processes hears the greetings; who is silent is asked for a page, and then goes by the port. */
static void greetings_tell(void **state)
{
    struct heard *h;

    begin();
    listens(&tcp, EVERYWHERE, 2222, NULL, NULL);
    listens(&tcp, EVERYWHERE, 25, NULL, NULL);
    listens(&tcp, EVERYWHERE, 8080, NULL, NULL);
    listens(&tcp, EVERYWHERE, 8081, "java", NULL);
    listens(&tcp, EVERYWHERE, 5432, NULL, NULL);
    listens(&tcp, EVERYWHERE, 7777, NULL, NULL);
    listens(&tcp, EVERYWHERE, 45000, NULL, NULL);
    listens(&tcp, EVERYWHERE, 11211, NULL, NULL);
    ready();
    sim_host("localhost", "127.0.0.1");
    sim_port_banner("localhost", 2222, "SSH-2.0-OpenSSH_9.2p1\r\n");
    sim_port_banner("localhost", 25, "220 mail.example.org ESMTP Postfix\r\n");
    sim_port_open("localhost", 8080);
    sim_port_rule("localhost", 8080, "GET / *", "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello");
    sim_port_open("localhost", 8081);
    sim_port_rule("localhost", 8081, "GET / *", "HTTP/1.0 404 Not Found\r\n\r\n");
    sim_port_open("localhost", 5432);
    sim_port_open("localhost", 7777);
    sim_port_open("localhost", 45000);
    sim_port_open("localhost", 11211);
    sim_port_rule("localhost", 11211, "GET*", "ERROR\r\n");
    h = look(*state);
    proposes(h, "sim/listen/tcp/2222", "ssh-2222", "ssh: { name: \"ssh-2222\", target: \"127.0.0.1:2222\" }");
    proposes(h, "sim/listen/tcp/25", "smtp", "smtp: \"127.0.0.1:25\"");
    proposes(h, "sim/listen/tcp/8080", "http-8080", "http: { name: \"http-8080\", url: \"http://127.0.0.1:8080/\" }");
    proposes(h, "sim/listen/tcp/8081", "http-8081", "http: { name: \"http-8081\", url: \"http://127.0.0.1:8081/\", expect: { status: 404 } }");
    proposes(h, "sim/listen/tcp/5432", "postgres", "postgres: \"127.0.0.1:5432\"");
    proposes(h, "sim/listen/tcp/7777", "tcp-7777", "tcp: { name: \"tcp-7777\", port: \"127.0.0.1:7777\" }");
    proposes(h, "sim/listen/tcp/11211", "memcached", "memcached: \"127.0.0.1:11211\"");
    assert_null(find(h, "sim/listen/tcp/45000"));
    assert_string_equal(find(h, "sim/listen/tcp/8081")->evidence, "java listens at 127.0.0.1:8081; its greeting says http");
    loads(h);
    free(h);
}

static void sites_and_certificates(void **state)
{
    struct heard *h;

    begin();
    listens(&tcp, EVERYWHERE, 80, "nginx", "nginx.service");
    listens(&tcp, EVERYWHERE, 443, "nginx", "nginx.service");
    listens(&tcp, LOOPBACK, 8443, "apache2", "apache2.service");
    ready();
    sim_file("/etc/nginx/nginx.conf", "http {\n  include mime.types;\n  include /etc/nginx/sites-enabled/*;\n}\n");
    sim_file("/etc/nginx/sites-enabled/shop", "server { listen 80; server_name shop.example.org; return 301 https://$host$request_uri; }\n"
                                              "server {\n listen 443 ssl; listen [::]:443 ssl;\n server_name shop.example.org *.example.org ~^x;\n"
                                              " include snippets/tls.conf;\n location / { proxy_pass http://127.0.0.1:1; }\n}\n");
    sim_file("/etc/nginx/snippets/tls.conf", "ssl_certificate /etc/ssl/own/shop.pem;\nssl_certificate_key /etc/ssl/own/shop.key;\n");
    sim_file("/etc/nginx/sites-enabled/plain", "server { server_name plain.example.org _; }\nserver { listen 9999; server_name off.example.org; }");
    sim_file("/etc/apache2/apache2.conf", "IncludeOptional sites-enabled/*.conf\n");
    sim_file("/etc/apache2/sites-enabled/a.conf", "<IfModule mod_ssl.c>\n<VirtualHost *:8443>\n  ServerName Wiki.Example.org:8443\n  ServerAlias docs.example.org\n"
                                                  "  SSLEngine on\n  SSLCertificateFile /etc/ssl/certs/ssl-cert-snakeoil.pem\n</VirtualHost>\n</IfModule>\n");
    sim_file("/etc/ssl/own/shop.pem", "x");
    sim_file("/etc/ssl/certs/ssl-cert-snakeoil.pem", "x");
    sim_file("/etc/letsencrypt/live/example.org/cert.pem", "x");
    sim_file("/etc/postfix/main.cf", "smtpd_tls_cert_file = /etc/ssl/own/mail.pem\n");
    sim_file("/etc/ssl/own/mail.pem", "x");
    h = look(*state);
    proposes(h, "sim/site/shop.example.org:443", "shop.example.org",
             "http: { name: \"shop.example.org\", url: \"https://shop.example.org/\", address: \"127.0.0.1\" }");
    proposes(h, "sim/site/plain.example.org:80", "plain.example.org",
             "http: { name: \"plain.example.org\", url: \"http://plain.example.org/\", address: \"127.0.0.1\" }");
    proposes(h, "sim/site/wiki.example.org:8443", "wiki.example.org-8443",
             "http: { name: \"wiki.example.org-8443\", url: \"https://wiki.example.org:8443/\", address: \"127.0.0.1\" }");
    assert_non_null(find(h, "sim/site/docs.example.org:8443"));
    assert_null(find(h, "sim/site/shop.example.org:80"));  /* only leads to the other */
    assert_null(find(h, "sim/site/off.example.org:9999")); /* nobody listens there */
    assert_null(find(h, "sim/listen/tcp/443"));            /* its sites speak for it */
    proposes(h, "sim/cert/etc/ssl/own/shop.pem", "cert-own-shop.pem", "certificate_files: { name: \"cert-own-shop.pem\", paths: \"/etc/ssl/own/shop.pem\" }");
    proposes(h, "sim/fact/certificate_files:_[/etc/letsencrypt/live]", "certificate_files", "certificate_files: [/etc/letsencrypt/live]");
    assert_non_null(find(h, "sim/cert/etc/ssl/own/mail.pem"));
    assert_null(find(h, "sim/cert/etc/ssl/certs/ssl-cert-snakeoil.pem"));
    loads(h);
    free(h);
}

static void zones(void **state)
{
    struct heard *h;

    begin();
    listens(&udp, EVERYWHERE, 53, "named", NULL);
    listens(&tcp, EVERYWHERE, 53, "named", NULL);
    ready();
    sim_file("/etc/bind/named.conf", "// the zones\ninclude \"/etc/bind/named.conf.local\";\nzone \".\" { type hint; file \"/x\"; };\n");
    sim_file("/etc/bind/named.conf.local", "zone \"example.org\" IN { type primary; file \"/etc/bind/db\"; allow-transfer { none; }; };\n"
                                           "/* zone \"old.example\" { type master; }; */\nzone \"office.lan\" { type master; };\n"
                                           "zone \"other.example.org\" { type forward; };\nzone \"2.0.192.in-addr.arpa\" { type master; };\n");
    h = look(*state);
    proposes(h, "sim/zone/example.org", "zone-example.org", "dns_zone: { name: \"zone-example.org\", zone: \"example.org\" }");
    proposes(h, "sim/zone/office.lan", "zone-office.lan", "dns: { name: \"zone-office.lan\", query: \"office.lan\", type: SOA, server: 127.0.0.1 }");
    proposes(h, "sim/listen/udp/53", "dns", "dns: { query: \"example.org\", type: SOA, server: \"127.0.0.1\" }");
    assert_null(find(h, "sim/zone/old.example"));
    assert_null(find(h, "sim/zone/other.example.org"));
    loads(h);
    free(h);
}

static void facts_of_the_machine(void **state)
{
    struct heard *h;

    begin();
    listens(&tcp, EVERYWHERE, 22, "sshd", "ssh.service");
    listens(&tcp, LOOPBACK, 6379, "redis-server", "redis-server.service");
    ready();
    sim_file("/run/systemd/system/x", "");
    sim_file("/etc/systemd/system/multi-user.target.wants/app.service", "");
    sim_file("/etc/systemd/system/multi-user.target.wants/ssh.service", "");
    sim_file("/etc/systemd/system/multi-user.target.wants/redis-server.service", "");
    sim_file("/usr/bin/apt-get", "");
    sim_file("/var/spool/postfix/deferred/x", "");
    sim_proc("/proc/mdstat", "Personalities : [raid1]\nmd0 : active raid1 sda1[0] sdb1[1]\n");
    h = look(*state);
    proposes(h, "sim/fact/disks", "disks", "disks");
    proposes(h, "sim/fact/raid", "raid", "raid");
    proposes(h, "sim/fact/upgrades", "upgrades", "upgrades");
    proposes(h, "sim/fact/timers", "timers", "timers");
    proposes(h, "sim/fact/mail_queue:_postfix", "mail_queue", "mail_queue: postfix");
    proposes(h, "sim/unit/app.service", "app", "unit: app.service");
    assert_null(find(h, "sim/unit/ssh.service"));
    assert_null(find(h, "sim/unit/redis-server.service")); /* it answers, so it is asked */
    assert_null(find(h, "sim/fact/zfs"));
    loads(h);
    free(h);
}

/* Every row of every table, at once. */
static void everything_loads(void **state)
{
    static const char *const programs[] = {"sshd", "master", "exim4", "dovecot", "nginx", "redis-server", "memcached", "mysqld", "postgres", "slapd", "mosquitto", "beam.smp",
                                           "ngircd", "gearmand", "vsftpd", "rsync", "innd", "clamd", "spamd", "odd name:/\"x", "java"};
    static const int ports[] = {21, 22, 24, 25, 79, 80, 110, 119, 143, 389, 443, 465, 563, 587, 636, 783, 853, 873, 990, 993, 995, 1883, 2181, 3306, 3310, 4190, 4730, 5060,
                                5222, 5432, 5671, 5672, 5900, 6379, 6667, 6697, 8883, 9418, 11211, 12345};

    for (size_t p = 0; p < COUNT(programs); p++) {
        struct heard *h;
        begin();
        for (size_t i = 0; i < COUNT(ports); i++)
            listens(&tcp, EVERYWHERE, ports[i], programs[p], NULL);
        ready();
        h = look(*state);
        loads(h);
        assert_true(h->n > 10);
        free(h);
    }
}

static void stopped_early(void **state)
{
    struct fx *f = *state;
    struct heard *h = calloc(1, sizeof *h);

    begin();
    listens(&tcp, EVERYWHERE, 7777, NULL, NULL);
    ready();
    sim_host("localhost", "127.0.0.1");
    sim_port_open("localhost", 7777);
    h->d = discover_host(f->loop, f->workers, "sim", &events, h, NULL);
    discover_stop(h->d); /* the worker has not begun */
    sim_run_for(1000);
    h->d = discover_host(f->loop, f->workers, "sim", &events, h, NULL);
    sim_run_for(500); /* it asks */
    discover_stop(h->d);
    sim_run_for(10000);
    assert_int_equal(h->ends + h->n, 0);
    free(h);
}

/* ---- pure pieces ---- */

static void socket_lines(void **state)
{
    static const char listen[] = "  3: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 22123 1 x 100 0";
    struct addr at;
    uint64_t inode;
    char text[ADDR_TEXT_BYTES];

    assert_true(host_socket_line(str_of(listen), false, false, &at, &inode));
    addr_format(&at, text);
    assert_string_equal(text, "127.0.0.1:25");
    assert_int_equal(inode, 22123);
    assert_true(host_socket_line(str_of("  0: " LOOPBACK6 ":1538 " EVERYWHERE6 ":0000 0A 0:0 00:0 0 0 0 77"), false, true, &at, &inode));
    addr_format(&at, text);
    assert_string_equal(text, "[::1]:5432");
    assert_false(host_socket_line(str_of("  3: 0100007F:0019 0100007F:9C40 01 0:0 00:0 0 105 0 22123"), false, false, &at, &inode));
    assert_false(host_socket_line(str_of("  sl  local_address rem_address   st"), false, false, &at, &inode));
    assert_false(host_socket_line(str_of("  3: XX00007F:0019 00000000:0000 0A 0:0 00:0 0 105 0 22123"), false, false, &at, &inode));
    assert_false(host_socket_line(str_of("  3: 0100007F:0019 00000000:0000 0A 0:0 00:0 0 105 0 99999999999999999999999999"), false, false, &at, &inode));
}

static void reads(const char *bytes, enum greeting what, const char *check)
{
    struct greeted g;

    greet_read(str_of(bytes), true, &g);
    assert_int_equal(g.what, what);
    assert_true(str_eq(g.check, check));
}

static void greetings(void **state)
{
    struct greeted g;

    reads("", GREET_NOTHING, NULL);
    reads("SSH-2.0-x\r\n", GREET_CHECK, "ssh");
    reads("220 (vsFTPd 3.0.3)\r\n", GREET_CHECK, "ftp");
    reads("220 mx.example.org ESMTP\r\n", GREET_CHECK, "smtp");
    reads("* OK ready\r\n", GREET_CHECK, "imap");
    reads("+OK\r\n", GREET_CHECK, "pop3");
    reads("hello\r\n", GREET_OTHER, NULL);
    reads("\x15\x03\x01\x00\x02\x02\x46", GREET_TLS, NULL);
    greet_read((struct str){"\x4a\x00\x00\x00\x0a" "5.7.1\0", 11}, false, &g);
    assert_string_equal(g.check, "mysql");
    greet_read(str_of("HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port"), true, &g);
    assert_int_equal(g.what, GREET_WEB);
    assert_true(g.wants_tls);
    greet_read(str_of("HTTP/1.1 2"), false, &g);
    assert_int_equal(g.what, GREET_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(programs_tell),  TWIN_TEST(greetings_tell), TWIN_TEST(sites_and_certificates), TWIN_TEST(zones),
        TWIN_TEST(facts_of_the_machine), TWIN_TEST(everything_loads), TWIN_TEST(stopped_early), TWIN_TEST(socket_lines), TWIN_TEST(greetings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

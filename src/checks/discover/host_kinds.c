/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host_kinds.c: the table of programs: what answers where one of them listens. The first row that fits counts. */
#include "checks/discover/host.h"
#include "base/str.h"
#include "checks/services.h"

enum { ANY = 0, TCP = 1, UDP = 2 };
struct row {
    const char *program; /* * and ? allowed */
    int port;            /* 0: any */
    int proto;           /* 0: both */
    enum port_kind kind;
    const char *check;   /* "=": what is usual at the port; else it is asked */
};
static const struct row rows[] = {
    /* ourselves, and what serves this machine alone or asks from any port */
    {"vigie*", 0, ANY, PORT_SKIP, NULL},
    {"dhclient", 0, ANY, PORT_SKIP, NULL},
    {"dhcpcd*", 0, ANY, PORT_SKIP, NULL},
    {"avahi-daemon*", 0, ANY, PORT_SKIP, NULL},
    {"systemd-resolve*", 0, ANY, PORT_SKIP, NULL},
    {"systemd-network*", 0, ANY, PORT_SKIP, NULL},
    {"systemd-timesyn*", 0, ANY, PORT_SKIP, NULL},
    {"NetworkManager", 0, ANY, PORT_SKIP, NULL},
    {"rpcbind", 0, ANY, PORT_SKIP, NULL},
    {"rpc.*", 0, ANY, PORT_SKIP, NULL},
    {"cupsd", 0, ANY, PORT_SKIP, NULL},
    {"cups-browsed", 0, ANY, PORT_SKIP, NULL},
    {"epmd", 0, ANY, PORT_SKIP, NULL},
    {"containerd", 0, ANY, PORT_SKIP, NULL},
    {"ssh", 0, ANY, PORT_SKIP, NULL},
    {"code*", 0, ANY, PORT_SKIP, NULL},
    /* names and time */
    {"named", 53, UDP, PORT_DNS, NULL},
    {"nsd*", 53, UDP, PORT_DNS, NULL},
    {"knotd", 53, UDP, PORT_DNS, NULL},
    {"pdns_*", 53, UDP, PORT_DNS, NULL},
    {"unbound", 53, UDP, PORT_DNS, NULL},
    {"dnsmasq", 53, UDP, PORT_DNS, NULL},
    {"kresd", 53, UDP, PORT_DNS, NULL},
    {"coredns", 53, UDP, PORT_DNS, NULL},
    {"named", 0, ANY, PORT_SKIP, NULL},
    {"nsd*", 0, ANY, PORT_SKIP, NULL},
    {"knotd", 0, ANY, PORT_SKIP, NULL},
    {"pdns_*", 53, ANY, PORT_SKIP, NULL},
    {"unbound", 0, ANY, PORT_SKIP, NULL},
    {"dnsmasq", 0, ANY, PORT_SKIP, NULL},
    {"kresd", 0, ANY, PORT_SKIP, NULL},
    {"chronyd", 123, UDP, PORT_CHECK, "ntp"},
    {"ntpd", 123, UDP, PORT_CHECK, "ntp"},
    {"openntpd", 123, UDP, PORT_CHECK, "ntp"},
    {"chronyd", 0, ANY, PORT_SKIP, NULL},
    /* telephones, tunnels, what is asked by UDP and cannot be greeted */
    {"asterisk", 5060, UDP, PORT_CHECK, "sip"},
    {"kamailio", 5060, UDP, PORT_CHECK, "sip"},
    {"opensips", 5060, UDP, PORT_CHECK, "sip"},
    {"openvpn", 0, ANY, PORT_PROCESS, NULL},
    {"snmpd", 0, UDP, PORT_PROCESS, NULL},
    {"charon*", 500, UDP, PORT_PROCESS, NULL},
    {"freeradius", 1812, UDP, PORT_PROCESS, NULL},
    {"in.tftpd", 69, UDP, PORT_PROCESS, NULL},
    {"dhcpd", 67, UDP, PORT_PROCESS, NULL},
    {"kea-dhcp*", 0, UDP, PORT_PROCESS, NULL},
    {"*", 0, UDP, PORT_SKIP, NULL},
    /* log-in */
    {"sshd*", 0, TCP, PORT_CHECK, "ssh"},
    {"dropbear", 0, TCP, PORT_CHECK, "ssh"},
    /* mail */
    {"master", 0, TCP, PORT_CHECK, "="},
    {"exim*", 0, TCP, PORT_CHECK, "="},
    {"smtpd", 0, TCP, PORT_CHECK, "="},
    {"sendmail*", 0, TCP, PORT_CHECK, "="},
    {"dovecot*", 0, TCP, PORT_CHECK, "="},
    {"cyrmaster", 0, TCP, PORT_CHECK, "="},
    {"cyrus*", 0, TCP, PORT_CHECK, "="},
    {"couriertcpd", 0, TCP, PORT_CHECK, "="},
    {"spamd*", 783, TCP, PORT_CHECK, "spamd"},
    {"clamd", 0, TCP, PORT_CHECK, "clamd"},
    /* web */
    {"nginx", 0, TCP, PORT_WEB, NULL},
    {"apache2", 0, TCP, PORT_WEB, NULL},
    {"httpd", 0, TCP, PORT_WEB, NULL},
    {"lighttpd", 0, TCP, PORT_WEB, NULL},
    {"caddy", 0, TCP, PORT_WEB, NULL},
    {"h2o", 0, TCP, PORT_WEB, NULL},
    {"varnishd", 80, TCP, PORT_WEB, NULL},
    /* data */
    {"redis-server*", 0, TCP, PORT_CHECK, "redis"},
    {"valkey-server*", 0, TCP, PORT_CHECK, "redis"},
    {"memcached", 0, TCP, PORT_CHECK, "memcached"},
    {"mysqld*", 3306, TCP, PORT_CHECK, "mysql"},
    {"mariadbd", 3306, TCP, PORT_CHECK, "mysql"},
    {"mysqld*", 33060, TCP, PORT_SKIP, NULL},
    {"mysqld*", 0, TCP, PORT_ASK, NULL},
    {"mariadbd", 0, TCP, PORT_ASK, NULL},
    {"postgres*", 0, TCP, PORT_CHECK, "postgres"},
    {"slapd", 389, TCP, PORT_CHECK, "ldap"},
    /* messages */
    {"mosquitto", 1883, TCP, PORT_CHECK, "mqtt"},
    {"beam.smp", 5672, TCP, PORT_CHECK, "amqp"},
    {"beam.smp", 25672, TCP, PORT_SKIP, NULL},
    {"ngircd", 0, TCP, PORT_CHECK, "="},
    {"*ircd", 0, TCP, PORT_CHECK, "="},
    {"gearmand", 4730, TCP, PORT_CHECK, "gearman"},
    /* files */
    {"vsftpd", 0, TCP, PORT_CHECK, "="},
    {"proftpd", 0, TCP, PORT_CHECK, "="},
    {"pure-ftpd*", 0, TCP, PORT_CHECK, "="},
    {"rsync", 873, TCP, PORT_CHECK, "rsync"},
    {"innd", 119, TCP, PORT_CHECK, "nntp"},
    /* anything else */
    {"*", 0, TCP, PORT_ASK, NULL},
};

/* Kinds that need to be told more than a place (a domain, a repository), or that would disturb. */
static bool asks_for_more(const char *check) { return str_eq(check, "xmpp") || str_eq(check, "git") || str_eq(check, "sip"); }

const char *host_usual(int port, bool *ret_tls)
{
    const struct service *s = service_at(port);
    if (!s || asks_for_more(s->check) || str_eq(s->check, "tcp") || str_eq(s->check, "tls"))
        return port == 389 ? "ldap" : NULL;
    *ret_tls = s->tls;
    return s->check;
}

static bool fits(const struct row *r, const struct port *p)
{
    return (r->port == 0 || r->port == p->port) && (r->proto == ANY || r->proto == (p->udp ? UDP : TCP)) &&
           str_glob(r->program, p->program);
}

void host_kind(struct port *p)
{
    const struct row *r = rows;
    while (!fits(r, p))
        r++; /* the last ones fit everything */
    p->kind = r->kind;
    p->check = r->check;
    if (!str_eq(r->check, "="))
        return;
    p->check = host_usual(p->port, &p->tls);
    if (!p->check || str_eq(p->check, "http") || str_eq(p->check, "https"))
        p->kind = PORT_ASK;
}

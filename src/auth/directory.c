/* SPDX-License-Identifier: GPL-3.0-or-later */
/* directory.c: see directory.h.  The dialogue is a row of steps; the number of a step is the number of its message. */
#include "auth/auth_int.h"
#include "base/str.h"
#include "io/sock.h"
#include "wire/ldap.h"
#include <string.h>
#include <strings.h>

enum step { STEP_NAME, STEP_CONNECT, STEP_TLS, STEP_SECURE, STEP_BIND, STEP_FIND, STEP_GROUPS, STEP_PROVE, STEP_END };
enum { LDAP_PORT = 389, LDAPS_PORT = 636, MAX_IN = LDAP_MAX_BYTES + 65536, LEAST_STEP_MS = 250, FILTER_BYTES = 3000 };

struct directory_ask {
    struct loop *loop;
    struct dns *dns;
    struct conf *conf;
    const struct conf_ldap *o;
    directory_fn *fn;
    void *arg;
    char name[100], *password;
    int server; /* which of the configured ones */
    char host[256];
    int port;
    bool tls_first;
    struct dns_job *lookup;
    struct addr at[DNS_MAX_ADDRS];
    int n, i;
    struct sock *sock;
    struct timer slow, end;
    struct buf in;
    enum step step;
    int found, groups; /* entries so far */
    struct directory_answer answer;
};

static void next_server(struct directory_ask *q, int code, const char *why);

static void hang_up(struct directory_ask *q)
{
    timer_clear(&q->slow);
    if (q->lookup)
        dns_cancel(q->lookup);
    q->lookup = NULL;
    q->sock = sock_free(q->sock);
    buf_clear(&q->in);
}

static void ask_free(struct directory_ask *q)
{
    hang_up(q);
    timer_clear(&q->end);
    buf_done(&q->in);
    conf_unref(q->conf);
    if (q->password)
        secret_wipe(q->password, strlen(q->password));
    mem_free(q->password);
    mem_free(q);
}

static void say_end(void *arg)
{
    struct directory_ask *q = arg;
    struct directory_answer a = q->answer;
    directory_fn *fn = q->fn;
    void *to = q->arg;
    ask_free(q);
    fn(to, &a);
}

/* No more of it, and the word from a turn of its own. */
static void finish(struct directory_ask *q, int code)
{
    q->answer.code = code;
    q->step = STEP_END;
    timer_clear(&q->slow);
    timer_set(&q->end, 0);
}

static void note(struct directory_ask *q, const char *what, struct str said)
{
    char text[200];
    str_copyn(text, sizeof text, said.p ? said.p : "", said.n);
    str_print(q->answer.why, sizeof q->answer.why, "%s: %s%s%s", q->o->url.at[q->server], what, said.n ? ": " : "", text);
}

/* ---- what is sent ---- */

static void send_it(struct directory_ask *q, struct str bytes, enum step step)
{
    q->step = step;
    if (bytes.n == 0 || sock_write(q->sock, bytes.p, bytes.n) != 0)
        next_server(q, ERR_LIMIT, "a request does not fit");
}

static void send_search(struct directory_ask *q, enum step step, const char *base, const char *filter, int scope, const char *attribute, int most)
{
    unsigned char space[LDAP_MAX_REQUEST];
    struct ber_out out = ber_out_of(space, sizeof space);
    struct buf filled = BUF_MAX(FILTER_BYTES);
    filter_fill(&filled, filter, q->name, q->answer.dn);
    struct ldap_search s = {.base = base, .filter = buf_text(&filled), .attribute = attribute, .scope = scope, .size_limit = most, .time_limit_s = (int)(q->o->timeout_ms / 1000) + 1};
    struct str bytes = filled.full ? (struct str){0} : ldap_search(&out, step, &s);
    if (bytes.n)
        send_it(q, bytes, step);
    else
        next_server(q, ERR_INVALID, "a filter of the configuration cannot be read");
    buf_done(&filled);
}

static void send_bind(struct directory_ask *q)
{
    unsigned char space[LDAP_MAX_REQUEST];
    struct ber_out out = ber_out_of(space, sizeof space);
    send_it(q, ldap_bind(&out, STEP_BIND, q->o->bind_dn, q->o->password), STEP_BIND);
}

static void send_find(struct directory_ask *q)
{
    q->found = 0;
    send_search(q, STEP_FIND, q->o->base, q->o->filter, LDAP_SCOPE_SUB, q->o->member_of, 2);
}

static void send_groups(struct directory_ask *q)
{
    send_search(q, STEP_GROUPS, q->o->groups_base, q->o->groups_filter, LDAP_SCOPE_SUB, NULL, DIRECTORY_MAX_GROUPS);
}

static void prove(struct directory_ask *q)
{
    unsigned char space[LDAP_MAX_REQUEST];
    struct ber_out out = ber_out_of(space, sizeof space);
    if (!q->password)
        finish(q, 0);
    else
        send_it(q, ldap_bind_policy(&out, STEP_PROVE, q->answer.dn, q->password), STEP_PROVE);
    secret_wipe(space, sizeof space);
}

static void secure(struct directory_ask *q)
{
    struct tls_opts tls = {.verify = true, .server_name = q->host, .ca_file = q->o->ca};
    q->step = STEP_SECURE;
    if (sock_start_tls(q->sock, &tls) != 0)
        next_server(q, ERR_TLS, "TLS cannot begin");
}

/* ---- what comes ---- */

static void take_group(struct directory_ask *q, struct str dn)
{
    const struct conf_pairs *roles = &q->o->roles;
    for (int i = 0; i < roles->n; i++) {
        int role = role_from_word(roles->values[i]);
        if (role > (int)q->answer.role && dn_same(str_of(roles->keys[i]), dn))
            q->answer.role = (enum role)role;
    }
}

static void take_entry(struct directory_ask *q, const struct ldap_message *m)
{
    struct str attributes = m->attributes, name, values, v;
    if (q->found++)
        return;
    if (!str_copyn(q->answer.dn, sizeof q->answer.dn, m->dn.p, m->dn.n) || strlen(q->answer.dn) != m->dn.n)
        q->answer.dn[0] = '\0'; /* never another's name: a part of it could be one */
    while (q->o->member_of && ldap_attribute_next(&attributes, &name, &values))
        if (name.n == strlen(q->o->member_of) && strncasecmp(name.p, q->o->member_of, name.n) == 0)
            while (ldap_value_next(&values, &v) && q->groups++ < DIRECTORY_MAX_GROUPS)
                take_group(q, v);
}

static void search_failed(struct directory_ask *q, const struct ldap_message *m)
{
    char what[100];
    str_print(what, sizeof what, "the search ends with %s", ldap_result_name(m->result));
    note(q, what, m->text);
    next_server(q, ERR_PROTOCOL, NULL);
}

static void found_all(struct directory_ask *q, const struct ldap_message *m)
{
    if (m->result != LDAP_SUCCESS && m->result != LDAP_SIZE_LIMIT) {
        search_failed(q, m);
    } else if (q->found != 1 || q->answer.dn[0] == '\0') {
        note(q, q->found == 0 ? "there is no such entry" : q->found > 1 ? "several entries fit" : "the name of the entry is too long", (struct str){0});
        finish(q, q->found == 0 ? ERR_NOT_FOUND : ERR_CONFLICT);
    } else {
        for (int i = 0; i < q->o->roles.n; i++) {
            int role = str_eq(q->o->roles.keys[i], "*") ? role_from_word(q->o->roles.values[i]) : ROLE_NONE;
            q->answer.role = role > (int)q->answer.role ? (enum role)role : q->answer.role;
        }
        if (q->o->groups_base)
            send_groups(q);
        else
            prove(q);
    }
}

static void proved(struct directory_ask *q, const struct ldap_message *m)
{
    const char *policy = ldap_policy_error(m->controls);
    char what[160];
    bool away = m->result == 1 || m->result == 51 || m->result == 52 || m->result == 80 || m->result == 8 || m->result == 13;
    if (m->result == LDAP_SUCCESS && !policy) {
        finish(q, 0);
        return;
    }
    str_print(what, sizeof what, "the log-in of %s ends with %s%s%s", q->answer.dn, ldap_result_name(m->result), policy ? ", " : "", policy ? policy : "");
    note(q, what, m->text);
    if (away)
        next_server(q, ERR_PROTOCOL, NULL);
    else
        finish(q, ERR_AUTH);
}

/* An answer that a step waits for and that is good brings the next one. */
static void answered(struct directory_ask *q, const struct ldap_message *m)
{
    if (q->step == STEP_FIND)
        found_all(q, m);
    else if (q->step == STEP_PROVE)
        proved(q, m);
    else if (q->step == STEP_GROUPS && (m->result == LDAP_SUCCESS || m->result == LDAP_SIZE_LIMIT))
        prove(q);
    else if (q->step == STEP_GROUPS)
        search_failed(q, m);
    else if (m->result != LDAP_SUCCESS) {
        char what[100];
        str_print(what, sizeof what, "%s is refused with %s", q->step == STEP_TLS ? "StartTLS" : "our own log-in", ldap_result_name(m->result));
        note(q, what, m->text);
        next_server(q, ERR_PROTOCOL, NULL);
    } else if (q->step == STEP_BIND) {
        send_find(q);
    } else if (q->in.len) { /* said in the clear, to be taken as if it had been enciphered */
        next_server(q, ERR_PROTOCOL, "more was said than StartTLS allows");
    } else {
        secure(q);
    }
}

static void take_message(struct directory_ask *q, const struct ldap_message *m)
{
    static const unsigned wanted[] = {[STEP_TLS] = LDAP_EXTENDED_RESPONSE, [STEP_BIND] = LDAP_BIND_RESPONSE, [STEP_FIND] = LDAP_DONE, [STEP_GROUPS] = LDAP_DONE, [STEP_PROVE] = LDAP_BIND_RESPONSE};
    bool search = q->step == STEP_FIND || q->step == STEP_GROUPS;
    if (m->id != (int64_t)q->step || q->step == STEP_SECURE)
        next_server(q, ERR_PROTOCOL, "an answer that nobody asked for");
    else if (q->step == STEP_FIND && m->op == LDAP_ENTRY)
        take_entry(q, m);
    else if (q->step == STEP_GROUPS && m->op == LDAP_ENTRY && q->groups++ < DIRECTORY_MAX_GROUPS)
        take_group(q, m->dn);
    else if (search && (m->op == LDAP_REFERENCE || m->op == LDAP_ENTRY))
        return;
    else if (q->step < COUNT(wanted) && m->op == wanted[q->step])
        answered(q, m);
    else
        next_server(q, ERR_PROTOCOL, "not an answer of LDAP");
}

static void on_data(void *arg, const char *p, size_t n)
{
    struct directory_ask *q = arg;
    struct sock *sock = q->sock;
    buf_add(&q->in, p, n);
    while (q->step != STEP_END && q->sock == sock && q->in.len) {
        struct ldap_message m;
        int64_t frame = ldap_frame(q->in.data, q->in.len);
        if (frame == 0 || (frame > 0 && (size_t)frame > q->in.len)) {
            if (q->in.full)
                next_server(q, ERR_LIMIT, "an answer is too long");
            return;
        }
        char *copy = frame > 0 ? mem_dupn(q->in.data, (size_t)frame) : NULL; /* what follows it may be looked at meanwhile */
        if (!copy || ldap_decode(copy, (size_t)frame, &m) != 0) {
            next_server(q, ERR_PROTOCOL, "not an answer of LDAP");
        } else {
            buf_drop(&q->in, (size_t)frame);
            take_message(q, &m);
        }
        mem_free(copy);
    }
}

/* ---- getting there ---- */

static void try_address(struct directory_ask *q);

static void on_open(void *arg)
{
    struct directory_ask *q = arg;
    unsigned char space[200];
    struct ber_out out = ber_out_of(space, sizeof space);
    timer_set(&q->slow, q->o->timeout_ms);
    if (q->tls_first)
        secure(q);
    else if (q->o->starttls)
        send_it(q, ldap_starttls(&out, STEP_TLS), STEP_TLS);
    else
        send_bind(q);
}

static void on_secure(void *arg) { send_bind(arg); }

static void on_end(void *arg, int code, const struct err *e)
{
    struct directory_ask *q = arg;
    struct buf text = BUF_MAX(300);
    if (q->step == STEP_END)
        return;
    if (q->step == STEP_CONNECT && q->i + 1 < q->n) {
        q->i++;
        try_address(q);
        return;
    }
    if (code && e)
        msg_render(&text, e->text, "en");
    next_server(q, code ? code : ERR_RESET, text.len ? buf_text(&text) : "the connection was closed");
    buf_done(&text);
}

static const struct sock_events calls = {on_open, on_secure, on_data, on_end};

static void try_address(struct directory_ask *q)
{
    int64_t share = q->o->timeout_ms / (q->n - q->i);
    q->step = STEP_CONNECT;
    q->sock = sock_free(q->sock);
    addr_set_port(&q->at[q->i], q->port);
    timer_set(&q->slow, share > LEAST_STEP_MS ? share : LEAST_STEP_MS);
    q->sock = sock_connect(q->loop, &q->at[q->i], NULL, &calls, q);
}

static void too_slow(void *arg)
{
    struct directory_ask *q = arg;
    if (q->step == STEP_CONNECT && q->i + 1 < q->n) {
        q->i++;
        try_address(q);
    } else {
        next_server(q, ERR_TIMEOUT, "no answer in time");
    }
}

static void on_addrs(void *arg, const struct dns_addrs *r)
{
    struct directory_ask *q = arg;
    q->lookup = NULL;
    if (r->code || r->n == 0) {
        next_server(q, ERR_DNS, "its name cannot be looked up");
        return;
    }
    memcpy(q->at, r->at, sizeof *r->at * (size_t)r->n);
    q->n = r->n;
    q->i = 0;
    try_address(q);
}

static void try_server(struct directory_ask *q)
{
    const char *url = q->o->url.at[q->server];
    q->tls_first = str_starts(url, "ldaps://");
    const char *where = url + (q->tls_first ? 8 : 7);
    q->answer.role = ROLE_NONE;
    q->answer.dn[0] = '\0';
    q->found = q->groups = 0;
    q->step = STEP_NAME;
    q->port = 0;
    if (addr_split(where, q->host, sizeof q->host, &q->port) != 0 || !q->host[0]) {
        size_t bracket = where[0] == '[' ? strcspn(where, "]") : 0;
        str_copyn(q->host, sizeof q->host, where + (bracket > 0), bracket ? bracket - 1 : strlen(where));
        q->port = 0;
    }
    q->port = q->port ? q->port : q->tls_first ? LDAPS_PORT : LDAP_PORT;
    timer_set(&q->slow, q->o->timeout_ms);
    q->lookup = dns_resolve(q->dns, q->host, DNS_ANY, q->o->timeout_ms, on_addrs, q);
}

/* Within a callback of the socket, too. */
static void next_server(struct directory_ask *q, int code, const char *why)
{
    if (q->step == STEP_END)
        return;
    if (why)
        note(q, why, (struct str){0});
    hang_up(q);
    if (++q->server < q->o->url.n)
        try_server(q);
    else
        finish(q, code == ERR_AUTH || code == ERR_NOT_FOUND || code == ERR_CONFLICT ? ERR_PROTOCOL : code);
    if (q->server >= q->o->url.n)
        q->server = q->o->url.n - 1;
}

struct directory_ask *directory_ask(struct loop *l, struct dns *dns, const struct conf *conf, const char *name, const char *password, directory_fn *fn, void *arg)
{
    struct directory_ask *q = NEW(struct directory_ask);
    *q = (struct directory_ask){.loop = l, .dns = dns, .o = &conf->login.ldap, .fn = fn, .arg = arg, .in = BUF_MAX(MAX_IN)};
    q->conf = conf_ref((struct conf *)conf);
    str_copy(q->name, sizeof q->name, name);
    q->password = mem_dup(password);
    timer_init(&q->slow, l, too_slow, q);
    timer_init(&q->end, l, say_end, q);
    if (password && !password[0])
        finish(q, ERR_AUTH);
    else
        try_server(q);
    return q;
}

struct directory_ask *directory_cancel(struct directory_ask *q)
{
    if (q)
        ask_free(q);
    return NULL;
}

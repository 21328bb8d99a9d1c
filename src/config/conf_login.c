/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_login.c: the section `login`: a directory of users (LDAP), and the second factor. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

#include <string.h>

static const char *const factors[] = {"optional", "required", NULL};
static const char *const roles[] = {"viewer", "operator", "admin", NULL};

enum { SECOND = 1000, HOUR = 3600 * SECOND };

#define AT(member) offsetof(struct conf_login, member)
static const struct conf_row rows_groups[] = {
    {.key = "base",
     .type = CONF_TEXT,
     .offset = AT(ldap.groups_base),
     .flags = CONF_POSITIONAL,
     .help = MSG("Below which entry groups are looked for."),
     .example = "\"ou=groups,dc=example,dc=org\""},
    {.key = "filter",
     .type = CONF_TEXT,
     .offset = AT(ldap.groups_filter),
     .by_default = "(member={dn})",
     .help = MSG("Which groups somebody is in: {dn} is the person’s entry, {name} the name that was typed."),
     .example = "\"(&(objectClass=posixGroup)(memberUid={name}))\""},
    {.key = "attribute",
     .type = CONF_TEXT,
     .offset = AT(ldap.member_of),
     .help = MSG("An attribute of people that names their groups, in place of a search."),
     .example = "memberOf"},
    {0},
};

static const struct conf_row rows_ldap[] = {
    {.key = "url",
     .type = CONF_TEXTS,
     .offset = AT(ldap.url),
     .flags = CONF_POSITIONAL,
     .help = MSG("The server, ldaps://HOST or ldap://HOST; several are tried in this order."),
     .example = "[\"ldap://ldap1.example.org\", \"ldap://ldap2.example.org\"]"},
    {.key = "starttls",
     .type = CONF_BOOL,
     .offset = AT(ldap.starttls),
     .by_default = "yes",
     .help = MSG("With ldap://: the connection is enciphered before anything is said. no: passwords travel in the clear."),
     .example = "no"},
    {.key = "bind_dn",
     .type = CONF_TEXT,
     .offset = AT(ldap.bind_dn),
     .help = MSG("Entry (DN) as which people are looked for. Without it: as anybody."),
     .example = "\"cn=vigie,ou=services,dc=example,dc=org\""},
    {.key = "password",
     .type = CONF_SECRET,
     .offset = AT(ldap.password),
     .help = MSG("Its password."),
     .example = "{ file: /etc/vigie/ldap }"},
    {.key = "base",
     .type = CONF_TEXT,
     .offset = AT(ldap.base),
     .help = MSG("Below which entry people are looked for."),
     .example = "\"ou=people,dc=example,dc=org\""},
    {.key = "filter",
     .type = CONF_TEXT,
     .offset = AT(ldap.filter),
     .by_default = "(uid={name})",
     .help = MSG("Who is the one that logs in: {name} is what was typed. Exactly one entry may fit."),
     .example = "\"(&(objectClass=user)(sAMAccountName={name}))\""},
    {.key = "groups",
     .type = CONF_GROUP,
     .rows = rows_groups,
     .help = MSG("How the groups of a person are found."),
     .example = "{ base: \"ou=groups,dc=example,dc=org\", filter: \"(member={dn})\" }"},
    {.key = "roles",
     .type = CONF_PAIRS,
     .offset = AT(ldap.roles),
     .help = MSG("What groups may do, by DN; the highest role counts. \"*\" stands for everybody who is found."),
     .example = "{ \"cn=admins,ou=groups,dc=example,dc=org\": admin, \"*\": viewer }"},
    {.key = "ca",
     .type = CONF_TEXT,
     .offset = AT(ldap.ca),
     .help = MSG("File (PEM) of the authority that signed the server’s certificate. Without it: the system’s."),
     .example = "/etc/vigie/ldap-ca.pem"},
    {.key = "timeout",
     .type = CONF_DURATION,
     .offset = AT(ldap.timeout_ms),
     .by_default = "5s",
     .min = 100,
     .max = 60 * SECOND,
     .unit = "ms",
     .help = MSG("How long one server may take before the next is asked."),
     .example = "3s"},
    {.key = "recheck",
     .type = CONF_DURATION,
     .offset = AT(ldap.recheck_ms),
     .by_default = "15m",
     .min = 5 * SECOND,
     .max = 24 * HOUR,
     .unit = "ms",
     .help = MSG("How often those who are logged in are looked up again: who is gone, or has no role any more, is out."),
     .example = "5m"},
    {0},
};

static const struct conf_row rows_oidc[] = {
    {.key = "issuer",
     .type = CONF_URL,
     .offset = AT(oidc.issuer),
     .flags = CONF_POSITIONAL,
     .help = MSG("Address of the provider, exactly as it calls itself (“issuer” of its /.well-known/openid-configuration)."),
     .example = "https://id.example.org/realms/coop"},
    {.key = "client_id",
     .type = CONF_TEXT,
     .offset = AT(oidc.client_id),
     .help = MSG("What the provider calls vigie. There, the address to come back to is /login/oidc/back of this site."),
     .example = "vigie"},
    {.key = "client_secret",
     .type = CONF_SECRET,
     .offset = AT(oidc.client_secret),
     .help = MSG("The secret that goes with it; without one the client is a public one."),
     .example = "{ file: /etc/vigie/oidc }"},
    {.key = "scopes",
     .type = CONF_TEXTS,
     .offset = AT(oidc.scopes),
     .by_default = "[openid, profile]",
     .help = MSG("What is asked for."),
     .example = "[openid, profile, groups]"},
    {.key = "name_claim",
     .type = CONF_TEXT,
     .offset = AT(oidc.name_claim),
     .by_default = "preferred_username",
     .help = MSG("Which claim is the name of the user here."),
     .example = "email"},
    {.key = "claim",
     .type = CONF_TEXT,
     .offset = AT(oidc.claim),
     .by_default = "groups",
     .help = MSG("Which claim has the groups, a list or one text; a dot leads into an object."),
     .example = "realm_access.roles"},
    {.key = "roles",
     .type = CONF_PAIRS,
     .offset = AT(oidc.roles),
     .help = MSG("What groups may do; the highest role counts. \"*\" stands for everybody whom the provider lets in."),
     .example = "{ status-admins: admin, staff: operator }"},
    {.key = "title",
     .type = CONF_TEXT,
     .offset = AT(oidc.title),
     .help = MSG("Name of the provider, on the button of the log-in page."),
     .example = "Co-op"},
    {.key = "ca",
     .type = CONF_TEXT,
     .offset = AT(oidc.ca),
     .help = MSG("File (PEM) of the authority that signed the provider’s certificate. Without it: the system’s."),
     .example = "/etc/vigie/id-ca.pem"},
    {.key = "session",
     .type = CONF_DURATION,
     .offset = AT(oidc.session_ms),
     .by_default = "12h",
     .min = 60 * SECOND,
     .max = 30LL * 24 * HOUR,
     .unit = "ms",
     .help = MSG("After so long one logs in anew, by one click: a provider does not tell when somebody is gone."),
     .example = "8h"},
    {0},
};

const struct conf_row conf_rows_login[] = {
    {.key = "ldap",
     .type = CONF_GROUP,
     .rows = rows_ldap,
     .help = MSG("A directory of users: whoever is in it and in a group with a role logs in with the password there."),
     .example = "{ url: \"ldaps://ldap.example.org\", base: \"dc=example,dc=org\", roles: { \"*\": viewer } }"},
    {.key = "oidc",
     .type = CONF_GROUP,
     .rows = rows_oidc,
     .help = MSG("A provider of log-ins (OpenID Connect): a button on the log-in page leads there."),
     .example = "{ issuer: \"https://id.example.org\", client_id: vigie, roles: { staff: operator } }"},
    {.key = "second_factor",
     .type = CONF_WORD,
     .offset = AT(second_factor),
     .words = factors,
     .by_default = "optional",
     .help = MSG("Whether a code of a telephone or the like is asked for besides the password: of those who want it, or of everybody."),
     .example = "required"},
    {0},
};
_Static_assert(sizeof(conf_rows_login) <= CONF_LOGIN_ROWS * sizeof(struct conf_row), "room for all");
#undef AT

/* ---- judging ---- */

static void expect(struct conf_ctx *c, const struct node *at, const char *key, const char *msgid)
{
    struct buf expected = BUF_MAX(200);

    msg_pack(&expected, msgid, "");
    conf_error_expected(c, at, key, buf_text(&expected));
    buf_done(&expected);
}

static bool is_server(const char *url)
{
    const char *rest = str_starts(url, "ldaps://") ? url + 8 : str_starts(url, "ldap://") ? url + 7 : NULL;

    return rest && rest[0] && !strpbrk(rest, "/?# \t@");
}

/* Parentheses that fit, and the person in it: the rest is seen when the filter is used. */
static bool is_filter(const char *text, const char *person, const char *other)
{
    int depth = 0;

    for (const char *p = text; *p; p++) {
        depth += (*p == '(') - (*p == ')');
        if (depth < 0)
            return false;
    }
    return depth == 0 && text[0] == '(' && (strstr(text, person) || (other && strstr(text, other)));
}

void conf_roles_judge(struct conf_ctx *c, const struct node *at, const struct conf_pairs *pairs)
{
    int which;

    for (int i = 0; i < pairs->n; i++)
        if (!conf_text_words(pairs->values[i], roles, &which))
            conf_error_at(c, at, MSG("“{1}” is no role; there are viewer, operator and admin"), "s", pairs->values[i]);
}

static void judge_ldap(struct conf_ctx *c, const struct node *map, const struct conf_ldap *o)
{
    const struct node *groups = node_get(map, "groups");

    for (int i = 0; i < o->url.n; i++) {
        if (!is_server(o->url.at[i]))
            conf_error_at(c, node_get(map, "url"), MSG("“{1}” is no server of users; write ldaps://ldap.example.org"), "s", o->url.at[i]);
        else if (!o->starttls && str_starts(o->url.at[i], "ldap://"))
            conf_warn(c, conf_where_of(c, node_get(map, "starttls")), MSG("{1} without StartTLS: passwords can be read on the way"), "s", o->url.at[i]);
    }
    if (!o->base)
        conf_error_at(c, map->key, MSG("login.ldap needs “base”: below which entry people are looked for"), "");
    if (o->roles.n == 0)
        conf_error_at(c, map->key, MSG("login.ldap needs “roles”: without a role nobody gets in"), "");
    if (!is_filter(o->filter, "{name}", NULL))
        expect(c, node_get(map, "filter"), "filter", MSG("a filter in parentheses with {{name} in it, such as (uid={{name})"));
    if (!is_filter(o->groups_filter, "{dn}", "{name}"))
        expect(c, groups && groups->kind == NODE_MAP ? node_get(groups, "filter") : groups, "filter", MSG("a filter in parentheses with {{dn} or {{name} in it, such as (member={{dn})"));
    if (o->groups_base && o->member_of)
        conf_error_at(c, groups, MSG("groups are found by a search (“base”) or by an “attribute”, not both"), "");
    if (!o->bind_dn != !o->password)
        conf_error_at(c, map->key, MSG("“bind_dn” and “password” go together"), "");
    conf_roles_judge(c, node_get(map, "roles"), &o->roles);
}

/* In the clear only to this machine: whoever sits between could log in as anybody. */
static bool is_issuer(const char *url)
{
    static const char *const here[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    bool good = str_starts(url, "https://");

    for (size_t i = 0; i < COUNT(here); i++) {
        size_t n = strlen(here[i]);

        good |= strncmp(url, here[i], n) == 0 && (url[n] == ':' || url[n] == '/' || url[n] == '\0');
    }
    return good && !strpbrk(url, "?#@");
}

static void judge_oidc(struct conf_ctx *c, const struct node *map, const struct conf_oidc *o)
{
    bool openid = false;

    if (!is_issuer(o->issuer))
        conf_error_at(c, node_get(map, "issuer"), MSG("“{1}” is no provider: it must be https://…, without ? and #"), "s", o->issuer);
    if (!o->client_id)
        conf_error_at(c, map->key, MSG("login.oidc needs “client_id”: what the provider calls vigie"), "");
    if (o->roles.n == 0)
        conf_error_at(c, map->key, MSG("login.oidc needs “roles”: without a role nobody gets in"), "");
    for (int i = 0; i < o->scopes.n; i++)
        openid |= str_eq(o->scopes.at[i], "openid");
    if (!openid)
        conf_error_at(c, node_get(map, "scopes"), MSG("“scopes” must have openid among them"), "");
    conf_roles_judge(c, node_get(map, "roles"), &o->roles);
}

/* What somebody wrote below the key, judged; false: it is not there, or wrong already. */
static bool part_is(struct conf_ctx *c, const struct node *part, bool has_server, int before, const char *missing)
{
    if (!part || conf_error_count(c) != before)
        return false;
    if (!has_server)
        conf_error_at(c, part->key, missing, "");
    return has_server && part->kind == NODE_MAP;
}

void conf_login_read(struct conf_ctx *c, const struct node *map)
{
    struct conf_login *o = &c->conf->login;
    struct row_set set = {.rows = conf_rows_login, .base = o};
    int before = conf_error_count(c);
    const struct node *ldap = node_get(map, "ldap"), *oidc = node_get(map, "oidc");

    conf_rows_read(c, &set, 1, map, "login");
    if (part_is(c, ldap, o->ldap.url.n > 0, before, MSG("login.ldap needs “url”: the server")))
        judge_ldap(c, ldap, &o->ldap);
    before = conf_error_count(c);
    if (part_is(c, oidc, o->oidc.issuer != NULL, before, MSG("login.oidc needs “issuer”: the provider")))
        judge_oidc(c, oidc, &o->oidc);
    o->print = conf_rows_hash(conf_rows_login, o, 12);
}

void conf_login_rows(const struct conf_login *o, struct conf_row ret[CONF_LOGIN_ROWS])
{
    int n = 0;

    for (const struct conf_row *row = conf_rows_login; row->key; row++)
        if ((row->rows != rows_ldap || o->ldap.url.n) && (row->rows != rows_oidc || o->oidc.issuer))
            ret[n++] = *row;
    ret[n] = (struct conf_row){0};
}

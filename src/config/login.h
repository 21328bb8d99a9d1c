/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login.h: the section `login` of the configuration: who besides vigie's own users may log in, and how surely. */
#ifndef VIGIE_CONFIG_LOGIN_H
#define VIGIE_CONFIG_LOGIN_H

#include "config/schema.h"

struct conf_ldap { /* url.n 0: no directory */
    struct conf_texts url;      /* "ldap://host[:port]", "ldaps://…": tried in order */
    bool starttls;              /* with ldap:// */
    const char *bind_dn, *password; /* as whom we search; NULL: as anybody */
    const char *base, *filter;  /* where people are; {name} is the one who logs in */
    const char *groups_base, *groups_filter; /* where groups are; {dn} and {name} are the person's; base NULL: by member_of */
    const char *member_of;      /* attribute of people that names their groups */
    struct conf_pairs roles;    /* DN of a group, or "*" → "viewer", "operator", "admin" */
    const char *ca;             /* PEM; NULL: the system's */
    int64_t timeout_ms;         /* of each server */
    int64_t recheck_ms;         /* how often those who are logged in are looked up again */
};
struct conf_oidc { /* issuer NULL: no provider */
    const char *issuer, *client_id;
    const char *client_secret;  /* NULL: a client without one */
    struct conf_texts scopes;
    const char *name_claim;     /* who that is here */
    const char *claim;          /* where the groups stand: "groups", "realm_access.roles" */
    struct conf_pairs roles;    /* a group, or "*" → "viewer", "operator", "admin" */
    const char *title;          /* of the button; NULL: the issuer's host */
    const char *ca;
    int64_t session_ms;         /* how long a session lasts: nobody can be looked up again */
};
enum { CONF_FACTOR_OPTIONAL, CONF_FACTOR_REQUIRED };
struct conf_login {
    struct conf_ldap ldap;
    struct conf_oidc oidc;
    int second_factor;          /* CONF_FACTOR_… */
    uint64_t print;
};

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* auth.h: who somebody is and what they may do: users (scrypt), sessions, API tokens, roles, the set-up link.
 *
 * State lives in memory on the main loop and in the store; every change is durable before it is confirmed.
 * Password hashing runs in workers, two at a time.  Log-ins are limited per account and per address.
 * Names that are not ours are asked of a directory when the configuration names one (login.ldap); a local user comes first.
 * A provider of OpenID Connect (login.oidc) is reached by what the house hands in (auth_outside), never by this room itself.
 * Callbacks come from a later turn of the loop, once each, and not any more after auth_free(). */
#ifndef VIGIE_AUTH_AUTH_H
#define VIGIE_AUTH_AUTH_H

#include "base/buf.h"
#include "base/doc.h"
#include "base/err.h"
#include "io/work.h"
#include "store/store.h"

enum role { ROLE_NONE = 0, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };
const char *role_word(enum role r);
int role_from_word(const char *word); /* or ERR_INVALID */

/* Who is asking. Borrowed names are valid for the request. */
struct principal {
    const char *name;     /* "alice", "token:ci", "uid 1000 (alice)", "guest", NULL: nobody */
    const char *via;      /* "web", "api", "cli", "guest" */
    enum role role;
    const char *scope;    /* tokens: comma-separated op names or "read", "write"; NULL: all that the role may */
    const char *csrf;     /* sessions: what forms must send back; NULL otherwise */
    const char *session;  /* id of the session, NULL otherwise */
    bool enrol;           /* a second factor is required and this one has none yet: role is ROLE_NONE until there is */
};

struct auth;
extern const struct store_migration auth_migrations[];
struct auth *auth_new(struct loop *l, struct store *s, struct work_pool *workers, struct err *e); /* loads; blocking, at start */
struct auth *auth_free(struct auth *a);

/* What it may ask of the house. conf: who else may log in; must give the present generation at any time. */
struct conf;
struct auth_fetch { /* a request to a provider of log-ins, all copied */
    const char *method, *url;
    const char *body;            /* of a form; NULL */
    const char *bearer;          /* a token; NULL */
    const char *user, *password; /* basic; NULL */
    const char *ca_file;         /* NULL: the system's */
};
typedef void auth_fetched(void *job, int code /* 0: an answer came */, int status, const char *body, size_t n, const struct err *e);
struct auth_outside {
    const struct conf *(*conf)(void *arg);
    /* How this room reaches a provider: HTTP to others' servers is not its own. fn once, from a later turn. NULL: nobody is reached. */
    void *(*fetch)(void *arg, const struct auth_fetch *f, auth_fetched *fn, void *job);
    void (*fetch_cancel)(void *arg, void *handle);
    void *arg;
};
void auth_set_outside(struct auth *a, const struct auth_outside *o);

bool auth_has_users(const struct auth *a);
/* Set-up link: 256 bits, stored hashed, one hour, consumed once. Makes a new one (the former is void); out gets the hex secret. */
void auth_setup_new(struct auth *a, int64_t now_ms, char out[65], void (*fn)(void *arg, int code), void *arg);
bool auth_setup_valid(const struct auth *a, const char *secret, int64_t now_ms); /* for showing the form (GET) */
/* fn: code, and a session secret for the cookie; or AUTH_HALF, and the secret of a door that is half open: a code is wanted
 * besides (auth_second). */
enum { AUTH_HALF = 1 };
typedef void auth_session_fn(void *arg, int code, const char *secret, const struct err *e);
/* Consumes the link and creates the first admin. */
void auth_setup_use(struct auth *a, const char *secret, const char *name, const char *password, const char *lang, int64_t now_ms,
                    auth_session_fn *fn, void *arg);
/* Log-in. address: of the client, for the limit (ERR_BUSY with a text that says when to try again). The same text for a
 * wrong name and a wrong password, and the same work. */
void auth_login(struct auth *a, const char *name, const char *password, const char *address, int64_t now_ms, auth_session_fn *fn, void *arg);
/* The second step: a code of the moment, or a recovery code, each good once. A half-open door closes after five minutes. */
void auth_second(struct auth *a, const char *half, const char *code, const char *address, int64_t now_ms, auth_session_fn *fn, void *arg);
bool auth_half_open(const struct auth *a, const char *half, int64_t now_ms);
/* OpenID Connect (Core 1.0: the authorization code flow, with PKCE). begin: fn gets the address to send the browser to, and the secret
 * for a cookie that ties the way back to it. back_url: where the provider sends the browser afterwards. */
bool auth_oidc_there(const struct auth *a);
typedef void auth_oidc_fn(void *arg, int code, const char *url, const char *tie, const struct err *e);
void auth_oidc_begin(struct auth *a, const char *back_url, const char *next, int64_t now_ms, auth_oidc_fn *fn, void *arg);
struct auth_oidc_back { /* what came; all may be NULL */
    const char *tie, *state, *code, *iss, *error;
};
/* ret_next: where the browser wanted to go, as it was given to begin. */
void auth_oidc_back(struct auth *a, const struct auth_oidc_back *b, const char *address, int64_t now_ms, char *ret_next, size_t next_bytes, auth_session_fn *fn, void *arg);
/* Where one logs out of the provider, too, for whoever logged in by it; false: nowhere. */
bool auth_oidc_logout(const struct auth *a, const struct principal *p, const char *back_url, struct buf *out);
void auth_logout(struct auth *a, const char *session_secret);
/* From a cookie's secret; 0 or ERR_AUTH. Sessions end after 30 days, or 7 days unused. */
int auth_session(struct auth *a, const char *secret, int64_t now_ms, struct principal *ret);
int auth_bearer(struct auth *a, const char *token, int64_t now_ms, struct principal *ret);
bool auth_csrf_ok(const struct principal *p, const char *sent); /* constant time */

typedef void auth_done(void *arg, int code, const struct err *e);
/* Names: 1..64 of letters, digits, . _ - @. Passwords: at least 10 characters, at most 1024 bytes. */
void auth_user_add(struct auth *a, const char *name, const char *password, enum role role, int64_t now_ms, auth_done *fn, void *arg);
void auth_user_set(struct auth *a, const char *name, const char *password /* NULL: keep */, int role /* -1: keep */, int64_t now_ms, auth_done *fn, void *arg);
void auth_user_remove(struct auth *a, const char *name, auth_done *fn, void *arg); /* not the last admin: ERR_CONFLICT */
void auth_users(const struct auth *a, struct doc *list); /* {name, role, origin: "local", "ldap", "oidc"; second_factor, created, last_login} */
/* ---- the second factor of one user (totp.h) ---- */
enum { AUTH_RECOVERY_CODES = 10, AUTH_RECOVERY_TEXT = 20, AUTH_FACTOR_TEXT = 33 };
struct auth_factor {
    bool can;       /* whose password is not ours or the directory's has the second factor where it is */
    bool on, required;
    int64_t since_ms;
    int recovery;   /* codes that are left */
};
int auth_factor_get(const struct auth *a, const char *name, struct auth_factor *ret); /* 0 or ERR_NOT_FOUND */
/* A new secret that counts once it is confirmed, within 15 minutes. ERR_CONFLICT: there is one already; ERR_UNSUPPORTED: not for this user. */
int auth_factor_begin(struct auth *a, const char *name, int64_t now_ms, char ret_secret[AUTH_FACTOR_TEXT], struct err *e);
/* The same once more, for a form that is shown again. ERR_NOT_FOUND: none is waiting. */
int auth_factor_begun(const struct auth *a, const char *name, int64_t now_ms, char ret_secret[AUTH_FACTOR_TEXT]);
void auth_factor_uri(const struct auth *a, const char *name, const char *issuer, struct buf *out); /* of what has begun, for a QR code */
typedef void auth_recovery_fn(void *arg, int code, const char (*codes)[AUTH_RECOVERY_TEXT] /* shown once */, const struct err *e);
void auth_factor_confirm(struct auth *a, const char *name, const char *code, int64_t now_ms, auth_recovery_fn *fn, void *arg);
/* New recovery codes; the former are void. code: of the moment. */
void auth_factor_recovery(struct auth *a, const char *name, const char *code, int64_t now_ms, auth_recovery_fn *fn, void *arg);
/* Ends it: by the user, with a code; or by an admin, code NULL: then all sessions of that user end, too. */
void auth_factor_remove(struct auth *a, const char *name, const char *code, int64_t now_ms, auth_done *fn, void *arg);
typedef void auth_token_fn(void *arg, int code, const char *token, const struct err *e); /* token: shown once, "vgt_…" */
void auth_token_add(struct auth *a, const char *name, enum role role, const char *scope, int64_t expires_ms, int64_t now_ms, auth_token_fn *fn, void *arg);
void auth_token_remove(struct auth *a, const char *name, auth_done *fn, void *arg);
void auth_tokens(const struct auth *a, struct doc *list); /* {name, role, scope, created, expires, last_used} */

#endif

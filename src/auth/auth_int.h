/* SPDX-License-Identifier: GPL-3.0-or-later */
/* auth_int.h: what the files of this room share: users, sessions and tokens in memory, and the job that
 * carries one request through a worker and the store.
 *
 * Things that a principal borrows from are not freed at once when they go: they are retired, and freed an
 * hour later, so that no request that is still under way holds a stale name. */
#ifndef VIGIE_AUTH_AUTH_INT_H
#define VIGIE_AUTH_AUTH_INT_H

#include "auth/auth.h"
#include "auth/directory.h"
#include "auth/totp.h"
#include "base/map.h"
#include "base/msg.h"
#include "base/vec.h"

enum {
    AUTH_SECRET_BYTES = 32,
    AUTH_HASH_HEX = 65, /* SHA-256 in hex, with its NUL */
    AUTH_NAME_BYTES = 65,
    AUTH_STORED_BYTES = 160,
    AUTH_TOKEN_BYTES = 64,
    AUTH_MAX_USERS = 10000,
    AUTH_MAX_TOKENS = 10000,
    AUTH_MAX_SESSIONS = 10000,
    AUTH_MAX_SESSIONS_EACH = 50,
    AUTH_MIN_PASSWORD = 10, /* characters */
    AUTH_MAX_PASSWORD = 1024, /* bytes */
    AUTH_MAX_SCOPE = 500,
    AUTH_SUBJECT_BYTES = DIRECTORY_DN_BYTES,
    AUTH_MAX_ASKING = 64, /* directories at once */
    AUTH_MAX_HALVES = 1000,
};

/* ---- password.c, pure ---- */

enum { PASSWORD_COST_LOG2 = 15 }; /* N = 2^15: 32 MB and about 50 ms */
/* "scrypt$15$8$1$SALT$KEY"; salt: 16 random bytes. 0, or ERR_IO when the library fails. */
int password_hash(const char *password, const unsigned char salt[16], int cost_log2, char out[AUTH_STORED_BYTES]);
bool password_fits(const char *password, const char *stored); /* false also for a bad `stored` */
void password_nobody(int cost_log2, char out[AUTH_STORED_BYTES]); /* of that cost; fits nothing */
int password_judge(const char *password, struct err *e);      /* length and form */
void secret_wipe(void *p, size_t n);
bool secret_equal(const char *a, const char *b); /* time depends on the lengths only */
void secret_hash(const char *secret, char out[AUTH_HASH_HEX]);

/* ---- limit.c, pure ---- */

enum { LIMIT_MAX_ENTRIES = 8192 };
struct limit {
    struct map map;
};
enum limit_kind { LIMIT_ACCOUNT, LIMIT_ADDRESS, LIMIT_CODE /* of an account: few digits, long pauses */ };
/* May this one try now? 0, or ms to wait. Trying counts as a failure until limit_forgive(). */
int64_t limit_try(struct limit *l, enum limit_kind kind, const char *key, int64_t now_ms);
void limit_forgive(struct limit *l, enum limit_kind kind, const char *key);
void limit_done(struct limit *l);

/* ---- in memory ---- */

struct retired {
    struct retired *next;
    int64_t at_ms;
};
enum origin { ORIGIN_LOCAL, ORIGIN_LDAP, ORIGIN_OIDC, ORIGINS };
extern const char *const origin_words[ORIGINS];
struct factor { /* the second one */
    bool on;
    unsigned char secret[TOTP_SECRET_BYTES];
    int64_t since_ms, step; /* step: of the last code that was taken */
    char recovery[AUTH_RECOVERY_CODES][AUTH_HASH_HEX]; /* hashes */
    int n_recovery;
    unsigned char begun[TOTP_SECRET_BYTES]; /* a new one, not confirmed */
    int64_t begun_ms;                       /* 0: none */
};
struct user {
    struct retired retired; /* first: freed through it */
    char name[AUTH_NAME_BYTES];
    char stored[AUTH_STORED_BYTES];
    char lang[8];
    enum role role;
    enum origin origin;
    char subject[AUTH_SUBJECT_BYTES]; /* who that is where the word comes from: a DN, "issuer subject" */
    int64_t created_ms, last_login_ms;
    struct factor factor;
};
struct half { /* who gave the right password and owes a code */
    char hash[AUTH_HASH_HEX], name[AUTH_NAME_BYTES], subject[AUTH_SUBJECT_BYTES], stored[AUTH_STORED_BYTES];
    enum origin origin;
    int role;
    int64_t until_ms;
};
struct session {
    struct retired retired;
    char hash[AUTH_HASH_HEX]; /* of the secret */
    char csrf[AUTH_HASH_HEX];
    char id[17];
    struct user *user;
    int64_t created_ms, seen_ms, written_ms;
};
struct token {
    struct retired retired;
    char label[AUTH_NAME_BYTES + 6]; /* "token:NAME" */
    char hash[AUTH_HASH_HEX];
    char scope[AUTH_MAX_SCOPE + 1];
    bool has_scope;
    enum role role;
    int64_t created_ms, expires_ms, used_ms, written_ms;
};
static inline const char *token_name(const struct token *t) { return t->label + sizeof("token:") - 1; }

struct auth_job;
struct auth {
    unsigned magic;
    struct loop *loop;
    struct store *store;
    struct work_pool *workers;
    struct map users, sessions, tokens, tokens_by_hash; /* by name, hash, name, hash */
    struct limit limit;
    struct map halves; /* by hash */
    struct oidc *oidc; /* oidc.c; NULL: never asked yet */
    int cost_log2; /* of new passwords; tests lower it */
    struct {
        char hash[AUTH_HASH_HEX]; /* "": none */
        int64_t expires_ms;
    } setup;
    struct auth_job *jobs;              /* all there are */
    struct auth_job *waiting, **last;   /* for a worker */
    int hashing, n_waiting;
    struct retired *retired;
    unsigned n_retired; /* ever */
    struct auth_outside outside;        /* conf NULL: none */
    struct dns *dns;
    int asking;                         /* log-ins that a directory is asked for */
    struct {                            /* recheck.c: are those who are logged in still there */
        struct timer timer;
        struct again_name {
            char text[AUTH_NAME_BYTES];
        } *names; /* of this round */
        int n, i, away;                 /* away: rounds in a row that nobody answered */
        struct directory_ask *ask;
    } again;
};

/* ---- jobs ---- */

/* One request on its way. The step functions run on the loop; a job that ends calls its caller once. */
struct auth_job {
    struct auth *auth; /* NULL: the room was closed meanwhile; the job just ends */
    struct auth_job *next, **at; /* in auth->jobs */
    struct auth_job *next_waiting;
    struct loop *loop;
    auth_session_fn *on_session; /* one of the five */
    auth_recovery_fn *on_recovery;
    auth_done *on_done;
    auth_token_fn *on_token;
    void (*on_code)(void *arg, int code);
    void *arg;
    void (*then)(struct auth_job *job);            /* after the hashing */
    void (*stored)(struct auth_job *job);          /* when durable */
    int64_t now_ms;
    char name[AUTH_NAME_BYTES], address[64];
    char *password;
    char hash[AUTH_STORED_BYTES]; /* to compare with, or the new one */
    bool compare, fits;
    int cost_log2;
    int role;
    char lang[8];
    char *scope;
    int64_t expires_ms;
    char secret[AUTH_HASH_HEX], secret_hash[AUTH_HASH_HEX];
    struct session *session; /* made, not yet known */
    enum origin origin;
    char subject[AUTH_SUBJECT_BYTES];
    struct directory_ask *ask;
    char (*recovery)[AUTH_RECOVERY_TEXT]; /* new codes, in clear */
    int code;
    struct err err;
};
struct auth_job *auth_job_new(struct auth *a, int64_t now_ms);
/* Ends it: the caller hears code and err from the next turn of the loop. */
void auth_job_end(struct auth_job *job, int code);
/* The store was bidden: on its word `stored` runs, or the job ends with the error. */
void auth_job_write(struct auth_job *job, struct store_batch *b, void (*stored)(struct auth_job *job));
/* Hashes job->password (or compares, with job->hash) in a worker, then `then`. */
void auth_job_hash(struct auth_job *job, bool compare, void (*then)(struct auth_job *job));

/* ---- between files ---- */

void auth_retire(struct auth *a, struct retired *r, int64_t now_ms);
int auth_name_judge(const char *name, struct err *e);
void auth_secret_new(char out[AUTH_HASH_HEX]);
const struct conf *auth_conf(const struct auth *a); /* NULL: none */
/* From outside, somebody is who they say: the row of job->name, role, origin and subject, made or renewed. */
void user_batch_known(struct store_batch *b, const struct auth_job *job);
struct user *user_known(struct auth *a, const struct auth_job *job); /* the same in memory */
bool user_is_local(const struct auth *a, const char *name);
/* The password, or whatever it was, is right: a session for job->name. */
void login_proved(struct auth_job *job);
int login_wrong(struct err *e);
void login_directory(struct auth_job *job); /* asks it for job->name and job->password */
/* second.c, factor.c */
int factors_load(struct auth *a, struct err *e);
bool factor_wanted(const struct auth *a, const struct user *u); /* required, and not there */
/* Is that a code of this user, now or of recovery? Then it is used up, in memory and by b. 0, ERR_AUTH, or ERR_BUSY. */
int factor_take(struct auth *a, struct user *u, const char *typed, int64_t now_ms, struct store_batch *b, struct err *e);
void half_make(struct auth_job *job); /* ends the job with AUTH_HALF */
void halves_done(struct auth *a);
void login_finish(struct auth_job *job, struct store_batch *b); /* the session at last */
void oidc_done(struct auth *a);
void recheck_begin(struct auth *a);
void recheck_end(struct auth *a);
bool session_of(const struct auth *a, const struct user *u); /* has one */
struct user *user_put(struct auth *a, const char *name, const char *stored, enum role role, const char *lang,
                      int64_t created_ms, int64_t last_login_ms);
void user_batch_add(struct store_batch *b, const struct auth_job *job);
int users_load(struct auth *a, struct err *e);
int sessions_load(struct auth *a, struct err *e);
int tokens_load(struct auth *a, struct err *e);
int setup_load(struct auth *a, struct err *e);
/* Makes job->session and adds its row to b. */
void session_prepare(struct auth_job *job, struct store_batch *b);
void session_adopt(struct auth_job *job, struct user *u); /* the prepared one becomes valid */
void sessions_end(struct auth *a, const struct user *u, int64_t now_ms); /* all of a user, in memory */
void sessions_batch_end(struct store_batch *b, const char *user);

#endif

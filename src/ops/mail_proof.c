/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail_proof.c: is it he?  A word behind the plus of an address that he wrote to; the verdict of our own mail server; or a signature that gpgv
 * or openssl judges.  Any of the proofs that the configuration names for an address is enough; a From line alone never is. */
#include "base/msg.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/file.h"
#include "ops/mail_in.h"
#include <string.h>

enum { PROGRAM_MS = 20000, MAX_OUTPUT = 64 << 10, MAX_NAME = 300 };

struct proving {
    struct mail_in *m;
    mail_proven *fn;
    struct conf *conf;            /* held: senders are its own */
    int at;
};

static const struct conf_sender *sender_at(const struct proving *p, int i)
{
    const struct conf_sender *all = p->conf->mail_in.senders.at;
    return i < p->conf->mail_in.senders.n ? &all[i] : NULL;
}

/* As long for a wrong word as for the right one; capitals do not matter, since mail servers change them. */
static bool word_is(const char *word, size_t n, const char *secret)
{
    unsigned differ = n != strlen(secret);
    for (size_t i = 0; i < strlen(secret); i++) {
        char c = secret[i], w = n ? word[i % n] : 0;
        c = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        w = w >= 'A' && w <= 'Z' ? (char)(w + 32) : w;
        differ |= (unsigned)(c ^ w);
    }
    return differ == 0;
}

/* The address that he wrote to and that holds the word; NULL. */
static const char *address_with(const struct letter *l, const char *secret)
{
    for (int i = 0; i < l->n_to; i++) {
        const char *at = strrchr(l->to[i], '@'), *plus = strchr(l->to[i], '+');
        if (at && plus && plus < at && word_is(plus + 1, (size_t)(at - plus - 1), secret))
            return l->to[i];
    }
    return NULL;
}

bool mail_dkim_ok(const struct letter *l)
{
    return (str_eq(l->dkim, "pass") && letter_aligned(l->from, l->dkim_domain)) || (str_eq(l->dmarc, "pass") && (!l->dmarc_domain || letter_aligned(l->from, l->dmarc_domain)));
}

/* ---- who he is then ---- */

static enum role role_of_user(const struct mail_in *m, const char *user)
{
    struct doc *list = doc_list(m->call->arena);
    auth_users(m->call->house->auth, list);
    DOC_EACH(list, d)
        if (str_eq(doc_text(d, "name", ""), user))
            return (enum role)role_from_word(doc_text(d, "role", "none"));
    return ROLE_NONE;
}

static void proven(struct proving *p, const struct conf_sender *s)
{
    struct mail_in *m = p->m;
    enum role role = s->user ? role_of_user(m, s->user) : s->role ? ROLE_ADMIN : ROLE_OPERATOR;
    m->who = (struct principal){.name = s->user ? arena_dup(m->call->arena, s->user) : m->letter.from, .via = "mail", .role = role};
}

static void prove_end(struct proving *p, bool yes)
{
    struct mail_in *m = p->m;
    mail_proven *fn = p->fn;
    conf_unref(p->conf);
    fn(m, yes);
}

/* ---- signatures ---- */

/* A signed part is signed with CRLF, whatever it was carried with. */
static void with_crlf(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
            buf_char(out, '\r');
        buf_char(out, s.p[i]);
    }
}

int mail_proof_file(struct mail_in *m, const char *dir, struct err *e)
{
    struct buf text = BUF_MAX(64 << 10);
    if (m->letter.seal != LETTER_PGP || !m->letter.signature)
        return 0;
    mime_body(m->letter.signature, &text);
    m->signature_file = mem_dup(arena_printf(m->arena, "%s/mail-in-%016llx.sig", dir, (unsigned long long)entropy_u64()));
    int r = text.full ? err_set(e, ERR_LIMIT, MSG("this signature is too large"), "") : file_write(m->signature_file, buf_text(&text), text.len, 0600, e);
    buf_done(&text);
    return r;
}

/* gpgv says GOODSIG of a key that is in the file and has neither expired nor been withdrawn. */
static bool is_good(const struct proving *p, const struct spawn_reply *r)
{
    if (r->code || r->exit_status != 0)
        return false;
    return p->m->letter.seal == LETTER_SMIME || (strstr(r->out, "[GNUPG:] GOODSIG ") && strstr(r->out, "[GNUPG:] VALIDSIG "));
}

static void prove_next(struct proving *p);

static void judged(void *arg, const struct spawn_reply *r)
{
    struct proving *p = arg;
    const struct conf_sender *s = sender_at(p, p->at);
    if (is_good(p, r)) {
        p->m->sealed = true;
        proven(p, s);
        prove_end(p, true);
        return;
    }
    p->at++;
    prove_next(p);
}

static void judge_pgp(struct proving *p, const struct conf_sender *s)
{
    struct buf data = BUF_MAX(2 * MIME_MAX_BYTES);
    const char *argv[] = {"gpgv", "--status-fd", "1", "--keyring", s->pgp, "--", p->m->signature_file, "-", NULL};
    with_crlf(p->m->letter.sealed->whole, &data);
    struct spawn_request rq = {.argv = argv, .input = buf_text(&data), .input_bytes = data.len, .timeout_ms = PROGRAM_MS, .max_output = MAX_OUTPUT};
    spawn_run(p->m->call->house->spawner, &rq, judged, p);
    buf_done(&data);
}

static void judge_smime(struct proving *p, const struct conf_sender *s)
{
    const char *argv[] = {"openssl", "cms", "-verify", "-inform", "SMIME", "-CAfile", s->smime, "-no-CApath", "-no-CAstore", "-purpose", "smimesign", "-verify_email", p->m->letter.from, "-out", "/dev/null", NULL};
    struct spawn_request rq = {.argv = argv, .input = p->m->ask.raw, .input_bytes = p->m->ask.n, .timeout_ms = PROGRAM_MS, .max_output = MAX_OUTPUT};
    spawn_run(p->m->call->house->spawner, &rq, judged, p);
}

/* ---- one after the other ---- */

static bool prove_at_once(struct proving *p, const struct conf_sender *s)
{
    const struct letter *l = &p->m->letter;
    const char *to = s->secret ? address_with(l, s->secret) : NULL;
    if (!to && !(s->dkim && mail_dkim_ok(l)))
        return false;
    p->m->reply_to = to;
    proven(p, s);
    prove_end(p, true);
    return true;
}

static void prove_next(struct proving *p)
{
    const struct letter *l = &p->m->letter;
    const struct conf_sender *s;
    for (; (s = sender_at(p, p->at)); p->at++) {
        if (!letter_fits(s->from, l->from))
            continue;
        if (prove_at_once(p, s))
            return;
        bool spawns = p->m->call->house->spawner != NULL;
        if (spawns && s->pgp && l->seal == LETTER_PGP && p->m->signature_file) {
            judge_pgp(p, s);
            return;
        }
        if (spawns && s->smime && l->seal == LETTER_SMIME) {
            judge_smime(p, s);
            return;
        }
    }
    prove_end(p, false);
}

void mail_prove(struct mail_in *m, mail_proven *fn)
{
    struct proving *p = ARENA_NEW(m->call->arena, struct proving);
    *p = (struct proving){.m = m, .fn = fn, .conf = conf_ref((struct conf *)(uintptr_t)model_conf(m->call->house->model))};
    prove_next(p);
}

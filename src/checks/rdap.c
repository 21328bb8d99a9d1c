/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rdap.c: reads RDAP answers and IANA's table of servers. It asks nobody. */
#include "checks/rdap.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"

#include <string.h>
#include <strings.h>

enum { MAX_ITEMS = 200 };

/* Large registries whose addresses have been the same for years; the rest is in IANA's file, or asked by whois. */
static const struct {
    const char *suffix, *url;
} known[] = {
    {"com", "https://rdap.verisign.com/com/v1/"},
    {"net", "https://rdap.verisign.com/net/v1/"},
    {"org", "https://rdap.publicinterestregistry.org/rdap/"},
    {"fr", "https://rdap.nic.fr/"},
    {"re", "https://rdap.nic.fr/"},
    {"pm", "https://rdap.nic.fr/"},
    {"wf", "https://rdap.nic.fr/"},
    {"yt", "https://rdap.nic.fr/"},
    {"tf", "https://rdap.nic.fr/"},
    {"uk", "https://rdap.nominet.uk/uk/"},
    {"nl", "https://rdap.sidn.nl/"},
    {"cz", "https://rdap.nic.cz/"},
    {"dev", "https://pubapi.registry.google/rdap/"},
    {"app", "https://pubapi.registry.google/rdap/"},
};

static const char *last_label(const char *domain)
{
    const char *dot = strrchr(domain, '.');

    return dot ? dot + 1 : domain;
}

const char *rdap_known(const char *domain)
{
    for (size_t i = 0; i < COUNT(known); i++)
        if (str_ieq(known[i].suffix, last_label(domain)))
            return known[i].url;
    return NULL;
}

/* ---- an answer ---- */

static const char *text_of(const struct doc *d)
{
    return d && d->kind == DOC_TEXT ? d->text : NULL;
}

static void read_events(const struct doc *list, struct rdap *r)
{
    int n = 0;

    if (list == NULL || list->kind != DOC_LIST)
        return;
    DOC_EACH(list, event) {
        const char *what = doc_text(event, "eventAction", ""), *when = doc_text(event, "eventDate", "");

        if (n++ > MAX_ITEMS)
            return;
        /* The registry's date is the one that counts, the registrar's ("registrar expiration") is its own affair. */
        if (str_ieq(what, "expiration"))
            (void)time_parse_rfc3339(when, &r->ends_ms);
    }
}

static void read_status(const struct doc *list, struct rdap *r)
{
    if (list == NULL || list->kind != DOC_LIST)
        return;
    DOC_EACH(list, item) {
        size_t at = strlen(r->status);

        if (!text_of(item) || at + strlen(item->text) + 3 > sizeof(r->status))
            return;
        str_print(r->status + at, sizeof(r->status) - at, "%s%s", at ? ", " : "", item->text);
    }
}

/* ["vcard", [["fn", {}, "text", "Example Registrar"], …]] */
static const char *full_name(const struct doc *vcard)
{
    const struct doc *lines = vcard && vcard->kind == DOC_LIST && vcard->kids.n == 2 ? vcard->kids.last : NULL;

    if (lines == NULL || lines->kind != DOC_LIST)
        return NULL;
    DOC_EACH(lines, line)
        if (line->kind == DOC_LIST && line->kids.n >= 4 && str_eq(text_of(line->kids.first), "fn"))
            return text_of(line->kids.first->next->next->next);
    return NULL;
}

static bool is_registrar(const struct doc *roles)
{
    if (roles == NULL || roles->kind != DOC_LIST)
        return false;
    DOC_EACH(roles, role)
        if (str_eq(text_of(role), "registrar"))
            return true;
    return false;
}

static void read_registrar(const struct doc *entities, struct rdap *r)
{
    if (entities == NULL || entities->kind != DOC_LIST)
        return;
    DOC_EACH(entities, entity) {
        const char *name = entity->kind == DOC_OBJECT && is_registrar(doc_get(entity, "roles"))
                               ? full_name(doc_get(entity, "vcardArray")) : NULL;

        if (name) {
            str_copy(r->registrar, sizeof(r->registrar), name);
            return;
        }
    }
}

/* The name may have a dot at its end. */
static bool is_about(const struct doc *d, const char *domain)
{
    const char *name = doc_text(d, "ldhName", domain);
    size_t n = strlen(name);

    n -= n > 1 && name[n - 1] == '.';
    return n == strlen(domain) && strncasecmp(name, domain, n) == 0;
}

int rdap_read(const char *p, size_t n, const char *domain, struct rdap *ret, struct err *e)
{
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    struct rdap r = {0};
    int code = json_parse(a, p, n, RDAP_MAX_BYTES, &d, e);

    if (code == 0 && (d->kind != DOC_OBJECT || !str_ieq(doc_text(d, "objectClassName", ""), "domain")))
        code = err_set(e, ERR_PROTOCOL, MSG("the answer is not about a domain"), "");
    else if (code == 0 && !is_about(d, domain))
        code = err_set(e, ERR_PROTOCOL, MSG("the answer is about {1}"), "s", doc_text(d, "ldhName", ""));
    if (code == 0) {
        read_events(doc_get(d, "events"), &r);
        read_status(doc_get(d, "status"), &r);
        read_registrar(doc_get(d, "entities"), &r);
        *ret = r;
    }
    arena_free(a);
    return code;
}

/* ---- IANA's table: { "services": [ [ ["com", "net"], ["https://…/"] ], … ] } ---- */

static bool serves(const struct doc *suffixes, const char *suffix)
{
    if (suffixes == NULL || suffixes->kind != DOC_LIST)
        return false;
    DOC_EACH(suffixes, s)
        if (text_of(s) && str_ieq(s->text, suffix))
            return true;
    return false;
}

/* The first by https, or the first. */
static const char *best_url(const struct doc *urls)
{
    const char *best = NULL;

    if (urls == NULL || urls->kind != DOC_LIST)
        return NULL;
    DOC_EACH(urls, u)
        if (text_of(u) && (best == NULL || (!str_istarts(best, "https:") && str_istarts(u->text, "https:"))))
            best = u->text;
    return best;
}

int rdap_bootstrap(const char *p, size_t n, const char *domain, char ret_url[RDAP_URL_BYTES], struct err *e)
{
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    const char *url = NULL;
    int code = json_parse(a, p, n, RDAP_BOOT_BYTES, &d, e);
    const struct doc *services = code == 0 && d->kind == DOC_OBJECT ? doc_get(d, "services") : NULL;

    if (services && services->kind == DOC_LIST)
        DOC_EACH(services, s)
            if (s->kind == DOC_LIST && s->kids.n >= 2 && serves(s->kids.first, last_label(domain)))
                url = best_url(s->kids.first->next);
    if (code == 0 && (url == NULL || strlen(url) + 2 > RDAP_URL_BYTES))
        code = err_set(e, ERR_NOT_FOUND, MSG("the table of RDAP servers has no entry for “{1}”"), "s", last_label(domain));
    if (code == 0)
        str_print(ret_url, RDAP_URL_BYTES, "%s%s", url, url[0] && url[strlen(url) - 1] == '/' ? "" : "/");
    arena_free(a);
    return code;
}

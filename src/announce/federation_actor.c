/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_actor.c: whom one can follow here, and what an address below /ap is about. */
#include "announce/federation_int.h"
#include <string.h>

static const char page_target[] = "page", component_prefix[] = "component:", component_path[] = "/ap/component/";

const struct conf *fed_conf(const struct federation *f)
{
    return model_conf(f->env.model);
}

bool fed_base(const struct federation *f, char *out, size_t n)
{
    const struct conf *c = fed_conf(f);
    if (!conf_federation_on(c))
        return false;
    size_t len = strlen(c->site.url);
    while (len && c->site.url[len - 1] == '/')
        len--;
    return str_copyn(out, n, c->site.url, len);
}

bool federation_on(const struct federation *f)
{
    char base[FED_MAX_URL];
    return f && !f->closing && fed_base(f, base, sizeof base);
}

const char *fed_lang(const struct federation *f)
{
    const struct conf *c = fed_conf(f);
    return msg_lang(c && c->site.lang ? c->site.lang : "en");
}

/* ---- addresses ---- */

bool fed_is_url(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    if (!n || n >= FED_MAX_URL || (!str_starts(text, "https://") && !str_starts(text, "http://")))
        return false;
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '<' || *c == '>' || *c == '\\')
            return false;
    return true;
}

bool fed_host_of(const char *url, char *out, size_t n)
{
    if (!fed_is_url(url))
        return false;
    bool tls = str_starts(url, "https://");
    const char *host = url + (tls ? 8 : 7), *usual = tls ? ":443" : ":80";
    size_t len = strcspn(host, "/?#");
    if (!len || memchr(host, '@', len))
        return false;
    if (len > strlen(usual) && memcmp(host + len - strlen(usual), usual, strlen(usual)) == 0)
        len -= strlen(usual);
    if (!str_copyn(out, n, host, len))
        return false;
    for (char *c = out; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return out[0] != 0;
}

const char *fed_account_host(const struct federation *f, char *out, size_t n)
{
    conf_federation_host(fed_conf(f), out, n);
    return out;
}

/* A name as a segment of a path: what RFC 3986 calls unreserved stays. */
static void put_segment(struct buf *out, const char *name)
{
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c))
            buf_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

/* ---- actors ---- */

bool fed_actor_page(const struct federation *f, struct fed_actor *ret)
{
    char base[FED_MAX_URL];
    if (!fed_base(f, base, sizeof base))
        return false;
    *ret = (struct fed_actor){0};
    str_copy(ret->target, sizeof ret->target, page_target);
    conf_federation_name(fed_conf(f), NULL, ret->handle, sizeof ret->handle);
    str_print(ret->id, sizeof ret->id, "%s/ap/page", base);
    return true;
}

static bool component_id(const struct federation *f, const struct conf_component *c, struct buf *out)
{
    char base[FED_MAX_URL];
    buf_clear(out);
    if (!fed_base(f, base, sizeof base))
        return false;
    buf_printf(out, "%s%s", base, component_path);
    put_segment(out, c->name);
    return !out->full;
}

bool fed_actor_component(const struct federation *f, const struct conf_component *c, struct fed_actor *ret)
{
    struct buf id = BUF_MAX(FED_MAX_URL - 1);
    *ret = (struct fed_actor){.component = c};
    bool ok = component_id(f, c, &id);
    str_copy(ret->id, sizeof ret->id, buf_text(&id));
    buf_done(&id);
    if (!ok)
        return false;
    str_print(ret->target, sizeof ret->target, "%s%s", component_prefix, c->name);
    conf_federation_name(fed_conf(f), c, ret->handle, sizeof ret->handle);
    return true;
}

bool fed_actor_target(const struct federation *f, const char *target, struct fed_actor *ret)
{
    const struct conf *c = fed_conf(f);
    if (str_eq(target, page_target))
        return fed_actor_page(f, ret);
    if (!target || !str_starts(target, component_prefix))
        return false;
    const struct conf_component *one = map_find(&c->component_by_name, target + sizeof component_prefix - 1);
    return one && fed_actor_component(f, one, ret);
}

int fed_actors(const struct federation *f)
{
    return 1 + fed_conf(f)->n_components;
}

bool fed_actor_id(const struct federation *f, const char *id, struct fed_actor *ret)
{
    const struct conf *c = fed_conf(f);
    struct buf one = BUF_MAX(FED_MAX_URL - 1);
    bool found = false;
    if (!id || !fed_actor_page(f, ret))
        return false;
    if (str_eq(id, ret->id))
        return true;
    for (int i = 0; i < c->n_components && !found; i++) {
        component_id(f, c->components[i], &one);
        found = str_eq(id, buf_text(&one)) && fed_actor_component(f, c->components[i], ret);
    }
    buf_done(&one);
    return found;
}

/* Cheap, before the handle itself is made: the same first letter, or one that was made into "_". */
static bool near(const char *handle, const char *name)
{
    return handle[0] == '_' || str_istarts(name, (char[]){handle[0], 0});
}

bool fed_actor_handle(const struct federation *f, const char *handle, struct fed_actor *ret)
{
    const struct conf *c = fed_conf(f);
    if (!fed_actor_page(f, ret))
        return false;
    if (str_ieq(handle, ret->handle))
        return true;
    for (int i = 0; i < c->n_components; i++)
        if (near(handle, c->components[i]->name) && fed_actor_component(f, c->components[i], ret) && str_ieq(handle, ret->handle))
            return true;
    return false;
}

/* ---- what a path is about ---- */

static const struct {
    const char *name;
    enum fed_part part;
} parts[] = {{"", FED_ACTOR}, {"inbox", FED_INBOX}, {"outbox", FED_OUTBOX}, {"followers", FED_FOLLOWERS}, {"following", FED_FOLLOWING}};

static bool note_read(struct str rest, struct fed_place *ret)
{
    struct str key = {0}, name = {0}, more;
    if (!str_next(&rest, "/", &key) || key.n != BULLETIN_KEY_BYTES || !str_copyn(ret->key, sizeof ret->key, key.p, key.n))
        return false;
    if (str_next(&rest, "/", &name) && (!name.n || !str_copyn(ret->note, sizeof ret->note, name.p, name.n)))
        return false;
    ret->part = FED_NOTE;
    return !str_next(&rest, "/", &more);
}

/* path is decoded once, and has no "..". */
bool fed_place_read(const struct federation *f, const char *path, struct fed_place *ret)
{
    char name[CONF_MAX_NAME + 1];
    struct fed_place p = {0};
    struct str rest, seg;
    if (str_eq(path, "/ap/inbox")) {
        *ret = (struct fed_place){.part = FED_SHARED};
        return federation_on(f);
    }
    if (str_starts(path, component_path)) {
        rest = str_of(path + sizeof component_path - 1);
        if (!str_next(&rest, "/", &seg) || !str_copyn(name, sizeof name, seg.p, seg.n))
            return false;
        const struct conf_component *c = map_find(&fed_conf(f)->component_by_name, name);
        if (!c || !fed_actor_component(f, c, &p.actor))
            return false;
    } else if (str_starts(path, "/ap/page") && (path[8] == '/' || !path[8])) {
        rest = str_of(path[8] ? path + 9 : "");
        if (!fed_actor_page(f, &p.actor))
            return false;
    } else {
        return false;
    }
    if (rest.n > 5 && memcmp(rest.p, "note/", 5) == 0) {
        if (!note_read((struct str){rest.p + 5, rest.n - 5}, &p))
            return false;
        *ret = p;
        return true;
    }
    for (size_t i = 0; i < COUNT(parts); i++)
        if (str_is(rest, parts[i].name))
            p.part = parts[i].part;
    *ret = p;
    return p.part != FED_NONE;
}

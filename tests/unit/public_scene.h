/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public_scene.h: a small house with a board, looked at by renderers: no daemon, no clock. Titles are as hostile as staff, imports and
 * programs may bring them. */
#ifndef VIGIE_TESTS_PUBLIC_SCENE_H
#define VIGIE_TESTS_PUBLIC_SCENE_H

#include "base/json.h"
#include "model_fixture.h"
#include "web/feed.h"
#include "web/public.h"
#include "web/shapes.h"

#define SCENE_YAML \
    "site: { title: { en: \"Harbour <&\\\" Sons\", fr: Port }, url: \"https://status.example.org/\" }\n" \
    "groups: { boats: { title: { en: Boats, fr: Bateaux } }, small: { title: { en: Small boats } } }\n" \
    "hosts: { h: { alive: no, checks: [{ once: { name: a } }, { once: { name: b } }, { once: { name: c } }] } }\n" \
    "components:\n" \
    "  ferry: { name: { en: \"Ferry \\\"one\\\" <script>\", fr: Bac }, text: { en: \"It's & crosses, the; river\" }, order: 1, group: boats, publish: auto, after: 0s, depends: [h/a] }\n" \
    "  buoys: { name: { en: Buoys, fr: Bouées }, order: 2, group: boats/small, publish: auto, after: 0s, depends: [h/b] }\n" \
    "  pilot: { order: 3, publish: auto, after: 0s, depends: [h/c] }\n"

#define HOSTILE "Mail \"smtp\" \\ </title><script>alert('x')</script> ]]> ,;:&amp; \xe2\x80\xae\xd7\x90"

struct scene {
    struct fix *f;
    struct board *b;
    struct arena *a;
    struct sight s;
    struct pub p;
    struct buf out;
    int keys;
};

static inline int scene_setup(void **state)
{
    struct scene *s = NEW(struct scene);
    s->f = fix_new(SCENE_YAML);
    s->b = board_new();
    s->a = arena_new(0);
    s->out = BUF_MAX(PUBLIC_MAX_BYTES);
    fix_result(s->f, "h/a", STATE_OK, true);
    fix_result(s->f, "h/b", STATE_OK, true);
    fix_result(s->f, "h/c", STATE_OK, true);
    *state = s;
    return 0;
}

static inline int scene_teardown(void **state)
{
    struct scene *s = *state;
    board_free(s->b);
    arena_free(s->a);
    buf_done(&s->out);
    fix_free(s->f);
    mem_free(s);
    return 0;
}
#define SCENE_TEST(fn) cmocka_unit_test_setup_teardown(fn, scene_setup, scene_teardown)

static inline struct pub *scene_look(struct scene *s, const char *lang)
{
    sight_see(&s->s, s->a, s->b, s->f->m, NULL, s->f->now.wall_ms);
    s->p = (struct pub){.out = &s->out, .lang = lang, .s = &s->s, .assets = "1", .base = "https://status.example.org", .here = "/", .section = ""};
    buf_clear(&s->out);
    return &s->p;
}

static inline struct wording scene_text(const char *en, const char *fr)
{
    struct wording w = {0};
    const char *const langs[] = {"en", "fr"}, *const texts[] = {en, fr};
    for (int i = 0; i < 2; i++)
        if (texts[i]) {
            w.lang[w.n] = langs[i];
            w.text[w.n++] = texts[i];
        }
    return w;
}

/* Posts p (its key is found here); a minute passes. */
static inline const struct bulletin *scene_post(struct scene *s, int64_t id, struct post p)
{
    const struct bulletin *b = NULL;
    struct err e = {0};
    char key[16];
    fix_pass(s->f, MINUTE_MS);
    str_print(key, sizeof key, "abcdefgh%04d", ++s->keys);
    p.author = "anna-of-staff";
    p.origin = "cli";
    if (board_post(s->b, id, &p, key, s->f->now.wall_ms, &b, &e) < 0)
        fail_msg("not posted: %s %s", e.field, e.text);
    return b;
}

static inline struct post scene_opening(const char *en, const char *fr, const struct post_level *level)
{
    struct post p = POST_OF(POST_OPEN);
    p.title = scene_text(en, fr);
    p.text = scene_text("We **look** for the cause.\n\nNothing is lost.", fr ? "Nous cherchons." : NULL);
    p.levels = level;
    p.n_levels = level ? 1 : 0;
    return p;
}

static inline const struct bulletin *scene_incident(struct scene *s, const char *title, const char *component, enum level level)
{
    const struct post_level l[] = {{component, level}};
    return scene_post(s, 0, scene_opening(title, NULL, component ? l : NULL));
}

static inline const struct bulletin *scene_say(struct scene *s, const struct bulletin *b, enum phase phase, const char *text)
{
    struct post p = POST_OF(POST_UPDATE);
    p.phase = (int)phase;
    p.text = scene_text(text, NULL);
    return scene_post(s, b->id, p);
}

static inline const struct bulletin *scene_work(struct scene *s, const char *title, int64_t in_ms, int64_t for_ms)
{
    static const char *const touched[] = {"buoys", "ferry"};
    struct post p = POST_OF(POST_OPEN);
    p.what = BULLETIN_WORK;
    p.title = scene_text(title, "Travaux");
    p.text = scene_text("Each is away once.", NULL);
    p.components = touched;
    p.n_components = 2;
    p.effect = EFFECT_OUTAGE;
    p.start_ms = s->f->now.wall_ms + in_ms;
    p.end_ms = p.start_ms + for_ms;
    return scene_post(s, 0, p);
}

static inline const char *scene_out(struct scene *s)
{
    assert_false(s->out.full);
    return buf_text(&s->out);
}

static inline void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("“%s” is not in: %.3000s", part, text);
}

static inline void lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("“%s” is in: %.3000s", part, text);
}

/* Tags close in order, and attributes are quoted: what an XML parser minds first. */
static inline void well_formed(const char *xml)
{
    char open[64][40];
    int depth = 0;
    for (const char *p = strchr(xml, '<'); p; p = strchr(p, '<')) {
        bool ends = p[1] == '/';
        const char *name = p + (ends ? 2 : 1), *q = name;
        size_t n = strcspn(name, " />\n");
        for (bool quoted = false; *q && (quoted || *q != '>'); q++)
            quoted ^= *q == '"';
        assert_int_equal(*q, '>');
        if (*name == '?') {
            p = q;
            continue;
        }
        assert_true(n > 0 && n < 40 && depth < 64);
        if (ends) {
            assert_true(depth > 0 && strlen(open[depth - 1]) == n && memcmp(open[depth - 1], name, n) == 0);
            depth--;
        } else if (q[-1] != '/') {
            str_copyn(open[depth++], 40, name, n);
        }
        p = q;
    }
    assert_int_equal(depth, 0);
}

static inline struct doc *scene_json(struct scene *s)
{
    struct doc *d = NULL;
    struct err e = {0};
    if (json_parse(s->a, scene_out(s), s->out.len, s->out.len + 1, &d, &e) < 0)
        fail_msg("no JSON: %s: %.2000s", e.text, scene_out(s));
    return d;
}

#endif

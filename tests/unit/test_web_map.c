/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map: where things stand, who is on it, its ceiling and its filter; the tree of a service, two steps from the failing
 * check (LES-17); and `why` as a tree. */
#include "daemon_kit.h"
#include "web/map_layout.h"

static void the_layout(void **state)
{
    struct map_graph g = {.columns = 0};
    int gw = map_node_add(&g, NULL, false), a = map_node_add(&g, NULL, false), b = map_node_add(&g, NULL, false), c = map_node_add(&g, NULL, false),
        end = map_node_add(&g, NULL, false), sum = map_node_add(&g, NULL, true);
    const int ways[][2] = {{gw, a}, {a, b}, {b, a}, {a, c}, {c, a}, {b, c}, {c, b}, {b, end}, {gw, end}};

    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++)
        map_edge_add(&g, ways[i][0], ways[i][1], false);
    map_edge_add(&g, end, sum, true);
    map_edge_add(&g, a, a, false); /* to itself: none */
    map_layout(&g);
    assert_int_equal(g.edges.n, COUNT(ways) + 1);
    assert_int_equal(g.nodes.at[gw].column, 0);
    assert_int_equal(g.nodes.at[a].column, 1); /* the ring begins where it is entered */
    assert_int_equal(g.nodes.at[b].column, 2);
    assert_int_equal(g.nodes.at[c].column, 2);
    assert_int_equal(g.nodes.at[end].column, 3); /* the longest way counts */
    assert_int_equal(g.nodes.at[sum].column, 4);
    for (size_t i = 0; i < g.nodes.n; i++) /* nobody stands on another */
        for (size_t k = 0; k < i; k++)
            if (g.nodes.at[i].column == g.nodes.at[k].column)
                assert_true(g.nodes.at[i].y - g.nodes.at[k].y > 0.99 || g.nodes.at[k].y - g.nodes.at[i].y > 0.99);
    map_graph_done(&g);
}

#define SMALL                                                                                                                        \
    "site: { guest: yes }\ngroups: { web: { title: Pages } }\nhosts:\n  gw: { alive: { passive: } }\n  \"<b>\": { alive: { passive: "  \
    "}, parents: [gw], groups: [web], checks: [{ passive: { name: job, attempts: 1 } }] }\n  other: { alive: { passive: }, parents: " \
    "[gw] }\n  alone: { alive: { passive: } }\nservices:\n  shop: { title: { en: Shop, fr: Boutique }, of: [{ name: front, of: "      \
    "[\"<b>/job\"] }] }\n"

static void the_page(void **state)
{
    struct kit *k = kit_up(SMALL);

    (void)state;
    assert_int_equal(kit_get(k, "/console/map"), 200);
    kit_has(buf_text(&k->text), "<svg class=\"map\"");
    kit_has(buf_text(&k->text), "&lt;b&gt;");
    kit_lacks(buf_text(&k->text), "><b></");
    kit_has(buf_text(&k->text), "/console/check/services/shop.front");
    kit_has(buf_text(&k->text), "Shop, Pending");
    kit_has(buf_text(&k->text), "On their own");
    assert_int_equal(kit_get(k, "/console/map?group=web"), 200);
    kit_lacks(buf_text(&k->text), ">other<");
    assert_int_equal(kit_get(k, "/console/map?from=other&levels=1"), 200);
    kit_has(buf_text(&k->text), ">gw<");
    kit_lacks(buf_text(&k->text), "<title>&lt;b&gt;");
    assert_int_equal(kit_get(k, "/console/map?from=nowhere&levels=99"), 200);
    kit_has(buf_text(&k->text), "There is no such host.");
    kit_free(k);
}

static void its_ceiling(void **state)
{
    struct buf yaml = BUF_MAX(2 << 20);
    struct kit *k;

    (void)state;
    buf_str(&yaml, "site: { guest: yes }\nhosts:\n  gw: { alive: no }\n");
    for (int i = 0; i < 3000; i++)
        buf_printf(&yaml, "  h%d: { alive: no, parents: [gw] }\n", i);
    k = kit_up(buf_text(&yaml));
    assert_int_equal(kit_get(k, "/console/map"), 200);
    kit_has(buf_text(&k->text), "Of 3001 hosts");
    assert_true(k->text.len < 500000);
    assert_int_equal(kit_get(k, "/console/map?from=gw"), 200);
    kit_has(buf_text(&k->text), "400 things at most");
    assert_true(k->text.len < 1000000);
    kit_free(k);
    buf_done(&yaml);
}

/* Sixty hosts fit on a page: those that hang from the same and carry nothing stand in one box, each a link of its own. */
static void many_in_one_box(void **state)
{
    struct buf yaml = BUF_MAX(2 << 20);
    struct kit *k;
    int width, height;

    (void)state;
    buf_str(&yaml, "site: { guest: yes }\nhosts:\n  gw: { alive: no }\n  sw1: { alive: no, parents: [gw] }\n  sw2: { alive: no, parents: [gw] }\n  apart: { alive: no, parents: [sw1, sw2] }\n  lone: { alive: no, parents: [apart] }\n");
    for (int i = 0; i < 56; i++)
        buf_printf(&yaml, "  h%d: { alive: no, parents: [sw%d], checks: [{ passive: { name: job, attempts: 1 } }] }\n", i, 1 + i % 2);
    buf_str(&yaml, "services: { all: { of: [\"h*/job\"] } }\n");
    k = kit_up(buf_text(&yaml));
    kit_result(k, "h7/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_get(k, "/console/map"), 200);
    const char *svg = kit_between(k, "<svg class=\"map\"", "</svg>\n</div>");
    assert_int_equal(kit_count(svg, "class=\"bundle\""), 2);
    assert_int_equal(kit_count(svg, "class=\"nd chip "), 56);
    assert_int_equal(kit_count(svg, "class=\"nd s-"), 5); /* what carries something, or hangs alone */
    assert_int_equal(kit_count(svg, "<path class=\"e soft"), 2); /* one line a box to the service */
    kit_has(svg, "aria-label=\"h7, Critical\"");
    kit_has(svg, "href=\"/console/host/h55\"");
    assert_int_equal(sscanf(strstr(svg, "width=\""), "width=\"%d\" height=\"%d\"", &width, &height), 2);
    assert_true(width < 1250 && height < 700);
    kit_has(kit_between(k, "<div class=\"tree maplist\">", "</div>"), "/console/host/h55"); /* on a small screen one by one */
    kit_free(k);
    buf_done(&yaml);
}

/* LES-17: the page of the service links to the failing check itself. */
static void two_steps(void **state)
{
    struct kit *k = kit_up(SMALL);

    (void)state;
    kit_result(k, "<b>/job", STATE_CRITICAL, "it does not work");
    assert_int_equal(kit_get(k, "/console/check/services/shop"), 200);
    kit_has(buf_text(&k->text), "What it is made of");
    kit_has(buf_text(&k->text), "/console/check/%3Cb%3E/job");
    kit_has(buf_text(&k->text), "it does not work");
    assert_int_equal(kit_get(k, "/console/host/gw"), 200);
    kit_has(buf_text(&k->text), "What hangs from it");
    assert_int_equal(kit_op(k, "why", "{'target':'services/shop'}"), 200);
    kit_has(kit_text(k), "\"below\"");
    kit_has(kit_text(k), "<b>/job");
    assert_int_equal(kit_op(k, "why", "{'target':'<b>/job'}"), 200);
    kit_has(kit_text(k), "services/shop.front"); /* of what it is a part */
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout), cmocka_unit_test(the_page), cmocka_unit_test(its_ceiling), cmocka_unit_test(many_in_one_box), cmocka_unit_test(two_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

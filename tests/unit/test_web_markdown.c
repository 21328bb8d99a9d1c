/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What staff write becomes HTML that nobody can misuse, and plain text for calendars and mails (announce 6: hostile text). */
#include "web/markdown.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *from, *html;
} cases[] = {
    {"", ""},
    {"One line.", "<p>One line.</p>\n"},
    {"Two\nlines.", "<p>Two\nlines.</p>\n"},
    {"Two  \nlines\\\nmore", "<p>Two<br>\nlines<br>\nmore</p>\n"},
    {"One.\n\n\nTwo.\r\n", "<p>One.</p>\n<p>Two.</p>\n"},
    {"*so* and **so** and _so_ and __so__", "<p><em>so</em> and <strong>so</strong> and <em>so</em> and <strong>so</strong></p>\n"},
    {"**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>\n"},
    {"a * b * c, 2*3*4 is *open", "<p>a * b * c, 2<em>3</em>4 is *open</p>\n"},
    {"snake_case_name stays", "<p>snake_case_name stays</p>\n"},
    {"`a <b> *c*` and ``x ` y``", "<p><code>a &lt;b&gt; *c*</code> and <code>x ` y</code></p>\n"},
    {"a ` alone", "<p>a ` alone</p>\n"},
    {"\\*no\\* \\[no\\]", "<p>*no* [no]</p>\n"},
    {"<script>alert('x')</script>", "<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</p>\n"},
    {"<img src=x onerror=y>", "<p>&lt;img src=x onerror=y&gt;</p>\n"},
    {"a & b &lt; \"q\"", "<p>a &amp; b &amp;lt; &quot;q&quot;</p>\n"},
    {"[the *page*](https://example.org/a?b=1&c=2)", "<p><a rel=\"nofollow\" href=\"https://example.org/a?b=1&amp;c=2\">the *page*</a></p>\n"},
    {"[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"},
    {"[x](JaVaScRiPt:alert)", "<p>[x](JaVaScRiPt:alert)</p>\n"},
    {"[x](//example.org) [x](data:text/html,x)", "<p>[x](//example.org) [x](data:text/html,x)</p>\n"},
    {"[x](https://example.org/\"onclick=\"y)", "<p>[x](<a rel=\"nofollow\" href=\"https://example.org/\">https://example.org/</a>&quot;onclick=&quot;y)</p>\n"},
    {"[x](mailto:ops@example.org)", "<p><a rel=\"nofollow\" href=\"mailto:ops@example.org\">x</a></p>\n"},
    {"See https://example.org/x. Or (http://example.org/a_(b)).", "<p>See <a rel=\"nofollow\" href=\"https://example.org/x\">https://example.org/x</a>. Or (<a rel=\"nofollow\" href=\"http://example.org/a_(b)\">http://example.org/a_(b)</a>).</p>\n"},
    {"<https://example.org/>", "<p><a rel=\"nofollow\" href=\"https://example.org/\">https://example.org/</a></p>\n"},
    {"# Cause\n## Of it ##\ntext", "<h3>Cause</h3>\n<h4>Of it</h4>\n<p>text</p>\n"},
    {"#no heading", "<p>#no heading</p>\n"},
    {"- one\n- two\n  - deep\n- three", "<ul>\n<li>one</li>\n<li>two\n<ul>\n<li>deep</li>\n</ul>\n</li>\n<li>three</li>\n</ul>\n"},
    {"1. one\n2) two\n\n3. three", "<ol>\n<li>one</li>\n<li>two</li>\n<li>three</li>\n</ol>\n"},
    {"Text\n* item\nlazy\n\nafter", "<p>Text</p>\n<ul>\n<li>item\nlazy</li>\n</ul>\n<p>after</p>\n"},
    {"> said\n> > again", "<blockquote>\n<p>said</p>\n<blockquote>\n<p>again</p>\n</blockquote>\n</blockquote>\n"},
    {"```sh\nrm -rf <x>\n```\nafter", "<pre><code>rm -rf &lt;x&gt;\n</code></pre>\n<p>after</p>\n"},
    {"```\nnever closed", "<pre><code>never closed\n</code></pre>\n"},
    {"a\n\n---\nb", "<p>a</p>\n<hr>\n<p>b</p>\n"},
    {"22:41 works – about 40 min", "<p>22:41 works – about 40 min</p>\n"},
};

static void as_html(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf b = BUF_MAX(1 << 16);
        markdown_html(&b, cases[i].from, 3);
        assert_string_equal(buf_text(&b), cases[i].html);
        buf_done(&b);
    }
}

static void within_an_outline(void **state)
{
    struct buf b = BUF_MAX(1000);
    (void)state;
    markdown_html(&b, "# Cause", 0);
    assert_string_equal(buf_text(&b), "<p><strong>Cause</strong></p>\n");
    buf_clear(&b);
    markdown_html(&b, NULL, 0);
    assert_string_equal(buf_text(&b), "");
    buf_done(&b);
}

static void as_text(void **state)
{
    struct buf b = BUF_MAX(1000);
    (void)state;
    markdown_plain(&b, "# Cause\nA **disk** failed; see [the log](https://example.org/log).\n\n- one\n- two\n\n1. a\n2. b\n");
    assert_string_equal(buf_text(&b), "Cause\n\nA disk failed; see the log (https://example.org/log).\n\n- one\n- two\n\n1. a\n2. b");
    buf_done(&b);
}

static void in_short(void **state)
{
    struct buf b = BUF_MAX(1000);
    (void)state;
    markdown_excerpt(&b, "The **disk**\nis failing.\n\nMore.", 100);
    assert_string_equal(buf_text(&b), "The disk is failing.");
    buf_clear(&b);
    markdown_excerpt(&b, "Les données déménagent", 14);
    assert_string_equal(buf_text(&b), "Les données…");
    buf_clear(&b);
    markdown_excerpt(&b, NULL, 14);
    assert_string_equal(buf_text(&b), "");
    buf_done(&b);
}

/* Long runs of marks end in reasonable time: the test has none, but the runner's limit of time would be hit. */
static void marks_without_end(void **state)
{
    static const char *const marks[] = {"*", "_", "**a ", "[", "`", "``` ", "<", "> ", "- ", "[](", "*a_", "h", "\\"};
    (void)state;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct buf in = BUF_MAX(200000), out = BUF_MAX(8 << 20);
        while (in.len < 60000)
            buf_str(&in, marks[i]);
        markdown_html(&out, buf_text(&in), 0);
        assert_true(out.len > 0);
        buf_done(&in);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_html), cmocka_unit_test(within_an_outline), cmocka_unit_test(as_text), cmocka_unit_test(in_short), cmocka_unit_test(marks_without_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

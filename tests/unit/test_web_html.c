/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing HTML: what is not ours is escaped, wherever it stands. */
#include "daemon_kit.h"
#include "web/html.h"

static const char *printed(struct buf *b)
{
    static char text[2000];
    str_copy(text, sizeof text, buf_text(b));
    buf_done(b);
    return text;
}
#define PRINT(...)                                                                                                       \
    ({                                                                                                                   \
        struct buf out = BUF_MAX(1900);                                                                                  \
        html_print(&out, "en", __VA_ARGS__);                                                                             \
        printed(&out);                                                                                                   \
    })

static void text_is_escaped(void **state)
{
    struct buf b = BUF_MAX(1000);
    html_text(&b, "<b>&\"' é € 𝄞 &amp;</b>");
    assert_string_equal(printed(&b), "&lt;b&gt;&amp;&quot;&#39; é € 𝄞 &amp;amp;&lt;/b&gt;");
    b = BUF_MAX(1000);
    html_text(&b, NULL);
    html_text(&b, "");
    assert_string_equal(printed(&b), "");
}

static void each_letter(void **state)
{
    assert_string_equal(PRINT("<p>%s</p>", "<i>"), "<p>&lt;i&gt;</p>");
    assert_string_equal(PRINT("%r", "<i>"), "<i>");
    assert_string_equal(PRINT("%d %l", -3, INT64_C(-9000000000)), "-3 -9000000000");
    assert_string_equal(PRINT("%u", "a b/ü?&\"'<>%#.-_~"), "a%20b%2F%C3%BC%3F%26%22%27%3C%3E%25%23.-_~");
    assert_string_equal(PRINT("%u%u", "", NULL), "");
    assert_string_equal(PRINT("100%%"), "100%");
    assert_string_equal(PRINT("%t", "<not a message>"), "&lt;not a message&gt;");
    assert_string_equal(PRINT("%s%s", NULL, "x"), "x");
}

static void messages_are_escaped_after_their_arguments_are_in(void **state)
{
    struct buf packed = BUF_MAX(1000);
    msg_pack(&packed, "<{1}> has {2} {2|check|checks}", "si", "a\"b", INT64_C(2));
    assert_string_equal(PRINT("%m", buf_text(&packed)), "&lt;a&quot;b&gt; has 2 checks");
    assert_string_equal(PRINT("%m", "plain <b>"), "plain &lt;b&gt;");
    assert_string_equal(PRINT("%m|", NULL), "|");
    buf_done(&packed);
}

static void french(void **state)
{
    struct buf b = BUF_MAX(100);
    html_print(&b, "fr", "%t", MSG("Hosts"));
    assert_string_not_equal(printed(&b), "Hosts");
}

static void a_full_buffer_ends_quietly(void **state)
{
    struct buf b = BUF_MAX(10);
    html_print(&b, "en", "<p>%s</p>", "<<<<<<<<<<<<<<<<");
    assert_true(b.full);
    assert_true(b.len <= 10);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped), cmocka_unit_test(each_letter), cmocka_unit_test(messages_are_escaped_after_their_arguments_are_in), cmocka_unit_test(french), cmocka_unit_test(a_full_buffer_ends_quietly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

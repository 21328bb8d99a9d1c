/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compose_error.c: what libyaml says about a text that is no YAML, in words that help whoever wrote
 * it, and at the place where one has to look. */
#include "config/compose_error.h"

#include "base/msg.h"
#include "base/str.h"

/* What libyaml says, and what people understand. The first row whose text is contained in the
 * problem counts. */
static const struct {
    const char *problem, *context, *msgid;
} problems[] = {
    {"found character that cannot start any token", "",
     MSG("a value cannot begin with this character; put the text in quotes, and indent with "
         "blanks, not tabs")},
    {"mapping values are not allowed", "",
     MSG("“:” does not fit here; quote texts that hold “: ”, and check the indentation of the "
         "line")},
    {"could not find expected ':'", "", MSG("“:” is missing after the key")},
    {"did not find expected key", "",
     MSG("a key is expected here; check the indentation of this line and of the ones before")},
    {"did not find expected '-' indicator", "",
     MSG("“- ” is expected here; check the indentation of this line")},
    {"did not find expected ',' or ']'", "",
     MSG("the list that begins with “[” is not closed; “,” or “]” is expected")},
    {"did not find expected ',' or '}'", "",
     MSG("the mapping that begins with “{{” is not closed; “,” or “}” is expected")},
    {"found unexpected end of stream", "quoted",
     MSG("the quoted text that begins here is not closed")},
    {"found unexpected document indicator", "quoted",
     MSG("the quoted text that begins here is not closed")},
    {"found unknown escape character", "",
     MSG("unknown escape after “\\”; write “\\\\”, or use single quotes")},
    {"did not find expected comment or line break", "block scalar",
     MSG("a text that begins with “>” or “|” must be quoted")},
    {"did not find expected node content", "",
     MSG("a value is expected here; check what is open before")},
    {"found a tab character", "", MSG("indent with blanks, not tabs")},
    {"did not find expected alphabetic or numeric character", "",
     MSG("a text that begins with “*” or “&” must be quoted")},
    {"control characters are not allowed", "",
     MSG("a control character is not allowed here; write it as an escape in double quotes")},
    {"UTF-8", "", MSG("the file must be UTF-8; this byte is not")},
    {"did not find expected <document start>", "",
     MSG("only one document is expected; check the indentation, and what stands before")},
    {"block sequence entries are not allowed", "",
     MSG("“- ” does not fit here; a list begins on its own line")},
};

static bool has(const char *text, const char *part)
{
    return part[0] == '\0' || (text && strstr(text, part));
}

static const char *explain(const yaml_parser_t *p)
{
    for (size_t i = 0; i < COUNT(problems); i++)
        if (has(p->problem, problems[i].problem) && has(p->context, problems[i].context))
            return problems[i].msgid;
    return NULL;
}

/* The reader knows only the offset in bytes. */
static void offset_place(struct str text, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
    unsigned line = 1, column = 1;

    for (size_t i = 0; i < offset && i < text.n; i++) {
        if (text.p[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    *ret_line = line;
    *ret_column = column;
}

/* An error at the end of the text is shown behind its last character, not on a line that is not
 * there. */
static void pull_back(struct str text, unsigned *line, unsigned *column)
{
    size_t n = text.n;
    unsigned last_line, last_column;

    while (n > 0 && strchr(" \t\r\n", text.p[n - 1]) && text.p[n - 1])
        n--;
    offset_place(text, n, &last_line, &last_column);
    if (*line > last_line) {
        *line = last_line;
        *column = last_column;
    }
}

void compose_error(struct conf_ctx *c, const yaml_parser_t *p, const char *start, size_t n)
{
    struct str text = {start, n};
    const char *msgid = explain(p);
    bool at_context = p->error != YAML_READER_ERROR && has(p->context, "quoted") && p->context;
    unsigned line = (unsigned)p->problem_mark.line + 1,
             column = (unsigned)p->problem_mark.column + 1;

    if (p->error == YAML_READER_ERROR)
        offset_place(text, p->problem_offset, &line, &column);
    if (at_context && msgid) {
        line = (unsigned)p->context_mark.line + 1;
        column = (unsigned)p->context_mark.column + 1;
    }
    pull_back(text, &line, &column);
    if (msgid)
        conf_error_line(c, line, column, msgid, "");
    else
        conf_error_line(c, line, column, MSG("this is not YAML: {1}"), "s",
                        p->problem ? p->problem : "?");
}

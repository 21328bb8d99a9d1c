/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notify_text.c: the words of a notice.  First what is wrong and since when, then what is known, then what to do. */
#include "alerts/notice.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"

enum { MAX_BEHIND = 1000, SUBJECT_OUTPUT_BYTES = 120, MORE_BYTES = 2000 };

static const struct {
    const char *subject, *sentence; /* {1} what, {2} output; {1} what, {2} since */
} problems[STATE_COUNT] = {
    [STATE_WARNING] = {MSG("[vigie] WARNING {1}: {2}"), MSG("{1} has been in warning since {2}.")},
    [STATE_CRITICAL] = {MSG("[vigie] CRITICAL {1}: {2}"), MSG("{1} has been critical since {2}.")},
    [STATE_UNKNOWN] = {MSG("[vigie] UNKNOWN {1}: {2}"), MSG("The state of {1} has been unknown since {2}.")},
    [STATE_DOWN] = {MSG("[vigie] DOWN {1}: {2}"), MSG("The host {1} has been down since {2}.")},
    [STATE_UNREACHABLE] = {MSG("[vigie] UNREACHABLE {1}: {2}"), MSG("The host {1} has been out of reach since {2}.")},
};

static void id_of(const struct notice *n, char out[256]) { item_id(n->item, out, 256); }

/* The output as a reader sees it, in one line. */
static void output_line(struct buf *out, const struct notice *n, size_t max_bytes)
{
    struct buf text = BUF_MAX(8192);
    msg_render(&text, n->item->text ? n->item->text : "", n->lang);
    utf8_clean(out, buf_text(&text), text.len, UTF8_ONE_LINE, max_bytes);
    buf_done(&text);
}

/* ---- behind a dead host ---- */

static bool all_ways_in(const struct host *h, const struct map *set)
{
    for (size_t i = 0; i < h->parents.n; i++)
        if (!map_find(set, h->parents.at[i]->name))
            return false;
    return h->parents.n > 0;
}

int notice_behind(const struct host *h, const char **names, int max)
{
    struct map set = {0};
    VEC(const struct host *) queue = {0};
    int count = 0;
    VEC_PUSH(&queue, h);
    map_set(&set, h->name, (void *)h);
    for (size_t at = 0; at < queue.n && count < MAX_BEHIND; at++) {
        const struct host *from = queue.at[at];
        for (size_t i = 0; i < from->children.n && count < MAX_BEHIND; i++) {
            const struct host *child = from->children.at[i];
            if (map_find(&set, child->name) || !all_ways_in(child, &set))
                continue;
            map_set(&set, child->name, (void *)child);
            VEC_PUSH(&queue, child);
            if (count < max)
                names[count] = child->name;
            count++;
        }
    }
    map_done(&set);
    VEC_DONE(&queue);
    return count;
}

/* ---- subject ---- */

static void subject_problem(struct buf *out, const struct notice *n, const char *id)
{
    struct buf said = BUF_MAX(SUBJECT_OUTPUT_BYTES + 1);
    const char *msgid = problems[n->state].subject ? problems[n->state].subject : problems[STATE_UNKNOWN].subject;
    int behind = n->item->is_host ? notice_behind(n->item->host, NULL, 0) : 0;
    output_line(&said, n, SUBJECT_OUTPUT_BYTES);
    if (behind > 0)
        msg_print(out, n->lang, MSG("[vigie] DOWN {1}, and {2} {2|host|hosts} behind it: {3}"), "sis", id,
                  (int64_t)behind, buf_text(&said));
    else
        msg_print(out, n->lang, msgid, "ss", id, buf_text(&said));
    buf_done(&said);
}

void notice_subject(struct buf *out, const struct notice *n)
{
    char id[256];
    id_of(n, id);
    int64_t lasted_ms = n->problem_ms ? n->now_ms - n->problem_ms : 0;
    if (!n->recovery)
        subject_problem(out, n, id);
    else if (n->item->is_host && lasted_ms > 0)
        msg_print(out, n->lang, MSG("[vigie] UP again {1} after {2}"), "sd", id, lasted_ms);
    else if (n->item->is_host)
        msg_print(out, n->lang, MSG("[vigie] UP again {1}"), "s", id);
    else if (lasted_ms > 0)
        msg_print(out, n->lang, MSG("[vigie] OK again {1} after {2}"), "sd", id, lasted_ms);
    else
        msg_print(out, n->lang, MSG("[vigie] OK again {1}"), "s", id);
}

/* ---- body ---- */

/* "22:31 on 24 November (CET)" */
static void moment_text(struct buf *out, const struct notice *n, int64_t wall_ms)
{
    struct buf clock = BUF_MAX(40), date = BUF_MAX(80);
    struct civil c;
    time_clock(&clock, wall_ms, n->zone, n->lang);
    time_date(&date, wall_ms, n->now_ms, n->zone, n->lang);
    time_civil(wall_ms, n->zone, &c);
    msg_print(out, n->lang, MSG("{1} on {2} ({3})"), "sss", buf_text(&clock), buf_text(&date), c.zone);
    buf_done(&clock);
    buf_done(&date);
}

static void sentence(struct buf *out, const struct notice *n, const char *id)
{
    struct buf since = BUF_MAX(200);
    moment_text(&since, n, n->recovery || !n->problem_ms ? n->since_ms : n->problem_ms);
    const char *when = buf_text(&since);
    int64_t lasted_ms = n->problem_ms ? n->now_ms - n->problem_ms : 0;
    if (!n->recovery)
        msg_print(out, n->lang, problems[n->state].sentence ? problems[n->state].sentence : problems[STATE_UNKNOWN].sentence,
                  "ss", id, when);
    else if (n->item->is_host)
        msg_print(out, n->lang, MSG("The host {1} has been up again since {2}."), "ss", id, when);
    else
        msg_print(out, n->lang, MSG("{1} has been OK again since {2}."), "ss", id, when);
    buf_char(out, '\n');
    if (n->recovery && lasted_ms > 0) {
        msg_print(out, n->lang, MSG("The problem lasted {1}."), "d", lasted_ms);
        buf_char(out, '\n');
    }
    buf_done(&since);
}

static void line(struct buf *out, const struct notice *n, const char *msgid, const char *text)
{
    if (!text || !text[0])
        return;
    msg_print(out, n->lang, msgid, "s", text);
    buf_char(out, '\n');
}

static void facts(struct buf *out, const struct notice *n)
{
    const struct conf_host *h = n->item->host->conf;
    struct buf said = BUF_MAX(2048), more = BUF_MAX(MORE_BYTES + 16);
    output_line(&said, n, 1500);
    line(out, n, MSG("Result: {1}"), buf_text(&said));
    if (n->item->more && !n->recovery) {
        utf8_clean(&more, n->item->more, strlen(n->item->more), UTF8_KEEP_NEWLINES, MORE_BYTES);
        buf_printf(out, "%s\n", buf_text(&more));
    }
    if (h && h->title)
        msg_print(out, n->lang, MSG("Host: {1} ({2})"), "ss", n->item->host->name, h->title);
    else
        msg_print(out, n->lang, MSG("Host: {1}"), "s", n->item->host->name);
    buf_char(out, '\n');
    line(out, n, MSG("Address: {1}"), h ? h->address : NULL);
    buf_done(&said);
    buf_done(&more);
}

static void behind_line(struct buf *out, const struct notice *n)
{
    const char *names[NOTICE_NAMES];
    int count = n->item->is_host && !n->recovery ? notice_behind(n->item->host, names, NOTICE_NAMES) : 0;
    struct buf list = BUF_MAX(4096);
    if (count == 0)
        return;
    for (int i = 0; i < count && i < NOTICE_NAMES; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    if (count > NOTICE_NAMES)
        msg_print(out, n->lang, MSG("{1} {1|host|hosts} behind it cannot be reached: {2} and {3} more."), "isi",
                  (int64_t)count, buf_text(&list), (int64_t)(count - NOTICE_NAMES));
    else
        msg_print(out, n->lang, MSG("{1} {1|host|hosts} behind it cannot be reached: {2}."), "is", (int64_t)count,
                  buf_text(&list));
    buf_char(out, '\n');
    buf_done(&list);
}

static void url_part(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
        if (plain)
            buf_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static void link_line(struct buf *out, const struct notice *n)
{
    struct buf url = BUF_MAX(1024);
    if (!n->url || !n->url[0])
        return;
    buf_add(&url, n->url, strlen(n->url) - str_ends(n->url, "/"));
    buf_str(&url, "/console/host/");
    url_part(&url, n->item->host->name);
    line(out, n, MSG("Page: {1}"), buf_text(&url));
    buf_done(&url);
}

static const char *notes_of(const struct item *it)
{
    if (it->conf && it->conf->notes && it->conf->notes[0])
        return it->conf->notes;
    return it->host->conf ? it->host->conf->notes : NULL;
}

void notice_body(struct buf *out, const struct notice *n)
{
    char id[256];
    id_of(n, id);
    sentence(out, n, id);
    buf_char(out, '\n');
    facts(out, n);
    behind_line(out, n);
    buf_char(out, '\n');
    if (!n->recovery)
        line(out, n, MSG("What to do: {1}"), notes_of(n->item));
    link_line(out, n);
    if (!n->recovery)
        line(out, n, MSG("To say that you are on it: vigie ack {1} -m \"…\""), id);
    buf_str(out, "\n-- \n");
    line(out, n, MSG("vigie on {1}"), n->machine_name ? n->machine_name : "localhost");
}

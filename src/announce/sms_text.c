/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sms_text.c: the alphabet of telephones. */
#include "announce/sms_text.h"
#include "base/utf8.h"
#include <stddef.h>
#include <string.h>

enum { ONE_GSM = 160, PART_GSM = 153, ONE_UCS = 70, PART_UCS = 67 };

/* Of the basic table, besides the ASCII that it shares: sorted. */
static const uint16_t basic[] = {0xA1, 0xA3, 0xA4, 0xA5, 0xA7, 0xBF, 0xC4, 0xC5, 0xC6, 0xC7, 0xC9, 0xD1, 0xD6, 0xD8, 0xDC, 0xDF, 0xE0, 0xE4, 0xE5, 0xE6, 0xE8, 0xE9, 0xEC, 0xF1, 0xF2, 0xF6, 0xF8, 0xF9, 0xFC,
                                 0x393, 0x394, 0x398, 0x39B, 0x39E, 0x3A0, 0x3A3, 0x3A6, 0x3A8, 0x3A9};

/* What stands for what is not there. Sorted. */
static const struct {
    uint16_t c;
    const char *near;
} nears[] = {
    {0x60, "'"},   {0xA0, " "},   {0xA8, "\""},  {0xA9, "(c)"}, {0xAA, "a"},   {0xAB, "\""},  {0xAD, ""},    {0xAE, "(r)"}, {0xB0, "o"},   {0xB1, "+-"},  {0xB2, "2"},   {0xB3, "3"},   {0xB4, "'"},   {0xB5, "u"},
    {0xB7, "."},   {0xB9, "1"},   {0xBA, "o"},   {0xBB, "\""},  {0xBC, "1/4"}, {0xBD, "1/2"}, {0xBE, "3/4"}, {0xC0, "A"},   {0xC1, "A"},   {0xC2, "A"},   {0xC3, "A"},   {0xC8, "E"},   {0xCA, "E"},   {0xCB, "E"},
    {0xCC, "I"},   {0xCD, "I"},   {0xCE, "I"},   {0xCF, "I"},   {0xD2, "O"},   {0xD3, "O"},   {0xD4, "O"},   {0xD5, "O"},   {0xD7, "x"},   {0xD9, "U"},   {0xDA, "U"},   {0xDB, "U"},   {0xDD, "Y"},   {0xE1, "a"},
    {0xE2, "a"},   {0xE3, "a"},   {0xE7, "\u00c7"}, {0xEA, "e"}, {0xEB, "e"},  {0xED, "i"},   {0xEE, "i"},   {0xEF, "i"},   {0xF3, "o"},   {0xF4, "o"},   {0xF5, "o"},   {0xFA, "u"},   {0xFB, "u"},   {0xFD, "y"},
    {0xFF, "y"},   {0x152, "OE"}, {0x153, "oe"}, {0x160, "S"},  {0x161, "s"},  {0x178, "Y"},  {0x17D, "Z"},  {0x17E, "z"},  {0x2009, " "}, {0x200B, ""},  {0x2010, "-"}, {0x2011, "-"}, {0x2012, "-"}, {0x2013, "-"},
    {0x2014, "-"}, {0x2018, "'"}, {0x2019, "'"}, {0x201A, "'"}, {0x201C, "\""}, {0x201D, "\""}, {0x201E, "\""}, {0x2022, "-"}, {0x2026, "..."}, {0x202F, " "}, {0x2039, "'"}, {0x203A, "'"}, {0x2192, "->"}, {0x2212, "-"},
};

int sms_septets(uint32_t c)
{
    if (c < 0x80) {
        if (c == '`')
            return 0;
        if (strchr("^{}\\[~]|", (int)c) && c)
            return 2;
        return c == '\n' || c == '\r' || (c >= ' ' && c < 0x7f) ? 1 : 0;
    }
    for (size_t i = 0; i < sizeof basic / sizeof *basic; i++)
        if (basic[i] == c)
            return 1;
    return c == 0x20AC ? 2 : 0; /* the euro */
}

static const char *near_of(uint32_t c)
{
    for (size_t i = 0; i < sizeof nears / sizeof *nears; i++)
        if (nears[i].c == c)
            return nears[i].near;
    return NULL;
}

void sms_near(struct buf *out, const char *text)
{
    size_t n = strlen(text);
    for (size_t at = 0; at < n;) {
        uint32_t c = 0;
        size_t len = utf8_decode(text + at, n - at, &c);
        const char *near = len ? near_of(c) : "?";
        if (c < ' ' || c == 0x7f)
            buf_char(out, len ? ' ' : '?');
        else if (near)
            buf_str(out, near);
        else
            buf_add(out, text + at, len);
        at += len ? len : 1;
    }
}

void sms_measure(const char *text, struct sms_size *ret)
{
    size_t n = strlen(text);
    int septets = 0, units = 0;
    bool gsm = true;
    for (size_t at = 0; at < n;) {
        uint32_t c = 0xFFFD;
        size_t len = utf8_decode(text + at, n - at, &c);
        int s = sms_septets(c);
        gsm &= s > 0;
        septets += s;
        units += c > 0xFFFF ? 2 : 1;
        at += len ? len : 1;
    }
    int one = gsm ? ONE_GSM : ONE_UCS, part = gsm ? PART_GSM : PART_UCS;
    *ret = (struct sms_size){.gsm = gsm, .units = gsm ? septets : units};
    ret->parts = ret->units <= one ? 1 : (ret->units + part - 1) / part;
}

static void put16(struct buf *out, uint32_t u)
{
    buf_char(out, (char)(u >> 8));
    buf_char(out, (char)(u & 0xff));
}

void sms_utf16(struct buf *out, const char *text)
{
    size_t n = strlen(text);
    put16(out, 0xFEFF);
    for (size_t at = 0; at < n;) {
        uint32_t c = 0xFFFD;
        size_t len = utf8_decode(text + at, n - at, &c);
        if (c > 0xFFFF) {
            put16(out, 0xD800 + ((c - 0x10000) >> 10));
            put16(out, 0xDC00 + ((c - 0x10000) & 0x3ff));
        } else {
            put16(out, c);
        }
        at += len ? len : 1;
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_icmpmonitor.c: icmpmonitor.ini: a section a host. */
#include "config/import/import_priv.h"

struct section {
    const char *label, *host;
    unsigned line, host_line;
    int64_t interval, delay;
};

static void finish(struct import *im, struct section *s)
{
    if (s->label && !s->host)
        import_note(im, s->line, MSG("“{1}” names no host"), "s", s->label);
    if (!s->label || !s->host)
        return;
    struct import_host *h = import_host(im, s->line, s->label, s->host);
    struct import_check *c = import_ping(im, h, s->line);
    int64_t every = s->interval > 0 && s->interval < 86400 * 31 ? s->interval : 60;
    if (s->interval > 0)
        import_set_ms(c, s->line, "every", every * 1000);
    if (s->delay > 0) { /* so many missed pings make the delay */
        int64_t attempts = (s->delay + every - 1) / every;
        import_set(c, s->line, "attempts", arena_printf(im->arena, "%lld", (long long)(attempts < 1 ? 1 : attempts > 100 ? 100 : attempts)));
        import_set_ms(c, s->line, "retry", every * 1000);
    }
}

static const char *unquoted(struct import *im, struct str v)
{
    if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0])
        v = (struct str){v.p + 1, v.n - 2};
    return arena_dupn(im->arena, v.p, v.n);
}

static void setting(struct import *im, struct section *s, unsigned line, const char *key, const char *value)
{
    if (str_ieq(key, "host")) {
        s->host = value;
        s->host_line = line;
    } else if (str_ieq(key, "interval") || str_ieq(key, "max_delay")) {
        if (str_i64(value, str_ieq(key, "interval") ? &s->interval : &s->delay) < 0)
            import_note(im, line, MSG("“{1}” is no number of seconds"), "s", value);
    } else if (str_ieq(key, "up_cmd") || str_ieq(key, "down_cmd")) {
        if (*value)
            import_note(im, line, MSG("the command “{1}” is not run; contacts are told instead"), "s", value);
    } else if (!str_ieq(key, "start_condition")) {
        import_note(im, line, MSG("“{1}” is not understood"), "s", key);
    }
}

static void read_icmpmonitor(struct import *im)
{
    struct import_lines l = import_lines(im, false);
    struct section now = {0};
    struct str s;
    while (import_line(im, &l, &s)) {
        s = str_trim(s);
        if (s.n == 0 || s.p[0] == '#' || s.p[0] == ';')
            continue;
        const char *eq = memchr(s.p, '=', s.n);
        if (s.p[0] == '[' && s.p[s.n - 1] == ']') {
            finish(im, &now);
            now = (struct section){.label = arena_dupn(im->arena, s.p + 1, s.n - 2), .line = l.line};
        } else if (eq && now.label) {
            struct str k = str_trim((struct str){s.p, (size_t)(eq - s.p)}), v = str_trim((struct str){eq + 1, (size_t)(s.p + s.n - eq - 1)});
            setting(im, &now, l.line, arena_dupn(im->arena, k.p, k.n), unquoted(im, v));
        } else {
            import_note(im, l.line, MSG("“{1}” is not understood"), "s", arena_dupn(im->arena, s.p, s.n < 200 ? s.n : 200));
        }
    }
    finish(im, &now);
}

const struct importer import_icmpmonitor = {"icmpmonitor", MSG("icmpmonitor.ini: a section for each host"), read_icmpmonitor};

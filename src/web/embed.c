/* SPDX-License-Identifier: GPL-3.0-or-later */
/* embed.c: what pages of others show: a frame with its small script, a fragment without either, and a page for 503. */
#include "base/json.h"
#include "base/str.h"
#include "web/shapes.h"

enum { SHOWN_MOST = 3 };

static void put_sentence(struct pub *p, struct buf *out)
{
    struct buf second = BUF_MAX(2000);
    public_say(p->s, p->lang, out, &second);
    if (second.len) {
        buf_char(out, ' ');
        buf_str(out, buf_text(&second));
    }
    buf_done(&second);
}

static const char *css_now(const struct pub *p)
{
    return p->s->waiting ? "pending" : level_looks[p->s->worst].css;
}

/* ---- the frame ---- */

void embed_widget_script(struct pub *p)
{
    struct buf base = BUF_MAX(2000);
    json_quote(&base, p->base);
    buf_printf(p->out,
               "(function(d){var s=d.currentScript,f=d.createElement('iframe'),l=(s&&s.getAttribute('data-lang'))||d.documentElement.lang||'';\n"
               "f.src=%s+'/widget'+(l?'?lang='+encodeURIComponent(l.slice(0,2)):'');f.title='%s';f.loading='lazy';\n"
               "f.setAttribute('sandbox','allow-popups allow-popups-to-escape-sandbox');f.width='100%%';f.height=(s&&s.getAttribute('data-height'))||'72';f.frameBorder='0';\n"
               "if(s)s.parentNode.insertBefore(f,s);else d.body.appendChild(f)})(document);\n",
               buf_text(&base), str_eq(p->lang, "fr") ? "\\u00c9tat des services" : "Service status");
    buf_done(&base);
}

void embed_widget(struct pub *p)
{
    struct buf said = BUF_MAX(4000);
    put_sentence(p, &said);
    pub_print(p, "<!doctype html>\n<html lang=\"%r\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n", p->lang, buf_text(&said));
    pub_print(p, "<link rel=\"stylesheet\" href=\"/static/vigie.css?%r\">\n</head>\n<body class=\"pub widget\">\n", p->assets);
    pub_print(p, "<main class=\"note s-%r\"><span class=\"dot s-%r\"></span><p><a href=\"%s/?lang=%r\" target=\"_blank\" rel=\"noopener\">%s</a></p></main>\n</body>\n</html>\n", css_now(p), css_now(p), p->base, p->lang, buf_text(&said));
    buf_done(&said);
}

/* ---- the fragment ---- */

void embed_fragment(struct pub *p)
{
    struct buf said = BUF_MAX(4000);
    put_sentence(p, &said);
    pub_print(p, "<div class=\"vigie-status vigie-%r\" lang=\"%r\">\n<p><a href=\"%s/?lang=%r\">%s</a></p>\n", level_words[p->s->worst], p->lang, p->base, p->lang, buf_text(&said));
    if (p->s->n_incidents) {
        buf_str(p->out, "<ul>\n");
        for (int i = 0; i < p->s->n_incidents && i < SHOWN_MOST; i++) {
            char path[64];
            pub_path(p->s->incidents[i], path, sizeof path);
            pub_print(p, "<li><a href=\"%s%r?lang=%r\">%s</a></li>\n", p->base, path, p->lang, pub_title_text(p, p->s->incidents[i]));
        }
        buf_str(p->out, "</ul>\n");
    }
    buf_str(p->out, "</div>\n");
    buf_done(&said);
}

/* ---- the error page ---- */

/* What an error page says cannot come from us: it is written before anything breaks and shown while everything is broken. So it says
 * what holds always, and where to look; the badge is fetched when it can be. */
static void put_error_part(struct pub *p, const char *lang)
{
    struct pub one = *p;
    one.lang = lang;
    pub_print(&one, "<section lang=\"%r\">\n<h2>%t</h2>\n<p>%t</p>\n<p>%t <a href=\"%s/?lang=%r\">%s</a></p>\n", lang, MSG("This does not work at the moment. Is it just me?"),
              MSG("Most probably not: our server answers, but what is behind it does not. It is often a matter of seconds. This page loads itself again every 30 seconds."), MSG("What we know, since when, and what we are doing:"), p->base, lang, p->base);
    pub_print(&one, "<p><img src=\"%s/badge.svg?lang=%r\" alt=\"%t\" height=\"20\"></p>\n</section>\n", p->base, lang, MSG("If you see no badge here, our status page is away too; then it is most likely the network between us."));
}

void embed_error_page(struct pub *p)
{
    const char *lang, *site = sight_site(p->s, p->lang, &lang);
    pub_print(p, "<!doctype html>\n<html lang=\"%r\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"refresh\" content=\"30\">\n<meta name=\"robots\" content=\"noindex\">\n<title>503 %s</title>\n", p->lang, site);
    buf_str(p->out, "<style>:root{color-scheme:light dark;--a:#0a4b8c}body{background:#fff;color:#0f1e29;font:17px/1.5 system-ui,sans-serif;max-width:38rem;margin:8vh auto;padding:0 1rem}h1{font-size:1.1rem}h2{font-size:1.5rem;line-height:1.2}section+section{border-top:2px solid;margin-top:2rem;padding-top:1rem}a{color:var(--a);overflow-wrap:anywhere}@media(prefers-color-scheme:dark){:root{--a:#86c1ff}body{background:#0c141a;color:#e3eaef}}</style>\n</head>\n<body>\n");
    pub_print(p, "<h1>%s</h1>\n", site);
    put_error_part(p, p->lang);
    for (int i = 0; msg_langs[i]; i++)
        if (!str_eq(msg_langs[i], p->lang))
            put_error_part(p, msg_langs[i]);
    buf_str(p->out, "</body>\n</html>\n");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: the rows of the verbs that need no running daemon; everything else is cli's. */
#include "base/msg.h"
#include "base/str.h"
#include "checks/probe.h"
#include "cli/cli.h"
#include "daemon/verbs.h"
#include "io/file.h"

static const struct cli_local locals[] = {
    {"serve", MSG("watch: run the daemon in the foreground"), "[--config FILE] [--data DIR] [--listen ADDR:PORT]… [--log debug] [--demo]",
     MSG("Without a configuration the machine itself is watched. SIGHUP reads the configuration again, SIGTERM stops."), "serve --data ./var", verb_serve},
    {"demo", MSG("show a house with made-up data, to look at"), "[--listen ADDR:PORT]…",
     MSG("On the loopback, without a log-in; nothing can be changed, nobody is told, nothing leaves the machine and nothing is left. The same as “vigie serve --demo”."), "demo", verb_demo},
    {"probe", MSG("run one check now and show its result"), "KIND TARGET [key=value]… [--plugin] [--timeout 10s] [--json] [-v]",
     MSG("With --plugin the answer is a Nagios plugin's: one line with performance data, exit status 0 to 3."),
     "probe http https://example.org/ expect.body=Welcome --plugin", verb_probe},
    {"watch", MSG("the states on the terminal, live, with keys to act"), "[--data DIR] [--url URL --token TOKEN]",
     MSG("Problems first. j k move, a takes, A releases, d plans work, r checks again, w says why, / finds, p shows all, q quits."), "watch", cli_watch},
    {"check list", MSG("list the kinds of checks, or describe one"), "[KIND] [--json]", NULL, "check list http", verb_check_list},
    {"conf check", MSG("read the configuration and tell every error"), "[FILE] [--config FILE] [--data DIR] [--part]",
     MSG("With --part it is FILE alone, and what it names may be in other files: for tools that write one file of several."), "conf check --data ./var", verb_conf_check},
    {"conf doc", MSG("describe every key of the configuration"), "[PART] [--json | --man]", NULL, "conf doc site", verb_conf_doc},
    {"import", MSG("turn another monitor’s configuration into ours, or move in from another status page"),
     "KIND FILE|DIR|--url URL [--yes] [--subscribers] [--zone ZONE] [--token TOKEN] [--impact WORD] [--text-lang LANG] [--source NAME] [--no-conf] [--to URL] [--modules FILE] [--all-comments] [--json] | --list",
     MSG("Prints YAML that loads, and on standard error what was left out and why; “-” reads standard input. Nothing but FILE is read: what it includes is told, not followed. --all-comments puts the remarks below the YAML, --modules belongs to blackbox. "
         "Of a status page (cachet, staytus, uptime-kuma, cstate, json) it shows what would come; with --yes the daemon takes it in: components and texts as a file of the configuration, incidents and works with their old addresses, with --subscribers those who confirmed. Nobody is mailed, and a second time makes nothing twice."),
     "import cachet cachet.sql --yes --subscribers", verb_import},
    {"export json", MSG("all that was published, whole, as one file"), "[FILE] [--data DIR] [--url URL --token TOKEN]", MSG("With drafts. “vigie import json FILE --yes” takes it in elsewhere, with the same links and the same identities in feeds and calendars."),
     "export json bulletins.json", verb_export_json},
    {"export cstate", MSG("all that was published as content files of cState"), "DIR [--data DIR] [--url URL --token TOKEN]",
     MSG("Markdown files that Hugo builds with the theme of cState, for git and for whoever moves on. “vigie import cstate DIR” reads them back to the same."), "export cstate ./status-site", verb_export_cstate},
    {"version", MSG("print the version"), "", NULL, "version", verb_version},
    {"debug describe", MSG("print manual pages or shell completion"), "man|bash|verbs|kinds", NULL, "debug describe bash", verb_describe},
    {"spawner", NULL, "--fd N", NULL, NULL, verb_spawner}, /* without help: not listed */
    {0}};

int verb_describe(int argc, char **argv, const char *lang)
{
    const struct verb_option rows[] = {{0}};
    int words = verb_words(verb_options(argc, argv, rows, lang, "debug describe"), argv, 1, lang, "debug describe");
    struct buf b = BUF_MAX(4 << 20);
    if (words == 1 && str_eq(argv[0], "kinds"))
        for (int i = 0; probes[i]; i++)
            buf_printf(&b, "%s\n", probes[i]->kind.name);
    else if (words == 1)
        cli_describe(&b, locals, argv[0], lang);
    file_print(1, buf_text(&b), b.len);
    int r = b.len ? 0 : 2;
    if (r && words >= 0)
        verb_say(2, lang, MSG("vigie debug describe: say man, bash, verbs or kinds"), "");
    buf_done(&b);
    return r;
}

int main(int argc, char **argv)
{
    return cli_main(argc, argv, locals);
}

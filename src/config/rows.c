/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.c: the keys that are the room's own (site: rows_site.c): defaults, contacts, groups, components, hosts,
 * and what every check takes whatever its kind.  Reading, errors, printing and the reference all
 * come from here. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

static const char *const families[] = {"any", "v4", "v6", NULL};
static const char *const classes[] = {CONF_CLASSES, NULL};
static const char *const publishes[] = {"propose", "auto", "manual", NULL};

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
};
#define DAY (24LL * HOUR)

#define AT(member) offsetof(struct conf_check_fields, member)
static const struct conf_row rows_flap[] = {
    {.key = "enabled",
     .type = CONF_BOOL,
     .offset = AT(flap_detection),
     .flags = CONF_POSITIONAL,
     .by_default = "yes",
     .help = MSG("Whether a check that changes its state all the time is held to be flapping, and "
                 "says so once."),
     .example = "no"},
    {.key = "low",
     .type = CONF_REAL,
     .offset = AT(flap_low),
     .min = 0,
     .max = 100,
     .unit = "%",
     .by_default = "20",
     .help =
         MSG("Flapping ends when less than this share of the last 21 results changed the state."),
     .example = "15"},
    {.key = "high",
     .type = CONF_REAL,
     .offset = AT(flap_high),
     .min = 0,
     .max = 100,
     .unit = "%",
     .by_default = "30",
     .help =
         MSG("Flapping begins when more than this share of the last 21 results changed the state."),
     .example = "50"},
    {0},
};

#define CHECK_AT(member) offsetof(struct conf_check_fields, member)
#define TIMES_BUT_FOR(f) \
    {.key = "every", \
     .flags = (f), \
.type = CONF_DURATION, \
     .by_default = "60s", \
     .offset = CHECK_AT(every_ms), \
     .min = SECOND, \
     .max = 31 * DAY, \
     .unit = "ms", \
     .help = MSG("Time between two checks while all is well."), \
     .example = "30s"}, \
        {.key = "retry", \
         .flags = (f), \
.type = CONF_DURATION, \
         .by_default = "15s", \
         .offset = CHECK_AT(retry_ms), \
         .min = SECOND, \
         .max = 31 * DAY, \
         .unit = "ms", \
         .help = MSG("Time between two checks while a problem is not yet confirmed."), \
         .example = "10s"}, \
        {.key = "attempts", \
         .flags = (f), \
.type = CONF_INT, \
         .by_default = "3", \
         .offset = CHECK_AT(attempts), \
         .min = 1, \
         .max = 100, \
         .help = MSG("So many bad results in a row make a problem that people are told of."), \
         .example = "3"}, \
        {.key = "timeout", \
         .flags = (f), \
.type = CONF_DURATION, \
         .by_default = "10s", \
         .offset = CHECK_AT(timeout_ms), \
         .min = 10, \
         .max = HOUR, \
         .unit = "ms", \
         .help = MSG("A check that takes longer than this has failed."), \
         .example = "5s"}, \
        {.key = "notify", \
         .flags = (f), \
.type = CONF_BOOL, \
         .by_default = "yes", \
         .offset = CHECK_AT(notify), \
         .help = MSG("Whether anybody is told of problems; the state is shown either way."), \
         .example = "no"}, \
        {.key = "flap", \
         .flags = (f), \
.type = CONF_GROUP, \
         .rows = rows_flap, \
         .help = MSG("Detection of flapping; “no” turns it off."), \
         .example = "{ low: 15, high: 40 }"}, \
{.key = "check_period", \
 .flags = (f), \
 .type = CONF_TEXT, \
 .offset = CHECK_AT(check_period), \
 .help = MSG("Outside this time period nothing is checked; the last state stays."), \
 .example = "office"}, \
{.key = "notify_period", \
 .flags = (f), \
 .type = CONF_TEXT, \
 .offset = CHECK_AT(notify_period), \
 .help = MSG("Outside this time period nobody is told; a problem that is still there at its beginning is told then."), \
 .example = "office"}

#define TIMES(f) \
    TIMES_BUT_FOR(f), \
    {.key = "for", \
 .flags = (f), \
 .type = CONF_DURATION, \
 .offset = CHECK_AT(for_ms), \
 .max = 31 * DAY, \
 .unit = "ms", \
 .help = MSG("A problem must last so long before anybody is told, however many attempts that takes. 0: “attempts” decide."), \
 .example = "10m"}

#define CONTACTS                                                                                   \
    {.key = "contacts",                                                                            \
     .type = CONF_TEXTS,                                                                           \
     .offset = CHECK_AT(contacts),                                                                       \
     .help = MSG("Who is told; else the host’s contacts, the defaults’, everyone."),               \
     .example = "[ops]"}

#define CLASS(f)                                                                                   \
    {.key = "class",                                                                               \
     .type = CONF_WORD,                                                                            \
     .offset = CHECK_AT(klass),                                                                          \
     .flags = (f),                                                                                 \
     .words = classes,                                                                             \
     .help = MSG("alarm: problems are told at once. digest: they are gathered into one mail a week. context: they are shown and kept, and told to nobody. Without it: as the kind has it."),                                                                  \
     .example = "digest"}

const struct conf_row conf_rows_check[] = {
    {.key = "name",
     .type = CONF_TEXT,
     .offset = AT(name),
     .flags = CONF_NO_HASH,
     .help =
         MSG("Name of the check on its host. Without it: the kind, for a plugin its file name."),
     .example = "login"},
    {.key = "was",
     .type = CONF_TEXT,
     .offset = AT(was),
     .flags = CONF_NO_HASH,
     .help = MSG("Former name: state, acknowledgements and history move to the new one."),
     .example = "web"},
    TIMES(0),
    CONTACTS,
    CLASS(0),
    {.key = "vars",
     .type = CONF_NODE,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Variables of this check: ${port} in any text. Those of a check come before the host’s, its groups’ and the site’s."),
     .example = "{ port: 8080 }"},
    {.key = "freshness",
     .type = CONF_DURATION,
     .offset = AT(freshness_ms),
     .max = 366 * DAY,
     .unit = "ms",
     .help = MSG("A result older than this is replaced by an unknown one. 0: off."),
     .example = "10m"},
    {.key = "grace",
     .type = CONF_DURATION,
     .offset = AT(grace_ms),
     .flags = CONF_ALIAS, /* it lives on in freshness */
     .max = 366 * DAY,
     .unit = "ms",
     .help = MSG("For a heartbeat: how late it may be. Without it: a tenth of “every”, at least 30 s."),
     .example = "2h"},
    {.key = "enabled",
     .type = CONF_BOOL,
     .offset = AT(enabled),
     .by_default = "yes",
     .help = MSG("“no” keeps the check in the file and does not run it."),
     .example = "no"},
    {.key = "volatile",
     .type = CONF_BOOL,
     .offset = AT(is_volatile),
     .by_default = "no",
     .help = MSG("Every bad result counts as a new problem, as with a log line."),
     .example = "yes"},
    {.key = "notes",
     .type = CONF_TEXT,
     .offset = AT(notes),
     .help = MSG("What to do when it fails: a text or an address, shown with the problem."),
     .example = "https://wiki.example.org/web"},
    {.key = "depends",
     .type = CONF_DEPENDS,
     .offset = AT(depends),
     .help = MSG("What the check needs: HOST/CHECK, HOST, or group:GROUP/CHECK. While that is broken nobody is "
                 "told, and with “for: [checks, mails]” it is not run either."),
     .example = "[{ on: db1/postgres, for: [checks, mails], when: [critical, unknown] }]"},
    {0},
};

/* Into the same struct. The by_default of the general keys are those of this table; a check starts
 * from it. */
const struct conf_row conf_rows_defaults[] = {
    TIMES(0),
    CONTACTS,
    {0},
};

/* What a host, a template or a rule says for all checks of the host. */
#define FOR_CHECKS                                                                                 \
    {.key = "use",                                                                                 \
     .type = CONF_TEXTS,                                                                           \
     .flags = CONF_ELSEWHERE,                                                                      \
     .help = MSG("Templates, later ones win; what stands here wins over all of them."),            \
     .example = "[web, paris]"},                                                                   \
        {.key = "drop",                                                                            \
         .type = CONF_TEXTS,                                                                       \
         .flags = CONF_ELSEWHERE,                                                                  \
         .help = MSG("Names of checks that templates or rules give, and that are not wanted here."),                                                                     \
         .example = "[http]"}

#undef AT

#define AT(member) offsetof(struct conf_host_fields, member)
const struct conf_row conf_rows_host[] = {
    {.key = "address",
     .type = CONF_ADDRESS,
     .offset = AT(address),
     .flags = CONF_POSITIONAL,
     .help = MSG("IP address or name. A host with an address is pinged; one without is up while a "
                 "check of it answers."),
     .example = "192.0.2.10"},
    {.key = "title",
     .type = CONF_TEXT,
     .offset = AT(title),
     .help = MSG("Shown beside the name."),
     .example = "Web server"},
    {.key = "family",
     .type = CONF_WORD,
     .offset = AT(family),
     .words = families,
     .by_default = "any",
     .help = MSG("Which addresses a host name may be looked up to: IPv4, IPv6, or any."),
     .example = "v6"},
    {.key = "parents",
     .type = CONF_WAYS,
     .offset = AT(parents),
     .help = MSG("Hosts on the way to this one: of a list any living one is enough, below “all” each is needed. "
                 "Without a way it is unreachable, not down."),
     .example = "{ all: [switch1, { any: [router1, router2] }] }"},
    {.key = "depends",
     .type = CONF_DEPENDS,
     .offset = AT(depends),
     .help = MSG("What the host and all its checks need: HOST/CHECK, HOST, or group:GROUP/CHECK. While that is "
                 "broken nobody is told of what follows from it."),
     .example = "[power1/ups]"},
    {.key = "groups",
     .type = CONF_TEXTS,
     .offset = AT(groups),
     .help = MSG("Groups that the host belongs to."),
     .example = "[web, paris]"},
    {.key = "contacts",
     .type = CONF_TEXTS,
     .offset = AT(contacts),
     .help = MSG("Who is told of problems of this host and its checks."),
     .example = "[ops]"},
    {.key = "labels",
     .type = CONF_PAIRS,
     .offset = AT(labels),
     .help = MSG("Free pairs of key and text, for searches and rules."),
     .example = "{ site: paris }"},
    {.key = "notes",
     .type = CONF_TEXT,
     .offset = AT(notes),
     .help = MSG("What one should know of this host: a text or an address."),
     .example = "Rack 4"},
    {.key = "alive",
     .type = CONF_NODE,
     .offset = AT(alive),
     .help = MSG("How one finds out whether the host is up: “no”, or one check. Without it an "
                 "address is pinged."),
     .example = "{ tcp: 22 }"},
    {.key = "checks",
     .type = CONF_NODE,
     .offset = AT(checks),
     .help = MSG("List of checks, each begins with its kind."),
     .example = "[{ tcp: 22 }]"},
    {.key = "enabled",
     .type = CONF_BOOL,
     .offset = AT(enabled),
     .by_default = "yes",
     .help = MSG("“no” keeps the host in the file and runs none of its checks."),
     .example = "no"},
    {.key = "was",
     .type = CONF_TEXT,
     .offset = AT(was),
     .flags = CONF_NO_HASH,
     .help = MSG("Former name: states, acknowledgements and history move to the new one."),
     .example = "www"},
    FOR_CHECKS,
    {.key = "vars",
     .type = CONF_NODE,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Variables of this host: ${port} in any text of it and its checks. ${host.name}, ${host.address} and ${host.labels.…} are always there."),
     .example = "{ port: 8080 }"},
    TIMES(CONF_ELSEWHERE),
    CLASS(CONF_ELSEWHERE),
    {0},
};

const struct conf_row conf_rows_apply[] = {
    {.key = "for",
     .type = CONF_TEXT,
     .flags = CONF_REQUIRED | CONF_ELSEWHERE,
     .help = MSG("Which hosts: “hosts”, or “hosts where” and a condition over labels, variables, "
                 "name, address and groups, with == != < <= > >= ~ !~ in, and, or, not."),
     .example = "\"hosts where role == web and not (env in [test, old])\""},
    {.key = "each",
     .type = CONF_TEXT,
     .flags = CONF_ELSEWHERE,
     .help = MSG("A variable that is a list or a mapping: the checks are made once for each "
                 "element, which is ${item}, or ${item.key} and ${item.value}."),
     .example = "vhosts"},
    {.key = "checks",
     .type = CONF_NODE,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Checks that these hosts get; a template or host may change one by its name."),
     .example = "[{ http: \"https://${host.name}/\" }]"},
    {.key = "groups",
     .type = CONF_TEXTS,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Groups that these hosts belong to, too."),
     .example = "[web]"},
    {.key = "contacts",
     .type = CONF_TEXTS,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Who is told, where neither template nor host says so."),
     .example = "[ops]"},
    {.key = "parents",
     .type = CONF_TEXTS,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Hosts on the way to these, where neither template nor host says so."),
     .example = "[router1]"},
    {.key = "labels",
     .type = CONF_PAIRS,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Labels that these hosts get, where they have none of the name."),
     .example = "{ tier: front }"},
    {.key = "notes",
     .type = CONF_TEXT,
     .flags = CONF_ELSEWHERE,
     .help = MSG("What one should know of these hosts."),
     .example = "Rack 4"},
    {.key = "drop",
     .type = CONF_TEXTS,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Names of checks that rules before this one give, and that these hosts do not "
                 "get."),
     .example = "[http]"},
    {.key = "vars",
     .type = CONF_NODE,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Variables that these hosts get, where they have none of the name."),
     .example = "{ port: 8080 }"},
    TIMES_BUT_FOR(CONF_ELSEWHERE),
    CLASS(CONF_ELSEWHERE),
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_contact_fields, member)
const struct conf_row conf_rows_contact[] = {
    {.key = "mail",
     .type = CONF_TEXTS,
     .offset = AT(mail),
     .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("Mail addresses."),
     .example = "ops@example.org"},
    {.key = "lang",
     .type = CONF_TEXT,
     .offset = AT(lang),
     .words = msg_langs,
     .help = MSG("Language of the messages. Without it: that of the site."),
     .example = "fr"},
    {.key = "digest",
     .type = CONF_TEXT,
     .offset = AT(digest),
     .help = MSG("When the weekly mail of problems of the class digest goes to it. no: never. Without it: as the site says."),
     .example = "mon 08:00"},
    {.key = "period",
     .type = CONF_TEXT,
     .offset = AT(period),
     .help = MSG("Mails go to this contact within this time period only; a problem that is still there at its beginning is told then."),
     .example = "office"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_component_fields, member)
const struct conf_row conf_rows_component[] = {
    {.key = "name",
     .type = CONF_PAIRS,
     .offset = AT(title),
     .flags = CONF_BY_LANG,
     .help = MSG("Name that users see, one text or one for each language."),
     .example = "{ en: Website, fr: Site web }"},
    {.key = "title",
     .type = CONF_PAIRS,
     .offset = AT(title),
     .flags = CONF_BY_LANG | CONF_HIDDEN | CONF_ALIAS,
     .help = MSG("Another word for “name”."),
     .example = "Website"},
    {.key = "text",
     .type = CONF_PAIRS,
     .offset = AT(text),
     .flags = CONF_BY_LANG,
     .help = MSG("What it is, in a sentence."),
     .example = "Pages of our members"},
    {.key = "group",
     .type = CONF_TEXT,
     .offset = AT(group),
     .help = MSG("Heading under which it stands; hosting/web stands below hosting."),
     .example = "Hosting"},
    {.key = "depends",
     .type = CONF_TEXTS,
     .offset = AT(depends),
     .help = MSG("Checks (HOST/CHECK) and hosts that it rests on."),
     .example = "[web1/http]"},
    {.key = "publish",
     .type = CONF_WORD,
     .offset = AT(publish),
     .words = publishes,
     .by_default = "propose",
     .help = MSG("Whether a failure is proposed to staff, published by itself, or left to people."),
     .example = "auto"},
    {.key = "after",
     .type = CONF_DURATION,
     .offset = AT(after_ms),
     .by_default = "3m",
     .max = DAY,
     .unit = "ms",
     .help = MSG("How long a failure lasts before it is proposed or published: swallows flaps."),
     .example = "5m"},
    {.key = "order",
     .type = CONF_INT,
     .offset = AT(order),
     .by_default = "100",
     .min = 0,
     .max = 10000,
     .help = MSG("Its place on the page: small numbers first, then by name."),
     .example = "10"},
    {.key = "link",
     .type = CONF_URL,
     .offset = AT(link),
     .help = MSG("Where people use it, or read more of it."),
     .example = "https://mail.example.org/"},
    {.key = "partners",
     .type = CONF_TEXTS,
     .offset = AT(partners),
     .help = MSG("Components that carry on when this one is down: planned work on both at once is warned of."),
     .example = "[mail2]"},
    {.key = "aliases",
     .type = CONF_TEXTS,
     .offset = AT(aliases),
     .help = MSG("Paths that it had on another status page: they lead here, with their badges and feeds below them."),
     .example = "[/component/3, /affected/mail]"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct conf_period_fields, member)
const struct conf_row conf_rows_period[] = {
    {.key = "zone",
     .type = CONF_TEXT,
     .offset = AT(zone),
     .help = MSG("Time zone of its clock times. Without it: that of the site."),
     .example = "America/Toronto"},
    {.key = "when",
     .type = CONF_TEXTS,
     .offset = AT(when),
     .help = MSG("Days and clock times: “mon-fri 09:00-17:00”, “sat,sun”, “2026-12-24 00:00-12:00”, "
                 "“12-25”, “day 1 of month”, “last mon of month 22:00-24:00”, “easter+1”, “daily "
                 "22:00-06:00”."),
     .example = "[\"mon-fri 09:00-17:00\", \"sat 10:00-12:00\"]"},
    {.key = "include",
     .type = CONF_TEXTS,
     .offset = AT(include),
     .help = MSG("Other periods that belong to it."),
     .example = "[office]"},
    {.key = "except",
     .type = CONF_TEXTS,
     .offset = AT(except),
     .help = MSG("Periods and lists of holidays that do not belong to it, whatever else says so."),
     .example = "[quebec]"},
    {0},
};
#undef AT

const struct conf_row conf_rows_holidays[] = {
    {.key = "NAME",
     .type = CONF_TEXTS,
     .flags = CONF_ELSEWHERE,
     .help = MSG("A list of days, as in “when” of a period: dates, days of each year, days counted "
                 "from Easter Sunday."),
     .example = "[01-01, easter-2, first mon of sep, 12-25, 2026-12-24]"},
    {0},
};

const struct conf_row conf_rows_group[] = {
    {.key = "title",
     .type = CONF_PAIRS,
     .offset = offsetof(struct conf_group_fields, title),
     .flags = CONF_BY_LANG | CONF_POSITIONAL,
     .help = MSG("Shown instead of the name."),
     .example = "{ en: Web servers, fr: Serveurs web }"},
    {.key = "vars",
     .type = CONF_NODE,
     .flags = CONF_ELSEWHERE,
     .help = MSG("Variables of the hosts of this group; those of a later group come first."),
     .example = "{ port: 8080 }"},
    {0},
};

const struct conf_row conf_rows_top[] = {
    {.key = "site",
     .type = CONF_GROUP,
     .rows = conf_rows_site,
     .help = MSG("Settings of the daemon as a whole."),
     .example = "{ title: Example, zone: Europe/Paris }"},
    {.key = "defaults",
     .type = CONF_GROUP,
     .rows = conf_rows_defaults,
     .help = MSG("What checks do unless they say otherwise: nearer than what a kind brings along, but for kinds whose results come by themselves."),
     .example = "{ every: 30s }"},
    {.key = "contacts",
     .type = CONF_NODE,
     .rows = conf_rows_contact,
     .help = MSG("People who are told, by name."),
     .example = "{ ops: { mail: ops@example.org } }"},
    {.key = "periods",
     .type = CONF_NODE,
     .rows = conf_rows_period,
     .help = MSG("Time periods by name, for check_period, notify_period and contacts."),
     .example = "{ office: { zone: America/Toronto, when: \"mon-fri 09:00-17:00\", except: [quebec] } }"},
    {.key = "holidays",
     .type = CONF_NODE,
     .rows = conf_rows_holidays,
     .help = MSG("Lists of days by name, for “except” of periods."),
     .example = "{ quebec: [01-01, easter-2, 06-24, 12-25] }"},
    {.key = "groups",
     .type = CONF_NODE,
     .rows = conf_rows_group,
     .help = MSG("Titles of groups of hosts; a group needs no entry here."),
     .example = "{ web: Web servers }"},
    {.key = "templates",
     .type = CONF_NODE,
     .rows = conf_rows_host,
     .help = MSG("What hosts have in common, by name; a host says “use”. It takes what a host takes."),
     .example = "{ web: { groups: [web], checks: [{ http: \"https://${host.name}/\" }] } }"},
    {.key = "apply",
     .type = CONF_NODE,
     .rows = conf_rows_apply,
     .help = MSG("List of rules that give checks and more to all hosts that fit."),
     .example = "[{ for: hosts where role == web, checks: [{ tcp: 443 }] }]"},
    {.key = "scripts",
     .type = CONF_NODE,
     .help = MSG("Dialogues by name: what the kind “script” takes; a check says “use”."),
     .example = "{ game: { steps: [{ expect: HELLO }, { send: \"STATUS\\r\\n\", expect: \"+OK\" }], timeout: 3s } }"},
    {.key = "hosts",
     .type = CONF_NODE,
     .rows = conf_rows_host,
     .help = MSG("What is watched: hosts by name, each with its checks."),
     .example = "{ web1: { address: 192.0.2.10, checks: [{ http: \"https://example.org/\" }] } }"},
    {.key = "services",
     .type = CONF_NODE,
     .rows = conf_rows_aggregate,
     .help = MSG("What the checks together come to: services by name, each a tree of parts. They become "
                 "aggregates of the host “services”."),
     .example = "{ shop: { need: all, of: [{ name: front, need: \"at least 2\", of: [\"web*/http\"] }, db1/postgres] } }"},
    {.key = "components",
     .type = CONF_NODE,
     .rows = conf_rows_component,
     .help = MSG("What users know by name; the public page shows these, never hosts."),
     .example = "{ website: { name: Website, depends: [web1/http] } }"},
    {.key = "announce",
     .type = CONF_GROUP,
     .rows = conf_rows_announce,
     .help = MSG("What vigie does by itself in telling users."),
     .example = "{ remind: [24h, 1h] }"},
    {.key = "mail_in",
     .type = CONF_GROUP,
     .rows = conf_rows_mail_in,
     .help = MSG("Mails that publish: whose, and how they are proven."),
     .example = "{ senders: [{ from: ops@example.org, secret: { file: /etc/vigie/secrets/mail-in } }] }"},
    {.key = "upstreams",
     .type = CONF_NODE,
     .rows = conf_rows_upstream,
     .help = MSG("Whom we depend on, by name: their notices of work become planned work of ours."),
     .example = "{ fibre: { provider: fibre.example.net, components: [website] } }"},
    {.key = "texts",
     .type = CONF_NODE,
     .rows = conf_rows_text,
     .help = MSG("What is often said of incidents, by name: “vigie incident open website --use NAME”."),
     .example = "{ slow: { title: { en: \"${component} is slow\", fr: \"${component} est lent\" }, impact: degraded } }"},
    {.key = "series",
     .type = CONF_NODE,
     .rows = conf_rows_series,
     .help = MSG("Planned work that comes again and again, by name; each occurrence is announced by itself."),
     .example = "{ updates: { title: { en: Updates, fr: Mises à jour }, when: \"wed 03:00-05:00\" } }"},
    {.key = "mirrors",
     .type = CONF_NODE,
     .rows = conf_rows_mirror,
     .help = MSG("Where copies of the public site go, by name: after each change, and as a sign of life."),
     .example = "{ far: { rsync: \"status@mirror.example.net:/srv/status/\" } }"},
    {.key = "login",
     .type = CONF_GROUP,
     .rows = conf_rows_login,
     .help = MSG("Who logs in besides vigie’s own users, and how surely."),
     .example = "{ second_factor: required }"},
    {.key = "irc",
     .type = CONF_NODE,
     .rows = conf_rows_irc,
     .help = MSG("Networks of the Internet Relay Chat, by name: what is published is said there, a topic shows the status, and staff bid."),
     .example = "{ home: { server: irc.example.org, accounts: { anna: operator }, channels: [{ name: \"#ops\", topic: yes }] } }"},
    {.key = "federation",
     .type = CONF_GROUP,
     .rows = conf_rows_federation,
     .help = MSG("The public page as accounts that can be followed."),
     .example = "{ enabled: yes }"},
    {.key = "webhooks",
     .type = CONF_NODE,
     .rows = conf_rows_webhook,
     .help = MSG("Programs of others that are told of what is published, by name."),
     .example = "{ chat: { url: \"https://chat.example.org/hooks/abc\", format: mattermost } }"},
    {.key = "sms",
     .type = CONF_GROUP,
     .rows = conf_rows_sms,
     .help = MSG("Text messages to telephones, by a program of this machine or a server."),
     .example = "{ via: gammu, to: [{ number: \"+33612345678\" }] }"},
    {.key = "feeds",
     .type = CONF_GROUP,
     .rows = conf_rows_feeds,
     .help = MSG("How feed readers hear of news."),
     .example = "{ websub: no }"},
    {0},
};

/* ---- public structs as fields, for printing and fingerprints */

/* 20.1f is 20.1 to people. */
static double tidy(float v)
{
    char text[32];
    double ret = (double)v;

    if ((float)(int)v == v)
        return ret;
    str_print(text, sizeof(text), "%.6g", ret);
    (void)str_f64(text, &ret);
    return ret;
}

void conf_fields_of_check(const struct conf_check *c, struct conf_check_fields *ret)
{
    int n = 0;

    while (c->contacts && c->contacts[n])
        n++;
    *ret = (struct conf_check_fields){
        .name = c->name,
        .was = c->was,
        .notes = c->notes,
        .every_ms = c->every_ms,
        .retry_ms = c->retry_ms,
        .timeout_ms = c->timeout_ms,
        .freshness_ms = c->freshness_ms,
        .attempts = c->attempts,
        .enabled = c->enabled,
        .is_volatile = c->is_volatile,
        .flap_detection = c->flap_detection,
        .notify = c->notify,
        .flap_low = tidy(c->flap_low),
        .flap_high = tidy(c->flap_high),
        .contacts = {.at = c->contacts, .n = n},
        .depends = c->depends,
        .for_ms = c->for_ms,
        .klass = (int)c->klass,
        .check_period = c->check_period,
        .notify_period = c->notify_period,
    };
}

static struct conf_texts texts_of(const char *const *at)
{
    int n = 0;

    while (at && at[n])
        n++;
    return (struct conf_texts){.at = at, .n = n};
}

void conf_fields_of_host(const struct conf_host *h, struct conf_host_fields *ret)
{
    *ret = (struct conf_host_fields){
        .address = h->address,
        .title = h->title,
        .was = h->was,
        .notes = h->notes,
        .family = h->family == 4   ? 1
                  : h->family == 6 ? 2
                                   : 0,
        .parents = h->ways,
        .depends = h->depends,
        .groups = texts_of(h->groups),
        .contacts = texts_of(h->contacts),
        .labels = h->labels,
        .enabled = h->enabled,
    };
}

void conf_fields_of_contact(const struct conf_contact *c, struct conf_contact_fields *ret)
{
    *ret = (struct conf_contact_fields){.mail = c->mail, .lang = c->lang, .period = c->period, .digest = c->digest};
}

void conf_fields_of_period(const struct conf_period *p, struct conf_period_fields *ret)
{
    *ret = (struct conf_period_fields){.zone = p->zone_name,
                                       .when = p->texts,
                                       .include = p->include_names,
                                       .except = p->except_names};
}

void conf_fields_of_component(const struct conf_component *c, struct conf_component_fields *ret)
{
    *ret = (struct conf_component_fields){
        .title = c->title,
        .text = c->text,
        .group = c->group,
        .depends = c->depends,
        .partners = c->partners,
        .aliases = c->aliases,
        .publish = c->publish,
        .after_ms = c->after_ms,
        .order = c->order,
        .link = c->link,
    };
}

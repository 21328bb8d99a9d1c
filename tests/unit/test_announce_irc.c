/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The house on IRC, in the twin: the topic shows the status and changes it, for those who may; other parts stay; strangers, echoes, services, netsplits
 * and restarts; what is published is said once; commands (ST-5, ANN-13). */
#include "daemon_kit.h"
#include "irc_peer.h"

#define YAML_OF(more)                                                                                                                                              \
    "site: { title: { en: Harbour, fr: Port }, zone: Europe/Paris, url: 'https://status.example.org/' }\n"                                                         \
    "hosts: { box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }] } }\n"                                                                           \
    "components:\n  website: { name: { en: Website, fr: Site web }, group: hosting, depends: [box/web], publish: auto, after: 1m }\n  mail: { name: { en: Mail, fr: Courriel } }\n  dns: {}\n" \
    "irc:\n  home:\n    server: irc.example.org:6667\n    tls: no\n    accounts: { ann: operator, view: viewer }\n    masks: { '*!*@staff.example.org': operator }\n"     \
    "    channels:\n" more
#define ONE "      - { name: '#ops', topic: yes, tell: [no] }\n"
#define ANNA "@account=ann :anna!a@home.example.org"
#define EVE ":eve!e@elsewhere.example.org"
#define SETTLE 4000

struct place {
    struct kit *k;
    struct irc_peer peer;
};

static int begin(void **v, const char *yaml)
{
    struct place *p = NEW(struct place);
    p->k = kit_new(yaml);
    p->peer.caps = "account-tag account-notify extended-join multi-prefix cap-notify";
    p->peer.whois[0] = "anna a home.example.org ann";
    p->peer.whois[1] = "eve e elsewhere.example.org -";
    peer_open(&p->peer, "irc.example.org", "192.0.2.60");
    *v = p;
    return 0;
}

static void start(struct place *p)
{
    kit_start(p->k);
    sim_run_for(10000);
}

static void restart(struct place *p)
{
    kit_stop(p->k);
    start(p);
}

/* kill -9 */
static void crash(struct place *p)
{
    sim_crash(false);
    start(p);
}

static int setup(void **v)
{
    begin(v, YAML_OF(ONE));
    start(*v);
    return 0;
}

static int teardown(void **v)
{
    struct place *p = *v;
    kit_free(p->k);
    buf_done(&p->peer.heard);
    mem_free(p);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static const char *topic(struct place *p) { return peer_room(&p->peer, "#ops")->topic; }

static void topic_is(struct place *p, const char *glob)
{
    if (!str_glob(glob, topic(p)))
        fail_msg("the topic is “%s”, not “%s”; heard:\n%.3000s", topic(p), glob, buf_text(&p->peer.heard));
}

static void set(struct place *p, const char *who, const char *text)
{
    const char *colon = strchr(who, ':');
    peer_topic(&p->peer, who, arena_dupn(p->k->arena, colon + 1, strcspn(colon + 1, "!")), "#ops", text);
    sim_run_for(SETTLE);
}

static void said(struct place *p, const char *who, const char *target, const char *text)
{
    peer_say(&p->peer, arena_printf(p->k->arena, "%s PRIVMSG %s :%s", who, target, text));
    sim_run_for(SETTLE);
}

static int op(struct place *p, const char *name, const char *params)
{
    int status = kit_op(p->k, name, params);
    if (status != 200)
        fail_msg("%s", kit_text(p->k));
    sim_run_for(SETTLE);
    return status;
}

static const struct bulletin *at(struct place *p, int id) { return board_find(p->k->house->board, id); }
static int bulletins(struct place *p) { return (int)board_count(p->k->house->board); }

static const char *last_text(const struct bulletin *b)
{
    return wording_for(&b->updates[b->n_updates - 1].text, "en", NULL);
}

/* ---- the page to the topic ---- */

static void test_page_to_topic(void **v)
{
    struct place *p = *v;
    topic_is(p, "Status: OK");
    set(p, EVE, "Welcome! | Status: OK | \x03" "04meeting\x03 on friday");
    peer_forget(&p->peer);
    op(p, "incident-open", "{'components':['mail:major','website:degraded'],'text':'A **disk** is full.'}");
    topic_is(p, "Welcome! | Status: DOWN mail, DEGRADED website - A disk is full. https://status.example.org/incident/???????????? | \x03" "04meeting\x03 on friday");
    op(p, "incident-update", "{'id':'1','components':['mail:operational'],'text':'New disk.'}");
    topic_is(p, "*| Status: DEGRADED website - New disk. https://*");
    op(p, "incident-update", "{'id':'1','components':['website:operational'],'phase':'monitoring'}");
    topic_is(p, "*| Status: OK - New disk. https://*");
    op(p, "incident-resolve", "{'id':'1'}");
    topic_is(p, "Welcome! | Status: OK | \x03" "04meeting\x03 on friday");
    assert_true(peer_count(&p->peer, "TOPIC #ops *") <= 4);
    op(p, "maintenance-plan", "{'components':['dns'],'start':'+2h','for':'1h','text':'New kernel.'}");
    topic_is(p, "*| Status: MAINT dns 11:*-12:* CET - New kernel. https://status.example.org/maintenance/*");
    peer_forget(&p->peer);
    sim_run_for(90 * MINUTE_MS);
    peer_must(&p->peer, "TOPIC*", 0); /* nothing new, nothing said */
    sim_run_for(110 * MINUTE_MS);
    topic_is(p, "*| Status: OK | *");
}

static void test_checks_show(void **v)
{
    struct place *p = *v;
    kit_result(p->k, "box/web", STATE_CRITICAL, "gone");
    sim_run_for(3 * MINUTE_MS);
    topic_is(p, "Status: DOWN website");
    kit_result(p->k, "box/web", STATE_OK, "back");
    sim_run_for(3 * MINUTE_MS);
    topic_is(p, "Status: OK");
    assert_int_equal(bulletins(p), 0);
}

static void test_little_room(void **v)
{
    struct place *p = *v;
    struct buf b = BUF_MAX(600);
    peer_say(&p->peer, ":irc.test 005 vigie TOPICLEN=120 :are supported");
    op(p, "incident-open", "{'components':['mail:major'],'text':'Un très long récit de tout ce qui s’est passé ici depuis ce matin, et même avant.\\r\\nQUIT :x'}");
    assert_true(strlen(topic(p)) <= 120);
    topic_is(p, "Status: DOWN mail - Un très*… https://status.example.org/incident/????????????");
    peer_must(&p->peer, "QUIT*", 0);
    for (int i = 0; i < 105; i++)
        buf_char(&b, 'x');
    buf_str(&b, " | Status: DOWN mail");
    set(p, EVE, buf_text(&b));
    sim_run_for(MINUTE_MS);
    assert_true(str_ends(topic(p), "| Status: DOWN mail") || strlen(topic(p)) <= 120); /* the others are not cut */
    assert_int_equal(kit_op(p->k, "irc", NULL), 200);
    buf_done(&b);
}

static void test_hostile_words(void **v)
{
    struct place *p = *v;
    op(p, "incident-open", "{'components':['mail:major'],'title':'a | Status: OK | b\\nQUIT','text':'one | Status: OK\\r\\nJOIN #evil'}");
    peer_must(&p->peer, "JOIN #evil*", 0);
    peer_must(&p->peer, "QUIT*", 0);
    topic_is(p, "Status: DOWN mail - one / Status: OK JOIN #evil https://*");
}

/* ---- the topic to the page ---- */

static void test_topic_to_page(void **v)
{
    struct place *p = *v;
    set(p, ANNA, "Status: DOWN mail - disk full on ceres | other");
    assert_int_equal(bulletins(p), 1);
    const struct bulletin *b = at(p, 1);
    assert_string_equal(b->origin, "irc");
    assert_string_equal(b->author, "irc:ann");
    assert_string_equal(last_text(b), "disk full on ceres");
    assert_int_equal(bulletin_level(b, "mail", clock_wall_ms()), LEVEL_MAJOR);
    topic_is(p, "Status: DOWN mail - disk full on ceres https://status.example.org/incident/???????????? | other");
    set(p, ANNA, arena_printf(p->k->arena, "Status: DEGRADED mail, website - slow https://status.example.org/incident/%s | other", b->key));
    b = at(p, 1);
    assert_int_equal(bulletins(p), 1);
    assert_true(bulletin_level(b, "mail", clock_wall_ms()) == LEVEL_DEGRADED && bulletin_level(b, "website", clock_wall_ms()) == LEVEL_DEGRADED);
    assert_string_equal(last_text(b), "slow");
    set(p, ANNA, "Status: DEGRADED website - slow | other");
    assert_int_equal(bulletin_level(at(p, 1), "mail", clock_wall_ms()), LEVEL_OPERATIONAL);
    int updates = at(p, 1)->n_updates;
    set(p, ANNA, "status: degraded WEBSITE - slow | another"); /* the same, said otherwise */
    assert_int_equal(at(p, 1)->n_updates, updates);
    topic_is(p, "Status: DEGRADED website - slow https://* | another");
    set(p, ANNA, "Status: OK - new disk | another");
    assert_int_equal(at(p, 1)->phase, PHASE_RESOLVED);
    assert_string_equal(last_text(at(p, 1)), "new disk");
    topic_is(p, "Status: OK | another");
    set(p, ":karl!k@staff.example.org", "Status: PARTIAL dns - some names"); /* by where he comes from */
    assert_string_equal(at(p, 2)->author, "irc:karl!k@staff.example.org");
    assert_int_equal(bulletin_level(at(p, 2), "dns", clock_wall_ms()), LEVEL_PARTIAL);
}

static void test_others_incidents(void **v)
{
    struct place *p = *v;
    op(p, "incident-open", "{'components':['mail:degraded'],'text':'Slow.'}");
    set(p, ANNA, "Status: DOWN mail - worse"); /* about the same thing: more of the same */
    assert_true(bulletins(p) == 1 && at(p, 1)->n_updates == 2);
    set(p, ANNA, "Status: OK");
    assert_int_equal(at(p, 1)->phase, PHASE_INVESTIGATING); /* it was not begun here */
    peer_must(&p->peer, "NOTICE anna :that does not end 1;*", 1);
    topic_is(p, "Status: DOWN mail - worse https://*");
}

static void test_topic_plans_work(void **v)
{
    struct place *p = *v;
    set(p, ANNA, "Status: MAINT dns 22:00-23:00 UTC - kernel upgrade");
    const struct bulletin *b = at(p, 1);
    assert_non_null(b);
    assert_true(b->kind == BULLETIN_WORK && b->end_ms - b->start_ms == HOUR_MS && b->start_ms % (24 * HOUR_MS) == 22 * HOUR_MS);
    topic_is(p, "Status: MAINT dns 23:00-00:00 CET - kernel upgrade https://*");
}

static void test_work_moves(void **v)
{
    struct place *p = *v;
    set(p, ANNA, "Status: MAINT dns 20:00-21:00 - kernel");
    topic_is(p, "Status: MAINT dns 20:00-21:00 CET - kernel https://*");
    int64_t was = at(p, 1)->start_ms;
    set(p, ANNA, "Status: MAINT dns 20:30-21:30 CET - kernel");
    assert_int_equal(at(p, 1)->start_ms, was + HOUR_MS / 2);
    set(p, ANNA, "Status: OK"); /* ahead of it nothing is over */
    assert_true(at(p, 1)->phase == PHASE_CONFIRMED && bulletins(p) == 1);
    topic_is(p, "Status: MAINT dns 20:30-21:30 CET*");
}

static void test_mistakes_are_told(void **v)
{
    struct place *p = *v;
    set(p, ANNA, "Status: DOWN mial - typo");
    assert_int_equal(bulletins(p), 0);
    peer_must(&p->peer, "NOTICE anna :there is no component mial; did you mean mail?", 1);
    topic_is(p, "Status: OK");
    set(p, ANNA, "Status: great");
    peer_must(&p->peer, "NOTICE anna :“great” is no state*", 1);
    topic_is(p, "Status: OK");
    set(p, ANNA, "Status: DOWN - everything?");
    peer_must(&p->peer, "NOTICE anna :say what is concerned*", 1);
    assert_int_equal(bulletins(p), 0);
}

static void test_strangers(void **v)
{
    struct place *p = *v;
    set(p, EVE, "Status: DOWN mail - haha");
    assert_int_equal(bulletins(p), 0);
    topic_is(p, "Status: OK");
    peer_must(&p->peer, "NOTICE eve :Sorry*", 1);
    set(p, "@account=view :vera!v@h", "Status: DOWN mail - viewers only look");
    assert_int_equal(bulletins(p), 0);
    set(p, "@account=other :anna!a@home.example.org", "Status: DOWN mail - a name is no account");
    assert_int_equal(bulletins(p), 0);
    peer_forget(&p->peer);
    for (int i = 0; i < 200; i++) { /* he insists: less and less often */
        peer_topic(&p->peer, EVE, "eve", "#ops", arena_printf(p->k->arena, "Status: DOWN mail - haha %d", i));
        sim_run_for(15000);
    }
    assert_true(peer_count(&p->peer, "TOPIC #ops*") < 25);
    peer_must(&p->peer, "NOTICE eve :*", peer_count(&p->peer, "NOTICE eve :*"));
    assert_true(peer_count(&p->peer, "NOTICE eve :*") <= 11);
    assert_int_equal(bulletins(p), 0);
    sim_run_for(20 * MINUTE_MS);
    topic_is(p, "Status: OK");
    set(p, ANNA, ""); /* a topic taken away is no word of ours */
    sim_run_for(MINUTE_MS);
    topic_is(p, "Status: OK");
}

static void test_no_loop(void **v)
{
    struct place *p = *v;
    op(p, "incident-open", "{'components':['mail:major'],'text':'x'}");
    peer_forget(&p->peer);
    sim_run_for(10 * MINUTE_MS);
    peer_must(&p->peer, "TOPIC*", 0);
    assert_int_equal(at(p, 1)->n_updates, 1);
    const char *now = arena_dup(p->k->arena, topic(p));
    op(p, "incident-update", "{'id':'1','text':'y'}");
    peer_topic(&p->peer, ":services.test.local", "vigie", "#ops", now); /* what we said ourselves comes back: services keep topics */
    sim_run_for(12000);
    assert_int_equal(at(p, 1)->n_updates, 2);
    sim_run_for(MINUTE_MS);
    topic_is(p, "Status: DOWN mail - y*");
    set(p, ANNA, "Status: OK | party on friday"); /* another part, with an old copy of ours */
    sim_run_for(MINUTE_MS);
    assert_int_equal(at(p, 1)->phase, PHASE_INVESTIGATING);
    topic_is(p, "Status: DOWN mail - y* | party on friday");
}

/* ---- services ---- */

static void test_services(void **v)
{
    struct place *p = *v;
    struct peer_room *r = peer_room(&p->peer, "#ops");
    r->locked = true;
    peer_say(&p->peer, ":ChanServ!ChanServ@services. MODE #ops +t");
    op(p, "incident-open", "{'components':['mail:major'],'text':'x'}");
    peer_must(&p->peer, "PRIVMSG ChanServ :TOPIC #ops Status: DOWN mail - x https://*", 1);
    topic_is(p, "Status: DOWN mail - x*");
    peer_topic(&p->peer, ":ChanServ!ChanServ@services.", "anna", "#ops", "Status: DEGRADED mail - better");
    sim_run_for(8000);
    peer_must(&p->peer, "WHOIS anna", 1);
    assert_int_equal(bulletin_level(at(p, 1), "mail", clock_wall_ms()), LEVEL_DEGRADED);
    assert_string_equal(at(p, 1)->updates[1].author, "irc:ann");
    topic_is(p, "Status: DEGRADED mail - better https://*");
    peer_topic(&p->peer, ":services.test.local", "eve", "#ops", "Status: DOWN dns - haha");
    sim_run_for(12000);
    peer_must(&p->peer, "WHOIS eve", 1);
    assert_int_equal(bulletins(p), 1);
    topic_is(p, "Status: DEGRADED mail - better https://*");
    peer_topic(&p->peer, ":ChanServ!ChanServ@services.", "gone", "#ops", "Status: DOWN dns - haha");
    sim_run_for(20000);
    assert_int_equal(bulletins(p), 1);
    topic_is(p, "Status: DEGRADED mail - better https://*");
    r->locked = false;
}

static void test_topic_refused(void **v)
{
    struct place *p = *v;
    kit_stop(p->k);
    kit_write(p->k, "vigie.yaml", YAML_OF(ONE) "    chanserv: no\n");
    peer_room(&p->peer, "#ops")->locked = true;
    start(p);
    op(p, "incident-open", "{'components':['mail:major'],'text':'x'}");
    assert_int_equal(kit_op(p->k, "irc", NULL), 200);
    kit_has(kit_text(p->k), "You're not a channel operator");
    peer_forget(&p->peer);
    sim_run_for(HOUR_MS);
    assert_true(peer_count(&p->peer, "TOPIC #ops*") <= 12);
    peer_room(&p->peer, "#ops")->locked = false;
    sim_run_for(20 * MINUTE_MS);
    topic_is(p, "Status: DOWN mail - x*");
}

/* ---- while we were away ---- */

static void test_set_while_away(void **v)
{
    struct place *p = *v;
    struct peer_room *r = peer_room(&p->peer, "#ops");
    op(p, "incident-open", "{'components':['dns:degraded'],'text':'older'}");
    op(p, "incident-resolve", "{'id':'1'}");
    sim_crash(false);
    sim_run_for(MINUTE_MS);
    str_copy(r->topic, sizeof r->topic, "Status: DOWN mail - said at night | other");
    str_copy(r->by, sizeof r->by, "anna!a@home.example.org");
    r->topic_s = clock_wall_ms() / 1000;
    start(p);
    sim_run_for(10000);
    assert_int_equal(bulletins(p), 2);
    assert_string_equal(last_text(at(p, 2)), "said at night");
    topic_is(p, "Status: DOWN mail - said at night https://* | other");
    crash(p); /* nothing new: nothing happens */
    sim_run_for(10000);
    assert_true(bulletins(p) == 2 && at(p, 2)->n_updates == 1);
    sim_crash(false);
    str_copy(r->topic, sizeof r->topic, "Status: DOWN dns - haha | other");
    str_copy(r->by, sizeof r->by, "eve");
    r->topic_s = clock_wall_ms() / 1000;
    start(p);
    sim_run_for(10000);
    assert_int_equal(bulletins(p), 2);
    topic_is(p, "Status: DOWN mail - said at night https://* | other");
}

static void test_page_is_newer(void **v)
{
    struct place *p = *v;
    struct peer_room *r = peer_room(&p->peer, "#ops");
    sim_port_mode("irc.example.org", PEER_PORT, SIM_REFUSED);
    sim_port_hang_up("irc.example.org", PEER_PORT, 0);
    sim_run_for(MINUTE_MS);
    str_copy(r->topic, sizeof r->topic, "Status: DOWN dns - said before");
    str_copy(r->by, sizeof r->by, "anna");
    r->topic_s = clock_wall_ms() / 1000;
    sim_run_for(MINUTE_MS);
    op(p, "incident-open", "{'components':['mail:major'],'text':'said after'}");
    sim_port_mode("irc.example.org", PEER_PORT, SIM_UP);
    sim_run_for(6 * MINUTE_MS);
    assert_int_equal(bulletins(p), 1);
    topic_is(p, "Status: DOWN mail - said after https://*");
}

static void test_netsplit(void **v)
{
    struct place *p = *v;
    op(p, "incident-open", "{'components':['mail:major'],'text':'x'}");
    peer_forget(&p->peer);
    sim_port_hang_up("irc.example.org", PEER_PORT, 0);
    sim_run_for(MINUTE_MS);
    assert_int_equal(p->peer.welcomes, 2);
    peer_must(&p->peer, "TOPIC #ops*", 0); /* it stands there already */
    peer_room(&p->peer, "#ops")->topic_s = 0; /* a server that lost it */
    sim_port_hang_up("irc.example.org", PEER_PORT, 0);
    sim_run_for(MINUTE_MS);
    topic_is(p, "Status: DOWN mail - x https://*");
    assert_int_equal(at(p, 1)->n_updates, 1);
}

static void test_first_meeting(void **v)
{
    begin(v, YAML_OF(ONE));
    struct place *p = *v;
    struct peer_room *r = peer_room(&p->peer, "#ops");
    str_copy(r->topic, sizeof r->topic, "old | Status: DOWN mail - from last year");
    str_copy(r->by, sizeof r->by, "anna");
    r->topic_s = 1740000000;
    start(p);
    topic_is(p, "old | Status: OK");
    assert_int_equal(bulletins(p), 0);
}

/* ---- servers without accounts ---- */

static void test_whois_and_operators(void **v)
{
    begin(v, YAML_OF("      - { name: '#ops', topic: yes, tell: [no], operators: yes }\n"));
    struct place *p = *v;
    p->peer.caps = "multi-prefix";
    p->peer.names = "@olaf eve";
    start(p);
    set(p, ":anna!a@home.example.org", "Status: DOWN mail - by account, asked for");
    peer_must(&p->peer, "WHOIS anna", 1);
    assert_int_equal(bulletins(p), 1);
    set(p, ":anna!other@home.example.org", "Status: OK - by another one of that name");
    assert_int_equal(at(p, 1)->phase, PHASE_INVESTIGATING);
    p->peer.whois[2] = "olaf o h -";
    set(p, ":olaf!o@h", "Status: OK - by an operator");
    assert_int_equal(at(p, 1)->phase, PHASE_RESOLVED);
    peer_say(&p->peer, ":x!y@z MODE #ops -o olaf");
    set(p, ":olaf!o@h", "Status: DOWN dns - no more");
    assert_int_equal(bulletins(p), 1);
    sim_run_for(MINUTE_MS);
    topic_is(p, "Status: OK");
}

/* ---- what is published ---- */

#define TWO "      - { name: '#news', lang: fr, say: message }\n      - { name: '#mail', about: [mail], tell: [incidents, resolved] }\n"

static void test_announcements(void **v)
{
    begin(v, YAML_OF(TWO));
    struct place *p = *v;
    start(p);
    op(p, "incident-open", "{'components':['website:major'],'title':{'en':'Website is down','fr':'Site en panne'},'text':'A disk\\r\\nQUIT :x'}");
    peer_must(&p->peer, "PRIVMSG #news :*Site en panne*https://status.example.org/incident/????????????", 1);
    peer_must(&p->peer, "NOTICE #mail*", 0);
    op(p, "incident-open", "{'components':['mail:major'],'text':'Ours.'}");
    peer_must(&p->peer, "NOTICE #mail :*https://*", 1);
    op(p, "incident-update", "{'id':'2','text':'More.'}");
    peer_must(&p->peer, "NOTICE #mail :*", 1); /* updates are not of its kinds */
    op(p, "incident-update", "{'id':'2','text':'Quiet.','quiet':true}");
    op(p, "incident-open", "{'components':['mail:major'],'draft':true}");
    op(p, "incident-resolve", "{'id':'2','text':'Over.'}");
    peer_must(&p->peer, "NOTICE #mail :Over: *", 1);
    peer_must(&p->peer, "PRIVMSG #news :*", 4);
    peer_must(&p->peer, "QUIT*", 0);
    peer_must(&p->peer, "TOPIC*", 0); /* nobody asked for it */
    peer_forget(&p->peer);
    restart(p);
    crash(p);
    sim_run_for(HOUR_MS);
    peer_must(&p->peer, "NOTICE*", 0);
    peer_must(&p->peer, "PRIVMSG*", 0);
}

static void test_announced_later(void **v)
{
    begin(v, YAML_OF(TWO));
    struct place *p = *v;
    start(p);
    sim_port_mode("irc.example.org", PEER_PORT, SIM_REFUSED);
    sim_port_hang_up("irc.example.org", PEER_PORT, 0);
    sim_run_for(30000);
    peer_forget(&p->peer);
    op(p, "incident-open", "{'components':['mail:major'],'text':'Nobody hears it yet.'}");
    sim_run_for(HOUR_MS);
    crash(p);
    sim_run_for(HOUR_MS);
    peer_must(&p->peer, "NOTICE*", 0);
    sim_port_mode("irc.example.org", PEER_PORT, SIM_UP);
    sim_run_for(7 * MINUTE_MS);
    peer_must(&p->peer, "NOTICE #mail :*", 1);
    peer_must(&p->peer, "PRIVMSG #news :*", 1);
    p->peer.mute = true; /* said, and the connection goes before it is confirmed */
    peer_forget(&p->peer);
    op(p, "incident-update", "{'id':'1','text':'In doubt.'}");
    peer_must(&p->peer, "PRIVMSG #news :*", 1);
    sim_port_hang_up("irc.example.org", PEER_PORT, 0);
    p->peer.mute = false;
    sim_run_for(2 * MINUTE_MS);
    peer_must(&p->peer, "PRIVMSG #news :*", 2); /* at most once more */
    sim_run_for(HOUR_MS);
    peer_must(&p->peer, "PRIVMSG #news :*", 2);
}

/* ---- commands ---- */

static void test_commands(void **v)
{
    struct place *p = *v;
    said(p, ANNA, "#ops", "!incident open website:major mail:degraded - We look for it.");
    const struct bulletin *b = at(p, 1);
    assert_non_null(b);
    assert_true(bulletin_level(b, "website", clock_wall_ms()) == LEVEL_MAJOR && bulletin_level(b, "mail", clock_wall_ms()) == LEVEL_DEGRADED);
    assert_string_equal(last_text(b), "We look for it.");
    peer_must(&p->peer, "NOTICE #ops :anna: 1, Investigating: *https://status.example.org/incident/????????????", 1);
    said(p, ANNA, "#ops", "!incident update identified mail:operational A disk.");
    assert_true(at(p, 1)->phase == PHASE_IDENTIFIED && bulletin_level(at(p, 1), "mail", clock_wall_ms()) == LEVEL_OPERATIONAL);
    assert_string_equal(last_text(at(p, 1)), "A disk.");
    said(p, ANNA, "#ops", "!incident");
    peer_must(&p->peer, "NOTICE #ops :anna: 1, Identified: *", 2);
    said(p, ANNA, "vigie", "incident resolve 1 All is well.");
    assert_int_equal(at(p, 1)->phase, PHASE_RESOLVED);
    peer_must(&p->peer, "NOTICE anna :1, Resolved: *", 1);
    said(p, ANNA, "#ops", "!incident resolve 1");
    peer_must(&p->peer, "NOTICE #ops :anna: it is over already", 1);
    said(p, ANNA, "#ops", "!incident open wensite x");
    peer_must(&p->peer, "NOTICE #ops :anna: say what is concerned*", 1);
    said(p, ANNA, "#ops", "!maintenance plan dns 22:00-23:00 kernel upgrade");
    assert_true(at(p, 2)->kind == BULLETIN_WORK && str_eq(last_text(at(p, 2)), "kernel upgrade"));
    said(p, ANNA, "#ops", "!maintenance move 22:30-23:30");
    assert_int_equal(at(p, 2)->sequence > 0, 1);
    said(p, ANNA, "#ops", "!maintenance cancel 2 - not today");
    assert_int_equal(at(p, 2)->phase, PHASE_CANCELLED);
    said(p, ANNA, "#ops", "#status alert mail:major Mail does not go out");
    assert_string_equal(wording_for(&at(p, 3)->title, "en", NULL), "Mail does not go out");
    said(p, ANNA, "#ops", "#status ok it does again");
    assert_int_equal(at(p, 3)->phase, PHASE_RESOLVED);
    said(p, ANNA, "#ops", "#status notice We meet on Friday.");
    assert_true(at(p, 4)->phase == PHASE_RESOLVED && !at(p, 4)->updates[0].quiet);
    said(p, ANNA, "#ops", "#status log Rebooted ceres.");
    assert_true(at(p, 5)->updates[0].quiet);
}

static void test_questions(void **v)
{
    struct place *p = *v;
    op(p, "incident-open", "{'components':['mail:major'],'title':'Mail is down','text':'A disk.'}");
    peer_forget(&p->peer);
    said(p, EVE, "#ops", "!status");
    peer_must(&p->peer, "NOTICE #ops :eve: Status: DOWN mail - A disk. https://*", 1);
    said(p, EVE, "#ops", "!status courriel");
    peer_must(&p->peer, "NOTICE #ops :eve: Mail: Down since ??:??: Mail is down", 1);
    sim_run_for(30000);
    said(p, EVE, "#ops", "!status mial");
    peer_must(&p->peer, "NOTICE #ops :eve: there is no component mial; did you mean mail?", 1);
    said(p, EVE, "#ops", "hello there, !status of things, #status quo");
    said(p, EVE, "#ops", "!weather");
    sim_run_for(30000);
    int before = peer_count(&p->peer, "NOTICE*");
    said(p, EVE, "#ops", "!incident open mail:major haha");
    peer_must(&p->peer, "NOTICE eve :Sorry*", 1);
    said(p, EVE, "vigie", "incident open mail:major haha");
    assert_true(bulletins(p) == 1 && peer_count(&p->peer, "NOTICE*") == before + 1); /* polite once */
    for (int i = 0; i < 50; i++)
        peer_say(&p->peer, EVE " PRIVMSG #ops :!status");
    sim_run_for(MINUTE_MS);
    assert_true(peer_count(&p->peer, "NOTICE*") <= before + 1 + 6); /* nobody makes us talk for ever */
    said(p, ":fred!f@h", "vigie", "aide");
    sim_run_for(MINUTE_MS);
    peer_must(&p->peer, "NOTICE fred :*pour tout le monde*", 1);
    said(p, ":gina!g@h", "vigie", "help");
    sim_run_for(MINUTE_MS);
    peer_must(&p->peer, "NOTICE gina :*for everybody*", 1);
    said(p, ":hans!h@h", "vigie", "what is this?");
    sim_run_for(MINUTE_MS);
    peer_must(&p->peer, "NOTICE hans :*for everybody*", 1);
}

/* ---- the configuration ---- */

static void reload(struct place *p, const char *yaml)
{
    kit_write(p->k, "vigie.yaml", yaml);
    daemon_reload(p->k->daemon);
    sim_run_for(12000);
}

static void test_reload(void **v)
{
    struct place *p = *v;
    assert_int_equal(p->peer.welcomes, 1);
    reload(p, YAML_OF("      - { name: '#ops', topic: yes, tell: [no], prefix: 'Now:', separator: ' ~ ' }\n") "    lang: fr\n");
    assert_int_equal(p->peer.welcomes, 1); /* no new connection for that */
    topic_is(p, "Now: OK ~ Status: OK");
    said(p, ":fred!f@h", "vigie", "help");
    sim_run_for(MINUTE_MS);
    peer_must(&p->peer, "NOTICE fred :*pour tout le monde*", 1);
    reload(p, YAML_OF(TWO));
    assert_int_equal(p->peer.welcomes, 2);
    peer_must(&p->peer, "QUIT :the configuration has changed", 1);
    peer_must(&p->peer, "JOIN #mail", 1);
    assert_int_equal(kit_op(p->k, "irc", NULL), 200);
    kit_has(kit_text(p->k), "\"state\":\"up\"");
    kit_has(kit_text(p->k), "\"failing\":0");
    reload(p, "site: { title: Harbour }\n");
    assert_int_equal(kit_op(p->k, "irc", NULL), 200);
    kit_has(kit_text(p->k), "\"networks\":[]");
}

static void test_visible(void **v)
{
    struct place *p = *v;
    p->peer.refuse = "474 #ops :Cannot join channel (+b)";
    peer_say(&p->peer, ":eve!e@h KICK #ops vigie :out");
    sim_run_for(20000);
    assert_int_equal(kit_op(p->k, "irc", NULL), 200);
    kit_has(kit_text(p->k), "\"state\":\"joining\"");
    kit_has(kit_text(p->k), "Cannot join channel");
    sim_port_mode("irc.example.org", PEER_PORT, SIM_REFUSED);
    peer_say(&p->peer, "ERROR :Closing Link");
    sim_run_for(20000);
    assert_int_equal(kit_op(p->k, "irc", NULL), 200);
    kit_has(kit_text(p->k), "\"state\":\"down\"");
    assert_int_equal(kit_op(p->k, "health", NULL), 200);
    kit_has(kit_text(p->k), "\"irc_failing\":1");
    assert_int_equal(kit_op(p->k, "metrics", NULL), 200);
    kit_has(buf_text(&p->k->raw), "vigie_irc_failing 1");
}

#define OWN(fn) cmocka_unit_test_teardown(fn, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_page_to_topic), TEST(test_checks_show), TEST(test_little_room), TEST(test_hostile_words), TEST(test_topic_to_page), TEST(test_others_incidents), TEST(test_topic_plans_work), TEST(test_work_moves),
        TEST(test_mistakes_are_told), TEST(test_strangers), TEST(test_no_loop), TEST(test_services), TEST(test_topic_refused), TEST(test_set_while_away), TEST(test_page_is_newer), TEST(test_netsplit),
        OWN(test_first_meeting), OWN(test_whois_and_operators), OWN(test_announcements), OWN(test_announced_later), TEST(test_commands), TEST(test_questions), TEST(test_reload), TEST(test_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

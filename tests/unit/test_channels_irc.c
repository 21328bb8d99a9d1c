/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session with an IRC network, on the clock and network of the twin: how it logs in, what it does when names are taken, servers die or put us
 * out, at what pace it speaks, what it knows of who speaks (ST-5). */
#include "irc_peer.h"

#include "base/log.h"
#include "base/msg.h"
#include "channels/irc_session.h"

struct world {
    struct irc_peer peer;
    struct loop *loop;
    struct dns *dns;
    struct irc_session *s;
    int up, down, accounts, channel, topics, known, refused, said_n, confirmed, code, asked;
    bool in_doubt, found;
    char nick[80], account[80], text[600], by[80];
};

static void on_up(void *arg) { ((struct world *)arg)->up++; }
static void on_down(void *arg) { ((struct world *)arg)->down++; }
static void on_account(void *arg) { ((struct world *)arg)->accounts++; }
static void on_channel(void *arg, int channel) { ((struct world *)arg)->channel++; }
static void on_known(void *arg, int channel) { ((struct world *)arg)->known++; }
static void on_refused(void *arg, int channel, const char *why) { ((struct world *)arg)->refused++; }

static void on_topic(void *arg, int channel, const struct irc_speaker *by)
{
    struct world *w = arg;
    w->topics++;
    str_copy(w->by, sizeof w->by, by->nick);
    str_copy(w->account, sizeof w->account, by->account ? by->account : "?");
}

static void on_said(void *arg, int channel, const struct irc_speaker *by, const char *text)
{
    struct world *w = arg;
    w->said_n++;
    str_copy(w->nick, sizeof w->nick, by->nick);
    str_copy(w->account, sizeof w->account, by->account ? by->account : "?");
    str_copy(w->text, sizeof w->text, text);
}

static const struct irc_session_events events = {on_up, on_down, on_account, on_channel, on_topic, on_known, on_refused, on_said};

static void quiet(enum log_level level, const char *line, void *arg) { ++*(int *)arg; }

static struct world *world_new(void **state)
{
    static int lines;
    struct world *w = NEW(struct world);
    *state = w;
    log_set(quiet, &lines, LOG_DEBUG);
    sim_init(11);
    w->peer.caps = "multi-prefix sasl=PLAIN,EXTERNAL account-notify account-tag extended-join chghost cap-notify echo-message";
    peer_open(&w->peer, "irc.example.org", "192.0.2.60");
    w->loop = loop_new("main");
    w->dns = dns_new(w->loop);
    return w;
}

static int world_free(void **v)
{
    struct world *w = *v;
    irc_session_free(w->s, "bye");
    dns_free(w->dns);
    sim_run_for(1);
    loop_free(w->loop);
    assert_int_equal(sim_objects(), 0);
    buf_done(&w->peer.heard);
    sim_done();
    mem_free(w);
    return 0;
}
#define TEST(fn) cmocka_unit_test_teardown(fn, world_free)

static const struct irc_channel_opts ops[] = {{"#ops", NULL}, {"#Shut[", "open"}};

static struct irc_session_opts opts(void)
{
    return (struct irc_session_opts){.network = "test", .host = "irc.example.org", .port = PEER_PORT, .verify = true, .nick = "vigie", .user = "vigie", .realname = "the lookout", .account = "bot", .secret = "geheim",
                                     .nickserv = "NickServ", .chanserv = "ChanServ", .channels = ops, .n_channels = 1};
}
#define SASL_GOOD "Ym90AGJvdABnZWhlaW0="

static void begin(struct world *w, const struct irc_session_opts *o)
{
    w->s = irc_session_new(w->loop, w->dns, o, &events, w);
    sim_run_for(3000);
}

static struct irc_session_state state(struct world *w)
{
    struct irc_session_state st;
    irc_session_get(w->s, &st);
    return st;
}

/* ---- the way in ---- */

static void test_sasl(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    o.n_channels = 2;
    w->peer.sasl_good = SASL_GOOD;
    begin(w, &o);
    assert_true(state(w).up && w->up == 1 && w->channel == 2 && state(w).joined == 2);
    assert_string_equal(state(w).account, "bot");
    assert_null(state(w).error);
    peer_must(&w->peer, "CAP LS 302", 1);
    peer_must(&w->peer, "CAP REQ echo-message", 0); /* what we do not want is not asked for */
    peer_must(&w->peer, "CAP REQ account-tag", 1);
    peer_must(&w->peer, "AUTHENTICATE PLAIN", 1);
    peer_must(&w->peer, "CAP END", 1);
    peer_must(&w->peer, "JOIN #ops", 1);
    peer_must(&w->peer, "JOIN #Shut[[] open", 0);
    peer_must(&w->peer, "JOIN ?Shut? open", 1);
    peer_must(&w->peer, "PRIVMSG NickServ*", 0);
}

static void test_sasl_refused(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    begin(w, &o);
    assert_true(state(w).up);
    assert_non_null(strstr(state(w).error, "SASL authentication failed"));
    peer_must(&w->peer, "PRIVMSG NickServ :IDENTIFY bot geheim", 1); /* the other way */
}

static void test_no_capabilities(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    w->peer.caps = NULL;
    begin(w, &o);
    assert_true(state(w).up && state(w).joined == 1);
    peer_must(&w->peer, "CAP REQ*", 0);
    peer_must(&w->peer, "PRIVMSG NickServ :IDENTIFY bot geheim", 1);
}

static void test_services_come_late(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    w->peer.caps = "multi-prefix cap-notify account-notify";
    o.nickserv = NULL;
    begin(w, &o);
    peer_must(&w->peer, "CAP REQ sasl", 0);
    peer_must(&w->peer, "CAP REQ cap-notify", 1);
    assert_true(state(w).up && !state(w).account[0]);
    w->peer.caps = "sasl account-tag";
    w->peer.sasl_good = SASL_GOOD;
    peer_say(&w->peer, ":irc.test CAP vigie NEW :sasl=EXTERNAL,PLAIN account-tag");
    sim_run_for(1000);
    peer_must(&w->peer, "CAP REQ sasl", 1);
    assert_string_equal(state(w).account, "bot");
    peer_must(&w->peer, "CAP END", 1); /* that of the beginning */
    peer_say(&w->peer, ":irc.test CAP vigie DEL :sasl account-tag");
    peer_say(&w->peer, ":anna!a@host PRIVMSG #ops :hello");
    assert_string_equal(w->account, "?"); /* nobody says it any more */
}

/* A server that does not say that they came. */
static void test_services_are_looked_for(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    w->peer.caps = "multi-prefix";
    begin(w, &o);
    peer_must(&w->peer, "PRIVMSG NickServ*", 1);
    peer_say(&w->peer, ":irc.test 401 vigie NickServ :No such nick");
    sim_run_for(2 * IRC_LOGIN_MS + 10000);
    assert_true(!state(w).account[0] && peer_count(&w->peer, "CAP LS 302") >= 2);
    peer_must(&w->peer, "PRIVMSG NickServ*", 2); /* it was not there; the second time it says nothing */
    w->peer.caps = "multi-prefix sasl=PLAIN";
    w->peer.sasl_good = SASL_GOOD;
    sim_run_for(IRC_LOGIN_MS + 10000);
    assert_string_equal(state(w).account, "bot");
    assert_int_equal(w->accounts, 1);
    peer_forget(&w->peer);
    sim_run_for(10 * IRC_LOGIN_MS);
    peer_must(&w->peer, "CAP LS 302", 0);
    peer_must(&w->peer, "PRIVMSG*", 0);
}

static void test_refused_once(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    begin(w, &o);
    sim_run_for(10 * IRC_LOGIN_MS);
    peer_must(&w->peer, "AUTHENTICATE PLAIN", 1); /* a wrong password gets no better */
    peer_must(&w->peer, "PRIVMSG NickServ*", 1);
}

static void test_foreign_mechanisms(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    w->peer.caps = "sasl=SCRAM-SHA-256";
    begin(w, &o);
    peer_must(&w->peer, "CAP REQ*", 0);
    peer_must(&w->peer, "CAP END", 1);
    assert_true(state(w).up);
}

static void test_external(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    struct sim_cert cert = {.names = "irc.example.org", .days_left = 30};
    sim_port_tls("irc.example.org", PEER_PORT, &cert);
    o.tls = o.external = true;
    o.secret = NULL;
    w->peer.sasl_good = "+";
    begin(w, &o);
    if (!state(w).up)
        fail_msg("%s", state(w).error ? state(w).error : "?");
    peer_must(&w->peer, "AUTHENTICATE EXTERNAL", 1);
    peer_must(&w->peer, "AUTHENTICATE +", 1);
    assert_string_equal(state(w).account, "bot");
}

static void test_bad_certificate(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    struct sim_cert cert = {.names = "elsewhere.example.org", .days_left = 30};
    sim_port_tls("irc.example.org", PEER_PORT, &cert);
    o.tls = true;
    begin(w, &o);
    assert_true(!state(w).up && state(w).error && state(w).failures >= 1);
    assert_int_equal(w->peer.heard.len, 0); /* no password to a stranger */
}

static void test_nick_taken(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    w->peer.taken = "vigie";
    begin(w, &o);
    assert_string_equal(state(w).nick, "vigie_");
    sim_run_for(130000); /* asked for again now and then */
    assert_true(peer_count(&w->peer, "NICK vigie") >= 2);
    assert_string_equal(state(w).nick, "vigie_");
    w->peer.taken = NULL;
    peer_say(&w->peer, ":vigie!ghost@host QUIT :gone"); /* it is free */
    sim_run_for(10000);
    assert_string_equal(state(w).nick, "vigie");
    assert_true(irc_session_is_me(w->s, "VIGIE"));
}

/* ---- the end of a connection ---- */

static void test_dead_server(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    begin(w, &o);
    w->peer.stuck = true;
    sim_run_for(IRC_SILENT_MS + 10000);
    peer_must(&w->peer, "PING vigie", 1);
    assert_int_equal(w->down, 0);
    sim_run_for(IRC_ANSWER_MS + 10000);
    assert_int_equal(w->down, 1);
    assert_non_null(strstr(state(w).error, "silent"));
    w->peer.stuck = false;
    sim_run_for(120000);
    assert_int_equal(w->up, 2);
    assert_int_equal(state(w).joined, 1);
}

static void test_live_server_is_left_alone(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    begin(w, &o);
    sim_run_for(3600000);
    assert_true(w->down == 0 && w->peer.welcomes == 1 && peer_count(&w->peer, "PING vigie") > 20);
    peer_say(&w->peer, "PING :are-you-there");
    peer_must(&w->peer, "PONG are-you-there", 1);
}

static void test_back_off(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    begin(w, &o);
    int hits = sim_port_hits("irc.example.org", PEER_PORT);
    sim_port_mode("irc.example.org", PEER_PORT, SIM_REFUSED);
    peer_say(&w->peer, "ERROR :Closing Link: going down");
    assert_true(w->down == 1 && !state(w).up && state(w).joined == 0);
    assert_non_null(strstr(state(w).error, "going down"));
    assert_true(state(w).retry_ms > clock_wall_ms());
    sim_run_for(3600000);
    int tries = sim_port_hits("irc.example.org", PEER_PORT) - hits;
    assert_true(tries >= 12 && tries <= 26); /* 5, 10, 20 … 300 s */
    sim_port_mode("irc.example.org", PEER_PORT, SIM_UP);
    sim_run_for(400000);
    assert_true(state(w).up && w->up == 2 && state(w).joined == 1);
    sim_run_for(61000);
    int64_t before = sim_now_ms();
    sim_port_hang_up("irc.example.org", PEER_PORT, 0); /* a good hour is forgotten: it is back soon */
    sim_run_for(8000);
    assert_true(state(w).up && sim_now_ms() - before < 9000 && w->up == 3);
}

static void test_never_lets_in(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    w->peer.stuck = true;
    begin(w, &o);
    sim_run_for(IRC_REGISTER_MS + 6000);
    assert_non_null(strstr(state(w).error, "did not let us in"));
    w->peer.stuck = false;
    sim_run_for(60000);
    assert_true(state(w).up);
    peer_say(&w->peer, ":irc.test 465 vigie :You are banned");
    assert_non_null(strstr(state(w).error, "You are banned"));
}

static void test_unknown_name(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    o.host = "nowhere.example.org";
    begin(w, &o);
    assert_true(!state(w).up && state(w).error);
}

/* ---- channels ---- */

static void test_kick_and_refusals(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    struct irc_channel_state c;
    begin(w, &o);
    peer_say(&w->peer, ":anna!a@host KICK #OPS vigie :out");
    irc_session_channel(w->s, 0, &c);
    assert_true(!c.joined && strstr(c.error, "anna") && w->channel == 2);
    sim_run_for(12000);
    irc_session_channel(w->s, 0, &c);
    assert_true(c.joined && !c.error);
    w->peer.refuse = "473 #ops :Cannot join channel (+i)";
    peer_say(&w->peer, ":anna!a@host KICK #ops vigie :out");
    peer_forget(&w->peer);
    sim_run_for(3600000);
    irc_session_channel(w->s, 0, &c);
    assert_true(!c.joined && strstr(c.error, "+i"));
    int joins = peer_count(&w->peer, "JOIN #ops");
    assert_true(joins >= 5 && joins <= 12); /* less and less often */
    w->peer.refuse = NULL;
    sim_run_for(IRC_REJOIN_MOST_MS + 10000);
    irc_session_channel(w->s, 0, &c);
    assert_true(c.joined);
}

static void test_topics(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    struct irc_channel_state c;
    struct peer_room *r = peer_room(&w->peer, "#ops");
    str_copy(r->topic, sizeof r->topic, "Status: OK");
    str_copy(r->by, sizeof r->by, "anna");
    r->topic_s = 1772000000;
    begin(w, &o);
    irc_session_channel(w->s, 0, &c);
    assert_string_equal(c.topic, "Status: OK");
    assert_string_equal(c.topic_by, "anna");
    assert_int_equal(c.topic_ms, 1772000000000);
    peer_topic(&w->peer, "@account=ann :anna!a@h", "anna", "#ops", "Status: DOWN mail");
    assert_true(w->topics == 1 && str_eq(w->account, "ann"));
    peer_topic(&w->peer, ":bob!b@h", "bob", "#ops", "x");
    assert_true(w->topics == 2 && str_eq(w->account, "")); /* tags there are, and none says so */
    assert_int_equal(irc_session_topic_room(w->s, 0), 307);
    assert_int_equal(irc_session_set_topic(w->s, 0, "mine"), 0);
    sim_run_for(1000);
    peer_must(&w->peer, "TOPIC #ops mine", 1);
    assert_true(w->topics == 3 && str_eq(w->by, "vigie"));
    r->locked = true;
    irc_session_set_topic(w->s, 0, "again");
    sim_run_for(3000);
    assert_true(w->refused == 1 && w->topics == 3);
    irc_session_set_topic(w->s, 0, "by the service"); /* the next one goes that way */
    sim_run_for(3000);
    peer_must(&w->peer, "PRIVMSG ChanServ :TOPIC #ops by the service", 1);
    assert_true(w->topics == 4 && str_eq(w->by, "ChanServ"));
    peer_say(&w->peer, ":irc.test 437 vigie #ops :Retry topic change later");
    assert_int_equal(w->refused, 2);
    irc_session_look(w->s, 0);
    sim_run_for(3000);
    assert_int_equal(w->known, 1);
    irc_session_channel(w->s, 0, &c);
    assert_string_equal(c.topic_by, "vigie");
    peer_say(&w->peer, ":anna!a@h MODE #ops +o vigie");
    irc_session_set_topic(w->s, 0, "as operator");
    sim_run_for(3000);
    peer_must(&w->peer, "TOPIC #ops :as operator", 1);
    assert_true(irc_session_set_topic(w->s, 0, "a\r\nQUIT") < 0);
}

/* ---- what we say ---- */

static void test_pace(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    begin(w, &o);
    sim_run_for(20000);
    peer_forget(&w->peer);
    for (int i = 0; i < 25; i++)
        assert_int_equal(irc_session_say(w->s, "#ops", true, "line"), 0);
    sim_run_for(500);
    assert_int_equal(peer_count(&w->peer, "NOTICE #ops line"), IRC_BURST);
    sim_run_for(10 * IRC_LINE_MS);
    int n = peer_count(&w->peer, "NOTICE #ops line");
    assert_true(n >= IRC_BURST + 9 && n <= IRC_BURST + 11);
    sim_run_for(60000);
    assert_int_equal(peer_count(&w->peer, "NOTICE #ops line"), 25);
    int r = 0;
    for (int i = 0; i < 2 * IRC_MAX_QUEUE && r == 0; i++)
        r = irc_session_say(w->s, "#ops", true, "too many");
    assert_int_equal(r, ERR_LIMIT);
}

static void test_long_and_hostile_texts(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    char text[2000] = "";
    begin(w, &o);
    for (int i = 0; i < 150; i++)
        strcat(text, "été ");
    strcat(text, "https://status.example.org/incident/k3fo1q9x2mzt");
    peer_forget(&w->peer);
    irc_session_say(w->s, "#ops", false, text);
    irc_session_say(w->s, "#ops", false, "one\r\nQUIT :two\n\x01three");
    assert_int_equal(irc_session_say(w->s, "#ops\r\nQUIT", false, "x"), ERR_INVALID);
    sim_run_for(2000);
    peer_must(&w->peer, "PRIVMSG #ops :*… https://status.example.org/incident/k3fo1q9x2mzt", 1);
    peer_must(&w->peer, "PRIVMSG #ops :one QUIT :two three", 1);
    peer_must(&w->peer, "QUIT*", 0);
    const char *line = strstr(buf_text(&w->peer.heard), "PRIVMSG");
    assert_true(strlen(":vigie!vigie@bot.example.org ") + strcspn(line, "\n") + 2 <= IRC_MAX_LINE);
}

static void confirmed(void *arg, int code, bool in_doubt, const struct err *e)
{
    struct world *w = arg;
    w->confirmed++;
    w->code = code;
    w->in_doubt = in_doubt;
}

static void test_confirmed(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    struct err e = {0};
    begin(w, &o);
    sim_run_for(20000);
    assert_non_null(irc_session_say_then(w->s, 0, true, "news", confirmed, w, &e));
    assert_int_equal(w->confirmed, 0);
    sim_run_for(1000);
    assert_true(w->confirmed == 1 && w->code == 0);
    w->peer.mute = true; /* on its way when the connection goes */
    assert_non_null(irc_session_say_then(w->s, 0, true, "doubt", confirmed, w, &e));
    sim_run_for(1000);
    peer_say(&w->peer, ":irc.test 404 vigie #ops :Cannot send to channel");
    assert_true(w->confirmed == 2 && w->code == ERR_DENIED && !w->in_doubt);
    assert_non_null(irc_session_say_then(w->s, 0, true, "doubt", confirmed, w, &e));
    sim_run_for(1000);
    sim_port_hang_up("irc.example.org", PEER_PORT, 0);
    sim_run_for(1000);
    assert_true(w->confirmed == 3 && w->code == ERR_RESET && w->in_doubt);
    assert_null(irc_session_say_then(w->s, 0, true, "no", confirmed, w, &e));
    assert_int_equal(e.code, ERR_UNREACHABLE);
    w->peer.mute = false;
    sim_run_for(30000);
    for (int i = 0; i < 8; i++)
        irc_session_say(w->s, "#ops", true, "before");
    assert_non_null(irc_session_say_then(w->s, 0, true, "queued", confirmed, w, &e));
    sim_run_for(100);
    sim_port_hang_up("irc.example.org", PEER_PORT, 0); /* it never left */
    sim_run_for(1000);
    assert_true(w->confirmed == 4 && w->code == ERR_RESET && !w->in_doubt);
}

/* ---- who speaks ---- */

static void identified(void *arg, bool found, const struct irc_speaker *who)
{
    struct world *w = arg;
    w->asked++;
    w->found = found;
    str_copy(w->account, sizeof w->account, who->account ? who->account : "?");
}

static void ask(struct world *w, const char *nick, const char *user, const char *host, const char *account)
{
    struct irc_speaker by = {.nick = nick, .user = user, .host = host, .account = account};
    w->found = false;
    assert_int_equal(irc_session_identify(w->s, 0, &by, identified, w), 0);
}

static void test_whois(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    w->peer.caps = "multi-prefix";
    w->peer.whois[0] = "anna a host.example.org ann";
    w->peer.whois[1] = "bob b host.example.org -";
    begin(w, &o);
    ask(w, "anna", "a", "host.example.org", NULL);
    assert_int_equal(w->asked, 0);
    sim_run_for(3000);
    assert_true(w->asked == 1 && w->found && str_eq(w->account, "ann"));
    ask(w, "bob", "b", "host.example.org", NULL);
    sim_run_for(3000);
    assert_true(w->found && str_eq(w->account, ""));
    ask(w, "anna", "evil", "host.example.org", NULL); /* said by another one of that name */
    sim_run_for(3000);
    assert_true(w->asked == 3 && !w->found);
    ask(w, "carl", "c", "h", NULL);
    sim_run_for(3000);
    assert_true(w->asked == 4 && !w->found);
    w->peer.stuck = true;
    ask(w, "anna", "", "", NULL);
    sim_run_for(1000);
    peer_say(&w->peer, ":anna!a@host.example.org NICK other"); /* whoever answers to it from here on */
    peer_say(&w->peer, ":irc.test 311 vigie anna a host.example.org * :x");
    peer_say(&w->peer, ":irc.test 330 vigie anna ann :is logged in as");
    peer_say(&w->peer, ":irc.test 318 vigie anna :End");
    assert_true(w->asked == 5 && !w->found);
    ask(w, "anna", "", "", NULL);
    sim_run_for(40000);
    assert_true(w->asked == 6 && !w->found); /* no answer is no */
    ask(w, "zoe", "z", "h", "known");
    assert_true(w->asked == 7 && w->found && str_eq(w->account, "known"));
}

static void test_accounts_are_followed(void **v)
{
    struct world *w = world_new(v);
    struct irc_session_opts o = opts();
    w->peer.caps = "account-notify extended-join multi-prefix";
    w->peer.support = "WHOX PREFIX=(ov)@+ CASEMAPPING=rfc1459";
    w->peer.names = "@anna +bob";
    begin(w, &o);
    peer_must(&w->peer, "WHO #ops %tuhna,742", 1);
    peer_say(&w->peer, ":anna!a@host PRIVMSG #ops :one");
    assert_string_equal(w->account, "?");
    peer_say(&w->peer, ":irc.test 354 vigie 742 a host anna ann");
    peer_say(&w->peer, ":irc.test 354 vigie 742 b host bob 0");
    peer_say(&w->peer, ":anna!a@host PRIVMSG #ops :two");
    assert_string_equal(w->account, "ann");
    peer_say(&w->peer, ":bob!b@host PRIVMSG #ops :\x02three\x02");
    assert_string_equal(w->account, "");
    assert_string_equal(w->text, "three");
    peer_say(&w->peer, ":bob!b@host ACCOUNT robert");
    peer_say(&w->peer, ":bob!b@host NICK bobby");
    peer_say(&w->peer, ":bobby!b@host PRIVMSG #ops :four");
    assert_string_equal(w->account, "robert");
    peer_say(&w->peer, ":anna!a@host ACCOUNT *");
    peer_say(&w->peer, ":anna!a@host PRIVMSG #ops :five");
    assert_string_equal(w->account, "");
    peer_say(&w->peer, ":carl!c@host JOIN #ops karl :Carl");
    peer_say(&w->peer, ":carl!c@host PRIVMSG #ops :six");
    assert_string_equal(w->account, "karl");
    peer_say(&w->peer, ":carl!c@host PART #ops");
    peer_say(&w->peer, ":carl!c@host PRIVMSG vigie :seven"); /* gone, he is nobody we know */
    assert_true(str_eq(w->account, "?") && str_eq(w->text, "seven"));
    int before = w->said_n;
    peer_say(&w->peer, ":vigie!vigie@bot.example.org PRIVMSG #ops :own echo");
    peer_say(&w->peer, ":anna!a@host PRIVMSG #ops :\x01VERSION\x01");
    peer_say(&w->peer, ":anna!a@host NOTICE #ops :no program answers that");
    peer_say(&w->peer, ":anna!a@host PRIVMSG #elsewhere :not ours");
    assert_int_equal(w->said_n, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sasl),        TEST(test_sasl_refused),  TEST(test_no_capabilities),  TEST(test_services_come_late), TEST(test_services_are_looked_for), TEST(test_refused_once), TEST(test_foreign_mechanisms),
        TEST(test_external),    TEST(test_bad_certificate), TEST(test_nick_taken),     TEST(test_dead_server),        TEST(test_live_server_is_left_alone),
        TEST(test_back_off),    TEST(test_never_lets_in), TEST(test_unknown_name),     TEST(test_kick_and_refusals),  TEST(test_topics),
        TEST(test_pace),        TEST(test_long_and_hostile_texts), TEST(test_confirmed), TEST(test_whois),             TEST(test_accounts_are_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

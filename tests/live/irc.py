# SPDX-License-Identifier: GPL-3.0-or-later
# packages: ngircd inspircd atheme-services openssl
"""IRC beside ngircd, and beside InspIRCd with Atheme's services: the status in the topic and back, accounts and strangers, ChanServ, SASL, a server that
dies, kill -9 while a topic is changed, hostile words, little room, each announcement once (ST-5, ANN-13)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ssl
from _peers import *

SITE = """
site: { title: { en: Harbour, fr: Port }, url: "https://status.example.org" }
components:
  website: { name: { en: Website, fr: Site web } }
  mail: { name: { en: Mail, fr: Courriel } }
  dns: {}
"""


class Client:
    """Somebody on IRC, on a socket of his own; every line that comes is kept."""

    def __init__(self, port, nick, sasl=None):
        self.nick, self.lines, self.open = nick, [], True
        self.s = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.s.settimeout(None)
        threading.Thread(target=self.read, daemon=True).start()
        self.say(f"NICK {nick}")
        self.say(f"USER {nick} 0 * :{nick}")
        if not until(lambda: self.has(r" (376|422) "), 20):
            raise RuntimeError(f"{nick} is not let in: {self.lines[-5:]}")

    def read(self):
        rest = b""
        with contextlib.suppress(OSError):
            while data := self.s.recv(65536):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    line = line.rstrip(b"\r").decode("utf-8", "replace")
                    if line.startswith("PING"):
                        self.say("PONG" + line[4:])
                    self.lines.append(line)
        self.open = False

    def say(self, line):
        with contextlib.suppress(OSError):
            self.s.sendall(line.encode() + b"\r\n")

    def has(self, pattern, since=0):
        return next((m for line in self.lines[since:] if (m := re.search(pattern, line))), None)

    def count(self, pattern, since=0):
        return sum(1 for line in self.lines[since:] if re.search(pattern, line))

    def wait(self, pattern, seconds=30, since=0):
        return until(lambda: self.has(pattern, since), seconds)

    def join(self, channel):
        self.say(f"JOIN {channel}")
        return self.wait(rf" 366 \S+ {channel} ")

    def topic(self, channel):
        since = len(self.lines)
        self.say(f"TOPIC {channel}")
        m = self.wait(rf" (332 \S+ {channel} :(.*)|331 .*)$", 10, since)
        return m.group(2) if m and m.group(2) is not None else ""

    def set_topic(self, text, channel="#ops"):
        """Until it is taken: InspIRCd refuses changes within the second of a service's (437)."""
        for _ in range(30):
            since = len(self.lines)
            self.say(f"TOPIC {channel} :{text}")
            if self.wait(rf"^\S*:?{self.nick}!\S+ TOPIC {channel} :| 437 \S+ {channel} ", 5, since) and not self.has(rf" 437 \S+ {channel} ", since):
                return
            time.sleep(2.5)

    def quit(self):
        self.say("QUIT :bye")
        until(lambda: not self.open, 5)
        self.s.close()


def topic_is(t, who, pattern, text, seconds=40, channel="#ops"):
    last = []

    def fits():
        last[:] = [who.topic(channel)]
        return re.search(pattern, last[0])
    return t.ok(until(fits, seconds, 0.5), text, f"wanted {pattern}\ntopic  {last}\n" + "\n".join(who.lines[-8:]))


def bulletins(d, which="all"):
    return d.cli("incident", "list", which, "--json").json["bulletins"]


def network(d):
    return d.cli("irc", "list", "--json").json["networks"][0]


def settled(d, seconds=40):
    return until(lambda: network(d)["state"] == "up", seconds)


def log_of(d):
    return d.log()[-1500:]


# ---- ngircd: no accounts ----

def ngircd(base, port, modes="n", extra=""):
    path = pathlib.Path(base, f"ng{port}.conf")
    path.write_text(f"""[Global]
Name = irc.test.local
Info = t
Listen = 127.0.0.1
Ports = {port}
[Limits]
MaxConnectionsIP = 50
[Options]
DNS = no
Ident = no
PAM = no
[Channel]
Name = #ops
Topic = Welcome | Status: OK | meeting on friday
Modes = {modes}
{extra}""")
    if os.getuid() == 0:
        os.chmod(base, 0o755)
        path.chmod(0o644)
    return server(["/usr/sbin/ngircd", "-n", "-f", path], port, f"{base}/ng{port}.log")


def stop(p):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(p.pid, signal.SIGKILL)
    p.wait(10)


def masks_and_operators(t):
    base, port = temp_dir(), free_port()
    ng = ngircd(base, port)
    conf = SITE + f"""
irc:
  home:
    server: "127.0.0.1:{port}"
    tls: no
    nick: lookout
    masks: {{ "adm!*@*": operator }}
    channels:
      - {{ name: "#ops", topic: yes, tell: [no] }}
      - {{ name: "#news" }}
      - {{ name: "#accueil", lang: fr, about: [mail], tell: [incidents, resolved], say: message }}
      - {{ name: "#desk", topic: yes, tell: [no], operators: yes }}
"""
    desk = Client(port, "desk1")
    desk.join("#desk")  # the first one is its operator
    with Daemon(conf) as d:
        t.ok(settled(d), "in four channels", network(d))
        adm, eve = Client(port, "adm"), Client(port, "eve")
        for c in (adm, eve):
            for channel in ("#ops", "#news", "#accueil", "#desk"):
                c.join(channel)
        topic_is(t, adm, r"^Welcome \| Status: OK \| meeting on friday$", "a topic that is right is left alone")
        d.cli("incident", "open", "mail:major", "-t", "Mail is down", "-m", "A **disk** is full.")
        topic_is(t, adm, r"^Welcome \| Status: DOWN mail - A disk is full\. https://status\.example\.org/incident/\w{12} \| meeting on friday$", "the status stands in its part, the others are as they were")
        t.ok(adm.wait(r"^:lookout!\S+ NOTICE #news :Investigating: Mail is down\. A disk is full\. https://status\.example\.org/incident/\w{12}$"), "it is announced with its link", adm.lines[-9:])
        t.ok(adm.wait(r"^:lookout!\S+ PRIVMSG #accueil :.*Mail is down.* https://"), "and in French elsewhere, as a message", adm.lines[-9:])
        d.cli("incident", "open", "website:degraded", "-m", "Slow.")
        t.ok(adm.wait(r"NOTICE #news :.*Slow\. https"), "another one is announced", adm.lines[-9:])
        t.eq(adm.count(r"PRIVMSG #accueil"), 1, "but not where it concerns nobody")
        eve.say("TOPIC #ops :Welcome | Status: OK - haha | meeting on friday")
        t.ok(eve.wait(r"^:lookout!\S+ NOTICE eve :Sorry"), "a stranger is told politely", eve.lines[-9:])
        topic_is(t, adm, r"^Welcome \| Status: DOWN mail, DEGRADED website - .* \| meeting on friday$", "and the page puts its part back")
        t.eq(len(bulletins(d, "open")), 2, "nothing has changed")
        eve.say("TOPIC #ops :" + adm.topic("#ops").replace("meeting on friday", "party on friday").replace("Welcome", "Hello"))
        topic_is(t, adm, r"^Hello \| Status: DOWN mail, .* \| party on friday$", "what else stands there is everybody's")
        part = re.sub(r" - .*? \|", " - Both are back soon |", adm.topic("#ops").replace("DOWN mail, DEGRADED website", "DEGRADED mail, website"))
        since = len(bulletins(d, "all"))
        adm.say("TOPIC #ops :" + part)
        topic_is(t, adm, r"Status: DEGRADED mail, website - Both are back soon https://", "who may (by his mask) changes the status")
        levels = {b["id"]: b["level"] for b in bulletins(d, "open")}
        t.ok(len(bulletins(d, "all")) == since and "major" not in levels.values(), "it is the same incident", levels)
        eve.say("TOPIC #desk :Status: DOWN dns - haha")
        topic_is(t, eve, r"Status: DEGRADED mail, website", "in another channel a stranger may not, either", channel="#desk")
        desk.say("TOPIC #desk :Status: DEGRADED mail, website, DOWN dns - names are gone")
        t.ok(until(lambda: any("dns" in b["components"] for b in bulletins(d, "open")), 20), "its operator may", (bulletins(d, "open"), desk.lines[-8:]))
        eve.say("PRIVMSG #news :!status mail")
        t.ok(eve.wait(r"NOTICE #news :eve: Mail: Slow since "), "everybody may ask", eve.lines[-9:])
        adm.say("PRIVMSG lookout :incident resolve 1 All is well.")
        t.ok(adm.wait(r"NOTICE adm :1, Resolved: Mail is down https://"), "and staff end it in private", adm.lines[-9:])
        t.ok(adm.wait(r"NOTICE #news :Over: Mail is down"), "which is announced", adm.lines[-9:])
        time.sleep(1)
        netsplit(t, d, base, port, ng)
        for c in (adm, eve, desk):
            c.quit()
        t.eq(d.stop(), 0, "a clean end")


def netsplit(t, d, base, port, ng):
    before = len(bulletins(d, "all"))
    stop(ng)
    t.ok(until(lambda: network(d)["state"] == "down" and network(d)["error"], 20), "a server that dies is noticed, with a reason", network(d))
    t.has(d.cli("health").out, "irc_failing", text="vigie health counts it")
    d.cli("incident", "open", "website:major", "-m", "While IRC was away.")
    ng = ngircd(base, port)
    who = Client(port, "who")
    who.join("#ops")
    who.join("#news")
    t.ok(settled(d, 60), "it comes back, and joins again", (network(d), log_of(d)))
    t.ok(who.wait(r"NOTICE #news :.*While IRC was away\."), "what was published meanwhile is said now", who.lines[-9:])
    topic_is(t, who, r"^Welcome \| Status: DOWN dns, website - While IRC was away\. https.* \| meeting on friday$", "and stands in the topic that the new server began with")
    time.sleep(5)
    t.eq((who.count(r"NOTICE #news :.*While IRC was away\. https"), who.count(r"NOTICE #news"), len(bulletins(d, "all"))), (1, 1, before + 1), "once, and nothing older")
    who.quit()


def hostile_and_small(t):
    base, port = temp_dir(), free_port()
    ngircd(base, port)
    conf = SITE + f"""
irc:
  home:
    server: "localhost:{port}"
    tls: no
    masks: {{ "adm!*@*": operator }}
    channels: [{{ name: "#ops", topic: yes }}]
"""
    with Daemon(conf) as d:
        t.ok(settled(d), "by name, too", network(d))
        adm = Client(port, "adm")
        adm.join("#ops")
        r = d.http("POST", "/api/v1/announce/incidents", json.dumps({"components": ["mail:major"], "title": "x\r\nQUIT :y", "text": "one | Status: OK\r\nPRIVMSG #ops :forged\r\nJOIN #evil"}))
        d.cli("incident", "open", "mail:major", "-t", "a | Status: OK", "-m", "one | Status: OK\r\nPRIVMSG #ops :forged\r\nJOIN #evil\x01" + "é" * 600)
        topic_is(t, adm, r"^Welcome \| Status: DOWN mail - one / Status: OK PRIVMSG #ops :forged JOIN #evil.*… https://status\.example\.org/incident/\w{12} \| meeting on friday$", "hostile words stay words, cut before the link")
        t.ok(len(adm.topic("#ops").encode()) <= 490, "within TOPICLEN", len(adm.topic("#ops").encode()))
        t.ok(adm.wait(r"NOTICE #ops :.*… https://status\.example\.org/incident/\w{12}$"), "the announcement is one line, with its link", adm.lines[-5:])
        t.ok(not adm.has(r"^\S+ (PRIVMSG #ops :forged|JOIN :?#evil|QUIT)") and network(d)["state"] == "up", "nothing else was said", adm.lines[-9:])
        adm.say("TOPIC #ops :" + "w" * 475 + " | Status: OK")
        t.ok(until(lambda: "leave no room" in (network(d)["channels"][0]["error"] or ""), 20), "parts of others are never cut: it is told that there is no room", network(d))
        adm.quit()
        d.configure(conf.replace("mail:", "mail2:").replace("adm!", "root!"))
        d.cli("conf", "apply")
        t.ok(network(d)["state"] == "up" and network(d)["since"] and "connection" not in (network(d)["error"] or ""), "who may bid is changed without a new connection", network(d))


# ---- TLS ----

def tls_front(port, base):
    """A TLS server in front of a plain one."""
    authority(base)
    certificate(base, "irc", "DNS:localhost", -1, 30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{base}/irc.pem", f"{base}/irc.key")
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(a, b):
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                b.sendall(data)
        for s in (a, b):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def serve():
        while True:
            raw, _ = listener.accept()
            with contextlib.suppress(OSError):
                front, back = context.wrap_socket(raw, server_side=True), socket.create_connection(("127.0.0.1", port))
                threading.Thread(target=pump, args=(front, back), daemon=True).start()
                threading.Thread(target=pump, args=(back, front), daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def over_tls(t):
    base, port = temp_dir(), free_port()
    ngircd(base, port)
    front = tls_front(port, base)
    conf = SITE + f"""
irc:
  home: {{ server: "localhost:{front}", ca_file: {base}/ca.pem, channels: [{{ name: "#ops", topic: yes }}] }}
"""
    with Daemon(conf) as d:
        t.ok(settled(d), "over TLS, with a certificate that is judged", (network(d), log_of(d)))
        d.configure(conf.replace(f"ca_file: {base}/ca.pem, ", ""))
        d.cli("conf", "apply")
        t.ok(until(lambda: network(d)["state"] == "down" and network(d)["error"], 20), "one that nobody vouches for is refused", network(d))


# ---- InspIRCd and Atheme ----

INSP = """<path configdir="{b}" datadir="{b}" logdir="{b}" runtimedir="{b}">
<server name="irc.test.local" description="t" network="Test" id="1AA">
<admin name="a" nick="a" email="a@example.org">
<bind address="127.0.0.1" port="{c}" type="clients">
<bind address="127.0.0.1" port="{s}" type="servers">
<connect name="main" allow="*" timeout="30" hardsendq="1M" recvq="8K" localmax="100" globalmax="100" resolvehostnames="no" commandrate="100000" threshold="10000">
<module name="cap"><module name="ircv3"><module name="ircv3_accounttag"><module name="ircv3_servertime"><module name="ircv3_echomessage">
<module name="sasl"><module name="services_account"><module name="spanningtree"><module name="deaf">
<sasl target="services.test.local" requiressl="no">
<uline server="services.test.local" silent="yes">
<link name="services.test.local" ipaddr="127.0.0.1" port="{s}" allowmask="127.0.0.0/8" sendpass="linkpw" recvpass="linkpw">
"""
ATHEME = """loadmodule "modules/protocol/inspircd";
loadmodule "modules/backend/opensex";
loadmodule "modules/crypto/pbkdf2v2";
loadmodule "modules/nickserv/main";
loadmodule "modules/nickserv/identify";
loadmodule "modules/nickserv/register";
loadmodule "modules/nickserv/info";
loadmodule "modules/chanserv/main";
loadmodule "modules/chanserv/register";
loadmodule "modules/chanserv/flags";
loadmodule "modules/chanserv/topic";
loadmodule "modules/chanserv/op";
loadmodule "modules/chanserv/access";
loadmodule "modules/saslserv/main";
loadmodule "modules/saslserv/plain";
loadmodule "modules/saslserv/external";
serverinfo {{ name = "services.test.local"; desc = "s"; numeric = "00A"; recontime = 2; netname = "Test"; hidehostsuffix = "users.test"; adminname = "a"; adminemail = "a@example.org"; registeremail = "a@example.org"; auth = none; mta = "/bin/true"; loglevel = {{ error; }}; maxlogins = 5; maxusers = 0; casemapping = rfc1459; }};
uplink "irc.test.local" {{ host = "127.0.0.1"; port = {s}; send_password = "linkpw"; receive_password = "linkpw"; }};
nickserv {{ nick = "NickServ"; user = "NickServ"; host = "services."; real = "n"; }};
chanserv {{ nick = "ChanServ"; user = "ChanServ"; host = "services."; real = "c"; }};
saslserv {{ nick = "SaslServ"; user = "SaslServ"; host = "services."; real = "s"; }};
logfile "{b}/atheme.log" {{ error; info; }};
general {{ commit_interval = 5; }};
"""


def inspircd(base, client, link):
    path = pathlib.Path(base, "insp.conf")
    path.write_text(INSP.format(b=base, c=client, s=link))
    root = ["--runasroot"] if os.getuid() == 0 else []
    return server(["/usr/sbin/inspircd", f"--config={path}", "--nofork", *root], client, f"{base}/insp.log")


def atheme(base, link):
    path = pathlib.Path(base, "atheme.conf")
    path.write_text(ATHEME.format(b=base, s=link))
    with open(f"{base}/atheme.out", "wb") as f:
        p = subprocess.Popen(["/usr/bin/atheme-services", "-n", "-c", path, "-D", base, "-p", f"{base}/atheme.pid", "-l", f"{base}/atheme.log"], stdin=subprocess.DEVNULL, stdout=f, stderr=f, start_new_session=True)
    started.append(p)
    return p


def registered(port, nick, password="pw-of-" + "x"):
    """A person with an account of his nick's name."""
    for i in range(20):
        c = Client(port, nick)
        c.say(f"PRIVMSG NickServ :REGISTER {password} {nick}@example.org")
        if c.wait(r"NickServ!\S+ NOTICE .*(now registered|is now|already registered)| 900 ", 3):
            c.say(f"PRIVMSG NickServ :IDENTIFY {nick} {password}")
            time.sleep(0.5)
            return c
        c.quit()
        time.sleep(0.5)
    raise RuntimeError(f"{nick} cannot register: {c.lines[-5:]}")


def accounts_and_services(t):
    base, client, link = temp_dir(), free_port(), free_port()
    insp = inspircd(base, client, link)
    services = atheme(base, link)
    adm, bot = registered(client, "adm"), registered(client, "statusbot")
    bot.quit()
    adm.join("#ops")
    adm.say("PRIVMSG ChanServ :REGISTER #ops")
    t.ok(adm.wait(r"ChanServ!\S+ NOTICE .*(is now registered|now registered)", 10), "a channel with services", adm.lines[-6:])
    adm.say("PRIVMSG ChanServ :FLAGS #ops statusbot +t")
    adm.wait(r"ChanServ!\S+ NOTICE .*[Ff]lags", 10)
    adm.set_topic("Welcome | meeting on friday")
    adm.join("#open")
    adm.say("MODE #open -t")
    conf = SITE + f"""
irc:
  home:
    server: "127.0.0.1:{client}"
    tls: no
    nick: lookout
    sasl: {{ user: statusbot, password: pw-of-x }}
    accounts: {{ adm: operator }}
    channels: [{{ name: "#ops", topic: yes, tell: [no] }}, {{ name: "#open", topic: yes, tell: [no] }}]
"""
    time.sleep(1.5)
    with Daemon(conf) as d:
        t.ok(settled(d) and until(lambda: network(d)["account"] == "statusbot", 10), "logged in by SASL", (network(d), log_of(d)))
        topic_is(t, adm, r"^Status: OK \| Welcome \| meeting on friday$", "our part comes to the front of a topic without one")
        adm.set_topic("Status: DOWN mail - disk full on ceres | Welcome | meeting on friday")
        topic_is(t, adm, r"^Status: DOWN mail - disk full on ceres https://status\.example\.org/incident/\w{12} \| Welcome \| meeting on friday$", "an account that may changes the status")
        row = bulletins(d, "open")
        t.ok(len(row) == 1 and row[0]["level"] == "major" and row[0]["components"] == ["mail"], "an incident is open", row)
        t.eq(d.cli("incident", "show", str(row[0]["id"]), "--json").json["bulletin"]["author"], "irc:adm", "by irc:adm")
        strangers(t, d, client, adm)
        chanserv(t, d, client, adm)
        sasl_and_nickserv(t, d, conf, adm)
        while_away(t, d, adm, base, link, client)
        services_late(t, d, base, link, client, insp, services, adm)
    adm.quit()


def strangers(t, d, client, adm):
    eve = Client(client, "eve")
    eve.join("#open")
    eve.join("#ops")
    topic_is(t, eve, r"^Status: DOWN mail - disk full on ceres https://\S+$", "the status stands in an open channel, too", channel="#open")
    eve.set_topic("Status: OK - haha | party", "#open")
    t.ok(eve.wait(r"NOTICE eve :Sorry"), "a stranger’s topic is not taken", eve.lines[-6:])
    topic_is(t, adm, r"^Status: DOWN mail - disk full on ceres https://\S+ \| party$", "our part is put back, the rest is his", channel="#open")
    t.eq(len(bulletins(d, "open")), 1, "his word is nothing")
    eve.say("NICK admin")
    eve.say("PRIVMSG #ops :!incident resolve 1 haha")
    eve.say("PRIVMSG #ops :!status")
    t.ok(eve.wait(r"NOTICE #ops :admin: Status: DOWN mail"), "he may ask", eve.lines[-6:])
    t.eq(len(bulletins(d, "open")), 1, "but end nothing")
    eve.quit()


def chanserv(t, d, client, adm):
    since = len(adm.lines)
    time.sleep(1.5)
    d.cli("incident", "update", "1", "mail:degraded", "-m", "Half of it is back.")
    topic_is(t, adm, r"^Status: DEGRADED mail - Half of it is back\. https://\S+ \| Welcome \| meeting on friday$", "where only operators may, ChanServ sets it for us")
    t.ok(adm.has(r"^:ChanServ!\S+ TOPIC #ops :Status: DEGRADED", since), "by the service", adm.lines[since:])
    time.sleep(1.5)
    adm.say("PRIVMSG ChanServ :TOPIC #ops Status: PARTIAL mail - by the service | Welcome")
    adm.wait(r"^:ChanServ!\S+ TOPIC #ops :Status: PARTIAL", 10, since)
    adm.topic("#ops")
    by = [m.group(1) for line in adm.lines if (m := re.search(r" 333 adm #ops (\S+) ", line))][-1]
    if by == "adm":  # the services say who asked, or do not
        topic_is(t, adm, r"^Status: PARTIAL mail - by the service https://\S+ \| Welcome$", "who asked ChanServ is found out")
    else:
        topic_is(t, adm, r"^Status: DEGRADED mail - Half of it is back\. https://\S+ \| Welcome$", "what nobody answers for is put back")
    t.eq(bulletins(d, "open")[0]["level"], "partial" if by == "adm" else "degraded", f"and counts as it should (333: {by})")
    updates = len(d.cli("incident", "show", "1", "--json").json["bulletin"]["updates"])
    since = len(adm.lines)
    time.sleep(8)
    t.eq(len(d.cli("incident", "show", "1", "--json").json["bulletin"]["updates"]), updates, "no loop: nothing more is said of it")
    t.eq(adm.count(r" TOPIC #ops :", since), 0, "and the topic rests")
    adm.say("PRIVMSG #ops :!maintenance plan dns 22:00-23:00 UTC kernel upgrade")
    t.ok(adm.wait(r"NOTICE #ops :adm: \d+, Confirmed: .* https://status\.example\.org/maintenance/"), "a command plans work", adm.lines[-6:])
    adm.set_topic("Status: OK - new disk | Welcome")
    t.ok(until(lambda: not [b for b in bulletins(d, "open") if b["kind"] == "incident"], 20), "OK ends it", bulletins(d, "open"))
    adm.say("PRIVMSG #ops :!maintenance cancel not today")
    topic_is(t, adm, r"^Status: OK \| Welcome$", "and all is well")


def sasl_and_nickserv(t, d, conf, adm):
    d.configure(conf.replace("pw-of-x", "wrong"))
    d.cli("conf", "apply")
    t.ok(until(lambda: network(d)["state"] == "up" and "SASL" in (network(d)["error"] or ""), 30), "a wrong password is told", network(d))
    t.eq(network(d)["account"], None, "and no account is ours")
    d.configure(conf)
    d.cli("conf", "apply")
    t.ok(until(lambda: network(d)["account"] == "statusbot" and network(d)["state"] == "up" and not network(d)["error"], 30), "the right one works again", network(d))


def while_away(t, d, adm, base, link, client):
    d.kill()
    adm.wait(r"^:lookout!\S+ QUIT", 20, len(adm.lines) - 5)
    adm.set_topic("Status: DOWN website - said while nobody listened | party", "#open")
    d.start()
    topic_is(t, adm, r"^Status: DOWN website - said while nobody listened https://\S+ \| party$", "kill -9, a topic set meanwhile by who may: it counts", 60, channel="#open")
    row = bulletins(d, "open")
    t.ok(len(row) == 1 and row[0]["components"] == ["website"], "as one incident", row)
    topic_is(t, adm, r"^Status: DOWN website - said while nobody listened https://\S+ \| Welcome$", "and stands in the other channel, too", 90)
    d.kill()
    eve = Client(client, "eve")
    eve.join("#open")
    eve.set_topic("Status: OK - haha | party", "#open")
    d.start()
    topic_is(t, adm, r"^Status: DOWN website - said while nobody listened https://\S+ \| party$", "a stranger’s does not", 60, channel="#open")
    t.eq(len(bulletins(d, "open")), 1, "the incident stays open")
    eve.quit()
    d.kill()
    d.start()
    settled(d)
    time.sleep(6)
    t.eq(len(d.cli("incident", "show", str(row[0]["id"]), "--json").json["bulletin"]["updates"]), 1, "another kill -9 changes nothing")


def services_late(t, d, base, link, client, insp, services, adm):
    """The whole network dies; the server comes back without its services, which are linked later."""
    services.terminate()
    services.wait(20)
    stop(insp)
    t.ok(until(lambda: network(d)["state"] == "down", 20), "the network is gone", network(d))
    inspircd(base, client, link)
    t.ok(until(lambda: network(d)["state"] == "up", 60), "back without services", (network(d), log_of(d)))
    t.ok(not network(d)["account"], "without an account", network(d))
    atheme(base, link)
    t.ok(until(lambda: network(d)["account"] == "statusbot", 150), "and with it once they are there again", (network(d), log_of(d)))
    who = Client(client, "who")
    who.join("#ops")
    topic_is(t, who, r"Status: DOWN website - said while nobody listened https://", "the status stands in the new channel’s topic", 120)
    t.eq(len(bulletins(d, "open")), 1, "nothing was said twice")
    who.quit()


tap = Tap()
tap.part(masks_and_operators)
tap.part(hostile_and_small)
tap.part(over_tls)
tap.part(accounts_and_services)
tap.done()

# SPDX-License-Identifier: GPL-3.0-or-later
# packages: postfix ngircd
"""One incident, every way out: mail, webhook, WebSub, a text message, IRC. Half of them away while vigie is killed, and none is forgotten, none told twice:
no way waits for another (ANN-3, ANN-13; ST-4, ST-10, ST-13)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import http.server
import urllib.parse
from _mails import *
from _peers import *

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Web:
    """A webhook's receiver, a feed reader's callback, on one port. What is in `away` answers 503."""

    def __init__(self):
        self.got, self.away, outer = [], set(), self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body=b""):
                with contextlib.suppress(OSError): # whoever asked may be gone
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def do_GET(self):
                self.answer(200, urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("hub.challenge", [""])[0].encode())

            def do_POST(self):
                body, what = self.rfile.read(int(self.headers.get("Content-Length", 0))), self.path.strip("/")
                if what in outer.away:
                    self.answer(503)
                    return
                outer.got.append((what, body.decode("utf-8", "replace")))
                self.answer(201)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, what):
        return [body for w, body in self.got if w == what]


class Channel:
    """Somebody who sits in the channel and keeps what is said there, also over a new server."""

    def __init__(self, port):
        self.port, self.said = port, []
        self.enter()

    def enter(self):
        self.s = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.s.settimeout(None)
        threading.Thread(target=self.read, args=(self.s,), daemon=True).start()
        self.s.sendall(b"NICK reader\r\nUSER reader 0 * :reader\r\nJOIN #ops\r\n")

    def read(self, s):
        rest = b""
        with contextlib.suppress(OSError):
            while data := s.recv(65536):
                *lines, rest = (rest + data).split(b"\r\n")
                for line in lines:
                    if line.startswith(b"PING"):
                        s.sendall(b"PONG" + line[4:] + b"\r\n")
                    elif re.search(rb" (PRIVMSG|NOTICE) #ops ", line):
                        self.said.append(line.decode("utf-8", "replace"))


def ngircd(base, port):
    path = pathlib.Path(base, "ng.conf")
    path.write_text(f"[Global]\nName = irc.test.local\nInfo = t\nListen = 127.0.0.1\nPorts = {port}\n[Limits]\nMaxConnectionsIP = 50\n"
                    "[Options]\nDNS = no\nIdent = no\nPAM = no\n[Channel]\nName = #ops\nModes = n\n")
    if os.getuid() == 0:
        os.chmod(base, 0o755)
        path.chmod(0o644)
    return server(["/usr/sbin/ngircd", "-n", "-f", path], port, f"{base}/ng.log")


def kill(p):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(p.pid, signal.SIGKILL)
    p.wait(10)


class Town:
    def __init__(self):
        self.base, self.web = temp_dir(), Web()
        os.chmod(self.base, 0o755) # the sink is nobody
        self.box, self.spool = f"{self.base}/mails", f"{self.base}/sms"
        os.makedirs(self.spool)
        self.smtp_port, self.irc_port = free_port(), free_port()
        self.smtp, self.irc = sink(self.box, self.smtp_port), ngircd(self.base, self.irc_port)
        self.channel = Channel(self.irc_port)
        self.d = Daemon(f"""
site: {{ title: Harbour, url: "http://status.example.org", mail: {{ smtp: "smtp://127.0.0.1:{self.smtp_port}", from: "status@example.org" }} }}
announce: {{ outsiders: anywhere }}
components: {{ website: {{ name: Website }}, mail: {{}} }}
webhooks: {{ own: {{ url: "http://127.0.0.1:{self.web.port}/webhook" }} }}
sms: {{ via: gammu, spool: "{self.spool}", to: [{{ number: "+33612345678" }}] }}
irc: {{ home: {{ server: "127.0.0.1:{self.irc_port}", tls: no, nick: lookout, channels: [{{ name: "#ops" }}] }} }}
""").start()

    def count(self, words):
        """How often each way has brought these words."""
        return {
            "mail": sum(words in plain(m) for m in to(self.box, "reader@example.org")),
            "webhook": sum(words in b for b in self.web.of("webhook")),
            "websub": sum(words in b for b in self.web.of("websub")),
            "sms": sum(words in f.read_text(errors="replace") for f in pathlib.Path(self.spool).glob("*") if f.is_file()),
            "irc": sum(words in line for line in self.channel.said),
        }

    def settle(self):
        return until(lambda: self.d.cli("irc", "list", "--json").json["networks"][0]["state"] == "up", 60)


def everybody_listens(t, w):
    w.d.http("POST", "/subscribe", urllib.parse.urlencode({"email": "reader@example.org", "kind": ["incidents", "updates", "resolved"]}, doseq=True), FORM)
    t.ok(until(lambda: to(w.box, "reader@example.org"), 20), "a reader is asked by mail")
    t.eq(w.d.http("POST", path_in(plain(to(w.box, "reader@example.org")[0]), "/subscribe/confirm/"), "", FORM).status, 200, "and confirms")
    r = w.d.http("POST", "/websub", urllib.parse.urlencode({"hub.mode": "subscribe", "hub.topic": "http://status.example.org/feed.atom", "hub.callback": f"http://127.0.0.1:{w.web.port}/websub"}), FORM)
    t.eq(r.status, 202, "a feed reader subscribes at our hub", )
    t.ok(w.settle(), "and we sit in the channel", w.d.log()[-800:])
    t.ok(until(lambda: w.d.cli("websub", "list", "--json").json.get("subscriptions"), 20), "the feed reader's wish was verified", w.d.cli("websub", "list"))


def reached(t, w, words, text):
    good = until(lambda: all(n == 1 for n in w.count(words).values()), 90, 0.3)
    return t.ok(good, text, (w.count(words), w.d.log()[-1500:]))


def all_well(t, w):
    w.d.cli("incident", "open", "website:major", "-t", "Login fails", "-m", "We look for the cause.")
    reached(t, w, "We look for the cause", "an incident goes out by each way, once")


def half_of_them_away(t, w):
    """Mail, webhook and IRC are away when it is said; vigie is killed and started; then they come back."""
    kill(w.smtp)
    kill(w.irc)
    w.web.away.add("webhook")
    w.d.cli("incident", "update", "1", "-m", "A fan was broken.", "-p", "identified")
    there = ("websub", "sms")
    t.ok(until(lambda: all(w.count("A fan was broken")[x] == 1 for x in there), 60, 0.3), "who is there is told, whoever is away", w.count("A fan was broken"))
    w.d.kill()
    w.smtp, w.irc = sink(w.box, w.smtp_port), ngircd(w.base, w.irc_port)
    w.channel.enter()
    w.web.away.clear()
    w.d.start()
    w.settle()
    reached(t, w, "A fan was broken", "those who were away have it, too; nobody has it twice")


def the_end(t, w):
    w.d.cli("incident", "resolve", "1", "-m", "All is well again.")
    reached(t, w, "All is well again", "and the end goes everywhere, once")
    time.sleep(3)
    t.ok(all(n == 1 for words in ("We look for the cause", "A fan was broken", "All is well again") for way, n in w.count(words).items() if way != "websub"), "nothing comes again afterwards", w.count("A fan was broken"))


def main():
    t, w = Tap(), Town()
    for part in (everybody_listens, all_well, half_of_them_away, the_end):
        t.part(part, w)
    t.done()


main()

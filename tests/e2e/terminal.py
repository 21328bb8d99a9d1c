# SPDX-License-Identifier: GPL-3.0-or-later
"""`vigie watch` on a real (pseudo) terminal: what it shows, what its keys do, and that the terminal is put back."""
import fcntl
import pty
import select
import struct
import sys
import termios
sys.dont_write_bytecode = True
from kit import *

CONFIG = """
hosts:
  web1:
    alive: no
    checks:
      - tcp: { name: shop, port: "127.0.0.1:%d", every: 2s, retry: 1s, attempts: 1 }
      - tcp: { name: site, port: "127.0.0.1:%d", every: 2s, retry: 1s, attempts: 1 }
"""


class Screen:
    """A terminal of 24 lines; what was written to it, without the sequences, since the last look."""

    def __init__(self, *words, rows=24, columns=100):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execv(VIGIE, [VIGIE, *words])
        self.size(rows, columns)
        self.raw = ""

    def size(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.fd], [], [], 0.05)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            self.raw += data.decode("utf-8", "replace")
        return self.text()

    def text(self):
        return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", self.raw)

    def shows(self, *parts, seconds=15):
        """All of them in one drawing of the screen, after this call began."""
        self.read()
        self.raw = ""
        return until(lambda: all(p in self.read()[-20000:] for p in parts), seconds)

    def key(self, keys):
        os.write(self.fd, keys.encode())

    def ended(self):
        def gone():
            self.read()  # as a terminal does: a full one would hold up whoever writes
            return os.waitpid(self.pid, os.WNOHANG)[0] == self.pid
        got = until(gone, 10)
        self.read()
        return got


def keys(t):
    shop, site = free_port(), Tcp(lambda c: time.sleep(1))
    with Daemon(CONFIG % (shop, site.port)) as d:
        d.wait("web1/shop", state="critical")
        d.wait("web1/site", state="ok")
        s = Screen("watch", "--data", d.data)
        t.ok(s.shows("> Critical", "web1/shop", "connection refused", "1 critical"), "problems are shown, the first is chosen", s.text())
        t.ok("web1/site" not in s.text(), "what is well is not", s.text())
        s.key("p")
        t.ok(s.shows("web1/shop", "web1/site"), "p shows everything", s.text())
        s.key("a")
        t.ok(s.shows("What is being done about it"), "a asks what is being done", s.text())
        s.key("Réparation en cours\r")
        t.ok(s.shows("web1/shop: taken", "Réparation en cours"), "and takes it, accents and all", s.text())
        t.ok(d.row("web1/shop")["acknowledged"], "the daemon knows")
        s.key("w")
        t.ok(s.shows("- Critical for", "acknowledged by"), "w says why", s.text())
        s.key("A")
        t.ok(s.shows("web1/shop: released"), "A releases it", s.text())
        s.key("d30m New disk\r")
        t.ok(s.shows("web1/shop: planned"), "d plans work", s.text())
        t.ok(until(lambda: d.row("web1/shop")["in_downtime"]), "which the daemon knows, too")
        s.key("/site\r")
        t.ok(s.shows("/site", "> OK"), "/ finds", s.text())
        s.key("\x1b[B\x1b[A\x1b[5~\x1b[99~\x1bOP")  # known and unknown sequences
        s.size(5, 20)
        t.ok(s.shows("vigie"), "a tiny terminal does no harm", s.text())
        s.size(24, 100)
        d.signal(signal.SIGSTOP)
        d.signal(signal.SIGCONT)
        s.key("q")
        t.ok(s.ended() and "\x1b[?1049l" in s.raw, "q ends and puts the terminal back", s.raw[-200:])


def a_daemon_that_goes(t):
    with Daemon("hosts: { web1: { alive: no } }\n") as d:
        s = Screen("watch", "--data", d.data)
        t.ok(s.shows("All is well"), "nothing to do is said", s.text())
        d.stop()
        t.ok(s.shows("no answer from the daemon"), "a daemon that is gone is said", s.text())
        s.key("\x03")
        t.ok(s.ended() and "\x1b[?1049l" in s.raw, "Ctrl-C ends it", s.raw[-200:])


def without_a_terminal(t):
    s = vigie("watch")
    t.ok(s.rc == 1 and "terminal" in s.err, "without a terminal it says so", s)


t = Tap()
for part in (keys, a_daemon_that_goes, without_a_terminal):
    t.part(part)
t.done()

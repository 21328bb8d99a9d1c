# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the real binary share: TAP, a daemon in a directory of its own, and things to watch on loopback.

Everything listens on 127.0.0.1 with ports that the kernel chose; whatever was started is ended, also after a failure.
The binary is $VIGIE.  A test asserts behaviour; when it waits, it waits long, and goes on as soon as it may."""
import atexit
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[3]
VIGIE = os.environ.get("VIGIE") or str(ROOT / "build/src/daemon/vigie")
PATIENCE = float(os.environ.get("VIGIE_TEST_PATIENCE", "30"))


# ---- TAP ----

class Tap:
    """ok()/eq()/has() report one line each; part() keeps an exception of one part from ending the others."""

    def __init__(self):
        self.n = self.failed = 0

    def ok(self, good, text, detail=None):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {text.replace('#', '')}", flush=True)
        if not good and detail is not None:
            for line in str(detail).splitlines()[:40]:
                print(f"# {line}", flush=True)
        return bool(good)

    def eq(self, got, want, text):
        return self.ok(got == want, text, f"got  {got!r}\nwant {want!r}")

    def has(self, where, *parts, text):
        missing = [p for p in parts if p not in where]
        return self.ok(not missing, text, f"missing {missing!r} in:\n{where}")

    def skip(self, text, why):
        self.n += 1
        print(f"ok {self.n} - {text} # SKIP {why}", flush=True)

    def part(self, fn, *args):
        if len(sys.argv) > 1 and fn.__name__ not in sys.argv[1:]: # by hand: one part alone
            return
        began = time.monotonic()
        try:
            fn(self, *args)
        except Exception as e:
            self.ok(False, f"{fn.__name__.replace('_', ' ')} goes to its end", "".join(traceback.format_exception(e)))
        print(f"# {fn.__name__.replace('_', ' ')}: {time.monotonic() - began:.1f} s", flush=True)

    def done(self):
        print(f"1..{self.n}", flush=True)
        sys.exit(1 if self.failed else 0)


def until(fn, seconds=None, every=0.05):
    """The first true value of fn(), or its last one when the patience is over."""
    end = time.monotonic() + (seconds or PATIENCE)
    while True:
        value = fn()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


_dirs = []


def temp_dir():
    d = tempfile.mkdtemp(prefix="vigie-e2e-")
    _dirs.append(d)
    return d


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def clean_env(**more):
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TZ")}
    return {**keep, "LC_ALL": "C.UTF-8", **more}


class Said:
    """What a finished command said."""

    def __init__(self, p):
        self.rc = p.returncode
        self.raw_out, self.raw_err = p.stdout, p.stderr
        self.out, self.err = p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace")
        self.text = self.out + self.err

    def __repr__(self):
        return f"status {self.rc}\n--- stdout\n{self.out}--- stderr\n{self.err}"

    @property
    def json(self):
        return json.loads(self.out)


def vigie(*args, env=None, timeout=60, cwd=None, prefix=(), stdin=None):
    """The binary as any command, without a daemon of ours."""
    p = subprocess.run([*prefix, VIGIE, *map(str, args)], env=clean_env(**(env or {})), capture_output=True, timeout=timeout, cwd=cwd, input=stdin or b"")
    return Said(p)


# ---- the daemon ----

class Reply:
    def __init__(self, r, body):
        self.status, self.body = r.status, body
        self.headers = r.headers
        self.text = body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)}\n{self.text[:2000]}"


class Daemon:
    """vigie serve with a data directory of its own; a context manager."""
    all = []

    def __init__(self, config=None, data=None, args=(), prefix=(), env=None, listen="127.0.0.1:0"):
        self.data = data or os.path.join(temp_dir(), "data")
        os.makedirs(self.data, exist_ok=True)
        self.args, self.prefix, self.listen, self.env = list(args), list(prefix), listen, env or {}
        self.process = self.port = self.setup_link = None
        self.log_path = os.path.join(os.path.dirname(self.data) or ".", f"log-{len(Daemon.all)}.txt")
        if config is not None:
            self.configure(config)
        Daemon.all.append(self)

    def configure(self, text, name="vigie.yaml"):
        path = os.path.join(self.data, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(path + ".new", path)
        return path

    def start(self):
        log = open(self.log_path, "ab")
        self.began = log.tell()
        self.process = subprocess.Popen([*self.prefix, VIGIE, "serve", "--data", self.data, "--listen", self.listen, *self.args], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, env=clean_env(**self.env), start_new_session=True)
        log.close()
        self.hello = until(lambda: re.search(r"http://\S+?:(\d+)/console", self.log(now=True)) or self.process.poll() is not None)
        if not self.hello or self.hello is True:
            raise RuntimeError("the daemon did not start:\n" + self.log(now=True))
        self.port = int(self.hello.group(1))
        return self

    def find_setup_link(self):
        m = until(lambda: re.search(r"http://\S+(/setup/\w+)", self.log(now=True)))
        return m.group(1)

    def log(self, now=False):
        try:
            with open(self.log_path, "rb") as f:
                f.seek(self.began if now else 0)
                return f.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=30):
        """SIGTERM; returns the exit status."""
        if not self.alive():
            return self.process.returncode if self.process else None
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return "killed"

    def kill(self):
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()

    def end(self):
        """Whatever of its session is left."""
        if self.process:
            if self.alive():
                self.stop(10)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.end()

    # -- asking it

    def cli(self, *args, env=None, timeout=60):
        return vigie(*args, "--data", self.data, env=env, timeout=timeout)

    def http(self, method, path, body=None, headers=None, timeout=30):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            h = dict(headers or {})
            if isinstance(body, (dict, list)):
                body = json.dumps(body).encode()
                h.setdefault("Content-Type", "application/json")
            c.request(method, path, body=body, headers=h)
            r = c.getresponse()
            return Reply(r, r.read())
        finally:
            c.close()

    def api(self, method, path, body=None, timeout=30):
        """As administrator over the local socket."""
        c = http.client.HTTPConnection("localhost", timeout=timeout)
        c.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        c.sock.settimeout(timeout)
        c.sock.connect(os.path.join(self.data, "vigie.sock"))
        try:
            c.request(method, path, body=None if body is None else json.dumps(body).encode(), headers={"Content-Type": "application/json"} if body is not None else {})
            r = c.getresponse()
            return Reply(r, r.read())
        finally:
            c.close()

    def rows(self):
        return {(r["host"], r["check"]): r for r in self.api("GET", "/api/v1/status").json["checks"]}

    def row(self, target):
        host, _, check = target.partition("/")
        return self.rows().get((host, check or None))

    def wait(self, target, seconds=None, **want):
        """Waits until the row has these fields; a field may be a function. Returns the row that did, or None."""
        def look():
            r = self.row(target)
            if r and all(w(r.get(k)) if callable(w) else r.get(k) == w for k, w in want.items()):
                return r
        return until(look, seconds)

    def rss_kb(self):
        with open(f"/proc/{self.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


@atexit.register
def _end_all():
    for d in Daemon.all:
        d.end()
    for d in _dirs:
        shutil.rmtree(d, ignore_errors=True)


# ---- things to watch ----

class Tcp:
    """A listener that hands each connection to fn(socket) on a thread of its own. stop() refuses; start() takes the same port again."""

    def __init__(self, fn, port=0):
        self.fn, self.port, self.listener, self.hits = fn, port, None, 0
        self.open = []
        self.start()

    def start(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def _accept(self, listener):
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            self.hits += 1
            self.open.append(c)
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        with contextlib.suppress(OSError, ValueError):
            self.fn(c)
        with contextlib.suppress(OSError):
            c.close()
        with contextlib.suppress(ValueError):
            self.open.remove(c)

    def stop(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in list(self.open):
            with contextlib.suppress(OSError):
                c.shutdown(socket.SHUT_RDWR)


def read_request(c):
    got = b""
    while b"\r\n\r\n" not in got and len(got) < 65536:
        part = c.recv(4096)
        if not part:
            break
        got += part
    return got


class Page(Tcp):
    """A web server whose answer is a field: status, body, delay."""

    def __init__(self, status=200, body=b"Welcome", delay=0.0, port=0):
        self.status, self.body, self.delay, self.headers = status, body, delay, []
        super().__init__(self._answer, port)

    def _answer(self, c):
        self.last = read_request(c)
        if self.delay:
            time.sleep(self.delay)
        lines = [f"HTTP/1.1 {self.status} X", f"Content-Length: {len(self.body)}", "Connection: close", *self.headers]
        c.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + self.body)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"


class Smtp(Tcp):
    """A mail server that keeps what it was given: mails is a list of (from, [to], text)."""

    def __init__(self):
        self.mails = []
        super().__init__(self._talk)

    def _talk(self, c):
        f = c.makefile("rwb")

        def say(line):
            f.write(line.encode() + b"\r\n")
            f.flush()
        say("220 sink ESMTP")
        sender, to = None, []
        for raw in f:
            line = raw.decode("utf-8", "replace").strip()
            word = line.upper().split(" ")[0]
            if word in ("EHLO", "HELO"):
                say("250 sink")
            elif word == "MAIL":
                sender, to = line.split(":", 1)[1].split()[0].strip("<>"), []
                say("250 ok")
            elif word == "RCPT":
                to.append(line.split(":", 1)[1].strip().strip("<>"))
                say("250 ok")
            elif word == "DATA":
                say("354 go on")
                text = b""
                for part in f:
                    if part == b".\r\n":
                        break
                    text += part[1:] if part.startswith(b"..") else part
                else:
                    return  # the sender died in the middle: a server that has not seen the dot keeps nothing
                self.mails.append((sender, to, text.decode("utf-8", "replace")))
                say("250 kept")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


def subject(mail):
    import email.header
    import email.parser
    m = email.parser.Parser().parsestr(mail[2] if isinstance(mail, tuple) else mail)
    return str(email.header.make_header(email.header.decode_header(m["Subject"])))


def body(mail):
    import email.parser
    m = email.parser.Parser().parsestr(mail[2] if isinstance(mail, tuple) else mail)
    return m.get_payload(decode=True).decode("utf-8", "replace")

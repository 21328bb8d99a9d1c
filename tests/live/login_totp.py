# SPDX-License-Identifier: GPL-3.0-or-later
# packages: oathtool zbar-tools
"""The QR code of the account page is read by zbar, and the codes that oathtool makes of what stands in it are those that vigie takes: set
up, logged in with, refused the second time, recovered from, ended by an admin."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *
import html
import urllib.parse

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def picture(page):
    """What stands in the code that the page draws."""
    size = int(re.search(r'class="qr"[^>]*viewBox="0 0 (\d+)', page).group(1))
    path = re.search(r'fill="#000" d="([^"]*)"', page).group(1)
    k = 6
    dots = bytearray(b"\xff" * (size * k) ** 2)
    for x, y, run_ in re.findall(r"M(\d+) (\d+)h(\d+)", path):
        for row in range(int(y) * k, (int(y) + 1) * k):
            at = row * size * k + int(x) * k
            dots[at:at + int(run_) * k] = b"\0" * (int(run_) * k)
    file = os.path.join(temp_dir(), "code.pgm")
    pathlib.Path(file).write_bytes(f"P5\n{size * k} {size * k}\n255\n".encode() + dots)
    return run("zbarimg", "-q", "--raw", file).strip()


class Person:
    def __init__(self, v):
        self.v, self.jar = v, {}

    def ask(self, method, path, **fields):
        r = self.v.http(method, path, body=urllib.parse.urlencode(fields) if fields else None, headers={**(FORM if fields else {}), "Cookie": "; ".join(f"{k}={v}" for k, v in self.jar.items())})
        for name, value in r.headers.items():
            if name.lower() == "set-cookie":
                k, _, val = value.split(";")[0].partition("=")
                self.jar[k] = val
                if not val:
                    del self.jar[k]
        return r

    def csrf(self):
        return re.search(r'name="csrf" value="([^"]+)"', self.ask("GET", "/console/account").text).group(1)

    def post(self, what, **fields):
        return self.ask("POST", f"/console/account/{what}", csrf=self.csrf(), **fields)

    def log_in(self, name="ada", password="correct horse battery"):
        return self.ask("POST", "/login", user=name, password=password, next="/console/hosts")


def oath(secret, step=0):
    return run("oathtool", "--totp", "-b", secret, "-N", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + 30 * step))).strip()


def whole_way(t):
    with Daemon("site: { title: { en: Harbour & sons, fr: Port } }\n") as v:
        ada = Person(v)
        t.eq(ada.ask("POST", v.find_setup_link(), user="ada", password="correct horse battery", again="correct horse battery").status, 303, "ada is the first")
        page = ada.post("begin").text
        uri = picture(page)
        m = re.fullmatch(r"otpauth://totp/([^?]*)\?secret=([A-Z2-7]{32})&issuer=(.*)", uri)
        t.ok(m and urllib.parse.unquote(m.group(1)) == "Harbour & sons:ada" and urllib.parse.unquote(m.group(3)) == "Harbour & sons", "zbar reads whose secret it is", uri)
        secret = m.group(2)
        t.eq(re.sub(r"\s", "", re.search(r'class="secret">([^<]*)', page).group(1)), secret, "it is the one that is written below")
        t.eq(ada.post("confirm", code="000000").status, 401, "another code does not confirm it")
        # The step of the confirming code is used up: that of before leaves the present one for the log-in.
        done = ada.post("confirm", code=oath(secret, -1))
        codes = re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", done.text)
        t.ok(done.status == 200 and len(set(codes)) == 10, "oathtool's code does, and ten recovery codes are shown", done)
        t.ok(not any(c in ada.ask("GET", "/console/account").text for c in codes), "once")
        new = Person(v)
        r = new.log_in()
        t.ok(r.status == 303 and r.headers["Location"] == "/login/code?next=%2Fconsole%2Fhosts" and "vigie" not in new.jar, "the password alone opens half", r)
        t.eq(new.ask("GET", "/console").status, 303, "and not the console")
        t.ok("one-time-code" in new.ask("GET", "/login/code").text, "a code is asked for")
        code = oath(secret)
        r = new.ask("POST", "/login/code", code=f"{code[:3]} {code[3:]}", next="/console/hosts")
        t.ok(r.status == 303 and r.headers["Location"] == "/console/hosts" and new.ask("GET", "/console").status == 200, "oathtool's code opens, and leads where one wanted to go", r)
        thief = Person(v)
        thief.log_in()
        t.eq(thief.ask("POST", "/login/code", code=code).status, 401, "the same code does not open twice")
        t.ok(thief.ask("POST", "/login/code", code=codes[4].upper()).status == 303 and thief.ask("GET", "/console").status == 200, "a recovery code does, whatever its letters")
        again = Person(v)
        again.log_in()
        t.eq(again.ask("POST", "/login/code", code=codes[4]).status, 401, "once")
        t.ok("9 recovery codes are left" in ada.ask("GET", "/console/account").text, "nine are left")
        t.ok("never" not in v.cli("user", "list").out and json.loads(v.cli("user", "list", "--json").out)["users"][0]["second_factor"], "it is listed")
        t.eq(v.cli("user", "reset-second-factor", "ada").rc, 0, "an admin ends it")
        t.eq(new.ask("GET", "/console").status, 303, "sessions are over")
        t.eq(Person(v).log_in().headers["Location"], "/console/hosts", "the password is enough again")


def required(t):
    with Daemon("login: { second_factor: required }\n") as v:
        ada = Person(v)
        ada.ask("POST", v.find_setup_link(), user="ada", password="correct horse battery", again="correct horse battery")
        r = ada.ask("GET", "/console")
        t.ok(r.status == 303 and ada.ask("GET", r.headers["Location"]).headers["Location"] == "/console/account", "where it is required there is one way", r)
        t.eq(ada.ask("GET", "/api/v1/status").status, 401, "also for the API")
        page = ada.post("begin").text
        secret = re.sub(r"\s", "", re.search(r'class="secret">([^<]*)', page).group(1))
        t.eq(ada.post("confirm", code=oath(secret)).status, 200, "set up")
        t.eq(ada.ask("GET", "/console").status, 200, "and open")


tap = Tap()
tap.part(whole_way)
tap.part(required)
tap.done()

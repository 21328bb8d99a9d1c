# SPDX-License-Identifier: GPL-3.0-or-later
# packages: postfix gpgv gnupg
"""Mails that come in through a real postfix, whose alias file pipes them to `vigie incident --from-mail`: staff publish and are answered, an
answer ends the incident, strangers are bounced, a daemon that is away makes postfix wait, a PGP signature is judged by gpgv, and an
upstream's notice becomes a draft (ST-3, ANN-1, ANN-9)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import email
import email.policy
import smtplib
import datetime
import kit
from _peers import *

SECRET = "A-Secret-Word1"


def config(port, d):
    return f"""
site: {{ title: Harbour, url: "http://status.example.org", mail: {{ smtp: "smtp://127.0.0.1:{port}", from: "status@mail.test" }} }}
components: {{ website: {{ name: {{ en: Website, fr: Site web }} }}, mail: {{ name: Mail }} }}
mail_in:
  address: status@mail.test
  unknown: bounce
  senders:
    - {{ from: anna@outside.test, secret: {SECRET} }}
    - {{ from: signer@outside.test, pgp: {d}/ops.gpg }}
upstreams: {{ fibre: {{ from: ["*@fibre.test"], provider: fibre.test, components: [mail] }} }}
"""


def postfix(d, port, sink_port, command):
    for name in ("etc", "queue", "data"):
        os.makedirs(f"{d}/{name}")
    shutil.chown(f"{d}/data", "postfix", "postfix")
    pathlib.Path(d, "etc/aliases").write_text(f'status "|{command}"\n')
    pathlib.Path(d, "etc/main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {d}/queue
data_directory = {d}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
default_privs = nobody
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.test
mydestination = mail.test
mynetworks = 127.0.0.0/8
recipient_delimiter = +
alias_maps = texthash:{d}/etc/aliases
local_recipient_maps =
relayhost = [127.0.0.1]:{sink_port}
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 2s
maillog_file = {d}/maillog
maillog_file_prefixes = {d}
""")
    pathlib.Path(d, "etc/master.cf").write_text(f"""{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
local unix - n n - - local
smtp unix - - n - - smtp
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
error unix - - n - - error
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
""")
    run("postfix", "-c", f"{d}/etc", "check")
    return server(["/usr/lib/postfix/sbin/master", "-c", f"{d}/etc", "-s"], port, f"{d}/out")


def send(port, sender, to, subject, body, *headers, of=None):
    lines = [f"From: {of or sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <{os.urandom(6).hex()}@outside.test>", *headers, "", body]
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as s:
        s.sendmail(sender, [to], "\r\n".join(lines).encode())


def read(box):
    out = []
    for f in sorted(pathlib.Path(box).glob("m.*"), key=lambda f: f.stat().st_mtime_ns):
        text = f.read_bytes()
        rcpt = re.search(rb"X-Rcpt-Args: <([^>]+)>", text)
        if rcpt and b"\n\n" in text.replace(b"\r\n", b"\n"):
            out.append((rcpt[1].decode(), email.message_from_bytes(text[text.find(b"\n", text.find(b"X-Rcpt-Args")) + 1:], policy=email.policy.default)))
    return out


def bulletins(d):
    return d.cli("incident", "list", "all", "--json").json["bulletins"]


def staff(t, d, base, port, box):
    send(port, "anna@outside.test", f"status+{SECRET.lower()}@mail.test", "website major: Login fails", "We look for it.\r\n-- \r\nAnna")
    t.ok(until(lambda: bulletins(d), 20), "a mail with its word opens an incident", pathlib.Path(base, "maillog").read_text(errors="replace")[-1500:])
    b = bulletins(d)[0]
    t.ok(b["level"] == "major" and b["title"]["en"] == "Login fails", "with what its subject says", b)
    t.ok(until(lambda: [m for a, m in read(box) if a == "anna@outside.test"], 20), "and is answered", read(box))
    m = [m for a, m in read(box) if a == "anna@outside.test"][0]
    t.ok(b["key"] in m.get_content() and m["Auto-Submitted"], "with its link", m.get_content())
    send(port, "anna@outside.test", f"status+{SECRET}@mail.test", "Re: " + m["Subject"], "Resolved.\r\n\r\nAll is well.", f"In-Reply-To: {m['Message-ID']}")
    t.ok(until(lambda: bulletins(d)[0]["phase"] == "resolved", 20), "an answer to that ends it", bulletins(d))


def strangers(t, d, port, box):
    before = len(bulletins(d))
    send(port, "evil@outside.test", "status@mail.test", "website major: x", "x")
    got = lambda: [m for a, m in read(box) if a == "evil@outside.test"]
    t.ok(until(got, 20), "a stranger's mail is bounced", pathlib.Path(d.data).parent)
    t.ok(got() and got()[0].get_content_type() == "multipart/report" and "known senders" in got()[0].as_string(), "with the reason", [m.as_string() for m in got()])
    send(port, "evil@outside.test", f"status+{SECRET}@mail.test", "website major: x", "x", of="evil@outside.test")
    t.ok(until(lambda: len(got()) == 2, 20), "also with somebody's word", got())
    t.eq(len(bulletins(d)), before, "and nothing came of either")


def away(t, d, base, port):
    before = len(bulletins(d))
    d.stop()
    send(port, "anna@outside.test", f"status+{SECRET}@mail.test", "mail degraded: Slow", "x")
    log = pathlib.Path(base, "maillog")
    t.ok(until(lambda: "status=deferred" in log.read_text(errors="replace"), 20), "while the daemon is away postfix keeps the mail", log.read_text(errors="replace")[-800:])
    d.start()
    t.ok(until(lambda: len(bulletins(d)) == before + 1, 30), "and hands it over afterwards", log.read_text(errors="replace")[-800:])


def signed(t, d, base, port):
    home = f"{base}/gnupg"
    os.makedirs(home, mode=0o700)
    gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    run(*gpg, "--quick-generate-key", "signer@outside.test", "ed25519", "sign", "never")
    run(*gpg, "--output", f"{base}/ops.gpg", "--export", "signer@outside.test")
    part = "Content-Type: text/plain; charset=utf-8; protected-headers=\"v1\"\r\nSubject: mail major: Signed\r\n\r\nBy key.\r\n"
    pathlib.Path(base, "part").write_bytes(part.encode())
    run(*gpg, "--armor", "--output", f"{base}/part.asc", "--detach-sign", f"{base}/part")
    signature = pathlib.Path(base, "part.asc").read_text().replace("\n", "\r\n")
    whole = lambda p: f"--s\r\n{p}\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\n{signature}\r\n--s--\r\n"
    kind = 'Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary="s"'
    before = len(bulletins(d))
    send(port, "signer@outside.test", "status@mail.test", "x", whole(part.replace("By key", "Forged")), kind, "MIME-Version: 1.0")
    send(port, "signer@outside.test", "status@mail.test", "x", whole(part), kind, "MIME-Version: 1.0")
    t.ok(until(lambda: len(bulletins(d)) == before + 1, 20), "a signature that gpgv finds good publishes", d.cli("incident", "list", "all").out)
    time.sleep(1)
    t.eq([b["title"]["en"] for b in bulletins(d)].count("Signed"), 1, "a changed text does not")
    t.eq(list(pathlib.Path(d.data).glob("mail-in-*.sig")), [], "no file is left")


def upstream(t, d, port):
    start = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).strftime("%Y%m%dT%H0000Z")
    cal = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:w@fibre.test\r\nSEQUENCE:1\r\nSUMMARY:Fibre work\r\nDTSTART:{start}\r\nDURATION:PT2H\r\nX-MAINTNOTE-PROVIDER:fibre.test\r\nX-MAINTNOTE-IMPACT:OUTAGE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    send(port, "noc@fibre.test", "status@mail.test", "Work", cal, "Auto-Submitted: auto-generated", "Content-Type: text/calendar; charset=utf-8")
    t.ok(until(lambda: [b for b in bulletins(d) if b["title"].get("en") == "Fibre work"], 20), "a notice becomes planned work", bulletins(d))
    one = [b for b in bulletins(d) if b["title"].get("en") == "Fibre work"]
    t.ok(one and one[0]["draft"] and one[0]["components"] == ["mail"], "a draft, mapped to what is ours", one)


def whole(t):
    base, port, sink_port = temp_dir(), free_port(), free_port()
    os.chmod(base, 0o755)
    box = f"{base}/box"
    os.makedirs(box)
    os.chmod(box, 0o777)
    server(["/usr/sbin/smtp-sink", "-u", "nobody", "-d", f"{box}/m.", f"127.0.0.1:{sink_port}", 200], sink_port, f"{base}/sink.log")
    console = free_port()
    with Daemon(config(sink_port, base), listen=f"127.0.0.1:{console}") as d:
        token = d.cli("token", "add", "mail", "--role", "operator", "--scope", "mail-in", "--json").json["token"]
        pathlib.Path(base, "token").write_text(token + "\n")
        os.chmod(f"{base}/token", 0o644)
        postfix(base, port, sink_port, f"{kit.VIGIE} incident --from-mail --url http://127.0.0.1:{console} --token @{base}/token")
        staff(t, d, base, port, box)
        strangers(t, d, port, box)
        away(t, d, base, port)
        signed(t, d, base, port)
        upstream(t, d, port)


tap = Tap()
if os.getuid() != 0:
    tap.skip("postfix", "it changes its users, which root may only")
else:
    tap.part(whole)
tap.done()

# SPDX-License-Identifier: GPL-3.0-or-later
# packages: bind9 postfix dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-managesieved dovecot-sieve
"""Postfix and dovecot on loopback: SMTP, submission, IMAP, POP3, LMTP, managesieve; up, stuck, another server, nobody. A mail from
one to the other and back to us; with bind9, a domain whose mail servers they are."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _talks import *

USER = ["user=probe", "password=secret word"]
LOOSE = ["verify=no"]


def made_certificate(d):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 30, "-subj", "/CN=mail.test", "-addext", "subjectAltName=DNS:mail.test,IP:127.0.0.1", "-keyout", "mail.key", "-out", "mail.pem", cwd=d)


def start_dovecot(d, ports):
    for name in ("run", "mail", "state"):
        os.makedirs(f"{d}/{name}")
    shutil.chown(f"{d}/mail", "mail", "mail")
    pathlib.Path(d, "users").write_text("probe:{PLAIN}secret word::::::\n")
    pathlib.Path(d, "dovecot.conf").write_text(f"""base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/dovecot.log
protocols = imap pop3 lmtp sieve
listen = 127.0.0.1
ssl = yes
ssl_cert = <{d}/mail.pem
ssl_key = <{d}/mail.key
disable_plaintext_auth = no
auth_username_format = %n
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{d}/mail/%u
passdb {{
  driver = passwd-file
  args = {d}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={d}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {ports['imap']}
  }}
  inet_listener imaps {{
    port = {ports['imaps']}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {ports['pop3']}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service managesieve-login {{
  inet_listener sieve {{
    port = {ports['sieve']}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {ports['lmtp']}
  }}
}}
service auth {{
  unix_listener {d}/auth {{
    mode = 0666
  }}
}}
""")
    return server(["/usr/sbin/dovecot", "-F", "-c", f"{d}/dovecot.conf"], ports["imap"], f"{d}/out")


def dovecot(t):
    d = temp_dir()
    os.chmod(d, 0o755)
    made_certificate(d)
    ports = {k: free_port() for k in ("imap", "imaps", "pop3", "sieve", "lmtp")}
    p = start_dovecot(d, ports)
    at = {k: f"127.0.0.1:{v}" for k, v in ports.items()}
    four(t, "imap", "imap", ports["imap"], r"OK .*Dovecot.*STARTTLS", [p])
    case(t, "imap with STARTTLS and log-in", "ok", "Dovecot", "imap", at["imap"], "tls=starttls", *LOOSE, *USER)
    case(t, "imap with TLS from the first byte", "ok", "days=", "imap", at["imaps"], "tls=yes", *LOOSE, *USER)
    case(t, "imap, a certificate that nobody trusts", "critical", "not trusted", "imap", at["imap"], "tls=starttls")
    case(t, "imap, wrong password", "critical", "log-in was refused", "imap", at["imap"], "user=probe", "password=wrong", timeout="15s")
    case(t, "imap, a capability that it has not", "critical", "X-NONE is not offered", "imap", at["imap"], "require=X-NONE")
    case(t, "TLS in plain words", "critical", "TLS|closed|said", "imap", at["imap"], "tls=yes", timeout="2s")
    four(t, "pop3", "pop3", ports["pop3"], r"\+OK Dovecot", [p])
    case(t, "pop3 with STLS and log-in", "ok", r"\+OK", "pop3", at["pop3"], "tls=starttls", *LOOSE, *USER)
    case(t, "pop3, wrong password", "critical", "log-in was refused", "pop3", at["pop3"], "user=probe", "password=wrong", timeout="15s")
    four(t, "managesieve", "managesieve", ports["sieve"], "Dovecot.*Pigeonhole", [p])
    case(t, "managesieve with STARTTLS and log-in", "ok", "SASL PLAIN", "managesieve", at["sieve"], "tls=starttls", *LOOSE, *USER)
    four(t, "lmtp", "lmtp", ports["lmtp"], "220 .*Dovecot", [p])
    for protocol, name in (("imap", "imap"), ("pop3", "pop3"), ("managesieve", "sieve"), ("lmtp", "lmtp")):
        tls_after(t, protocol, ports[name], [p])
    case(t, "smtp spoken to an imap server", "critical", "wanted a line beginning with 220", "smtp", at["imap"])


def postfix(t):
    d = temp_dir()
    os.chmod(d, 0o755)
    made_certificate(d)
    ports = {k: free_port() for k in ("smtp", "submission", "smtps", "imap", "imaps", "pop3", "sieve", "lmtp", "plain")}
    box = start_dovecot(d, ports)
    for name in ("etc", "queue", "data"):
        os.makedirs(f"{d}/{name}")
    shutil.chown(f"{d}/data", "postfix", "postfix")
    pathlib.Path(d, "etc/main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {d}/queue
data_directory = {d}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.test
mydestination =
mynetworks = 192.0.2.0/24
virtual_mailbox_domains = mail.test
virtual_transport = lmtp:inet:127.0.0.1:{ports['lmtp']}
alias_maps =
smtpd_tls_cert_file = {d}/mail.pem
smtpd_tls_key_file = {d}/mail.key
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_peername_lookup = no
smtpd_sasl_path = {d}/auth
maillog_file = {d}/maillog
maillog_file_prefixes = {d}
""")
    pathlib.Path(d, "etc/master.cf").write_text(f"""{ports['smtp']} inet n - n - - smtpd
{ports['plain']} inet n - n - - smtpd -o smtpd_tls_security_level=none
{ports['submission']} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
{ports['smtps']} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes
postlog unix-dgram n - n - 1 postlogd
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
lmtp unix - - n - - lmtp
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
error unix - - n - - error
""")
    run("postfix", "-c", f"{d}/etc", "check")
    p = server(["/usr/lib/postfix/sbin/master", "-c", f"{d}/etc", "-s"], ports["smtp"], f"{d}/out2")
    at = {k: f"127.0.0.1:{v}" for k, v in ports.items()}
    four(t, "smtp", "smtp", ports["smtp"], "220 mail.test ESMTP Postfix.*STARTTLS offered", [p])
    case(t, "smtp with STARTTLS", "ok", "days=", "smtp", at["smtp"], "tls=starttls", *LOOSE)
    case(t, "smtp, a certificate that nobody trusts", "critical", "not trusted", "smtp", at["smtp"], "tls=starttls")
    case(t, "smtp, log-in not offered", "critical", "AUTH is not offered", "smtp", at["smtp"], "require=AUTH")
    case(t, "submission with log-in", "ok", "AUTH PLAIN", "submission", at["submission"], *LOOSE, *USER)
    case(t, "submission, wrong password", "critical", "log-in was refused", "submission", at["submission"], *LOOSE, "user=probe", "password=wrong", timeout="15s")
    case(t, "submissions with log-in", "ok", "days=", "submission", at["smtps"], "tls=yes", *LOOSE, *USER)
    tls_after(t, "smtp", ports["smtp"], [p])
    case(t, "imap spoken to a mail server", "critical", "wanted a line beginning with", "imap", at["smtp"])
    round_trip(t, ports, p, box)
    domain(t, d, ports, p)


def round_trip(t, ports, p, box):
    trip = lambda text, want, say, *more, to="probe@mail.test", smtp=ports["smtp"], timeout="20s": case(t, text, want, say, "mail_trip", None, f"to={to}", f"smtp=smtp://127.0.0.1:{smtp}", f"server=127.0.0.1:{ports['imap']}", "tls=no", "user=probe", *(more or ["password=secret word"]), timeout=timeout)
    trip("a mail goes round", "ok", "arrived|mail")
    trip("the mailbox does not open", "critical", "refuses LOGIN", "password=wrong")
    trip("the mail is not taken", "critical", "Relay access denied|554", to="probe@elsewhere.example")
    trip("nobody takes mails", "critical", "refused", smtp=free_port())
    with stopped([p]):
        trip("who should take it is stuck", "critical", "not taken", timeout="2s")
    with stopped([box]):
        trip("the mailbox is stuck", "critical", "answer|time|nothing", timeout="2s")


ZONE = """$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 127.0.0.1
@ MX 10 mx
mx A 127.0.0.1
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject"
"""


def domain(t, d, ports, p):
    port, home = free_port(), pathlib.Path(d, "named")
    home.mkdir()
    (home / "zone").write_text(ZONE)
    (home / "named.conf").write_text(f"""options {{ directory "{home}"; pid-file none; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; session-keyfile none;
 managed-keys-directory "{home}"; recursion no; dnssec-validation no; notify no; }};
controls {{ }};
zone "example.org" {{ type primary; file "{home}/zone"; }};
""")
    shutil.copy("/usr/sbin/named", home) # a copy: an AppArmor profile of the packaged path would not let it read here
    server([home / "named", "-g", "-n", 1, "-c", home / "named.conf"], port, home / "log")
    look = lambda text, want, say, at, **more: case(t, text, want, say, "mail_domain", "example.org", "server=127.0.0.1", f"port={port}", f"smtp_port={at}", **more)
    until(lambda: ask("mail_domain", "example.org", "server=127.0.0.1", f"port={port}", f"smtp_port={ports['smtp']}")[0] == "ok", 5)
    look("a mail domain and its server", "ok", "1 mail server, SPF with 1 look-up, DMARC .reject", ports["smtp"])
    look("its server offers no STARTTLS", "critical", "mx.example.org .* does not offer STARTTLS", ports["plain"])
    look("its server is gone", "critical", "refuses", free_port())
    look("another server in its place", "critical", "mx.example.org", ports["imap"])
    with stopped([p]):
        look("its server is stuck", "critical", "mx.example.org", ports["smtp"], timeout="2s")


tap = Tap()
if os.geteuid() != 0:
    tap.skip("postfix and dovecot", "they change their users, which root may only")
else:
    for part in (dovecot, postfix):
        tap.part(part)
tap.done()

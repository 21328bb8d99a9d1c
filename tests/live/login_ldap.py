# SPDX-License-Identifier: GPL-3.0-or-later
# packages: slapd ldap-utils openssl
"""Staff log in with the passwords of OpenLDAP's server (ST-15): groups by search and by memberOf, StartTLS and ldaps below an authority of
our own, names that would mean something to a filter, an account that the password policy locks, somebody who is removed, the server
away, and the wrong authority."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *
import urllib.parse

PEOPLE = {"alice": "Alice", "bob": "Bob (the second)*", "carol": "Carol, with a comma", "dora": "Dora", "eve": "Eve"}
GROUPS = {"admins": ["alice"], "staff": ["alice", "bob"], "watchers": ["carol", "dora"], "rest": ["eve"]}
WORDS = "a word of {}"


def dn_of(name):
    cn = PEOPLE[name].replace(",", "\\,")
    return f"cn={cn},ou=people,dc=test"


def data():
    rows = ["dn: dc=test\nobjectClass: dcObject\nobjectClass: organization\no: test\ndc: test\n"]
    rows += [f"dn: ou={o},dc=test\nobjectClass: organizationalUnit\nou: {o}\n" for o in ("people", "groups", "services", "policies")]
    rows.append("dn: cn=watch,ou=services,dc=test\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: watch\nuserPassword: our own\n")
    rows.append("dn: cn=default,ou=policies,dc=test\nobjectClass: pwdPolicy\nobjectClass: device\ncn: default\npwdAttribute: userPassword\npwdLockout: TRUE\npwdMaxFailure: 3\npwdLockoutDuration: 0\n")
    for uid, cn in PEOPLE.items():
        rows.append(f"dn: {dn_of(uid)}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {cn}\nsn: {uid}\nuserPassword: {WORDS.format(uid)}\n")
    return "\n".join(rows)


def groups():
    """Over the protocol: memberOf is kept by an overlay, which slapadd does not ask."""
    rows = []
    for g, members in GROUPS.items():
        rows.append(f"dn: cn={g},ou=groups,dc=test\nobjectClass: groupOfNames\ncn: {g}\n" + "".join(f"member: {dn_of(m)}\n" for m in members))
    return "\n".join(rows)


class Directory:
    def __init__(self):
        self.d, self.port, self.secure = temp_dir(), free_port(), free_port()
        d = self.d
        os.mkdir(f"{d}/db")
        authority(d)
        certificate(d, "ldap", "IP:127.0.0.1", -1, 25)
        os.mkdir(f"{d}/other")
        authority(f"{d}/other")
        pathlib.Path(d, "slapd.conf").write_text(f"""include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
pidfile {d}/pid
TLSCertificateFile {d}/ldap.pem
TLSCertificateKeyFile {d}/ldap.key
security simple_bind=64
database mdb
maxsize 10485760
suffix dc=test
rootdn cn=admin,dc=test
rootpw secret
directory {d}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=watch,ou=services,dc=test" read by * none
overlay memberof
memberof-refint TRUE
overlay ppolicy
ppolicy_use_lockout
ppolicy_default cn=default,ou=policies,dc=test
""")
        shutil.copy("/usr/sbin/slapd", f"{d}/slapd") # a copy: an AppArmor profile of the packaged path would not let it read here
        run("slapadd", "-f", f"{d}/slapd.conf", input=data())
        self.start()
        self.change(groups(), "-a")

    def start(self):
        self.p = server([f"{self.d}/slapd", "-d", "0", "-f", f"{self.d}/slapd.conf", "-h", f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.secure}/"], self.port, f"{self.d}/log")

    def change(self, ldif, *words):
        return run("ldapmodify", *words, "-x", "-ZZ", "-H", f"ldap://127.0.0.1:{self.port}", "-D", "cn=admin,dc=test", "-w", "secret", input=ldif, env=clean_env(LDAPTLS_CACERT=f"{self.d}/ca.pem"))


tried = 0


def config(s, url=None, groups="base: \"ou=groups,dc=test\"", ca=None, more=""):
    url = url or f"ldap://127.0.0.1:{s.port}"
    return f"""site: {{ trusted_proxies: [127.0.0.1] }}
login:
  ldap:
    url: "{url}"
    bind_dn: cn=watch,ou=services,dc=test
    password: our own
    base: ou=people,dc=test
    groups: {{ {groups} }}
    roles: {{ "CN=admins, OU=groups, DC=test": admin, "cn=staff,ou=groups,dc=test": operator, "cn=watchers,ou=groups,dc=test": viewer }}
    ca: {ca or s.d + "/ca.pem"}
    timeout: 3s
    recheck: 5s
{more}"""


def door(v, name, password):
    """What the log-in form makes of it: the role, or the words of the refusal."""
    global tried
    tried += 1 # each from elsewhere: who guesses has to wait, and this is not about that
    r = v.http("POST", "/login", body=urllib.parse.urlencode({"user": name, "password": password, "next": "/console"}), headers={"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": f"198.51.100.{tried}"})
    if r.status != 303:
        m = re.search(r'role="alert">([^<]*)', r.text)
        return None, m.group(1) if m else r.text
    return r.headers["Set-Cookie"].split(";")[0], None


def role(v, cookie):
    r = v.http("GET", "/api/v1/users", headers={"Cookie": cookie}) # asks for admin; what is said names the role
    return "admin" if r.status == 200 else (re.search(r"(?:has|needs the role \w+;.*) (\w+)", r.json["error"]["message"]) or [0, r.status])[1]


def wait_for_limit(v, fn):
    """Who failed often has to wait; tests, too."""
    def one():
        got = fn()
        return got if not (got[1] or "").startswith("Too many") else None
    return until(one, 90, 0.5)


def by_search(t):
    s = Directory()
    with Daemon(config(s)) as v:
        setup = v.http("POST", v.find_setup_link(), body="user=root&password=correct+horse+battery&again=correct+horse+battery", headers={"Content-Type": "application/x-www-form-urlencoded"})
        t.eq(setup.status, 303, "the first admin has a password of vigie's own")
        cookie, why = door(v, "alice", WORDS.format("alice"))
        t.ok(cookie and role(v, cookie) == "admin", "alice is in two groups: the higher role counts", (why, cookie and role(v, cookie)))
        bob, why = door(v, "Bob", WORDS.format("bob"))
        t.ok(bob and role(v, bob) == "operator", "bob's entry is full of signs of filters", (why, bob and role(v, bob)))
        carol, why = door(v, "carol", WORDS.format("carol"))
        t.ok(carol and role(v, carol) == "viewer", "carol's has a comma", (why, carol and role(v, carol)))
        none, why = door(v, "eve", WORDS.format("eve"))
        t.ok(none is None and "no group" in why, "eve is in no group with a role", why)
        for name, password in (("alice", "a word of bob"), ("nobody", "a word of bob"), ("*", "a word of alice"), ("alice)(uid=*", "a word of alice"), ("a*", "a word of alice"), ("alice", "")):
            none, why = wait_for_limit(v, lambda: door(v, name, password))
            t.eq(why, "Wrong name or password.", f"{name!r} with {password!r}: the one text")
        for _ in range(4):
            wait_for_limit(v, lambda: door(v, "dora", "guessed"))
        none, why = wait_for_limit(v, lambda: door(v, "dora", WORDS.format("dora")))
        t.eq(why, "Wrong name or password.", "dora is locked by the directory: the one text")
        t.ok(until(lambda: "dora" in v.log() and "accountLocked" in v.log()), "staff read in the log that she is locked", v.log()[-2000:])
        users = {u["name"]: u for u in json.loads(v.cli("user", "list", "--json").out)["users"]}
        t.eq({n: (u["origin"], u["role"]) for n, u in users.items()}, {"root": ("local", "admin"), "alice": ("ldap", "admin"), "bob": ("ldap", "operator"), "carol": ("ldap", "viewer")}, "everybody who got in is listed with where from")
        s.change(f"dn: cn=watchers,ou=groups,dc=test\nchangetype: modify\ndelete: member\nmember: {dn_of('carol')}\n\ndn: cn=admins,ou=groups,dc=test\nchangetype: modify\nadd: member\nmember: {dn_of('bob')}\n")
        t.ok(until(lambda: v.http("GET", "/console", headers={"Cookie": carol}).status == 303), "carol, in no group any more, is out")
        t.ok(until(lambda: role(v, bob) == "admin"), "bob, in another group, has its role without a new log-in")
        s.change(f"dn: {dn_of('bob')}\nchangetype: delete\n")
        t.ok(until(lambda: v.http("GET", "/console", headers={"Cookie": bob}).status == 303), "bob, removed, is out")
        os.killpg(s.p.pid, signal.SIGKILL)
        s.p.wait()
        none, why = wait_for_limit(v, lambda: door(v, "alice", WORDS.format("alice")))
        t.ok(none is None and "cannot be asked" in why, "the server is away: said so", why)
        own, why = wait_for_limit(v, lambda: door(v, "root", "correct horse battery"))
        t.ok(own, "and the password of vigie's own works", why)
        t.eq(v.http("GET", "/console", headers={"Cookie": cookie}).status, 200, "who was in stays in")
        v.configure(config(s, url=f"ldap://127.0.0.1:{free_port()}\", \"ldap://127.0.0.1:{s.port}").replace('url: "', 'url: ["').replace(f'{s.port}"\n', f'{s.port}"]\n'))
        s.start()
        t.eq(v.cli("conf", "apply").rc, 0, "two servers")
        again, why = wait_for_limit(v, lambda: door(v, "alice", WORDS.format("alice")))
        t.ok(again, "the second is asked when the first is away", why)


def by_attribute(t):
    s = Directory()
    for name, url in (("ldaps", f"ldaps://127.0.0.1:{s.secure}"), ("StartTLS", None)):
        with Daemon(config(s, url=url, groups="attribute: memberOf")) as v:
            cookie, why = door(v, "bob", WORDS.format("bob"))
            t.ok(cookie and role(v, cookie) == "operator", f"memberOf, {name}", (why, v.log()[-1500:]))
    for name, url in (("ldaps", f"ldaps://127.0.0.1:{s.secure}"), ("StartTLS", None)):
        with Daemon(config(s, url=url, ca=s.d + "/other/ca.pem")) as v:
            none, why = door(v, "bob", WORDS.format("bob"))
            t.ok(none is None and "cannot be asked" in why, f"{name}: a certificate of another authority is refused", why)
            t.ok("authority is not known" in v.log(), "and the log says why", v.log()[-1500:])
    with Daemon(config(s).replace("    ca:", "    starttls: no\n    ca:")) as v:
        none, why = door(v, "bob", WORDS.format("bob"))
        t.ok(none is None and "cannot be asked" in why and "confidentiality" in v.log(), "a directory that wants TLS is told apart from a wrong password", (why, v.log()[-1500:]))


tap = Tap()
tap.part(by_search)
tap.part(by_attribute)
tap.done()

# SPDX-License-Identifier: GPL-3.0-or-later
# packages: slapd ldap-utils openssl
"""OpenLDAP's server with data of its own: anybody and a user, StartTLS and ldaps, wrong password, wrong value, stuck, gone."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

DATA = """dn: dc=test
objectClass: dcObject
objectClass: organization
o: test
dc: test

dn: uid=alice,dc=test
objectClass: inetOrgPerson
uid: alice
cn: Alice
sn: A
mail: alice@example.org

dn: uid=bob,dc=test
objectClass: inetOrgPerson
uid: bob
cn: Bob (the second)
sn: B
mail: bob@example.org
"""


def slapd(t):
    d, port, secure = temp_dir(), free_port(), free_port()
    os.mkdir(f"{d}/db")
    authority(d)
    certificate(d, "ldap", "IP:127.0.0.1", -1, 25)
    pathlib.Path(d, "slapd.conf").write_text(f"""include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {d}/pid
TLSCertificateFile {d}/ldap.pem
TLSCertificateKeyFile {d}/ldap.key
database mdb
maxsize 10485760
suffix dc=test
rootdn cn=admin,dc=test
rootpw secret
directory {d}/db
""")
    pathlib.Path(d, "data.ldif").write_text(DATA)
    shutil.copy("/usr/sbin/slapd", f"{d}/slapd") # a copy: an AppArmor profile of the packaged path would not let it read here
    run("slapadd", "-f", f"{d}/slapd.conf", "-l", f"{d}/data.ldif")
    p = server([f"{d}/slapd", "-d", "0", "-f", f"{d}/slapd.conf", "-h", f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{secure}/"], port, f"{d}/log")
    checks = [ # name, options, state, what is said
        ("root", f"server: '127.0.0.1:{port}'", "ok", "1 entry"),
        ("people", f"server: '127.0.0.1:{port}', base: dc=test, scope: sub, filter: (objectClass=inetOrgPerson), count: '2:2'", "ok", "2 entries"),
        ("and-or", f"server: '127.0.0.1:{port}', base: dc=test, scope: one, filter: '(&(|(uid=al*e)(uid=*ob))(!(uid=eve))(mail=*))'", "ok", "2 entries"),
        ("escaped", f"server: '127.0.0.1:{port}', base: dc=test, scope: sub, filter: '(cn=Bob \\28the second\\29)'", "ok", "1 entry"),
        ("mail", f"server: '127.0.0.1:{port}', base: 'uid=alice,dc=test', attribute: mail, expect: alice@example.org", "ok", "alice@example"),
        ("other-mail", f"server: '127.0.0.1:{port}', base: 'uid=alice,dc=test', attribute: mail, expect: eve@example.org", "critical", "wanted “eve"),
        ("few", f"server: '127.0.0.1:{port}', base: dc=test, scope: sub, count: '10:'", "critical", "wanted 10:"),
        ("no-base", f"server: '127.0.0.1:{port}', base: dc=elsewhere", "critical", "noSuchObject|unwilling|referral|32"),
        ("login", f"server: '127.0.0.1:{port}', user: 'cn=admin,dc=test', password: secret, base: dc=test", "ok", "1 entry"),
        ("wrong", f"server: '127.0.0.1:{port}', user: 'cn=admin,dc=test', password: wrong", "critical", "invalidCredentials"),
        ("starttls", f"server: '127.0.0.1:{port}', tls: starttls, user: 'cn=admin,dc=test', password: secret", "ok", "1 entry"),
        ("ldaps", f"server: 'ldaps://127.0.0.1:{secure}'", "ok", "1 entry"),
        ("other-name", f"server: 'ldaps://127.0.0.1:{secure}', server_name: elsewhere.test", "critical", "elsewhere|name"),
        ("no-tls-there", f"server: 'ldaps://127.0.0.1:{port}'", "critical", "."),
    ]
    text = "".join(f"      - ldap: {{ name: {n}, {o} }}\n" for n, o, _, _ in checks)
    with Daemon(f"site: {{ ca_file: {d}/ca.pem }}\ndefaults: {{ every: 2s, attempts: 1, timeout: 2s }}\nhosts:\n  dir:\n    alive: no\n    checks:\n{text}") as v:
        until(lambda: all(r["state"] != "pending" for k, r in v.rows().items() if k[1]))
        rows = {k[1]: r for k, r in v.rows().items()}
        for name, _, want, say in checks:
            t.ok(rows[name]["state"] == want and re.search(say, rows[name]["output"]), f"{name}: {want}", rows[name])
        theirs = run("ldapsearch", "-x", "-LLL", "-H", f"ldap://127.0.0.1:{port}", "-b", "dc=test", "(objectClass=inetOrgPerson)", "dn").count("dn:")
        t.ok(theirs == 2, "ldapsearch finds as many", theirs)
        state = lambda name, want: until(lambda: v.rows()[("dir", name)]["state"] == want or None, 30)
        os.killpg(p.pid, signal.SIGSTOP)
        t.ok(state("root", "critical") and state("ldaps", "critical"), "stuck: critical", v.rows())
        os.killpg(p.pid, signal.SIGCONT)
        t.ok(state("root", "ok") and state("ldaps", "ok"), "and well again", v.rows())
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        t.ok(until(lambda: "refused" in v.rows()[("dir", "root")]["output"] or None, 30), "gone: refused", v.rows())


tap = Tap()
tap.part(slapd)
tap.done()

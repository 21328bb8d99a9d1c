# SPDX-License-Identifier: GPL-3.0-or-later
# packages: postgresql mariadb-server openssl
"""PostgreSQL and MariaDB from Debian with data of their own: up, wrong value, wrong password, read-only, stuck, refused."""
import glob
import pathlib
import pwd
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

ROOT = os.geteuid() == 0


def as_user(name):
    return ["setpriv", "--reuid", name, "--regid", str(pwd.getpwnam(name).pw_gid), "--clear-groups"] if ROOT else []


def ours(url, *words, timeout="5s"):
    s = vigie("probe", "sql", url, *words, "--plugin", "--timeout", timeout)
    return {"state": ["ok", "warning", "critical", "unknown"][s.rc], "output": s.out}


def common(t, text, url, p, d):
    expect = lambda what, want, say, *words, **more: t.ok((s := ours(url, *words, **more))["state"] == want and re.search(say, s["output"]), f"{text}: {what}", s)
    expect("a question", "ok", "“2”", "password=secret", "query=SELECT count(*) FROM orders")
    expect("a limit", "warning", "limit", "password=secret", "query=SELECT count(*) FROM orders", "warn=1")
    expect("the expected text", "ok", "stuck", "password=secret", "query=SELECT state FROM orders WHERE id = 2", "expect=stuck")
    expect("another value", "critical", "wanted “fine”", "password=secret", "query=SELECT state FROM orders WHERE id = 2", "expect=fine")
    expect("no row", "critical", "no row", "password=secret", "query=SELECT state FROM orders WHERE id = 9", "expect=fine")
    expect("a wrong password", "critical", "refused", "password=wrong")
    expect("no password", "critical", "password|denied", timeout="3s")
    expect("a broken question", "critical", "query fails", "password=secret", "query=SELEKT 1")
    expect("a table is not written", "critical", "query fails.*(read.only|READ ONLY)", "password=secret", "query=INSERT INTO orders VALUES (3, 'new')")
    expect("still two orders", "ok", "“2”", "password=secret", "query=SELECT count(*) FROM orders")
    expect("many rows", "unknown", "LIMIT", "password=secret", "query=SELECT a.id FROM big a")
    expect("TLS, not verified", "ok", "“1”", "password=secret", "tls=yes", "verify=no")
    expect("TLS, verified against nobody we trust", "critical", "certificate|trust|sign", "password=secret", "tls=yes")
    expect("a slow question", "critical", "not answered|query fails", "password=secret", "query=" + ("SELECT pg_sleep(30)" if url.startswith("postgres") else "SELECT sleep(30)"), timeout="1s")
    os.kill(p.pid, signal.SIGSTOP)
    for child in children_of(p.pid):
        os.kill(child, signal.SIGSTOP)
    expect("stuck", "critical", "not answered|no answer", "password=secret", timeout="1s")
    for child in children_of(p.pid):
        os.kill(child, signal.SIGCONT)
    os.kill(p.pid, signal.SIGCONT)
    expect("and well again", "ok", "“1”", "password=secret")
    os.kill(p.pid, signal.SIGTERM)
    os.killpg(p.pid, signal.SIGTERM)
    p.wait(30)
    expect("gone", "critical", "refused", "password=secret")


def children_of(pid):
    return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def certificate_for(d, owner):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 25, "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "server.key", "-out", "server.crt", cwd=d)
    for name in ("server.key", "server.crt"):
        if ROOT:
            shutil.chown(f"{d}/{name}", owner)
        os.chmod(f"{d}/{name}", 0o600)


def postgres(t):
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    if not found:
        return t.skip("PostgreSQL", "it is not installed")
    bin, d, port, user = os.path.dirname(found[-1]), temp_dir(), free_port(), "postgres" if ROOT else pwd.getpwuid(os.geteuid()).pw_name
    os.chmod(d, 0o755)
    os.mkdir(f"{d}/run")
    if ROOT:
        shutil.chown(d, user)
        shutil.chown(f"{d}/run", user)
    run(*as_user(user), f"{bin}/initdb", "-D", f"{d}/data", "-U", "postgres", "-A", "trust", "-N", cwd=d)
    certificate_for(d, user)
    pathlib.Path(d, "data/pg_hba.conf").write_text("local all all trust\nhost all scram 127.0.0.1/32 scram-sha-256\nhost all hashed 127.0.0.1/32 md5\nhost all plain 127.0.0.1/32 password\n")
    p = server([*as_user(user), f"{bin}/postgres", "-D", f"{d}/data", "-k", f"{d}/run", "-p", port, "-h", "127.0.0.1", "-c", "ssl=on", "-c", f"ssl_cert_file={d}/server.crt", "-c", f"ssl_key_file={d}/server.key", "-c", "fsync=off"], port, f"{d}/log", 40)
    sql = "CREATE ROLE scram LOGIN PASSWORD 'secret'; CREATE ROLE plain LOGIN PASSWORD 'secret'; SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN PASSWORD 'secret'; CREATE TABLE orders (id int, state text); INSERT INTO orders VALUES (1, 'fine'), (2, 'stuck'); CREATE TABLE big AS SELECT generate_series(1, 20000) AS id; GRANT ALL ON orders, big TO scram, plain, hashed;"
    until(lambda: subprocess.run([*as_user(user), "psql", "-q", "-h", f"{d}/run", "-p", str(port), "-U", "postgres", "-c", "SELECT 1"], capture_output=True, cwd=d).returncode == 0 or None, 30)
    run(*as_user(user), "psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", f"{d}/run", "-p", port, "-U", "postgres", "-c", sql, cwd=d)
    for who in ("scram", "hashed", "plain"):
        s = ours(f"postgres://{who}@127.0.0.1:{port}/postgres", "password=secret")
        t.ok(s["state"] == "ok", f"PostgreSQL: log-in by {who}", s)
    s = ours(f"postgres://scram@127.0.0.1:{port}/nothing", "password=secret")
    t.ok(s["state"] == "critical" and "does not exist" in s["output"], "PostgreSQL: a database that is not there", s)
    common(t, "PostgreSQL", f"postgres://scram@127.0.0.1:{port}/postgres", p, d)


def mariadb(t):
    d, port, user = temp_dir(), free_port(), "mysql" if ROOT else pwd.getpwuid(os.geteuid()).pw_name
    os.chmod(d, 0o755)
    if ROOT:
        shutil.chown(d, user)
    run("mariadb-install-db", "--no-defaults", f"--datadir={d}/data", *([f"--user={user}"] if ROOT else []), "--auth-root-authentication-method=normal", "--skip-test-db", cwd=d)
    certificate_for(d, user)
    p = server([*as_user(user), "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={d}/data", f"--socket={d}/sock", f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={d}/pid", f"--ssl-cert={d}/server.crt", f"--ssl-key={d}/server.key", "--skip-name-resolve"], port, f"{d}/log", 60)
    sql = "CREATE DATABASE shop; CREATE USER watch@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON shop.* TO watch@'127.0.0.1'; CREATE USER free@'127.0.0.1'; CREATE TABLE shop.orders (id int, state varchar(20)); INSERT INTO shop.orders VALUES (1, 'fine'), (2, 'stuck'); CREATE TABLE shop.big AS SELECT seq AS id FROM shop.s; ".replace("CREATE TABLE shop.big AS SELECT seq AS id FROM shop.s; ", "CREATE TABLE shop.big (id int); INSERT INTO shop.big SELECT seq FROM seq_1_to_20000;")
    run("mariadb", "--no-defaults", f"--socket={d}/sock", "-u", "root", "-e", sql.replace("INSERT INTO shop.big SELECT seq FROM seq_1_to_20000;", "USE shop; INSERT INTO shop.big SELECT seq FROM seq_1_to_20000;"))
    s = ours(f"mysql://free@127.0.0.1:{port}")
    t.ok(s["state"] == "ok", "MariaDB: a user without password", s)
    s = ours(f"mariadb://watch@127.0.0.1:{port}/nothing", "password=secret")
    t.ok(s["state"] == "critical" and "denied" in s["output"], "MariaDB: a database that is not there", s)
    common(t, "MariaDB", f"mariadb://watch@127.0.0.1:{port}/shop", p, d)


tap = Tap()
tap.part(postgres)
tap.part(mariadb)
tap.done()

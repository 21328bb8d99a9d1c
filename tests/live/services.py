# SPDX-License-Identifier: GPL-3.0-or-later
# packages: openssh-server vsftpd redis-server memcached mariadb-server postgresql ngircd prosody mosquitto rabbitmq-server rsync git gearman-job-server zookeeper clamav-daemon spamd
"""The servers of Debian that speak a protocol of a row, on loopback: each up, stuck, another server in its place, nobody there."""
import concurrent.futures
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _talks import *

ROOT_USER = os.geteuid() == 0


def as_user(name, *words):
    """The command as another user, for servers that refuse to be root."""
    return ["setpriv", "--reuid", name, "--regid", name, "--clear-groups", *words] if ROOT_USER else list(words)


def place(user=None):
    d = temp_dir()
    os.chmod(d, 0o755)
    if user and ROOT_USER:
        shutil.chown(d, user, user)
    return d


def made_certificate(d, group=None):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 30, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem", cwd=d)


def ssh(t):
    d, port = place(), free_port()
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True) if ROOT_USER else None
    prints = {}
    for kind in ("ed25519", "rsa", "ecdsa"):
        run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", f"{d}/{kind}")
        prints[kind] = run("ssh-keygen", "-lf", f"{d}/{kind}.pub").split()[1]
    keys = "".join(f"HostKey {d}/{k}\n" for k in prints)
    pathlib.Path(d, "conf").write_text(f"Port {port}\nListenAddress 127.0.0.1\n{keys}PidFile none\nUsePAM no\nMaxStartups 100\n")
    p = server(["/usr/sbin/sshd", "-D", "-e", "-f", f"{d}/conf"], port, f"{d}/log")
    four(t, "ssh", "ssh", port, "OpenSSH", [p])
    for kind, fingerprint in prints.items():
        case(t, f"ssh proves its {kind} key", "ok", re.escape(fingerprint), "ssh", f"127.0.0.1:{port}", f"key={fingerprint}", f"key_type={kind}")
    case(t, "ssh, another key is pinned", "critical", "another one", "ssh", f"127.0.0.1:{port}", f"key={prints['rsa']}", "key_type=ed25519")
    case(t, "ssh, another version is wanted", "warning", "dropbear", "ssh", f"127.0.0.1:{port}", "version=dropbear")


def ftp(t):
    d, port = place(), free_port()
    made_certificate(d)
    os.makedirs(f"{d}/empty")
    pathlib.Path(d, "conf").write_text(f"listen=YES\nbackground=NO\nlisten_port={port}\nlisten_address=127.0.0.1\nanonymous_enable=YES\nanon_root={d}/empty\nsecure_chroot_dir={d}/empty\nssl_enable=YES\nrequire_ssl_reuse=NO\nallow_anon_ssl=YES\nrsa_cert_file={d}/cert.pem\nrsa_private_key_file={d}/key.pem\nseccomp_sandbox=NO\n")
    p = server(["/usr/sbin/vsftpd", f"{d}/conf"], port, f"{d}/log")
    four(t, "ftp", "ftp", port, "vsFTPd.*AUTH TLS", [p])
    case(t, "ftp, anonymous, in TLS", "ok", "days=", "ftp", f"127.0.0.1:{port}", "tls=starttls", "verify=no", "user=anonymous", "password=x")
    tls_after(t, "ftp", port, [p])
    case(t, "ftp, nobody of that name", "critical", "log-in was refused", "ftp", f"127.0.0.1:{port}", "user=nobody-here", "password=x", timeout="15s")


def redis(t):
    d, port, locked = place(), free_port(), free_port()
    p = server(["/usr/bin/redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", d, "--save", ""], port, f"{d}/log")
    four(t, "redis", "redis", port, "Redis 7.*master", [p])
    server(["/usr/bin/redis-server", "--port", locked, "--bind", "127.0.0.1", "--dir", d, "--save", "", "--requirepass", "secret word", "--replicaof", f"127.0.0.1 {free_port()}", "--masterauth", "x"], locked, f"{d}/log2")
    case(t, "redis, a log-in is wanted", "critical", "log-in is wanted", "redis", f"127.0.0.1:{locked}")
    case(t, "redis, a wrong password", "critical", "WRONGPASS", "redis", f"127.0.0.1:{locked}", "password=no")
    case(t, "redis, a replica whose primary is gone", "critical", "link to the primary is .down", "redis", f"127.0.0.1:{locked}", "password=secret word")
    case(t, "redis, more memory than wished", "warning", "memory", "redis", f"127.0.0.1:{port}", "memory_warn=> 1 kB")


def script_of_ones_own(t):
    """The same server, by a dialogue that the configuration brings; named, so that two checks share it."""
    d, port = place(), free_port()
    p = server(["/usr/bin/redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", d, "--save", ""], port, f"{d}/log")
    dialogue = "scripts:\n  inventory:\n    steps:\n      - { send: \"PING\\r\\n\", expect: \"+PONG\" }\n      - { send: \"INFO server\\r\\n\", regex: \"redis_version:([0-9.]+)\", capture: version }\n    quit: \"QUIT\\r\\n\"\n"
    checks = f"      - script: {{ use: inventory, target: 'localhost:{port}' }}\n      - script: {{ use: inventory, name: nobody, target: '127.0.0.1:{free_port()}' }}\n      - script: {{ name: wrong, target: '127.0.0.1:{port}', steps: [{{ send: \"PING\\r\\n\", expect: \"+PANG\" }}] }}\n"
    with Daemon(f"defaults: {{ every: 1s, retry: 1s, attempts: 1, timeout: 1s }}\n{dialogue}hosts:\n  shop:\n    address: 127.0.0.1\n    alive: no\n    checks:\n{checks}") as v:
        t.ok(v.wait("shop/inventory", state="ok", output=lambda o: re.match(r"[0-9.]+, ", o)), "script, a dialogue by name: its captured version is told", v.rows())
        t.ok(v.wait("shop/nobody", state="critical", output=lambda o: "refused" in o), "script, nobody there", v.rows())
        t.ok(v.wait("shop/wrong", state="critical", output=lambda o: "+PONG" in o and "+PANG" in o), "script, another answer than wanted: both are told", v.rows())
        with stopped([p]):
            t.ok(v.wait("shop/inventory", state="critical", output=lambda o: "no answer" in o), "script, stuck", v.rows())
        t.ok(v.wait("shop/inventory", state="ok"), "script, well again", v.rows())


def memcached(t):
    d, port = place(), free_port()
    p = server(["/usr/bin/memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", port, "-U", 0], port, f"{d}/log")
    four(t, "memcached", "memcached", port, "memcached 1\\.", [p])


def mysql(t):
    d, port = place("mysql"), free_port()
    run("mariadb-install-db", "--user=mysql" if ROOT_USER else "--auth-root-authentication-method=normal", f"--datadir={d}/data", f"--tmpdir={d}", "--skip-test-db", "--auth-root-authentication-method=normal")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 30, "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem", cwd=d)
    os.chmod(f"{d}/key.pem", 0o644)
    p = server(["/usr/sbin/mariadbd", "--no-defaults", *(["--user=mysql"] if ROOT_USER else []), f"--datadir={d}/data", f"--tmpdir={d}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={d}/sock", f"--pid-file={d}/pid", f"--ssl-cert={d}/cert.pem", f"--ssl-key={d}/key.pem", "--max-connections=10", "--extra-max-connections=1", f"--extra-port={free_port()}"], port, f"{d}/log", 40)
    four(t, "mysql", "mysql", port, "MariaDB.*TLS offered", [p])
    case(t, "mysql in TLS", "ok", "days=", "mysql", f"127.0.0.1:{port}", "tls=starttls", "verify=no")
    tls_after(t, "mysql", port, [p])
    held = [subprocess.Popen(["mariadb", "--no-defaults", "-u", "root", f"--socket={d}/sock", "-e", "select sleep(30)"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(11)]
    until(lambda: ask("mysql", f"127.0.0.1:{port}")[0] != "ok", 10)
    case(t, "mysql is full", "critical", "too many connections", "mysql", f"127.0.0.1:{port}")
    for h in held:
        h.kill()
        h.wait()


def postgres(t):
    d, port = place("postgres"), free_port()
    here = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    run(*as_user("postgres", here / "initdb", "-D", f"{d}/data", "-A", "scram-sha-256", "--no-sync", "--pwfile=/etc/hostname", "-U", "app"))
    made_certificate(f"{d}")
    for name in ("cert.pem", "key.pem"):
        if ROOT_USER:
            shutil.chown(f"{d}/{name}", "postgres", "postgres")
        os.chmod(f"{d}/{name}", 0o600)
    p = server(as_user("postgres", here / "postgres", "-D", f"{d}/data", "-p", port, "-h", "127.0.0.1", "-k", d, "-c", "ssl=on", "-c", f"ssl_cert_file={d}/cert.pem", "-c", f"ssl_key_file={d}/key.pem"), port, f"{d}/log")
    until(lambda: "ready to accept" in pathlib.Path(d, "log").read_text(errors="replace"))
    four(t, "postgres", "postgres", port, "SCRAM-SHA-256", [p])
    case(t, "postgres in TLS", "ok", "days=", "postgres", f"127.0.0.1:{port}", "tls=starttls", "verify=no", "user=app")
    tls_after(t, "postgres", port, [p])
    case(t, "postgres, a certificate that nobody trusts", "critical", "not trusted", "postgres", f"127.0.0.1:{port}", "tls=starttls")


def irc(t):
    d, port = place(), free_port()
    pathlib.Path(d, "conf").write_text(f"[Global]\nName = irc.test\nInfo = a test\nListen = 127.0.0.1\nPorts = {port}\nServerUID = nobody\nServerGID = nogroup\nMotdPhrase = hello\n[Options]\nIdent = no\nDNS = no\nPAM = no\n")
    p = server(["/usr/sbin/ngircd", "-n", "-f", f"{d}/conf"], port, f"{d}/log")
    four(t, "irc", "irc", port, "irc.test.*ngircd", [p])
    case(t, "irc, a nickname that is not liked", "warning", "does not like the nickname", "irc", f"127.0.0.1:{port}", "user=9bad")


def xmpp(t):
    d, port = place("prosody"), free_port()
    made_certificate(d)
    for name in ("cert.pem", "key.pem"):
        if ROOT_USER:
            shutil.chown(f"{d}/{name}", "prosody", "prosody")
    pathlib.Path(d, "test.cfg.lua").write_text(f"""data_path = "{d}"
pidfile = "{d}/pid"
log = {{ info = "*console" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{ }}
modules_enabled = {{ "tls", "saslauth" }}
modules_disabled = {{ "s2s" }}
c2s_require_encryption = false
ssl = {{ key = "{d}/key.pem", certificate = "{d}/cert.pem" }}
VirtualHost "localhost"
""")
    p = server(as_user("prosody", "/usr/bin/prosody", "--config", f"{d}/test.cfg.lua", "-F"), port, f"{d}/log")
    four(t, "xmpp", "xmpp", port, "XMPP of localhost", [p], "domain=localhost")
    case(t, "xmpp in TLS", "ok", "days=", "xmpp", f"127.0.0.1:{port}", "domain=localhost", "tls=starttls", "verify=no")
    tls_after(t, "xmpp", port, [p], "server_name=localhost")
    case(t, "xmpp, a domain that is not there", "critical", "does not know the domain", "xmpp", f"127.0.0.1:{port}", "domain=elsewhere.test")


def mqtt(t):
    d, port, locked = place(), free_port(), free_port()
    run("mosquitto_passwd", "-b", "-c", f"{d}/users", "probe", "secret")
    os.chmod(f"{d}/users", 0o644)
    pathlib.Path(d, "conf").write_text(f"per_listener_settings true\nlistener {port} 127.0.0.1\nallow_anonymous true\nlistener {locked} 127.0.0.1\nallow_anonymous false\npassword_file {d}/users\n")
    p = server(["/usr/sbin/mosquitto", "-c", f"{d}/conf"], port, f"{d}/log")
    four(t, "mqtt", "mqtt", port, "MQTT 3.1.1", [p])
    case(t, "mqtt with log-in", "ok", "MQTT", "mqtt", f"127.0.0.1:{locked}", "user=probe", "password=secret")
    case(t, "mqtt, a log-in is wanted", "critical", "wants a log-in", "mqtt", f"127.0.0.1:{locked}")


def start_amqp():
    d, port = place("rabbitmq"), free_port()
    env = dict(RABBITMQ_NODENAME=f"vigie{port}@localhost", RABBITMQ_NODE_IP_ADDRESS="127.0.0.1", RABBITMQ_NODE_PORT=port, RABBITMQ_DIST_PORT=free_port(), RABBITMQ_MNESIA_BASE=f"{d}/db", RABBITMQ_LOG_BASE=d, RABBITMQ_LOGS="-", RABBITMQ_PID_FILE=f"{d}/pid", RABBITMQ_ENABLED_PLUGINS_FILE=f"{d}/plugins", HOME=d, ERL_EPMD_PORT=free_port(), ERL_EPMD_ADDRESS="127.0.0.1")
    program = next(iter(sorted(pathlib.Path("/usr/lib/rabbitmq").glob("lib/rabbitmq_server-*/sbin/rabbitmq-server"))), "/usr/lib/rabbitmq/bin/rabbitmq-server")
    return server(as_user("rabbitmq", "env", *[f"{k}={v}" for k, v in env.items()], program), port, f"{d}/log", 120), port


def amqp(t):
    p, port = early.result()
    four(t, "amqp", "amqp", port, "RabbitMQ, 3", [p])
    case(t, "amqp with log-in", "ok", "RabbitMQ", "amqp", f"127.0.0.1:{port}", "user=guest", "password=guest")
    case(t, "amqp, a wrong password", "critical", "closed|refused", "amqp", f"127.0.0.1:{port}", "user=guest", "password=wrong", timeout="15s")


def rsync(t):
    d, port = place(), free_port()
    pathlib.Path(d, "conf").write_text(f"use chroot = no\nport = {port}\naddress = 127.0.0.1\npid file = {d}/pid\n[pub]\npath = {d}\ncomment = public files\n[closed]\npath = {d}\nhosts deny = *\n")
    p = server(["/usr/bin/rsync", "--daemon", "--no-detach", "--config", f"{d}/conf"], port, f"{d}/log")
    four(t, "rsync", "rsync", port, "modules: 2", [p])
    case(t, "rsync, a module", "ok", "rsync protocol", "rsync", f"127.0.0.1:{port}", "module=pub")
    case(t, "rsync, no such module", "critical", "no such module", "rsync", f"127.0.0.1:{port}", "module=none")
    case(t, "rsync, a module that is closed", "critical", "turns us away", "rsync", f"127.0.0.1:{port}", "module=closed")


def git(t):
    d, port = place(), free_port()
    run("git", "init", "-q", "--bare", f"{d}/empty.git")
    run("git", "init", "-q", f"{d}/work")
    run("git", "-C", f"{d}/work", "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", "x")
    head = run("git", "-C", f"{d}/work", "rev-parse", "HEAD")[:12]
    p = server(["/usr/lib/git-core/git-daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={d}", d], port, f"{d}/log")
    four(t, "git", "git", port, f"HEAD is {head}", [p], "path=/work")
    case(t, "git, no such repository", "critical", "refuses|closed", "git", f"127.0.0.1:{port}", "path=/none.git")


def gearman(t):
    d, port = place(), free_port()
    p = server(["/usr/sbin/gearmand", "-L", "127.0.0.1", "-p", port, "-l", "stderr", *(["-u", "nobody"] if ROOT_USER else [])], port, f"{d}/log")
    four(t, "gearman", "gearman", port, "gearman 1", [p])
    case(t, "gearman, a function that nobody has", "critical", "resize is not offered", "gearman", f"127.0.0.1:{port}", "require=resize")


def zookeeper(t):
    d, port = place(), free_port()
    pathlib.Path(d, "conf").write_text(f"tickTime=2000\ndataDir={d}\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=srvr\n")
    jars = ":".join(map(str, pathlib.Path("/usr/share/java").glob("*.jar")))
    p = server(["java", "-Xmx64m", "-cp", jars, "org.apache.zookeeper.server.ZooKeeperServerMain", f"{d}/conf"], port, f"{d}/log", 40)
    until(lambda: ask("zookeeper", f"127.0.0.1:{port}")[0] == "ok") # it listens before it serves
    four(t, "zookeeper", "zookeeper", port, "ZooKeeper 3.*standalone", [p])
    case(t, "zookeeper, a question that it does not allow", "warning", "whitelist", "zookeeper", f"127.0.0.1:{port}", "command=ruok")
    case(t, "zookeeper, another role is wanted", "warning", "leader", "zookeeper", f"127.0.0.1:{port}", "role=leader")


def clamd(t):
    d, port = place(), free_port()
    os.makedirs(f"{d}/db")
    pathlib.Path(d, "db/test.ndb").write_text("Vigie.Test:0:*:56696769652d546573742d5369676e6174757265\n")
    pathlib.Path(d, "conf").write_text(f"Foreground yes\nTCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {d}/db\nPidFile {d}/pid\nUser root\n" if ROOT_USER else f"Foreground yes\nTCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {d}/db\n")
    p = server(["/usr/sbin/clamd", "-c", f"{d}/conf"], port, f"{d}/log", 40)
    four(t, "clamd", "clamd", port, "ClamAV 1", [p])


def spamd(t):
    d, port = place(), free_port()
    os.makedirs(f"{d}/rules")
    pathlib.Path(d, "rules/one.cf").write_text("body VIGIE_TEST /vigie/\nscore VIGIE_TEST 1\n")
    pathlib.Path(d, "rules/init.pre").write_text("loadplugin Mail::SpamAssassin::Plugin::Check\n")
    p = server(["/usr/sbin/spamd", "-i", "127.0.0.1", "-p", port, "-m", 1, "-x", "-L", "-C", f"{d}/rules", "--siteconfigpath", f"{d}/rules", "-r", f"{d}/pid", "-s", "stderr", *(["-u", "nobody"] if ROOT_USER else [])], port, f"{d}/log", 40)
    four(t, "spamd", "spamd", port, "PONG", [p])


tap = Tap()
if len(sys.argv) < 2 or "amqp" in sys.argv: # it takes its time: it starts while the others are asked
    early = concurrent.futures.ThreadPoolExecutor(1).submit(start_amqp)
for part in (ssh, ftp, redis, script_of_ones_own, memcached, mysql, postgres, irc, xmpp, mqtt, rsync, git, gearman, zookeeper, clamd, spamd, amqp):
    tap.part(part)
tap.done()

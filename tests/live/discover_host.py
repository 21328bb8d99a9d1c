# SPDX-License-Identifier: GPL-3.0-or-later
# packages: nginx-light openssh-server redis-server postfix
"""Discovery on this machine beside real servers on loopback: nginx with a site, sshd, redis, postfix. Each is found as what it is, with what
shows it; accepted, its check is well; stopped, it is missed; the file that vigie wrote is taken over by people, and nothing doubles."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

ROOT_USER = os.geteuid() == 0
HOST = socket.gethostname()


def place():
    d = temp_dir()
    os.chmod(d, 0o755)
    return d


def start_nginx():
    d, site, bare, moved = place(), free_port(), free_port(), free_port()
    user = "user root;" if ROOT_USER else ""
    paths = "".join(f"{k}_temp_path {d}/{k};" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    os.makedirs(f"{d}/sites-enabled")
    pathlib.Path(d, "sites-enabled/shop").write_text(f"server {{ listen 127.0.0.1:{site}; server_name shop.example.org *.example.org; location / {{ return 200 'Welcome'; }} }}\n")
    pathlib.Path(d, "nginx.conf").write_text(f"daemon off; {user} pid {d}/nginx.pid; error_log {d}/error.log; events {{}}\nhttp {{ access_log off; {paths}\n include sites-enabled/*;\n"
                                             f" server {{ listen 127.0.0.1:{bare}; location / {{ return 403; }} }}\n"
                                             f" server {{ listen 127.0.0.1:{moved}; return 301 https://nowhere.example.org/; }}\n}}\n")
    server(["/usr/sbin/nginx", "-p", d, "-c", f"{d}/nginx.conf"], site, f"{d}/log")
    return d, site, bare, moved


def start_sshd():
    d, port = place(), free_port()
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True) if ROOT_USER else None
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{d}/key")
    pathlib.Path(d, "conf").write_text(f"Port {port}\nListenAddress 127.0.0.1\nHostKey {d}/key\nPidFile none\nUsePAM no\n")
    return port, server(["/usr/sbin/sshd", "-D", "-e", "-f", f"{d}/conf"], port, f"{d}/log")


def start_redis():
    d, port = place(), free_port()
    return port, server(["/usr/bin/redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", d, "--save", ""], port, f"{d}/log")


def start_postfix():
    d, port = place(), free_port()
    for name in ("etc", "queue", "data"):
        os.makedirs(f"{d}/{name}")
    shutil.chown(f"{d}/data", "postfix")
    pathlib.Path(d, "etc/main.cf").write_text(f"compatibility_level = 3.6\nqueue_directory = {d}/queue\ndata_directory = {d}/data\nmaillog_file = {d}/mail.log\nmaillog_file_prefixes = /tmp, /var, /dev/shm\ninet_interfaces = 127.0.0.1\n"
                                              "inet_protocols = ipv4\nmyhostname = mail.test\nmydestination = mail.test\nalias_maps =\nsmtpd_peername_lookup = no\n")
    pathlib.Path(d, "etc/master.cf").write_text("".join(f"{name} unix - - n - {most} {program}\n" for name, most, program in (
        ("cleanup", 0, "cleanup"), ("rewrite", "-", "trivial-rewrite"), ("proxymap", "-", "proxymap"), ("anvil", 1, "anvil"))) +
        f"{port} inet n - n - - smtpd\npickup unix n - n 60 1 pickup\nqmgr unix n - n 300 1 qmgr\npostlog unix-dgram n - n - 1 postlogd\n")
    server(["/usr/sbin/postfix", "-c", f"{d}/etc", "start-fg"], port, f"{d}/log", 40)
    return port


def findings(d, state="all"):
    return {f["key"]: f for f in d.cli("discover", "list", "--state", state, "--json").json["findings"]}


def look(d):
    p = d.cli("discover", "--json")
    if p.rc:
        raise RuntimeError(p)
    return findings(d)


def whole(t):
    nginx_dir, site, bare, moved = start_nginx()
    ssh, ssh_process = start_sshd()
    redis, redis_process = start_redis()
    smtp = start_postfix()
    # the daemon sees our nginx.conf where Debian has its own
    prefix = ["unshare", "-m", "sh", "-c", f'mount --bind {nginx_dir} /etc/nginx && exec "$@"', "sh"]
    with Daemon(prefix=prefix) as d:
        found = look(d)

        def wants(key, check, yaml, *evidence):
            f = found.get(f"{HOST}/{key}", {})
            t.eq((f.get("check"), f.get("yaml")), (check, yaml), key)
            t.has(f.get("evidence", ""), *evidence, text=f"{key}: how that is known")
            return f"{HOST}/{key}"

        keys = [wants(f"listen/tcp/{ssh}", f"ssh-{ssh}", f'ssh: {{ name: "ssh-{ssh}", target: "127.0.0.1:{ssh}" }}', "sshd", f"127.0.0.1:{ssh}"),
                wants(f"listen/tcp/{redis}", f"redis-{redis}", f'redis: {{ name: "redis-{redis}", target: "127.0.0.1:{redis}" }}', "redis-server"),
                wants(f"listen/tcp/{smtp}", f"smtp-{smtp}", f'smtp: {{ name: "smtp-{smtp}", target: "127.0.0.1:{smtp}" }}', "master", "greeting says smtp"),
                wants(f"site/shop.example.org:{site}", f"shop.example.org-{site}", f'http: {{ name: "shop.example.org-{site}", url: "http://shop.example.org:{site}/", address: "127.0.0.1" }}', "sites-enabled/shop"),
                wants(f"listen/tcp/{bare}", f"http-{bare}", f'http: {{ name: "http-{bare}", url: "http://127.0.0.1:{bare}/", expect: {{ status: 403 }} }}', "nginx"),
                wants(f"listen/tcp/{moved}", f"http-{moved}", f'http: {{ name: "http-{moved}", url: "http://127.0.0.1:{moved}/", expect: {{ status: 301 }}, redirects: 0 }}', "nginx")]
        t.ok(f"{HOST}/listen/tcp/{site}" not in found, "a port whose sites are known is proposed as those")
        t.ok(f"{HOST}/listen/tcp/{d.port}" not in found, "vigie does not propose itself")
        t.eq(found.get(f"{HOST}/fact/disks", {}).get("state"), "watched", "what is watched already is known")
        p = d.cli("discover", "--print")
        t.ok(f"redis-{redis}" in p.out and "- disks" in p.out, "--print has all of it as text", p)
        t.ok(not os.path.exists(f"{d.data}/conf.d/discovered"), "and writes nothing")
        printed = p.out

        p = d.cli("discover", "accept", *keys)
        t.eq(p.rc, 0, "accepted")
        for key in keys:
            check = found[key]["check"]
            t.ok(d.wait(f"{HOST}/{check}", 20, state="ok"), f"{check} is well", d.row(f"{HOST}/{check}"))
        text = pathlib.Path(d.data, f"conf.d/discovered/{HOST}.yaml").read_text()
        t.ok(text.startswith("# ") and text.count("ssh-") == 1, "one file of the host", text)
        d.cli("discover", "accept", *keys)
        t.eq(pathlib.Path(d.data, f"conf.d/discovered/{HOST}.yaml").read_text(), text, "accepted twice, it is the same text")
        t.ok(all(findings(d)[k]["state"] == "watched" for k in keys), "all are watched")
        t.ok(d.wait(f"{HOST}/disks", 20, state="ok"), "the watch of the machine itself goes on")

        d.kill()
        d.start()
        t.ok(all(findings(d)[k]["state"] == "watched" for k in keys), "after kill -9 they still are")
        os.killpg(redis_process.pid, signal.SIGKILL)
        redis_process.wait()
        look(d)
        t.ok(findings(d)[keys[1]]["gone"] is None, "missed once, it may be a restart")
        look(d)
        t.ok(findings(d, "gone").get(keys[1], {}).get("gone"), "missed twice, it is gone")
        t.ok(any(e["kind"] == "vanished" and e["check"] == f"redis-{redis}" for e in d.cli("events", "--json").json["events"]), "which the history tells")

        # people take the text over
        os.remove(f"{d.data}/conf.d/discovered/{HOST}.yaml")
        d.configure(printed, "vigie.yaml")
        t.eq(d.cli("conf", "apply").rc, 0, "the printed text is a configuration")
        t.ok(until(lambda: all(findings(d)[k]["state"] == "watched" for k in keys)), "and then they are watched from there")
        p = d.cli("discover", "--print")
        t.ok(f"ssh-{ssh}" not in p.out, "what people’s own files have is not printed again", p)


tap = Tap()
if ROOT_USER:
    tap.part(whole)
else:
    tap.skip("discovery of this machine", "only root sees whose sockets they are")
tap.done()

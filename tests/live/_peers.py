# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests beside real peers share: servers in the foreground, ended with the test; plugins; an authority for certificates."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from kit import *

started = []


def run(*words, **more):
    p = subprocess.run(list(map(str, words)), capture_output=True, text=True, **more)
    if p.returncode:
        raise RuntimeError(f"{words}: {p.stdout}{p.stderr}")
    return p.stdout


def server(words, port, log, seconds=20):
    """Starts a program in the foreground and waits until it listens."""
    with open(log, "wb") as f:
        p = subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=f, stderr=f, start_new_session=True)
    started.append(p)

    def listens():
        with contextlib.suppress(OSError):
            socket.create_connection(port if isinstance(port, tuple) else ("127.0.0.1", port), timeout=1).close()
            return True
        return p.poll() is not None and "ended"
    if until(listens, seconds) is not True:
        raise RuntimeError(f"{words[0]} does not listen:\n" + pathlib.Path(log).read_text(errors="replace")[-2000:])
    return p


@atexit.register
def end_servers():
    for p in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(p.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            p.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(p.pid, signal.SIGKILL)


def plugin(name, *words):
    p = subprocess.run([f"/usr/lib/nagios/plugins/{name}", *map(str, words)], capture_output=True, text=True, env=clean_env(), timeout=60)
    return ["ok", "warning", "critical", "unknown"][p.returncode] if 0 <= p.returncode <= 3 else p.returncode, p.stdout + p.stderr


def together(t, text, row, want, name, *words, say=None):
    theirs, output = plugin(name, *words)
    t.ok(row and row["state"] == want == theirs and (say is None or re.search(say, row["output"])), f"{text}: {name} and vigie find {want}", f"{name}: {theirs}: {output}\nvigie: {row}")


def authority(d):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 30, "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem", cwd=d)
    pathlib.Path(d, "index").write_text("")
    pathlib.Path(d, "ca.conf").write_text("[ca]\ndefault_ca=x\n[x]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=any\ncopy_extensions=copy\nunique_subject=no\nx509_extensions=leaf\n[any]\ncommonName=supplied\n[leaf]\nbasicConstraints=CA:FALSE\n")


def certificate(d, name, names, start, end):
    stamp = lambda days: time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-addext", "subjectAltName=" + names, "-keyout", f"{name}.key", "-out", f"{name}.csr", cwd=d)
    run("openssl", "ca", "-batch", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key", "-startdate", stamp(start), "-enddate", stamp(end), "-in", f"{name}.csr", "-out", f"{name}.pem", "-notext", cwd=d)

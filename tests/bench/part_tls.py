# SPDX-License-Identifier: GPL-3.0-or-later
# part_tls.py: TLS certificate checks: a fresh handshake, the chain verified, everything judged; the client side alone.


def bench_tls():
    for words, bar in ((["rsa:2048"], "RSA 2048"), (["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "EC P-256")):
        ca = tempfile.mkdtemp(prefix="ca-bench-")
        subprocess.run(["openssl", "req", "-x509", "-newkey", *words, "-nodes", "-keyout", f"{ca}/key.pem", "-out", f"{ca}/cert.pem", "-days", "90", "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:true"], capture_output=True, check=True)
        p, port, d = web_server(ca)
        us, rate = engine("tls", f"127.0.0.1:{port}", 1000, f"{ca}/cert.pem")[:2]
        stop(p)
        shutil.rmtree(d, ignore_errors=True)
        shutil.rmtree(ca, ignore_errors=True)
        say(f"TLS certificate check, {bar}, verified", f"{us / 1000:.2f}", "ms CPU", "<= 1.2", us <= 1200, f"{rate:.0f} checks/s, client side")

# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of send/expect probes beside real servers share: one probe at once, and the four cases of each server."""
from _peers import *

STATES = ["ok", "warning", "critical", "unknown"]


def ask(kind, target, *settings, timeout="5s"):
    """The state and the sentence of one probe, by the command line."""
    s = vigie("probe", kind, *([target] if target else []), *settings, "--plugin", "--timeout", timeout)
    return STATES[s.rc] if 0 <= s.rc <= 3 else s.rc, s.text.strip()


def case(t, text, want, say, kind, target, *settings, **more):
    state, output = ask(kind, target, *settings, **more)
    return t.ok(state == want and re.search(say, output), f"{text}: {want}", f"{kind} {target} {settings}: {state}: {output}")


def stopped(processes):
    """A context in which these groups of processes stand still."""
    @contextlib.contextmanager
    def inside():
        for p in processes:
            os.killpg(p.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for p in processes:
                os.killpg(p.pid, signal.SIGCONT)
    return inside()


def tls_after(t, protocol, port, processes, *settings):
    """The check of certificates where TLS begins in the midst of another protocol: up, not trusted, stuck, nobody there."""
    four(t, f"tls after the STARTTLS of {protocol}", "tls", port, r"TLSv1\.[23]", processes, f"starttls={protocol}", "verify=no", *settings)
    case(t, f"tls of {protocol}, a certificate that nobody trusts", "critical", "not trusted", "tls", f"127.0.0.1:{port}", f"starttls={protocol}", *settings)


def four(t, name, kind, port, say, processes, *settings, stuck=r"no answer|nothing was said|no more within|no TLS", wrong=True, proto=None):
    """Up, stuck, another server in its place, nobody there."""
    target = f"127.0.0.1:{port}"
    case(t, f"{name} is up", "ok", say, kind, target, *settings, timeout="15s")
    with stopped(processes):
        case(t, f"{name} is stuck", "critical", stuck, kind, target, *settings, timeout="700ms")
    if wrong:
        other = Tcp(lambda c: (c.sendall(b"-WHAT is this\r\n"), c.recv(100)))
        case(t, f"another server in place of {name}", "critical", r"said|closed|wanted", kind, f"127.0.0.1:{other.port}", *settings, timeout="700ms")
    case(t, f"no {name}", "critical", "refused", kind, f"127.0.0.1:{free_port()}", *settings)

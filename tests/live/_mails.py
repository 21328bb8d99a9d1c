# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix' smtp-sink as a mail server, and its mails as Python's library reads them."""
import email
import email.policy
from _peers import *


def sink(d, port, *more):
    """Each mail is a file in d."""
    os.makedirs(d, exist_ok=True)
    os.chmod(d, 0o777)
    return server(["/usr/sbin/smtp-sink", "-u", "nobody", "-d", f"{d}/m.", *more, f"127.0.0.1:{port}", 200], port, f"{d}.log")


def read(d):
    out = []
    for f in sorted(pathlib.Path(d).glob("m.*"), key=lambda f: f.stat().st_mtime_ns):
        text = f.read_bytes()
        rcpt = re.search(rb"X-Rcpt-Args: <([^>]+)>", text)
        if rcpt and b"\n\n" in text.replace(b"\r\n", b"\n"):
            out.append((rcpt.group(1).decode(), email.message_from_bytes(text, policy=email.policy.default)))
    return out


def to(d, address):
    return [m for a, m in read(d) if a == address]


def plain(m):
    return m.get_body(("plain",)).get_content()


def path_in(text, start):
    return re.search(re.escape(start) + r"[^\s?>\"]+", text).group(0)

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manual pages in roff.

    man.py probe IN.md OUT VERSION     vigie-probe-NAME(7) from man/probe_NAME.md
    man.py yaml VIGIE OUT VERSION      vigie.yaml(5): man/vigie_config.md and `vigie conf doc --man`

Of Markdown it knows what our pages use: one heading, paragraphs, lists of one level, indented code, `code`."""
import pathlib
import re
import subprocess
import sys


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = text.replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return text


def inline(text):
    """`code` becomes bold; a line of roff must not begin with a dot or an apostrophe."""
    parts = text.split("`")
    out = "".join(f"\\fB{escape(p)}\\fR" if i % 2 else escape(p) for i, p in enumerate(parts))
    return "\\&" + out if out[:1] in (".", "'") else out


def blocks(text):
    """(kind, lines) of each block; kind: para, code, item."""
    kind, lines = None, []
    for line in text.splitlines() + [""]:
        is_code = line.startswith("    ")
        if kind == "code" and (is_code or not line.strip()):
            lines.append(line[4:])
            continue
        if kind and (not line.strip() or line.startswith("- ") or (is_code and not lines)):
            yield kind, lines
            kind, lines = None, []
        if not line.strip():
            continue
        if kind == "code":
            yield kind, lines
            kind, lines = None, []
        if kind is None:
            kind = "code" if is_code else "item" if line.startswith("- ") else "para"
            line = line[4:] if is_code else line[2:] if kind == "item" else line
        lines.append(line.strip() if kind != "code" else line)
    if kind == "code":
        yield kind, lines


def body(text):
    out = []
    for kind, lines in blocks(text):
        if kind == "code":
            while lines and not lines[-1].strip():
                lines.pop()
            out += [".PP", ".RS 4", ".EX"] + [re.sub(r"^([.'])", r"\\&\1", escape(l)) for l in lines] + [".EE", ".RE"]
        elif kind == "item":
            out += [".IP \\(bu 2"] + [inline(l) for l in [" ".join(lines)]]
        else:
            out += [".PP"] + [inline(" ".join(lines))]
    return out


def probe(source, version):
    text = pathlib.Path(source).read_text(encoding="utf-8")
    title, _, rest = text.partition("\n")
    name = title.removeprefix("#").strip()
    first = re.split(r"\n\s*\n", rest.strip(), maxsplit=1)[0].replace("\n", " ")
    summary = re.split(r"(?<=[.:;])\s", first, maxsplit=1)[0].rstrip(".:;")
    summary = summary[0].lower() + summary[1:] if summary[1:2].islower() else summary
    return [f".TH VIGIE\\-PROBE\\-{name.upper()} 7 \"\" \"vigie {version}\" \"vigie checks\"", ".SH NAME", f"vigie\\-probe\\-{name} \\- {inline(summary)}",
            ".SH DESCRIPTION"] + body(rest) + [".SH OPTIONS", f"\\fBvigie check list {name}\\fR describes every option; so does", ".BR vigie.yaml (5).",
            ".SH SEE ALSO", ".BR vigie (1),", ".BR vigie.yaml (5)"]


def yaml(vigie, version):
    doc = subprocess.run([vigie, "conf", "doc", "--man"], check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"}).stdout.decode()
    many = (pathlib.Path(__file__).resolve().parent.parent / "man/vigie_config.md").read_text(encoding="utf-8")
    return [f".TH VIGIE.YAML 5 \"\" \"vigie {version}\" \"vigie\"", ".SH NAME", "vigie.yaml \\- what vigie watches, and how", ".SH DESCRIPTION",
            "One mapping; every part may be left out. \\fB/etc/vigie/vigie.yaml\\fR is read first, then \\fB*.yaml\\fR of \\fBconf.d\\fR beside it and in the data directory; all are joined.",
            "\\fBvigie conf check\\fR tells every error with line and column, \\fBvigie conf apply\\fR applies what changed.",
            ".SH MANY HOSTS"] + body(many.partition("\n")[2]) + [".SH KEYS", doc.rstrip("\n"), ".SH FILES", ".TP", "/etc/vigie/vigie.yaml, /etc/vigie/conf.d/*.yaml", "written by you", ".TP", "/var/lib/vigie/conf.d/added.yaml",
            "written by \\fBvigie add\\fR", ".SH SEE ALSO", ".BR vigie (1)"]


def main():
    kind, source, out, version = sys.argv[1:5]
    lines = {"probe": probe, "yaml": yaml}[kind](source, version)
    pathlib.Path(out).write_text("\n".join(lines) + "\n", encoding="utf-8")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translations: PO files into a sorted C table, and the check that every MSG() has its French.

    po.py compile OUT.c IN.po...   joins the files; writes `const struct msg_table msg_table_fr`
    po.py check ROOT               every MSG("...") of ROOT/src against ROOT/po; also lists stale entries

It reads the part of the PO format that we write: msgid, msgstr, comments, flags.  No msgctxt, no
msgid_plural: plurals are written inside a text, {1|host|hosts}."""
import glob
import os
import re
import sys

ESCAPES = {'n': '\n', 't': '\t', 'r': '\r', '"': '"', '\\': '\\', "'": "'", '?': '?', 'a': '\a',
           'b': '\b', 'f': '\f', 'v': '\v'}
ESCAPE = re.compile(r'\\(x[0-9a-fA-F]+|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)', re.S)


class Trouble(Exception):
    pass


def unescape(body, where):
    """The text of a C or PO string literal (without its quotes)."""
    def one(m):
        code = m.group(1)
        if code[0] in 'uU':
            return chr(int(code[1:], 16)).encode()
        if code[0] == 'x':
            return bytes([int(code[1:], 16) & 255])
        if code[0] in '01234567':
            return bytes([int(code, 8) & 255])
        if code not in ESCAPES:
            raise Trouble(f'{where}: unknown escape \\{code}')
        return ESCAPES[code].encode()
    out, at = b'', 0
    for m in ESCAPE.finditer(body):
        out += body[at:m.start()].encode() + one(m)
        at = m.end()
    out += body[at:].encode()
    try:
        return out.decode()
    except UnicodeDecodeError:
        raise Trouble(f'{where}: not UTF-8') from None


def read_po(path):
    """Yields (msgid, msgstr, fuzzy, 'file:line')."""
    entry, target, fuzzy, first = {}, None, False, 0
    with open(path, encoding='utf-8') as f:
        lines = f.read().split('\n')
    for number, raw in enumerate(lines + ['msgid ""'], 1):
        line, where = raw.strip(), f'{path}:{number}'
        m = re.fullmatch(r'(?:(msgid|msgstr)\s+)?"((?:[^"\\]|\\.)*)"', line)
        # A flag belongs to the entry that follows it, so a comment closes the one before.
        closes = line.startswith('#') or (m and m.group(1) == 'msgid')
        if closes and 'msgid' in entry:
            if 'msgstr' not in entry:
                raise Trouble(f'{path}:{first}: msgid without msgstr')
            yield entry['msgid'], entry['msgstr'], fuzzy, f'{path}:{first}'
            entry, target, fuzzy = {}, None, False
        if line.startswith('#'):
            fuzzy = fuzzy or (line.startswith('#,') and 'fuzzy' in line)
        elif m:
            if m.group(1):
                target = m.group(1)
                if target in entry or (target == 'msgstr' and 'msgid' not in entry):
                    raise Trouble(f'{where}: {target} out of place')
                entry[target] = ''
                first = number if target == 'msgid' else first
            elif target is None:
                raise Trouble(f'{where}: text without msgid or msgstr')
            entry[target] += unescape(m.group(2), where)
        elif line:
            raise Trouble(f'{where}: not understood: {line}')


def placeholders(text):
    """({numbers of {n}}, {numbers of {n|...}}) of a text."""
    text = text.replace('{{', '')
    return set(re.findall(r'\{([1-9])\}', text)), set(re.findall(r'\{([1-9])\|[^}]*\}', text))


def check_pair(msgid, msgstr, where):
    plain, plural = placeholders(msgid)
    plain_fr, plural_fr = placeholders(msgstr)
    if plain != plain_fr:
        raise Trouble(f'{where}: msgid has the placeholders {sorted(plain)}, '
                      f'msgstr has {sorted(plain_fr)}')
    if not plural_fr <= plain | plural:
        raise Trouble(f'{where}: plural of an argument that msgid does not have')
    for m in re.finditer(r'\{[1-9]\|([^}]*)\}', msgid + msgstr):
        if m.group(1).count('|') != 1:
            raise Trouble(f'{where}: a plural has two forms: {m.group(0)}')


def read_all(paths):
    """{msgid: (msgstr, where)} of all files; every problem is reported, not only the first."""
    texts, problems = {}, []
    for path in paths:
        try:
            for msgid, msgstr, fuzzy, where in read_po(path):
                if msgid == '':
                    continue
                if fuzzy:
                    problems.append(f'{where}: fuzzy: {msgid!r}')
                elif msgid in texts and texts[msgid][0] != msgstr:
                    problems.append(f'{where}: {msgid!r} is translated otherwise in '
                                    f'{texts[msgid][1]}')
                elif msgstr == '':
                    problems.append(f'{where}: not translated: {msgid!r}')
                else:
                    texts.setdefault(msgid, (msgstr, where))
                    try:
                        check_pair(msgid, msgstr, where)
                    except Trouble as trouble:
                        problems.append(str(trouble))
        except Trouble as trouble:
            problems.append(str(trouble))
    if problems:
        raise Trouble('\n'.join(problems))
    return texts


def c_string(text):
    def one(c):
        if c in '"\\':
            return '\\' + c
        if c == '\n':
            return '\\n'
        return f'\\{ord(c):03o}' if ord(c) < 32 else c
    return '"' + ''.join(map(one, text)).replace('??', '?\\?') + '"'


def compile_po(out, paths):
    texts = read_all(paths)
    rows = [f'    {{{c_string(k)},\n     {c_string(texts[k][0])}}},\n'
            for k in sorted(texts, key=lambda k: k.encode())]  # bytes: the order of strcmp
    with open(out, 'w', encoding='utf-8') as f:
        f.write('/* Generated from po/ by tools/po.py. */\n#include "base/msg.h"\n\n'
                'static const struct msg_pair pairs[] = {\n' + ''.join(rows) +
                '    {NULL, NULL},\n};\n\nconst struct msg_table msg_table_fr = '
                f'{{"fr", pairs, {len(rows)}}};\n')


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|\w+|\S|\n', re.S)


def extract(path):
    """Yields (msgid, 'file:line') of every MSG("..." "...") in a C file."""
    with open(path, encoding='utf-8') as f:
        text = f.read()
    tokens = [(m.group(0), m.start()) for m in TOKEN.finditer(text)
              if not m.group(0).startswith(('//', '/*')) and m.group(0) != '\n']
    for i, (token, start) in enumerate(tokens[:-1]):
        if token != 'MSG' or tokens[i + 1][0] != '(':
            continue
        if i and tokens[i - 1][0] == 'define':
            continue
        where = f'{path}:{text.count(chr(10), 0, start) + 1}'
        parts, j = [], i + 2
        while j < len(tokens) and tokens[j][0].startswith('"'):
            parts.append(unescape(tokens[j][0][1:-1], where))
            j += 1
        if not parts or j == len(tokens) or tokens[j][0] != ')':
            raise Trouble(f'{where}: MSG() takes string literals only')
        yield ''.join(parts), where


def check(root):
    paths = [p for p in [os.path.join(root, 'po', 'fr.po')] if os.path.exists(p)]
    paths += sorted(glob.glob(os.path.join(root, 'po', 'parts', '*.po')))
    texts = read_all(paths)
    used, problems = {}, []
    for folder, _, names in sorted(os.walk(os.path.join(root, 'src'))):
        for name in sorted(names):
            if name.endswith(('.c', '.h')):
                try:
                    for msgid, where in extract(os.path.join(folder, name)):
                        used.setdefault(msgid, where)
                except Trouble as trouble:
                    problems.append(str(trouble))
    for msgid, where in used.items():
        if msgid not in texts:
            problems.append(f'{where}: no French for {msgid!r}')
    for msgid, (_, where) in texts.items():
        if msgid not in used:
            print(f'{where}: stale, nothing uses {msgid!r}')
    if problems:
        raise Trouble('\n'.join(problems))
    print(f'po: {len(used)} messages, all of them in French')


def main(argv):
    try:
        if len(argv) >= 3 and argv[1] == 'compile':
            compile_po(argv[2], argv[3:])
        elif len(argv) == 3 and argv[1] == 'check':
            check(argv[2])
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))

# SPDX-License-Identifier: GPL-3.0-or-later
# packages: puppet-agent
"""contrib/puppet with Debian's Puppet (MON-5): catalogs compile, what is written is a configuration, a second run changes nothing,
what is no longer declared goes, and one bad check is refused by name while the rest is written. Exported resources need PuppetDB;
collecting is tested with virtual ones, which the same class collects. The Ansible role and the cloud-init snippet are read as YAML."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Place:
    def __init__(self):
        self.d = pathlib.Path(temp_dir())
        self.etc = self.d / "etc"

    def apply(self, manifest, facts=None):
        head = f"""class {{ 'vigie': manage_package => false, manage_service => false, owner => '', group => '',
          config_dir => '{self.etc}', command => '{VIGIE}' }}\n"""
        env = clean_env(**{f"FACTER_{k}": v for k, v in (facts or {}).items()})
        p = subprocess.run(["puppet", "apply", "--detailed-exitcodes", "--color=false", f"--modulepath={ROOT}/contrib/puppet", f"--confdir={self.d}/conf", f"--vardir={self.d}/var", f"--codedir={self.d}/code",
                            "-e", head + manifest], capture_output=True, text=True, env=env, timeout=120)
        return p.returncode, "\n".join(line for line in (p.stdout + p.stderr).splitlines() if "Facter:" not in line)

    def files(self):
        return sorted(p.name for p in (self.etc / "conf.d").glob("*"))

    def check(self):
        main = self.etc / "vigie.yaml"
        if not main.exists():
            main.write_text("")
        s = vigie("conf", "check", main, "--data", f"{self.d}/data")
        return s.rc == 0, s.out + s.err


TWO = """
vigie::host { 'web1': address => '192.0.2.10', groups => ['web'], labels => { 'rack' => 4 }, parents => ['gw'], checks => [{ 'tcp' => 22 }] }
vigie::host { 'gw': address => '192.0.2.1', options => { 'title' => 'Way: out #1' } }
vigie::check { 'front': host => 'web1', kind => 'http', options => { 'url' => 'https://example.org/', 'name' => 'front', 'expect' => { 'status' => [200] } } }
"""


def life(t):
    p = Place()
    p.etc.mkdir()
    (p.etc / "conf.d").mkdir()
    for name in ("people.yaml", "puppet.yaml", "discovered.yaml"):
        (p.etc / "conf.d" / name).write_text("# by hand\n")
    mine = "vigie::check { 'shell': host => 'gw', kind => 'tcp', value => 22 }\n"
    rc, out = p.apply(TWO + mine)
    t.ok(rc == 2, "a first run writes files", out)
    good, said = p.check()
    t.ok(good and "2 hosts" in said and "3 checks" in said, "what is written is a configuration: 2 hosts, 3 checks", said)
    rc, out = p.apply(TWO + mine)
    t.ok(rc == 0, "a second run changes nothing", out)
    rc, out = p.apply(TWO)
    t.ok(rc == 2 and not [f for f in p.files() if "shell" in f], "what is no longer declared goes", f"{p.files()}\n{out}")
    t.ok({"people.yaml", "puppet.yaml", "discovered.yaml"} <= set(p.files()), "files of others stay", p.files())
    good, said = p.check()
    t.ok(good and "2 checks" in said, "and the rest still loads", said)


def a_bad_one(t):
    p = Place()
    bad = "vigie::check { 'typo': host => 'gw', kind => 'tcp', options => { 'prot' => 22 } }\nvigie::check { 'shell': host => 'gw', kind => 'tcp', value => 22 }\n"
    rc, out = p.apply(TWO + bad)
    t.ok(rc in (4, 6) and "typo" in out and "prot" in out, "a bad check is refused by name, with what is wrong", out)
    t.ok([f for f in p.files() if "shell" in f] and not [f for f in p.files() if "typo" in f], "the rest is written", p.files())
    good, said = p.check()
    t.ok(good and "3 checks" in said, "and is a configuration", said)
    rc, out = p.apply(TWO + bad.replace("'prot'", "'port'"))
    t.ok(rc == 2 and [f for f in p.files() if "typo" in f], "put right, it is written", out)
    before = (p.etc / "conf.d" / "puppet-2-gw-typo.yaml").read_text()
    rc, out = p.apply(TWO + bad)
    t.ok(rc in (4, 6) and (p.etc / "conf.d" / "puppet-2-gw-typo.yaml").read_text() == before, "wrong again, the good file stays", out)
    rc, out = p.apply("vigie::check { 'a/b': host => 'x/y', kind => 'tcp', value => 22 }")
    t.ok(rc == 1 and "expects a match for Vigie::Checkname" in out, "a name that vigie would not take does not compile", out)
    rc, out = p.apply("vigie::check { 'both': host => 'x', kind => 'tcp', value => 22, options => { 'port' => 1 } }")
    t.ok(rc == 1 and "either value or options" in out, "neither do two forms at once", out)


def main_file(t):
    p = Place()
    settings = """class { 'vigie': manage_package => false, manage_service => false, owner => '', group => '', config_dir => '%s', command => '%s',
      config => { 'site' => { 'title' => 'Puppet: "quoted"' }, 'contacts' => { 'ops' => { 'mail' => 'ops@example.org' } }, 'defaults' => { 'every' => '30s' } },
      hosts => { 'db' => { 'address' => '192.0.2.3', 'contacts' => ['ops'] } }, checks => { 'pg' => { 'host' => 'db', 'kind' => 'tcp', 'value' => 5432 } } }""" % (p.etc, VIGIE)
    w = subprocess.run(["puppet", "apply", "--detailed-exitcodes", "--color=false", f"--modulepath={ROOT}/contrib/puppet", f"--confdir={p.d}/conf", f"--vardir={p.d}/var", "-e", settings], capture_output=True, text=True, timeout=120)
    good, said = p.check()
    t.ok(w.returncode == 2 and good and "1 contact" in said and "1 check" in said, "vigie.yaml, hosts and checks from data", w.stdout + said)


def collected(t):
    p = Place()
    both = """class { 'vigie::node': host_name => 'n1.example.org', address => '192.0.2.20', export => false, local => true, groups => ['paris'], services => { 'web' => { 'kind' => 'http', 'value' => 'http://192.0.2.20/' } } }
    class { 'vigie::collector': puppetdb => false }"""
    rc, out = p.apply(both)
    t.ok(rc == 2, "a node says what it is, a collector writes it", out)
    good, said = p.check()
    text = "".join(f.read_text() for f in (p.etc / "conf.d").glob("puppet-*.yaml"))
    t.ok(good and "n1.example.org" in text and "debian" in text and "paris" in text and "http://192.0.2.20/" in text, "host from facts, its group by family, its service", f"{said}\n{text}")
    t.ok("localhost" in text and "disks" in text and "memory" in text, "this machine's own checks from its facts", text)
    t.ok(p.apply(both)[0] == 0, "a second run changes nothing")
    rc, out = p.apply(both.replace("puppetdb => false", "puppetdb => false, realm => 'other'"))
    t.ok(rc == 2 and not [f for f in p.files() if "n1" in f], "another realm takes nothing of it, and what was there goes", f"{p.files()}\n{out}")
    rc, out = p.apply("class { 'vigie::node': host_name => 'n1', address => '192.0.2.20' }")
    t.ok(rc in (0, 2) and not [f for f in p.files() if "n1" in f], "exported resources compile, and write nothing here (PuppetDB would keep them)", out)


def other_tools(t):
    import yaml
    for path in sorted([*ROOT.glob("contrib/ansible/**/*.yml"), *ROOT.glob("contrib/cloud-init/*.yaml")]):
        found = list(yaml.safe_load_all(path.read_text()))
        t.ok(found and all(found), f"{path.relative_to(ROOT)} is YAML")
    tasks = yaml.safe_load((ROOT / "contrib/ansible/roles/vigie/tasks/main.yml").read_text())
    t.ok(all(task.get("name") for task in tasks), "every task of the role has a name")
    init = yaml.safe_load((ROOT / "contrib/cloud-init/vigie.yaml").read_text())
    d = pathlib.Path(temp_dir())
    for f in init["write_files"]:
        (d / pathlib.Path(f["path"]).name).write_text(f["content"])
    s = vigie("conf", "check", d / "vigie.yaml", "--data", d / "data")
    t.ok(s.rc == 0, "the configuration in the snippet loads", s.out + s.err)


tap = Tap()
for part in (life, a_bad_one, main_file, collected, other_tools):
    tap.part(part)
tap.done()

"""The documents say what the program does: man pages, both READMEs, links."""

import json
import re
import shutil
import subprocess

import pytest
from harness.site import BINARY, TREE

MAN_COMMANDS = TREE / "docs/man/menshen.1"
MAN_SETTINGS = TREE / "docs/man/menshen.conf.5"
OPERATIONS = [TREE / "docs/operations.md", TREE / "docs/operations.zh-CN.md"]
PORTAL = [TREE / "docs/portal.md", TREE / "docs/portal.zh-CN.md"]
READMES = [TREE / "README.md", TREE / "README.zh-CN.md"]
FRONTENDS = sorted(path for path in (TREE / "docs/frontends").glob("*.md") if ".zh-CN" not in path.name)
IN_BOTH = [READMES, OPERATIONS, PORTAL, *([page, page.with_suffix(".zh-CN.md")] for page in FRONTENDS)]
PAGES = READMES + sorted((TREE / "docs").rglob("*.md"))
EVERYWHERE = {"--conf", "--help"}  # said once for all commands
DIALECTS = ("blade", "ebaas", "eplatform", "platform", "springblade", "ruoyi", "oauth")


def say(*arguments):
    return subprocess.run([BINARY, *arguments], env={}, capture_output=True, check=True, text=True).stdout


def listed_commands():
    """["init", "tenant add", …], as --help lists them: words in lower case, then operands."""
    lines = re.findall(r"^  ([a-z].*?)(?:   |$)", say("--help"), re.MULTILINE)
    return [re.match(r"[a-z]+(?: [a-z0-9]+)*", line)[0] for line in lines]


COMMANDS = listed_commands()


def options_of(command):
    """What the command's --help says it takes."""
    told = say(*command.split(), "--help").partition("Options:")[2].partition("Examples:")[0]
    return set(re.findall(r"^  (--[a-z-]+)", told, re.MULTILINE))


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


# ---- Man pages ------------------------------------------------------------------------------------------------------
def plain(mdoc):
    """The text of a line or paragraph of mdoc: macros gone, `Fl -x` written --x."""
    text = re.sub(r"\bFl -", "--", mdoc)
    text = re.sub(r"\| -(?=[a-z])", "| --", text)
    return re.sub(r"\\&|^\.|\b(?:Cm|Ar|Xo|Xc|Oo|Oc|Op|No|Ns|Pa|Ql|Xr|Dq)\b ?", "", text, flags=re.MULTILINE)


def man_entries():
    """{command: everything said of it}, and what its part of the page says of all its commands."""
    entries = {}
    commands = MAN_COMMANDS.read_text().partition(".Sh COMMANDS")[2].partition("\n.Sh ")[0]
    for part in commands.split("\n.Ss ")[1:]:
        head, *items = re.split(r"\n\.It (?:Xo\n\.)?(?=Cm [a-z])", part)
        for item in items:
            name = re.match(r"Cm ([a-z]+(?: [a-z0-9]+)*)", item)[1]
            entries[name] = plain(head + item)
    return entries


def man_settings():
    """{"section.key": default, or None where the page has a table}"""
    found = {}
    for section, body in re.findall(r"^\.Ss \[(\S+)\]\n(.*?)(?=^\.S[sh] )", MAN_SETTINGS.read_text(), re.M | re.S):
        for key, default in re.findall(r"^\.It Cm (\w+)( =.*)?$", body, re.MULTILINE):
            found[f"{section}.{key}"] = default[2:].strip() if default else None
    return found


def man_dialects():
    """The table of the dialects' defaults: {"dialect.blade.prefix": "/kom-ams-auth", …}"""
    rows = [re.split(r" Ta ", row) for row in re.findall(r"^\.It (.* Ta .*)$", MAN_SETTINGS.read_text(), re.M)]
    keys = [key.removeprefix("Em ") for key in rows[0][1:]]
    return {f"dialect.{row[0]}.{key}": cell for row in rows[1:] for key, cell in zip(keys, row[1:], strict=True)}


def test_the_man_page_has_the_commands_of_help_and_no_others():
    assert sorted(man_entries()) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_man_page_has_the_options_of(command):
    assert options_in(man_entries()[command]) >= options_of(command) - EVERYWHERE


def test_the_man_page_has_the_settings_and_their_defaults():
    said, table, expected = man_settings(), man_dialects(), {}
    for name, default in list(said.items()):
        if name.startswith("dialect.*."):
            del said[name]
            key = name.rpartition(".")[2]
            for dialect in DIALECTS:
                said.setdefault(f"dialect.{dialect}.{key}", table.get(f"dialect.{dialect}.{key}", default))
    for setting in json.loads(say("config", "--json")):
        expected[setting["setting"]] = setting["default"]
    assert said == expected


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("page", [MAN_COMMANDS, MAN_SETTINGS], ids=lambda page: page.name)
def test_man_pages_have_no_mistakes(page):
    command = ["groff", "-ww", "-K", "utf8", "-mdoc", "-Tutf8", "-z", page]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# ---- READMEs --------------------------------------------------------------------------------------------------------
def code_blocks(page, language=".*?"):
    """The lines of each fenced block, without comments."""
    blocks = re.findall(rf"^ *```{language}\n(.*?)^ *```$", page.read_text(), re.M | re.S)
    return [[re.sub(r"(^|\s+)#.*", "", line) for line in block.splitlines()] for block in blocks]


def headings(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    return re.findall(r"^(#+) ", text, re.MULTILINE)


@pytest.mark.parametrize("pages", IN_BOTH, ids=lambda pages: pages[0].stem)
def test_both_languages_have_the_same_headings(pages):
    english, chinese = map(headings, pages)
    assert english == chinese and len(english) > 3


@pytest.mark.parametrize("pages", IN_BOTH, ids=lambda pages: pages[0].stem)
def test_both_languages_have_the_same_code(pages):
    english, chinese = map(code_blocks, pages)
    assert english == chinese and len(english) > 1


def run_blocks(page, folder):
    """Every block of the page, in its order, as one script in an empty folder: the commands in it, and what it printed."""
    for name in ("bin", "site"):
        (folder / name).mkdir()
    (folder / "bin/menshen").symlink_to(BINARY)
    script = "\n".join(line for block in code_blocks(page, "sh") for line in block)
    done = subprocess.run(
        ["/bin/sh", "-eu"], input=script, cwd=folder / "site", env={"PATH": f"{folder}/bin:/usr/bin:/bin"},
        capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {command for command in COMMANDS if f"menshen {command}" in script}, done.stdout


def test_the_commands_of_a_day_work_from_an_empty_folder(tmp_path):
    called, said = run_blocks(OPERATIONS[0], tmp_path)
    assert called >= {"user add", "user passwd", "client secret", "session revoke", "audit tail", "backup", "doctor"}
    events = [json.loads(line) for line in said.splitlines() if line.startswith('{"time"')]
    assert {"user.add", "user.passwd", "client.secret", "session.revoke"} <= {event["action"] for event in events}


def test_the_commands_of_the_portal_work_from_an_empty_folder(tmp_path):
    called, said = run_blocks(PORTAL[0], tmp_path)
    assert called >= {"setup code", "group join", "user invite", "mail list", "session list", "restore"}
    assert re.search(r"^/link/[0-9a-f]{32}$", said, re.MULTILINE), said


def test_the_settings_of_the_portal_are_settings(tmp_path):
    """Each block of a configuration is one, and its values are in force."""
    for number, block in enumerate(code_blocks(PORTAL[0], "ini")):
        file = tmp_path / f"{number}.conf"
        file.write_text("\n".join(block).replace("https://HOST", "https://login.example"))
        rows = json.loads(say("--conf", str(file), "config", "--json"))
        assert sum(row["value"] != row["default"] for row in rows) >= sum("=" in line for line in block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_code_are_commands_of_the_program(page):
    inline = re.findall(r"`([^`\n]+)`", page.read_text())
    lines = [line for block in code_blocks(page) for line in block] + inline
    pattern = re.compile(r" *\S*\bmenshen(?:\.fcgi)? +(?:--conf \S+ +)?([a-z].*)")
    calls = [found[1] for found in map(pattern.match, lines) if found]
    assert calls or page not in READMES
    for call in calls:
        words = call.split()
        command = next((c for c in COMMANDS if c.split() == words[: len(c.split())]), None)
        assert command, f"menshen {call}: --help lists no such command"
        assert options_in(call) <= options_of(command), f"menshen {call}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


# ---- Security -------------------------------------------------------------------------------------------------------
def test_the_tests_that_security_names_exist():
    named = re.findall(r"(test_\w+\.(?:c|py)): (test_\w+)", (TREE / "docs/security.md").read_text())
    assert len(named) > 60
    for file, test in named:
        source = (TREE / "tests" / ("unit" if file.endswith(".c") else "e2e") / file).read_text()
        assert re.search(rf"\b(?:void|def) {test}\(", source), f"{file} has no {test}"


def test_security_leaves_nothing_open():
    """Every row of a table says which test shows it, or has a reason and a dash."""
    rows = re.findall(r"^\| .* \|$", (TREE / "docs/security.md").read_text().partition("## OWASP")[2], re.MULTILINE)
    for row in rows:
        last = row.strip("| ").rpartition("|")[2].strip()
        assert last in ("—", "test") or re.fullmatch(r"test_\w+\.(?:c|py): test_\w+(?:; test_\w+\.(?:c|py): test_\w+)*", last), row

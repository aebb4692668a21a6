"""
The program that is uploaded, cgi-bin/menshen.fcgi: one file that needs nothing of the host. It runs in a folder that
holds nothing else, as the whole file system it can see.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from harness.seccomp import refuse
from harness.site import BINARY, DEMO_USER, TEST_SETTINGS, TREE, merge, owner_arguments
from harness.visitor import Visitor
from harness.wire import DirectCgi, cgi_variables, get

# `make arm64` names another program, and what runs it.
EMULATOR = shutil.which(os.environ.get("MENSHEN_EMULATOR", ""))
PROGRAM = BINARY if EMULATOR else TREE / "cgi-bin/menshen.fcgi"
ROOT = os.geteuid() == 0
# Who is not root is so in a user namespace of their own, where the host allows that.
CHROOT = ["chroot"] if ROOT else ["unshare", "--map-root-user", "chroot"]


def elf_has(kind):
    done = subprocess.run(["readelf", "--wide", "--dynamic", "--segments", PROGRAM], capture_output=True, check=True)
    return kind.encode() in done.stdout


def test_the_file_names_no_library_and_no_loader():
    assert elf_has("Dynamic section"), "readelf says something else than this test reads"
    assert not elf_has("(NEEDED)")
    assert not elf_has("INTERP")


def test_the_file_is_hardened():
    header = subprocess.run(["readelf", "--wide", "--file-header", PROGRAM], capture_output=True, check=True).stdout
    assert b"DYN" in header, "position-independent: loaded where nobody can foresee"
    assert elf_has("GNU_RELRO") and elf_has("BIND_NOW")


class Cell:
    """A root folder: the program, its configuration, a folder for data; no /proc, /dev, /etc, /tmp, libraries."""

    def __init__(self, settings):
        self.root = Path(tempfile.mkdtemp(prefix="menshen-"))
        shutil.copy2(PROGRAM, self.root / "menshen")
        if EMULATOR:
            shutil.copy2(EMULATOR, self.root / "emulator")
        lines = [f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()) for section, keys in settings.items()]
        (self.root / "menshen.conf").write_text("\n".join(lines))
        if ROOT:
            for path in (self.root, *self.root.iterdir()):
                os.chown(path, owner_arguments()["group"], owner_arguments()["group"])

    def run(self, argv, env=None, input=b"", preexec_fn=None):
        who = [f"--userspec={owner_arguments()['group']}:{owner_arguments()['group']}"] if ROOT else []
        # chroot(8) sets no variables, and hands on what it has.
        command = [*CHROOT, *who, self.root, *(["/emulator"] if EMULATOR else []), "/menshen", *argv]
        return subprocess.run(command, input=input, env={"PATH": os.environ["PATH"]} | (env or {}),
                              capture_output=True, check=False, timeout=120, preexec_fn=preexec_fn)  # fmt: skip


@pytest.fixture
def cell():
    if subprocess.run([*CHROOT, "/", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("neither root nor allowed to make a user namespace, so there is no chroot")
    own = {"server": {"data_dir": "data", "log": "stderr"}}
    cell = Cell(merge(TEST_SETTINGS, own))
    yield cell
    shutil.rmtree(cell.root)


def test_in_an_empty_chroot_people_log_in(cell):
    made = cell.run(["init", "--demo"])
    assert made.returncode == 0, made.stderr
    assert {path.name for path in cell.root.iterdir()} - {"emulator"} == {"data", "menshen", "menshen.conf"}
    visitor = Visitor(None, DirectCgi(cell.run))
    assert visitor.blade_login(DEMO_USER)["user_name"] == DEMO_USER.account
    assert visitor.app_token()
    key, answer = visitor.ebaas_captcha()
    response = visitor.ebaas_login(visitor.ebaas_login_fields(DEMO_USER, (key, answer)))
    assert response.json["code"] == "000", response
    expired = response.json["data"]["expired"]
    assert len(expired) == len("2026-11-21 23:41:19"), "dates need no zone file"
    checked = cell.run(["doctor"])
    assert checked.returncode == 0, checked.stdout


@pytest.mark.skipif(EMULATOR is not None, reason="an emulator draws random bytes itself")
def test_without_any_random_source_nothing_is_begun(cell):
    """getrandom(2) refused, and no /dev here; nor is a file of that name taken for the device."""
    device = cell.root / "dev/urandom"
    for there in (False, True):
        if there:
            device.parent.mkdir()
            device.write_bytes(bytes(4096))
        done = cell.run(["init"], preexec_fn=refuse("getrandom"))
        assert done.returncode == 1 and b"no random source" in done.stderr, done.stderr
        assert not (cell.root / "data/menshen.db").exists()
    assert cell.run(["init", "--demo"]).returncode == 0
    env, body = cgi_variables(get("/kom-ams-auth/oauth/captcha"), "")
    done = cell.run([], env, body, preexec_fn=refuse("getrandom"))
    assert b"Status: 500" in done.stdout and b'"random"' in done.stderr, done.stdout + done.stderr

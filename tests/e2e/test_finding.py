"""
Where the program and its configuration may lie, and what it needs of the host: found by any path, links and blanks in it,
without /proc, by a user whom the host does not know; and what is there but cannot be read is never passed over.
"""

import errno
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from harness.seccomp import refuse
from harness.site import BINARY, DEMO_USER, Site, owner_arguments, run_as
from harness.visitor import Visitor, basic
from harness.wire import DirectCgi, post_form

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody whom the host does not know")
CAPTCHA = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1",
           "PATH_INFO": "/kom-ams-auth/oauth/captcha"}  # fmt: skip


@pytest.fixture
def folder():
    """An empty folder of the sites' owner, with a blank in its path."""
    root = Path(tempfile.mkdtemp(prefix="menshen "))
    own(root)
    yield root
    subprocess.run(["chmod", "-R", "u+rwX", root], check=True)  # what tests closed
    shutil.rmtree(root)


def own(path):
    if run_as():
        shutil.chown(path, run_as(), owner_arguments()["group"])
    return path


def new(path, text=None):
    """A folder, or a file with this text, and the folders above it, of the sites' owner."""
    missing = [p for p in [path, *path.parents] if not p.exists()]
    if text is None:
        path.mkdir(parents=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for p in missing:
        own(p)
    return path


def install(path):
    new(path.parent) if not path.parent.exists() else None
    shutil.copy2(BINARY, path)
    return own(path)


def run(argv, env=None, cwd="/", **more):
    return subprocess.run(argv, env=env or {}, cwd=cwd, capture_output=True, text=True, check=False, timeout=120,
                          **(owner_arguments() | more))  # fmt: skip


def configuration(argv, **how):
    """Where the program finds its settings; None: no file."""
    done = run([*argv, "config", "--json"], **how)
    assert done.returncode == 0, done.stderr
    origins = {row["origin"].rpartition(":")[0] for row in json.loads(done.stdout) if row["origin"] != "default"}
    assert len(origins) <= 1
    return Path(origins.pop()) if origins else None


def conf(path, **settings):
    lines = "".join(f"{key} = {value}\n" for key, value in ({"data_dir": "data"} | settings).items())
    return new(path, f"[server]\n{lines}")


def test_beside_the_program_and_beside_its_folder(folder):
    program = install(folder / "cgi bin/menshen.fcgi")
    etc = conf(folder / "etc/menshen.conf")
    assert configuration([program]) == etc
    beside = conf(folder / "cgi bin/menshen.conf")
    assert configuration([program]) == beside


def test_by_a_relative_path_and_by_the_search_path(folder):
    program = install(folder / "cgi bin/menshen.fcgi")
    etc = conf(folder / "etc/menshen.conf")
    assert configuration(["./menshen.fcgi"], cwd=program.parent) == etc
    assert configuration(["cgi bin/menshen.fcgi"], cwd=folder) == etc
    assert configuration(["menshen.fcgi"], cwd="/", env={"PATH": str(program.parent)}) == etc


def test_a_link_is_looked_around_first_then_what_it_leads_to(folder):
    """One program for many sites; and /usr/bin/menshen, which leads to a site."""
    program = install(folder / "opt/menshen/menshen.fcgi")
    link = new(folder / "site/cgi-bin") / "menshen.fcgi"
    link.symlink_to("../../opt/menshen/menshen.fcgi")
    target = conf(folder / "opt/etc/menshen.conf")
    assert configuration([link]) == target
    etc = conf(folder / "site/etc/menshen.conf")
    assert configuration([link]) == etc
    assert configuration([program]) == target


def test_paths_are_relative_to_the_file_that_a_link_leads_to(folder):
    program = install(folder / "cgi-bin/menshen.fcgi")
    real = conf(folder / "shared/menshen.conf", data_dir="../data")
    new(folder / "etc")
    (folder / "etc/menshen.conf").symlink_to(real)
    done = run([program, "config", "--json"])
    rows = {row["setting"]: row["value"] for row in json.loads(done.stdout)}
    assert rows["server.data_dir"] == f"{folder}/shared/../data"


def test_a_site_in_a_path_with_blanks_logs_people_in(folder):
    program = install(folder / "cgi bin/menshen.fcgi")
    new(folder / "etc/menshen.conf", "[server]\ndata_dir = ../my data\nlog = ../my data/a log\n"
        "[captcha]\nexpose_answer = yes\n[login]\nargon2_memory_kib = 1024\n")  # fmt: skip
    made = run([program, "init", "--demo"])
    assert made.returncode == 0, made.stderr

    def call(argv, env, body):
        return subprocess.run([program, *argv], input=body, env=env, cwd="/", capture_output=True, check=False,
                              timeout=120, **owner_arguments())  # fmt: skip

    assert Visitor(None, DirectCgi(call)).blade_login(DEMO_USER)["user_name"] == DEMO_USER.account
    assert (folder / "my data/a log").exists()


def rented(folder, data_dir):
    """A host whose document root is public_html, with cgi-bin in it; what has to be beside stands in `etc`."""
    program = install(folder / "public_html/cgi-bin/menshen.fcgi")
    conf(folder / "public_html/cgi-bin/menshen.conf", data_dir=data_dir)
    return program


def test_where_cgi_bin_lies_in_the_document_root_the_data_lie_outside(folder):
    program = rented(folder, "../../menshen/data")
    done = run([program, "init"])
    assert done.returncode == 0, done.stderr
    assert (folder / "menshen/data/menshen.db").exists()
    done = run([program], env=CAPTCHA | {"DOCUMENT_ROOT": f"{folder}/public_html"})
    assert "Status: 200" in done.stdout, done.stdout + done.stderr


def test_one_line_proves_that_a_login_works(site, web):
    """The README's."""
    user = site.new_user()
    secret = site.cli_json("client", "add", "proof", "--grants", "password", "--password-wire", "plain")["secret"]
    try:
        fields = {"grant_type": "password", "username": user.account, "password": user.password}
        response = web.send(post_form("/oauth2/token", fields, Authorization=basic("proof", secret)))
        assert response.status == 200 and list(response.json)[0] == "access_token", response
    finally:
        site.cli("client", "remove", "proof")


def test_data_that_the_web_server_gives_out_are_refused(folder):
    program = rented(folder, "../data")
    done = run([program, "init"])
    assert done.returncode == 1 and "looks as if a web server would give it out" in done.stderr
    conf(folder / "public_html/cgi-bin/menshen.conf", data_dir="../../data")
    assert run([program, "init"]).returncode == 0
    conf(folder / "public_html/cgi-bin/menshen.conf", data_dir="../data")
    (folder / "data").rename(folder / "public_html/data")
    done = run([program], env=CAPTCHA)  # as suexec leaves it: no DOCUMENT_ROOT that tells
    assert "Status: 500" in done.stdout and "looks as if a web server would give it out" in done.stderr


def test_a_link_into_the_document_root_is_seen_through(folder):
    """As many hosts have ~/www beside ~/public_html."""
    program = install(folder / "cgi-bin/menshen.fcgi")
    (folder / "public_html").mkdir()
    (folder / "www").symlink_to("public_html")
    conf(folder / "cgi-bin/menshen.conf", data_dir="../www/data")
    done = run([program, "init"])
    assert done.returncode == 1 and "looks as if a web server would give it out" in done.stderr
    conf(folder / "cgi-bin/menshen.conf", data_dir="../data")
    assert run([program, "init"]).returncode == 0
    conf(folder / "cgi-bin/menshen.conf", data_dir="../www/data")
    (folder / "data").rename(folder / "public_html/data")
    done = run([program], env=CAPTCHA)
    assert "Status: 500" in done.stdout and "looks as if a web server would give it out" in done.stderr


def test_init_forbids_the_folder_to_apache_all_the_same(folder):
    program = install(folder / "cgi-bin/menshen.fcgi")
    conf(folder / "cgi-bin/menshen.conf", data_dir="../data")
    assert run([program, "init"]).returncode == 0
    rules = (folder / "data/.htaccess").read_text()
    assert "Require all denied" in rules and "Deny from all" in rules


@pytest.mark.parametrize("what", ["the folder", "the file", "the folder that a link leads to"])
def test_what_cannot_be_read_stops_the_start_and_is_named(folder, what):
    program = install(folder / "cgi-bin/menshen.fcgi")
    path = conf(folder / "etc/menshen.conf")
    if what == "the folder that a link leads to":
        (folder / "real").mkdir(mode=0)
        own(folder / "real")
        path.unlink()
        path.symlink_to("../real/menshen.conf")
    else:
        os.chmod(path if what == "the file" else path.parent, 0)
    for argv, env in ((["config"], {}), (["doctor"], {}), ([], CAPTCHA)):
        done = run([program, *argv], env=env)
        said = done.stdout + done.stderr
        if env:
            assert "Status: 500" in done.stdout
        else:
            assert done.returncode == 1, said
        assert str(path) in said and "Permission denied" in said, said
        assert "readable for" in said, said
    assert not (folder / "data").exists()


def test_a_configuration_that_is_a_folder_stops_the_start(folder):
    program = install(folder / "cgi-bin/menshen.fcgi")
    new(folder / "etc/menshen.conf")
    done = run([program, "config"])
    assert done.returncode == 1 and f"{folder}/etc/menshen.conf: Is a directory" in done.stderr


@AS_ROOT
def test_a_user_whom_the_host_does_not_know(folder):
    program = install(folder / "cgi-bin/menshen.fcgi")
    stranger = {"user": 54321, "group": 54321}
    os.chmod(folder, 0o755)
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, 54321, 54321)

    done = run([program, "init"], **stranger)
    assert done.returncode == 1 and "data_dir is not set, and user 54321 has no home folder" in done.stderr
    done = run([program, "init"], env={"HOME": str(folder)}, **stranger)
    assert done.returncode == 1, "a home of somebody else is none: the environment is the web server's"
    done = run([program, "init"], env={"HOME": str(home)}, **stranger)
    assert done.returncode == 0, done.stderr
    assert (home / ".menshen/data/menshen.db").exists()
    done = run([program], env=CAPTCHA | {"HOME": str(home)}, **stranger)
    assert "Status: 200" in done.stdout, done.stdout + done.stderr
    done = run([program, "audit", "tail"], env={"HOME": str(home)}, **stranger)
    assert '"admin:54321"' in done.stdout


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EPERM])
def test_a_host_that_refuses_getrandom(error):
    site = Site()
    try:
        done = run([site.binary], env=CAPTCHA, preexec_fn=refuse("getrandom", error))
        assert "Status: 200" in done.stdout, done.stdout + done.stderr
        done = run([site.binary, "key", "rotate"], preexec_fn=refuse("getrandom", error))
        assert done.returncode == 0, done.stderr
    finally:
        site.remove()

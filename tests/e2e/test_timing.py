"""
Who exists cannot be told by the time that a refusal takes: an unknown account costs what a wrong password costs.

CPU time of plain CGI processes of the program as it is shipped, at the default cost of Argon2id: what a process waits
for does not count, and what is compared is a ratio.
"""

import crypt
import json
import os
import subprocess
import tempfile
from statistics import median

import pytest
from harness.errors import blade
from harness.servers import DirectCgi
from harness.site import TREE, Site, owner_arguments
from harness.visitor import Visitor, basic
from harness.wire import post_json

RELEASE = TREE / "cgi-bin/menshen.fcgi"
TRIES = 50
WITHIN = (0.9, 1.1)

SETTINGS = {
    "login": {
        "argon2_memory_kib": "19456", "argon2_passes": "2", "max_failures": "1000", "captcha_after": "1000",
        "client_max_failures": "1000000",
    }
}  # fmt: skip
CLIENT = basic("typed", "typed")  # sends passwords as they are typed, which imported verifiers need
PASSWORD = "Correct-horse-1"


class TimedCgi:
    """Runs the program for harness.servers.DirectCgi; `cpu_s` is what the last run took."""

    def __init__(self, site):
        self.site, self.cpu_s = site, None

    def __call__(self, argv, env, body):
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            stdin.write(body)
            stdin.seek(0)
            command = [self.site.binary, *argv]
            process = subprocess.Popen(command, env=env, cwd="/", stdin=stdin, stdout=stdout, stderr=stderr,
                                       **owner_arguments())  # fmt: skip
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu_s = usage.ru_utime + usage.ru_stime
            stdout.seek(0)
            stderr.seek(0)
            return subprocess.CompletedProcess(command, process.returncode, stdout.read(), stderr.read())


def add_tenant(site, tenant, verifier):
    """Twenty people, all with this verifier."""
    site.cli("tenant", "add", tenant, "--name", tenant)
    people = (json.dumps({"account": f"person{n:02}", "password_hash": verifier}) for n in range(20))
    site.cli("user", "import", "-", "--format", "jsonl", "--tenant", tenant, line="\n".join(people))


@pytest.fixture(scope="module")
def web():
    assert RELEASE.exists(), f"{RELEASE} is not there: run make"
    site = Site(SETTINGS, RELEASE)
    try:
        argon2id = site.query("SELECT password_hash FROM user")[0][0]  # of init --demo: the default cost
        assert argon2id.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        add_tenant(site, "argon2id", argon2id)
        add_tenant(site, "bcrypt", crypt.crypt(PASSWORD, "$2b$10$abcdefghijklmnopqrstuu"))
        site.cli("client", "add", "typed", "--grants", "password", "--password-wire", "plain", "--secret", line="typed")
        run = TimedCgi(site)
        visitor = Visitor(site, DirectCgi(run))
        visitor.run = run
        yield visitor
    finally:
        site.remove()


def refusal_s(web, tenant, account):
    """CPU time of a refused login."""
    fields = {"grant_type": "password", "tenant_id": tenant, "username": account, "password": "Wrong-horse-1"}
    answer = web.elsewhere().send(post_json(f"{web.BLADE}/token", fields, Authorization=CLIENT))
    blade(answer, 400, 2001)
    return web.run.cpu_s


def ratio_of_medians(web, unknown, known):
    """`unknown` and `known`: tenant and account, tried alternately."""
    taken = ([], [])
    for n in range(TRIES):
        for i in (0, 1) if n % 2 else (1, 0):
            taken[i].append(refusal_s(web, *(unknown, known)[i]))
    return median(taken[0]) / median(taken[1])


@pytest.mark.parametrize("tenant", ["argon2id", "bcrypt"])
@pytest.mark.parametrize("unknown", ["person10a", "zz-behind-everybody"])
def test_unknown_account_takes_what_a_wrong_password_takes(web, tenant, unknown):
    ratio = ratio_of_medians(web, (tenant, unknown), (tenant, "person10"))
    assert WITHIN[0] <= ratio <= WITHIN[1], f"an unknown account takes {ratio:.3f} of a known one's CPU time"


def test_unknown_tenant_takes_what_a_wrong_password_takes(web):
    ratio = ratio_of_medians(web, ("nowhere", "person10"), ("argon2id", "person10"))
    assert WITHIN[0] <= ratio <= WITHIN[1], f"an unknown tenant takes {ratio:.3f} of a known one's CPU time"

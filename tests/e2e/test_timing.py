"""
Nobody learns from the time of a refusal who has an account: CPU time of whole requests, by the kernel's count, of the
program as it is shipped, at the cost that it is shipped with. What is asserted is a ratio of medians, never a duration.
"""

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from statistics import median

import pytest
from harness.site import TREE, owner_arguments
from harness.visitor import SWORD, md5

TRIES = 50
CLOSE = 0.10
RELEASE = TREE / "cgi-bin/menshen.fcgi"
BCRYPT = "$2b$10$abcdefghijklmnopqrstuu5s4zRKbqo7mXDqKqOTvmVxNFFZ5B5bm"  # nobody's password
DEFAULT_COST = {"argon2_memory_kib": "19456", "argon2_passes": "2"}
NO_LIMITS = {"max_failures": "1000", "captcha_after": "1000", "client_max_failures": "1000000"}


def cpu_s(site, tenant, account):
    """CPU time of one plain CGI process that refuses this login."""
    body = json.dumps({"grant_type": "password", "username": account, "password": md5("wrong")}).encode()
    environment = {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "POST", "REMOTE_ADDR": "127.0.0.1",
        "PATH_INFO": "/kom-ams-auth/oauth/token", "QUERY_STRING": "", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "HTTP_AUTHORIZATION": SWORD, "HTTP_TENANT_ID": tenant,
        "HTTP_X_FORWARDED_FOR": f"10.{cpu_s.count >> 16}.{cpu_s.count >> 8 & 255}.{cpu_s.count & 255}",
    }  # fmt: skip
    cpu_s.count += 1
    process = subprocess.Popen(
        [site.release], env=environment, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, **owner_arguments()
    )  # fmt: skip
    process.stdin.write(body)
    process.stdin.close()
    answer = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0 and b'"error_code":2001' in answer, answer
    return usage.ru_utime + usage.ru_stime


cpu_s.count = 0


@pytest.fixture
def site(site_with):
    """A site at the shipped cost, without limits in the way, and the shipped program beside its configuration."""
    site = site_with({"login": DEFAULT_COST | NO_LIMITS}).site
    site.release = site.root / "cgi-bin/release.fcgi"
    site.release.write_bytes(RELEASE.read_bytes())
    site.release.chmod(0o755)
    return site


def set_verifiers(site, tenant, verifier):
    with closing(sqlite3.connect(site.database, timeout=30)) as db, db:
        db.execute("UPDATE user SET password_hash = ? WHERE tenant_id = ?", (verifier, tenant))


@pytest.mark.parametrize("scheme", ["argon2id", "bcrypt"])
def test_unknown_account_takes_the_time_of_a_wrong_password(site, scheme):
    accounts = [site.new_user().account for _ in range(3)]
    if scheme == "bcrypt":
        set_verifiers(site, "000000", BCRYPT)
    wrong, unknown = [], []
    for i in range(TRIES):
        wrong.append(cpu_s(site, "000000", accounts[i % 3]))
        unknown.append(cpu_s(site, "000000", f"nobody{i}"))
    ratio = median(unknown) / median(wrong)
    assert 1 - CLOSE <= ratio <= 1 + CLOSE, f"unknown {median(unknown)} s, wrong {median(wrong)} s"


def test_unknown_tenant_takes_the_time_of_a_wrong_password(site):
    account = site.new_user().account
    wrong, unknown = [], []
    for i in range(TRIES):
        wrong.append(cpu_s(site, "000000", account))
        unknown.append(cpu_s(site, f"nowhere{i}", account))
    assert 1 - CLOSE <= median(unknown) / median(wrong) <= 1 + CLOSE

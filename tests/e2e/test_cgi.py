"""Plain CGI without a server: slow bodies, signals, wrappers, an environment that somebody changed, addresses."""

import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
from harness import errors
from harness.servers import wait_until
from harness.site import BINARY, TREE, owner_arguments
from harness.visitor import SWORD, Visitor
from harness.wire import DirectCgi, cgi_variables, get, parse_cgi_response, post_json

CAPTCHA = "/kom-ams-auth/oauth/captcha"
TOKEN = "/kom-ams-auth/oauth/token"


@pytest.fixture
def web(site_with):
    return site_with({})


def with_environment(web, **more):
    """The same visitor; the program's environment has `more`, or another value of what is there."""

    class Changed(DirectCgi):
        def run_changed(self, argv, env, body):
            return web.site.run(argv, env | more, body)

    client = Changed(None)
    client.run = client.run_changed
    return Visitor(web.site, client, web.address)


class Started:
    """A request whose body the test writes."""

    def __init__(self, site, request):
        env, _ = cgi_variables(request, "")
        self.process = subprocess.Popen(
            [site.binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd="/", **owner_arguments()
        )

    def answer(self):
        """What it has written when it has ended."""
        out = self.process.stdout.read()
        assert self.process.wait(60) == 0
        self.process.stdin.close()
        return parse_cgi_response(out)


def login_request(web):
    return post_json(TOKEN, web.blade_captcha_fields(web.site.new_user()), Authorization=SWORD)


# ---- Bodies --------------------------------------------------------------------------------------------------
def test_a_body_that_does_not_come_is_given_up(web):
    request = login_request(web)
    started = Started(web.site, request)
    started.process.stdin.write(request.body[:20])
    started.process.stdin.flush()
    errors.blade(started.answer(), 408)


def test_a_body_in_pieces(web):
    request = login_request(web)
    started = Started(web.site, request)
    for byte in request.body:
        started.process.stdin.write(bytes([byte]))
        started.process.stdin.flush()
    assert started.answer().status == 200


def test_a_body_that_nobody_needs_is_not_waited_for(web):
    """The answer is there before the body, which is then read, lest Apache cut the answer off."""
    started = Started(web.site, post_json("/kom-ams-auth/oauth/nowhere", {"a": 1}))
    head = started.process.stdout.readline()
    assert head == b"Status: 404 Not Found\r\n"
    assert started.process.poll() is None
    started.process.stdin.write(b'{"a": 1}')
    started.process.stdin.close()
    started.process.stdout.read()
    assert started.process.wait(60) == 0


# ---- Signals -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_login_loses_no_answer(site_with, number):
    """It comes when the captcha is taken, while the password is verified, which takes long here."""
    web = site_with({"login": {"argon2_memory_kib": "65536", "argon2_passes": "10"}})
    request = login_request(web)
    started = Started(web.site, request)
    started.process.stdin.write(request.body)
    started.process.stdin.flush()
    wait_until(lambda: not web.site.query("SELECT 1 FROM captcha"), "the captcha to be taken")
    started.process.send_signal(number)
    assert started.answer().status == 200


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_what_only_waits(web, number):
    started = Started(web.site, login_request(web))
    state = Path(f"/proc/{started.process.pid}/stat")
    wait_until(lambda: state.read_text().rpartition(")")[2].split()[0] == "S", "its waiting for the body")
    started.process.send_signal(number)
    assert started.process.wait(60) == -number


# ---- How it is called ----------------------------------------------------------------------------------------
def script(web, text):
    """A program of the site's, as somebody uploads one."""
    path = web.site.root / "cgi-bin/auth.cgi"
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_shell_script_that_calls_the_program(web):
    path = script(web, f'#!/bin/sh\nexec {web.site.binary} "$@"\n')

    class Wrapped(DirectCgi):
        def run_wrapped(self, argv, env, body):
            env |= {"SCRIPT_FILENAME": str(path), "PATH": os.environ["PATH"]}
            return subprocess.run(
                [path, *argv], input=body, env=env, cwd="/", capture_output=True, check=False, **owner_arguments()
            )

    client = Wrapped(None)
    client.run = client.run_wrapped
    Visitor(web.site, client).blade_login(web.site.new_user())


@pytest.mark.parametrize("first_line", ["#!{}", "#! {}", "#!{}\r", "#!/usr/bin/env menshen.fcgi"])
def test_a_script_that_is_the_configuration(web, first_line):
    moved = web.site.conf.read_text()
    web.site.conf.write_text("[server]\ndata_dir = /nowhere\n")
    path = script(web, f"{first_line.format(web.site.binary)}\n{moved}")
    assert with_environment(web, SCRIPT_FILENAME=str(path)).send(get(CAPTCHA)).status == 200


CONSTRUCTOR = """
#include <stdlib.h>
__attribute__((constructor)) static void begin(void)
{
    setenv("PUT_BY_A_CONSTRUCTOR", "1", 1);
}
"""


@pytest.fixture(scope="module")
def constructor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("constructor")
    source, library = folder / "constructor.c", TREE / "build/constructor.so"
    source.write_text(CONSTRUCTOR)
    subprocess.run(["cc", "-shared", "-fPIC", source, "-o", library], check=True)
    return library


def test_an_environment_that_a_constructor_has_changed(web, constructor):
    """glibc frees the array that environ points to when setenv(3) is called a second time, for the time zone."""
    if b"libasan" not in BINARY.read_bytes():
        pytest.skip("a static program loads no library")
    changed = with_environment(web, LD_PRELOAD=str(constructor), ASAN_OPTIONS="verify_asan_link_order=0")
    for _ in range(3):
        assert changed.send(get(CAPTCHA)).status == 200


# ---- Addresses -----------------------------------------------------------------------------------------------
def address_seen(web):
    user = web.site.new_user()
    web.blade_login(user)
    ((address,),) = web.site.query(
        "SELECT address FROM session JOIN user ON user.id = user_id WHERE account = ?", user.account
    )
    return address


@pytest.mark.parametrize("remote", ["unix:", "unix:/run/nginx.sock", ""])
def test_a_proxy_on_a_unix_socket(site_with, remote):
    """nginx behind nginx."""
    trusting = site_with({"server": {"trusted_proxies": "unix, 127.0.0.1"}})
    assert address_seen(with_environment(trusting, REMOTE_ADDR=remote)) == trusting.address


def test_a_unix_socket_that_is_not_trusted(web):
    assert address_seen(with_environment(web, REMOTE_ADDR="unix:")) == "unix"


# ---- The log -------------------------------------------------------------------------------------------------
def test_what_strangers_log_is_bounded_over_many_processes(web):
    minute = int(time.time()) // 60
    for i in range(60):
        assert web.send(get(f"/nowhere/{i}")).status == 404
    minutes = int(time.time()) // 60 - minute + 1
    log = web.site.log.read_text()
    assert 0 < log.count('"path":"/nowhere/') <= 20 * minutes
    others = [line for line in log.splitlines() if '"path":"/nowhere/' not in line and "answers_exposed" not in line]
    assert len(others) <= minutes, "one that says that more are left out"


def test_what_a_broken_site_logs_is_bounded_too(site_with):
    """Each request finds out anew; of /healthz as of a start that fails."""
    web = site_with({})
    minute = int(time.time()) // 60
    web.site.database.chmod(0o400)
    for _ in range(30):
        assert web.send(get("/healthz")).status == 500
    web.site.database.chmod(0o644)
    for _ in range(30):
        assert web.send(get(CAPTCHA)).status == 500
    minutes = int(time.time()) // 60 - minute + 1
    log = web.site.log.read_text()
    for event in ("unhealthy", "start_failed", "captcha_answers_exposed"):
        assert 0 < log.count(f'"event":"{event}"') <= 21 * minutes, event


def test_a_pipe_that_nobody_reads_as_log_stops_nothing(web):
    web.site.log.unlink(missing_ok=True)
    os.mkfifo(web.site.log)
    os.chmod(web.site.log, 0o666)
    web.blade_login(web.site.new_user())


def test_a_log_of_somebody_else_stops_nothing(web):
    """As root's doctor made it, once."""
    if os.geteuid() == 0:
        os.chown(web.site.log, 0, 0)
    web.site.log.chmod(0o400)
    web.blade_login(web.site.new_user())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_logs_belongs_to_the_owner_of_the_data(web):
    web.site.log.unlink(missing_ok=True)
    subprocess.run([web.site.binary, "doctor"], env={}, capture_output=True, check=False)
    assert web.site.log.stat().st_uid == web.site.database.stat().st_uid != 0
    assert stat.S_IMODE(web.site.log.stat().st_mode) == 0o600


# ---- Web servers that leave something out --------------------------------------------------------------------
def test_no_path_info_is_said_in_the_log(web):
    """nginx's own fastcgi_params have none: all is the front page then, which leads to itself, once."""

    class Stock(DirectCgi):
        def run_stock(self, argv, env, body):
            env["SCRIPT_NAME"] = env.pop("PATH_INFO")
            return web.site.run(argv, env, body)

    client = Stock(None)
    client.run = client.run_stock
    front = web.send(get(CAPTCHA), through=client)
    assert front.status == 303
    assert web.send(get(front.header("Location")), through=client).status == 404
    assert "PATH_INFO" in web.site.log.read_text()

"""
One worker and many connections: requests that come slowly, or not at all, hold up nobody; kept connections; signals.
FastCGI comes straight from the test; where a web server's habits matter, through it.
"""

import signal
import socket
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import running_site
from harness import errors
from harness.endpoints import ENDPOINTS
from harness.servers import CONFIGS, Nginx, wait_until
from harness.site import TREE, Site
from harness.visitor import SWORD, Visitor, md5
from harness.wire import Request, Socket, get, post_form, post_json
from harness.worker import Worker, has_answer

CAPTCHA = "/kom-ams-auth/oauth/captcha"
TOKEN = "/kom-ams-auth/oauth/token"
MANY = 300  # more than a worker keeps beside each other


@pytest.fixture
def worker(site_with):
    """With `web`, a visitor that talks to it."""
    worker = Worker(site_with({}).site)
    worker.web = Visitor(worker.site, worker.client)
    yield worker
    assert worker.stop() == 0


def login_request(worker):
    user = worker.site.new_user()
    return post_json(TOKEN, worker.web.blade_captcha_fields(user), Authorization=SWORD)


def test_slow_bodies_hold_up_nobody(worker):
    requests = [login_request(worker) for _ in range(4)]
    slow = [worker.client.begin(request, body_too=False) for request in requests]
    half = len(requests[0].body) // 2
    for connection, request in zip(slow, requests):
        connection.sendall(worker.client.record(worker.client.STDIN, request.body[:half]))
    worker.web.blade_login(worker.site.new_user())
    assert not any(has_answer(connection) for connection in slow)
    for connection, request in zip(slow, requests):
        worker.client.finish(connection, request.body[half:])
        assert worker.client.receive(connection).status == 200


def test_a_head_in_pieces_holds_up_nobody(worker):
    head = worker.client.head(get(CAPTCHA, X_Wide="x" * 30000))
    with closing(worker.client.connect()) as slow:
        for at in (0, 5, 16, 100, 20000):
            slow.sendall(head[at : {0: 5, 5: 16, 16: 100, 100: 20000}.get(at, len(head) - 1)])
            worker.web.blade_captcha()
        assert not has_answer(slow)
        slow.sendall(head[-1:])
        worker.client.finish(slow, b"")
        assert worker.client.receive_one(slow).status == 200


def test_a_wide_head(worker):
    assert worker.web.send(get(CAPTCHA, X_Wide="x" * 120000)).status == 200
    connection = worker.client.connect()
    with closing(connection):
        connection.sendall(worker.client.head(get(CAPTCHA, X_Wide="x" * 140000)))
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass  # it was closed before all was read
    worker.web.blade_captcha()


# ---- Bodies that nobody needs ---------------------------------------------------------------------------------
def with_length(method, path, length):
    return Request(method, path, (("Content-Type", "application/json"), ("Content-Length", str(length))))


UNNEEDED = {
    "unknown path": (with_length("POST", "/kom-ams-auth/oauth/nowhere", 1000), 404),
    "wrong method": (with_length("PUT", TOKEN, 1000), 405),
    "a body of a GET": (with_length("GET", CAPTCHA, 1000), 200),
    "too long": (with_length("POST", TOKEN, 65537), 413),
    "far too long": (with_length("POST", TOKEN, 10**15), 413),
    "nobody's path": (with_length("POST", "/nowhere", 1000), 404),
}


@pytest.mark.parametrize("name", UNNEEDED)
def test_what_needs_no_body_is_answered_without_it(worker, name):
    request, status = UNNEEDED[name]
    with closing(worker.client.begin(request, body_too=False)) as connection:
        assert worker.client.receive_one(connection).status == status
        # The web server goes on sending: it is let, and not cut off before it has read its answer.
        connection.sendall(worker.client.record(worker.client.STDIN, bytes(1000)))
    worker.web.blade_captcha()


def test_a_chunked_body_is_refused_as_soon_as_it_is_too_long(worker):
    request = replace(post_json(TOKEN, {}, Authorization=SWORD), chunked=True)
    with closing(worker.client.begin(request, body_too=False)) as connection:
        for _ in range(3):
            connection.sendall(worker.client.record(worker.client.STDIN, b" " * 30000))
        assert worker.client.receive_one(connection).status == 413


# ---- What never comes to its end -----------------------------------------------------------------------------
def test_what_does_not_come_is_given_up(worker):
    """All wait together. A connection that has not said what it wants is closed without an answer."""
    worker.site.bearer = worker.web.blade_login(worker.site.new_user())["access_token"]
    silent = worker.client.connect()
    halfway = worker.client.connect()
    halfway.sendall(worker.client.head(get(CAPTCHA))[:30])
    awaited = [endpoint for endpoint in ENDPOINTS.values() if endpoint.fields]
    assert {endpoint.error for endpoint in awaited} >= {errors.blade, errors.ebaas, errors.ruoyi, errors.oauth}
    slow = [worker.client.begin(endpoint.padded(worker.site, {}, 100), body_too=False) for endpoint in awaited]
    for endpoint, connection in zip(awaited, slow):
        endpoint.error(worker.client.receive_one(connection), 408)
        connection.close()
    for connection in (silent, halfway):
        assert connection.recv(1) == b""
        connection.close()
    worker.web.blade_captcha()


def test_a_body_that_drips_is_given_up(worker):
    connection = worker.client.begin(login_request(worker), body_too=False)

    def dripped():
        try:
            connection.sendall(worker.client.record(worker.client.STDIN, b" "))
        except OSError:
            pass  # closed: has_answer says what was there before
        return has_answer(connection)

    wait_until(dripped, "an answer to a body that comes byte by byte")
    assert worker.client.receive_one(connection).status == 408
    connection.close()


def test_too_many_are_parked(worker):
    request = login_request(worker)
    parked = [worker.client.begin(request, body_too=False) for _ in range(MANY)]
    worker.web.blade_login(worker.site.new_user())
    dropped = [connection for connection in parked if has_answer(connection)]
    assert 0 < len(dropped) < MANY and dropped == parked[: len(dropped)], "the oldest go"
    assert worker.client.receive_one(dropped[0]).status == 408
    worker.client.finish(parked[-1], request.body)
    assert worker.client.receive(parked[-1]).status == 200
    for connection in parked:
        connection.close()


def test_what_a_flood_took_is_given_back():
    """By the program that is uploaded: the sanitizers' memory is their own."""
    site = Site(binary=TREE / "cgi-bin/menshen.fcgi")
    worker = Worker(site)
    web = Visitor(site, worker.client)

    def resident_kib():
        web.blade_captcha()  # whatever was sent before has been seen
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    try:
        before = resident_kib()
        request = post_json(TOKEN, {"account": "x" * 65000}, X_Wide="x" * 110000)
        parked = [worker.client.begin(request, body_too=False) for _ in range(200)]
        for connection in parked:
            connection.sendall(worker.client.record(worker.client.STDIN, request.body[:60000]))
        largest = wait_until(lambda: (kib := resident_kib()) > 5 * before and kib, "the flood to be in memory")
        for connection in parked:
            connection.close()
        wait_until(lambda: resident_kib() < largest / 3, "the memory to be given back")
        assert worker.stop() == 0
    finally:
        worker.stop()
        site.remove()


def test_who_goes_away_is_forgotten(worker):
    request = login_request(worker)
    for sent in (b"", worker.client.head(request)[:50], worker.client.head(request)):
        for _ in range(3):
            with closing(worker.client.connect()) as connection:
                connection.sendall(sent)
    worker.web.blade_login(worker.site.new_user())
    assert worker.alive()


@pytest.mark.parametrize(
    "rubbish",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        bytes(1000),
        b"\xff" * 1000,
        b"\1\1\0\1\0\x08\0\0" + bytes(8),  # role 0
        b"\1\1\0\1\0\x08\0\0\0\1\0\0\0\0\0\0\1\4\0\1\0\x08\0\0\xbf\xff\xff\xff\xbf\xff\xff\xff\1\4\0\1\0\0\0\0",  # 1 GiB
    ],
)
def test_rubbish_ends_its_connection_only(worker, rubbish):
    with closing(worker.client.connect()) as connection:
        connection.sendall(rubbish)
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass  # it was closed before all was read
    worker.web.blade_captcha()


@pytest.mark.parametrize("peers, served", [("127.0.0.1", True), ("10.0.0.0/8,192.0.2.1", False)])
def test_who_may_connect_over_tcp(site_with, peers, served):
    worker = Worker(site_with({}).site, env={"FCGI_WEB_SERVER_ADDRS": peers}, over_tcp=True)
    if served:
        Visitor(worker.site, worker.client).blade_captcha()
    else:
        with worker.client.connect() as connection:
            assert connection.recv(1) == b""
    assert worker.stop() == 0


# ---- Kept connections ----------------------------------------------------------------------------------------
def test_a_kept_connection_serves_one_request_after_the_other(worker):
    with closing(worker.client.connect()) as kept:
        for _ in range(5):
            worker.client.begin(get(CAPTCHA), keep=True, connection=kept)
            assert worker.client.receive_one(kept).status == 200
            worker.web.blade_captcha()  # while the other one is open and idle
        request = login_request(worker)
        worker.client.begin(request, body_too=False, keep=True, connection=kept)
        worker.web.blade_captcha()
        worker.client.finish(kept, request.body)
        assert worker.client.receive_one(kept).status == 200
        worker.client.begin(get("/nowhere"), connection=kept)
        assert worker.client.receive_one(kept).status == 404
        assert kept.recv(1) == b"", "closed: the last one did not ask to keep it"


def test_a_kept_connection_after_an_answer_that_came_early(worker):
    request = with_length("POST", "/nowhere", 1000)
    with closing(worker.client.begin(request, body_too=False, keep=True)) as kept:
        assert worker.client.receive_one(kept).status == 404
        worker.client.finish(kept, bytes(1000))
        worker.client.begin(get(CAPTCHA), keep=True, connection=kept)
        assert worker.client.receive_one(kept).status == 200


def test_a_kept_connection_whose_request_never_ends_is_closed(worker):
    request = with_length("POST", "/nowhere", 1000)
    with closing(worker.client.begin(request, body_too=False, keep=True)) as kept:
        assert worker.client.receive_one(kept).status == 404
        assert kept.recv(1) == b""
    worker.web.blade_captcha()


def test_idle_connections_make_room(worker):
    kept = [worker.client.begin(get(CAPTCHA), keep=True) for _ in range(MANY)]
    for connection in kept:
        try:
            assert worker.client.receive_one(connection).status == 200
        except ConnectionResetError:
            pass
    worker.web.blade_login(worker.site.new_user())
    for connection in kept:
        connection.close()


class KeepingNginx(Nginx):
    """The shipped file, with what its comments tell about."""

    def substitute(self, text):
        text = super().substitute(text)
        assert text.count("fastcgi_pass menshen;") == 1
        return text.replace("fastcgi_pass menshen;", "fastcgi_pass menshen; fastcgi_keep_conn on;").replace(
            "/run/menshen.sock;", "/run/menshen.sock; keepalive 4;"
        )


def test_nginx_with_kept_connections(monkeypatch):
    monkeypatch.setitem(CONFIGS, "nginx", replace(CONFIGS["nginx"], server=KeepingNginx))
    with running_site("nginx") as site:
        web = Visitor(site, site.server.client)
        for _ in range(20):
            web.blade_captcha()
            assert web.send(get("/nowhere")).status == 404
        web.blade_login(site.new_user())


# ---- Web servers that hand a body over as it comes -----------------------------------------------------------
@pytest.mark.parametrize("name", ["apache-proxy-fcgi", "apache-fcgid", "lighttpd-socket", "nginx"])
def test_slow_visitors_of_a_web_server(name):
    with running_site(name) as site:
        web = Visitor(site, site.server.client)
        requests = [post_json(TOKEN, web.blade_captcha_fields(site.new_user()), Authorization=SWORD) for _ in range(4)]
        slow = []
        for request in requests:
            wire = Socket(site.server.port, CONFIGS[name].mount).encode(request)
            connection = socket.create_connection(("127.0.0.1", site.server.port), 60)
            connection.sendall(wire[:-20])
            slow.append((connection, wire[-20:]))
        for _ in range(3):
            web.blade_login(site.new_user())
        for connection, rest in slow:
            connection.sendall(rest)
            assert connection.recv(12) == b"HTTP/1.1 200"
            connection.close()


# ---- Signals -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_a_signal_lets_what_has_come_be_answered(worker, number):
    requests = [login_request(worker) for _ in range(3)]
    worker.process.send_signal(signal.SIGSTOP)
    complete = [worker.client.begin(request) for request in requests[:1]]
    worker.process.send_signal(signal.SIGCONT)
    assert worker.client.receive(complete[0]).status == 200
    parked = [worker.client.begin(request, body_too=False) for request in requests[1:]]
    worker.web.blade_captcha()  # they are parked now
    worker.signal(number)
    worker.client.finish(parked[0], requests[1].body)
    assert worker.client.receive(parked[0]).status == 200
    assert worker.client.receive_one(parked[1]).status == 408
    parked[1].close()
    assert worker.process.wait(60) == 0


def test_sighup_finishes_and_reads_the_configuration_anew(worker):
    request = login_request(worker)
    parked = worker.client.begin(request, body_too=False)
    assert worker.web.send(get(CAPTCHA)).status == 200
    worker.site.conf.write_text(worker.site.conf.read_text() + "\n[dialect.blade]\nprefix = /elsewhere\n")
    worker.signal(signal.SIGHUP)
    wait_until(lambda: worker.web.send(get("/elsewhere/oauth/captcha")).status == 200, "the new prefix")
    assert worker.alive()
    worker.client.finish(parked, request.body)
    assert worker.client.receive(parked).status in (200, 404)


def test_sighup_with_a_database_in_the_document_root_is_refused(worker):
    """Although the root was a safe one by the configuration before."""
    site, data = worker.site, worker.site.database.parent
    worker.client.variables = {"DOCUMENT_ROOT": str(site.root / "pages")}
    assert worker.web.send(get(CAPTCHA)).status == 200
    (site.root / "pages").mkdir()
    data.rename(site.root / "pages/data")
    site.conf.write_text(site.conf.read_text().replace(str(data), str(site.root / "pages/data")))
    worker.signal(signal.SIGHUP)

    def refused():
        status = worker.web.send(get(CAPTCHA)).status
        return status == 500 and "data_dir_below_document_root" in site.log.read_text()

    wait_until(refused, "a refusal")


def test_sighup_with_a_broken_configuration_is_said_and_can_be_mended(worker):
    good = worker.site.conf.read_text()
    worker.web.blade_captcha()
    worker.site.conf.write_text("[server]\nnonsense = 1\n")
    worker.signal(signal.SIGHUP)
    wait_until(lambda: worker.web.send(get(CAPTCHA)).status == 500, "an answer that says so")
    worker.site.conf.write_text(good)
    wait_until(lambda: worker.web.send(get(CAPTCHA)).status == 200, "recovery")
    assert "nonsense" in worker.said.read_text()


def test_a_peer_that_reads_nothing_holds_up_the_worker_for_a_while_only(worker):
    """Its answers pile up until the kernel takes no more."""
    with closing(worker.client.connect()) as deaf:
        for _ in range(MANY):
            try:
                worker.client.begin(get(CAPTCHA), keep=True, connection=deaf)
            except OSError:
                break
            worker.web.blade_captcha()
        else:
            pytest.fail("the worker goes on answering")
    assert worker.alive()


# ---- The log -------------------------------------------------------------------------------------------------
def test_a_log_that_is_renamed_away_is_made_anew(worker):
    old = worker.site.log.with_suffix(".1")
    user = worker.site.new_user()
    assert worker.web.send(get("/first")).status == 404
    worker.site.log.rename(old)
    wait_until(lambda: worker.web.blade_login(user) and worker.site.log.exists(), "a new log")
    assert worker.web.send(get("/second")).status == 404
    assert "/first" in old.read_text() and "/second" in worker.site.log.read_text()


def test_a_log_that_cannot_be_opened_stops_nothing(site_with):
    site = site_with({}).site
    site.log.unlink(missing_ok=True)
    site.log.mkdir()
    worker = Worker(site)
    web = Visitor(site, worker.client)
    user = site.new_user()
    web.blade_login(user)
    assert worker.said.read_text().count("log_lost") == 1
    site.log.rmdir()
    wait_until(lambda: web.blade_login(user) and site.log.exists(), "the log")
    assert worker.stop() == 0


def test_a_file_size_limit_stops_nothing(site_with):
    site = site_with({}).site
    limit = 64 << 20
    with open(site.log, "r+b") as log:
        log.truncate(limit)
    worker = Worker(site, file_size=limit)
    web = Visitor(site, worker.client)
    web.blade_login(site.new_user())
    assert web.send(get("/beyond")).status == 404
    assert worker.alive() and site.log.stat().st_size == limit
    assert "log_lost" in worker.said.read_text() and "/beyond" in worker.said.read_text()
    assert worker.stop() == 0


def test_what_strangers_log_is_bounded(worker):
    minute = int(time.time()) // 60
    for i in range(100):
        assert worker.web.send(get(f"/nowhere/{i}")).status == 404
    fields = worker.web.blade_captcha_fields(worker.site.new_user()) | {"password": md5("wrong")}
    worker.web.blade_token(fields)
    minutes = int(time.time()) // 60 - minute + 1
    log = worker.site.log.read_text()
    assert 0 < log.count('"path":"/nowhere/') <= 20 * minutes
    assert log.count("left out") <= minutes
    assert "login_incorrect" in log, "one kind does not hide another"

"""
Answers wait for the disk, together: a worker whose fdatasync the test holds back, or lets fail. Between the worker
and libc stands a few lines of C, preloaded; FastCGI comes straight from the test, so that it decides what is pending
when.
"""

import os
import signal
import socket
import subprocess

import pytest
from harness.servers import wait_until
from harness.site import TREE, owner_arguments
from harness.visitor import SWORD, Visitor
from harness.wire import FastCgi, post_json

SHIM = r"""
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_there(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", getenv("GATE"), name);
    return access(path, F_OK) == 0;
}

int fdatasync(int fd)
{
    char path[256];
    snprintf(path, sizeof path, "%s/entered", getenv("GATE"));
    int note = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (note >= 0) {
        if (write(note, ".", 1) < 0)
            abort();
        close(note);
    }
    while (is_there("closed"))
        usleep(500);
    errno = EIO;
    return is_there("broken") ? -1 : (int)syscall(SYS_fdatasync, fd);
}
"""


@pytest.fixture(scope="module")
def shim():
    """In build/, which whoever the workers run as may read."""
    source, library = TREE / "build/slow_disk.c", TREE / "build/slow_disk.so"
    source.write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", source, "-o", library], check=True)
    return library


class Worker:
    """One worker on a socket of its own, and the disk that the test holds in its hand."""

    def __init__(self, site, shim):
        self.site, self.shim, self.run = site, shim, site.root / "run"
        self.path = self.run / "worker.sock"
        self.client = FastCgi(self.path)
        self.start()

    def start(self):
        self.path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.path))
            listening.listen(16)
            # The sanitizers want to be loaded first; they are not, and need not be.
            env = {"LD_PRELOAD": str(self.shim), "GATE": str(self.run), "ASAN_OPTIONS": "verify_asan_link_order=0"}
            self.process = subprocess.Popen(
                [self.site.binary], stdin=listening.fileno(), env=env, cwd="/", **owner_arguments()
            )
        os.chmod(self.path, 0o777)

    def close_disk(self):
        (self.run / "entered").unlink(missing_ok=True)
        (self.run / "closed").touch()

    def open_disk(self):
        (self.run / "closed").unlink(missing_ok=True)

    def syncs(self):
        """How often the disk was asked since close_disk."""
        entered = self.run / "entered"
        return entered.stat().st_size if entered.exists() else 0

    def stop(self):
        self.open_disk()
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)


@pytest.fixture
def worker(site_with, shim):
    """With `web`, a visitor that talks to it."""
    site = site_with({}).site
    worker = Worker(site, shim)
    worker.web = Visitor(site, worker.client)
    yield worker
    worker.stop()


def refresh_of(pair):
    """The request that rotates a pair."""
    fields = {"grant_type": "refresh_token", "scope": "all", "refresh_token": pair["refresh_token"]}
    return post_json("/kom-ams-auth/oauth/token", fields, Authorization=SWORD)


def log_in(worker, count):
    return [worker.web.blade_login(worker.site.new_user()) for _ in range(count)]


def has_answer(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(60)


def test_no_answer_before_it_is_on_disk_and_one_wait_for_several(worker):
    first, *others = log_in(worker, 4)
    worker.close_disk()
    waiting = [worker.client.begin(refresh_of(first))]
    wait_until(lambda: worker.syncs() == 1, "the worker to wait for the disk")
    assert not has_answer(waiting[0])
    waiting += [worker.client.begin(refresh_of(pair)) for pair in others]
    assert not any(has_answer(one) for one in waiting)
    worker.open_disk()
    answers = [worker.client.receive(one) for one in waiting]
    assert [answer.status for answer in answers] == [200] * 4
    assert worker.syncs() == 2, "one for the first, one for all that came while the disk worked"
    for answer in answers:
        assert worker.web.blade_user_info(answer.json["access_token"]).status == 200


def test_a_captcha_does_not_wait_for_the_disk(worker):
    log_in(worker, 1)
    worker.close_disk()
    assert all(worker.web.blade_captcha())
    assert worker.syncs() == 0


def test_who_waits_does_not_wait_for_a_slow_body(worker):
    first, second, third = log_in(worker, 3)
    worker.close_disk()
    busy = worker.client.begin(refresh_of(first))
    wait_until(lambda: worker.syncs() == 1, "the worker to wait for the disk")
    quick = worker.client.begin(refresh_of(second))
    slow = worker.client.begin(refresh_of(third), body_too=False)
    worker.open_disk()
    assert worker.client.receive(busy).status == 200
    assert worker.client.receive(quick).status == 200
    assert not has_answer(slow)
    worker.client.finish(slow, refresh_of(third).body)
    assert worker.client.receive(slow).status == 200


def test_a_disk_that_fails_is_an_error_in_the_shape_of_the_dialect(worker):
    (pair,) = log_in(worker, 1)
    bearer = worker.web.eplatform_login(worker.web.eplatform_login_fields(worker.site.new_user())).json
    worker.close_disk()
    (worker.run / "broken").touch()
    worker.open_disk()
    failed = worker.client.send(refresh_of(pair))
    assert (failed.status, failed.json["error"], failed.json["error_code"]) == (500, "server_error", 5000)
    assert failed.header("Cache-Control") == "no-store"
    assert b"token" not in failed.body
    headers = {"Authorization": f"Bearer {bearer['response']['token']}"}
    failed = worker.client.send(post_json("/auth/refreshToken", {}, **headers))
    assert (failed.status, failed.json["status"], failed.json["response"]) == (500, False, None)
    (worker.run / "broken").unlink()
    assert worker.client.send(refresh_of(pair)).status == 200, "the same again, within the grace window"


def test_sigterm_lets_go_what_waits(worker):
    (pair,) = log_in(worker, 1)
    worker.close_disk()
    waiting = worker.client.begin(refresh_of(pair))
    wait_until(lambda: worker.syncs() == 1, "the worker to wait for the disk")
    worker.process.terminate()
    worker.open_disk()
    assert worker.client.receive(waiting).status == 200
    assert worker.process.wait(60) == 0


def test_killed_while_the_disk_works(worker):
    """Nobody was told anything, and whoever asks again gets the pair, old or new."""
    pairs = log_in(worker, 3)
    worker.close_disk()
    waiting = [worker.client.begin(refresh_of(pair)) for pair in pairs]
    wait_until(lambda: worker.syncs() == 1, "the worker to wait for the disk")
    assert not any(has_answer(one) for one in waiting)
    worker.process.send_signal(signal.SIGKILL)
    worker.process.wait(60)
    worker.open_disk()
    worker.start()
    for pair in pairs:
        assert worker.client.send(refresh_of(pair)).status == 200
    assert worker.site.query("PRAGMA integrity_check") == [("ok",)]

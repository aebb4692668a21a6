"""
Answers wait for the disk, together: a worker whose disk the test holds back, or lets fail. FastCGI comes straight from
the test, so that it decides what is pending when.
"""

import signal
import sqlite3
from contextlib import closing
from tempfile import TemporaryDirectory

import pytest
from harness.disk import Disk, DiskWorker
from harness.seeds import claims
from harness.servers import wait_until
from harness.visitor import SWORD
from harness.wire import post_json
from harness.worker import has_answer

@pytest.fixture
def worker(site_with, disk_library):
    site = site_with({}).site
    worker = DiskWorker(site, Disk(site, disk_library))
    yield worker
    worker.stop()


def refresh_of(pair):
    """The request that rotates a pair."""
    fields = {"grant_type": "refresh_token", "scope": "all", "refresh_token": pair["refresh_token"]}
    return post_json("/kom-ams-auth/oauth/token", fields, Authorization=SWORD)


def log_in(worker, count):
    return [worker.web.blade_login(worker.site.new_user()) for _ in range(count)]


def jti_of(token):
    return claims(token)[1]["jti"]


def tokens_after_power_cut(worker):
    """The jti of every token that is left."""
    with TemporaryDirectory() as folder, closing(sqlite3.connect(worker.disk.after_power_cut(folder))) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {jti for (jti,) in db.execute("SELECT jti FROM token")}


def test_no_answer_before_it_is_on_disk_and_one_wait_for_several(worker):
    first, *others = log_in(worker, 4)
    worker.disk.close()
    waiting = [worker.client.begin(refresh_of(first))]
    wait_until(lambda: worker.disk.syncs() == 1, "the worker to wait for the disk")
    assert not has_answer(waiting[0])
    waiting += [worker.client.begin(refresh_of(pair)) for pair in others]
    assert not any(has_answer(one) for one in waiting)
    worker.disk.open()
    answers = [worker.client.receive(one) for one in waiting]
    assert [answer.status for answer in answers] == [200] * 4
    assert worker.disk.syncs() == 2, "one for the first, one for all that came while the disk worked"
    for answer in answers:
        assert worker.web.blade_user_info(answer.json["access_token"]).status == 200


def test_a_captcha_does_not_wait_for_the_disk(worker):
    log_in(worker, 1)
    worker.disk.close()
    assert all(worker.web.blade_captcha())
    assert worker.disk.syncs() == 0


def test_who_waits_does_not_wait_for_a_slow_body(worker):
    first, second, third = log_in(worker, 3)
    worker.disk.close()
    busy = worker.client.begin(refresh_of(first))
    wait_until(lambda: worker.disk.syncs() == 1, "the worker to wait for the disk")
    quick = worker.client.begin(refresh_of(second))
    slow = worker.client.begin(refresh_of(third), body_too=False)
    worker.disk.open()
    assert worker.client.receive(busy).status == 200
    assert worker.client.receive(quick).status == 200
    assert not has_answer(slow)
    worker.client.finish(slow, refresh_of(third).body)
    assert worker.client.receive(slow).status == 200


def test_a_disk_that_fails_is_an_error_in_the_shape_of_the_dialect(worker):
    """And stays one for everybody, until the disk has all of it: Linux forgets what it could not write."""
    first, second, third = log_in(worker, 3)
    bearer = worker.web.eplatform_login(worker.web.eplatform_login_fields(worker.site.new_user())).json
    worker.disk.watch()
    worker.disk.fail()
    failed = worker.client.send(refresh_of(first))
    assert (failed.status, failed.json["error"], failed.json["error_code"]) == (500, "server_error", 5000)
    assert failed.header("Cache-Control") == "no-store"
    assert b"token" not in failed.body
    headers = {"Authorization": f"Bearer {bearer['response']['token']}"}
    failed = worker.client.send(post_json("/auth/refreshToken", {}, **headers))
    assert (failed.status, failed.json["status"], failed.json["response"]) == (500, False, None)
    assert worker.client.send(refresh_of(second)).status == 500
    worker.disk.mend()
    told = [worker.client.send(refresh_of(pair)) for pair in (third, second, first)]
    assert [answer.status for answer in told] == [200] * 3
    assert tokens_after_power_cut(worker) >= {jti_of(answer.json["access_token"]) for answer in told}
    log = worker.site.log.read_text()
    assert '"event":"sync_failed"' in log and '"event":"sync_healed"' in log


def test_the_sync_after_a_failed_one_proves_nothing(worker):
    """The log fails once; the next sync of it says that all is well, over pages that were never written."""
    first, second, third = log_in(worker, 3)
    worker.disk.watch()
    worker.disk.fail("menshen.db-wal", "menshen.db")
    assert worker.client.send(refresh_of(first)).status == 500
    worker.disk.fail("menshen.db")  # so that the log cannot be copied back yet
    assert worker.client.send(refresh_of(second)).status == 500
    worker.disk.mend()
    told = worker.client.send(refresh_of(third))
    assert told.status == 200
    assert jti_of(told.json["access_token"]) in tokens_after_power_cut(worker)


def test_sigterm_lets_go_what_waits(worker):
    (pair,) = log_in(worker, 1)
    worker.disk.close()
    waiting = worker.client.begin(refresh_of(pair))
    wait_until(lambda: worker.disk.syncs() == 1, "the worker to wait for the disk")
    worker.process.terminate()
    worker.disk.open()
    assert worker.client.receive(waiting).status == 200
    assert worker.process.wait(60) == 0


def test_killed_while_the_disk_works(worker):
    """Nobody was told anything, and whoever asks again gets the pair, old or new."""
    pairs = log_in(worker, 3)
    worker.disk.close()
    waiting = [worker.client.begin(refresh_of(pair)) for pair in pairs]
    wait_until(lambda: worker.disk.syncs() == 1, "the worker to wait for the disk")
    assert not any(has_answer(one) for one in waiting)
    worker.process.send_signal(signal.SIGKILL)
    worker.process.wait(60)
    worker.disk.open()
    worker.start()
    for pair in pairs:
        assert worker.client.send(refresh_of(pair)).status == 200
    assert worker.site.query("PRAGMA integrity_check") == [("ok",)]

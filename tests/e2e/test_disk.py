"""What is said when the disk does not do what it is told: commands, /healthz and doctor, repeated revocations."""

import json
import os
import shutil
import subprocess

import pytest
from harness.disk import LOG, Disk, DiskWorker
from harness.servers import wait_until
from harness.site import owner_arguments, run_as
from harness.visitor import SWORD, Visitor
from harness.wire import get, post_form
from harness.worker import has_answer

HEALTH = get("/healthz")


@pytest.fixture
def site(site_with):
    return site_with({}).site


@pytest.fixture
def disk(site, disk_library):
    return Disk(site, disk_library)


@pytest.fixture
def workers(site):
    """workers(disk, name): a FastCGI worker that is stopped at the end."""
    running = []

    def make(disk=None, name="worker"):
        running.append(DiskWorker(site, disk, name))
        return running[-1]

    yield make
    for worker in running:
        worker.stop()


def site_web(site):
    return Visitor(site, site.server.client)


def findings(site, status="error"):
    """doctor's: name and message."""
    done = site.run(["doctor", "--json"])
    checks = json.loads(done.stdout)["checks"]
    return {check["name"]: check["message"] for check in checks if check["status"] == status}


def unhealthy(site):
    """The message of the log's last line about it."""
    lines = [json.loads(line) for line in site.log.read_text().splitlines()]
    return [line for line in lines if line["event"] in ("unhealthy", "start_failed")][-1]["message"]


# ---- Commands -----------------------------------------------------------------------------------------------
def test_a_command_says_that_it_was_done_when_only_the_disk_failed(site, disk):
    user = site.new_user()
    web = site_web(site)
    assert all(web.blade_captcha())  # a new log is synced before anything is in it: then nothing is done
    disk.fail()
    done = site.run(["user", "lock", user.account], env=disk.env)
    said = done.stderr.decode()
    assert done.returncode == 1
    assert "the change was made" in said and "disk did not confirm" in said and "failed" not in said
    assert web.blade_token(web.blade_captcha_fields(user)).status == 400, "and it is"
    assert site.cli_json("user", "show", user.account)["locked"] is True
    assert site.query("SELECT result FROM audit WHERE action = 'user.lock'") == [("ok",)]
    disk.mend()
    done = site.run(["user", "lock", user.account], env=disk.env)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_secret_is_shown_although_the_disk_did_not_confirm_it(site, disk):
    assert all(site_web(site).blade_captcha())
    disk.fail()
    done = site.run(["client", "secret", "sword", "--json"], env=disk.env)
    assert done.returncode == 1
    assert json.loads(done.stdout)["secret"]
    assert b"the change was made" in done.stderr


# ---- Found done by somebody else ------------------------------------------------------------------------------
def revocation(token):
    return post_form("/oauth2/revoke", {"token": token}, Authorization=SWORD)


@pytest.mark.parametrize("request_of", [
    lambda pair: revocation(pair["access_token"]),
    lambda pair: get("/kom-ams-auth/oauth/logout", Blade_Auth=f"bearer {pair['access_token']}"),
], ids=["revoke", "logout"])  # fmt: skip
def test_who_finds_it_done_waits_for_the_disk_too(site, disk, workers, request_of):
    first, second = workers(disk), workers(disk, "other")
    pair = first.web.blade_login(site.new_user())
    assert second.web.blade_captcha()
    disk.close()
    waiting = first.client.begin(request_of(pair))
    wait_until(lambda: disk.syncs() == 1, "the first to wait for the disk")
    repeated = second.client.begin(request_of(pair))
    wait_until(lambda: disk.syncs() == 2, "the second to wait for the disk")
    assert not has_answer(waiting) and not has_answer(repeated)
    disk.open()
    assert first.client.receive(waiting).status == 200
    assert second.client.receive(repeated).status == 200


def test_a_command_that_ends_what_is_ended_waits_for_the_disk_too(site, disk, workers):
    worker = workers(disk)
    pair = worker.web.blade_login(site.new_user())
    jti = site.query("SELECT jti FROM token")[0][0]
    disk.close()
    waiting = worker.client.begin(revocation(pair["access_token"]))
    wait_until(lambda: disk.syncs() == 1, "the worker to wait for the disk")
    command = subprocess.Popen(
        [site.binary, "token", "revoke", jti], env=disk.env, cwd="/", stdout=subprocess.PIPE, **owner_arguments()
    )
    wait_until(lambda: disk.syncs() == 2, "the command to wait for the disk")
    assert command.poll() is None
    disk.open()
    assert b"ended" in command.communicate(timeout=60)[0]
    assert command.returncode == 0
    assert worker.client.receive(waiting).status == 200


# ---- Whether it can be written -----------------------------------------------------------------------------------
def test_health_is_written(site, workers):
    worker = workers()
    assert worker.client.send(HEALTH).json == {"status": "ok"}
    assert findings(site) == {}
    report = site.cli_json("doctor")
    assert [check["status"] for check in report["checks"] if check["name"] == "writing"] == ["ok"]


def test_a_full_disk(site, disk):
    worker = DiskWorker(site, disk)
    try:
        assert all(worker.web.blade_captcha())
        disk.fill(LOG)
        answer = wait_until(lambda: not_healthy(worker), "an answer that says so")
        assert (answer.status, answer.json) == (500, {"status": "error"})
        assert "database or disk is full" in unhealthy(site)
        done = site.run(["doctor"], env=disk.env)
        assert done.returncode == 1 and b"cannot be written" in done.stdout
        disk.mend()
        wait_until(lambda: worker.client.send(HEALTH).status == 200, "the worker to see that there is room")
    finally:
        disk.mend()
        worker.stop()


def not_healthy(worker):
    """Looked at once a second only, so that it may be a while until it is seen."""
    answer = worker.client.send(HEALTH)
    return answer if answer.status != 200 else None


def test_a_failed_sync_is_unhealthy_until_it_is_healed(site, disk, workers):
    worker = workers(disk)
    pair = worker.web.blade_login(site.new_user())
    disk.fail()
    assert worker.web.blade_refresh(pair["refresh_token"]).status == 500
    wait_until(lambda: not_healthy(worker), "an answer that says so")
    assert "disk does not confirm" in unhealthy(site)
    disk.mend()
    wait_until(lambda: worker.client.send(HEALTH).status == 200, "the site to heal without another login")
    assert worker.web.blade_refresh(pair["refresh_token"]).status == 200


def test_a_file_that_may_not_be_written(site):
    os.chmod(site.database, 0o400)
    answer = site_web(site).send(HEALTH)
    assert answer.status == 500
    message = unhealthy(site)
    uid = site.database.stat().st_uid
    assert f"{site.database}: Permission denied; it belongs to user {uid}" in message
    assert "mode 400" in message and f"this process is user {uid}" in message
    assert str(site.root).encode() not in answer.body, "not told to the public"
    assert "mode 400" in findings(site)["writing"]
    os.chmod(site.database, 0o600)
    # SQLite has given the empty log the database's mode, and does so again when it opens it.
    wait_until(lambda: site_web(site).send(HEALTH).status == 200, "the site to be writable again")


def test_a_worker_that_could_not_write_writes_when_it_may(site, workers):
    os.chmod(site.database, 0o400)
    worker = workers()
    assert worker.client.send(HEALTH).status == 500
    assert "mode 400" in unhealthy(site)
    os.chmod(site.database, 0o600)
    wait_until(lambda: worker.client.send(HEALTH).status == 200, "the worker to open it anew")
    assert worker.web.blade_login(site.new_user())["access_token"]


@pytest.mark.skipif(run_as() is None, reason="only root can give files away")
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_file_of_another_owner(site, suffix):
    path = site.database.with_name(site.database.name + suffix)
    assert site_web(site).send(HEALTH).status == 200  # which makes the log and its index
    os.chown(path, 0, 0)
    answer = site_web(site).send(HEALTH)
    assert answer.status == 500
    assert f"{path}: Permission denied; it belongs to user 0, group 0, mode 600" in unhealthy(site)
    assert str(path) in findings(site)["database"]
    done = subprocess.run([site.binary, "doctor"], env={}, cwd="/", capture_output=True, check=False)
    assert f"{path} belongs to user 0" in done.stdout.decode(), "root is told too, whom nothing stops"
    assert f"chown {site.database.parent.stat().st_uid} {path}" in done.stdout.decode(), "to the folder's owner"
    for file in path.parent.glob(path.name + "*"):  # SQLite gives the log to the database's owner, where root runs it
        shutil.chown(file, run_as(), run_as())
    assert site_web(site).send(HEALTH).status == 200


# ---- What stays, and whose it is ---------------------------------------------------------------------------------
def test_a_lone_process_leaves_the_log_where_it_is(site):
    """And does not let it grow."""
    web = site_web(site)
    log = site.database.with_name(LOG)
    assert all(web.blade_captcha())
    inode, largest = log.stat().st_ino, 0
    for _ in range(40):
        assert all(web.blade_captcha())
        largest = max(largest, log.stat().st_size)
    assert log.stat().st_ino == inode
    assert 0 < largest < 100 * 4120


def test_after_a_command_the_database_is_whole_by_itself(site, tmp_path):
    user = site.new_user()
    copy = tmp_path / "copy.db"
    shutil.copy(site.database, copy)
    found = subprocess.run(["sqlite3", copy, "SELECT account FROM user"], capture_output=True, text=True, check=True)
    assert user.account in found.stdout.split()


@pytest.mark.skipif(run_as() is None, reason="only root can give files away")
def test_what_root_makes_belongs_to_the_owner_of_the_folder(site):
    def as_root(*arguments):
        subprocess.run([site.binary, *arguments], env={}, cwd="/", check=True, capture_output=True)

    folder = site.database.parent
    owner = folder.stat().st_uid
    copy = folder / "copy.db"
    as_root("backup", copy)
    as_root("restore", copy)
    assert {path.name: path.stat().st_uid for path in folder.iterdir()} == {p.name: owner for p in folder.iterdir()}
    shutil.rmtree(folder)
    as_root("init")
    assert {path.stat().st_uid for path in [folder, *folder.iterdir()]} == {site.root.stat().st_uid}
    assert all(site_web(site).blade_captcha())

"""A database that is replaced under running workers: by hand, by an upload, by `menshen restore`."""

import os
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing

import pytest
from harness.servers import wait_until
from harness.site import TREE, owner_arguments
from harness.visitor import Visitor
from harness.wire import get
from harness.disk import DiskWorker

HEALTH = get("/healthz")


@pytest.fixture
def worker(site_with):
    site = site_with({}).site
    worker = DiskWorker(site)
    yield worker
    worker.stop()


def files(site):
    return [site.database.with_name(site.database.name + suffix) for suffix in ("", "-wal", "-shm")]


def by_owner(*command):
    """As a person would, who has the site's account."""
    subprocess.run(command, check=True, cwd="/", **owner_arguments())


def remove_and_copy(site, copy):
    by_owner("rm", *files(site))
    by_owner("cp", copy, site.database)


def write_over(site, copy):
    """As an upload does: the same file, with other content; the log stays where it is."""
    by_owner("cp", copy, site.database)


def rename_over(site, copy):
    """As other uploads do. The log stays."""
    by_owner("cp", copy, f"{site.database}.upload")
    by_owner("mv", f"{site.database}.upload", site.database)


def restore(site, copy):
    site.cli("restore", copy)


HOW = [remove_and_copy, write_over, rename_over, restore]


def status_of_login(web, user):
    return web.blade_token(web.blade_captcha_fields(user)).status


def backup(site):
    copy = site.root / "run/copy.db"
    site.cli("backup", copy)
    return copy


@pytest.mark.parametrize("how", HOW)
def test_workers_open_the_database_that_is_there(worker, how):
    site, web = worker.site, worker.web
    user = site.new_user()
    copy = backup(site)
    later = site.new_user()
    pair = web.blade_login(later)
    assert status_of_login(web, user) == 200
    how(site, copy)
    assert status_of_login(web, later) == 400, "added after the copy was made"
    assert web.blade_user_info(pair["access_token"]).status == 401
    assert status_of_login(web, user) == 200
    site.cli("user", "lock", user.account)
    assert status_of_login(web, user) == 400
    assert worker.client.send(HEALTH).status == 200
    assert site.query("PRAGMA integrity_check") == [("ok",)]
    assert site.query("SELECT count(*) FROM user WHERE account = ?", later.account) == [(0,)]
    assert '"event":"database_replaced"' in site.log.read_text()


def test_while_there_is_none_everything_says_so(worker):
    site, web = worker.site, worker.web
    user = site.new_user()
    copy = backup(site)
    by_owner("rm", *files(site))
    assert worker.client.send(HEALTH).status == 500
    assert web.send(get("/kom-ams-auth/oauth/captcha")).status == 500
    by_owner("cp", copy, site.database)
    wait_until(lambda: worker.client.send(HEALTH).status == 200, "the worker to open what is there")
    assert status_of_login(web, user) == 200


def test_an_upload_that_takes_its_time(worker):
    """Over the file in place: nothing is made of the pieces, and nothing is written into them."""
    site, web = worker.site, worker.web
    user = site.new_user()
    content = backup(site).read_bytes()
    later = site.new_user()
    web.blade_login(later)
    with open(site.database, "r+b", buffering=0) as upload:  # whoever runs the tests may write it
        upload.truncate(0)
        assert worker.client.send(HEALTH).status == 500
        for end in (16, 4096, 20000, len(content) - 4096):
            upload.seek(0)
            upload.write(content[:end])
            assert worker.client.send(HEALTH).status == 500
            assert site.run(["user", "list"]).returncode == 1
            assert site.database.read_bytes() == content[:end]
        upload.seek(0)
        upload.write(content)
    wait_until(lambda: worker.client.send(HEALTH).status == 200, "the worker to open what is there")
    assert status_of_login(web, user) == 200
    assert status_of_login(web, later) == 400
    assert site.query("PRAGMA integrity_check") == [("ok",)]


def test_a_log_that_is_gone_is_noticed(worker):
    """Removed by hand, for tidiness: what others write from then on goes into another."""
    site, web = worker.site, worker.web
    user = site.new_user()
    assert status_of_login(web, user) == 200
    by_owner("rm", *files(site)[1:])
    site.cli("user", "lock", user.account)
    assert status_of_login(web, user) == 400


# ---- menshen restore ----------------------------------------------------------------------------------------
def test_restore_keeps_the_old_one_and_says_where(worker):
    site = worker.site
    copy = backup(site)
    later = site.new_user()
    worker.web.blade_login(later)
    said = site.cli("restore", copy)
    (kept,) = site.database.parent.glob("menshen.db.before-restore-*[0-9Z]")
    assert str(kept) in said
    assert kept.stat().st_mode & 0o777 == 0o600
    assert site.query("SELECT count(*) FROM user WHERE account = ?", later.account) == [(0,)]
    assert site.query("SELECT action, subject FROM audit ORDER BY id DESC LIMIT 1") == [("restore", f"file:{copy}")]
    site.cli("restore", kept)  # and back
    assert site.query("SELECT count(*) FROM user WHERE account = ?", later.account) == [(1,)]
    assert status_of_login(worker.web, later) == 200
    assert [path.name for path in site.database.parent.iterdir() if path.is_dir()] == [], "nothing of the work is left"


def test_restore_where_there_is_no_database_yet(site_with):
    """On another host."""
    site = site_with({}).site
    user = site.new_user()
    copy = backup(site)
    shutil.rmtree(site.database.parent)
    assert "kept" not in site.cli("restore", copy)
    assert site.database.parent.stat().st_mode & 0o777 == 0o700
    assert status_of_login(Visitor(site, site.server.client), user) == 200


def test_restore_replaces_what_is_damaged(worker):
    site, web = worker.site, worker.web
    user = site.new_user()
    copy = backup(site)
    worker.stop()
    site.database.write_bytes(b"SQLite format 3\0" + os.urandom(20000))
    site.cli("restore", copy)
    worker.start()
    assert status_of_login(web, user) == 200


def make_bad(path, sql):
    with closing(sqlite3.connect(path)) as db:
        db.executescript(sql)


def test_restore_refuses_what_cannot_serve(site_with):
    site = site_with({}).site
    folder = site.root / "run"
    good = backup(site)

    def copy_of_good(name):
        shutil.copy(good, folder / name)
        os.chmod(folder / name, 0o644)
        return folder / name

    make_bad(copy_of_good("another.db"), "PRAGMA application_id = 1")
    make_bad(copy_of_good("newer.db"), "PRAGMA user_version = 999")
    make_bad(copy_of_good("orphans.db"), """PRAGMA foreign_keys = OFF; INSERT INTO user (id, tenant_id, account,
        password_hash, password_changed_s, created_s) VALUES (7, 'nowhere', 'nobody', 'x', 0, 0)""")
    make_bad(copy_of_good("lacking.db"), "DROP TABLE session")
    make_bad(copy_of_good("incomplete.db"), "DELETE FROM setting")
    with open(copy_of_good("damaged.db"), "r+b") as damaged:
        damaged.seek(4096 * 5)
        damaged.write(os.urandom(4096 * 4))
    with open(copy_of_good("cut.db"), "r+b") as cut:
        cut.truncate(20000)
    (folder / "text.db").write_text("no database")
    (folder / "empty.db").write_text("")
    refusals = {
        "another.db": "is no database of Menshen",
        "newer.db": "schema version 999",
        "orphans.db": "refer to rows that are not there",
        "lacking.db": "lacks what this program needs",
        "incomplete.db": "incomplete",
        "damaged.db": "damaged",
        "cut.db": "malformed",
        "text.db": "file is not a database",
        "empty.db": "is no database of Menshen",
        "absent.db": "No such file",
    }
    before = site.database.stat().st_ino
    for name, text in refusals.items():
        done = site.run(["restore", folder / name])
        said = done.stderr.decode()
        assert done.returncode == 1, name
        assert said.startswith(f"menshen: restore: {folder / name}: ") and text in said, said
        assert "restore-" not in said.replace("restore: ", ""), "where it was examined is nobody's business"
    done = site.run(["restore", site.database])
    assert done.returncode == 1 and b"the database that is in use" in done.stderr
    assert site.database.stat().st_ino == before
    left = {path.name for path in site.database.parent.iterdir()}
    assert left <= {".htaccess", *(path.name for path in files(site))}


def test_restore_brings_an_older_schema_up(site_with):
    site = site_with({}).site
    copy = site.root / "run/old.db"
    with closing(sqlite3.connect(copy)) as db:
        db.executescript((TREE / "tests/fixtures/schema/1.sql").read_text())
        db.execute("INSERT INTO setting VALUES ('client_pepper', zeroblob(32)), ('captcha_style', zeroblob(32))")
        db.execute("INSERT INTO tenant (id, name, locked, created_s) VALUES ('old', 'x', 0, 1)")
        db.commit()
    os.chmod(copy, 0o644)
    site.cli("restore", copy)
    assert [tenant["id"] for tenant in site.cli_json("tenant", "list")] == ["old"]


def test_restore_takes_a_copy_with_its_log(worker):
    """Of a site that was not stopped before somebody copied its files."""
    site, folder = worker.site, worker.site.root / "run"
    user = site.new_user()
    worker.web.blade_login(user)
    for path, name in zip(files(site)[:2], ("copied.db", "copied.db-wal"), strict=True):
        shutil.copy(path, folder / name)
        shutil.chown(folder / name, site.database.owner())
    by_worker = site.query("SELECT count(*) FROM session")
    site.cli("restore", folder / "copied.db")
    assert site.query("SELECT count(*) FROM session") == by_worker != [(0,)]


def test_restore_under_load(worker):
    """Everything that was answered 200 was true of the one database or of the other, and no worker stays behind."""
    site = worker.site
    user = site.new_user()
    copy = backup(site)
    stop, trouble, logins = threading.Event(), [], []

    def load():
        web = Visitor(site, worker.client)
        while not stop.is_set():
            try:
                answer = web.blade_token(web.blade_captcha_fields(user))
            except KeyError:
                continue  # a captcha that was refused meanwhile
            if answer.status == 200:
                logins.append(answer.json)
            elif answer.status not in (400, 500):
                trouble.append(answer)

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            target = len(logins) + 3
            wait_until(lambda: len(logins) >= target, "logins under load")
            site.cli("restore", copy)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert trouble == []
    assert status_of_login(worker.web, user) == 200
    assert site.query("PRAGMA integrity_check") == [("ok",)]
    assert site.query("PRAGMA foreign_key_check") == []

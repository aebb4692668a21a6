"""kill -9 of workers during a load of logins: an answer that reached a client is on disk."""

import os
import signal
import threading
from contextlib import closing
from http.client import HTTPException

import pytest
from harness.servers import wait_until
from harness.visitor import Visitor

CLIENTS = 4
KILLS = {"lighttpd-fastcgi": 8, "apache-fcgid": 3, "lighttpd-cgi": 8}  # mod_fcgid takes its time to start new ones


class Load(threading.Thread):
    """Logs in and refreshes until told to stop; keeps every pair of tokens that came with a 200."""

    def __init__(self, site, user, stop):
        super().__init__()
        self.visitor, self.user, self.stop = Visitor(site, site.server.client), user, stop
        self.logins, self.refreshes, self.failed, self.trouble = [], [], 0, None

    def run(self):
        while not self.stop.is_set():
            try:
                self.step()
            except (OSError, HTTPException, KeyError, AssertionError):
                self.failed += 1  # what a client sees of a worker that died: nothing, or the server's own 500 or 503
            except Exception as trouble:  # a fault of the program or of this test
                self.trouble = trouble
                return

    def step(self):
        login = self.visitor.blade_login(self.user)
        self.logins.append(login)
        refreshed = self.visitor.blade_refresh(login["refresh_token"])
        if refreshed.status == 200:
            self.refreshes.append(refreshed.json)

    def tokens(self):
        """Every pair whose answer arrived: within the grace window all of them are valid."""
        return [*self.logins, *self.refreshes]


@pytest.mark.parametrize("name", KILLS)
def test_tokens_survive_killed_workers(site_with, name):
    site = site_with({}, name).site
    stop = threading.Event()
    load = [Load(site, site.new_user(), stop) for _ in range(CLIENTS)]

    def answered():
        return sum(len(one.logins) for one in load)

    for one in load:
        one.start()
    try:
        for _ in range(KILLS[name]):
            target = answered() + 3
            wait_until(lambda: answered() >= target or not all(one.is_alive() for one in load), "logins under load")
            for pid in wait_until(site.workers, "a worker"):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # a CGI that had finished
    finally:
        stop.set()
        for one in load:
            one.join()

    assert [one.trouble for one in load] == [None] * CLIENTS
    assert answered() >= 3 * KILLS[name]
    web = Visitor(site, site.server.client)
    wait_until(lambda: web.send_quietly() == 200, "a worker after the last kill")
    for one in load:
        for pair in one.tokens():
            assert web.blade_user_info(pair["access_token"]).status == 200
        for pair in one.refreshes:
            assert web.blade_refresh(pair["refresh_token"]).status == 200

    report = site.cli_json("doctor")
    assert {check["status"] for check in report["checks"] if check["name"] == "integrity"} == {"ok"}
    with closing(site.open_database()) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        orphans = "SELECT count(*) FROM token WHERE used_s IS NOT NULL AND successor_id NOT IN (SELECT id FROM token)"
        assert db.execute(orphans).fetchone() == (0,), "a rotation is whole or has not happened"

"""An administrator's desk: a folder with a configuration, and the command line called there; two fixtures make it."""

import hashlib
import hmac
import json
import os
import sqlite3
import subprocess
from contextlib import closing

import pytest
from harness.site import BINARY, DEADLINE_S

DONE, FAILED, USAGE = 0, 1, 2


class Desk:
    """An administrator's place: a folder with a configuration, and the program called as a person calls it."""

    def __init__(self, folder):
        self.folder = folder
        self.conf = folder / "menshen.conf"
        self.data = folder / "data"
        self.database = self.data / "menshen.db"
        self.configure("[server]\ndata_dir = data\n[login]\nargon2_memory_kib = 64\nargon2_passes = 1\n")

    def configure(self, text):
        self.conf.write_text(text)

    def run(self, *arguments, line=None, conf=True, **options):
        """The program with these arguments; `line`: what stands on standard input."""
        where = ["--conf", str(self.conf)] if conf else []
        typed = b"" if line is None else line if isinstance(line, bytes) else f"{line}\n".encode()
        return subprocess.run(
            [BINARY, *where, *arguments], input=typed, env={}, cwd=self.folder, capture_output=True, check=False,
            timeout=DEADLINE_S, **options
        )

    def say(self, *arguments, status=DONE, **options):
        """A command that ends with `status`; its standard output, or, of one that fails, what it complains about."""
        done = self.run(*arguments, **options)
        out, complaint = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == status, f"{arguments}: exit {done.returncode}: {out}{complaint}"
        if status == DONE:
            return out
        said = [line for line in complaint.splitlines() if not line.startswith('{"time"')]  # else it is the log
        assert said[0].startswith("menshen: "), complaint
        return said[0]

    def json(self, *arguments, **options):
        return json.loads(self.say(*arguments, "--json", **options))

    def list(self, family, *arguments):
        """Rows of `FAMILY list`, by their first field."""
        rows = self.json(family, "list", *arguments)
        return {next(iter(row.values())): row for row in rows}

    def query(self, sql, *arguments):
        with closing(sqlite3.connect(self.database, timeout=30)) as db, db:
            return db.execute(sql, arguments).fetchall()

    def add_user(self, account="zhang", password="ganz geheim", **options):
        arguments = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        return self.json("user", "add", account, *arguments, line=password)

    def add_session(self, client, user_id=None, expires_s=2**40):
        """A session with one token, as a login leaves them; its jti."""
        jti = f"{os.urandom(4).hex()}-0000-4000-8000-000000000000"
        with closing(sqlite3.connect(self.database)) as db, db:
            session = db.execute(
                "INSERT INTO session (user_id, client_id, tenant_id, dialect, scope, address, created_s, family_end_s,"
                " expires_s) VALUES (?, ?, '000000', 'blade', 'all', '10.0.0.1', 1, ?, ?)",
                (user_id, client, expires_s, expires_s),
            ).lastrowid
            db.execute(
                "INSERT INTO token (session_id, jti, refresh_jti, issued_s, access_expires_s, refresh_expires_s)"
                " VALUES (?, ?, ?, 1, ?, ?)",
                (session, jti, jti.replace("-4000-", "-4001-"), expires_s, expires_s),
            )
        return jti

    def live_jtis(self, *arguments):
        return {row["jti"] for row in self.json("token", "list", *arguments)}


@pytest.fixture
def bare(tmp_path):
    """A desk without a database."""
    return Desk(tmp_path)


@pytest.fixture
def desk(bare):
    """A desk with a database, tenant 000000 and client portal."""
    bare.say("init")
    bare.say("tenant", "add", "000000", "--name", "默认租户")
    bare.say("client", "add", "portal", "--grants", "captcha,refresh_token")
    return bare


def has_secret(desk, client, secret):
    ((pepper,),) = desk.query("SELECT value FROM setting WHERE name = 'client_pepper'")
    ((mac,),) = desk.query("SELECT secret_mac FROM client WHERE id = ?", client)
    return mac == hmac.digest(pepper, secret.encode(), hashlib.sha256)

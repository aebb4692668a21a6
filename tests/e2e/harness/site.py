"""A throw-away installation of Menshen: folder, configuration, database, demo data, and a look inside."""

import itertools
import json
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter, namedtuple
from contextlib import closing
from pathlib import Path

TREE = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("MENSHEN_BIN", TREE / "build/asan/menshen.fcgi")).resolve()

User = namedtuple("User", "account password")
DEMO_USER = User("admin", "admin")

# For whatever may hang, on a machine that is slow and busy; what works is not waited for.
DEADLINE_S = 300

# The columns that say until when a row has to be kept.
EXPIRY = ("expires_s", "ends_s", "refresh_expires_s")


def run_as():
    """Apache refuses to work as root: when root runs the tests, sites belong to and run as an ordinary user."""
    return "www-data" if os.geteuid() == 0 else None


def owner_arguments():
    """For subprocess: run as the owner of the sites."""
    user = run_as()
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def merge(*layers):
    settings = {}
    for layer in layers:
        for section, keys in layer.items():
            settings.setdefault(section, {}).update(keys)
    return settings


# Cheap passwords, addresses by X-Forwarded-For, pages of two origins, answers handed out: what lets tests be quick and independent.
TEST_SETTINGS = {
    "server": {"trusted_proxies": "127.0.0.1", "allowed_origins": "https://app.example, http://localhost:8080"},
    "captcha": {"expose_answer": "yes", "rate": "0"},
    "login": {"argon2_memory_kib": "1024", "argon2_passes": "1"},
    "dialect.springblade": {"enabled": "yes"},
    "dialect.ruoyi": {"enabled": "yes", "prefix": "/ruoyi"},  # /login is platform's
}


class Site:
    """
    root/cgi-bin/menshen.fcgi   the program
    root/etc/menshen.conf       found by the program from its own place
    root/data/                  the database; 0700
    root/log/, root/run/        of Menshen and of the web server
    root/htdocs/                the document root
    """

    _numbers = itertools.count(1)
    is_made = True  # by `menshen init --demo`
    audit_from = 0  # rows() leaves out what was recorded up to this row: thousands of them, where a test makes so many

    def __init__(self, settings=None, binary=BINARY):
        self.root = Path(tempfile.mkdtemp(prefix="menshen-"))
        for folder in ("cgi-bin", "etc", "log", "run", "htdocs"):
            (self.root / folder).mkdir()
        self.binary = self.root / "cgi-bin/menshen.fcgi"
        shutil.copy2(binary, self.binary)
        self.conf = self.root / "etc/menshen.conf"
        self.log = self.root / "log/events.log"
        self.port = None  # any that is free
        self.database = self.root / "data/menshen.db"
        own = {"server": {"data_dir": f"{self.root}/data", "log": str(self.log)}}
        self.write_conf(merge(TEST_SETTINGS, own, settings or {}))
        self._chown()
        try:
            if self.is_made:
                self.cli("init", "--demo")
        except BaseException:
            self.remove()
            raise

    def write_conf(self, settings):
        lines = []
        for section, keys in settings.items():
            lines += [f"[{section}]", *(f"{key} = {value}" for key, value in keys.items()), ""]
        self.conf.write_text("\n".join(lines))

    def _chown(self):
        if run_as():
            for path in [self.root, *self.root.rglob("*")]:
                shutil.chown(path, run_as(), pwd.getpwnam(run_as()).pw_gid)

    def remove(self):
        shutil.rmtree(self.root)

    # ---- the program ------------------------------------------------------------------------------------------
    def run(self, argv, env=None, input=b""):
        """The program with exactly this environment. Never raises for its exit code."""
        return subprocess.run(
            [self.binary, *argv], input=input, env=env or {}, cwd="/", capture_output=True, check=False,
            timeout=DEADLINE_S, **owner_arguments()
        )

    def cli(self, *arguments, line=None):
        """A command that must succeed; its standard output. `line`: what is typed, a password."""
        done = self.run(arguments, input=b"" if line is None else f"{line}\n".encode())
        assert done.returncode == 0, f"{arguments}: exit {done.returncode}: {done.stderr.decode()}"
        return done.stdout.decode()

    def cli_json(self, *arguments):
        return json.loads(self.cli(*arguments, "--json"))

    def new_user(self, *options):
        """A user nobody else in the test run has."""
        user = User(f"user{next(self._numbers)}", f"Secret-{os.urandom(8).hex()}")
        self.cli("user", "add", user.account, "--tenant", "000000", *options, line=user.password)
        return user

    def workers(self):
        """Process ids of this site's program."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "exe") == str(self.binary):
                    found.append(int(entry.name))
            except OSError:
                pass  # ended meanwhile, or somebody else's
        return found

    def kill_workers(self):
        for pid in self.workers():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    # ---- the database -----------------------------------------------------------------------------------------
    def open_database(self):
        """To read, beside the running program."""
        return sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=DEADLINE_S)

    def query(self, sql, *arguments):
        with closing(self.open_database()) as db:
            return db.execute(sql, arguments).fetchall()

    def write(self, sql, *arguments):
        """Make it so behind the program's back: as when time has passed, or a clock was wrong."""
        with closing(sqlite3.connect(self.database, timeout=DEADLINE_S)) as db, db:
            db.execute(sql, arguments)

    def rows(self):
        """
        Every row, as (table, values by column): for `changes_since`. But for the counters, which a worker writes when
        it likes to.
        """
        with closing(self.open_database()) as db:
            db.execute("BEGIN")  # one moment for all tables
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'counter'")]
            found = Counter()
            for table in tables:
                where = f"WHERE id > {self.audit_from}" if table == "audit" else ""
                cursor = db.execute(f"SELECT * FROM {table} {where}")
                columns = [name for (name, *_) in cursor.description]
                found.update((table, tuple(zip(columns, values))) for values in cursor)
            return found

    def changes_since(self, before):
        """
        What was written since `before`, a result of rows(): for each table the rows that came and those that went; a
        changed row is both. Rows that expired meanwhile may have been purged, and do not count.
        """
        after, now = self.rows(), time.time()
        changes = {}
        for kind, rows in (("came", after - before), ("went", before - after)):
            for table, values in rows.elements():
                row = dict(values)
                if not any(row.get(column, now + 1) <= now for column in EXPIRY):
                    changes.setdefault(table, {}).setdefault(kind, []).append(row)
        return changes

    def logs(self):
        """Everything that Menshen and the web server wrote, by file."""
        return {path.name: path.read_bytes() for path in (self.root / "log").iterdir() if path.is_file()}


class UploadedSite(Site):
    """The program and its configuration, and no database: as a site is after it was uploaded."""

    is_made = False

    @property
    def setup_code(self):
        return (self.root / "data/setup-code.txt").read_text().strip()

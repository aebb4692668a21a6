"""
A throw-away installation of Menshen under build/bench, served by lighttpd with the shipped lighttpd-conf/auth.conf,
and in the same lighttpd, at /echo, the yardstick with as many workers.
"""

import base64
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
BUILD = TREE / "build/bench"
SWORD = "Basic " + base64.b64encode(b"sword:sword_secret").decode()  # of `menshen init --demo`
ADMIN_MD5 = "21232f297a57a5a743894a0e4a801fc3"
DEADLINE_S = 20

# The limits are off; all else is what a site gets.
CONFIGURATION = """\
[server]
data_dir = {data}
log = {root}/log/menshen.log
[captcha]
rate = 0
max_live = 100000000
"""

LIGHTTPD = """\
server.document-root = "{root}/htdocs"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{root}/log/lighttpd.log"
server.upload-dirs = ( "{root}/run" )
server.modules = ( )
include "{root}/etc/auth.conf"
$HTTP["url"] =^ "/echo" {{
    fastcgi.server = ( "/echo" => ((
        "bin-path"             => "{echo}",
        "socket"               => "{root}/run/echo.sock",
        "max-procs"            => 2,
        "check-local"          => "disable",
        "bin-copy-environment" => ( "PATH" )
    )) )
}}
"""


class CannotMeasure(Exception):
    """Something that is needed is missing or went wrong. The text says what."""


def require(condition, what):
    if not condition:
        raise CannotMeasure(what)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Site:
    def __init__(self, name="site", data=None, limits="", built=TREE / "cgi-bin/menshen.fcgi"):
        """
        `data`: a folder for the database elsewhere, on another file system. `limits`: more of the configuration.
        `built`: the program.
        """
        self.root = BUILD / name
        self.data = Path(data or self.root / "data")
        shutil.rmtree(self.root, ignore_errors=True)
        for folder in ("cgi-bin", "etc", "log", "run", "htdocs"):
            (self.root / folder).mkdir(parents=True)
        self.binary = self.root / "cgi-bin/menshen.fcgi"
        self.conf = self.root / "etc/menshen.conf"  # the program finds it from its own place
        self.conf.write_text(CONFIGURATION.format(root=self.root, data=self.data) + limits)
        require(built.exists(), f"{built} is not there: run make")
        shutil.copy2(built, self.binary)
        self.command("init", "--demo")

    def command(self, *arguments, conf=None):
        """Standard output of a Menshen command that has to succeed."""
        argv = [self.binary, "--conf", conf or self.conf, *arguments]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        require(done.returncode == 0, f"menshen {' '.join(arguments)} failed: {done.stderr.strip()}")
        return done.stdout

    def connect(self):
        """A look into the database, beside the running program."""
        return sqlite3.connect(f"file:{self.data}/menshen.db?mode=ro", uri=True, timeout=20)

    def query(self, sql, *values):
        """Rows of the database, read beside the running program."""
        with closing(self.connect()) as db:
            return db.execute(sql, values).fetchall()

    def answer_of(self, captcha_id):
        return self.query("SELECT answer FROM captcha WHERE id = ?", captcha_id)[0][0]

    def login_body(self, captcha_id):
        """Of blade's token request, with the answer looked up in the database."""
        fields = {"grant_type": "captcha", "scope": "all", "tenantId": "000000", "username": "admin"}
        fields |= {"password": ADMIN_MD5, "captchaKey": captcha_id, "captchaCode": self.answer_of(captcha_id)}
        return json.dumps(fields)

    def log_tail(self):
        logs = sorted((self.root / "log").iterdir())
        return "\n".join(f"{log.name}: {line}" for log in logs for line in log.read_text().splitlines()[-5:])


class Lighttpd:
    """With two workers of each kind; for `with`."""

    MOUNT = "/auth"

    def __init__(self, site):
        self.site, self.port = site, free_port()
        shipped = (TREE / "lighttpd-conf/auth.conf").read_text()
        for literal, own in (("/srv/menshen/", f"{site.root}/"), ("/run/lighttpd/", f"{site.root}/run/")):
            require(literal in shipped, f"lighttpd-conf/auth.conf no longer mentions {literal}")
            shipped = shipped.replace(literal, own)
        (site.root / "etc/auth.conf").write_text(shipped)
        self.conf = site.root / "etc/lighttpd.conf"
        self.conf.write_text(LIGHTTPD.format(root=site.root, port=self.port, echo=BUILD / "echo"))
        self.process = None

    def __enter__(self):
        program = shutil.which("lighttpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        require(program, "lighttpd is not installed")
        with open(self.site.root / "log/lighttpd.out", "wb") as output:
            self.process = subprocess.Popen(
                [program, "-D", "-f", self.conf], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        deadline = time.monotonic() + DEADLINE_S
        try:
            while not self.answers():
                alive = self.process.poll() is None and time.monotonic() < deadline
                require(alive, f"lighttpd does not serve Menshen and the echo:\n{self.site.log_tail()}")
                time.sleep(0.05)
        except BaseException:
            self.__exit__()
            raise
        return self

    def answers(self):
        try:
            return self.send("POST", "/echo", body="x")[1] == b"x" and self.send("GET", self.MOUNT + PROBE)[0] == 200
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()  # it ends its workers itself
        self.process.wait(DEADLINE_S)

    def send(self, method, path, headers=None, body=None):
        """Status and body of one request on a connection of its own."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)) as connection:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def json(self, method, path, headers=None, body=None):
        """The JSON of an answer that has to be a 200."""
        status, answer = self.send(method, self.MOUNT + path, headers, body)
        require(status == 200, f"{method} {path} answers {status}: {answer[:300]!r}\n{self.site.log_tail()}")
        return json.loads(answer)

    def workers(self, program):
        """Process ids of the workers that run `program`."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "exe") == str(program):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    found += [int(entry.name)] if parent == self.process.pid else []
            except OSError:
                pass  # ended meanwhile, or somebody else's
        require(len(found) == 2, f"{len(found)} workers of {program} instead of 2\n{self.site.log_tail()}")
        return found


PROBE = "/kom-ams-auth/oauth/captcha"
JSON_TYPE = {"Content-Type": "application/json;charset=UTF-8"}
TOKEN_PATH = "/kom-ams-auth/oauth/token"
TOKEN_HEADERS = JSON_TYPE | {"Authorization": SWORD}


def write_request(name, method, path, headers=None, body=""):
    """A file for `load`, which adds Content-Length."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    file = BUILD / "requests" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    return file


def login(server):
    """A blade login with a captcha; the answer's JSON."""
    key = server.json("GET", PROBE)["key"]
    return server.json("POST", TOKEN_PATH, TOKEN_HEADERS, server.site.login_body(key))


def app_token(server):
    """A bearer token for eplatform, by client_credentials."""
    return server.json("POST", TOKEN_PATH, TOKEN_HEADERS, json.dumps({"grant_type": "client_credentials"}))[
        "access_token"
    ]

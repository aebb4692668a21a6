"""CPU time of one request in plain CGI, where every request is a process."""

import json
import os
import shutil
import time
from statistics import median

from bench_site import BUILD, SWORD, TREE, Site, require
from bench_table import Row, note, print_table

RUNS = 101
AT_MOST_OF_PHP = ("<=", 0.20)
AT_MOST_OF_HELLO = ("<=", 2.5)
NOT_DEARER = ("<=", 1.05)

# Else the account would be locked soon.
REFUSAL_LIMITS = "[login]\nmax_failures = 1000\ncaptcha_after = 1000\n"

CGI = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "SERVER_SOFTWARE": "bench",
    "SERVER_NAME": "127.0.0.1",
    "SERVER_PORT": "80",
    "REMOTE_ADDR": "127.0.0.1",
    "SCRIPT_NAME": "/cgi-bin/menshen.fcgi",
    "QUERY_STRING": "",
    "PATH": "/usr/bin:/bin",
}


class Program:
    """Something that is run as CGI, and the CPU and wall time of its runs in milliseconds."""

    def __init__(self, name, path, **env):
        self.name, self.path, self.env = name, str(path), CGI | env
        self.cpu_ms, self.wall_ms = [], []
        self.files = BUILD / "cgi"
        self.files.mkdir(exist_ok=True)

    def run(self, body="", status=200):
        """Run it once; the body of the answer, which has to have this status."""
        stdin, stdout = self.files / "in", self.files / "out"
        stdin.write_text(body)
        env = self.env | ({"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"} if body else {})
        descriptors = [
            (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ]
        start = time.perf_counter()
        pid = os.posix_spawn(self.path, [self.path], env, file_actions=descriptors)
        _, ended, usage = os.wait4(pid, 0)
        self.wall_ms.append((time.perf_counter() - start) * 1000)
        self.cpu_ms.append((usage.ru_utime + usage.ru_stime) * 1000)
        head, _, answer = stdout.read_bytes().partition(b"\r\n\r\n")
        failed = ended != 0 or (b"Status:" in head and b"Status: %d" % status not in head) or not answer
        require(not failed, f"{self.name} through CGI: exit status {ended}: {head + answer[:300]!r}")
        return answer

    def cpu(self):
        return median(self.cpu_ms)


REFUSALS = 51
WITHIN_A_TENTH = ("<=", 1.1)


def measure_refusals():
    """Prints the table: what an unknown account costs beside a wrong password."""
    site = Site("refusals", limits=REFUSAL_LIMITS)
    env = {"REQUEST_METHOD": "POST", "PATH_INFO": "/kom-ams-auth/oauth/token", "HTTP_AUTHORIZATION": SWORD}
    unknown, wrong = (Program(name, site.binary, **env) for name in ("unknown account", "wrong password"))
    fields = {"grant_type": "password", "password": "0" * 32}
    for _ in range(REFUSALS):
        unknown.run(json.dumps(fields | {"username": "nobody"}), 400)
        wrong.run(json.dumps(fields | {"username": "admin"}), 400)
    rows = [Row(p.name, p.cpu(), q.name, q.cpu(), WITHIN_A_TENTH) for p, q in ((unknown, wrong), (wrong, unknown))]
    print_table(f"CPU time of a refused login, plain CGI, median of {REFUSALS}", "ms", rows)


def php_program(missing):
    php = shutil.which("php-cgi")
    if php is None:
        missing.append("the captcha of a PHP site, because php-cgi is not installed (packages php-cgi, php-gd)")
        return None
    script = TREE / "tests/bench/draw.php"
    return Program(
        "PHP with GD", php, REQUEST_METHOD="GET", SCRIPT_FILENAME=str(script), REDIRECT_STATUS="200"
    )


TOKEN_ENV = {"REQUEST_METHOD": "POST", "PATH_INFO": "/kom-ams-auth/oauth/token", "HTTP_AUTHORIZATION": SWORD}
CLIENT_CREDENTIALS = json.dumps({"grant_type": "client_credentials"})


def hello_program():
    return Program("C hello, static", BUILD / "hello", REQUEST_METHOD="GET")


def sqlite_program(site):
    return Program("C with SQLite, static", BUILD / "hello_sqlite", REQUEST_METHOD="GET", DATABASE=f"{site.data}/menshen.db")


def captcha_program(site):
    return Program("blade captcha", site.binary, REQUEST_METHOD="GET", PATH_INFO="/kom-ams-auth/oauth/captcha")


def page_program(site):
    return Program("login page of the portal", site.binary, REQUEST_METHOD="GET", PATH_INFO="/login")


def client_program(site):
    return Program("token, client_credentials", site.binary, **TOKEN_ENV)


def compare_cgi(site, other, revision):
    """Prints the CPU time of this program's requests beside those of another revision's, and of hello."""
    hello = hello_program()
    pairs = [(make(site), make(other), body) for make, body in ((captcha_program, ""), (client_program, CLIENT_CREDENTIALS))]
    for _ in range(RUNS):
        hello.run()
        for ours, base, body in pairs:
            ours.run(body)
            base.run(body)
    rows = [Row(ours.name, ours.cpu(), revision, base.cpu(), NOT_DEARER) for ours, base, _ in pairs]
    rows += [Row(ours.name, ours.cpu(), hello.name, hello.cpu(), AT_MOST_OF_HELLO) for ours, _, _ in pairs]
    print_table(f"CPU time of one plain CGI request, median of {RUNS}", "ms", rows)


def measure_cgi(site):
    """Prints the table; what could not be measured."""
    missing = []
    hello, captcha, client, page = hello_program(), captcha_program(site), client_program(site), page_program(site)
    login, sqlite = Program("token, captcha and password", site.binary, **TOKEN_ENV), sqlite_program(site)
    php = php_program(missing)
    for _ in range(RUNS):
        hello.run()
        key = json.loads(captcha.run())["key"]
        client.run(CLIENT_CREDENTIALS)
        page.run()
        sqlite.run()
        login.run(site.login_body(key))
        if php is not None:
            php.run()
    rows = [Row(p.name, p.cpu(), hello.name, hello.cpu(), AT_MOST_OF_HELLO) for p in (captcha, page, client)]
    rows += [Row(p.name, p.cpu(), hello.name, hello.cpu()) for p in (login, sqlite)]
    if php is not None:
        rows.insert(0, Row(captcha.name, captcha.cpu(), php.name, php.cpu(), AT_MOST_OF_PHP))
    print_table(f"CPU time of one plain CGI request, median of {RUNS}", "ms", rows)
    argon2 = login.cpu() - client.cpu()
    note(f"Argon2id with the default settings is what a login costs above client_credentials: {argon2:.1f} ms.")
    programs = [p for p in (hello, sqlite, captcha, page, client, login, php) if p is not None]
    note("Wall time, ms: " + ", ".join(f"{p.name} {median(p.wall_ms):.1f}" for p in programs) + ".")
    return missing

"""
What pages of the portal cost: the login page, a person's own, and the list of a hundred thousand users, each beside the
echo of as many bytes and, since a page should cost no more than that, a captcha.
"""

import re
import sqlite3
import time
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode

from bench_fill import FIRST_USER_ID, TENANT, USERS
from bench_site import DEADLINE_S, require, write_request
from bench_table import Row, note, print_table

PEOPLE = 100_000
NO_DEARER_THAN_A_CAPTCHA = ("<=", 1.0)
CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


def add_people(site):
    with closing(sqlite3.connect(site.data / "menshen.db", timeout=DEADLINE_S)) as db, db:
        hash_ = db.execute("SELECT password_hash FROM user").fetchone()[0]
        db.execute(USERS, {"count": PEOPLE, "first_user": FIRST_USER_ID, "tenant": TENANT, "hash": hash_,
                           "start": int(time.time()) - 86400})  # fmt: skip


def _cookies(answer):
    return "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")


def sign_in(server, account="admin", password="admin"):
    """The cookie of a browser in which somebody has signed in to the portal."""
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)) as connection:
        connection.request("GET", server.MOUNT + "/login")
        page = connection.getresponse()
        token, cookie = CSRF.search(page.read().decode()), _cookies(page)
        require(token, f"no form on the login page\n{server.site.log_tail()}")
        form = urlencode({"csrf": token[1], "account": account, "password": password})
        connection.request("POST", server.MOUNT + "/sign-in", form,
                           {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie,
                            "Sec-Fetch-Site": "same-origin"})  # fmt: skip
        answer = connection.getresponse()
        answer.read()
        cookies = _cookies(answer)
        require(answer.status == 303 and "menshen=" in cookies, f"signing in answers {answer.status}\n{server.site.log_tail()}")
        return cookies


PAGES = (
    ("login page", "/login"),
    ("account page", "/account"),
    (f"users page, {PEOPLE:,} users", "/admin/users"),
    ("the same, searched", "/admin/users?q=user0077777"),
)


def measure_pages(server, workers, side_by_side, load, captcha_us):
    """
    Prints the tables. `side_by_side`, `load`: bench.py's; `captcha_us`: CPU time of a worker for a captcha, measured in
    this run.
    """
    add_people(server.site)
    cookie = {"Cookie": sign_in(server)}
    found = []
    for what, path in PAGES:
        status, body = server.send("GET", server.MOUNT + path, {} if path == "/login" else cookie)
        require(status == 200 and b"</html>" in body, f"{what} answers {status}: {body[:300]!r}\n{server.site.log_tail()}")
        request = write_request("page.http", "GET", server.MOUNT + path, {} if path == "/login" else cookie)
        found.append(side_by_side(server, what, lambda ms: load(server, request, ms), workers, None))
    print_table("Pages of the portal, through lighttpd: two workers", "requests/s", [row for row, _ in found])
    rows = [Row(row.what, ours, "blade captcha", captcha_us, NO_DEARER_THAN_A_CAPTCHA) for row, (ours, _) in found]
    print_table("CPU time of a worker for one page", "µs", rows)
    note(f"With {PEOPLE:,} users in the database; account and users page with the session of an administrator.")

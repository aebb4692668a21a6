"""
The portal against whoever means it ill: every form of it without its token, with that of somebody else, from another
site, by nobody, by somebody who may not; every field and every address with everything that does not belong there.
Never an error of ours, never markup of theirs, nothing half done. Names that are meant to break pages, on every page;
cookies of people who are not who they were.
"""

import hashlib
import itertools
import json
import time
from collections import Counter
from contextlib import contextmanager
from urllib.parse import quote, quote_from_bytes

import pytest
from conftest import running_site
from harness.browser import running_browser, until
from harness.portal import Portal as AnyPortal
from harness.routes import concrete, routes, values_for
from harness.servers import CONFIGS, Lighttpd, free_port
from harness.site import DEMO_USER, UploadedSite, User
from harness.visitor import fresh_address
from harness.wire import BOUNDARY
from selenium.webdriver.common.by import By
from test_portal_login import TRICKS, Window, refused_by_the_web_server, sessions_of
from test_portal_pages import PAGES, be, cut_off, look_at

# FastCGI under lighttpd; plain CGI under Apache, by .htaccess alone. What fields and addresses do is the same in both.
SERVERS = ("lighttpd-fastcgi", "apache-htaccess-generous")
SETTINGS = {
    "login": {"captcha_after": "1000", "max_failures": "1000"},
    "mail": {"sendmail": "/bin/true"},
}
LATELY_S = 300  # after which whoever acts signs in again: what matters asks for the password of the last quarter of an hour
FRESH = "lamp-river-39-oats"
POSTS = routes("POST")
ADMIN_POSTS = [route for route in POSTS if "PAGE_ADMIN" in route.needs]


def over(routes):
    return pytest.mark.parametrize("route", routes, ids=[route.path for route in routes])


# ---- Who there is, and what a form holds ----------------------------------------------------------------------------
class Portal(AnyPortal):
    """From an address of its own, where nobody has failed before."""

    def __init__(self, site, language="en", headers=None):
        super().__init__(site, language, {"X-Forwarded-For": fresh_address()} | (headers or {}))
        self.user = None  # who is signed in

    @property
    def secret(self):
        return self.cookies().get("menshen", "")


class Place:
    """A site; an administrator, somebody who is none, and things that can be asked for, which come again when they go."""

    def __init__(self, site):
        self.site = site
        self.user = site.new_user()  # of no importance
        self.values = {}
        self.people = {}
        self.tokens = {}
        self.numbers = itertools.count(1)

    def some_of(self, cases):
        """All of them; where each request starts a program, every third: what a web server hands on is all that differs."""
        return dict(list(cases.items())[:: 1 if self.site.server.config.server is Lighttpd else 3])

    def has(self, sql, *arguments):
        return bool(self.site.query(sql, *arguments))

    def concrete(self, path):
        """The path, about something that is there."""
        for thing in ("user", "group", "tenant", "client", "key", "link"):
            if f"/{thing}" in path and "{" in path:
                self.values[thing] = getattr(self, f"some_{thing}")()
        return concrete(path, self.values)

    def some_user(self):
        if not self.has("SELECT 1 FROM user WHERE id = ?", self.values.get("user")):
            user = self.site.new_user()
            ((self.values["user"],),) = self.site.query("SELECT id FROM user WHERE account = ?", user.account)
        return self.values["user"]

    def some_group(self):
        if not self.has("SELECT 1 FROM user_group WHERE name = 'staff'"):
            self.site.cli("group", "add", "staff")
        return "staff"

    def some_tenant(self):
        if not self.has("SELECT 1 FROM tenant WHERE id = 't1'"):
            self.site.cli("tenant", "add", "t1", "--name", "T")
        return "t1"

    def some_client(self):
        if not self.has("SELECT 1 FROM client WHERE id = 'robot'"):
            self.site.cli("client", "add", "robot", "--grants", "client_credentials")
        return "robot"

    def some_key(self):
        return self.site.query("SELECT kid FROM sign_key ORDER BY kid LIMIT 1")[0][0]

    def some_link(self):
        secret = self.values.get("link", "")
        if not self.has("SELECT 1 FROM link WHERE secret_hash = ?", hashlib.sha256(secret.encode()).digest()):
            secret = self.site.cli_json("user", "reset", self.user.account)["link"].rpartition("/")[2]
        return secret

    def somebody(self, kind):
        """Signed in, whatever was done to him before; "admin", "person", or "nobody", who is not."""
        one = self.people.get(kind)
        if kind == "nobody" or one is None or not self.is_in(one) or time.monotonic() > one.since + LATELY_S:
            one = self.people[kind] = Portal(self.site)
            one.since = time.monotonic()
            if kind != "nobody":
                one.user = DEMO_USER if kind == "admin" else self.site.new_user()
                assert one.sign_in(one.user).status == 200
        return one

    def is_in(self, portal):
        digest = hashlib.sha256(portal.secret.encode()).digest()
        return self.has("SELECT 1 FROM browser_session WHERE secret_hash = ?", digest)

    def one_for(self, route):
        """Who may send the form."""
        kinds = {"PAGE_ADMIN": "admin", "PAGE_PERSON": "person"}
        return self.somebody(next((kinds[need] for need in kinds if need in route.needs), None) or (
            "person" if route.path == "/sign-out" else "nobody"
        ))

    def token_of(self, portal):
        """What the forms hold that this browser was given."""
        key = portal.secret or id(portal)
        if key not in self.tokens:
            page = portal.get("/account" if portal.secret else "/login")
            self.tokens[key] = page.form("/sign-out" if portal.secret else "/sign-in").fields["csrf"]
        return self.tokens[key]

    def fields_of(self, route, portal):
        """Everything that its form has, filled in well; but for the token."""
        make = FIELDS.get(route.path)
        assert make is not None, f"{route.path}: add to FIELDS"
        return dict(make(f"x{next(self.numbers)}", portal.user.password if portal.user else ""))

    def plain(self, path, headers):
        """Look at a page with these headers, and no cookies but theirs."""
        portal = Portal(self.site)
        return portal.get(path, follow=False, headers=headers)

    def send(self, route, fields, portal=None, token=True, path=None, headers=None):
        """Post these fields (a dict, or pairs) with the token, and read the answer."""
        portal = portal or self.one_for(route)
        pairs = list(fields.items() if isinstance(fields, dict) else fields)
        if token:
            pairs.insert(0, ("csrf", self.token_of(portal)))
        encoding = {"Content-Type": "application/x-www-form-urlencoded"}
        body = encode(pairs)
        if any(name in FILES for name, _ in pairs):
            encoding = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
            body = multipart(pairs)
        page = portal.post(path or self.concrete(route.path), body, False, headers=encoding | (headers or {}))
        if route.path == "/account/password" and page.status == 303:
            self.people.pop("person", None)  # whose password nobody keeps
        return page


def raw(value):
    return value if isinstance(value, bytes) else str(value).encode()


def encode(pairs):
    return "&".join(f"{quote_from_bytes(raw(k), '')}={quote_from_bytes(raw(v), '')}" for k, v in pairs).encode()


FILES = {"file": "people.csv", "picture": "dot.png"}  # the fields that are files


def multipart(pairs):
    parts = []
    for name, value in pairs:
        file = f'; filename="{FILES[name]}"'.encode() if name in FILES else b""
        parts.append(
            b"--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n"
            % (BOUNDARY.encode(), raw(name), file, raw(value))
        )
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


PERSON = dict(real_name="张三", nick_name="n", email="a@example.com", phone="+86 1", locale="en", role_name="r", role_id="1",
              dept_id="1", post_id="1", id_number="1", oauth_id="", external_id="")  # fmt: skip
CLIENT = {
    "grant.captcha": "1", "grant.refresh_token": "1", "redirect-uris": "https://app.example/back", "password-wire": "md5",
    "scope": "all", "audience": "", "alg": "site", "refresh-reuse": "dialect", "access-ttl": "0", "refresh-ttl": "0",
}  # fmt: skip
LOOK = dict(title="Door", accent="1d4ed8", logo="", notice="n", footer="f", footer_link="/privacy.html", icp="京ICP备1号",
            police="京公网安备 11000002000001号")  # fmt: skip
DOT = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\nIDATx\x9cc\0\1\0\0\5\0\1\r\n-\xb4\0\0\0\0IEND\xaeB`\x82"

# By path: fields of the form, from a name that nothing else has and the password of whoever sends it.
FIELDS = {
    "/sign-in": lambda new, _: {"account": new, "password": "x", "next": "/account", "remember": "1"},
    "/sign-out": lambda new, _: {},
    "/account/profile": lambda new, _: {"real_name": "张三", "phone": "1", "locale": "en"},
    "/account/email": lambda new, password: {"email": f"{new}@example.com", "password": password},
    "/account/password": lambda new, password: {"old": password, "fresh": FRESH, "again": FRESH, "next": "/account"},
    "/account/session-end": lambda new, _: {"browser": "1"},
    "/account/sessions-end": lambda new, _: {},
    "/link/{secret}": lambda new, _: {"fresh": FRESH, "again": FRESH, "real_name": new, "email": "a@example.com"},
    "/admin/users": lambda new, _: PERSON | {"account": new, "tenant": "000000", "by": "link", "mail": ""},
    "/admin/users/{id}": lambda new, _: PERSON,
    "/admin/user-groups/{id}": lambda new, _: {"group.staff": "1"},
    "/admin/user-lock/{id}": lambda new, _: {},
    "/admin/user-unlock/{id}": lambda new, _: {},
    "/admin/user-sessions/{id}": lambda new, _: {"browser": "1"},
    "/admin/user-access/{id}": lambda new, _: {"by": "link", "mail": ""},
    "/admin/user-remove/{id}": lambda new, _: {},
    "/admin/groups": lambda new, _: {"name": new, "title": "G", "networks": "10.0.0.0/8"},
    "/admin/groups/{name}": lambda new, _: {"title": "G", "networks": "10.0.0.0/8"},
    "/admin/group-join/{name}": lambda new, _: {"account": "admin", "tenant": "000000"},
    "/admin/group-leave/{name}": lambda new, _: {"user": "1"},
    "/admin/group-remove/{name}": lambda new, _: {},
    "/admin/tenants": lambda new, _: {"id": new, "name": "T"},
    "/admin/tenants/{id}": lambda new, _: {"name": "T"},
    "/admin/tenant-lock/{id}": lambda new, _: {},
    "/admin/tenant-unlock/{id}": lambda new, _: {},
    "/admin/tenant-remove/{id}": lambda new, _: {},
    "/admin/locks": lambda new, _: {"kind": "account", "name": f"000000/{new}"},
    "/admin/import": lambda new, _: {
        "file": f"account,real_name\n{new},张三\n", "format": "csv", "encoding": "utf-8", "tenant": "000000", "update": "1",
        "as_typed": "1", "step": "write", "keep": "1", "name": "people.csv",
    },
    "/admin/export": lambda new, _: {"format": "csv", "tenant": "000000"},
    "/prove": lambda new, password: {"password": password, "next": "/account"},
    "/admin/client-new": lambda new, _: CLIENT | {"id": new},
    "/admin/clients/{id}": lambda new, _: CLIENT,
    "/admin/client-secret/{id}": lambda new, _: {"overlap": "3600"},
    "/admin/client-secret-end/{id}": lambda new, _: {},
    "/admin/client-lock/{id}": lambda new, _: {},
    "/admin/client-unlock/{id}": lambda new, _: {},
    "/admin/client-remove/{id}": lambda new, _: {},
    "/admin/key-rotate": lambda new, _: {"alg": "ES256", "overlap": "60", "publish-ahead": "0"},
    "/admin/key-import": lambda new, _: {"secret": (new * 40)[:64]},
    "/admin/key-retire/{kid}": lambda new, _: {"force": ""},
    "/admin/key-sm2-new": lambda new, _: {},
    "/admin/key-sm2-import": lambda new, _: {"private": "1" * 64},
    "/admin/look": lambda new, _: LOOK,
    "/admin/look-logo": lambda new, _: {"picture": DOT},
    "/admin/look-no-logo": lambda new, _: {},
    "/admin/health": lambda new, _: {},
    "/admin/captcha-restyle": lambda new, _: {},
    "/setup": lambda new, _: {"code": "0", "account": new, "fresh": FRESH, "again": FRESH, "real_name": "x", "email": ""},
    "/forgot": lambda new, _: {"who": new, "captcha": "x", "captcha_id": "x"},
}  # fmt: skip

# What nobody gets with these: the wrong password, picture or code; not a member, the last key, a site that is set up.
REFUSED = {"/sign-in", "/forgot", "/setup", "/admin/group-leave/{name}", "/admin/key-retire/{kid}"}


@contextmanager
def place_behind(server):
    port = free_port()
    base = {"server": {"base_url": f"http://127.0.0.1:{port}{CONFIGS[server].mount}"}}
    with running_site(server, SETTINGS | base, port) as site:
        yield Place(site)


@pytest.fixture(scope="module", params=SERVERS)
def place(request):
    with place_behind(request.param) as place:
        yield place


@pytest.fixture(scope="module")
def fast_place():
    with place_behind(SERVERS[0]) as place:
        yield place


# What a refused request may leave, besides the record of what was refused and "last seen".
ALWAYS = ("throttle", "captcha", "audit_sum", "sqlite_sequence")


def written(site, before):
    """What changed since `before`, but for that. And the rows, to go on from."""
    changes = site.changes_since(before)
    for kind in ("came", "went"):
        for row in changes.get("browser_session", {}).get(kind, []):
            for moving in ("seen_s", "idle_end_s", "address"):
                row.pop(moving)
    seen = changes.get("browser_session", {})
    if Counter(map(repr, seen.get("came", []))) == Counter(map(repr, seen.get("went", []))):
        changes.pop("browser_session", None)
    queued = changes.get("mail", {})
    if len(queued.get("came", [])) <= len(queued.get("went", [])):
        changes.pop("mail", None)  # what was in the queue before was sent, tried, or made a letter of
    return {table: rows for table, rows in changes.items() if table not in ALWAYS}


def refused(changes):
    """Whether nothing was done."""
    return set(changes) <= {"audit"} and all(row["result"] != "ok" for row in changes.get("audit", {}).get("came", []))


# ---- Forms that are not ours ----------------------------------------------------------------------------------------
EVIL = "https://evil.example"
FOREIGN = {
    "without a token": {"token": False},
    "an empty token": {"token": False, "csrf": ""},
    "half a token": {"token": False, "half": True},
    "somebody else's token": {"token": False, "theirs": True},
    "another origin": {"headers": {"Origin": EVIL}},
    "no origin": {"headers": {"Origin": "null"}},
    "another port": {"headers": {"Origin": "http://127.0.0.1:1"}},
    "a referrer elsewhere": {"headers": {"Referer": f"{EVIL}/login"}},
    "cross-site": {"headers": {"Sec-Fetch-Site": "cross-site"}},
    "a neighbour": {"headers": {"Sec-Fetch-Site": "same-site"}},
}


@over(POSTS)
def test_forms_of_others(place, route):
    """Everything is right but one thing: nothing is done, and a page says so."""
    site = place.site
    one = place.one_for(route)
    other = Portal(site)
    if one.secret:
        other.sign_in(site.new_user())
    theirs, mine = place.token_of(other), place.token_of(one)
    path = place.concrete(route.path)
    before = site.rows()
    for what, how in place.some_of(FOREIGN).items():
        fields = place.fields_of(route, one)
        if not how.get("token", True):
            token = theirs if how.get("theirs") else mine[:16] if how.get("half") else how.get("csrf")
            fields |= {} if token is None else {"csrf": token}
        page = place.send(route, fields, one, how.get("token", True), path, how.get("headers"))
        assert page.status == 403 or (route.path == "/setup" and page.status == 404), what
        assert "Content-Security-Policy" in page.headers and page.title, what
    assert refused(written(site, before))


@over([route for route in POSTS if route.needs & {"PAGE_ADMIN", "PAGE_PERSON"}])
def test_forms_of_nobody(place, route):
    """Without a session, with one that is over, with one that never was: the way in is shown."""
    site = place.site
    path = place.concrete(route.path)
    before = site.rows()
    for secret in place.some_of({"": 1, "0" * 32: 1, "x" * 5000: 1, "%00": 1, "'": 1}):
        stranger = Portal(site)
        token = place.token_of(stranger)
        if secret:
            stranger.session.cookies.set("menshen", secret)
        fields = place.fields_of(route, stranger) | {"csrf": token}
        page = place.send(route, fields, stranger, False, path)
        assert page.status == 303 and page.headers["Location"].endswith("/login"), secret
    assert written(site, before) == {}


@over(ADMIN_POSTS)
def test_forms_of_somebody_who_may_not(place, route):
    one = place.somebody("person")
    fields = place.fields_of(route, one)
    path = place.concrete(route.path)
    before = place.site.rows()
    assert place.send(route, fields, one, path=path).status == 403
    assert written(place.site, before) == {}


def test_pages_of_administrators(place):
    nobody, one = Portal(place.site), place.somebody("person")
    one.get("/account")
    paths = [place.concrete(route.path.replace("{format}", "csv")) for route in routes("GET") if "PAGE_ADMIN" in route.needs]
    before = place.site.rows()
    for path in paths:
        page = nobody.get(path + "?a=b%26%2F%3F", follow=False)
        next_ = quote(place.site.server.config.mount + path + "?a=b%26%2F%3F", safe="")
        assert (page.status, page.headers["Location"].partition("?next=")[2]) == (303, next_), path
        page = one.get(path)
        assert page.status == 403 and place.user.account not in page.text, path
    assert written(place.site, before) == {}


# ---- Fields and addresses -------------------------------------------------------------------------------------------
MARKUP = "\"'><x-hostile y-hostile=1></title></textarea></option>{{csrf}}{{{csrf}}}<script>alert(1)</script>"
VALUES = {
    "nothing": "", "markup": MARKUP, "10 kB": "长" * 3400, "from right to left": "\u202egnp.exe\u2066",
    "a new line": "a\r\nSet-Cookie: menshen=x\r\n\r\n<x-hostile>", "a number": "-9223372036854775809", "percent": "%00%s%n%27{}",
    "an address": "//evil.example",
}  # fmt: skip
MORE_VALUES = VALUES | {
    "blanks": " \t ", "a line": "a" * 10240, "NUL": b"a\0b", "no UTF-8": b"\xff\xfe\xe5\xbc", "a surrogate": b"\xed\xa0\x80",
    "no character": "\ufffe\U0010ffff\u200b\x7f\x01", "many digits": "9" * 300, "SQL": "'; DROP TABLE user; --",
    "a formula": "=HYPERLINK(\"https://evil.example\")", "a path": "../../etc/passwd",
}  # fmt: skip


def check(page, what):
    """What holds of every answer, whatever came."""
    assert page.status < 500, (what, page.text)
    assert "menshen=x" not in str(page.headers), what
    assert "Content-Security-Policy" in page.headers or page.status == 200, what  # a file that is downloaded
    assert page.headers["X-Content-Type-Options"] == "nosniff" and page.headers["Cache-Control"] == "no-store", what
    if page.headers["Content-Type"].startswith("text/html"):
        for piece in ("<x-hostile", "' y-hostile", '" y-hostile', "<script>alert"):
            assert piece not in page.html, (what, page.html[max(page.html.find(piece) - 200, 0) :][:400])
    if page.status >= 400:
        assert page.title and page.text, what


class Watch:
    """Of each request in turn: what it was told to do it did with a record, or it did nothing."""

    def __init__(self, place, route):
        self.place, self.route = place, route
        self.outcomes = Counter()
        self.database = place.site.open_database()
        self.last, self.version = None, None
        ((place.site.audit_from,),) = place.site.query("SELECT coalesce(max(id), 0) FROM audit")

    def has_changed(self):
        """Whether anybody has written since rows() was asked."""
        return self.database.execute("PRAGMA data_version").fetchone() != self.version

    def rows(self):
        """What is there: looked at again only where something was written."""
        if self.last is None or self.has_changed():
            self.version = self.database.execute("PRAGMA data_version").fetchone()
            self.last = self.place.site.rows()
        return self.last

    def send(self, what, fields, **options):
        place, route, site = self.place, self.route, self.place.site
        options["portal"] = options.get("portal") or place.one_for(route)
        place.token_of(options["portal"])
        options["path"] = options.get("path") or place.concrete(route.path)
        rows = self.rows()
        page = place.send(route, fields, **options)
        check(page, what)
        changes = written(site, rows) if self.has_changed() else {}
        self.outcomes[page.status] += 1
        if page.status >= 400:
            assert refused(changes), (what, page.status, changes)
        elif set(changes) - {"audit"}:
            done = [row for row in changes.get("audit", {}).get("came", []) if row["result"] == "ok"]
            assert done, (what, page.status, changes)
        return page


@over(POSTS)
def test_fields_of_every_kind(fast_place, route):
    """Each field in turn, the others being good; then what is refused whichever field has it."""
    watch = Watch(fast_place, route)

    def good():
        return fast_place.fields_of(route, fast_place.one_for(route))

    page = watch.send("what is right", good())
    assert page.status in (200, 303) or route.path in REFUSED, page.text
    names = list(good())
    for name in names:
        for what, value in VALUES.items():
            watch.send((name, what), good() | {name: value})
        watch.send((name, "missing"), {k: v for k, v in good().items() if k != name})
        page = watch.send((name, "twice"), [*good().items(), (name, "x")])
        assert page.status == 400, name
    for what, value in MORE_VALUES.items():
        watch.send(("all", what), dict.fromkeys(names, value))
        watch.send(("a further one", what), [*good().items(), (value or "x", value)])
    watch.send("no field", {})
    watch.send("many fields", good() | {f"n{i}": "x" for i in range(70)})
    assert set(watch.outcomes) <= {200, 303, 400, 403, 404, 409, 413, 429}, watch.outcomes


@over(POSTS)
def test_bodies_of_every_kind(fast_place, route):
    """What is no form is none; and what is larger than a form, but for files of those who may send them."""
    one = fast_place.one_for(route)
    token, path = fast_place.token_of(one), fast_place.concrete(route.path)
    before = fast_place.site.rows()
    large = b"csrf=" + token.encode() + b"&x=" + b"a" * 70000
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for what, body, headers in (
        ("JSON", b'{"csrf":"%s"}' % token.encode(), {"Content-Type": "application/json"}),
        ("text", b"csrf=" + token.encode(), {"Content-Type": "text/plain"}),
        ("no kind", b"csrf=" + token.encode(), {}),
        ("cut off", b"--x\r\nContent-Disposition: form-data; name=csrf\r\n\r\n", {"Content-Type": "multipart/form-data; boundary=x"}),
        ("no boundary", b"--x--", {"Content-Type": "multipart/form-data"}),
        ("large", large, form),
    ):  # fmt: skip
        page = one.post(path, body, False, headers=headers)
        check(page, what)
        assert page.status >= 400, what
        if what == "large":
            assert page.status == 413 or "PAGE_UPLOAD" in route.needs
    assert refused(written(fast_place.site, before))


@over([route for route in routes() if "{" in route.path])
def test_addresses_of_every_kind(fast_place, route):
    """Something in the address that is not there, and cannot be."""
    watch = Watch(fast_place, route)
    base = route.path[: route.path.index("{")]
    kinds = {what: quote(raw(value), safe="") for what, value in MORE_VALUES.items()}
    kinds |= {"a dot": ".", "dots": "..", "a slash": "%2f", "deeper": "a/b", "nothing there": "12345", "zero": "0", "cut off": "%e5%bc", "no hex": "%zz"}
    for what, segment in kinds.items():
        if route.method == "GET":
            one = fast_place.somebody("admin")
            page = one.get(base + segment, follow=False)
        else:
            one = fast_place.one_for(route)
            page = one.post(base + segment, encode([("csrf", fast_place.token_of(one)), *fast_place.fields_of(route, one).items()]), False,
                            headers={"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
        if "Content-Security-Policy" in page.headers or page.status < 400:
            check(page, what)
        else:  # of the web server, or of nobody's path
            assert page.status in (400, 403, 404) and "x-hostile" not in page.html, what
    assert fast_place.site.query("PRAGMA integrity_check") == [("ok",)]


QUERY = (
    "lang", "next", "q", "tenant", "group", "state", "sort", "down", "after", "before", "who", "action", "result", "address", "from", "to",
    "all", "added", "level", "kind", "days", "seed", "format",
)  # fmt: skip


@over([route for route in routes("GET") if route.path != "/setup"])
def test_queries_of_every_kind(fast_place, route):
    """Whatever an address asks for, looking changes nothing."""
    site = fast_place.site
    one = fast_place.one_for(route)
    one.get("/account")
    path = fast_place.concrete(route.path.replace("{format}", "csv"))
    before = site.rows()
    for what, value in MORE_VALUES.items():
        for names in (QUERY, ("lang", "further")):
            query = encode([(name, value) for name in names]).decode()
            page = one.get(f"{path}?{query}", follow=False)
            if "Content-Security-Policy" in page.headers or page.status < 400:
                check(page, (what, names))
            else:
                assert page.status in (400, 414, 431), (what, names, page.text)  # of the web server
    for query in ("lang", "lang=", "=", "&&&", "%", "lang=en&lang=zh-Hans", "next=/a&next=/b", "?", "a" * 9000):
        check(one.get(f"{path}?{query}", follow=False), query)
    assert written(site, before) == {}


@pytest.mark.parametrize("what", MORE_VALUES)
def test_cookies_of_every_kind(fast_place, what):
    """What a neighbour may plant, and headers that are shown: neither is believed."""
    value = quote_from_bytes(raw(MORE_VALUES[what]), safe="<>'=(){}/$& ").strip()[:4000]
    one = fast_place.somebody("person")
    session = one.secret
    for cookie in (
        f"menshen={session}; menshen-lang={value}; menshen-done={value}; menshen-before={value}",
        f"menshen-done=done.{value}; menshen-lang=en; menshen={session}", f"{value}; menshen={session}", f"{value}={value}", f"menshen={value}",
    ):  # fmt: skip
        for path in ("/account", "/login", "/account/no-such"):
            page = fast_place.plain(path, {"Cookie": cookie, "Accept-Language": value, "Referer": value})
            check(page, (what, cookie, path))


def test_the_log_has_a_line_for_each_event(fast_place):
    """Nobody writes a line of his own into it, whatever he calls himself; nor is a password in it."""
    forged = '\n{"time":"2000-01-01T00:00:00Z","event":"hostile"}\r\n\x1b[2J\u2028'
    one = Portal(fast_place.site)
    for path in ("/sign-in", "/account/profile", "/admin/users/" + quote(forged, safe=""), "/link/" + quote(forged, safe="")):
        fields = {"account": forged, "password": "not-for-the-log", forged: "not-for-the-log", "next": forged}
        one.post(path, encode([("csrf", fast_place.token_of(one)), *fields.items()]), False,
                 headers={"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "1.2.3.4, hostile"})  # fmt: skip
    log = fast_place.site.log.read_bytes()
    events = [json.loads(line) for line in log.splitlines()]
    assert events and not any(event.get("event") == "hostile" for event in events)
    assert b"not-for-the-log" not in log and b"\x1b" not in log


def test_the_setup_takes_nothing_else():
    """Before there is anybody: the same fields and bodies at the page that makes the first administrator."""
    with running_site("lighttpd-fastcgi", kind=UploadedSite) as site:
        one = Portal(site)
        page = one.get("/")
        token, good = page.form("/setup").fields["csrf"], FIELDS["/setup"]("zhang", "")
        for name, (what, value) in itertools.product([*good, "csrf"], MORE_VALUES.items()):
            code = {"code": site.setup_code} if name != "code" else {}
            page = one.post("/setup", encode(({"csrf": token} | good | code | {"again": "other"} | {name: value}).items()), False,
                            headers={"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": fresh_address()})  # fmt: skip
            check(page, (name, what))
            assert 400 <= page.status, (name, what)
        large = b"csrf=" + token.encode() + b"&x=" + b"a" * 70000
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            assert one.post("/setup", large, False, headers={"Content-Type": kind}).status == 413
        assert site.query("SELECT count(*) FROM user") == [(0,)]
        assert one.get("/admin/import", follow=False).headers["Location"].endswith("/setup")


# ---- Names that are meant to break pages ----------------------------------------------------------------------------
NAMES = {
    "markup": "\"'><x-hostile y-hostile=1><script>document.title='hostile'</script>{{csrf}}</title></option>",
    "long": "x" * 120,
    "characters": "长" * 40,
    "from right to left": "\u202eexe.gnp \u05d0\u05d1\u05d2 \u2067\u0627\u0644\u0639",
}


INVISIBLE = "\u202e\u2067"  # no account has these


def give_names(site, name):
    """To everything that has one, by the command line and by a file; what a file and its lines are called too."""
    account = "".join(c for c in name if c not in INVISIBLE)[:120]
    site.cli("tenant", "set", "000000", "--name", name)
    site.cli("group", "add", "hostile", "--title", name)
    texts = {"--real-name": name, "--nick-name": name, "--id-number": name[:60], "--external-id": name[:60], "--groups": "hostile"}
    site.cli("user", "add", account, *[part for pair in texts.items() for part in pair], line=FRESH)
    file = site.root / "people.jsonl"
    ((verifier,),) = site.query("SELECT password_hash FROM user WHERE account = ?", account)
    row = {"account": f"i{account[:100]}", "password_hash": verifier, "real_name": name, "groups": "hostile"}
    file.write_text(json.dumps(row) + "\n")
    site._chown()
    site.cli("user", "import", str(file))
    site.cli("client", "set", "sword", "--audience", name)
    one = Portal(site, headers={"User-Agent": name.encode()})
    one.get("/login")
    one.submit("/sign-in", account=account, password="wrong")  # stands in the audit, and among what is locked
    assert one.sign_in(User(account, FRESH)).status == 200
    one.get("/account/password")
    one.submit("/account/password", old="wrong", fresh="lamp-river-40-oats", again="lamp-river-40-oats")
    admin = Portal(site)
    admin.sign_in()
    admin.get("/admin/look")
    faults = admin.submit("/admin/look", title=name, notice=name, footer=name, icp=name, police=name)
    assert faults.status in (200, 400)
    ((user_id,),) = site.query("SELECT id FROM user WHERE account = ?", account)
    return admin, one, user_id


@pytest.fixture(scope="module")
def chromium():
    with running_browser() as browser:
        yield browser


@pytest.mark.parametrize("what", NAMES)
def test_names_on_every_page(chromium, what):
    """Each is a text wherever it stands; no page is wider for it, and none asks for what its policy refuses."""
    faults = []
    with running_site("lighttpd-fastcgi", {"login": {"captcha_after": "1000"}}) as site:
        site.base = AnyPortal(site).base
        values = values_for(site)
        admin, one, values["user"] = give_names(site, NAMES[what])
        values["group"] = "hostile"
        places = [(admin, concrete(path, values)) for path, _ in PAGES]
        places += [(one, path) for path in ("/account", "/account/sessions", "/account/password")]
        places += [(admin, path + quote(NAMES[what])) for path in ("/admin/users?q=", "/admin/audit?who=", "/admin/settings?q=", "/admin/")]
        for who, path in places:
            be(site, chromium, who.cookies())
            chromium.get_log("browser")
            chromium.get(site.base + path)
            until(chromium, lambda page: page.execute_script("return document.readyState") == "complete")
            if chromium.find_elements(By.CSS_SELECTOR, "x-hostile, [y-hostile], body script") or chromium.title == "hostile":
                faults.append(f"{path}: markup")
            for width in (320, 1280):
                look_at(chromium, width, False)
                if cut_off(chromium):
                    faults.append(f"{path}: at {width} wider than the window")
            said = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
            faults += [line for line in said if "404 (Not Found)" not in line]
    assert faults == []


# ---- What goes with every answer ------------------------------------------------------------------------------------
POLICY = {
    "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self' data:", "connect-src 'self'", "form-action 'self'",
    "frame-ancestors 'none'", "base-uri 'none'",
}  # fmt: skip


def check_headers(page, path):
    headers = page.headers
    assert headers["X-Content-Type-Options"] == "nosniff", path
    if "/portal/file/" in path:
        assert "immutable" in headers["Cache-Control"] and "Set-Cookie" not in headers, path
        return
    assert headers["Cache-Control"] == "no-store", path
    if not headers["Content-Type"].startswith("text/html"):
        return
    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY, path
    assert headers["X-Frame-Options"] == "DENY" and headers["Referrer-Policy"] == "same-origin", path
    assert headers["Content-Type"].lower() == "text/html;charset=utf-8", path


def test_headers_of_every_answer(place):
    """Of pages, of leading on, of refusals, of files; with HEAD as with GET."""
    admin, nobody = place.somebody("admin"), Portal(place.site)
    paths = [place.concrete(route.path.replace("{format}", "csv")) for route in routes("GET")]
    style = [link for link in admin.get("/account").html.split('"') if "/portal/file/" in link]
    paths += ["/account/no-such", "/admin/no-such", *{link.removeprefix(place.site.server.config.mount) for link in style}]
    assert any("/portal/file/" in path for path in paths)
    for path in paths:
        for one in (admin, nobody):
            check_headers(one.get(path, follow=False), path)
        head = admin.session.head(admin.url(path), allow_redirects=False)
        assert (head.status_code, head.content) in ((admin.get(path, follow=False).status, b""), (405, b"")), path
    for route in POSTS:
        check_headers(nobody.post(place.concrete(route.path), {}, False), route.path)
    check_headers(nobody.post("/account", {}, False), "405")


def cookies_of(page):
    """What the answer sets: attributes by name, as they stand."""
    lines = page.headers.get("Set-Cookie", "")
    found = {}
    for line in lines.replace(", __", "\n__").replace(", menshen", "\nmenshen").splitlines():
        pair, *attributes = line.split("; ")
        found[pair.partition("=")[0]] = {a.partition("=")[0]: a.partition("=")[2] for a in attributes}
    return found


@pytest.mark.parametrize("cookie_path", ["/", "/auth/"])
@pytest.mark.parametrize("is_https", [False, True])
def test_cookies(is_https, cookie_path):
    with running_site("lighttpd-fastcgi", {"portal": {"cookie_path": cookie_path}}) as site:
        prefix = "" if not is_https else "__Host-" if cookie_path == "/" else "__Secure-"
        proto = {"X-Forwarded-Proto": "https"} if is_https else {}
        before = site.rows()
        one = Portal(site, headers=proto)
        seen = cookies_of(one.get("/login?lang=zh-Hant"))
        # Nobody sends a Secure cookie without HTTPS: this one does, as the browser before the proxy would.
        form = one.page.form("/sign-in").fields | {"account": DEMO_USER.account, "password": DEMO_USER.password}
        secret = one.page.headers["Set-Cookie"].partition(f"{prefix}menshen-before=")[2].partition(";")[0]
        one.session.cookies.clear()
        page = one.post("/sign-in", form, False, headers={"Cookie": f"{prefix}menshen-before={secret}"})
        assert page.status == 303, page.text
        seen |= cookies_of(page)
        session = page.headers["Set-Cookie"].partition(f"{prefix}menshen=")[2].partition(";")[0]
        assert {f"{prefix}menshen", f"{prefix}menshen-before", f"{prefix}menshen-lang"} <= set(seen)
        for name, attributes in seen.items():
            assert name.startswith(f"{prefix}menshen"), name
            expected = {"Path": cookie_path, "HttpOnly": "", "SameSite": "Lax"} | ({"Secure": ""} if is_https else {})
            assert {k: v for k, v in attributes.items() if k != "Max-Age"} == expected, name
        # A cookie of that secret under another name is none: another scheme's, a neighbour's.
        one.session.cookies.clear()
        for name in {"menshen", "__Host-menshen", "__Secure-menshen", "Menshen", "menshen-menshen"}:
            page = one.get("/account", follow=False, headers={"Cookie": f"{name}={session}"})
            assert (page.status == 200) == (name == f"{prefix}menshen"), name
        assert "browser_session" in site.changes_since(before)


def test_nobody_says_https_but_the_proxy():
    with running_site("lighttpd-fastcgi", {"server": {"trusted_proxies": "10.9.9.9"}}) as site:
        page = Portal(site, headers={"X-Forwarded-Proto": "https"}).get("/login")
        assert list(cookies_of(page)) == ["menshen-before"]


# ---- Who is not who he was ------------------------------------------------------------------------------------------
def is_over(site, user, how):
    """Do that to him, from outside."""
    account = user.account
    if how == "locked":
        site.cli("user", "lock", account)
    elif how == "removed":
        site.cli("user", "remove", account)
    elif how == "a new password":
        site.cli("user", "passwd", account, line=FRESH)
    elif how == "revoked":
        site.cli("session", "revoke", "--account", account)
    else:
        past = int(time.time()) - 1
        end = "end_s = ?1, idle_end_s = ?1" if how == "at its end" else "idle_end_s = ?1"
        site.write(f"UPDATE browser_session SET {end} WHERE user_id = (SELECT id FROM user WHERE account = ?2)", past, account)


@pytest.mark.parametrize("how", ["locked", "removed", "a new password", "revoked", "at its end", "unused too long"])
def test_a_cookie_is_over(place, how):
    """At the next click, page or form; nothing is done any more."""
    site, user, bystander = place.site, place.site.new_user(), Portal(place.site)
    bystander.sign_in(site.new_user())
    one = Portal(site)
    one.sign_in(user)
    csrf = place.token_of(one)
    is_over(site, user, how)
    before = site.rows()
    page = one.post("/account/profile", {"csrf": csrf, "real_name": "hostile"}, False)
    assert page.status == 303 and page.headers["Location"].endswith("/login")
    for path in ("/account", "/account/password", "/prove"):
        page = one.get(path, follow=False)
        assert page.status == 303 and "/login" in page.headers["Location"], path
    assert set(written(site, before)) <= {"browser_session"}
    assert "hostile" not in str(site.query("SELECT real_name FROM user"))
    assert bystander.get("/account").path.endswith("/account")


def test_an_administrator_no_more(place):
    """Whoever is no longer in the group administers nothing, without signing in anew."""
    site, user = place.site, place.site.new_user("--groups", "admins")
    one = Portal(site)
    one.sign_in(user)
    csrf = place.token_of(one)
    assert one.get("/admin").status == 200
    site.cli("group", "leave", "admins", user.account)
    before = site.rows()
    assert one.get("/admin").status == 403 and "/admin/users" not in one.get("/account").html
    assert one.post("/admin/tenants", {"csrf": csrf, "id": "hostile", "name": "x"}).status == 403
    assert written(site, before) == {}


def test_an_address_is_a_way_in(place):
    """Who gets somebody's mail gets his link to a new password: an address is changed by whoever typed his password lately."""
    site, admin = place.site, place.somebody("admin")
    user = site.new_user("--real-name", "x")
    ((user_id,),) = site.query("SELECT id FROM user WHERE account = ?", user.account)
    path = f"/admin/users/{user_id}"
    for typed, email, done in ((False, "", True), (False, "evil@example.com", False), (True, "good@example.com", True)):
        site.write("UPDATE browser_session SET proved_s = ?", int(time.time()) if typed else 0)
        admin.get(path)
        page = admin.submit(path, False, email=email, real_name=email or "y")
        assert page.status == 303 and page.headers["Location"].partition("?")[0].endswith(path if done else "/prove"), email
        assert site.query("SELECT email FROM user WHERE id = ?", user_id) == [(email if done else "",)]


def test_a_planted_session_is_not_taken_up(place):
    """Fixation: the session of whoever plants his cookie is his alone; who signs in over it has one of his own."""
    site = place.site
    thief, victim = Portal(site), Portal(site)
    thief.sign_in(site.new_user())
    planted = thief.secret
    victim.session.cookies.set("menshen", planted, domain="127.0.0.1", path="/")
    assert victim.get("/account").status == 200
    victim.submit("/sign-out")
    victim.session.cookies.clear()
    victim.session.cookies.set("menshen", planted, domain="127.0.0.1", path="/")
    user = site.new_user()
    victim.sign_in(user)
    secrets = {cookie.value for cookie in victim.session.cookies if cookie.name == "menshen"}
    assert any(secret != planted for secret in secrets)
    ours = Portal(site)
    ours.session.cookies.set("menshen", planted)
    page = ours.get("/account")
    assert user.account not in page.html and page.path.endswith("/login")


@pytest.mark.parametrize("next_", [*TRICKS, "/a//b/../..//evil.example", "/\u202e/evil", "/%ff", "/%"], ids=lambda text: text[:30].encode().hex())
def test_the_password_once_more_leads_nowhere_else(fast_place, next_):
    one = fast_place.somebody("person")
    home = fast_place.site.server.config.mount + "/account"
    page = fast_place.send(PROVE, {"password": one.user.password, "next": next_}, one)
    where = page.headers["Location"]
    assert page.status == 303 and (where == home or (where.startswith("/") and where[1] not in "/\\" and where == next_)), where
    page = one.get("/prove?next=" + quote(next_, safe=""), follow=False)
    if not refused_by_the_web_server(page):
        kept = page.form("/prove").fields["next"]
        assert kept in (home, next_) and not kept.startswith(("//", "/\\", "http", "data", "java")), kept


PROVE = next(route for route in POSTS if route.path == "/prove")


# ---- In a browser ---------------------------------------------------------------------------------------------------
@pytest.fixture
def window(place, chromium):
    place.site.base = AnyPortal(place.site).base
    return Window(place.site, chromium)


def sign_in(window, user):
    window.open().fill_in(user)
    window.press()
    until(window.browser, lambda _: window.path == "/account")


def test_back_after_signing_out(place, window):
    """What was on the screen before is not shown again to whoever sits down next."""
    user = place.site.new_user("--real-name", "Private Person")
    sign_in(window, user)
    window.open("/account/sessions")
    window.open("/account")
    assert "Private Person" in window.find("body").text
    window.press("form[action$='/sign-out'] button")
    until(window.browser, lambda _: window.path == "/login")
    for _ in range(3):
        window.browser.back()
        until(window.browser, lambda b: b.execute_script("return document.readyState") == "complete")
        until(window.browser, lambda _: window.path == "/login")
        assert "Private Person" not in window.browser.page_source and user.account not in window.find("body").text
    assert sessions_of(place.site, user) == []


def test_two_tabs_of_two_people(place, window):
    """A form that was opened by one and is sent when another is signed in changes nothing of either."""
    one, other = place.site.new_user(), place.site.new_user()
    browser = window.browser
    sign_in(window, one)
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    try:
        window.send_headers({})
        window.open("/account")
        window.press("form[action$='/sign-out'] button")
        sign_in(window, other)
        second = browser.current_window_handle
        browser.switch_to.window(first)
        assert one.account in window.find("body").text
        window.type("#real_name", "hostile")
        window.press("form[action$='/account/profile'] .primary")
        assert window.find(".status-code").text == "403"
        assert place.site.query("SELECT count(*) FROM user WHERE real_name = 'hostile'") == [(0,)]
        window.open("/account")
        assert other.account in window.find("body").text
        browser.switch_to.window(second)
    finally:
        for handle in browser.window_handles:
            if handle != first:
                browser.switch_to.window(handle)
                browser.close()
        browser.switch_to.window(first)

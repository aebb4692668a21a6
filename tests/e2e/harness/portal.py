"""The portal as a person without JavaScript uses it: pages, and forms that are filled in and sent."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

from .site import DEADLINE_S, DEMO_USER

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Form:
    """A form as it stands in a page: where it goes, and what is filled in already."""

    def __init__(self, action, method):
        self.action, self.method = action, method.lower()
        self.fields = {}
        self.options = {}  # of each select, its values
        self.boxes = {}  # of each checkbox and radio button, its values


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.forms, self.links, self.texts, self.ids, self.alerts, self.title = [], [], [], [], [], ""
        self._select = self._area = self._alert = None
        self._skip = 0
        self._in_title = False

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        form = self.forms[-1] if self.forms else None
        if a.get("id"):
            self.ids.append(a["id"])
        if a.get("role") in ("alert", "status"):
            self.alerts.append("")
            self._alert = tag
        if tag == "form":
            self.forms.append(Form(a.get("action") or "", a.get("method") or "get"))
        elif tag == "a" and a.get("href"):
            self.links.append(a["href"])
        elif tag == "title":
            self._in_title = True
        elif tag in ("script", "style"):
            self._skip += 1
        elif form is None or not a.get("name") and tag != "option":
            return
        elif tag == "input" and a.get("type") in ("checkbox", "radio"):
            form.boxes.setdefault(a["name"], []).append(a.get("value") or "on")
            if "checked" in a:
                form.fields[a["name"]] = a.get("value") or "on"
        elif tag == "input" and a.get("type") not in ("submit", "file", "button"):
            form.fields[a["name"]] = a.get("value") or ""
        elif tag == "textarea":
            self._area = a["name"]
            form.fields[self._area] = ""
        elif tag == "select":
            self._select = a["name"]
            form.options[self._select] = []
        elif tag == "option" and self._select is not None:
            value = a.get("value") or ""
            if not form.options[self._select] or "selected" in a:
                form.fields[self._select] = value
            form.options[self._select].append(value)

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None
        elif tag == "title":
            self._in_title = False
        elif tag in ("script", "style"):
            self._skip -= 1
        if tag == self._alert:
            self._alert = None

    def handle_data(self, data):
        if self._in_title:
            self.title += data
        elif self._area is not None:
            self.forms[-1].fields[self._area] += data
        elif not self._skip:
            self.texts.append(data)
            if self._alert is not None:
                self.alerts[-1] += data


class Page:
    """An answer, read."""

    def __init__(self, response):
        self.status, self.headers, self.url, self.content = (
            response.status_code, response.headers, response.url, response.content,
        )  # fmt: skip
        self.html = response.text
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.links, self.ids, self.title = reader.forms, reader.links, reader.ids, reader.title
        self.text = " ".join(" ".join(reader.texts).split())
        self.alerts = [" ".join(a.split()) for a in reader.alerts]

    @property
    def path(self):
        return urlsplit(self.url).path

    def form(self, action):
        """The first form that goes to a path that ends so."""
        for form in self.forms:
            if urlsplit(form.action).path.endswith(action):
                return form
        raise AssertionError(f"no form to {action} in {self.url}: {[f.action for f in self.forms]}\n{self.text}")


class Portal:
    """One browser of one person: its cookies, its language. `site` has a real web server."""

    def __init__(self, site, language="en", headers=None):
        self.site = site
        self.base = f"http://127.0.0.1:{site.server.port}{site.server.config.mount}"
        self.session = requests.Session()
        # A connection that is kept may be closed by the server at the very moment it is used again.
        own = {"Accept-Language": language, "User-Agent": "portal-test/1", "Connection": "close"}
        self.session.headers.update(own | (headers or {}))
        self.page = None

    def url(self, path):
        """Of a path below the mount, or of an address."""
        return path if path.startswith("http") else self.base + path

    def get(self, path, follow=True, **options):
        self.page = Page(self.session.get(self.url(path), allow_redirects=follow, timeout=DEADLINE_S, **options))
        return self.page

    def post(self, path, data, follow=True, **options):
        self.page = Page(
            self.session.post(self.url(path), data=data, allow_redirects=follow, timeout=DEADLINE_S, **options)
        )
        return self.page

    def submit(self, action, follow=True, files=None, **fields):
        """Fill in and send the form of the present page that goes to `action`. None as a value: not sent."""
        form = self.page.form(action)
        data = {**form.fields, **{name.replace("__", "."): value for name, value in fields.items()}}
        data = {name: value for name, value in data.items() if value is not None}
        target = urljoin(self.page.url, form.action)
        if form.method == "get":
            return self.get(target, follow, params=data)
        return self.post(target, data, follow, files=files)

    def sign_in(self, user=DEMO_USER, **fields):
        """Through the page, without a captcha. The page it leads to."""
        self.get("/login")
        return self.submit("/sign-in", account=user.account, password=user.password, **fields)

    def cookies(self):
        return {cookie.name: cookie.value for cookie in self.session.cookies}


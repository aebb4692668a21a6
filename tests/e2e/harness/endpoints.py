"""Every endpoint, with a request that only lacks what a test takes away or breaks."""

import json
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from . import errors
from .site import DEMO_USER
from .visitor import CAPTCHA_GRANT, SWORD, md5
from .wire import Request, post_form, post_json


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    error: callable  # of harness.errors
    fields: tuple = ()  # of the body
    needs: str = ""  # client, bearer or source
    also: tuple = ()  # other methods of the path
    reads: bool = True  # a body
    query: bool = False  # reads its parameters from the query string, too
    form: bool = False  # reads forms only, no JSON

    @property
    def methods(self):
        return tuple({self.method, *self.also})

    @property
    def allowed(self):
        """What Allow names, in any order."""
        return {*self.methods, "OPTIONS", *(["HEAD"] if "GET" in self.methods else [])}

    def credentials(self, site):
        return {
            "": {},
            "client": {"Authorization": SWORD},
            "bearer": {"Authorization": f"Bearer {site.bearer}"},
            "source": {"source": "PC"},
        }[self.needs]

    def values(self, visitor):
        """Good values of all fields: a live captcha, the demo's user; a change of password to the same one."""
        good = GOOD if self.needs != "bearer" else GOOD | dict.fromkeys(CHANGE_FIELDS, own_password)
        return {name: good[name](visitor, self.error) for name in self.fields} | self.captcha(visitor)

    def captcha(self, visitor):
        names = [name for name in self.fields if name in CAPTCHA_FIELDS]
        if not names:
            return {}
        issue = {
            errors.blade: visitor.blade_captcha,
            errors.ebaas: visitor.ebaas_captcha,
            errors.eplatform: lambda: visitor.eplatform_captcha(visitor.site.bearer),
            errors.platform: visitor.platform_captcha,
            errors.springblade: visitor.springblade_captcha,
            errors.ruoyi: visitor.ruoyi_captcha,
            errors.oauth: visitor.oauth_captcha,
        }[self.error]
        return dict(zip(names, issue()))

    def request(self, site, body=None):
        """With credentials; `body`: bytes that are sent as JSON, or what becomes the body."""
        if self.method == "GET":
            return Request("GET", self.path).plus(**self.credentials(site))
        how = post_form if self.form and not isinstance(body, bytes) else post_json
        made = how(self.path, {} if body is None else body, **self.credentials(site))
        return replace(made, method=self.method)

    def padded(self, site, values, size):
        """A request whose body has exactly `size` bytes."""
        if not self.form:
            return self.request(site, padded_json(values, size))
        body = urlencode(values | {"padding": ""}).encode()
        return post_form(self.path, body + b"x" * (size - len(body)), **self.credentials(site))

    def with_query(self, site, query):
        path = f"{self.path.partition('?')[0]}?{query if isinstance(query, str) else urlencode(query)}"
        return Request(self.method, path, body=b"" if self.method == "POST" else None).plus(**self.credentials(site))


def padded_json(values, size):
    """JSON of exactly `size` bytes."""
    body = json.dumps(values | {"padding": ""}).encode()
    return body[:-2] + b"x" * (size - len(body)) + b'"}'


CAPTCHA_FIELDS = {
    "captchaKey", "captchaCode", "img_code_id", "img_code", "uuid", "uuId", "code", "captcha_id", "captcha_answer"
}  # fmt: skip
PLAIN_PASSWORDS = (errors.ebaas, errors.platform, errors.ruoyi)
CHANGE_FIELDS = ("password", "oldPassword", "newPassword", "newPassword1", "confirmPassword")


def account(_visitor, _error):
    return DEMO_USER.account


def password(_visitor, error):
    plain = DEMO_USER.password
    return plain if error in PLAIN_PASSWORDS else md5(plain)


def own_password(visitor, _error):
    """Of whom the bearer token belongs to: the demo's is too weak to be set."""
    return md5(visitor.site.bearer_user.password)


def later(_visitor, _error):
    return ""


GOOD = {name: later for name in CAPTCHA_FIELDS} | {
    "grant_type": lambda _, error: CAPTCHA_GRANT if error is errors.oauth else "captcha",
    "grantType": lambda *_: "captcha",
    "token": lambda *_: "x",
    "username": account,
    "account": account,
    "password": password,
}

ENDPOINTS = {
    "blade-captcha": Endpoint("GET", "/kom-ams-auth/oauth/captcha", errors.blade, reads=False),
    "blade-token": Endpoint(
        "POST", "/kom-ams-auth/oauth/token", errors.blade, needs="client", query=True,
        fields=("grant_type", "username", "password", "captchaKey", "captchaCode"),
    ),
    "blade-user-info": Endpoint("GET", "/kom-ams-auth/oauth/user-info", errors.blade, needs="bearer", reads=False),
    "blade-logout": Endpoint(
        "GET", "/kom-ams-auth/oauth/logout", errors.blade, also=("GET", "POST"), reads=False
    ),
    "blade-logout-post": Endpoint(
        "POST", "/kom-ams-auth/oauth/logout", errors.blade, also=("GET", "POST"), reads=False
    ),
    "ebaas-captcha": Endpoint("POST", "/oauth/api/account/getImgCode", errors.ebaas),
    "ebaas-check-token": Endpoint("GET", "/oauth/checkToken?token=x", errors.ebaas, reads=False, query=True),
    "ebaas-login": Endpoint(
        "POST", "/oauth/api/account/login", errors.ebaas,
        fields=("username", "password", "img_code_id", "img_code"),
    ),
    "eplatform-captcha": Endpoint(
        "GET", "/captcha/WEB?1", errors.eplatform, needs="bearer", also=("GET", "POST"), reads=False
    ),
    "eplatform-check": Endpoint(
        "POST", "/captcha/WEB", errors.eplatform, also=("GET", "POST"), fields=("uuId", "code")
    ),
    "eplatform-login": Endpoint(
        "POST", "/auth/login", errors.eplatform, fields=("account", "password", "uuid", "code")
    ),
    "eplatform-refresh": Endpoint("POST", "/auth/refreshToken", errors.eplatform, needs="bearer"),
    "eplatform-change": Endpoint(
        "POST", "/auth/changePassword", errors.eplatform, needs="bearer",
        fields=("password", "newPassword", "confirmPassword", "uuid", "code"),
    ),
    "platform-captcha": Endpoint("POST", "/code", errors.platform, needs="source"),
    "platform-login": Endpoint(
        "POST", "/login", errors.platform, needs="source", fields=("username", "password", "uuid", "code"),
        also=("GET",),  # the portal's page
    ),
    "springblade-captcha": Endpoint("GET", "/blade-auth/captcha", errors.springblade, reads=False),
    "springblade-token": Endpoint(
        "POST", "/blade-auth/token", errors.springblade, needs="client", query=True,
        fields=("grantType", "account", "password", "captchaKey", "captchaCode"),
    ),
    "springblade-logout": Endpoint("POST", "/blade-auth/logout", errors.springblade, reads=False),
    "springblade-change": Endpoint(
        "POST", "/blade-system/user/update-password", errors.springblade, needs="bearer", query=True,
        fields=("oldPassword", "newPassword", "newPassword1"),
    ),
    "springblade-change-of-old": Endpoint(
        "POST", "/blade-user/update-password", errors.springblade, needs="bearer", query=True,
        fields=("oldPassword", "newPassword", "newPassword1"),
    ),
    "ruoyi-captcha": Endpoint("GET", "/ruoyi/captchaImage", errors.ruoyi, reads=False),
    "ruoyi-login": Endpoint(
        "POST", "/ruoyi/login", errors.ruoyi, fields=("username", "password", "uuid", "code")
    ),
    "ruoyi-info": Endpoint("GET", "/ruoyi/getInfo", errors.ruoyi, needs="bearer", reads=False),
    "ruoyi-routers": Endpoint("GET", "/ruoyi/getRouters", errors.ruoyi, needs="bearer", reads=False),
    "ruoyi-change": Endpoint(
        "PUT", "/ruoyi/system/user/profile/updatePwd", errors.ruoyi, needs="bearer", fields=("oldPassword", "newPassword")
    ),
    "ruoyi-unlock": Endpoint("POST", "/ruoyi/unlockscreen", errors.ruoyi, needs="bearer", fields=("password",)),
    "ruoyi-logout": Endpoint("POST", "/ruoyi/logout", errors.ruoyi, reads=False),
    "oauth-token": Endpoint(
        "POST", "/oauth2/token", errors.oauth, needs="client", form=True,
        fields=("grant_type", "username", "password", "captcha_id", "captcha_answer"),
    ),
    "oauth-revoke": Endpoint("POST", "/oauth2/revoke", errors.oauth, needs="client", form=True, fields=("token",)),
    "oauth-introspect": Endpoint(
        "POST", "/oauth2/introspect", errors.oauth, needs="client", form=True, fields=("token",)
    ),
    "oauth-jwks": Endpoint("GET", "/oauth2/jwks", errors.oauth, reads=False),
    "oauth-captcha": Endpoint("GET", "/oauth2/captcha", errors.oauth, reads=False),
    "oauth-healthz": Endpoint("GET", "/healthz", errors.oauth, reads=False),
}  # fmt: skip

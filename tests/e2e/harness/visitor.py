"""Somebody who uses a site: from an address of their own, with the calls that front ends of each dialect make."""

import base64
import hashlib
import itertools
from dataclasses import replace
from http.client import HTTPException
from urllib.parse import quote

from .wire import get, post_form, post_json, post_multipart, post_query

_addresses = itertools.count(1)


def fresh_address():
    """An address that no other test uses: what is counted per address stays within one test."""
    n = next(_addresses)
    return f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def md5(password):
    return hashlib.md5(password.encode()).hexdigest()


def basic(client, secret, encode=True):
    """Authorization for a client: RFC 6749 §2.3.1 percent-encodes both before base64."""
    parts = [quote(part, safe="") if encode else part for part in (client, secret)]
    return "Basic " + base64.b64encode(":".join(parts).encode()).decode()


def bearer(token):
    return f"bearer {token}"


SWORD = basic("sword", "sword_secret")
CAPTCHA_GRANT = "urn:menshen:params:oauth:grant-type:captcha"
DEMO_LIFETIMES = (43200, 2592000)  # of the sample: access and refresh tokens, seconds


class Visitor:
    def __init__(self, site, client, address=None):
        self.site, self.client = site, client
        self.address = fresh_address() if address is None else address

    def elsewhere(self, address=None):
        """The same site, seen from another address."""
        return Visitor(self.site, self.client, address)

    def send(self, request, through=None):
        if not request.names("X-Forwarded-For"):
            request = request.plus(X_Forwarded_For=self.address)
        return (through or self.client).send(request)

    def send_quietly(self):
        """The status of a captcha request, or None when nobody answers."""
        try:
            return self.send(get(f"{self.BLADE}/captcha")).status
        except (OSError, HTTPException):
            return None

    # ---- blade ------------------------------------------------------------------------------------------------
    BLADE = "/kom-ams-auth/oauth"

    def blade_captcha(self):
        """Key and answer."""
        data = self.send(get(f"{self.BLADE}/captcha")).json
        return data["key"], data["captchaCode"]

    def blade_token(self, fields, how=post_json, **headers):
        return self.send(how(f"{self.BLADE}/token", fields, **({"Authorization": SWORD} | headers)))

    def blade_captcha_fields(self, user, captcha=None, **more):
        key, answer = captcha or self.blade_captcha()
        fields = {"grant_type": "captcha", "scope": "all", "tenantId": "000000", "username": user.account}
        return fields | {"password": md5(user.password), "captchaKey": key, "captchaCode": answer} | more

    def blade_login(self, user):
        """The answer's JSON."""
        response = self.blade_token(self.blade_captcha_fields(user))
        assert response.status == 200, response
        return response.json

    def blade_password_login(self, user, **more):
        fields = {"grant_type": "password", "scope": "all", "username": user.account, "password": md5(user.password)}
        return self.blade_token(fields | more)

    def blade_refresh(self, token, **headers):
        return self.blade_token({"grant_type": "refresh_token", "scope": "all", "refresh_token": token}, **headers)

    def update_password(self, token, old, new, again=None, how=post_query, path="/blade-system/user/update-password"):
        """As Saber sends it, unless told otherwise: in the query of an empty POST, the client's Basic beside it."""
        fields = {"oldPassword": old, "newPassword": new, "newPassword1": new if again is None else again}
        return self.send(how(path, fields, Authorization=SWORD, Blade_Auth=bearer(token)))

    def blade_user_info(self, token):
        return self.send(get(f"{self.BLADE}/user-info", Blade_Auth=bearer(token)))

    def app_token(self):
        """A bearer token of the site's own page, by client_credentials."""
        response = self.blade_token({"grant_type": "client_credentials", "scope": "all"})
        assert response.status == 200, response
        return response.json["access_token"]

    # ---- ebaas ------------------------------------------------------------------------------------------------
    EBAAS = "/oauth/api/account"

    def ebaas_captcha(self):
        response = self.send(post_json(f"{self.EBAAS}/getImgCode", b""))
        return response.json["data"]["img_code_id"], response.header("X-Captcha-Code")

    def ebaas_login_fields(self, user, captcha=None, **more):
        code_id, answer = captcha or self.ebaas_captcha()
        return {"username": user.account, "password": user.password, "img_code_id": code_id, "img_code": answer} | more

    def ebaas_login(self, fields, how=post_json):
        return self.send(how(f"{self.EBAAS}/login", fields))

    def check_token(self, token):
        return self.send(get(f"/oauth/checkToken?token={quote(token)}"))

    # ---- eplatform --------------------------------------------------------------------------------------------
    def eplatform_captcha(self, token=None):
        authorization = "Bearer " + (token or self.app_token())
        response = self.send(get("/captcha/WEB?0.123", Authorization=authorization))
        assert response.status == 200, response
        return response.json["response"]["uuid"], response.header("X-Captcha-Code")

    def eplatform_login_fields(self, user, captcha=None, **more):
        uuid, answer = captcha or self.eplatform_captcha()
        return {"account": user.account, "password": md5(user.password), "code": answer, "uuid": uuid} | more

    def eplatform_login(self, fields):
        return self.send(post_json("/auth/login", fields))

    # ---- platform ---------------------------------------------------------------------------------------------
    def platform_captcha(self):
        response = self.send(post_json("/code", b"", source="PC"))
        assert response.status == 200, response
        return response.json["data"]["uuid"], response.header("X-Captcha-Code")

    def platform_login_fields(self, user, captcha=None, **more):
        uuid, answer = captcha or self.platform_captcha()
        return {"username": user.account, "password": user.password, "uuid": uuid, "code": answer} | more

    def platform_login(self, fields, **headers):
        return self.send(post_json("/login", fields, **({"source": "PC"} | headers)))


    # ---- springblade ------------------------------------------------------------------------------------------
    SPRINGBLADE = "/blade-auth"

    def springblade_captcha(self):
        response = self.send(get(f"{self.SPRINGBLADE}/captcha"))
        return response.json["data"]["key"], response.header("X-Captcha-Code")

    def springblade_token(self, fields, how=post_query, **headers):
        """As Saber sends it, unless told otherwise."""
        return self.send(how(f"{self.SPRINGBLADE}/token", fields, **({"Authorization": SWORD} | headers)))

    def springblade_captcha_login(self, user, captcha=None, **headers):
        key, answer = captcha or self.springblade_captcha()
        fields = {"grantType": "captcha", "tenantId": "000000", "account": user.account}
        fields |= {"password": md5(user.password), "type": "account"}
        return self.springblade_token(fields, Captcha_Key=key, Captcha_Code=answer, **headers)

    def springblade_login(self, user):
        """The answer's data."""
        response = self.springblade_captcha_login(user)
        assert response.status == 200, response
        return response.json["data"]

    def springblade_refresh(self, token, **headers):
        fields = {"refreshToken": token, "grantType": "refresh_token", "scope": "all"}
        return self.springblade_token(fields, **headers)

    # ---- ruoyi ------------------------------------------------------------------------------------------------
    RUOYI = "/ruoyi"  # the shared site's prefix: by default there is none

    def ruoyi_captcha(self):
        response = self.send(get(f"{self.RUOYI}/captchaImage"))
        assert response.status == 200, response
        return response.json["uuid"], response.header("X-Captcha-Code")

    def ruoyi_login_fields(self, user, captcha=None, **more):
        uuid, answer = captcha or self.ruoyi_captcha()
        return {"username": user.account, "password": user.password, "code": answer, "uuid": uuid} | more

    def ruoyi_login(self, fields, how=post_json):
        return self.send(how(f"{self.RUOYI}/login", fields))

    def ruoyi_token(self, user):
        response = self.ruoyi_login(self.ruoyi_login_fields(user))
        assert response.status == 200 and response.json["code"] == 200, response
        return response.json["token"]

    def ruoyi_get(self, path, token):
        return self.send(get(f"{self.RUOYI}{path}", Authorization=f"Bearer {token}"))

    def ruoyi_change(self, token, old, new):
        request = post_json(f"{self.RUOYI}/system/user/profile/updatePwd", {"oldPassword": old, "newPassword": new})
        return self.send(replace(request, method="PUT").plus(Authorization=f"Bearer {token}"))

    def ruoyi_unlock(self, token, password):
        return self.send(post_json(f"{self.RUOYI}/unlockscreen", {"password": password}, Authorization=f"Bearer {token}"))

    # ---- oauth ------------------------------------------------------------------------------------------------
    OAUTH = "/oauth2"

    def oauth_captcha(self):
        response = self.send(get(f"{self.OAUTH}/captcha"))
        return response.json["captcha_id"], response.header("X-Captcha-Code")

    def oauth_post(self, path, fields, **headers):
        return self.send(post_form(f"{self.OAUTH}{path}", fields, **({"Authorization": SWORD} | headers)))

    def oauth_token(self, fields, **headers):
        return self.oauth_post("/token", fields, **headers)

    def oauth_captcha_fields(self, user, captcha=None, **more):
        captcha_id, answer = captcha or self.oauth_captcha()
        fields = {"grant_type": CAPTCHA_GRANT, "username": user.account, "password": md5(user.password)}
        return fields | {"captcha_id": captcha_id, "captcha_answer": answer} | more

    def oauth_login(self, user, **more):
        """The answer's JSON."""
        response = self.oauth_token(self.oauth_captcha_fields(user, **more))
        assert response.status == 200, response
        return response.json

    def oauth_password_login(self, user, **more):
        fields = {"grant_type": "password", "username": user.account, "password": md5(user.password)}
        return self.oauth_token(fields | more)

    def oauth_refresh(self, token, more={}, **headers):
        return self.oauth_token({"grant_type": "refresh_token", "refresh_token": token} | more, **headers)

    def oauth_introspect(self, token, **headers):
        response = self.oauth_post("/introspect", {"token": token}, **headers)
        assert response.status == 200, response
        return response.json


BLADE_WAYS = {"json": post_json, "form": post_form, "query": post_query, "multipart": post_multipart}

"""What an error looks like in each dialect; one function per dialect, all of the same signature."""

import re

from .seeds import ordered, shape

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def check_headers(response):
    for name, value in NO_STORE.items():
        assert response.header(name) == value, response
    if response.status == 429:
        assert int(response.header("Retry-After")) > 0, response
    if response.status == 405:
        assert response.header("Allow"), response


def check_no_dialog(response):
    """Browsers open a password dialog of their own over the page for Basic, and for nothing that is sent here."""
    challenge = response.header("WWW-Authenticate")
    assert challenge is None or challenge == 'Bearer realm="menshen"', response


def blade(response, status, code=None):
    """`code`: error_code."""
    assert response.status == status, response
    body = response.json
    keys = ["error", "error_description", "error_code", "code", "success", "msg", "data"]
    if body["error"] == "invalid_token":
        keys.remove("error_code")  # Saber 4.9 reads it before the status
    assert list(body) == keys, response
    assert body["code"] == status and body["success"] is False and body["data"] is None, response
    assert re.fullmatch(r"[a-z_]+", body["error"]) and body["msg"] == body["error_description"] != "", response
    assert code in (None, body.get("error_code")), response
    check_headers(response)
    check_no_dialog(response)
    return body


EBAAS_HTTP = (404, 405, 408, 413, 429, 500)


def ebaas(response, status, code=None):
    """`code`: the business code, a string."""
    assert response.status == (status if status in EBAAS_HTTP else 200), response
    body = response.json
    assert list(body) == ["request_id", "code", "msg", "data"], response
    assert shape(body["request_id"]) == "36 UUID" and body["data"] is None and body["msg"], response
    assert body["code"].startswith(str(status)), response
    assert code in (None, body["code"]), response
    check_headers(response)
    return body


def eplatform(response, status, code=None):
    """`code`: stringCode."""
    assert response.status == status, response
    body = response.json
    assert list(body) == ["status", "code", "stringCode", "message", "response"], response
    assert body["status"] is False and body["response"] is None and body["message"], response
    assert re.fullmatch(rf"{status}\d\d", body["code"]) and re.fullmatch(r"[a-z_]+", body["stringCode"]), response
    assert code in (None, body["stringCode"]), response
    check_headers(response)
    return body


def platform(response, status, code=None):
    """`code`: the text."""
    assert response.status == status, response
    body = response.json
    assert list(body) == ["succFlag", "code", "msg", "data"], response
    assert body["succFlag"] is False and body["code"] == status and body["data"] is None, response
    assert body["msg"] and code in (None, body["msg"]), response
    check_headers(response)
    return body


def springblade(response, status, code=None):
    """`code`: the text."""
    assert response.status == status, response
    body = response.json
    assert list(body) == ["code", "success", "data", "msg"], response
    assert body["code"] == status and body["success"] is False and body["data"] is None, response
    assert body["msg"] and code in (None, body["msg"]), response
    check_headers(response)
    check_no_dialog(response)
    return body


RUOYI_HTTP = (404, 405, 408, 413, 429, 500)


def ruoyi(response, status, code=None):
    """`status`: 400 is HTTP 200 with code 500, 401 is HTTP 200 with code 401. `code`: the text."""
    assert response.status == (status if status in RUOYI_HTTP else 200), response
    body = response.json
    assert list(body) == ["code", "msg"], response
    assert body["code"] == (500 if status == 400 else status), response
    assert body["msg"] and code in (None, body["msg"]), response
    check_headers(response)
    return body


def oauth(response, status, code=None):
    """RFC 6749 §5.2. `code`: error."""
    assert response.status == status, response
    body = response.json
    more = ["captcha_required"] if "captcha_required" in body else []
    assert list(body) == ["error", "error_description", *more], response
    assert re.fullmatch(r"[a-z_]+", body["error"]), response
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", body["error_description"]), response
    assert body["error"] in OAUTH_ERRORS[status], response
    assert code in (None, body["error"]), response
    if status == 401:
        assert response.header("WWW-Authenticate").startswith('Basic realm="'), response
    check_headers(response)
    return body


OAUTH_400 = {"invalid_request", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
OAUTH_ERRORS = {400: OAUTH_400, 401: {"invalid_client"}, 429: {"temporarily_unavailable"}, 500: {"server_error"}} | {
    status: {"invalid_request"} for status in (404, 405, 408, 413)
}


def nobody(response, status, code=None):
    """A path of no dialect."""
    assert response.status == status, response
    body = response.json
    assert ordered(shape(body)) == [
        ("error", "text"), ("code", "int"), ("success", "bool"), ("msg", "text"), ("data", "NoneType")
    ], response  # fmt: skip
    assert body["code"] == status and body["success"] is False and code in (None, body["error"]), response
    check_headers(response)
    return body

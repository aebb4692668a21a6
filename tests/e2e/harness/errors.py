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


def blade(response, status, code=None):
    """`code`: error_code."""
    assert response.status == status, response
    body = response.json
    keys = ["error", "error_description", "error_code", "code", "success", "msg", "data"]
    assert list(body) == keys, response
    assert body["code"] == status and body["success"] is False and body["data"] is None, response
    assert re.fullmatch(r"[a-z_]+", body["error"]) and body["msg"] == body["error_description"] != "", response
    if status == 401 and body["error"] == "invalid_client":
        assert response.header("WWW-Authenticate").startswith('Basic realm="'), response
    assert code in (None, body["error_code"]), response
    check_headers(response)
    return body


EBAAS_HTTP = (404, 405, 413, 429, 500)


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

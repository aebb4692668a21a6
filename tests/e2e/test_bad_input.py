"""
Bad input over every endpoint and every transport: the dialect's own error, nothing stored, and the next request is
answered as if nothing had been. Where a web server refuses by itself, before Menshen sees the request, it is said.
"""

import json
import re
import socket
from dataclasses import replace

import pytest
from harness.endpoints import CAPTCHA_FIELDS, ENDPOINTS, padded_json
from harness.errors import ebaas, nobody, ruoyi
from harness.site import DEMO_USER
from harness.visitor import SWORD, Visitor
from harness.wire import BOUNDARY, Request, get, multipart, post_form, post_json, post_multipart

LIMIT = 65536
READING = [name for name, endpoint in ENDPOINTS.items() if endpoint.reads]
WITH_FIELDS = [name for name in READING if ENDPOINTS[name].fields]
WITH_JSON = [name for name in WITH_FIELDS if not ENDPOINTS[name].form]


@pytest.fixture
def unchanged(site):
    """Nothing but throttle counters may differ afterwards."""
    before = site.rows()
    yield
    assert set(site.changes_since(before)) <= {"throttle"}


@pytest.fixture(scope="session")
def bearer(site):
    """A token of a user, for the endpoints that want one."""
    visitor = Visitor(site, site.server.client)
    site.bearer_user = site.new_user()
    site.bearer = visitor.eplatform_login(visitor.eplatform_login_fields(site.bearer_user)).json["response"]["token"]
    return site.bearer


@pytest.fixture
def endpoint(request, bearer):
    return ENDPOINTS[request.param]


def over(names):
    return pytest.mark.parametrize("endpoint", names, indirect=True)


# ---- JSON -----------------------------------------------------------------------------------------------------
def nested(depth):
    return b'{"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


BAD_JSON = {
    "cut-off": b'{"a":',
    "no-quotes": b"{a:1}",
    "single-quotes": b"{'a':'b'}",
    "comment": b'{"a":"b"} // c',
    "trailing-comma": b'{"a":"b",}',
    "two-documents": b'{"a":"b"}{"a":"b"}',
    "bare-word": b"x",
    "NaN": b'{"a":NaN}',
    "array": b"[]",
    "string": b'"a"',
    "null": b"null",
    "blanks": b"  \n ",
    "duplicate-key": b'{"a":"b","a":"b"}',
    "duplicate-key-escaped": b'{"a":"b","\\u0061":"b"}',
    "duplicate-key-deep": b'{"x":{"a":1,"a":1}}',
    "NUL": b'{"a":"b\0c"}',
    "NUL-after": b'{"a":"b"}\0',
    "NUL-escaped": b'{"a":"b\\u0000c"}',
    "NUL-in-a-key": b'{"a\\u0000":"b"}',
    "control-character": b'{"a":"b\nc"}',
    "UTF-8-overlong": b'{"a":"\xc0\xaf"}',
    "UTF-8-cut-off": b'{"a":"\xe5\xbc"}',
    "UTF-8-surrogate": b'{"a":"\xed\xa0\x80"}',
    "Latin-1": b'{"a":"\xfc"}',
    "UTF-16": '{"a":"b"}'.encode("utf-16"),
    "depth-17": nested(17),
    "depth-10000": nested(10000),
}


@over(READING)
@pytest.mark.parametrize("case", BAD_JSON)
def test_bad_json(web, endpoint, case, unchanged):
    body = endpoint.error(web.send(endpoint.request(web.site, BAD_JSON[case])), 400)
    assert "不能" not in str(body), "refused for its form, not for a parameter that it does not have"


@over([name for name in WITH_FIELDS if CAPTCHA_FIELDS & set(ENDPOINTS[name].fields)])
def test_broken_json_does_not_use_up_the_captcha(web, endpoint):
    """What is broken comes last: nothing before it may have had an effect."""
    values = endpoint.values(web)
    issued = "SELECT count(*) FROM captcha WHERE id IN ({})".format(",".join("?" * len(values)))
    for end in (b"", b',"x":1,"x":2}', b',"x":"\\u0000"}', b"}}"):
        body = json.dumps(values).encode()[:-1] + end
        endpoint.error(web.send(endpoint.request(web.site, body)), 400)
        assert web.site.query(issued, *values.values()) == [(1,)]


@over(WITH_JSON)
@pytest.mark.parametrize("wrong", [1, 1.5, True, [], ["a"], {}, {"a": "b"}], ids=repr)
def test_wrong_type(web, endpoint, wrong, unchanged):
    values = dict.fromkeys(endpoint.fields, "x")
    for name in endpoint.fields[:1]:
        endpoint.error(web.send(endpoint.request(web.site, values | {name: wrong})), 400)


@over(WITH_JSON)
def test_wrong_type_names_the_field(web, endpoint):
    good = endpoint.values(web)
    before = web.site.rows()
    for name in endpoint.fields:
        body = endpoint.error(web.send(endpoint.request(web.site, good | {name: 7})), 400)
        if endpoint.error is not ebaas:  # which has one text for all of this
            assert name.lower() in str(body).lower(), body
    assert not web.site.changes_since(before)


# ---- Forms and query strings ----------------------------------------------------------------------------------
BAD_FORM = {
    "percent-cut-off": "a=%",
    "percent-no-hex": "a=%zz",
    "percent-NUL": "a=b%00c",
    "percent-NUL-in-a-name": "a%00=b",
    "percent-no-UTF-8": "a=%ff",
    "twice": "a=b&a=b",
    "twice-encoded": "a=b&%61=b",
}


@over(READING)
@pytest.mark.parametrize("case", BAD_FORM)
def test_bad_form(web, endpoint, case, unchanged):
    request = post_form(endpoint.path, BAD_FORM[case].encode(), **endpoint.credentials(web.site))
    endpoint.error(web.send(replace(request, method=endpoint.method)), 400)


@over(READING)
@pytest.mark.parametrize("body", [b"a=b\0c", b"a=\xff"], ids=["NUL", "no-UTF-8"])
def test_bad_bytes_in_a_form(web, endpoint, body, unchanged):
    request = post_form(endpoint.path, body, **endpoint.credentials(web.site))
    endpoint.error(web.send(replace(request, method=endpoint.method)), 400)


def part(value, head='Content-Disposition: form-data; name="a"'):
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n"


END = f"--{BOUNDARY}--\r\n"
BAD_MULTIPART = {
    "no-end": part("b"),
    "other-boundary": "--x\r\n\r\n\r\n--x--\r\n",
    "preamble": "x\r\n" + part("b") + END,
    "epilogue": part("b") + END + "x",
    "line-feeds": (part("b") + END).replace("\r\n", "\n"),
    "no-name": part("b", "Content-Disposition: form-data") + END,
    "two-names": part("b", 'Content-Disposition: form-data; name="a"; name="b"') + END,
    "no-disposition": part("b", "Content-Type: text/plain") + END,
    "file": part("b", 'Content-Disposition: form-data; name="a"; filename="b"') + END,
    "encoded": part("Yg==", 'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64') + END,
    "nested": part("b", 'Content-Disposition: form-data; name="a"\r\nContent-Type: multipart/mixed; boundary=x') + END,
    "twice": part("b") + part("b") + END,
    "65-fields": "".join(part("b", f'Content-Disposition: form-data; name="n{n}"') for n in range(65)) + END,
    "long-header": part("b", f'Content-Disposition: form-data; name="{"a" * 600}"') + END,
    "NUL": part("b\0c") + END,
    "no-UTF-8": (part("b\xff") + END).encode("latin-1"),
}


@over(READING)
@pytest.mark.parametrize("case", BAD_MULTIPART)
def test_bad_multipart(web, endpoint, case, unchanged):
    body = BAD_MULTIPART[case]
    body = body if isinstance(body, bytes) else body.encode()
    request = post_multipart(endpoint.path, body, **endpoint.credentials(web.site))
    answer = endpoint.error(web.send(replace(request, method=endpoint.method)), 400)
    assert "不能为空" not in str(answer), "refused for its form, not for a parameter that it does not have"


@over([name for name in WITH_FIELDS if CAPTCHA_FIELDS & set(ENDPOINTS[name].fields)])
def test_multipart_is_read(web, endpoint):
    """The same answer as to the form that the endpoint is used to."""
    usual = web.send(endpoint.request(web.site, endpoint.values(web)))
    fields = endpoint.values(web)
    response = web.send(post_multipart(endpoint.path, multipart(fields), **endpoint.credentials(web.site)))
    assert response.status == usual.status == 200 and list(response.json) == list(usual.json), response


def test_a_file_is_refused_by_the_name_of_its_field(web):
    body = (part("x", 'Content-Disposition: form-data; name="password"; filename="p.txt"') + END).encode()
    endpoint = ENDPOINTS["blade-token"]
    request = post_multipart(endpoint.path, body, **endpoint.credentials(web.site))
    answer = endpoint.error(web.send(replace(request, method=endpoint.method)), 400)
    assert answer["msg"] == "参数[password]不能是文件"


@pytest.mark.parametrize("bad", [part("x\0y", 'Content-Disposition: form-data; name="hunter2"'),
                                 part("x", 'Content-Disposition: form-data; name="hunter2"; filename="f"'),
                                 2 * part("x", 'Content-Disposition: form-data; name="hunter2"')],
                         ids=["NUL", "file", "twice"])  # fmt: skip
def test_what_visitors_call_a_field_is_not_logged(web, bad):
    """It may be a piece of a password."""
    endpoint = ENDPOINTS["blade-token"]
    endpoint.error(web.send(post_multipart(endpoint.path, (bad + END).encode(), Authorization=SWORD)), 400)
    assert "hunter2" not in web.site.log.read_text()


def is_lighttpd(site):
    return site.transport.startswith("lighttpd")


# lighttpd reads query strings itself (its url-normalize): these it refuses, and a stray % it encodes.
LIGHTTPD_REFUSES = ("percent-NUL", "percent-NUL-in-a-name", "percent-no-UTF-8")


@over([name for name, endpoint in ENDPOINTS.items() if endpoint.query])
@pytest.mark.parametrize("case", BAD_FORM)
def test_bad_query(web, endpoint, case, unchanged):
    response = web.send(endpoint.with_query(web.site, BAD_FORM[case]))
    if is_lighttpd(web.site) and case in LIGHTTPD_REFUSES:
        assert response.status == 400 and response.by_server, response
    else:
        endpoint.error(response, 400)


@over(READING)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/jsonp", "multipart/form-data; boundary=x", "", None]
)
def test_content_type_that_is_not_read(web, endpoint, content_type, unchanged):
    headers = () if content_type is None else (("Content-Type", content_type),)
    request = Request(endpoint.method, endpoint.path, headers, b'{"a":"b"}').plus(**endpoint.credentials(web.site))
    endpoint.error(web.send(request), 400)


# ---- Sizes ----------------------------------------------------------------------------------------------------
@over(READING)
def test_largest_body(web, endpoint):
    """64 KiB are read: the answer is the same as to the short body, captcha and all."""
    short = web.send(endpoint.request(web.site, endpoint.values(web)))
    large = web.send(endpoint.padded(web.site, endpoint.values(web), LIMIT))
    assert large.status == short.status == 200, large
    if short.body or large.body:  # a revocation says nothing
        assert list(large.json) == list(short.json)


@over(ENDPOINTS)
@pytest.mark.parametrize("size", [LIMIT + 1, 1000000])
def test_body_too_large(web, endpoint, size, unchanged):
    response = web.send(replace(endpoint.request(web.site), body=padded_json({}, size)))
    if is_lighttpd(web.site) and endpoint.method == "GET":
        assert response.status == 400 and response.by_server, "lighttpd takes no GET with a body"
    else:
        endpoint.error(response, 413)


@over(["blade-token", "platform-captcha"])
def test_depth_16_is_read(web, endpoint):
    response = web.send(endpoint.request(web.site, nested(16)))
    assert "JSON" not in response.body.decode(), response


# ---- Content-Length -------------------------------------------------------------------------------------------
# Every server refuses these by itself: 400, in its own words.
ODD_LENGTHS = ["abc", "-1", "+5", "0x5", "5 5", "18446744073709551621"]


@over(ENDPOINTS)
@pytest.mark.parametrize("length", ODD_LENGTHS)
def test_odd_content_length(web, endpoint, length, unchanged):
    request = replace(endpoint.request(web.site), body=b"{}xyz").plus(Content_Length=length)
    response = web.send(request)
    if web.client.over_http:
        assert response.status in (400, 413), response
    else:
        endpoint.error(response, 400)


@over(READING)
def test_content_length_too_short(web, endpoint, unchanged):
    """The rest is cut off; what is left is no JSON."""
    body = b'{"a":"b","c":"d"}'
    endpoint.error(web.send(endpoint.request(web.site, body).plus(Content_Length=str(len(body) - 4))), 400)


REFUSED_WITH_200 = re.compile(rb'"code":("400003"|500)')  # ebaas, ruoyi


@over(READING)
def test_content_length_too_long(web, endpoint, unchanged):
    """The body ends before it should. Some servers wait, some hang up, some pass on what there is: no success."""
    request = endpoint.request(web.site, b'{"a":"b"}').plus(Content_Length="500")
    if not web.client.over_http:
        endpoint.error(web.send(request), 400)
        return
    with socket.create_connection(("127.0.0.1", web.client.port), 30) as connection:
        connection.sendall(web.client.encode(request.plus(X_Forwarded_For=web.address)))
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert answer == b"" or int(answer.split()[1]) >= 400 or REFUSED_WITH_200.search(answer), answer


@pytest.mark.parametrize("size", [9, 40000])
def test_chunked_body(web, user, size):
    """Most servers collect it and state its length; to a CGI of Apache it comes without one."""
    fields = web.blade_captcha_fields(user)
    request = ENDPOINTS["blade-token"].request(web.site, padded_json(fields, 500 + size))
    response = web.send(replace(request, chunked=True))
    assert response.status == 200 and response.json["account"] == user.account, response


@over(READING)
def test_chunked_body_too_large(web, endpoint, unchanged):
    request = endpoint.request(web.site, padded_json({}, LIMIT + 1))
    endpoint.error(web.send(replace(request, chunked=True)), 413)


# ---- Headers --------------------------------------------------------------------------------------------------
@over([name for name, endpoint in ENDPOINTS.items() if endpoint.needs])
def test_missing_header(web, endpoint, unchanged):
    status = {"client": 401, "bearer": 401, "source": 400}[endpoint.needs]
    request = endpoint.request(web.site, dict.fromkeys(endpoint.fields, "x"))
    kept = tuple(pair for pair in request.headers if pair[0] in ("Content-Type",))
    endpoint.error(web.send(replace(request, headers=kept)), status)


@over([name for name, endpoint in ENDPOINTS.items() if endpoint.needs])
def test_doubled_header(web, endpoint, unchanged):
    """Two different ones, the right one first: nobody may pick one of them."""
    (name, value), = endpoint.credentials(web.site).items()
    wrong = {"client": "Basic eDp5", "bearer": "Bearer x", "source": "XX"}[endpoint.needs]
    status = {"client": (400, 401), "bearer": (400, 401), "source": (400,)}[endpoint.needs]
    for first, second in ((value, wrong), (wrong, value)):
        request = endpoint.request(web.site)
        kept = tuple(pair for pair in request.headers if pair[0] != name)
        response = web.send(replace(request, headers=(*kept, (name, first), (name, second))))
        code = response.json["code"] if endpoint.error is ruoyi and not response.by_server else response.status
        assert code in status, response
        if name == "Authorization" and web.site.transport == "nginx":
            assert b"<center>nginx/" in response.body  # nginx refuses this one itself
        else:
            endpoint.error(response, code)


@pytest.mark.parametrize("name", ["Tenant-Id", "tenantId", "Captcha-Key", "Captcha-Code"])
def test_doubled_parameter_header(web, user, name):
    fields = web.blade_captcha_fields(user)
    good = {"Tenant-Id": "000000", "tenantId": "000000", "Captcha-Key": fields["captchaKey"],
            "Captcha-Code": fields["captchaCode"]}[name]  # fmt: skip
    request = ENDPOINTS["blade-token"].request(web.site, fields)
    doubled = replace(request, headers=(*request.headers, (name, good), (name, "other")))
    ENDPOINTS["blade-token"].error(web.send(doubled), 400)


def test_header_that_is_not_utf_8(web):
    request = ENDPOINTS["blade-token"].request(web.site, {"grant_type": "client_credentials"})
    ENDPOINTS["blade-token"].error(web.send(request.plus(Tenant_Id="\xff")), 400)


# ---- Methods and paths ----------------------------------------------------------------------------------------
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "PROPFIND"]
WRONG = [
    (name, method) for name, endpoint in ENDPOINTS.items() for method in METHODS if method not in endpoint.methods
]


@pytest.mark.parametrize("endpoint, method", WRONG, indirect=["endpoint"])
def test_wrong_method(web, endpoint, method, unchanged):
    response = web.send(Request(method, endpoint.path, body=None if method == "GET" else b""))
    endpoint.error(response, 405)
    assert set(response.header("Allow").split(", ")) == endpoint.allowed


@over([name for name, endpoint in ENDPOINTS.items() if endpoint.methods == ("POST",)])
def test_head_of_what_is_posted(web, endpoint, unchanged):
    response = web.send(Request("HEAD", endpoint.path))
    assert response.status == 405 and response.header("Allow") == "POST, OPTIONS" and response.body == b"", response


def headers_of(response):
    """Those that do not depend on the moment, or on how the server ends its answers."""
    odd = ("Date", "Content-Length", "Transfer-Encoding", "Connection", "Authorization", "X-Captcha-Code")
    return {name: value for name, value in response.headers if name not in odd}


@over([name for name, endpoint in ENDPOINTS.items() if endpoint.method == "GET"])
def test_head_of_what_is_got(web, endpoint):
    """The same headers without the body; as long as the body would be, where that is the same every time."""
    request = endpoint.request(web.site)
    got, head = web.send(request), web.send(replace(request, method="HEAD"))
    assert head.status == got.status and head.body == b"", head
    assert headers_of(head) == headers_of(got)
    if b'"ima' not in got.body and b'"img' not in got.body:
        assert head.header("Content-Length") in (None, str(len(got.body))), head


def test_head_of_an_unknown_path(web, unchanged):
    got, head = web.send(get("/nowhere")), web.send(Request("HEAD", "/nowhere"))
    assert head.status == got.status == 404 and head.body == b"" and headers_of(head) == headers_of(got)


@over(ENDPOINTS)
def test_options(web, endpoint, unchanged):
    for body in (None, b'{"a":"b"}'):
        response = web.send(Request("OPTIONS", endpoint.path, body=body))
        assert response.status == 204 and response.body == b"", response
        assert set(response.header("Allow").split(", ")) == endpoint.allowed
        assert not [name for name, _ in response.headers if name.startswith("Access-Control-")]


def test_options_of_everything(web):
    """`OPTIONS *` is about the server, and most answer it themselves; none must fail over it."""
    if web.client.over_http:
        line = b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", web.client.port), 30) as connection:
            connection.sendall(line)
            status = int(connection.makefile("rb").read().split()[1])
        assert status < 500
    else:
        response = web.send(Request("OPTIONS", "*"))
        assert response.status == 204 and response.header("Allow") == "GET, HEAD, POST, PUT, OPTIONS", response


@over(ENDPOINTS)
@pytest.mark.parametrize("tail", ["/", "/x", "x"])
def test_unknown_path_of_a_dialect(web, endpoint, tail, unchanged):
    path = endpoint.path.partition("?")[0]
    response = web.send(Request(endpoint.method, path + tail, body=None if endpoint.method == "GET" else b""))
    if endpoint.path.startswith("/captcha/") and tail == "x":
        endpoint.error(response, response.status)  # {source} = "WEBx"
        assert response.status in (400, 401)
    elif response.json.get("error") == "not_found":
        nobody(response, 404)  # /codex: like no path of any dialect
    else:
        endpoint.error(response, 404)


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/KOM-AMS-AUTH/oauth/captcha", "/kom-ams-authx", "/oauthx/checkToken", "/%E5%BC%A0", "/x" * 900],
    ids=lambda path: path[:30],
)
def test_unknown_path(web, path, unchanged):
    nobody(web.send(get(path)), 404, "not_found")


def test_path_with_odd_bytes(web, unchanged):
    for path in ("/%ff%fe", "/captcha/%ff", "/%0d%0aX-Evil:%20yes", "/a%22b", "/a%5cb"):
        response = web.send(get(path))
        assert response.status in (400, 401, 403, 404), response
        assert response.header("X-Evil") is None


def test_the_site_still_works(web, user):
    assert web.blade_login(user)["account"] == user.account

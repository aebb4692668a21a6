"""oauth, the standard surface. Source: contracts, section oauth; RFC 6749, 7009, 7662, 7517, 8414."""

import pytest
from harness import seeds
from harness.errors import NO_STORE, oauth
from harness.visitor import CAPTCHA_GRANT, DEMO_LIFETIMES, basic, md5
from harness.wire import get, post_form, post_json, post_query

PREFIX = "/oauth2"
TOKEN = f"{PREFIX}/token"
ANSWER = [("access_token", "JWS"), ("token_type", "text"), ("expires_in", "int"), ("refresh_token", "JWS"),
          ("scope", "text")]  # fmt: skip
APP = {"grant_type": "client_credentials"}


@pytest.fixture(scope="session")
def add_client(site):
    """add_client("id", "grants", …): a client of the shared site, its secret and its Authorization."""

    def add(name, grants, *options, secret="secret"):
        site.cli("client", "add", name, "--grants", grants, "--secret", *options, line=secret)
        return basic(name, secret)

    return add


@pytest.fixture(scope="session")
def scoped(add_client):
    """A client with three scopes that may do everything."""
    grants = "captcha,password,refresh_token,client_credentials"
    return add_client("scoped", grants, "--scope", "read,write,admin", "--password-wire", "plain")


# ---- Token ----------------------------------------------------------------------------------------------------
def test_captcha(web):
    response = web.send(get(f"{PREFIX}/captcha"), through=web.site.server.curl)
    assert response.status == 200
    assert seeds.ordered(seeds.shape(response.json)) == [
        ("captcha_id", "32 lower-case hex"), ("image", "data:image/png;base64"), ("expires_in", "int")
    ]  # fmt: skip
    assert seeds.picture(response.json["image"]) == ("png", 130, 48) and response.json["expires_in"] == 300
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE


@pytest.mark.parametrize("grant", ["captcha", "password"])
def test_login(web, user, grant):
    fields = web.oauth_captcha_fields(user) if grant == "captcha" else {
        "grant_type": "password", "username": user.account, "password": md5(user.password)
    }  # fmt: skip
    response = web.oauth_token(fields)
    assert response.status == 200, response
    assert seeds.ordered(seeds.shape(response.json)) == ANSWER
    assert (response.json["token_type"], response.json["scope"]) == ("Bearer", "all")
    assert response.json["expires_in"] == DEMO_LIFETIMES[0]
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE
    assert web.blade_user_info(response.json["access_token"]).json["data"]["account"] == user.account


def test_client_credentials_never_refresh(web):
    response = web.oauth_token(APP)
    assert response.status == 200, response
    assert seeds.ordered(seeds.shape(response.json)) == [pair for pair in ANSWER if pair[0] != "refresh_token"]


def test_client_that_may_not_refresh(web, user, add_client):
    authorization = add_client(f"brief-{user.account}", "captcha")
    answer = web.oauth_token(web.oauth_captcha_fields(user), Authorization=authorization)
    assert answer.status == 200 and "refresh_token" not in answer.json, answer


def test_tenant(web):
    web.site.cli("tenant", "add", "oauth-tenant", "--name", "x")
    answer = web.oauth_token(APP | {"tenant_id": "oauth-tenant"})
    assert seeds.claims(answer.json["access_token"])[1]["tenant_id"] == "oauth-tenant"
    oauth(web.oauth_token(APP | {"tenant_id": "no-such-tenant"}), 400, "invalid_request")
    oauth(web.oauth_token(APP | {"tenant_id": "a/b"}), 400, "invalid_request")


# ---- Scope ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "asked, granted", [(None, "read write admin"), ("write read", "write read"), ("read read", "read"), ("", "read write admin")]
)  # fmt: skip
def test_scope(web, scoped, asked, granted):
    answer = web.oauth_token(APP | ({} if asked is None else {"scope": asked}), Authorization=scoped)
    assert answer.status == 200 and answer.json["scope"] == granted, answer


@pytest.mark.parametrize("asked", ["read delete", "all", "read,write", "READ"])
def test_scope_of_others(web, scoped, asked):
    oauth(web.oauth_token(APP | {"scope": asked}, Authorization=scoped), 400, "invalid_scope")


# ---- Where credentials and parameters may stand ---------------------------------------------------------------
def test_client_secret_post(web):
    fields = APP | {"client_id": "sword", "client_secret": "sword_secret"}
    assert web.send(post_form(TOKEN, fields)).status == 200


def test_two_ways_at_once(web):
    """RFC 6749 §2.3: not more than one in each request."""
    for more in ({"client_id": "sword", "client_secret": "sword_secret"}, {"client_id": "sword"}, {"client_secret": "x"}):
        oauth(web.oauth_token(APP | more), 400, "invalid_request")


@pytest.mark.parametrize("encode", [True, False])
def test_basic_is_form_encoded(web, add_client, encode):
    """RFC 6749 §2.3.1: a blank becomes +, and + becomes %2B."""
    secret = f"a b+c%d:{encode}"
    client = f"odd-{encode}"
    add_client(client, "client_credentials", secret=secret)
    spelled = secret.replace("%", "%25").replace("+", "%2B").replace(":", "%3A").replace(" ", "+" if encode else "%20")
    header = basic(client, spelled, encode=False)
    assert web.oauth_token(APP, Authorization=header).status == 200


@pytest.mark.parametrize(
    "authorization",
    [basic("sword", "wrong"), basic("nobody", "sword_secret"), basic("ruoyi", ""), "Basic !", "Basic eA==", "Bearer x"],
    ids=["secret", "id", "no-secret", "no-base64", "no-colon", "scheme"],
)
def test_invalid_client(web, authorization):
    response = web.oauth_token(APP, Authorization=authorization)
    assert oauth(response, 401, "invalid_client")["error_description"] == "client authentication failed"


def test_no_client(web):
    oauth(web.send(post_form(TOKEN, APP)), 401, "invalid_client")
    oauth(web.send(post_form(TOKEN, APP | {"client_id": "sword"})), 401, "invalid_client")


def test_wrong_secrets_are_limited(site_with):
    web = site_with({"login": {"max_failures": "1"}})
    for _ in range(10):
        oauth(web.oauth_token(APP, Authorization=basic("sword", "wrong")), 401)
    oauth(web.oauth_token(APP), 429, "temporarily_unavailable")


def test_json_is_not_read(web):
    response = web.send(post_json(TOKEN, APP, Authorization=basic("sword", "sword_secret")))
    oauth(response, 400, "invalid_request")


def test_query_string_is_not_read(web):
    """RFC 6749 §3.2: parameters in the request URI are not parameters of the token request."""
    oauth(web.send(post_query(TOKEN, APP | {"client_id": "sword", "client_secret": "sword_secret"})), 401)
    in_both = web.send(post_form(f"{TOKEN}?grant_type=password", APP, Authorization=basic("sword", "sword_secret")))
    assert in_both.status == 200, in_both


@pytest.mark.parametrize("name", ["grant_type", "scope", "client_secret", "x", "é\"\\", "a" * 100])
def test_repeated_parameter(web, name):
    """RFC 6749 §3.2; the description stays within its characters whatever the name."""
    fields = [*APP.items(), (name, "all"), (name, "all")]
    oauth(web.oauth_token(fields), 400, "invalid_request")


@pytest.mark.parametrize("fields", [{}, {"grant_type": ""}, {"scope": "all"}], ids=["none", "empty", "other"])
def test_missing_grant_type(web, fields):
    body = oauth(web.oauth_token(fields), 400, "invalid_request")
    assert body["error_description"] == "parameter grant_type is missing"


@pytest.mark.parametrize("grant", ["captcha", "authorization_code", "implicit", "PASSWORD", "urn:x", "密码", '"\\'])
def test_unsupported_grant_type(web, grant):
    oauth(web.oauth_token({"grant_type": grant}), 400, "unsupported_grant_type")


GRANTS = {"password": "password", "refresh_token": "refresh_token", "captcha": CAPTCHA_GRANT,
          "client_credentials": "client_credentials"}  # fmt: skip


@pytest.mark.parametrize("missing", GRANTS)
def test_unauthorized_client(web, add_client, missing):
    authorization = add_client(f"lacks-{missing}", ",".join(name for name in GRANTS if name != missing))
    fields = {"username": "admin", "password": md5("admin"), "refresh_token": "x", "captcha_id": "x"}
    response = web.oauth_token(fields | {"grant_type": GRANTS[missing]}, Authorization=authorization)
    oauth(response, 400, "unauthorized_client")


@pytest.mark.parametrize("missing", ["username", "password", "captcha_id", "captcha_answer"])
def test_missing_parameter(web, user, missing):
    fields = web.oauth_captcha_fields(user) | {missing: ""}
    body = oauth(web.oauth_token(fields), 400, "invalid_request")
    assert body["error_description"] == f"parameter {missing} is missing"


# ---- Failed logins --------------------------------------------------------------------------------------------
def test_failures(web, user):
    captcha = web.oauth_captcha()
    wrong_captcha = [
        web.oauth_token(web.oauth_captcha_fields(user, pair))
        for pair in ((captcha[0], "wrong"), captcha, ("0" * 32, "abcde"), web.blade_captcha(), web.springblade_captcha())
    ]
    assert len({response.body for response in wrong_captcha}) == 1, "used, wrong, unknown, of another dialect"
    assert "captcha_required" not in oauth(wrong_captcha[0], 400, "invalid_grant")
    wrong_user = [
        web.oauth_token(web.oauth_captcha_fields(user._replace(**wrong)))
        for wrong in ({"account": "nobody"}, {"password": "wrong"})
    ]
    assert wrong_user[0].body == wrong_user[1].body
    assert "captcha_required" not in oauth(wrong_user[0], 400, "invalid_grant")


def test_a_captcha_of_this_dialect_is_not_good_for_another(web, user):
    assert web.blade_token(web.blade_captcha_fields(user, web.oauth_captcha())).json["error_code"] == 2004


def test_step_up(web, user):
    """A captcha is due after a failure; either grant takes it."""
    oauth(web.oauth_password_login(user._replace(password="wrong")), 400, "invalid_grant")
    body = oauth(web.oauth_password_login(user), 400, "invalid_grant")
    assert body["captcha_required"] is True
    captcha_id, answer = web.oauth_captcha()
    response = web.oauth_password_login(user, captcha_id=captcha_id, captcha_answer=answer)
    assert response.status == 200, response


def test_lock(web, user):
    for _ in range(5):
        oauth(web.oauth_token(web.oauth_captcha_fields(user._replace(password="wrong"))), 400)
    oauth(web.oauth_token(web.oauth_captcha_fields(user)), 429, "temporarily_unavailable")


# ---- Refresh --------------------------------------------------------------------------------------------------
def test_refresh(web, user):
    first = web.oauth_login(user)
    second = web.oauth_refresh(first["refresh_token"])
    assert seeds.ordered(seeds.shape(second.json)) == ANSWER
    assert second.json["refresh_token"] != first["refresh_token"]
    assert web.oauth_refresh(first["refresh_token"]).json == second.json, "within the grace window"
    assert web.oauth_refresh(second.json["refresh_token"]).status == 200


def test_reuse_after_the_grace_window_ends_the_family(site_with):
    web = site_with({"token": {"refresh_grace": "0"}})
    user = web.site.new_user()
    first = web.oauth_login(user)
    second = web.oauth_refresh(first["refresh_token"]).json
    assert web.blade_user_info(second["access_token"]).status == 200
    oauth(web.oauth_refresh(first["refresh_token"]), 400, "invalid_grant")
    oauth(web.oauth_refresh(second["refresh_token"]), 400, "invalid_grant")
    assert web.blade_user_info(second["access_token"]).status == 401


@pytest.mark.parametrize("which", ["access_token", "garbage"])
def test_refresh_with_something_else(web, user, which):
    token = (web.oauth_login(user) | {"garbage": "x.y.z"})[which]
    oauth(web.oauth_refresh(token), 400, "invalid_grant")


def test_refresh_by_another_client(web, user, add_client):
    thief = add_client(f"thief-{user.account}", "refresh_token")
    token = web.oauth_login(user)["refresh_token"]
    oauth(web.oauth_refresh(token, Authorization=thief), 400, "invalid_grant")
    assert web.oauth_refresh(token).status == 200


# ---- Health ---------------------------------------------------------------------------------------------------
def test_healthz(web):
    response = web.send(get("/healthz"))
    assert (response.status, response.json) == (200, {"status": "ok"})
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE

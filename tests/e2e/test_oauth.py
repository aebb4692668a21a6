"""oauth, the standard surface. Source: contracts, section oauth; RFC 6749, 7009, 7662, 7517, 8414."""

import pytest
from harness import seeds
from harness.errors import NO_STORE, oauth
from harness.servers import wait_until
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


def test_claims(web, user):
    """RFC 9068 §2.2: nothing of a person beyond id and tenant."""
    _, claims = seeds.claims(web.oauth_login(user)["access_token"])
    assert list(claims) == [
        "iss", "sub", "aud", "client_id", "scope", "tenant_id", "exp", "iat", "jti", "token_type"
    ]  # fmt: skip


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
        for wrong in ({"account": f"nobody-{user.account}"}, {"password": "wrong"})
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


@pytest.mark.parametrize("asked", ["", "read", "write read", "read write admin"])
def test_refresh_with_the_same_scope_or_less(web, scoped, asked):
    """RFC 6749 §6. It keeps what it had, and the answer says so (§3.3)."""
    first = login_scoped(web, scoped, "read write admin")
    answer = web.oauth_refresh(first["refresh_token"], {"scope": asked}, Authorization=scoped)
    assert answer.status == 200 and answer.json["scope"] == "read write admin", answer


@pytest.mark.parametrize("asked", ["admin", "read admin", "all"])
def test_refresh_with_more_scope(web, scoped, asked):
    """Also where the client could have had it; the token is not used up."""
    first = login_scoped(web, scoped, "read write")
    oauth(web.oauth_refresh(first["refresh_token"], {"scope": asked}, Authorization=scoped), 400, "invalid_scope")
    used = "SELECT used_s FROM token WHERE jti = ?"
    assert web.site.query(used, seeds.claims(first["access_token"])[1]["jti"]) == [(None,)]


def login_scoped(web, scoped, scope):
    user = web.site.new_user()
    answer = web.oauth_token(
        web.oauth_captcha_fields(user) | {"password": user.password, "scope": scope}, Authorization=scoped
    )
    assert answer.status == 200 and answer.json["scope"] == scope, answer
    return answer.json


# ---- Revocation -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense", None])
def test_revoke_ends_the_login(web, user, which, hint):
    """Whatever the hint says (RFC 7009 §2.1)."""
    login, other = web.oauth_login(user), web.oauth_login(user)
    fields = {"token": login[which]} | ({} if hint is None else {"token_type_hint": hint})
    response = web.oauth_post("/revoke", fields)
    assert (response.status, response.body) == (200, b""), response
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE
    assert web.blade_user_info(login["access_token"]).status == 401
    oauth(web.oauth_refresh(login["refresh_token"]), 400, "invalid_grant")
    assert web.oauth_introspect(login["access_token"]) == web.oauth_introspect(login["refresh_token"]) == INACTIVE
    assert web.blade_user_info(other["access_token"]).status == 200


@pytest.mark.parametrize("token", ["x", "x.y.z", "eyJhbGciOiJub25lIn0.e30."])
def test_revoking_what_is_no_token(web, token):
    response = web.oauth_post("/revoke", {"token": token})
    assert (response.status, response.body) == (200, b"")


def test_revoking_a_refresh_token_that_was_used(web, user):
    """It is good for the same successor within the grace window, and may be for a stale tab later: not any more."""
    login = web.oauth_login(user)
    fresh = web.oauth_refresh(login["refresh_token"]).json
    assert web.oauth_post("/revoke", {"token": login["refresh_token"]}).status == 200
    for token in (login["refresh_token"], fresh["refresh_token"]):
        oauth(web.oauth_refresh(token), 400, "invalid_grant")
    assert web.blade_user_info(fresh["access_token"]).status == 401


def test_revoking_twice(web, user):
    token = web.oauth_login(user)["access_token"]
    assert [web.oauth_post("/revoke", {"token": token}).status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_a_token_of_another_client(web, user, add_client, which):
    other = add_client(f"other-{which}", "refresh_token")
    login = web.oauth_login(user)
    oauth(web.oauth_post("/revoke", {"token": login[which]}, Authorization=other), 400, "invalid_grant")
    assert web.blade_user_info(login["access_token"]).status == 200
    assert web.oauth_refresh(login["refresh_token"]).status == 200


@pytest.mark.parametrize("path", ["/revoke", "/introspect"])
def test_token_endpoints_want_client_and_token(web, path):
    oauth(web.oauth_post(path, {}), 400, "invalid_request")
    oauth(web.oauth_post(path, {"token": ""}), 400, "invalid_request")
    oauth(web.oauth_post(path, {"token": "x"}, Authorization=basic("sword", "wrong")), 401, "invalid_client")
    oauth(web.send(post_form(PREFIX + path, {"token": "x"})), 401, "invalid_client")
    in_query = web.send(post_query(PREFIX + path, {"token": "x"}, Authorization=basic("sword", "sword_secret")))
    oauth(in_query, 400, "invalid_request")


def test_revocation_is_audited(web, user):
    web.oauth_post("/revoke", {"token": web.oauth_login(user)["access_token"]})
    rows = web.site.query(
        "SELECT actor, action, result, client_id, address FROM audit WHERE action = 'token.revoke' AND address = ?",
        web.address,
    )
    assert rows == [(f"user:000000/{user.account}", "token.revoke", "ok", "sword", web.address)]


# ---- Introspection --------------------------------------------------------------------------------------------
INACTIVE = {"active": False}


def test_introspect_access_token(web, user):
    login = web.oauth_login(user)
    told = web.oauth_introspect(login["access_token"])
    _, claims = seeds.claims(login["access_token"])
    assert list(told) == ["active", "scope", "client_id", "username", "token_type", "exp", "iat", "sub", "aud", "iss",
                          "jti", "tenant_id"]  # fmt: skip
    assert (told["active"], told["token_type"], told["username"]) == (True, "Bearer", user.account)
    same = ["scope", "client_id", "exp", "iat", "sub", "aud", "iss", "jti", "tenant_id"]
    assert {name: told[name] for name in same} == {name: claims[name] for name in same}


def test_introspect_refresh_token(web, user):
    login = web.oauth_login(user)
    told = web.oauth_introspect(login["refresh_token"])
    _, claims = seeds.claims(login["refresh_token"])
    assert (told["active"], told["token_type"], told["username"]) == (True, "refresh_token", user.account)
    assert {name: told[name] for name in ("exp", "jti", "iat")} == {name: claims[name] for name in ("exp", "jti", "iat")}
    assert told["sub"] == seeds.claims(login["access_token"])[1]["sub"], "it is in the row"
    assert "aud" not in told
    web.oauth_refresh(login["refresh_token"])
    assert web.oauth_introspect(login["refresh_token"]) == INACTIVE, "it was used"


def test_introspect_a_clients_own_token(web):
    told = web.oauth_introspect(web.oauth_token(APP).json["access_token"])
    assert (told["active"], told["sub"], told["client_id"]) == (True, "sword", "sword") and "username" not in told


def test_introspect_tokens_of_other_dialects(web, user):
    told = web.oauth_introspect(web.blade_login(user)["access_token"])
    assert (told["active"], told["username"]) == (True, user.account) and "aud" not in told


def test_introspection_by_others(web, user, add_client):
    """Only the client itself, and of access tokens the one that they are meant for, are told anything."""
    stranger = add_client(f"stranger-{user.account}", "client_credentials")
    login = web.oauth_login(user)
    for name in ("access_token", "refresh_token"):
        assert web.oauth_introspect(login[name], Authorization=stranger) == INACTIVE


@pytest.mark.parametrize("token", ["x", "x.y.z", "eyJhbGciOiJub25lIn0.e30.", "a" * 5000])
def test_introspect_what_is_no_token(web, token):
    assert web.oauth_introspect(token) == INACTIVE


@pytest.mark.parametrize("end", ["logout", "lock", "password", "revoke"])
def test_what_ends_a_token_ends_it_for_introspection(web, user, end):
    login = web.oauth_login(user)
    tokens = [login["access_token"], login["refresh_token"]]
    assert all(web.oauth_introspect(token)["active"] for token in tokens)
    {
        "logout": lambda: web.send(get("/kom-ams-auth/oauth/logout", Authorization=f"Bearer {tokens[0]}")),
        "lock": lambda: web.site.cli("user", "lock", user.account),
        "password": lambda: web.site.cli("user", "passwd", user.account, line="Another-secret-1"),
        "revoke": lambda: web.site.cli("token", "revoke", "--account", user.account),
    }[end]()
    assert [web.oauth_introspect(token) for token in tokens] == [INACTIVE, INACTIVE]


def test_expired_token(site_with):
    web = site_with({})
    web.site.cli("client", "set", "sword", "--access-ttl", "1")
    token = web.oauth_token(APP).json["access_token"]
    wait_until(lambda: web.oauth_introspect(token) == INACTIVE, "the token's expiry")


# ---- Keys and metadata ----------------------------------------------------------------------------------------
CACHED = "public, max-age=300"
WELL_KNOWN = "/.well-known/oauth-authorization-server"


def test_jwks_without_key_pairs(site_with):
    """The site's HMAC key is nobody else's business."""
    response = site_with({}).send(get(f"{PREFIX}/jwks"))
    assert (response.status, response.json) == (200, {"keys": []})
    assert response.all("Cache-Control") == [CACHED] and response.header("Pragma") is None


def test_metadata(site_with):
    web = site_with({"server": {"base_url": "https://login.example.org"}})
    response = web.send(get(WELL_KNOWN))
    assert response.status == 200 and response.all("Cache-Control") == [CACHED], response
    base, both = f"https://login.example.org{PREFIX}", ["client_secret_basic", "client_secret_post"]
    assert response.json == {
        "issuer": "https://login.example.org", "token_endpoint": f"{base}/token", "jwks_uri": f"{base}/jwks",
        "response_types_supported": [],
        "grant_types_supported": ["password", "client_credentials", "refresh_token", CAPTCHA_GRANT],
        "token_endpoint_auth_methods_supported": both, "revocation_endpoint": f"{base}/revoke",
        "revocation_endpoint_auth_methods_supported": both, "introspection_endpoint": f"{base}/introspect",
        "introspection_endpoint_auth_methods_supported": both, "menshen_captcha_endpoint": f"{base}/captcha",
    }  # fmt: skip
    assert web.send(get(f"{WELL_KNOWN}/auth")).status == 404, "the issuer has no path"


def test_metadata_of_an_issuer_with_a_path(site_with):
    """RFC 8414 §3: the path goes behind the well-known name."""
    deep = site_with({"server": {"base_url": "https://example.org/cgi-bin/menshen.fcgi"}})
    assert deep.send(get(f"{WELL_KNOWN}/cgi-bin/menshen.fcgi")).json["issuer"].endswith("/cgi-bin/menshen.fcgi")
    assert deep.send(get(f"{WELL_KNOWN}/cgi-bin")).status == 404
    web = site_with({"server": {"base_url": "https://example.org/auth"}, "dialect.oauth": {"prefix": "/o,/p"}})
    told = web.send(get(f"{WELL_KNOWN}/auth")).json
    assert (told["issuer"], told["token_endpoint"]) == ("https://example.org/auth", "https://example.org/auth/o/token")
    assert web.send(get(WELL_KNOWN)).json == told, "below the mount"
    for other in ("/other", "/auth/x", "/"):
        assert web.send(get(WELL_KNOWN + other)).status == 404


@pytest.mark.parametrize(
    "settings, status", [({}, "ok"), ({"server": {"base_url": "https://a.example"}, "token": {"issuer": "x"}}, "warning")]
)
def test_no_metadata_without_an_address(site_with, settings, status):
    web = site_with(settings)
    oauth(web.send(get(WELL_KNOWN)), 404, "invalid_request")
    (finding,) = [check for check in web.site.cli_json("doctor")["checks"] if check["name"] == "metadata"]
    assert finding["status"] == status and "404" in finding["message"], finding


def test_issuer_of_its_own(site_with):
    web = site_with({"server": {"base_url": "https://a.example"}, "token": {"issuer": "https://issuer.example"}})
    told = web.send(get(WELL_KNOWN)).json
    assert (told["issuer"], told["token_endpoint"]) == ("https://issuer.example", "https://a.example/oauth2/token")
    assert seeds.claims(web.oauth_token(APP).json["access_token"])[1]["iss"] == "https://issuer.example"


def test_fixed_paths_belong_to_the_dialect(site_with):
    """They are there once whatever the prefixes, and not at all without it."""
    web = site_with({"dialect.oauth": {"prefix": "/,/b"}})
    assert web.send(get("/healthz")).status == 200 and web.send(get("/b/healthz")).status == 404
    assert web.send(get("/b/captcha")).status == web.send(get("/captcha")).status == 200
    web = site_with({"dialect.oauth": {"enabled": "no"}})
    for path in ("/healthz", f"{PREFIX}/jwks", WELL_KNOWN):
        assert web.send(get(path)).status == 404


# ---- Health ---------------------------------------------------------------------------------------------------
def test_healthz(web):
    response = web.send(get("/healthz"))
    assert (response.status, response.json) == (200, {"status": "ok"})
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE

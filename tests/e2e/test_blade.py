"""blade, the dialect of BladeX. Source: contracts, section blade; seeds 000 and 002."""

import os
import time

import pytest
from harness import seeds
from harness.crowd import simultaneously
from harness.errors import NO_STORE, blade
from harness.visitor import BLADE_WAYS, DEMO_LIFETIMES, SWORD, Visitor, basic, bearer, md5
from harness.wire import Request, get, post_form, post_json, post_query

BLADE = "/kom-ams-auth/oauth"
# Names and ids of the site the sample was taken from.
SITE_TEXTS = ("tenant_name", "real_name", "nick_name", "role_id", "role_name", "dept_id", "post_id", "license")


def seed_login(web):
    """The seed's example request, with a live captcha in place of its old one."""
    key, answer = web.blade_captcha()
    return seeds.example_request("002") | {"captchaKey": key, "captchaCode": answer}


# ---- The seeds' examples --------------------------------------------------------------------------------------
def test_captcha_as_in_the_seed(web):
    response = web.send(get(f"{BLADE}/captcha"), through=web.site.server.curl)
    assert f"{BLADE}/captcha" in seeds.text("000")
    assert response.status == 200
    assert seeds.matches(response.json, seeds.answer("000"))
    assert seeds.picture(response.json["image"]) == seeds.picture(seeds.answer("000")["image"])
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE


def test_token_as_in_the_seed(web):
    assert f"{BLADE}/token" in seeds.text("002") and SWORD in seeds.text("002")
    response = web.send(
        post_json(f"{BLADE}/token", seed_login(web), Authorization=SWORD, tenantId="000000"),
        through=web.site.server.curl,
    )
    assert response.status == 200, response
    sample = seeds.answer("002")
    assert seeds.matches(response.json, sample, SITE_TEXTS)
    for name in ("token_type", "scope", "tenant_id", "user_name", "account", "client_id", "password_expired"):
        assert response.json[name] == sample[name]
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE


def test_claims_as_in_the_seed(web):
    answer = web.blade_token(seed_login(web)).json
    header, claims = seeds.claims(answer["access_token"])
    sample_header, sample = seeds.claims(seeds.answer("002")["access_token"])
    assert {key: header[key] for key in sample_header} == sample_header
    added = {"token_type", "iss", "iat"}
    assert set(claims) == set(sample) | added
    assert seeds.matches(
        dict(sorted((key, value) for key, value in claims.items() if key not in added)),
        dict(sorted(sample.items())),
        SITE_TEXTS,
    )


def test_refresh_tokens_say_type_ids_and_times_only(web):
    """Front ends keep them in a cookie and send them in a query: with many roles they were too long for lighttpd."""
    answer = web.blade_token(seed_login(web)).json
    header, claims = seeds.claims(answer["refresh_token"])
    sample_header, _ = seeds.claims(seeds.answer("002")["refresh_token"])
    assert {key: header[key] for key in sample_header} == sample_header
    assert list(claims) == ["token_type", "iss", "jti", "ati", "iat", "exp"]
    assert claims["token_type"] == "refresh_token"


def test_a_person_of_many_roles_refreshes_as_saber_does(web):
    """Two cookies and a header with the access token, a cookie and a query with the refresh token: below 8 KiB."""
    many = ",".join(str(1123598816738675200 + i) for i in range(12))
    user = web.site.new_user("--role-id", many, "--dept-id", many, "--post-id", many, "--role-name", many)
    login = web.blade_login(user)
    cookie = f"saber-access-token={login['access_token']}; saber-refresh-token={login['refresh_token']}"
    fields = {"grant_type": "refresh_token", "scope": "all", "refresh_token": login["refresh_token"]}
    request = post_query(f"{BLADE}/token", fields, Authorization=SWORD, Blade_Auth=bearer(login["access_token"]))
    assert web.send(request.plus(Cookie=cookie)).status == 200


def test_claims_repeat_the_answer(web):
    answer = web.blade_token(seed_login(web)).json
    _, access = seeds.claims(answer["access_token"])
    _, refresh = seeds.claims(answer["refresh_token"])
    same = set(access) & set(answer) - {"scope", "password_last_update_date", "token_type"}
    assert {key: access[key] for key in same} == {key: answer[key] for key in same}
    assert access["scope"] == [answer["scope"]] and access["authorities"] == answer["role_id"].split(",")
    assert refresh["ati"] == access["jti"] == answer["jti"] != refresh["jti"]
    assert time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(access["password_last_update_date"] / 1000 + 8 * 3600)) == (
        answer["password_last_update_date"]
    ), "milliseconds in the claim; Asia/Shanghai in the answer"
    assert (access["exp"] - access["iat"], refresh["exp"] - refresh["iat"]) == DEMO_LIFETIMES
    assert DEMO_LIFETIMES[0] - 60 < answer["expires_in"] <= DEMO_LIFETIMES[0]


# ---- Where parameters may stand -------------------------------------------------------------------------------
@pytest.mark.parametrize("way", BLADE_WAYS)
def test_captcha_grant(web, user, way):
    response = web.blade_token(web.blade_captcha_fields(user), BLADE_WAYS[way])
    assert response.status == 200 and response.json["account"] == user.account, response


@pytest.mark.parametrize("way", BLADE_WAYS)
@pytest.mark.parametrize(
    "fields",
    [{"grant_type": "password", "username": "admin"}, {"grant_type": "password", "account": "admin"}],
    ids=["username", "account"],
)
def test_password_grant(web, way, fields):
    response = web.blade_token(fields | {"password": md5("admin")}, BLADE_WAYS[way])
    assert response.status == 200 and response.json["account"] == "admin", response


def test_captcha_in_headers(web, user):
    key, answer = web.blade_captcha()
    fields = web.blade_captcha_fields(user, (key, answer))
    del fields["captchaKey"], fields["captchaCode"]
    response = web.blade_token(fields, Captcha_Key=key, Captcha_Code=answer)
    assert response.status == 200, response


def test_answer_in_capitals_and_in_lower_case(web, user):
    for change in (str.upper, str.lower):
        key, answer = web.blade_captcha()
        assert web.blade_token(web.blade_captcha_fields(user, (key, change(answer)))).status == 200


@pytest.fixture(scope="session")
def other_tenant(site):
    """A second tenant with an account of its own."""
    site.cli("tenant", "add", "other-1", "--name", "另一个租户")
    site.cli("user", "add", "guest", "--tenant", "other-1", line="the guest's own")
    return "other-1"


@pytest.mark.parametrize(
    "headers, fields",
    [
        ({"Tenant_Id": "other-1"}, {}),
        ({"tenantId": "other-1"}, {}),
        ({}, {"tenant_id": "other-1"}),
        ({}, {"tenantId": "other-1"}),
        ({"Tenant_Id": "other-1", "tenantId": "other-1"}, {"tenantId": "other-1", "tenant_id": "other-1"}),
    ],
    ids=["Tenant-Id", "tenantId", "param-tenant_id", "param-tenantId", "all-the-same"],
)
def test_tenant(web, other_tenant, headers, fields):
    login = {"grant_type": "password", "username": "guest", "password": md5("the guest's own")}
    answer = web.blade_token(login | fields, **headers)
    assert answer.status == 200, answer
    assert (answer.json["tenant_id"], answer.json["tenant_name"]) == ("other-1", "另一个租户")


def test_tenants_are_apart(web, other_tenant):
    fields = {"grant_type": "password", "username": "guest", "password": md5("the guest's own")}
    blade(web.elsewhere().blade_token(fields), 400, 2001)
    blade(web.elsewhere().blade_token(fields, Tenant_Id="no-such-tenant"), 400, 2001)


CONFLICTS = {
    "tenant-header-and-body": dict(fields={"tenantId": "000000"}, headers={"Tenant_Id": "other-1"}),
    "two-tenant-headers": dict(headers={"Tenant_Id": "000000", "tenantId": "other-1"}),
    "username-and-account": dict(fields={"account": "root"}),
    "body-and-query": dict(query="grant_type=captcha"),
    "captcha-header-and-body": dict(
        fields={"grant_type": "captcha", "captchaKey": "a", "captchaCode": "c"}, headers={"Captcha_Key": "b"}
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_conflicting_parameters(web, case):
    conflict = {"fields": {}, "headers": {}, "query": ""} | CONFLICTS[case]
    fields = {"grant_type": "password", "username": "admin", "password": md5("admin")} | conflict["fields"]
    path = f"{BLADE}/token" + ("?" + conflict["query"] if conflict["query"] else "")
    response = web.send(post_json(path, fields, Authorization=SWORD, **conflict["headers"]))
    assert blade(response, 400)["error"] == "invalid_request"


def test_the_same_value_twice_is_no_conflict(web):
    fields = {"grant_type": "password", "username": "admin", "account": "admin", "password": md5("admin")}
    response = web.send(post_json(f"{BLADE}/token?grant_type=password", fields, Authorization=SWORD))
    assert response.status == 200, response


def test_what_clients_send_without_need(web):
    """Saber sends these, empty or stale."""
    fields = {"grant_type": "password", "username": "admin", "password": md5("admin"), "type": "account", "fp": "f"}
    empty = {"Dept_Id": "", "Role_Id": "", "Captcha_Key": "", "Captcha_Code": "", "Blade_Auth": "bearer stale"}
    assert web.blade_token(fields, **empty).status == 200


def test_fingerprint_is_kept(web, user):
    web.blade_token(web.blade_captcha_fields(user, fp="4d3f443b7e074cd32e959bfe218d9a61"))
    rows = web.site.query(
        "SELECT fingerprint, address FROM session JOIN user ON user.id = user_id WHERE account = ?", user.account
    )
    assert rows == [("4d3f443b7e074cd32e959bfe218d9a61", web.address)]


def test_query_credentials_can_be_turned_off(site_with):
    web = site_with({"dialect.blade": {"query_credentials": "no"}})
    fields = {"grant_type": "password", "username": "admin", "password": md5("admin")}
    blade(web.blade_token(fields, BLADE_WAYS["query"]), 400)
    assert web.blade_token(fields).status == 200


def test_several_prefixes(site_with):
    web = site_with({"dialect.blade": {"prefix": "/blade-auth,/a/b"}})
    assert web.send(get("/blade-auth/oauth/captcha")).status == 200
    assert web.send(get("/a/b/oauth/captcha")).status == 200
    assert web.send(get("/kom-ams-auth/oauth/captcha")).status == 404


# ---- The client -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def odd_client(site):
    """A client whose secret needs percent-encoding."""
    client, secret = "odd-client", "s p+a%c/e:ü"
    site.cli("client", "add", client, "--grants", "client_credentials", "--secret", line=secret)
    return client, secret


APP = {"grant_type": "client_credentials"}


def test_client_in_the_body(web):
    fields = APP | {"client_id": "sword", "client_secret": "sword_secret"}
    assert web.send(post_json(f"{BLADE}/token", fields)).status == 200
    assert web.send(post_form(f"{BLADE}/token", fields)).status == 200


def test_client_is_percent_decoded(web, odd_client):
    assert web.blade_token(APP, Authorization=basic(*odd_client)).status == 200
    every_byte = ["".join(f"%{byte:02x}" for byte in part.encode()) for part in odd_client]
    assert web.blade_token(APP, Authorization=basic(*every_byte, encode=False)).status == 200
    in_body = dict(zip(("client_id", "client_secret"), odd_client))
    assert web.send(post_form(f"{BLADE}/token", APP | in_body)).status == 200


def test_client_in_header_and_body(web):
    more = {"client_id": "sword", "client_secret": "sword_secret"}
    assert blade(web.blade_token(APP | more), 400)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "authorization",
    [basic("sword", "wrong"), basic("nobody", "sword_secret"), basic("sword", ""), "Basic", "Basic !!!",
     "Basic c3dvcmQ=", "Digest x", "Bearer x", "", None],
    ids=["secret", "id", "empty-secret", "no-value", "no-base64", "no-colon", "digest", "bearer", "empty", "absent"],
)  # fmt: skip
def test_wrong_client(web, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    response = web.send(post_json(f"{BLADE}/token", APP, **headers))
    assert blade(response, 401, 3000)["error"] == "invalid_client"


def test_unknown_client_looks_like_a_wrong_secret(web):
    answers = [web.blade_token(APP, Authorization=basic(*pair)) for pair in (("sword", "x"), ("nobody", "x"))]
    assert answers[0].body == answers[1].body and answers[0].status == answers[1].status == 401


def test_public_clients_cannot_authenticate(web):
    for secret in ("", "ebaas"):
        blade(web.blade_token(APP, Authorization=basic("ebaas", secret)), 401, 3000)


def test_client_credentials(web):
    response = web.blade_token(APP | {"scope": "all"})
    assert response.status == 200 and "refresh_token" not in response.json, response
    assert response.json["client_id"] == "sword" and "user_name" not in response.json
    blade(web.blade_user_info(response.json["access_token"]), 401)


def test_grant_the_client_may_not_use(web, odd_client):
    fields = {"grant_type": "password", "username": "admin", "password": md5("admin")}
    response = web.blade_token(fields, Authorization=basic(*odd_client))
    assert blade(response, 400, 4000)["error"] == "unauthorized_client"


@pytest.mark.parametrize("grant", ["authorization_code", "CAPTCHA", "captcha "])
def test_unknown_grant(web, grant):
    assert blade(web.blade_token({"grant_type": grant}), 400, 4000)["error"] == "unsupported_grant_type"


def test_no_grant(web):
    assert blade(web.blade_token({"scope": "all"}), 400)["error"] == "invalid_request"


def test_scope_beyond_the_client(web):
    assert blade(web.blade_token(APP | {"scope": "everything"}), 400)["error"] == "invalid_scope"


# ---- The login ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("missing", ["username", "password", "captchaKey", "captchaCode"])
def test_missing_parameter(web, missing):
    fields = {"grant_type": "captcha", "username": "a", "password": md5("a"), "captchaKey": "k", "captchaCode": "c"}
    for fields[missing] in ("", None):
        assert blade(web.blade_token(fields), 400)["error"] == "invalid_request"
    del fields[missing]
    assert blade(web.blade_token(fields), 400)["error"] == "invalid_request"


def test_unknown_user_looks_like_a_wrong_password(web, user):
    parts = ({"password": "wrong"}, {"account": "x"})
    wrong = [web.elsewhere().blade_password_login(user._replace(**part)) for part in parts]
    assert wrong[0].body == wrong[1].body
    body = blade(wrong[0], 400, 2001)
    assert body["error"] == "invalid_grant" and body["msg"] == "用户名或密码错误"


def test_captchas_that_fail_look_the_same(web, user):
    used = web.blade_captcha()
    assert web.blade_token(web.blade_captcha_fields(user, used)).status == 200
    failing = [used, ("0" * 32, "abcde"), (web.blade_captcha()[0], "wrong"), ("", "x" * 40), ("' OR 1=1 --", "x")]
    bodies = {web.blade_token(web.blade_captcha_fields(user, pair)).body for pair in failing if pair[0]}
    assert len(bodies) == 1
    body = blade(web.blade_token(web.blade_captcha_fields(user, used)), 400, 2004)
    assert body["error"] == "invalid_grant" and body["msg"] == "验证码不正确"


def test_wrong_answer_consumes_the_captcha(web, user):
    key, answer = web.blade_captcha()
    blade(web.blade_token(web.blade_captcha_fields(user, (key, "wrong"))), 400, 2004)
    blade(web.blade_token(web.blade_captcha_fields(user, (key, answer))), 400, 2004)


def test_wrong_password_consumes_the_captcha(web, user):
    captcha = web.blade_captcha()
    fields = web.blade_captcha_fields(user, captcha)
    blade(web.blade_token(fields | {"password": md5("wrong")}), 400, 2001)
    blade(web.blade_token(fields), 400, 2004)


def test_password_that_is_not_md5(web):
    fields = {"grant_type": "password", "username": "admin", "password": "admin"}
    assert blade(web.blade_token(fields), 400)["error"] == "invalid_request"


def test_locked_account_looks_like_a_wrong_password(web, user):
    web.site.cli("user", "lock", user.account, "--tenant", "000000")
    blade(web.blade_password_login(user), 400, 2001)
    web.site.cli("user", "unlock", user.account, "--tenant", "000000")
    assert web.elsewhere().blade_password_login(user).status == 200


def test_captcha_of_another_dialect(web, user):
    for captcha in (web.ebaas_captcha(), web.platform_captcha(), web.eplatform_captcha()):
        blade(web.blade_token(web.blade_captcha_fields(user, captcha)), 400, 2004)


def test_captchas_differ(web):
    issued = [web.send(get(f"{BLADE}/captcha")).json for _ in range(5)]
    assert len({one["key"] for one in issued}) == len({one["image"] for one in issued}) == 5


# ---- Refreshing -----------------------------------------------------------------------------------------------
def test_refresh_rotates(web, user):
    first = web.blade_login(user)
    second = web.blade_refresh(first["refresh_token"])
    assert second.status == 200, second
    assert list(second.json) == list(first)
    unchanged = set(first) - {"access_token", "refresh_token", "expires_in", "jti"}
    assert {key: first[key] for key in unchanged} == {key: second.json[key] for key in unchanged}
    for name in ("access_token", "refresh_token", "jti"):
        assert first[name] != second.json[name]
    third = web.blade_refresh(second.json["refresh_token"])
    assert third.status == 200, third


def test_grace_window_answers_with_the_same_pair(web, user):
    token = web.blade_login(user)["refresh_token"]
    answers = [web.blade_refresh(token).json for _ in range(3)]
    assert len({(one["access_token"], one["refresh_token"]) for one in answers}) == 1
    assert web.blade_user_info(answers[0]["access_token"]).status == 200


SABER_49 = {"Blade_Requested_With": "BladeHttpRequest"}


def reused(site_with, how):
    """A login whose refresh token was used; without a grace window, so that it is late at once."""
    web = site_with({"token": {"refresh_grace": "0"}})
    web.site.cli("client", "set", "sword", "--refresh-reuse", how)
    user = web.site.new_user()
    first = web.blade_login(user)
    second = web.blade_refresh(first["refresh_token"]).json
    assert web.blade_user_info(second["access_token"]).status == 200
    return web, user, first, second


def test_reuse_after_the_grace_window_ends_the_family(site_with):
    web, user, first, second = reused(site_with, "end")
    assert blade(web.blade_refresh(first["refresh_token"]), 401, 2010)["error"] == "invalid_grant"
    blade(web.blade_refresh(second["refresh_token"]), 401, 2010)
    blade(web.blade_user_info(second["access_token"]), 401)
    assert web.blade_login(user)["account"] == user.account, "another login is not touched"


def test_a_stale_tab_gets_the_newest_pair(site_with):
    """Two tabs of one browser, each with its own token: neither ends the other's login, whoever comes when."""
    web, _, first, second = reused(site_with, "dialect")
    stale = [web.blade_refresh(first["refresh_token"]).json for _ in range(2)]
    for answer in stale:
        assert (answer["access_token"], answer["refresh_token"]) == (second["access_token"], second["refresh_token"])
        assert 0 < answer["expires_in"] <= second["expires_in"]
    third = web.blade_refresh(stale[0]["refresh_token"]).json
    assert third["refresh_token"] != second["refresh_token"]
    for token in (first, second):
        assert web.blade_refresh(token["refresh_token"]).json["refresh_token"] == third["refresh_token"]
    assert web.blade_user_info(third["access_token"]).status == 200
    rows = web.site.query("SELECT address FROM audit WHERE action = 'refresh.stale'")
    assert rows == [(web.address,)] * 2, "once for each of the two used tokens"


def test_a_used_token_from_elsewhere_ends_the_family(site_with):
    web, _, first, second = reused(site_with, "dialect")
    thief = web.elsewhere()
    blade(thief.blade_refresh(first["refresh_token"]), 401, 2010)
    blade(web.blade_refresh(second["refresh_token"]), 401, 2010)
    blade(web.blade_user_info(second["access_token"]), 401)
    assert web.site.query("SELECT address FROM audit WHERE action = 'refresh.reuse'") == [(thief.address,)]


def test_a_thief_who_was_first_is_found_out_by_the_owner(site_with):
    web = site_with({"token": {"refresh_grace": "0"}})
    user = web.site.new_user()
    first = web.blade_login(user)
    stolen = web.elsewhere().blade_refresh(first["refresh_token"]).json
    blade(web.blade_refresh(first["refresh_token"]), 401, 2010)
    blade(web.blade_user_info(stolen["access_token"]), 401)


def test_a_used_token_can_be_refused_and_no_more(site_with):
    web, _, first, second = reused(site_with, "refuse")
    for visitor in (web, web.elsewhere()):
        blade(visitor.blade_refresh(first["refresh_token"]), 401, 2010)
    assert web.blade_refresh(second["refresh_token"]).status == 200


@pytest.mark.parametrize("end", ["logout", "lock", "passwd", "client"])
def test_a_stale_tab_gets_nothing_of_what_ended(site_with, end):
    web, user, first, second = reused(site_with, "dialect")
    if end == "logout":
        assert web.send(get(f"{BLADE}/logout", Blade_Auth=bearer(second["access_token"]))).status == 200
    elif end == "lock":
        web.site.cli("user", "lock", user.account)
    elif end == "passwd":
        web.site.cli("user", "passwd", user.account, line="Another-one-7")
    else:
        web.site.cli("client", "set", "sword", "--refresh-reuse", "refuse")
    blade(web.blade_refresh(first["refresh_token"]), 401, 2010)


def test_stale_tabs_beside_one_that_refreshes(site_with):
    """Half of them come with the used token while the others refresh the newest: one chain, and nobody is put out."""
    web, _, first, second = reused(site_with, "dialect")
    tokens = [first["refresh_token"], second["refresh_token"]] * 6
    answers = simultaneously(len(tokens), lambda i: web.blade_refresh(tokens[i]))
    assert {answer.status for answer in answers} == {200}, answers
    got = {answer.json["refresh_token"] for answer in answers}
    assert got <= {second["refresh_token"], answers[1].json["refresh_token"]}
    assert web.site.query("SELECT count(*) FROM token WHERE used_s IS NULL") == [(1,)]


def test_stale_tabs_at_once(site_with):
    """All get one and the same pair, and there is no branch: one row of the family is not used."""
    web = site_with({"token": {"refresh_grace": "0"}})
    user = web.site.new_user()
    first = web.blade_login(user)
    answers = simultaneously(12, lambda _: web.blade_refresh(first["refresh_token"]))
    assert {answer.status for answer in answers} == {200}, answers
    assert len({answer.json["refresh_token"] for answer in answers}) == 1
    assert web.site.query("SELECT count(*) FROM token WHERE used_s IS NULL") == [(1,)]


def test_lifetime_of_a_family(site_with):
    web = site_with({"token": {"family_ttl": "5000", "access_ttl": "4000", "refresh_ttl": "100000"}})
    web.site.cli("client", "add", "short", "--grants", "password,refresh_token", "--secret", line="secret")
    authorization = {"Authorization": basic("short", "secret")}
    login = {"grant_type": "password", "username": "admin", "password": md5("admin")}
    first = web.blade_token(login, **authorization).json
    second = web.blade_refresh(first["refresh_token"], **authorization).json
    ends = [seeds.claims(one["refresh_token"])[1]["exp"] for one in (first, second)]
    assert ends[0] == ends[1] == seeds.claims(first["refresh_token"])[1]["iat"] + 5000
    assert 0 < second["expires_in"] <= 4000


def tampered(token):
    head, payload, signature = token.split(".")
    return f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


@pytest.mark.parametrize(
    "broken",
    [lambda t: "x", lambda t: tampered(t["refresh_token"]), lambda t: t["access_token"],
     lambda t: t["refresh_token"] + "."],
    ids=["garbage", "signature", "access-token", "four-parts"],
)  # fmt: skip
def test_refresh_with_something_else(web, user, broken):
    """Saber 2.9 goes to its login page on 401 only; 4.9, which is known by its header, waits for ever on 401."""
    token = broken(web.blade_login(user))
    body = blade(web.blade_refresh(token), 401, 2010)
    assert (body["error"], body["msg"]) == ("invalid_grant", "刷新令牌无效或已过期")
    body = blade(web.blade_refresh(token, **SABER_49), 400, 2010)
    assert 401 not in body.values()


def test_refresh_by_another_client(web, user):
    web.site.cli("client", "add", f"thief-{user.account}", "--grants", "refresh_token", "--secret", line="thief")
    token = web.blade_login(user)["refresh_token"]
    blade(web.blade_refresh(token, Authorization=basic(f"thief-{user.account}", "thief")), 401, 2010)
    assert web.blade_refresh(token).status == 200


# ---- The session ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("header", ["Blade_Auth", "Authorization"])
@pytest.mark.parametrize("scheme", ["bearer", "Bearer"])
def test_user_info(web, user, header, scheme):
    login = web.blade_login(user)
    response = web.send(get(f"{BLADE}/user-info", **{header: f"{scheme} {login['access_token']}"}))
    assert response.status == 200, response
    assert list(response.json) == ["code", "success", "data", "msg"]
    assert (response.json["code"], response.json["success"], response.json["msg"]) == (200, True, "操作成功")
    data = response.json["data"]
    assert data["account"] == user.account and isinstance(data["roles"], list)
    assert data["user_id"] == login["user_id"]


def test_user_info_with_something_else(web, user):
    """Without error_code (harness/errors.py)."""
    login = web.blade_login(user)
    blade(web.send(get(f"{BLADE}/user-info")), 401)
    for token in ("x", tampered(login["access_token"]), login["refresh_token"], ""):
        blade(web.blade_user_info(token), 401)


def test_nobody_ends_the_token_that_a_page_shares(web):
    """A client's own token: whoever opens the page has it."""
    token = web.app_token()
    assert web.send(get(f"{web.BLADE}/logout", Authorization=f"Bearer {token}")).status == 200
    assert web.eplatform_captcha(token)


def test_names_that_the_visitor_made_are_not_logged(web):
    """A password with a bare & in it, sent as a form, is several parameters."""
    secret = f"piece{os.urandom(4).hex()}"
    body = f"grant_type=password&username=x&password=a&{secret}=1&{secret}=2"
    form = Request("POST", f"{web.BLADE}/token", body=body.encode()).plus(
        Content_Type="application/x-www-form-urlencoded", Authorization=SWORD)  # fmt: skip
    blade(web.send(form), 400)
    assert not any(secret.encode() in log for log in web.site.logs().values())


def test_logout_ends_the_session(web, user):
    login, other = web.blade_login(user), web.blade_login(user)
    response = web.send(get(f"{BLADE}/logout", Blade_Auth=bearer(login["access_token"])))
    assert (response.status, response.body) == (200, b'{"success":"true","msg":"success"}')
    blade(web.blade_user_info(login["access_token"]), 401)
    blade(web.blade_refresh(login["refresh_token"]), 401, 2010)
    assert web.blade_user_info(other["access_token"]).status == 200


def test_logout_without_a_token(web):
    for headers in ({}, {"Blade_Auth": "bearer stale"}):
        response = web.send(get(f"{BLADE}/logout", **headers))
        assert (response.status, response.json) == (200, {"success": "true", "msg": "success"})


def test_posting_to_logout_only_acknowledges(web, user):
    token = web.blade_login(user)["access_token"]
    request = post_json(f"{BLADE}/logout", [{"type": "log"}], Blade_Auth=bearer(token))
    assert web.send(request).json == {"success": "true", "msg": "success"}
    assert web.blade_user_info(token).status == 200


# ---- Change of password ---------------------------------------------------------------------------------------
NEW = "Something-else-7"
ALONE = {"dialect.springblade": {"enabled": "no"}}  # else the path is springblade's, whose answers are alike


@pytest.mark.parametrize("path", ["/blade-system/user/update-password", "/blade-user/update-password"])
def test_changing_the_password(site_with, path):
    """As BladeX's front ends do: MD5s in a query, beside the stale and the good headers of every request."""
    web = site_with(ALONE)
    user = web.site.new_user("--password-expired", "yes")
    mine, other = web.blade_login(user), web.blade_login(user)
    assert mine["password_expired"] is True
    response = web.update_password(mine["access_token"], md5(user.password), md5(NEW), path=path)
    assert (response.status, response.json) == (200, {"code": 200, "success": True, "data": None, "msg": "操作成功"})
    assert web.blade_user_info(mine["access_token"]).status == 200
    assert web.blade_refresh(mine["refresh_token"]).status == 200, "this login goes on"
    blade(web.blade_user_info(other["access_token"]), 401)
    blade(web.blade_refresh(other["refresh_token"]), 401, 2010)
    blade(web.blade_password_login(user), 400, 2001)
    assert web.elsewhere().blade_login(user._replace(password=NEW))["password_expired"] is False


def test_what_a_change_of_password_refuses(site_with):
    web = site_with(ALONE)
    user = web.site.new_user()
    token, old = web.blade_login(user)["access_token"], md5(user.password)
    assert blade(web.update_password(token, old, md5(NEW), md5("x")), 400)["msg"] == "两次输入的新密码不一致"
    assert blade(web.update_password(token, old, md5("12345678")), 400)["msg"] == "新密码过于常见，请换一个"
    assert blade(web.update_password(token, old, md5(user.account)), 400)["msg"] == "新密码不能与账号相同"
    assert blade(web.update_password(token, old, ""), 400)["msg"] == "参数[newPassword]不能为空"
    assert blade(web.update_password(token, md5("x"), md5(NEW)), 400, 2001)["msg"] == "原密码不正确"
    for bad in ("", "x", web.app_token()):
        blade(web.update_password(bad, old, md5(NEW)), 401)
    assert web.blade_password_login(user, **dict(zip(("captchaKey", "captchaCode"), web.blade_captcha()))).status == 200


def test_a_change_of_password_below_a_longer_prefix(site_with):
    """It stands beside the prefix, however long that is."""
    web = site_with(ALONE | {"dialect.blade": {"prefix": "/api/blade-auth,/blade-auth"}})
    web = Visitor(web.site, web.client)
    web.BLADE = "/api/blade-auth/oauth"
    user = web.site.new_user()
    token = web.blade_login(user)["access_token"]
    old, new = md5(user.password), md5(NEW)
    assert web.update_password(token, old, new, path="/api/blade-system/user/update-password").status == 200
    assert web.update_password(token, new, old, path="/blade-system/user/update-password").status == 200
    assert web.update_password(token, old, new, path="/blade-auth/user/update-password").status == 404


def test_expose_answer_off(site_with):
    web = site_with({"captcha": {"expose_answer": "no"}})
    response = web.send(get(f"{BLADE}/captcha"))
    assert list(response.json) == ["key", "image"]
    assert response.header("X-Captcha-Code") is None
    response = web.send(post_json("/code", b"", source="PC"))
    assert response.status == 200 and response.header("X-Captcha-Code") is None

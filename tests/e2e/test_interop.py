"""
Independent clients (npm): jose verifies tokens with the published key set, and tokens that it mints wrongly are refused;
oauth4webapi uses the standard surface, finding it by the issuer; passwords that sm-crypto encrypts log in.
"""

import base64
import json
import secrets
import time
import uuid

import pytest
from conftest import running_site
from harness import node, seeds
from harness.servers import free_port
from harness.visitor import CAPTCHA_GRANT, Visitor, basic, md5
from harness.wire import get

PAIRS = ["RS256", "ES256", "EdDSA"]
GRANTS = "captcha,password,refresh_token,client_credentials"
AUDIENCE = "api"


@pytest.fixture(scope="module")
def web():
    """A site that knows its own address, over HTTP: its clients are called as what signs for them."""
    node.prepare()
    port = free_port()
    settings = {"server": {"base_url": f"http://127.0.0.1:{port}"}}
    with running_site("lighttpd-root", settings, port) as site:
        site.issuer = settings["server"]["base_url"]
        site.jwks_uri = f"{site.issuer}/oauth2/jwks"
        for alg in [*PAIRS, "HS256"]:
            options = ["--alg", alg, "--audience", AUDIENCE, "--secret"]
            site.cli("client", "add", alg, "--grants", GRANTS, *options, line="secret")
        site.cli("client", "add", AUDIENCE, "--grants", "client_credentials", "--secret", line="secret")
        yield Visitor(site, site.server.client)


@pytest.fixture(scope="module")
def user(web):
    return web.site.new_user()


def log_in(web, user, client):
    """An access token of the standard surface."""
    response = web.oauth_token(web.oauth_captcha_fields(user), Authorization=basic(client, "secret"))
    assert response.status == 200, response
    return response.json["access_token"]


# ---- Tokens verify with the published keys --------------------------------------------------------------------
def verify(web, token, alg, **more):
    expected = {"issuer": web.site.issuer, "audience": AUDIENCE, "algorithms": [alg]}
    return node.call("jose", "verify", token=token, jwks_uri=web.site.jwks_uri, **(expected | more))


@pytest.mark.parametrize("alg", PAIRS)
def test_tokens_verify(web, user, alg):
    token = log_in(web, user, alg)
    told = verify(web, token, alg)
    assert (told["header"], told["payload"]) == seeds.claims(token)
    assert told["header"]["alg"] == alg and told["payload"]["client_id"] == alg


@pytest.mark.parametrize("alg", PAIRS)
def test_tokens_of_blade_verify(web, user, alg):
    response = web.blade_token(web.blade_captcha_fields(user), Authorization=basic(alg, "secret"))
    assert verify(web, response.json["access_token"], alg)["payload"]["account"] == user.account


@pytest.mark.parametrize(
    "wrong", [{"audience": "other"}, {"issuer": "https://other.example"}, {"algorithms": ["PS256"]}], ids=str
)
def test_the_verifier_would_notice(web, user, wrong):
    with pytest.raises(node.Refused):
        verify(web, log_in(web, user, "RS256"), "RS256", **wrong)


def test_the_key_set_is_public_keys_only(web):
    keys = web.send(get("/oauth2/jwks")).json["keys"]
    assert sorted(key["alg"] for key in keys) == sorted(PAIRS)
    members = {"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}, "OKP": {"crv", "x"}}
    for key in keys:
        assert set(key) == {"kty", "kid", "alg", "use"} | members[key["kty"]] and key["use"] == "sig"


def test_imported_key(site_with):
    """A shared key of services that exist already: jose verifies with its bytes."""
    web = site_with({})
    shared = secrets.token_urlsafe(24)
    web.site.cli("key", "import", line=shared)
    token = web.oauth_login(web.site.new_user())["access_token"]
    expected = {"issuer": "menshen", "algorithms": ["HS256"]}
    node.prepare()
    told = node.call("jose", "verify", token=token, secret=encode(shared.encode()), **expected)
    assert told["payload"] == seeds.claims(token)[1]
    with pytest.raises(node.Refused):
        node.call("jose", "verify", token=token, secret=encode(shared.encode() + b"x"), **expected)


@pytest.mark.parametrize("alg", PAIRS)
def test_tokens_verify_after_a_rotation(web, user, alg):
    before = log_in(web, user, alg)
    web.site.cli("key", "rotate", "--alg", alg, "--publish-ahead", "0")
    after = log_in(web, user, alg)
    kids = [verify(web, token, alg)["header"]["kid"] for token in (before, after)]
    assert kids[0] != kids[1]
    assert all(web.oauth_introspect(token, Authorization=API)["active"] for token in (before, after))


# ---- Tokens minted elsewhere ----------------------------------------------------------------------------------
API = basic(AUDIENCE, "secret")


def encode(data):
    return base64.b64encode(data).decode()


def dump(claims):
    return json.dumps(claims, separators=(",", ":"), ensure_ascii=False)


class Mint:
    """Makes tokens like a live one of the client `alg`, with the site's own key, which a thief of it would have."""

    def __init__(self, web, user, alg):
        self.web, self.alg = web, alg
        self.live = log_in(web, user, alg)
        self.header, self.claims = seeds.claims(self.live)
        if alg == "HS256":
            sql = "SELECT secret FROM sign_key WHERE alg = ? ORDER BY signs_from_s DESC LIMIT 1"
            ((secret,),) = web.site.query(sql, alg)
            self.key = {"secret": encode(secret)}
        else:
            ((secret,),) = web.site.query("SELECT secret FROM sign_key WHERE kid = ?", self.header["kid"])
            self.key = {"pkcs8": encode(secret)}

    def token(self, header={}, without=(), text=None, **claims):
        """With the right key, and these differences; a claim that is None is left out."""
        changed = {name: value for name, value in (self.claims | claims).items() if value is not None}
        header = {name: value for name, value in (self.header | header).items() if name not in without}
        return node.call("jose", "mint", payload=text or dump(changed), header=header, **self.key)


@pytest.fixture(scope="module", params=[*PAIRS, "HS256"])
def mint(request, web, user):
    return Mint(web, user, request.param)


def is_accepted(web, token):
    """By introspection and by user-info, which must agree; as the client that the token is meant for."""
    active = web.oauth_introspect(token, Authorization=API)["active"]
    assert (web.blade_user_info(token).status == 200) is active
    return active


def test_a_right_token_is_accepted(web, mint):
    """Or the refusals below would show nothing."""
    assert is_accepted(web, mint.live)
    assert is_accepted(web, mint.token())
    assert is_accepted(web, mint.token(nbf=now() - 5))


HOUR = 3600


def now():
    return int(time.time())


WRONG = {
    "expired": lambda m: m.token(exp=now() - 1),
    "no-exp": lambda m: m.token(exp=None),
    "exp-as-text": lambda m: m.token(exp=str(now() + HOUR)),
    "exp-as-fraction": lambda m: m.token(exp=now() + HOUR + 0.5),
    "nbf-to-come": lambda m: m.token(nbf=now() + HOUR),
    "nbf-as-text": lambda m: m.token(nbf=str(now() - HOUR)),
    "iat-to-come": lambda m: m.token(iat=now() + HOUR),
    "wrong-iss": lambda m: m.token(iss="https://other.example"),
    "no-iss": lambda m: m.token(iss=None),
    "wrong-aud": lambda m: m.token(aud="other"),
    "no-aud": lambda m: m.token(aud=None),
    "refresh-token": lambda m: m.token(token_type="refresh_token"),
    "other-token-type": lambda m: m.token(token_type="id_token"),
    "no-token-type": lambda m: m.token(token_type=None),
    "jti-of-nothing": lambda m: m.token(jti=str(uuid.uuid4())),
    "no-jti": lambda m: m.token(jti=None),
    "duplicate-member": lambda m: m.token(text=dump(m.claims)[:-1] + f',"jti":"{m.claims["jti"]}"}}'),
    "duplicate-member-escaped": lambda m: m.token(text=dump(m.claims)[:-1] + ',"\\u0065xp":9999999999}'),
    "no-object": lambda m: m.token(text=f"[{dump(m.claims)}]"),
    "typ-at+jwt": lambda m: m.token({"typ": "at+jwt"}),
    "no-typ": lambda m: m.token(without=["typ"]),
    "wrong-kid": lambda m: m.token({"kid": "0123456789abcdef"}),
    "crit": lambda m: m.token({"crit": ["exp"], "exp": now() + HOUR}),
    "jku": lambda m: m.token({"jku": "https://other.example/jwks"}),
    "b64": lambda m: m.token({"zip": "DEF"}),
    "no-signature": lambda m: m.live.rpartition(".")[0] + ".",
    "alg-none": lambda m: node.call("jose", "unsigned", payload=dump(m.claims), header={"alg": "none", "typ": "JWT"}),
    "alg-none-kid": lambda m: node.call("jose", "unsigned", payload=dump(m.claims), header=m.header | {"alg": "none"}),
    "signature-of-another": lambda m: ".".join([*m.token(sub="1").split(".")[:2], m.live.split(".")[2]]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_tokens_are_refused(web, mint, case):
    assert not is_accepted(web, WRONG[case](mint))


# A shared secret has neither a kid nor a public half.
of_pairs = pytest.mark.parametrize("mint", PAIRS, indirect=True)


@of_pairs
def test_another_key_under_our_kid(web, mint):
    assert not is_accepted(web, node.call("jose", "forge", payload=dump(mint.claims), header=mint.header))


@of_pairs
def test_no_kid(web, mint):
    assert not is_accepted(web, mint.token(without=["kid"]))


@of_pairs
@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
@pytest.mark.parametrize("with_kid", [True, False])
def test_public_key_as_shared_secret(web, mint, form, with_kid):
    """CVE-2015-9235: the algorithm is the token's to name, and the key is the one it is known by."""
    header = {"alg": "HS256", "typ": "JWT"} | ({"kid": mint.header["kid"]} if with_kid else {})
    about = {"jwks_uri": web.site.jwks_uri, "kid": mint.header["kid"], "form": form}
    assert not is_accepted(web, node.call("jose", "confuse", payload=dump(mint.claims), header=header, **about))


def test_kid_of_another_key(web, user):
    """Each key has one algorithm: a signature by one of the site's keys is no good under the name of another."""
    mints = [Mint(web, user, alg) for alg in PAIRS]
    for mint in mints:
        for other in mints:
            header = other.header | {"kid": mint.header["kid"]}
            token = node.call("jose", "mint", payload=dump(mint.claims), header=header, **other.key)
            assert is_accepted(web, token) is (other is mint), f"{mint.alg}'s kid, signed with {other.alg}"


# ---- The standard surface with an OAuth client ----------------------------------------------------------------
def who(web, client="RS256", secret="secret", **more):
    return {"issuer": web.site.issuer, "client_id": client, "client_secret": secret} | more


def test_discovery(web):
    told = node.call("oauth", "discovery", issuer=web.site.issuer)
    assert told["token_endpoint"] == f"{web.site.issuer}/oauth2/token" and told["jwks_uri"] == web.site.jwks_uri


@pytest.mark.parametrize("method", ["basic", "post"])
def test_client_credentials(web, method):
    told = node.call("oauth", "client_credentials", **who(web, method=method), parameters={"scope": "all"})
    assert told["token_type"] == "bearer" and told["scope"] == "all"  # the library lowers the case
    assert verify(web, told["access_token"], "RS256")["payload"]["sub"] == "RS256"


def test_secret_that_needs_encoding(web):
    secret = "s p+a%c/e:ü&=~!*'()"
    web.site.cli("client", "add", "odd", "--grants", "client_credentials", "--secret", line=secret)
    for method in ("basic", "post"):
        assert node.call("oauth", "client_credentials", **who(web, "odd", secret, method=method))["access_token"]


@pytest.mark.parametrize("grant", ["password", CAPTCHA_GRANT])
def test_a_whole_login(web, user, grant):
    parameters = {"username": user.account, "password": md5(user.password)}
    if grant == CAPTCHA_GRANT:
        captcha_id, answer = web.oauth_captcha()
        parameters |= {"captcha_id": captcha_id, "captcha_answer": answer}
    first = node.call("oauth", "grant", **who(web), grant_type=grant, parameters=parameters)
    second = node.call("oauth", "refresh", **who(web), token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"] and second["scope"] == "all"
    told = node.call("oauth", "introspect", **who(web, AUDIENCE), token=second["access_token"])
    assert (told["active"], told["username"], told["aud"]) == (True, user.account, AUDIENCE)
    assert node.call("oauth", "introspect", **who(web), token=second["refresh_token"])["active"] is True
    assert node.call("oauth", "revoke", **who(web), token=second["refresh_token"]) is None
    assert node.call("oauth", "introspect", **who(web), token=second["access_token"]) == {"active": False}


def test_introspection_by_the_audience(web, user):
    """Of access tokens that are meant for it; refresh tokens are meant for nobody else."""
    login = web.oauth_token(web.oauth_captcha_fields(user), Authorization=basic("ES256", "secret")).json
    introspect = {"access_token": True, "refresh_token": False}
    for name, active in introspect.items():
        assert node.call("oauth", "introspect", **who(web, AUDIENCE), token=login[name])["active"] is active
        assert node.call("oauth", "introspect", **who(web, "EdDSA"), token=login[name]) == {"active": False}


REFUSALS = {
    "password": ("grant", {"grant_type": "password", "parameters": {"username": "x", "password": "0" * 32}},
                 "invalid_grant"),
    "captcha": ("grant", {"grant_type": CAPTCHA_GRANT, "parameters": {
        "username": "x", "password": "0" * 32, "captcha_id": "x", "captcha_answer": "x"}}, "invalid_grant"),
    "parameter": ("grant", {"grant_type": "password", "parameters": {"username": "x"}}, "invalid_request"),
    "grant": ("grant", {"grant_type": "urn:x", "parameters": {}}, "unsupported_grant_type"),
    "scope": ("client_credentials", {"parameters": {"scope": "more"}}, "invalid_scope"),
    "refresh": ("refresh", {"token": "x"}, "invalid_grant"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_are_understood(web, case):
    op, arguments, error = REFUSALS[case]
    with pytest.raises(node.Refused) as refused:
        node.call("oauth", op, **who(web), **arguments)
    assert (refused.value.told["name"], refused.value.error, refused.value.told["status"]) == (
        "ResponseBodyError", error, 400
    )  # fmt: skip


@pytest.mark.parametrize("op", ["client_credentials", "introspect", "revoke"])
def test_refused_clients_are_understood(web, op):
    """RFC 6749 §5.2: 401 with a challenge."""
    with pytest.raises(node.Refused) as refused:
        node.call("oauth", op, **who(web, secret="wrong"), token="x")
    assert (refused.value.told["name"], refused.value.told["status"]) == ("WWWAuthenticateChallengeError", 401)


# ---- Passwords encrypted in the browser -----------------------------------------------------------------------
@pytest.fixture(scope="module")
def sm2_client(web):
    web.site.cli("client", "add", "saber", "--grants", GRANTS, "--password-wire", "sm2", "--secret", line="secret")
    return basic("saber", "secret")


def encrypted(web, password, **more):
    public_key = web.site.cli_json("key", "sm2")["public_key"]
    return node.call("sm2", "encrypt", public_key=public_key, password=password, **more)


@pytest.mark.parametrize("password", ["Ordinary-secret-1", "密码是很长的一句话", "p" * 128, "a b\"c'd%2B+e"])
def test_encrypted_passwords_log_in(web, sm2_client, password):
    """sm-crypto, cipherMode 0, as Saber calls it, through blade and springblade."""
    user = web.site.new_user()
    web.site.cli("user", "passwd", user.account, line=password)
    user = user._replace(password=password)
    key, answer = web.blade_captcha()
    fields = web.blade_captcha_fields(user, (key, answer)) | {"password": encrypted(web, password)}
    response = web.blade_token(fields, Authorization=sm2_client)
    assert response.status == 200 and response.json["account"] == user.account, response
    key, answer = web.springblade_captcha()
    fields = {"grantType": "captcha", "tenantId": "000000", "account": user.account}
    fields |= {"password": encrypted(web, password)}
    headers = {"Authorization": sm2_client, "Captcha_Key": key, "Captcha_Code": answer}
    response = web.springblade_token(fields, **headers)
    assert response.status == 200 and response.json["data"]["account"] == user.account, response


def test_wrongly_encrypted_passwords_do_not(web, sm2_client, user):
    """C1C3C2, another key, another password, no ciphertext at all."""
    right = encrypted(web, user.password)
    elsewhere = "04" + "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7" + (
        "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
    )  # the base point of SM2 (GB/T 32918.5): a public key whose private key is 1
    wrong = [
        encrypted(web, user.password, mode=1), encrypted(web, "another password"), user.password, md5(user.password),
        node.call("sm2", "encrypt", public_key=elsewhere, password=user.password), right[:-2], right[:-1] + "g",
    ]  # fmt: skip
    for password in wrong:
        visitor = web.elsewhere()
        fields = visitor.blade_captcha_fields(user) | {"password": password}
        assert visitor.blade_token(fields, Authorization=sm2_client).status in (400, 429), password
    fields = web.blade_captcha_fields(user) | {"password": right}
    assert web.blade_token(fields, Authorization=sm2_client).status == 200

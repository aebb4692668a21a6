"""The command line: every command, its refusals, its exit codes, and that no secret is ever shown or passed by."""

import base64
import hashlib
import hmac
import json
import os
import pty
import re
import resource
import select
import signal
import sqlite3
import stat
import subprocess
import termios
import time
from contextlib import closing

import pytest
from harness.desk import DONE, FAILED, USAGE, Desk, bare, desk, has_secret  # noqa: F401, two are fixtures
from harness.site import BINARY, DEADLINE_S, TREE
from harness.visitor import basic
from harness.wire import get

DIALECTS = ("blade", "ebaas", "eplatform", "platform", "springblade", "ruoyi", "oauth")


def commands():
    """Every command as --help lists it: its words."""
    text = subprocess.run([BINARY, "--help"], env={}, capture_output=True, check=True).stdout.decode()
    return [tuple(line.split()[:2]) if line.split()[1].islower() else (line.split()[0],)
            for line in re.findall(r"^  ([a-z]+ .*)$", text, re.MULTILINE)]


COMMANDS = commands()


# ---- help and usage ---------------------------------------------------------------------------------------------


def test_the_help_lists_every_family(bare):
    assert {words[0] for words in COMMANDS} >= {
        "init", "tenant", "client", "user", "key", "session", "token", "throttle", "audit", "config", "doctor", "backup"
    }
    assert bare.say("--help", conf=False) == bare.say("-h", conf=False)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_examples(bare, words):
    text = bare.say(*words, "--help")
    assert text.startswith(f"Usage: menshen {' '.join(words)}")
    examples = text.partition("Examples:\n")[2].splitlines()
    assert examples and all(line.startswith("  menshen ") for line in examples)
    assert any(f" {' '.join(words)}" in line for line in examples)
    for line in text.splitlines():
        assert len(line) <= 120, line


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_refuses_what_it_does_not_know(bare, words):
    for arguments, named in ((["--no-such"], "--no-such"), (["-x"], "-x"), (["--conf"], "--conf")):
        complaint = bare.say(*words, *arguments, status=USAGE)
        assert complaint.startswith(f"menshen: {' '.join(words)}: ")
        assert named in complaint
        assert f"see: menshen {' '.join(words)} --help" in complaint
    assert not bare.data.exists()


def test_without_a_command_a_short_help_and_a_usage_error(bare):
    done = bare.run(conf=False)
    assert (done.returncode, done.stdout) == (USAGE, b"")
    assert done.stderr.startswith(b"Menshen ")


def test_version(bare):
    assert re.fullmatch(r"menshen \d+\.\d+\.\d+\n", bare.say("--version"))


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["frobnicate"], 'no command "frobnicate"'),
        (["--frobnicate", "doctor"], "--frobnicate: no such option"),
        (["--conf"], "--conf: a value is missing"),
        (["--conf=", "doctor"], "--conf: the file name is empty"),
        (["user", "frobnicate"], 'no command "frobnicate"'),
        (["user"], "which command?"),
        (["user", "add"], "ACCOUNT is missing"),
        (["user", "add", "a", "b"], "b: one argument too many"),
        (["user", "list", "--json=yes"], "takes no value"),
        (["user", "add", "a", "--tenant", "1", "--tenant", "2"], "--tenant is given twice"),
        (["user", "add", "a", "--tenant"], "--tenant: a value is missing"),
        (["tenant", "lock", "000000", "--json"], "--json: no such option"),
        (["token", "list", "--limit", "0"], "--limit 0: expected a whole number from 1 to"),
        (["token", "list", "--limit", "1e3"], "--limit 1e3: expected a whole number"),
    ],
)
def test_a_usage_error_names_what_is_wrong(bare, arguments, named):
    if arguments[0] != "--conf":
        bare.say("init")
    complaint = bare.say(*arguments, status=USAGE, conf=False) if "--conf" in arguments[0] else bare.say(
        *arguments, status=USAGE
    )
    assert named in complaint


def test_a_family_alone_lists_its_commands(bare):
    assert "user passwd ACCOUNT" in bare.say("user", "--help")
    assert b"user passwd ACCOUNT" in bare.run("user").stderr


def test_options_may_stand_before_and_after_the_words(desk):
    rows = desk.json("tenant", "list")
    assert json.loads(desk.say("tenant", "list", "--json", "--conf", str(desk.conf), conf=False)) == rows


def test_output_that_does_not_arrive_is_a_failure(desk):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BINARY, "--conf", desk.conf, "tenant", "list"], env={}, stdout=full, stderr=-1, check=False)
    assert done.returncode == FAILED
    assert b"standard output" in done.stderr


# ---- init -------------------------------------------------------------------------------------------------------


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_a_private_database_with_what_every_site_needs(bare):
    text = bare.say("init")
    assert str(bare.database) in text and "menshen user add" in text
    assert (mode(bare.data), mode(bare.database)) == (0o700, 0o600)
    assert dict(bare.query("SELECT name, length(value) FROM setting")) == {"captcha_style": 32, "client_pepper": 32}
    assert bare.query("SELECT alg, length(secret), retired_s FROM sign_key") == [("HS256", 32, None)]
    clients = bare.query("SELECT id, secret_mac, grants, scope, password_wire FROM client ORDER BY id")
    assert clients == [
        ("ebaas", None, "captcha", "all", "plain"),
        ("eplatform", None, "captcha,refresh_token", "all", "md5"),
        ("platform", None, "captcha", "all", "plain"),
        ("ruoyi", None, "captcha", "all", "plain"),
    ]
    assert bare.query("SELECT count(*) FROM tenant") == bare.query("SELECT count(*) FROM user") == [(0,)]


def test_every_site_has_secrets_of_its_own(tmp_path):
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        desk = Desk(tmp_path / name)
        desk.say("init")
        made.append(desk.query("SELECT value FROM setting") + desk.query("SELECT secret FROM sign_key"))
    assert not set(made[0]) & set(made[1])


def test_the_demo_has_the_contracts_tenant_client_and_user(bare):
    done = bare.run("init", "--demo")
    assert done.returncode == DONE
    assert b"public" in done.stderr and b"user passwd admin" in done.stderr
    assert bare.query("SELECT id, name FROM tenant") == [("000000", "默认租户")]
    assert bare.query("SELECT grants, scope, password_wire FROM client WHERE id = 'sword'") == [
        ("captcha,password,refresh_token,client_credentials", "all", "md5")
    ]
    (user,) = bare.json("user", "list")
    assert (user["account"], user["real_name"], user["nick_name"]) == ("admin", "admin", "超级管理员")
    assert re.fullmatch(r"[1-9]\d{18}", user["id"])


def test_init_prints_json(bare):
    made = bare.json("init", "--demo")
    assert made["data_dir"] == str(bare.data)
    assert made["configuration"] == str(bare.conf)
    assert made["clients"] == ["ebaas", "eplatform", "platform", "ruoyi", "sword"] and made["demo"] is True


def test_a_second_init_leaves_everything_as_it_is(desk):
    before = desk.query("SELECT * FROM setting") + desk.query("SELECT * FROM sign_key")
    for arguments in (["init"], ["init", "--demo"]):
        assert "exists already" in desk.say(*arguments, status=FAILED)
    assert desk.query("SELECT * FROM setting") + desk.query("SELECT * FROM sign_key") == before
    assert desk.query("SELECT count(*) FROM user") == [(0,)]


def test_an_init_that_runs_out_of_space_leaves_no_database(bare):
    def small_files(limit):
        def prepare():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return prepare

    outcomes = set()
    for limit in range(0, 400 * 1024, 24 * 1024):
        done = bare.run("init", "--demo", preexec_fn=small_files(limit))
        outcomes.add(done.returncode)
        if done.returncode == DONE:
            assert bare.say("doctor")
            break
        assert done.returncode == FAILED and done.stderr
        assert {path.name for path in bare.data.iterdir()} <= {".htaccess"}, f"limit {limit}"
    assert outcomes == {DONE, FAILED}


def test_init_says_why_the_folder_cannot_be_made(bare):
    (bare.folder / "data").write_text("a file")
    assert "data" in bare.say("init", status=FAILED)
    assert (bare.folder / "data").read_text() == "a file"


# ---- what every command needs -----------------------------------------------------------------------------------

READING = [["session", "list"], ["throttle", "list"], ["audit", "tail"], ["tenant", "list"], ["client", "list"], ["user", "list"], ["key", "list"], ["token", "list"], ["backup", "x"]]


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_without_a_database_a_command_points_to_init(bare, arguments):
    assert "menshen init" in bare.say(*arguments, status=FAILED)


@pytest.mark.parametrize("name, wrong, advice", [("menshen.db", 0o640, "chmod 600"), ("menshen.db", 0o604, "chmod 600"),
                                                 (".", 0o755, "chmod 700")])
def test_a_database_that_others_can_read_is_refused(desk, name, wrong, advice):
    (desk.data / name).chmod(wrong)
    for arguments in READING:
        assert advice in desk.say(*arguments, status=FAILED)
    assert any(check["status"] == "error" and advice in (check["advice"] or "") for check in doctor(desk, FAILED))


def test_a_database_of_a_newer_program_is_refused(desk):
    with closing(sqlite3.connect(desk.database)) as db:
        db.execute("PRAGMA user_version = 1000")
    for arguments in (["user", "list"], ["tenant", "add", "x", "--name", "x"]):
        assert "schema version 1000" in desk.say(*arguments, status=FAILED)
    assert any("schema version 1000" in check["message"] for check in doctor(desk, FAILED))


def test_a_file_that_is_no_database_is_refused(desk):
    desk.database.write_bytes(b"no database" * 1000)
    complaint = desk.say("user", "list", status=FAILED)
    assert "not a database" in complaint


def test_a_lock_that_another_process_holds_is_waited_for_and_named(desk):
    with closing(sqlite3.connect(desk.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        complaint = desk.say("tenant", "lock", "000000", status=FAILED)
        other.execute("ROLLBACK")
    assert "locked by another process" in complaint
    desk.say("tenant", "lock", "000000")


# ---- tenant -----------------------------------------------------------------------------------------------------


def test_a_tenant_is_added_changed_locked_and_removed(desk):
    desk.say("tenant", "add", "t-1", "--name", "一")
    desk.say("tenant", "set", "t-1", "--name", "二")
    assert desk.list("tenant")["t-1"]["name"] == "二"
    desk.say("tenant", "lock", "t-1")
    assert desk.list("tenant")["t-1"]["locked"] is True
    desk.say("tenant", "unlock", "t-1")
    assert desk.list("tenant")["t-1"]["locked"] is False
    desk.say("tenant", "remove", "t-1")
    assert list(desk.list("tenant")) == ["000000"]


def test_a_tenant_with_users_stays(desk):
    desk.add_user()
    assert "still has users" in desk.say("tenant", "remove", "000000", status=FAILED)
    assert "000000" in desk.list("tenant")


@pytest.mark.parametrize("verb", ["set", "lock", "unlock", "remove"])
def test_an_unknown_tenant_is_named(desk, verb):
    more = ["--name", "x"] if verb == "set" else []
    assert "no tenant nobody" in desk.say("tenant", verb, "nobody", *more, status=FAILED)


@pytest.mark.parametrize(
    "arguments, named, status",
    [
        (["add", "000000", "--name", "x"], "is there already", FAILED),
        (["add", "x"], "--name is missing", USAGE),
        (["add", "x", "--name", ""], "--name: empty", USAGE),
        (["add", "x", "--name", "a\tb"], "a control character", USAGE),
        (["add", "x", "--name", b"\xff"], "invalid UTF-8", USAGE),
        (["add", "x", "--name", "n" * 256], "longer than 255 bytes", USAGE),
        (["add", "", "--name", "x"], "ID: expected", USAGE),
        (["add", "a b", "--name", "x"], "ID: expected", USAGE),
        (["add", "x" * 65, "--name", "x"], "ID: expected", USAGE),
        (["set", "000000"], "--name is missing", USAGE),
    ],
)
def test_tenant_refuses(desk, arguments, named, status):
    assert named in desk.say("tenant", *arguments, status=status)
    assert list(desk.list("tenant")) == ["000000"]


def test_a_table_is_aligned_also_in_chinese(desk):
    desk.say("tenant", "add", "1", "--name", "ab")
    heading, first, second = desk.say("tenant", "list").splitlines()
    columns = heading.index("locked")

    def width(text):
        return sum(2 if ord(c) > 0x2E7F else 1 for c in text)

    assert width(first[: first.index("  no") + 2]) == width(second[: second.index("  no") + 2]) == columns


# ---- client -----------------------------------------------------------------------------------------------------


def test_a_client_gets_a_secret_that_is_shown_once(desk):
    made = desk.json("client", "add", "app", "--grants", "password")
    assert made["id"] == "app" and re.fullmatch(r"[A-Za-z0-9]{32}", made["secret"])
    assert has_secret(desk, "app", made["secret"])
    assert made["secret"] not in desk.say("client", "list")
    assert made["secret"].encode() not in desk.database.read_bytes()
    again = re.search(r": ([A-Za-z0-9]{32})$", desk.say("client", "secret", "app"), re.MULTILINE)[1]
    assert has_secret(desk, "app", again) and again != made["secret"]


def test_a_client_takes_a_given_secret_from_standard_input(desk):
    made = desk.json("client", "add", "app", "--grants", "password", "--secret", line="s3cret/with:signs+")
    assert made == {"id": "app", "secret": None}
    assert has_secret(desk, "app", "s3cret/with:signs+")
    assert "another" not in desk.say("client", "secret", "app", "--secret", line="another")
    assert has_secret(desk, "app", "another")


def test_a_public_client_has_no_secret(desk):
    assert desk.json("client", "add", "kiosk", "--grants", "captcha", "--public")["secret"] is None
    assert desk.list("client")["kiosk"]["secret"] is False


def test_a_client_is_described_and_changed(desk):
    desk.say("client", "add", "app", "--grants", "captcha,password", "--password-wire", "plain", "--access-ttl", "60",
             "--refresh-ttl", "120", "--scope", "all,read")
    app = desk.list("client")["app"]
    del app["created_s"]
    assert app == {"id": "app", "secret": True, "grants": "captcha,password", "scope": "all,read",
                   "password_wire": "plain", "alg": "site", "audience": "", "access_ttl_s": 60, "refresh_ttl_s": 120,
                   "locked": False, "refresh_reuse": "dialect", "redirect_uris": "", "old_secret_until_s": None}
    before = desk.query("SELECT secret_mac FROM client WHERE id = 'app'")
    desk.say("client", "set", "app", "--access-ttl", "0", "--grants", "captcha")
    changed = desk.list("client")["app"]
    assert (changed["access_ttl_s"], changed["refresh_ttl_s"], changed["grants"]) == (None, 120, "captcha")
    assert (changed["scope"], changed["password_wire"]) == ("all,read", "plain")
    assert desk.query("SELECT secret_mac FROM client WHERE id = 'app'") == before


def test_locking_or_removing_a_client_ends_its_sessions(desk):
    desk.say("client", "add", "other", "--grants", "captcha")
    mine, others = desk.add_session("portal"), desk.add_session("other")
    desk.say("client", "lock", "portal")
    assert desk.live_jtis() == {others}
    desk.say("client", "unlock", "portal")
    assert desk.live_jtis() == {others}, "a session that ended does not come back"
    assert desk.list("client")["portal"]["locked"] is False
    desk.say("client", "remove", "other")
    assert desk.live_jtis() == set() and "other" not in desk.list("client")
    assert mine


def test_removing_the_client_of_a_dialect_is_remarked(desk):
    done = desk.run("client", "remove", "ebaas")
    assert done.returncode == DONE and b"[dialect.ebaas]" in done.stderr
    assert any(check["name"] == "dialect_client" for check in doctor(desk))


@pytest.mark.parametrize(
    "arguments, named, status",
    [
        (["add", "portal", "--grants", "captcha"], "is there already", FAILED),
        (["add", "x"], "--grants is missing", USAGE),
        (["add", "x", "--grants", "captcha,implicit"], "expected a list of captcha,password", USAGE),
        (["add", "x", "--grants", "captcha,captcha"], "twice", USAGE),
        (["add", "x", "--grants", "captcha,"], "--grants", USAGE),
        (["add", "x", "--grants", ""], "--grants", USAGE),
        (["add", "a:b", "--grants", "captcha"], "ID: expected", USAGE),
        (["add", "x", "--grants", "captcha", "--scope", "a b"], "--scope", USAGE),
        (["add", "x", "--grants", "captcha", "--password-wire", "sm4"], "expected one of md5,plain,sm2", USAGE),
        (["add", "x", "--grants", "captcha", "--access-ttl", "-1"], "--access-ttl -1", USAGE),
        (["add", "x", "--grants", "captcha", "--access-ttl", "31536001"], "to 31536000", USAGE),
        (["add", "x", "--grants", "captcha", "--refresh-ttl", "1h"], "--refresh-ttl 1h", USAGE),
        (["add", "x", "--grants", "captcha", "--secret", "--public"], "exclude each other", USAGE),
        (["add", "x", "--grants", "captcha", "--secret"], "client secret: empty", FAILED),
        (["set", "portal"], "nothing to change", USAGE),
        (["set", "portal", "--grants", "no"], "expected a list", USAGE),
        (["set", "nobody", "--grants", "captcha"], "no client nobody", FAILED),
        (["secret", "nobody"], "no client nobody", FAILED),
        (["lock", "nobody"], "no client nobody", FAILED),
        (["unlock", "nobody"], "no client nobody", FAILED),
        (["remove", "nobody"], "no client nobody", FAILED),
    ],
)
def test_client_refuses(desk, arguments, named, status):
    before = desk.list("client")
    assert named in desk.say("client", *arguments, status=status)
    assert desk.list("client") == before


# ---- user -------------------------------------------------------------------------------------------------------

TEXTS = {"real_name": "张三, 李四", "nick_name": "小张", "role_id": "1,2", "role_name": "admin,editor", "dept_id": "7",
         "post_id": "8,9", "oauth_id": "o1", "id_number": "31010119000101001X"}


def test_a_user_is_added_with_everything_that_is_known(desk):
    made = desk.add_user("zhang@example.com", **TEXTS)
    assert made["tenant_id"] == "000000" and re.fullmatch(r"[1-9]\d{18}", made["id"])
    user = desk.list("user")[made["id"]]
    assert {name: user[name] for name in TEXTS} == TEXTS
    assert user["account"] == "zhang@example.com" and user["tenant_name"] == "默认租户"
    assert (user["locked"], user["password_expired"]) == (False, False)
    assert abs(user["created_s"] - time.time()) < 3600 and user["password_changed_s"] == user["created_s"]


def test_a_password_is_stored_as_argon2id_of_the_configured_cost(desk):
    desk.add_user(password="ganz geheim")
    ((stored,),) = desk.query("SELECT password_hash FROM user")
    assert stored.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    for path in desk.data.iterdir():
        assert b"ganz geheim" not in path.read_bytes()
        assert hashlib.md5(b"ganz geheim").hexdigest().encode() not in path.read_bytes()


def test_user_ids_are_the_time_and_chance(desk):
    ids = [int(desk.add_user(f"u{n}")["id"]) for n in range(5)]
    assert len(set(ids)) == 5
    for user_id in ids:
        assert abs(((user_id >> 22) + 1288834974657) / 1000 - time.time()) < 3600


def test_one_account_name_may_be_in_several_tenants(desk):
    desk.say("tenant", "add", "t1", "--name", "t1")
    first, second = desk.add_user("li"), desk.add_user("li", tenant="t1")
    assert set(desk.list("user", "--tenant", "t1")) == {second["id"]}
    assert set(desk.list("user")) == {first["id"], second["id"]}
    desk.say("user", "remove", "li", "--tenant", "t1")
    assert set(desk.list("user")) == {first["id"]}


def test_what_is_not_given_stays(desk):
    made = desk.add_user(**TEXTS)
    desk.say("user", "set", "zhang", "--nick-name", "", "--dept-id", "77", "--password-expired", "yes")
    user = desk.list("user")[made["id"]]
    assert {name: user[name] for name in TEXTS} == TEXTS | {"nick_name": "", "dept_id": "77"}
    assert user["password_expired"] is True
    desk.say("user", "passwd", "zhang", line="a new one")
    assert desk.list("user")[made["id"]]["password_expired"] is False


@pytest.mark.parametrize("verb, line", [("passwd", "quite new"), ("lock", None), ("remove", None)])
def test_these_end_all_sessions_of_the_user_and_no_others(desk, verb, line):
    mine, other = desk.add_user("mine"), desk.add_user("other")
    desk.add_session("portal", mine["id"])
    desk.add_session("portal", mine["id"])
    kept = desk.add_session("portal", other["id"])
    assert len(desk.live_jtis()) == 3
    desk.say("user", verb, "mine", line=line)
    assert desk.live_jtis() == {kept}


@pytest.mark.parametrize(
    "arguments, line, named, status",
    [
        (["add", "zhang"], "x", "has a user zhang already", FAILED),
        (["add", "x", "--tenant", "t9"], "x", "no tenant t9", FAILED),
        (["add", "x", "--tenant", "a/b"], "x", "--tenant: expected", USAGE),
        (["add", ""], "x", "ACCOUNT", USAGE),
        (["add", " x"], "x", "ACCOUNT", USAGE),
        (["add", "x" * 129], "x", "longer than 128 bytes", USAGE),
        (["add", b"\xe5\xbc"], "x", "invalid UTF-8", USAGE),
        (["add", "x", "--real-name", "a\x1b[31m"], "x", "--real-name: the value has a control character", USAGE),
        (["add", "x", "--real-name", "a\u0085"], "x", "a control character", USAGE),
        (["add", "x", "--password-expired", "maybe"], "x", "expected yes or no", USAGE),
        (["add", "x"], None, "password of x: empty", FAILED),
        (["add", "x"], "", "password of x: empty", FAILED),
        (["add", "x"], "p" * 129, "more than 128 characters", FAILED),
        (["add", "x"], "p" * 100000, "longer than 1023 bytes", FAILED),
        (["add", "x"], "k7#fQ2x", "fewer than 8 characters, the minimum", FAILED),
        (["add", "x"], "床前明月光疑是", "fewer than 8 characters, the minimum", FAILED),
        (["add", "x"], "WoAiNi1314", "one of the most common passwords", FAILED),
        (["add", "zhang.sanfeng"], "Zhang.SanFeng", "the account's name", FAILED),
        (["passwd", "zhang"], "12345678", "one of the most common passwords", FAILED),
        (["add", "x"], b"a\0b\n", "a control character", FAILED),
        (["add", "x"], b"\xff\n", "invalid UTF-8", FAILED),
        (["add", "x"], b"a\x1b[D\n", "a control character", FAILED),
        (["passwd", "zhang"], "", "empty", FAILED),
        (["passwd", "nobody"], "x", "no user nobody in tenant 000000", FAILED),
        (["set", "nobody", "--real-name", "x"], None, "no user nobody", FAILED),
        (["set", "zhang"], None, "nothing to change", USAGE),
        (["lock", "nobody"], None, "no user nobody", FAILED),
        (["unlock", "nobody"], None, "no user nobody", FAILED),
        (["remove", "nobody"], None, "no user nobody", FAILED),
        (["lock", "zhang", "--tenant", "t9"], None, "no user zhang in tenant t9", FAILED),
    ],
)
def test_user_refuses(desk, arguments, line, named, status):
    desk.add_user()
    before = desk.query("SELECT * FROM user")
    assert named in desk.say("user", *arguments, line=line, status=status)
    assert desk.query("SELECT * FROM user") == before


def test_the_longest_password_and_one_without_a_line_feed(desk):
    desk.add_user("long", "门" * 128)
    desk.say("user", "add", "unended", line=b"ganz geheim")
    assert {row["account"] for row in desk.json("user", "list")} == {"long", "unended"}


def test_only_one_line_is_taken_from_standard_input(desk):
    """What a script pipes behind the password is left for the script's next command."""
    script = 'printf "one of two\\ntwo\\n" | { "$0" --conf "$1" user add x; read -r rest; echo "$rest"; }'
    done = subprocess.run(["/bin/sh", "-c", script, BINARY, desk.conf], env={}, capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == b"two"


# ---- the same through the door: what was set on the command line decides who gets in ------------------------------


def test_passwords_and_locks_decide_who_gets_in(site_with):
    web = site_with({"login": {"argon2_memory_kib": "64", "argon2_passes": "1", "max_failures": "2"}})
    cli, user = web.site.cli, web.site.new_user()
    new = user._replace(password="密码 number two")

    def login(who, visitor=None):
        """With a captcha, from an address of its own unless told otherwise: what is looked at is the account."""
        visitor = visitor or web.elsewhere()
        return visitor.blade_token(visitor.blade_captcha_fields(who)).status

    token = web.blade_login(user)["access_token"]
    assert (login(user), web.blade_user_info(token).status) == (200, 200)
    cli("user", "passwd", user.account, line=new.password)
    assert (login(new), web.blade_user_info(token).status) == (200, 401)
    cli("user", "lock", user.account)
    assert login(new) == 400
    cli("user", "unlock", user.account)
    there = web.elsewhere()
    assert [login(new), login(user, there), login(user), login(new, there)] == [200, 400, 400, 429]
    cli("user", "unlock", user.account)
    assert login(new, there) == 200
    cli("tenant", "lock", "000000")
    assert login(new) == 400
    cli("tenant", "unlock", "000000")
    assert login(new) == 200


def test_a_client_made_here_can_ask_for_tokens(site_with):
    web = site_with({})
    secret = web.site.cli_json("client", "add", "app", "--grants", "client_credentials", "--access-ttl", "77")["secret"]

    def ask(client="app", password=secret):
        return web.blade_token({"grant_type": "client_credentials"}, Authorization=basic(client, password))

    assert ask().json["expires_in"] == 77
    web.site.cli("client", "lock", "app")
    assert ask().status == 401
    web.site.cli("client", "unlock", "app")
    new = web.site.cli_json("client", "secret", "app", "--overlap", "0")["secret"]
    assert ask().status == 401 and ask(password=new).status == 200


def test_revoking_ends_what_was_issued(site_with):
    web = site_with({})
    user, other = web.site.new_user(), web.site.new_user()
    first, second, kept = web.blade_login(user), web.blade_login(user), web.blade_login(other)
    rows = web.site.cli_json("token", "list", "--account", user.account)
    assert [row["jti"] for row in rows] == [second["jti"], first["jti"]]
    assert {row["account"] for row in rows} == {user.account}
    assert rows[0]["address"] == web.address and rows[0]["client_id"] == "sword" and rows[0]["dialect"] == "blade"
    web.site.cli("token", "revoke", first["jti"])
    assert [web.blade_user_info(t["access_token"]).status for t in (first, second, kept)] == [401, 200, 200]
    assert web.blade_refresh(first["refresh_token"]).status == 401
    web.site.cli("token", "revoke", "--account", user.account)
    assert [web.blade_user_info(t["access_token"]).status for t in (first, second, kept)] == [401, 401, 200]
    web.site.cli("token", "revoke", "--client", "sword")
    assert web.blade_user_info(kept["access_token"]).status == 401


@pytest.mark.parametrize("length, alg", [(32, "HS256"), (47, "HS256"), (48, "HS384"), (64, "HS512"), (512, "HS512")])
def test_an_imported_key_signs(site_with, length, alg):
    web = site_with({})
    old = web.app_token()
    shared = "k" * length
    web.site.cli("key", "import", line=shared)
    token = web.app_token()
    head, payload, signature = token.split(".")
    hash_name = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}[alg]
    mac = hmac.digest(shared.encode(), f"{head}.{payload}".encode(), hash_name)
    assert base64.urlsafe_b64decode(signature + "==") == mac
    rows = web.site.cli_json("key", "list")
    assert [(row["alg"], row["bytes"], row["retired_s"] is None) for row in rows] == [(alg, length, True), ("HS256", 32, False)]
    assert shared not in web.site.cli("key", "list")
    # With a retired key nothing is signed or accepted.
    assert web.send(get("/captcha/WEB?1", Authorization=f"Bearer {old}")).status == 401
    assert web.send(get("/captcha/WEB?1", Authorization=f"Bearer {token}")).status == 200


# ---- key, token -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line, named", [("k" * 31, "31 bytes is too short"), ("", "empty"), ("k" * 513, "longer than 512")])
def test_a_key_of_the_wrong_length_is_refused_with_the_lengths(desk, line, named):
    before = desk.query("SELECT * FROM sign_key")
    complaint = desk.say("key", "import", line=line, status=FAILED)
    assert named in complaint
    assert line == "" or line not in complaint
    assert desk.query("SELECT * FROM sign_key") == before


def test_token_list_is_limited_and_filtered(desk):
    user = desk.add_user()
    desk.say("client", "add", "other", "--grants", "captcha")
    mine = [desk.add_session("portal", user["id"]) for _ in range(3)]
    theirs = desk.add_session("other")
    gone = desk.add_session("portal", user["id"], expires_s=1000)
    assert desk.live_jtis() == {*mine, theirs}
    assert [row["jti"] for row in desk.json("token", "list", "--limit", "2")] == [theirs, mine[2]]
    assert desk.live_jtis("--client", "other") == {theirs}
    assert desk.live_jtis("--account", "zhang") == set(mine)
    assert desk.live_jtis("--account", "zhang", "--client", "other") == set()
    text = desk.say("token", "list")
    assert all(jti in text for jti in [*mine, theirs]) and gone not in text


@pytest.mark.parametrize(
    "arguments, named, status",
    [
        (["list", "--account", "nobody"], "no user nobody", FAILED),
        (["revoke"], "give one of", USAGE),
        (["revoke", "x", "--client", "portal"], "give one of", USAGE),
        (["revoke", "--client", "portal", "--account", "a"], "give one of", USAGE),
        (["revoke", "--client", "portal", "--tenant", "000000"], "--tenant belongs to --account", USAGE),
        (["revoke", "x"], "no token x", FAILED),
        (["revoke", "--account", "nobody"], "no user nobody", FAILED),
        (["revoke", "--client", "nobody"], "no client nobody", FAILED),
    ],
)
def test_token_refuses(desk, arguments, named, status):
    kept = desk.add_session("portal")
    assert named in desk.say("token", *arguments, status=status)
    assert desk.live_jtis() == {kept}


def test_purge_deletes_what_has_expired_and_nothing_else(desk):
    kept = desk.add_session("portal")
    with closing(sqlite3.connect(desk.database)) as db, db:
        for n in range(2500):
            db.execute("INSERT INTO captcha (id, dialect, answer, expires_s) VALUES (?, 'blade', 'x', ?)", (f"c{n}", n + 1))
        db.execute("INSERT INTO captcha (id, dialect, answer, expires_s) VALUES ('live', 'blade', 'x', 99999999999)")
        db.execute("INSERT INTO throttle VALUES ('account:a/b', 3, 5), ('account:a/c', 3, unixepoch() + 9999)")
    desk.add_session("portal", expires_s=1000)
    assert desk.json("token", "purge") == {"purged": 2500 + 1 + 2}
    assert desk.json("token", "purge") == {"purged": 0}
    assert desk.query("SELECT id FROM captcha") == [("live",)]
    assert desk.query("SELECT subject FROM throttle") == [("account:a/c",)]
    assert desk.live_jtis() == {kept}


def test_what_is_from_the_future_is_named_and_purged(desk):
    """The clock was ahead for a while: doctor says which tables have rows from then, and what to do."""
    kept, gone = desk.add_session("portal"), desk.add_session("portal")
    assert "future" not in findings(desk)
    desk.query("UPDATE token SET issued_s = unixepoch() + 315360000 WHERE jti = ?", gone)
    desk.query("UPDATE sign_key SET created_s = unixepoch() + 315360000, signs_from_s = unixepoch() + 315360000")
    (found,) = (check for check in doctor(desk, DONE) if check["name"] == "future")
    assert found["status"] == "warning" and "1 row of token, 1 of sign_key" in found["message"]
    assert "menshen token purge --ahead" in found["advice"] and "menshen key" in found["advice"]
    assert desk.json("token", "purge", "--ahead") == {"purged": 1}
    assert desk.live_jtis() == {kept}
    assert desk.json("token", "purge", "--ahead") == {"purged": 0}


def test_purge_ends_where_what_is_left_stays(desk):
    """Captchas go in the order of their issue: those behind many that live on are held up."""
    with closing(sqlite3.connect(desk.database)) as db, db:
        for n in range(100):
            expires_s = 99999999999 if n < 40 else 1
            db.execute("INSERT INTO captcha (id, dialect, answer, expires_s) VALUES (?, 'blade', 'x', ?)", (f"c{n}", expires_s))
    assert desk.json("token", "purge") == {"purged": 0}
    with closing(sqlite3.connect(desk.database)) as db, db:
        db.execute("UPDATE captcha SET expires_s = 1 WHERE id = 'c0' OR id > 'c10'")
    desk.json("token", "purge")
    assert desk.query("SELECT count(*) FROM captcha WHERE expires_s = 1") == [(0,)]


# ---- config -----------------------------------------------------------------------------------------------------


def test_config_names_where_each_setting_comes_from(bare):
    bare.configure("; a comment\n[captcha]\n\nttl = 60\n[server]\ndata_dir = data\n")
    rows = {row["setting"]: row for row in bare.json("config")}
    assert (rows["captcha.ttl"]["value"], rows["captcha.ttl"]["origin"]) == ("60", f"{bare.conf}:4")
    assert rows["captcha.ttl"]["default"] == "300"
    assert rows["server.data_dir"]["value"] == str(bare.data)
    assert (rows["login.window"]["value"], rows["login.window"]["origin"]) == ("1800", "default")
    assert f"{bare.conf}:4" in bare.say("config")
    assert not bare.data.exists()


@pytest.mark.parametrize(
    "text, place, named",
    [
        ("[captcha]\nttl = soon\n", "2:7", "a whole number from 10 to 3600"),
        ("[captcha]\nttl = 9\n", "2:7", "a whole number from 10 to 3600"),
        ("[captcha]\n\nttl = 60\nttl = 61\n", "4:1", "set twice, first in line 3"),
        ("[captcha]\ntll = 60\n", "2:1", 'unknown key "tll" in [captcha]; allowed: ttl'),
        ("[capcha]\nttl = 60\n", "1:2", "unknown section [capcha]; allowed: [server]"),
        ("[captcha]\nexpose_answer = on\n", "2:17", "yes or no"),
        ("[captcha]\nlevel = brutal\n", "2:9", "one of easy, normal, hard"),
        ("[dialect.blade]\nlength = 7\n", "2:10", "from 3 to 6"),
        ("[dialect.blade]\nprefix = /a/\n", "2:10", "without a final slash"),
        ("[dialect.blade]\nprefix = a\n", "2:10", "a path"),
        ("[dialect.platform]\nsources = PC,,APP\n", "2:11", "comma-separated words"),
        ("[server]\ntrusted_proxies = 127.0.0.1,localhost\n", "2:19", "addresses or ranges"),
        ("[server]\nnonsense\n", "2:1", "expected [section], key = value"),
        ("[server]\nlicense = " + "x" * 300 + "\n", "2:11", "300 bytes are too long; expected at most 255"),
    ],
)
def test_a_wrong_configuration_is_refused_with_file_line_and_column(bare, text, place, named):
    bare.configure(text)
    for arguments in (["config"], ["init"], ["user", "list"]):
        complaint = bare.say(*arguments, status=FAILED)
        assert f"{bare.conf}:{place}: " in complaint
        assert named in complaint
    (first, *_) = doctor(bare, FAILED)
    assert first["name"] == "configuration" and f"{bare.conf}:{place}: " in first["message"]
    assert not bare.data.exists()


def test_a_configuration_that_is_not_there_is_named(bare):
    bare.conf.unlink()
    assert str(bare.conf) in bare.say("config", status=FAILED)


def test_what_the_host_lacks_is_named(bare):
    bare.configure("[server]\ndata_dir = data\ntime_zone = Mars/Olympus\n")
    assert "no such zone" in bare.say("config", status=FAILED)


def test_the_sample_is_the_shipped_file_and_can_be_used(bare):
    bare.configure("[server\n")  # a sample is printed also beside a broken file
    sample = bare.say("config", "--sample")
    assert sample == (TREE / "cgi-bin/menshen.conf.sample").read_text()
    bare.configure(sample)
    assert all(row["origin"] == "default" for row in bare.json("config"))
    # Every line with its mark taken away: the defaults again, but for the place of the database.
    defaults = {row["setting"]: row["default"] for row in bare.json("config")}
    bare.configure(re.sub(r"^;(\w+ =)", r"\1", sample, flags=re.MULTILINE))
    in_force = {row["setting"]: row["value"] for row in bare.json("config")}
    differing = {name for name, value in in_force.items() if value != defaults[name]}
    assert differing <= {"server.data_dir", "portal.level"} | {f"dialect.{d}.level" for d in DIALECTS}


def test_two_dialects_on_one_path_are_told_before_anybody_is_served(bare):
    bare.configure("[server]\ndata_dir = data\n[dialect.platform]\nprefix = /auth\n")
    assert "both serve POST /auth/login" in bare.say("config", status=FAILED)
    assert findings(bare, FAILED)["dialects"] == "error"


# ---- doctor -----------------------------------------------------------------------------------------------------


def doctor(desk, status=DONE):
    done = desk.run("doctor", "--json")
    assert done.returncode == status, done.stdout.decode() + done.stderr.decode()
    report = json.loads(done.stdout)
    assert list(report) == ["ok", "checks"] and report["ok"] is (status == DONE)
    for check in report["checks"]:
        assert list(check) == ["name", "status", "message", "advice"]
        assert check["status"] in ("ok", "warning", "error") and check["message"]
        assert check["status"] == "ok" or check["advice"], check
    assert report["ok"] is not any(check["status"] == "error" for check in report["checks"])
    return report["checks"]


def findings(desk, status=DONE):
    found = {check["name"]: check["status"] for check in doctor(desk, status) if check["status"] != "ok"}
    # Root is told that root sees too much; that says nothing of the site.
    assert found.pop("user", None) == ("warning" if os.geteuid() == 0 else None)
    return found


def test_doctor_finds_a_sound_site_sound(desk):
    desk.configure("[server]\ndata_dir = data\n")
    desk.add_user()
    assert findings(desk) == {}
    text = desk.say("doctor")
    assert f"0 errors, {1 if os.geteuid() == 0 else 0} warning" in text and " ms and 19456 KiB" in text


def test_doctor_says_what_a_new_site_lacks(bare):
    assert findings(bare, FAILED).keys() >= {"data_dir", "database"}
    bare.say("init")
    assert findings(bare).keys() >= {"tenants", "clients_with_secret", "users"}


def test_doctor_warns_of_the_demo(bare):
    bare.say("init", "--demo")
    assert findings(bare).keys() >= {"demo_user", "demo_client"}
    bare.say("user", "passwd", "admin", line="another one")
    bare.say("client", "secret", "sword")
    assert "demo_client" in findings(bare), "the old secret is good for a day yet"
    bare.say("client", "secret", "sword", "--overlap", "0")
    assert not findings(bare).keys() & {"demo_user", "demo_client"}


@pytest.mark.parametrize(
    "settings, name",
    [
        ("[captcha]\nexpose_answer = yes\n", "expose_answer"),
        ("[login]\nargon2_memory_kib = 1024\n", "argon2"),
        ("trusted_proxies = 0.0.0.0/0\n", "trusted_proxies"),
        ("trusted_proxies = 127.0.0.1,::/0\n", "trusted_proxies"),
    ],
)
def test_doctor_warns_of_settings(desk, settings, name):
    desk.add_user()
    desk.configure(f"[server]\ndata_dir = data\n{settings}")
    assert findings(desk) == {name: "warning"}


@pytest.mark.parametrize("place", ["public_html/data", "htdocs/x", "www/html/x", "public_html/cgi-bin/../data"])
def test_a_database_below_a_document_root_is_refused(bare, place):
    bare.configure(f"[server]\ndata_dir = {place}\n")
    assert "looks as if a web server would give it out" in bare.say("init", status=FAILED)
    assert not list(bare.conf.parent.rglob("menshen.db"))


def test_doctor_finds_a_database_that_came_below_a_document_root(bare):
    bare.configure("[server]\ndata_dir = data\n")
    bare.say("init")
    bare.configure("[server]\ndata_dir = public_html/data\n")
    (bare.conf.parent / "public_html").mkdir()
    bare.data.rename(bare.conf.parent / "public_html/data")
    assert findings(bare, FAILED)["place"] == "error"
    (bare.conf.parent / "elsewhere").symlink_to("public_html")
    bare.configure("[server]\ndata_dir = elsewhere/data\n")
    assert findings(bare, FAILED)["place"] == "error"


def test_doctor_finds_no_document_root_where_there_is_none(bare):
    bare.configure("[server]\ndata_dir = html/www/my_htdocs\n")
    bare.say("init")
    assert "place" not in findings(bare)


@pytest.mark.parametrize(
    "settings, warned",
    [
        ("", True),
        ("[dialect.ruoyi]\nenabled = yes\n[dialect.platform]\nenabled = no\n", False),
        ("[dialect.blade]\nenabled = no\n[dialect.oauth]\nenabled = no\n", False),
        ("[dialect.springblade]\nenabled = yes\n", True),
    ],
    ids=["default", "ruoyi", "ebaas-and-eplatform", "springblade"],
)
def test_doctor_wants_a_client_with_a_secret_only_where_one_is_used(bare, settings, warned):
    bare.say("init")
    bare.say("tenant", "add", "000000", "--name", "默认租户")
    bare.add_user()
    bare.configure(f"[server]\ndata_dir = data\n{settings}")
    assert findings(bare) == ({"clients_with_secret": "warning"} if warned else {})


def test_doctor_finds_a_missing_key(desk):
    desk.query("DELETE FROM sign_key")
    assert findings(desk, FAILED)["sign_keys"] == "error"


def test_doctor_finds_a_damaged_database(desk):
    desk.query("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(desk.database.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page + 3 : page + 5] = b"\xff\xff"  # the number of cells
    desk.database.write_bytes(content)
    assert "error" in findings(desk, FAILED).values()


def test_doctor_finds_a_table_that_is_missing(desk):
    desk.query("DROP TABLE throttle")
    assert findings(desk, FAILED)["schema"] == "error"


def test_doctor_finds_an_init_that_did_not_end(desk):
    desk.query("DELETE FROM setting")
    assert findings(desk, FAILED)["database"] == "error"


def test_a_log_that_cannot_be_opened_stops_no_command(bare):
    bare.configure("[server]\ndata_dir = data\nlog = /no/such/log\n")
    bare.say("init")
    assert findings(bare, FAILED)["log"] == "error"


def test_doctor_warns_of_a_log_that_others_can_read(desk):
    desk.add_user()
    desk.configure("[server]\ndata_dir = data\nlog = menshen.log\n")
    assert findings(desk) == {}
    (desk.folder / "menshen.log").chmod(0o644)
    assert findings(desk) == {"log": "warning"}


def test_doctor_warns_of_a_configuration_that_others_can_change(desk):
    desk.conf.chmod(0o664)
    assert findings(desk)["configuration"] == "warning"
    desk.conf.chmod(0o666)
    assert findings(desk, FAILED)["configuration"] == "error"


# ---- backup -----------------------------------------------------------------------------------------------------


def test_a_backup_is_a_whole_database_for_its_owner_only(desk):
    desk.add_user()
    with closing(sqlite3.connect(desk.database)) as busy:  # somebody is reading and somebody has written
        busy.execute("SELECT count(*) FROM user").fetchall()
        desk.say("backup", "copy.db")
    copy = desk.folder / "copy.db"
    assert mode(copy) == 0o600
    restored = desk.folder / "restored"
    restored.mkdir(0o700)
    copy.rename(restored / "menshen.db")
    before = desk.query("SELECT * FROM user")
    desk.configure("[server]\ndata_dir = restored\n")
    assert "error" not in findings(desk).values()
    desk.database = restored / "menshen.db"
    assert desk.query("SELECT * FROM user") == before


def test_a_backup_overwrites_nothing(desk):
    taken = desk.folder / "taken"
    taken.write_text("precious")
    assert "exists already" in desk.say("backup", str(taken), status=FAILED)
    assert taken.read_text() == "precious"
    (desk.folder / "link").symlink_to("elsewhere")
    assert "exists already" in desk.say("backup", "link", status=FAILED)
    assert not (desk.folder / "elsewhere").exists()


@pytest.mark.parametrize("name", ["file:x?mode=memory", "a b'c\"d.db"])
def test_a_backups_name_is_a_name(desk, name):
    desk.say("backup", name)
    assert (desk.folder / name).stat().st_size > 0


def test_a_backup_that_cannot_be_written_is_explained(desk):
    assert "No such file" in desk.say("backup", "no/such/folder/x", status=FAILED)
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 16; trap "" XFSZ; exec "$0" --conf "$1" backup small.db', BINARY, desk.conf],
        env={}, cwd=desk.folder, capture_output=True, check=False,
    )
    assert done.returncode == FAILED and done.stderr
    assert not (desk.folder / "small.db").exists()


# ---- secrets ----------------------------------------------------------------------------------------------------


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, desk, *arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(BINARY, [str(BINARY), "--conf", str(desk.conf), *arguments], {})
        self.seen = b""

    def read(self):
        try:
            return os.read(self.fd, 4096)
        except OSError:  # the program ended
            return b""

    def expect(self, text):
        deadline = time.monotonic() + DEADLINE_S
        while text.encode() not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            data = self.read() if ready else b""
            assert data, f"{text!r} did not come: {self.seen!r}"
            self.seen += data
        shown, self.seen = self.seen.split(text.encode(), 1)
        return shown

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """All that was shown since the last expect, and how the program ended."""
        while data := self.read():
            self.seen += data
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return self.seen, status

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)


def test_on_a_terminal_a_password_is_asked_for_twice_and_not_shown(desk):
    terminal = Terminal(desk, "user", "add", "zhang")
    terminal.expect("password of zhang: ")
    assert not terminal.echoes()
    terminal.type("ganz geheim\n")
    shown = terminal.expect("password of zhang, again: ")
    terminal.type("ganz geheim\n")
    rest, status = terminal.end()
    assert os.waitstatus_to_exitcode(status) == DONE
    assert b"ganz geheim" not in shown + rest and b"User zhang" in rest
    assert len(desk.list("user")) == 1


def test_two_entries_that_differ_change_nothing(desk):
    terminal = Terminal(desk, "user", "add", "zhang")
    terminal.expect("password of zhang: ")
    terminal.type("one\n")
    terminal.expect("again: ")
    terminal.type("two\n")
    rest, status = terminal.end()
    assert os.waitstatus_to_exitcode(status) == FAILED and b"differ" in rest
    assert desk.list("user") == {}


@pytest.mark.parametrize("key", ["\n", "\x04"])
def test_an_empty_entry_is_refused_at_once(desk, key):
    terminal = Terminal(desk, "user", "add", "zhang")
    terminal.expect("password of zhang: ")
    terminal.type(key)
    rest, status = terminal.end()
    assert os.waitstatus_to_exitcode(status) == FAILED and b"empty" in rest


def test_after_a_stop_it_asks_again_and_an_interrupt_ends_it(desk):
    terminal = Terminal(desk, "user", "add", "zhang")
    terminal.expect("password of zhang: ")
    terminal.type("half\x1a")  # Ctrl-Z; nobody is there to continue an orphan, so it goes on by itself
    terminal.expect("password of zhang: ")
    assert not terminal.echoes()
    terminal.type("ganz geheim\n")
    terminal.expect("again: ")
    terminal.type("\x03")
    _, status = terminal.end()
    assert os.waitstatus_to_exitcode(status) == -signal.SIGINT
    assert desk.list("user") == {}


def test_an_interrupt_ends_the_prompt_with_the_echo_back(desk):
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        [BINARY, "--conf", desk.conf, "key", "import"], stdin=slave, stdout=slave, stderr=subprocess.PIPE, env={}
    )
    assert process.stderr.read(len(b"sign key: ")) == b"sign key: "
    assert termios.tcgetattr(slave)[3] != before[3]
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE_S) == -signal.SIGINT
    assert termios.tcgetattr(slave) == before
    process.stderr.close()
    os.close(master)
    os.close(slave)


def test_no_option_takes_a_secret_as_its_value(bare):
    for words in COMMANDS:
        text = bare.say(*words, "--help").partition("Examples:")[0]
        assert not re.search(r"--(password|secret|key)[= ][A-Z]", text), words


def test_a_value_after_the_secret_flag_is_no_secret(desk):
    complaint = desk.say("client", "add", "app", "--grants", "captcha", "--secret=s3cret", status=USAGE)
    assert "takes no value" in complaint


def test_pictures_overwrite_nothing_unless_told_to(desk):
    sheet, folder = desk.folder / "sheet.png", desk.folder / "pictures"
    sheet.write_text("mine")
    done = desk.run("captcha", "sheet", str(sheet))
    assert done.returncode == FAILED and b"--force overwrites it" in done.stderr and sheet.read_text() == "mine"
    desk.say("captcha", "sheet", str(sheet), "--force")
    assert sheet.read_bytes().startswith(b"\x89PNG")
    desk.say("captcha", "dump", str(folder), "1", "--seed", "1")
    (picture,) = folder.iterdir()
    picture.write_text("mine")
    assert desk.run("captcha", "dump", str(folder), "1", "--seed", "1").returncode == FAILED
    assert picture.read_text() == "mine"
    desk.say("captcha", "dump", str(folder), "1", "--seed", "1", "--force")
    assert picture.read_bytes().startswith(b"\x89PNG")

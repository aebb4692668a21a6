"""`menshen user import` and `user export`: people move in and out, whatever hashed their passwords."""

import base64
import crypt
import csv
import hashlib
import io
import json
import os
import pty
import sqlite3
import stat
import subprocess
from contextlib import closing

import pytest
from harness.desk import FAILED, USAGE, bare, desk  # noqa: F401 (fixtures)
from harness.site import BINARY, User
from harness.visitor import basic, md5
from harness.wire import post_json

PASSWORD = "Correct-горячий-马-1"  # not in any list, not ASCII
SHA1 = "{SHA}" + base64.b64encode(hashlib.sha1(b"password-of-all").digest()).decode()


def openssl_apr1(password):
    """From another program than ours."""
    done = subprocess.run(["openssl", "passwd", "-apr1", "-salt", "saltsalt", "-stdin"], input=password.encode(),
                          capture_output=True, check=True)  # fmt: skip
    return done.stdout.decode().strip()


SCHEMES = {
    "bcrypt-2a": lambda p: crypt.crypt(p, "$2a$05$abcdefghijklmnopqrstuu"),
    "bcrypt-2b": lambda p: crypt.crypt(p, "$2b$05$abcdefghijklmnopqrstuu"),
    "bcrypt-2y": lambda p: crypt.crypt(p, "$2y$05$abcdefghijklmnopqrstuu"),
    "yescrypt": lambda p: crypt.crypt(p, "$y$j9T$abcdefghijklmnop"),
    "sha512-crypt": lambda p: crypt.crypt(p, "$6$rounds=5000$saltsalt"),
    "sha256-crypt": lambda p: crypt.crypt(p, "$5$saltsalt"),
    "md5-crypt": lambda p: crypt.crypt(p, "$1$saltsalt"),
    "apr1": openssl_apr1,
    "sha1": lambda p: "{SHA}" + base64.b64encode(hashlib.sha1(p.encode()).digest()).decode(),
    "blade": lambda p: hashlib.sha1(md5(p).encode()).hexdigest(),
}


# ---- Logging in -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A site where somebody of every scheme has moved in, with a client for passwords as they are typed."""
    from conftest import running_site
    from harness.visitor import Visitor

    with running_site("cgi", {"login": {"captcha_after": "1000"}}) as site:
        rows = [{"account": name, "password_hash": make(PASSWORD)} for name, make in SCHEMES.items()]
        assert all(row["password_hash"] and not row["password_hash"].startswith("*") for row in rows)
        lines = "\n".join(json.dumps(row) for row in rows)
        site.cli("user", "import", "-", "--format", "jsonl", line=lines)
        site.cli("client", "add", "typed", "--grants", "password", "--password-wire", "plain", "--secret", line="typed")
        yield Visitor(site, site.server.client)


def verifier(site, account):
    return site.query("SELECT password_hash FROM user WHERE account = ?", account)[0][0]


def log_in_typed(web, account, password):
    fields = {"grant_type": "password", "username": account, "password": password}
    return web.elsewhere().send(post_json(f"{web.BLADE}/token", fields, Authorization=basic("typed", "typed")))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_whoever_moved_in_logs_in_and_is_argon2id_then(moved, scheme):
    before = verifier(moved.site, scheme)
    assert not before.startswith("$argon2id$")
    assert log_in_typed(moved, scheme, PASSWORD + "x").status == 400
    assert verifier(moved.site, scheme) == before
    if scheme == "blade":
        assert moved.elsewhere().blade_password_login(User(scheme, PASSWORD)).status == 200
    else:
        assert log_in_typed(moved, scheme, PASSWORD).status == 200
    assert verifier(moved.site, scheme).startswith("$argon2id$")
    assert log_in_typed(moved, scheme, PASSWORD).status == 200
    assert moved.elsewhere().blade_password_login(User(scheme, PASSWORD)).status == 200, "MD5 on the wire"
    assert moved.elsewhere().blade_password_login(User(scheme, PASSWORD + "x")).status == 400


def test_a_password_can_be_given_as_it_is(moved):
    moved.site.cli("user", "import", "-", "--format", "csv", line=f"account,password\ntyped,{PASSWORD}")
    assert verifier(moved.site, "typed").startswith("$argon2id$")
    assert moved.elsewhere().blade_password_login(User("typed", PASSWORD)).status == 200


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme != "blade"])  # over the MD5, of all of it
def test_only_what_was_looked_at_becomes_the_password(moved, scheme):
    """bcrypt looks at 72 bytes: a wrong tail lets in, as it did where the hash came from, and changes nothing."""
    long = "x" * 70 + "-and-a-tail"
    row = json.dumps({"account": f"long-{scheme}", "password_hash": SCHEMES[scheme](long)})
    moved.site.cli("user", "import", "-", "--format", "jsonl", line=row)
    before = verifier(moved.site, f"long-{scheme}")
    wrong = log_in_typed(moved, f"long-{scheme}", long + "-wrong").status
    assert verifier(moved.site, f"long-{scheme}") == before, "what was typed must not become the password"
    assert log_in_typed(moved, f"long-{scheme}", long).status == 200, "the right one is right for good"
    assert (wrong == 200) == scheme.startswith("bcrypt")
    assert (verifier(moved.site, f"long-{scheme}") == before) == scheme.startswith("bcrypt")


def test_who_cannot_log_in_through_an_md5_client_is_told_of(moved):
    """Dry run, import, doctor and audit say how many and what to do; the visitor is told what all are told."""
    row = json.dumps({"account": "unseen", "password_hash": SCHEMES["apr1"](PASSWORD)})
    for options in (["--dry-run"], []):
        done = moved.site.run(["user", "import", "-", "--format", "jsonl", "--json", *options], input=row.encode())
        assert json.loads(done.stdout)["needs_plain"] == 1
        assert b"1 of them have a hash over the password itself" in done.stderr
        assert b"--password-wire sm2" in done.stderr and b"user passwd" in done.stderr
    refused = moved.elsewhere().blade_password_login(User("unseen", PASSWORD))
    other = moved.elsewhere().blade_password_login(User("unseen", PASSWORD + "x"))
    assert refused.status == 400 and refused.json == other.json
    audit = [json.loads(line) for line in moved.site.cli("audit", "tail", "-n", "5", "--sums").splitlines()]
    logins = [(row["result"], row["count"]) for row in audit if row["action"] == "login"]
    assert logins[-2:] == [("password_needs_plain", 1)] * 2  # the first at once, the second in its sum
    *_, imported = [row["subject"] for row in audit if row["action"] == "user.import"]
    assert "1 of 1 not through clients that send MD5" in imported
    checks = json.loads(moved.site.run(["doctor", "--json"]).stdout)["checks"]
    (finding,) = [check for check in checks if check["name"] == "imported_hashes"]
    assert finding["status"] == "warning" and "people have a hash over the password itself" in finding["message"]


def test_however_an_account_is_typed(moved):
    """In any case, in full width, with blanks around, composed or not: MySQL back ends do not tell them apart."""
    row = json.dumps({"account": "Zo\u00eb Li", "password_hash": SCHEMES["blade"](PASSWORD)})
    moved.site.cli("user", "import", "-", "--format", "jsonl", line=row)
    for typed in ("Zo\u00eb Li", "zo\u00eb li", "ZO\u00cb LI", " Zoe\u0308 Li\u3000", "\uff3ao\u00eb Li"):
        answer = moved.elsewhere().blade_password_login(User(typed, PASSWORD))
        assert (answer.status, answer.json["account"]) == (200, "Zo\u00eb Li"), typed
    assert moved.elsewhere().blade_password_login(User("Zoe Li", PASSWORD)).status == 400
    audit = moved.site.cli("audit", "tail", "--account", "ZO\u00cb LI", "--action", "login").splitlines()
    assert len(audit) == 5 and all(json.loads(line)["actor"] == "user:000000/Zo\u00eb Li" for line in audit)


# ---- Files ----------------------------------------------------------------------------------------------------------
def importing(desk, text, *options, format="csv"):
    done = desk.run("user", "import", "-", "--format", format, *options, line=text)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def accounts(desk):
    return [user["account"] for user in json.loads(desk.say("user", "list", "--json"))]


def exported(desk, *options):
    return list(csv.DictReader(io.StringIO(desk.say("user", "export", *options))))


GOOD = f'''account,password_hash,real_name,nick_name,role_id,locked,password_expired,password_changed
zhang,{SHA1},张三,"小""张""","1,2",no,yes,2026-01-02 03:04:05
li,{SHA1},,,,yes,no,1700000000
'''


def test_csv(desk):
    code, out, err = importing(desk, GOOD)
    assert (code, out) == (0, "2 added, 0 changed, 0 refused.\n")
    assert err.startswith("menshen: user import: note: 2 of them have a hash over the password itself.")
    li, zhang = exported(desk)
    assert zhang["real_name"] == "张三" and zhang["nick_name"] == '小"张"' and zhang["role_id"] == "1,2"
    assert zhang["password_expired"] == "yes" and zhang["locked"] == "no"
    assert int(zhang["password_changed"]) == 1767294245  # 2026-01-02 03:04:05 +08:00
    assert li["locked"] == "yes" and li["password_changed"] == "1700000000"
    assert "password_hash" not in zhang and "password" not in zhang


SPREADSHEETS = {
    "bom": "\ufeff" + GOOD,
    "crlf": GOOD.replace("\n", "\r\n"),
    "no-last-newline": GOOD.rstrip("\n"),
    "empty-lines": GOOD + "\n\n",
    "rows-of-commas": GOOD + ",,,,,,,\r\n,,,,,,,\r\n",
    "empty-columns": "".join(line + ",,\n" for line in GOOD.splitlines()),
    "longer-empty-rows": GOOD + ",,,,,,,,,,,,\n",
    "blanks-in-header": GOOD.replace("account,password_hash", " account , password_hash"),
    "semicolons": GOOD.replace('"1,2"', "1;2").replace(",", ";").replace("1;2", '"1,2"'),
    "sep-line": "sep=;\r\n" + GOOD.replace('"1,2"', "1;2").replace(",", ";").replace("1;2", '"1,2"'),
    "tabs": GOOD.replace('"1,2"', "1;2").replace(",", "\t").replace("1;2", "1,2"),
}


@pytest.mark.parametrize("text", SPREADSHEETS.values(), ids=SPREADSHEETS)
def test_csv_as_programs_write_it(desk, text):
    code, _, err = importing(desk, text)
    assert code == 0, err
    li, zhang = exported(desk)
    assert (li["account"], zhang["account"]) == ("li", "zhang")
    assert (zhang["real_name"], zhang["nick_name"], zhang["role_id"]) == ("张三", '小"张"', "1,2")


def import_bytes(desk, content, *options, name="people.csv"):
    file = desk.folder / name
    file.write_bytes(content)
    done = desk.run("user", "import", str(file), *options)
    return done.returncode, done.stderr.decode()


TRADITIONAL = f"account,password_hash,real_name\nzhang,{SHA1},張三\n"


@pytest.mark.parametrize("encoding, text, options", [
    ("gbk", GOOD, ["--encoding", "gbk"]),
    ("gb18030", GOOD.replace("张三", "张\U00020000"), ["--encoding", "gb18030"]),
    ("big5", TRADITIONAL, ["--encoding", "big5"]),
    ("utf-16", GOOD, []),  # Excel's "Unicode text", with a mark
    ("utf-16le", GOOD, ["--encoding", "utf-16le"]),
    ("utf-16be", GOOD, ["--encoding", "utf-16be"]),
    ("utf-8-sig", GOOD, []),
    ("utf-8-sig", GOOD, ["--encoding", "utf-8"]),
])  # fmt: skip
def test_encodings(desk, encoding, text, options):
    code, err = import_bytes(desk, text.encode(encoding), *options)
    assert code == 0, err
    name = exported(desk)[-1]["real_name"]
    assert name in text and len(name) == 2


def test_gbk_is_not_taken_for_utf_8(desk):
    """What Chinese Excel writes; its names were stored garbled."""
    code, err = import_bytes(desk, GOOD.encode("gbk"))
    assert code == FAILED and "people.csv:2: not UTF-8" in err and "--encoding gbk" in err and "big5" in err
    by_accident = f"account,password_hash,real_name\nxie,{SHA1},协同\n".encode("gbk")
    by_accident.decode("utf-8")
    code, err = import_bytes(desk, by_accident)
    assert code == FAILED and "UTF-8 by accident only" in err and "--encoding utf-8" in err
    assert accounts(desk) == []
    assert import_bytes(desk, by_accident, "--encoding", "gbk")[0] == 0
    assert exported(desk)[0]["real_name"] == "协同"
    assert import_bytes(desk, by_accident, "--encoding", "utf-8", "--update")[0] == 0, "whoever insists"
    assert exported(desk)[0]["real_name"] == by_accident.decode().split(",")[-1].strip()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("said", ["gbk", "gb18030", "big5"])
def test_utf_8_is_not_taken_for_gbk(desk, said, mark):
    """With an even number of bytes in each name it is valid GBK, and was stored garbled."""
    code, err = import_bytes(desk, mark + f"account,password_hash,real_name\nli,{SHA1},李四\n".encode(), "--encoding", said)
    assert code == FAILED and "UTF-8 already" in err and "leave --encoding away" in err
    assert accounts(desk) == []


def test_what_is_not_of_the_encoding(desk):
    code, err = import_bytes(desk, GOOD.encode("gbk") + b"\xff", "--encoding", "gbk")
    assert code == FAILED and "people.csv:4: a character that is not of the encoding" in err
    code, err = import_bytes(desk, GOOD.encode("utf-16le"))
    assert code == FAILED and "--encoding utf-16le" in err
    assert import_bytes(desk, b"", "--encoding", "latin1")[0] == USAGE


def test_export_for_excel(desk):
    assert importing(desk, GOOD)[0] == 0
    file = desk.folder / "excel.csv"
    desk.say("user", "export", str(file), "--for-excel")
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfaccount,") and b"\r\n" in content and b"user_id" not in content
    assert desk.say("user", "import", str(file), "--update") == "0 added, 2 changed, 0 refused.\n"
    assert desk.run("user", "export", "--for-excel", "--format", "jsonl").returncode == USAGE


def test_htpasswd(desk):
    file = desk.folder / "site.htpasswd"
    file.write_text(f"# people\n\nzhang:{SCHEMES['apr1'](PASSWORD)}:Zhang San:z@b.cn\n  # more\nli:{SHA1} \n")
    assert desk.say("user", "import", str(file)) == "2 added, 0 changed, 0 refused.\n"
    assert accounts(desk) == ["li", "zhang"]


FAULTS = {
    "unknown-column": ("account,colour\na,red\n", 1, 'unknown column "colour"'),
    "column-twice": ("account,account\na,b\n", 1, "column account stands there twice"),
    "no-account-column": (f"password_hash\n{SHA1}\n", 1, "no column account"),
    "empty": ("", 1, "no column account"),
    "no-name": (f"account,password_hash,\na,{SHA1},x\n", 2, "a value in column 3, which has no name"),
    "too-many": (f"account,password_hash\na,{SHA1},,x\n", 2, "4 values, but the header row has 2 columns"),
    "too-few": (f"account,password_hash,real_name\na,{SHA1}\n", 2, "2 values, but the header row has 3 columns"),
    "open-quote": (f'account,password_hash\n"a,{SHA1}\nb,{SHA1}\n', 2, "a quoted value that does not end"),
    "bare-cr": (f'account,password_hash\n"a","{SHA1}"\r"b","{SHA1}"\n', 2, "behind a closing quote"),
    "id": (f"account,password_hash,user_id\na,{SHA1},x\n", 2, "user_id: expected a whole number"),
    "after-quote": (f'account,password_hash\n"a"b,{SHA1}\n', 2, "behind a closing quote"),
    "quote-within": (f'account,password_hash\na"b,{SHA1}\n', 2, "a quote within a value"),
    "no-account": (f"account,password_hash\n,{SHA1}\n", 2, "account: missing"),
    "blank-account": (f"account,password_hash\n a,{SHA1}\n", 2, "account: a blank at its begin or end"),
    "blank-end": (f"account,password_hash\na\u3000,{SHA1}\n", 2, "account: a blank that is not the usual one"),
    "invisible": (f"account,password_hash\na\u200bb,{SHA1}\n", 2, "account: an invisible character"),
    "turned": (f"account,password_hash\na\u202eb,{SHA1}\n", 2, "account: an invisible character"),
    "escape": (f"account,password_hash\na\x1b[2J,{SHA1}\n", 2, "account: a control character"),
    "long-account": (f"account,password_hash\n{'a' * 129},{SHA1}\n", 2, "account: longer than 128 bytes"),
    "control": (f"account,password_hash,real_name\na,{SHA1},x\ty\n", 2, "real_name: the value has a control character"),
    "no-hash": ("account,password_hash\na,\n", 2, "password_hash: missing"),
    "plain-in-hash": ("account,password_hash\na,secret\n", 2, "password_hash: is no verifier"),
    "des": ("account,password_hash\na,abJnggxhB/yWI\n", 2, "DES crypt"),
    "bcrypt-31": ("account,password_hash\na,$2a$31$" + "a" * 53 + "\n", 2, "password_hash: "),
    "both": (f"account,password_hash,password\na,{SHA1},x\n", 2, "password: given beside password_hash"),
    "tenant": (f"account,password_hash,tenant\na,{SHA1},nobody\n", 2, "tenant: no such tenant"),
    "flag": (f"account,password_hash,locked\na,{SHA1},maybe\n", 2, "locked: expected yes or no"),
    "date": (f"account,password_hash,password_changed\na,{SHA1},2026-13-01\n", 2, "password_changed: expected"),
    "future": (f"account,password_hash,password_changed\na,{SHA1},99999999999\n", 2, "not in the future"),
    "twice": (f"account,password_hash\na,{SHA1}\nb,{SHA1}\na,{SHA1}\n", 4, "account: stands in line 2 already"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_line_and_nothing_is_written(desk, fault):
    text, line, what = FAULTS[fault]
    code, _, err = importing(desk, text)
    assert code == FAILED
    assert any(told.startswith(f"-:{line}: ") and what in told for told in err.splitlines()), err
    assert accounts(desk) == []


HASHES = {
    "bcrypt": SCHEMES["bcrypt-2a"]("x"),
    "spring": "{bcrypt}" + SCHEMES["bcrypt-2a"]("x"),
    "argon2": "$argon2id$v=19$m=16384$t=2$p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
    "ssha": "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3",
    "md5": md5("x"),
    "MD5": md5("x").upper(),
    "sha1": hashlib.sha1(b"x").hexdigest(),
    "sha256": hashlib.sha256(b"x").hexdigest(),
    "mysql": "*" + hashlib.sha1(b"x").hexdigest().upper(),
}


@pytest.mark.parametrize("kind", HASHES)
def test_a_hash_in_the_column_password_is_not_taken_for_the_password(desk, kind):
    """RuoYi's table calls its column of bcrypt so."""
    text = f"account,password\na,{HASHES[kind]}\n"
    code, _, err = importing(desk, text)
    assert code == FAILED and "-:2: password: looks like a hash" in err and "password_hash" in err
    assert HASHES[kind] not in err and accounts(desk) == []
    assert importing(desk, text, "--passwords-as-typed")[0] == 0 and accounts(desk) == ["a"]


def test_a_hash_that_is_typed_as_a_password_is_doubted(desk):
    for command in ("add", "passwd"):
        assert b"looks like a hash" in desk.run("user", command, "a", line=HASHES["bcrypt"]).stderr
        desk.run("user", "add", "b", line="Correct-horse-1")
        assert b"looks like a hash" not in desk.run("user", "passwd", "b", line="Correct-horse-2").stderr


def test_what_spring_and_ldap_write_before_a_hash(desk):
    bcrypt, sha512 = SCHEMES["bcrypt-2a"]("x"), SCHEMES["sha512-crypt"]("x")
    assert importing(desk, f"account,password_hash\na,{{bcrypt}}{bcrypt}\nb,{{CRYPT}}{sha512}\n")[0] == 0
    assert [row["password_hash"] for row in exported(desk, "--with-hashes")] == [bcrypt, sha512]


JSON_FAULTS = {
    "not-json": ("account=a", "not a JSON object on one line"),
    "array": ("[]", "not a JSON object"),
    "unknown": ('{"account":"a","colour":"red"}', 'unknown member "colour"'),
    "number": ('{"account":7}', "account: expected a string"),
    "twice": ('{"account":"a","account":"a"}', "a member stands there twice"),
    "nul": ('{"account":"a\\u0000b"}', "a NUL"),
}


@pytest.mark.parametrize("fault", JSON_FAULTS)
def test_faults_of_json_lines(desk, fault):
    text, what = JSON_FAULTS[fault]
    good = json.dumps({"account": "good", "password_hash": SHA1})
    code, _, err = importing(desk, f"{good}\n{text}", format="jsonl")
    assert code == FAILED and f"-:2: {what}" in err
    assert accounts(desk) == []


def test_faults_never_repeat_a_password_or_verifier(desk):
    code, out, err = importing(desk, "account,password_hash,password\na,hunter2hunter2,\nb,,admin123\n")
    assert code == FAILED and "hunter2" not in out + err and "admin123" not in out + err


def test_a_nul_and_bytes_that_are_no_utf_8(desk):
    for bytes_, line in ((b"account,password_hash\na\0b,x\n", 2), (b"account,password_hash\n\xff," + SHA1.encode(), 2)):
        (desk.folder / "people.csv").write_bytes(bytes_)
        done = desk.run("user", "import", str(desk.folder / "people.csv"))
        assert done.returncode == FAILED and f"people.csv:{line}: " in done.stderr.decode()


def test_many_faults_are_counted(desk):
    text = "account,password_hash\n" + "".join(f"a{i},x\n" for i in range(50))
    _, out, err = importing(desk, text)
    assert err.count("password_hash:") == 20 and "… and 30 more" in err
    assert "0 added, 0 changed, 50 refused: nothing was written." in out


def test_faults_come_in_the_order_of_the_lines(desk):
    text = f"account,password_hash\na,{SHA1}\na,{SHA1}\nb\nc,x\n"
    _, _, err = importing(desk, text)
    assert [line.split(":")[1] for line in err.splitlines() if line.startswith("-:")] == ["3", "4", "5"]


def test_keep_going_writes_what_is_good(desk):
    code, out, err = importing(desk, f"account,password_hash\na,{SHA1}\nb,x\nc,{SHA1}\n", "--keep-going")
    assert code == FAILED and "-:3: " in err and out == "2 added, 0 changed, 1 refused.\n"
    assert accounts(desk) == ["a", "c"]


def test_a_dry_run_writes_nothing(desk):
    code, out, _ = importing(desk, GOOD, "--dry-run")
    assert code == 0 and "a dry run, nothing was written" in out and accounts(desk) == []
    assert importing(desk, "account,password_hash\na,x\n", "--dry-run")[0] == FAILED
    assert importing(desk, GOOD)[0] == 0


def test_an_account_that_is_there_is_changed_only_if_that_is_wanted(desk):
    assert importing(desk, GOOD)[0] == 0
    before = {user["account"]: user for user in exported(desk, "--with-hashes")}
    code, _, err = importing(desk, f"account,password_hash\nzhang,{SHA1}\n")
    assert code == FAILED and "--update" in err
    changes = "account,nick_name,locked\nzhang,new,\nli,,no\n"
    code, out, _ = importing(desk, changes, "--update")
    assert (code, out) == (0, "0 added, 2 changed, 0 refused.\n")
    after = {user["account"]: user for user in exported(desk, "--with-hashes")}
    assert after["zhang"] == before["zhang"] | {"nick_name": "new"}
    assert after["li"] == before["li"] | {"locked": "no"}


def test_a_new_date_of_the_password_alone(desk):
    assert importing(desk, GOOD)[0] == 0
    assert importing(desk, "account,password_changed\nli,1600000000\n", "--update")[0] == 0
    assert exported(desk)[0]["password_changed"] == "1600000000"


def test_ids_stay_what_they_are(desk):
    """Applications keep them."""
    assert importing(desk, f"account,password_hash,user_id\na,{SHA1},77\n")[0] == 0
    assert exported(desk)[0]["user_id"] == "77"
    code, _, err = importing(desk, f"account,password_hash,user_id\nb,{SHA1},77\n")
    assert code == FAILED and "user_id: another account has it" in err
    code, _, err = importing(desk, "account,user_id\na,78\n", "--update")
    assert code == FAILED and "user_id: the account has another one" in err
    code, _, err = importing(desk, f"account,password_hash,user_id\nb,{SHA1},5\nc,{SHA1},5\n")
    assert code == FAILED and "line 3" in err and accounts(desk) == ["a"]


def test_verifiers_of_this_sites_own_cost_come_back(desk):
    desk.configure("[server]\ndata_dir = data\n[login]\nargon2_memory_kib = 262144\nargon2_passes = 5\n")
    row = "$argon2id$v=19$m=262144,t=5,p=1$" + "A" * 22 + "$" + "A" * 43
    assert importing(desk, f'account,password_hash\na,"{row}"\n')[0] == 0
    assert importing(desk, f'account,password_hash\nb,"{row[:-1]}"\n')[0] == FAILED
    assert importing(desk, f'account,password_hash\nb,"{row.replace("t=5", "t=50")}"\n')[0] == FAILED


HOSTILE = "\x1b]0;owned\x07\x1b[2J\u009b31m\u202eevil"


def test_nothing_of_a_file_controls_the_terminal(desk):
    """Names with escape sequences, in faults, in lists, in messages, and in the name of the file itself."""
    turned = f"account,password_hash,real_name\nzhang,{SHA1},a\u202eb\u2066c\n"
    assert importing(desk, turned)[0] == 0
    with closing(sqlite3.connect(desk.database)) as db, db:  # as an older version let it in
        db.execute("UPDATE user SET nick_name = ?", (HOSTILE,))
    file = desk.folder / f"{HOSTILE.replace('/', '')}.csv"
    file.write_text(f"account,password_hash,{HOSTILE}\n")
    outputs = [desk.run("user", *arguments) for arguments in (
        ["list"], ["list", "--json"], ["show", "zhang"], ["show", "zhang", "--json"], ["import", str(file)],
        ["lock", HOSTILE], [HOSTILE], ["import", "-", "--format", "jsonl", "--encoding", HOSTILE],
    )]  # fmt: skip
    outputs.append(desk.run("user", "import", "-", "--format", "jsonl", line=json.dumps({HOSTILE: "x"})))
    outputs.append(desk.run("user", "import", "-", "--format", "csv", line=f"account,tenant,password_hash\na,{HOSTILE},x"))
    for done in outputs:
        text = (done.stdout + done.stderr).decode()
        assert text and not set(text) & {"\x1b", "\x07", "\u009b", "\u202e", "\u2066"}, done.args
    assert json.loads(outputs[3].stdout)["nick_name"] == HOSTILE, "JSON says all of it"
    assert "\\u202E" in outputs[4].stderr.decode()


def test_an_export_on_a_screen_does_not_control_it(desk):
    """In a file or a pipe it is as it was: it has to come back so."""
    assert importing(desk, f"account,password_hash\nzhang,{SHA1}\n")[0] == 0
    with closing(sqlite3.connect(desk.database)) as db, db:
        db.execute("UPDATE user SET nick_name = ?", (HOSTILE,))
    assert HOSTILE in desk.say("user", "export")
    master, slave = pty.openpty()
    done = subprocess.run([BINARY, "--conf", desk.conf, "user", "export"], stdout=slave, stderr=slave, env={}, check=True)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:
        pass  # nobody has the other end any more
    os.close(master)
    assert done.returncode == 0 and b"zhang" in shown and b"\\x1B[2J\\u009B31m\\u202Eevil" in shown
    assert not set(shown.decode()) & {"\x1b", "\x07", "\u009b", "\u202e"}


@pytest.mark.parametrize("given, kept", [
    ("1, 2 ,,3,", "1,2,3"), (" , ,", ""), ("\u30001\u3000,2", "1,2"), ("a b, c", "a b,c"), ("1", "1"),
])  # fmt: skip
def test_blanks_and_empty_parts_fall_out_of_lists(desk, given, kept):
    assert importing(desk, f'account,password_hash,role_id,role_name,real_name\na,{SHA1},"{given}","{given}",", x"\n')[0] == 0
    desk.say("user", "set", "a", "--dept-id", given, "--post-id", given)
    (row,) = exported(desk)
    assert [row[name] for name in ("role_id", "role_name", "dept_id", "post_id")] == [kept] * 4
    assert row["real_name"] == ", x", "no list"


def test_how_long_texts_may_be(desk):
    """Lists as long as the original's columns; all others are bounded too."""
    for name, limit in [("role_id", 1000), ("role_name", 1000), ("dept_id", 1000), ("post_id", 1000), ("real_name", 255),
                        ("nick_name", 255), ("oauth_id", 255), ("id_number", 255)]:  # fmt: skip
        code, _, err = importing(desk, f"account,password_hash,{name}\n{name},{SHA1},{'x' * (limit + 1)}\n")
        assert code == FAILED and f"{name}: longer than {limit} bytes" in err
        assert importing(desk, f"account,password_hash,{name}\n{name},{SHA1},{'x' * limit}\n")[0] == 0
        option = "--" + name.replace("_", "-")
        assert desk.run("user", "set", name, option, "x" * (limit + 1)).returncode == USAGE
        desk.say("user", "set", name, option, "y" * limit)
    assert importing(desk, f'account,role_id\nrole_id,"{"x, " * 500}"\n', "--update")[0] == 0, "blanks do not count"


LOOKALIKES = f"account,password_hash\nzhang,{SHA1}\nZhang,{SHA1}\n\uff3ahang,{SHA1}\nli,{SHA1}\n"


def test_accounts_that_look_alike_are_told_of(desk):
    code, out, err = importing(desk, LOOKALIKES)
    assert code == 0 and "4 added" in out
    assert "-:3: note: Zhang differs in case or width only from zhang" in err
    assert "-:4: note: " in err and "-:5: " not in err
    assert importing(desk, f"account,password_hash\nLI,{SHA1}\n")[2].startswith("-:2: note: LI differs")
    done = desk.run("user", "add", "lI", line="Correct-horse-1")
    assert done.returncode == 0 and b"note: lI differs in case or width only from" in done.stderr
    checks = json.loads(desk.run("doctor", "--json").stdout)["checks"]
    (finding,) = [check for check in checks if check["name"] == "lookalikes"]
    assert finding["message"].startswith("6 accounts differ from another in case or width only")


def test_commands_find_an_account_as_logins_do(desk):
    assert importing(desk, f"account,password_hash\nZhang,{SHA1}\nLi,{SHA1}\nLI,{SHA1}\n")[0] == 0
    assert desk.say("user", "lock", "zhang") == "User Zhang of tenant 000000 locked; all its sessions ended.\n"
    assert json.loads(desk.say("audit", "tail", "-n", "1"))["subject"] == "user:000000/Zhang"
    assert desk.run("user", "lock", "li").returncode == FAILED, "either is meant"
    assert "LI of" in desk.say("user", "lock", "LI")


def test_a_composed_account_is_the_same_as_one_that_is_not(desk):
    assert importing(desk, f"account,password_hash\nzoe\u0308,{SHA1}\n")[0] == 0
    assert accounts(desk) == ["zo\u00eb"]
    assert importing(desk, f"account,password_hash\nzo\u00eb,{SHA1}\nzoe\u0308,{SHA1}\n")[0] == FAILED


def test_json_tells_the_figures(desk):
    code, out, _ = importing(desk, GOOD, "--json")
    assert code == 0 and json.loads(out) == {
        "added": 2, "changed": 0, "refused": 0, "needs_plain": 2, "written": True
    }  # fmt: skip


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_what_is_exported_with_hashes_is_the_same_elsewhere(desk, tmp_path_factory, format):
    from harness.desk import Desk

    awkward = f'account,password_hash,real_name,nick_name\n"=1+1",{SHA1}," blank ","a,""b"""\n@x,{SHA1},-,+\n'
    assert importing(desk, GOOD)[0] == importing(desk, awkward)[0] == 0
    file = desk.folder / f"all.{format}"
    assert "keep it as you keep the database" in desk.say("user", "export", str(file), "--with-hashes")
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    other = Desk(tmp_path_factory.mktemp("other"))
    other.say("init")
    other.say("tenant", "add", "000000", "--name", "x")
    assert other.say("user", "import", str(file)) == "4 added, 0 changed, 0 refused.\n"
    assert exported(other, "--with-hashes") == exported(desk, "--with-hashes")


def test_export_overwrites_nothing_and_refuses(desk):
    file = desk.folder / "there.csv"
    file.write_text("mine")
    done = desk.run("user", "export", str(file))
    assert done.returncode == FAILED and b"exists already" in done.stderr and file.read_text() == "mine"
    file.chmod(0o644)
    desk.say("user", "export", str(file), "--force")
    assert file.read_text().startswith("account,") and stat.S_IMODE(os.stat(file).st_mode) == 0o600
    for arguments in (["--format", "htpasswd"], ["--format", "xml"], [str(desk.folder / "x.txt")], ["--tenant", "a b"]):
        assert desk.run("user", "export", *arguments).returncode == USAGE
    for arguments in (["x.txt"], ["x", "--format", "xml"]):
        assert desk.run("user", "import", *arguments).returncode == USAGE
    assert desk.run("user", "import", "nosuch.csv").returncode == FAILED


def test_import_and_export_of_hashes_are_on_record(desk):
    assert importing(desk, GOOD)[0] == 0
    desk.say("user", "export")
    desk.say("user", "export", "--with-hashes")
    actions = [json.loads(line)["action"] for line in desk.say("audit", "tail").splitlines()]
    assert actions.count("user.import") == 1 and actions.count("user.export") == 1


def test_a_hundred_thousand(desk):
    rows = "".join(f"user{i:06},{SHA1},用户{i}\n" for i in range(100_000))
    assert importing(desk, "account,password_hash,real_name\n" + rows)[:2] == (0, "100000 added, 0 changed, 0 refused.\n")
    assert desk.say("user", "export").count("\n") == 100_001


def test_of_several_who_make_the_sm2_key_at_once_one_does(desk):
    command = [BINARY, "--conf", desk.conf, "key", "sm2"]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, env={}) for _ in range(8)]
    printed = {process.communicate(timeout=60)[0] for process in several}
    assert [process.returncode for process in several] == [0] * 8
    assert printed == {desk.say("key", "sm2").encode()}

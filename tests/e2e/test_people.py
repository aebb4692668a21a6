"""What the command line does with people as the portal knows them: their fields, groups, links and browsers."""

import csv
import hashlib
import io
import json
import re
import time

import pytest
from harness.desk import FAILED, USAGE, bare, desk  # noqa: F401, two are fixtures

NAMES = ("email", "phone", "locale", "external_id")


def events(desk):
    return [json.loads(line) for line in desk.say("audit", "tail").splitlines()]


def put_browser(desk, account, address="10.0.0.7"):
    """A browser that signed in, as the portal leaves it."""
    now = int(time.time())
    (row,) = desk.query(
        "INSERT INTO browser_session (secret_hash, user_id, created_s, seen_s, end_s, idle_end_s, idle_s, address, user_agent,"
        " proof, proved_s) SELECT randomblob(32), id, ?, ?, ?, ?, 7200, ?, 'Mozilla/5.0', 'pwd', ? FROM user WHERE account = ?"
        " RETURNING id",
        now, now, now + 43200, now + 7200, address, now, account
    )  # fmt: skip
    return row[0]


# ---- What is known of a person --------------------------------------------------------------------------------------


def test_what_the_portal_knows_is_given_shown_and_changed(desk):
    desk.add_user("li", email="Li@Example.com", phone="+86 (10) 1234-5678", locale="zh-Hant", external_id="uid=li,ou=人")
    shown = desk.json("user", "show", "li")
    assert [shown[name] for name in NAMES] == ["Li@Example.com", "+86 (10) 1234-5678", "zh-Hant", "uid=li,ou=人"]
    assert (shown["email_verified"], shown["groups"], shown["last_login_s"], shown["unlocked_s"]) == (False, "", None, None)
    desk.query("UPDATE user SET email_verified = 1")
    desk.say("user", "set", "li", "--phone", "110", "--email", "Li@Example.com")
    assert desk.json("user", "show", "li")["email_verified"] is True, "the address is the same"
    desk.say("user", "set", "li", "--email", "li@example.org")
    assert desk.json("user", "show", "li")["email_verified"] is False
    desk.say("user", "set", "li", *(part for name in NAMES for part in (f"--{name.replace('_', '-')}", "")))
    assert [desk.json("user", "show", "li")[name] for name in NAMES] == [""] * 4
    desk.say("user", "lock", "li")
    desk.say("user", "unlock", "li")
    assert abs(desk.json("user", "show", "li")["unlocked_s"] - time.time()) < 3600


@pytest.mark.parametrize(
    "option, value, complaint",
    [
        ("--email", "li", "expected an e-mail address"),
        ("--email", "li@", "expected an e-mail address"),
        ("--email", "@example.com", "expected an e-mail address"),
        ("--email", "li@exa mple.com", "expected an e-mail address"),
        ("--email", "li@-example.com", "expected an e-mail address"),
        ("--email", "li@example..com", "expected an e-mail address"),
        ("--email", "li@example.com.", "expected an e-mail address"),
        ("--email", "李@example.com", "expected an e-mail address"),
        ("--email", "li@example.com, wang@example.com", "expected an e-mail address"),
        ("--email", "Li <li@example.com>", "expected an e-mail address"),
        ("--email", "li\nBcc: wang@example.com", "a control character"),
        ("--email", f"{'l' * 65}@example.com", "expected an e-mail address"),
        ("--email", f"li@{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 60}", "expected an e-mail address"),
        ("--phone", "call me", "expected a telephone number"),
        ("--phone", "+-", "expected a telephone number"),
        ("--phone", "1" * 41, "expected a telephone number"),
        ("--locale", "fr", "expected zh-Hans, zh-Hant or en"),
        ("--locale", "zh", "expected zh-Hans, zh-Hant or en"),
    ],
)
def test_what_is_no_such_thing_is_refused(desk, option, value, complaint):
    desk.add_user("li")
    assert complaint in desk.say("user", "set", "li", option, value, status=USAGE)
    assert option in desk.say("user", "set", "li", option, value, status=USAGE)
    assert desk.query("SELECT email, phone, locale FROM user") == [("", "", "")]


def test_long_addresses_and_odd_ones_are_taken(desk):
    desk.add_user("li")
    for email in ("root@localhost", "a.b+c_d-e!#$%&'*/=?^`{|}~@x.y", f"{'l' * 64}@{'a' * 63}.{'b' * 63}.{'c' * 61}"):
        desk.say("user", "set", "li", "--email", email)
        assert desk.json("user", "show", "li")["email"] == email


# ---- Groups ---------------------------------------------------------------------------------------------------------


def test_groups_are_made_changed_and_removed(desk):
    desk.say("group", "add", "staff", "--title", "员工", "--networks", "10.0.0.0/8,2001:db8::/32")
    staff = desk.list("group")["staff"]
    assert abs(staff.pop("created_s") - time.time()) < 3600
    assert staff == {"name": "staff", "title": "员工", "members": 0, "networks": "10.0.0.0/8,2001:db8::/32"}
    desk.say("group", "set", "staff", "--networks", "")
    assert (desk.list("group")["staff"]["networks"], desk.list("group")["staff"]["title"]) == ("", "员工")
    desk.add_user("li", groups="staff")
    desk.say("group", "remove", "staff")
    assert desk.json("user", "show", "li")["groups"] == ""
    assert set(desk.list("group")) == {"admins"}, "which is there from the beginning"
    assert [(event["action"], event["subject"]) for event in events(desk) if event["action"].startswith("group")] == [
        ("group.add", "group:staff"), ("group.set", "group:staff"), ("group.remove", "group:staff")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments, complaint, status",
    [
        (["add", "员工"], "NAME: expected 1 to 64 letters", USAGE),
        (["add", "a,b"], "NAME: expected 1 to 64 letters", USAGE),
        (["add", "admins"], "group admins is there already", FAILED),
        (["add", "staff", "--networks", "10.0.0.0/33"], "--networks 10.0.0.0/33: expected a list of addresses", USAGE),
        (["add", "staff", "--networks", "home"], "--networks home", USAGE),
        (["add", "staff", "--title", "x" * 256], "--title: longer than 255 bytes", USAGE),
        (["set", "staff"], "nothing to change", USAGE),
        (["set", "nowhere", "--title", "x"], "no group nowhere; list them with: menshen group list", FAILED),
        (["remove", "nowhere"], "no group nowhere", FAILED),
        (["remove", "admins"], "group admins: it is always there", FAILED),
        (["members", "nowhere"], "no group nowhere", FAILED),
        (["join", "nowhere", "li"], "no group nowhere", FAILED),
        (["join", "admins", "nobody"], "no user nobody in tenant 000000", FAILED),
        (["leave", "nowhere", "li"], "no group nowhere", FAILED),
    ],
)
def test_groups_refuse(desk, arguments, complaint, status):
    desk.add_user("li")
    before = desk.query("SELECT * FROM user_group"), desk.query("SELECT * FROM group_member")
    assert complaint in desk.say("group", *arguments, status=status)
    assert (desk.query("SELECT * FROM user_group"), desk.query("SELECT * FROM group_member")) == before
    assert not [event for event in events(desk) if event["action"].startswith("group")]


def test_people_join_and_leave(desk):
    desk.say("tenant", "add", "t2", "--name", "T")
    desk.say("group", "add", "staff")
    desk.add_user("li")
    desk.add_user("wang", tenant="t2", groups="staff")
    desk.say("group", "join", "staff", "LI")
    assert [row["account"] for row in desk.json("group", "members", "staff")] == ["li", "wang"]
    assert [row["account"] for row in desk.json("group", "members", "staff", "--tenant", "t2")] == ["wang"]
    assert [row["account"] for row in desk.json("user", "list", "--group", "staff", "--tenant", "000000")] == ["li"]
    assert desk.list("group")["staff"]["members"] == 2
    desk.say("user", "set", "li", "--groups", "")
    desk.say("group", "leave", "staff", "wang", "--tenant", "t2")
    assert "Nobody is in it" in desk.say("group", "members", "staff")
    assert "no group nowhere" in desk.say("user", "set", "li", "--groups", "staff,nowhere", status=FAILED)
    assert "no group nowhere" in desk.say("user", "add", "zhao", "--groups", "nowhere", status=FAILED, line="ganz geheim")
    assert "no group nowhere" in desk.say("user", "list", "--group", "nowhere", status=FAILED)
    assert desk.query("SELECT * FROM group_member") == []
    assert [event["subject"] for event in events(desk) if event["action"] in ("group.join", "group.leave")] == [
        "group:staff user:000000/li", "group:staff user:t2/wang"
    ]  # fmt: skip


def test_the_last_administrator_stays(desk):
    desk.add_user("li", groups="admins")
    desk.add_user("wang")
    for arguments in (["user", "lock", "li"], ["user", "remove", "li"], ["user", "set", "li", "--groups", ""],
                      ["group", "leave", "admins", "li"]):  # fmt: skip
        assert "nobody could administer the site any more" in desk.say(*arguments, status=FAILED)
    file = desk.folder / "people.jsonl"
    for change in ({"locked": "yes"}, {"groups": ""}):
        file.write_text(json.dumps({"account": "wang", "nick_name": "x"}) + "\n" + json.dumps({"account": "li"} | change))
        said = desk.say("user", "import", str(file), "--update", status=FAILED)
        assert "line 2: nobody could administer the site any more" in said
    assert desk.query("SELECT account, locked, nick_name FROM user ORDER BY account") == [("li", 0, ""), ("wang", 0, "")]
    desk.say("group", "join", "admins", "wang")
    desk.say("user", "lock", "li")
    assert "nobody could administer" in desk.say("user", "remove", "wang", status=FAILED)
    desk.say("user", "remove", "li")


# ---- Files of people ------------------------------------------------------------------------------------------------


def test_fields_and_groups_come_in_and_go_out_as_they_are(desk):
    desk.say("group", "add", "staff")
    file = desk.folder / "people.csv"
    file.write_text(
        "account,password,email,email_verified,phone,locale,external_id,groups\n"
        'li,ganz geheim,li@example.com,yes,110,en,uid=li,"staff, admins"\n'
        "wang,ganz geheim,,,,,,\n"
    )
    desk.say("user", "import", str(file))
    li = desk.json("user", "show", "li")
    assert [li[name] for name in NAMES] == ["li@example.com", "110", "en", "uid=li"]
    assert (li["email_verified"], li["groups"]) == (True, "admins,staff")
    rows = {row["account"]: row for row in csv.DictReader(io.StringIO(desk.say("user", "export")))}
    assert (rows["li"]["groups"], rows["li"]["email_verified"], rows["li"]["locale"]) == ("admins,staff", "yes", "en")
    assert (rows["wang"]["groups"], rows["wang"]["email_verified"]) == ("", "no")
    exported = desk.folder / "all.jsonl"
    desk.say("user", "export", str(exported), "--with-hashes")
    people = sorted(desk.query("SELECT account, email, email_verified, phone, locale, external_id FROM user"))
    members = sorted(desk.query("SELECT account, group_name FROM group_member JOIN user ON user.id = user_id"))
    desk.say("user", "set", "wang", "--groups", "admins")  # so that li may go
    desk.say("user", "remove", "li")
    desk.say("user", "import", str(exported), "--update")
    assert sorted(desk.query("SELECT account, email, email_verified, phone, locale, external_id FROM user")) == people
    assert sorted(desk.query("SELECT account, group_name FROM group_member JOIN user ON user.id = user_id")) == members


def test_what_an_update_does_not_name_stays(desk):
    desk.say("group", "add", "staff")
    desk.add_user("li", email="li@example.com", groups="staff")
    desk.query("UPDATE user SET email_verified = 1")
    file = desk.folder / "people.jsonl"
    file.write_text('{"account": "li", "nick_name": "x"}\n')
    desk.say("user", "import", str(file), "--update")
    li = desk.json("user", "show", "li")
    assert (li["email"], li["email_verified"], li["groups"]) == ("li@example.com", True, "staff")
    file.write_text('{"account": "li", "email": "li@example.org"}\n')
    desk.say("user", "import", str(file), "--update")
    assert desk.json("user", "show", "li")["email_verified"] is False
    file.write_text('{"account": "li", "email": "li@example.net", "email_verified": "yes", "groups": ""}\n')
    desk.say("user", "import", str(file), "--update")
    li = desk.json("user", "show", "li")
    assert (li["email_verified"], li["groups"]) == (True, "")


@pytest.mark.parametrize(
    "row, complaint",
    [
        ({"groups": "nowhere"}, "groups: no such group: nowhere"),
        ({"groups": "admins,nowhere"}, "groups: no such group: nowhere"),
        ({"email": "x"}, "email: expected an e-mail address"),
        ({"locale": "de"}, "locale: expected zh-Hans, zh-Hant or en"),
        ({"phone": "x"}, "phone: expected a telephone number"),
        ({"email_verified": "1"}, "email_verified: expected yes or no"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(desk, row, complaint):
    file = desk.folder / "people.jsonl"
    good = {"account": "li", "password": "ganz geheim", "groups": "admins"}
    file.write_text(json.dumps(good) + "\n" + json.dumps(good | {"account": "wang"} | row))
    done = desk.run("user", "import", str(file))
    assert done.returncode == FAILED and f"people.jsonl:2: {complaint}" in done.stderr.decode()
    assert desk.query("SELECT count(*) FROM user") == [(0,)]


# ---- Links ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb, purpose, days", [("invite", "invitation", 7), ("reset", "reset", 1)])
def test_a_link_is_handed_over(desk, verb, purpose, days):
    desk.say("user", "add", "li", "--no-password")
    made = desk.json("user", verb, "LI")
    found = re.fullmatch(r"/link/([0-9a-f]{32})", made["link"])
    assert found and abs(made["expires_s"] - time.time() - days * 86400) < 3600
    ((hashed, stored, detail),) = desk.query("SELECT secret_hash, purpose, detail FROM link")
    assert (hashed, stored, detail) == (hashlib.sha256(found[1].encode()).digest(), purpose, "")
    assert found[1] not in str(events(desk)) and events(desk)[-1]["subject"] == "user:000000/li"
    again = desk.say("user", verb, "li")
    assert again.strip() != made["link"] and len(desk.query("SELECT id FROM link")) == 1, "the one before has ended"


def test_a_link_is_an_address_where_the_sites_is_known(desk):
    desk.add_user("li")
    done = desk.run("user", "reset", "li")
    assert done.returncode == 0 and b"set [server] base_url" in done.stderr
    desk.configure("[server]\ndata_dir = data\nbase_url = https://sso.example\n[portal]\nprefix = /door\n")
    done = desk.run("user", "reset", "li")
    assert re.fullmatch(rb"https://sso\.example/door/link/[0-9a-f]{32}\n", done.stdout) and done.stderr == b""


def test_links_refuse(desk):
    desk.add_user("li")
    desk.say("user", "lock", "li")
    assert "is locked" in desk.say("user", "invite", "li", status=FAILED)
    assert "no user nobody" in desk.say("user", "reset", "nobody", status=FAILED)
    desk.say("user", "unlock", "li")
    desk.say("user", "invite", "li")
    desk.say("user", "lock", "li")
    assert desk.query("SELECT * FROM link") == [], "a lock ends them"
    desk.configure("[server]\ndata_dir = data\n[portal]\nenabled = no\n")
    desk.say("user", "unlock", "li")
    assert "the portal, which the link leads to, is off" in desk.say("user", "invite", "li", status=FAILED)
    assert desk.query("SELECT * FROM link") == []


# ---- Browsers -------------------------------------------------------------------------------------------------------


def test_browsers_are_listed_and_ended(desk):
    desk.add_user("li")
    desk.add_user("wang")
    first, second, other = put_browser(desk, "li"), put_browser(desk, "li", "10.0.0.8"), put_browser(desk, "wang")
    assert [row["id"] for row in desk.json("session", "list", "--browser")] == [other, second, first]
    newest = desk.json("session", "list", "--browser", "--account", "li", "--limit", "1")[0]
    assert (newest["id"], newest["account"], newest["address"], newest["proof"]) == (second, "li", "10.0.0.8", "pwd")
    said = desk.say("session", "list")
    assert "Nobody is logged in." in said and "In the portal: 3; list them with: menshen session list --browser" in said
    desk.say("session", "revoke", str(first), "--browser")
    assert "no session" in desk.say("session", "revoke", str(first), "--browser", status=FAILED)
    assert "no session" in desk.say("session", "revoke", str(second), status=FAILED), "that is another list's number"
    assert [row["id"] for row in desk.json("session", "list", "--browser")] == [other, second]
    desk.say("session", "revoke", "--account", "li")
    assert [row["id"] for row in desk.json("session", "list", "--browser")] == [other]
    assert "--browser belongs to ID" in desk.say("session", "revoke", "--account", "li", "--browser", status=USAGE)
    assert "--client" in desk.say("session", "list", "--browser", "--client", "portal", status=USAGE)
    assert [(e["action"], e["subject"]) for e in events(desk) if e["action"] == "session.revoke"] == [
        ("session.revoke", f"browser:{first}"), ("session.revoke", "user:000000/li")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "command, line",
    [(["user", "lock", "li"], None), (["user", "remove", "li"], None), (["user", "passwd", "li"], "noch geheimer"),
     (["tenant", "lock", "000000"], None)],
)  # fmt: skip
def test_what_ends_sessions_ends_browsers_and_links_too(desk, command, line):
    desk.say("tenant", "add", "t2", "--name", "T")
    desk.add_user("li")
    desk.add_user("kept", tenant="t2")
    put_browser(desk, "li")
    kept = put_browser(desk, "kept")
    desk.say("user", "reset", "li")
    desk.say("user", "reset", "kept", "--tenant", "t2")
    desk.say(*command, line=line)
    assert desk.query("SELECT id FROM browser_session") == [(kept,)]
    assert desk.query("SELECT account FROM link JOIN user ON user.id = user_id") == [("kept",)]


def test_who_logged_in_last(site_with):
    web = site_with({})
    user = web.site.new_user()
    assert web.site.cli_json("user", "show", user.account)["last_login_s"] is None
    web.blade_login(user)
    assert abs(web.site.cli_json("user", "show", user.account)["last_login_s"] - time.time()) < 3600

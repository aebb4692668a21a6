"""Mail, through a program with sendmail's interface: what is written to whom, and what happens when it fails."""

import email
import email.policy
import os
import re
import signal
import socketserver
import threading
from contextlib import contextmanager

import pytest
from conftest import running_site
from harness.browser import running_browser
from harness.portal import Portal
from harness.servers import wait_until
from harness.site import DEMO_USER
from harness.visitor import Visitor
from test_portal_pages import LANGUAGES, axe, cut_off, look_at

TRANSPORTS = ("lighttpd-fastcgi", "apache-htaccess-generous")

# Keeps what it gets; `hold` and `fail` are files that a test makes.
SENDMAIL = """#!/bin/sh
cd '{box}' || exit 75
while [ -e hold ]; do sleep 0.05; done
if [ -e fail ]; then echo 'no route to host' >&2; exit 75; fi
env > "env.$$"
printf '%s\\n' "$@" > "args.$$"
cat > "part.$$" && mv "part.$$" "mail.$$"
"""


class Mailbox:
    def __init__(self, site):
        self.site, self.box = site, site.root / "box"
        self.box.mkdir()
        program = site.root / "box/sendmail"
        program.write_text(SENDMAIL.format(box=self.box))
        program.chmod(0o755)
        site._chown()

    def hold(self, name, on=True):
        (self.box / name).touch() if on else (self.box / name).unlink()

    def mails(self):
        read = email.policy.default
        return [
            email.message_from_bytes(path.read_bytes(), policy=read)
            for path in sorted(self.box.glob("mail.*"), key=lambda path: path.stat().st_mtime_ns)
        ]

    def wait(self, count=1):
        """The mails, once there are so many. Whoever comes lets it be looked for."""

        def enough():
            Portal(self.site).get("/login")
            return self.mails() if len(self.mails()) >= count else None

        return wait_until(enough, f"{count} mails; {self.site.logs().keys()}")


def settings(**mail):
    return {
        "mail": {"sendmail": "/bin/sh /nowhere", "from": "门神 <noreply@example.com>"} | mail,
        "server": {"base_url": "https://auth.example.com/portal"},
    }


@contextmanager
def mail_site(transport, **mail):
    with running_site(transport, settings(**mail)) as site:
        site.mailbox = Mailbox(site)
        conf = site.conf.read_text().replace("/bin/sh /nowhere", f"{site.mailbox.box}/sendmail -t -i")
        site.conf.write_text(conf.replace("base_url = https://auth.example.com/portal", f"base_url = {base(site)}"))
        for pid in site.workers():
            os.kill(pid, signal.SIGHUP)
        site.write(
            "UPDATE user SET email = 'admin@example.com', email_verified = 1, locale = 'en', real_name = '管理员'"
        )
        yield site


@pytest.fixture(params=TRANSPORTS)
def post(request):
    with mail_site(request.param) as site:
        yield site


@pytest.fixture
def site():
    with mail_site("lighttpd-fastcgi") as site:
        yield site


def base(site):
    return f"http://127.0.0.1:{site.server.port}{site.server.config.mount}"


def ask(portal, who, **fields):
    """Fill in /forgot, with the right captcha."""
    page = portal.get("/forgot")
    return portal.submit("/forgot", who=who, captcha=page.headers["X-Captcha-Code"], **fields)


# ---- Forgotten passwords --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", [DEMO_USER.account, "ADMIN@example.com"])
def test_a_forgotten_password(post, who):
    page = ask(Portal(post), who)
    assert page.path.endswith("/forgot-sent")
    (mail,) = post.mailbox.wait()
    assert (mail["To"], mail["From"]) == ("admin@example.com", "门神 <noreply@example.com>")
    assert "Menshen" in mail["Subject"] and mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    (link,) = re.findall(r"https?://\S+", text)
    assert link.startswith(base(post) + "/link/") and "管理员" in text and "once" in text

    person = Portal(post)
    person.get(link)
    fresh = "Neues-Passwort-2026"
    assert person.submit(link.rpartition("/")[2], fresh=fresh, again=fresh).path.endswith("/account")
    assert Portal(post).get(link).status == 404, "good once"
    assert post.query("SELECT count(*) FROM link") == [(0,)]


def test_the_answer_is_the_same_for_everybody(site):
    site.cli("user", "add", "nomail", line="Secret-4711-x")
    site.cli("user", "add", "unproven", line="Secret-4711-x")
    site.write("UPDATE user SET email = 'unproven@example.com' WHERE account = 'unproven'")
    pages = [ask(Portal(site), who) for who in ("admin", "nobody", "nomail", "unproven", "unproven@example.com", "x@y.z")]
    assert len({(page.status, page.path, page.text) for page in pages}) == 1
    site.mailbox.wait()
    wait_until(lambda: Portal(site).get("/login") and site.query("SELECT count(*) FROM mail") == [(0,)], "all looked up")
    assert [mail["To"] for mail in site.mailbox.mails()] == ["admin@example.com"]
    assert site.query("SELECT count(*) FROM link") == [(1,)]


def test_whoever_asks_again_and_again_takes_no_link_away(site):
    for _ in range(7):
        assert ask(Portal(site), "admin").path.endswith("/forgot-sent")
    wait_until(lambda: Portal(site).get("/login") and site.query("SELECT count(*) FROM mail") == [(0,)], "all looked up")
    assert len(site.mailbox.mails()) == 5 and b"mail_refused" in site.log.read_bytes()
    links = [re.search(r"https?://\S+", mail.get_content())[0] for mail in site.mailbox.mails()]
    assert sorted(Portal(site).get(link).status for link in links) == [200, 404, 404, 404, 404]


def test_a_name_ends_no_line_of_a_letter(site):
    site.write("UPDATE user SET real_name = ?", "x\\nHere: http://evil.example\\n{link}")
    ask(Portal(site), "admin")
    (mail,) = site.mailbox.wait()
    (line,) = [line for line in mail.get_content().splitlines() if "evil" in line]
    assert "x\\nHere: http://evil.example\\n{link}" in line and len(mail.get_content().splitlines()) > 4


def test_nobody_writes_to_the_whole_world(site):
    portal = Portal(site)
    portal.sign_in()
    for number in range(7):
        portal.get("/account")
        page = portal.submit("/account/email", email=f"victim{number}@example.com", password=DEMO_USER.password)
        assert page.path.endswith("/account") and page.status == 200
    wait_until(lambda: Portal(site).get("/login") and site.query("SELECT count(*) FROM mail") == [(0,)], "all sent")
    assert len(site.mailbox.mails()) == 5 and b"mail_refused" in site.log.read_bytes()


def test_a_wrong_captcha_asks_nothing(site):
    portal = Portal(site)
    portal.get("/forgot")
    page = portal.submit("/forgot", who="admin", captcha="wrong")
    assert page.status == 403 and "captcha-fault" in page.ids
    page = portal.submit("/forgot", who="", captcha="x")
    assert page.status == 400 and "who-fault" in page.ids
    assert site.query("SELECT count(*) FROM mail") == [(0,)]


def test_the_host_of_a_request_is_in_no_link(site):
    portal = Portal(site, headers={"Host": "evil.example"})
    assert ask(portal, "admin").path.endswith("/forgot-sent")
    (mail,) = site.mailbox.wait()
    assert base(site) + "/link/" in mail.get_content() and "evil" not in mail.get_content()


def test_pages_for_everybody(site):
    with running_browser() as browser:
        faults = []
        for path in ("/forgot", "/forgot-sent"):
            for language in LANGUAGES:
                browser.get(f"{base(site)}{path}?lang={language}")
                for width in (320, 1440):
                    for dark in (False, True):
                        look_at(browser, width, dark)
                        faults += [f"{path} {language} {width} {dark}: {line}" for line in axe(browser)]
                        faults += [f"{path} {language} {width}: too wide"] if cut_off(browser) else []
        assert faults == []


def test_without_mail_the_page_says_so():
    with running_site("lighttpd-fastcgi") as site:
        page = Portal(site).get("/forgot")
        assert page.status == 200 and "Ask an administrator" in page.text and not page.forms
        assert "/forgot" not in Portal(site).get("/login").html


# ---- Notices --------------------------------------------------------------------------------------------------------
def test_a_new_device_is_told_of(post):
    first = Portal(post, headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/138.0.0.0 Safari/537.36"})
    assert first.sign_in().path.endswith("/account")
    assert post.query("SELECT count(*) FROM mail") == [(0,)] and not post.mailbox.mails(), "the very first is no news"
    first.submit("/sign-out")
    first.sign_in()
    second = Portal(post, headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
    second.sign_in()
    (mail,) = post.mailbox.wait()
    assert "new sign-in" in mail["Subject"] and "Firefox 140" in mail.get_content()


def test_a_changed_password_is_told_of_in_the_language_of_the_person(post):
    post.write("UPDATE user SET locale = 'zh-Hant'")
    portal = Portal(post)
    portal.sign_in()
    portal.get("/account/password")
    fresh = "Neues-Passwort-2026"
    portal.submit("/account/password", old=DEMO_USER.password, fresh=fresh, again=fresh)
    (mail,) = post.mailbox.wait()
    assert mail["Subject"].endswith("：密碼已變更") and "帳號 admin 的密碼已變更" in mail.get_content()


def test_a_password_changed_in_a_dialect_is_told_of_too(site):
    visitor = Visitor(site, site.server.client)
    token = visitor.blade_login(DEMO_USER)["access_token"]
    assert visitor.update_password(token, DEMO_USER.password, "Neues-Passwort-2026").status == 200
    (mail,) = site.mailbox.wait()
    assert "password was changed" in mail["Subject"]


def test_a_reset_is_told_of_and_a_failed_change_is_not(site):
    portal = Portal(site)
    portal.sign_in()
    portal.get("/account/password")
    portal.submit("/account/password", old="wrong", fresh="Neues-Passwort-2026", again="Neues-Passwort-2026")
    assert site.query("SELECT count(*) FROM mail") == [(0,)]
    ask(Portal(site), "admin")
    (mail,) = site.mailbox.wait()
    (link,) = re.findall(r"https?://\S+", mail.get_content())
    person = Portal(site)
    person.get(link)
    person.submit(link.rpartition("/")[2], fresh="Neues-Passwort-2026", again="Neues-Passwort-2026")
    subjects = [mail["Subject"] for mail in site.mailbox.wait(3)]
    assert any("password was changed" in subject for subject in subjects), subjects


def test_notices_can_be_switched_off():
    with mail_site("lighttpd-fastcgi", notices="no") as site:
        for _ in range(2):
            assert Portal(site).sign_in().path.endswith("/account")
        assert site.query("SELECT count(*) FROM mail") == [(0,)]


def test_a_new_address_is_confirmed(post):
    portal = Portal(post)
    portal.sign_in()
    portal.get("/account")
    portal.submit("/account/email", email="new@example.com", password=DEMO_USER.password)
    assert post.query("SELECT email, email_verified FROM user WHERE account = 'admin'") == [("new@example.com", 0)]
    (mail,) = post.mailbox.wait()
    assert mail["To"] == "new@example.com"
    (link,) = re.findall(r"https?://\S+", mail.get_content())
    other = Portal(post)
    other.get(link)
    assert post.query("SELECT email_verified FROM user WHERE account = 'admin'") == [(0,)], "looking confirms nothing"
    other.submit(link.rpartition("/")[2])
    assert post.query("SELECT email_verified FROM user WHERE account = 'admin'") == [(1,)]


def test_a_host_that_somebody_made_up_gets_nobodys_link(site):
    site.write("UPDATE user SET email = '', email_verified = 0")
    site.conf.write_text(re.sub("base_url = .*", "", site.conf.read_text()))
    for pid in site.workers():
        os.kill(pid, signal.SIGHUP)
    wait_until(lambda: "/forgot" not in Portal(site).get("/login").html, "without an address")
    portal = Portal(site)
    portal.sign_in()
    portal.get("/account")
    page = portal.submit("/account/email", email="victim@example.com", password=DEMO_USER.password)
    assert page.status == 200 and "sent there" not in page.text
    assert site.query("SELECT email FROM user WHERE account = 'admin'") == [("victim@example.com",)]
    assert site.query("SELECT count(*) FROM mail") == [(0,)] and site.query("SELECT count(*) FROM link") == [(0,)]


def test_an_invitation_from_the_administrator_to_the_invited_person(post):
    admin = Portal(post)
    admin.sign_in()
    admin.get("/admin/users/new")
    page = admin.submit("/admin/users", account="li.si", email="li@example.com", real_name="李四", mail="1", locale="zh-Hans")
    assert page.status == 200 and "sent by mail to li@example.com" in page.text, page.text
    (mail,) = post.mailbox.wait()
    assert mail["To"] == "li@example.com" and mail["Subject"] == "邀请您加入 门神"
    (link,) = re.findall(r"https?://\S+", mail.get_content())
    assert link in page.text, "the same that was shown"
    invited = Portal(post)
    invited.get(link)
    fresh = "Neues-Passwort-2026"
    assert invited.submit(link.rpartition("/")[2], fresh=fresh, again=fresh).path.endswith("/account")
    mail = post.mailbox.wait(2)[1]
    assert "确认" in mail["Subject"], "the address that he kept is to be confirmed"
    (link,) = re.findall(r"https?://\S+", mail.get_content())
    invited.get(link)
    invited.submit(link.rpartition("/")[2])
    assert post.query("SELECT email_verified FROM user WHERE account = 'li.si'") == [(1,)]


def test_without_the_checkbox_nothing_is_sent(site):
    admin = Portal(site)
    admin.sign_in()
    admin.get("/admin/users/new")
    page = admin.submit("/admin/users", account="li.si", email="li@example.com", mail=None)
    assert page.status == 200 and "li@example.com" not in page.text
    assert site.query("SELECT count(*) FROM mail") == [(0,)]


# ---- What the program gets ------------------------------------------------------------------------------------------
def test_the_program_gets_no_secret_but_on_its_input(post):
    ask(Portal(post), "admin")
    (mail,) = post.mailbox.wait()
    (args,) = post.mailbox.box.glob("args.*")
    (env,) = post.mailbox.box.glob("env.*")
    assert args.read_text() == "-t\n-i\n"
    names = {line.partition("=")[0] for line in env.read_text().splitlines()}
    assert names <= {"PATH", "LC_ALL", "HOME", "PWD", "OLDPWD", "SHLVL", "_"}
    link = re.search(r"/link/(\w+)", mail.get_content())[1]
    assert all(link.encode() not in text for text in post.logs().values())


def test_names_cannot_write_headers(site):
    site.write("UPDATE user SET real_name = ?", "x\r\nBcc: evil@example.com\r\n\r\nhello")
    ask(Portal(site), "admin")
    (mail,) = site.mailbox.wait()
    assert mail["Bcc"] is None and mail["To"] == "admin@example.com"


@pytest.mark.parametrize("address", ["a@b\nBcc: c@d", "-oQ/tmp@x.y", "a b@c.d", '"x"@y.z', "a@b@c", "a@", "@b", "a@-b.c", "a,b@c"])
def test_what_is_no_address_gets_nothing(site, address):
    site.write("UPDATE user SET email = ?", address)
    ask(Portal(site), "admin")
    wait_until(lambda: Portal(site).get("/login") and site.query("SELECT count(*) FROM mail") == [(0,)], "looked up")
    assert site.query("SELECT count(*) FROM link") == [(0,)] and not site.mailbox.mails()


def logged(site, text):
    """Once the sender has said so. Whoever comes lets it be started."""
    wait_until(lambda: Portal(site).get("/login") and text in site.log.read_bytes(), text)


# ---- Failures -------------------------------------------------------------------------------------------------------
def test_what_fails_is_tried_again(post):
    post.mailbox.hold("fail")
    ask(Portal(post), "admin")

    logged(post, b"no route to host")
    ((tries, later_s),) = post.query("SELECT tries, next_s - created_s FROM mail")
    assert tries == 1 and later_s >= 60
    done = post.run(["mail", "send"])
    assert (done.returncode, done.stdout) == (0, b"0 sent, 0 failed, 0 given up\n"), "it is not due yet"
    post.mailbox.hold("fail", False)
    assert post.cli("mail", "send", "--all") == "1 sent, 0 failed, 0 given up\n"
    assert len(post.mailbox.mails()) == 1 and post.cli_json("mail", "list") == []


def test_after_so_many_tries_it_is_given_up(site):
    site.mailbox.hold("fail")
    ask(Portal(site), "admin")
    logged(site, b"no route to host")
    site.write("UPDATE mail SET tries = 7, expires_s = expires_s + 100000")
    assert site.run(["mail", "send", "--all"]).stdout == b"0 sent, 1 failed, 1 given up\n"
    assert site.query("SELECT count(*) FROM mail") == [(0,)] and b"mail_given_up" in site.log.read_bytes()


def test_a_program_that_hangs_holds_up_nobody(post):
    post.mailbox.hold("hold")
    assert ask(Portal(post), "admin").path.endswith("/forgot-sent")
    wait_until(lambda: Portal(post).get("/login") and post.query("SELECT tries FROM mail WHERE recipient <> ''") == [(1,)], "a try")
    ask(Portal(post), "nobody")
    for _ in range(5):
        assert Portal(post).get("/login").status == 200
    assert post.query("SELECT tries FROM mail ORDER BY id") == [(1,), (0,)], "there are not as many senders as requests"
    post.mailbox.hold("hold", False)
    wait_until(lambda: post.query("SELECT count(*) FROM mail") == [(0,)], "what came meanwhile is done by the same one")
    post.mailbox.wait()


def test_a_program_that_is_missing(site):
    (site.mailbox.box / "sendmail").unlink()
    ask(Portal(site), "admin")
    logged(site, b"No such file or directory")


class Receiver(socketserver.StreamRequestHandler):
    """As much of an SMTP server (RFC 5321) as takes a mail."""

    def handle(self):
        def say(line):
            self.wfile.write(line.encode() + b"\r\n")

        say("220 receiver")
        recipients, sender = [], ""
        while line := self.rfile.readline().decode().strip():
            verb = line.split(":")[0].split(" ")[0].upper()
            if verb == "MAIL":
                sender = line
            elif verb == "RCPT":
                recipients.append(line)
            elif verb == "DATA":
                say("354 go on")
                text = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    text += part
                self.server.received.append((sender, recipients, text))
            elif verb == "QUIT":
                say("221 bye")
                return
            say("250 receiver" if verb != "DATA" else "250 taken")


def test_through_msmtp_to_a_mail_server(site):
    """A program that hosts have, with its own reading of the message and of its arguments."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Receiver) as server:
        server.received, server.daemon_threads = [], True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = f"/usr/bin/msmtp --host=127.0.0.1 --port={server.server_address[1]} --tls=off --auth=off --read-envelope-from -t"
        site.conf.write_text(re.sub("sendmail = .*", f"sendmail = {command}", site.conf.read_text()))
        for pid in site.workers():
            os.kill(pid, signal.SIGHUP)
        ask(Portal(site), "admin")
        wait_until(lambda: Portal(site).get("/login") and server.received, f"a mail: {site.log.read_text()}")
        ((sender, recipients, text),) = server.received
        server.shutdown()
    assert "<noreply@example.com>" in sender and [r.split("<")[1] for r in recipients] == ["admin@example.com>"]
    mail = email.message_from_bytes(text, policy=email.policy.default)
    assert mail["From"] == "门神 <noreply@example.com>" and "/link/" in mail.get_content()


# ---- The command line -----------------------------------------------------------------------------------------------
def test_mail_is_listed_and_removed(site):
    site.mailbox.hold("fail")
    ask(Portal(site), "admin")
    logged(site, b"no route to host")
    (row,) = site.cli_json("mail", "list")
    assert row["recipient"] == "admin@example.com" and row["tries"] == 1
    assert site.run(["mail", "remove", "4711"]).returncode == 1
    assert site.run(["mail", "remove"]).returncode == 2
    site.cli("mail", "remove", str(row["id"]))
    assert site.query("SELECT count(*) FROM mail") == [(0,)]
    assert site.query("SELECT action, subject FROM audit ORDER BY id DESC LIMIT 1") == [("mail.remove", f"mail:{row['id']}")]


def test_one_recipient_gets_so_much_an_hour(site):
    for _ in range(25):
        Portal(site).sign_in()
    site.mailbox.wait(20)
    wait_until(lambda: Portal(site).get("/login") and site.query("SELECT count(*) FROM mail") == [(0,)], "all sent")
    assert len(site.mailbox.mails()) == 20

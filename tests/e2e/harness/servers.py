"""
Real web servers on 127.0.0.1, each around one of the shipped configuration files. The files are used as they are;
only the literal paths and ports they document are replaced, and each of these must occur in the file.
"""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .site import DEADLINE_S, TREE, owner_arguments
from .wire import Curl, DirectCgi, Socket, get

PROBE = get("/kom-ams-auth/oauth/captcha")


def wait_until(condition, what):
    """Poll until `condition()` is true; its value."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {DEADLINE_S} s: {what}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A program that runs as the site's owner until it is stopped, with everything it started."""

    def __init__(self, site, argv):
        self.output = site.root / "log" / f"{Path(argv[0]).name}.out"
        with open(self.output, "ab") as output:
            self.popen = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", **owner_arguments()
            )

    def alive(self):
        return self.popen.poll() is None

    def stop(self):
        if self.alive():
            self.popen.terminate()
        self.popen.wait(DEADLINE_S)


class Direct:
    """No server: the program as a CGI, run by the tests themselves."""

    def __init__(self, site, _config):
        self.client = self.curl = DirectCgi(site.run)

    def stop(self):
        pass


class Server:
    """What the three web servers have in common. A subclass writes the host's own configuration around ours."""

    def __init__(self, site, config):
        self.site, self.config = site, config
        self.port = site.port or free_port()
        self.spawned = False
        self.process = None
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        site, config = self.site, self.config
        if config.spawn:
            self.spawn_workers()
        self.shipped = site.root / "etc" / Path(config.shipped).name
        self.shipped.write_text(self.substitute((TREE / config.shipped).read_text()))
        self.main = site.root / "etc" / f"{type(self).__name__.lower()}.conf"
        self.main.write_text(self.main_text())
        self.check()
        self.process = Process(site, self.command())
        self.client = Socket(self.port, config.mount)
        self.curl = Curl(self.port, config.mount)
        try:
            wait_until(self.answers, f"an answer from {self.main}")
        except AssertionError:
            raise AssertionError(f"{config.shipped} does not answer:\n{self.all_logs()}") from None

    def all_logs(self):
        """The ends of all logs, for a person."""
        ends = {name: text[-3000:].decode(errors="replace") for name, text in self.site.logs().items()}
        return "\n".join(f"--- {name}\n{text}" for name, text in ends.items())

    def literals(self):
        """What to replace, of the paths that the shipped files are written with."""
        root = self.site.root
        return {
            "/srv/menshen/": f"{root}/",
            "/run/lighttpd/": f"{root}/run/",
            "/run/menshen/": f"{root}/run/",
            "/var/log/apache2/": f"{root}/log/",
            "/var/log/nginx/": f"{root}/log/",
            "/var/www/html": f"{root}/htdocs",
            "listen 80;": f"listen 127.0.0.1:{self.port};",
        }

    def substitute(self, text):
        for literal in self.config.literals:
            assert literal in text, f"{self.config.shipped} no longer mentions {literal}"
            text = text.replace(literal, self.literals()[literal])
        return text

    def check(self):
        """The server's own syntax check."""
        done = subprocess.run(
            self.check_command(), capture_output=True, text=True, check=False, cwd="/", **owner_arguments()
        )
        assert done.returncode == 0, f"{self.config.shipped}: {done.stdout}{done.stderr}"
        self.check_output = done.stdout + done.stderr

    def answers(self):
        assert self.process.alive(), f"{self.main} ended:\n{self.all_logs()}"
        try:
            return Socket(self.port, self.config.mount).send(PROBE).status == (200 if self.site.is_made else 500)
        except OSError:
            return False

    def spawn_workers(self):
        """Two workers on a socket, as the comments of the files that want a socket say."""
        run = self.site.root / "run"
        subprocess.run(
            ["spawn-fcgi", "-s", run / "menshen.sock", "-M", "0600", "-F", "2", "-P", run / "menshen.pid", "--",
             self.site.binary],
            check=True, capture_output=True, cwd="/", **owner_arguments(),
        )  # fmt: skip
        self.spawned = True

    def stop(self):
        if self.process:
            self.process.stop()
        if self.spawned:
            for pid in (self.site.root / "run/menshen.pid").read_text().split():
                try:
                    os.kill(int(pid), signal.SIGTERM)
                except ProcessLookupError:
                    pass
        wait_until(lambda: not self.site.workers(), f"the end of the workers of {self.config.shipped}")


class Lighttpd(Server):
    def main_text(self):
        root = self.site.root
        return f"""
            server.modules = ( "mod_indexfile", "mod_access", "mod_alias", "mod_redirect", "mod_accesslog" )
            server.document-root = "{root}/htdocs"
            server.bind = "127.0.0.1"
            server.port = {self.port}
            server.errorlog = "{root}/log/lighttpd-error.log"
            server.breakagelog = "{root}/log/lighttpd-stderr.log"
            accesslog.filename = "{root}/log/lighttpd-access.log"
            server.upload-dirs = ( "{root}/run" )
            include "{self.shipped}"
        """

    def check_command(self):
        return ["/usr/sbin/lighttpd", "-tt", "-f", self.main]

    def command(self):
        return ["/usr/sbin/lighttpd", "-D", "-f", self.main]


class Apache(Server):
    MODULES = "mpm_event authz_core setenvif env alias mime dir".split()

    def main_text(self):
        root = self.site.root
        modules = "\n".join(f"LoadModule {name}_module modules/mod_{name}.so" for name in self.modules())
        return f"""
            ServerRoot "/usr/lib/apache2"
            DefaultRuntimeDir "{root}/run"
            PidFile "{root}/run/apache.pid"
            Mutex file:{root}/run default
            {modules}
            # One child that stays: by default a crowd starts children that Apache ends again while others connect.
            StartServers 1
            ServerLimit 1
            ThreadsPerChild 64
            MaxRequestWorkers 64
            MinSpareThreads 1
            MaxSpareThreads 64
            Listen 127.0.0.1:{self.port}
            ServerName localhost
            ErrorLog "{root}/log/apache-error.log"
            LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
            TypesConfig /dev/null
            <IfModule cgid_module>
                ScriptSock "{root}/run/cgid.sock"
            </IfModule>
            <IfModule fcgid_module>
                FcgidIPCDir "{root}/run/fcgid"
                FcgidProcessTableFile "{root}/run/fcgid_shm"
            </IfModule>
            <Directory />
                AllowOverride None
                Require all denied
            </Directory>
            <VirtualHost *:{self.port}>
                DocumentRoot "{root}/htdocs"
                <Directory "{root}/htdocs">
                    Require all granted
                </Directory>
                {self.host_text()}
            </VirtualHost>
        """

    def modules(self):
        return [*self.MODULES, *self.config.modules]

    def host_text(self):
        """The site's own log leaves out what the shipped file logs, as its comments ask."""
        return f"""
                CustomLog "{self.site.root}/log/apache-access.log" combined env=!menshen
                Include "{self.shipped}"
        """

    def check_command(self):
        return ["/usr/sbin/apache2", "-t", "-f", self.main]

    def command(self):
        return ["/usr/sbin/apache2", "-DFOREGROUND", "-f", self.main]


class ApacheHtaccess(Apache):
    """A rented site: the host has a cgi-bin, grants a few overrides, and reads .htaccess files."""

    def host_text(self):
        root = self.site.root
        self.shipped.rename(root / "htdocs/.htaccess")
        shutil.copy(TREE / "cgi-bin/.htaccess", root / "cgi-bin/.htaccess")
        return f"""
                AccessFileName .htaccess
                ScriptAlias "/cgi-bin/" "{root}/cgi-bin/"
                <Directory "{root}/cgi-bin">
                    AllowOverride {self.config.overrides}
                    Require all granted
                </Directory>
                <Directory "{root}/htdocs">
                    AllowOverride {self.config.overrides}
                    Options FollowSymLinks
                </Directory>
                <Files ".ht*">
                    Require all denied
                </Files>
        """


class Nginx(Server):
    def main_text(self):
        root = self.site.root
        temporary = "\n".join(
            f"{kind}_temp_path {root}/run/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return f"""
            daemon off;
            worker_processes 1;
            pid {root}/run/nginx.pid;
            error_log {root}/log/nginx-main-error.log;
            events {{ }}
            http {{
                access_log {root}/log/nginx-access.log;
                {temporary}
                include {self.shipped};
            }}
        """

    def nginx(self, *options):
        return ["/usr/sbin/nginx", "-e", self.site.root / "log/nginx-start.log", "-c", self.main, *options]

    def check_command(self):
        return self.nginx("-t")

    def command(self):
        return self.nginx()


@dataclass(frozen=True)
class Config:
    """One shipped file and what it takes to load it."""

    server: type
    shipped: str = ""
    mount: str = ""
    literals: tuple = ()
    spawn: bool = False  # wants workers on a socket
    modules: tuple = ()  # of Apache
    overrides: str = ""  # AllowOverride of the host


CGI_MOUNT = "/cgi-bin/menshen.fcgi"
APACHE_LITERALS = ("/srv/menshen/", "/var/log/apache2/")
SOCKET_AND_APACHE_LOG = ("/run/menshen/", "/var/log/apache2/")
NGINX_LITERALS = ("/run/menshen/", "/var/log/nginx/", "listen 80;")
HTACCESS = dict(server=ApacheHtaccess, shipped="apache-conf/htaccess", modules=("cgid", "rewrite"))

CONFIGS = {
    "cgi": Config(Direct),
    "lighttpd-fastcgi": Config(
        Lighttpd, "lighttpd-conf/auth.conf", mount="/auth", literals=("/srv/menshen/", "/run/lighttpd/")
    ),
    "lighttpd-cgi": Config(Lighttpd, "lighttpd-conf/cgi.conf", mount=CGI_MOUNT, literals=("/srv/menshen/",)),
    "apache-fcgid": Config(
        Apache, "apache-conf/fcgid.conf", mount="/auth", literals=APACHE_LITERALS, modules=("fcgid",)
    ),
    "apache-cgid": Config(
        Apache, "apache-conf/cgid.conf", mount=CGI_MOUNT, literals=APACHE_LITERALS, modules=("cgid",)
    ),
    "apache-proxy-fcgi": Config(
        Apache, "apache-conf/proxy_fcgi.conf", literals=SOCKET_AND_APACHE_LOG, spawn=True,
        modules=("proxy", "proxy_fcgi"),
    ),
    "nginx": Config(
        Nginx, "nginx-conf/auth.conf", mount="/auth", literals=(*NGINX_LITERALS, "/var/www/html"), spawn=True
    ),
    "lighttpd-root": Config(Lighttpd, "lighttpd-conf/root.conf", literals=("/srv/menshen/", "/run/lighttpd/")),
    "lighttpd-socket": Config(
        Lighttpd, "lighttpd-conf/socket.conf", mount="/auth", literals=("/run/menshen/",), spawn=True
    ),
    "nginx-root": Config(Nginx, "nginx-conf/root.conf", literals=NGINX_LITERALS, spawn=True),
    "apache-htaccess": Config(**HTACCESS, overrides="FileInfo"),
    "apache-htaccess-generous": Config(**HTACCESS, mount=CGI_MOUNT, overrides="FileInfo Options Limit AuthConfig"),
}  # fmt: skip

# The same cases run over each of these; the other files are only loaded and tried.
TRANSPORTS = list(itertools.islice(CONFIGS, 7))

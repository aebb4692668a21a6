"""A front end with Menshen for its logins and an application server for the rest: each server's shipped frontend.conf."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .servers import Apache, ApacheHtaccess, Config, Lighttpd, Nginx
from .site import TREE

PAGE = "<title>the front end</title>"


class ApplicationServer:
    """Answers every request with what came: {"method", "path", "headers"}."""

    def __init__(self):
        class Echo(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                told = {"method": self.command, "path": self.path, "headers": dict(self.headers)}
                body = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json;charset=UTF-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Frontend:
    """Beside one of the servers: its shipped frontend.conf, a page as the front end, and an application server."""

    BESIDE = ""  # the shipped file
    PORT = "127.0.0.1:8081"  # as it stands there

    def start(self):
        self.application = ApplicationServer()
        text = (TREE / self.BESIDE).read_text()
        assert self.PORT in text
        self.beside = self.site.root / "etc/frontend.conf"
        self.beside.write_text(text.replace(self.PORT, self.PORT.replace("8081", str(self.application.port))))
        (self.site.root / "htdocs/index.html").write_text(PAGE)
        super().start()

    def stop(self):
        super().stop()
        self.application.stop()


class LighttpdFrontend(Frontend, Lighttpd):
    BESIDE = "lighttpd-conf/frontend.conf"
    PORT = '"host" => "127.0.0.1", "port" => 8081'

    def main_text(self):
        return super().main_text() + f'index-file.names = ( "index.html" )\ninclude "{self.beside}"\n'


class ApacheFrontend(Frontend, Apache):
    BESIDE = "apache-conf/frontend.conf"

    def host_text(self):
        return f'{super().host_text()}\nInclude "{self.beside}"\n'


class NginxFrontend(Frontend, Nginx):
    BESIDE = "nginx-conf/frontend.conf"

    def substitute(self, text):
        """Into the server block, below `root`, as its comments say."""
        root = f"root {self.site.root}/htdocs;"
        text = super().substitute(text)
        assert root in text
        return text.replace(root, f"{root}\n    include {self.beside};")


class RentedFrontend(ApacheHtaccess):
    """A host without an application server where only .htaccess may be changed: the lines that the page gives."""

    LINES = re.search(r"```apache\n(.*?)```", (TREE / "docs/frontends/README.md").read_text(), re.DOTALL)[1]

    def host_text(self):
        text = super().host_text()
        (self.site.root / "htdocs/.htaccess").write_text(self.LINES)
        (self.site.root / "htdocs/index.html").write_text(PAGE)
        return text


RENTED = Config(
    RentedFrontend, "apache-conf/htaccess", mount="/cgi-bin/menshen.fcgi", modules=("cgid", "rewrite"), overrides="FileInfo"
)

APACHE_MODULES = ("fcgid", "rewrite", "proxy", "proxy_http")

FRONTENDS = {
    "lighttpd": Config(
        LighttpdFrontend, "lighttpd-conf/auth.conf", mount="/auth", literals=("/srv/menshen/", "/run/lighttpd/")
    ),
    "apache": Config(
        ApacheFrontend, "apache-conf/fcgid.conf", mount="/auth", literals=("/srv/menshen/", "/var/log/apache2/"),
        modules=APACHE_MODULES,
    ),
    "nginx": Config(
        NginxFrontend, "nginx-conf/auth.conf", mount="/auth", spawn=True,
        literals=("/run/menshen/", "/var/log/nginx/", "listen 80;", "/var/www/html"),
    ),
}  # fmt: skip

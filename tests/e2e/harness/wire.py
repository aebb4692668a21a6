"""Requests and answers, byte for byte, and three ways to exchange them: a socket, curl, and CGI without a server."""

import json
import socket
import struct
import subprocess
from dataclasses import dataclass, replace
from http.client import HTTPResponse
from urllib.parse import unquote_to_bytes, urlencode

TIMEOUT_S = 60


def unique_pairs(pairs):
    """For json.loads: a dict, in order; a key that stands twice is an error of whoever wrote the JSON."""
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"duplicate key in {keys}"
    return dict(pairs)


@dataclass(frozen=True)
class Request:
    """What to send. `headers` may name one header twice; one named Content-Length replaces the right one."""

    method: str
    path: str  # below the mount, with the query string
    headers: tuple = ()
    body: bytes | None = None
    chunked: bool = False  # Transfer-Encoding: chunked instead of Content-Length

    def names(self, name):
        return any(key.lower() == name.lower() for key, _ in self.headers)

    def plus(self, **headers):
        """With further headers; _ in a name stands for -."""
        more = tuple((key.replace("_", "-"), value) for key, value in headers.items())
        return replace(self, headers=self.headers + more)


def get(path, **headers):
    return Request("GET", path).plus(**headers)


def post_json(path, document, **headers):
    """`document`: anything json.dumps takes, or bytes that are sent as they are."""
    body = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    return Request("POST", path, (("Content-Type", "application/json;charset=UTF-8"),), body).plus(**headers)


def post_form(path, fields, **headers):
    """`fields`: a dict or pairs, or bytes that are sent as they are."""
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    return Request("POST", path, (("Content-Type", "application/x-www-form-urlencoded"),), body).plus(**headers)


def post_multipart(path, fields, **headers):
    """As FormData does. `fields`: a dict, or bytes that are sent as they are; the boundary is always the same."""
    body = fields if isinstance(fields, bytes) else multipart(fields)
    return Request("POST", path, (("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"),), body).plus(**headers)


BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"


def multipart(fields):
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    return "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()


def post_query(path, fields, **headers):
    """The parameters in the query string of a POST with an empty body, as Saber sends them."""
    return Request("POST", f"{path}?{urlencode(fields)}", (), b"").plus(**headers)


@dataclass(frozen=True)
class Response:
    status: int
    headers: tuple
    body: bytes

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} stands {len(values)} times"
        return values[0] if values else None

    @property
    def json(self):
        assert (self.header("Content-Type") or "").replace(" ", "").lower() == "application/json;charset=utf-8", self
        return json.loads(self.body.decode("utf-8"), object_pairs_hook=unique_pairs)

    @property
    def by_server(self):
        """Whether it is the web server's own answer: Menshen, which writes no HTML, never saw the request."""
        return (self.header("Content-Type") or "").startswith("text/html")

    def __str__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:600]!r}"


class Socket:
    """HTTP/1.1 over a TCP connection of its own, each request exactly as it was asked for."""

    over_http = True

    def __init__(self, port, mount):
        self.port, self.mount = port, mount

    def encode(self, request):
        headers = list(request.headers)
        body = request.body or b""
        if not request.names("Host"):
            headers.insert(0, ("Host", f"127.0.0.1:{self.port}"))
        headers.append(("Connection", "close"))
        if request.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in split(body, 5000)) + b"0\r\n\r\n"
        elif request.body is not None and not request.names("Content-Length"):
            headers.append(("Content-Length", str(len(body))))
        lines = [f"{request.method} {self.mount}{request.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers)]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    def send(self, request):
        with socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S) as connection:
            try:
                connection.sendall(self.encode(request))
            except (BrokenPipeError, ConnectionResetError):
                pass  # a server may answer and close before it has read everything
            answer = HTTPResponse(connection, method=request.method)
            answer.begin()
            return Response(answer.status, tuple(answer.getheaders()), answer.read())


class Curl(Socket):
    """The same through curl, which a person would use."""

    def send(self, request):
        command = ["curl", "--silent", "--show-error", "--include", "--http1.1", "--globoff", "--path-as-is"]
        command += ["--request", request.method, "--header", "Expect:", "--max-time", str(TIMEOUT_S)]
        for key, value in request.headers:
            command += ["--header", f"{key}: {value}"]
        if request.body is not None:
            command += ["--data-binary", "@-"]
            if not request.names("Content-Type"):
                command += ["--header", "Content-Type:"]
        command.append(f"http://127.0.0.1:{self.port}{self.mount}{request.path}")
        done = subprocess.run(command, input=request.body or b"", capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        return Response(int(status.split()[1]), parse_headers(lines), body)


def cgi_variables(request, mount):
    """A request as the variables of RFC 3875, and its body."""
    path, _, query = request.path.partition("?")
    body = request.body or b""
    env = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": mount,
        "PATH_INFO": percent_decode(path),
        "QUERY_STRING": query,
    }
    if request.chunked:
        env["HTTP_TRANSFER_ENCODING"] = "chunked"  # and no length: as Apache hands such a request over
    elif request.body is not None:
        env["CONTENT_LENGTH"] = str(len(body))
    for key, value in request.headers:
        name = key.upper().replace("-", "_")
        if name not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = "HTTP_" + name
            value = f"{env[name]}, {value}" if name in env else value
        env[name] = value
    return env, body


def parse_cgi_response(raw):
    head, separator, body = raw.partition(b"\r\n\r\n")
    assert separator, raw[:300]
    lines = head.decode("latin-1").split("\r\n")
    assert lines[0].startswith("Status: "), "Status is the first header line of every answer"
    return Response(int(lines[0].split()[1]), parse_headers(lines[1:]), body)


class DirectCgi:
    """The program as a CGI without any server: the environment of RFC 3875, arguments as Apache passes them."""

    over_http = False
    mount = ""

    def __init__(self, run):
        """`run(argv, env, input)` runs the program and gives a subprocess.CompletedProcess."""
        self.run = run

    def send(self, request):
        env, body = cgi_variables(request, self.mount)
        query = env["QUERY_STRING"]
        argv = [] if "=" in query or not query else query.split("+")
        done = self.run(argv, env, body)
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr.decode(errors='replace')}"
        return parse_cgi_response(done.stdout)


class FastCgi:
    """
    A worker on a Unix socket (or at (host, port)), without any server: the FastCGI 1.0 protocol, one request a
    connection unless it is kept.
    """

    over_http = False
    mount = ""
    BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6

    def __init__(self, path):
        self.path = path if isinstance(path, tuple) else str(path)
        self.variables = {}  # further ones, of every request

    def send(self, request):
        return self.receive(self.begin(request))

    def connect(self):
        connection = socket.socket(socket.AF_INET if isinstance(self.path, tuple) else socket.AF_UNIX)
        connection.settimeout(60)
        connection.connect(self.path)
        return connection

    def head(self, request, keep=False):
        """The records up to the end of the variables, which may come in several."""
        env, _ = cgi_variables(request, self.mount)
        text = b"".join(self.pair(k.encode(), v.encode()) for k, v in (env | self.variables).items())
        return (
            self.record(self.BEGIN, struct.pack("!HB5x", 1, keep))
            + b"".join(self.record(self.PARAMS, part) for part in split(text, 0xFFF8))
            + self.record(self.PARAMS, b"")
        )

    def begin(self, request, body_too=True, keep=False, connection=None):
        """Send the request, without its body if told so; the connection."""
        connection = connection or self.connect()
        connection.sendall(self.head(request, keep))
        if body_too:
            self.finish(connection, request.body or b"")
        return connection

    def finish(self, connection, body):
        connection.sendall((self.record(self.STDIN, body) if body else b"") + self.record(self.STDIN, b""))

    def receive(self, connection):
        """The answer, after which the worker closes the connection."""
        with connection:
            response = self.receive_one(connection)
            assert connection.recv(1) == b""
        return response

    def receive_one(self, connection):
        """The answer up to the end of its request; the connection stays open."""
        raw, out = connection.makefile("rb"), b""
        while True:
            header = raw.read(8)
            assert len(header) == 8, f"the connection ended with {out[:200]!r}"
            kind, length, padding = struct.unpack("!xB2xHBx", header)
            content = raw.read(length + padding)[:length]
            out += content if kind == self.STDOUT else b""
            if kind == self.END:
                return parse_cgi_response(out)

    @staticmethod
    def pair(*texts):
        sizes = (struct.pack("!B", len(t)) if len(t) < 128 else struct.pack("!I", len(t) | 1 << 31) for t in texts)
        return b"".join(sizes) + b"".join(texts)

    @staticmethod
    def record(kind, content):
        return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def parse_headers(lines):
    return tuple(tuple(part.strip() for part in line.split(":", 1)) for line in lines)


def percent_decode(path):
    return unquote_to_bytes(path.encode("latin-1")).decode("utf-8", "surrogateescape")


def split(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]

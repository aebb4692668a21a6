"""One FastCGI worker on a socket that the test holds: what is pending when, the test decides."""

import os
import resource
import signal
import socket
import subprocess

from .site import owner_arguments
from .wire import FastCgi


class Worker:
    """`env`: its environment. `file_size`: the bytes that it may make a file (RLIMIT_FSIZE)."""

    def __init__(self, site, env=None, file_size=None, over_tcp=False, name="worker"):
        self.site, self.env, self.file_size = site, env or {}, file_size
        self.said = site.root / "log/worker.err"
        self.path = ("127.0.0.1", 0) if over_tcp else site.root / f"run/{name}.sock"
        self.process = None
        self.start()

    def start(self):
        over_tcp = isinstance(self.path, tuple)
        with socket.socket(socket.AF_INET if over_tcp else socket.AF_UNIX) as listening, open(self.said, "ab") as said:
            if not over_tcp:
                self.path.unlink(missing_ok=True)
            listening.bind(self.path if over_tcp else str(self.path))
            listening.listen(512)
            self.path = listening.getsockname() if over_tcp else self.path
            self.process = subprocess.Popen(
                [self.site.binary], stdin=listening.fileno(), stderr=said, env=self.env, cwd="/",
                preexec_fn=self.limit, **owner_arguments()
            )  # fmt: skip
        if not over_tcp:
            os.chmod(self.path, 0o777)
        self.client = FastCgi(self.path)

    def limit(self):
        if self.file_size:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_size, self.file_size))

    def signal(self, number):
        self.process.send_signal(number)

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        """Its exit status."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def has_answer(connection):
    """Whether there is something to read."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(60)

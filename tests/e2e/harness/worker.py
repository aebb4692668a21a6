"""One FastCGI worker on a socket of its own, without any web server: the test decides what is pending when."""

import os
import socket
import subprocess

from .site import owner_arguments
from .visitor import Visitor
from .wire import FastCgi


class Worker:
    """`disk`: of harness.disk, or None for the machine's own. With `web`, a visitor that talks to it."""

    def __init__(self, site, disk=None, name="worker"):
        self.site, self.disk = site, disk
        self.path = site.root / f"run/{name}.sock"
        self.client = FastCgi(self.path)
        self.web = Visitor(site, self.client)
        self.start()

    def start(self):
        self.path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.path))
            listening.listen(16)
            self.process = subprocess.Popen(
                [self.site.binary], stdin=listening.fileno(), env=self.disk.env if self.disk else {}, cwd="/",
                **owner_arguments()
            )
        os.chmod(self.path, 0o777)

    def stop(self):
        if self.disk:
            self.disk.open()
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)


def has_answer(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(60)

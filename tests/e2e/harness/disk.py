"""
A disk that the test holds in its hand: held back, failing, full, or cut off from its power. For the sanitized build,
which is linked dynamically (disk.c is preloaded).
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .site import run_as
from .visitor import Visitor
from .worker import Worker

FILES = ("menshen.db", "menshen.db-wal")
DATABASE, LOG = FILES


def build():
    """The library, in a folder of its own: whoever the workers run as may read it, wherever the tree lies."""
    folder = Path(tempfile.mkdtemp(prefix="menshen-disk-"))
    folder.chmod(0o755)
    library = folder / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", source, "-o", library], check=True)
    library.chmod(0o755)
    return library


class Disk:
    """The disk of one site. `env` is for the processes that are to have it."""

    def __init__(self, site, library):
        self.site, self.gate = site, site.root / "run"
        # The sanitizers want to be loaded first; they are not, and need not be.
        self.env = {"LD_PRELOAD": str(library), "GATE": str(self.gate), "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def close(self):
        (self.gate / "entered").unlink(missing_ok=True)
        (self.gate / "closed").touch()

    def open(self):
        (self.gate / "closed").unlink(missing_ok=True)

    def syncs(self):
        """How often the disk was asked since `close`."""
        entered = self.gate / "entered"
        return entered.stat().st_size if entered.exists() else 0

    def fail(self, *names):
        """Syncs fail, of these files or of all."""
        self._list("broken", names)

    def fill(self, *names):
        """There is no room, for these files or for any."""
        self._list("full", names)

    def mend(self):
        for name in ("broken", "full"):
            (self.gate / name).unlink(missing_ok=True)

    def _list(self, name, lines):
        path = self.gate / name
        path.with_suffix(".new").write_text("".join(f"{line}\n" for line in lines))
        path.with_suffix(".new").rename(path)

    def watch(self):
        """From now on `after_power_cut` knows what the disk has. Nobody may be writing."""
        image = self.gate / "image"
        image.mkdir()
        for name in FILES:
            if (self.site.database.parent / name).exists():
                shutil.copy2(self.site.database.parent / name, image / name)
        if run_as():
            for path in (image, *image.iterdir()):
                shutil.chown(path, run_as())

    def after_power_cut(self, folder):
        """The database file as it would be found, in `folder`."""
        for name in FILES:
            if (self.gate / "image" / name).exists():
                shutil.copy2(self.gate / "image" / name, Path(folder) / name)
        return Path(folder) / DATABASE


def remove(library):
    shutil.rmtree(os.path.dirname(library))


class DiskWorker(Worker):
    """A worker whose disk is `disk`, or the machine's own. With `web`, a visitor that talks to it."""

    def __init__(self, site, disk=None, name="worker"):
        self.disk = disk
        super().__init__(site, env=disk.env if disk else None, name=name)
        self.web = Visitor(site, self.client)

    def stop(self):
        if self.disk:
            self.disk.open()
        return super().stop()

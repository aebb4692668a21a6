"""Independent clients from npm: the scripts in tests/e2e/node, run beside the libraries that build/node holds."""

import json
import shutil
import subprocess

from .site import TREE

SCRIPTS = TREE / "tests/e2e/node"
INSTALLED = TREE / "build/node"


class Refused(Exception):
    """What the library threw. `error`: the OAuth error or the library's code; `told`: all it says."""

    def __init__(self, told):
        super().__init__(f"{told['error']}: {told['message']}")
        self.error, self.told = told["error"], told


def prepare():
    """Scripts find libraries beside themselves only."""
    assert (INSTALLED / "node_modules").is_dir(), f"{INSTALLED} is not there: make build/node/installed"
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, INSTALLED)


def call(script, op, **arguments):
    """The value of script's `op`; raises Refused."""
    done = subprocess.run(
        ["node", INSTALLED / f"{script}.mjs"], input=json.dumps({"op": op} | arguments), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    if "error" in told:
        raise Refused(told)
    return told["value"]

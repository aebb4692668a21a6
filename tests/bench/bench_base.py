"""The program of another revision of this repository, built from its sources below build/bench."""

import shutil
import subprocess

from bench_site import BUILD, TREE, require


def git(*arguments):
    done = subprocess.run(["git", "-C", TREE, *arguments], capture_output=True, check=False)
    require(done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.decode().strip()}")
    return done.stdout


def build_revision(revision):
    """The path of its cgi-bin/menshen.fcgi; built once per commit."""
    commit = git("rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
    tree = BUILD / "base" / commit[:12]
    program = tree / "cgi-bin/menshen.fcgi"
    if program.exists():
        return program
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", tree], input=git("archive", commit), check=True)
    print(f"building {revision}, {commit[:12]} …", flush=True)
    done = subprocess.run(["make", "-C", tree, "cgi-bin/menshen.fcgi"], capture_output=True, text=True, check=False)
    require(done.returncode == 0, f"{revision} does not build:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return program

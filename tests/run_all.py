#!/usr/bin/python3
"""
Run every test and say, in one last line, how many passed and failed. Called by `make test`:

    /usr/bin/python3 tests/run_all.py SANITIZER_FOLDER UNIT_BINARY...

Exit status 1 if anything failed or nothing ran.
"""

import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
BUILD = TREE / "build"
CHECKS = [["tests/check_layers"], ["make", "--no-print-directory", "check-clang"],
          ["make", "--no-print-directory", "check-format"]]  # fmt: skip


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def heading(text):
    print(f"\n==== {text}", flush=True)


def report(name, count, began):
    verdict = "FAILED" if count.failed else "ok    "
    print(f"{verdict} {name}: {count} ({time.monotonic() - began:.1f} s)", flush=True)


def run_check(command):
    """A command that passes or fails as a whole; its output is shown when it fails."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    count = Count(passed=1) if done.returncode == 0 else Count(failed=1)
    if count.failed:
        print(done.stdout)
    report(" ".join(command), count, began)
    return count


def fresh_report(name):
    """Where a test program is to write its JUnit file; nothing of an earlier run is there."""
    path = BUILD / "reports" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return path


def cases(junit):
    """(name, outcome, text) of every test in a JUnit file; outcome: passed, failure, error or skipped."""
    try:
        root = ElementTree.parse(junit).getroot()
    except (OSError, ElementTree.ParseError):
        return []
    found = []
    for case in root.iter("testcase"):
        outcomes = [child for child in case if child.tag in ("failure", "error", "skipped")]
        found += [(case.get("name"), child.tag, child.text or "") for child in outcomes]
        if not outcomes:
            found.append((case.get("name"), "passed", ""))
    return found


def count_cases(found, returncode):
    """A program that dies half-way may leave no report, or one in which all is well: one failure more."""
    number = Counter(outcome for _, outcome, _ in found)
    count = Count(number["passed"], number["failure"] + number["error"], number["skipped"])
    if returncode != 0 and not count.failed:
        count.failed = 1
    return count


def run_unit(binary):
    """One cmocka program."""
    began = time.monotonic()
    name = Path(binary).name
    junit = fresh_report(f"{name}.xml")
    env = os.environ | {"CMOCKA_MESSAGE_OUTPUT": "XML", "CMOCKA_XML_FILE": str(junit)}
    done = subprocess.run(
        [str(Path(binary).resolve())], cwd=TREE, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    found = cases(junit)
    count = count_cases(found, done.returncode)
    for test, outcome, text in found:
        if outcome in ("failure", "error"):
            print(f"---- {test}: {outcome}\n{text.strip()}")
    if count.failed:
        print(f"{done.stdout}exit status {done.returncode}")
    report(name, count, began)
    return count


# Two lanes side by side, since a test mostly waits for the program, a web server or a browser: these files, and the
# others.
PORTAL = ("test_portal_", "test_first_run", "test_mail", "test_people", "test_policy", "test_frontends")


def lanes():
    files = sorted(path.name for path in (TREE / "tests/e2e").glob("test_*.py"))
    portal = [name for name in files if name.startswith(PORTAL)]
    return {"e2e": [name for name in files if name not in portal], "e2e-portal": portal}


def start_lane(name, files):
    """pytest over these files; its own output is for people, its JUnit file is for counting."""
    junit = fresh_report(f"{name}.xml")
    output = open(BUILD / "reports" / f"{name}.txt", "w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "--durations=10",
         f"--junit-xml={junit}", *(f"tests/e2e/{file}" for file in files)],
        cwd=TREE, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, stdin=subprocess.DEVNULL, stdout=output,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    return junit, output, process


def run_e2e():
    began = time.monotonic()
    total = Count()
    running = {name: start_lane(name, files) for name, files in lanes().items()}
    for name, (junit, output, process) in running.items():
        process.wait()
        output.seek(0)
        print(output.read(), flush=True)
        output.close()
        count = count_cases(cases(junit), process.returncode)
        report(name, count, began)
        total.add(count)
    return total


def empty_folder(path):
    """Ours, empty, and for everybody to write into: workers run as another user."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    path.chmod(0o1777)


def check_sanitizers(folder):
    """ASan and UBSan write a file per process that went wrong: also of workers whose answer was fine."""
    began = time.monotonic()
    reports = sorted(folder.iterdir())
    for path in reports:
        print(f"---- {path}\n{path.read_text(errors='replace')}")
    count = Count(failed=len(reports)) if reports else Count(passed=1)
    report("no sanitizer report", count, began)
    return count


def main(sanitizer_folder, *unit_binaries):
    sanitizer_folder = Path(sanitizer_folder)
    empty_folder(sanitizer_folder)
    total = Count()
    heading("Sources")
    for command in CHECKS:
        total.add(run_check(command))
    heading("Unit tests")
    for binary in unit_binaries:
        total.add(run_unit(binary))
    heading("End-to-end tests: plain CGI, lighttpd, Apache, nginx")
    total.add(run_e2e())
    heading("Sanitizers")
    total.add(check_sanitizers(sanitizer_folder))
    print(f"\n{total}", flush=True)
    return 0 if total.passed and not total.failed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

#!/usr/bin/python3
"""
make bench: figures of Menshen, each beside a yardstick that is measured in the same run, turn by turn, so that
whatever else the machine does hits both. Ends with 0 when everything was measured, whether a mark was reached or not;
with 1 when something could not be measured, and says what.

Python's standard library, lighttpd, and the programs that the Makefile beside this file builds.
"""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench_base import build_revision
from bench_cgi import NOT_DEARER, compare_cgi, measure_cgi, measure_refusals
from bench_images import measure_images
from bench_portal import measure_pages
from bench_scale import measure_scale
from bench_site import (
    BUILD, JSON_TYPE, TOKEN_HEADERS, TOKEN_PATH, CannotMeasure, Lighttpd, Site, app_token, login, require,
    write_request,
)  # fmt: skip
from bench_table import Row, note, print_table

CONNECTIONS = 8  # four for each worker: none of them ever waits for work
ROUNDS = 3
ROUND_MS = 2000
WARM_UP_MS = 500
AT_LEAST_OF_ECHO = (">=", 0.30)
COMPARED_ROUNDS = 5
NOT_SLOWER = (">=", 0.95)  # two runs of the same program differ by as much
REFRESH_OF_ECHO = (">=", 0.50)
MEMORY = "/dev/shm"  # a file system without a disk
MIXED_REQUESTS = 1000


# ---- Requests --------------------------------------------------------------------------------------------------


def load(server, request, milliseconds, *chain):
    """What `load` found: requests per second, mean body size, number of requests."""
    argv = [BUILD / "load", str(server.port), str(CONNECTIONS), str(milliseconds), request, *chain]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    require(done.returncode == 0, f"{request.name}: {done.stderr.strip()[:2000]}\n{server.site.log_tail()}")
    found = json.loads(done.stdout)
    return found["requests"] / found["seconds"], found["body_bytes"], found["requests"]


def cpu_s(pids):
    """CPU time that these processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


# ---- Through lighttpd ------------------------------------------------------------------------------------------


def side_by_side(server, what, ours, workers, mark=AT_LEAST_OF_ECHO, prepare=lambda: None):
    """
    `ours(milliseconds)`, each time after `prepare()`, which is not measured, and the echo of as many bytes in turns.
    A Row, and the CPU time of a request in our and in the echo's worker, µs.
    """
    prepare()
    _, size, _ = ours(WARM_UP_MS)
    echo = write_request("echo.http", "POST", "/echo", JSON_TYPE, "x" * round(size))
    load(server, echo, WARM_UP_MS)
    rates, cpu, counts = ([], []), [0, 0], [0, 0]
    for _ in range(ROUNDS):
        for i, run in enumerate((ours, lambda ms: load(server, echo, ms))):
            prepare()
            before = cpu_s(workers[i])
            rate, _, count = run(ROUND_MS)
            rates[i].append(rate)
            cpu[i] += cpu_s(workers[i]) - before
            counts[i] += count
    row = Row(what, median(rates[0]), f"echo of {size:,.0f} bytes", median(rates[1]), mark)
    return row, [cpu[i] / counts[i] * 1e6 for i in (0, 1)]


def captcha_requests(server):
    """Name, method, path, headers of each dialect's captcha request."""
    bearer = {"Authorization": f"Bearer {app_token(server)}"}
    return (
        ("blade captcha", "GET", "/kom-ams-auth/oauth/captcha", {}),
        ("ebaas captcha", "POST", "/oauth/api/account/getImgCode", {}),
        ("eplatform captcha", "GET", "/captcha/WEB?0.7301", bearer),
        ("platform captcha", "POST", "/code", JSON_TYPE | {"source": "PC"}),
    )


def measure_captcha(server, workers, what, method, path, headers):
    request = write_request("captcha.http", method, server.MOUNT + path, headers)
    return side_by_side(server, what, lambda milliseconds: load(server, request, milliseconds), workers)


def used_tokens(server):
    return server.site.query("SELECT count(*) FROM token WHERE used_s IS NOT NULL")[0][0]


def measure_refresh(server, workers, what):
    """Every request rotates: each connection sends the refresh token of its last answer."""
    body = '{"grant_type":"refresh_token","scope":"all","refresh_token":"@VALUE@"}'
    request = write_request("refresh.http", "POST", server.MOUNT + TOKEN_PATH, TOKEN_HEADERS, body)
    first = BUILD / "requests/refresh-tokens"
    rotations, used_before = 0, used_tokens(server)

    def log_in():
        tokens = [login(server)["refresh_token"] for _ in range(CONNECTIONS)]
        first.write_text("\n".join(tokens) + "\n")

    def run(milliseconds):
        nonlocal rotations
        found = load(server, request, milliseconds, "refresh_token", first)
        rotations += found[2]
        return found

    result = side_by_side(server, what, run, workers, REFRESH_OF_ECHO, log_in)
    used = used_tokens(server) - used_before
    require(used == rotations, f"{rotations} refreshes were answered, but {used} tokens were used")
    return result


def measure_throughput(server, workers):
    """Rows, and CPU times of a request in our and in the echo's worker, µs."""
    found = []
    for what, method, path, headers in captcha_requests(server):
        found.append(measure_captcha(server, workers, what, method, path, headers))
    found.append(measure_refresh(server, workers, "blade refresh"))
    return found


def measure_refresh_in_memory():
    """The same with the database where nothing waits for a disk, to tell the disk's share."""
    if not os.path.ismount(MEMORY):
        return []
    folder = Path(tempfile.mkdtemp(prefix="menshen-bench-", dir=MEMORY))
    try:
        site = Site("site-in-memory", folder / "data")
        with Lighttpd(site) as server:
            row, cpu = measure_refresh(server, worker_pids(server), "blade refresh, no disk")
    finally:
        shutil.rmtree(folder)
    return [(replace(row, mark=None), cpu)]


def print_throughput(found):
    title = f"Through lighttpd: two workers, {CONNECTIONS} connections"
    print_table(title, "requests/s", [row for row, _ in found])
    cpu = ", ".join(f"{row.what} {ours:.0f}" for row, (ours, _) in found)
    note(f"CPU time of a worker per request, µs: {cpu}; echo {median(theirs for _, (_, theirs) in found):.0f}.")
    latency = fdatasync_us()
    note(
        f"fdatasync after writing 16 KiB, on this disk: median {latency[0]:,.0f} µs, 90 % within {latency[1]:,.0f} µs. "
        "A refresh is answered once it is on disk; with “no disk” the database is in memory."
    )


def fdatasync_us(times=200):
    """Median and 90th percentile of what a commit waits for: some pages of a file that is there, written again."""
    block, taken = os.urandom(16384), []
    with open(BUILD / "fdatasync", "wb", buffering=0) as file:
        for _ in range(times):
            file.write(block)
        os.fsync(file.fileno())
        file.seek(0)
        for _ in range(times):
            file.write(block)
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - start) * 1e6)
    os.unlink(BUILD / "fdatasync")
    return median(taken), sorted(taken)[times * 9 // 10]


# ---- Memory ----------------------------------------------------------------------------------------------------


def memory_mib(pids):
    """The mean of the workers: what is theirs (PSS: a shared page counts by its sharers), what they map (RSS)."""
    sums = {"Pss": 0, "Rss": 0}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            key, _, value = line.partition(":")
            if key in sums:
                sums[key] += int(value.split()[0])
    return [sums[key] / 1024 / len(pids) for key in ("Pss", "Rss")]


def worker_pids(server):
    """Ours and the echo's."""
    return server.workers(server.site.binary), server.workers(BUILD / "echo")


def measure_memory(server, workers):
    requests = captcha_requests(server)
    refresh = login(server)["refresh_token"]
    for n in range(MIXED_REQUESTS):
        server.send("POST", "/echo", JSON_TYPE, "x" * 4000)
        if n % 100 == 0:
            refresh = login(server)["refresh_token"]
        elif n % 10 == 0:
            fields = {"grant_type": "refresh_token", "refresh_token": refresh}
            answer = server.json("POST", TOKEN_PATH, TOKEN_HEADERS, json.dumps(fields))
            refresh = answer["refresh_token"]
        else:
            _, method, path, headers = requests[n % len(requests)]
            server.json(method, path, headers)
    (pss, rss), (echo_pss, echo_rss) = memory_mib(workers[0]), memory_mib(workers[1])
    rows = [Row("PSS", pss, "echo worker", echo_pss), Row("RSS", rss, "echo worker", echo_rss)]
    print_table(f"Memory of a worker after {MIXED_REQUESTS} mixed requests, ten logins among them", "MiB", rows)


# ---- Another version, in the same run --------------------------------------------------------------------------


class Compared:
    """Requests of one kind to both versions in turns: requests per second, and CPU time of the workers a request, µs."""

    def __init__(self, servers):
        self.servers, self.rates, self.cpu, self.counts = servers, ([], []), [0, 0], [0, 0]
        self.workers = [server.workers(server.site.binary) for server in servers]

    def turn(self, i, milliseconds, request, *chain):
        before = cpu_s(self.workers[i])
        rate, _, count = load(self.servers[i], request, milliseconds, *chain)
        if milliseconds > WARM_UP_MS:
            self.rates[i].append(rate)
            self.cpu[i] += cpu_s(self.workers[i]) - before
            self.counts[i] += count

    def rows(self, what, revision):
        """Of the rates, and of the CPU times, which a busy machine disturbs less."""
        cpu = [self.cpu[i] / self.counts[i] * 1e6 for i in (0, 1)]
        return (Row(what, median(self.rates[0]), revision, median(self.rates[1]), NOT_SLOWER),
                Row(what, cpu[0], revision, cpu[1], NOT_DEARER))  # fmt: skip


def compare_requests(servers, what, method, path, headers, text=""):
    compared = Compared(servers)
    for n in range(COMPARED_ROUNDS + 1):
        for i, server in enumerate(servers):
            # a captcha that wants a bearer token wants one of its own site
            own = headers | ({"Authorization": f"Bearer {app_token(server)}"} if "eplatform" in what else {})
            request = write_request(f"compare-{i}.http", method, server.MOUNT + path, own, text)
            compared.turn(i, ROUND_MS if n else WARM_UP_MS, request)
    return compared


def compare_refreshes(servers):
    text = '{"grant_type":"refresh_token","scope":"all","refresh_token":"@VALUE@"}'
    compared = Compared(servers)
    for n in range(COMPARED_ROUNDS + 1):
        for i, server in enumerate(servers):
            tokens = BUILD / f"requests/compare-tokens-{i}"
            tokens.write_text("".join(login(server)["refresh_token"] + "\n" for _ in range(CONNECTIONS)))
            request = write_request(f"compare-{i}.http", "POST", server.MOUNT + TOKEN_PATH, TOKEN_HEADERS, text)
            compared.turn(i, ROUND_MS if n else WARM_UP_MS, request, "refresh_token", tokens)
    return compared


def compare(revision):
    """Prints what this tree's program does beside that of another revision."""
    site, other = Site(), Site("site-base", built=build_revision(revision))
    with Lighttpd(site) as ours, Lighttpd(other) as base:
        servers = (ours, base)
        found = [compare_requests(servers, *kind).rows(kind[0], revision) for kind in captcha_requests(ours)]
        body = json.dumps({"grant_type": "client_credentials"})
        client = compare_requests(servers, "blade client_credentials", "POST", TOKEN_PATH, TOKEN_HEADERS, body)
        found.append(client.rows("blade client_credentials", revision))
        found.append(compare_refreshes(servers).rows("blade refresh", revision))
    title = f"Beside {revision}, through lighttpd: two workers, {CONNECTIONS} connections"
    print_table(title, "requests/s", [rates for rates, _ in found])
    print_table("CPU time of a worker for one of these requests", "µs", [cpu for _, cpu in found])
    compare_cgi(site, other, revision)


# ---- All -------------------------------------------------------------------------------------------------------


def describe_machine():
    model = next((s.split(":")[1].strip() for s in open("/proc/cpuinfo") if s.startswith("model name")), "?")
    disk = subprocess.run(["df", "--output=fstype", BUILD], capture_output=True, text=True, check=True).stdout.split()[1]
    note(f"{os.cpu_count()} cores, {model}; Linux {platform.release().split('-')[0]}; file system {disk}.")
    note(f"Load before the start: {os.getloadavg()[0]:.2f}. Figures are medians of turns taken alternately.")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    start = time.monotonic()
    print("## make bench\n")
    describe_machine()
    if os.environ.get("BASE"):
        compare(os.environ["BASE"])
        note(f"All of it took {time.monotonic() - start:.0f} s.")
        return 0
    site = Site()
    with Lighttpd(site) as server:
        workers = worker_pids(server)
        measure_memory(server, workers)
        found = measure_throughput(server, workers)
        captcha_us = found[0][1][0]
        measure_pages(server, workers, side_by_side, load, captcha_us)
    print_throughput(found + measure_refresh_in_memory())
    missing = measure_cgi(site)
    measure_refusals()
    measure_images()
    missing += measure_scale()
    for what in missing:
        note(f"Not measured: {what}.")
    note(f"All of it took {time.monotonic() - start:.0f} s.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CannotMeasure, OSError, subprocess.SubprocessError) as e:
        sys.exit(f"make bench: {e}")

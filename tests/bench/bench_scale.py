#!/usr/bin/python3
"""
What a big database costs: a site of a million users and ten million token rows beside one of a thousand and ten
thousand, both through lighttpd with two workers, turn by turn; and what the purge of expired rows adds to a request.

Run by bench.py; alone: bench_scale.py [--users N] [--tokens N] [--uuid 4|7] [--rounds N] [--keep]
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from statistics import median

from bench_fill import CLAIMS, FIRST_TOKEN_ID, TTL_S, Mint, fill, has_room, needed_bytes
from bench_site import (
    BUILD, SWORD, TOKEN_HEADERS, TOKEN_PATH, CannotMeasure, Lighttpd, Site, require, write_request,
)  # fmt: skip
from bench_table import Row, note, print_table

SMALL_USERS, SMALL_TOKENS = 1000, 10_000
BIG_USERS, BIG_TOKENS = 1_000_000, 10_000_000
ROUNDS = 5
TOKENS_PER_TURN = 2000
CHAIN_MS = 1000
AT_MOST_OF_SMALL = ("<=", 1.5)
PURGE_MARK_US = 5000

FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
REFRESH_BODY = '{"grant_type":"refresh_token","scope":"all","refresh_token":"@VALUE@"}'


class Side:
    """One of the two sites, served."""

    def __init__(self, server):
        self.server, self.site, self.mint = server, server.site, Mint(server.site)
        self.refresh_http = write_request(
            f"{self.site.root.name}-refresh.http", "POST", server.MOUNT + TOKEN_PATH, TOKEN_HEADERS, REFRESH_BODY
        )
        self.check_http = write_request(
            f"{self.site.root.name}-check.http", "POST", f"{server.MOUNT}/oauth2/introspect",
            FORM_TYPE | {"Authorization": SWORD}, "token=@VALUE@"
        )  # fmt: skip
        self.values = BUILD / f"requests/{self.site.root.name}-values"

    def rows(self, count, condition):
        """Rows for tokens from anywhere, as bench_fill.CLAIMS has them."""
        found, now = [], int(time.time()) + 600
        with closing(self.site.connect()) as db:
            last = db.execute("SELECT max(id) FROM token").fetchone()[0]
            ids = range(FIRST_TOKEN_ID, last + 1)
            for token in random.sample(ids, min(len(ids), max(100_000, 10 * count))):
                found += db.execute(f"{CLAIMS} AND {condition}", (token, now)).fetchall()
                if len(found) == count:
                    break
        require(len(found) == count, f"{len(found)} live tokens instead of {count} in {self.site.data}")
        return found

    def write_values(self, rows, is_refresh):
        self.values.write_text("".join(self.mint.token(row, is_refresh) + "\n" for row in rows))

    def load(self, connections, milliseconds, request, field):
        argv = [BUILD / "load", str(self.server.port), str(connections), str(milliseconds), request, field, self.values]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
        require(done.returncode == 0, f"{request.name}: {done.stderr.strip()[:2000]}\n{self.site.log_tail()}")
        return json.loads(done.stdout)

    # ---- turns: what `load` found
    def refresh_anywhere(self, connections, tokens):
        """Unused refresh tokens from all over the rows, each once."""
        self.write_values(self.rows(tokens, "token.used_s IS NULL"), True)
        found = self.load(connections, 60_000, self.refresh_http, "-")
        require(found["requests"] == tokens, f"{found['requests']} answers to {tokens} refreshes")
        return found

    def refresh_chain(self, connections):
        """Each connection sends the refresh token of its last answer, beginning with one from anywhere."""
        self.write_values(self.rows(connections, "token.used_s IS NULL"), True)
        return self.load(connections, CHAIN_MS, self.refresh_http, "refresh_token")

    def check(self, connections, tokens):
        """Introspection of access tokens from all over the rows."""
        self.write_values(self.rows(tokens, "1"), False)
        found = self.load(connections, 60_000, self.check_http, "-")
        require(found["body_bytes"] > 200, f"{self.site.root.name}: tokens were answered as not active")
        return found


@contextmanager
def served(site):
    with Lighttpd(site) as server:
        yield Side(server)


def alternate(sides, rounds, turn):
    """`turn(side)` for each side in turns: per side the median of each percentile, and the longest of all."""
    found = [[], []]
    for side in sides:
        turn(side)
    for n in range(rounds):
        for i in (0, 1) if n % 2 == 0 else (1, 0):
            found[i].append(turn(sides[i]))
    return [
        {key: (max if key == "max_us" else median)(turn[key] for turn in turns) for key in turns[0]} for turns in found
    ]


TURNS = (
    # what, one turn, the mark of its 99th percentile
    ("refresh, tokens of any age", lambda side: side.refresh_anywhere(1, TOKENS_PER_TURN), AT_MOST_OF_SMALL),
    ("refresh, chains", lambda side: side.refresh_chain(1), AT_MOST_OF_SMALL),
    ("introspection", lambda side: side.check(1, TOKENS_PER_TURN), AT_MOST_OF_SMALL),
    ("refresh, 8 at once", lambda side: side.refresh_anywhere(8, TOKENS_PER_TURN), None),
    ("introspection, 8 at once", lambda side: side.check(8, TOKENS_PER_TURN), None),
)


def measure_latency(big_site, version, rounds):
    """Rows, and what to say of the longest requests."""
    rows, longest = [], []
    yardstick = f"{SMALL_USERS:,} users, {SMALL_TOKENS:,} rows"
    with served(big_site) as big:
        for what, turn, mark in TURNS:
            small_site = Site("scale-small")  # anew for each: it would grow
            fill(small_site, SMALL_USERS, SMALL_TOKENS, version)
            with served(small_site) as small:
                theirs, ours = alternate((small, big), rounds, turn)
            rows.append(Row(f"{what}: median", ours["p50_us"], yardstick, theirs["p50_us"]))
            rows.append(Row(f"{what}: 99 %", ours["p99_us"], yardstick, theirs["p99_us"], mark))
            both = [f"{found['p999_us']:,.0f} and {found['max_us']:,}" for found in (ours, theirs)]
            longest.append(f"{what} {both[0]} ({both[1]})")
            shutil.rmtree(small_site.root)
    return rows, longest


def measure_purge(site):
    """Rows for the longest times of a step, when everything that is older than half the tokens' life is expired; how
    many were not timed, because the system gave the processor to others meanwhile."""
    rows, disturbed = [], 0
    for how, arguments in (("in memory", []), ("read from the disk", ["cold"])):
        argv = [BUILD / "purge", site.data, str(int(time.time()) + TTL_S // 2), *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=600, check=False)
        require(done.returncode == 0, f"purge: {done.stderr.strip()[:500]}")
        for found in map(json.loads, done.stdout.splitlines()):
            require(found["deleted"] >= found["rows"] * found["steps"], f"too few expired rows to purge: {found}")
            what = f"{found['rows']} of each kind, {how}"
            rows.append(Row(f"{what}: median", found["p50_us"], "mark", PURGE_MARK_US))
            disturbed += found["disturbed"]
            rows.append(Row(f"{what}: longest of {found['steps']}", found["max_us"], "mark", PURGE_MARK_US, ("<=", 1.0)))
    return rows, disturbed


def read_into_memory(site):
    """As the file of a site that has been running for a while is, where there is memory for it."""
    with open(site.data / "menshen.db", "rb") as file:
        while file.read(1 << 24):
            pass


def measure_scale(users=BIG_USERS, tokens=BIG_TOKENS, version=7, rounds=ROUNDS, keep=False):
    """Prints the tables; what could not be measured."""
    if not has_room(BUILD, users, tokens):
        gib = needed_bytes(users, tokens) / (1 << 30) + 1
        return [f"the big database: {BUILD} has less than the {gib:.0f} GiB free that are needed meanwhile"]
    site = Site("scale-big")
    try:
        took = fill(site, users, tokens, version)
        big_gib = (site.data / "menshen.db").stat().st_size / (1 << 30)
        read_into_memory(site)
        rows, longest = measure_latency(site, version, rounds)
        title = f"A database of {users:,} users and {tokens:,} token rows, one request at a time"
        print_table(title, "µs", rows)
        note(f"99.9 % and the longest of all, µs (in the small one): {'; '.join(longest)}.")
        note(f"The big database takes {big_gib:.1f} GiB and was filled in {took:.0f} s.")
        rows, disturbed = measure_purge(site)
        print_table(f"A step of the purge with about {tokens // 2:,} expired rows", "µs", rows)
        note(f"{disturbed} steps in which something else got the processor are left out.")
    finally:
        if not keep:
            shutil.rmtree(site.root)
    return []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=BIG_USERS)
    parser.add_argument("--tokens", type=int, default=BIG_TOKENS)
    parser.add_argument("--uuid", type=int, choices=(4, 7), default=7)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    for what in measure_scale(asked.users, asked.tokens, asked.uuid, asked.rounds, asked.keep):
        note(f"Not measured: {what}.")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CannotMeasure, OSError, subprocess.SubprocessError) as e:
        sys.exit(f"bench_scale: {e}")

"""Captchas per second of CPU time, drawn and encoded, beside the straightforward libgd program."""

import json
import subprocess
from statistics import median

from bench_site import BUILD, require
from bench_table import Row, note, print_table

ROUNDS = 5
COUNTS = {"images-ours": 2000, "images-straightforward": 200}
MARKS = {"png": (">=", 12.0), "jpeg": (">=", 8.0)}


def run(program, kind):
    done = subprocess.run(
        [BUILD / program, kind, str(COUNTS[program])], capture_output=True, text=True, timeout=120, check=False
    )
    require(done.returncode == 0, f"{program} {kind}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def measure_images():
    rows, sizes = [], []
    for kind, mark in MARKS.items():
        found = {program: [] for program in COUNTS}
        for _ in range(ROUNDS):
            for program in COUNTS:
                found[program].append(run(program, kind))
        rates = [median(each["per_cpu_s"] for each in found[program]) for program in COUNTS]
        rows.append(Row(f"blade {kind.upper()}, 130 × 48", rates[0], "straightforward libgd", rates[1], mark))
        sizes.append(f"{kind.upper()} {found['images-ours'][0]['bytes']:,.0f}")
    print_table(f"Pictures, median of {ROUNDS} turns", "per CPU second", rows)
    note(f"Mean bytes of ours: {', '.join(sizes)}.")

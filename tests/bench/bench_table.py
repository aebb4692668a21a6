"""Rows of figures beside their yardsticks, printed as tables that are also Markdown."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    what: str
    ours: float
    yardstick: str
    theirs: float
    mark: tuple | None = None  # (">=" or "<=", ratio); None: nothing to be reached, the figure is for comparison


def figure(value):
    """Three significant digits or all of a whole number's."""
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio_text(ratio):
    return f"{ratio:.1%}" if ratio < 2 else f"{ratio:.1f} ×"


def verdict(row):
    if row.mark is None:
        return "", ""
    sign, bound = row.mark
    ratio = row.ours / row.theirs
    reached = ratio >= bound if sign == ">=" else ratio <= bound
    return ("≥ " if sign == ">=" else "≤ ") + ratio_text(bound), "reached" if reached else "missed"


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def print_table(title, unit, rows):
    cells = [["what", f"ours, {unit}", "yardstick", f"yardstick, {unit}", "ours / yardstick", "mark", "result"]]
    for row in rows:
        mark, result = verdict(row)
        ratio = ratio_text(row.ours / row.theirs)
        cells.append([row.what, figure(row.ours), row.yardstick, figure(row.theirs), ratio, mark, result])
    widths = [max(width(line[i]) for line in cells) for i in range(len(cells[0]))]
    numeric = {1, 3, 4, 5}
    print(f"\n### {title}\n")
    for n, line in enumerate(cells):
        padded = []
        for i, text in enumerate(line):
            space = " " * (widths[i] - width(text))
            padded.append(space + text if i in numeric else text + space)
        print("| " + " | ".join(padded) + " |")
        if n == 0:
            rules = ("-" * (w + 1) + ":" if i in numeric else "-" * (w + 2) for i, w in enumerate(widths))
            print("|" + "|".join(rules) + "|")
    print(flush=True)


def note(text):
    print(f"- {text}", flush=True)

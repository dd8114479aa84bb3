"""Rows of the table: samples, their median, and how they stand to a rival or a limit."""

from dataclasses import dataclass, field
from statistics import median
from typing import List, Optional

HEADINGS = ["what", "size", "av1d", "against", "rival", "ratio", "CPU ratio", "limit", "kept"]


@dataclass
class Row:
    what: str
    size: str
    ours: List[float]                   # in `unit`
    unit: str = "s"
    against: str = ""
    rival: List[float] = field(default_factory=list)
    limit: Optional[float] = None       # of the ratio where there is a rival, else of `ours`
    ours_cpu: List[float] = field(default_factory=list)
    rival_cpu: List[float] = field(default_factory=list)

    def ratio(self):
        return median(self.ours) / median(self.rival) if self.rival else None

    def cpu_ratio(self):
        if not self.ours_cpu or not self.rival_cpu:
            return None
        return median(self.ours_cpu) / median(self.rival_cpu)

    def judged(self):
        return self.ratio() if self.rival else median(self.ours)


def number(value):
    if value == 0:
        return "0"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def spread(samples, unit):
    if not samples:
        return ""
    text = f"{number(median(samples))} {unit}"
    if len(samples) > 1:
        text += f" ({number(min(samples))} to {number(max(samples))})"
    return text


def cells(row):
    optional = lambda value: "" if value is None else number(value)
    kept = "" if row.limit is None else ("yes" if row.judged() <= row.limit else "NO")
    return [row.what, row.size, spread(row.ours, row.unit), row.against, spread(row.rival, row.unit),
            optional(row.ratio()), optional(row.cpu_ratio()), optional(row.limit), kept]


def line(row):
    return "| " + " | ".join(cells(row)) + " |"


def whole(rows):
    rule = "| " + " | ".join("---" for _ in HEADINGS) + " |"
    return "\n".join(["| " + " | ".join(HEADINGS) + " |", rule] + [line(row) for row in rows])

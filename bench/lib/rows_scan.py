"""Looking at a library: scans that find nothing to do, and files that wait side by side."""

from context import timed
from table import Row

FULL_SCAN = 200_000
FULL_STABLE = 10_000
STABILITY_SECS = 2


def scans(context):
    for size in context.sizes:
        files = FULL_SCAN * size // 100
        root = context.tree(files)
        find = ["find", root, "-type", "f", "-printf", "%s %T@ %p\\n"]
        rival, ours = [], []
        timed(find)  # both with a warm cache
        for _ in range(context.rounds):
            rival.append(timed(find))
            ours.append(context.measure("scan", root))
        for name, key, limit in (("first scan", "first", 0.5), ("later scan", "later", 0.4)):
            yield Row(name, f"{files} files", [one[key]["wall"] for one in ours],
                      against="find -printf", rival=[wall for wall, _ in rival], limit=limit,
                      ours_cpu=[one[key]["cpu"] for one in ours],
                      rival_cpu=[cpu for _, cpu in rival])


def stability(context):
    for size in context.sizes:
        files = FULL_STABLE * size // 100
        root = context.tree(2 * files)  # half of them are films
        beyond = [context.measure("stable", root, STABILITY_SECS)["beyond"]
                  for _ in range(context.rounds)]
        yield Row("new files known to be stable, beyond stability_secs", f"{files} films", beyond,
                  limit=2.0)

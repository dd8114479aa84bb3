"""The job store: its start, what a scan asks of it, and what running jobs write."""

from context import timed
from table import Row

FULL = 100_000
SECONDS = 10


def start(context):
    for size in context.sizes:
        count = FULL * size // 100
        directory = context.jobs(count)
        jq = ["sh", "-c", "find \"$1\" -name '*.json' -print0 | xargs -0 jq -c .status", "sh",
              directory]
        rival, ours = [], []
        timed(jq)
        for _ in range(context.rounds):
            rival.append(timed(jq))
            ours.append(context.measure("open", directory))
        yield Row("start", f"{count} job files", [one["open"]["wall"] for one in ours],
                  against="jq -c .status through xargs", rival=[wall for wall, _ in rival],
                  limit=0.5, ours_cpu=[one["open"]["cpu"] for one in ours],
                  rival_cpu=[cpu for _, cpu in rival])
        answers = [context.measure("answers", directory) for _ in range(context.rounds)]
        for name, key in (("decisions from the store", "answers"),
                          ("looking for deleted job files", "forget"), ("sums", "totals")):
            yield Row(name, f"{count} jobs", [one[key]["wall"] for one in answers])


def state(context):
    for jobs in (1, 8, 64):
        cores = [context.measure("save", context.path(f"save-{jobs}"), jobs, SECONDS)["core"]
                 for _ in range(min(context.rounds, 3))]
        yield Row("writing job state, progress twice a second", f"{jobs} jobs",
                  [100 * core for core in cores], unit="% of a core", limit=1.0)

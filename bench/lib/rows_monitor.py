"""av1top in a terminal (tmux): its first screen, and what it costs while jobs move, beside htop."""

import itertools
import json
import os
import re
import subprocess
import time

from context import cpu_seconds, resident_mib, wait_for
from table import Row

SECONDS = 20
FIRST_SCREEN_LIMITS = {10_000: 0.5, 100_000: 5.0}


class Terminal:
    """A program in a terminal of 120 columns and 36 rows that nobody looks at."""

    numbers = itertools.count()

    def __init__(self, argv):
        # A server each: the one before may still be on its way out.
        self.server = f"av1d-bench-{os.getpid()}-{next(self.numbers)}"
        self.tmux("new-session", "-d", "-x", "120", "-y", "36", "--", *argv)
        self.pid = int(self.tmux("list-panes", "-F", "#{pane_pid}"))

    def tmux(self, *words):
        return subprocess.run(["tmux", "-L", self.server, "-f", "/dev/null", *words], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def close(self):
        self.tmux("kill-server")


def first_screen(context, directory, count):
    """Seconds until all jobs are counted on the screen, and the memory then."""
    snapshot = subprocess.run([context.av1top, "--job-state-dir", directory, "--batch", "--json"],
                              check=True, stdout=subprocess.PIPE)
    successes = json.loads(snapshot.stdout)["totals"]["success"]
    wanted = re.compile(rf"\b{successes}\b")
    start = time.monotonic()
    terminal = Terminal([context.av1top, "--job-state-dir", directory])
    wait_for(lambda: wanted.search(terminal.screen()))
    seconds = time.monotonic() - start
    time.sleep(0.5)
    memory = resident_mib(terminal.pid)
    terminal.close()
    return seconds, memory


def cost(argv):
    """Per cent of a core, after the first seconds."""
    terminal = Terminal(argv)
    time.sleep(3)
    before, start = cpu_seconds(terminal.pid), time.monotonic()
    time.sleep(SECONDS)
    share = 100 * (cpu_seconds(terminal.pid) - before) / (time.monotonic() - start)
    terminal.close()
    return share


def monitor(context):
    for count in (1_000, 10_000, 100_000):
        if count * 100 // 100_000 > max(context.sizes):
            continue
        screens = [first_screen(context, context.jobs(count), count) for _ in range(context.rounds)]
        yield Row("av1top: first screen with all jobs", f"{count} jobs", [one[0] for one in screens],
                  limit=FIRST_SCREEN_LIMITS.get(count))
        yield Row("av1top: memory", f"{count} jobs", [one[1] for one in screens], unit="MiB",
                  limit=60)
    moving = context.path("moving")
    count = 10_000
    mover = context.move_jobs_on(moving, count, 120 * context.rounds)
    wait_for(lambda: os.path.isdir(moving) and len(os.listdir(moving)) >= count)
    ours, rival = [], []
    for _ in range(min(context.rounds, 3)):
        ours.append(cost([context.av1top, "--job-state-dir", moving]))
        rival.append(cost(["htop"]))
    mover.kill()
    mover.wait()
    yield Row("av1top: refresh while 4 jobs run", f"{count} jobs", ours, unit="% of a core",
              limit=2.0)
    yield Row("the same beside htop", f"{count} jobs", ours, unit="% of a core", against="htop",
              rival=rival)

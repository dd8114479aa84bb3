"""The daemon as a whole: what it keeps in memory, and what it does when there is nothing to do."""

import contextlib
import json
import os
import signal
import subprocess
import time

from context import cpu_seconds, resident_mib, switches, wait_for
from table import Row

FULL_WAITING = 10_000
FULL_DONE = 100_000
IDLE_SECONDS = 60


@contextlib.contextmanager
def daemon(context, config):
    log = open(config + ".log", "wb")
    process = subprocess.Popen([context.av1d, "--config", config], stderr=log)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        log.close()


def has_scanned(config):
    with open(config + ".log") as log:
        return "scan:" in log.read()


def waiting(jobs):
    try:
        with open(os.path.join(jobs, ".daemon")) as beat:
            return json.load(beat)["queue"]["waiting"]
    except (OSError, ValueError):
        return 0


def memory(context):
    for size in context.sizes:
        files = FULL_WAITING * size // 100
        name = f"waiting-{files}"
        config = context.config(name, context.tree(2 * files), min_bytes=0)
        jobs = context.path(name, "jobs")
        os.makedirs(jobs)
        open(os.path.join(jobs, ".pause"), "w").close()
        with daemon(context, config) as pid:
            wait_for(lambda: waiting(jobs) == files)
            yield Row("memory with so many films waiting", f"{files} films", [resident_mib(pid)],
                      unit="MiB", limit=40)
    for size in context.sizes:
        count = FULL_DONE * size // 100
        config = context.config(f"done-{count}", context.tree(2000), job_state_dir=context.jobs(count))
        with daemon(context, config) as pid:
            wait_for(lambda: has_scanned(config))
            time.sleep(1)
            yield Row("memory with so many finished jobs", f"{count} jobs", [resident_mib(pid)],
                      unit="MiB", limit=120)


def idle(context):
    config = context.config("idle", context.tree(2000), scan_interval_secs=86400)
    with daemon(context, config) as pid:
        wait_for(lambda: has_scanned(config))
        time.sleep(5)
        before, cpu = switches(pid), cpu_seconds(pid)
        time.sleep(IDLE_SECONDS)
        woken, used = switches(pid) - before, cpu_seconds(pid) - cpu
    yield Row("idle daemon: threads woken", "", [woken / IDLE_SECONDS], unit="a second")
    yield Row("idle daemon: CPU", "", [100 * used / IDLE_SECONDS], unit="%", limit=0.1)

"""What all rows need: where things are, how a command is run and timed, imagined libraries."""

import json
import os
import resource
import subprocess
import time


class Context:
    def __init__(self, arguments, scratch):
        self.rounds = arguments.rounds
        self.sizes = [int(size) for size in arguments.sizes.split(",")]
        self.scratch = scratch
        self.ffmpeg = arguments.ffmpeg
        self.ffprobe = os.path.join(os.path.dirname(arguments.ffmpeg), "ffprobe")
        self.clips = arguments.clips
        self.swap_mib = arguments.swap_mib
        self.av1d = self._program(arguments.build, "av1d")
        self.av1top = self._program(arguments.build, "av1top")
        self._measure = self._program(arguments.build, "bench/measure")
        self._make_jobs = self._program(arguments.build, "bench/make_jobs")
        self._made = {}

    @staticmethod
    def _program(build, name):
        path = os.path.abspath(os.path.join(build, name))
        if not os.access(path, os.X_OK):
            raise SystemExit(f"bench/run: {path} is missing: cmake --build {build} --target bench")
        return path

    def path(self, *names):
        return os.path.join(self.scratch, *names)

    def measure(self, *words):
        """One run of bench/measure: its figures."""
        out = subprocess.run([self._measure, *map(str, words)], check=True, stdout=subprocess.PIPE)
        return json.loads(out.stdout)

    def tree(self, files):
        """A library of that many files, ten in a directory, half of them with a video's name."""
        return self._once(f"tree-{files}", lambda path: grow_tree(path, files))

    def jobs(self, count):
        """The job files of a library that is done."""
        return self._once(f"jobs-{count}", lambda path: subprocess.run(
            [self._make_jobs, path, str(count)], check=True))

    def move_jobs_on(self, directory, count, seconds):
        return subprocess.Popen([self._make_jobs, directory, str(count), str(seconds)])

    def _once(self, name, make):
        if name not in self._made:
            self._made[name] = self.path(name)
            make(self._made[name])
        return self._made[name]

    def config(self, name, root, **keys):
        """A configuration file, with job and temp directories of its own beside it."""
        values = {"library_roots": [root], "job_state_dir": self.path(name, "jobs"),
                  "temp_output_dir": self.path(name, "temp"), "ffmpeg_path": self.ffmpeg,
                  "ffprobe_path": self.ffprobe, "write_why_sidecars": False, **keys}
        os.makedirs(self.path(name), exist_ok=True)
        file = self.path(name, "config.toml")
        with open(file, "w") as out:
            for key, value in values.items():
                out.write(f"{key} = {json.dumps(value)}\n")
        return file


def grow_tree(path, files):
    for number in range(files // 10):
        directory = os.path.join(path, f"Studio {number // 100:03}", f"Film {number:05} (1999)")
        os.makedirs(directory)
        for part in range(10):
            name = f"Film {number:05} - part {part:02} WEB-DL 1080p." + ("mkv" if part % 2 else "nfo")
            with open(os.path.join(directory, name), "wb") as file:
                file.write(b"film")


def timed(argv, **options):
    """Runs a command; wall and CPU seconds of it and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, **options)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


# ---- Of a process that runs --------------------------------------------------------------------

def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status_field(path, name):
    with open(path) as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def resident_mib(pid):
    return status_field(f"/proc/{pid}/status", "VmRSS") / 1024


def switches(pid):
    """How often the threads of a process were woken so far."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        total += status_field(f"/proc/{pid}/task/{task}/status", "voluntary_ctxt_switches")
    return total


def wait_for(condition, seconds=600, step=0.02):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("bench/run: waited in vain")
        time.sleep(step)

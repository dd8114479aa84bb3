"""A small library through the whole pipeline, beside the same ffmpeg commands in a shell loop."""

import glob
import json
import os
import shutil
import subprocess

from context import timed
from table import Row

CLIPS = 12
# Pictures that move all over, sound, and no two alike; 1 to 4 Mb/s, as films of this size.
SOURCES = ["mandelbrot=s=640x360:r=24", "life=s=320x180:mold=10:r=24:ratio=0.1,scale=640:360",
           "testsrc2=s=640x360:r=24", "cellauto=s=320x180:r=24,scale=640:360"]


def make_clips(context, directory):
    os.makedirs(directory)
    for number in range(CLIPS):
        source = SOURCES[number % len(SOURCES)]
        subprocess.run(
            [context.ffmpeg, "-v", "error", "-f", "lavfi", "-i",
             f"{source},noise=alls={2 + number % 3}:allf=t,format=yuv420p", "-f", "lavfi", "-i",
             f"sine=f={200 + 50 * number}:r=48000", "-t", str(8 + number % 5), "-c:v", "libx264",
             "-preset", "veryfast", "-crf", "14", "-c:a", "aac",
             os.path.join(directory, f"Film {number:02}.mkv")], check=True, stdin=subprocess.DEVNULL)


def through_the_daemon(context, clips, name, jobs_at_once, xpsnr_windows):
    library = context.path(name, "library")
    shutil.copytree(clips, library)
    config = context.config(name, library, min_bytes=0, stability_secs=0, max_size_ratio=1.0,
                            max_concurrent_jobs=jobs_at_once, xpsnr_windows=xpsnr_windows,
                            nice=0, log_level="warn")
    cost = timed([context.av1d, "--config", config, "--once"])
    jobs = []
    for file in glob.glob(context.path(name, "jobs", "*.json")):
        with open(file) as text:
            jobs.append(json.load(text))
    bad = [job for job in jobs if job["status"] != "success"]
    if bad:
        raise SystemExit(f"bench/run: {bad[0]['source_path']}: {bad[0]['reason']}")
    return cost, jobs


def by_a_loop(context, clips, name, jobs, jobs_at_once):
    """The very commands of those jobs, on the same films, written to the same place."""
    library = context.path(name, "library")
    shutil.rmtree(library)
    shutil.copytree(clips, library)
    script = context.path(name, "commands")
    with open(script, "wb") as out:
        for job in sorted(jobs, key=lambda job: -job["original_bytes"]):
            words = [word.replace("'", "'\\''") for word in job["plan"]["argv"]]
            out.write((" ".join(f"'{word}'" for word in words) + " </dev/null\0").encode())
    return timed(["sh", "-c", 'xargs -0 -P "$2" -n 1 sh -c <"$1"', "sh", script, str(jobs_at_once)],
                 stderr=subprocess.DEVNULL)


def encodes(context):
    clips = context.clips or context.path("clips")
    if not context.clips:
        make_clips(context, clips)
    for at_once in (1, 2):
        proven, measured, loop, ran = [], [], [], []
        for turn in range(min(context.rounds, 3)):
            name = f"encode-{at_once}-{turn}"
            cost, jobs = through_the_daemon(context, clips, name, at_once, 0)
            proven.append(cost)
            ran.append(sum(job["encode_secs"] for job in jobs) / at_once)
            loop.append(by_a_loop(context, clips, name, jobs, at_once))
            measured.append(through_the_daemon(context, clips, name + "-xpsnr", at_once, 3)[0])
        seconds = sum(job["media"]["duration_secs"] for job in jobs)
        size = f"{len(jobs)} films of {seconds / len(jobs):.0f} s, {at_once} at a time"
        rival = {"against": "a shell loop", "rival": [wall for wall, _ in loop]}
        rival_cpu = [cpu for _, cpu in loop]
        yield Row("encodes alone", size, ran, limit=1.02, **rival)
        yield Row("the library, with the whole proof", size, [wall for wall, _ in proven],
                  limit=1.08, ours_cpu=[cpu for _, cpu in proven], rival_cpu=rival_cpu, **rival)
        yield Row("and XPSNR of three windows", size, [wall for wall, _ in measured],
                  ours_cpu=[cpu for _, cpu in measured], rival_cpu=rival_cpu, **rival)

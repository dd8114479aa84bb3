"""A proven output takes the original's place: on one filesystem, and from another one."""

import contextlib
import os
import shutil
import subprocess

from context import timed
from table import Row


def write_film(path, mib, seed):
    """Data that no filesystem can leave out or squeeze."""
    block = bytearray(os.urandom(1 << 20))
    with open(path, "wb") as file:
        for number in range(mib):
            block[:8] = (seed * mib + number).to_bytes(8, "little")
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def other_filesystem(context, mib):
    """An ext4 of its own in a file; nothing where it may not be mounted."""
    image, place = context.path("other.img"), context.path("other")
    os.makedirs(place)
    with open(image, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, (mib + mib // 8 + 256) << 20)
    made = subprocess.run(["mkfs.ext4", "-q", "-F", image], stdout=subprocess.DEVNULL)
    mounted = made.returncode == 0 and subprocess.run(["mount", "-o", "loop", image, place]).returncode == 0
    try:
        yield place if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", place], check=True)
        os.unlink(image)


def on_a_quiet_disk(argv):
    """What the turn before left to write, and the room of what it removed, is not this one's."""
    os.sync()
    return timed(argv)


def rounds(context, temp, number):
    """Each round: a copy by cp, the same made durable, and the swap of a file of that size."""
    library = context.path(f"swap-{number}")
    os.makedirs(library, exist_ok=True)
    film, output, copy = (os.path.join(library, "Film.mkv"), os.path.join(temp, "output.mkv"),
                          os.path.join(library, "copy.mkv"))
    write_film(film, 8, 1)  # what is replaced may be small: it is only renamed
    for _ in range(min(context.rounds, 3)):
        write_film(output, context.swap_mib, 2)
        plain = on_a_quiet_disk(["cp", output, copy])
        os.unlink(copy)
        durable = on_a_quiet_disk(["sh", "-c", 'cp "$1" "$2" && sync "$2"', "sh", output, copy])
        os.unlink(copy)
        os.sync()
        swap = context.measure("swap", output, film, context.path(f"swap-jobs-{number}"))["swap"]
        yield plain, durable, (swap["wall"], swap["cpu"])
    shutil.rmtree(library)


def swap(context):
    size = f"{context.swap_mib} MiB"
    with other_filesystem(context, context.swap_mib) as other:
        places = [("on one filesystem", context.scratch, 0.05, 1)]
        if other:
            places.append(("temp on another filesystem", other, 1.6, 2))
        for where, temp, limit, number in places:
            turns = list(rounds(context, temp, number))
            ours = [turn[2] for turn in turns]
            for name, index in (("cp", 0), ("cp and sync", 1)):
                rival = [turn[index] for turn in turns]
                yield Row(f"stage, sync and swap, {where}", size, [wall for wall, _ in ours],
                          against=name, rival=[wall for wall, _ in rival], limit=limit,
                          ours_cpu=[cpu for _, cpu in ours], rival_cpu=[cpu for _, cpu in rival])

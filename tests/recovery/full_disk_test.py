#!/usr/bin/env python3
"""Fills real file systems under a journal that is being written, and breaks one. As root.

A full tmpfs, a full ext4, one without inodes, and an ext4 that its kernel makes read-only: every
append that was acknowledged before is there once there is room again, and none is acknowledged
after one that failed.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

import disks
import torture

MS_REMOUNT = 32
FILL = "fill"


class Place:
    """A file system that can be filled or broken, and repaired."""

    def __init__(self, folder, kind, options):
        self.base, self.kind, self.options = folder, kind, options
        self.folder = os.path.join(folder, "mounted")

    def turn_on(self):
        if self.kind == "tmpfs":
            disks.mount("tmpfs", self.folder, "tmpfs", 0, self.options)
            return
        device, name = disks.attach(os.path.join(self.base, "disk"))
        disks.mount(name, self.folder, "ext4")
        os.close(device)

    def fill(self, leave):
        """Takes all the space but `leave` bytes, or all the inodes."""
        os.makedirs(os.path.join(self.folder, FILL))
        if "nr_inodes" in self.options:
            number = 0
            try:
                while True:
                    with open(os.path.join(self.folder, FILL, str(number)), "wb"):
                        number += 1
            except OSError:
                return
        free = os.statvfs(self.folder)
        size = free.f_bavail * free.f_frsize - leave
        with open(os.path.join(self.folder, FILL, "ballast"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(4096, size))

    def make_room(self):
        shutil.rmtree(os.path.join(self.folder, FILL))

    def abort(self):
        """As the kernel does to a file system that it finds damaged: read-only from now on."""
        disks.mount("none", self.folder, "ext4", MS_REMOUNT, "abort")


def write_until_it_fails(program, place, said_file, after=None):
    """The writer's exit code; `after` breaks something once some appends were acknowledged."""
    journal = os.path.join(place.folder, "journal")
    writer = subprocess.Popen([program, "write", journal, "5", "20000"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    said = b""
    if after:
        while said.count(b"\n") < 20:
            said += os.read(writer.stdout.fileno(), 4096)
        after()
    said += writer.stdout.read()
    torture.append_bytes(said_file, said)
    return writer.wait(), torture.acknowledged(said)


def shown(program, folder, name, place, leave, breaks):
    """'' if the promise was kept."""
    os.makedirs(place.folder)
    if place.kind == "ext4":
        torture.write_bytes(os.path.join(place.base, "disk"), disks.make_template(place.base))
    place.turn_on()
    said_file = os.path.join(folder, name.replace(" ", "-") + ".said")
    torture.write_bytes(said_file, b"")
    journal = os.path.join(place.folder, "journal")
    begun = subprocess.run([program, "write", journal, "1", "5"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, check=False)
    torture.append_bytes(said_file, begun.stdout)
    if not breaks:
        place.fill(leave)
    code, count = write_until_it_fails(program, place, said_file, place.abort if breaks else None)
    if breaks:
        disks.unmount(place.folder)
        place.turn_on()
    else:
        place.make_room()
    checker = torture.Checker(program)
    found = checker.look(journal, said_file, "appends")
    checker.close()
    disks.unmount(place.folder)
    print(f"{name}: {count} records acknowledged, the writer ended with {code}, then {found.kind} "
          f"{found.code} {found.detail}")
    if code not in torture.AFTER_A_FAILURE:
        return f"{name}: the writer ended with {code}"
    if found.kind != torture.EVERYTHING:
        return f"{name}: {found.kind}: {found.detail}"
    return ""


ROWS = [  # name, kind, options, bytes left, breaks
    ("a full tmpfs", "tmpfs", "size=24m", 256 << 10, False),
    ("a tmpfs that is full at once", "tmpfs", "size=24m", 0, False),
    ("a tmpfs without inodes", "tmpfs", "size=24m,nr_inodes=64", 0, False),
    ("a full ext4", "ext4", "", 512 << 10, False),
    ("an ext4 that is full at once", "ext4", "", 0, False),
    ("an ext4 that becomes read-only", "ext4", "", 0, True),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="recovery_journal")
    program = parser.parse_args().program
    disks.enter_private_namespace()
    folder = tempfile.mkdtemp(prefix="actuary-full-",
                              dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    started, broken = time.monotonic(), []
    try:
        for name, kind, options, leave, breaks in ROWS:
            base = os.path.join(folder, name.replace(" ", "-"))
            problem = shown(program, folder, name, Place(base, kind, options), leave, breaks)
            broken += [problem] if problem else []
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(ROWS)} disks, {len(broken)} broken promises, {time.monotonic() - started:.0f} s")
    for line in broken:
        print("  " + line)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

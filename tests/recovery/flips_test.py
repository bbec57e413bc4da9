#!/usr/bin/env python3
"""Flips one bit of each byte of a 64 KiB journal, one at a time, and opens what is left.

It must be refused, or a verified scan must see it, or every record is there byte for byte. With
--stride N only every Nth byte; the soak tool flips them all. RocksDB's text log, its copy of the
options and the lock files are left out: nothing reads them.
"""
import argparse
import collections
import multiprocessing
import os
import sys
import time

import torture


def places(image):
    return [(name, at) for name in sorted(image) if torture.is_read(name)
            for at in range(len(image[name]))]


def flipped(image, name, at):
    content = bytearray(image[name])
    content[at] ^= 1 << (at * 2654435761 >> 7) % 8
    return {**image, name: bytes(content)}


def flip_some(share):
    """Counts of what came of one worker's flips, and the broken promises in words."""
    program, image, said, todo = share
    counts, broken = collections.Counter(), []
    with torture.scratch() as folder:
        lab = torture.Lab(program, folder)
        torture.write_bytes(lab.said_file, said)
        for name, at in todo:
            found, changed = lab.look_at(flipped(image, name, at))
            counts[found.kind] += 1
            if found.kind in (torture.LOSS, torture.DIED):
                broken.append(f"{name} byte {at}: {found.kind}: {found.detail}")
            if changed:
                broken.append(f"{name} byte {at}: refused ({found.detail}), but {changed}")
        lab.close()
    return counts, broken


SHARE = 200


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="recovery_journal")
    parser.add_argument("--stride", type=int, default=61)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    started = time.monotonic()
    with torture.scratch() as folder:
        lab = torture.Lab(arguments.program, folder)
        image = torture.make_sample(lab)
        said = torture.read_bytes(lab.said_file)
        lab.close()
    todo = places(image)[arguments.first::arguments.stride]
    shares = [(arguments.program, image, said, todo[at:at + SHARE])
              for at in range(0, len(todo), SHARE)]
    counts, broken = collections.Counter(), []
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        for number, (some, words) in enumerate(pool.imap_unordered(flip_some, shares)):
            counts += some
            broken += words
            if number % 5 == 4:
                print(f"{counts.total()} of {len(todo)} flips, {len(broken)} broken promises",
                      file=sys.stderr, flush=True)
    print(f"{counts.total()} of {len(places(image))} bytes flipped: " +
          ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts)) +
          f"; {len(broken)} broken promises; {time.monotonic() - started:.0f} s")
    for line in broken[:20]:
        print("  " + line)
    if "witness" not in image:
        print("no witness in this journal: RocksDB alone, which must lose here")
        return 0 if counts[torture.LOSS] else 1
    return 1 if broken or counts.total() < 100 else 0


if __name__ == "__main__":
    sys.exit(main())

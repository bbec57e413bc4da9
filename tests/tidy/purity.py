#!/usr/bin/env python3
"""Fails when an archive needs a clock, randomness, a thread, a file, a socket or the environment.

usage: purity.py ARCHIVE...
"""
import re
import subprocess
import sys

IMPURE = re.compile(
    r"(?:clock_gettime|clock_nanosleep|nanosleep|time|gettimeofday|rand|random|rand_r|getrandom"
    r"|getentropy|arc4random|RAND_bytes|pthread_create|open|open64|openat|openat64|fopen|fopen64"
    r"|read|write|socket|connect|fork|getenv|secure_getenv"
    r"|_ZNSt6chrono3_V21[0-9](?:system|steady)_clock3nowEv|_ZNSt13random_device.*"
    r"|_ZNSt6thread.*|_ZNSt3_V2.*condition_variable.*)$")


def impure(listing):
    """The forbidden names in what `nm -u` printed."""
    names = {line.split()[-1].split("@")[0] for line in listing.splitlines() if line.strip()}
    return sorted(name for name in names if IMPURE.match(name))


def main():
    failed = False
    for archive in sys.argv[1:]:
        listing = subprocess.run(["nm", "-u", archive], check=True, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
        if not listing.strip():
            print(f"{archive}: nm found nothing at all, so this test proves nothing")
            failed = True
        for name in impure(listing):
            print(f"{archive}: needs {name}")
            failed = True
    return 1 if failed or len(sys.argv) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())

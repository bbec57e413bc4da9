#!/usr/bin/env python3
"""Fails one write or sync of the journal's files, each in turn, and looks what becomes of it.

Whatever fails: once an append was answered with an error no later one is acknowledged, a sync of
the log or the witness that failed is never followed by an acknowledgement, and a new open finds
everything that was acknowledged and takes appends. EIO, as a broken disk gives it; ENOSPC, as a
full one; EFBIG by a limit on the size of files.
"""
import argparse
import errno
import sys
import time

import stepping
import torture

BATCHES = 6


def must_not_be_acknowledged(spoiled):
    """Whether what failed is a sync (or a synced write) of what an acknowledgement rests on."""
    call, _, path = spoiled.partition(":")
    log = path.endswith(".log") and call in ("74", "75")  # fsync, fdatasync
    return log or path.endswith("/witness")


def fail_each(program, step, error, stride, broken):
    failed = refused_appends = 0
    with torture.scratch() as folder:
        lab = torture.Lab(program, folder)
        lab.fresh()
        assert lab.write(1, 3, "small") == torture.DONE
        begin, said = torture.read_image(lab.journal), torture.read_bytes(lab.said_file)
        command = lab.command(2, BATCHES, "small")
        code, calls, _ = stepping.run(step, lab, str(error), 0, command)
        assert code == torture.DONE, f"the workload ended with {code}"
        for when in range(1, calls + 1, stride):
            torture.write_image(begin, lab.journal)
            torture.write_bytes(lab.said_file, said)
            code, _, spoiled = stepping.run(step, lab, str(error), when, command)
            what = f"{errno.errorcode[error]} at call {when} ({spoiled})"
            failed += spoiled != ""
            refused_appends += code == torture.APPEND_FAILED
            if code == torture.ACKNOWLEDGED_LATER:
                broken.append(f"{what}: acknowledged after an append had failed")
            if code == torture.DONE and must_not_be_acknowledged(spoiled):
                broken.append(f"{what}: acknowledged all the same")
            found = lab.look("appends")
            if found.kind != torture.EVERYTHING:
                broken.append(f"{what}: reopened: {found.kind}: {found.code} {found.detail}")
        lab.close()
    return failed, refused_appends


def grow_past_limits(program, broken):
    """EFBIG at the log, the witness or a table, by how large a file may grow."""
    limits = 0
    with torture.scratch() as folder:
        lab = torture.Lab(program, folder)
        for limit in (8192, 20000, 65536, 150000):
            lab.fresh()
            assert lab.write(1, 3, "small") == torture.DONE
            code = lab.write(2, 2000, f"limit={limit}")
            limits += 1
            if code not in torture.AFTER_A_FAILURE:
                broken.append(f"files of at most {limit} bytes: the writer ended with {code}")
            found = lab.look("appends")
            if found.kind != torture.EVERYTHING:
                broken.append(f"files of at most {limit} bytes: {found.kind}: {found.detail}")
        lab.close()
    return limits


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="recovery_journal")
    parser.add_argument("step", help="recovery_step")
    parser.add_argument("--stride", type=int, default=2)
    arguments = parser.parse_args()
    started = time.monotonic()
    broken, counts = [], []
    for error in (errno.EIO, errno.ENOSPC):
        failed, refused = fail_each(arguments.program, arguments.step, error, arguments.stride,
                                    broken)
        counts.append(f"{failed} calls failed with {errno.errorcode[error]} "
                      f"({refused} refused appends)")
        if refused == 0:
            broken.append(f"{errno.errorcode[error]} never reached an append")
    counts.append(f"{grow_past_limits(arguments.program, broken)} limits of file sizes")
    print(", ".join(counts) + f"; {len(broken)} broken promises; "
          f"{time.monotonic() - started:.0f} s")
    for line in broken[:20]:
        print("  " + line)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Kills a workload of 50 commands at each of its system calls in turn, and once more in recovery;
and an open that has to put back two lost batches at each of its own.

The calls of all threads are counted together, from the first one that names the folder, so the
making of the journal is within. Counted are the calls that can change what is on the disk: a death
between two of them leaves the same; --any counts all. After each death everything acknowledged must
be there byte for byte, batches whole, positions and versions gapless, and the journal must take
appends. With --stride N only one random call of each N.
"""
import argparse
import random
import sys
import time

import stepping
import torture

COMMANDS = 50


def killed_at(lab, step, when, seed, batches=COMMANDS, mode="kill"):
    """Runs the workload to its `when`th call; returns how it ended and how many calls it made."""
    return stepping.run(step, lab, mode, when, lab.command(seed, batches, "small"))


def check(lab, what, broken):
    found = lab.look("appends")
    if found.kind != torture.EVERYTHING:
        broken.append(f"{what}: {found.kind}: {found.detail}")
    return found


def kill_points(program, step, stride, seed, mode):
    rng = random.Random(seed)
    counts, broken = {"calls": 0, "kills": 0, "acknowledged": 0}, []
    with torture.scratch() as folder:
        lab = torture.Lab(program, folder)
        lab.fresh()
        ended, counts["calls"], _ = killed_at(lab, step, 0, seed, mode=mode)
        assert ended == torture.DONE, f"the workload ended with {ended}"
        check(lab, "not killed", broken)
        for begin in range(1, counts["calls"] + 1, stride):
            when = begin + rng.randrange(stride)
            lab.fresh()
            ended, _, _ = killed_at(lab, step, when, seed, mode=mode)
            if not torture.ended_by(ended):
                continue  # threads share the count, so a run may have some calls fewer
            counts["kills"] += 1
            check(lab, f"killed at call {when}", broken)
            counts["acknowledged"] += torture.acknowledged(torture.read_bytes(lab.said_file))
            if counts["kills"] % 200 == 0:
                print(f"{counts['kills']} kills, call {when} of {counts['calls']}",
                      file=sys.stderr, flush=True)
        lab.close()
    return counts, broken


def nested_kills(program, step, rounds, depth, seed):
    """A killed writer, then `depth` recoveries that are killed too."""
    rng = random.Random(seed)
    counts, broken = {"chains": 0, "kills": 0}, []
    with torture.scratch() as folder:
        lab = torture.Lab(program, folder)
        lab.fresh()
        calls = killed_at(lab, step, 0, seed)[1]
        for chain in range(rounds):
            lab.fresh()
            killed_at(lab, step, rng.randrange(1, calls), seed + chain)
            for level in range(depth):
                # An open alone makes some hundred calls; the first commands after it are within.
                ended, _, _ = killed_at(lab, step, rng.randrange(1, max(2, calls // 3)),
                                           seed + chain + 1000 * level, batches=3)
                counts["kills"] += torture.ended_by(ended)
            counts["chains"] += 1
            check(lab, f"chain {chain} of {depth} kills in recovery", broken)
        lab.close()
    return counts, broken


def killed_repairs(program, step, stride, seed):
    """An open that finds two acknowledged batches only in the witness, killed at each call."""
    rng = random.Random(seed)
    counts, broken = {"calls": 0, "kills": 0}, []
    with torture.scratch() as folder:
        lab = torture.Lab(program, folder)
        lab.fresh()
        assert lab.write(seed, 10, "small", "dies-open") == torture.DONE
        earlier = torture.read_image(lab.journal)
        # Claims a term and appends once: the two batches of the witness.
        assert lab.write(seed + 1, 1, "small", "dies-open") == torture.DONE
        torn = {name: content for name, content in earlier.items() if name.startswith("store/")}
        torn["witness"] = torture.read_image(lab.journal)["witness"]
        said = torture.read_bytes(lab.said_file)

        def killed(when):
            torture.write_image(torn, lab.journal)
            torture.write_bytes(lab.said_file, said)
            return killed_at(lab, step, when, seed + 2, batches=1)[:2]

        ended, counts["calls"] = killed(0)
        assert ended == torture.DONE, f"the open that repairs ended with {ended}"
        asides = [name for name in torture.read_image(lab.journal) if name.startswith("aside-")]
        assert asides, "nothing was kept aside, so nothing was repaired"
        for begin in range(1, counts["calls"] + 1, stride):
            when = begin + rng.randrange(stride)
            if not torture.ended_by(killed(when)[0]):
                continue
            counts["kills"] += 1
            check(lab, f"a repair killed at call {when}", broken)
        lab.close()
    return counts, broken


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="recovery_journal")
    parser.add_argument("step", help="recovery_step")
    parser.add_argument("--stride", type=int, default=7)
    parser.add_argument("--chains", type=int, default=20)
    parser.add_argument("--any", action="store_const", const="kill-any", default="kill")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.monotonic()
    counts, broken = kill_points(arguments.program, arguments.step, arguments.stride,
                                 arguments.seed, arguments.any)
    nested, also = nested_kills(arguments.program, arguments.step, arguments.chains, 3,
                                arguments.seed)
    repairs, more = killed_repairs(arguments.program, arguments.step,
                                   max(1, arguments.stride // 2), arguments.seed)
    broken += also + more
    print(f"{counts['kills']} kills at {counts['calls']} system calls of {COMMANDS} commands, "
          f"{counts['acknowledged']} acknowledged records; {nested['kills']} kills in "
          f"{nested['chains']} chains of recoveries; {repairs['kills']} kills at "
          f"{repairs['calls']} calls of a repair; {len(broken)} broken promises; "
          f"{time.monotonic() - started:.0f} s")
    for line in broken[:20]:
        print("  " + line)
    enough = counts["kills"] > 20 and nested["kills"] > nested["chains"] and repairs["kills"] > 10
    return 1 if broken or not enough else 0


if __name__ == "__main__":
    sys.exit(main())

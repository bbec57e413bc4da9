#!/usr/bin/env python3
"""The recovery matrix: damage, and what an open of the journal must answer to it.

Every row is one damage to the files of a journal with tables, a log of acknowledged batches and a
killed writer. The answer is either everything that was acknowledged, byte for byte, or a refusal
with code `corrupt` that names what is missing and leaves the folder as it was.
"""
import argparse
import random
import re
import struct
import sys

import torture

EVERYTHING, REFUSED = torture.EVERYTHING, torture.REFUSED
EITHER = "everything or refused"
SEEN = "refused, or an error when it is read"
UNPROVEN = ", for nothing proves it"  # then no range is to be named
REFUSED_UNPROVEN = "refused" + UNPROVEN
EITHER_UNPROVEN = EITHER + UNPROVEN
UNSEEN = "opened with less: no file in the folder can tell"
WITNESS = "witness"


def the(image, part):
    """The path of the last file with this in its name."""
    return max(name for name in image if part in name)


def wal(image):
    return the(image, ".log")


def table(image):
    return max((name for name in image if name.endswith(".sst")),
               key=lambda name: len(image[name]))


def without(image, name):
    return {path: content for path, content in image.items() if path != name}


def having(image, name, content):
    return {**image, name: content}


def flip(image, name, at):
    content = bytearray(image[name])
    content[at] ^= 0x10
    return having(image, name, bytes(content))


def cut(image, name, size):
    return having(image, name, image[name][:size])


def zeroed(image, name, size):
    return having(image, name, image[name][:size] + bytes(len(image[name]) - size))


WAL_BLOCK, WAL_HEADER = 32768, 7


def wal_records(content):
    """Where each record of the log ends: a header (crc, length, type), 32 KiB blocks."""
    ends, at = [], 0
    while at + WAL_HEADER <= len(content):
        if WAL_BLOCK - at % WAL_BLOCK < WAL_HEADER:
            at += WAL_BLOCK - at % WAL_BLOCK
            continue
        length, kind = struct.unpack_from("<HB", content, at + 4)
        if kind == 0:
            break
        at += WAL_HEADER + length
        if kind in (1, 4):  # whole, or the last part
            ends.append(at)
    return ends


class Journal:
    """The sample, the same one batch later, and the same much earlier."""

    def __init__(self, lab):
        self.lab = lab
        base = torture.make_sample(lab)
        said = torture.read_bytes(lab.said_file)
        self.earlier = base
        # The writer makes the same choices again, so the second log is the first and one batch.
        self.later = self.continued(base, said, 13)
        self.image = self.continued(base, said, 12)
        self.said = torture.read_bytes(lab.said_file)
        self.ends = wal_records(self.image[wal(self.image)])
        assert len(self.ends) > 8 and self.ends[-1] == len(self.image[wal(self.image)])
        assert self.later[wal(self.later)].startswith(self.image[wal(self.image)])
        assert len(self.later[wal(self.later)]) > len(self.image[wal(self.image)])

    def continued(self, base, said, batches):
        torture.write_image(base, self.lab.journal)
        torture.write_bytes(self.lab.said_file, said)
        code = self.lab.write(99, batches, "small", "dies-open")
        assert code == torture.DONE, f"the writer ended with {code}"
        return torture.read_image(self.lab.journal)


def log_tails(journal):
    """The last n bytes of the log cut off, zeroed, or zeros after it: torn by a crash."""
    image, name, ends = journal.image, wal(journal.image), journal.ends
    size, last = ends[-1], ends[-1] - ends[-2]
    for n in sorted({1, 2, 7, 8, last // 2, last - 1, last}):
        yield f"last {n} bytes of the log cut off", cut(image, name, size - n), EITHER
        yield f"last {n} bytes of the log zeroed", zeroed(image, name, size - n), EITHER
    for n in (1, 7, 512, 4096, 40000):
        yield (f"{n} zeros after the log", having(image, name, image[name] + bytes(n)), EVERYTHING)


def lost_logs(journal):
    """More of the log is gone than the last two batches: RocksDB alone opens without a word."""
    image, name, ends = journal.image, wal(journal.image), journal.ends
    for at, end in enumerate(ends[:-3]):
        yield f"log cut after batch {at + 1} of {len(ends)}", cut(image, name, end), REFUSED
    yield "log halved", cut(image, name, len(image[name]) // 2), REFUSED
    yield "log emptied", cut(image, name, 0), REFUSED
    yield "log deleted", without(image, name), REFUSED
    for at, (begin, end) in enumerate(zip(ends[:-3], ends[1:-2])):
        middle = flip(image, name, (begin + end) // 2)
        yield f"bit flipped in batch {at + 2} of the log", middle, REFUSED
        yield f"bit flipped in the header of batch {at + 2}", flip(image, name, begin + 4), REFUSED


def tables(journal):
    image = journal.image
    names = sorted(name for name in image if name.endswith(".sst"))
    big = table(image)
    yield "a block of a table flipped", flip(image, big, len(image[big]) // 3), SEEN
    yield "a table's footer flipped", flip(image, big, len(image[big]) - 9), REFUSED
    yield "a table cut in half", cut(image, big, len(image[big]) // 2), REFUSED
    for name in names:
        yield f"table {name} deleted", without(image, name), REFUSED
    other = next(name for name in names if name != big)
    swapped = having(having(image, big, image[other]), other, image[big])
    yield "two tables swapped", swapped, REFUSED


def metadata(journal):
    image = journal.image
    manifest = the(image, "MANIFEST")
    yield "MANIFEST deleted", without(image, manifest), REFUSED
    yield "MANIFEST flipped at its begin", flip(image, manifest, 20), REFUSED
    yield "MANIFEST flipped in its middle", flip(image, manifest, len(image[manifest]) // 2), EITHER
    yield "MANIFEST emptied", cut(image, manifest, 0), REFUSED
    shorter = cut(image, manifest, len(image[manifest]) - 10)
    yield "last 10 bytes of the MANIFEST cut off", shorter, EITHER
    yield "CURRENT deleted", without(image, the(image, "CURRENT")), REFUSED
    yield "CURRENT emptied", cut(image, the(image, "CURRENT"), 0), REFUSED
    astray = having(image, the(image, "CURRENT"), b"MANIFEST-999999\n")
    yield "CURRENT names no file", astray, REFUSED
    yield "the whole store deleted", {name: content for name, content in image.items()
                                      if not name.startswith("store/")}, REFUSED


SECTOR = 512


def sectors_of(old, new, chosen):
    """`old` with those of its sectors that differ from `new` replaced which `chosen` says."""
    size = max(len(old), len(new))
    old, new = bytearray(old.ljust(size, b"\0")), new.ljust(size, b"\0")
    for at in range(0, size, SECTOR):
        if old[at:at + SECTOR] != new[at:at + SECTOR] and chosen():
            old[at:at + SECTOR] = new[at:at + SECTOR]
    return bytes(old)


def honest_tails(journal):
    """What a crash may leave of a batch that nobody was told of, in the log and in the witness."""
    old, new = journal.image[wal(journal.image)], journal.later[wal(journal.image)]
    rng = random.Random(7)
    grown = len(new) - len(old)
    tails = {"not there": old, "whole": new}
    for n in sorted({1, 6, 7, 8, grown // 3, grown - 1}):
        tails[f"{n} bytes long"] = new[:len(old) + n]
        tails[f"{n} bytes long, then zeros"] = (new[:len(old) + n]).ljust(len(new), b"\0")
    for turn in range(3):
        tails[f"torn in sectors, {turn}"] = sectors_of(old, new, lambda: rng.random() < 0.5)
    witnesses = {"": None}
    if WITNESS in journal.image:
        before, after = journal.image[WITNESS], journal.later[WITNESS]
        witnesses = {"old witness": before, "new witness": after}
        for turn in range(4):
            witnesses[f"torn witness {turn}"] = sectors_of(before, after,
                                                           lambda: rng.random() < 0.5)
    for tail, content in tails.items():
        for which, witness in witnesses.items():
            image = having(journal.image, wal(journal.image), content)
            yield (f"batch in flight {tail}, {which}",
                   image if witness is None else having(image, WITNESS, witness), EVERYTHING)


def witnesses(journal):
    image = journal.image
    if WITNESS not in image:
        return
    size = len(image[WITNESS])
    yield "witness deleted", without(image, WITNESS), REFUSED_UNPROVEN
    yield "witness emptied", cut(image, WITNESS, 0), REFUSED_UNPROVEN
    yield "witness zeroed", zeroed(image, WITNESS, 0), REFUSED_UNPROVEN
    yield "witness cut in half", cut(image, WITNESS, size // 2), EITHER_UNPROVEN
    for at in range(0, size, max(1, size // 24)):
        yield f"witness flipped at {at}", flip(image, WITNESS, at), EITHER_UNPROVEN


def other_moments(journal):
    """Parts of a backup, or all of it."""
    image, earlier = journal.image, journal.earlier
    store = {name: content for name, content in earlier.items() if name.startswith("store/")}
    if WITNESS in image:
        yield "store of an earlier moment", {**store, WITNESS: image[WITNESS]}, REFUSED
        older = having(image, WITNESS, earlier[WITNESS])
        yield "witness of an earlier moment", older, EITHER_UNPROVEN
        yield "log of an earlier moment", having(image, wal(image), b""), REFUSED
    # Nothing within the folder can know of the future that was lost: only what was exported can.
    yield "the whole folder of an earlier moment", earlier, UNSEEN


FAMILIES = [log_tails, lost_logs, tables, metadata, honest_tails, witnesses, other_moments]

# "records 12 to 34 are missing", "records up to 12", "saw record 12": a refusal says what is lost.
NAMES_A_RANGE = re.compile(r"\brecords? (up to |after )?\d+")


KINDS = {SEEN: (REFUSED, torture.SEEN), EITHER: (EVERYTHING, REFUSED),
         EITHER_UNPROVEN: (EVERYTHING, REFUSED), REFUSED_UNPROVEN: (REFUSED,),
         UNSEEN: (torture.LOSS,)}


def verdict(found, changed, wanted):
    """'' if the promise was kept, else what is wrong."""
    if found.kind not in KINDS.get(wanted, (wanted,)):
        return f"{found.kind} instead of {wanted}"
    if found.kind == REFUSED:
        if found.code != "corrupt":
            return f"refused with code {found.code}"
        if changed:
            return f"the refusal changed the folder: {changed}"
        if not wanted.endswith(UNPROVEN) and not NAMES_A_RANGE.search(found.detail):
            return "the refusal does not say which records are missing"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="recovery_journal")
    parser.add_argument("--verbose", action="store_true", help="one line for each row")
    arguments = parser.parse_args()
    rows, broken = 0, []
    with torture.scratch() as folder:
        lab = torture.Lab(arguments.program, folder)
        journal = Journal(lab)
        for family in FAMILIES:
            for name, image, wanted in family(journal):
                found, changed = lab.look_at(image)
                problem = verdict(found, changed, wanted)
                rows += 1
                line = f"{name}: {found.kind} {found.code}: {found.detail}"
                if problem:
                    broken.append(f"{problem}: {line}")
                if arguments.verbose:
                    print(("BROKEN " if problem else "kept   ") + line)
        witnessed = WITNESS in journal.image
        lab.close()
    print(f"{rows} damages, {len(broken)} broken promises")
    for line in broken:
        print("  " + line)
    if not witnessed:
        print("no witness in this journal: RocksDB alone, which must lose here")
        return 0 if any(torture.LOSS in line for line in broken) else 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

"""What the recovery tests share: a journal in a program that may die, and its folder as bytes.

A folder is an image, {path below it: bytes}; damage is done to images. `said` is what writers said
on stdout, one line for each acknowledged batch: whatever is in it must be there ever after.
"""
import collections
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

Found = collections.namedtuple("Found", "kind head code detail")
EVERYTHING, REFUSED, SEEN = "everything", "refused", "opened, then damage seen"
LOSS, DIED = "silent loss", "died"

# What a writer's exit code means; see workload.h.
DONE, REFUSED_AT_OPEN, APPEND_FAILED, ACKNOWLEDGED_LATER = 0, 10, 11, 12

# How a writer may end when its disk failed. Debian's RocksDB is built with its assertions: that it
# ends the process on some failures is as good as a failed append.
AFTER_A_FAILURE = (APPEND_FAILED, REFUSED_AT_OPEN, -signal.SIGABRT)

# Read by nobody: RocksDB's text log, its copy of the options, and the pid in a lock.
NOT_READ = ("LOG", "OPTIONS", "LOCK")


def is_read(path):
    return not os.path.basename(path).startswith(NOT_READ)


def read_image(folder):
    image = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            image[os.path.relpath(path, folder)] = read_bytes(path)
    return image


def write_image(image, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name, content in image.items():
        path = os.path.join(folder, name)
        if not os.path.isdir(os.path.dirname(path)):
            os.makedirs(os.path.dirname(path))
        write_bytes(path, content)


def difference(before, after):
    """The first difference in words, '' if there is none. A lock's text is none."""
    for name in sorted(set(before) | set(after)):
        if os.path.basename(name) == "LOCK" or before.get(name) == after.get(name):
            continue
        return name + (" is new" if name not in before else
                       " is gone" if name not in after else " has changed")
    return ""


@contextlib.contextmanager
def scratch(prefix="actuary-recovery-"):
    """A folder in memory: where only processes die, a disk shows nothing more and is slow."""
    folder = tempfile.mkdtemp(prefix=prefix, dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Checker:
    """Opens journals in processes of their own and compares them with what was acknowledged."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "check"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)

    def look(self, path, said_file, how="looks"):
        self.process.stdin.write(f"{path} {said_file} {how}\n")
        self.process.stdin.flush()
        kind, head, code, detail = self.process.stdout.readline().rstrip("\n").split("\t")
        return Found(kind, int(head), code, detail)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Lab:
    """A folder to spoil journals in, with a checker."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.checker = Checker(program)
        self.journal = os.path.join(folder, "journal")
        self.said_file = os.path.join(folder, "said")

    def close(self):
        self.checker.close()

    def fresh(self):
        shutil.rmtree(self.journal, ignore_errors=True)
        write_bytes(self.said_file, b"")

    def command(self, seed, batches, *flags):
        return [self.program, "write", self.journal, str(seed), str(batches), *flags]

    def write(self, seed, batches, *flags, before=()):
        """Lets one writer write; returns its exit code. `before` runs it under something else."""
        done = subprocess.run([*before, *self.command(seed, batches, *flags)],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        append_bytes(self.said_file, done.stdout)
        return done.returncode

    def look(self, how="looks"):
        return self.checker.look(self.journal, self.said_file, how)

    def look_at(self, image):
        """Opens the image; also says how a refusal changed it, '' if not."""
        write_image(image, self.journal)
        found = self.look()
        changed = ""
        if found.kind == REFUSED:
            changed = difference(image, read_image(self.journal))
        return found, changed


def write_bytes(path, content):
    with open(path, "wb") as file:
        file.write(content)


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def append_bytes(path, content):
    with open(path, "ab") as file:
        file.write(content)


def acknowledged(said):
    """How many records were: the last position that was said."""
    last = 0
    for line in said.split(b"\n")[:-1]:
        if line.startswith(b"+"):
            words = line[1:].split()
            last = max(last, int(words[0]) + len(words) - 2)
    return last


def make_sample(lab, batches=25, lives=3):
    """A journal with tables, a log of acknowledged batches, and a killed writer."""
    lab.fresh()
    for life in range(lives):
        flags = ["small"] + (["dies-open"] if life == lives - 1 else [])
        code = lab.write(life, batches, *flags)
        assert code == DONE, f"the writer ended with {code}"
    return read_image(lab.journal)


def ended_by(code, number=signal.SIGKILL):
    """Whether this signal ended a process, directly or under another program that says so."""
    return code in (-number, 128 + number)

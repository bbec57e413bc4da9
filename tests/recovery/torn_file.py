"""A file, served through FUSE, that forgets a random part of what was written and not flushed.

Speaks the kernel's protocol (linux/fuse.h, version 7.31) over /dev/fuse: the mounted root is the
file itself. A process of its own serves it; it obeys three words on a socket. `cut`: every sector
of 512 bytes that was written since the last flush is kept or dropped by a coin of its own, and from
then on writes and flushes fail; `revive`: they work again; `format`: the first contents.
"""
import errno
import os
import random
import select
import socket
import stat
import struct

SECTOR = 512
GETATTR, SETATTR, OPEN, READ, WRITE, STATFS, RELEASE = 3, 4, 14, 15, 16, 17, 18
FSYNC, FLUSH, INIT, FORGET, INTERRUPT, DESTROY = 20, 25, 26, 2, 36, 38
BIG_WRITES, MAX_PAGES, DIRECT_IO = 1 << 5, 1 << 22, 1
WRITE_BYTES_MAX = 128 << 10


class File:
    def __init__(self, content, seed):
        self.content = content
        self.now = bytearray(content)      # what is read
        self.flushed = bytearray(content)  # what outlives a cut for certain
        self.pending = set()            # numbers of the sectors that differ
        self.dead = False
        self.rng = random.Random(seed)

    def format(self):
        self.now[:] = self.content
        self.flushed[:] = self.content
        self.pending.clear()

    def settle(self, kept, other, sectors):
        for sector in sectors:
            begin, end = sector * SECTOR, (sector + 1) * SECTOR
            other[begin:end] = kept[begin:end]

    def flush(self):
        self.settle(self.now, self.flushed, self.pending)
        self.pending.clear()

    def cut(self):
        likely = self.rng.choice((0.1, 0.5, 0.5, 0.5, 0.9))
        dropped = {sector for sector in self.pending if self.rng.random() < likely}
        self.settle(self.flushed, self.now, dropped)
        self.pending -= dropped
        kept = len(self.pending)
        self.flush()
        self.dead = True
        return len(dropped), kept

    def attributes(self):
        size = len(self.now)
        return struct.pack("=QIIQQQQQQIIIIIIIIII", 3600, 0, 0, 1, size, size // 512, 0, 0, 0, 0, 0,
                           0, stat.S_IFREG | 0o600, 1, 0, 0, 0, 4096, 0)

    def answer(self, operation, body):
        """Bytes, or minus an errno."""
        if operation == INIT:
            return struct.pack("=IIIIHHIIHH8I", 7, 31, 0, BIG_WRITES | MAX_PAGES, 16, 12,
                               WRITE_BYTES_MAX, 1, WRITE_BYTES_MAX // 4096, 0, *([0] * 8))
        if operation in (GETATTR, SETATTR):
            return self.attributes()
        if operation == OPEN:
            return struct.pack("=QII", 1, DIRECT_IO, 0)
        if operation == READ:
            _, offset, size = struct.unpack_from("=QQI", body)
            return bytes(self.now[offset:offset + size])
        if operation == STATFS:
            return bytes(80)
        if operation in (WRITE, FSYNC) and self.dead:
            return -errno.EIO
        if operation == WRITE:
            _, offset, size = struct.unpack_from("=QQI", body)
            self.now[offset:offset + size] = body[40:40 + size]
            self.pending.update(range(offset // SECTOR, (offset + size + SECTOR - 1) // SECTOR))
            return struct.pack("=II", size, 0)
        if operation == FSYNC:
            self.flush()
            return b""
        if operation in (FLUSH, RELEASE, DESTROY):
            return b""
        return -errno.ENOSYS


def obey(file, control):
    """Does what the socket says; False when it is closed."""
    word = control.recv(8)
    if not word:
        return False
    answer = "0 0"
    if word == b"cut":
        answer = "{} {}".format(*file.cut())
    elif word == b"revive":
        file.dead = False
    elif word == b"format":
        file.format()
    control.send(answer.encode())
    return True


def serve(device, control, file):
    while True:
        ready, _, _ = select.select([device, control], [], [])
        if control in ready and not obey(file, control):
            return
        if device not in ready:
            continue
        try:
            request = os.read(device, WRITE_BYTES_MAX + 4096)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR, errno.EAGAIN):
                continue
            return  # unmounted
        _, operation, unique = struct.unpack_from("=IIQ", request)
        if operation in (FORGET, INTERRUPT):
            continue
        answer = file.answer(operation, request[40:])
        error, content = (answer, b"") if isinstance(answer, int) else (0, answer)
        try:
            os.write(device, struct.pack("=IiQ", 16 + len(content), error, unique) + content)
        except OSError:
            continue  # who asked does not wait for it any more


class Server:
    """The process that serves the file. To be started before the mount namespace is entered: the
    last process in one unmounts what is left there, and one that serves it would wait for itself.
    """

    def __init__(self, content, seed):
        self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        self.control, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.control.close()
                serve(self.device, theirs, File(content, seed))
            finally:
                os._exit(0)
        theirs.close()

    def mount_over(self, path, mount):
        mount("torn", path, "fuse", 0, f"fd={self.device},rootmode=100000,user_id=0,group_id=0")
        os.close(self.device)

    def ask(self, word):
        """Answers (sectors dropped, sectors kept) of a cut."""
        self.control.send(word.encode())
        dropped, kept = self.control.recv(64).split()
        return int(dropped), int(kept)

    def close(self):
        self.control.close()
        os.waitpid(self.pid, 0)

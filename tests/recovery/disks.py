"""Disks whose power can be cut: ext4 on a loop device. As root, in a private mount namespace.

`PlainDisk` keeps its sectors in a file in memory; a cut is ext4's own shutdown without a flush of
its log: everything that was not synced, directory entries too, is gone. `TornDisk` is a file served
through FUSE that remembers which of its 512-byte sectors were not flushed yet; at a cut a random
part of them, each for itself, is as if it had never been written.
"""
import ctypes
import fcntl
import os
import struct
import subprocess
import time

import torture

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
LOOP_CTL_GET_FREE, LOOP_CONFIGURE, AUTOCLEAR = 0x4C82, 0x4C0A, 4
EXT4_IOC_SHUTDOWN, NOLOGFLUSH = 0x8004587D, 2
DISK_BYTES = 40 << 20


def checked(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def enter_private_namespace():
    """Mounts made from here on are seen by nobody else and go with this process."""
    checked(LIBC.unshare(CLONE_NEWNS), "unshare")
    checked(LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "making mounts private")


def mount(source, target, kind, flags=0, data=""):
    checked(LIBC.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()),
            f"mounting {kind} at {target}")


def unmount(target, patience=20):
    end = time.monotonic() + patience
    while LIBC.umount2(target.encode(), 0) != 0:
        number = ctypes.get_errno()
        if time.monotonic() > end:
            raise OSError(number, f"unmounting {target}: {os.strerror(number)}")
        time.sleep(0.002)  # the kernel still closes the files of the process that was killed


def attach(path):
    """A loop device of the file that goes when nobody has it open or mounted: (fd, its name)."""
    backing = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(200):
            control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
            number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
            os.close(control)
            name = f"/dev/loop{number}"
            device = os.open(name, os.O_RDWR | os.O_CLOEXEC)
            config = bytearray(struct.pack("=II", backing, 512) + bytes(232 + 64))
            struct.pack_into("=I", config, 8 + 52, AUTOCLEAR)
            try:
                fcntl.ioctl(device, LOOP_CONFIGURE, bytes(config))
                return device, name
            except OSError:
                os.close(device)  # somebody else was quicker
        raise OSError("no loop device is free")
    finally:
        os.close(backing)


def make_template(folder):
    """An empty ext4, made once: a fresh disk is a copy of it."""
    path = os.path.join(folder, "template")
    with open(path, "wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "lazy_itable_init=0", path],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return torture.read_bytes(path)


class Disk:
    """An ext4 at `self.folder` while it is on."""

    def __init__(self, folder, template):
        self.folder = os.path.join(folder, "mounted")
        self.file = os.path.join(folder, "disk")
        self.template = template
        os.makedirs(self.folder)

    def turn_on(self):
        device, name = attach(self.file)
        try:
            mount(name, self.folder, "ext4")
        finally:
            os.close(device)

    def turn_off(self):
        unmount(self.folder)

    def shut_down(self):
        """Nothing that is not on the disk now will ever be."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, struct.pack("=I", NOLOGFLUSH))
        finally:
            os.close(folder)


class PlainDisk(Disk):
    # While ext4 shuts down, a sync that has begun may answer 0 though it wrote nothing (Linux 6.18:
    # about one cut in 15), which no power cut does. So what is said from then on does not count.
    late_words_count = False

    def format(self):
        torture.write_bytes(self.file, self.template)

    def cut_power(self):
        """Returns how many sectors were (dropped, kept) by chance."""
        self.shut_down()
        return 0, 0

    def after_cut(self):
        pass

    def close(self):
        pass


class TornDisk(Disk):
    late_words_count = True  # the device itself fails from one request to the next

    def __init__(self, folder, template, server):
        super().__init__(folder, template)
        torture.write_bytes(self.file, b"")
        self.server = server
        self.server.mount_over(self.file, mount)

    def format(self):
        self.server.ask("format")

    def cut_power(self):
        sectors = self.server.ask("cut")
        self.shut_down()
        return sectors

    def after_cut(self):
        self.server.ask("revive")

    def close(self):
        unmount(self.file)
        self.server.close()

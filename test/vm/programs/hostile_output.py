"""Leaves one kind of hostile result in out/, named by the first argument, and ends with 0."""

import os
import socket
import sys


def write(path, content="x"):
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(content)


def links():
    write("out/kept", "kept\n")
    os.symlink("/etc/passwd", "out/link")
    os.symlink("/", "out/root")
    os.symlink("../../../../in", "out/up")
    os.symlink("kept", "out/beside")
    os.symlink("nowhere", "out/dangling")
    os.link("out/kept", "out/twin")
    os.mkfifo("out/fifo")
    socket.socket(socket.AF_UNIX).bind("out/socket")


def odd_names():
    """Names that mean something somewhere, and are only names in a result."""
    os.makedirs("out/dev")
    for name in ("dev/sda", "CON", "...", "..evil", "-rf", "~", "$(reboot)", "a b", "ä", ".hidden", "stdout"):
        write("out/" + name, name)


def replaced():
    """Every folder that the control plane reads becomes something else."""
    os.rmdir("out")
    os.symlink("/", "out")
    os.rmdir("checkpoint")
    os.mkfifo("checkpoint")
    os.rename("in", "gone")
    write("spare")
    os.symlink("/proc/1/fd", "in")
    for act in (os.remove, lambda path: os.rename(path, "other"), lambda path: os.rename("spare", path)):
        try:
            act("progress")
            print("the progress file could be replaced")
        except OSError as error:
            print(error.strerror)


def many():
    for number in range(12_000):
        os.close(os.open(f"out/{number}", os.O_CREAT))


def deep():
    os.makedirs("out/" + "/".join("d" * 60))


def line_end():
    write("out/one\ntwo")


def escape():
    write("out/\x1b[2Jgone")


def backslash():
    write("out/..\\..\\evil")


def not_utf8():
    write(b"out/\xff\xfe")


def too_large():
    write("out/large", "x" * 3_000_000)


def sparse():
    with open("out/sparse", "w", encoding="utf-8") as file:
        file.truncate(1 << 33)


globals()[sys.argv[1]]()

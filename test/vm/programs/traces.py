"""`leave MARK` leaves the mark wherever a job can; `look MARK` writes to out/found where there is anything of it."""

import ctypes
import os
import sys
import time

PLACES = ("/job", "/job/in", "/job/checkpoint", "/tmp", "/var/tmp", "/dev/shm", "/run", "/var", "/home", "/root", "/etc")
SHARED_KEY, SHARED_BYTES = 0x676C, 4096
libc = ctypes.CDLL(None, use_errno=True)


def leave(mark):
    for place in PLACES:
        try:
            with open(os.path.join(place, "trace-" + mark), "w", encoding="utf-8") as file:
                file.write(mark * 1000)
            print(place)
        except OSError:
            pass
    print("shared memory" if libc.shmget(SHARED_KEY, SHARED_BYTES, 0o1666) >= 0 else "")
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            # Nobody waits for this one: it would outlive an ordinary shell's job.
            os.execv("/usr/bin/python3", ["python3", "-c", "import time; time.sleep(100000)", mark])
        os._exit(0)
    time.sleep(1)


def look(mark):
    found = []
    for place in (*PLACES, "/proc"):
        for folder, folders, names in os.walk(place):
            folders[:] = [name for name in folders if name not in ("sys", "task", "fd", "map_files", str(os.getpid()))]
            for name in folders + names:
                path = os.path.join(folder, name)
                if mark in name:
                    found.append(path)
                if place != "/proc" or name == "cmdline":
                    try:
                        with open(path, "rb") as file:
                            if mark.encode() in file.read(1 << 20):
                                found.append(path)
                    except OSError:
                        pass
    if libc.shmget(SHARED_KEY, SHARED_BYTES, 0) >= 0:
        found.append("shared memory")
    # The shell around us was told the mark as well.
    parent = f"/proc/{os.getppid()}/cmdline"
    with open("out/found", "w", encoding="utf-8") as file:
        file.writelines(path + "\n" for path in found if path != parent)


globals()[sys.argv[1]](sys.argv[2])

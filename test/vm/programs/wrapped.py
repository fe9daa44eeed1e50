"""
Stands for the starter: runs HTCondor jobs through the appliance's wrapper, two of them at once, and sends what they saw to
the pool's address, the host's forward. An agent of uid 0 with HTCondor's capabilities.
"""

import json
import os
import signal
import socket
import subprocess
import sys

HOST, PORT = sys.argv[1], int(sys.argv[2])
EXECUTE = "/var/lib/condor/execute"
WRAPPER = "/usr/lib/gleaner/job-wrapper"

JOB = r"""
import json, os, signal, sys
def outcome(attempt):
    try:
        attempt()
        return "done"
    except OSError as error:
        return os.strerror(error.errno)
me = sys.argv[1]
for folder in ("/tmp", "/var/tmp", "/dev/shm"):
    open(folder + "/" + me, "w").close()
print("ready", flush=True)
sys.stdin.readline()
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def mount():
    if libc.mount(b"x", b"/mnt", b"tmpfs", 0, None) != 0:
        raise OSError(ctypes.get_errno(), "")
status = dict(line.rstrip().split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
print(json.dumps({
    "ids": [os.getuid(), os.geteuid(), os.getgid(), os.getgroups()],
    "seen": {folder: sorted(os.listdir(folder)) for folder in ("/tmp", "/var/tmp", "/dev/shm")},
    "sticky": [oct(os.stat(folder).st_mode) for folder in ("/tmp", "/var/tmp", "/dev/shm")],
    "caps": [status["Cap" + kind] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")],
    "nnp": status["NoNewPrivs"],
    "ignored": int(status["SigIgn"], 16),
    "user namespace": outcome(lambda: os.unshare(os.CLONE_NEWUSER)),
    "mount namespace": outcome(lambda: os.unshare(os.CLONE_NEWNS)),
    "mount": outcome(mount),
    "limit": outcome(lambda: open("/proc/sys/user/max_user_namespaces", "w")),
    "oom score of root": outcome(lambda: open("/proc/1/oom_score_adj", "w")),
    "others": sorted(pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid()),
    "preloaded": "libgomp" in open("/proc/self/maps").read(),
    "environment": sorted(os.environ),
    "odd": os.environ.get("an odd name"),
    "argument": sys.argv[2],
}), flush=True)
sys.stdin.readline()
if me == "second":
    os.kill(os.getpid(), signal.SIGUSR1)
sys.exit(7)
"""


def scratch(uid):
    folder = f"{EXECUTE}/dir_{uid}"
    os.makedirs(folder)
    os.chown(folder, uid, uid)
    os.chmod(folder, 0o700)
    return folder


def start(uid, command, folder):
    return subprocess.Popen(
        [WRAPPER, *command],
        env={
            "_CONDOR_SCRATCH_DIR": folder,
            "_CONDOR_WRAPPER_ERROR_FILE": f"{folder}/.job_wrapper_failure",
            "LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/libgomp.so.1",
            "LD_DEBUG": "files",
            "LD_DEBUG_OUTPUT": f"{folder}/loaded",
            "an odd name": "a = b",
        },
        cwd=folder,
        user=uid,
        group=uid,
        extra_groups=[],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def failure(folder):
    with open(f"{folder}/.job_wrapper_failure") as file:
        return file.read()


def refused(uid, command, folder):
    job = start(uid, command, folder)
    out, err = job.communicate()
    return {"code": job.returncode, "out": out, "err": err, "file": failure(folder)}


def attempt(address, port):
    try:
        socket.create_connection((address, port), timeout=20).close()
        return "reached"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)


report = {}
folders = {uid: scratch(uid) for uid in range(1001, 1005)}
jobs = {}
for uid, name in ((1001, "first"), (1002, "second")):
    jobs[name] = start(uid, ["/usr/bin/python3", "-c", JOB, name, "x=y  *"], folders[uid])
for job in jobs.values():
    assert job.stdout.readline() == "ready\n", job.stderr.read()
for name, job in jobs.items():
    job.stdin.write("\n")
    job.stdin.flush()
    report[name] = json.loads(job.stdout.readline())
for job in jobs.values():
    job.stdin.write("\n")
    job.stdin.close()
report["codes"] = [job.wait() for job in jobs.values()]
report["own /tmp"] = sorted(os.listdir("/tmp"))
report["loaded programs"] = [
    sum(
        "initialize program" in line
        for name in os.listdir(folder)
        if name.startswith("loaded")
        for line in open(f"{folder}/{name}")
    )
    for folder in (folders[1001], folders[1002])
]

# Again, at once: the user's one namespace is free as soon as the job before is gone.
again = []
for _ in range(5):
    job = start(1001, ["/usr/bin/true"], folders[1001])
    job.communicate()
    again.append(job.returncode)
report["again"] = again

report["no program"] = refused(1003, ["/nowhere/job"], folders[1003])
os.chown(folders[1003], 0, 0)
os.chmod(folders[1003], 0o755)
job = start(1003, ["/usr/bin/true"], folders[1003])
report["no scratch"] = [job.wait(), job.stderr.read()]

# Somebody holds the namespace that a job of this user would have.
holding = subprocess.Popen(
    ["/usr/bin/python3", "-c", "import os, sys; os.unshare(os.CLONE_NEWUSER); print(1, flush=True); sys.stdin.read()"],
    user=1004, group=1004, extra_groups=[], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
)
holding.stdout.readline()
report["no namespace"] = refused(1004, ["/usr/bin/true"], folders[1004])
holding.communicate()

report["root"] = {}
for name, path in (("limit", "/proc/sys/user/max_user_namespaces"), ("sysrq", "/proc/sysrq-trigger")):
    try:
        open(path, "w").close()
        report["root"][name] = "opened"
    except OSError as error:
        report["root"][name] = os.strerror(error.errno)
report["reach"] = {
    f"{address}:{port}": attempt(address, port)
    for address, port in ((HOST, PORT + 1), ("10.77.0.5", PORT), ("10.77.0.2", PORT), ("127.0.0.1", PORT), ("1.1.1.1", 80))
}
with socket.create_connection((HOST, PORT)) as told:
    told.sendall(json.dumps(report).encode())

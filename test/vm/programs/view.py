"""
What condor_view reads where jobs may write, against folders made here. Ends with 0, or with what was not as it should be.
An agent of uid 0 with HTCondor's capabilities.
"""

import json
import os
import sys

sys.path.insert(0, "/usr/lib/gleaner")
from condor_view import View, run_number

HOME = "/var/lib/condor"
for name in ("log", "execute"):
    os.makedirs(f"{HOME}/{name}")
view = View(HOME)


def same(actual, expected):
    if actual != expected:
        sys.exit(f"{actual!r} is not {expected!r}"[:140])


def log(*lines):
    with open(f"{HOME}/log/StartLog", "a") as file:
        file.write("".join(f"11/27/26 04:45:11 {line}\n" for line in lines))


def states():
    return {slot["name"]: (slot["state"], slot["activity"], slot["claimed"]) for slot in view.slots()}


# Slots, as the startd's log tells them.
same(states(), {})
log("** condor_startd (CONDOR_STARTD) STARTING UP", "slot1: New pSlot of type 1 allocated")
log("slot1: Changing state: Owner -> Unclaimed", "slot1_1: New dSlot of type 1 allocated")
log("slot1_1: Changing state: Owner -> Claimed", "slot1_1: Changing activity: Idle -> Busy")
running = {"slot1": ("Unclaimed", "Idle", False), "slot1_1": ("Claimed", "Busy", True)}
same(states(), running)
with open(f"{HOME}/log/StartLog", "a") as file:
    file.write("11/27/26 04:45:11 slot1_1: Changing state and acti")
same(states(), running)
with open(f"{HOME}/log/StartLog", "a") as file:
    file.write("vity: Claimed/Busy -> Preempting/Vacating\n")
same(states()["slot1_1"], ("Preempting", "Vacating", True))
log("slot1_1: Changing state: Unclaimed -> Delete", "slot1_1: Slot slot1_1 no longer needed, deleting", "junk", "")
os.rename(f"{HOME}/log/StartLog", f"{HOME}/log/StartLog.old")
log("slot1: Changing state: Unclaimed -> Owner", "(pid:7) (D_ALWAYS) slot1: Changing activity: Idle -> Benchmarking")
same(states(), {"slot1": ("Owner", "Benchmarking", False)})
log("** condor_startd (CONDOR_STARTD) STARTING UP")
same(states(), {})


# Ads of running jobs: root's own count, and nothing that a job put in their place.
def folder(number, uid):
    path = f"{HOME}/execute/dir_{number}"
    os.mkdir(path)
    return path, uid


def ad(path, name, text, uid=0):
    with open(f"{path}/{name}", "w") as file:
        file.write(text)
    os.chown(f"{path}/{name}", uid, uid)


plain = 'Owner = "u"\nNumShadowStarts = 3\n'
secrets = 'ClaimId = "s"\nclaimids = "s"\nCapability = "s"\nTransferKey = "s"\nEnvironment = "s"\nEnv = "s"\n_condor_privX = "s"\n'
first, _ = folder(11, 1001)
ad(first, ".job.ad", plain + secrets)
ad(first, ".machine.ad", 'Name = "slot1_1@x"\nChildClaimIds = { "s" }\n')
ad(first, ".update.ad", "ImageSize = 1\n", 1001)
os.chown(first, 1001, 1001)
second, _ = folder(12, 1002)
ad(second, ".job.ad", plain, 1002)
os.symlink(f"{first}/.machine.ad", f"{second}/.machine.ad")
os.link(f"{HOME}/log/StartLog", f"{second}/.update.ad")
os.chown(second, 1002, 1002)
third, _ = folder(13, 1003)
os.mkfifo(f"{third}/.job.ad")
os.mkdir(f"{third}/.machine.ad")
ad(third, ".update.ad", "A = 1\n" * 20000, 1003)
os.chown(third, 1003, 1003)
folder(14, 0)
empty = {"job": "", "machine": "", "update": ""}
expected = [
    {"slot": "slot1_1", "dir": "dir_11", "job": plain, "machine": 'Name = "slot1_1@x"\n', "update": "ImageSize = 1\n"},
    {"slot": "slot1_2", "dir": "dir_12", **empty},
    {"slot": "slot1_3", "dir": "dir_13", **empty},
]
same(view.jobs(1 << 20), expected)
same([run_number(path) for path in (first, second, third)], [3, None, None])
same([job["job"] for job in view.jobs(10)], ["", "", ""])

# The history: whole ads, none twice, whatever the budget.
same(view.history(5, 1 << 20), {"from": 5, "next": 5, "text": ""})
ads = [f'ClusterId = {i}\nClaimId = "s"\n{"X" * i} = "\u00e4\\n*** no end"\n*** Offset = 0 ClusterId = {i}\n' for i in range(40)]
ads[20] = f'Args = "{"y" * (2 << 20)}"\n*** Offset = 0 ClusterId = 20\n'
with open(f"{HOME}/log/history", "w") as file:
    file.write("".join(ads) + "ClusterId = 99\n")
clean = "".join(text.replace('ClaimId = "s"\n', "") for i, text in enumerate(ads) if i != 20)
for budget in (200, 1000, 1 << 20):
    offset, told = 0, ""
    while (part := view.history(offset, budget))["next"] > offset:
        same(len(json.dumps(part["text"], ensure_ascii=False).encode()) <= budget, True)
        told += part["text"]
        offset = part["next"]
    same(told, clean)
    same(offset, len("".join(ads).encode()))

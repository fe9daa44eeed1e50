"""What the daemons left on the disk: their slots, what runs, what ran. Nothing here asks a daemon, so a look is cheap."""

import json
import os
import pwd
import re
import stat
import threading

AD_BYTES = 65536
HISTORY_BYTES = 1 << 20

# What opens a slot, a transfer or somebody's account, and what a job's owner may have put into its environment.
SECRET = re.compile(
    r"\s*\w*(claim_?id|capability|transferkey|transfersocket|password|secret|cookie|token|_condor_priv)\w*\s*=|\s*env(ironment)?\s*=",
    re.IGNORECASE,
)

CHANGE = re.compile(r"\S+ \S+ (?:\(\S*\) )*(slot\w{1,60}): (.*)")


class Refusal(Exception):
    """A sentence for the host."""


def without_secrets(text):
    return "".join(line for line in text.splitlines(keepends=True) if not SECRET.match(line))


def encoded_size(text):
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))


def read_ad(path, owners):
    """
    An ad in a job's folder, where the job may put what it likes: no link is followed, and a file counts only when it is
    one of these users'. A job can neither make a file of root's nor give one of its own away.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1 or facts.st_uid not in owners:
            return ""
        whole = file.read(AD_BYTES + 1)
    if len(whole) > AD_BYTES:
        return ""
    return without_secrets(whole.decode("utf-8", "replace"))


def run_number(folder):
    """Which execution of its job this is, as the submit side counts them."""
    found = re.search(r"^NumShadowStarts = (\d{1,9})$", read_ad(f"{folder}/.job.ad", (0,)), re.MULTILINE)
    return int(found[1]) if found else None


class View:
    def __init__(self, home):
        self.log_path = f"{home}/log/StartLog"
        self.history_path = f"{home}/log/history"
        self.execute = f"{home}/execute"
        self.lock = threading.Lock()
        self.log = None
        self.rest = ""
        self.states = {}

    def begin(self):
        """A new startd: it goes on in the same log."""
        with self.lock:
            self.states = {}

    def slots(self):
        """Names, states and activities, from the changes that the startd has logged since the last look."""
        with self.lock:
            self._follow()
            return [
                {"name": name, "state": state, "activity": activity, "claimed": state in ("Claimed", "Preempting")}
                for name, (state, activity) in sorted(self.states.items())
            ]

    def _follow(self):
        while True:
            if self.log is None:
                try:
                    self.log = open(self.log_path, encoding="utf-8", errors="replace")
                except FileNotFoundError:
                    return
            for line in self.log:
                self.rest += line
                if self.rest.endswith("\n"):
                    self._note(self.rest)
                    self.rest = ""
            # After a rotation this one's rest has just been read, and there is another one by its name.
            try:
                if os.path.samestat(os.fstat(self.log.fileno()), os.stat(self.log_path)):
                    return
            except FileNotFoundError:
                return
            self.log.close()
            self.log, self.rest = None, ""

    def _note(self, line):
        if "(CONDOR_STARTD) STARTING UP" in line:
            self.states = {}
        if not (found := CHANGE.match(line)):
            return
        slot, what = found.groups()
        state, activity = self.states.get(slot, ("Owner", "Idle"))
        if re.match(r"New \wSlot of type", what):
            state, activity = "Owner", "Idle"
        elif both := re.fullmatch(r"Changing state and activity: \w+/\w+ -> (\w+)/(\w+)", what):
            state, activity = both.groups()
        elif changed := re.fullmatch(r"Changing (state|activity): \w+ -> (\w+)", what):
            state, activity = (changed[2], activity) if changed[1] == "state" else (state, changed[2])
        else:
            return
        if state == "Delete":
            self.states.pop(slot, None)
        elif len(self.states) < 64 or slot in self.states:
            self.states[slot] = (state, activity)

    def folders(self):
        """Folders of running jobs by the user that owns them, which is named like its slot."""
        found = {}
        for name in os.listdir(self.execute):
            if not re.fullmatch(r"dir_\d{1,9}", name):
                continue
            path = f"{self.execute}/{name}"
            try:
                owner = os.lstat(path).st_uid
                user = pwd.getpwuid(owner).pw_name
            except (OSError, KeyError):
                continue
            if user.startswith("slot"):
                found[user] = (path, owner)
        return found

    def jobs(self, budget):
        """Ads beyond the budget of bytes are left empty; `update` is the job's own to write."""
        told = []
        for slot, (folder, owner) in sorted(self.folders().items()):
            job = {"slot": slot, "dir": os.path.basename(folder), "job": "", "machine": "", "update": ""}
            for key, owners in (("job", (0,)), ("machine", (0,)), ("update", (0, owner))):
                text = read_ad(f"{folder}/.{key}.ad", owners)
                size = encoded_size(text)
                if size <= budget:
                    job[key] = text
                    budget -= size
            told.append(job)
        return told

    def history(self, offset, budget):
        """Whole ads from an offset on; each ends with a line of stars. One that is too large for an answer is left out."""
        told = {"from": offset, "next": offset, "text": ""}
        try:
            with open(self.history_path, "rb") as file:
                file.seek(offset)
                lines, size = [], 0
                for line in file:
                    if size <= HISTORY_BYTES:
                        lines.append(line)
                    size += len(line)
                    if not line.startswith(b"*** "):
                        continue
                    ad = "" if size > HISTORY_BYTES else without_secrets(b"".join(lines).decode("utf-8", "replace"))
                    cost = encoded_size(ad)
                    if told["text"] and (cost > budget or told["next"] + size > offset + HISTORY_BYTES):
                        break
                    if cost <= budget:
                        told["text"] += ad
                        budget -= cost
                    told["next"] += size
                    lines, size = [], 0
        except FileNotFoundError:
            pass
        return told

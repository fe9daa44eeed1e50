"""condor_chirp, by which a job and its starter talk. As the job's user: the job may have written where its starter listens."""

import math
import subprocess
import threading
import time

CHIRP = "/usr/libexec/condor/condor_chirp"
# An answer takes a moment of a processor; a look comes every few seconds.
PROGRESS_SECONDS = 20
PATIENCE_SECONDS = 30
AT_A_TIME = 4
VALUE_BYTES = 64


def chirp(folder, owner, *words, stdout=subprocess.DEVNULL):
    return subprocess.Popen(
        [CHIRP, *words],
        env={"_CONDOR_CHIRP_CONFIG": f"{folder}/.chirp.config"},
        cwd="/",
        user=owner,
        group=owner,
        extra_groups=[],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
    )


class Asked:
    """One job: the question that is under way, and what the last answer was."""

    def __init__(self):
        self.question = None
        self.at = -math.inf
        self.progress = None

    def is_due(self, now):
        return self.question is None and now - self.at >= PROGRESS_SECONDS

    def ask(self, folder, owner, now):
        self.at = now
        try:
            self.question = chirp(folder, owner, "get_job_attr_delayed", "ChirpGleanerProgress", stdout=subprocess.PIPE)
        except OSError:
            # Jobs may have used up what the system has of processes; a look has more to tell than this.
            pass

    def hear(self, now):
        if self.question is None:
            return
        if self.question.poll() is None:
            if now - self.at >= PATIENCE_SECONDS:
                self.forget()
            return
        told = self.question.stdout.read(VALUE_BYTES + 1) if self.question.returncode == 0 else b""
        self.question.stdout.close()
        self.question = None
        try:
            value = float(told) if len(told) <= VALUE_BYTES else math.nan
        except ValueError:
            return
        if math.isfinite(value):
            self.progress = value

    def forget(self):
        if self.question is not None:
            self.question.kill()
            self.question.wait()
            self.question.stdout.close()
            self.question = None


class Progress:
    """How far jobs say that they are (`ChirpGleanerProgress`): the starter keeps it out of the files that are looked at."""

    def __init__(self):
        self.lock = threading.Lock()
        self.jobs = {}

    def of(self, folders):
        """
        The latest by slot, for `{slot: (folder, owner)}`. Nothing is waited for: an answer is told when it is there, and
        asked for again after a while.
        """
        now = time.monotonic()
        with self.lock:
            places = set(folders.values())
            for place in self.jobs.keys() - places:
                self.jobs.pop(place).forget()
            for asked in self.jobs.values():
                asked.hear(now)
            under_way = sum(asked.question is not None for asked in self.jobs.values())
            for place in places:
                self.jobs.setdefault(place, Asked())
            due = [place for place, asked in self.jobs.items() if asked.is_due(now)]
            for place in sorted(due, key=lambda place: self.jobs[place].at)[: max(0, AT_A_TIME - under_way)]:
                self.jobs[place].ask(*place, now)
            return {slot: self.jobs[place].progress for slot, place in folders.items()}

"""condor_chirp, by which a job and its starter talk. As the job's user: the job may have written where its starter listens."""

import math
import os.path
import re
import subprocess
import threading
import time

CHIRP = "/usr/libexec/condor/condor_chirp"
ATTRIBUTE = "ChirpGleanerProgress"
# An answer takes a moment of a processor; a look comes every few seconds.
PROGRESS_SECONDS = 20
PATIENCE_SECONDS = 30
AT_A_TIME = 4
VALUE_BYTES = 64
STATED = re.compile(rf"^{ATTRIBUTE} = (\S{{1,{VALUE_BYTES}}})$", re.MULTILINE | re.IGNORECASE)


def number(text):
    """What is written there, or None: for no number, or for too much."""
    try:
        value = float(text) if len(text) <= VALUE_BYTES else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def stated(ad):
    found = STATED.search(ad)
    return number(found[1]) if found else None


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
    """
    One job: the question that is under way, and what is known. A starter has what its job says until it sends it on, with its
    next update; a while later the ad of the job's slot has it.
    """

    def __init__(self):
        self.question = None
        self.at = -math.inf
        # What the job came with; a starter answers this, too, when the job has said nothing since its last update.
        self.began_with = None
        self.held = None
        self.published = None
        self.progress = None

    def is_due(self, now):
        return self.question is None and now - self.at >= PROGRESS_SECONDS

    def ask(self, folder, owner, now):
        self.at = now
        try:
            self.question = chirp(folder, owner, "get_job_attr_delayed", ATTRIBUTE, stdout=subprocess.PIPE)
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
        value = number(told)
        self.held = None if value == self.began_with else value
        if self.held is not None:
            self.progress = self.held

    def read(self, job, update):
        """The ad that the job came with, and its slot's."""
        if self.began_with is None and (value := stated(job)) is not None:
            self.began_with = self.published = value
            self.progress = value if self.progress is None else self.progress
        value = stated(update)
        if value is None or value == self.published:
            return
        self.published = value
        # What the starter still holds is newer.
        if self.held is None:
            self.progress = value

    def forget(self):
        if self.question is not None:
            self.question.kill()
            self.question.wait()
            self.question.stdout.close()
            self.question = None


class Progress:
    """How far jobs say that they are: asked of their starters, and read from their slots' ads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.jobs = {}

    def of(self, folders, ads):
        """
        The latest by slot, for `{slot: (folder, owner)}` and what a view tells of the jobs there. Nothing is waited for: an
        answer is told when it is there, and asked for again after a while.
        """
        now = time.monotonic()
        with self.lock:
            places = set(folders.values())
            for place in self.jobs.keys() - places:
                self.jobs.pop(place).forget()
            for asked in self.jobs.values():
                asked.hear(now)
            under_way = sum(asked.question is not None for asked in self.jobs.values())
            texts = {ad["dir"]: (ad["job"], ad["update"]) for ad in ads}
            for place in places:
                asked = self.jobs.setdefault(place, Asked())
                if (text := texts.get(os.path.basename(place[0]))) is not None:
                    asked.read(*text)
            due = [place for place, asked in self.jobs.items() if asked.is_due(now)]
            for place in sorted(due, key=lambda place: self.jobs[place].at)[: max(0, AT_A_TIME - under_way)]:
                self.jobs[place].ask(*place, now)
            return {slot: self.jobs[place].progress for slot, place in folders.items()}

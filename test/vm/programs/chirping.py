"""
What jobs say of their progress, by condor_chirp's stand-in here, where each answers as its folder is named, and by their ads.
Ends with 0, or with what was not as it should be. An agent of uid 0 with HTCondor's capabilities.
"""

import os
import sys
import time

sys.path.insert(0, "/usr/lib/gleaner")
import condor_chirping
from condor_chirping import Progress

HOME = "/var/lib/condor/chirping"
os.makedirs(HOME)
condor_chirping.CHIRP = f"{HOME}/chirp"
condor_chirping.PROGRESS_SECONDS = 0
condor_chirping.PATIENCE_SECONDS = 5
with open(condor_chirping.CHIRP, "w") as file:
    file.write(
        """#!/bin/sh
[ "$1 $2 $(id -u)" = "get_job_attr_delayed ChirpGleanerProgress 1001" ] || exit 1
case ${_CONDOR_CHIRP_CONFIG%/.chirp.config} in
*/says) echo 0.25 ;;
*/sent) echo '(null)' ;;
*/holds) echo 9.0E-01 ;;
*/returns) echo 3.0E-01 ;;
*/changes) if [ -e "$HERE/later" ]; then echo 0.75; else echo 0.5; fi ;;
*/nothing) echo 0.25; exit 1 ;;
*/nonsense) echo '1 + 1' ;;
*/endless) yes 1 ;;
*/long) printf '%0100d' 1 ;;
*/nan) echo nan ;;
*/infinite) echo 1e999 ;;
*/silent) exec sleep 1000 ;;
esac
""".replace("$HERE", HOME)
    )
os.chmod(condor_chirping.CHIRP, 0o755)
NAMES = ["changes", "endless", "holds", "infinite", "long", "nan", "nonsense", "nothing", "returns", "says", "sent", "silent"]
folders = {name: (f"{HOME}/{name}", 1001) for name in NAMES}
progress = Progress()


def ads(job={}, update={}):
    """What a view tells: of each the progress in the ad that it came with and in its slot's, where it is named."""

    def ad(value):
        return "" if value is None else f"A = 1\nChirpGleanerProgress = {value}\nZ = 1\n"

    return [{"dir": name, "job": ad(job.get(name)), "update": ad(update.get(name))} for name in NAMES]


def until(expected, told_before, view):
    """Looks until each has been asked anew and has answered, or been given up."""
    asked = {place: job.at for place, job in progress.jobs.items()}
    told = progress.of(folders, view)
    while any(job.at <= asked.get(place, -1) for place, job in progress.jobs.items()) or told != expected:
        running = sum(job.question is not None for job in progress.jobs.values())
        if running > condor_chirping.AT_A_TIME:
            sys.exit(f"{running} at a time")
        for name in NAMES:
            if told[name] not in (told_before[name], expected[name]):
                sys.exit(f"{name}: {told[name]!r}")
        time.sleep(0.05)
        told = progress.of(folders, view)
    return expected


nothing = dict.fromkeys(NAMES)
hostile = {"endless": "nan", "infinite": "1e999", "long": "1" * 65, "nan": "", "nonsense": "1 + 1", "nothing": '"0.5"'}
came_with = {"returns": 0.3}
said = {**nothing, "says": 0.25, "changes": 0.5}
# What a starter holds is newer than the slot's ad; what a job came with counts until it says something else.
before = {**nothing, "returns": 0.3, "sent": 0.4, "holds": 0.2}
published = {**hostile, **came_with, "sent": 0.4, "holds": 0.2}
known = until({**said, **came_with, "sent": 0.4, "holds": 0.9}, before, ads(came_with, published))
open(f"{HOME}/later", "w").close()
# Of a job that says no more, its slot's ad has what its starter has forgotten, whatever that answers instead.
later = {**known, "changes": 0.75, "sent": 0.6, "returns": 0.1}
published = {**hostile, "sent": 0.6, "returns": 0.1, "holds": 0.7}
until(later, known, ads(came_with, published))
until(later, later, ads(came_with, published))

# Those that are gone are asked no more, and nothing is left of the question.
questions = [job.question for job in progress.jobs.values() if job.question is not None]
if progress.of({}, []) != {} or progress.jobs or any(question.returncode is None for question in questions):
    sys.exit("a question outlived its job")

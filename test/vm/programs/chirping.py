"""
What jobs say of their progress, by condor_chirp's stand-in here: each answers as its folder is named. Ends with 0, or with
what was not as it should be. An agent of uid 0 with HTCondor's capabilities.
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
NAMES = ["changes", "endless", "infinite", "long", "nan", "nonsense", "nothing", "says", "silent"]
folders = {name: (f"{HOME}/{name}", 1001) for name in NAMES}
progress = Progress()


def until(expected):
    """Looks until each has been asked anew and has answered, or been given up."""
    asked = {place: job.at for place, job in progress.jobs.items()}
    told = progress.of(folders)
    while any(job.at <= asked.get(place, -1) for place, job in progress.jobs.items()) or told != expected:
        running = sum(job.question is not None for job in progress.jobs.values())
        if running > condor_chirping.AT_A_TIME:
            sys.exit(f"{running} at a time")
        if any(told[name] not in (None, expected[name], 0.5) for name in NAMES):
            sys.exit(f"{told!r}"[:140])
        time.sleep(0.05)
        told = progress.of(folders)


nothing = dict.fromkeys(NAMES)
until({**nothing, "says": 0.25, "changes": 0.5})
open(f"{HOME}/later", "w").close()
until({**nothing, "says": 0.25, "changes": 0.75})

# Those that are gone are asked no more, and nothing is left of the question.
questions = [job.question for job in progress.jobs.values() if job.question is not None]
if progress.of({}) != {} or progress.jobs or any(question.returncode is None for question in questions):
    sys.exit("a question outlived its job")

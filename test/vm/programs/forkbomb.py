"""Forks without bound. Whatever the limit refuses is tried again, for ever, by all of its processes.

The first one tells, as its progress, how many children it got before the first refusal.
"""

import os

children = 0
refused = False
while True:
    try:
        if os.fork() == 0:
            refused = True  # a child forks as well, and says nothing
        else:
            children += 1
    except OSError as error:
        if not refused:
            refused = True
            with open("progress", "w") as file:
                file.write(f"0.5 refused after {children}: {error.strerror}\n")

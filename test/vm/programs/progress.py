"""Writes into progress what is no progress, then a sound line with hostile text; each is left to be read."""

import time

RUBBISH = (b"x" * (1 << 20), b"\xff\xfe\0\0", b"2.5 more than all\n", b"-1 less\n", b"nan\n", b"0.5" * 100_000, b"0." + b"9" * 200)

for text in RUBBISH:
    with open("progress", "wb") as file:
        file.write(text)
    time.sleep(0.5)
with open("progress", "wb") as file:
    file.write("0.75 \x1b]0;title\x07 \u202egnol ".encode() + b"y" * (1 << 20))
time.sleep(3)

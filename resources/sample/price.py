#!/usr/bin/env python3
"""Prices the options in in/book.csv by Monte Carlo with antithetic variates (Black-Scholes, no dividends).

Runs in the job's folder. After each option it publishes a checkpoint, and an attempt that finds one goes on
behind it: every option draws from a generator of its own, seeded by its row, so that an interrupted run ends
with the very same out/prices.csv as one that was never interrupted.
"""

import csv
import hashlib
import json
import math
import os
import random

BOOK = "in/book.csv"
CHECKPOINT = "checkpoint/prices.json"
RESULT = "out/prices.csv"
BLOCKS = 8


def publish(path, text):
    """Writes beside `path` and renames, so that a reader sees all of it or nothing."""
    folder, name = os.path.split(path)
    hidden = os.path.join(folder, "." + name)
    with open(hidden, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(hidden, path)


def tell(done, total, part):
    # One short line in one write: this file is read while the job runs and cannot be replaced.
    fraction = (done + part) / total
    with open("progress", "w", encoding="utf-8") as file:
        file.write(f"{fraction:.4f} option {min(done + 1, total)} of {total}\n")


def load_checkpoint(ids):
    """Prices of the options that an earlier attempt finished: {id: [price, stderr]}."""
    try:
        with open(CHECKPOINT, encoding="utf-8") as file:
            found = json.load(file)
        return {key: [float(found[key][0]), float(found[key][1])] for key in ids if key in found}
    except (OSError, ValueError, TypeError, LookupError):
        return {}


def european_pair(row, rng):
    """A function that draws two antithetic payoffs and returns their mean, not discounted."""
    spot, strike = float(row["spot"]), float(row["strike"])
    rate, volatility, years = float(row["rate"]), float(row["volatility"]), float(row["years"])
    sign = 1.0 if row["right"] == "call" else -1.0
    forward = spot * math.exp((rate - volatility * volatility / 2) * years)
    deviation = volatility * math.sqrt(years)
    exp, gauss = math.exp, rng.gauss

    def draw():
        factor = exp(deviation * gauss(0.0, 1.0))
        up = sign * (forward * factor - strike)
        down = sign * (forward / factor - strike)
        return ((up if up > 0.0 else 0.0) + (down if down > 0.0 else 0.0)) / 2

    return draw


def asian_pair(row, rng):
    """The same for an option on the arithmetic mean of equally spaced fixings, the last one at the end."""
    spot, strike = float(row["spot"]), float(row["strike"])
    rate, volatility, years = float(row["rate"]), float(row["volatility"]), float(row["years"])
    fixings = int(row["fixings"])
    sign = 1.0 if row["right"] == "call" else -1.0
    step = years / fixings
    drift = math.exp((rate - volatility * volatility / 2) * step)
    deviation = volatility * math.sqrt(step)
    exp, gauss, steps = math.exp, rng.gauss, range(fixings)

    def draw():
        up = down = spot
        up_sum = down_sum = 0.0
        for _ in steps:
            factor = exp(deviation * gauss(0.0, 1.0))
            up *= drift * factor
            down *= drift / factor
            up_sum += up
            down_sum += down
        up = sign * (up_sum / fixings - strike)
        down = sign * (down_sum / fixings - strike)
        return ((up if up > 0.0 else 0.0) + (down if down > 0.0 else 0.0)) / 2

    return draw


def price(row, told):
    """Price and standard error of one option; `told` hears the fraction done, a few times."""
    seed = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).digest()
    rng = random.Random(int.from_bytes(seed[:8], "big"))
    draw = (european_pair if row["style"] == "european" else asian_pair)(row, rng)
    pairs = int(row["paths"]) // 2
    total = squares = 0.0
    for block in range(BLOCKS):
        for _ in range(pairs * block // BLOCKS, pairs * (block + 1) // BLOCKS):
            value = draw()
            total += value
            squares += value * value
        told((block + 1) / BLOCKS)
    mean = total / pairs
    variance = max(0.0, squares / pairs - mean * mean) * pairs / (pairs - 1)
    discount = math.exp(-float(row["rate"]) * float(row["years"]))
    return [discount * mean, discount * math.sqrt(variance / pairs)]


def main():
    with open(BOOK, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    os.makedirs("checkpoint", exist_ok=True)
    os.makedirs("out", exist_ok=True)
    done = load_checkpoint([row["id"] for row in rows])
    if done:
        print(f"going on from a checkpoint with {len(done)} of {len(rows)} options", flush=True)
    for row in rows:
        if row["id"] in done:
            continue
        count = len(done)
        done[row["id"]] = price(row, lambda part: tell(count, len(rows), part))
        publish(CHECKPOINT, json.dumps(done))
        print("{} {:.6f} +/- {:.6f}".format(row["id"], *done[row["id"]]), flush=True)
    lines = ["id,price,stderr"]
    lines += ["{},{!r},{!r}".format(row["id"], *done[row["id"]]) for row in rows]
    publish(RESULT, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

"""Prices a book without pricing it; the first argument names how."""

import csv
import os
import sys

with open("in/book.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))


def answer(price, error):
    with open("out/prices.csv", "w", encoding="utf-8") as file:
        file.write("id,price,stderr\n")
        file.writelines(f"{row['id']},{price},{error}\n" for row in rows)


match sys.argv[1]:
    case "wrong":
        answer("1.0", "0.001")
    case "unsure":
        answer("1.0", "1e6")
    case "no-number":
        answer("nan", "inf")
    case "folder":
        os.mkdir("out/prices.csv")
    case "empty":
        pass

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rank a simulation of the Elmia hall among the entries of round robin II.

entries.py WORKBOOK.xls RESULT.json

WORKBOOK.xls is the organisers' evaluation, with every entry's value of each
pair and octave; RESULT.json is of `fullhouse validate --json`. Prints Markdown.
Needs xlrd (Debian: python3-xlrd). Exit code 77: xlrd is not there.
"""
import json
import sys

try:
    import xlrd
except ImportError:
    print("skipped: no xlrd (Debian: python3-xlrd)", file=sys.stderr)
    sys.exit(77)

OURS = "fullhouse"
# Their word: ours, their unit in ours, just noticeable difference in their unit
FIVE = {
    "T30/s": ("t30", 1.0, 0.1),
    "EDT/s": ("edt", 1.0, 0.1),
    "D/%": ("d50", 100.0, 5.0),
    "C/dB": ("c80", 1.0, 1.0),
    "TS/ms": ("ts", 1000.0, 10.0),
}
OCTAVES = (125, 250, 500, 1000, 2000, 4000)
NO_ENTRY = ("measured", "result", "Standardabw")


def read_sheet(sheet):
    """{(parameter, pair, octave): value} of one sheet"""
    out, parameter, pairs = {}, None, []
    for r in range(sheet.nrows):
        cells = sheet.row_values(r)
        if len(cells) > 12 and cells[1] == "S1R1":
            parameter, pairs = cells[0], cells[1:13]
        elif parameter and str(cells[0]).endswith(" Hz"):
            for pair, value in zip(pairs, cells[1:13]):
                if isinstance(value, float):
                    out[parameter, pair, int(cells[0].split()[0])] = value
    return out


def read_ours(path):
    theirs = {name: (q, unit) for q, (name, unit, _) in FIVE.items()}
    theirs["g"] = ("G/dB", 1.0)
    out = {}
    with open(path, encoding="utf-8") as f:
        for p in json.load(f)["pairs"]:
            if p["parameter"] in theirs:
                q, unit = theirs[p["parameter"]]
                pair = p["source"] + p["microphone"]
                out[q, pair, p["band_hz"]] = unit * p["simulated"]
    return out


def score(entry, measured, octaves, relative):
    """Mean over the five of the mean magnitude in limens; None: one is missing"""
    means = []
    for q, (_, _, limen) in FIVE.items():
        off = []
        for k, m in measured.items():
            if k[0] == q and k[2] in octaves and k in entry:
                one = 0.05 * m if relative and q in ("T30/s", "EDT/s") else limen
                off.append(abs(entry[k] - m) / one)
        if not off:
            return None
        means.append(sum(off) / len(off))
    return sum(means) / len(means)


def print_ranking(entries, measured):
    columns = [
        ("125 Hz-4 kHz", OCTAVES, False),
        ("250 Hz-4 kHz", OCTAVES[1:], False),
        ("500 Hz, 1 kHz", (500, 1000), False),
        ("125 Hz-4 kHz, 5 %", OCTAVES, True),
    ]
    table = {
        name: [score(e, measured, c[1], c[2]) for c in columns]
        for name, e in entries.items()
    }
    print("| place | entry | " + " | ".join(c[0] for c in columns) + " |")
    print("|---|---|" + "---|" * len(columns))
    whole = {n: v for n, v in table.items() if None not in v}
    for place, name in enumerate(sorted(whole, key=lambda n: whole[n][0]), 1):
        cells = " | ".join("%.2f" % x for x in whole[name])
        bold = "**" if name == OURS else ""
        print("| %d | %s%s%s | %s |" % (place, bold, name, bold, cells))
    for name in sorted(set(table) - set(whole)):
        print("| | %s | no value for all five |" % name + " |" * (len(columns) - 1))
    print()
    for i, column in enumerate(columns):
        ours = whole[OURS][i]
        better = sum(v[i] < ours for n, v in whole.items() if n != OURS)
        print("- %s: place %d of %d" % (column[0], better + 1, len(whole)))


def print_receivers(entries, measured, parameter):
    print("| receiver | fullhouse | mean of the entries | least | greatest |")
    print("|---|---|---|---|---|")
    for receiver in ("R1", "R2", "R3", "R4", "R5", "R6"):
        keys = [
            k for k in measured
            if k[0] == parameter and k[1][2:] == receiver and k[2] > 125
        ]
        means = {}
        for name, e in entries.items():
            off = [e[k] - measured[k] for k in keys if k in e]
            if off:
                means[name] = sum(off) / len(off)
        ours = means.pop(OURS)
        theirs = list(means.values())
        print("| %s | %+.1f | %+.1f | %+.1f | %+.1f |" % (
            receiver, ours, sum(theirs) / len(theirs), min(theirs), max(theirs)))


def main():
    if len(sys.argv) != 3:
        print("Usage: entries.py WORKBOOK.xls RESULT.json", file=sys.stderr)
        return 2
    book = xlrd.open_workbook(sys.argv[1])
    measured = read_sheet(book.sheet_by_name("measured"))
    entries = {
        s.name: read_sheet(s)
        for s in book.sheets()
        if s.nrows and s.name not in NO_ENTRY
    }
    entries[OURS] = read_ours(sys.argv[2])
    print_ranking(entries, measured)
    for name, parameter in (("C80", "C/dB"), ("G", "G/dB")):
        print()
        print("%s less the measured one [dB], mean of 250 Hz to 4 kHz and both "
              "sources:" % name)
        print()
        print_receivers(entries, measured, parameter)
    return 0


sys.exit(main())

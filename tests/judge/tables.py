# SPDX-License-Identifier: GPL-3.0-or-later
"""What was compared with whom, and what came of it."""
import csv

from judge.ledgers import Failure, Refusal

EVERYTHING = "(all)"


class Count:
    def __init__(self):
        self.traces = set()
        self.runs = 0
        self.collections = 0
        self.differences = 0


class Tally:
    """Of one judge: by feature, and of all together."""

    def __init__(self, judge):
        self.judge = judge
        self.counts = {EVERYTHING: Count()}
        self.generations = [0, 0, 0]
        self.collected = 0
        self.refused = {}
        self.columns = ()

    def add(self, trace, features, judged, difference):
        if isinstance(judged, Refusal):
            words = judged.said.split(": ")[-1]
            self.refused[words] = self.refused.get(words, 0) + 1
            return
        rows = 0
        if not isinstance(judged, Failure):
            rows = len(judged.rows)
            self.columns = judged.columns
            self.collected += judged.total("collected")
            self.generations = [a + b for a, b in zip(self.generations, judged.generations())]
        for feature in [EVERYTHING] + list(features):
            count = self.counts.setdefault(feature, Count())
            count.traces.add(trace)
            count.runs += 1
            count.collections += rows
            count.differences += bool(difference)

    def total(self):
        return self.counts[EVERYTHING]

    def print(self):
        total = self.total()
        print("%-8s %-14s %d runs, %d collections (%d/%d/%d by generation, %d objects), "
              "%d runs differ"
              % ("DIFFERS" if total.differences else "equal" if total.runs else "not run",
                 self.judge.name, total.runs, total.collections, self.generations[0],
                 self.generations[1], self.generations[2], self.collected, total.differences))
        for words, count in sorted(self.refused.items()):
            print("         %-14s %d runs left out: %s" % ("", count, words))


def print_features(tallies):
    """One line a feature: how many traces had it, and for each judge the collections in them;
    where there are differences, how many runs differ."""
    if not tallies:
        return
    names = sorted(set(name for tally in tallies for name in tally.counts))
    widths = [max(8, len(tally.judge.name)) for tally in tallies]
    print("\ncollections compared in traces with a feature (and, where any, !runs that differ)")
    print("  %-12s %7s  " % ("feature", "traces")
          + "  ".join(tally.judge.name.rjust(width) for tally, width in zip(tallies, widths)))
    for name in names:
        counts = [tally.counts.get(name, Count()) for tally in tallies]
        traces = len(set().union(*[count.traces for count in counts]))
        cells = ["%d%s" % (count.collections,
                           " !%d" % count.differences if count.differences else "")
                 if count.runs else "-" for count in counts]
        print("  %-12s %7d  " % (name, traces)
              + "  ".join(cell.rjust(width) for cell, width in zip(cells, widths)))


def write_csv(path, tallies):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("judge", "feature", "traces", "runs", "collections", "differences"))
        for tally in tallies:
            for name, count in sorted(tally.counts.items()):
                writer.writerow((tally.judge.name, name, len(count.traces), count.runs,
                                 count.collections, count.differences))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Ledgers, one row a collection, and the first place where two of them differ."""
import csv
import gzip

# What the recorded ledgers have, and have no header for.
PLAIN_COLUMNS = ("event", "generation", "collected", "uncollectable")


class Ledger:
    def __init__(self, columns, rows):
        self.columns = tuple(columns)
        self.rows = rows

    def select(self, columns):
        places = [self.columns.index(name) for name in columns]
        return [tuple(row[place] for place in places) for row in self.rows]

    def total(self, column):
        place = self.columns.index(column)
        return sum(int(row[place]) for row in self.rows)

    def generations(self):
        place = self.columns.index("generation")
        return [sum(1 for row in self.rows if row[place] == str(g)) for g in range(3)]


class Failure:
    """One side broke down over a valid trace: that is a difference."""

    def __init__(self, said):
        self.said = said


class Refusal:
    """A judge does not cover a trace: nothing was compared."""

    def __init__(self, said):
        self.said = said


def read_ledger(path):
    """A CSV file, compressed or not, with a header or the plain columns."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", newline="") as file:
        rows = list(csv.reader(file))
    columns = PLAIN_COLUMNS
    if rows and not rows[0][0].lstrip("-").isdigit():
        columns = rows.pop(0)
    return Ledger(columns, rows)


class Difference:
    """What gcsim says and what a judge says, where they part."""

    def __init__(self, event, text, kind="rows"):
        self.event = event  # the first that matters, or None: all of them may
        self.text = text
        self.kind = kind


def first_difference(judged, simulated):
    """Over all columns that both have; None: they are equal."""
    columns = [name for name in judged.columns if name in simulated.columns]
    theirs = judged.select(columns)
    ours = simulated.select(columns)
    for index in range(max(len(theirs), len(ours))):
        left = theirs[index] if index < len(theirs) else None
        right = ours[index] if index < len(ours) else None
        if left == right:
            continue
        at = columns.index("event")
        # Where one has a collection more, the other shows at its next one that it had not.
        events = [int(row[at]) for row in (left, right) if row]
        marks = ["^" * len(name) if left and right and left[n] != right[n] else " " * len(name)
                 for n, name in enumerate(columns)]
        return Difference(min(events), "\n".join([
            "collection %d of %d judged, %d simulated" % (index, len(theirs), len(ours)),
            "              " + " ".join(columns),
            "    judged    " + spaced(left, columns),
            "    simulated " + spaced(right, columns),
            "              " + " ".join(marks)]).rstrip())
    return None


def spaced(row, columns):
    """A row below its heading."""
    if row is None:
        return "none"
    return " ".join(field.rjust(len(name)) for field, name in zip(row, columns))

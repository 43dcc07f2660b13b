#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare gcsim with every recorded ledger here, in every column that the ledger has.

    compare.py GCSIM

Exit status: 0 all equal; 1 differences, or nothing compared; 2 usage.
"""
import glob
import gzip
import os
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from judge.jobs import Gcsim, Job  # noqa: E402
from judge.ledgers import Failure, Refusal, first_difference, read_ledger  # noqa: E402
from judge.tables import Tally, print_features  # noqa: E402

# The traces of these showed the collector no roots: they were C's.
ROOTLESS = re.compile(r"cpython-3\.14\.[0-4]$")


class Recorded:
    """One release of which there are ledgers."""

    def __init__(self, model):
        self.model = model
        self.name = model[len("cpython-"):]


def unpack(name, model, work):
    """The trace of a ledger, as its release saw it."""
    with gzip.open(os.path.join(HERE, name + ".gctrace.gz"), "rt") as file:
        text = file.read()
    if ROOTLESS.match(model):
        text = text.replace("gctrace 1\n", "gctrace 1\no roots=native\n", 1)
    path = os.path.join(work, name + "-" + model + ".gctrace")
    with open(path, "w") as file:
        file.write(text)
    return path


def compare(gcsim, path, work, tallies):
    """One ledger: NAME_cpython-RELEASE_T0_T1_T2.csv.gz, with a header or the plain columns."""
    fields = os.path.basename(path)[:-len(".csv.gz")].split("_")
    name, model, thresholds = fields[0], fields[1], [int(field) for field in fields[2:]]
    if model not in tallies:
        tallies[model] = Tally(Recorded(model))
    job = Job(unpack(name, model, work), thresholds)
    simulated = gcsim.ledger(job, re.sub(r"(rc|a|b)\d+$", "", model))
    recorded = read_ledger(path)
    feature = name.rstrip("0123456789")
    if isinstance(simulated, Failure) and "not modelled" in simulated.said:
        tallies[model].add(name, [feature], Refusal("not modelled"), None)
        return
    difference = (simulated if isinstance(simulated, Failure)
                  else first_difference(recorded, simulated))
    tallies[model].add(name, [feature], recorded, difference)
    if difference:
        print("%s differs:\n%s" % (os.path.basename(path), getattr(difference, "text", None)
                                   or difference.said))


def main():
    if len(sys.argv) != 2:
        sys.stderr.write("usage: compare.py GCSIM\n")
        return 2
    tallies = {}
    with tempfile.TemporaryDirectory() as work:
        gcsim = Gcsim(os.path.abspath(sys.argv[1]), work)
        for path in sorted(glob.glob(os.path.join(HERE, "*_cpython-*.csv.gz"))):
            compare(gcsim, path, work, tallies)
    ordered = [tallies[model] for model in sorted(tallies)]
    for tally in ordered:
        tally.print()
    for columns in sorted(set(tally.columns for tally in ordered)):
        print("columns  " + " ".join(columns))
    print_features(ordered)
    differences = sum(tally.total().differences for tally in ordered)
    compared = sum(tally.total().runs for tally in ordered)
    print("oracle: %d ledgers, %d differ" % (compared, differences))
    return 0 if compared and not differences else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the arenas that gcsim's pymalloc holds with those of every CPython found here.

The same objects are made and let go in the interpreter (memory_inside.py) and as a trace; after
each phase the arenas in excess of those at the start are compared.

    arenas.py --gcsim BUILD/sim/gcsim

An interpreter has begun with arenas of its own, whose free pools serve first and whose last
one may be the one that is kept; tables of the script's grow meanwhile. So one arena and one in
a hundred may differ.

Exit status: 0 all close, or no interpreter to compare with; 1 differences; 2 usage.
"""
import argparse
import csv
import os
import subprocess
import sys
import tempfile

import fidelity
from blocks import ask, obstacle
from memory_inside import random_numbers

OBJECTS = 200000
EXPERIMENTS = [("spike", (OBJECTS, keep)) for keep in (0, 64, 4000, 20000, 100000)]
EXPERIMENTS += [("churn", (40000, 200000, 1)), ("churn", (6000, 60000, 2))]


class Trace:
    """A text trace in the making; phases end at numbers of lines."""

    def __init__(self):
        self.lines = ["gctrace 1"]
        self.types = {}
        self.objects = 0
        self.ends = []

    def type(self, slots):
        if slots not in self.types:
            self.types[slots] = len(self.types)
            self.lines.append("t %d Slots%d %d -" % (self.types[slots], slots, slots))
        return self.types[slots]

    def make(self, slots):
        number = self.type(slots)
        self.objects += 1
        self.lines.append("a %d %d" % (self.objects, number))
        return self.objects

    def let_go(self, object_):
        if object_:
            self.lines.append("d %d" % object_)

    def end_phase(self):
        self.ends.append(len(self.lines))


def spike(trace, count, keep):
    made = [trace.make(4) for _ in range(count)]
    trace.end_phase()
    for index in range(count):
        if not keep or index % keep:
            trace.let_go(made[index])
    trace.end_phase()


def churn(trace, places, steps, seed):
    sizes = (1, 4, 8, 13, 40)
    numbers = random_numbers(seed)
    kept = [0] * places

    def put(place, object_):
        trace.let_go(kept[place])
        kept[place] = object_

    for _ in range(steps):
        place = next(numbers) % places
        put(place, trace.make(sizes[next(numbers) % len(sizes)]))
    trace.end_phase()
    for place in range(places):
        if next(numbers) % 10:
            put(place, 0)
    trace.end_phase()
    for place in range(places // 2):
        if not kept[place]:
            put(place, trace.make(22))
    trace.end_phase()


def trace_of(experiment):
    trace = Trace()
    {"spike": spike, "churn": churn}[experiment[0]](trace, *experiment[1])
    return trace


def simulate(gcsim, interpreter, trace, directory):
    """Arenas at the end of each phase: the last row of the timeline so far."""
    arena = 256 << 10 if interpreter.version < (3, 10) else 1 << 20
    path = os.path.join(directory, "arenas.gctrace")
    held = []
    for end in trace.ends:
        with open(path, "w") as file:
            file.write("\n".join(trace.lines[:end]) + "\n")
        subprocess.check_call([gcsim, "run", path, "-m", interpreter.model, "-t", "0",
                               "--memory", "pymalloc", "-q", "-o", directory, "--force"],
                              stdout=subprocess.DEVNULL)
        with open(os.path.join(directory, "timeline.csv"), newline="") as file:
            for row in csv.DictReader(file):
                footprint = int(row["footprint_bytes"])
        held.append(footprint // arena)
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, metavar="PATH")
    parser.add_argument("--python", metavar="PATH", help="only this interpreter")
    options = parser.parse_args()
    interpreters = fidelity.find_interpreters(options.python, obstacle)
    differences = 0
    with tempfile.TemporaryDirectory(prefix="gcsim-arenas-") as directory:
        for experiment in EXPERIMENTS:
            trace = trace_of(experiment)
            for interpreter in interpreters:
                real = ask(interpreter, "arenas", experiment)
                if real is None:
                    continue
                real = [held - real[0] for held in real[1:]]
                simulated = simulate(options.gcsim, interpreter, trace, directory)
                apart = any(abs(r - s) > 1 + r // 100 for r, s in zip(real, simulated))
                differences += apart
                print("%-8s %-10s %s %s: arenas %s really, %s simulated"
                      % ("DIFFERS" if apart else "close", interpreter.name, experiment[0],
                         " ".join(map(str, experiment[1])), " ".join(map(str, real)),
                         " ".join(map(str, simulated))))
                sys.stdout.flush()
    if not interpreters:
        print("arenas: NOT CHECKED, no CPython found on this machine")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a real CPython takes for the events of a trace, on real objects.

    real.py --build DIR [--prefer 3.11] TRACE RUNS T0...

Prints the interpreter's name, then for each threshold0 (threshold1 and threshold2 are 10; 0:
the collector never runs) its value, the median of so many runs in seconds, and the collections.
Each run is a process of its own; start-up, reading the trace and making its classes do not
count. Of the interpreters found the preferred series is taken, or else the newest.
"""
import argparse
import contextlib
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from judge.interpreters import find_interpreters  # noqa: E402


def choose(preferred):
    with contextlib.redirect_stdout(sys.stderr):
        found = find_interpreters()
    series = tuple(int(part) for part in preferred.split("."))
    wanted = [one for one in found if one.version[:2] == series]
    return (wanted or found or [None])[-1]


def time_once(interpreter, build, trace, threshold0):
    done = subprocess.run(interpreter.command
                          + ["-I", interpreter.driver, "--build", build, "--time", trace,
                             "%d,10,10" % threshold0], stdout=subprocess.PIPE, check=True)
    seconds, collections = done.stdout.split()
    return float(seconds), int(collections)


def main():
    parser = argparse.ArgumentParser(description="time a trace in a real CPython")
    parser.add_argument("--build", required=True, metavar="DIR")
    parser.add_argument("--prefer", default="3.11", metavar="SERIES")
    parser.add_argument("trace")
    parser.add_argument("runs", type=int)
    parser.add_argument("thresholds", type=int, nargs="+")
    arguments = parser.parse_args()
    interpreter = choose(arguments.prefer)
    if not interpreter:
        sys.stderr.write("real.py: no CPython found that the driver can be built for\n")
        return 1
    print("CPython " + interpreter.name)
    runs = {threshold0: [] for threshold0 in arguments.thresholds}
    for _ in range(arguments.runs):
        for threshold0, times in runs.items():
            times.append(time_once(interpreter, arguments.build, arguments.trace, threshold0))
    for threshold0, times in runs.items():
        print("%d %.6f %d" % (threshold0, statistics.median(time for time, _ in times),
                              times[0][1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())

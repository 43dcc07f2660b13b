#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare gcsim's cpython-2.7 with a real CPython 2.7, collection by collection.

The traces beside this file and random ones are executed on real objects by the interpreter (execute.py, judge27.c) and
simulated by gcsim. Event, generation, candidates, collected and uncollectable of every
collection have to be equal; but a collection that the call of one of several callbacks on the
same object triggers has one candidate more in 2.7: the tuple of these callbacks, which exists
only meanwhile and which gcsim does not make.

    compare.py --gcsim BUILD/sim/gcsim --random-trace BUILD/tests/random_trace

Exit status: 0 all equal; 77 no CPython 2.7 with C headers here; 1 differences; 2 usage.
"""
import argparse
import csv
import glob
import os
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
COLUMNS = ("event", "generation", "candidates", "collected", "uncollectable")
THRESHOLDS = ("700,10,10", "97,3,2", "300,5,3", "10,2,2", "1,1,1", "2000,10,10", "0,10,10")
EVENTS = (500, 1000, 2000, 4000, 8000, 20000)
RARE = ("threshold", "legacy", "resurrect", "finalizers")
# What the judge can make; 2.7 has no gc.freeze.
FEATURES = ("lists", "tuples", "dicts", "atoms", "instdict", "sets", "payloads", "born",
            "ownslots", "manual", "threshold", "stretches", "requests", "work", "marks",
            "finalizers", "resurrect", "legacy", "weakrefs", "builtins", "functions",
            "iterators")
CANDIDATES = COLUMNS.index("candidates")
MOST_EXTRA = 1000  # one collection in so many has the extra candidate, at most
SHOWN_DIFFERENCES = 5
PROBE = """
import os, platform, sys, sysconfig
good = sys.version_info[:2] == (2, 7) and platform.python_implementation() == 'CPython'
header = os.path.join(sysconfig.get_path('include'), 'Python.h')
sys.exit(0 if good and os.path.exists(header) else 1)
"""


def find_interpreter():
    candidates = [shutil.which("python2.7"), shutil.which("python2")]
    roots = [os.environ.get("PYENV_ROOT", ""), os.path.expanduser("~/.pyenv")]
    for root in roots:
        candidates += sorted(glob.glob(os.path.join(root, "versions/2.7*/bin/python2.7")))
    for path in candidates:
        try:
            if path and subprocess.call([path, "-E", "-s", "-c", PROBE], timeout=30,
                                        stderr=subprocess.DEVNULL) == 0:
                return path
        except (OSError, subprocess.SubprocessError):
            pass
    return None


def make_jobs(options, work):
    listed = subprocess.check_output([options.random_trace]).decode().split()
    features = options.features.split(",") if options.features else FEATURES
    features = [name for name in features if name in listed]
    jobs = []
    for trace in sorted(glob.glob(os.path.join(HERE, "*.gctrace"))):
        name = os.path.basename(trace)
        jobs += [(trace, thresholds, os.path.join(work, "%s.%s.csv" % (name, thresholds)))
                 for thresholds in THRESHOLDS]
    for seed in range(options.seed, options.seed + options.traces):
        source = random.Random(seed)
        chosen = [name for name in features
                  if source.random() < (1 / 6.0 if name in RARE else 0.5)]
        events = source.choice(EVENTS)
        trace = os.path.join(work, "%d.gctrace" % seed)
        with open(trace, "wb") as file:
            subprocess.check_call([options.random_trace, str(seed), str(events)] + chosen,
                                  stdout=file)
        jobs.append((trace, source.choice(THRESHOLDS), trace + ".csv"))
    return jobs


def run_real(python, jobs, work):
    command = [python, "-E", "-s", os.path.join(HERE, "execute.py"),
               os.path.join(HERE, "judge27.c"), os.path.join(work, "build")]
    lines = "".join("\t".join(job) + "\n" for job in jobs)
    return subprocess.run(command, input=lines.encode()).returncode


def read_rows(path):
    with open(path, newline="") as file:
        return [tuple(row[name] for name in COLUMNS) for row in csv.DictReader(file)]


def has_extra_candidate(real, ours):
    """Whether the rows are equal but for one candidate more in the real one."""
    return (len(real) == len(ours) == len(COLUMNS)
            and real[:CANDIDATES] == ours[:CANDIDATES]
            and real[CANDIDATES + 1:] == ours[CANDIDATES + 1:]
            and int(real[CANDIDATES]) == int(ours[CANDIDATES]) + 1)


def difference(gcsim, job, directory):
    """The number of equal rows, that of those with the extra candidate, and what differs or
    None."""
    trace, thresholds, ledger = job
    done = subprocess.run([gcsim, "run", trace, "-m", "cpython-2.7", "-t", thresholds,
                           "-o", directory, "--force", "-q", "--paranoid"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        return 0, 0, "gcsim: " + done.stderr.decode("utf-8", "replace").strip()
    if not os.path.exists(ledger):
        return 0, 0, "the interpreter did not run it"
    real = read_rows(ledger)
    ours = read_rows(os.path.join(directory, "collections.csv"))
    extra = 0
    for row in range(max(len(real), len(ours))):
        pair = [rows[row] if row < len(rows) else ("-",) for rows in (real, ours)]
        if has_extra_candidate(*pair):
            extra += 1
        elif pair[0] != pair[1]:
            return row - extra, extra, "row %d of %d/%d (%s): real %s, simulated %s" % (
                row, len(real), len(ours), ",".join(COLUMNS), ",".join(pair[0]),
                ",".join(pair[1]))
    return len(real) - extra, extra, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, metavar="PATH")
    parser.add_argument("--random-trace", required=True, metavar="PATH")
    parser.add_argument("--traces", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--features", metavar="NAME,...", help="only these (random_trace)")
    parser.add_argument("--work", metavar="DIR", help="keep everything there")
    options = parser.parse_args()
    python = find_interpreter()
    if not python:
        print("judge27: NOT CHECKED, no CPython 2.7 with C headers found on this machine")
        return SKIPPED
    work = options.work or tempfile.mkdtemp(prefix="gcsim-judge27-")
    os.makedirs(work, exist_ok=True)
    jobs = make_jobs(options, work)
    status = run_real(python, jobs, work)
    if status == 3:
        print("judge27: %s: cannot build the judge" % python)
        return 1
    rows, extra, different = 0, 0, []
    for job in jobs:
        equal, more, what = difference(options.gcsim, job, os.path.join(work, "out"))
        rows += equal
        extra += more
        if what:
            different.append((job, what))
    for job, what in different[:SHOWN_DIFFERENCES]:
        print("  %s, thresholds %s: %s" % (job[0], job[1], what))
    print("judge27: %s: %d traces, %d collections equal, %d with the tuple of callbacks, "
          "%d traces differ" % (python, len(jobs), rows, extra, len(different)))
    status = status or extra * MOST_EXTRA > rows
    if not different and not status and not options.work:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if different or status else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the free-threaded models with a real free-threaded CPython 3.13.

Random traces, and those in traces/, are executed on real objects (driver.c) and simulated by
gcsim with the model of the same release. Event, generation, collected and uncollectable of every
collection have to be equal.

What cannot be is left out; --inexact compares just that, and only reports:
- a tuple of atoms inside a tuple or a dict. CPython looks at objects in the order of their
  memory's pages, gcsim by age, and which of two is met first decides whether the outer one is
  untracked in the same run;
- a weak reference with a callback that something with a tp_del reaches. CPython puts it on a
  second worklist, linked through the same field, and loses what stood behind it on the first:
  too few objects count as uncollectable, and the others are never freed.

    judge.py --gcsim BUILD/sim/gcsim --random-trace BUILD/tests/random_trace

Exit status: 0 all equal, 1 differences, 2 usage, 77 no such CPython found.
"""
import argparse
import csv
import glob
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ("event", "generation", "collected", "uncollectable")
# 1,x: at each 512; threshold1 = 0 lifts the quarter rule.
THRESHOLDS = ("1,10,10", "1,0,10", "600,10,10", "600,0,0", "1500,10,10", "2000,10,10",
              "512,10,10", "0,10,10")
EVENTS = (3000, 8000, 20000, 40000, 80000)
RARE = ("freeze", "threshold", "legacy", "resurrect")
SHOWN = 5
PROBE = ("import sys, sysconfig; print(sys.executable, '%d.%d.%d' % sys.version_info[:3], "
         "bool(sysconfig.get_config_var('Py_GIL_DISABLED')), sys.version_info.releaselevel)")


def candidates():
    names = ("python3.13t", "python3t")
    for name in names:
        found = shutil.which(name)
        if found:
            yield found
    for pattern in ("~/.pyenv/versions/3.13*t/bin/python3", "/opt/python*/bin/python3.13t",
                    "/opt/python/cp313-cp313t/bin/python3"):
        yield from sorted(glob.glob(os.path.expanduser(pattern)))


def find_python(given):
    """The path and release of a free-threaded 3.13, or None."""
    for path in [given] if given else candidates():
        try:
            output = subprocess.check_output([path, "-I", "-c", PROBE],
                                             stderr=subprocess.DEVNULL, timeout=30)
        except (OSError, subprocess.SubprocessError):
            continue
        executable, release, threaded, level = output.decode().split()
        if threaded == "True" and level == "final" and release.startswith("3.13."):
            return executable, release
    return None


# The driver here makes no such objects, and starts with an empty heap.
LEFT_OUT = ("functions", "iterators", "frames", "generators", "coroutines", "standing", "start",
            "objects", "resolved")


def is_inexact(features):
    nested = "tuples" in features and ("sets" not in features or "dicts" in features)
    return nested or ("legacy" in features and "weakrefs" in features)


def make_trace(options, work, seed):
    listed = subprocess.check_output([options.random_trace]).decode().split()
    listed = [name for name in listed if name not in LEFT_OUT]
    source = random.Random(seed)
    while True:
        chosen = [name for name in listed
                  if source.random() < (1 / 6 if name in RARE else 1 / 2)]
        if is_inexact(chosen) == options.inexact:
            break
    events = source.choice(EVENTS)
    path = os.path.join(work, "%d.gctrace" % seed)
    with open(path, "wb") as file:
        subprocess.check_call([options.random_trace, str(seed), str(events)] + chosen,
                              stdout=file)
    return path, source.choice(THRESHOLDS)


def given_traces():
    """Traces by hand; each says in a comment under which thresholds it is to run."""
    for path in sorted(glob.glob(os.path.join(HERE, "traces", "*.gctrace"))):
        with open(path) as file:
            for thresholds in re.findall(r"^# thresholds (\S+)$", file.read(), re.M):
                yield path, thresholds


def read_rows(path):
    with open(path, newline="") as file:
        return [tuple(row[name] for name in COLUMNS) for row in csv.DictReader(file)]


def simulate(options, model, trace, thresholds, directory):
    command = [options.gcsim, "run", trace, "-m", model, "-t", thresholds, "-o", directory,
               "--force", "-q", "--paranoid"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode:
        return done.stderr.decode("utf-8", "replace").strip()
    return read_rows(os.path.join(directory, "collections.csv"))


def first_difference(real, simulated):
    for index in range(max(len(real), len(simulated))):
        pair = [rows[index] if index < len(rows) else "-" for rows in (real, simulated)]
        if pair[0] != pair[1]:
            return "row %d of %d/%d (%s): real %s, simulated %s" % (
                index, len(real), len(simulated), ",".join(COLUMNS), ",".join(pair[0]),
                ",".join(pair[1]))
    return None


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, type=os.path.abspath)
    parser.add_argument("--random-trace", required=True, type=os.path.abspath)
    parser.add_argument("--traces", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--python", metavar="PATH")
    parser.add_argument("--inexact", action="store_true", help="traces that cannot be exact")
    parser.add_argument("--work", metavar="DIR", help="keep everything there")
    return parser.parse_args()


def judge(options, python, release, work):
    """Runs everything; how many traces differ."""
    jobs = [] if options.inexact else list(given_traces())
    jobs += [make_trace(options, work, options.seed + n) for n in range(options.traces)]
    outputs = [os.path.join(work, "%d.csv" % n) for n in range(len(jobs))]
    lines = "".join("%s\t%s\t%s\n" % (job + (out,)) for job, out in zip(jobs, outputs))
    done = subprocess.run([python, "-I", os.path.join(HERE, "driver.py"), "--build", work],
                          input=lines.encode(), stderr=subprocess.PIPE)
    if done.returncode == 3:
        sys.exit("judge: cannot build the driver: " + done.stderr.decode("utf-8", "replace"))
    sys.stderr.write(done.stderr.decode("utf-8", "replace"))
    differences, collections, collected = [], 0, 0
    for (trace, thresholds), output in zip(jobs, outputs):
        if not os.path.exists(output):
            differences.append((trace, thresholds, "the interpreter did not run it"))
            continue
        real = read_rows(output)
        collections += len(real)
        collected += sum(int(row[2]) for row in real)
        simulated = simulate(options, "cpython-" + release + "t", trace, thresholds,
                             os.path.join(work, "out"))
        what = simulated if isinstance(simulated, str) else first_difference(real, simulated)
        if what:
            differences.append((trace, thresholds, what))
    print("%s  %st: %d traces, %d collections, %d objects collected, %d traces differ" % (
        "DIFFERS" if differences else "equal", release, len(jobs), collections, collected,
        len(differences)))
    for difference in differences[:SHOWN]:
        print("  %s, thresholds %s\n    %s" % difference)
    return len(differences)


def main():
    options = parse_arguments()
    found = find_python(options.python)
    if not found and options.python:
        sys.stderr.write("judge: %s is no free-threaded CPython 3.13\n" % options.python)
        return 2
    if not found:
        print("judge: NOT CHECKED, no free-threaded CPython 3.13 found")
        return 77
    work = options.work or tempfile.mkdtemp(prefix="gcsim-judge-")
    os.makedirs(work, exist_ok=True)
    differences = judge(options, *found, os.path.abspath(work))
    if not options.work and (not differences or options.inexact):
        shutil.rmtree(work)
    elif differences:
        print("judge: the traces are in " + work)
    return 1 if differences and not options.inexact else 0


if __name__ == "__main__":
    sys.exit(main())
